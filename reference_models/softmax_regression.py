"""Softmax regression, step by step: the function, its derivative, the cost and the gradient.

Notation: z are the inputs of the softmax, y its outputs, t the targets (one-hot rows), ξ the cost.
Run this file to see the surface P(t=1|z) over two inputs, and a model fitted to two clouds of points.
"""

import numpy as np


def softmax(z):
    """y_c = exp(z_c) / Σ exp(z_d), for one vector or for every row of a matrix."""
    exp_z = np.exp(z)
    Σ = np.sum(exp_z, axis=-1, keepdims=True)
    return exp_z / Σ


def softmax_gradient(z):
    """The matrix of all ∂y_i/∂z_j for one vector z. There are two cases.

    i = j:  ∂y_i/∂z_i = y_i (1 - y_i)
    i ≠ j:  ∂y_i/∂z_j = -y_i y_j
    """
    y = softmax(z)
    C = len(y)
    J = np.zeros((C, C))
    for i in range(C):
        for j in range(C):
            if i == j:
                J[i, j] = y[i] * (1 - y[i])
            else:
                J[i, j] = -y[i] * y[j]
    return J


def cross_entropy(y, t):
    """ξ = -Σ Σ t log(y), summed over the classes and over all samples."""
    return -np.sum(t * np.log(y))


def cross_entropy_gradient(y, t):
    """∂ξ/∂y = -t / y"""
    return -t / y


def softmax_cross_entropy_gradient(z, t):
    """∂ξ/∂z: the derivatives of ξ and of the softmax, multiplied out, leave y - t."""
    return softmax(z) - t


def nn(x, w, b):
    """Output of the model for the samples in the rows of x."""
    return softmax(np.dot(x, w) + b)


def cost(x, t, w, b):
    """ξ as a function of the parameters."""
    return cross_entropy(nn(x, w, b), t)


def gradient(x, t, w, b):
    """∂ξ/∂w and ∂ξ/∂b."""
    δ = nn(x, w, b) - t
    return np.dot(x.T, δ), np.sum(δ, axis=0)


def update(x, t, w, b, μ):
    """A step of gradient descent with learning rate μ."""
    dw, db = gradient(x, t, w, b)
    return w - μ * dw, b - μ * db


def surface(size=100, limit=4):
    """P(t=1|z) for z on a grid from -limit to limit."""
    zs = np.linspace(-limit, limit, size)
    z1, z2 = np.meshgrid(zs, zs)
    y = softmax(np.stack([z1, z2], axis=-1))
    return zs, zs, y[:, :, 0]


def clouds(n=50, seed=13):
    """Two classes of points in the plane."""
    rng = np.random.RandomState(seed)
    x = np.vstack([rng.randn(n, 2) + [-1, -1], rng.randn(n, 2) + [1, 1.5]])
    t = np.repeat(np.eye(2), n, axis=0)
    return x, t


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    z1, z2, p = surface()
    plt.figure()
    plt.contourf(z1, z2, p, 20, cmap="viridis")
    plt.colorbar(label="$P(t=1|z)$")
    plt.xlabel("$z_1$")
    plt.ylabel("$z_2$")

    x, t = clouds()
    w, b = np.zeros((2, 2)), np.zeros(2)
    costs = []
    for _ in range(100):
        costs.append(cost(x, t, w, b))
        w, b = update(x, t, w, b, 0.01)
    hits = np.argmax(nn(x, w, b), axis=1) == np.argmax(t, axis=1)
    print("cost %.3f, accuracy %.2f" % (costs[-1], np.mean(hits)))
    plt.figure()
    plt.plot(costs)
    plt.xlabel("iteration")
    plt.ylabel("ξ")
    plt.show()
