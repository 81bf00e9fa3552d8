"""Mistakes written as loops, classes and column-major code, read and explained as a submission is."""

import json
from pathlib import Path

import numpy as np
import pytest

from checkgrad import diagnose
from checkgrad.checks import Student
from checkgrad.exercises import ALL
from checkgrad.judging import as_case
from checkgrad.reading import candidates, read
from tests.in_process import InProcess

DATA = Path(__file__).parent / "data"
ROWS = json.loads((DATA / "styles.json").read_text(encoding="utf-8"))


def explained(source, exercise):
    """What is said of the function in *source* that answers the exercise of this name."""
    submission = InProcess(f"import math\nimport numpy as np\n{source}")
    readings = read(candidates(submission.inventory, ALL, {}), submission.ask)
    (reading,) = [r for c, r in readings.items() if c.exercise.name == exercise]
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
