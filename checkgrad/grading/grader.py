"""Ask one check; grade one submission. Knows no pytest and no file format."""

from __future__ import annotations

import dataclasses
import platform
import time
import traceback
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from checkgrad import assignment as assignments
from checkgrad.asking.checks import CHECKS, Check
from checkgrad.asking.finding import NO_ANSWER
from checkgrad.asking.network import gradients
from checkgrad.asking.student import Student, matches_the_formula
from checkgrad.asking.truth import Network
from checkgrad.assignment import Assignment
from checkgrad.assignment.declared import Declared, declared
from checkgrad.child.inventory import Definition, TrainingLoop
from checkgrad.evidence import excerpt
from checkgrad.exercise import Exercise, Formula, Kind, Probe
from checkgrad.exercises.mlp import NETWORK, NetworkExercise
from checkgrad.grading import loop_questions, unjudged
from checkgrad.grading.interview import Interview, OurTimeIsUp, OutOfTime
from checkgrad.grading.operated import operated
from checkgrad.grading.part import Header, Part, Reason
from checkgrad.judging import (
    Beside,
    Question,
    bare_outcome,
    demands,
    exam,
    judge,
    judge_network,
    plainly_wrong,
    settled,
    settled_network,
    wrong,
)
from checkgrad.judging.points import IMPORTS, scored
from checkgrad.model import (
    Asked,
    Environment,
    Outcome,
    Place,
    ReadAs,
    ReadBy,
    Report,
    Submission,
    Verdict,
)
from checkgrad.reading import (
    Candidate,
    Reading,
    candidates,
    is_taken_up,
    misfits,
    nearest_names,
    read,
)
from checkgrad.reading.loops import LoopReading, read_loop
from checkgrad.reading.networks import (
    NetworkCandidate,
    NetworkReading,
    network_candidates,
    read_networks,
)
from checkgrad.reading.obstacles import wants_objects
from checkgrad.reading.pieces import Pieces
from checkgrad.reading.recipe import last_name
from checkgrad.reading.usage import Usage
from checkgrad.sandbox import GraderFault, Worker, clean

LOADS = "loads"
NO_DEFINITION = (
    "defines no function and no class, and a script cannot be called; put its steps into functions: "
    "def forward(X, W1, b1, W2, b2) returns the outputs, def backward(X, T, W1, b1, W2, b2) the gradients"
)
FOR_STAFF = "what it met is told to staff alone"
NO_CALL = "no call is known that leads to its answer"
MOST_LOOPS = 3  # around one network that are looked at
FOR_REVIEW = "for review: not right on inputs that only this submission was given"

