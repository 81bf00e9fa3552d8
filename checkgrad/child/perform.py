"""Doing what a request asks, and recording what happened."""

from __future__ import annotations

import random
import sys
import warnings
from collections.abc import Callable, Mapping
from time import perf_counter
from types import ModuleType
from typing import Any

import numpy as np

from . import faults, wire
from .describe import class_name
from .printed import Printed
from .request import ArraySlot, Request, Result, Step
from .source import Document
from .tensors import are_missed, with_tensors

SEED = 20_011
MOST_WARNINGS = 20


class Performer:
    """Answers requests on one loaded submission.

    root: what the first name of a path stands for. printed: takes what was printed since it was last asked.
    watched: answers requests for watched runs.
    """

    watched: Callable[[Request, GivenValues], Any]

    def __init__(
        self, root: Namespace, documents: Mapping[str, Document], printed: Printed
    ) -> None:
        self.root = root
        self.documents = documents
        self.printed = printed
        self.warned = Warned()
        self.draws = any("rand" in document.text for document in documents.values())

    def answer(self, request: Request, slots: list[np.ndarray], room: int) -> bytes:
        """Perform *request*; the behaviour as it travels. Whatever the student's code does, this returns."""
        self.printed.begin()
        self.warned.begin()
        if self.draws:
            np.random.seed(SEED)
            random.seed(SEED)
        given = GivenValues(slots)
        started = perf_counter()
        try:
            found = self.found(request, given)
            seconds = perf_counter() - started
            # encoding runs code of the student's, too: __del__ of a value, for one
            value = wire.encode(found, room)
            raised = message = traceback = ""
        except BaseException as error:
            seconds = perf_counter() - started
            value = wire.encode(None)
            raised, message = faults.name(error), faults.message(error)
            traceback = faults.traceback(error, self.documents)
        given.results.clear()
        printed, warned = self.printed.take(), self.warned.take()
        if not (raised or given.mutated or warned or printed):
            return value + wire.DOUBLE.pack(wire.FLOAT, seconds)
        told = (raised, message, traceback, given.mutated, warned, printed, seconds)
        return value + wire.encode(told)

    def found(self, request: Request, given: GivenValues) -> Any:
        """What *request* asks for."""
        if request.watch is not None:
            return self.watched(request, given)
        self.take_all(request, given, self.root)
        return filled(request.answer, given)

    def take_all(self, request: Request, given: GivenValues, root: Any) -> None:
        """Do all steps of *request*; *root* is what the first name of a path stands for."""
        for step in request.steps:
            given.results.append(self.take(step, given, root))

    def take(self, step: Step, given: GivenValues, root: Any) -> Any:
        """Do one step and give its result."""
        start = root if step.of is None else given.results[step.of]
        if step.do == "get":
            return follow(start, step.path)
        args = tuple(filled(arg, given) for arg in step.args)
        if step.do == "set":
            return put(start, step.path, args[0])
        if step.do == "give":
            return args[0]
        named = {name: filled(value, given) for name, value in step.named}
        if step.do == "hold":
            return StandInObject(named)
        function = follow(start, step.path)
        before = [snapshot(arg) for arg in args]
        try:
            return function(*args, **named)
        except AttributeError as error:
            if not are_missed(error):
                raise
            return with_tensors(function, args, named)
        finally:
            after = [snapshot(arg) for arg in args]
            given.mutated = tuple(i for i in range(len(args)) if before[i] != after[i])


class GivenValues:
    """What the values of one request are made of, and which arguments its last call changed."""

    def __init__(self, slots: list[np.ndarray]) -> None:
        self.slots = slots
        self.results: list[Any] = []
        self.mutated: tuple[int, ...] = ()


class Warned:
    """Records every warning, whatever filters a submission sets for later."""

    def __init__(self) -> None:
        self.caught: list[str] = []
        self.show = self.record  # one object, to be recognised
        warnings.resetwarnings()
        warnings.simplefilter("always")
        self.filters = list(warnings.filters)

    def begin(self) -> None:
        if warnings.showwarning is not self.show or warnings.filters != self.filters:
            warnings.showwarning = self.show
            warnings.resetwarnings()
            warnings.simplefilter("always")

    def record(self, message: Any, category: Any, *place: Any, **more: Any) -> None:
        if len(self.caught) < MOST_WARNINGS:
            self.caught.append(f"{class_name(category)}: {text_of(message)}")

    def take(self) -> tuple[str, ...]:
        caught, self.caught = tuple(self.caught), []
        return caught


def follow(value: Any, path: tuple[str | int, ...]) -> Any:
    """What *path* leads to from *value*."""
    for at, step in enumerate(path):
        if type(value) is Namespace:
            value = value.get(str(step)[1:], path[at + 1 :])
        elif type(step) is str and step[:1] == ".":
            value = member(value, step[1:], path[at + 1 : at + 2])
        else:
            value = value[step]
    return value


def member(value: Any, name: str, then: tuple[str | int, ...]) -> Any:
    """An attribute; of a package, the module of that name where a class of the same name hides it."""
    found = getattr(value, name)
    if type(value) is ModuleType and type(found) is not ModuleType and then:
        hidden = sys.modules.get(f"{value.__name__}.{name}")
        if hidden is not None and not hasattr(found, str(then[0])[1:]):
            return hidden
    return found


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


class StandInObject:
    """An object that has attributes and does nothing."""

    def __init__(self, attributes: dict[str, Any]) -> None:
        self.__dict__.update(attributes)


class Namespace:
    """Names of the submission: its definitions, and its modules where there are several."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.modules: dict[str, Namespace] = {}

    def get(self, name: str, rest: tuple[str | int, ...] = ()) -> Any:
        """What is defined under *name*; the module of that name where only that holds the *rest* of the path."""
        if name in self.names and not (name in self.modules and self.is_of_module(name, rest)):
            return self.names[name]
        if name in self.modules:
            return self.modules[name]
        raise AttributeError(f"the submission defines no {name}")

    def is_of_module(self, name: str, rest: tuple[str | int, ...]) -> bool:
        if not rest or hasattr(self.names[name], str(rest[0])[1:]):
            return False
        inside, first = self.modules[name], str(rest[0])[1:]
        return first in inside.names or first in inside.modules


def filled(value: Any, given: GivenValues) -> Any:
    """*value* with every slot and every Result filled in."""
    kind = type(value)
    if kind is ArraySlot:
        return given.slots[value.number]
    if kind is Result:
        return follow(given.results[value.step], value.path)
    if kind is list:
        return [filled(item, given) for item in value]
    if kind is tuple:
        return tuple(filled(item, given) for item in value)
    if kind is dict:
        return {key: filled(item, given) for key, item in value.items()}
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


def text_of(message: Any) -> str:
    """A warning's text, shortened."""
    try:
        return str(message)[:300]
    except BaseException:
        return "(it cannot be read)"
