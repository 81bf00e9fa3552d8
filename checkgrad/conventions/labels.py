"""How classes are written among targets."""

from typing import Any

import numpy as np

from checkgrad.conventions.convention import Convention

LABELS = Convention(
    key="labels",
    usual="one-hot",
    question="How are classes written?",
    others=("integers",),
    words={"integers": "labels as integers"},
    accepts="""
import numpy as np

def cross_entropy(y, t):
    return -np.log(y[np.arange(len(t)), t]).mean()
""",
    refuses="""
import numpy as np

def cross_entropy(y, t):
    return -np.log(y[:, t]).mean()
""",
)


def numbers(one_hot: Any) -> Any:
    """Class numbers (N,) of one-hot rows (N, C); of one column (N, 1) its entries."""
    return one_hot.argmax(axis=1) if one_hot.shape[1] > 1 else one_hot[:, 0]


def one_hot(numbers: Any, classes: int) -> Any:
    """Rows (N, C) of class numbers (N,)."""
    return np.eye(classes)[np.asarray(numbers).astype(int)]
