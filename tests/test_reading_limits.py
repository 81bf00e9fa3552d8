"""What is right only in company or for less than a batch, what is no evidence of a mistake, and what is not written."""

import pytest

from checkgrad.grading import grade
from test_reading import only, readings

CROSS_ENTROPY = "def cross_entropy_derivative(y, t): return {} / len(y)\n"
MSE = "def mse_derivative(y, t): return {} / y.size\n"
SOFTMAX = "def softmax(x):\n    e = np.exp(x - x.max())\n    return e / e.sum()\n"


@pytest.mark.parametrize(
    ("cross_entropy", "mse"),
    [("(-t / y).T", "(2 * (y - t)).T"), ("t / y", "2 * (t - y)")],
    ids=["transposed", "down the slope"],
)
def test_an_odd_gradient_is_a_custom_where_several_are_so_and_a_mistake_alone(cross_entropy, mse):
    odd, other = CROSS_ENTROPY.format(cross_entropy), MSE.format(mse)
    usual = MSE.format("2 * (y - t)")
    name = ("cross_entropy_derivative", "cross_entropy_derivative")
    assert readings(odd + other)[name].right
    assert not readings(odd + usual)[name].right
    assert not only(odd).right


def test_a_softmax_over_everything_is_narrow_where_nothing_tells_of_batches():
    batch = "def cross_entropy(y, t): return -np.sum(t * np.log(y)) / len(y)\n"
    axis = "def predict(x): return x.argmax(axis=1)\n"
    assert only(SOFTMAX).narrow and not only(SOFTMAX).right
    for around in (batch, axis):
        reading = readings(SOFTMAX + around)["softmax", "softmax"]
        assert not reading.right and not reading.narrow


def test_how_a_loss_counts_its_samples_is_not_hidden_by_asking_for_one():
    twice = only("def cross_entropy(y, t): return -np.sum(t * np.log(y)) / len(y) ** 2")
    assert not twice.right and not twice.narrow


def test_lists_of_numbers_may_be_wanted():
    reading = only("def mse(y_true, y_pred): return sum((a - b) ** 2 for a, b in zip(y_true, y_pred))"
                   " / len(y_true) if y_true else 0.0")  # fmt: skip
    assert reading.right and reading.convention["arrays"] == "lists"


def test_a_layer_may_do_without_a_bias_but_not_leave_out_the_one_it_is_given():
    found = readings("""
def affine_forward(x, w): return x @ w
def affine_backward(dout, x, w): return dout @ w.T, x.T @ dout
""")
    assert all(reading.convention["bias"] == "none" and reading.right for reading in found.values())
    assert not only("def affine_forward(x, w, b): return x @ w").right


def test_gradients_of_an_affine_layer_for_single_samples_are_added_up():
    source = "def linear_backward(d, x, w): return w.T @ d, np.outer(d, x), d"
    reading = only(source)
    assert reading.right and reading.convention["layout"] == "one sample at a time"
    assert not only(source.replace("w.T @ d", "2 * w.T @ d")).right


OUT_OF_REACH = {
    "softmax": ("def softmax(x):\n    n, t, c = x.shape\n    return x", "more axes"),
    "affine_backward": (
        "def linear_backward(dZ, cache):\n    A, W, b = cache\n    return A",
        "cache",
    ),
    "one_hot": ("def one_hot(y): return np.eye(10)[y]", "10 places"),
    "softmax_backward": ("def softmax_grad(X, error): return X.T @ error", "of the weights"),
}


@pytest.mark.parametrize(("source", "words"), OUT_OF_REACH.values(), ids=OUT_OF_REACH)
def test_what_does_not_fit_the_question_is_no_mistake(source, words):
    reading = only(source)
    assert not reading.right and words in reading.obstacle


@pytest.mark.parametrize(
    "body", ["return x", "return np.zeros_like(x)", "e = np.exp(x)\n    return 0 * e"]
)
def test_a_start_that_was_never_finished_is_not_written(body):
    reading = only(f"def softmax(x):\n    {body}")
    assert reading.unwritten or reading.candidate.stub


def test_a_last_line_that_returns_none_is_a_stub_and_a_missing_return_is_none():
    assert only("def softmax(x):\n    e = np.exp(x)\n    return None").candidate.stub
    forgotten = only("def softmax(x):\n    y = np.exp(x)")
    assert not forgotten.candidate.stub and not forgotten.unwritten


