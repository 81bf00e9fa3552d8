"""Products with a Jacobian and with its transpose, held against each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checkgrad.gradcheck.claims import joined
from checkgrad.gradcheck.search import Shared
from checkgrad.gradcheck.subject import Leaves, Subject, is_sparse
from checkgrad.gradcheck.trees import flattened

ROUNDINGS = 64 * 2.0**-53


def adjoint_problem(
    jvp: Callable[..., Any],
    vjp: Callable[..., Any],
    args: tuple[Any, ...],
    subject: Subject,
    rng: np.random.Generator,
) -> str:
    """Is sum(u * jvp(v)) = sum(vjp(u) * v) for random u and v? If not, say so with both numbers."""
    v = [rng.standard_normal(x.shape) for x in subject.leaves(args)]
    out = np.asarray(jvp(subject.tree(args, v), *args))
    u = rng.standard_normal(out.shape)
    back = subject.matched(args, vjp(u, *args))
    left, right = float(np.vdot(u, out)), _inner(back, v)
    size = float(np.linalg.norm(u) * np.linalg.norm(out)) + _length(back) * _length(v)
    if abs(left - right) <= ROUNDINGS * size:
        return ""
    return f"not adjoint: sum(u * jvp(v)) = {left:.9g}, but sum(vjp(u) * v) = {right:.9g}"


def asymmetry(search: Shared, hvp: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """Is sum(u * hvp(v)) = sum(v * hvp(u))? If not, say so with both numbers."""
    what = search.subject
    u, v = ([search.rng.standard_normal(x.shape) for x in what.leaves(args)] for _ in range(2))
    hu, hv = (joined(what.matched(args, hvp(what.tree(args, d), *args))).ravel() for d in (u, v))
    flat_u, flat_v = (np.concatenate([np.ravel(a) for a in d]) for d in (u, v))
    left, right = float(flat_u @ hv), float(flat_v @ hu)
    size = _length([flat_u]) * _length([hv]) + _length([flat_v]) * _length([hu])
    if abs(left - right) <= ROUNDINGS * size:
        return ""
    return f"not symmetric: sum(u * hvp(v)) = {left:.9g}, but sum(v * hvp(u)) = {right:.9g}"


def hessian_asymmetry(matrix: Any) -> str:
    """Is a matrix of second derivatives symmetric? If not, say where."""
    if not is_sparse(matrix):
        matrix = np.asarray(matrix, float)
    half = int(round(np.sqrt(np.prod(matrix.shape)))) if not is_sparse(matrix) else 0
    square = matrix if is_sparse(matrix) else matrix.reshape(half, -1)
    if square.shape[0] != square.shape[1]:
        return ""
    apart, size = abs(square - square.T), float(abs(square).max())
    if float(apart.max()) <= ROUNDINGS * size:
        return ""
    i, j = divmod(int(apart.argmax()), square.shape[1])
    return f"not symmetric: [{i}, {j}] is {square[i, j]:.9g}, but [{j}, {i}] is {square[j, i]:.9g}"


def _inner(a: Leaves, b: Leaves) -> float:
    return sum(float(np.vdot(x, y)) for x, y in zip(a, flattened(b), strict=True))


def _length(leaves: Leaves) -> float:
    return float(np.sqrt(sum(float(np.vdot(x, x)) for x in leaves)))
