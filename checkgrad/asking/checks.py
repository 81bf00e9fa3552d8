"""The questions asked of every exercise, from basic to subtle. A check yields what it observed, it never asserts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.asking.derivative import agrees_with_the_numeric_derivative
from checkgrad.asking.laws import leaves, obeys_its_laws
from checkgrad.asking.student import (
    Observation,
    Student,
    answered,
    compared,
    matches_the_formula,
)
from checkgrad.child.behaviour import Behaviour, fingerprint
from checkgrad.child.request import Request, Result, Step
from checkgrad.compare import Difference
from checkgrad.conventions.layout import ROWS
from checkgrad.exercise import Exercise, Probe
from checkgrad.model import Verdict
from checkgrad.reading import form as forms
from checkgrad.reading.topic import manner

HALF, NOTHING_LEFT = 0.5, 1e-3  # shares of the largest entry, and of what is due


CheckFunction = Callable[[Student], Iterator[Observation]]


@dataclass(frozen=True)
class Check:
    """A question with what the grader needs to know of it.

    earns: does a right answer earn points? The others can only cost some.
    """

    ask: CheckFunction
    applies: Callable[[Exercise], bool] = lambda exercise: True
    earns: bool = False

    @property
    def needs_an_answer(self) -> bool:
        """Does it ask about answers, so that where no call gives one there is nothing to ask?"""
        return not self.earns and self.ask is not exists

    @property
    def name(self) -> str:
        return self.ask.__name__


def exists(student: Student) -> Iterator[Observation]:
    """is written"""
    for probe, got in _first_answer(student):
        empty = got.returned and got.value is None
        yield Observation(probe, got, difference=_returns_nothing() if empty else None)


def survives_extreme_inputs(student: Student) -> Iterator[Observation]:
    """gives finite numbers where the true value is finite"""
    for probe, got in answered(student, list(student.exercise.extremes())):
        expected = student.reading.formula(*probe)
        found = _blown_up(got, expected)
        if not found and student.exercise.derivative and student.reading.right:
            found = _vanished(got, expected)
        mixes = found is not None and got.returned and _mixes_samples(student, probe)
        finding = Verdict.WRONG if mixes else Verdict.ADVICE
        if found and mixes:
            found = replace(found, problem=f"{found.problem}, though no row does so alone")
        yield Observation(probe, got, expected, found, finding, note=_warning_note(got))


def _mixes_samples(student: Student, probe: Probe) -> bool:
    """Does a sample spoil another, each of which is right alone? Not by what it uses, which is told by itself."""
    rows = [tuple(row) for row in forms.rows(student.exercise, probe)]
    in_rows = (
        student.reading.way.form.layout == ROWS
    )  # what goes down columns may be for one sample
    if len(rows) < 2 or not in_rows or manner(student.reading.way) or not _sound(student, rows):
        return False
    derivative, own = student.exercise.derivative, student.forward
    if derivative and own and not _sound(own, [derivative.at(*probe)]):
        return False  # it goes on from what its forward pass spoilt
    blamed = (one for one in student.uses if one.exercise.roles == student.exercise.roles)
    return not any(_sound(one, rows) and not _sound(one, [probe]) for one in blamed)


def _sound(student: Student, probes: list[Probe]) -> bool:
    """Is every answer finite where the true value is?"""
    return not any(
        not got.returned or _blown_up(got, student.reading.formula(*probe))
        for probe, got in answered(student, probes)
    )


def leaves_its_inputs_alone(student: Student) -> Iterator[Observation]:
    """does not change the arrays it was given"""
    for probe, got in answered(student, student.probes):
        changed = _changed_arguments(student, got)
        harmless = changed is not None and _is_right_on_what_it_left(student, probe)
        finding = Verdict.ADVICE if harmless else Verdict.WRONG
        yield Observation(probe, got, difference=changed, finding=finding)


def _is_right_on_what_it_left(student: Student, probe: Probe) -> bool:
    """Is a value the same for the changed input, as that of softmax is for shifted logits?

    Of a slope that tells nothing: what writes it over its input has spoilt the logits.
    """
    asked = student.reading.request(probe)
    if student.exercise.derivative or asked.answer != Result(len(asked.steps) - 1):
        return False
    *before, call = asked.steps
    if call.do != "call" or any(not isinstance(arg, np.ndarray) for arg in call.args):
        return False
    given = [Step("give", args=(arg,)) for arg in call.args]
    again = replace(call, args=tuple(Result(len(before) + i) for i in range(len(given))))
    steps = (*before, *given, again, again)
    twice = Request(asked.function, steps, Result(len(steps) - 1))
    (second,) = student.ask([twice])
    seen = compared(student, probe, student.reading.read(probe, second))
    return second.returned and not seen.difference


def gives_the_same_answer_twice(student: Student) -> Iterator[Observation]:
    """gives the same answer when it is asked again, later, in another order"""
    first = student.answers(student.probes)
    order = np.random.default_rng(student.seed).permutation(len(student.probes))
    again = student.asked_afresh([student.probes[i] for i in order])
    for i, second in zip(order, again, strict=True):
        yield Observation(
            student.probes[i],
            second,
            first[i].value,
            _changed_its_mind(first[i], second),
        )


def has_derivative(exercise: Exercise) -> bool:
    """Is the exercise the derivative of another one?"""
    return exercise.derivative is not None


CHECKS = (
    Check(exists),
    Check(matches_the_formula, earns=True),
    Check(agrees_with_the_numeric_derivative, applies=has_derivative, earns=True),
    Check(obeys_its_laws, applies=lambda exercise: bool(exercise.laws), earns=True),
    Check(survives_extreme_inputs, applies=lambda exercise: bool(tuple(exercise.extremes()))),
    Check(leaves_its_inputs_alone),
    Check(gives_the_same_answer_twice),
)


def _first_answer(student: Student) -> Iterator[tuple[Probe, Behaviour]]:
    return answered(student, student.probes[:1])


def _returns_nothing() -> Difference:
    return Difference("returned None; is there a return?")


def _blown_up(got: Behaviour, expected: Any) -> Difference | None:
    if not got.returned:
        return Difference(f"raised {got.raised}") if got.raised else None
    values, due = leaves(got.value), leaves(expected)
    for value, truth in zip(values, due, strict=False):
        bad = ~np.isfinite(value)
        if bad.any() and np.isfinite(truth).all():
            found = str(value[bad].flat[0])
            return Difference(f"gives {found} at inputs where the true value is finite")
    return None


def _vanished(got: Behaviour, expected: Any) -> Difference | None:
    """A gradient that has become 0 where it should be largest: nothing can be learned from there."""
    for value, truth in zip(leaves(got.value), leaves(expected), strict=False):
        if value.shape != truth.shape or not np.isfinite(truth).all():
            continue
        largest = np.abs(truth) > HALF * np.max(np.abs(truth), initial=0.0)
        lost = largest & (np.abs(value) < NOTHING_LEFT * np.abs(truth))
        if lost.any():
            return Difference(f"vanishes at an input where the true value is {truth[lost][0]:.6g}")
    return None


def _warning_note(got: Behaviour) -> str:
    return f"NumPy warned: {got.warned[0]}" if got.warned else ""


def _changed_arguments(student: Student, got: Behaviour) -> Difference | None:
    """Updates may work in place; everything else has to leave alone what it was given."""
    exercise = student.exercise
    names = [exercise.roles[i] for i in got.mutated]
    spoilt = [name for name in names if name not in exercise.in_place]
    return (
        Difference(f"changed {', '.join(spoilt)}, which it was only given to read")
        if spoilt
        else None
    )


def _changed_its_mind(first: Behaviour, second: Behaviour) -> Difference | None:
    if not first.returned or second.died:
        return None
    if second.returned and fingerprint(first.value) == fingerprint(second.value):
        return None
    due = tuple(first.value) if isinstance(first.value, list) else first.value
    comparable = not compare.unusable(due)
    if compare.same(second, first, compare.repetition_bound(due) if comparable else 0.0):
        return None
    return Difference("gave another answer when it was asked again with the same input")
