"""Is a gradient the slope of its forward function, measured by moving the input a little?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from checkgrad import compare, structure
from checkgrad.asking import slopes
from checkgrad.asking.penalty import penalties
from checkgrad.asking.student import Observation, Student, answered, evaluate, is_smooth_ground
from checkgrad.child.behaviour import Behaviour
from checkgrad.compare import Difference
from checkgrad.exercise import Probe
from checkgrad.model import Verdict
from checkgrad.reading import Reading
from checkgrad.structure import Powers


def agrees_with_the_numeric_derivative(student: Student) -> Iterator[Observation]:
    """is the slope of the function itself, measured by moving its input a little"""
    probes = one_of_each_shape(student.probes)
    for probe, got in answered(student, [*probes[:1], *probes[1:][-1:]]):
        if got.returned:
            yield _against_the_slope(student, probe, got)
        else:
            yield Observation(probe, got)
    yield from penalties(student)


def _against_the_slope(student: Student, probe: Probe, got: Behaviour) -> Observation:
    """Judge a gradient by the numeric derivative of the student's own forward code, else of the reference."""
    derivative = student.exercise.derivative
    assert derivative
    measured = _measured(student, probe)
    due = student.reading.formula(*probe)
    rounding = compare.rounding_bound(student.reading.formula, probe, due, got.value)
    rounding = compare.widened(rounding, due, *student.room)
    seen = Observation(probe, got, due, measured=measured)
    found = _off_the_slope(got.value, measured, rounding)
    if found is None and student.forward and not student.forward.right:
        name = student.forward.reading.candidate.function
        return replace(seen, note=f"measured without your {name}, which is itself not right")
    if found is None or compare.difference(got.value, due, rounding):
        return replace(seen, difference=found)
    if student.forward is None:
        return replace(seen, note="equals the formula under its own convention")
    return _right_beside_another_forward(student, student.forward.reading, seen)


def _measured(student: Student, probe: Probe) -> tuple[slopes.Measured, ...]:
    """The slope of the student's own forward function where that is right, and smooth enough; else of the reference."""
    exercise, own = student.exercise, student.forward
    assert exercise.derivative
    if own is not None and own.right and _gives_the_shape(own, exercise.derivative.at(*probe)):
        measured = slopes.measure(exercise, evaluate(own), probe)
        if all(one.is_sharp for one in measured):
            return measured
    return slopes.measure(exercise, evaluate(exercise.derivative.of), probe)


def is_the_slope_of(student: Student, own: Student) -> bool:
    """Is a gradient the slope of this forward function, as far as that has one that can be told from nothing?"""
    seen = False
    for probe in one_of_each_shape(student.probes)[:2]:
        (got,) = student.answers([probe])
        measured = slopes.measure(student.exercise, evaluate(own), probe)
        if not got.returned or not all(one.is_sharp for one in measured):
            return False
        rounding = compare.rounding_bound(
            student.reading.formula, probe, student.reading.formula(*probe), got.value
        )
        if _off_the_slope(got.value, measured, rounding):
            return False
        seen = seen or any(one.is_steep for one in measured)
    return seen


def _gives_the_shape(own: Student, point: Probe) -> bool:
    (got,) = own.answers([point])
    usable = got.returned and not compare.not_numbers(got.value) and np.size(got.value)
    return bool(usable) and np.shape(got.value) == np.shape(own.reading.formula(*point))


def _off_the_slope(
    value: Any, measured: tuple[slopes.Measured, ...], rounding: Any
) -> Difference | None:
    """How the value, or one member of it, differs from what was measured; unmeasurable entries are left out."""
    if len(measured) == 1:
        value, rounding = (value,), (rounding,)
    if not isinstance(value, list | tuple) or len(value) != len(measured):
        return Difference(f"returned {_kind(value)}, expected {len(measured)} arrays")
    for got, one, room in zip(value, measured, rounding, strict=True):
        if (
            compare.not_numbers(got)
            or one.along is not None
            and np.shape(got) != one.along.shape[1:]
        ):
            return Difference("has not the shape of what it differentiates by")
        bound = np.where(one.estimate.smooth, one.room(room), np.inf)
        if found := compare.difference(one.of(got), one.estimate.value, bound):
            return found if one.along is None else _along_a_direction(found)
    return None


def _kind(value: Any) -> str:
    return f"{len(value)} values" if isinstance(value, list | tuple) else "one array"


