"""`checkgrad report`: the reports of a results.jsonl written again, with what staff decided since; nothing is graded."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from checkgrad.batch import files, gradebooks, overrides, record
from checkgrad.batch.gradebooks import GradebookEntry
from checkgrad.batch.grades import Grades
from checkgrad.batch.overrides import Override
from checkgrad.batch.overview import Overview
from checkgrad.batch.page import render
from checkgrad.batch.record import Record, Submitter
from checkgrad.batch.run import STUDENTS, file_name
from checkgrad.model import Outcome, Report
from checkgrad.render import FORMATS
from checkgrad.targets import BadTarget

HELP = "write the reports of a results.jsonl again, without grading"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add = parser.add_argument
    add("results", metavar="RESULTS", help="the results.jsonl of checkgrad grade")
    add("--out", metavar="DIR", required=True, help="where the reports go")
    add("--released", action="store_true",
        help="show what waited for the due date: hints, examples, checks; what is hidden stays so")  # fmt: skip
    add("--export", action="append", choices=sorted(FORMATS), default=[], metavar="FORMAT",
        help=f"write this format beside the HTML; repeatable: {', '.join(FORMATS)}")  # fmt: skip
    add("--no-html", action="store_true", help="write no HTML, which takes most of the time")
    add("--anonymous", action="store_true", help="no names and no links on the page of the class")
    declare_gradebooks(parser)


def declare_gradebooks(parser: argparse.ArgumentParser) -> None:
    """Add the arguments about decisions and gradebooks, which grading has as well."""
    add = parser.add_argument
    add("--overrides", metavar="FILE", help="decisions of staff (TOML), applied and told")
    add("--gradebook", action="append", default=[], metavar="NAME[=FILE]",
        help="canvas=FILE and moodle=FILE fill what the platform lets download; otter, nbgrader")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Write everything again; raise BadTarget or BadAssignment with one line for what cannot be read."""
    number = publish(Path(options.results), options, released=options.released)
    print(f"{number} reports: {options.out}")
    return 0


def publish(results: Path, options: argparse.Namespace, *, released: bool = False) -> int:
    """Write reports, grades and gradebooks of *results* as *options* ask; return how many reports there are."""
    folder = Path(options.out)
    books = gradebooks.asked_for(options.gradebook)
    decided = _decisions(results, options)
    formats = (*([] if options.no_html else ["html"]), *options.export)
    grades, overview, entries = Grades(), Overview(), list[GradebookEntry]()
    next(_records(results))
    (folder / STUDENTS).mkdir(parents=True, exist_ok=True)
    for one in _records(results):
        one = _as_it_is_now(one, decided, released)
        for name in formats:
            files.write(folder / _file(one.student, name), FORMATS[name](one.report))
        grades.add(one)
        overview.add(one)
        entries.append(gradebooks.entry(one.student, one.source, one.report))
    files.write(folder / "grades.csv", grades.text())
    _write_page(folder, overview, options)
    _write_gradebooks(folder, books, entries)
    return len(entries)


def _write_gradebooks(
    folder: Path, books: dict[str, str], entries: Sequence[GradebookEntry]
) -> None:
    """Write each gradebook asked for as NAME.csv; who has no row in it is told."""
    for name, template in books.items():
        book = gradebooks.GRADEBOOKS[name](entries, template)
        files.write(folder / f"{name}.csv", book.text)
        if book.remark:
            print(f"checkgrad: {book.remark}", file=sys.stderr)


def _write_page(folder: Path, overview: Overview, options: argparse.Namespace) -> None:
    if options.no_html:
        return
    page = render(overview, lambda s: str(_file(s, "html")), anonymous=options.anonymous)
    files.write(folder / "class.html", page)


def _file(student: Submitter, name: str) -> Path:
    return Path(STUDENTS, f"{file_name(student)}.{name}")


def _decisions(results: Path, options: argparse.Namespace) -> list[Override]:
    """What staff decided, once it is known to be about these students and their exercises."""
    if not options.overrides:
        return []
    students = {one.student.id for one in _records(results)}
    decided = overrides.load(Path(options.overrides), students)
    about = {one.student for one in decided}
    for one in _records(results):
        if one.student.id in about:
            overrides.applied(one, decided)
    return decided


def _records(results: Path) -> Iterator[Record]:
    """The records; raise BadTarget where there are none."""
    try:
        found = False
        for one in record.read(results):
            found = True
            yield one
    except OSError as error:
        raise BadTarget(f"{results}: {error.strerror}") from None
    if not found:
        raise BadTarget(f"{results}: holds no results of this version of checkgrad")


def _as_it_is_now(one: Record, decided: Sequence[Override], released: bool) -> Record:
    one = overrides.applied(one, decided)
    return replace(one, report=_released(one.report)) if released else one


def _released(report: Report) -> Report:
    outcomes = [_shown(outcome) for outcome in report.outcomes]
    withheld = {kind: when for kind, when in report.withheld.items() if when == "hidden"}
    return replace(report, outcomes=outcomes, withheld=withheld)


def _shown(outcome: Outcome) -> Outcome:
    hidden = outcome.visibility == "hidden"
    return outcome if hidden else replace(outcome, visibility="visible")
