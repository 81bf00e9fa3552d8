"""A network beside the truth: its gradients, those that are due, and the factors that may lie between them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from checkgrad import compare, numeric
from checkgrad.asking import slopes
from checkgrad.child.behaviour import Behaviour
from checkgrad.child.request import Ask
from checkgrad.compare import Difference
from checkgrad.exercise import Formula, Probe
from checkgrad.exercises import mlp
from checkgrad.exercises.mlp import NETWORK
from checkgrad.networks.candidates import NetworkReading
from checkgrad.structure import Powers

SLIGHT = 1e-9  # relative, of a factor that is told from rounded numbers


@dataclass
class StudentNetwork:
    """A network of a submission, as its reading has it."""

    reading: NetworkReading
    ask: Ask
    seed: int = 0
    pictures: bool = True
    sizes: tuple[tuple[int, ...], ...] = ()  # that are asked for, if not any
    room: tuple[float, float] = (0.0, 0.0)  # as in student.Student
    wrong: Mapping[str, Formula] = field(
        default_factory=dict
    )  # functions it uses that are not right
    is_hurried: Callable[[], bool] = lambda: (
        False
    )  # is there no time for explanations and pictures?

    @cached_property
    def probes(self) -> list[Probe]:
        """Parameters, inputs and targets, of the sizes that the network can have."""
        if self.sizes:
            rng = np.random.default_rng(self.seed)
            drawn = [mlp.draw(rng, sizes, n) for sizes in self.sizes for n in (7, 1)]
            return [probe for probe in drawn if self.reading.accepts(probe)]
        found = [p for p in NETWORK.probes(self.seed) if self.reading.accepts(p)]
        if found or self.reading.sizes is None:
            return found
        rng = np.random.default_rng(self.seed)
        return [mlp.draw(rng, self.reading.sizes, n) for n in (7, 1)]

    @cached_property
    def answers(self) -> list[Behaviour]:
        return self.asked_afresh(self.probes)

    @cached_property
    def cause(self) -> str:
        """The exercise whose wrong function makes a right network give these gradients."""
        if not self.wrong or not all(answer.returned for answer in self.answers):
            return ""
        from checkgrad.diagnose import causes  # here and below: only for what is not right

        gradients = [flat(answer.value)[2:] for answer in self.answers]
        return causes.network_follows_from(self.reading.kind, self.probes, gradients, self.wrong)

    def asked_afresh(self, probes: Sequence[Probe]) -> list[Behaviour]:
        """What the network does on each probe now: (y, loss, gradients)."""
        return self.reading.evaluate(self.ask, probes)


def is_right(network: StudentNetwork, probe: Probe, blocks: Any) -> bool:
    """Are these the gradients that are due? Those of a network that rolls dice are not."""
    truth = _by_formula if network.reading.right_forward else measured
    due, bounds = truth(network, probe)
    return compare.difference(blocks, tuple(due), tuple(bounds)) is None


class ProbeGradients(NamedTuple):
    """The gradients of one probe, block by block: what came, what was due, and what is wrong."""

    probe: Probe
    names: list[str]
    got: list[Any]
    due: list[Any]
    bounds: list[Any]
    wrong: dict[str, Difference]


def compared(network: StudentNetwork) -> list[ProbeGradients]:
    """Every probe beside the truth; where only slopes tell it, the smallest that is not right along directions."""
    answered = list(zip(network.probes, network.answers, strict=True))
    if network.reading.right_forward:
        return [_seen(network, p, a, *_by_formula(network, p)) for p, a in answered]
    unjudged = [_unjudged(network, p, a) for p, a in answered]
    wrong = [i for i, s in enumerate(unjudged) if not _is_right_along_directions(network, s)]
    if not wrong:
        return unjudged
    probe, answer = min((answered[i] for i in wrong), key=lambda one: count(one[0]))
    return [_seen(network, probe, answer, *measured(network, probe))]


def count(probe: Probe) -> int:
    """How many parameters there are."""
    return sum(w.size + b.size for w, b in probe[0])


def _unjudged(network: StudentNetwork, probe: Probe, answer: Behaviour) -> ProbeGradients:
    names, got = _named_blocks(network, probe, answer)
    return ProbeGradients(probe, names, got, got, [0.0] * len(got), {})


def _named_blocks(
    network: StudentNetwork, probe: Probe, answer: Behaviour
) -> tuple[list[str], list[Any]]:
    names = [f"d{kind}{i + 1}" for i in range(len(probe[0])) for kind in "Wb"]
    return _kept(network, names), _kept(network, list(flat(answer.value)[2:]))


def _seen(
    network: StudentNetwork, probe: Probe, answer: Behaviour, due: list[Any], bounds: list[Any]
) -> ProbeGradients:
    """The gradients of one answer beside what is due."""
    names, got = _named_blocks(network, probe, answer)
    due, bounds = _kept(network, due), _kept(network, bounds)
    bounds = list(compare.widened(tuple(bounds), tuple(due), *network.room))
    wrong = {
        name: found
        for name, g, d, b in zip(names, got, due, bounds, strict=True)
        if (found := compare.difference(g, d, b))
    }
    return ProbeGradients(probe, names, got, due, bounds, wrong)


def _kept(network: StudentNetwork, blocks: list[Any]) -> list[Any]:
    """The blocks of parameters that the network has: without biases only those of the weights."""
    return blocks if network.reading.biases else blocks[::2]


def is_right_for_its_own_loss(network: StudentNetwork, seen: ProbeGradients) -> bool:
    """A gradient that matches no formula is judged by the slope of the loss that it belongs to."""
    return network.reading.right_forward and _is_right_along_directions(network, seen)


def _is_right_along_directions(network: StudentNetwork, seen: ProbeGradients) -> bool:
    """Are these the slopes of the network's own loss? Entry by entry takes a thousand evaluations."""
    point = mlp.flattened(seen.probe)
    blocks = _kept(network, list(range(len(point) - 2)))
    return all(
        _is_the_slope(slopes.along_directions(_own_loss(network), point, wrt), got, room)
        for wrt, got, room in zip(blocks, seen.got, seen.bounds, strict=True)
    )


