"""`pytest --checkgrad`: targets, node ids, selection, exit codes."""

import os

import pytest

RIGHT = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

def sigmoid(z):
    return 1 / (1 + np.exp(-z))
"""

WRONG = RIGHT.replace("np.exp(-z)", "np.exp(z)")


def test_right_code_passes_every_check(grade):
    result = grade(RIGHT)
    assert result.ret == pytest.ExitCode.OK
    assert result.parseoutcomes()["passed"] > 10


def test_a_mistake_fails_and_is_named(grade):
    result = grade(WRONG)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*The exponent is z instead of -z*"])


def test_node_ids_name_file_function_and_check(grade):
    result = grade(RIGHT, "--collect-only", "-q")
    assert "student.py::submission::loads" in result.outlines
    assert "student.py::softmax::matches_the_formula" in result.outlines


def test_two_functions_that_answer_one_exercise_are_two_items(grade):
    twice = RIGHT + "\ndef softmax_naive(z):\n    return softmax(z)\n"
    result = grade(twice, "--collect-only", "-q")
    assert "student.py::softmax[softmax_naive]::matches_the_formula" in result.outlines


def test_one_check_can_be_picked_by_keyword(grade):
    grade(RIGHT, "-k", "softmax and matches").assert_outcomes(
        passed=1, deselected=result_count(grade) - 1
    )


def result_count(grade):
    return sum("::" in line for line in grade(RIGHT, "--collect-only", "-q").outlines)


def test_one_check_can_be_picked_by_node_id(pytester, grade, run_pytest):
    pytester.makepyfile(student=RIGHT)
    node = "student.py::softmax::matches_the_formula"
    result = run_pytest("--checkgrad", "student.py", node, "--checkgrad-no-report")
    result.assert_outcomes(passed=1)


def test_last_failed_runs_only_what_failed(grade):
    failed = grade(WRONG).parseoutcomes()["failed"]
    grade(WRONG, "--lf").assert_outcomes(failed=failed)


def test_x_stops_at_the_first_failure(grade):
    assert grade(WRONG, "-x").parseoutcomes()["failed"] == 1


def test_two_processes_agree_with_one(grade, pytester):
    alone, shared = (
        grade(WRONG, "--checkgrad-json=alone.json"),
        grade(WRONG, "-n2", "--checkgrad-json=shared.json"),
    )
    assert alone.parseoutcomes()["failed"] == shared.parseoutcomes()["failed"]
    assert without_seconds(pytester.path / "alone.json") == without_seconds(
        pytester.path / "shared.json"
    )


def without_seconds(path):
    import json

    report = json.loads(path.read_text())
    for outcome in report["outcomes"]:
        del outcome["seconds"]
    return report


def test_two_runs_give_the_same_report(grade, pytester):
    for name in ("one.json", "two.json"):
        grade(WRONG, f"--checkgrad-json={name}")
    assert without_seconds(pytester.path / "one.json") == without_seconds(
        pytester.path / "two.json"
    )


@pytest.mark.parametrize("seed", ["1", "2"])
def test_any_order_gives_the_same_report(pytester, grade, seed):
    grade(WRONG, "--checkgrad-json=ordered.json")
    options = ["--checkgrad=student.py", "--checkgrad-no-report", "--checkgrad-json=random.json"]
    pytester.runpytest_subprocess(*options, f"--randomly-seed={seed}")
    ordered, random = (without_seconds(pytester.path / f"{n}.json") for n in ("ordered", "random"))
    assert ordered == random


def test_junit_xml_holds_the_reason(grade, pytester):
    grade(WRONG, "--junitxml=out.xml")
    assert "The exponent is z instead of -z" in (pytester.path / "out.xml").read_text()


@pytest.mark.parametrize(
    "extra", [(), ("--doctest-modules",), ("-n2",)], ids=["plain", "doctest", "xdist"]
)
def test_student_code_never_runs_in_a_pytest_process(grade, pytester, extra):
    log = pytester.path / "log"
    source = (
        RIGHT
        + """
import os, sys
message = f"{os.getpid()} {'pytest' in sys.modules}"
def sigmoid_derivative(z):
    raise RuntimeError(message)
