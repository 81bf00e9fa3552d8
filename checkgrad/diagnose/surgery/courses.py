"""Several mistakes: which repairs belong together. Of all that make everything right the simplest together count."""

from __future__ import annotations

import ast
import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad.diagnose.surgery.options import Operation
from checkgrad.diagnose.surgery.pairs import pairs_of
from checkgrad.diagnose.surgery.search import PLAIN, Search

MOST = 4  # mistakes
MOST_TWINS = 150  # pairs of statements of one form, with one operation
MOST_LOOKED, MOST_BRANCHES = (
    7,
    3,
)  # runs that are searched, and repairs with which one goes on from each
ENOUGH = 2  # runs that are searched although something makes all right
FOREIGN = 0.7  # what two repairs in the student's own names may cost more
LEAST = 0.9  # about what the simplest repair costs


def operate(search: Search) -> list[Operation]:
    """The operations that make everything right that they reach, which the search keeps; none where none is found."""
    with np.errstate(all="ignore"):
        return Courses(search).best()


@dataclass(frozen=True, order=True)
class Course:
    """Repairs, one after the other. cost: of all together, with what is lacking at least."""

    cost: float
    place: int
    kept: tuple[Operation, ...]
    is_whole: bool


class Courses:
    """What a search finds on the runs to which its own repairs lead."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self.waiting: list[Course] = []
        self.most: tuple[int, tuple[Operation, ...]] = (0, ())  # that are right, and with what
        self.stopped = False
        self.count = 0

    def best(self) -> list[Operation]:
        """The simplest repairs that make all right; what mends most where none do."""
        search = self.search
        self.add(tuple(search.kept), False)
        looked = 0
        while self.waiting:
            course = heapq.heappop(self.waiting)
            search.kept = list(course.kept)
            if course.is_whole:
                return self.ordered(self.bettered())
            looked += 1
            most = ENOUGH if any(c.is_whole for c in self.waiting) else MOST_LOOKED
            if looked > most or looked > 1 and search.is_spent:
                continue
            for kept, is_whole in self.further(course.kept):
                self.add(kept, is_whole)
        # what only takes an error out of the way says little
        search.kept = [] if self.stopped else list(self.most[1])
        return search.kept

    def bettered(self) -> list[Operation]:
        """What is kept, without what is not needed, each with the simplest that goes with the others."""
        search = self.search
        for one in sorted(search.kept, key=lambda o: -o.cost) if len(search.kept) > 1 else []:
            whole = list(search.kept)
            search.kept = [o for o in whole if o is not one]
            (base,) = search.run(search.trial(search.truth, tell=True))
            right = search.truth.right(base.blocks)
            if right == search.truth.everything:
                continue
            better = None
            if self.search.is_foreign(one) and base.blocks is not None and not search.is_spent:
                better = search.one(base, right)
            if better and search.is_whole(better) and better.cost < one.cost:
                search.kept = [better if o is one else o for o in whole]
            else:
                search.kept = whole
        return search.kept

    def ordered(self, kept: list[Operation]) -> list[Operation]:
        """The nearest to the result first, where no loss tells what is near."""
        told = self.search.first.told if self.search.first else {}
        are_twins = len({o.code for o in kept}) == 1
        if self.search.truth.depths or are_twins or not all(o.root in told for o in kept):
            return kept
        self.search.kept = sorted(kept, key=lambda o: -told[o.root][-1].order)
        return self.search.kept

    def add(self, kept: tuple[Operation, ...], is_whole: bool) -> None:
        self.count += 1
        cost = sum(o.cost + FOREIGN * self.search.is_foreign(o) for o in kept) + LEAST * (
            not is_whole
        )
        heapq.heappush(self.waiting, Course(cost, self.count, kept, is_whole))

    def further(self, kept: tuple[Operation, ...]) -> Iterator[tuple[tuple[Operation, ...], bool]]:
        """With what one could go on, and is all right then?"""
        search = self.search
        (base,) = search.run(search.trial(search.truth, tell=True))
        search.first = search.first or base
        self.stopped |= base.blocks is None
        right = search.truth.right(base.blocks)
        self.most = max(self.most, (len(right), kept), key=lambda most: most[0])
        if right == search.truth.everything:
            yield kept, True
            return
        if len(kept) >= MOST:
            return
        best = search.one(base, right)
        if best is None and base.blocks is not None and (pair := self.twins()):
            yield (*kept, *pair), False
        if base.blocks is not None and (best is None or self.search.is_foreign(best)):
            for both in pairs_of(search):
                yield (*kept, *both), len(both[0].mends) == len(search.truth.everything - right)
        for one in self.branches(best):
            others = (o for o in kept if not search.overlap(o, one))
            yield (*others, one), search.is_whole(one)

    def branches(self, best: Operation | None) -> list[Operation]:
        """The best, and the simplest in other places."""
        if best is None:
            return []
        if self.search.is_whole(best) and best.cost < PLAIN:
            return [best]
        found = {best.root: best}
        for one in sorted(self.search.found, key=lambda o: o.cost):
            found.setdefault(one.root, one)
        return list(found.values())[:MOST_BRANCHES]

    def twins(self) -> list[Operation]:
        """The same operation in two statements of one form, which only together make all right; [] where there is none."""
        search = self.search
        forms: dict[Any, list[int]] = {}
        for root in search.roots():
            scene, expression = search.options.scene(root), search.options.expression(root)
            if scene is not None and expression is not None:
                outline = (scene.file, search.runs.nodes[root].scope, _outline(expression))
                forms.setdefault(outline, []).append(root)
        pairs: list[list[Operation]] = []
        for roots in forms.values():
            done: dict[Any, list[Operation]] = {}
            for root in roots if len(roots) == 2 else []:
                for option in search.options.texts(root, True):
                    done.setdefault(self.way_of(option), []).append(option)
            pairs += [
                both for both in done.values() if len({o.root for o in both}) == 2 == len(both)
            ]
        wrong = search.truth.everything - search.before
        pairs = sorted(pairs, key=lambda both: both[0].cost)[:MOST_TWINS]
        replies = search.run(*(search.trial(search.truth, *both) for both in pairs))
        names = frozenset(search.truth.names[i] for i in wrong)
        for both, reply in zip(pairs, replies, strict=True):
            if search.mended(reply, search.truth, search.base, search.before) == wrong:
                fresh = search.patient.truths[1:]
                bases = search.run(*(search.trial(truth) for truth in fresh))
                rows = zip(
                    search.run(*(search.trial(t, *both) for t in fresh)), fresh, bases, strict=True
                )
                if search.does_the_same(rows, wrong):
                    return [replace(o, mends=names) for o in both]
        return []

    def way_of(self, option: Operation) -> Any:
        """What an operation does, whatever it is done to."""
        options = self.search.options
        scene, expression = options.scene(option.root), options.expression(option.root)
        if scene is None or expression is None or option.at is None:
            return option.root
        places = [id(one) for one in ast.walk(expression)]
        at = places.index(id(option.at)) if id(option.at) in places else -1
        return at, option.code, option.new.replace(scene.said(option.at), "_")


def _outline(expression: ast.expr) -> str:
    """The form of an expression, without its names and numbers."""
    return " ".join(type(one).__name__ for one in ast.walk(expression))
