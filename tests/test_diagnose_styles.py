"""Mistakes written as loops, classes and column-major code, read and explained as a submission is."""

import json
from pathlib import Path

import numpy as np
import pytest

from checkgrad import diagnose
from checkgrad.asking.student import Student
from checkgrad.exercises import ALL
from checkgrad.judging import as_case
from checkgrad.reading import candidates, read
from in_process import InProcess

DATA = Path(__file__).parent / "data"
ROWS = json.loads((DATA / "styles.json").read_text(encoding="utf-8"))


def explained(source, exercise, pinned={}):  # noqa: B006  (read only)
    """What is said of the function in *source* that answers the exercise of this name."""
    submission = InProcess(f"import math\nimport numpy as np\n{source}")
    readings = read(candidates(submission.inventory, ALL, {}), submission.ask, pinned=pinned)
    (reading,) = (r for c, r in readings.items() if c.exercise.name == exercise)
    student = Student(reading, submission.ask)
    with np.errstate(all="ignore"):
        return diagnose.explain(as_case(student, student.probes))


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_mistake_is_told_in_whatever_style_it_is_written(row):
    found = explained(row["code"], row["exercise"])
    named = [d.name for d in found.diagnoses]
    assert named == ([row["misconception"]] if row["misconception"] else [])
    assert found.structure == row["structure"]


def test_most_of_them_are_named():
    assert sum(bool(row["misconception"]) for row in ROWS) >= 0.8 * len(ROWS)


@pytest.mark.parametrize(
    "given, body", [("z", "s = softmax(z); return s * (1 - s)"), ("s", "return s * (1 - s)")]
)
@pytest.mark.parametrize(
    "name", ["softmax_derivative", "softmax_prime", "d_softmax", "softmax_grad"]
)
def test_the_diagonal_of_softmax_is_named_under_its_common_names(name, given, body):
    module = f"""
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

def {name}({given}):
    {body}
"""
    found = explained(module, "softmax_jacobian")
    assert [d.name for d in found.diagnoses] == ["kept_only_the_diagonal"]


def test_the_diagonal_of_softmax_is_named_behind_a_flag():
    module = """
def softmax(x, derivative=False):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    s = e / e.sum(axis=-1, keepdims=True)
    if derivative:
        return s * (1 - s)
    return s
"""
    found = explained(module, "softmax_jacobian")
    assert [d.name for d in found.diagnoses] == ["kept_only_the_diagonal"]


SOFTMAX = "def softmax(z):\n    e = np.exp(z)\n    return e / e.sum(axis=-1, keepdims=True)\n"
CHOICES = [
    (
        "sigmoid_derivative",
        "def sigmoid_derivative(z):\n    return z * (1 - z)",
        {"argument": "logits"},
        "used_the_rule_for_activations_on_logits",
    ),
    (
        "softmax",
        "def softmax(z):\n    return np.exp(z) / sum(np.exp(z))",
        {"layout": "rows"},
        "normalised_down_the_columns",
    ),
    (
        "softmax_cross_entropy_gradient",
        f"{SOFTMAX}def softmax_cross_entropy_gradient(z, t):\n    return softmax(z) - t",
        {"reduction": "mean"},
        "forgot_the_mean_over_the_samples",
    ),
    (
        "cross_entropy_derivative",
        "def cross_entropy_derivative(y, t):\n    return (y - t) / len(y)",
        {"fused": "no"},
        "gave_the_gradient_of_the_logits",
    ),
    (
        "sgd_update",
        "def sgd_update(w, g, lr):\n    return w + lr * g",
        {"sign": "positive"},
        "went_uphill",
    ),
]


@pytest.mark.parametrize("exercise, source, pinned, name", CHOICES, ids=[c[3] for c in CHOICES])
def test_a_choice_is_a_mistake_only_where_the_assignment_rules_it_out(
    exercise, source, pinned, name
):
    assert explained(source, exercise) == diagnose.NOTHING
    assert [d.name for d in explained(source, exercise, pinned).diagnoses] == [name]


def test_a_transposed_gradient_is_named_although_one_unit_hides_it():
    source = """
def affine_forward(x, w, b):
    return x @ w + b

def affine_backward(dout, x, w):
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)
"""
    found = explained(source, "affine_backward")
    assert [d.name for d in found.diagnoses] == ["left_dw_transposed"]


def test_a_missing_transposition_is_named_although_it_stops_with_an_error():
    source = """
def affine_forward(x, w, b):
    return x @ w + b

def affine_backward(dout, x, w):
    return dout @ w, x.T @ dout, dout.sum(axis=0)
"""
    found = explained(source, "affine_backward")
    assert [d.name for d in found.diagnoses] == ["passed_back_without_transposing"]
