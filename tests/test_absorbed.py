"""Which mistakes a reading takes for a convention: a reviewed list, and empty when everything is pinned."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from checkgrad import compare
from checkgrad.child.behaviour import Behaviour
from checkgrad.child.inventory import Definition, Inventory, Parameter
from checkgrad.exercises import ALL
from checkgrad.reading import candidates, read
from in_process import filled, sendable

REVIEWED = Path(__file__).parent / "data" / "absorbed.txt"
PINNED = {
    key: "as the course has it"
    for e in ALL
    for v in (*e.variants, *e.callings)
    for key in v.convention
} | {"layout": "rows", "labels": "one-hot", "weights": "(in, out)", "order": "as the course has it"}


class Functions:
    """Formulas as if they were a submission."""

    def __init__(self, exercises, **replaced):
        self.formulas = {e.name: e.formula for e in exercises} | replaced
        self.inventory = Inventory(
            tuple(definition(e, replaced.get(e.name, e.formula)) for e in exercises)
        )

    def ask(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        results = []
        with np.errstate(all="ignore"):
            try:
                for step in request.steps:
                    results.append(self.formulas[step.path[0][1:]](*step.args))
            except Exception as error:
                return Behaviour(raised=type(error).__name__)
        return Behaviour(value=sendable(filled(request.answer, results)))


def definition(exercise, formula):
    uses = ("exp",) if exercise.name.startswith(("softmax_cross", "sigmoid_binary")) else ()
    uses += ("axis",) if "axis" in source_of(formula) else ()
    parameters = tuple(Parameter(role) for role in exercise.roles)
    return Definition(exercise.name, "function", parameters, uses=uses)


def source_of(formula):
    return inspect.getsource(formula) if inspect.isfunction(formula) else ""


def absorbed(exercise, mistake, *, beside, pinned):
    """The note of the reading under which the mistake is right on every probe, or why it is not accused."""
    around = [e for e in ALL if e.formula.__module__ == exercise.formula.__module__]
    module = Functions(around if beside else [exercise], **{exercise.name: mistake.formula})
    found = read(candidates(module.inventory, ALL), module.ask, pinned=pinned)
    reading = next(r for c, r in found.items() if c.exercise is exercise)
    if reading.narrow or reading.unwritten or reading.obstacle:
        return excuse(reading)
    right = reading.right and all(is_right(reading, module, p) for p in exercise.probes())
    return reading.note or "canonical" if right else None


def excuse(reading):
    narrow = "advice: right for one sample" if reading.narrow else ""
    return reading.obstacle or narrow or "not written yet"


def is_right(reading, module, probe):
    (answer,) = module.ask([reading.request(probe)])
    got = reading.read(probe, answer)
    with np.errstate(all="ignore"):
        expected = reading.formula(*probe)
        bound = compare.rounding_bound(reading.formula, probe, expected, got.value)
        return got.returned and compare.difference(got.value, expected, bound) is None


def lines(*, beside, pinned):
    for exercise in ALL:
        for mistake in exercise.misconceptions:
            if mistake.at == "probes":
                note = absorbed(exercise, mistake, beside=beside, pinned=pinned)
                if note:
                    yield f"{'beside' if beside else 'alone'} | {exercise.name} | {mistake.name} | {note}"


def test_only_reviewed_mistakes_are_taken_for_conventions():
    found = [*lines(beside=False, pinned={}), *lines(beside=True, pinned={})]
    assert found == REVIEWED.read_text().splitlines()[3:]


@pytest.mark.parametrize("beside", [False, True])
def test_with_every_convention_pinned_no_mistake_is(beside):
    assert list(lines(beside=beside, pinned=PINNED)) == []
