"""Repairs, kind by kind: a program with one mistake, the line of it, and what the report says is due."""

import textwrap

import pytest

from checkgrad.grading import grade

LAYERS = """
import numpy as np

class Dense:
    def __init__(self, inputs, outputs):
        self.w = np.random.randn(inputs, outputs) * 0.5
        self.b = np.zeros(outputs)

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, d):
        self.dw = self.x.T @ d
        self.db = d.sum(axis=0)
        return d @ self.w.T

class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, d):
        return d * (1 - self.y ** 2)

class Net:
    def __init__(self):
        self.first, self.act, self.last = Dense(3, 4), Tanh(), Dense(4, 2)

    def forward(self, x):
        return self.last.forward(self.act.forward(self.first.forward(x)))

    def backward(self, y, t):
        d = (y - t) / len(t)
        d = self.last.backward(d)
        {middle}
        self.first.backward(d)

def train(net, x, t, rate=0.1, epochs=20):
    for _ in range(epochs):
        y = net.forward(x)
        net.backward(y, t)
        for layer in (net.first, net.last):
            layer.w -= rate * layer.dw
            layer.b -= rate * layer.db

if __name__ == "__main__":
    x, t = np.random.randn(6, 3), np.random.randn(6, 2)
    train(Net(), x, t)
"""

LARGE = """
import numpy as np

class Net:
    def __init__(self):
        self.u = np.random.randn(784, 32) * 0.1
        self.b = np.zeros(32)
        self.v = np.random.randn(32, 10) * 0.1
        self.c = np.zeros(10)

    def forward(self, x):
        self.h = np.tanh(x @ self.u + self.b)
        e = np.exp(self.h @ self.v + self.c)
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y

    def backward(self, x, labels):
        t = np.zeros((len(labels), 10))
        t[np.arange(len(labels)), labels] = 1
        dv = (self.y - t) / len(labels)
        du = dv @ self.v.T  # here
        return x.T @ du, du.sum(0), self.h.T @ dv, dv.sum(0)
"""

PRIVATE = """
import numpy as np

class Regression:
    def __init__(self, n):
        self.__w = np.zeros((n, 1))
        self.__b = np.zeros((1, 1))

    def outputs(self, x):
        return 1 / (1 + np.exp(-(x @ self.__w + self.__b)))

    def fit(self, x, t, rate=0.5, steps=50):
        for _ in range(steps):
            y = self.outputs(x)
            self.__w = self.__w - rate * x.T @ (y - t) / len(x)
            self.__b = self.__b - rate * np.sum(y - t, axis=0, keepdims=True)  # here

if __name__ == "__main__":
    x = np.random.randn(20, 3)
    Regression(3).fit(x, (x[:, :1] > 0) * 1.0)
"""

KINDS = {
    "a layer left out on the way back": (LAYERS.format(middle="pass"), "first.backward", "self.act.backward(d)"),
    "what a call gives is thrown away": (
        LAYERS.format(middle="self.act.backward(d)  # here"), "# here", "d = self.act.backward(d)"
    ),
    "a slope left out where parameters are large": (LARGE, "# here", "(1 - self.h ** 2)"),
    "private names": (PRIVATE, "# here", "np.mean"),
}  # fmt: skip


def repaired(folder, source):
    path = folder / "hw.py"
    path.write_text(textwrap.dedent(source))
    return [(o, r) for o in grade(path).outcomes for r in o.repairs]


def line_of(source, mark):
    return next(i for i, line in enumerate(source.split("\n"), 1) if mark in line)


@pytest.mark.parametrize("name", KINDS)
def test_a_mistake_of_this_kind_is_found_at_its_line(tmp_path, name):
    source, mark, due = KINDS[name]
    (_, repair), *_ = repaired(tmp_path, source)
    assert repair.place.line == line_of(source, mark)
    assert due in repair.due


