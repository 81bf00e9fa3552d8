"""A teacher's own exercises: a Python file beside the assignment, trusted, run in the grader."""

from __future__ import annotations

import linecache
import traceback
from functools import lru_cache
from types import ModuleType

from checkgrad.assignment.errors import BadAssignment
from checkgrad.exercise import Exercise
from checkgrad.exercises import ALL


@lru_cache(maxsize=8)
def exercises(name: str, text: bytes) -> tuple[Exercise, ...]:
    """Run the file and return the exercises it defines, in its order; raise BadAssignment where it fails."""
    found = [e for e in _run(name, text).values() if isinstance(e, Exercise) and e not in ALL]
    if not found:
        raise BadAssignment(f"own: {name} defines no exercise; is there a function with @exercise?")
    taken = {e.name for e in ALL}
    for exercise in found:
        if exercise.name in taken:
            raise BadAssignment(f"own: {name}: there is already an exercise {exercise.name}")
        if not exercise.name.isidentifier():
            raise BadAssignment(f"own: {name}: {exercise.name!r} is no name for an exercise")
        taken.add(exercise.name)
    return tuple(found)


def _run(name: str, text: bytes) -> dict[str, object]:
    module = ModuleType(name.removesuffix(".py"))
    lines = text.decode("utf-8", "replace").splitlines(keepends=True)
    linecache.cache[name] = len(text), None, lines, name
    try:
        exec(compile(text, name, "exec"), module.__dict__)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        mine = [f.lineno for f in frames if f.filename == name]
        line = getattr(error, "lineno", None) or next(reversed(mine), "?")
        said = getattr(error, "msg", None) or error
        raise BadAssignment(f"own: {name}, line {line}: {type(error).__name__}: {said}") from None
    return vars(module)
