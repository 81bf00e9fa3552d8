"""The HTML page and its pictures as text; test_report_browser.py looks at them."""

import base64
import hashlib
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from checkgrad.model import (
    Asked,
    Curve,
    Diagnosis,
    Environment,
    Example,
    Layers,
    Matrix,
    Outcome,
    Report,
    Scatter,
    Submission,
    Surface,
    TrainingRun,
    Verdict,
)
from checkgrad.render import captions, formulas, html, json, plots, summary, svg

DATA = Path(__file__).parent / "data"
NAMES = [path.stem.removeprefix("report_") for path in sorted(DATA.glob("report_*.json"))]
every_report = pytest.mark.parametrize("name", NAMES)
VOID = {"meta", "br", "input", "img", "link", "hr"}


def load(name):
    return json.parse((DATA / f"report_{name}.json").read_bytes())


def outcome(exercise="softmax", verdict=Verdict.WRONG, **more):
    return Outcome(exercise, exercise, "matches_the_formula", verdict, **more)


def page(*outcomes, **more):
    environment = Environment("3", "2", "0")
    return html.render(Report(Submission("hw.py", "00"), list(outcomes), environment, **more))


def picture(evidence):
    """The drawings of *evidence*, as they stand in the page."""
    drawn = plots.draw(plots.Easel(), evidence)
    return [ElementTree.fromstring(svg.tidy(source, "p-", "t")) for source in drawn]


def roles(drawing):
    return {role for e in drawing.iter() for role in e.get("class", "").split()}


