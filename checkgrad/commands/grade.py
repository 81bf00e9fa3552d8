"""`checkgrad grade`: submissions graded without pytest, which would run what stands beside them."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from urllib.parse import quote

from checkgrad import assignment as assignments
from checkgrad import sandbox
from checkgrad.assignment import Assignment
from checkgrad.batch import files, gradebooks, page, progress, record
from checkgrad.batch.cluster import cluster
from checkgrad.batch.grades import OURS, Grades
from checkgrad.batch.intake import IN_CLASS, handed_in
from checkgrad.batch.journal import NAME
from checkgrad.batch.overview import Overview
from checkgrad.batch.pool import in_processes
from checkgrad.batch.record import Record, Submitter
from checkgrad.batch.run import STUDENTS, Class, Done, file_name
from checkgrad.batch.work import Execute, Settings
from checkgrad.commands import report
from checkgrad.render import FORMATS
from checkgrad.render.summary import headline
from checkgrad.targets import BadTarget

HELP = "grade submissions, a report for each and a page for the class"
OUR_FAULT = 3
STOPPED = 130


def declare(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add = parser.add_argument
    add("submissions", nargs="+", metavar="SUBMISSION",
        help="a .py, a .ipynb or a folder is one submission; a .zip holds a class, as Canvas, Moodle and "
        "Gradescope export it or with an entry for each student")  # fmt: skip
    add("--class", dest="classes", action=argparse.BooleanOptionalAction,
        help="a folder holds a class as well: an entry for each student; with --no-class it is one submission, "
        "whatever it looks like")  # fmt: skip
    add("--assignment", metavar="FILE", help="the assignment file (TOML)")
    add("--out", metavar="DIR", default="reports", help="where reports go (default: reports)")
    add("--seed", type=int, metavar="N", help="seed of the probes (default: 0)")
    add("--isolation", choices=("auto", "strict"), default="auto",
        help="strict refuses to run without the kernel's confinement")  # fmt: skip
    add("--export", action="append", choices=sorted(FORMATS), default=[], metavar="FORMAT",
        help=f"write this format beside the HTML; repeatable: {', '.join(FORMATS)}")  # fmt: skip
    add("--no-html", action="store_true", help="write no HTML, which takes most of the time")
    add("--anonymous", action="store_true", help="no names and no links on the page of the class")
    add("-j", dest="processes", type=int, default=os.cpu_count() or 1, metavar="N",
        help="processes (default: one a core)")  # fmt: skip
    add("--executor", choices=("local", "dask"), default="local",
        help="dask: on the cluster at --scheduler, with the extra checkgrad[dask]")  # fmt: skip
    add("--scheduler", metavar="ADDRESS", help="of a dask cluster: tcp://host:8786")
    report.declare_gradebooks(parser)


def run(options: argparse.Namespace) -> int:
    """Grade every submission; one that cannot be graded through our fault does not stop the others."""
    if options.isolation == "strict" and (missing := sandbox.missing_for_strict()):
        raise BadTarget(f"--isolation strict: {missing}")
    gradebooks.asked_for(options.gradebook)  # what cannot be read is told before anything is graded
    settings, executor, folder = _settings(options), _executor(options), Path(options.out)
    for remark in assignments.remarks(settings.assignment):
        print(f"checkgrad: {remark}", file=sys.stderr)
    inside = handed_in(options.submissions, classes=options.classes)
    with inside as (handed, remarks), executor as execute:
        for remark in remarks:
            print(f"checkgrad: {remark}", file=sys.stderr)
        folder.mkdir(parents=True, exist_ok=True)
        done: list[Done] = []
        try:
            grading = Class(handed, settings, folder).grade(execute)
            done.extend(progress.shown(grading, len(handed)))
        except KeyboardInterrupt:
            kept = f"{len(done)} of {len(handed)} are graded and kept in {folder}"
            print(f"checkgrad: stopped; {kept}; the same command goes on", file=sys.stderr)
            return STOPPED
    code = _finish(folder, settings, options)
    if options.overrides or options.gradebook:
        report.publish(folder / NAME, options)
    print(f"{len(done)} graded, {sum(one.now for one in done)} of them now: {folder}/class.html")
    return code


def _finish(folder: Path, settings: Settings, options: argparse.Namespace) -> int:
    """Write what tells of the class as a whole, all of it from the journal."""
    grades, overview = Grades(), Overview()
    for one in record.read(folder / NAME):
        grades.add(one)
        overview.add(one)
        if IN_CLASS not in one.source:
            print(_line(one, folder, settings))
    files.write(folder / "grades.csv", grades.text())
    link = partial(_link, settings)
    files.write(folder / "class.html", page.render(overview, link, anonymous=options.anonymous))
    return OUR_FAULT if any(how == OURS for _, how, _ in overview.students) else 0


def _link(settings: Settings, student: Submitter) -> str:
    return f"{STUDENTS}/{quote(file_name(student))}.html" if settings.pictures else ""


def _line(one: Record, folder: Path, settings: Settings) -> str:
    told = f"{sandbox.clean(one.report.submission.name)}: {headline(one.report)}"
    written = folder / STUDENTS / f"{file_name(one.student)}.html"
    return f"{told}  {written}" if settings.pictures else told


def _settings(options: argparse.Namespace) -> Settings:
    path = options.assignment
    assignment = assignments.load(Path(path)) if path else Assignment()
    if options.seed is not None and assignment.seed is not None:
        raise BadTarget(f"--seed: the assignment says seed = {assignment.seed}, which counts")
    formats = (*([] if options.no_html else ["html"]), *options.export)
    return Settings(assignment, options.seed or 0, tuple(dict.fromkeys(formats)))


def _executor(options: argparse.Namespace) -> AbstractContextManager[Execute]:
    """How the submissions are graded; raise BadTarget where that is not possible."""
    if options.processes < 1:
        raise BadTarget(f"-j {options.processes}: at least one process is needed")
    if (options.executor == "dask") != bool(options.scheduler):
        raise BadTarget("--executor dask and --scheduler tcp://host:port go together")
    if options.scheduler:
        return cluster(options.scheduler)
    return nullcontext(partial(in_processes, processes=options.processes))
