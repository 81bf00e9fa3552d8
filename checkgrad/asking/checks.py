"""The questions asked of every exercise, from basic to subtle. A check yields what it observed, it never asserts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from checkgrad import compare, numeric, structure
from checkgrad.asking import beyond, slopes
from checkgrad.child.behaviour import Behaviour, fingerprint
from checkgrad.child.request import Request
from checkgrad.compare import Difference
from checkgrad.exercise import Exercise, Failed, Formula, Law, Probe
from checkgrad.model import Verdict
from checkgrad.reading import Reading
from checkgrad.reading.form import ROWS

Ask = Callable[[Sequence[Request]], list[Behaviour]]
HEED = 1e-3  # of the largest entry, the least by which answers to different inputs differ
HALF, NOTHING_LEFT = 0.5, 1e-3  # shares of the largest entry, and of what is due


@dataclass(frozen=True)
class Observation:
    """One piece of evidence: what was asked, what came back, what was due and how the two differ.

    finding: what it means if there is a difference; an ADVICE or a mere note does not fail the check.
    """

    probe: Probe
    got: Behaviour
    expected: Any = None
    difference: Difference | None = None
    finding: Verdict = Verdict.WRONG
    note: str = ""
    measured: tuple[slopes.Measured, ...] | None = None
    again: Callable[[Probe], Observation] | None = None  # the same question about another input
    of: Student | None = None  # the function as it was asked here, where that is not the usual way


@dataclass
class Student:
    """One function of a submission, as its reading has it: called with canonical probes, remembered."""

    reading: Reading
    ask: Ask
    seed: int = 0
    forward: Student | None = (
        None  # what it is the derivative of, where the submission has that too
    )
    room: tuple[float, float] = (
        0.0,
        0.0,
    )  # beyond rounding: relative to the largest entry, absolute
    reduction: str = ""  # the one that is asked for, if one is
    uses: tuple[Student, ...] = ()  # answers to other exercises that its source mentions
    taken_up: bool = True  # may other code use it, and put right there a sign or a factor?
    causes: dict[str, Any] = field(default_factory=dict)  # what was found out once for all checks
    _seen: dict[Any, Behaviour] = field(default_factory=dict)

    @property
    def exercise(self) -> Exercise:
        return self.reading.candidate.exercise

    @cached_property
    def probes(self) -> list[Probe]:
        return self.exercise.probes(self.seed)

    @cached_property
    def right(self) -> bool:
        """Does every answer match the formula?"""
        seen = matches_the_formula(self)
        return self.reading.right and all(
            o.got.returned and (o.of or not o.difference) for o in seen
        )

    def answers(self, probes: Sequence[Probe]) -> list[Behaviour]:
        """What the function did on each probe; each distinct probe is asked once, all in one batch."""
        keys = [fingerprint(probe) for probe in probes]
        new = {key: probe for key, probe in zip(keys, probes, strict=True) if key not in self._seen}
        if new:
            self._seen.update(zip(new, self.asked_afresh(list(new.values())), strict=True))
        return [self._seen[key] for key in keys]

    def asked_afresh(self, probes: Sequence[Probe]) -> list[Behaviour]:
        """What the function does on each probe now."""
        replies = self.ask([self.reading.request(probe) for probe in probes])
        return [self.reading.read(p, reply) for p, reply in zip(probes, replies, strict=True)]

    def __call__(self, *probe: Any) -> Any:
        """The value for one probe, as if it were a plain function; raises Failed where there is none."""
        (behaviour,) = self.answers([probe])
        if not behaviour.returned or compare.unusable(behaviour.value):
            raise Failed(behaviour)
        return behaviour.value


Question = Callable[[Student], Iterator[Observation]]


@dataclass(frozen=True)
class Check:
    """A question with what the grader needs to know of it.

    earns: does a right answer earn points? The others can only cost some.
    """

    ask: Question
    applies: Callable[[Exercise], bool] = lambda exercise: True
    earns: bool = False

    @property
    def needs_an_answer(self) -> bool:
        """Does it ask about answers, so that where no call gives one there is nothing to ask?"""
        return not self.earns and self.ask is not exists

    @property
    def name(self) -> str:
        return self.ask.__name__


def exists(student: Student) -> Iterator[Observation]:
    """is written"""
    for probe, got in _first_answer(student):
        empty = got.returned and got.value is None
        yield Observation(probe, got, difference=_returns_nothing() if empty else None)


def matches_the_formula(student: Student) -> Iterator[Observation]:
    """returns what the formula says"""
    student.answers(student.probes)
    for probe in student.probes:
        yield _formula_on(student, probe)
    if student.reading.right:
        yield from _beyond_the_usual(student)
    if upright := _given_columns(student):
        yield from _on_columns(upright)


def agrees_with_the_numeric_derivative(student: Student) -> Iterator[Observation]:
    """is the slope of the function itself, measured by moving its input a little"""
    probes = _one_of_each_shape(student.probes)
    for probe, got in _answered(student, [*probes[:1], *probes[1:][-1:]]):
        if got.returned:
            yield _against_the_slope(student, probe, got)
        else:
            yield Observation(probe, got)


def obeys_its_laws(student: Student) -> Iterator[Observation]:
    """has the properties that every right version has"""
    probes = _one_of_each_shape(student.probes) or student.probes
    pairs = [(law, probe) for law in student.exercise.laws for probe in probes]
    # A law that the right formula breaks under this reading, with another sign or no bias, is none here.
    pairs = [(law, p) for law, p in pairs if _is_obeyed(law, student.reading.formula, p)]
    student.answers([asked for pair in pairs for asked in _asked_by(student, *pair)])
    for law, probe in pairs:
        yield _law_on(student, law, probe)
    yield from heedless(student)


def survives_extreme_inputs(student: Student) -> Iterator[Observation]:
    """gives finite numbers where the true value is finite"""
    for probe, got in _answered(student, list(student.exercise.extremes())):
        expected = student.reading.formula(*probe)
        found = _blown_up(got, expected)
        if not found and student.exercise.derivative and student.reading.right:
            found = _vanished(got, expected)
        yield Observation(probe, got, expected, found, Verdict.ADVICE, note=_warning_note(got))


def leaves_its_inputs_alone(student: Student) -> Iterator[Observation]:
    """does not change the arrays it was given"""
    for probe, got in _answered(student, student.probes):
        changed = _changed_arguments(student, got)
        yield Observation(probe, got, difference=changed)


def gives_the_same_answer_twice(student: Student) -> Iterator[Observation]:
    """gives the same answer when it is asked again, later, in another order"""
    first = student.answers(student.probes)
    order = np.random.default_rng(student.seed).permutation(len(student.probes))
    again = student.asked_afresh([student.probes[i] for i in order])
    for i, second in zip(order, again, strict=True):
        yield Observation(
            student.probes[i],
            second,
            first[i].value,
            _changed_its_mind(first[i], second),
        )


def is_failing(seen: Observation) -> bool:
    """Does the observation show a fault, of whatever weight?"""
    return bool(seen.difference) or not seen.got.returned


def is_beside_the_point(student: Student, probe: Probe) -> bool:
    """Are these whole numbers where the exercise is about real ones? A fault that shows there alone is advice."""
    kinds = {_kind_of_numbers(p) for p in student.probes}
    return _kind_of_numbers(probe) == "iu" and "f" in kinds


def _kind_of_numbers(probe: Probe) -> str:
    arrays = [arg for arg in probe if isinstance(arg, np.ndarray)]
    return "f" if any(a.dtype.kind == "f" for a in arrays) else "iu"


def has_derivative(exercise: Exercise) -> bool:
    """Is the exercise the derivative of another one?"""
    return exercise.derivative is not None


CHECKS = (
    Check(exists),
    Check(matches_the_formula, earns=True),
    Check(agrees_with_the_numeric_derivative, applies=has_derivative, earns=True),
    Check(obeys_its_laws, applies=lambda exercise: bool(exercise.laws), earns=True),
    Check(survives_extreme_inputs, applies=lambda exercise: bool(tuple(exercise.extremes()))),
    Check(leaves_its_inputs_alone),
    Check(gives_the_same_answer_twice),
)


def evaluate(forward: Formula | Student) -> numeric.Evaluate:
    if isinstance(forward, Student):
        return lambda points: [_value(b) for b in forward.asked_afresh(points)]
    return lambda points: [np.asarray(forward(*point)) for point in points]


def _value(behaviour: Behaviour) -> Any:
    usable = behaviour.returned and not compare.not_numbers(behaviour.value)
    return np.asarray(behaviour.value) if usable else None


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
    for probe in _one_of_each_shape(student.probes)[:2]:
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
    problem = found.problem.partition(": ")[2]
    return replace(found, problem=f"is wrong along a random direction: {problem}", where="")


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
    if not factor:
        return replace(seen, note=f"equals the formula; the slope of your {name} differs from it")
    told = Difference(_beside(name, factor))
    return replace(seen, difference=told, finding=_weight_of(factor, student, other))


def _weight_of(factor: str, student: Student, other: Reading) -> Verdict:
    """What a gradient is, that is a sign or a factor apart from the slope of its own loss.

    One function that gives both contradicts itself, and so does a class; what other code takes up may be put right there.
    The 2 of a squared error is a matter of taste.
    """
    mine, its = student.reading.candidate.function, other.candidate.function
    same = mine == its
    together = same or ("." in mine and mine.rpartition(".")[0] == its.rpartition(".")[0])
    if "sign" in factor:
        contradicts = same or not student.taken_up
    else:
        contradicts = factor not in TASTE and (same or together and not student.taken_up)
    return Verdict.WRONG if contradicts else Verdict.ADVICE


# By a reduction: by which powers of N and C its gradient differs from that of the mean over samples.
POWERS = {"mean": (0, 0), "sum": (1, 0), "cells": (0, -1)}


def _apart(mine: Mapping[str, str], other: Mapping[str, str]) -> str:
    """The sign or factor between a gradient that takes the slope of the outputs along, and that of the loss composed with them."""
    if mine.get("sign") == "negative":
        return "of the opposite sign"
    reductions = [one.get("reduction", "mean") for one in (mine, other)]
    if not set(reductions) <= POWERS.keys():
        return ""
    powers = [a - b for a, b in zip(*(POWERS[r] for r in reductions), strict=True)]
    above = " ".join(name for name, power in zip("NC", powers, strict=True) if power > 0)
    below = " ".join(name for name, power in zip("NC", powers, strict=True) if power < 0)
    if above and below:
        return f"{above} / {below} times what is due"
    return f"{above} times too large" if above else f"{below} times too small" if below else ""


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


def _first_answer(student: Student) -> Iterator[tuple[Probe, Behaviour]]:
    return _answered(student, student.probes[:1])


def _answered(student: Student, probes: list[Probe]) -> Iterator[tuple[Probe, Behaviour]]:
    return zip(probes, student.answers(probes), strict=True)


def _returns_nothing() -> Difference:
    return Difference("returned None; is there a return?")


def _formula_on(student: Student, probe: Probe) -> Observation:
    (got,) = student.answers([probe])
    return _compared(student, probe, got)


def _compared(student: Student, probe: Probe, got: Behaviour) -> Observation:
    formula = student.reading.formula
    expected, found = formula(*probe), None
    if got.returned:
        bound = compare.rounding_bound(formula, probe, expected, got.value)
        bound = compare.widened(bound, expected, *student.room)
        found = compare.difference(got.value, expected, bound)
    return Observation(probe, got, expected, found, again=lambda p: _formula_on(student, p))


def _beyond_the_usual(student: Student) -> Iterator[Observation]:
    """The same formula on many samples, and roughly far from 0."""
    for probe in beyond.larger(student.exercise, student.seed):
        yield _formula_on(student, probe)
    for probe in beyond.further(student.exercise, student.probes):
        seen = _formula_on(student, probe)
        if seen.difference and beyond.is_grossly_off(seen.got.value, seen.expected):
            yield seen


def _given_columns(student: Student) -> Student | None:
    """A function that is right for vectors of samples, asked with columns (N, 1) instead."""
    reading = student.reading
    form, roles = reading.way.form, {*student.exercise.roles}
    vectors = reading.binary and roles <= {"y", "z", "t"} and form.layout == ROWS
    if not (reading.right and vectors) or form.upright:
        return None
    way = replace(reading.way, form=replace(form, upright=True))
    return Student(replace(reading, way=way), student.ask, student.seed)


def _on_columns(student: Student) -> Iterator[Observation]:
    """What is right for vectors may mix all samples of two columns; an error or other axes are no fault."""
    probes = [p for p in student.probes if _is_smooth_ground(p)]
    for probe, got in _answered(student, probes):
        folded = _with_axes_of(student.reading.formula(*probe), got, len(probe[0]))
        if folded and (found := _compared(student, probe, folded).difference):
            problem = f"given columns (N, 1) instead of vectors, {found.problem}"
            told = replace(found, problem=problem)
            due = student.reading.formula(*probe)
            yield Observation(probe, got, due, told, of=student)


def _with_axes_of(due: Any, got: Behaviour, samples: int) -> Behaviour | None:
    """The answer in the shape of what is due, or as it is where it has an entry for every two samples; else None."""
    if not got.returned or not compare.are_numbers(got.value):
        return None
    if np.size(got.value) == np.size(due):
        return replace(got, value=np.reshape(got.value, np.shape(due)))
    return got if np.shape(got.value) == (samples, samples) else None


def _one_of_each_shape(probes: Sequence[Probe]) -> list[Probe]:
    """Probes in double precision from small to large, for questions that cost many evaluations."""
    shapes = {tuple(map(np.shape, p)): p for p in reversed(probes) if _is_smooth_ground(p)}
    return sorted(shapes.values(), key=lambda p: sum(map(np.size, p)))


def _is_smooth_ground(probe: Probe) -> bool:
    """Numeric derivatives need room to move: no integers, and more than single precision."""
    floats = [arg for arg in probe if isinstance(arg, np.ndarray)]
    return all(arg.dtype == np.float64 for arg in floats)


def _asked_by(student: Student, law: Law, probe: Probe) -> list[Probe]:
    """What the law asks of a right version: asked in one batch, the student's answers cost one round trip."""
    asked = [probe]

    def right(*point: Any) -> Any:
        asked.append(point)
        return student.reading.formula(*point)

    law.holds(right, *probe)
    return asked


