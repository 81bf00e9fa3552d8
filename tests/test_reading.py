"""What a reading says, does and refuses; the reference models; classes in their many shapes."""

from pathlib import Path

import numpy as np
import pytest

from checkgrad.exercises import ALL
from checkgrad.reading import candidates, read
from in_process import InProcess

MODELS = Path(__file__).parent.parent / "reference_models"
KNOWN_MISTAKES = {"sigmoid_derivative", "softmax_jacobian", "binary_cross_entropy_derivative"}


def readings(source, **options):
    module = InProcess("import numpy as np\n" + source)
    found = read(candidates(module.inventory, ALL), module.ask, **options)
    return {(c.exercise.name, c.function): r for c, r in found.items()}


def only(source, **options):
    (reading,) = readings(source, **options).values()
    return reading


SOFTMAX = """
def softmax(x):
    e = np.exp(x - x.max({axis}, keepdims=True))
    return e / e.sum({axis}, keepdims=True)
"""
ROWS, COLUMNS = SOFTMAX.format(axis=1), SOFTMAX.format(axis=0)


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.py")), ids=lambda p: p.stem)
def test_reference_models_are_read_as_right_but_for_their_named_mistakes(path):
    found = readings(path.read_text())
    wrong = {exercise for (exercise, _), reading in found.items() if not reading.right}
    assert wrong == (KNOWN_MISTAKES if path.stem == "classic_mistakes" else set())


def test_most_functions_are_asked_once():
    module = InProcess((MODELS / "numpy_mlp.py").read_text())
    read(candidates(module.inventory, ALL), module.ask)
    assert module.batches == 1


def test_the_note_says_how_a_function_was_read():
    source = """
def cross_entropy(y, t):
    return -np.sum(np.log(y[t, np.arange(len(t))]))
"""
    reading = only(source)
    assert reading.convention == {"layout": "columns", "labels": "integers", "reduction": "sum"}
    assert reading.note == "samples in columns, labels as integers, summed over the samples"


def test_what_is_handed_over_is_a_copy_in_natural_order():
    reading, z = only(COLUMNS), np.arange(6.0).reshape(2, 3)
    (given,) = reading.request((z,)).steps[0].args
    assert given.shape == (3, 2) and given.flags.c_contiguous
    given[:] = 0
    assert z.sum() == 15


@pytest.mark.parametrize("dtype", [np.int64, np.float32])
def test_probes_keep_their_dtype(dtype):
    (given,) = only(COLUMNS).request((np.ones((4, 3), dtype),)).steps[0].args
    assert given.dtype == dtype


def test_softmax_down_the_columns_alone_is_read_as_samples_in_columns():
    assert only(COLUMNS).convention == {"layout": "columns"}


def test_softmax_down_the_columns_among_rows_is_a_mistake():
    rows = """
def cross_entropy(y, t):
    return -np.sum(t * np.log(y)) / y.shape[0]
def cross_entropy_derivative(y, t):
    return -t / y / y.shape[0]
"""
    found = readings(COLUMNS + rows)
    assert [name for (name, _), r in found.items() if not r.right] == ["softmax"]


def test_a_pinned_layout_is_not_searched():
    assert not only(COLUMNS, pinned={"layout": "rows"}).right
    assert not only(ROWS, pinned={"layout": "columns"}).right
    assert only(COLUMNS, pinned={"layout": "columns"}).right


def test_a_pinned_reduction_is_demanded():
    source = "def cross_entropy(y, t):\n    return -np.sum(t * np.log(y))"
    assert only(source, pinned={"reduction": "sum"}).right
    assert not only(source, pinned={"reduction": "mean"}).right


def test_a_call_that_raises_is_no_evidence():
    source = """
def softmax(x):
    if x.ndim > 1:
        raise ValueError("one sample, please")
    return np.exp(x) / np.exp(x).sum()
"""
    assert only(source).convention == {"layout": "one sample at a time"}


def test_a_function_of_numbers_is_asked_number_by_number():
    source = "import math\ndef sigmoid(x):\n    return 1 / (1 + math.exp(-x))"
    assert only(source).convention == {"layout": "one number at a time"}


def test_softmax_over_the_whole_batch_is_not_excused():
    assert not only("def softmax(x):\n    return np.exp(x) / np.exp(x).sum()").right


def test_a_wrong_function_is_read_as_its_known_mistake_reads():
    source = """
def cross_entropy_derivative(t, y):
    return t / y / len(y)
"""
    reading = only(source)
    assert not reading.right and reading.convention == {"order": "t, y"}


