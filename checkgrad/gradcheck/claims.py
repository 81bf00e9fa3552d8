"""What may be claimed of a derivative: a gradient, a Jacobian, products with it. KINDS is the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from checkgrad.gradcheck.subject import Leaves, Subject, WrongShape, flattened
from checkgrad.numeric.ladder import DOUBLE, SINGLE
from checkgrad.numeric.moves import length

Function = Callable[..., Any]
ACCUMULATED = 32.0  # roundings that a sum of products may gather, in units of what is summed up


@dataclass(frozen=True)
class Derivative:
    """What is claimed at one point: the slope along a direction, and by how much rounding may put that off."""

    slope: Callable[[Leaves], Any]
    rounding: Callable[[Leaves, Any], Any]


@dataclass(frozen=True)
class Claim:
    """Two functions that belong together.

    value: what is differentiated, of the arguments.
    derivative: of the arguments.
    """

    value: Callable[..., Any]
    derivative: Callable[..., Derivative]
    elementwise: bool = False


def gradient(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """g(*args) is the gradient of the number f(*args)."""
    return Claim(f, lambda *args: _dotted(subject.matched(args, g(*args))))


def jacobian(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """g(*args) is every entry of f(*args) by every entry of the argument: shape out + argument."""
    out = np.shape(upstream)
    return Claim(f, lambda *args: _contracted(subject.matched(args, g(*args), out), len(out)))


def elementwise(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """g(*args) is the slope of f, which treats every entry alone."""

    def derivative(*args: Any) -> Derivative:
        (slopes,) = subject.matched(args, g(*args))
        return Derivative(
            lambda d: slopes * d[0], lambda d, slope: _rounding(slopes) * np.abs(slope)
        )

    return Claim(f, derivative, elementwise=True)


def vjp(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """g(upstream, *args) is the gradient of sum(upstream * f(*args))."""

    def weighted(*args: Any) -> Any:
        out = np.asarray(f(*args))
        return np.sum(upstream * out) if out.shape == upstream.shape else np.nan

    return Claim(weighted, lambda *args: _dotted(subject.matched(args, g(upstream.copy(), *args))))


def jvp(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """g(tangent, *args) is the derivative of f(*args) along the tangent."""
    return _product(f, g, subject, upstream, lambda args, tree: joined(tree))


def hvp(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """The same, where f(*args) is a gradient."""
    return _product(f, g, subject, upstream, lambda args, tree: joined(subject.matched(args, tree)))


def _product(
    f: Function, g: Function, subject: Subject, upstream: Any, join: Callable[..., Any]
) -> Claim:
    def derivative(*args: Any) -> Derivative:
        def slope(d: Leaves) -> Any:
            slopes = join(args, g(subject.tree(args, d), *args))
            if slopes.shape != np.shape(upstream):
                raise WrongShape(
                    f"the product has shape {slopes.shape}, expected {np.shape(upstream)}"
                )
            return slopes

        return Derivative(slope, _rounding_of_the_largest)

    return Claim(lambda *args: join(args, f(*args)), derivative)


Kind = Callable[[Function, Function, Subject, Any], Claim]
KINDS: dict[str, Kind] = {
    "gradient": gradient,
    "jacobian": jacobian,
    "elementwise": elementwise,
    "vjp": vjp,
    "jvp": jvp,
    "hvp": hvp,
}


def joined(tree: Any) -> Any:
    """One array of *tree*: itself, or the entries of all its arrays."""
    if not isinstance(tree, dict | list | tuple):
        return np.asarray(tree)
    leaves = [np.asarray(leaf) for leaf in flattened(tree)]
    return leaves[0] if len(leaves) == 1 else np.concatenate([leaf.ravel() for leaf in leaves])


def _dotted(leaves: Leaves) -> Derivative:
    @cache
    def roundings() -> list[float]:
        return [_rounding(g) * length(g) for g in leaves]

    def slope(d: Leaves) -> float:
        return sum(float(np.vdot(g, e)) for g, e in zip(leaves, d, strict=True))

    def rounding(d: Leaves, _: Any) -> float:
        return sum(own * length(e) for own, e in zip(roundings(), d, strict=True))

    return Derivative(slope, rounding)


def _contracted(leaves: Leaves, out: int) -> Derivative:
    def slope(d: Leaves) -> Any:
        return sum(np.tensordot(j, e, axes=np.ndim(e)) for j, e in zip(leaves, d, strict=True))

    def rounding(d: Leaves, _: Any) -> Any:
        pairs = zip(leaves, d, strict=True)
        size = sum(np.tensordot(np.abs(j), np.abs(e), axes=np.ndim(e)) for j, e in pairs)
        return max(map(_rounding, leaves)) * size

    return Derivative(slope, rounding)


def _rounding_of_the_largest(_: Leaves, slopes: Any) -> Any:
    return np.full(slopes.shape, _rounding(slopes) * np.max(np.abs(slopes), initial=0.0))


def _rounding(array: Any) -> float:
    """What a sum of products with *array* may be off by, relatively: more where it was computed in float32."""
    if np.asarray(array).dtype == np.float32:
        return ACCUMULATED * SINGLE
    some = np.ravel(array)[:: np.size(array) // 64 + 1]
    some = some[some != 0]
    single = some.size > 7 and bool((some.astype(np.float32) == some).all())
    return ACCUMULATED * (SINGLE if single else DOUBLE)
