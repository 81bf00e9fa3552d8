"""What must be one choice for a whole module: layout, sign, weight orientation; found by what its functions need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from checkgrad.conventions.layout import COLUMNS, ROWS
from checkgrad.exercise import Exercise, Kind
from checkgrad.exercises import fused
from checkgrad.reading.inquiry import Chooser, Inquiry, is_alone
from checkgrad.reading.recipe import last_name
from checkgrad.reading.topic import STEPS, Right, manner
from checkgrad.reading.way import Way
from checkgrad.words.messages import NO_BROADCAST, heard

NATURAL = (ROWS, "positive", "(in, out)", "of the true class", "one half", "usual", "added")


def settle(inquiries: Sequence[Inquiry]) -> None:
    """Drop the readings that contradict what the rest of the module shows."""
    _settle_orders(inquiries)
    for one in inquiries:
        if not one.candidate.taken_up:
            one.keep(uphill, "positive")
    for custom in (turned, downhill):
        _settle_customs(inquiries, custom)
    for choice in (layout, sign, weights, factor_of_penalty, *map(argument, _losses(inquiries))):
        if winner := _agree(inquiries, choice):
            for one in inquiries:
                one.layout = winner if choice is layout else one.layout
                one.weights = winner if choice is weights else one.weights
    for family in _families(inquiries):
        _agree(family, kind_of_loss)
        _agree(family, bias)
    _settle_fused(inquiries)
    _settle_followers(inquiries)


def _agree(inquiries: Sequence[Inquiry], choice: Chooser) -> str:
    """Keep what agrees with the choice of most; return it, "" where it is open."""
    winner = _elect(inquiries, choice)
    for one in inquiries if winner else ():
        one.keep(choice, winner)
    return winner


def _families(inquiries: Sequence[Inquiry]) -> list[list[Inquiry]]:
    """The functions of each class together, and those of no class."""
    found: dict[str, list[Inquiry]] = {}
    for one in inquiries:
        found.setdefault(one.candidate.function.rpartition(".")[0], []).append(one)
    return list(found.values())


def columns_are_needed(inquiries: Sequence[Inquiry]) -> bool:
    """Is there a function that is right only with samples in columns?"""
    return any(one.fits and _needs(one, layout) == {COLUMNS} for one in inquiries)


def batches_are_needed(inquiries: Sequence[Inquiry]) -> bool:
    """Is there a function that is right for batches only?"""
    return any(is_for_batches(one) and not one.alone for one in inquiries)


def is_for_batches(one: Inquiry) -> bool:
    """Is the function, which tells rows from columns, right for batches?"""
    telling = len(_layouts(one)) > 1 and not one.topic.binary
    return telling and any(not is_alone(way) for way in one.fits)


def samples_are_alone(inquiries: Sequence[Inquiry]) -> bool:
    """Is there a function that is right for single samples only?"""
    return any(
        one.fits and len(_layouts(one)) > 1 and all(map(is_alone, one.fits)) for one in inquiries
    )


def let_stand_alone(outvoted: Sequence[Inquiry], inquiries: Sequence[Inquiry]) -> None:
    """Take for right what is so for single samples, where others are for these alone and none is for batches alone.

    By its own formula only: whether another one may be meant has been settled.
    """
    if samples_are_alone(inquiries) and not batches_are_needed(inquiries):
        for one in outvoted:
            one.fits |= {way: right for way, right in one.alone.items() if not right.convention}


def stuck_along_an_axis(inquiries: Sequence[Inquiry]) -> list[Inquiry]:
    """What names an axis but stops at batches, though it is right for single samples; and what uses such.

    A function that others, right for batches, hand their samples one by one is meant so.
    """
    stopped = [one for one in inquiries if _stops_at_batches(one)]
    right = [one for one in inquiries if any(not is_alone(way) for way in one.fits)]
    stuck = [
        one
        for one in stopped
        if "axis" in one.candidate.uses and not any(_uses(other, one) for other in right)
    ]
    followers = [one for one in stopped if any(_uses(one, other) for other in stuck)]
    return [one for one in inquiries if one in stuck or one in followers]


def helps(one: Inquiry, inquiries: Sequence[Inquiry]) -> bool:
    """Is it used by a function that is right?"""
    return any(other.fits and _uses(other, one) for other in inquiries if other is not one)


def _stops_at_batches(one: Inquiry) -> bool:
    """Is it right for single samples alone, for two arrays in it fit together for none but these?"""
    batch = next((one.answers[way] for way in one.ways if way in one.answers), [])
    stops = all(heard(b, NO_BROADCAST) for b in batch)
    return bool(one.fits and batch) and stops and all(map(is_alone, one.fits))


def _uses(one: Inquiry, other: Inquiry) -> bool:
    """Does the source of one mention the other, or the class of it?"""
    function = other.candidate.function
    return bool({last_name(function), function.partition(".")[0]} & set(one.candidate.uses))


def layout(one: Inquiry, way: Way, right: Right) -> str | None:
    return (
        way.form.layout if way.form.layout in (ROWS, COLUMNS) and len(_layouts(one)) > 1 else None
    )


def _layouts(one: Inquiry) -> set[str]:
    return {way.form.layout for way in one.ways} & {ROWS, COLUMNS}


def weights(one: Inquiry, way: Way, right: Right) -> str | None:
    return way.form.weights if {"w", "x"} <= set(one.exercise.roles) else None


def _losses(inquiries: Sequence[Inquiry]) -> list[Exercise]:
    """The losses that the module has, or has the gradient of."""
    found = (one.exercise.base for one in inquiries if one.exercise.kind is Kind.LOSS)
    return list(dict.fromkeys(found))


def sign(one: Inquiry, way: Way, right: Right) -> str | None:
    """Down or up the slope: said by gradients of a loss, and by updates."""
    exercise = one.exercise
    gradient, update = exercise.is_gradient_of_a_loss, exercise.kind is Kind.UPDATE
    # t - y, the error, is meant as often as y - t: whoever adds it goes down
    if gradient and exercise.base.fuses and "sign" in right.convention:
        return None
    return right.convention.get("sign", "positive") if gradient or update else None


def downhill(one: Inquiry, way: Way, right: Right) -> str | None:
    """Down or up the slope, where a lone function that goes down is wrong."""
    if not one.exercise.is_gradient_of_a_loss or "fused" in right.convention:
        return None  # t - y is what many add instead of subtracting y - t
    return sign(one, way, right)


def uphill(one: Inquiry, way: Way, right: Right) -> str | None:
    """Up or down what an optimiser is handed as gradients, which nothing else in the module shows to be turned."""
    return right.convention.get("sign", "positive") if manner(way) == STEPS else None


def turned(one: Inquiry, way: Way, right: Right) -> str | None:
    """Do gradients come back transposed?"""
    if not one.exercise.is_gradient_of_a_loss or one.topic.binary:
        return None
    return "turned" if way.form.turned else "usual"


def bias(one: Inquiry, way: Way, right: Right) -> str | None:
    """Does a layer shift its outputs?"""
    layer = one.exercise.kind is Kind.LAYER
    return right.convention.get("bias", "added") if layer else None


def kind_of_loss(one: Inquiry, way: Way, right: Right) -> str | None:
    says = any("loss" in v.convention for v in one.exercise.variants)
    return right.convention.get("loss", "of the true class") if says else None


def factor_of_penalty(one: Inquiry, way: Way, right: Right) -> str | None:
    says = one.exercise.kind is Kind.PENALTY
    return right.convention.get("l2_factor", "one half") if says else None


def argument(loss: Exercise) -> Chooser:
    """Whether a loss and its own gradient are given logits or probabilities."""

    def choice(one: Inquiry, way: Way, right: Right) -> str | None:
        if one.exercise.base is not loss or "fused" in right.convention:
            return None
        if way.calling and one.exercise.derivative:  # y - t may well be given the outputs
            return None
        return way.calling.convention.get("argument") if way.calling else "usual"

    return choice


def _settle_customs(inquiries: Sequence[Inquiry], custom: Chooser) -> None:
    """An odd choice is a custom if the functions of several exercises need it and none needs another."""
    needs = [
        (one.exercise, next(iter(found)))
        for one in inquiries
        if len(found := _needs(one, custom)) == 1
    ]
    odd = {exercise.name for exercise, need in needs if need not in ("usual", "positive")}
    if len(odd) > 1 and len(odd) == len({exercise.name for exercise, _ in needs}):
        return
    for one in inquiries:
        if custom is turned or "sign" not in {
            k for v in one.exercise.variants for k in v.convention
        }:
            one.keep(custom, "usual", "positive")


def _elect(inquiries: Sequence[Inquiry], choice: Chooser) -> str:
    """What most functions need; where they are even, what is natural; "" if none needs anything."""
    votes = Counter(
        value for one in inquiries if len(needs := _needs(one, choice)) == 1 for value in needs
    )
    return max(votes, key=lambda value: (votes[value], value in NATURAL), default="")


def _needs(one: Inquiry, choice: Chooser) -> set[str]:
    """The choices under which a function is right; none if it is right without any."""
    found = {choice(one, way, right) for way, right in one.fits.items()}
    return set() if None in found else {value for value in found if value}


def _settle_fused(inquiries: Sequence[Inquiry]) -> None:
    """A slope is left to another function only where that function takes care of it, and only once."""
    whole = [
        one.exercise for one in inquiries if one.best and "fused" not in one.best[1].convention
    ]
    for one in inquiries:
        loss = fused(one.exercise.base) if one.exercise.is_gradient_of_a_loss else None
        twice = any(e.is_gradient_of_a_loss and e.base is loss for e in whole)
        if loss and loss.fuses and (twice or any(_passes_back(e, loss.fuses[0]) for e in whole)):
            one.keep(_fusion)
    for one in inquiries:
        mine = one.exercise.base
        taken_over = any(_gives_output_minus_target(other, mine) for other in inquiries)
        if _passes_back(one.exercise, mine) and not taken_over:
            one.keep(_fusion)


def _passes_back(exercise: Exercise, outputs: Exercise) -> bool:
    """Is it the way back through this output function, which mixes the outputs of a sample?"""
    return exercise.base is outputs and bool(exercise.from_above)


def _gives_output_minus_target(one: Inquiry, outputs: Exercise) -> bool:
    """Does a loss that is given the outputs answer y - t, the slope of their function included?"""
    if one.best is None or not one.exercise.is_gradient_of_a_loss:
        return False
    way, right = one.best
    loss = one.exercise.base
    whole = loss if loss.fuses else fused(loss)
    mine = whole is not None and whole.fuses is not None and whole.fuses[0] is outputs
    return mine and bool(way.calling if loss.fuses else "fused" in right.convention)


def _fusion(one: Inquiry, way: Way, right: Right) -> str | None:
    return right.convention.get("fused")


def _settle_followers(inquiries: Sequence[Inquiry]) -> None:
    """The slope of a leaky unit belongs to its own leak."""
    leaks = {
        _leak(one, *one.best) or ""
        for one in inquiries
        if one.best and not one.exercise.derivative and _leaks(one)
    }
    for one in inquiries:
        if one.exercise.derivative and _leaks(one) and leaks:
            one.keep(_leak, *leaks)
            own = (r for r in one.topic.rights if r.convention == {"alpha": max(leaks)})
            one.due = next(own, one.due) if len(leaks) == 1 else one.due


def _leaks(one: Inquiry) -> bool:
    """Has it a slope of its own choice below 0?"""
    return any("alpha" in variant.convention for variant in one.exercise.variants)


def _leak(one: Inquiry, way: Way, right: Right) -> str | None:
    return right.convention.get("alpha", "")


def _settle_orders(inquiries: Sequence[Inquiry]) -> None:
    """A name that means the targets in most functions means them in all.

    Where swapping two arguments only turns the sign, their names alone say which is which.
    """
    sure = [one for one in inquiries if one.best and not _is_antisymmetric(one)]
    shown = Counter(name for one in sure for name in _targets(one))
    for one in inquiries:
        if _is_antisymmetric(one):
            one.order = _order_by_name(one, shown)
            one.keep(_order, one.order)
        if "t" in one.exercise.roles:
            one.keep(lambda _, way, __: None if _is_usual(way, shown) else "unusual")


def _called(way: Way, role: str) -> list[str]:
    """What the function calls a role."""
    return [n for n, r in zip(way.recipe[-1].names, way.given[-1], strict=False) if r == role]


def _is_usual(way: Way, targets: Counter[str]) -> bool:
    """Is the name of the targets used for the targets elsewhere at least as often as that of the outputs?"""
    outputs = [*_called(way, "y"), *_called(way, "z")]
    return sum(targets[n] for n in _called(way, "t")) >= sum(targets[n] for n in outputs)


def order(way: Way) -> str:
    """In which order outputs and targets are handed over."""
    return ", ".join(role for role in way.order if role in ("y", "z", "t"))


def _order(one: Inquiry, way: Way, right: Right) -> str | None:
    return order(way)


def _is_antisymmetric(one: Inquiry) -> bool:
    """Does the formula turn its sign when outputs and targets are swapped?"""
    if one.exercise.roles != ("y", "t"):
        return False
    y, t = one.topic.pilots[0]
    with np.errstate(all="ignore"):
        there, back = one.exercise(y, t), one.exercise(t, y)
    return bool(
        np.ndim(there)
        and np.shape(there) == np.shape(back)
        and np.allclose(there, np.negative(back))
    )


def _targets(one: Inquiry) -> list[str]:
    """What a function calls its targets, where it is right in one order only."""
    found = {name for way in one.fits for name in _called(way, "t")}
    return [*found] if len(found) == 1 else []


def _order_by_name(one: Inquiry, shown: Counter[str]) -> str:
    """The order in which the names, as they are used in this module, ask for outputs and targets."""
    for way, right in one.fits.items():
        if set(_called(way, "t")) & set(shown) and not set(_called(way, "y")) & set(shown):
            return _order(one, way, right) or ""
    return _order(one, one.ways[0], one.topic.rights[0]) or ""
