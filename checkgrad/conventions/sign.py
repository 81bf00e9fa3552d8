"""Which sign a gradient or a step has."""

from checkgrad.conventions.convention import Convention

SIGN = Convention(
    key="sign",
    usual="positive",
    question="Which sign has a gradient, and a step?",
    words={"negative": "with the opposite sign"},
    accepts="""
import numpy as np

def softmax_cross_entropy_gradient(z, t):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (t - e / e.sum(axis=1, keepdims=True)) / len(z)
""",
    refuses="""
import numpy as np

def softmax_cross_entropy_gradient(z, t):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (t + e / e.sum(axis=1, keepdims=True)) / len(z)
""",
)
