"""Which slope a leaky ReLU has below 0."""

from checkgrad.conventions.convention import Convention

ALPHA = Convention(
    key="alpha",
    usual="0.01",
    question="Which slope has a leaky ReLU below 0?",
    accepts="""
import numpy as np

def leaky_relu(z):
    return np.where(z > 0, z, 0.2 * z)
""",
    refuses="""
import numpy as np

def leaky_relu(z):
    return np.where(z > 0, z, -0.2 * z)
""",
)
