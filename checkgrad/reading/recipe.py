"""How a function is reached: the calls that lead to its answer."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from checkgrad.exercise import Exercise
from checkgrad.reading.signature import Token, Tokens

IN_TABLE = re.compile(r"(\w+)\[(.+)\]")


@dataclass(frozen=True)
class Call:
    """One call of a recipe: what *path* leads to, from the module or from the result of call number *of*.

    takes: what it may be given by position, the most natural first.
    always: it is made even if no later call takes its result, for what it leaves behind in an object.
    do: "call", "get" or "set" an attribute, "give" what it is given, "hold" what is named in an object; of the last
        call also "group" what it is given into one answer, or the "moved" pairs of before and after, or "join" the parts of the parameters after a few steps.
    names: what its parameters are called.
    """

    path: tuple[str | int, ...]
    takes: tuple[Tokens, ...] = ((),)
    of: int | None = None
    named: tuple[tuple[str, Token], ...] = ()
    always: bool = False
    do: str = "call"
    names: tuple[str, ...] = ()


GROUPS = ("group", "moved", "join")
Recipe = tuple[Call, ...]


@dataclass(frozen=True)
class Candidate:
    """A function of the submission that answers an exercise, and how it is reached.

    recipes: sequences of calls, the last of which gives the answer; the most natural first.
    item: which member of the answer is meant, where the function returns several.
    uses: what its source mentions. among_batches: does anything in its module work along an axis?
    among_matrices: does anything in it need arrays of several axes? among_lists: does nothing in it know NumPy?
    guessed: does its text alone say what it answers? taken_up: may other code use it, and turn its sign?
    """

    exercise: Exercise
    function: str
    recipes: tuple[Recipe, ...]
    item: int | None = None
    stub: bool = False
    uses: tuple[str, ...] = field(default=(), compare=False)
    among_batches: bool = field(default=False, compare=False)
    among_matrices: bool = field(default=False, compare=False)
    among_lists: bool = field(default=False, compare=False)
    guessed: bool = field(default=False, compare=False)
    taken_up: bool = field(default=True, compare=False)


def path_of(name: str) -> tuple[str, ...]:
    """The path to a definition: "Softmax.forward" and "ACTIVATIONS['sigmoid']" alike."""
    if table := IN_TABLE.fullmatch(name):
        return "." + table[1], str(ast.literal_eval(table[2]))
    return tuple("." + part for part in name.split("."))


def last_name(name: str) -> str:
    """The name itself, without the class, the module or the table that holds it."""
    return path_of(name)[-1].removeprefix(".")
