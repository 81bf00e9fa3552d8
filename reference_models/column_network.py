"""A deep network of any number of layers. Every COLUMN of X is one example.

parameters: dictionary with W1, b1, ..., WL, bL;  W_l has shape (n_l, n_(l-1)), b_l has shape (n_l, 1).
The hidden layers use ReLU, the last one softmax.

Run this file to train 64-40-20-10 on the handwritten digits of scikit-learn.
"""

import numpy as np


def initialize_parameters(layer_dims, seed=1):
    """He initialisation; the biases start at zero."""
    rng = np.random.RandomState(seed)
    parameters = {}
    for l in range(1, len(layer_dims)):
        fan_in = layer_dims[l - 1]
        parameters["W" + str(l)] = rng.randn(layer_dims[l], fan_in) * np.sqrt(2 / fan_in)
        parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters


def relu(Z):
    """ReLU of Z, and Z for the way back."""
    A = np.maximum(0, Z)
    return A, Z


def relu_backward(dA, cache):
    """dZ of a ReLU unit, from dA and the Z that went in."""
    Z = cache
    return dA * (Z > 0)


def softmax(Z):
    """Probabilities down each column."""
    T = np.exp(Z - np.max(Z, axis=0, keepdims=True))
    return T / np.sum(T, axis=0, keepdims=True)


def linear_forward(A_prev, W, b):
    """Z = W A_prev + b, and what linear_backward will need."""
    Z = np.dot(W, A_prev) + b
    cache = (A_prev, W, b)
    return Z, cache


def linear_backward(dZ, cache):
    """dA_prev, dW and db of one layer; the mean over the m examples is taken here."""
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def L_model_forward(X, parameters):
    """[LINEAR -> RELU] * (L - 1) -> LINEAR -> SOFTMAX; returns AL and the caches of all layers."""
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        Z, linear_cache = linear_forward(A, parameters["W" + str(l)], parameters["b" + str(l)])
        A, activation_cache = relu(Z)
        caches.append((linear_cache, activation_cache))
    ZL, linear_cache = linear_forward(A, parameters["W" + str(L)], parameters["b" + str(L)])
    AL = softmax(ZL)
    caches.append((linear_cache, ZL))
    return AL, caches


def compute_cost(AL, Y):
    """Cross-entropy cost; Y is one-hot with the examples in columns."""
    m = Y.shape[1]
    cost = -np.sum(Y * np.log(AL + 1e-8)) / m
    return np.squeeze(cost)


def L_model_backward(AL, Y, caches):
    """Gradients dW1, db1, ..., dWL, dbL as a dictionary."""
    grads = {}
    L = len(caches)
    dZ = AL - Y
    for l in range(L, 0, -1):
        linear_cache, _ = caches[l - 1]
        dA_prev, grads["dW" + str(l)], grads["db" + str(l)] = linear_backward(dZ, linear_cache)
        if l > 1:
            dZ = relu_backward(dA_prev, caches[l - 2][1])
    return grads


def update_parameters(parameters, grads, learning_rate):
    """One step of gradient descent."""
    updated = {}
    for key in parameters:
        updated[key] = parameters[key] - learning_rate * grads["d" + key]
    return updated


def one_hot(labels, classes):
    """A column for each label, a row for each class."""
    Y = np.zeros((classes, labels.size))
    Y[labels, np.arange(labels.size)] = 1
    return Y


def predict(X, parameters):
    """The most probable class of each column."""
    AL, _ = L_model_forward(X, parameters)
    return np.argmax(AL, axis=0)


def accuracy(predictions, labels):
    """Share of right predictions."""
    return np.mean(predictions == labels)


def L_layer_model(X, Y, layer_dims, learning_rate=0.3, num_iterations=400, print_cost=False):
    """Train a network; returns its parameters and the cost of every iteration."""
    parameters = initialize_parameters(layer_dims)
    costs = []
    for i in range(num_iterations):
        AL, caches = L_model_forward(X, parameters)
        costs.append(compute_cost(AL, Y))
        grads = L_model_backward(AL, Y, caches)
        parameters = update_parameters(parameters, grads, learning_rate)
        if print_cost and i % 100 == 0:
            print("Cost after iteration %i: %f" % (i, costs[-1]))
    return parameters, costs


if __name__ == "__main__":
    import matplotlib.pyplot as plt
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.RandomState(0).permutation(digits.target.size)
    X_all = digits.data[order].T / 16
    labels_all = digits.target[order]
    X_train, labels_train = X_all[:, :1400], labels_all[:1400]
    X_test, labels_test = X_all[:, 1400:], labels_all[1400:]

    parameters, costs = L_layer_model(
        X_train, one_hot(labels_train, 10), [64, 40, 20, 10], print_cost=True
    )
    print("train accuracy:", accuracy(predict(X_train, parameters), labels_train))
    print("test accuracy:", accuracy(predict(X_test, parameters), labels_test))

    plt.plot(costs)
    plt.xlabel("iteration")
    plt.ylabel("cost")
    plt.show()
