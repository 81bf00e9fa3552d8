"""check_vjp on jax.custom_vjp and jax.custom_jvp. Run by its own environment: tox -e frameworks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from checkgrad import check_vjp

jax.config.update("jax_enable_x64", True)
RNG = np.random.default_rng(0)


def by_vjp(factor):
    """A sum of sines, with its product by hand."""

    @jax.custom_vjp
    def f(x, w):
        return jnp.sin(x) @ w

    def forward(x, w):
        return f(x, w), (x, w)

    def backward(kept, upstream):
        x, w = kept
        return factor * jnp.cos(x) * (upstream @ w.T), jnp.sin(x).T @ upstream

    f.defvjp(forward, backward)
    return f


def by_jvp(factor):
    @jax.custom_jvp
    def f(x):
        return jnp.log1p(jnp.exp(x))

    @f.defjvp
    def tangent(primals, tangents):
        (x,), (v,) = primals, tangents
        return f(x), factor * jax.nn.sigmoid(x) * v

    return f


X, W = jnp.asarray(RNG.standard_normal((4, 3))), jnp.asarray(RNG.standard_normal((3, 2)))


@pytest.mark.parametrize("seed", range(5))
def test_right_products_are_right(seed):
    assert check_vjp(by_vjp(1.0), X, W, seed=seed).verdict == "right"
    assert check_vjp(by_jvp(1.0), X, seed=seed).verdict == "right"


def test_a_wrong_vjp_is_named():
    answer = check_vjp(by_vjp(2.0), X, W, seed=0)
    assert answer.verdict == "wrong"
    assert [block.name for block in answer.wrong] == ["dx"]
    assert "2 times too large" in answer.wrong[0].structure


def test_of_a_custom_jvp_both_products_are_checked():
    answer = check_vjp(by_jvp(-1.0), X, seed=0)
    assert answer.verdict == "wrong"
    assert answer.problem.startswith("vjp: wrong in dx; jvp: wrong in dx")


def test_any_function_of_arrays_will_do():
    assert check_vjp(lambda x: {"a": jnp.tanh(x), "b": x.sum()}, X, seed=0)
    assert check_vjp(jax.nn.softmax, X, seed=0)


def test_integers_and_flags_are_left_alone():
    def f(x, labels, square):
        picked = jnp.take_along_axis(jax.nn.log_softmax(x), labels[:, None], axis=1)
        return picked**2 if square else picked

    assert check_vjp(f, X, jnp.array([0, 2, 1, 1]), True, seed=0)


def test_single_precision_shows_gross_mistakes():
    single = jnp.asarray(X, jnp.float32)
    assert check_vjp(by_jvp(1.0), single, seed=0).ok
    assert check_vjp(by_jvp(2.0), single, seed=0).verdict == "wrong"
