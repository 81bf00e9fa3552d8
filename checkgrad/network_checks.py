"""The questions asked of a network: its gradients block by block, its manners, and whether it learns XOR."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from checkgrad import compare, numeric, slopes, training
from checkgrad.checks import Ask
from checkgrad.child.behaviour import Behaviour
from checkgrad.compare import Difference
from checkgrad.exercise import Failed, Formula, Probe
from checkgrad.exercises import mlp, worked_network
from checkgrad.exercises.manners import ADDS_UP, ALIKE, FIRST_ONLY, LINEAR, NO_BIASES, Manner
from checkgrad.exercises.mlp import NETWORK
from checkgrad.model import (
    Diagnosis,
    Evidence,
    Example,
    Layers,
    Matrix,
    Scatter,
    TrainingRun,
    Verdict,
)
from checkgrad.reading import network_own_loss, network_state
from checkgrad.reading.network_code import as_code
from checkgrad.reading.networks import NetworkReading
from checkgrad.tasks import Task

if TYPE_CHECKING:
    from checkgrad.diagnose import Named

XOR = [training.TASKS[name] for name in ("xor_binary", "xor_two_class")]
# For the eye only: what Adam forgives, plain descent shows; a few classes share the plane.
SHOWN = [task for name, task in training.TASKS.items() if "xor" in name and task not in XOR]
SHOWN += [training.TASKS["three_class_sketch"]]
FEW_SAMPLES = 50  # each a request of its own
REDUCED_DIFFERENTLY = "the loss and its gradient are reduced differently"
SLIGHT = 1e-9  # relative, of a factor that is told from rounded numbers
NOT_KNOWN = "no known mistake explains this"
THROUGH_ZERO = ("tanh", "relu", "leaky_relu")  # activations that turn 0 into 0


@dataclass
class Network:
    """A network of a submission, as its reading has it."""

    reading: NetworkReading
    ask: Ask
    seed: int = 0
    pictures: bool = True
    sizes: tuple[tuple[int, ...], ...] = ()  # that are asked for, if not any
    room: tuple[float, float] = (0.0, 0.0)  # as in checks.Student
    wrong: Mapping[str, Formula] = field(
        default_factory=dict
    )  # functions it uses that are not right

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

        gradients = [_flat(answer.value)[2:] for answer in self.answers]
        return causes.network_follows_from(self.reading.kind, self.probes, gradients, self.wrong)

    def asked_afresh(self, probes: Sequence[Probe]) -> list[Behaviour]:
        """What the network does on each probe now: (y, loss, gradients)."""
        return self.reading.evaluate(self.ask, probes)


class Finding(NamedTuple):
    """What a question about a network came to."""

    verdict: Verdict = Verdict.PASSED
    problem: str = ""
    note: str = ""
    difference: Difference | None = None
    behaviour: Behaviour = Behaviour()
    diagnoses: tuple[Diagnosis, ...] = ()
    structure: str = ""
    follows_from: str = ""
    evidence: tuple[Evidence, ...] = ()
    training: tuple[TrainingRun, ...] = ()
    example: Example | None = None


@dataclass(frozen=True)
class NetworkCheck:
    """A question about a network; earns as in checks.Check."""

    ask: Callable[[Network], Finding]
    earns: bool = False

    @property
    def name(self) -> str:
        return self.ask.__name__


def exists(network: Network) -> Finding:
    """runs forward and backward"""
    return next((_no_value(b) for b in network.answers if not b.returned), Finding())


def gradients(network: Network) -> Finding:
    """has the right gradient for every parameter"""
    if lacking := [s for s in network.sizes if not network.reading.fits(s)]:
        asked = ", ".join("-".join(map(str, sizes)) for sizes in lacking)
        return Finding(Verdict.WRONG, f"cannot be given the sizes {asked}, which are asked for")
    if failed := next((b for b in network.answers if not b.returned), None):
        return _no_value(failed)
    seen = _compared(network)
    if not any(s.wrong for s in seen):
        return _beside_its_loss(network)._replace(
            evidence=(_layers(network, seen[0]), *_scatter(network))
        )
    if factor := _one_factor(network, seen):
        told = f"every gradient is {factor}: {REDUCED_DIFFERENTLY}"
        is_two = factor.startswith("2 times") and network.reading.output.endswith("mse")
        return Finding(note=told) if is_two else Finding(Verdict.ADVICE, told)
    if lam := _penalty_on_top(network, seen):
        problem = f"the gradients hold an L2 penalty with factor {lam:.4g} that is not in the loss"
        return Finding(Verdict.ADVICE, problem)
    worst = min(seen, key=lambda s: (not s.wrong, sum(map(np.size, s.due))))
    if _is_right_for_its_own_loss(network, worst):
        return Finding(note="right for the network's own loss, which is not the usual one")
    named = None if network.cause else diagnosed(network)
    return Finding(
        Verdict.WRONG,
        _which_blocks(worst),
        difference=next(iter(worst.wrong.values())),
        note="" if network.cause or named and named.diagnoses else NOT_KNOWN,
        diagnoses=tuple(named.diagnoses) if named else (),
        structure=named.structure if named and named.diagnoses else _structure(network, seen),
        follows_from=network.cause,
        evidence=(_layers(network, worst), *_matrices(worst), *_scatter(network)),
        example=_worked(network, worst),
    )


def _beside_its_loss(network: Network) -> Finding:
    """Right gradients: is the network's own loss the one that they belong to?"""
    found = network_own_loss.beside(network.reading, network.ask, network.seed)
    if found and not found.usual:
        return Finding(Verdict.ADVICE, found.sentence, note=network.reading.note)
    said = filter(None, (network.reading.note, found and found.sentence))
    return Finding(note="; ".join(said))


