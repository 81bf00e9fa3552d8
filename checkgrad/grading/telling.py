"""What is told of an answer beside its verdict: why there is none, how the code was read, what is missing."""

from __future__ import annotations

from msgspec.structs import replace

from checkgrad.grading import unjudged
from checkgrad.grading.part import Part, Reason
from checkgrad.grading.understood import Understood
from checkgrad.judging import (
    Question,
    bare_outcome,
)
from checkgrad.model import (
    Outcome,
    ReadAs,
    ReadBy,
    Verdict,
)
from checkgrad.networks.candidates import (
    NetworkReading,
)
from checkgrad.reading import (
    Candidate,
    Reading,
    misfits,
)

FOR_STAFF = "what it met is told to staff alone"


def not_judged(read: Understood, question: Question, reason: Reason) -> Part:
    """No verdict, with the reason; where examples are withheld, what the submission said of it is for staff."""
    place = read.place(question.function)
    if read.interview.is_discreet and reason.code in unjudged.SAID_BY_THE_CODE:
        found = unjudged.part(question, Reason(reason.code, FOR_STAFF), place)
        staff = unjudged.sentence(reason)
        return replace(found, outcome=replace(found.outcome, staff=staff))
    return unjudged.part(question, reason, place)


def how_read(read: Understood, question: Question, reading: Reading | NetworkReading) -> ReadAs:
    """How a function or a network was understood, for the report."""
    read_by, note = _read_by(read, question, reading), reading.note
    if read_by == "usage" and read.usage.instead:
        note += f", its own work run with stand-ins for {', '.join(read.usage.instead)}"
    place = read.place(question.function)
    return ReadAs(question.exercise, question.function, reading.convention, note, read_by, place)


def _read_by(read: Understood, question: Question, reading: Reading | NetworkReading) -> ReadBy:
    """What told how it is called: who asks for it, the module's own work, or names."""
    if read.is_pinned(question.exercise):
        return "pinned"
    if isinstance(reading, NetworkReading) and reading.script and reading.candidate.maker:
        holder = reading.script.holder
        if holder and holder.takes in set(read.usage.plans(reading.candidate.maker)):
            return "usage"
    return "names"


def missing(read: Understood, question: Question, stub: bool) -> Outcome:
    """The outcome of what is asked for and is not there, or not written."""
    problem = "is not written yet" if stub else "was not found in the submission"
    if not stub and read.inventory.problem:
        problem = "could not be looked for: the submission does not load"
    elif not stub and question.exercise in read.assignment.mapping:
        mapped = {question.exercise: read.assignment.mapping[question.exercise]}
        problem = "; ".join(misfits(read.inventory, read.exercises, mapped)) or problem
    return bare_outcome(question, Verdict.MISSING, problem)


def asks_about(question: Question, candidate: Candidate) -> bool:
    """Is it a question about what this candidate answers?"""
    return (candidate.exercise.name, candidate.function) == (question.exercise, question.function)
