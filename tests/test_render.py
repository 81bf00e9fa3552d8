import json as plain
import math
import subprocess
import sys
from pathlib import Path

import jsonschema
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import checkgrad.render
from checkgrad.model import (
    Diagnosis,
    Environment,
    Example,
    Outcome,
    Report,
    Submission,
    Verdict,
)
from checkgrad.render import FORMATS, history, json, summary, terminal
from checkgrad.render.numbers import clean, lines
from checkgrad.render.snippet import snippet
from schemas import meaning

DATA = Path(__file__).parent / "data"
GOLD = sorted(DATA.glob("report_*.json"))
SHIPPED = Path(checkgrad.render.__file__).parent / "schema.json"


def load(name):
    return json.parse((DATA / f"report_{name}.json").read_bytes())


def outcome(exercise, verdict=Verdict.WRONG, **more):
    return Outcome(exercise, exercise, "matches_the_formula", verdict, **more)


def report(*outcomes, **more):
    return Report(Submission("hw.py", "00"), list(outcomes), Environment("3", "2", "0"), **more)


def text_of(value, *beside, **more):
    return ["".join(line) for line in lines(value, *beside, **more)]


@pytest.mark.parametrize("module", ["matplotlib", "jinja2", "latex2mathml"])
def test_importing_render_and_its_terminal_imports_nothing_heavy(module):
    code = (
        f"import sys, checkgrad.render, checkgrad.render.terminal; print({module!r} in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_every_report_the_same_way_twice(name, path):
    found = json.parse(path.read_bytes())
    text = FORMATS[name](found)
    assert text.strip()
    assert text == FORMATS[name](found)
    text.encode("utf-8")


@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem)
def test_json_is_read_back_and_written_the_same(path):
    text = path.read_text("utf-8")
    assert json.render(json.parse(text)) == text


