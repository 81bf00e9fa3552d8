"""What is wrong with a derivative that differs: which arrays, which entries, and how they relate to what is due."""

from __future__ import annotations

from typing import Any

import numpy as np

from checkgrad import structure
from checkgrad.gradcheck.result import Block, Entry
from checkgrad.gradcheck.search import Comparison, Search, Spot, entries, halved, wrong_leaves
from checkgrad.gradcheck.subject import Leaves, entry_name

FEW = 16  # arrays of so many entries are compared entry by entry
SHOWN = 5
EXAMPLES = 2
MANY = 4  # more wrong entries than that are not searched for one by one
SAMPLES = 5  # directions from which a relation is read off
BLOCKS = 4  # arrays that are looked into; of further ones the name must do


def wrong_blocks(search: Search, spot: Spot) -> tuple[Block, ...]:
    """Describe every array in which something is wrong."""
    leaves = wrong_leaves(search, spot)
    deep = [_block(search, spot, leaf) for leaf in leaves[:BLOCKS]]
    names = [f"d{search.subject.names[leaf]}" for leaf in leaves[BLOCKS:]]
    return (*deep, *(Block(name, "") for name in names))


def _block(search: Search, spot: Spot, leaf: int) -> Block:
    name, x = f"d{search.subject.names[leaf]}", spot.leaves[leaf]
    if not search.affordable(max(SAMPLES, min(x.size, FEW))):
        return Block(name, "")
    if x.size <= FEW:
        return _small_block(search, spot, leaf)
    directions = [search.directions(spot.leaves, leaf) for _ in range(SAMPLES)]
    found = search.compare(spot, directions)
    output = int(np.argmax(np.max(found.excess.reshape(SAMPLES, -1), axis=0)))
    if words := _relation(search, spot, leaf, found, directions):
        return Block(name, words, _some_entries(search, spot, leaf, output))
    at = halved(search, spot, leaf, output, np.arange(x.size)[:, None], MANY)
    if at is None:
        words = _wrong_slices(search, spot, leaf, output)
        return Block(name, words, _some_entries(search, spot, leaf, output))
    return Block(name, _few(at.ravel(), x.shape), _entries(search, spot, leaf, at.ravel(), output))


def _some_entries(search: Search, spot: Spot, leaf: int, output: int) -> tuple[Entry, ...]:
    at = search.rng.choice(spot.leaves[leaf].size, EXAMPLES, replace=False)
    return _entries(search, spot, leaf, at, output)


def _few(at: Any, shape: tuple[int, ...]) -> str:
    """Say where the wrong entries are: in one row, in one column, or how many."""
    if len(at) == 1:
        return "wrong in one entry"
    if len(shape) == 2:
        for axis, name in enumerate(("row", "column")):
            numbers = np.unique(np.unravel_index(at, shape)[axis])
            if len(numbers) == 1 and shape[axis] > 1:
                return f"wrong in {name} {numbers[0]}, and right elsewhere"
    return f"wrong in {len(at)} of {int(np.prod(shape))} entries"


def _small_block(search: Search, spot: Spot, leaf: int) -> Block:
    x = spot.leaves[leaf]
    found, scale = entries(search, spot, leaf, np.arange(x.size))
    claimed, measured, bound = (
        _arranged(a, scale, x.shape) for a in (found.claimed, found.measured, found.bound)
    )
    if claimed.size == x.size**2:
        claimed, measured, bound = (a.reshape(x.size, x.size) for a in (claimed, measured, bound))
    words = structure.describe(claimed, measured, search.subject.sizes, bound)
    off = found.off.reshape(x.size, -1)
    output = int(np.argmax(off.sum(axis=0)))
    at = np.flatnonzero(off[:, output])
    shown = _entries(search, spot, leaf, at[:SHOWN], output)
    return Block(f"d{search.subject.names[leaf]}", words or _few(at, x.shape), shown)


def _arranged(values: Any, scale: Any, shape: tuple[int, ...]) -> Any:
    """Derivatives by all entries (entries, *out) as an array out + shape."""
    per_unit = values / scale.reshape(-1, *[1] * (values.ndim - 1))
    return np.moveaxis(per_unit, 0, -1).reshape(values.shape[1:] + shape)


def _entries(
    search: Search, spot: Spot, leaf: int, positions: Any, output: int
) -> tuple[Entry, ...]:
    if not len(positions):
        return ()
    found, scale = entries(search, spot, leaf, positions)
    out = found.claimed.shape[1:]
    found, shape = found.of(output), spot.leaves[leaf].shape
    row = tuple(int(i) for i in np.unravel_index(output, out)) if out else ()
    return tuple(
        Entry(_where(search, leaf, row, np.unravel_index(i, shape)), *numbers)
        for i, *numbers in zip(
            positions,
            *((a / scale).tolist() for a in (found.claimed, found.measured, found.bound)),
            strict=True,
        )
    )


def _where(search: Search, leaf: int, row: tuple[int, ...], index: Any) -> str:
    return entry_name(search.subject.names[leaf], (*row, *(int(i) for i in index)))


def _relation(
    search: Search, spot: Spot, leaf: int, found: Comparison, directions: list[Leaves]
) -> str:
    """A relation of the whole array that explains its slopes along all sampled directions, or ""."""
    claimed, measured, bound = (a.ravel() for a in (found.claimed, found.measured, found.bound))
    if not (found.smooth.all() and np.isfinite(bound).all()):
        return ""
    if not claimed.any():
        return "zero everywhere"
    if words := structure.scaled(claimed, measured, search.subject.sizes, bound):
        return words
    if found.claimed.ndim > 1:
        return ""
    own = np.array([float(np.vdot(spot.leaves[leaf], d[leaf])) for d in directions])
    name = search.subject.names[leaf]
    return _penalty(claimed, measured, bound, own, name) or _all_but_the_penalty(
        claimed, measured, bound, own, search.subject.sizes, name
    )


def _penalty(claimed: Any, measured: Any, bound: Any, own: Any, name: str) -> str:
    """A multiple of the array itself that is missing, or too much."""
    factor = structure.factor(measured - claimed, own, bound)
    if factor is None:
        return ""
    what = "without the term" if factor > 0 else "with a needless term"
    return f"{what} {abs(factor):.6g} * {name}, as of an L2 penalty"


def _all_but_the_penalty(
    claimed: Any, measured: Any, bound: Any, own: Any, sizes: dict[str, float], name: str
) -> str:
    """A factor on all of it but a multiple of the array itself."""
    (ratio, rest), *_ = np.linalg.lstsq(np.stack([measured, own], axis=1), claimed, rcond=None)
    if abs(1 - ratio) < 1e-12:
        return ""
    penalty = rest / (1 - ratio) * own
    room = bound * (1 + abs(ratio))
    words = structure.scaled(claimed - penalty, measured - penalty, sizes, room)
    return f"{words} (but for the term {rest / (1 - ratio):.6g} * {name})" if words else ""


def _wrong_slices(search: Search, spot: Spot, leaf: int, output: int) -> str:
    """The rows or columns that are wrong, where it is only one or two of them."""
    x = spot.leaves[leaf]
    if x.ndim != 2 or search.domain:
        return ""
    positions = np.arange(x.size).reshape(x.shape)
    for name, units in (("row", positions), ("column", positions.T)):
        at = halved(search, spot, leaf, output, units, 2) if len(units) > 4 else None
        if at is not None:
            numbers = [int(np.flatnonzero(units[:, 0] == unit[0])[0]) for unit in at]
            return f"wrong in {name} {' and '.join(map(str, numbers))}, and right elsewhere"
    return ""