"""
    )
    result = grade(source, *extra)
    said = [line for line in result.outlines if "RuntimeError: " in line]
    assert said and all("True" not in line for line in said)
    assert not log.exists() and str(os.getpid()) not in said[0]


def test_dotted_module_name(pytester, run_pytest):
    folder = pytester.mkpydir("homework")
    (folder / "week_one.py").write_text(RIGHT)
    result = run_pytest("--checkgrad", "homework.week_one", "--checkgrad-no-report")
    assert result.ret == pytest.ExitCode.OK


def test_a_package_folder_is_one_submission(pytester, run_pytest):
    folder = pytester.mkpydir("homework")
    (folder / "helpers.py").write_text("import numpy as np\nexp = np.exp\n")
    (folder / "model.py").write_text(
        "from .helpers import exp\ndef sigmoid(z):\n    return 1 / (1 + exp(-z))\n"
    )
    result = run_pytest("--checkgrad", "homework", "--checkgrad-no-report")
    assert result.ret == pytest.ExitCode.OK
    assert result.parseoutcomes()["passed"] > 4


def test_a_notebook_is_read_by_its_definitions(pytester, run_pytest):
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    cells = [
        new_markdown_cell("# Homework"),
        new_code_cell("%matplotlib inline\nimport numpy as np\nSHIFT = 0.0"),
        new_code_cell("def sigmoid(z):\n    return 1 / (1 + np.exp(-z + SHIFT))"),
        new_code_cell("while True:\n    pass"),
    ]
    nbformat.write(new_notebook(cells=cells), pytester.path / "hw.ipynb")
    result = run_pytest("--checkgrad", "hw.ipynb", "--checkgrad-no-report")
    assert result.ret == pytest.ExitCode.OK


def test_several_submissions_at_once(pytester, run_pytest):
    pytester.makepyfile(one=RIGHT, two=WRONG)
    result = run_pytest("--checkgrad", "one.py", "--checkgrad", "two.py", "--checkgrad-json=out/")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert sorted(p.name for p in (pytester.path / "out").iterdir()) == ["one.json", "two.json"]
    assert sorted(p.name for p in (pytester.path / "reports").iterdir()) == ["one.html", "two.html"]


def test_without_the_option_nothing_of_ours_happens(pytester):
    pytester.makepyfile(
        test_other="""
        import sys
        def test_x():
            ours = {name for name in sys.modules if name.startswith("checkgrad")}
            assert ours <= {"checkgrad", "checkgrad.plugin"}
            assert "msgspec" not in sys.modules and "matplotlib" not in sys.modules
    """,
        student=RIGHT,
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:hypothesispytest")
    result.assert_outcomes(passed=1)
    assert "checkgrad:" not in result.stdout.str().split("collected")[1]


def test_explicit_paths_are_collected_beside_the_submission(pytester, run_pytest):
    pytester.makepyfile(test_other="def test_x(): pass", student=RIGHT)
    alone = run_pytest("--checkgrad=student.py", "--checkgrad-no-report")
    both = run_pytest("--checkgrad=student.py", "--checkgrad-no-report", "test_other.py")
    assert both.parseoutcomes()["passed"] == alone.parseoutcomes()["passed"] + 1


USAGE = [
    (["--checkgrad", "nowhere"], "nowhere"),
    (["--checkgrad", "empty"], "no Python file"),
    (["--checkgrad", "notes.txt"], "a submission is"),
    (["--checkgrad-json", "x.json"], "needs --checkgrad"),
    (["--checkgrad-seed", "5"], "--checkgrad-seed needs --checkgrad"),
    (["--checkgrad-isolation", "strict"], "--checkgrad-isolation needs --checkgrad"),
    (["--checkgrad", "student.py", "--checkgrad-no-report", "--checkgrad-report=x"], "which of"),
    (
        ["--checkgrad", "student.py", "--checkgrad-seed=5", "--checkgrad-assignment=seed.toml"],
        "seed = 1",
    ),
    (["--checkgrad", "many"], "more than 200 files"),
    (["--checkgrad", "large.py"], "larger than 2 MB"),
    (["--checkgrad", "student.py", "--checkgrad-assignment", "deep.toml"], "nested too deep"),
    (["--checkgrad", "student.py", "--checkgrad-export", "gradescope"], "FORMAT=PATH"),
    (["--checkgrad", "student.py", "--checkgrad-export", "paper=x"], "no format 'paper'"),
    (["--checkgrad", "student.py", "--checkgrad-assignment", "none.toml"], "none.toml"),
    (["--checkgrad", "student.py", "--checkgrad-assignment", "bad.toml"], "did you mean softmax"),
    (["--checkgrad", "student.py", "--checkgrad-assignment", "key.toml"], "did you mean exercises"),
]


@pytest.mark.parametrize(("options", "said"), USAGE, ids=[said for _, said in USAGE])
def test_bad_input_is_a_usage_error_in_one_line(pytester, options, said, run_pytest):
    pytester.makepyfile(student=RIGHT)
    pytester.mkdir("empty")
    pytester.maketxtfile(notes="hello")
    (pytester.path / "bad.toml").write_text("[exercises.softmx]\npoints = 1\n")
    (pytester.path / "seed.toml").write_text("seed = 1")
    (pytester.path / "deep.toml").write_text(f"a = {'[' * 5000}{']' * 5000}")
    for i in range(301):
        (pytester.mkdir("many") if i == 0 else pytester.path / "many").joinpath(f"f{i}.py").touch()
    (pytester.path / "large.py").write_text("#" * (22 << 20))
    (pytester.path / "key.toml").write_text("[exercise.softmax]\npoints = 1\n")
    result = run_pytest(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    errors = [line for line in result.errlines if line.strip()]
    assert len(errors) == 1 and said in errors[0]


BROKEN = {
    "syntax": ("def softmax(z):\n    return z +\n", "line 2"),
    "python 2": ("def softmax(z):\n    print z\n    return z\n", "Python 2"),
    "raises": ("import numpy as np\nraise ValueError('not today')\n", ""),
    "empty": ("", "no function"),
    "unknown": ("def sigmod(z):\n    return z\n", "did you mean sigmoid"),
}


@pytest.mark.parametrize(("source", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_submission_fails_with_a_report_that_says_why(grade, pytester, source, said):
    result = grade(source, report=True)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert said in result.stdout.str()
    page = (pytester.path / "reports" / "student.html").read_text()
    assert said in page.replace("&#39;", "'")


FATES = {
    "hangs": ("while True:\n        pass", "did not come back"),
    "exits": ("import os\n    os._exit(3)", "ended"),
    "segfaults": ("import ctypes\n    ctypes.string_at(0)", "ended"),
    "leaves": ("raise SystemExit(0)", "SystemExit"),
}


@pytest.mark.parametrize(("body", "said"), FATES.values(), ids=FATES)
def test_whatever_one_function_does_all_other_outcomes_stand(grade, body, said):
    source = RIGHT + f"\ndef sigmoid_derivative(z):\n    {body}\n"
    result, right = grade(source), grade(RIGHT)
    assert said in result.stdout.str()
    assert result.parseoutcomes()["passed"] >= right.parseoutcomes()["passed"]


def test_a_missing_plotting_library_costs_nothing(grade):
    result = grade("import matplotlib.pyplot as plt\nimport torch, pandas as pd\n" + RIGHT)
    assert result.ret == pytest.ExitCode.OK


def test_the_students_own_line_and_prints_are_shown(grade):
    source = RIGHT + "\ndef tanh(z):\n    print('almost there')\n    return np.tahn(z)\n"
    result = grade(source)
    result.stdout.fnmatch_lines(["*AttributeError*", "*np.tahn(z)*", "*almost there*"])


def test_a_stub_is_missing_not_wrong(grade):
    result = grade(RIGHT + "\ndef tanh(z):\n    raise NotImplementedError\n")
    result.stdout.fnmatch_lines(["*tanh*not written yet*"])


def test_advice_passes_and_is_named(grade):
    overflowing = RIGHT.replace("z - z.max(axis=-1, keepdims=True)", "z")
    result = grade(overflowing)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*nan*true value is finite*"])


def test_a_conftest_beside_the_submission_is_reported(grade, pytester):
    pytester.makeconftest("")
    grade(RIGHT).stdout.fnmatch_lines(["checkgrad: *conftest.py is run by pytest, unconfined"])


def test_the_report_says_what_is_new_still_there_or_fixed(grade, pytester):
    def page():
        return (pytester.path / "reports" / "student.html").read_text()

    grade(RIGHT, report=True)
    grade(WRONG, report=True)
    assert "new since" in page() or ">new<" in page()
    grade(WRONG, report=True)
    assert "still there" in page()
    grade(RIGHT, report=True)
    assert "fixed" in page()


def test_a_hang_is_told_by_what_happened_first(grade):
    result = grade(
        RIGHT + "\ndef tanh(z):\n    while True:\n        pass\n", "-k", "formula and tanh"
    )
    result.stdout.fnmatch_lines(["*did not come back*"])


@pytest.mark.parametrize("more", [(), ("-n1",)], ids=["one process", "xdist"])
@pytest.mark.parametrize(
    "option",
    [
        "--checkgrad-json=/dev/full",
        "--checkgrad-report=file/x.html",
        "--checkgrad-export=junit=file/x",
    ],
)
def test_what_was_asked_for_and_could_not_be_written_is_told_and_fails_the_run(
    grade, pytester, option, more
):
    (pytester.path / "file").touch()
    result = grade(RIGHT, option, *more, report="report" in option)
    assert result.ret == 3
    result.stdout.fnmatch_lines(["could not write *: *"])
    result.stdout.no_fnmatch_line("*Traceback*")
