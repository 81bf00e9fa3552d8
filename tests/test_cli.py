"""`checkgrad grade`: reports without pytest, exit codes, one line for bad usage."""

import subprocess
import sys
from importlib.metadata import version

import pytest

import checkgrad as package
from checkgrad import cli

RIGHT = "import numpy as np\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n"
WRONG = RIGHT.replace("-z", "z")


@pytest.fixture
def checkgrad(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-m", "checkgrad", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    return run


def test_every_submission_gets_its_reports(checkgrad, tmp_path):
    (tmp_path / "ann.py").write_text(RIGHT)
    (tmp_path / "bob.py").write_text(WRONG)
    done = checkgrad("grade", "ann.py", "bob.py", "--out", "out", "--export", "json")
    assert done.returncode == 0
    told = [line.partition(":")[0] for line in done.stdout.splitlines()]
    assert told == ["ann.py", "bob.py", "2 graded, 2 of them now"]
    made = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*"))
    reports = [f"students/{name}.{kind}" for name in ("ann", "bob") for kind in ("html", "json")]
    assert made == ["class.html", "grades.csv", "results.jsonl", "students", *reports]


def test_nothing_beside_the_submission_is_run(checkgrad, tmp_path):
    folder = tmp_path / "cloe"
    folder.mkdir()
    (folder / "hw.py").write_text(RIGHT)
    for name in ("conftest.py", "sitecustomize.py", "numpy.py"):
        (folder / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    assert checkgrad("grade", "cloe/hw.py").returncode == 0
    assert not (tmp_path / "ran").exists()


def test_points_are_told_with_an_assignment(checkgrad, tmp_path):
    (tmp_path / "ann.py").write_text(RIGHT)
    (tmp_path / "week.toml").write_text("[exercises.sigmoid]\npoints = 2\n")
    done = checkgrad("grade", "ann.py", "--assignment", "week.toml")
    assert "2 of 2 points" in done.stdout


USAGE = {
    "nothing": [],
    "no such file": ["grade", "nobody.py"],
    "no such format": ["grade", "ann.py", "--export", "paper"],
    "no such assignment": ["grade", "ann.py", "--assignment", "none.toml"],
    "no process": ["grade", "ann.py", "-j", "0"],
    "dask without a scheduler": ["grade", "ann.py", "--executor", "dask"],
    "a scheduler without dask": ["grade", "ann.py", "--scheduler", "tcp://127.0.0.1:1"],
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_bad_usage_ends_in_one_line(checkgrad, tmp_path, arguments):
    (tmp_path / "ann.py").write_text(RIGHT)
    done = checkgrad(*arguments)
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1


def test_the_version_is_told_and_importing_it_is_free(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"checkgrad {version('checkgrad')}\n"
    assert package.__version__ == version("checkgrad")
