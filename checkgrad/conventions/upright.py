"""Whether a vector stands upright, as one column."""

from checkgrad.conventions.convention import Convention

SHAPE = Convention(
    key="shape",
    usual="vectors",
    words={"(N, 1)": "one column for the samples", "(C, 1)": "each a column"},
    accepts="""
import numpy as np

def binary_cross_entropy(y, t):
    n, one = y.shape
    return -np.sum(t * np.log(y) + (1 - t) * np.log(1 - y)) / n
""",
    refuses="""
import numpy as np

def binary_cross_entropy(y, t):
    n, one = y.shape
    return -np.sum(t * np.log(y) + (1 - t) * np.log(1 - y.T)) / n
""",
)
