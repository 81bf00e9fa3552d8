"""How far, and along what, an argument may be moved."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# Steps with many digits: at powers of two the same rounding errors repeat, and hide.
UNEVEN = 0.6180339887498949
DOMAINS = ("positive", "probability", "symmetric", "simplex")
CALM = 1 / 16  # arguments so many times smaller do not saturate


def usual_scale(x: Any) -> Any:
    """How far one may expect to move an entry: as far as it is large, or as the others are, up to 1."""
    return np.maximum(UNEVEN * np.abs(x), min(usual_size(x), UNEVEN))


def usual_size(x: Any) -> float:
    """The root mean square of the entries, 1 if there are only zeros."""
    size = length(x) / math.sqrt(max(np.size(x), 1))
    return UNEVEN * (size or 1.0)


def length(x: Any) -> float:
    """The root of the sum of squares."""
    flat = np.asarray(x, float).ravel()
    return math.sqrt(flat.dot(flat))


def own_scale(x: Any) -> Any:
    """How far an entry may move and keep its sign."""
    return np.where(x == 0, usual_scale(x), UNEVEN * np.abs(x))


def move(x: Any, by: Any, domain: str | None) -> Any:
    """Turn numbers of size 1, one for each entry, into a direction along which *x* stays in its domain."""
    if domain == "symmetric":
        by = (by + np.swapaxes(by, -1, -2)) / 2
    if domain == "simplex":
        by = by - np.sum(x * by, axis=-1, keepdims=True)
    return move_scale(x, domain) * by


def move_scale(x: Any, domain: str | None) -> Any:
    """How far an entry of *x* may move; one number for the whole of it where all directions are free."""
    if domain in ("positive", "simplex"):
        return own_scale(x)
    if domain == "probability":
        return UNEVEN * np.minimum(np.abs(x), np.abs(1 - x))
    return usual_size(x)


def calmer(x: Any, domain: str | None, share: float) -> Any:
    """A point on the way from *x*, at 0, to where nothing is saturated, at 1; within the domain."""
    left = 1 - share * (1 - CALM)
    if domain == "positive":
        return np.sign(x) * np.abs(x) ** left * np.mean(np.abs(x)) ** (1 - left)
    if domain == "probability":
        odds = (x / (1 - x)) ** left
        return odds / (1 + odds)
    if domain == "simplex":
        powers = x**left
        return powers / powers.sum(axis=-1, keepdims=True)
    return left * x


def checked(value: Any, name: str) -> Any:
    """*value* as an array, or an error that says why one cannot differentiate by it."""
    if isinstance(value, np.matrix | np.ma.MaskedArray):
        raise TypeError(f"{name} is a {type(value).__name__}, expected a plain array")
    array = np.asarray(value)
    if array.dtype.kind == "c":
        raise TypeError(f"{name} is complex; split it into its real and imaginary parts")
    if array.dtype.kind != "f":
        raise TypeError(f"{name} is of type {array.dtype}, expected floats; convert it first")
    if array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}: there is nothing to differentiate by")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} contains NaN or infinity, where nothing has a derivative")
    return array
