"""What becomes of a failing answer: the table of cases in which it is not simply wrong.

A row that holds decides; the first of several. Each has a source that it is there for, and one that it must not excuse;
of both the last function is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from checkgrad import compare
from checkgrad.asking.checks import Check
from checkgrad.asking.student import (
    Observation,
    Student,
    is_beside_the_point,
    is_failing,
    matches_the_formula,
)
from checkgrad.compare import SMALL_NUMBER
from checkgrad.exercise import Probe
from checkgrad.model import Verdict


@dataclass(frozen=True)
class FailedCheck:
    """A check that failed: the worst of the observations that fail, and all of them."""

    student: Student
    check: Check
    worst: Observation
    failing: Sequence[Observation]


@dataclass(frozen=True)
class Row:
    """A case in which a failing answer is not simply wrong.

    holds: is it this case? verdict: what becomes of it. sentence: why, in the place of what was found where it is advice.
    accepts: a module that is accused without the row; refuses: one that stays wrong with it.
    """

    code: str
    holds: Callable[[FailedCheck], bool]
    verdict: Verdict
    sentence: Callable[[FailedCheck], str]
    accepts: str
    refuses: str


def _takes_matrices_only(case: FailedCheck) -> bool:
    """Does it stop at vectors alone, where everything is right for samples as rows?"""
    if not all(seen.got.raised and _is_flat(seen.probe) for seen in case.failing):
        return False
    student = case.student
    tall = [probe for probe in student.probes if not _is_flat(probe)]
    return bool(tall) and _is_right_on(student, tall)


def _is_flat(probe: Probe) -> bool:
    return max((np.ndim(arg) for arg in probe), default=0) < 2


def _is_right_on(student: Student, probes: Sequence[Probe]) -> bool:
    student.answers(probes)
    seen = (o for o in matches_the_formula(student) if any(o.probe is p for p in probes))
    return not any(is_failing(o) for o in seen if o.of is None)


def _is_hardly_off(case: FailedCheck) -> bool:
    """Is every answer right but for a small number that somebody added?"""
    errors = [seen.difference.error for seen in case.failing if seen.difference]
    small = all(error is not None and error <= SMALL_NUMBER for error in errors)
    return len(errors) == len(case.failing) and small


def _how_far_off(case: FailedCheck) -> str:
    errors = [seen.difference.error or 0.0 for seen in case.failing if seen.difference]
    return f"off by {max(errors):.1g} at most, as by a small number that is added"


def _is_for_one_sample(case: FailedCheck) -> bool:
    """Is it right for single samples, in a module that nowhere takes a batch?"""
    wrong = case.worst.got.returned and case.worst.finding is Verdict.WRONG
    return bool(case.check.earns and wrong and case.student.reading.narrow)


def _is_for_its_own_size(case: FailedCheck) -> bool:
    """Is it right for one number of classes, which its source counts out, and no answer at all for others?"""
    if case.student.pinned:
        return False  # who asks for it asks for any number
    lost = all(_has_no_answer(case.student, seen) for seen in case.failing)
    tall = [probe for probe in case.student.probes if _is_tall(probe)]
    by_width = [[p for p in tall if _width(p) == width] for width in {*map(_width, tall)}]
    return lost and any(_is_right_on(case.student, probes) for probes in by_width)


def _is_tall(probe: Probe) -> bool:
    return any(np.ndim(arg) > 1 and len(arg) > 1 for arg in probe)


def _width(probe: Probe) -> int:
    """The classes of the first argument with samples as rows; 0 where there is none."""
    return next((np.shape(arg)[-1] for arg in probe if np.ndim(arg) > 1), 0)


def _has_no_answer(student: Student, seen: Observation) -> bool:
    """Did it stop, or was its answer one about other classes than there are?"""
    if not _width(seen.probe):
        return False
    if not seen.got.returned:
        return bool(seen.got.raised)
    due = student.reading.formula(*seen.probe)
    if isinstance(due, tuple) or compare.not_numbers(seen.got.value):
        return False
    return bool(np.shape(seen.got.value)[-1:] != np.shape(due)[-1:])


def _is_about_whole_numbers(case: FailedCheck) -> bool:
    """Is it wrong at whole numbers alone, where the exercise is about real ones?"""
    aside = is_beside_the_point(case.student, case.worst.probe)
    return aside and not case.worst.got.died


def _goes_by_another_name(case: FailedCheck) -> bool:
    return bool(case.student.reading.instead) and case.worst.got.returned


def _is_about_columns(case: FailedCheck) -> bool:
    return case.worst.of is not None


EXCUSES = (
    Row(
        "matrices_only",
        _takes_matrices_only,
        Verdict.PASSED,
        lambda case: "takes matrices only, samples as rows",
        accepts="""
def relu(x):
    out = np.zeros((x.shape[0], x.shape[1]))
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i][j] = max(x[i][j], 0)
    return out
""",
        refuses="""
def relu(x):
    out = np.zeros((x.shape[0], x.shape[1]))
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i][j] = abs(x[i][j])
    return out
""",
    ),
    Row(
        "small_number",
        _is_hardly_off,
        Verdict.PASSED,
        _how_far_off,
        accepts="""
def tanh(x):
    x = x + 1e-11
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
""",
        refuses="""
def tanh(x):
    x = x + 1e-4
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
""",
    ),
    Row(
        "one_sample",
        _is_for_one_sample,
        Verdict.ADVICE,
        lambda case: "is right for one sample at a time; the example is a batch",
        accepts="""
def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)
""",
        refuses="""
def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.max(e)
""",
    ),
    Row(
        "own_size",
        _is_for_its_own_size,
        Verdict.ADVICE,
        lambda case: "is right for the number of classes that it counts out, and stops at others",
        accepts="""
def softmax(z):
    a, b, c = np.exp(z[:, 0]), np.exp(z[:, 1]), np.exp(z[:, 2])
    return np.stack([a, b, c], axis=1) / (a + b + c)[:, None]
""",
        refuses="""
def softmax(z):
    a, b, c = np.exp(z[:, 0]), np.exp(z[:, 1]), np.exp(z[:, 2])
    return np.stack([a, b, c], axis=1) / (a + b)[:, None]
""",
    ),
    Row(
        "whole_numbers",
        _is_about_whole_numbers,
        Verdict.ADVICE,
        lambda case: "is right for real numbers",
        accepts="""
def sigmoid(z):
    out = np.zeros_like(z)
    out[...] = 1 / (1 + np.exp(-z))
    return out
""",
        refuses="""
def sigmoid(z):
    out = np.zeros_like(z)
    out[...] = np.round(1 / (1 + np.exp(-z)))
    return out
""",
    ),
    Row(
        "another_name",
        _goes_by_another_name,
        Verdict.ADVICE,
        lambda case: f"is {case.student.reading.instead}, and what stands beside it goes with that",
        accepts="""
def sigmoid_derivative(y):
    return 1 - y**2

def sigmoid(x):
    return np.tanh(x)
""",
        refuses="""
def sigmoid_derivative(y):
    return y * (1 - y)

def sigmoid(x):
    return np.tanh(x)
""",
    ),
    Row(
        "columns_of_numbers",
        _is_about_columns,
        Verdict.ADVICE,
        lambda case: "is right for vectors",
        accepts="""
def binary_cross_entropy_derivative(y, t):
    return (y - t.ravel()) / (y * (1 - y)) / len(y)
""",
        refuses="""
def binary_cross_entropy_derivative(y, t):
    return (y + t) / (y * (1 - y)) / len(y)
""",
    ),
)
