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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Evaluate = Callable[[list[tuple[Any, ...]]], Sequence[Any]]
Place = Callable[[int, float], tuple[Any, ...]]

# Steps relative to the size of the argument; later rungs are only climbed where the first do not suffice.
LADDER = (
    tuple(2.0**-k for k in (4, 6, 8, 10, 12)),
    tuple(2.0**-k for k in (14, 16, 18, 20)),
    tuple(2.0**-k for k in (22, 24, 26, 28)),
)
ORDERS = 4
SAFETY = 2.0
ROUNDING = 8.0  # units of the last place that a well written function may be off by
NOISE = 16.0  # times the measured noise, which few samples may underestimate
UNEVEN = (
    0.6180339887498949  # steps with many digits: at powers of two rounding errors repeat and hide
)
HIDDEN = 256.0
SETTLED = 2.0**21  # a bound below so many roundings is as good as smaller steps could make it


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


def jacobian(evaluate: Evaluate, args: tuple[Any, ...], wrt: int) -> Estimate:
    """Differentiate every entry of the output by every entry of args[wrt]: out.shape + args[wrt].shape."""
    x = _array(args[wrt])

    def measure(scale: Any) -> Estimate:
        found = differentiate(evaluate, args, _entry_by_entry(args, wrt, scale), x.size)
        return _each(lambda a: np.moveaxis(a, 0, -1).reshape(a.shape[1:] + x.shape), found, scale)

    return _feasible(measure, x)


def row_jacobian(evaluate: Evaluate, args: tuple[Any, ...], wrt: int) -> Estimate:
    """Differentiate out (N, C) by args[wrt] (N, K) where rows are independent: (N, C, K), all rows at once."""
    x = _array(args[wrt])

    def measure(scale: Any) -> Estimate:
        found = differentiate(evaluate, args, _column_by_column(args, wrt, scale), x.shape[1])
        return _each(lambda a: np.moveaxis(a, 0, -1), found, scale[:, None, :])

    return _feasible(measure, x)


def slope(evaluate: Evaluate, args: tuple[Any, ...], wrt: int) -> Estimate:
    """Differentiate an elementwise function: all entries move at once."""
    x = _array(args[wrt])

    def measure(scale: Any) -> Estimate:
        found = differentiate(evaluate, args, _along(args, wrt, scale), 1)
        return _each(lambda a: a[0].reshape(x.shape), found, scale)

    return _feasible(measure, x)


def gradient(evaluate: Evaluate, args: tuple[Any, ...], wrt: int, upstream: Any = None) -> Estimate:
    """Differentiate sum(upstream * out) by every entry of args[wrt]; without *upstream*, out is a number."""
    x = _array(args[wrt])
    if upstream is not None:
        evaluate = _weighted(evaluate, upstream)

    def measure(scale: Any) -> Estimate:
        found = differentiate(evaluate, args, _entry_by_entry(args, wrt, scale), x.size)
        return _each(lambda a: a.reshape(x.shape), found, scale)

    return _feasible(measure, x)


def directional(evaluate: Evaluate, args: tuple[Any, ...], wrt: int, direction: Any) -> Estimate:
    """Differentiate out along *direction*: (out at args[wrt] + h * direction - out) / h for h to 0."""
    x = _array(args[wrt])

    def measure(scale: Any) -> Estimate:
        reach = _reach(scale, direction)
        place = _along(args, wrt, reach * np.asarray(direction, x.dtype))
        return _each(lambda a: a[0], differentiate(evaluate, args, place, 1), reach)

    first = measure(usual_scale(x))
    return first if np.isfinite(first.bound).all() else measure(own_scale(x))


def v_curve(
    evaluate: Evaluate, args: tuple[Any, ...], wrt: int, direction: Any
) -> tuple[list[float], list[float]]:
    """Return steps, and how far the plain central difference at each is from the best estimate.

    Too large a step errs by curvature, too small a one by rounding: drawn on logarithmic axes, a V.
    """
    best = directional(evaluate, args, wrt, direction).value
    reach = _reach(usual_scale(_array(args[wrt])), direction)
    place = _along(args, wrt, reach * np.asarray(direction))
    steps = 2.0 ** -np.arange(1, 45)
    values = _stack(evaluate([place(0, side * h) for side in (1, -1) for h in steps]), best.shape)
    plus, minus = values.reshape(2, len(steps), -1)
    errors = np.abs((plus - minus) / (2 * reach * steps[:, None]) - best.ravel()).max(axis=1)
    usable = np.isfinite(errors)
    return (reach * steps[usable]).tolist(), errors[usable].tolist()


def numeric_gradient(f: Callable[..., Any], *args: Any, wrt: int = 0) -> tuple[Any, Any]:
    """Return the gradient of the number f(*args) by args[wrt], and a bound on the error of each entry."""

    def evaluate(points: list[tuple[Any, ...]]) -> list[Any]:
        with np.errstate(all="ignore"):
            return [np.asarray(f(*point), float) for point in points]

    found = gradient(evaluate, args, wrt)
    return found.value, found.bound


