"""What may be claimed of a derivative: a gradient, a Jacobian, a Hessian, products with them. KINDS is the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np

from checkgrad.gradcheck.call import Function
from checkgrad.gradcheck.repeated import inner, reach
from checkgrad.gradcheck.subject import Leaves, Subject, WrongShape, is_sparse
from checkgrad.gradcheck.trees import branches, flattened
from checkgrad.numeric.ladder import DOUBLE, SINGLE
from checkgrad.numeric.moves import length

Kind = Literal["gradient", "jacobian", "elementwise", "hessian", "vjp", "jvp", "hvp", "adjoint"]
COARSE = 1e-6  # of a slope: less need not be known better
APART = 1e6  # times the smallest move of an entry: the largest has another unit
ACCUMULATED = 32.0  # roundings that a sum of products may gather, in units of what is summed up


@dataclass(frozen=True)
class ClaimedDerivative:
    """What is claimed at one point.

    parts: what each leaf adds to the slope along a direction. rounding: by how much that may put it off.
    most: the direction along which a leaf adds most, as signs; None where outputs differ in that.
    entries: what is claimed of every entry; None where that is no one number.
    """

    parts: Callable[[Leaves], list[Any]]
    rounding: Callable[[Leaves, Any], Any]
    most: Callable[[int], Any] | None = None
    entries: Leaves | None = None

    def slope(self, d: Leaves) -> Any:
        """The slope along a direction."""
        return sum(self.parts(d))


@dataclass(frozen=True)
class Claim:
    """Two functions that belong together.

    value: what is differentiated, of the arguments.
    derivative: of the arguments.
    twice: is it the second derivative along a direction?
    known: the value, of what f gave; None if that is not enough to know it.
    """

    value: Callable[..., Any]
    derivative: Callable[..., ClaimedDerivative]
    elementwise: bool = False
    twice: bool = False
    known: Callable[[Any], Any] | None = np.asarray


def gradient(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """g(*args) is the gradient of the number f(*args)."""
    return Claim(
        lambda *args: number(f(*args)), lambda *args: _dotted(subject.matched(args, g(*args)))
    )


def number(value: Any) -> Any:
    """The number in an array of one entry; anything else as it is."""
    return np.reshape(value, ()) if np.ndim(value) and np.size(value) == 1 else value


def jacobian(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """g(*args) is every entry of f(*args) by every entry of the argument: shape out + argument."""
    out = np.shape(upstream)
    return Claim(f, lambda *args: _contracted(subject.matched(args, g(*args), out), out))


def elementwise(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """g(*args) is the slope of f, which treats every entry alone."""

    def derivative(*args: Any) -> ClaimedDerivative:
        (slopes,) = subject.matched(args, g(*args))
        return ClaimedDerivative(
            lambda d: [slopes * d[0]], lambda d, slope: _rounding(slopes) * np.abs(slope)
        )

    return Claim(f, derivative, elementwise=True)


def hessian(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """g(*args) is the matrix of second derivatives of f(*args); of a gradient f, it is the Jacobian."""
    if np.size(upstream) != 1 or subject.leaves(subject.args)[0].size == 1 and np.ndim(upstream):
        return jacobian(f, g, subject, upstream)
    x = subject.leaves(subject.args)[0]

    def derivative(*args: Any) -> ClaimedDerivative:
        (h,) = subject.matched(args, g(*args), x.shape)

        def quadratic(d: Leaves) -> list[Any]:
            return [np.vdot(d[0], _product_with(h, d[0]).reshape(x.shape))]

        def rounding(d: Leaves, _: Any) -> Any:
            size = abs(h) if is_sparse(h) else np.abs(h)
            product = _product_with(size, np.abs(d[0])).reshape(x.shape)
            return _rounding(h) * np.vdot(np.abs(d[0]), product)

        return ClaimedDerivative(quadratic, rounding)

    return Claim(lambda *args: number(f(*args)), derivative, twice=True)


def vjp(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """g(upstream, *args) is the gradient of sum(upstream * f(*args))."""

    def weighted(*args: Any) -> Any:
        out = np.asarray(f(*args))
        return np.sum(upstream * out) if out.shape == upstream.shape else np.nan

    return Claim(
        weighted,
        lambda *args: _dotted(subject.matched(args, g(upstream.copy(), *args))),
        known=lambda out: np.sum(upstream * out),
    )


def jvp(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """g(tangent, *args) is the derivative of f(*args) along the tangent."""
    return _product(f, g, subject, upstream, lambda args, tree: joined(tree))


def hvp(f: Function, g: Function, subject: Subject, upstream: Any) -> Claim:
    """The same, where f(*args) is a gradient."""
    return _product(f, g, subject, upstream, lambda args, tree: joined(subject.matched(args, tree)))


def _product(
    f: Function, g: Function, subject: Subject, upstream: Any, join: Callable[..., Any]
) -> Claim:
    def derivative(*args: Any) -> ClaimedDerivative:
        def along(d: Leaves) -> Any:
            slopes = join(args, g(subject.tree(args, d), *args))
            if slopes.shape != np.shape(upstream):
                raise WrongShape(
                    f"the product has shape {slopes.shape}, expected {np.shape(upstream)}"
                )
            return slopes

        def parts(d: Leaves) -> list[Any]:
            if len(d) == 1:
                return [along(d)]
            zeros = [np.zeros_like(e) for e in d]
            return [along([*zeros[:i], e, *zeros[i + 1 :]]) for i, e in enumerate(d)]

        return ClaimedDerivative(parts, _rounding_of_the_largest)

    return Claim(lambda *args: join(args, f(*args)), derivative, known=None)


KINDS: dict[str, Callable[[Function, Function, Subject, Any], Claim]] = {
    "gradient": gradient,
    "jacobian": jacobian,
    "elementwise": elementwise,
    "hessian": hessian,
    "vjp": vjp,
    "jvp": jvp,
    "hvp": hvp,
}


def joined(tree: Any) -> Any:
    """One array of *tree*: itself, or the entries of all its arrays."""
    if branches(tree) is None:
        return np.asarray(tree)
    leaves = [np.asarray(leaf) for leaf in flattened(tree)]
    return leaves[0] if len(leaves) == 1 else np.concatenate([leaf.ravel() for leaf in leaves])


def _dotted(leaves: Leaves) -> ClaimedDerivative:
    @cache
    def roundings() -> list[float]:
        return [_rounding(g) * length(g) for g in leaves]

    def parts(d: Leaves) -> list[Any]:
        return [inner(g, e) for g, e in zip(leaves, d, strict=True)]

    def rounding(d: Leaves, slope: Any) -> float:
        whole = sum(own * reach(e) for own, e in zip(roundings(), d, strict=True))
        if whole <= COARSE * abs(slope):
            return whole
        triples = zip(roundings(), leaves, d, strict=True)
        return sum(_rounding_of_a_dot(own, g, e) for own, g, e in triples)

    return ClaimedDerivative(parts, rounding, lambda i: np.sign(leaves[i]), leaves)


def _rounding_of_a_dot(own: float, g: Any, e: Any) -> float:
    """The rounding of g * e; where entries have units of their own, none is as coarse as the largest."""
    e = np.asarray(e)
    moved = e != 0
    size = np.abs(e[moved])
    if not size.size:
        return 0.0
    if size.max() <= APART * size.min() and length(g) <= APART * length(g[moved]):
        return own * length(e)
    return _rounding(g) * length(g * e) * float(np.sqrt(size.size))


def _contracted(leaves: Leaves, out: tuple[int, ...]) -> ClaimedDerivative:
    def contracted(j: Any, e: Any) -> Any:
        return _product_with(j, e).reshape(out)

    def parts(d: Leaves) -> list[Any]:
        return [contracted(j, e) for j, e in zip(leaves, d, strict=True)]

    def rounding(d: Leaves, _: Any) -> Any:
        pairs = zip(leaves, d, strict=True)
        size = sum(contracted(abs(j), np.abs(e)) for j, e in pairs)
        return max(map(_rounding, leaves)) * size

    return ClaimedDerivative(parts, rounding)


def _product_with(j: Any, e: Any) -> Any:
    """A Jacobian, perhaps a sparse matrix, times an array of the form of the argument."""
    return np.asarray(j @ np.ravel(e)) if is_sparse(j) else np.tensordot(j, e, axes=np.ndim(e))


def _rounding_of_the_largest(_: Leaves, slopes: Any) -> Any:
    return np.full(np.shape(slopes), _rounding(slopes) * np.max(np.abs(slopes), initial=0.0))


def _rounding(array: Any) -> float:
    """What a sum of products with *array* may be off by, relatively: more where it was computed in float32."""
    array = array.data if is_sparse(array) else array
    if np.asarray(array).dtype == np.float32:
        return ACCUMULATED * SINGLE
    some = np.ravel(array)[:: np.size(array) // 64 + 1]
    some = some[some != 0]
    single = some.size > 7 and bool((some.astype(np.float32) == some).all())
    return ACCUMULATED * (SINGLE if single else DOUBLE)
