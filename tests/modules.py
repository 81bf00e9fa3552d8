"""Whole homework modules, generated over the conventions in which people write them."""

import re
from dataclasses import dataclass
from itertools import product

# What authors call x logits or inputs, y outputs, t targets, d gradients from above, w weights and b biases.
NAMES = {
    "letters": {},
    "words": {
        "x": "inputs",
        "y": "predictions",
        "t": "labels",
        "d": "grad_output",
        "w": "weights",
        "b": "biases",
    },
    "course": {"x": "Z", "y": "A", "t": "Y", "d": "dA", "w": "W"},
}


@dataclass(frozen=True)
class Manner:
    """How one author writes: each field one choice, the first of each the canonical one."""

    columns: bool = False
    integers: bool = False
    labels_first: bool = False
    reduction: str = "mean"
    eps: str = ""
    activation: bool = False  # derivatives are given the activation
    style: str = "functions"
    names: str = "letters"

    def __str__(self):
        words = ["columns" if self.columns else "rows", "integers" if self.integers else "one_hot"]
        words += ["labels_first"] if self.labels_first else []
        words += ["of_the_activation"] if self.activation else []
        words += [self.names] if self.names != "letters" else []
        return "-".join([self.style, *words, self.reduction, *([self.eps] if self.eps else [])])


def manners():
    """Every combination that has code below."""
    yield from (
        Manner(*choice)
        for choice in product(
            (False, True),
            (False, True),
            (False, True),
            ("mean", "sum"),
            ("", "1e-8"),
            (False, True),
            ("functions", "caches"),
        )
    )
    yield from (
        Manner(columns, integers, False, reduction, eps, False, style)
        for columns, integers, reduction, eps, style in product(
            (False, True),
            (False, True),
            ("mean", "sum"),
            ("", "1e-7"),
            ("cached", "called", "results_on_self"),
        )
    )
    yield from (
        Manner(columns, integers, style == first, reduction, "", False, style, names)
        for columns, integers, first, reduction, style, names in product(
            (False, True),
            (False, True),
            ("functions", "caches"),
            ("mean", "sum"),
            ("functions", "caches", "cached", "called", "results_on_self"),
            ("words", "course"),
        )
        if style in ("functions", "caches") or first == "caches"
    )
    yield from (
        Manner(False, integers, first, "sum", eps, activation, "single", names)
        for integers, first, eps, activation, names in product(
            (False, True), (False, True), ("", "1e-8"), (False, True), NAMES
        )
    )


def source(manner, **mistakes):
    """The module; *mistakes* replace expressions by their names."""
    text = {
        "functions": functions,
        "caches": caches,
        "cached": cached,
        "called": called,
        "results_on_self": results_on_self,
        "single": functions,
    }[manner.style](expressions(manner) | mistakes)
    for letter, name in NAMES[manner.names].items():
        text = re.sub(rf"(?<![.\w]){letter}\b", name, text)
    return "import numpy as np\n\n" + text


def expressions(manner):
    """The formulas in this manner, in x logits, y outputs, t targets, d gradients from above."""
    return of_batches(manner) | (of_one_sample(manner) if manner.style == "single" else {})


def of_one_sample(manner):
    """What is written otherwise by who takes samples alone."""
    eps = f" + {manner.eps}" if manner.eps else ""
    return {
        "shifted": "np.exp(x - x.max())",
        "normalised": "e / e.sum()",
        "softmax_slope": "s * (d - np.sum(d * s))",
        "cross_entropy": f"-np.log(y[t]{eps})"
        if manner.integers
        else f"-np.dot(t, np.log(y{eps}))",
        "cross_entropy_slope": f"-({'np.eye(len(y))[t]' if manner.integers else 't'}) / y",
        "fused": f"(y - {'np.eye(len(y))[t]' if manner.integers else 't'})",
        "affine": "np.dot(w, x) + b",
        "dx": "np.dot(w.T, d)",
        "dw": "np.outer(d, x)",
        "db": "d",
    }


