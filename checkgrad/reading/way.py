"""A way to ask a function: in which form, in which order, by which steps; and a Reading, the way that was chosen."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.request import Request, Result, Step
from checkgrad.exercise import Calling, Exercise, Formula, Probe
from checkgrad.reading import form as forms
from checkgrad.reading.candidate import Candidate, Recipe
from checkgrad.reading.form import COLUMNS, ROWS, SCALAR, SINGLE, Form
from checkgrad.reading.signature import CLASSES, COUNT, UPSTREAM, Earlier, Fill, Token, Tokens

WORDS = {
    ("labels", "integers"): "labels as integers",
    ("layout", COLUMNS): "samples in columns",
    ("layout", SINGLE): "one sample at a time",
    ("layout", SCALAR): "one number at a time",
    ("shape", "(N, 1)"): "one column for the samples",
    ("weights", "(out, in)"): "weights as (out, in)",
    ("reduction", "sum"): "summed over the samples",
    ("reduction", "mean"): "averaged over the samples",
    ("reduction", "none"): "one value for each sample",
    ("reduction", "cells"): "averaged over all cells",
    ("argument", "activation"): "given the activation",
    ("argument", "logits"): "given logits",
    ("argument", "probabilities"): "given probabilities",
    ("sign", "negative"): "with the opposite sign",
}


@dataclass(frozen=True)
class Way:
    """One way to ask a candidate: a recipe with what each call is given, the calling and the form."""

    recipe: Recipe
    given: tuple[Tokens, ...]
    form: Form
    calling: Calling | None = None
    members: tuple[int, ...] = ()  # the order in which a group of results is returned


@dataclass(frozen=True)
class Reading:
    """How a function was understood.

    convention: what differs from the canonical way, "layout" -> "columns"; note: the same in words.
    formula: the right formula under this reading; right: do the values agree with it on the pilot probes?
    """

    candidate: Candidate
    way: Way
    convention: dict[str, str]
    note: str
    formula: Formula
    right: bool
    binary: bool = field(default=False, compare=False)

    def request(self, probe: Probe) -> Request:
        """What to ask the worker for a canonical probe."""
        return request(self.candidate, self.way, probe, self.binary)

    def read(self, probe: Probe, behaviour: Behaviour) -> Behaviour:
        """The answer, its value brought to the canonical layout."""
        with np.errstate(all="ignore"):
            expected = self.formula(*probe)
        return read_back(self.candidate, self.way, behaviour, expected)


def ways(candidate: Candidate, pilots: Sequence[Probe], pinned: Mapping[str, str]) -> list[Way]:
    """Every way to ask *candidate* that *pinned* leaves open, the most natural first."""
    exercise = candidate.exercise
    found = []
    for (i, recipe), (j, calling), (k, form) in itertools.product(
        enumerate(candidate.recipes),
        enumerate(callings(exercise, pinned)),
        enumerate(form_choices(exercise, pilots, pinned)),
    ):
        for given in itertools.product(*(call.takes for call in recipe)):
            turned = sum(g != call.takes[0] for g, call in zip(given, recipe, strict=True))
            rarity = min(i, 1) + min(j, 1) + turned + _rarity(form)
            found.append((rarity, j, turned, k, Way(recipe, given, form, calling)))
    return [way for *_, way in sorted(found, key=lambda entry: entry[:4])]


def _rarity(form: Form) -> int:
    single = 3 if form.layout in (SINGLE, SCALAR) else 0
    return len(form.convention) + single


def callings(exercise: Exercise, pinned: Mapping[str, str]) -> list[Calling | None]:
    """The canonical way to be called and the registered others, as far as they are not ruled out."""
    return permitted(exercise.callings, pinned)


class Choice(Protocol):
    """Something registered under a convention: a variant or a calling."""

    @property
    def convention(self) -> dict[str, str]: ...


T = TypeVar("T", bound=Choice)


def permitted(alternatives: Sequence[T], pinned: Mapping[str, str]) -> list[T | None]:
    """None (the canonical one) and *alternatives*; a pinned choice leaves only what agrees with it."""
    found = [a for a in alternatives if agrees(a.convention, pinned)]
    named = any(pinned.get(key) == value for a in found for key, value in a.convention.items())
    return [*found] if named else [None, *found]


def agrees(convention: Mapping[str, str], pinned: Mapping[str, str]) -> bool:
    """Does a choice say nothing else than what is pinned?"""
    return all(pinned.get(key, value) == value for key, value in convention.items())


def form_choices(
    exercise: Exercise, pilots: Sequence[Probe], pinned: Mapping[str, str]
) -> list[Form]:
    """The forms in which the arguments may be handed over, the most natural first."""
    choices = [
        Form(layout, integers, upright, weights)
        for layout in _layouts(exercise, pilots)
        for integers in ((False, True) if _has_labels(exercise, pilots) else (False,))
        for upright in (
            (False, True) if _is_vector(exercise, pilots) and layout == ROWS else (False,)
        )
        for weights in (
            ("(in, out)", "(out, in)")
            if "w" in exercise.roles and "x" in exercise.roles
            else ("(in, out)",)
        )
    ]
    return [form for form in choices if _form_agrees(form, pinned)]


def _form_agrees(form: Form, pinned: Mapping[str, str]) -> bool:
    canonical = {"layout": ROWS, "labels": "one-hot", "weights": "(in, out)"}
    return agrees(
        {**canonical, **form.convention}, {k: v for k, v in pinned.items() if k in canonical}
    )


def _layouts(exercise: Exercise, pilots: Sequence[Probe]) -> list[str]:
    if not any(role in forms.SAMPLED for role in exercise.roles) or not pilots:
        return [ROWS]
    if insensitive(exercise, pilots):
        return [ROWS, SCALAR]
    return [ROWS, COLUMNS, SINGLE]


def insensitive(exercise: Exercise, pilots: Sequence[Probe]) -> bool:
    """Is the exercise elementwise, so that rows and columns are the same to it?"""
    return len(exercise.roles) == 1 and all(_commutes(exercise, probe) for probe in pilots)


def _commutes(exercise: Exercise, probe: Probe) -> bool:
    if np.ndim(probe[0]) != 2:
        return np.shape(exercise(*probe)) == np.shape(probe[0])
    turned = np.asarray(exercise(np.ascontiguousarray(probe[0].T)))
    same: bool = turned.ndim == 2 and np.allclose(turned.T, exercise(*probe))
    return same


def _has_labels(exercise: Exercise, pilots: Sequence[Probe]) -> bool:
    return any(
        role == "t" and np.ndim(a) == 2 and np.shape(a)[1] > 1
        for probe in pilots
        for role, a in zip(exercise.roles, probe, strict=False)
    )


def _is_vector(exercise: Exercise, pilots: Sequence[Probe]) -> bool:
    return any(forms.is_binary(exercise, probe) and np.ndim(probe[0]) == 1 for probe in pilots)


def request(candidate: Candidate, way: Way, probe: Probe, binary: bool) -> Request:
    """The steps that answer *probe*: one round of the recipe, or one for each part of it."""
    steps: list[Step] = []
    answers = [_round(candidate, way, part, binary, steps) for part in split(candidate, way, probe)]
    return Request(candidate.function, tuple(steps), answers if _is_split(way) else answers[0])


def _is_split(way: Way) -> bool:
    return way.form.layout in (SINGLE, SCALAR)


def split(candidate: Candidate, way: Way, probe: Probe) -> list[Probe]:
    """The probe as its parts, each of which takes a round of its own."""
    return forms.parts(way.form, candidate.exercise, probe)


def _round(candidate: Candidate, way: Way, probe: Probe, binary: bool, steps: list[Step]) -> Result:
    values = arguments(candidate.exercise, way, probe, binary)
    numbers: dict[int, int] = {}
    for i in _needed(way):
        call = way.recipe[i]
        filled = tuple(_filled(token, values, numbers) for token in way.given[i])
        named = tuple((name, _filled(token, values, numbers)) for name, token in call.named)
        of = None if call.of is None else numbers[call.of]
        numbers[i] = len(steps)
        steps.append(Step(call.do, call.path, of, filled, named))
    return Result(numbers[len(way.recipe) - 1])


def _needed(way: Way) -> list[int]:
    """Which calls of the recipe have to be made: those that a later one builds on."""
    wanted = {len(way.recipe) - 1}
    for i in reversed(range(len(way.recipe))):
        call = way.recipe[i]
        if i in wanted or call.always:
            wanted |= {i, *(t.call for t in way.given[i] if isinstance(t, Earlier))}
            wanted |= {call.of} - {None} if call.of is not None else set()
    return sorted(wanted)


def arguments(exercise: Exercise, way: Way, probe: Probe, binary: bool) -> dict[str, Any]:
    """What each role stands for in this way of asking."""
    probe = probe if way.form.integers else forms.one_hot(exercise, probe)
    turned = way.calling.arguments(*probe) if way.calling else probe
    values = {
        role: forms.given(way.form, role, value, binary)
        for role, value in zip(exercise.roles, turned, strict=False)
    }
    lead = next(
        (a for role, a in zip(exercise.roles, probe, strict=False) if role in "zyxw"), probe[0]
    )
    shape = np.shape(lead)
    values.setdefault(COUNT, shape[0] if shape else 1)
    values.setdefault(CLASSES, shape[-1] if shape else 1)
    values[UPSTREAM] = forms.given(way.form, "z", forms.upstream(lead), binary)
    return values


def _filled(token: Token, values: Mapping[str, Any], numbers: Mapping[int, int]) -> Any:
    if isinstance(token, Fill):
        return token.value
    if isinstance(token, Earlier):
        return Result(numbers[token.call], token.path)
    return values[token]


def read_back(candidate: Candidate, way: Way, behaviour: Behaviour, expected: Any) -> Behaviour:
    """Undo what *request* did to the layout; the numbers are untouched."""
    if not behaviour.returned:
        return behaviour
    value = behaviour.value
    if _is_split(way):
        value = _joined([_member(candidate, v) for v in value], expected)
    else:
        value = _canonical(candidate, way, _member(candidate, value), expected)
        if any(UPSTREAM in given for given in way.given):
            value = _without_upstream(value, expected)
    return replace(behaviour, value=value)


def _member(candidate: Candidate, value: Any) -> Any:
    several = isinstance(value, list | tuple) and candidate.item is not None
    return value[candidate.item] if several and len(value) > candidate.item else value  # type: ignore[operator]


def _joined(values: list[Any], expected: Any) -> Any:
    """The answers to the parts as one array, if they fit together."""
    arrays = [np.asarray(v) for v in values]
    if any(a.dtype.kind not in "biuf" for a in arrays) or len({a.shape for a in arrays}) > 1:
        return values
    stacked = np.stack(arrays) if len(arrays) > 1 else arrays[0]
    return stacked.reshape(np.shape(expected)) if stacked.size == np.size(expected) else stacked


def _canonical(candidate: Candidate, way: Way, value: Any, expected: Any) -> Any:
    if not isinstance(expected, tuple):
        return forms.returned(way.form, value, expected)
    members = _grouped(value)
    if members is None or len(members) != len(expected):
        return value
    order = way.members or range(len(members))
    return _arranged(candidate.exercise, way, [members[k] for k in order], expected)


def _arranged(
    exercise: Exercise, way: Way, members: list[Any], expected: tuple[Any, ...]
) -> tuple[Any, ...]:
    weights = [name == "w" for name in member_names(exercise)] or [False] * len(expected)
    return tuple(
        forms.returned(way.form, *member) for member in zip(members, expected, weights, strict=True)
    )


def member_names(exercise: Exercise) -> list[str]:
    """What the members of a group of gradients are gradients of: x, w and b."""
    derivative = exercise.derivative
    return [derivative.of.roles[i] for i in derivative.wrt] if derivative else []


def _grouped(value: Any) -> list[Any] | None:
    """The members of a list, a tuple or a dict."""
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else None


def ordered(candidate: Candidate, way: Way, value: Any, expected: Any) -> Way:
    """The way with the order in which *value* groups its members, where their shapes tell it."""
    members = _grouped(_member(candidate, value))
    if not isinstance(expected, tuple) or members is None or len(members) != len(expected):
        return way
    for order in itertools.permutations(range(len(members))):
        arranged = _arranged(candidate.exercise, way, [members[k] for k in order], expected)
        if all(np.shape(a) == np.shape(e) for a, e in zip(arranged, expected, strict=True)):
            return replace(way, members=order)
    return way


def _without_upstream(value: Any, expected: Any) -> Any:
    if not isinstance(value, np.ndarray) or value.shape != np.shape(expected):
        return value
    return value / forms.upstream(value)


def one_by_one(formula: Formula, candidate: Candidate, way: Way) -> Formula:
    """The formula under a way that asks for each sample alone."""
    if way.form.layout != SINGLE:
        return formula

    def alone(*probe: Any) -> Any:
        rows = [formula(*part) for part in forms.rows(candidate.exercise, probe)]
        return np.concatenate(rows) if np.ndim(rows[0]) else np.array(rows)

    return alone


def convention(exercise: Exercise, way: Way, variant: Mapping[str, str]) -> dict[str, str]:
    """What the reading says: the calling, the form, the variant, and an unusual order of the arguments."""
    called = way.calling.convention if way.calling else {}
    found = {**called, **way.form.convention, **variant}
    order = [token for token in way.given[-1] if isinstance(token, str) and token in exercise.roles]
    usual = sorted(order, key=exercise.roles.index)
    return found | ({"order": ", ".join(order)} if order != usual else {})


def in_words(found: Mapping[str, str]) -> str:
    """A convention in plain words: "labels as integers, samples in columns"."""
    said = (
        f"arguments in the order {value}"
        if key == "order"
        else WORDS.get((key, value), f"{key}: {value}")
        for key, value in found.items()
    )
    return ", ".join(said)
