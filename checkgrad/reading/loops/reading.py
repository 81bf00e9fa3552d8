"""From the turns of a loop to what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from checkgrad.child.inventory import TrainingLoop
from checkgrad.child.play_forms import is_parameter
from checkgrad.child.request import Request
from checkgrad.reading.loops.attempts import attempts_of
from checkgrad.reading.loops.face import Ask, Bench, Edit, NotRead, Play, Trial, Turn
from checkgrad.reading.loops.fit import (
    SAME_RATE,
    Attempt,
    Table,
    follows,
    table_of,
    through,
)
from checkgrad.reading.loops.own import Own, contradicted, own_losses
from checkgrad.reading.loops.points import FEW_NUMBERS, Points, Scaler, measured, told, values_of
from checkgrad.reading.loops.roles import is_times, roles_of, take

MOST_TRIED = 3  # loops of a nest
MOST_LOOKED_AT = 10
ENOUGH = 3  # equations beyond the one that the rate costs, for a reading that is beyond chance
REAL_TARGETS = 0.005  # bonus of an attempt whose targets are data that move the steps alone
SMALL_RATE = 1e-3  # at which the order of updates no longer matters
MOST_LITERALS = 24
LONGEST = 200  # of the calls that are told
ROUNDED = 1e-12  # relative, of two numbers that stand there as the same
OWN_FAULTS = ("ValueError", "TypeError", "IndexError", "LinAlgError", "ZeroDivisionError")
NO_SLOPES = (
    "no usual loss of its outputs, and no number that it works out, has these steps as its slopes"
)


@dataclass
class LoopReading:
    """What is said of a loop.

    verdict: "right", "wrong", "crashed" or "unclear". why: of what is not right, in a sentence.
    wrong: blocks, each with what is wrong with its step. evidence codes as in model.Outcome.corroboration.
    bench, points, table, attempt: what a repair is sought with.
    """

    loop: TrainingLoop
    verdict: str
    why: str = ""
    note: str = ""
    reached: bool = True
    loss: str = ""
    rate: float = 0.0
    right: list[str] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)
    by_penalty: bool = False  # is it wrong in a penalty alone?
    advice: str = ""  # what is worth knowing of what is right
    corroboration: list[str] = field(default_factory=list)
    called: bool = False  # by us, for the module does not run it
    by_outputs: bool = False  # and handed the slope of a squared error of outputs
    points: Points | None = None
    table: Table | None = None
    attempt: Attempt | None = None
    leave: tuple[int, ...] = ()  # the loops that are cut short on the way to it

    @property
    def as_it_is(self) -> bool:
        """Does it go down its loss exactly, in the module's own work?"""
        return not self.called and not self.note


def read_loop(
    ask: Ask,
    loop: TrainingLoop,
    leave: Sequence[int] = (),
    operations: tuple[Any, ...] | None = None,
) -> LoopReading:
    """Read a loop by its turns: of a nest the innermost that changes all parameters.

    What the module's own work never comes to is called with small data in one form after the other.
    operations: packed, that every turn is under.
    """
    found = _read_by(ask, loop, leave, None, operations)
    found.leave = tuple(leave)
    if found.reached:
        return found
    plays, stops = _plays(ask, loop, leave)
    for play in plays:
        if play.single and found.verdict == "wrong":
            break  # one sample alone would hide a factor
        called = _read_by(ask, loop, leave, play)
        called.called, called.by_outputs = True, play.by_outputs
        called.leave = tuple(leave)
        called.note = "; ".join(filter(None, (called.note, _as_called(play))))
        if called.verdict == "right" and _leaves_out(called, play):
            continue
        if called.verdict == "right" and not called.advice:
            return called
        if called.verdict == "right" and found.verdict != "right":
            found = called
        if called.verdict == "wrong" and found.verdict == "unclear" and _is_certain(called):
            called.corroboration = [c for c in called.corroboration if c != "used_so"]
            found = called
    places = {where for where, *_ in stops}
    if not plays and len(places) == 1:
        where, error, message = stops[0]
        why = f"stops with {error}: {message} ({where}), though its forward pass runs"
        return LoopReading(loop, "crashed", why, called=True, corroboration=["named_clearly"])
    return found


