"""Several mistakes: which repairs belong together. Of all that make everything right the simplest together count."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from checkgrad.diagnose.surgery.mutations import NAMED
from checkgrad.diagnose.surgery.options import Operation
from checkgrad.diagnose.surgery.pairs import pairs_of
from checkgrad.diagnose.surgery.procedure import Procedure
from checkgrad.diagnose.surgery.search import PLAIN, RepairSearch
from checkgrad.diagnose.surgery.table import Reply
from checkgrad.diagnose.surgery.twins import twins_of

MOST = 4  # mistakes
# Runs that are searched, and repairs with which one goes on from each.
MOST_LOOKED, MOST_BRANCHES = 7, 3
ENOUGH = 2  # runs that are searched although something makes all right
FOREIGN = 0.7  # what two repairs in the student's own names may cost more
LEAST = 0.9  # about what the simplest repair costs

KeptOperations = tuple[Operation, ...]


def operate(procedure: Procedure) -> list[Operation]:
    """The operations that make everything right that they reach, which are kept; none where none is found."""
    with np.errstate(all="ignore"):
        procedure.kept = Courses(procedure).best()
        return procedure.kept


@dataclass(frozen=True, order=True)
class RepairCourse:
    """Repairs, one after the other. cost: of all together, with what is lacking at least."""

    cost: float
    place: int
    kept: KeptOperations
    is_whole: bool


class Courses:
    """What is found on the runs to which repairs lead. *most*: how much was right, and with what."""

    def __init__(self, procedure: Procedure) -> None:
        self.procedure, self.truth = procedure, procedure.truth
        self.waiting: list[RepairCourse] = []
        self.most: tuple[int, KeptOperations] = (0, ())
        self.stopped = False
        self.count = 0

    def best(self) -> list[Operation]:
        """The simplest repairs that make all right; what mends most where none do."""
        self.add(tuple(self.procedure.kept), False)
        looked = 0
        while self.waiting:
            course = heapq.heappop(self.waiting)
            self.procedure.kept = list(course.kept)
            if course.is_whole:
                return self.telling(self.ordered(self.bettered()))
            looked += 1
            most = ENOUGH if any(c.is_whole for c in self.waiting) else MOST_LOOKED
            if looked > most or looked > 1 and self.procedure.is_spent:
                continue
            for kept, is_whole in self.further(course.kept):
                self.add(kept, is_whole)
        # what only takes an error out of the way says little
        return [] if self.stopped else list(self.most[1])

    def add(self, kept: KeptOperations, is_whole: bool) -> None:
        self.count += 1
        cost = sum(o.cost + FOREIGN * self.procedure.is_foreign(o) for o in kept)
        heapq.heappush(
            self.waiting, RepairCourse(cost + LEAST * (not is_whole), self.count, kept, is_whole)
        )

    # ---- from one run to the next

    def further(self, kept: KeptOperations) -> Iterator[tuple[KeptOperations, bool]]:
        """With what one could go on, and is all right then?"""
        base, right = self.run()
        self.procedure.first = self.procedure.first or base
        self.stopped |= base.blocks is None
        self.most = max(self.most, (len(right), kept), key=lambda most: most[0])
        if right == self.truth.everything:
            yield kept, True
        elif len(kept) < MOST:
            yield from self.found_by(RepairSearch(self.procedure, base, right), kept)

    def run(self) -> tuple[Reply, frozenset[int]]:
        """The run with what is kept, and the blocks that are right in it."""
        intervention = self.procedure.intervention(self.truth, tell=True)
        (base,) = self.procedure.run(intervention)
        return base, self.truth.right(base.blocks)

    def found_by(
        self, search: RepairSearch, kept: KeptOperations
    ) -> Iterator[tuple[KeptOperations, bool]]:
        best, runs = search.best(), search.base.blocks is not None
        if best is None and runs and (pair := twins_of(search)):
            yield (*kept, *pair), False
        if runs and (best is None or self.procedure.is_foreign(best)):
            for both in pairs_of(search):
                yield (*kept, *both), search.base.is_whole(both[0])
        for one in branches(search, best):
            others = (o for o in kept if not self.procedure.overlap(o, one))
            yield (*others, one), search.base.is_whole(one)

    # ---- what is kept in the end

    def bettered(self) -> list[Operation]:
        """What is kept, without what is not needed, each with the simplest that goes with the others."""
        procedure = self.procedure
        dearest = sorted(procedure.kept, key=lambda o: -o.cost)
        for one in dearest if len(dearest) > 1 else []:
            whole = list(procedure.kept)
            procedure.kept = [o for o in whole if o is not one]
            base, right = self.run()
            if right != self.truth.everything:
                better = self.better(one, base, right)
                procedure.kept = [better if o is one else o for o in whole]
        return procedure.kept

    def better(self, one: Operation, base: Reply, right: frozenset[int]) -> Operation:
        """A simpler one than one that only tells what is due; itself where there is none."""
        procedure = self.procedure
        if not procedure.is_foreign(one) or base.blocks is None or procedure.is_spent:
            return one
        search = RepairSearch(procedure, base, right)
        found = search.best()
        return found if found and search.base.is_whole(found) and found.cost < one.cost else one

    def telling(self, kept: list[Operation]) -> list[Operation]:
        """What is kept, unless it only tells what comes out: round an error, or of a name that is given back."""
        goes_round = self.stopped and len(kept) > 1 and any(map(_is_answer, kept))
        alone = len(kept) == 1 == len(self.truth.due) and _is_answer(kept[0])
        return [] if goes_round or alone and isinstance(kept[0].at, NAMED) else kept

    def ordered(self, kept: list[Operation]) -> list[Operation]:
        """The nearest to the result first, where no loss tells what is near."""
        first = self.procedure.first
        told = first.told if first else {}
        are_twins = len({o.code for o in kept}) == 1
        if self.truth.depths or are_twins or not all(o.root in told for o in kept):
            return kept
        return sorted(kept, key=lambda o: -told[o.root][-1].order)


def _is_answer(option: Operation) -> bool:
    """Does it only tell what comes out in the end?"""
    return option.due is not None and option.due.is_answer


def branches(search: RepairSearch, best: Operation | None) -> list[Operation]:
    """The best, and the simplest in other places."""
    if best is None:
        return []
    if search.base.is_whole(best) and best.cost < PLAIN:
        return [best]
    found = {best.root: best}
    for one in sorted(search.confirmation.found, key=lambda o: o.cost):
        found.setdefault(one.root, one)
    return list(found.values())[:MOST_BRANCHES]
