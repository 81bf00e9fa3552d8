"""What derivations are made of: slopes by complex steps, and the functions they are taken of."""

from __future__ import annotations

import numpy as np

MOVED = 1e-30  # of a complex step, which is exact for formulas like these


def slope_of(function, at):
    """The slope of a function of each number by itself."""
    return np.imag(function(at + MOVED * 1j)) / MOVED


def jacobian_of(function, at):
    """[..., j] is how the function changes with the entry j of the last axis."""
    directions = np.eye(at.shape[-1])
    moved = [np.imag(function(at + MOVED * 1j * d)) / MOVED for d in directions]
    return np.stack(moved, axis=-1)


def gradient_of(function, at):
    """How a number changes with every entry."""
    found = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        moved = at.astype(complex)
        moved[index] += MOVED * 1j
        found[index] = np.imag(function(moved)) / MOVED
    return found


def shares(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def on_diagonal(a):
    return np.diagonal(a, axis1=-2, axis2=-1)


def beside_diagonal(a):
    return a * (1 - np.eye(a.shape[-1]))


def of_two_classes(y, t):
    return -np.sum(t * np.log(y) + (1 - t) * np.log(1 - y)) / len(y)


def of_classes(y, t):
    return -np.sum(t * np.log(y)) / len(y)


def total(z):
    return np.exp(z).sum(axis=-1, keepdims=True)


def softmax_slopes(z):
    y = shares(z)
    return y[..., :, None] * (np.eye(z.shape[-1]) - y[..., None, :])
