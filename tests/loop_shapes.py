"""Training loops in the styles in which people write them: right sources, and a mistake planted in each.

A shape is a source with one or more changes (what stands there, what is put there, which parameters come out wrong).
Parameters are named as in the source.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """A mistake: *old* becomes *new*; parts of the names of the parameters whose updates are wrong then."""

    old: str
    new: str
    wrong: tuple[str, ...]
    told: bool = False  # nothing corroborates an accusation: it is told as not judged


@dataclass(frozen=True)
class Shape:
    name: str
    source: str
    changes: tuple[Change, ...]


def named(shape: Shape, change: Change) -> str:
    """What a test of a mistake is called."""
    return f"{shape.name}-{shape.changes.index(change)}"


SHAPES: list[Shape] = []


def shape(name: str, source: str, *changes: Change) -> None:
    SHAPES.append(Shape(name, source.lstrip("\n"), changes))


shape(
    "rows_squared_error",
    """
import numpy as np
np.random.seed(1)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
T = np.array([[0], [1], [1], [0]])
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
W1 = np.random.randn(2, 4)
b1 = np.zeros((1, 4))
W2 = np.random.randn(4, 1)
b2 = np.zeros((1, 1))
for epoch in range(3000):
    A1 = sigmoid(X @ W1 + b1)
    A2 = sigmoid(A1 @ W2 + b2)
    d2 = (A2 - T) * A2 * (1 - A2)
    d1 = d2 @ W2.T * A1 * (1 - A1)
    W2 -= 0.5 * A1.T @ d2
    b2 -= 0.5 * d2.sum(axis=0)
    W1 -= 0.5 * X.T @ d1
    b1 -= 0.5 * d1.sum(axis=0)
""",
    Change("d1 = d2 @ W2.T * A1 * (1 - A1)", "d1 = d2 @ W2.T", ("W1", "b1")),
    Change("W2 -= 0.5 * A1.T @ d2", "W2 -= 0.5 * A1.T @ (A2 - T)", ("W2",)),
    Change("b1 -= 0.5 * d1.sum(axis=0)", "b1 -= 0.5 * d1.mean()", ("b1",)),
    Change(
        "    d1 = d2 @ W2.T * A1 * (1 - A1)\n    W2 -= 0.5 * A1.T @ d2",
        "    W2 -= 0.5 * A1.T @ d2\n    d1 = d2 @ W2.T * A1 * (1 - A1)",
        ("W1", "b1"),
    ),
)

shape(
    "error_turned_round",
    """
from numpy import exp, array, random, dot
random.seed(1)
inputs = array([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]])
outputs = array([[0, 1, 1, 0]]).T
weights = 2 * random.random((3, 1)) - 1
for i in range(1000):
    output = 1 / (1 + exp(-(dot(inputs, weights))))
    weights += dot(inputs.T, (outputs - output) * output * (1 - output))
print(output)
""",
    Change(
        "(outputs - output) * output * (1 - output)", "(outputs - output) * output", ("weights",)
    ),
)

shape(
    "two_synapses",
    """
import numpy as np
def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.array([[0], [1], [1], [0]])
np.random.seed(1)
syn0 = 2 * np.random.random((3, 4)) - 1
syn1 = 2 * np.random.random((4, 1)) - 1
for j in range(6000):
    l0 = X
    l1 = nonlin(np.dot(l0, syn0))
    l2 = nonlin(np.dot(l1, syn1))
    l2_error = y - l2
    if j % 1000 == 0:
        print("Error:" + str(np.mean(np.abs(l2_error))))
    l2_delta = l2_error * nonlin(l2, deriv=True)
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, deriv=True)
    syn1 += l1.T.dot(l2_delta)
    syn0 += l0.T.dot(l1_delta)
""",
    Change("l1_error * nonlin(l1, deriv=True)", "l1_error * nonlin(l1)", ("syn0",)),
    Change("l1_error = l2_delta.dot(syn1.T)", "l1_error = l2_error.dot(syn1.T)", ("syn0",)),
)

shape(
    "columns_cross_entropy",
    """
import numpy as np
X = np.random.randn(3, 20)
Y = (X[0:1] * X[1:2] > 0).astype(float)
m = X.shape[1]
W1 = np.random.randn(5, 3) * 0.5
b1 = np.zeros((5, 1))
W2 = np.random.randn(1, 5) * 0.5
b2 = np.zeros((1, 1))
alpha = 0.3
costs = []
for i in range(500):
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = 1 / (1 + np.exp(-Z2))
    cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
    costs.append(cost)
    dZ2 = A2 - Y
    dW2 = np.dot(dZ2, A1.T) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = np.dot(W2.T, dZ2) * (1 - A1 ** 2)
    dW1 = np.dot(dZ1, X.T) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    W1 = W1 - alpha * dW1
    b1 = b1 - alpha * db1
    W2 = W2 - alpha * dW2
    b2 = b2 - alpha * db2
""",
    Change("(1 - A1 ** 2)", "(1 - Z1 ** 2)", ("W1", "b1")),
    Change("dW2 = np.dot(dZ2, A1.T) / m", "dW2 = np.dot(dZ2, A1.T)", ("W2",)),
    Change("db2 = np.sum(dZ2, axis=1, keepdims=True) / m", "db2 = np.sum(dZ2) / 2", ("b2",)),
    Change("    W2 = W2 - alpha * dW2", "    W2 = W2 + alpha * dW2", ("W2",)),
)

shape(
    "softmax_integer_labels",
    """
import numpy as np
N, D, K, h = 30, 2, 3, 8
X = np.random.randn(N, D)
y = np.random.randint(0, K, N)
W = 0.1 * np.random.randn(D, h)
b = np.zeros((1, h))
W2 = 0.1 * np.random.randn(h, K)
b2 = np.zeros((1, K))
step_size, reg = 1e-0, 1e-3
for i in range(200):
    hidden = np.maximum(0, X.dot(W) + b)
    scores = hidden.dot(W2) + b2
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    data_loss = np.sum(-np.log(probs[range(N), y])) / N
    loss = data_loss + 0.5 * reg * np.sum(W * W) + 0.5 * reg * np.sum(W2 * W2)
    dscores = probs
    dscores[range(N), y] -= 1
    dscores /= N
    dW2 = hidden.T.dot(dscores)
    db2 = np.sum(dscores, axis=0, keepdims=True)
    dhidden = dscores.dot(W2.T)
    dhidden[hidden <= 0] = 0
    dW = X.T.dot(dhidden)
    db = np.sum(dhidden, axis=0, keepdims=True)
    dW2 += reg * W2
    dW += reg * W
    W += -step_size * dW
    b += -step_size * db
    W2 += -step_size * dW2
    b2 += -step_size * db2
