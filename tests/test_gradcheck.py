"""check_gradient: right gradients pass, wrong ones are found, located and described."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkgrad import check_gradient

RNG = np.random.default_rng(0)
Z = RNG.standard_normal((7, 3))
T = np.eye(3)[RNG.integers(0, 3, 7)]


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy(z, t):
    return -np.mean(np.sum(t * np.log(softmax(z)), axis=1))


def right(z, t):
    return (softmax(z) - t) / len(z)


def changed(g, index, by):
    g = g.copy()
    g[index] *= by
    return g


def network(seed, sizes=(5, 6, 4, 3), samples=8, activation="relu"):
    """A network as f(parameters, x, t) and its gradient, with parameters as a dict."""
    rng = np.random.default_rng(seed)
    layers = range(len(sizes) - 1)
    parameters = {f"W{k + 1}": rng.standard_normal(sizes[k : k + 2]) for k in layers}
    parameters |= {f"b{k + 1}": 0.1 * rng.standard_normal(sizes[k + 1]) for k in layers}
    x = rng.standard_normal((samples, sizes[0]))
    t = np.eye(sizes[-1])[rng.integers(0, sizes[-1], samples)]

    def act(z):
        return np.maximum(z, 0) if activation == "relu" else np.tanh(z)

    def forward(p, x):
        a, z = [x], []
        for k in layers:
            z.append(a[-1] @ p[f"W{k + 1}"] + p[f"b{k + 1}"])
            a.append(act(z[-1]))
        return a, z

    def log_softmax(z):
        m = z.max(axis=1, keepdims=True)
        return z - m - np.log(np.exp(z - m).sum(axis=1, keepdims=True))

    def f(p, x, t, log_softmax=log_softmax):
        z = forward(p, x)[1][-1]
        return float(-np.mean((t * log_softmax(z)).sum(axis=1)))

    def gradient(p, x, t):
        a, z = forward(p, x)
        d, g = (softmax(z[-1]) - t) / len(x), dict.fromkeys(p)
        for k in reversed(layers):
            g[f"W{k + 1}"], g[f"b{k + 1}"] = a[k].T @ d, d.sum(axis=0)
            if k:
                slope = z[k - 1] > 0 if activation == "relu" else 1 - a[k] ** 2
                d = d @ p[f"W{k + 1}"].T * slope
        return g

    return f, gradient, parameters, x, t


# right gradients


def test_a_right_gradient_passes_and_says_how_sharp_that_is():
    answer = check_gradient(cross_entropy, right, Z, T)
    assert answer
    assert answer.resolution["z"] < 1e-9
    answer.assert_ok()


def test_it_costs_a_handful_of_evaluations_whatever_the_number_of_parameters():
    x = np.random.default_rng(0).standard_normal(20_000)
    answer = check_gradient(lambda x: np.sum(np.tanh(x)), lambda x: 1 - np.tanh(x) ** 2, x)
    assert answer
    assert answer.evaluations < 30


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(["relu", "tanh"]))
def test_right_networks_are_never_accused(seed, activation):
    f, gradient, *args = network(seed, activation=activation)
    answer = check_gradient(f, gradient, *args, seed=seed)
    assert answer, answer
    assert answer.worst <= 0.5


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_right_networks_in_float32_are_never_accused(seed):
    f, gradient, p, x, t = network(seed)

    def single(p, x, t):
        return f({k: v.astype(np.float32) for k, v in p.items()}, x.astype(np.float32), t)

    assert not check_gradient(single, gradient, p, x, t, seed=seed).wrong
    twice = check_gradient(
        single, lambda *args: {k: 2 * g for k, g in gradient(*args).items()}, p, x, t, seed=seed
    )
    assert not twice


def test_parameters_in_float32_are_moved_in_float32():
    f, gradient, p, x, t = network(0)
    p = {k: v.astype(np.float32) for k, v in p.items()}

    def strict(p, x, t):
        assert all(v.dtype == np.float32 for v in p.values())
        return f(p, x, t)

    assert check_gradient(strict, gradient, p, x, t)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_units_exactly_on_their_kink_are_no_mistake(seed):
    f, gradient, p, x, t = network(seed)
    p["W1"][:, 0], p["b1"][0] = 0, 0
    assert check_gradient(f, gradient, p, x, t, seed=seed)


@pytest.mark.parametrize(
    "distance", [0, 1e-12, 1e-9, 1e-8, -1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, -1e-2, 5e-2]
)
def test_a_kink_at_any_distance_is_no_mistake(distance):
    x = np.array([distance, 1.0, -2.0, 0.7])
    w = np.array([1.0, 2.0, 0.5, 1.5])
    answer = check_gradient(
        lambda x: np.sum(w * np.maximum(x, 0) + np.tanh(x) ** 2),
        lambda x: w * (x > 0) + 2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
        x,
    )
    assert answer, answer


def test_either_convention_at_a_kink_is_right():
    x = np.array([0.0, 1.0, -1.0])
    for slope in (lambda x: (x > 0) * 1.0, lambda x: (x >= 0) * 1.0):
        answer = check_gradient(lambda x: np.maximum(x, 0).sum(), slope, x)
        assert answer
        assert answer.notes


@pytest.mark.parametrize("eps", [1e-15, 1e-12, 1e-9, 1e-8, 1e-7])
def test_an_eps_in_the_loss_is_a_note(eps):
    def f(z, t):
        return -np.mean(np.sum(t * np.log(softmax(z) + eps), axis=1))

    assert check_gradient(f, right, Z, T, seed=0)


def test_a_large_eps_is_noted():
    answer = check_gradient(
        lambda z, t: -np.mean(np.sum(t * np.log(softmax(z) + 1e-7), axis=1)), right, Z, T, seed=0
    )
    assert "an eps" in answer.notes[0]


def test_a_clip_in_the_loss_is_a_note_even_where_it_bites():
    z = Z.copy()
    z[0] = 40 * (1 - T[0])

    def f(z, t):
        return -np.mean(np.sum(t * np.log(np.clip(softmax(z), 1e-12, 1 - 1e-12)), axis=1))

    for seed in range(20):
        answer = check_gradient(f, right, z, T, seed=seed)
        assert answer, answer
        assert "a clip" in answer.notes[0]


def with_eps(f, eps):
    """The network's loss as it is often written, with an eps in the logarithm."""

    def loss(p, x, t):
        return f(p, x, t, lambda z: np.log(softmax(z) + eps))

    return loss


