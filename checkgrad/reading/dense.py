"""Layers with parameters as classes: weights and bias are put in, their gradients taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.exercise import Exercise, Kind
from checkgrad.reading.layers import BACKWARD, FORWARD, Layer, invoked, methods_of
from checkgrad.reading.names import meaning, not_built_in
from checkgrad.reading.objects import holder, makings
from checkgrad.reading.recipe import Call, Candidate, Recipe, last_name, path_of
from checkgrad.reading.signature import Earlier, Tokens, assignments, required

GRADIENT = r"(d(l|j|e|c|loss)?d?|grads?|gradients?|nabla|delta)"
WEIGHT_GRADIENT = re.compile(
    rf"({GRADIENT}(wrt)?(w|weights?|kernel)|(w|weights?|kernel){GRADIENT})(current|cache)?"
)
BIAS_GRADIENT = re.compile(
    rf"({GRADIENT}(wrt)?(b|bias|biases)|(b|bias|biases){GRADIENT})(current|cache)?"
)
GRADIENT_TABLE = re.compile(rf"{GRADIENT}\[")
OUTPUT = re.compile(r"outputs?|out|z|y|a|result")
INPUT_GRADIENT = re.compile(rf"{GRADIENT}(x|a|inputs?|aprev)|(x|inputs?){GRADIENT}|dinputs")


def of_dense(
    definition: Definition, known: Mapping[str, Exercise], inventory: Inventory
) -> Iterator[Candidate]:
    """The candidates in an affine layer: its forward, and its backward with the gradients it leaves behind."""
    said = meaning(last_name(definition.name), not_built_in(known))
    if said is None or said.kind not in (Kind.LAYER, Kind.FUNCTION) or _squashes(definition):
        return
    layer = Layer(definition, methods_of(definition, inventory), said, inventory)
    forward, backward = layer.first(FORWARD), layer.first(BACKWARD)
    if forward is None or len(required(forward.parameters)) != 1 or not _held(layer):
        return
    inputs = said.of.roles[0]
    if exercise := known.get(said.of.name):
        recipes = [
            (*made, *_result(layer, forward, ((inputs,),), _object(layer, made), OUTPUT))
            for made in _ready(layer)
        ]
        item = 0 if forward.returns >= 2 else None
        yield Candidate(exercise, forward.name, tuple(recipes), item, forward.stub)
    slopes = (e for e in known.values() if e.derivative and e.base is said.of and e.returns)
    if backward and (slope := next(slopes, None)):
        recipes = list(_there_and_back(layer, forward, backward, slope))
        if recipes:
            yield Candidate(slope, backward.name, tuple(recipes), None, backward.stub)


def _squashes(definition: Definition) -> bool:
    """Does the layer want an activation, so that its outputs are not the affine ones?"""
    return any("activ" in p.name.lower() for p in required(definition.parameters or ()))


def _held(layer: Layer) -> dict[str, str]:
    """The attribute of each role that is a parameter of the layer; none where one has no attribute."""
    parts = (layer.definition, *layer.methods.values())
    mine = [s for part in parts for s in (*part.sets, *part.keeps)]
    mine = [s for s in mine if not GRADIENT_TABLE.match(s)]
    found = {role: _first(holder(role), mine) for role in layer.said.of.roles[1:]}
    return found if all(found.values()) else {}


def _first(pattern: re.Pattern[str], names: Sequence[str]) -> str:
    """The first name that fits; in a table the key may do so, alone or behind the name of the table."""
    return next((n for n in names if any(map(pattern.fullmatch, _plain(n)))), "")


def _plain(name: str) -> list[str]:
    return [re.sub(r"[\W_]", "", part).lower() for part in (last_name(name), name)]


def _result(
    layer: Layer, method: Definition, takes: tuple[Tokens, ...], made: int, left: re.Pattern[str]
) -> tuple[Call, ...]:
    """Call a method for what it returns, or for the attribute that it leaves its result in."""
    called = replace(invoked(layer, method, takes, made), always=True)
    attribute = "" if method.returns else _first(left, method.sets)
    return (called, Call(("." + attribute,), of=made, do="get")) if attribute else (called,)


def _ready(layer: Layer) -> Iterator[tuple[Call, ...]]:
    """A layer made, then given the weights and the bias of the probe."""
    held = _held(layer)
    for made in makings(layer.name, layer.inventory, tuple(held)):
        put = (
            Call(path_of(name), ((role,),), of=len(made) - 1, always=True, do="set")
            for role, name in held.items()
        )
        yield (*made, *put)


def _object(layer: Layer, made: tuple[Call, ...]) -> int:
    """Which of the calls gives the object: the last one before the parameters are put in."""
    return len(made) - len(layer.said.of.roles)


def _there_and_back(
    layer: Layer, forward: Definition, backward: Definition, slope: Exercise
) -> Iterator[Recipe]:
    """Forward with the inputs, backward with the gradient from above, then the gradients from where they are."""
    places = _gradient_places(layer, backward)
    inputs = layer.said.of.roles[0]
    for made in _ready(layer):
        there = replace(invoked(layer, forward, ((inputs,),), _object(layer, made)), always=True)
        for takes in _backward_takes(forward, backward, len(made), (*slope.from_above, inputs)):
            back = _result(layer, backward, takes, _object(layer, made), INPUT_GRADIENT)
            if backward.returns >= len(slope.returns):
                yield (*made, there, *back)
            elif places:
                gets = tuple(Call(path_of(p), of=_object(layer, made), do="get") for p in places)
                last = len(made) + len(back)
                members: Tokens = tuple(Earlier(last + i) for i in range(1 + len(places)))
                yield (*made, there, *back, *gets, Call((), (members,), do="group"))


def _backward_takes(
    forward: Definition, backward: Definition, place: int, roles: tuple[str, ...]
) -> Iterator[tuple[Tokens, ...]]:
    count = len(required(backward.parameters))
    if count == 1:
        yield ((roles[0],),)
    elif count == 2:
        yield assignments(backward.parameters, roles)
        if forward.returns >= 2:
            yield assignments(backward.parameters, roles[:1], (Earlier(place, (1,)),))


def _gradient_places(layer: Layer, backward: Definition) -> list[str]:
    """Where the gradient of each parameter is left; none where one is not."""
    left = [*backward.sets, *backward.keeps]
    found = [_first(_gradient_of(role), left) for role in layer.said.of.roles[1:]]
    return found if all(found) else []


def _gradient_of(role: str) -> re.Pattern[str]:
    usual = {"w": WEIGHT_GRADIENT, "b": BIAS_GRADIENT}
    named = re.escape(role.replace("_", "").lower())
    return usual.get(role) or re.compile(rf"{GRADIENT}{named}|{named}{GRADIENT}")
