"""Pieces that a module never runs itself: called as their names and callers say, right ones are right, mistakes are found."""

from __future__ import annotations

import pytest

import loop_shapes
import play_shapes
from checkgrad.grading import grade
from checkgrad.model import Verdict

WRONG = [(shape, change) for shape in play_shapes.SHAPES for change in shape.changes]


def networks(tmp_path, source):
    file = tmp_path / "student.py"
    file.write_text("import numpy as np\n" + source)
    report = grade(file)
    asked = [o for o in report.outcomes if (o.exercise, o.check) == ("MLP", "gradients")]
    return [o for o in asked if o.verdict is not Verdict.NOT_JUDGED], report


@pytest.mark.parametrize("shape", play_shapes.SHAPES, ids=lambda s: s.name)
def test_a_right_piece_is_right(tmp_path, shape):
    found, report = networks(tmp_path, shape.source)
    assert [o.verdict for o in found] == [Verdict.PASSED], [o.problem for o in found]
    assert not [o for o in report.outcomes if o.verdict.failed]


@pytest.mark.parametrize(("shape", "change"), WRONG, ids=[loop_shapes.named(*one) for one in WRONG])
def test_a_mistake_in_a_piece_is_found_where_it_is(tmp_path, shape, change):
    assert change.old in shape.source
    found, _ = networks(tmp_path, shape.source.replace(change.old, change.new))
    assert [o.verdict for o in found] == [Verdict.WRONG]
    assert all(part in found[0].problem for part in change.wrong), found[0].problem
    told = found[0].problem.partition(";")[0]
    right = {c for one in shape.changes for c in one.wrong} - set(change.wrong)
    assert not [part for part in right if f"{part}'" in told], told


CACHED = play_shapes.SHAPES[0].source


def test_a_backward_that_stops_at_every_call_is_crashed_at_its_line(tmp_path):
    source = CACHED.replace("(W2.T @ dZ2) * (Z1 > 0)", "np.dot(W2.T @ dZ2, Z1 > 0)")
    (outcome,), _ = networks(tmp_path, INITIALISED + source)
    line = 1 + (INITIALISED + source)[: (INITIALISED + source).index("np.dot(")].count("\n") + 1
    assert outcome.verdict is Verdict.CRASHED
    assert f"line {line}" in outcome.problem


INITIALISED = """
def initialize_parameters(n_x, n_h, n_y):
    return {
        "W1": np.random.randn(n_h, n_x), "b1": np.zeros((n_h, 1)),
        "W2": np.random.randn(n_y, n_h), "b2": np.zeros((n_y, 1)),
    }


def train(X, Y, n_h):
    parameters = initialize_parameters(X.shape[0], n_h, Y.shape[0])
    A2, cache = forward(X, parameters)
    return backward(X, Y, cache)

"""


def test_gradients_that_are_a_multiple_of_the_slope_of_their_own_loss_are_told(tmp_path):
    source = """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cost(w, X, y):
    p = sigmoid(X @ w)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def gradient(w, X, y):
    return X.T @ (sigmoid(X @ w) - y)
"""
    (outcome,), _ = networks(tmp_path, source)
    assert outcome.verdict is Verdict.ADVICE
    assert "times the slope of its own loss" in outcome.problem
    (outcome,), _ = networks(tmp_path, source.replace("- y)\n", "- y) / len(y)\n"))
    assert outcome.verdict is Verdict.PASSED


def test_how_it_was_called_is_told(tmp_path):
    logistic = next(s for s in play_shapes.SHAPES if s.name == "logistic_regression")
    (outcome,), _ = networks(tmp_path, logistic.source)
    assert (
        "called with small data of our own: `gradients = compute_grad(theta, X, y)`" in outcome.note
    )


def test_what_a_play_would_have_to_guess_is_not_judged(tmp_path):
    _, report = networks(
        tmp_path, "def backward(grid, knobs):\n    return grid.T @ (knobs - grid)\n"
    )
    assert "backward" in [one.name for one in report.not_judged]
    assert not [o for o in report.outcomes if o.verdict.failed and o.function == "backward"]


def test_a_parameter_that_comes_out_in_another_shape_is_not_called_right(tmp_path):
    source = """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def optimize(w, b, X, Y, num_iterations, learning_rate):
    m = X.shape[1]
    for i in range(num_iterations):
        A = sigmoid(np.dot(w.T, X) + b)
        dw = np.dot(X, (A - Y).T) / m
        db = np.sum(A - Y) / m
        w = w - learning_rate * dw
        b = b - learning_rate * db
    return w, b
"""
    (outcome,), _ = networks(tmp_path, source)
    assert outcome.verdict is Verdict.PASSED
    (outcome,), _ = networks(tmp_path, source.replace("np.sum(A - Y) / m", "np.sum(A - Y)"))
    assert outcome.verdict is Verdict.WRONG


def test_a_network_built_without_its_hidden_layers_is_not_judged_by_that(tmp_path):
    source = """
class Net:
    def __init__(self, input_size, hidden_sizes, output_size, num_layers):
        assert len(hidden_sizes) == num_layers - 1
        sizes = [input_size, *hidden_sizes, output_size]
        self.num_layers, self.params, self.outputs = num_layers, {}, {}
        for i in range(1, num_layers + 1):
            self.params[f"W{i}"] = np.random.randn(sizes[i - 1], sizes[i])
            self.params[f"b{i}"] = np.zeros(sizes[i])

    def forward(self, X):
        a = self.outputs[0] = X
        for i in range(1, self.num_layers):
            a = np.maximum(0, a @ self.params[f"W{i}"] + self.params[f"b{i}"])
            self.outputs[i] = a
        z = a @ self.params[f"W{self.num_layers}"] + self.params[f"b{self.num_layers}"]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, X, y, lr):
        p = self.forward(X)
        p[np.arange(len(y)), y] -= 1
        d = p / len(y)
        for i in range(self.num_layers, 0, -1):
            gw, gb = self.outputs[i - 1].T @ d, d.sum(axis=0)
            d = (d @ self.params[f"W{i}"].T) * (self.outputs[i - 1] > 0)
            self.params[f"W{i}"] -= lr * gw
            self.params[f"b{i}"] -= lr * gb
"""
    (outcome,), _ = networks(tmp_path, source)
    assert outcome.verdict is Verdict.PASSED
    (outcome,), _ = networks(tmp_path, source.replace(" * (self.outputs[i - 1] > 0)", ""))
    assert outcome.verdict is Verdict.WRONG


LAYER = """
class Dense:
    def __init__(self, n_in, n_out, rate=0.1):
        self.weights = np.random.randn(n_in, n_out)
        self.bias = np.zeros((1, n_out))
        self.rate = rate

    def forward(self, x):
        self.x = x
        self.y = 1 / (1 + np.exp(-(x @ self.weights + self.bias)))
        return self.y

    def backward(self, grad):
        delta = grad * self.y * (1 - self.y)
        passed = delta @ self.weights.T
        self.weights -= self.rate * self.x.T @ delta
        self.bias -= self.rate * delta.sum(axis=0, keepdims=True)
        return passed
"""


def test_a_layer_that_leaves_out_its_slope_is_not_right(tmp_path):
    found, _ = networks(tmp_path, LAYER)
    assert not [o for o in found if o.verdict.failed]
    found, report = networks(tmp_path, LAYER.replace(" * self.y * (1 - self.y)", ""))
    assert Verdict.PASSED not in [o.verdict for o in found]
