"""The numeric derivative that an exercise asks for: entry by entry where that is cheap, else along directions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad import numeric
from checkgrad.exercise import Derivative, Exercise, Probe

FEW = 12  # entries up to which a gradient is measured one by one
DIRECTIONS = 3
SHARP, MOST = 1e-2, 0.5  # how well, of the largest slope or 1, and in which part of all entries


@dataclass(frozen=True)
class Measured:
    """A numeric derivative, or its products with a few random directions.

    along: the directions, None where every entry was measured.
    """

    estimate: numeric.Estimate
    along: Any = None

    @property
    def is_sharp(self) -> bool:
        """Is enough of it known to tell a gradient from another one?"""
        bound = np.where(self.estimate.smooth, self.estimate.bound, np.inf)
        size = np.max(np.abs(np.where(np.isfinite(bound), self.estimate.value, 0.0)), initial=1.0)
        known = bound <= SHARP * size
        return bool(np.size(known) and np.mean(known) >= MOST)

    @property
    def is_steep(self) -> bool:
        """Does it change at all?"""
        return bool((np.abs(self.estimate.value) > self.estimate.bound).any())

    def of(self, value: Any) -> Any:
        """What of *value* can be compared with the estimate; *value* itself if it has another shape."""
        if self.along is None or np.shape(value) != self.along.shape[1:]:
            return value
        return np.array([np.sum(np.asarray(value) * d) for d in self.along])

    def room(self, rounding: Any) -> Any:
        """The error bound of the estimate and of *value* together, *rounding* being that of its entries."""
        spread = rounding if self.along is None else self.of_size(rounding)
        return self.estimate.bound + spread

    def of_size(self, rounding: Any) -> Any:
        return np.array([np.sum(rounding * np.abs(d)) for d in self.along])


def measure(exercise: Exercise, evaluate: numeric.Evaluate, probe: Probe) -> tuple[Measured, ...]:
    """Measure, at *probe* of *exercise*, the derivatives of *evaluate* by each argument that it asks for."""
    derivative = exercise.derivative
    assert derivative, f"{exercise.name} is not a derivative"
    point = derivative.at(*probe)
    return tuple(_by(derivative, evaluate, probe, point, wrt) for wrt in derivative.wrt)


def _by(
    derivative: Derivative, evaluate: numeric.Evaluate, probe: Probe, point: Probe, wrt: int
) -> Measured:
    if derivative.jacobian:
        rows = np.ndim(point[wrt]) == 2
        found = (numeric.row_jacobian if rows else numeric.jacobian)(evaluate, point, wrt)
        return Measured(found)
    upstream = derivative.upstream(*probe) if derivative.upstream else None
    if upstream is None and _is_elementwise(derivative.of.formula, point, wrt):
        return Measured(numeric.slope(_shaped(evaluate, np.shape(point[wrt])), point, wrt))
    summed = _summed(evaluate, upstream)
    if np.size(point[wrt]) <= FEW:
        return Measured(numeric.gradient(summed, point, wrt))
    return along_directions(summed, point, wrt)


def _is_elementwise(formula: Callable[..., Any], point: Probe, wrt: int) -> bool:
    value = formula(*point)
    return bool(np.ndim(value)) and np.shape(value) == np.shape(point[wrt])


def along_directions(evaluate: numeric.Evaluate, point: Probe, wrt: int) -> Measured:
    """Measure the slopes of *evaluate*, one number at each point, along a few directions of argument *wrt*."""
    rng = np.random.default_rng(wrt)
    directions = rng.normal(size=(DIRECTIONS, *np.shape(point[wrt])))
    parts = [numeric.directional(evaluate, point, wrt, d) for d in directions]
    value, bound, smooth = (
        np.array([getattr(p, name) for p in parts]) for name in ("value", "bound", "smooth")
    )
    return Measured(numeric.Estimate(value, bound, smooth), directions)


def _summed(evaluate: numeric.Evaluate, upstream: Any) -> numeric.Evaluate:
    """One number: a loss that is left unsummed is added up, outputs are weighted with *upstream*."""

    def total(value: Any) -> Any:
        if value is None or upstream is None:
            return value if value is None else np.sum(value)
        return np.sum(upstream * value) if np.shape(value) == np.shape(upstream) else None

    return lambda points: [total(value) for value in evaluate(points)]


def _shaped(evaluate: numeric.Evaluate, shape: tuple[int, ...]) -> numeric.Evaluate:
    """Only values of the shape that an elementwise function has to give."""
    return lambda points: [v if np.shape(v) == shape else None for v in evaluate(points)]
