"""Right programs in ten styles that nothing was written for, for benchmarks of what finds mistakes in them."""

COURSE = """
import numpy as np


def sigmoid(Z):
    A = 1 / (1 + np.exp(-Z))
    return A


def initialize_parameters(n_x, n_h, n_y):
    W1 = np.random.randn(n_h, n_x) * 0.5
    b1 = np.zeros((n_h, 1))
    W2 = np.random.randn(n_y, n_h) * 0.5
    b2 = np.zeros((n_y, 1))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def forward_propagation(X, parameters):
    W1, b1 = parameters["W1"], parameters["b1"]
    W2, b2 = parameters["W2"], parameters["b2"]
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache


def compute_cost(A2, Y):
    m = Y.shape[1]
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
    return -np.sum(logprobs) / m


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W2 = parameters["W2"]
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.multiply(np.dot(W2.T, dZ2), 1 - np.power(A1, 2))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
"""

EINSUM = """
import numpy as np


class EinsumNet:
    def __init__(self, n_in, n_hidden, n_out, seed=1):
        rng = np.random.default_rng(seed)
        self.W1 = rng.standard_normal((n_in, n_hidden))
        self.b1 = np.zeros(n_hidden)
        self.W2 = rng.standard_normal((n_hidden, n_out))
        self.b2 = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        self.pre = np.einsum("ni,ih->nh", x, self.W1) + self.b1
        self.post = np.where(self.pre > 0, self.pre, 0.0)
        self.out = np.einsum("nh,ho->no", self.post, self.W2) + self.b2
        return self.out

    def loss(self, x, t):
        return 0.5 * np.mean(np.sum((self.forward(x) - t) ** 2, axis=1))

    def gradients(self, x, t):
        out = self.forward(x)
        n = x.shape[0]
        g = (out - t) / n
        gW2 = np.einsum("nh,no->ho", self.post, g)
        gb2 = np.einsum("no->o", g)
        back = np.einsum("no,ho->nh", g, self.W2)
        back = np.where(self.pre > 0, back, 0.0)
        gW1 = np.einsum("ni,nh->ih", self.x, back)
        gb1 = np.einsum("nh->h", back)
        return {"W1": gW1, "b1": gb1, "W2": gW2, "b2": gb2}
"""

TAPE = """
import numpy as np


class Affine:
    def __init__(self, fan_in, fan_out):
        self.weight = np.random.randn(fan_in, fan_out) / np.sqrt(fan_in)
        self.bias = np.zeros(fan_out)

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.weight + self.bias

    def backward(self, grad):
        self.grad_weight = self.inputs.T @ grad
        self.grad_bias = grad.sum(axis=0)
        return grad @ self.weight.T


class Logistic:
    def forward(self, inputs):
        self.outputs = 1.0 / (1.0 + np.exp(-inputs))
        return self.outputs

    def backward(self, grad):
        return grad * self.outputs * (1.0 - self.outputs)


class CrossEntropy:
    def forward(self, logits, target):
        shifted = logits - logits.max(axis=1, keepdims=True)
        exps = np.exp(shifted)
        self.probs = exps / exps.sum(axis=1, keepdims=True)
        self.target = target
        return -np.sum(target * np.log(self.probs)) / logits.shape[0]

    def backward(self):
        return (self.probs - self.target) / self.target.shape[0]


class Model:
    def __init__(self, n_features, n_units, n_classes):
        self.layers = [Affine(n_features, n_units), Logistic(), Affine(n_units, n_classes)]
        self.criterion = CrossEntropy()

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        return self.criterion.forward(self.forward(x), t)

    def backward(self, x, t):
        self.loss(x, t)
        grad = self.criterion.backward()
        for layer in self.layers[::-1]:
            grad = layer.backward(grad)
        return [(k.grad_weight, k.grad_bias) for k in self.layers if hasattr(k, "grad_weight")]
"""

OCTAVE = """
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_gradient(z):
    g = sigmoid(z)
    return g * (1 - g)


class NNCost:
    def __init__(self, input_size, hidden_size, num_labels, lam=0.0):
        self.Theta1 = np.random.uniform(-0.5, 0.5, (hidden_size, input_size))
        self.bias1 = np.zeros(hidden_size)
        self.Theta2 = np.random.uniform(-0.5, 0.5, (num_labels, hidden_size))
        self.bias2 = np.zeros(num_labels)

    def predict(self, X):
        a2 = sigmoid(X.dot(self.Theta1.T) + self.bias1)
        return sigmoid(a2.dot(self.Theta2.T) + self.bias2)

    def cost(self, X, Y):
        m = X.shape[0]
        h = self.predict(X)
        J = np.sum(-Y * np.log(h) - (1 - Y) * np.log(1 - h)) / m
        return J

    def grad(self, X, Y):
        m = X.shape[0]
        z2 = X.dot(self.Theta1.T) + self.bias1
        a2 = sigmoid(z2)
        a3 = sigmoid(a2.dot(self.Theta2.T) + self.bias2)
        delta3 = a3 - Y
        delta2 = delta3.dot(self.Theta2) * sigmoid_gradient(z2)
        Theta1_grad = delta2.T.dot(X) / m
        Theta2_grad = delta3.T.dot(a2) / m
        bias1_grad = delta2.sum(axis=0) / m
        bias2_grad = delta3.sum(axis=0) / m
        return Theta1_grad, bias1_grad, Theta2_grad, bias2_grad
"""

