"""Every misconception shows, differs from all that is right and from its like; every mistake seen in real code is found."""

import itertools
import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from checkgrad import compare
from checkgrad.child.behaviour import observe
from checkgrad.exercise import upstream
from checkgrad.exercises import ALL

CODE = re.compile(r"`|np\.|==|\*\*|\[|_like|def ")
DATA = Path(__file__).parent / "data"
BY_NAME = {e.name: e for e in ALL}
ITEMS = [(e, m) for e in ALL for m in e.misconceptions]
NAMES = [f"{e.name}-{m.name}" for e, m in ITEMS]


def seen(name):
    """Real code with what it is, one test each."""
    rows = json.loads((DATA / name).read_text(encoding="utf-8"))
    return {"argvalues": rows, "ids": [row["id"] for row in rows]}


def answers(formula, probes):
    with np.errstate(all="ignore"):
        return [observe(formula, probe) for probe in probes]


def bounds(formula, probes, behaviours):
    return [_bound(formula, *pair) for pair in zip(probes, behaviours, strict=True)]


def _bound(formula, probe, behaviour):
    if behaviour.raised or behaviour.value is None:
        return 0.0
    try:
        with np.errstate(all="ignore"):
            return compare.rounding_bound(formula, probe, behaviour.value)
    except (ValueError, IndexError):
        return 0.0  # a wrong formula may fail on the moved inputs


@cache
def known(exercise_name, name, seed=0):
    """What a registered formula does on the probes, or for what shows at extremes only, there; with bounds."""
    exercise = BY_NAME[exercise_name]
    registered = [*exercise.misconceptions, *exercise.variants]
    formula = next((r.formula for r in registered if r.name == name), exercise.formula)
    probes = grounds(exercise, name, seed)
    found = answers(formula, probes)
    return found, bounds(formula, probes, found)


def grounds(exercise, name, seed=0):
    """The probes on which something of this *name* is to be recognised."""
    at_extremes = any(m.name == name and m.at == "extremes" for m in exercise.misconceptions)
    return list(exercise.extremes()) if at_extremes else exercise.probes(seed)


def alike(found, exercise, name, seed=0):
    """Did *found* come out as the registered formula *name* does?"""
    expected, limits = known(exercise.name, name, seed)
    with np.errstate(all="ignore"):
        return all(map(compare.same, found, expected, limits))


def mutates(found):
    return any(b.mutated for b in found)


def variants_alike(exercise, found):
    return [v for v in exercise.variants if alike(found, exercise, v.name)]


def without_eps(convention):
    return {key: value for key, value in convention.items() if key != "eps"}


