"""What a turn on the bench is put to, and what it did."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .directions import direction, drawn
from .watch import Told, in_columns

MOST_AXES = 4  # of an array that can be an output
FEWEST_ONES = 3  # in a line that is more than a sample of bits, as XOR has them


@dataclass(frozen=True)
class Edit:
    """A change of what a slot holds as the turn begins.

    do "add": *by* times standard normal numbers, drawn from *seed*, are added; "lift": their absolute values; "vary": so, but
    the ones stay that stand before the bias among inputs.
    "draw": they are put there. "one": *by* is added to entry number *seed*. "times": everything is multiplied.
    "roll": all moves on by so many places along axis *seed*.
    """

    path: str
    do: str
    by: float = 1.0
    seed: int = 0

    def of(self, value: np.ndarray) -> np.ndarray:
        """What *value* becomes."""
        if self.do == "one":
            new = np.array(value)
            new.reshape(-1)[self.seed] += self.by
            return new
        if self.do == "times":
            return value * self.by
        if self.do == "roll":
            return np.roll(value, int(self.by), axis=self.seed)
        noise = drawn(self.seed, value.shape)
        if self.do == "draw":
            return self.by * noise
        if self.do == "vary":
            noise = np.where(of_ones(value), 0.0, noise)
        return value + self.by * (np.abs(noise) if self.do == "lift" else noise)


def of_ones(value: np.ndarray) -> np.ndarray:
    """Which entries of a table stand in a column of ones, or in a row of them?"""
    if value.ndim != 2 or np.all(value == 1):
        return np.zeros(value.shape, bool)
    lines = [np.all(value == 1, axis=axis, keepdims=True) for axis in (0, 1)]
    long = [line & (value.shape[axis] > FEWEST_ONES) for axis, line in enumerate(lines)]
    return np.asarray(np.broadcast_to(long[0] | long[1], value.shape))


@dataclass(frozen=True)
class Experiment:
    """One run of the turn.

    factors: numbers of nodes whose values are multiplied. tell: nodes of which every value is told. digests: is one number
    told of every value of every node? steps: slots told as they are before and after; None for all that changed.
    operations: packed (see operate), what is operated on in this turn. course: the turns that are told of a run of many,
    each from where the one before it ended; () for one turn. along: moves, each of slots and the seeds of directions; only
    how far the steps go along them is told, in the place of the steps.
    """

    edits: tuple[Edit, ...] = ()
    factors: tuple[tuple[int, float], ...] = ()
    tell: tuple[int, ...] = ()
    digests: bool = False
    steps: tuple[str, ...] | None = ()
    operations: tuple[Any, ...] | None = None
    course: tuple[int, ...] = ()
    along: tuple[tuple[tuple[str, int], ...], ...] = ()

    @property
    def last(self) -> int:
        """The turn that it ends with, counted from 0."""
        return max(self.course, default=0)


@dataclass
class TurnRecord:
    """What one run of the turn did.

    values: of a node, in order. digests: in order, a number each; places: (node, which, 1 for whole numbers + 2 for one
    that is written so in the source, number of axes, the axes). told, peeked: of a turn that is operated on. failure:
    the place of the error. reshaped: slots that end in another shape than they began in, with both.
    """

    raised: str = ""
    message: str = ""
    line: int = 0
    step: int = 0  # line of the statement of the loop that it came from
    values: dict[int, list[np.ndarray]] = field(default_factory=dict)
    places: list[tuple[int, ...]] = field(default_factory=list)
    digests: list[float] = field(default_factory=list)
    before: dict[str, np.ndarray] = field(default_factory=dict)
    after: dict[str, np.ndarray] = field(default_factory=dict)
    seconds: float = 0.0
    told: dict[int, list[Told]] = field(default_factory=dict)
    peeked: dict[int, list[list[Any]]] = field(default_factory=dict)
    failure: tuple[Any, ...] = ()
    beside: str = ""  # what something that it shows stopped with
    shown: int = 0  # in which line
    events: int = 0  # expressions that were evaluated
    along: list[float] = field(default_factory=list)
    reshaped: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)

    def as_data(self, where: Callable[[int], str], asides: Collection[int]) -> tuple[Any, ...]:
        """The turn as it travels, with *where* a line is found, and whether it stopped at one of the *asides*."""
        places = np.array(self.places, dtype=np.int64).reshape(-1, 4 + MOST_AXES)
        digests = np.array(self.digests, dtype=float)
        before = {p: v for p, v in self.before.items() if p in self.after or v.size == 1}
        return (
            self.raised,
            self.message,
            where(self.line) if self.line else "",
            self.step in asides,
            self.values,
            places,
            digests,
            before,
            self.after,
            self.seconds,
            {k: in_columns(values) for k, values in self.told.items()},
            self.peeked,
            self.failure,
            f"{self.beside} ({where(self.shown)})" if self.beside else "",
            self.events,
            np.array(self.along, dtype=float),
            self.reshaped,
        )

    def look_along(self, moves: Sequence[Sequence[tuple[str, int]]]) -> None:
        """Keep of the steps how far they go along each of the moves, NaN where that is not known."""
        steps = {p: np.asarray(v, float) - self.before[p] for p, v in self.after.items()}
        for move in moves:
            parts = [
                float(np.sum(steps[p] * direction(seed, steps[p].shape))) if p in steps else np.nan
                for p, seed in move
            ]
            self.along.append(sum(parts))
        self.before, self.after = {}, {}


def experiment_of(data: tuple[Any, ...]) -> Experiment:
    edits, *rest = data
    return Experiment(tuple(Edit(*one) for one in edits), *rest)
