"""A word of student code is read as what it means, in the smallest module that needs it; another word is not."""

import pytest

from checkgrad.exercises import ALL
from checkgrad.reading import candidates, read
from checkgrad.words import layers, meaning, optimisers, roles, source
from in_process import InProcess

SAYS_NOTHING = "qqq"


def read_as(text):
    """The exercises that something in a module answers rightly."""
    module = InProcess("import numpy as np\n" + text)
    found = read(candidates(module.inventory, ALL), module.ask)
    return {one.exercise.name for one, reading in found.items() if reading.right}


SIGMOID_CLASS = """
class Sigmoid:
    def forward(self, z):
        self.kept = 1 / (1 + np.exp(-z))
        return self.kept

"""
ADAM = """
def adam(w, dw, m, v, t, lr, first, second):
    m = first * m + (1 - first) * dw
    v = second * v + (1 - second) * dw**2
    above, below = m / (1 - first**t), v / (1 - second**t)
    return w - lr * above / (np.sqrt(below) + 1e-8), m, v
"""
UNIT = """
def tanh(z):
    return np.tanh(z)


class NAMEBlock:
    def __init__(self, n_in, n_out, CHOSEN):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)
        self.act = CHOSEN

    def forward(self, x):
        self.x, self.y = x, self.act(x @ self.W + self.b)
        return self.y

    def backward(self, dout):
        dz = dout * (1 - self.y**2)
        self.dW, self.db = self.x.T @ dz, dz.sum(axis=0)
        return dz @ self.W.T
"""
# What is listed, a module in which such a word takes the place of WORD, and what that is read as by it.
READ = {
    "a loss by a method that goes forward": (
        layers.FORWARD,
        """
class MSELoss:
    def WORD(self, y, t):
        return ((y - t) ** 2).sum() / len(y)
""",
        "mse_loss",
    ),
    "a slope by a method that goes back": (
        layers.BACKWARD,
        SIGMOID_CLASS
        + """
    def WORD(self, dout):
        return dout * self.kept * (1 - self.kept)
""",
        "sigmoid_derivative",
    ),
    "a slope by its name in the class": (
        layers.SLOPE,
        """
class Sigmoid:
    def forward(self, z):
        return 1 / (1 + np.exp(-z))

    def WORD(self, z):
        s = self.forward(z)
        return s * (1 - s)
""",
        "sigmoid_derivative",
    ),
    "a loss that is asked for afterwards": (
        layers.GIVES_LOSS,
        """
class MSELoss:
    def forward(self, y, t):
        self.kept = ((y - t) ** 2).sum() / len(y)

    def WORD(self):
        return self.kept
""",
        "mse_loss",
    ),
    "a value that is left in the object": (
        layers.VALUES,
        """
class Sigmoid:
    def forward(self, z):
        self.WORD = 1 / (1 + np.exp(-z))
""",
        "sigmoid",
    ),
    "a gradient that is left in the object": (
        layers.GRADIENTS,
        SIGMOID_CLASS
        + """
    def backward(self, dout):
        self.WORD = dout * self.kept * (1 - self.kept)
""",
        "sigmoid_derivative",
    ),
    "a flag by which a pass keeps its values": (
        layers.KEEPS,
        """
class Sigmoid:
    def forward(self, z, WORD=False):
        s = 1 / (1 + np.exp(-z))
        if WORD:
            self.kept = s
        return s

    def backward(self, dout):
        return dout * self.kept * (1 - self.kept)
""",
        "sigmoid_derivative",
    ),
    "a function that is a field": (
        layers.FUNCTION,
        """
class Activation:
    def __init__(self, function):
        self.WORD = function


sigmoid = Activation(lambda z: 1 / (1 + np.exp(-z)))
""",
        "sigmoid",
    ),
    "a slope that is a field": (
        layers.FIELD_SLOPE,
        """
class Activation:
    def __init__(self, function):
        self.WORD = function


sigmoid = Activation(lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2)
""",
        "sigmoid_derivative",
    ),
    "sizes that a constructor is given as a list": (
        layers.LISTS,
        """
class Sigmoid:
    def __init__(self, WORD):
        self.depth = len(WORD)

    def forward(self, z):
        return self.depth / (self.depth + self.depth * np.exp(-z))
""",
        "sigmoid",
    ),
    "units by what their function is called": (
        source.UNITS,
        """
def WORD(z):
    return np.tanh(z)
""",
        "tanh",
    ),
    "a plain step by what it does": (
        optimisers.CHANGES,
        """
def WORD_weights(w, dw, lr):
    return w - lr * dw
""",
        "sgd_update",
    ),
    "a plain step by what it changes": (
        optimisers.CHANGED,
        """
def update_WORD(w, dw, lr):
    return w - lr * dw
""",
        "sgd_update",
    ),
    "a plain step by its own name": (
        optimisers.DESCENT,
        """
def WORD(w, dw, lr):
    return w - lr * dw
""",
        "sgd_update",
    ),
    "a rolling step by its own name for the friction": (
        optimisers.FRICTION,
        """
class Momentum:
    def __init__(self, lr, WORD):
        self.lr, self.kept, self.v = lr, WORD, 0.0

    def update(self, w, dw):
        self.v = self.kept * self.v - self.lr * dw
        return w + self.v
""",
        "momentum_update",
    ),
    "a rolling step by a setting of the plain one": (
        optimisers.MOMENTUM,
        """
class SGD:
    def __init__(self, lr, WORD):
        self.lr, self.kept, self.v = lr, WORD, 0.0

    def update(self, w, dw):
        self.v = self.kept * self.v - self.lr * dw
        return w + self.v
""",
        "momentum_update",
    ),
    "the first rate at which an average fades": (
        optimisers.FIRST_BETA,
        ADAM.replace("first", "WORD").replace("second", "beta2"),
        "adam_update",
    ),
    "the second rate at which an average fades": (
        optimisers.SECOND_BETA,
        ADAM.replace("first", "beta1").replace("second", "WORD"),
        "adam_update",
    ),
    "a small number": (
        optimisers.SMALL,
        ADAM.replace("first", "beta1")
        .replace("second", "beta2, WORD", 1)
        .replace("second", "beta2")
        .replace("1e-8", "WORD"),
        "adam_update",
    ),
    "a rate": (
        roles.RATES,
        """
class SGD:
    def update(self, w, dw, WORD):
        return w - WORD * dw
""",
        "sgd_update",
    ),
    "what fades and is left out": (
        optimisers.FADING,
        """
def sgd(w, dw, lr, WORD):
    return w - lr * (dw + WORD * w)
""",
        "sgd_update",
    ),
    "the number of a step": (
        optimisers.COUNTER,
        """
class Adam:
    def __init__(self, lr):
        self.lr, self.m, self.v = lr, 0.0, 0.0

    def update(self, w, dw, WORD):
        self.m = 0.9 * self.m + 0.1 * dw
        self.v = 0.999 * self.v + 0.001 * dw**2
        above, below = self.m / (1 - 0.9**WORD), self.v / (1 - 0.999**WORD)
        return w - self.lr * above / (np.sqrt(below) + 1e-8)
""",
        "adam_update",
    ),
    "settings in a dict": (
        optimisers.CONFIG,
        """
def sgd(w, dw, WORD):
    return w - WORD["learning_rate"] * dw, WORD
""",
        "sgd_update",
    ),
    "the values of objects that are moved": (
        optimisers.VALUE,
        """
class SGD:
    def __init__(self, params, lr):
        self.params, self.lr = params, lr

    def step(self):
        for one in self.params:
            one.WORD = one.WORD - self.lr * one.grad
""",
        "sgd_update",
    ),
    "the gradients of objects that are moved": (
        optimisers.GRADIENT,
        """
class SGD:
    def __init__(self, params, lr):
        self.params, self.lr = params, lr

    def step(self):
        for one in self.params:
            one.data = one.data - self.lr * one.WORD
""",
        "sgd_update",
    ),
    "a network that is moved": (
        optimisers.MODELS,
        """
class SGD:
    def __init__(self, WORD, lr):
        self.kept, self.lr = WORD, lr

    def step(self):
        for layer in self.kept.layers:
            layer.W -= self.lr * layer.dW
            layer.b -= self.lr * layer.db
""",
        "sgd_update",
    ),
    "a layer with units inside by its name": (
        layers.LAYERS,
        UNIT.replace("NAME", "WORD").replace("CHOSEN", "act"),
        "affine_forward",
    ),
    "what chooses the units of a layer": (
        layers.CHOSEN,
        UNIT.replace("NAME", "Dense").replace("CHOSEN", "WORD"),
        "affine_forward",
    ),
    "logits by what squashes them": (
        source.EXPONENTIALS,
        """
def WORD(z):
    return np.log(np.exp(z).sum(axis=1))


def cross_entropy_loss(scores, t):
    return (WORD(scores) - (scores * t).sum(axis=1)).mean()
""",
        "softmax_cross_entropy",
    ),
    "the gradients of parameters apart": (
        optimisers.OF_PARAMETERS,
        """
class Linear:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        return dout @ self.W.T

    def WORD_gradients(self, dout):
        return self.x.T @ dout, dout.sum(axis=0)
""",
        "affine_backward",
    ),
    "a derivative of every output by every logit": (
        meaning.JACOBIAN,
        """
def softmax_WORD(z):
    e = np.exp(z - z.max())
    y = e / e.sum()
    return np.diag(y) - np.outer(y, y)
""",
        "softmax_jacobian",
    ),
}
LEFT = {
    "an update that does more": (
        optimisers.OTHERS,
        """
def WORD_sgd(w, dw, lr):
    return w - lr * dw
""",
        "sgd_update",
    ),
    "an update that cuts gradients": (
        optimisers.CUTS,
        """
def WORD(a):
    return a


class SGD:
    def __init__(self, lr):
        self.lr = lr

    def update(self, w, dw):
        return w - self.lr * WORD(dw)
""",
        "sgd_update",
    ),
    "a classifier that is called as its activation": (
        layers.LOSS_OF_A_MODEL,
        """
class Sigmoid:
    def WORD(self, z):
        return 1 / (1 + np.exp(-z))

    def forward_propagation(self, z):
        return 1 / (1 + np.exp(-z))
""",
        "sigmoid",
    ),
    "a network that is no layer": (
        layers.WHOLE,
        """
class Block:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T

    def WORD(self, x):
        return self.forward(x)
""",
        "affine_forward",
    ),
    "nodes of a graph": (
        source.NODES,
        """
class WORD:
    pass


class Sigmoid:
    def forward(self, z):
        WORD()
        return 1 / (1 + np.exp(-z))
""",
        "sigmoid",
    ),
    "a layer with something inside": (
        source.SQUASHING,
        """
def WORD(a):
    return a


class Dense:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)

    def forward(self, x):
        return WORD(x @ self.W + self.b)
""",
        "affine_forward",
    ),
    "probabilities that are called logits": (
        roles.LOGITS_ONLY,
        """
def softmax_cross_entropy(WORD, t):
    return -(t * np.log(WORD)).sum() / len(t)
""",
        "softmax_cross_entropy",
    ),
    "what goes on through weights": (
        source.PRODUCTS,
        """
def sigmoid_derivative(z):
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s)


def binary_cross_entropy_derivative(y, t):
    return (y - t) / (y * (1 - y)) / len(y)


class box:
    WORD = 1.0


def delta(z, t):
    y = 1 / (1 + np.exp(-z))
    return binary_cross_entropy_derivative(y, t) * sigmoid_derivative(z) * box.WORD
""",
        "sigmoid_binary_cross_entropy_gradient",
    ),
}
CASES = [(key, word) for key, (words, *_) in READ.items() for word in sorted(words)]


@pytest.mark.parametrize(("key", "word"), CASES, ids=[f"{key}: {word}" for key, word in CASES])
def test_a_module_with_the_word_is_read_as_what_it_means(key, word):
    _, text, exercise = READ[key]
    assert exercise in read_as(text.replace("WORD", word))


@pytest.mark.parametrize("key", READ)
def test_the_module_is_not_read_so_by_a_word_that_says_nothing(key):
    _, text, exercise = READ[key]
    assert exercise not in read_as(text.replace("WORD", SAYS_NOTHING))


OUT = [(key, word) for key, (words, *_) in LEFT.items() for word in sorted(words)]


@pytest.mark.parametrize(("key", "word"), OUT, ids=[f"{key}: {word}" for key, word in OUT])
def test_a_module_with_the_word_is_left_alone(key, word):
    _, text, exercise = LEFT[key]
    assert exercise not in read_as(text.replace("WORD", word))


@pytest.mark.parametrize("key", LEFT)
def test_the_module_is_read_with_a_word_that_says_nothing(key):
    _, text, exercise = LEFT[key]
    assert exercise in read_as(text.replace("WORD", SAYS_NOTHING))
