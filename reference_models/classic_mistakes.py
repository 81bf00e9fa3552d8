"""Homework 3: activations, losses and a multilayer perceptron in NumPy."""

import numpy as np


# --- activations ---


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_derivative(z):
    s = sigmoid(z)
    return 1 - s**2


def relu(z):
    return np.maximum(0, z)


def relu_derivative(z):
    return (z > 0).astype(float)


def leaky_relu(z, alpha=0.01):
    return np.where(z > 0, z, alpha * z)


def leaky_relu_derivative(z, alpha=0.01):
    return np.where(z > 0, 1, alpha)


def tanh(z):
    return np.tanh(z)


def tanh_derivative(z):
    return 1 - np.tanh(z) ** 2


def softmax(z):
    # subtract the max so that exp does not overflow
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_jacobian(z):
    # y_i * (1 - y_i) on the diagonal, for every row of z
    y = softmax(z)
    return np.eye(y.shape[-1]) * (y * (1 - y))[..., None]


def softmax_backward(dy, z):
    y = softmax(z)
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


# --- losses ---


def binary_cross_entropy(y, t):
    return -np.mean(t * np.log(y) + (1 - t) * np.log(1 - y))


def binary_cross_entropy_derivative(y, t):
    return (-(t / y) - (1 - t) / (1 - y)) / t.size


def sigmoid_binary_cross_entropy(z, t):
    return binary_cross_entropy(sigmoid(z), t)


def sigmoid_binary_cross_entropy_gradient(z, t):
    return (sigmoid(z) - t) / t.size


def cross_entropy(y, t):
    return -np.sum(t * np.log(y)) / len(y)


def cross_entropy_derivative(y, t):
    return -(t / y) / len(y)


def softmax_cross_entropy(z, t):
    return cross_entropy(softmax(z), t)


def softmax_cross_entropy_gradient(z, t):
    return (softmax(z) - t) / len(z)


def mse_loss(y, t):
    return np.mean((y - t) ** 2)


def mse_loss_gradient(y, t):
    return 2 * (y - t) / y.size


# --- layers ---


def affine_forward(x, w, b):
    return x @ w + b


def affine_backward(dout, x, w):
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


class MLP:
    def __init__(self, sizes, seed=0):
        rng = np.random.default_rng(seed)
        self.weights = []
        self.biases = []
        for n_in, n_out in zip(sizes[:-1], sizes[1:]):
            self.weights.append(rng.normal(size=(n_in, n_out)) * np.sqrt(2 / n_in))
            self.biases.append(np.zeros(n_out))

    def forward(self, x):
        self.inputs = []
        a = x
        for w, b in zip(self.weights, self.biases):
            self.inputs.append(a)
            z = affine_forward(a, w, b)
            a = leaky_relu(z)
        # no leaky relu on the last layer
        if z.shape[1] == 1:
            return sigmoid(z)
        return softmax(z)

    def loss(self, x, t):
        y = self.forward(x)
        if y.shape[1] == 1:
            return binary_cross_entropy(y, t)
        return cross_entropy(y, t)

    def backward(self, x, t):
        y = self.forward(x)
        delta = (y - t) / len(x)
        weight_gradients = []
        bias_gradients = []
        for w, a in zip(self.weights[::-1], self.inputs[::-1]):
            delta, dw, db = affine_backward(delta, a, w)
            weight_gradients.insert(0, dw)
            bias_gradients.insert(0, db)
        return weight_gradients, bias_gradients


# --- training ---


def one_hot(labels, classes):
    t = np.zeros((len(labels), classes))
    t[np.arange(len(labels)), labels] = 1
    return t


def accuracy(y, t):
    if y.shape[1] == 1:
        return np.mean((y > 0.5) == (t > 0.5))
    return np.mean(y.argmax(axis=1) == t.argmax(axis=1))


def sgd_update(w, g, lr):
    return w - lr * g


def momentum_update(w, g, v, lr, mu=0.9):
    v = mu * v - lr * g
    return w + v, v


def adam_update(w, g, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def l2_penalty(w, lam):
    return 0.5 * lam * np.sum(w**2)


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    t = np.array([[0], [1], [1], [0]], dtype=float)
    net = MLP([2, 4, 4, 1], seed=1)
    losses = []
    for step in range(2000):
        losses.append(net.loss(x, t))
        dws, dbs = net.backward(x, t)
        net.weights = [sgd_update(w, g, 0.1) for w, g in zip(net.weights, dws)]
        net.biases = [sgd_update(b, g, 0.1) for b, g in zip(net.biases, dbs)]
    print("final loss", losses[-1], "accuracy", accuracy(net.forward(x), t))
    plt.plot(losses)
    plt.show()
