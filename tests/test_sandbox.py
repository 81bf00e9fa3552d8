"""A worker answers for a submission, whatever the submission does."""

import os
import signal
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from checkgrad.child.behaviour import Unsendable
from checkgrad.child.request import Request, Result, Step, call
from checkgrad.sandbox import GraderFault, Worker, WorkerLimits, launch, launchers

SHORT = WorkerLimits(load=2.0, call=0.3, submission=20.0)

GOOD = """
import numpy as np

def double(x):
    return 2 * x
"""


@pytest.fixture
def worker(tmp_path):
    """A worker for the source of one file."""
    started = []

    def start(source, limits=SHORT):
        path = tmp_path / "hw.py"
        path.write_text(source)
        started.append(Worker(path, limits=limits))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def without(monkeypatch):
    """Switch layers off, by name, for one test."""

    def switch(layers):
        monkeypatch.setenv(launch.WITHOUT, layers)
        launchers.discard()

    yield switch
    monkeypatch.undo()
    launchers.discard()


def answer(worker, *request):
    (behaviour,) = worker.ask([call(*request)])
    return behaviour


def test_a_value_comes_back(worker):
    got = answer(worker(GOOD), "double", np.array([[1.0, 2.0]]))
    assert got.value.tolist() == [[2.0, 4.0]]
    assert got.returned


def test_answers_keep_the_order_of_the_requests(worker):
    got = worker(GOOD).ask([call("double", float(i)) for i in range(500)])
    assert [b.value for b in got] == [2.0 * i for i in range(500)]


def test_requests_larger_than_a_pipe_get_through(worker):
    big = np.ones(600_000)
    got = worker(GOOD).ask([call("double", big)] * 3)
    assert [b.value.sum() for b in got] == [1_200_000.0] * 3


def test_an_exception_shows_the_lines_of_the_student_only(worker):
    source = GOOD + "\ndef f(x):\n    return np.linalg.inv(x)\n\ndef g(x):\n    return f(x)\n"
    got = answer(worker(source), "g", np.zeros((2, 2)))
    assert (got.raised, got.message) == ("LinAlgError", "Singular matrix")
    assert got.traceback == (
        "hw.py, line 11, in g\n    return f(x)\nhw.py, line 8, in f\n    return np.linalg.inv(x)"
    )


def test_a_deep_traceback_leaves_its_middle_out(worker):
    got = answer(worker("def f(x):\n    return f(x)\n"), "f", 1)
    assert got.raised == "RecursionError"
    assert "more ..." in got.traceback
    assert got.traceback.count("\n") < 30


@pytest.mark.parametrize("how", ["raise SystemExit(3)", "raise KeyboardInterrupt", "exit()"])
def test_leaving_is_an_outcome_of_the_call(worker, how):
    w = worker(GOOD + f"\ndef f(x):\n    {how}\n")
    assert answer(w, "f", 1).raised in ("SystemExit", "KeyboardInterrupt")
    assert answer(w, "double", 1).value == 2


def test_prints_and_warnings_belong_to_the_call_that_made_them(worker):
    source = GOOD + "\ndef f(x):\n    print('seen', x)\n    return np.log(np.zeros(1))\n"
    first, second = worker(source).ask([call("f", 1), call("double", 1)])
    assert first.printed == "seen 1\n"
    assert first.warned == ("RuntimeWarning: divide by zero encountered in log",)
    assert (second.printed, second.warned) == ("", ())


def test_endless_printing_is_cut(worker):
    got = answer(worker("def f(x):\n    print('a' * 10_000_000)\n    return x\n"), "f", 1)
    assert got.value == 1
    assert len(got.printed) < 5_000


def test_changed_arguments_are_named_by_position(worker):
    source = "def f(x, y, z):\n    y += 1\n    z[0][0] = 5.0\n    return x\n"
    got = answer(worker(source), "f", np.ones(2), np.ones(2), [np.ones(2)])
    assert got.mutated == (1, 2)


