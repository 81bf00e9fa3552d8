"""Templates that were not filled in are missing, in every way in which people leave them open; never wrong."""

import pytest

from checkgrad.grading import grade
from checkgrad.model import Verdict

BODIES = {
    "pass": "pass",
    "an ellipsis": "...",
    "only its docstring": '"""The derivative of sigmoid."""',
    "None is returned": "return None",
    "what was set to None is returned": "s = None\n    return s",
    "None is handed on": "s = None\n    return np.exp(s)",
    "None is computed with": "s = None\n    return s * (1 - s)",
    "NotImplementedError": "raise NotImplementedError",
    "an exception that says so": 'raise Exception("Not implemented")',
    "an exception with a to-do": 'raise ValueError("TODO: your code goes here")',
    "an assertion that says so": 'assert False, "implement this"',
    "zeros of the right shape": "s = np.zeros_like(z)\n    # YOUR CODE HERE\n    return s",
    "a name that nothing binds": "# YOUR CODE HERE\n    return slope",
    "a print": 'print("not implemented yet")',
}
HEAD = "import numpy as np\n\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n\n"


@pytest.fixture
def report(tmp_path):
    """Grade a source."""

    def of(source):
        path = tmp_path / "student.py"
        path.write_text(HEAD + source)
        return grade(path)

    return of


def verdicts(report, function):
    return {o.verdict for o in report.outcomes if o.function == function}


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
def test_a_template_that_was_left_open_is_missing(report, body):
    found = report(f"def sigmoid_derivative(z):\n    {body}\n")
    assert verdicts(found, "sigmoid_derivative") == {Verdict.MISSING}
    assert verdicts(found, "sigmoid") <= {Verdict.PASSED, Verdict.ADVICE}


WRITTEN = {
    "zeros that are filled": "s = np.zeros_like(z)\n    s[...] = np.exp(-np.abs(z))\n    s /= (1 + s) ** 2\n    return s",
    "zeros that a call fills": "s = np.empty_like(z)\n    np.exp(-np.abs(z), out=s)\n    return s / (1 + s) ** 2",
    "None until it is known": "s = None\n    if z is not None:\n        s = sigmoid(z)\n    return s * (1 - s)",
    "an exception for what it refuses": (
        'if z is None:\n        raise ValueError("implement this yourself")\n'
        "    return sigmoid(z) * (1 - sigmoid(z))"
    ),
}


@pytest.mark.parametrize("body", WRITTEN.values(), ids=list(WRITTEN))
def test_what_is_written_is_judged(report, body):
    found = report(f"def sigmoid_derivative(z):\n    {body}\n")
    assert verdicts(found, "sigmoid_derivative") <= {Verdict.PASSED, Verdict.ADVICE}


def test_a_forgotten_return_is_a_mistake_and_no_gap(report):
    found = report("def sigmoid_derivative(z):\n    s = sigmoid(z) * (1 - sigmoid(z))\n")
    assert Verdict.WRONG in verdicts(found, "sigmoid_derivative")


def test_a_gradient_with_one_part_left_at_none_is_missing(report):
    found = report("""
def affine_backward(dout, x, w):
    dx = dout @ w.T
    dw = None
    db = dout.sum(axis=0)
    return dx, dw, db
""")
    assert verdicts(found, "affine_backward") == {Verdict.MISSING}


def test_a_cache_that_is_none_is_no_gap(report):
    found = report("def relu(z):\n    cache = None\n    return np.maximum(0, z), cache\n")
    assert verdicts(found, "relu") == {Verdict.PASSED}


def test_what_hangs_on_a_gap_is_not_judged_and_says_on_which(report):
    found = report("""
def softmax(z):
    raise NotImplementedError

def softmax_cross_entropy(z, t):
    return -np.mean(np.sum(t * np.log(softmax(z)), axis=1))
""")
    assert verdicts(found, "softmax") == {Verdict.MISSING}
    assert verdicts(found, "softmax_cross_entropy") == {Verdict.NOT_JUDGED}
    (told,) = found.not_judged
    assert told.reason == "uses softmax, which is not written yet"


NET = """
class Net:
    def __init__(self, a, b, c):
        self.W1, self.b1 = np.random.randn(a, b), np.zeros(b)
        self.W2, self.b2 = np.random.randn(b, c), np.zeros(c)

    def forward(self, x):
        self.h = sigmoid(x @ self.W1 + self.b1)
        return sigmoid(self.h @ self.W2 + self.b2)

    def backward(self, x, t):
        {}
"""


def test_a_network_without_its_way_back_is_missing_and_its_rest_is_not_judged(report):
    found = report(NET.format("pass"))
    assert verdicts(found, "Net") == {Verdict.MISSING}
    assert [one.name for one in found.not_judged] == ["Net.forward"]


def test_methods_left_open_for_others_to_derive_from_are_no_gaps(report):
    found = report("""
class Layer:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, dout):
        raise NotImplementedError

class Sigmoid(Layer):
    def forward(self, x):
        self.y = sigmoid(x)
        return self.y

    def backward(self, dout):
        return dout * self.y * (1 - self.y)
""")
    assert not found.not_judged
    assert {o.verdict for o in found.outcomes} <= {Verdict.PASSED, Verdict.ADVICE}