def test_what_a_function_called_nonlin_computes_stands_in_its_text():
    source = "def nonlin(x, deriv=False):\n    if deriv: return {}\n    return {}"
    assert all(r.right for r in readings(source.format("x * (1 - x)", "1 / (1 + np.exp(-x))")).values())  # fmt: skip
    found = readings(source.format("1 - x**2", "np.tanh(x)"))
    assert {exercise for exercise, _ in found} == {"tanh", "tanh_derivative"}


TRANSFER = """
from math import exp
def transfer(activation): return 1.0 / (1.0 + exp(-activation))
def transfer_derivative(output): return {}
"""


def test_what_a_transfer_function_computes_stands_in_its_text():
    right = readings(TRANSFER.format("output * (1.0 - output)"))
    assert [(name, r.right) for (name, _), r in right.items()] == [
        ("sigmoid", True),
        ("sigmoid_derivative", True),
    ]
    wrong = readings(TRANSFER.format("1.0 - output ** 2"))
    assert [r.right for r in wrong.values()] == [True, False]
    assert readings("def transfer(x): return np.exp(-x ** 2)") == {}


@pytest.mark.parametrize("head", ["def compute_cost(AL, Y):", "class L:\n  def loss(self, AL, Y):"])
def test_a_cost_of_two_logarithms_is_the_binary_one(head):
    text = head + "\n    return -np.sum(Y * np.log(AL) {} (1 - Y) * np.log(1 - AL)) / Y.shape[1]"
    assert [r.note for r in readings(text.format("+")).values()] == ["samples in columns"]
    assert [r.right for r in readings(text.format("-")).values()] == [False]
    assert readings("def cost(X, y): return -np.log(model(X)) * y - (1 - y)") == {}


NAMED = "from typing import NamedTuple\nclass Grads(NamedTuple):"
RECORD = "from dataclasses import dataclass\n@dataclass\nclass Grads:"


@pytest.mark.parametrize("head", [NAMED, RECORD], ids=["named tuple", "dataclass"])
def test_a_way_back_may_take_the_bias_and_return_a_record_of_gradients(head):
    source = (
        head
        + """
    dx: object
    dW: object
    db: object
def linear_backward(dout, x, W, b):
    return Grads(dout @ W.T, x.T @ dout, dout.sum(axis={}))
"""
    )
    assert [r.right for r in readings(source.format(0)).values()] == [True]
    assert [r.right for r in readings(source.format(1)).values()] == [False]


@pytest.mark.parametrize("head", [NAMED, RECORD], ids=["named tuple", "dataclass"])
def test_functions_may_be_the_fields_of_an_object_that_is_called_what_they_are(head):
    source = (
        head.replace("Grads", "Activation")
        + """
    name: str
    f: object
    df: object
sigmoid = Activation("sigmoid", lambda z: 1 / (1 + np.exp(-z)), lambda a: {})
"""
    )
    found = readings(source.format("a * (1 - a)"))
    assert found["sigmoid", "sigmoid.f"].right and found["sigmoid_derivative", "sigmoid.df"].right
    assert not readings(source.format("1 - a**2"))["sigmoid_derivative", "sigmoid.df"].right


def test_a_layer_may_keep_its_parameters_and_their_gradients_in_dicts():
    source = """
class Linear:
    def __init__(self, n_in, n_out):
        self.params = {{"W": np.zeros((n_out, n_in)), "b": np.zeros(n_out)}}
        self.grads = {{}}
    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]
    def backward(self, dout):
        self.grads["W"] = dout.T @ self.x
        self.grads["b"] = dout.sum(axis={})
        return dout @ self.params["W"]
"""
    assert [r.note for r in readings(source.format(0)).values()] == ["weights as (out, in)"] * 2
    assert [r.right for r in readings(source.format(1)).values()] == [True, False]


def test_what_its_text_alone_suggests_is_not_accused(tmp_path):
    path = tmp_path / "student.py"
    path.write_text("""
import numpy as np

def cost(Y, A):
    return -np.sum(Y * np.log(A) + 3 * (1 - Y) * np.log(1.0000001 - A)) / 7

class Softmax:
    def __init__(self):
        self.W = None

    def loss(self, X, y, reg):
        scores = X.dot(self.W)
        return scores.sum() * reg
""")
    (loads, *others) = grade(path).outcomes
    assert not [o for o in others if o.verdict.failed]
    assert loads.problem == "nothing here could be judged"


