"""Functions and networks of a submission as they are asked, with what the code around them shows."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from checkgrad.asking import penalty
from checkgrad.asking.derivative import powers_apart
from checkgrad.asking.network import gradients
from checkgrad.asking.student import Student
from checkgrad.asking.truth import StudentNetwork
from checkgrad.exercise import Formula
from checkgrad.exercises.mlp import NETWORK
from checkgrad.grading.telling import asks_about
from checkgrad.grading.understood import Understood
from checkgrad.judging import (
    Question,
    demands,
    wrong,
)
from checkgrad.model import Outcome
from checkgrad.networks.candidates import (
    NetworkCandidate,
    NetworkReading,
)
from checkgrad.reading import (
    Candidate,
    Reading,
    is_taken_up,
)
from checkgrad.reading.recipe import last_name

if TYPE_CHECKING:
    from checkgrad.diagnose.surgery.of_functions import OwnLoss


class Subjects:
    """The functions and networks that candidates stand for, each made once."""

    def __init__(self, read: Understood, pictures: bool) -> None:
        self.read, self.pictures = read, pictures
        self.students: dict[Candidate, Student] = {}
        self.networks: dict[NetworkCandidate, StudentNetwork] = {}
        self._wrong_networks: dict[NetworkCandidate, bool] = {}
        self._called: dict[Candidate, Reading] = {}

    def student(self, candidate: Candidate) -> Student:
        """The function a candidate stands for, with the forward function it is the derivative of."""
        if candidate not in self.students:
            self.students[candidate] = Student(
                self.as_it_is_called(candidate),
                self.read.interview.judged,
                self.read.seed,
                self._forward(candidate),
                demands.room(self.read.assignment, candidate.exercise.name),
                self.read.assignment.conventions.get("reduction", ""),
            )
            self.students[candidate].uses = self._used(self.read.mentions(candidate.function))
            taken_up = is_taken_up(candidate.function, self.read.inventory)
            self.students[candidate].taken_up = taken_up
            self.students[candidate].pinned = self.read.is_pinned(candidate.exercise.name)
        return self.students[candidate]

    def network(self, candidate: NetworkCandidate, reading: NetworkReading) -> StudentNetwork:
        """The network a candidate stands for, as the assignment asks for it."""
        if candidate not in self.networks:
            self.networks[candidate] = StudentNetwork(
                reading,
                self.read.interview.judged,
                self.read.seed,
                self.pictures,
                tuple(map(tuple, self.read.assignment.network.sizes)),
                demands.room(self.read.assignment, NETWORK.name),
                self._wrong_pieces(candidate),
                lambda: self.read.interview.is_hurried,
            )
        return self.networks[candidate]

    def as_it_is_called(self, candidate: Candidate) -> Reading:
        """The reading of a function; another one, as which what calls it has use for it.

        Such is one that the module outvotes, where all that call it are right with it; or for one sample at a time, where
        a network that is read so calls it.
        """
        if candidate not in self._called:
            self._called[candidate] = self._as_it_is_called(candidate)
        return self._called[candidate]

    def _as_it_is_called(self, candidate: Candidate) -> Reading:
        reading = self.read.readings[candidate]
        if reading.outvoted and self.right_callers(candidate):
            return reading.outvoted
        if not reading.right and self._is_of_a_network_of_single_samples(candidate):
            alone = self.read.read_alone(candidate)
            return alone if alone.right else reading
        return reading

    def _is_of_a_network_of_single_samples(self, candidate: Candidate) -> bool:
        using = (self.read.networks[c] for c in self._networks_with(candidate))
        read = [one for one in using if not isinstance(one, str)]
        return bool(read) and all(one.single and one.right_forward for one in read)

    def _networks_with(self, candidate: Candidate) -> list[NetworkCandidate]:
        """The networks that use a function."""
        name = last_name(candidate.function)
        mentions = self.read.mentions
        return [
            c
            for c in self.read.network_candidates
            if any(name in mentions(part.name) for part in c.parts)
        ]

    def right_callers(self, candidate: Candidate) -> tuple[str, ...]:
        """The functions and networks that use this one, if all of them are right."""
        name = last_name(candidate.function)
        functions = {
            c.function: r.right
            for c, r in self.read.readings.items()
            if c.function != candidate.function and name in self.read.mentions(c.function)
        }
        networks = {
            c.function: self._has_right_gradients(c) for c in self._networks_with(candidate)
        }
        callers = {**functions, **networks}
        return tuple(callers) if all(callers.values()) else ()

    def _has_right_gradients(self, candidate: NetworkCandidate) -> bool:
        reading = self.read.networks[candidate]
        if isinstance(reading, str) or not reading.right_forward:
            return False
        return not self.has_wrong_gradients(candidate)

    def has_wrong_gradients(self, candidate: NetworkCandidate) -> bool:
        """Was the network read, and are its gradients not right? Worked out once for all that depends on it."""
        reading = self.read.networks[candidate]
        if isinstance(reading, str):
            return False
        if candidate not in self._wrong_networks:
            network = StudentNetwork(
                reading, self.read.interview.judged, self.read.seed, pictures=False
            )
            self._wrong_networks[candidate] = gradients(network).verdict.failed
        return self._wrong_networks[candidate]

    def _used(self, mentioned: Collection[str]) -> tuple[Student, ...]:
        """The answers to exercises among what a source mentions."""
        named = (c for c in self.read.readings if last_name(c.function) in mentioned)
        return tuple(self.student(c) for c in named)

    def _wrong_pieces(self, candidate: NetworkCandidate) -> dict[str, Formula]:
        """The wrong functions that a network uses, by their exercises."""
        parts = [candidate.function, *(d.name for d in candidate.parts)]
        mentioned = set().union(*map(self.read.mentions, parts))
        return wrong(self._used(mentioned))

    def own_loss(self, outcome: Outcome) -> OwnLoss | None:
        """What the gradient of an outcome owes to the loss beside it."""
        from checkgrad.diagnose.surgery.of_functions import OwnLoss  # only for what is not right

        question = Question(outcome.exercise, outcome.function, outcome.check)
        student = next((s for c, s in self.students.items() if asks_about(question, c)), None)
        if student is None or student.forward is None:
            return None
        if differ := penalty.clash(student):
            return OwnLoss((0, 0), differ.gradient.reading, 2 * differ.in_loss)
        mine, other = (one.reading.convention for one in (student, student.forward))
        return OwnLoss(powers_apart(mine, other) or (0, 0))

    def _forward(self, candidate: Candidate) -> Student | None:
        derivative = candidate.exercise.derivative
        mine = [c for c in self.read.readings if derivative and c.exercise is derivative.of]
        return self.student(mine[0]) if mine else None