def _law_on(student: Student, law: Law, probe: Probe) -> Observation:
    (got,) = student.answers([probe])
    if not got.returned:
        return Observation(probe, got)
    due = student.reading.formula(*probe)
    if problem := compare.unusable(got.value):
        return Observation(probe, got, due, Difference(problem))
    try:
        sides = law.holds(student, *probe)
        left, right = (np.asarray(side, dtype=float) for side in sides or (0, 0))
    except Failed as failed:
        return Observation(probe, failed.behaviour)
    except (ValueError, IndexError, TypeError, AttributeError):
        # The answers do not even have the shape the law speaks of; the formula check says so.
        return Observation(probe, got, due, Difference(f"breaks the law: {_lower(law.statement)}"))
    if sides is None:
        return Observation(probe, got)
    known = all(np.isfinite(leaf).all() for leaf in _leaves(due))
    if known and not np.isfinite(left).all():
        problem = f"breaks the law: {_lower(law.statement)} (it gives no finite numbers)"
        return Observation(probe, got, due, Difference(problem))
    bound = _law_bound(probe, got.value, left, right)
    entries = max(map(np.size, probe))  # a law may add up as many
    bound = compare.widened(bound, right, *(entries * room for room in student.room))
    found = compare.difference(left, right, bound)
    broken = found and replace(
        found, problem=f"breaks the law: {_lower(law.statement)} ({found.problem})"
    )
    return Observation(probe, got, due, broken, again=lambda p: _law_on(student, law, p))


