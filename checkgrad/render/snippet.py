"""A few lines of NumPy that show a failure without checkgrad."""

from __future__ import annotations

import keyword
import math
from pathlib import PurePosixPath
from typing import Any

from checkgrad.model import Example, Numbers, Outcome

MOST_NUMBERS = 400


def snippet(submission: str, outcome: Outcome) -> str:
    """Return code that prints what *outcome* got and what was due, "" where that takes more than a few lines."""
    example = outcome.example
    if example is None or example.code is None:
        return ""
    if not all(map(_is_name, example.arguments)) or not _short(example):
        return ""
    call = example.code or _call(outcome.function, example)
    if not call:
        return ""
    given = "".join(f"{name} = {_literal(value)}\n" for name, value in example.arguments.items())
    return (
        f"import numpy as np\n{_imported(submission, outcome.function, example)}\n"
        f"{given}{call}\nexpected = {_literal(example.expected)}\n"
        'print("got", got, "expected", expected, sep="\\n")\n'
    )


def _call(function: str, example: Example) -> str:
    return f"got = {function}({', '.join(example.arguments)})" if _is_name(function) else ""


def _imported(submission: str, function: str, example: Example) -> str:
    if submission.endswith(".ipynb"):
        return "# in a cell below those of your functions\n"
    path = PurePosixPath(submission.replace("\\", "/")).with_suffix("")
    names = [part for part in path.parts if part not in ("/", "..")]
    wanted = "*" if example.code else function
    if all(map(_is_name, names)):
        return f"from {'.'.join(names)} import {wanted}\n"
    module = f"import_module({'.'.join(names)!r})"
    use = (
        f"globals().update(vars({module}))" if example.code else f"{function} = {module}.{function}"
    )
    return f"from importlib import import_module\n\n{use}\n"


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def _short(example: Example) -> bool:
    values = [*example.arguments.values(), example.expected]
    return all(map(_writable, values)) and sum(map(_size, values)) <= MOST_NUMBERS


def _writable(value: Numbers) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_writable, value))
    return isinstance(value, bool | int | float)


def _size(value: Numbers) -> int:
    return sum(map(_size, value)) if isinstance(value, list | tuple) else 1


def _literal(value: Numbers) -> str:
    if not isinstance(value, list | tuple):
        return _scalar(value)
    if _shape(value) is None:
        return f"[{', '.join(map(_literal, value))}]"
    return f"np.array({_nested(value)})"


def _nested(value: Numbers) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_nested, value))}]"
    return _scalar(value)


def _shape(value: Numbers) -> tuple[int, ...] | None:
    """The shape of nested lists, None where their lengths differ: a group of arrays."""
    if not isinstance(value, list | tuple):
        return ()
    shapes = {_shape(item) for item in value} or {()}
    inner = shapes.pop()
    return None if shapes or inner is None else (len(value), *inner)


def _scalar(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"np.{value}".replace("np.-", "-np.")
    return repr(value)
