"""Forms in which people write layers, losses and activations: each is read rightly, and its mistake is found."""

from dataclasses import dataclass

import pytest

from checkgrad.grading import grade


@dataclass(frozen=True)
class Form:
    """A module that is right, with the function that one edit makes wrong."""

    source: str
    function: str
    edit: tuple[str, str]


FORMS = {
    "parameters in boxes": Form(
        """
class Parameter:
    def __init__(self, array):
        self.data, self.grad = array, np.zeros_like(array)

class Linear:
    def __init__(self, n_in, n_out):
        self.weight = Parameter(np.random.randn(n_in, n_out) * 0.1)
        self.bias = Parameter(np.zeros((1, n_out)))

    def forward(self, x):
        self.x = x
        return x @ self.weight.data + self.bias.data

    def backward(self, g):
        self.weight.grad += self.x.T @ g
        self.bias.grad += g.sum(axis=0, keepdims=True)
        return g @ self.weight.data.T
""",
        "Linear.backward",
        ("g.sum(axis=0, keepdims=True)", "g.mean(axis=0, keepdims=True)"),
    ),
    "parameters and gradients in lists": Form(
        """
class Affine:
    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        W, b = self.params
        self.x = x
        return x @ W + b

    def backward(self, dout):
        W, b = self.params
        self.grads[0][...] = self.x.T @ dout
        self.grads[1][...] = dout.sum(axis=0)
        return dout @ W.T
""",
        "Affine.backward",
        ("dout.sum(axis=0)", "dout.sum()"),
    ),
    "made at the first call": Form(
        """
class Dense:
    def __init__(self, units):
        self.units, self.W = units, None

    def forward(self, x):
        if self.W is None:
            self.W = np.random.randn(x.shape[1], self.units)
            self.b = np.zeros(self.units)
        self.x = x
        return x @ self.W + self.b

    def backward(self, d):
        self.dW = self.x.T @ d
        self.db = d.sum(axis=0)
        return d @ self.W.T
""",
        "Dense.backward",
        ("self.x.T @ d\n", "self.x.T @ d / len(d)\n"),
    ),
    "gradients of the parameters in a list beside that of the inputs": Form(
        """
class Linear:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.gradW, self.gradb = self.x.T @ grad, grad.sum(axis=0)
        return grad @ self.W.T, [self.gradW, self.gradb]
""",
        "Linear.backward",
        ("grad @ self.W.T, [", "grad @ self.W.T / 2, ["),
    ),
    "a layer by its attributes, whatever it is called": Form(
        """
class Block:
    def __init__(self, n_in, n_out):
        self.w, self.b = np.random.randn(n_in, n_out), np.zeros((1, n_out))

    def forward_pass(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward_pass(self, delta):
        self.d_w = self.x.T @ delta
        self.d_b = delta.sum(axis=0, keepdims=True)
        return delta @ self.w.T
""",
        "Block.backward_pass",
        ("delta.sum(axis=0, keepdims=True)", "delta[:1]"),
    ),
    "an offset called W0, samples in columns": Form(
        """
class Linear:
    def __init__(self, m, n):
        self.W, self.W0 = np.random.randn(m, n), np.zeros((n, 1))

    def forward(self, A):
        self.A = A
        return self.W.T @ A + self.W0

    def backward(self, dLdZ):
        self.dLdW = self.A @ dLdZ.T
        self.dLdW0 = dLdZ.sum(axis=1, keepdims=True)
        return self.W @ dLdZ
""",
        "Linear.backward",
        ("dLdZ.sum(axis=1", "dLdZ.mean(axis=1"),
    ),
    "methods by their words": Form(
        """
class CrossEntropy:
    def calculate_cost(self, t, y):
        self.t, self.y = t, y
        return -np.sum(t * np.log(y))

    def cost_gradient(self):
        return -self.t / self.y
""",
        "CrossEntropy.cost_gradient",
        ("-self.t / self.y", "-self.t * np.log(self.y)"),
    ),
    "inputs kept on request": Form(
        """
class MSELoss:
    def __call__(self, output, target, keep_inputs=False):
        if keep_inputs:
            self.kept = output, target
        return np.square(output - target).mean()

    def backward(self):
        output, target = self.kept
        return 2 * (output - target) / output.size
""",
        "MSELoss.backward",
        ("2 * (output - target)", "2 * (target - output)"),
    ),
    "backward given what forward returned": Form(
        """
class Tanh:
    def forward(self, x):
        return np.tanh(x)

    def backward(self, output):
        return 1 - output ** 2
""",
        "Tanh.backward",
        ("1 - output ** 2", "1 - output"),
    ),
    "a slope of the constructor": Form(
        """
class LeakyReLU:
    def __init__(self, slope=0.03):
        self.slope = slope

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.slope * x)

    def backward(self, dout):
        return dout * np.where(self.x > 0, 1.0, self.slope)
""",
        "LeakyReLU.backward",
        ("1.0, self.slope)", "1.0, -self.slope)"),
    ),
    "labels 0 and 1 as places": Form(
        """
class SigmoidWithLoss:
    def forward(self, x, t):
        self.t, self.y = t, 1 / (1 + np.exp(-x))
        both = np.stack([1 - self.y, self.y], axis=1)
        return -np.log(both[np.arange(len(t)), t]).mean()

    def backward(self):
        return (self.y - self.t) / len(self.t)
""",
        "SigmoidWithLoss.backward",
        ("(self.y - self.t) / len(self.t)", "(self.y - self.t) * self.y / len(self.t)"),
    ),
    "a sigmoid inside a classifier": Form(
        """
class Logistic:
    def __init__(self, rate):
        self.w, self.rate = None, rate

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def predict(self, X):
        return self.sigmoid(X @ self.w) > 0.5
""",
        "Logistic.sigmoid",
        ("np.exp(-z)", "np.exp(z)"),
    ),
}
MAIN = ("matches_the_formula", "agrees_with_the_numeric_derivative", "exists")


