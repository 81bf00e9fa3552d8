"""Layers with parameters as classes: weights and bias are put in, their gradients taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.exercise import Exercise, Kind
from checkgrad.exercises.parts import LAYER
from checkgrad.reading.functions import item_of
from checkgrad.reading.layers import Layer, invoked, methods_of
from checkgrad.reading.objects import makings
from checkgrad.reading.recipe import Call, Candidate, Recipe, last_name, path_of
from checkgrad.reading.signature import Earlier, Tokens, assignments, positional, required
from checkgrad.words.layers import (
    BACKWARD,
    BIAS_GRADIENT,
    FORWARD,
    GRADIENT,
    GRADIENT_TABLE,
    INPUT_GRADIENT,
    LAYERS,
    OUTPUT,
    WEIGHT_GRADIENT,
    WHOLE,
    holder,
)
from checkgrad.words.meaning import Meaning, meaning, not_built_in
from checkgrad.words.roles import TARGETS
from checkgrad.words.source import SQUASHING
from checkgrad.words.text import split


def of_dense(
    definition: Definition, known: Mapping[str, Exercise], inventory: Inventory
) -> Iterator[Candidate]:
    """The candidates in an affine layer: its forward, and its backward with the gradients it leaves behind."""
    found = affine(definition, known, inventory)
    if found is None:
        return
    layer, forward, backward = found
    said = layer.said
    if exercise := known.get(said.of.name):
        recipes = list(forward_recipes(layer, forward, ready(layer)))
        item = item_of(forward, exercise)
        yield Candidate(exercise, forward.name, tuple(recipes), item, forward.stub)
    slopes = (e for e in known.values() if e.derivative and e.base is said.of and e.returns)
    if backward and (slope := next(slopes, None)):
        recipes = list(there_and_back(layer, forward, backward, slope, ready(layer)))
        if recipes:
            yield Candidate(slope, backward.name, tuple(recipes), None, backward.stub)


def affine(
    definition: Definition,
    known: Mapping[str, Exercise],
    inventory: Inventory,
    squashing: bool = False,
) -> tuple[Layer, Definition, Definition | None] | None:
    """A class as a layer with parameters, with its way forward and its way back; None for anything else.

    squashing: a layer with an activation inside, and no other one.
    """
    said = meaning(last_name(definition.name), not_built_in(known))
    methods = methods_of(definition, inventory)
    if said is None and not _is_of_a_network(methods):
        said = Meaning(LAYER)
    if said is None or said.kind not in (Kind.LAYER, Kind.FUNCTION):
        return None
    layer = Layer(definition, methods, said, inventory)
    forward, backward = layer.first(FORWARD), layer.first(BACKWARD)
    if forward is None or len(required(forward.parameters)) != 1 or not held_by(layer):
        return None
    named = meaning(last_name(definition.name))
    if backward is None and not named or _squashes(layer, forward) is not squashing:
        return None
    return layer, forward, backward


def says_layer(name: str) -> bool:
    """Does the name of a class say that it is a layer?"""
    said = meaning(name)
    return bool(set(split(name)) & LAYERS) or said is not None and said.kind is Kind.LAYER


def takes_targets(backward: Definition) -> bool:
    """Is a way back given targets, as that of a whole network is?"""
    targets = TARGETS.of_networks - {"d"}
    return any(p.name.lower() in targets for p in required(backward.parameters))


def _is_of_a_network(methods: Mapping[str, Definition]) -> bool:
    """Does a class whose name does not say that it is a layer do more than a layer?"""
    return bool(WHOLE & methods.keys())


def _squashes(layer: Layer, forward: Definition) -> bool:
    """Has the layer an activation inside, so that its outputs are not the affine ones?"""
    asks = required(layer.definition.parameters)
    chosen = [p for p in positional(layer.definition.parameters) if type(p.default) is str]
    words = ("act", "nonlinearity", "f", "func")
    wants = any("activ" in p.name.lower() or p.name.lower() in words for p in (*asks, *chosen))
    return wants or any("activ" in use.lower() or use in SQUASHING for use in forward.uses)


def held_by(layer: Layer) -> dict[str, str]:
    """The attribute of each role that is a parameter of the layer; none where one has no attribute."""
    asked = {p.name for p in required(layer.definition.parameters)}
    listed_there = {"params", "parameters"} & set(layer.definition.sets)
    handed = {
        role: next((n for n in asked if holder(role).fullmatch(n)), "")
        for role in layer.said.of.roles[1:]
    }
    if listed_there and all(handed.values()):
        return dict.fromkeys(handed, "")  # the constructor is given them and keeps them in a list
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


def ready(layer: Layer) -> Iterator[tuple[Call, ...]]:
    """A layer made, then given the weights and the bias of the probe."""
    held = held_by(layer)
    for made in makings(layer.name, layer.inventory, tuple(held)):
        for inside in _inside(layer):
            yield (*made, *_put(held, inside, len(made) - 1))
    if forward := layer.first(FORWARD):  # a layer that is made at the first call
        made = makings(layer.name, layer.inventory, tuple(held))[0]
        there = replace(
            invoked(layer, forward, ((layer.said.of.roles[0],),), len(made) - 1), always=True
        )
        yield (*made, there, *_put(held, "", len(made) - 1))


def _put(held: Mapping[str, str], inside: str, made: int) -> Iterator[Call]:
    """The calls that put the parameters of the probe into the object."""
    for role, name in held.items():
        if name:
            at = (*path_of(name), *((f".{inside}",) if inside else ()))
            yield Call(at, ((role,),), of=made, always=True, do="set")


def _inside(layer: Layer) -> list[str]:
    """Where in an attribute a parameter lies: in itself, or in the box that holds it beside its gradient."""
    return ["", *(value for value, _ in _boxes(layer))]


def _boxes(layer: Layer) -> list[tuple[str, str]]:
    """Classes of a value and its gradient that layers hold their parameters in: (value, grad) by attribute."""
    found = []
    for d in layer.inventory.definitions:
        grads = [s for s in d.sets if "grad" in s.lower() or s.lower() in ("d", "dw", "delta")]
        values = [s for s in d.sets if s not in grads]
        box = d.kind == "class" and len(grads) == 1 and len(values) in (1, 2)
        if box and d is not layer.definition and required(d.parameters):
            found.append((values[0], grads[0]))
    return found


def object_of(made: tuple[Call, ...]) -> int:
    """Which of the calls gives the object: what the last of them belongs to, or the last of them."""
    of = made[-1].of
    return len(made) - 1 if of is None or made[-1].path == (".__new__",) else of


def forward_recipes(
    layer: Layer, forward: Definition, starts: Iterable[tuple[Call, ...]]
) -> Iterator[Recipe]:
    """The outputs of a layer, which was made by each of *starts*."""
    takes = ((layer.said.of.roles[0],),)
    for made in starts:
        yield (*made, *_result(layer, forward, takes, object_of(made), OUTPUT))


def put_into(layer: Layer, made: int) -> tuple[Call, ...]:
    """The calls that put the parameters of the probe into the layer that call number *made* gives."""
    return tuple(_put(held_by(layer), "", made))


def there_and_back(
    layer: Layer,
    forward: Definition,
    backward: Definition,
    slope: Exercise,
    starts: Iterable[tuple[Call, ...]],
) -> Iterator[Recipe]:
    """Forward with the inputs, backward with the gradient from above, then the gradients from where they are."""
    inputs = layer.said.of.roles[0]
    for made in starts:
        there = replace(invoked(layer, forward, ((inputs,),), object_of(made)), always=True)
        for takes in _backward_takes(forward, backward, len(made), (*slope.from_above, inputs)):
            back = _result(layer, backward, takes, object_of(made), INPUT_GRADIENT)
            if backward.returns >= len(slope.returns):
                yield (*made, there, *back)
                continue
            if keys := _keys(layer, backward):
                answer = len(made) + len(back)
                table: Tokens = tuple(Earlier(answer, (key,)) for key in keys)
                yield (*made, there, *back, Call((), (table,), do="group"))
            for places in _gradient_places(layer, backward, made):
                gets = tuple(Call(p, of=object_of(made), do="get") for p in places)
                last = len(made) + len(back)
                first = Earlier(last, (0,)) if backward.returns >= 2 else Earlier(last)
                members: Tokens = (first, *(Earlier(last + 1 + i) for i in range(len(places))))
                yield (*made, there, *back, *gets, Call((), (members,), do="group"))


def _keys(layer: Layer, backward: Definition) -> list[str]:
    """Under which keys a way back gives its gradients in a dict: {"x": ..., "w": ..., "b": ...}; [] if one has none."""
    inputs, *rest = layer.said.of.roles
    patterns = [INPUT_GRADIENT, *map(_gradient_of, rest)]
    found = [
        next((t for t in backward.texts if t.lower() == role or gives.fullmatch(t.lower())), "")
        for role, gives in zip((inputs, *rest), patterns, strict=True)
    ]
    return found if all(found) and backward.returns == 1 else []


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


def _gradient_places(
    layer: Layer, backward: Definition, made: tuple[Call, ...]
) -> Iterator[list[tuple[str | int, ...]]]:
    """Where the gradients of the parameters are left, as paths from the object."""
    left = [s for part in _with_called(layer, backward) for s in (*part.sets, *part.keeps)]
    roles = layer.said.of.roles[1:]
    found = [_first(_gradient_of(role), left) for role in roles]
    put = [call.path for call in made if call.do == "set"]
    boxed = [grad for value, grad in _boxes(layer) if put and put[-1][-1] == f".{value}"]
    if boxed:
        yield [(*path[:-1], f".{boxed[0]}") for path in put]
    elif all(found):
        yield [path_of(name) for name in found]
    elif {"grads", "gradients"} & set(layer.definition.sets):
        table = "grads" if "grads" in layer.definition.sets else "gradients"
        yield [(f".{table}", i) for i in range(len(roles))]


def _with_called(layer: Layer, method: Definition) -> list[Definition]:
    """A method, and the methods of its own object that it calls."""
    found = [method]
    for one in found:
        found += [m for m in map(layer.methods.get, one.uses) if m is not None and m not in found]
    return found


def _gradient_of(role: str) -> re.Pattern[str]:
    usual = {"w": WEIGHT_GRADIENT, "b": BIAS_GRADIENT}
    named = re.escape(role.replace("_", "").lower())
    return usual.get(role) or re.compile(rf"{GRADIENT}{named}|{named}{GRADIENT}")
