"""The questions asked of a network: its gradients block by block, its manners, and whether it learns XOR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from checkgrad import compare
from checkgrad.asking.finding import (
    HEEDLESS,
    NO_ANSWER,
    NO_SIZES,
    Finding,
    NetworkCheck,
    no_value,
    ran,
    told,
    unasked,
)
from checkgrad.asking.learning import learns_xor
from checkgrad.asking.truth import (
    ProbeGradients,
    StudentNetwork,
    compared,
    count,
    flat,
    heeds_everything,
    is_right,
    is_right_for_its_own_loss,
    measured,
    one_factor,
    penalty_on_top,
)
from checkgrad.exercises import mlp, worked_network
from checkgrad.exercises.manners import ADDS_UP, FIRST_ONLY
from checkgrad.model import (
    Evidence,
    Example,
    Layers,
    Matrix,
    Scatter,
    Verdict,
)
from checkgrad.networks import memory, own_loss
from checkgrad.networks.as_code import as_code
from checkgrad.structure import Powers

if TYPE_CHECKING:
    from checkgrad.diagnose import Explained

REDUCED_DIFFERENTLY = "reduced_differently"  # a code
NOT_KNOWN = "no known mistake explains this"
NO_TIME = "why it is wrong was not looked into, for want of time"


def exists(network: StudentNetwork) -> Finding:
    """runs forward and backward"""
    if not network.answers:
        return unasked(NO_SIZES)
    return next((no_value(b) for b in network.answers if not b.returned), Finding())


def gradients(network: StudentNetwork) -> Finding:
    """has the right gradient for every parameter"""
    if lacking := [s for s in network.sizes if not network.reading.fits(s)]:
        asked = ", ".join("-".join(map(str, sizes)) for sizes in lacking)
        return Finding(Verdict.WRONG, f"cannot be given the sizes {asked}, which are asked for")
    if not network.answers:
        return unasked(NO_SIZES)
    if failed := next((b for b in network.answers if not b.returned), None):
        return no_value(failed)
    if not network.reading.right_forward and not heeds_everything(network):
        return unasked(HEEDLESS)
    seen = compared(network)
    if not any(s.wrong for s in seen):
        return _beside_its_loss(network)._replace(
            evidence=(_layers(network, seen[0]), *_scatter(network))
        )
    errors = [found.error for s in seen for found in s.wrong.values()]
    if all(error is not None and error <= compare.SMALL_NUMBER for error in errors):
        return Finding(note="off by a hair, as by a small number that is added")
    if factor := one_factor(network, seen):
        told = (
            f"every gradient is {factor.words}: the loss and its gradient are reduced differently"
        )
        usual = _is_usual(factor, network)
        return (
            Finding(note=told) if usual else Finding(Verdict.ADVICE, told, code=REDUCED_DIFFERENTLY)
        )
    if lam := penalty_on_top(network, seen):
        problem = f"the gradients hold an L2 penalty with factor {lam:.4g} that is not in the loss"
        return Finding(Verdict.ADVICE, problem)
    worst = min(seen, key=lambda s: (not s.wrong, sum(map(np.size, s.due))))
    if is_right_for_its_own_loss(network, worst) and heeds_everything(network):
        return Finding(note="right for the network's own loss, which is not the usual one")
    found = Finding(
        Verdict.WRONG,
        _which_blocks(worst),
        difference=next(iter(worst.wrong.values())),
        evidence=(_layers(network, worst), *_matrices(worst)),
    )
    if network.is_hurried():
        return found._replace(note=NO_TIME)
    named = None if network.cause else diagnosed(network)
    return found._replace(
        note="" if network.cause or named and named.diagnoses else NOT_KNOWN,
        diagnoses=tuple(named.diagnoses) if named else (),
        structure=named.structure if named and named.diagnoses else _structure(network, seen),
        follows_from=network.cause,
        evidence=(*found.evidence, *_scatter(network)),
        example=_worked(network, worst),
    )


def _is_usual(factor: Powers, network: StudentNetwork) -> bool:
    """Is it the 2 of a squared error, or a mean over the outputs of what is made for one?"""
    if factor == Powers(c=1):
        return "binary" in network.reading.outputs and (
            mlp.squash_of(network.reading.output) == mlp.squash_of(mlp.ONE)
        )
    return factor in (Powers(two=1), Powers(two=-1)) and mlp.is_squared(network.reading.output)


def _beside_its_loss(network: StudentNetwork) -> Finding:
    """Right gradients: is the network's own loss the one that they belong to?"""
    found = own_loss.beside(network.reading, network.ask, network.seed)
    if found and not found.usual:
        return Finding(Verdict.ADVICE, found.sentence, note=network.reading.note)
    said = filter(None, (network.reading.note, found and found.sentence))
    return Finding(note="; ".join(said))


def leaves_its_inputs_alone(network: StudentNetwork) -> Finding:
    """does not change the arrays it was given"""
    if not ran(network):
        return unasked(NO_ANSWER)
    if any(answer.mutated for answer in network.answers):
        return Finding(Verdict.WRONG, "changed its inputs or its targets")
    return Finding()


