"""What is new, still there or fixed since the last run, told from what that run left behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec.structs import replace

from checkgrad.model import Outcome, Report
from checkgrad.render.summary import NOT_JUDGED

Since = Literal["", "new", "still there", "fixed"]


def compared(report: Report, before: Mapping[str, bool]) -> Report:
    """Return *report* with each outcome set against the last run; *before* is what remembered() gave then."""
    told = [replace(o, since=_since(o, before.get(_name(o)))) for o in report.outcomes]
    return replace(report, outcomes=told)


def remembered(report: Report, before: Mapping[str, bool]) -> dict[str, bool]:
    """Return whether each check failed, for the next run; what was not judged now keeps what was known."""
    judged = {_name(o): o.verdict.failed for o in report.outcomes if o.verdict not in NOT_JUDGED}
    return {**before, **judged}


def _since(outcome: Outcome, failed_before: bool | None) -> Since:
    if failed_before is None or outcome.verdict in NOT_JUDGED:
        return ""
    if outcome.verdict.failed:
        return "still there" if failed_before else "new"
    return "fixed" if failed_before else ""


def _name(outcome: Outcome) -> str:
    return f"{outcome.exercise}::{outcome.function}::{outcome.check}"
