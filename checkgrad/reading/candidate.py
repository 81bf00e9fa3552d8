"""Which functions of a submission answer which exercises: decided by the inventory alone, nothing is called."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.exercise import Exercise, Kind
from checkgrad.exercises.mlp import NETWORK
from checkgrad.reading.dense import of_dense
from checkgrad.reading.functions import of_function, plain
from checkgrad.reading.layers import methods_of, of_class
from checkgrad.reading.methods import method_of_any_class, of_method
from checkgrad.reading.parts import of_parts
from checkgrad.reading.recipe import Candidate, last_name
from checkgrad.reading.units import of_unit
from checkgrad.reading.updates import of_update
from checkgrad.words.layers import FORWARD
from checkgrad.words.meaning import CONCEPTS, meaning, nearest

NUMPY = {"np", "numpy"}
MOST = 200  # candidates that are asked; each costs time of ours
READERS = {
    "function": (of_function, of_update),
    "class": (of_class, of_dense, of_parts, of_unit),
    "method": (of_method, of_update),
    "static": (of_method, of_update),
}


def candidates(
    inventory: Inventory, exercises: Sequence[Exercise], mapping: Mapping[str, str] = {}
) -> tuple[Candidate, ...]:
    """Return every function that answers one of *exercises*, in their order; stubs included."""
    known = {exercise.name for exercise in exercises}
    own = {k: v for k, v in inventory.mapping if k in known and _look_up(inventory, v)}
    mapping = {**own, **mapping}
    found = [c for c in _recognised(inventory, exercises) if c.exercise.name not in mapping]
    found += _mapped(inventory, exercises, mapping)
    unique: dict[tuple[str, str], Candidate] = {}
    for candidate in found:
        key = candidate.exercise.name, candidate.function
        first = unique.setdefault(key, candidate)
        more = [recipe for recipe in candidate.recipes if recipe not in first.recipes]
        if more and candidate.exercise.kind is Kind.UPDATE:
            unique[key] = replace(first, recipes=(*first.recipes, *more))
    order = [exercise.name for exercise in exercises]
    every = [_among_the_others(candidate, inventory) for candidate in _first_of(unique.values())]
    return tuple(sorted(every, key=lambda c: order.index(c.exercise.name)))


def _first_of(found: Iterable[Candidate]) -> list[Candidate]:
    """At most MOST of them: of every exercise the first, then of every one the second, and so on."""
    places: Counter[str] = Counter()
    ranked = []
    for candidate in found:
        ranked.append((places[candidate.exercise.name], candidate))
        places[candidate.exercise.name] += 1
    return [candidate for _, candidate in sorted(ranked, key=lambda pair: pair[0])[:MOST]]


def _among_the_others(candidate: Candidate, inventory: Inventory) -> Candidate:
    """The candidate with what the source of its module tells of it."""
    definition = inventory.find(candidate.function)
    used = {name for d in inventory.definitions for name in d.uses}
    return replace(
        candidate,
        uses=definition.uses if definition else (),
        taken_up=is_taken_up(candidate.function, inventory),
        among_batches="axis" in used,
        among_matrices="axes" in used,
        among_lists=not used & NUMPY,
    )


def is_taken_up(function: str, inventory: Inventory) -> bool:
    """Does other code use the function, or a script that could?"""
    owner = function.rpartition(".")[0]
    around = [d for d in inventory.definitions if d.name != function]
    steps = any(suspect.kind in ("loop", "steps") for suspect in inventory.suspects)
    return steps or any(_names_in(d, function, owner) & set(d.uses) for d in around)


def _names_in(definition: Definition, function: str, owner: str) -> set[str]:
    """By what a definition would name a function: also by its class, unless it belongs to that itself."""
    within = bool(owner) and f"{definition.name}.".startswith(f"{owner}.")
    name = last_name(function)
    # a class names its own __name so, which Python knows as _Class__name
    private = name.removeprefix(f"_{last_name(owner)}")
    return {name, private} | ({owner} if owner and not within else set())


def nearest_names(inventory: Inventory, exercises: Sequence[Exercise]) -> list[str]:
    """Say what names that mean nothing to us may have been meant to be."""
    names = {d.name: last_name(d.name) for d in inventory.definitions}
    near = ((full, nearest(last)) for full, last in names.items() if meaning(last) is None)
    return [f"did you mean {CONCEPTS[alias].name} for {name}?" for name, alias in near if alias]


def misfits(
    inventory: Inventory, exercises: Sequence[Exercise], mapping: Mapping[str, str]
) -> list[str]:
    """Say which entries of a mapping lead nowhere: to no exercise, or to nothing in the submission."""
    known = [NETWORK.name, *(exercise.name for exercise in exercises)]
    lost = [f"{name} is not an exercise asked for here" for name in mapping if name not in known]
    return lost + [
        f"{name} is mapped to {target}, which {_lacks(inventory, target)}"
        for name, target in mapping.items()
        if name in known and _leads_nowhere(inventory, name, target)
    ]


def _leads_nowhere(inventory: Inventory, name: str, target: str) -> bool:
    """A network may be any class; what answers an exercise has to be a function or a method."""
    return (_named if name == NETWORK.name else _look_up)(inventory, target) is None


def _lacks(inventory: Inventory, target: str) -> str:
    """How the submission does not define *target*, and what it defines instead."""
    if _named(inventory, target):
        return "is a class without a forward method; name one of its methods"
    names = [d.name for d in inventory.definitions]
    near = difflib.get_close_matches(target, names, n=1)
    return "the submission does not define" + (f"; did you mean {near[0]}?" if near else "")


def _recognised(inventory: Inventory, exercises: Sequence[Exercise]) -> Iterator[Candidate]:
    known = {exercise.name: exercise for exercise in exercises}
    for definition in inventory.definitions:
        for reader in READERS.get(definition.kind, ()):
            yield from reader(definition, known, inventory)


def _mapped(
    inventory: Inventory, exercises: Sequence[Exercise], mapping: Mapping[str, str]
) -> Iterator[Candidate]:
    known = {exercise.name: exercise for exercise in exercises}
    for name, target in mapping.items():
        definition = _look_up(inventory, target)
        if name in known and definition:
            yield _pointed_at(known[name], definition, inventory)


def _pointed_at(exercise: Exercise, definition: Definition, inventory: Inventory) -> Candidate:
    """The candidate at a place that was named: as recognised there, else as a plain call with the roles."""
    recognised = (c for c in _recognised(inventory, [exercise]) if c.function == definition.name)
    reader = plain if definition.kind == "function" else method_of_any_class
    return next(recognised, None) or reader(exercise, definition, inventory)


def _look_up(inventory: Inventory, target: str) -> Definition | None:
    """What a mapping points at; of a class it is the forward method."""
    found = _named(inventory, target)
    if found is None or found.kind != "class":
        return found
    methods = methods_of(found, inventory)
    return next((method for name, method in methods.items() if name in FORWARD), None)


def _named(inventory: Inventory, target: str) -> Definition | None:
    """Find "model.Softmax.forward" as well as "Softmax.forward"."""
    return inventory.find(target) or inventory.find(target.partition(".")[2])
