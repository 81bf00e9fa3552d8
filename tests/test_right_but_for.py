"""Training that is right but for a function that it uses, and what only shows something of a training."""

import pytest

from checkgrad.grading import grade
from checkgrad.model import Verdict

METHOD = """
import numpy as np

rng = np.random.RandomState(3)
images, digits = rng.rand(48, 9), rng.randint(0, 4, 48)


class Classifier:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1, self.b1 = rng.randn(n_in, n_hidden) * 0.3, np.zeros(n_hidden)
        self.W2, self.b2 = rng.randn(n_hidden, n_out) * 0.3, np.zeros(n_out)

    def softmax(self, scores):
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        return e / e.sum({axis})

    def fit(self, X, labels, epochs=50, lr=0.2):
        n = len(X)
        onehot = np.zeros((n, 4))
        onehot[np.arange(n), labels] = 1
        for epoch in range(epochs):
            h = np.tanh(X @ self.W1 + self.b1)
            p = self.softmax(h @ self.W2 + self.b2)
            d2 = (p - onehot) / n
            d1 = (d2 @ self.W2.T) * (1 - h ** 2)
            self.W2 -= lr * h.T @ d2
            self.b2 -= lr * d2.sum(axis=0)
            self.W1 -= lr * X.T @ d1
            self.b1 -= lr * d1.sum(axis=0)


Classifier(9, 7, 4).fit(images, digits)
"""
SCRIPT = """
import numpy as np
from sklearn.datasets import load_digits

X, y = load_digits(return_X_y=True)
T = np.eye(10)[y]


def softmax(x):
    ex = np.exp(x)
    return ex / np.sum(ex, {axis})


W, b = np.random.randn(64, 10) * 0.01, np.zeros((1, 10))
for it in range(200):
    grad = softmax(X / 16 @ W + b) - T
    W = W - 0.01 * (X / 16).T @ grad / len(X)
    b = b - 0.01 * grad.mean(axis=0, keepdims=True)
"""
FUNCTIONS = """
import numpy as np
import pandas as pd

data = np.array(pd.read_csv("train.csv"))
m, n = data.shape
x_train, y_train = data[:, 1:] / 255, data[:, 0]


def soft_max(z):
    return np.exp(z) / np.sum(np.exp(z), {axis})


def hot(y):
    found = np.zeros((y.size, 10))
    found[np.arange(y.size), y] = 1
    return found


def predict(a):
    return np.argmax(a, 0)


def descend(x, y, iterations, rate):
    w = np.random.rand(784, 10) - 0.5
    b = np.random.rand(1, 10) - 0.5
    for i in range(iterations):
        a = soft_max(x.dot(w) + b)
        dz = a - hot(y)
        w = w - rate * x.T.dot(dz) / m
        b = b - rate * np.sum(dz, axis=0) / m
        if i % 10 == 0:
            print("accuracy", np.sum(predict(a) == y) / y.size)
    return w, b


descend(x_train, y_train, 500, 0.1)
"""
SOURCES = {"a method": METHOD, "a script": SCRIPT, "functions and a table": FUNCTIONS}


def told(tmp_path, source):
    file = tmp_path / "student.py"
    file.write_text(source)
    outcomes = grade(file).outcomes
    (network,) = [o for o in outcomes if (o.exercise, o.check) == ("MLP", "gradients")]
    return network, {o.check: o for o in outcomes if o.exercise == "softmax"}


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_a_network_whose_only_fault_is_its_softmax_follows_from_that(tmp_path, source):
    network, softmax = told(tmp_path, source.format(axis="axis=0, keepdims=True"))
    assert softmax["matches_the_formula"].verdict is Verdict.WRONG
    assert "used_so" in softmax["matches_the_formula"].corroboration
    assert network.verdict is Verdict.ADVICE
    assert "right but for" in network.problem and network.follows_from == "softmax"


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_with_a_right_softmax_it_is_right(tmp_path, source):
    network, softmax = told(tmp_path, source.format(axis="axis=1, keepdims=True"))
    assert softmax["matches_the_formula"].verdict is Verdict.PASSED
    assert not network.verdict.failed and not network.follows_from


LOOP = """
import numpy as np

X = np.random.RandomState(0).randn(30, 4)
T = np.eye(3)[np.random.RandomState(1).randint(0, 3, 30)]
W, b = np.random.randn(4, 3) * 0.1, np.zeros(3)
accuracies = []
for i in range(200):
    Z = X @ W + b
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    Y = E / E.sum(axis=1, keepdims=True)
    G = (Y - T) / len(X)
    W -= 0.1 * X.T @ G
    b -= 0.1 * G.sum(axis=0){by}
    if i % 10 == 0:
        {shows}
"""
SHOWS = {
    "a print": 'print("accuracy", np.mean(Y.argmax(axis=0) == T.argmax(axis=1)))',
    "a list": "accuracies.append(np.mean(Y.argmax(0) == T.argmax(1)))",
}


