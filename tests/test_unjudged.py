"""What computes gradients and has no verdict is told, with its place and the reason, and is never green."""

import json
from textwrap import dedent

import pytest

from checkgrad.grading import grade as graded
from checkgrad.model import Verdict

SIGMOID = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))
"""

LOOP = (
    SIGMOID
    + """
X = np.array([[0.0, 1.0], [1.0, 0.0]])
T = np.array([[1.0], [0.0]])
W = np.zeros((2, 1))
for step in range(10):
    Y = X @ W > 0.1  # has no slope
    W -= 0.1 * X.T @ (Y - T)
"""
)

# pieces of source beside a right sigmoid that look as if they computed gradients: name, source
PIECES = {
    "Trainer.run": """
class Trainer:
    def run(self, data, rounds):
        for x, y in data:
            self.w -= self.rate * x.T @ (sigmoid(x @ self.w) - y)
""",
    "outer.inner": """
def outer(x):
    def inner(w):
        return x.T @ (x @ w - 1)
    return inner
""",
    "slope": "slope = lambda a: a * (1 - a)\n",
    "calc": """
def calc(a, dz, w):
    return (dz @ w.T) * (a > 0)
""",
    "perceptron": """
def perceptron(rows, w, rate):
    for *x, y in rows:
        miss = y - (sum(a * b for a, b in zip(x, w)) > 0)
        for i in range(len(w)):
            w[i] += rate * miss * x[i]
    return w
""",
    "steps, line 8": """
error = np.ones(3) - np.zeros(3)
moved = np.ones(3) - 0.1 * error.T @ np.ones((3, 3)).T
""",
}

PLAIN = """
import json
import matplotlib.pyplot as plt

def plot_losses(losses):
    plt.plot(losses)
    plt.show()

def load(path):
    with open(path) as file:
        return json.load(file)

def normalise(X):
    X = X - X.mean(axis=0)
    return X / X.std(axis=0)

def batches(X, size):
    for i in range(0, len(X), size):
        yield X[i : i + size]
"""


@pytest.fixture
def told(tmp_path):
    """What is listed as not judged of a source, by name, with the report."""

    def of(source):
        path = tmp_path / "student.py"
        path.write_text(dedent(source))
        report = graded(path)
        return {one.name: one for one in report.not_judged}, report

    return of


def test_a_loop_that_nobody_read_is_listed_with_its_lines_and_a_reason(told):
    found, report = told(LOOP)
    (loop,) = found.values()
    assert (loop.name, loop.place.line, loop.place.end_line) == ("loop, line 10", 10, 12)
    assert "run turn by turn" in loop.reason
    assert not any(o.verdict.failed for o in report.outcomes)


@pytest.mark.parametrize("name", PIECES)
def test_whatever_computes_gradients_and_is_not_recognised_is_listed(told, name):
    found, _ = told(SIGMOID + PIECES[name])
    assert list(found) == [name]


def test_cells_of_a_notebook_are_looked_at_too(tmp_path):
    cells = [SIGMOID, LOOP.removeprefix(SIGMOID)]
    made = [{"cell_type": "code", "source": text} for text in cells]
    path = tmp_path / "student.ipynb"
    path.write_text(json.dumps({"cells": made}))
    (loop,) = graded(path).not_judged
    line = loop.place.line - loop.place.before
    assert (loop.name, loop.place.cell, line) == ("loop, cell 2, line 5", 2, 5)


def test_plain_helpers_and_what_is_judged_are_not_listed(told):
    found, _ = told(SIGMOID + PLAIN)
    assert not found


def test_what_a_judged_function_uses_is_judged_with_it(told):
    found, report = told("""
    import numpy as np
    def _positive(z):
        return 1 / (1 + np.exp(-z))
    def sigmoid(z):
        return _positive(z)
    """)
    assert not found and report.outcomes[0].verdict is Verdict.PASSED


def test_a_run_says_what_was_not_judged_before_what_is_right(grade):
    result = grade(LOOP)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        ["*7 right, 1 not judged", "not judged loop, line 9*", "right      sigmoid"]
    )


def test_strict_fails_where_anything_is_not_judged(grade):
    assert grade(LOOP, "--checkgrad-strict").ret == pytest.ExitCode.TESTS_FAILED
    assert grade(SIGMOID, "--checkgrad-strict").ret == pytest.ExitCode.OK


def test_an_assignment_can_be_strict(pytester, grade):
    pytester.makefile(".toml", week="strict = true")
    result = grade(LOOP, "--checkgrad-assignment", "week.toml")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


UNCALLABLE = """
import engine_that_is_not_here

