"""Training loops as networks: right ones are right in every style, a planted mistake is found where it is."""

from __future__ import annotations

import pytest

import loop_shapes
from checkgrad.grading import grade
from checkgrad.model import Verdict
from checkgrad.render import html

RIGHT = loop_shapes.SHAPES
WRONG = [(shape, change) for shape in RIGHT for change in shape.changes]


def outcomes(tmp_path, source, seed=0):
    file = tmp_path / "student.py"
    file.write_text(source)
    report = grade(file, seed=seed)
    return [o for o in report.outcomes if (o.exercise, o.check) == ("MLP", "gradients")], report


@pytest.mark.parametrize("shape", RIGHT, ids=lambda s: s.name)
def test_a_right_loop_is_right(tmp_path, shape):
    found, report = outcomes(tmp_path, shape.source)
    assert [o.verdict for o in found] == [Verdict.PASSED], [o.problem for o in found]
    assert not [o for o in report.outcomes if o.verdict.failed]


@pytest.mark.parametrize(("shape", "change"), WRONG, ids=[loop_shapes.named(*one) for one in WRONG])
def test_a_mistake_in_a_loop_is_found_where_it_is(tmp_path, shape, change):
    found, report = outcomes(tmp_path, shape.source.replace(change.old, change.new))
    (outcome,) = found
    if change.told:
        assert outcome.verdict is Verdict.NOT_JUDGED
        assert any(n.name == outcome.function for n in report.not_judged)
    else:
        assert outcome.verdict in (Verdict.WRONG, Verdict.CRASHED), outcome.note
        told = outcome.problem + outcome.problem.replace("dW", "weights")  # as names have it
        assert all(part in told for part in change.wrong), outcome.problem
    assert not [o for o in report.outcomes if o.verdict is Verdict.GRADER_FAULT]


def test_what_is_said_of_a_loop_tells_its_lines_its_loss_and_its_rate(tmp_path):
    _, report = outcomes(tmp_path, SHAPES["columns_cross_entropy"].source)
    (reading,) = [r for r in report.readings if r.exercise == "MLP"]
    assert (reading.function, reading.read_by) == ("loop, line 11", "usage")
    assert (reading.place.line, reading.place.end_line) == (11, 27)
    assert reading.convention["rate"] == "0.015"
    assert "cross-entropy" in reading.convention["loss"]


def test_how_the_loop_goes_on_by_itself_is_shown(tmp_path):
    _, report = outcomes(tmp_path, SHAPES["rows_squared_error"].source)
    (own,) = report.own_training
    losses = own.curve.lines["yours"]
    assert (own.function, own.curve.x[0], own.curve.x[-1]) == ("loop, line 11", 1, 2000)
    assert losses[-1] < 0.1 * losses[0]
    page = html.render(report)
    assert "loop, line 11</code>, as your file runs it" in page
    assert f"goes from {losses[0]:.4g} to {losses[-1]:.4g} in 2000 turns" in page


LARGE = """
import numpy as np
rng = np.random.default_rng(0)
X, t = rng.normal(size=(5, 784)), np.eye(5)
W1, b1 = 0.01 * rng.normal(size=(784, 300)), np.zeros(300)
W2, b2 = 0.01 * rng.normal(size=(300, 5)), np.zeros(5)
for epoch in range(3):
    h = np.tanh(X @ W1 + b1)
    d2 = (h @ W2 + b2 - t) / 5
    d1 = d2 @ W2.T * (1 - h**2)
    W2 -= 0.1 * h.T @ d2
    b2 -= 0.1 * d2.sum(axis=0)
    W1 -= 0.1 * X.T @ d1
    b1 -= 0.1 * d1.sum(axis=0)
"""


def test_a_loop_of_parameters_too_large_to_be_looked_at_is_not_green(tmp_path):
    (outcome,), report = outcomes(tmp_path, LARGE.replace("0.1 * X.T @ d1", "0.1 * X.T @ h"))
    assert outcome.verdict is Verdict.NOT_JUDGED
    (told,) = [n.reason for n in report.not_judged if n.name == outcome.function]
    assert "W1 has 235,200 numbers, more than are looked at" in told


ROW = """
import numpy as np
rng = np.random.default_rng(0)
X, T = rng.normal(size=(6, 3)), np.eye(2)[[0, 1, 0, 1, 1, 0]]
W1, b1, W2, b2 = rng.normal(size=(3, 4)), np.zeros(4), rng.normal(size=(4, 2)), np.zeros(2)
for x, t in zip(X, T):
    x, t = x.reshape(1, 3), t.reshape(1, 2)
    h = np.tanh(x @ W1 + b1)
    d2 = h @ W2 + b2 - t
    d1 = d2 @ W2.T * (1 - h**2)
    W2 = W2 - 0.1 * h.T @ d2
    b2 = b2 - 0.1 * np.sum(d2, axis=0, keepdims=True)
    W1 = W1 - 0.1 * x.T @ d1
    b1 = b1 - 0.1 * np.sum(d1, axis=0, keepdims=True)
"""


@pytest.mark.parametrize("change", ["", "* (1 - h**2)"])
def test_biases_that_become_rows_with_the_first_step_are_judged(tmp_path, change):
    (outcome,), _ = outcomes(tmp_path, ROW.replace(change, "") if change else ROW)
    assert outcome.verdict is (Verdict.WRONG if change else Verdict.PASSED), outcome.problem
    assert not change or "W1, b1" in outcome.problem


