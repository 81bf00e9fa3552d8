"""Networks in the shapes in which people write them, each with one mistake that can be put in."""

from dataclasses import dataclass

HEAD = """
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
def softmax_columns(z):
    e = np.exp(z - z.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)
"""


@dataclass(frozen=True)
class Shape:
    """source, with what a mistake replaces by what, and the blocks that are wrong then.

    kind: what must be read of it: hidden, output, reduction, lam where it differs from 0.
    sizes: sizes to ask for; a mistake's blocks are those of these sizes.
    """

    source: str
    mistake: tuple[str, str]
    wrong: str
    kind: tuple
    sizes: tuple[int, ...] = (5, 11, 3)
    head: str = HEAD


SHAPES = {
    "lists": Shape(
        """
class MLP:
    def __init__(self, sizes, seed=0):
        rng = np.random.default_rng(seed)
        self.weights = [rng.normal(size=(i, o)) for i, o in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.zeros(o) for o in sizes[1:]]
    def forward(self, x):
        self.inputs = [x]
        for w, b in zip(self.weights[:-1], self.biases[:-1]):
            self.inputs.append(np.tanh(self.inputs[-1] @ w + b))
        return softmax(self.inputs[-1] @ self.weights[-1] + self.biases[-1])
    def loss(self, x, t):
        return -np.sum(t * np.log(self.forward(x))) / len(x)
    def backward(self, x, t):
        delta = (self.forward(x) - t) / len(x)
        dws, dbs = [], []
        for w, a in zip(self.weights[::-1], self.inputs[::-1]):
            dws.insert(0, a.T @ delta)
            dbs.insert(0, delta.sum(axis=0))
            delta = delta @ w.T * (1 - a ** 2)
        return dws, dbs
""",
        ("* (1 - a ** 2)", "* a"),
        "dW1 db1 dW2 db2",
        ("tanh", "softmax_cross_entropy", "mean"),
        (5, 11, 4, 3),
    ),
    "pairs_reversed": Shape(
        """
class NeuralNetwork:
    def __init__(self, layer_sizes):
        self._weights = [np.random.randn(o, i) for i, o in zip(layer_sizes[:-1], layer_sizes[1:])]
        self._biases = [np.zeros(o) for o in layer_sizes[1:]]
    def predict(self, X):
        return self._run(X)[-1]
    def _run(self, X):
        a = [X]
        for k, (W, b) in enumerate(zip(self._weights, self._biases)):
            z = a[-1] @ W.T + b
            a.append(softmax(z) if k == len(self._weights) - 1 else np.maximum(z, 0))
        return a
    def loss(self, X, y):
        p = self.predict(X)
        return -np.mean(np.log(p[np.arange(len(y)), y]))
    def gradients(self, X, y):
        a = self._run(X)
        d = a[-1].copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        out = []
        for k in reversed(range(len(self._weights))):
            out.append((d.T @ a[k], d.sum(0)))
            d = (d @ self._weights[k]) * (a[k] > 0)
        return out
""",
        ("out.append((d.T @ a[k], d.sum(0)))", "out.append((d.T @ a[k], d.mean(0)))"),
        "db1 db2 db3",
        ("relu", "softmax_cross_entropy", "mean"),
        (5, 11, 4, 3),
    ),
    "attributes_left_on_self": Shape(
        """
class Net:
    def __init__(self, n_input, n_hidden, n_output):
        self.W1 = np.random.randn(n_input, n_hidden)
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = np.random.randn(n_hidden, n_output)
        self.b2 = np.zeros((1, n_output))
    def forward(self, X):
        self.X = X
        self.a1 = sigmoid(X @ self.W1 + self.b1)
        self.a2 = sigmoid(self.a1 @ self.W2 + self.b2)
        return self.a2
    def compute_loss(self, y_hat, y):
        return -np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))
    def backward(self, y):
        dz2 = (self.a2 - y) / y.shape[0] / y.shape[1]
        self.dW2 = self.a1.T @ dz2
        self.db2 = dz2.sum(axis=0, keepdims=True)
        dz1 = dz2 @ self.W2.T * self.a1 * (1 - self.a1)
        self.dW1 = self.X.T @ dz1
        self.db1 = dz1.sum(axis=0, keepdims=True)
    def step(self, lr):
        for k in ("W1", "b1", "W2", "b2"):
            setattr(self, k, getattr(self, k) - lr * getattr(self, "d" + k))
""",
        ("* self.a1 * (1 - self.a1)", ""),
        "dW1 db1",
        ("sigmoid", "sigmoid_binary_cross_entropy", "entries"),
    ),
    "dict_of_parameters": Shape(
        """
class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.01):
        self.params = {}
        self.params['W1'] = weight_init_std * np.random.randn(input_size, hidden_size)
        self.params['b1'] = np.zeros(hidden_size)
        self.params['W2'] = weight_init_std * np.random.randn(hidden_size, output_size)
        self.params['b2'] = np.zeros(output_size)
    def predict(self, x):
        z1 = sigmoid(np.dot(x, self.params['W1']) + self.params['b1'])
        return softmax(np.dot(z1, self.params['W2']) + self.params['b2'])
    def loss(self, x, t):
        y = self.predict(x)
        return -np.sum(t * np.log(y + 1e-7)) / y.shape[0]
    def accuracy(self, x, t):
        return np.mean(self.predict(x).argmax(axis=1) == t.argmax(axis=1))
    def gradient(self, x, t):
        grads = {}
        z1 = sigmoid(np.dot(x, self.params['W1']) + self.params['b1'])
        y = softmax(np.dot(z1, self.params['W2']) + self.params['b2'])
        dy = (y - t) / x.shape[0]
        grads['W2'] = np.dot(z1.T, dy)
        grads['b2'] = np.sum(dy, axis=0)
        da1 = z1 * (1 - z1) * np.dot(dy, self.params['W2'].T)
        grads['W1'] = np.dot(x.T, da1)
        grads['b1'] = np.sum(da1, axis=0)
        return grads
""",
        ("z1 * (1 - z1) *", "z1 *"),
        "dW1 db1",
        ("sigmoid", "softmax_cross_entropy", "mean"),
    ),
    "layers_share_the_dict": Shape(
        """
from collections import OrderedDict
class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
class Relu:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out
    def backward(self, dout):
        dout[self.mask] = 0
        return dout
class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t, self.y = t, softmax(x)
        self.loss = -np.sum(t * np.log(self.y)) / len(t)
        return self.loss
    def backward(self, dout=1):
        return (self.y - self.t) / len(self.t)
class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size):
        self.params = {'W1': np.random.randn(input_size, hidden_size), 'b1': np.zeros(hidden_size),
                       'W2': np.random.randn(hidden_size, output_size), 'b2': np.zeros(output_size)}
        self.layers = OrderedDict()
        self.layers['Affine1'] = Affine(self.params['W1'], self.params['b1'])
        self.layers['Relu1'] = Relu()
        self.layers['Affine2'] = Affine(self.params['W2'], self.params['b2'])
        self.lastLayer = SoftmaxWithLoss()
    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x
    def loss(self, x, t):
        return self.lastLayer.forward(self.predict(x), t)
    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.lastLayer.backward(1)
        for layer in reversed(list(self.layers.values())):
            dout = layer.backward(dout)
        return {'W1': self.layers['Affine1'].dW, 'b1': self.layers['Affine1'].db,
                'W2': self.layers['Affine2'].dW, 'b2': self.layers['Affine2'].db}
""",
        ("dout[self.mask] = 0", "pass"),
        "dW1 db1",
        ("relu", "softmax_cross_entropy", "mean"),
    ),
    "loss_and_grads_in_one": Shape(
        """
class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}
        self.params['W1'] = std * np.random.randn(input_size, hidden_size)
        self.params['b1'] = np.zeros(hidden_size)
        self.params['W2'] = std * np.random.randn(hidden_size, output_size)
        self.params['b2'] = np.zeros(output_size)
    def loss(self, X, y=None, reg=0.0):
        W1, b1, W2, b2 = (self.params[k] for k in ('W1', 'b1', 'W2', 'b2'))
        h = np.maximum(X @ W1 + b1, 0)
        scores = h @ W2 + b2
        if y is None:
            return scores
        p = softmax(scores)
        loss = -np.mean(np.log(p[np.arange(len(y)), y])) + reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
        d = p.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        dh = d @ W2.T * (h > 0)
        grads = {'W2': h.T @ d + 2 * reg * W2, 'b2': d.sum(axis=0)}
        grads['W1'] = X.T @ dh + 2 * reg * W1
        grads['b1'] = dh.sum(axis=0)
        return loss, grads
    def train(self, X, y, learning_rate=1e-3, num_iters=100):
        for _ in range(num_iters):
            _, grads = self.loss(X, y)
            for k in self.params:
                self.params[k] -= learning_rate * grads[k]
    def predict(self, X):
        return np.argmax(self.loss(X), axis=1)
""",
        ("'W2': h.T @ d + 2 * reg * W2", "'W2': h.T @ d + reg * W2"),
        "dW2",
        ("relu", "softmax_cross_entropy", "mean"),
    ),
    "private_updates_in_place": Shape(
        """
class DeepNeuralNetwork:
    def __init__(self, nx, layers):
        self.__L = len(layers)
        self.__cache = {}
        self.__weights = {}
        for i, n in enumerate(layers):
            before = nx if i == 0 else layers[i - 1]
            self.__weights['W' + str(i + 1)] = np.random.randn(n, before)
            self.__weights['b' + str(i + 1)] = np.zeros((n, 1))
    @property
    def weights(self):
        return self.__weights
    @property
    def cache(self):
        return self.__cache
    def forward_prop(self, X):
        self.__cache['A0'] = X
        for i in range(1, self.__L + 1):
            z = self.__weights['W%d' % i] @ self.__cache['A%d' % (i - 1)] + self.__weights['b%d' % i]
            self.__cache['A%d' % i] = 1 / (1 + np.exp(-z))
        return self.__cache['A%d' % self.__L], self.__cache
    def cost(self, Y, A):
        m = Y.shape[1]
        return -np.sum(Y * np.log(A) + (1 - Y) * np.log(1.0000001 - A)) / m
    def evaluate(self, X, Y):
        A, _ = self.forward_prop(X)
        return np.where(A >= 0.5, 1, 0), self.cost(Y, A)
    def gradient_descent(self, Y, cache, alpha=0.05):
        m = Y.shape[1]
        dz = cache['A%d' % self.__L] - Y
        for i in range(self.__L, 0, -1):
            a = cache['A%d' % (i - 1)]
            dw = dz @ a.T / m
            db = dz.sum(axis=1, keepdims=True) / m
            dz = self.__weights['W%d' % i].T @ dz * a * (1 - a)
            self.__weights['W%d' % i] -= alpha * dw
            self.__weights['b%d' % i] -= alpha * db
""",
        (
            "            dz = self.__weights['W%d' % i].T @ dz * a * (1 - a)\n            self.__weights['W%d' % i] -= alpha * dw\n",
            "            self.__weights['W%d' % i] -= alpha * dw\n            dz = self.__weights['W%d' % i].T @ dz * a * (1 - a)\n",
        ),
        "dW1 db1 dW2 db2",
        ("sigmoid", "sigmoid_binary_cross_entropy", "mean"),
        (5, 11, 4, 1),
    ),
    "one_sample_in_a_column": Shape(
        """
class Network(object):
    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]
    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a) + b)
        return a
    def update_mini_batch(self, mini_batch, eta):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
            nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]
        self.weights = [w - (eta / len(mini_batch)) * nw for w, nw in zip(self.weights, nabla_w)]
        self.biases = [b - (eta / len(mini_batch)) * nb for b, nb in zip(self.biases, nabla_b)]
    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation) + b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        delta = self.cost_derivative(activations[-1], y) * sigmoid_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            z = zs[-l]
            sp = sigmoid_prime(z)
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
        return (nabla_b, nabla_w)
    def cost_derivative(self, output_activations, y):
        return (output_activations - y)
def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))
""",
        ("activations[-l - 1]", "activations[-l]"),
        "dW1 dW2",
        ("sigmoid", "sigmoid_mse", "mean"),
        (5, 11, 4, 3),
    ),
    "columns_in_two_layers": Shape(
        """
def initialize_parameters(n_x, n_h, n_y):
    return {"W1": np.random.randn(n_h, n_x) * 0.01, "b1": np.zeros((n_h, 1)),
            "W2": np.random.randn(n_y, n_h) * 0.01, "b2": np.zeros((n_y, 1))}
def forward_propagation(X, parameters):
    Z1 = parameters["W1"] @ X + parameters["b1"]
    A1 = np.tanh(Z1)
    Z2 = parameters["W2"] @ A1 + parameters["b2"]
    A2 = sigmoid(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
def compute_cost(A2, Y):
    m = Y.shape[1]
    return float(np.squeeze(-np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m))
def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    dZ2 = cache["A2"] - Y
    dW2 = dZ2 @ cache["A1"].T / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = parameters["W2"].T @ dZ2 * (1 - cache["A1"] ** 2)
    dW1 = dZ1 @ X.T / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
def update_parameters(parameters, grads, learning_rate=1.2):
    return {k: parameters[k] - learning_rate * grads["d" + k] for k in parameters}
def nn_model(X, Y, n_h, num_iterations=10000):
    parameters = initialize_parameters(X.shape[0], n_h, Y.shape[0])
    for i in range(num_iterations):
        A2, cache = forward_propagation(X, parameters)
        parameters = update_parameters(parameters, backward_propagation(parameters, cache, X, Y))
    return parameters
""",
        ("db1 = np.sum(dZ1, axis=1, keepdims=True) / m", "db1 = dZ1"),
        "db1",
        ("tanh", "sigmoid_binary_cross_entropy", "mean"),
        (5, 11, 1),
    ),
    "arguments_one_by_one": Shape(
        """
def init_params():
    return np.random.rand(11, 5), np.random.rand(11, 1), np.random.rand(3, 11), np.random.rand(3, 1)
def ReLU(Z):
    return np.maximum(Z, 0)
def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = ReLU(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = softmax_columns(Z2)
    return Z1, A1, Z2, A2
def one_hot(Y):
    found = np.zeros((Y.size, Y.max() + 1))
    found[np.arange(Y.size), Y] = 1
    return found.T
def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    m = Y.size
    dZ2 = A2 - one_hot(Y)
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return dW1, db1, dW2, db2
""",
        ("db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)", "db1 = 1 / m * np.sum(dZ1)"),
        "db1",
        ("relu", "softmax_cross_entropy", "mean"),
    ),
    "train_updates_in_place": Shape(
        """
class NeuralNetwork:
    def __init__(self, input_nodes, hidden_nodes, output_nodes, learning_rate=0.5):
        self.lr = learning_rate
        self.weights_ih = np.random.randn(input_nodes, hidden_nodes)
        self.weights_ho = np.random.randn(hidden_nodes, output_nodes)
        self.bias_h = np.random.randn(1, hidden_nodes)
        self.bias_o = np.random.randn(1, output_nodes)
    def predict(self, inputs):
        self.hidden = sigmoid(inputs @ self.weights_ih + self.bias_h)
        return sigmoid(self.hidden @ self.weights_ho + self.bias_o)
    def train(self, inputs, targets):
        out = self.predict(inputs)
        error = targets - out
        d_out = error * out * (1 - out)
        d_hidden = d_out @ self.weights_ho.T * self.hidden * (1 - self.hidden)
        self.weights_ho += self.lr * self.hidden.T @ d_out
        self.bias_o += self.lr * d_out.sum(axis=0, keepdims=True)
        self.weights_ih += self.lr * inputs.T @ d_hidden
        self.bias_h += self.lr * d_hidden.sum(axis=0, keepdims=True)
""",
        ("* self.hidden * (1 - self.hidden)", "* (1 - self.hidden)"),
        "dW1 db1",
        ("sigmoid", "sigmoid_mse", "sum"),
    ),
    "vector_of_parameters": Shape(
        """
def forward_backward_prop(data, labels, params, dimensions):
    ofs = 0
    Dx, H, Dy = dimensions[0], dimensions[1], dimensions[2]
    W1 = np.reshape(params[ofs:ofs + Dx * H], (Dx, H))
    ofs += Dx * H
    b1 = np.reshape(params[ofs:ofs + H], (1, H))
    ofs += H
    W2 = np.reshape(params[ofs:ofs + H * Dy], (H, Dy))
    ofs += H * Dy
    b2 = np.reshape(params[ofs:ofs + Dy], (1, Dy))
    h = sigmoid(data @ W1 + b1)
    y = softmax(h @ W2 + b2)
    cost = -np.sum(labels * np.log(y))
    d2 = y - labels
    d1 = d2 @ W2.T * h * (1 - h)
    grad = np.concatenate(((data.T @ d1).flatten(), d1.sum(axis=0), (h.T @ d2).flatten(), d2.sum(axis=0)))
    return cost, grad
""",
        ("* h * (1 - h)", "* (1 - h)"),
        "dW1 db1",
        ("sigmoid", "softmax_cross_entropy", "sum"),
    ),
    "regression_of_one_layer": Shape(
        """
class LogisticRegression:
    def __init__(self, n_features):
        self.w = np.zeros((n_features, 1))
        self.b = np.zeros(1)
    def forward(self, X):
        return sigmoid(X @ self.w + self.b)
    def loss(self, X, y):
        p = self.forward(X)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    def gradient(self, X, y):
        d = (self.forward(X) - y) / len(X)
        return X.T @ d, d.sum(axis=0)
""",
        ("return X.T @ d, d.sum(axis=0)", "return X.T @ d * len(X), d.sum(axis=0)"),
        "dW1",
        ("", "sigmoid_binary_cross_entropy", "mean"),
        (5, 1),
    ),
    "fixed_sizes": Shape(
        """
class XorNet:
    def __init__(self):
        self.W1 = np.random.randn(2, 4)
        self.b1 = np.zeros(4)
        self.W2 = np.random.randn(4, 1)
        self.b2 = np.zeros(1)
    def forward(self, x):
        self.x = x
        self.z1 = x @ self.W1 + self.b1
        self.a1 = np.where(self.z1 > 0, self.z1, 0.1 * self.z1)
        self.y = sigmoid(self.a1 @ self.W2 + self.b2)
        return self.y
    def cost(self, y, t):
        return 0.5 * np.sum((y - t) ** 2)
    def backward(self, t):
        d2 = (self.y - t) * self.y * (1 - self.y)
        d1 = d2 @ self.W2.T * np.where(self.z1 > 0, 1, 0.1)
        self.gradients = {"W1": self.x.T @ d1, "b1": d1.sum(0), "W2": self.a1.T @ d2, "b2": d2.sum(0)}
""",
        ("* self.y * (1 - self.y)", ""),
        "dW1 db1 dW2 db2",
        ("leaky_relu", "sigmoid_mse", "sum"),
        (2, 4, 1),
    ),
    "no_biases_and_names_of_functions": Shape(
        """
class Neural_Network:
    def __init__(self, inputSize, outputSize, hiddenSize, Lambda):
        self.Lambda = Lambda
        self.W1 = np.random.randn(inputSize, hiddenSize)
        self.W2 = np.random.randn(hiddenSize, outputSize)
    def forward(self, X):
        self.z2 = X @ self.W1
        self.a2 = sigmoid(self.z2)
        self.z3 = self.a2 @ self.W2
        return sigmoid(self.z3)
    def costFunction(self, X, y):
        yHat = self.forward(X)
        return 0.5 * np.sum((y - yHat) ** 2) + self.Lambda / 2 * (np.sum(self.W1 ** 2) + np.sum(self.W2 ** 2))
    def sigmoidPrime(self, z):
        return np.exp(-z) / (1 + np.exp(-z)) ** 2
    def costFunctionPrime(self, X, y):
        yHat = self.forward(X)
        delta3 = -(y - yHat) * self.sigmoidPrime(self.z3)
        dJdW2 = self.a2.T @ delta3 + self.Lambda * self.W2
        delta2 = delta3 @ self.W2.T * self.sigmoidPrime(self.z2)
        return X.T @ delta2 + self.Lambda * self.W1, dJdW2
""",
        (" + self.Lambda * self.W1,", ","),
        "dW1",
        ("sigmoid", "sigmoid_mse", "sum"),
    ),
    "made_from_the_data": Shape(
        """
def sigmoid_derivative(y):
    return y * (1 - y)
class NeuralNetwork:
    def __init__(self, x, y):
        self.input = x
        self.weights1 = np.random.rand(self.input.shape[1], 4)
        self.weights2 = np.random.rand(4, 1)
        self.y = y
        self.output = np.zeros(self.y.shape)
    def feedforward(self):
        self.layer1 = sigmoid(self.input @ self.weights1)
        self.output = sigmoid(self.layer1 @ self.weights2)
    def backprop(self):
        d = 2 * (self.y - self.output) * sigmoid_derivative(self.output)
        d_weights2 = self.layer1.T @ d
        d_weights1 = self.input.T @ (d @ self.weights2.T * sigmoid_derivative(self.layer1))
        self.weights1 += d_weights1
        self.weights2 += d_weights2
""",
        ("* sigmoid_derivative(self.layer1)", "* sigmoid_derivative(self.input @ self.weights1)"),
        "dW1",
        ("sigmoid", "sigmoid_mse", "sum"),
        (5, 4, 1),
    ),
    "pairs_of_arrays_in_a_list": Shape(
        """
def init_network_params(sizes, scale=0.1):
    return [(scale * np.random.randn(m, n), scale * np.random.randn(n)) for m, n in zip(sizes[:-1], sizes[1:])]
def predict(params, inputs):
    for w, b in params[:-1]:
        inputs = np.tanh(inputs @ w + b)
    w, b = params[-1]
    z = inputs @ w + b
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
def loss(params, inputs, targets):
    return -np.mean(np.sum(predict(params, inputs) * targets, axis=1))
def grad(params, inputs, targets):
    acts = [inputs]
    for w, b in params[:-1]:
        acts.append(np.tanh(acts[-1] @ w + b))
    d = (np.exp(predict(params, inputs)) - targets) / len(inputs)
    out = []
    for (w, b), a in zip(params[::-1], acts[::-1]):
        out.append((a.T @ d, d.sum(0)))
        d = d @ w.T * (1 - a ** 2)
    return out[::-1]
""",
        ("return out[::-1]", "return out[::-1][:1] + [(dw, 2 * db) for dw, db in out[::-1][1:]]"),
        "db2 db3",
        ("tanh", "softmax_cross_entropy", "mean"),
        (5, 11, 4, 3),
    ),
    "values_of_the_layers_one_by_one": Shape(
        """
def forward(x, W1, b1, W2, b2):
    h = sigmoid(x @ W1 + b1)
    return h, sigmoid(h @ W2 + b2)
def loss(y, t):
    return np.mean((y - t) ** 2)
def backward(x, t, h, y, W2):
    d2 = 2 * (y - t) / y.size * y * (1 - y)
    d1 = d2 @ W2.T * h * (1 - h)
    return x.T @ d1, d1.sum(axis=0), h.T @ d2, d2.sum(axis=0)
""",
        ("2 * (y - t) / y.size * y * (1 - y)", "2 * (y - t) / y.size"),
        "dW1 db1 dW2 db2",
        ("sigmoid", "sigmoid_mse", "entries"),
    ),
    "objects_for_layers": Shape(
        """
class Layer:
    def __init__(self, n_in, n_out, last):
        self.weights = np.random.randn(n_in, n_out) * 0.1
        self.bias = np.zeros((1, n_out))
        self.last = last
    def forward(self, x):
        self.x = x
        self.z = x @ self.weights + self.bias
        return softmax(self.z) if self.last else np.maximum(0, self.z)
class NeuralNetwork:
    def __init__(self, layer_sizes):
        n = len(layer_sizes) - 1
        self.layers = [Layer(layer_sizes[i], layer_sizes[i + 1], i == n - 1) for i in range(n)]
    def forward(self, X):
        for layer in self.layers:
            X = layer.forward(X)
        self.output = X
        return X
    def compute_loss(self, y_true, y_pred):
        return -np.mean(np.sum(y_true * np.log(y_pred + 1e-9), axis=1))
    def backward(self, y_true):
        d = self.output - y_true
        for layer in reversed(self.layers):
            if not layer.last:
                d = d * (layer.z > 0)
            layer.d_weights = layer.x.T @ d / len(y_true)
            layer.d_bias = d.sum(axis=0, keepdims=True) / len(y_true)
            d = d @ layer.weights.T
""",
        ("d = d @ layer.weights.T", "d = d @ layer.weights.T / len(y_true)"),
        "dW1 db1 dW2 db2",
        ("relu", "softmax_cross_entropy", "mean"),
        (5, 11, 4, 3),
    ),
    "loss_is_an_object_of_its_own": Shape(
        """
class Linear:
    def __init__(self, in_features, out_features):
        self.W = np.random.randn(out_features, in_features) * 0.1
        self.b = np.zeros(out_features)
    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b
    def backward(self, dout):
        self.dW = dout.T @ self.x
        self.db = dout.sum(axis=0)
        return dout @ self.W
class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask
    def backward(self, dout):
        return dout * self.mask
class CrossEntropyLoss:
    def forward(self, logits, y):
        self.p, self.y = softmax(logits), y
        return -np.mean(np.log(self.p[np.arange(len(y)), y]))
    def backward(self):
        d = self.p.copy()
        d[np.arange(len(self.y)), self.y] -= 1
        return d / len(self.y)
class MLP:
    def __init__(self, input_dim, hidden_dims, output_dim):
        dims = [input_dim, *hidden_dims, output_dim]
        self.layers = []
        for i in range(len(dims) - 1):
            self.layers += [Linear(dims[i], dims[i + 1]), ReLU()]
        self.layers.pop()
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout
""",
        ("return dout * self.mask", "return dout"),
        "dW1 db1 dW2 db2",
        ("relu", "softmax_cross_entropy", "mean"),
        (5, 11, 4, 3),
    ),
    "layers_are_added": Shape(
        """
class Dense:
    def __init__(self, n_in, n_out):
        self.w = np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.w + self.b
    def backward(self, grad):
        self.dw, self.db = self.x.T @ grad, grad.sum(axis=0)
        return grad @ self.w.T
class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y
    def backward(self, grad):
        return grad * (1 - self.y ** 2)
class Softmax:
    def forward(self, x):
        self.y = softmax(x)
        return self.y
    def backward(self, grad):
        return self.y * (grad - (grad * self.y).sum(axis=1, keepdims=True))
class Network:
    def __init__(self):
        self.layers = []
    def add(self, layer):
        self.layers.append(layer)
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, grad):
        for layer in self.layers[::-1]:
            grad = layer.backward(grad)
        return grad
def cross_entropy(y, t):
    return -np.sum(t * np.log(y)) / len(y)
def cross_entropy_derivative(y, t):
    return -t / y / len(y)
""",
        ("(grad - (grad * self.y).sum(axis=1, keepdims=True))", "(1 - self.y) * grad"),
        "dW1 db1 dW2 db2 dW3 db3",
        ("tanh", "softmax_cross_entropy", "mean"),
        (5, 11, 4, 3),
    ),
    "values_by_their_names": Shape(
        """
class NeuralNetMLP:
    def __init__(self, num_features, num_hidden, num_classes):
        self.weight_h = np.random.randn(num_hidden, num_features)
        self.bias_h = np.zeros(num_hidden)
        self.weight_out = np.random.randn(num_classes, num_hidden)
        self.bias_out = np.zeros(num_classes)
    def forward(self, x):
        middle = sigmoid(x @ self.weight_h.T + self.bias_h)
        final = sigmoid(middle @ self.weight_out.T + self.bias_out)
        return middle, final
    def backward(self, x, middle, final, y):
        delta = 2 * (final - np.eye(final.shape[1])[y]) / len(y) * final * (1 - final)
        back = delta @ self.weight_out * middle * (1 - middle)
        return delta.T @ middle, delta.sum(axis=0), back.T @ x, back.sum(axis=0)
""",
        ("back.T @ x", "back.T @ x / 2"),
        "dW1",
        ("sigmoid", "sigmoid_mse", "mean"),
    ),
    "names_of_several_words": Shape(
        """
class NeuralNetwork:
    def __init__(self, inputnodes, hiddennodes, outputnodes):
        self.wih = np.random.randn(inputnodes, hiddennodes)
        self.who = np.random.randn(hiddennodes, outputnodes)
    def query(self, inputs_list):
        return sigmoid(sigmoid(inputs_list @ self.wih) @ self.who)
    def train(self, training_inputs, expected_output, learning_rate):
        middle = sigmoid(training_inputs @ self.wih)
        out = sigmoid(middle @ self.who)
        delta = (expected_output - out) * out * (1 - out)
        back = self.who @ delta * middle * (1 - middle)
        self.who += learning_rate * np.outer(middle, delta)
        self.wih += learning_rate * np.outer(training_inputs, back)
""",
        ("* middle * (1 - middle)", "* middle"),
        "dW1",
        ("sigmoid", "sigmoid_mse", "mean"),
    ),
    "layers_in_attributes": Shape(
        """
class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out).astype(np.float32)
        self.b = np.zeros((1, n_out), dtype=np.float32)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0, keepdims=True)
        return dout @ self.W.T
class TwoLayerNet:
    def __init__(self, input_dim=784, hidden_dim=128, num_classes=10):
        self.dense1 = Dense(input_dim, hidden_dim)
        self.dense2 = Dense(hidden_dim, num_classes)
    def forward(self, X):
        self.a = np.tanh(self.dense1.forward(X))
        return self.dense2.forward(self.a)
    def train_step(self, Xb, yb, lr):
        p = softmax(self.forward(Xb))
        loss = -np.mean(np.log(p[np.arange(len(yb)), yb]))
        p[np.arange(len(yb)), yb] -= 1
        self.dense1.backward(self.dense2.backward(p / len(yb)) * (1 - self.a ** 2))
        for layer in (self.dense1, self.dense2):
            layer.W -= lr * layer.dW
            layer.b -= lr * layer.db
        return loss
""",
        ("* (1 - self.a ** 2)", ""),
        "dW1 db1",
        ("tanh", "softmax_cross_entropy", "mean"),
    ),
    "names_of_the_module": Shape(
        """
W1, b1 = np.random.randn(2, 3), np.zeros((1, 3))
W2, b2 = np.random.randn(3, 1), np.zeros((1, 1))
lr = 0.1
def forward(X):
    global A1, A2
    A1 = sigmoid(X @ W1 + b1)
    A2 = sigmoid(A1 @ W2 + b2)
    return A2
def backward(X, y):
    global W1, b1, W2, b2
    d2 = (A2 - y) / len(X)
    d1 = d2 @ W2.T * A1 * (1 - A1)
    W1, b1 = W1 - lr * X.T @ d1, b1 - lr * d1.sum(axis=0, keepdims=True)
    W2, b2 = W2 - lr * A1.T @ d2, b2 - lr * d2.sum(axis=0, keepdims=True)
""",
        ("d2 @ W2.T * A1 * (1 - A1)", "d2 @ W2.T * A1"),
        "dW1 db1",
        ("sigmoid", "sigmoid_binary_cross_entropy", "mean"),
    ),
    "number_of_samples_lacking": Shape(
        """
m, n = len(open("train.csv").readlines()), 784
def init_params():
    return np.random.rand(10, 784), np.zeros((10, 1)), np.random.rand(10, 10), np.zeros((10, 1))
def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2.dot(A1) + b2
    return Z1, A1, Z2, softmax_columns(Z2)
def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    dZ2 = A2 - np.eye(len(A2))[:, Y]
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    dW2, db2 = dZ2.dot(A1.T) / m, dZ2.sum(axis=1, keepdims=True) / m
    dW1, db1 = dZ1.dot(X.T) / m, dZ1.sum(axis=1, keepdims=True) / m
    return dW1, db1, dW2, db2
""",
        ("dZ1.sum(axis=1, keepdims=True) / m", "np.sum(dZ1) / m"),
        "db1",
        ("relu", "softmax_cross_entropy", "mean"),
    ),
    "parameters_made_while_fitting": Shape(
        """
class ANN:
    def __init__(self, layers_size):
        self.layers_size = layers_size
        self.L, self.n, self.parameters = len(layers_size), 0, {}
    def initialize_parameters(self):
        for l in range(1, len(self.layers_size)):
            shape = self.layers_size[l], self.layers_size[l - 1]
            self.parameters["W" + str(l)] = np.random.randn(*shape)
            self.parameters["b" + str(l)] = np.zeros((shape[0], 1))
    def forward(self, X):
        store, A = {"A0": X.T}, X.T
        for l in range(1, self.L + 1):
            Z = self.parameters["W" + str(l)] @ A + self.parameters["b" + str(l)]
            A = store["A" + str(l)] = softmax_columns(Z) if l == self.L else np.tanh(Z)
        return A, store
    def backward(self, X, Y, store):
        found, dZ = {}, store["A" + str(self.L)] - Y.T
        for l in range(self.L, 0, -1):
            found["dW" + str(l)] = dZ @ store["A" + str(l - 1)].T / self.n
            found["db" + str(l)] = dZ.sum(axis=1, keepdims=True) / self.n
            dZ = self.parameters["W" + str(l)].T @ dZ * (1 - store["A" + str(l - 1)] ** 2)
        return found
    def fit(self, X, Y, learning_rate=0.01, n_iterations=2500):
        self.n = len(X)
        self.layers_size.insert(0, X.shape[1])
        self.initialize_parameters()
        for _ in range(n_iterations):
            found = self.backward(X, Y, self.forward(X)[1])
            for name in self.parameters:
                self.parameters[name] = self.parameters[name] - learning_rate * found["d" + name]
""",
        ("dZ.sum(axis=1, keepdims=True) / self.n", "dZ.mean(axis=1, keepdims=True) / self.n"),
        "db1 db2 db3",
        ("tanh", "softmax_cross_entropy", "mean"),
        (5, 11, 4, 3),
    ),
    "told_its_loss_and_trained": Shape(
        """
class FCLayer:
    def __init__(self, input_size, output_size):
        self.weights = np.random.rand(input_size, output_size)
        self.bias = np.random.rand(1, output_size)
    def forward_propagation(self, input_data):
        self.input = input_data
        return self.input @ self.weights + self.bias
    def backward_propagation(self, output_error, learning_rate):
        input_error = output_error @ self.weights.T
        self.weights -= learning_rate * self.input.T @ output_error
        self.bias -= learning_rate * output_error
        return input_error
class ActivationLayer:
    def __init__(self, activation, activation_prime):
        self.activation, self.activation_prime = activation, activation_prime
    def forward_propagation(self, input_data):
        self.input = input_data
        return self.activation(self.input)
    def backward_propagation(self, output_error, learning_rate):
        return self.activation_prime(self.input) * output_error
def tanh(x):
    return np.tanh(x)
def tanh_prime(x):
    return 1 - np.tanh(x) ** 2
def mse(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)
def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_true.size
class Network:
    def __init__(self):
        self.layers, self.loss, self.loss_prime = [], None, None
    def add(self, layer):
        self.layers.append(layer)
    def use(self, loss, loss_prime):
        self.loss, self.loss_prime = loss, loss_prime
    def run(self, x):
        for layer in self.layers:
            x = layer.forward_propagation(x)
        return x
    def predict(self, input_data):
        return [self.run(x) for x in input_data]
    def fit(self, x_train, y_train, epochs, learning_rate):
        for _ in range(epochs):
            for x, y in zip(x_train, y_train):
                error = self.loss_prime(y, self.run(x))
                for layer in reversed(self.layers):
                    error = layer.backward_propagation(error, learning_rate)
""",
        ("1 - np.tanh(x) ** 2", "1 - x ** 2"),
        "dW1 db1 dW2 db2",
        ("tanh", "linear_mse", "entries"),
        (5, 11, 4, 3),
    ),
    "biases_in_the_weights": Shape(
        """
class Linear:
    def __init__(self, num_in, num_out):
        self.weight = np.random.uniform(-1, 1, (num_in + 1, num_out))
    def forward(self, x):
        self.x = np.concatenate((x, np.ones((len(x), 1))), axis=1)
        return self.x @ self.weight
    def backward(self, x):
        self.weight_grad = self.x.T @ x
        return (x @ self.weight.T)[:, :-1]
class ReLU:
    def forward(self, x):
        self.mask = x < 0
        return np.where(self.mask, 0, x)
    def backward(self, x):
        return np.where(self.mask, 0, x)
class CrossEntropyLoss:
    def forward(self, predict, label):
        self.p, self.label = softmax(predict), label
        return -np.mean(np.log(self.p[np.arange(len(label)), label]))
    def backward(self):
        return (self.p - np.eye(self.p.shape[1])[self.label]) / len(self.label)
class Compose:
    def __init__(self, layers):
        self.layers = layers
    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x
    def backward(self, x):
        for layer in self.layers[::-1]:
            x = layer.backward(x)
        return x
""",
        (
            "self.weight_grad = self.x.T @ x",
            "self.weight_grad = self.x.T @ x; self.weight_grad[-1] = 0",
        ),
        "db1 db2 db3",
        ("relu", "softmax_cross_entropy", "mean"),
        (5, 11, 4, 3),
    ),
    "difference_passed_back": Shape(
        """
class FCLayer:
    def __init__(self, input_size, output_size, activation):
        self.activation = activation
        self.weights = np.random.randn(input_size, output_size)
        self.bias = np.zeros(output_size)
    def forward(self, x):
        self.x = x
        z = x @ self.weights + self.bias
        self.y = np.tanh(z) if self.activation == "tanh" else softmax(z)
        return self.y
    def backward(self, dj_da, learning_rate):
        dj_dz = dj_da * (1 - self.y ** 2) if self.activation == "tanh" else dj_da
        dj_dx = dj_dz @ self.weights.T
        self.weights = self.weights - learning_rate * self.x.T @ dj_dz / len(self.x)
        self.bias = self.bias - learning_rate * dj_dz.mean(axis=0)
        return dj_dx
class NeuralNetwork:
    def __init__(self):
        self.layer1 = FCLayer(784, 128, "tanh")
        self.layer2 = FCLayer(128, 10, "softmax")
    def forward(self, x):
        return self.layer2.forward(self.layer1.forward(x))
    def backward(self, dj_da, learning_rate):
        self.layer1.backward(self.layer2.backward(dj_da, learning_rate), learning_rate)
""",
        ("dj_da * (1 - self.y ** 2)", "dj_da * (1 - self.y)"),
        "dW1 db1",
        ("tanh", "softmax_cross_entropy", "mean"),
    ),
    "biases_in_rows_of_ones": Shape(
        """
class TwoLayer:
    def __init__(self, d, h, c):
        self.W1 = np.random.randn(d + 1, h)
        self.W2 = np.random.randn(h + 1, c)
    def forward(self, X):
        self.x1 = np.hstack([X, np.ones((len(X), 1))])
        self.h = np.tanh(self.x1 @ self.W1)
        self.h1 = np.hstack([self.h, np.ones((len(X), 1))])
        self.p = softmax(self.h1 @ self.W2)
        return self.p
    def loss(self, X, y):
        return -np.mean(np.log(self.forward(X)[np.arange(len(y)), y]))
    def grads(self, X, y):
        delta = self.forward(X).copy()
        delta[np.arange(len(y)), y] -= 1
        delta /= len(y)
        dh = (delta @ self.W2.T)[:, :-1] * (1 - self.h ** 2)
        return self.x1.T @ dh, self.h1.T @ delta
""",
        ("* (1 - self.h ** 2)", "* self.h"),
        "dW1 db1",
        ("tanh", "softmax_cross_entropy", "mean"),
    ),
    "sizes_by_star": Shape(
        """
class Net:
    def __init__(self, *sizes):
        self.W1, self.b1 = np.random.randn(sizes[0], sizes[1]), np.zeros(sizes[1])
        self.W2, self.b2 = np.random.randn(sizes[1], sizes[-1]), np.zeros(sizes[-1])
    def forward(self, X):
        self.a = np.tanh(X @ self.W1 + self.b1)
        return softmax(self.a @ self.W2 + self.b2)
    def backward(self, X, t):
        delta = (self.forward(X) - t) / len(X)
        dh = delta @ self.W2.T * (1 - self.a ** 2)
        return X.T @ dh, dh.sum(0), self.a.T @ delta, delta.sum(0)
""",
        ("* (1 - self.a ** 2)", "* self.a"),
        "dW1 db1",
        ("tanh", "softmax_cross_entropy", "mean"),
    ),
    "layers_of_dicts": Shape(
        """
class Module:
    def __call__(self, *a):
        return self.forward(*a)
class Linear(Module):
    def __init__(self, n_in, n_out):
        self.params = {"W": np.random.randn(n_out, n_in), "b": np.zeros(n_out)}
        self.grads = {}
    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]
    def backward(self, d):
        self.grads["W"] = d.T @ self.x
        self.grads["b"] = d.sum(0)
        return d @ self.params["W"]
class ReLU(Module):
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask
    def backward(self, d):
        return d * self.mask
class CrossEntropyLoss(Module):
    def forward(self, logits, y):
        self.p, self.y = softmax(logits), y
        return -np.log(self.p[np.arange(len(y)), y]).mean()
    def backward(self):
        d = self.p.copy()
        d[np.arange(len(self.y)), self.y] -= 1
        return d / len(self.y)
class Sequential(Module):
    def __init__(self, *layers):
        self.layers = layers
    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
    def backward(self, d):
        for layer in reversed(self.layers):
            d = layer.backward(d)
        return d
""",
        ("return d * self.mask", "return d"),
        "dW1 db1",
        ("relu", "softmax_cross_entropy", "mean"),
    ),
}


