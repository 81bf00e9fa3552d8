"""Report -> the result of a GitHub Classroom autograding step: base64 of JSON, interface version 3."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from checkgrad.model import Outcome, Report, Verdict
from checkgrad.render.json import plain
from checkgrad.render.numbers import clean
from checkgrad.render.summary import NOT_JUDGED, counts, headline, plainly, score, spoken, veiled
from checkgrad.render.terminal import failure

LONGEST_OUTPUT = 500
STATUS = {Verdict.CRASHED: "error", Verdict.OVER_LIMIT: "error"}


def render(report: Report) -> str:
    """Return one line for the step's output `result`."""
    return base64.b64encode(msgspec.json.encode(plain(results(report)))).decode() + "\n"


def results(report: Report) -> dict[str, Any]:
    """Return what the reporter decodes. Classroom's maximum is whole: a broken one becomes 100."""
    maximum = score(report)[1]
    whole = round(maximum) if abs(maximum - round(maximum)) < 1e-9 else 100
    scale = whole / maximum if maximum else 0.0
    tests = [
        _test(report, outcome, i, scale)
        for i, outcome in enumerate(veiled(report), 1)
        if outcome.verdict not in NOT_JUDGED
    ]
    found: dict[str, Any] = {
        "version": 3,
        "status": _overall(report),
        "tests": tests,
        "max_score": whole,
    }
    if report.not_judged:
        found["not_judged"] = [clean(plainly(one)) for one in report.not_judged]
    return found if tests else {**found, "message": headline(report)}


def _overall(report: Report) -> str:
    if not counts(report)[1]:
        return "error"
    return "fail" if any(o.verdict.failed for o in report.outcomes) else "pass"


def _test(report: Report, outcome: Outcome, task: int, scale: float) -> dict[str, Any]:
    status = STATUS.get(outcome.verdict, "fail") if outcome.verdict.failed else "pass"
    found = {
        "name": clean(f"{spoken(outcome.exercise)}: {spoken(outcome.check)}"),
        "status": status,
        "test_code": clean(outcome.function),
        "task_id": task,
        "filename": clean(report.submission.name),
        "line_no": 0,
        "duration": outcome.seconds,
        "score": round(_points(report, outcome) * scale, 6),
    }
    if outcome.verdict == Verdict.PASSED:
        return found
    said = failure(outcome)
    return {**found, "message": said, "output": said[:LONGEST_OUTPUT]}


def _points(report: Report, outcome: Outcome) -> float:
    if report.score is None:
        return float(not outcome.verdict.failed)
    return outcome.points or 0.0
