"""Everything of the course in one module: activations, losses, layers, a network, optimisers."""

import numpy as np


def sigmoid(z):
    """1 / (1 + exp(-z)), written so that exp never overflows."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def sigmoid_derivative(z):
    y = sigmoid(z)
    return y * (1.0 - y)


def relu(z):
    return np.maximum(z, 0)


def relu_derivative(z):
    return np.where(z > 0, 1.0, 0.0)


def leaky_relu(z, alpha=0.01):
    return np.where(z > 0, z, alpha * z)


def leaky_relu_derivative(z, alpha=0.01):
    return np.where(z > 0, 1.0, alpha)


def tanh(z):
    return np.tanh(z)


def tanh_derivative(z):
    return 1.0 - np.tanh(z) ** 2


def softmax(z):
    """Probabilities along the last axis."""
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def softmax_jacobian(z):
    """J[i, j] = y_i (delta_ij - y_j); a batch gives one matrix per row."""
    y = softmax(z)
    return y[..., :, None] * (np.eye(y.shape[-1]) - y[..., None, :])


def softmax_backward(dy, z):
    """dL/dz from dL/dy, without writing the Jacobian down."""
    y = softmax(z)
    return y * (dy - np.sum(dy * y, axis=-1, keepdims=True))


def log_softmax(z):
    shifted = z - np.max(z, axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


def weighted_log(t, y):
    """t log y, and 0 where t is 0: what never happens costs nothing."""
    with np.errstate(divide="ignore"):
        return np.where(t == 0, 0.0, t * np.log(np.where(t == 0, 1.0, y)))


def ratio(t, y):
    """t / y, and 0 where t is 0."""
    with np.errstate(divide="ignore"):
        return np.where(t == 0, 0.0, t / np.where(t == 0, 1.0, y))


def binary_cross_entropy(y, t):
    """Mean over all samples."""
    return -np.mean(weighted_log(t, y) + weighted_log(1.0 - t, 1.0 - y))


def binary_cross_entropy_derivative(y, t):
    return (ratio(1.0 - t, 1.0 - y) - ratio(t, y)) / np.size(t)


def sigmoid_binary_cross_entropy(z, t):
    """From the logits: max(z, 0) - z t + log(1 + exp(-|z|))."""
    return np.mean(np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z))))


def sigmoid_binary_cross_entropy_gradient(z, t):
    return (sigmoid(z) - t) / np.size(t)


def cross_entropy(y, t):
    """t holds one-hot rows, or an integer label for each row."""
    if np.ndim(t) == 1:
        t = one_hot(t, y.shape[1])
    return -np.sum(weighted_log(t, y)) / len(y)


def cross_entropy_derivative(y, t):
    if np.ndim(t) == 1:
        t = one_hot(t, y.shape[1])
    return -ratio(t, y) / len(y)


def softmax_cross_entropy(z, t):
    """Cross-entropy of softmax(z), from log-softmax."""
    if np.ndim(t) == 1:
        t = one_hot(t, z.shape[1])
    return -np.sum(t * log_softmax(z)) / len(z)


def softmax_cross_entropy_gradient(z, t):
    if np.ndim(t) == 1:
        t = one_hot(t, z.shape[1])
    return (softmax(z) - t) / len(z)


def mse_loss(y, t):
    return np.mean((y - t) ** 2)


def mse_loss_gradient(y, t):
    return 2.0 * (y - t) / np.size(y)


def affine_forward(x, w, b):
    return x @ w + b


def affine_backward(dout, x, w):
    """dx, dw and db."""
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def one_hot(labels, classes):
    return np.eye(classes)[labels]


def accuracy(y, t):
    """Share of samples whose most probable class is the right one; one column is P(t=1)."""
    if np.ndim(y) == 1 or y.shape[1] == 1:
        return np.mean((np.ravel(y) >= 0.5) == (np.ravel(t) >= 0.5))
    labels = t if np.ndim(t) == 1 else np.argmax(t, axis=1)
    return np.mean(np.argmax(y, axis=1) == labels)


def sgd_update(w, g, lr):
    return w - lr * g


def momentum_update(w, g, v, lr, mu=0.9):
    v = mu * v - lr * g
    return w + v, v


def adam_update(w, g, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """t counts from 1."""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    step = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w - lr * step, m, v


def l2_penalty(w, lam):
    return 0.5 * lam * np.sum(w**2)


def l2_penalty_gradient(w, lam):
    return lam * w


class MLP:
    """Fully connected network with leaky ReLU units.

    One output: sigmoid and binary cross-entropy. More: softmax and cross-entropy.
    """

    def __init__(self, sizes, seed=0):
        rng = np.random.default_rng(seed)
        pairs = list(zip(sizes[:-1], sizes[1:]))
        self.weights = [rng.normal(0, np.sqrt(2 / n), (n, m)) for n, m in pairs]
        self.biases = [rng.normal(0, 0.1, m) for _, m in pairs]

    def hidden(self, x):
        """Inputs of every layer, and the pre-activations."""
        inputs, logits = [x], []
        for w, b in zip(self.weights, self.biases):
            logits.append(affine_forward(inputs[-1], w, b))
            inputs.append(leaky_relu(logits[-1]))
        return inputs[:-1], logits

    def forward(self, x):
        z = self.hidden(x)[1][-1]
        return sigmoid(z) if z.shape[1] == 1 else softmax(z)

    def loss(self, x, t):
        z = self.hidden(x)[1][-1]
        if z.shape[1] == 1:
            return sigmoid_binary_cross_entropy(z, np.reshape(t, z.shape))
        return softmax_cross_entropy(z, t)

    def backward(self, x, t):
        """Gradients of the loss: one list for the weights, one for the biases."""
        inputs, logits = self.hidden(x)
        z = logits[-1]
        if z.shape[1] == 1:
            delta = sigmoid_binary_cross_entropy_gradient(z, np.reshape(t, z.shape))
        else:
            delta = softmax_cross_entropy_gradient(z, t)
        weight_gradients, bias_gradients = [], []
        for i in reversed(range(len(self.weights))):
            dx, dw, db = affine_backward(delta, inputs[i], self.weights[i])
            weight_gradients.insert(0, dw)
            bias_gradients.insert(0, db)
            if i > 0:
                delta = dx * leaky_relu_derivative(logits[i - 1])
        return weight_gradients, bias_gradients


def train(model, x, t, lr=0.01, steps=500):
    """Adam on the whole data; returns the losses."""
    state = [(0.0, 0.0) for _ in model.weights + model.biases]
    losses = []
    for step in range(1, steps + 1):
        losses.append(model.loss(x, t))
        dw, db = model.backward(x, t)
        parameters = model.weights + model.biases
        for i, (w, g) in enumerate(zip(parameters, dw + db)):
            parameters[i], *state[i] = adam_update(w, g, *state[i], step, lr)
        model.weights = parameters[: len(dw)]
        model.biases = parameters[len(dw) :]
    return losses


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    labels = np.array([0, 1, 1, 0])
    for name, sizes, t, lr in [
        ("one output", (2, 4, 4, 1), labels[:, None], 5e-3),
        ("two classes", (2, 4, 4, 2), one_hot(labels, 2), 1e-2),
    ]:
        model = MLP(sizes, seed=4)
        losses = train(model, x, t, lr)
        print(f"{name}: loss {losses[-1]:.4f}, accuracy {accuracy(model.forward(x), t):.2f}")
        plt.plot(losses, label=name)
    plt.xlabel("step")
    plt.ylabel("loss")
    plt.legend()
    plt.show()
