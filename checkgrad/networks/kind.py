"""Which kind of network gave these outputs, losses and gradients; a gradient decides only where nothing else does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.exercise import Probe
from checkgrad.exercises import mlp
from checkgrad.exercises.mlp import NetworkKind
from checkgrad.networks.match import (
    EXACT,
    NEAR,
    REDUCTIONS,
    Pilot,
    Seen,
    near,
    number,
    seen_in_loss,
    seen_in_penalised,
)

Answers = Sequence[tuple[Pilot, Behaviour]]


@dataclass(frozen=True)
class ToldKind:
    """A kind of network; right: outputs and loss are those of the reference of this kind."""

    kind: NetworkKind
    right: bool
    remark: str = ""


def tell(main: Answers, seen: Seen | None, *, has_loss: bool) -> ToldKind:
    """Tell the kind of the network by its losses on several pilots of the same sizes."""
    pilots = [p for p, _ in main]
    values = [a.value[1] for _, a in main]
    known = [seen_in_loss(v, seen, p) for v, p in zip(values, pilots, strict=True)]
    if known[0] and all(kind == known[0] for kind in known):
        return ToldKind(known[0], _is_exact(main, known[0]) or not _is_nearly_right(main, known[0]))
    if has_loss and (penalised := seen_in_penalised(values, seen, pilots)):
        return ToldKind(penalised, True)
    if seen is None:
        return ToldKind(NetworkKind(), False)
    return _by_gradients(main, seen, has_loss)


def right_blocks(main: Answers, seen: Seen | None, *, has_loss: bool) -> int:
    """How many gradients are those of the kind that is told?"""
    return sum(_blocks_right(main, tell(main, seen, has_loss=has_loss).kind))


def _is_exact(main: Answers, kind: NetworkKind) -> bool:
    pairs = [(number(a.value[1]), reference(asdict(kind), p).loss) for p, a in main]
    return all(near(np.array(got), np.array(due), EXACT) for got, due in pairs)


def reference(settings: dict[str, Any], given: Pilot) -> mlp.Pass:
    """What the reference network gives; without biases where the pilot has none."""
    biases = any(np.any(b) for _, b in given.parameters)
    with np.errstate(all="ignore"):
        passed: mlp.Pass = mlp.network(
            given.parameters, given.x, given.t, **(settings | {"biases": biases})
        )
        return passed


class Agreement(NamedTuple):
    """What of a network's answer is the reference's."""

    y: bool
    loss: bool
    gradients: bool


def agreement(
    settings: dict[str, Any], given: Pilot, answer: Behaviour, squash: str = ""
) -> Agreement:
    """Compare an answer with the reference of these settings; what is not given agrees."""
    due = reference(settings, given)
    y, loss, gradients = answer.value
    if y is not None:
        y = squashed(y, squash, settings["output"] or mlp.usual_output(given.parameters))
    value = float(due.loss) if loss is None else number(loss)
    return Agreement(
        y is None or _is_near(y, due.y),
        value is not None and near(np.array(value), np.array(due.loss)),
        all(map(_is_near, _blocks(gradients), _blocks(due.gradients))),
    )


def _is_near(got: Any, due: Any, bound: float = NEAR) -> bool:
    got = np.asarray(got)
    return got.shape == due.shape and got.dtype.kind in "iuf" and near(got, due, bound)


def squashed(y: Any, squash: str, output: str) -> Any:
    """Outputs of what the student's code gives: logits, or logarithms of the outputs."""
    if np.asarray(y).dtype.kind not in "iuf":
        return y
    with np.errstate(all="ignore"):
        if squash == "logits" and np.ndim(y) == 2:
            return mlp.OUTPUTS[output].y(np.asarray(y))
        return np.exp(y) if squash == "log" else y


def outputs_of(kind: NetworkKind, probe: Probe) -> Any:
    """The reference's outputs, for a network that gives nothing but its loss."""
    parameters, x, _ = probe
    return mlp.OUTPUTS[kind.output].y(mlp.forward(parameters, x, kind)[0][-1])


def loss_of(y: Any, kind: NetworkKind, probe: Probe) -> Any:
    """The loss of the student's outputs, for a network that has none."""
    t = np.reshape(probe[2], (-1, 1)) if np.ndim(probe[2]) == 1 else probe[2]
    if np.shape(y) != t.shape or np.asarray(y).dtype.kind not in "iuf":
        return np.float64(np.nan)
    last = mlp.OUTPUTS[kind.output]
    if last.squared:
        total = np.sum((y - t) ** 2)
    else:
        total = -np.sum(t * np.log(y))
        if not last.of_classes:
            total -= np.sum((1 - t) * np.log(1 - y))
    return kind.scale * total / {"mean": len(t), "sum": 1, "entries": t.size}[kind.reduction]


def _blocks_right(main: Answers, kind: NetworkKind, bound: float = NEAR) -> list[bool]:
    """For every block of every answer: is it the gradient of the reference?"""
    found = []
    for given, answer in main:
        due = _blocks(reference(asdict(kind), given).gradients)
        got = _blocks(answer.value[2])
        found += [_is_near(g, d, bound) for g, d in zip(got, due, strict=True)]
    return found


def _blocks(gradients: Any) -> list[Any]:
    return [np.asarray(block) for pair in gradients for block in pair]


def _is_nearly_right(main: Answers, kind: NetworkKind) -> bool:
    """Are the gradients right but for a small number inside a log, so that their own loss must judge?"""
    return all(_blocks_right(main, kind)) and not all(_blocks_right(main, kind, EXACT))


def _by_gradients(main: Answers, seen: Seen, has_loss: bool) -> ToldKind:
    """Where no loss is recognised: the usual one, and the reduction that most gradients agree with."""
    one = main[0][0].t.shape[1] == 1
    kinds = [
        replace(seen.kind, output=output, reduction=reduction, scale=scale)
        for output in mlp.SQUASHES[seen.squash].outputs
        if not (mlp.OUTPUTS[output].of_classes and one)
        for reduction in REDUCTIONS
        for scale in ((1.0, 0.5) if mlp.OUTPUTS[output].squared else (1.0,))
    ]

    def fit(kind: NetworkKind) -> tuple[int, list[bool]]:
        right = _blocks_right(main, kind)
        return sum(right), right[::-1]  # the last layer is nearest to the loss

    best = max(kinds, key=fit)
    if not has_loss:
        return ToldKind(best, True, "no loss of its own")
    right = all(_blocks_right(main, best))
    return ToldKind(best, right, "its loss is not a known one" if right else "")
