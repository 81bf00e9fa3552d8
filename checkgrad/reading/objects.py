"""How an object of a class is made: with sensible sizes, or bare, without its constructor."""

from __future__ import annotations

import re

from checkgrad.child.inventory import Definition, Inventory, Parameter
from checkgrad.reading.names import listed
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

INPUTS, OUTPUTS = "number of inputs", "number of outputs"
LISTS = listed(
    "layers sizes layer_sizes layer_dims dims shape_list hidden_layers topology architecture"
)
IN = re.compile(
    r"(n_?|num_?|dim_?|size_?|shape_?|d_?|nb_?)?(in|input|inputs|fan_?in|prev)"
    r"(_?(size|dims?|features|units|shape|nodes|neurons|num|channels|n))?|d|rows|num_features|n_x",
    re.IGNORECASE,
)
OUT = re.compile(
    r"(n_?|num_?|dim_?|size_?|shape_?|d_?|nb_?)?(out|outputs?|hidden|units|neurons|fan_?out|nodes)"
    r"(_?(size|dims?|features|units|shape|nodes|neurons|num|channels|n))?|h|m|cols|n_y|size|n",
    re.IGNORECASE,
)
WEIGHT = re.compile(r"_*(w|weights?|kernel|theta|w_init|weight_matrix)_*", re.IGNORECASE)
BIAS = re.compile(r"_*(b|bias|biases|b_init|w_?0|offsets?|intercept)_*", re.IGNORECASE)


def holder(role: str) -> re.Pattern[str]:
    """How attributes and arguments are called that hold a parameter: weights and bias by their words."""
    usual = {"w": WEIGHT, "b": BIAS}
    return usual.get(role) or re.compile(rf"_*{re.escape(role)}_*", re.IGNORECASE)


def makings(name: str, inventory: Inventory, roles: tuple[str, ...] = ()) -> list[tuple[Call, ...]]:
    """The ways to make an object of the class *name*: the last call of each gives the object.

    *roles* may be asked for by the constructor: the weights of an affine layer.
    """
    definition = inventory.find(name)
    path = path_of(name)
    settings = unusual_settings(definition.parameters if definition else ())
    made = (Call(path, (_guessed(definition, roles),), named=settings),)
    return [made, bare(path)]


def bare(path: tuple[str, ...]) -> tuple[Call, ...]:
    """An object whose constructor has not run."""
    return Call(path, do="get"), Call((".__new__",), ((Earlier(0),),), of=0)


def _guessed(definition: Definition | None, roles: tuple[str, ...]) -> Tokens:
    return tuple(_guess(p, roles) for p in required(definition.parameters if definition else ()))


def _guess(parameter: Parameter, roles: tuple[str, ...]) -> Token:
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
