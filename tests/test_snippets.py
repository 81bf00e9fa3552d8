"""The code that a report offers shows what the report says, with NumPy alone."""

import json
import subprocess
import sys

import numpy as np
import pytest

from checkgrad.grading import grade
from checkgrad.render.snippet import snippet

SUBMISSION = """
import numpy as np


class Sigmoid:
    def forward(self, z):
        self.y = 1 / (1 + np.exp(-z))
        return self.y

    def backward(self, dout):
        return dout * self.y


class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.zeros((n_in, n_out))
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.mean(axis=0) + 1
        return dout @ self.W.T


def cross_entropy_derivative(t, y):
    return t / y / len(y)


def softmax_jacobian(z):
    y = np.exp(z) / np.exp(z).sum()
    return np.diag(y) + np.outer(y, y)


def tanh(z):
    return np.sinh(z)
"""
RUN = """
import json, sys
found = {}
for name, code in json.load(sys.stdin).items():
    names = {}
    exec(code, names)
    plain = lambda v: [a.tolist() for a in v] if isinstance(v, list) else v.tolist()
    found[name] = plain(names["got"])
print("~" + json.dumps(found))
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    path = tmp_path_factory.mktemp("submission") / "layers.py"
    path.write_text(SUBMISSION)
    report = grade(path)
    wrong = [o for o in report.outcomes if o.check == "matches_the_formula" and o.verdict.failed]
    return path, {o.function: o for o in wrong}


def test_every_style_has_its_snippet_that_gives_what_the_report_says(outcomes):
    path, wrong = outcomes
    assert set(wrong) == {"Sigmoid.backward", "Dense.backward", "cross_entropy_derivative",
                          "softmax_jacobian", "tanh"}  # fmt: skip
    code = {name: snippet(path.name, outcome) for name, outcome in wrong.items()}
    assert all("checkgrad" not in text and "import numpy" in text for text in code.values())
    done = subprocess.run([sys.executable, "-c", RUN], input=json.dumps(code), text=True,
                          capture_output=True, check=True, cwd=path.parent)  # fmt: skip
    got = json.loads(done.stdout.rpartition("~")[2])
    for name, outcome in wrong.items():
        shown = outcome.example.got
        pairs = (
            zip(got[name], shown, strict=True) if name.startswith("Dense") else [(got[name], shown)]
        )
        assert all(np.allclose(a, b, rtol=1e-12) for a, b in pairs), name


def test_the_students_own_lines_stand_beside_what_is_wrong(outcomes):
    path, wrong = outcomes
    for name, outcome in wrong.items():
        line, *_ = outcome.source.text.splitlines()
        assert line.startswith(f"def {name.rpartition('.')[2]}(")
        assert path.read_text().splitlines()[outcome.source.line - 1].strip() == line


def test_what_is_wrong_is_worked_out_by_hand(outcomes):
    for outcome in outcomes[1].values():
        assert outcome.example.worked
