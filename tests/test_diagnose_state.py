"""What a network keeps of an earlier batch, how it starts and what it cannot express is told; nothing else is."""

import pytest

from checkgrad.grading import grade

NETWORK = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_in, n_hidden) * 0.5
        self.b1 = np.zeros(n_hidden)
        self.W2 = np.random.randn(n_hidden, n_out) * 0.5
        self.b2 = np.zeros(n_out)
        self.dW1 = self.db1 = self.dW2 = self.db2 = 0.0
        self.cache = None

    def forward(self, x):
        self.a1 = np.tanh(x @ self.W1 + self.b1)
        self.y = softmax(self.a1 @ self.W2 + self.b2)
        return self.y

    def loss(self, x, t):
        return -np.mean(np.sum(t * np.log(self.forward(x)), axis=1))

    def backward(self, x, t):
        y = self.forward(x)
        a1 = self.a1
        d2 = (y - t) / len(x)
        d1 = (d2 @ self.W2.T) * (1 - a1 ** 2)
        self.dW2 = a1.T @ d2
        self.db2 = d2.sum(axis=0)
        self.dW1 = x.T @ d1
        self.db1 = d1.sum(axis=0)
        return {"W1": self.dW1, "b1": self.db1, "W2": self.dW2, "b2": self.db2}
"""
ADDED = {f"self.d{name} = {value}": f"self.d{name} = self.d{name} + {value}" for name, value in [
    ("W2", "a1.T @ d2"), ("b2", "d2.sum(axis=0)"), ("W1", "x.T @ d1"), ("b1", "d1.sum(axis=0)"),
]}  # fmt: skip
ZEROS = {
    "np.random.randn(n_in, n_hidden) * 0.5": "np.zeros((n_in, n_hidden))",
    "np.random.randn(n_hidden, n_out) * 0.5": "np.zeros((n_hidden, n_out))",
}
FIRST = "self.cache = {0} = {1} if self.cache is None else self.cache"
STALE = {"y = self.forward(x)\n": FIRST.format("y", "self.forward(x)") + "\n"}
HALF_STALE = {"a1 = self.a1\n": FIRST.format("a1", "self.a1") + "\n"}
LINEAR = {"np.tanh(x @ self.W1 + self.b1)": "x @ self.W1 + self.b1", " * (1 - a1 ** 2)": ""}
ONLY_FIRST_LAYER_ALIKE = {
    "np.random.randn(n_in, n_hidden) * 0.5": "np.zeros((n_in, n_hidden))",
}
DROPPING = {"d2 = (y - t) / len(x)": "d2 = (y - t) / len(x) * (np.random.rand(len(x), 1) < 0.8)"}


@pytest.fixture
def told(tmp_path):
    """The checks of the network that were not passed, with what was named."""

    def run(changes, also=""):
        source = NETWORK
        for old, new in changes.items():
            assert old in source
            source = source.replace(old, new)
        path = tmp_path / "student.py"
        path.write_text(source + also)
        outcomes = [o for o in grade(path).outcomes if o.exercise == "MLP"]
        assert "gradients" in {o.check for o in outcomes}
        return {
            o.check: ([d.name for d in o.diagnoses], o.verdict.failed)
            for o in outcomes
            if o.verdict != "passed"
        }

    return run


@pytest.mark.parametrize(
    "changes, check, name, fails",
    [
        (ADDED, "gives_the_same_answer_twice", "added_to_the_gradients_of_the_call_before", True),
        (STALE, "gives_the_same_answer_twice", "kept_the_values_of_an_earlier_batch", True),
        (HALF_STALE, "gives_the_same_answer_twice", "was_right_for_the_first_batch_only", True),
        (ZEROS, "learns_xor", "started_all_hidden_units_alike", False),
        (LINEAR, "learns_xor", "left_the_hidden_layers_linear", False),
    ],
    ids=["adds up", "stale", "half stale", "zeros", "linear"],
)
def test_mistake_that_no_formula_shows_is_named(told, changes, check, name, fails):
    assert told(changes) == {check: ([name], fails)}


def test_gradients_that_something_may_reset_are_not_accused(told):
    found = told(ADDED, "\n    def zero_grad(self):\n        self.dW1 = self.dW2 = 0.0\n")
    assert found == {"gives_the_same_answer_twice": ([], False)}


@pytest.mark.parametrize("changes", [{}, ONLY_FIRST_LAYER_ALIKE], ids=["right", "random above"])
def test_what_learns_is_not_accused(told, changes):
    assert told(changes) == {}


def test_a_network_that_rolls_dice_is_not_accused(told):
    assert told(DROPPING) == {"gradients": ([], False)}