def gives_the_same_answer_twice(network: StudentNetwork) -> Finding:
    """gives the same gradients when it is asked again, later, in another order"""
    if not ran(network):
        return unasked(NO_ANSWER)
    order = np.random.default_rng(network.seed).permutation(len(network.probes))
    again = network.asked_afresh([network.probes[i] for i in order])
    for i, second in zip(order, again, strict=True):
        first = network.answers[i]
        if not first.returned or second.died:
            continue
        due, got = flat(first.value), flat(second.value) if second.returned else None
        if compare.unusable(due):
            continue  # it is the gradients that are not right
        if compare.difference(got, due, compare.repetition_bound(due)):
            return Finding(
                Verdict.WRONG, "gave other gradients when it was asked again with the same input"
            )
    return _after_another_batch(network)


NETWORK_CHECKS = (
    NetworkCheck(exists),
    NetworkCheck(gradients, earns=True),
    NetworkCheck(leaves_its_inputs_alone),
    NetworkCheck(gives_the_same_answer_twice),
    NetworkCheck(learns_xor),
)


def _after_another_batch(network: StudentNetwork) -> Finding:
    """Does what the network was asked before change its gradients?"""
    at = next((i for i, (_, x, _) in enumerate(network.probes) if len(x) > 1), None)
    if at is None or network.reading.recovered or not network.answers[at].returned:
        return Finding()  # a step may well depend on the ones before
    parameters, x, t = network.probes[at]
    other = x[::-1] / 2, t[::-1]
    got = memory.after_another(network.reading, network.ask, parameters, (x, t), other)
    (alone,) = network.asked_afresh([(parameters, *other)])
    if got is None or not (got.returned and alone.returned):
        return Finding()
    after, first, second = (flat(b.value)[2:] for b in (got, network.answers[at], alone))
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
    by_chance = manner is FIRST_ONLY and not is_right(network, (parameters, *other), second)
    return Finding(**told(manner, Verdict.WRONG)) if manner and not by_chance else Finding()


def _which_blocks(seen: ProbeGradients) -> str:
    first = next(iter(seen.wrong))
    right = [name for name in seen.names if name not in seen.wrong]
    listed = ", ".join(seen.wrong)
    tail = f"; {', '.join(right)} right" if right else ""
    return f"wrong in {listed}{tail}: {first} {seen.wrong[first].problem}"


def _structure(network: StudentNetwork, seen: Sequence[ProbeGradients]) -> str:
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


def diagnosed(network: StudentNetwork) -> Explained | None:
    """The known mistakes in backpropagation that give exactly these gradients on every probe."""
    if not network.reading.right_forward:
        return None
    from checkgrad.diagnose import network_mistakes

    gradients = [flat(answer.value)[2:] for answer in network.answers]
    case = network_mistakes.NetworkCase(network.reading.kind, network.probes, gradients)
    return network_mistakes.explain(case)


def _worked(network: StudentNetwork, seen: ProbeGradients) -> Example | None:
    """The worst entry of the first wrong block by hand, where the loss is one that is known."""
    if not network.reading.right_forward:
        return None
    name, found = next(iter(seen.wrong.items()))
    got, due = (blocks[seen.names.index(name)] for blocks in (seen.got, seen.due))
    kind = mlp.NetworkKind(**network.reading.kind)
    probe, where = seen.probe, name + found.where
    code = as_code(network.reading, probe, where)
    return worked_network.example(probe, kind, where, got, due, code)


def _layers(network: StudentNetwork, seen: ProbeGradients) -> Layers:
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


def _matrices(seen: ProbeGradients) -> list[Evidence]:
    found: list[Evidence] = []
    for name, got, due, bound in zip(seen.names, seen.got, seen.due, seen.bounds, strict=True):
        if name not in seen.wrong or np.shape(got) != np.shape(due):
            continue
        got, due = np.atleast_2d(np.asarray(got, float)), np.atleast_2d(due)
        wrong = np.argwhere(~(np.abs(got - due) <= np.atleast_2d(bound)))
        marked = [(int(i), int(j)) for i, j in wrong]
        found.append(Matrix(name, got.tolist(), due.tolist(), marked, "from unit", "to unit"))
    return found


def _scatter(network: StudentNetwork) -> list[Evidence]:
    """Every entry of the gradient over the numeric derivative of the network's own loss, for the smallest probe."""
    if not network.pictures or network.is_hurried():
        return []
    at = min(range(len(network.probes)), key=lambda i: count(network.probes[i]))
    slopes, bounds = measured(network, network.probes[at])
    got = [block for pair in network.answers[at].value[2] for block in pair]
    if any(np.shape(g) != np.shape(s) for g, s in zip(got, slopes, strict=True)):
        return []
    numbers, analytic, room = (
        np.concatenate([np.ravel(np.asarray(block, float)) for block in blocks]).tolist()
        for blocks in (slopes, got, bounds)
    )
    return [Scatter("gradient of every parameter", numbers, analytic, room)]
