"""Second derivatives along a direction, with an error bound: as `ladder`, of the differences that are even."""

from __future__ import annotations

from typing import Any

import numpy as np

from checkgrad.numeric.ladder import (
    DOUBLE,
    RATIO,
    Estimate,
    Evaluate,
    Placement,
    stack,
)

STEPS = tuple(2.0**-k for k in (2, 4, 6, 8))
ORDERS = 3
SAFETY = 4.0
NOISE = 64.0  # roundings of the largest value: four of them meet in a difference


def curvature(
    evaluate: Evaluate, place: Placement, count: int, centre: Any, noise: float | None = None
) -> Estimate:
    """The second derivatives along *count* directions, (count,); place(m, h) is moved by h along number m."""
    points = [place(m, side * h) for side in (1, -1) for h in STEPS for m in range(count)]
    values = stack(evaluate(points), np.shape(centre)).reshape(2, len(STEPS), count)
    h = np.array(STEPS)[:, None]
    with np.errstate(all="ignore"):
        columns = [(values[0] + values[1] - 2 * centre) / h**2]
        for order in range(ORDERS):
            fine, coarse = columns[-1][1:], columns[-1][:-1]
            columns.append(fine + (fine - coarse) / (RATIO ** (2 + 2 * order) - 1))
        size = np.fmax(np.abs(values).max(axis=0), np.abs(centre))
        off = NOISE * DOUBLE * size if noise is None else np.broadcast_to(4 * noise, size.shape)
        rows = [_candidates(columns, order, off / h**2) for order in range(1, ORDERS + 1)]
        value, bound = (np.concatenate(parts) for parts in zip(*rows, strict=True))
        jump = _jump((values[0] - values[1]) / (2 * h), off / h**2)
    bound = np.where(np.isfinite(bound), bound, np.inf)
    best = np.argmin(bound, axis=0), np.arange(count)
    return Estimate(value[best], bound[best] + jump, np.isfinite(bound[best]) & (jump == 0))


def _jump(odd: Any, rounding: Any) -> Any:
    """How far the second derivatives on both sides are from their mean, 0 where that is nothing for sure.

    Where they differ, central differences change in proportion to the steps, and not to their squares.
    """
    h = np.array(STEPS)[:-1, None]
    changes = (odd[:-1] - odd[1:]) * RATIO / ((RATIO - 1) * h)
    columns = [changes]
    for power in (1, 3):
        fine, coarse = columns[-1][1:], columns[-1][:-1]
        columns.append(fine + (fine - coarse) / (RATIO**power - 1))
    jump, before = 2 * columns[2][-1], 2 * columns[1][-1]
    seen = np.abs(jump) > SAFETY * np.abs(jump - before) + RATIO * rounding[-1]
    return np.where(seen, np.abs(jump), 0.0)


def _candidates(columns: list[Any], order: int, rounding: Any) -> tuple[Any, Any]:
    value, before = columns[order], columns[order - 1]
    apart = np.maximum(np.abs(value - before[1:]), np.abs(value - before[:-1]) / RATIO**2)
    return value, SAFETY * apart + rounding[order:]