""",
    Change("    dhidden[hidden <= 0] = 0\n", "", ("W", "b")),
    Change(
        "    dscores /= N\n",
        "    dscores /= N\n    dscores *= (scores > 0)\n",
        ("W", "b", "W2", "b2"),
    ),
)

shape(
    "one_sample_at_a_time",
    """
import numpy as np
rng = np.random.RandomState(3)
data = rng.randn(12, 3)
labels = (data.sum(axis=1) > 0).astype(float)
w_h = rng.randn(3, 4)
w_o = rng.randn(4)
bh = np.zeros(4)
bo = 0.0
eta = 0.2
for epoch in range(20):
    for x, t in zip(data, labels):
        h = 1 / (1 + np.exp(-(x @ w_h + bh)))
        o = 1 / (1 + np.exp(-(h @ w_o + bo)))
        delta_o = (o - t) * o * (1 - o)
        delta_h = delta_o * w_o * h * (1 - h)
        w_o -= eta * delta_o * h
        bo -= eta * delta_o
        w_h -= eta * np.outer(x, delta_h)
        bh -= eta * delta_h
""",
    Change(
        "delta_h = delta_o * w_o * h * (1 - h)", "delta_h = delta_o * h * (1 - h)", ("w_h", "bh")
    ),
    Change("bo -= eta * delta_o\n", "bo -= eta * (o - t)\n", ("bo",)),
)

shape(
    "mini_batches_shuffled",
    """
import numpy as np
np.random.seed(0)
X = np.random.randn(40, 4)
Y = np.eye(3)[np.random.randint(0, 3, 40)]
params = {"W1": np.random.randn(4, 6) * 0.3, "b1": np.zeros(6), "W2": np.random.randn(6, 3) * 0.3, "b2": np.zeros(3)}
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
for epoch in range(10):
    order = np.random.permutation(len(X))
    for k in range(0, len(X), 8):
        batch = order[k:k + 8]
        xb, tb = X[batch], Y[batch]
        z1 = xb @ params["W1"] + params["b1"]
        a1 = np.where(z1 > 0, z1, 0.01 * z1)
        p = softmax(a1 @ params["W2"] + params["b2"])
        loss = -np.sum(tb * np.log(p)) / len(xb)
        grads = {}
        dz = (p - tb) / len(xb)
        grads["W2"] = a1.T @ dz
        grads["b2"] = dz.sum(axis=0)
        dz = dz @ params["W2"].T * np.where(z1 > 0, 1, 0.01)
        grads["W1"] = xb.T @ dz
        grads["b1"] = dz.sum(axis=0)
        for name in params:
            params[name] -= 0.1 * grads[name]
""",
    Change("np.where(z1 > 0, 1, 0.01)\n", "np.where(z1 > 0, 1, 0.1)\n", ("W1", "b1")),
    Change('grads["b1"] = dz.sum(axis=0)', 'grads["b1"] = dz.sum()', ("b1",)),
)

shape(
    "lists_of_layers",
    """
import numpy as np
sizes = [2, 5, 4, 1]
rng = np.random.default_rng(4)
weights = [rng.normal(size=(a, b)) for a, b in zip(sizes, sizes[1:])]
biases = [np.zeros(b) for b in sizes[1:]]
def f(z):
    return 1 / (1 + np.exp(-z))
def train(x, t, rate, turns):
    for _ in range(turns):
        a = [x]
        for w, b in zip(weights, biases):
            a.append(f(a[-1] @ w + b))
        delta = (a[-1] - t) * a[-1] * (1 - a[-1])
        gw, gb = [], []
        for l in reversed(range(len(weights))):
            gw.insert(0, a[l].T @ delta)
            gb.insert(0, delta.sum(axis=0))
            delta = delta @ weights[l].T * a[l] * (1 - a[l])
        for l in range(len(weights)):
            weights[l] -= rate * gw[l]
            biases[l] -= rate * gb[l]
x = rng.normal(size=(9, 2))
t = (x[:, :1] > 0) * 1.0
train(x, t, 0.3, 50)
""",
    Change(
        "delta = delta @ weights[l].T * a[l] * (1 - a[l])",
        "delta = delta @ weights[l].T * (1 - a[l])",
        ("weights[0]", "weights[1]", "biases[0]", "biases[1]"),
    ),
    Change("gb.insert(0, delta.sum(axis=0))", "gb.append(delta.sum(axis=0))", ()),
)

shape(
    "class_with_fit",
    """
import numpy as np
class Net:
    def __init__(self, hidden=6, lr=0.1):
        self.hidden, self.lr = hidden, lr
    def fit(self, X, y, epochs=30):
        rng = np.random.default_rng(0)
        self.W1 = rng.normal(size=(X.shape[1], self.hidden))
        self.b1 = np.zeros(self.hidden)
        self.W2 = rng.normal(size=(self.hidden, 1))
        self.b2 = np.zeros(1)
        y = y.reshape(-1, 1)
        for _ in range(epochs):
            H = np.tanh(X @ self.W1 + self.b1)
            P = 1 / (1 + np.exp(-(H @ self.W2 + self.b2)))
            D = (P - y) / len(X)
            E = D @ self.W2.T * (1 - H ** 2)
            self.W2 -= self.lr * H.T @ D
            self.b2 -= self.lr * D.sum(axis=0)
            self.W1 -= self.lr * X.T @ E
            self.b1 -= self.lr * E.sum(axis=0)
        return self
