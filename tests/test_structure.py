"""How two results relate, in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkgrad.structure import describe, factor

RNG = np.random.default_rng(0)
A = RNG.standard_normal((7, 3))
S = RNG.standard_normal((4, 4))
TIGHT = 1e-12


def said(got, expected, bound=TIGHT, **quantities):
    return describe(got, expected, quantities, bound)


def test_nothing_is_said_of_equal_results():
    assert said(A, A, N=7) == ""


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (7 * A, "7 times too large, and N = 7"),
        (A / 7, "7 times too small, and N = 7"),
        (-7 * A, "7 times too large, and of the wrong sign, and N = 7"),
        (21 * A, "21 times too large, and N * C = 21"),
        (-A, "right but for the sign"),
        (A / 2, "half of what is due"),
        (1.001 * A, "1.001 times what is due"),
        (A.T, "the transpose of what is due"),
        (-A.T, "the transpose of what is due, and right but for the sign"),
        (0 * A, "zero everywhere"),
        (A + 0.5, "0.5 too large in every entry"),
        (A[:-1], "without its last row"),
        (A.sum(axis=0), "what is due, summed up over the rows"),
        (A.mean(axis=0), "what is due, averaged over the rows"),
        (np.abs(A), f"right in size, with the wrong sign in {(A < 0).sum()} of 21 entries"),
        (A[[1, 0, 2, 3, 4, 5, 6]], "what is due with its rows in another order"),
        (1 - A, "1 minus what is due"),
    ],
)
def test_a_relation_is_named(got, words):
    assert said(got, A, N=7, C=3) == words


def test_the_diagonal_alone_is_recognised():
    assert said(S * np.eye(4), S) == "only the diagonal of what is due"


def test_the_diagonals_of_a_stack_are_recognised():
    stack = RNG.standard_normal((5, 3, 3))
    assert said(stack * np.eye(3), stack) == "only the diagonal of what is due"


def test_right_on_the_diagonal_only():
    got = S + RNG.standard_normal(S.shape) * (1 - np.eye(4))
    assert said(got, S) == "right on the diagonal and wrong in every entry beside it"


def test_a_missing_row_is_recognised():
    got = A.copy()
    got[2] = 0
    assert said(got, A) == "zero in row 2, and right elsewhere"


def test_one_wrong_column_is_recognised():
    got = A.copy()
    got[:, 1] += RNG.standard_normal(7)
    assert said(got, A) == "wrong in column 1, and right elsewhere"


def test_one_wrong_entry_is_recognised():
    got = A.copy()
    got[3, 1] += 1
    assert said(got, A) == "wrong only at [3, 1]"


def test_members_of_a_group_share_their_words():
    assert describe((7 * A, 7 * S), (A, S), {"N": 7.0}, (TIGHT, TIGHT)).startswith("7 times")


def test_members_that_differ_share_none():
    assert describe((7 * A, -S), (A, S), {"N": 7.0}, (TIGHT, TIGHT)) == ""


def test_a_right_member_has_no_say():
    assert describe((A, -S), (A, S), {}, (TIGHT, TIGHT)) == "right but for the sign"


@pytest.mark.parametrize("got", [None, "text", [1.0], np.full((7, 3), np.nan), A.astype(object)])
def test_what_are_no_numbers_has_no_relation(got):
    assert said(got, A) == ""


def test_a_single_number_proves_no_unnamed_factor():
    assert said(np.array(1.3), np.array(0.7)) == ""


def test_a_factor_that_is_as_good_as_1_is_no_finding():
    assert said(A * (1 + 1e-9), A) == ""


def test_a_difference_is_no_rearrangement_of_what_it_hardly_differs_from():
    mirrored = np.stack([A[:, 0], -A[:, 0]], axis=1)
    bound = np.where(np.arange(14).reshape(7, 2) == 0, 1e-6, 1e-12)
    assert "reverse order" not in describe(mirrored + 1e-9, mirrored, {}, bound)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_unrelated_results_have_no_relation(seed):
    rng = np.random.default_rng(seed)
    got, expected = rng.standard_normal((2, 5, 4))
    assert said(got, expected, N=5, C=4) == ""


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(-100, 100).filter(lambda r: abs(r) > 1e-3))
def test_a_factor_is_found_and_one_off_entry_denies_it(seed, r):
    expected = np.random.default_rng(seed).standard_normal((5, 4))
    got = r * expected
    assert factor(got, expected, TIGHT * 10) == pytest.approx(r, rel=1e-12)
    got[2, 2] += 1e-6
    assert factor(got, expected, TIGHT * 10) is None