ONE_VECTOR = {
    "a loop that fills": """
def sigmoid(x):
    result = np.zeros(len(x))
    for i, value in enumerate(x):
        result[i] = 1 / (1 + math.exp({sign}value))
    return result
""",
    "in a list": """
def sigmoid(values):
    out = []
    for v in values:
        out.append(1.0 / (1.0 + math.exp({sign}v)))
    return np.array(out)
""",
    "a method": """
class Layer:
    def sigmoid(self, a):
        return np.array([1 / (1 + math.exp({sign}v)) for v in a])
""",
}


@pytest.mark.parametrize("source", ONE_VECTOR.values(), ids=list(ONE_VECTOR))
def test_a_function_of_one_vector_is_asked_one_vector_at_a_time(source):
    right = only("import math\n" + source.format(sign="-"))
    assert right.right and right.convention["layout"] == "one sample at a time"
    assert not only("import math\n" + source.format(sign="")).right


ANEW = {
    "in its forward": """
class Dense:
    def __init__(self, units):
        self.units = units

    def forward(self, x):
        self.x, self.W = x, np.random.randn(x.shape[1], self.units)
        self.b = np.zeros(self.units)
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
""",
    "by a method": """
class Linear:
    def __init__(self, n_in, n_out):
        self.n_in, self.n_out = n_in, n_out

    def initialise(self):
        self.weights = np.random.uniform(-1, 1, (self.n_in, self.n_out))
        self.bias = np.zeros((1, self.n_out))

    def forward_pass(self, inputs):
        self.inputs = inputs
        self.initialise()
        return np.dot(inputs, self.weights) + self.bias

    def backward_pass(self, grad):
        self.grad_weights = np.dot(self.inputs.T, grad)
        self.grad_bias = np.sum(grad, axis=0, keepdims=True)
        return np.dot(grad, self.weights.T)
""",
}


@pytest.mark.parametrize("source", ANEW.values(), ids=list(ANEW))
def test_a_layer_that_makes_its_weights_in_every_forward_pass_is_not_judged(tmp_path, source):
    file = tmp_path / "layer.py"
    file.write_text("import numpy as np\n" + source)
    layers = [o for o in grade(file).outcomes if o.exercise.startswith("affine")]
    assert {o.verdict.value for o in layers} == {"not_judged"}
    assert all("anew in every forward pass" in o.problem for o in layers)


TOLD_BY_TEXT = {
    "cross_entropy": "def loss(pred, target): return -np.sum(target * np.log(pred), axis=1).mean()",
    "binary_cross_entropy": """
class Net:
    def cost(self, Y, A):
        return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1.0000001 - A)) / Y.size
""",
    "mse_loss": "def cost(output, target):\n    d = output - target\n    return (d**2).mean()",
}


@pytest.mark.parametrize(("exercise", "source"), TOLD_BY_TEXT.items(), ids=list(TOLD_BY_TEXT))
def test_what_a_loss_computes_stands_in_its_text(exercise, source):
    ((found, _),) = readings(source)
    assert found == exercise and only(source).right
    assert not only(source.replace("return ", "return 3 * ")).right


CHAINED = {
    "sigmoid": """
def sigmoid(z): return 1 / (1 + np.exp(-z))
def sigmoid_derivative(z): return sigmoid(z) * (1 - sigmoid(z))
def bce_derivative(y, t): return (y - t) / (y * (1 - y)) / len(t)
def delta_last(z, t): return bce_derivative(sigmoid(z), t) * sigmoid_derivative({at})
""",
    "softmax": """
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def softmax_backward(dy, z):
    p = softmax(z)
    return p * (dy - (dy * p).sum(axis=1, keepdims=True))

def cross_entropy_grad(p, labels): return -labels / p / len(p)
def first_error(labels, z): return softmax_backward(cross_entropy_grad(softmax(z), labels), {at})
""",
}


