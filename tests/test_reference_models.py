"""The reference models are right about their own losses, but for the four mistakes of one of them."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent.parent / "reference_models"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


def model(name):
    """A fresh copy of the module, as nobody else sees it."""
    spec = importlib.util.spec_from_file_location(f"reference_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def slope(f, x, h=1e-5):
    """Five-point differences of the scalar or array f at every entry of x; entries of x come last."""
    x = np.asarray(x, dtype=float)
    columns = []
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        near, far = (np.asarray(f(x + k * step)) - np.asarray(f(x - k * step)) for k in (1, 2))
        columns.append((8 * near - far) / (12 * h))
    stacked = np.stack(columns, axis=-1)
    return stacked.reshape(stacked.shape[:-1] + x.shape)


def close(got, expected):
    return np.shape(got) == np.shape(expected) and np.allclose(got, expected, rtol=1e-5, atol=1e-8)


def elementwise(f, x):
    """The derivative of an elementwise f."""
    return slope(lambda h: f(x + h), 0.0)


def rng():
    return np.random.default_rng(11)


def binary(r, n=7):
    t = np.arange(n)[:, None] % 2
    return r.normal(size=(n, 5)), t.astype(float)


def classes(r, n=7, c=3):
    return r.normal(size=(n, 5)), np.eye(c)[np.arange(n) % c]


# numpy_mlp and classic_mistakes: the canonical names


def wrong_names(module):
    """Names of all gradients that disagree with the numeric derivative of the module's own functions."""
    return [name for name, right in canonical_checks(module) if not right]


def canonical_checks(m):
    r = rng()
    z = r.normal(size=(7, 3)) * 2
    logit = r.normal(size=(7, 1))
    y, p, t, tb = m.softmax(z), m.sigmoid(logit), classes(r)[1], binary(r)[1]
    dy = r.normal(size=(7, 3))
    for name in ("sigmoid", "relu", "leaky_relu", "tanh"):
        got = getattr(m, f"{name}_derivative")(z)
        yield f"{name}_derivative", close(got, elementwise(getattr(m, name), z))
    jacobian = [slope(m.softmax, row) for row in z]
    yield "softmax_jacobian", close(m.softmax_jacobian(z), jacobian)
    yield "softmax_jacobian", close(m.softmax_jacobian(z[0]), jacobian[0])
    yield (
        "softmax_backward",
        close(m.softmax_backward(dy, z), slope(lambda z: np.sum(dy * m.softmax(z)), z)),
    )
    losses = {
        "binary_cross_entropy": (p, tb, "_derivative"),
        "sigmoid_binary_cross_entropy": (logit, tb, "_gradient"),
        "cross_entropy": (y, t, "_derivative"),
        "softmax_cross_entropy": (z, t, "_gradient"),
        "mse_loss": (y, t, "_gradient"),
    }
    for name, (at, target, suffix) in losses.items():
        loss, gradient = getattr(m, name), getattr(m, name + suffix)
        numeric = slope(lambda a, loss=loss, target=target: loss(a, target), at)
        yield name + suffix, close(gradient(at, target), numeric)
    yield from affine_checks(m, r)
    for sizes, (x, target) in (((5, 6, 4, 3), classes(r)), ((5, 6, 4, 1), binary(r))):
        yield from network_checks(m, sizes, x, target, r)


def affine_checks(m, r):
    x, w, b, dout = (r.normal(size=s) for s in ((7, 5), (5, 4), 4, (7, 4)))
    got = m.affine_backward(dout, x, w)

    def value(x=x, w=w, b=b):
        return np.sum(dout * m.affine_forward(x, w, b))

    yield "affine_backward dx", close(got[0], slope(lambda x: value(x=x), x))
    yield "affine_backward dw", close(got[1], slope(lambda w: value(w=w), w))
    yield "affine_backward db", close(got[2], slope(lambda b: value(b=b), b))


def network_checks(m, sizes, x, t, r):
    net = m.MLP(sizes, seed=2)
    net.biases = [b + r.normal(size=b.shape) * 0.3 for b in net.biases]
    for kind, parameters, gradients in zip(
        ("dw", "db"), (net.weights, net.biases), net.backward(x, t), strict=True
    ):
        for i, (p, g) in enumerate(zip(list(parameters), gradients, strict=True)):

            def loss(value, i=i, parameters=parameters):
                kept, parameters[i] = parameters[i], value
                answer = net.loss(x, t)
                parameters[i] = kept
                return answer

            yield f"MLP {sizes[-1]} {kind}{i + 1}", close(g, slope(loss, p))


def test_every_gradient_of_numpy_mlp_is_right():
    assert wrong_names(model("numpy_mlp")) == []