rng = np.random.default_rng(5)
X = rng.normal(size=(25, 3))
y = (X[:, 0] > X[:, 1]).astype(int)
Net().fit(X, y)
""",
    Change("(1 - H ** 2)", "(1 - H) ** 2", ("W1", "b1")),
    Change("self.W1 -= self.lr * X.T @ E", "self.W1 -= self.lr * X.T @ E / len(X)", ("W1",)),
)

shape(
    "method_of_one_step",
    """
import numpy as np
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
class NeuralNetwork:
    def __init__(self, x, y):
        self.input = x
        self.weights1 = np.random.rand(self.input.shape[1], 4)
        self.weights2 = np.random.rand(4, 1)
        self.y = y
        self.output = np.zeros(y.shape)
    def feedforward(self):
        self.layer1 = sigmoid(np.dot(self.input, self.weights1))
        self.output = sigmoid(np.dot(self.layer1, self.weights2))
    def backprop(self):
        d = 2 * (self.y - self.output) * self.output * (1 - self.output)
        d_weights2 = np.dot(self.layer1.T, d)
        d_weights1 = np.dot(self.input.T, np.dot(d, self.weights2.T) * self.layer1 * (1 - self.layer1))
        self.weights1 += d_weights1
        self.weights2 += d_weights2
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.array([[0], [1], [1], [0]])
nn = NeuralNetwork(X, y)
for i in range(1500):
    nn.feedforward()
    nn.backprop()
print(nn.output)
""",
    Change(
        "np.dot(d, self.weights2.T) * self.layer1 * (1 - self.layer1)",
        "np.dot(d, self.weights2.T) * self.layer1",
        ("weights1",),
    ),
    Change(
        " * self.output * (1 - self.output)\n", " * (1 - self.output)\n", ("weights1", "weights2")
    ),
)

shape(
    "objects_of_layers",
    """
import numpy as np
class Dense:
    def __init__(self, n, m):
        self.w = np.random.randn(n, m) * 0.5
        self.b = np.zeros(m)
    def forward(self, x):
        self.x = x
        return x @ self.w + self.b
    def backward(self, g, lr):
        back = g @ self.w.T
        self.w -= lr * self.x.T @ g
        self.b -= lr * g.sum(axis=0)
        return back
class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y
    def backward(self, g, lr):
        return g * (1 - self.y ** 2)
network = [Dense(2, 3), Tanh(), Dense(3, 1), Tanh()]
X = np.reshape([[0, 0], [0, 1], [1, 0], [1, 1]], (4, 2))
Y = np.reshape([[0], [1], [1], [0]], (4, 1))
for e in range(200):
    error = 0
    out = X
    for layer in network:
        out = layer.forward(out)
    error += np.mean((Y - out) ** 2)
    grad = 2 * (out - Y) / Y.size
    for layer in reversed(network):
        grad = layer.backward(grad, 0.1)
""",
    Change(
        "        back = g @ self.w.T\n        self.w -= lr * self.x.T @ g\n",
        "        self.w -= lr * self.x.T @ g\n        back = g @ self.w.T\n",
        ("network[0]",),
    ),
    Change(
        "return g * (1 - self.y ** 2)",
        "return g * (1 - np.tanh(self.y) ** 2)",
        ("network[0]", "network[2]"),
    ),
)

shape(
    "momentum",
    """
import numpy as np
rng = np.random.default_rng(1)
X = rng.normal(size=(16, 3))
T = np.eye(2)[(X[:, 0] > 0).astype(int)]
W1, W2 = rng.normal(size=(3, 5)), rng.normal(size=(5, 2))
V1, V2 = np.zeros_like(W1), np.zeros_like(W2)
for step in range(100):
    H = 1 / (1 + np.exp(-X @ W1))
    Z = H @ W2
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    D = (P - T) / len(X)
    G2 = H.T @ D
    G1 = X.T @ (D @ W2.T * H * (1 - H))
    V1 = 0.9 * V1 - 0.1 * G1
    V2 = 0.9 * V2 - 0.1 * G2
    W1 += V1
    W2 += V2
""",
    Change("(D @ W2.T * H * (1 - H))", "(D @ W2.T)", ("W1",)),
)

shape(
    "adam_in_a_dict",
    """
import numpy as np
np.random.seed(2)
X = np.random.randn(20, 3)
T = np.sin(X[:, :1])
p = {"W1": np.random.randn(3, 7) * 0.4, "b1": np.zeros(7), "W2": np.random.randn(7, 1) * 0.4, "b2": np.zeros(1)}
m = {k: np.zeros_like(v) for k, v in p.items()}
v = {k: np.zeros_like(a) for k, a in p.items()}
for t in range(1, 101):
    h = np.tanh(X @ p["W1"] + p["b1"])
    y = h @ p["W2"] + p["b2"]
    loss = 0.5 * np.mean((y - T) ** 2)
    d = (y - T) / len(X)
    e = d @ p["W2"].T * (1 - h * h)
    g = {"W1": X.T @ e, "b1": e.sum(axis=0), "W2": h.T @ d, "b2": d.sum(axis=0)}
    for k in p:
        m[k] = 0.9 * m[k] + 0.1 * g[k]
        v[k] = 0.999 * v[k] + 0.001 * g[k] ** 2
        p[k] -= 0.01 * (m[k] / (1 - 0.9 ** t)) / (np.sqrt(v[k] / (1 - 0.999 ** t)) + 1e-8)
""",
    Change("(1 - h * h)", "(1 - h)", ("W1", "b1")),
)

shape(
    "rmsprop_with_an_optimiser_object",
    """
import numpy as np
class RMSProp:
    def __init__(self, params, rate=0.01, decay=0.9):
        self.params, self.rate, self.decay = params, rate, decay
        self.cache = [np.zeros_like(q) for q in params]
    def step(self, grads):
        for i, (q, g) in enumerate(zip(self.params, grads)):
            self.cache[i] = self.decay * self.cache[i] + (1 - self.decay) * g ** 2
            q -= self.rate * g / (np.sqrt(self.cache[i]) + 1e-8)
