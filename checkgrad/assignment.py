"""The assignment file: what staff asks for. Alone reads exercises.ALL; everything else is handed the exercises."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import msgspec
from msgspec import Struct

from checkgrad.exercise import Exercise
from checkgrad.exercises import ALL


class BadAssignment(Exception):
    """An assignment file that cannot be used; the message is one line: where, what and what to do."""


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """What one exercise is worth, and which function answers it."""

    points: float = 1.0
    function: str | None = None


class Assignment(Struct, frozen=True, forbid_unknown_fields=True):
    """Exercises with points, conventions every function has to follow, the seed of the probes."""

    name: str = ""
    exercises: dict[str, Asked] = {}
    conventions: dict[str, str] = {}
    seed: int | None = None

    @property
    def maximum(self) -> float | None:
        """Points to be had, whatever is handed in; None where nothing is asked for."""
        return sum(a.points for a in self.exercises.values()) if self.exercises else None

    @property
    def mapping(self) -> dict[str, str]:
        """Which function answers which exercise, where the file says so."""
        return {name: a.function for name, a in self.exercises.items() if a.function}


NETWORK = "MLP"


def load(path: Path) -> Assignment:
    """Read an assignment file; raise BadAssignment with one line where it is wrong."""
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=Assignment)
    except OSError as error:
        raise BadAssignment(f"{path}: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadAssignment(f"{path}: {_with_a_suggestion(str(error))}") from None
    for name in found.exercises:
        if name not in names():
            raise BadAssignment(
                f"{path}: exercises.{name}: no such exercise{_nearest(name, names())}"
            )
    return found


def names() -> tuple[str, ...]:
    """Every name an assignment may ask for."""
    return (*(e.name for e in ALL), NETWORK)


def asked(assignment: Assignment) -> tuple[Exercise, ...]:
    """The exercises of the assignment, or all there are."""
    return tuple(e for e in ALL if not assignment.exercises or e.name in assignment.exercises)


def _with_a_suggestion(message: str) -> str:
    if "unknown field" not in message:
        return message
    key = message.split("`")[1]
    known = (*Assignment.__struct_fields__, *Asked.__struct_fields__)
    return message + _nearest(key, known)


def _nearest(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(known)}"
