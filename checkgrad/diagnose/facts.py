"""What is at least true of all wrong answers: rows that need a factor each, a wrong shape, a wrong sign, too large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from checkgrad.diagnose.pairs import Pair

ENOUGH = 12  # numbers below which a fact may be chance
Fact = Callable[[Pair], bool]


def of(pairs: Sequence[Pair]) -> str:
    """The first fact that is true of every wrong answer."""
    wrong = [p for p in pairs if not p.right]
    if not all(p.same_shape for p in wrong):
        return _about_the_shape(wrong)
    facts = {**FACTS, **(SIGNS if _of_both_signs(wrong) else {})}
    found = (words for words, fact in facts.items() if wrong and all(map(fact, wrong)))
    return next((w for w in found if _enough(wrong)), "")


def _enough(wrong: Sequence[Pair]) -> bool:
    return sum(np.size(p.due) for p in wrong) >= ENOUGH


def _of_both_signs(wrong: Sequence[Pair]) -> bool:
    signs = [np.sign(p.due) for p in wrong]
    return any((s > 0).any() for s in signs) and any((s < 0).any() for s in signs)


def _about_the_shape(wrong: Sequence[Pair]) -> str:
    found = (w for w, fact in SHAPES.items() if all(map(fact, wrong)))
    return next(found, "")


def _shaped(shape: Callable[[Pair], tuple[int, ...]]) -> Fact:
    return lambda p: np.shape(p.got) == shape(p)


SHAPES: dict[str, Fact] = {
    "one number where an array is due": lambda p: not np.ndim(p.got) and np.ndim(p.due) > 0,
    "an array where one number is due": lambda p: np.ndim(p.got) > 0 and not np.ndim(p.due),
    "of the transposed shape": _shaped(lambda p: np.shape(p.due)[::-1]),
    "a matrix of samples by samples": _shaped(lambda p: (int(p.n), int(p.n))),
    "a matrix of classes by classes": _shaped(lambda p: (int(p.c), int(p.c))),
    "one row where one for every sample is due": _shaped(lambda p: (1, *np.shape(p.due)[1:])),
    "one column where several are due": _shaped(lambda p: (*np.shape(p.due)[:-1], 1)),
    "without the last axis of what is due": _shaped(lambda p: np.shape(p.due)[:-1]),
    "without the first axis of what is due": _shaped(lambda p: np.shape(p.due)[1:]),
    "an array with too many axes": lambda p: np.ndim(p.got) > np.ndim(p.due),
    "an array with too few axes": lambda p: np.ndim(p.got) < np.ndim(p.due),
    "of another shape than what is due": lambda p: not p.same_shape,
}


def _a_factor_for_each(axis: int) -> Fact:
    def fact(pair: Pair) -> bool:
        got, due = np.asarray(pair.got, float), np.asarray(pair.due, float)
        if got.ndim != 2 or min(got.shape) < 1:
            return False
        square = (due * due).sum(axis=axis, keepdims=True)
        with np.errstate(all="ignore"):
            r = (got * due).sum(axis=axis, keepdims=True) / square
        return _near(got, r * due, np.max(pair.bound) * np.maximum(1, np.abs(r)))

    return fact


def _a_shift_for_each(axis: int | None) -> Fact:
    def fact(pair: Pair) -> bool:
        off = np.asarray(pair.got, float) - pair.due
        if off.ndim != 2 and (axis is not None or not off.ndim):
            return False
        return _near(off, off.mean(axis=axis, keepdims=True), np.max(pair.bound))

    return fact


def _a_factor_of_its_own(pair: Pair) -> bool:
    got, due = np.asarray(pair.got, float), np.asarray(pair.due, float)
    square = float((due * due).sum())
    if not got.ndim or not square:
        return False
    r = float((got * due).sum()) / square
    return _near(got, r * due, np.asarray(pair.bound) * max(1.0, abs(r)))


def _rounded(digits: int) -> Fact:
    return lambda p: _near(np.asarray(p.got, float), np.round(p.due, digits), p.bound)


def _near(got: Any, due: Any, room: Any) -> bool:
    with np.errstate(all="ignore"):
        return bool((np.abs(got - due) <= room).all())


def _signs(pair: Pair, factor: float) -> bool:
    return bool((np.sign(pair.got) == factor * np.sign(pair.due)).all())


def _larger(pair: Pair, factor: float) -> bool:
    return bool((factor * (np.asarray(pair.got, float) - pair.due) > pair.bound).all())


def _larger_in_size(pair: Pair, factor: float) -> bool:
    got, due = np.abs(np.asarray(pair.got, float)), np.abs(pair.due)
    return bool((factor * (got - due) > pair.bound).all())


FACTS: dict[str, Fact] = {
    "not a number everywhere": lambda p: not np.isfinite(np.asarray(p.got, float)).any(),
    "the same number in every entry": lambda p: np.size(p.got) > 1 and np.ptp(p.got) == 0,
    **{f"what is due, rounded to {digits} decimals": _rounded(digits) for digits in range(1, 7)},
    "what is due, times one number for each input": _a_factor_of_its_own,
    "what is due, but every row is multiplied by a number of its own": _a_factor_for_each(1),
    "what is due, but every column is multiplied by a number of its own": _a_factor_for_each(0),
    "what is due, shifted by one number for each input": _a_shift_for_each(None),
    "what is due, but every row is shifted by a number of its own": _a_shift_for_each(1),
    "what is due, but every column is shifted by a number of its own": _a_shift_for_each(0),
    "of the right sign, and too large everywhere": lambda p: _signs(p, 1) and _larger_in_size(p, 1),
    "of the right sign, and too small everywhere": lambda p: (
        _signs(p, 1) and _larger_in_size(p, -1)
    ),
    "too large everywhere": lambda p: _larger(p, 1),
    "too small everywhere": lambda p: _larger(p, -1),
}
SIGNS: dict[str, Fact] = {
    "of the right sign everywhere, and of the wrong size": lambda p: _signs(p, 1),
    "of the wrong sign everywhere, and of the wrong size": lambda p: _signs(p, -1),
}
