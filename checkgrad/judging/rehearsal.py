"""An assignment tried out on its own reference, on every known mistake and on every variant; no worker is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from msgspec import Struct

from checkgrad import compare
from checkgrad.asking.checks import CHECKS, Check
from checkgrad.asking.student import Student, is_beside_the_point
from checkgrad.assignment import Assignment, asked
from checkgrad.assignment.conventions import CONVENTIONS
from checkgrad.child.behaviour import Behaviour, observe
from checkgrad.child.inventory import Definition, Inventory, Parameter
from checkgrad.child.request import Request, Result
from checkgrad.exercise import Exercise, Formula, Misconception, Variant
from checkgrad.exercises import mlp
from checkgrad.exercises.mlp import NETWORK, blocks, flattened
from checkgrad.judging import demands
from checkgrad.model import Verdict
from checkgrad.reading import candidates, read


class Rehearsal(Struct):
    """What came of it.

    broken: checks that the reference fails. slipped: mistakes that earn all points. advised: mistakes that earn all
    points and are told as advice. failed: right variants that would fail, by the pinned conventions that rule them out.
    """

    tried: int = 0
    broken: list[str] = []
    slipped: list[str] = []
    advised: list[str] = []
    failed: dict[str, list[str]] = {}


class Formulas:
    """Formulas that answer as a submission would, one function for each exercise."""

    def __init__(self, exercises: Sequence[Exercise], replaced: Mapping[str, Formula] = {}) -> None:
        self.formulas = {e.name: e.formula for e in exercises} | dict(replaced)
        self.inventory = Inventory(tuple(map(_definition, exercises)))

    def ask(self, requests: Sequence[Request]) -> list[Behaviour]:
        """What each request does."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Request) -> Behaviour:
        if not all(step.do == "call" and len(step.path) == 1 for step in request.steps):
            return Behaviour(
                raised="TypeError", message="a formula can be called, and nothing else"
            )
        seen = [observe(self.formulas[str(step.path[0])[1:]], step.args) for step in request.steps]
        if failed := next((one for one in seen if not one.returned), None):
            return failed
        value = _filled(request.answer, [_sent(one.value) for one in seen])
        return replace(seen[-1], value=value)


def rehearse(assignment: Assignment) -> Rehearsal:
    """Try *assignment* out: each formula takes its exercise's place among the right ones of all others."""
    exercises, found = asked(assignment), Rehearsal()
    for exercise in exercises:
        for formula in (exercise.formula, *_mistaken(exercise), *_variants(exercise)):
            found.tried += 1
            _try(found, exercise, formula, exercises, assignment)
    if NETWORK.name in assignment.exercises:
        _try_networks(found, assignment)
    return found


def unpinned(assignment: Assignment) -> list[str]:
    """The conventions that are left to students."""
    return [key for key in CONVENTIONS if key not in assignment.conventions]


def hidden(exercises: Sequence[Exercise]) -> dict[str, list[str]]:
    """The mistakes that pass, each in a module with nothing else, by the conventions under which they do."""
    found: dict[str, list[str]] = {}
    for exercise in exercises:
        for mistake in exercise.misconceptions:
            for key in _hiding(exercise, mistake) if mistake.at == "probes" else ():
                found.setdefault(key, []).append(f"{exercise.name}.{mistake.name}")
    return found


def _hiding(exercise: Exercise, mistake: Misconception) -> Iterable[str]:
    """The keys of the conventions under which a mistaken formula is right, or right for one sample."""
    module = Formulas([exercise], {exercise.name: mistake.formula})
    (reading,) = read(candidates(module.inventory, [exercise]), module.ask, seed=0).values()
    if reading.narrow:
        return ("layout",)
    return reading.convention if reading.right and not reading.obstacle else ()


def _try(
    found: Rehearsal,
    exercise: Exercise,
    formula: Formula,
    exercises: Sequence[Exercise],
    assignment: Assignment,
) -> None:
    student = _student(exercise, formula, exercises, assignment)
    with np.errstate(all="ignore"):
        said = {c.name: _said(c, student, assignment) for c in CHECKS if c.applies(exercise)}
    costs = [name for name, verdict in said.items() if verdict is Verdict.WRONG]
    if formula is exercise.formula:
        broken = [*costs, *_broken_laws(exercise, assignment.seed or 0)]
        found.broken += [f"{exercise.name}: {name}" for name in broken]
    elif mistake := _mistaken(exercise).get(formula):
        missed = found.advised if Verdict.ADVICE in said.values() else found.slipped
        missed += [] if costs else [f"{exercise.name}.{mistake}"]
    elif costs:
        _rule_out(found, exercise, _variants(exercise)[formula], assignment)