CONTRADICTIONS = {
    "a loss that is averaged and a gradient that is not": (
        """
        import numpy as np

        def softmax_loss(z, labels):
            e = np.exp(z - z.max(axis=1, keepdims=True))
            y = e / e.sum(axis=1, keepdims=True)
            loss = -np.log(y[np.arange(len(labels)), labels]).sum() / len(labels)
            dz = y.copy()
            dz[np.arange(len(labels)), labels] -= 1
            return loss, dz  # here
        """,
        "divided by N",
    ),
    "a penalty whose slope lacks its 2": (
        """
        import numpy as np

        def softmax_loss(W, X, y, reg):
            z = X @ W
            p = np.exp(z - z.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            n = len(X)
            loss = -np.log(p[np.arange(n), y]).sum() / n + reg * np.sum(W ** 2)
            p[np.arange(n), y] -= 1
            dW = X.T @ p / n + reg * W  # here
            return loss, dW
        """,
        "multiplied by 2",
    ),
    "a penalty of the wrong sign": (
        """
        import numpy as np

        class Logistic:
            def __init__(self, strength=0.1):
                self.strength, self.w = strength, None

            def fit(self, X, t, rate=0.05, steps=50):
                self.w = np.zeros(X.shape[1])
                for _ in range(steps):
                    y = 1 / (1 + np.exp(-(X @ self.w)))
                    self.w -= rate * self.gradient(X, t, y)

            def predict(self, X):
                return 1 / (1 + np.exp(-(X @ self.w)))

            def gradient(self, X, t, y):
                return ((y - t) @ X - self.strength * self.w) / len(X)  # here
        """,
        "is due",
    ),
    "a piece that stops, though nobody runs it": (
        """
        import numpy as np

        class Net:
            def __init__(self, n_in, n_hidden, n_out):
                self.U = np.random.randn(n_in, n_hidden)
                self.c = np.zeros(n_hidden)
                self.V = np.random.randn(n_hidden, n_out)
                self.d = np.zeros(n_out)

            def forward(self, X):
                self.H = np.tanh(X @ self.U + self.c)
                return self.H @ self.V + self.d

            def loss(self, X, T):
                return np.mean(np.sum((self.forward(X) - T) ** 2, axis=1))

            def backward(self, X, T):
                E = 2 * (self.forward(X) - T) / len(X)
                D = np.dot(E @ self.V.T, 1 - self.H ** 2)  # here
                return {"U": X.T @ D, "c": D.sum(0), "V": self.H.T @ E, "d": E.sum(0)}
        """,
        "np.multiply",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_contradicts_itself_or_stops_is_found_at_its_line(tmp_path, name):
    source, said = CONTRADICTIONS[name]
    source = textwrap.dedent(source)
    (_, repair), *_ = repaired(tmp_path, source)
    assert repair.place.line == line_of(source, "# here")
    assert said in repair.words


def test_two_corrections_that_lack_the_same_power_are_told_together(tmp_path):
    source = textwrap.dedent("""
        import numpy as np

        class Adam:
            def __init__(self, lr=0.001, beta1=0.9, beta2=0.999):
                self.lr, self.beta1, self.beta2 = lr, beta1, beta2
                self.eps, self.t, self.m, self.v = 1e-8, 0, None, None

            def update(self, w, g):
                if self.m is None:
                    self.m, self.v = np.zeros(np.shape(g)), np.zeros(np.shape(g))
                self.t += 1
                self.m = self.beta1 * self.m + (1 - self.beta1) * g
                self.v = self.beta2 * self.v + (1 - self.beta2) * g ** 2
                m_hat = self.m / (1 - self.beta1)  # first
                v_hat = self.v / (1 - self.beta2)  # second
                return w - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
    """)
    found = [repair for _, repair in repaired(tmp_path, source)]
    assert [r.place.line for r in found] == [line_of(source, m) for m in ("# first", "# second")]
    assert [r.due for r in found] == ["self.beta1 ** self.t", "self.beta2 ** self.t"]


def test_a_formula_may_be_meant_by_another_convention(tmp_path):
    source = textwrap.dedent("""
        import numpy as np

        def update_with_momentum(parameters, grads, v, beta, learning_rate):
            for l in range(len(parameters) // 2):
                for k in ("W", "b"):
                    n = k + str(l + 1)
                    v["d" + n] = beta * v["d" + n] + (1 - beta) * parameters[n]  # here
                    parameters[n] = parameters[n] - learning_rate * v["d" + n]
            return parameters, v
    """)
    ((_, repair),) = repaired(tmp_path, source)
    assert repair.place.line == line_of(source, "# here")
    assert repair.due == "grads['d' + n]"


def test_what_mixes_samples_at_extreme_inputs_only_is_found(tmp_path):
    source = textwrap.dedent("""
        import numpy as np

        def softmax(z):
            e = np.exp(z - np.max(z))  # here
            return e / np.sum(e, axis=1, keepdims=True)

        def cross_entropy(y, t):
            return -np.sum(t * np.log(y)) / len(t)
    """)
    ((_, repair),) = repaired(tmp_path, source)
    assert repair.place.line == line_of(source, "# here")
    assert repair.due.startswith("np.max(z, axis=")
