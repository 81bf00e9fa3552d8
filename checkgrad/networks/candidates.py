"""From a submission's inventory to readings of its networks, each one pure function network(parameters, x, t)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.child.request import Ask
from checkgrad.exercises.parts import every_part
from checkgrad.networks.identify import identify
from checkgrad.networks.of_pieces import identify_pieces
from checkgrad.networks.pieces import needed
from checkgrad.networks.reading import NetworkCandidate, NetworkReading
from checkgrad.networks.shapes import attributes, filled
from checkgrad.networks.shapes.common import (
    is_hinge,
    layers_in,
    losses_in,
    methods_of,
    with_inherited,
)
from checkgrad.networks.shapes.functions import candidates_in
from checkgrad.networks.shapes.shape import Around
from checkgrad.networks.usage import Usage
from checkgrad.reading.candidate import candidates
from checkgrad.reading.reading import Reading
from checkgrad.reading.recipe import Candidate

__all__ = ["NetworkCandidate", "NetworkReading", "network_candidates", "read_networks"]


NO_KNOWN_FORM = (
    "could not be used as a network: its calls give values in an order or a form that is not known here; "
    "let forward(X) return the outputs, and backward(X, y) the gradients, one array for each parameter"
)


def network_candidates(inventory: Inventory, named: str = "") -> tuple[NetworkCandidate, ...]:
    """Everything that may be a network, or the one that is *named*: a class, or a function of it."""
    found = (*_classes(inventory), *candidates_in(inventory)) or tuple(_pieces(inventory))
    definition = named_definition(inventory, named)
    if not definition:
        return () if named else found
    mine = [c for c in found if definition.name == c.function or definition in c.parts]
    return tuple(mine[:1]) or tuple(_as_named(definition, inventory))


def named_definition(inventory: Inventory, named: str) -> Definition | None:
    """What a mapping names: "model.Net" as well as "Net"."""
    return inventory.find(named) or inventory.find(named.partition(".")[2])


def _as_named(definition: Definition, inventory: Inventory) -> Iterator[NetworkCandidate]:
    """A class that says nothing to us, taken at the word of who names it."""
    if definition.kind == "class":
        methods, maker = methods_of(definition, inventory), with_inherited(definition, inventory)
        losses = losses_in(inventory)
        yield NetworkCandidate(definition.name, "class", methods, losses, maker=maker)


def _pieces(inventory: Inventory) -> Iterator[NetworkCandidate]:
    """Where there is no network, the parts of one."""
    if needed(c.exercise for c in candidates(inventory, every_part()) if not c.stub):
        yield NetworkCandidate("the pieces", "pieces")


RULES = (filled.trained, attributes.candidate, filled.around_layers)  # the first that holds


def _classes(inventory: Inventory) -> Iterator[NetworkCandidate]:
    """Classes that hold parameters, or layers, and go forward and back."""
    around = Around(inventory, losses_in(inventory), layers_in(inventory))
    for definition in inventory.definitions:
        if definition.kind != "class" or definition in around.losses or is_hinge(definition):
            continue
        methods = methods_of(definition, inventory)
        fitting = (one for rule in RULES if (one := rule(definition, methods, around)))
        if found := next(fitting, None):
            yield found


def read_networks(
    found: Sequence[NetworkCandidate],
    ask: Ask,
    *,
    seed: int = 0,
    pinned: Mapping[str, str] = {},
    readings: Mapping[Candidate, Reading] = {},
    usage: Usage | None = None,
) -> dict[NetworkCandidate, NetworkReading | str]:
    """Read every candidate by asking; a sentence where that does not work out."""
    shown = usage or Usage(ask, ())
    return {one: _understood(one, readings, ask, shown, seed, pinned) for one in found}


def _understood(
    candidate: NetworkCandidate,
    readings: Mapping[Candidate, Reading],
    ask: Ask,
    usage: Usage,
    seed: int,
    pinned: Mapping[str, str],
) -> NetworkReading | str:
    """The reading of one candidate; what gives values of no known form is not understood."""
    try:
        return _read_one(candidate, readings, ask, usage, seed, pinned)
    except (ValueError, TypeError, LookupError):
        return NO_KNOWN_FORM


def _read_one(
    candidate: NetworkCandidate,
    readings: Mapping[Candidate, Reading],
    ask: Ask,
    usage: Usage,
    seed: int,
    pinned: Mapping[str, str],
) -> NetworkReading | str:
    """The reading of one candidate: of the pieces put together only where nothing else is a network."""
    if candidate.shape == "pieces":
        return identify_pieces(candidate, readings, ask, seed)
    return identify(candidate, ask, usage, seed, pinned)