def _leaves_out(found: LoopReading, play: Play) -> bool:
    """Is a parameter that it was handed not among what it moves, for it comes out in another shape?"""
    handed = [name for name, value in play.data if is_parameter(name)]
    return len(found.right) < len(handed)


def _plays(
    ask: Ask, loop: TrainingLoop, leave: Sequence[int]
) -> tuple[list[Play], list[tuple[str, str, str]]]:
    """How the pieces may be called that lead to it, or are it; what it stops with, and where, if all of them stop."""
    what = ("plays", loop.file, tuple(leave), loop.name, loop.number)
    (reply,) = ask([Request(loop.name, (), None, what)])
    if not reply.returned:
        return [], []
    try:
        plays = [played(*play) for play in reply.value["plays"]]
        return plays, [(str(a), str(b), str(c)) for a, b, c in reply.value["stops"]]
    except (TypeError, KeyError, ValueError):
        return [], []


def _as_called(play: Play) -> str:
    """How it was called, in the names of the module."""
    lines = [one for one in play.turn.splitlines() if f" {play.rate} * " not in one]
    text = "; ".join(lines)
    return f"called with small data of our own: `{text[:LONGEST] + '...' * (len(text) > LONGEST)}`"


def played(data: Any, before: Any, turn: Any, by_outputs: Any, rate: Any, single: Any) -> Play:
    """A play from what travelled."""
    named = tuple((str(name), value) for name, value in data)
    return Play(named, str(before), str(turn), bool(by_outputs), float(rate), bool(single))


def _is_certain(found: LoopReading) -> bool:
    """Does something speak for it, with outputs and targets of one shape? Else the call may not be meant so."""
    attempt, points = found.attempt, found.points
    if not {"partly_right", "repaired", "named_clearly"} & set(found.corroboration):
        return False
    if attempt is None or points is None:
        return False
    if attempt.target is None:
        return False
    base = points.points[0].base
    output = next(o for o in points.outputs if o.node == attempt.output)
    y = take(base, output.node, output.way)
    pairs = [(t, way) for t, way in points.targets if t == attempt.target]
    targets = [values_of(points.points[0], t, way) for t, way in pairs]
    return y is not None and any(t is not None and _belong(y, t) for t in targets)


def _belong(y: np.ndarray, t: np.ndarray) -> bool:
    """Are these targets of these outputs without any broadcasting: of one shape, or a class number a row?"""
    return y.shape == t.shape or y.ndim == 2 and t.ndim == 1 and y.shape[1] > 1


def _read_by(
    ask: Ask,
    loop: TrainingLoop,
    leave: Sequence[int],
    play: Play | None,
    operations: tuple[Any, ...] | None = None,
) -> LoopReading:
    """What the turns show where the module's own work, or this play, leads to the loop."""
    made = partial(Bench, ask, loop, leave=tuple(leave), play=play, operations=operations)
    try:
        made(loop.number).first([])
        numbers = _order(made, loop)
    except NotRead as error:
        return _unread(loop, error, bool(play))
    best: LoopReading | None = None
    why: NotRead | None = None
    # the outermost as well: loops over samples and entries may stand within it
    for number in dict.fromkeys((*numbers[:MOST_TRIED], numbers[-1])):
        try:
            found = _read(made(number))
        except NotRead as error:
            why = why or error
            continue
        sure = found.verdict == "right" or found.verdict == "wrong" and _is_certain(found)
        if sure or found.verdict == "wrong" and play is None:
            return found
        best = best or found
    return best or _unread(loop, why or NotRead("none of its loops changes numbers"), bool(play))


def _unread(loop: TrainingLoop, error: NotRead, by_us: bool) -> LoopReading:
    """What stopped by a fault of its own has crashed; anything else tells nothing."""
    if not by_us and error.raised.partition(":")[0] in OWN_FAULTS:
        why = f"the first turn stops with {error.raised}"
        return LoopReading(loop, "crashed", why, corroboration=["used_so"])
    return LoopReading(loop, "unclear", str(error), reached=not error.missed)


