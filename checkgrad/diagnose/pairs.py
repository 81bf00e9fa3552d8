"""What came beside what was due, for every probe: the raw material of all relations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from checkgrad import compare
from checkgrad.diagnose.case import Case
from checkgrad.exercise import Probe


class Pair(NamedTuple):
    """What came and what was due on one probe, with the numbers of samples and classes."""

    got: Any
    due: Any
    bound: Any
    n: float
    c: float
    probe: Probe = ()

    @property
    def right(self) -> bool:
        return compare.difference(self.got, self.due, self.bound) is None

    @property
    def same_shape(self) -> bool:
        return bool(np.shape(self.got) == np.shape(self.due))

    def off(self) -> Any:
        """Which entries are wrong; None where the shapes differ."""
        if not self.same_shape:
            return None
        return ~(np.abs(np.asarray(self.got, float) - self.due) <= self.bound)


@lru_cache(maxsize=8)
def pairs(case: Case) -> Sequence[Pair] | None:
    """A pair for every probe, fresh ones included; None where not one array is due and came."""
    if not case.returns:
        return None
    seen = [(p, got) for p, got in (*case.seen, *case.more) if got.returned]
    several = isinstance(case.right(case.probes[0]).value, tuple)
    if several or any(compare.not_numbers(got.value) for _, got in seen):
        return None
    return [_pair(case, probe, got.value) for probe, got in seen]


def sizes(probe: Probe) -> tuple[float, float]:
    """Samples and classes of a probe."""
    shape = max((np.shape(arg) for arg in probe), key=len, default=())
    return float(shape[0]) if shape else 1.0, float(shape[-1]) if len(shape) > 1 else 1.0


def _pair(case: Case, probe: Probe, value: Any) -> Pair:
    due = case.right(probe).value
    bound = compare.rounding_bound(case.formula, probe, due, value)
    return Pair(value, due, bound, *sizes(probe), probe)
