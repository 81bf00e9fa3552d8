"""Questions about one function of a submission: asked, settled, told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from msgspec.structs import replace

from checkgrad.asking.checks import CHECKS, Check
from checkgrad.asking.finding import NO_ANSWER
from checkgrad.asking.student import Student, matches_the_formula
from checkgrad.child.inventory import TrainingLoop
from checkgrad.exercise import Kind
from checkgrad.grading import unjudged
from checkgrad.grading.part import Part, Reason
from checkgrad.grading.subjects import Subjects
from checkgrad.grading.telling import asks_about, how_read, missing, not_judged
from checkgrad.judging import (
    Beside,
    Question,
    bare_outcome,
    demands,
    exam,
    judge,
    settled,
)
from checkgrad.judging.corroboration import USED_SO
from checkgrad.model import (
    Outcome,
    Verdict,
)
from checkgrad.reading import (
    Candidate,
)
from checkgrad.reading.obstacles import wants_objects
from checkgrad.words import settings

NO_CALL = "no call is known that leads to its answer"
LEFT_TO_A_LOSS = "is right only behind a loss whose gradient takes care of its slope, as y - t does; no such loss is here"
TURNED = "has the sign turned, and {}, which subtracts what it gives, goes up its loss"
FOR_REVIEW = "for review: not right on inputs that only this submission was given"


class OnFunctions:
    """Answers the questions about functions."""

    def __init__(self, subjects: Subjects, pictures: bool) -> None:
        self.subjects, self.read, self.pictures = subjects, subjects.read, pictures

    def answer(self, question: Question) -> Part:
        """What a function shows, and what that means under the assignment."""
        candidate = next((c for c in self.read.candidates if asks_about(question, c)), None)
        if candidate is None or self.read.is_stub(candidate.function):
            return Part(missing(self.read, question, candidate is not None))
        if not candidate.recipes:
            return not_judged(self.read, question, self._why_without_a_call(candidate))
        student = self.subjects.student(candidate)
        check = next(c for c in CHECKS if c.name == question.check)
        reading = student.reading
        if reading.unwritten or not reading.right and self.read.lacks_a_value(candidate.function):
            return Part(missing(self.read, question, True))
        left = not reading.right and self._leaves_its_slope_to_others(candidate)
        gap = "" if left else self.read.unwritten_below(_called(candidate))
        if not reading.right and gap:
            return not_judged(self.read, question, Reason(unjudged.HANGS_ON, gap))
        if not reading.right and self._makes_layers(candidate):
            return not_judged(self.read, question, Reason(unjudged.MAKES_LAYERS))
        if not reading.reached:
            return not_judged(self.read, question, Reason(unjudged.NOT_CALLED, reading.obstacle))
        guessed = candidate.guessed and not reading.right
        if guessed and not self._is_the_loss_of_a_training(candidate):
            return not_judged(self.read, question, Reason(unjudged.GUESSED))
        if check.needs_an_answer and not any(
            answer.returned for answer in student.answers(student.probes)
        ):
            return not_judged(self.read, question, Reason(NO_ANSWER))
        read_as = how_read(self.read, question, reading)
        hurried = self.read.interview.is_hurried
        outcome = judge(check, student, pictures=self.pictures and not hurried, brief=hurried)
        count = outcome.verdict.failed and self._own_count(candidate)
        if count:
            return not_judged(self.read, question, Reason(unjudged.OWN_COUNT, count))
        beside = self._beside(candidate, outcome.verdict.failed, left)
        judged, outcome = outcome, settled(outcome, check, student, beside)
        if left and outcome.verdict is Verdict.NOT_JUDGED:
            outcome = _left_to_a_loss(judged, check)
        if outcome.verdict is Verdict.NOT_JUDGED:
            own = wants_objects(student.answers(student.probes))
            code = unjudged.OWN_OBJECTS if own else unjudged.TRIED
            return not_judged(self.read, question, Reason(code, outcome.problem))
        if check.earns and outcome.verdict.failed and candidate in self.read.right_elsewhere:
            free, pinned = self.read.right_elsewhere[candidate], self.read.assignment.conventions
            outcome = demands.by_other_conventions(outcome, free, pinned)
        if check.earns and not outcome.verdict.failed and (loop := self._goes_up(candidate)):
            problem = TURNED.format(loop.name)
            outcome = bare_outcome(question, Verdict.WRONG, problem)
            outcome = replace(outcome, corroboration=[USED_SO])
        if check.earns:
            outcome = demands.beside_a_wrong_one(outcome, self.read.assignment)
        covers = unjudged.reached(self.read.inventory, _called(candidate))
        return Part(self._reviewed(outcome, check, student), read_as, covers=covers)

    def _goes_up(self, candidate: Candidate) -> TrainingLoop | None:
        """The training that goes up its loss with what this function gives with the sign turned."""
        reading = self.read.readings[candidate]
        if reading.convention.get("sign") != "negative" or not candidate.exercise.derivative:
            return None
        using = self._trainings(candidate)
        return next((one for one in using if self.read.loop_reading(one).goes_up), None)

    def _is_the_loss_of_a_training(self, candidate: Candidate) -> bool:
        """Does a right training that works it out go down the loss that its name leaves open?"""
        title = candidate.exercise.name.replace("_", " ")
        read = map(self.read.loop_reading, self._trainings(candidate))
        return any(
            one.verdict == "right"
            and one.attempt is not None
            and one.attempt.loss.replace("-", " ") == title
            for one in read
        )

    def _trainings(self, candidate: Candidate) -> Iterator[TrainingLoop]:
        """The training loops that a function has a part in, whether they are asked about or not."""
        return (one for one in self.read.inventory.loops if candidate.function in one.reaches)

    def _own_count(self, candidate: Candidate) -> str:
        """The number of samples that a loss, or its gradient, reads of its module instead of its arguments; "" for none."""
        definition = self.read.inventory.find(candidate.function)
        of_samples = "t" in candidate.exercise.roles and not self.read.is_pinned(
            candidate.exercise.name
        )
        names = definition.numbers if definition and of_samples else ()
        return next((n for n in names if settings.SAMPLES in settings.of_networks(n.lower())), "")

    def _beside(self, candidate: Candidate, failed: bool, left: bool) -> Beside:
        """What the submission and its assignment show of how a function is meant; its own work, where it failed."""
        return Beside(
            pinned=self.read.is_pinned(candidate.exercise.name),
            definition=self.read.inventory.find(candidate.function),
            used_so=failed and self._is_used_so(candidate),
            callers=self.subjects.right_callers(candidate),
            left_over=left,
        )

    def _leaves_its_slope_to_others(self, candidate: Candidate) -> bool:
        """Is it right for what a fused gradient of a loss leaves to do, in a module that has no gradient of a loss?"""
        other = self.read.readings[candidate].outvoted
        slopes = (
            c for c in self.read.readings if c.exercise.derivative and "t" in c.exercise.roles
        )
        return other is not None and "fused" in other.convention and not any(slopes)

    def _is_used_so(self, candidate: Candidate) -> bool:
        """Does the module's own work call it as its reading does?"""
        return self.read.is_shown(self.subjects.as_it_is_called(candidate))

    def _makes_layers(self, candidate: Candidate) -> bool:
        """Is it called like a layer, while the module's own work hands it the sizes of one?"""
        layer = candidate.exercise.kind is Kind.LAYER
        return layer and self.read.usage.takes_sizes(candidate.function)

    def _why_without_a_call(self, candidate: Candidate) -> Reason:
        """Why there is no way to call a function: what it belongs to may not be written yet."""
        owner = candidate.function.rpartition(".")[0]
        beside = [d for d in self.read.inventory.definitions if d.name.startswith(f"{owner}.")]
        open_ = [d.name for d in beside if unjudged.is_template(d, self.read.inventory)]
        if owner and open_:
            return Reason(unjudged.HANGS_ON, open_[0])
        return Reason(unjudged.NOT_CALLED, NO_CALL)

    def _reviewed(self, outcome: Outcome, check: Check, student: Student) -> Outcome:
        """The outcome of a secret exam, with a note where what passed fails on inputs of its own."""
        if (
            not exam.is_secret(self.read.assignment)
            or check.ask is not matches_the_formula
            or outcome.verdict.failed
        ):
            return outcome
        seed = exam.seed_of_its_own(self.read.assignment, self.read.worker.sha256)
        own = dataclasses.replace(student, seed=seed, causes={})
        if not judge(check, own, pictures=False).verdict.failed:
            return outcome
        return replace(outcome, note="; ".join(filter(None, (outcome.note, FOR_REVIEW))))


def _left_to_a_loss(outcome: Outcome, check: Check) -> Outcome:
    """The outcome of what passes the gradient from above on, in a module without the loss that would make it right."""
    question = Question(outcome.exercise, outcome.function, outcome.check)
    if not check.earns or not outcome.verdict.failed:
        return bare_outcome(question, Verdict.PASSED)
    return bare_outcome(question, Verdict.ADVICE, LEFT_TO_A_LOSS)


def _called(candidate: Candidate) -> list[str]:
    """The function itself, and the definitions that are called on the way to its answer."""
    paths = [
        ".".join(str(step).removeprefix(".") for step in c.path)
        for r in candidate.recipes
        for c in r
    ]
    owner = candidate.function.rpartition(".")[0]
    return [candidate.function, *paths, *(f"{owner}.{path}" for path in paths)]
