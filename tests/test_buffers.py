"""What optimisers remember beside the parameters is taken for no gradient and no parameter; steps are judged through it."""

import pytest

from checkgrad.grading import grade
from checkgrad.model import Verdict

PARAMETERS = ("W1", "b1", "W2", "b2")
NETWORK = """
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1, self.b1 = np.random.randn(n_in, n_hidden) * 0.5, np.zeros((1, n_hidden))
        self.W2, self.b2 = np.random.randn(n_hidden, n_out) * 0.5, np.zeros((1, n_out))
{made}
    def forward(self, X):
        self.A1 = np.tanh(X @ self.W1 + self.b1)
        return sigmoid(self.A1 @ self.W2 + self.b2)

    def {head}:
        dZ2 = (self.forward(X) - y) / len(X)
        dZ1 = dZ2 @ self.W2.T * (1 - self.A1 ** 2)
        gW2, gb2 = self.A1.T @ dZ2, dZ2.sum(axis=0, keepdims=True)
        gW1, gb1 = X.T @ dZ1, dZ1.sum(axis=0, keepdims=True)
{steps}
"""


def source(head, made, steps):
    """The network with a line for each parameter, P, where its buffers are made and where a step is taken."""
    indent = "        "
    each = [
        "".join(indent + line.replace("P", p) + "\n" for p in PARAMETERS for line in lines)
        for lines in (made, steps)
    ]
    return NETWORK.format(head=head, made=each[0], steps=each[1])


STEPS = {
    "momentum": source(
        "train(self, X, y, lr=0.1, mu=0.9)",
        ["self.v_P = np.zeros_like(self.P)"],
        ["self.v_P = mu * self.v_P - lr * gP", "self.P += self.v_P"],
    ),
    "average": source(
        "fit_batch(self, X, y, lr=0.1, beta=0.9)",
        ["self.VdP = np.zeros_like(self.P)"],
        ["self.VdP = beta * self.VdP + (1 - beta) * gP", "self.P -= lr * self.VdP"],
    ),
    "adagrad": source(
        "train(self, X, y, lr=0.1)",
        ["self.cache_P = np.zeros_like(self.P)"],
        ["self.cache_P += gP ** 2", "self.P -= lr * gP / (np.sqrt(self.cache_P) + 1e-8)"],
    ),
    "beside gradients": source(
        "backward(self, X, y)",
        ["self.dP = np.zeros_like(self.P)", "self.velocity_P = np.zeros_like(self.P)"],
        ["self.dP = gP", "self.velocity_P = 0.9 * self.velocity_P + self.dP"],
    ),
    "running means": source(
        "train(self, X, y, lr=0.1)",
        ["self.mean_P = np.ones_like(self.P)"],
        ["self.mean_P = 0.99 * self.mean_P + 0.01 * gP", "self.P -= lr * gP"],
    ),
}


@pytest.mark.parametrize("text", STEPS.values(), ids=list(STEPS))
def test_buffers_are_neither_gradients_nor_parameters(tmp_path, text):
    file = tmp_path / "student.py"
    file.write_text(text)
    report = grade(file)
    (right,) = [o for o in report.outcomes if (o.exercise, o.check) == ("MLP", "gradients")]
    assert right.verdict is Verdict.PASSED
    assert not [o for o in report.outcomes if o.verdict.failed]
    file.write_text(text.replace("(1 - self.A1 ** 2)", "(1 - self.A1)"))
    (wrong,) = [o for o in grade(file).outcomes if (o.exercise, o.check) == ("MLP", "gradients")]
    assert wrong.verdict is Verdict.WRONG and "partly_right" in wrong.corroboration
    told = wrong.problem.partition(";")[0]
    assert "W1" in told and "b1" in told and "W2" not in told
