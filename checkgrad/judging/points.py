"""What outcomes are worth. The maximum depends on the assignment alone.

Everything is added up in fractions and becomes a float at the end, so that parts add up to their whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

from msgspec.structs import replace

from checkgrad.assignment import Assignment, ExerciseRules, earning, exact
from checkgrad.model import Outcome, Verdict

COST = Fraction(1, 10)  # of an exercise's points, for each failed check that earns nothing
UNDECIDED = (Verdict.NOT_RUN, Verdict.GRADER_FAULT)  # with one of these there is no score
IMPORTS = "imports_only_what_is_allowed"


def scored(
    outcomes: Sequence[Outcome], assignment: Assignment
) -> tuple[list[Outcome], float | None]:
    """Return the outcomes with their points, and the score; None where there is none to give.

    The checks that earn share the points of their exercise by their weights; the others can only cost.
    Where several functions answer one exercise, the worst of them counts.
    """
    if assignment.maximum is None:
        return list(outcomes), None
    failed = {o.exercise for o in outcomes if o.verdict.failed}
    counted: list[Outcome] = []
    for exercise, group in groupby(outcomes, key=lambda o: o.exercise):
        asked = assignment.exercises.get(exercise)
        if asked is None:
            counted += group
            continue
        paying = failed & set(assignment.required) - {exercise}
        weights = earning(assignment, exercise)
        counted += _worst_counts([
            _priced(list(g), asked, weights, paying)
            for _, g in groupby(group, key=lambda o: o.function)
        ])  # fmt: skip
    score = sum(map(_points, counted), Fraction())
    counted = [_charged_for_imports(o, assignment, score) for o in counted]
    complete = not any(o.verdict in UNDECIDED for o in outcomes)
    return counted, float(sum(map(_points, counted), Fraction())) if complete else None


def _priced(
    outcomes: Sequence[Outcome], asked: ExerciseRules, weights: dict[str, float], paying: set[str]
) -> list[Outcome]:
    """The outcomes of one function with their points.

    paying: exercises whose own mistakes cost points: what only follows from them keeps its share.
    """
    worth = exact(asked.worth)
    whole = sum(map(exact, weights.values()), Fraction())
    shares = {name: worth * exact(weight) / whole for name, weight in weights.items()}
    priced = {
        o.check: _earned(o, shares[o.check], asked, paying) for o in outcomes if o.check in shares
    }
    left = sum(map(_points, priced.values()), Fraction())
    for outcome in outcomes:
        if outcome.check not in shares:
            priced[outcome.check] = _charged(outcome, _cost(outcome, asked), left)
            left += _points(priced[outcome.check])
    return [priced[o.check] for o in outcomes]


def _earned(outcome: Outcome, share: Fraction, asked: ExerciseRules, paying: set[str]) -> Outcome:
    most = f"{_said(share)}{_part(share, exact(asked.worth))}"
    maximum = Fraction() if asked.kind == "bonus" else share
    if outcome.verdict is Verdict.GRADER_FAULT:
        return replace(outcome, maximum=float(maximum), arithmetic="not judged, by our own fault")
    if outcome.verdict is Verdict.NOT_JUDGED:
        return _with(outcome, Fraction(), maximum, f"not judged: earns 0 of {most}")
    follows = outcome.verdict is Verdict.WRONG and outcome.follows_from in paying
    if not outcome.verdict.failed:
        return _with(outcome, share, maximum, f"earns {most}")
    if not follows:
        return _with(outcome, Fraction(), maximum, f"earns 0 of {most}")
    said = f"keeps {most}: right but for {outcome.follows_from}, where the mistake is paid for"
    return _with(outcome, share, maximum, said)


def _charged(outcome: Outcome, cost: Fraction, left: Fraction) -> Outcome:
    """A check that can only cost, and no more than was earned."""
    if not outcome.verdict.failed or not cost:
        return _with(outcome, Fraction(), Fraction(), "")
    taken = min(cost, left)
    limit = f" of its {_said(cost)}: no more was earned" if taken < cost else ""
    return _with(outcome, -taken, Fraction(), f"costs {_said(taken)}{limit}")


def _cost(outcome: Outcome, asked: ExerciseRules) -> Fraction:
    said = asked.checks.get(outcome.check)
    if said and said.cost is not None:
        return exact(said.cost)
    return COST * exact(asked.worth)


def _worst_counts(functions: Sequence[list[Outcome]]) -> list[Outcome]:
    """All outcomes; only those of the worst function keep their points."""
    worst = min(functions, key=_total)
    return [o for f in functions for o in (f if f is worst else _free(f, worst[0].function))]


def _free(outcomes: Sequence[Outcome], worst: str) -> list[Outcome]:
    said = f"does not count: the worst of several counts, {worst}"
    return [replace(o, points=None, maximum=None, arithmetic=said) for o in outcomes]


def _charged_for_imports(outcome: Outcome, assignment: Assignment, score: Fraction) -> Outcome:
    if outcome.check != IMPORTS or not assignment.imports:
        return outcome
    cost = assignment.imports.cost
    return _charged(outcome, score if cost is None else exact(cost), score)


def _with(outcome: Outcome, points: Fraction, maximum: Fraction, arithmetic: str) -> Outcome:
    return replace(outcome, points=float(points), maximum=float(maximum), arithmetic=arithmetic)


def _total(outcomes: Sequence[Outcome]) -> Fraction:
    return sum(map(_points, outcomes), Fraction())


def _points(outcome: Outcome) -> Fraction:
    return Fraction(outcome.points or 0).limit_denominator(10**9)


def _part(share: Fraction, worth: Fraction) -> str:
    """Which part of the points of the exercise it is; "" for all of them."""
    return "" if share == worth else f", {share / worth} of {_said(worth)}"


def _said(points: Fraction) -> str:
    return f"{float(points):.6g}"
