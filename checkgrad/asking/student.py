"""One function of a submission, as it is asked; and the first question: does it match the formula?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from checkgrad import compare, numeric
from checkgrad.asking import beyond, slopes
from checkgrad.child.behaviour import Behaviour, fingerprint
from checkgrad.child.request import Ask
from checkgrad.compare import Difference
from checkgrad.conventions.layout import ROWS
from checkgrad.exercise import Exercise, Failed, Formula, Probe
from checkgrad.model import Verdict
from checkgrad.reading import Reading
from checkgrad.reading.way import has_labels


@dataclass(frozen=True)
class Observation:
    """One piece of evidence: what was asked, what came back, what was due and how the two differ.

    finding: what it means if there is a difference; an ADVICE or a mere note does not fail the check.
    """

    probe: Probe
    got: Behaviour
    expected: Any = None
    difference: Difference | None = None
    finding: Verdict = Verdict.WRONG
    note: str = ""
    measured: tuple[slopes.Measured, ...] | None = None
    again: Callable[[Probe], Observation] | None = None  # the same question about another input
    of: Student | None = None  # the function as it was asked here, where that is not the usual way


@dataclass
class Student:
    """One function of a submission, as its reading has it: called with canonical probes, remembered."""

    reading: Reading
    ask: Ask
    seed: int = 0
    forward: Student | None = (
        None  # what it is the derivative of, where the submission has that too
    )
    room: tuple[float, float] = (
        0.0,
        0.0,
    )  # beyond rounding: relative to the largest entry, absolute
    reduction: str = ""  # the one that is asked for, if one is
    uses: tuple[Student, ...] = ()  # answers to other exercises that its source mentions
    pinned: bool = False  # is it asked for, or named as the answer?
    taken_up: bool = True  # may other code use it, and put right there a sign or a factor?
    causes: dict[str, Any] = field(default_factory=dict)  # what was found out once for all checks
    _seen: dict[Any, Behaviour] = field(default_factory=dict)

    @property
    def exercise(self) -> Exercise:
        return self.reading.candidate.exercise

    @cached_property
    def probes(self) -> list[Probe]:
        drawn, less = self.exercise.probes(self.seed), self.exercise.shorter
        if less is None or self.reading.convention.get(less.key) != less.value:
            return drawn
        return [probe for probe in drawn if less.tells(*probe)]

    @cached_property
    def right(self) -> bool:
        """Does every answer match the formula?"""
        seen = matches_the_formula(self)
        return self.reading.right and all(
            o.got.returned and (o.of or not o.difference) for o in seen
        )

    def answers(self, probes: Sequence[Probe]) -> list[Behaviour]:
        """What the function did on each probe; each distinct probe is asked once, all in one batch."""
        keys = [fingerprint(probe) for probe in probes]
        new = {key: probe for key, probe in zip(keys, probes, strict=True) if key not in self._seen}
        if new:
            self._seen.update(zip(new, self.asked_afresh(list(new.values())), strict=True))
        return [self._seen[key] for key in keys]

    def asked_afresh(self, probes: Sequence[Probe]) -> list[Behaviour]:
        """What the function does on each probe now."""
        replies = self.ask([self.reading.request(probe) for probe in probes])
        return [self.reading.read(p, reply) for p, reply in zip(probes, replies, strict=True)]

    def __call__(self, *probe: Any) -> Any:
        """The value for one probe, as if it were a plain function; raises Failed where there is none."""
        (behaviour,) = self.answers([probe])
        if not behaviour.returned or compare.unusable(behaviour.value):
            raise Failed(behaviour)
        return behaviour.value


def matches_the_formula(student: Student) -> Iterator[Observation]:
    """returns what the formula says"""
    student.answers(student.probes)
    for probe in student.probes:
        yield _formula_on(student, probe)
    if student.reading.right:
        yield from _beyond_the_usual(student)
        yield from _on_class_numbers(student)
    if upright := _given_columns(student):
        yield from _on_columns(upright)


def is_failing(seen: Observation) -> bool:
    """Does the observation show a fault, of whatever weight?"""
    return bool(seen.difference) or not seen.got.returned


def is_beside_the_point(student: Student, probe: Probe) -> bool:
    """Are these whole numbers where the exercise is about real ones? A fault that shows there alone is advice."""
    kinds = {_kind_of_numbers(p) for p in student.probes}
    return _kind_of_numbers(probe) == "iu" and "f" in kinds


def _kind_of_numbers(probe: Probe) -> str:
    arrays = [arg for arg in probe if isinstance(arg, np.ndarray)]
    return "f" if any(a.dtype.kind == "f" for a in arrays) else "iu"


def evaluate(forward: Formula | Student) -> numeric.Evaluate:
    if isinstance(forward, Student):
        return lambda points: [_value(b) for b in forward.asked_afresh(points)]
    return lambda points: [np.asarray(forward(*point)) for point in points]


def _value(behaviour: Behaviour) -> Any:
    usable = behaviour.returned and not compare.not_numbers(behaviour.value)
    return np.asarray(behaviour.value) if usable else None


def answered(student: Student, probes: list[Probe]) -> Iterator[tuple[Probe, Behaviour]]:
    return zip(probes, student.answers(probes), strict=True)


def _formula_on(student: Student, probe: Probe) -> Observation:
    (got,) = student.answers([probe])
    return compared(student, probe, got)


def compared(student: Student, probe: Probe, got: Behaviour) -> Observation:
    """An answer beside what the formula says of a probe."""
    formula = student.reading.formula
    expected, found = formula(*probe), None
    if got.returned:
        bound = compare.rounding_bound(formula, probe, expected, got.value)
        bound = compare.widened(bound, expected, *student.room)
        found = compare.difference(got.value, expected, bound)
    return Observation(probe, got, expected, found, again=lambda p: _formula_on(student, p))


def _beyond_the_usual(student: Student) -> Iterator[Observation]:
    """The same formula on many samples, and roughly far from 0."""
    for probe in beyond.larger(student.exercise, student.seed):
        yield _formula_on(student, probe)
    for probe in beyond.further(student.exercise, student.probes):
        seen = _formula_on(student, probe)
        if seen.difference and beyond.is_grossly_off(seen.got.value, seen.expected):
            yield seen


def _given_columns(student: Student) -> Student | None:
    """A function that is right for vectors of samples, asked with columns (N, 1) instead."""
    reading = student.reading
    form, roles = reading.way.form, {*student.exercise.roles}
    vectors = reading.binary and roles <= {"y", "z", "t"} and form.layout == ROWS
    if not (reading.right and vectors) or form.upright:
        return None
    way = replace(reading.way, form=replace(form, upright=True))
    return Student(replace(reading, way=way), student.ask, student.seed)


def _on_columns(student: Student) -> Iterator[Observation]:
    """What is right for vectors may mix all samples of two columns; an error or other axes are no fault."""
    probes = [p for p in student.probes if is_smooth_ground(p)]
    for probe, got in answered(student, probes):
        folded = _with_axes_of(student.reading.formula(*probe), got, len(probe[0]))
        if folded and (found := compared(student, probe, folded).difference):
            problem = f"given columns (N, 1) instead of vectors, {found.problem}"
            told = replace(found, problem=problem)
            due = student.reading.formula(*probe)
            yield Observation(probe, got, due, told, of=student)


def _on_class_numbers(student: Student) -> Iterator[Observation]:
    """A gradient that is right for one-hot targets may have another branch for class numbers, if its loss takes these."""
    own = student.forward
    takes_rows = not student.reading.way.form.integers
    if own is None or not (takes_rows and has_labels(student.exercise, student.probes)):
        return
    loss, gradient = _given_class_numbers(own), _given_class_numbers(student)
    if not all(map(_is_one_hot, student.probes)) or not loss.right:
        return
    for probe, got in answered(gradient, gradient.probes):
        seen = compared(gradient, probe, got)
        if got.returned and seen.difference:
            problem = f"given class numbers instead of one-hot rows, {seen.difference.problem}"
            yield replace(seen, difference=replace(seen.difference, problem=problem), again=None)


def _given_class_numbers(student: Student) -> Student:
    way = student.reading.way
    way = replace(way, form=replace(way.form, integers=True))
    return Student(replace(student.reading, way=way), student.ask, student.seed)


def _is_one_hot(probe: Probe) -> bool:
    return bool(np.all(np.isin(probe[-1], (0, 1))) and np.all(np.sum(probe[-1], axis=-1) == 1))


def _with_axes_of(due: Any, got: Behaviour, samples: int) -> Behaviour | None:
    """The answer in the shape of what is due, or as it is where it has an entry for every two samples; else None."""
    if not got.returned or not compare.are_numbers(got.value):
        return None
    if np.size(got.value) == np.size(due):
        return replace(got, value=np.reshape(got.value, np.shape(due)))
    return got if np.shape(got.value) == (samples, samples) else None


def is_smooth_ground(probe: Probe) -> bool:
    """Numeric derivatives need room to move: no integers, and more than single precision."""
    floats = [arg for arg in probe if isinstance(arg, np.ndarray)]
    return all(arg.dtype == np.float64 for arg in floats)
