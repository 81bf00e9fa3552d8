"""A loop whose gradients are right and that does not learn: why, found by running it with one thing changed."""

from __future__ import annotations

import pytest

from checkgrad.grading import grade
from checkgrad.model import Verdict

XOR = """
import numpy as np
np.random.seed(1)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)
W1 = np.random.randn(2, 4)
b1 = np.zeros((1, 4))
W2 = np.random.randn(4, 1)
b2 = np.zeros((1, 1))
lr = 0.5
for epoch in range(1000):
    h = np.tanh(X @ W1 + b1)
    out = 1 / (1 + np.exp(-(h @ W2 + b2)))
    d2 = (out - y) / 4
    dW2 = h.T @ d2
    d1 = d2 @ W2.T * (1 - h ** 2)
    W1 = W1 - lr * (X.T @ d1)
    b1 = b1 - lr * d1.sum(0)
    W2 = W2 - lr * dW2
    b2 = b2 - lr * d2.sum(0)
"""
PRICES = """
import numpy as np

def descend(A, price, rate, turns):
    theta = np.zeros(A.shape[1])
    history = []
    for _ in range(turns):
        pred = A.dot(theta)
        theta -= rate * A.T.dot(pred - price) / len(price)
        history.append(np.mean((pred - price) ** 2))
    return theta, history

rng = np.random.default_rng(0)
size = rng.uniform(500, 4000, 60)
A = np.column_stack([np.ones(60), size])
theta, history = descend(A, 100 * size + 5000, 0.01, 400)
"""
FROM_A_FILE = """
data = np.loadtxt("houses.csv", delimiter=",")
theta, history = descend(data[:, :-1], data[:, -1], 1000.0, 400)
"""
ONE_BY_ONE = """
import numpy as np
rng = np.random.default_rng(3)
xs = rng.uniform(-1, 1, (12, 2))
ts = (xs[:, 0] > xs[:, 1]).astype(float)

class Unit:
    def __init__(self):
        self.w = rng.normal(size=2)
        self.b = 0.0

    def forward(self, x):
        return self.w @ x + self.b

    def fit(self, xs, ts, epochs):
        for epoch in range(epochs):
            for x, t in zip(xs, ts):
                y = self.forward(x)
                delta = y - t
                self.w -= 4.0 * delta * x
                self.b -= 4.0 * delta

unit = Unit()
unit.fit(xs, ts, 200)
"""
STUCK = {
    "a rate that is too large": (XOR.replace("lr = 0.5", "lr = 300"), ["the rate of 300 is too large", "at 3 "]),
    "a rate that is too small": (XOR.replace("lr = 0.5", "lr = 1e-5"), ["hardly moves", "too small for so few turns"]),
    "weights that are all 0": (
        XOR.replace("randn(2, 4)", "rand(2, 4) * 0").replace("randn(4, 1)", "rand(4, 1) * 0"),
        ["all entries of W1 begin as 0", "hidden units stay alike"],
    ),
    "weights that are all alike": (
        XOR.replace("np.random.randn(2, 4)", "np.full((2, 4), 0.5)").replace("np.random.randn(4, 1)", "np.full((4, 1), 0.5)"),
        ["all entries of W1 begin as 0.5"],
    ),
    "inputs that are not scaled": (PRICES, ["is inf by turn", "the inputs are not scaled"]),
    "one sample after the other": (ONE_BY_ONE, ["the rate of 4 is too large"]),
}  # fmt: skip


def problems(tmp_path, source):
    (tmp_path / "student.py").write_text(source)
    found = [o for o in grade(tmp_path / "student.py").outcomes if o.check == "gradients"]
    return [(o.verdict, o.problem) for o in found]


@pytest.mark.parametrize(("source", "parts"), STUCK.values(), ids=STUCK)
def test_why_a_right_loop_learns_nothing_is_told(tmp_path, source, parts):
    ((verdict, problem),) = problems(tmp_path, source)
    assert verdict is Verdict.ADVICE
    assert problem.startswith("the gradients are right; the loss ")
    assert all(part in problem for part in parts), problem


def test_a_loop_that_learns_is_told_nothing(tmp_path):
    assert problems(tmp_path, XOR) == [(Verdict.PASSED, "")]


def test_a_wrong_loop_is_wrong_whatever_its_rate(tmp_path):
    source = XOR.replace("lr = 0.5", "lr = 300").replace("(1 - h ** 2)", "h * (1 - h)")
    ((verdict, problem),) = problems(tmp_path, source)
    assert verdict is Verdict.WRONG
    assert "rate" not in problem


def test_data_that_are_stood_in_for_say_nothing_of_the_rate(tmp_path):
    source = PRICES[: PRICES.index("rng =")] + FROM_A_FILE
    ((verdict, _),) = problems(tmp_path, source)
    assert verdict is Verdict.PASSED
