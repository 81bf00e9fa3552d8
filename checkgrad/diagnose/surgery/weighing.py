"""What an operation costs in its place: where a mistake of its kind is likely, and how much it reaches."""

from __future__ import annotations

from dataclasses import replace

from checkgrad.diagnose.surgery.base import Base
from checkgrad.diagnose.surgery.options import Operation
from checkgrad.diagnose.surgery.spot import is_count

NUMBERS = (" 2", "')")  # with which a factor ends that is no array
# What belongs where a value is made; anything else belongs near to what is wrong.
JOINED = ("dotted", "plus", "minus")
WHERE_MADE = ("passed through", "normalised", "one minus", "squared")
FORWARD = ("inputs", "z", "a", "slope", "w", "t")  # quantities that no gradient goes through
APART = 0.3  # cost of an operation that does not reach, or not mend, all that it should
COUNTED = 0.3  # cost of an operation on what only counts: much else is done with it
ELSEWHERE = 0.3  # cost of an operation on what is right already, as a value of the forward pass


def weighed(base: Base, option: Operation, early: int, late: int) -> Operation:
    """With the cost of its place among the statements: *early* of them before it, *late* behind."""
    if option.due and option.due.is_answer:
        return replace(option, cost=option.cost + 0.02 * late)
    joined = _is_joined(base, option)
    made = bool(base.truth.depths) and (joined or option.code in WHERE_MADE)
    place = 0.0002 * (early if made else late)
    beside = _apart(base, option.root) + _misplaced(base, option, joined)
    beside += COUNTED * is_count(base.told[option.root][0].value)
    return replace(option, cost=option.cost + beside + place)


def spread(base: Base, option: Operation, mended: frozenset[int]) -> float:
    """What is added where an operation moves what it does not mend, instead of what its place costs."""
    if option.due and option.due.is_answer or base.blocks is None:
        return 0.0
    beside = APART * bool(base.reach.get(option.root, mended) & base.wrong - mended)
    return beside - _apart(base, option.root)


def _apart(base: Base, root: int) -> float:
    """What is added where a statement does not reach all that is wrong."""
    return 0.0 if root in base.whole else APART


def _is_joined(base: Base, option: Operation) -> bool:
    """Does it put something beside what stands there, in the student's own names or as a number?"""
    if base.procedure.is_foreign(option):
        return False
    is_factor = option.code in ("times", "over") and option.new.endswith(NUMBERS)
    return option.code in JOINED or is_factor


def _misplaced(base: Base, option: Operation, joined: bool) -> float:
    """What is added where what stands there is due already."""
    if option.at is None:
        return 0.0
    if joined:
        # it belongs to no value of the forward pass
        return ELSEWHERE * base.is_as_due(option.root, FORWARD)
    if option.code == "replaced" and base.procedure.is_foreign(option):
        return ELSEWHERE * base.is_as_due(option.root)
    return 0.0


def below(option: Operation | None) -> float:
    """What another one may cost."""
    return option.cost if option else 99.0


def cheapest(*found: Operation | None) -> Operation | None:
    """The one that mends most; of several the simplest."""
    given = [o for o in found if o]
    return min(given, key=lambda o: (-len(o.mends), o.cost), default=None)


def cost_of(option: Operation) -> float:
    return option.cost