def _order(made: Callable[[int], Bench], loop: TrainingLoop) -> list[int]:
    """The loops of a nest that change most of what is changed, the innermost first."""
    counts: dict[int, int] = {}
    raised: NotRead | None = None
    inner = loop.inner if loop.number >= 0 else ()  # a call is one turn as a whole
    for number in (loop.number, *inner)[:MOST_LOOKED_AT]:
        bench = made(number)
        try:
            (turn,) = bench.turns([Trial(steps=None)])
        except NotRead as error:
            raised = raised or error
            continue
        if turn.raised:
            # with the data that it was made for, and not at what is printed after the updates
            aside = turn.aside and len(turn.after) > 1
            alone = not (bench.instead or bench.problem or aside)
            why = f"its first turn stops: {turn.raised}"
            stopped = NotRead(why, turn.raised if alone else "")
            if number == loop.number:
                raise stopped
            raised = raised or stopped
            continue
        counts[number] = len(turn.after)
    most = max(counts.values(), default=0)
    if not most:
        raise raised or NotRead("no numbers are carried from turn to turn")
    return [n for n in reversed(counts) if 2 * counts[n] >= most]


def _read(bench: Bench) -> LoopReading:
    roles = roles_of(bench)
    if roles.scalars and told(roles) > FEW_NUMBERS:
        found = _judged(measured(roles, outputs=False))
        if found.verdict == "right":
            return found
    return _judged(measured(roles))


def _judged(points: Points) -> LoopReading:
    table = table_of(points)
    attempts = attempts_of(points, table)
    loop = points.roles.bench.loop
    if not attempts:
        return LoopReading(loop, "unclear", "no outputs beside targets, and no loss, were found")
    best = max(attempts, key=lambda a: a.weight)
    if not _all_right(best, table):
        best = max((_seen_through(points, table, a) for a in attempts), key=lambda a: a.weight)
    best = _with_its_sign(best, attempts)
    found = _verdict(points, table, best, attempts)
    found.points, found.table, found.attempt = points, table, found.attempt or best
    return found


def _with_its_sign(best: Attempt, attempts: Sequence[Attempt]) -> Attempt:
    """A number on the way to the loss may be its negative; a usual loss knows where down is."""
    if not best.own:
        return best
    usual = [a for a in attempts if not a.own and not a.mistaken and a.loss != "absolute error"]
    alike = [a for a in usual if set(a.right) >= set(best.right)]
    return max(alike, key=lambda a: a.weight, default=best)


def _all_right(attempt: Attempt, table: Table) -> bool:
    return len(attempt.right) == len(table.names) and not attempt.mistaken and attempt.rate > 0


def _seen_through(points: Points, table: Table, attempt: Attempt) -> Attempt:
    """The attempt with blocks that an optimiser moves, not along the slope but by a value that is the slope."""
    if attempt.mistaken or attempt.right:
        return attempt
    factors: dict[str, float] = {}
    for name in table.names:
        for node, which, factor in through(points, table, attempt, name):
            if follows(points, points.blocks[name][0], node, which, factor):
                factors.setdefault(name, factor)
    groups = [[n for n, f in factors.items() if same(f, factor)] for factor in factors.values()]
    mates = max(groups, key=len, default=[])
    if mates:
        attempt.optimised = factors[mates[0]]
        attempt.right = mates
    return attempt


def same(a: float, b: float) -> bool:
    return abs(a - b) <= SAME_RATE * abs(b)


