"""Every export against the rules of its platform."""

import base64
import json as plain
import math
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkgrad.model import (
    Decision,
    Diagnosis,
    Environment,
    Example,
    NotJudged,
    Outcome,
    Place,
    Report,
    Submission,
    Verdict,
)
from checkgrad.render import FORMATS, json

DATA = Path(__file__).parent / "data"
NAMES = [path.stem.removeprefix("report_") for path in sorted(DATA.glob("report_*.json"))]
every_report = pytest.mark.parametrize("name", NAMES)


def load(name):
    return json.parse((DATA / f"report_{name}.json").read_bytes())


def outcome(verdict=Verdict.WRONG, check="matches_the_formula", **more):
    return Outcome("softmax", "softmax", check, verdict, **more)


def report(*outcomes, **more):
    return Report(Submission("hw.py", "00"), list(outcomes), Environment("3", "2", "0"), **more)


def strict(text):
    return plain.loads(text, parse_constant=pytest.fail)


def gradescope(report):
    return strict(FORMATS["gradescope"](report))


def prairielearn(report):
    return strict(FORMATS["prairielearn"](report))


def github(report):
    line = FORMATS["github"](report)
    assert line.count("\n") == 1
    return strict(base64.b64decode(line, validate=False))


def junit(report):
    return ElementTree.fromstring(FORMATS["junit"](report))


@every_report
def test_gradescope_finds_only_fields_and_values_it_knows(name):
    found = gradescope(load(name))
    visibilities = {"hidden", "after_due_date", "after_published", "visible"}
    assert set(found) == {
        "score", "execution_time", "output", "output_format", "test_output_format", "test_name_format",
        "visibility", "stdout_visibility", "extra_data", "tests",
    }  # fmt: skip
    assert isinstance(found["execution_time"], float)
    assert {found["visibility"], found["stdout_visibility"]} <= visibilities
    formats = {"text", "html", "simple_format", "md", "ansi"}
    for test in found["tests"]:
        assert set(test) - {"score", "max_score", "status"} == {
            "name", "name_format", "number", "output", "output_format", "tags", "visibility",
        }  # fmt: skip
        assert test.get("status", "passed") in {"passed", "failed"}
        assert test["visibility"] in visibilities
        assert test["output_format"] in formats and test["name_format"] in formats
        assert isinstance(test["number"], str) and isinstance(test["tags"], list)
        assert math.isfinite(test.get("score", 0)) and math.isfinite(test.get("max_score", 0))


def test_gradescope_gets_the_score_of_the_report():
    scored = report(outcome(points=1.5, maximum=2.0), score=3.5, maximum=4.0)
    found = gradescope(scored)
    assert found["score"] == 3.5
    assert (found["tests"][0]["score"], found["tests"][0]["max_score"]) == (1.5, 2.0)


@pytest.mark.parametrize("kind", ["gradescope", "prairielearn", "html"])
def test_what_staff_decided_is_told(kind):
    decision = Decision("softmax", 1.5, 0.5, "told so in class", "Kim")
    said = report(outcome(), assignment="a", score=1.5, maximum=2.0, decisions=[decision])
    assert "told so in class" in FORMATS[kind](said) and "Kim" in FORMATS[kind](said)


def test_thirds_add_up_to_the_points_of_the_assignment_on_gradescope():
    thirds = [outcome(points=2 / 3, maximum=2 / 3, verdict=Verdict.PASSED) for _ in range(3)]
    tests = gradescope(report(*thirds, score=2.0, maximum=2.0))["tests"]
    assert sum(t["max_score"] for t in tests) == 2.0
    assert all(t["score"] == t["max_score"] for t in tests)


def test_gradescope_adds_a_bonus_to_the_score_and_not_to_what_can_be_had():
    bonus = outcome(Verdict.PASSED, points=1.0, maximum=0.0, arithmetic="earns 1")
    found = gradescope(report(outcome(points=2.0, maximum=2.0), bonus, score=3.0, maximum=2.0))
    assert found["score"] == 3.0 and sum(t["max_score"] for t in found["tests"]) == 2.0
    assert found["tests"][1]["output"] == "earns 1"
    assert prairielearn(report(bonus, score=3.0, maximum=2.0))["score"] == 1.0


