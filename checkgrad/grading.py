"""Ask one check; grade one submission. Knows no pytest and no file format."""

from __future__ import annotations

import dataclasses
import platform
import time
import traceback
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from checkgrad import assignment as assignments
from checkgrad import compare, diagnose, evidence
from checkgrad.assignment import Assignment
from checkgrad.checks import (
    CHECKS,
    Check,
    Observation,
    Student,
    agrees_with_the_numeric_derivative,
    is_beside_the_point,
    leaves_its_inputs_alone,
    survives_extreme_inputs,
)
from checkgrad.child.behaviour import Behaviour
from checkgrad.exercise import Exercise, Formula, Probe
from checkgrad.exercises.mlp import NETWORK
from checkgrad.model import (
    Asked,
    Environment,
    Example,
    Isolation,
    Outcome,
    ReadAs,
    Report,
    Submission,
    TrainingRun,
    Verdict,
)
from checkgrad.network_checks import NETWORK_CHECKS, Finding, Network
from checkgrad.points import scored
from checkgrad.reading import Candidate, Reading, candidates, nearest_names, read
from checkgrad.reading.inquiry import is_alone
from checkgrad.reading.networks import (
    NetworkCandidate,
    NetworkReading,
    network_candidates,
    read_networks,
)
from checkgrad.reading.recipe import last_name
from checkgrad.sandbox import GraderFault, Worker

LOADS = "loads"


class Question(Struct, frozen=True):
    """One check of one function: what a pytest item stands for."""

    exercise: str
    function: str
    check: str


class Header(Struct, frozen=True):
    """What is known of a submission as a whole."""

    submission: Submission
    isolation: Isolation
    questions: list[Question]
    assignment: str | None
    seed: int


class Part(Struct, frozen=True):
    """An answer with all that the report says about it."""

    outcome: Outcome
    reading: ReadAs | None = None
    training: list[TrainingRun] = []
    header: Header | None = None