def _verdict(
    points: Points, table: Table, best: Attempt, attempts: Sequence[Attempt]
) -> LoopReading:
    loop = points.roles.bench.loop
    loss = _loss(points, best)
    found = LoopReading(loop, "unclear", loss=loss, rate=best.rate, right=list(best.right))
    moving = sum(1 for n in best.right if best.fits[n].rate is not None)
    several = moving > 1 or len(table.names) <= 3 or best.own or best.bonus > REAL_TARGETS
    enough = best.told > ENOUGH and several or bool(best.optimised)
    if not best.right or not enough:
        return _nothing_right(points, table, attempts, found)
    if best.mistaken:
        found.wrong = dict.fromkeys(table.names, best.loss)
        found.right, found.verdict = [], "wrong"
        found.why = f"wrong in {', '.join(table.names)}: {best.loss}"
        found.corroboration = ["used_so", "repaired"]
        return found
    rest = [n for n in table.names if n not in best.right]
    for name in list(rest):
        if name in best.other and _has_a_rate_of_its_own(points, name, best):
            rest.remove(name)
            found.right.append(name)
            found.note = "parameters have rates of their own"
    if best.rate < 0 and not best.own and not best.optimised:
        found.wrong = dict.fromkeys(table.names, "goes up the slope")
        found.right, found.verdict = [], "wrong"
        found.why = f"wrong in {', '.join(table.names)}: every step goes up the slope of the {loss}, where it has to go down"
        found.corroboration = ["used_so", "repaired"]
        return found
    if best.rate < 0:
        found.why = f"its steps go up the slope of the {loss}"
        return found
    rest += _of_equal_standing(best)
    losses = [] if best.own or best.optimised else list(own_losses(table, best, attempts))
    if not rest and _with_a_wrong_penalty(points, best, losses, found):
        return found
    if not rest:
        found.advice = _factor(points, best, losses)
        found.verdict = "right"
        found.note = "; ".join(filter(None, (found.note, _decay(best))))
        return found
    found.right = [name for name in found.right if name not in rest]
    found.wrong = {name: _fault(points, table, best, name) for name in rest}
    late = _order_of_updates(points, table, best, rest)
    for name in late:
        found.wrong[name] = "is passed an error through weights that this turn has already changed"
    found.verdict = "wrong"
    found.corroboration = ["used_so", "partly_right"]
    found.why = _sentence(found, loss)
    return found


def _with_a_wrong_penalty(
    points: Points, best: Attempt, losses: Sequence[Own], found: LoopReading
) -> bool:
    """Is a penalty in the steps that drives parameters up, or another one than in the module's own loss?"""
    up = [n for n in best.right if best.fits[n].decay < 0 and best.rate > 0]
    clash = contradicted(best, losses)
    if up:
        found.wrong = dict.fromkeys(up, "has a penalty of the wrong sign, which drives it up")
    elif clash:
        own, times = clash
        loss = _loss(points, own.attempt)
        found.wrong = {
            name: f"takes {factor:.6g} times the slope of the penalty in its own {loss}"
            if np.isfinite(factor)
            else f"has a penalty that its own {loss} does not have"
            for name, factor in times.items()
        }
    if not found.wrong:
        return False
    found.by_penalty = True
    found.right = [name for name in found.right if name not in found.wrong]
    found.verdict, found.corroboration = "wrong", ["used_so", "partly_right"]
    found.why = _sentence(found, found.loss)
    return True


def _factor(points: Points, best: Attempt, losses: Sequence[Own]) -> str:
    """Gradients that were given and are another multiple of the slope of the module's own loss, in words; or nothing."""
    rate = points.roles.bench.our_rate
    times = [best.rate / (rate * one.factor) for one in losses] if rate else []
    if not times or any(abs(abs(t) - 1) <= SAME_RATE for t in times):
        return ""
    loss = _loss(points, losses[0].attempt)
    return f"the gradients are {abs(times[0]):.6g} times the slope of its own {loss}"


def _of_equal_standing(best: Attempt) -> list[str]:
    """Of two parameters with two rates neither is more right than the other."""
    moving = [n for n in best.right if best.fits[n].rate is not None]
    return moving if len(moving) == len(best.other) == 1 and len(best.fits) == 2 else []


def _sentence(found: LoopReading, loss: str) -> str:
    words: dict[str, list[str]] = {}
    for name, fault in found.wrong.items():
        words.setdefault(fault, []).append(name)
    told = "; ".join(f"{', '.join(names)} {fault}" for fault, names in words.items())
    right = f"; {', '.join(found.right)} right" if found.right else ""
    return f"wrong in {', '.join(found.wrong)}{right} for the {loss}: {told}"


