"""Records -> the CSV that a platform takes in. Canvas and Moodle are filled into what they let download.

Points are rounded to two decimals, halves away from zero, as the platforms show them; nothing is rounded before.
Every cell that is not a number is guarded against being run as a formula.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import zip_longest
from pathlib import Path

from msgspec import Struct

from checkgrad.batch.grades import guarded
from checkgrad.batch.record import Submitter
from checkgrad.model import Report
from checkgrad.render import summary
from checkgrad.targets import BadTarget

GradebookRow = list[str]
OTTER_LABEL = "points-per-question"
NBGRADER = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
)  # fmt: skip
CANVAS_TITLE = re.compile(r"(?P<title>.*?)\s*(?:\((?P<id>\d+)\))?")
CANVAS_IDS = ("ID", "SIS User ID", "SIS Login ID")  # in the order in which Canvas looks
MOODLE = ("Identifier", "Grade", "Last modified (grade)")
MAXIMUM, COMMENTS = "Maximum Grade", "Feedback comments"


class GradebookEntry(Struct, frozen=True):
    """What a gradebook holds of a record; small, for a class has thousands."""

    student: Submitter
    source: str
    assignment: str
    score: float | None
    maximum: float | None
    points: dict[str, tuple[float, float]]  # of each exercise, with their maximum
    said: str  # the result in a few words


class Book(Struct, frozen=True):
    """A gradebook, and what staff should know of it."""

    text: str
    remark: str = ""


def entry(student: Submitter, source: str, report: Report) -> GradebookEntry:
    """Return what a gradebook needs of a *report*."""
    most = {part.name: part.points[1] for part in summary.parts(report)}
    points = {name: (got, most[name]) for name, got in summary.awarded(report).items()}
    return GradebookEntry(
        student,
        source,
        report.assignment or "",
        report.score,
        report.maximum,
        points,
        summary.headline(report),
    )


def canvas(entries: Sequence[GradebookEntry], template: str) -> Book:
    """Fill a gradebook exported from Canvas: its students, its column of this assignment and no other."""
    header, *rows = _table(template, "Canvas gradebook")
    if len(header) < 4 or "Student" not in header[0] or header[1].strip() != "ID":
        raise BadTarget("canvas: no gradebook: the header has to begin with Student, ID")
    if "Section" not in header:
        raise BadTarget("canvas: no gradebook: the header has no column Section")
    first = header.index("Section") + 1
    column, found = _assignment_column(header, first, entries), _Register(entries)
    filled = []
    for row in rows:
        cells = _by_name(header, row)
        if _is_about_points(row):
            value = row[column] if column < len(row) else ""
        else:
            ids = [cells[name].strip() for name in CANVAS_IDS if name in cells]
            value = _number(found.take(ids, row[0]))
        filled.append([*map(guarded, row[:first]), value])
    return Book(_csv([[*header[:first], header[column]], *filled]), found.remark("canvas"))


def moodle(entries: Sequence[GradebookEntry], template: str) -> Book:
    """Fill an offline grading worksheet downloaded from Moodle; what its importer would skip is an error."""
    header, *rows = _table(template, "Moodle worksheet")
    if lacking := [name for name in MOODLE if name not in header]:
        raise BadTarget(
            f"moodle: no grading worksheet: no column {', '.join(lacking)}; "
            "download it with the language set to English"
        )
    found, filled = _Register(entries), []
    for row in rows:
        cells = _by_name(header, row)
        number = re.findall(r"\d+", cells["Identifier"])[-1:]
        keys = (*number, cells.get("Email address", ""))
        one = found.take(keys, cells.get("Full name", ""))
        cells = {name: guarded(cell) for name, cell in cells.items()}
        if one is not None and one.score is not None:
            cells["Grade"] = _capped(one, cells.get(MAXIMUM, ""))
            if COMMENTS in cells:
                cells[COMMENTS] = guarded(one.said)
        filled.append(list(cells.values()))
    return Book(_csv([header, *filled]), found.remark("moodle"))


def otter(entries: Sequence[GradebookEntry], template: str = "") -> Book:
    """Write the columns of Otter's final_grades.csv; the first row holds the points to be had."""
    names = list(dict.fromkeys(name for one in entries for name in one.points))
    most = {name: points[1] for one in entries for name, points in one.points.items()}
    maximum = next((one.maximum for one in entries if one.maximum is not None), None)
    rows = [
        ["file", *names, "total_points_earned", "percent_correct", "grading_status"],
        [OTTER_LABEL, *(_plain(most[name]) for name in names), _plain(maximum), "", ""],
    ]
    for one in entries:
        got = (one.points.get(name, (None, 0.0))[0] for name in names)
        share = one.score / one.maximum if one.score is not None and one.maximum else None
        status = "Completed" if one.score is not None else "Failed"
        rows.append(
            [guarded(one.source), *map(_plain, got), _plain(one.score), _plain(share), status]
        )
    return Book(_csv(rows))


def nbgrader(entries: Sequence[GradebookEntry], template: str = "") -> Book:
    """Write the columns of nbgrader's export; its readers know no quotes, so no cell holds a comma."""
    rows = [list(NBGRADER)]
    for one in entries:
        first, _, last = one.student.name.rpartition(" ")
        score, most = _plain(one.score), _plain(one.maximum)
        told = (one.assignment, "None", "None", one.student.id, last, first, one.student.email)
        rows.append([*map(_bare, told), score, "0.0", score, most])
    return Book(_csv(rows))


