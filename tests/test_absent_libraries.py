"""Code for libraries that are not here: classes built on theirs, functions of their tensors."""

import pytest

from checkgrad.grading import grade
from checkgrad.model import Verdict

FUNCTIONS = """
import numpy as np
from autodiff_kit import Function


class Sigmoid(Function):
    def forward(self, x):
        return 1 / (1 + np.exp(-x))

    def backward(self, gy):
        y = self.outputs[0]
        return gy * y * (1 - y)


class Tanh(Function):
    def forward(self, x):
        return np.tanh(x)

    def backward(self, gy):
        y = self.outputs[0]
        return gy * (1 - {square})


def sigmoid(x):
    return Sigmoid()(x)
"""
LAYERS = """
import numpy as np
import course.core as core


class ReLU(core.Layer):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return np.maximum(x, 0)

    def backward(self, dy):
        (x,) = self.inputs
        return dy * (x {sign} 0)


def relu(x):
    return ReLU()(x)
"""
TENSORS = """
import torch


def softmax(x):
    e = x.exp()
    return e / e.sum(dim={dim}, keepdim=True)


def relu(x):
    return x.clamp_min(0.0)


def cross_entropy(y, t):
    return -(t * y.log()).sum(dim=1).mean()
"""
SOURCES = {
    "what forward gave": (FUNCTIONS, {"square": "y * y"}, {"square": "y"}, "tanh_derivative"),
    "what forward was given": (LAYERS, {"sign": ">"}, {"sign": "<"}, "relu_derivative"),
    "tensors": (TENSORS, {"dim": "1"}, {"dim": "0"}, "softmax"),
}


def verdicts(tmp_path, source):
    file = tmp_path / "student.py"
    file.write_text(source)
    return {
        (o.exercise, o.check): o.verdict
        for o in grade(file).outcomes
        if o.check == "matches_the_formula"
    }


@pytest.mark.parametrize(("source", "right", "wrong", "part"), SOURCES.values(), ids=list(SOURCES))
def test_it_is_judged_as_the_library_would_run_it(tmp_path, source, right, wrong, part):
    found = verdicts(tmp_path, source.format(**right))
    assert len(found) > 1 and set(found.values()) == {Verdict.PASSED}
    found = verdicts(tmp_path, source.format(**wrong) + AXES)
    assert found.pop((part, "matches_the_formula")) is Verdict.WRONG
    assert set(found.values()) == {Verdict.PASSED}


AXES = """

def accuracy(y, t):
    return (y.argmax(axis=1) == t.argmax(axis=1)).mean()
"""

UNKNOWN = {
    "a call of what is kept": ("self.outputs[0]", "self.outputs[0]()"),
    "what nobody knows of": ("self.outputs[0]", "self.saved[0]"),
}


@pytest.mark.parametrize(("old", "new"), UNKNOWN.values(), ids=list(UNKNOWN))
def test_what_the_library_alone_knows_is_not_judged(tmp_path, old, new):
    found = verdicts(tmp_path, FUNCTIONS.format(square="y * y").replace(old, new))
    slopes = {verdict for (name, _), verdict in found.items() if name.endswith("derivative")}
    assert slopes == {Verdict.NOT_JUDGED}
    assert found["sigmoid", "matches_the_formula"] is Verdict.PASSED


def test_arrays_have_no_methods_of_tensors(tmp_path):
    source = TENSORS.format(dim=1).replace("import torch", "import numpy as np")
    assert Verdict.PASSED not in verdicts(tmp_path, source).values()
