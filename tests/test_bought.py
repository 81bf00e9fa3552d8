"""Points that cannot be bought: nothing that is made worse earns more, garbage earns nothing for what stands beside it."""

import pytest

from checkgrad.assignment import AssignmentSource, loads
from checkgrad.grading import grade
from spoilt import PINNED, RIGHT, SPOILS, WEEK, cases, gain, source, spoilt

GRADIENTS = {
    "sigmoid_derivative": ("sigmoid(z)", 1 / 3),
    "softmax_jacobian": ("softmax(z)", 2 / 3),
    "affine_backward": ("affine_forward(x, w, b)", 2 / 3),
    "softmax_cross_entropy_gradient": ("softmax_cross_entropy(z, t)", 0.0),
}
EVERY = 211  # one case in so many; `python tests/spoilt.py` takes all


def week(text=PINNED):
    return loads(AssignmentSource("week.toml", text.encode()))


def points(path, text, assignment=PINNED):
    path.write_text(text)
    found = {}
    for outcome in grade(path, assignment=week(assignment)).outcomes:
        found[outcome.exercise] = found.get(outcome.exercise, 0) + (outcome.points or 0)
    return found


@pytest.mark.parametrize("case", cases()[::EVERY], ids=lambda c: "-".join(c[:3]))
def test_a_submission_never_scores_more_because_a_part_of_it_was_made_worse(case):
    _, before, after = gain(case)
    assert after is None or after <= before + 1e-9


@pytest.mark.parametrize("spoil", ["huge", "rough", "of its first argument", "constant"])
def test_made_up_gradients_earn_nothing_from_a_forward_function_that_is_broken(tmp_path, spoil):
    """What laws alone give is all there is."""
    garbage = {
        "sigmoid_derivative(z)": "return 0.5 + 0 * np.asarray(z, float)",
        "softmax_jacobian(z)": "return np.zeros((len(z), 1, 1)) + 0.5 * np.eye(z.shape[1])",
        "softmax_cross_entropy_gradient(z, t)": "return 0.5 + 0 * z",
        "affine_backward(dout, x, w)": "return 0 * x, 0 * w, dout.sum(axis=0)",
    }
    functions = RIGHT | garbage
    for forward, _ in GRADIENTS.values():
        text = spoilt(functions, forward, spoil)
        got = points(tmp_path / "hw.py", text)
        for gradient, (_, laws) in GRADIENTS.items():
            assert got[gradient] <= laws + 1e-9, (forward, gradient)


@pytest.mark.parametrize(
    ("function", "body"),
    [
        ("sigmoid(z)", "return 0 * np.asarray(z, float) + 0.5"),
        ("sigmoid(z)", "return np.full(np.shape(z), np.size(z) / 7.0)"),
    ],
)
def test_nothing_follows_from_constants_and_shapes(tmp_path, function, body):
    functions = RIGHT | {
        function: body,
        "sigmoid_derivative(z)": "y = sigmoid(z)\nreturn y - y * y",
    }
    assert points(tmp_path / "hw.py", source(functions))["sigmoid_derivative"] <= 1 / 3 + 1e-9


def test_what_follows_from_a_wrong_function_keeps_its_points_under_the_reduction_asked_for(
    tmp_path,
):
    wrong = {"softmax(z)": "e = np.exp(z)\nreturn e / np.sum(e)"}
    gradient = "softmax_cross_entropy_gradient(z, t)"
    mean, total = "return (softmax(z) - t) / len(z)", "return softmax(z) - t"
    for body, assignment, kept in [(mean, PINNED, 2), (total, PINNED, 0), (total, WEEK, 2)]:
        text = source(RIGHT | wrong | {gradient: body})
        got = points(tmp_path / "hw.py", text, assignment)
        assert got["softmax_cross_entropy_gradient"] == pytest.approx(kept), (body, assignment)


@pytest.mark.parametrize(
    ("function", "body"),
    [
        ("sigmoid(z)", "return (1 if np.size(z) < 60 else 0) / (1 + np.exp(-z))"),
        ("affine_forward(x, w, b)", "return (x @ w + b)[:50]"),
        (
            "softmax(z)",
            "e = np.exp(np.clip(z, -9, 9))\nreturn e / e.sum(axis=1, keepdims=True)",
        ),
    ],
)
def test_what_is_right_only_where_it_is_usually_tried_is_not_right(tmp_path, function, body):
    name = function.partition("(")[0]
    full = week().exercises[name].worth
    assert points(tmp_path / "hw.py", source(RIGHT))[name] == pytest.approx(full)
    assert points(tmp_path / "hw.py", source(RIGHT | {function: body}))[name] < full


def test_every_way_to_spoil_a_function_spoils_it(tmp_path):
    """Else the law above says nothing."""
    right = points(tmp_path / "hw.py", source(RIGHT))
    for spoil in SPOILS:
        path = tmp_path / "worse.py"
        path.write_text(spoilt(RIGHT, "softmax(z)", spoil))
        score = grade(path, assignment=week()).score
        assert score is None or score < sum(right.values()), spoil


NETWORK = """
import numpy as np


class MLP:
    def __init__(self, sizes, seed=0):
        draw = np.random.default_rng(seed)
        self.weights = [draw.normal(size=pair) for pair in zip(sizes, sizes[1:])]
        self.biases = [np.zeros(size) for size in sizes[1:]]

    def forward(self, x):
        return {y}

    def loss(self, x, t):
        return {loss}

    def backward(self, x, t):
        y = self.forward(x)
        return {gradients}
"""
ZEROS = "[0 * w for w in self.weights], [0 * b for b in self.biases]"
NOTHING = "np.zeros((len(x), self.weights[-1].shape[1])) + 0.5"


@pytest.mark.parametrize(
    ("y", "loss", "gradients"),
    [
        (NOTHING, "0.7", ZEROS),
        (
            NOTHING,
            "sum(np.sum(p) for p in self.weights + self.biases)",
            "[0 * w + 1 for w in self.weights], [0 * b + 1 for b in self.biases]",
        ),
        (
            "x[:, :1] @ np.ones((1, self.weights[-1].shape[1])) + self.biases[-1]",
            "np.mean((self.forward(x) - t) ** 2) / 2",
            "[0 * w for w in self.weights], "
            "[0 * b for b in self.biases[:-1]] + [np.sum((y - t) / y.size, axis=0)]",
        ),
    ],
)
def test_a_network_that_ignores_what_it_is_given_earns_nothing(tmp_path, y, loss, gradients):
    text = NETWORK.format(y=y, loss=loss, gradients=gradients)
    assert points(tmp_path / "hw.py", text, "exercises.MLP.points = 2\n")["MLP"] == 0
