"""What the grader asks of a worker: a few steps, each on the results of earlier ones.

A request stands alone: objects made by its steps live until its answer is sent, so requests may be
repeated, reordered, or sent again to a fresh worker.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .behaviour import Behaviour

Path = tuple[str | int, ...]  # from a value to a part of it


@dataclass(frozen=True)
class Result:
    """Stands for what step number *step* gave, followed along *path* (see Step)."""

    step: int
    path: Path = ()


@dataclass(frozen=True)
class ArraySlot:
    """Stands for an array that travels beside its request, so that like requests are alike in bytes."""

    number: int


@dataclass(frozen=True)
class Step:
    """One thing to do.

    do "call": call what *path* leads to with *args* and *named* (classes are called to construct).
    do "get": give what *path* leads to.
    do "set": put args[0] there.
    do "give": give args[0] itself, so that later steps share one object.
    do "hold": give an object that has *named* as its attributes, and no others.

    A path starts at the submission's module, or at the result of an earlier step when *of* is given. A
    string that begins with "." is an attribute, any other string or number an item: (".net", ".params", "W1").
    """

    do: str
    path: Path = ()
    of: int | None = None
    args: tuple[Any, ...] = ()
    named: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Request:
    """Steps to take, and what to answer: *answer* is a value in which every Result is filled in.

    *function* names what a failure is counted against: one that hung is not asked again.
    *watch*, of a watched run: what is run, and a packed `wanted.Watch` (see `work.Workshop`).
    """

    function: str
    steps: tuple[Step, ...]
    answer: Any
    watch: tuple[Any, ...] | None = None


Ask = Callable[[Sequence[Request]], list[Behaviour]]


def call(function: str, *args: Any, **named: Any) -> Request:
    """The plain case: call the module's *function*, "softmax" or "Softmax.forward", and answer its value."""
    step = Step("call", path(function), args=args, named=tuple(named.items()))
    return Request(function, (step,), Result(0))


def path(name: str) -> Path:
    """The path to a definition by its name, "Softmax.forward" or "ACTIVATIONS['tanh']"."""
    table, bracket, rest = name.partition("[")
    key, _, after = rest.rpartition("]")
    steps = tuple("." + part for part in table.split("."))
    if not bracket:
        return steps
    return (*steps, ast.literal_eval(key), *("." + part for part in after.split(".") if part))
