"""Report -> PrairieLearn's results.json: a score from 0 to 1, at most 1 MB, points for every test or for none."""

from __future__ import annotations

from typing import Any

from checkgrad.model import Outcome, Report, Verdict
from checkgrad.render.json import dumps
from checkgrad.render.numbers import clean
from checkgrad.render.summary import NOT_JUDGED, counts, decided, plainly, score, spoken, veiled
from checkgrad.render.terminal import failure, summary

LARGEST = 1_000_000  # bytes; PrairieLearn refuses more
LONGEST = 8_000  # characters of one output, to begin with


def render(report: Report) -> str:
    """Return the JSON that PrairieLearn reads from /grade/results/results.json."""
    longest = LONGEST
    text = dumps(_results(report, longest))
    while len(text.encode()) > LARGEST and longest:
        longest //= 4
        text = dumps(_results(report, longest))
    return text


def _results(report: Report, longest: int) -> dict[str, Any]:
    if not counts(report)[1]:
        # no attempt is lost where nothing could be judged
        message = "Nothing could be judged. This is not your fault, and no attempt is lost."
        return {"gradable": False, "format_errors": [message], "message": message, "tests": []}
    points, maximum = score(report)
    return {
        "gradable": True,
        "score": min(1.0, max(0.0, points / maximum)) if maximum > 0 else 0.0,
        "message": clean("\n".join((report.assignment or "", *decided(report)))),
        "output": summary(report, 80, colour=False)[: max(longest, 500)],
        "tests": [_test(report, outcome, longest) for outcome in veiled(report)],
        **_not_judged(report),
    }


def _not_judged(report: Report) -> dict[str, list[str]]:
    """What has no verdict, where there is any; PrairieLearn keeps fields that it does not know."""
    told = [clean(plainly(one)) for one in report.not_judged]
    return {"not_judged": told} if told else {}


def _test(report: Report, outcome: Outcome, longest: int) -> dict[str, Any]:
    points, maximum = _points(report, outcome)
    said = "" if outcome.verdict == Verdict.PASSED else failure(outcome)
    return {
        "name": clean(f"{spoken(outcome.exercise)}: {spoken(outcome.check)}"[:200]),
        "description": "",
        "points": points,
        "max_points": maximum,
        "message": clean("; ".join(filter(None, (outcome.note, outcome.arithmetic))))[:longest],
        "output": said[:longest],
    }


def _points(report: Report, outcome: Outcome) -> tuple[float, float]:
    """Points of a test; one that counts nothing is shown in grey."""
    if report.score is not None:
        return outcome.points or 0.0, outcome.maximum or 0.0
    if outcome.verdict in NOT_JUDGED:
        return 0.0, 0.0
    return float(not outcome.verdict.failed), 1.0