def test_the_same_loop_is_read_the_same_every_time(tmp_path):
    shape = SHAPES["mini_batches_shuffled"]
    first, _ = outcomes(tmp_path, shape.source)
    again, _ = outcomes(tmp_path, shape.source)
    assert [o.note for o in first] == [o.note for o in again]


def test_weights_that_were_changed_too_early_are_told_as_that(tmp_path):
    shape = SHAPES["rows_squared_error"]
    change = shape.changes[-1]
    (outcome,), _ = outcomes(tmp_path, shape.source.replace(change.old, change.new))
    assert "through weights that this turn has already changed" in outcome.problem
    assert outcome.corroboration == ["used_so", "partly_right"]


def test_a_step_up_the_slope_is_told_as_that(tmp_path):
    shape = SHAPES["logistic_regression_in_a_function"]
    (outcome,), _ = outcomes(tmp_path, shape.source.replace("theta - alpha", "theta + alpha"))
    assert "goes up the slope" in outcome.problem


def test_a_loop_that_stops_in_its_first_turn_has_crashed(tmp_path):
    shape = SHAPES["while_loop"]
    (outcome,), _ = outcomes(tmp_path, shape.source.replace("h.T.dot(e)", "h.dot(e)"))
    assert outcome.verdict is Verdict.CRASHED
    assert "not aligned" in outcome.problem


SHAPES = {shape.name: shape for shape in RIGHT}

NO_NETWORKS = {
    "hill_climbing": """
import numpy as np
rng = np.random.default_rng(0)
X, t = rng.normal(size=(20, 3)), rng.normal(size=20)
w = rng.normal(size=3)
for i in range(100):
    other = w - 0.1 * rng.normal(size=3)
    if np.sum((X @ other - t) ** 2) < np.sum((X @ w - t) ** 2):
        w = other
""",
    "perceptron": """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
t = (X[:, 0] > 0).astype(int)
w, b = np.zeros(3), 0.0
for epoch in range(10):
    for x, y in zip(X, t):
        said = int(w @ x + b > 0)
        w += 0.1 * (y - said) * x
        b += 0.1 * (y - said)
""",
    "k_means": """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(30, 2))
C = X[:3].copy()
for i in range(20):
    d = ((X[:, None] - C) ** 2).sum(axis=2)
    near = d.argmin(axis=1)
    for k in range(3):
        C[k] = C[k] - 0.5 * (C[k] - X[near == k].mean(axis=0))
""",
    "newton": """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
y = (X[:, 0] + rng.normal(size=40) > 0).astype(float)
w = np.zeros(3)
for i in range(5):
    p = 1 / (1 + np.exp(-(X @ w)))
    g = X.T @ (p - y)
    H = X.T @ (X * (p * (1 - p))[:, None])
    w = w - np.linalg.solve(H, g)
""",
    "running_mean": """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(50, 4))
mean = np.zeros(4)
for i in range(50):
    mean = mean + (X[i] - mean) / (i + 1)
""",
    "hopfield": """
import numpy as np
rng = np.random.default_rng(0)
patterns = np.sign(rng.normal(size=(3, 8)))
W = np.zeros((8, 8))
for p in patterns:
    W += 0.1 * np.outer(p, p)
""",
    "q_learning": """
import numpy as np
rng = np.random.default_rng(0)
Q = np.zeros((5, 2))
s = 0
for step in range(200):
    a = int(rng.integers(2))
    after = min(s + 1, 4) if a else max(s - 1, 0)
    r = float(after == 4)
    Q[s, a] = Q[s, a] + 0.1 * (r + 0.9 * Q[after].max() - Q[s, a])
    s = after
""",
    "physics": """
import numpy as np
x, v = np.array([1.0, 0.0]), np.array([0.0, 0.5])
k = np.array([[2.0, 0.1], [0.1, 1.0]])
for i in range(100):
    v = v - 0.01 * k @ x
    x = x + 0.01 * v
""",
    "power_iteration": """
import numpy as np
A = np.array([[2.0, 1.0], [1.0, 3.0]])
v = np.ones(2)
for i in range(50):
    v = A @ v - 0.1 * v
    v = v / np.linalg.norm(v)
""",
}


@pytest.mark.parametrize("source", NO_NETWORKS.values(), ids=NO_NETWORKS)
def test_a_loop_that_descends_no_slope_is_not_accused(tmp_path, source):
    _, report = outcomes(tmp_path, source)
    assert not [o for o in report.outcomes if o.exercise == "MLP" and o.verdict.failed]


FIT = """
import numpy as np

class Model:
    def __init__(self, hidden=5, lr=0.1):
        self.hidden, self.lr = hidden, lr

    def fit(self, X, y, epochs=20):
        n, d = X.shape
        k = len(np.unique(y))
        rng = np.random.default_rng(0)
        self.W = rng.normal(0, 0.4, (d, self.hidden))
        self.V = rng.normal(0, 0.4, (self.hidden, k))
        T = np.eye(k)[y]
        for _ in range(epochs):
            H = np.tanh(X @ self.W)
            Z = H @ self.V
            P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
            D = (P - T) / n
            E = D @ self.V.T * (1 - H**2)
            self.V -= self.lr * H.T @ D
            self.W -= self.lr * X.T @ E
        return self
"""


