"""Networks whose training nobody runs: functions and classes that give gradients, or take one step, in many manners."""

from __future__ import annotations

from loop_shapes import Change, Shape

SOFTMAX = """
def softmax(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
"""

SHAPES = [
    Shape(
        "functions_with_a_cache_in_columns",
        '''
def forward(X, parameters):
    W1, b1 = parameters["W1"], parameters["b1"]
    W2, b2 = parameters["W2"], parameters["b2"]
    Z1 = W1 @ X + b1
    A1 = np.maximum(Z1, 0)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    return A2, (Z1, A1, W1, b1, A2, W2, b2)


def backward(X, Y, cache):
    m = X.shape[1]
    Z1, A1, W1, b1, A2, W2, b2 = cache
    dZ2 = A2 - Y
    dW2 = dZ2 @ A1.T / m
    db2 = dZ2.sum(axis=1, keepdims=True) / m
    dZ1 = (W2.T @ dZ2) * (Z1 > 0)
    return {"dW1": dZ1 @ X.T / m, "db1": dZ1.sum(axis=1, keepdims=True) / m, "dW2": dW2, "db2": db2}
''',
        (
            Change("* (Z1 > 0)", "", ("W1", "b1")),
            Change("dW2 = dZ2 @ A1.T / m", "dW2 = 2 * dZ2 @ A1.T / m", ("W2",)),
        ),
    ),
    Shape(
        "weights_as_arguments_and_no_names_returned",
        SOFTMAX
        + '''
def hidden(X, Wa, ba):
    return np.tanh(X @ Wa + ba)


def outputs(X, Wa, ba, Wb, bb):
    return softmax(hidden(X, Wa, ba) @ Wb + bb)


def gradients_of(X, T, Wa, ba, Wb, bb):
    H = hidden(X, Wa, ba)
    E = softmax(H @ Wb + bb) - T
    D = (E @ Wb.T) * (1 - H**2)
    return [X.T @ D, D.sum(axis=0), H.T @ E, E.sum(axis=0)]
''',
        (Change("* (1 - H**2)", "* (1 - H)", ("Wa", "ba")),),
    ),
    Shape(
        "weights_of_the_module",
        SOFTMAX
        + '''
w_in, b_in = np.random.randn(6, 5), np.zeros(5)
w_out, b_out = np.random.randn(5, 3), np.zeros(3)


def go(x):
    h = np.tanh(x @ w_in + b_in)
    return h, softmax(h @ w_out + b_out)


def back(x, labels, h, probs):
    d = probs.copy()
    d[np.arange(len(x)), labels] -= 1
    d /= len(x)
    e = (d @ w_out.T) * (1 - h * h)
    return x.T @ e, e.sum(0), h.T @ d, d.sum(0)


def train_step(x, labels):
    h, probs = go(x)
    dw_in, db_in, dw_out, db_out = back(x, labels, h, probs)
''',
        (Change("* (1 - h * h)", "", ("w_in", "b_in")),),
    ),
    Shape(
        "data_in_the_constructor",
        '''
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Net:
    def __init__(self, x, y):
        self.x, self.y = x, y
        self.W = np.random.randn(x.shape[1], 4)
        self.V = np.random.randn(4, 1)

    def feedforward(self):
        self.h = sigmoid(self.x @ self.W)
        self.o = sigmoid(self.h @ self.V)

    def backprop(self, alpha):
        d = 2 * (self.y - self.o) * self.o * (1 - self.o)
        dV = self.h.T @ d
        dW = self.x.T @ (d @ self.V.T * self.h * (1 - self.h))
        self.W += alpha * dW
        self.V += alpha * dV
''',
        (Change("* self.h * (1 - self.h))", "* self.h)", ("W",)),),
    ),
    Shape(
        "fixed_sizes_and_labels_as_numbers",
        '''
class Digits:
    def __init__(self):
        self.W1 = np.random.randn(64, 12) * 0.1
        self.b1 = np.zeros(12)
        self.W2 = np.random.randn(12, 10) * 0.1
        self.b2 = np.zeros(10)

    def forward(self, X):
        self.A = np.maximum(0, X @ self.W1 + self.b1)
        e = np.exp(self.A @ self.W2 + self.b2)
        self.P = e / e.sum(axis=1, keepdims=True)
        return self.P

    def backward(self, X, y):
        T = np.zeros((len(y), 10))
        T[np.arange(len(y)), y] = 1
        D = (self.P - T) / len(y)
        E = (D @ self.W2.T) * (self.A > 0)
        return X.T @ E, E.sum(0), self.A.T @ D, D.sum(0)
''',
        (Change("* (self.A > 0)", "", ("W1", "b1")),),
    ),
    Shape(
        "loss_and_gradients_in_one_where_the_labels_may_be_left_out",
        '''
class FullNet:
    def __init__(self, hidden_dims, input_dim=48 * 48, num_classes=10, reg=0.0):
        sizes = [input_dim, *hidden_dims, num_classes]
        self.reg, self.count, self.params = reg, len(sizes) - 1, {}
        for i in range(self.count):
            self.params[f"W{i}"] = np.random.randn(sizes[i], sizes[i + 1]) * 0.3
            self.params[f"b{i}"] = np.zeros(sizes[i + 1])

    def loss(self, X, y=None):
        kept, h = [], X
        for i in range(self.count):
            kept.append(h)
            h = h @ self.params[f"W{i}"] + self.params[f"b{i}"]
            if i < self.count - 1:
                h = np.maximum(h, 0)
        if y is None:
            return h
        P = np.exp(h - h.max(axis=1, keepdims=True))
        P /= P.sum(axis=1, keepdims=True)
        loss = -np.mean(np.log(P[np.arange(len(y)), y]))
        P[np.arange(len(y)), y] -= 1
        d, grads = P / len(y), {}
        for i in reversed(range(self.count)):
            W = self.params[f"W{i}"]
            loss += 0.5 * self.reg * np.sum(W * W)
            grads[f"W{i}"] = kept[i].T @ d + self.reg * W
            grads[f"b{i}"] = d.sum(axis=0)
            d = (d @ W.T) * (kept[i] > 0)
        return loss, grads
''',
        (
            Change("(d @ W.T) * (kept[i] > 0)", "d @ W.T", ("W0", "b0")),
            Change("+ self.reg * W", "+ 2 * self.reg * W", ("W0", "W1")),
            Change("+ self.reg * W", "- self.reg * W", ("W0", "W1")),
        ),
    ),
    Shape(
        "modules_in_a_list",
        '''
class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, g):
        return g * self.y * (1 - self.y)


class Dense:
    def __init__(self, n_in, n_out):
        self._W, self._b = np.random.randn(n_in, n_out), np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return x @ self._W + self._b

    def backward(self, g):
        self._grad_W = self.x.T @ g
        self._grad_b = g.sum(axis=0, keepdims=True)
        return g @ self._W.T


class Chain:
    def __init__(self, n_inputs, n_hidden, n_classes):
        self.parts = [Dense(n_inputs, n_hidden), Sigmoid(), Dense(n_hidden, n_classes)]

    def forward(self, x):
        for part in self.parts:
            x = part.forward(x)
        return x

    def backward(self, dout):
        for part in self.parts[::-1]:
            dout = part.backward(dout)
        return dout

    def step(self, lr):
        for part in self.parts:
            if isinstance(part, Dense):
                part._W = part._W - lr * part._grad_W
                part._b = part._b - lr * part._grad_b
''',
        (Change("for part in self.parts[::-1]:\n            dout = part.backward(dout)",
                "for part in self.parts[::-1]:\n            if isinstance(part, Dense):\n                dout = part.backward(dout)",
                ("parts[0]",)),),
    ),
    Shape(
        "logistic_regression",
        '''
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def compute_grad(theta, X, y):
    return X.T @ (sigmoid(X @ theta) - y) / len(y)
''',
        (Change("return X.T", "return -X.T", ("theta",)),),
    ),
    Shape(
        "a_cost_with_a_penalty",
        '''
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward_propagation(X, parameters):
    A = np.tanh(parameters["W1"] @ X + parameters["b1"])
    Y_hat = sigmoid(parameters["W2"] @ A + parameters["b2"])
    return Y_hat, (A, Y_hat)


def compute_cost(Y_hat, Y, parameters, lambd):
    m = Y.shape[1]
    data = -np.sum(Y * np.log(Y_hat) + (1 - Y) * np.log(1 - Y_hat)) / m
    weights = np.sum(parameters["W1"] ** 2) + np.sum(parameters["W2"] ** 2)
    return data + lambd / (2 * m) * weights


def backward_propagation(X, Y, cache, parameters, lambd):
    m = X.shape[1]
    A, Y_hat = cache
    dZ = Y_hat - Y
    dH = (parameters["W2"].T @ dZ) * (1 - A**2)
    return {
        "W2": dZ @ A.T / m + lambd / m * parameters["W2"],
        "b2": dZ.sum(axis=1, keepdims=True) / m,
        "W1": dH @ X.T / m + lambd / m * parameters["W1"],
        "b1": dH.sum(axis=1, keepdims=True) / m,
    }
''',
        (
            Change("lambd / m *", "lambd *", ("W1", "W2")),
            Change("(1 - A**2)", "(1 - A)", ("W1", "b1")),
        ),
    ),
]  # fmt: skip
SHAPES.append(
    Shape(
        "logistic_regression_in_loops_over_samples_and_weights",
        """
import math


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def compute_cost(X, y, w, b):
    m, cost = X.shape[0], 0.0
    for i in range(m):
        f = sigmoid(np.dot(X[i], w) + b)
        cost += -y[i] * np.log(f) - (1 - y[i]) * np.log(1 - f)
    return cost / m


def compute_gradient(X, y, w, b):
    m, n = X.shape
    dj_dw, dj_db = np.zeros(n), 0.0
    for i in range(m):
        err = sigmoid(np.dot(X[i], w) + b) - y[i]
        for j in range(n):
            dj_dw[j] = dj_dw[j] + err * X[i, j]
        dj_db = dj_db + err
    return dj_db / m, dj_dw / m


def gradient_descent(X, y, w_in, b_in, alpha, num_iters):
    w, b = w_in, b_in
    for k in range(num_iters):
        dj_db, dj_dw = compute_gradient(X, y, w, b)
        w = w - alpha * dj_dw
        b = b - alpha * dj_db
        if k % math.ceil(num_iters / 10) == 0:
            print(compute_cost(X, y, w, b))
    return w, b
""",
        (Change("dj_db = dj_db + err", "dj_db = dj_db + err * X[i, 0]", ("b",)),),
    )
)

