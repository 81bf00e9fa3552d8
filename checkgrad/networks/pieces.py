"""A network assembled from a student's own pieces: layers, activations, losses and their derivatives."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.request import Ask
from checkgrad.exercise import Exercise, Formula, Probe
from checkgrad.exercises import mlp, parts
from checkgrad.exercises.parts import End
from checkgrad.reading.reading import Reading
from checkgrad.reading.recipe import Candidate
from checkgrad.tasks import Parameters

Steps = Generator[tuple[Reading, Probe], Any, Any]

Have = Mapping[Exercise, Reading]


@dataclass(frozen=True)
class Pieces:
    """The readings of the pieces, by their exercises. ends: those that can be built."""

    readings: Have
    hidden: Exercise
    ends: tuple[End, ...]

    @property
    def functions(self) -> str:
        """What the network is made of, in words."""
        return ", ".join(dict.fromkeys(r.candidate.function for r in self.readings.values()))


def needed(exercises: Iterable[Exercise]) -> tuple[Exercise, tuple[End, ...]] | None:
    """The hidden units and the ends that can be built of these *exercises*; None where a piece is missing."""
    have = set(exercises)
    hidden = [one for one, slope in parts.HIDDEN.items() if {one, slope} <= have]
    ends = tuple(end for end in parts.ENDS if any(set(way) <= have for way in end.ways_back))
    if not ({parts.LAYER, parts.LAYER_BACK} <= have and hidden and ends):
        return None
    return hidden[0], ends


def assemble(readings: Mapping[Candidate, Reading]) -> Pieces | None:
    """The pieces among *readings*: of several that answer one exercise, a right one, else the first."""
    chosen: dict[Exercise, Reading] = {}
    for candidate, reading in readings.items():
        exercise = candidate.exercise
        if not reading.reached:
            continue
        if exercise not in chosen or reading.right and not chosen[exercise].right:
            chosen[exercise] = reading
    built = needed(chosen)
    return Pieces({one: chosen[one] for one in _used(chosen, *built)}, *built) if built else None


def _used(have: Have, hidden: Exercise, ends: Sequence[End]) -> list[Exercise]:
    """The pieces that the network is made of."""
    used = [parts.LAYER, hidden]
    for end in ends:
        loss = end.loss if end.loss in have else end.fused
        way = next(way for way in end.ways_back if set(way) <= set(have))
        used += [one for one in (end.squash, loss) if one in have] + list(way)
    return list(dict.fromkeys([*used, parts.HIDDEN[hidden], parts.LAYER_BACK]))


def evaluate(pieces: Pieces, ask: Ask, probes: Sequence[Probe]) -> list[Behaviour]:
    """Run all probes side by side: in every round, each asks for the value of one piece."""
    walks = [_network(pieces, *probe) for probe in probes]
    results: dict[int, Behaviour] = {}
    waiting = {i: _advance(walk, None, results, i) for i, walk in enumerate(walks)}
    while open_ones := {i: wanted for i, wanted in waiting.items() if wanted and i not in results}:
        replies = ask([reading.request(probe) for reading, probe in open_ones.values()])
        waiting = {}
        for (i, (reading, probe)), reply in zip(open_ones.items(), replies, strict=True):
            behaviour = _read(reading, probe, reply)
            if behaviour.returned:
                waiting[i] = _advance(walks[i], behaviour.value, results, i)
            else:
                results[i] = behaviour
    return [results[i] for i in range(len(probes))]


def _read(reading: Reading, probe: Probe, reply: Behaviour) -> Behaviour:
    """The answer of a piece that may have been given anything by the piece before it."""
    try:
        return reading.read(probe, reply)
    except (ValueError, TypeError) as error:
        return Behaviour(raised=type(error).__name__, message=str(error))


def _advance(
    walk: Steps, value: Any, results: dict[int, Behaviour], i: int
) -> tuple[Reading, Probe] | None:
    """Go on to the next piece; at the end, or where values do not fit together, note what came of it."""
    try:
        with np.errstate(all="ignore"):
            return walk.send(value)
    except StopIteration as end:
        results[i] = Behaviour(value=end.value)
    except (ValueError, TypeError) as error:
        results[i] = Behaviour(raised=type(error).__name__, message=str(error))
    return None


def _network(pieces: Pieces, parameters: Parameters, x: Any, t: Any) -> Steps:
    """One pass, piece by piece: yields what is wanted, is sent its value, returns (y, loss, gradients)."""
    have = pieces.readings
    t = t[:, None] if np.ndim(t) == 1 else t
    end = next(end for end in parts.ENDS if (t.shape[1] == 1) == (1 in end.outputs))
    zs: list[Any] = []
    inputs = [x]
    for i, (w, b) in enumerate(parameters):
        zs.append((yield have[parts.LAYER], (inputs[-1], w, b)))
        if i < len(parameters) - 1:
            inputs.append((yield have[pieces.hidden], (zs[-1],)))
    squash = mlp.OUTPUTS[end.output].y
    y = (yield have[end.squash], (zs[-1],)) if end.squash in have else squash(zs[-1])
    loss = yield from _loss(have, end, zs[-1], y, t)
    delta = yield from _error(have, end, zs[-1], y, t)
    gradients: list[tuple[Any, Any]] = []
    for i in reversed(range(len(parameters))):
        dx, dw, db = yield from _normal(
            have[parts.LAYER_BACK], (delta, inputs[i], parameters[i][0])
        )
        gradients.insert(0, (dw, db))
        if i:
            delta = dx * (yield have[parts.HIDDEN[pieces.hidden]], (zs[i - 1],))
    return y, loss, gradients


def _loss(have: Have, end: End, z: Any, y: Any, t: Any) -> Steps:
    """The mean loss by the student's function, of the outputs or of the logits; None where there is neither."""
    if end.loss in have:
        return np.mean((yield from _normal(have[end.loss], (y, t))))
    if end.fused in have:
        return np.mean((yield from _normal(have[end.fused], (z, t))))
    return None


def _error(have: Have, end: End, z: Any, y: Any, t: Any) -> Steps:
    """The gradient of the mean loss with respect to the logits."""
    if end.gradient in have:
        return (yield from _normal(have[end.gradient], (z, t)))
    if "fused" in have[end.slope].convention:
        return (yield from _normal(have[end.slope], (y, t), lambda y, t: (y - t) / len(y)))
    dy = yield from _normal(have[end.slope], (y, t))
    if end.back.from_above:
        return (yield have[end.back], (dy, z))
    return dy * (yield have[end.back], (z,))


def _normal(reading: Reading, probe: Probe, canonical: Formula | None = None) -> Steps:
    """The value of a piece with its own reduction and sign turned into the canonical ones."""
    value = yield reading, probe
    if canonical is None:
        canonical = reading.candidate.exercise.formula
    if canonical is reading.formula:
        return value
    wanted, usual = canonical(*probe), reading.formula(*probe)
    if isinstance(wanted, tuple):
        return tuple(v * _factor(w, u) for v, w, u in zip(value, wanted, usual, strict=True))
    return value * _factor(wanted, usual)


def _factor(wanted: Any, usual: Any) -> float:
    """By how much one formula's value has to be multiplied to give another's; small numbers in logs are ignored."""
    if np.shape(wanted) != np.shape(usual):
        wanted, usual = np.mean(wanted), np.mean(usual)
    factor = float(np.sum(wanted * usual) / np.sum(usual * usual))
    for exact in (float(round(factor)), 1 / round(1 / factor) if abs(factor) < 1 else 1.0):
        if exact and abs(factor - exact) < 1e-3 * abs(exact):
            return exact
    return factor
