"""In which unit the accuracy is told."""

from checkgrad.conventions.convention import Convention

UNIT = Convention(
    key="unit",
    usual="share",
    question="In which unit is the accuracy?",
    words={"percent": "in percent"},
    accepts="""
import numpy as np

def accuracy(y, t):
    return 100 * np.mean(y.argmax(axis=1) == t.argmax(axis=1))
""",
    refuses="""
import numpy as np

def accuracy(y, t):
    return 10 * np.mean(y.argmax(axis=1) == t.argmax(axis=1))
""",
)
