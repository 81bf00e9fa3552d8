"""Within its time and ours, and without repeating what student code says where inputs are secret."""

import pytest
from msgspec.structs import replace

from checkgrad.assignment import AssignmentSource, loads
from checkgrad.child.behaviour import Behaviour
from checkgrad.child.request import call
from checkgrad.grading import Grader, assemble, grade
from checkgrad.grading.interview import Interview, OurTimeIsUp, OutOfTime
from checkgrad.judging import exam
from checkgrad.model import Verdict
from checkgrad.render import FORMATS
from checkgrad.sandbox import Worker, WorkerLimits

HEAD = "import numpy as np\n\n"
RIGHT = "return np.exp(-np.logaddexp(0, -np.asarray(z, float)))"
WEEK = 'name = "week"\nexercises.sigmoid.points = 1\nexercises.tanh.points = 2\n'
HIDDEN = f'examples = "hidden"\nhints = "hidden"\n{WEEK}'


def week(text):
    return loads(AssignmentSource("week.toml", text.encode()))


def graded(tmp_path, source, text=WEEK):
    path = tmp_path / "hw.py"
    path.write_text(HEAD + source)
    return grade(path, assignment=week(text))


class Busy:
    """A worker that answers as told."""

    def __init__(self, **answer):
        self.answer = Behaviour(**answer)

    def ask(self, requests):
        return [self.answer for _ in requests]


def test_what_a_submission_has_no_time_for_is_not_asked():
    late = Interview(Busy(died="not asked: it has used its 1 s", died_of="budget"), 9.0, False)
    with pytest.raises(OutOfTime, match="it has used its 1 s"):
        late.ask([call("f", 1)])


def test_what_we_have_no_time_for_is_not_asked():
    interview = Interview(Busy(value=1), 0.0, False)
    assert interview.ask([]) == []
    with interview.counted(), pytest.raises(OurTimeIsUp):
        while True:
            interview.ask([call("f", 1)])
    assert interview.is_hurried


def test_a_submission_that_sleeps_spends_its_budget(tmp_path):
    path = tmp_path / "hw.py"
    path.write_text("import time\n\ndef f(x):\n    time.sleep(0.1)\n    return x\n")
    with Worker(path, limits=WorkerLimits(call=1.0, submission=1.0)) as worker:
        answers = worker.ask([call("f", i) for i in range(60)])
    assert 2 <= sum(answer.returned for answer in answers) <= 12
    assert answers[-1].died_of == "budget"


def test_a_second_worker_spends_the_same_budget(tmp_path):
    path = tmp_path / "hw.py"
    path.write_text("import time\n\ndef f(x):\n    time.sleep(0.5)\n    return x\n")
    with Worker(path, limits=WorkerLimits(call=1.0, submission=0.4)) as worker:
        assert worker.ask([call("f", 1)])[0].returned
        with worker.again() as twin:
            assert twin.ask([call("f", 1)])[0].died_of == "budget"


def test_for_want_of_time_is_not_judged_and_earns_nothing(tmp_path):
    source = f"import time\n\ndef sigmoid(z):\n    time.sleep(0.3)\n    {RIGHT}\n\ndef tanh(z):\n    return np.tanh(z)\n"
    report = graded(tmp_path, source, f"{WEEK}limits.submission = 1\n")
    late = [o for o in report.outcomes if o.exercise == "tanh"]
    assert {o.verdict for o in late} == {Verdict.NOT_JUDGED}
    assert all(o.problem == "not asked: the submission has used its 1 s" for o in late)
    assert report.score == 0
    assert "not judged: earns 0 of" in late[1].arithmetic


NETWORK = """
class Net:
    def __init__(self, sizes):
        pairs = list(zip(sizes, sizes[1:]))
        self.W = [np.random.randn(a, b) for a, b in pairs]
        self.b = [np.zeros(b) for _, b in pairs]

    def forward(self, x):
        self.seen = [x]
        for w, b in zip(self.W, self.b):
            self.seen.append(1 / (1 + np.exp(-(self.seen[-1] @ w + b))))
        return self.seen[-1]

    def backward(self, t):
        d = (self.seen[-1] - t) / len(t)
        self.dW, self.db = [None] * len(self.W), [None] * len(self.W)
        for i in reversed(range(len(self.W))):
            self.dW[i], self.db[i] = self.seen[i].T @ d, d.sum(axis=0)
            d = d @ self.W[i].T
"""
WRONG = "def sigmoid(z):\n    return 1 / (1 + np.exp(np.asarray(z, float)))\n"