def _fault(points: Points, table: Table, best: Attempt, name: str) -> str:
    """What is wrong with the step of a block, as the end of a sentence about it."""
    if _of_equal_standing(best):
        rates = {n: f.rate for n, f in best.fits.items() if f.rate}
        mine, (other,) = rates[name], [r for n, r in rates.items() if n != name]
        return f"takes a step {mine / other:.6g} times as large as it should be beside the other"
    if name in best.other and best.rate:
        factor = best.other[name] / best.rate
        if factor < 0:
            return "goes up the slope"
        return f"takes a step {factor:.6g} times as large as it should be"
    rows = table.rows(name)
    if np.all(np.abs(table.u[rows]) <= 3 * table.room[rows]):
        return "never changes, though the loss follows from it"
    return "takes a step that is not along the slope"


def _decay(best: Attempt) -> str:
    decays = {round(f.decay / f.rate, 9) for f in best.fits.values() if f.decay and f.rate}
    return f"with an L2 penalty of factor {max(decays):.4g}" if decays else ""


def _loss(points: Points, attempt: Attempt) -> str:
    """The loss in words, with where it is read off."""
    texts = points.roles.bench.texts([attempt.output])
    at, text = texts.get(attempt.output, ("", ""))
    text = text if len(text) <= 60 else text[:57] + "..."
    where = f"`{text}` in {at}"
    return f"loss {where}" if attempt.own else f"{attempt.loss} of {where}"


# ---------------------------------------------------------------- no block is right


def _nothing_right(
    points: Points, table: Table, attempts: Sequence[Attempt], found: LoopReading
) -> LoopReading:
    """Wrong only if the module's own loss is a usual one of its outputs, and the steps answer smoothly to data."""
    found.right, found.why = [], NO_SLOPES
    own, usual = meant_as(attempts)
    if own is None or not _answers(points):
        return found
    found.loss, found.attempt = _loss(points, own), usual
    found.wrong = dict.fromkeys(table.names, "takes a step that is not along the slope")
    found.verdict, found.corroboration = "wrong", ["used_so", "named_clearly"]
    found.why = f"wrong in {', '.join(table.names)}: none goes down the slope of the module's own {found.loss}"
    return found


def meant(attempts: Sequence[Attempt]) -> Attempt | None:
    """The module's own loss, if it is a usual one of its outputs beside its targets."""
    return meant_as(attempts)[0]


def meant_as(attempts: Sequence[Attempt]) -> tuple[Attempt | None, Attempt | None]:
    """The module's own loss, if it is a usual one of its outputs beside its targets; and that one."""
    usual = [a for a in attempts if not a.own and not a.mistaken and a.loss != "absolute error"]
    for own in (a for a in attempts if a.own):
        for other in usual:
            a, b = own.slopes, other.slopes
            factor = float(np.sum(a.value * b.value) / max(float(np.sum(b.value**2)), 1e-300))
            room = 3 * (a.error + abs(factor) * b.error) + 1e-6 * np.abs(a.value)
            clear = np.abs(a.value) > 30 * a.error
            if clear.sum() >= 4 and np.all(np.abs(a.value - factor * b.value) <= room):
                return own, other
    return None, None


def _answers(points: Points) -> bool:
    """Do the steps of all parameters change a little with what is nudged, as slopes do?"""
    roles = points.roles
    turns = [*roles.nudged.values(), *roles.data_turns.values()]
    for path in roles.parameters:
        first = roles.first.step(path)
        others = [t.step(path) for t in turns if not t.raised and path in t.after]
        if not any(not np.allclose(first, other, rtol=1e-9, atol=0) for other in others):
            return False
    return True


# ---------------------------------------------------------------- rates


