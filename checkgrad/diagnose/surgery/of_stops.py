"""Training loops that stop with an error as patients: what lets a turn run to its end, and go down its loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from checkgrad.child import experiment as child
from checkgrad.child import operate
from checkgrad.child.request import Ask
from checkgrad.diagnose.surgery.of_loops import MANY, told_by
from checkgrad.diagnose.surgery.patient import Truth
from checkgrad.diagnose.surgery.table import MOST_UNKNOWN, Intervention, Reply, Runs, Tabled
from checkgrad.reading.loops import LoopReading, read_loop
from checkgrad.reading.loops.face import LoopBench, NotRead, Play, Turn
from checkgrad.reading.loops.reading import plays_under, read_play

MOST_READ = 12  # operations with which the loop is read anew
RIGHT, RUNS = [np.array(1.0)], [np.array(0.0)]


@dataclass(eq=False)
class StoppedLoop:
    """A loop whose first turn stops. Its one block is 1 where the loop is right.

    wrong: what was read with operations that let it run and do not make all right.
    """

    reading: LoopReading
    ask: Ask
    kind: str = "loop"
    soft: Sequence[Truth] = ()
    truths: Sequence[Truth] = field(
        default_factory=lambda: [Truth(0, ["steps"], RIGHT, [np.array(0.0)], {})]
    )
    wrong: list[tuple[Intervention, LoopReading]] = field(default_factory=list)
    read: dict[tuple[str, ...], list[np.ndarray]] = field(default_factory=dict)

    def judged(
        self, intervention: Intervention, read: Callable[[Ask], LoopReading]
    ) -> list[np.ndarray]:
        """The block under the operations of an intervention."""
        key = (*intervention.instead.values(), *intervention.changes.values())
        if key not in self.read and len(self.read) < MOST_READ:
            reading = read(self.ask)
            if reading.verdict == "wrong":
                self.wrong.append((intervention, reading))
            self.read[key] = RIGHT if reading.verdict == "right" else RUNS
        return self.read.get(key, RUNS)

    def table(self, runs: Runs) -> Tabled:
        """How it is run."""
        return OperatedCalls(self) if self.reading.stops_at else FirstTurns(self)


class FirstTurns:
    """First turns under operations; what runs to its end is read as a loop."""

    def __init__(self, patient: StoppedLoop) -> None:
        self.patient = patient
        self.count, self.at_once, self.most_unknown = 0, 24, MOST_UNKNOWN
        reading = patient.reading
        self.bench = LoopBench(patient.ask, reading.loop, reading.loop.number, reading.leave)

    def run(self, interventions: Sequence[Intervention]) -> list[Reply]:
        """What the interventions give, in their order."""
        self.count += len(interventions)
        made = [
            child.Experiment(steps=None, operations=operate.packed(t.operations))
            for t in interventions
        ]
        try:
            turns = self.bench.turns(made, MANY)
        except NotRead:
            return [Reply(None) for _ in interventions]
        return [self.reply(t, turn) for t, turn in zip(interventions, turns, strict=True)]

    def reply(self, intervention: Intervention, turn: Turn) -> Reply:
        found = told_by(turn)
        whole = bool(turn.after) and all(np.isfinite(v).all() for v in turn.after.values())
        if not turn.raised and whole and not intervention.peeks:
            found.blocks = self.judged(intervention)
        return found

    def judged(self, intervention: Intervention) -> list[np.ndarray]:
        """The block, once the loop was read under the operations of an intervention."""
        given = self.patient.reading
        packed = operate.packed(intervention.operations)
        return self.patient.judged(
            intervention, lambda ask: read_loop(ask, given.loop, given.leave, operations=packed)
        )


class OperatedCalls:
    """What stops whenever it is called, called under operations; what runs to its end is read."""

    def __init__(self, patient: StoppedLoop) -> None:
        self.patient = patient
        self.count, self.at_once, self.most_unknown = 0, 60, MOST_UNKNOWN

    def run(self, interventions: Sequence[Intervention]) -> list[Reply]:
        """What the interventions give, in their order."""
        self.count += len(interventions)
        given = self.patient.reading
        asked = [t for t in interventions if t.instead or t.changes]
        packed = [operate.packed(t.operations) for t in asked]
        plays = plays_under(self.patient.ask, given, packed) if packed else []
        found = {id(t): (play, o) for t, play, o in zip(asked, plays, packed, strict=True)}
        return [self.reply(t, *found.get(id(t), (None, ()))) for t in interventions]

    def reply(
        self, intervention: Intervention, play: Play | None, packed: tuple[Any, ...]
    ) -> Reply:
        given = self.patient.reading
        if play is None:
            return Reply(None, stops=[(given.loop.file, given.stops_at, -1)])
        return Reply(
            self.patient.judged(intervention, lambda ask: read_play(ask, given, play, packed))
        )
