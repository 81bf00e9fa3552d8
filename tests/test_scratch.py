"""Temporary folders: what is in use stays, what a killed run left goes, what is not ours is not touched."""

import signal
import subprocess
import sys

import pytest

ENDLESS = """
import sys, time
from checkgrad import scratch
print(scratch.new(), flush=True)
time.sleep(600)
"""
ANOTHER = "from checkgrad import scratch; f = scratch.new(); scratch.remove(f)"


@pytest.fixture
def tmp(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def another_run():
    subprocess.run([sys.executable, "-c", ANOTHER], check=True)


def test_a_folder_stays_while_its_process_lives_and_goes_once_it_was_killed(tmp):
    with subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE) as process:
        folder = process.stdout.readline().decode().strip()
        another_run()
        assert [str(p) for p in tmp.iterdir()] == [folder]
        process.send_signal(signal.SIGKILL)
        process.wait()
    another_run()
    assert list(tmp.iterdir()) == []


def test_what_only_has_our_name_stays(tmp):
    (tmp / "checkgrad-mine").mkdir()
    (tmp / "elsewhere").mkdir()
    (tmp / "elsewhere" / ".in-use").touch()
    (tmp / "checkgrad-link").symlink_to(tmp / "elsewhere")
    another_run()
    names = sorted(p.name for p in tmp.iterdir())
    assert names == ["checkgrad-link", "checkgrad-mine", "elsewhere"]


def test_what_was_made_and_not_locked_yet_goes(tmp):
    """A run may be killed between one step and the next."""
    (tmp / "checkgrad-abcdefgh").mkdir()
    (tmp / "checkgrad-abcdefg1").mkdir()
    (tmp / "checkgrad-abcdefg1" / ".new").touch()
    (tmp / "checkgrad-theirown").mkdir()
    (tmp / "checkgrad-theirown" / "homework").touch()
    another_run()
    assert [p.name for p in tmp.iterdir()] == ["checkgrad-theirown"]


def test_without_a_temporary_folder_it_is_an_error_and_no_waiting(tmp):
    gone = "import os, tempfile; os.rmdir(tempfile.gettempdir())\n"
    got = subprocess.run([sys.executable, "-c", gone + ANOTHER], capture_output=True, timeout=60)
    assert b"FileNotFoundError" in got.stderr