class Grader:
    """One submission under one assignment. Starts its worker at the first question that needs it."""

    def __init__(
        self,
        path: Path,
        *,
        assignment: Assignment | None = None,
        seed: int = 0,
        pictures: bool = True,
    ) -> None:
        self.path, self.pictures = path, pictures
        self.assignment = assignment or Assignment()
        self.seed = seed if self.assignment.seed is None else self.assignment.seed
        self._worker: Worker | None = None
        self._students: dict[Candidate, Student] = {}
        self._networks: dict[NetworkCandidate, Network] = {}

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker, and with it all that the submission started."""
        if self._worker:
            self._worker.close()
            self._worker = None

    @property
    def worker(self) -> Worker:
        if self._worker is None:
            self._worker = Worker(self.path)
        return self._worker

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        return assignments.asked(self.assignment)

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        return candidates(self.worker.inventory, self.exercises, self.assignment.mapping)

    @cached_property
    def network_candidates(self) -> tuple[NetworkCandidate, ...]:
        wanted = not self.assignment.exercises or NETWORK.name in self.assignment.exercises
        return network_candidates(self.worker.inventory) if wanted else ()

    @cached_property
    def readings(self) -> dict[Candidate, Reading]:
        written = [c for c in self.candidates if not self._is_stub(c.function)]
        pinned = self.assignment.conventions
        return read(written, self.worker.ask, seed=self.seed, pinned=pinned)

    @cached_property
    def networks(self) -> dict[NetworkCandidate, NetworkReading | str]:
        return read_networks(
            self.network_candidates,
            self.worker.ask,
            seed=self.seed,
            pinned=self.assignment.conventions,
            readings=self.readings,
        )

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Every question there is, in the order of the report; it follows from the inventory alone."""
        found = [Question("submission", "submission", LOADS)]
        for exercise in self.exercises:
            found += self._questions_on(exercise)
        if self.network_candidates or NETWORK.name in self.assignment.exercises:
            functions = [c.function for c in self.network_candidates] or [NETWORK.name]
            found += [Question(NETWORK.name, f, c.name) for f in functions for c in NETWORK_CHECKS]
        return tuple(found)

    def _questions_on(self, exercise: Exercise) -> list[Question]:
        functions = [c.function for c in self.candidates if c.exercise is exercise]
        if not functions and exercise.name in self.assignment.exercises:
            functions = [exercise.name]
        return [
            Question(exercise.name, function, check.name)
            for function in functions
            for check in CHECKS
            if check.applies(exercise)
        ]

    def ask(self, question: Question) -> Part:
        """Answer one question; a fault of our own becomes an outcome that costs nothing."""
        start = time.perf_counter()
        try:
            with np.errstate(all="ignore"):  # references meet the extremes as well
                part = self._answer(question)
        except GraderFault as fault:
            part = Part(_outcome(question, Verdict.GRADER_FAULT, str(fault)))
        except Exception as error:  # a submission that breaks us must not break the other outcomes
            part = Part(_our_fault(question, error))
        outcome = replace(part.outcome, seconds=time.perf_counter() - start)
        return replace(part, outcome=outcome)

    def _answer(self, question: Question) -> Part:
        if question.check == LOADS:
            return Part(self._loads(question))
        if question.exercise == NETWORK.name:
            return self._answer_on_network(question)
        candidate = next(
            (
                c
                for c in self.candidates
                if (c.exercise.name, c.function) == (question.exercise, question.function)
            ),
            None,
        )
        if candidate is None or self._is_stub(candidate.function):
            return Part(self._missing(question, candidate is not None))
        student = self.student(candidate)
        check = next(c for c in CHECKS if c.name == question.check)
        reading = student.reading
        read_as = ReadAs(question.exercise, question.function, reading.convention, reading.note)
        return Part(judge(check, student, pictures=self.pictures), read_as)

    def _answer_on_network(self, question: Question) -> Part:
        candidate = next(
            (c for c in self.network_candidates if c.function == question.function), None
        )
        if candidate is None:
            return Part(self._missing(question, False))
        reading = self.networks[candidate]
        if isinstance(reading, str):
            asked_for = NETWORK.name in self.assignment.exercises
            verdict = Verdict.MISSING if asked_for else Verdict.ADVICE
            return Part(_outcome(question, verdict, reading))
        if candidate not in self._networks:
            wrong = self._wrong_pieces(candidate)
            self._networks[candidate] = Network(
                reading, self.worker.ask, self.seed, self.pictures, wrong
            )
        check = next(c for c in NETWORK_CHECKS if c.name == question.check)
        finding = check.ask(self._networks[candidate])
        read_as = ReadAs(question.exercise, question.function, reading.convention, reading.note)
        return Part(_network_outcome(question, finding), read_as, list(finding.training))

    def student(self, candidate: Candidate) -> Student:
        """The function a candidate stands for, with the forward function it is the derivative of."""
        if candidate not in self._students:
            reading = self.readings[candidate]
            self._students[candidate] = Student(
                reading, self.worker.ask, self.seed, self._forward(candidate)
            )
            self._students[candidate].uses = self._used(self._mentions(candidate.function))
        return self._students[candidate]

    def _mentions(self, function: str) -> set[str]:
        definition = self.worker.inventory.find(function)
        return set(definition.uses) - {function} if definition else set()

    def _used(self, mentioned: Collection[str]) -> tuple[Student, ...]:
        """The answers to exercises among what a source mentions."""
        named = (c for c in self.readings if last_name(c.function) in mentioned)
        return tuple(self.student(c) for c in named)

    def _wrong_pieces(self, candidate: NetworkCandidate) -> dict[str, Formula]:
        """The wrong functions that a network uses, by their exercises."""
        parts = [candidate.function, *(d.name for d in candidate.parts)]
        mentioned = set().union(*map(self._mentions, parts))
        return _wrong(self._used(mentioned))

    def _forward(self, candidate: Candidate) -> Student | None:
        derivative = candidate.exercise.derivative
        mine = [c for c in self.readings if derivative and c.exercise is derivative.of]
        return self.student(mine[0]) if mine else None

    def _is_stub(self, function: str) -> bool:
        definition = self.worker.inventory.find(function)
        return definition is not None and definition.stub

    def _loads(self, question: Question) -> Outcome:
        inventory = self.worker.inventory
        if inventory.problem:
            return replace(
                _outcome(question, Verdict.CRASHED, inventory.problem),
                traceback=inventory.traceback,
                printed=inventory.printed,
            )
        if not self.candidates and not self.network_candidates:
            return _outcome(question, Verdict.MISSING, self._nothing_found())
        note = "; ".join(inventory.notes)
        return replace(_outcome(question, Verdict.PASSED), note=note, printed=inventory.printed)

    def _nothing_found(self) -> str:
        found = [d.name for d in self.worker.inventory.definitions]
        if not found:
            return "defines no function and no class"
        near = nearest_names(self.worker.inventory, self.exercises)
        listed = ", ".join(found[:12])
        return f"nothing here is an exercise; found {listed}" + "".join(f"; {n}" for n in near)

    def _missing(self, question: Question, stub: bool) -> Outcome:
        problem = "is not written yet" if stub else "was not found in the submission"
        if not stub and self.worker.inventory.problem:
            problem = "could not be looked for: the submission does not load"
        return _outcome(question, Verdict.MISSING, problem)

    def header(self) -> Header:
        """What the report says of the submission as a whole."""
        worker = self.worker
        inventory = worker.inventory
        submission = Submission(
            self.path.name, worker.sha256, inventory.printed, list(inventory.notes)
        )
        return Header(
            submission,
            worker.isolation,
            list(self.questions),
            self.assignment.name or None if self.assignment.exercises else None,
            self.seed,
        )


