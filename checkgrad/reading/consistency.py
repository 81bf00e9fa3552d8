"""What must be one choice for a whole module: layout, sign, weight orientation; found by what its functions need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from checkgrad.reading.form import COLUMNS, ROWS
from checkgrad.reading.inquiry import Choice, Inquiry, is_alone
from checkgrad.reading.recipe import last_name
from checkgrad.reading.topic import Right, is_gradient_of_a_loss
from checkgrad.reading.way import Way

NATURAL = (ROWS, "positive", "(in, out)", "of the true class", "one half", "usual", "added")
PAIRS = (
    ("cross_entropy", "cross_entropy_derivative"),
    ("softmax_cross_entropy", "softmax_cross_entropy_gradient"),
    ("binary_cross_entropy", "binary_cross_entropy_derivative"),
    ("sigmoid_binary_cross_entropy", "sigmoid_binary_cross_entropy_gradient"),
)
FUSED = {
    "cross_entropy_derivative": "softmax_cross_entropy_gradient",
    "binary_cross_entropy_derivative": "sigmoid_binary_cross_entropy_gradient",
}


def settle(inquiries: Sequence[Inquiry]) -> None:
    """Drop the readings that contradict what the rest of the module shows."""
    _settle_orders(inquiries)
    for custom in (turned, downhill):
        _settle_customs(inquiries, custom)
    for choice in (layout, sign, weights, factor_of_penalty, *map(argument, PAIRS)):
        if winner := _agree(inquiries, choice):
            for one in inquiries:
                one.layout = winner if choice is layout else one.layout
                one.weights = winner if choice is weights else one.weights
    for family in _families(inquiries):
        _agree(family, kind_of_loss)
        _agree(family, bias)
    _settle_fused(inquiries)
    _settle_followers(inquiries)


def _agree(inquiries: Sequence[Inquiry], choice: Choice) -> str:
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
    return any(is_for_batches(one) and not one.alone_too for one in inquiries)


def is_for_batches(one: Inquiry) -> bool:
    """Is the function, which tells rows from columns, right for batches?"""
    telling = len(_layouts(one)) > 1 and not one.topic.binary
    return telling and any(not is_alone(way) for way in one.fits)


def samples_are_alone(inquiries: Sequence[Inquiry]) -> bool:
    """Is there a function that is right for single samples only?"""
    return any(
        one.fits and len(_layouts(one)) > 1 and all(map(is_alone, one.fits)) for one in inquiries
    )


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


def _stops_at_batches(one: Inquiry) -> bool:
    """Is it right for single samples alone, for two arrays in it fit together for none but these?"""
    batch = next((one.answers[way] for way in one.ways if way in one.answers), [])
    stops = all(b.raised == "ValueError" and "broadcast" in b.message for b in batch)
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


# By these gradients t - y, the error, is meant as often as y - t: whoever adds it goes down.
ERRORS = ("softmax_cross_entropy_gradient", "sigmoid_binary_cross_entropy_gradient")


def sign(one: Inquiry, way: Way, right: Right) -> str | None:
    """Down or up the slope: said by gradients of a loss, and by updates."""
    exercise = one.exercise
    gradient = exercise.derivative is not None and "t" in exercise.roles
    update = exercise.name.endswith("_update")
    if exercise.name in ERRORS and "sign" in right.convention:
        return None
    return right.convention.get("sign", "positive") if gradient or update else None


def downhill(one: Inquiry, way: Way, right: Right) -> str | None:
    """Down or up the slope, where a lone function that goes down is wrong."""
    if not is_gradient_of_a_loss(one.exercise) or "fused" in right.convention:
        return None  # t - y is what many add instead of subtracting y - t
    return sign(one, way, right)


def turned(one: Inquiry, way: Way, right: Right) -> str | None:
    """Do gradients come back transposed?"""
    if not is_gradient_of_a_loss(one.exercise) or one.topic.binary:
        return None
    return "turned" if way.form.turned else "usual"


def bias(one: Inquiry, way: Way, right: Right) -> str | None:
    """Does an affine layer shift its outputs?"""
    affine = one.exercise.name.startswith("affine")
    return right.convention.get("bias", "added") if affine else None


def kind_of_loss(one: Inquiry, way: Way, right: Right) -> str | None:
    says = any("loss" in v.convention for v in one.exercise.variants)
    return right.convention.get("loss", "of the true class") if says else None


def factor_of_penalty(one: Inquiry, way: Way, right: Right) -> str | None:
    says = one.exercise.name.startswith("l2_penalty")
    return right.convention.get("l2_factor", "one half") if says else None


def argument(pair: tuple[str, str]) -> Choice:
    """Whether a loss and its own gradient are given logits or probabilities."""

    def choice(one: Inquiry, way: Way, right: Right) -> str | None:
        if one.exercise.name not in pair or "fused" in right.convention:
            return None
        if way.calling and one.exercise.derivative:  # y - t may well be given the outputs
            return None
        return way.calling.convention.get("argument") if way.calling else "usual"

    return choice


def _settle_customs(inquiries: Sequence[Inquiry], custom: Choice) -> None:
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


def _elect(inquiries: Sequence[Inquiry], choice: Choice) -> str:
    """What most functions need; where they are even, what is natural; "" if none needs anything."""
    votes = Counter(
        value for one in inquiries if len(needs := _needs(one, choice)) == 1 for value in needs
    )
    return max(votes, key=lambda value: (votes[value], value in NATURAL), default="")


def _needs(one: Inquiry, choice: Choice) -> set[str]:
    """The choices under which a function is right; none if it is right without any."""
    found = {choice(one, way, right) for way, right in one.fits.items()}
    return set() if None in found else {value for value in found if value}


def _settle_fused(inquiries: Sequence[Inquiry]) -> None:
    """A slope is left to another function only where that function takes care of it, and only once."""
    whole = {
        one.exercise.name for one in inquiries if one.best and "fused" not in one.best[1].convention
    }
    for one in inquiries:
        twice = FUSED.get(one.exercise.name) in whole
        if twice or (
            one.exercise.name == "cross_entropy_derivative" and "softmax_backward" in whole
        ):
            one.keep(_fusion)
    taken_over = any(_gives_output_minus_target(one) for one in inquiries)
    for one in inquiries:
        if one.exercise.name == "softmax_backward" and not taken_over:
            one.keep(_fusion)


def _gives_output_minus_target(one: Inquiry) -> bool:
    """Does a loss that is given the outputs answer y - t, the slope of softmax included?"""
    if one.best is None:
        return False
    way, right = one.best
    gradient = one.exercise.name == "softmax_cross_entropy_gradient" and way.calling
    return bool(gradient) or (
        one.exercise.name == "cross_entropy_derivative" and "fused" in right.convention
    )


def _fusion(one: Inquiry, way: Way, right: Right) -> str | None:
    return right.convention.get("fused")


def _settle_followers(inquiries: Sequence[Inquiry]) -> None:
    """The slope of a leaky unit belongs to its own leak."""
    leaks = {
        _leak(one, *one.best) or ""
        for one in inquiries
        if one.exercise.name == "leaky_relu" and one.best
    }
    for one in inquiries:
        if one.exercise.name == "leaky_relu_derivative" and leaks:
            one.keep(_leak, *leaks)


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