if TYPE_CHECKING:
    from checkgrad.diagnose.surgery import Surgery


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
        self.path, self.pictures, self.neighbours = path, pictures, neighbours
        self.introduced = False  # whether whoever asks has been told the header
        self.assignment = assignment or Assignment()
        self.seed = exam.seed_for(self.assignment, seed)
        self._worker: Worker | None = None
        self._interview: Interview | None = None
        self._students: dict[Candidate, Student] = {}
        self._networks: dict[NetworkCandidate, Network] = {}
        self._repaired: dict[NetworkCandidate, bool] = {}
        self._wrong_networks: dict[NetworkCandidate, bool] = {}
        self._pieces: dict[NetworkCandidate, str] = {}
        self._loops: dict[TrainingLoop, LoopReading] = {}

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
            limits = demands.limits(self.assignment)
            self._worker = Worker(self.path, limits=limits, neighbours=self.neighbours)
        return self._worker

    @property
    def interview(self) -> Interview:
        if self._interview is None:
            time_for_us = self.worker.limits.submission
            discreet = exam.is_secret(self.assignment) or "examples" in self.assignment.withheld
            self._interview = Interview(self.worker, time_for_us, discreet)
        return self._interview

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        return assignments.asked(self.assignment)

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        return candidates(self.worker.inventory, self.exercises, self.assignment.mapping)

    @cached_property
    def declared(self) -> Declared:
        """What the submission says of itself."""
        return declared(self.worker.inventory, assignments.known(self.assignment))

    @cached_property
    def conventions(self) -> dict[str, str]:
        """What the assignment pins, and the submission where the assignment leaves it open."""
        return {**self.declared.conventions, **self.assignment.conventions}

    @cached_property
    def network_candidates(self) -> tuple[NetworkCandidate, ...]:
        if self.assignment.exercises and NETWORK.name not in self.assignment.exercises:
            return ()
        mapping = {**self.declared.mapping, **self.assignment.mapping}
        return network_candidates(self.worker.inventory, mapping.get(NETWORK.name, ""))

    @cached_property
    def loops(self) -> tuple[TrainingLoop, ...]:
        """Training loops beside the networks; where an assignment asks for a network, only if there is no other."""
        asked = self.assignment.exercises
        if asked and (NETWORK.name not in asked or self.network_candidates):
            return ()
        updates = {c.function for c in self.candidates if c.exercise.kind is Kind.UPDATE}
        apart = loop_questions.apart(self.worker.inventory.loops, self.network_candidates)
        return tuple(loop for loop in apart if loop.name not in updates)

    def loop_reading(self, loop: TrainingLoop) -> LoopReading:
        """What the turns of a loop show."""
        if loop not in self._loops:
            leave = loop_questions.others(self.worker.inventory.loops, loop)
            self._loops[loop] = read_loop(self.interview.ask, loop, leave, self.worker.inventory)
        return self._loops[loop]

    @cached_property
    def readings(self) -> dict[Candidate, Reading]:
        written = [c for c in self.candidates if c.recipes and not self._is_stub(c.function)]
        found = read(
            written, self.interview.ask, seed=self.seed, pinned=self.assignment.conventions
        )
        if self.conventions == self.assignment.conventions:
            return found
        told = read(written, self.interview.ask, seed=self.seed, pinned=self.conventions)
        # What a submission says of itself cannot make right what is wrong without it.
        return {c: told[c] if found[c].right or not told[c].right else found[c] for c in written}

    @cached_property
    def right_elsewhere(self) -> dict[Candidate, Reading]:
        """What is right by conventions that the assignment rules out, as it would be read without it."""
        if not self.assignment.conventions or all(r.right for r in self.readings.values()):
            return {}
        free = read(list(self.readings), self.interview.ask, seed=self.seed)
        return {c: r for c, r in free.items() if r.right and not self.readings[c].right}

    @cached_property
    def usage(self) -> Usage:
        """What the module's own work shows; it is run when that is asked for."""
        return Usage(self.interview.ask, self.worker.inventory.work)

    @cached_property
    def networks(self) -> dict[NetworkCandidate, NetworkReading | str]:
        return read_networks(
            self.network_candidates,
            self.interview.ask,
            seed=self.seed,
            pinned=self.conventions,
            readings=self.readings,
            usage=self.usage,
        )

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Every question there is, in the order of the report; it follows from the inventory alone."""
        found = [Question("submission", "submission", LOADS)]
        if self.assignment.imports:
            found.append(Question("imports", "submission", IMPORTS))
        for exercise in self.exercises:
            found += self._questions_on(exercise)
        functions = [c.function for c in self.network_candidates]
        loops = [loop.name for loop in self.loops if loop.name not in functions]
        if not functions and not loops and NETWORK.name in self.assignment.required:
            functions = [NETWORK.name]
        asked = demands.network_checks(self.assignment)
        found += [Question(NETWORK.name, f, c.name) for f in functions for c in asked]
        found += [Question(NETWORK.name, name, c) for name in loops for c in loop_questions.ASKED]
        return tuple(found)

    def _questions_on(self, exercise: Exercise) -> list[Question]:
        functions = [c.function for c in self.candidates if c.exercise.name == exercise.name]
        if exercise.name in self.assignment.free:
            functions = [f for f in functions if not self._is_stub(f)]
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
            with self.interview.counted(), np.errstate(all="ignore"):  # references meet extremes
                part = self._answer(question)
                part = replace(part, outcome=self._beside_its_source(part.outcome))
        except (OutOfTime, OurTimeIsUp) as late:
            part = self._not_judged(question, Reason(unjudged.OUT_OF_TIME, str(late)))
        except GraderFault as fault:
            part = Part(bare_outcome(question, Verdict.GRADER_FAULT, str(fault)))
        except Exception as error:  # a submission that breaks us must not break the other outcomes
            part = Part(self._undone(question, error))
        if question.exercise in self.assignment.exercises:
            part = unjudged.asked_for(part)
        outcome = demands.applied(part.outcome, self.assignment)
        outcome = replace(outcome, seconds=time.perf_counter() - start)
        if outcome.verdict is not Verdict.PASSED and self._interview:
            told = self._interview.told_by(question.function)
            outcome = replace(outcome, staff="\n".join(filter(None, (outcome.staff, told))))
        return replace(part, outcome=outcome)

    def _undone(self, question: Question, error: Exception) -> Outcome:
        """A question over which we failed: a fault of ours, unless what is given is wrong anyway."""
        try:
            found = self._wrong_anyway(question)
        except Exception:  # the same again
            found = ""
        outcome = bare_outcome(question, Verdict.WRONG, found)
        return outcome if found else _our_fault(question, error, self.interview.is_discreet)

    def _wrong_anyway(self, question: Question) -> str:
        """How a function or a network differs from what is due, "" if it does not."""
        student = next((s for c, s in self._students.items() if asks_about(question, c)), None)
        if student:
            return plainly_wrong(student)
        networks = (n for c, n in self._networks.items() if c.function == question.function)
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
        if question.exercise == NETWORK.name:
            return self._answer_on_network(question)
        candidate = next((c for c in self.candidates if asks_about(question, c)), None)
        if candidate is None or self._is_stub(candidate.function):
            return Part(self._missing(question, candidate is not None))
        if not candidate.recipes:
            return self._not_judged(question, self._why_without_a_call(candidate))
        student = self.student(candidate)
        check = next(c for c in CHECKS if c.name == question.check)
        reading = student.reading
        if reading.unwritten or not reading.right and self._lacks_a_value(candidate.function):
            return Part(self._missing(question, True))
        if not reading.right and (gap := self._unwritten_below(_called(candidate))):
            return self._not_judged(question, Reason(unjudged.HANGS_ON, gap))
        if not reading.reached:
            return self._not_judged(question, Reason(unjudged.NOT_CALLED, reading.obstacle))
        if candidate.guessed and not reading.right:
            return self._not_judged(question, Reason(unjudged.GUESSED))
        if check.needs_an_answer and not any(
            answer.returned for answer in student.answers(student.probes)
        ):
            return self._not_judged(question, Reason(NO_ANSWER))
        read_as = self._read_as(question, reading)
        hurried = self.interview.is_hurried
        outcome = judge(check, student, pictures=self.pictures and not hurried, brief=hurried)
        beside = self._beside(candidate, outcome.verdict.failed)
        outcome = settled(outcome, check, student, beside)
        if outcome.verdict is Verdict.NOT_JUDGED:
            own = wants_objects(student.answers(student.probes))
            code = unjudged.OWN_OBJECTS if own else unjudged.TRIED
            return self._not_judged(question, Reason(code, outcome.problem))
        if check.earns and outcome.verdict.failed and candidate in self.right_elsewhere:
            free, pinned = self.right_elsewhere[candidate], self.assignment.conventions
            outcome = demands.by_other_conventions(outcome, free, pinned)
        if check.earns:
            outcome = demands.beside_a_wrong_one(outcome, self.assignment)
        covers = unjudged.reached(self.worker.inventory, _called(candidate))
        return Part(self._reviewed(outcome, check, student), read_as, covers=covers)

    def _not_judged(self, question: Question, reason: Reason) -> Part:
        place = self._place(question.function)
        if self.interview.is_discreet and reason.code in unjudged.SAID_BY_THE_CODE:
            found = unjudged.part(question, Reason(reason.code, FOR_STAFF), place)
            staff = unjudged.sentence(reason)
            return replace(found, outcome=replace(found.outcome, staff=staff))
        return unjudged.part(question, reason, place)

    def _read_as(self, question: Question, reading: Reading | NetworkReading) -> ReadAs:
        read_by, note = self._read_by(question, reading), reading.note
        if read_by == "usage" and self.usage.instead:
            note += f", its own work run with stand-ins for {', '.join(self.usage.instead)}"
        place = self._place(question.function)
        return ReadAs(
            question.exercise, question.function, reading.convention, note, read_by, place
        )

    def _read_by(self, question: Question, reading: Reading | NetworkReading) -> ReadBy:
        """What told how it is called: who asks for it, the module's own work, or names."""
        if self._is_pinned(question.exercise):
            return "pinned"
        if isinstance(reading, NetworkReading) and reading.script and reading.candidate.maker:
            holder = reading.script.holder
            if holder and holder.takes in set(self.usage.plans(reading.candidate.maker)):
                return "usage"
        return "names"

    def _place(self, function: str) -> Place | None:
        definition = self.worker.inventory.find(function)
        return unjudged.place_of(definition.span) if definition else None

    def _answer_on_network(self, question: Question) -> Part:
        candidate = next(
            (c for c in self.network_candidates if c.function == question.function), None
        )
        if candidate is None:
            return self._answer_on_a_loop(question)
        if candidate.left_open:
            covers, concerns = names(candidate.left_open), names(candidate.parts)
            problem = f"is not written yet: {covers[0]}"
            missing = bare_outcome(question, Verdict.MISSING, problem)
            return Part(missing, covers=covers, concerns=concerns)
        reading = self.networks[candidate]
        if isinstance(reading, str):
            if shown := self._shown_by_loops(question, candidate):
                return shown
            unread = self._not_judged(question, Reason(unjudged.NOT_READ, reading))
            return replace(unread, concerns=names(candidate.parts))
        network = self.network(candidate, reading)
        if reading.pieces and (cause := self._broken_pieces(reading.pieces, candidate)):
            return unjudged.part(question, Reason(unjudged.FOLLOWS, cause))
        check = next(c for c in demands.network_checks(self.assignment) if c.name == question.check)
        finding = check.ask(network)
        if finding.unasked:
            return self._not_judged(question, Reason(finding.unasked))
        read_as = self._read_as(question, reading)
        outcome = judge_network(question, finding)
        used_so = outcome.verdict.failed and self._is_network_used_so(network)
        beside = Beside(self._is_pinned(NETWORK.name), used_so=used_so)
        outcome = settled_network(outcome, network, beside)
        if (
            outcome.verdict is Verdict.NOT_JUDGED
            or outcome.verdict.failed
            and check.ask is gradients
        ):
            shown = self._shown_by_loops(question, candidate, contradicts=outcome.verdict.failed)
            if shown:
                return shown
        if outcome.verdict is Verdict.NOT_JUDGED and self._is_repaired(candidate, reading):
            beside = dataclasses.replace(beside, repaired=True)
            outcome = settled_network(judge_network(question, finding), network, beside)
        if outcome.verdict is Verdict.NOT_JUDGED:
            return self._not_judged(question, Reason(unjudged.TRIED, outcome.problem))
        if reading.pieces and outcome.verdict.failed:
            return unjudged.part(question, Reason(unjudged.FOLLOWS, reading.pieces.functions))
        if check.ask is gradients:
            pinned = self.assignment.conventions
            outcome = demands.by_other_network_conventions(outcome, reading, pinned)
        covers = unjudged.reached(self.worker.inventory, reading.called)
        around = loop_questions.around(self.worker.inventory.loops, candidate)
        covers += [loop.name for loop in around if loop not in self.loops]
        return Part(outcome, read_as, list(finding.training), covers=covers)

    def _broken_pieces(self, pieces: Pieces, candidate: NetworkCandidate) -> str:
        """Which pieces a network that is put together and not right follows from; "" if it is right.

        It is nobody's code, so it is a consequence of its pieces and never wrong by itself.
        """
        if candidate not in self._pieces:
            network = self._networks[candidate]
            broken = gradients(network).verdict.failed
            wrong = [r.candidate.function for r in pieces.readings.values() if not r.right]
            cause = ", ".join(dict.fromkeys(wrong)) or pieces.functions
            self._pieces[candidate] = cause if broken else ""
        return self._pieces[candidate]

    def _beside(self, candidate: Candidate, failed: bool) -> Beside:
        """What the submission and its assignment show of how a function is meant; its own work, where it failed."""
        return Beside(
            pinned=self._is_pinned(candidate.exercise.name),
            definition=self.worker.inventory.find(candidate.function),
            used_so=failed and self._is_used_so(candidate),
            callers=self._right_callers(candidate),
            left_over=self._leaves_its_slope_to_others(candidate),
        )

    def _leaves_its_slope_to_others(self, candidate: Candidate) -> bool:
        """Is it right for what a fused gradient of a loss leaves to do, in a module that has no gradient of a loss?"""
        other = self.readings[candidate].outvoted
        slopes = (c for c in self.readings if c.exercise.derivative and "t" in c.exercise.roles)
        return other is not None and "fused" in other.convention and not any(slopes)

    def _is_used_so(self, candidate: Candidate) -> bool:
        """Does the module's own work call it as its reading does?"""
        reading, exercise = self._as_it_is_called(candidate), candidate.exercise
        probes = [(probe, samples_of(probe)) for probe in exercise.probes(self.seed)]
        return any(
            self.usage.shows(reading.request(probe), n, strict="z" in exercise.roles)
            for probe, n in probes
        )

    def _is_network_used_so(self, network: Network) -> bool:
        """Does the module's own work make and call the network as its reading does?"""
        reading = network.reading
        if reading.script is None or not network.probes:
            return False
        parameters, x, t = network.probes[0]
        request = reading.request(parameters, x, t)
        return self.usage.shows(request, len(x), strict=False) is True

    def _is_pinned(self, exercise: str) -> bool:
        """Does the assignment ask for it, or it or the submission say what answers it?"""
        said = (self.assignment.exercises, self.assignment.mapping, self.declared.mapping)
        return any(exercise in one for one in said)

    def _as_it_is_called(self, candidate: Candidate) -> Reading:
        """The reading of a function; one that the module outvotes, where all that call it are right with it."""
        reading = self.readings[candidate]
        return reading.outvoted if reading.outvoted and self._right_callers(candidate) else reading

    def _right_callers(self, candidate: Candidate) -> tuple[str, ...]:
        """The functions and networks that use this one, if all of them are right."""
        name = last_name(candidate.function)
        functions = {
            c.function: r.right
            for c, r in self.readings.items()
            if c.function != candidate.function and name in self._mentions(c.function)
        }
        networks = {
            c.function: self._has_right_gradients(c)
            for c in self.network_candidates
            if any(name in self._mentions(d.name) for d in c.parts)
        }
        callers = {**functions, **networks}
        return tuple(callers) if all(callers.values()) else ()

    def _has_right_gradients(self, candidate: NetworkCandidate) -> bool:
        reading = self.networks[candidate]
        if isinstance(reading, str) or not reading.right_forward:
            return False
        return not self._has_wrong_gradients(candidate)

    def _has_wrong_gradients(self, candidate: NetworkCandidate) -> bool:
        """Was the network read, and are its gradients not right? Worked out once for all that depends on it."""
        reading = self.networks[candidate]
        if isinstance(reading, str):
            return False
        if candidate not in self._wrong_networks:
            network = Network(reading, self.interview.judged, self.seed, pictures=False)
            self._wrong_networks[candidate] = gradients(network).verdict.failed
        return self._wrong_networks[candidate]

    def _shown_by_loops(
        self, question: Question, candidate: NetworkCandidate, contradicts: bool = False
    ) -> Part | None:
        """What the loops that use a network show of it; where it *contradicts* names, only a right one that the module runs."""
        around = loop_questions.around(self.worker.inventory.loops, candidate)[:MOST_LOOPS]
        if not around or self._is_pinned(NETWORK.name):
            return None
        read = [self.loop_reading(loop) for loop in around]
        if contradicts and not any(one.verdict == "right" and one.as_it_is for one in read):
            return None
        if all(one.verdict == "unclear" for one in read):
            return None
        found = self._answer_on_loops(question, around)
        return replace(found, covers=[*found.covers, *names(candidate.parts)])

    def _answer_on_a_loop(self, question: Question) -> Part:
        """What a loop shows that stands for itself; what trains a wrong network is no mistake of its own."""
        loop = next((one for one in self.loops if one.name == question.function), None)
        found = self._answer_on_loops(question, [loop] if loop else [])
        if loop and found.outcome.verdict.failed and (cause := self._wrong_network_in(loop)):
            place = unjudged.place_of(loop.span)
            return unjudged.part(question, Reason(unjudged.TRAINS_WRONG, cause), place)
        return found

    def _wrong_network_in(self, loop: TrainingLoop) -> str:
        """The network that a loop trains and whose own gradients are not right."""
        trained = (c for c in self.network_candidates if loop_questions.around([loop], c))
        return next((c.function for c in trained if self._has_wrong_gradients(c)), "")

    def _answer_on_loops(self, question: Question, loops: Sequence[TrainingLoop]) -> Part:
        """What the first loop shows that shows anything."""
        if not loops:
            return Part(self._missing(question, False))
        read = [self.loop_reading(loop) for loop in loops[:MOST_LOOPS]]
        found = next((one for one in read if one.verdict != "unclear"), read[0])
        place = unjudged.place_of(found.loop.span)
        if found.verdict == "unclear" and question.check == gradients.__name__:
            return unjudged.part(question, Reason(unjudged.NO_LOOP, found.why), place)
        if found.verdict == "unclear" or question.check not in loop_questions.ASKED:
            return unjudged.part(question, Reason(unjudged.AS_A_LOOP))
        outcome = loop_questions.outcome_of(question, found, self.pictures)
        read_as = ReadAs(
            question.exercise,
            question.function,
            {"loss": found.loss, "rate": f"{found.rate:.6g}"},
            loop_questions.note_of(found),
            read_by="usage",
            place=place,
        )
        own = found.attempt is not None and found.attempt.own
        beside = [] if own else unjudged.losses_in(self.worker.inventory, found.loop.span)
        covers = [found.loop.name, *found.loop.reaches]
        return Part(outcome, read_as, covers=covers, beside=beside)

    def _reviewed(self, outcome: Outcome, check: Check, student: Student) -> Outcome:
        """The outcome of a secret exam, with a note where what passed fails on inputs of its own."""
        if (
            not exam.is_secret(self.assignment)
            or check.ask is not matches_the_formula
            or outcome.verdict.failed
        ):
            return outcome
        seed = exam.seed_of_its_own(self.assignment, self.worker.sha256)
        own = dataclasses.replace(student, seed=seed, causes={})
        if not judge(check, own, pictures=False).verdict.failed:
            return outcome
        return replace(outcome, note="; ".join(filter(None, (outcome.note, FOR_REVIEW))))

    def network(self, candidate: NetworkCandidate, reading: NetworkReading) -> Network:
        """The network a candidate stands for, as the assignment asks for it."""
        if candidate not in self._networks:
            self._networks[candidate] = Network(
                reading,
                self.interview.judged,
                self.seed,
                self.pictures,
                tuple(map(tuple, self.assignment.network.sizes)),
                demands.room(self.assignment, NETWORK.name),
                self._wrong_pieces(candidate),
                lambda: self.interview.is_hurried,
            )
        return self._networks[candidate]

    def student(self, candidate: Candidate) -> Student:
        """The function a candidate stands for, with the forward function it is the derivative of."""
        if candidate not in self._students:
            self._students[candidate] = Student(
                self._as_it_is_called(candidate),
                self.interview.judged,
                self.seed,
                self._forward(candidate),
                demands.room(self.assignment, candidate.exercise.name),
                self.assignment.conventions.get("reduction", ""),
            )
            self._students[candidate].uses = self._used(self._mentions(candidate.function))
            taken_up = is_taken_up(candidate.function, self.worker.inventory)
            self._students[candidate].taken_up = taken_up
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
        return wrong(self._used(mentioned))

    def _forward(self, candidate: Candidate) -> Student | None:
        derivative = candidate.exercise.derivative
        mine = [c for c in self.readings if derivative and c.exercise is derivative.of]
        return self.student(mine[0]) if mine else None

    def _beside_its_source(self, outcome: Outcome) -> Outcome:
        """What failed, with the student's own lines."""
        if not self.pictures or not (outcome.verdict.failed or outcome.verdict is Verdict.ADVICE):
            return outcome
        files = [Path(path) for _, path, _ in self.worker.staged.targets]
        return replace(outcome, source=excerpt.of(files, self.worker.inventory, outcome.function))

    def _is_stub(self, function: str) -> bool:
        definition = self.worker.inventory.find(function)
        return definition is not None and definition.stub

    def _lacks_a_value(self, function: str) -> bool:
        """Does it return what was left at None?"""
        definition = self.worker.inventory.find(function)
        return definition is not None and bool(definition.unset)

    def _unwritten_below(self, roots: list[str]) -> str:
        return unjudged.unwritten_below(self.worker.inventory, roots)

    def _why_without_a_call(self, candidate: Candidate) -> Reason:
        """Why there is no way to call a function: what it belongs to may not be written yet."""
        owner = candidate.function.rpartition(".")[0]
        beside = [d for d in self.worker.inventory.definitions if d.name.startswith(f"{owner}.")]
        open_ = [d.name for d in beside if unjudged.is_template(d, self.worker.inventory)]
        if owner and open_:
            return Reason(unjudged.HANGS_ON, open_[0])
        return Reason(unjudged.NOT_CALLED, NO_CALL)

    def _loads(self, question: Question) -> Outcome:
        inventory = self.worker.inventory
        if inventory.problem:
            return replace(
                bare_outcome(question, Verdict.CRASHED, inventory.problem),
                traceback=inventory.traceback,
                printed=inventory.printed,
            )
        if not (self.candidates or self.network_candidates or self.loops):
            return bare_outcome(question, Verdict.MISSING, self._nothing_found())
        said = self.declared.problems
        found = bare_outcome(question, Verdict.ADVICE if said else Verdict.PASSED, "; ".join(said))
        return replace(found, note="; ".join(inventory.notes), printed=inventory.printed)

    def _imports(self, question: Question) -> Outcome:
        problem = demands.forbidden(self.worker.inventory.imports, self.assignment)
        return bare_outcome(question, Verdict.WRONG if problem else Verdict.PASSED, problem)

    def _nothing_found(self) -> str:
        found = [d.name for d in self.worker.inventory.definitions]
        if not found:
            return NO_DEFINITION
        near = nearest_names(self.worker.inventory, self.exercises)
        listed = ", ".join(found[:12])
        return f"nothing here is an exercise; found {listed}" + "".join(f"; {n}" for n in near)

    def _missing(self, question: Question, stub: bool) -> Outcome:
        problem = "is not written yet" if stub else "was not found in the submission"
        if not stub and self.worker.inventory.problem:
            problem = "could not be looked for: the submission does not load"
        elif not stub and question.exercise in self.assignment.mapping:
            mapped = {question.exercise: self.assignment.mapping[question.exercise]}
            problem = "; ".join(misfits(self.worker.inventory, self.exercises, mapped)) or problem
        return bare_outcome(question, Verdict.MISSING, problem)

    def _is_repaired(self, candidate: NetworkCandidate, reading: NetworkReading) -> bool:
        """Does one change of one expression make everything right? Nothing due is sent in an exam."""
        if exam.is_secret(self.assignment) or self.interview.is_hurried or reading.pieces:
            return False
        if candidate not in self._repaired:
            self._repaired[candidate] = not self._rolls_dice(reading) and self._speaks_for(reading)
        return self._repaired[candidate]

    def _rolls_dice(self, reading: NetworkReading) -> bool:
        """Is what a network calls random, as dropout is? The due value in its place mends it whatever was meant."""
        inventory = self.worker.inventory
        called = map(inventory.find, unjudged.reached(inventory, reading.called))
        return any(
            "random" in d.uses
            for d in called
            if d and d.kind != "class" and "__init__" not in d.name
        )

    def _speaks_for(self, reading: NetworkReading) -> bool:
        with closing(self._surgery()) as surgery:
            return surgery.speaks_for(reading, self.seed)

    def _surgery(self) -> Surgery:
        from checkgrad.diagnose.surgery import Surgery  # only for what is not right

        return Surgery(self.worker, lambda: self.interview.is_over)

    def operated(self, report: Report) -> Report:
        """The report, of which all verdicts stand, with repairs for what is wrong; no fault of ours spoils it."""
        try:
            with self.interview.counted():
                return operated(report, self._surgery, self._reading_of, self.seed)
        except Exception:
            return report

    def _reading_of(self, outcome: Outcome) -> Reading | NetworkReading | None:
        """How the function of an outcome was understood."""
        if outcome.exercise == NETWORK.name:
            found = (c for c in self.network_candidates if c.function == outcome.function)
            network = next((self.networks[c] for c in found), "")
            return None if isinstance(network, str) else network
        question = Question(outcome.exercise, outcome.function, outcome.check)
        candidate = next((c for c in self.candidates if asks_about(question, c)), None)
        return self.readings.get(candidate) if candidate else None

    def header(self) -> Header:
        """What the report says of the submission as a whole."""
        worker = self.worker
        inventory = worker.inventory
        submission = Submission(
            clean(self.path.name), worker.sha256, inventory.printed, list(inventory.notes)
        )
        return Header(
            submission,
            worker.isolation,
            list(self.questions),
            self.assignment.name or None if self.assignment.exercises else None,
            None if exam.is_secret(self.assignment) else self.seed,
            unjudged.pieces(inventory),
        )


