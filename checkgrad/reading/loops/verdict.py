"""From the turns of a loop to what is said of it."""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy as np

from checkgrad.child.inventory import GIVES_GRADIENTS
from checkgrad.reading.loops.afterwards import own_losses_after
from checkgrad.reading.loops.at_odds import NO_SLOPES, nothing_right
from checkgrad.reading.loops.attempts import attempts_of
from checkgrad.reading.loops.entries import clashing
from checkgrad.reading.loops.fit import (
    BEYOND_CHANCE,
    SAME_RATE,
    Attempt,
    Equations,
    all_right,
    follows,
    table_of,
    through,
)
from checkgrad.reading.loops.loop_reading import UP, LoopReading
from checkgrad.reading.loops.own import Own, contradicted, own_losses, weighed_otherwise
from checkgrad.reading.loops.points import Points
from checkgrad.reading.loops.rates import has_a_rate_of_its_own, late_updates
from checkgrad.reading.loops.resting import never_cleared
from checkgrad.reading.loops.telling import decay_in_words, loss_in_words, sentence

REAL_TARGETS = 0.005  # bonus of an attempt whose targets are data that move the steps alone
NO_INPUTS = "no data that can be changed were found that it learns from"
MOST_OF_ONE = 3  # weights that one number as an input may have
GOES_ON_FROM = "it goes on from what an earlier turn left in {}, which fresh parameters do not fit"
WEIGHED = "weighs the data and the penalty otherwise than its own"
NEVER_CLEARED = "takes a step along what all turns have added up: {} is never set back to 0"
ENTROPIES = ("cross-entropy", "binary cross-entropy")
LEFT_OUT = "handed outputs minus targets as the slope of its outputs, it goes down the {}: the slope of its activation is left to others"


def judged(points: Points) -> LoopReading:
    table = table_of(points)
    attempts = attempts_of(points, table)
    loop = points.roles.bench.loop
    if not attempts:
        return LoopReading(loop, "unclear", "no outputs beside targets, and no loss, were found")
    best = max(attempts, key=lambda a: a.weight)
    usual = None if all_right(best, table) else weighed_otherwise(points, table, attempts)
    if usual and (clash := clashing(points, usual)):  # what lies between them is a penalty
        return _weighs_otherwise(points, table, clash[0], usual)
    if not all_right(best, table) and not points.roles.bench.our_rate:
        best = max((_seen_through(points, table, a) for a in attempts), key=lambda a: a.weight)
    best = _with_its_sign(best, attempts)
    found = _verdict(points, table, best, attempts)
    if found.verdict == "wrong" and not _has_inputs(points):
        found = LoopReading(loop, "unclear", NO_INPUTS)
    if found.verdict == "wrong" and points.roles.overwritten:
        names = ", ".join(points.roles.overwritten)
        found = LoopReading(loop, "unclear", GOES_ON_FROM.format(names))
    # what is handed y - t as the slope of half a squared error may leave out the slope of its activation
    play = points.roles.bench.play
    if play and play.by_outputs and found.verdict == "right" and best.loss in ENTROPIES:
        found = LoopReading(loop, "unclear", LEFT_OUT.format(best.loss))
    found.points, found.table, found.attempt = points, table, found.attempt or best
    return found


def _weighs_otherwise(
    points: Points, table: Equations, own: Attempt, usual: Attempt
) -> LoopReading:
    loss = loss_in_words(points, own)
    found = LoopReading(points.roles.bench.loop, "wrong", loss=loss)
    found.wrong = dict.fromkeys(table.names, WEIGHED)
    found.corroboration = ["used_so", "repaired"]
    found.why = f"wrong in {', '.join(table.names)}: {WEIGHED} {loss}"
    found.points, found.table, found.attempt = points, table, usual
    return found


def _is_single(points: Points, names: Sequence[str]) -> bool:
    """Are these parameters one number together?"""
    sizes = (points.roles.slots[p].saved.size for name in names for p in points.blocks[name])
    return sum(sizes) <= 1


def _has_inputs(points: Points) -> bool:
    """Are there inputs of more than a number, where parameters are?"""
    roles = points.roles
    inputs = [roles.slots[p].saved.size for group in roles.inputs for p in roles.data[group]]
    single = all(roles.slots[p].saved.size <= MOST_OF_ONE for p in roles.parameters)
    return single or max(inputs, default=0) > 1 or len(inputs) > 1


def _with_its_sign(best: Attempt, attempts: Sequence[Attempt]) -> Attempt:
    """A number on the way to the loss may be its negative; a usual loss knows where down is."""
    if not best.own:
        return best
    usual = [a for a in attempts if not a.own and not a.mistaken and a.loss != "absolute error"]
    alike = [a for a in usual if set(a.right) >= set(best.right)]
    return max(alike, key=lambda a: a.weight, default=best)


