"""The part of the arguments that is differentiated by: arrays, alone or in lists, tuples and dicts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from checkgrad.numeric.moves import checked

Leaves = list[Any]
GROUPS = (list, tuple)


class WrongShape(Exception):
    """A function under test gave something of another form than the arguments it belongs to."""


@dataclass(frozen=True)
class Subject:
    """Which of the *args* move. Their arrays are its leaves; names are what they are called."""

    wrt: tuple[int, ...]
    names: tuple[str, ...]
    titles: list[str]
    args: tuple[Any, ...]

    @property
    def sizes(self) -> dict[str, float]:
        """Numbers a wrong factor may come from: the lengths of all axes of the arguments."""
        pairs = zip(self.args, self.titles, strict=True)
        return {
            f"{name}.shape[{axis}]": float(length)
            for arg, title in pairs
            for name, leaf in _named(arg, title)
            for axis, length in enumerate(np.shape(leaf))
        }

    def leaves(self, args: tuple[Any, ...]) -> Leaves:
        return [np.asarray(leaf) for i in self.wrt for leaf in flattened(args[i])]

    def replaced(self, args: tuple[Any, ...], leaves: Leaves) -> tuple[Any, ...]:
        """*args* with *leaves* in the place of its own."""
        rest, new = iter(leaves), list(args)
        for i in self.wrt:
            new[i] = _rebuilt(args[i], rest)
        return tuple(new)

    def tree(self, args: tuple[Any, ...], leaves: Leaves) -> Any:
        """*leaves* in the form of what is differentiated by."""
        new = self.replaced(args, leaves)
        return new[self.wrt[0]] if len(self.wrt) == 1 else tuple(new[i] for i in self.wrt)

    def matched(self, args: tuple[Any, ...], tree: Any, out: tuple[int, ...] = ()) -> Leaves:
        """The arrays of *tree*, which must have the form of what is differentiated by, each after *out* axes."""
        mine = [args[i] for i in self.wrt] if len(self.wrt) > 1 else args[self.wrt[0]]
        aligned = _aligned(mine, tree)
        if aligned is None:
            raise WrongShape(f"returned {form(tree)}, expected {form(mine)}")
        found = [np.asarray(leaf) for leaf in aligned]
        for name, x, g in zip(self.names, self.leaves(args), found, strict=True):
            _fitting(f"d{name}", x, g, out)
        return found


def subject(f: Callable[..., Any], args: tuple[Any, ...], wrt: int | tuple[int, ...]) -> Subject:
    """Find the arrays to differentiate by, or say which argument is unusable and why."""
    positions = (wrt,) if isinstance(wrt, int) else tuple(wrt)
    if not all(isinstance(i, int) for i in positions):
        raise TypeError(f"wrt={wrt!r}, expected the position of an argument, or a tuple of them")
    titles = _titles(f, len(args))
    for i in positions:
        if not 0 <= i < len(args):
            raise ValueError(f"wrt={i}, but f is called with {len(args)} arguments; count from 0")
    named = [pair for i in positions for pair in _named(args[i], titles[i])]
    if len({name for name, _ in named}) < len(named):
        named = [pair for i in positions for pair in _named(args[i], titles[i], in_full=True)]
    if not named:
        raise ValueError(f"{titles[positions[0]]} holds no array to differentiate by")
    for name, leaf in named:
        checked(leaf, name)
    return Subject(positions, tuple(name for name, _ in named), titles, args)


def entry_name(name: str, index: tuple[int, ...]) -> str:
    """How a derivative by one entry is written: dW1[3, 1]."""
    return f"d{name}[{', '.join(map(str, index))}]" if index else f"d{name}"


def copied(tree: Any) -> Any:
    """*tree* with copies of its arrays."""
    copies = iter(
        [leaf.copy() if isinstance(leaf, np.ndarray) else leaf for leaf in flattened(tree)]
    )
    return _rebuilt(tree, copies)


def flattened(tree: Any) -> list[Any]:
    """The leaves of dicts, lists and tuples, in order."""
    if isinstance(tree, dict):
        tree = tree.values()
    elif not isinstance(tree, GROUPS):
        return [tree]
    return [leaf for branch in tree for leaf in flattened(branch)]


def _named(tree: Any, name: str, in_full: bool = False) -> Iterator[tuple[str, Any]]:
    """The leaves with their names: a key of a dict is enough of one, unless they are wanted in full."""
    if isinstance(tree, dict):
        for key, branch in tree.items():
            yield from _named(branch, f"{name}.{key}" if in_full else str(key), in_full)
    elif isinstance(tree, list | tuple):
        for i, branch in enumerate(tree):
            yield from _named(branch, f"{name}[{i}]", in_full)
    else:
        yield name, tree


def _rebuilt(tree: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(tree, dict):
        return {key: _rebuilt(branch, leaves) for key, branch in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(_rebuilt(branch, leaves) for branch in tree))
    if isinstance(tree, list | tuple):
        return type(tree)(_rebuilt(branch, leaves) for branch in tree)
    leaf = next(leaves)
    return float(leaf) if isinstance(tree, float) and np.ndim(leaf) == 0 else leaf


def _aligned(mine: Any, other: Any) -> list[Any] | None:
    """The leaves of *other* in the order of those of *mine*, or None where the two differ in form."""
    if isinstance(mine, dict):
        if not isinstance(other, dict) or mine.keys() != other.keys():
            return None
        pairs = [(mine[key], other[key]) for key in mine]
    elif isinstance(mine, GROUPS):
        # For a list of numbers, an array of numbers will do.
        other = list(other) if isinstance(other, np.ndarray) and other.ndim else other
        if not isinstance(other, GROUPS) or len(mine) != len(other):
            return None
        pairs = list(zip(mine, other, strict=True))
    else:
        return None if other is None or isinstance(other, dict | list | tuple) else [other]
    parts = [_aligned(*pair) for pair in pairs]
    return None if None in parts else [leaf for part in parts for leaf in part or []]


def form(tree: Any) -> str:
    """What *tree* is, in words."""
    if isinstance(tree, dict):
        return f"a dict of {', '.join(map(str, tree))}"
    if isinstance(tree, list | tuple):
        return f"a {type(tree).__name__} of {len(tree)}"
    return "None" if tree is None else "one array"


def _fitting(name: str, x: Any, g: Any, out: tuple[int, ...]) -> None:
    if g.dtype.kind not in "biuf":
        raise WrongShape(f"{name} is of type {g.dtype}, expected real numbers")
    if g.shape != out + x.shape:
        turned = "; is it transposed?" if g.shape == out + x.shape[::-1] else ""
        raise WrongShape(f"{name} has shape {g.shape}, expected {out + x.shape}{turned}")
    if not np.isfinite(g).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(g))[0])
        raise WrongShape(f"{entry_name(name[1:], index)} is {g[index]}, expected a finite number")


def _titles(f: Callable[..., Any], count: int) -> list[str]:
    """What *f* calls its arguments."""
    f = f.func if isinstance(f, partial) and not f.args else f
    code = getattr(f, "__code__", None)  # inspect.signature would cost as much as a small f
    names = list(code.co_varnames[: code.co_argcount]) if code else []
    names = names[1:] if inspect.ismethod(f) else names
    return (names + [f"argument{i}" for i in range(len(names), count)])[:count]