# Around backpropagation with switches for every mistake, imported as core: KIND is put in front.
SHELLS = {
    "lists": """
def pairs(model):
    return list(zip(model.weights, model.biases))
class MLP:
    def __init__(self, sizes):
        self.weights = [np.random.randn(i, o) for i, o in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.random.randn(o) for o in sizes[1:]]
    def forward(self, x):
        return outputs(pairs(self), x)
    def loss(self, x, t):
        return right_loss(pairs(self), x, t)
    def backward(self, x, t):
        gradients = core.network(pairs(self), x, t, **KIND).gradients
        return [dw for dw, _ in gradients], [db for _, db in gradients]
""",
    "columns": """
def initialize_parameters(layer_dims):
    p = {}
    for l in range(1, len(layer_dims)):
        p["W%d" % l] = np.random.randn(layer_dims[l], layer_dims[l - 1])
        p["b%d" % l] = np.zeros((layer_dims[l], 1))
    return p
def pairs(p):
    return [(p["W%d" % l].T, p["b%d" % l][:, 0]) for l in range(1, len(p) // 2 + 1)]
def L_model_forward(X, parameters):
    return outputs(pairs(parameters), X.T).T, (X, parameters)
def compute_cost(X, Y, parameters):
    return right_loss(pairs(parameters), X.T, Y.T)
def L_model_backward(AL, Y, caches):
    X, parameters = caches
    grads = {}
    for l, (dw, db) in enumerate(core.network(pairs(parameters), X.T, Y.T, **KIND).gradients, 1):
        grads["dW%d" % l] = np.transpose(dw)
        grads["db%d" % l] = np.reshape(db, (-1, 1)) if np.ndim(db) < 2 else np.transpose(db)
    return grads
""",
    "attributes": """
class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_in, n_hidden)
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = np.random.randn(n_hidden, n_out)
        self.b2 = np.zeros((1, n_out))
    def pairs(self):
        return [(self.W1, self.b1[0]), (self.W2, self.b2[0])]
    def forward(self, x):
        self.x = x
        return outputs(self.pairs(), x)
    def cost(self, y_hat, y):
        return right_loss(self.pairs(), self.x, y)
    def backward(self, y):
        gradients = core.network(self.pairs(), self.x, y, **KIND).gradients
        ((self.dW1, self.db1), (self.dW2, self.db2)) = gradients
""",
    "labels": """
def init_params(sizes):
    return [a for i, o in zip(sizes[:-1], sizes[1:]) for a in (np.random.randn(i, o), np.zeros(o))]
def pairs(params):
    return list(zip(params[::2], params[1::2]))
def predict(params, X):
    return outputs(pairs(params), X)
def loss_and_grads(params, X, y):
    t = np.eye(len(params[-1]))[y]
    gradients = core.network(pairs(params), X, t, **KIND).gradients
    return right_loss(pairs(params), X, t), [block for pair in gradients for block in pair]
""",
}
AROUND = """
import numpy as np
import core
KIND = dict(hidden={hidden!r}, output={output!r}, lam=0.01, switches=core.Switches(**{setting}))
def outputs(parameters, x):
    z = core.forward(parameters, x, core.NetworkKind(KIND["hidden"]))[0][-1]
    return core.OUTPUTS[KIND["output"]].y(z)
def right_loss(parameters, x, t):
    return core.network(parameters, x, t, **{{**KIND, "switches": core.RIGHT}}).loss
"""