def grade(submission: Path | str, *, assignment: Assignment | None = None, seed: int = 0) -> Report:
    """Ask every question of one submission, a path to a .py, a folder or a .ipynb, and return the report."""
    with Grader(Path(submission), assignment=assignment, seed=seed) as grader:
        parts = [grader.ask(question) for question in grader.questions]
        return assemble(grader.header(), parts, grader.assignment)


def judge(check: Check, student: Student, *, pictures: bool = True) -> Outcome:
    """The outcome of one check of one function."""
    question = Question(student.exercise.name, student.reading.candidate.function, check.name)
    seen = list(check.ask(student))
    found = (_weighed(student, o) for o in seen if _is_failing(o))
    failing = sorted(found, key=lambda o: (o.finding is Verdict.ADVICE, _size(o.probe)))
    outcome = (
        _failure(question, check, student, failing[0])
        if failing
        else _success(question, check, student, seen)
    )
    return replace(outcome, evidence=evidence.of(check, student, seen)) if pictures else outcome


def assemble(header: Header, parts: Iterable[Part], assignment: Assignment) -> Report:
    """Put the parts together, in the order of the questions, whatever order they came in."""
    given = {(p.outcome.exercise, p.outcome.function, p.outcome.check): p for p in parts}
    ordered = [
        given.get((q.exercise, q.function, q.check), Part(_outcome(q, Verdict.NOT_RUN)))
        for q in header.questions
    ]
    outcomes, score = scored([part.outcome for part in ordered], assignment)
    return Report(
        submission=header.submission,
        outcomes=outcomes,
        environment=Environment(platform.python_version(), np.__version__, version("checkgrad")),
        assignment=header.assignment,
        seed=header.seed,
        isolation=header.isolation,
        score=score,
        maximum=assignment.maximum,
        exercises=_asked(assignment, header.questions),
        readings=_distinct(part.reading for part in ordered if part.reading),
        training=[run for part in ordered for run in part.training],
    )


def _asked(assignment: Assignment, questions: Sequence[Question]) -> list[Asked]:
    named = {q.exercise for q in questions}
    everything: tuple[Any, ...] = (*assignments.asked(assignment), NETWORK)
    return [
        Asked(e.name, e.title, e.summary, e.latex, e.source) for e in everything if e.name in named
    ]


def _distinct(readings: Iterable[ReadAs]) -> list[ReadAs]:
    return list({(r.exercise, r.function): r for r in readings}.values())


def _outcome(question: Question, verdict: Verdict, problem: str = "") -> Outcome:
    return Outcome(question.exercise, question.function, question.check, verdict, problem=problem)


def _our_fault(question: Question, error: Exception) -> Outcome:
    problem = f"checkgrad itself failed here ({type(error).__name__}: {error}); please report it"
    ours = "".join(traceback.format_exception(error)[-8:])
    return replace(_outcome(question, Verdict.GRADER_FAULT, problem), traceback=ours)


def _weighed(student: Student, seen: Observation) -> Observation:
    """A fault at whole numbers alone does not fail the run: gradients are about real ones."""
    if is_beside_the_point(student, seen.probe) and not seen.got.died:
        return dataclasses.replace(seen, finding=Verdict.ADVICE)
    return seen


def _is_failing(seen: Observation) -> bool:
    return bool(seen.difference) or not seen.got.returned


def _success(
    question: Question, check: Check, student: Student, seen: Sequence[Observation]
) -> Outcome:
    notes = dict.fromkeys(o.note for o in seen if o.note)
    if check.earns and student.reading.note:
        notes = {f"read with {student.reading.note}": None, **notes}
    return replace(_outcome(question, Verdict.PASSED), note="; ".join(notes))


def _failure(question: Question, check: Check, student: Student, worst: Observation) -> Outcome:
    if check.ask.__name__ == "matches_the_formula" and _right_for_its_own_forward(student):
        assert student.forward
        own = student.forward.reading.candidate.function
        return replace(_outcome(question, Verdict.PASSED), note=f"right for your own {own}")
    worst = _smallest(student, worst)
    verdict, problem = _verdict(worst)
    outcome = replace(
        _outcome(question, verdict, problem),
        example=_example(student, worst),
        traceback=worst.got.traceback,
        printed=worst.got.printed,
        note=worst.note,
        error=worst.difference.error if worst.difference else None,
        bound=worst.difference.bound if worst.difference else None,
    )
    if check.earns and is_beside_the_point(student, worst.probe):
        found = _explanation(student)
        return replace(outcome, diagnoses=found.diagnoses, note="right for real numbers")
    if cause := _stopped_by(worst.got, student):
        return replace(outcome, follows_from=cause)
    return _explained(outcome, check, student)


