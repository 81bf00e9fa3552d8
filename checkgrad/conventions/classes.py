"""How many classes there are, where nobody says it."""

from checkgrad.conventions.convention import Convention

CLASSES = Convention(
    key="classes",
    usual="as many as asked for",
    words={"those that occur": "for the classes that occur"},
    accepts="""
import numpy as np

def one_hot(labels):
    return np.eye(labels.max() + 1)[labels]
""",
    refuses="""
import numpy as np

def one_hot(labels):
    return np.eye(labels.max() + 2)[labels]
""",
)
