"""`checkgrad init`, `check-assignment`, `report` and `diff`, and what the platforms run."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import jsonschema
import pytest

from checkgrad import cli
from checkgrad.assignment import AssignmentSource, load, loads
from checkgrad.assignment.conventions import CONVENTIONS
from checkgrad.assignment.file import Lock
from checkgrad.exercises import ALL
from checkgrad.judging.rehearsal import hidden, rehearse
from in_process import InProcess
from test_absorbed import lines

SOFTMAX = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
"""
ABSORBED = Path(__file__).parent / "data" / "absorbed.txt"
WEEK = """
name = "week"
hints = "after_due_date"
examples = "hidden"
[exercises.softmax]
points = 2
checks.obeys_its_laws.visibility = "after_due_date"
"""


@pytest.fixture
def begun(tmp_path):
    """A folder in which an assignment was begun."""
    assert cli.main(["init", str(tmp_path)]) == 0
    return tmp_path


def week(text):
    return loads(AssignmentSource("week.toml", text.encode()))


def said(capsys):
    found = capsys.readouterr()
    return found.out, found.err


def test_what_init_writes_is_an_assignment_that_pins_every_convention(begun):
    found = load(begun / "assignment.toml")
    assert {**found.conventions, "eps": "none"} == {k: c.usual for k, c in CONVENTIONS.items()}
    assert list(found.exercises) == [e.name for e in ALL if e.starter]
    assert found.lock == Lock()  # or the first edit would break it
    editors = json.loads((begun / "assignment.schema.json").read_text())
    jsonschema.validate(tomllib.loads((begun / "assignment.toml").read_text()), editors)
    compile((begun / "homework.py").read_text(), "homework.py", "exec")
    assert all(d.stub for d in InProcess((begun / "homework.py").read_text()).inventory.definitions)


def test_the_starter_holds_no_solution(begun):
    text = (begun / "homework.py").read_text()
    assert "For example, z (" in text
    for formula in ("exp", "1 -", "y_i", "ln", "@", "sum", ".T"):
        assert formula not in text


def test_an_assignment_that_init_began_can_be_edited_and_then_locked(begun, capsys):
    path = begun / "assignment.toml"
    path.write_text(
        path.read_text().replace("seed = 1 ", "seed = 2 ").replace("points = 2", "points = 5")
    )
    assert load(path).seed == 2
    assert cli.main(["check-assignment", "--lock", str(path)]) == 0
    assert load(path).lock.probes


@pytest.mark.parametrize("platform", ["gradescope", "prairielearn", "github"])
def test_the_wheel_beside_a_platform_s_files_installs_without_an_index(begun, platform, tmp_path):
    (made,) = (begun / platform).glob("*.whl")
    into = tmp_path / "installed"
    alone = ["--no-index", "--no-deps", "--quiet", "--target", str(into)]
    subprocess.run([sys.executable, "-m", "pip", "install", *alone, str(made)], check=True)
    code = "import checkgrad, checkgrad.cli; print(checkgrad.__file__); checkgrad.cli.main(['explain'])"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(into)},
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout.startswith(str(into)) and "softmax_jacobian" in done.stdout
    assert (into / "checkgrad" / "py.typed").exists()


def test_every_key_that_init_leaves_in_a_comment_is_one(begun):
    text = (begun / "assignment.toml").read_text()
    uncommented = re.sub(r"(?m)^# (?=\[|\w+ = )", "", text)
    uncommented = uncommented.replace('own = "own.py"', "").replace("secret = ", "# ")
    uncommented += "\n[exercises.MLP]\n"
    uncommented = re.sub(
        r"(?m)^eps = .*$|^probes = .*$|^kind = .*$|^function = .*$", "", uncommented
    )
    assert week(uncommented).network.training == {"three_class": 0.9}


def test_init_overwrites_nothing(begun, capsys):
    before = {p: p.read_bytes() for p in begun.rglob("*") if p.is_file()}
    assert cli.main(["init", str(begun)]) == 4
    out, err = said(capsys)
    assert "is there already; nothing was written" in err and len(err.splitlines()) == 1
    assert before == {p: p.read_bytes() for p in begun.rglob("*") if p.is_file()}


