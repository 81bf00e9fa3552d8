"""A network as it was found, asked again for other sizes and other data: what it computes, and what it can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.exercises import mlp
from checkgrad.exercises.mlp import NetworkKind
from checkgrad.networks import script as scripts
from checkgrad.networks.answer import read
from checkgrad.networks.kind import ToldKind, agreement, right_blocks, tell
from checkgrad.networks.match import Pilot, number
from checkgrad.networks.outputs import Trial
from checkgrad.networks.reading import TASKS, NetworkCandidate, NetworkReading
from checkgrad.networks.script import Script
from checkgrad.networks.search import CLASSES, Search, pilot_sizes

PENALTY_FACTOR = 0.1
RATES = (1.0, 0.1, 0.01, 0.5, 0.001, 0.05, 0.2, 0.3, 0.03)
NUDGE = 1e-6
MOST_DRIFT = 1e-3


def confirmed(
    candidate: NetworkCandidate, search: Search, trial: Trial, script: Script
) -> tuple[NetworkReading | None, bool]:
    """Ask again, for other sizes and other data, and tell what is computed, and whether gradients are right."""
    pilots = _pilots(search, trial, script)
    replies = search.ask([scripts.request(script, p.parameters, p.x, p.t) for p in pilots])
    if script.recovered and not script.sets_rate:
        script = _with_rate(script, trial, pilots, replies)
    if script.recovered and not _steps_from(search, trial, script):
        return None, False
    pairs = _read(script, pilots, replies)
    main = [(p, a) for p, a in pairs if p.sizes == trial.given.sizes and a.returned]
    if not main:
        return None, False
    told = tell(main, trial.seen, has_loss=script.loss is not None)
    reading = _with_tasks(_reading(candidate, script, trial, told), trial, pairs)
    right = told.right and right_blocks(main, trial.seen, has_loss=script.loss is not None) == len(
        main
    ) * 2 * len(trial.given.parameters)
    if script.penalises and not script.penalty and told.right:
        return _penalised(candidate, search, trial, script) or reading, right
    return reading, right


def _steps_from(search: Search, trial: Trial, script: Script) -> bool:
    """Does training go on from the parameters that it finds, the same way each time? It may make new ones."""
    given = trial.given
    nudged = [(w + NUDGE, b + NUDGE) for w, b in given.parameters]
    if not trial.holder.biases:
        nudged = [(w + NUDGE, b) for w, b in given.parameters]
    asked = [scripts.request(script, p, given.x, given.t) for p in (given.parameters, nudged)]
    replies = search.ask(asked)
    first, second = _read(
        replace(script, rate=1.0), [given, replace(given, parameters=nudged)], replies
    )
    if not (first[1].returned and second[1].returned):
        return False
    gone = [
        np.abs((w - dw) - (v - dv)).max()
        for (pairs, steps, others, their) in [
            (nudged, second[1].value[2], given.parameters, first[1].value[2])
        ]
        for (w, _), (dw, _), (v, _), (dv, _) in zip(pairs, steps, others, their, strict=True)
        if np.shape(dw) == w.shape
    ]
    if any(0 < step < MOST_DRIFT for step in gone):
        return all(step < MOST_DRIFT for step in gone)
    search.problems.insert(0, f"{search.function} makes its parameters anew when it is trained")
    return False


def _penalised(
    candidate: NetworkCandidate, search: Search, trial: Trial, script: Script
) -> NetworkReading | None:
    """The reading with an L2 penalty, which is part of the question where it can be asked for."""
    found, _ = confirmed(candidate, search, trial, replace(script, penalty=PENALTY_FACTOR))
    return found if found and found.right_forward and found.lam else None


def _read(
    script: Script, pilots: Sequence[Pilot], replies: Sequence[Behaviour]
) -> list[tuple[Pilot, Behaviour]]:
    return [(p, read(script, r, p.parameters)) for p, r in zip(pilots, replies, strict=True)]


def _with_rate(
    script: Script, trial: Trial, pilots: Sequence[Pilot], replies: Sequence[Behaviour]
) -> Script:
    """The script with the learning rate that the student's code has built in: the one that fits most gradients."""

    def right(rate: float) -> int:
        pairs = _read(replace(script, rate=rate), pilots, replies)
        main = [(p, a) for p, a in pairs if p.sizes == trial.given.sizes and a.returned]
        return right_blocks(main, trial.seen, has_loss=script.loss is not None) if main else 0

    return replace(script, rate=max(RATES, key=right))


