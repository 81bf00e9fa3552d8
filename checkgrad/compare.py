"""Are two values equal up to a justified rounding bound? If not, say in words how they differ.

The bound follows the standard model of rounding, fl(a op b) = (a op b)(1 + d) with |d| <= u (Higham, Accuracy
and Stability of Numerical Algorithms, 2nd edition, sections 2.2 and 3.1). An implementation that adds up n terms
returns the exact result of an input moved by at most n*u relatively, plus n*u of the size of what it adds and
subtracts. So an entry may be off by

    SAFETY * n * u * (condition + magnitude)

u: unit roundoff of the coarsest precision among the inputs and the result.
n: a count of the operations behind one entry: the size of the largest argument, and OPERATIONS for the formula itself.
condition: how far the result moves, per relative movement of the inputs, measured on the reference.
magnitude: the largest entry of the result: entries are differences of terms of that size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour, Unsendable, are_floats

SAFETY = 8
OPERATIONS = 128
DOUBLE, SINGLE = 2.0**-53, 2.0**-24  # half precision is no precision for gradients
MOVE = 2.0**-20  # large against rounding, small against curvature
SMALL_NUMBER = 2e-8  # what people add so that nothing is divided by 0; no mistake is as small


@dataclass(frozen=True)
class Difference:
    """How a value differs from what was due: one sentence, and the worst entry if both have the same shape.

    numbers: those of the worst entry, as the sentence ends.
    """

    problem: str
    where: str = ""
    error: float | None = None
    bound: float | None = None
    numbers: str = ""


def rounding_bound(
    formula: Callable[..., Any], probe: tuple[Any, ...], expected: Any, got: Any = None
) -> Any:
    """Return what rounding may cost in each entry of *expected*, in the shape (or grouping) of *expected*."""
    unit = unit_roundoff(probe, got)
    size = max((np.size(arg) for arg in probe), default=0)
    gamma = SAFETY * (OPERATIONS + size) * unit
    moved = [formula(*_moved(probe, seed)) for seed in (1, 2)]
    return _each(lambda e, *m: gamma * (_condition(e, m) + _magnitude(e)), expected, *moved)


def widened(bound: Any, expected: Any, relative: float, absolute: float) -> Any:
    """Return *bound* with room for a tolerance: *relative* to the largest entry, and *absolute*."""
    if not (relative or absolute):
        return bound
    return _each(lambda e, b: b + relative * _magnitude(e) + absolute, expected, bound)


def repetition_bound(value: Any) -> Any:
    """Return what two runs of the same code may differ by: sums may be taken in another order."""
    gamma = SAFETY * OPERATIONS * unit_roundoff((), value)
    return _each(lambda v: gamma * _magnitude(v), value)


def unit_roundoff(probe: tuple[Any, ...], got: Any = None) -> float:
    """Return u of the coarsest floating point type among the arguments and the result, at most single precision's."""
    types = [a.dtype for a in _arrays(probe) if a.dtype.kind == "f"]
    types += [_precision(a) for a in _arrays((got,)) if a.dtype.kind == "f"]
    units = [float(np.finfo(t).eps) / 2 for t in types]
    return min(max(units, default=DOUBLE), SINGLE)


def difference(
    got: Any, expected: Any, bound: Any, names: tuple[str, ...] = ()
) -> Difference | None:
    """Return None when *got* equals *expected* up to *bound*, entry by entry; else how it differs.

    *names* are what the members of a group are called, ("dx", "dw", "db").
    """
    if isinstance(expected, tuple):
        return _group_difference(got, expected, bound, names)
    if problem := not_numbers(got):
        return Difference(problem)
    got, expected = _signed(got), _signed(expected)
    if got.shape != expected.shape:
        return Difference(f"has shape {got.shape}, expected {expected.shape}")
    off = ~_close(got, expected, np.broadcast_to(bound, expected.shape))
    return _worst(got, expected, np.broadcast_to(bound, expected.shape), off) if off.any() else None


def same(a: Behaviour, b: Behaviour, bound: Any) -> bool:
    """Did two functions behave alike: equal values up to *bound*, or the same failure?"""
    if a.died or b.died:
        return False
    if a.raised or b.raised:
        return a.raised == b.raised
    if _grouped(b.value):
        due = tuple(b.value)
        return difference(a.value, due, _fitting(bound, due)) is None
    if not_numbers(a.value) or not_numbers(b.value):
        return a.value is None and b.value is None
    return difference(a.value, b.value, _fitting(bound, b.value)) is None


def not_numbers(value: Any) -> str:
    """Return "" for a number or an array of numbers, else what it is instead, in words."""
    if value is None:
        return "returned None; is there a return?"
    if isinstance(value, Unsendable):
        what, more, advice = value.description.partition("; ")
        return f"returned {what} where numbers were expected{more}{advice}"
    if isinstance(value, list) and are_numbers(value):
        return "returned a list where one array was expected; np.array(...) makes it one"
    if isinstance(value, list | tuple | dict | str):
        return f"returned a {type(value).__name__} where one array was expected"
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        return f"returned values of type {array.dtype} where real numbers were expected"
    return ""