def test_what_an_unpinned_convention_hides_is_told(begun):
    absorbed = {".".join(line.split(" | ")[1:3]) for line in ABSORBED.read_text().splitlines()[3:]}
    passing = hidden(ALL)
    assert absorbed <= {mistake for mistakes in passing.values() for mistake in mistakes}
    assert set(passing) <= set(CONVENTIONS)
    text = (begun / "assignment.toml").read_text()
    assert all(mistake in text for mistakes in passing.values() for mistake in mistakes)


def test_what_is_not_pinned_by_init_hides_nothing():
    pinned = {key: c.usual for key, c in CONVENTIONS.items() if key != "eps"}
    assert list(lines(beside=False, pinned=pinned)) == []


def test_with_everything_pinned_no_known_mistake_slips_through(begun):
    found = rehearse(load(begun / "assignment.toml"))
    assert (found.broken, found.slipped) == ([], [])
    assert "softmax.did_not_shift_the_logits" in found.advised
    assert found.failed["reduction = mean"][0] == "cross_entropy (reduction sum)"


def test_a_convention_that_is_left_open_lets_its_mistakes_through():
    found = rehearse(week('[exercises.softmax]\n[conventions]\nreduction = "mean"'))
    assert "softmax.normalised_down_the_columns" in found.slipped
    assert "softmax.normalised_over_everything" in found.advised  # right for one sample at a time
    priced = '[exercises.softmax]\nchecks.survives_extreme_inputs.cost = 1\n[conventions]\nlayout = "rows"'
    assert rehearse(week(priced)).advised == ["softmax.cut_off_the_decimals"]


def test_sizes_without_a_hidden_layer_hide_its_mistakes():
    found = rehearse(week("[exercises.MLP]\n[network]\nsizes = [[2, 1]]"))
    assert "MLP.forgot_the_slope_of_the_hidden_units" in found.slipped
    assert rehearse(week("[exercises.MLP]")).slipped == []


def test_a_teachers_exercise_whose_reference_breaks_its_own_law_is_found(tmp_path, capsys):
    (tmp_path / "own.py").write_text('''
from checkgrad.exercise import exercise

@exercise(lambda rng: [(rng.normal(size=(3, 2)),)], latex="x", source="s")
def double(x):
    """Twice every entry."""
    return 2 * x

@double.law
def stays(double, x):
    """Nothing changes."""
    return double(x), x
''')
    (tmp_path / "week.toml").write_text('own = "own.py"\n[exercises.double]\n')
    assert cli.main(["check-assignment", str(tmp_path / "week.toml")]) == 1
    assert "the reference fails:\n  double: stays" in said(capsys)[0]


def test_the_lock_is_renewed(tmp_path, capsys):
    path = tmp_path / "week.toml"
    path.write_text('[lock]\nprobes = "00"\n\n[exercises.tanh]\n')
    assert cli.main(["check-assignment", str(path)]) == 4
    assert "lock.probes: other inputs are drawn here" in said(capsys)[1]
    assert cli.main(["check-assignment", "--lock", str(path)]) == 0
    assert load(path).lock.checkgrad
    assert path.read_text().count("[lock]") == 1


def grade(folder, *options):
    (folder / "ann.py").write_text(SOFTMAX.replace("axis=1", "axis=None"))
    (folder / "week.toml").write_text(WEEK)
    arguments = ["grade", str(folder / "ann.py"), "--assignment", str(folder / "week.toml")]
    assert (
        cli.main([*arguments, "--no-html", "-j", "1", "--out", str(folder / "out"), *options]) == 0
    )
    return folder / "out" / "results.jsonl"


