"""Verdicts on whole submissions: what passes, what fails, what is advice, what earns points."""

from pathlib import Path

import pytest

from checkgrad.assignment import BadAssignment, load
from checkgrad.grading import grade
from checkgrad.model import Verdict

MODELS = Path(__file__).parents[1] / "reference_models"
RIGHT = sorted(p for p in MODELS.glob("*.py") if p.stem != "classic_mistakes")

HEAD = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""


@pytest.fixture
def outcomes(tmp_path):
    """Grade a source and give its outcomes by function and check."""

    def run(source, assignment=None):
        path = tmp_path / "student.py"
        path.write_text(source)
        report = grade(path, assignment=assignment)
        return {(o.function, o.check): o for o in report.outcomes}

    return run


def verdicts(found, check):
    return {function: o.verdict for (function, name), o in found.items() if name == check}


@pytest.mark.parametrize("model", RIGHT, ids=lambda p: p.stem)
def test_a_right_reference_model_has_no_fault(model):
    report = grade(model)
    assert {o.verdict for o in report.outcomes} <= {Verdict.PASSED, Verdict.ADVICE}
    trained = [
        run for run in report.training if run.task.startswith("xor") and "descent" not in run.task
    ]
    assert all(run.accuracy == 1.0 for run in trained)
    assert bool(trained) == (model.stem != "softmax_regression")


def test_the_four_classic_mistakes_are_named_and_nothing_else():
    report = grade(MODELS / "classic_mistakes.py")
    failed = [o for o in report.outcomes if o.verdict.failed]
    named = {o.exercise: o.diagnoses[0].name for o in failed if o.diagnoses}
    assert named == {
        "sigmoid_derivative": "used_the_rule_of_tanh",
        "softmax_jacobian": "left_zeros_beside_the_diagonal",
        "binary_cross_entropy_derivative": "subtracted_the_second_term",
        "MLP": "forgot_the_slope_of_the_hidden_units",
    }
    assert {o.exercise for o in failed} == set(named)


def test_the_smallest_example_is_small_and_round():
    report = grade(MODELS / "classic_mistakes.py")
    jacobian = next(o for o in report.outcomes if o.exercise == "softmax_jacobian" and o.example)
    assert jacobian.example.arguments == {"z": [[0.0, 0.0]]}
    assert jacobian.example.got == [[[0.25, 0.0], [0.0, 0.25]]]
    assert jacobian.example.expected == [[[0.25, -0.25], [-0.25, 0.25]]]


def test_a_right_gradient_beside_a_wrong_loss_is_not_blamed(outcomes):
    found = outcomes(
        HEAD
        + """
def softmax_cross_entropy(z, t):
    return np.mean(np.sum(t * np.log(softmax(z)), axis=1))      # the minus is missing

def softmax_cross_entropy_gradient(z, t):
    return (softmax(z) - t) / len(z)
"""
    )
    assert verdicts(found, "matches_the_formula") == {
        "softmax": Verdict.PASSED,
        "softmax_cross_entropy": Verdict.WRONG,
        "softmax_cross_entropy_gradient": Verdict.PASSED,
    }
    numeric = found["softmax_cross_entropy_gradient", "agrees_with_the_numeric_derivative"]
    assert numeric.verdict is Verdict.PASSED and "softmax_cross_entropy" in numeric.note


def test_a_gradient_that_is_right_for_a_wrong_loss_alone_is_told_as_that(outcomes):
    """A loss of one's own, three times the usual one, with its right gradient: neither accused nor passed."""
    found = outcomes(
        HEAD
        + """
def softmax_cross_entropy(z, t):
    return -3 * np.mean(np.sum(t * np.log(softmax(z)), axis=1))

def softmax_cross_entropy_gradient(z, t):
    return 3 * (softmax(z) - t) / len(z)
"""
    )
    assert found["softmax_cross_entropy", "matches_the_formula"].verdict is Verdict.WRONG
    for check in ("matches_the_formula", "agrees_with_the_numeric_derivative"):
        gradient = found["softmax_cross_entropy_gradient", check]
        assert gradient.verdict is Verdict.ADVICE
        assert gradient.follows_from == "softmax_cross_entropy"
        assert "your own softmax_cross_entropy, which is itself not right" in gradient.problem


