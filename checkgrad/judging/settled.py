"""What may be said of an outcome: what fails needs something that speaks for its being called as it is meant."""

from __future__ import annotations

from msgspec.structs import replace

from checkgrad.asking.checks import CHECKS, Check
from checkgrad.asking.student import Student, matches_the_formula
from checkgrad.asking.truth import StudentNetwork
from checkgrad.judging import corroboration
from checkgrad.judging.corroboration import Beside
from checkgrad.judging.question import Question, bare_outcome
from checkgrad.judging.verdict import judge
from checkgrad.model import Outcome, Verdict
from checkgrad.reading.as_code import called_as


def settled(outcome: Outcome, check: Check, student: Student, beside: Beside) -> Outcome:
    """The outcome with the codes of what speaks for it, or not judged where nothing does.

    Of what is not judged by the formula no other check says anything.
    """
    if outcome.verdict is Verdict.GRADER_FAULT:
        return outcome
    if student.reading.right:
        right = [corroboration.PARTLY_RIGHT] if outcome.verdict.failed else []
        return replace(outcome, corroboration=right)
    main = outcome if check.ask is matches_the_formula else _by_the_formula(student)
    if not main.verdict.failed:
        return outcome
    codes = corroboration.of_function(student, main, beside)
    if not codes:
        return _not_judged(outcome, _tried(student, main, beside))
    return replace(outcome, corroboration=codes) if outcome.verdict.failed else outcome


def settled_network(outcome: Outcome, network: StudentNetwork, beside: Beside) -> Outcome:
    """The same of a network: what nothing speaks for is not judged."""
    if not outcome.verdict.failed:
        return outcome
    codes = corroboration.of_network(network, outcome, beside)
    if codes:
        return replace(outcome, corroboration=codes)
    read = f"read with {network.reading.note} it {outcome.problem}"
    return _not_judged(outcome, f"{read}; if that is how it is meant, it is wrong")


def following(outcome: Outcome) -> Outcome:
    """A network whose only fault is a function that it uses: that is told there, and here as what follows from it."""
    cause = outcome.follows_from.replace("_", " ")
    problem = (
        f"right but for the {cause} that it uses, which is not right; together it {outcome.problem}"
    )
    return replace(outcome, verdict=Verdict.ADVICE, problem=problem, corroboration=[])


def _not_judged(outcome: Outcome, why: str) -> Outcome:
    """The same question without anything that would accuse."""
    question = Question(outcome.exercise, outcome.function, outcome.check)
    return bare_outcome(question, Verdict.NOT_JUDGED, why)


def _by_the_formula(student: Student) -> Outcome:
    check = next(check for check in CHECKS if check.ask is matches_the_formula)
    if "main" not in student.causes:
        student.causes["main"] = judge(check, student, pictures=False)
    found: Outcome = student.causes["main"]
    return found


def _tried(student: Student, outcome: Outcome, beside: Beside) -> str:
    """What was tried and what came out."""
    said = f"called as {called_as(student.reading)} it {outcome.problem}"
    if beside.callers:
        return f"{beside.callers[0]}, which calls it, is right; {said}"
    return f"{said}; if that is how it is meant, it is wrong"