def test_a_loop_that_the_module_never_runs_is_called_with_data_of_our_own(tmp_path):
    (outcome,), _ = outcomes(tmp_path, FIT)
    assert outcome.verdict is Verdict.PASSED
    assert "small data of our own" in outcome.note


def test_a_mistake_in_a_loop_that_is_called_by_us_is_found(tmp_path):
    (outcome,), _ = outcomes(tmp_path, FIT.replace("(1 - H**2)", "(1 - H)"))
    assert outcome.verdict is Verdict.WRONG
    assert "wrong in self.W; self.V right" in outcome.problem
    assert outcome.corroboration == ["partly_right"]


STEP = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

class Net:
    def __init__(self, n_in, n_hid, n_out, lr=0.1, mu=0.9):
        self.W1 = np.random.randn(n_in, n_hid)
        self.W2 = np.random.randn(n_hid, n_out)
        self.V1 = np.zeros_like(self.W1)
        self.V2 = np.zeros_like(self.W2)
        self.lr, self.mu = lr, mu

    def forward(self, X):
        self.A1 = sigmoid(X @ self.W1)
        self.A2 = sigmoid(self.A1 @ self.W2)
        return self.A2

    def train(self, X, T):
        D2 = (self.forward(X) - T) * self.A2 * (1 - self.A2)
        D1 = (D2 @ self.W2.T) * self.A1 * (1 - self.A1)
        self.V2 = self.mu * self.V2 - self.lr * self.A1.T @ D2
        self.V1 = self.mu * self.V1 - self.lr * X.T @ D1
        self.W1 += self.V1
        self.W2 += self.V2
"""


def test_a_call_that_changes_parameters_is_a_turn(tmp_path):
    (outcome,), _ = outcomes(tmp_path, STEP)
    assert outcome.verdict is Verdict.PASSED, outcome.problem


def test_a_mistake_in_such_a_call_is_found(tmp_path):
    (outcome,), _ = outcomes(tmp_path, STEP.replace(" * self.A1 * (1 - self.A1)\n", "\n", 1))
    assert outcome.verdict is Verdict.WRONG
    assert "W1" in outcome.problem and "W2 right" in outcome.problem


RATES = """
import numpy as np

rng = np.random.default_rng(1)
X = rng.normal(size=(60, 4))
y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
V, W, c = rng.normal(size=(4, 10)) * 0.5, rng.normal(size=(10, 3)) * 0.5, np.zeros(3)
for it in range(200):
    h = np.maximum(X @ V, 0)
    z = h @ W + c
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    d = (p - np.eye(3)[y]) / len(y)
    g = d @ W.T * (h > 0)
    W -= 0.5 * h.T @ d
    c -= 0.5 * d.sum(0)
    V -= 0.5 * X.T @ g
"""


def test_a_parameter_may_have_a_rate_of_its_own(tmp_path):
    (outcome,), _ = outcomes(tmp_path, RATES.replace("c -= 0.5", "c -= 0.05"))
    assert outcome.verdict is Verdict.PASSED
    assert "rates of their own" in outcome.note


def test_the_same_rate_written_twice_excuses_no_factor(tmp_path):
    (outcome,), _ = outcomes(tmp_path, RATES.replace("d.sum(0)", "d.mean(0)"))
    assert outcome.verdict is Verdict.WRONG
    assert "wrong in c;" in outcome.problem


FROM_A_LIBRARY = """
import numpy as np
from spirals_not_here import spiral_data

X, y = spiral_data(100, 3)


class Dense:
    def __init__(self, n_in, n_out):
        self.weights = 0.1 * np.random.randn(n_in, n_out)
        self.biases = np.zeros((1, n_out))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T


first, last = Dense(2, 8), Dense(8, 3)
for epoch in range(101):
    first.forward(X)
    hidden = np.tanh(first.output)
    last.forward(hidden)
    e = np.exp(last.output - last.output.max(axis=1, keepdims=True))
    probabilities = e / e.sum(axis=1, keepdims=True)
    dvalues = probabilities.copy()
    dvalues[range(len(y)), y] -= 1
    last.backward(dvalues / len(y))
    first.backward(last.dinputs * (1 - hidden**2))
    for layer in (first, last):
        layer.weights += -0.5 * layer.dweights
        layer.biases += -0.5 * layer.dbiases
"""


def test_data_of_a_missing_library_stay_the_same_from_turn_to_turn(tmp_path):
    found, _ = outcomes(tmp_path, FROM_A_LIBRARY)
    assert [o.verdict for o in found if o.function.startswith("loop")] == [Verdict.PASSED]
    found, _ = outcomes(tmp_path, FROM_A_LIBRARY.replace("(1 - hidden**2)", "(1 - hidden)"))
    (wrong,) = [o for o in found if o.function.startswith("loop")]
    assert wrong.verdict is Verdict.WRONG
    assert "first.weights, first.biases; last.weights, last.biases right" in wrong.problem


HOUSES = """
import numpy as np
rng = np.random.default_rng(2)
sizes = rng.uniform(0.5, 4.0, 12)
prices = 3 * sizes + 1

def falls(X, Y, W):
    parts = [sum(y - (W[0] + W[1] * x) for x, y in zip(X, Y)),
             sum((y - (W[0] + W[1] * x)) * x for x, y in zip(X, Y))]
    return np.array(parts)

