"""Training loops as patients: a turn under operations, its steps beside those that go down the slope of a loss."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad.child import experiment as child
from checkgrad.child import operate
from checkgrad.child.request import Ask
from checkgrad.diagnose.surgery.patient import STARTS, Truth
from checkgrad.diagnose.surgery.table import (
    MOST_UNKNOWN,
    AnswerBlocks,
    Intervention,
    Reply,
    Runs,
    Tabled,
)
from checkgrad.reading.loops import LoopReading
from checkgrad.reading.loops.at_odds import meant
from checkgrad.reading.loops.attempts import attempts_of
from checkgrad.reading.loops.face import LoopBench, NotRead, Turn
from checkgrad.reading.loops.fit import COARSE, RESOLVED, Attempt, Equations, table_of
from checkgrad.reading.loops.picks import picks, take
from checkgrad.reading.loops.points import Point, Points, entry_by_entry, values_of
from checkgrad.reading.loops.rates import rates
from checkgrad.reading.loops.roles import OutputNode

MANY = 500_000  # numbers that a turn may tell of which everything is asked
FEW_NUMBERS = 3_000  # that any other turn tells, about
FEW = 24  # entries of all parameters, that are moved one by one
NO_DECAYS: Mapping[str, float] = {}
LEAST = 3  # rows in which the slope of a block is known


@dataclass(frozen=True)
class Aim:
    """What the steps should be: *rate* times down the slopes of an attempt; up them if it is negative."""

    attempt: Attempt
    rate: float


@dataclass(eq=False)
class LoopPatient:
    """A training loop whose steps are wrong. Its blocks are steps along the directions of a point."""

    points: Points
    output: OutputNode
    truths: Sequence[Truth]
    kind: str = "loop"
    soft: Sequence[Truth] = ()
    only_one: bool = False  # does only one operation count, which makes all right?

    def table(self, runs: Runs) -> Tabled:
        """How it is run: on a bench of its own, whatever runs it."""
        return OperatedTurns(self.points.roles.bench, self)


def patients(reading: LoopReading, ask: Ask) -> Iterator[LoopPatient]:
    """The loop of a reading, once for everything that may be meant; its turns are asked for by *ask*."""
    points, table, best = reading.points, reading.table, reading.attempt
    if points is None or table is None or best is None:
        return
    roles = replace(points.roles, bench=replace(points.roles.bench, ask=ask))
    points = replace(points, roles=roles)
    aims = list(_aims(points, table, best))
    for aim in aims:
        if truths := _truths(points, table, aim, reading.decays):
            # what an optimiser makes of right slopes is no step along them, so that much could lead there
            alone = bool(best.optimised)
            yield LoopPatient(points, _output(points, aim.attempt), truths, only_one=alone)
    size = sum(roles.slots[p].saved.size for p in roles.parameters)
    if len(points.blocks) < size <= FEW:
        yield from _entry_by_entry(points, [] if reading.by_penalty else aims[:1])


def _entry_by_entry(points: Points, aims: Sequence[Aim]) -> Iterator[LoopPatient]:
    """The same where every entry of a parameter counts by itself: it may be made by a statement of its own."""
    points = entry_by_entry(points)
    table = table_of(points)
    for aim in aims:
        one = aim.attempt
        for attempt in attempts_of(points, table):
            same = (attempt.loss, attempt.output, attempt.target) == (
                one.loss,
                one.output,
                one.target,
            )
            if same and (truths := _truths(points, table, Aim(attempt, aim.rate))):
                yield LoopPatient(points, _output(points, attempt), truths)
                return


def _aims(points: Points, table: Equations, best: Attempt) -> Iterator[Aim]:
    """Slopes and rates that may be due, what the reading shows first."""
    if best.mistaken:
        usual = [a for a in attempts_of(points, table) if not a.own and not a.mistaken]
        same = [a for a in usual if (a.output, a.target) == (best.output, best.target)]
        crossed = "cross-entropy" in best.loss
        for one in sorted(same, key=lambda a: ("cross-entropy" in a.loss) != crossed):
            if one.loss != "absolute error":
                yield Aim(one, abs(best.rate))
        return
    whole = {name for _, blocks in rates(points).values() for name in blocks}
    values = [abs(v) for v, blocks in rates(points).values() if blocks == whole == set(table.names)]
    if best.optimised or not best.rate and best.right:
        usual = [a for a in attempts_of(points, table) if not a.own and not a.mistaken]
        same = [a for a in usual if (a.output, a.target) == (best.output, best.target)]
        yield from (Aim(a, v) for v in values[:1] for a in same if a.loss != "absolute error")
        return
    alone = [r for r in best.other.values() if r > 0] if len(best.fits) == 2 else []
    if best.right:
        given = [abs(best.rate), *alone]
        own = _of_the_rate(points, table, best)
        yield from (Aim(best, rate) for rate in sorted(given, key=lambda r: not _is_near(r, own)))
        return
    if loss := meant(attempts_of(points, table)):
        yield from (Aim(loss, _down(loss, best) * value) for value in values[:1])


def _of_the_rate(points: Points, table: Equations, best: Attempt) -> float:
    """The rate at which the module's own loss, the last one told, is gone down; 0 if that is not known."""
    scalers = [s for s in rates(points).values() if len(s.blocks) > 1]
    b = best.slopes.value
    for own in reversed([a for a in attempts_of(points, table) if a.own]):
        a = own.slopes.value
        factor = float(np.sum(a * b)) / max(float(np.sum(b * b)), 1e-300)
        if scalers and factor > 0 and np.allclose(a, factor * b, rtol=1e-5, atol=1e-7):
            return abs(scalers[0].value) * factor
    return 0.0


