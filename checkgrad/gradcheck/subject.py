"""The part of the arguments that is differentiated by: arrays, alone or in lists, tuples, dicts and dataclasses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.gradcheck.trees import aligned, branches, copied, form, moving, named, replaced
from checkgrad.numeric.arguments import Wrt, positions
from checkgrad.numeric.moves import checked, finite

__all__ = ["Leaves", "NotFinite", "Subject", "WrongShape", "copied", "entry_name", "subject"]

Leaves = list[Any]


class WrongShape(Exception):
    """A function under test gave something of another form than the arguments it belongs to."""


class NotFinite(WrongShape):
    """It gave a number that is none."""


@dataclass(frozen=True)
class Subject:
    """Which of the *args* move. Their arrays are its leaves; names are what they are called."""

    wrt: tuple[int, ...]
    names: tuple[str, ...]
    titles: Sequence[str]
    args: tuple[Any, ...]

    @property
    def sizes(self) -> dict[str, float]:
        """Numbers a wrong factor may come from: the lengths of all axes of the arguments."""
        pairs = zip(self.args, self.titles, strict=True)
        return {
            f"{name}.shape[{axis}]": float(length)
            for arg, title in pairs
            for name, leaf in named(arg, title)
            for axis, length in enumerate(getattr(leaf, "shape", ()))
        }

    def leaves(self, args: tuple[Any, ...]) -> Leaves:
        return [np.asarray(leaf) for i in self.wrt for leaf in moving(args[i])]

    def replaced(self, args: tuple[Any, ...], leaves: Leaves) -> tuple[Any, ...]:
        """*args* with *leaves* in the place of its own."""
        rest, new = iter(leaves), list(args)
        for i in self.wrt:
            new[i] = replaced(args[i], rest)
        return tuple(new)

    def tree(self, args: tuple[Any, ...], leaves: Leaves) -> Any:
        """*leaves* in the form of what is differentiated by."""
        new = self.replaced(args, leaves)
        return new[self.wrt[0]] if len(self.wrt) == 1 else tuple(new[i] for i in self.wrt)

    def matched(self, args: tuple[Any, ...], tree: Any, out: tuple[int, ...] = ()) -> Leaves:
        """The arrays of *tree*, which must have the form of what is differentiated by, each after *out* axes."""
        mine = tuple(args[i] for i in self.wrt) if len(self.wrt) > 1 else args[self.wrt[0]]
        if isinstance(tree, list) and len(self.wrt) > 1:
            tree = tuple(tree)
        found = aligned(mine, tree)
        if found is None:
            raise WrongShape(f"returned {form(tree)}, expected {form(mine)}{_hint(tree)}")
        triples = zip(self.names, self.leaves(args), found, strict=True)
        return [_fitting(f"d{name}", x, _array(g, out + x.shape), out) for name, x, g in triples]


def subject(args: tuple[Any, ...], titles: Sequence[str], wrt: Wrt) -> Subject:
    """Find the arrays to differentiate by, or say which argument is unusable and why."""
    places = positions(wrt, titles)
    pairs = [pair for i in places for pair in named(args[i], titles[i])]
    if len({name for name, _ in pairs}) < len(pairs):
        pairs = [pair for i in places for pair in named(args[i], titles[i], in_full=True)]
    if not pairs:
        raise ValueError(
            f"{titles[places[0]]} holds no array of floats to differentiate by;"
            " what else is in it is left alone"
        )
    for name, leaf in pairs:
        checked(leaf, name)
    return Subject(places, tuple(name for name, _ in pairs), titles, args)


def entry_name(name: str, index: tuple[int, ...]) -> str:
    """How a derivative by one entry is written: dW1[3, 1]."""
    return f"d{name}[{', '.join(map(str, index))}]" if index else f"d{name}"


def is_sparse(matrix: Any) -> bool:
    """Is it a matrix of SciPy's sparse kinds?"""
    return hasattr(matrix, "tocsr") and hasattr(matrix, "nnz")


def _array(g: Any, shape: tuple[int, ...]) -> Any:
    """*g*, which may be lists of numbers, as an array; a sparse matrix stays what it is."""
    if is_sparse(g):
        return g
    if g is None or branches(g) is not None:
        try:
            array = np.asarray(g, float) if g is not None else None
        except (TypeError, ValueError):
            array = None
        if array is None or array.shape != shape:
            raise WrongShape(f"returned {form(g)}, expected one array{_hint(g)}")
        return array
    return np.asarray(g)


def _hint(tree: Any) -> str:
    parts = branches(tree)
    pair = parts is not None and len(parts) == 2 and isinstance(tree, tuple)
    if pair and np.ndim(tree[0]) == 0 and branches(tree[0]) is None:
        return (
            "; is it the value and the gradient, as a tuple? say jac=True, or return the gradient"
        )
    return ""


def _fitting(name: str, x: Any, g: Any, out: tuple[int, ...]) -> Any:
    shape = out + x.shape
    if is_sparse(g):
        if g.shape != (int(np.prod(out)), x.size):
            raise WrongShape(f"{name} is sparse, of shape {g.shape}, expected {shape}")
        if not np.isfinite(g.data).all():
            raise NotFinite(f"{name}, which is sparse, holds NaN or infinity")
        return g
    if g.dtype.kind not in "biuf":
        raise WrongShape(f"{name} is of type {g.dtype}, expected real numbers{_advice(g)}")
    if g.shape != shape:
        turned = g.shape == out + x.shape[::-1] or g.shape == x.shape + out
        raise WrongShape(
            f"{name} has shape {g.shape}, expected {shape}{'; is it transposed?' if turned else ''}"
        )
    if not finite(g):
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(g))[0])
        raise NotFinite(f"{entry_name(name[1:], index)} is {g[index]}, expected a finite number")
    return g


def _advice(g: Any) -> str:
    what = type(g.item()).__name__ if g.dtype == object and g.size == 1 else ""
    return f"; a {what} was returned" if what else ""
