"""Ask one check; grade one submission. Knows no pytest and no file format."""

from __future__ import annotations

import time
import traceback
from functools import cached_property
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from checkgrad.asking.checks import CHECKS
from checkgrad.asking.network import gradients
from checkgrad.assignment import Assignment
from checkgrad.evidence import excerpt
from checkgrad.exercise import Exercise
from checkgrad.exercises.mlp import NETWORK
from checkgrad.grading import loop_questions, unjudged
from checkgrad.grading.assembly import LOADS, assemble
from checkgrad.grading.functions import OnFunctions
from checkgrad.grading.interview import OurTimeIsUp, OutOfTime
from checkgrad.grading.mended import OnMended
from checkgrad.grading.networks import OnNetworks
from checkgrad.grading.operated import operated
from checkgrad.grading.part import Header, Part, Reason
from checkgrad.grading.subjects import Subjects
from checkgrad.grading.telling import asks_about, not_judged
from checkgrad.grading.understood import Understood
from checkgrad.judging import (
    Question,
    bare_outcome,
    demands,
    exam,
    plainly_wrong,
)
from checkgrad.judging.points import IMPORTS
from checkgrad.model import (
    Outcome,
    Report,
    Submission,
    Verdict,
)
from checkgrad.networks.candidates import (
    NetworkReading,
)
from checkgrad.reading import (
    Reading,
    nearest_names,
)
from checkgrad.reading.loops import LoopReading
from checkgrad.sandbox import GraderFault, clean

NO_DEFINITION = (
    "defines no function and no class, and a script cannot be called; put its steps into functions: "
    "def forward(X, W1, b1, W2, b2) returns the outputs, def backward(X, T, W1, b1, W2, b2) the gradients"
)