SHAPES.append(
    Shape(
        "all_parameters_in_one_row",
        """
def nn_cost_function(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda_=0.0):
    split = hidden_layer_size * (input_layer_size + 1)
    theta1 = nn_params[:split].reshape(hidden_layer_size, input_layer_size + 1)
    theta2 = nn_params[split:].reshape(num_labels, hidden_layer_size + 1)
    m = len(X)
    a1 = np.hstack([np.ones((m, 1)), X])
    a2 = np.hstack([np.ones((m, 1)), 1 / (1 + np.exp(-(a1 @ theta1.T)))])
    h = 1 / (1 + np.exp(-(a2 @ theta2.T)))
    Y = np.eye(num_labels)[y]
    J = -np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h)) / m
    J += lambda_ / (2 * m) * (np.sum(theta1[:, 1:] ** 2) + np.sum(theta2[:, 1:] ** 2))
    d3 = (h - Y) / m
    d2 = (d3 @ theta2)[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])
    g1, g2 = d2.T @ a1, d3.T @ a2
    g1[:, 1:] += lambda_ / m * theta1[:, 1:]
    g2[:, 1:] += lambda_ / m * theta2[:, 1:]
    return J, np.concatenate([g1.ravel(), g2.ravel()])
""",
        (Change("* a2[:, 1:] * (1", "* (1", ("dW1",)),),
    )
)

