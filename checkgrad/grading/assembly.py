"""The parts that were handed in, put together into a report."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version

import numpy as np

from checkgrad import assignment as assignments
from checkgrad.assignment import Assignment
from checkgrad.exercise import Exercise
from checkgrad.exercises.mlp import NETWORK, NetworkExercise
from checkgrad.grading import unjudged
from checkgrad.grading.part import Header, Part
from checkgrad.judging import (
    Question,
    bare_outcome,
)
from checkgrad.judging.points import scored
from checkgrad.model import (
    Asked,
    Environment,
    ReadAs,
    Report,
    Verdict,
)

LOADS = "loads"


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
        own_training=[run for part in ordered for run in part.own_training],
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