def _along_a_direction(found: Difference) -> Difference:
    problem = f"is wrong along a random direction: {found.numbers}"
    return replace(found, problem=problem, where="")


def _right_beside_another_forward(
    student: Student, other: Reading, seen: Observation
) -> Observation:
    """The gradient equals the formula, but not the slope of the module's own forward function."""
    name = other.candidate.function
    mine = student.reading.convention
    if "fused" in mine and other.right:
        factor = _apart(mine, other.convention)
    else:
        factor = _factor(seen, other.binary) if other.right else ""
    averaged = OVER_SAMPLES.search(factor) and other.convention.get("reduction") == "none"
    if not factor or averaged:  # where a loss is left apart, whoever calls it averages
        return replace(seen, note=f"equals the formula; the slope of your {name} differs from it")
    told = Difference(_beside(name, factor))
    return replace(seen, difference=told, finding=_weight_of(factor, student, other))


def _weight_of(factor: str, student: Student, other: Reading) -> Verdict:
    """What a gradient is, that is a sign or a factor apart from the slope of its own loss.

    One function that gives both contradicts itself, and so does a class; what other code takes up may be put right there.
    The 2 of a squared error is a matter of taste, and a mean over the outputs of each sample is none where there is one.
    """
    mine, its = student.reading.candidate.function, other.candidate.function
    same = mine == its
    together = same or ("." in mine and mine.rpartition(".")[0] == its.rpartition(".")[0])
    if "sign" in factor:
        contradicts = same or not student.taken_up
    else:
        fits = factor in TASTE or OVER_OUTPUTS.search(factor) is not None
        contradicts = not fits and (same or together and not student.taken_up)
    return Verdict.WRONG if contradicts else Verdict.ADVICE


# By a reduction: by which powers of N and C its gradient differs from that of the mean over samples.
POWERS = {"mean": (0, 0), "sum": (1, 0), "cells": (0, -1)}


def _apart(mine: Mapping[str, str], other: Mapping[str, str]) -> str:
    """The sign or factor between a gradient that takes the slope of the outputs along, and that of the loss composed with them."""
    if mine.get("sign") == "negative":
        return "of the opposite sign"
    found = powers_apart(mine, other)
    return Powers(*found).words if found else ""


def powers_apart(mine: Mapping[str, str], other: Mapping[str, str]) -> tuple[int, int] | None:
    """By which powers of N and C a gradient differs from that of its own loss, both right by their conventions."""
    reductions = [one.get("reduction", "mean") for one in (mine, other)]
    if not set(reductions) <= POWERS.keys():
        return None
    (n, c), (others_n, others_c) = (POWERS[r] for r in reductions)
    return n - others_n, c - others_c


OVER_OUTPUTS = re.compile(r"times too (large|small), and C = ")
OVER_SAMPLES = re.compile(r"too small, and N = ")
TASTE = ("2 times too large", "2 times too small")


def _beside(name: str, factor: str) -> str:
    if "sign" in factor:
        return (
            f"has the opposite sign of the slope of your {name}: "
            "right only where the update adds it instead of subtracting it"
        )
    return (
        f"is {factor}, beside the slope of your {name}: each is right by itself, "
        "but one adds up where the other averages"
    )


def _factor(seen: Observation, binary: bool) -> str:
    """By which factor a gradient of a loss and the slope of that loss are apart; "" for anything else."""
    assert seen.measured
    named = sizes(seen.probe, binary)
    if len(seen.measured) != 1 or 1.0 in named.values() or len({*named.values()}) < len(named):
        return ""  # where N is 1, or C, no factor can be told from another
    (measured,) = seen.measured
    got, slope = measured.of(seen.got.value), measured.estimate
    return structure.describe(got, slope.value, named, slope.bound)


def sizes(probe: Probe, binary: bool) -> dict[str, float]:
    """N and C of a probe; a vector holds the samples where there is one output for each, else one sample."""
    shape = max((np.shape(arg) for arg in probe), key=len)
    names = ("N", "C") if len(shape) > 1 else ("N",) if binary else ("C",)
    return {name: float(size) for name, size in zip(names, shape, strict=False)}


def one_of_each_shape(probes: Sequence[Probe]) -> list[Probe]:
    """Probes in double precision from small to large, for questions that cost many evaluations."""
    shapes = {tuple(map(np.shape, p)): p for p in reversed(probes) if is_smooth_ground(p)}
    return sorted(shapes.values(), key=lambda p: sum(map(np.size, p)))
