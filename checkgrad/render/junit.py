"""Report -> JUnit XML, for any build server."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from checkgrad.model import Outcome, Report, Verdict
from checkgrad.render.numbers import clean
from checkgrad.render.shield import shielded
from checkgrad.render.summary import WORDS, plainly, veiled
from checkgrad.render.terminal import failure

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# a grader's fault is skipped: it must not fail the student's build
KINDS = {
    Verdict.WRONG: "failure",
    Verdict.MISSING: "failure",
    Verdict.CRASHED: "error",
    Verdict.OVER_LIMIT: "error",
    Verdict.NOT_RUN: "skipped",
    Verdict.NOT_JUDGED: "skipped",
    Verdict.GRADER_FAULT: "skipped",
}


def render(report: Report) -> str:
    """Return a test suite with a test case for each check."""
    outcomes = veiled(report)
    totals = _totals(outcomes)
    root = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(
        root, "testsuite", {"name": _legal(report.submission.name), **totals}
    )
    if report.not_judged:
        told = ElementTree.SubElement(suite, "properties")
        for one in report.not_judged:
            given = {"name": "not_judged", "value": _legal(plainly(one))}
            ElementTree.SubElement(told, "property", given)
    for outcome in outcomes:
        _case(suite, outcome)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _totals(outcomes: list[Outcome]) -> dict[str, str]:
    kinds = [KINDS.get(outcome.verdict) for outcome in outcomes]
    return {
        "tests": str(len(outcomes)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": _time(sum(outcome.seconds for outcome in outcomes)),
    }


def _case(suite: ElementTree.Element, outcome: Outcome) -> None:
    given = {"classname": outcome.exercise, "name": outcome.check}
    case = ElementTree.SubElement(suite, "testcase", {k: _legal(v) for k, v in given.items()})
    case.set("time", _time(outcome.seconds))
    if kind := KINDS.get(outcome.verdict):
        message = _legal(outcome.problem or WORDS[outcome.verdict])
        ElementTree.SubElement(case, kind, {"message": message}).text = _legal(failure(outcome))
    elif outcome.verdict == Verdict.ADVICE:
        ElementTree.SubElement(case, "system-out").text = _legal(failure(outcome))


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"


def _legal(text: str) -> str:
    return ILLEGAL.sub("\ufffd", shielded(clean(text)))
