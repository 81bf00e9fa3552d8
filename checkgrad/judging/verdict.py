"""From what a check saw to its outcome: the verdict, the smallest example, the cause."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from checkgrad.asking.checks import Check, leaves_its_inputs_alone, survives_extreme_inputs
from checkgrad.asking.derivative import is_the_slope_of
from checkgrad.asking.finding import Finding
from checkgrad.asking.laws import heedless
from checkgrad.asking.network import NO_TIME, NOT_KNOWN
from checkgrad.asking.student import (
    Observation,
    Student,
    is_beside_the_point,
    is_failing,
    matches_the_formula,
)
from checkgrad.child.behaviour import Behaviour
from checkgrad.evidence import example, pictures
from checkgrad.exercise import Formula, Probe
from checkgrad.judging.policy import EXCUSES, FailedCheck, Row
from checkgrad.judging.question import Question, bare_outcome
from checkgrad.model import Evidence, Outcome, Verdict
from checkgrad.reading.topic import manner

if TYPE_CHECKING:
    from checkgrad import diagnose


def judge(check: Check, student: Student, *, pictures: bool = True, brief: bool = False) -> Outcome:
    """The outcome of one check of one function; a *brief* one explains nothing."""
    question = Question(student.exercise.name, student.reading.candidate.function, check.name)
    seen = list(check.ask(student))
    found = (o for o in seen if is_failing(o))
    failing = sorted(found, key=lambda o: _weight(o, student))
    outcome = (
        _failure(question, check, student, failing, brief)
        if failing
        else _success(question, check, student, seen)
    )
    return replace(outcome, evidence=_pictures(check, student, seen)) if pictures else outcome


def _pictures(check: Check, student: Student, seen: Sequence[Observation]) -> list[Evidence]:
    """What can be drawn; an answer of another form than a right one has no picture."""
    try:
        return pictures.of(check, student, seen)
    except (ValueError, TypeError, IndexError):
        return []


def _weight(seen: Observation, student: Student) -> tuple[bool, bool, int]:
    """Faults before advice, what happened before what was not tried for it, small inputs before large ones."""
    aside = is_beside_the_point(student, seen.probe) or seen.of is not None
    lenient = (seen.finding is Verdict.ADVICE or aside) and not seen.got.died
    return lenient, seen.got.not_tried, _size(seen.probe)


def _success(
    question: Question, check: Check, student: Student, seen: Sequence[Observation]
) -> Outcome:
    notes = dict.fromkeys(o.note for o in seen if o.note)
    if check.earns and student.reading.note:
        notes = {f"read as: {student.reading.note}": None, **notes}
    return replace(bare_outcome(question, Verdict.PASSED), note="; ".join(notes))


def _failure(
    question: Question,
    check: Check,
    student: Student,
    failing: Sequence[Observation],
    brief: bool,
) -> Outcome:
    if check.earns and _is_the_slope_of_a_wrong_one(student):
        return _beside_a_wrong_one(question, student)
    seen = FailedCheck(student, check, failing[0], failing)
    if row := _excuse(seen, Verdict.PASSED):
        return replace(bare_outcome(question, row.verdict), note=row.sentence(seen))
    worst = failing[0] if brief else _smallest(student, failing[0])
    verdict, problem = _verdict(worst)
    outcome = replace(
        bare_outcome(question, verdict, problem),
        example=example.of(student, worst),
        traceback=worst.got.traceback,
        printed=worst.got.printed,
        note=worst.note,
        error=worst.difference.error if worst.difference else None,
        bound=worst.difference.bound if worst.difference else None,
    )
    seen = dataclasses.replace(seen, worst=worst)
    if row := _excuse(seen, Verdict.ADVICE):
        told = _explanation(worst.of or student).diagnoses if check.earns and not brief else []
        said = replace(outcome, problem=row.sentence(seen), note=outcome.problem)
        return replace(said, verdict=row.verdict, diagnoses=told)
    if brief:
        cause = _cause(student) if check.earns and verdict.failed else ""
        untold = NO_TIME if check.earns and verdict.failed and not cause else ""
        return replace(outcome, follows_from=cause, note=outcome.note or untold)
    if verdict.failed and (cause := _stopped_by(worst.got, student)):
        return replace(outcome, follows_from=cause)
    return _explained(outcome, check, student)


def _excuse(case: FailedCheck, verdict: Verdict) -> Row | None:
    """The first row of the table that holds and leads to *verdict*."""
    return next((row for row in EXCUSES if row.verdict is verdict and row.holds(case)), None)


def _stopped_by(got: Behaviour, student: Student) -> str:
    """The exercise whose function, which this one uses, stops with the same error."""
    if not got.raised:
        return ""
    answers = {s.exercise.name: s.answers(s.probes) for s in student.uses}
    stopped = {name: next((b for b in found if b.raised), None) for name, found in answers.items()}
    from checkgrad import diagnose  # here and below: only for what is not right

    return diagnose.stops_in(got, {name: b for name, b in stopped.items() if b})


def _explained(outcome: Outcome, check: Check, student: Student) -> Outcome:
    """The outcome with what caused it, as far as that can be told."""
    from checkgrad import diagnose

    if check.ask is survives_extreme_inputs:
        found = diagnose.at_extremes(as_case(student, list(student.exercise.extremes())))
    elif check.ask is leaves_its_inputs_alone:
        found = diagnose.spoilt_inputs(as_case(student, student.probes))
    elif check.earns and outcome.verdict.failed:
        if cause := _cause(student):
            return replace(outcome, follows_from=cause)
        found = _explanation(student)
    else:
        return outcome
    unknown = check.ask is matches_the_formula and not found.diagnoses
    note = NOT_KNOWN if unknown and outcome.verdict is Verdict.WRONG else outcome.note
    return replace(outcome, diagnoses=found.diagnoses, structure=found.structure, note=note)


def _explanation(student: Student) -> diagnose.Explained:
    """Why the function is wrong: worked out once for all checks that it fails."""
    from checkgrad import diagnose

    if "explanation" not in student.causes:
        case = as_case(student, student.probes)
        student.causes["explanation"] = diagnose.explain(case)
    found: diagnose.Explained = student.causes["explanation"]
    return found


def _cause(student: Student) -> str:
    """The exercise whose wrong function makes this one wrong, though it is right by itself."""
    from checkgrad import diagnose

    if "follows_from" not in student.causes:
        used = wrong(student.uses)
        case = as_case(student, student.probes)
        found = diagnose.follows_from(case, used, student.reduction) if used else ""
        student.causes["follows_from"] = found
    return str(student.causes["follows_from"])


def wrong(students: Iterable[Student]) -> dict[str, Formula]:
    """Those that are not right though their answers depend on their inputs, by their exercises."""
    return {s.exercise.name: s for s in students if plainly_wrong(s) and not heedless(s)}


def plainly_wrong(student: Student) -> str:
    """How the first answer that is not right differs; "" where all are. Nothing that is given makes this fail."""
    for seen in matches_the_formula(student):
        if not seen.got.returned:
            return _ended(seen.got)[1]
        if seen.difference and not seen.of:
            return seen.difference.problem
    return ""


def as_case(student: Student, probes: Sequence[Probe]) -> diagnose.Case:
    """The function as a case for a diagnosis."""
    from checkgrad import diagnose

    reading = student.reading
    return diagnose.Case(
        student.exercise,
        reading.formula,
        probes,
        student.answers,
        manner(reading.way),
        student.seed,
    )


def judge_network(question: Question, finding: Finding) -> Outcome:
    verdict, problem, got = finding.verdict, finding.problem, finding.behaviour
    if not got.returned:
        verdict, problem = _ended(got)
    return replace(
        bare_outcome(question, verdict, problem),
        note=finding.note,
        diagnoses=list(finding.diagnoses),
        structure=finding.structure,
        follows_from=finding.follows_from,
        example=finding.example,
        evidence=list(finding.evidence),
        traceback=got.traceback,
        printed=got.printed,
        error=finding.difference.error if finding.difference else None,
        bound=finding.difference.bound if finding.difference else None,
    )


def _smallest(student: Student, worst: Observation) -> Observation:
    """The same fault on the smallest, roundest input; a failing call is left as it was seen."""
    again = worst.again
    if again is None or not worst.difference:
        return worst
    from checkgrad.evidence import shrink

    def shows(probe: Probe) -> bool:
        return again(probe).difference is not None

    found = shrink.smallest(worst.probe, student.reading.formula, shows)
    return again(found) if found is not None else worst


def _is_the_slope_of_a_wrong_one(student: Student) -> bool:
    """Is a gradient that matches no formula the slope of the module's own forward code, which is itself not right?"""
    own = student.forward
    if own is None or own.right or own.reading.unwritten:
        return False
    if "beside" not in student.causes:
        answered = all(answer.returned for answer in student.answers(student.probes))
        student.causes["beside"] = answered and is_the_slope_of(student, own)
    return bool(student.causes["beside"])


