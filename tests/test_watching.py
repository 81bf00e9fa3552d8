"""Watched runs in the sandbox: of calls and of a file's own work, told as plain numbers."""

import json

import numpy as np
import pytest

from checkgrad.child.request import Result, Step, call
from checkgrad.child.wanted import ByTurn, Change, Latest, Named, Tell, Watch
from checkgrad.sandbox import Worker
from checkgrad.sandbox.watching import Watching, WatchRequest, same

ALL = (Tell(None, groups=True),)
NET = """
import numpy as np

def loss(y, t):
    return 0.5 * np.sum((y - t) ** 2)

class Net:
    def __init__(self, n):
        self.w = np.full((n, 1), 0.5)

    def step(self, x, t):
        y = x @ self.w
        self.w -= 0.1 * x.T @ (y - t)
        return loss(y, t)
"""
SCRIPT = (
    NET
    + """
if __name__ == "__main__":
    x = np.random.randn(4, 2)
    net = Net(2)
    for epoch in range(1000):
        cost = net.step(x, np.ones((4, 1)))
        print(cost)
    print(missing)
    end = net.step(x, np.zeros((4, 1)))
"""
)
TURNS = Watch(ALL, leave=((0, 3),))


@pytest.fixture
def watching(tmp_path):
    """A submission of one file under watch."""
    workers = []

    def begin(source, name="student.py", **others):
        for other, text in {name: source, **others}.items():
            (tmp_path / other).write_text(text)
        workers.append(Worker(tmp_path if others else tmp_path / name))
        return Watching(workers[-1])

    yield begin
    for worker in workers:
        worker.close()


def node(watching, text, kind="expression"):
    return next(n for n in watching.nodes if n.text == text and n.kind == kind).number


def stepped(**more):
    """Three steps of a Net."""
    x, t = np.eye(2), np.ones((2, 1))
    steps = (
        Step("call", (".Net",), args=(2,)),
        Step("call", (".step",), of=0, args=(x, t)),
        Step("call", (".step",), of=0, args=(x, t)),
    )
    return {"steps": steps, "answer": [Result(2), Result(0, (".w",))], **more}


def test_the_tables_tell_what_stands_where(watching):
    found = watching(NET)
    place = found.nodes[node(found, "x @ self.w")]
    assert (place.file, place.line, place.scope, place.loop) == ("student.py", 12, "Net.step", -1)
    assert [(a.text, a.how, a.node) for a in found.assignments if a.line == 12] == [
        ("y", "=", place.number)
    ]
    assert [(a.text, a.how) for a in found.assignments if a.line == 13] == [("self.w", "-=")]


def test_a_call_is_watched_and_answers_what_it_answers_plainly(watching):
    found = watching(NET)
    (plain,) = found.run([WatchRequest("Net", Watch(), **stepped())])
    (told,) = found.run([WatchRequest("Net", Watch(ALL), **stepped())])
    assert told.ended
    assert np.array_equal(told.value[1], plain.value[1])
    assert [t.value.tolist() for t in told.told[node(found, "x @ self.w")]] == [
        [[0.5], [0.5]],
        [[0.55], [0.55]],
    ]


def test_values_are_changed_by_arrays_names_and_other_nodes(watching):
    found = watching(NET)
    place = [n.number for n in found.nodes if n.text == "y - t" and n.scope == "Net.step"][0]
    changes = [
        ("replaced", (np.zeros((2, 1)),), [[0.5], [0.5]]),
        ("replaced", (ByTurn((np.zeros((2, 1)),)),), [[0.55], [0.55]]),
        ("replaced", (Named("t"),), [[0.3], [0.3]]),
        ("replaced", (Latest(node(found, "x @ self.w")),), [[0.405], [0.405]]),
    ]
    runs = found.run(
        [
            WatchRequest("Net", Watch((), (Change(place, op, on),)), **stepped())
            for op, on, _ in changes
        ]
    )
    for run, (_, _, due) in zip(runs, changes, strict=True):
        assert np.allclose(run.value[1], due)
    assert [run.applied for run in runs] == [(2,), (1,), (2,), (2,)]


