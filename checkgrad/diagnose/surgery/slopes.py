"""How answers follow the value of a statement: measured entry by entry, and where that is linear, what they become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from checkgrad.diagnose.surgery.base import Base
from checkgrad.diagnose.surgery.nearness import NEAR, flat, is_alike, is_near, parted
from checkgrad.diagnose.surgery.table import Reply

STEPPED = "(_) + _due('step')"


class Slopes:
    """Slopes of all answers by the values of statements; None where they are not linear, or that is unknown."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.known: dict[int, Any] = {}

    def of(self, root: int) -> Any:
        return self.known.get(root)

    def measure(self, roots: Sequence[int], most: int) -> None:
        """How every entry of the answers follows every entry of these values. most: entries of a value."""
        told = self.base.told
        sizes = {r: sum(np.size(t.value) for t in told[r]) for r in roots}
        new = [r for r in roots if r not in self.known and sizes[r] <= most]
        self.known |= dict.fromkeys(new)
        if self.base.blocks is not None:
            self.known |= self._measured(new)

    def _measured(self, roots: Sequence[int]) -> dict[int, Any]:
        steps = [(root, step) for root in roots for step in self._steps(root)]
        trial, truth = self.base.procedure.trial, self.base.truth
        trials = [trial(truth, changes={r: STEPPED}, due={"step": step}) for r, step in steps]
        moves: dict[int, list[Any]] = {}
        for (root, _), reply in zip(steps, self.base.procedure.run(*trials), strict=True):
            moves.setdefault(root, []).append(self._move(reply))
        found = {root: _linear(rows) for root, rows in moves.items()}
        return {root: slopes for root, slopes in found.items() if slopes is not None}

    def _steps(self, root: int) -> Iterator[list[Any]]:
        """Every entry moved by itself, then all of them, to see whether the answers follow linearly."""
        told = [np.asarray(t.value) for t in self.base.told[root]]
        size = sum(value.size for value in told)
        if all(value.dtype.kind in "fiu" for value in told):
            for row in (*np.eye(size), _test(size)):
                yield list(parted(row, told))

    def _move(self, reply: Reply) -> Any:
        """By how much the answers moved; None where they have other shapes now."""
        base = self.base.blocks or []
        if reply.blocks is None or not all(map(is_alike, reply.blocks, base)):
            return None
        return flat(reply.blocks) - self.base.flat

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


def _linear(rows: Sequence[Any]) -> Any:
    """The slopes, of rows of which the last tests whether the others add up; None where they do not."""
    if any(row is None for row in rows):
        return None
    *columns, test = rows
    slopes = np.array(columns)
    said = _test(len(columns)) @ slopes
    near = np.abs(test - said) <= NEAR * (np.max(np.abs(said), initial=0.0) + 1e-12)
    return slopes if np.all(near) else None
