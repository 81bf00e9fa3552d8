"""Parameters in dicts, lists, tuples and dataclasses: their arrays in order, and back again.

Only arrays and numbers of floats move. What else is among them (None, a string, an integer) is left alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Branches = list[tuple[Any, Any]]


def branches(tree: Any) -> Branches | None:
    """The parts of a dict, list, tuple, named tuple or dataclass with their keys; None of anything else."""
    if isinstance(tree, np.ndarray | float):
        return None
    if isinstance(tree, dict):
        return list(tree.items())
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return list(zip(tree._fields, tree, strict=True))
    if isinstance(tree, list | tuple):
        return list(enumerate(tree))
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return [(f.name, getattr(tree, f.name)) for f in dataclasses.fields(tree)]
    return None


def grown(tree: Any, parts: list[Any]) -> Any:
    """A tree of the kind and with the keys of *tree*, of other parts."""
    if isinstance(tree, dict):
        return dict(zip(tree, parts, strict=True))
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*parts)
    if isinstance(tree, list | tuple):
        return type(tree)(parts)
    names = [f.name for f in dataclasses.fields(tree)]
    return _with_fields(tree, dict(zip(names, parts, strict=True)))


def _with_fields(tree: Any, values: dict[str, Any]) -> Any:
    changed = {k: v for k, v in values.items() if v is not getattr(tree, k)}
    return dataclasses.replace(tree, **changed)


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """*tree* with function(leaf) in the place of every leaf."""
    parts = branches(tree)
    if parts is None:
        return function(tree)
    return grown(tree, [mapped(function, part) for _, part in parts])


def copied(tree: Any) -> Any:
    """*tree* with copies of its arrays."""
    return mapped(lambda leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf, tree)


def flattened(tree: Any) -> list[Any]:
    """All leaves, in order."""
    parts = branches(tree)
    if parts is None:
        return [tree]
    return [leaf for _, part in parts for leaf in flattened(part)]


def moves(leaf: Any) -> bool:
    """Is it an array or a number that one can differentiate by?"""
    kind = getattr(getattr(leaf, "dtype", None), "kind", None)
    return isinstance(leaf, float | complex) or kind in ("f", "c")


def moving(tree: Any) -> list[Any]:
    """The leaves that move, in order; a tree that is a leaf itself is meant to."""
    if isinstance(tree, np.ndarray):
        return [tree]
    parts = branches(tree)
    if parts is None:
        return [tree]
    found: list[Any] = []
    for _, part in parts:
        if isinstance(part, np.ndarray):
            if part.dtype.kind in "fc":
                found.append(part)
        elif branches(part) is not None or moves(part):
            found += moving(part)
    return found


def named(tree: Any, name: str, in_full: bool = False) -> Iterator[tuple[str, Any]]:
    """The leaves that move, with their names: a key is enough of one, unless they are wanted in full."""
    parts = branches(tree)
    if parts is None:
        yield name, tree
        return
    for key, part in parts:
        inner = f"{name}[{key}]" if isinstance(key, int) else str(key)
        inner = f"{name}.{key}" if in_full and not isinstance(key, int) else inner
        if branches(part) is not None or moves(part):
            yield from named(part, inner, in_full)


def replaced(tree: Any, leaves: Iterator[Any]) -> Any:
    """*tree* with *leaves* in the place of those that move."""
    parts = branches(tree)
    if parts is None:
        return _like(tree, next(leaves))
    kept = [
        replaced(part, leaves) if branches(part) is not None or moves(part) else part
        for _, part in parts
    ]
    return grown(tree, kept)


def _like(old: Any, new: Any) -> Any:
    return float(new) if isinstance(old, float) and np.ndim(new) == 0 else new


def aligned(mine: Any, other: Any) -> list[Any] | None:
    """The leaves of *other* that belong to those of *mine* that move; None where the two differ in form."""
    parts = branches(mine)
    if parts is None:
        return [other]
    if isinstance(mine, list | tuple) and isinstance(other, np.ndarray) and other.ndim:
        other = list(other)  # for a list of numbers, an array of numbers will do
    theirs = branches(other)
    if theirs is None or _is_sequence(mine) != _is_sequence(other):
        return None
    given = dict(theirs)
    if _is_sequence(mine) and len(given) != len(parts) or given.keys() - dict(parts).keys():
        return None
    return _of_parts(parts, given)


def _of_parts(parts: Branches, given: dict[Any, Any]) -> list[Any] | None:
    found: list[Any] = []
    for key, part in parts:
        if branches(part) is None and not moves(part):
            continue
        if key not in given:
            if moving(part):
                return None
            continue
        leaves = aligned(part, given[key])
        if leaves is None:
            return None
        found += leaves
    return found


def _is_sequence(tree: Any) -> bool:
    return isinstance(tree, list | tuple) and not hasattr(tree, "_fields")


def form(tree: Any) -> str:
    """What *tree* is, in words."""
    parts = branches(tree)
    if parts is None:
        return "None" if tree is None else "one array"
    if isinstance(tree, dict):
        return f"a dict of {', '.join(map(str, tree))}"
    return f"a {type(tree).__name__} of {len(parts)}"