@pytest.mark.parametrize("seed", range(8))
def test_an_eps_in_the_loss_of_a_network_is_a_note(seed):
    f, gradient, *args = network(seed, activation="tanh")
    answer = check_gradient(with_eps(f, 10.0 ** -(7 + seed % 3)), gradient, *args, seed=seed)
    assert answer, answer
    assert "an eps" in answer.notes[0]


@pytest.mark.parametrize("seed", range(4))
def test_an_eps_in_the_loss_of_a_network_excuses_nothing_else(seed):
    f, gradient, *args = network(seed, activation="tanh")
    loss = with_eps(f, 1e-9)
    first = next(iter(args[0]))

    def changed_by(factor, *names):
        return lambda p, x, t: {
            k: g * factor if k in names else g for k, g in gradient(p, x, t).items()
        }

    assert not check_gradient(loss, changed_by(1.001, *args[0]), *args, seed=seed)
    assert not check_gradient(loss, changed_by(0.999, first), *args, seed=seed)


@pytest.mark.parametrize("z", [[9.5, -7.0, -12.0], [3.0, -4.0, -6.0]])
def test_an_eps_that_scales_the_gradient_of_a_single_row_is_a_note(z):
    z, t = np.array([z]), np.array([[0.0, 0.0, 1.0]])
    answer = check_gradient(
        lambda z, t: -np.mean(np.sum(t * np.log(softmax(z) + 1e-7), axis=1)), right, z, t, seed=0
    )
    assert answer, answer


def test_an_eps_in_a_loss_of_probabilities_is_a_note():
    y = np.array([1e-6, 1e-3, 0.3, 0.9, 1 - 1e-4, 1 - 1e-6])
    t = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    answer = check_gradient(
        lambda y: -np.mean(t * np.log(y + 1e-8) + (1 - t) * np.log(1 - y + 1e-8)),
        lambda y: (y - t) / (y * (1 - y)) / len(y),
        y,
        seed=0,
    )
    assert answer, answer
    assert "an eps" in answer.notes[0]