def test_a_sum_gradient_beside_a_mean_loss_is_advice_with_the_factor(outcomes):
    found = outcomes(
        HEAD
        + """
def softmax_cross_entropy(z, t):
    return -np.sum(t * np.log(softmax(z))) / len(z)

def softmax_cross_entropy_gradient(z, t):
    return softmax(z) - t
"""
    )
    numeric = found["softmax_cross_entropy_gradient", "agrees_with_the_numeric_derivative"]
    assert numeric.verdict is Verdict.ADVICE
    assert "N" in numeric.problem and "softmax_cross_entropy" in numeric.problem
    assert found["softmax_cross_entropy_gradient", "matches_the_formula"].verdict is Verdict.PASSED


EPSILONS = {
    "inside the log": "np.log(y + 1e-8)",
    "clipped": "np.log(np.clip(y, 1e-7, 1 - 1e-7))",
}


@pytest.mark.parametrize("log", EPSILONS.values(), ids=EPSILONS)
def test_a_small_number_in_the_log_loses_no_correctness_verdict(outcomes, log):
    found = outcomes(
        f"""
import numpy as np

def cross_entropy(y, t):
    return -np.sum(t * {log}) / len(y)

def cross_entropy_derivative(y, t):
    return -t / y / len(y)
"""
    )
    assert {o.verdict for o in found.values()} <= {Verdict.PASSED, Verdict.ADVICE}


def test_a_name_may_mean_the_targets_here_and_the_outputs_there(outcomes):
    found = outcomes(
        HEAD
        + """
def d_sigmoid(y):
    return y * (1 - y)

def delta_cross_entropy(X, y):
    grad = softmax(X)
    grad[range(len(y)), y] -= 1
    return grad / len(y)
"""
    )
    assert set(verdicts(found, "matches_the_formula").values()) == {Verdict.PASSED}


KINKS = {"zero": "z > 0", "one": "z >= 0"}


@pytest.mark.parametrize("condition", KINKS.values(), ids=KINKS)
def test_any_slope_at_the_kink_is_right(outcomes, condition):
    found = outcomes(
        f"""
import numpy as np

def relu(z):
    return np.maximum(z, 0)

def relu_derivative(z):
    return np.where({condition}, 1.0, 0.0)

def leaky_relu(z, alpha=0.01):
    return np.where({condition}, z, alpha * z)

def leaky_relu_derivative(z, alpha=0.01):
    return np.where({condition}, 1.0, alpha)
"""
    )
    assert {o.verdict for o in found.values()} == {Verdict.PASSED}


def test_single_precision_code_passes(outcomes):
    found = outcomes(
        """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-np.asarray(z, dtype=np.float32)))

def sigmoid_derivative(z):
    y = sigmoid(z)
    return y * (1 - y)

def softmax(z):
    z = np.asarray(z, dtype=np.float32)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""
    )
    assert {o.verdict for o in found.values()} <= {Verdict.PASSED, Verdict.ADVICE}


def test_a_warning_costs_nothing(outcomes):
    found = outcomes("import numpy as np\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n")
    assert {o.verdict for o in found.values()} == {Verdict.PASSED}
    assert "overflow" in found["sigmoid", "survives_extreme_inputs"].note


MANNERS = {
    "leaves_its_inputs_alone": "z *= 2; z = z / 2",
    "gives_the_same_answer_twice": "CALLS.append(1); z = z * (1 + 1e-6 * (len(CALLS) > 12))",
}


@pytest.mark.parametrize(("check", "line"), MANNERS.items(), ids=MANNERS)
def test_bad_manners_fail_their_own_check(outcomes, check, line):
    found = outcomes(
        f"""
import numpy as np
CALLS = []

def softmax(z):
    z = z if z.dtype.kind == "f" else z.astype(float)
    {line}
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)
"""
    )
    assert found["softmax", check].verdict is Verdict.WRONG


ASSIGNMENT = """
name = "week 3"
seed = 5

[exercises.softmax]
points = 3

[exercises.softmax_jacobian]
points = 4
function = "jacobian_of_softmax"

[exercises.tanh]
points = 2
"""


@pytest.fixture
def assignment(tmp_path):
    path = tmp_path / "week3.toml"
    path.write_text(ASSIGNMENT)
    return load(path)


def test_the_maximum_depends_on_the_assignment_alone(tmp_path, assignment):
    for source in ("", "def softmax(z):\n    return 1 / 0\n", HEAD):
        path = tmp_path / "student.py"
        path.write_text(source)
        assert grade(path, assignment=assignment).maximum == 9


def test_points_are_earned_by_right_functions_and_add_up(tmp_path, assignment):
    path = tmp_path / "student.py"
    path.write_text(
        HEAD
        + """