def test_reports_are_written_again_with_what_was_withheld_and_decided(tmp_path, capsys):
    results = grade(tmp_path, "--export", "gradescope")
    before = json.loads((tmp_path / "out/students/ann.gradescope").read_text())
    assert [t["visibility"] for t in before["tests"]].count("after_due_date") == 1
    assert "Hint" not in json.dumps(before)
    decision = 'student = "ann"\nexercise = "softmax"\npoints = 2\nreason = "r"\nauthor = "Kim"'
    (tmp_path / "o.toml").write_text(f"[[overrides]]\n{decision}\n")
    again = ["report", str(results), "--out", str(tmp_path / "again"), "--overrides"]
    options = ["--released", "--export", "gradescope", "--gradebook", "otter"]
    assert cli.main([*again, str(tmp_path / "o.toml"), *options]) == 0
    after = json.loads((tmp_path / "again/students/ann.gradescope").read_text())
    assert after["score"] == 2
    assert {t["visibility"] for t in after["tests"]} == {"visible"}
    assert "Hint" in json.dumps(after) and "expected" not in json.dumps(after)
    assert "Kim" in (tmp_path / "again/students/ann.html").read_text()
    assert (tmp_path / "again/grades.csv").read_text().splitlines()[1].endswith(",2")
    assert (tmp_path / "again/otter.csv").exists()
    assert cli.main(["diff", str(results), str(results)]) == 0
    assert "no points changed" in said(capsys)[0]


BAD = {
    "no results": ["report", "none.jsonl", "--out", "x"],
    "results of nothing": ["report", "empty.jsonl", "--out", "x"],
    "no such gradebook": ["report", "empty.jsonl", "--out", "x", "--gradebook", "paper"],
    "nothing to compare": ["diff", "empty.jsonl", "empty.jsonl"],
    "no JSON": ["diff", "empty.json", "empty.json"],
    "no assignment": ["check-assignment", "none.toml"],
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD)
def test_bad_usage_ends_in_one_line_and_nothing_is_written(
    tmp_path, monkeypatch, capsys, arguments
):
    monkeypatch.chdir(tmp_path)
    for name in ("empty.jsonl", "empty.json"):
        (tmp_path / name).write_text("")
    assert cli.main(arguments) == 4
    assert len(said(capsys)[1].splitlines()) == 1
    assert not (tmp_path / "x").exists()


PLATFORMS = {
    "gradescope": ("gradescope/run_autograder", "AUTOGRADER_ROOT", "submission", "source"),
    "prairielearn": ("prairielearn/run.sh", "GRADE_ROOT", "student", "tests"),
}
VALID = {
    "gradescope": {
        "required": ["score", "output", "visibility"],
        "properties": {"score": {"type": "number"}},
    },
    "prairielearn": {"required": ["gradable"], "properties": {"gradable": {"type": "boolean"}}},
}


@pytest.fixture
def platform(begun):
    """Begin the script of a platform on a submission, with another program in the place of ours if one is given."""

    def begin(name, program=""):
        script, root, submission, source = PLATFORMS[name]
        (begun / submission).mkdir()
        (begun / submission / "homework.py").write_text(SOFTMAX)
        (begun / source).mkdir()
        (begun / source / "assignment.toml").write_text(WEEK)
        stand_in = begun / "checkgrad"
        stand_in.write_text(program or f'#!/bin/sh\nexec {sys.executable} -m checkgrad "$@"\n')
        stand_in.chmod(0o755)
        environment = {**os.environ, root: str(begun), "CHECKGRAD": str(stand_in)}
        command = [str(begun / script)]
        return subprocess.Popen(
            command, env=environment, stdout=-3, stderr=-3, start_new_session=True
        )

    return begin


def results_of(begun, name):
    found = json.loads((begun / "results" / "results.json").read_text())
    jsonschema.validate(found, VALID[name])
    return found


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platform_is_left_its_results(begun, platform, name):
    assert platform(name).wait() == 0
    found = results_of(begun, name)
    assert found["score"] == {"gradescope": 2, "prairielearn": 1}[name]


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_refusal_leaves_valid_results(begun, platform, name):
    assert platform(name, "#!/bin/sh\nexit 4\n").wait() == 0
    found = results_of(begun, name)
    assert "not your fault" in json.dumps(found)


@pytest.mark.parametrize("name", PLATFORMS)
def test_being_killed_leaves_valid_results(begun, platform, name):
    running = platform(name, f"#!/bin/sh\ntouch {begun}/here\nexec sleep 60\n")
    while not (begun / "here").exists():
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert "not your fault" in json.dumps(results_of(begun, name))


def test_the_scripts_are_ones_that_a_shell_reads(begun):
    for script in ("gradescope/run_autograder", "gradescope/setup.sh", "prairielearn/run.sh"):
        assert os.access(begun / script, os.X_OK)
        subprocess.run(["bash", "-n", str(begun / script)], check=True)
