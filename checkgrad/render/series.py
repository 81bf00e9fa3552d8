"""Numbers of a report made ready to draw: arrays in which nothing is infinite, not more points than an eye sees."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

MOST_POINTS = 300


def floats(values: Iterable[float]) -> Any:
    """An array; what is not finite is not a number, where a line has a gap."""
    array = np.asarray(list(values), float)
    return np.where(np.isfinite(array), array, np.nan)


def grid(rows: Sequence[Sequence[float]]) -> Any:
    """A matrix, empty where the rows differ in length."""
    if len({len(row) for row in rows}) != 1:
        return np.zeros((0, 0))
    return floats(value for row in rows for value in row).reshape(len(rows), -1)


def fitted(x: Any, y: Sequence[float]) -> Any:
    """*y* cut or filled up to the length of *x*."""
    return np.concatenate([floats(y)[: len(x)], np.full(max(0, len(x) - len(y)), np.nan)])


def thinned(x: Any, y: Any) -> tuple[Any, Any]:
    """At most MOST_POINTS points, the highest and the lowest of every stretch among them."""
    if len(x) <= MOST_POINTS:
        return x, y
    level = np.where(np.isfinite(y), y, 0)
    stretches = np.array_split(np.arange(len(x)), MOST_POINTS // 2 - 1)
    ends = {int(s[f(level[s])]) for s in stretches for f in (np.argmin, np.argmax)}
    kept = sorted(ends | {0, len(x) - 1})
    return x[kept], y[kept]


def some(indices: Any, most: int = MOST_POINTS) -> Any:
    """At most so many of *indices*, evenly chosen."""
    if len(indices) <= most:
        return indices
    return indices[np.linspace(0, len(indices) - 1, most).astype(int)]


def short(value: float, form: str = ".3g") -> str:
    """A number in few characters, with a true minus sign."""
    text = "0" if abs(value) < 1e-300 else format(value, form)
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "\u2212")


def limits(values: Any, air: float, logarithmic: bool) -> tuple[float, float]:
    """Where an axis begins and ends; *air* is the share of room left at either end."""
    finite = values[np.isfinite(values) & ((values > 0) | (not logarithmic))]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.1, 1.0)
    if logarithmic:
        return low / 1.5, high * 1.5
    room = (high - low) * air or (0.0 if high > low else abs(high) or 1.0)
    return low - room, high + room


def decades(low: float, high: float) -> list[float]:
    """Powers of ten between the two, at most six."""
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    return [10.0**k for k in range(first, last + 1, max(1, math.ceil((last - first + 1) / 6)))]
