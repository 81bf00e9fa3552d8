"""Operations tried out: what is right with them, nothing being lost, and whether they do the same on fresh data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from checkgrad.diagnose.surgery.base import Base
from checkgrad.diagnose.surgery.nearness import has_moved
from checkgrad.diagnose.surgery.options import Operation
from checkgrad.diagnose.surgery.patient import Truth, alternatives
from checkgrad.diagnose.surgery.table import Reply
from checkgrad.diagnose.surgery.weighing import below, spread

MOST_PLACES = 3  # in which what mends only something is looked for
ODD = 0.5  # cost of an operation that is true of targets at 0 and 1 only
MUCH = 0.2  # of cost
LEAST_COST = 0.1
ANY = 99.0  # cost


@dataclass
class Harvest:
    """What a few interventions gave. whole: mends all that is wrong; second: the first that mends some of it."""

    whole: Operation | None = None
    second: Operation | None = None
    places: set[int] = field(default_factory=set)  # where something is mended, not all

    def add(self, sure: Operation, is_whole: bool) -> None:
        if is_whole and (self.whole is None or sure.cost < self.whole.cost):
            self.whole = sure
        self.places.add(sure.root)
        self.second = self.second or sure


class Confirmation:
    """Trials on one run.

    found: what mends something in the run as it is; loose: what mends some of what lies nearest the loss, where
    another mistake spoils the rest of it.
    """

    def __init__(self, base: Base) -> None:
        self.base, self.procedure, self.truth = base, base.procedure, base.truth
        self.found: list[Operation] = []
        self.loose: list[Operation] = []

    def best(
        self, options: Iterable[Operation], limit: float = ANY, most: int = 60
    ) -> Operation | None:
        """The first that mends all that is wrong, else the first that mends some of it; also on the fresh sets."""
        harvest, at_once = Harvest(), self.procedure.table.at_once
        waiting = [o for o in options if o.cost < limit][:most]
        while waiting and not self.procedure.is_spent:
            few, waiting = waiting[:at_once], waiting[at_once:]
            for option, reply in self._tried(few):
                if self._note(harvest, option, reply):
                    waiting = [o for o in waiting if o.cost < below(harvest.whole) - MUCH]
            if harvest.whole and not waiting:
                break
        return harvest.whole or harvest.second

    def _tried(self, few: Sequence[Operation]) -> Iterator[tuple[Operation, Reply]]:
        procedure = self.procedure
        replies = procedure.run(*(procedure.intervention(self.truth, option) for option in few))
        procedure.tried += few
        return zip(few, replies, strict=True)

    def _note(self, harvest: Harvest, option: Operation, reply: Reply) -> bool:
        """Keep what mends something; does it mend all?"""
        mended = self.mended(reply)
        is_whole = mended == self.base.wrong
        if not mended:
            self._note_loose(option, reply)
            return False
        sure = None
        if is_whole or _is_another(option, harvest.places):
            sure = self._held(option, mended)
        if sure is None:
            return False
        self.found.append(sure)
        harvest.add(sure, is_whole)
        return is_whole

    def _note_loose(self, option: Operation, reply: Reply) -> None:
        """Keep what mends some of what lies nearest the loss and moves the rest of it."""
        mended = self.mended(reply, loose=True)
        if mended & self.base.near and _is_another(option, {o.root for o in self.loose}):
            sure = self._held(option, mended, loose=True)
            self.loose += [sure] if sure else []
            self.found += [sure] if sure else []

    # ---- what is right with it

    def mended(self, reply: Reply, loose: bool = False) -> frozenset[int]:
        """The blocks that are right now; none where others were lost, or moved that come before them.

        loose: what lies as near to the loss may stay wrong, and move.
        """
        return _mended(reply, self.truth, self.base.reply, self.base.before, loose)

    def _held(
        self, option: Operation, mended: frozenset[int], loose: bool = False
    ) -> Operation | None:
        """The operation in the form in which it does the same on the fresh sets."""
        for sure in self._forms(option):
            if self.does_the_same(self.procedure.run_fresh(sure), mended, loose):
                odd = 0.0 if self._is_true_of_any(sure, mended) else ODD
                cost = max(sure.cost + spread(self.base, sure, mended) + odd, LEAST_COST)
                return replace(sure, cost=cost, mends=self.names(mended))
        return None

    def _forms(self, option: Operation) -> Iterator[Operation]:
        """The operation, with its quantity by every rule that gives the same in the first turn."""
        if option.due is None:
            yield option
            return
        for rule in alternatives(option.due, self.truth):
            text, new = (t.replace(option.due.key, rule.key) for t in (option.text, option.new))
            yield replace(option, due=rule, text=text, new=new)

    def names(self, mended: frozenset[int]) -> frozenset[str]:
        return frozenset(self.truth.names[i] for i in mended)

    def _is_true_of_any(self, option: Operation, mended: frozenset[int]) -> bool:
        """Does it mend the same where targets are no plain 0 and 1?"""
        soft = self.procedure.patient.soft
        replies = self.procedure.run(
            *(self.procedure.intervention(truth, option) for truth in soft)
        )
        rights = (t.right(reply.blocks) for t, reply in zip(soft, replies, strict=True))
        return all(mended <= right for right in rights)

    def both_held(self, both: Sequence[Operation], mended: frozenset[int]) -> bool:
        """Do operations together do the same on the fresh sets?"""
        return self.does_the_same(self.procedure.run_fresh(*both), mended)

    def does_the_same(
        self, replies: Sequence[Reply], mended: frozenset[int], loose: bool = False
    ) -> bool:
        """Does it mend on every fresh set what is wrong there, and on one at least?"""
        fresh = self.procedure.patient.truths[1:]
        shown = not fresh
        for reply, truth, base in zip(replies, fresh, self.base.fresh, strict=True):
            before = truth.right(base.blocks)
            if mended <= before:  # a penalty does not show where parameters are 0
                if not before <= truth.right(reply.blocks):
                    return False
            elif not _mended(reply, truth, base, before, loose):
                return False
            else:
                shown = True
        return shown


def _mended(
    reply: Reply, truth: Truth, base: Reply, before: frozenset[int], loose: bool
) -> frozenset[int]:
    if reply.blocks is None:
        return frozenset()
    right = truth.right(reply.blocks)
    mended = right - before
    if not before <= right or not mended:
        return frozenset()
    if base.blocks is None or len(base.blocks) != len(reply.blocks):
        return mended
    nearest = max((truth.depths[i] for i in mended), default=0) if truth.depths else 0
    astray = (
        has_moved(reply.blocks[i], base.blocks[i])
        for i in truth.everything - right
        if not truth.depths or truth.depths[i] >= nearest + loose
    )
    return frozenset() if any(astray) else mended


def _is_another(option: Operation, places: Collection[int]) -> bool:
    """Is it in another place than what mends as little, of which a few are enough?"""
    return len(places) < MOST_PLACES and option.root not in places