def test_classic_mistakes_makes_the_four_mistakes_and_no_other():
    lower = [f"MLP {size} {kind}{i}" for size in (3, 1) for kind in ("dw", "db") for i in (1, 2)]
    assert sorted(set(wrong_names(model("classic_mistakes")))) == sorted(
        ["sigmoid_derivative", "softmax_jacobian", "binary_cross_entropy_derivative", *lower]
    )


def test_the_mistakes_are_the_ones_named():
    m, r = model("classic_mistakes"), rng()
    z = r.normal(size=6)
    assert close(m.sigmoid_derivative(z), 1 - m.sigmoid(z) ** 2)
    y = m.softmax(z)
    assert close(m.softmax_jacobian(z), np.diag(y * (1 - y)))
    t = np.array([1.0, 0.0])
    assert close(m.binary_cross_entropy_derivative(np.array([0.25, 0.25]), t), [-2.0, -2 / 3])


@pytest.mark.parametrize("name", ["numpy_mlp", "classic_mistakes"])
def test_the_update_steps_and_helpers_are_right(name):
    m = model(name)
    w, g = np.array([1.0, -2.0]), np.array([0.5, 4.0])
    assert close(m.sgd_update(w, g, 0.1), [0.95, -2.4])
    assert close(
        m.momentum_update(w, g, np.array([1.0, 1.0]), 0.1, 0.9), [[1.85, -1.5], [0.85, 0.5]]
    )
    first, _, _ = m.adam_update(w, g, np.zeros(2), np.zeros(2), 1, 0.1)
    assert close(first, [0.9, -2.1])
    assert close(m.l2_penalty(w, 0.4), 1.0)
    assert close(m.one_hot(np.array([2, 0]), 3), [[0, 0, 1], [1, 0, 0]])
    y = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3]])
    assert m.accuracy(y, np.eye(3)[[0, 2]]) == 0.5
    assert m.accuracy(y[:, :1], np.array([[1.0], [0.0]])) == 1.0


def test_numpy_mlp_survives_certain_answers_and_huge_logits():
    m = model("numpy_mlp")
    t = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert m.cross_entropy(t, t) == 0
    assert m.binary_cross_entropy(t[0], t[0]) == 0
    assert close(m.cross_entropy_derivative(t, t), -t / 2)
    assert m.softmax_cross_entropy(np.array([[1000.0, -1000.0]]), t[1:]) == 2000
    assert m.sigmoid_binary_cross_entropy(np.array([[-1000.0]]), np.array([[1.0]])) == 1000


# npnn_layers


def npnn(seed, *layers_and_loss):
    m = model("npnn_layers")
    np.random.seed(seed)
    net = m.Sequential()
    *layers, loss = (getattr(m, name)(*sizes) for name, *sizes in layers_and_loss)
    net.layers, net.chain = layers, loss
    return net


NPNN = {
    "sigmoid": (("Dense", 6, 4), ("LeakyReLU", 4), ("Dense", 4, 1), ("Sigmoid", 1)),
    "softmax": (("Dense", 6, 4), ("LeakyReLU", 4), ("Dense", 4, 3), ("Softmax", 3)),
}


@pytest.mark.parametrize("output", NPNN)
def test_every_gradient_of_npnn_layers_is_right(output):
    loss = ("BinaryCrossEntropyLoss", 1) if output == "sigmoid" else ("CrossEntropyLoss", 3)
    net = npnn(5, ("Dense", 5, 6), ("LeakyReLU", 6), *NPNN[output], loss)
    x, t = (binary if output == "sigmoid" else classes)(rng())
    net.chain.forward(net.forward(x), t)
    grad_x = net.backward(net.chain.backward())
    assert close(grad_x, slope(lambda x: net.chain.forward(net.forward(x), t), x))
    for layer in (layer for layer in net.layers if hasattr(layer, "w")):
        for name in ("w", "b"):
            value, gradient = getattr(layer, name), getattr(layer, f"grad_{name}")

            def at(value, layer=layer, name=name):
                setattr(layer, name, value)
                return net.chain.forward(net.forward(x), t)

            assert close(gradient, slope(at, value))
            setattr(layer, name, value)


@pytest.mark.parametrize(
    "setup, alpha", [("xor_binary_model", 5e-3), ("xor_two_class_model", 1e-2)]
)
def test_npnn_layers_learns_noisy_xor(setup, alpha):
    m = model("npnn_layers")
    np.random.seed(3)
    x, t = m.noisy_xor()
    net = getattr(m, setup)()
    target = t if setup == "xor_binary_model" else np.hstack([1 - t, t])
    losses, accuracy = m.train(net, alpha, x, target)
    assert accuracy > 0.97
    assert losses[-1] < 0.1


# column_network


