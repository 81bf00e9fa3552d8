"""What options will mend, known before they are tried: by what they give, and how the answers follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from checkgrad.diagnose.surgery.base import Base
from checkgrad.diagnose.surgery.nearness import digest, flat, is_alike, is_same
from checkgrad.diagnose.surgery.options import Operation, is_number
from checkgrad.diagnose.surgery.peeking import PeekedTurns, peeked
from checkgrad.diagnose.surgery.slopes import AnswerSlopes
from checkgrad.diagnose.surgery.weighing import WHERE_MADE, cost_of

ALIKE = 3  # options that are tried of those that give the same on the first set


@dataclass
class Forecast:
    """Options that will mend something, those with which most is right first, and those of which that is not known."""

    will: list[tuple[int, Operation]] = field(default_factory=list)
    unknown: list[Operation] = field(default_factory=list)

    @property
    def sure(self) -> list[Operation]:
        return [o for _, o in sorted(self.will, key=lambda w: (-w[0], w[1].cost))]


class Prediction:
    """What is known of options on one run.

    looked: by statements, by what they gave. hopeful: what gives a quantity that is due somewhere.
    """

    def __init__(self, base: Base) -> None:
        self.base, self.slopes = base, AnswerSlopes(base)
        self.looked: dict[int, dict[Any, Operation]] = {}
        self.hopeful: set[Operation] = set()

    def of(self, given: Mapping[int, list[Operation]], most: int) -> Forecast:
        """What options will do, by their statements, the simplest first. most: entries of a value that is moved."""
        self.slopes.measure([root for root in given if given[root]], most)
        found = Forecast()
        for root, values in peeked(self.base, given).items():
            self._foretell(found, root, values)
        return found

    def split(self, unknown: Sequence[Operation]) -> tuple[list[Operation], list[Operation]]:
        """What gives a quantity that is due somewhere, and all else, the simplest first."""
        ordered = sorted(unknown, key=cost_of)
        likely = [o for o in ordered if o in self.hopeful]
        return likely, [o for o in ordered if o not in self.hopeful]

    def hope(self, option: Operation) -> tuple[bool, float]:
        """What gives a quantity that is due somewhere comes first, then what is simple."""
        return option not in self.hopeful, option.cost

    def _foretell(
        self, found: Forecast, root: int, values: Sequence[tuple[Operation, PeekedTurns]]
    ) -> None:
        told = [t.value for t in self.base.told[root]]
        seen: dict[Any, int] = {}
        for option, turns in values:
            if turns is None:
                found.unknown.append(option)
            elif not turns or turns[0] is None:
                continue
            elif not all(map(is_number, turns)):
                found.unknown.append(option)
            elif not all(map(is_same, turns, told)):
                key = _key(option, turns, told)
                seen[key] = seen.get(key, 0) + 1
                self._note(root, key, option)
                if seen[key] <= ALIKE:
                    self._place(found, root, option, turns, told)

    def _note(self, root: int, key: Any, option: Operation) -> None:
        """Keep one option of those that give the same; N and C may by chance be what a plain number is."""
        alike = self.looked.setdefault(root, {})
        if key not in alike or alike[key].due and not option.due:
            alike[key] = option

    def _place(
        self, found: Forecast, root: int, option: Operation, turns: list[Any], told: list[Any]
    ) -> None:
        """Will it mend something, or is that not known? Else it is no more thought of."""
        if option.due.is_start if option.due else self.base.truth.has(turns[0]):
            self.hopeful.add(option)
        slopes = self.slopes.of(root)
        fits = len(turns) == len(told) and all(map(is_alike, turns, told))
        if slopes is None or not fits:
            found.unknown.append(option)
            return
        step = flat(turns) - flat(told)
        if count := self.slopes.will_mend(slopes, step):
            found.will.append((count, option))
        elif len(told) > 1 and (option.code in WHERE_MADE or self.slopes.may_mend(slopes, step)):
            found.unknown.append(option)  # a later turn goes on from what an earlier one made


def _key(option: Operation, turns: list[Any], told: list[Any]) -> Any:
    """What is the same for options that do the same."""
    rule = option.due.rule if option.due and len(told) > 1 else None
    return (*map(digest, turns), rule)
