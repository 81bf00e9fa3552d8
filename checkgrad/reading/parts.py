"""Layers whose gradients do not come all at once: some from another method, or shown by what backward itself moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.exercise import Exercise
from checkgrad.reading.dense import affine, held_by, object_of, ready, takes_targets
from checkgrad.reading.derived import part_of
from checkgrad.reading.layers import Layer, invoked
from checkgrad.reading.recipe import Call, Candidate, Recipe, last_name, path_of
from checkgrad.reading.signature import (
    LARGE_RATE,
    Earlier,
    Fill,
    Several,
    Share,
    Token,
    assignments,
    positional,
    required,
)
from checkgrad.words.meaning import DERIVATIVE
from checkgrad.words.optimisers import OF_PARAMETERS
from checkgrad.words.roles import RATES
from checkgrad.words.text import split


@dataclass(frozen=True)
class Affine:
    """An affine layer with its way forward and back, and the exercise of the way back."""

    layer: Layer
    forward: Definition
    backward: Definition
    slope: Exercise

    @property
    def inputs(self) -> str:
        return self.layer.said.of.roles[0]


def of_parts(
    definition: Definition, known: Mapping[str, Exercise], inventory: Inventory
) -> Iterator[Candidate]:
    """The candidates in a layer for the gradients that one method gives by itself."""
    found = affine(definition, known, inventory)
    if not found:
        return
    layer, forward, backward = found
    slope = next(_slopes(layer, known), None)
    if slope is None or backward is None or takes_targets(backward):
        return
    whole = Affine(layer, forward, backward, slope)
    if set(held_by(layer).values()) <= set(backward.sets):
        yield from _moving(whole)
    elif other := _of_parameters(whole):
        yield from _apart(whole, other)


def _slopes(layer: Layer, known: Mapping[str, Exercise]) -> Iterator[Exercise]:
    return (e for e in known.values() if e.derivative and e.base is layer.said.of and e.returns)


def _of_parameters(whole: Affine) -> Definition | None:
    """The method beside backward that gives the gradients of the parameters."""
    for name, method in whole.layer.methods.items():
        words = set(split(name))
        if method is not whole.backward and words & DERIVATIVE and words & OF_PARAMETERS:
            return method if method.returns and method.parameters else None
    return None


def _apart(whole: Affine, other: Definition) -> Iterator[Candidate]:
    """The gradient of the inputs by one method, those of the parameters by another."""
    rest = tuple(range(1, len(whole.slope.returns)))
    for method, members in ((whole.backward, (0,)), (other, rest)):
        recipes = []
        for made in ready(whole.layer):
            there = _forward(whole, made)
            place = len(made)
            roles = [*whole.slope.from_above, whole.inputs]
            if len(required(method.parameters)) == 1:
                roles = roles[:1]
            takes = assignments(method.parameters, roles, (Earlier(place),))
            called = invoked(whole.layer, method, takes, object_of(made))
            recipes.append((*made, there, called))
        exercise = part_of(whole.slope, members)
        yield Candidate(exercise, method.name, tuple(recipes), None, method.stub)


def _forward(whole: Affine, made: tuple[Call, ...]) -> Call:
    call = invoked(whole.layer, whole.forward, ((whole.inputs,),), object_of(made))
    return replace(call, always=True)


def _moving(whole: Affine) -> Iterator[Candidate]:
    """A layer that moves its parameters on the way back: the gradients are what they moved by, over the rate."""
    recipes = list(_moves(whole))
    members = tuple(range(len(whole.slope.returns)))
    exercise = whole.slope if whole.backward.returns else part_of(whole.slope, members[1:])
    if recipes:
        backward = whole.backward
        yield Candidate(exercise, backward.name, tuple(recipes), None, backward.stub)


def _moves(whole: Affine) -> Iterator[Recipe]:
    layer, backward = whole.layer, whole.backward
    rates = [p for p in positional(backward.parameters) if _is_rate(p.name)]
    left = tuple(p for p in positional(backward.parameters) if p not in rates)
    given = [p for p in left if not p.optional]
    attributes = [name for name in layer.definition.sets if _is_rate(name)]
    if len(given) > 1 or not (rates or attributes):
        return
    named: tuple[tuple[str, Token], ...] = tuple((p.name, Fill(LARGE_RATE)) for p in rates)
    for made in ready(layer):
        at = object_of(made)
        sets = [
            Call((f".{name}",), ((Fill(LARGE_RATE),),), of=at, always=True, do="set")
            for name in attributes
        ]
        there = _forward(whole, made)
        takes = (tuple(whole.slope.from_above[:1]),)
        names = tuple(p.name for p in given)
        back = Call(
            ("." + last_name(backward.name),), takes, of=at, named=named, always=True, names=names
        )
        before = (*made, *sets, there, back)
        held = held_by(layer)
        gets = [Call(path_of(name), of=at, do="get") for name in held.values()]
        pairs = [
            Several((Share(role, 0, 1), Earlier(len(before) + i))) for i, role in enumerate(held)
        ]
        first = [Earlier(len(before) - 1)] if backward.returns else []
        yield (*before, *gets, Call((), ((*first, *pairs),), do="moved"))


def _is_rate(name: str) -> bool:
    return name.lower().strip("_") in RATES
