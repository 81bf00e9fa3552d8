"""Of several repairs that make all right, the one that an instructor would name is told."""

import re
import textwrap
from pathlib import Path

import pytest

from checkgrad.diagnose import surgery
from checkgrad.diagnose.surgery import words as words_of
from checkgrad.diagnose.surgery.scene import Scene
from checkgrad.grading import grade
from network_shapes import HEAD, SHAPES

LOOP = """
import numpy as np

def sigmoid(v):
    return 1 / (1 + np.exp(-v))

rng = np.random.default_rng(2)
X = rng.normal(size=(20, 3))
Y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
m = X.shape[0]
W = rng.normal(size=(3, 4)) * 0.5
b = np.zeros((1, 4))
V = rng.normal(size=(4, 1)) * 0.5
c = np.zeros((1, 1))
for i in range(300):
    A = np.tanh(X @ W + b)
    P = sigmoid(A @ V + c)
    {loss}
    d = P - Y
    dV = A.T @ d / m
    dc = np.sum(d, axis=0, keepdims=True) / m
    D = d @ V.T * (1 - A ** 2)
    dW = X.T @ D / m
    db = np.sum(D, axis=0, keepdims=True) / m
    V = V - 0.3 * dV
    c = c - 0.3 * dc
    W = W - 0.3 * dW
    b = b - 0.3 * db
"""
OWN_LOSS = "loss = -np.sum(Y * np.log(P) + (1 - Y) * np.log(1 - P)) / m"
MODULE = HEAD + SHAPES["names_of_the_module"].source
BY_KEYS = """
class Net:
    def __init__(self):
        self.layers = {}
        self.layers["Affine1"] = Affine()
        self.layers["Relu1"] = Relu()
        self.other["Relu1"] = Relu()

    def backward(self, d):
        return self.layers["Affine1"].backward(d)
"""
MASKS = """
import numpy as np

def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ
"""
SQUARED = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_derivative(z):
    s = sigmoid(z)
    return s - s ** 2
"""
AFFINE = """
import numpy as np

class Linear:
    def __init__(self, n, k):
        self.W, self.b = np.random.randn(n, k), np.zeros(k)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dy):
        self.dW = self.x.T @ dy
        self.db = dy.sum(axis=0)
        return dy @ self.W.T
"""
COLUMNS = """
import numpy as np

class Dense:
    def __init__(self, n, k):
        self.weights, self.bias = np.random.randn(k, n), np.random.randn(k, 1)
    def forward(self, x):
        self.x = x
        return np.dot(self.weights, x) + self.bias
    def backward(self, gradient, rate):
        back = np.dot(self.weights.T, gradient)
        self.weights -= rate * np.dot(gradient, self.x.T)
        self.bias -= rate * gradient
        return back
"""
BACK = "        back = np.dot(self.weights.T, gradient)\n"
STEP = "        self.weights -= rate * np.dot(gradient, self.x.T)\n"
IN_PLACE = """
import numpy as np

rng = np.random.default_rng(3)
X, T = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
W, b = rng.normal(size=(3, 2)), np.zeros(2)
for i in range(40):
    G = 2 * (X @ W + b - T)
    np.subtract(W, 0.01 * (X.T @ G), out=W)
    np.subtract(b, 0.01 * G.sum(axis=0), out=b)
"""
SUM = """
import numpy as np

x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [1, 1, 0]])
t = np.array([[0], [1], [1], [1], [1]])
np.random.seed(1)
rate = 0.1
U, V = 2 * np.random.random((3, 4)) - 1, 2 * np.random.random((4, 1)) - 1
for step in range(5000):
    h = 1 / (1 + np.exp(-x.dot(U)))
    y = 1 / (1 + np.exp(-h.dot(V)))
    if step % 1000 == 0:
        print(-np.sum(t * np.log(y) + (1 - t) * np.log(1 - y)))
    error = y - t
    d = error
    e = np.dot(d, V.T) * (h * (1 - h))
    V += -rate * np.dot(h.T, d)
    U += -rate * np.dot(x.T, e)
"""
GROUPED = """
import numpy as np

def tanh(z):
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))
"""
LEAKY = """
import numpy as np

class LeakyReLU:
    def __init__(self, alpha=0.2):
        self.alpha = alpha
    def __call__(self, x):
        return np.where(x >= 0, x, self.alpha * x)
    def gradient(self, x):
        return np.where(x >= 0, 1, self.alpha)
