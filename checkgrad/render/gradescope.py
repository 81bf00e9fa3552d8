"""Report -> Gradescope's results.json. Its total is our score; hidden checks stay hidden there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from checkgrad.model import Outcome, Report, Verdict
from checkgrad.render.json import dumps
from checkgrad.render.numbers import clean
from checkgrad.render.summary import decided, parts, plainly, score, spoken
from checkgrad.render.terminal import failure, summary

DECIMALS = 6
VISIBILITIES = ("hidden", "after_due_date", "after_published", "visible")


def render(report: Report) -> str:
    """Return the JSON that Gradescope reads from /autograder/results/results.json."""
    numbered = [
        (f"{i}.{k}", outcome)
        for i, part in enumerate(parts(report), 1)
        for k, outcome in enumerate(part.outcomes, 1)
    ]
    maxima = rounded([outcome.maximum or 0.0 for _, outcome in numbered])
    tests = [
        _test(report, outcome, number, maximum)
        for (number, outcome), maximum in zip(numbered, maxima, strict=True)
    ]
    return dumps(
        {
            "score": score(report)[0],
            "execution_time": round(sum(o.seconds for o in report.outcomes), 3),
            "output": "\n".join((summary(report, 80, colour=False), *map(clean, decided(report)))),
            "output_format": "text",
            "test_output_format": "text",
            "test_name_format": "text",
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "extra_data": {
                "checkgrad": report.environment.checkgrad,
                "seed": report.seed,
                "not_judged": [clean(plainly(one)) for one in report.not_judged],
            },
            "tests": tests,
        }
    )


def rounded(numbers: Sequence[float]) -> list[float]:
    """Round to six decimals so that the sum of all stays what it is: thirds add up to one."""
    totals = [0.0, *(round(total, DECIMALS) for total in accumulate(numbers))]
    return [round(after - before, DECIMALS) for before, after in pairwise(totals)]


def _test(report: Report, outcome: Outcome, number: str, maximum: float) -> dict[str, Any]:
    return {
        **_points(report, outcome, maximum),
        **_status(outcome),
        "name": clean(f"{spoken(outcome.exercise)}: {spoken(outcome.check)}"),
        "name_format": "text",
        "number": number,
        "output": _output(outcome),
        "output_format": "text",
        "tags": [clean(outcome.exercise)],
        "visibility": outcome.visibility if outcome.visibility in VISIBILITIES else "hidden",
    }


def _status(outcome: Outcome) -> dict[str, str]:
    """Without a verdict neither passed nor failed: Gradescope shows such a test in grey."""
    if outcome.verdict in (Verdict.NOT_JUDGED, Verdict.NOT_RUN):
        return {}
    return {"status": "failed" if outcome.verdict.failed else "passed"}


def _points(report: Report, outcome: Outcome, maximum: float) -> dict[str, float]:
    """Points where there are any; Gradescope takes a check without them as information."""
    if report.score is None:
        judged = outcome.verdict not in (Verdict.NOT_RUN, Verdict.NOT_JUDGED, Verdict.GRADER_FAULT)
        return {"score": float(not outcome.verdict.failed), "max_score": 1.0} if judged else {}
    if outcome.maximum is None:
        return {}
    earned = outcome.points or 0.0
    score = maximum if earned == outcome.maximum else round(earned, DECIMALS)
    return {"score": score, "max_score": maximum}


def _output(outcome: Outcome) -> str:
    """What there is to say, and how the points came about."""
    said = clean(outcome.note) if outcome.verdict == Verdict.PASSED else failure(outcome)
    return "\n".join(filter(None, (said, clean(outcome.arithmetic))))
