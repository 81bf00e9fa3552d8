"""A function that gives a loss and its gradient, both with a penalty of the weights: do the two penalties belong together?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from checkgrad.asking.student import Observation, Student
from checkgrad.compare import Difference
from checkgrad.exercise import Probe
from checkgrad.reading.signature import SCORED_BY, Fill
from checkgrad.words.settings import PENALTY, of_functions

ASKED_FOR = 0.75  # the strength of the penalty that is asked for; no usual factor
SAME = 1e-6


class Clash(NamedTuple):
    """A penalty that is not the slope of that in the loss: the gradient, asked for with one, and what multiplies the
    squares in the loss, and the weights in the gradient."""

    gradient: Student
    in_loss: float
    in_gradient: float


def penalties(student: Student) -> Iterator[Observation]:
    """The gradient of the penalty beside that of the same function's loss, where both grow with the weights' squares."""
    if found := clash(student):
        share = found.in_gradient / (2 * found.in_loss)
        problem = f"its penalty is {share:.4g} times the slope of the penalty of the loss"
        probe = _of_weights(student)[0]
        (got,) = found.gradient.answers([probe])
        yield Observation(probe, got, difference=Difference(problem))


def clash(student: Student) -> Clash | None:
    """How the penalties of a function that gives a loss and its gradient differ; None where they do not."""
    own = student.forward
    if own is None or own.reading.candidate.function != student.reading.candidate.function:
        return None
    gradient, loss = _asked_for(student), _asked_for(own)
    probes = _of_weights(student)
    if gradient is None or loss is None or len(probes) < 2:
        return None
    factors = [_factors(student, own, gradient, loss, probe) for probe in probes]
    told = [one for one in factors if one is not None]
    if len(told) < 2 or not np.allclose(told[0], told[1], rtol=SAME, atol=SAME):
        return None
    in_loss, in_gradient = told[0]
    agree = not in_loss or np.isclose(in_gradient, 2 * in_loss, rtol=SAME)
    return None if agree else Clash(gradient, in_loss, in_gradient)


def _of_weights(student: Student) -> list[Probe]:
    probes = student.probes
    return [p for p in probes if np.ndim(p[0]) == 2 and np.asarray(p[0]).dtype == float][:2]


def _asked_for(student: Student) -> Student | None:
    """The function with a penalty asked for; None where it has no strength, or no weights that are known."""
    way = student.reading.way
    given = []
    found = False
    for call, tokens in zip(way.recipe, way.given, strict=True):
        names = dict(enumerate(call.names))
        changed = [
            Fill(ASKED_FOR)
            if token == Fill(0.0) and PENALTY in of_functions(names.get(i, "").lower())
            else token
            for i, token in enumerate(tokens)
        ]
        found = found or changed != list(tokens) and SCORED_BY in tokens
        given.append(tuple(changed))
    if not found:
        return None
    reading = replace(student.reading, way=replace(way, given=tuple(given)))
    return Student(reading, student.ask, student.seed)


def _factors(
    student: Student, own: Student, gradient: Student, loss: Student, probe: Probe
) -> tuple[float, float] | None:
    """What multiplies the squares in the loss, and the weights in the gradient; None where there is no such factor."""
    weights = np.asarray(probe[0])
    more = [_more(a, b, probe) for a, b in ((own, loss), (student, gradient))]
    if any(one is None for one in more) or np.ndim(more[0]) or np.shape(more[1]) != weights.shape:
        return None
    in_loss = float(more[0]) / float(np.sum(weights**2))
    in_gradient = float(np.sum(more[1] * weights)) / float(np.sum(weights**2))
    if not np.allclose(more[1], in_gradient * weights, rtol=SAME, atol=SAME):
        return None
    return in_loss, in_gradient


def _more(without: Student, with_it: Student, probe: Probe) -> Any:
    """By how much an answer is larger with the penalty."""
    (before,), (after,) = without.answers([probe]), with_it.answers([probe])
    if not (before.returned and after.returned):
        return None
    if np.shape(before.value) != np.shape(after.value):
        return None
    return np.asarray(after.value) - np.asarray(before.value)
