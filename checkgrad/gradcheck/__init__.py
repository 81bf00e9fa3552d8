"""Is this the derivative of that function? check_gradient says yes, or which entry is wrong and how, or why it cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, overload

from checkgrad.gradcheck.call import called
from checkgrad.gradcheck.checking import CheckOptions, check
from checkgrad.gradcheck.claims import Kind
from checkgrad.gradcheck.frameworks import check_vjp
from checkgrad.gradcheck.result import Block, Entry, GradientCheck, Verdict
from checkgrad.gradcheck.several import check_batch, check_minimize
from checkgrad.numeric.arguments import Wrt
from checkgrad.numeric.moves import Domain

__all__ = [
    "Block",
    "Domain",
    "Entry",
    "GradientCheck",
    "Kind",
    "Verdict",
    "check_batch",
    "check_gradient",
    "check_minimize",
    "check_vjp",
]


@overload
def check_gradient(
    f: Callable[..., Any],
    gradient: Callable[..., Any] | Literal[True],
    /,
    *points: Any,
    jac: Literal[False] = False,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    wrt: Wrt = 0,
    kind: Kind = "gradient",
    domain: Domain | None = None,
    seed: int | None = None,
    rtol: float = 0.0,
    atol: float = 0.0,
    noise: float | None = None,
    max_evaluations: int = 600,
) -> GradientCheck: ...


@overload
def check_gradient(
    f: Callable[..., Any],
    point: Any,
    /,
    *points: Any,
    jac: Literal[True],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    wrt: Wrt = 0,
    kind: Literal["gradient", "jacobian", "elementwise"] = "gradient",
    domain: Domain | None = None,
    seed: int | None = None,
    rtol: float = 0.0,
    atol: float = 0.0,
    noise: float | None = None,
    max_evaluations: int = 600,
) -> GradientCheck: ...


def check_gradient(
    f: Callable[..., Any],
    gradient: Any,
    /,
    *points: Any,
    jac: bool = False,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    wrt: Wrt = 0,
    kind: Kind = "gradient",
    domain: Domain | None = None,
    seed: int | None = None,
    rtol: float = 0.0,
    atol: float = 0.0,
    noise: float | None = None,
    max_evaluations: int = 600,
) -> GradientCheck:
    """Say whether gradient(*points) is the gradient of the number f(*points), and if not, where and how it differs.

    jac: True if f gives both, its value and its gradient; the points then follow f. So does True for *gradient*.
    args, kwargs: more arguments of both functions, as SciPy takes them.
    wrt: which argument, by position or name, or which arguments, it is the gradient by: arrays, or lists,
        tuples, dicts and dataclasses of arrays; the gradient has the same form. What is no array or number of
        floats in them is left alone.
    kind: what the gradient is: "gradient"; "jacobian" of a function to an array, which may be sparse;
        "elementwise", its diagonal; "hessian" of a number, or of f that is itself a gradient; "vjp", called
        with the upstream gradient before the arguments; "jvp", called with the tangent before them; "hvp",
        the same where f is itself a gradient; "adjoint", a vjp to go with f, which is a jvp.
    domain: what the arguments must remain: "positive", "probability" (between 0 and 1), "symmetric", "simplex"
        (rows that add up to 1).
    seed: of the random directions; a fresh one if not given. It is part of the result.
    rtol, atol: what to allow beside the measured bound. noise: how far a value of f may be off, instead of
        measuring it.
    max_evaluations: f is evaluated no more often; what is not found by then stays unsaid.

    Raise TypeError or ValueError where it is called with something that has no derivative.
    """
    call = called(f, (gradient, *points), jac, args, kwargs)
    return check(call, CheckOptions(wrt, kind, domain, seed, rtol, atol, noise, max_evaluations))