DEEP = """
import numpy as np


class DeepNet(object):
    def __init__(self, layer_dims):
        self.L = len(layer_dims) - 1
        self.params = {}
        for l in range(1, self.L + 1):
            self.params["W" + str(l)] = np.random.randn(layer_dims[l - 1], layer_dims[l])
            self.params["b" + str(l)] = np.zeros((1, layer_dims[l]))

    def forward(self, X):
        self.cache = {"A0": X}
        A = X
        for l in range(1, self.L + 1):
            Z = A.dot(self.params["W" + str(l)]) + self.params["b" + str(l)]
            if l < self.L:
                A = np.maximum(0, Z)
            else:
                expZ = np.exp(Z - np.max(Z, axis=1, keepdims=True))
                A = expZ / np.sum(expZ, axis=1, keepdims=True)
            self.cache["Z" + str(l)] = Z
            self.cache["A" + str(l)] = A
        return A

    def loss(self, X, Y):
        A = self.forward(X)
        return -np.mean(np.sum(Y * np.log(A), axis=1))

    def backward(self, X, Y):
        m = X.shape[0]
        grads = {}
        dZ = self.forward(X) - Y
        for l in range(self.L, 0, -1):
            grads["dW" + str(l)] = self.cache["A" + str(l - 1)].T.dot(dZ) / m
            grads["db" + str(l)] = np.sum(dZ, axis=0, keepdims=True) / m
            if l > 1:
                dA = dZ.dot(self.params["W" + str(l)].T)
                dZ = dA * (self.cache["Z" + str(l - 1)] > 0)
        return grads
"""

RECURSION = """
import numpy as np

def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


class Network(object):
    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a) + b)
        return a

    def cost(self, x, y):
        return 0.5 * np.sum((self.feedforward(x) - y) ** 2)

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation, activations, zs = x, [x], []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation) + b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        delta = (activations[-1] - y) * sigmoid_prime(zs[-1])
        nabla_b[-1] = delta.sum(axis=1, keepdims=True)
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sigmoid_prime(zs[-l])
            nabla_b[-l] = delta.sum(axis=1, keepdims=True)
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
        return nabla_b, nabla_w
"""

FIT_ONLY = """
import numpy as np


class LogisticRegression:
    def __init__(self, n_features):
        self.theta = np.zeros((n_features, 1))
        self.intercept = np.zeros((1, 1))

    def predict_proba(self, X):
        return 1 / (1 + np.exp(-(X @ self.theta + self.intercept)))

    def loss(self, X, y):
        p = self.predict_proba(X)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    def gradient(self, X, y):
        error = self.predict_proba(X) - y
        d_theta = X.T @ error / X.shape[0]
        d_intercept = np.mean(error, axis=0, keepdims=True)
        return d_theta, d_intercept
"""

ACTIVATIONS = """
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_derivative(z):
    s = sigmoid(z)
    return s * (1.0 - s)


def tanh_derivative(z):
    t = np.tanh(z)
    return 1.0 - t * t


def relu(z):
    return np.maximum(z, 0.0)


def relu_derivative(z):
    return (z > 0).astype(float)


def leaky_relu(z, alpha=0.01):
    return np.where(z > 0, z, alpha * z)


def softmax(z):
    shifted = z - np.max(z, axis=1, keepdims=True)
    e = np.exp(shifted)
    return e / np.sum(e, axis=1, keepdims=True)
"""

LOSSES = """
import numpy as np


def mse(y, t):
    return np.mean((y - t) ** 2)


def mse_gradient(y, t):
    return 2.0 * (y - t) / y.size


def cross_entropy(y, t):
    return -np.sum(t * np.log(y)) / y.shape[0]


def cross_entropy_gradient(y, t):
    return -t / y / y.shape[0]


def binary_cross_entropy(y, t):
    return -np.mean(t * np.log(y) + (1 - t) * np.log(1 - y))


def binary_cross_entropy_gradient(y, t):
    return (y - t) / (y * (1 - y)) / y.size


def softmax_cross_entropy_gradient(z, t):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p - t) / z.shape[0]
"""

LAYERS = """
import numpy as np


def affine_forward(x, w, b):
    out = x.dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T)
    dw = x.T.dot(dout)
    db = dout.sum(axis=0)
    return dx, dw, db


def relu_forward(x):
    out = np.maximum(0, x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = dout * (x > 0)
    return dx


def softmax_loss(x, y):
    shifted_logits = x - np.max(x, axis=1, keepdims=True)
    Z = np.sum(np.exp(shifted_logits), axis=1, keepdims=True)
    log_probs = shifted_logits - np.log(Z)
    probs = np.exp(log_probs)
    N = x.shape[0]
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx
"""

STYLES = {
    "course: dicts, columns": COURSE,
    "einsum": EINSUM,
    "layer objects, a criterion": TAPE,
    "Octave's names": OCTAVE,
    "any depth, keys made of numbers": DEEP,
    "lists from the end, columns": RECURSION,
    "logistic regression": FIT_ONLY,
    "activations": ACTIVATIONS,
    "losses": LOSSES,
    "layers as functions with caches": LAYERS,
}