def grade(submission: Path | str, *, assignment: Assignment | None = None, seed: int = 0) -> Report:
    """Ask every question of one submission, a path to a .py, a folder or a .ipynb, and return the report."""
    with Grader(Path(submission), assignment=assignment, seed=seed) as grader:
        parts = [grader.ask(question) for question in grader.questions]
        return grader.operated(assemble(grader.header(), parts, grader.assignment))


def assemble(header: Header, parts: Iterable[Part], assignment: Assignment) -> Report:
    """Put the parts together, in the order of the questions, whatever order they came in."""
    given = {(p.outcome.exercise, p.outcome.function, p.outcome.check): p for p in parts}
    ordered = [
        given.get((q.exercise, q.function, q.check), Part(bare_outcome(q, Verdict.NOT_RUN)))
        for q in header.questions
    ]
    not_judged = unjudged.listed(header, ordered, assignment.exercises)
    ordered = list(unjudged.kept(ordered))
    outcomes = unjudged.where_nothing_is_judged([part.outcome for part in ordered], LOADS)
    outcomes, score = scored(outcomes, assignment)
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
        not_judged=not_judged,
        training=[run for part in ordered for run in part.training],
        withheld=assignment.withheld,
    )


def _asked(assignment: Assignment, questions: Sequence[Question]) -> list[Asked]:
    named = {q.exercise for q in questions}
    everything: tuple[Exercise | NetworkExercise, ...] = (*assignments.asked(assignment), NETWORK)
    return [
        Asked(e.name, e.title, e.summary, e.latex, e.source, _derivation(e))
        for e in everything
        if e.name in named
    ]


