"""The bench in the worker, as numbers: turns of one loop under experiments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from checkgrad.child.experiment import Edit, Experiment
from checkgrad.child.inventory import TrainingLoop
from checkgrad.child.play import Play
from checkgrad.child.request import Ask, Request
from checkgrad.child.watch import Told

__all__ = [
    "Digest",
    "Edit",
    "Experiment",
    "LoopBench",
    "NotRead",
    "Play",
    "Slot",
    "Turn",
    "ValueKey",
]

ValueKey = tuple[int, int]  # a node, and which of its values in the turn
ROOM = 12_000_000  # bytes that an answer may take, below what the wire allows
AT_ONCE, IN_TIME = 160, 0.7  # turns in one request, and seconds that they may take


class NotRead(Exception):
    """Why a loop is no network, as far as could be seen.

    raised: what its own first turn stopped with. missed: is it that nothing comes to it? idle: did it show nothing of
    what trains, as a loop that copies or adds up?
    """

    def __init__(
        self, why: str, raised: str = "", missed: bool = False, idle: bool = False
    ) -> None:
        super().__init__(why)
        self.raised = raised
        self.missed = missed
        self.idle = idle or missed


class Digest(NamedTuple):
    """What is told of every value: its shape, a number that changes with any entry, whether it holds whole numbers or is
    written so in the source."""

    shape: tuple[int, ...]
    number: float
    whole: bool
    literal: bool


class Slot(NamedTuple):
    """What a turn can read and change: where, whether it holds whole numbers, what it holds as the first turn begins."""

    path: str
    whole: bool
    saved: np.ndarray


@dataclass(frozen=True)
class Turn:
    """What one run of the turn did."""

    raised: str  # the error that ended it and where, "" if none did
    values: Mapping[int, list[np.ndarray]]
    seen: Mapping[ValueKey, Digest]
    before: Mapping[str, np.ndarray]
    after: Mapping[str, np.ndarray]
    aside: bool = False  # did it stop at a statement that changes nothing by itself?
    seconds: float = 0.0
    told: Mapping[int, list[Told]] = field(default_factory=dict)  # of a turn that is operated on
    peeked: Mapping[int, list[Any]] = field(default_factory=dict)
    failure: tuple[Any, ...] = ()  # file, line, node, name and message of the error
    beside: str = ""  # what something that it shows stopped with, and where
    events: int = 0  # expressions that were evaluated
    along: Sequence[float] = ()  # how far the steps go along each move that was asked for
    reshaped: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(
        default_factory=dict
    )  # slots that end in another shape, with both

    def step(self, path: str) -> np.ndarray:
        """What the turn added to a slot."""
        step: np.ndarray = np.asarray(self.after[path], float) - np.asarray(
            self.before[path], float
        )
        return step


@dataclass
class LoopBench:
    """One loop of a submission on the bench."""

    ask: Ask
    loop: TrainingLoop
    number: int  # of the loop on the bench: this one, or one that it runs
    leave: tuple[int, ...] = ()  # loops that are cut short on the way
    play: Play | None = None  # that leads to it, where the module's own work does not
    instead: tuple[str, ...] = ()  # what was stood in for when it was run last
    problem: str = ""  # and what went wrong before it
    operations: tuple[Any, ...] | None = None  # packed, that every turn is under
    slowest: float = 0.0  # seconds of a turn
    ran: tuple[str, ...] = ()  # the functions that its turns went through
    length: int = -1  # turns that the module itself takes, as far as is known

    @property
    def our_rate(self) -> float:
        """The rate of the steps where we take them, 0 where the module does."""
        return self.play.rate if self.play else 0.0

    def turns(self, experiments: Sequence[Experiment], numbers: int = 0) -> list[Turn]:
        """What each experiment did, where each tells about so many *numbers*; raise NotRead if the loop is never reached."""
        size = int(np.clip(ROOM // (8 * numbers + 64), 1, AT_ONCE))
        found: list[Turn] = []
        while len(found) < len(experiments):
            at_once = int(np.clip(IN_TIME / max(self.slowest, 1e-6), 1, size))
            _, turns = self._asked(experiments[len(found) : len(found) + at_once], slots=False)
            found += turns
        return found

    def first(self, experiments: Sequence[Experiment]) -> tuple[dict[str, Slot], list[Turn]]:
        """The slots there are as the first turn begins, and what the experiments did."""
        return self._asked(experiments, slots=True)

    def course(self, experiment: Experiment) -> list[Turn]:
        """The turns of a course that are told; the last one is that which an error ended."""
        return self._asked([experiment], slots=False)[1]

    def texts(self, numbers: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Where nodes stand, "line 14", and their texts."""
        what = ("texts", self.loop.file, tuple(numbers))
        (reply,) = self.ask([Request(self.loop.name, (), None, what)])
        if not reply.returned:
            return {}
        return {k: (str(at), str(text)) for k, (at, text) in zip(numbers, reply.value, strict=True)}

    def _asked(
        self, experiments: Sequence[Experiment], slots: bool
    ) -> tuple[dict[str, Slot], list[Turn]]:
        data = tuple(
            (
                *(tuple(map(astuple, t.edits)), t.factors, t.tell, t.digests, t.steps),
                t.operations or self.operations,
                t.course,
                t.along,
            )
            for t in experiments
        )
        what = (
            "bench",
            self.loop.file,
            self.number,
            self.leave,
            data,
            slots,
            tuple(self.play or ()),
        )
        (reply,) = self.ask([Request(self.loop.name, (), None, what)])
        if reply.died or reply.raised:
            raise NotRead(f"its turns could not be run: {reply.died or reply.message}")
        try:
            leaves, turns = reply.value["slots"], reply.value["turns"]
            self.problem = str(reply.value["problem"])
            self.length = int(reply.value["length"])
            self.instead = tuple(map(str, reply.value["instead"]))
            self.ran = tuple(map(str, reply.value["ran"])) or self.ran
            found = [turn_of(*one) for one in turns]
            held = {path: Slot(path, bool(whole), np.asarray(v)) for path, whole, v in leaves}
        except (TypeError, KeyError, ValueError, IndexError):
            raise NotRead("its turns tell values of no known form") from None
        self.slowest = max([self.slowest, *(turn.seconds for turn in found)])
        if len(found) < len(experiments):
            why = f": {self.problem}" if self.problem else ""
            raise NotRead(f"the module's own work does not come to it{why}", missed=True)
        return held, found


