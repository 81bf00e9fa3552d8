"""The hard set of the benchmarks: no right gradient is called wrong, no wrong one passes."""

import sys
from pathlib import Path

import numpy as np
import pytest

from checkgrad import check_gradient

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from hard import cases  # noqa: E402

CASES = {f"{case.group}, {case.name}": case for case in cases()}


def test_there_are_80_right_and_53_wrong_ones():
    rights = [case.right for case in CASES.values()]
    assert (sum(rights), len(rights)) == (80, 133)


@pytest.mark.parametrize("name", CASES)
def test_right_ones_are_right_and_wrong_ones_do_not_pass(name):
    case = CASES[name]
    with np.errstate(all="ignore"):
        verdict = check_gradient(case.f, case.gradient, case.x, seed=0).verdict
    assert verdict in (("right",) if case.right else ("wrong", "undecided"))