def leaves_its_inputs_alone(network: Network) -> Finding:
    """does not change the arrays it was given"""
    if any(answer.mutated for answer in network.answers):
        return Finding(Verdict.WRONG, "changed its inputs or its targets")
    return Finding()


def gives_the_same_answer_twice(network: Network) -> Finding:
    """gives the same gradients when it is asked again, later, in another order"""
    order = np.random.default_rng(network.seed).permutation(len(network.probes))
    again = network.asked_afresh([network.probes[i] for i in order])
    for i, second in zip(order, again, strict=True):
        first = network.answers[i]
        if not first.returned or second.died:
            continue
        due, got = _flat(first.value), _flat(second.value) if second.returned else None
        if compare.unusable(due):
            continue  # it is the gradients that are not right
        if compare.difference(got, due, compare.repetition_bound(due)):
            return Finding(
                Verdict.WRONG, "gave other gradients when it was asked again with the same input"
            )
    return _after_another_batch(network)


def learns_xor(network: Network) -> Finding:
    """learns XOR when the grader trains it"""
    found = _trained_on_xor(network)
    manner = found.verdict is Verdict.PASSED and _hindrance(network)
    return found._replace(**_told(manner, Verdict.ADVICE)) if manner else found


def _trained_on_xor(network: Network) -> Finding:
    if not network.reading.hidden:
        return Finding(note="not asked: without a hidden layer no network can learn XOR")
    if not network.reading.right_forward:
        return Finding(note="not asked: there is no reference for what this network computes")
    tasks = [task for task in XOR if network.reading.fits(task.sizes)]
    if not tasks:
        return Finding(note="not asked: the network cannot be given the sizes of the task")
    try:
        trained = [_trained(network, task) for task in tasks]
    except Failed as failed:
        if failed.behaviour.died_of == "budget":
            return Finding(
                Verdict.ADVICE, "could not be trained to the end: one step takes too long"
            )
        return _no_value(failed.behaviour)
    runs = (*(t.run for t in trained), *_shown(network))
    stuck = next((t for t in trained if t.failed), None)
    if stuck:
        problem = f"{stuck.run.title}: {stuck.problem or stuck.run.note}"
        return Finding(Verdict.WRONG, problem, follows_from=network.cause, training=runs)
    return Finding(training=runs)


def _shown(network: Network) -> Iterator[TrainingRun]:
    """Training for the eye, as far as it goes; samples that are asked one at a time have to be few."""
    tasks = [task for task in SHOWN if network.pictures and network.reading.fits(task.sizes)]
    if network.reading.single:
        tasks = [task for task in tasks if len(task.data().x) <= FEW_SAMPLES]
    with suppress(Failed):
        for task in tasks:
            yield _trained(network, task).run


