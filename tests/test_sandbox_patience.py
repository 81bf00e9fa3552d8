"""CPU time decides how long is too long, with a larger limit of wall time behind it; told without a clock."""

import pytest

from checkgrad.sandbox import patience
from checkgrad.sandbox.patience import LOADED_TOGETHER, SLACK, TOGETHER, Patience, Spent


class Machine:
    """A clock, and a process that runs or waits as told."""

    def __init__(self):
        self.now, self.cpu, self.runs = 100.0, 7.0, True
        self.kept = 0.0

    def pass_time(self, seconds, cpu):
        self.now += seconds
        self.cpu += cpu


@pytest.fixture
def machine(monkeypatch):
    made = Machine()
    monkeypatch.setattr(patience.time, "monotonic", lambda: made.now)
    monkeypatch.setattr(patience, "cpu_of", lambda pid: made.cpu)
    monkeypatch.setattr(patience, "TELLS_WHO_WAITS", False)
    monkeypatch.setattr(patience, "kept_waiting", lambda pid: made.kept)
    monkeypatch.setattr(patience, "own_time", lambda: 0.0)
    monkeypatch.setattr(patience, "starved", lambda pid: made.runs)
    return made


@pytest.fixture
def waiting(machine):
    """One answer is due within a second; a little of it has passed."""
    started = Patience(1.0, 1, end=machine.now + 1000)
    machine.pass_time(0.2, cpu=0.0)
    assert started.left() > 0
    return started


def test_a_process_that_others_keep_from_running_is_given_time(machine, waiting):
    machine.pass_time(3.0, cpu=0.2)
    assert waiting.left() > 0


def test_a_process_that_used_its_time_is_given_none(machine, waiting):
    machine.pass_time(3.0, cpu=0.9)
    assert waiting.left() == 0


def test_a_process_that_only_waits_is_given_no_more_than_its_limit(machine, waiting):
    machine.runs = False
    machine.pass_time(0.7, cpu=0.0)
    assert waiting.left() > 0
    machine.pass_time(0.2, cpu=0.0)
    assert waiting.left() == 0


def test_what_others_ran_meanwhile_counts_for_nothing(machine, waiting):
    machine.runs = False
    machine.kept = 7.5
    machine.pass_time(8.0, cpu=0.1)
    assert waiting.left() > 0
    machine.pass_time(2.0, cpu=0.1)
    assert waiting.left() == 0


def test_behind_cpu_time_stands_a_limit_of_wall_time(machine, waiting):
    machine.pass_time(SLACK, cpu=0.0)
    assert waiting.left() == 0


def test_the_next_answer_has_its_own_time(machine, waiting):
    machine.pass_time(3.0, cpu=1.0)
    waiting.begin()
    assert waiting.left() > 0


def test_no_answer_is_awaited_beyond_the_end_of_the_submission(machine):
    late = Patience(1.0, 1, end=machine.now + 0.1)
    assert late.left() <= 0.1
    machine.pass_time(0.1, cpu=0.0)
    assert late.left() == 0


def test_what_a_submission_used_is_cpu_time_and_a_share_of_its_wall_time(machine):
    spent = Spent()
    machine.cpu = 0.0
    for pid, (wall, cpu, total) in enumerate([(10, 9, 9), (10, 8, 17), (30, 0, 50 / TOGETHER)]):
        machine.cpu = cpu  # of each process by itself
        spent.add(wall, pid)
        assert spent.seconds == total


def test_time_in_which_it_could_have_run_and_did_not_is_used_as_well(machine, monkeypatch):
    """Where the system tells how long others kept it from running."""
    monkeypatch.setattr(patience, "TELLS_WHO_WAITS", True)
    spent = Spent()
    machine.cpu, machine.kept = 1.0, 5.0
    spent.add(10.0, 1)  # one second of work, five in which others ran, four asleep
    assert spent.seconds == 5.0
    machine.cpu, machine.kept = 3.0, 13.0
    spent.add(10.0, 1)
    assert spent.seconds == spent.used == 7.0
    machine.kept = 213.0
    spent.add(200.0, 1)
    assert spent.seconds == 220.0 / LOADED_TOGETHER


def test_of_a_process_that_is_gone_all_wall_time_counts(machine):
    spent = Spent()
    machine.cpu = float("inf")
    spent.add(3.0, 1)
    assert spent.seconds == 3.0
