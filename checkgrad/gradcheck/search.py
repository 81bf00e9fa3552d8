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
SPARE = 35  # evaluations to keep for each suspect, for telling a mistake from an eps in f
BLUNT = 1e-3
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

    @property
    def blunt(self) -> bool:
        """Is hardly any digit of it known?"""
        size = np.maximum(np.abs(self.claimed), np.abs(self.measured))
        return bool(np.any(self.claimed) and not np.any(self.bound <= BLUNT * size))

    @property
    def worst_output(self) -> int:
        """The entry of the output with the largest deviation along any direction."""
        return int(np.argmax(np.max(self.excess.reshape(len(self.excess), -1), axis=0)))

    def of(self, output: int) -> Comparison:
        """The comparison of one entry of the output alone."""
        parts = (self.claimed, self.measured, self.bound, self.smooth)
        return Comparison(*(np.reshape(a, (len(a), -1))[:, output] for a in parts))


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
        return self.spot(self._moved(spot, direction, step))

    def _moved(self, spot: Spot, direction: Leaves, step: float) -> tuple[Any, ...]:
        ends = zip(spot.leaves, direction, strict=True)
        moved = [np.asarray(x + x.dtype.type(step) * d) for x, d in ends]
        return self.subject.replaced(spot.args, moved)

    def leaves_the_domain(self, spot: Spot) -> bool:
        """Has f no value some way off?"""
        direction, step = self.directions(spot.leaves), LADDER[0][0]
        with np.errstate(all="ignore"):
            values = [self.value(self._moved(spot, direction, h)) for h in (step, -step)]
        return any(value is None or not np.isfinite(value).all() for value in values)

    def nearby(self, spot: Spot, size: float) -> Spot:
        """A point a little off, where a kink that was hit exactly is no longer hit."""
        return self.moved(spot, self.directions(spot.leaves), size)

    def affordable(self, directions: int = 1, spare: int = 0) -> bool:
        cost = 1 + directions * 2 * len(LADDER[self.rung])
        return self.evaluations + cost + spare <= self.limit

    def directions(self, leaves: Leaves, masks: Leaves | None = None) -> Leaves:
        """A random direction of all entries, or of those that *masks* leave."""
        ends = list(accumulate(x.size for x in leaves))
        weights = self._weights(ends[-1])
        moved = []
        for i, (x, end) in enumerate(zip(leaves, ends, strict=True)):
            by = weights[end - x.size : end].reshape(x.shape)
            by = move(x, by * masks[i] if masks else by, self.domain)
            moved.append(by.astype(x.dtype, copy=False))
        return moved

    def directions_of(self, leaves: Leaves, leaf: int, mask: Any = None) -> Leaves:
        """A random direction of one leaf only, or of those entries of it that *mask* leaves."""
        (moved,) = self.directions([leaves[leaf]], None if mask is None else [mask])
        return [moved if i == leaf else np.zeros_like(x) for i, x in enumerate(leaves)]

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
            with np.errstate(all="ignore"):
                return [self.value(place(*point)) for point in points]

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

    def value(self, args: tuple[Any, ...]) -> Any:
        """What is differentiated, at *args*; None where it cannot be evaluated."""
        self.evaluations += 1
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
    return (
        np.ravel(leaves[0]) if len(leaves) == 1 else np.concatenate([np.ravel(x) for x in leaves])
    )


def wrong_leaves(search: Search, spot: Spot) -> list[int]:
    """The arrays in which something is wrong."""
    count = len(spot.leaves)
    if count == 1:
        return [0]
    found = search.compare(spot, [search.directions_of(spot.leaves, i) for i in range(count)])
    return [i for i in range(count) if np.any(found.off[i])]


def halved(search: Search, spot: Spot, leaf: int, output: int, units: Any, most: int) -> list[Any]:
    """Find the wrong ones of *units*, which are rows of flat positions, by halving.

    Returns groups of units, each with a wrong one in it: of one unit each, unless there are more than *most*
    or the search would cost too much; none if no half stands out.
    """
    suspects = [units]
    while any(len(group) > 1 for group in suspects):
        halves = [half for group in suspects for half in np.array_split(group, 2) if len(half)]
        keep = SPARE * (1 + len(suspects))
        if len(halves) > 2 * most or not search.affordable(len(halves), keep):
            break
        found = search.compare(spot, [among(search, spot, leaf, half) for half in halves])
        off = found.of(output).off
        suspects = [half for half, wrong in zip(halves, off, strict=True) if wrong]
    return suspects


def descended(search: Search, spot: Spot, leaf: int, output: int, group: Any) -> int | None:
    """Find one wrong entry of *group* by always taking the half that is further off."""
    while len(group) > 1:
        if not search.affordable(2):
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
    return search.directions_of(spot.leaves, leaf, mask.reshape(spot.leaves[leaf].shape))


def _one(x: Any, position: int, domain: str | None) -> Any:
    one = np.zeros_like(x)
    one.flat[position] = 1
    return move(x, one, domain).astype(x.dtype)