def test_every_gradient_of_column_network_is_right_up_to_its_epsilon():
    m, r = model("column_network"), rng()
    x, t = classes(r)
    X, Y = x.T, t.T
    parameters = m.initialize_parameters([5, 6, 4, 3])
    parameters = {k: v + 0.1 * r.normal(size=v.shape) for k, v in parameters.items()}
    AL, caches = m.L_model_forward(X, parameters)
    grads = m.L_model_backward(AL, Y, caches)
    assert set(grads) == {"d" + key for key in parameters}
    for key, value in parameters.items():

        def cost(v, key=key):
            return m.compute_cost(m.L_model_forward(X, {**parameters, key: v})[0], Y)

        assert close(grads["d" + key], slope(cost, value))


def test_column_network_reads_labels_in_columns():
    m = model("column_network")
    Y = m.one_hot(np.array([2, 0, 1, 1]), 3)
    assert close(Y, np.array([[0, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0]]))
    assert close(m.softmax(np.log([[1.0, 2.0], [3.0, 2.0]])), np.array([[0.25, 0.5], [0.75, 0.5]]))


def test_column_network_learns_the_digits():
    datasets = pytest.importorskip("sklearn.datasets")
    m, digits = model("column_network"), datasets.load_digits()
    X, labels = digits.data.T / 16, digits.target
    parameters, costs = m.L_layer_model(
        X[:, :1200], m.one_hot(labels[:1200], 10), [64, 20, 10], num_iterations=150
    )
    assert costs[-1] < 0.3
    assert m.accuracy(m.predict(X[:, 1200:], parameters), labels[1200:]) > 0.85


# softmax_regression


def test_every_gradient_of_softmax_regression_is_right():
    m, r = model("softmax_regression"), rng()
    x, t = classes(r)
    w, b, z = (r.normal(size=s) for s in ((5, 3), 3, (7, 3)))
    assert close(m.softmax_gradient(z[0]), slope(m.softmax, z[0]))
    y = m.softmax(z)
    assert close(m.cross_entropy_gradient(y, t), slope(lambda y: m.cross_entropy(y, t), y))
    numeric = slope(lambda z: m.cross_entropy(m.softmax(z), t), z)
    assert close(m.softmax_cross_entropy_gradient(z, t), numeric)
    dw, db = m.gradient(x, t, w, b)
    assert close(dw, slope(lambda w: m.cost(x, t, w, b), w))
    assert close(db, slope(lambda b: m.cost(x, t, w, b), b))


def test_the_surface_is_the_probability_of_the_first_class():
    z1, z2, p = model("softmax_regression").surface(size=5)
    assert close(p[1, 3], 1 / (1 + np.exp(z2[1] - z1[3])))


def test_softmax_regression_separates_its_clouds():
    m = model("softmax_regression")
    x, t = m.clouds()
    w, b = np.zeros((2, 2)), np.zeros(2)
    for _ in range(100):
        w, b = m.update(x, t, w, b, 0.01)
    assert np.mean(m.nn(x, w, b).argmax(axis=1) == t.argmax(axis=1)) > 0.9


# relu_classifier


def test_every_gradient_of_relu_classifier_is_right():
    m, r = model("relu_classifier"), rng()
    x, t = classes(r)
    y = t.argmax(axis=1)
    scores = r.normal(size=(7, 3))
    _, dscores = m.softmax_classifier(scores, y)
    assert close(dscores, slope(lambda s: m.softmax_classifier(s, y)[0], scores))
    params = m.init_params((5, 11, 6, 3))
    params = {k: v + 0.1 * r.normal(size=v.shape) for k, v in params.items()}
    _, grads = m.loss_and_grads(x, y, params, reg=0.3)
    for name, value in params.items():

        def loss(v, name=name):
            return m.loss_and_grads(x, y, {**params, name: v}, reg=0.3)[0]

        assert close(grads[name], slope(loss, value))


def test_relu_classifier_learns_the_three_classes():
    m = model("relu_classifier")
    X, y = m.generate_data()
    params = m.init_params()
    losses = m.train(X, y, params, num_iters=150)
    assert set(y) == {0, 1, 2}
    assert losses[-1] < losses[0]
    assert m.accuracy(X, y, params) > 0.85


# all of them


@pytest.mark.parametrize("name", NAMES)
def test_importing_a_model_prints_nothing_trains_nothing_and_needs_numpy_only(name):
    code = (
        f"import runpy, sys; runpy.run_path({str(FOLDER / name) + '.py'!r});"
        "print(sorted({'matplotlib', 'sklearn', 'checkgrad'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("[]\n", 0)


@pytest.mark.parametrize("name", NAMES)
def test_running_a_model_trains_it(name):
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py")],
        capture_output=True,
        text=True,
        env={**os.environ, "MPLBACKEND": "agg"},
    )
    assert done.returncode == 0, done.stderr
    assert "loss" in done.stdout or "accuracy" in done.stdout
