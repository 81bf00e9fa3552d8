"""What docs/found.md says about public libraries is shown by its own lines."""

import re
from pathlib import Path

import numpy as np
import pytest

from checkgrad import check_gradient

PAGE = Path(__file__).parent.parent / "docs" / "found.md"
SECTIONS = dict(re.findall(r"## (.+?)\n.*?```python\n(.*?)```", PAGE.read_text(), re.DOTALL))
TOLD = {
    "scikit-learn: MLPRegressor with more than one output": "2 times too large",
    "scikit-learn: t-SNE with more than one degree of freedom": "wrong in 14 of 14 entries",
    "torch: the gradient of ldexp for negative exponents": "wrong in 2 of 4 entries",
    "statsmodels: the Hessian of NegativeBinomial": "wrong in column 2, and right elsewhere",
    "statsmodels: the Hessian of ZeroInflatedPoisson": "in column 0, and right elsewhere",
}


def test_every_section_is_shown():
    assert SECTIONS.keys() == TOLD.keys()


@pytest.mark.parametrize("title", TOLD)
def test_the_lines_show_what_is_wrong(title):
    names = {"np": np, "check_gradient": check_gradient}
    exec(SECTIONS[title], names)
    answer = names["answer"]
    assert answer.verdict == "wrong"
    assert TOLD[title] in answer.wrong[0].structure
