"""The assignment file: what staff asks for, which exercises these are, and what they are worth."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import asdict

from checkgrad.assignment.content import (
    Assignment,
    AssignmentSource,
    asked,
    earning,
    exact,
    is_visible,
    known,
    learns,
)
from checkgrad.assignment.conventions import against
from checkgrad.assignment.decode import decode
from checkgrad.assignment.errors import BadAssignment
from checkgrad.assignment.file import AssignmentFile, ExerciseRules
from checkgrad.assignment.lock import broken_lock, digest_of_probes, remarks
from checkgrad.assignment.rules import broken

__all__ = [
    "ExerciseRules",
    "Assignment",
    "BadAssignment",
    "AssignmentSource",
    "against",
    "asked",
    "digest_of_probes",
    "earning",
    "exact",
    "is_visible",
    "known",
    "learns",
    "load",
    "loads",
    "remarks",
]


def load(path: Path, *, locked: bool = True) -> Assignment:
    """Read an assignment file; raise BadAssignment with one line where it is wrong.

    locked: does its lock have to hold?
    """
    try:
        text = path.read_bytes()
        named = decode(text, AssignmentFile).own
        beside = (path.parent / named).read_bytes() if named else b""
    except OSError as error:
        at = "" if error.filename == str(path) else f"own: {error.filename}: "
        raise BadAssignment(f"{path}: {at}{error.strerror}") from None
    except BadAssignment as error:
        raise BadAssignment(f"{path}: {error}") from None
    return loads(AssignmentSource(str(path), text, beside), locked=locked)


def loads(source: AssignmentSource, *, locked: bool = True) -> Assignment:
    """Return the assignment that *source* holds; raise BadAssignment with one line where it is wrong."""
    try:
        found = Assignment(**asdict(decode(source.text, AssignmentFile)), source=source)
        problem = next(broken(found), "") or (next(broken_lock(found), "") if locked else "")
    except BadAssignment as error:
        problem = str(error)
    if problem:
        raise BadAssignment(f"{source.name}: {problem}")
    return found
