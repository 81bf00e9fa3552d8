"""A request as the lines of Python that a student would write for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from checkgrad.child.request import Request, Result, Step
from checkgrad.conventions.layout import COLUMNS, SCALAR, SINGLE
from checkgrad.exercise import Probe
from checkgrad.reading import form as forms
from checkgrad.reading.reading import Reading
from checkgrad.reading.signature import SCORED, UPSTREAM, Earlier, Fill, Several, Share, Token
from checkgrad.reading.topic import STEPS, manner

MOST_STEPS = 12


class Unwritable(Exception):
    """It takes more than a few lines, or something that is no number."""


def as_code(reading: Reading, probe: Probe) -> str | None:
    """Return lines that set `got`, on arguments that are called what the exercise calls them.

    "" where that is simply function(*arguments), None where it takes more than a few lines.
    """
    request, exercise = reading.request(probe), reading.candidate.exercise
    given = dict(zip(exercise.roles, probe, strict=False))
    scored = any(SCORED in tokens for tokens in reading.way.given)
    left = reading.way.recipe[-1].do in ("join", "moved")
    if scored or left or len(request.steps) > MOST_STEPS:
        return None
    try:
        after = list(_brought_back(reading, probe))
        if not after and _is_plain(request, given):
            return ""
        return "\n".join([*_lines(request, given), *after])
    except Unwritable:
        return None


def called_as(reading: Reading) -> str:
    """The calls of a reading in a line: "Softmax(), then forward(z), then backward(dy), samples in columns"."""
    if manner(reading.way) == STEPS:
        return f"{reading.candidate.function} with the same memory, {reading.note}"
    pairs = zip(reading.way.recipe, reading.way.given, strict=True)
    calls = [
        f"{str(call.path[-1]).removeprefix('.')}({', '.join(map(_token, given))})"
        for call, given in pairs
        if call.do == "call" and call.path
    ]
    return ", ".join(filter(None, [", then ".join(calls), reading.note]))


def _token(token: Token) -> str:
    if isinstance(token, Fill):
        return repr(token.value)
    if isinstance(token, Several):
        return f"[{', '.join(map(_token, token.members))}]"
    if isinstance(token, Share):
        return f"part {token.number + 1} of {token.of}"
    return "the result before" if isinstance(token, Earlier) else token


def _is_plain(request: Request, given: Mapping[str, Any]) -> bool:
    (step, *more), names = request.steps, [*given]
    args = [_name(arg, given) for arg in step.args]
    called = step.path == ("." + request.function,) and not step.named and step.do == "call"
    return not more and called and args == names and request.answer == Result(0)


def _lines(request: Request, given: Mapping[str, Any]) -> Iterator[str]:
    last = len(request.steps) - 1
    needed = {r.step for r in _results(request.answer)} | {
        r for step in request.steps for r in _needed(step)
    }
    for i, step in enumerate(request.steps):
        line = written(step, given)
        if i == last and request.answer == Result(last):
            yield f"got = {line}"
            return
        yield f"r{i} = {line}" if i in needed and step.do != "set" else line
    yield f"got = {value_as_code(request.answer, given)}"


def _needed(step: Step) -> Iterator[int]:
    if step.of is not None:
        yield step.of
    yield from (r.step for r in _results([*step.args, *(v for _, v in step.named)]))


def _results(value: Any) -> Iterator[Result]:
    if isinstance(value, Result):
        yield value
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _results(member)


def written(step: Step, given: Mapping[str, Any]) -> str:
    start = "" if step.of is None else f"r{step.of}"
    place = (start + _path(step.path)).removeprefix(".")
    args = [value_as_code(arg, given) for arg in step.args]
    if step.do == "get":
        return place
    if step.do == "set":
        return f"{place} = {args[0]}"
    if step.path[-1:] == (".__setitem__",):
        return f"{place.removesuffix('.__setitem__')}[...] = {args[1]}"
    named = [f"{name}={value_as_code(value, given)}" for name, value in step.named]
    return f"{place}({', '.join([*args, *named])})"


def _path(path: tuple[str | int, ...]) -> str:
    return "".join(p if isinstance(p, str) and p.startswith(".") else f"[{p!r}]" for p in path)


def value_as_code(value: Any, given: Mapping[str, Any]) -> str:
    if isinstance(value, Result):
        return f"r{value.step}{_path(value.path)}"
    if name := _name(value, given):
        return name
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r})"
    if isinstance(value, list | tuple):
        return f"[{', '.join(value_as_code(member, given) for member in value)}]"
    if isinstance(value, dict):
        pairs = (f"{key!r}: {value_as_code(member, given)}" for key, member in value.items())
        return f"{{{', '.join(pairs)}}}"
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    raise Unwritable


def _name(value: Any, given: Mapping[str, Any]) -> str:
    """What an argument is called that is handed over as it is."""
    return next((name for name, one in given.items() if _same(value, one)), "")


def _same(value: Any, one: Any) -> bool:
    if isinstance(value, Result) or type(value) is not type(one):
        return False
    return np.shape(value) == np.shape(one) and np.array_equal(value, one)


def _brought_back(reading: Reading, probe: Probe) -> Iterator[str]:
    """What turns an answer into the form in which the report shows it."""
    way, expected = reading.way, reading.formula(*probe)
    if reading.candidate.item is not None:
        yield f"got = got[{reading.candidate.item}]"
    if way.form.layout in (SINGLE, SCALAR):
        yield "got = np.array(got)"
    elif way.form.layout == COLUMNS and not isinstance(expected, tuple) and np.ndim(expected) == 2:
        yield "got = np.transpose(got)"
    if any(UPSTREAM in tokens for tokens in way.given):
        weights = value_as_code(forms.upstream(probe[0]), {})
        yield f"got = got / {weights}"
