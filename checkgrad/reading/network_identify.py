"""From one candidate to its reading: search for the calls, then tell which network they compute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.exercises import mlp
from checkgrad.exercises.mlp import Kind
from checkgrad.reading import network_script as scripts
from checkgrad.reading.network_match import (
    EXACT,
    NEAR,
    SQUASHED,
    Pilot,
    Seen,
    near,
    number,
    pilot,
    seen_in_loss,
    seen_in_outputs,
    seen_in_penalised,
)
from checkgrad.reading.network_reading import TASKS, Ask, NetworkCandidate, NetworkReading
from checkgrad.reading.network_script import Script
from checkgrad.reading.network_search import (
    CLASSES,
    Holder,
    LossFound,
    Search,
    Trial,
    blind_trials,
    forward_trials,
    gradients,
    holders,
    label_forms,
    losses,
    pilot_sizes,
)
from checkgrad.reading.pieces import Pieces, assemble
from checkgrad.reading.reading import Reading
from checkgrad.reading.recipe import Candidate


def identify(candidate: NetworkCandidate, ask: Ask, seed: int) -> NetworkReading | str:
    """Read one candidate, or say why it cannot be read."""
    search = Search(
        candidate.function,
        candidate.parts,
        candidate.others,
        candidate.maker,
        candidate.shape == "class",
        ask,
        seed,
    )
    batches = list(holders(search))
    trials: list[Trial] = []
    for found in batches:
        trials += forward_trials(search, found)
        if not any(t.seen for t in trials):
            trials += forward_trials(search, found[:2], single=True)
        if any(t.seen for t in trials):
            break
    if not trials:
        trials = _told_by_loss(search, batches)
    for trial in _by_likelihood(trials)[:3]:
        if reading := _of_trial(candidate, search, trial):
            return reading
    return _sorry(search, any(batches), bool(trials))


def _told_by_loss(search: Search, batches: Sequence[Sequence[Holder]]) -> list[Trial]:
    """Trials without outputs of which the loss is that of a known network."""
    for found in batches:
        trials = [
            t for t in blind_trials(search, found) if any(one.known for one in losses(search, t))
        ]
        if trials:
            return trials
    return []


def identify_pieces(
    candidate: NetworkCandidate, readings: Mapping[Candidate, Reading], ask: Ask, seed: int
) -> NetworkReading | str:
    """Assemble the network of the pieces, or say what is missing."""
    pieces = assemble(readings)
    if pieces is None:
        return "could not be assembled: a layer, an activation or a loss was not read with its derivative"
    classes = {"binary": (1,), "classes": (3, 2)}
    probes = [pilot(pilot_sizes(3, c), 7, seed) for end in pieces.ends for c in classes[end]]
    tasks = frozenset(TASKS.get(p.sizes[-1], "multi_class") for p in probes)
    reading = NetworkReading(
        candidate,
        None,
        hidden=pieces.hidden,
        output=""
        if len(pieces.ends) > 1
        else "softmax_cross_entropy"
        if "classes" in pieces.ends
        else "sigmoid_binary_cross_entropy",
        outputs=tasks,
        alpha=_slope_below(pieces, ask),
        remark=f"assembled from {pieces.functions}",
        pieces=pieces,
    )
    answers = reading.evaluate(ask, [(p.parameters, p.x, p.t) for p in probes])
    right = all(_is_reference(reading, p, a) for p, a in zip(probes, answers, strict=True))
    return replace(reading, right_forward=right)


def _slope_below(pieces: Pieces, ask: Ask) -> float:
    """The slope of the student's leaky ReLU below zero."""
    probe = (np.array([[-1.0, 2.0]]),)
    reading = pieces.readings[pieces.hidden]
    (reply,) = ask([reading.request(probe)])
    value = reading.read(probe, reply).value
    if pieces.hidden != "leaky_relu" or np.shape(value) != (1, 2):
        return Kind().alpha
    return -float(value[0, 0])


def _is_reference(reading: NetworkReading, given: Pilot, answer: Behaviour) -> bool:
    """Are outputs and loss those of the network that was read?"""
    if not answer.returned:
        return False
    y, loss, _ = answer.value
    due = mlp.network(given.parameters, given.x, given.t, **reading.kind)
    value = number(loss) if loss is not None else float(due.loss)
    same = np.shape(y) == due.y.shape and near(np.asarray(y), due.y)
    return same and value is not None and near(np.array(value), np.array(due.loss))


def _sorry(search: Search, held: bool, forward: bool) -> str:
    what = "its parameters were not found"
    if held:
        what = (
            "no call gives the gradients of its parameters"
            if forward
            else "no call gives its outputs"
        )
    tail = f" ({search.problems[0]})" if search.problems else ""
    return f"could not be used as a network: {what}{tail}"


def _by_likelihood(trials: Sequence[Trial]) -> list[Trial]:
    """Known outputs before unknown ones, many layers before few, several classes before one output."""
    return sorted(
        trials,
        key=lambda t: (
            not t.seen,
            -len(t.given.parameters),
            CLASSES.index(min(t.given.sizes[-1], 3)),
        ),
    )


