"""Steps held against slopes: which blocks move down a loss, at which rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from checkgrad.child.directions import direction
from checkgrad.reading.loops.face import Turn
from checkgrad.reading.loops.points import EPS, Move, Point, Points

INFORMATIVE = 30.0  # times its error that a slope has to be to tell something
SHARP, ENOUGH_SHARP = 1e-6, 4  # relative error of a slope without a kink nearby; equations
KNOWN = 0.1  # relative error of a slope that tells a rate
COARSE = 0.02  # relative, where kinks are everywhere
SAME_RATE = 1e-4
BEYOND_CHANCE = (
    3  # equations beyond the one that the rate costs, for a reading that is beyond chance
)
RESOLVED = (
    2e-6  # relative to the step of the block: what clips and small numbers in logarithms may cost
)


@dataclass(frozen=True)
class Equations:
    """Equations, one a row: what the step of a block is along a direction at a point.

    u: the step along the direction; room: its rounding; theta: the parameters along it; size: the length of the step.
    """

    names: list[str]
    block: np.ndarray
    u: np.ndarray
    room: np.ndarray
    theta: np.ndarray
    size: np.ndarray

    def rows(self, name: str) -> np.ndarray:
        return np.asarray(self.block == self.names.index(name))


def table_of(points: Points, bases: Sequence[Turn] | None = None) -> Equations:
    """The equations of all points, the steps taken from *bases* where these are given."""
    names = list(points.blocks)
    found = [
        (names.index(move.block), *along(base, move))
        for point, base in zip(points.points, bases or [p.base for p in points.points], strict=True)
        for move in point.moves
    ]
    block, u, room, theta, size = (np.array(column) for column in zip(*found, strict=True))
    return Equations(names, block, u, room, theta, size)


def along(base: Turn, move: Move) -> tuple[float, float, float, float]:
    """The step of a turn along a move: u, room, theta and size of a Table."""
    u = room = theta = square = 0.0
    for path, seed in move.seeds.items():
        before, after = (np.asarray(side[path], float) for side in (base.before, base.after))
        d = direction(seed, before.shape)
        eps = _eps(base.after[path])
        u += float(np.sum((after - before) * d))
        room += eps * float(np.sum((np.abs(after) + np.abs(before)) * np.abs(d)))
        theta += float(np.sum(before * d))
        square += float(np.sum((after - before) ** 2))
    return u, room, theta, float(np.sqrt(square))


def _eps(value: np.ndarray) -> float:
    return float(np.finfo(value.dtype).eps) if value.dtype.kind == "f" else EPS


@dataclass(frozen=True)
class Fit:
    """How the steps of a block relate to slopes.

    rate: None where there is none. decay: how much of the parameter itself is taken away; less than 0 where a penalty
    drives it up. told: equations that say something.
    coarse: kinks are everywhere, so that only what is plainly wrong shows.
    """

    rate: float | None
    decay: float
    fits: bool
    told: int
    coarse: bool = False


@dataclass
class Slopes:
    """What the steps are held against, row by row of the table, and how far it may be off."""

    value: np.ndarray
    error: np.ndarray


def fit_of(table: Equations, name: str, slopes: Slopes) -> Fit:
    """The rate at which a block goes down these slopes, if it does."""
    rows = table.rows(name)
    sharp = _sharp(rows, slopes)
    coarse = not sharp.any()
    rows = rows if coarse else sharp
    u, room, theta, size = table.u[rows], table.room[rows], table.theta[rows], table.size[rows]
    s, err = slopes.value[rows], slopes.error[rows]
    told = int(np.sum(np.abs(s) > INFORMATIVE * err))
    still = bool(np.all(np.abs(u) <= 3 * room))
    if not told or still:
        return Fit(None, 0.0, still and not told, told, coarse)
    slack = 3 * room + (COARSE if coarse else RESOLVED) * np.maximum(size, np.abs(u))
    w = 1 / np.maximum(size, 1e-12 * float(size.max()) + 1e-150)
    # beside a kink a slope may be anything: it can contradict nothing, and tells no rate
    w = np.where(err <= KNOWN * np.abs(s), w, 0.0) if np.any(err <= KNOWN * np.abs(s)) else w
    rate = -float(np.sum(w * w * u * s) / np.sum(w * w * s * s))
    if np.all(np.abs(u + rate * s) <= 3 * abs(rate) * err + slack):
        return Fit(rate, 0.0, True, told, coarse)
    if told >= 4 and not coarse:
        (r, c), *_ = np.linalg.lstsq(-np.stack([s * w, theta * w], 1), u * w, rcond=None)
        near = np.all(np.abs(u + r * s + c * theta) <= 3 * abs(r) * err + slack)
        if near:
            return Fit(float(r), float(c), True, told, coarse)
    return Fit(rate, 0.0, False, told, coarse)


def _sharp(rows: np.ndarray, slopes: Slopes) -> np.ndarray:
    """The equations without a kink nearby, where there are enough of them; else none."""
    clean = rows & (slopes.error <= SHARP * np.abs(slopes.value))
    return clean if clean.sum() >= ENOUGH_SHARP else np.zeros_like(rows)


@dataclass
class Attempt:
    """Steps held against the slopes of one loss.

    output, target: where these are read off, -1 for a number of the module's own that is the loss. right: blocks that go down
    it at the common rate; other: those that go at another one. mistaken: the loss stands for a known mistake.
    """

    loss: str
    output: int
    target: int | str | None
    slopes: Slopes
    fits: dict[str, Fit]
    rate: float = 0.0
    right: list[str] = field(default_factory=list)
    other: dict[str, float] = field(default_factory=dict)
    mistaken: bool = False
    bonus: float = 0.0
    optimised: float = 0.0  # factor between the gradient that an optimiser is handed and the slope

    @property
    def own(self) -> bool:
        return self.target is None

    @property
    def weight(self) -> float:
        """How much speaks for it."""
        moving = sum(1 for name in self.right if self.fits[name].rate is not None)
        still = len(self.right) - moving
        lessened = (
            0.2 * self.mistaken + 0.02 * (self.rate < 0) + 0.03 * (self.loss == "absolute error")
        )
        decayed = sum(1 for name in self.right if self.fits[name].decay)
        lessened += 1e-3 * decayed
        return moving + 0.3 * len(self.other) + 0.1 * still + self.bonus - lessened

    @property
    def told(self) -> int:
        """Equations that speak for the blocks that are right."""
        return sum(self.fits[name].told for name in self.right)


def settled(table: Equations, attempt: Attempt) -> Attempt:
    """The attempt with its common rate: the one that most blocks share."""
    rates = {n: f.rate for n, f in attempt.fits.items() if f.fits and f.rate is not None}
    mates: list[str] = []
    for rate in rates.values():
        room = {n: COARSE if attempt.fits[n].coarse else SAME_RATE for n in rates}
        group = [n for n, r in rates.items() if abs(r - rate) <= room[n] * abs(rate)]
        same_size = len(group) == len(mates)
        # a mistake on the way back spoils the layers before it, so those at the end are likelier right
        later = same_size and len(group) > 1 and rate > 0 and group != mates
        if len(group) > len(mates) or same_size and rate > 0 > attempt.rate or later:
            mates, attempt.rate = group, rate
    still = [n for n, f in attempt.fits.items() if f.fits and f.rate is None]
    attempt.right = mates + still if mates else []
    attempt.other = {n: r for n, r in rates.items() if n not in mates}
    return attempt


def through(
    points: Points, table: Equations, attempt: Attempt, name: str
) -> Iterator[tuple[int, int, float]]:
    """Values in the turn that are the gradient of a block, though its step is no multiple of it: node, which, factor."""
    paths, rows = points.blocks[name], table.rows(name)
    sharp = _sharp(rows, attempt.slopes)
    kept = sharp[rows] if sharp.any() else np.ones(int(rows.sum()), bool)
    s, err = attempt.slopes.value[rows][kept], attempt.slopes.error[rows][kept]
    slack = RESOLVED if sharp.any() else COARSE
    if len(paths) != 1 or np.sum(np.abs(s) > INFORMATIVE * err) < 2:
        return
    for node in points.gradients:
        for which in range(len(points.roles.evaluations[node])):
            key = name, node, which
            if key not in points.projected:
                points.projected[key] = _projected(points.points, name, paths[0], node, which)
            found = points.projected[key]
            if found is None:
                continue
            v, size = found[0][kept], found[1][kept]
            w = 1 / np.maximum(size, 1e-12 * float(size.max()) + 1e-150)
            factor = float(np.sum(w * w * v * s) / max(float(np.sum(w * w * s * s)), 1e-300))
            room = 3 * abs(factor) * err + slack * np.maximum(size, np.abs(v))
            if factor and np.all(np.abs(v - factor * s) <= room):
                yield node, which, factor


def _projected(
    points: Sequence[Point], name: str, path: str, node: int, which: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """A value along the directions of a block, and its length; None where it has not the shape."""
    along, sizes = [], []
    for point in points:
        values = point.base.values.get(node, [])
        if which >= len(values):
            return None
        shape = np.shape(point.base.before[path])
        value = np.asarray(values[which], float)
        value = value if value.shape == shape else value.T
        if value.shape != shape or not np.isfinite(value).all():
            return None
        size = float(np.sqrt(np.sum(value * value)))
        if not 1e-150 < size < 1e150:
            return None
        for move in point.moves:
            if move.block == name:
                along.append(float(np.sum(value * direction(move.seeds[path], shape))))
                sizes.append(size)
    return np.array(along), np.array(sizes)


def follows(points: Points, path: str, node: int, which: int, factor: float) -> bool:
    """Does the step go against this gradient, entry by entry?"""
    against = total = 0
    for point in points.points:
        value = np.asarray(point.base.values[node][which], float) / factor
        step = point.base.step(path)
        value = value if value.shape == step.shape else value.T
        clear = (np.abs(value) > 1e-3 * np.abs(value).max()) & (step != 0)
        total += int(clear.sum())
        against += int(np.sum(np.sign(value[clear]) == -np.sign(step[clear])))
    return total > 0 and against >= 0.95 * total


def all_right(attempt: Attempt, table: Equations) -> bool:
    """Does every block go down it?"""
    return len(attempt.right) == len(table.names) and not attempt.mistaken and attempt.rate > 0