def test_what_rounding_hides_is_undecided():
    x = np.ones(3)
    answer = check_gradient(lambda x: 1e9 + 1e-9 * np.sum(x), lambda x: np.full(3, 2e-9), x)
    assert answer.verdict == "undecided"
    assert "half as large" in answer.problem


# wrong gradients


def test_an_eps_in_the_loss_does_not_excuse_a_wrong_entry_of_a_small_array():
    z, t = Z[:3], T[:3]

    def f(z, t):
        return -np.mean(np.sum(t * np.log(softmax(z) + 1e-8), axis=1))

    assert check_gradient(f, right, z, t, seed=0)
    assert not check_gradient(f, lambda z, t: right(z, t) * (1 - t), z, t, seed=0)


@pytest.mark.parametrize("most", [1, 10, 30, 60, 100, 200])
def test_evaluations_are_limited_strictly(most):
    calls = []

    def f(z, t):
        calls.append(z)
        return cross_entropy(z, t)

    answer = check_gradient(f, lambda z, t: softmax(z) - t, Z, T, seed=0, max_evaluations=most)
    assert not answer
    assert len(calls) <= max(most, 2)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("wrong", "structure"),
    [
        (lambda z, t: softmax(z) - t, "7 times too large, and z.shape[0] = t.shape[0] = 7"),
        (lambda z, t: -right(z, t), "right but for the sign"),
        (lambda z, t: 1.001 * right(z, t), "1.001 times what is due"),
        (lambda z, t: 0 * right(z, t), "zero everywhere"),
        (lambda z, t: changed(right(z, t), (3, 1), 1.01), "wrong in one entry"),
        (lambda z, t: changed(right(z, t), 3, 0), "wrong in row 3, and right elsewhere"),
    ],
)
def test_a_wrong_gradient_is_found_and_described(wrong, structure, seed):
    answer = check_gradient(cross_entropy, wrong, Z, T, seed=seed)
    assert not answer
    assert [(block.name, block.structure) for block in answer.wrong] == [("dz", structure)]


def test_the_wrong_entry_is_named_with_its_numbers():
    answer = check_gradient(
        cross_entropy, lambda z, t: changed(right(z, t), (3, 1), 1.01), Z, T, seed=0
    )
    (entry,) = answer.wrong[0].entries
    assert entry.where == "dz[3, 1]"
    assert entry.ratio == pytest.approx(1.01, abs=1e-9)
    assert entry.numeric == pytest.approx(right(Z, T)[3, 1], abs=entry.bound)
    assert "dz[3, 1]: analytic" in repr(answer)
    with pytest.raises(AssertionError, match=r"dz\[3, 1\]"):
        answer.assert_ok()


def test_one_wrong_entry_among_thousands_is_found_within_the_budget():
    x = np.random.default_rng(0).standard_normal((80, 100))
    answer = check_gradient(
        lambda x: np.sum(np.tanh(x)),
        lambda x: changed(1 - np.tanh(x) ** 2, (41, 7), 1 + 1e-4),
        x,
        seed=0,
    )
    assert [entry.where for entry in answer.wrong[0].entries] == ["dx[41, 7]"]
    assert answer.evaluations <= 600


@pytest.mark.parametrize("seed", range(20))
def test_a_wrong_array_is_named_among_the_right_ones(seed):
    f, gradient, *args = network(seed)

    def averaged(p, x, t):
        g = gradient(p, x, t)
        return g | {"b2": g["b2"] / len(x)}

    answer = check_gradient(f, averaged, *args, seed=seed)
    assert [block.name for block in answer.wrong] == ["db2"]
    assert "times too small, and x.shape[0] = t.shape[0] = 8" in answer.wrong[0].structure


@pytest.mark.parametrize("value", [0.0, 3.0, 3.1])
def test_a_loss_that_does_not_depend_on_the_parameters_is_told_from_one_that_does(value):
    assert check_gradient(lambda w: value, np.zeros_like, Z)
    assert not check_gradient(lambda w: value, np.ones_like, Z)


