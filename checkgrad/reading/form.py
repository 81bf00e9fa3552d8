"""The form in which arrays are handed over: rows or columns, one-hot or integer labels; and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from checkgrad.conventions import bias, lists, weights
from checkgrad.conventions.bias import FLAT
from checkgrad.conventions.labels import numbers
from checkgrad.conventions.labels import one_hot as rows_of
from checkgrad.conventions.layout import COLUMNS, ROWS, SCALAR, SINGLE
from checkgrad.conventions.weights import IN_OUT, OUT_IN
from checkgrad.exercise import Exercise, Probe
from checkgrad.exercise import upstream as factors

SAMPLED = {"z", "y", "t", "dy", "x", "dout", "a", "labels"}  # roles with an axis of samples


@dataclass(frozen=True)
class Form:
    """How canonical arguments are laid out for a function, each field one choice.

    layout: samples in rows or in columns, or one call for each sample or for each number.
    integers: one-hot targets become class numbers.
    upright: vectors of samples (N,) become (N, 1); asked for one at a time, a sample (C,) becomes (C, 1).
    weights: "(in, out)" or "(out, in)". bias: "(out,)", "(1, out)" or "(out, 1)".
    turned: what is returned has the samples where the arguments have them not. lists: arrays become nested lists.
    """

    layout: str = ROWS
    integers: bool = False
    upright: bool = False
    weights: str = IN_OUT
    bias: str = FLAT
    turned: bool = False
    lists: bool = False

    @property
    def convention(self) -> dict[str, str]:
        """What differs from the canonical form."""
        found = {} if self.layout == ROWS else {"layout": self.layout}
        found |= {"labels": "integers"} if self.integers else {}
        column = "(C, 1)" if self.layout == SINGLE else "(N, 1)"
        found |= {"shape": column} if self.upright else {}
        found |= {} if self.weights == IN_OUT else {"weights": self.weights}
        found |= {"gradient": "transposed"} if self.turned else {}
        found |= {"arrays": "lists"} if self.lists else {}
        return found | ({} if self.bias == FLAT else {"bias": self.bias})


def is_binary(exercise: Exercise, probe: Probe) -> bool:
    """Does the exercise have one output for each sample, so that a vector is a batch?"""
    sampled = [np.shape(a) for role, a in zip(exercise.roles, probe, strict=False) if role in "yzt"]
    targets = "t" in exercise.roles
    return targets and all(len(shape) <= 1 or shape[-1] == 1 for shape in sampled)


@cache
def has_one_output(exercise: Exercise) -> bool:
    """Has it one output for each sample on every probe?"""
    return all(is_binary(exercise, probe) for probe in exercise.probes())


def parts(form: Form, exercise: Exercise, probe: Probe) -> list[Probe]:
    """The calls that answer one probe: one, or one for each sample or number."""
    if form.layout not in (SINGLE, SCALAR):
        return [probe]
    numbers = form.layout == SCALAR or has_one_output(exercise)
    return list(_split(exercise.roles, probe, numbers))


def rows(exercise: Exercise, probe: Probe) -> list[Probe]:
    """The probe as batches of one sample."""
    lead = next(
        np.shape(a) for role, a in zip(exercise.roles, probe, strict=False) if role in SAMPLED
    )
    if len(lead) < 2 and not has_one_output(exercise):
        return [probe]
    return [
        tuple(
            a[i : i + 1] if role in SAMPLED and np.ndim(a) and len(a) == lead[0] else a
            for role, a in zip(exercise.roles, probe, strict=False)
        )
        for i in range(lead[0])
    ]


def _split(roles: tuple[str, ...], probe: Probe, numbers: bool) -> Iterator[Probe]:
    lead = next(np.shape(a) for role, a in zip(roles, probe, strict=False) if role in SAMPLED)
    if not lead or (len(lead) == 1 and not numbers):
        yield probe
        return
    for index in np.ndindex(lead if numbers else lead[:1]):
        yield tuple(
            _entry(a, index)
            if role in SAMPLED and np.shape(a)[: len(index)] == lead[: len(index)]
            else a
            for role, a in zip(roles, probe, strict=False)
        )


def _entry(array: Any, index: tuple[int, ...]) -> Any:
    picked = array[index]
    return picked.copy() if isinstance(picked, np.ndarray) else picked.item()


def given(form: Form, role: str, value: Any, binary: bool) -> Any:
    """One canonical argument as the function takes it: a fresh array in natural order, or a list."""
    found = _given(form, role, value, binary)
    return lists.laid(found) if form.lists else found


def _given(form: Form, role: str, value: Any, binary: bool) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    if role == "t" and form.integers and not binary:
        return labels(value, form)
    if role == "t" and form.integers and value.ndim == 1:
        value = value.astype(int)
    if role == "w":
        return weights.laid(form.weights, value)
    if role == "b":
        return bias.laid(form.bias, value)
    if role in SAMPLED and value.ndim in (1, 2):
        return np.array(_laid_out(form, role, value, binary), order="C")
    return np.array(value, order="C")


def labels(targets: Any, form: Form) -> Any:
    """Class numbers of one-hot rows."""
    if form.layout == SINGLE and targets.ndim == 1:
        return int(targets.argmax())
    return numbers(targets) if targets.ndim == 2 and targets.shape[1] > 1 else targets


def one_hot(exercise: Exercise, probe: Probe) -> Probe:
    """The probe with class numbers among its targets written as one-hot rows."""
    named = dict(zip(exercise.roles, probe, strict=False))
    t, lead = named.get("t", 0), named.get("z", named.get("y", 0))
    if np.ndim(t) != 1 or np.ndim(lead) != 2 or np.shape(lead)[1] == 1:
        return probe
    rows = rows_of(t, np.shape(lead)[1])
    return tuple(rows if role == "t" else a for role, a in zip(exercise.roles, probe, strict=False))


def _laid_out(form: Form, role: str, value: Any, binary: bool) -> Any:
    if value.ndim == 2:
        upright = value
    elif binary or form.layout == SINGLE and form.upright:
        upright = value[:, None]
    elif form.layout == COLUMNS and not _are_class_numbers(role, value):
        upright = value[None, :]
    else:
        return value
    if form.layout == COLUMNS:
        return upright.T
    return upright if form.upright or value.ndim == 2 else value


def _are_class_numbers(role: str, value: Any) -> bool:
    return role in ("t", "labels") or (role == "y" and value.dtype.kind in "iu")


def returned(form: Form, value: Any, expected: Any, weight: bool = False) -> Any:
    """Bring one returned value to the shape of *expected*, by rearrangements that lose nothing."""
    value = lists.restored(value) if form.lists else value
    if not isinstance(value, np.ndarray):
        return value
    in_columns = (form.layout == COLUMNS) != form.turned
    if value.ndim == 2 and (form.weights == OUT_IN if weight else in_columns):
        value = np.ascontiguousarray(value.T)
    elif form.layout == COLUMNS and value.ndim == 3 and _samples_last(value, expected):
        value = np.moveaxis(value, -1, 0)
    return squeezed(value, np.shape(expected))


def _samples_last(value: Any, expected: Any) -> bool:
    """Is it (C, C, N) where (N, C, C) was expected?"""
    shape = np.shape(expected)
    return bool(value.shape == (*shape[1:], *shape[:1]))


def squeezed(value: Any, shape: tuple[int, ...]) -> Any:
    """*value* in *shape*, if the two differ in axes of length 1 only: a column for a vector, (1, 1) for a number."""
    flat = value.ndim <= 2 or value.shape[1:] == shape
    alike = _without_ones(value.shape) == _without_ones(shape)
    return value.reshape(shape) if flat and alike else value


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def upstream(like: Any) -> Any:
    """Weights to multiply an elementwise derivative with, in the precision of what it is taken of."""
    single = isinstance(like, np.ndarray) and like.dtype == np.float32
    return factors(np.shape(like)).astype(np.float32 if single else np.float64)