rng = np.random.default_rng(2)
X = rng.normal(size=(14, 4))
T = (X @ rng.normal(size=(4, 1)) > 0).astype(float)
W, b = rng.normal(size=(4, 6)), np.zeros(6)
U, c = rng.normal(size=(6, 1)), np.zeros(1)
opt = RMSProp([W, b, U, c])
for _ in range(60):
    H = np.maximum(X @ W + b, 0)
    P = 1 / (1 + np.exp(-(H @ U + c)))
    D = (P - T) / len(X)
    E = D @ U.T * (H > 0)
    opt.step([X.T @ E, E.sum(axis=0), H.T @ D, D.sum(axis=0)])
""",
    Change("E = D @ U.T * (H > 0)", "E = D @ U.T", ("W", "b")),
)

shape(
    "scalars",
    """
import math
import random
random.seed(5)
w1, w2, w3, w4, w5, w6 = [random.uniform(-1, 1) for _ in range(6)]
b1, b2, b3 = 0.1, -0.2, 0.05
def sigmoid(x):
    return 1 / (1 + math.exp(-x))
data = [(-2, -1, 1), (2.5, 0.6, 0), (1.7, 0.4, 0), (-1.5, -0.6, 1)]
lr = 0.1
for epoch in range(100):
    for x1, x2, target in data:
        h1 = sigmoid(w1 * x1 + w2 * x2 + b1)
        h2 = sigmoid(w3 * x1 + w4 * x2 + b2)
        o = sigmoid(w5 * h1 + w6 * h2 + b3)
        d = -2 * (target - o) * o * (1 - o)
        dh1 = d * w5 * h1 * (1 - h1)
        dh2 = d * w6 * h2 * (1 - h2)
        w1 -= lr * dh1 * x1
        w2 -= lr * dh1 * x2
        b1 -= lr * dh1
        w3 -= lr * dh2 * x1
        w4 -= lr * dh2 * x2
        b2 -= lr * dh2
        w5 -= lr * d * h1
        w6 -= lr * d * h2
        b3 -= lr * d
""",
    Change("dh2 = d * w6 * h2 * (1 - h2)", "dh2 = d * w5 * h2 * (1 - h2)", ("w3", "w4", "b2")),
    Change("w2 -= lr * dh1 * x2", "w2 -= lr * dh1 * x1", ("w2",)),
)

shape(
    "elements_of_arrays",
    """
import numpy as np
w = np.array([[0.15, 0.25], [0.2, 0.3]])
v = np.array([0.4, 0.45])
x = np.array([0.05, 0.1])
t = 0.01
for k in range(50):
    h0 = 1 / (1 + np.exp(-(w[0, 0] * x[0] + w[1, 0] * x[1])))
    h1 = 1 / (1 + np.exp(-(w[0, 1] * x[0] + w[1, 1] * x[1])))
    o = 1 / (1 + np.exp(-(v[0] * h0 + v[1] * h1)))
    d = (o - t) * o * (1 - o)
    g0 = d * v[0] * h0 * (1 - h0)
    g1 = d * v[1] * h1 * (1 - h1)
    v[0] = v[0] - 0.5 * d * h0
    v[1] = v[1] - 0.5 * d * h1
    w[0, 0] = w[0, 0] - 0.5 * g0 * x[0]
    w[1, 0] = w[1, 0] - 0.5 * g0 * x[1]
    w[0, 1] = w[0, 1] - 0.5 * g1 * x[0]
    w[1, 1] = w[1, 1] - 0.5 * g1 * x[1]
""",
    Change("g1 = d * v[1] * h1 * (1 - h1)", "g1 = d * v[1] * h1", ("w",)),
)

shape(
    "python_lists",
    """
from math import exp
from random import seed, random
seed(1)
def activate(weights, inputs):
    total = weights[-1]
    for i in range(len(weights) - 1):
        total += weights[i] * inputs[i]
    return 1.0 / (1.0 + exp(-total))
def forward(network, row):
    inputs = row
    for layer in network:
        new = []
        for neuron in layer:
            neuron["output"] = activate(neuron["weights"], inputs)
            new.append(neuron["output"])
        inputs = new
    return inputs
def backward(network, expected):
    for i in reversed(range(len(network))):
        layer = network[i]
        errors = []
        if i != len(network) - 1:
            for j in range(len(layer)):
                errors.append(sum(n["weights"][j] * n["delta"] for n in network[i + 1]))
        else:
            for j in range(len(layer)):
                errors.append(layer[j]["output"] - expected[j])
        for j in range(len(layer)):
            layer[j]["delta"] = errors[j] * layer[j]["output"] * (1.0 - layer[j]["output"])
def update(network, row, rate):
    for i in range(len(network)):
        inputs = row[:-1]
        if i != 0:
            inputs = [n["output"] for n in network[i - 1]]
        for neuron in network[i]:
            for j in range(len(inputs)):
                neuron["weights"][j] -= rate * neuron["delta"] * inputs[j]
            neuron["weights"][-1] -= rate * neuron["delta"]
def train(network, data, rate, epochs, n_out):
    for epoch in range(epochs):
        total = 0
        for row in data:
            outputs = forward(network, row)
            expected = [0 for i in range(n_out)]
            expected[row[-1]] = 1
            total += sum((expected[i] - outputs[i]) ** 2 for i in range(len(expected)))
            backward(network, expected)
            update(network, row, rate)
data = [[2.78, 2.55, 0], [1.46, 2.36, 0], [3.39, 4.4, 1], [1.38, 1.85, 1], [3.06, 3.0, 0]]
network = [[{"weights": [random() for i in range(3)]} for i in range(2)], [{"weights": [random() for i in range(3)]} for i in range(2)]]
train(network, data, 0.5, 20, 2)
""",
    Change(
        'layer[j]["output"] * (1.0 - layer[j]["output"])',
        '(1.0 - layer[j]["output"])',
        ("network",),
    ),
    Change('n["weights"][j] * n["delta"]', 'n["weights"][j]', ("network[0]",)),
)

shape(
    "neuron_objects",
    """
