"""Which cross-entropy it is."""

from checkgrad.conventions.convention import Convention

LOSS = Convention(
    key="loss",
    usual="of the true class",
    question="Which cross-entropy is it?",
    words={"binary cross-entropy of every output": "binary cross-entropy of every output"},
    accepts="""
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def cross_entropy(y, t):
    return -np.sum(t * np.log(y) + (1 - t) * np.log(1 - y)) / len(y)
""",
    refuses="""
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def cross_entropy(y, t):
    return -np.sum(t * np.log(y) - (1 - t) * np.log(1 - y)) / len(y)
""",
)
