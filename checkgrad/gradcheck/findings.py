"""What is wrong with a derivative that differs: which arrays, which entries, and how they relate to what is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from checkgrad import structure
from checkgrad.gradcheck.entries import descended, entries, halved, wrong_leaves
from checkgrad.gradcheck.finding import EntryTable, WrongArray
from checkgrad.gradcheck.result import Block, Entry
from checkgrad.gradcheck.search import Shared, TooManyEvaluations
from checkgrad.gradcheck.spots import Comparison, Spot, alone
from checkgrad.gradcheck.subject import Leaves, entry_name

FEW = 16  # arrays of so many entries are compared entry by entry
SHOWN = 5
EXAMPLES = 2
MANY = 4  # more wrong entries than that are not searched for one by one
ENOUGH = 4  # entries that two numbers, a factor and a penalty, do not fit by chance
SAMPLES = 4  # directions from which a relation is read off
SLIGHT = 1e-6
FAINT = 16.0  # times the bound: hardly beyond it
STANDING = 4  # entries among which to look for examples
ELSEWHERE = (
    0.1  # how far off a relation must be true as well, relative to the size of the arguments
)


def wrong_arrays(search: Shared, spot: Spot, suspected: Leaves | None) -> list[WrongArray]:
    """Look into every array in which something is wrong; *suspected* says which entries may be, if that is known."""
    if search.claim.elementwise:
        return [_elementwise(search, spot)]
    found: list[WrongArray] = []
    for leaf in wrong_leaves(search, spot):
        within = np.flatnonzero(suspected[leaf]) if suspected else _all_of(spot, leaf)
        # Where one array is wrong all over, the others need not be searched entry by entry.
        everywhere = any(not (f.few or f.related) for f in found)
        try:
            found.append(_look_into(search, spot, leaf, within, everywhere))
        except TooManyEvaluations:
            found.append(WrongArray(leaf, [_all_of(spot, leaf)]))
    return found


def described(search: Shared, spot: Spot, found: WrongArray) -> Block:
    """What to say about a wrong array, with entries to show."""
    words, name = found.words, _name(search, found.leaf)
    try:
        if found.table is not None:
            return Block(name, words, _from_table(search, found.leaf, found.table))
        if found.few:
            at = np.concatenate([*found.suspects, np.zeros(0, int)])[:SHOWN]
        else:
            words = words or _wrong_slice(search, spot, found)
            at = _examples(search, spot, found)[:EXAMPLES]
        return Block(name, words, _entries(search, spot, found, at))
    except TooManyEvaluations:
        return Block(name, words)


def _look_into(search: Shared, spot: Spot, leaf: int, within: Any, everywhere: bool) -> WrongArray:
    x = spot.leaves[leaf]
    if not search.affordable(max(SAMPLES, min(x.size, FEW)) + EXAMPLES):
        return WrongArray(leaf, [_all_of(spot, leaf)])
    if x.size <= FEW and not search.claim.twice:
        return _small(search, spot, leaf)
    if search.claim.twice:
        return _twice(search, spot, leaf)
    directions = [search.directions_of(spot.leaves, leaf) for _ in range(SAMPLES)]
    found = search.compare(spot, directions)
    output = found.worst_output
    relation = _relation(search, spot, leaf, found, directions)
    if relation or everywhere:
        return WrongArray(leaf, [_all_of(spot, leaf)], output, relation, bool(relation))
    suspects = halved(search, spot, leaf, output, within[:, None], MANY)
    if not suspects and np.max(found.excess) > FAINT:
        return WrongArray(leaf, [_all_of(spot, leaf)], output)
    known = WrongArray(leaf, [group.ravel() for group in suspects], output)
    if not suspects or not known.few:
        return known
    return replace(known, words=_few_of_many(np.ravel(suspects), x.shape, found))


def _few_of_many(at: Any, shape: tuple[int, ...], found: Comparison) -> str:
    """Where the wrong entries are; of a Jacobian, in which of its outputs they were looked for."""
    words = _few(at, shape)
    outputs = found.off[0].size
    if outputs == 1:
        return words
    wrong = int(np.any(found.off, axis=0).sum())
    return f"wrong in {wrong} of {outputs} outputs; by one of them, {words}"


def _all_of(spot: Spot, leaf: int) -> Any:
    return np.arange(spot.leaves[leaf].size)


def _examples(search: Shared, spot: Spot, found: WrongArray) -> Any:
    """Entries of an array with many wrong ones, a wrong one first; none if none can be found."""
    size = spot.leaves[found.leaf].size
    at = search.rng.choice(size, min(size, STANDING), replace=False)
    seen, _ = entries(search, spot, found.leaf, at)
    off = seen.of(found.output).off
    if off.any():
        return at[np.argsort(~off, kind="stable")]
    worst = descended(search, spot, found.leaf, found.output, found.suspects[0])
    return at[:0] if worst is None else np.array([worst, *at])


def _name(search: Shared, leaf: int) -> str:
    return f"d{search.subject.names[leaf]}"


def _elementwise(search: Shared, spot: Spot) -> WrongArray:
    """All slopes in one go: every entry moves, and each shows in its own output."""
    table = _slopes(search, spot)
    (x,) = spot.leaves
    at = np.flatnonzero(table.off)
    words = _verified(
        search,
        spot,
        _words(search, table, spot, 0),
        lambda at: _words(search, _slopes(search, at), at, 0),
        search.cost,
    )
    related = bool(words)
    return WrongArray(0, list(at[:, None]), 0, words or _few(at, x.shape), related, table)


def _slopes(search: Shared, spot: Spot) -> EntryTable:
    (x,) = spot.leaves
    found = search.compare(spot, [[search.along(x, np.ones_like(x))]])
    scale = search.scale(x)
    bound = np.where(found.smooth[0], found.bound[0], np.inf)
    return EntryTable(
        *(np.asarray(a / scale) for a in (found.claimed[0], found.measured[0], bound))
    )


def _verified(
    search: Shared,
    spot: Spot,
    words: str,
    words_at: Callable[[Spot], str],
    cost: int,
) -> str:
    """*words*, a relation at *spot*, if the same is true at another point; if that costs too much, it says so."""
    if not words:
        return ""
    if search.evaluations + cost > search.limit:
        return f"{words} (at this point; no other was tried)"
    other = search.nearby(spot, ELSEWHERE)
    try:
        return words if other is not None and words_at(other) == words else ""
    except TooManyEvaluations:
        return ""


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


def _small(search: Shared, spot: Spot, leaf: int) -> WrongArray:
    """Compare a small array entry by entry."""
    before = search.evaluations
    found, table = _tabulated(search, spot, leaf)
    cost = search.evaluations - before
    x = spot.leaves[leaf]
    off = found.off.reshape(x.size, -1)
    output = int(np.argmax(off.sum(axis=0)))
    at = np.flatnonzero(off[:, output])
    words = ""
    if np.max(found.excess) >= FAINT:
        words = _verified(
            search,
            spot,
            _words(search, table, spot, leaf),
            lambda at: _words(search, _tabulated(search, at, leaf)[1], at, leaf),
            cost,
        )
    related = bool(words) and len(at) == x.size
    words = words or _few(np.flatnonzero(table.off), table.claimed.shape)
    return WrongArray(leaf, list(at[:, None]), output, words, related, table)


def _tabulated(search: Shared, spot: Spot, leaf: int) -> tuple[Comparison, EntryTable]:
    """An array measured entry by entry. A Jacobian of as many outputs as entries is told as a matrix."""
    x = spot.leaves[leaf]
    found, scale = entries(search, spot, leaf, np.arange(x.size))
    bound = np.where(found.smooth, found.bound, np.inf)
    parts = (_arranged(a, scale, x.shape) for a in (found.claimed, found.measured, bound))
    return found, EntryTable(*parts)


def _words(search: Shared, table: EntryTable, spot: Spot, leaf: int) -> str:
    """How the whole of an array relates to what is due, where that can be told."""
    x = spot.leaves[leaf]
    claimed, measured, bound = table.claimed, table.measured, table.bound
    if not np.isfinite(bound).all():
        return ""
    if claimed.size == x.size**2:
        claimed, measured, bound = (a.reshape(x.size, x.size) for a in (claimed, measured, bound))
    if search.counted.unit != 1:
        return structure.scaled(claimed, measured, search.subject.sizes, bound)
    if words := structure.describe(claimed, measured, search.subject.sizes, bound):
        return words
    if claimed.shape != x.shape or x.size < 2:
        return ""
    flat = claimed.ravel(), measured.ravel(), bound.ravel(), x.ravel()
    name = search.subject.names[leaf]
    if words := _penalty(*flat, name):
        return words
    return _all_but_the_penalty(*flat, search.subject.sizes, name) if x.size >= ENOUGH else ""


def _arranged(values: Any, scale: Any, shape: tuple[int, ...]) -> Any:
    """Derivatives by all entries (entries, *out) as an array out + shape."""
    per_unit = values / scale.reshape(-1, *[1] * (values.ndim - 1))
    return np.moveaxis(per_unit, 0, -1).reshape(values.shape[1:] + shape)


def _from_table(search: Shared, leaf: int, table: EntryTable) -> tuple[Entry, ...]:
    off = table.off
    at = np.argwhere(off)[:SHOWN] if off.ndim else np.zeros((1, 0), int)
    return tuple(
        Entry(
            _where(search, leaf, tuple(i)),
            *(
                search.counted.in_its_unit(float(a[tuple(i)]))
                for a in (table.claimed, table.measured, table.bound)
            ),
        )
        for i in at
    )


def _entries(search: Shared, spot: Spot, found: WrongArray, positions: Any) -> tuple[Entry, ...]:
    if not len(positions):
        return ()
    leaf, x = found.leaf, spot.leaves[found.leaf]
    seen, scale = entries(search, spot, leaf, positions)
    out = seen.claimed.shape[1:]
    row = np.unravel_index(found.output, out) if out else ()
    columns = (
        a.reshape(len(a), -1)[:, found.output] / scale
        for a in (seen.claimed, seen.measured, seen.bound)
    )
    return tuple(
        Entry(
            _where(search, leaf, (*row, *np.unravel_index(i, x.shape))),
            *map(search.counted.in_its_unit, numbers),
        )
        for i, *numbers in zip(positions, *(c.tolist() for c in columns), strict=True)
    )


def _where(search: Shared, leaf: int, index: tuple[Any, ...]) -> str:
    return entry_name(search.subject.names[leaf], tuple(int(i) for i in index))


def _relation(
    search: Shared, spot: Spot, leaf: int, found: Comparison, directions: list[Leaves]
) -> str:
    """A relation of the whole array that explains its slopes along all sampled directions, or ""."""
    words = _relation_at(search, spot, leaf, found, directions)

    def words_at(at: Spot) -> str:
        again = [search.directions_of(at.leaves, leaf) for _ in range(SAMPLES)]
        return _relation_at(search, at, leaf, search.compare(at, again), again)

    return _verified(search, spot, words, words_at, SAMPLES * search.cost)


def _relation_at(
    search: Shared, spot: Spot, leaf: int, found: Comparison, directions: list[Leaves]
) -> str:
    claimed, measured, bound = (a.ravel() for a in (found.claimed, found.measured, found.bound))
    if not (found.smooth.all() and np.isfinite(bound).all()) or np.max(found.excess) < FAINT:
        return ""
    if not claimed.any():
        return "zero everywhere"
    if words := structure.scaled(claimed, measured, search.subject.sizes, bound):
        return words
    if found.claimed.ndim > 1 or search.counted.unit != 1:
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


def _wrong_slice(search: Shared, spot: Spot, found: WrongArray) -> str:
    """The row or column that is wrong, where it is only one."""
    x = spot.leaves[found.leaf]
    if x.ndim != 2 or search.domain:
        return ""
    positions = np.arange(x.size).reshape(x.shape)
    for name, units in (("row", positions), ("column", positions.T)):
        suspects = halved(search, spot, found.leaf, found.output, units, 1)
        if len(units) > 1 and len(suspects) == 1 and len(suspects[0]) == 1:
            number = int(np.flatnonzero(units[:, 0] == suspects[0][0][0])[0])
            return f"wrong in {name} {number}, and right elsewhere"
    return ""


def _twice(search: Shared, spot: Spot, leaf: int) -> WrongArray:
    """The entries of a matrix of second derivatives: those of the diagonal, then of pairs."""
    x = spot.leaves[leaf]
    everything = WrongArray(leaf, [_all_of(spot, leaf)])
    pairs = [(i, j) for i in range(x.size) for j in range(i, x.size)]
    if not search.affordable(2 * len(pairs)):
        return everything
    scale = np.broadcast_to(search.scale(x), x.shape).ravel()
    ones = [_pair(search, x, i, j) for i, j in pairs]
    found = search.compare(spot, [alone(spot.leaves, leaf, one) for one in ones])
    parts = (_from_squares(a, pairs, scale, spread) for a, spread in (
        (found.claimed, False), (found.measured, False), (found.bound, True)))  # fmt: skip
    table = EntryTable(*(a.reshape(x.shape * 2) for a in parts))
    at = np.flatnonzero(table.off)
    if not len(at):
        return everything
    words = structure.describe(table.claimed, table.measured, search.subject.sizes, table.bound)
    return replace(
        everything, words=words or _few(at, table.claimed.shape), related=True, table=table
    )


def _pair(search: Shared, x: Any, i: int, j: int) -> Any:
    one = np.zeros_like(x)
    one.flat[i] = one.flat[j] = 1
    return search.along(x, one)


def _from_squares(squares: Any, pairs: Any, scale: Any, spread: bool) -> Any:
    """The matrix whose quadratic forms along single entries, and along sums of two, are *squares*."""
    own = {i: s for (i, j), s in zip(pairs, squares, strict=True) if i == j}
    matrix = np.zeros((len(scale), len(scale)))
    for (i, j), s in zip(pairs, squares, strict=True):
        mixed = (s + own[i] + own[j]) / 2 if spread else (s - own[i] - own[j]) / 2
        matrix[i, j] = matrix[j, i] = (s if i == j else mixed) / (scale[i] * scale[j])
    return matrix
