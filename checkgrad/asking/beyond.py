"""Inputs beyond those that are usually tried: many samples, and entries far from 0.

Code that is right only on small arrays of moderate numbers is not right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from checkgrad.exercise import Exercise, Kind, Probe
from checkgrad.reading.form import SAMPLED

DRAWS = 6  # as many times as many samples
FAR = 20.0  # times the usual logits
GROSS = 1e-3  # of what is due, and of 1: far out nothing finer is asked, for stable code is another question


def larger(exercise: Exercise, seed: int) -> list[Probe]:
    """One probe of many samples, where the exercise has samples at all."""
    drawn = [exercise.probes(seed + 1 + i) for i in range(DRAWS)]
    most = [i for i, probe in enumerate(drawn[0]) if _is_plain(probe) and _samples(exercise, probe)]
    if not most:
        return []
    like = max(most, key=lambda i: sum(map(np.size, drawn[0][i])))
    alike = [
        probe
        for probes in drawn
        for probe in probes
        if list(map(np.shape, probe)) == list(map(np.shape, drawn[0][like])) and _is_plain(probe)
    ]
    return [tuple(map(_joined, exercise.roles, *alike))] if len(alike) > 1 else []


def further(exercise: Exercise, probes: Sequence[Probe]) -> list[Probe]:
    """The probes of an activation with logits far from 0, where what is due is known all the same."""
    if exercise.kind is not Kind.ACTIVATION or "z" not in exercise.roles:
        return []
    at = exercise.roles.index("z")
    plain = [probe for probe in probes if _is_plain(probe)]
    return [(*p[:at], FAR * p[at], *p[at + 1 :]) for p in plain[:2]]


def is_grossly_off(value: Any, due: Any) -> bool:
    """Is a finite answer another one than is due, by more than any rounding? What is not finite tells nothing here."""
    got, expected = np.asarray(value, float), np.asarray(due, float)
    if got.shape != expected.shape or not np.isfinite(got).all():
        return False
    room = GROSS * (1.0 + np.max(np.abs(expected), initial=0.0))
    return bool(np.isfinite(expected).all() and (np.abs(got - expected) > room).any())


def _is_plain(probe: Probe) -> bool:
    """Is it of double precision throughout, whole numbers aside that are labels or sizes?"""
    arrays = [arg for arg in probe if isinstance(arg, np.ndarray)]
    floats = [arg for arg in arrays if arg.dtype.kind == "f"]
    return bool(floats) and all(arg.dtype == np.float64 for arg in floats)


def _samples(exercise: Exercise, probe: Probe) -> int:
    """How many samples a probe has, 0 where its arguments do not agree on it."""
    shapes = [
        np.shape(a) for role, a in zip(exercise.roles, probe, strict=False) if role in SAMPLED
    ]
    rows = {shape[0] for shape in shapes if shape}
    deep = all(len(shape) == max(map(len, shapes)) for shape in shapes)
    return rows.pop() if len(rows) == 1 and deep and len(shapes[0]) == 2 else 0


def _joined(role: str, *values: Any) -> Any:
    return np.concatenate(values) if role in SAMPLED else values[0]
