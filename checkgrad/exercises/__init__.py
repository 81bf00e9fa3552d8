"""All exercises in the order of a course. A network is judged by checks of its own: see `mlp.NETWORK`."""

import numpy as np

from checkgrad.exercise import Exercise, Kind
from checkgrad.exercises import (
    activations,
    affine,
    binary_cross_entropy,
    cross_entropy,
    l2,
    labels,
    mse,
    optimisers,
    sigmoid,
    softmax,
)

ALL: tuple[Exercise, ...] = (
    sigmoid.sigmoid,
    sigmoid.sigmoid_derivative,
    binary_cross_entropy.binary_cross_entropy,
    binary_cross_entropy.binary_cross_entropy_derivative,
    binary_cross_entropy.sigmoid_binary_cross_entropy,
    binary_cross_entropy.sigmoid_binary_cross_entropy_gradient,
    softmax.softmax,
    softmax.softmax_jacobian,
    softmax.softmax_backward,
    labels.one_hot,
    labels.accuracy,
    cross_entropy.cross_entropy,
    cross_entropy.cross_entropy_derivative,
    cross_entropy.softmax_cross_entropy,
    cross_entropy.softmax_cross_entropy_gradient,
    mse.mse_loss,
    mse.mse_loss_gradient,
    activations.tanh,
    activations.tanh_derivative,
    activations.relu,
    activations.relu_derivative,
    activations.leaky_relu,
    activations.leaky_relu_derivative,
    affine.affine_forward,
    affine.affine_backward,
    l2.l2_penalty,
    l2.l2_penalty_gradient,
    optimisers.sgd_update,
    optimisers.momentum_update,
    optimisers.adam_update,
)


def squashing() -> dict[str, Exercise]:
    """The activations whose values stay below 1, however large what they are given, by their names."""
    large = np.array([[1e6, 2e6]])
    return {
        e.name: e
        for e in ALL
        if e.kind is Kind.ACTIVATION and not e.derivative and np.abs(e(large)).max() <= 1
    }


def fused(exercise: Exercise) -> Exercise | None:
    """The loss of logits in which *exercise*, a loss of outputs, is put together with its output function."""
    return next((e for e in ALL if e.fuses and e.fuses[1] is exercise), None)