class Grader:
    """One submission under one assignment. Starts its worker at the first question that needs it.

    neighbours: does a single file bring along the modules beside it that it imports?
    """

    def __init__(
        self,
        path: Path,
        *,
        assignment: Assignment | None = None,
        seed: int = 0,
        pictures: bool = True,
        neighbours: bool = False,
    ) -> None:
        self.pictures = pictures
        self.introduced = False  # whether whoever asks has been told the header
        self.read = Understood(path, assignment or Assignment(), seed, neighbours)
        self.subjects = Subjects(self.read, pictures)
        self.on_functions = OnFunctions(self.subjects, pictures)
        self.on_networks = OnNetworks(self.subjects, pictures, OnMended(self.on_functions))

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker, and with it all that the submission started."""
        self.read.close()

    @property
    def assignment(self) -> Assignment:
        return self.read.assignment

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Every question there is, in the order of the report; it follows from the inventory alone."""
        found = [Question("submission", "submission", LOADS)]
        if self.assignment.imports:
            found.append(Question("imports", "submission", IMPORTS))
        for exercise in self.read.exercises:
            found += self._questions_on(exercise)
        functions = [c.function for c in self.read.network_candidates]
        loops = [loop.name for loop in self.read.loops if loop.name not in functions]
        if not functions and not loops and NETWORK.name in self.assignment.required:
            functions = [NETWORK.name]
        asked = demands.network_checks(self.assignment)
        found += [Question(NETWORK.name, f, c.name) for f in functions for c in asked]
        found += [Question(NETWORK.name, name, c) for name in loops for c in loop_questions.ASKED]
        return tuple(found)

    def _questions_on(self, exercise: Exercise) -> list[Question]:
        functions = [c.function for c in self.read.candidates if c.exercise.name == exercise.name]
        if exercise.name in self.assignment.free:
            functions = [f for f in functions if not self.read.is_stub(f)]
        if not functions and exercise.name in self.assignment.required:
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
            # references meet extremes
            with self.read.interview.counted(), np.errstate(all="ignore"):
                part = self._answer(question)
                part = replace(part, outcome=self._beside_its_source(part.outcome))
        except (OutOfTime, OurTimeIsUp) as late:
            part = not_judged(self.read, question, Reason(unjudged.OUT_OF_TIME, str(late)))
        except GraderFault as fault:
            part = Part(bare_outcome(question, Verdict.GRADER_FAULT, str(fault)))
        except Exception as error:  # a submission that breaks us must not break the other outcomes
            part = Part(self._undone(question, error))
        if question.exercise in self.assignment.exercises:
            part = unjudged.asked_for(part)
        outcome = demands.applied(part.outcome, self.assignment)
        outcome = replace(outcome, seconds=time.perf_counter() - start)
        if outcome.verdict is not Verdict.PASSED:
            told = self.read.told_by(question.function)
            outcome = replace(outcome, staff="\n".join(filter(None, (outcome.staff, told))))
        return replace(part, outcome=outcome)

    def _undone(self, question: Question, error: Exception) -> Outcome:
        """A question over which we failed: a fault of ours, unless what is asked for is wrong anyway."""
        try:
            pinned = self.read.is_pinned(question.exercise)
            found = self._wrong_anyway(question) if pinned else ""
        except Exception:  # the same again
            found = ""
        outcome = bare_outcome(question, Verdict.WRONG, found)
        return outcome if found else _our_fault(question, error, self.read.interview.is_discreet)

    def _wrong_anyway(self, question: Question) -> str:
        """How a function or a network differs from what is due, "" if it does not."""
        student = next(
            (s for c, s in self.subjects.students.items() if asks_about(question, c)), None
        )
        if student:
            return plainly_wrong(student)
        networks = (n for c, n in self.subjects.networks.items() if c.function == question.function)
        finding = next((gradients(network) for network in networks), None)
        failed = finding is not None and finding.verdict.failed
        return (
            (finding.problem or "gives no value that can be judged") if finding and failed else ""
        )

    def _answer(self, question: Question) -> Part:
        if question.check == LOADS:
            return Part(self._loads(question))
        if question.check == IMPORTS:
            return Part(self._imports(question))
        about = self.on_networks if question.exercise == NETWORK.name else self.on_functions
        return about.answer(question)

    def _loads(self, question: Question) -> Outcome:
        inventory = self.read.inventory
        if inventory.problem:
            return replace(
                bare_outcome(question, Verdict.CRASHED, inventory.problem),
                traceback=inventory.traceback,
                printed=inventory.printed,
            )
        if not (self.read.candidates or self.read.network_candidates or self.read.loops):
            return bare_outcome(question, Verdict.MISSING, self._nothing_found())
        said = self.read.declared.problems
        found = bare_outcome(question, Verdict.ADVICE if said else Verdict.PASSED, "; ".join(said))
        return replace(found, note="; ".join(inventory.notes), printed=inventory.printed)

    def _imports(self, question: Question) -> Outcome:
        problem = demands.forbidden(self.read.inventory.imports, self.assignment)
        return bare_outcome(question, Verdict.WRONG if problem else Verdict.PASSED, problem)

    def _nothing_found(self) -> str:
        found = [d.name for d in self.read.inventory.definitions]
        if not found:
            return NO_DEFINITION
        near = nearest_names(self.read.inventory, self.read.exercises)
        listed = ", ".join(found[:12])
        return f"nothing here is an exercise; found {listed}" + "".join(f"; {n}" for n in near)

    def _beside_its_source(self, outcome: Outcome) -> Outcome:
        """What failed, with the student's own lines."""
        if not self.pictures or not (outcome.verdict.failed or outcome.verdict is Verdict.ADVICE):
            return outcome
        files = [Path(path) for _, path, _ in self.read.worker.staged.targets]
        return replace(outcome, source=excerpt.of(files, self.read.inventory, outcome.function))

    def operated(self, report: Report) -> Report:
        """The report, of which all verdicts stand, with repairs for what is wrong; no fault of ours spoils it."""
        try:
            with self.read.interview.counted():
                read, own = self._reading_of, self.subjects.own_loss
                return operated(report, self.read.surgery, read, own, self.read.seed)
        except Exception:
            return report

    def _reading_of(self, outcome: Outcome) -> Reading | NetworkReading | LoopReading | None:
        """How the function of an outcome was understood."""
        if outcome.exercise == NETWORK.name:
            loops = self.read.read_loops().values()
            loop = next((o for o in loops if o.why and o.why == outcome.problem), None)
            found = (c for c in self.read.network_candidates if c.function == outcome.function)
            network = next((self.read.networks[c] for c in found), "")
            known = None if isinstance(network, str) else network
            return known or loop if loop and loop.verdict == "crashed" else loop or known
        question = Question(outcome.exercise, outcome.function, outcome.check)
        candidate = next((c for c in self.read.candidates if asks_about(question, c)), None)
        return self.subjects.as_it_is_called(candidate) if candidate else None

    def header(self) -> Header:
        """What the report says of the submission as a whole."""
        worker = self.read.worker
        inventory = worker.inventory
        submission = Submission(
            clean(self.read.path.name), worker.sha256, inventory.printed, list(inventory.notes)
        )
        return Header(
            submission,
            worker.isolation,
            list(self.questions),
            self.assignment.name or None if self.assignment.exercises else None,
            None if exam.is_secret(self.assignment) else self.read.seed,
            unjudged.pieces(inventory),
        )


def grade(submission: Path | str, *, assignment: Assignment | None = None, seed: int = 0) -> Report:
    """Ask every question of one submission, a path to a .py, a folder or a .ipynb, and return the report."""
    with Grader(Path(submission), assignment=assignment, seed=seed) as grader:
        parts = [grader.ask(question) for question in grader.questions]
        return grader.operated(assemble(grader.header(), parts, grader.assignment))


def _our_fault(question: Question, error: Exception, discreet: bool) -> Outcome:
    problem = f"checkgrad itself failed here ({type(error).__name__}: {error}); please report it"
    ours = "".join(traceback.format_exception(error)[-8:])
    outcome = bare_outcome(question, Verdict.GRADER_FAULT, problem)
    if discreet:  # the error may hold what the submission said
        told = f"checkgrad itself failed here ({type(error).__name__}); please report it"
        return replace(outcome, problem=told, staff=f"{problem}\n{ours}")
    return replace(outcome, traceback=ours)
