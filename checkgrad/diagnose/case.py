"""A failing function, and what it is compared with: behaviours, bounds, more probes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.child.behaviour import Behaviour, fingerprint, observe
from checkgrad.exercise import Exercise, Formula, Probe
from checkgrad.reading import form as forms
from checkgrad.reading.topic import as_asked

MORE = 1000  # added to the seed for probes that only a confirmation sees
# Beyond this share of the largest entry, for single and for double precision, no rounding bound has to be worked out.
NEAR, SHARP = 1e-2, 1e-6
POWER = re.compile(r"1e-\d+")
SLACK = 4  # times what a small number inside a logarithm moves the right value


@dataclass(eq=False)
class Case:
    """A function that failed: the formula it should follow, the probes, and a way to ask it about more.

    manner: how it is asked: about each sample by itself, so that whatever mixes samples cannot show, or after a few steps.
    """

    exercise: Exercise
    formula: Formula
    probes: Sequence[Probe]
    answers: Callable[[Sequence[Probe]], list[Behaviour]]
    manner: str = ""
    seed: int = 0
    _right: dict[Any, Behaviour] = field(default_factory=dict)
    _asked: dict[Formula, Formula] = field(default_factory=dict)
    _given: dict[tuple[Formula, int], Behaviour] = field(default_factory=dict)

    @cached_property
    def seen(self) -> list[tuple[Probe, Behaviour]]:
        """The probes with what the function did."""
        return list(zip(self.probes, self.answers(self.probes), strict=True))

    @cached_property
    def returns(self) -> bool:
        """Does the function give a value on every probe?"""
        return all(got.returned for _, got in self.seen)

    @cached_property
    def more(self) -> list[tuple[Probe, Behaviour]]:
        """Fresh probes, which confirm what was found on the others."""
        fresh = self.exercise.probes(self.seed + MORE)
        return list(zip(fresh, self.answers(fresh), strict=True))

    @cached_property
    def special(self) -> list[tuple[Probe, Behaviour]]:
        """As many samples as classes, where a lost axis gives no error; fractions, whose logarithms are numbers."""
        cut = [s for p in self.probes if (s := _square(p)) is not None]
        asked = [*cut, *(tuple(map(_fractions, p)) for p in self.probes)]
        return list(zip(asked, self.answers(asked), strict=True))

    @cached_property
    def single(self) -> list[tuple[Probe, Behaviour]]:
        """The samples of the first probe, each by itself."""
        rows = [tuple(row) for row in forms.rows(self.exercise, self.probes[0])]
        return list(zip(rows, self.answers(rows), strict=True))

    def right(self, probe: Probe) -> Behaviour:
        """What is due."""
        key = fingerprint(probe)
        if key not in self._right:
            self._right[key] = observe(self.formula, probe)
        return self._right[key]

    def as_asked(self, formula: Formula) -> Formula:
        """What a formula comes to in the manner in which the function is asked."""
        if not self.manner:
            return formula
        if formula not in self._asked:
            self._asked[formula] = as_asked(formula, self.exercise, self.manner)
        return self._asked[formula]

    def gives(self, formula: Formula, probe: Probe) -> Behaviour:
        """What a wrong formula gives on one of the probes of this case."""
        key = formula, id(probe)
        if key not in self._given:
            self._given[key] = observe(formula, probe)
        return self._given[key]

    @cached_property
    def is_right(self) -> bool:
        """Does the function give what is due on every probe?"""
        return all(agrees(got, self.right(p), self.formula, p) for p, got in self.seen)

    @cached_property
    def orders(self) -> tuple[tuple[int, ...], ...]:
        """In which orders the members of an answer may have been read; one where there are no members."""
        due = self.right(self.probes[0]).value
        return tuple(permutations(range(len(due)))) if isinstance(due, tuple) else ((),)

    @cached_property
    def small_number(self) -> Formula | None:
        """The right formula with the largest accepted number inside its logarithm, if it has one."""
        sizes = {
            v.formula: float(v.convention["eps"])
            for v in self.exercise.variants
            if set(v.convention) == {"eps"} and POWER.fullmatch(v.convention["eps"])
        }
        return max(sizes, key=lambda formula: sizes[formula], default=None)

    def slack(self, probe: Probe) -> float:
        """What a small number inside a logarithm may move a value by."""
        assert self.small_number
        moved = np.asarray(self.small_number(*probe)) - self.exercise(*probe)
        return SLACK * float(np.max(np.abs(moved), initial=0.0))


def agrees(
    got: Behaviour, due: Behaviour, formula: Formula, probe: Probe, slack: float = 0.0
) -> bool:
    """Did the function do what *formula* does, up to rounding and *slack*?"""
    if _far(got.value, due.value, NEAR, slack):
        return False
    exact = compare.unit_roundoff(probe, got.value) == compare.DOUBLE
    if exact and _far(got.value, due.value, SHARP, slack):
        return False
    return compare.same(got, due, _widened(bound(formula, probe, due, got), slack))


def finite(value: Any) -> bool:
    """Is there any number in it that is one?"""
    parts = value if isinstance(value, tuple) else (value,)
    return any(compare.not_numbers(p) or bool(np.isfinite(p).any()) for p in parts)


def bound(formula: Formula, probe: Probe, due: Behaviour, got: Behaviour) -> Any:
    """The rounding bound of a formula that may be wrong, and fail."""
    if not due.returned or compare.not_numbers(due.value) and not isinstance(due.value, tuple):
        return 0.0
    try:
        return compare.rounding_bound(formula, probe, due.value, got.value)
    except Exception:  # a wrong formula may fail on the moved inputs; then only equality counts
        return 0.0


def reordered(got: Behaviour, order: tuple[int, ...]) -> Behaviour:
    """The answer with its members in another order."""
    if not order or not isinstance(got.value, list | tuple) or len(got.value) != len(order):
        return got
    return Behaviour(value=tuple(got.value[i] for i in order), mutated=got.mutated)


def folded(got: Behaviour, due: Behaviour, probe: Probe) -> Behaviour:
    """The answer with the axes of what is due where they cannot be told apart: one sample, one unit, one number."""
    if not got.returned:
        return got
    alone = isinstance(probe[0], np.ndarray) and len(probe[0]) == 1
    if isinstance(got.value, tuple) and isinstance(due.value, tuple):
        if len(got.value) != len(due.value):
            return got
        value: Any = tuple(_fold(g, d, alone) for g, d in zip(got.value, due.value, strict=True))
    else:
        value = _fold(got.value, due.value, alone)
    return Behaviour(value=value, mutated=got.mutated)


def _fold(got: Any, due: Any, alone: bool) -> Any:
    if compare.not_numbers(got) or compare.not_numbers(due):
        return got
    got, shape = np.asarray(got), np.shape(due)
    same = np.squeeze(got).shape == tuple(n for n in shape if n != 1)
    turned = got.ndim == len(shape) == 2  # a row where a column is due
    return got.reshape(shape) if same and (alone or turned or got.size == 1) else got


def _widened(limit: Any, slack: float) -> Any:
    if isinstance(limit, tuple):
        return tuple(_widened(one, slack) for one in limit)
    return np.asarray(limit) + slack


def _far(got: Any, due: Any, near: float, slack: float) -> bool:
    """Are two values apart beyond all doubt? Saves the work of a rounding bound."""
    if isinstance(got, tuple) and isinstance(due, tuple) and len(got) == len(due):
        return any(_far(g, d, near, slack) for g, d in zip(got, due, strict=True))
    if isinstance(got, np.ndarray | float) and isinstance(due, np.ndarray | float):
        if np.shape(got) != np.shape(due):
            return True
        if np.asarray(got).dtype.kind == "f" and np.isfinite(due).all():
            size = float(np.max(np.abs(due), initial=0.0))
            return not bool(np.all(np.abs(got - due) <= near * size + slack))
    return False


def _fractions(arg: Any) -> Any:
    """Real numbers brought between 0 and 1; what is there already stays as it is."""
    if not (isinstance(arg, np.ndarray) and arg.dtype.kind == "f"):
        return arg
    inside = bool(np.all((arg >= 0) & (arg <= 1)))
    return arg if inside else np.abs(arg) / (1 + np.abs(arg))


def _square(probe: Probe) -> Probe | None:
    """The corner of every array in which all axes are as long as the shortest."""
    arrays = [arg for arg in probe if isinstance(arg, np.ndarray)]
    size = min((n for a in arrays for n in a.shape), default=0)
    if size < 2 or all(n == size for a in arrays for n in a.shape):
        return None
    return tuple(
        arg[(slice(size),) * arg.ndim] if isinstance(arg, np.ndarray) else arg for arg in probe
    )
