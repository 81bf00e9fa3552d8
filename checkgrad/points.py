"""What outcomes are worth. The maximum depends on the assignment alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from msgspec.structs import replace

from checkgrad.assignment import Assignment
from checkgrad.checks import CHECKS
from checkgrad.model import Outcome, Verdict
from checkgrad.network_checks import NETWORK_CHECKS

EARNING = {check.name for check in (*CHECKS, *NETWORK_CHECKS) if check.earns}
DEDUCTION = 0.1  # of an exercise's points, for each failed check that earns nothing


def scored(
    outcomes: Sequence[Outcome], assignment: Assignment
) -> tuple[list[Outcome], float | None]:
    """Return the outcomes with their points, and the score; None where there is none to give.

    The checks that earn share the points of their exercise evenly. Where several functions answer one exercise,
    the worst of them counts.
    """
    if assignment.maximum is None:
        return list(outcomes), None
    counted: list[Outcome] = []
    score = 0.0
    for exercise, group in groupby(outcomes, key=lambda o: o.exercise):
        asked = assignment.exercises.get(exercise)
        if asked is None:
            counted += group
            continue
        functions = [
            _priced(list(g), asked.points) for _, g in groupby(group, key=lambda o: o.function)
        ]
        worst = min(functions, key=_total)
        score += _total(worst)
        counted += [o for f in functions for o in (f if f is worst else map(_free, f))]
    complete = all(o.verdict is not Verdict.NOT_RUN for o in outcomes)
    return counted, score if complete else None


def _priced(outcomes: Sequence[Outcome], points: float) -> list[Outcome]:
    share = points / sum(o.check in EARNING for o in outcomes)
    earned = share * sum(o.check in EARNING and not o.verdict.failed for o in outcomes)
    priced = []
    for outcome in outcomes:
        if outcome.check in EARNING:
            got, maximum = (0.0 if outcome.verdict.failed else share), share
        else:
            got, maximum = -min(DEDUCTION * points, earned) if outcome.verdict.failed else 0.0, 0.0
            earned += got
        priced.append(replace(outcome, points=got, maximum=maximum))
    return priced


def _free(outcome: Outcome) -> Outcome:
    return replace(outcome, points=None, maximum=None)


def _total(outcomes: Iterable[Outcome]) -> float:
    return sum(o.points or 0.0 for o in outcomes)
