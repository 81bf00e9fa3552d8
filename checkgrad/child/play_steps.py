"""Which of the gradients that a call gave belongs to which parameter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from .slots import Leaf

PREFIX = re.compile(
    r"^(d|grad|gradients?|g|delta|nabla|d[lj]_?d|grads)_*(?=.)|_*(grad|gradient|delta|d)s?$", re.I
)


def pairs(
    held: Mapping[str, Leaf], given: Mapping[str, Leaf], names: Sequence[str]
) -> Iterator[tuple[Leaf, Leaf]]:
    """Parameters with their gradients, of the same shape: by name and place, or as the only ones that fit.

    names: of what the call returned, in order.
    """
    fits = {p: [g for g in given.values() if _alike(g, one)] for p, one in held.items()}
    taken: set[str] = set()
    for p, parameter in held.items():
        called = [g for g in fits[p] if _is_of(word(g.path, names), word(p, ()))]
        if called:
            best = max(called, key=lambda g: _common(g.path, p))  # noqa: B023
            taken.add(best.path)
            yield parameter, best
            fits[p] = []
    for p, parameter in held.items():
        left = [g for g in fits[p] if g.path not in taken]
        rivals = [q for q in fits if q != p and any(g in fits[q] for g in left)]
        if len(left) == 1 and not rivals and parameter.saved.size > 1:
            taken.add(left[0].path)
            yield parameter, left[0]


def _alike(gradient: Leaf, parameter: Leaf) -> bool:
    """Are they of one shape, but for axes of length one?"""
    if gradient.saved.ndim == 0 and parameter.saved.ndim:
        return False
    shapes = [tuple(n for n in leaf.saved.shape if n > 1) for leaf in (gradient, parameter)]
    if len(shapes[0]) < 2:
        return shapes[0] == shapes[1]
    return gradient.saved.shape == parameter.saved.shape


def spreads(gradient: tuple[int, ...], parameter: tuple[int, ...]) -> bool:
    """Does a step along it make another array of the parameter, as a row makes a square of a column?"""
    try:
        return np.broadcast_shapes(gradient, parameter) != parameter
    except ValueError:
        return False


def word(path: str, names: Sequence[str]) -> str:
    """The last name of a path; of an unnamed member, that by which it is returned."""
    member = re.fullmatch(r"\w+\[(\d+)\]", path)
    if member and int(member[1]) < len(names):
        return names[int(member[1])]
    found = re.findall(r"[A-Za-z_]\w*", path)
    return found[-1] if found else path


def _is_of(gradient: str, parameter: str) -> bool:
    """Does a name say that it is the gradient of another: `dW1`, `grad_W1`, `W1_grad`, or `W1` in a table of them?"""
    g, p = gradient.strip("_").lower(), parameter.strip("_").lower()
    return g == p or PREFIX.sub("", g).strip("_") == p


def _common(a: str, b: str) -> int:
    """How far two paths are the same."""
    pairs_of = zip(a, b, strict=False)
    return next((i for i, (x, y) in enumerate(pairs_of) if x != y), min(len(a), len(b)))


def root(path: str) -> str:
    """The name that a path begins with."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]
