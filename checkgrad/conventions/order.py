"""In which order arguments are handed over."""

from checkgrad.conventions.convention import Convention

ORDER = Convention(
    key="order",
    usual="as in the signature",
    question="In which order are arguments handed over?",
    said="arguments in the order {}",
    accepts="""
import numpy as np

def cross_entropy(y_true, y_pred):
    return -(y_true * np.log(y_pred)).sum(axis=1).mean()
""",
    refuses="""
import numpy as np

def cross_entropy(y_true, y_pred):
    return -(y_true * np.log(y_true + 0.5)).sum(axis=1).mean()
""",
)