@pytest.mark.parametrize("kind", ["gradescope", "prairielearn", "junit", "terminal", "html"])
def test_what_is_withheld_from_students_is_in_the_json_alone(kind):
    example = Example({"z": [[12345.0, 0.0]]}, [[0.5, 0.5]], [[1.0, 0.0]], "[0, 0]")
    mistake = Diagnosis("forgot", "The mean was forgotten.", "Which mean?")
    said = outcome(
        problem="is wrong at [0, 0]: got 0.5, expected 1", example=example, diagnoses=[mistake]
    )
    shown = FORMATS[kind](report(said, withheld={"examples": "hidden", "hints": "hidden"}))
    assert "is wrong at [0, 0]" in shown
    for secret in ("12345", "got 0.5", "forgotten", "Which mean"):
        assert secret not in shown
        assert secret in FORMATS["json"](
            report(said, withheld={"examples": "hidden", "hints": "hidden"})
        )
    assert "Which mean" in FORMATS[kind](report(said))


def test_without_an_assignment_gradescope_gets_a_point_a_check():
    found = gradescope(report(outcome(Verdict.PASSED), outcome(), outcome(Verdict.GRADER_FAULT)))
    assert found["score"] == 1.0
    assert [t.get("max_score") for t in found["tests"]] == [1.0, 1.0, None]
    assert sum(t.get("score", 0) for t in found["tests"]) == found["score"]


def test_gradescope_keeps_what_is_hidden_hidden():
    found = gradescope(report(outcome(problem="secret", visibility="hidden")))
    assert found["tests"][0]["visibility"] == "hidden"
    assert "secret" not in found["output"]


@every_report
def test_prairielearn_finds_only_fields_and_values_it_knows(name):
    found = prairielearn(load(name))
    assert set(found) <= {
        "score",
        "gradable",
        "format_errors",
        "message",
        "output",
        "images",
        "tests",
    }
    assert found["gradable"] is True
    assert 0 <= found["score"] <= 1
    for test in found["tests"]:
        assert set(test) == {"name", "description", "points", "max_points", "message", "output"}
        assert 0 <= test["points"] <= test["max_points"]
    assert "\0" not in FORMATS["prairielearn"](load(name))


def test_prairielearn_never_gets_more_than_a_megabyte():
    printed = "x" * 100_000
    found = report(*(outcome(printed=printed, note=printed) for _ in range(500)))
    text = FORMATS["prairielearn"](found)
    assert len(text.encode()) <= 1_000_000
    assert len(strict(text)["tests"]) == 500


def test_prairielearn_takes_no_attempt_where_nothing_was_judged():
    found = prairielearn(report(outcome(Verdict.GRADER_FAULT)))
    assert found["gradable"] is False
    assert "score" not in found
    assert found["format_errors"]


def test_prairielearn_gets_a_share():
    scored = report(outcome(points=3.0, maximum=4.0), score=3.0, maximum=4.0)
    assert prairielearn(scored)["score"] == 0.75
    bonus = report(outcome(points=5.0, maximum=4.0), score=5.0, maximum=4.0)
    assert prairielearn(bonus)["score"] == 1.0


@every_report
def test_github_finds_the_fields_of_interface_3(name):
    found = github(load(name))
    assert set(found) == {"version", "status", "tests", "max_score"}
    assert found["version"] == 3
    assert isinstance(found["max_score"], int)
    assert found["status"] in {"pass", "fail", "error"}
    for test in found["tests"]:
        needed = {
            "name",
            "status",
            "test_code",
            "task_id",
            "filename",
            "line_no",
            "duration",
            "score",
        }
        assert needed <= set(test) <= needed | {"message", "output"}
        assert test["status"] in {"pass", "fail", "error"}
        assert len(test.get("output", "")) <= 500
    assert sum(test["score"] for test in found["tests"]) <= found["max_score"] + 1e-6


