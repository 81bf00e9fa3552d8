"""Layers that make their parameters anew in every forward pass, so that none can be put in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from checkgrad import compare
from checkgrad.child.request import Ask
from checkgrad.exercise import Probe
from checkgrad.reading.exchange import arguments, request
from checkgrad.reading.inquiry import Inquiry
from checkgrad.reading.recipe import Call
from checkgrad.reading.way import Way

MADE_ANEW = "it makes its parameters anew in every forward pass, whatever they were before"


def are_made_anew(one: Inquiry, ask: Ask) -> bool:
    """Is what was put into the object gone after its first call, and of no influence on what stands there then?"""
    asked = (way for way, given in one.answers.items() if any(a.returned for a in given))
    way = next((way for way in asked if _first_call(way)), None)
    if way is None:
        return False
    there = _looked_at(way)
    probe = one.topic.pilots[0]
    turned = _turned(one, probe)
    before = arguments(one.exercise, there, probe, one.topic.binary)["w"]
    answers = ask([request(one.candidate, there, p, one.topic.binary) for p in (probe, turned)])
    if any(not answer.returned or compare.not_numbers(answer.value) for answer in answers):
        return False
    kept, other = (np.asarray(answer.value, float) for answer in answers)
    return not np.array_equal(kept, before) and not np.array_equal(other, -kept)


def _first_call(way: Way) -> int:
    """The place of the first call after the weights were put in; 0 where there is none."""
    put = _weights(way)
    calls = [i for i, call in enumerate(way.recipe) if call.do == "call" and i > put > 0]
    return calls[0] if calls else 0


def _weights(way: Way) -> int:
    """The place of the call that puts the weights in; 0 where none does."""
    puts = [i for i, call in enumerate(way.recipe) if call.do == "set" and way.given[i] == ("w",)]
    return puts[-1] if puts else 0


def _looked_at(way: Way) -> Way:
    """The same up to that call, and what then stands where the first parameter was put."""
    first = _first_call(way)
    put = way.recipe[_weights(way)]
    made = tuple(replace(call, always=True) for call in way.recipe[: first + 1])
    return replace(
        way,
        recipe=(*made, Call(put.path, of=put.of, do="get")),
        given=(*way.given[: first + 1], ()),
    )


def _turned(one: Inquiry, probe: Probe) -> Probe:
    """The probe with the opposite weights."""
    roles = one.exercise.roles
    return tuple(-a if role == "w" else a for role, a in zip(roles, probe, strict=True))
