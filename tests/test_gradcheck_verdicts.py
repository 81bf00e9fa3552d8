"""Three answers: nothing is right that could be zero, of the other sign or half as large; excuses need proof."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from checkgrad import check_gradient, numeric_gradient

SEEDS = pytest.mark.parametrize("seed", range(5))


def hashed(x):
    """Noise that comes again for the same x."""
    bits = np.frombuffer(np.ascontiguousarray(x, float).tobytes(), np.uint32)
    return np.random.default_rng(bits).standard_normal()


def wave(x):
    return float(np.sum(np.sin(x) * np.exp(x / 3)))


def slope(x):
    return (np.cos(x) + np.sin(x) / 3) * np.exp(x / 3)


# noise


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(-12, -1), st.sampled_from([1.5, 2.0, -1.0, 0.0, 0.5]))
def test_whatever_the_noise_a_gross_mistake_is_never_right(seed, exponent, factor):
    x = np.random.default_rng(seed).standard_normal(6)

    def f(x):
        return wave(x) + 10.0**exponent * hashed(x)

    assert check_gradient(f, lambda x: factor * slope(x), x, seed=seed).verdict != "right"
    assert check_gradient(f, slope, x, seed=seed).verdict != "wrong"


@SEEDS
def test_noise_is_averaged_out_where_f_is_smooth_otherwise(seed):
    x = np.array([0.4, -0.9, 1.3])

    def f(x):
        return wave(x) + 1e-4 * hashed(x)

    assert check_gradient(f, slope, x, seed=seed).verdict == "right"
    assert check_gradient(f, lambda x: -slope(x), x, seed=seed).verdict == "wrong"


def test_undecided_says_what_limits_it_and_what_would_have_shown():
    x = np.array([0.4, -0.9, 1.3])
    answer = check_gradient(lambda x: wave(x) + hashed(x), slope, x, seed=0)
    assert answer.verdict == "undecided"
    assert not answer
    assert "the noise of f" in answer.problem
    assert answer.resolution["x"] > 0.1
    assert "would have shown" in repr(answer)


def test_a_noise_that_is_known_need_not_be_measured():
    x = np.array([0.4, -0.9, 1.3])

    def f(x):
        return wave(x) + 1e-6 * hashed(x)

    assert check_gradient(f, slope, x, seed=0, noise=5e-6).verdict == "right"
    assert check_gradient(wave, lambda x: 0 * x, x, seed=0, noise=10.0).verdict == "undecided"


@SEEDS
def test_an_iteration_that_stops_early_is_no_mistake_of_the_gradient(seed):
    def solved(p):
        y, old = 0.5, 0.0
        while abs(y - old) > 1e-6:
            y, old = float(np.cos(p[0] * y)), y
        return y

    def implicit(p):
        y = 0.5
        for _ in range(200):
            y = float(np.cos(p[0] * y))
        return -y * np.sin(p * y) / (1 + p * np.sin(p * y))

    p = np.array([0.9])
    assert check_gradient(solved, implicit, p, seed=seed).verdict != "wrong"
    assert check_gradient(solved, lambda p: -implicit(p), p, seed=seed).verdict != "right"


@pytest.mark.parametrize("value", [0.0, 1.0, 3.1])
def test_of_a_constant_only_zero_is_the_gradient(value):
    x = np.array([0.4, -0.9, 1.3, 2.0])
    assert check_gradient(lambda x: value, lambda x: 0 * x, x).verdict == "right"
    assert check_gradient(lambda x: value, lambda x: 0 * x + 0.03, x).verdict == "wrong"
    assert check_gradient(lambda x: value, lambda x: 0 * x + 1e-7, x).verdict != "right"


@SEEDS
def test_what_cancels_but_for_rounding_is_zero(seed):
    z = np.random.default_rng(seed).standard_normal((3, 4))

    def f(z, b):  # a shift of all logits changes nothing
        e = np.exp(z + b)
        return float(np.sum(np.log(e / e.sum(axis=1, keepdims=True))[:, 0]))

    def gradient(z, b):
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return np.sum(np.eye(4)[0] - p)

    assert check_gradient(f, gradient, z, 0.3, wrt="b", seed=seed).verdict == "right"


def test_at_a_minimum_the_gradient_nearby_decides():
    x = np.ones(3)
    assert check_gradient(lambda x: np.sum((x - 1) ** 2), lambda x: 2 * (x - 1), x)
    close = x + 1e-9
    assert check_gradient(lambda x: 1e3 + np.sum((x - 1) ** 2), lambda x: 2 * (x - 1), close)
    off = check_gradient(lambda x: np.sum((x - 1) ** 2), lambda x: 2 * (x - 1) + 1e-6, x)
    assert off.verdict == "wrong"


# excuses


def pairs(x, repulsion=1.0, attraction=1.0):
    return np.sum(-12 * repulsion * x**-13 + 6 * attraction * x**-7)


@SEEDS
@pytest.mark.parametrize("attraction", [0.0, 2.0, -1.0, 1.1])
def test_a_missing_attraction_is_no_eps(attraction, seed):
    r = np.array([0.95, 1.1, 1.3, 1.7])

    def gradient(r):
        return -12 * r**-13 + 6 * attraction * r**-7

    assert (
        check_gradient(lambda r: np.sum(r**-12 - r**-6), gradient, r, seed=seed).verdict == "wrong"
    )


MISSING = {
    "a penalty beside a pole": (lambda x: x**-2.0 + 0.05 * x**2, lambda x: -2 * x**-3.0),
    "a penalty beside a logarithm": (lambda x: 5e-4 * x**2 - np.log(x), lambda x: -1 / x),
    "the end of a series": (np.sin, lambda x: 1 - x**2 / 2 + x**4 / 24),
    "all but the first term of a series": (np.log1p, lambda x: 1 - x + x**2),
    "half of an exponential": (np.exp, lambda x: 2 * np.exp(x)),
}


@SEEDS
@pytest.mark.parametrize("what", MISSING)
def test_a_term_that_is_missing_is_no_eps(what, seed):
    f, derivative = MISSING[what]
    x = np.linspace(0.5, 2, 8)
    answer = check_gradient(lambda x: float(np.sum(f(x))), derivative, x, seed=seed)
    assert answer.verdict == "wrong"


@SEEDS
def test_a_gradient_that_is_cut_off_where_f_is_not_is_wrong(seed):
    z = np.array([0.5, -2.0, 9.0, -12.0, 1.0])

    def gradient(z):
        return np.where(np.abs(z) > 8, 0, np.tanh(z / 2) / 2)

    def f(z):
        return float(np.sum(np.log(np.cosh(z / 2))))

    assert check_gradient(f, gradient, z, seed=seed).verdict == "wrong"


@SEEDS
def test_a_limit_of_f_that_its_gradient_lacks_is_never_right(seed):
    x = np.array([-3.1, -0.4, 0.2, 0.7, 1.9, 2.6])
    huber = check_gradient(
        lambda x: float(np.sum(np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5))),
        lambda x: x,
        x,
        seed=seed,
    )
    assert huber.verdict != "right"
    clipped = check_gradient(lambda x: float(np.sum(np.clip(x, -1, 1))), np.ones_like, x, seed=seed)
    assert clipped.verdict != "right"


@SEEDS
@pytest.mark.parametrize("eps", [1e-15, 1e-12, 1e-9, 1e-7])
def test_an_eps_at_saturated_logits_is_a_note(eps, seed):
    rng = np.random.default_rng(seed)
    z, t = 6 * rng.standard_normal(8), (rng.random(8) > 0.5) * 1.0

    def loss(z):
        y = 1 / (1 + np.exp(-z))
        return float(-np.mean(t * np.log(y + eps) + (1 - t) * np.log(1 - y + eps)))

    def gradient(z):
        return (1 / (1 + np.exp(-z)) - t) / z.size

    assert check_gradient(loss, gradient, z, seed=seed).verdict == "right"
    assert check_gradient(loss, lambda z: 2 * gradient(z), z, seed=seed).verdict == "wrong"


# points


ISOLATED = {
    "a square and a line": (lambda x: x * x + 3 * x, lambda x: 2 * x + 3, 0.0, 0.0),
    "an exponential": (lambda x: np.exp(x) - x, lambda x: np.exp(x) - 1, 2.0, 1.0),
    "a sine": (np.sin, np.cos, 0.0, 0.5),
}


@SEEDS
@pytest.mark.parametrize("kind", ["gradient", "elementwise"])
@pytest.mark.parametrize("what", ISOLATED)
def test_a_wrong_value_at_one_smooth_point_is_wrong(what, kind, seed):
    f, derivative, at, value = ISOLATED[what]
    x = np.array([0.7, at, -1.3])
    whole = f if kind == "elementwise" else lambda x: float(np.sum(f(x)))
    right = check_gradient(whole, derivative, x, kind=kind, seed=seed)
    wrong = check_gradient(
        whole, lambda x: np.where(x == at, value, derivative(x)), x, kind=kind, seed=seed
    )
    assert right.verdict == "right"
    assert [e.where.endswith("[1]") for e in wrong.wrong[0].entries] == [True]
    assert not any("kink" in note for note in (*right.notes, *wrong.notes))


@SEEDS
@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_any_slope_between_both_sides_is_right_at_a_kink(at_zero, seed):
    x = np.array([0.0, 1.0, -2.0, 0.7])
    for kind in ("gradient", "elementwise"):
        answer = check_gradient(
            lambda x, kind=kind: (
                np.maximum(x, 0) if kind == "elementwise" else np.maximum(x, 0).sum()
            ),
            lambda x: np.where(x == 0, at_zero, (x > 0) * 1.0),
            x,
            kind=kind,
            seed=seed,
        )
        assert answer.verdict == "right"


@SEEDS
@pytest.mark.parametrize("at_zero", [-1.0, -0.01, 1.01, 5.0, 100.0])
@pytest.mark.parametrize("size", [4, 200])
def test_a_value_at_a_kink_that_is_no_slope_around_it_is_wrong(size, at_zero, seed):
    x = np.random.default_rng(seed).standard_normal(size)
    x[1] = 0.0
    for kind in ("gradient", "elementwise"):
        answer = check_gradient(
            lambda x, kind=kind: (
                np.maximum(x, 0) if kind == "elementwise" else np.maximum(x, 0).sum()
            ),
            lambda x: np.where(x == 0, at_zero, (x > 0) * 1.0),
            x,
            kind=kind,
            seed=seed,
        )
        assert answer.verdict == "wrong"
        assert [block.name for block in answer.wrong] == ["dx[1]"]


@SEEDS
@pytest.mark.parametrize("curved", [0.0, 1.0, 2.0, 2.1, -1.0])
def test_second_derivatives_at_a_kink_of_slopes_are_those_on_either_side(curved, seed):
    x = np.array([0.0, 1.0, -1.0])
    answer = check_gradient(
        lambda x: float(np.sum(np.maximum(x, 0) ** 2)),
        lambda x: np.diag(np.where(x == 0, curved, 2.0 * (x > 0))),
        x,
        kind="hessian",
        seed=seed,
    )
    assert answer.verdict == ("right" if 0 <= curved <= 2 else "wrong")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 1), st.booleans())
@example(10160, 0.25, False)  # kinks that pass for bends at the first steps
@example(397, 0.25, False)
@example(398, 0.25, False)
@example(19726, 0.0, True)  # along the first direction hardly any difference
def test_any_common_convention_of_many_kinks_at_once_is_right_and_none_else(seed, share, beyond):
    rng = np.random.default_rng(seed)
    x, t = rng.standard_normal((7, 3)), rng.standard_normal((7, 2))
    w = rng.standard_normal((5, 2))
    off = 3.0 + share if beyond else share

    def f(v, b):
        return float(np.sum((np.maximum(x @ v + b, 0) @ w - t) ** 2))

    def gradient(v, b):
        z = x @ v + b
        dz = 2 * (np.maximum(z, 0) @ w - t) @ w.T * np.where(z == 0, off, z > 0)
        return x.T @ dz, dz.sum(axis=0)

    v = rng.standard_normal((3, 5))
    v[:, 2] = 0
    answer = check_gradient(f, gradient, v, np.zeros(5), wrt=(0, 1), seed=seed)
    assert answer.verdict == ("wrong" if beyond else "right")


# sizes


@SEEDS
@pytest.mark.parametrize("factor", [0.0, -1.0, 1.01, 2.0])
def test_entries_of_very_different_size_are_all_seen(factor, seed):
    s = np.array([1e-6, 3e-6, 1e-5, 5e-5])
    p = np.array([1e3, 2e-6])

    def f(p):
        return float(np.sum((p[0] * s / (p[1] + s) - 400) ** 2))

    def gradient(p):
        r = p[0] * s / (p[1] + s) - 400
        return 2 * np.array([np.sum(r * s / (p[1] + s)), -np.sum(r * p[0] * s / (p[1] + s) ** 2)])

    assert check_gradient(f, gradient, p, seed=seed).verdict == "right"
    answer = check_gradient(f, lambda p: gradient(p) * [1, factor], p, seed=seed)
    assert [entry.where for entry in answer.wrong[0].entries] == ["dp[1]"]


@SEEDS
@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_three_units_in_one_array_are_all_seen(wrong, seed):
    q = np.array([1e-9, 1.0, 1e9])

    def f(q):
        return float(np.sin(q[0] * 1e9) + q[1] ** 2 + np.cos(q[2] * 1e-9))

    def gradient(q):
        return np.array([1e9 * np.cos(q[0] * 1e9), 2 * q[1], -1e-9 * np.sin(q[2] * 1e-9)])

    assert check_gradient(f, gradient, q, seed=seed).verdict == "right"
    answer = check_gradient(f, lambda q: gradient(q) * (np.arange(3) != wrong), q, seed=seed)
    assert [entry.where for entry in answer.wrong[0].entries] == [f"dq[{wrong}]"]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.floats(-12, 12), st.floats(-12, 12))
def test_the_bound_of_a_numeric_gradient_holds_whatever_the_units(seed, one, other):
    a, b = 10.0**one, 10.0**other
    x = np.array([a, b]) * (0.5 + np.random.default_rng(seed).random(2))
    value, bound = numeric_gradient(lambda x: np.sin(x[0] / a) + np.cos(x[1] / b), x)
    due = np.array([np.cos(x[0] / a) / a, -np.sin(x[1] / b) / b])
    assert np.all(np.abs(value - due) <= bound)


@SEEDS
@pytest.mark.parametrize("size", [1e-250, 1e-150, 1e150, 1e250, 1e300])
def test_numbers_whose_squares_overflow_are_judged(size, seed):
    x = np.array([0.3, -0.7, 1.1])
    for factor, verdict in ((1, "right"), (2, "wrong")):
        answer = check_gradient(
            lambda x: size * float(np.sum(np.sin(x))),
            lambda x, factor=factor: factor * size * np.cos(x),
            x,
            seed=seed,
        )
        assert answer.verdict == verdict
    assert answer.wrong[0].structure == "2 times too large"
    assert answer.wrong[0].entries[0].analytic == pytest.approx(2 * size * np.cos(0.3))


# domains


class Infeasible(Exception):
    pass


@SEEDS
@pytest.mark.parametrize("error", [None, ValueError, RuntimeError, Infeasible, UserWarning])
@pytest.mark.parametrize("slack", [0.01, 1e-5])
def test_where_f_has_no_value_the_step_is_taken_back(error, slack, seed):
    a, b = np.array([[1.0, 2.0], [-1.0, 0.5]]), np.array([0.5 + slack, 1.0])

    def f(x):
        s = b - a @ x
        if np.any(s <= 0):
            if error is None:
                return np.nan
            raise error("infeasible")
        return float(-np.sum(np.log(s)))

    x = np.array([0.1, 0.2])
    right = check_gradient(f, lambda x: a.T @ (1 / (b - a @ x)), x, seed=seed)
    wrong = check_gradient(f, lambda x: -a.T @ (1 / (b - a @ x)), x, seed=seed)
    assert (right.verdict, wrong.verdict) == ("right", "wrong")


def test_an_f_that_fails_at_the_point_itself_says_why():
    def f(x):
        raise RuntimeError("no such data")

    with pytest.raises(ValueError, match="RuntimeError at the arguments given: no such data"):
        check_gradient(f, np.cos, np.ones(3))


# messages


@SEEDS
def test_wrong_entries_of_a_jacobian_are_counted_in_all_of_it(seed):
    a = np.random.default_rng(1).standard_normal((5, 3))

    def jacobian(w):
        return (1 - np.tanh(a @ w) ** 2)[:, None] * a

    w = np.array([0.2, -0.5, 0.9])
    answer = check_gradient(
        lambda w: np.tanh(a @ w),
        lambda w: jacobian(w) + 1e-3 * np.eye(5, 3),
        w,
        kind="jacobian",
        seed=seed,
    )
    assert answer.wrong[0].structure == "wrong in 3 of 15 entries"
    assert [e.where for e in answer.wrong[0].entries] == ["dw[0, 0]", "dw[1, 1]", "dw[2, 2]"]


@SEEDS
@pytest.mark.parametrize("n", [2, 3, 8, 16, 40])
def test_a_missing_penalty_is_named_from_two_entries_on(n, seed):
    rng = np.random.default_rng(n)
    a, w = rng.standard_normal((50, n)), rng.standard_normal(n)
    answer = check_gradient(
        lambda w: float(np.sum(np.logaddexp(0, a @ w)) + 0.05 * w @ w),
        lambda w: a.T @ (1 / (1 + np.exp(-a @ w))),
        w,
        seed=seed,
    )
    assert answer.wrong[0].structure == "without the term 0.1 * w, as of an L2 penalty"


@SEEDS
def test_a_relation_that_holds_at_one_point_only_is_not_told(seed):
    x = np.array([2.0, 2.0, 2.0])
    answer = check_gradient(lambda x: float(np.sum(x**3)), lambda x: 3 * x, x, seed=seed)
    assert answer.verdict == "wrong"
    assert "half" not in answer.wrong[0].structure


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        (type("DataFrame", (), {"__module__": "pandas", "to_numpy": 0})(), "to_numpy"),
        (type("csr_array", (), {"__module__": "scipy.sparse", "tocoo": 0})(), "its values"),
        (type("Tensor", (), {"__module__": "torch"})(), "check_vjp"),
    ],
)
def test_objects_that_hold_arrays_are_told_what_to_hand_over(argument, words):
    with pytest.raises(TypeError, match=words):
        check_gradient(lambda x: 0.0, lambda x: x, argument)


# units that are dead at the point


def dead_units(x, scale):
    """A network of one hidden unit that is off here, and on a little further."""
    w, b = x
    return float(np.sum(np.maximum(w * scale + b, 0)) + np.sum(np.sin(w)))


@pytest.mark.parametrize("distance", [2.0**-k for k in range(1, 13)])
def test_a_bias_of_dead_units_is_right_however_near_they_are_to_living(distance):
    scale = np.array([1.0, 2.0, 3.0])
    x = [
        np.array([0.4, 0.7, 0.9]),
        -distance * np.array([1.0, 2.0, 3.0]) - np.array([0.4, 1.4, 2.7]),
    ]

    def gradient(x):
        on = (x[0] * scale + x[1] > 0) * 1.0
        return [scale * on + np.cos(x[0]), on]

    for seed in range(4):
        answer = check_gradient(lambda x: dead_units(x, scale), gradient, x, seed=seed)
        assert answer.verdict == "right", answer
        assert answer.worst <= 0.5
