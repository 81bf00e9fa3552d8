"""Doing what a request asks, and recording what happened."""

from __future__ import annotations

import random
import warnings
from collections.abc import Mapping
from time import perf_counter
from typing import Any

import numpy as np

from . import faults, wire
from .describe import class_name
from .request import Request, Result, Step
from .source import Document

SEED = 20_011
MOST_WARNINGS = 20


class Performer:
    """Answers requests on one loaded submission.

    root: what the first name of a path stands for. printed: takes what was printed since it was last asked.
    """

    def __init__(
        self, root: Mapping[str, Any], documents: Mapping[str, Document], printed: Any
    ) -> None:
        self.root = root
        self.documents = documents
        self.printed = printed
        self.draws = any("rand" in document.text for document in documents.values())

    def answer(self, request: Request, room: int) -> bytes:
        """Perform *request*; the behaviour as it travels. Whatever the student's code does, this returns."""
        self.printed.begin()
        if self.draws:
            np.random.seed(SEED)
            random.seed(SEED)
        results: list[Any] = []
        mutated: list[int] = []
        started = perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                for step in request.steps:
                    results.append(self.take(step, results, mutated))
                seconds = perf_counter() - started
                # encoding runs code of the student's, too: __del__ of a value, for one
                value = wire.encode(filled(request.answer, results), room)
                raised = message = traceback = ""
            except BaseException as error:
                seconds = perf_counter() - started
                value = wire.encode(None)
                raised, message = faults.name(error), faults.message(error)
                traceback = faults.traceback(error, self.documents)
            results.clear()
        printed = self.printed.take()
        if not (raised or mutated or caught or printed):
            return value + wire.encode(seconds)
        warned = tuple(text_of(w) for w in caught[:MOST_WARNINGS])
        return value + wire.encode(
            (raised, message, traceback, tuple(mutated), warned, printed, seconds)
        )

    def take(self, step: Step, results: list[Any], mutated: list[int]) -> Any:
        """Do one step and give its result."""
        start = self.root if step.of is None else results[step.of]
        if step.do == "get":
            return follow(start, step.path)
        args = tuple(filled(arg, results) for arg in step.args)
        if step.do == "set":
            return put(start, step.path, args[0])
        named = {name: filled(value, results) for name, value in step.named}
        function = follow(start, step.path)
        before = [snapshot(arg) for arg in args]
        try:
            return function(*args, **named)
        finally:
            mutated[:] = [i for i, arg in enumerate(args) if snapshot(arg) != before[i]]


def follow(value: Any, path: tuple[str | int, ...]) -> Any:
    """What *path* leads to from *value*."""
    for step in path:
        if type(value) is Namespace:
            value = value.get(str(step)[1:])
        elif type(step) is str and step[:1] == ".":
            value = getattr(value, step[1:])
        else:
            value = value[step]
    return value


def put(value: Any, path: tuple[str | int, ...], new: Any) -> None:
    """Make *path* lead to *new*."""
    *way, last = path
    value = follow(value, tuple(way))
    if type(value) is Namespace:
        value.names[str(last)[1:]] = new
    elif type(last) is str and last[:1] == ".":
        setattr(value, last[1:], new)
    else:
        value[last] = new


class Namespace:
    """Names of the submission: its definitions, and its modules where there are several."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def get(self, name: str) -> Any:
        if name not in self.names:
            raise AttributeError(f"the submission defines no {name}")
        return self.names[name]


def filled(value: Any, results: list[Any]) -> Any:
    """*value* with every Result replaced by what the step gave."""
    kind = type(value)
    if kind is np.ndarray:
        return value
    if kind is Result:
        return follow(results[value.step], value.path)
    if kind is list:
        return [filled(item, results) for item in value]
    if kind is tuple:
        return tuple(filled(item, results) for item in value)
    if kind is dict:
        return {key: filled(item, results) for key, item in value.items()}
    return value


def snapshot(value: Any) -> Any:
    """Equal before and after a call that leaves an argument alone; looks at plain values only."""
    kind = type(value)
    if kind is np.ndarray:
        return (value.shape, value.dtype.str, value.tobytes())
    if kind in (list, tuple):
        return [snapshot(item) for item in value]
    if kind is dict:
        return [(key, snapshot(item)) for key, item in value.items()]
    return None


def text_of(warning: warnings.WarningMessage) -> str:
    """A warning in one line."""
    try:
        return f"{class_name(warning.category)}: {str(warning.message)[:300]}"
    except BaseException:
        return "a warning that cannot be read"
