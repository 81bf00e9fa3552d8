"""Several mistakes at once: each is found at its line, also where one hides the other."""

import pytest

from checkgrad.diagnose.surgery import of_networks
from checkgrad.diagnose.surgery.courses import operate
from checkgrad.diagnose.surgery.procedure import Procedure
from checkgrad.grading import Grader, grade
from operated import Operated
from test_surgery import LINES, NETWORK

DZ2, DW2, DB2, DA1, DZ1, DW1, DB1 = (
    next(text for text in LINES if text.startswith(name + " = "))
    for name in ("dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1")
)

SEVERAL = {
    "one behind the other": {DZ2: "dZ2 = self.forward(X) - T", DZ1: "dZ1 = dA1"},
    "beside each other": {DW2: "dW2 = self.A1.T @ dZ2 * len(X)", DB2: "db2 = dZ2.mean(axis=0)"},
    "in two layers": {DB2: "db2 = dZ2.sum()", DW1: "dW1 = X.T @ dA1"},
    "three": {
        DB2: "db2 = dZ2.mean(axis=0)",
        DZ1: "dZ1 = dA1 * (1 + self.A1 ** 2)",
        DB1: "db1 = dZ1.mean(axis=0)",
    },
    "four": {
        DZ2: "dZ2 = (T - self.forward(X)) / len(X)",
        DB2: "db2 = dZ2.mean(axis=0)",
        DZ1: "dZ1 = dA1 * (1 + self.A1 ** 2)",
        DB1: "db1 = dZ1.mean(axis=0)",
    },
}


def repairs(folder, source):
    path = folder / "hw.py"
    path.write_text(source)
    return [r for o in grade(path).outcomes for r in o.repairs]


@pytest.mark.parametrize("name", SEVERAL)
def test_each_of_several_mistakes_is_found_at_its_line(tmp_path, name):
    source = NETWORK
    for right, wrong in SEVERAL[name].items():
        source = source.replace(right, wrong)
    found = {r.place.line for r in repairs(tmp_path, source)}
    assert found == {LINES[right] for right in SEVERAL[name]}


def test_two_mistakes_in_one_statement_are_both_told(tmp_path):
    wrong = "return X.T @ dA1, dZ1.mean(axis=0), dW2, db2"
    source = NETWORK.replace("return dW1, db1, dW2, db2", wrong)
    found = repairs(tmp_path, source)
    assert sorted(r.text for r in found) == ["dA1", "dZ1.mean"]
    assert {r.place.line for r in found} == {LINES["return dW1, db1, dW2, db2"]}


HIDDEN = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1, self.b1 = np.random.randn(n_in, n_hidden), np.zeros(n_hidden)
        self.W2, self.b2 = np.random.randn(n_hidden, n_out), np.zeros(n_out)

    def forward(self, x):
        self.h = np.tanh(x @ self.W1 + self.b1)
        return softmax(self.h @ self.W2 + self.b2)

    def loss(self, x, labels):
        p = self.forward(x)
        return -np.mean(np.log(p[np.arange(len(x)), labels]))

    def gradients(self, x, labels):
        d = self.forward(x).copy()
        d[np.arange(len(x)), labels] -= 1
        d = d / len(x)
        back = d @ self.W2.T * (1 - self.h ** 2)
        return x.T @ back, back.sum(0), self.h.T @ d, d.sum(0)
"""


def operated(right, wrong, folder):
    """The procedure for what is wrong in a network, by what is known of the right one."""
    path = folder / "hw.py"
    path.write_text(right)
    with Grader(path) as grader:
        (reading,) = grader.read.networks.values()
        patient = of_networks.patient(reading)
    procedure = Procedure(Operated(wrong), patient)
    operate(procedure)
    return procedure


def lines_of(procedure):
    return [o.at.lineno if o.at else procedure.runs.nodes[o.root].line for o in procedure.kept]


def test_what_hides_another_mistake_is_found_with_it(tmp_path):
    """Neither mends anything alone."""
    wrong = HIDDEN.replace("labels] -= 1", "labels] -= 2").replace("d / len(x)", "d / x.shape[1]")
    procedure = operated(HIDDEN, wrong, tmp_path)
    assert procedure.is_complete
    source = HIDDEN.split("\n")
    lines = [source[i - 1].strip() for i in lines_of(procedure)]
    assert lines == ["d[np.arange(len(x)), labels] -= 1", "d = d / len(x)"]
    assert all(o.due is None or o.due.family == "N" for o in procedure.kept)


def test_what_is_not_needed_in_the_end_is_not_told(tmp_path):
    """A product that is none stops the run; what only takes the error out of the way goes again."""
    procedure = operated(HIDDEN, HIDDEN.replace("x.T @ back", "(x.T) * (back)"), tmp_path)
    (found,) = procedure.kept
    assert found.new == "(x.T) @ (back)"
