"""What lies in an object of the student's: arrays, numbers, and the objects within."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour, Unsendable
from checkgrad.child.request import Path, Request, Result, Step
from checkgrad.networks import script as scripts
from checkgrad.networks.places import leaves
from checkgrad.networks.script import COUNT, Script, T, X
from checkgrad.networks.search import Made, Search
from checkgrad.words.messages import NO_DICT, TOO_LONG, heard

MOST_OBJECTS = 40


def explored(
    search: Search, made: Sequence[Made]
) -> list[tuple[list[tuple[Path, Any]], tuple[Path, ...]]]:
    """Every array in what is made, those in objects within included, and where these objects are."""
    if search.is_handed:
        replies = search.ask([_look(search, one, [None]) for one in made])
        return [(list(leaves(b.value[0])) if b.returned else [], ()) for b in replies]
    places: list[tuple[Path, ...]] = [((),)] * len(made)
    replies = []
    for _ in range(3):
        replies = _looked(search, made, places)
        if any(heard(b, NO_DICT) for b in replies):
            places = [_open(search, one, mine) for one, mine in zip(made, places, strict=True)]
            replies = _looked(search, made, places)
        more = [
            tuple(_objects(one[0], mine, b.value)) if b.returned else ()
            for one, mine, b in zip(made, places, replies, strict=True)
        ]
        wider = [
            tuple(dict.fromkeys((*p, *m)))[:MOST_OBJECTS] for p, m in zip(places, more, strict=True)
        ]
        if wider == places:
            break
        looked_at, places = places, wider
    else:
        places = looked_at
    search.problems += [said(b) for b in replies if not b.returned]
    return [
        (attributes(one[0], mine, b.value) if b.returned else [], mine)
        for one, mine, b in zip(made, places, replies, strict=True)
    ]


def _looked(
    search: Search, made: Sequence[Made], places: Sequence[Sequence[Path]]
) -> list[Behaviour]:
    asked = [contents(one[0], mine) for one, mine in zip(made, places, strict=True)]
    requests = [_look(search, one, at) for one, at in zip(made, asked, strict=True)]
    replies = search.ask(requests)
    if not any(heard(reply, TOO_LONG) for reply in replies):
        return replies
    return search.ask([_with_room(request) for request in requests])


def _with_room(request: Request) -> Request:
    """The same request, so long that a long answer is let through."""
    return replace(request, steps=(*request.steps, Step("get", (), 0, (np.zeros(1 << 15),))))


def _open(search: Search, one: Made, places: Sequence[Path]) -> tuple[Path, ...]:
    """The objects that have attributes; a random generator has none."""
    replies = _looked(search, [one] * len(places), [[at] for at in places])
    return tuple(at for at, reply in zip(places, replies, strict=True) if reply.returned)


def _look(search: Search, made: Made, at: Sequence[Path | None]) -> Request:
    """Make an object and answer what lies at these paths in it."""
    script, sizes = made
    given = search.pilot(sizes)
    steps: list[Step] = []
    values = scripts.plan_values(sizes) | {X: given.x, T: given.t, COUNT: len(given.x)}
    steps += [Step("set", where, None, (scripts.filled(t, values),)) for where, t in script.lacking]
    number = scripts.make(script, values, steps)
    assert script.holder
    name = script.holder.name if search.is_handed else script.function
    return Request(name, tuple(steps), [Result(number, path or ()) for path in at])


def said(reply: Behaviour) -> str:
    """How a call failed, in one line."""
    return f"{reply.raised}: {reply.message}".rstrip(": ") if reply.raised else reply.died


def contents(script: Script, inspected: Sequence[Path]) -> list[Path]:
    """The paths to the attributes of objects; the names of a module are its own contents."""
    return [at if _is_module(script, at) else (*at, ".__dict__") for at in inspected]


def _is_module(script: Script, at: Path) -> bool:
    return not at and script.holder is not None and script.holder.do == "get"


def attributes(
    script: Script, inspected: Sequence[Path], dicts: Sequence[Any]
) -> list[tuple[Path, Any]]:
    """The arrays and numbers among the attributes of objects."""
    found = _members(script, inspected, dicts)
    return [leaf for at, value in found for leaf in leaves(value, at)]


def _members(
    script: Script, inspected: Sequence[Path], dicts: Sequence[Any]
) -> Iterator[tuple[Path, Any]]:
    for at, mine in zip(inspected, dicts, strict=True):
        if isinstance(mine, dict):
            dot = "" if _is_module(script, at) else "."
            yield from (((*at, f"{dot}{key}"), value) for key, value in mine.items())


def _objects(script: Script, inspected: Sequence[Path], dicts: Sequence[Any]) -> Iterator[Path]:
    """Where other objects lie among the attributes of objects."""
    for at, value in _members(script, inspected, dicts):
        yield from _objects_in(value, at)


def _objects_in(value: Any, at: Path) -> Iterator[Path]:
    if isinstance(value, Unsendable) and value.is_object:
        yield at
    elif isinstance(value, dict):
        for key, member in value.items():
            if isinstance(key, str | int):
                yield from _objects_in(member, (*at, key))
    elif isinstance(value, list | tuple):
        for i, member in enumerate(value[:MOST_OBJECTS]):
            yield from _objects_in(member, (*at, i))