def test_own_work_runs_to_its_end_in_a_few_turns(watching):
    found = watching(SCRIPT)
    (run,) = found.run([WatchRequest("own work", TURNS, work=True)])
    assert [failure.name for failure in run.errors] == ["NameError"]
    assert run.errors[0].line == 22
    assert len(run.loops[0]) == 3
    losses = [t.value for t in run.told[node(found, "net.step(x, np.ones((4, 1)))")]]
    assert losses[0] > losses[1] > losses[2]
    assert len(run.told[node(found, "net.step(x, np.zeros((4, 1)))")]) == 1
    held = run.told[node(found, "net", "held")]
    assert [t.value[".w"].shape for t in held] == [(2, 1)] * 4
    assert run.turn_of(0, held[1].order) == 1


def test_own_work_stops_at_a_turn_and_does_the_same_again(watching):
    found = watching(SCRIPT)
    asked = WatchRequest("own work", Watch(ALL, stop=(0, 1)), work=True)
    first, second = found.run([asked, asked])
    assert first.stopped == "turn" and first.ended
    assert same(first, second)


def test_runs_that_differ_are_told_apart(watching):
    found = watching(
        "import time\nimport os\nx = float(int.from_bytes(os.urandom(4), 'big'))\nprint(x + 1)"
    )
    asked = WatchRequest("own work", Watch(ALL), work=True)
    assert not same(*found.run([asked, asked]))


def test_steps_follow_in_what_own_work_left(watching):
    found = watching(SCRIPT)
    steps = (Step("get", (".net", ".w")),)
    (run,) = found.run([WatchRequest("own work", TURNS, steps, Result(0), work=True)])
    assert run.value is None  # for the script met an error


def test_a_named_function_is_run_with_arguments_of_ours(watching):
    found = watching(
        NET
        + "\ndef main(n):\n    net = Net(n)\n    for i in range(5):\n        net.step(np.ones((1, n)), 1.0)\n    return net.w\n"
    )
    request = call("main", 3)
    (run,) = found.run(
        [WatchRequest("main", Watch(stop=(0, 2)), request.steps, request.answer, fresh=True)]
    )
    assert run.stopped == "turn"


def test_a_fresh_copy_forgets_what_was_done_to_the_module(watching):
    found = watching("n = [0]\ndef f():\n    n[0] += 1\n    return n[0]\n")
    request = call("f")

    def asked(fresh):
        return WatchRequest("f", Watch(), request.steps, request.answer, fresh=fresh)

    runs = found.run([asked(False), asked(False), asked(True)])
    assert [run.value for run in runs] == [1, 2, 1]


def test_the_plain_copy_is_left_alone(watching):
    found = watching("n = [0]\ndef f():\n    n[0] += 1\n    return n[0]\n")
    request = call("f")
    found.run([WatchRequest("f", Watch(), request.steps, request.answer)] * 3)
    assert found.worker.ask([request])[0].value == 1


def test_a_failure_names_its_node(watching):
    found = watching(NET)
    request = call("loss", np.ones((2, 3)), np.ones((3, 2)))
    (run,) = found.run([WatchRequest("loss", Watch(), request.steps, request.answer)])
    (failure,) = run.errors
    assert (failure.file, failure.line, failure.name) == ("student.py", 5, "ValueError")
    assert found.nodes[failure.node].text == "y - t"


def test_a_notebook_runs_cell_by_cell(watching):
    cells = [
        {"cell_type": "code", "source": source}
        for source in [
            "import numpy as np\nw = np.zeros(2)",
            "for i in range(3):\n    w = w + 1",
            "w / nothing",
            "done = w * 2",
        ]
    ]
    found = watching(json.dumps({"cells": cells}), "student.ipynb")
    (run,) = found.run([WatchRequest("own work", Watch(ALL), work=True)])
    assert run.told[node(found, "w * 2")][0].value.tolist() == [6.0, 6.0]
    assert [failure.name for failure in run.errors] == ["NameError"]