def _stopped_by(got: Behaviour, student: Student) -> str:
    """The exercise whose function, which this one uses, stops with the same error."""
    if not got.raised:
        return ""
    answers = {s.exercise.name: s.answers(s.probes) for s in student.uses}
    stopped = {name: next((b for b in found if b.raised), None) for name, found in answers.items()}
    return diagnose.stops_in(got, {name: b for name, b in stopped.items() if b})


def _explained(outcome: Outcome, check: Check, student: Student) -> Outcome:
    """The outcome with what caused it, as far as that can be told."""
    if check.ask is survives_extreme_inputs:
        found = diagnose.at_extremes(_case(student, list(student.exercise.extremes())))
    elif check.ask is leaves_its_inputs_alone:
        found = diagnose.spoilt_inputs(_case(student, student.probes))
    elif check.earns and outcome.verdict.failed:
        if cause := _cause(student):
            return replace(outcome, follows_from=cause)
        found = _explanation(student)
    else:
        return outcome
    return replace(outcome, diagnoses=found.diagnoses, structure=found.structure)


def _explanation(student: Student) -> diagnose.Named:
    """Why the function is wrong: worked out once for all checks that it fails."""
    if "explanation" not in student.causes:
        case = _case(student, student.probes)
        student.causes["explanation"] = diagnose.explain(case)
    found: diagnose.Named = student.causes["explanation"]
    return found


def _cause(student: Student) -> str:
    """The exercise whose wrong function makes this one wrong, though it is right by itself."""
    if "follows_from" not in student.causes:
        wrong = _wrong(student.uses)
        case = _case(student, student.probes)
        student.causes["follows_from"] = wrong and diagnose.follows_from(case, wrong) or ""
    return str(student.causes["follows_from"])


def _wrong(students: Iterable[Student]) -> dict[str, Formula]:
    """Those that are not right, by their exercises."""
    return {s.exercise.name: s for s in students if not _case(s, s.probes).is_right}


def _case(student: Student, probes: Sequence[Probe]) -> diagnose.Case:
    """The function as a case for a diagnosis."""
    reading = student.reading
    return diagnose.Case(
        student.exercise,
        reading.formula,
        probes,
        student.answers,
        is_alone(reading.way),
        student.seed,
    )


def _network_outcome(question: Question, finding: Finding) -> Outcome:
    verdict, problem, got = finding.verdict, finding.problem, finding.behaviour
    if not got.returned:
        verdict, problem = _ended(got)
    return replace(
        _outcome(question, verdict, problem),
        note=finding.note,
        diagnoses=list(finding.diagnoses),
        structure=finding.structure,
        follows_from=finding.follows_from,
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
    from checkgrad import shrink  # hypothesis takes a while to import: only for what failed

    def shows(probe: Probe) -> bool:
        return again(probe).difference is not None

    found = shrink.smallest(worst.probe, student.reading.formula, shows)
    return _weighed(student, again(found)) if found is not None else worst


def _right_for_its_own_forward(student: Student) -> bool:
    """A gradient that matches no formula is judged by the slope of the module's own forward code."""
    if student.forward is None or student.forward.reading.right:
        return False
    seen = list(agrees_with_the_numeric_derivative(student))
    return bool(seen) and not any(map(_is_failing, seen))


def _verdict(worst: Observation) -> tuple[Verdict, str]:
    if worst.got.died or worst.got.raised and not worst.difference:
        verdict, problem = _ended(worst.got)
        return (worst.finding if worst.finding is Verdict.ADVICE else verdict), problem
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


def _example(student: Student, worst: Observation) -> Example:
    roles = student.exercise.roles
    arguments = {name: plain(arg) for name, arg in zip(roles, worst.probe, strict=False)}
    got = plain(worst.got.value) if worst.got.returned else worst.got.raised or worst.got.died
    where = worst.difference.where if worst.difference else ""
    return Example(arguments, got, plain(worst.expected), where)


def _size(probe: Probe) -> int:
    return sum(np.size(arg) for arg in probe)


def plain(value: Any) -> Any:
    """Numbers and nested lists of numbers, for the report; a description where there are none."""
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return compare.not_numbers(value)
