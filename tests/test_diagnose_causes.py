"""What follows from another function's mistake is told as that, and nothing else is."""

from pathlib import Path

import numpy as np
import pytest

from checkgrad import compare
from checkgrad.exercises import ALL
from checkgrad.grading import grade

BY_NAME = {e.name: e for e in ALL}
RIGHT = Path(__file__).parents[1] / "reference_models" / "numpy_mlp.py"
SUMS = "e / np.sum(e, axis=-1, keepdims=True)"
MATTER = ("matches_the_formula", "gradients", "learns_xor")
ITEMS = [(e, formula) for e in ALL for formula in e.compositions]


@pytest.mark.parametrize("exercise, formula", ITEMS, ids=lambda x: getattr(x, "__name__", "of"))
def test_composition_is_the_exercise_it_is_made_for(exercise, formula):
    for probe in exercise.probes():
        due = exercise(*probe)
        got = formula(lambda used: used, *probe)
        bound = 64 * compare.rounding_bound(exercise.formula, probe, due)
        assert compare.difference(got, due, bound) is None


@pytest.fixture
def failed(tmp_path):
    """Grade the right module with some of its text replaced."""

    def run(**replaced):
        source = RIGHT.read_text()
        for old, new in replaced.values():
            assert old in source
            source = source.replace(old, new)
        path = tmp_path / "student.py"
        path.write_text(source)
        return [o for o in grade(path).outcomes if o.verdict.failed or o.follows_from]

    return run


def test_a_wrong_softmax_is_the_cause_of_all_that_uses_it(failed):
    found = failed(softmax=(SUMS, "e / np.sum(e, axis=0)"))
    causes = {o.exercise: o.follows_from for o in found if o.check in MATTER}
    assert causes.pop("softmax") == ""
    assert len(causes) >= 3 and {*causes.values()} == {"softmax"}
    assert not any(o.diagnoses for o in found if o.follows_from)


def test_a_wrong_slope_is_the_cause_of_wrong_gradients(failed):
    found = failed(slope=("np.where(z > 0, 1.0, alpha)", "np.where(z > 0, 1.0, 3 * alpha)"))
    causes = {o.exercise: o.follows_from for o in found if o.check in MATTER}
    assert causes == {"leaky_relu_derivative": "", "MLP": "leaky_relu_derivative"}
    # The network is told as what follows, and is no mistake by itself.
    assert {o.verdict for o in found if o.exercise == "MLP"} == {"advice"}


def test_an_error_is_told_where_it_starts(failed):
    found = failed(softmax=(SUMS, "e / np.sum(e, axis=-1, keepdim=True)"))
    causes = {o.exercise: o.follows_from for o in found if o.check == "exists"}
    assert causes.pop("softmax") == ""
    assert causes["softmax_jacobian"] == causes["softmax_backward"] == "softmax"


def test_a_mistake_of_its_own_is_no_consequence(failed):
    found = failed(
        softmax=(SUMS, "e / np.sum(e)"),
        gradient=("return (softmax(z) - t) / len(z)", "return 2 * (softmax(z) + t) / len(z)"),
    )
    gradient = [o for o in found if o.exercise == "softmax_cross_entropy_gradient"]
    assert gradient and not any(o.follows_from for o in gradient)


def test_noise_is_no_consequence():
    from checkgrad import diagnose
    from checkgrad.child.behaviour import observe

    exercise = BY_NAME["softmax_jacobian"]

    def noisy(z):
        return exercise(z) + np.cos(np.arange(z.shape[-1]))

    case = diagnose.Case(
        exercise, exercise.formula, exercise.probes(), lambda ps: [observe(noisy, p) for p in ps]
    )
    assert diagnose.follows_from(case, {"softmax": lambda z: np.exp(z)}) == ""
