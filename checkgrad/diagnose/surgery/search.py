"""The search for one operation: the place and the text with which what is wrong in a run becomes right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from checkgrad.diagnose.surgery.base import Base
from checkgrad.diagnose.surgery.confirmation import ANY, MUCH, Confirmation
from checkgrad.diagnose.surgery.nearness import is_finite
from checkgrad.diagnose.surgery.options import Operation
from checkgrad.diagnose.surgery.prediction import Prediction
from checkgrad.diagnose.surgery.procedure import Procedure
from checkgrad.diagnose.surgery.scene import EXPRESSION
from checkgrad.diagnose.surgery.stopped import StoppedRun
from checkgrad.diagnose.surgery.table import Reply
from checkgrad.diagnose.surgery.weighing import below, cheapest, cost_of, weighed

# Entries of a value whose effect is measured entry by entry: first, and where much could be added.
MIDDLE, LARGEST = 64, 300
PLAIN = 1.5  # below this cost stands what needs no quantity from outside
WIDE = 2.3  # above it stands what is due in the end, which says little
MOST_SPOILT = 2  # statements that first give what is no number
MOST_BLIND = 200  # operations on what gives no numbers


@dataclass(frozen=True)
class Round:
    """Options that are looked at together.

    given: those on a statement. enough: the cost below which one that mends all is good enough. largest: entries of a
    value that is moved entry by entry. times: as many interventions as usual whose effect is not known. loose: counts, after
    it, what mends only some of what lies nearest the loss?
    """

    given: Callable[[int], Iterable[Operation]]
    enough: float = PLAIN
    largest: int = MIDDLE
    times: int = 1
    loose: bool = False


class RepairSearch:
    """What one operation mends in a run with what is kept, in which the blocks *right* are right."""

    def __init__(self, procedure: Procedure, reply: Reply, right: frozenset[int]) -> None:
        self.base = Base(procedure, reply, right)
        self.procedure, self.truth, self.options = procedure, procedure.truth, self.base.options
        self.prediction, self.confirmation = Prediction(self.base), Confirmation(self.base)

    def best(self) -> Operation | None:
        """The best operation."""
        base = self.base
        if not base.answers:
            base.learn_what_is_not_used()
            return StoppedRun(base, self.confirmation).best()
        spoilt = [r for r in base.roots if not is_finite(base.told[r][0].value)][:MOST_SPOILT]
        if (found := self._among(spoilt)) and found.cost < WIDE:
            return found
        base.learn_what_is_not_used()
        base.measure_reach()
        if (found := self._among(base.thrown_away)) and base.is_whole(found):
            return found
        found, is_enough = self._in_rounds()
        return found if is_enough else self._elsewhere(found)

    def _in_rounds(self) -> tuple[Operation | None, bool]:
        """The best of what reaches nothing that is right, and whether it is good enough."""
        best: Operation | None = None
        for one in self._rounds():
            best = cheapest(best, self._among(self.base.clean, one))
            is_whole = best is not None and self.base.is_whole(best)
            if best and is_whole and best.cost < one.enough:
                return best, not self.procedure.is_foreign(best)
            other = min(self.confirmation.loose, key=cost_of, default=None)
            if one.loose and not is_whole and other and other.cost < one.enough < below(best):
                return other, True
        return best, False

    def _rounds(self) -> Iterator[Round]:
        """The student's own names, quantities that are due, something beside it, other shapes."""
        options, shaped = self.options, self.base.is_shaped
        yield Round(options.own)
        yield Round(options.quantities, loose=True)
        yield Round(options.wider, WIDE, LARGEST, loose=True)
        yield Round(lambda r: options.unfitting(r, shaped), WIDE, times=1 if shaped else 2)

    def _elsewhere(self, best: Operation | None) -> Operation | None:
        """The best that there is, where what also reaches what is right, or gives no numbers, counts too."""
        base = self.base
        rest = [r for r in base.roots if base.wrong <= base.reach[r] and r not in base.clean]
        if best and base.is_whole(best) and self.procedure.is_foreign(best):
            others = [
                self._blind(best.cost),
                self._among(rest, Round(self.options.wider, largest=LARGEST)),
            ]
            best = min(filter(self._is_own, filter(None, others)), key=cost_of, default=best)
        if best and best.cost < WIDE:
            return best
        if (other := self._among(rest)) and base.is_whole(other):
            return other
        return best or self._blind()

    def _is_own(self, option: Operation) -> bool:
        """Is all right with it, in the student's own names?"""
        return self.base.is_whole(option) and not self.procedure.is_foreign(option)

    def _among(self, roots: Sequence[int], one: Round | None = None) -> Operation | None:
        """The best operation on one of these statements; where answers follow linearly, what it mends is known before."""
        if not roots or self.procedure.is_spent:
            return None
        one = one or Round(self.options.of)
        given = {r: self._weighed(r, i, len(roots), one) for i, r in enumerate(roots)}
        forecast = self.prediction.of(given, one.largest)
        confirmed, most = self.confirmation.best, self.procedure.table.most_unknown * one.times
        best = confirmed(forecast.sure)
        likely, rest = self.prediction.split(forecast.unknown)
        best = cheapest(best, confirmed(self._worth_trying(likely, best), most=most))
        # much simpler ones may do the same
        room = MUCH * bool(likely and best)
        return cheapest(best, confirmed(self._worth_trying(rest, best, room), most=most))

    def _worth_trying(
        self, options: Iterable[Operation], best: Operation | None, room: float = 0.0
    ) -> Iterator[Operation]:
        """Those that cost less than the best one by more than *room*, or could mend all where that does not."""
        may_mend_more = self.base.whole if best and not self.base.is_whole(best) else ()
        limit = below(best) - room
        return (o for o in options if o.cost < limit or o.root in may_mend_more)

    def _weighed(self, root: int, place: int, count: int, one: Round) -> list[Operation]:
        """What could stand in a statement, the simplest first."""
        options = (weighed(self.base, o, place, count - place) for o in one.given(root))
        return sorted(options, key=cost_of)

    def _blind(self, limit: float = ANY) -> Operation | None:
        """The best operation on statements that give no numbers: conditions, iterables, lists."""
        base, nodes = self.base, self.base.nodes
        reaching = [nodes[r] for r in base.roots if base.near & base.reach[r]]
        scopes = {(n.file, n.scope) for n in reaching}
        tops = (n for n in nodes if n.kind == EXPRESSION and n.parent == -1)
        wanted = [
            option
            for node in tops
            if node.number not in base.roots and (node.file, node.scope) in scopes
            for option in self.options.texts(node.number, True)
        ]
        return self.confirmation.best(sorted(wanted, key=cost_of), limit, MOST_BLIND)
