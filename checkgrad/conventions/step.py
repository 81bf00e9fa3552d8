"""From which number Adam counts its steps."""

from checkgrad.conventions.convention import Convention

STEP = Convention(
    key="step",
    usual="counted from 1",
    question="From which number does Adam count its steps?",
    accepts="""
import numpy as np

def adam_update(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    t = t + 1
    return w - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v
""",
    refuses="""
import numpy as np

def adam_update(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    t = t + 5
    return w - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v
""",
)