SHAPES.append(
    Shape(
        "inverted_dropout",
        """
def forward_with_dropout(X, parameters, keep_prob=0.5):
    W1, b1, W2, b2 = (parameters[k] for k in ("W1", "b1", "W2", "b2"))
    A1 = np.maximum(0, W1 @ X + b1)
    D1 = (np.random.rand(*A1.shape) < keep_prob).astype(int)
    A1 = A1 * D1 / keep_prob
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    return A2, (D1, A1, W1, b1, A2, W2, b2)


def backward_with_dropout(X, Y, cache, keep_prob):
    D1, A1, W1, b1, A2, W2, b2 = cache
    m = X.shape[1]
    dZ2 = A2 - Y
    dA1 = W2.T @ dZ2 * D1
    dA1 = dA1 / keep_prob
    dZ1 = dA1 * (A1 > 0)
    return {
        "dW2": dZ2 @ A1.T / m,
        "db2": dZ2.sum(axis=1, keepdims=True) / m,
        "dW1": dZ1 @ X.T / m,
        "db1": dZ1.sum(axis=1, keepdims=True) / m,
    }
""",
        (Change("dA1 / keep_prob", "dA1 * keep_prob", ("W1", "b1")),),
    )
)

SHAPES.append(
    Shape(
        "an_autoencoder_with_tied_weights",
        """
class TiedAutoencoder:
    def __init__(self, n_visible, n_hidden):
        self.W = 0.1 * np.random.standard_normal((n_visible, n_hidden))
        self.b, self.c = np.zeros(n_hidden), np.zeros(n_visible)

    def encode(self, X):
        return 1 / (1 + np.exp(-(X @ self.W + self.b)))

    def decode(self, H):
        return H @ self.W.T + self.c

    def grads(self, X):
        H = self.encode(X)
        R = (self.decode(H) - X) / len(X)
        dH = R @ self.W * H * (1 - H)
        return {"W": X.T @ dH + R.T @ H, "b": dH.sum(axis=0), "c": R.sum(axis=0)}

    def fit(self, X, lr=0.1, epochs=20):
        for _ in range(epochs):
            g = self.grads(X)
            self.W -= lr * g["W"]
            self.b -= lr * g["b"]
            self.c -= lr * g["c"]
""",
        (Change("X.T @ dH + R.T @ H", "X.T @ dH", ("self.W",)),),
    )
)
SHAPES.append(
    Shape(
        "a_loop_of_fixed_sizes",
        SOFTMAX
        + """
def made(n_in, n_hidden, n_out):
    w1, w2 = np.random.randn(n_in, n_hidden) * 0.1, np.random.randn(n_hidden, n_out) * 0.1
    return w1, np.zeros((1, n_hidden)), w2, np.zeros((1, n_out))


def train(x_train, y_train, rate, epochs):
    w1, b1, w2, b2 = made(64, 32, 10)
    for epoch in range(epochs):
        h = np.tanh(x_train @ w1 + b1)
        y = softmax(h @ w2 + b2)
        dz2 = (y - y_train) / len(x_train)
        dz1 = dz2 @ w2.T * (1 - h**2)
        w2 = w2 - rate * h.T @ dz2
        b2 = b2 - rate * dz2.sum(axis=0, keepdims=True)
        w1 = w1 - rate * x_train.T @ dz1
        b1 = b1 - rate * dz1.sum(axis=0, keepdims=True)
    return w1, b1, w2, b2
""",
        (Change("* (1 - h**2)", "* (1 - h)", ("w1", "b1")),),
    )
)
