"""Layers whose gradients come in pieces: from several methods, from attributes, or from what backward itself moves."""

import pytest

from checkgrad.grading import grade

LAYERS = {
    "gradients of the parameters by a method of their own": (
        """
class AffineLayer:
    def __init__(self, input_dim, output_dim):
        self.weights = np.random.uniform(-0.1, 0.1, (output_dim, input_dim))
        self.biases = np.zeros(output_dim)

    def fprop(self, inputs):
        return self.weights.dot(inputs.T).T + self.biases

    def bprop(self, inputs, outputs, grads_wrt_outputs):
        return grads_wrt_outputs.dot(self.weights)

    def grads_wrt_params(self, inputs, grads_wrt_outputs):
        return [grads_wrt_outputs.T @ inputs, np.sum(grads_wrt_outputs, axis=0)]
""",
        "AffineLayer.grads_wrt_params",
        ("np.sum(", "np.mean("),
    ),
    "the gradient of the inputs beside it": (
        """
class AffineLayer:
    def __init__(self, input_dim, output_dim):
        self.weights = np.random.uniform(-0.1, 0.1, (input_dim, output_dim))
        self.biases = np.zeros(output_dim)

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.weights + self.biases

    def backward(self, grad):
        return grad @ self.weights.T

    def param_grads(self, grad):
        return self.inputs.T @ grad, grad.sum(axis=0)
""",
        "AffineLayer.backward",
        ("return grad @", "return -grad @"),
    ),
    "a layer that moves itself at a rate it is told": (
        """
class Dense:
    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(output_size, input_size)
        self.bias = np.random.randn(output_size, 1)

    def forward(self, input):
        self.input = input
        return np.dot(self.weights, self.input) + self.bias

    def backward(self, output_gradient, learning_rate):
        weights_gradient = np.dot(output_gradient, self.input.T)
        input_gradient = np.dot(self.weights.T, output_gradient)
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * output_gradient
        return input_gradient
""",
        "Dense.backward",
        ("self.weights.T, output_gradient", "self.weights.T, -output_gradient"),
    ),
    "a layer that moves itself at a rate of its own": (
        """
class Linear:
    def __init__(self, n_in, n_out, lr=0.01):
        self.W, self.b, self.lr = np.random.randn(n_in, n_out), np.zeros(n_out), lr

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        dx = dout @ self.W.T
        self.W = self.W - self.lr * self.x.T @ dout
        self.b = self.b - self.lr * dout.sum(axis=0)
        return dx
""",
        "Linear.backward",
        ("self.x.T @ dout", "self.x.T @ dout / len(dout)"),
    ),
    "an activation that is one of the module's own classes": (
        """
class Relu:
    def forward(self, x):
        self.x = x
        return np.maximum(0, x)

    def backward(self, grad):
        return grad * (self.x > 0)

class Dense:
    def __init__(self, n_out, n_in, activation):
        self.weights = np.random.randn(n_out, n_in)
        self.bias = np.zeros(n_out)
        self.activation = activation

    def forward(self, x):
        self.input = x
        return self.activation.forward(x @ self.weights.T + self.bias)

    def backward(self, grad):
        g = self.activation.backward(grad)
        self.weights_gradient = g.T @ self.input
        self.bias_gradient = np.sum(g, axis=0)
        return g @ self.weights
""",
        "Dense.backward",
        ("= g.T @", "= grad.T @"),
    ),
    "an activation by its name": (
        """
class Dense:
    def __init__(self, n_in, n_out, activation):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)
        self.activation = activation

    def forward(self, x):
        self.x = x
        z = x @ self.W + self.b
        self.y = np.maximum(0, z) if self.activation == "relu" else z
        return self.y

    def backward(self, dy):
        if self.activation == "relu":
            dy = dy * (self.y > 0)
        self.dW = self.x.T @ dy
        self.db = dy.sum(axis=0)
        return dy @ self.W.T
""",
        "Dense.backward",
        ("dy * (self.y > 0)", "dy"),
    ),
    "an activation that is written into the layer": (
        """
class HiddenLayer:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)

    def forward(self, x):
        self.x = x
        self.out = np.tanh(np.dot(x, self.W) + self.b)
        return self.out

    def backward(self, dout):
        dz = dout * (1 - self.out**2)
        self.dW = np.dot(self.x.T, dz)
        self.db = np.sum(dz, axis=0)
        return np.dot(dz, self.W.T)
""",
        "HiddenLayer.backward",
        ("1 - self.out**2", "1 - self.out"),
    ),
}


@pytest.mark.parametrize("source, function, edit", LAYERS.values(), ids=[*LAYERS])
def test_gradients_are_judged_wherever_a_layer_leaves_them(tmp_path, source, function, edit):
    def verdicts(source):
        path = tmp_path / "layers.py"
        path.write_text(f"import numpy as np\n{source}")
        return {
            o.function: o.verdict
            for o in grade(path).outcomes
            if (o.exercise, o.check) == ("affine_backward", "matches_the_formula")
        }

    assert verdicts(source)[function] == "passed"
    spoilt = verdicts(source.replace(*edit))
    assert {name for name, verdict in spoilt.items() if verdict != "passed"} == {function}


