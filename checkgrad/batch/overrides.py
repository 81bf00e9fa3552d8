"""Decisions of staff: points that a person sets, with a reason and a name, over those that were worked out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from checkgrad.assignment import BadAssignment, exact
from checkgrad.assignment.decode import decode
from checkgrad.assignment.errors import nearest
from checkgrad.batch.record import Record
from checkgrad.model import Decision, Report
from checkgrad.render import summary


class Override(Struct, frozen=True, forbid_unknown_fields=True):
    """One decision; without an exercise it is about the whole submission."""

    student: str
    points: float
    reason: str
    author: str
    exercise: str = ""


class Overrides(Struct, frozen=True, forbid_unknown_fields=True):
    """An overrides.toml."""

    overrides: list[Override] = []


def load(path: Path, students: Collection[str]) -> list[Override]:
    """Read an overrides.toml about *students*, their ids; raise BadAssignment with one line where it is wrong."""
    try:
        found = decode(path.read_bytes(), Overrides).overrides
    except OSError as error:
        raise BadAssignment(f"{path}: {error.strerror}") from None
    except BadAssignment as error:
        raise BadAssignment(f"{path}: {error}") from None
    for i, one in enumerate(found):
        if problem := _problem(one, found[:i], students):
            raise BadAssignment(f"{path}: overrides[{i}].{problem}")
    return found


def _problem(one: Override, before: Sequence[Override], students: Collection[str]) -> str:
    """What is wrong with a decision, "" if nothing is."""
    if one.student not in students:
        near = nearest(one.student, students) if len(students) < 1000 else ""
        return f"student: nobody handed in as {one.student!r}{near}"
    if not one.reason.strip() or not one.author.strip():
        return "reason: a decision needs a reason and an author"
    if not abs(one.points) < float("inf"):
        return f"points: {one.points} is no number of points"
    if any((o.student, o.exercise) == (one.student, one.exercise) for o in before):
        return f"student: {one.student!r} has a decision on this already"
    return ""


def applied(record: Record, overrides: Sequence[Override]) -> Record:
    """Return *record* with what was decided about its student; raise BadAssignment where that cannot be."""
    report = record.report
    for one in sorted(overrides, key=lambda o: not o.exercise):  # the whole comes last
        if one.student == record.student.id:
            report = _decided(report, one)
    return replace(record, report=report)


def _decided(report: Report, one: Override) -> Report:
    if report.score is None:
        raise BadAssignment(f"overrides: {one.student} has no score to decide about")
    before = _points(report, one)
    decision = Decision(one.exercise, one.points, before, one.reason, one.author)
    score = exact(report.score) + exact(one.points) - exact(before)
    return replace(report, score=float(score), decisions=[*report.decisions, decision])


def _points(report: Report, one: Override) -> float:
    """What the exercise, or the whole, counts so far."""
    if not one.exercise:
        return report.score or 0.0
    points = summary.awarded(report)
    if one.exercise not in points:
        near = nearest(one.exercise, points)
        raise BadAssignment(f"overrides: {one.student} has no exercise {one.exercise!r}{near}")
    return points[one.exercise]
