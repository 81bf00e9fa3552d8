"""Compare a claimed derivative with a measured one along random directions, and find the entries that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np

from checkgrad.gradcheck.claims import Claim, Derivative
from checkgrad.gradcheck.subject import Leaves, Subject
from checkgrad.numeric.ladder import LADDER, differentiate, unit_of
from checkgrad.numeric.moves import move, move_scale

DIRECTIONS = 2  # two blind spots that coincide are unlikely enough
SPARE = 150  # evaluations to keep for telling a mistake from an eps in f
LEAST = 0.5  # random directions are 0.5 to 1.5 in every entry, so that no single one can hide


class Spent(Exception):
    """More evaluations would be needed than are allowed."""


@dataclass(frozen=True)
class Spot:
    """A point at which the two are compared."""

    args: tuple[Any, ...]
    leaves: Leaves
    claimed: Derivative


@dataclass(frozen=True)
class Comparison:
    """Claim and measurement along directions (directions, *out), and what may lie between the two."""

    claimed: Any
    measured: Any
    bound: Any
    smooth: Any

    @cached_property
    def excess(self) -> Any:
        """The deviation as a fraction of its bound; 0 where nothing can be said."""
        gap = np.abs(self.claimed - self.measured)
        with np.errstate(all="ignore"):
            share = np.where(gap <= self.bound, gap / np.maximum(self.bound, 1e-300), np.inf)
            share = np.where(np.isinf(share) & (self.bound > 0), gap / self.bound, share)
        return np.where(self.smooth, np.where(np.isfinite(self.measured), share, 0.0), 0.0)

    @property
    def off(self) -> Any:
        return self.excess > 1

    @property
    def says_something(self) -> bool:
        return bool(np.any(self.smooth & np.isfinite(self.bound)))

    def of(self, output: int) -> Comparison:
        """The comparison of one entry of the output alone."""
        parts = (self.claimed, self.measured, self.bound, self.smooth)
        return Comparison(*(np.reshape(a, (len(a), -1))[:, output] for a in parts))

    def among(self, rows: Any, scale: Any) -> Comparison:
        """Only *rows*, each per unit of its argument instead of per *scale*."""
        claimed, measured, bound = (
            a[rows] / scale[rows] for a in (self.claimed, self.measured, self.bound)
        )
        return Comparison(claimed, measured, bound, self.smooth[rows])


@dataclass
class Search:
    """What all steps of one check share: the claim, the dice, the tolerances, and the evaluations so far."""

    claim: Claim
    subject: Subject
    rng: np.random.Generator
    domain: str | None
    rtol: float
    atol: float
    noise: float | None
    limit: int
    evaluations: int = 0
    rung: int = 0

    def spot(self, args: tuple[Any, ...]) -> Spot:
        return Spot(args, self.subject.leaves(args), self.claim.derivative(*args))

    def moved(self, spot: Spot, direction: Leaves, step: float) -> Spot:
        moved = [_moved(x, step, d) for x, d in zip(spot.leaves, direction, strict=True)]
        return self.spot(self.subject.replaced(spot.args, moved))

    def nearby(self, spot: Spot, size: float) -> Spot:
        """A point a little off, where a kink that was hit exactly is no longer hit."""
        return self.moved(spot, self.directions(spot.leaves), size)

    def smaller(self, spot: Spot, factor: float) -> Spot:
        return self.moved(spot, spot.leaves, factor - 1)

    def affordable(self, directions: int = 1, spare: int = 0) -> bool:
        cost = 1 + directions * 2 * len(LADDER[self.rung])
        return self.evaluations + cost + spare <= self.limit

    def directions(self, leaves: Leaves, only: int | None = None, mask: Any = None) -> Leaves:
        """A random direction: of all entries, of one leaf only, or of those entries of it that *mask* leaves."""
        if only is not None:
            (moved,) = self._directions([leaves[only]], mask)
            return [moved if i == only else np.zeros_like(x) for i, x in enumerate(leaves)]
        return self._directions(leaves, mask)

    def _directions(self, leaves: Leaves, mask: Any) -> Leaves:
        ends = list(accumulate(x.size for x in leaves))
        weights = self._weights(ends[-1])
        moved = []
        for x, end in zip(leaves, ends, strict=True):
            by = weights[end - x.size : end].reshape(x.shape)
            by = move(x, by if mask is None else by * mask, self.domain)
            moved.append(by.astype(x.dtype, copy=False))
        return moved

    def _weights(self, count: int) -> Any:
        by = np.frombuffer(self.rng.bytes(2 * count), np.int16) / 2.0**15
        by += np.copysign(LEAST, by)
        return by

    def compare(self, spot: Spot, directions: Sequence[Leaves]) -> Comparison:
        """Measure along all *directions* in one go, and hold the claim against it."""

        place = Places(self.subject, spot, directions)

        def evaluate(points: list[tuple[Any, ...]]) -> list[Any]:
            if self.evaluations + len(points) > self.limit:
                raise Spent
            self.evaluations += len(points)
            with np.errstate(all="ignore"):
                return [self._value(place(*point)) for point in points]

        found = differentiate(
            evaluate,
            (0, 0.0),
            lambda m, h: (m, h),
            len(directions),
            unit_of(spot.leaves),
            self.rung,
            self.noise,
        )
        slopes = [spot.claimed.slope(d) for d in directions]
        pairs = zip(directions, slopes, strict=True)
        rounding = np.array([spot.claimed.rounding(*pair) for pair in pairs], float)
        allowed = self.atol + self.rtol * np.abs(found.value)
        bound = found.bound + rounding + allowed
        return Comparison(np.array(slopes, float), found.value, bound, found.smooth)

    def _value(self, args: tuple[Any, ...]) -> Any:
        try:
            return np.array(self.claim.value(*args), float)
        except (ArithmeticError, ValueError):
            return None


class Places:
    """Arguments moved along directions: made one at a time, in the same memory, for they may be large."""

    def __init__(self, subject: Subject, spot: Spot, directions: Sequence[Leaves]) -> None:
        self.subject, self.spot = subject, spot
        self.room: Leaves = [None] * len(spot.leaves)
        types = dict.fromkeys(x.dtype for x in spot.leaves)
        self.parts = [self._part(dtype, directions) for dtype in types]
        # A number has no memory to be written to.
        self.fixed = all(map(np.ndim, spot.leaves))
        self.args = subject.replaced(spot.args, self.room)

    def __call__(self, m: int, step: float) -> tuple[Any, ...]:
        for x, moves, room in self.parts:
            np.multiply(moves[m], x.dtype.type(step), out=room)
            room += x
        return self.args if self.fixed else self.subject.replaced(self.spot.args, self.room)

    def _part(self, dtype: Any, directions: Sequence[Leaves]) -> tuple[Any, list[Any], Any]:
        """All leaves of one type as one vector: its place, its moves, and room that the leaves are views of."""
        at = [i for i, x in enumerate(self.spot.leaves) if x.dtype == dtype]
        x, *moves = (_flat([d[i] for i in at]) for d in (self.spot.leaves, *directions))
        room, end = np.empty_like(x), 0
        for i in at:
            leaf = self.spot.leaves[i]
            self.room[i] = room[end : end + leaf.size].reshape(leaf.shape)
            end += leaf.size
        return x, moves, room


def _flat(leaves: Leaves) -> Any:
    return np.ravel(leaves[0]) if len(leaves) == 1 else np.concatenate([np.ravel(x) for x in leaves])


def wrong_leaves(search: Search, spot: Spot) -> list[int]:
    """The arrays in which something is wrong."""
    count = len(spot.leaves)
    if count == 1:
        return [0]
    found = search.compare(spot, [search.directions(spot.leaves, only=i) for i in range(count)])
    return [i for i in range(count) if np.any(found.off[i])]


def halved(
    search: Search, spot: Spot, leaf: int, output: int, units: Any, most: int, spare: int = 0
) -> tuple[Any, Any]:
    """Find the wrong ones of *units*, which are rows of flat positions, by halving.

    Returns them, or None if there are more than *most* or the search would cost too much; and a group of
    units in which one is wrong.
    """
    suspects = [units]
    while any(len(group) > 1 for group in suspects):
        halves = [half for group in suspects for half in np.array_split(group, 2) if len(half)]
        keep = 2 * SPARE if len(suspects) > 2 else spare
        if len(halves) > 2 * most or not search.affordable(len(halves), keep):
            return None, suspects[0]
        found = search.compare(spot, [among(search, spot, leaf, half) for half in halves])
        off = found.of(output).off
        left = [half for half, wrong in zip(halves, off, strict=True) if wrong]
        if not left:
            return None, suspects[0]
        suspects = left
    return (np.concatenate(suspects) if len(suspects) <= most else None), suspects[0]


def descended(search: Search, spot: Spot, leaf: int, output: int, group: Any) -> int | None:
    """Find one wrong entry of *group* by always taking the half that is further off."""
    while len(group) > 1:
        if not search.affordable(2, SPARE):
            return None
        halves = np.array_split(group, 2)
        found = search.compare(spot, [among(search, spot, leaf, half) for half in halves])
        excess = found.of(output).excess
        if excess.max() <= 1:
            return None
        group = halves[int(np.argmax(excess))]
    return int(group[0])


def entries(search: Search, spot: Spot, leaf: int, positions: Any) -> tuple[Comparison, Any]:
    """Compare the single entries at flat *positions*; also how far each was moved per unit of the derivative."""
    x = spot.leaves[leaf]
    ones = [_one(x, int(i), search.domain) for i in positions]
    zeros = [np.zeros_like(leaf) for leaf in spot.leaves]
    found = search.compare(spot, [[*zeros[:leaf], one, *zeros[leaf + 1 :]] for one in ones])
    scale = np.broadcast_to(move_scale(x, search.domain), x.shape).ravel()[positions]
    return found, scale


def among(search: Search, spot: Spot, leaf: int, group: Any) -> Leaves:
    """A random direction of the entries of one leaf at the flat positions *group*."""
    mask = np.zeros(spot.leaves[leaf].size)
    mask[group.ravel()] = 1
    return search.directions(spot.leaves, leaf, mask.reshape(spot.leaves[leaf].shape))


def _one(x: Any, position: int, domain: str | None) -> Any:
    one = np.zeros_like(x)
    one.flat[position] = 1
    return move(x, one, domain).astype(x.dtype)


def _moved(x: Any, step: float, direction: Any) -> Any:
    return np.asarray(x + x.dtype.type(step) * direction)
