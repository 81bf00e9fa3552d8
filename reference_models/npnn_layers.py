"""A small neural network library: layers are chained, and every layer knows its own derivative.

    model = Sequential()
    model.layers = [Dense(2, 4), LeakyReLU(4), Dense(4, 4), LeakyReLU(4), Dense(4, 1), Sigmoid(1)]
    model.chain = BinaryCrossEntropyLoss(1)

Run this file to train the two XOR classifiers.
"""

import numpy as np


class Layer:
    """Takes *shape_in* numbers per sample and hands on *shape_out*."""

    def __init__(self, shape_in, shape_out):
        self.shape_in = shape_in
        self.shape_out = shape_out
        self.chain = None  # whatever comes next
        self.x = None
        self.y = None

    def forward(self, x):
        raise NotImplementedError

    def backward(self, grad_y):
        raise NotImplementedError


class Dense(Layer):
    """y = x W + b"""

    def __init__(self, shape_in, shape_out):
        super().__init__(shape_in, shape_out)
        scale = np.sqrt(2.0 / shape_in)
        self.w = np.random.normal(0.0, scale, (shape_in, shape_out))
        self.b = np.random.normal(0.0, 0.1, shape_out)
        self.grad_w = np.zeros_like(self.w)
        self.grad_b = np.zeros_like(self.b)

    def forward(self, x):
        self.x = x
        self.y = np.dot(x, self.w) + self.b
        return self.y

    def backward(self, grad_y):
        self.grad_w = np.dot(self.x.T, grad_y)
        self.grad_b = np.sum(grad_y, axis=0)
        return np.dot(grad_y, self.w.T)


class LeakyReLU(Layer):
    """Identity for positive numbers, a little of it for the rest."""

    def __init__(self, size, alpha=0.01):
        super().__init__(size, size)
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        self.y = np.where(x > 0, x, self.alpha * x)
        return self.y

    def backward(self, grad_y):
        return grad_y * np.where(self.x > 0, 1.0, self.alpha)


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)) and dy/dx = y (1 - y)"""

    def __init__(self, size):
        super().__init__(size, size)

    def forward(self, x):
        self.x = x
        self.y = 1.0 / (1.0 + np.exp(-x))
        return self.y

    def backward(self, grad_y):
        return grad_y * self.y * (1.0 - self.y)


class Softmax(Layer):
    """y[n] = exp(x[n]) / sum_k exp(x[k])

    dy[n]/dx[k] is y[n] (1 - y[n]) where n == k and -y[n] y[k] elsewhere, so the whole Jacobian
    takes part in backward: every output depends on every input.
    """

    def __init__(self, size):
        super().__init__(size, size)

    def forward(self, x):
        self.x = x
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        self.y = e / np.sum(e, axis=1, keepdims=True)
        return self.y

    def backward(self, grad_y):
        eye = np.eye(self.y.shape[1])
        jacobian = self.y[:, :, None] * (eye - self.y[:, None, :])
        return np.einsum("bn,bnk->bk", grad_y, jacobian)


class LossLayer(Layer):
    """The end of the chain: forward compares the output y with the target t, backward takes no argument."""

    def __init__(self, size):
        super().__init__(size, 1)
        self.t = None
        self.loss = None


class BinaryCrossEntropyLoss(LossLayer):
    """L = -(t log y + (1 - t) log(1 - y)), mean over the batch"""

    def forward(self, y, t):
        self.y = y
        self.t = t
        self.loss = -np.mean(t * np.log(y) + (1.0 - t) * np.log(1.0 - y))
        return self.loss

    def backward(self):
        return (self.y - self.t) / (self.y * (1.0 - self.y)) / len(self.t)


class CrossEntropyLoss(LossLayer):
    """L = -sum_n t[n] log y[n], mean over the batch"""

    def forward(self, y, t):
        self.y = y
        self.t = t
        self.loss = -np.mean(np.sum(t * np.log(y), axis=1))
        return self.loss

    def backward(self):
        return -self.t / self.y / len(self.t)


class Sequential(Layer):
    """Layers one after the other; *chain* is the loss layer behind the last of them."""

    def __init__(self):
        super().__init__(None, None)
        self.layers = []

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad_y):
        for layer in reversed(self.layers):
            grad_y = layer.backward(grad_y)
        return grad_y


class Adam:
    """Adaptive moments, one pair of running averages per array of parameters."""

    def __init__(self, alpha=1e-3, beta1=0.9, beta2=0.999):
        self.alpha = alpha
        self.beta1 = beta1
        self.beta2 = beta2
        self.model = None
        self.loss = None
        self.t = 0
        self.moments = {}

    def predict(self, x):
        return self.model.forward(x)

    def step(self, x, t):
        """One full pass: forward, loss, backward, update."""
        y = self.model.forward(x)
        self.loss = self.model.chain.forward(y, t)
        self.model.backward(self.model.chain.backward())
        self.t += 1
        for layer in self.model.layers:
            if isinstance(layer, Dense):
                layer.w -= self.delta((layer, "w"), layer.grad_w)
                layer.b -= self.delta((layer, "b"), layer.grad_b)

    def delta(self, key, grad):
        m, v = self.moments.get(key, (0.0, 0.0))
        m = self.beta1 * m + (1.0 - self.beta1) * grad
        v = self.beta2 * v + (1.0 - self.beta2) * grad**2
        self.moments[key] = m, v
        m_hat = m / (1.0 - self.beta1**self.t)
        v_hat = v / (1.0 - self.beta2**self.t)
        return self.alpha * m_hat / (np.sqrt(v_hat) + 1e-8)


def xor_binary_model():
    """2-4-4-1 with sigmoid and binary cross-entropy."""
    model = Sequential()
    model.layers = [Dense(2, 4), LeakyReLU(4), Dense(4, 4), LeakyReLU(4), Dense(4, 1), Sigmoid(1)]
    model.chain = BinaryCrossEntropyLoss(1)
    return model


def xor_two_class_model():
    """2-4-4-2 with softmax and cross-entropy."""
    model = Sequential()
    model.layers = [Dense(2, 4), LeakyReLU(4), Dense(4, 4), LeakyReLU(4), Dense(4, 2), Softmax(2)]
    model.chain = CrossEntropyLoss(2)
    return model


def noisy_xor(n=400, noise=0.05):
    """Normalised points around the corners of the unit square, and which corner's XOR they carry."""
    corners = np.random.randint(0, 2, (n, 2))
    x = corners + np.random.normal(0.0, noise, (n, 2))
    t = (corners[:, :1] != corners[:, 1:]).astype(float)
    return (x - x.mean(axis=0)) / x.std(axis=0), t


