"""How an object of a class is made: with sensible sizes, or bare, without its constructor."""

from __future__ import annotations

from checkgrad.child.inventory import Definition, Inventory, Parameter
from checkgrad.reading.recipe import Call, path_of
from checkgrad.reading.signature import (
    CLASSES,
    Earlier,
    Fill,
    Token,
    Tokens,
    option,
    required,
    unusual_settings,
)
from checkgrad.words.layers import IN, LISTS, OUT, holder

INPUTS, OUTPUTS = "number of inputs", "number of outputs"


def makings(name: str, inventory: Inventory, roles: tuple[str, ...] = ()) -> list[tuple[Call, ...]]:
    """The ways to make an object of the class *name*: the last call of each gives the object.

    *roles* may be asked for by the constructor: the weights of an affine layer.
    """
    definition = inventory.find(name)
    path = path_of(name)
    settings = unusual_settings(definition.parameters if definition else ())
    made = (Call(path, (_all_guessed(definition, roles),), named=settings),)
    return [made, bare(path)]


def bare(path: tuple[str, ...]) -> tuple[Call, ...]:
    """An object whose constructor has not run."""
    return Call(path, do="get"), Call((".__new__",), ((Earlier(0),),), of=0)


def _all_guessed(definition: Definition | None, roles: tuple[str, ...]) -> Tokens:
    tokens = [guessed(p, roles) for p in required(definition.parameters if definition else ())]
    sizes = [size for size in (INPUTS, OUTPUTS) if size not in tokens] if roles else []
    unknown = [i for i, token in enumerate(tokens) if token == Fill(None)]
    if len(sizes) <= len(unknown):  # HiddenLayer(hidden1, hidden2): a layer is asked for both sizes
        for i, size in zip(unknown, sizes, strict=False):
            tokens[i] = size
    return tuple(tokens)


def guessed(parameter: Parameter, roles: tuple[str, ...]) -> Token:
    """What a parameter of a constructor is probably meant to be."""
    name = parameter.name.lower()
    if held := next((role for role in roles if holder(role).fullmatch(name)), None):
        return held
    if name in LISTS:
        return Fill((3, 4, 2))
    if IN.fullmatch(name):
        return INPUTS
    if OUT.fullmatch(name):
        return OUTPUTS
    return option(name) or (CLASSES if "dim" in name or "size" in name else Fill(None))