def test_a_missing_penalty_is_named_with_its_factor():
    w = np.random.default_rng(0).standard_normal((8, 5))
    answer = check_gradient(
        lambda w: np.sum(np.tanh(w)) + 0.5e-3 * np.sum(w * w), lambda w: 1 - np.tanh(w) ** 2, w
    )
    assert answer.wrong[0].structure == "without the term 0.001 * w, as of an L2 penalty"


def test_a_missing_derivative_of_an_activation_is_found():
    f, gradient, p, x, t = network(0, sizes=(5, 4, 3), activation="tanh")

    def straight(p, x, t):
        d = (softmax(np.tanh(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]) - t) / len(x)
        back = d @ p["W2"].T
        return gradient(p, x, t) | {"W1": x.T @ back, "b1": back.sum(axis=0)}

    answer = check_gradient(f, straight, p, x, t)
    assert sorted(block.name for block in answer.wrong) == ["dW1", "db1"]


def test_a_gradient_that_is_cut_off_at_large_logits_is_found_there():
    z = Z.copy()
    z[0] = 40 * (1 - T[0])

    def cut(z, t):
        return np.where(np.abs(z) > 30, 0, right(z, t))

    assert check_gradient(cross_entropy, cut, Z, T)
    assert not check_gradient(cross_entropy, cut, z, T)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_an_error_hidden_from_fixed_directions_is_found(seed, other):
    x = np.random.default_rng(0).standard_normal(12)
    blind = np.random.default_rng(other).random((2, 12))
    error = np.linalg.svd(np.vstack([blind, np.ones(12)]))[2][-1]
    assert not check_gradient(np.sum, lambda x: np.ones(12) + error, x, seed=seed)


def test_directions_are_fresh_unless_a_seed_is_given():
    def answer(**options):
        return check_gradient(np.sum, lambda x: np.ones(4), np.ones(4), **options)

    assert answer().seed != answer().seed
    assert repr(answer(seed=3)) == repr(answer(seed=3))
    assert "seed=3" in repr(answer(seed=3))


# forms of arguments


@pytest.mark.parametrize(
    ("parameters", "gradient", "names"),
    [
        ([Z, T], lambda p: [2 * p[0], p[1] * 0], ["dp[1]"]),
        ((Z, T), lambda p: (2 * p[0], p[1] * 0), ["dp[1]"]),
        ({"a": Z, "b": [T]}, lambda p: {"a": 2 * p["a"], "b": [p["b"][0] * 0]}, ["db[0]"]),
        (1.5, lambda p: p, ["dp"]),
    ],
)
def test_parameters_may_be_grouped(parameters, gradient, names):
    def f(p):
        leaves = p.values() if isinstance(p, dict) else p if isinstance(p, list | tuple) else [p]
        return sum(np.sum(np.square(leaf)) for leaf in leaves)

    answer = check_gradient(f, gradient, parameters)
    assert [block.name for block in answer.wrong] == names


def test_the_order_of_a_dict_does_not_matter():
    def f(p):
        return np.sum(p["a"] ** 2) + np.sum(p["b"] ** 3)

    def gradient(p):
        return {"b": 3 * p["b"] ** 2, "a": 2 * p["a"]}

    assert check_gradient(f, gradient, {"a": Z, "b": T + 1})


def test_for_a_list_of_numbers_an_array_will_do():
    assert check_gradient(lambda w: np.sum(np.square(w)), lambda w: 2 * np.array(w), [1.0, 2.0])


def test_arrays_of_the_same_key_are_named_in_full():
    def f(p):
        return np.sum(p["one"]["W"] ** 2) + np.sum(p["two"]["W"] ** 2)

    def gradient(p):
        return {"one": {"W": 2 * p["one"]["W"]}, "two": {"W": 3 * p["two"]["W"]}}

    answer = check_gradient(f, gradient, {"one": {"W": Z}, "two": {"W": Z}})
    assert [block.name for block in answer.wrong] == ["dp.two.W"]


def test_several_arguments_at_once():
    def f(x, w):
        return np.sum(np.tanh(x @ w))

    def gradient(x, w):
        d = 1 - np.tanh(x @ w) ** 2
        return d @ w.T, x.T @ d

    x, w = RNG.standard_normal((4, 3)), RNG.standard_normal((3, 2))
    assert check_gradient(f, gradient, x, w, wrt=(0, 1))


