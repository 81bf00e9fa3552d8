"""From a submission's inventory to readings of its networks, each one pure function network(parameters, x, t)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.exercise import Kind
from checkgrad.exercises.parts import every_part
from checkgrad.networks.identify import identify
from checkgrad.networks.names import is_target, named, takes_activation, tokens_for
from checkgrad.networks.of_pieces import identify_pieces
from checkgrad.networks.pieces import needed
from checkgrad.networks.places import says_gradient
from checkgrad.networks.reading import Ask, NetworkCandidate, NetworkReading
from checkgrad.networks.script import PARAMS, WEIGHTS, T, X
from checkgrad.networks.usage import Usage
from checkgrad.reading.candidate import candidates
from checkgrad.reading.reading import Reading
from checkgrad.reading.recipe import Candidate
from checkgrad.reading.signature import required
from checkgrad.words.meaning import meaning
from checkgrad.words.networks import LAYER_WORDS, WHOLE_WEIGHTS, holds
from checkgrad.words.purposes import INITIALISES, says
from checkgrad.words.text import last, split

__all__ = ["NetworkCandidate", "NetworkReading", "network_candidates", "read_networks"]


NO_KNOWN_FORM = (
    "could not be used as a network: its calls give values in an order or a form that is not known here; "
    "let forward(X) return the outputs, and backward(X, y) the gradients, one array for each parameter"
)


def network_candidates(inventory: Inventory, named: str = "") -> tuple[NetworkCandidate, ...]:
    """Everything that may be a network, or the one that is *named*: a class, or a function of it."""
    found = (*_classes(inventory), *_functions(inventory)) or tuple(_pieces(inventory))
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
        methods, maker = _methods(definition, inventory), _with_inherited(definition, inventory)
        losses = _losses(inventory)
        yield NetworkCandidate(definition.name, "class", methods, losses, maker=maker)


def _pieces(inventory: Inventory) -> Iterator[NetworkCandidate]:
    """Where there is no network, the parts of one."""
    if needed(c.exercise for c in candidates(inventory, every_part()) if not c.stub):
        yield NetworkCandidate("the pieces", "pieces")


def _classes(inventory: Inventory) -> Iterator[NetworkCandidate]:
    """Classes that hold parameters, or layers, and go forward and back."""
    losses, layers = _losses(inventory), _layers(inventory)
    for definition in inventory.definitions:
        if definition.kind != "class" or definition in losses or _is_hinge(definition):
            continue
        methods = _methods(definition, inventory)
        if _is_filled_and_trained(definition, methods) and layers:
            helpers = (*layers, *_activations(inventory))
            yield NetworkCandidate(definition.name, "layers", methods, losses, helpers, definition)
        elif _is_network(definition, methods, inventory):
            yield NetworkCandidate(
                definition.name,
                "class",
                methods,
                losses,
                maker=_with_inherited(definition, inventory),
            )
        elif (
            definition not in layers
            and (shape := _shape_around_layers(definition, methods, layers, inventory))
            and (losses or shape == "class")
        ):
            yield NetworkCandidate(definition.name, shape, methods, losses, layers, definition)


def _is_hinge(definition: Definition) -> bool:
    """Is it a support vector machine, whose loss is that of no network here?"""
    return bool({"svm", "hinge"} & set(split(definition.name)))


def _methods(definition: Definition, inventory: Inventory) -> tuple[Definition, ...]:
    return tuple(
        d
        for d in inventory.definitions
        if d.kind in ("method", "static") and d.name.rpartition(".")[0] == definition.name
    )


def _losses(inventory: Inventory) -> tuple[Definition, ...]:
    """Functions that give a loss or its derivative, and classes of losses with their methods."""
    found: list[Definition] = []
    for definition in inventory.definitions:
        said = meaning(last(definition.name))
        if not said or said.kind is not Kind.LOSS or definition.stub:
            continue
        if definition.kind == "function":
            found.append(definition)
        elif definition.kind == "class" and len(required(definition.parameters)) <= 1:
            found += [definition, *_methods(definition, inventory)]
    return tuple(found)


def _layers(inventory: Inventory) -> tuple[Definition, ...]:
    """Classes with a forward and a backward pass that are a layer by their names."""
    found: list[Definition] = []
    for definition in inventory.definitions:
        said = meaning(last(definition.name)) if definition.kind == "class" else None
        methods = _methods(definition, inventory)
        purposes = {purpose for method in methods for purpose in says(method)}
        of_layer = (
            said and said.kind in (Kind.ACTIVATION, Kind.LAYER) or takes_activation(definition)
        )
        if of_layer and {"forward", "gradient"} <= purposes:
            found.append(definition)
    return tuple(found)


def _is_filled_and_trained(definition: Definition, methods: Sequence[Definition]) -> bool:
    """Is it given layers one by one, and passes gradients back only while it is trained?"""
    names = [last(m.name).lower() for m in methods]
    filled = "layers" in definition.sets and any(n.startswith("add") for n in names)
    back = any("gradient" in says(m) for m in methods)
    return filled and not back and any("update" in says(m) for m in methods)


def _activations(inventory: Inventory) -> tuple[Definition, ...]:
    """Functions that are activations, or derivatives of such."""
    found = [(d, meaning(last(d.name))) for d in inventory.definitions if d.kind == "function"]
    return tuple(d for d, said in found if said and said.kind is Kind.ACTIVATION)


def _is_network(
    definition: Definition, methods: Sequence[Definition], inventory: Inventory
) -> bool:
    """Does a class hold parameters, and go forward and back with targets?"""
    open_ = [m for m in methods if m.stub and {"loss", "gradient"} & says(m)]
    if open_ and _is_to_derive_from(definition, methods, inventory):
        return False
    back = [
        m
        for m in methods
        if "gradient" in says(m)
        or _updates(m)
        or "loss" in says(m)
        and m.returns > 1
        or "forward" in says(m)
        and _takes(m, T)
        and any(map(says_gradient, _with_inherited(definition, inventory).sets))
    ]
    using = [m for m in methods if {"gradient", "update", "loss"} & says(m)]
    targets = any(map(_names_targets, [*using, definition]))
    forward = any({"forward", "loss"} & says(m) for m in methods)
    samples = any(_takes(m, X) for m in methods if {"forward", "loss", "gradient"} & says(m))
    samples = samples or _takes(definition, X) and _names_targets(definition)
    return bool(back) and targets and forward and samples and _holds(definition, inventory)


def _is_to_derive_from(
    definition: Definition, methods: Sequence[Definition], inventory: Inventory
) -> bool:
    """Does it leave methods open for others to fill in, rather than for its author?"""
    derived = any(last(definition.name) in d.bases for d in inventory.definitions)
    return derived or all(m.stub for m in methods)


def _updates(definition: Definition) -> bool:
    """Is it a step of training? What is called fit trains other things as well."""
    is_fit = last(definition.name) in ("fit", "partial_fit")
    return "update" in says(definition) and (
        not is_fit or any(says_gradient(name) for name in definition.uses)
    )


def _shape_around_layers(
    definition: Definition,
    methods: Sequence[Definition],
    layers: Sequence[Definition],
    inventory: Inventory,
) -> str:
    """Does a class pass a gradient back through layers that it makes ("class") or is given ("layers")?"""
    purposes = {purpose for method in methods for purpose in says(method)}
    if {"forward", "gradient"} <= purposes and _makes_holders(definition, inventory):
        return "class"
    holds_layers = any({"layers", "modules"} & set(split(name)) for name in definition.sets)
    if not ({"forward", "gradient"} <= purposes and holds_layers and layers):
        return ""
    makes = any(last(layer.name) in definition.uses for layer in layers)
    return "class" if makes else "layers"


def _holds(definition: Definition, inventory: Inventory) -> bool:
    """Does it, or a class that it derives from, set what sounds like parameters?"""
    sets = _with_inherited(definition, inventory).sets
    return any(map(holds, sets)) or _makes_holders(definition, inventory)


def _with_inherited(definition: Definition, inventory: Inventory) -> Definition:
    """The class with the attributes that its bases set as well."""
    bases = [d for d in inventory.definitions if d.kind == "class" and d.name in definition.bases]
    sets = dict.fromkeys([*definition.sets, *(name for d in bases for name in d.sets)])
    return replace(definition, sets=tuple(sets))


def _makes_holders(definition: Definition, inventory: Inventory) -> bool:
    """Does it keep objects of a class of the module that sets what sounds like parameters?"""
    kept = {word for name in definition.sets for word in split(name)}
    return any(
        d is not definition
        and last(d.name) in definition.uses
        and any(map(holds, d.sets))
        and kept & (LAYER_WORDS | set(split(last(d.name))))
        for d in inventory.definitions
        if d.kind == "class"
    )


def _names_targets(definition: Definition) -> bool:
    """Is any of its parameters called targets? A lone d is a gradient that is passed back."""
    names = [p.name for p in definition.parameters or ()]
    return names != ["d"] and any(map(is_target, names))


def _takes(definition: Definition, token: str) -> bool:
    return any(token in tokens_for(p.name) for p in definition.parameters or ())


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
        yield from _with_global_parameters(parts, _losses(inventory))
        return
    makers = [d for d in functions if INITIALISES.fullmatch(last(d.name).lower().strip("_"))]
    can_be = any("forward" in says(d) for d in parts) and (makers or _takes_matrices(handed))
    if _are_linear(handed) and not can_be:
        return  # a linear classifier is judged as a function of its scores
    others = tuple(d for d in _losses(inventory) if d not in parts)
    yield NetworkCandidate(back[0].name, "functions", parts, others, maker=next(iter(makers), None))


def _are_linear(definitions: Sequence[Definition]) -> bool:
    """Is a single W or theta all that each of them is handed of parameters?"""
    handed = list(map(_handed_parameters, definitions))
    return all(len(names) == 1 and names <= {*WHOLE_WEIGHTS, "theta"} for names in handed)


def _takes_matrices(definitions: Sequence[Definition]) -> bool:
    """Is any of them handed what can be a matrix? By habit theta is the vector of one output."""
    return any(_handed_parameters(d) != {"theta"} for d in definitions)


def _handed_parameters(definition: Definition) -> set[str]:
    names = {p.name.lower().strip("_") for p in definition.parameters or ()}
    return {n for n in names if {PARAMS, WEIGHTS, "w1", "w2"} & set(tokens_for(n)) and named(n)}


def _with_global_parameters(
    parts: Sequence[Definition], losses: Sequence[Definition]
) -> Iterator[NetworkCandidate]:
    """Functions that go forward and back with parameters that are names of their module."""
    forward = [
        d for d in parts if "forward" in says(d) and _takes(d, X) and any(map(holds, d.uses))
    ]
    back = [d for d in parts if {"gradient", "update"} & says(d) and _names_targets(d)]
    if forward and back:
        others = tuple(d for d in losses if d not in parts)
        yield NetworkCandidate(back[0].name, "globals", (*forward, *back), others)


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