import numpy as np
class Neuron:
    def __init__(self, n):
        self.weights = np.random.uniform(-1, 1, n)
        self.bias = np.random.uniform(-1, 1)
    def fire(self, x):
        self.x = np.asarray(x, float)
        self.a = 1 / (1 + np.exp(-(self.weights @ self.x + self.bias)))
        return self.a
    def learn(self, error, rate):
        d = error * self.a * (1 - self.a)
        passed = d * self.weights
        self.weights = self.weights - rate * d * self.x
        self.bias = self.bias - rate * d
        return passed
class Brain:
    def __init__(self):
        self.hidden = [Neuron(2) for _ in range(3)]
        self.out = Neuron(3)
    def step(self, x, t, rate=0.4):
        y = self.out.fire([n.fire(x) for n in self.hidden])
        back = self.out.learn(y - t, rate)
        for n, e in zip(self.hidden, back):
            n.learn(e, rate)
brain = Brain()
for turn in range(40):
    for x, t in [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)]:
        brain.step(x, t)
""",
    Change("passed = d * self.weights", "passed = error * self.weights", ()),
    Change("self.bias = self.bias - rate * d", "self.bias = self.bias - rate * error", ("bias",)),
)

shape(
    "while_loop",
    """
import numpy as np
np.random.seed(3)
x = np.random.rand(10, 2)
t = x[:, :1] * x[:, 1:]
a = np.random.rand(2, 3)
b = np.random.rand(3, 1)
n = 0
err = 1.0
while err > 1e-4 and n < 300:
    h = np.tanh(x.dot(a))
    y = h.dot(b)
    e = y - t
    err = np.mean(e ** 2)
    gb = h.T.dot(e)
    ga = x.T.dot(e.dot(b.T) * (1 - h ** 2))
    a = a - 0.05 * ga
    b = b - 0.05 * gb
    n += 1
""",
    Change("(1 - h ** 2)", "(1 + h ** 2)", ("a",)),
)

shape(
    "linear_regression",
    """
import numpy as np
x = np.linspace(0, 2, 15)
y = 3 * x + 1 + 0.1 * np.sin(40 * x)
m, c = 0.0, 0.0
L = 0.1
n = float(len(x))
for i in range(300):
    guess = m * x + c
    dm = (-2 / n) * sum(x * (y - guess))
    dc = (-2 / n) * sum(y - guess)
    m = m - L * dm
    c = c - L * dc
print(m, c)
""",
    Change("dc = (-2 / n) * sum(y - guess)", "dc = (-2 / n) * sum(x * guess)", ("c",)),
    Change("dm = (-2 / n) * sum(x * (y - guess))", "dm = (-1 / n) * sum(x * (y - guess))", ("m",)),
)

shape(
    "logistic_regression_in_a_function",
    """
import numpy as np
def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))
def cost(theta, X, y):
    h = sigmoid(X @ theta)
    return -(y @ np.log(h) + (1 - y) @ np.log(1 - h)) / len(y)
def gradient_descent(X, y, theta, alpha, iters):
    history = []
    for _ in range(iters):
        h = sigmoid(X @ theta)
        theta = theta - alpha * X.T @ (h - y) / len(y)
        history.append(cost(theta, X, y))
    return theta, history
rng = np.random.default_rng(0)
X = np.c_[np.ones(30), rng.normal(size=(30, 2))]
y = (X[:, 1] - X[:, 2] > 0).astype(float)
theta, history = gradient_descent(X, y, np.zeros(3), 0.1, 100)
""",
    Change("X.T @ (h - y)", "X.T @ ((h - y) * h)", ("theta",)),
    Change("theta = theta - alpha", "theta = theta + alpha", ("theta",)),
)

shape(
    "softmax_regression_epochs",
    """
import numpy as np
def epoch(X, y, theta, lr=0.1, batch=10):
    for i in range(0, len(X), batch):
        Xb, yb = X[i:i + batch], y[i:i + batch]
        Z = np.exp(Xb @ theta)
        Z = Z / Z.sum(axis=1, keepdims=True)
        I = np.zeros_like(Z)
        I[np.arange(len(yb)), yb] = 1
        theta -= lr / len(yb) * Xb.T @ (Z - I)
rng = np.random.default_rng(1)
X = rng.normal(size=(50, 5)).astype(np.float32)
y = rng.integers(0, 4, 50)
theta = np.zeros((5, 4), dtype=np.float32)
for e in range(3):
    epoch(X, y, theta)
""",
    Change("Xb.T @ (Z - I)", "Xb.T @ (Z - I * Z)", ("theta",), told=True),
)

shape(
    "functions_with_global_parameters",
    """
import numpy as np
np.random.seed(8)
X = np.random.randn(12, 3)
T = np.random.randn(12, 2)
W1 = np.random.randn(3, 4)
W2 = np.random.randn(4, 2)
def forward(x):
    global h
    h = np.maximum(0, x @ W1)
    return h @ W2
def backward(x, t, y):
    global W1, W2
    d = 2 * (y - t) / t.size
    g2 = h.T @ d
    g1 = x.T @ ((d @ W2.T) * (h > 0))
    W1 = W1 - 0.05 * g1
    W2 = W2 - 0.05 * g2
for k in range(30):
    y = forward(X)
    loss = np.mean((y - T) ** 2)
    backward(X, T, y)
""",
    Change("((d @ W2.T) * (h > 0))", "(d @ W2.T)", ("W1",)),
    Change("g2 = h.T @ d", "g2 = h.T @ (d * (y > 0))", ("W2",)),
)

shape(
    "parameters_handed_round",
    """
import numpy as np
def init(n_x, n_h, n_y):
    np.random.seed(2)
    return {"W1": np.random.randn(n_h, n_x) * 0.4, "b1": np.zeros((n_h, 1)), "W2": np.random.randn(n_y, n_h) * 0.4, "b2": np.zeros((n_y, 1))}
def forward(X, p):
    A1 = np.tanh(p["W1"] @ X + p["b1"])
    A2 = 1 / (1 + np.exp(-(p["W2"] @ A1 + p["b2"])))
    return A2, {"A1": A1, "A2": A2}
