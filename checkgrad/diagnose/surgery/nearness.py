"""How near answers are to one another: of one shape, the same, moved, right as far as is predicted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

NEAR = 1e-7  # relative, of an answer that is predicted


def is_same(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and np.array_equal(a, b, equal_nan=True)


def is_alike(a: Any, b: Any) -> bool:
    """Have they the same shape?"""
    return bool(np.shape(a) == np.shape(b))


def is_finite(value: Any) -> bool:
    return bool(np.all(np.isfinite(np.asarray(value, float))))


def has_moved(a: Any, b: Any) -> bool:
    """Is it another value, beyond rounding?"""
    if np.shape(a) != np.shape(b):
        return True
    a, b = np.asarray(a, float), np.asarray(b, float)
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= 1e-13 + 1e-10 * np.abs(b)
    return not bool(np.all(near | (a == b) | (np.isnan(a) & np.isnan(b))))


def is_near(got: Any, due: Any, bound: Any) -> bool:
    """Is it right, as far as it is predicted?"""
    if np.shape(got) != np.shape(due):
        return False
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(got - due) <= near_enough(due) + bound))


def near_enough(due: Any) -> float:
    """How far off an answer may be that is predicted."""
    return NEAR * (float(np.max(np.abs(due), initial=0.0)) + 1e-12)


def flat(blocks: Any) -> Any:
    return np.concatenate([np.ravel(np.asarray(b, float)) for b in blocks])


def parted(row: Any, like: Sequence[Any]) -> Iterator[Any]:
    """A row of numbers as arrays of these shapes."""
    at = 0
    for one in like:
        yield row[at : at + one.size].reshape(one.shape)
        at += one.size


def digest(value: Any) -> Any:
    """What is the same for equal values."""
    array = np.asarray(value, float)
    return array.shape, array.tobytes()