def rest(X, Y, W):
    return sum((y - (W[0] + W[1] * x)) ** 2 for x, y in zip(X, Y))

W = np.zeros(2)
for _ in range(30):
    W = W + 2 * 0.001 * falls(sizes, prices, W)
    print(rest(sizes, prices, W))
"""


def test_a_loss_that_is_worked_out_after_the_step_accuses_nobody(tmp_path):
    found, _ = outcomes(tmp_path, HOUSES)
    assert not [o for o in found if o.verdict.failed]


def test_a_gradient_that_its_loop_adds_may_have_the_opposite_sign(tmp_path):
    _, report = outcomes(tmp_path, HOUSES.replace("print(rest", "print('rest', rest"))
    assert not [o for o in report.outcomes if o.verdict.failed]


BY_NUMBERS = """
import random
random.seed(3)
theta0, theta1 = random.random(), random.random()
step, turn = 0.01, 0
while turn < 30:
    diff = 4.0 - theta0 - 2.5 * theta1
    theta0 = theta0 + step * diff
    theta1 = theta1 + step * diff * 2.5
    half_square = diff ** 2 / 2
    turn += 1
"""


@pytest.mark.parametrize(
    ("source", "verdict"),
    [(BY_NUMBERS, Verdict.PASSED), (BY_NUMBERS.replace("diff * 2.5", "diff"), Verdict.WRONG)],
    ids=["right", "wrong"],
)
def test_a_loop_whose_data_stand_there_as_numbers_is_read(tmp_path, source, verdict):
    found, _ = outcomes(tmp_path, source)
    assert [o.verdict for o in found] == [verdict], [o.problem or o.note for o in found]


ACTIVATIONS_KEPT = """
import math
import random
random.seed(0)

def squash(x):
    return math.tanh(x)

class Net:
    def __init__(self, inputs, hidden):
        self.seen, self.middle = [1.0] * (inputs + 1), [1.0] * hidden
        self.first = [[random.uniform(-1, 1) for _ in range(hidden)] for _ in range(inputs + 1)]
        self.second = [random.uniform(-1, 1) for _ in range(hidden)]

    def run(self, sample):
        for i in range(len(sample)):
            self.seen[i] = sample[i]
        for j in range(len(self.middle)):
            self.middle[j] = squash(sum(self.seen[i] * self.first[i][j] for i in range(len(self.seen))))
        self.last = squash(sum(self.middle[j] * self.second[j] for j in range(len(self.middle))))
        return self.last

    def learn(self, target, rate):
        error = (target - self.last) * (1 - self.last ** 2)
        back = [error * self.second[j] * (1 - self.middle[j] ** 2) for j in range(len(self.middle))]
        for j in range(len(self.middle)):
            self.second[j] += rate * error * self.middle[j]
        for i in range(len(self.seen)):
            for j in range(len(self.middle)):
                self.first[i][j] += rate * back[j] * self.seen[i]

    def train(self, samples, turns=50, rate=0.2):
        for _ in range(turns):
            for sample, target in samples:
                self.run(sample)
                self.learn(target, rate)

net = Net(2, 3)
net.train([([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)])
"""


def test_activations_that_are_kept_are_no_parameters(tmp_path):
    found, _ = outcomes(tmp_path, ACTIVATIONS_KEPT)
    assert [o.verdict for o in found] == [Verdict.PASSED], [o.problem or o.note for o in found]


BY_NAMES_OF_NUMPY = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
T = (X[:, :1] > 0).astype(float)
W = rng.normal(size=(3, 1))
B = np.zeros((1, 1))
for _ in range(40):
    Y = np.divide(1, np.add(1, np.exp(-np.add(np.dot(X, W), B))))
    error = np.subtract(Y, T)
    slope = np.dot(X.T, np.multiply(error, np.multiply(Y, np.subtract(1, Y))))
    W = np.subtract(W, np.multiply(0.1, slope))
    B = np.subtract(B, 0.1 * np.sum(error * Y * (1 - Y), axis=0))
"""


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        (BY_NAMES_OF_NUMPY, Verdict.PASSED),
        (BY_NAMES_OF_NUMPY.replace("np.subtract(Y, T)", "np.subtract(T, Y)"), Verdict.WRONG),
    ],
    ids=["right", "wrong"],
)
def test_a_step_by_the_names_of_numpy_is_a_step(tmp_path, source, verdict):
    found, _ = outcomes(tmp_path, source)
    assert [o.verdict for o in found] == [verdict], [o.problem or o.note for o in found]


@pytest.mark.parametrize("squash", ["1 / (1 + np.exp(-x))", "np.tanh(x)"])
def test_a_slope_by_the_output_that_is_taken_of_the_input_is_told_as_that(tmp_path, squash):
    slope = "x * (1 - x)" if "exp" in squash else "1 - x ** 2"
    source = f"""
import numpy as np
rng = np.random.default_rng(0)
X, T = rng.normal(size=(6, 3)), rng.uniform(size=(6, 1))
V, W = rng.normal(size=(3, 4)), rng.normal(size=(4, 1))

def act(x, deriv=False):
    return {slope} if deriv else {squash}

for _ in range(30):
    z = X @ V
    a = act(z)
    q = a @ W
    y = act(q)
    d = (T - y) * act(q, deriv=True)
    e = d @ W.T * act(z, deriv=True)
    W += a.T @ d
    V += X.T @ e
"""
    (outcome,), _ = outcomes(tmp_path, source)
    assert outcome.verdict is Verdict.WRONG
    assert "is taken of what goes into it" in outcome.problem


