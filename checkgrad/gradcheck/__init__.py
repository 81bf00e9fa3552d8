"""Is this the derivative of that function? check_gradient says yes, or which entry is wrong and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.gradcheck.claims import KINDS, joined
from checkgrad.gradcheck.excuses import excuse_for, first_look
from checkgrad.gradcheck.findings import Finding, described, wrong_arrays
from checkgrad.gradcheck.products import adjoint_problem, asymmetry
from checkgrad.gradcheck.result import Block, Entry, GradientCheck
from checkgrad.gradcheck.search import DIRECTIONS, LEAST, Comparison, Search, Spent, Spot
from checkgrad.gradcheck.subject import Leaves, WrongShape, copied, flattened, form, subject
from checkgrad.numeric.ladder import LADDER, SINGLE, is_single, unit_of
from checkgrad.numeric.moves import DOMAINS, move_scale

__all__ = ["Block", "Entry", "GradientCheck", "check_gradient"]

SLIGHT = 4.0  # times the bound: kinks on both sides may cancel in what the bound is made of
MANY = 20_000
NEARBY = (1e-3, 1e-2, 1e-1)  # where to look again, relative to the size of the arguments


def check_gradient(
    f: Callable[..., Any],
    gradient: Callable[..., Any],
    *args: Any,
    wrt: int | tuple[int, ...] = 0,
    kind: str = "gradient",
    domain: str | None = None,
    seed: int | None = None,
    rtol: float = 0.0,
    atol: float = 0.0,
    noise: float | None = None,
    max_evaluations: int = 600,
) -> GradientCheck:
    """Say whether gradient(*args) is the gradient of the number f(*args), and if not, where and how it differs.

    wrt: which argument, or arguments, it is the gradient by: arrays, or lists, tuples and dicts of arrays; the
        gradient has the same form.
    kind: what *gradient* is: "gradient"; "jacobian" of a function to an array; "elementwise", its diagonal;
        "vjp", called with the upstream gradient before the arguments; "jvp", called with the tangent before
        them; "hvp", the same where f is itself a gradient; "adjoint", a vjp to go with f, which is a jvp.
    domain: what the arguments must remain: "positive", "probability" (between 0 and 1), "symmetric", "simplex"
        (rows that add up to 1).
    seed: of the random directions; a fresh one if not given. It is part of the result.
    rtol, atol: what to allow beside the measured bound. noise: the rounding error of f, instead of measuring it.
    max_evaluations: f is evaluated no more often; what is not found by then stays unsaid.
    """
    if kind not in (*KINDS, "adjoint"):
        raise ValueError(f"kind={kind!r}, expected adjoint or one of {', '.join(KINDS)}")
    if domain not in (None, *DOMAINS):
        raise ValueError(f"domain={domain!r}, expected one of {', '.join(DOMAINS)}")
    for name, function in (("f", f), ("gradient", gradient)):
        if not callable(function):
            raise TypeError(f"{name} is {form(function)}, expected a function of the arguments")
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
    what = subject(f, args, wrt)
    rng = np.random.default_rng(seed)
    if kind == "adjoint":
        return GradientCheck(adjoint_problem(f, gradient, args, what, rng), seed=seed)
    mine = copied(args)
    value = _value(f, mine, kind)
    if problem := _misbehaviour(f, args, mine, value):
        return GradientCheck(problem, evaluations=2, seed=seed)
    upstream = rng.uniform(LEAST, 1, value.shape) * rng.choice((-1.0, 1.0), value.shape)
    claim = KINDS[kind](f, gradient, what, upstream)
    rung = _first_rung(what.leaves(args), value)
    search = Search(claim, what, rng, domain, rtol, atol, noise, max_evaluations, 2, rung)
    try:
        answer = _answer(search, args, mine, seed)
        if kind == "hvp" and answer.ok and (problem := asymmetry(search, gradient, args)):
            return GradientCheck(problem, evaluations=search.evaluations, seed=seed)
        return answer
    except Spent:
        problem = f"undecided: max_evaluations={max_evaluations} are too few"
        return GradientCheck(problem, evaluations=search.evaluations, seed=seed)
    except WrongShape as wrong:
        problem = f"gradient(*args): {wrong}"
        return GradientCheck(problem, evaluations=search.evaluations, seed=seed)


def _value(f: Callable[..., Any], args: tuple[Any, ...], kind: str) -> Any:
    """What *f* gives at *args*, or an error that says why it cannot be differentiated there."""
    got = f(*args)
    if got is None or (
        kind in ("gradient", "elementwise") and isinstance(got, dict | list | tuple)
    ):
        hint = "is a return missing?" if got is None else "return the one alone"
        raise TypeError(f"f returned {form(got)}, expected a number or an array; {hint}")
    value = joined(got)
    if value.dtype.kind == "c":
        raise TypeError("f returned a complex number; only real functions can be checked")
    if value.dtype.kind not in "biuf":
        raise TypeError(f"f returned {value!r}, expected a number or an array of numbers")
    if kind == "gradient" and value.shape:
        raise ValueError(
            f"f returned an array of shape {value.shape}, expected one number;"
            f' sum it up, or say kind="jacobian", "elementwise" or "vjp"'
        )
    if not np.isfinite(value).all():
        raise ValueError(
            f"f is {value if not value.shape else 'not finite'} at the arguments given"
        )
    return value


def _misbehaviour(
    f: Callable[..., Any], args: tuple[Any, ...], mine: tuple[Any, ...], value: Any
) -> str:
    """What *f*, called with *mine*, did that no function may do: change its arguments, or its mind."""
    if not _unchanged(args, mine):
        return "f changed an array that it was given; work on a copy"
    if not _same(value, joined(f(*mine))):
        return "f is not deterministic: called twice with the same arguments, it gave two values"
    return ""


def _misbehaviour_of_the_claim(search: Search, spot: Spot, args: tuple[Any, ...]) -> str:
    """The same of *gradient*, which has been called with the arguments of *spot*."""
    if not _unchanged(args, spot.args):
        return "gradient changed an array that it was given; work on a copy"
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


def _answer(
    search: Search, args: tuple[Any, ...], mine: tuple[Any, ...], seed: int
) -> GradientCheck:
    spot = search.spot(mine)
    if problem := _misbehaviour_of_the_claim(search, spot, args):
        return GradientCheck(problem, evaluations=search.evaluations, seed=seed)
    notes = _overridden(search)
    judged = _judged(search, spot, notes)
    blocks: tuple[Block, ...] = ()
    if judged is None:
        problem = "nothing could be compared: f is not differentiable here, nor at points nearby"
    elif not _agrees(judged.seen):
        problem, blocks = _accusation(search, judged, notes)
    elif judged.seen.blunt:
        notes.append(
            "hardly a digit of it could be compared: f is rounded as coarsely as it changes"
        )
    return GradientCheck(
        problem,
        blocks,
        tuple(notes),
        _resolution(search, judged) if judged else {},
        float(np.max(judged.seen.excess)) if judged else 0.0,
        search.evaluations,
        seed,
    )


def _overridden(search: Search) -> list[str]:
    given = {"rtol": search.rtol, "atol": search.atol, "noise": search.noise}
    words = [f"{name}={value:g}" for name, value in given.items() if value]
    return [f"judged with {', '.join(words)} instead of by measurement alone"] if words else []


@dataclass(frozen=True)
class Judged:
    """The comparison that counts. confirmed: a second point says the same, if it is a difference."""

    spot: Spot
    seen: Comparison
    confirmed: bool = True


def _judged(search: Search, spot: Spot, notes: list[str]) -> Judged | None:
    """The point and the comparison to judge by; None where there is none."""
    first = _compared(search, spot)
    if search.domain is None and (first.blunt or not _agrees(first)):
        first = _within_a_domain(search, spot, first)
    agrees = _agrees(first)
    return Judged(spot, first) if agrees else _second_opinion(search, spot, first, notes)


def _within_a_domain(search: Search, spot: Spot, free: Comparison) -> Comparison:
    """Compare with smaller steps, if free ones leave the domain of f, as those of a logarithm do."""
    for search.domain in (None, "positive", "probability"):
        if not search.leaves_the_domain(spot):
            return free if search.domain is None else _compared(search, spot)
    search.domain = None
    return free


def _accusation(search: Search, judged: Judged, notes: list[str]) -> tuple[str, tuple[Block, ...]]:
    """What is wrong, unless something in f excuses it."""
    spot = judged.spot
    try:
        look = first_look(search, spot, judged.seen)
        findings = [] if look.excuse else wrong_arrays(search, spot, look.suspected)
    except Spent:
        return f"wrong; max_evaluations={search.limit} are too few to say where", ()
    if note := look.excuse or _excused(search, spot, findings, look.calm):
        notes.append(note)
        return "", ()
    if not judged.confirmed:
        return "undecided: differs at this point, and at points nearby too little can be told", ()
    blocks = tuple(described(search, spot, found) for found in findings if found.suspects)
    return f"wrong in {', '.join(b.name for b in blocks)}", blocks


def _excused(search: Search, spot: Spot, findings: list[Finding], calm: bool) -> str:
    try:
        return excuse_for(search, spot, findings, calm)
    except Spent:
        return ""


def _compared(search: Search, spot: Spot) -> Comparison:
    before, start = search.evaluations, LADDER[search.rung]
    found = search.compare(spot, [search.directions(spot.leaves) for _ in range(DIRECTIONS)])
    if search.evaluations - before > 1 + 2 * DIRECTIONS * len(start):
        search.rung = 1
    return found


def _first_rung(leaves: Leaves, value: Any) -> int:
    """Where to begin. What depends on many numbers has kinks all around, unless it is too coarse to tell."""
    many = sum(x.size for x in leaves) >= MANY
    return int(many and not is_single(value) and unit_of(leaves) < SINGLE)


def _agrees(found: Comparison) -> bool:
    return found.says_something and not found.off.any()


def _second_opinion(
    search: Search, spot: Spot, first: Comparison, notes: list[str]
) -> Judged | None:
    """Look at points nearby: a difference that is gone there comes from a kink, not from a mistake."""
    differing = [Judged(spot, first)] if first.off.any() else []
    for size in NEARBY:
        near = search.nearby(spot, size)
        found = _compared(search, near)
        if search.rung and _agrees(found) and not _tells_apart(found, first):
            search.rung = 0
            found = _compared(search, near)
        if _agrees(found) and _tells_apart(found, first):
            notes.append(_kink_note(first))
            return Judged(near, found)
        if found.off.any():
            differing.append(Judged(near, found))
        if len(differing) > 1:
            return differing[0]
    return Judged(spot, first, confirmed=False) if differing else None


def _tells_apart(found: Comparison, first: Comparison) -> bool:
    """Would *found* have shown a difference such as that of *first*, or was that one slight?"""
    if np.max(first.excess) < SLIGHT:
        return True
    gap = np.abs(first.claimed - first.measured)[first.off]
    return bool(np.min(found.bound[found.smooth]) <= np.max(gap))


def _kink_note(first: Comparison) -> str:
    if first.off.any():
        return "differs at exactly this point and nowhere near it: a convention at a kink?"
    return "f is not differentiable at this point; judged at a point nearby"


def _resolution(search: Search, judged: Judged) -> dict[str, float]:
    bound = float(np.min(np.max(judged.seen.bound.reshape(DIRECTIONS, -1), axis=1)))
    scales = (np.asarray(move_scale(x, search.domain)).min() for x in judged.spot.leaves)
    names = zip(search.subject.names, scales, strict=True)
    return {name: float(2 * bound / (LEAST * scale)) for name, scale in names}
