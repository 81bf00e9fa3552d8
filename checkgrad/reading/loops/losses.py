"""Usual losses of outputs beside targets, by their derivatives; and derivatives that are known mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

TINY = 1e-15
LossSlope = Callable[[np.ndarray, np.ndarray], np.ndarray]


def sigma(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))


def logit(y: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(y) - np.log1p(-y))


def is_probability(y: np.ndarray) -> bool:
    return bool(np.all((y > 0) & (y < 1)))


def is_any(y: np.ndarray) -> bool:
    return True


def is_distribution(y: np.ndarray) -> bool:
    return is_probability(y) and y.size > 1


def is_bounded(y: np.ndarray) -> bool:
    return bool(np.all(np.abs(y) < 1))


def log(y: np.ndarray) -> np.ndarray:
    """Kept away from 0, where a course that saturates ends."""
    return np.asarray(np.log(np.maximum(y, TINY)))


def none(y: np.ndarray, t: np.ndarray) -> np.ndarray:
    return np.full((), np.nan)


@dataclass(frozen=True)
class Loss:
    """The derivative of a loss by its outputs, which outputs it is for, and the loss itself, the mean of all samples."""

    derivative: LossSlope
    fits: Callable[[np.ndarray], bool] = is_any
    value: LossSlope = none


LOSSES: Mapping[str, Loss] = {
    "squared error": Loss(lambda y, t: y - t, value=lambda y, t: np.mean((y - t) ** 2)),
    "cross-entropy": Loss(
        lambda y, t: -t / y, is_distribution, lambda y, t: -np.sum(t * log(y)) / t.sum()
    ),
    "binary cross-entropy": Loss(
        lambda y, t: (y - t) / (y * (1 - y)),
        is_probability,
        lambda y, t: -np.mean(t * log(y) + (1 - t) * log(1 - y)),
    ),
    "absolute error": Loss(lambda y, t: np.sign(y - t), value=lambda y, t: np.mean(np.abs(y - t))),
}

# What stands at the outputs in the place of (y - t) times the slope of the last activation, over that slope.
MISTAKEN: Mapping[str, Loss] = {
    "the slope of the sigmoid is taken of its output, not of what goes into it": Loss(
        lambda y, t: (y - t) * sigma(y) * (1 - sigma(y)) / (y * (1 - y)), is_probability
    ),
    "of the slope y(1 - y) at the outputs only y is there": Loss(
        lambda y, t: (y - t) / (1 - y), is_probability
    ),
    "of the slope y(1 - y) at the outputs only 1 - y is there": Loss(
        lambda y, t: (y - t) / y, is_probability
    ),
    "the sigmoid of the outputs stands where its slope is due": Loss(
        lambda y, t: (y - t) * sigma(y) / (y * (1 - y)), is_probability
    ),
    "y(1 - y), the slope of the sigmoid by its output, is taken of what goes into it": Loss(
        lambda y, t: (y - t) * logit(y) * (1 - logit(y)) / (y * (1 - y)), is_probability
    ),
    "1 - y**2, the slope of tanh by its output, is taken of what goes into it": Loss(
        lambda y, t: (y - t) * (1 - np.arctanh(y) ** 2) / (1 - y * y), is_bounded
    ),
    "the second term of the derivative of the cross-entropy has the opposite sign": Loss(
        lambda y, t: -(t / y + (1 - t) / (1 - y)), is_probability
    ),
    "the slope of tanh at the outputs is left out": Loss(
        lambda y, t: (y - t) / (1 - y * y), is_bounded
    ),
    "the slope of tanh is taken of its output, not of what goes into it": Loss(
        lambda y, t: (y - t) * (1 - np.tanh(y) ** 2) / (1 - y * y), is_bounded
    ),
    "1 - y stands where the slope 1 - y**2 of tanh is due": Loss(
        lambda y, t: (y - t) * (1 - y) / (1 - y * y), is_bounded
    ),
}


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    return np.asarray(np.eye(classes)[labels])


def aligned(y: np.ndarray, t: np.ndarray) -> np.ndarray | None:
    """The targets in the shape of the outputs, class numbers as one-hot; None where they cannot be."""
    if t.shape == y.shape:
        return t
    if t.size == y.size and t.squeeze().shape == y.squeeze().shape:
        return t.reshape(y.shape)
    if not t.size or np.any(t != np.round(t)) or t.min() < 0:
        return None
    labels = t.ravel().astype(int)
    if y.ndim >= 2 and 1 < y.shape[-1] > labels.max() and y.size == t.size * y.shape[-1]:
        return one_hot(labels, y.shape[-1]).reshape(y.shape) if y.shape[0] == t.size else None
    if y.ndim == 2 and y.shape[1] == t.size and 1 < y.shape[0] > labels.max():
        return one_hot(labels, y.shape[0]).T
    if y.size > 1 and t.size == 1 and y.squeeze().ndim == 1 and labels[0] < y.size:
        return one_hot(labels, y.size).reshape(y.shape)
    return None
