"""Gradients by very many numbers: few evaluations, little memory, and nothing hides in directions that repeat."""

import tracemalloc

import numpy as np
import pytest

from checkgrad import check_gradient

SIZE = 250_000
SEEDS = pytest.mark.parametrize("seed", range(2))


def wave(x):
    return float(np.sum(np.tanh(x)))


def slope(x):
    return 1 - np.tanh(x) ** 2


def relu_network(seed, samples=32, sizes=(600, 400, 10)):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((samples, sizes[0]))
    t = np.eye(sizes[-1])[rng.integers(0, sizes[-1], samples)]
    w1, w2 = rng.standard_normal(sizes[:2]) / 20, rng.standard_normal(sizes[1:]) / 20

    def forward(w1, b1, w2, b2):
        a = np.maximum(x @ w1 + b1, 0)
        z = a @ w2 + b2
        return a, z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))

    def loss(*parameters):
        return float(-np.mean(np.sum(t * forward(*parameters)[1], axis=1)))

    def gradient(w1, b1, w2, b2):
        a, logs = forward(w1, b1, w2, b2)
        d = (np.exp(logs) - t) / samples
        dz = (d @ w2.T) * (a > 0)
        return x.T @ dz, dz.sum(axis=0), a.T @ d, d.sum(axis=0)

    return loss, gradient, (w1, np.zeros(sizes[1]), w2, np.zeros(sizes[2]))


@SEEDS
def test_a_smooth_function_takes_five_evaluations(seed):
    x = np.random.default_rng(seed).standard_normal(SIZE) / 10
    answer = check_gradient(wave, slope, x, seed=seed)
    assert answer.verdict == "right"
    assert answer.evaluations == 5


def test_memory_is_three_times_that_of_the_argument():
    x = np.random.default_rng(0).standard_normal(4 * SIZE)
    check_gradient(wave, slope, x[:SIZE], seed=0)
    tracemalloc.start()
    answer = check_gradient(wave, slope, x, seed=0)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.verdict == "right"
    assert most <= 3.2 * x.nbytes  # gradients themselves take three


def test_an_argument_is_what_it_was():
    x = np.random.default_rng(0).standard_normal((500, 600)).T
    before = x.copy()
    assert check_gradient(wave, slope, x, seed=0).ok
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("position", [0, 2**14, SIZE - 1])
def test_one_wrong_entry_of_many_is_found(position):
    x = np.random.default_rng(position).standard_normal(SIZE) / 10

    def wrong(x):
        g = slope(x)
        g[position] *= -1
        return g

    answer = check_gradient(wave, wrong, x, seed=position)
    assert answer.verdict == "wrong"
    assert f"dx[{position}]" in str(answer)


@pytest.mark.parametrize("apart", [1, 2**14, 3 * 2**14])
def test_entries_that_changed_places_are_found_at_any_distance(apart):
    x = np.random.default_rng(apart).standard_normal(SIZE)

    def wrong(x):
        g = slope(x)
        g[[5, 5 + apart]] = g[[5 + apart, 5]]
        return g

    assert check_gradient(wave, wrong, x, seed=apart).verdict == "wrong"


@SEEDS
def test_kinks_all_around_are_no_noise(seed):
    loss, gradient, parameters = relu_network(seed)
    several = {"wrt": (0, 1, 2, 3), "seed": seed}
    assert check_gradient(loss, gradient, *parameters, **several).verdict == "right"
    scaled = check_gradient(
        loss, lambda *p: tuple(1.001 * g for g in gradient(*p)), *parameters, **several
    )
    assert scaled.verdict == "wrong"


@SEEDS
def test_noise_of_f_is_told_from_kinks(seed):
    x = np.random.default_rng(seed).standard_normal(SIZE)

    def noisy(x):
        return wave(x) * (1 + 1e-9 * np.sin(1e9 * wave(x)))

    assert check_gradient(noisy, slope, x, seed=seed).verdict == "right"
    assert check_gradient(noisy, lambda x: 1.5 * slope(x), x, seed=seed).verdict == "wrong"


@pytest.mark.parametrize("kind", ["elementwise", "jvp", "vjp"])
def test_every_kind_does_with_as_many(kind):
    x = np.random.default_rng(0).standard_normal(SIZE)
    given = {
        "elementwise": slope,
        "jvp": lambda v, x: slope(x) * v,
        "vjp": lambda u, x: u * slope(x),
    }
    assert check_gradient(np.tanh, given[kind], x, kind=kind, seed=0).verdict == "right"