@pytest.mark.parametrize("source", CHAINED.values(), ids=list(CHAINED))
def test_what_chains_a_loss_with_its_outputs_is_the_gradient_by_the_logits(source):
    found = {e: r for (e, f), r in readings(source.format(at="z")).items() if "_" in f}
    assert any(e.endswith("cross_entropy_gradient") and r.right for e, r in found.items())
    squash = "sigmoid" if "sigmoid" in source else "softmax"
    found = readings(source.format(at=f"{squash}(z)"))
    assert not [
        r for (e, _), r in found.items() if e.endswith("cross_entropy_gradient") and r.right
    ]


VECTOR_FOR_MATRIX = """
import numpy as np


class Softmax:
    def forward(self, z):
        self.z = z
        e = np.exp(z - np.max(z))
        self.p = e / e.sum()
        return self.p

    def backward(self):
        return {back}
"""
OF_ONE_SAMPLE = {
    "a matrix": ("np.diag(self.p) - np.outer(self.p, self.p)", "passed"),
    "a vector": ("self.p * (1 - self.z)", "wrong"),
    "ones": ("np.ones(len(self.p))", "not_judged"),
}


@pytest.mark.parametrize(("back", "verdict"), OF_ONE_SAMPLE.values(), ids=list(OF_ONE_SAMPLE))
def test_a_jacobian_of_one_sample_is_no_vector(tmp_path, back, verdict):
    file = tmp_path / "layer.py"
    file.write_text(VECTOR_FOR_MATRIX.format(back=back))
    asked = [o for o in grade(file).outcomes if o.exercise == "softmax_jacobian"]
    found = {o.verdict.value for o in asked if o.check == "matches_the_formula"}
    assert found == {verdict}


OF_ONE_SAMPLE = """
import numpy as np

class Net:
    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))
    def softmax(self, x):
        e = np.exp(x - np.max(x))
        return e / e.sum(axis=0)
    def softmax_derivative(self, x):
        s = x.reshape(-1, 1)
        return np.diagflat(s) - np.dot(s, s.T)
    def cross_entropy(self, predicted, actual):
        return -np.sum(actual * np.log(predicted))
    def MSE(self, predicted, actual):
        return np.mean((actual - predicted) ** 2)

def one_hot(labels):
    rows = []
    for label in labels:
        row = [0 for i in range(len(set(labels)))]
        row[label] = 1
        rows.append(row)
    return np.array(rows)
"""


def test_a_function_that_another_layout_outvotes_may_be_for_one_sample_as_others_are():
    found = readings(OF_ONE_SAMPLE)
    assert found["softmax", "Net.softmax"].right
    batches = OF_ONE_SAMPLE.replace("np.diagflat(s) - np.dot(s, s.T)", "x * (1 - x)")
    assert not readings(batches)["softmax", "Net.softmax"].right


NETWORK_OF_ONE_SAMPLE = """
import numpy as np

class Network:
    def __init__(self, n_in=6, n_hidden=5, n_out=4):
        self.W1, self.b1 = np.random.uniform(size=(n_hidden, n_in)), np.random.uniform(size=n_hidden)
        self.W2, self.b2 = np.random.uniform(size=(n_out, n_hidden)), np.random.uniform(size=n_out)
    def softmax(self, z):
        a = np.exp(z - np.max(z))
        return a / {over}
    def forward(self, x, full=False):
        z1 = np.dot(self.W1, x) + self.b1
        a1 = np.tanh(z1)
        a2 = self.softmax(np.dot(self.W2, a1) + self.b2)
        return (a1, a2) if full else a2
    def backpropagate(self, x, y_true):
        a1, a2 = self.forward(x, full=True)
        d2 = a2 - y_true
        d1 = (self.W2.T @ d2) * (1 - a1 ** 2)
        return [np.outer(d1, x), np.outer(d2, a1)], [d1, d2]
    def predict(self, X):
        return np.array([np.max(row, 0) for row in X])
"""


@pytest.mark.parametrize(("over", "right"), [("np.sum(a)", True), ("np.sum(z)", False)])
def test_what_a_network_of_single_samples_uses_is_asked_for_one(tmp_path, over, right):
    (tmp_path / "hw.py").write_text(NETWORK_OF_ONE_SAMPLE.format(over=over))
    failed = {o.function for o in grade(tmp_path / "hw.py").outcomes if o.verdict.failed}
    assert ("Network.softmax" in failed) is not right
