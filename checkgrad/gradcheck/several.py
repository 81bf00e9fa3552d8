"""Several checks as one: what will be handed to SciPy's optimisers, and a batch of points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from checkgrad.gradcheck.call import BoundCall, Function, called, gradient_of, value_of
from checkgrad.gradcheck.checking import CheckOptions, check
from checkgrad.gradcheck.claims import Kind, number
from checkgrad.gradcheck.result import GradientCheck
from checkgrad.gradcheck.subject import is_sparse
from checkgrad.numeric.arguments import Wrt
from checkgrad.numeric.moves import Domain


def check_minimize(
    fun: Function,
    x0: Any,
    jac: Any = None,
    hess: Any = None,
    args: Sequence[Any] = (),
    *,
    hessp: Any = None,
    seed: int | None = None,
    rtol: float = 0.0,
    atol: float = 0.0,
    max_evaluations: int = 600,
) -> GradientCheck:
    """Check at *x0* what will be handed to scipy.optimize: minimize, least_squares or root.

    jac: the gradient of the number fun(x0, *args), or the Jacobian of residuals; True if fun gives both.
    hess: the Hessian, an array, a sparse matrix or a LinearOperator. hessp: hessp(x, p, *args), its product.
    The two are held against *jac*, or against second differences of *fun* where there is none.

    Raise ValueError where none of the three is a function: then there is nothing to check.
    """
    args = tuple(args) if isinstance(args, tuple | list) else (args,)
    if jac is True:
        fun, jac = value_of(fun), gradient_of(fun)
    given = {"jac": jac, "hess": hess, "hessp": hessp}
    functions = {name: g for name, g in given.items() if callable(g)}
    if not functions:
        raise ValueError(
            "none of jac, hess and hessp is a function of yours: there is nothing to check"
        )
    x0 = np.atleast_1d(np.asarray(x0, float))
    titles = ["x", *(f"args[{i}]" for i in range(len(args)))]
    base = CheckOptions(seed=seed, rtol=rtol, atol=atol, max_evaluations=max_evaluations)
    first = jac if callable(jac) else None

    def one(name: str, g: Function) -> GradientCheck:
        kind, f, claimed = _claim(name, g, fun, first, x0, args)
        call = BoundCall(f, claimed, (x0, *args), titles)
        return check(call, replace(base, kind=kind))

    return merged({name: one(name, g) for name, g in functions.items()})


def _claim(
    name: str, g: Function, fun: Function, jac: Function | None, x0: Any, args: tuple[Any, ...]
) -> tuple[Kind, Function, Function]:
    """What kind of derivative *g* is, and of what."""
    if name == "jac":
        residuals = np.size(number(fun(x0.copy(), *args))) > 1
        got = g(x0.copy(), *args)
        if _is_operator(got):
            return "jvp", fun, lambda v, x, *rest: g(x, *rest).matvec(v)
        return "jacobian" if residuals or np.ndim(got) > 1 else "gradient", fun, g
    f = fun if jac is None else jac
    if name == "hess" and not _is_operator(g(x0.copy(), *args)):
        return "hessian", f, g
    if jac is None:
        raise ValueError(f"{name} gives products with the Hessian; hand over jac to check them")
    if name == "hess":
        return "hvp", f, lambda v, x, *rest: g(x, *rest).matvec(v)
    return "hvp", f, lambda v, x, *rest: g(x, v, *rest)


def _is_operator(matrix: Any) -> bool:
    """Is it something that can only be multiplied with?"""
    return hasattr(matrix, "matvec") and not is_sparse(matrix)


def check_batch(
    f: Function,
    gradient: Function | Literal[True],
    points: Iterable[Any],
    *,
    wrt: Wrt = 0,
    kind: Kind = "gradient",
    domain: Domain | None = None,
    seed: int | None = None,
    rtol: float = 0.0,
    atol: float = 0.0,
    noise: float | None = None,
    max_evaluations: int = 600,
) -> GradientCheck:
    """Check, as check_gradient does, at every one of *points*: each the argument, or a tuple of arguments.

    max_evaluations: at each of them. Raise ValueError where there are none.
    """
    options = CheckOptions(wrt, kind, domain, seed, rtol, atol, noise, max_evaluations)
    answers = {}
    for i, point in enumerate(points):
        args = point if type(point) is tuple else (point,)
        answers[f"point {i}"] = check(called(f, (gradient, *args)), options)
    if not answers:
        raise ValueError("points is empty: there is nothing to check")
    return merged(answers)


def merged(answers: Mapping[str, GradientCheck]) -> GradientCheck:
    """One answer out of several: wrong if one is, else undecided if one is; each is told by its name."""
    if len(answers) == 1:
        return next(iter(answers.values()))
    all_of_them = answers.values()
    wrong = {name: a for name, a in answers.items() if a.verdict == "wrong"}
    left = wrong or {name: a for name, a in answers.items() if a.verdict == "undecided"}
    return GradientCheck(
        "; ".join(f"{name}: {a.problem}" for name, a in left.items()),
        tuple(
            replace(block, name=f"{name}: {block.name}")
            for name, a in left.items()
            for block in a.wrong
        ),
        tuple(f"{name}: {note}" for name, a in answers.items() for note in a.notes),
        {key: _largest(all_of_them, key) for a in all_of_them for key in a.resolution},
        max(a.worst for a in all_of_them),
        sum(a.evaluations for a in all_of_them),
        next(iter(all_of_them)).seed,
        bool(left) and not wrong,
    )


def _largest(answers: Iterable[GradientCheck], name: str) -> float:
    return max(a.resolution[name] for a in answers if name in a.resolution)