"""
TENSORS = """
import torch

def bce_loss(input, target):
    away = -input.abs()
    loss = input.clamp(min=0) - input * target + (1 + away.exp()).log()
    return loss.mean()
"""
MOMENTUM = """
import numpy as np

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def sigmoid_derivative(x):
    s = 1 / (1 + np.exp(-x))
    return s * (1 - s)

class NeuralNetwork:
    def __init__(self, x, y):
        self.input, self.y = x, y
        self.w_in = np.random.rand(x.shape[1], 4)
        self.w_out = np.random.rand(4, 1)
        self.v1 = self.v2 = 0

    def feedforward(self):
        self.hidden = sigmoid(np.dot(self.input, self.w_in))
        self.output = sigmoid(np.dot(self.hidden, self.w_out))

    def backprop(self, alpha, beta):
        d2 = 2 * (self.y - self.output) * sigmoid_derivative(np.dot(self.hidden, self.w_out))
        d1 = np.dot(d2, self.w_out.T) * sigmoid_derivative(np.dot(self.input, self.w_in))
        self.v1 = beta * self.v1 + (1 - beta) * np.dot(self.input.T, d1)
        self.v2 = beta * self.v2 + (1 - beta) * np.dot(self.hidden.T, d2)
        self.w_in = self.w_in + self.v1 * alpha
        self.w_out = self.w_out + self.v2 * alpha

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
net = NeuralNetwork(X, np.array([[0], [1], [1], [0]]))
for i in range(2000):
    net.feedforward()
    net.backprop(0.5, 0.5)
"""

# A right program, what stands in it, what is written instead, and what the report says at this line.
LIKELY = {
    "a slope as it is usually written": (SQUARED, "s - s ** 2", "1 - s ** 2", "`s * (1 - s)`"),
    "the sign of a step": (
        LOOP.format(loss=OWN_LOSS), "W - 0.3 * dW", "W + 0.3 * dW", "`W - 0.3 * dW`"
    ),
    "the number of samples for a number": (
        LOOP.format(loss=OWN_LOSS), "dc = np.sum(d, axis=0, keepdims=True) / m", "dc = np.sum(d) / 2", "due is N"
    ),
    "what goes up as the loss goes down is no loss": (SUM, "d = error", "d = error * (1 - error)", "`error` is due"),
    "variables of the module": (MODULE, "* A1 * (1 - A1)", "* A1", "`d2 @ W2.T * A1 * (1 - A1)`"),
    "a factor too much": (AFFINE, "self.x.T @ dy", "self.x.T @ dy / len(dy)", "`self.x.T @ dy` is due"),
    "steps in place": (IN_PLACE, "G.sum", "G.mean", "`G.sum` is due"),
    "the slope of its own leak": (LEAKY, "1, self.alpha)", "1, self.alpha * x)", "`self.alpha` is due"),
    "what is made of tensors": (TENSORS, "-input.abs()", "input.abs()", "line 5: `input.abs()` stands there"),
    "what goes into an activation function": (
        MOMENTUM, "(np.dot(self.input, self.w_in))\n        self.v1", "(self.hidden)\n        self.v1",
        "`sigmoid_derivative(np.dot(self.input, self.w_in))` is due",
    ),
    "parentheses that are lacking": (
        GROUPED, "(np.exp(z) - np.exp(-z)) /", "np.exp(z) - np.exp(-z) /",
        "`(np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))` is due",
    ),
    "a mask of the other side": (MASKS, "Z <= 0", "Z >= 0", "`Z < 0` is due"),
    "weights that have changed already": (
        COLUMNS, BACK + STEP, STEP + BACK, "due is the value of `self.weights` from before it was changed"
    ),
}  # fmt: skip


def words(folder, source):
    path = folder / "hw.py"
    path.write_text(textwrap.dedent(source))
    return [r.words for o in grade(path).outcomes for r in o.repairs]


@pytest.mark.parametrize("name", LIKELY)
def test_what_is_meant_is_told(tmp_path, name):
    source, old, new, due = LIKELY[name]
    assert source.count(old) == 1
    told = words(tmp_path, source.replace(old, new))
    assert told
    assert all(due in one for one in told), told


@pytest.mark.parametrize("name", LIKELY)
def test_of_what_is_right_nothing_is_told(tmp_path, name):
    assert words(tmp_path, LIKELY[name][0]) == []


def test_a_network_that_is_right_nowhere_as_names_say_is_told_as_its_own_loop_shows_it(tmp_path):
    """What is called v1 and v2 is no gradient; the loop knows the mistake, which stands in two lines."""
    source = MOMENTUM
    for before, after in (("hidden", "w_out"), ("input", "w_in")):
        made = "hidden" if before == "input" else "output"
        source = source.replace(
            f"derivative(np.dot(self.{before}, self.{after}))", f"derivative(self.{made})"
        )
    told = words(tmp_path, source)
    assert [one.partition(":")[0] for one in told] == ["line 23", "line 24"], told


RETURNED = """
import numpy as np