GRADEBOOKS: dict[str, Callable[[Sequence[GradebookEntry], str], Book]] = {
    "canvas": canvas,
    "moodle": moodle,
    "otter": otter,
    "nbgrader": nbgrader,
}
FILLED = ("canvas", "moodle")  # these need what the platform lets download


def asked_for(texts: Iterable[str]) -> dict[str, str]:
    """Read options like "canvas=export.csv" and "otter"; return the template of each, "" where none is needed."""
    found = {}
    for text in texts:
        name, _, path = text.partition("=")
        if name not in GRADEBOOKS:
            raise BadTarget(f"--gradebook: no {name!r}; there are {', '.join(GRADEBOOKS)}")
        if (name in FILLED) != bool(path):
            needs = f"{name}=FILE.csv, as downloaded" if name in FILLED else name
            raise BadTarget(f"--gradebook: {text!r} should be {needs}")
        found[name] = _read(Path(path)) if path else ""
    return found


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadTarget(f"--gradebook: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadTarget(f"--gradebook: {path}: not UTF-8 text") from None


class _Register:
    """The entries, found by what a platform knows of a student, each once."""

    def __init__(self, entries: Sequence[GradebookEntry]) -> None:
        self._left = {one.student.id: one for one in entries}
        self._all = len(self._left)
        self._known: dict[str, set[str]] = {}
        for one in entries:
            for key in (one.student.id, one.student.email, *_names(one.student.name)):
                self._known.setdefault(key.casefold(), set()).add(one.student.id)

    def take(self, keys: Iterable[str], name: str) -> GradebookEntry | None:
        """The entry of the first of *keys* that is known, else that of a *name* which only one student has."""
        for key in (*keys, *_names(name)):
            ids = self._known.get(key.casefold(), set()) if key else set()
            if len(ids) == 1 and (found := self._left.pop(next(iter(ids)), None)):
                return found
        return None

    def remark(self, platform: str) -> str:
        """Who has no row; raise BadTarget if nobody has one."""
        if not self._left:
            return ""
        told = f"{platform}: no row for {summary.listed(self._left)}"
        if len(self._left) == self._all:
            raise BadTarget(f"{told}; is it the file of this class?")
        return told


def _names(name: str) -> Iterator[str]:
    """A name as it is written in lists: "Ada Lovelace", "Lovelace, Ada", "lovelaceada"."""
    if not name:
        return
    last, comma, first = (part.strip() for part in name.partition(","))
    whole = f"{first} {last}" if comma else name.strip()
    yield whole
    given, _, family = whole.rpartition(" ")
    yield re.sub(r"\W", "", f"{family}{given}").lower()


def _table(text: str, what: str) -> list[GradebookRow]:
    """The rows of a CSV whose cells are parted by commas, semicolons or tabs."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise BadTarget(f"{what}: {error}") from None
    if not rows:
        raise BadTarget(f"{what}: the file is empty")
    return rows


def _assignment_column(header: GradebookRow, first: int, entries: Sequence[GradebookEntry]) -> int:
    title = next((one.assignment for one in entries if one.assignment), "")
    named = {i: CANVAS_TITLE.fullmatch(cell) for i, cell in enumerate(header) if i >= first}
    found = [i for i, match in named.items() if match and match["title"] == title]
    if len(found) != 1 or not title:
        there = summary.listed(header[first:], 6)
        many = "several columns" if found else "no column"
        raise BadTarget(
            f"canvas: {many} {title!r}; there are {there}; is it the assignment's name?"
        )
    return found[0]


def _is_about_points(row: GradebookRow) -> bool:
    """Is it no student: points possible, manual posting?"""
    return "Points Possible" in row[0] or not any(cell.strip() for cell in row[:3])


def _by_name(header: GradebookRow, row: GradebookRow) -> dict[str, str]:
    """The cells of a row by their columns; those that it lacks are empty."""
    return dict(zip_longest(header, row[: len(header)], fillvalue=""))


def _capped(one: GradebookEntry, said: str) -> str:
    """The grade; Moodle takes none above its maximum, *said* in the worksheet, which has to be ours."""
    assert one.score is not None
    most = one.maximum or 0.0
    if said and not abs(_float(said) - most) <= 0.005:
        raise BadTarget(
            f"moodle: the worksheet has a maximum of {said}, the assignment {most:g}: "
            "make them the same"
        )
    return _rounded(min(max(one.score, 0.0), most))


def _float(cell: str) -> float:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return math.nan


def _number(one: GradebookEntry | None) -> str:
    """A score to two decimals; nothing for who handed in nothing."""
    return "" if one is None or one.score is None else _rounded(one.score)


def _rounded(value: float) -> str:
    return str(Decimal(repr(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def _plain(value: float | None) -> str:
    """A number for people and programs alike, to six decimals."""
    return "" if value is None else f"{round(value, 6):.12g}"


def _bare(cell: str) -> str:
    return re.sub(r'[,"\r\n]+', " ", guarded(cell)).strip()


def _csv(rows: Iterable[GradebookRow]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
