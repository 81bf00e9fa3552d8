"""Optimisers in the ways in which people write them: read as what they are, and wrong where one place is spoilt."""

import pytest

from checkgrad.grading import grade

MODULES = {
    "a method that returns the new array": (
        """
class PlainDescent:
    def __init__(self, rate=0.01):
        self.rate, self.decay, self.steps = rate, 1e-3, 0

    def update(self, w, slope):
        self.steps += 1
        rate = self.rate / (1 + self.decay * self.steps)
        return w - rate * slope
""",
        "PlainDescent.update",
        ("w - rate", "w + rate"),
    ),
    "a method over dicts": (
        """
class Momentum:
    def __init__(self, lr=0.01, momentum=0.9):
        self.lr, self.momentum, self.v = lr, momentum, None

    def update(self, params, grads):
        if self.v is None:
            self.v = {k: np.zeros_like(a) for k, a in params.items()}
        for k in params:
            self.v[k] = self.momentum * self.v[k] - self.lr * grads[k]
            params[k] += self.v[k]
""",
        "Momentum.update",
        ("+= self.v", "-= self.v"),
    ),
    "a function over lists that returns new ones": (
        """
def momentum_step(params, grads, velocities, lr=0.01, mu=0.9):
    new_params, new_velocities = [], []
    for p, g, v in zip(params, grads, velocities):
        v = mu * v + g
        new_params.append(p - lr * v)
        new_velocities.append(v)
    return new_params, new_velocities
""",
        "momentum_step",
        ("new_velocities.append(v)", "new_velocities.append(g)"),
    ),
    "a method over lists": (
        """
class Adam:
    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999):
        self.lr, self.beta1, self.beta2, self.t, self.m, self.v = lr, beta1, beta2, 0, None, None

    def update(self, params, grads):
        if self.m is None:
            self.m = [np.zeros_like(p) for p in params]
            self.v = [np.zeros_like(p) for p in params]
        self.t += 1
        rate = self.lr * np.sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)
        for i in range(len(params)):
            self.m[i] += (1 - self.beta1) * (grads[i] - self.m[i])
            self.v[i] += (1 - self.beta2) * (grads[i] ** 2 - self.v[i])
            params[i] -= rate * self.m[i] / (np.sqrt(self.v[i]) + 1e-7)
""",
        "Adam.update",
        ("beta2**self.t)", "beta2)"),
    ),
    "a layer with attributes, and steps that are counted by another method": (
        """
class OptimizerAdam:
    def __init__(self, learning_rate=0.001, decay=0.0, epsilon=1e-7, beta_1=0.9, beta_2=0.999):
        self.learning_rate, self.decay, self.epsilon = learning_rate, decay, epsilon
        self.beta_1, self.beta_2, self.iterations = beta_1, beta_2, 0

    def update_params(self, layer):
        if not hasattr(layer, "m"):
            layer.m, layer.c = np.zeros_like(layer.weights), np.zeros_like(layer.weights)
        layer.m = self.beta_1 * layer.m + (1 - self.beta_1) * layer.dweights
        layer.c = self.beta_2 * layer.c + (1 - self.beta_2) * layer.dweights**2
        m = layer.m / (1 - self.beta_1 ** (self.iterations + 1))
        c = layer.c / (1 - self.beta_2 ** (self.iterations + 1))
        layer.weights += -self.learning_rate * m / (np.sqrt(c) + self.epsilon)

    def post_update_params(self):
        self.iterations += 1
""",
        "OptimizerAdam.update_params",
        ("layer.dweights**2", "layer.dweights"),
    ),
    "boxes that the constructor is given": (
        """
class SGD:
    def __init__(self, params, lr=0.01):
        self.params, self.lr = params, lr

    def step(self):
        for p in self.params:
            p.data -= self.lr * p.grad
""",
        "SGD.step",
        ("-= self.lr", "+= self.lr"),
    ),
    "a model whose layers it goes through": (
        """
class SGD:
    def __init__(self, model, lr=0.1, momentum=0.9):
        self.l, self.L = model.layers, len(model.layers)
        self.lr, self.mu = lr, momentum
        self.v_W = [np.zeros(layer.W.shape) for layer in self.l]
        self.v_b = [np.zeros(layer.b.shape) for layer in self.l]

    def step(self):
        for i in range(self.L):
            self.v_W[i] = self.mu * self.v_W[i] + self.l[i].dLdW
            self.v_b[i] = self.mu * self.v_b[i] + self.l[i].dLdb
            self.l[i].W = self.l[i].W - self.lr * self.v_W[i]
            self.l[i].b = self.l[i].b - self.lr * self.v_b[i]
""",
        "SGD.step",
        ("W - self.lr", "W + self.lr"),
    ),
    "nodes whose gradients are told by themselves": (
        """
def sgd_update(trainables, learning_rate=1e-2):
    for t in trainables:
        t.value -= learning_rate * t.gradients[t]
""",
        "sgd_update",
        ("-=", "+="),
    ),
    "settings and memory in a dict": (
        """
def sgd_momentum(w, dw, config=None):
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    v = config.get("velocity", np.zeros_like(w))
    v = config["momentum"] * v - config["learning_rate"] * dw
    config["velocity"] = v
    return w + v, config
""",
        "sgd_momentum",
        ("w + v", "w - v"),
    ),
    "a function over dicts whose keys differ": (
        """
def update_parameters_with_momentum(parameters, grads, v, beta, learning_rate):
    for l in range(1, len(parameters) // 2 + 1):
        for k in ("W", "b"):
            n = k + str(l)
            v["d" + n] = beta * v["d" + n] + (1 - beta) * grads["d" + n]
            parameters[n] = parameters[n] - learning_rate * v["d" + n]
    return parameters, v
""",
        "update_parameters_with_momentum",
        ("* grads", "* parameters[n] * grads"),
    ),
    "parameters one by one": (
        """
def update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha):
    W1 = W1 - alpha * dW1
    b1 = b1 - alpha * db1
    W2 = W2 - alpha * dW2
    b2 = b2 - alpha * db2
    return W1, b1, W2, b2
""",
        "update_params",
        ("- alpha", "+ alpha"),
    ),
}


