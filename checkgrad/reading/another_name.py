"""What goes by the name of another exercise: a `sigmoid` that is tanh beside the slope of tanh, a loss of other outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from checkgrad.child.request import Ask
from checkgrad.exercise import Exercise, Kind
from checkgrad.exercises import ALL, fused
from checkgrad.reading.probing import read
from checkgrad.reading.reading import Reading
from checkgrad.reading.recipe import Call, Candidate
from checkgrad.reading.signature import Token

KINDS = (Kind.ACTIVATION, Kind.LOSS)


def by_another_name(
    found: Mapping[Candidate, Reading], is_pinned: Callable[[str], bool], ask: Ask, seed: int
) -> dict[Candidate, Reading]:
    """The readings of values that are not what they are called, and right as another exercise with all their slopes.

    A value alone may be a mistake; that its slopes are of the same other thing was meant.
    """
    again: dict[Candidate, Reading] = {}
    for value in found:
        exercise, reading = value.exercise, found[value]
        if reading.right or exercise.derivative or exercise.kind not in KINDS:
            continue
        slopes = [c for c in found if c.exercise.derivative and c.exercise.base is exercise]
        if not slopes or any(is_pinned(c.exercise.name) for c in (value, *slopes)):
            continue
        for other in ALL:
            if other is not exercise and _is_all_of(other, value, slopes, ask, seed):
                lost = [c for c in (value, *slopes) if not found[c].right]
                again |= {c: replace(found[c], instead=other.name) for c in lost}
                break
    return again


def _is_all_of(
    other: Exercise, value: Candidate, slopes: list[Candidate], ask: Ask, seed: int
) -> bool:
    """Are a value and each of its slopes right as *other*, or as its slopes?"""
    if other.kind is not value.exercise.kind or other.derivative:
        return False
    as_value = _taken_for(other, value)
    if as_value is None or not _right([as_value], ask, seed):
        return False
    return all(_right(list(_as_slopes(other, slope)), ask, seed) for slope in slopes)


def _as_slopes(other: Exercise, slope: Candidate) -> Iterator[Candidate]:
    """A slope as each of those of *other*, and of the loss in which that is put together with its outputs."""
    for exercise in ALL:
        of_other = exercise.derivative and exercise.base in (other, fused(other))
        if of_other and (taken := _taken_for(exercise, slope)):
            yield taken


def _right(candidates: list[Candidate], ask: Ask, seed: int) -> bool:
    """Is one of them right?"""
    return any(r.right for r in read(candidates, ask, seed=seed).values())


def _taken_for(exercise: Exercise, candidate: Candidate) -> Candidate | None:
    """The candidate with its arguments in the same places as those of another exercise; None where there are others."""
    if len(exercise.roles) != len(candidate.exercise.roles):
        return None
    roles = dict(zip(candidate.exercise.roles, exercise.roles, strict=True))

    def renamed(token: Token) -> Token:
        return roles.get(token, token) if isinstance(token, str) else token

    def turned(call: Call) -> Call:
        takes = tuple(tuple(map(renamed, tokens)) for tokens in call.takes)
        return replace(call, takes=takes, named=tuple((n, renamed(t)) for n, t in call.named))

    recipes = tuple(tuple(map(turned, recipe)) for recipe in candidate.recipes)
    return replace(candidate, exercise=exercise, recipes=recipes)