def backward(p, cache, X, Y):
    m = X.shape[1]
    dZ2 = cache["A2"] - Y
    dZ1 = p["W2"].T @ dZ2 * (1 - cache["A1"] ** 2)
    return {"dW2": dZ2 @ cache["A1"].T / m, "db2": dZ2.sum(axis=1, keepdims=True) / m, "dW1": dZ1 @ X.T / m, "db1": dZ1.sum(axis=1, keepdims=True) / m}
def update(p, g, rate=1.2):
    return {k: p[k] - rate * g["d" + k] for k in p}
def nn_model(X, Y, n_h, turns):
    p = init(X.shape[0], n_h, Y.shape[0])
    for i in range(turns):
        A2, cache = forward(X, p)
        g = backward(p, cache, X, Y)
        p = update(p, g)
    return p
rng = np.random.default_rng(1)
X = rng.normal(size=(2, 30))
Y = (X[:1] ** 2 + X[1:] ** 2 > 1).astype(float)
nn_model(X, Y, 4, 100)
""",
    Change(
        'dZ1 = p["W2"].T @ dZ2 * (1 - cache["A1"] ** 2)',
        'dZ1 = p["W2"].T @ dZ2 * cache["A1"]',
        ("W1", "b1"),
    ),
    Change(
        '"db1": dZ1.sum(axis=1, keepdims=True) / m',
        '"db1": dZ1.mean() * np.ones_like(p["b1"])',
        ("b1",),
    ),
)

shape(
    "bias_in_front_and_weight_decay",
    """
import numpy as np
rng = np.random.default_rng(11)
X = np.hstack([np.ones((20, 1)), rng.normal(size=(20, 3))])
t = rng.normal(size=20)
A = rng.normal(size=(4, 6)) * 0.5
c = rng.normal(size=7) * 0.5
lam, rate = 0.01, 0.05
for _ in range(100):
    z = np.hstack([np.ones((20, 1)), np.tanh(X @ A)])
    y = z @ c
    e = y - t
    gc = z.T @ e / 20
    gA = X.T @ (np.outer(e, c[1:]) * (1 - z[:, 1:] ** 2)) / 20
    A -= rate * (gA + lam * A)
    c -= rate * (gc + lam * c)
""",
    Change("(1 - z[:, 1:] ** 2)", "(1 - z[:, 1:])", ("A",)),
    Change("gc = z.T @ e / 20", "gc = z.T @ e ** 2 / 20", ("c",)),
)

shape(
    "deep_tanh_in_a_notebook_style",
    """
import numpy as np
import matplotlib.pyplot as plt
np.random.seed(1)
x = np.linspace(-1, 1, 21)[:, None]
t = x ** 2
shapes = [(1, 8), (8, 8), (8, 1)]
Ws = [np.random.randn(*s) * 0.6 for s in shapes]
bs = [np.zeros((1, s[1])) for s in shapes]
losses = []
for it in range(200):
    acts = [x]
    for i in range(3):
        z = acts[-1] @ Ws[i] + bs[i]
        acts.append(z if i == 2 else np.tanh(z))
    loss = ((acts[-1] - t) ** 2).mean()
    losses.append(loss)
    g = 2 * (acts[-1] - t) / len(x)
    dWs, dbs = [None] * 3, [None] * 3
    for i in (2, 1, 0):
        if i < 2:
            g = g * (1 - acts[i + 1] ** 2)
        dWs[i] = acts[i].T @ g
        dbs[i] = g.sum(0, keepdims=True)
        g = g @ Ws[i].T
    Ws = [W - 0.1 * d for W, d in zip(Ws, dWs)]
    bs = [b - 0.1 * d for b, d in zip(bs, dbs)]
plt.plot(losses)
plt.show()
""",
    Change("if i < 2:", "if i == 1:", ("Ws[0]", "bs[0]")),
)

shape(
    "single_output_single_sample",
    """
import numpy as np
X = np.array([0.5, -1.0, 2.0])
t = 0.7
w = np.array([0.1, 0.2, -0.1])
b = 0.0
rate = 0.1
for _ in range(20):
    y = w @ X + b
    w = w - rate * (y - t) * X
    b = b - rate * (y - t)
""",
    Change("w = w - rate * (y - t) * X", "w = w - rate * (y - t) * w", ("w",)),
)

shape(
    "generator_of_batches",
    """
import numpy as np
def batches(X, T, size):
    order = np.random.permutation(len(X))
    for i in range(0, len(X), size):
        yield X[order[i:i + size]], T[order[i:i + size]]
class Model:
    def __init__(self, n, h, k):
        self.params = [np.random.randn(n, h) * 0.3, np.zeros(h), np.random.randn(h, k) * 0.3, np.zeros(k)]
    def grads(self, x, t):
        W1, b1, W2, b2 = self.params
        h = np.maximum(0, x @ W1 + b1)
        z = h @ W2 + b2
        z = z - z.max(1, keepdims=True)
        p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        d = (p - t) / len(x)
        dh = d @ W2.T * (h > 0)
        return [x.T @ dh, dh.sum(0), h.T @ d, d.sum(0)], -np.log(p[t > 0]).mean()
X = np.random.randn(60, 4)
T = np.eye(3)[np.random.randint(3, size=60)]
model = Model(4, 10, 3)
for epoch in range(4):
    for x, t in batches(X, T, 15):
        g, loss = model.grads(x, t)
        model.params = [q - 0.2 * d for q, d in zip(model.params, g)]
""",
    Change("dh = d @ W2.T * (h > 0)", "dh = d @ W2.T", ("params[0]", "params[1]")),
    Change("return [x.T @ dh, dh.sum(0)", "return [x.T @ dh, dh.sum()", ("params[1]",)),
)

shape(
    "np_subtract_with_out",
    """
import numpy as np
rng = np.random.default_rng(3)
X, T = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
W = rng.normal(size=(3, 2))
b = np.zeros(2)
for i in range(40):
    Y = X @ W + b
    G = 2 * (Y - T)
    np.subtract(W, 0.01 * (X.T @ G), out=W)
    np.subtract(b, 0.01 * G.sum(axis=0), out=b)
""",
    Change("G.sum(axis=0)", "G.mean(axis=0)", ("b",)),
)

shape(
    "matrices_of_np_matrix",
    """
