"""What a submission says of itself in CHECKGRAD chooses a reading, and never makes wrong code right."""

import pytest

from checkgrad.assignment import Assignment
from checkgrad.grading import grade
from checkgrad.model import Verdict

SOFTMAX = """
import numpy as np

CHECKGRAD = {declared}

def {name}(z):
    e = np.exp(z - z.max(axis={axis}, keepdims=True))
    return e / e.sum(axis={axis}, keepdims=True)
"""


@pytest.fixture
def graded(tmp_path):
    def run(declared, name="softmax", axis=1, **options):
        path = tmp_path / "hw.py"
        path.write_text(SOFTMAX.format(declared=declared, name=name, axis=axis))
        outcomes = grade(path, **options).outcomes
        return {(o.exercise, o.check): o for o in outcomes}

    return run


def formula(found):
    return found["softmax", "matches_the_formula"].verdict


def test_a_function_of_any_name_may_be_named(graded):
    assert formula(graded({"softmax": "probabilities"}, "probabilities")) is Verdict.PASSED


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"softmax": "mine"}, "softmax is mapped to mine, which the submission does not define"),
        ({"softmex": "softmax"}, "softmex is neither an exercise nor a convention; did you mean"),
        ({"layout": "upside down"}, "layout cannot be 'upside down'; choose one of rows, columns"),
        ({"layout": "one sample at a time"}, "cannot be 'one sample at a time'"),
        ("dict(softmax='softmax')", "is no dict of plain strings and numbers"),
    ],
)
def test_what_does_not_fit_is_told_and_left_out(graded, declared, words):
    found = graded(declared)
    loads = found["submission", "loads"]
    assert loads.verdict is Verdict.ADVICE
    assert loads.problem.startswith("CHECKGRAD: ") and words in loads.problem
    assert formula(found) is Verdict.PASSED


def test_a_declared_convention_is_held(graded):
    assert formula(graded({"layout": "columns"}, axis=0)) is Verdict.PASSED
    assert formula(graded({"layout": "columns"}, axis=1)) is Verdict.WRONG


def test_what_the_assignment_pins_is_not_for_the_submission_to_say(graded):
    rows = Assignment(conventions={"layout": "rows"})
    assert formula(graded({"layout": "columns"}, axis=0, assignment=rows)) is Verdict.WRONG
    assert formula(graded({"layout": "columns"}, axis=1, assignment=rows)) is Verdict.PASSED


def test_wrong_code_stays_wrong_whatever_it_declares(graded):
    assert formula(graded({"layout": "columns"}, axis="None")) is not Verdict.PASSED


TWO_NETWORKS = """
import numpy as np
CHECKGRAD = {"MLP": "%s"}
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1, self.W2 = np.ones((n_in, n_hidden)), np.ones((n_hidden, n_out))
    def forward(self, X):
        self.a = np.tanh(X @ self.W1)
        return self.a @ self.W2
    def backward(self, X, y):
        delta = 2 * (self.forward(X) - y) / len(X)
        return X.T @ (delta @ self.W2.T * (1 - self.a ** 2)), self.a.T @ delta
class Draft(Net):
    def forward(self, X):
        return X
"""


@pytest.mark.parametrize(
    ("named", "asked", "problem"),
    [
        ("Net", "Net", ""),
        ("Met", "Net", "MLP is mapped to Met, which the submission does not define; did you mean"),
    ],
)
def test_a_network_may_be_named(tmp_path, named, asked, problem):
    path = tmp_path / "hw.py"
    path.write_text(TWO_NETWORKS % named)
    outcomes = grade(path).outcomes
    (loads,) = (o for o in outcomes if o.check == "loads")
    assert problem in loads.problem and bool(loads.problem) == bool(problem)
    assert asked in {o.function for o in outcomes if o.exercise == "MLP"}
    assert len({o.function for o in outcomes if o.exercise == "MLP"}) == 1 + bool(problem)
