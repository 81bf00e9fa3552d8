"""Numeric derivatives that know their own error: central differences, extrapolated, with a bound for each entry.

A function is sampled at x + h d and x - h d on a ladder of steps h, each a quarter of the one before. The
differences are extrapolated to h = 0 (Richardson). Of all extrapolated values the one with the smallest bound
is taken, where the bound is the sum of

truncation: twice the disagreement between neighbours in the table of extrapolated values,
jump: the difference of the one-sided slopes that is left when h goes to 0; it tells a kink,
rounding: the noise of the function, measured on the same samples, divided by the step.

It is an estimate: it holds for functions that are smooth on the scale of the ladder. Where they are not, the
ladder goes on to smaller steps; where a jump remains, the entry is not differentiable and `smooth` says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Evaluate = Callable[[list[tuple[Any, ...]]], Sequence[Any]]
Placement = Callable[[int, float], tuple[Any, ...]]

Ladder = tuple[tuple[float, ...], ...]


def _steps(first: int, end: int) -> tuple[float, ...]:
    """Steps of which each is a quarter of the one before."""
    return tuple(2.0**-k for k in range(first, end, 2))


# Steps relative to the size of the argument; later rungs are only climbed where the first do not suffice.
LADDER = (_steps(4, 14), _steps(14, 22), _steps(22, 30))
# Fewer steps, where evaluations are dear: from the usual size on, and where kinks are all around.
USUAL = (_steps(4, 12), _steps(12, 20), _steps(20, 30))
FINE = LADDER[1:]
LOTS = 20_000  # numbers that a function depends on have kinks all around: in proportion, they are closer
LAST = 32  # the exponent of the smallest step
FAR = 2.0**-8  # steps that begin below may be too small to see anything
RATIO = 4.0
ORDERS = 4
DOUBLE, SINGLE = 2.0**-53, 2.0**-24
SAFETY = 2.0
SAFETY_SINGLE = 32.0  # the steps it needs are large, and many kinks fit into them
ROUNDING = 8.0  # units of the last place that a well written function may be off by
COARSE = 4.0  # times the distance of neighbouring values
NOISE = 16.0  # times the measured noise, which few samples may underestimate
HIDDEN = 256.0  # how large the intermediate numbers of a value that stands still may be
LARGE = 400  # binary digits: numbers beyond are scaled before they are squared
SETTLED = 2.0**25  # a bound below so many roundings is as good as smaller steps could make it


def many(size: int, count: int = 3) -> Ladder:
    """Steps for a function of *size* numbers, at least LOTS: short enough for few kinks to lie within the first.

    count: how many to begin with; fewer are the smaller ones of three.
    """
    first = 13 + min(int(math.log2(size / LOTS)), 6)
    later = (_steps(k, k + 6) for k in (first + 6, first + 12) if k + 6 <= LAST)
    return (_steps(first + 6 - 2 * count, first + 6), *later)


@dataclass(frozen=True)
class Estimate:
    """A derivative, how far it may be off (inf where nothing can be said), and where it exists at all."""

    value: Any
    bound: Any
    smooth: Any


@dataclass(frozen=True)
class Samples:
    """Values at the centre (*out) and at both ends of every step (steps, directions, *out)."""

    steps: Any
    centre: Any
    plus: Any
    minus: Any


def differentiate(
    evaluate: Evaluate,
    args: tuple[Any, ...],
    place: Placement,
    count: int,
    unit: float,
    ladder: Ladder = LADDER,
    noise: float | None = None,
    centre: Any = None,
    floor: Any = 0.0,
    enough: float = 0.0,
) -> Estimate:
    """Differentiate along *count* directions, (count, *out); place(m, h) is *args* moved by h along number m.

    unit: the rounding of the arguments. ladder: the steps. noise: how far a value may be off, if that is known better than by measuring. centre: the value at *args*, if it is known.
    floor: how far a value may be off at least. enough: a bound that need not be any smaller.
    """
    if centre is None:
        (centre,) = evaluate([args])
    if centre is None or np.size(centre) == 0 or count == 0:
        return nothing((count, *np.shape(centre)))
    pending = np.arange(count)
    samples = _sample(evaluate, place, pending, ladder[0], np.asarray(centre, float))
    if ladder[0][0] < FAR and _stands_still(samples):
        rest = noise, centre, floor, enough  # what such small steps do not change, larger ones may
        return differentiate(evaluate, args, place, count, unit, LADDER, *rest)
    found, settled = _assess(samples, _unit(unit, samples), noise, floor)
    for steps in ladder[1:]:
        known = settled | (found.bound[pending] <= enough)
        keep = ~known.reshape(len(pending), -1).all(axis=1)
        if not keep.any():
            break
        pending = pending[keep]
        samples = _joined(samples, keep, _sample(evaluate, place, pending, steps, samples.centre))
        part, settled = _assess(samples, _unit(unit, samples), noise, floor)
        _overwrite(found, pending, _reconciled(part, Estimate(*(a[pending] for a in parts(found)))))
    return found


def _stands_still(samples: Samples) -> bool:
    """Does a value stay the same at most steps along some direction?"""
    still = (samples.plus == samples.centre) & (samples.minus == samples.centre)
    return bool((2 * still.sum(axis=0) > len(still)).any())


def _sample(
    evaluate: Evaluate, place: Placement, directions: Any, steps: tuple[float, ...], centre: Any
) -> Samples:
    points = [place(int(m), side * h) for m in directions for h in steps for side in (1, -1)]
    values = stack(evaluate(points), centre.shape)
    table = values.reshape(len(directions), len(steps), 2, *centre.shape)
    plus, minus = (table[:, :, side].swapaxes(0, 1) for side in (0, 1))
    return Samples(np.array(steps), centre, plus, minus)


def _joined(coarse: Samples, keep: Any, fine: Samples) -> Samples:
    return Samples(
        np.concatenate([coarse.steps, fine.steps]),
        coarse.centre,
        np.concatenate([coarse.plus[:, keep], fine.plus]),
        np.concatenate([coarse.minus[:, keep], fine.minus]),
    )


def _reconciled(fine: Estimate, coarse: Estimate) -> Estimate:
    """*fine*, or a bound that spans both where smaller steps contradict larger ones.

    Rounding may freeze part of a value, which then looks smooth at steps that it no longer follows.
    """
    with np.errstate(all="ignore"):
        apart = np.abs(fine.value - coarse.value)
        contradicts = apart > fine.bound + coarse.bound
        bound = np.where(contradicts, SAFETY * apart + coarse.bound, fine.bound)
    return Estimate(fine.value, bound, fine.smooth)


def _assess(samples: Samples, unit: float, known: float | None, floor: Any) -> tuple[Estimate, Any]:
    """Take the best value of the table, and tell which entries smaller steps cannot improve."""
    exponents = _exponents(samples)
    if exponents is None:
        return _best(samples, unit, known, floor)
    values = (samples.centre, samples.plus, samples.minus)
    scaled = Samples(samples.steps, *(np.ldexp(v, -exponents) for v in values))
    known = None if known is None else np.ldexp(known, -exponents)
    found, settled = _best(scaled, unit, known, np.ldexp(floor, -exponents))
    value, bound = (np.ldexp(a, exponents) for a in (found.value, found.bound))
    return Estimate(value, bound, found.smooth), settled


def _exponents(samples: Samples) -> Any:
    """Powers of two to divide each output by so that its square is a number; None if it is one already."""
    size = np.abs(samples.centre)
    for finest in (samples.plus[-1], samples.minus[-1]):
        size = np.fmax(size, np.abs(finest).max(axis=0))
    exponents = np.frexp(np.where(np.isfinite(size), size, 0.0))[1]
    return exponents if np.abs(exponents).max() > LARGE else None


def _best(samples: Samples, unit: float, known: Any, floor: Any) -> tuple[Estimate, Any]:
    with np.errstate(all="ignore"):
        h = samples.steps.reshape(-1, *[1] * (samples.plus.ndim - 1))
        odd = _extrapolated((samples.plus - samples.minus) / (2 * h), 2)
        even = _extrapolated((samples.plus + samples.minus - 2 * samples.centre) / h, 1)
        roundings = unit * (_magnitudes(samples) + np.abs(odd[0][-1]))
        noise = _noise(samples, odd, even, roundings, unit >= SINGLE)
        if known is not None:
            noise = np.broadcast_to(np.asarray(known, float), noise.shape)
        noise = np.maximum(noise, floor)
        safety = SAFETY_SINGLE if unit >= SINGLE else SAFETY
        rows = [_candidates(odd, even, noise / h, order, safety) for order in range(ORDERS)]
        value, bound, jump = (np.concatenate(parts) for parts in zip(*rows, strict=True))
        bound = np.where(np.isfinite(bound), bound, np.inf)
        best = np.argmin(bound, axis=0).ravel(), np.arange(noise[0].size)
        shape = noise.shape[1:]
        value, bound, jump = (
            a.reshape(len(a), -1)[best].reshape(shape) for a in (value, bound, jump)
        )
        smooth = np.isfinite(bound) & (2 * jump <= bound)
        # At the next step rounding alone comes to as much.
        enough = max(SETTLED, RATIO * ROUNDING / float(samples.steps[-1]))
        return Estimate(value, bound, smooth), bound <= enough * roundings[-1]


def _noise(samples: Samples, odd: list[Any], even: list[Any], roundings: Any, single: bool) -> Any:
    """Bound the rounding error of the values at each step."""
    h = samples.steps.reshape(-1, *[1] * (samples.plus.ndim - 1))
    noise = np.maximum(_unexplained(odd, even, h, roundings), _swallowed(samples, single))
    grain = _grain(np.concatenate([samples.plus, samples.minus]) - samples.centre)
    if single:
        return 2 * np.maximum(noise, ROUNDING * grain)
    return np.maximum(noise, COARSE * grain)


def _unexplained(odd: list[Any], even: list[Any], h: Any, roundings: Any) -> Any:
    """The rounding error, at each step, that shows in what smoothness leaves unexplained."""
    column = min(2, len(h) - 2)  # of few steps less can be eliminated
    rest = (odd[column][1:] - odd[column][:-1])[-2:]
    bend = even[column + 1][-2:] / 2
    rest, bend = rest * h[-len(rest) :], bend * h[-len(bend) :]
    # A jump that does not depend on the step is a kink, not noise.
    kink = np.abs(even[2][-3:].sum(axis=0)) > 2 * np.abs(even[2][-3:]).max(axis=0, initial=0)
    measured = np.sqrt(_mean(rest**2) + np.where(kink, 0, _mean(bend**2)))
    typical = _typical(np.where(kink, 0, measured) / roundings[-1]) * roundings[-1]
    return np.maximum(ROUNDING * roundings, NOISE * np.maximum(measured, typical))


def _magnitudes(samples: Samples) -> Any:
    """How large, at each step, the numbers are that were rounded: as the values; if they stand still, HIDDEN.

    A value that does not change may be a sum that swallowed the change.
    """
    still = (samples.plus == samples.centre) & (samples.minus == samples.centre)
    hidden = np.where(still.any(axis=0), HIDDEN, 0.0)
    size = np.fmax(np.fmax(np.abs(samples.plus), np.abs(samples.minus)), np.abs(samples.centre))
    # A step's difference is corrected by that of the step before.
    return np.maximum(np.concatenate([size[:1], size[:-1]]), hidden)


def _swallowed(samples: Samples, single: bool) -> Any:
    """The smallest change seen to both sides, if there are smaller steps without any: a grain of the value.

    In single precision values are so coarse that a change to one side has to do.
    """
    up, down = np.abs(samples.plus - samples.centre), np.abs(samples.minus - samples.centre)
    if single:
        up, down = np.maximum(up, down), np.maximum(up, down)
    seen = np.where((up > 0) & (down > 0), np.minimum(up, down), np.inf).min(axis=0)
    return np.where(((up == 0) & (down == 0)).any(axis=0) & np.isfinite(seen), 16 * seen, 0.0)


def _grain(changes: Any) -> Any:
    """The largest power of two that all *changes* are multiples of: what is left of larger numbers that cancel."""
    mantissa, exponent = np.frexp(changes)
    digits = np.where(np.isfinite(mantissa), mantissa * 2.0**53, 0).astype(np.int64)
    grains = np.ldexp((digits & -digits).astype(float), exponent - 53)
    least = np.where(digits == 0, np.inf, grains).min(axis=0)
    return np.where(np.isfinite(least), least, 0.0)


def _extrapolated(quotients: Any, power: int) -> list[Any]:
    """Eliminate h**power, h**(power + 2), ... from *quotients*, in turn: one column of the table each."""
    columns = [quotients]
    for order in range(ORDERS):
        fine, coarse = columns[-1][1:], columns[-1][:-1]
        columns.append(fine + (fine - coarse) / (RATIO ** (power + 2 * order) - 1))
    return columns


def _candidates(
    odd: list[Any], even: list[Any], rounding: Any, order: int, safety: float
) -> tuple[Any, Any, Any]:
    """Values of one column of the table, their bounds and the jumps in them."""
    value = odd[order][1:]
    truncation = np.abs(value - odd[order][:-1]) * 8 / RATIO ** (2 * order + 2)
    if order:
        truncation = np.maximum(truncation, np.abs(value - odd[order - 1][2:]))
    jump = np.abs(even[order + 1])
    return value, safety * (truncation + jump / 2) + rounding[order + 1 :], jump


def _mean(rows: Any) -> Any:
    return rows.sum(axis=0) / len(rows)  # np.mean takes twice as long


def _typical(ratios: Any) -> float:
    usable = ratios[np.isfinite(ratios) & (ratios > 0)]
    return float(np.sort(usable)[(usable.size - 1) // 2]) if usable.size else 0.0


def unit_of(arrays: Iterable[Any]) -> float:
    """The unit roundoff of the coarsest type among *arrays*."""
    types = [a.dtype for a in arrays if isinstance(a, np.ndarray | np.floating)]
    return max((float(np.finfo(t).eps) / 2 for t in types if t.kind == "f"), default=DOUBLE)


def _unit(unit: float, samples: Samples) -> float:
    """The unit roundoff of the function: many return float64 but compute in float32."""
    values = (samples.centre, samples.plus, samples.minus)
    return max(unit, SINGLE) if all(map(is_single, values)) else unit


def is_single(values: Any) -> bool:
    """Are all *values* numbers of single precision?"""
    with np.errstate(over="ignore"):
        single = values.astype(np.float32) == values
    return bool(single.all() or np.all(single | np.isnan(values)))


def stack(values: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """One array of all *values*; NaN for a call that failed, gave another shape or no numbers."""
    whole = np.full((len(values), *shape), np.nan)
    for i, value in enumerate(values):
        array = np.asarray(value)
        if array.shape == shape and array.dtype.kind in "biuf":
            whole[i] = array
    return whole


def nothing(shape: tuple[int, ...]) -> Estimate:
    """What is known where there is nothing to differentiate."""
    return Estimate(np.full(shape, np.nan), np.full(shape, np.inf), np.zeros(shape, bool))


def parts(estimate: Estimate) -> tuple[Any, Any, Any]:
    return estimate.value, estimate.bound, estimate.smooth


def _overwrite(whole: Estimate, at: Any, part: Estimate) -> None:
    for target, source in zip(parts(whole), parts(part), strict=True):
        target[at] = source
