"""What a worker sent, checked field by field and its text made safe to show."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from checkgrad.child.behaviour import Behaviour, Unsendable, are_floats
from checkgrad.child.inventory import (
    GIVES_GRADIENTS,
    LOOKS,
    ONE_STEP,
    PIECES,
    Definition,
    Inventory,
    Parameter,
    Span,
    Suspect,
    TrainingLoop,
)
from checkgrad.child.request import Result
from checkgrad.child.wire import Reader, WireError, decode
from checkgrad.sandbox.text import clean

T = TypeVar("T")
KINDS = ("function", "class", "method", "static", "property")
MOST_DEFINITIONS = 1000  # that are looked through; among so many, who uses whom takes time of ours
TOO_MANY = f"more than {MOST_DEFINITIONS:,} functions and classes; the others were not looked at"
ANY = Result(0)  # a form in which any value fits


def behaviour(body: bytes, form: Any = ANY) -> Behaviour:
    """The behaviour in an ANSWER whose value has the *form* that a request asked for, or WireError."""
    found = any_behaviour(body)
    if type(form) is Result or not found.returned or fits(found.value, form):
        return found
    if type(found.value) is Unsendable:
        return replace(found, value=None, raised="ValueError", message=found.value.description)
    raise WireError("an answer of another form than was asked for")


def fits(value: Any, form: Any) -> bool:
    """Has *value* the groups of *form*? What stands for a Result may be anything."""
    if type(form) is Result:
        return True
    if type(form) is dict:
        return (
            type(value) is dict
            and value.keys() == form.keys()
            and all(fits(value[key], form[key]) for key in form)
        )
    if type(form) in (list, tuple):
        alike = type(value) is type(form) and len(value) == len(form)
        return alike and all(map(fits, value, form))
    return type(value) is type(form)


def any_behaviour(body: bytes) -> Behaviour:
    """A behaviour whose value may have any form."""
    reader = Reader(body)
    value = reader.value(0)
    told = reader.value(0)
    if reader.position != len(body):
        raise WireError("bytes left over")
    value = safe(value)
    if type(told) is float:  # nothing else happened
        return Behaviour(value, seconds=told)
    raised, message, traceback, mutated, warned, printed, seconds = fields(told, 7)
    return Behaviour(
        value=value,
        raised=text(raised, 200),
        message=text(message, 2000),
        traceback=text(traceback),
        mutated=several(mutated, position),
        warned=several(warned, text),
        printed=text(printed),
        seconds=float(seconds) if type(seconds) is float else 0.0,
    )


def inventory(body: bytes) -> Inventory:
    """The inventory in a LOADED, or WireError."""
    told = fields(decode(body), 10)
    definitions, problem, traceback, notes, printed, mapping, imports, suspects, work, loops = told
    every = tuple(d for d in several(definitions, definition) if is_name(d.name))
    return Inventory(
        definitions=every[:MOST_DEFINITIONS],
        problem=text(problem, 500),
        traceback=text(traceback),
        notes=(*several(notes, text), *([TOO_MANY] if every[MOST_DEFINITIONS:] else [])),
        printed=text(printed, 20_000),
        mapping=several(mapping, pair),
        imports=several(imports, pair),
        suspects=several(suspects, suspect),
        work=several(work, text),
        loops=several(loops, training_loop),
    )


def training_loop(value: Any) -> TrainingLoop:
    name, file, number, place, inner, reaches, updates, user, used, steps = fields(value, 10)
    return TrainingLoop(
        text(name, 300),
        text(file, 300),
        number if number in (ONE_STEP, GIVES_GRADIENTS) else position(number),
        span(place),
        inner=several(inner, position),
        reaches=several(reaches, text),
        updates=several(updates, text),
        user=text(user, 10),
        used=used is True,
        steps=several(steps, text),
    )


def definition(value: Any) -> Definition:
    name, kind, parameters, doc, line, returns, stub, uses, sets, bases, gives, keeps, *rest = (
        fields(value, 16)
    )
    unset, texts, numbers, place = rest
    if kind not in KINDS:
        raise WireError("unknown kind of definition")
    return Definition(
        name=text(name, 300),
        kind=kind,
        parameters=None if parameters is None else several(parameters, parameter),
        doc=text(doc),
        line=position(line),
        returns=position(returns),
        stub=stub is True,
        uses=several(uses, text),
        sets=several(sets, text),
        bases=several(bases, text),
        gives=several(gives, text),
        keeps=several(keeps, text),
        unset=several(unset, text),
        texts=several(texts, text),
        numbers=several(numbers, text),
        span=span(place),
    )


def span(value: Any) -> Span:
    file, line, end_line, cell, before = fields(value, 5)
    return Span(
        text(file, 300), position(line), position(end_line), position(cell), position(before)
    )


def suspect(value: Any) -> Suspect:
    name, kind, looks_like, place = fields(value, 4)
    if kind not in PIECES or looks_like not in LOOKS:
        raise WireError("unknown kind of suspect")
    return Suspect(text(name, 300), kind, looks_like, span(place))


def is_name(name: str) -> bool:
    """Is it what code calls things: "softmax", "Net.forward", "ACTIVATIONS['tanh']"?"""
    before, bracket, rest = name.partition("[")
    key, closing, after = rest.rpartition("]")
    parts = before.split(".") + (after.split(".")[1:] if after else [])
    if not all(part.isidentifier() for part in parts) or not bracket:
        return not bracket and all(part.isidentifier() for part in parts)
    try:
        found = ast.literal_eval(key) if closing and after[:1] in ("", ".") else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return type(found) in (str, int) and repr(found) == key


def parameter(value: Any) -> Parameter:
    name, optional, default, star = fields(value, 4)
    if type(default) not in (float, int, str, bool, type(None)):
        raise WireError("a default that is no plain value")
    return Parameter(text(name, 300), optional is True, safe(default), star is True)


def pair(value: Any) -> tuple[str, str]:
    key, item = fields(value, 2)
    return text(key, 300), text(item, 300)


def fields(value: Any, count: int) -> tuple[Any, ...]:
    if type(value) not in (tuple, list) or len(value) != count:
        raise WireError(f"expected {count} fields")
    return tuple(value)


def several(value: Any, each: Callable[[Any], T]) -> tuple[T, ...]:
    if type(value) not in (tuple, list):
        raise WireError("expected several")
    return tuple(map(each, value))


def text(value: Any, longest: int = 10_000) -> str:
    if type(value) is not str:
        raise WireError("expected text")
    return clean(value, longest) if value else ""


def position(value: Any) -> int:
    if number(value) < 0:
        raise WireError("expected a position")
    return int(value)


def number(value: Any) -> int:
    if type(value) is not int:
        raise WireError("expected a whole number")
    return value


def safe(value: Any) -> Any:
    """A value with all its text cleaned, in real numbers; a worker has no Result to send."""
    kind = type(value)
    if kind is complex or kind is np.ndarray and value.dtype.kind == "c":
        return Unsendable(f"values of type {np.asarray(value).dtype}")
    if kind is str:
        return clean(value)
    if kind is Unsendable:
        return Unsendable(clean(value.description, 300))
    if kind in (list, tuple):
        return value if are_floats(value) else kind(map(safe, value))
    if kind is dict:
        return {safe(key): safe(item) for key, item in value.items()}
    if kind in (np.ndarray, float, int, bool, type(None)):
        return value
    raise WireError("a value that no worker sends")
