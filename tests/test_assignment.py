"""The assignment file: every key has its effect, and what does not fit is told with its path."""

import json
import pickle
import re
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from checkgrad import assignment as assignments
from checkgrad.assignment import Assignment, AssignmentSource, BadAssignment, load, loads
from checkgrad.assignment.decode import schema
from checkgrad.exercises import ALL
from checkgrad.grading import Grader, grade
from checkgrad.judging import exam
from checkgrad.judging.points import scored
from checkgrad.sandbox import GraderFault
from schemas import meaning

PACKAGE = Path(assignments.__file__).parent
DOCS = Path(__file__).parent.parent / "docs" / "assignments.md"
NUMPY = "import numpy as np\n"
SOFTMAX = f"""{NUMPY}
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
"""
NETWORK = f"""{NUMPY}
class MLP:
    def __init__(self, sizes, seed=0):
        rng = np.random.default_rng(seed)
        self.weights = [rng.normal(size=s) for s in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.zeros(n) for n in sizes[1:]]

    def forward(self, x):
        self.zs, self.a = [], [x]
        for w, b in zip(self.weights, self.biases):
            self.zs.append(self.a[-1] @ w + b)
            self.a.append(np.where(self.zs[-1] > 0, self.zs[-1], 0.01 * self.zs[-1]))
        z = self.zs[-1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return 1 / (1 + np.exp(-z)) if z.shape[1] == 1 else e / e.sum(axis=1, keepdims=True)

    def loss(self, x, t):
        y = self.forward(x)
        if y.shape[1] == 1:
            return -np.mean(t * np.log(y) + (1 - t) * np.log(1 - y))
        return -np.sum(t * np.log(y)) / len(x)

    def backward(self, x, t):
        d = (self.forward(x) - t) / len(x)
        dw, db = [], []
        for i in reversed(range(len(self.weights))):
            dw.insert(0, self.a[i].T @ d)
            db.insert(0, d.sum(axis=0))
            if i:
                d = (d @ self.weights[i].T) * np.where(self.zs[i - 1] > 0, 1, 0.01)
        return dw, db
"""


@pytest.fixture
def graded(tmp_path):
    """Grade a source under the text of an assignment, and give the report."""

    def run(source, text, own=""):
        (tmp_path / "hw.py").write_text(dedent(source))
        (tmp_path / "own.py").write_text(dedent(own))
        (tmp_path / "week.toml").write_text(dedent(text))
        return grade(tmp_path / "hw.py", assignment=load(tmp_path / "week.toml"))

    return run


def read(text):
    return loads(AssignmentSource("week.toml", dedent(text).encode()))


def found(report, check, exercise="softmax"):
    return next(o for o in report.outcomes if (o.exercise, o.check) == (exercise, check))