def _beside_a_wrong_one(question: Question, student: Student) -> Outcome:
    """It is told as what it is: no statement about the gradient, and no excuse for it."""
    assert student.forward
    own = student.forward.reading.candidate
    problem = f"is the slope of your own {own.function}, which is itself not right"
    outcome = bare_outcome(question, Verdict.ADVICE, problem)
    return replace(outcome, follows_from=own.exercise.name)


def _verdict(worst: Observation) -> tuple[Verdict, str]:
    if worst.got.died or worst.got.raised and not worst.difference:
        verdict, problem = _ended(worst.got)
        lenient = worst.finding is Verdict.ADVICE and not worst.got.died
        return (Verdict.ADVICE if lenient else verdict), problem
    assert worst.difference
    return worst.finding, worst.difference.problem


def _ended(got: Behaviour) -> tuple[Verdict, str]:
    """The verdict on a call that gave no value."""
    if got.died:
        return _DEATHS.get(got.died_of, Verdict.CRASHED), got.died
    return Verdict.CRASHED, f"raised {got.raised}: {got.message}".rstrip(": ")


_DEATHS = {
    "time": Verdict.OVER_LIMIT,
    "budget": Verdict.OVER_LIMIT,
    "grader": Verdict.GRADER_FAULT,
}


def _size(probe: Probe) -> int:
    return sum(np.size(arg) for arg in probe)
