"""A loop, or what nobody runs, on the bench: the first of its turns, or ways to play it, of which something can be said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from checkgrad.child.inventory import TrainingLoop
from checkgrad.child.play_forms import DataForm, is_parameter
from checkgrad.child.request import Ask, Request
from checkgrad.reading.loops.attempts import belong_together
from checkgrad.reading.loops.course import course_of
from checkgrad.reading.loops.face import Experiment, LoopBench, NotRead, Play, Turn
from checkgrad.reading.loops.loop_reading import LoopReading
from checkgrad.reading.loops.nudges import lifts
from checkgrad.reading.loops.points import FEW_NUMBERS, measured, told
from checkgrad.reading.loops.resting import never_moved, outgrown, stuck
from checkgrad.reading.loops.sorting import roles_of
from checkgrad.reading.loops.telling import sentence
from checkgrad.reading.loops.verdict import judged

MOST_TRIED = 3  # loops of a nest
MOST_LOOKED_AT = 10
MOST_SIZES, MOST_MESSAGES = 4, 3  # of data that are tried, and what asks for others
LONGEST = 200  # of the calls that are told
OWN_FAULTS = ("ValueError", "TypeError", "IndexError", "LinAlgError", "ZeroDivisionError")


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
    if found.verdict == "crashed" and leave:
        leave = ()  # it may have stopped for want of what a loop that was cut short was to give
        found = _read_by(ask, loop, leave, None, operations)
    found.leave = tuple(leave)
    if found.verdict == "right" and operations is None and found.points and found.attempt:
        found.course, said = course_of(found.points, found.attempt)
        found.advice = found.advice or said
    if found.reached:
        return found
    return _by_plays(ask, found)


def _by_plays(ask: Ask, found: LoopReading) -> LoopReading:
    """What calls with small data of our own show of what the module's own work never comes to.

    A network of fixed sizes says in its first turn which it needs.
    """
    form = DataForm("one-hot")
    seen = [form]
    for _ in range(MOST_SIZES):
        plays, stops = _plays(ask, found.loop, found.leave, form)
        found, told = _best_of(ask, plays, found)
        asked = [new for why in told[:MOST_MESSAGES] for new in form.resized(why)]
        new = [one for one in asked if one not in seen]
        if found.called or stops or not new:
            break
        form = new[0]
        seen.append(form)
    places = {where for where, *_ in stops}
    if not plays and len(places) == 1:
        return _stopped(found, stops[0])
    return found


def _best_of(ask: Ask, plays: Sequence[Play], found: LoopReading) -> tuple[LoopReading, list[str]]:
    """The play that shows most, if any shows something; why nothing can be said of the others."""
    told: list[str] = []
    for play in plays:
        if play.single and found.verdict == "wrong":
            break  # one sample alone would hide a factor
        called = _read_by(ask, found.loop, found.leave, play)
        called.called, called.by_outputs = True, play.by_outputs
        called.leave = found.leave
        called.note = "; ".join(filter(None, (called.note, _as_called(play))))
        if called.verdict == "right" and _leaves_out(called, play):
            continue
        if called.verdict == "right" and not called.advice:
            return called, told
        if called.verdict == "right" and found.verdict != "right":
            found = called
        if called.verdict == "wrong" and _is_certain(called) and _says_more_than(called, found):
            called.corroboration = [c for c in called.corroboration if c != "used_so"]
            found = called
        if called.verdict == "unclear":
            told.append(called.why)
    return found, told


def _stopped(found: LoopReading, stop: tuple[str, str, str, int]) -> LoopReading:
    """What stops at one line however it is called."""
    where, error, message, line = stop
    why = f"stops with {error}: {message} ({where}), though its forward pass runs"
    return LoopReading(
        found.loop,
        "crashed",
        why,
        called=True,
        corroboration=["named_clearly"],
        leave=found.leave,
        stops_at=line,
    )


def plays_under(
    ask: Ask, stopped: LoopReading, operations: Sequence[tuple[Any, ...]]
) -> list[Play | None]:
    """The first play of what stops whenever it is called, under each of these operations; None where it still stops."""
    loop = stopped.loop
    what = ("let run", loop.file, stopped.leave, loop.name, loop.number, tuple(operations))
    (reply,) = ask([Request(loop.name, (), None, what)])
    nothing: list[Play | None] = [None] * len(operations)
    if not reply.returned or len(reply.value) != len(operations):
        return nothing
    try:
        return [played(*play) if play else None for play in reply.value]
    except (TypeError, ValueError):
        return nothing


def read_play(
    ask: Ask, stopped: LoopReading, play: Play, operations: tuple[Any, ...]
) -> LoopReading:
    """What stops whenever it is called, read by a play under operations."""
    found = _read_by(ask, stopped.loop, stopped.leave, play, operations)
    found.called, found.by_outputs, found.leave = True, play.by_outputs, stopped.leave
    if found.verdict == "right" and _leaves_out(found, play):
        found.verdict = "unclear"
    return found


def _says_more_than(called: LoopReading, found: LoopReading) -> bool:
    """Is less wrong than under another call? Data of sizes that it was not made for spoil what is right."""
    if found.verdict == "unclear":
        return True
    return found.verdict == "wrong" and found.called and len(called.right) > len(found.right)


def _leaves_out(found: LoopReading, play: Play) -> bool:
    """Is a parameter that it was handed not among what it moves, for it comes out in another shape?"""
    handed = [name for name, value in play.data if is_parameter(name)]
    return len(found.right) < len(handed)


def _plays(
    ask: Ask, loop: TrainingLoop, leave: Sequence[int], form: DataForm
) -> tuple[list[Play], list[tuple[str, str, str, int]]]:
    """How the pieces may be called that lead to it, or are it; what it stops with, and where, if all of them stop.

    form: whose sizes are tried first.
    """
    sizes = form.features, form.classes
    what = ("plays", loop.file, tuple(leave), loop.name, loop.number, sizes)
    (reply,) = ask([Request(loop.name, (), None, what)])
    if not reply.returned:
        return [], []
    try:
        plays = [played(*play) for play in reply.value["plays"]]
        stops = [(str(a), str(b), str(c), int(n)) for a, b, c, n in reply.value["stops"]]
        return plays, stops
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
    return attempt.target is not None and belong_together(points, attempt)


def _read_by(
    ask: Ask,
    loop: TrainingLoop,
    leave: Sequence[int],
    play: Play | None,
    operations: tuple[Any, ...] | None = None,
) -> LoopReading:
    """What the turns show where the module's own work, or this play, leads to the loop."""
    made = partial(LoopBench, ask, loop, leave=tuple(leave), play=play, operations=operations)
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
        if found.verdict == "right" and number != loop.number and _has_a_penalty(found):
            found = _beside_a_loss_around(made(loop.number)) or found
        sure = found.verdict == "right" or found.verdict == "wrong" and _is_certain(found)
        if sure or found.verdict == "wrong" and play is None:
            return found
        best = best or found
    return best or _unread(loop, why or NotRead("none of its loops changes numbers"), bool(play))


