"""Whether arrays are handed over as Python lists."""

from typing import Any

import numpy as np

from checkgrad.conventions.convention import Convention

ARRAYS = Convention(
    key="arrays",
    usual="arrays",
    words={"lists": "given Python lists"},
    accepts="""
import math

def softmax(z):
    rows = []
    for row in z + []:
        e = [math.exp(v) for v in row]
        rows.append([v / sum(e) for v in e])
    return rows
""",
    refuses="""
import math

def softmax(z):
    rows = []
    for row in z + []:
        e = [math.exp(v) for v in row]
        rows.append([v / max(e) for v in e])
    return rows
""",
)


def laid(value: Any) -> Any:
    """An array as nested lists, anything else as it is."""
    return value.tolist() if isinstance(value, np.ndarray) else value


def restored(value: Any) -> Any:
    """The array that a list of numbers, or of arrays of one shape, stands for."""
    if not isinstance(value, list) or not value:
        return value
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError):
        return value
    return array if array.dtype.kind in "biuf" else value
