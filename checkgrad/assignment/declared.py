"""What a submission says of itself in CHECKGRAD = {...}: which function answers what, under which conventions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from checkgrad.assignment.conventions import CONVENTIONS, choices
from checkgrad.assignment.errors import nearest
from checkgrad.child.inventory import Inventory
from checkgrad.exercise import Exercise
from checkgrad.exercises.mlp import NETWORK
from checkgrad.reading import misfits


class Declared(NamedTuple):
    """What fits of it, and a sentence on each entry that does not.

    A submission cannot choose to be asked for single samples: that could hide how it counts them.
    """

    mapping: dict[str, str]
    conventions: dict[str, str]
    problems: list[str]


def declared(inventory: Inventory, exercises: Sequence[Exercise]) -> Declared:
    """Sort the entries of CHECKGRAD into functions and conventions; what does not fit is left out and told."""
    entries = {key.rpartition(".")[2]: value for key, value in inventory.mapping}
    names = [*(exercise.name for exercise in exercises), NETWORK.name]
    mapping = {key: value for key, value in entries.items() if key in names}
    chosen = {key: value for key, value in entries.items() if key in CONVENTIONS}
    problems = [
        *misfits(inventory, exercises, mapping),
        *_unknown(entries, [*names, *CONVENTIONS]),
        *_impossible(chosen, exercises),
    ]
    fitting = {k: v for k, v in mapping.items() if not misfits(inventory, exercises, {k: v})}
    possible = {k: v for k, v in chosen.items() if v in _offered(k, exercises)}
    return Declared(fitting, possible, [f"CHECKGRAD: {problem}" for problem in problems])


def _unknown(entries: dict[str, str], known: Sequence[str]) -> Iterator[str]:
    for key, value in entries.items():
        if not key:
            yield value
        elif key not in known:
            near = nearest(key, known)
            near = near if "did you mean" in near else ""
            yield f"{key} is neither an exercise nor a convention{near}"


def _impossible(chosen: dict[str, str], exercises: Sequence[Exercise]) -> Iterator[str]:
    for key, value in chosen.items():
        if value not in (offered := _offered(key, exercises)):
            yield f"{key} cannot be {value!r}; choose one of {', '.join(offered)}"


def _offered(key: str, exercises: Sequence[Exercise]) -> tuple[str, ...]:
    return tuple(c for c in choices(key, exercises) if "at a time" not in c)