TWICE = """
import numpy as np
rng = np.random.RandomState(4)
X, T = rng.randn(12, 3), rng.randint(0, 2, (12, 2))
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
class Net:
    def __init__(self):
        self.whole = [rng.randn(4, 5), rng.randn(6, 2)]
        self.weights = [w[:-1].copy() for w in self.whole]
    def train(self, X, T, rate):
        for turn in range(50):
            ones = np.ones((len(X), 1))
            hidden = sigmoid(np.hstack([X, ones]) @ self.whole[0])
            out = sigmoid(np.hstack([hidden, ones]) @ self.whole[1])
            loss = 0.5 * np.sum((out - T) ** 2)
            d = (out - T) * out * (1 - out)
            e = d @ self.weights[1].T * hidden * (1 - hidden)
            self.whole[1] -= rate * np.hstack([hidden, ones]).T @ d
            self.whole[0] -= rate * np.hstack([X, ones]).T @ e
            self.weights = [w[:-1].copy() for w in self.whole]
Net().train(X, T, 0.1)
"""


def test_parameters_that_are_kept_twice_accuse_nobody(tmp_path):
    found, report = outcomes(tmp_path, TWICE)
    assert not [o for o in report.outcomes if o.verdict.failed], found[0].problem


SQUASHED = """
import numpy as np
rng = np.random.RandomState(5)
X, labels = rng.randn(30, 4), rng.randint(0, 3, 30)
class Net:
    def __init__(self, l2):
        self.W, self.b, self.l2 = rng.randn(4, 3), np.zeros((1, 3)), l2
    def forward(self, X):
        self.X, self.Z = X, X @ self.W + self.b
        e = np.exp(self.Z - self.Z.max(axis=1, keepdims=True))
        self.A = e / e.sum(axis=1, keepdims=True)
        return self.A
    def loss(self, labels):
        data = -np.mean(np.log(self.A[range(len(labels)), labels]))
        return data + 0.5 * self.l2 * np.sum(self.W ** 2)
    def backward(self, labels, rate):
        T = np.eye(3)[labels]
        d = (self.A - T) / len(T)
        self.W -= rate * (self.X.T @ d + self.l2 * self.W)
        self.b -= rate * d.sum(axis=0, keepdims=True)
net = Net(0.01)
for epoch in range(20):
    net.forward(X)
    print(net.loss(labels))
    net.backward(labels, 0.1)
"""


def test_an_error_taken_before_the_softmax_is_another_loss_than_the_own_one(tmp_path):
    found, _ = outcomes(tmp_path, SQUASHED)
    assert {o.verdict for o in found} == {Verdict.PASSED}
    found, _ = outcomes(tmp_path, SQUASHED.replace("(self.A - T)", "(self.Z - T)"))
    assert {o.verdict for o in found} == {Verdict.WRONG}
    found, _ = outcomes(tmp_path, SQUASHED.replace("(self.A - T)", "(self.A - T) * 2"))
    assert not [o for o in found if o.verdict.failed and "squared error" in o.problem]


def test_a_rate_that_a_schedule_may_change_is_no_parameter(tmp_path):
    source = SHAPES["rows_squared_error"].source
    source = source.replace("for epoch", "rate = 0.5\nfor epoch").replace("-= 0.5 *", "-= rate *")
    found, _ = outcomes(tmp_path, source + "    if epoch % 100 == 99:\n        rate = rate * 0.9\n")
    assert [o.verdict for o in found] == [Verdict.PASSED], found[0].problem


GROWING = """
import numpy as np
rng = np.random.default_rng(1)
X, T = rng.normal(size=(3, 7)), rng.uniform(size=(2, 7))
V, c = rng.normal(size=(4, 3)), np.zeros((4, 1))
W, b = rng.normal(size=(2, 4)), np.zeros((2, 1))
for _ in range(50):
    A = np.tanh(V @ X + c)
    Y = W @ A + b
    D = (Y - T) / 7
    E = W.T @ D * (1 - A ** 2)
    W, V = W - 0.1 * D @ A.T, V - 0.1 * E @ X.T
    b, c = b - 0.1 * D.sum(axis=1, keepdims=True), c - 0.1 * E
"""


def test_a_bias_that_grows_with_its_step_is_wrong_beside_what_is_right(tmp_path):
    (outcome,), _ = outcomes(tmp_path, GROWING)
    assert outcome.verdict is Verdict.WRONG
    assert outcome.problem.startswith("wrong in c; ")
    assert "c has shape (4, 1) before its step and (4, 7) after it" in outcome.problem


def test_a_bias_that_begins_as_one_number_may_become_an_array(tmp_path):
    source = GROWING.replace("np.zeros((4, 1))", "0.0").replace(
        "0.1 * E\n", "0.1 * E.sum(axis=1, keepdims=True)\n"
    )
    (outcome,), _ = outcomes(tmp_path, source)
    assert not outcome.verdict.failed


