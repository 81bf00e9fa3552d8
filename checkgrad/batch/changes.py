"""Two gradings of a class beside each other: whose points changed, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from checkgrad.batch import record
from checkgrad.model import Report
from checkgrad.render import json, summary
from checkgrad.targets import BadTarget

MOST = 3  # checks told for one exercise


class GradedPoints(Struct, frozen=True):
    """What of a report can change points; small, for a class has thousands."""

    score: float | None
    points: dict[str, float]
    verdicts: dict[str, dict[str, str]]  # of each exercise: check -> verdict and problem
    conditions: dict[str, str]  # what the points depend on besides the verdicts
    decisions: dict[str, str]


def read(path: Path) -> dict[str, GradedPoints]:
    """Return what was graded, by student: of a results.jsonl, or of one JSON report."""
    try:
        if path.suffix == ".jsonl":
            found = {one.student.id: _graded(one.report) for one in record.read(path)}
        else:
            report = json.parse(path.read_bytes())
            found = {report.submission.name: _graded(report)}
    except OSError as error:
        raise BadTarget(f"{path}: {error.strerror}") from None
    except (ValueError, msgspec.MsgspecError) as error:
        raise BadTarget(f"{path}: no report of checkgrad: {error}") from None
    if not found:
        raise BadTarget(f"{path}: holds no results of this version of checkgrad")
    return found


def changes(old: Mapping[str, GradedPoints], new: Mapping[str, GradedPoints]) -> Iterator[str]:
    """Tell, a line each, whose points changed and why; students in the order of the new results."""
    for student in (*new, *(s for s in old if s not in new)):
        if student not in old:
            yield f"{student}: new, {_told(new[student].score)}"
        elif student not in new:
            yield f"{student}: gone, was {_told(old[student].score)}"
        else:
            yield from _of(student, old[student], new[student])


def _of(student: str, old: GradedPoints, new: GradedPoints) -> Iterator[str]:
    names = dict.fromkeys((*old.points, *new.points))
    changed = [name for name in names if old.points.get(name) != new.points.get(name)]
    if old.score == new.score and not changed:
        return
    yield f"{student}: {_told(old.score)} -> {_told(new.score)}"
    for name in changed:
        why = "; ".join(_reasons(name, old, new)) or "the points are given differently"
        yield f"  {name}: {_told(old.points.get(name))} -> {_told(new.points.get(name))}: {why}"
    if changed and (other := _differing(old.conditions, new.conditions)):
        yield f"  also changed: {'; '.join(other)}"


def _reasons(name: str, old: GradedPoints, new: GradedPoints) -> Iterator[str]:
    if name not in old.verdicts or name not in new.verdicts:
        yield "not asked before" if name not in old.verdicts else "not asked any more"
        return
    if decision := _differing(_only(old.decisions, name), _only(new.decisions, name)):
        yield from decision
    told = _differing(old.verdicts[name], new.verdicts[name])
    yield from told[:MOST]
    if len(told) > MOST:
        yield f"and {len(told) - MOST} more checks"


def _only(decisions: Mapping[str, str], name: str) -> dict[str, str]:
    return {f"decided for {k}": v for k, v in decisions.items() if k == name}


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    names = dict.fromkeys((*old, *new))
    return [
        f"{summary.spoken(name)}: {old.get(name, 'nothing')} -> {new.get(name, 'nothing')}"
        for name in names
        if old.get(name) != new.get(name)
    ]


def _graded(report: Report) -> GradedPoints:
    verdicts: dict[str, dict[str, str]] = {}
    for o in report.outcomes:
        problem = f" ({summary.sentence(o)})" if o.problem else ""
        verdicts.setdefault(o.exercise, {})[o.check] = f"{o.verdict.value}{problem}"
    environment = report.environment
    return GradedPoints(
        report.score,
        summary.awarded(report),
        verdicts,
        {
            "submission": report.submission.sha256[:12],
            "assignment": report.assignment or "none",
            "seed": "secret" if report.seed is None else str(report.seed),
            "checkgrad": environment.checkgrad,
            "numpy": environment.numpy,
            "python": environment.python,
        },
        {d.exercise: f"{d.points:g}, {d.reason} ({d.author})" for d in report.decisions},
    )


def _told(points: float | None) -> str:
    return "no points" if points is None else f"{round(points, 6):g}"
