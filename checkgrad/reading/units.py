"""Layers with an activation inside: made with one of the module's own, and held against both together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory, Parameter
from checkgrad.exercise import Exercise, Kind
from checkgrad.exercises import ALL
from checkgrad.reading.dense import (
    affine,
    forward_recipes,
    put_into,
    says_layer,
    takes_targets,
    there_and_back,
)
from checkgrad.reading.derived import activated
from checkgrad.reading.functions import item_of
from checkgrad.reading.layers import Layer
from checkgrad.reading.objects import guessed
from checkgrad.reading.recipe import Call, Candidate, last_name, path_of
from checkgrad.reading.signature import Earlier, Fill, Token, positional, required
from checkgrad.words.layers import CHOSEN, WRITTEN
from checkgrad.words.meaning import meaning


def of_unit(
    definition: Definition, known: Mapping[str, Exercise], inventory: Inventory
) -> Iterator[Candidate]:
    """The candidates in an affine layer with an activation inside, where that is known."""
    found = affine(definition, known, inventory, squashing=True)
    if found is None:
        return
    layer, forward, backward = found
    if not says_layer(last_name(definition.name)) or backward and takes_targets(backward):
        return
    for made, slope_of in _made(layer, forward):
        pair = _together(layer, known, slope_of)
        if pair is None:
            continue
        ahead, back = pair
        recipes = tuple(forward_recipes(layer, forward, [made]))
        item = item_of(forward, ahead)
        # Which activation is meant is shown by a forward pass that is right with it, and by nothing else.
        yield Candidate(ahead, forward.name, recipes, item, forward.stub, guessed=True)
        if backward is not None:
            recipes = tuple(there_and_back(layer, forward, backward, back, [made]))
            if recipes:
                yield Candidate(back, backward.name, recipes, None, backward.stub)
        return


def _together(
    layer: Layer, known: Mapping[str, Exercise], slope: Exercise
) -> tuple[Exercise, Exercise] | None:
    """The two exercises of a layer with this activation in it."""
    ahead = known.get(layer.said.of.name)
    backs = (e for e in known.values() if e.derivative and e.base is ahead and e.returns)
    back = next(backs, None)
    if ahead is None or back is None or layer.said.of.kind is not Kind.LAYER:
        return None
    return activated(ahead, slope), activated(back, slope)


def _made(layer: Layer, forward: Definition) -> Iterator[tuple[tuple[Call, ...], Exercise]]:
    """The calls that make the layer and put in its parameters, with the slope of the activation in it."""
    asked = [p for p in positional(layer.definition.parameters) if _is_choice(p)]
    if not asked:
        if slope := _written(forward):
            yield _with(layer, {}, ()), slope
        return
    first, *others = asked
    if type(first.default) is str:
        if slope := _slope_of(first.default):
            yield _with(layer, {}, ()), slope
        return
    if first.optional or len(others) > 1:
        return
    for one in layer.inventory.definitions:
        said = meaning(last_name(one.name))
        slope = _slope_of(last_name(one.name)) if said and not said.derivative else None
        if slope is None or "." in one.name:
            continue
        if one.kind == "class" and not others and not required(one.parameters):
            yield _with(layer, {first.name: Earlier(0)}, (Call(path_of(one.name)),)), slope
        derivative = _derivative(one, layer.inventory)
        if one.kind == "function" and bool(others) is bool(derivative):
            before = [Call(path_of(d.name), do="get") for d in (one, derivative) if d]
            given = dict(zip((p.name for p in asked), map(Earlier, range(2)), strict=False))
            yield _with(layer, given, tuple(before)), slope
    for text in (*layer.definition.texts, *forward.texts):
        if not others and (slope := _slope_of(text)):
            yield _with(layer, {first.name: Fill(text)}, ()), slope


def _with(layer: Layer, given: Mapping[str, Token], before: tuple[Call, ...]) -> tuple[Call, ...]:
    """The layer made with these arguments, then given the parameters of the probe."""
    roles = tuple(layer.said.of.roles[1:])
    tokens = tuple(
        given.get(p.name) or guessed(p, roles) for p in required(layer.definition.parameters)
    )
    calls = (*(replace(c, always=True) for c in before), Call(path_of(layer.name), (tokens,)))
    return (*calls, *put_into(layer, len(calls) - 1))


def _is_choice(parameter: Parameter) -> bool:
    name = parameter.name.lower()
    return "activ" in name or name in CHOSEN


def _slope_of(name: str) -> Exercise | None:
    """The slope of the activation that a name means, of one that takes each entry by itself."""
    said = meaning(name)
    if said is None or said.kind is not Kind.ACTIVATION or said.derivative:
        return None
    return next((e for e in ALL if e.is_slope and e.base is said.of), None)


def _written(forward: Definition) -> Exercise | None:
    """The slope of the one activation that the source of a forward pass calls."""
    names = [WRITTEN.get(use, use) for use in forward.uses]
    found = list(dict.fromkeys(filter(None, map(_slope_of, names))))
    return found[0] if len(found) == 1 and "exp" not in forward.uses else None


def _derivative(function: Definition, inventory: Inventory) -> Definition | None:
    """The function of the module that gives the slope of this one."""
    said = meaning(last_name(function.name))
    for one in inventory.definitions:
        other = meaning(last_name(one.name)) if one.kind == "function" else None
        if said and other and other.of is said.of and other.derivative:
            return one
    return None
