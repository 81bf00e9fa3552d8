"""Which factor stands before the penalty."""

from checkgrad.conventions.convention import Convention

L2_FACTOR = Convention(
    key="l2_factor",
    usual="one half",
    question="Which factor stands before the penalty?",
    words={"one": "without the factor of one half"},
    accepts="""
import numpy as np

def l2_penalty(w, lam):
    return lam * np.sum(w**2)
""",
    refuses="""
import numpy as np

def l2_penalty(w, lam):
    return lam * np.sum(np.abs(w))
""",
)