def outcomes(tmp_path, source, function):
    path = tmp_path / "optimisers.py"
    path.write_text(f"import numpy as np\n{source}")
    return [o for o in grade(path).outcomes if o.function == function]


@pytest.mark.parametrize("source, function, edit", MODULES.values(), ids=[*MODULES])
def test_an_optimiser_is_judged_by_what_becomes_of_the_parameters(tmp_path, source, function, edit):
    right = outcomes(tmp_path, source, function)
    assert {o.verdict for o in right if o.check == "matches_the_formula"} == {"passed"}
    assert not any(o.verdict.failed for o in right)
    spoilt = outcomes(tmp_path, source.replace(*edit), function)
    assert {o.verdict for o in spoilt if o.check == "matches_the_formula"} == {"wrong"}


def test_a_step_up_passes_where_other_code_may_turn_the_sign(tmp_path):
    source = """
def sgd_update(params, grads, lr):
    for p, g in zip(params, grads):
        p += lr * g

def train(params, x, t):
    sgd_update(params, [t - x @ params[0]], 0.1)
"""
    assert not any(o.verdict.failed for o in outcomes(tmp_path, source, "sgd_update"))


REFUSED = {
    "gradients that are cut off": (
        "class SGD:\n    def __init__(self, lr=0.1):\n        self.lr = lr\n"
        "    def update(self, w, dw):\n        return w - self.lr * np.clip(dw, -1, 1)\n"
    ),
    "another optimiser": (
        "class RMSProp:\n    def __init__(self, lr=0.1):\n        self.lr = lr\n"
        "    def update(self, w, dw):\n        return w - self.lr * dw / np.sqrt(dw**2)\n"
    ),
    "a step that wants what is not known": (
        "class SGD:\n    def __init__(self, lr, schedule):\n        self.lr = lr\n"
        "    def update(self, w, dw):\n        return w - self.lr * dw\n"
    ),
    "training": (
        "def gradient_descent(x, y, theta, alpha, rounds):\n    for _ in range(rounds):\n"
        "        theta = theta - alpha * x.T @ (x @ theta - y)\n    return theta\n"
    ),
}


@pytest.mark.parametrize("source", REFUSED.values(), ids=[*REFUSED])
def test_what_is_no_plain_update_is_not_taken_for_one(tmp_path, source):
    path = tmp_path / "optimisers.py"
    path.write_text(f"import numpy as np\n{source}")
    assert not any(o.exercise.endswith("_update") for o in grade(path).outcomes)
