"""What the ways to write a network share: what stands around it, and what is made and looked into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.exercise import Kind
from checkgrad.networks.form import NetworkForm
from checkgrad.networks.names import is_rate, is_target, takes_activation, tokens_for
from checkgrad.networks.objects import explored
from checkgrad.networks.places import Places, chain_of_sizes, find_places, says_gradient
from checkgrad.networks.script import NetworkCall, Script, Stack
from checkgrad.networks.search import Holder, Made, Search
from checkgrad.reading.signature import required
from checkgrad.words.meaning import meaning
from checkgrad.words.networks import LAYER_WORDS, holds
from checkgrad.words.purposes import says
from checkgrad.words.text import bare, last, split


def is_hinge(definition: Definition) -> bool:
    """Is it a support vector machine, whose loss is that of no network here?"""
    return bool({"svm", "hinge"} & set(split(definition.name)))


def methods_of(definition: Definition, inventory: Inventory) -> tuple[Definition, ...]:
    return tuple(
        d
        for d in inventory.definitions
        if d.kind in ("method", "static") and d.name.rpartition(".")[0] == definition.name
    )


def losses_in(inventory: Inventory) -> tuple[Definition, ...]:
    """Functions that give a loss or its derivative, and classes of losses with their methods."""
    found: list[Definition] = []
    for definition in inventory.definitions:
        said = meaning(last(definition.name))
        if not said or said.kind is not Kind.LOSS or definition.stub:
            continue
        if definition.kind == "function":
            found.append(definition)
        elif definition.kind == "class" and len(required(definition.parameters)) <= 1:
            found += [definition, *methods_of(definition, inventory)]
    return tuple(found)


def layers_in(inventory: Inventory) -> tuple[Definition, ...]:
    """Classes with a forward and a backward pass that are a layer by their names."""
    found: list[Definition] = []
    for definition in inventory.definitions:
        said = meaning(last(definition.name)) if definition.kind == "class" else None
        methods = methods_of(definition, inventory)
        purposes = {purpose for method in methods for purpose in says(method)}
        of_layer = (
            said
            and said.kind in (Kind.ACTIVATION, Kind.LAYER)
            or takes_activation(definition)
            or named_activations(definition)
        )
        if of_layer and {"forward", "gradient"} <= purposes:
            found.append(definition)
    return tuple(found)


def named_activations(definition: Definition) -> dict[str, str]:
    """The activations among which a layer is told its own by a name: `Activation("tanh")`; each with that name."""
    if len(required(definition.parameters)) != 1 or "activ" not in definition.name.lower():
        return {}
    said = ((meaning(text), text) for text in definition.texts)
    return {one.of.name: text for one, text in said if one and one.of.kind is Kind.ACTIVATION}


def activations_in(inventory: Inventory) -> tuple[Definition, ...]:
    """Functions that are activations, or derivatives of such."""
    found = [(d, meaning(last(d.name))) for d in inventory.definitions if d.kind == "function"]
    return tuple(d for d, said in found if said and said.kind is Kind.ACTIVATION)


def updates(definition: Definition) -> bool:
    """Is it a step of training? What is called fit trains other things as well."""
    is_fit = last(definition.name) in ("fit", "partial_fit")
    return "update" in says(definition) and (
        not is_fit or any(says_gradient(name) for name in definition.uses)
    )


def holds_parameters(definition: Definition, inventory: Inventory) -> bool:
    """Does it, or a class that it derives from, set what sounds like parameters?"""
    sets = with_inherited(definition, inventory).sets
    return any(map(holds, sets)) or makes_holders(definition, inventory)


def with_inherited(definition: Definition, inventory: Inventory) -> Definition:
    """The class with the attributes that its bases set as well."""
    bases = [d for d in inventory.definitions if d.kind == "class" and d.name in definition.bases]
    sets = dict.fromkeys([*definition.sets, *(name for d in bases for name in d.sets)])
    return replace(definition, sets=tuple(sets))


def makes_holders(definition: Definition, inventory: Inventory) -> bool:
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


def names_targets(definition: Definition) -> bool:
    """Is any of its parameters called targets? A lone d is a gradient that is passed back."""
    names = [p.name for p in definition.parameters or ()]
    return names != ["d"] and any(map(is_target, names))


def takes(definition: Definition, token: str) -> bool:
    return any(token in tokens_for(p.name) for p in definition.parameters or ())


def making(search: Search, call: NetworkCall, stack: Stack | None = None) -> Script:
    places = Places((), ())
    return Script(search.function, NetworkForm(), places, call, stack, lacking=search.lacking)


def with_parameters(search: Search, made: Sequence[Made]) -> list[Holder]:
    """The objects in which arrays of the due shapes are found, with the places of these."""
    found: list[Holder] = []
    for (script, sizes), (inside, inspected) in zip(made, explored(search, made), strict=True):
        rates = tuple(
            at for at, leaf in inside if at and leaf.size == 1 and is_rate(bare(str(at[-1])))
        )
        fits = find_places(inside, sizes)
        for actual in [sizes] if fits else chain_of_sizes(inside):
            for places, form in fits or find_places(inside, actual):
                complete = replace(script, places=places, form=form)
                coarse = any(leaf.dtype == np.float32 for _, leaf in inside)
                found.append(Holder(complete, actual, not fits, inspected, rates, coarse))
    return found
