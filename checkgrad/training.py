"""Trains any network(parameters, x, t) -> Pass on a task, beside the reference from the same start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from checkgrad.exercise import Failed
from checkgrad.exercises import mlp
from checkgrad.exercises.mlp import NetworkKind, Pass
from checkgrad.model import Region, TrainingRun
from checkgrad.tasks import TASKS as TASKS
from checkgrad.tasks import Parameters, Task, TaskData, Update, start

Network = Callable[[Parameters, Any, Any], Pass]
ManyPasses = Callable[[Sequence[tuple[Parameters, Any, Any]]], Iterable[Pass]]

SURE = 0.08  # mean distance of outputs from targets up to which a task counts as learned
PARTED = 1e-4  # difference of two losses, relative to the first one, that rounding does not explain
DEVIATES = 1e-4  # relative deviation of a gradient that rounding does not explain, even in float32
SMALL = (
    1e-2  # a block of gradients this much smaller than the largest one is measured by the latter
)
AHEAD = 16  # steps that are asked about at once
SAME = 1e-10  # relative difference up to which a gradient is the right one, rounded otherwise
FRAMES = (0.0, 0.1, 0.25, 0.5, 1.0)  # shares of the way at which decision regions are shown
GRID = 25


@dataclass(frozen=True)
class Trained:
    """A training run with what the grader concludes from it.

    deviations: for each step, how far the gradients were from the reference's at the same parameters.
    problem: why training ended early, or "".
    """

    run: TrainingRun
    learned: bool
    reference_learned: bool
    deviations: list[float]
    problem: str = ""

    @property
    def failed(self) -> bool:
        """Did the reference learn where this network did not, whatever the start?"""
        return self.reference_learned and not self.learned

    @property
    def deviates(self) -> bool:
        """Were the gradients wrong along the way? One step in a hundred may hit a kink by rounding."""
        return _deviate(self.deviations)


@dataclass
class _Attempt:
    """Training from one start: what both networks did, step by step."""

    start: int
    path: list[Parameters] = field(default_factory=list)
    reference_path: list[Parameters] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    reference_losses: list[float] = field(default_factory=list)
    deviations: list[tuple[float, str]] = field(default_factory=list)
    accuracy: float = 0.0
    reference_accuracy: float = 0.0
    learned: bool = False
    reference_learned: bool = False
    problem: str = ""


def train(
    network: Network,
    task: Task,
    kind: NetworkKind = NetworkKind(),  # noqa: B008  (frozen)
    several: ManyPasses | None = None,
) -> Trained:
    """Train *network* on *task* until it has learned, from each start in turn, beside the reference of its *kind*.

    several: the same network, asked for several points in one go, where that costs less than one by one.
    Whatever *network* raises on the training data is handed on.
    """
    data, reference = task.data(), partial(mlp.network, **asdict(kind))
    ask = several or (lambda points: (network(*point) for point in points))
    attempts: list[_Attempt] = []
    with np.errstate(all="ignore"):
        for seed in task.starts:
            attempts.append(_attempt(ask, reference, task, data, kind, seed))
            if attempts[-1].learned:
                break
        run = _report(network, reference, task, data, attempts)
    last = attempts[-1]
    return Trained(
        run=run,
        learned=last.learned,
        reference_learned=any(a.reference_learned for a in attempts),
        deviations=[deviation for deviation, _ in last.deviations],
        problem=last.problem,
    )


def _attempt(
    several: ManyPasses,
    reference: Network,
    task: Task,
    data: TaskData,
    kind: NetworkKind,
    seed: int,
) -> _Attempt:
    """Walk both networks from one start until the first has learned or stops, else to the last step."""
    t = mlp.targets(data.labels, task.sizes[-1])
    # Steps are made for means; Adam forgives a sum, plain descent does not.
    share = 1 / len(t) if kind.reduction == "sum" else 1.0
    first = start(seed, task.sizes)
    route = _Route(reference, data.x, t, share)
    ours, theirs = _walk(several, route, first, task.update()), route.guess(first, task.update())
    attempt = _Attempt(seed)
    for _ in range(task.steps + 1):
        there = next(theirs)
        _note_reference(attempt, there.parameters, there.due, data.labels, t, task)
        if not attempt.problem:
            here, got = next(ours)
            _note(attempt, here.parameters, got, here.due, data.labels, t, task)
        if attempt.learned or attempt.problem and attempt.reference_learned:
            break
    return attempt


class _Stop(NamedTuple):
    """Parameters on the way, the right gradient there, and the update that is due next, untouched so far."""

    parameters: Parameters
    due: Pass
    update: Update


class _Route(NamedTuple):
    """Where the right gradients lead."""

    reference: Network
    x: Any
    t: Any
    share: float

    def guess(self, parameters: Parameters, update: Update) -> Iterator[_Stop]:
        while True:
            stop = _Stop(parameters, self.reference(parameters, self.x, self.t), update)
            yield stop
            parameters, update = self.step(stop, stop.due)

    def step(self, stop: _Stop, taken: Pass) -> tuple[Parameters, Update]:
        update = copy(stop.update)
        shares = [(dw * self.share, db * self.share) for dw, db in taken.gradients]
        return update(stop.parameters, shares), update


def _walk(
    several: ManyPasses, route: _Route, parameters: Parameters, update: Update
) -> Iterator[tuple[_Stop, Pass]]:
    """Every step with the network's own gradients; those that are right up to rounding take the right ones' way.

    So a right network can be asked about many steps at once.
    """
    ahead = AHEAD
    while True:
        stops = list(islice(route.guess(parameters, update), ahead))
        answers = several([(stop.parameters, route.x, route.t) for stop in stops])
        for stop, got in zip(stops, answers, strict=True):
            yield stop, got
            right = _deviation(got.gradients, stop.due.gradients)[0] <= SAME
            parameters, update = route.step(stop, stop.due if right else got)
            if not right:
                break
        ahead = min(2 * ahead, AHEAD) if right else 1


def _note_reference(
    attempt: _Attempt, parameters: Parameters, due: Pass, labels: Any, t: Any, task: Task
) -> None:
    attempt.reference_path.append(parameters)
    attempt.reference_losses.append(float(due.loss))
    attempt.reference_accuracy = _accuracy(due.y, labels)
    attempt.reference_learned |= _has_learned(due.y, labels, t, task)


def _note(
    attempt: _Attempt,
    parameters: Parameters,
    got: Pass,
    due: Pass,
    labels: Any,
    t: Any,
    task: Task,
) -> None:
    attempt.problem = _unusable(got, parameters, t)
    if attempt.problem:
        return
    y = np.reshape(got.y, t.shape)
    attempt.path.append(parameters)
    attempt.losses.append(_number(due.loss if got.loss is None else got.loss))
    attempt.deviations.append(_deviation(got.gradients, due.gradients))
    attempt.accuracy = _accuracy(y, labels)
    attempt.learned = _has_learned(y, labels, t, task)


def _unusable(got: Pass, parameters: Parameters, t: Any) -> str:
    """Say why no step can be taken, or ""."""
    if np.size(got.y) != t.size:
        return f"the outputs have shape {np.shape(got.y)}, expected {t.shape}"
    if len(got.gradients) != len(parameters):
        return f"there are gradients for {len(got.gradients)} layers, expected {len(parameters)}"
    for name, g, p in _blocks(got.gradients, parameters):
        if np.shape(g) != p.shape:
            return f"{name} has shape {np.shape(g)}, expected {p.shape}"
        if not np.isfinite(g).all():
            return f"{name} has entries that are not finite"
    return ""


def _blocks(gradients: Parameters, others: Parameters) -> Iterator[tuple[str, Any, Any]]:
    for i, (ours, theirs) in enumerate(zip(gradients, others, strict=True), 1):
        yield f"dW{i}", ours[0], theirs[0]
        yield f"db{i}", ours[1], theirs[1]


def _deviation(got: Parameters, due: Parameters) -> tuple[float, str]:
    """The largest difference in a block relative to that block's largest entry, and the block's name."""
    largest = max(float(np.abs(g).max()) for pair in due for g in pair)
    found = []
    for name, g, d in _blocks(got, due):
        off = float(np.abs(g - d).max())
        size = max(float(np.abs(d).max()), SMALL * largest)
        found.append((_relative(off, size), name))
    return max(found)


def _relative(off: float, size: float) -> float:
    return off / size if size else np.inf if off else 0.0


def _deviate(deviations: list[float]) -> bool:
    return _wrong_steps(deviations) > max(1, len(deviations) // 100)


def _wrong_steps(deviations: list[float]) -> int:
    return sum(not deviation <= DEVIATES for deviation in deviations)


def _accuracy(y: Any, labels: Any) -> float:
    return float(np.mean(_classes(y) == labels))


def _classes(y: Any) -> Any:
    return (y[:, 0] > 0.5).astype(int) if y.shape[1] == 1 else y.argmax(axis=1)


def _has_learned(y: Any, labels: Any, t: Any, task: Task) -> bool:
    return _accuracy(y, labels) >= task.accuracy and bool(np.abs(y - t).mean() < SURE)


def _number(loss: Any) -> float:
    return float(np.ravel(loss)[0])


def _report(
    network: Network, reference: Network, task: Task, data: TaskData, attempts: list[_Attempt]
) -> TrainingRun:
    """Tell the last attempt: the first that was learned from, or the last of those that were not."""
    last, outputs = attempts[-1], task.sizes[-1]
    run = TrainingRun(
        task=task.name,
        title=task.title,
        accuracy=last.accuracy,
        losses=last.losses,
        reference_losses=last.reference_losses,
        steps=max(len(last.path) - 1, 0),
        note=_words(attempts, task),
        reference_accuracy=last.reference_accuracy,
        test_accuracy=_test_accuracy(network, data, last, outputs),
        optimiser=type(task.update()).__name__,
        parted_at=_parted_at(last.losses, last.reference_losses),
    )
    return run if data.x.shape[1] != 2 else _pictured(run, network, reference, data, last)


def _pictured(
    run: TrainingRun, network: Network, reference: Network, data: TaskData, last: _Attempt
) -> TrainingRun:
    x, y = _plane(data)
    steps = sorted({round(share * run.steps) for share in FRAMES}) if last.path else []
    grid = np.column_stack([axis.ravel() for axis in np.meshgrid(x, y)])
    regions = [_region(network, reference, last, step, grid) for step in steps]
    return replace(
        run,
        points=data.x.tolist(),
        labels=data.labels.tolist(),
        x=x.tolist(),
        y=y.tolist(),
        regions=[region for region in regions if region],
    )


def _test_accuracy(network: Network, data: TaskData, last: _Attempt, outputs: int) -> float | None:
    if data.test_x is None or not last.path:
        return None
    y = _outputs(network, last.path[-1], data.test_x)
    return None if y is None else _accuracy(y, data.test_labels)


def _outputs(network: Network, parameters: Parameters, x: Any) -> Any:
    """What the network answers for inputs that it was not trained on; None if it cannot take so many."""
    t = mlp.targets(np.arange(len(x)), parameters[-1][1].size)
    try:
        y = network(parameters, x, t).y
    except Failed:
        return None
    return np.reshape(y, t.shape) if np.size(y) == t.size else None


def _parted_at(losses: list[float], reference: list[float]) -> int | None:
    pairs = enumerate(zip(losses, reference, strict=False))
    tolerance = PARTED * abs(reference[0])
    return next((step for step, (a, b) in pairs if not abs(a - b) <= tolerance), None)


def _plane(data: TaskData) -> tuple[Any, Any]:
    """The axes of a grid that covers the points with a margin."""
    low, high = data.x.min(axis=0), data.x.max(axis=0)
    margin = 0.25 * (high - low)
    x, y = np.linspace(low - margin, high + margin, GRID).T
    return x, y


def _region(
    network: Network, reference: Network, last: _Attempt, step: int, grid: Any
) -> Region | None:
    got = _outputs(network, last.path[step], grid)
    due = _outputs(reference, last.reference_path[step], grid)
    return None if got is None else Region(step, _picture(got), _picture(due))


def _picture(y: Any) -> list[list[float]]:
    """P(t=1) for one output or two classes, else the class."""
    values = y.argmax(axis=1) if y.shape[1] > 2 else y[:, -1]
    picture: list[list[float]] = np.round(values.astype(float), 4).reshape(GRID, GRID).tolist()
    return picture


def _words(attempts: list[_Attempt], task: Task) -> str:
    last = attempts[-1]
    ending = _ending(last, attempts, task)
    deviations = [deviation for deviation, _ in last.deviations]
    if not _deviate(deviations):
        return ending
    largest, block = max(last.deviations)
    return (
        f"{ending}; gradients differ from the right ones at {_wrong_steps(deviations)} of "
        f"{len(deviations)} steps, by up to {largest:.3g} times the largest entry ({block})"
    )


def _ending(last: _Attempt, attempts: list[_Attempt], task: Task) -> str:
    if last.problem:
        return f"stopped after {len(last.path)} steps: {last.problem}"
    if last.learned:
        which = f", from start {len(attempts)}" if len(attempts) > 1 else ""
        return f"learned in {len(last.path) - 1} steps{which}"
    tried = f", from none of {len(attempts)} starts" if len(attempts) > 1 else ""
    beside = "; the reference did" if any(a.reference_learned for a in attempts) else ""
    return f"not learned in {task.steps} steps{tried}{beside}"
