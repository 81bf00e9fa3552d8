"""Networks of layers: told their activations by name, or whose layers share a base that calls their parts."""

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


MODULES = """
import numpy as np


class Layer:
    def __call__(self, x):
        return self.forward(x)

    def backward(self, x, gradOut):
        dx = self.inputGrad(x, gradOut)
        self.paramGrad(x, gradOut)
        return dx

    def paramGrad(self, x, gradOut):
        pass


class Dense(Layer):
    def __init__(self, nIn, nOut):
        self.W = np.random.randn(nIn, nOut) * 0.1
        self.b = np.zeros(nOut)
        self.dW = np.zeros_like(self.W)
        self.db = np.zeros_like(self.b)

    def forward(self, x):
        return x @ self.W + self.b

    def inputGrad(self, x, gradOut):
        return gradOut @ self.W.T

    def paramGrad(self, x, gradOut):
        self.dW = x.T @ gradOut
        self.db = gradOut.sum(axis=0)


class Tanh(Layer):
    def forward(self, x):
        return np.tanh(x)

    def inputGrad(self, x, gradOut):
        return gradOut * (1 - np.tanh(x) ** 2)


class MSE:
    def forward(self, y, t):
        return ((y - t) ** 2).sum() / len(y)

    def backward(self, y, t):
        return 2 * (y - t) / len(y)


class Net:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        self.seen = []
        for layer in self.layers:
            self.seen.append(x)
            x = layer(x)
        return x

    def backward(self, gradOut):
        for layer, x in zip(self.layers[::-1], self.seen[::-1]):
            gradOut = layer.backward(x, gradOut)
        return gradOut
"""
CAMEL = MODULES.replace("inputGrad", "updateGradInput").replace("paramGrad", "accGradParameters")
CAMEL = CAMEL.replace("dW", "gradW").replace("db", "gradb")


@pytest.mark.parametrize("source", [MODULES, CAMEL], ids=["plain", "camel"])
def test_what_a_layer_shares_with_others_calls_its_own_parts(tmp_path, source):
    assert gradients_of(tmp_path, source).verdict is Verdict.PASSED
    file = tmp_path / "wrong.py"
    file.write_text(source.replace("gradOut.sum(axis=0)", "gradOut.mean(axis=0)"))
    outcomes = {(o.exercise, o.check): o for o in grade(file).outcomes}
    layer = outcomes["affine_backward", "matches_the_formula"]
    assert layer.verdict is Verdict.WRONG and "partly_right" in layer.corroboration
    network = outcomes["MLP", "gradients"]
    assert network.verdict is Verdict.ADVICE and network.follows_from == "affine_backward"


def test_gradients_that_only_an_update_works_out_are_not_looked_for_before_it(tmp_path):
    later = MODULES.replace(
        "        self.paramGrad(x, gradOut)\n", "        self.seen = x, gradOut\n"
    )
    file = tmp_path / "later.py"
    file.write_text(later)
    assert not [o for o in grade(file).outcomes if o.verdict.failed]


FILLED = """
import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out) / np.sqrt(n_in), np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad, lr):
        dx = grad @ self.W.T
        self.W = self.W - lr * self.x.T @ grad
        self.b = self.b - lr * grad.sum(axis=0, keepdims=True)
        return dx


class Activation:
    def __init__(self, name):
        self.name = name

    def forward(self, x):
        self.x = x
        return np.tanh(x) if self.name == "tanh" else np.maximum(x, 0)

    def backward(self, grad, lr):
        slope = 1 - np.tanh(self.x) ** 2 if self.name == "tanh" else (self.x > 0)
        return grad * slope


class Network:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def compile(self, lr=0.01):
        self.lr = lr

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def train_on_batch(self, X, T):
        out = self.forward(X)
        grad = 2 * (out - T) / out.size
        for layer in reversed(self.layers):
            grad = layer.backward(grad, self.lr)
        return np.mean((out - T) ** 2)
"""


def test_a_container_is_filled_with_layers_that_are_told_their_activation_by_name(tmp_path):
    assert gradients_of(tmp_path, FILLED).verdict is Verdict.PASSED
    wrong = FILLED.replace("return grad * slope", "return grad")
    assert gradients_of(tmp_path, wrong).verdict is Verdict.WRONG


DEPTH_BESIDE_SIZES = """
import numpy as np


class Net:
    def __init__(self, input_size, hidden_sizes, output_size, num_layers, opt):
        assert len(hidden_sizes) == num_layers - 1
        sizes = [input_size] + hidden_sizes + [output_size]
        self.n, self.params = num_layers, {}
        for i in range(1, num_layers + 1):
            self.params[f"W{i}"] = np.random.randn(sizes[i - 1], sizes[i])
            self.params[f"b{i}"] = np.zeros(sizes[i])

    def forward(self, X):
        self.h = [X]
        for i in range(1, self.n + 1):
            z = self.h[-1] @ self.params[f"W{i}"] + self.params[f"b{i}"]
            self.h.append(z if i == self.n else np.maximum(z, 0))
        return self.h[-1]

    def backward(self, y):
        self.gradients = {}
        d = 2 * (self.h[-1] - y) / y.size
        for i in range(self.n, 0, -1):
            self.gradients[f"W{i}"] = self.h[i - 1].T @ d
            self.gradients[f"b{i}"] = d.sum(axis=0)
            d = d @ self.params[f"W{i}"].T * (self.h[i - 1] > 0)
        return np.mean((self.h[-1] - y) ** 2)
"""


@pytest.mark.parametrize(
    "mistake", [("", ""), ("self.h[i - 1].T @ d", "np.abs(self.h[i - 1]).T @ d")]
)
def test_the_number_of_layers_is_told_as_the_sizes_beside_it_have_it(tmp_path, mistake):
    (tmp_path / "hw.py").write_text(DEPTH_BESIDE_SIZES.replace(*mistake))
    found = {o.check: o.verdict for o in grade(tmp_path / "hw.py").outcomes if o.exercise == "MLP"}
    assert found["gradients"] is (Verdict.WRONG if mistake[0] else Verdict.PASSED)