@pytest.fixture
def grader(tmp_path):
    path = tmp_path / "hw.py"
    path.write_text(HEAD + WRONG + NETWORK)
    with Grader(path) as grader:
        yield grader


def failures(grader):
    parts = [grader.ask(question) for question in grader.questions]
    report = grader.operated(assemble(grader.header(), parts, grader.assignment))
    return [o for o in report.outcomes if o.verdict is Verdict.WRONG]


def test_with_time_a_wrong_network_and_a_wrong_function_are_explained(grader):
    found = failures(grader)
    assert {"sigmoid", "MLP"} <= {o.exercise for o in found}
    assert all("want of time" not in o.note for o in found)
    assert all(any(o.repairs for o in found if o.exercise == name) for name in ("sigmoid", "MLP"))


def test_in_a_hurry_what_is_wrong_is_told_and_not_explained(grader, monkeypatch):
    monkeypatch.setattr("checkgrad.grading.interview.HURRY", 0.0)
    found = failures(grader)
    for name, check in (("sigmoid", "matches_the_formula"), ("MLP", "gradients")):
        outcome = next(o for o in found if (o.exercise, o.check) == (name, check))
        assert not outcome.diagnoses
        assert "was not looked into, for want of time" in outcome.note


def test_what_would_make_it_right_is_not_looked_for_when_time_is_up(grader):
    parts = [grader.ask(question) for question in grader.questions]
    report = assemble(grader.header(), parts, grader.assignment)
    grader.read.interview.ours = 0.0
    for outcome in grader.operated(report).outcomes:
        assert not outcome.repairs
        first = outcome.check in ("matches_the_formula", "gradients")
        if outcome.verdict is Verdict.WRONG and first:
            assert "was not looked for, for want of time" in outcome.note


LEAKS = {
    "a message": "raise ValueError(told(z))",
    "the name of an error": "raise type(told(z), (Exception,), {})('no')",
    "what stands in for a library": "raise type('NotHere', (ImportError,), {})(told(z) + ' is not here')",
    "the name of a class": "return type(told(z), (), {})()",
    "the name of a field": "return np.ones(3, [(told(z), float)])",
    "text": "return told(z)",
    "a key": "return {told(z): z}",
    "a list of texts": "return [told(z), told(z)]",
    "a warning": "warnings.warn(told(z))\n    return 0 * z + 0.3",
    "a print": "print(told(z))\n    return z + 0.3",
    "an error that was caught": "try:\n        raise KeyError(told(z))\n    except KeyError as e:\n        raise ValueError from e",
    "the name of a file": "exec(compile('raise ValueError', told(z) + '.py', 'exec'))",
    "the name of code": "exec('def g(): raise ValueError'.replace('g', told(z)[:6]), d := {})\n    d[told(z)[:6]]()",
    "a fault of ours": "import sys\n    w = sys.modules['worker.wire']\n    import os\n    os.write(3, w.frame(w.FAULT, 0, told(z).encode()))",
}
TOLD = """
import warnings

def told(z):
    return "SE" + "EN" + "".join(filter(str.isalnum, repr(np.asarray(z, float).ravel()[:4].tolist())))

"""


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("kept", ["hidden", "secret"])
def test_what_code_says_of_its_inputs_is_for_staff_alone(tmp_path, monkeypatch, leak, kept):
    if kept == "secret":
        monkeypatch.setenv(exam.SECRET, "of the staff")
    text = HIDDEN if kept == "hidden" else WEEK
    source = f"{TOLD}def sigmoid(z):\n    {LEAKS[leak]}\n\ndef tanh(z):\n    return np.tanh(z)\n"
    report = graded(tmp_path, source, text)
    for name, render in FORMATS.items():
        assert name == "json" or "SEEN" not in render(report), name
    assert report.score in (None, 2)
    if leak not in ("an error that was caught", "the name of a file", "the name of code"):
        assert "SEEN" in FORMATS["json"](report)


