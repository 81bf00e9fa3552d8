"""Whether gradients come back as the arguments lie."""

from checkgrad.conventions.convention import Convention

GRADIENT = Convention(
    key="gradient",
    usual="as the arguments",
    words={"transposed": "gradients returned transposed"},
    accepts="""
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def mse_loss_gradient(y, t):
    return (2 * (y - t) / y.size).T

def softmax_cross_entropy_gradient(z, t):
    return ((softmax(z) - t) / len(z)).T
""",
    refuses="""
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def mse_loss_gradient(y, t):
    return 2 * (y - t) / y.size

def softmax_cross_entropy_gradient(z, t):
    return ((softmax(z) - t) / len(z)).T
""",
)
