"""Which factor stands before the squared error."""

from checkgrad.conventions.convention import Convention

MSE_FACTOR = Convention(
    key="mse_factor",
    usual="one",
    question="Which factor stands before the squared error?",
    words={"one half": "with a factor of one half"},
    accepts="""
import numpy as np

def mse_loss(y, t):
    return 0.5 * np.mean((y - t) ** 2)
""",
    refuses="""
import numpy as np

def mse_loss(y, t):
    return 0.3 * np.mean((y - t) ** 2)
""",
)
