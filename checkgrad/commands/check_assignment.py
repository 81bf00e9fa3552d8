"""`checkgrad check-assignment`: which mistakes would slip through, which right code would fail; the lock renewed."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

from checkgrad import assignment as assignments
from checkgrad.assignment import Assignment
from checkgrad.batch import files
from checkgrad.judging.rehearsal import Rehearsal, rehearse, unpinned

HELP = "try an assignment out on its reference, on known mistakes and on right variants"
LOCK = re.compile(r"(?m)^\[lock\]\n(?:(?!\[).*\n?)*")
WIDTH = 100


def declare(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("file", metavar="FILE", help="the assignment file (TOML)")
    parser.add_argument("--lock", action="store_true",
        help="write the versions and inputs of now into the file's [lock]")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Tell what the assignment lets pass; 1 where its own reference fails."""
    path = Path(options.file)
    assignment = assignments.load(path, locked=not options.lock)
    if options.lock:
        _lock(path, assignment)
    for remark in assignments.remarks(assignment) if not options.lock else ():
        print(f"remark: {remark}")
    found = rehearse(assignment)
    print("\n".join(_told(found, assignment)))
    return 1 if found.broken else 0


def _told(found: Rehearsal, assignment: Assignment) -> Iterator[str]:
    maximum = assignment.maximum
    worth = "no points" if maximum is None else f"{maximum:g} points"
    yield f"{len(assignment.exercises) or 'all'} exercises, {worth}; {found.tried} formulas tried"
    yield from _listed("the reference fails", found.broken, "the reference passes every check")
    yield from _listed("slip through", found.slipped, "no known mistake slips through")
    if found.advised:
        yield from _listed("advice only; a cost for the check would score it", found.advised, "")
    for why, right in found.failed.items():
        yield from _listed(f"right elsewhere, fails here: {why}", right, "")
    if free := unpinned(assignment):
        yield from _listed("left to students", free, "")


def _listed(title: str, names: list[str], otherwise: str) -> Iterator[str]:
    if not names:
        yield otherwise
        return
    yield f"{title}:"
    yield textwrap.fill(", ".join(names), WIDTH, initial_indent="  ", subsequent_indent="  ")


def _lock(path: Path, assignment: Assignment) -> None:
    """Write the lock into the file, in the place of the one that is there."""
    lock = (
        "[lock]\n"
        f'checkgrad = "{version("checkgrad")}"\n'
        f'numpy = "{np.__version__}"\n'
        f'probes = "{assignments.digest_of_probes(assignment)}"\n'
    )
    text = path.read_text(encoding="utf-8")
    kept = LOCK.sub("", text).rstrip("\n")
    files.write(path, f"{kept}\n\n{lock}")
