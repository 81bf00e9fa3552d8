"""What is asked of the worker under a way of asking, and what its answer says in canonical form."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.child.behaviour import Behaviour, Unsendable
from checkgrad.child.request import Request, Result, Step
from checkgrad.conventions.layout import SCALAR, SINGLE
from checkgrad.exercise import Exercise, Kind, Probe
from checkgrad.reading import form as forms
from checkgrad.reading import steps as optimising
from checkgrad.reading.objects import INPUTS, OUTPUTS
from checkgrad.reading.recipe import GROUPS, Candidate
from checkgrad.reading.signature import (
    ACTIVATED,
    CLASSES,
    COUNT,
    LARGE_RATE,
    SCORED,
    SCORED_BY,
    SQUASHED,
    UPSTREAM,
    Earlier,
    Fill,
    Several,
    Share,
    Token,
    built_on,
    leaves,
)
from checkgrad.reading.way import Way


def request(candidate: Candidate, way: Way, probe: Probe, binary: bool) -> Request:
    """The steps that answer *probe*: one round of the recipe, or one for each part of it."""
    steps: list[Step] = []
    answers = [_round(candidate, way, part, binary, steps) for part in split(candidate, way, probe)]
    return Request(candidate.function, tuple(steps), answers if is_split(way) else answers[0])


def is_split(way: Way) -> bool:
    """Is each sample, or each number, a call of its own?"""
    return way.form.layout in (SINGLE, SCALAR)


def split(candidate: Candidate, way: Way, probe: Probe) -> list[Probe]:
    """The probe as the calling wants it, in the parts each of which takes a round of its own."""
    probe = probe if way.form.integers else forms.one_hot(candidate.exercise, probe)
    turned = way.calling.arguments(*probe) if way.calling else probe
    return forms.parts(way.form, candidate.exercise, turned)


def _round(candidate: Candidate, way: Way, probe: Probe, binary: bool, steps: list[Step]) -> Any:
    values = arguments(candidate.exercise, way, probe, binary)
    numbers: dict[int, int] = {}
    for i in _needed(way):
        call = way.recipe[i]
        filled = tuple(_filled(token, values, numbers) for token in way.given[i])
        named = tuple((name, _filled(token, values, numbers)) for name, token in call.named)
        of = None if call.of is None else numbers[call.of]
        if call.do in GROUPS:
            return filled
        numbers[i] = len(steps)
        steps.append(Step(call.do, call.path, of, filled, named))
    return Result(numbers[len(way.recipe) - 1])


def _needed(way: Way) -> list[int]:
    """Which calls of the recipe have to be made: those that a later one builds on."""
    wanted = {len(way.recipe) - 1}
    for i in reversed(range(len(way.recipe))):
        call = way.recipe[i]
        if i in wanted or call.always:
            wanted |= {i, *(call for t in way.given[i] for call in built_on(t))}
            wanted |= set() if call.of is None else {call.of}
    return sorted(wanted)


def arguments(exercise: Exercise, way: Way, probe: Probe, binary: bool) -> dict[str, Any]:
    """What each role stands for in this way of asking."""
    values: dict[str, Any] = {
        role: forms.given(way.form, role, value, binary)
        for role, value in zip(exercise.roles, probe, strict=False)
    }
    named = (token for call in way.recipe for _, token in call.named)
    handed = {leaf for t in (*itertools.chain(*way.given), *named) for leaf in leaves(t)}
    return values if handed <= values.keys() else _besides(exercise, way, probe, binary) | values


def _besides(exercise: Exercise, way: Way, probe: Probe, binary: bool) -> dict[str, Any]:
    """What a function may ask for besides the roles: sizes, upstream weights, the squashed logits."""
    named = dict(zip(exercise.roles, probe, strict=False))
    lead = next((named[role] for role in "zyxw" if role in named), probe[0])
    shape, weights = np.shape(lead), np.shape(named.get("w", lead))
    found: dict[str, Any] = {
        COUNT: shape[0] if shape else 1,
        CLASSES: shape[-1] if shape else 1,
        INPUTS: weights[0] if "w" in named else shape[-1] if shape else 1,
        OUTPUTS: weights[-1] if weights else 1,
        UPSTREAM: forms.given(way.form, "z", forms.upstream(lead), binary),
    }
    if exercise.kind is Kind.UPDATE:
        found |= optimising.handed(named)
    if exercise.derivative and exercise.roles == ("z",):
        found[ACTIVATED] = forms.given(way.form, "y", exercise.derivative.of(*probe), binary)
    if exercise.derivative and len(exercise.base.roles) > 1 and exercise.from_above:
        whole = zip(exercise.base.roles, exercise.derivative.at(*probe), strict=False)
        found |= {role: forms.given(way.form, role, value, binary) for role, value in whole}
    if "z" in named and "t" in named and np.ndim(lead) == 2:
        found[SCORED_BY] = forms.given(way.form, "z", np.roll(lead, 1, axis=0), binary)
        found[SCORED] = forms.given(way.form, "x", np.roll(np.eye(len(lead)), 1, axis=1), binary)
    if "z" in named and "t" in named:
        fuses = exercise.base.fuses
        outputs = fuses[0](lead) if fuses else squashed(lead, binary)
        found[SQUASHED] = forms.given(way.form, "y", outputs, binary)
    return found


def squashed(z: Any, binary: bool) -> Any:
    """The probabilities of logits."""
    if binary:
        return 1 / (1 + np.exp(-z))
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _filled(token: Token, values: Mapping[str, Any], numbers: Mapping[int, int]) -> Any:
    if isinstance(token, Fill):
        return token.value
    if isinstance(token, Earlier):
        return Result(numbers[token.call], token.path)
    if isinstance(token, Share):
        return np.array_split(values[token.of], token.count)[token.number].copy()
    if isinstance(token, Several):
        members = [_filled(member, values, numbers) for member in token.members]
        return dict(zip(token.keys, members, strict=True)) if token.keys else members
    return values[token]


def read_back(candidate: Candidate, way: Way, behaviour: Behaviour, expected: Any) -> Behaviour:
    """Undo what *request* did to the layout; the numbers are untouched."""
    if not behaviour.returned:
        return behaviour
    try:
        value = _restored(candidate, way, behaviour.value, expected)
    except (ValueError, TypeError, IndexError):
        value = Unsendable("values that do not fit together")
    mutated = _roles_at(candidate.exercise, way, behaviour.mutated)
    return replace(behaviour, value=_tidy(value), mutated=mutated)


def _roles_at(exercise: Exercise, way: Way, positions: tuple[int, ...]) -> tuple[int, ...]:
    """Which roles stand at these positions of the last call; an upstream gradient is nobody's input."""
    tokens = next((given for given in reversed(way.given) if given), ())
    named = [tokens[p] for p in positions if p < len(tokens)]
    return tuple(i for i, role in enumerate(exercise.roles) if role in named)


