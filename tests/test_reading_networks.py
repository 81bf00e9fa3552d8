"""Networks are read as one pure function, whatever the shape they are written in."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from checkgrad.asking.network import gradients
from checkgrad.asking.truth import StudentNetwork
from checkgrad.exercise import Failed
from checkgrad.exercises import ALL, mlp
from checkgrad.model import Verdict
from checkgrad.networks.candidates import network_candidates, read_networks
from checkgrad.networks.own_loss import beside
from checkgrad.reading import candidates, read
from checkgrad.sandbox import Worker
from network_shapes import AROUND, SHAPES, SHELLS

MODELS = Path(__file__).parent.parent / "reference_models"


def worker(tmp_path, source):
    path = tmp_path / "student.py"
    path.write_text(source)
    return Worker(path, neighbours=True)


def only_reading(w):
    """The one network of a submission."""
    (candidate,) = network_candidates(w.inventory)
    return read_networks([candidate], w.ask)[candidate]


PIECES = """
import numpy as np
def affine_forward(x, w, b):
    return x @ w + b
def affine_backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
def relu(z):
    return np.maximum(z, 0)
def relu_derivative(z):
    return (z > 0) * 1.0
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
def cross_entropy(y, t):
    return -np.sum(t * np.log(y))
def softmax_cross_entropy_gradient(z, t):
    return softmax(z) - t
"""


def of_pieces(w):
    """The network that is assembled of the pieces."""
    (candidate,) = network_candidates(w.inventory)
    assert candidate.function == "the pieces"
    readings = read(candidates(w.inventory, ALL), w.ask)
    return read_networks([candidate], w.ask, readings=readings)[candidate]


@pytest.mark.parametrize(
    "right, wrong, blocks",
    [
        ("", "", ""),
        ("return (z > 0) * 1.0", "return np.maximum(z, 0)", "dW1 db1 dW2 db2"),
        ("dout.sum(axis=0)", "dout.mean(axis=0)", "db1 db2 db3"),
        ("x.T @ dout", "x.T @ dout / len(x) ** 2", "dW1 dW2 dW3"),
    ],
)
def test_network_of_pieces_has_the_mistakes_of_the_pieces(tmp_path, right, wrong, blocks):
    with worker(tmp_path, PIECES.replace(right, wrong)) as w:
        reading = of_pieces(w)
        assert (reading.hidden, reading.output) == ("relu", "softmax_cross_entropy")
        assert reading.right_forward
        assert wrong_blocks(reading, w.ask, (5, 11, 4, 3)) == blocks


def test_container_is_filled_with_layers():
    with Worker(MODELS / "npnn_layers.py") as w:
        reading = only_reading(w)
        assert reading.candidate.function == "Sequential"
        assert reading.outputs == {"binary", "two_class", "multi_class"}
        assert wrong_blocks(reading, w.ask, (5, 11, 4, 1)) == ""
        assert wrong_blocks(reading, w.ask, (5, 11, 4, 3)) == ""


@pytest.mark.parametrize(
    "model", ["numpy_mlp", "column_network", "relu_classifier", "softmax_regression"]
)
def test_reference_model_is_read_with_right_gradients(model):
    with Worker(MODELS / f"{model}.py") as w:
        reading = only_reading(w)
        sizes = reading.sizes or (5, 11, 4, 3)
        assert reading.right_forward
        assert wrong_blocks(reading, w.ask, sizes) == ""


def test_forgotten_slope_in_classic_mistakes_shows_in_all_blocks_but_the_last():
    with Worker(MODELS / "classic_mistakes.py") as w:
        assert wrong_blocks(only_reading(w), w.ask, (5, 11, 4, 1)) == "dW1 db1 dW2 db2"


def test_logistic_regression_of_one_vector_is_no_network(tmp_path):
    source = """
def hypothesis(theta, X):
    return 1 / (1 + np.exp(-X @ theta))
def gradient(theta, X, y):
    return X.T @ (hypothesis(theta, X) - y) / len(y)
