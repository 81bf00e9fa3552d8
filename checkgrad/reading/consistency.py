"""What must be one choice for a whole module: layout, sign, weight orientation; found by what its functions need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from checkgrad.reading.form import COLUMNS, ROWS
from checkgrad.reading.inquiry import Choice, Inquiry, Right
from checkgrad.reading.way import Way

NATURAL = ("rows", "positive", "(in, out)", "of the true class")
FOLLOW = ("alpha", "l2_factor")  # a derivative takes these from the function it belongs to


def settle(inquiries: Sequence[Inquiry]) -> None:
    """Drop the readings that contradict what the rest of the module shows."""
    _settle_orders(inquiries)
    for choice in (layout, sign, weights, kind_of_loss):
        if winner := _elect(inquiries, choice):
            for one in inquiries:
                one.keep(choice, winner)
                one.layout = winner if choice is layout else one.layout
    _settle_fused(inquiries)
    _settle_followers(inquiries)


def columns_are_needed(inquiries: Sequence[Inquiry]) -> bool:
    """Is there a function that is right only with samples in columns?"""
    return any(one.fits and _needs(one, layout) == {COLUMNS} for one in inquiries)


def layout(one: Inquiry, way: Way, right: Right) -> str | None:
    return (
        way.form.layout if way.form.layout in (ROWS, COLUMNS) and len(_layouts(one)) > 1 else None
    )


def _layouts(one: Inquiry) -> set[str]:
    return {way.form.layout for way in one.ways} & {ROWS, COLUMNS}


def weights(one: Inquiry, way: Way, right: Right) -> str | None:
    return way.form.weights if {"w", "x"} <= set(one.exercise.roles) else None


def sign(one: Inquiry, way: Way, right: Right) -> str | None:
    """Down or up the slope: said by gradients of a loss, and by updates."""
    exercise = one.exercise
    says = any("sign" in v.convention for v in exercise.variants)
    gradient = exercise.derivative is not None and "t" in exercise.roles
    return right.convention.get("sign", "positive") if says or gradient else None


def kind_of_loss(one: Inquiry, way: Way, right: Right) -> str | None:
    says = any("loss" in v.convention for v in one.exercise.variants)
    return right.convention.get("loss", "of the true class") if says else None


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
    """Softmax may leave its slope to the loss if the loss takes care of it; the loss may if softmax leaves it."""
    whole = [
        one
        for one in inquiries
        if one.exercise.name == "softmax_backward" and _is_fused(one) is False
    ]
    if whole:
        for one in inquiries:
            if one.exercise.name == "cross_entropy_derivative":
                one.keep(_fusion)
    taken = any(
        _is_fused(one) or (one.exercise.name == "softmax_cross_entropy_gradient" and one.fits)
        for one in inquiries
        if one.exercise.name != "softmax_backward"
    )
    for one in inquiries:
        if one.exercise.name == "softmax_backward" and not taken:
            one.keep(_fusion)


def _fusion(one: Inquiry, way: Way, right: Right) -> str | None:
    return right.convention.get("fused")


def _is_fused(one: Inquiry) -> bool | None:
    return "fused" in one.best[1].convention if one.best else None


def _settle_followers(inquiries: Sequence[Inquiry]) -> None:
    """The slope of a leaky unit belongs to its own leak."""
    right = {one.exercise.name: one.best[1].convention for one in reversed(inquiries) if one.best}
    for one in inquiries:
        derivative = one.exercise.derivative
        if derivative is None or derivative.of.name not in right:
            continue
        leader = right[derivative.of.name]
        for key in FOLLOW:
            one.keep(_saying(key), leader.get(key, ""))


def _saying(key: str) -> Choice:
    return lambda one, way, right: right.convention.get(key, "")


def _settle_orders(inquiries: Sequence[Inquiry]) -> None:
    """Where swapping two arguments only turns the sign, their names say which is which, or the other functions do."""
    shown = {
        name
        for one in inquiries
        if one.fits and not _is_antisymmetric(one)
        for name in _targets(one)
    }
    for one in inquiries:
        if one.fits and _is_antisymmetric(one):
            one.keep(_order, _order_by_name(one, shown))


def _order(one: Inquiry, way: Way, right: Right) -> str | None:
    return ", ".join(role for role in way.order if role in ("y", "z", "t"))


def _is_antisymmetric(one: Inquiry) -> bool:
    """Does the formula turn its sign when outputs and targets are swapped?"""
    if one.exercise.roles != ("y", "t"):
        return False
    y, t = one.pilots[0]
    with np.errstate(all="ignore"):
        there, back = one.exercise(y, t), one.exercise(t, y)
    return bool(
        np.ndim(there)
        and np.shape(there) == np.shape(back)
        and np.allclose(there, np.negative(back))
    )


def _targets(one: Inquiry) -> set[str]:
    """What a function calls its targets, where it is right in one order only."""
    orders = {way.order: way for way in one.fits if "t" in way.order}
    if len(orders) != 1:
        return set()
    ((order, way),) = orders.items()
    return {name for name, role in zip(way.recipe[-1].names, order, strict=False) if role == "t"}


def _order_by_name(one: Inquiry, shown: set[str]) -> str:
    """The order in which the names, as they are used in this module, ask for outputs and targets."""
    for way, right in one.fits.items():
        names = dict(zip(way.order, way.recipe[-1].names, strict=False))
        if names.get("t") in shown and names.get("y") not in shown:
            return _order(one, way, right) or ""
    return _order(one, one.ways[0], one.formulas[0]) or ""
