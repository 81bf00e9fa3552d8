"""Records -> grades.csv: a row a student; what no spreadsheet runs and no clock changes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from checkgrad.batch.record import Record
from checkgrad.model import Report, Verdict
from checkgrad.render import summary
from checkgrad.render.shield import SIGNS, shielded
from checkgrad.sandbox import clean

ABOUT = ("student", "name", "email", "submission", "state", "score", "maximum", "right", "checks", "not judged", "late")  # fmt: skip
OURS = "our fault"


class Grades:
    """Rows gathered one record at a time, so that no more than the rows is in memory."""

    def __init__(self) -> None:
        self._rows: list[dict[str, str]] = []
        self._exercises: dict[str, None] = {}

    def add(self, record: Record) -> None:
        """Add the row of a student."""
        points = dict(_points(record.report))
        self._exercises |= dict.fromkeys(points)
        self._rows.append(_about(record) | points)

    def text(self) -> str:
        """Return the table; the exercises stand in the order in which they were met."""
        out = io.StringIO()
        writer = csv.DictWriter(out, [*ABOUT, *self._exercises], restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows)
        return out.getvalue()


def guarded(cell: str) -> str:
    """Return *cell* so that no spreadsheet takes it for a formula, without control characters."""
    told = shielded(re.sub(r"\s", " ", clean(cell)))
    return "'" + told if told.lstrip().startswith(SIGNS) else told


def state(report: Report) -> str:
    """Return what staff has to know before the score: "graded", "our fault" or "not read"."""
    verdicts = [o.verdict for o in report.outcomes]
    if Verdict.GRADER_FAULT in verdicts:
        return OURS
    whole = [o for o in report.outcomes if o.exercise == summary.WHOLE_FILE]
    return "not read" if any(o.verdict.failed for o in whole) else "graded"


def _about(record: Record) -> dict[str, str]:
    student, report = record.student, record.report
    right, judged = summary.counts(report)
    told = (student.id, student.name, student.email, record.source)
    numbers = (right, judged, len(report.not_judged))
    points = (_number(report.score), _number(report.maximum))
    late = "late" if record.late else ""
    row = (*map(guarded, told), state(report), *points, *map(str, numbers), late)
    return dict(zip(ABOUT, row, strict=True))


def _points(report: Report) -> Iterator[tuple[str, str]]:
    """Each exercise with its points; without an assignment with the number of its checks that are right."""
    awarded = summary.awarded(report)
    for part in summary.parts(report):
        if part.name == summary.WHOLE_FILE:
            continue
        if report.score is not None:
            yield part.name, _number(awarded[part.name])
        else:
            right, judged = summary.counted(part.outcomes)
            yield part.name, f"{right}/{judged}"


def _number(value: float | None) -> str:
    """A number as a person writes it, to six decimals."""
    return "" if value is None else f"{round(value, 6):.12g}"
