"""Where the formulas come from, a line at a time; every line can be evaluated and is an equation of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from checkgrad.exercises.sigmoid import sigmoid

MOVED = 1e-30  # of a complex step, which is exact for formulas like these


class Step(NamedTuple):
    """One line: why it holds, the equation as text and as LaTeX, and the two sides as numbers of a probe."""

    why: str
    text: str
    latex: str
    sides: Callable[..., tuple[Any, Any]]


def slope(function, at):
    """The slope of a function of each number by itself."""
    return np.imag(function(at + MOVED * 1j)) / MOVED


def partial(function, at):
    """[..., j] is how the function changes with the entry j of the last axis."""
    directions = np.eye(at.shape[-1])
    moved = [np.imag(function(at + MOVED * 1j * d)) / MOVED for d in directions]
    return np.stack(moved, axis=-1)


def gradient(function, at):
    """How a number changes with every entry."""
    found = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        moved = at.astype(complex)
        moved[index] += MOVED * 1j
        found[index] = np.imag(function(moved)) / MOVED
    return found


def squash(z):
    return 1 / (1 + np.exp(-z))


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


SIGMOID = (
    Step(
        "chain rule: the outer function is 1/u with u = 1 + e^-z",
        "dy/dz = -1/(1 + e^-z)^2 * d(1 + e^-z)/dz",
        r"\frac{dy}{dz} = -\frac{1}{(1 + e^{-z})^2} \cdot \frac{d(1 + e^{-z})}{dz}",
        lambda z: (
            slope(squash, z),
            -1 / (1 + np.exp(-z)) ** 2 * slope(lambda v: 1 + np.exp(-v), z),
        ),
    ),
    Step(
        "the inner slope is -e^-z, and two minus signs cancel",
        "dy/dz = e^-z / (1 + e^-z)^2",
        r"\frac{dy}{dz} = \frac{e^{-z}}{(1 + e^{-z})^2}",
        lambda z: (slope(squash, z), np.exp(-z) / (1 + np.exp(-z)) ** 2),
    ),
    Step(
        "split into two factors, the first of which is y",
        "dy/dz = 1/(1 + e^-z) * e^-z/(1 + e^-z)",
        r"\frac{dy}{dz} = \frac{1}{1 + e^{-z}} \cdot \frac{e^{-z}}{1 + e^{-z}}",
        lambda z: (slope(squash, z), squash(z) * (np.exp(-z) / (1 + np.exp(-z)))),
    ),
    Step(
        "the second factor is 1 - y",
        "e^-z/(1 + e^-z) = 1 - y",
        r"\frac{e^{-z}}{1 + e^{-z}} = 1 - y",
        lambda z: (np.exp(-z) / (1 + np.exp(-z)), 1 - squash(z)),
    ),
    Step(
        "so the slope follows from the value alone",
        "dy/dz = y (1 - y)",
        r"\frac{dy}{dz} = y (1 - y)",
        lambda z: (slope(squash, z), squash(z) * (1 - squash(z))),
    ),
)

TANH = (
    Step(
        "quotient rule on y = sinh z / cosh z, with sinh' = cosh and cosh' = sinh",
        "dy/dz = (cosh^2 z - sinh^2 z) / cosh^2 z",
        r"\frac{dy}{dz} = \frac{\cosh^2 z - \sinh^2 z}{\cosh^2 z}",
        lambda z: (slope(np.tanh, z), (np.cosh(z) ** 2 - np.sinh(z) ** 2) / np.cosh(z) ** 2),
    ),
    Step(
        "divide both terms",
        "dy/dz = 1 - y^2",
        r"\frac{dy}{dz} = 1 - y^2",
        lambda z: (slope(np.tanh, z), 1 - np.tanh(z) ** 2),
    ),
)

SOFTMAX = (
    Step(
        "write S for the sum of the row; every logit is in it once",
        "S = sum_k e^z_k,  dS/dz_j = e^z_j",
        r"S = \sum_k e^{z_k}, \quad \frac{\partial S}{\partial z_j} = e^{z_j}",
        lambda z: (partial(lambda v: np.exp(v).sum(axis=-1), z), np.exp(z)),
    ),
    Step(
        "quotient rule where i = j: the numerator depends on z_i as well",
        "dy_i/dz_i = (e^z_i S - e^z_i e^z_i) / S^2",
        r"\frac{\partial y_i}{\partial z_i} = \frac{e^{z_i} S - e^{z_i} e^{z_i}}{S^2}",
        lambda z: (
            on_diagonal(partial(shares, z)),
            (np.exp(z) * total(z) - np.exp(z) ** 2) / total(z) ** 2,
        ),
    ),
    Step(
        "take the factor e^z_i / S = y_i out",
        "dy_i/dz_i = y_i (1 - y_i)",
        r"\frac{\partial y_i}{\partial z_i} = y_i (1 - y_i)",
        lambda z: (on_diagonal(partial(shares, z)), shares(z) * (1 - shares(z))),
    ),
    Step(
        "quotient rule where i is not j: the numerator is a constant",
        "dy_i/dz_j = (0 S - e^z_i e^z_j) / S^2",
        r"\frac{\partial y_i}{\partial z_j} = \frac{0 \cdot S - e^{z_i} e^{z_j}}{S^2}, \quad i \neq j",
        lambda z: (
            beside_diagonal(partial(shares, z)),
            beside_diagonal(
                -np.exp(z)[..., :, None] * np.exp(z)[..., None, :] / total(z)[..., None] ** 2
            ),
        ),
    ),
    Step(
        "both factors are probabilities",
        "dy_i/dz_j = -y_i y_j",
        r"\frac{\partial y_i}{\partial z_j} = -y_i y_j, \quad i \neq j",
        lambda z: (
            beside_diagonal(partial(shares, z)),
            beside_diagonal(-shares(z)[..., :, None] * shares(z)[..., None, :]),
        ),
    ),
    Step(
        "both cases in one, with d_ij = 1 on the diagonal and 0 beside it",
        "dy_i/dz_j = y_i (d_ij - y_j)",
        r"\frac{\partial y_i}{\partial z_j} = y_i (\delta_{ij} - y_j)",
        lambda z: (partial(shares, z), jacobian(z)),
    ),
)


def total(z):
    return np.exp(z).sum(axis=-1, keepdims=True)


def jacobian(z):
    y = shares(z)
    return y[..., :, None] * (np.eye(z.shape[-1]) - y[..., None, :])


BACKWARD = (
    Step(
        "chain rule: every output of the sample carries the change of logit j",
        "dL/dz_j = sum_i dL/dy_i dy_i/dz_j",
        r"\frac{\partial L}{\partial z_j} = \sum_i \frac{\partial L}{\partial y_i} \frac{\partial y_i}{\partial z_j}",
        lambda dy, z: (
            gradient(lambda v: np.sum(dy * shares(v)), z),
            np.einsum("ni,nij->nj", dy, partial(shares, z)),
        ),
    ),
    Step(
        "put the Jacobian in",
        "dL/dz_j = sum_i dL/dy_i y_i (d_ij - y_j)",
        r"\frac{\partial L}{\partial z_j} = \sum_i \frac{\partial L}{\partial y_i} y_i (\delta_{ij} - y_j)",
        lambda dy, z: (
            gradient(lambda v: np.sum(dy * shares(v)), z),
            np.einsum("ni,nij->nj", dy, jacobian(z)),
        ),
    ),
    Step(
        "d_ij leaves one term; y_j can be taken out of the sum",
        "dL/dz_j = y_j (dL/dy_j - sum_i dL/dy_i y_i)",
        r"\frac{\partial L}{\partial z_j} = y_j \left( \frac{\partial L}{\partial y_j} - \sum_i \frac{\partial L}{\partial y_i} y_i \right)",
        lambda dy, z: (
            gradient(lambda v: np.sum(dy * shares(v)), z),
            shares(z) * (dy - (dy * shares(z)).sum(axis=-1, keepdims=True)),
        ),
    ),
)

LOG_LOSS = (
    Step(
        "only the term with the same output depends on it, and ln has the slope 1/y",
        "dL/dy_i = -1/N t_i / y_i",
        r"\frac{\partial L}{\partial y_{ni}} = -\frac{1}{N} \frac{t_{ni}}{y_{ni}}",
        lambda y, t: (gradient(lambda v: of_classes(v, t), y), -t / y / len(y)),
    ),
)

BINARY_LOSS = (
    Step(
        "ln y has the slope 1/y, and ln(1 - y) has -1/(1 - y): the inner slope is -1",
        "dL/dy = -1/N (t/y - (1 - t)/(1 - y))",
        r"\frac{\partial L}{\partial y_n} = -\frac{1}{N} \left( \frac{t_n}{y_n} - \frac{1 - t_n}{1 - y_n} \right)",
        lambda y, t: (
            gradient(lambda v: of_two_classes(v, t), y),
            -(t / y - (1 - t) / (1 - y)) / len(y),
        ),
    ),
    Step(
        "over a common denominator, t(1 - y) - (1 - t)y is t - y",
        "dL/dy = 1/N (y - t) / (y (1 - y))",
        r"\frac{\partial L}{\partial y_n} = \frac{1}{N} \frac{y_n - t_n}{y_n (1 - y_n)}",
        lambda y, t: (
            gradient(lambda v: of_two_classes(v, t), y),
            (y - t) / (y * (1 - y)) / len(y),
        ),
    ),
)

FUSED = (
    Step(
        "chain rule over the outputs of one sample",
        "dL/dz_j = sum_i dL/dy_i dy_i/dz_j",
        r"\frac{\partial L}{\partial z_j} = \sum_i \frac{\partial L}{\partial y_i} \frac{\partial y_i}{\partial z_j}",
        lambda z, t: (
            gradient(lambda v: of_classes(shares(v), t), z),
            np.einsum("ni,nij->nj", -t / shares(z) / len(z), partial(shares, z)),
        ),
    ),
    Step(
        "put both in; y_i cancels",
        "dL/dz_j = -1/N sum_i t_i (d_ij - y_j)",
        r"\frac{\partial L}{\partial z_j} = -\frac{1}{N} \sum_i t_i (\delta_{ij} - y_j)",
        lambda z, t: (
            gradient(lambda v: of_classes(shares(v), t), z),
            -np.einsum("ni,nij->nj", t, np.eye(z.shape[1]) - shares(z)[:, None, :]) / len(z),
        ),
    ),
    Step(
        "d_ij leaves t_j, and the targets of a sample add up to 1",
        "dL/dz_j = 1/N (y_j - t_j)",
        r"\frac{\partial L}{\partial z_j} = \frac{1}{N} (y_j - t_j)",
        lambda z, t: (
            gradient(lambda v: of_classes(shares(v), t), z),
            (shares(z) - t) / len(z),
        ),
    ),
)

BINARY_FUSED = (
    Step(
        "chain rule: the slope of the loss times the slope of the sigmoid",
        "dL/dz = 1/N (y - t)/(y (1 - y)) * y (1 - y)",
        r"\frac{\partial L}{\partial z_n} = \frac{1}{N} \frac{y_n - t_n}{y_n (1 - y_n)} \cdot y_n (1 - y_n)",
        lambda z, t: (
            gradient(lambda v: of_two_classes(squash(v), t), z),
            (sigmoid(z) - t) / (sigmoid(z) * (1 - sigmoid(z))) * slope(squash, z) / len(z),
        ),
    ),
    Step(
        "the slopes cancel",
        "dL/dz = 1/N (y - t)",
        r"\frac{\partial L}{\partial z_n} = \frac{1}{N} (y_n - t_n)",
        lambda z, t: (
            gradient(lambda v: of_two_classes(squash(v), t), z),
            (sigmoid(z) - t) / len(z),
        ),
    ),
)

AFFINE = (
    Step(
        "w_dh meets x_nd in the logit z_nh of every sample n, so all samples add up",
        "dL/dw_dh = sum_n x_nd dL/dz_nh",
        r"\frac{\partial L}{\partial w_{dh}} = \sum_n x_{nd} \frac{\partial L}{\partial z_{nh}}",
        lambda dout, x, w: (gradient(lambda v: np.sum(dout * (x @ v)), w), x.T @ dout),
    ),
    Step(
        "x_nd goes to every unit h with the weight w_dh",
        "dL/dx_nd = sum_h dL/dz_nh w_dh",
        r"\frac{\partial L}{\partial x_{nd}} = \sum_h \frac{\partial L}{\partial z_{nh}} w_{dh}",
        lambda dout, x, w: (gradient(lambda v: np.sum(dout * (v @ w)), x), dout @ w.T),
    ),
    Step(
        "one bias serves all samples",
        "dL/db_h = sum_n dL/dz_nh",
        r"\frac{\partial L}{\partial b_h} = \sum_n \frac{\partial L}{\partial z_{nh}}",
        lambda dout, x, w: (
            gradient(lambda b: np.sum(dout * (x @ w + b)), np.zeros(w.shape[1])),
            dout.sum(axis=0),
        ),
    ),
)

DERIVATIONS: dict[str, tuple[Step, ...]] = {
    "sigmoid_derivative": SIGMOID,
    "tanh_derivative": TANH,
    "softmax_jacobian": SOFTMAX,
    "softmax_backward": BACKWARD,
    "cross_entropy_derivative": LOG_LOSS,
    "softmax_cross_entropy_gradient": FUSED,
    "binary_cross_entropy_derivative": BINARY_LOSS,
    "sigmoid_binary_cross_entropy_gradient": BINARY_FUSED,
    "affine_backward": AFFINE,
}
