"""How a loop whose gradients are right goes on, and why it learns nothing: its own course, and courses with one thing changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from checkgrad.reading.loops.face import Edit, Experiment, LoopBench, NotRead, Slot, Turn
from checkgrad.reading.loops.fit import Attempt
from checkgrad.reading.loops.losses import LOSSES, aligned
from checkgrad.reading.loops.points import Points
from checkgrad.reading.loops.rates import rates, scaled

MOST_EVENTS = 150_000  # expressions that a course may evaluate
MOST_TURNS, FEW_TURNS = 2000, 10
SHOWN = 24  # turns that are told of a course
STUCK, CURED = (
    0.95,
    0.7,
)  # of the loss where it begins: not learned from there on; learned up to there
WIDE = 5.0  # inputs beyond this are not scaled
FRESH = 0.5  # of random weights, over the root of their fan


@dataclass(frozen=True)
class Course:
    """The loss at some of the turns, up to the first that is not finite; and that of the best constant answer, inf if unknown."""

    turns: tuple[int, ...]
    losses: tuple[float, ...]
    constant: float

    @property
    def lost(self) -> bool:
        """Does it leave the finite numbers?"""
        return not np.isfinite(self.losses[-1])

    @property
    def is_stuck(self) -> bool:
        """Does it end no better than it began, or than whatever answers the same to everything?"""
        return self.lost or self.losses[-1] > STUCK * min(self.losses[0], self.constant)

    def cures(self, other: Course) -> bool:
        """Does it learn, and more than *other*?"""
        if self.lost or not self.losses[-1] < CURED * min(self.losses[0], self.constant):
            return False
        return other.lost or self.losses[-1] < CURED * other.losses[-1]


@dataclass(frozen=True)
class Cure:
    """One change, and why the loop learns with it: what follows "because", and how the change is told."""

    why: str
    with_it: str
    edits: tuple[Edit, ...] = ()
    factors: tuple[tuple[int, float], ...] = ()


def course_of(points: Points, attempt: Attempt) -> tuple[Course | None, str]:
    """How a right loop goes on from the data and the start that the module gives it, None where nobody knows.

    And why it does not learn, "" where it does.
    """
    try:
        return _course_of(points, attempt)
    except NotRead:
        return None, ""


def _course_of(points: Points, attempt: Attempt) -> tuple[Course | None, str]:
    inner = points.roles.bench
    if inner.play or inner.instead or inner.problem or not _is_told(points, attempt):
        return None, ""
    pick = next((o.pick for o in points.outputs if o.node == attempt.output), "0")
    last = pick if isinstance(pick, int) else None
    if last is not None and (last < -1 or inner.number != inner.loop.number):
        return None, ""
    bench = LoopBench(inner.ask, inner.loop, inner.loop.number, inner.leave)
    slots, (first,) = bench.first([Experiment(digests=True, tell=_nodes(attempt))])
    count = min(MOST_TURNS, MOST_EVENTS // max(first.events, 1))
    count = min(count, bench.length) if bench.length > 0 else count
    if count < FEW_TURNS or first.raised:
        return None, ""
    at = tuple(sorted({int(n) - 1 for n in np.geomspace(1, count, SHOWN)}))
    run = _Runs(bench, attempt, at, last)
    own = run.course()
    if own is None:
        return None, ""
    for cure in _cures(points, slots, own, whole=count == bench.length):
        course = run.course(cure.edits, cure.factors)
        if course and course.cures(own):
            return own, _sentence(own, course, cure)
    return own, ""


@dataclass(frozen=True)
class _Runs:
    """Courses of one loop, told at the same turns."""

    bench: LoopBench
    attempt: Attempt
    at: tuple[int, ...]
    last: int | None

    def course(
        self, edits: tuple[Edit, ...] = (), factors: tuple[tuple[int, float], ...] = ()
    ) -> Course | None:
        """What the loss does under these changes; None where it cannot be told."""
        experiment = Experiment(edits, factors, _nodes(self.attempt), course=self.at)
        turns = self.bench.course(experiment)
        losses: list[float] = []
        constant = np.inf
        for turn in turns:
            if turn.raised:
                break
            found = losses_of(turn, self.attempt, self.last)
            if found is None:
                return None
            loss, constant = found
            losses.append(loss)
            if not np.isfinite(loss):
                break
        if len(losses) < 2:
            return None
        return Course(self.at[: len(losses)], tuple(losses), constant)


def _is_told(points: Points, attempt: Attempt) -> bool:
    """Is the loss, or are outputs and targets, read off expressions?"""
    return attempt.own or attempt.loss in LOSSES and isinstance(attempt.target, int)


def _nodes(attempt: Attempt) -> tuple[int, ...]:
    return tuple(k for k in (attempt.output, attempt.target) if isinstance(k, int))


def losses_of(turn: Turn, attempt: Attempt, last: int | None) -> tuple[float, float] | None:
    """The mean loss of a turn over all outputs that it evaluates, or those from the *last* ones on; and of a constant answer."""
    outputs = turn.values.get(attempt.output, [])
    if attempt.own:
        return (float(np.mean(outputs[-1])), np.inf) if outputs else None
    outputs, targets = ([*turn.values.get(k, ())][last:] for k in _nodes(attempt))
    if not outputs or len(outputs) != len(targets):
        return None
    pairs = [
        (np.asarray(y, float), aligned(np.asarray(y, float), np.asarray(t)))
        for y, t in zip(outputs, targets, strict=True)
    ]
    fitting = [(y, t) for y, t in pairs if t is not None and y.shape == pairs[0][0].shape]
    if len(fitting) < len(pairs):
        return None
    y, t = (np.stack(several) for several in zip(*fitting, strict=True))
    value = LOSSES[attempt.loss].value
    with np.errstate(all="ignore"):
        return float(value(y, t)), float(value(np.broadcast_to(constant_of(t), t.shape), t))


def constant_of(t: np.ndarray) -> np.ndarray:
    """The mean of the targets: class by class where each sample has one class."""
    classes = next((k for k in (-1, -2) if t.ndim > 1 and np.all(t.sum(axis=k) == 1)), None)
    if classes is None or t.shape[classes] == 1:
        return np.asarray(t.mean())
    others = tuple(k for k in range(t.ndim) if k != classes % t.ndim)
    return np.asarray(t.mean(axis=others, keepdims=True))


# ---------------------------------------------------------------- what may be the matter


def _cures(points: Points, slots: dict[str, Slot], own: Course, whole: bool) -> Iterator[Cure]:
    """What is changed, the plainest first; *whole*: is the course as long as the module's own?"""
    weights = [p for p in points.roles.parameters if p in slots and slots[p].saved.ndim == 2]
    yield from _alike(weights, slots)
    if not own.is_stuck:
        return
    yield from _unscaled(points, slots)
    for shrink in (0.1, 0.01, 0.001):
        if found := _with_rate(points, slots, shrink):
            value, edits, factors = found
            yield Cure(
                f"the rate of {value:.4g} is too large", f"at {value * shrink:.4g}", edits, factors
            )
    slow = whole and not own.lost and own.losses[-1] > STUCK * own.losses[0]
    for grow in (10.0, 100.0, 1000.0, 1e4, 1e5) if slow else ():
        if found := _with_rate(points, slots, grow):
            value, edits, factors = found
            yield Cure(
                f"the rate of {value:.4g} is too small for so few turns",
                f"at {value * grow:.4g}",
                edits,
                factors,
            )


