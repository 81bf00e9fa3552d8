"""Where several operations would do, the likelier is told; what stops is found at the statement that is wrong."""

import pytest

from checkgrad.grading import grade
from test_surgery_several import lines_of, operated

DICTS = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.params = {}
        self.params['W1'] = np.random.randn(n_in, n_hidden)
        self.params['b1'] = np.zeros(n_hidden)
        self.params['W2'] = np.random.randn(n_hidden, n_out)
        self.params['b2'] = np.zeros(n_out)

    def predict(self, x):
        h = sigmoid(x @ self.params['W1'] + self.params['b1'])
        return softmax(h @ self.params['W2'] + self.params['b2'])

    def loss(self, x, t):
        return -np.sum(t * np.log(self.predict(x))) / len(x)

    def error(self, y, t):
        return (y - t) / len(t)

    def gradient(self, x, t):
        h = sigmoid(x @ self.params['W1'] + self.params['b1'])
        y = softmax(h @ self.params['W2'] + self.params['b2'])
        d = self.error(y, t)
        back = d @ self.params['W2'].T * h * (1 - h)
        grads = {'W2': h.T @ d + 0 * h.T @ d, 'b2': d.sum(axis=0)}
        grads['W1'] = x.T @ back
        grads['b1'] = back.sum(axis=0)
        return grads
"""

LAYERS = """
import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, d):
        self.dW = self.x.T @ d
        self.db = d.sum(axis=0)
        return d @ self.W.T

class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, d):
        return d * self.mask

class Net:
    def __init__(self, sizes):
        self.layers = []
        for i in range(len(sizes) - 1):
            self.layers += [Linear(sizes[i], sizes[i + 1]), ReLU()]
        self.layers.pop()

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        return np.sum((self.forward(x) - t) ** 2) / len(x)

    def backward(self, x, t):
        d = 2 * (self.forward(x) - t) / len(x)
        for layer in reversed(self.layers):
            d = layer.backward(d)
        return [(k.dW, k.db) for k in self.layers if isinstance(k, Linear)]
"""

# the source; what stands there and what is put in its place; what is due
LIKELIER = {
    "a factor where the error is made": (DICTS, "return (y - t) / len(t)", "return y - t", "len(t)"),
    "a slope where it belongs": (
        DICTS, "self.params['W2'].T * h * (1 - h)", "self.params['W2'].T", "h * (1 - h)",
    ),
    "a minus in the exponent": (DICTS, "np.exp(-z))", "np.exp(z))", "-(z)"),
    "the shift of a softmax": (
        DICTS, "np.exp(z - z.max(axis=1, keepdims=True))", "np.exp(z.max(axis=1, keepdims=True) - z)",
        "(z) - (z.max",
    ),
    "a key that is mentioned elsewhere only": (
        DICTS, "y = softmax(h @ self.params['W2'] + self.params['b2'])",
        "y = softmax(h @ self.params['W2'])", "self.params['b2']",
    ),
    "a term within a product": (
        LAYERS, "d = 2 * (self.forward(x) - t) / len(x)", "d = 2 * self.forward(x) / len(x)", "- t",
    ),
    "outputs in the place of the error": (
        LAYERS, "d = 2 * (self.forward(x) - t) / len(x)", "d = (self.forward(x)) * 2 / len(x)", "- t",
    ),
}  # fmt: skip

STOPPING = {
    "a part of a dict": (DICTS, "{'W2': h.T @ d + 0", "{'W2': (h.T) * (d) + 0", "(h.T) @ (d)"),
    "how often a loop is run": (LAYERS, "range(len(sizes) - 1)", "range(len(sizes))", "- 1"),
    "what is given back": (LAYERS, "        return x\n\n    def loss", "        return layer\n\n    def loss", "x"),
    "what is handed on": (LAYERS, "x = layer.forward(x)", "x = layer.forward(layer)", "x"),
}  # fmt: skip


def found(folder, right, old, new):
    assert old in right
    search = operated(right, right.replace(old, new, 1), folder)
    assert search.is_complete
    (one,) = search.kept
    (line,) = lines_of(search)
    at = right.replace(old, new, 1)
    return one, at.split("\n")[line - 1].strip()


@pytest.mark.parametrize("name", LIKELIER)
def test_of_several_the_likelier_is_told(tmp_path, name):
    right, old, new, due = LIKELIER[name]
    one, line = found(tmp_path, right, old, new)
    assert new.strip() in line
    assert due in one.new or one.due.family == "N"


@pytest.mark.parametrize("name", STOPPING)
def test_what_stops_is_found_where_it_is_wrong(tmp_path, name):
    right, old, new, due = STOPPING[name]
    one, line = found(tmp_path, right, old, new)
    assert new.strip().split("\n")[0] in line
    assert due in one.new


# functions that are right for other inputs
OF_OTHER_INPUTS = {
    "twice the logits": ("def sigmoid(z):\n    return 1 / (1 + np.exp(-2 * z))\n", "1"),
    "outputs for targets": ("def cross_entropy_derivative(y, t):\n    return -y / y / len(y)\n", "t"),
    "the sign of the targets": (
        "def mse_loss_gradient(y, t):\n"
        "    g = np.zeros(y.shape)\n"
        "    for i in np.ndindex(y.shape):\n"
        "        g[i] = 2 * (y[i] + t[i]) / y.size\n"
        "    return g\n",
        "y[i] - t[i]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_OTHER_INPUTS)
def test_what_is_right_of_other_inputs_is_told_where_they_stand(tmp_path, name):
    source, due = OF_OTHER_INPUTS[name]
    path = tmp_path / "hw.py"
    path.write_text("import numpy as np\n\n" + source)
    assert due in [r.due for o in grade(path).outcomes for r in o.repairs]


BINARY = """
import numpy as np

def binary_cross_entropy(y, t):
    return -np.mean(t * np.log(y) + np.log(1 - y))

def binary_cross_entropy_derivative(y, t):
    return y / (y * (1 - y)) / y.size
"""


def test_what_is_true_of_targets_at_0_and_1_only_is_not_told(tmp_path):
    """There t is its own square, and 1 - y - t is what turns the sign."""
    path = tmp_path / "hw.py"
    path.write_text(BINARY)
    due = [r.due for o in grade(path).outcomes for r in o.repairs]
    assert due == ["np.log(1 - y) * (1 - t)", "y - t"]
