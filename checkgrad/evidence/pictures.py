"""What a check saw, as curves, matrices and points that a report can draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from checkgrad import compare, numeric
from checkgrad.asking.checks import Check
from checkgrad.asking.derivative import agrees_with_the_numeric_derivative
from checkgrad.asking.student import Observation, Student, matches_the_formula
from checkgrad.asking.student import evaluate as evaluated
from checkgrad.model import Curve, Evidence, Matrix, Scatter, Surface

GRID = np.linspace(-6, 6, 98)  # an even count, clear of the kink at 0
COARSE = np.linspace(-5, 5, 25)
MOST_POINTS = 400


def of(check: Check, student: Student, seen: Sequence[Observation]) -> list[Evidence]:
    """The pictures of one check; none where there is nothing to draw."""
    answered = [o for o in seen if o.got.returned and not compare.not_numbers(o.got.value)]
    if check.ask is matches_the_formula:
        return _function(student) or _matrix(student, answered)
    if check.ask is agrees_with_the_numeric_derivative:
        return [*_scatter(student, answered), *_v_curve(student, answered)]
    return []


def _function(student: Student) -> list[Evidence]:
    if student.exercise.roles != ("z",):
        return []
    reference = student.reading.formula(GRID[:, None])
    if np.shape(reference) != (len(GRID), 1):
        return []
    depends_on_itself_only = np.allclose(student.reading.formula(GRID[:1, None]), reference[:1])
    alone = np.array_equal(student.reading.formula(GRID[None, :]).ravel(), reference.ravel())
    if depends_on_itself_only and alone:
        return _curve(student, reference.ravel())
    return _surface(student)


def _curve(student: Student, reference: Any) -> list[Evidence]:
    (got,) = student.answers([(GRID[:, None],)])
    if compare.not_numbers(got.value) or np.size(got.value) != len(GRID):
        return []
    lines = {"yours": _floats(got.value), "right": _floats(reference)}
    return [Curve(student.exercise.title, "z", "value", _floats(GRID), lines)]


def _surface(student: Student) -> list[Evidence]:
    """The probability of the first of two classes over their two logits."""
    first, second = np.meshgrid(COARSE, COARSE)
    z = np.column_stack([first.ravel(), second.ravel()])
    (got,) = student.answers([(z,)])
    expected = student.reading.formula(z)
    if (
        compare.not_numbers(got.value)
        or np.shape(got.value) != expected.shape
        or expected.ndim != 2
    ):
        return []
    shaped = [
        np.asarray(a, float)[:, 0].reshape(first.shape).tolist() for a in (got.value, expected)
    ]
    title = "P(t=1|z), the probability of the first of two classes"
    return [Surface(title, "z1", "z2", _floats(COARSE), _floats(COARSE), *shaped)]


def _matrix(student: Student, answered: Sequence[Observation]) -> list[Evidence]:
    """The result entry by entry, on the smallest input that shows the fault."""
    if student.exercise.derivative is None:
        return []
    faulty = [o for o in answered if o.difference and np.shape(o.got.value) == np.shape(o.expected)]
    drawn = [o for o in faulty if np.ndim(o.expected) >= 2 and np.size(o.expected) > 1]
    if not drawn:
        return []
    worst = min(drawn, key=lambda o: np.size(o.expected))
    got, expected = (_one_block(a) for a in (worst.got.value, worst.expected))
    assert worst.difference and worst.difference.bound is not None
    wrong = np.argwhere(~(np.abs(got - expected) <= worst.difference.bound))
    marked = [(int(i), int(j)) for i, j in wrong]
    names = ("output", "logit") if student.exercise.derivative.jacobian else ("sample", "class")
    title = f"{student.exercise.title}, on another input"
    return [Matrix(title, got.tolist(), expected.tolist(), marked, *names)]


def _one_block(value: Any) -> Any:
    """A matrix; of the Jacobians of a batch, that of the first sample."""
    array = np.asarray(value, float)
    return array[(0,) * (array.ndim - 2)]


def _scatter(student: Student, answered: Sequence[Observation]) -> list[Evidence]:
    """Analytic over numeric, all probes together."""
    columns: list[list[float]] = [[], [], []]
    for seen in answered:
        if len(seen.measured or ()) != 1:
            continue
        (measured,) = seen.measured or ()
        estimate, got = measured.estimate, measured.of(seen.got.value)
        if np.shape(estimate.value) == np.shape(got):
            for column, values in zip(columns, (estimate.value, got, estimate.bound), strict=True):
                column += _floats(values)
    numbers, analytic, bound = (column[:MOST_POINTS] for column in columns)
    title = f"{student.exercise.title}: analytic against numeric"
    return [Scatter(title, numbers, analytic, bound)] if numbers else []


def _v_curve(student: Student, answered: Sequence[Observation]) -> list[Evidence]:
    """The error of a plain central difference over its step, along one direction."""
    derivative = student.exercise.derivative
    if not answered or derivative is None:
        return []
    point, wrt = derivative.at(*answered[0].probe), derivative.wrt[0]
    direction = np.random.default_rng(student.seed).normal(size=np.shape(point[wrt]))
    steps, errors = numeric.v_curve(
        evaluated(student.forward or derivative.of), point, wrt, direction
    )
    title = f"{student.exercise.title}: error of the numeric derivative over its step"
    return [Curve(title, "step", "error", steps, {"central difference": errors}, logarithmic=True)]


def _floats(values: Any) -> list[float]:
    return [float(v) for v in np.ravel(values)]