def test_what_a_script_imports_from_its_neighbours_is_watched_too(watching):
    script = (
        "from net import Net\nimport numpy as np\nnet = Net(1)\nnet.step(np.ones((1, 1)), 2.0)\n"
    )
    found = watching(NET, "net.py", **{"train.py": script})
    (run,) = found.run([WatchRequest("own work", Watch(ALL), work=True, file="train.py")])
    assert run.errors == ()
    assert len(run.told[node(found, "x @ self.w")]) == 1


def test_a_run_that_does_not_end_stops_in_time_and_tells_what_it_saw(watching):
    found = watching("def f(n):\n    while True:\n        n = n + 1\n")
    request = call("f", 0)
    watch = Watch((Tell(None, first=3),), seconds=0.1)
    (run,) = found.run([WatchRequest("f", watch, request.steps, request.answer)])
    assert run.stopped == "time"
    assert len(run.told[node(found, "n + 1")]) == 3


def test_a_worker_that_ends_in_own_work_is_told_and_starts_again(watching):
    found = watching(
        "import os\ndef f():\n    return 3\nif __name__ == '__main__':\n    os._exit(3)\n"
    )
    (run,) = found.run([WatchRequest("own work", Watch(), work=True)])
    assert run.died_of == "crash"
    assert found.worker.ask([call("f")])[0].value == 3


def test_a_second_worker_shares_the_files_and_nothing_else(watching):
    found = watching("n = [0]\ndef f():\n    n[0] += 1\n    return n[0]\n")
    assert [b.value for b in found.worker.ask([call("f"), call("f")])] == [1, 2]
    with found.worker.again() as other:
        assert [b.value for b in other.ask([call("f")])] == [1]
    assert [b.value for b in found.worker.ask([call("f")])] == [1]  # it was started again


def test_what_is_no_run_is_no_answer(watching):
    found = watching(
        "import sys\nfor name, module in list(sys.modules.items()):\n    if name.endswith('.work'):\n        module.Workshop.perform = lambda *a: {'answer': 1}\n"
    )
    (run,) = found.run([WatchRequest("own work", Watch(), work=True)])
    assert not run.ended or run.stopped == "lost"


def test_an_error_that_is_caught_is_none(watching):
    found = watching("try:\n    1 / 0\nexcept ZeroDivisionError:\n    pass\nx = 1 + 1\n")
    (run,) = found.run([WatchRequest("own work", Watch(ALL), work=True)])
    assert run.errors == () and run.ended


HOSTILE = {
    "names of ours": "__watch__ = lambda k, v: 42\n__after__ = __leave__ = None\n",
    "builtins of ours": "__builtins__['__watch__'] = lambda k, v: 42\n",
    "our own code": "import gc\nfor o in gc.get_objects():\n    if type(o).__name__ == 'Hook':\n        o.applied, o.stopped = [7], ''\n",
    "endless telling": "x = [0.0] * 100000\nfor i in range(10 ** 6):\n    y = x\n",
    "absurd shapes": "import numpy as np\nx = np.broadcast_to(0.0, (10 ** 9, 10 ** 3))\ny = x\n",
    "an object that lies": "class A:\n    def __getattribute__(self, name): raise SystemExit\n    def __eq__(self, o): raise SystemExit\na = A()\nfor i in range(2):\n    b = a\n",
}  # fmt: skip


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_who_knows_of_it_gains_nothing(watching, source):
    """What a run tells may be a lie, as any answer; the grader and the next request are as before."""
    found = watching("def f():\n    return 3\nif __name__ == '__main__':\n" + indented(source))
    watch = Watch(ALL, longest=1000, seconds=1.0)
    (run,) = found.run([WatchRequest("own work", watch, work=True)])
    assert isinstance(run.stopped, str)
    (after,) = found.run([WatchRequest("f", Watch(), *call_of("f"), fresh=True)])
    assert after.value == 3 or after.died
    assert found.worker.ask([call("f")])[0].value == 3


def indented(source):
    return "".join(f"    {line}\n" for line in source.splitlines())


def call_of(name):
    request = call(name)
    return request.steps, request.answer
