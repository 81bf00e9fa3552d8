"""An assignment: the keys of its file with what they come to."""

from __future__ import annotations

import hashlib
from fractions import Fraction

from msgspec import Struct

from checkgrad.asking.checks import CHECKS
from checkgrad.asking.network import NETWORK_CHECKS
from checkgrad.assignment import own as teachers
from checkgrad.assignment.file import AssignmentFile
from checkgrad.exercise import Exercise
from checkgrad.exercises import ALL
from checkgrad.exercises.mlp import NETWORK


class AssignmentSource(Struct, frozen=True):
    """An assignment as it travels: the file, and the teacher's own Python file that it names."""

    name: str = ""
    text: bytes = b""
    own: bytes = b""


class Assignment(AssignmentFile, frozen=True):
    """Exercises with points, conventions every function has to follow, the seed of the probes, and the rest."""

    source: AssignmentSource = AssignmentSource()

    @property
    def maximum(self) -> float | None:
        """Points to be had, whatever is handed in; None where nothing is asked for."""
        if not self.exercises:
            return None
        required = (a for a in self.exercises.values() if a.kind == "required")
        return float(sum((exact(a.worth) for a in required), Fraction()))

    @property
    def mapping(self) -> dict[str, str]:
        """Which function answers which exercise, where the file says so."""
        return {name: a.function for name, a in self.exercises.items() if a.function}

    @property
    def required(self) -> list[str]:
        """The exercises that have to be there."""
        return [name for name, a in self.exercises.items() if a.kind == "required"]

    @property
    def free(self) -> list[str]:
        """The exercises that may be left out: bonus and optional ones."""
        return [name for name, a in self.exercises.items() if a.kind != "required"]

    @property
    def digest(self) -> str:
        """Stands for all that the file, and the teacher's own file, say."""
        return hashlib.sha256(self.source.text + b"\0" + self.source.own).hexdigest()

    @property
    def withheld(self) -> dict[str, str]:
        """What students are not shown now, "examples" or "hints", and until when."""
        shown = {"examples": self.examples, "hints": self.hints}
        return {k: when for k, when in shown.items() if not is_visible(when, self.released)}


def exact(number: float) -> Fraction:
    """The fraction that a person meant who wrote *number*: 0.1 is one tenth."""
    return Fraction(repr(number))


def is_visible(when: str, released: bool) -> bool:
    """Can students see something now that is theirs to see *when*? What is hidden stays so."""
    return when == "visible" or (released and when != "hidden")


def own(assignment: Assignment) -> tuple[Exercise, ...]:
    """The teacher's own exercises."""
    return teachers.exercises(assignment.own, assignment.source.own) if assignment.own else ()


def known(assignment: Assignment) -> tuple[Exercise, ...]:
    """Every exercise that this assignment may ask for, the network aside."""
    return (*ALL, *own(assignment))


def asked(assignment: Assignment) -> tuple[Exercise, ...]:
    """The exercises of the assignment, or all there are."""
    every = known(assignment)
    return tuple(e for e in every if not assignment.exercises or e.name in assignment.exercises)


def questions(assignment: Assignment, exercise: str) -> dict[str, bool]:
    """The checks of an exercise, by name: does a right answer earn points?"""
    if exercise == NETWORK.name:
        trained = {learns(task): True for task in assignment.network.training}
        return {check.name: check.earns for check in NETWORK_CHECKS} | trained
    found = next((e for e in known(assignment) if e.name == exercise), None)
    return {c.name: c.earns for c in CHECKS if c.applies(found)} if found else {}


def earning(assignment: Assignment, exercise: str) -> dict[str, float]:
    """The weights of the checks that share the points of an exercise."""
    said = assignment.exercises[exercise].checks
    weights = {name: said[name].weight if name in said else None
               for name, earns in questions(assignment, exercise).items() if earns}  # fmt: skip
    return {name: 1.0 if weight is None else weight for name, weight in weights.items()}


def learns(task: str) -> str:
    """The name of the check that a network learns a task."""
    return f"learns_{task}"
