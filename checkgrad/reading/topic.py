"""What all candidates for one exercise are compared with: pilot probes, and what every right formula says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from checkgrad import compare
from checkgrad.conventions.layout import SINGLE
from checkgrad.exercise import Exercise, Formula, Probe
from checkgrad.reading import form as forms
from checkgrad.reading.steps import over_steps
from checkgrad.reading.way import Way, permitted

PILOTS = 2
ALONE, STEPS = "each sample alone", "after a few steps"  # how else than at once it is asked
# What is further off than this is not worth a rounding bound; for single precision, and for double.
ROUGH, FINE = 1e-3, 1e-9


class Right(NamedTuple):
    """A formula under which values may be right: the reference, or a variant of it; *lacking* is an argument less."""

    name: str
    formula: Formula
    convention: Mapping[str, str]
    lacking: str = ""

    def suits(self, way: Way) -> bool:
        """Is nothing handed over that the formula does without?"""
        return self.lacking not in way.order


@dataclass
class Topic:
    """An exercise with its pilots; what the formulas say of them is computed once."""

    exercise: Exercise
    pilots: list[Probe]
    rights: list[Right]
    binary: bool
    _due: dict[tuple[str, str, int], Any] = field(default_factory=dict)
    _tables: dict[str, list[FormulaValues]] = field(default_factory=dict)

    def formula(self, right: Right, manner: str) -> Formula:
        """The formula as it is asked in this manner."""
        grouped = isinstance(self.exercise(*self.pilots[0]), tuple)
        if manner == ALONE and grouped:
            return right.formula
        return as_asked(right.formula, self.exercise, manner)

    def expected(self, right: Right, manner: str, pilot: int) -> Any:
        """What *right* says of a pilot."""
        key = (right.name, manner, pilot)
        if key not in self._due:
            with np.errstate(all="ignore"):
                self._due[key] = self.formula(right, manner)(*self.pilots[pilot])
        return self._due[key]

    def near(self, manner: str, value: Callable[[Any], Any]) -> list[Right]:
        """The formulas that may be right of the first pilot, where *value* is what was got, given what is due."""
        if manner not in self._tables:
            self._tables[manner] = self._tabulated(manner)
        found = [i for table in self._tables[manner] for i in table.near(value(table.example))]
        return [self.rights[i] for i in sorted(found)]

    def _tabulated(self, manner: str) -> list[FormulaValues]:
        """One table for each shape that the formulas return."""
        due = [self.expected(right, manner, 0) for right in self.rights]
        groups: dict[Any, list[int]] = {}
        for i, value in enumerate(due):
            groups.setdefault(shape_of(value), []).append(i)
        return [
            FormulaValues(due[group[0]], group, np.array([_flat(due[i]) for i in group]))
            for group in groups.values()
        ]


class FormulaValues(NamedTuple):
    """The values of all formulas that return the same shape, one in each row."""

    example: Any
    places: list[int]
    values: Any

    def near(self, got: Any) -> list[int]:
        """The places of the formulas whose values are roughly what was got."""
        if shape_of(got) != shape_of(self.example):
            return []
        close = ROUGH if compare.unit_roundoff((), got) > FINE else FINE
        with np.errstate(invalid="ignore"):
            near = np.abs(self.values - _flat(got)) <= close * (1 + np.abs(self.values))
        return [self.places[i] for i in np.flatnonzero(near.all(axis=1))]


def topic(exercise: Exercise, seed: int, pinned: Mapping[str, str]) -> Topic:
    """The topic of an exercise, with the formulas that *pinned* leaves open."""
    probes = pilots(exercise, seed)
    rights = [
        Right(v.name, v.formula, v.convention) if v else Right("", exercise.formula, {})
        for v in permitted(exercise.variants, pinned)
    ]
    binary = any(forms.is_binary(exercise, probe) for probe in probes)
    others = [*_negated(exercise, rights, pinned), *_doing_without(exercise, rights, pinned)]
    return Topic(exercise, probes, [*rights, *others], binary)


def _doing_without(
    exercise: Exercise, rights: list[Right], pinned: Mapping[str, str]
) -> list[Right]:
    """The formulas of what is given one argument less: no bias, no number of classes."""
    less = exercise.shorter
    if less is None or less.key in pinned:
        return []
    return [
        Right(
            f"{right.name} without",
            less.cut(right.formula),
            {**right.convention, less.key: less.value},
            less.role,
        )
        for right in rights
    ]


def _negated(exercise: Exercise, rights: list[Right], pinned: Mapping[str, str]) -> list[Right]:
    """The formulas with the opposite sign, where the exercise knows none: right if a whole module has it so."""
    signed = any("sign" in right.convention for right in rights)
    if signed or not exercise.is_gradient_of_a_loss or "sign" in pinned:
        return []
    return [
        Right(
            f"minus {right.name}", _minus(right.formula), {**right.convention, "sign": "negative"}
        )
        for right in rights
    ]


def _minus(formula: Formula) -> Formula:
    def minus(*probe: Any) -> Any:
        return -formula(*probe)

    return minus


def pilots(exercise: Exercise, seed: int) -> list[Probe]:
    """A few ordinary probes that show how arrays are laid out: N and C differ, nothing is rounded."""
    probes = exercise.probes(seed)
    telling = [probe for probe in probes if _is_telling(probe)] or probes
    shapes = {tuple(map(np.shape, probe)): probe for probe in reversed(telling)}
    return list(reversed(shapes.values()))[:PILOTS]


def _is_telling(probe: Probe) -> bool:
    arrays = [a for a in probe if isinstance(a, np.ndarray)]
    floats = [a for a in arrays if a.dtype.kind == "f"]
    return (
        bool(floats)
        and all(a.dtype == np.float64 for a in floats)
        and all(a.ndim != 2 or 1 < a.shape[0] != a.shape[1] for a in arrays)
        and all(np.isfinite(a).all() for a in floats)
    )


def manner(way: Way) -> str:
    """Is each sample asked for alone, or what is left after a few steps?"""
    if way.recipe[-1].do == "join":
        return STEPS
    return ALONE if way.form.layout == SINGLE else ""


def as_asked(formula: Formula, exercise: Exercise, manner: str) -> Formula:
    """What *formula* comes to where it is asked in this manner."""
    if manner == STEPS:
        return over_steps(formula, exercise)
    return one_by_one(formula, exercise) if manner == ALONE else formula


def one_by_one(formula: Formula, exercise: Exercise) -> Formula:
    """The formula as it is for each sample alone, the results put together."""

    def alone(*probe: Any) -> Any:
        rows = [formula(*part) for part in forms.rows(exercise, probe)]
        return np.concatenate(rows) if np.ndim(rows[0]) else np.array(rows)

    return alone


def agrees(got: Any, expected: Any, bound: Callable[[], Any]) -> bool:
    """Are the two equal up to rounding? The *bound* is asked for only where it is close."""
    if shape_of(got) != shape_of(expected) or shape_of(got) is None:
        return False
    due = _flat(expected)
    size = float(np.max(np.abs(due), initial=0.0))
    # Part of the bound, so what is within it needs no more of it.
    quick = compare.SAFETY * compare.OPERATIONS * 2.0**-53 * size
    with np.errstate(invalid="ignore"):
        if np.isfinite(size) and np.all(np.abs(_flat(got) - due) <= quick):
            return True
    return compare.difference(got, expected, bound()) is None


def shape_of(value: Any) -> Any:
    """The shape of numbers, or the shapes of a group of them; None where there are none."""
    if isinstance(value, tuple):
        shapes = tuple(map(shape_of, value))
        return None if None in shapes or not shapes else shapes
    return None if compare.not_numbers(value) else np.shape(value)


def _flat(value: Any) -> Any:
    if isinstance(value, tuple):
        return np.concatenate([_flat(member) for member in value])
    return np.asarray(value, dtype=float).ravel()