def test_names_decide_the_order_where_swapping_only_turns_the_sign():
    assert only("def mse_prime(y_true, y_pred): return 2 * (y_pred - y_true) / y_true.size").right
    reading = only("def mse_prime(y_true, y_pred): return 2 * (y_true - y_pred) / y_true.size")
    assert reading.convention == {"sign": "negative", "order": "t, y"}


def test_an_upstream_gradient_must_be_multiplied():
    right = "def relu_backward(dout, x):\n    return dout * (x > 0)"
    wrong = "def relu_backward(dout, x):\n    return 1.0 * (x > 0)"
    assert only(right).right and not only(wrong).right


def test_the_slope_of_a_leak_belongs_to_its_own_leak():
    source = """
def leaky_relu(z): return np.where(z > 0, z, 0.1 * z)
def leaky_relu_derivative(z): return np.where(z > 0, 1, 0.01)
"""
    found = readings(source)
    assert found["leaky_relu", "leaky_relu"].right
    assert not found["leaky_relu_derivative", "leaky_relu_derivative"].right


def test_softmax_may_leave_its_slope_to_a_loss_that_takes_it():
    source = """
class Softmax:
    def forward(self, x):
        e = np.exp(x)
        return e / e.sum(1, keepdims=True)
    def backward(self, dout):
        return dout
class CrossEntropy:
    def forward(self, y, t):
        self.y, self.t = y, t
        return -np.sum(t * np.log(y)) / len(y)
    def backward(self):
        return {gradient} / len(self.y)
"""
    fused = readings(source.format(gradient="(self.y - self.t)"))
    assert all(r.right for r in fused.values())
    separate = readings(source.format(gradient="-self.t / self.y"))
    assert [name for (name, _), r in separate.items() if not r.right] == ["softmax_backward"]


def test_a_linear_classifier_is_read_by_its_scores():
    source = """
def softmax_loss_naive(W, X, y, reg):
    s = X.dot(W)
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean() + reg * np.sum(W * W)
    dscores = p.copy()
    dscores[np.arange(len(y)), y] -= 1
    return loss, X.T.dot(dscores) / len(y) + 2 * reg * W
"""
    assert all(r.right for r in readings(source).values())
    forgotten = source.replace("X.T.dot(dscores)", "X.dot(dscores)")
    found = readings(forgotten)
    assert not found["softmax_cross_entropy_gradient", "softmax_loss_naive"].right


def test_a_method_that_needs_no_constructor_is_called_without_it():
    source = """
class Network:
    def __init__(self, layers, data):
        self.w = data @ layers
    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))
    def sigmoid_derivative(self, s):
        return s * (1 - s)
"""
    assert all(r.right for r in readings(source).values())


def test_a_softmax_with_weights_of_its_own_is_not_softmax():
    source = """
class Softmax:
    def __init__(self, n, m):
        self.weights = np.zeros((n, m))
    def forward(self, x):
        return x @ self.weights
"""
    assert readings(source) == {}


def test_a_loss_may_hand_its_value_out_by_another_method():
    source = """
class CrossEntropyLoss:
    def forward(self, y, t):
        self.value = -np.mean(np.sum(t * np.log(y), axis=1))
        return y
    def get_loss(self):
        return self.value
"""
    assert only(source).right


@pytest.mark.parametrize(
    "value", ["np.matrix({})", "{}.tolist()", "np.ma.array({})", "({},)", "tuple({})"]
)
def test_what_is_given_arrays_returns_a_plain_array(value):
    assert not only(f"def sigmoid(x): return {value.format('(1 / (1 + np.exp(-x)))')}").right
    rows = "(np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True))"
    assert not only(f"def softmax(x): return {value.format(rows)}").right


def test_code_that_knows_no_arrays_returns_lists():
    source = """
from math import exp
def softmax(v):
    e = [exp(x) for x in v]
    return [x / sum(e) for x in e]
"""
    assert only(source).note == "one sample at a time, given Python lists"


def test_stubs_are_not_asked():
    module = InProcess("def softmax(z):\n    raise NotImplementedError")
    found = read(candidates(module.inventory, ALL), module.ask)
    assert module.asked == 0 and not any(r.right for r in found.values())


def test_a_loss_that_adds_up_the_logarithms_of_the_classes_is_no_binary_one_beside_a_sigmoid():
    found = readings("""
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
def cross_entropy(y_hat, targets):
    return -np.mean(np.sum(targets * np.log(y_hat + 1e-7), axis=1))
""")
    assert found["cross_entropy", "cross_entropy"].right


