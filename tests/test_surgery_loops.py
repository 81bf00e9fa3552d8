"""Repairs of training loops: the place and what is due there, found by turns under operations."""

import pytest

from checkgrad.grading import grade

SCRIPT = """
import numpy as np

def sigma(v):
    return 1 / (1 + np.exp(-v))

def dsigma(v):
    return sigma(v) * (1 - sigma(v))

rng = np.random.default_rng(1)
points = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
wanted = np.array([[0.0], [1.0], [1.0], [0.0]])
V = rng.normal(size=(2, 3))
c = np.zeros((1, 3))
U = rng.normal(size=(3, 1))
d = np.zeros((1, 1))
for turn in range(2000):
    s1 = points @ V + c
    h = sigma(s1)
    s2 = h @ U + d
    out = sigma(s2)
    delta = (out - wanted) * dsigma(s2)
    back = delta @ U.T * dsigma(s1)
    U -= 0.5 * h.T @ delta
    d -= 0.5 * delta.sum(axis=0)
    V -= 0.5 * points.T @ back
    c -= 0.5 * back.sum(axis=0)
print(out)
"""
MISTAKES = {
    "no slope of the hidden units": (
        "back = delta @ U.T * dsigma(s1)", "back = delta @ U.T", "back = delta @ U.T"
    ),
    "the slope at the activation": ("dsigma(s2)", "dsigma(out)", "(out - wanted) * dsigma(out)"),
    "goes up": ("(out - wanted)", "(wanted - out)", "(wanted - out)"),
    "a mean": ("delta.sum(axis=0)", "delta.mean(axis=0)", "delta.mean(axis=0)"),
    "stops": ("h.T @ delta", "h @ delta", "h @ delta"),
}  # fmt: skip
NEURON = """
import math
import random

def squash(x):
    return 1 / (1 + math.exp(-x))

random.seed(3)
pairs = [((0.0, 0.2), 0.1), ((0.3, 0.9), 0.8), ((0.8, 0.1), 0.6), ((0.9, 0.9), 0.2)]
w = [random.uniform(-1, 1) for _ in range(2)]
v = [random.uniform(-1, 1) for _ in range(2)]
for epoch in range(100):
    for (p, q), goal in pairs:
        a = squash(w[0] * p)
        b = squash(w[1] * q)
        y = squash(v[0] * a + v[1] * b)
        slope = (y - goal) * y * (1 - y)
        u0 = slope * v[0] * a * (1 - a) * p
        u1 = slope * v[1] * b * (1 - b) * q
        v[0] -= 0.4 * slope * a
        v[1] -= 0.4 * (y - goal) * b
        w[0] -= 0.4 * u0
        w[1] -= 0.4 * u1
"""


def graded(folder, source):
    path = folder / "hw.py"
    path.write_text(source)
    return grade(path)


def repairs_of(report):
    return [repair for outcome in report.outcomes for repair in outcome.repairs]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_loop_is_found_at_its_line(tmp_path, name):
    right, wrong, at = MISTAKES[name]
    source = SCRIPT.replace(right, wrong)
    line = next(i for i, text in enumerate(source.split("\n"), 1) if at in text)
    (repair,) = repairs_of(graded(tmp_path, source))
    assert repair.place.line == line


def test_a_loop_that_changes_weights_before_it_uses_them_is_told_which_value_is_due(tmp_path):
    early = "    U -= 0.5 * h.T @ delta\n"
    late = "    back = delta @ U.T * dsigma(s1)\n"
    source = SCRIPT.replace(late, "").replace(early, early + late)
    (repair,) = repairs_of(graded(tmp_path, source))
    assert "before it was changed" in repair.words


def test_a_right_loop_has_no_repairs(tmp_path):
    assert repairs_of(graded(tmp_path, SCRIPT)) == []


def test_entries_that_statements_of_their_own_change_count_by_themselves(tmp_path):
    (repair,) = repairs_of(graded(tmp_path, NEURON))
    assert "(y - goal)" in NEURON.split("\n")[repair.place.line - 1]


def test_the_same_loop_has_the_same_repairs(tmp_path):
    source = SCRIPT.replace("(out - wanted)", "(wanted - out)")
    first, second = (repairs_of(graded(tmp_path, source)) for _ in range(2))
    assert first == second


def test_what_is_mentioned_twice_is_replaced_in_both_places(tmp_path):
    source = SCRIPT.replace("dsigma(s1)", "h * (1 - h)").replace("h * (1 - h)", "out * (1 - out)")
    source = source.replace(
        "back = delta @ U.T * out * (1 - out)", "back = delta @ U.T * s1 * (1 - s1)"
    )
    (repair,) = repairs_of(graded(tmp_path, source))
    assert "h * (1 - h)" in repair.words or "dsigma(s1)" in repair.words


def test_functions_within_functions_are_operated_on(tmp_path):
    source = """
import numpy as np

def make(weights, bias):
    def hits(batch):
        return 1 / (1 + np.exp(-(batch @ weights + bias)))
    def grads(batch, goal):
        gap = (hits(batch) - goal) / len(batch)
        return batch.T @ gap, np.mean(gap)
    return grads

rng = np.random.default_rng(7)
batch = rng.normal(size=(30, 3))
goal = (batch.sum(axis=1) > 0).astype(float)
weights, bias = np.zeros(3), 0.0
for i in range(200):
    gw, gb = make(weights, bias)(batch, goal)
    weights = weights - 0.5 * gw
    bias = bias - 0.5 * gb
"""
    (repair,) = repairs_of(graded(tmp_path, source))
    assert (repair.text, repair.due) == ("np.mean", "np.sum")
