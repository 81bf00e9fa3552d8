"""From a submission's inventory to readings of its networks, each one pure function network(parameters, x, t)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.reading.candidate import candidates
from checkgrad.reading.names import LOSSES, meaning
from checkgrad.reading.network_identify import identify, identify_pieces
from checkgrad.reading.network_names import TARGETS, holds, last, says, tokens_for
from checkgrad.reading.network_reading import Ask, NetworkCandidate, NetworkReading
from checkgrad.reading.network_script import PARAMS, WEIGHTS, T, X
from checkgrad.reading.pieces import EXERCISES, needed
from checkgrad.reading.reading import Reading
from checkgrad.reading.recipe import Candidate

__all__ = ["NetworkCandidate", "NetworkReading", "network_candidates", "read_networks"]


def network_candidates(inventory: Inventory) -> tuple[NetworkCandidate, ...]:
    """Everything that may be a network."""
    found = (*_classes(inventory), *_functions(inventory))
    return found or tuple(_pieces(inventory))


def _pieces(inventory: Inventory) -> Iterator[NetworkCandidate]:
    """Where there is no network, the parts of one."""
    names = {c.exercise.name for c in candidates(inventory, EXERCISES) if not c.stub}
    if needed(names):
        yield NetworkCandidate("the pieces", "pieces")


def _classes(inventory: Inventory) -> Iterator[NetworkCandidate]:
    losses = tuple(d for d in inventory.definitions if _is_loss_function(d))
    for definition in inventory.definitions:
        if definition.kind != "class":
            continue
        methods = tuple(
            d
            for d in inventory.definitions
            if d.kind in ("method", "static") and d.name.rpartition(".")[0] == definition.name
        )
        if _is_network(definition, methods, inventory):
            yield NetworkCandidate(definition.name, "class", methods, losses, definition)


def _is_loss_function(definition: Definition) -> bool:
    said = meaning(last(definition.name))
    return (
        definition.kind == "function"
        and bool(said)
        and said.concept in LOSSES
        and not said.derivative
    )  # type: ignore[union-attr]


def _is_network(
    definition: Definition, methods: Sequence[Definition], inventory: Inventory
) -> bool:
    """Does a class hold parameters, and go forward and back with targets?"""
    back = [
        m
        for m in methods
        if {"gradient", "update"} & says(m) or "loss" in says(m) and m.returns > 1
    ]
    targets = any(_names_targets(m) for m in methods if {"gradient", "update", "loss"} & says(m))
    forward = any({"forward", "loss"} & says(m) for m in methods)
    samples = any(_takes(m, X) for m in methods if {"forward", "loss", "gradient"} & says(m))
    return bool(back) and targets and forward and samples and _holds(definition, inventory)


def _holds(definition: Definition, inventory: Inventory) -> bool:
    """Does it, or a class that it derives from, set what sounds like parameters?"""
    family = [
        definition,
        *(d for d in inventory.definitions if d.kind == "class" and d.name in definition.bases),
    ]
    return any(holds(name) for d in family for name in d.sets)


def _names_targets(definition: Definition) -> bool:
    return any(p.name.lower().strip("_") in TARGETS for p in definition.parameters or ())


def _takes(definition: Definition, token: str) -> bool:
    return any(token in tokens_for(p.name) for p in definition.parameters or ())


INITIALISES = re.compile(
    r"(random_?|he_?|xavier_?|rand_?|weights?_?|params?_?|parameters_?)*(init|initiali[sz]e|create|make|build|setup|get_initial)(iali[sz]e|iali[sz]ation)?"
    r"(_?(params?|parameters|weights?|weights_?and_?biases|network|net|model|nn|layers|deep|he|random|xavier|mlp|l|theta|variables))*"
    r"|(params?|parameters|weights?|network)_?init(iali[sz](e|er|ation))?"
)


def _functions(inventory: Inventory) -> Iterator[NetworkCandidate]:
    """Functions that are handed the parameters, and go forward and back."""
    functions = [
        d
        for d in inventory.definitions
        if d.kind == "function" and "." not in d.name and "[" not in d.name
    ]
    parts = tuple(d for d in functions if says(d))
    handed = [d for d in parts if any(_takes(d, token) for token in (PARAMS, WEIGHTS, "w1"))]
    back = [d for d in parts if "gradient" in says(d) and (_takes(d, T))]
    back += [
        d for d in parts if "loss" in says(d) and d.returns > 1 and d in handed and _takes(d, X)
    ]
    forward = [d for d in handed if _takes(d, X)]
    if not (back and forward):
        return
    others = tuple(d for d in inventory.definitions if _is_loss_function(d) and d not in parts)
    makers = [d for d in functions if INITIALISES.fullmatch(last(d.name).lower().strip("_"))]
    yield NetworkCandidate(back[0].name, "functions", parts, others, next(iter(makers), None))


def read_networks(
    found: Sequence[NetworkCandidate],
    ask: Ask,
    *,
    seed: int = 0,
    pinned: Mapping[str, Any] = {},
    readings: Mapping[Candidate, Reading] = {},
) -> dict[NetworkCandidate, NetworkReading | str]:
    """Read every candidate by asking; a sentence where that does not work out."""
    return {
        candidate: identify_pieces(candidate, readings, ask, seed)
        if candidate.shape == "pieces"
        else identify(candidate, ask, seed)
        for candidate in found
    }