import numpy as np
X = np.matrix([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.matrix([[0], [1], [1], [0]])
np.random.seed(1)
w0 = np.asmatrix(np.random.randn(3, 4))
w1 = np.asmatrix(np.random.randn(4, 1))
for j in range(100):
    a1 = 1 / (1 + np.exp(-(X * w0)))
    a2 = 1 / (1 + np.exp(-(a1 * w1)))
    d2 = np.multiply(a2 - y, np.multiply(a2, 1 - a2))
    d1 = np.multiply(d2 * w1.T, np.multiply(a1, 1 - a1))
    w1 = w1 - 0.5 * a1.T * d2
    w0 = w0 - 0.5 * X.T * d1
""",
    Change("np.multiply(a1, 1 - a1)", "(1 - a1)", ("w0",)),
)

shape(
    "two_outputs_sigmoid_one_sample_columns",
    """
import numpy as np
class Network:
    def __init__(self, sizes):
        self.weights = [np.random.randn(m, n) for n, m in zip(sizes, sizes[1:])]
        self.biases = [np.random.randn(m, 1) for m in sizes[1:]]
    def SGD(self, data, epochs, size, eta):
        for j in range(epochs):
            for k in range(0, len(data), size):
                self.update_mini_batch(data[k:k + size], eta)
    def update_mini_batch(self, batch, eta):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in batch:
            db, dw = self.backprop(x, y)
            nabla_b = [n + d for n, d in zip(nabla_b, db)]
            nabla_w = [n + d for n, d in zip(nabla_w, dw)]
        self.weights = [w - (eta / len(batch)) * n for w, n in zip(self.weights, nabla_w)]
        self.biases = [b - (eta / len(batch)) * n for b, n in zip(self.biases, nabla_b)]
    def backprop(self, x, y):
        zs, a = [], [x]
        for w, b in zip(self.weights, self.biases):
            zs.append(w @ a[-1] + b)
            a.append(1 / (1 + np.exp(-zs[-1])))
        delta = (a[-1] - y) * a[-1] * (1 - a[-1])
        nb, nw = [delta], [delta @ a[-2].T]
        for l in range(2, len(self.weights) + 1):
            delta = self.weights[-l + 1].T @ delta * a[-l] * (1 - a[-l])
            nb.insert(0, delta)
            nw.insert(0, delta @ a[-l - 1].T)
        return nb, nw
np.random.seed(4)
data = [(np.random.randn(3, 1), np.eye(2)[:, [i % 2]]) for i in range(12)]
net = Network([3, 5, 4, 2])
net.SGD(data, 2, 4, 3.0)
""",
    Change(
        "delta = self.weights[-l + 1].T @ delta * a[-l] * (1 - a[-l])",
        "delta = self.weights[-l + 1].T @ delta * a[-l]",
        ("weights[0]", "weights[1]", "biases[0]", "biases[1]"),
    ),
)

shape(
    "linear_layer_lists_of_numbers",
    """
weights = [0.3, 0.2, 0.9]
toes = [8.5, 9.5, 9.9]
wins = [0.65, 0.8, 0.8]
fans = [1.2, 1.3, 0.5]
wanted = [1, 1, 0]
alpha = 0.01
for it in range(20):
    for game in range(3):
        x = [toes[game], wins[game], fans[game]]
        pred = sum(a * b for a, b in zip(x, weights))
        delta = pred - wanted[game]
        for i in range(3):
            weights[i] -= alpha * delta * x[i]
""",
    Change("alpha * delta * x[i]", "alpha * delta * weights[i]", ("weights",), told=True),
)

shape(
    "torch_like_manual_numpy",
    """
import numpy as np
N, D_in, H, D_out = 16, 10, 7, 3
x = np.random.randn(N, D_in)
y = np.random.randn(N, D_out)
w1 = np.random.randn(D_in, H)
w2 = np.random.randn(H, D_out)
learning_rate = 1e-6
for t in range(500):
    h = x.dot(w1)
    h_relu = np.maximum(h, 0)
    y_pred = h_relu.dot(w2)
    loss = np.square(y_pred - y).sum()
    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = h_relu.T.dot(grad_y_pred)
    grad_h_relu = grad_y_pred.dot(w2.T)
    grad_h = grad_h_relu.copy()
    grad_h[h < 0] = 0
    grad_w1 = x.T.dot(grad_h)
    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2
""",
    Change("    grad_h[h < 0] = 0\n", "", ("w1",)),
    Change("grad_w2 = h_relu.T.dot(grad_y_pred)", "grad_w2 = h.T.dot(grad_y_pred)", ("w2",)),
)

shape(
    "batches_in_pairs_of_single_precision",
    """
import numpy as np
class Batches:
    def __init__(self, X, T, size):
        starts = range(0, len(X), size)
        self.pairs = [(X[i:i + size], T[i:i + size]) for i in starts]
    def __iter__(self):
        return iter(self.pairs)
class Trainer:
    def __init__(self, batches, rate, decay):
        self.batches, self.rate, self.decay = batches, rate, decay
        self.w, self.b = np.zeros((5, 3)), np.zeros(3)
    def train(self, epochs):
        for epoch in range(epochs):
            losses = []
            for X, T in self.batches:
                e = np.exp(X @ self.w + self.b)
                P = e / e.sum(axis=1, keepdims=True)
                losses.append(-(T * np.log(P)).sum() / len(X))
                grad = X.T @ (P - T) / len(X)
                grad += self.decay * self.w
                self.w -= self.rate * grad
                self.b -= self.rate * (P - T).sum(axis=0) / len(X)
rng = np.random.RandomState(6)
X = rng.randn(24, 5).astype(np.float32)
T = np.eye(3, dtype=np.float32)[rng.randint(0, 3, 24)]
Trainer(Batches(X, T, 8), 0.1, 0.01).train(5)
""",
    Change("X.T @ (P - T) / len(X)", "X.T @ (P - T)", ("self.w",)),
)


# A setting is no input: the backward pass of what drops nothing may take no notice of what is dropped.
shape(
    "a_share_to_drop_that_is_none",
    """
import numpy as np
np.random.seed(2)
class Net:
    def __init__(self, sizes, drop=0.0):
        self.W = [0.5 * np.random.randn(a, b) for a, b in zip(sizes, sizes[1:])]
        self.b = [np.zeros((1, b)) for b in sizes[1:]]
        self.drop = drop
    def forward(self, x):
        self.a = [x]
        for W, b in zip(self.W, self.b):
            kept = np.random.rand(len(x), W.shape[1]) < 1 - self.drop
            self.a.append(np.tanh(self.a[-1] @ W + b) * kept / (1 - self.drop))
        return self.a[-1]
    def backward(self, t, rate):
        d = (self.a[-1] - t) * (1 - self.a[-1] ** 2) / len(t)
        for i in (1, 0):
            below = d @ self.W[i].T * (1 - self.a[i] ** 2)
            self.W[i] -= rate * self.a[i].T @ d
            self.b[i] -= rate * d.sum(axis=0, keepdims=True)
            d = below
net = Net([2, 4, 1])
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
T = np.array([[0], [1], [1], [0]])
for epoch in range(2000):
    net.forward(X)
    net.backward(T, 0.3)
""",
    Change("self.W[i].T * (1 - self.a[i] ** 2)", "self.W[i].T", ("W[0]",)),
)


# Samples that are shuffled are no parameters, of which those that stay as they are would never move.
shape(
    "shuffled_pairs_by_batches_under_a_progress_bar",
    """
import numpy as np
from tqdm import tqdm
np.random.seed(4)
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
def batches(pairs, size):
    for i in range(0, len(pairs), size):
        x, t = zip(*pairs[i : i + size])
        yield np.array(x), np.array(t)
X = np.random.randn(12, 3)
pairs = list(zip(X, np.eye(2)[(X[:, 0] > 0).astype(int)]))
W1, b1 = np.random.randn(4, 3).astype(np.float32), np.zeros(4)
W2, b2 = np.random.randn(2, 4).astype(np.float32), np.zeros(2)
for epoch in range(30):
    np.random.shuffle(pairs)
    with tqdm(batches(pairs, 12), desc=f"epoch {epoch}", leave=False) as bar:
        for x, t in bar:
            h = np.tanh(x @ W1.T + b1)
            y = softmax(h @ W2.T + b2)
            d2 = y - t
            d1 = d2 @ W2 * (1 - h**2)
            W2 = W2 - 0.3 * (d2[:, :, None] @ h[:, None]).mean(axis=0)
            b2 = b2 - 0.3 * d2.mean(axis=0)
            W1 = W1 - 0.3 * (d1[:, :, None] @ x[:, None]).mean(axis=0)
            b1 = b1 - 0.3 * d1.mean(axis=0)
            bar.set_postfix(loss=-np.log(y[t == 1]).mean())
""",
    Change("* (1 - h**2)", "* (1 - h)", ("W1", "b1")),
)


# Where it begins all margins are active, and the labels add up to 0: the bias moves elsewhere.
shape(
    "hinge_of_as_many_labels_of_either_kind",
    """
import numpy as np
np.random.seed(42)
X = np.vstack([np.random.randn(20, 2) + [2, 1], np.random.randn(20, 2) - [1, 2]])
y = np.vstack([np.ones((20, 1)), -np.ones((20, 1))])
w, b = -np.random.rand(2, 1), np.random.randn(1, 1)
def margins(points, labels):
    m = 1 - labels * (points @ w + b)
    m[m < 0] = 0
    return m
def cost(m):
    return 0.5 * sum(w**2) + sum(m) / len(y)
def gradients(points, labels):
    gw, gb = np.zeros(w.shape), np.zeros(b.shape)
    for i, m in enumerate(margins(points, labels)):
        gw += w
        if m > 0:
            gw -= (points[i] * labels[i]).reshape(-1, 1)
            gb -= labels[i]
    return gw / len(points), gb / len(points)
for i in range(60):
    gw, gb = gradients(X, y)
    w = w - 0.04 * gw
    b = b - 0.03 * gb
    print(i, cost(margins(X, y)))
""",
    Change("gb -= labels[i]", "gb += labels[i]", ("b",)),
    Change("(points[i] * labels[i])", "(points[i])", ("w",), told=True),
)


# The network's outputs are positive where it begins, so that the last relu shows only elsewhere.
shape(
    "relu_at_the_outputs",
    """
import numpy as np
np.random.seed(5)
x = np.random.uniform(0, 5, (8, 3))
t = np.random.uniform(0, 5, 8)
def relu(z):
    return np.maximum(0, z)
w1, w2 = np.random.uniform(0, 1, (4, 3)), np.random.uniform(0, 1, 4)
for epoch in range(30):
    z1 = np.dot(w1, x.T)
    h = relu(z1)
    z2 = np.dot(w2, h)
    y = relu(z2)
    print(np.sum((y - t) ** 2) / 2)
    error = (y - t) * (z2 > 0)
    below = np.outer(w2, error) * (z1 > 0)
    w2 = w2 - 0.0005 * np.dot(error, h.T)
    w1 = w1 - 0.0005 * np.dot(below, x)
""",
    Change("error = (y - t) * (z2 > 0)", "error = y - t", ("w1", "w2")),
    Change("np.outer(w2, error) * (z1 > 0)", "np.outer(w2, error)", ("w1",)),
)


# Labels that only the noted loss takes as indices, beside one-hot ones of which the gradients are made.
shape(
    "a_noted_loss_of_labels",
    """
import numpy as np
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
rng = np.random.default_rng(6)
X, y = rng.normal(size=(9, 4)), np.arange(9) % 3
T, W, b = np.eye(3)[y], 0.1 * rng.normal(size=(4, 3)), np.zeros(3)
losses = []
for epoch in range(30):
    P = softmax(X @ W + b)
    probs = P
    losses.append(-np.mean(np.log(probs[np.arange(9), y])))
    dZ = (probs - T) / 9
    W -= 0.2 * X.T @ dZ
    b -= 0.2 * dZ.sum(0)
""",
    Change("probs = P", "probs = softmax(P)", ("W", "b")),
)
