"""A class through `checkgrad grade`: whatever stops it, the grades are those of a run that nothing stopped."""

import os
import select
import signal
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkgrad import cli
from checkgrad.batch import pool, run
from checkgrad.batch.journal import Journal
from checkgrad.batch.record import Submitter, read

RIGHT = "import numpy as np\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n"
CLASS = {
    "ann": RIGHT,
    "bob": RIGHT.replace("-z", "z"),
    "cid": RIGHT + "# another file\n",
    "dan": "def sigmoid(z:\n",
    "eve": RIGHT.replace("1 /", "2 /"),
    "=fay()": RIGHT.replace("1 + ", ""),
}
LONG = 120  # seconds, after which nothing ends by itself any more
# Stops the class of a run as a power cut does: after some lines, in the middle of the next.
CUT = """
import os, signal, sys
from checkgrad import cli
from checkgrad.batch.journal import Journal
left, add = int(sys.argv.pop(1)), Journal.add
def cut(journal, line):
    global left
    left -= 1
    if left < 0:
        journal._file.write(b'{"student":{"id":"torn')
        journal._file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    add(journal, line)
Journal.add = cut
sys.exit(cli.main())
"""


def write_class(folder):
    (folder / "week.toml").write_text("[exercises.sigmoid]\npoints = 2\n")
    (folder / "class").mkdir()
    for name, source in CLASS.items():
        (folder / "class" / f"{name}.py").write_text(source)


