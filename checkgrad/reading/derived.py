"""Exercises made of others under the same name: the part of an answer that one method gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache, wraps
from typing import Any

from checkgrad.exercise import Exercise, Formula


@cache
def part_of(exercise: Exercise, members: tuple[int, ...]) -> Exercise:
    """The exercise whose answer is these members of the answer of *exercise*; of one member, itself."""
    assert exercise.derivative

    def cut(formula: Formula) -> Formula:
        @wraps(formula)
        def some(*probe: Any) -> Any:
            found = formula(*probe)
            return found[members[0]] if len(members) == 1 else tuple(found[i] for i in members)

        return some

    def all_cut(formulas: Iterable[Formula]) -> tuple[Formula, ...]:
        return tuple(map(cut, formulas))

    derivative = exercise.derivative
    return replace(
        exercise,
        formula=cut(exercise.formula),
        derivative=replace(derivative, wrt=tuple(derivative.wrt[i] for i in members)),
        returns=tuple(exercise.returns[i] for i in members) if len(members) > 1 else (),
        misconceptions=[
            replace(m, formula=cut(m.formula), also=all_cut(m.also))
            for m in exercise.misconceptions
        ],
        variants=[replace(v, formula=cut(v.formula)) for v in exercise.variants],
        laws=[],
        compositions=[],
        shorter=None,
        calculation=None,
    )
