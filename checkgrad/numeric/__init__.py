"""Numeric derivatives with an error bound: of a vector, a matrix of rows, an elementwise function, a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import numpy as np

from checkgrad.numeric.arguments import Wrt, positions, titles
from checkgrad.numeric.ladder import (
    Estimate,
    Evaluate,
    Placement,
    differentiate,
    parts,
    stack,
    unit_of,
)
from checkgrad.numeric.moves import (
    Domain,
    checked,
    checked_domain,
    move,
    move_scale,
    own_scale,
    usual_scale,
)

__all__ = [
    "Estimate",
    "Evaluate",
    "directional",
    "gradient",
    "jacobian",
    "numeric_gradient",
    "row_jacobian",
    "slope",
    "v_curve",
]

TINY = 2.0**-14  # of the usual scale, an entry in units of its own
CLOSER = (2.0**-6, 2.0**-12, 2.0**-18, 2.0**-24)  # of the own scale, where steps lead out of f


def jacobian(evaluate: Evaluate, args: tuple[Any, ...], wrt: int) -> Estimate:
    """Differentiate every entry of the output by every entry of args[wrt]: out.shape + args[wrt].shape."""
    x = _array(args[wrt])

    def measure(scale: Any) -> Estimate:
        found = differentiate(
            evaluate, args, _entry_by_entry(args, wrt, scale), x.size, unit_of(args)
        )
        return _each(lambda a: np.moveaxis(a, 0, -1).reshape(a.shape[1:] + x.shape), found, scale)

    return _feasible(measure, x)


def row_jacobian(evaluate: Evaluate, args: tuple[Any, ...], wrt: int) -> Estimate:
    """Differentiate out (N, C) by args[wrt] (N, K) where rows are independent: (N, C, K), all rows at once."""
    x = _array(args[wrt])

    def measure(scale: Any) -> Estimate:
        found = differentiate(
            evaluate, args, _column_by_column(args, wrt, scale), x.shape[1], unit_of(args)
        )
        return _each(lambda a: np.moveaxis(a, 0, -1), found, scale[:, None, :])

    return _feasible(measure, x)


def slope(evaluate: Evaluate, args: tuple[Any, ...], wrt: int) -> Estimate:
    """Differentiate an elementwise function: all entries move at once."""
    x = _array(args[wrt])

    def measure(scale: Any) -> Estimate:
        found = differentiate(evaluate, args, _along(args, wrt, scale), 1, unit_of(args))
        if found.value.size != x.size:  # there was nothing to differentiate
            found = Estimate(*(np.broadcast_to(a[0], (1, *x.shape)) for a in parts(found)))
        return _each(lambda a: a[0].reshape(x.shape), found, scale)

    return _feasible(measure, x)


def gradient(evaluate: Evaluate, args: tuple[Any, ...], wrt: int, upstream: Any = None) -> Estimate:
    """Differentiate sum(upstream * out) by every entry of args[wrt]; without *upstream*, out is a number."""
    x = _array(args[wrt])
    if upstream is not None:
        evaluate = _weighted(evaluate, upstream)

    def measure(scale: Any) -> Estimate:
        found = differentiate(
            evaluate, args, _entry_by_entry(args, wrt, scale), x.size, unit_of(args)
        )
        return _each(lambda a: a.reshape(x.shape), found, scale)

    return _feasible(measure, x)


def directional(evaluate: Evaluate, args: tuple[Any, ...], wrt: int, direction: Any) -> Estimate:
    """Differentiate out along *direction*: (out at args[wrt] + h * direction - out) / h for h to 0."""
    x = _array(args[wrt])

    def measure(scale: Any) -> Estimate:
        reach = _reach(scale, direction)
        place = _along(args, wrt, reach * np.asarray(direction, x.dtype))
        return _each(lambda a: a[0], differentiate(evaluate, args, place, 1, unit_of(args)), reach)

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
    values = stack(evaluate([place(0, side * h) for side in (1, -1) for h in steps]), best.shape)
    plus, minus = values.reshape(2, len(steps), -1)
    errors = np.abs((plus - minus) / (2 * reach * steps[:, None]) - best.ravel()).max(axis=1)
    usable = np.isfinite(errors)
    return (reach * steps[usable]).tolist(), errors[usable].tolist()


@overload
def numeric_gradient(
    f: Callable[..., Any], *args: Any, wrt: int | str = 0, domain: Domain | None = None
) -> tuple[Any, Any]: ...


@overload
def numeric_gradient(
    f: Callable[..., Any],
    *args: Any,
    wrt: tuple[int | str, ...],
    domain: Domain | None = None,
) -> tuple[tuple[Any, ...], tuple[Any, ...]]: ...


def numeric_gradient(
    f: Callable[..., Any], *args: Any, wrt: Wrt = 0, domain: Domain | None = None
) -> tuple[Any, Any]:
    """Return the gradient of the number f(*args) by args[wrt], and a bound on the error of each entry.

    wrt: the position or the name of an argument, an array or a number; of a tuple of several, both results
        are tuples.
    domain: what args[wrt] must remain while it is moved: "positive", "probability" (between 0 and 1),
        "symmetric" or "simplex" (rows that add up to 1). On a simplex the slope is that along it, towards
        each corner.
    """
    checked_domain(domain)
    if isinstance(wrt, tuple) and len(wrt) == 1:
        raise ValueError(f"wrt={wrt!r} is a tuple of one; say wrt={wrt[0]!r}, or several")
    names = titles(f, len(args))
    places = positions(wrt, names)
    for i in places:
        checked(args[i], f"argument {i}")
    evaluate = called(f)
    (value,) = evaluate([args])
    if value is None or np.size(value) != 1 or not np.isfinite(value).all():
        raise ValueError(
            f"f(*args) is {value!r}, expected one finite number; only such have a gradient"
        )
    found = [_one_gradient(_one_number(evaluate), args, i, domain) for i in places]
    values, bounds = tuple(e.value for e in found), tuple(e.bound for e in found)
    return (values, bounds) if isinstance(wrt, tuple) else (values[0], bounds[0])


def _one_number(evaluate: Evaluate) -> Evaluate:
    """Arrays of one entry as the number that is in them."""

    def numbers(points: list[tuple[Any, ...]]) -> list[Any]:
        return [np.reshape(v, ()) if np.size(v) == 1 else v for v in evaluate(points)]

    return numbers


def _one_gradient(evaluate: Evaluate, args: tuple[Any, ...], wrt: int, domain: str | None) -> Any:
    x = np.asarray(args[wrt])
    if domain is not None:
        return _within(evaluate, args, wrt, domain)
    found = gradient(evaluate, args, wrt)
    for closer in CLOSER:
        failed = ~np.isfinite(found.bound)
        if not failed.any():
            break
        scale = closer * own_scale(_array(x))
        place = _entry_by_entry(args, wrt, scale)
        near = differentiate(evaluate, args, place, x.size, unit_of(args))
        near = _each(lambda a: a.reshape(x.shape), near, scale)
        pairs = zip(parts(found), parts(near), strict=True)
        found = Estimate(*(np.where(failed, b, a) for a, b in pairs))
    return found


def _within(evaluate: Evaluate, args: tuple[Any, ...], wrt: int, domain: str) -> Estimate:
    x = np.asarray(args[wrt])
    moves = [move(x, one, domain) for one in np.eye(x.size).reshape(-1, *x.shape)]

    def place(entry: int, step: float) -> tuple[Any, ...]:
        return _replaced(args, wrt, x + step * moves[entry])

    found = differentiate(evaluate, args, place, x.size, unit_of(args))
    length = np.broadcast_to(move_scale(x, domain), x.shape)
    return _each(lambda a: a.reshape(x.shape), found, length)


def called(f: Callable[..., Any]) -> Evaluate:
    """Call *f* here and now; where it cannot be evaluated there is no value."""

    def call(point: tuple[Any, ...]) -> Any:
        try:
            return np.asarray(f(*point), float)
        except Exception:
            return None

    def evaluate(points: list[tuple[Any, ...]]) -> list[Any]:
        with np.errstate(all="ignore"):
            return [call(point) for point in points]

    return evaluate


def _entry_by_entry(args: tuple[Any, ...], wrt: int, scale: Any) -> Placement:
    def place(entry: int, step: float) -> tuple[Any, ...]:
        moved = _array(args[wrt]).copy()
        moved.flat[entry] += step * scale.flat[entry]
        return _replaced(args, wrt, moved)

    return place


def _along(args: tuple[Any, ...], wrt: int, direction: Any) -> Placement:
    return lambda _, step: _replaced(args, wrt, _array(args[wrt]) + step * direction)


def _column_by_column(args: tuple[Any, ...], wrt: int, scale: Any) -> Placement:
    def place(column: int, step: float) -> tuple[Any, ...]:
        moved = _array(args[wrt]).copy()
        moved[:, column] += step * scale[:, column]
        return _replaced(args, wrt, moved)

    return place


def _replaced(args: tuple[Any, ...], wrt: int, moved: Any) -> tuple[Any, ...]:
    kept = float(moved) if isinstance(args[wrt], float | int) else moved
    return (*args[:wrt], kept, *args[wrt + 1 :])


def _feasible(measure: Callable[[Any], Estimate], x: Any) -> Estimate:
    """Measure at the usual scale; where that left the domain (the log of a small number), at the entry's own.

    An entry far smaller than the others is measured at both: in units of its own f may turn many times within a
    usual step, and differences of such steps look smooth by accident.
    """
    usual, own = usual_scale(x), own_scale(x)
    first = measure(usual)
    failed = ~np.isfinite(first.bound)
    entries = first.bound.shape[first.bound.ndim - np.ndim(x) :] == np.shape(x)
    small = (own < TINY * usual) & entries
    if not (failed.any() or small.any()):
        return first
    second = measure(own)
    apart = np.abs(first.value - second.value)
    with np.errstate(invalid="ignore"):
        doubtful = ~failed & small & (apart > first.bound + second.bound)
    pairs = zip(parts(first), parts(second), strict=True)
    value, bound, smooth = (np.where(failed | doubtful, b, a) for a, b in pairs)
    return Estimate(value, np.where(doubtful, bound + 2 * apart, bound), smooth)


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


def _each(reshape: Callable[[Any], Any], found: Estimate, scale: Any) -> Estimate:
    """*found* in its final shape, per unit of the argument instead of per *scale*."""
    return Estimate(
        reshape(found.value) / scale, reshape(found.bound) / scale, reshape(found.smooth)
    )