def _seen_through(points: Points, table: Equations, attempt: Attempt) -> Attempt:
    """The attempt with blocks that an optimiser moves, not along the slope but by a value that is the slope."""
    if attempt.mistaken or attempt.right or attempt.loss == "absolute error":
        return attempt
    # each multiple of a gradient on the way is one: a factor that all share is the gradient's
    factors: dict[str, list[float]] = {}
    for name in table.names:
        for node, which, factor in through(points, table, attempt, name):
            if follows(points, points.blocks[name][0], node, which, factor):
                factors.setdefault(name, []).append(factor)
    known = [factor for several in factors.values() for factor in several]
    groups = {
        factor: [n for n, several in factors.items() if any(same(f, factor) for f in several)]
        for factor in known
    }
    common = max(groups, key=lambda factor: len(groups[factor]), default=0.0)
    mates = groups.get(common, [])
    if mates:
        attempt.optimised = common
        attempt.right = mates
    return attempt


def same(a: float, b: float) -> bool:
    return abs(a - b) <= SAME_RATE * abs(b)


def _verdict(
    points: Points, table: Equations, best: Attempt, attempts: Sequence[Attempt]
) -> LoopReading:
    loop = points.roles.bench.loop
    loss = loss_in_words(points, best)
    found = LoopReading(loop, "unclear", loss=loss, rate=best.rate, right=list(best.right))
    moving = sum(1 for n in best.right if best.fits[n].rate is not None)
    several = moving > 1 or len(table.names) <= 3 or best.own or best.bonus > REAL_TARGETS
    enough = best.told > BEYOND_CHANCE and several or bool(best.optimised)
    if not best.right or not enough:
        return nothing_right(points, table, attempts, found)
    if best.mistaken:
        found.wrong = dict.fromkeys(table.names, best.loss)
        found.right, found.verdict = [], "wrong"
        found.why = f"wrong in {', '.join(table.names)}: {best.loss}"
        found.corroboration = ["used_so", "repaired"]
        return found
    rest = [n for n in table.names if n not in best.right]
    for name in list(rest):
        down = best.other.get(name, 0.0) * best.rate > 0
        if down and has_a_rate_of_its_own(points, name, best):
            rest.remove(name)
            found.right.append(name)
            found.note = "parameters have rates of their own"
    if best.rate < 0 and not rest and _is_up_to_its_user(points, table, best, attempts):
        found.verdict = "right"
        found.advice = (
            "gives the slope with the opposite sign, which is right only where it is added"
        )
        return found
    if best.rate < 0 and not best.own and not best.optimised:
        found.wrong = dict.fromkeys(table.names, UP)
        found.right, found.verdict = [], "wrong"
        found.why = f"wrong in {', '.join(table.names)}: every step goes up the slope of the {loss}, where it has to go down"
        found.corroboration = ["used_so", "repaired"]
        return found
    if best.rate < 0:
        found.why = f"its steps go up the slope of the {loss}"
        return found
    if set(rest) & set(best.other):
        rest += _of_equal_standing(best)
    losses = [] if best.own or best.optimised else list(own_losses(table, best, attempts))
    if not (rest or losses or best.own or best.optimised or points.roles.bench.our_rate):
        losses = list(own_losses(table, best, own_losses_after(points)))
    if not rest and _with_a_wrong_penalty(points, best, losses, found):
        return found
    known = any(any(one.penalty.values()) for one in losses)
    if not rest and not known and _with_a_wrong_entry(points, best, found):
        return found
    if not rest and not losses and (other := _squashed_afterwards(points, table, best, attempts)):
        return _of_another_loss(points, table, other, found)
    if not rest and (sums := never_cleared(points.roles)):
        found.wrong = {name: NEVER_CLEARED.format(path) for name, path in sums.items()}
        found.right = [name for name in found.right if name not in sums]
        found.verdict, found.corroboration = "wrong", ["used_so", "partly_right"]
        found.why = sentence(found, loss)
        return found
    if not rest:
        found.advice = _factor(points, best, losses)
        found.verdict = "right"
        found.note = "; ".join(filter(None, (found.note, decay_in_words(best))))
        return found
    fitted = best.optimised or any(best.fits[name].decay for name in best.right)
    if _is_single(points, best.right) and (fitted or best.loss == "absolute error"):
        found.right, found.why = [], NO_SLOPES  # much may be the slope of one number
        return found
    if best.optimised and all(best.fits[name].coarse for name in rest):
        found.why = f"kinks are everywhere around its steps in {', '.join(rest)}"
        return found
    found.right = [name for name in found.right if name not in rest]
    found.wrong = {name: _fault(points, table, best, name) for name in rest}
    late = late_updates(points, table, best, rest)
    for name in late:
        found.wrong[name] = "is passed an error through weights that this turn has already changed"
    found.verdict = "wrong"
    found.corroboration = ["used_so", "partly_right"]
    found.why = sentence(found, loss)
    return found


def _is_up_to_its_user(
    points: Points, table: Equations, best: Attempt, attempts: Sequence[Attempt]
) -> bool:
    """Are gradients only given, beside no loss of their own, so that whoever takes the step may add them?"""
    loop = points.roles.bench.loop
    given = loop.number == GIVES_GRADIENTS and loop.used
    return given and not best.own and not any(own_losses(table, best, attempts))


