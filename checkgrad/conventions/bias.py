"""In which shape a bias is kept, if there is one."""

from typing import Any

import numpy as np

from checkgrad.conventions.convention import Convention

FLAT, ROW, COLUMN = "(out,)", "(1, out)", "(out, 1)"
SHAPES = {FLAT: (-1,), ROW: (1, -1), COLUMN: (-1, 1)}

BIAS = Convention(
    key="bias",
    usual=FLAT,
    words={
        "none": "without a bias",
        ROW: "the bias as a row",
        COLUMN: "the bias as a column",
    },
    accepts="""
def affine_forward(x, w):
    return x @ w
""",
    refuses="""
def affine_forward(x, w, b):
    return x @ w + b.sum()
""",
)


def laid(choice: str, b: Any) -> Any:
    """A vector (out,) as it is kept."""
    return np.array(b.reshape(SHAPES[choice]), order="C")


def choice_of(shape: tuple[int, ...]) -> str:
    """Which of the three a bias of this shape is, "" if none."""
    if len(shape) == 1:
        return FLAT
    if len(shape) != 2 or 1 not in shape:
        return ""
    return ROW if shape[0] == 1 else COLUMN
