"""Compare a claimed derivative with a measured one along random directions, and find the entries that differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.gradcheck.claims import Along, Claim
from checkgrad.gradcheck.subject import Leaves, Subject
from checkgrad.numeric.ladder import LADDER, differentiate
from checkgrad.numeric.moves import move, move_scale

DIRECTIONS = 2  # two blind spots that coincide are unlikely enough
LEAST = 0.5  # random directions keep this far from zero in every entry, so that no single entry can hide
MOST = 1.5


@dataclass(frozen=True)
class Spot:
    """A point at which the two are compared."""

    args: tuple[Any, ...]
    leaves: Leaves
    along: Along


@dataclass(frozen=True)
class Comparison:
    """Claim and measurement along directions (directions, *out), and what may lie between the two."""

    claimed: Any
    measured: Any
    bound: Any
    smooth: Any

    @property
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

    def nearby(self, spot: Spot, size: float) -> Spot:
        """A point a little off, where a kink that was hit exactly is no longer hit."""
        steps = self.directions(spot.leaves)
        moved = [_moved(x, size, d) for x, d in zip(spot.leaves, steps, strict=True)]
        return self.spot(self.subject.replaced(spot.args, moved))

    def smaller(self, spot: Spot, factor: float) -> Spot:
        moved = [(x * factor).astype(x.dtype) for x in spot.leaves]
        return self.spot(self.subject.replaced(spot.args, moved))

    def affordable(self, directions: int = 1) -> bool:
        return self.evaluations + directions * 2 * len(LADDER[self.rung]) <= self.limit

    def directions(self, leaves: Leaves, only: int | None = None, among: Any = None) -> Leaves:
        """A random direction: of all entries, of one leaf only, or of the entries of it *among* which to look."""
        return [
            self._direction(x, among) if only in (None, i) else np.zeros_like(x)
            for i, x in enumerate(leaves)
        ]

    def _direction(self, x: Any, among: Any) -> Any:
        sizes = self.rng.uniform(LEAST, MOST, x.shape) * self.rng.choice((-1.0, 1.0), x.shape)
        return move(x, sizes if among is None else sizes * among, self.domain).astype(x.dtype)

    def compare(self, spot: Spot, directions: Sequence[Leaves]) -> Comparison:
        """Measure along all *directions* in one go, and hold the claim against it."""
        found = differentiate(
            self._evaluate,
            spot.args,
            lambda m, h: self._placed(spot, directions[m], h),
            len(directions),
            self.rung,
            self.noise,
        )
        claims = [spot.along(d) for d in directions]
        claimed, rounding = (np.array(part, float) for part in zip(*claims, strict=True))
        allowed = self.atol + self.rtol * np.abs(found.value)
        return Comparison(claimed, found.value, found.bound + rounding + allowed, found.smooth)

    def _placed(self, spot: Spot, direction: Leaves, step: float) -> tuple[Any, ...]:
        moved = [_moved(x, step, d) for x, d in zip(spot.leaves, direction, strict=True)]
        return self.subject.replaced(spot.args, moved)

    def _evaluate(self, points: list[tuple[Any, ...]]) -> list[Any]:
        self.evaluations += len(points)
        with np.errstate(all="ignore"):
            return [_called(self.claim.value, point) for point in points]


def wrong_leaves(search: Search, spot: Spot) -> list[int]:
    """The arrays in which something is wrong."""
    count = len(spot.leaves)
    if count == 1:
        return [0]
    found = search.compare(spot, [search.directions(spot.leaves, only=i) for i in range(count)])
    return [i for i in range(count) if np.any(found.off[i])]


def halved(search: Search, spot: Spot, leaf: int, output: int, units: Any, most: int) -> Any:
    """Find the wrong ones of *units*, which are rows of flat positions, by halving.

    None if there are more than *most*, or if the search would cost too much.
    """
    suspects = [units]
    while any(len(group) > 1 for group in suspects):
        halves = [half for group in suspects for half in np.array_split(group, 2) if len(half)]
        if len(halves) > 2 * most or not search.affordable(len(halves)):
            return None
        found = search.compare(spot, [_among(search, spot, leaf, half) for half in halves])
        off = found.of(output).off
        suspects = [half for half, wrong in zip(halves, off, strict=True) if wrong]
    return np.concatenate(suspects) if 0 < len(suspects) <= most else None


def entries(search: Search, spot: Spot, leaf: int, positions: Any) -> tuple[Comparison, Any]:
    """Compare the single entries at flat *positions*; also how far each was moved per unit of the derivative."""
    x = spot.leaves[leaf]
    ones = [_one(x, int(i), search.domain) for i in positions]
    zeros = [np.zeros_like(leaf) for leaf in spot.leaves]
    found = search.compare(spot, [[*zeros[:leaf], one, *zeros[leaf + 1 :]] for one in ones])
    scale = np.broadcast_to(move_scale(x, search.domain), x.shape).ravel()[positions]
    return found, scale


def _among(search: Search, spot: Spot, leaf: int, group: Any) -> Leaves:
    mask = np.zeros(spot.leaves[leaf].size)
    mask[group.ravel()] = 1
    return search.directions(spot.leaves, leaf, mask.reshape(spot.leaves[leaf].shape))


def _one(x: Any, position: int, domain: str | None) -> Any:
    one = np.zeros_like(x)
    one.flat[position] = 1
    return move(x, one, domain).astype(x.dtype)


def _moved(x: Any, step: float, direction: Any) -> Any:
    return x + x.dtype.type(step) * direction


def _called(value: Callable[..., Any], point: tuple[Any, ...]) -> Any:
    try:
        return np.asarray(value(*point), float)
    except (ArithmeticError, ValueError):
        return None