def _derivation(asked: Exercise | NetworkExercise) -> str:
    return "\n".join(step.latex for step in asked.derivation if step.latex)


def _distinct(readings: Iterable[ReadAs]) -> list[ReadAs]:
    return list({(r.exercise, r.function): r for r in readings}.values())


def samples_of(probe: Probe) -> int:
    """The number of rows of the first argument that has any."""
    return next((len(a) for a in probe if isinstance(a, np.ndarray) and a.ndim > 1), -1)


def names(definitions: Iterable[Definition]) -> list[str]:
    return [definition.name for definition in definitions]


def _called(candidate: Candidate) -> list[str]:
    """The function itself, and the definitions that are called on the way to its answer."""
    paths = [
        ".".join(str(step).removeprefix(".") for step in c.path)
        for r in candidate.recipes
        for c in r
    ]
    owner = candidate.function.rpartition(".")[0]
    return [candidate.function, *paths, *(f"{owner}.{path}" for path in paths)]


def asks_about(question: Question, candidate: Candidate) -> bool:
    return (candidate.exercise.name, candidate.function) == (question.exercise, question.function)


def _our_fault(question: Question, error: Exception, discreet: bool) -> Outcome:
    problem = f"checkgrad itself failed here ({type(error).__name__}: {error}); please report it"
    ours = "".join(traceback.format_exception(error)[-8:])
    outcome = bare_outcome(question, Verdict.GRADER_FAULT, problem)
    if discreet:  # the error may hold what the submission said
        told = f"checkgrad itself failed here ({type(error).__name__}); please report it"
        return replace(outcome, problem=told, staff=f"{problem}\n{ours}")
    return replace(outcome, traceback=ours)
