"""Methods of classes that are no layers, a network with its own sigmoid: called on an object made somehow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.exercise import Exercise
from checkgrad.reading.functions import answers, plain, spare, without_flag
from checkgrad.reading.layers import methods_of
from checkgrad.reading.meant import by_its_text, exercise_of, in_context
from checkgrad.reading.objects import bare, makings
from checkgrad.reading.recipe import Call, Candidate, last_name, path_of
from checkgrad.reading.signature import assignments, positional, required
from checkgrad.words.layers import WEIGHT
from checkgrad.words.meaning import Meaning, meaning


def of_method(
    definition: Definition, known: Mapping[str, Exercise], inventory: Inventory
) -> Iterator[Candidate]:
    """The candidates in one method, if its own name says what it computes and its class does not."""
    owner = meaning(last_name(definition.name.rpartition(".")[0]))
    named = meaning(last_name(definition.name))
    said = named or _by_its_text(definition, inventory)
    if said is None or _is_inherited(definition, inventory):
        return
    # What an object does to affine layers and labels, it does with what its constructor was given.
    if definition.kind != "static" and not said.computes:
        return
    if owner and owner.of is said.of and not _has_weights(definition, inventory):
        return
    said = in_context(said, definition, inventory)
    if said.derivative and not positional(definition.parameters) and definition.kind == "method":
        yield from _of_what_forward_left(said, definition, known, inventory)
        return
    for exercise, item, flag in answers(said, definition, known):
        if definition.kind == "static":
            found = plain(exercise, definition, inventory, item=item, flag=flag)
        else:
            found = method_of_any_class(exercise, definition, inventory, item=item, flag=flag)
        yield replace(found, guessed=named is None)


def _of_what_forward_left(
    said: Meaning, definition: Definition, known: Mapping[str, Exercise], inventory: Inventory
) -> Iterator[Candidate]:
    """A slope without arguments, at what the method that gives the value was given last."""
    forward = _beside(said, definition, inventory)
    exercise = exercise_of(said, known, logits=False, jacobian=False)
    if forward is None or exercise is None or exercise.from_above or not exercise.derivative:
        return
    name = definition.name.rpartition(".")[0]
    takes = assignments(forward.parameters, exercise.derivative.of.roles)
    first = Call(("." + last_name(forward.name),), takes, always=True)
    last = Call(("." + last_name(definition.name),))
    recipes = tuple(
        (*made, replace(first, of=len(made) - 1), replace(last, of=len(made) - 1))
        for made in makings(name, inventory)
    )
    yield Candidate(exercise, definition.name, recipes, None, definition.stub)


def _beside(said: Meaning, definition: Definition, inventory: Inventory) -> Definition | None:
    """The method of the same class that gives the value, and keeps something for its slope."""
    owner = inventory.find(definition.name.rpartition(".")[0])
    methods = methods_of(owner, inventory).values() if owner else ()
    for method in methods:
        found = meaning(last_name(method.name))
        if found and found.of is said.of and not found.derivative and method.sets:
            return method
    return None


def _has_weights(definition: Definition, inventory: Inventory) -> bool:
    """Has the class of a method weights, so that it is more than its name says?"""
    cls = inventory.find(definition.name.rpartition(".")[0])
    return any(WEIGHT.fullmatch(name) for name in (cls.sets if cls else ()))


def _by_its_text(definition: Definition, inventory: Inventory) -> Meaning | None:
    """What the text says of a method that needs nothing of its object."""
    return None if "self" in definition.uses else by_its_text(definition, inventory)


def _is_inherited(definition: Definition, inventory: Inventory) -> bool:
    """Is the method listed before, with the class that it comes from?"""
    last, line = last_name(definition.name), definition.line
    alike = (d for d in inventory.definitions if d.line == line and last_name(d.name) == last)
    return next(alike) is not definition


def method_of_any_class(
    exercise: Exercise,
    definition: Definition,
    inventory: Inventory,
    *,
    item: int | None = None,
    flag: bool | None = None,
) -> Candidate:
    """A method with the roles of *exercise*, on an object with or without its constructor having run."""
    name = definition.name.rpartition(".")[0]
    cls = inventory.find(name)
    parameters, named = without_flag(definition.parameters, flag)
    takes = assignments(parameters, exercise.roles, spare(exercise))
    ways = makings(name, inventory)
    if cls and required(cls.parameters):
        ways = [bare(path_of(name)), *ways[:1]]
    method = "." + last_name(definition.name)
    names = tuple(p.name for p in positional(parameters))
    call = Call((method,), takes, named=named, names=names)
    recipes = tuple((*made, replace(call, of=len(made) - 1)) for made in ways)
    return Candidate(exercise, definition.name, recipes, item, definition.stub)
