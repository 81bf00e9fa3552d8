"""Nothing is called wrong or crashed but what is called as it is meant; why that is believed is told."""

import pytest

from checkgrad.assignment import load
from checkgrad.grading import grade
from checkgrad.judging.policy import EXCUSES

START = "import numpy as np\n\n"


@pytest.fixture
def outcome(tmp_path):
    """The outcome of the formula check, or of the gradients, of one function of a source."""

    def run(source, function):
        path = tmp_path / "student.py"
        path.write_text(START + source)
        found = [o for o in grade(path).outcomes if o.function == function]
        main = [o for o in found if o.check in ("matches_the_formula", "gradients")]
        assert len(main) == 1
        return main[0]

    return run


def test_its_own_name_and_signature_pin_an_exercise(outcome):
    found = outcome("def sigmoid(z):\n    return np.exp(z) ** 3\n", "sigmoid")
    assert found.verdict == "wrong" and "pinned" in found.corroboration


def test_a_default_takes_nothing_from_its_own_signature(outcome):
    found = outcome("def leaky_relu(z, alpha=0.01):\n    return np.exp(z) ** 3\n", "leaky_relu")
    assert found.verdict == "wrong" and "pinned" in found.corroboration


def test_a_clear_name_with_clear_parameters_is_enough(outcome):
    found = outcome("def my_sigmoid(x):\n    return np.exp(x) ** 3\n", "my_sigmoid")
    assert found.verdict == "wrong" and found.corroboration == ["named_clearly"]


def test_a_known_mistake_speaks_for_the_reading(outcome):
    source = "def my_sigmoid(kettle):\n    return 1 / (1 + np.exp(kettle))\n"
    found = outcome(source, "my_sigmoid")
    assert found.verdict == "wrong" and found.corroboration == ["repaired"]


def test_gradients_beside_right_ones_speak_for_the_reading(outcome):
    source = """
def linear_backward(foo, bar, qux):
    return foo @ qux.T, bar.T @ foo, 3 * foo.sum(axis=0)
"""
    found = outcome(source, "linear_backward")
    assert found.verdict == "wrong" and "partly_right" in found.corroboration


def test_what_nothing_speaks_for_is_not_judged_and_tells_what_was_tried(outcome):
    source = "def tanh_derivative(grounds, cups):\n    return np.sin(grounds) * cups\n"
    found = outcome(source, "tanh_derivative")
    assert found.verdict == "not_judged" and not found.verdict.failed
    assert found.problem.startswith("called as tanh_derivative(")
    assert found.problem.endswith("if that is how it is meant, it is wrong")
    assert not found.diagnoses and not found.example