def of_batches(manner):
    axis = 0 if manner.columns else 1
    n = f"x.shape[{1 - axis}]"
    over = {"mean": f" / y.shape[{1 - axis}]", "sum": ""}[manner.reduction]
    eps = f" + {manner.eps}" if manner.eps else ""
    picked = "[t, np.arange(len(t))]" if manner.columns else "[np.arange(len(t)), t]"
    hot = "np.eye(y.shape[0])[:, t]" if manner.columns else "np.eye(y.shape[1])[t]"
    return {
        "sigmoid": "1 / (1 + np.exp(-x))",
        "sigmoid_slope": "x * (1 - x)" if manner.activation else "sigmoid(x) * (1 - sigmoid(x))",
        "tanh_slope": "1 - x**2" if manner.activation else "1 - np.tanh(x) ** 2",
        "shifted": f"np.exp(x - x.max(axis={axis}, keepdims=True))",
        "normalised": f"e / e.sum(axis={axis}, keepdims=True)",
        "softmax_slope": f"s * (d - np.sum(d * s, axis={axis}, keepdims=True))",
        "cross_entropy": (
            f"-np.sum(np.log(y{picked}{eps})){over}"
            if manner.integers
            else f"-np.sum(t * np.log(y{eps})){over}"
        ),
        "cross_entropy_slope": f"-({hot if manner.integers else 't'}) / y{over}",
        "fused": f"(y - {hot if manner.integers else 't'}){over}",
        "arguments": "t, y" if manner.labels_first else "y, t",
        "logit_arguments": "t, x" if manner.labels_first else "x, t",
        "affine": "np.dot(w, x) + b" if manner.columns else "np.dot(x, w) + b",
        "dx": "np.dot(w.T, d)" if manner.columns else "np.dot(d, w.T)",
        "dw": "np.dot(d, x.T)" if manner.columns else "np.dot(x.T, d)",
        "db": "d.sum(axis=1, keepdims=True)" if manner.columns else "d.sum(axis=0)",
        "n": n,
    }


def functions(e):
    return f"""
def sigmoid(x):
    return {e["sigmoid"]}

def sigmoid_prime(x):
    return {e["sigmoid_slope"]}

def tanh_derivative(x):
    return {e["tanh_slope"]}

def softmax(x):
    e = {e["shifted"]}
    return {e["normalised"]}

def softmax_backward(d, x):
    s = softmax(x)
    return {e["softmax_slope"]}

def cross_entropy_loss({e["arguments"]}):
    return {e["cross_entropy"]}

def cross_entropy_grad({e["arguments"]}):
    return {e["cross_entropy_slope"]}

def softmax_loss({e["logit_arguments"]}):
    y = softmax(x)
    return {e["cross_entropy"]}

def d_softmax_loss({e["logit_arguments"]}):
    y = softmax(x)
    return {e["fused"]}

def affine_forward(x, w, b):
    return {e["affine"]}

def affine_backward(dout, x, w):
    d = dout
    return {e["dx"]}, {e["dw"]}, {e["db"]}
"""


def caches(e):
    return f"""
def sigmoid(x):
    return {e["sigmoid"]}

def sigmoid_forward(x):
    return sigmoid(x), x

def sigmoid_backward(dA, cache):
    x = cache
    return dA * sigmoid(x) * (1 - sigmoid(x))

def softmax_forward(x):
    e = {e["shifted"]}
    s = {e["normalised"]}
    return s, s

def softmax_backward(dout, cache):
    d, s = dout, cache
    return {e["softmax_slope"]}

def softmax_loss({e["logit_arguments"]}):
    y, _ = softmax_forward(x)
    grad = {e["fused"]}
    return {e["cross_entropy"]}, grad

def linear_forward(x, w, b):
    return {e["affine"]}, (x, w, b)

def linear_backward(dZ, cache):
    d, (x, w, b) = dZ, cache
    return {e["dx"]}, {e["dw"]}, {e["db"]}
"""


def cached(e):
    return f"""
class Sigmoid:
    def forward(self, x):
        self.y = {e["sigmoid"]}
        return self.y

    def backward(self, dout):
        return dout * self.y * (1 - self.y)

class Softmax:
    def forward(self, x):
        e = {e["shifted"]}
        self.s = {e["normalised"]}
        return self.s

    def backward(self, d):
        s = self.s
        return {e["softmax_slope"]}

class CrossEntropyLoss:
    def forward(self, y, t):
        self.y, self.t = y, t
        return {e["cross_entropy"]}

    def backward(self):
        y, t = self.y, self.t
        return {e["cross_entropy_slope"]}

class SoftmaxWithLoss:
    def forward(self, x, t):
        y = Softmax().forward(x)
        self.y, self.t = y, t
        return {e["cross_entropy"]}

    def backward(self, dout=1):
        y, t = self.y, self.t
        return {e["fused"]}

class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.zeros((n_in, n_out))
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x, w, b = x, self.W, self.b
        return {e["affine"]}

    def backward(self, dout):
        x, d, w = self.x, dout, self.W
        self.dW = {e["dw"]}
        self.db = {e["db"]}
        return {e["dx"]}
"""