def _has_a_rate_of_its_own(points: Points, name: str, best: Attempt) -> bool:
    """Does a number scale the step of this block alone, and another those of the rest, while none scales both?

    Two numbers of the same value are one rate, written twice; steps of ours have one rate.
    """
    if points.roles.bench.our_rate:
        return False
    scalers = _scalers(points)
    mine = {s for s, (_, blocks) in scalers.items() if name in blocks}
    mates = {n for n in best.right if best.fits[n].rate is not None}
    theirs = {s for s, (_, blocks) in scalers.items() if mates & blocks}
    pairs = ((scalers[m].value, scalers[t].value) for m in mine for t in theirs)
    alike = any(abs(one - other) <= ROUNDED * abs(one) for one, other in pairs)
    return bool(mine and theirs) and not (mine & theirs or alike)


def _scalers(points: Points) -> dict[str | int, Scaler]:
    """Numbers, slots or as they stand in the source, that scale the steps of blocks exactly."""
    if points.scalers is None:
        points.scalers = _found_scalers(points)
    return points.scalers


def _found_scalers(points: Points) -> dict[str | int, Scaler]:
    roles = points.roles
    found: dict[str | int, Scaler] = {}
    for group, turn in roles.data_turns.items():
        paths = roles.data[group]
        if len(paths) == 1 and roles.slots[paths[0]].saved.size == 1:
            was = float(np.ravel(np.asarray(roles.slots[paths[0]].saved, float))[0])
            now = float(np.ravel(np.asarray(turn.before.get(paths[0], was), float))[0])
            factor = now / was if was else np.inf
            found[paths[0]] = Scaler(was, _scaled_blocks(points, turn, roles.first, factor))
    literals = list(dict.fromkeys(k for (k, _), seen in roles.seen.items() if seen.literal))
    trials = [
        Trial(factors=((k, 1.1),), tell=(k,), steps=tuple(roles.changed))
        for k in literals[:MOST_LITERALS]
    ]
    for k, turn in zip(literals, roles.bench.turns(trials), strict=False):
        value = next((float(v) / 1.1 for v in turn.values.get(k, ()) if np.size(v) == 1), np.nan)
        found[k] = Scaler(value, _scaled_blocks(points, turn, roles.base, 1.1))
    return found


def rates(points: Points) -> dict[str | int, Scaler]:
    """Numbers that together scale the steps, each block once: those of the most blocks first."""
    found: dict[str | int, Scaler] = {}
    done: set[str] = set()
    for scaler, one in sorted(_scalers(points).items(), key=lambda s: -len(s[1].blocks)):
        if one.blocks and not one.blocks & done:
            found[scaler] = one
            done |= one.blocks
    return found


def _scaled_blocks(points: Points, turn: Turn, base: Turn, factor: float) -> set[str]:
    if turn.raised:
        return set()
    return {
        name
        for name, paths in points.blocks.items()
        if all(p in turn.after and p in base.after for p in paths)
        and all(is_times(turn.step(p), base.step(p), factor) for p in paths)
        and any(np.any(base.step(p) != 0) for p in paths)
    }


def _order_of_updates(
    points: Points, table: Table, best: Attempt, rest: Sequence[str]
) -> list[str]:
    """Blocks that become right as the rate becomes small: only a step already taken can have changed them."""
    found_rates = rates(points)
    if not set(best.right) <= set().union(*(s.blocks for s in found_rates.values())):
        return []
    roles = points.roles
    edit = tuple(Edit(s, "times", SMALL_RATE) for s in found_rates if isinstance(s, str))
    factors = tuple((s, SMALL_RATE) for s in found_rates if isinstance(s, int))
    trials = [
        Trial((*p.setting, *edit), factors, steps=tuple(roles.changed)) for p in points.points
    ]
    bases = roles.bench.turns(trials)
    if any(turn.raised for turn in bases):
        return []
    slow = table_of(points, bases)
    found = []
    for name in rest:
        rows = table.rows(name)
        s, err = best.slopes.value[rows], best.slopes.error[rows]
        slowed = SMALL_RATE if slow.size[rows].max() < 0.05 * table.size[rows].max() else 1.0
        off = np.abs(table.u[rows] + best.rate * s)
        still = np.abs(slow.u[rows] / slowed + best.rate * s)
        room = 3 * (best.rate * err + slow.room[rows] / slowed)
        if np.all(still <= 10 * SMALL_RATE * off.max() + room) and off.max() > room.max():
            found.append(name)
    return found
