"""What is no evidence of a mistake: code that could not be reached, and code that is not written yet."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.child.behaviour import Behaviour, Unsendable
from checkgrad.exercise import Kind
from checkgrad.reading.exchange import is_split
from checkgrad.reading.inquiry import Inquiry
from checkgrad.reading.recipe import Candidate, last_name
from checkgrad.reading.signature import Fill
from checkgrad.reading.topic import shape_of
from checkgrad.reading.way import Way
from checkgrad.words.messages import FLAT, NO_ARRAY, NO_OBJECT, REFUSED, heard

MISSING = "NotHere"  # what a stand-in for a library raises
MORE_AXES = "it takes arrays of more axes than samples and classes"


def wants_objects(answers: Iterable[Behaviour]) -> bool:
    """Does it take, or give, objects of a kind of its own wherever it is handed arrays?"""
    given = list(answers)
    return bool(given) and all(map(_met_no_object, given))


def _met_no_object(answer: Behaviour) -> bool:
    if answer.returned:
        members = answer.value if isinstance(answer.value, list | tuple) else [answer.value]
        return any(isinstance(m, Unsendable) and m.is_object for m in members)
    return bool(heard(answer, NO_ARRAY))


def of(one: Inquiry) -> str:
    """What kept every way of asking from the code itself, as the rest of a sentence; "" where one got there."""
    answers = [a for way, given in one.answers.items() for a in given if not way.form.lists]
    if any(answer.returned for answer in answers):
        return _fixed_size(one) or _weights(one) or _one_less(one)
    if _lacks_a_cache(one.candidate):
        return "it takes the cache of a forward function that is not here"
    if lacking := next(filter(None, (heard(answer, NO_OBJECT) for answer in answers)), None):
        return f"it goes on with an object that is not known here, of which it calls `{lacking[1]}`"
    batches = [a for way, given in one.answers.items() for a in given if not is_split(way)]
    if batches and all(_met(one.candidate, answer) == MORE_AXES for answer in batches):
        return MORE_AXES
    if (
        answers
        and all(map(_stops_at_nothing, answers))
        and all(map(_is_handed_nothing, one.answers))
    ):
        return "its constructor needs arguments that are not known here"
    met = [_met(one.candidate, answer) for answer in answers]
    missing = [what for what, answer in zip(met, answers, strict=True) if answer.raised == MISSING]
    return next(iter(missing), met[0] if met and all(met) else "")


def _is_handed_nothing(way: Way) -> bool:
    """Is None handed over for what nobody knows?"""
    handed = itertools.chain(*way.given)
    return any(isinstance(token, Fill) and token.value is None for token in handed)


def _stops_at_nothing(answer: Behaviour) -> bool:
    return "NoneType" in answer.message


def _lacks_a_cache(candidate: Candidate) -> bool:
    """Does it take what a forward function would have kept, and is there none?"""
    caches = any("cache" in name.lower() for name in candidate.recipes[0][-1].names)
    return caches and all(len(recipe) == 1 for recipe in candidate.recipes)


def _weights(one: Inquiry) -> str:
    """The gradient of the weights of a softmax regression, x.T @ error, is often called softmax_grad."""
    if one.exercise.kind is not Kind.ACTIVATION or not one.exercise.from_above:
        return ""
    dy, z = one.topic.pilots[0]
    for way, (answer, *_) in one.answers.items():
        product = z.T @ dy if way.order == ("z", "dy") else dy.T @ z
        if answer.returned and shape_of(answer.value) == product.shape:
            ratio = np.asarray(answer.value) / product
            if np.allclose(ratio, ratio[0, 0]):
                return "it gives the gradient of the weights, not that of the logits"
    return ""


def _one_less(one: Inquiry) -> str:
    """Where the bias is kept among the units, the way back leaves it out."""
    first = one.topic.expected(one.topic.rights[0], "", 0)
    given = [answers[0].value for answers in one.answers.values() if answers[0].returned]
    if isinstance(first, tuple) or np.size(first) < 2 or any(map(compare.not_numbers, given)):
        return ""
    less = all(np.size(value) == np.size(first) - 1 for value in given)
    return "it gives one number less than it is given" if less and given else ""


def _fixed_size(one: Inquiry) -> str:
    """Code for ten classes gives ten places whatever it is asked."""
    pilots = range(len(one.topic.pilots))
    due = [shape_of(one.topic.expected(one.topic.rights[0], "", pilot)) for pilot in pilots]
    answers = [answer for given in one.answers.values() for answer in given if answer.returned]
    if len(due) < 2 or any(len(shape) != 2 or isinstance(shape[0], tuple) for shape in due):
        return ""
    common = set.intersection(*(_sizes(answer.value) for answer in answers))
    fixed = common - {1} - {size for shape in due for size in shape}
    return f"it gives {max(fixed)} places whatever the number of classes" if fixed else ""


def _sizes(value: Any) -> set[int]:
    """The sizes of an array, or of the first of several."""
    first = value[0] if isinstance(value, list | tuple) and value else value
    return set() if compare.not_numbers(first) else set(np.shape(first))


def _met(candidate: Candidate, answer: Behaviour) -> str:
    """What one call met before it could be right or wrong."""
    if answer.raised == MISSING:
        return answer.message.partition(";")[0]
    if heard(answer, FLAT):
        return MORE_AXES
    said = heard(answer, REFUSED)
    if said and said[1] in (last_name(candidate.function), "__init__"):
        return "it needs arguments that are not known here"
    return ""


def is_unwritten(one: Inquiry) -> bool:
    """Does it only give zeros, or back what it was given, as a start that was never finished?"""
    due = one.topic.rights[0]
    values = [
        (one.value(way, pilot, one.expected(due, way, pilot)), one.topic.pilots[pilot][0])
        for way, answers in one.answers.items()
        for pilot, answer in enumerate(answers)
        if answer.returned and way.calling is None
    ]
    alone = len(one.exercise.roles) == 1
    return bool(values) and (
        all(_is_zero(value) for value, _ in values)
        or alone
        and all(_is_the_same(value, given) for value, given in values)
    )


def _is_zero(value: Any) -> bool:
    members = value if isinstance(value, tuple) else (value,)
    return not any(compare.not_numbers(m) or np.any(m) for m in members)


def _is_the_same(value: Any, given: Any) -> bool:
    return not compare.not_numbers(value) and np.array_equal(np.ravel(value), np.ravel(given))
