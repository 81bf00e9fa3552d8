"""Compare a claimed derivative with a measured one along random directions, and find the entries that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np

from checkgrad.gradcheck.claims import Claim
from checkgrad.gradcheck.repeated import TABLE, repeated
from checkgrad.gradcheck.spots import BLUNT, Comparison, Spot, alone, places
from checkgrad.gradcheck.subject import Leaves, Subject, is_sparse
from checkgrad.gradcheck.trees import mapped
from checkgrad.numeric.curvature import curvature
from checkgrad.numeric.ladder import (
    DOUBLE,
    SINGLE,
    USUAL,
    Estimate,
    Ladder,
    differentiate,
    is_single,
    nothing,
    unit_of,
)
from checkgrad.numeric.moves import move_scale, spread
from checkgrad.numeric.noise import (
    SPACING,
    averaged_slope,
    deviation,
    largest_jump,
    offsets,
    wide_steps,
)

DIRECTIONS = 2  # two blind spots that coincide are unlikely enough
SPARE = 35  # evaluations to keep for each suspect, for telling a mistake from an eps in f
LEAST = 0.5  # random directions are 0.5 to 1.5 in every entry, so that no single one can hide
CLOSER = tuple(16.0**-k for k in range(1, 9))  # how far to go where f has no value further off
CHUNK, BITS = 2**14, 2**64 - 1
MANY_LEAVES = 512  # whose scales are remembered
NOISY = 64.0  # units of the last place: more than that is not rounding
AGAIN = 2  # directions along which noise that was seen is measured again
CERTAIN = 8.0  # standard deviations of the noise that a value may be off by
REACHES = (0.5, 0.125)  # of the wide stencils


class TooManyEvaluations(Exception):
    """More evaluations would be needed than are allowed."""


@dataclass
class Counted:
    """A function that may be called so many times. unit: what its values are multiplied by."""

    function: Callable[..., Any]
    limit: int
    count: int = 0
    unit: float = 1.0

    def __call__(self, *args: Any) -> Any:
        if self.count >= self.limit:
            raise TooManyEvaluations
        self.count += 1
        value = self.function(*args)
        return value if self.unit == 1 else scaled(value, self.unit)

    def in_its_unit(self, number: float) -> float:
        """A number as of the function itself."""
        return number / self.unit


def scaled(tree: Any, unit: float) -> Any:
    """A tree of numbers, each multiplied by *unit*."""
    return mapped(lambda leaf: leaf * unit if is_sparse(leaf) else np.multiply(leaf, unit), tree)


@dataclass
class Shared:
    """What all steps of one check share: the claim, the dice, the tolerances, and the evaluations so far.

    reach: how far directions go, of their usual size. floor: noise that f was seen to have.
    single: was f seen to compute in single precision? enough: a bound that need not be smaller.
    spacing: of the points at which noise is measured. samples: along how many directions to compare. misbehaviour: what f or its gradient do that no function may,
    if one looks for that. other_order: the claim as it were with the first two arguments swapped; product_with: what the first of them is.
    """

    claim: Claim
    counted: Counted
    subject: Subject
    rng: np.random.Generator
    domain: str | None
    rtol: float
    atol: float
    noise: float | None
    ladder: Ladder = USUAL
    reach: float = 1.0
    floor: Any = 0.0
    noisy: bool = False
    single: bool = False
    enough: float = 0.0
    spacing: float = SPACING
    samples: int = DIRECTIONS
    misbehaviour: Callable[[], str] = str
    other_order: Claim | None = None
    product_with: str = ""
    notes: list[str] = field(default_factory=list)
    scales: dict[int, tuple[Any, str | None, Any]] = field(default_factory=dict)

    @property
    def evaluations(self) -> int:
        return self.counted.count

    @property
    def limit(self) -> int:
        return self.counted.limit

    def spot(self, args: tuple[Any, ...]) -> Spot:
        spot = Spot(args, self.subject.leaves(args), lambda: self.claim.derivative(*args))
        _ = spot.claimed  # fails here rather than later
        return spot

    def spot_if_any(self, args: tuple[Any, ...]) -> Spot | None:
        """The same somewhere else, where the gradient may not be defined."""
        try:
            with np.errstate(all="ignore"):
                return self.spot(args)
        except TooManyEvaluations:
            raise
        except Exception:
            return None

    def moved(self, spot: Spot, direction: Leaves, step: float) -> Spot | None:
        return self.spot_if_any(self._moved(spot, direction, step))

    def _moved(self, spot: Spot, direction: Leaves, step: float) -> tuple[Any, ...]:
        ends = zip(spot.leaves, direction, strict=True)
        moved = [np.asarray(x + x.dtype.type(step) * d) for x, d in ends]
        return self.subject.replaced(spot.args, moved)

    def settle(self, spot: Spot, domains: tuple[str | None, ...]) -> None:
        """Choose a domain, and how far to go, such that f has values there."""
        for self.domain in domains:
            if not self._leaves_the_domain(spot):
                return
        self.domain = domains[0]
        for self.reach in CLOSER:
            if not self._leaves_the_domain(spot):
                return
        self.reach = 1.0

    def _leaves_the_domain(self, spot: Spot) -> bool:
        """Has f no value some way off?"""
        step = USUAL[0][0]
        for _ in range(DIRECTIONS):
            direction = self.directions(spot.leaves)
            for h in (step, -step):
                value = self.value(self._moved(spot, direction, h))
                if value is None or not np.isfinite(value).all():
                    return True
        return False

    def nearby(self, spot: Spot, size: float) -> Spot | None:
        """A point a little off, where a kink that was hit exactly is no longer hit."""
        return self.moved(spot, self.directions(spot.leaves), size)

    @property
    def cost(self) -> int:
        """Evaluations along one direction, if the first steps suffice."""
        return 2 * len(self.ladder[0])

    def affordable(self, directions: int = 1, spare: int = 0) -> bool:
        return self.evaluations + 1 + directions * self.cost + spare <= self.limit

    def scale(self, x: Any) -> Any:
        """How far an entry of *x* moves along a direction."""
        known = self.scales.get(id(x))
        if known is None or known[0] is not x or known[1] != self.domain:
            if len(self.scales) > MANY_LEAVES:
                self.scales.clear()
            known = self.scales[id(x)] = x, self.domain, move_scale(x, self.domain)
        return known[2] if self.reach == 1 else self.reach * known[2]

    def directions(self, leaves: Leaves, masks: Leaves | None = None) -> Leaves:
        """A random direction of all entries, or of those that *masks* leave."""
        ends = list(accumulate(x.size for x in leaves))
        weights = self._weights(ends[-1])
        moved = []
        for i, (x, end) in enumerate(zip(leaves, ends, strict=True)):
            by = weights[end - x.size : end].reshape(x.shape)
            if masks:
                by *= masks[i]
            moved.append(self.along(x, by))
        return moved

    def directions_at(self, spot: Spot) -> Leaves:
        """A random direction of all entries; one that costs little, where the spot is so large that it is lent."""
        if not spot.lent or spot.claimed.entries is None or self.domain is not None:
            return self.directions(spot.leaves)
        table = self._weights(TABLE)
        scales = [self.scale(x) for x in spot.leaves]
        pairs = zip(spot.leaves, scales, strict=True)
        return [
            self.directions([x])[0] if np.ndim(scale) else repeated(x, table * scale, self.rng)
            for x, scale in pairs
        ]

    def along(self, x: Any, by: Any) -> Any:
        """The direction of one leaf in which its entries have the weights *by*, which are written over."""
        by = spread(x, by, self.domain)
        return np.multiply(by, self.scale(x), out=by).astype(x.dtype, copy=False)

    def directions_of(self, leaves: Leaves, leaf: int, mask: Any = None) -> Leaves:
        """A random direction of one leaf only, or of those entries of it that *mask* leaves."""
        (moved,) = self.directions([leaves[leaf]], None if mask is None else [mask])
        return alone(leaves, leaf, moved)

    def _weights(self, count: int) -> Any:
        """Random numbers of both signs between LEAST and LEAST + 1."""
        drawn = np.empty(count)
        for begin in range(0, count, CHUNK):  # in parts, which stay near the processor
            part = drawn[begin : begin + CHUNK]
            bits = self.rng.integers(0, BITS, -(-part.size // 4), np.uint64, endpoint=True)
            even = bits.view(np.int16)[: part.size]
            away = (even >> 15) | 1  # the sign
            away <<= 13
            even >>= 1
            even += away
            np.multiply(even, LEAST / 2**13, out=part)
        return drawn

    def compare(self, spot: Spot, directions: Sequence[Leaves]) -> Comparison:
        """Measure along all *directions* in one go, and hold the claim against it."""
        claims = self._claims(spot, directions)
        spot.forget()
        missing = [False]

        def evaluate(points: list[tuple[Any, ...]]) -> list[Any]:
            if self.evaluations + len(points) > self.limit:
                raise TooManyEvaluations
            values = self._values(place(*point) for point in points)
            missing[0] |= any(v is None or not np.isfinite(v).all() for v in values)
            return values

        if spot.centre is None:
            spot.centre = self.value(spot.args)
        with places(self.subject, spot, directions) as place:
            found = self._differentiate(spot, evaluate, len(directions))
        return self._held_against(claims, found, missing[0])

    def _differentiate(self, spot: Spot, evaluate: Any, count: int) -> Estimate:
        if self.claim.twice:
            noise = self.floor if self.noise is None and np.any(self.floor) else self.noise
            return curvature(evaluate, lambda m, h: (m, h), count, spot.centre, noise)
        return differentiate(
            evaluate,
            (0, 0.0),
            lambda m, h: (m, h),
            count,
            unit_of(spot.leaves),
            self.ladder,
            self.noise,
            spot.centre,
            self.floor,
            self.enough,
        )

    def _claims(self, spot: Spot, directions: Sequence[Leaves]) -> tuple[Any, Any]:
        """What each leaf adds to the claim, (leaves, directions, *out), and what rounding does to the sums."""
        shares = [spot.claimed.parts(d) for d in directions]
        pairs = zip(directions, map(sum, shares), strict=True)
        rounding = [spot.claimed.rounding(*pair) for pair in pairs]
        return np.moveaxis(np.array(shares, float), 1, 0), np.array(rounding, float)

    def _held_against(
        self, claims: tuple[Any, Any], found: Estimate, missing: bool = False
    ) -> Comparison:
        shares, rounding = claims
        claimed = shares.sum(axis=0)
        allowed = self.atol + self.rtol * np.abs(found.value)
        with np.errstate(all="ignore"):
            bound = np.inf
            if found.bound.shape == rounding.shape:
                bound = found.bound + rounding + allowed
        if found.value.shape != claimed.shape:  # there is no value here to differentiate
            found = nothing(claimed.shape)
            bound = found.bound
        smooth = found.smooth | self._hardly_a_kink(claimed, found.value, bound)
        bent = smooth & ~found.smooth if self.claim.elementwise else None
        return Comparison(claimed, found.value, bound, smooth, allowed, shares, missing, bent)

    def _hardly_a_kink(self, claimed: Any, measured: Any, bound: Any) -> Any:
        """Where one-sided slopes differ by next to nothing. Of a function of one number, both bound the claim."""
        if self.claim.elementwise:
            return np.isfinite(bound)
        with np.errstate(invalid="ignore"):
            return bound <= BLUNT * np.maximum(np.abs(claimed), np.abs(measured))

    def averaged(self, spot: Spot, direction: Leaves) -> Comparison:
        """The same along one direction on wide stencils, where the noise of f averages out."""
        if not self.affordable(0, len(REACHES) * len(wide_steps(1.0))):
            raise TooManyEvaluations
        claims = self._claims(spot, [direction])
        value = np.full((1, *np.shape(spot.centre)), np.nan)
        bound = np.full(value.shape, np.inf)
        for reach in REACHES:
            steps = wide_steps(reach)
            values = self._along(spot, direction, steps.tolist())
            if values is None:
                continue
            unit = max(unit_of(spot.leaves), SINGLE if is_single(values) else DOUBLE)
            noise = np.maximum(self.floor, self.noise or 0.0) / CERTAIN
            slope, off = averaged_slope(steps, values, noise, unit)
            better = off < bound[0]
            value[0] = np.where(better, slope, value[0])
            bound[0] = np.where(better, off, bound[0])
        return self._held_against(claims, Estimate(value, bound, np.isfinite(bound)))

    def _along(self, spot: Spot, direction: Leaves, steps: Sequence[float]) -> Any:
        """The values at *steps* along a direction, (steps, *out); None if one of them is missing."""
        with places(self.subject, spot, [direction]) as place:
            values = self._values(place(0, h) for h in steps)
        if any(v is None or np.shape(v) != np.shape(spot.centre) for v in values):
            return None
        return np.array(values, float)

    def learn_noise(self, spot: Spot) -> bool:
        """Measure the noise of f; is there more of it than rounding makes?"""
        if self.noise is not None or self.noisy:
            return False
        table = self._along(spot, self.directions(spot.leaves), offsets(self.spacing))
        if table is None:
            return False
        found = deviation(table)
        unit = max(unit_of(spot.leaves), SINGLE if is_single(table) else DOUBLE)
        self.single = unit >= SINGLE
        self.noisy = bool(np.any(found > NOISY * unit * np.abs(table).max(axis=0)))
        if self.noisy:
            self.floor = CERTAIN * np.maximum(found, self._noise_elsewhere(spot))
        return self.noisy

    def _noise_elsewhere(self, spot: Spot) -> Any:
        """The noise along more directions, for so few values often show too little of it."""
        tables = [
            self._along(spot, self.directions(spot.leaves), offsets(self.spacing))
            for _ in range(AGAIN)
            if self.affordable(0, len(offsets()))
        ]
        return np.max([deviation(t) for t in tables if t is not None] or [0.0], axis=0)

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Forget for a while what was learnt here of the noise of f: at points far off it may have none."""
        here, self.floor = self.floor, 0.0
        enough = self.enough
        try:
            yield
        finally:
            self.floor, self.enough = here, enough

    def learn_jumps(self, spot: Spot) -> bool:
        """Find out whether f jumps, as a solver does that stops an iteration earlier: noise of another kind."""
        if self.noise is not None or self.noisy:
            return False
        with places(self.subject, spot, [self.directions(spot.leaves)]) as place:
            found = largest_jump(lambda h: self.value(place(0, h)), spot.centre)
        if found is None:
            return False
        self.floor = np.maximum(self.floor, found)
        self.noisy = True
        return True

    def _values(self, points: Any) -> list[Any]:
        with np.errstate(all="ignore"):
            return [self.value(point) for point in points]

    def value(self, args: tuple[Any, ...]) -> Any:
        """What is differentiated, at *args*; None where it cannot be evaluated."""
        try:
            with np.errstate(all="ignore"):
                return np.array(self.claim.value(*args), float)
        except TooManyEvaluations:
            raise
        except Exception:
            return None
