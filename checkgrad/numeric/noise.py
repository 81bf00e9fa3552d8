"""How noisy a function is, and its slope in spite of that: by a polynomial through many values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from checkgrad.numeric.ladder import HIDDEN, ROUNDING

SPACING = 2.0**-14  # relative to the size of the argument: f is a straight line over so little
SIDE = 7  # values on either side, for a kink may be on one of them
LEVELS = range(3, 6)  # differences of so high an order hold noise alone
CERTAIN = 6.0  # standard errors
FITTING = (
    4.0  # times the noise may be left by a polynomial: as it was measured, it may be too little
)
DEGREES = (3, 5, 7)
WIDTH = 24  # values on the wide stencil
WIDE = 2.0**-8  # between neighbours, where a jump is looked for
COUNT = 25
HALVINGS = 8


def offsets(spacing: float = SPACING) -> list[float]:
    """Where to evaluate a function to see its noise: on both sides of a point that may be a kink."""
    side = [spacing * k for k in range(2, 2 + SIDE)]
    return [-h for h in side] + side


def deviation(values: Any) -> Any:
    """The standard deviation of the noise in *values* (2 * SIDE, *out) at `offsets`."""
    values = np.asarray(values, float)
    return np.minimum(_deviation(values[:SIDE]), _deviation(values[SIDE:]))


def _deviation(table: Any) -> Any:
    levels = []
    with np.errstate(all="ignore"):
        size = np.abs(table).max(axis=0)
        table = table / np.where(size > 0, size, 1.0)
        power = 1.0
        for level in range(1, max(LEVELS) + 1):
            table = np.diff(table, axis=0)
            power *= (4 * level - 2) / level  # the central binomial coefficients
            if level in LEVELS:
                levels.append(np.sqrt(np.mean(table**2, axis=0) / power))
    return np.min(levels, axis=0) * size


def wide_steps(reach: float) -> Any:
    """Where to evaluate on a wide stencil: as the nodes of Chebyshev, where polynomials behave."""
    return reach * np.cos(np.pi * (np.arange(WIDTH) + 0.5) / WIDTH)


def averaged_slope(steps: Any, values: Any, noise: Any, unit: float) -> tuple[Any, Any]:
    """The slope at 0 of the function with *values* (steps, *out), and a bound on its error, by least squares.

    noise: the standard deviation of the values. What a polynomial leaves must be no more than that, or it is
    no function to do this with. unit: the unit roundoff of the function.
    """
    reach = np.max(np.abs(steps))
    t, flat = steps / reach, np.reshape(values, (len(steps), -1))
    size = np.maximum(np.abs(flat).max(axis=0), np.where(np.ptp(flat, axis=0) == 0, HIDDEN, 0.0))
    least = np.maximum(ROUNDING * unit * size, np.ravel(noise))
    fits = [_fit(t, flat, degree, least) for degree in DEGREES]
    best_slope = np.full(flat.shape[1], np.nan)
    best_bound = np.full(flat.shape[1], np.inf)
    for (slope, _), (finer, error) in zip(fits, fits[1:], strict=False):
        bound = 2 * np.abs(slope - finer) + CERTAIN * error
        better = bound < best_bound
        best_slope, best_bound = (
            np.where(better, new, old) for new, old in ((finer, best_slope), (bound, best_bound))
        )
    out = np.shape(values)[1:]
    return best_slope.reshape(out) / reach, best_bound.reshape(out) / reach


def _fit(t: Any, values: Any, degree: int, noise: Any) -> tuple[Any, Any]:
    """The slope at 0 of the polynomial of *degree* nearest to *values*, and its standard error."""
    basis = np.vander(t, degree + 1, increasing=True)
    inverse = np.linalg.pinv(basis)
    coefficients = inverse @ values
    rest = values - basis @ coefficients
    variance = np.sum(rest**2, axis=0) / (len(t) - degree - 1)
    error = np.maximum(np.sqrt(variance), noise) * np.sqrt(np.sum(inverse[1] ** 2))
    return coefficients[1], np.where(np.sqrt(variance) <= FITTING * noise, error, np.inf)


def largest_jump(value: Callable[[float], Any], centre: Any) -> Any:
    """The largest jump of a function of one number near 0, as large as *centre*; None if it has none.

    On both sides of a jump, however near, what a smooth function would be is missed by different amounts.
    """
    ends = WIDE * (np.arange(COUNT) - COUNT // 2)
    values = [value(float(h)) for h in ends]
    if any(v is None or np.shape(v) != np.shape(centre) for v in values):
        return None
    table = np.array(values, float).reshape(COUNT, -1)
    at = int(np.argmax(np.abs(np.diff(table, 3, axis=0)).max(axis=1))) + 1
    at = max(at, 2)
    before = np.linalg.solve(np.vander(ends[at - 2 : at + 1] / WIDE, 3), table[at - 2 : at + 1])

    def missed(h: float, y: Any) -> Any:
        return np.ravel(y) - np.vander([h / WIDE], 3)[0] @ before

    low, high = float(ends[at]), float(ends[at + 1])
    below, above = missed(low, table[at]), missed(high, table[at + 1])
    half = np.max(np.abs(above)) / 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        between = value(middle)
        if between is None:
            return None
        now = missed(middle, between)
        if np.max(np.abs(now)) >= half:
            high, above = middle, now
        else:
            low, below = middle, now
    jump = np.abs(above - below)
    stays = np.max(jump) >= half and np.any(jump > np.abs(table).max(axis=0) * 2.0**-46)
    return jump.reshape(np.shape(centre)) if stays else None
