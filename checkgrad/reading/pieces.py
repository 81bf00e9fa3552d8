"""A network assembled from a student's own pieces: layers, activations, losses and their derivatives."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.request import Request
from checkgrad.exercise import Exercise, Formula, Probe
from checkgrad.exercises import (
    activations,
    affine,
    binary_cross_entropy,
    cross_entropy,
    mlp,
    sigmoid,
    softmax,
)
from checkgrad.reading.network_form import Parameters
from checkgrad.reading.reading import Reading
from checkgrad.reading.recipe import Candidate

Ask = Callable[[Sequence[Request]], list[Behaviour]]
Steps = Generator[tuple[Reading, Probe], Any, Any]

EXERCISES: tuple[Exercise, ...] = (
    affine.affine_forward,
    affine.affine_backward,
    activations.leaky_relu,
    activations.leaky_relu_derivative,
    activations.relu,
    activations.relu_derivative,
    activations.tanh,
    activations.tanh_derivative,
    sigmoid.sigmoid,
    sigmoid.sigmoid_derivative,
    softmax.softmax,
    softmax.softmax_backward,
    binary_cross_entropy.binary_cross_entropy,
    binary_cross_entropy.binary_cross_entropy_derivative,
    binary_cross_entropy.sigmoid_binary_cross_entropy,
    binary_cross_entropy.sigmoid_binary_cross_entropy_gradient,
    cross_entropy.cross_entropy,
    cross_entropy.cross_entropy_derivative,
    cross_entropy.softmax_cross_entropy,
    cross_entropy.softmax_cross_entropy_gradient,
)
HIDDEN = ("leaky_relu", "relu", "tanh", "sigmoid")


@dataclass(frozen=True)
class End:
    """How a network ends: what squashes the logits, the loss, and the names of what else may stand for them."""

    squash: str
    back: str
    loss: str
    fused: str

    @property
    def ways_back(self) -> tuple[tuple[str, ...], ...]:
        """The pieces that lead from the loss to the gradient of the logits, in one step or in two."""
        return (f"{self.fused}_gradient",), (f"{self.loss}_derivative", self.back)


ENDS = {
    "binary": End(
        "sigmoid", "sigmoid_derivative", "binary_cross_entropy", "sigmoid_binary_cross_entropy"
    ),
    "classes": End("softmax", "softmax_backward", "cross_entropy", "softmax_cross_entropy"),
}


@dataclass(frozen=True)
class Pieces:
    """The readings of the pieces, by the names of their exercises. ends: keys of ENDS that can be built."""

    readings: Mapping[str, Reading]
    hidden: str
    ends: tuple[str, ...]

    @property
    def functions(self) -> str:
        """What the network is made of, in words."""
        return ", ".join(dict.fromkeys(r.candidate.function for r in self.readings.values()))


def needed(names: Iterable[str]) -> tuple[str, tuple[str, ...]] | None:
    """The hidden units and the ends that can be built of exercises of these *names*; None where a piece is missing."""
    have = set(names)
    hidden = [name for name in HIDDEN if {name, f"{name}_derivative"} <= have]
    ends = tuple(key for key, end in ENDS.items() if any(set(way) <= have for way in end.ways_back))
    if not ({"affine_forward", "affine_backward"} <= have and hidden and ends):
        return None
    return hidden[0], ends


def assemble(readings: Mapping[Candidate, Reading]) -> Pieces | None:
    """The pieces among *readings*: of several that answer one exercise, a right one, else the first."""
    chosen: dict[str, Reading] = {}
    for candidate, reading in readings.items():
        name = candidate.exercise.name
        if not reading.reached:
            continue
        if name not in chosen or reading.right and not chosen[name].right:
            chosen[name] = reading
    built = needed(chosen)
    return Pieces({name: chosen[name] for name in _used(chosen, *built)}, *built) if built else None


def _used(have: Mapping[str, Reading], hidden: str, ends: Sequence[str]) -> list[str]:
    """The pieces that the network is made of."""
    names = ["affine_forward", hidden]
    for end in map(ENDS.__getitem__, ends):
        loss = end.loss if end.loss in have else end.fused
        way = next(way for way in end.ways_back if set(way) <= set(have))
        names += [name for name in (end.squash, loss) if name in have] + list(way)
    return list(dict.fromkeys([*names, f"{hidden}_derivative", "affine_backward"]))


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
    end = ENDS["binary" if t.shape[1] == 1 else "classes"]
    zs: list[Any] = []
    inputs = [x]
    for i, (w, b) in enumerate(parameters):
        zs.append((yield have["affine_forward"], (inputs[-1], w, b)))
        if i < len(parameters) - 1:
            inputs.append((yield have[pieces.hidden], (zs[-1],)))
    y = (yield have[end.squash], (zs[-1],)) if end.squash in have else _squash(end, zs[-1])
    loss = yield from _loss(have, end, zs[-1], y, t)
    delta = yield from _error(have, end, zs[-1], y, t)
    gradients: list[tuple[Any, Any]] = []
    for i in reversed(range(len(parameters))):
        dx, dw, db = yield from _normal(
            have["affine_backward"], (delta, inputs[i], parameters[i][0])
        )
        gradients.insert(0, (dw, db))
        if i:
            delta = dx * (yield have[f"{pieces.hidden}_derivative"], (zs[i - 1],))
    return y, loss, gradients


def _squash(end: End, z: Any) -> Any:
    return mlp.sigmoid(z) if end.squash == "sigmoid" else mlp.softmax(z)


def _loss(have: Mapping[str, Reading], end: End, z: Any, y: Any, t: Any) -> Steps:
    """The mean loss by the student's function, of the outputs or of the logits; None where there is neither."""
    if end.loss in have:
        return np.mean((yield from _normal(have[end.loss], (y, t))))
    if end.fused in have:
        return np.mean((yield from _normal(have[end.fused], (z, t))))
    return None


def _error(have: Mapping[str, Reading], end: End, z: Any, y: Any, t: Any) -> Steps:
    """The gradient of the mean loss with respect to the logits."""
    fused, (slope, back) = end.ways_back[0][0], end.ways_back[1]
    if fused in have:
        return (yield from _normal(have[fused], (z, t)))
    if "fused" in have[slope].convention:
        return (yield from _normal(have[slope], (y, t), lambda y, t: (y - t) / len(y)))
    dy = yield from _normal(have[slope], (y, t))
    if back == "softmax_backward":
        return (yield have[back], (dy, z))
    return dy * (yield have[back], (z,))


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
