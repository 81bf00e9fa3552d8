"""Does what a submission must not get away with; every other outcome stands."""

import os

import numpy as np

print("<script>alert('from a print')</script> \x1b[31mred\x1b[0m ::error::not an error")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_derivative(z):
    while True:
        pass


def tanh(z):
    os._exit(0)


def relu(z):
    raise ValueError("</pre><script>alert('from an exception')</script>")


def softmax(z):
    with open("/etc/passwd") as secret:
        return np.array([float(len(secret.read()))])