@pytest.mark.parametrize(
    ("parameters", "value"),
    [("x, y", "y * (1 - y)"), ("z, a", "a * (1 - a)"), ("a, z", "a - a**2")],
)
def test_a_derivative_may_take_the_value_of_its_function_beside_the_input(parameters, value):
    assert only(f"def sigmoid_derivative({parameters}): return {value}").right
    assert not only(f"def sigmoid_derivative({parameters}): return 2 * ({value})").right


def test_a_loss_of_one_sample_at_a_time_is_read_though_it_takes_a_batch_of_class_numbers():
    reading = only("def crossentropy(yhat, ytrue): return -np.dot(ytrue, np.log(yhat))")
    assert reading.right and reading.convention["layout"] == "one sample at a time"


def test_backward_follows_the_method_that_keeps_its_input():
    source = """
class Sigmoid:
    def forward(self, x):
        return 1 / (1 + np.exp(-x))
    def __call__(self, x):
        self.y = self.forward(x)
        return self.y
    def backward(self, dout):
        return {}
"""
    found = readings(source.format("dout * self.y * (1 - self.y)"))
    assert found["sigmoid_derivative", "Sigmoid.backward"].right
    found = readings(source.format("self.y * (1 - self.y)"))
    assert not found["sigmoid_derivative", "Sigmoid.backward"].right


def test_methods_that_return_nothing_and_leave_nothing_behind_are_wrong():
    found = readings("""
class Sigmoid:
    def forward(self, x):
        self.kept = 1 / (1 + np.exp(-x))
    def backward(self, dout):
        dx = dout * self.kept
""")
    assert len(found) == 2 and not any(reading.right for reading in found.values())


def test_a_linear_classifier_that_stops_is_wrong():
    assert not any(
        reading.right
        for reading in readings("""
def softmax_loss_naive(W, X, y, reg):
    dW = np.zeros_like(W)
    scores = np.exp(X.dot(W))
    raise ValueError("no")
    return loss, dW
""").values()
    )


WHOLE = """
def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()
"""


def test_a_module_of_single_samples_normalises_single_samples():
    alone = "def cross_entropy(y, t): return -np.dot(t, np.log(y))"
    batch = "def cross_entropy(y, t): return -np.sum(t * np.log(y)) / len(y)"
    assert readings(WHOLE + alone)["softmax", "softmax"].right
    assert not readings(WHOLE + batch)["softmax", "softmax"].right
    assert not only(WHOLE).right


def test_a_sample_may_be_a_column():
    found = readings("""
class Softmax:
    def forward(self, x):
        e = np.exp(x)
        self.y = e / np.sum(e)
        return self.y
    def backward(self, dy):
        n = np.size(self.y)
        return np.dot((np.identity(n) - self.y.T) * self.y, dy)
""")
    assert found["softmax_backward", "Softmax.backward"].right
    assert found["softmax", "Softmax.forward"].right


def test_a_table_of_derivatives_holds_derivatives():
    found = readings("""
ACTIVATIONS = {"sigmoid": lambda z: 1 / (1 + np.exp(-z))}
DERIVATIVES = {"sigmoid": lambda a: a * (1 - a)}
""")
    assert found["sigmoid", "ACTIVATIONS['sigmoid']"].right
    assert found["sigmoid_derivative", "DERIVATIVES['sigmoid']"].right


def test_a_function_that_wants_what_nobody_knows_is_not_reached():
    unknown = "def cross_entropy(y, t, *, graph): return graph.loss(y, t)"
    inside = "def softmax(x): return np.exp(x, 1, 2, 3)"
    assert not only(unknown).reached
    assert only(inside).reached and only(ROWS).reached


FLAT = """
def softmax(z):
    e = np.exp(z)
    return e / np.sum(e, axis=-1)
"""
ERROR = "def softmax_cross_entropy_gradient(z, t): return softmax(z) - t"
BATCHES = "def cross_entropy(y, t): return -np.mean(np.sum(t * np.log(y), {axis}))"


@pytest.mark.parametrize("axis", ["axis=1", "1"])
def test_row_sums_that_lost_their_axis_are_wrong_beside_batches(axis):
    found = readings(FLAT + ERROR + "\n" + BATCHES.format(axis=axis))
    wrong = {name for (name, _), reading in found.items() if not reading.right}
    assert wrong == {"softmax", "softmax_cross_entropy_gradient"}


def test_row_sums_without_an_axis_of_their_own_are_right_for_samples_that_are_handed_over_one_by_one():
    rows = """
def softmax_cross_entropy_gradient(z, t):
    return np.array([softmax(row) for row in z]) - t
"""
    found = readings(FLAT + rows + BATCHES.format(axis="axis=1"))
    assert all(reading.right for reading in found.values())
    assert only(FLAT).note == "one sample at a time"
