"""All exercises in the order of a course. `mlp` is a network and stands for itself: see `mlp.NETWORK`."""

from checkgrad.exercise import Exercise
from checkgrad.exercises.activations import (
    leaky_relu,
    leaky_relu_derivative,
    relu,
    relu_derivative,
    tanh,
    tanh_derivative,
)
from checkgrad.exercises.affine import affine_backward, affine_forward
from checkgrad.exercises.binary_cross_entropy import (
    binary_cross_entropy,
    binary_cross_entropy_derivative,
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_gradient,
)
from checkgrad.exercises.cross_entropy import (
    cross_entropy,
    cross_entropy_derivative,
    softmax_cross_entropy,
    softmax_cross_entropy_gradient,
)
from checkgrad.exercises.l2 import l2_penalty, l2_penalty_gradient
from checkgrad.exercises.labels import accuracy, one_hot
from checkgrad.exercises.mse import mse_loss, mse_loss_gradient
from checkgrad.exercises.optimisers import adam_update, momentum_update, sgd_update
from checkgrad.exercises.sigmoid import sigmoid, sigmoid_derivative
from checkgrad.exercises.softmax import softmax, softmax_backward, softmax_jacobian

ALL: tuple[Exercise, ...] = (
    sigmoid,
    sigmoid_derivative,
    binary_cross_entropy,
    binary_cross_entropy_derivative,
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_gradient,
    softmax,
    softmax_jacobian,
    softmax_backward,
    one_hot,
    accuracy,
    cross_entropy,
    cross_entropy_derivative,
    softmax_cross_entropy,
    softmax_cross_entropy_gradient,
    mse_loss,
    mse_loss_gradient,
    tanh,
    tanh_derivative,
    relu,
    relu_derivative,
    leaky_relu,
    leaky_relu_derivative,
    affine_forward,
    affine_backward,
    l2_penalty,
    l2_penalty_gradient,
    sgd_update,
    momentum_update,
    adam_update,
)
