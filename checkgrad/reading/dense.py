"""Affine layers as classes: weights and bias are put in, their gradients taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.exercise import Exercise
from checkgrad.reading.layers import BACKWARD, FORWARD, Layer, invoked, methods_of
from checkgrad.reading.names import meaning
from checkgrad.reading.objects import BIAS, WEIGHT, makings
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
    said = meaning(last_name(definition.name))
    if said is None or said.concept != "affine" or _squashes(definition):
        return
    layer = Layer(definition, methods_of(definition, inventory), said, inventory)
    forward, backward = layer.first(FORWARD), layer.first(BACKWARD)
    if forward is None or len(required(forward.parameters)) != 1 or not _weights(layer):
        return
    if exercise := known.get("affine_forward"):
        recipes = [
            (*made, *_result(layer, forward, (("x",),), _object(made), OUTPUT))
            for made in _ready(layer)
        ]
        item = 0 if forward.returns >= 2 else None
        yield Candidate(exercise, forward.name, tuple(recipes), item, forward.stub)
    recipes = list(_there_and_back(layer, forward, backward)) if backward else []
    if backward and recipes and (exercise := known.get("affine_backward")):
        yield Candidate(exercise, backward.name, tuple(recipes), None, backward.stub)


def _squashes(definition: Definition) -> bool:
    """Does the layer want an activation, so that its outputs are not the affine ones?"""
    return any("activ" in p.name.lower() for p in required(definition.parameters or ()))


def _weights(layer: Layer) -> tuple[str, str] | None:
    """The attributes that hold the weights and the bias."""
    parts = (layer.definition, *layer.methods.values())
    mine = [s for part in parts for s in (*part.sets, *part.keeps)]
    mine = [s for s in mine if not GRADIENT_TABLE.match(s)]
    w, b = _first(WEIGHT, mine), _first(BIAS, mine)
    return (w, b) if w and b else None


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
    w, b = _weights(layer) or ("", "")
    for made in makings(layer.name, layer.inventory, ("w", "b")):
        put = (
            Call(path_of(name), ((role,),), of=len(made) - 1, always=True, do="set")
            for name, role in ((w, "w"), (b, "b"))
        )
        yield (*made, *put)


def _object(made: tuple[Call, ...]) -> int:
    """Which of the calls gives the object: the last one before the weights are put in."""
    return len(made) - 3


def _there_and_back(layer: Layer, forward: Definition, backward: Definition) -> Iterator[Recipe]:
    """Forward with x, backward with the gradient from above, then dx, dw and db from where they are."""
    places = _gradient_places(backward)
    for made in _ready(layer):
        there = replace(invoked(layer, forward, (("x",),), _object(made)), always=True)
        for takes in _backward_takes(forward, backward, len(made)):
            back = _result(layer, backward, takes, _object(made), INPUT_GRADIENT)
            if backward.returns >= 3:
                yield (*made, there, *back)
            elif places:
                gets = tuple(Call(path_of(p), of=_object(made), do="get") for p in places)
                last = len(made) + len(back)
                members: Tokens = (Earlier(last), Earlier(last + 1), Earlier(last + 2))
                yield (*made, there, *back, *gets, Call((), (members,), do="group"))


def _backward_takes(
    forward: Definition, backward: Definition, place: int
) -> Iterator[tuple[Tokens, ...]]:
    count = len(required(backward.parameters))
    if count == 1:
        yield (("dout",),)
    elif count == 2:
        yield assignments(backward.parameters, ("dout", "x"))
        if forward.returns >= 2:
            yield assignments(backward.parameters, ("dout",), (Earlier(place, (1,)),))


def _gradient_places(backward: Definition) -> tuple[str, str] | None:
    left = [*backward.sets, *backward.keeps]
    w, b = _first(WEIGHT_GRADIENT, left), _first(BIAS_GRADIENT, left)
    return (w, b) if w and b else None
