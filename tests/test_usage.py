"""What a module's own work shows: calls with their arguments, constructors, whether a request calls as it does."""

import numpy as np
import pytest

from checkgrad.child.request import Request, Result, Step, call
from checkgrad.grading import Grader
from checkgrad.judging import Question
from checkgrad.networks.script import HIDDEN, IN, OUT, REST, SIZES, SIZES_TUPLE
from checkgrad.networks.usage import Usage
from checkgrad.reading.signature import Fill
from checkgrad.sandbox import Worker

MODULE = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)

def loss(y, labels):
    return -np.sum(np.log(y[labels, np.arange(y.shape[1])]))

def scale(x, by=2.0):
    return x * by

class Net:
    def __init__(self, n_in, n_out, name="net"):
        self.W = np.random.randn(n_out, n_in)
        self.seen = None

    def forward(self, X):
        self.seen = X
        return softmax(self.W @ X)

    def step(self, X, labels, rate):
        y = self.forward(X)
        y[labels, np.arange(y.shape[1])] -= 1
        self.W -= rate * y @ X.T
"""
SCRIPT = """
if __name__ == "__main__":
    X = np.random.randn(4, 9)
    labels = np.arange(9) % 3
    net = Net(4, 3)
    for epoch in range(1000):
        print(loss(net.forward(X), labels))
        net.step(X, labels, 0.1)
"""


@pytest.fixture
def used(tmp_path):
    """The usage of a module."""
    workers = []

    def begin(source):
        (tmp_path / "student.py").write_text(source)
        workers.append(Worker(tmp_path / "student.py"))
        return Usage(workers[-1].ask, workers[-1].inventory.work)

    yield begin
    for worker in workers:
        worker.close()


def test_calls_are_told_with_what_they_are_given_and_give(used):
    usage = used(MODULE + SCRIPT)
    made, first = usage.of("Net")[0], usage.of("Net.step")[0]
    assert [(n, w.value) for n, w in made.arguments[1:]] == [
        ("n_in", 4),
        ("n_out", 3),
        ("name", "net"),
    ]
    assert made.changed == ("W", "seen")
    assert [(w.kind, w.shape, w.character) for _, w in first.arguments[1:3]] == [
        ("array", (4, 9), "any"),
        ("array", (9,), "labels"),
    ]
    assert first.changed == ("W",)  # what it saw is the same array as before
    inside = next(c for c in usage.calls if c.caller == first.number)
    assert inside.function == "Net.forward"
    assert usage.of("softmax")[0].result.character == "probabilities in columns"
    assert usage.samples == {9}


def test_the_same_array_has_the_same_number(used):
    usage = used(MODULE + SCRIPT)
    given = usage.of("loss")[0].arguments[0][1]
    assert given.token == usage.of("Net.forward")[0].result.token >= 0


@pytest.mark.parametrize(
    ("request_", "due"),
    [
        (call("softmax", np.ones((3, 7)) * [[-1.0], [0.0], [2.0]]), True),
        (call("softmax", np.ones((7, 3)) * [-1.0, 0.0, 2.0]), False),
        (call("softmax", np.array([1.0, -2.0])), False),
        (call("loss", np.full((3, 7), 1 / 3), np.arange(7) % 3), True),
        (call("loss", np.full((7, 3), 1 / 3), np.arange(7) % 3), False),
        (call("loss", np.full((3, 7), 1 / 3), np.eye(3)[:, np.arange(7) % 3]), False),
        (call("scale", np.ones((7, 3))), None),
        (
            Request("Net", (Step("call", (".Net",), args=(5, 3)), Step("call", (".forward",), of=0, args=(-np.ones((5, 7)),))), Result(1)),
            True,
        ),
        (
            Request("Net", (Step("call", (".Net",), args=(5, 3)), Step("call", (".forward",), of=0, args=(-np.ones((7, 5)),))), Result(1)),
            False,
        ),
    ],
    ids=["columns", "rows", "a vector", "integers", "rows beside integers", "one-hot", "not called", "a method", "a method in rows"],
)  # fmt: skip
def test_a_request_is_shown_or_not(used, request_, due):
    assert used(MODULE + SCRIPT).shows(request_, 7) is due


CONSTRUCTORS = {
    "a list": ("sizes, seed=1", "[4, 6, 3], seed=4", [(SIZES, Fill(4))], "sizes"),
    "a tuple": ("sizes", "(4, 6, 3)", [(SIZES_TUPLE,)], "sizes"),
    "single sizes": ("a, b, c", "4, 6, 3", [("size0", "size1", "size2")], "(a, b, c)"),
    "named sizes": (
        "n_hidden, n_in, n_out",
        "6, 4, 3",
        [("size1", "size0", "size2")],
        "(n_in, n_hidden, n_out)",
    ),
    "ends and a list": ("i, o, between", "4, 3, [6, 5]", [(IN, OUT, HIDDEN)], "[i, *between, o]"),
    "inputs and a list": ("d, after", "4, [6, 3]", [(IN, REST)], "[d, *after]"),
    "an activation by name and a flag": (
        "sizes, act, quiet",
        "[4, 6, 3], 'tanh', True",
        [(SIZES, Fill("tanh"), Fill(True))],
        "sizes",
    ),
    "a function of the module": (
        "sizes, act",
        "[4, 6, 3], helper",
        [(SIZES, "@helper")],
        "sizes",
    ),
    "several networks": (
        "sizes, act='relu'",
        "[4, 6, 3])\nother = Net([4, 5, 2], 'tanh'",
        [(SIZES,), (SIZES, Fill("tanh"))],
        "sizes",
    ),
}


@pytest.mark.parametrize(
    ("parameters", "given", "plans", "sizes"), CONSTRUCTORS.values(), ids=CONSTRUCTORS
)
def test_a_constructor_is_called_as_the_module_calls_it(used, parameters, given, plans, sizes):
    usage = used(
        f"""