@pytest.mark.parametrize("shows", SHOWS.values(), ids=list(SHOWS))
def test_what_a_loop_shows_may_stop_and_its_steps_are_judged(tmp_path, shows):
    file = tmp_path / "student.py"
    file.write_text(LOOP.format(shows=shows, by=""))
    (right,) = [o for o in grade(file).outcomes if o.check == "gradients"]
    assert right.verdict is Verdict.ADVICE
    assert "line 16" in right.problem and "stops with ValueError" in right.problem
    file.write_text(LOOP.format(shows=shows, by=" / 30"))
    (wrong,) = [o for o in grade(file).outcomes if o.check == "gradients"]
    assert wrong.verdict is Verdict.WRONG


SHIFTED = """
import numpy as np

X, T = np.random.randn(40, 5), np.eye(3)[np.random.randint(0, 3, 40)]


class Regression:
    def __init__(self, d, c):
        self.theta, self.shift = np.random.randn(d, c) * 0.1, {start}

    def train(self, X, T, rate):
        for _ in range(100):
            e = np.exp(X @ self.theta + self.shift)
            g = (e / e.sum(axis=1, keepdims=True) - T) / len(X)
            self.theta -= rate * X.T @ g
            self.shift -= rate * g.sum({axis})


Regression(5, 3).train(X, T, 0.1)
"""


@pytest.mark.parametrize(
    ("start", "axis", "told"), [("0.0", "", True), ("np.zeros(3)", "axis=0", False)]
)
def test_a_parameter_whose_steps_come_to_nothing_is_told(tmp_path, start, axis, told):
    file = tmp_path / "student.py"
    file.write_text(SHIFTED.format(start=start, axis=axis))
    (found,) = [o for o in grade(file).outcomes if o.check == "gradients"]
    assert found.verdict is (Verdict.ADVICE if told else Verdict.PASSED)
    assert ("self.shift never changes" in found.problem) is told


PASSED_ON = """
import numpy as np


class Softmax:
    def forward(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, dout):
        return {back}
"""


def test_a_softmax_that_passes_on_what_it_is_given_is_told_what_it_needs(tmp_path):
    file = tmp_path / "student.py"
    file.write_text(PASSED_ON.format(back="dout"))
    found = [o for o in grade(file).outcomes if o.exercise == "softmax_backward"]
    (main,) = [o for o in found if o.check == "matches_the_formula"]
    assert main.verdict is Verdict.ADVICE and "right only behind a loss" in main.problem
    file.write_text(PASSED_ON.format(back="2 * dout"))
    found = [o for o in grade(file).outcomes if o.exercise == "softmax_backward"]
    assert not [o for o in found if o.verdict in (Verdict.PASSED, Verdict.ADVICE) and o.problem]


TURNED = """
import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_cross_entropy_gradient(z, t):
    return (t - softmax(z)) / len(t)


def train(X, T, W, rate=0.1):
    for _ in range(50):
        W = W {sign} rate * X.T @ softmax_cross_entropy_gradient(X @ W, T)
    return W


train(np.random.randn(30, 5), np.eye(3)[np.arange(30) % 3], np.random.randn(5, 3))
"""


@pytest.mark.parametrize(("sign", "wrong"), [("-", True), ("+", False)])
def test_a_gradient_against_the_update_that_uses_it_is_wrong(tmp_path, sign, wrong):
    file = tmp_path / "student.py"
    file.write_text(TURNED.format(sign=sign))
    found = {o.exercise: o for o in grade(file).outcomes if o.check.startswith("matches")}
    gradient = found["softmax_cross_entropy_gradient"]
    assert gradient.verdict is (Verdict.WRONG if wrong else Verdict.PASSED)
    assert ("goes up its loss" in gradient.problem) is wrong


SIDE_BY_SIDE = """
import numpy as np

def softmax(x):
    e = np.exp(x)
    return e / np.sum(e, axis=1, keepdims=True)

print(softmax(np.array([[9, 2, 5, 0, 0], [7, 5, 0, 0, 0]])))

def L2(yhat, y):
    return np.dot(y - yhat, y - yhat)

print(L2(np.array([0.9, 0.2, 0.1, 0.4, 0.9]), np.array([1, 0, 0, 1, 1])))
"""


def test_exercises_side_by_side_say_nothing_of_each_others_samples(tmp_path):
    (tmp_path / "student.py").write_text(SIDE_BY_SIDE)
    report = grade(tmp_path / "student.py")
    assert not [o for o in report.outcomes if o.verdict.failed]