def _pilots(search: Search, trial: Trial, script: Script) -> list[Pilot]:
    """The same sizes twice, then every other number of layers and of classes."""
    *front, outputs = sizes = trial.given.sizes
    biases, depth = trial.holder.biases, len(sizes) - 1
    found = [trial.given, search.pilot(sizes, 5, biases)]
    if trial.holder.fixed:
        return found
    others = [(*front, c) for c in CLASSES if c != outputs]
    if script.depth is None:
        others += [pilot_sizes(d, outputs) for d in (3, 2, 1) if d != depth]
    asked = [other for other in others if scripts.has_sizes_for(script, other)]
    return found + [search.pilot(other, biases=biases) for other in asked]


def _reading(
    candidate: NetworkCandidate, script: Script, trial: Trial, told: ToldKind
) -> NetworkReading:
    kind, seen = told.kind, trial.seen
    deep = len(trial.given.parameters) > 1
    known = seen is not None or told.right
    # outputs that are no known network's, beside a loss that is: the loss says more
    script = script if seen or not told.right else replace(script, y=None)
    return NetworkReading(
        candidate,
        script,
        hidden="" if not deep else kind.hidden if known else "unknown",
        output=kind.output if told.right else "unknown",
        reduction=kind.reduction,
        alpha=kind.alpha,
        scale=kind.scale,
        lam=kind.lam,
        biases=trial.holder.biases,
        squash=_still_to_do(seen.squash if seen else "", kind),
        right_forward=told.right,
        remark=told.remark,
    )


def _still_to_do(squash: str, kind: NetworkKind) -> str:
    """What turns the student's outputs into those of the reference."""
    if squash == mlp.LOGITS and mlp.squash_of(kind.output) != mlp.LOGITS:
        return "logits"
    return "log" if squash == "log" else ""


def _with_tasks(
    reading: NetworkReading, trial: Trial, pairs: Sequence[tuple[Pilot, Behaviour]]
) -> NetworkReading:
    """Add what sizes the network can have: those for which it computes the same, or the usual for its outputs."""
    sizes = trial.given.sizes
    reading = replace(reading, sizes=sizes)
    same = {sizes, *(p.sizes for p, a in pairs if _works(reading, p, a))}
    usual: set[tuple[int, ...]] = set()
    if reading.output == mlp.usual_output(trial.given.parameters):
        either = replace(reading, output="")
        usual = {p.sizes for p, a in pairs if _works(either, p, a)} - same
    classes = {s[-1] for s in same | usual if s[:-1] == sizes[:-1]}
    depths = {len(s) for s in same if s[-1] == sizes[-1]}
    return replace(
        reading,
        output="" if usual else reading.output,
        sizes=None if len(depths) > 1 else sizes,
        free=not trial.holder.fixed,
        outputs=frozenset(TASKS.get(c, "multi_class") for c in classes),
    )


def _runs(given: Pilot, answer: Behaviour) -> bool:
    """Did outputs of the right shape come back?"""
    return answer.returned and np.shape(answer.value[0]) == given.t.shape


def _works(reading: NetworkReading, given: Pilot, answer: Behaviour) -> bool:
    """Did it come back as this kind of network does, but for a mistake in the outputs or in the loss?"""
    if not answer.returned:
        return False
    y, loss, blocks = answer.value
    one = given.t.shape[1] == 1
    if one and mlp.is_of_classes(reading.output):
        return False  # it is 1, whatever the network computes
    if one and loss is None and reading.squash == "logits":
        return False  # nothing tells a logit of a sigmoid from one that nothing is done to
    if reading.right_forward:
        same = agreement(reading.kind, given, answer, reading.squash)
        is_number = loss is None or number(loss) is not None
        return is_number and (
            loss is not None and same.loss or same.y and (same.loss or same.gradients)
        )
    due = [np.shape(block) for pair in given.parameters for block in pair]
    if reading.sizes and len(given.sizes) != len(reading.sizes):
        return False  # what it does with layers that it may not use is not known
    return _runs(given, answer) and due == [np.shape(b) for pair in blocks for b in pair]