def are_numbers(value: Any) -> bool:
    """Can *value* be one array of real numbers, as a list of lists of equal lengths can?"""
    try:
        return np.asarray(value).dtype.kind in "biuf"
    except (ValueError, OverflowError):
        return False


def unusable(value: Any) -> str:
    """Return "" for numbers and groups of numbers, else what is wrong with the first member that is none."""
    if _grouped(value) and are_floats(value):
        return ""
    if _grouped(value) and value:
        return next(filter(None, map(unusable, value)), "")
    return not_numbers(value)


def _group_difference(
    got: Any, expected: tuple[Any, ...], bound: Any, names: tuple[str, ...]
) -> Difference | None:
    if not isinstance(got, list | tuple):
        what = not_numbers(got) or "returned one array"
        return Difference(f"{what}; expected {len(expected)} values{_listed(names)}")
    if len(got) != len(expected):
        return Difference(f"returned {len(got)} values, expected {len(expected)}{_listed(names)}")
    for i, (g, e, b) in enumerate(zip(got, expected, bound, strict=True)):
        if found := difference(g, e, b):
            name = names[i] if i < len(names) else f"value {i}"
            return Difference(
                f"{name} {found.problem}",
                name + found.where,
                found.error,
                found.bound,
                found.numbers,
            )
    return None


def _signed(value: Any) -> Any:
    """An array that can be subtracted: truth values and unsigned integers become real numbers."""
    array = np.asarray(value)
    return array.astype(float) if array.dtype.kind in "bu" else array


def _listed(names: tuple[str, ...]) -> str:
    return f" ({', '.join(names)})" if names else ""


def _close(got: Any, expected: Any, bound: Any) -> Any:
    with np.errstate(invalid="ignore"):
        near = np.abs(got - expected) <= bound
    return near | (got == expected) | (np.isnan(got) & np.isnan(expected))


def _worst(got: Any, expected: Any, bound: Any, off: Any) -> Difference:
    with np.errstate(invalid="ignore"):
        size = np.where(off, np.abs(got - expected), -1.0)
    size = np.where(off & ~np.isfinite(size), np.inf, size)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(size)), got.shape))
    where = f"[{', '.join(map(str, index))}]" if index else ""
    at = f"is wrong at {where}" if index else "is wrong"
    numbers = f"got {got[index]:.6g}, expected {expected[index]:.6g}"
    return Difference(f"{at}: {numbers}", where, float(size[index]), float(bound[index]), numbers)


def _fitting(bound: Any, value: Any) -> Any:
    """*bound* if it fits *value*, else its largest entry for all: wrong shapes are compared too."""
    largest = max((float(np.max(b, initial=0.0)) for b in _arrays((bound,))), default=0.0)
    if isinstance(value, tuple):
        fits = _grouped(bound) and len(bound) == len(value)
        return tuple(map(_fitting, bound, value)) if fits else (largest,) * len(value)
    fits = not _grouped(bound) and np.shape(bound) == np.shape(value)
    return bound if fits else largest


def _grouped(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _each(function: Callable[..., Any], first: Any, *rest: Any) -> Any:
    if isinstance(first, tuple):
        return tuple(_each(function, *members) for members in zip(first, *rest, strict=True))
    return function(np.asarray(first), *map(np.asarray, rest))


def _condition(expected: Any, moved: tuple[Any, ...]) -> Any:
    return sum(np.abs(m - expected) for m in moved) / MOVE


def _magnitude(expected: Any) -> float:
    finite = np.abs(expected[np.isfinite(expected)])
    return float(finite.max(initial=0.0))


def _moved(probe: tuple[Any, ...], seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    return tuple(_nudged(arg, rng) for arg in probe)


def _nudged(arg: Any, rng: np.random.Generator) -> Any:
    if not (isinstance(arg, np.ndarray) and arg.dtype.kind == "f"):
        return arg.copy() if isinstance(arg, np.ndarray) else arg
    exact = arg.astype(float)
    return exact * (1 + MOVE * rng.choice((-1.0, 1.0), size=arg.shape))


def _arrays(values: Any) -> list[Any]:
    numbers = [value for value in values if type(value) is float]
    found = [np.array(numbers)] if numbers else []  # one array, for there may be many
    for value in values if len(numbers) < len(values) else ():
        if isinstance(value, list | tuple):
            found += _arrays(value)
        elif isinstance(value, np.ndarray | np.floating):
            found.append(np.asarray(value))
    return found


def _precision(array: Any) -> Any:
    """float32 where every value is one: code that computes in float32 often returns float64.

    Values as round as 0.75 would be single in any precision and tell nothing.
    """
    if _is_all(np.float32, array) and not _is_all(np.float16, array):
        return np.dtype(np.float32)
    return array.dtype


def _is_all(kind: Any, array: Any) -> bool:
    with np.errstate(over="ignore", under="ignore"):
        return np.array_equal(array.astype(kind).astype(array.dtype), array, equal_nan=True)
