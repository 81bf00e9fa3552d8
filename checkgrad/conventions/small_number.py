"""Which small number keeps a logarithm or a quotient finite."""

from checkgrad.conventions.convention import Convention

EPS = Convention(
    key="eps",
    usual="none",
    question="Which small number stands in a logarithm or quotient?",
    said="a small number of {} kept in",
    accepts="""
import numpy as np

def cross_entropy(y, t):
    return -np.sum(t * np.log(y + 1e-8)) / len(y)
""",
    refuses="""
import numpy as np

def cross_entropy(y, t):
    return -np.sum(t * np.log(y + 0.1)) / len(y)
""",
)
