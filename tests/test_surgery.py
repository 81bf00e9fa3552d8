"""Repairs: which expression is wrong, what is due there, and that no claim fails on fresh data."""

import json
import textwrap

import numpy as np
import pytest

from checkgrad import assignment
from checkgrad.child.request import call
from checkgrad.diagnose.surgery import repairs
from checkgrad.diagnose.surgery.patient import Patient, Truth
from checkgrad.grading import grade
from checkgrad.render import summary, terminal
from checkgrad.render.html import render
from mutants import mutants
from operated import Operated

NETWORK = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_in, n_hidden)
        self.b1 = np.zeros(n_hidden)
        self.W2 = np.random.randn(n_hidden, n_out)
        self.b2 = np.zeros(n_out)

    def forward(self, X):
        self.Z1 = X @ self.W1 + self.b1
        self.A1 = np.tanh(self.Z1)
        return softmax(self.A1 @ self.W2 + self.b2)

    def loss(self, X, T):
        return -np.sum(T * np.log(self.forward(X))) / len(X)

    def backward(self, X, T):
        dZ2 = (self.forward(X) - T) / len(X)
        dW2 = self.A1.T @ dZ2
        db2 = dZ2.sum(axis=0)
        dA1 = dZ2 @ self.W2.T
        dZ1 = dA1 * (1 - self.A1 ** 2)
        dW1 = X.T @ dZ1
        db1 = dZ1.sum(axis=0)
        return dW1, db1, dW2, db2
"""
LINES = {text.strip(): i for i, text in enumerate(NETWORK.split("\n"), 1)}

# what stands there, what is put in its place; the line; what stands in the sentence of the repair
MISTAKES = {
    "slope at the pre-activation": (
        "dZ1 = dA1 * (1 - self.A1 ** 2)",
        "dZ1 = dA1 * (1 - self.Z1 ** 2)",
        "self.A1",
    ),
    "no slope": (
        "dZ1 = dA1 * (1 - self.A1 ** 2)",
        "dZ1 = dA1",
        "dA1 * (1 - self.A1 ** 2)",
    ),
    "a mean": ("db2 = dZ2.sum(axis=0)", "db2 = dZ2.mean(axis=0)", "dZ2.sum"),
    "the other axis": ("db1 = dZ1.sum(axis=0)", "db1 = dZ1.sum(axis=1)", "axis=0"),
    "another name": ("dW1 = X.T @ dZ1", "dW1 = X.T @ dA1", "dZ1"),
    "another operator": (
        "dZ1 = dA1 * (1 - self.A1 ** 2)",
        "dZ1 = dA1 * (1 + self.A1 ** 2)",
        "1 - self.A1",
    ),
    "stops": ("dA1 = dZ2 @ self.W2.T", "dA1 = dZ2 @ self.W2", "self.W2.T"),
}


def graded(folder, source, **options):
    path = folder / "hw.py"
    path.write_text(source)
    return grade(path, **options)


def repaired(report):
    return [(outcome, repair) for outcome in report.outcomes for repair in outcome.repairs]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_network_is_found_at_its_line(tmp_path, name):
    right, wrong, said = MISTAKES[name]
    report = graded(tmp_path, NETWORK.replace(right, wrong))
    (_, repair), *_ = repaired(report)
    assert repair.place.line == LINES[right]
    assert repair.verified == 3
    assert said in repair.words
    assert repair.text in wrong
    assert f"{repair.before}{repair.text}{repair.after}".strip().endswith(wrong)


def test_two_mistakes_are_told_one_by_one_the_nearest_to_the_loss_first(tmp_path):
    source = NETWORK
    for name in ("a mean", "slope at the pre-activation"):
        right, wrong, _ = MISTAKES[name]
        source = source.replace(right, wrong)
    found = [repair.place.line for _, repair in repaired(graded(tmp_path, source))]
    assert found == [LINES[MISTAKES[n][0]] for n in ("a mean", "slope at the pre-activation")]


def test_right_code_has_no_repairs(tmp_path):
    assert not repaired(graded(tmp_path, NETWORK))


def test_the_report_shows_the_place_first_and_the_repair_folded(tmp_path):
    right, wrong, _ = MISTAKES["slope at the pre-activation"]
    report = graded(tmp_path, NETWORK.replace(right, wrong))
    text, page = terminal.render(report), render(report)
    assert f"  line {LINES[right]}: self.Z1" in text
    assert "<mark>self.Z1</mark> ** 2)" in page
    before, _, after = page.partition("<summary>The repair</summary>")
    assert "self.A1</code>" not in before
    assert "is due" in after


def test_what_hints_withhold_stays_withheld(tmp_path):
    right, wrong, _ = MISTAKES["no slope"]
    report = graded(tmp_path, NETWORK.replace(right, wrong))
    (outcome, repair), *_ = repaired(report)
    assert not summary.withheld(outcome, ["hints"]).repairs
    (shown,) = summary.withheld(outcome, ["examples"]).repairs
    assert repair.got is not None
    assert shown.got is None
    assert shown.expected is None


def test_in_a_notebook_cell_and_line_are_told(tmp_path):
    cells = [["import numpy as np\n"], ["def sigmoid(z):\n", "    return 1 / (1 + np.exp(z))\n"]]
    notebook = {"cells": [{"cell_type": "code", "source": cell} for cell in cells]}
    path = tmp_path / "hw.ipynb"
    for indent in (None, 1):  # on one line, and as notebooks are saved, where each line has its own
        path.write_text(json.dumps(notebook, indent=indent))
        (_, repair), *_ = repaired(grade(path))
        place = repair.place
        assert (place.cell, place.line - place.before) == (2, 2)
    assert "np.exp(z)" in path.read_text().split("\n")[place.line - 1]
    assert repair.words.startswith("cell 2, line 2: ")


def test_files_of_a_folder_are_told_by_name(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "curves.py").write_text(
        "import numpy as np\n\n\ndef sigmoid(z):\n    return 1 / (1 + np.exp(z))\n"
    )
    (tmp_path / "sub" / "main.py").write_text("from curves import sigmoid\n")
    (_, repair), *_ = repaired(grade(tmp_path / "sub"))
    assert (repair.place.file, repair.place.line) == ("curves.py", 5)


def test_the_same_submission_has_the_same_repairs(tmp_path):
    right, wrong, _ = MISTAKES["the other axis"]
    one, other = (graded(tmp_path, NETWORK.replace(right, wrong)) for _ in range(2))
    assert repaired(one)[0][1] == repaired(other)[0][1]


def test_an_assignment_changes_no_repair(tmp_path):
    right, wrong, _ = MISTAKES["the other axis"]
    asked = assignment.Assignment(exercises={"MLP": assignment.ExerciseRules()})
    free = graded(tmp_path, NETWORK.replace(right, wrong))
    assert repaired(free) and [r for _, r in repaired(free)] == [
        r for _, r in repaired(graded(tmp_path, NETWORK.replace(right, wrong), assignment=asked))
    ]


# ---------------------------------------------------------------- any one mistake, in this process

FUNCTIONS = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def slope(z):
    y = sigmoid(z)
    return y * (1 - y)

def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)

def gradient(z, t):
    y = softmax(z)
    d = y - t
    return d / len(z)

def back(x, w, z, d):
    dz = d * slope(z)
    dw = np.dot(x.T, dz)
    db = np.sum(dz, axis=0)
    dx = np.dot(dz, w.T)
    return dx, dw, db
"""


