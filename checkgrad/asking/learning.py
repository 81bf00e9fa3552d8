"""Does a network learn when the grader trains it?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from checkgrad import training
from checkgrad.asking.finding import (
    NO_ANSWER,
    NO_HIDDEN_LAYER,
    NO_REFERENCE,
    OTHER_SIZES,
    Finding,
    no_value,
    ran,
    told,
    unasked,
)
from checkgrad.asking.truth import StudentNetwork
from checkgrad.exercise import Failed
from checkgrad.exercises import mlp
from checkgrad.exercises.manners import ALIKE, LINEAR, NO_BIASES, Manner
from checkgrad.model import TrainingRun, Verdict
from checkgrad.networks import memory
from checkgrad.tasks import Task

XOR = [training.TASKS[name] for name in ("xor_binary", "xor_two_class")]
# For the eye only: what Adam forgives, plain descent shows; a few classes share the plane.
SHOWN = [task for name, task in training.TASKS.items() if "xor" in name and task not in XOR]
SHOWN += [training.TASKS["three_class_sketch"]]
FEW_SAMPLES = 50  # each a request of its own


def learns_xor(network: StudentNetwork) -> Finding:
    """learns XOR when the grader trains it"""
    if not ran(network):
        return unasked(NO_ANSWER)
    found = _trained_on_xor(network)
    sound = found.verdict is Verdict.PASSED or found.unasked == OTHER_SIZES
    manner = _hindrance(network) if sound else None
    return found._replace(unasked="", **told(manner, Verdict.ADVICE)) if manner else found


def _trained_on_xor(network: StudentNetwork) -> Finding:
    if not network.reading.hidden:
        return unasked(NO_HIDDEN_LAYER)
    if not network.reading.right_forward:
        return unasked(NO_REFERENCE)
    tasks = [task for task in XOR if network.reading.fits(task.sizes)]
    if not tasks:
        return unasked(OTHER_SIZES)
    try:
        trained = [_trained(network, task) for task in tasks]
    except Failed as failed:
        if failed.behaviour.died_of == "budget":
            return Finding(
                Verdict.ADVICE, "could not be trained to the end: one step takes too long"
            )
        return no_value(failed.behaviour)
    runs = (*(t.run for t in trained), *_shown(network))
    stuck = next((t for t in trained if t.failed), None)
    if stuck:
        problem = f"{stuck.run.title}: {stuck.problem or stuck.run.note}"
        return Finding(Verdict.WRONG, problem, follows_from=network.cause, training=runs)
    return Finding(training=runs)


def _shown(network: StudentNetwork) -> Iterator[TrainingRun]:
    """Training for the eye, as far as it goes; samples that are asked one at a time have to be few."""
    drawn = network.pictures and not network.is_hurried()
    tasks = [task for task in SHOWN if drawn and network.reading.fits(task.sizes)]
    if network.reading.single:
        tasks = [task for task in tasks if len(task.data().x) <= FEW_SAMPLES]
    with suppress(Failed):
        for task in tasks:
            yield _trained(network, task).run


def reaches(task: Task, network: StudentNetwork) -> Finding:
    """Does it reach the accuracy of *task*? Where the reference does not either, it is not the student's fault."""
    if not network.reading.fits(task.sizes):
        sizes = "-".join(map(str, task.sizes))
        return Finding(Verdict.WRONG, f"cannot be given the sizes {sizes} of {task.title}")
    try:
        trained = _trained(network, task)
    except Failed as failed:
        return no_value(failed.behaviour)
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


def _trained(network: StudentNetwork, task: Task) -> training.Trained:
    reading, ask = network.reading, network.ask
    kind = mlp.NetworkKind(**reading.kind)
    return training.train(reading.network(ask), task, kind, partial(reading.passes, ask))


def _hindrance(network: StudentNetwork) -> Manner | None:
    """Why the network as it stands learns little, though its gradients are right."""
    reading = network.reading
    if reading.hidden == "identity":
        return LINEAR
    if not reading.biases and mlp.goes_through_zero(reading.hidden):
        return NO_BIASES
    deepest = max(network.probes, key=lambda p: len(p[0]), default=None)
    weights = deepest and memory.first_weights(reading, network.ask, deepest[0])
    return ALIKE if weights and memory.start_alike(weights) else None