@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem)
def test_written_json_is_valid_under_the_shipped_schema(path):
    schema = plain.loads(SHIPPED.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(plain.loads(path.read_text("utf-8")), schema)


def test_the_schema_refuses_a_report_without_outcomes():
    schema = plain.loads(SHIPPED.read_text())
    data = plain.loads(json.render(report()))
    del data["outcomes"]
    with pytest.raises(jsonschema.ValidationError, match="outcomes"):
        jsonschema.validate(data, schema)


def test_the_shipped_schema_is_up_to_date():
    assert meaning(plain.loads(SHIPPED.read_text())) == meaning(json.schema()), (
        "run python -m checkgrad.render.json > checkgrad/render/schema.json"
    )


def test_numbers_that_json_lacks_are_strings_and_come_back():
    given = Example({"z": [math.inf, -math.inf]}, math.nan, "nothing")
    text = json.render(report(outcome("softmax", example=given, error=math.nan)))
    data = plain.loads(text, parse_constant=pytest.fail)
    assert data["outcomes"][0]["error"] == "nan"
    assert data["outcomes"][0]["example"]["arguments"] == {"z": ["inf", "-inf"]}
    back = json.parse(text).outcomes[0]
    assert math.isnan(back.error) and math.isnan(back.example.got)
    assert back.example.arguments == {"z": [math.inf, -math.inf]}
    assert back.example.expected == "nothing"


def test_a_function_called_nan_keeps_its_name():
    assert json.parse(json.render(report(outcome("nan")))).outcomes[0].exercise == "nan"


def test_arrays_are_written_as_lists():
    given = Example({"z": np.arange(3)}, np.float32(0.5), np.eye(2))
    text = json.render(report(outcome("softmax", example=given)))
    assert json.parse(text).outcomes[0].example == Example(
        {"z": [0, 1, 2]}, 0.5, [[1.0, 0.0], [0.0, 1.0]]
    )


def test_a_lone_surrogate_does_not_stop_the_report():
    json.render(report(outcome("softmax", problem="\udc80"))).encode("utf-8")


def test_arguments_keep_their_order():
    given = Example({"z": 1, "a": 2, "t": 3}, 0, 0)
    back = json.parse(json.render(report(outcome("f", example=given))))
    assert list(back.outcomes[0].example.arguments) == ["z", "a", "t"]


@pytest.mark.parametrize("text", ["[]", "{}", "1", '{"schema": "other/2"}'])
def test_what_is_not_a_report_is_refused(text):
    with pytest.raises(msgspec.ValidationError):
        json.parse(text)


def test_an_array_is_laid_out_with_the_columns_of_the_one_beside_it():
    assert text_of([[1, 2], [3, 4]], [[0.25, 100, 3]]) == ["[[   1    2]", " [   3    4]]"]
    assert text_of([]) == ["[]"]
    assert text_of(0.1 + 0.2) == ["0.3"]


def test_a_large_array_shows_the_part_around_the_wrong_entry():
    values = [[100 * i + j for j in range(50)] for i in range(50)]
    shown = "\n".join(text_of(values, where="dW1[30, 40]", room=60))
    assert "3040" in shown and "..." in shown
    assert len(shown) < 600
    assert [line.marked for line in lines(values, where="[30, 40]") if line.marked] == ["3040"]


def test_all_rows_of_a_large_matrix_show_the_same_columns():
    values = [[float(j) for j in range(50)] for _ in range(4)]
    first, *rest = (line.strip(" []") for line in text_of(values, where="[2, 40]"))
    assert all(line == first for line in rest)


@given(st.recursive(st.floats() | st.integers(), lambda inside: st.lists(inside, max_size=4)))
def test_any_nest_of_numbers_can_be_laid_out(value):
    assert all("\n" not in line for line in text_of(value, where="[1, 0]"))


@given(st.text())
def test_clean_text_has_no_control_character(text):
    assert all(c.isprintable() or c.isspace() for c in clean(text) if ord(c) < 0xA0)
    assert "\x1b" not in clean(text) and "\u202e" not in clean(text)


def test_the_file_itself_is_the_first_thing_to_fix():
    found = report(outcome("softmax"), outcome("submission", Verdict.CRASHED))
    assert summary.first_to_fix(found).part.name == "submission"


def test_what_others_follow_from_is_fixed_first():
    found = report(
        outcome("sigmoid"), outcome("softmax"), outcome("softmax_backward", follows_from="softmax")
    )
    first = summary.first_to_fix(found)
    assert first.part.name == "softmax"
    assert "softmax_backward" in first.reason


def test_a_missing_function_is_not_fixed_before_a_wrong_one():
    found = report(outcome("sigmoid", Verdict.MISSING), outcome("softmax"))
    assert summary.first_to_fix(found).part.name == "softmax"


def test_there_is_nothing_to_fix_where_nothing_failed():
    found = report(outcome("softmax", Verdict.ADVICE), outcome("relu", Verdict.GRADER_FAULT))
    assert summary.first_to_fix(found) is None


def test_our_own_fault_counts_neither_way():
    found = report(outcome("a", Verdict.PASSED), outcome("b"), outcome("c", Verdict.GRADER_FAULT))
    assert summary.counts(found) == (1, 2)


def test_a_typical_homework_is_summed_up_in_under_25_lines():
    text = terminal.summary(load("homework"), 80, colour=False)
    assert len(text.splitlines()) < 25
    assert "\nFix this first: sigmoid_prime" in text
    for name in (
        "softmax_jacobian",
        "BCE",
        "one_hot",
        "accuracy",
        "Network.backward",
        "delta_cross_entropy",
    ):
        assert text.count(f" {name} ") + text.count(f" {name}: ") == 1


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem)
def test_the_summary_fits_the_width(path, width):
    text = terminal.summary(json.parse(path.read_bytes()), width, colour=False)
    assert all(len(line) <= width for line in text.splitlines())


def test_what_follows_from_another_mistake_is_told_as_that():
    found = report(
        outcome("softmax", problem="is wrong at [0]"),
        outcome("softmax_backward", problem="is wrong at [1]", follows_from="softmax"),
    )
    text = terminal.summary(found, 80, colour=False)
    assert "softmax_backward follows from what is wrong in softmax" in text
    assert "[1]" not in text


def test_parts_of_which_the_same_is_said_share_a_line():
    told = [outcome(name, Verdict.ADVICE, problem="gives nan") for name in ("a", "b", "c")]
    text = terminal.summary(report(*told), 80, colour=False)
    assert "advice     gives nan: a, b, c\n" in text


def test_fifty_failures_fit_in_under_25_lines():
    found = report(*(outcome(f"exercise_{i}", problem=f"is wrong at [{i}]") for i in range(50)))
    text = terminal.summary(found, 80, colour=False)
    assert len(text.splitlines()) < 25
    assert "and 41 more" in text


@pytest.mark.parametrize("name", ["homework", "hostile"])
def test_without_colour_no_escape_reaches_the_terminal(name):
    assert "\x1b" not in terminal.summary(load(name), 80, colour=False)


def test_with_colour_only_our_own_escapes_reach_the_terminal():
    text = terminal.summary(load("hostile"), 80, colour=True)
    assert "\x1b[" in text
    assert set(text.split("\x1b")[1:]) and all(
        part.startswith(("[1m", "[31;1m", "[33;1m", "[32;1m", "[0m"))
        for part in text.split("\x1b")[1:]
    )


def test_got_and_expected_stand_under_each_other():
    shown = outcome("softmax", example=Example({"z": [1]}, [0.5, 12.25], [0.25, 0.75]))
    rows = terminal.failure(shown).splitlines()
    got, expected = (next(r for r in rows if r.split()[:1] == [w]) for w in ("got", "expected"))
    assert got.index("12.25") + 5 == expected.index("0.75") + 4


