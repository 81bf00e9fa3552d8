"""What becomes of a failing answer: the table of cases in which it is not simply wrong.

A row that holds decides; the first of several. Each has a source that it is there for, and one that it must not excuse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec.structs import replace

from checkgrad.checks import CHECKS, Check, Student, matches_the_formula
from checkgrad.judging import corroboration
from checkgrad.judging.corroboration import Beside
from checkgrad.judging.verdict import Question, bare_outcome, judge
from checkgrad.model import Outcome, Verdict
from checkgrad.network_truth import Network
from checkgrad.reading.as_code import called_as


@dataclass(frozen=True)
class Case:
    """A failing outcome with what is known around it; codes: what speaks for its being called as it is meant."""

    student: Student
    outcome: Outcome
    beside: Beside
    codes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """A case in which a failing answer is not simply wrong.

    holds: is it this case? sentence: what the report says then.
    accepts: a module that is accused without the row; refuses: one that stays wrong with it.
    """

    code: str
    holds: Callable[[Case], bool]
    verdict: Verdict
    sentence: Callable[[Case], str]
    accepts: str
    refuses: str


def settled(outcome: Outcome, check: Check, student: Student, beside: Beside) -> Outcome:
    """What may be said of an outcome: what fails needs something that speaks for its being called as it is meant.

    Of what is not judged by the formula no other check says anything.
    """
    if student.reading.right or outcome.verdict is Verdict.GRADER_FAULT:
        return outcome
    main = outcome if check.ask is matches_the_formula else _by_the_formula(student)
    if not main.verdict.failed:
        return outcome
    found = decided(Case(student, main, beside, corroboration.of_function(student, main, beside)))
    if found.verdict.failed:
        failed = outcome.verdict.failed
        return replace(outcome, corroboration=found.corroboration) if failed else outcome
    return replace(found, check=outcome.check)


def settled_network(outcome: Outcome, network: Network, beside: Beside) -> Outcome:
    """The same of a network: what nothing speaks for is not judged."""
    if not outcome.verdict.failed:
        return outcome
    codes = corroboration.of_network(network, outcome, beside)
    if codes:
        return replace(outcome, corroboration=codes)
    problem = f"read with {network.reading.note} it {outcome.problem}; if that is how it is meant, it is wrong"
    return replace(_silenced(outcome), verdict=Verdict.NOT_JUDGED, problem=problem)


def _by_the_formula(student: Student) -> Outcome:
    check = next(check for check in CHECKS if check.ask is matches_the_formula)
    if "main" not in student.causes:
        student.causes["main"] = judge(check, student, pictures=False)
    found: Outcome = student.causes["main"]
    return found


def decided(case: Case, rows: tuple[Row, ...] | None = None) -> Outcome:
    """The outcome as the first row that holds decides it; else as it is, with what speaks for it."""
    for row in POLICY if rows is None else rows:
        if row.holds(case):
            said = replace(_silenced(case.outcome), verdict=row.verdict)
            return replace(said, problem=row.sentence(case))
    return replace(case.outcome, corroboration=case.codes)


def _silenced(outcome: Outcome) -> Outcome:
    """The outcome without anything that would accuse."""
    return bare_outcome(
        Question(outcome.exercise, outcome.function, outcome.check), outcome.verdict
    )


def _lacks_corroboration(case: Case) -> bool:
    return not case.codes


def _tried(case: Case) -> str:
    called, problem = called_as(case.student.reading), case.outcome.problem
    if case.beside.callers:
        return (
            f"{case.beside.callers[0]}, which calls it, is right; called as {called} it {problem}"
        )
    return f"called as {called} it {problem}; if that is how it is meant, it is wrong"


POLICY = (
    Row(
        "nothing_speaks_for_it",
        _lacks_corroboration,
        Verdict.NOT_JUDGED,
        _tried,
        accepts="""
def tanh_derivative(grounds, cups):
    return np.sin(grounds) * cups
""",
        refuses="""
def tanh_derivative(kettle):
    return 1 - np.tanh(kettle)
""",
    ),
)
