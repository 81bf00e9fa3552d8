"""Functions that go forward and back with parameters that are names of their module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checkgrad.child.inventory import Definition
from checkgrad.child.request import path as path_to
from checkgrad.networks.reading import NetworkCandidate
from checkgrad.networks.script import Call, X
from checkgrad.networks.search import Holder, Search, pilot_sizes
from checkgrad.networks.shapes.attributes import of_any_size
from checkgrad.networks.shapes.common import making, names_targets, takes, with_parameters
from checkgrad.words.networks import holds
from checkgrad.words.purposes import says


def found(parts: Sequence[Definition], losses: Sequence[Definition]) -> Iterator[NetworkCandidate]:
    """Functions that go forward and back with parameters that are names of their module."""
    forward = [d for d in parts if "forward" in says(d) and takes(d, X) and any(map(holds, d.uses))]
    back = [d for d in parts if {"gradient", "update"} & says(d) and names_targets(d)]
    if forward and back:
        others = tuple(d for d in losses if d not in parts)
        yield NetworkCandidate(back[0].name, "globals", (*forward, *back), others)


def of_globals(search: Search) -> list[Holder]:
    """Parameters that are names of the module: set there, whatever sizes it chose."""
    function = search.parts[0].name
    call = Call(function, (*path_to(function), ".__globals__"), do="get")
    made = [(making(search, call), pilot_sizes(2, 3))]
    return [of_any_size(h) for h in with_parameters(search, made)]