def softmax(z):
    return engine_that_is_not_here.softmax(z)
"""


def test_what_cannot_be_called_is_skipped_with_its_reason(grade):
    result = grade(SIGMOID + UNCALLABLE, "-rs")
    assert result.ret == pytest.ExitCode.OK
    assert result.parseoutcomes()["skipped"] > 3
    result.stdout.fnmatch_lines(["SKIPPED*student.py:*softmax could not be called*"])


def test_a_submission_of_which_nothing_could_be_judged_fails(grade):
    result = grade(UNCALLABLE)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*nothing here could be judged*"])


DESCENT = (
    SIGMOID
    + """
X = np.random.default_rng(1).normal(size=(6, 2))
T = np.array([[1.0], [0.0], [1.0], [1.0], [0.0], [0.0]])
W = np.zeros((2, 1))
for step in range(10):
    Y = sigmoid(X @ W)
    {}
    W -= 0.1 * X.T @ (Y - T) / 6
"""
)


def test_a_loss_that_a_right_loop_does_not_go_down_is_named(told):
    found, report = told(DESCENT.format("J = np.sum(-T * np.log(Y) + (1 - T) * np.log(1 - Y)) / 6"))
    assert [o.verdict for o in report.outcomes if o.function.startswith("loop")][-1] == "passed"
    assert list(found) == ["loss, line 12"]
    assert not told(DESCENT.format("pass"))[0]


def test_objects_of_a_kind_of_its_own_are_told_once(told):
    found, report = told("""
    import numpy as np
    class Tensor:
        def __init__(self, data):
            self.data = data
        def exp(self):
            return Tensor(np.exp(self.data))
    def sigmoid(x):
        return 1 / (1 + (-x).exp())
    def softmax(x):
        return x.exp() / x.exp().sum()
    def relu(x):
        return Tensor(np.maximum(x.data, 0))
    """)
    assert {
        one.reason for name, one in found.items() if name in ("sigmoid", "softmax", "relu")
    } == {"takes or gives objects of a kind of its own, tensors or nodes, not arrays of NumPy"}
    assert not any(o.verdict.failed for o in report.outcomes if o.function != "submission")


@pytest.mark.parametrize("kept", ["model", "None"])
def test_what_goes_on_with_an_object_that_is_not_known_is_not_judged(told, kept):
    """Called without its model it comes to the end of its own work; labels of another kind stop before."""
    found, report = told(f"""
    import numpy as np
    def softmax(z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    class CrossEntropyLoss:
        def __init__(self, model=None):
            self.model = {kept}
        def forward(self, logits, labels):
            self.p, self.labels = softmax(logits), labels
            return -np.mean(np.log(self.p[np.arange(len(labels)), labels]))
        def backward(self):
            g = self.p.copy()
            g[np.arange(len(g)), self.labels] -= 1
            self.model.backward(g / len(g))
            return g / len(g)
    """)
    assert "of which it calls `backward`" in found["CrossEntropyLoss.backward"].reason
    assert not any(o.verdict.failed for o in report.outcomes)


def checks(report, function):
    return {o.check: o.verdict for o in report.outcomes if o.function == function}


def test_a_question_that_no_call_gave_an_answer_to_is_left_out(told):
    _, report = told(SIGMOID + "\ndef sigmoid_derivative(z):\n    return sigmoid(z) @ undefined\n")
    found = checks(report, "sigmoid_derivative")
    assert {"exists", "matches_the_formula"} <= set(found)
    assert not {"leaves_its_inputs_alone", "gives_the_same_answer_twice"} & set(found)
    assert not {Verdict.PASSED, Verdict.ADVICE} & set(found.values())


def test_a_question_that_does_not_apply_is_left_out(told):
    _, report = told("""
    import numpy as np
    class Logistic:
        def __init__(self, inputs):
            self.W, self.b = np.zeros((inputs, 1)), np.zeros(1)
        def forward(self, x):
            return 1 / (1 + np.exp(-(x @ self.W + self.b)))
        def loss(self, x, t):
            y = self.forward(x)
            return -np.mean(t * np.log(y) + (1 - t) * np.log(1 - y))
        def backward(self, x, t):
            dz = (self.forward(x) - t) / len(x)
            return x.T @ dz, dz.sum(axis=0)
    """)
    found = checks(report, "Logistic")
    assert found["gradients"] is Verdict.PASSED and "learns_xor" not in found


PARTS = """
import numpy as np
def sigmoid(z): return 1 / (1 + np.exp(-z))
def sigmoid_derivative(z): return sigmoid(z) * (1 + sigmoid(z))
def affine_forward(x, w, b): return x @ w + b
def affine_backward(dout, x, w): return dout @ w.T, x.T @ dout, dout.sum(axis=0)
def sigmoid_binary_cross_entropy(z, t):
    y = sigmoid(z)
    return -np.mean(t * np.log(y) + (1 - t) * np.log(1 - y))
def sigmoid_binary_cross_entropy_gradient(z, t): return (sigmoid(z) - t) / len(z)
"""


def test_what_is_put_together_of_pieces_is_a_consequence_of_them_and_never_wrong(told):
    _, report = told(PARTS)
    assert Verdict.WRONG in checks(report, "sigmoid_derivative").values()
    assert set(checks(report, "the pieces").values()) == {Verdict.NOT_JUDGED}
    (why,) = {o.problem for o in report.outcomes if o.function == "the pieces"}
    assert why == "not right together: a consequence of sigmoid_derivative"


def test_a_loss_that_reads_the_number_of_samples_of_its_module_is_not_judged(tmp_path):
    source = (
        "import numpy as np\nn = 5\n\ndef mse(y, t):\n    return (1 / n) * np.sum((y - t) ** 2)\n"
    )
    (tmp_path / "student.py").write_text(source)
    report = graded(tmp_path / "student.py")
    assert not [o for o in report.outcomes if o.verdict.failed]
    (told,) = [one for one in report.not_judged if one.name == "mse"]
    assert "reads n of its module" in told.reason


TRAINED = """
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def {name}(y, y_hat):
    return {loss}
def train(X, y, epochs, rate):
    w, b = np.zeros(X.shape[1]), 0.0
    for epoch in range(epochs):
        y_hat = sigmoid(X @ w + b)
        w = w - rate * X.T @ (y_hat - y) / len(X)
        b = b - rate * np.mean(y_hat - y)
        print({name}(y, sigmoid(X @ w + b)))
    return w, b
X = np.random.randn(12, 2)
train(X, (X[:, 0] > 0).astype(float), 5, 0.1)
"""
MEANT = "np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))"


@pytest.mark.parametrize(
    ("name", "loss", "wrong"),
    [("loss", MEANT, True), ("loss", f"-{MEANT}", False), ("log_likelihood", MEANT, False)],
)
def test_a_loss_is_judged_as_the_one_that_a_right_training_goes_down(told, name, loss, wrong):
    """Its name leaves open which it is; a likelihood is no loss."""
    found, report = told(TRAINED.format(name=name, loss=loss))
    failed = {o.function for o in report.outcomes if o.verdict.failed}
    assert failed == ({name} if wrong else set())
    assert name not in found


FACTORY = """
import numpy as np
rng = np.random.default_rng(3)
def dense(n, m):
    P = {{"k": rng.normal(0, 0.4, (m, n)), "o": np.zeros(m)}}
    def run(x):
        def back(up):
            return up @ P["k"], {{"k": {k}, "o": up.sum(0)}}
        return x @ P["k"].T + P["o"], back
    return P, run
A, fa = dense(2, 4)
B, fb = dense(4, 1)
pts = rng.normal(size=(5, 2))
goal = pts[:, :1] * pts[:, 1:]
for step in range(100):
    u, ba = fa(pts)
    v = np.tanh(u)
    w, bb = fb(v)
    up, gB = bb(2 * (w - goal) / len(goal))
    _, gA = ba(up * (1 - v * v))
    for P, g in ((A, gA), (B, gB)):
        for name in P:
            P[name] -= 0.1 * g[name]
"""


@pytest.mark.parametrize(("k", "right"), [("up.T @ x", True), ("up.T @ np.tanh(x)", False)])
def test_what_makes_layers_of_sizes_is_no_layer(told, k, right):
    """Its closures are judged by the loop that runs through them, under whatever names the module keeps them."""
    found, report = told(FACTORY.format(k=k))
    failed = {o.function for o in report.outcomes if o.verdict.failed}
    assert not found and failed == (set() if right else {"loop, line 15"})


IDLE = {
    "a product entry by entry": """
a, b, M = np.arange(5.0), np.arange(5.0), np.ones((3, 5))
dot = 0
for i in range(len(a)):
    dot += a[i] * b[i]
rows = np.zeros(M.shape[0])
for i in range(M.shape[0]):
    for j in range(len(a)):
        rows[i] += M[i, j] * a[j]
""",
    "patches of an image that nobody takes": """
def patches(img, k):
    out = np.zeros((k, k))
    for i in range(k):
        for j in range(k):
            out += img[i : i + k, j : j + k] * k
    return out
""",
}


@pytest.mark.parametrize("name", IDLE)
def test_a_loop_that_neither_looks_like_a_training_nor_is_one_is_not_listed(told, name):
    found, report = told(SIGMOID + IDLE[name])
    assert not found
    assert all(o.verdict is Verdict.PASSED for o in report.outcomes)


ONE_AT_A_TIME = """
import numpy as np

class Network:
    def __init__(self):
        self.w, self.b = np.random.randn(2, 3), np.random.randn(2, 1)

    def train(self, rows, rate):
        total = [np.zeros((2, 3)), np.zeros((2, 1))]
        for row in rows:
            total = [t + g for t, g in zip(total, self.gradients(row))]
        self.w = self.w - rate / len(rows) * total[0]
        self.b = self.b - rate / len(rows) * total[1]

    def gradients(self, row):
        a = np.tanh(self.w @ row.pixels() + self.b)
        d = Network.quadratic_cost_derivative(row.label(), a) * (1 - a ** 2)
        return d @ row.pixels().T, d

    @staticmethod
    def quadratic_cost(targets, outputs):
        total = 0
        for t, y in zip(targets, outputs):
            total += np.linalg.norm(t - y) ** 2
        return 1 / (2 * len(targets)) * total

    @staticmethod
    def quadratic_cost_derivative(target, output):
        return output - target
"""


def test_a_gradient_that_its_own_class_takes_up_may_be_averaged_there(told):
    _, report = told(ONE_AT_A_TIME)
    assert not [o for o in report.outcomes if o.verdict.failed]
    alone = ONE_AT_A_TIME.replace("Network.quadratic_cost_derivative(row.label(), a)", "1")
    _, report = told(alone)
    assert [o.function for o in report.outcomes if o.verdict.failed] == [
        "Network.quadratic_cost_derivative"
    ]


BY_NAME = """
import numpy as np

class Loss:
    def __init__(self, name):
        self.of = {"mse": self.__mse}[name]
        self.slope = {"mse": self.__mse_derivative}[name]
    def __mse(self, y, y_hat):
        return np.power(y_hat - y, 2).mean()
    def __mse_derivative(self, y, y_hat, batch_size):
        return (y_hat - y) / batch_size
"""
ENCODINGS = """
import numpy as np

def to_categorical(labels):
    classes = np.unique(labels)
    return np.array([np.where(classes == c)[0][0] for c in labels]), classes

def one_hot_vector(labels):
    rows = []
    for label in labels:
        row = [0 for i in range(len(set(labels)))]
        row[label] = {one}
        rows.append(row)
    return np.array(rows)

numbers, classes = to_categorical(np.array([2, 0, 1, 1]))
rows = one_hot_vector(numbers)
"""


def test_what_a_class_hands_on_under_a_private_name_may_be_weighed_where_it_is_taken_up(told):
    _, report = told(BY_NAME)
    assert not [o for o in report.outcomes if o.verdict.failed]


@pytest.mark.parametrize(("one", "failed"), [("1", set()), ("label", {"one_hot_vector"})])
def test_what_numbers_labels_is_no_one_hot_and_what_counts_them_needs_them_all(told, one, failed):
    _, report = told(ENCODINGS.format(one=one))
    assert {o.function for o in report.outcomes if o.verdict.failed} == failed


FLAT = """
import numpy as np

def softmax(logits):
    e = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    return (e / np.sum(e, axis=1, keepdims=True){power}).ravel()

W = np.ones((3, 4))
print(np.random.choice(4, p=softmax(np.arange(3.0).reshape(1, -1) @ W)))
"""


@pytest.mark.parametrize(("power", "failed"), [("", set()), (" ** 2", {"softmax"})])
def test_what_only_lays_its_right_numbers_in_a_row_is_not_accused(told, power, failed):
    found, report = told(SIGMOID + FLAT.format(power=power))
    assert {o.function for o in report.outcomes if o.verdict.failed} == failed
    assert bool(failed) or "softmax" in found
