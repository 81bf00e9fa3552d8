"""What may be claimed where f has a kink: any slope between those around it, for that is what conventions give.

Beside the point the kinks that meet there are crossed one by one. Of each the convention may take any share, so the
lowest slope that it can give is the first one on a path and all that slopes fall by on the way; the highest alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad.gradcheck.claims import ClaimedDerivative
from checkgrad.gradcheck.entries import single_out
from checkgrad.gradcheck.result import Block
from checkgrad.gradcheck.search import Shared
from checkgrad.gradcheck.spots import Spot, alone
from checkgrad.gradcheck.subject import Leaves, entry_name

SAMPLES, FEWER = (
    16,
    2,
)  # points around, to find entries whose claims stand out; fewer of large arrays
FEW, MOST = 64, 4  # so many entries are looked at one by one; so many are followed along a path
# The paths' distances from the point, relative to the size of the arguments.
BESIDE = (2.0**-18, 2.0**-19, 2.0**-20, 2.0**-24)
OCTAVES = np.arange(-4, 10.1, 0.5)
PATH = np.concatenate([-(2.0 ** OCTAVES[::-1]), [0.0], 2.0**OCTAVES])  # in such distances
CLOSER, LONGEST = 6, 300  # so often, jumps are looked at in halves; points on a path
SMOOTH = 1e-3  # of the largest jump: what is less is none
ROUNDING = 2.0**-48
LEAST_SHARE = 2.0**-16  # of a usual move, that still moves an entry for sure

Interval = tuple[Any, Any]


@dataclass(frozen=True)
class KinkAim:
    """A direction of one leaf, in which one entry of it moves, or all of them; and outputs to look at, by flat number."""

    leaf: int
    entry: int | None
    direction: Leaves
    outputs: Any = 0

    def seen(self, numbers: Any) -> Any:
        """Of *numbers*, one an output, those to look at."""
        return np.ravel(np.asarray(numbers, float))[self.outputs]


def beyond_convention(search: Shared, spot: Spot, bent: Any = True) -> Block | None:
    """An entry for which *spot* claims what no convention at a kink gives; None if there is none.

    bent: which outputs have a kink, along some direction, if that is known.
    """
    samples = range(FEWER if spot.lent else SAMPLES)
    around = [at for _ in samples if (at := search.nearby(spot, BESIDE[0]))]
    if not around:
        return None
    suspects = _suspects(search, spot, around, np.any(np.atleast_1d(bent), axis=0))
    for aim in suspects[: 1 if spot.lent else MOST]:
        if block := _beyond(search, spot, aim):
            return block
    return None


def _suspects(search: Shared, spot: Spot, around: list[Spot], bent: Any) -> list[KinkAim]:
    """Where the claim is none of those around, the furthest off first."""
    aims = _aims(search, spot, around)
    here, *there = (_slopes(at.claimed, aims) for at in (spot, *around))
    off = np.where(bent, _how_far_off(here, there), 0.0).reshape(len(aims), -1)
    worst = np.max(off, axis=1)
    found = [(aims[i], np.argsort(-off[i])[:MOST]) for i in np.argsort(-worst) if worst[i] > 0]
    return [replace(aim, outputs=outputs) for aim, outputs in found]


def _aims(search: Shared, spot: Spot, around: list[Spot]) -> list[KinkAim]:
    leaves = spot.leaves
    if search.claim.elementwise:
        ones = search.along(leaves[0], np.ones_like(leaves[0], float))
        return [KinkAim(0, None, [ones])]
    if sum(x.size for x in leaves) <= FEW:
        pairs = [(leaf, i) for leaf, x in enumerate(leaves) for i in range(x.size)]
    elif spot.claimed.entries is not None and search.domain not in ("symmetric", "simplex"):
        pairs = _entries_that_stand_out(spot, around)
    else:
        whole = (search.directions_of(leaves, leaf) for leaf in range(len(leaves)))
        return [KinkAim(leaf, None, d) for leaf, d in enumerate(whole)]
    return [
        KinkAim(leaf, i, alone(leaves, leaf, single_out(search, leaves[leaf], i)))
        for leaf, i in pairs
    ]


def _entries_that_stand_out(spot: Spot, around: list[Spot]) -> list[tuple[int, int]]:
    found = []
    for leaf, claims in enumerate(
        zip(*(at.claimed.entries or [] for at in (spot, *around)), strict=True)
    ):
        here, *there = map(np.ravel, claims)
        off = _how_far_off(here, there)
        found += [(off[i], leaf, int(i)) for i in np.argsort(-off)[:MOST]]
    return [(leaf, i) for _, leaf, i in sorted(found, reverse=True)[:MOST]]


def _how_far_off(here: Any, there: list[Any]) -> Any:
    """How far *here* is beyond all of *there*, in terms of what those differ by."""
    low, high = (take(there, axis=0) for take in (np.min, np.max))
    gap = np.maximum(np.maximum(low - here, here - high), 0.0)
    with np.errstate(all="ignore"):
        return np.where(gap > 0, gap / (high - low), 0.0)


def _slopes(claimed: ClaimedDerivative, aims: list[KinkAim]) -> Any:
    return np.array([claimed.slope(aim.direction) for aim in aims], float)


def _beyond(search: Shared, spot: Spot, aim: KinkAim) -> Block | None:
    """Is the claim along *aim* lower or higher than any convention's?"""
    claimed = np.asarray(spot.claimed.slope(aim.direction), float)
    distances = BESIDE[::3] if spot.lent else BESIDE
    paths = [_slopes_on_a_path(search, spot, aim, beside) for beside in distances]
    if any(path is None for path in paths):
        return None
    lows, highs = (np.array(ends) for ends in zip(*map(_span, paths), strict=True))
    low, high = np.min(lows, axis=0), np.max(highs, axis=0)
    # Paths that differ have not told all kinks apart, or were not close enough.
    unknown = np.maximum(np.ptp(lows, axis=0), np.ptp(highs, axis=0))
    rounding = np.broadcast_to(spot.claimed.rounding(aim.direction, claimed), claimed.shape)
    here = aim.seen(claimed)
    room = unknown + 2 * aim.seen(rounding) + ROUNDING * np.maximum(np.abs(low), np.abs(high))
    off = np.flatnonzero(np.maximum(low - here, here - high) > room)
    if not len(off):
        return None
    output = np.unravel_index(int(aim.outputs[off[0]]), claimed.shape)
    return _told(search, spot, aim, output, [float(a[off[0]]) for a in (here, low, high)])


