"""The laws hold for the reference and for every variant, and each of them catches some mistake."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkgrad.exercises import ALL

SEEDS = st.integers(0, 2**32 - 1)
LAWS = [(e, law) for e in ALL for law in e.laws]
NAMES = [f"{e.name}-{law.name}" for e, law in LAWS]


def slack(probe):
    single = any(np.asarray(a).dtype == np.float32 for a in probe)
    return 1e-3 if single else 1e-9


def holds(law, formula, probe):
    sides = law.holds(formula, *probe)
    if sides is None:
        return True
    left, right = (np.asarray(side, float) for side in sides)
    return left.shape == right.shape and np.allclose(left, right, rtol=0, atol=slack(probe))


def breaks(law, formula, probe):
    try:
        with np.errstate(all="ignore"):
            return not holds(law, formula, probe)
    except (ValueError, IndexError, TypeError):
        return True


@pytest.mark.parametrize("exercise, law", LAWS, ids=NAMES)
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None, derandomize=True)
def test_reference_obeys_the_law(exercise, law, seed):
    assert all(holds(law, exercise.formula, probe) for probe in exercise.probes(seed))


@pytest.mark.parametrize("exercise", [e for e in ALL if e.variants], ids=lambda e: e.name)
@given(seed=SEEDS)
@settings(max_examples=2, deadline=None, derandomize=True)
def test_variants_obey_the_laws(exercise, seed):
    broken = [
        (variant.name, law.name)
        for variant in exercise.variants
        for law in exercise.laws
        if not all(holds(law, variant.formula, probe) for probe in exercise.probes(seed))
    ]
    assert broken == []


@pytest.mark.parametrize("exercise, law", LAWS, ids=NAMES)
def test_law_catches_a_mistake(exercise, law):
    mistakes = [m.formula for m in exercise.misconceptions if m.at == "probes"]
    assert any(breaks(law, f, probe) for f in mistakes for probe in exercise.probes())


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_laws_are_stated_in_one_sentence(exercise):
    assert len(exercise.laws) >= 2
    assert all(law.statement.endswith(".") and "\n" not in law.statement for law in exercise.laws)
