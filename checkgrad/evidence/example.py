"""The smallest failing input as the report tells it: the numbers, the code that shows them, the entry by hand."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.asking.student import Observation, Student
from checkgrad.exercises.worked import by_hand
from checkgrad.model import Example, Verdict, Worked
from checkgrad.reading.as_code import as_code
from checkgrad.reading.topic import STEPS, manner

MEMBER = re.compile(r"value (\d+)")
MOST_NUMBERS = 5000  # that a report repeats


def of(student: Student, seen: Observation) -> Example:
    """What was given, what came out, what was due."""
    arguments = {
        name: plain(arg) for name, arg in zip(student.exercise.roles, seen.probe, strict=False)
    }
    got = plain(seen.got.value) if seen.got.returned else seen.got.raised or seen.got.died
    where = seen.difference.where if seen.difference else ""
    return Example(
        arguments,
        got,
        plain(seen.expected),
        where,
        code=as_code(student.reading, seen.probe),
        worked=[] if seen.finding is Verdict.ADVICE else _worked(student, seen, where),
    )


def _worked(student: Student, seen: Observation, where: str) -> list[Worked]:
    """The entry *where* by hand, if it is one of the answer that is wrong there."""
    at = _place(where)
    if manner(student.reading.way) == STEPS:
        return []
    try:
        got, due = (_entry(value, at) for value in (seen.got.value, seen.expected))
    except (IndexError, TypeError, ValueError):
        return []
    same = np.isclose(got, due, rtol=1e-6)
    return [] if same else by_hand(student.exercise, seen.probe, at, due)


def _place(where: str) -> tuple[int, ...]:
    """The indices of a path: "value 1[0, 2]" is (1, 0, 2)."""
    member, _, rest = where.partition("[")
    found = MEMBER.fullmatch(member)
    inside = tuple(int(i) for i in rest.strip("]").split(",")) if rest else ()
    return (int(found[1]), *inside) if found else inside


def _entry(value: Any, at: tuple[int, ...]) -> float:
    if isinstance(value, list | tuple):
        value, at = value[at[0]], at[1:]
    return float(np.asarray(value)[at])


def _count(value: Any) -> int:
    if isinstance(value, list | tuple):
        return sum(map(_count, value))
    return int(np.size(value)) if isinstance(value, np.ndarray) else 1


def plain(value: Any) -> Any:
    """Numbers and nested lists of numbers, for the report; a description where there are none or too many."""
    if (count := _count(value)) > MOST_NUMBERS:
        return f"{count} numbers"
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return compare.not_numbers(value)