class Softmax:
    def forward(self, x):
        e = np.exp(x - np.max(x))
        self.value = e / e.sum()
        self.input = x
        return self.value
    def backward(self):
        self.gradient = np.zeros(len(self.value))
        for i in range(len(self.value)):
            for j in range(len(self.value)):
                if i == j:
                    self.gradient[i] = self.value[i] * (1 - self.input[i])
                else:
                    self.gradient[i] = -self.value[i] * self.input[j]
        return self.gradient
"""


def test_that_a_name_which_is_given_back_is_not_right_is_no_repair(tmp_path):
    assert not [one for one in words(tmp_path, RETURNED) if "self.gradient` stands there" in one]


def test_layers_that_are_only_put_in_by_a_key_can_be_left_out():
    found = Scene(BY_KEYS, {}).receivers(len(BY_KEYS.split("\n")) - 1)
    assert found == ['self.layers["Affine1"]', 'self.layers["Relu1"]']


ADAM = """
import numpy as np

rng = np.random.default_rng(4)
x, t = rng.normal(size=(12, 3)), rng.normal(size=(12, 2))
p = {"U": rng.normal(size=(3, 5)), "V": rng.normal(size=(5, 2))}
m = {k: np.zeros_like(a) for k, a in p.items()}
v = {k: np.zeros_like(a) for k, a in p.items()}
for i in range(1, 50):
    h = np.tanh(x @ p["U"])
    d = (h @ p["V"] - t) / len(x)
    e = d @ p["V"].T * (1 - h)
    g = {"U": x.T @ e, "V": h.T @ d}
    for k in p:
        m[k] = 0.9 * m[k] + 0.1 * g[k]
        v[k] = 0.999 * v[k] + 0.001 * g[k] ** 2
        p[k] -= 0.01 * (m[k] / (1 - 0.9 ** i)) / (np.sqrt(v[k] / (1 - 0.999 ** i)) + 1e-8)
"""


def test_an_optimiser_is_not_made_a_plain_step(tmp_path):
    assert all("line 12" in one for one in words(tmp_path, ADAM))


OF_BOTH = """
import numpy as np

def softmax(z, derivative=False):
    if derivative:
        return softmax(z) * (1 - softmax(z))
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

rng = np.random.default_rng(3)
X, T = rng.normal(size=(12, 3)), np.eye(4)[rng.integers(4, size=12)]
W, b = rng.normal(size=(3, 4)), np.zeros((1, 4))
for i in range(40):
    Z = X @ W + b
    Y = softmax(Z)
    print(-np.sum(T * np.log(Y)) / len(X))
    D = (Y - T) * softmax(Z, derivative=True) / len(X)
    W -= 0.5 * X.T @ D
    b -= 0.5 * D.sum(axis=0, keepdims=True)
"""


def test_that_a_factor_be_one_is_not_told_as_a_sum(tmp_path):
    told = words(tmp_path, OF_BOTH)
    assert told and all(
        "(softmax(z)) + (1" not in one and "+ (1 - softmax" not in one for one in told
    ), told


def test_every_operation_has_its_words():
    """Each is yielded as text, code and cost."""
    folder = Path(surgery.__file__).parent
    codes = set()
    for file in folder.glob("*.py"):
        codes |= set(re.findall(r', "([a-z ]+)", [a-z0-9.]+', file.read_text()))
    assert len(codes) > 15 and codes - {"network", "function"} <= words_of.KINDS.keys() | {"loop"}
