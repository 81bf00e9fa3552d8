"""Networks whose constructor is handed the activations of all layers by their names."""

import pytest

from checkgrad.grading import grade
from checkgrad.model import Verdict

ARRAYS = """
import numpy as np


class Net:
    def __init__(self, layer_sizes, activations):
        self.activations = activations
        self.W = [np.random.randn(a, b) * 0.3 for a, b in zip(layer_sizes[:-1], layer_sizes[1:])]
        self.b = [np.zeros(n) for n in layer_sizes[1:]]

    def act(self, name, z):
        if name == "tanh":
            return np.tanh(z)
        if name == "linear":
            return z
        return 1 / (1 + np.exp(-z))

    def slope(self, name, a):
        if name == "tanh":
            return 1 - a ** 2
        if name == "linear":
            return np.ones_like(a)
        return a * (1 - a)

    def forward(self, X):
        self.a = [X]
        for W, b, name in zip(self.W, self.b, self.activations):
            self.a.append(self.act(name, self.a[-1] @ W + b))
        return self.a[-1]

    def backward(self, X, y):
        out = self.forward(X)
        delta = (out - y) * self.slope(self.activations[-1], out)
        dW, db = [], []
        for i in reversed(range(len(self.W))):
            dW.insert(0, self.a[i].T @ delta / len(X))
            db.insert(0, delta.sum(axis=0) / len(X))
            if i:
                delta = delta @ self.W[i].T * self.slope(self.activations[i - 1], self.a[i])
        return dW, db
"""
LAYERS = """
import numpy as np

ACT = {
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    "relu": (lambda z: np.maximum(z, 0), lambda a: (a > 0) * 1.0),
}


class Dense:
    def __init__(self, n_in, n_out, activation):
        self.weights = np.random.randn(n_in, n_out)
        self.bias = np.zeros((1, n_out))
        self.f, self.df = ACT[activation]

    def forward(self, x):
        self.x = x
        self.out = self.f(x @ self.weights + self.bias)
        return self.out

    def backward(self, grad):
        delta = grad * self.df(self.out)
        self.d_weights = self.x.T @ delta
        self.d_bias = delta.sum(axis=0, keepdims=True)
        return delta @ self.weights.T


class Network:
    def __init__(self, sizes, activations):
        self.layers = [Dense(i, o, a) for i, o, a in zip(sizes, sizes[1:], activations)]

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backprop(self, x, y):
        grad = 2 * (self.predict(x) - y) / len(x)
        for layer in self.layers[::-1]:
            grad = layer.backward(grad)
"""
SOURCES = {
    "arrays": (
        ARRAYS,
        "delta @ self.W[i].T * self.slope(self.activations[i - 1], self.a[i])",
        "delta @ self.W[i].T",
    ),
    "layers": (LAYERS, "delta = grad * self.df(self.out)", "delta = grad"),
}


def gradients_of(tmp_path, source):
    file = tmp_path / "student.py"
    file.write_text(source)
    outcomes = grade(file).outcomes
    asked = [o for o in outcomes if (o.exercise, o.check) == ("MLP", "gradients")]
    (found,) = [o for o in asked if o.function in ("Net", "Network")]
    return found


@pytest.mark.parametrize(("source", "old", "new"), SOURCES.values(), ids=list(SOURCES))
def test_every_layer_is_given_an_activation(tmp_path, source, old, new):
    assert gradients_of(tmp_path, source).verdict is Verdict.PASSED
    assert old in source
    assert gradients_of(tmp_path, source.replace(old, new)).verdict is Verdict.WRONG


def test_what_squashes_at_the_end_does_not_hide_a_mask_of_the_outputs(tmp_path):
    masked = ARRAYS.replace("(out - y) *", "(out - y) * (out > 0) *")
    assert gradients_of(tmp_path, masked).verdict is Verdict.WRONG