def _of_trial(candidate: NetworkCandidate, search: Search, trial: Trial) -> NetworkReading | None:
    script, fit, best = _script(search, trial)
    if fit < 1 and not trial.script.form.single and trial.seen:
        script = _for_single_samples(search, trial, best, fit) or script
    return _confirmed(candidate, search, trial, script) if script else None


def _script(search: Search, trial: Trial) -> tuple[Script | None, float, LossFound | None]:
    """The script that gives loss and gradients, how well these fit the parameters, and the loss."""
    all_losses = losses(search, trial)
    best = all_losses[0] if all_losses else None
    found = gradients(search, trial, best, _labels(all_losses, best, trial))
    if not found:
        return None, 0.0, best
    return found[0].script, found[0].fit, best


def _for_single_samples(
    search: Search, trial: Trial, loss: LossFound | None, fit_of_batch: float
) -> Script | None:
    """The script for one sample at a time, if gradients fit better then; not where a loss averages over a batch."""
    if loss and loss.known and seen_in_loss(loss.value, trial.seen, trial.given).reduction != "sum":  # type: ignore[union-attr]
        return None
    trials = [t for t in forward_trials(search, [trial.holder], single=True) if t.seen]
    for single in trials:
        script, fit, _ = _script(search, single)
        if script and fit > fit_of_batch:
            return script
    return None


def _labels(found: Sequence[LossFound], best: LossFound | None, trial: Trial) -> list[str]:
    """The forms of labels under which the loss is right, or all."""
    if best and best.known:
        same = (best.script.calls[best.call].path, best.path)
        return list(
            dict.fromkeys(
                f.labels for f in found if f.known and (f.script.calls[f.call].path, f.path) == same
            )
        )
    return label_forms(trial.given)


def _confirmed(
    candidate: NetworkCandidate, search: Search, trial: Trial, script: Script
) -> NetworkReading | None:
    """Ask again, for other sizes and other data, and tell what is computed."""
    pilots = _pilots(search, trial, script)
    replies = search.ask([scripts.request(script, p.parameters, p.x, p.t) for p in pilots])
    answers = [
        scripts.read(script, reply, p.parameters) for reply, p in zip(replies, pilots, strict=True)
    ]
    main = [
        (p, a)
        for p, a in zip(pilots, answers, strict=True)
        if p.sizes == trial.given.sizes and a.returned
    ]
    if not main:
        return None
    seen = trial.seen
    kind, right, remark = _kind(main, seen, script)
    reading = NetworkReading(
        candidate,
        script,
        hidden=_hidden(seen is not None or right, kind, trial),
        output=kind.output if right else "unknown",
        reduction=kind.reduction,
        alpha=kind.alpha,
        scale=kind.scale,
        lam=kind.lam,
        logits=bool(seen) and seen.squash == "linear" and not kind.output.startswith("linear"),
        right_forward=right,
        remark=remark,
    )
    return _with_tasks(reading, trial, pilots, answers)


def _pilots(search: Search, trial: Trial, script: Script) -> list[Pilot]:
    """The same sizes twice, then every other number of layers and of classes."""
    sizes = trial.given.sizes
    found = [trial.given, search.pilot(sizes, 5)]
    if not trial.holder.fixed:
        depth = len(sizes) - 1
        found += [search.pilot((*sizes[:-1], c)) for c in CLASSES if c != sizes[-1]]
        if script.depth is None:
            found += [search.pilot(pilot_sizes(d, sizes[-1])) for d in (3, 2, 1) if d != depth]
    return found


def _hidden(told: bool, kind: Kind, trial: Trial) -> str:
    if len(trial.given.parameters) == 1:
        return ""
    return kind.hidden if told else "unknown"


def _kind(
    main: Sequence[tuple[Pilot, Behaviour]], seen: Seen | None, script: Script
) -> tuple[Kind, bool, str]:
    """The kind of the network, whether its outputs and loss are that kind's, and a remark."""
    pilots = [p for p, _ in main]
    values = [a.value[1] for _, a in main]
    known = [seen_in_loss(v, seen, p) for v, p in zip(values, pilots, strict=True)]
    if known[0] and all(k == known[0] for k in known):
        exact = all(_is_exact(v, known[0], p) for v, p in zip(values, pilots, strict=True))
        return known[0], exact or not _nearly_right(main, known[0]), ""
    if script.loss and (penalised := seen_in_penalised(values, seen, pilots)):
        return penalised, True, ""
    if seen is None:
        return Kind(output="" if pilots[0].t.shape[1] > 1 else ""), False, ""
    return _kind_by_gradients(main, seen, has_loss=script.loss is not None)


def _is_exact(loss: Any, kind: Kind, given: Pilot) -> bool:
    due = _reference(kind, given).loss
    return near(np.array(number(loss)), np.array(due), EXACT)


