"""Does a function obey the laws that every right version obeys, and heed its inputs?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.asking.derivative import one_of_each_shape
from checkgrad.asking.student import Observation, Student, answered
from checkgrad.compare import Difference
from checkgrad.exercise import Failed, Formula, Law, Probe

HEED = 1e-3  # of the largest entry, the least by which answers to different inputs differ


def obeys_its_laws(student: Student) -> Iterator[Observation]:
    """has the properties that every right version has"""
    probes = one_of_each_shape(student.probes) or student.probes
    pairs = [(law, probe) for law in student.exercise.laws for probe in probes]
    # A law that the right formula breaks under this reading, with another sign or no bias, is none here.
    pairs = [(law, p) for law, p in pairs if _is_obeyed(law, student.reading.formula, p)]
    student.answers([asked for pair in pairs for asked in _asked_by(student, *pair)])
    for law, probe in pairs:
        yield _law_on(student, law, probe)
    yield from heedless(student)


def _asked_by(student: Student, law: Law, probe: Probe) -> list[Probe]:
    """What the law asks of a right version: asked in one batch, the student's answers cost one round trip."""
    asked = [probe]

    def right(*point: Any) -> Any:
        asked.append(point)
        return student.reading.formula(*point)

    law.holds(right, *probe)
    return asked


def _law_on(student: Student, law: Law, probe: Probe) -> Observation:
    (got,) = student.answers([probe])
    if not got.returned:
        return Observation(probe, got)
    due = student.reading.formula(*probe)
    if problem := compare.unusable(got.value):
        return Observation(probe, got, due, Difference(problem))
    try:
        sides = law.holds(student, *probe)
        left, right = (np.asarray(side, dtype=float) for side in sides or (0, 0))
    except Failed as failed:
        return Observation(probe, failed.behaviour)
    except (ValueError, IndexError, TypeError, AttributeError):
        # The answers do not even have the shape the law speaks of; the formula check says so.
        return Observation(probe, got, due, Difference(f"breaks the law: {_lower(law.statement)}"))
    if sides is None:
        return Observation(probe, got)
    known = all(np.isfinite(leaf).all() for leaf in leaves(due))
    if known and not np.isfinite(left).all():
        problem = f"breaks the law: {_lower(law.statement)} (it gives no finite numbers)"
        return Observation(probe, got, due, Difference(problem))
    bound = _law_bound(probe, got.value, left, right)
    entries = max(map(np.size, probe))  # a law may add up as many
    bound = compare.widened(bound, right, *(entries * room for room in student.room))
    found = compare.difference(left, right, bound)
    broken = found and replace(
        found, problem=f"breaks the law: {_lower(law.statement)} ({found.problem})"
    )
    return Observation(probe, got, due, broken, again=lambda p: _law_on(student, law, p))


def heedless(student: Student) -> list[Observation]:
    """What tells that its answers do not depend on its inputs: two that are alike where they are due to differ."""
    first: dict[str, tuple[Any, Any]] = {}
    alike: list[Observation] = []
    for probe, got in answered(student, student.probes):
        due = student.reading.formula(*probe)
        if not got.returned or compare.unusable(got.value):
            continue
        value, other = first.setdefault(str(list(map(np.shape, probe))), (got.value, due))
        if value is got.value or not _differ(other, due):
            continue
        if _differ(value, got.value):
            return []
        found = Difference("gives the same answer to different inputs")
        alike.append(Observation(probe, got, due, found))
    return alike


def _differ(one: Any, other: Any) -> bool:
    members = zip(one, other, strict=False) if isinstance(one, list | tuple) else [(one, other)]
    return any(
        np.shape(a) != np.shape(b)
        or np.max(np.abs(np.subtract(a, b, dtype=float)), initial=0.0)
        > HEED * np.max(np.abs(a), initial=0.0)
        for a, b in members
    )


def _is_obeyed(law: Law, formula: Formula, probe: Probe) -> bool:
    try:
        sides = law.holds(formula, *probe)
    except (ValueError, IndexError, TypeError):
        return False
    if sides is None:
        return True
    left, right = (np.asarray(side, dtype=float) for side in sides)
    bound = _law_bound(probe, formula(*probe), left, right)
    return compare.difference(left, right, bound) is None


def _law_bound(probe: Probe, got: Any, left: Any, right: Any) -> float:
    """Both sides are absolute sums of terms no larger than the inputs, the outputs and 1."""
    unit = compare.unit_roundoff(probe, got)
    sizes = [
        float(np.max(np.abs(np.asarray(a, float)), initial=1.0)) for a in (left, right, *probe)
    ]
    count = compare.OPERATIONS + max(np.size(a) for a in (*probe, left))
    return compare.SAFETY * count * unit * max(sizes)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def leaves(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [leaf for member in value for leaf in leaves(member)]
    array = np.asarray(value)
    return [array] if array.dtype.kind in "biuf" else []