def test_a_call_does_not_see_what_an_earlier_one_did_to_its_argument(worker):
    x = np.zeros(2)
    got = worker("def f(x):\n    x += 1\n    return x\n").ask([call("f", x)] * 2)
    assert [b.value.tolist() for b in got] == [[1.0, 1.0]] * 2
    assert x.tolist() == [0.0, 0.0]


def test_random_numbers_are_the_same_in_every_call(worker):
    source = "import numpy as np, random\ndef f():\n    return np.random.rand(), random.random()\n"
    first, second = worker(source).ask([call("f")] * 2)
    assert first.value == second.value


def test_steps_work_on_objects_that_stay_in_the_worker(worker):
    source = """
class Layer:
    def __init__(self, w, scale=1.0):
        self.w = w
        self.params = {"b": scale}

    def forward(self, x):
        self.seen = x
        return x @ self.w, {"cache": x}

    @property
    def size(self):
        return self.w.size
"""
    steps = (
        Step("call", (".Layer",), args=(np.eye(2),), named=(("scale", 3.0),)),
        Step("set", (".params", "b"), of=0, args=(7.0,)),
        Step("call", (".forward",), of=0, args=(np.ones((1, 2)),)),
        Step("get", (".size",), of=0),
        Step("call", (".forward",), of=0, args=(Result(2, (1, "cache")),)),
    )
    wanted = {"out": Result(2, (0,)), "b": Result(0, (".params", "b")), "size": (Result(3), [4])}
    (got,) = worker(source).ask([Request("Layer", steps, wanted)])
    assert got.value["out"].tolist() == [[1.0, 1.0]]
    assert (got.value["b"], got.value["size"]) == (7.0, (4, [4]))


def test_an_object_is_described_not_sent(worker):
    got = answer(worker("class Net:\n    pass\n"), "Net")
    assert got.value == Unsendable("an object of class Net")


def test_an_unknown_function_is_an_exception_that_names_it(worker):
    got = answer(worker(GOOD), "softmax", 1)
    assert got.message == "the submission defines no softmax"


def test_a_hang_costs_its_function_alone(worker):
    w = worker(GOOD + "\ndef f(x):\n    while x > 0:\n        pass\n    return x\n")
    hung, again, other = w.ask([call("f", 1), call("f", 0), call("double", 4)])
    assert (hung.died, hung.died_of) == ("did not come back within 0.3 s", "time")
    assert again.died == "did not come back within 0.3 s; not asked again"
    assert other.value == 8


def test_waiting_for_ever_is_a_hang_too(worker):
    w = worker(GOOD + "\nimport time\ndef f(x):\n    time.sleep(1000)\n")
    assert answer(w, "f", 1).died_of == "time"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("os._exit(3)", "the process ended: exit status 3"),
        ("os.abort()", "the process ended: SIGABRT"),
        ("ctypes.string_at(0)", "the process ended: SIGSEGV"),
    ],
)
def test_a_crash_says_how_the_process_ended(worker, how, words):
    w = worker(GOOD + f"\nimport os, ctypes\ndef f(x):\n    if x: {how}\n    return x\n")
    crashed, fine, other = w.ask([call("f", 1), call("f", 0), call("double", 4)])
    assert (crashed.died, crashed.died_of) == (words, "crash")
    assert (fine.value, other.value) == (0, 8)


def test_a_function_that_keeps_crashing_is_given_up(worker):
    w = worker(GOOD + "\nimport os\ndef f(x):\n    os._exit(1)\n")
    got = w.ask([call("f", 1)] * 50 + [call("double", 1)])
    assert got[2].died == "the process ended: exit status 1; not asked again"
    assert got[-1].value == 2


def test_a_submission_has_a_budget(worker):
    w = worker(GOOD + "\ndef f(x):\n    while True: pass\n", replace(SHORT, submission=0.2))
    got = w.ask([call("f", 1), call("double", 1)])
    assert got[0].died_of == "time"
    assert (got[1].died, got[1].died_of) == (
        "not asked: the submission has used its 0.2 s",
        "budget",
    )