def _reference(kind: Kind, given: Pilot) -> mlp.Pass:
    settings = {
        f: getattr(kind, f) for f in ("hidden", "output", "alpha", "reduction", "scale", "lam")
    }
    with np.errstate(all="ignore"):
        return mlp.network(given.parameters, given.x, given.t, **settings)


def _blocks(gradients: Any) -> list[Any]:
    return [np.asarray(block) for pair in gradients for block in pair]


def _blocks_right(
    main: Sequence[tuple[Pilot, Behaviour]], kind: Kind, bound: float = NEAR
) -> list[bool]:
    """For every block of every answer: is it the gradient of the reference?"""
    found = []
    for given, answer in main:
        due = _blocks(_reference(kind, given).gradients)
        got = _blocks(answer.value[2])
        found += [
            g.shape == d.shape and g.dtype.kind in "iuf" and near(g, d, bound)
            for g, d in zip(got, due, strict=True)
        ]
    return found


def _nearly_right(main: Sequence[tuple[Pilot, Behaviour]], kind: Kind) -> bool:
    """Are the gradients right but for a small number inside a log, so that their own loss must judge?"""
    return all(_blocks_right(main, kind)) and not all(_blocks_right(main, kind, EXACT))


def _kind_by_gradients(
    main: Sequence[tuple[Pilot, Behaviour]], seen: Seen, has_loss: bool
) -> tuple[Kind, bool, str]:
    """Where no loss is recognised: the usual one, and the reduction that most gradients agree with."""
    outputs = [
        o
        for o in SQUASHED[seen.squash]
        if not (o.startswith("softmax") and main[0][0].t.shape[1] == 1)
    ]
    kinds = [
        replace(seen.kind, output=output, reduction=reduction, scale=scale)
        for output in outputs
        for reduction in ("mean", "sum", "entries")
        for scale in ((1.0, 0.5) if output.endswith("mse") else (1.0,))
    ]
    best = max(kinds, key=lambda kind: sum(_blocks_right(main, kind)))
    if not has_loss:
        return best, True, "no loss of its own"
    right = all(_blocks_right(main, best))
    return best, right, "its loss is not a known one" if right else ""


def _with_tasks(
    reading: NetworkReading, trial: Trial, pilots: Sequence[Pilot], answers: Sequence[Behaviour]
) -> NetworkReading:
    """Add what sizes the network can have: ask what came of the other pilots."""
    sizes = trial.given.sizes
    works = [p.sizes for p, a in zip(pilots, answers, strict=True) if _works(reading, trial, p, a)]
    classes = {s[-1] for s in works if s[:-1] == sizes[:-1]}
    depths = {len(s) for s in works if s[-1] == sizes[-1]}
    usual = all(_is_usual(reading, c) for c in {sizes[-1]})
    output = (
        ""
        if usual and len(classes) > 1 and _mixed(reading, trial, pilots, answers)
        else reading.output
    )
    free_depth = len(depths) > 1 and not trial.holder.fixed
    return replace(
        reading,
        output=output,
        sizes=None if free_depth else sizes,
        free=not trial.holder.fixed,
        outputs=frozenset(TASKS.get(c, "multi_class") for c in classes),
    )


def _is_usual(reading: NetworkReading, classes: int) -> bool:
    usual = "sigmoid_binary_cross_entropy" if classes == 1 else "softmax_cross_entropy"
    return reading.output == usual


def _kind_for(reading: NetworkReading, classes: int) -> Kind:
    output = reading.output
    if _is_usual(reading, 3) and classes == 1:
        output = "sigmoid_binary_cross_entropy"
    return Kind(
        reading.kind["hidden"],
        output,
        reading.alpha,
        None,
        reading.reduction,
        reading.scale,
        reading.lam,
    )


def _works(reading: NetworkReading, trial: Trial, given: Pilot, answer: Behaviour) -> bool:
    """Did it come back with outputs and a loss of the kind that was read, and a gradient for every parameter?"""
    if not answer.returned:
        return False
    y, loss, blocks = answer.value
    shapes = [np.shape(b) for pair in given.parameters for b in pair]
    got = [np.shape(b) for pair in blocks for b in pair]
    if given.sizes == trial.given.sizes:
        return True
    if not reading.right_forward:
        return np.shape(y) == given.t.shape and shapes == got
    seen = seen_in_outputs(y, given) if y is not None else None
    if trial.seen and (
        seen is None or seen.kind.hidden != trial.seen.kind.hidden and len(given.parameters) > 1
    ):
        return False
    due = _reference(_kind_for(reading, given.sizes[-1]), given)
    value = number(loss) if loss is not None else None
    return value is None or near(np.array(value), np.array(due.loss))


def _mixed(
    reading: NetworkReading, trial: Trial, pilots: Sequence[Pilot], answers: Sequence[Behaviour]
) -> bool:
    """Does one output go through sigmoid and several through softmax?"""
    return any(
        p.sizes[-1] == 1 and trial.given.sizes[-1] > 1 and _works(reading, trial, p, a)
        for p, a in zip(pilots, answers, strict=True)
    )