def _alike(weights: Sequence[str], slots: dict[str, Slot]) -> Iterator[Cure]:
    """Hidden units that begin alike stay alike."""
    if len(weights) < 2:
        return
    square = [p for p in weights if min(slots[p].saved.shape) > 1]  # biases may begin alike
    same = [p for p in square if np.ptp(slots[p].saved) == 0]
    if not same:
        return
    edits = tuple(
        Edit(p, "add", FRESH / np.sqrt(float(np.mean(slots[p].saved.shape))), 3100 + i)
        for i, p in enumerate(same)
    )
    number = float(slots[same[0]].saved.flat[0])
    what = f"all entries of {', '.join(same)} begin as {number:.4g}, so that the hidden units stay alike"
    yield Cure(what, "with random numbers there", edits)


def _unscaled(points: Points, slots: dict[str, Slot]) -> Iterator[Cure]:
    """Inputs far from 1."""
    paths = [
        p
        for group in points.roles.inputs
        for p in points.roles.data[group]
        if p in slots and slots[p].saved.size > 1
    ]
    size = max((float(np.max(np.abs(slots[p].saved))) for p in paths), default=0.0)
    whole = any(slots[p].whole for p in paths)  # scaled they would all be 0
    if np.isfinite(size) and size > WIDE and not whole:
        edits = tuple(Edit(p, "times", 1 / size) for p in paths)
        what = f"the inputs are not scaled, they go up to {size:.4g}"
        yield Cure(what, "divided by that", edits)


def _with_rate(
    points: Points, slots: dict[str, Slot], times: float
) -> tuple[float, tuple[Edit, ...], tuple[tuple[int, float], ...]] | None:
    """The rate, and the edits and factors that make it so many times as large; None where no number is known to be one."""
    found = rates(points)
    if not found or not all(isinstance(s, int) or s in slots for s in found):
        return None
    return next(iter(found.values())).value, *scaled(points, times)


# ---------------------------------------------------------------- in words


def _sentence(own: Course, cured: Course, cure: Cure) -> str:
    turns = cured.turns[-1] + 1
    goes = f"it goes from {cured.losses[0]:.3g} to {cured.losses[-1]:.3g} in {turns} turns"
    return f"the gradients are right; the loss {_course(own)}, because {cure.why}: {cure.with_it} {goes}"


def _course(own: Course) -> str:
    if own.lost:
        return f"is {own.losses[-1]:.3g} by turn {own.turns[len(own.losses) - 1] + 1}"
    first, last = own.losses[0], own.losses[-1]
    how = (
        "goes up" if last > first else "hardly moves" if last > STUCK * first else "only goes down"
    )
    return f"{how}, from {first:.3g} to {last:.3g} in {own.turns[-1] + 1} turns"
