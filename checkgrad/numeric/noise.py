"""How noisy a function is, and its slope in spite of that: by a polynomial through many values."""

from __future__ import annotations

from typing import Any

import numpy as np

SPACING = 2.0**-14  # relative to the size of the argument: f is a straight line over so little
COUNT = 9
LEVELS = range(3, 7)  # differences of so high an order hold noise alone
CERTAIN = 6.0  # standard errors
DEGREES = (3, 5, 7)
WIDTH = 24  # values on the wide stencil


def offsets() -> list[float]:
    """Where to evaluate a function to see its noise."""
    return [SPACING * (k - COUNT // 2) for k in range(COUNT)]


def deviation(values: Any) -> Any:
    """The standard deviation of the noise in *values* (COUNT, *out) at `offsets`; NaN where one is missing."""
    table, levels = np.asarray(values, float), []
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


def averaged_slope(steps: Any, values: Any) -> tuple[Any, Any]:
    """The slope at 0 of the function with *values* (steps, *out), and a bound on its error, by least squares."""
    reach = np.max(np.abs(steps))
    t, flat = steps / reach, np.reshape(values, (len(steps), -1))
    fits = [_fit(t, flat, degree) for degree in DEGREES]
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


def _fit(t: Any, values: Any, degree: int) -> tuple[Any, Any]:
    """The slope at 0 of the polynomial of *degree* nearest to *values*, and its standard error."""
    basis = np.vander(t, degree + 1, increasing=True)
    inverse = np.linalg.pinv(basis)
    coefficients = inverse @ values
    rest = values - basis @ coefficients
    variance = np.sum(rest**2, axis=0) / (len(t) - degree - 1)
    return coefficients[1], np.sqrt(variance * np.sum(inverse[1] ** 2))
