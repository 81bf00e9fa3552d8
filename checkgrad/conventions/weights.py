"""How the weights of a layer lie."""

from typing import Any

import numpy as np

from checkgrad.conventions.convention import Convention

IN_OUT, OUT_IN = "(in, out)", "(out, in)"

WEIGHTS = Convention(
    key="weights",
    usual=IN_OUT,
    question="How are weights laid out?",
    others=(OUT_IN,),
    words={OUT_IN: "weights as (out, in)"},
    accepts="""
def affine_forward(x, w, b):
    return x @ w.T + b
""",
    refuses="""
def affine_forward(x, w, b):
    return x @ w.T - b
""",
)


def laid(choice: str, w: Any) -> Any:
    """A matrix (in, out) as it is kept; brought back by the same."""
    return np.array(w.T if choice == OUT_IN else w, order="C")