class Tags(HTMLParser):
    """Every tag and attribute of a page, and whether each tag that opens also closes."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open, self.unclosed = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            self.unclosed.append(tag)


@every_report
def test_the_page_needs_nothing_from_outside_and_runs_nothing(name):
    tags = Tags(html.render(load(name)))
    assert tags.unclosed == [] and tags.open == []
    assert {"script", "link", "iframe", "object", "embed", "img", "form", "base"}.isdisjoint(
        tags.tags
    )
    names = {key for key, _ in tags.attributes}
    assert "style" not in names and not any(key.startswith("on") for key in names)
    targets = [
        value for key, value in tags.attributes if key in ("href", "src", "xlink:href", "action")
    ]
    assert all(target.startswith(("#", "data:image/png;base64,")) for target in targets)


@every_report
def test_the_policy_names_the_hash_of_the_one_style(name):
    text = html.render(load(name))
    styles = re.findall(r"<style>(.*?)</style>", text, re.S)
    assert len(styles) == 1
    digest = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in text


def test_the_page_stays_small():
    assert len(html.render(load("homework")).encode()) < 600_000


def test_every_picture_of_a_homework_is_drawn():
    assert "There is no picture" not in html.render(load("homework"))


def test_the_page_comes_in_the_order_of_reading():
    text = html.render(load("homework"))
    order = ["right, 7 wrong, 1 missing", "Fix this first", "Not right yet", "What was asked", "<math", "got</dt>",
             "expected</dt>", "<figure", "See it yourself", "Right, with advice", ">Right<",
             "Training your network", "Adam", 'id="about-title"']  # fmt: skip
    start = text.index("<body>")
    places = [text.index(words, start) for words in order]
    assert places == sorted(places)


def test_a_score_is_shown_with_points_for_each_part():
    earned = outcome(verdict=Verdict.PASSED, points=1.5, maximum=2.0)
    text = page(earned, score=1.5, maximum=2.0, assignment="Homework 3")
    assert "<strong>1.5</strong> of 2 points" in text and "Homework 3" in text
    assert '<span class="quiet">1.5 of 2 points, right: ' in text


def test_what_is_hidden_is_counted_only():
    text = page(outcome("secret", visibility="hidden"), outcome(verdict=Verdict.PASSED))
    assert "secret" not in text
    assert "1 more check not shown here" in text


def test_what_changed_since_the_last_run_is_said():
    fixed = outcome(verdict=Verdict.PASSED, since="fixed")
    text = page(fixed, outcome("sigmoid", since="new"))
    assert "Since the last run: 1 fixed, 1 new." in text
    assert '<span class="since">new</span>' in text and '<span class="since">fixed</span>' in text


def test_a_cause_is_told_once_for_a_part_and_once_as_the_first_thing_to_fix():
    cause = [Diagnosis("forgot", "The sum is missing.", "What is divided?")]
    first = outcome(diagnoses=cause, problem="is wrong")
    text = page(first, replace(first, check="obeys_its_laws"))
    assert text.count("The sum is missing.") == 2
    assert "for the same reason" in text


def test_a_problem_without_a_subject_gets_one():
    assert "softmax is wrong at [0]" in page(outcome(problem="is wrong at [0]"))


def test_our_own_fault_is_called_that():
    text = page(outcome(verdict=Verdict.GRADER_FAULT, problem="ran out of memory"))
    assert "costs you nothing" in text and "Fix this first" not in text


def test_a_report_of_nothing_is_a_page():
    assert "Nothing checked" in page()


def test_a_formula_becomes_mathml():
    assert formulas.mathml(r"\frac{a}{b}").startswith("<math") and "<mfrac>" in formulas.mathml(
        r"\frac{a}{b}"
    )


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(x)}{x}",
        r"\class{x}{y}",
        "<img src=x onerror=alert(1)>",
        r"\frac{",
        r"\begin{cases}",
        "\x00",
    ],
)
def test_a_formula_brings_nothing_but_mathematics(latex):
    tags = Tags(formulas.mathml(latex))
    assert all(tag.startswith("m") or tag == "code" for tag in tags.tags)
    assert {key for key, _ in tags.attributes} <= formulas.MATH_ATTRIBUTES


@given(st.text(st.characters(blacklist_categories=())))
@settings(max_examples=30, deadline=None)
def test_any_text_of_a_student_stays_text(text):
    given = outcome(
        text, problem=text, traceback=text, printed=text, example=Example({text: [1]}, text, 2)
    )
    plain = outcome(
        "a", problem="a", traceback="a", printed="a", example=Example({"a": [1]}, "a", 2)
    )
    asked = [Asked(text, text, text, "x", text)]
    tags = Tags(page(given, exercises=asked, assignment=text))
    expected = Tags(page(plain, exercises=[Asked("a", "a", "a", "x", "a")], assignment="a"))
    assert tags.unclosed == []
    assert set(tags.tags) <= set(expected.tags)


def test_curves_show_the_student_over_what_was_due():
    curve = Curve(
        "f", "z", "y", [0.0, 1.0, 2.0], {"expected": [0.0, 1.0, 2.0], "yours": [0.0, 1.0, 9.0]}
    )
    (drawing,) = picture(curve)
    strokes = [
        e.get("class") for e in drawing.iter("path") if e.get("class") in ("s-due", "s-yours")
    ]
    assert strokes.index("s-due") < strokes.index("s-yours")
    assert {"z", "y"} <= {e.text for e in drawing.iter("text")}


def test_wrong_entries_of_a_small_matrix_are_framed_and_written():
    matrix = Matrix("J", [[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 5.0]], [(1, 1)])
    yours, expected, error = picture(matrix)
    frames = [
        sum(e.get("class") == "s-ink" for e in d.iter("path")) for d in (yours, expected, error)
    ]
    assert frames == [1, 0, 1]
    assert "\u22121" in {e.text for e in error.iter("text")}
    assert "f-low" in roles(error) and "f-high" not in roles(error)


@pytest.mark.parametrize("size", [9, 30])
def test_a_large_matrix_shows_its_error_alone(size):
    due = [[0.0] * size for _ in range(size)]
    got = [[float(i == j) for j in range(size)] for i in range(size)]
    (drawing,) = picture(Matrix("dW1", got, due, [(i, i) for i in range(size)]))
    assert (drawing.find(".//image") is not None) == (size > 24)
    assert len(ElementTree.tostring(drawing)) < 30_000


def test_of_several_matrices_only_the_errors_are_drawn():
    one = Matrix("dW1", [[1.0, 2.0]], [[1.0, 3.0]], [(0, 1)])
    count = [page(outcome(evidence=[one] * k)).count('role="img"') for k in (1, 2)]
    assert count == [3, 2]


def test_matrices_that_do_not_fit_together_have_no_picture():
    assert picture(Matrix("J", [[1.0, 2.0]], [[1.0]], [(0, 0)])) == []


def test_a_scatter_tells_what_lies_outside_the_bound_by_shape():
    (drawing,) = picture(Scatter("g", [0.0, 1.0], [0.0, 2.0], [1e-9, 1e-9]))
    shapes = {role: e.get("href") for e in drawing.iter("use") for role in e.get("class").split()}
    assert shapes["s-due"] != shapes["s-yours"]


def test_a_network_names_its_gradients():
    (drawing,) = picture(Layers("net", [2, 4, 1], ["db1", "dW2"], ["dW1"], ["ReLU"]))
    texts = " ".join(e.text or "" for e in drawing.iter() if e.text)
    assert (
        "dW1 wrong" in texts and "db1 right" in texts and "4 units" in texts and "1 unit" in texts
    )


def test_a_surface_stands_beside_the_right_one():
    flat = Surface(
        "P", "z0", "z1", [0.0, 1.0], [0.0, 1.0], [[0.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]
    )
    yours, expected = picture(flat)
    assert "yours" in {e.text for e in yours.iter("text")}
    assert "expected" in {e.text for e in expected.iter("text")}


def test_pictures_are_small_and_carry_no_style():
    for evidence in (e for o in load("homework").outcomes for e in o.evidence):
        for drawing in picture(evidence):
            assert len(ElementTree.tostring(drawing)) < 40_000
            assert all("style" not in element.attrib for element in drawing.iter())


def test_a_long_loss_curve_is_thinned():
    wavy = [1 + math.sin(i / 3) for i in range(20_000)]
    run = TrainingRun("t", "t", 1.0, wavy, wavy, 20_000)
    source = plots.draw_losses(plots.Easel(), run)
    assert len(svg.tidy(source, "p", "t")) < 20_000


def test_pictures_do_not_depend_on_what_was_drawn_before():
    evidence = [e for o in load("homework").outcomes for e in o.evidence]
    easel = plots.Easel()
    for one in evidence:
        plots.draw(easel, one)
    assert [plots.draw(easel, one) for one in evidence] == [
        plots.draw(plots.Easel(), one) for one in evidence
    ]


@every_report
def test_every_picture_is_told_in_words(name):
    report = load(name)
    for evidence in (e for o in report.outcomes for e in o.evidence):
        assert len(captions.caption(evidence).split()) > 3
    for run in report.training:
        assert captions.losses(run).endswith(".")


def test_captions_name_the_worst_place():
    curve = Curve("f", "z", "y", [0.0, 1.0], {"yours": [0.0, 5.0], "expected": [0.0, 1.0]})
    assert "furthest apart at z = 1: yours 5, expected 1" in captions.caption(curve)
    same = replace(curve, lines={"yours": [0.0, 1.0], "expected": [0.0, 1.0]})
    assert "lie on each other" in captions.caption(same)
    matrix = Matrix("J", [[1.0, 2.0]], [[1.0, 5.0]], [(0, 1)])
    assert "1 of 2 entries is wrong. The worst is at [0, 1]: got 2, expected 5" in captions.caption(
        matrix
    )
    scatter = Scatter("g", [1.0, 2.0], [1.0, math.nan], [0.0, 1.0])
    assert "1 of 2 entries of your gradient disagree" in captions.caption(scatter)
    surface = Surface("P", "a", "b", [0.0, 1.0], [0.0], [[0.0, 3.0]], [[0.0, 1.0]])
    assert "a = 1, b = 0: yours 3, expected 1" in captions.caption(surface)


@pytest.mark.parametrize("parted", [None, 7])
def test_losses_say_whether_they_part(parted):
    run = TrainingRun("t", "t", 1.0, [1.0, 0.5], [1.0, 0.25], 2, parted_at=parted)
    said = captions.losses(run)
    assert ("part at step 7" in said) == (parted is not None)
    drawing = svg.tidy(plots.draw_losses(plots.Easel(), run), "p", "t")
    assert ("they part at step 7" in drawing) == (parted is not None)


def test_the_same_problem_is_told_once_and_then_folded():
    crashed = [
        Outcome("tanh", "tanh", check, Verdict.CRASHED, problem="raised OSError: no")
        for check in ("exists", "matches_the_formula", "obeys_its_laws")
    ]
    assert page(*crashed).count("for the same reason") == 2


def test_what_no_one_can_expect_is_not_shown():
    hung = outcome(problem="did not end", example=Example({"z": [1.0]}, "no number", None))
    assert "<dt>got</dt>" in page(hung) and "<dt>expected</dt>" not in page(hung)


def test_what_the_problem_says_already_is_not_said_again_as_a_result():
    hung = outcome(problem="did not end", example=Example({"z": [1.0]}, "did not end", 1.0))
    assert "<dt>z</dt>" in page(hung) and "<dt>got</dt>" not in page(hung)


def test_the_file_is_not_given_a_name_of_ours():
    problem = "line 5: '(' was never closed"
    text = page(Outcome("submission", "submission", "loads", Verdict.CRASHED, problem=problem))
    assert "<code>submission</code>" not in text and "submission:" not in text


def test_advice_is_told_of_where_nothing_is_to_be_fixed():
    text = page(outcome(verdict=Verdict.ADVICE, problem="is 7 times the gradient of your loss"))
    assert "There is advice on 1 part." in text


@pytest.mark.parametrize(
    "problem, said",
    [
        ("is wrong at [0]: got 1, expected 2", "softmax is wrong at [0]: got 1, expected 2"),
        ("raised ValueError: no", "softmax raised ValueError: no"),
        ("gave other gradients", "softmax gave other gradients"),
        ("wrong in dW1: dW1 is 0", "softmax gives wrong gradients: dW1. The first: dW1 is 0"),
        ("value 1 is wrong at [0]", "The second result of softmax is wrong at [0]"),
        ("softmax is not there", "softmax is not there"),
        ("XOR: not learned", "XOR: not learned"),
        ("outputs: none", "softmax: outputs: none"),
    ],
)
def test_a_problem_without_a_subject_is_given_one(problem, said):
    assert summary.sentence(outcome(problem=problem)) == said