def expected(x, w, z, d):
    y = 1 / (1 + np.exp(-z))
    dz = d * y * (1 - y)
    due = (dz @ w.T, x.T @ dz, dz.sum(axis=0))
    return due, {"z": [z], "y": [y], "slope": [y * (1 - y)], "dz": [dz], "w": [w], "x": [x]}


def patient():
    def truth(seed, n, i, o):
        rng = np.random.default_rng(seed)
        x, w, z, d = (rng.normal(size=s) for s in ((n, i), (i, o), (n, o), (n, o)))
        due, quantities = expected(x, w, z, d)
        names, bounds = ["dx", "dw", "db"], [1e-12] * 3
        return Truth((x, w, z, d), names, due, bounds, quantities, {"N": float(n)})

    def answers(ask, probes):
        found = ask([call("back", *probe) for probe in probes])
        return [list(b.value) if b.returned and isinstance(b.value, tuple) else None for b in found]

    return Patient(answers, [truth(1, 4, 3, 2), truth(2, 5, 2, 3), truth(3, 3, 5, 4)])


def back_of(source, probe):
    space = {}
    exec(compile(source, "mutant", "exec"), space)
    with np.errstate(all="ignore"):
        return space["back"](*(a.copy() for a in probe))


def is_right(source):
    one = patient()
    try:
        found = [back_of(source, t.probe) for t in one.truths]
    except Exception:
        return False
    return all(len(t.right(list(f))) == 3 for f, t in zip(found, one.truths, strict=True))


MUTANTS = [m for m in mutants(textwrap.dedent(FUNCTIONS)) if not is_right(m.source)]
WRONG = [m for m in MUTANTS if "def back" in m.source and m.line not in range(11, 20)]


@pytest.fixture(scope="module")
def claims():
    """Every wrong mutant of `back` and of what it uses, with its repairs."""
    return [(m, repairs(Operated(m.source), patient(), {})) for m in WRONG]


def test_most_mistakes_have_a_repair_at_their_line(claims):
    assert len(claims) >= 25
    at_the_line = [m for m, found in claims if any(r.place.line == m.line for r in found)]
    assert len(at_the_line) >= 0.85 * len(claims)


def test_no_claim_fails_on_fresh_data(claims):
    """A repair in the student's own names, written into the source, makes all of it right."""
    written = 0
    for mutant, found in claims:
        if len(found) != 1 or found[0].due.count("`") or not _is_code(found[0]):
            continue
        lines = mutant.source.split("\n")
        place = found[0].place
        line = lines[place.line - 1]
        new = line[: place.column] + f"({found[0].due})" + line[place.end_column :]
        lines[place.line - 1] = new
        assert is_right("\n".join(lines)), (mutant.what, found[0].words)
        written += 1
    assert written >= 15


def _is_code(repair):
    if repair.place.line != repair.place.end_line or " is due" not in repair.words:
        return False
    try:
        compile(repair.due, "repair", "eval")
    except SyntaxError:
        return False
    return True
