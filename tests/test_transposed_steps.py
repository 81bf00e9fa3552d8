"""Steps of square matrices whose shape hides that they are transposed."""

import pytest

from checkgrad.grading import grade
from checkgrad.model import Verdict

SCRIPT = """
import numpy as np

x, t = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.2, -0.5])
W = np.random.RandomState(0).randn(3, 3)
for step in range(100):
    error = W.dot(x) - t
    W -= 0.05 * np.outer({order})
"""
CLASS = """
import numpy as np


class Linear:
    def __init__(self, n):
        self.w, self.shift = np.random.randn(n, n), np.zeros(n)

    def fit(self, X, Y, lr=0.01):
        for _ in range(20):
            off = (X @ self.w + self.shift - Y) / len(X)
            self.w = self.w - lr * {order}
            self.shift = self.shift - lr * off.sum(axis=0)


Linear(4).fit(np.random.randn(30, 4), np.random.randn(30, 4))
"""
LISTS = """
weights = [[0.2, -0.1, 0.3], [0.0, 0.4, 0.1], [0.3, 0.9, -0.2]]


def outer(a, b):
    return [[p * q for q in b] for p in a]


def predict(row, weights):
    return [sum(line[i] * row[i] for i in range(len(row))) for line in weights]


def gradient(inputs, wanted, weights):
    delta = [o - g for o, g in zip(predict(inputs, weights), wanted)]
    return outer({order})


inputs, wanted = [0.7, 0.6, 1.1], [0.2, 1, 0]
slopes = gradient(inputs, wanted, weights)
for i in range(3):
    for j in range(3):
        weights[i][j] -= 0.01 * slopes[i][j]
"""
SOURCES = {
    "a script": (SCRIPT, "error, x", "x, error"),
    "a class": (CLASS, "X.T @ off", "off.T @ X"),
    "lists": (LISTS, "delta, inputs", "inputs, delta"),
}


def judged(tmp_path, source):
    file = tmp_path / "student.py"
    file.write_text(source)
    asked = [o for o in grade(file).outcomes if (o.exercise, o.check) == ("MLP", "gradients")]
    (found,) = [o for o in asked if o.verdict is not Verdict.NOT_JUDGED]
    return found


@pytest.mark.parametrize(("source", "right", "wrong"), SOURCES.values(), ids=list(SOURCES))
def test_a_transposed_step_is_told_as_that(tmp_path, source, right, wrong):
    assert not judged(tmp_path, source.format(order=right)).verdict.failed
    found = judged(tmp_path, source.format(order=wrong))
    assert found.verdict is Verdict.WRONG
    told = "transposed" in found.problem or "partly_right" in found.corroboration
    assert told, found.problem