PIXELS = """
import numpy as np
import pandas as pd

table = np.array(pd.read_csv("train.csv"))
count, width = table.shape
rest = table[1000:].T
labels, pixels = rest[0], rest[1:width]

def start():
    return (np.random.randn(10, 784), np.random.randn(10, 1), np.random.randn(10, 10), np.random.randn(10, 1))

def forwards(W1, b1, W2, b2, x):
    z = W1.dot(x) + b1
    a = np.maximum(z, 0)
    e = np.exp(W2.dot(a) + b2 - np.max(W2.dot(a) + b2, axis=0))
    return z, a, e / np.sum(e, axis=0)

def places(labels):
    found = np.zeros((10, labels.size))
    found[labels, np.arange(labels.size)] = 1
    return found

def backwards(z, a, y, W2, x, labels):
    d = (y - places(labels)) / labels.size
    h = W2.T.dot(d) * (z > 0)
    return h.dot(x.T), h.sum(axis=1).reshape(-1, 1), d.dot(a.T), d.sum(axis=1).reshape(-1, 1)

def train(x, labels, turns, rate):
    W1, b1, W2, b2 = start()
    for turn in range(turns):
        z, a, y = forwards(W1, b1, W2, b2, x)
        dW1, db1, dW2, db2 = backwards(z, a, y, W2, x, labels)
        W1, b1, W2, b2 = W1 - rate * dW1, b1 - rate * db1, W2 - rate * dW2, b2 - rate * db2
    return W1, b1, W2, b2

train(pixels, labels, 50, 0.1)
"""


@pytest.mark.parametrize(
    ("source", "verdict"),
    [(PIXELS, Verdict.PASSED), (PIXELS.replace("* (z > 0)", "* (a < 0)"), Verdict.WRONG)],
    ids=["right", "wrong"],
)
def test_pixels_that_are_not_scaled_and_cut_behind_a_thousand_are_read(tmp_path, source, verdict):
    found, _ = outcomes(tmp_path, source)
    assert [o.verdict for o in found] == [verdict], [o.problem or o.note for o in found]


SPREAD = """
import numpy as np
X = np.loadtxt("inputs.txt")[:15].T
Y = np.loadtxt("targets.txt")[:, :1]
W = np.random.random((X.shape[0], 1))
for _ in range(100):
    y = 1 / (1 + np.exp(-W.T @ X))
    slope = -((Y / y) - (1 - Y) / (1 - y)) * y * (1 - y)
    cost = -np.sum(Y * np.log(y) + (1 - Y) * np.log(1 - y))
    W = W - 0.1 * (slope @ X.T)[:1].T
"""


def test_data_of_ours_that_spread_over_each_other_accuse_nobody(tmp_path):
    found, _ = outcomes(tmp_path, SPREAD)
    assert not [o for o in found if o.verdict.failed]


DEEP = """
import numpy as np
rng = np.random.default_rng({seed})
sizes = [2, 25, 50, 50, 25, 1]
W = [rng.normal(size=(n, m)) * 0.1 for m, n in zip(sizes, sizes[1:])]
b = [rng.normal(size=(n, 1)) * 0.1 for n in sizes[1:]]
X = rng.normal(size=(2, 300)) * 3
T = (X[:1] * X[1:] > 0).astype(float)
for turn in range(20):
    A, Z = [X], []
    for i in range(5):
        Z.append(W[i] @ A[-1] + b[i])
        A.append(np.maximum(Z[-1], 0) if i < 4 else 1 / (1 + np.exp(-Z[-1])))
    cost = -np.mean(T * np.log(A[-1]) + (1 - T) * np.log(1 - A[-1]))
    D = (A[-1] - T) / 300
    steps = []
    for i in reversed(range(5)):
        steps.append((D @ A[i].T, D.sum(axis=1, keepdims=True)))
        D = W[i].T @ D * (Z[i - 1] > 0) if i else D
    for i, (dW, db) in enumerate(reversed(steps)):
        W[i] -= 0.1 * dW
        b[i] -= 0.1 * db
"""


@pytest.mark.parametrize("seed", range(4))
def test_kinks_all_around_tell_no_rate(tmp_path, seed):
    found, _ = outcomes(tmp_path, DEEP.format(seed=seed))
    assert [o.verdict for o in found] == [Verdict.PASSED], found[0].problem


ONE_BY_ONE = """
import numpy as np
rng = np.random.RandomState(7)
X, y = rng.randn(90, 2), rng.randint(0, 2, 90)
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def gradient(X, y, w, b):
    dw, db = np.zeros(len(w)), 0
    for i in range(len(X)):
        error = sigmoid(X[i] @ w + b) - y[i]
        for j in range(len(w)):
            dw[j] = dw[j] + error * X[i, j]
        db = db + error
    return dw / len(X), db / len(X)
def descend(X, y, w, b, rate):
    for i in range(30):
        dw, db = gradient(X, y, w, b)
        w = w - rate * dw
        b = b - rate * db
    return w, b
descend(X, y, np.zeros(2), 0.0, 0.1)
"""


def test_outputs_of_more_samples_than_are_told_accuse_nobody(tmp_path):
    _, report = outcomes(tmp_path, ONE_BY_ONE)
    assert not [o for o in report.outcomes if o.verdict.failed]


ADDED_UP = """
import numpy as np

X = np.random.randn(20, 3)
t = (X[:, :1] > 0).astype(float)
W = np.random.randn(3, 1)
b = np.zeros((1, 1))
dW, db = np.zeros_like(W), np.zeros_like(b)
for step in range(50):
    y = 1 / (1 + np.exp(-(X @ W + b)))
    dW = {kept}dW + X.T @ (y - t) / len(X)
    db = {kept}db + np.mean(y - t, axis=0, keepdims=True)
    W -= 0.5 * dW
    b -= 0.5 * db
"""