def reaches(task: Task, network: Network) -> Finding:
    """Does it reach the accuracy of *task*? Where the reference does not either, it is not the student's fault."""
    if not network.reading.fits(task.sizes):
        sizes = "-".join(map(str, task.sizes))
        return Finding(Verdict.WRONG, f"cannot be given the sizes {sizes} of {task.title}")
    try:
        trained = _trained(network, task)
    except Failed as failed:
        return _no_value(failed.behaviour)
    run = trained.run
    if run.accuracy >= task.accuracy:
        return Finding(training=(run,))
    if (run.reference_accuracy or 0.0) < task.accuracy:
        return Finding(note="not reached, by the reference neither", training=(run,))
    problem = f"{task.title}: reached {run.accuracy:.1%}, expected {task.accuracy:.1%}"
    return Finding(
        Verdict.WRONG,
        f"{problem}; {trained.problem or run.note}",
        follows_from=network.cause,
        training=(run,),
    )


def _trained(network: Network, task: Task) -> training.Trained:
    reading, ask = network.reading, network.ask
    kind = mlp.Kind(**reading.kind)
    return training.train(reading.network(ask), task, kind, partial(reading.passes, ask))


NETWORK_CHECKS = (
    NetworkCheck(exists),
    NetworkCheck(gradients, earns=True),
    NetworkCheck(leaves_its_inputs_alone),
    NetworkCheck(gives_the_same_answer_twice),
    NetworkCheck(learns_xor),
)


def _after_another_batch(network: Network) -> Finding:
    """Does what the network was asked before change its gradients?"""
    at = next((i for i, (_, x, _) in enumerate(network.probes) if len(x) > 1), None)
    if at is None or network.reading.recovered or not network.answers[at].returned:
        return Finding()  # a step may well depend on the ones before
    parameters, x, t = network.probes[at]
    other = x[::-1] / 2, t[::-1]
    got = network_state.after_another(network.reading, network.ask, parameters, (x, t), other)
    (alone,) = network.asked_afresh([(parameters, *other)])
    if got is None or not (got.returned and alone.returned):
        return Finding()
    after, first, second = (_flat(b.value)[2:] for b in (got, network.answers[at], alone))
    if any(map(compare.unusable, (after, first, second))):
        return Finding()
    if not compare.difference(after, second, compare.repetition_bound(second)):
        return Finding()
    from checkgrad.diagnose import state

    manner = state.of_a_second_batch(after, first, second)
    if manner is ADDS_UP and network.reading.candidate.can_be_reset:
        return Finding(
            Verdict.ADVICE,
            "adds each gradient to that of the call before until something resets it",
        )
    by_chance = manner is FIRST_ONLY and not _is_right(network, (parameters, *other), second)
    return Finding(**_told(manner, Verdict.WRONG)) if manner and not by_chance else Finding()


def _is_right(network: Network, probe: Probe, blocks: Any) -> bool:
    """Are these the gradients that are due? Those of a network that rolls dice are not."""
    truth = _by_formula if network.reading.right_forward else _measured
    due, bounds = truth(network, probe)
    return compare.difference(blocks, tuple(due), tuple(bounds)) is None


def _hindrance(network: Network) -> Manner | None:
    """Why the network as it stands learns little, though its gradients are right."""
    reading = network.reading
    if not reading.biases and reading.hidden in THROUGH_ZERO:
        return NO_BIASES
    if reading.hidden == "identity":
        return LINEAR
    deepest = max(network.probes, key=lambda p: len(p[0]), default=None)
    weights = deepest and network_state.first_weights(reading, network.ask, deepest[0])
    return ALIKE if weights and network_state.start_alike(weights) else None


def _told(manner: Manner, verdict: Verdict) -> dict[str, Any]:
    """A mistake in manners as the fields of a finding."""
    problem = manner.explanation[:1].lower() + manner.explanation[1:].rstrip(".")
    return {"verdict": verdict, "problem": problem, "diagnoses": (Diagnosis(*manner),)}


class Seen(NamedTuple):
    """The gradients of one probe, block by block: what came, what was due, and what is wrong."""

    probe: Probe
    names: list[str]
    got: list[Any]
    due: list[Any]
    bounds: list[Any]
    wrong: dict[str, Difference]


def _compared(network: Network) -> list[Seen]:
    """Every probe beside the truth; where only slopes tell it, the smallest that is not right along directions."""
    answered = list(zip(network.probes, network.answers, strict=True))
    if network.reading.right_forward:
        return [_seen(network, p, a, *_by_formula(network, p)) for p, a in answered]
    unjudged = [_unjudged(network, p, a) for p, a in answered]
    wrong = [i for i, s in enumerate(unjudged) if not _is_right_along_directions(network, s)]
    if not wrong:
        return unjudged
    probe, answer = min((answered[i] for i in wrong), key=lambda one: _count(one[0]))
    return [_seen(network, probe, answer, *_measured(network, probe))]