def differentiate(evaluate: Evaluate, args: tuple[Any, ...], place: Place, count: int) -> Estimate:
    """Differentiate along *count* directions, (count, *out); place(m, h) is *args* moved by h along number m."""
    (centre,) = evaluate([args])
    if centre is None or np.size(centre) == 0 or count == 0:
        return _nothing((count, *np.shape(centre)))
    pending = np.arange(count)
    samples = _sample(evaluate, place, pending, LADDER[0], np.asarray(centre, float))
    found, settled = _assess(samples, _unit(args, samples))
    for steps in LADDER[1:]:
        keep = ~settled.reshape(len(pending), -1).all(axis=1)
        if not keep.any():
            break
        pending = pending[keep]
        samples = _joined(samples, keep, _sample(evaluate, place, pending, steps, samples.centre))
        part, settled = _assess(samples, _unit(args, samples))
        _overwrite(found, pending, part)
    return found


def _sample(
    evaluate: Evaluate, place: Place, directions: Any, steps: tuple[float, ...], centre: Any
) -> Samples:
    points = [place(int(m), side * h) for side in (1, -1) for h in steps for m in directions]
    values = _stack(evaluate(points), centre.shape)
    plus, minus = values.reshape(2, len(steps), len(directions), *centre.shape)
    return Samples(np.array(steps), centre, plus, minus)


def _joined(coarse: Samples, keep: Any, fine: Samples) -> Samples:
    return Samples(
        np.concatenate([coarse.steps, fine.steps]),
        coarse.centre,
        np.concatenate([coarse.plus[:, keep], fine.plus]),
        np.concatenate([coarse.minus[:, keep], fine.minus]),
    )


def _assess(samples: Samples, unit: float) -> tuple[Estimate, Any]:
    """Take the best value of the table, and tell which entries smaller steps cannot improve."""
    with np.errstate(all="ignore"):
        h = samples.steps.reshape(-1, *[1] * (samples.plus.ndim - 1))
        odd = _extrapolated((samples.plus - samples.minus) / (2 * h), 2)
        even = _extrapolated((samples.plus + samples.minus - 2 * samples.centre) / h, 1)
        roundings = unit * (_magnitudes(samples) + np.abs(odd[0][-1]))
        noise = np.maximum(_noise(odd, even, h, roundings), _swallowed(samples))
        rows = [_candidates(odd, even, noise / h, order) for order in range(ORDERS)]
        value, bound, jump = (np.concatenate(parts) for parts in zip(*rows, strict=True))
        bound = np.where(np.isfinite(bound), bound, np.inf)
        best = np.argmin(bound, axis=0)[None]
        value, bound, jump = (np.take_along_axis(a, best, 0)[0] for a in (value, bound, jump))
        smooth = np.isfinite(bound) & (2 * jump <= bound)
        return Estimate(value, bound, smooth), bound <= SETTLED * roundings[-1]


def _magnitudes(samples: Samples) -> Any:
    """How large, at each step, the numbers are that were rounded: as the values; if they stand still, HIDDEN.

    A value that does not change may be a sum that swallowed the change.
    """
    still = (samples.plus == samples.centre) & (samples.minus == samples.centre)
    hidden = np.where(still.any(axis=0), HIDDEN, 0.0)
    size = np.fmax(np.fmax(np.abs(samples.plus), np.abs(samples.minus)), np.abs(samples.centre))
    # A step's difference is corrected by that of the step before.
    return np.maximum(np.concatenate([size[:1], size[:-1]]), hidden)


def _swallowed(samples: Samples) -> Any:
    """The smallest change seen to both sides, if there are smaller steps without any: a grain of the value."""
    up, down = np.abs(samples.plus - samples.centre), np.abs(samples.minus - samples.centre)
    seen = np.where((up > 0) & (down > 0), np.minimum(up, down), np.inf).min(axis=0)
    return np.where(((up == 0) & (down == 0)).any(axis=0) & np.isfinite(seen), 16 * seen, 0.0)


def _extrapolated(quotients: Any, power: int) -> list[Any]:
    """Eliminate h**power, h**(power + 2), ... from *quotients*, in turn: one column of the table each."""
    columns = [quotients]
    for order in range(ORDERS):
        fine, coarse = columns[-1][1:], columns[-1][:-1]
        columns.append(fine + (fine - coarse) / (4.0 ** (power + 2 * order) - 1))
    return columns


def _candidates(odd: list[Any], even: list[Any], rounding: Any, order: int) -> tuple[Any, Any, Any]:
    """Values of one column of the table, their bounds and the jumps in them."""
    value = odd[order][1:]
    truncation = np.abs(value - odd[order][:-1]) * 8 / 16.0 ** (order + 1)
    if order:
        truncation = np.maximum(truncation, np.abs(value - odd[order - 1][2:]))
    jump = np.abs(even[order + 1])
    return value, SAFETY * truncation + jump + rounding[order + 1 :], jump