"""
    with worker(tmp_path, "import numpy as np" + source) as w:
        assert network_candidates(w.inventory) == ()


@pytest.mark.parametrize("head", ["", "def softmax(z):\n    return z\n"])
def test_no_network_is_seen_where_there_is_none(tmp_path, head):
    source = head + PIECES.partition("def relu(z)")[0]
    with worker(tmp_path, source) as w:
        assert network_candidates(w.inventory) == ()


CORE = inspect.getsource(mlp).partition("@dataclass(frozen=True)\nclass NetworkExercise")[0]
KINDS = [("leaky_relu", "softmax_cross_entropy", 3), ("sigmoid", "sigmoid_mse", 3)]
KINDS += [("tanh", "sigmoid_binary_cross_entropy", 1)]


@pytest.mark.parametrize(
    "number, mistake", list(enumerate(mlp.MISTAKES)), ids=lambda m: getattr(m, "name", "")
)
def test_no_mistake_is_taken_for_a_convention(tmp_path, number, mistake):
    shell = list(SHELLS)[number % 4]
    hidden, output, c = KINDS[number % (2 if shell == "labels" else 3)]
    sizes = (5, 11, c) if shell == "attributes" else (5, 11, 4, c)
    (tmp_path / "core.py").write_text(
        CORE.replace("from checkgrad.exercise import DerivationStep, Misconception, words", "")
    )
    around = AROUND.format(hidden=hidden, output=output, setting=mistake.setting)
    with worker(tmp_path, around + SHELLS[shell]) as w:
        reading = only_reading(w)
        kind = reading.kind | {"output": reading.output}
        assert (kind["hidden"], kind["output"], kind["lam"]) == (hidden, output, 0.01)
        probe = mlp.draw(np.random.default_rng(5), sizes, 7)
        switches = mlp.Switches(**mistake.setting)
        try:
            due = mlp.network(*probe, **kind, switches=switches).gradients
        except ValueError:  # it does not even fit these shapes
            with pytest.raises(Failed):
                reading.network(w.ask)(*probe)
            return
        got = reading.network(w.ask)(*probe).gradients
        for mine, theirs in zip(got, due, strict=True):
            assert all(np.allclose(g, d) for g, d in zip(mine, theirs, strict=True))


ELU = ("np.tanh(self.inputs[-1] @ w + b)", "elu(self.inputs[-1] @ w + b)")
ELU_SLOPE = ("* (1 - a ** 2)", "* np.where(a > 0, 1, a + 1)")
ELU_FUNCTION = "def elu(z):\n    return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)\n"


def test_unknown_hidden_units_leave_the_network_to_its_own_loss(tmp_path):
    shape = SHAPES["lists"]
    source = shape.head + ELU_FUNCTION + shape.source.replace(*ELU).replace(*ELU_SLOPE)
    with worker(tmp_path, source) as w:
        reading = only_reading(w)
        assert (reading.hidden, reading.output, reading.right_forward) == ("unknown",) * 2 + (
            False,
        )
        assert reading.accepts(mlp.draw(np.random.default_rng(0), (5, 11, 4, 3), 7))


def test_wrong_outputs_beside_a_right_loss_do_not_hide_a_task(tmp_path):
    source = (MODELS / "numpy_mlp.py").read_text()
    wrong = source.replace("e / np.sum(e, axis=-1, keepdims=True)", "e / np.sum(e)")
    assert wrong != source
    with worker(tmp_path, wrong) as w:
        reading = only_reading(w)
        assert reading.outputs == {"binary", "two_class", "multi_class"}
        probe = mlp.draw(np.random.default_rng(3), (5, 11, 4, 3), 7)
        got = reading.network(w.ask)(*probe).gradients[-1][1]
        assert not np.allclose(got, mlp.network(*probe, **reading.kind).gradients[-1][1])


def wrong_blocks(reading, ask, sizes, n=7):
    """Names of the gradients that are not those of the reference network of the kind that was read."""
    probe = mlp.draw(np.random.default_rng(3), sizes, n)
    got = reading.network(ask)(*probe)
    due = mlp.network(*probe, **reading.kind)
    assert np.allclose(got.y, due.y) if reading.right_forward else True
    return " ".join(
        f"d{name}{i}"
        for i, (mine, right) in enumerate(zip(got.gradients, due.gradients, strict=True), 1)
        for name, g, d in zip("Wb", mine, right, strict=True)
        if np.shape(g) != d.shape or not np.allclose(g, d, rtol=1e-6, atol=1e-9)
    )


@pytest.mark.parametrize("name", SHAPES)
def test_right_network_is_read_with_right_gradients(tmp_path, name):
    shape = SHAPES[name]
    with worker(tmp_path, shape.head + shape.source) as w:
        reading = only_reading(w)
        assert not isinstance(reading, str), reading
        assert (reading.hidden, reading.output, reading.reduction) == shape.kind
        assert reading.right_forward
        assert reading.fits(shape.sizes)
        assert wrong_blocks(reading, w.ask, shape.sizes) == ""
        assert beside(reading, w.ask) is None
        if reading.accepts(mlp.draw(np.random.default_rng(3), shape.sizes, 1)):
            assert wrong_blocks(reading, w.ask, shape.sizes, n=1) == ""


@pytest.mark.parametrize("name", SHAPES)
def test_mistake_is_not_absorbed_by_the_reading(tmp_path, name):
    shape = SHAPES[name]
    assert shape.mistake[0] in shape.source
    with worker(tmp_path, shape.head + shape.source.replace(*shape.mistake)) as w:
        reading = only_reading(w)
        assert not isinstance(reading, str), reading
        assert (reading.hidden, reading.output, reading.reduction) == shape.kind
        assert wrong_blocks(reading, w.ask, shape.sizes) == shape.wrong


LOSS = "-np.sum(t * np.log(self.forward(x))) / len(x)"
BACK = "dws.insert(0, a.T @ delta)"


def finding_on_gradients(tmp_path, *changed):
    """What the gradients of a right network come to with something replaced in it."""
    shape = SHAPES["lists"]
    source = shape.head + shape.source
    for old, new in changed:
        assert old in source
        source = source.replace(old, new)
    with worker(tmp_path, source) as w:
        return gradients(StudentNetwork(only_reading(w), w.ask, pictures=False))


@pytest.mark.parametrize(
    "loss, said",
    [
        (LOSS.replace("-", "-3 * "), "loss gives 3 times that: "),
        (LOSS.replace("-", ""), "loss gives -1 times that: "),
        (LOSS.replace("log", "log2"), "loss gives 1.443 times that: "),
        ("np.mean(np.abs(self.forward(x) - t))", "loss gives 0."),
        ("np.nan * x.sum()", "loss gives nan where"),
    ],
)
def test_a_wrong_loss_beside_right_gradients_is_advice_with_the_numbers(tmp_path, loss, said):
    found = finding_on_gradients(tmp_path, (LOSS, loss))
    assert found.verdict is Verdict.ADVICE
    right_for = "the gradients are right for the cross-entropy, averaged over samples, but your "
    assert found.problem.startswith(right_for + said)
    assert found.problem.endswith(": one of the two is not what was meant")


@pytest.mark.parametrize(
    "loss",
    [
        LOSS.replace("self.forward(x)", "self.forward(x) + 1e-3"),
        LOSS.replace("self.forward(x)", "np.clip(self.forward(x), 1e-3, 1)"),
        "np.mean(self.forward(x).argmax(axis=1) != t.argmax(axis=1)) * 100",
    ],
)
def test_what_is_no_other_loss_is_not_told(tmp_path, loss):
    found = finding_on_gradients(tmp_path, (LOSS, loss))
    assert (found.verdict, found.problem) == (Verdict.PASSED, "")


ONE_OUTPUT = """
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1, self.b1 = np.random.randn(n_in, n_hidden), np.zeros(n_hidden)
        self.W2, self.b2 = np.random.randn(n_hidden, n_out), np.zeros(n_out)
    def forward(self, X):
        self.a = np.tanh(X @ self.W1 + self.b1)
        return sigmoid(self.a @ self.W2 + self.b2)
    def loss(self, X, y):
        p = self.forward(X)
        return {loss}
    def backward(self, X, y):
        p = self.forward(X)
        delta = {delta}
        dh = delta @ self.W2.T * (1 - self.a ** 2)
        return X.T @ dh, dh.sum(0), self.a.T @ delta, delta.sum(0)
"""
BINARY = "-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))"


@pytest.mark.parametrize(
    "loss, delta, verdict",
    [
        (BINARY, "(p - y) / len(X)", Verdict.PASSED),
        (BINARY, "p - y", Verdict.ADVICE),
        ("np.sum((p - y) ** 2)", "(p - y) * p * (1 - p)", Verdict.PASSED),
        ("4 * np.sum((p - y) ** 2)", "(p - y) * p * (1 - p)", Verdict.ADVICE),
    ],
)
def test_what_differs_by_a_usual_factor_passes(tmp_path, loss, delta, verdict):
    source = SHAPES["lists"].head + ONE_OUTPUT.format(loss=loss, delta=delta)
    with worker(tmp_path, source) as w:
        found = gradients(StudentNetwork(only_reading(w), w.ask, pictures=False))
    assert found.verdict is verdict
    assert "times" in found.note + found.problem


def test_a_penalty_that_is_not_in_the_loss_is_advice_with_its_factor(tmp_path):
    found = finding_on_gradients(tmp_path, (BACK, "dws.insert(0, a.T @ delta + 0.05 * w)"))
    assert found.verdict is Verdict.ADVICE
    assert "an L2 penalty with factor 0.05 that is not in the loss" in found.problem
