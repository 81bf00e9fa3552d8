"""Cause and consequence: is a function wrong only because another one that it uses is?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from checkgrad import compare
from checkgrad.child.behaviour import Behaviour
from checkgrad.diagnose.case import Case
from checkgrad.diagnose.mistakes import SuspectedFormula, explains, reductions
from checkgrad.exercise import Exercise, Failed, Formula, Probe
from checkgrad.exercises.mlp import ACTIVATIONS, OUTPUTS, blocks

ROOM = 64  # times what two runs may differ by: a network of the student's own pieces sums in another order


def follows_from(case: Case, wrong: Mapping[str, Formula], reduction: str = "") -> str:
    """The exercise whose wrong function, put into the right formula, gives every answer; "" if none does.

    reduction: the one that is asked for, "" where every one is right.
    """
    for formula in case.exercise.compositions:
        for names in _choices(wrong):
            composed = _with(formula, {name: wrong[name] for name in names})
            for twist in reductions(case.exercise, reduction):
                if explains(case, SuspectedFormula(composed, twist)):
                    return names[0]
    return ""


def network_follows_from(
    kind: dict[str, Any],
    probes: Sequence[Probe],
    gradients: Sequence[tuple[Any, ...]],
    wrong: Mapping[str, Formula],
) -> str:
    """The exercise whose wrong function, put into a right network, gives every gradient; "" if none does."""
    kinds = [kind, *({**kind, "hidden": name} for name in wrong if name in ACTIVATIONS)]
    # A wrong output function is not known again by what the network gives.
    outputs = [name for name, one in OUTPUTS.items() if one.squash in wrong]
    kinds += [{**one, "output": name} for one in kinds for name in outputs]
    for names in _choices(wrong):
        own = {name: wrong[name] for name in names}
        for one in kinds:
            if all(map(_gives, probes, gradients, [{**one, "own": own}] * len(probes))):
                return names[0]
    return ""


def stops_in(got: Behaviour, stopped: Mapping[str, Behaviour]) -> str:
    """The exercise whose function by itself stops with the error that *got* stopped with."""
    same = (
        name
        for name, other in stopped.items()
        if (got.raised, _gist(got)) == (other.raised, _gist(other))
    )
    return next(same, "")


def _gist(behaviour: Behaviour) -> str:
    """The message without its sizes."""
    return re.sub(r"\d+", "", behaviour.message)


def _choices(wrong: Mapping[str, Formula]) -> Iterator[tuple[str, ...]]:
    """Each wrong function by itself, then all of them."""
    yield from ((name,) for name in wrong)
    if len(wrong) > 1:
        yield tuple(wrong)


def _with(formula: Callable[..., Any], own: Mapping[str, Formula]) -> Formula:
    def use(exercise: Exercise) -> Formula:
        return own.get(exercise.name, exercise)

    def composed(*probe: Any) -> Any:
        return formula(use, *probe)

    return composed


def _gives(probe: Probe, got: tuple[Any, ...], kind: dict[str, Any]) -> bool:
    try:
        due = blocks(probe, kind)
    except (Failed, ValueError, IndexError, TypeError):
        return False
    room = tuple(ROOM * limit for limit in compare.repetition_bound(due))
    return compare.difference(got, due, room) is None