def test_too_much_memory_is_an_exception(worker):
    limits = replace(SHORT, memory=256 << 20)
    w = worker(GOOD + "\ndef f(x):\n    return np.ones(10**8)\n", limits)
    assert answer(w, "f", 1).raised == "MemoryError"


def test_a_value_that_does_not_fit_is_described(worker):
    got = answer(worker(GOOD + "\ndef f(x):\n    return np.zeros(10**7)\n"), "f", 1)
    assert "more than" in got.value.description


def test_bytes_that_drip_into_the_line_extend_nothing(worker):
    source = (
        GOOD
        + "\nimport os, time\ndef f(x):\n    while True:\n        os.write(3, b'g')\n        time.sleep(0.01)\n"
    )
    got = worker(source).ask([call("f", 1), call("double", 1)])
    assert got[0].died_of in ("time", "protocol")
    assert got[1].value == 2


FORGED = """
import os, struct
def frame(kind, seq, body):
    return struct.pack("<IB3xII", 0x64615267, kind, seq, len(body)) + body
"""


@pytest.mark.parametrize(
    "body",
    [
        "frame(7, 5, b'')",
        "frame(7, 0, b'x' * 10)",
        "frame(5, 0, b'x')",
        "struct.pack('<IB3xII', 0x64615267, 7, 0, 2**31)",
        "b'\\0' * 100",
    ],
)
def test_forged_answers_are_refused(worker, body):
    source = GOOD + FORGED + f"\ndef f(x):\n    os.write(3, {body})\n    return x\n"
    got = worker(source).ask([call("f", 1), call("double", 1)])
    assert got[0].died == "it wrote into the grader's channel"
    assert got[0].died_of == "protocol"
    assert got[1].value == 2


def test_half_an_answer_forged_costs_its_function_alone(worker):
    source = GOOD + FORGED + "\ndef f(x):\n    os.write(3, frame(7, 0, b'')[:9])\n    return x\n"
    got = worker(source).ask([call("f", 1), call("double", 1)])
    assert got[0].died_of in ("time", "protocol")
    assert got[1].value == 2


def test_progress_reported_without_end_does_not_extend_loading(worker):
    source = FORGED + "\nwhile True:\n    os.write(3, frame(4, 1, b'hw.py'))\n" + GOOD
    assert (
        "line 6: not run (a while loop)" in worker(source, replace(SHORT, load=0.5)).inventory.notes
    )


def test_all_text_of_a_submission_is_made_safe(worker):
    source = (
        "def f(x):\n    print('\\x1b[2J')\n    raise ValueError('\\u202e\\x00::error::')\n"
        "def g(x):\n    return {'\\x1b': '\\x07'}\n"
    )
    raised, value = worker(source).ask([call("f", 1), call("g", 1)])
    shown = raised.printed + raised.message + raised.traceback + str(value.value)
    assert not any(ord(c) < 32 and c != "\n" for c in shown)
    assert "\u202e" not in shown
    assert not any(line.startswith("::") for line in shown.splitlines())


def test_the_worker_never_sees_checkgrad_or_other_libraries(worker):
    source = """
import sys
def f():
    found = [name for name in sys.modules if name.startswith(("checkgrad", "pytest", "msgspec"))]
    for name in ("checkgrad", "pytest", "msgspec"):
        try:
            __import__(name)
        except ImportError:
            continue
        found.append(name)
    return found
"""
    assert answer(worker(source), "f").value == []


def test_the_worker_has_a_clean_environment(worker, monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "42")
    got = answer(worker("import os\ndef f():\n    return dict(os.environ)\n"), "f")
    assert "COURSE_SECRET" not in got.value
    assert got.value["HOME"] == "/nonexistent"


def test_the_submission_runs_in_another_process(worker):
    got = answer(worker("import os\ndef f():\n    return os.getpid()\n"), "f")
    assert got.value != os.getpid()