import numpy as np
def helper(z):
    return z
class Net:
    def __init__(self, {parameters}):
        sizes = {sizes}
        self.W = [np.random.randn(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
net = Net({given})
print(net.W)
"""
    )
    maker = next(d for d in inventory(usage) if d.name == "Net")
    assert list(usage.plans(maker)) == plans


def inventory(usage):
    return usage.ask.__self__.inventory.definitions


def test_a_module_without_work_of_its_own_is_not_run(used):
    usage = used(MODULE)
    assert usage.work == () and usage.calls == () and usage.runs == ()
    assert usage.shows(call("softmax", np.ones((3, 7))), 7) is None


def test_work_is_known_from_the_text(used):
    assert used(MODULE + SCRIPT).work == ("student.py",)


WRONG_SLOPE = """
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def sigmoid_derivative(z):
    return sigmoid(z) * (2 - sigmoid(z))
"""


@pytest.mark.parametrize(
    ("work", "due"),
    [
        ("", False),
        ("Z = np.random.randn(5, 3)\nA = sigmoid(Z)\nprint(sigmoid_derivative(Z))\n", True),
        ("Z = np.random.randn(5, 3)\nA = sigmoid(Z)\nprint(sigmoid_derivative(A))\n", False),
    ],
    ids=["not at all", "given the logits", "given the activation"],
)
def test_a_failure_says_whether_the_module_itself_calls_it_so(tmp_path, work, due):
    path = tmp_path / "student.py"
    path.write_text(WRONG_SLOPE + work)
    with Grader(path) as grader:
        asked = Question("sigmoid_derivative", "sigmoid_derivative", "matches_the_formula")
        found = grader.ask(asked).outcome
    assert ("used_so" in found.corroboration) is due


def test_data_in_a_constructor_are_data(used):
    usage = used(
        "import numpy as np\nclass Net:\n    def __init__(self, x, y):\n        self.w = np.ones((x.shape[1], 1))\n"
        "net = Net(np.random.randn(5, 3), np.ones((5, 1)))\nprint(net.w)\n"
    )
    maker = next(d for d in inventory(usage) if d.name == "Net")
    assert list(usage.plans(maker)) == [("x", "t")]


NETWORK = """
import numpy as np
import pandas as pd

class Net:
    def __init__(self, conf, act, quiet):
        if act not in ("tanh", "logistic") or quiet is not True:
            raise ValueError(act)
        self.act = act
        self.Ws = [np.random.randn(a, b) * 0.5 for a, b in zip(conf[:-1], conf[1:])]
        self.bs = [np.zeros((1, b)) for b in conf[1:]]

    def forward(self, X):
        self.As = [X]
        for i, (W, b) in enumerate(zip(self.Ws, self.bs)):
            z = self.As[-1] @ W + b
            e = np.exp(z - z.max(axis=1, keepdims=True))
            last = i == len(self.Ws) - 1
            self.As.append(e / e.sum(axis=1, keepdims=True) if last else np.tanh(z))
        return self.As[-1]

    def loss(self, X, y):
        return -np.sum(y * np.log(self.forward(X))) / len(X)

    def backward(self, X, y):
        d = (self.forward(X) - y) / len(X)
        dW, db = [], []
        for i in reversed(range(len(self.Ws))):
            dW.insert(0, self.As[i].T @ d)
            db.insert(0, d.sum(axis=0, keepdims=True))
            d = d @ self.Ws[i].T * (1 - self.As[i] ** 2)
        return dW, db
"""
WORK = """
data = pd.read_csv("flowers.csv").values
X, y = data[:, :4], np.eye(3)[data[:, 4].astype(int)]
net = Net([4, 8, 3], "tanh", True)
for i in range(500):
    dW, db = net.backward(X, y)
    for W, g in zip(net.Ws, dW):
        W -= 0.1 * g
"""


def test_a_network_is_made_as_the_module_makes_it(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(NETWORK + WORK)
    with Grader(path) as grader:
        part = grader.ask(Question("MLP", "Net", "gradients"))
    assert part.outcome.verdict == "passed"
    assert part.reading.read_by == "usage"
    assert "stand-ins for pandas.read_csv" in part.reading.note


def test_without_its_own_work_nobody_knows_how_it_is_made(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(NETWORK)
    with Grader(path) as grader:
        part = grader.ask(Question("MLP", "Net", "gradients"))
    assert part.outcome.verdict == "not_judged"


WITH_SETTINGS = """
import numpy as np

class Net:
    def __init__(self, n_in, n_hid, n_out):
        self.W1, self.b1 = np.random.randn(n_in, n_hid), np.zeros(n_hid)
        self.W2, self.b2 = np.random.randn(n_hid, n_out), np.zeros(n_out)

    def forward(self, X, how, warm):
        if how != "deep" or not warm:
            raise ValueError(how)
        self.X = X
        self.A1 = np.tanh(X @ self.W1 + self.b1)
        z = self.A1 @ self.W2 + self.b2
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.Y = e / e.sum(axis=1, keepdims=True)
        return self.Y

    def backward(self, t, zeta):
        d = (self.Y - t) / len(t) * (zeta / 0.25)
        dW2, db2 = self.A1.T @ d, d.sum(axis=0)
        d = d @ self.W2.T * (1 - self.A1**2)
        return self.X.T @ d, d.sum(axis=0), dW2, db2

X, t = np.random.randn(20, 4), np.eye(3)[np.arange(20) % 3]
net = Net(4, 8, 3)
for i in range(100):
    net.forward(X, "deep", True)
    for p, d in zip((net.W1, net.b1, net.W2, net.b2), net.backward(t, 0.25)):
        p -= 0.1 * d
"""


def test_settings_whose_names_say_nothing_are_those_of_the_module(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(WITH_SETTINGS)
    with Grader(path) as grader:
        assert grader.ask(Question("MLP", "Net", "gradients")).outcome.verdict == "passed"


def test_work_without_a_loop_stops_in_time(used):
    usage = used(
        "def f(x):\n    return x + 1\nif __name__ == '__main__':\n    x = [f(i) for i in range(10**9)]\n"
    )
    (run,) = usage.runs
    assert run.stopped == "time"
    assert len(usage.of("f")) == 8


def test_a_loop_that_fills_a_table_goes_to_its_end_and_one_that_trains_does_not(used):
    usage = used(
        "import numpy as np\ndef f(t):\n    return t\nt, labels = np.zeros((40, 3)), np.arange(40) % 3\n"
        "for i in range(40):\n    t[i, labels[i]] = 1\nfor epoch in range(40):\n    f(t)\n    print(epoch)\n"
    )
    assert [len(turns) for turns in usage.runs[0].loops.values()] == [40, 12]
    assert usage.of("f")[0].arguments[0][1].character == "one-hot"
    assert usage.samples == {40}