def test_a_failure_tells_all_that_is_known():
    shown = outcome(
        "softmax",
        problem="softmax is wrong at [0]",
        diagnoses=[Diagnosis("forgot", "The sum is missing.", "What is divided?")],
        structure="3 times too large",
        note="Read as rows.",
        follows_from="sigmoid",
        traceback="line 3, in softmax",
        printed="hello",
    )
    text = terminal.failure(shown)
    for words in (
        "wrong at [0]",
        "The sum is missing.",
        "Hint: What is divided?",
        "3 times too large",
    ):
        assert words in text
    for words in ("Read as rows.", "sigmoid", "  line 3, in softmax", "  hello"):
        assert words in text


def test_our_own_traceback_is_not_called_the_students():
    text = terminal.failure(
        outcome("f", Verdict.GRADER_FAULT, problem="it failed", traceback="ours.py")
    )
    assert "Where checkgrad stopped:" in text and "Your code" not in text


def test_hidden_checks_are_counted_but_not_told():
    hidden = outcome("softmax", problem="the secret probe", visibility="hidden")
    text = terminal.summary(report(outcome("softmax", Verdict.PASSED), hidden), 80, colour=False)
    assert "secret" not in text
    assert "1 more check not shown" in text


def test_the_score_is_shown_where_there_is_one():
    text = terminal.summary(load("scored"), 80, colour=False)
    assert text.startswith("numpy_mlp.py: 12 of 12 points")
    assert "points" not in terminal.summary(load("homework"), 80, colour=False)


def run(code, folder):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=True
    ).stdout


@pytest.mark.parametrize("name", ["hw.py", "hw-3.py", "week/hw.py", "hw"])
def test_the_snippet_prints_got_and_expected(tmp_path, name):
    path = tmp_path / name if name.endswith(".py") else tmp_path / name / "__init__.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text("def double(z, scale):\n    return 3 * z * scale\n")
    example = Example({"z": [[1.0, math.inf]], "scale": 1}, [[3.0, math.inf]], [[2.0, math.inf]])
    code = snippet(name, replace(outcome("f", example=example), function="double"))
    assert "checkgrad" not in code
    assert run(code, tmp_path).split() == [
        "got",
        "[[",
        "3.",
        "inf]]",
        "expected",
        "[[",
        "2.",
        "inf]]",
    ]


@pytest.mark.parametrize("name", ["net.py", "net-2.py"])
def test_the_snippet_follows_the_given_code(tmp_path, name):
    (tmp_path / name).write_text("class Net:\n    def run(self, x):\n        return x[0] + 1\n")
    example = Example({"x": [[1.0, 2.0], [3.0]]}, 0, 0, code="got = Net().run(x)")
    code = snippet(name, replace(outcome("f", example=example), function="Net.run"))
    assert run(code, tmp_path).split() == ["got", "[2.", "3.]", "expected", "0"]


@pytest.mark.parametrize(
    "example",
    [
        Example({"z": "not a number"}, 0, 0),
        Example({"z; import os": 1}, 0, 0),
        Example({"z": [0.0] * 500}, 0, 0),
        Example({"z": 1.0}, 0, 0, code=None),
        None,
    ],
)
def test_there_is_no_snippet_where_a_few_lines_would_not_do(example):
    assert snippet("hw.py", outcome("softmax", example=example)) == ""


@pytest.mark.parametrize("function", ["a.b", "x = 1; f", "class"])
def test_what_is_not_a_plain_name_is_not_called(function):
    shown = replace(outcome("f", example=Example({"z": 1}, 0, 0)), function=function)
    assert snippet("hw.py", shown) == ""


def test_a_second_run_says_what_is_new_still_there_and_fixed():
    def run(softmax, sigmoid, tanh, relu):
        verdicts = {"softmax": softmax, "sigmoid": sigmoid, "tanh": tanh, "relu": relu}
        outcomes = [Outcome(name, name, "exists", v) for name, v in verdicts.items()]
        return Report(Submission("hw.py", "0"), outcomes, Environment("3", "2", "0"))

    wrong, right, skipped = Verdict.WRONG, Verdict.PASSED, Verdict.NOT_RUN
    first = run(wrong, wrong, right, wrong)
    assert {o.since for o in history.compared(first, {}).outcomes} == {""}
    known = history.remembered(first, {})
    second = history.compared(run(wrong, right, wrong, skipped), known)
    assert [o.since for o in second.outcomes] == ["still there", "fixed", "new", ""]
    third = history.compared(first, history.remembered(second, known))
    assert [o.since for o in third.outcomes] == ["still there", "new", "fixed", "still there"]