@pytest.mark.parametrize("name", FORMS)
def test_form_is_read_rightly_and_its_mistake_is_found(name, tmp_path):
    form = FORMS[name]
    assert form.edit[0] in form.source

    def verdicts(source):
        path = tmp_path / "student.py"
        path.write_text("import numpy as np\n" + source)
        found = [o for o in grade(path).outcomes if o.function == form.function]
        return {o.check: o.verdict for o in found}, any(o.verdict.failed for o in found)

    right, accused = verdicts(form.source)
    assert right["matches_the_formula"] == "passed" and not accused
    assert verdicts(form.source.replace(*form.edit))[1]


UNJUDGED = {
    "models": ("def accuracy(model, data):\n    return model.score(data)\n", "accuracy"),
    "own tensors": ("def relu(x):\n    return x.clamp_min(0.0)\n", "relu"),
    "nodes": (
        "def sgd_update(nodes, rate=0.1):\n    for n in nodes:\n        n.move(-rate * n.slope())\n",
        "sgd_update",
    ),
    "more axes": (
        "def relu(x):\n    n, c, h, w = x.shape\n    return np.maximum(x, 0).reshape(n, c, h, w)\n",
        "relu",
    ),
    "what is set elsewhere": (
        "class Softmax:\n    def attach(self, cost):\n        self.cost = cost\n"
        "    def forward(self, z):\n        e = np.exp(z)\n"
        "        return e / e.sum(axis=1, keepdims=True)\n"
        "    def backward(self, y, t):\n        return self.cost.slope(y, t)\n",
        "Softmax.backward",
    ),
}


@pytest.mark.parametrize("name", UNJUDGED)
def test_what_is_given_another_kind_of_thing_is_not_judged(name, tmp_path):
    source, function = UNJUDGED[name]
    path = tmp_path / "student.py"
    path.write_text("import numpy as np\n\n" + source)
    report = grade(path)
    assert {o.verdict for o in report.outcomes if o.function == function} <= {"not_judged"}
    assert function in {one.name for one in report.not_judged}


def test_a_class_on_a_missing_base_is_called_through_its_forward(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(
        "import numpy as np\nfrom lacking import Function\n\nclass Tanh(Function):\n"
        "    def forward(self, x):\n        return np.tanh(x)\n\ndef tanh(x):\n    return Tanh()(x)\n"
    )
    report = grade(path)
    assert {o.verdict for o in report.outcomes if o.function == "tanh"} == {"passed"}