def jacobian_of_softmax(z):
    y = softmax(z)
    return y[..., :, None] * (np.eye(y.shape[-1]) - y[..., None, :])
"""
    )
    report = grade(path, assignment=assignment)
    assert report.score == pytest.approx(7)
    assert sum(o.points or 0 for o in report.outcomes) == pytest.approx(7)
    missing = {o.verdict for o in report.outcomes if o.exercise == "tanh"}
    assert missing == {Verdict.MISSING}


def test_answers_of_zeros_earn_nothing(tmp_path, assignment):
    path = tmp_path / "student.py"
    path.write_text("import numpy as np\ndef softmax(z):\n    return np.zeros(z.shape)\n")
    assert grade(path, assignment=assignment).score == 0


def test_without_an_assignment_there_is_no_score(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(HEAD)
    report = grade(path)
    assert report.score is None and report.maximum is None


BAD = {
    "unknown exercise": ("[exercises.softmx]\npoints = 1\n", "did you mean softmax"),
    "unknown key": ("[exercises.softmax]\npoint = 1\n", "did you mean points"),
    "wrong type": ("[exercises.softmax]\npoints = 'many'\n", "points"),
    "no TOML": ("this is not TOML\n", "student"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_a_bad_assignment_is_refused_in_one_line(tmp_path, text, said):
    path = tmp_path / "student.toml"
    path.write_text(text)
    with pytest.raises(BadAssignment) as refused:
        load(path)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_a_fault_at_whole_numbers_alone_is_advice_and_named(outcomes):
    found = outcomes(
        """
import numpy as np

def sigmoid(z):
    y = np.empty_like(z)
    y[:] = 1 / (1 + np.exp(-z))
    return y
"""
    )
    formula = found["sigmoid", "matches_the_formula"]
    assert formula.verdict is Verdict.ADVICE
    assert [d.name for d in formula.diagnoses] == ["cut_off_the_decimals"]


def test_half_precision_is_not_precise_enough(outcomes):
    found = outcomes(
        HEAD.replace(
            "return e / e.sum(axis=-1, keepdims=True)",
            "return (e / e.sum(axis=-1, keepdims=True)).astype(np.float16)",
        )
    )
    assert found["softmax", "matches_the_formula"].verdict is Verdict.WRONG


ODD = {
    "list": "(z + 1).tolist()",
    "truth": "True",
    "matrix": "np.matrix(2 * z)",
    "complex": "z * 1j",
    "text": "'0.5'",
    "object": "np.array([object()])",
}


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_what_is_no_array_of_numbers_is_wrong_and_never_our_fault(outcomes, value):
    found = outcomes(f"import numpy as np\ndef softmax(z):\n    return {value}\n")
    assert found["softmax", "matches_the_formula"].verdict is Verdict.WRONG
    assert Verdict.GRADER_FAULT not in {o.verdict for o in found.values()}


def test_a_gradient_with_the_opposite_sign_of_its_own_loss_is_told_so(outcomes):
    found = outcomes(
        """
import numpy as np

def mse_loss(y, t):
    return np.mean((y - t) ** 2)

def mse_loss_gradient(y, t):
    return 2 * (t - y) / y.size
"""
    )
    numeric = found["mse_loss_gradient", "agrees_with_the_numeric_derivative"]
    assert numeric.verdict in (Verdict.ADVICE, Verdict.WRONG)
    assert "sign" in numeric.problem or numeric.diagnoses


def test_what_cannot_be_called_is_not_accused(outcomes):
    found = outcomes(
        """
import numpy as np

