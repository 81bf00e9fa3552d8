"""A file that something beside it uses: what trains it there says how it is meant, and is seen to be right or wrong."""

from __future__ import annotations

import pytest

from checkgrad.grading.assembly import assemble
from checkgrad.grading.grader import Grader
from checkgrad.model import Verdict
from checkgrad.sandbox import around
from checkgrad.sandbox.stage import remove, stage

LAYERS = """
import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.3
        self.b = np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, g, rate):
        below = g @ self.W.T
        self.W -= rate * self.x.T @ g
        self.b -= rate * g.sum(axis=0, keepdims=True)
        return below


class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, g, rate):
        return g * (1 - self.y**2)


class Swish:
    def forward(self, x):
        self.s = 1 / (1 + np.exp(-x))
        return x * self.s

    def backward(self, g, rate):
        return g * self.s
"""

NETWORK = """
import numpy as np


class Network:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def fit(self, X, Y, epochs, rate):
        for epoch in range(epochs):
            for x, y in zip(X, Y):
                o = self.predict(x[None])
                g = 2 * (o - y) / y.size
                for layer in reversed(self.layers):
                    g = layer.backward(g, rate)
"""

MAIN = """
import numpy as np
import pandas as pd
from nn.layers import Dense, Tanh
from nn.network import Network

table = pd.read_csv("digits.csv")
X = table.iloc[:, 1:].values / 255
Y = np.eye(10)[table.iloc[:, 0].values]
net = Network()
net.add(Dense(36, 8))
net.add(Tanh())
net.add(Dense(8, 10))
net.fit(X, Y, 10, 0.1)
"""

FILES = {"nn/layers.py": LAYERS, "nn/network.py": NETWORK, "main.py": MAIN}


def written(folder, **changes):
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


def graded(path):
    with Grader(path, neighbours=True) as grader:
        parts = [grader.ask(question) for question in grader.questions]
        return assemble(grader.header(), parts, grader.assignment)


def verdicts(report):
    asked = [o for o in report.outcomes if (o.exercise, o.check) == ("MLP", "gradients")]
    return [o for o in asked if o.verdict is not Verdict.NOT_JUDGED]


@pytest.mark.parametrize("name", FILES)
def test_each_file_of_a_network_is_read_by_what_trains_it(tmp_path, name):
    found = verdicts(graded(written(tmp_path) / name))
    assert [o.verdict for o in found] == [Verdict.PASSED], [o.problem for o in found]
    assert "squared error" in found[0].note


@pytest.mark.parametrize("name", FILES)
def test_a_mistake_in_a_layer_is_found_in_the_training(tmp_path, name):
    layers = written(tmp_path) / "nn" / "layers.py"
    layers.write_text(LAYERS.replace("* (1 - self.y**2)", ""))
    found = verdicts(graded(tmp_path / name))
    if name != "nn/layers.py":  # there the training is the work of others
        assert [o.verdict for o in found] == [Verdict.WRONG]
        assert "layers[0].W" in found[0].problem
    assert not [o for o in found if o.verdict is Verdict.PASSED]


def test_what_the_training_does_not_go_through_is_not_covered_by_it(tmp_path):
    report = graded(written(tmp_path) / "nn" / "layers.py")
    names = [one.name for one in report.not_judged]
    assert "Swish.backward" in names
    assert "Dense.backward" not in names


def test_what_only_uses_a_file_is_not_judged_with_it(tmp_path):
    written(tmp_path)
    (tmp_path / "main.py").write_text(MAIN.replace("net.fit", "x = 1 / 0\nnet.fit"))
    report = graded(tmp_path / "nn" / "network.py")
    assert not [o for o in report.outcomes if o.verdict.failed]
    assert not [one for one in report.not_judged if one.place.file == "main.py"]


