"""Which known mistake behaves exactly as the student's function does? Calls no student code of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checkgrad import compare, structure
from checkgrad.child.behaviour import Behaviour, observe
from checkgrad.exercise import Exercise, Formula, Misconception, Probe
from checkgrad.model import Diagnosis


def diagnose(
    exercise: Exercise,
    probes: Sequence[Probe],
    answers: Sequence[Behaviour],
    *,
    extremes: bool = False,
) -> list[Diagnosis]:
    """Every misconception whose wrong formula does on every probe what the student's code did, and shows on one.

    extremes: look among those that show at extreme inputs only; *probes* are such inputs.
    """
    return [
        Diagnosis(m.name, m.explanation, m.hint)
        for m in exercise.misconceptions
        if (m.at == "extremes") is extremes and _explains(exercise, m, probes, answers)
    ]


def relation(
    formula: Formula,
    probes: Sequence[Probe],
    answers: Sequence[Behaviour],
    quantities: Sequence[dict[str, float]],
) -> str:
    """How the answers relate to the truth, if the same can be said on every probe: "7 times too large"."""
    found = set()
    for probe, got, sizes in zip(probes, answers, quantities, strict=True):
        if (
            not got.returned
            or isinstance(got.value, list | tuple)
            or compare.not_numbers(got.value)
        ):
            return ""
        expected = formula(*probe)
        bound = compare.rounding_bound(formula, probe, expected, got.value)
        found.add(structure.describe(got.value, expected, sizes, bound))
    return found.pop() if len(found) == 1 else ""


def _explains(
    exercise: Exercise,
    mistake: Misconception,
    probes: Sequence[Probe],
    answers: Sequence[Behaviour],
) -> bool:
    shows = False
    for probe, got in zip(probes, answers, strict=True):
        wrong, right = observe(mistake.formula, probe), observe(exercise.formula, probe)
        bound = _bound(mistake.formula, probe, wrong, got)
        if not compare.same(got, wrong, bound):
            return False
        shows = shows or not compare.same(
            wrong, right, _bound(exercise.formula, probe, right, wrong)
        )
    return shows


def _bound(formula: Formula, probe: Probe, due: Behaviour, got: Behaviour) -> Any:
    if not due.returned or compare.not_numbers(due.value) and not isinstance(due.value, tuple):
        return 0.0
    try:
        return compare.rounding_bound(formula, probe, due.value, got.value)
    except Exception:  # a wrong formula may fail on the moved inputs; then only equality counts
        return 0.0