def test_no_other_check_says_anything_of_what_is_not_judged(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(START + "def tanh_derivative(grounds, cups):\n    return grounds * cups * 2\n")
    said = {o.verdict for o in grade(path).outcomes if o.function == "tanh_derivative"}
    assert said == {"not_judged"}


HELPER = """
def {name}(x):
    e = np.exp(x - np.max(x))
    return e / np.sum({sum})

def softmax(z):
    return np.array([{name}(row) for row in z])
"""


def test_a_helper_for_one_sample_is_right_as_right_code_calls_it(outcome):
    assert outcome(HELPER.format(name="softmax_row", sum="e"), "softmax_row").verdict == "passed"


def test_a_helper_is_wrong_where_what_calls_it_is(outcome):
    source = HELPER.format(name="softmax_row", sum="np.exp(x)")
    assert outcome(source, "softmax_row").verdict == "wrong"
    assert outcome(source, "softmax").verdict == "wrong"


def test_a_caller_that_is_right_by_symmetry_excuses_no_known_mistake(outcome):
    source = """
def sigmoid(z):
    return 1 / (1 + np.exp(z))

def sigmoid_derivative(z):
    return sigmoid(z) * (1 - sigmoid(z))
"""
    assert outcome(source, "sigmoid").verdict == "wrong"


LAYOUT = """
def softmax(Z):
    e = np.exp(Z)
    return e / e.sum(axis=0)

def forward(W1, b1, W2, b2, X):
    A1 = np.tanh(W1 @ X.T + b1)
    return A1, softmax(W2 @ A1 + b2)

def backward(A1, A2, W2, X, T):
    dZ2 = (A2 - T.T) / len(X)
    dZ1 = W2.T @ dZ2 * (1 - A1 ** 2)
    return dZ1 @ X, dZ1.sum(axis=1, keepdims=True), dZ2 @ A1.T, dZ2.sum(axis=1, keepdims=True)

def accuracy(Y, T):
    return np.mean(Y.argmax(axis=1) == T.argmax(axis=1))
"""


def test_the_network_that_uses_it_says_more_of_its_layout_than_an_accuracy(outcome):
    assert outcome(LAYOUT, "softmax").verdict == "passed"


def test_an_accuracy_says_of_the_layout_what_nothing_else_says(outcome):
    alone = LAYOUT[: LAYOUT.index("def forward")] + LAYOUT[LAYOUT.index("def accuracy") :]
    assert outcome(alone, "softmax").verdict == "wrong"


ALONE = """
class Softmax:
    def forward(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, dLdz):
        return dLdz
"""
LOSS = """
class CrossEntropy:
    def forward(self, y, t):
        self.y, self.t = y, t
        return -np.sum(t * np.log(y))

    def backward(self):
        return {gradient}
"""


def test_what_a_loss_may_have_done_already_is_not_wrong_where_no_loss_is_here(outcome):
    assert outcome(ALONE, "Softmax.backward").verdict == "advice"
    fused, whole = (LOSS.format(gradient=g) for g in ("self.y - self.t", "-self.t / self.y"))
    assert outcome(ALONE + fused, "Softmax.backward").verdict == "passed"
    assert outcome(ALONE + whole, "Softmax.backward").verdict == "wrong"


FUSED = """
class NLL:
    def forward(self, y, t):
        self.y, self.t = y, t
        return -np.sum(t * np.log(y))

    def backward(self):
        return {gradient}
"""


@pytest.mark.parametrize(
    "gradient, verdict",
    [
        ("self.y - self.t", "passed"),
        ("self.t - self.y", "wrong"),
        ("(self.y - self.t) / self.y.size", "wrong"),
    ],
)
def test_a_gradient_by_the_logits_is_held_against_the_loss_composed_with_softmax(
    gradient, verdict, tmp_path
):
    path = tmp_path / "student.py"
    path.write_text(START + FUSED.format(gradient=gradient))
    found = {o.check: o.verdict for o in grade(path).outcomes if o.function == "NLL.backward"}
    assert found["agrees_with_the_numeric_derivative"] == verdict


@pytest.mark.parametrize("row", EXCUSES, ids=lambda row: row.code)
def test_every_excuse_is_needed_and_excuses_no_mistake(row, tmp_path, monkeypatch):
    def fails(source):
        path = tmp_path / "student.py"
        path.write_text(START + source)
        function = source.rpartition("def ")[2].partition("(")[0]
        mine = [o for o in grade(path).outcomes if o.function == function]
        assert mine
        return any(o.verdict.failed for o in mine)

    assert not fails(row.accepts)
    assert fails(row.refuses)
    without = tuple(one for one in EXCUSES if one is not row)
    monkeypatch.setattr("checkgrad.judging.verdict.EXCUSES", without)
    assert fails(row.accepts)


LEFT_BY_A_WRONG_FORWARD = """
class Softmax:
    def forward(self, x):
        tmp = np.exp(x) + np.max(x)
        self.out = tmp / np.sum(tmp, axis=1, keepdims=True)
        return self.out

    def backward(self, grad):
        return self.out * (grad - np.sum(grad * self.out, axis=1, keepdims=True))
"""


def test_a_backward_goes_on_from_what_its_forward_left(outcome):
    assert outcome(LEFT_BY_A_WRONG_FORWARD, "Softmax.forward").verdict == "wrong"
    assert outcome(LEFT_BY_A_WRONG_FORWARD, "Softmax.backward").verdict == "not_judged"


LOSS_COMES_SECOND = """
class CrossEntropyLoss:
    def __call__(self, logits, y):
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        loss = -np.sum(y * np.log(p)) / len(y)
        return np.mean(np.argmax(p, axis=1) == np.argmax(y, axis=1)), loss
"""


def test_of_several_values_a_loss_is_the_one_that_is_called_so(outcome):
    assert outcome(LOSS_COMES_SECOND, "CrossEntropyLoss.__call__").verdict == "passed"
    wrong = LOSS_COMES_SECOND.replace("-np.sum(y", "np.sum(y")
    assert outcome(wrong, "CrossEntropyLoss.__call__").verdict == "wrong"


def failing(tmp_path, source):
    path = tmp_path / "module.py"
    path.write_text(source)
    return {(o.function, o.check): o for o in grade(path).outcomes if o.verdict.failed}


GLOBAL_MAXIMUM = """
import numpy as np

def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e, axis=1, keepdims=True)

def softmax_jacobian(x):
    s = softmax(x)
    return np.einsum("ij,jk->ijk", s, np.eye(s.shape[1])) - np.einsum("ij,ik->ijk", s, s)
"""


def test_rows_that_spoil_each_other_are_wrong_where_it_is_done_and_not_where_it_is_used(tmp_path):
    assert [*failing(tmp_path, GLOBAL_MAXIMUM)] == [("softmax", "survives_extreme_inputs")]
    rows = GLOBAL_MAXIMUM.replace("np.max(x)", "np.max(x, axis=1, keepdims=True)")
    assert not failing(tmp_path, rows)
    plain = GLOBAL_MAXIMUM.replace(" - np.max(x)", "")
    assert not failing(tmp_path, plain)


USED_IN_ROWS = """
import numpy as np

def softmax(z):
    return np.exp(z) / {total}

def forward(x, w):
    return softmax({product})

labels = np.random.randint(0, 3, 20)
x = np.random.randn({shape})
w = np.random.randn(5, 3)

def error(x, labels):
    return {labelled} - np.eye(3)[labels]{turned}

error(x, labels)
"""
IN_ROWS = {"product": "x @ w", "shape": "20, 5", "labelled": "forward(x, w)", "turned": ""}
IN_COLUMNS = {"product": "w.T @ x", "shape": "5, 20", "labelled": "forward(x, w)", "turned": ".T"}


def test_the_axis_of_the_samples_is_that_of_the_module_that_runs(tmp_path):
    by_rows, by_columns = "np.exp(z).sum(axis=1, keepdims=True)", "sum(np.exp(z))"
    for usage, right, wrong in (
        (IN_ROWS, by_rows, by_columns),
        (IN_COLUMNS, by_columns, by_rows),
    ):
        assert not failing(tmp_path, USED_IN_ROWS.format(total=right, **usage))
        found = failing(tmp_path, USED_IN_ROWS.format(total=wrong, **usage))
        assert ("softmax", "matches_the_formula") in found
        assert "used_so" in found["softmax", "matches_the_formula"].corroboration


def test_the_few_functions_of_scipy_are_there_however_they_are_imported(tmp_path):
    source = """
import numpy as np
from scipy import special

def softmax(x):
    return np.exp(x - special.logsumexp(x, axis=1, keepdims=True))
"""
    path = tmp_path / "module.py"
    path.write_text(source)
    found = {o.check: o.verdict for o in grade(path).outcomes if o.function == "softmax"}
    assert found["matches_the_formula"] == "passed"


PENALISED = """
import numpy as np

def softmax_loss(W, X, y, reg):
    n = X.shape[0]
    scores = X.dot(W)
    scores -= np.max(scores, axis=1, keepdims=True)
    p = np.exp(scores)
    p /= np.sum(p, axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(n), y])) / n + {loss}
    p[np.arange(n), y] -= 1
    dW = X.T.dot(p) / n + {gradient}
    return loss, dW
"""


@pytest.mark.parametrize(
    "loss, gradient, right",
    [
        ("reg * np.sum(W * W)", "2 * reg * W", True),
        ("0.5 * reg * np.sum(W * W)", "reg * W", True),
        ("reg * np.sum(np.abs(W))", "reg * np.sign(W)", True),
        ("reg * np.sum(W * W)", "reg * W", False),
        ("reg * np.sum(W * W)", "0", False),
        ("reg * np.sum(W * W)", "-2 * reg * W", False),
    ],
)
def test_a_penalty_in_a_loss_with_its_gradient_is_asked_for(tmp_path, loss, gradient, right):
    found = failing(tmp_path, PENALISED.format(loss=loss, gradient=gradient))
    told = [] if right else [("softmax_loss", "agrees_with_the_numeric_derivative")]
    assert [*found] == told
    assert all("penalty" in o.problem for o in found.values())


OVER_CELLS = """
class MSELoss:
    def forward(self, y, t):
        self.y, self.t = y, t
        return np.mean((y - t) ** 2)

    def backward(self):
        return {gradient}
"""


@pytest.mark.parametrize(
    "gradient, verdict",
    [("2 * (self.y - self.t) / len(self.y)", "advice"), ("2 * (self.y - self.t)", "wrong")],
)
def test_a_mean_over_the_outputs_too_is_none_where_there_is_one_output(gradient, verdict, tmp_path):
    path = tmp_path / "student.py"
    path.write_text(START + OVER_CELLS.format(gradient=gradient))
    found = {o.check: o.verdict for o in grade(path).outcomes if o.function == "MSELoss.backward"}
    assert found["agrees_with_the_numeric_derivative"] == verdict


LAID_DOWN = """
class Layer:
    def __init__(self):
        self.input = None

class Softmax(Layer):
    def forward_pass(self):
        e = np.exp(self.input)
        return e / e.sum(axis=1, keepdims=True)
"""
TARGETS_LIE_OTHERWISE = """
def mse_gradient(y, t):
    return (y - t.T) / t.shape[0]
"""
HITS = """
def accuracy_function(predicted, actual):
    predicted = predicted.reshape(-1)
    return np.sum((predicted > 0.5) == actual) / len(actual)
"""


@pytest.mark.parametrize("source", [LAID_DOWN, TARGETS_LIE_OTHERWISE, HITS])
def test_what_is_handed_something_else_than_it_is_about_is_not_accused(source, tmp_path):
    path = tmp_path / "student.py"
    path.write_text(START + source)
    report = grade(path)
    assert not [o for o in report.outcomes if o.verdict in ("wrong", "crashed")]
    assert report.not_judged


BY_ITS_ACTIVATION = """
class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

class CrossEntropy:
    def __init__(self, activation):
        self.layer = activation

    def compute_loss(self, predicted, actual):
        if isinstance(self.layer, Sigmoid):
            return -np.mean(actual * np.log(predicted) + (1 - actual) * np.log(1 - predicted))
        return -np.mean(np.sum({term}, axis=1))

    def loss_derivative(self, predicted, actual):
        return predicted - actual
"""


@pytest.mark.parametrize(
    "term, verdict",
    [("actual * np.log(predicted)", "advice"), ("-actual * np.log(predicted)", "not_judged")],
)
def test_a_loss_that_is_another_one_with_its_gradient_is_not_wrong(term, verdict, outcome):
    source = BY_ITS_ACTIVATION.format(term=term)
    assert outcome(source, "CrossEntropy.compute_loss").verdict == verdict


SHIFTED = """
def softmax(z):
    z -= z.max(axis=1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)
"""


def test_shifted_logits_are_spoilt_for_nobody(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(START + SHIFTED)
    found = {o.check: o.verdict for o in grade(path).outcomes}
    assert found["leaves_its_inputs_alone"] == "advice"


SPOILT = """
def relu_derivative(z):
    z[z <= 0] = 0
    z[z > 0] = 1
    return z

def softmax(z):
    z -= z.max(axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)
    return z
"""


def test_logits_that_become_slopes_or_outputs_are_spoilt(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(START + SPOILT)
    found = [o for o in grade(path).outcomes if o.check == "leaves_its_inputs_alone"]
    assert [o.verdict for o in found] == ["wrong", "wrong"]


SIZES_OF_ITS_OWN = """
class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

class HiddenLayer:
    def __init__(self, hidden1, hidden2):
        self.W, self.b = np.random.rand(hidden1, hidden2), np.zeros(hidden2)
        self.act = ReLU()

    def forward(self, x):
        return self.act.forward(np.dot(x, self.W) + self.b)
"""
CAPPED = """
def relu6(x):
    return np.minimum(np.maximum(x, 0), 6)
"""


@pytest.mark.parametrize("source", [SIZES_OF_ITS_OWN, CAPPED])
def test_what_is_more_than_its_name_seems_to_say_is_not_accused(source, tmp_path):
    path = tmp_path / "student.py"
    path.write_text(START + source)
    assert not [o for o in grade(path).outcomes if o.verdict in ("wrong", "crashed")]


def test_a_layer_that_asks_for_two_sizes_is_given_both(outcome):
    source = """
class DenseLayer:
    def __init__(self, hidden1, hidden2):
        self.W, self.b = np.random.rand(hidden1, hidden2), np.zeros(hidden2)

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T
"""
    assert outcome(source, "DenseLayer.backward").verdict == "passed"
    source = source.replace("sum(axis=0)", "sum(axis=1)")
    assert outcome(source, "DenseLayer.backward").verdict == "wrong"


GIVES_A_DICT = """
class LinearLayer:
    def __init__(self, n_in, n_out):
        self.params = {{"w": 0.1 * np.random.standard_normal((n_in, n_out)), "b": np.zeros(n_out)}}

    def forward(self, x):
        self._x = x
        return x @ self.params["w"] + self.params["b"]

    def backward(self, dy):
        return {{"x": dy @ self.params["w"].T, "w": self._x.T @ dy, "b": dy.sum(axis={axis})}}
"""


@pytest.mark.parametrize("axis, verdict", [(0, "passed"), (1, "wrong")])
def test_gradients_may_come_back_in_a_dict(axis, verdict, outcome):
    assert outcome(GIVES_A_DICT.format(axis=axis), "LinearLayer.backward").verdict == verdict


def test_a_list_of_unlike_members_is_no_fault_of_ours(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(
        START
        + """
def SigmoidForward(a):
    z = [1]
    for v in a:
        z.append(1 / (1 + np.exp(-v)))
    return z
"""
    )
    report = grade(path)
    assert {str(o.verdict) for o in report.outcomes if o.exercise == "sigmoid"} == {"not_judged"}


REFUSES = """
class Softmax:
    def act(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def derivative(self, z):
        raise Exception("not appropriate, use grad instead")
"""
IS_TOLD_ITS_NAME = """
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

class SoftmaxLayer:
    def __init__(self, name):
        self.name = name + "_softmax"

    def forward(self, z):
        return softmax(z)

class ReLU:
    def act(self, z):
        return np.maximum(z, 0, z)
"""


@pytest.mark.parametrize("source", [REFUSES, IS_TOLD_ITS_NAME])
def test_what_will_not_be_called_so_and_what_is_told_its_name_are_not_accused(source, tmp_path):
    path = tmp_path / "student.py"
    path.write_text(START + source)
    assert not [o for o in grade(path).outcomes if o.verdict in ("wrong", "crashed")]


SHIFTED_BY_ALL = """
class SoftmaxLayer:
    def forward(self, z):
        e = np.exp(z - np.max(z))
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y

    def backward(self, dy):
        return self.y * (dy - np.sum(dy * self.y, axis=1, keepdims=True))
"""


def test_a_way_back_is_not_blamed_for_rows_that_its_forward_spoilt(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(START + SHIFTED_BY_ALL)
    found = {(o.function, o.check): o.verdict for o in grade(path).outcomes}
    assert found["SoftmaxLayer.forward", "survives_extreme_inputs"] == "wrong"
    assert found["SoftmaxLayer.backward", "survives_extreme_inputs"] != "wrong"


def test_who_asks_for_a_function_asks_for_any_number_of_classes(tmp_path):
    row = next(row for row in EXCUSES if row.code == "own_size")
    path = tmp_path / "student.py"
    path.write_text(START + row.accepts)
    asked = tmp_path / "assignment.toml"
    asked.write_text("[exercises.softmax]\npoints = 2\n")
    assert any(o.verdict.failed for o in grade(path, assignment=load(asked)).outcomes)
