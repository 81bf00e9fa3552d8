"""The page of a class: what it counts, what it leaves to a person, and how it is seen."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from checkgrad.batch import page
from checkgrad.batch.overview import Overview
from checkgrad.batch.record import Record, Submitter
from checkgrad.model import Diagnosis, Example, Outcome, Verdict
from checkgrad.render import json

DATA = Path(__file__).parent / "data"
NAMED = [Diagnosis("kept_the_sign", "The minus is missing.", "Which way does it fall?")]
REPORTS = {
    name: json.parse((DATA / f"report_{name}.json").read_bytes())
    for name in ("homework", "hostile", "scored", "unloadable")
}


def right(exercise):
    return Outcome(exercise, exercise, "matches_the_formula", Verdict.PASSED)


def wrong(exercise, got, function="f", **more):
    """An answer to softmax-like questions that differs in what came out alone."""
    example = Example({"z": [0.0, 1.0]}, got, [0.25, 0.75])
    problem = f"{function} is wrong at [0]: got {got[0]:.3g}, expected 0.25"
    return Outcome(
        exercise, function, "matches_the_formula", Verdict.WRONG, problem=problem,
        example=example, **more,
    )  # fmt: skip


def overview(*submissions):
    """What a class tells in which each student's report has the outcomes of one of *submissions*."""
    gathered = Overview()
    for i, outcomes in enumerate(submissions):
        report = replace(REPORTS["homework"], outcomes=list(outcomes), training=[])
        gathered.add(Record(Submitter(f"s{i}", f"Student {i}"), f"s{i}.py", "", "", report))
    return gathered


def link(student):
    return f"students/{student.id}.html"


def test_answers_alike_are_one_mistake_whatever_the_function_is_called():
    mistakes = overview(
        [wrong("softmax", [0.5, 0.5], "softmax")],
        [wrong("softmax", [0.5, 0.5000000001], "my_softmax")],
        [wrong("softmax", [0.3, 0.5])],
        [wrong("tanh", [0.5, 0.5])],
    ).mistakes
    assert [(m.exercise, [s.id for s in m.students]) for m in mistakes] == [
        ("softmax", ["s0", "s1"]),
        ("softmax", ["s2"]),
        ("tanh", ["s3"]),
    ]


def test_a_mistake_with_a_name_is_one_whatever_came_out():
    gathered = overview(
        [wrong("softmax", [0.5, 0.5], diagnoses=NAMED)], [wrong("softmax", [1, 2], diagnoses=NAMED)]
    )
    assert [len(m.students) for m in gathered.mistakes] == [2]
    assert gathered.unnamed == []


def test_what_follows_from_another_mistake_is_no_mistake_of_its_own():
    followed = wrong("softmax_jacobian", [1.0, 1.0], follows_from="softmax")
    gathered = overview([wrong("softmax", [0.5, 0.5]), followed], [right("softmax")])
    assert [m.exercise for m in gathered.mistakes] == ["softmax"]
    assert [(lesson.rate.name, lesson.carried) for lesson in gathered.lessons] == [("softmax", 1)]


def test_what_most_failures_begin_with_is_taught_again_first():
    followed = [wrong(name, [1.0], follows_from="softmax") for name in ("a", "b", "c")]
    gathered = overview(
        [wrong("softmax", [0.5]), *followed], [wrong("tanh", [0.5])], [wrong("tanh", [0.4])]
    )
    assert [lesson.rate.name for lesson in gathered.lessons] == ["softmax", "tanh"]


def test_a_person_looks_at_unnamed_mistakes_hard_exercises_and_our_own_faults():
    fault = Outcome("submission", "submission", "loads", Verdict.GRADER_FAULT, problem="it failed")
    gathered = overview(
        [wrong("softmax", [0.5]), right("tanh")],
        [wrong("softmax", [0.5], diagnoses=NAMED), right("tanh")],
        [right("softmax"), wrong("tanh", [1.0], diagnoses=NAMED)],
        [fault],
    )
    assert [m.exercise for m in gathered.unnamed] == ["softmax"]
    assert [rate.name for rate in gathered.hard] == ["softmax"]
    assert [(s.id, "it failed" in why) for s, why in gathered.to_review] == [("s3", True)]
    assert sum(count for _, count in gathered.bins) == 3


@pytest.fixture(scope="module")
def klass():
    gathered = Overview()
    for i, (name, report) in enumerate(REPORTS.items()):
        student = Submitter(f"id-{i}", f"<b>{name.title()} O'Neil</b>", f"{name}@example.edu")
        gathered.add(Record(student, name, "", "", report))
    return gathered


def test_names_and_links_are_on_the_page_and_on_the_anonymous_one_are_not(klass):
    named = page.render(klass, link)
    assert 'href="students/id-0.html"' in named and "&lt;b&gt;Homework O&#39;Neil" in named
    anonymous = page.render(klass, link, anonymous=True)
    assert "student 1" in anonymous
    assert not re.search(r"O'Neil|O&#39;Neil|id-0|students/", anonymous)


def test_the_page_of_an_empty_class_stands():
    assert "0</strong> submissions" in page.render(Overview(), link)


@pytest.fixture(scope="module")
def seen(klass, tmp_path_factory):
    """The page in a browser, at a width and in a scheme, with everything unfolded."""
    playwright = pytest.importorskip("playwright.sync_api")
    from test_report_browser import CHROMIUM, QUIET

    path = tmp_path_factory.mktemp("class") / "class.html"
    path.write_text(page.render(klass, link), encoding="utf-8")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)

        def visit(width, scheme):
            context = browser.new_context(
                viewport={"width": width, "height": 900}, offline=True, color_scheme=scheme
            )
            opened = context.new_page()
            opened.goto(path.as_uri())
            opened.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            return opened

        yield visit
        browser.close()


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_everybody_can_read_it_on_a_phone_and_in_the_dark(seen, width, scheme):
    from axe_playwright_python.base import AXE_FILE_PATH

    opened = seen(width, scheme)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    opened.evaluate(Path(AXE_FILE_PATH).read_text("utf-8"))
    found = opened.evaluate(
        "() => axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"
    )
    assert found == []
    assert opened.locator("script, img, b").count() == 0
