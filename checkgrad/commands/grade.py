"""`checkgrad grade`: submissions graded without pytest, which would run what stands beside them."""

from __future__ import annotations

import argparse
from pathlib import Path

from checkgrad import assignment as assignments
from checkgrad import sandbox
from checkgrad.assignment import Assignment
from checkgrad.grading import grade
from checkgrad.model import Report, Verdict
from checkgrad.render import FORMATS
from checkgrad.targets import BadTarget, find

HELP = "grade submissions, a report for each"
OUR_FAULT = 3


def declare(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add = parser.add_argument
    add("submissions", nargs="+", metavar="SUBMISSION", help="a .py file, a folder or a .ipynb")
    add("--assignment", metavar="FILE", help="the assignment file (TOML)")
    add("--out", metavar="DIR", default="reports", help="where reports go (default: reports)")
    add("--seed", type=int, default=0, metavar="N", help="seed of the probes (default: 0)")
    add("--isolation", choices=("auto", "strict"), default="auto",
        help="strict refuses to run without the kernel's confinement")  # fmt: skip
    add("--export", action="append", choices=sorted(FORMATS), default=[], metavar="FORMAT",
        help=f"write this format beside the HTML; repeatable: {', '.join(FORMATS)}")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Grade every submission; one that cannot be graded through our fault does not stop the others."""
    if options.isolation == "strict" and (missing := sandbox.missing_for_strict()):
        raise BadTarget(f"--isolation strict: {missing}")
    assignment = assignments.load(Path(options.assignment)) if options.assignment else None
    paths = [find(name, Path.cwd()) for name in dict.fromkeys(options.submissions)]
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    faults = [_graded(path, folder, assignment, options) for path in paths]
    return OUR_FAULT if any(faults) else 0


def _graded(
    path: Path, folder: Path, assignment: Assignment | None, options: argparse.Namespace
) -> bool:
    """Grade one submission and write its files; was anything our fault?"""
    report = grade(path, assignment=assignment, seed=options.seed)
    for name in ("html", *options.export):
        target = folder / f"{path.stem}.{name}"
        target.write_text(FORMATS[name](report), encoding="utf-8")
    print(f"{sandbox.clean(path.name)}: {_result(report)}  {folder / path.stem}.html")
    return any(o.verdict is Verdict.GRADER_FAULT for o in report.outcomes)


def _result(report: Report) -> str:
    if report.score is not None:
        return f"{report.score:g} of {report.maximum:g} points"
    failed = sum(o.verdict.failed for o in report.outcomes)
    return f"{len(report.outcomes) - failed} of {len(report.outcomes)} checks right"
