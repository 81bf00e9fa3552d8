"""An activation by the name of another one: a `sigmoid` that is tanh, with the slope of tanh beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from checkgrad.exercise import Exercise, Kind
from checkgrad.exercises import ALL
from checkgrad.reading.probing import Ask, read
from checkgrad.reading.reading import Reading
from checkgrad.reading.recipe import Candidate


def by_another_name(
    found: Mapping[Candidate, Reading], is_pinned: Callable[[str], bool], ask: Ask, seed: int
) -> dict[Candidate, Reading]:
    """The readings of values and slopes that are not what they are called, and both right as another activation.

    One alone may be a mistake; that both are the same other thing was meant.
    """
    again: dict[Candidate, Reading] = {}
    for value, slope in _pairs(found, is_pinned):
        for other in ALL:
            as_other = _taken_for(other, value, slope)
            if as_other and all(r.right for r in read(as_other, ask, seed=seed).values()):
                again |= {c: replace(found[c], instead=other.name) for c in (value, slope)}
                break
    return again


def _pairs(
    found: Mapping[Candidate, Reading], is_pinned: Callable[[str], bool]
) -> Iterator[tuple[Candidate, Candidate]]:
    """Activations and slopes of them that are both not right and nowhere asked for."""
    lost = [c for c, r in found.items() if not r.right and not is_pinned(c.exercise.name)]
    values = [c for c in lost if c.exercise.kind is Kind.ACTIVATION and not c.exercise.derivative]
    for value in values:
        slopes = (c.exercise.derivative for c in lost)
        for slope, derivative in zip(lost, slopes, strict=True):
            if derivative and derivative.of is value.exercise:
                yield value, slope


def _taken_for(other: Exercise, value: Candidate, slope: Candidate) -> list[Candidate]:
    """The two candidates as value and slope of another activation; [] where it has none of this kind."""
    if other.kind is not Kind.ACTIVATION or other is value.exercise or other.derivative:
        return []
    for exercise in ALL:
        derivative = exercise.derivative
        same = exercise.roles == slope.exercise.roles and other.roles == value.exercise.roles
        if same and derivative and derivative.of is other:
            return [replace(value, exercise=other), replace(slope, exercise=exercise)]
    return []