def test_what_uses_a_file_is_staged_with_it(tmp_path):
    staged = stage(written(tmp_path) / "nn" / "layers.py", neighbours=True)
    try:
        names = {p.relative_to(staged.folder).as_posix() for p in staged.folder.rglob("*.py")}
        assert names == {"main.py", "nn/layers.py", "nn/network.py"}
        assert [path.rpartition("/")[2] for path in staged.users] == ["main.py"]
        assert len(staged.targets) == 1
    finally:
        remove(staged.folder)


def test_alone_a_file_has_no_users(tmp_path):
    staged = stage(written(tmp_path) / "nn" / "layers.py")
    try:
        assert staged.users == ()
        assert [p.name for p in staged.folder.rglob("*.py")] == ["layers.py"]
    finally:
        remove(staged.folder)


def test_two_files_of_one_name_are_told_apart(tmp_path):
    inner = tmp_path / "app"
    inner.mkdir()
    (inner / "model.py").write_text(
        "import numpy as np\ndef relu(z):\n    return np.maximum(z, 0)\n"
    )
    (inner / "main.py").write_text("from app.model import relu\nprint(relu(1.0))\n")
    (tmp_path / "main.py").write_text("from app.model import relu\nprint(relu(2.0))\n")
    with Grader(inner / "model.py", neighbours=True) as grader:
        assert len(set(grader.read.inventory.work)) == 2


def test_no_more_files_than_a_few_hundred_are_looked_at(tmp_path, monkeypatch):
    for i in range(8):
        folder = tmp_path / f"part{i}"
        folder.mkdir()
        for k in range(50):
            (folder / f"m{k}.py").write_text("x = 1\n")
    seen = []
    monkeypatch.setattr(around, "imports_of", lambda path: seen.append(path) or set())
    (tmp_path / "hw.py").write_text("y = 1\n")
    assert around.FoldersAround(tmp_path / "hw.py", b"y = 1\n").users == ()
    assert len(seen) == around.MOST_IN_ALL


OPTIMISER = """
import numpy as np


class SGD:
    def __init__(self, parameters, lr=0.01):
        self.parameters, self.lr = parameters, lr

    def step(self):
        for one in self.parameters:
            one.content -= self.lr * one.grad
"""

BOXES = """
import numpy as np
from optimiser import SGD


class Box:
    def __init__(self, content):
        self.content, self.grad = content, np.ones_like(content)


descent = SGD([Box(np.ones((2, 3))), Box(np.zeros(3))], lr=0.1)
descent.step()
"""


def test_objects_that_lack_what_the_module_has_in_its_own_accuse_nobody(tmp_path):
    (tmp_path / "optimiser.py").write_text(OPTIMISER)
    (tmp_path / "main.py").write_text(BOXES)
    report = graded(tmp_path / "optimiser.py")
    failed = [o for o in report.outcomes if o.verdict.failed]
    assert not [o for o in failed if o.exercise != "submission"]


NET = """
import numpy as np
class Net:
    def __init__(self):
        self.W = 0.1 * np.random.randn(3, 3)
    def forward(self, X):
        self.y = []
        for x in X:
            self.y.append(np.tanh(self.W @ x))
    def backward(self, X, T, rate=0.1):
        dW = np.zeros_like(self.W)
        for i in range(len(X) - 1, -1, -1):
            d = (self.y[i] - T[i]) * (1 - self.y[i] ** 2)
            dW += np.outer(d, X[i])
        self.W -= rate * dW
"""
LONG_WAY = """
import numpy as np
from net import Net
X, T = np.zeros((2000, 3)), np.zeros((2000, 3))
for i in range(2000):
    for j in range(3):
        X[i, j], T[i, j] = np.random.rand(2)
net = Net()
for k in range(0, 2000, 5):
    net.forward(X[k : k + 5])
    net.backward(X[k : k + 5], T[k : k + 5])
"""


def test_what_the_way_to_a_loop_fills_is_whole_however_long_the_way_is(tmp_path):
    """Making the data takes thousands of turns, which are cut short; those of the forward pass are not."""
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "train.py").write_text(LONG_WAY)
    report = graded(tmp_path / "net.py")
    assert not [o.problem for o in report.outcomes if o.verdict.failed]