def _noise(odd: list[Any], even: list[Any], h: Any, roundings: Any) -> Any:
    """Bound the rounding error of the values at each step, from what smoothness leaves unexplained."""
    rest = np.diff(odd[2], axis=0)[-2:] * h[-2:]
    bend = even[3][-2:] * h[-2:] / 2
    # A jump that does not depend on the step is a kink, not noise.
    kink = np.abs(even[2][-3:].sum(axis=0)) > 2 * np.abs(even[2][-3:]).max(axis=0)
    measured = np.sqrt(np.mean(rest**2, axis=0) + np.where(kink, 0, np.mean(bend**2, axis=0)))
    typical = _typical(np.where(kink, 0, measured) / roundings[-1]) * roundings[-1]
    return np.maximum(ROUNDING * roundings, NOISE * np.maximum(measured, typical))


def _typical(ratios: Any) -> float:
    usable = ratios[np.isfinite(ratios) & (ratios > 0)]
    return float(np.median(usable)) if usable.size else 0.0


def _unit(args: tuple[Any, ...], samples: Samples) -> float:
    """Return the unit roundoff of the coarsest type in sight; many return float64 but compute in float32."""
    types = [
        a.dtype for a in args if isinstance(a, np.ndarray | np.floating) and a.dtype.kind == "f"
    ]
    if all(map(_is_single, (samples.centre, samples.plus, samples.minus))):
        types.append(np.dtype(np.float32))
    return max((float(np.finfo(t).eps) / 2 for t in types), default=2.0**-53)


def _is_single(values: Any) -> bool:
    with np.errstate(over="ignore"):
        return np.array_equal(values.astype(np.float32), values, equal_nan=True)


def _stack(values: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """One array of all *values*; NaN for a call that failed or gave another shape."""
    whole = np.full((len(values), *shape), np.nan)
    for i, value in enumerate(values):
        if value is not None and np.shape(value) == shape:
            whole[i] = value
    return whole


def _entry_by_entry(args: tuple[Any, ...], wrt: int, scale: Any) -> Place:
    def place(entry: int, step: float) -> tuple[Any, ...]:
        moved = _array(args[wrt]).copy()
        moved.flat[entry] += step * scale.flat[entry]
        return _replaced(args, wrt, moved)

    return place


def _along(args: tuple[Any, ...], wrt: int, direction: Any) -> Place:
    return lambda _, step: _replaced(args, wrt, _array(args[wrt]) + step * direction)


def _column_by_column(args: tuple[Any, ...], wrt: int, scale: Any) -> Place:
    def place(column: int, step: float) -> tuple[Any, ...]:
        moved = _array(args[wrt]).copy()
        moved[:, column] += step * scale[:, column]
        return _replaced(args, wrt, moved)

    return place


def _replaced(args: tuple[Any, ...], wrt: int, moved: Any) -> tuple[Any, ...]:
    kept = float(moved) if isinstance(args[wrt], float | int) else moved
    return (*args[:wrt], kept, *args[wrt + 1 :])


def _feasible(measure: Callable[[Any], Estimate], x: Any) -> Estimate:
    """Measure at the usual scale; where that left the domain (the log of a small number), at the entry's own."""
    first = measure(usual_scale(x))
    failed = ~np.isfinite(first.bound)
    if not failed.any():
        return first
    second = measure(own_scale(x))
    pairs = zip(_parts(first), _parts(second), strict=True)
    return Estimate(*(np.where(failed, b, a) for a, b in pairs))


def usual_scale(x: Any) -> Any:
    """How far one may expect to move an entry: as far as it is large, or as the others are, up to 1."""
    size = np.abs(x)
    common = float(np.sqrt(np.mean(np.square(size, dtype=float)))) if x.size else 1.0
    return UNEVEN * np.maximum(size, min(common, 1.0) or 1.0)


def own_scale(x: Any) -> Any:
    """How far an entry may move and keep its sign."""
    return np.where(x == 0, usual_scale(x), UNEVEN * np.abs(x))


def _reach(scale: Any, direction: Any) -> float:
    """How many *direction*s one may go before the first entry has moved by its scale."""
    most = float(np.max(np.abs(direction) / scale, initial=0.0))
    return 1 / most if most > 0 else 1.0


def _array(x: Any) -> Any:
    array = np.asarray(x)
    return array if array.dtype.kind == "f" else array.astype(float)


def _weighted(evaluate: Evaluate, upstream: Any) -> Evaluate:
    def total(points: list[tuple[Any, ...]]) -> list[Any]:
        return [
            None if out is None else np.sum(upstream * np.asarray(out)) for out in evaluate(points)
        ]

    return total


def _nothing(shape: tuple[int, ...]) -> Estimate:
    return Estimate(np.full(shape, np.nan), np.full(shape, np.inf), np.zeros(shape, bool))


def _parts(estimate: Estimate) -> tuple[Any, Any, Any]:
    return estimate.value, estimate.bound, estimate.smooth


def _overwrite(whole: Estimate, at: Any, part: Estimate) -> None:
    for target, source in zip(_parts(whole), _parts(part), strict=True):
        target[at] = source


def _each(reshape: Callable[[Any], Any], found: Estimate, scale: Any) -> Estimate:
    """*found* in its final shape, per unit of the argument instead of per *scale*."""
    return Estimate(
        reshape(found.value) / scale, reshape(found.bound) / scale, reshape(found.smooth)
    )