def test_a_slope_without_arguments_is_asked_after_its_function(tmp_path):
    source = """
import numpy as np

class Unit:
    def sigmoid(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def sigmoid_derivative(self):
        return self.y * (1 - self.y)
"""
    path = tmp_path / "unit.py"
    for text, verdict in ((source, "passed"), (source.replace("1 - self", "1 + self"), "wrong")):
        path.write_text(text)
        found = {(o.function, o.check): o.verdict for o in grade(path).outcomes}
        assert found["Unit.sigmoid_derivative", "matches_the_formula"] == verdict
        assert found["Unit.sigmoid", "matches_the_formula"] == "passed"


COST = """
import numpy as np

def {unit}(z):
    return {value}

def {unit}_prime(z):
    return {slope}

class QuadraticCost:
    @staticmethod
    def fn(a, y):
        return 0.5 * np.linalg.norm(a - y) ** 2

    @staticmethod
    def delta(z, a, y):
        return (a - y) * {unit}_prime({at})
"""
SIGMOID = {
    "unit": "sigmoid",
    "value": "1.0 / (1.0 + np.exp(-z))",
    "slope": "sigmoid(z) * (1 - sigmoid(z))",
}
TANH = {"unit": "tanh", "value": "np.tanh(z)", "slope": "1 - np.tanh(z) ** 2"}


def test_a_cost_may_give_its_gradient_by_the_logits(tmp_path):
    def found(source):
        path = tmp_path / "costs.py"
        path.write_text(source)
        return {(o.function, o.check): o for o in grade(path).outcomes}

    name = "QuadraticCost.delta", "matches_the_formula"
    assert found(COST.format(**SIGMOID, at="z"))[name].verdict == "passed"
    wrong = found(COST.format(**SIGMOID, at="a"))[name]
    assert [d.name for d in wrong.diagnoses] == ["took_the_slope_at_the_outputs"]
    # Of units of another kind nothing is known here.
    assert name not in found(COST.format(**TANH, at="z"))


NOT_JUDGED = {
    "another activation than is known": """
class Dense:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)

    def forward(self, x):
        self.x, self.z = x, x @ self.W + self.b
        return np.maximum(0, self.z) ** 2

    def backward(self, dy):
        dz = dy * 2 * np.maximum(0, self.z)
        self.dW, self.db = self.x.T @ dz, dz.sum(axis=0)
        return dz @ self.W.T
""",
    "a way back that is given targets": """
class Layer:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)

    def forward(self, x):
        self.x, self.y = x, np.tanh(x @ self.W + self.b)
        return self.y

    def backward(self, target):
        dz = (self.y - target) * (1 - self.y**2)
        self.dW, self.db = self.x.T @ dz, dz.sum(axis=0)
        return dz @ self.W.T
""",
}


@pytest.mark.parametrize("source", NOT_JUDGED.values(), ids=[*NOT_JUDGED])
def test_a_layer_of_which_the_activation_is_not_known_is_not_accused(tmp_path, source):
    path = tmp_path / "layers.py"
    path.write_text(f"import numpy as np\n{source}")
    assert not any(
        o.exercise.startswith("affine") and o.verdict.failed for o in grade(path).outcomes
    )


BOOK = """
import numpy as np

class Sigmoid:
    def forward(self, x):
        self.x = x
        return 1 / (1 + np.exp(-x))

    def backward(self, output_gradient, learning_rate):
        s = 1 / (1 + np.exp(-self.x))
        return output_gradient * s * (1 - s)

class SoftmaxLossCategoricalCrossentropy:
    def forward(self, inputs, y_true):
        e = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = e / np.sum(e, axis=1, keepdims=True)
        return -np.mean(np.log(self.output[range(len(inputs)), np.argmax(y_true, axis=1)]))

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        self.dinputs = dvalues.copy()
        self.dinputs[range(samples), np.argmax(y_true, axis=1)] -= 1
        self.dinputs = self.dinputs / samples
"""


def test_layers_of_a_book_that_are_given_outputs_and_a_rate(tmp_path):
    def verdicts(source):
        path = tmp_path / "book.py"
        path.write_text(source)
        return {
            o.function: o.verdict for o in grade(path).outcomes if o.check == "matches_the_formula"
        }

    assert set(verdicts(BOOK).values()) == {"passed"}
    for name, edit in (
        ("SoftmaxLossCategoricalCrossentropy.backward", ("] -= 1", "] += 1")),
        ("Sigmoid.backward", ("s * (1 - s)", "s * (1 - self.x)")),
    ):
        found = verdicts(BOOK.replace(*edit))
        assert {one for one, verdict in found.items() if verdict != "passed"} == {name}
        assert found[name] == "wrong"