def _slopes_on_a_path(search: Shared, spot: Spot, aim: KinkAim, beside: float) -> Any:
    """The claimed slopes along *aim*, on a path that passes *spot* at some distance; closer where they jump."""
    base = _beside(search, spot, aim, beside)
    if base is None:
        return None

    def slope(t: float) -> Any:
        at = search.moved(base, aim.direction, beside * t)
        if at is None:
            return np.full(len(aim.outputs), np.nan)
        return aim.seen(at.claimed.slope(aim.direction))

    places = PATH
    slopes = np.array([slope(t) for t in places])
    for _ in range(CLOSER):
        jumps = np.abs(np.diff(slopes, axis=0))
        cells = np.flatnonzero((jumps > SMOOTH * np.max(jumps, axis=0)).any(axis=1))
        if not (np.isfinite(slopes).all() and 0 < len(cells) <= LONGEST - len(places)):
            break
        middles = (places[cells] + places[cells + 1]) / 2
        slopes = np.insert(slopes, cells + 1, [slope(t) for t in middles], axis=0)
        places = np.insert(places, cells + 1, middles)
    return slopes if np.isfinite(slopes).all() else None


def _beside(search: Shared, spot: Spot, aim: KinkAim, size: float) -> Spot | None:
    """A point so near that a path along *aim* crosses every kink at *spot*: nothing moves further than its step."""
    step = max(float(np.max(np.abs(d), initial=0.0)) for d in aim.direction)
    shares = [min(1.0, step / float(np.min(search.scale(x)))) for x in spot.leaves]
    if min(shares) < LEAST_SHARE:
        return None
    moves = search.directions(spot.leaves)
    return search.moved(
        spot,
        [np.asarray(d * d.dtype.type(s)) for d, s in zip(moves, shares, strict=True)],
        size,
    )


def _span(path: Any) -> Interval:
    """The lowest and the highest slope that a convention can give where the kinks on *path* meet."""
    jumps = np.diff(path, axis=0)
    low, high = (path[0] + take(jumps, 0).sum(axis=0) for take in (np.minimum, np.maximum))
    return low, high


def _told(search: Shared, spot: Spot, aim: KinkAim, output: Any, slopes: list[float]) -> Block:
    name, where = search.subject.names[aim.leaf], tuple(int(i) for i in output)
    x = spot.leaves[aim.leaf]
    per, place = 1.0, f"d{name}, along a random direction,"
    if aim.entry is not None:
        index = tuple(int(i) for i in np.unravel_index(aim.entry, x.shape))
        place = entry_name(name, (*where, *index) if not search.claim.twice else index + index)
        per = float(np.ravel(np.broadcast_to(search.scale(x), x.shape))[aim.entry])
    elif search.claim.elementwise:
        place, per = (
            entry_name(name, where),
            float(np.broadcast_to(search.scale(x), x.shape)[where]),
        )
    power = 2 if search.claim.twice else 1
    here, low, high = (search.counted.in_its_unit(s / per**power) for s in slopes)
    between = f"{low:.6g} to {high:.6g}" if high - low > 1e-6 * abs(high) else f"{high:.6g}"
    return Block(place, f"{here:.6g} at this point, where the slopes around it leave {between}")