def _tidy(value: Any) -> Any:
    """*value*, its members that are neither numbers nor arrays described."""
    if not isinstance(value, list | tuple):
        return value
    return type(value)(v if compare.are_numbers(v) else _described(v) for v in value)


def _described(value: Any) -> Any:
    several = isinstance(value, list | tuple | dict)
    return Unsendable(f"a {type(value).__name__}") if several else value


def _restored(candidate: Candidate, way: Way, value: Any, expected: Any) -> Any:
    if way.recipe[-1].do == "moved":
        value = [_moved(v) for v in value] if is_split(way) else _moved(value)
    if way.recipe[-1].do == "join":
        return _put_together(value)
    if is_split(way):
        value = _gathered(candidate, way, [_member(candidate, v) for v in value], expected)
    else:
        value = _canonical(candidate, way, _member(candidate, value), expected)
        if any(UPSTREAM in given for given in way.given):
            value = _without_upstream(value, expected)
        if any(SCORED in given for given in way.given) and np.ndim(expected) == 2:
            value = np.roll(value, -1, axis=0) if np.ndim(value) == 2 else value
    return value


def _moved(answer: Any) -> Any:
    """The answer, with what each parameter moved by, over the rate, in the place of before and after."""
    return tuple(
        (pair[0] - pair[1]) / LARGE_RATE if isinstance(pair, list) and len(pair) == 2 else pair
        for pair in answer
    )


def _put_together(parts: Any) -> Any:
    """The parts of the parameters as one array; one part is itself."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _member(candidate: Candidate, value: Any) -> Any:
    several = isinstance(value, list | tuple) and candidate.item is not None
    return value[candidate.item] if several and len(value) > candidate.item else value  # type: ignore[operator]


def _gathered(candidate: Candidate, way: Way, values: list[Any], expected: Any) -> Any:
    """The answers to the parts as one: a gradient of what all parts share is their sum."""
    if not isinstance(expected, tuple):
        return _joined(values, expected, way)
    groups = [_grouped(value) for value in values]
    if any(group is None or len(group) != len(expected) for group in groups):
        return values
    members = [[group[k] for group in groups if group] for k in way.members or range(len(expected))]
    names = member_names(candidate.exercise) or [""] * len(expected)
    return tuple(
        _joined(parts, due, way) if name in forms.SAMPLED else _added(parts, due, way, name)
        for parts, due, name in zip(members, expected, names, strict=False)
    )


def _added(parts: list[Any], due: Any, way: Way, name: str) -> Any:
    if _hold_lists(parts, way):
        return parts
    total = sum(np.asarray(part) for part in parts)
    return forms.returned(way.form, total, due, name == "w")


def _hold_lists(values: list[Any], way: Way) -> bool:
    """Did a function that was given arrays answer in lists?"""
    return not way.form.lists and any(isinstance(v, list | tuple) for v in values)


def _joined(values: list[Any], expected: Any, way: Way) -> Any:
    """The answers to the parts as one array, if they fit together."""
    if _hold_lists(values, way):
        return values
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
    names = member_names(exercise) or [""] * len(expected)
    weights = [name == "w" for name in names[: len(expected)]]
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
        value = list(value.values())
    return list(_tidy(value)) if isinstance(value, list | tuple) else None


def ordered(candidate: Candidate, way: Way, value: Any, expected: Any) -> Way:
    """The way with the order in which *value* groups its members, where their shapes tell it."""
    if way.recipe[-1].do in ("moved", "join"):
        return way
    split = is_split(way) and isinstance(value, list) and value
    members = _grouped(_member(candidate, value[0] if split else value))
    if not isinstance(expected, tuple) or members is None or len(members) != len(expected):
        return way
    if split:
        names = member_names(candidate.exercise) or [""] * len(expected)
        expected = tuple(
            e[0] if name in forms.SAMPLED else e for name, e in zip(names, expected, strict=False)
        )
    for order in itertools.permutations(range(len(members))):
        arranged = _arranged(candidate.exercise, way, [members[k] for k in order], expected)
        if all(np.shape(a) == np.shape(e) for a, e in zip(arranged, expected, strict=True)):
            return replace(way, members=order)
    return way


def _without_upstream(value: Any, expected: Any) -> Any:
    if not isinstance(value, np.ndarray) or value.shape != np.shape(expected):
        return value
    return value / forms.upstream(value)