def test_a_submission_that_does_not_load_answers_nothing(worker):
    w = worker("def f(:\n")
    assert w.inventory.problem == "line 1: invalid syntax: def f(:"
    got = answer(w, "f", 1)
    assert (got.died, got.died_of) == ("the submission does not load", "load")


def test_a_lost_fork_server_is_replaced_and_the_question_put_again(worker):
    w = worker(GOOD)
    assert answer(w, "double", 1).value == 2
    os.kill(launchers.launcher().handle.pid, signal.SIGKILL)
    assert answer(w, "double", 2).value == 4


def test_a_stopped_fork_server_is_replaced(worker, monkeypatch):
    monkeypatch.setattr(launch, "RPC_WITHIN", 0.5)
    launchers.discard()
    w = worker(GOOD)
    os.kill(launchers.launcher().handle.pid, signal.SIGSTOP)
    assert answer(w, "double", 2).value == 4


def test_a_worker_that_cannot_be_started_is_the_graders_fault(worker, monkeypatch):
    launchers.discard()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(GraderFault):
        worker(GOOD)
    launchers.discard()


def test_a_fault_of_the_grader_later_on_blames_nobody(worker, monkeypatch):
    w = worker(GOOD + "\nimport os\ndef f(x):\n    os._exit(1)\n")
    assert w.inventory.find("f")

    def fail():
        raise GraderFault("no process to be had")

    monkeypatch.setattr(launchers, "launcher", fail)
    crashed, fine = w.ask([call("f", 1), call("double", 1)])
    assert crashed.died_of == "crash"
    assert (fine.died, fine.died_of) == ("no process to be had", "grader")
    monkeypatch.undo()
    assert answer(w, "double", 1).value == 2


def test_two_workers_at_once_do_not_disturb_each_other(worker, tmp_path):
    one = worker(GOOD)
    (tmp_path / "other.py").write_text("def f():\n    while True: pass\n")
    with Worker(tmp_path / "other.py", limits=SHORT) as two:
        assert answer(one, "double", 1).value == 2
        assert answer(two, "f").died_of == "time"
        assert answer(one, "double", 2).value == 4


def test_nothing_is_left_behind(worker):
    w = worker(GOOD)
    folder = w.staged.folder
    assert answer(w, "double", 1).value == 2
    pid = w._session.process.pid
    w.close()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("layers", ["forkserver", "forkserver,uid,landlock,rlimits,seccomp"])
def test_a_spawned_worker_gives_the_same_answers(worker, without, layers):
    without(layers)
    w = worker(GOOD + "\nimport os\ndef f(x):\n    os._exit(3)\ndef g(x):\n    while True: pass\n")
    crashed, hung, fine = w.ask([call("f", 1), call("g", 1), call("double", 4)])
    assert crashed.died == "the process ended: exit status 3"
    assert hung.died_of == "time"
    assert fine.value == 8


def test_a_line_with_threads_gives_the_same_answers(worker, without, monkeypatch):
    from checkgrad.sandbox import channel

    monkeypatch.setattr(launch, "channel", channel.ThreadedChannel)
    without("forkserver")
    w = worker(GOOD + "\nimport os\ndef f(x):\n    os._exit(3)\n")
    big, crashed, fine = w.ask([call("double", np.ones(10**5)), call("f", 1), call("double", 4)])
    assert big.value.sum() == 200_000.0
    assert crashed.died == "the process ended: exit status 3"
    assert fine.value == 8


def test_the_isolation_names_only_what_was_verified(worker, without):
    without("landlock,bubblewrap")
    found = worker(GOOD).isolation
    assert not any(layer.startswith("landlock") for layer in found.layers)
    assert found.level == "weak"
    stopped, tried = map(int, found.verified.split("/"))
    assert stopped < tried


def test_time_that_the_grader_spends_is_not_the_students(worker):
    w = worker(GOOD, replace(SHORT, submission=0.5))
    assert answer(w, "double", 1).value == 2
    time.sleep(0.6)
    assert answer(w, "double", 1).value == 2