def _squashed_afterwards(
    points: Points, table: Equations, best: Attempt, attempts: Sequence[Attempt]
) -> Attempt | None:
    """The module's own loss, if it is a cross-entropy of what comes of the outputs whose squared error the steps go down."""
    if best.own or best.optimised or best.loss != "squared error":
        return None
    nodes = [one.node for one in points.outputs]
    later = set(nodes[nodes.index(best.output) + 1 :]) - {best.output}
    usual = [a for a in attempts if a.output in later and a.loss in ENTROPIES and not a.own]
    return next((a for a in usual if any(own_losses(table, a, attempts))), None)


def _of_another_loss(
    points: Points, table: Equations, other: Attempt, found: LoopReading
) -> LoopReading:
    """The steps go down the squared error of what is only squashed into outputs."""
    told, found.loss = found.loss, loss_in_words(points, other)
    found.wrong = dict.fromkeys(table.names, f"goes down the {told}")
    found.right, found.verdict = [], "wrong"
    found.corroboration = ["used_so", "named_clearly"]
    found.why = f"wrong in {', '.join(table.names)}: the steps go down the {told}, and not the module's own {found.loss}"
    return found


def _with_a_wrong_penalty(
    points: Points, best: Attempt, losses: Sequence[Own], found: LoopReading
) -> bool:
    """Is a penalty in the steps that drives parameters up, or another one than in the module's own loss?"""
    up = [n for n in best.right if best.fits[n].decay < 0 and best.rate > 0]
    clash = contradicted(best, losses)
    if up:
        found.wrong = dict.fromkeys(up, "has a penalty of the wrong sign, which drives it up")
        found.decays = {name: -best.fits[name].decay for name in up}
    elif clash:
        own, times = clash
        loss = loss_in_words(points, own.attempt)
        found.wrong = {name: _of_the_penalty(factor, loss) for name, factor in times.items()}
        found.decays = {name: own.due(name) * (best.fits[name].rate or 0.0) for name in times}
    if not found.wrong:
        return False
    _is_wrong_in(found, spoilt=found.wrong)
    return True


def _with_a_wrong_entry(points: Points, best: Attempt, found: LoopReading) -> bool:
    """Is the penalty in the steps, or in the own loss, one that leaves out what the other has?"""
    fitted = any(best.fits[name].decay for name in best.right)
    plain = best.optimised and not points.roles.buffers
    if best.own or best.rate < 0 or best.loss == "absolute error" or not (fitted or plain):
        return False
    if not (clash := clashing(points, best)):
        return False
    own, times = clash
    loss = loss_in_words(points, own)
    found.wrong = {name: _of_the_penalty(factor, loss) for name, factor in times.items()}
    _is_wrong_in(found, {path for path in found.right if any(n.startswith(path) for n in times)})
    return True


def _is_wrong_in(found: LoopReading, spoilt: Container[str]) -> None:
    """It is wrong by a penalty, of what is spoilt nothing is right."""
    found.right = [name for name in found.right if name not in spoilt]
    found.verdict, found.by_penalty = "wrong", True
    found.corroboration = ["used_so", "partly_right"]
    found.why = sentence(found, found.loss)


def _of_the_penalty(times: float, loss: str) -> str:
    if np.isfinite(times):
        return f"takes {times:.6g} times the slope of the penalty in its own {loss}"
    return f"has a penalty that its own {loss} does not have"


def _factor(points: Points, best: Attempt, losses: Sequence[Own]) -> str:
    """Gradients that were given and are another multiple of the slope of the module's own loss, in words; or nothing."""
    rate = points.roles.bench.our_rate
    times = [best.rate / (rate * one.factor) for one in losses] if rate else []
    if not times or any(abs(abs(t) - 1) <= SAME_RATE for t in times):
        return ""
    loss = loss_in_words(points, losses[0].attempt)
    return f"the gradients are {abs(times[0]):.6g} times the slope of its own {loss}"


def _of_equal_standing(best: Attempt) -> list[str]:
    """Of two parameters with two rates neither is more right than the other, unless one of them goes up."""
    moving = [n for n in best.right if best.fits[n].rate is not None]
    if best.rate > 0 > min(best.other.values(), default=0.0):
        return []
    return moving if len(moving) == len(best.other) == 1 and len(best.fits) == 2 else []


def _fault(points: Points, table: Equations, best: Attempt, name: str) -> str:
    """What is wrong with the step of a block, as the end of a sentence about it."""
    if _of_equal_standing(best):
        rates = {n: f.rate for n, f in best.fits.items() if f.rate}
        mine, (other,) = rates[name], [r for n, r in rates.items() if n != name]
        return f"takes a step {mine / other:.6g} times as large as it should be beside the other"
    if name in best.other and best.rate:
        factor = best.other[name] / best.rate
        if factor < 0:
            return UP
        return f"takes a step {factor:.6g} times as large as it should be"
    rows = table.rows(name)
    if np.all(np.abs(table.u[rows]) <= 3 * table.room[rows]):
        return "never changes, though the loss follows from it"
    return "takes a step that is not along the slope"