def _broken_laws(exercise: Exercise, seed: int) -> list[str]:
    """The laws that do not hold of the exercise's own formula."""
    laws = {}
    for law in exercise.laws:
        sides = (law.holds(exercise.formula, *probe) for probe in exercise.probes(seed))
        laws[law.name] = all(np.allclose(*pair, atol=1e-6) for pair in sides if pair is not None)
    return [name for name, holds in laws.items() if not holds]


def _mistaken(exercise: Exercise) -> dict[Formula, str]:
    return {mistake.formula: mistake.name for mistake in exercise.misconceptions}


def _variants(exercise: Exercise) -> dict[Formula, dict[str, str]]:
    """The variants by one convention, with it; one small number stands for all, a pair follows from its parts."""
    found: dict[tuple[str, str], Variant] = {}
    for variant in exercise.variants:
        if len(variant.convention) == 1:
            ((key, value),) = variant.convention.items()
            found.setdefault((key, "" if key == "eps" else value), variant)
    return {variant.formula: variant.convention for variant in found.values()}


def _student(
    exercise: Exercise, formula: Formula, exercises: Sequence[Exercise], assignment: Assignment
) -> Student:
    """The function of a module in which all others are right."""
    module = Formulas(exercises, {exercise.name: formula})
    found = candidates(module.inventory, exercises, {e.name: e.name for e in exercises})
    seed = assignment.seed or 0
    readings = read(found, module.ask, seed=seed, pinned=assignment.conventions)
    students = {
        c.exercise.name: Student(
            reading, module.ask, seed, room=demands.room(assignment, c.exercise.name)
        )
        for c, reading in readings.items()
    }
    student = students[exercise.name]
    if exercise.derivative:
        student.forward = students.get(exercise.derivative.of.name)
    return student


def _said(check: Check, student: Student, assignment: Assignment) -> Verdict:
    """Passed, advice, or wrong where it costs points."""
    asked = assignment.exercises.get(student.exercise.name)
    priced = asked.checks.get(check.name) if asked else None
    faults = [seen for seen in check.ask(student) if seen.difference or not seen.got.returned]
    if not faults:
        return Verdict.PASSED
    lenient = (check.earns and student.reading.narrow) or all(
        seen.finding is Verdict.ADVICE or is_beside_the_point(student, seen.probe)
        for seen in faults
    )
    return Verdict.ADVICE if lenient and not (priced and priced.cost) else Verdict.WRONG


def _rule_out(
    found: Rehearsal, exercise: Exercise, convention: Mapping[str, str], assignment: Assignment
) -> None:
    pinned = assignment.conventions
    pins = [f"{k} = {pinned[k]}" for k, v in convention.items() if pinned.get(k, v) != v]
    told = ", ".join(f"{key} {value}" for key, value in convention.items())
    why = ", ".join(pins) or "nothing that is pinned"
    found.failed.setdefault(why, []).append(f"{exercise.name} ({told})")


def _try_networks(found: Rehearsal, assignment: Assignment) -> None:
    """Mistakes in backpropagation that show at the usual sizes, but not at those that are asked for."""
    rng = np.random.default_rng(assignment.seed or 0)
    usual = NETWORK.probes(assignment.seed or 0)
    sizes = assignment.network.sizes
    asked_for = [mlp.draw(rng, one, n) for one in sizes for n in (7, 1)] if sizes else usual
    for mistake in NETWORK.misconceptions:
        found.tried += 1
        shows = any(_differs(mistake.formula, probe) for probe in usual)
        if shows and not any(_differs(mistake.formula, probe) for probe in asked_for):
            found.slipped.append(f"{NETWORK.name}.{mistake.name}")


def _differs(formula: Formula, probe: Any) -> bool:
    try:
        got = formula(*probe).gradients
    except ValueError:  # shapes that do not fit show the mistake, too
        return True
    flat = tuple(block for pair in got for block in pair)
    due = blocks(probe, {})
    bound = compare.rounding_bound(lambda *p: due, flattened(probe), due)
    return compare.difference(flat, due, bound) is not None


def _definition(exercise: Exercise) -> Definition:
    parameters = tuple(Parameter(role) for role in exercise.roles)
    return Definition(exercise.name, "function", parameters)


def _filled(answer: Any, values: Sequence[Any]) -> Any:
    """The answer of a request, a result of it or several of them."""
    if isinstance(answer, list | tuple):
        return type(answer)(_filled(item, values) for item in answer)
    if not isinstance(answer, Result):
        return answer
    value = values[answer.step]
    for part in answer.path:
        value = value[part]
    return value


def _sent(value: Any) -> Any:
    """A value as it would come from a worker."""
    if isinstance(value, list | tuple):
        return type(value)(map(_sent, value))
    return value.item() if isinstance(value, np.generic) else value