@pytest.mark.parametrize("exercise, mistake", ITEMS, ids=NAMES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_misconception_shows_where_it_says(exercise, mistake, seed):
    found = answers(mistake.formula, exercise.probes(seed))
    right = alike(found, exercise, "", seed)
    if mistake.at == "probes":
        assert not right
    elif mistake.at == "extremes":
        assert right
        ground = list(exercise.extremes())
        pairs = zip(
            answers(mistake.formula, ground), answers(exercise.formula, ground), strict=True
        )
        assert not all(np.allclose(got.value, due.value, rtol=0.1) for got, due in pairs)
    else:
        assert mistake.at == "inputs" and right and mutates(found)


VALUES = [(e, m) for e, m in ITEMS if m.at == "probes"]


@pytest.mark.parametrize("exercise, mistake", VALUES, ids=[f"{e.name}-{m.name}" for e, m in VALUES])
def test_misconception_is_right_under_no_convention_but_its_excuse(exercise, mistake):
    found = known(exercise.name, mistake.name)[0]
    excuse = [without_eps(v.convention) for v in exercise.variants if v.name == mistake.unless]
    like = variants_alike(exercise, found)
    assert [v.name for v in like if without_eps(v.convention) not in excuse] == []


# Shows at integers only, and what leaky ReLU gives are none.
WHOLE = {"rounded_alpha_to_zero"}
CALLED = [(e, m, c) for e, m in VALUES for c in e.callings if not m.unless and m.name not in WHOLE]


@pytest.mark.parametrize(
    "exercise, mistake, calling", CALLED, ids=[f"{e.name}-{m.name}-{c.name}" for e, m, c in CALLED]
)
def test_misconception_is_right_under_no_calling_but_its_excuse(exercise, mistake, calling):
    called = answers(lambda *probe: mistake.formula(*calling.arguments(*probe)), exercise.probes())
    assert not alike(called, exercise, "")
    assert variants_alike(exercise, called) == []


EXCUSED = [(e, m) for e, m in ITEMS if m.unless]


@pytest.mark.parametrize(
    "exercise, mistake", EXCUSED, ids=[f"{e.name}-{m.name}" for e, m in EXCUSED]
)
def test_excuse_makes_the_formula_right(exercise, mistake):
    calling = next((c for c in exercise.callings if c.name == mistake.unless), None)
    probes = exercise.probes()
    if calling:
        found = answers(lambda *probe: mistake.formula(*calling.arguments(*probe)), probes)
        assert alike(found, exercise, "")
    else:
        like = variants_alike(exercise, known(exercise.name, mistake.name)[0])
        assert mistake.unless in [v.name for v in like]


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_twins_are_declared_and_nothing_else_is_alike(exercise):
    for a, b in itertools.combinations(exercise.misconceptions, 2):
        if a.at != b.at:
            continue
        found = answers(a.formula, grounds(exercise, a.name))
        declared = b.name in a.same_as or a.name in b.same_as
        assert (alike(found, exercise, b.name), a.name, b.name) == (declared, a.name, b.name)


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_exercise_knows_its_mistakes_by_different_names(exercise):
    names = [m.name for m in exercise.misconceptions]
    assert len(names) == len({*names}) >= 3


@pytest.mark.parametrize("exercise, mistake", ITEMS, ids=NAMES)
def test_student_reads_a_sentence_and_a_question(exercise, mistake):
    assert mistake.explanation.endswith(".") and len(mistake.explanation) < 120
    assert "\n" not in mistake.explanation
    assert mistake.hint.endswith("?") and not CODE.search(mistake.hint)


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_variants_have_different_names_and_a_note(exercise):
    names = [v.name for v in (*exercise.variants, *exercise.callings)]
    assert len(names) == len({*names})
    assert all(v.note.endswith(".") for v in exercise.variants)
    assert all(v.convention for v in (*exercise.variants, *exercise.callings))


def loaded(row, name):
    """The function in *row*, called from the roles of its exercise."""
    exercise = BY_NAME[row["exercise"]]
    scope = {"np": np, "sig": BY_NAME["sigmoid"], "smax": BY_NAME["softmax"], "upstream": upstream}
    scope |= {c.name: c.arguments for c in exercise.callings}
    exec(row["code"], scope)
    assert callable(scope[name])
    return exercise, eval(f"lambda {', '.join(exercise.roles)}: {row['call']}", scope)


@pytest.mark.parametrize("row", **seen("mistakes.json"))
def test_mistake_seen_in_real_code_is_its_misconception_and_no_other(row):
    exercise, wrong = loaded(row, "wrong")
    expected = next(m for m in exercise.misconceptions if m.name == row["misconception"])
    found = [
        m for m in exercise.misconceptions if m.at == expected.at and _makes(exercise, wrong, m)
    ]
    twins = {m.name for m in exercise.misconceptions if expected.name in m.same_as}
    assert {m.name for m in found} == {expected.name, *expected.same_as, *twins}


def _makes(exercise, wrong, mistake):
    found = answers(wrong, grounds(exercise, mistake.name))
    mine = known(exercise.name, mistake.name)[0]
    return alike(found, exercise, mistake.name) and mutates(found) == mutates(mine)


@pytest.mark.parametrize("row", **seen("variants.json"))
def test_right_code_seen_is_accepted(row):
    exercise, right = loaded(row, "right")
    found = answers(right, exercise.probes())
    assert alike(found, exercise, row["variant"])
    accused = [
        m.name
        for m in exercise.misconceptions
        if m.at == "probes" and not m.unless and alike(found, exercise, m.name)
    ]
    assert accused == []