def heedless(student: Student) -> list[Observation]:
    """What tells that its answers do not depend on its inputs: two that are alike where they are due to differ."""
    first: dict[str, tuple[Any, Any]] = {}
    alike: list[Observation] = []
    for probe, got in _answered(student, student.probes):
        due = student.reading.formula(*probe)
        if not got.returned or compare.unusable(got.value):
            continue
        value, other = first.setdefault(str(list(map(np.shape, probe))), (got.value, due))
        if value is got.value or not _differ(other, due):
            continue
        if _differ(value, got.value):
            return []
        found = Difference("gives the same answer to different inputs")
        alike.append(Observation(probe, got, due, found))
    return alike


def _differ(one: Any, other: Any) -> bool:
    members = zip(one, other, strict=False) if isinstance(one, list | tuple) else [(one, other)]
    return any(
        np.shape(a) != np.shape(b)
        or np.max(np.abs(np.subtract(a, b, dtype=float)), initial=0.0)
        > HEED * np.max(np.abs(a), initial=0.0)
        for a, b in members
    )


def _is_obeyed(law: Law, formula: Formula, probe: Probe) -> bool:
    try:
        sides = law.holds(formula, *probe)
    except (ValueError, IndexError, TypeError):
        return False
    if sides is None:
        return True
    left, right = (np.asarray(side, dtype=float) for side in sides)
    bound = _law_bound(probe, formula(*probe), left, right)
    return compare.difference(left, right, bound) is None


