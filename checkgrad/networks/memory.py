"""What the object of a network keeps: the weights it starts with, and what is left in it of an earlier batch."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.child.behaviour import Behaviour
from checkgrad.child.request import Ask, Request, Result, Step
from checkgrad.networks import answer
from checkgrad.networks import form as forms
from checkgrad.networks import script as scripts
from checkgrad.networks.reading import NetworkReading
from checkgrad.networks.script import HOLDER, Script
from checkgrad.tasks import Parameters

Batch = tuple[Any, Any]
HANDED_OVER = re.compile(r"params|weights|biases|vector|[wb]\d+")


def after_another(
    reading: NetworkReading, ask: Ask, parameters: Parameters, first: Batch, second: Batch
) -> Behaviour | None:
    """What one object gives for the *second* batch, asked about the *first* before; None where there is no object."""
    if reading.script is None or reading.script.holder is None:
        return None
    script = reading.script_for(parameters)
    given = [batch for x, t in (first, second) for batch in forms.rounds(script.form, x, t)]
    if len(given) != 2:
        return None
    (reply,) = ask([_one_after_the_other(script, parameters, *given)])
    return answer.read(script, reply, parameters)


def _one_after_the_other(
    script: Script, parameters: Parameters, first: Batch, second: Batch
) -> Request:
    values = scripts.known(script, parameters, *first)
    steps = [Step("set", where, None, (scripts.filled(t, values),)) for where, t in script.lacking]
    holder = scripts.make(script, values, steps)
    at: dict[int, int] = {}
    for batch in (first, second):
        values, at = scripts.known(script, parameters, *batch), {HOLDER: holder}
        steps += scripts.settings(script, parameters, values, holder)
        scripts.run(script, values, at, steps)
    wanted = scripts.wanted(script, len(parameters), lambda call, path: Result(at[call], path))
    return Request(script.function, tuple(steps), [wanted])


def first_weights(reading: NetworkReading, ask: Ask, parameters: Parameters) -> list[Any] | None:
    """The weights, (in, out), that a new object of these sizes has of itself; None where they are handed to it."""
    if reading.script is None or reading.script.holder is None:
        return None
    script = reading.script_for(parameters)
    if _is_handed_its_weights(script):
        return None
    (reply,) = ask([_made(script, parameters)])
    if not reply.returned or not all(map(compare.are_numbers, reply.value)):
        return None
    turned = forms.weight(script.form, np.zeros((2, 3))).shape == (3, 2)
    found = [np.asarray(w, float).T if turned else np.asarray(w, float) for w in reply.value]
    return found if [w.shape for w in found] == [w.shape for w, _ in parameters] else None


def _is_handed_its_weights(script: Script) -> bool:
    calls = [c for c in (script.holder, script.ready) if c]
    tokens = [t for c in calls for t in (*c.takes, *(t for _, t in c.named))]
    return any(isinstance(t, str) and HANDED_OVER.fullmatch(t) for t in tokens)


def _made(script: Script, parameters: Parameters) -> Request:
    x, t = np.zeros((1, len(parameters[0][0]))), np.zeros((1, parameters[-1][0].shape[1]))
    values = scripts.known(script, parameters, x, t)
    steps: list[Step] = []
    holder = scripts.make(script, values, steps)
    weights = replace(script, places=replace(script.places, b=None))
    answer = [Result(holder, at) for at, _ in scripts.laid_out(weights, parameters)]
    return Request(script.function, tuple(steps), answer)


def start_alike(weights: Sequence[Any]) -> bool:
    """Do all units of some hidden layer have the same weights, going in and coming out?"""
    return any(
        w.shape[1] > 1 and np.ptp(w, axis=1).max() == 0 and np.ptp(after, axis=0).max() == 0
        for w, after in itertools.pairwise(weights)
    )