def _down(own: Attempt, usual: Attempt) -> float:
    """1, or -1 where a number that goes up as the usual loss goes down is taken for the module's own loss."""
    return float(np.sign(np.sum(own.slopes.value * usual.slopes.value))) or 1.0


def _is_near(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-4 * abs(b)


# ---------------------------------------------------------------- what is due


def _truths(
    points: Points, table: Equations, aim: Aim, due_decays: Mapping[str, float] = NO_DECAYS
) -> list[Truth]:
    """What is due at each point; none where too little is known of it.

    due_decays: what should be taken away of parameters whose penalty is wrong.
    """
    names = list(points.blocks)
    depths = [len(names) + 1, *_depths(points)]
    output = _output(points, aim.attempt)
    decays = {**_decays(points, aim.attempt), **due_decays}
    found, row = [], 0
    told = dict.fromkeys(names, 0)
    for number, point in enumerate(points.points):
        due: dict[str, list[float]] = {name: [] for name in names}
        room: dict[str, list[float]] = {name: [] for name in names}
        for move in point.moves:
            slope, error = aim.attempt.slopes.value[row], aim.attempt.slopes.error[row]
            decayed = decays[move.block] * table.theta[row]
            due[move.block].append(-aim.rate * slope - decayed)
            room[move.block].append(3 * abs(aim.rate) * error + 3 * table.room[row])
            told[move.block] += abs(slope) > 30 * error
            row += 1
        for name in names:
            coarse = np.all(np.array(room[name]) > COARSE * np.abs(due[name]))
            scale = max(map(abs, due[name]), default=0.0)
            slack = (COARSE if coarse else RESOLVED) * scale
            room[name] = [r + slack for r in room[name]]
        y: Any = take(point.base, output.node, output.pick)
        near = np.zeros(np.shape(y)) + 1e-12 * np.max(np.abs(y), initial=0.0)
        found.append(
            Truth(
                number,
                ["y", *names],
                [y, *(np.array(due[name]) for name in names)],
                [near, *(np.array(room[name]) for name in names)],
                _quantities(points, point, aim.attempt),
                _scalars(point, aim.attempt, points),
                depths,
            )
        )
    # where the module begins much is alike: zeros, halves
    return [*found[1:], found[0]] if len(found) > 1 and sum(told.values()) >= LEAST else []


def _decays(points: Points, attempt: Attempt) -> dict[str, float]:
    """What a penalty takes away of each block: of weights that are wrong as much as of those that are right."""
    found = {name: attempt.fits[name].decay for name in attempt.right if name in attempt.fits}
    common = max(found.values(), default=0.0)
    shapes = {
        n: max(points.roles.slots[p].saved.ndim for p in ps) for n, ps in points.blocks.items()
    }
    return {n: found.get(n, common * (shapes[n] > 1)) for n in points.blocks}


def _quantities(points: Points, point: Point, attempt: Attempt) -> dict[str, list[Any]]:
    """Parameters as the turn begins; outputs and targets."""
    held = [path for paths in points.blocks.values() for path in paths]
    found: dict[str, list[Any]] = {
        f"{STARTS}{family}": [
            np.asarray(point.base.before[path], float) if path in point.base.before else None
            for path in paths
        ]
        for family, paths in _families(held).items()
    }
    y, t = _outputs(points, point, attempt), _targets(points, point, attempt)
    if y is not None and np.ndim(y):
        found["a"] = [y]
        if t is not None and t.size == y.size:
            t = t.reshape(y.shape)
            found |= {"t": [t], "error": [y - t]}
        if np.all((y > 0) & (y < 1)):
            found["output slope"] = [y * (1 - y)]
    return found


def _families(paths: Sequence[str]) -> dict[str, list[str]]:
    """Paths that differ in one number alone, as `layers[0].w` and `layers[1].w`, in their order."""
    found: dict[str, list[str]] = {}
    for path in paths:
        places = [m.span() for m in re.finditer(r"\d+", path)]
        patterns = [f"{path[:a]}*{path[b:]}" for a, b in places]
        mates = [(sum(_is_like(p, one) for p in paths), one) for one in patterns]
        _, family = max(mates, key=lambda m: m[0], default=(1, path))
        found.setdefault(family, []).append(path)
    return found


def _is_like(path: str, pattern: str) -> bool:
    head, _, tail = pattern.partition("*")
    middle = path[len(head) : len(path) - len(tail)]
    return path.startswith(head) and path.endswith(tail) and middle.isdigit()


def _output(points: Points, attempt: Attempt) -> OutputNode:
    """Where the outputs of an attempt are read off, or its loss."""
    found = next((o for o in points.outputs if o.node == attempt.output), None)
    if found and not attempt.own:
        return found
    roles = points.roles
    pick = next(iter(picks(roles, attempt.output, roles.full)), "0")
    return OutputNode(attempt.output, pick, roles.evaluations[attempt.output][-1])


def _outputs(points: Points, point: Point, attempt: Attempt) -> Any:
    if attempt.own:
        return None
    output = _output(points, attempt)
    return take(point.base, output.node, output.pick)


def _targets(points: Points, point: Point, attempt: Attempt) -> Any:
    kept = [pick for t, pick in points.targets if t == attempt.target]
    values = [values_of(point, attempt.target, pick) for pick in kept if attempt.target is not None]
    return next((v for v in values if v is not None), None)


def _scalars(point: Point, attempt: Attempt, points: Points) -> dict[str, float]:
    """How many samples and columns the outputs have; the longer axis is that of the samples."""
    y = _outputs(points, point, attempt)
    sizes = sorted((n for n in np.shape(y) if n > 1), reverse=True) if y is not None else []
    return dict(zip(("N", "C"), map(float, sizes), strict=False))


def _depths(points: Points) -> list[int]:
    """How early a block is met by data; a bias is as deep as the weights before it."""
    roles = points.roles
    first: dict[str, int] = {}
    for place, key in enumerate(k for k in roles.seen if k in roles.data_cover):
        for path in roles.cover.get(key, ()):
            first.setdefault(path, place)
    late = 1 << 30
    met = {name: min(first.get(p, late) for p in paths) for name, paths in points.blocks.items()}
    sizes = {n: sum(roles.slots[p].saved.size for p in ps) for n, ps in points.blocks.items()}
    depths: dict[str, int] = {}
    above = ""
    for name in sorted(met, key=lambda n: met[n]):
        beside = above and sizes[name] < sizes[above] and not sizes[above] % sizes[name]
        depths[name] = depths[above] if beside else len(depths)
        above = "" if beside else name
    return [depths[name] for name in points.blocks]


# ---------------------------------------------------------------- turns


def told_by(turn: Turn) -> Reply:
    """What a turn told, without its blocks."""
    found = Reply(None, dict(turn.told), dict(turn.peeked))
    if turn.failure:
        file, line, node, _, message = turn.failure
        found.stops, found.message = [(file, line, node)], str(message)
    return found


class OperatedTurns:
    """Turns of a loop under operations."""

    def __init__(self, bench: LoopBench, patient: LoopPatient) -> None:
        self.bench, self.patient = bench, patient
        self.count, self.at_once = 0, 48  # for the way to the bench costs as much as many turns
        self.most_unknown = MOST_UNKNOWN

    def run(self, interventions: Sequence[Intervention]) -> list[Reply]:
        """What the interventions give, in their order."""
        self.count += len(interventions)
        roles = self.patient.points.roles
        settings = self.patient.points.points
        made = [
            child.Experiment(
                settings[t.probe].setting,
                tell=(self.patient.output.node,),
                steps=tuple(roles.changed),
                operations=operate.packed(t.operations),
                along=tuple(tuple(m.seeds.items()) for m in settings[t.probe].moves),
            )
            for t in interventions
        ]
        much = any(t.tell or t.peeks for t in interventions)
        try:
            turns = self.bench.turns(made, MANY if much else FEW_NUMBERS)
        except NotRead:
            return [Reply(None) for _ in interventions]
        return [self.reply(t, turn) for t, turn in zip(interventions, turns, strict=True)]

    def reply(self, intervention: Intervention, turn: Turn) -> Reply:
        found = told_by(turn)
        found.blocks = None if turn.raised else self.blocks(intervention.probe, turn)
        return found

    def blocks(self, number: int, turn: Turn) -> AnswerBlocks:
        points = self.patient.points
        steps: dict[str, list[float]] = {name: [] for name in points.blocks}
        for move, step in zip(points.points[number].moves, turn.along, strict=True):
            steps[move.block].append(step)
        output = self.patient.output
        y = take(turn, output.node, output.pick)
        return [y, *(np.array(found) for found in steps.values())]
