import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z)


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)