@pytest.fixture
def homework(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_class(tmp_path)
    return tmp_path


def grade(out, *options, names=("class", "--class")):
    return cli.main(
        ["grade", *names, "--assignment", "week.toml", "--no-html", "--out", out, *options]
    )


def grades(out):
    return (out / "grades.csv").read_text()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The grades of a run that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole")
    write_class(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert grade("whole", "-j1") == 0
    return grades(folder / "whole")


def test_scores_come_in_the_order_of_the_class_and_are_no_formulas(whole):
    rows = [line.split(",") for line in whole.splitlines()]
    assert [row[0] for row in rows] == ["student", "'=fay()", "ann", "bob", "cid", "dan", "eve"]
    assert [row[5] for row in rows[2:]] == ["2", "0", "2", "0", "0"]
    assert [row[4] for row in rows[2:]] == ["graded", "graded", "graded", "not read", "graded"]


def test_processes_that_are_gone_before_their_work_begins_change_no_grade(
    whole, homework, monkeypatch
):
    hire, hired = pool._hire, []

    def killing(settings):
        hired.append(hire(settings))
        if len(hired) % 2:
            hired[-1].process.kill()
            hired[-1].process.join()
        return hired[-1]

    monkeypatch.setattr(pool, "_hire", killing)
    assert grade("killed", "-j2") == 0
    assert len(hired) >= 2
    assert grades(homework / "killed") == whole


def test_more_processes_give_the_same_grades(whole, homework):
    assert grade("three", "-j3") == 0
    assert grades(homework / "three") == whole


@pytest.mark.parametrize("lines", [0, 3])
def test_a_run_that_was_killed_goes_on_where_it_was(whole, homework, lines):
    arguments = ["grade", "class", "--class", "--assignment", "week.toml", "--no-html", "-j2"]
    command = [sys.executable, "-c", CUT, str(lines), *arguments, "--out", "cut"]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    assert len(list(read(homework / "cut" / "results.jsonl"))) == lines
    assert not (homework / "cut" / "grades.csv").exists()
    assert grade("cut") == 0
    assert grades(homework / "cut") == whole
    ids = [record.student.id for record in read(homework / "cut" / "results.jsonl")]
    assert ids == sorted(CLASS)


def test_what_has_not_changed_is_not_run_again(homework, capsys, monkeypatch):
    assert grade("whole") == 0
    (homework / "class" / "bob.py").write_text(RIGHT + "# mended\n")
    capsys.readouterr()
    assert grade("whole") == 0
    assert "6 graded, 1 of them now" in capsys.readouterr().out
    (homework / "week.toml").write_text("[exercises.sigmoid]\npoints = 3\n")
    assert grade("whole") == 0
    assert "6 graded, 6 of them now" in capsys.readouterr().out
    monkeypatch.setenv("CHECKGRAD_SECRET", "another")
    assert grade("whole") == 0
    assert "6 graded, 6 of them now" in capsys.readouterr().out


def test_a_report_that_was_lost_is_made_again_without_grading(homework, capsys, monkeypatch):
    arguments = ["grade", "class/ann.py", "--out", "out"]
    assert cli.main(arguments) == 0
    page = homework / "out" / "students" / "ann.html"
    before = page.read_text()
    page.unlink()
    monkeypatch.setattr("checkgrad.batch.work.Grader", None)
    assert cli.main(arguments) == 0
    assert page.read_text() == before
    assert "1 graded, 0 of them now" in capsys.readouterr().out


def test_one_that_breaks_the_grader_stops_no_other_and_is_tried_again(whole, homework, monkeypatch):
    work = pool.work
    monkeypatch.setattr(
        pool,
        "work",
        lambda job, settings: os._exit(1) if job.name == "cid.py" else work(job, settings),
    )
    assert grade("broken", "-j2") == 3
    rows = dict(line.split(",", 1) for line in grades(homework / "broken").splitlines())
    assert "our fault,,2" in rows["cid"]
    assert [name for name in rows if "our fault" in rows[name]] == ["cid"]
    monkeypatch.undo()
    os.chdir(homework)
    assert grade("broken") == 0
    assert grades(homework / "broken") == whole


def test_a_submission_that_takes_the_grader_too_long_is_our_fault(homework, monkeypatch):
    monkeypatch.setattr(pool, "LONGEST", 0.0)
    monkeypatch.setattr(pool, "work", lambda job, settings: threading.Event().wait())
    assert grade("late", "-j2", names=["class/ann.py"]) == 3
    assert "our fault" in grades(homework / "late")


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(whole, homework, capsys, monkeypatch):
    take = run.Class._take
    taken = []

    def interrupted(self, graded, journal):
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(graded)
        take(self, graded, journal)

    monkeypatch.setattr(run.Class, "_take", interrupted)
    capsys.readouterr()
    assert grade("stopped", "-j2") == 130
    (line,) = capsys.readouterr().err.splitlines()
    assert "2 of 6 are graded and kept in stopped; the same command goes on" in line
    monkeypatch.setattr(run.Class, "_take", take)
    assert grade("stopped") == 0
    assert "6 graded, 4 of them now" in capsys.readouterr().out
    assert grades(homework / "stopped") == whole


def test_two_runs_do_not_write_into_one_folder(homework):
    (homework / "out").mkdir()
    command = [sys.executable, "-m", "checkgrad", "grade", "class/ann.py", "--out", "out"]
    with Journal(homework / "out"):
        done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 4
    assert "out: another checkgrad is writing there" in done.stderr


def test_a_class_on_dask_has_the_same_grades(whole, homework):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        dashboard_address=None,
        protocol="tcp://",
    ) as cluster:
        scheduler = ["--executor", "dask", "--scheduler", cluster.scheduler_address]
        assert grade("dask", *scheduler) == 0
    assert grades(homework / "dask") == whole


def test_a_scheduler_that_does_not_answer_is_one_line(homework, capsys, monkeypatch):
    monkeypatch.setattr("checkgrad.batch.cluster.ANSWERS_WITHIN", 0.2)
    assert grade("dask", "--executor", "dask", "--scheduler", "tcp://127.0.0.1:1") == 4
    assert "no dask scheduler answers there" in capsys.readouterr().err
    assert not (homework / "dask").exists()


@given(cut=st.integers(0, 10_000))
def test_of_a_torn_journal_the_whole_lines_are_kept(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("journal")
    lines = [b'{"student":{"id":"%d"},"source":"","sha256":"","key":"k","report":{}}\n' % i
             for i in range(5)]  # fmt: skip
    text = b"".join(lines)[: cut % (len(b"".join(lines)) + 1)]
    (folder / "results.jsonl").write_bytes(text)
    with Journal(folder) as journal:
        kept = [i for i in range(5) if journal.has(Submitter(str(i)), "k")]
    assert kept == list(range(text.count(b"\n")))
    assert (folder / "results.jsonl").read_bytes() == b"".join(lines[: len(kept)])


@given(st.lists(st.text(min_size=1, max_size=100), unique=True))
def test_every_student_has_a_file_of_their_own(ids):
    names = [run.file_name(Submitter(one)) for one in ids]
    assert len(set(names)) == len(ids)
    assert all(name and not name.startswith(".") and "/" not in name for name in names)


def test_after_a_killed_run_and_the_next_nothing_is_left_in_the_temporary_folder(
    homework, monkeypatch
):
    tmp = homework / "tmp"
    tmp.mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp))
    arguments = ["grade", "class", "--class", "--no-html", "-j2", "--out", "cut"]
    all_at_once = CUT.replace("os.kill(os.getpid()", "os.killpg(0")
    command = [sys.executable, "-c", all_at_once, "2", *arguments]
    assert subprocess.run(command, start_new_session=True).returncode == -signal.SIGKILL
    assert list(tmp.iterdir()) != []
    assert subprocess.run([sys.executable, "-m", "checkgrad", *arguments]).returncode == 0
    assert list(tmp.iterdir()) == []


KILLED = """
import os, signal, sys
from checkgrad import cli
from checkgrad.batch import pool
pool.work = lambda job, settings: bytes(1 << 22)  # more than a line holds
pool.PoolProcess.result = lambda member: os.kill(os.getpid(), signal.SIGKILL)
sys.exit(cli.main())
"""


def test_the_processes_of_a_pool_end_with_a_run_that_was_killed(homework):
    """They hold a pipe of ours, which says when the last of them is gone."""
    ours, theirs = os.pipe()
    command = [sys.executable, "-c", KILLED, "grade", "class", "--class", "-j2", "--out", "ends"]
    assert subprocess.run(command, pass_fds=[theirs]).returncode == -signal.SIGKILL
    os.close(theirs)
    gone, _, _ = select.select([ours], [], [], LONG)
    assert gone and os.read(ours, 1) == b""