@pytest.mark.parametrize(
    "kept, verdict",
    [("", Verdict.WRONG), ("0.9 * ", Verdict.PASSED), ("0 * ", Verdict.PASSED)],
    ids=["all of it", "what momentum keeps", "nothing"],
)
def test_gradients_that_are_never_set_back_are_no_momentum(tmp_path, kept, verdict):
    (found,), _ = outcomes(tmp_path, ADDED_UP.format(kept=kept))
    assert found.verdict is verdict, found.problem
    assert verdict is Verdict.PASSED or "is never set back to 0" in found.problem


BEHIND_ONES = """
import numpy as np

X = np.ones((50, 2))
X[:, 1] = np.random.normal(size=50)
y = (3 * X[:, 1] + np.random.normal(size=50)).reshape(50, 1)
theta = np.zeros((2, 1))
for step in range(100):
    off = X.dot(theta) - y
    bias = theta[0][0] - 0.1 * off.sum() / 50
    weight = theta[1][0] - 0.1 * (off * X[:, 1:]).sum() / 50{more}
    theta[0][0] = bias
    theta[1][0] = weight
"""


@pytest.mark.parametrize("more, verdict", [("", "passed"), (" / 2", "not_judged")])
def test_the_ones_before_a_bias_stay_ones(tmp_path, more, verdict):
    (found,), _ = outcomes(tmp_path, BEHIND_ONES.format(more=more))
    assert found.verdict == verdict, found.problem


OVERWRITTEN_DERIVATIVES = """
import numpy as np

X = np.random.randn(30, 3)
t = np.random.randn(30, 2)
W, b = np.random.randn(3, 2), np.zeros(2)


def update(W, b, dW, db, rate):
    W = W - rate * dW
    {name} = b - rate * db
    return W, b


for step in range(20):
    off = X @ W + b - t
    W, b = update(W, b, X.T @ off / 30, off.mean(axis=0), 0.1)
"""


@pytest.mark.parametrize("name, verdict", [("b", Verdict.PASSED), ("db", Verdict.WRONG)])
def test_a_step_that_is_put_into_the_name_of_the_gradient_changes_nothing(tmp_path, name, verdict):
    (found,), _ = outcomes(tmp_path, OVERWRITTEN_DERIVATIVES.format(name=name))
    assert found.verdict is verdict, found.problem
    assert verdict is Verdict.PASSED or "never changes" in found.problem


BESIDE_ITS_LOSS = """
import numpy as np


def cost_and_gradient(theta, X, y, lam):
    m = y.size
    h = 1 / (1 + np.exp(-(X @ theta)))
    kept = np.r_[0, theta[1:]]
    J = (-y @ np.log(h) - (1 - y) @ np.log(1 - h)) / m + lam / (2 * m) * kept @ kept
    return J, X.T @ (h - y){mean} + lam{times} * kept / m


X = np.c_[np.ones(30), np.random.randn(30, 3)]
y = (X[:, 1] > 0).astype(float)
theta = np.zeros(4)
for _ in range(50):
    J, gradient = cost_and_gradient(theta, X, y, 0.3)
    theta -= 0.5 * gradient
"""


@pytest.mark.parametrize(
    "mean, times, verdict",
    [(" / m", "", Verdict.PASSED), ("", "", Verdict.WRONG), (" / m", " * 2", Verdict.WRONG)],
    ids=["right", "no mean of the data", "twice the penalty"],
)
def test_data_and_penalty_are_weighed_as_in_the_loss_beside_them(tmp_path, mean, times, verdict):
    (found,), _ = outcomes(tmp_path, BESIDE_ITS_LOSS.format(mean=mean, times=times))
    assert found.verdict is verdict, found.problem
    assert verdict is Verdict.PASSED or "weighs the data and the penalty" in found.problem


IN_FIT = """
import numpy as np


class SoftmaxRegression:
    def __init__(self, eta=0.05, epochs=20, l2=0.01, minibatches=1):
        self.eta, self.epochs, self.l2, self.minibatches = eta, epochs, l2, minibatches

    def fit(self, X, y):
        rng = np.random.RandomState()
        self.w_ = rng.normal(scale=0.1, size=(X.shape[1], 3))
        self.b_ = np.zeros(3)
        self.cost_ = []
        T = np.eye(3)[y]
        for epoch in range(self.epochs):
            for idx in np.array_split(rng.permutation(len(y)), self.minibatches):
                error = softmax(X[idx] @ self.w_ + self.b_) - T[idx]
                grad = X[idx].T @ error / len(idx)
                self.w_ -= {step}
                self.b_ -= self.eta * error.mean(axis=0)
            out = softmax(X @ self.w_ + self.b_)
            data = -np.mean(np.sum(T * np.log(out), axis=1))
            self.cost_.append(data + self.l2 * 0.5 * np.sum(self.w_**2))
        return self


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
"""


@pytest.mark.parametrize(
    "step, verdict",
    [
        ("self.eta * (grad + self.l2 * self.w_)", Verdict.PASSED),
        ("self.eta * grad + self.l2 * self.w_", Verdict.WRONG),
    ],
)
def test_a_penalty_is_held_against_a_loss_that_is_worked_out_after_the_step(
    tmp_path, step, verdict
):
    found, _ = outcomes(tmp_path, IN_FIT.format(step=step))
    assert [o.verdict for o in found] == [verdict], found


