"""How answers follow the value of a statement: measured entry by entry, and where that is linear, what they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from checkgrad.diagnose.surgery.base import Base
from checkgrad.diagnose.surgery.nearness import NEAR, is_near, parted

STEPPED = "(_) + _due('step')"


class AnswerSlopes:
    """Slopes of all answers by the values of statements; None where they are not linear, or that is unknown."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.known: dict[int, Any] = {}

    def of(self, root: int) -> Any:
        return self.known.get(root)

    def measure(self, roots: Sequence[int], most: int) -> None:
        """How every entry of the answers follows every entry of these values. most: entries of a value."""
        sizes = {r: sum(np.size(t.value) for t in self.base.told[r]) for r in roots}
        new = [r for r in roots if r not in self.known and sizes[r] <= most]
        self.known |= dict.fromkeys(new)
        if self.base.blocks is not None:
            self.known |= self._measured({r: sizes[r] for r in new if self._is_real(r)})

    def _is_real(self, root: int) -> bool:
        return all(np.asarray(t.value).dtype.kind in "fiu" for t in self.base.told[root])

    def _measured(self, sizes: Mapping[int, int]) -> dict[int, Any]:
        """Entry by entry, where the answers move twice as far if all entries are moved twice as far."""
        all_moved = {r: _test(size) for r, size in sizes.items()}
        once = self._moves(list(all_moved.items()))
        twice = self._moves([(r, 2 * step) for r, step in all_moved.items()])
        pairs = zip(sizes, once, twice, strict=True)
        tests = {r: a for r, a, b in pairs if a is not None and b is not None and _same(b, 2 * a)}
        rows = self._moves([(r, row) for r in tests for row in np.eye(sizes[r])])
        found: dict[int, Any] = {}
        at = 0
        for root, test in tests.items():
            columns, at = rows[at : at + sizes[root]], at + sizes[root]
            if not any(column is None for column in columns):
                slopes = np.array(columns)
                found |= {root: slopes} if _same(test, all_moved[root] @ slopes) else {}
        return found

    def _moves(self, steps: Sequence[tuple[int, Any]]) -> list[Any]:
        """By how much the answers move as values are moved; None where they have other shapes then."""
        procedure, truth = self.base.procedure, self.base.truth
        interventions = []
        for root, row in steps:
            step = list(parted(row, [np.asarray(t.value) for t in self.base.told[root]]))
            interventions.append(
                procedure.intervention(truth, changes={root: STEPPED}, due={"step": step})
            )
        return list(map(self.base.move, procedure.run(*interventions)))

    # ---- what becomes right

    def will_mend(self, slopes: Any, step: Any) -> int:
        """How many blocks become right; 0 where one is lost."""
        right = self._right_after(slopes, step)
        return len(right - self.base.before) if self.base.before <= right else 0

    def may_mend(self, slopes: Any, step: Any) -> bool:
        """Does a block nearest the loss become right? In a later turn it may be given what an earlier one changed.

        Of what a turn of a loop does more often than it tells, that is not known before.
        """
        is_loop = self.base.procedure.patient.kind == "loop"
        return is_loop or bool(self._right_after(slopes, step) & self.base.near)

    def _right_after(self, slopes: Any, step: Any) -> frozenset[int]:
        """The blocks that are right after a step of a value that they follow linearly."""
        base, truth = self.base.blocks or [], self.base.truth
        with np.errstate(all="ignore"):
            new = self.base.flat + step @ slopes
        parts = parted(new, [np.asarray(block) for block in base])
        rows = zip(parts, truth.due, truth.bounds, strict=True)
        return frozenset(i for i, (got, due, bound) in enumerate(rows) if is_near(got, due, bound))


def _test(size: int) -> Any:
    return 0.7 * np.cos(np.arange(size))


def _same(found: Any, said: Any) -> bool:
    """Is it what was said, but for rounding?"""
    near = np.abs(found - said) <= NEAR * (np.max(np.abs(said), initial=0.0) + 1e-12)
    return bool(np.all(near))