def _count(probe: Probe) -> int:
    """How many parameters there are."""
    return sum(w.size + b.size for w, b in probe[0])


def _unjudged(network: Network, probe: Probe, answer: Behaviour) -> Seen:
    names, got = _named_blocks(network, probe, answer)
    return Seen(probe, names, got, got, [0.0] * len(got), {})


def _named_blocks(network: Network, probe: Probe, answer: Behaviour) -> tuple[list[str], list[Any]]:
    names = [f"d{kind}{i + 1}" for i in range(len(probe[0])) for kind in "Wb"]
    return _kept(network, names), _kept(network, list(_flat(answer.value)[2:]))


def _seen(
    network: Network, probe: Probe, answer: Behaviour, due: list[Any], bounds: list[Any]
) -> Seen:
    """The gradients of one answer beside what is due."""
    names, got = _named_blocks(network, probe, answer)
    due, bounds = _kept(network, due), _kept(network, bounds)
    bounds = list(compare.widened(tuple(bounds), tuple(due), *network.room))
    wrong = {
        name: found
        for name, g, d, b in zip(names, got, due, bounds, strict=True)
        if (found := compare.difference(g, d, b))
    }
    return Seen(probe, names, got, due, bounds, wrong)


def _kept(network: Network, blocks: list[Any]) -> list[Any]:
    """The blocks of parameters that the network has: without biases only those of the weights."""
    return blocks if network.reading.biases else blocks[::2]


def _is_right_for_its_own_loss(network: Network, seen: Seen) -> bool:
    """A gradient that matches no formula is judged by the slope of the loss that it belongs to."""
    return network.reading.right_forward and _is_right_along_directions(network, seen)


def _is_right_along_directions(network: Network, seen: Seen) -> bool:
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


def _by_formula(network: Network, probe: Probe) -> tuple[list[Any], list[Any]]:
    """The gradients of a network whose forward pass is known, and what rounding may cost."""
    due = _blocks(network, probe)
    point = mlp.flattened(probe)
    bounds = compare.rounding_bound(lambda *p: _blocks(network, mlp.restored(p)), point, due)
    return list(due), list(bounds)


def _blocks(network: Network, probe: Probe) -> tuple[Any, ...]:
    return mlp.blocks(probe, network.reading.kind)


def _measured(network: Network, probe: Probe) -> tuple[list[Any], list[Any]]:
    """The numeric derivative of the network's own loss, for a forward pass that matches no known one."""
    point, evaluate = mlp.flattened(probe), _own_loss(network)
    estimates = [numeric.gradient(evaluate, point, i) for i in range(2 * len(probe[0]))]
    return [e.value for e in estimates], [e.bound for e in estimates]


def _own_loss(network: Network) -> numeric.Evaluate:
    def evaluate(points: Sequence[tuple[Any, ...]]) -> list[Any]:
        replies = network.asked_afresh([mlp.restored(point) for point in points])
        losses = [r.value[1] if r.returned else None for r in replies]
        return [None if loss is None else np.asarray(loss) for loss in losses]

    return evaluate


def _flat(value: Any) -> tuple[Any, ...]:
    y, loss, gradients = value
    return (y, loss, *(block for pair in gradients for block in pair))


def _no_value(behaviour: Behaviour) -> Finding:
    return Finding(Verdict.CRASHED, behaviour=behaviour)


def _which_blocks(seen: Seen) -> str:
    first = next(iter(seen.wrong))
    right = [name for name in seen.names if name not in seen.wrong]
    listed = ", ".join(seen.wrong)
    tail = f"; {', '.join(right)} right" if right else ""
    return f"wrong in {listed}{tail}: {first} {seen.wrong[first].problem}"


def _structure(network: Network, seen: Sequence[Seen]) -> str:
    """What relates the wrong blocks to the truth on all probes with as many layers."""
    from checkgrad.diagnose import relations

    depth = max(len(s.names) for s in seen)
    pairs: dict[str, list[relations.Pair]] = {}
    for s in seen:
        _, x, t = s.probe
        if len(s.names) == depth:
            classes = float(np.shape(t)[-1]) if np.ndim(t) > 1 else 1.0
            for name, got, due, bound in zip(s.names, s.got, s.due, s.bounds, strict=True):
                pair = relations.Pair(got, due, bound, float(len(x)), classes)
                pairs.setdefault(name, []).append(pair)
    words: dict[str, list[str]] = {}
    for name, found in pairs.items():
        if not all(pair.right for pair in found):
            words.setdefault(relations.over_all(found), []).append(name)
    return "; ".join(f"{said} in {', '.join(names)}" for said, names in words.items() if said)