HINGE = """
import numpy as np

X = np.vstack([np.random.randn(40, 2) + [2, 1], np.random.randn(20, 2) - [1, 2]])
y = np.vstack([np.ones((40, 1)), -np.ones((20, 1))])
w, b = np.random.randn(2, 1) * 0.1, np.zeros((1, 1))
for i in range(60):
    h = np.maximum(0, 1 - y * (X @ w + b))
    J = 0.5 * np.sum(w**2) + np.mean(h)
    on = (h > 0) * y
    w = w - 0.04 * (w - X.T @ on / len(y))
    b = b - 0.03 * {sign}np.sum(on) / len(y)
"""


@pytest.mark.parametrize("sign, verdict", [("-", Verdict.PASSED), ("", Verdict.WRONG)])
def test_a_bias_whose_gradient_does_not_follow_from_it_is_judged(tmp_path, sign, verdict):
    (found,), _ = outcomes(tmp_path, HINGE.format(sign=sign))
    assert found.verdict is verdict, found.problem
    assert verdict is Verdict.PASSED or "b goes up" in found.problem, found.problem


OFFSET = """
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cost_function(theta, X, y, lam):
    m = len(y)
    h = sigmoid(X.dot(theta))
    J = -(1 / m) * (y.dot(np.log(h)) + (1 - y).dot(np.log(1 - h)))
    return J + lam / (2 * m) * np.sum({in_cost} ** 2)


def gradient(theta, X, y, lam):
    grad = X.T.dot(sigmoid(X.dot(theta)) - y) / len(y)
    {in_gradient} += lam / len(y) * {in_gradient_of}
    return grad


def gradient_descent(X, y, alpha=1.0, num_iters=40, lam=1):
    theta, costs = np.zeros(X.shape[1]), []
    for _ in range(num_iters):
        theta = theta - alpha * gradient(theta, X, y, lam)
        costs.append(cost_function(theta, X, y, lam))
    return theta, costs
"""
ALL, BUT_THE_OFFSET = ("grad", "theta"), ("grad[1:]", "theta[1:]")


@pytest.mark.parametrize("in_cost", ["theta", "theta[1:]"])
@pytest.mark.parametrize("parts", [ALL, BUT_THE_OFFSET], ids=["all", "but the offset"])
def test_loss_and_steps_have_a_penalty_on_the_same_entries(tmp_path, in_cost, parts):
    source = OFFSET.format(in_cost=in_cost, in_gradient=parts[0], in_gradient_of=parts[1])
    (found,), _ = outcomes(tmp_path, source)
    same = in_cost == parts[1]
    assert found.verdict is (Verdict.PASSED if same else Verdict.WRONG), found.problem
    assert same or "theta[0]" in found.problem


CHARACTERS = """
import numpy as np

text = "hello yellow fellow"
chars = sorted(set(text))
index = {{ch: i for i, ch in enumerate(chars)}}
H, V, L = 6, len(chars), 5
Wxh, Whh, Why = np.random.randn(H, V) * 0.01, np.random.randn(H, H) * 0.01, np.random.randn(V, H) * 0.01
bh, by = np.zeros((H, 1)), np.zeros((V, 1))


def loss_and_gradients(inputs, targets, hprev):
    xs, hs, ps, loss = {{}}, {{-1: np.copy(hprev)}}, {{}}, 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((V, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(Wxh @ xs[t] + Whh @ hs[t - 1] + bh)
        y = Why @ hs[t] + by
        ps[t] = np.exp(y) / np.sum(np.exp(y))
        loss += -np.log(ps[t][targets[t], 0])
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby, dhnext = np.zeros_like(bh), np.zeros_like(by), np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += dy @ hs[t].T
        dby += dy
        draw = (1 - hs[t] * hs[t]) * (Why.T @ dy + dhnext)
        dbh += draw
        dWxh += draw @ xs[t].T
        dWhh += draw @ hs[t - 1].T
        dhnext = {back} @ draw
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs) - 1]


p, hprev = 0, np.zeros((H, 1))
memory = [np.zeros_like(w) for w in (Wxh, Whh, Why, bh, by)]
for n in range(30):
    if p + L + 1 >= len(text):
        p, hprev = 0, np.zeros((H, 1))
    inputs = [index[ch] for ch in text[p : p + L]]
    targets = [index[ch] for ch in text[p + 1 : p + L + 1]]
    loss, dWxh, dWhh, dWhy, dbh, dby, hprev = loss_and_gradients(inputs, targets, hprev)
    for w, d, m in zip((Wxh, Whh, Why, bh, by), (dWxh, dWhh, dWhy, dbh, dby), memory):
        np.clip(d, -5, 5, out=d)
        m += d * d
        w += -0.1 * d / np.sqrt(m + 1e-8)
    p += L
"""


@pytest.mark.parametrize("back, is_right", [("Whh.T", True), ("Whh", False)])
def test_a_recurrent_net_under_adagrad_hands_its_state_on(tmp_path, back, is_right):
    found, _ = outcomes(tmp_path, CHARACTERS.format(back=back))
    assert {o.verdict is Verdict.PASSED for o in found} == {is_right}, [o.problem for o in found]