class Softmax:
    def __init__(self, *, registry, name):
        self.name = registry[name].title

    def forward(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
"""
    )
    assert not any(o.verdict.failed and o.exercise == "softmax" for o in found.values())


def test_a_changed_argument_is_told_by_its_name_and_an_upstream_gradient_may_be_changed(outcomes):
    found = outcomes(
        """
import numpy as np

def relu(z):
    return np.maximum(0, z)

def relu_backward(dout, z):
    dout[z <= 0] = 0
    return dout

def mse_loss(t, y):
    return np.mean((y - t) ** 2)

def mse_gradient(t, y):
    t[...] = 2 * (y - t) / y.size
    return t
"""
    )
    kept = {name: o for (name, check), o in found.items() if check == "leaves_its_inputs_alone"}
    assert kept["relu_backward"].verdict is Verdict.PASSED
    assert kept["mse_gradient"].problem == "changed t, which it was only given to read"


TURNED_AGAINST_ITS_LOSS = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def softmax_cross_entropy(z, t):
    return -np.sum(t * np.log(softmax(z))) / len(z)

def softmax_cross_entropy_gradient(z, t):
    return (t - softmax(z)) / len(z)

def mse_loss_gradient(y, t):
    return 2 * (y - t) / y.size

def sigmoid_derivative(z):
    return np.exp(-z) / (1 + np.exp(-z)) ** 2
"""


def test_a_gradient_with_the_opposite_sign_of_its_own_loss_is_wrong(outcomes):
    found = outcomes(TURNED_AGAINST_ITS_LOSS)
    numeric = found["softmax_cross_entropy_gradient", "agrees_with_the_numeric_derivative"]
    assert numeric.verdict is Verdict.WRONG and "opposite sign" in numeric.problem


def test_the_error_of_the_output_is_advice_where_other_code_may_add_it(outcomes):
    step = """
def step(W, x, t, lr):
    return W + lr * x.T @ softmax_cross_entropy_gradient(x @ W, t)
"""
    found = outcomes(TURNED_AGAINST_ITS_LOSS + step)
    assert not [o for o in found.values() if o.verdict.failed]
    numeric = found["softmax_cross_entropy_gradient", "agrees_with_the_numeric_derivative"]
    assert numeric.verdict is Verdict.ADVICE and "opposite sign" in numeric.problem


NO_GRADIENTS = """
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1, self.b1 = np.ones((n_in, n_hidden)), np.ones(n_hidden)
        self.W2, self.b2 = np.ones((n_hidden, n_out)), np.ones(n_out)
    def forward(self, X):
        return softmax(np.tanh(X @ self.W1 + self.b1) @ self.W2 + self.b2)
    def backward(self, X, y):
        return len(X) * "?"
"""


def test_a_network_that_is_not_understood_is_not_judged_and_is_listed_once_with_its_reason(
    tmp_path,
):
    path = tmp_path / "student.py"
    path.write_text(HEAD + NO_GRADIENTS)
    report = grade(path)
    assert {o.verdict for o in report.outcomes if o.function == "Net"} == {Verdict.NOT_JUDGED}
    (told,) = [one for one in report.not_judged if one.name.startswith("Net")]
    assert "no call gives the gradients of its parameters" in told.reason


def test_the_samples_of_a_loss_of_one_output_are_counted_as_n(outcomes):
    found = outcomes("""
import numpy as np
def binary_cross_entropy(y, t):
    return -np.sum(t * np.log(y) + (1 - t) * np.log(1 - y))
def binary_cross_entropy_derivative(y, t):
    return (y - t) / (y * (1 - y)) / len(y)
""")
    told = found["binary_cross_entropy_derivative", "agrees_with_the_numeric_derivative"]
    assert told.verdict is Verdict.ADVICE and "7 times too small, and N = 7" in told.problem


def test_a_function_that_hung_while_it_was_read_is_told_by_every_check(outcomes):
    found = outcomes("def sigmoid(z):\n    while True:\n        pass\n")
    told = {o.problem for (_, check), o in found.items() if check != "loads"}
    assert told and all("did not come back within 2 s" in problem for problem in told)


@pytest.mark.parametrize(
    ("value", "hint"),
    [("p.tolist()", "; np.array(...)"), ("np.matrix(p)", "; np.asarray(...)")],
)
def test_what_is_no_plain_array_is_told_how_to_become_one(outcomes, value, hint):
    head, body = HEAD.rsplit("    return ", 1)
    found = outcomes(f"{head}    p = {body.strip()}\n    return {value}\n")
    formula = found["softmax", "matches_the_formula"]
    assert formula.verdict is Verdict.WRONG and hint in formula.problem
    assert found["softmax", "gives_the_same_answer_twice"].verdict is Verdict.PASSED


def test_a_gradient_averages_where_its_loss_is_left_apart_for_each_sample(tmp_path):
    source = (
        "import numpy as np\n\nclass Loss:\n"
        "    def calculate(self, output, y):\n        return np.mean(self.forward(output, y))\n\n"
        "class CategoricalCrossentropy(Loss):\n"
        "    def forward(self, y_pred, y_true):\n"
        "        return -np.log(np.sum(np.clip(y_pred, 1e-7, 1 - 1e-7) * y_true, axis=1))\n\n"
        "    def backward(self, dvalues, y_true):\n"
        "        self.dinputs = -y_true / dvalues / len(dvalues)\n"
    )
    (tmp_path / "student.py").write_text(source)
    report = grade(tmp_path / "student.py")
    assert not [o for o in report.outcomes if o.verdict.failed]
