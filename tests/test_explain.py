"""Every line of a derivation is true, and the command finds what it is asked for."""

from pathlib import Path

import numpy as np
import pytest
from markupsafe import escape

from checkgrad.cli import main
from checkgrad.exercises import ALL
from checkgrad.exercises.manners import MANNERS
from checkgrad.exercises.mlp import NETWORK
from checkgrad.explain import page

MATHML = "http://www.w3.org/1998/Math/MathML"
BY_NAME = {e.name: e for e in ALL}
DERIVATIONS = {e.name: e.derivation for e in ALL if e.derivation}
STEPS = [(name, step) for name, steps in DERIVATIONS.items() for step in steps]


def smooth(name):
    """Probes of full precision with room for a complex step."""
    probes = BY_NAME[name].probes()
    return [p for p in probes if all(np.asarray(a).dtype == np.float64 for a in p)]


def close(a, b):
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name, step", STEPS, ids=[f"{n}-{s.why[:30]}" for n, s in STEPS])
def test_both_sides_of_every_line_are_equal(name, step):
    probes = smooth(name)
    assert len(probes) >= 3
    assert all(close(*step.sides(*probe)) for probe in probes)


@pytest.mark.parametrize("name", [n for n in DERIVATIONS if n != "affine_backward"])
def test_derivation_ends_in_the_formula_of_the_exercise(name):
    for probe in smooth(name):
        assert close(DERIVATIONS[name][-1].sides(*probe)[1], BY_NAME[name](*probe))


def test_derivation_of_an_affine_layer_gives_all_three_gradients():
    for probe in smooth("affine_backward"):
        dw, dx, db = (step.sides(*probe)[1] for step in DERIVATIONS["affine_backward"])
        assert all(map(close, (dx, dw, db), BY_NAME["affine_backward"](*probe)))


def test_jacobian_of_softmax_is_derived_by_its_two_cases(capsys):
    assert main(["explain", "softmax_jacobian"]) == 0
    text = capsys.readouterr().out
    assert "quotient rule where i = j" in text and "dy_i/dz_j = -y_i y_j" in text
    assert "Bishop" in text


@pytest.mark.parametrize("exercise", [*ALL, NETWORK], ids=lambda e: e.name)
def test_every_exercise_and_every_mistake_can_be_explained(exercise, capsys):
    assert main(["explain", exercise.name]) == 0
    assert exercise.summary.split()[0] in capsys.readouterr().out
    for mistake in exercise.misconceptions:
        assert main(["explain", mistake.name]) == 0
        text = " ".join(capsys.readouterr().out.split())
        assert mistake.explanation in text and mistake.hint in text


@pytest.mark.parametrize("exercise", [*ALL, NETWORK], ids=lambda e: e.name)
def test_page_has_every_line_of_the_derivation_and_needs_nothing_else(exercise, tmp_path, capsys):
    page = tmp_path / "pages" / "explained.html"
    assert main(["explain", exercise.name, "--html", str(page)]) == 0
    assert capsys.readouterr().out == ""
    text = page.read_text(encoding="utf-8")
    steps = DERIVATIONS.get(exercise.name, ())
    assert text.count("<li>") == len(steps)
    assert all(str(escape(step.why)) in text for step in steps)
    assert all(mistake.name in text for mistake in exercise.misconceptions)
    assert "<script" not in text and "http" not in text.replace("http-equiv", "").replace(
        MATHML, ""
    )


def test_what_no_formula_shows_is_explained_too(capsys):
    for manner in MANNERS:
        assert main(["explain", manner.name]) == 0
        text = " ".join(capsys.readouterr().out.split())
        assert manner.explanation in text and manner.hint in text


def test_unknown_name_gets_one_line_with_the_nearest_names(capsys):
    assert main(["explain", "softmax_jacobain"]) == 4
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "did you mean softmax_jacobian" in err


@pytest.mark.parametrize("arguments", [[], ["grade_it"]])
def test_wrong_usage_is_one_line(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert ended.value.code == 4 and out == "" and err.count("\n") == 1


def test_without_a_name_every_exercise_is_listed(capsys):
    assert main(["explain"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == [*(e.name for e in ALL), NETWORK.name]


def test_a_page_needs_a_name(capsys, tmp_path):
    assert main(["explain", "--html", str(tmp_path / "x.html")]) == 4
    assert "needs a NAME" in capsys.readouterr().err


def test_the_page_of_the_docs_lists_every_exercise():
    shown = (Path(__file__).parents[1] / "docs" / "exercises.md").read_text()
    assert shown == page(), "run python -m checkgrad.explain > docs/exercises.md"
