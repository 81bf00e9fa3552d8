"""What probes are made of: logits, probabilities, targets, in sizes that have no common divisor."""

import numpy as np

# The sizes of matrices (samples, classes): no two alike, so that a mixed-up axis shows; a single sample; two classes.
MATRICES = ((7, 3), (7, 3), (5, 4), (1, 3), (7, 2))
VECTORS = (7, 7, 5, 1)  # numbers of samples with one output each


def logits(rng, *shape):
    """Moderate numbers of both signs."""
    return rng.uniform(-3, 3, shape)


def beside_the_kink(rng, *shape):
    """Numbers of both signs, none near 0, where ReLU bends."""
    return rng.uniform(0.2, 3, shape) * rng.choice((-1.0, 1.0), shape)


def probabilities(rng, *shape):
    """Numbers well inside (0, 1), not at its middle."""
    return 1 / (1 + np.exp(-beside_the_kink(rng, *shape)))


def distributions(rng, *shape):
    """Rows of probabilities that add up to 1, none of them near 0."""
    e = np.exp(rng.uniform(-1.1, 1.1, shape))
    return e / e.sum(axis=-1, keepdims=True)


def labels(rng, n, classes):
    """Class numbers; every class is present if *n* allows."""
    return rng.permutation(np.arange(n) + rng.integers(classes)) % classes


def one_hot(rng, n, classes):
    """One-hot rows; every class is present if *n* allows."""
    return np.eye(classes)[labels(rng, n, classes)]


def zeros_and_ones(rng, n):
    """Targets of one output for each sample; both are present if *n* allows."""
    return labels(rng, n, 2).astype(float)