def _has_a_penalty(found: LoopReading) -> bool:
    return found.attempt is not None and any(f.decay for f in found.attempt.fits.values())


def _beside_a_loss_around(bench: LoopBench) -> LoopReading | None:
    """What the turns of the outer loop show of a penalty, if that is not the one of the loss that is worked out there."""
    try:
        found = _read(bench)
    except NotRead:
        return None
    return found if found.verdict == "wrong" and found.by_penalty else None


def _unread(loop: TrainingLoop, error: NotRead, by_us: bool) -> LoopReading:
    """What stopped by a fault of its own has crashed; anything else tells nothing."""
    if not by_us and error.raised.partition(":")[0] in OWN_FAULTS:
        why = f"the first turn stops with {error.raised}"
        return LoopReading(loop, "crashed", why, corroboration=["used_so"])
    return LoopReading(loop, "unclear", str(error), reached=not error.missed, idle=error.idle)


def _order(made: Callable[[int], LoopBench], loop: TrainingLoop) -> list[int]:
    """The loops of a nest that change most of what is changed, the innermost first."""
    counts: dict[int, int] = {}
    raised: NotRead | None = None
    inner = loop.inner if loop.number >= 0 else ()  # a call is one turn as a whole
    for number in (loop.number, *inner)[:MOST_LOOKED_AT]:
        bench = made(number)
        try:
            (turn,) = bench.turns([Experiment(steps=None)])
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
        counts[number] = len(turn.after) or len(_beside(bench).after)
    most = max(counts.values(), default=0)
    if not most:
        raise raised or NotRead("no numbers are carried from turn to turn", idle=True)
    return [n for n in reversed(counts) if 2 * counts[n] >= most]


def _beside(bench: LoopBench) -> Turn:
    """A turn that begins beside the zeros that there are."""
    slots, _ = bench.first([Experiment()])
    (turn,) = bench.turns([Experiment(lifts(slots, slots), steps=None)])
    return turn


def _read(bench: LoopBench) -> LoopReading:
    found = _by_its_turns(bench)
    if found.points is None:
        return found
    roles = found.points.roles
    if found.verdict == "right" and (not bench.play or bench.our_rate):
        faults = {
            path: _how_it_grows(before, after) for path, (before, after) in outgrown(roles).items()
        }
        if not (faults or bench.play):
            faults = dict.fromkeys(stuck(roles), "never changes, though the loss follows from it")
        if faults:
            return _right_but_for(found, faults)
    if idle := never_moved(roles):
        words = "never changes: each of its steps comes to 0"
        found.advice = found.advice or f"{', '.join(idle)} {words}"
    if roles.first.beside and not (bench.instead or bench.problem or bench.play):
        words = f"what it shows of its training stops with {roles.first.beside}"
        found.advice = found.advice or words
    return found


def _how_it_grows(before: tuple[int, ...], after: tuple[int, ...]) -> str:
    square = len(set(after)) == 1 and len(after) == len(before) == 2  # a column less a row
    cause = "lies across it" if square else "is not summed over the samples"
    return f"has shape {before} before its step and {after} after it: its gradient {cause}"


def _right_but_for(found: LoopReading, faults: Mapping[str, str]) -> LoopReading:
    """What is right but for parameters that do not move as parameters do."""
    found.verdict, found.corroboration = "wrong", ["used_so", "partly_right"]
    found.wrong = dict(faults)
    found.why = sentence(found, found.loss)
    return found


def _by_its_turns(bench: LoopBench) -> LoopReading:
    roles = roles_of(bench)
    if roles.scalars and told(roles) > FEW_NUMBERS:
        found = judged(measured(roles, outputs=False))
        if found.verdict == "right":
            return found
    return judged(measured(roles))
