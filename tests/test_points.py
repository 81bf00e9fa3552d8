"""Points that staff can defend: a constant maximum, follow-through, partial credit, the arithmetic told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkgrad.assignment import AssignmentSource, loads
from checkgrad.grading import grade
from checkgrad.judging.points import UNDECIDED, scored
from checkgrad.model import Outcome, Verdict

CHECKS = ("exists", "matches_the_formula", "obeys_its_laws", "survives_extreme_inputs")
SOFTMAX = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / (1 + e.sum(axis=1, keepdims=True))

def softmax_cross_entropy_gradient(z, t):
    return (softmax(z) - t) / len(z)
"""
BOTH = "[exercises.softmax]\npoints = 2\n[exercises.softmax_cross_entropy_gradient]\npoints = 3\n"


def week(text):
    return loads(AssignmentSource("week.toml", text.encode()))


def outcomes(*verdicts, exercise="softmax", **more):
    return [
        Outcome(exercise, exercise, check, verdict, **more)
        for check, verdict in zip(CHECKS, verdicts, strict=False)
    ]


def points_of(found):
    return [o.points for o in found[0]]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from([v for v in Verdict if v not in UNDECIDED]), min_size=4, max_size=4),
    st.integers(0, 1000),
    st.integers(0, 50),
)  # fmt: skip
def test_points_add_up_to_the_score_and_stay_between_nothing_and_the_maximum(
    verdicts, tenths, weight
):
    text = f"[exercises.softmax]\npoints = {tenths / 10}\n"
    text += f"[exercises.softmax.checks.obeys_its_laws]\nweight = {weight}\n"
    assignment = week(text)
    found, score = scored(outcomes(*verdicts), assignment)
    assert score == pytest.approx(sum(o.points for o in found), abs=1e-9)
    assert 0 <= score <= assignment.maximum
    if not any(v.failed or v is Verdict.NOT_JUDGED for v in verdicts):
        assert score == assignment.maximum
    if verdicts[1].failed and verdicts[2].failed:
        assert score == 0


def test_parts_of_three_add_up_to_the_whole():
    text = "".join(f"[exercises.{name}]\npoints = 0.1\n" for name in ("softmax", "sigmoid", "tanh"))
    right = [
        o
        for name in ("sigmoid", "softmax", "tanh")
        for o in outcomes(*[Verdict.PASSED] * 4, exercise=name)
    ]
    assert scored(right, week(text))[1] == week(text).maximum == 0.3


@pytest.mark.parametrize("at", range(4))
def test_our_own_fault_leaves_no_score_and_takes_no_points(at):
    """Neither can it be provoked for points, nor does it cost any: somebody has to look."""
    verdicts = [Verdict.GRADER_FAULT if i == at else Verdict.PASSED for i in range(4)]
    found, score = scored(outcomes(*verdicts), week("[exercises.softmax]"))
    assert score is None
    assert all(o.points is None or o.points >= 0 for o in found)


def test_weights_share_the_points_and_the_arithmetic_says_so():
    text = "[exercises.softmax]\npoints = 2\n[exercises.softmax.checks]\nmatches_the_formula = { weight = 3 }"
    found = scored(outcomes(*[Verdict.PASSED] * 2, Verdict.WRONG, Verdict.PASSED), week(text))
    assert points_of(found) == [0, 1.5, 0, 0]
    said = [o.arithmetic for o in found[0]]
    assert said == ["", "earns 1.5, 3/4 of 2", "earns 0 of 0.5, 1/4 of 2", ""]


def test_what_can_only_cost_never_costs_more_than_was_earned():
    text = "[exercises.softmax.checks.survives_extreme_inputs]\ncost = 5"
    found = scored(outcomes(*[Verdict.PASSED] * 3, Verdict.WRONG), week(text))
    assert found[1] == 0
    assert found[0][3].arithmetic == "costs 1 of its 5: no more was earned"


def test_a_right_gradient_on_top_of_a_wrong_softmax_keeps_its_points(tmp_path):
    path = tmp_path / "hw.py"
    path.write_text(SOFTMAX)
    report = grade(path, assignment=week(BOTH))
    assert (report.score, report.maximum) == (3, 5)
    kept = [o for o in report.outcomes if o.follows_from]
    assert {o.verdict for o in kept} == {Verdict.WRONG}
    assert all("right but for softmax, where the mistake is paid for" in o.arithmetic for o in kept)


def test_a_mistake_that_nothing_else_is_charged_for_is_charged_where_it_shows():
    gradient = "softmax_cross_entropy_gradient"
    verdicts = (Verdict.PASSED, Verdict.WRONG, Verdict.WRONG)
    wrong = outcomes(*verdicts, exercise=gradient, follows_from="softmax")
    free = BOTH.replace("points = 2", 'kind = "optional"')
    both = [*outcomes(*[Verdict.WRONG] * 3), *wrong]
    assert scored(both, week(BOTH))[1] == 2  # two of its three earning checks were asked here
    assert scored(both, week(free))[1] == 0


def test_a_crash_that_follows_from_another_is_not_known_to_be_right():
    gradient = "softmax_cross_entropy_gradient"
    crashed = outcomes(*[Verdict.CRASHED] * 3, exercise=gradient, follows_from="softmax")
    assert scored([*outcomes(*[Verdict.WRONG] * 3), *crashed], week(BOTH))[1] == 0


def test_the_worst_of_several_answers_counts():
    one = outcomes(*[Verdict.PASSED] * 4)
    other = [Outcome("softmax", "softmax_naive", o.check, Verdict.WRONG) for o in one]
    found, score = scored([*one, *other], week("[exercises.softmax]"))
    assert score == 0
    assert found[0].arithmetic == "does not count: the worst of several counts, softmax_naive"


def test_without_an_assignment_there_is_no_score_and_no_arithmetic():
    found, score = scored(outcomes(*[Verdict.PASSED] * 4), week(""))
    assert score is None
    assert {(o.points, o.maximum, o.arithmetic) for o in found} == {(None, None, "")}


def test_a_check_that_was_not_run_leaves_no_score():
    assert scored(outcomes(Verdict.PASSED, Verdict.NOT_RUN), week("[exercises.softmax]"))[1] is None
