"""Who ended a worker: the submission itself, a limit, somebody else, or our own code beside it."""

import os
import signal

import pytest

from checkgrad.child.request import call
from checkgrad.sandbox import GraderFault, Worker, WorkerLimits, launch, launchers
from checkgrad.sandbox.session import Session

GOOD = "import os\n\ndef double(x):\n    return 2 * x\n\ndef pid():\n    return os.getpid()\n"
SLOW = f"import time\ntime.sleep(0.5)\n{GOOD}"
OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1)


@pytest.fixture
def worker(tmp_path):
    """A worker for the source of one file."""
    started = []

    def start(source):
        path = tmp_path / "hw.py"
        path.write_text(source)
        started.append(Worker(path, limits=WorkerLimits(load=5.0, call=2.0, submission=20.0)))
        return started[-1]

    yield start
    for one in started:
        one.close()


def kill_at_every(step, monkeypatch, times=1000):
    """Have workers killed when they are told to take a *step*."""
    taken, killed = getattr(Session, step), []

    def killing(session, *args):
        if len(killed) < times:
            killed.append(os.kill(session.process.pid, signal.SIGKILL))
        return taken(session, *args)

    monkeypatch.setattr(Session, step, killing)
    return killed


@pytest.mark.parametrize("killer", OUTSIDE)
def test_a_worker_that_is_killed_from_outside_is_asked_again_in_a_fresh_one(worker, killer):
    w = worker(GOOD)
    for _ in range(3):
        (told,) = w.ask([call("pid")])
        os.kill(told.value, killer)
        (got,) = w.ask([call("double", 1)])
        assert got.value == 2


def test_a_worker_that_is_killed_each_time_is_our_fault(worker, monkeypatch):
    w = worker(GOOD)
    assert w.inventory.problem == ""
    kill_at_every("put", monkeypatch)
    got = w.ask([call("double", 1), call("pid")])
    assert {b.died_of for b in got} == {"grader"}
    assert got[0].died == "the process was ended from outside: SIGKILL, twice"


def test_a_submission_that_is_killed_whenever_it_is_loaded_is_our_fault(worker, monkeypatch):
    kill_at_every("load", monkeypatch)
    w = worker(SLOW)
    with pytest.raises(GraderFault, match="SIGKILL, twice while the submission was loaded"):
        print(w.inventory)


def test_a_submission_that_is_killed_once_while_it_is_loaded_loses_nothing(worker, monkeypatch):
    killed = kill_at_every("load", monkeypatch, times=1)
    (got,) = worker(SLOW).ask([call("double", 1)])
    assert (got.value, len(killed)) == (2, 1)


@pytest.mark.parametrize(
    "act",
    [
        "os.kill(os.getpid(), signal.SIGKILL)",
        "signal.raise_signal(signal.SIGTERM)",
        "signal.pthread_kill(threading.get_ident(), signal.SIGINT)",
    ],
)
def test_a_submission_cannot_look_as_if_others_had_ended_it(worker, act):
    w = worker(f"import os, signal, threading\n\ndef f():\n    {act}\n")
    (got,) = w.ask([call("f")])
    assert got.raised == "PermissionError"


def test_a_submission_that_closes_its_line_ends_by_itself(worker):
    w = worker("import os, time\n\ndef f():\n    os.closerange(0, 60)\n    time.sleep(9)\n")
    (got,) = w.ask([call("f")])
    assert got.died_of == "crash"
    assert got.died == "the process ended: it closed its line to the grader"


@pytest.mark.parametrize("part", ["submission.root_of", "serve.Performer"])
def test_our_own_code_beside_a_submission_fails_as_our_own(worker, monkeypatch, part):
    module = part.partition(".")[0]
    broken = f"{launch.BEGIN}\nimport worker.{module}\nworker.{part} = None\n"
    monkeypatch.setattr(launch, "BEGIN", broken)
    launchers.discard()
    try:
        w = worker(GOOD)
        if module == "submission":
            with pytest.raises(GraderFault, match="code beside it failed: submission.py, line"):
                print(w.inventory)
        else:
            (got,) = w.ask([call("double", 1)])
            assert got.died_of == "grader"
            assert "code beside it failed: serve.py, line" in got.died
    finally:
        launchers.discard()


def test_what_a_submission_breaks_in_our_code_is_its_own_doing(worker):
    spoil = "import sys\nsys.modules['worker.serve'].GraderConnection.send = None\n"
    (got,) = worker(GOOD + spoil).ask([call("double", 1)])
    assert got.died_of in ("crash", "load")