def called(e):
    return f"""
class Sigmoid:
    def __call__(self, x):
        return {e["sigmoid"]}

    def gradient(self, x):
        return self(x) * (1 - self(x))

class Tanh:
    def __call__(self, x):
        return np.tanh(x)

    def derivative(self, x):
        return {e["tanh_slope"]}

class Softmax:
    def fprop(self, x):
        e = {e["shifted"]}
        return {e["normalised"]}

    def bprop(self, inputs, outputs, grads_wrt_outputs):
        d, s = grads_wrt_outputs, outputs
        return {e["softmax_slope"]}

class CrossEntropyCost:
    @staticmethod
    def fn(y, t):
        return {e["cross_entropy"]}

    @staticmethod
    def grad(y, t):
        return {e["cross_entropy_slope"]}
"""


def results_on_self(e):
    return f"""
class Layer_Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = np.zeros((n_inputs, n_neurons))
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        x, w, b = inputs, self.weights, self.biases
        self.inputs = x
        self.output = {e["affine"]}

    def backward(self, dvalues):
        x, w, d = self.inputs, self.weights, dvalues
        self.dweights = {e["dw"]}
        self.dbiases = {e["db"]}
        self.dinputs = {e["dx"]}

class Activation_Softmax:
    def forward(self, inputs):
        x = inputs
        e = {e["shifted"]}
        self.output = {e["normalised"]}

    def backward(self, dvalues):
        d, s = dvalues, self.output
        self.dinputs = {e["softmax_slope"]}

class Loss_CategoricalCrossentropy:
    def forward(self, y_pred, y_true):
        y, t = y_pred, y_true
        return {e["cross_entropy"]}

    def backward(self, dvalues, y_true):
        y, t = dvalues, y_true
        self.dinputs = {e["cross_entropy_slope"]}
"""


# One wrong expression each: its name, what it becomes, the exercises whose functions contain it.
MISTAKES = {
    "forgot_the_minus_in_the_exponent": ("sigmoid", "1 / (1 + np.exp(x))"),
    "forgot_the_brackets": ("sigmoid", "1 / 1 + np.exp(-x)"),
    "not_normalised": ("normalised", "e"),
    "normalised_over_everything": ("normalised", "e / e.sum()"),
    "kept_only_the_diagonal": ("softmax_slope", "d * s * (1 - s)"),
    "passed_everything_through": ("softmax_slope", "d"),
    "forgot_the_minus": ("cross_entropy", "-({cross_entropy})"),
    "logarithm_to_base_ten": ("cross_entropy", "({cross_entropy}) / np.log(10)"),
    "forgot_the_minus_of_the_slope": ("cross_entropy_slope", "-({cross_entropy_slope})"),
    "squared_the_outputs": ("cross_entropy_slope", "({cross_entropy_slope}) / y"),
    "forgot_the_targets": ("fused", "y"),
    "multiplied_by_the_slope_once_more": ("fused", "({fused}) * y * (1 - y)"),
    "left_out_the_bias": ("affine", "({affine}) - b"),
    "passed_back_the_gradient_twice": ("dx", "2 * {dx}"),
    "counted_the_weights_twice": ("dw", "({dw}) * 2"),
    "did_not_sum_the_bias": ("db", "d"),
}
# What is no mistake where samples are taken alone.
RIGHT_ALONE = {"normalised_over_everything", "did_not_sum_the_bias"}
CONTAIN = {
    "sigmoid": {"sigmoid"},
    "normalised": {"softmax"},
    "softmax_slope": {"softmax_backward"},
    "cross_entropy": {"cross_entropy", "softmax_cross_entropy"},
    "cross_entropy_slope": {"cross_entropy_derivative"},
    "fused": {"softmax_cross_entropy_gradient"},
    "affine": {"affine_forward"},
    "dx": {"affine_backward"},
    "dw": {"affine_backward"},
    "db": {"affine_backward"},
}


def mistaken(manner, name):
    """The module with one mistake, and the exercises whose functions it is in."""
    place, wrong = MISTAKES[name]
    return source(manner, **{place: wrong.format(**expressions(manner))}), CONTAIN[place]