def _one_factor(network: Network, seen: Sequence[Seen]) -> str:
    """The factor between all gradients and the truth, if on every probe it is one that reductions differ by."""
    kind = network.reading.kind
    halves = (0, 1, -1) if kind["output"].endswith("mse") or kind["scale"] != 1 else (0,)
    for n, c, two in itertools.product((1, -1, 0), (0, 1, -1), halves):
        if (n or c or two) and all(
            _is_factor(s, float(len(x)) ** n * float(len(p[-1][1])) ** c * 2.0**two)
            for s in seen
            for p, x, _ in [s.probe]
        ):
            return _times({"N": n, "C": c, "2": two})
    return ""


def _penalty_on_top(network: Network, seen: Sequence[Seen]) -> float:
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


def _times(powers: dict[str, int]) -> str:
    """A factor in words: "N times too large", "N C / 2 times what is due"."""
    above = " ".join(name for name, power in powers.items() if power > 0)
    below = " ".join(name for name, power in powers.items() if power < 0)
    if above and below:
        return f"{above} / {below} times what is due"
    return f"{above} times too large" if above else f"{below} times too small"


def _is_factor(seen: Seen, factor: float) -> bool:
    return not any(
        compare.difference(g, factor * d, abs(factor) * np.asarray(b))
        for g, d, b in zip(seen.got, seen.due, seen.bounds, strict=True)
    )


def diagnosed(network: Network) -> Named | None:
    """The known mistakes in backpropagation that give exactly these gradients on every probe."""
    if not network.reading.right_forward:
        return None
    from checkgrad.diagnose import switches

    gradients = [_flat(answer.value)[2:] for answer in network.answers]
    case = switches.NetworkCase(network.reading.kind, network.probes, gradients)
    return switches.explain(case)


def _worked(network: Network, seen: Seen) -> Example | None:
    """The worst entry of the first wrong block by hand, where the loss is one that is known."""
    if not network.reading.right_forward:
        return None
    name, found = next(iter(seen.wrong.items()))
    got, due = (blocks[seen.names.index(name)] for blocks in (seen.got, seen.due))
    kind = mlp.Kind(**network.reading.kind)
    probe, where = seen.probe, name + found.where
    code = as_code(network.reading, probe, where)
    return worked_network.example(probe, kind, where, got, due, code)


def _layers(network: Network, seen: Seen) -> Layers:
    """The network as its layers, with the blocks that are wrong."""
    parameters = seen.probe[0]
    reading = network.reading
    output = reading.output or mlp.usual_output(parameters)
    last = "unknown" if output == "unknown" else output.partition("_")[0]
    hidden = reading.hidden or "none"
    return Layers(
        "network",
        [len(parameters[0][0]), *(w.shape[1] for w, _ in parameters)],
        [name for name in seen.names if name not in seen.wrong],
        list(seen.wrong),
        [hidden] * (len(parameters) - 1) + [last],
    )


def _matrices(seen: Seen) -> list[Evidence]:
    found: list[Evidence] = []
    for name, got, due, bound in zip(seen.names, seen.got, seen.due, seen.bounds, strict=True):
        if name not in seen.wrong or np.shape(got) != np.shape(due):
            continue
        got, due = np.atleast_2d(np.asarray(got, float)), np.atleast_2d(due)
        wrong = np.argwhere(~(np.abs(got - due) <= np.atleast_2d(bound)))
        marked = [(int(i), int(j)) for i, j in wrong]
        found.append(Matrix(name, got.tolist(), due.tolist(), marked, "from unit", "to unit"))
    return found


def _scatter(network: Network) -> list[Evidence]:
    """Every entry of the gradient over the numeric derivative of the network's own loss, for the smallest probe."""
    if not network.pictures:
        return []
    at = min(range(len(network.probes)), key=lambda i: _count(network.probes[i]))
    measured, bounds = _measured(network, network.probes[at])
    got = [block for pair in network.answers[at].value[2] for block in pair]
    if any(np.shape(g) != np.shape(s) for g, s in zip(got, measured, strict=True)):
        return []
    numbers, analytic, room = (
        np.concatenate([np.ravel(np.asarray(block, float)) for block in blocks]).tolist()
        for blocks in (measured, got, bounds)
    )
    return [Scatter("gradient of every parameter", numbers, analytic, room)]
