"""Whose a file is, from the names that Canvas, Moodle and Gradescope give what they export."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from checkgrad.batch.record import Submitter

METADATA = "submission_metadata.yml"
SUBMISSION = re.compile(r"submission_\d+")  # what Gradescope calls a folder
# doejane_LATE_4711_98765_hw.py; LATE_anon_x7Ab2_98765_hw.py
CANVAS = re.compile(
    r"(?:(?P<name>\w+?)_)??(?P<late>LATE_)?(?P<id>\d+|anon_[^\W_]+)_(?:\d+_(?P<file>.+)|text\.html)",
    re.I,
)
# Jane Doe_4711_assignsubmission_file_/, or with _hw.py where Moodle was told not to make folders
MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?"
)
FIELD = re.compile(r"[ -]*:(name|sid|email):\s*(.*?)\s*")


def canvas(name: str) -> tuple[Submitter, str] | None:
    """Return whose the Canvas file *name* is, and what the student called it."""
    found = CANVAS.fullmatch(name)
    return (
        (Submitter(found["id"], found["name"] or ""), found["file"] or "text.html")
        if found
        else None
    )


def is_late(name: str) -> bool:
    """Does Canvas say of the file *name* that it came late?"""
    found = CANVAS.fullmatch(name)
    return found is not None and found["late"] is not None


def moodle(name: str) -> tuple[Submitter, str] | None:
    """Return whose the Moodle file or folder *name* is, and what the student called it, "" for a folder."""
    found = MOODLE.fullmatch(name)
    return (Submitter(found["id"], found["name"]), found["file"] or "") if found else None


def gradescope(metadata: str) -> dict[str, list[Submitter]]:
    """Return the submitters of each folder, from the text of Gradescope's submission_metadata.yml."""
    return {folder: _submitters(folder, lines) for folder, lines in _entries(metadata)}


def _entries(metadata: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder with the lines below it."""
    folder, below = "", list[str]()
    for line in metadata.splitlines():
        if line[:1] in ("", " ", "-", "#"):
            below.append(line)
            continue
        if folder:
            yield folder, below
        folder, below = _plain(line.rstrip().removesuffix(":")), []
    if folder:
        yield folder, below


def _submitters(folder: str, lines: Iterable[str]) -> list[Submitter]:
    people: list[dict[str, str]] = []
    for line in _listed(lines):
        if line.lstrip().startswith("-"):
            people.append({})
        if people and (field := FIELD.fullmatch(line)):
            people[-1][field[1]] = _plain(field[2])
    return [_student(folder, person) for person in people] or [Submitter(folder)]


def _listed(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of the list of submitters: those of the results below may hold anything."""
    within = False
    for line in lines:
        if re.match(r"  :\w+:", line):
            within = line.startswith("  :submitters:")
        elif within:
            yield line


def _student(folder: str, person: dict[str, str]) -> Submitter:
    name, sid, email = (person.get(field, "") for field in ("name", "sid", "email"))
    return Submitter(sid or email or folder, name, email)


def _plain(scalar: str) -> str:
    """A YAML scalar without its quotes."""
    if scalar[:1] == "'" == scalar[-1:]:
        return scalar[1:-1].replace("''", "'")
    if scalar[:1] == '"' == scalar[-1:]:
        return re.sub(r"\\(.)", r"\1", scalar[1:-1])
    return "" if scalar in ("~", "null") else scalar