# other derivatives


def jacobian(z):
    y = softmax(z)
    return np.diag(y) - np.outer(y, y)


def test_jacobians():
    z = RNG.standard_normal(5)
    assert check_gradient(softmax, jacobian, z, kind="jacobian")
    answer = check_gradient(softmax, lambda z: jacobian(z) * np.eye(5), z, kind="jacobian")
    assert answer.wrong[0].structure == "only the diagonal of what is due"


def test_vector_jacobian_products():
    def product(dy, z):
        y = softmax(z)
        return y * (dy - (dy * y).sum(axis=1, keepdims=True))

    assert check_gradient(softmax, product, Z, kind="vjp")
    assert not check_gradient(softmax, lambda dy, z: dy * softmax(z), Z, kind="vjp")


def test_jacobian_vector_products():
    def product(v, z):
        y = softmax(z)
        return y * (v - (v * y).sum(axis=1, keepdims=True))

    assert check_gradient(softmax, product, Z, kind="jvp")
    assert not check_gradient(softmax, lambda v, z: v * softmax(z), Z, kind="jvp")


def test_slopes_of_elementwise_functions():
    assert check_gradient(np.tanh, lambda x: 1 - np.tanh(x) ** 2, Z, kind="elementwise")
    answer = check_gradient(np.tanh, lambda x: 1 - np.tanh(x), Z, kind="elementwise")
    assert answer.wrong[0].structure == "wrong in 21 of 21 entries"
    assert answer.wrong[0].entries[1].where == "dargument0[0, 1]"
    assert [e.analytic for e in answer.wrong[0].entries] == pytest.approx(
        (1 - np.tanh(Z)).ravel()[:5]
    )


def test_hessian_vector_products_are_products_of_the_gradient_and_symmetric():
    a = RNG.standard_normal((4, 4))

    def gradient(x):
        return 4 * x**3 + (a + a.T) @ x

    def product(v, x):
        return 12 * x**2 * v + (a + a.T) @ v

    x = RNG.standard_normal(4)
    assert check_gradient(gradient, product, x, kind="hvp")
    assert not check_gradient(gradient, lambda v, x: 12 * x**2 * v + 2 * a @ v, x, kind="hvp")
    answer = check_gradient(lambda x: a @ x, lambda v, x: a @ v, x, kind="hvp")
    assert answer.problem.startswith("not symmetric")


def test_adjoint_products():
    w = RNG.standard_normal((3, 2))
    assert check_gradient(lambda v, x: v @ w, lambda u, x: u @ w.T, Z, kind="adjoint")
    answer = check_gradient(lambda v, x: v @ w, lambda u, x: 2 * u @ w.T, Z, kind="adjoint")
    assert answer.problem.startswith("not adjoint")


# domains


def test_probabilities_can_be_moved_along_the_simplex():
    p = softmax(Z)

    def f(p):
        assert np.allclose(p.sum(axis=1), 1, atol=1e-9)
        return np.sum(p * np.log(p))

    assert check_gradient(f, lambda p: np.log(p) + 1, p, domain="simplex")
    assert not check_gradient(f, lambda p: p * np.log(p), p, domain="simplex")


@pytest.mark.parametrize("domain", ["probability", None])
def test_probabilities_close_to_0_and_1_can_be_moved(domain):
    y = np.array([1e-6, 0.3, 1 - 1e-6])

    def slope(y):
        return 1 / y + 1 / (1 - y)

    assert check_gradient(lambda y: np.sum(np.log(y / (1 - y))), slope, y, domain=domain)
    assert not check_gradient(lambda y: np.sum(np.log(y * (1 - y))), slope, y, domain=domain)


def test_small_positive_numbers_need_no_domain():
    p = np.array([1e-9, 0.3, 0.7])
    assert check_gradient(lambda p: np.sum(np.log(p)), lambda p: 1 / p, p)


def test_symmetric_matrices_stay_symmetric():
    a = np.eye(3) + 0.1

    def f(a):
        assert np.array_equal(a, a.T)
        return np.linalg.slogdet(a)[1]

    assert check_gradient(f, np.linalg.inv, a, domain="symmetric")


