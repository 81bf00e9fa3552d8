"""Softmax, its Jacobian by cases, and the vector-Jacobian product."""

import numpy as np

from checkgrad.exercise import Derivative, exercise

BISHOP = "Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4, equations 4.104 to 4.106"


def logits(rng):
    yield (rng.normal(size=(7, 3)),)
    yield (rng.normal(size=(7, 3)) * 2,)
    yield (rng.normal(size=(5, 4)),)
    yield (rng.normal(size=(1, 3)),)
    yield (rng.integers(-3, 4, size=(4, 3)),)
    yield (rng.normal(size=(6, 5)).astype(np.float32),)


def huge_logits():
    yield (np.array([[1000.0, 999.0, 0.0], [-1000.0, -1001.0, -1002.0], [1.0, 2.0, 3.0]]),)


@exercise(
    logits,
    latex=r"y_i = \frac{e^{z_i}}{\sum_k e^{z_k}}",
    source=BISHOP,
    extremes=huge_logits,
)
def softmax(z):
    """Rows of logits become rows of probabilities: exp(z_i) / sum_k exp(z_k)."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.law
def rows_sum_to_one(softmax, z):
    """The probabilities of each sample add up to 1."""
    return softmax(z).sum(axis=-1), np.ones(z.shape[:-1])


@softmax.law
def shift_invariant(softmax, z):
    """Adding the same number to all logits of a sample changes nothing."""
    return softmax(z + 2.5), softmax(z)


@softmax.misconception(hint="Add up one row of your result. What should it be?")
def normalised_over_everything(z):
    """The exponentials are divided by the sum over the whole matrix instead of their own row."""
    e = np.exp(z - z.max())
    return e / e.sum()


@softmax.misconception(hint="Which axis holds the classes?")
def normalised_down_the_columns(z):
    """The samples compete with each other: columns add up to 1 instead of rows."""
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


@softmax.misconception(hint="After exp, what must every row be divided by?")
def not_normalised(z):
    """The exponentials are returned without dividing by their sum."""
    return np.exp(z)