def test_an_open_assignment_says_all_of_it(tmp_path):
    report = graded(tmp_path, f"{TOLD}def sigmoid(z):\n    raise ValueError(told(z))\n")
    assert "SEEN" in FORMATS["html"](report)
    assert not any(outcome.staff for outcome in report.outcomes)


SAYS = {
    "a value": "    return MARK + 0 * np.asarray(z, float)\n",
    "a factor": "    return MARK / (1 + np.exp(-np.asarray(z, float)))\n",
    "a difference": "    return 1 / (1 + np.exp(-np.asarray(z, float))) + MARK\n",
    "one entry": "    y = 1 / (1 + np.exp(-np.asarray(z, float)))\n    y.flat[:1] += MARK\n    return y\n",
    "an eps": "    return 1 / (1 + np.exp(-np.asarray(z, float)) + MARK * 1e-3)\n",
    "a shape": "    return np.max(z) + np.ones((1, int(1000 * MARK)))\n",
    "many axes": "    return np.max(z) + np.ones([1 + int(c) for c in str(int(1e5 * MARK))])\n",
    "a length": "    return [0.5] * int(1000 * MARK)\n",
    "an exit status": "    import os\n    os._exit(int(1000 * MARK) % 256)\n",
    "an index that is not there": "    return {}[int(1000 * MARK)]\n",
    "a type": "    return np.ones(z.shape, f'S{int(1000 * MARK)}')\n",
    "time": "    import time\n    time.sleep(MARK / 50)\n    return np.asarray(z, float)\n",
}
PARTS = "def affine_backward(dout, x, w):\n    return (dout,) * (int(1000 * MARK) - 540)\n"
BLOCKS = NETWORK.replace("/ len(t)", "@ np.ones((t.shape[1], int(1000 * MARK))) / len(t)")
NET = NETWORK.replace("/ len(t)", "* MARK / len(t)")
LOOP = """
x = np.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
t = np.array([[0.], [1.], [1.], [1.]])
w, b = np.zeros((2, 1)), np.zeros(1)
for epoch in range(100):
    y = 1 / (1 + np.exp(-(x @ w + b)))
    dz = (y - t) / len(x)
    w -= MARK * x.T @ dz
    b -= MARK * dz.sum(axis=0)
"""


def told_to_students(report):
    report = replace(report, submission=replace(report.submission, sha256=""))
    return {name: render(report) for name, render in FORMATS.items() if name != "json"}


@pytest.mark.parametrize("says", [*SAYS, "a network", "blocks", "a loop", "parts"])
@pytest.mark.parametrize("kept", ["hidden", "secret"])
def test_numbers_of_student_code_carry_at_most_two_digits(tmp_path, monkeypatch, says, kept):
    if kept == "secret":
        monkeypatch.setenv(exam.SECRET, "of the staff")
    text = 'name = "week"\nexamples = "hidden"\nexercises.sigmoid.points = 1\nexercises.MLP.points = 1\nexercises.affine_backward.points = 1\n'
    body = {"a network": NET, "blocks": BLOCKS, "a loop": LOOP, "parts": PARTS}.get(
        says
    ) or f"def sigmoid(z):\n{SAYS[says]}"
    one, other = (
        told_to_students(graded(tmp_path, f"MARK = {mark}\n{body}", text))
        for mark in (0.57125, 0.57375)
    )
    assert one == other


def test_where_nothing_is_hidden_numbers_are_told_in_full(tmp_path):
    report = graded(tmp_path, f"MARK = 0.5712345\ndef sigmoid(z):\n{SAYS['a value']}")
    assert "0.571234" in FORMATS["terminal"](report)


def test_where_no_time_was_left_to_find_out_how_functions_are_called_it_is_tried_once(
    tmp_path, monkeypatch
):
    tried = []

    def late(*_, **__):
        tried.append(0)
        raise OutOfTime("not asked")

    monkeypatch.setattr("checkgrad.grading.understood.read", late)
    source = "def sigmoid(z):\n    return z\n\ndef tanh(z):\n    return np.tanh(z)\n"
    report = graded(tmp_path, source)
    assert len(tried) == 1
    asked = [o for o in report.outcomes if o.exercise in ("sigmoid", "tanh")]
    assert asked and all(o.verdict is Verdict.NOT_JUDGED for o in asked)