def _law_bound(probe: Probe, got: Any, left: Any, right: Any) -> float:
    """Both sides are absolute sums of terms no larger than the inputs, the outputs and 1."""
    unit = compare.unit_roundoff(probe, got)
    sizes = [
        float(np.max(np.abs(np.asarray(a, float)), initial=1.0)) for a in (left, right, *probe)
    ]
    count = compare.OPERATIONS + max(np.size(a) for a in (*probe, left))
    return compare.SAFETY * count * unit * max(sizes)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _blown_up(got: Behaviour, expected: Any) -> Difference | None:
    if not got.returned:
        return Difference(f"raised {got.raised}") if got.raised else None
    values, due = _leaves(got.value), _leaves(expected)
    for value, truth in zip(values, due, strict=False):
        bad = ~np.isfinite(value)
        if bad.any() and np.isfinite(truth).all():
            found = str(value[bad].flat[0])
            return Difference(f"gives {found} at inputs where the true value is finite")
    return None


def _vanished(got: Behaviour, expected: Any) -> Difference | None:
    """A gradient that has become 0 where it should be largest: nothing can be learned from there."""
    for value, truth in zip(_leaves(got.value), _leaves(expected), strict=False):
        if value.shape != truth.shape or not np.isfinite(truth).all():
            continue
        largest = np.abs(truth) > HALF * np.max(np.abs(truth), initial=0.0)
        lost = largest & (np.abs(value) < NOTHING_LEFT * np.abs(truth))
        if lost.any():
            return Difference(f"vanishes at an input where the true value is {truth[lost][0]:.6g}")
    return None


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [leaf for member in value for leaf in _leaves(member)]
    array = np.asarray(value)
    return [array] if array.dtype.kind in "biuf" else []


def _warning_note(got: Behaviour) -> str:
    return f"NumPy warned: {got.warned[0]}" if got.warned else ""


def _changed_arguments(student: Student, got: Behaviour) -> Difference | None:
    """Updates may work in place; everything else has to leave alone what it was given."""
    exercise = student.exercise
    names = [exercise.roles[i] for i in got.mutated]
    spoilt = [name for name in names if name not in exercise.in_place]
    return (
        Difference(f"changed {', '.join(spoilt)}, which it was only given to read")
        if spoilt
        else None
    )


def _changed_its_mind(first: Behaviour, second: Behaviour) -> Difference | None:
    if not first.returned or second.died:
        return None
    if second.returned and fingerprint(first.value) == fingerprint(second.value):
        return None
    due = tuple(first.value) if isinstance(first.value, list) else first.value
    comparable = not compare.unusable(due)
    if compare.same(second, first, compare.repetition_bound(due) if comparable else 0.0):
        return None
    return Difference("gave another answer when it was asked again with the same input")