def turn_of(
    raised: str,
    message: str,
    where: str,
    aside: bool,
    values: dict[int, list[np.ndarray]],
    places: np.ndarray,
    digests: np.ndarray,
    before: dict[str, np.ndarray],
    after: dict[str, np.ndarray],
    seconds: float,
    told: dict[int, Any],
    peeked: dict[int, list[Any]],
    failure: tuple[Any, ...],
    beside: str,
    events: int,
    along: np.ndarray,
    reshaped: list[Any],
) -> Turn:
    """A turn from what travelled."""
    if not all(isinstance(v, np.ndarray) for v in (*before.values(), *after.values())):
        raise TypeError("what is no array of numbers")
    return Turn(
        f"{raised}: {message} ({where})" if raised else "",
        values,
        dict(seen_of(places, digests)),
        before,
        after,
        bool(aside),
        float(seconds),
        {k: told_of(*columns) for k, columns in told.items()},
        peeked,
        failure,
        beside,
        int(events),
        along.tolist(),
        {str(path): (tuple(a), tuple(b)) for path, a, b in reshaped},
    )


def told_of(turns: np.ndarray, orders: np.ndarray, values: Any) -> list[Told]:
    return [Told(int(n), int(o), v) for n, o, v in zip(turns, orders, values, strict=True)]


def seen_of(places: np.ndarray, digests: np.ndarray) -> Iterator[tuple[ValueKey, Digest]]:
    for (k, n, kind, axes, *shape), number in zip(places.tolist(), digests.tolist(), strict=True):
        yield (k, n), Digest(tuple(shape[:axes]), number, bool(kind & 1), bool(kind & 2))