BAD = {
    "a key that is none": ('nme = "a"', "nme: no such key; did you mean name?"),
    "inside a table": (
        "[exercises.softmax]\npionts = 2",
        "exercises.softmax.pionts: no such key; did you mean points?",
    ),
    "another type": (
        '[exercises.softmax]\npoints = "2"',
        "exercises.softmax.points: expected `float`, got `str`",
    ),
    "no such exercise": ("[exercises.sofmax]", "exercises.sofmax: no such exercise; did you mean"),
    "no such check": (
        "[exercises.softmax.checks.matches_the_formul]",
        "checks.matches_the_formul: no such check here; did you mean matches_the_formula?",
    ),
    "a check that does not apply": (
        "[exercises.softmax.checks.agrees_with_the_numeric_derivative]",
        "no such check here",
    ),
    "a cost of what earns": (
        "[exercises.softmax.checks.matches_the_formula]\ncost = 1",
        "matches_the_formula.cost: this check earns points; set weight",
    ),
    "a weight of what only costs": (
        "[exercises.softmax.checks.exists]\nweight = 1",
        "exists.weight: this check earns nothing, it can only cost; set cost",
    ),
    "nothing that earns": (
        "[exercises.tanh.checks.matches_the_formula]\nweight = 0\n"
        "[exercises.tanh.checks.obeys_its_laws]\nweight = 0",
        "exercises.tanh.checks: no check earns anything",
    ),
    "negative points": ("[exercises.softmax]\npoints = -1", "exercises.softmax.points: -1"),
    "endless points": ("[exercises.softmax]\npoints = inf", "exercises.softmax.points: inf"),
    "points for what is optional": (
        '[exercises.softmax]\nkind = "optional"\npoints = 1',
        "an optional exercise is worth nothing",
    ),
    "a tolerance without a reason": (
        "[exercises.softmax.tolerance]\nrelative = 1e-3",
        "exercises.softmax.tolerance: lacks reason",
    ),
    "a reason that is none": (
        '[exercises.softmax.tolerance]\nrelative = 1e-3\nreason = " "',
        "tolerance.reason: is empty",
    ),
    "no such convention": ('conventions.reduct = "sum"', "did you mean reduction?"),
    "no such choice": ('conventions.reduction = "sums"', "no choice 'sums'; did you mean sum?"),
    "a network nobody asks for": ("network.sizes = [[2, 1]]", "network: is of no use without"),
    "a network of one layer": (
        "network.sizes = [[2]]\n[exercises.MLP]",
        "network.sizes[0]: [2] is no network",
    ),
    "no such task": ("network.training.xr = 1\n[exercises.MLP]", "training.xr: no such task"),
    "no accuracy": (
        "network.training.three_class = 2\n[exercises.MLP]",
        "training.three_class: 2 is no accuracy",
    ),
    "a limit of nothing": ("limits.call = 0", "limits.call: 0.0 is no limit"),
    "a negative seed": ("seed = -1", "seed: -1 is negative"),
    "a secret that is not set": ('secret = "CHECKGRAD_NO_SUCH"', "CHECKGRAD_NO_SUCH is not set"),
    "a visibility that is none": ('hints = "never"', "hints: invalid enum value 'never'"),
    "another version": ('lock.checkgrad = "0.0.1"', "pip install checkgrad==0.0.1"),
    "other probes": ('lock.probes = "00"', "lock.probes: other inputs are drawn"),
    "no TOML": ("a =", "no TOML: Invalid value"),
    "brackets without end": (f"a = {'[' * 5000}{']' * 5000}", "nested too deep"),
    "a number of thousands of digits": (f"a = {'9' * 5000}", "no TOML that can be read"),
    "more points than there can be": (
        "[exercises.softmax]\npoints = 1e300",
        "softmax.points: 1e+300",
    ),
    "more memory than there is": (f"limits.memory = {10**17}", "limits.memory: 1e+17 MB is more"),
    "more time than there is": ("limits.call = 1e300", "limits.call: 1e+300 s is more"),
    "a network without end": (
        "network.sizes = [[2, 1000000]]\n[exercises.MLP]",
        "network.sizes[0]: too large",
    ),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_what_does_not_fit_is_told_in_one_line_with_its_path(text, said):
    with pytest.raises(BadAssignment, match=re.escape(said)) as caught:
        read(text)
    assert str(caught.value).startswith("week.toml: ")
    assert "\n" not in str(caught.value)


def test_the_examples_of_the_docs_are_ones(tmp_path):
    blocks = DOCS.read_text().split("```")
    python = next(b for b in blocks if b.startswith("python\n")).removeprefix("python\n")
    toml = next(b for b in blocks if b.startswith("toml\n")).removeprefix("toml\n")
    own = AssignmentSource(
        "week.toml", f'own = "own.py"\n{toml}[exercises.swish]'.encode(), python.encode()
    )
    assert loads(own).maximum == 3


def test_every_key_is_documented():
    text = DOCS.read_text()
    keys = {key for table in schema()["$defs"].values() for key in table["properties"]}
    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []


def test_the_schema_in_the_package_is_fresh():
    shipped = json.loads((PACKAGE / "schema.json").read_text())
    assert meaning(shipped) == meaning(schema())


def test_a_bonus_adds_to_the_score_and_not_to_the_maximum(graded):
    text = '[exercises.softmax]\nkind = "bonus"\npoints = 1\n[exercises.sigmoid]\npoints = 2'
    sigmoid = "\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n"
    report = graded(SOFTMAX + sigmoid, text)
    assert (report.score, report.maximum) == (3, 2)
    assert sum(o.maximum or 0 for o in report.outcomes) == 2


@pytest.mark.parametrize("kind", ["bonus", "optional"])
def test_what_is_not_required_may_be_left_out(graded, kind):
    text = f'[exercises.tanh]\nkind = "{kind}"\n[exercises.softmax]'
    for left_out in ("", "\ndef tanh(z):\n    raise NotImplementedError\n"):
        report = graded(SOFTMAX + left_out, text)
        assert report.score == report.maximum == 1
        assert not any(o.verdict.failed for o in report.outcomes)


def test_what_is_right_by_a_convention_that_is_ruled_out_fails_and_is_told_so(graded):
    columns = SOFTMAX.replace("axis=1", "axis=0")
    assert graded(columns, "[exercises.softmax]").score == 1
    report = graded(columns, '[exercises.softmax]\n[conventions]\nlayout = "rows"')
    assert report.score == 0
    problem = found(report, "matches_the_formula").problem
    assert "is right samples in columns, but the assignment asks for layout rows" in problem


def test_a_network_of_another_convention_fails_and_is_told_so(graded):
    report = graded(NETWORK, '[exercises.MLP]\n[conventions]\nreduction = "sum"')
    said = found(report, "gradients", "MLP")
    assert said.verdict == "wrong"
    assert "reduction mean; the assignment asks for reduction sum" in said.problem


def test_a_network_that_takes_both_is_asked_by_the_convention_that_is_pinned(graded):
    either = "\n        t = t if t.ndim == 2 else np.eye(self.weights[-1].shape[1])[t]"
    both = NETWORK
    for head in ("def loss(self, x, t):", "def backward(self, x, t):"):
        both = both.replace(head, head + either)
    for labels in ("integers", "one-hot"):
        report = graded(both, f'[exercises.MLP]\n[conventions]\nlabels = "{labels}"')
        assert found(report, "gradients", "MLP").verdict == "passed"
    report = graded(NETWORK, '[exercises.MLP]\n[conventions]\nlabels = "integers"')
    assert found(report, "gradients", "MLP").verdict == "wrong"


def test_a_gradient_that_is_not_that_of_its_loss_fails_where_the_reduction_is_pinned(graded):
    summed = NETWORK.replace("- t) / len(x)\n        dw", "- t)\n        dw")
    assert found(graded(summed, "[exercises.MLP]"), "gradients", "MLP").verdict == "advice"
    pinned = '[exercises.MLP]\n[conventions]\nreduction = "mean"'
    assert found(graded(summed, pinned), "gradients", "MLP").verdict == "wrong"


def test_a_tolerance_gives_room_and_no_more(graded):
    rough = SOFTMAX + "\nexact = softmax\ndef softmax(z):\n    return exact(z) * (1 + 1e-4)\n"
    given = '[exercises.softmax.tolerance]\nreason = "read off a table"\nrelative = '
    assert graded(rough, given + "1e-3").score == 1
    assert found(graded(rough, given + "1e-5"), "matches_the_formula").verdict == "wrong"


def test_another_import_costs_what_the_file_says(graded):
    source = "from scipy.special import expit\nimport numpy.linalg\n" + SOFTMAX
    text = '[exercises.softmax]\npoints = 2\n[imports]\nallowed = ["numpy"]\n'
    report = graded(source, text + "cost = 0.5")
    assert report.score == 1.5
    said = found(report, "imports_only_what_is_allowed", "imports")
    assert said.problem == "imports scipy.special.expit (line 1); allowed: numpy"
    assert graded(source, text).score == 0
    assert graded(SOFTMAX, text).score == 2


def test_advice_costs_where_the_file_prices_it(graded):
    overflows = SOFTMAX.replace(" - z.max(axis=1, keepdims=True)", "")
    priced = "[exercises.softmax.checks.survives_extreme_inputs]\ncost = 0.25"
    report = graded(overflows, priced)
    assert found(report, "survives_extreme_inputs").verdict == "wrong"
    assert report.score == 0.75
    assert graded(overflows, "[exercises.softmax]").score == 1


def test_hidden_checks_are_hidden_until_they_are_released(graded):
    text = '[exercises.softmax.checks.obeys_its_laws]\nvisibility = "after_due_date"'
    assert found(graded(SOFTMAX, text), "obeys_its_laws").visibility == "after_due_date"
    released = graded(SOFTMAX, "released = true\n" + text)
    assert found(released, "obeys_its_laws").visibility == "visible"


def test_limits_reach_the_worker(graded):
    slow = SOFTMAX + "\nimport time\nfast = softmax\n"
    slow += "def softmax(z):\n    time.sleep(1)\n    return fast(z)\n"
    report = graded(slow, "[exercises.softmax]\n[limits]\ncall = 0.1")
    assert found(report, "exists").verdict == "over_limit"


def test_networks_are_asked_at_the_sizes_of_the_file(graded):
    text = "[exercises.MLP]\n[network]\nsizes = [[3, 5, 4, 2]]"
    layers = found(graded(NETWORK, text), "gradients", "MLP").evidence[0]
    assert layers.sizes == [3, 5, 4, 2]


@pytest.mark.parametrize(
    ("source", "verdict", "points"),
    [
        (NETWORK, "passed", 1),
        (NETWORK.replace("return dw, db", "return [-w for w in dw], [-b for b in db]"), "wrong", 0),
    ],
)
def test_a_task_has_to_be_learned_to_the_accuracy_of_the_file(tmp_path, source, verdict, points):
    (tmp_path / "hw.py").write_text(source)
    text = "[exercises.MLP]\npoints = 2\n[network.training]\nxor_two_class_descent = 1.0"
    with Grader(tmp_path / "hw.py", assignment=read(text), pictures=False) as grader:
        asked = [q for q in grader.questions if q.check == "learns_xor_two_class_descent"]
        outcome = grader.ask(*asked).outcome
    assert outcome.verdict == verdict
    assert verdict == "passed" or "expected 100.0%" in outcome.problem
    (priced,) = scored([outcome], read(text))[0]
    assert (priced.points, priced.maximum) == (points, 1)


def test_a_function_of_another_name_answers_where_the_file_says_so(graded):
    renamed = SOFTMAX.replace("def softmax", "def f")
    assert graded(renamed, '[exercises.softmax]\nfunction = "f"').score == 1
    report = graded(NETWORK, '[exercises.MLP]\nfunction = "Net"')
    outcome = found(report, "gradients", "MLP")
    assert outcome.verdict == "missing"
    assert outcome.problem == "MLP is mapped to Net, which the submission does not define"
    second = NETWORK + NETWORK.partition(NUMPY)[2].replace("class MLP", "class Other")
    report = graded(second, '[exercises.MLP]\nfunction = "Other"')
    assert {o.function for o in report.outcomes if o.exercise == "MLP"} == {"Other"}


OWN = '''
import numpy as np
from checkgrad.exercise import exercise

def inputs(rng):
    yield (rng.normal(size=(5, 3)),)
    yield (rng.normal(size=(4, 2)),)

@exercise(inputs, latex="x^2 + 1", source="handout 3")
def bowl(x):
    """The square of every entry, plus one."""
    return x**2 + 1

@bowl.misconception(hint="What is the value at 0?")
def forgot_the_one(x):
    """The one is missing."""
    return x**2
'''


def test_a_teachers_own_exercise_is_judged_like_any_other(graded):
    text = 'own = "own.py"\n[exercises.bowl]\npoints = 3'
    assert graded("def bowl(x):\n    return 1 + x * x\n", text, OWN).score == 3
    report = graded("def bowl(x):\n    return x * x\n", text, OWN)
    assert report.score == 0
    said = found(report, "matches_the_formula", "bowl")
    assert [d.name for d in said.diagnoses] == ["forgot_the_one"]


OWN_WRONG = {
    "stops": ("import numpy\n1 / 0\n", "own.py, line 2: ZeroDivisionError"),
    "is no Python": ("def f(:\n", "own.py, line 1: SyntaxError"),
    "holds none": ("x = 1\n", "own.py defines no exercise"),
    "takes a name": (OWN.replace("bowl", "softmax"), "there is already an exercise softmax"),
}


@pytest.mark.parametrize(("own", "said"), OWN_WRONG.values(), ids=OWN_WRONG)
def test_a_teachers_file_that_is_wrong_is_told_in_one_line(tmp_path, own, said):
    (tmp_path / "own.py").write_text(own)
    (tmp_path / "week.toml").write_text('own = "own.py"')
    with pytest.raises(BadAssignment, match=re.escape(said)):
        load(tmp_path / "week.toml")


def test_an_assignment_travels_as_bytes():
    source = AssignmentSource("week.toml", b'own = "own.py"\n[exercises.bowl]\n', OWN.encode())
    sent = loads(source)
    assert [e.name for e in assignments.asked(sent)] == ["bowl"]
    assert sent.digest != loads(AssignmentSource("week.toml", b"[exercises.softmax]")).digest


def test_another_numpy_is_a_remark_and_no_error():
    text = f'lock.numpy = "{np.__version__}"'
    assert assignments.remarks(read(text)) == []
    (said,) = assignments.remarks(read('lock.numpy = "1.2.3"'))
    assert "written for NumPy 1.2.3" in said


def test_the_lock_of_the_probes_holds_as_long_as_they_are_the_same():
    text = "seed = 5\n[exercises.softmax]\n[exercises.MLP]\n"
    digest = assignments.digest_of_probes(read(text))
    assert read(text + f'[lock]\nprobes = "{digest}"')
    with pytest.raises(BadAssignment, match="other inputs are drawn"):
        read(text.replace("5", "6") + f'[lock]\nprobes = "{digest}"')


def test_no_assignment_asks_for_everything():
    assert Assignment().maximum is None
    assert assignments.asked(Assignment()) == ALL


def test_pytest_shows_a_student_no_more_than_the_file_allows(grade, pytester):
    text = """
        own = "own.py"
        hints = "after_due_date"
        examples = "hidden"
        [exercises.bowl]
        checks.gives_the_same_answer_twice.visibility = "hidden"
        """

    pytester.makepyfile(own=OWN)
    source = "n = 0\ndef bowl(x):\n    global n\n    n += 1\n    return x * x + n\n"
    pytester.makefile(".toml", week="released = true" + dedent(text))
    result = grade(source, "--checkgrad-assignment", "week.toml").stdout.str()
    assert "another answer" not in result
    assert "got" not in result
    result = grade(source.replace("+ n", ""), "--checkgrad-assignment", "week.toml").stdout.str()
    assert "What is the value at 0?" in result


def test_an_assignment_with_a_teachers_file_is_pickled_for_another_process():
    source = AssignmentSource("week.toml", b'own = "own.py"\n[exercises.bowl]\n', OWN.encode())
    sent = pickle.loads(pickle.dumps(loads(source)))
    assert [e.name for e in assignments.asked(sent)] == ["bowl"]


def test_the_secret_is_the_one_that_the_file_names(monkeypatch):
    monkeypatch.setenv("WEEK_SECRET", "words of the course")
    named = read('name = "week"\nsecret = "WEEK_SECRET"')
    assert exam.seed_for(named, 7) == exam.seed_for(named, 7) != 7
    assert exam.seed_for(read('name = "week"'), 7) == 7
    monkeypatch.delenv("WEEK_SECRET")
    with pytest.raises(GraderFault, match="WEEK_SECRET is not set here"):
        exam.seed_for(named, 7)
