"""What is wrong with a derivative that differs: which arrays, which entries, and how they relate to what is due."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad import structure
from checkgrad.gradcheck.result import Block, Entry
from checkgrad.gradcheck.search import (
    SPARE,
    Comparison,
    Search,
    Spent,
    Spot,
    descended,
    entries,
    halved,
    wrong_leaves,
)
from checkgrad.gradcheck.subject import Leaves, entry_name
from checkgrad.numeric.moves import move, move_scale

FEW = 16  # arrays of so many entries are compared entry by entry
SHOWN = 5
EXAMPLES = 2
MANY = 4  # more wrong entries than that are not searched for one by one
SAMPLES = 4  # directions from which a relation is read off
FAINT = 16.0
SLIGHT = 1e-6
STANDING = 4  # entries that stand for an array that is wrong all over


@dataclass(frozen=True)
class Finding:
    """A wrong array, and what is known about it.

    at: flat positions of entries that stand for it, seen in *output*. related: the structure is of the whole.
    spread: the root mean square of its deviations along random directions, if it is wrong all over.
    reach: the length of those directions. faint: hardly beyond the bound, and no wrong entry was found.
    seen: all wrong entries, compared, if they have been.
    """

    block: Block
    leaf: int
    at: Any
    output: int = 0
    related: bool = False
    spread: float | None = None
    reach: float = 0.0
    faint: bool = False
    seen: Comparison | None = None


def wrong_arrays(search: Search, spot: Spot) -> list[Finding]:
    """Look into every array in which something is wrong."""
    if search.claim.elementwise:
        return [_elementwise(search, spot)]
    found: list[Finding] = []
    for leaf in wrong_leaves(search, spot):
        # Where one array is wrong all over, the others need not be searched entry by entry.
        everywhere = any(f.spread is not None and not f.related for f in found)
        try:
            found.append(_look_into(search, spot, leaf, everywhere))
        except Spent:
            found.append(_only_named(search, leaf))
    return found


def _only_named(search: Search, leaf: int) -> Finding:
    return Finding(Block(_name(search, leaf), ""), leaf, np.zeros(0, int))


def _look_into(search: Search, spot: Spot, leaf: int, everywhere: bool) -> Finding:
    x = spot.leaves[leaf]
    if not search.affordable(max(SAMPLES, min(x.size, FEW)) + EXAMPLES):
        return _only_named(search, leaf)
    if x.size <= FEW:
        return _small(search, spot, leaf)
    directions = [search.directions(spot.leaves, leaf) for _ in range(SAMPLES)]
    found = search.compare(spot, directions)
    output = int(np.argmax(np.max(found.excess.reshape(SAMPLES, -1), axis=0)))
    relation = words = _relation(search, spot, leaf, found, directions)
    group = np.arange(x.size)
    if not words and not everywhere:
        at, group = halved(search, spot, leaf, output, group[:, None], MANY)
        if at is not None:
            return _sparse(search, spot, leaf, output, at.ravel())
        words = _wrong_slice(search, spot, leaf, output)
    reach = float(np.linalg.norm(directions[0][leaf]))
    rest = _dense(search, spot, leaf, output, words, group.ravel(), found.of(output), reach)
    return replace(rest, related=bool(relation))


def _sparse(search: Search, spot: Spot, leaf: int, output: int, at: Any) -> Finding:
    """A few entries are wrong, and these are all."""
    words = _few(at, spot.leaves[leaf].shape)
    shown = _entries(search, spot, leaf, at, output)
    return Finding(Block(_name(search, leaf), words, shown), leaf, at, output)


def _dense(
    search: Search,
    spot: Spot,
    leaf: int,
    output: int,
    words: str,
    group: Any,
    seen: Comparison,
    reach: float,
) -> Finding:
    """So many entries are wrong that some must stand for all."""
    at = _standing(search, spot, leaf, output, group)
    shown = _entries(search, spot, leaf, at[:EXAMPLES], output)
    spread = float(np.sqrt(np.mean((seen.claimed - seen.measured) ** 2)))
    slight = spread < SLIGHT * float(np.max(np.abs(seen.claimed)))
    faint = not len(at) and bool(slight or np.max(seen.excess) < FAINT)
    block = Block(_name(search, leaf), words, shown)
    return Finding(block, leaf, at, output, False, spread, reach, faint)


def _standing(search: Search, spot: Spot, leaf: int, output: int, group: Any) -> Any:
    """Entries that stand for an array with many wrong ones, a wrong one first; none if none can be found."""
    size = spot.leaves[leaf].size
    at = search.rng.choice(size, min(size, STANDING), replace=False)
    found, _ = entries(search, spot, leaf, at)
    off = found.of(output).off
    if off.any():
        return at[np.argsort(~off, kind="stable")]
    worst = descended(search, spot, leaf, output, group)
    return at[:0] if worst is None else np.array([worst, *at])


def _name(search: Search, leaf: int) -> str:
    return f"d{search.subject.names[leaf]}"


def _elementwise(search: Search, spot: Spot) -> Finding:
    """All slopes in one go: every entry moves, and each shows in its own output."""
    (x,) = spot.leaves
    found = search.compare(spot, [[move(x, np.ones_like(x), search.domain).astype(x.dtype)]])
    scale = move_scale(x, search.domain)
    parts = (found.claimed[0], found.measured[0], found.bound[0])
    claimed, measured, bound = (np.asarray(a / scale) for a in parts)
    words = structure.describe(claimed, measured, search.subject.sizes, bound)
    at = np.flatnonzero(found.off[0])
    shown = tuple(
        Entry(_where(search, 0, (), np.unravel_index(i, x.shape)), *numbers)
        for i, *numbers in zip(
            at, *(a.ravel()[at].tolist() for a in (claimed, measured, bound)), strict=True
        )
    )
    return Finding(
        Block(_name(search, 0), words or _few(at, x.shape), shown[:SHOWN]), 0, at, related=True
    )


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


def _small(search: Search, spot: Spot, leaf: int) -> Finding:
    """Compare a small array entry by entry."""
    x = spot.leaves[leaf]
    found, scale = entries(search, spot, leaf, np.arange(x.size))
    parts = (found.claimed, found.measured, found.bound)
    claimed, measured, bound = (_arranged(a, scale, x.shape) for a in parts)
    if claimed.size == x.size**2:
        claimed, measured, bound = (a.reshape(x.size, x.size) for a in (claimed, measured, bound))
    words = structure.describe(claimed, measured, search.subject.sizes, bound)
    off = found.off.reshape(x.size, -1)
    output = int(np.argmax(off.sum(axis=0)))
    at = np.flatnonzero(off[:, output])
    shown = _entries(search, spot, leaf, at[:SHOWN], output)
    block = Block(_name(search, leaf), words or _few(at, x.shape), shown)
    seen = found.of(output).among(at, scale)
    return Finding(block, leaf, at, output, bool(words) and len(at) == x.size, seen=seen)


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
    if abs(1 - ratio) < SLIGHT:
        return ""
    penalty = rest / (1 - ratio) * own
    room = bound * (1 + abs(ratio))
    words = structure.scaled(claimed - penalty, measured - penalty, sizes, room)
    return f"{words} (but for the term {rest / (1 - ratio):.6g} * {name})" if words else ""


def _wrong_slice(search: Search, spot: Spot, leaf: int, output: int) -> str:
    """The row or column that is wrong, where it is only one."""
    x = spot.leaves[leaf]
    if x.ndim != 2 or search.domain:
        return ""
    positions = np.arange(x.size).reshape(x.shape)
    for name, units in (("row", positions), ("column", positions.T)):
        at, _ = halved(search, spot, leaf, output, units, 1, 2 * SPARE)
        if at is not None and len(units) > 1:
            number = int(np.flatnonzero(units[:, 0] == at[0][0])[0])
            return f"wrong in {name} {number}, and right elsewhere"
    return ""