def test_github_gets_the_points_of_hidden_checks_but_not_their_story():
    hidden = outcome(points=0.0, maximum=1.0, problem="secret", visibility="hidden")
    found = github(
        report(hidden, outcome(Verdict.PASSED, points=1.0, maximum=1.0), score=1.0, maximum=2.0)
    )
    assert found["max_score"] == 2
    assert sum(test["score"] for test in found["tests"]) == 1
    assert "secret" not in str(found)


def test_github_gets_a_whole_maximum():
    scored = report(outcome(Verdict.PASSED, points=2.5, maximum=2.5), score=2.5, maximum=2.5)
    found = github(scored)
    assert found["max_score"] == 100
    assert found["tests"][0]["score"] == 100


def test_github_has_a_list_of_tests_even_where_there_is_none():
    found = github(report(outcome(Verdict.GRADER_FAULT)))
    assert found["tests"] == [] and found["status"] == "error"


@every_report
def test_junit_counts_what_it_lists(name):
    suite = junit(load(name)).find("testsuite")
    cases = suite.findall("testcase")
    assert int(suite.get("tests")) == len(cases) == len(load(name).outcomes)
    for kind, total in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert len(suite.findall(f"testcase/{kind}")) == int(suite.get(total))
    assert all(case.get("name") and case.get("classname") is not None for case in cases)


def test_junit_does_not_fail_for_our_own_fault():
    case = junit(report(outcome(Verdict.GRADER_FAULT))).find("testsuite/testcase")
    assert [child.tag for child in case] == ["skipped"]


def test_junit_tells_advice_without_failing():
    case = junit(report(outcome(Verdict.ADVICE, problem="7 times"))).find("testsuite/testcase")
    assert [child.tag for child in case] == ["system-out"]
    assert "7 times" in case[0].text


LOOP = NotJudged(Place("hw.py", 9, 11), "loop, line 9", "the training of a network", "a reason")


def test_every_export_names_what_was_not_judged_in_a_field_of_its_own():
    shown = report(
        outcome(Verdict.PASSED), outcome(Verdict.NOT_JUDGED, "exists"), not_judged=[LOOP]
    )
    (told,) = gradescope(shown)["extra_data"]["not_judged"]
    assert told == "loop, line 9: lines 9 to 11, looks like the training of a network; a reason"
    assert prairielearn(shown)["not_judged"] == github(shown)["not_judged"] == [told]
    suite = junit(shown).find("testsuite")
    assert [p.get("value") for p in suite.findall("properties/property")] == [told]
    assert suite.get("skipped") == "1"


def test_what_was_not_judged_neither_earns_nor_costs():
    shown = report(outcome(Verdict.PASSED), outcome(Verdict.NOT_JUDGED, "exists"))
    passed, unjudged = gradescope(shown)["tests"]
    assert "score" in passed and "score" not in unjudged and "status" not in unjudged
    assert prairielearn(shown)["score"] == 1.0
    assert [test["status"] for test in github(shown)["tests"]] == ["pass"]


@given(st.text(st.characters(blacklist_categories=())))
def test_any_text_of_a_student_leaves_every_export_readable(text):
    said = outcome(problem=text, printed=text, example=Example({text: [1]}, text, 2))
    shown = report(said, assignment=text)
    gradescope(shown), prairielearn(shown), github(shown), junit(shown)


@pytest.mark.parametrize("name", ["prairielearn", "github", "junit", "terminal", "html"])
def test_no_format_for_students_tells_what_is_hidden(name):
    hidden = Outcome(
        "secret", "secret", "secret", Verdict.WRONG, problem="secret", visibility="hidden"
    )
    text = FORMATS[name](report(outcome(Verdict.PASSED), hidden))
    if name == "github":
        text = base64.b64decode(text).decode()
    assert "secret" not in text