# functions that misbehave


def test_a_function_that_is_not_deterministic_is_called_that():
    answer = check_gradient(lambda x: x.sum() + RNG.standard_normal(), np.ones_like, np.ones(3))
    assert answer.problem.startswith("f is not deterministic")


def test_a_gradient_that_is_not_deterministic_is_called_that():
    answer = check_gradient(np.sum, lambda x: RNG.standard_normal(3), np.ones(3))
    assert answer.problem.startswith("gradient is not deterministic")


def test_changing_an_argument_is_called_that():
    def f(x):
        x += 1
        return x.sum()

    def gradient(x):
        x[0] = 5
        return np.ones(3)

    x = np.ones(3)
    assert check_gradient(f, np.ones_like, x).problem.startswith("f changed an array")
    assert check_gradient(np.sum, gradient, x).problem.startswith("gradient changed an array")
    assert x.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("gradient", "words"),
    [
        (lambda z, t: right(z, t).T, "dz has shape (3, 7), expected (7, 3); is it transposed?"),
        (lambda z, t: None, "returned None, expected one array"),
        (lambda z, t: [right(z, t)], "returned a list of 1, expected one array"),
        (lambda z, t: right(z, t) * np.nan, "dz[0, 0] is nan, expected a finite number"),
        (lambda z, t: right(z, t) * 1j, "dz is of type complex128"),
    ],
)
def test_gradients_of_another_form_are_called_that(gradient, words):
    answer = check_gradient(cross_entropy, gradient, Z, T)
    assert not answer
    assert words in answer.problem


@pytest.mark.parametrize(
    ("f", "x", "error", "words"),
    [
        (np.tanh, np.ones(3), ValueError, "f returned an array of shape (3,), expected one number"),
        (lambda x: np.nan, np.ones(3), ValueError, "f is nan"),
        (lambda x: 1j * x.sum(), np.ones(3), TypeError, "complex"),
        (lambda w: w.sum(), np.arange(3), TypeError, "w is of type int64, expected floats"),
        (lambda w: w.sum(), np.zeros((0, 2)), ValueError, "w has shape (0, 2)"),
        (lambda w: w.sum(), np.array([np.inf]), ValueError, "w contains NaN or infinity"),
        (lambda w: w.sum().real, np.ones(2) * 1j, TypeError, "w is complex"),
        (lambda w: 0.0, [], ValueError, "w holds no array"),
        (lambda w: None, np.ones(2), TypeError, "f returned None"),
        (lambda w: (w.sum(), w), np.ones(2), TypeError, "f returned a tuple of 2"),
        (np.ones(2), np.ones(2), TypeError, "f is one array, expected a function"),
        (lambda w: w.sum(), np.ma.masked_array(np.ones(2)), TypeError, "w is a MaskedArray"),
    ],
)
def test_unusable_calls_are_refused_with_the_argument_named(f, x, error, words):
    with pytest.raises(error) as raised:
        check_gradient(f, np.ones_like, x)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    "options", [{"kind": "slope"}, {"domain": "cube"}, {"wrt": 1}, {"wrt": "x"}]
)
def test_unknown_options_are_refused(options):
    with pytest.raises((TypeError, ValueError), match=next(iter(options))):
        check_gradient(np.sum, np.ones_like, np.ones(3), **options)


def test_tolerances_override_and_are_reported():
    answer = check_gradient(np.sum, lambda x: 1.001 * np.ones(3), np.ones(3), rtol=1e-2, seed=0)
    assert answer
    assert "rtol=0.01" in answer.notes[0]


def test_a_function_that_is_nowhere_smooth_gets_no_verdict_of_wrong():
    answer = check_gradient(lambda x: np.floor(1e9 * x).sum() % 7, np.zeros_like, np.full(3, 0.3))
    assert not answer.wrong


# the package


def test_importing_checkgrad_does_not_import_numpy():
    code = "import checkgrad, sys; assert 'numpy' not in sys.modules; checkgrad.check_gradient"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_names_of_the_package_are_refused():
    import checkgrad

    with pytest.raises(AttributeError, match="no attribute 'gradient_check'"):
        _ = checkgrad.gradient_check