def _is_the_slope(measured: slopes.Measured, got: Any, room: Any) -> bool:
    estimate = measured.estimate
    found = compare.difference(measured.of(got), estimate.value, measured.room(room))
    return bool(np.isfinite(estimate.bound).all()) and not found


def _by_formula(network: StudentNetwork, probe: Probe) -> tuple[list[Any], list[Any]]:
    """The gradients of a network whose forward pass is known, and what rounding may cost."""
    due = _blocks(network, probe)
    point = mlp.flattened(probe)
    bounds = compare.rounding_bound(lambda *p: _blocks(network, mlp.restored(p)), point, due)
    return list(due), list(bounds)


def _blocks(network: StudentNetwork, probe: Probe) -> tuple[Any, ...]:
    return mlp.blocks(probe, network.reading.kind)


def measured(network: StudentNetwork, probe: Probe) -> tuple[list[Any], list[Any]]:
    """The numeric derivative of the network's own loss, for a forward pass that matches no known one."""
    point, evaluate = mlp.flattened(probe), _own_loss(network)
    estimates = [numeric.gradient(evaluate, point, i) for i in range(2 * len(probe[0]))]
    return [e.value for e in estimates], [e.bound for e in estimates]


def _own_loss(network: StudentNetwork) -> numeric.Evaluate:
    def evaluate(points: Sequence[tuple[Any, ...]]) -> list[Any]:
        replies = network.asked_afresh([mlp.restored(point) for point in points])
        losses = [r.value[1] if r.returned else None for r in replies]
        return [None if loss is None else np.asarray(loss) for loss in losses]

    return evaluate


def heeds_everything(network: StudentNetwork) -> bool:
    """Does the network's own loss follow from its inputs, its targets and every layer's weights?

    Where it does not, what is right for it may be nothing at all.
    """
    several = [p for p in network.probes if len(p[1]) > 1] or list(network.probes)
    point = mlp.flattened(max(several, key=count))
    moves = [
        mlp.restored((*point[:i], moved, *point[i + 1 :]))
        for i in _that_count(point)
        for moved in _moved(point[i], network.seed, is_target=i == len(point) - 1)
    ]
    first, *others = network.asked_afresh([mlp.restored(point), *moves])
    losses = [b.value[1] if b.returned else np.nan for b in (first, *others)]
    changed = [not np.allclose(loss, losses[0], rtol=1e-9, atol=0.0) for loss in losses[1:]]
    return all(map(any, zip(changed[::2], changed[1::2], strict=True)))


def _that_count(point: Sequence[Any]) -> list[int]:
    """The places of weights, inputs and targets; biases may be left out."""
    return [*range(0, len(point) - 2, 2), len(point) - 2, len(point) - 1]


def _moved(value: Any, seed: int, is_target: bool) -> list[Any]:
    """Two other values of the same kind: the targets of other samples, or numbers that are moved."""
    if is_target:
        return [np.roll(value, 1, axis=0), value[::-1].copy()]
    return [value + np.random.default_rng(seed + i).normal(size=value.shape) for i in (0, 1)]


def flat(value: Any) -> tuple[Any, ...]:
    y, loss, gradients = value
    return (y, loss, *(block for pair in gradients for block in pair))


def one_factor(network: StudentNetwork, seen: Sequence[ProbeGradients]) -> Powers | None:
    """The factor between all gradients and the truth, if on every probe it is one that reductions differ by."""
    kind = network.reading.kind
    halves = (0, 1, -1) if mlp.is_squared(kind["output"]) or kind["scale"] != 1 else (0,)
    for n, c, two in itertools.product((1, -1, 0), (0, 1, -1), halves):
        if (n or c or two) and all(
            _is_factor(s, float(len(x)) ** n * float(len(p[-1][1])) ** c * 2.0**two)
            for s in seen
            for p, x, _ in [s.probe]
        ):
            return Powers(n, c, two)
    return None


def penalty_on_top(network: StudentNetwork, seen: Sequence[ProbeGradients]) -> float:
    """The factor of an L2 penalty that every gradient of weights holds besides, 0 if it is not that."""
    found = []
    for s in seen:
        blocks = _kept(network, [block for pair in s.probe[0] for block in pair])
        ws = [w if np.ndim(w) == 2 else np.zeros_like(w) for w in blocks]
        if [np.shape(g) for g in s.got] != [w.shape for w in ws]:
            return 0.0
        more = [np.asarray(g) - d for g, d in zip(s.got, s.due, strict=True)]
        lam = sum(np.sum(m * w) for m, w in zip(more, ws, strict=True)) / sum(map(_squares, ws))
        due = [d + lam * w for d, w in zip(s.due, ws, strict=True)]
        room = [np.asarray(b) + SLIGHT * abs(lam * w) for b, w in zip(s.bounds, ws, strict=True)]
        if any(map(compare.difference, s.got, due, room)) or not 0 < lam < 1:
            return 0.0
        found.append(float(lam))
    return found[0]


def _squares(w: Any) -> float:
    return float(np.sum(w**2))


def _is_factor(seen: ProbeGradients, factor: float) -> bool:
    return not any(
        compare.difference(g, factor * d, abs(factor) * np.asarray(b))
        for g, d, b in zip(seen.got, seen.due, seen.bounds, strict=True)
    )
