"""Exercises made of others under the same name: a part of an answer, the gradient by the logits behind the outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, wraps
from typing import Any

from checkgrad.exercise import Derivative, Exercise, Formula, Misconception, named


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


@cache
def through(slope: Exercise, squash: Exercise, of_squash: Exercise) -> Exercise:
    """The gradient of a loss of outputs by the logits that *squash* makes these outputs of."""
    assert slope.derivative
    loss = slope.derivative.of

    def composed(formula: Formula) -> Formula:
        def in_logits(z: Any, t: Any) -> Any:
            return formula(squash(z), t) * of_squash(z)

        return named(formula.__name__, formula.__doc__ or "", in_logits)

    def loss_of_logits(z: Any, t: Any) -> Any:
        return loss(squash(z), t)

    def mistaken(mistake: Callable[[Any], Any]) -> tuple[Formula, ...]:
        """A slope of the outputs that is another one, in every right form of the gradient."""
        forms = (slope.formula, *(variant.formula for variant in slope.variants))
        return tuple(lambda z, t, f=f: f(squash(z), t) * mistake(z) for f in forms)

    whole = replace(loss, formula=loss_of_logits, fuses=(squash, loss), variants=[], laws=[])
    told = [
        Misconception(name, formula, said, hint, also=tuple(also))
        for name, said, hint, mistake in (
            (
                "took_the_slope_at_the_outputs",
                "The slope of the outputs is taken at the outputs instead of at the logits.",
                "At which values has the slope of the outputs to be taken?",
                lambda z: of_squash(squash(z)),
            ),
            (
                "left_out_the_slope_of_the_outputs",
                "The slope of the outputs is left out, as if they were the logits.",
                "What stands between the logits and the outputs?",
                lambda z: 1.0,
            ),
        )
        for formula, *also in [mistaken(mistake)]
    ]
    return replace(
        slope,
        formula=composed(slope.formula),
        derivative=Derivative(whole, at=lambda z, t: (z, t)),
        variants=[replace(v, formula=composed(v.formula)) for v in slope.variants],
        misconceptions=[
            *told,
            *(replace(m, formula=composed(m.formula), also=()) for m in slope.misconceptions),
        ],
        laws=[],
        compositions=[],
        calculation=None,
        derivation=(),
    )


@cache
def activated(exercise: Exercise, slope: Exercise) -> Exercise:
    """An affine layer, or its way back, with the activation of *slope* behind it."""
    squash, derivative = slope.base, exercise.derivative
    if derivative is None:

        def outside(formula: Formula) -> Formula:
            return wraps(formula)(lambda *probe: squash(formula(*probe)))

        return _with_formulas(exercise, outside)
    before = derivative.of

    def inside(formula: Formula) -> Formula:
        def back(dout: Any, *rest: Any) -> Any:
            return formula(dout * slope(before(*derivative.at(dout, *rest))), *rest)

        return wraps(formula)(back)

    found = _with_formulas(exercise, inside)
    forgotten = Misconception(
        "left_out_the_slope_of_the_activation",
        exercise.formula,
        "The gradient from above is used as it is, without the slope of the activation.",
        "What does the gradient pass first on its way back through this layer?",
    )
    return replace(
        found,
        derivative=replace(derivative, of=activated(before, slope)),
        misconceptions=[forgotten, *found.misconceptions],
    )


def _with_formulas(exercise: Exercise, change: Callable[[Formula], Formula]) -> Exercise:
    """The exercise with every formula changed, and without what else is known of it."""
    return replace(
        exercise,
        formula=change(exercise.formula),
        variants=[replace(v, formula=change(v.formula)) for v in exercise.variants],
        misconceptions=[
            replace(m, formula=change(m.formula), also=tuple(map(change, m.also)))
            for m in exercise.misconceptions
        ],
        laws=[],
        compositions=[],
        shorter=None,
        calculation=None,
        derivation=(),
    )
