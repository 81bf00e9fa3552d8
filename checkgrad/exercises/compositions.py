"""Exercises made of others, as students write them: use("softmax") stands for the function of that exercise."""

from collections.abc import Callable
from typing import Any

import numpy as np

from checkgrad.exercises.cross_entropy import log_softmax


def slope_of_sigmoid(use, z):
    y = use("sigmoid")(z)
    return y * (1 - y)


def slope_of_tanh(use, z):
    return 1 - use("tanh")(z) ** 2


def tanh_of_sigmoid(use, z):
    return 2 * use("sigmoid")(2 * z) - 1


def jacobian(use, z):
    y = use("softmax")(z)
    return y[..., :, None] * (np.eye(z.shape[-1]) - y[..., None, :])


def backward_by_the_sum(use, dy, z):
    y = use("softmax")(z)
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


def backward_by_the_jacobian(use, dy, z):
    return np.einsum("ni,nij->nj", dy, use("softmax_jacobian")(z))


def fused_loss(use, z, t):
    return use("cross_entropy")(use("softmax")(z), t)


def fused_loss_of_its_own(use, z, t):
    return -np.sum(t * np.log(use("softmax")(z))) / len(z)


def loss_of_log_softmax(use, z, t):
    return use("cross_entropy")(np.exp(log_softmax(z)), t)


def output_minus_target(use, z, t):
    return (use("softmax")(z) - t) / len(z)


def through_softmax(use, z, t):
    dy = use("cross_entropy_derivative")(use("softmax")(z), t)
    return use("softmax_backward")(dy, z)


def binary_loss(use, z, t):
    return use("binary_cross_entropy")(use("sigmoid")(z), t)


def binary_output_minus_target(use, z, t):
    return (use("sigmoid")(z) - t) / len(z)


def through_sigmoid(use, z, t):
    slope = use("sigmoid_derivative")(z)
    return use("binary_cross_entropy_derivative")(use("sigmoid")(z), t) * slope


COMPOSED: dict[str, tuple[Callable[..., Any], ...]] = {
    "sigmoid_derivative": (slope_of_sigmoid,),
    "tanh": (tanh_of_sigmoid,),
    "tanh_derivative": (slope_of_tanh,),
    "softmax_jacobian": (jacobian,),
    "softmax_backward": (backward_by_the_sum, backward_by_the_jacobian),
    "softmax_cross_entropy": (fused_loss, fused_loss_of_its_own, loss_of_log_softmax),
    "softmax_cross_entropy_gradient": (output_minus_target, through_softmax),
    "sigmoid_binary_cross_entropy": (binary_loss,),
    "sigmoid_binary_cross_entropy_gradient": (binary_output_minus_target, through_sigmoid),
}