def train(model, alpha, x, t, steps=600, batch=40):
    """Train on the first 70 % of the data; returns the losses and the accuracy on the others."""
    optimizer = Adam(alpha=alpha)
    optimizer.model = model
    cut = int(0.7 * len(x))
    losses = []
    for _ in range(steps):
        pick = np.random.choice(cut, batch, replace=False)
        optimizer.step(x[pick], t[pick])
        losses.append(optimizer.loss)
    y = optimizer.predict(x[cut:])
    hits = (y > 0.5) == (t[cut:] > 0.5)
    return losses, np.mean(hits)


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    np.random.seed(3)
    x, t = noisy_xor()
    figure, axes = plt.subplots(2, 2, figsize=(8, 8))
    setups = [
        ("sigmoid", xor_binary_model(), 5e-3, t),
        ("softmax", xor_two_class_model(), 1e-2, np.hstack([1.0 - t, t])),
    ]
    grid = np.linspace(-2.0, 2.0, 60)
    gx, gy = np.meshgrid(grid, grid)
    for (title, model, alpha, target), (left, right) in zip(setups, axes):
        losses, accuracy = train(model, alpha, x, target)
        print(f"{title}: loss {losses[-1]:.4f}, validation accuracy {accuracy:.3f}")
        left.plot(losses)
        left.set_title(f"{title}: loss")
        z = model.forward(np.column_stack([gx.ravel(), gy.ravel()]))[:, -1]
        right.pcolormesh(gx, gy, z.reshape(gx.shape), cmap="coolwarm")
        right.scatter(x[:, 0], x[:, 1], c=t.ravel(), s=4)
    plt.show()
