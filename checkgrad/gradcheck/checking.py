"""One check from beginning to end: are the two functions usable, and does the one differentiate the other?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from checkgrad.gradcheck.call import BoundCall, Function
from checkgrad.gradcheck.claims import KINDS, Kind, joined, number
from checkgrad.gradcheck.judging import Answer, judged
from checkgrad.gradcheck.products import adjoint_problem, asymmetry, hessian_asymmetry
from checkgrad.gradcheck.result import GradientCheck
from checkgrad.gradcheck.search import LEAST, Counted, Shared, TooManyEvaluations, scaled
from checkgrad.gradcheck.spots import Spot
from checkgrad.gradcheck.subject import Leaves, Subject, WrongShape, subject
from checkgrad.gradcheck.trees import branches, copied, flattened, form
from checkgrad.numeric.arguments import Wrt
from checkgrad.numeric.ladder import LOTS, SINGLE, is_single, many, unit_of
from checkgrad.numeric.moves import Domain, checked_domain

HUGE = 200_000  # of numbers that f depends on: one direction, and two steps, have to do
LARGE = 2.0**300  # beyond, squares overflow
PRODUCTS = {"vjp": "upstream", "jvp": "tangent", "hvp": "tangent"}


@dataclass(frozen=True)
class CheckOptions:
    """What was said beside the functions and their arguments; ValueError if it is none of what may be said."""

    wrt: Wrt = 0
    kind: Kind = "gradient"
    domain: Domain | None = None
    seed: int | None = None
    rtol: float = 0.0
    atol: float = 0.0
    noise: float | None = None
    max_evaluations: int = 600

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind={self.kind!r}, expected one of {', '.join(get_args(Kind))}")
        checked_domain(self.domain)
        sizes = {"rtol": self.rtol, "atol": self.atol, "noise": self.noise or 0.0}
        for name, size in sizes.items():
            if not (size >= 0 and math.isfinite(size)):
                raise ValueError(f"{name}={size!r}, expected a number that is not negative")
        if self.max_evaluations < 0:
            raise ValueError(f"max_evaluations={self.max_evaluations}, expected a number of calls")


def check(call: BoundCall, options: CheckOptions) -> GradientCheck:
    """Answer for one call."""
    seed = options.seed
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
    what = subject(call.args, call.titles, options.wrt)
    rng = np.random.default_rng(seed)
    if options.kind == "adjoint":
        problem = adjoint_problem(call.f, call.gradient, call.args, what, rng)
        return GradientCheck(problem, seed=seed)
    counted = Counted(call.f, options.max_evaluations)
    notes: list[str] = []
    try:
        answer = _answer(call, options, counted, what, rng, notes)
    except TooManyEvaluations:
        few = f"undecided: max_evaluations={options.max_evaluations} are too few"
        answer = Answer(few, True)
    except WrongShape as wrong:
        answer = Answer(f"gradient(*args): {wrong}")
    return GradientCheck(
        answer.problem,
        answer.blocks,
        tuple(notes),
        answer.resolution or {},
        answer.worst,
        counted.count,
        seed,
        answer.undecided,
    )


def _answer(
    call: BoundCall,
    options: CheckOptions,
    counted: Counted,
    what: Subject,
    rng: np.random.Generator,
    notes: list[str],
) -> Answer:
    mine, kind = copied(call.args), options.kind
    value = _value(counted, mine, kind)
    if not _unchanged(call.args, mine):
        return Answer("f changed an array that it was given; work on a copy")
    call = _of_usual_size(call, counted, value)
    value = value * counted.unit
    upstream = rng.uniform(LEAST, 1, value.shape) * rng.choice((-1.0, 1.0), value.shape)
    search = _search(call, options, counted, what, upstream, rng, notes)
    spot = search.spot(mine)
    if not _unchanged(call.args, mine):
        return Answer("gradient changed an array that it was given; work on a copy")
    _prepare(search, spot, value, what.leaves(call.args))
    search.misbehaviour = lambda: _misbehaviour(search, spot)
    if kind == "hessian" and (problem := hessian_asymmetry(call.gradient(*mine))):
        return Answer(problem)
    answer = judged(search, spot)
    if kind == "hvp" and not answer.problem:
        problem = asymmetry(search, call.gradient, call.args)
        return replace(answer, problem=problem)
    return answer


def _prepare(search: Shared, spot: Spot, value: Any, leaves: Leaves) -> None:
    """Choose steps and directions, and whether memory has to be saved."""
    if search.claim.known is not None:
        spot.centre = np.array(search.claim.known(value), float)
    size = sum(x.size for x in leaves)
    # What depends on many numbers has kinks all around, unless it is too coarse to tell.
    if size >= LOTS and not is_single(np.asarray(value)) and unit_of(leaves) < SINGLE:
        search.ladder = many(size, 3 if size < HUGE else 2)
        search.spacing = search.ladder[0][-1]  # kinks between points farther apart look like noise
    if size >= LOTS and all(map(np.ndim, leaves)):
        spot.leaves, spot.lent = leaves, True
    if size >= HUGE:
        search.samples = 1


def _search(
    call: BoundCall,
    options: CheckOptions,
    counted: Counted,
    what: Subject,
    upstream: Any,
    rng: np.random.Generator,
    notes: list[str],
) -> Shared:
    claim = KINDS[options.kind](counted, call.gradient, what, upstream)
    noise = None if options.noise is None else options.noise * counted.unit
    notes += _overridden(options)
    search = Shared(
        claim,
        counted,
        what,
        rng,
        options.domain,
        options.rtol,
        options.atol * counted.unit,
        noise,
        notes=notes,
    )
    if options.kind in PRODUCTS:
        swapped = _with_swapped(call.gradient)
        search.other_order = KINDS[options.kind](counted, swapped, what, upstream)
        search.product_with = PRODUCTS[options.kind]
    return search


def _with_swapped(gradient: Function) -> Function:
    return lambda first, second, *rest: gradient(second, first, *rest)


def _of_usual_size(call: BoundCall, counted: Counted, value: Any) -> BoundCall:
    """Numbers that are too large to be squared, by a power of two smaller."""
    size = float(np.max(np.abs(value), initial=0.0))
    if size <= LARGE:
        return call
    counted.unit = unit = 2.0 ** -int(np.frexp(size)[1])
    gradient = call.gradient
    return replace(call, gradient=lambda *args: scaled(gradient(*args), unit))


def _value(f: Callable[..., Any], args: tuple[Any, ...], kind: str) -> Any:
    """What *f* gives at *args*, or an error that says why it cannot be differentiated there."""
    got = _called(f, args)
    if got is None or (kind in ("gradient", "elementwise") and branches(got) is not None):
        raise TypeError(f"f returned {form(got)}, expected a number or an array; {_advice(got)}")
    value = joined(got)
    if value.dtype.kind == "c":
        raise TypeError("f returned a complex number; only real functions can be checked")
    if value.dtype.kind not in "biuf":
        raise TypeError(f"f returned {value!r}, expected a number or an array of numbers")
    if kind == "gradient":
        value = np.asarray(number(value))
        if value.shape:
            raise ValueError(
                f"f returned an array of shape {value.shape}, expected one number;"
                f' sum it up, or say kind="jacobian", "elementwise" or "vjp"'
            )
    if not np.isfinite(value).all():
        raise ValueError(
            f"f is {value if not value.shape else 'not finite'} at the arguments given"
        )
    return value


def _called(f: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    try:
        return f(*args)
    except (TooManyEvaluations, TypeError, ValueError):
        raise
    except Exception as error:
        raise ValueError(
            f"f raised {type(error).__name__} at the arguments given: {error}"
        ) from error


def _advice(got: Any) -> str:
    if got is None:
        return "is a return missing?"
    if isinstance(got, tuple | list) and len(got) == 2:
        return "if it gives its value and its gradient, say jac=True"
    return "return the one alone"


def _misbehaviour(search: Shared, spot: Spot) -> str:
    """What a function did that none may do: change its mind."""
    if not _same(np.asarray(spot.centre), np.asarray(search.value(spot.args))):
        return "f is not deterministic: called twice with the same arguments, it gave two values"
    direction = [np.ones_like(x) for x in spot.leaves]
    value, again = (s.claimed.slope(direction) for s in (spot, search.spot(spot.args)))
    if not _same(np.asarray(value), np.asarray(again)):
        return "gradient is not deterministic: called twice with the same arguments, it differs"
    return ""


def _unchanged(args: tuple[Any, ...], mine: tuple[Any, ...]) -> bool:
    return all(map(_same, flattened(args), flattened(mine)))


def _same(a: Any, b: Any) -> bool:
    if not isinstance(a, np.ndarray) or np.array_equal(a, b):
        return True
    return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _overridden(options: CheckOptions) -> list[str]:
    given = {"rtol": options.rtol, "atol": options.atol, "noise": options.noise}
    words = [f"{name}={value:g}" for name, value in given.items() if value]
    return [f"judged with {', '.join(words)} instead of by measurement alone"] if words else []
