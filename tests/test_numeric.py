"""Numeric derivatives: right within their bound, and honest where there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkgrad import numeric, numeric_gradient


def here(f):
    """Evaluate *f* in this process."""

    def evaluate(points):
        with np.errstate(all="ignore"):
            return [np.asarray(f(*point)) for point in points]

    return evaluate


def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# Each with its derivative along a direction d, from its input u and output y.
OPERATIONS = {
    "exp": (np.exp, lambda u, y, d: y * d),
    "log": (np.log, lambda u, y, d: d / u),
    "tanh": (np.tanh, lambda u, y, d: (1 - y * y) * d),
    "sigmoid": (sigmoid, lambda u, y, d: y * (1 - y) * d),
    "softmax": (softmax, lambda u, y, d: y * (d - (y * d).sum(axis=-1, keepdims=True))),
    "square": (np.square, lambda u, y, d: 2 * u * d),
}


class Composition:
    """A random chain of operations and matrix products, ended by a weighted sum, with its exact derivative."""

    def __init__(self, seed, dtype):
        rng = np.random.default_rng(seed)
        rows, columns = rng.integers(1, 5, 2)
        self.dtype = dtype
        self.x = 10.0 ** rng.uniform(-6, 6) * rng.standard_normal((rows, columns))
        self.steps = []
        for _ in range(rng.integers(1, 6)):
            if rng.random() < 0.35:
                new = rng.integers(1, 5)
                w = rng.standard_normal((columns, new)) * rng.choice([1e-3, 1, 1, 30])
                self.steps.append(("matmul", w))
                columns = new
            else:
                self.steps.append((str(rng.choice(list(OPERATIONS))), None))
        self.weights = rng.standard_normal((rows, columns))

    def __call__(self, x):
        return (self.weights.astype(self.dtype) * self.stages(x)[-1]).sum(dtype=self.dtype)

    def stages(self, x):
        stages = [x.astype(self.dtype)]
        for name, w in self.steps:
            u = stages[-1]
            stages.append(u @ w.astype(self.dtype) if name == "matmul" else OPERATIONS[name][0](u))
        return stages

    def representable(self):
        """Does no number on the way overflow, or vanish so that its logarithm is lost?"""
        stages = self.stages(self.x)
        logs = [u for u, (name, _) in zip(stages, self.steps, strict=False) if name == "log"]
        tiny = np.finfo(self.dtype).tiny
        return all(np.isfinite(u).all() for u in stages) and all((u > tiny).all() for u in logs)

    def along(self, d):
        u, d = self.x.astype(np.longdouble), d.astype(np.longdouble)
        for name, w in self.steps:
            if name == "matmul":
                u, d = u @ w, d @ w
            else:
                y = OPERATIONS[name][0](u)
                u, d = y, OPERATIONS[name][1](u, y, d)
        return float((self.weights * d).sum())

    def gradient(self):
        ones = np.eye(self.x.size).reshape(-1, *self.x.shape)
        return np.array([self.along(one) for one in ones]).reshape(self.x.shape)


def share_of_bound(seed, dtype):
    """The largest error over its bound, where the composition is smooth and finite."""
    f = Composition(seed, dtype)
    with np.errstate(all="ignore"):
        exact, value = f.gradient(), f(f.x)
        usable = f.representable() and np.isfinite(exact).all() and np.isfinite(value)
    if not usable:
        return 0.0
    found = numeric.gradient(here(f), (f.x,), 0)
    judged = found.smooth & (found.bound > 0)
    unbounded = found.smooth & (found.bound == 0)
    assert np.all(found.value[unbounded] == exact[unbounded])
    error = np.abs(found.value - exact)
    return float(np.max(error[judged] / found.bound[judged], initial=0.0))


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 10**9))
def test_the_bound_holds_twice_over(seed):
    assert share_of_bound(seed, np.float64) <= 0.5


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9))
def test_the_bound_holds_twice_over_for_functions_in_float32(seed):
    assert share_of_bound(seed, np.float32) <= 0.5


def test_the_bound_is_sharp_on_smooth_functions():
    z = np.random.default_rng(0).standard_normal((7, 3))
    found = numeric.slope(here(sigmoid), (z,), 0)
    assert found.bound.max() < 1e-11
    assert found.smooth.all()


def test_the_jacobian_of_softmax_row_by_row():
    z = np.random.default_rng(0).standard_normal((7, 3))
    y = softmax(z)
    exact = np.einsum("ni,ij->nij", y, np.eye(3)) - np.einsum("ni,nj->nij", y, y)
    found = numeric.row_jacobian(here(softmax), (z,), 0)
    assert np.all(np.abs(found.value - exact) <= found.bound / 2)


def test_the_whole_jacobian_has_the_axes_of_the_output_first():
    w, x = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0])
    found = numeric.jacobian(here(lambda x: x @ w), (x,), 0)
    assert np.all(np.abs(found.value - w.T) <= found.bound)


def test_rows_are_differentiated_in_as_many_evaluations_as_one():
    def evaluations(n):
        count = []

        def evaluate(points):
            count.append(len(points))
            return [softmax(*point) for point in points]

        numeric.row_jacobian(evaluate, (np.random.default_rng(0).standard_normal((n, 3)),), 0)
        return sum(count)

    assert evaluations(50) == evaluations(1)


def test_a_gradient_weighs_the_output_by_upstream():
    z, u = np.random.default_rng(1).standard_normal((2, 5, 4))
    y = softmax(z)
    exact = y * (u - (u * y).sum(axis=1, keepdims=True))
    found = numeric.gradient(here(softmax), (z,), 0, upstream=u)
    assert np.all(np.abs(found.value - exact) <= found.bound)


def test_a_direction_takes_a_handful_of_evaluations_whatever_the_size():
    sizes = []

    def evaluate(points):
        sizes.append(len(points))
        return [np.sum(np.tanh(x)) for (x,) in points]

    x, d = np.random.default_rng(0).standard_normal((2, 10_000))
    found = numeric.directional(evaluate, (x,), 0, d)
    assert abs(found.value - d @ (1 - np.tanh(x) ** 2)) <= found.bound
    assert sum(sizes) <= 20


@pytest.mark.parametrize(
    ("f", "x", "left", "right"),
    [
        (lambda x: np.maximum(x, 0), 0.0, 0, 1),
        (lambda x: np.maximum(x, 0.01 * x), 0.0, 0.01, 1),
        (np.abs, 0.0, -1, 1),
        (lambda x: np.clip(x, 0, 1), 1.0, 1, 0),
    ],
)
def test_a_kink_is_recognised_and_its_bound_spans_both_sides(f, x, left, right):
    found = numeric.slope(here(f), (np.array([x]),), 0)
    assert not found.smooth[0]
    assert found.value[0] - found.bound[0] <= min(left, right)
    assert found.value[0] + found.bound[0] >= max(left, right)


def test_tied_maxima_are_a_kink():
    found = numeric.gradient(here(np.max), (np.array([2.0, 2.0, 1.0]),), 0)
    assert found.smooth.tolist() == [False, False, True]


@pytest.mark.parametrize("distance", [1e-6, -1e-5, 1e-4, 1e-3, -1e-2, 0.1])
def test_near_a_kink_the_slope_is_that_of_the_own_side(distance):
    found = numeric.slope(here(lambda x: np.maximum(x, 0)), (np.array([distance, 1.0]),), 0)
    assert abs(found.value[0] - (distance > 0)) <= found.bound[0] < 1e-6


def test_other_entries_do_not_suffer_from_a_kink():
    found = numeric.slope(here(lambda x: np.maximum(x, 0)), (np.array([0.0, 0.5, -0.5]),), 0)
    assert found.bound[1:].max() < 1e-9


def test_small_numbers_keep_their_logarithm():
    x = np.array([1e-9, 1e-3, 0.2, 0.8])
    found = numeric.slope(here(np.log), (x,), 0)
    assert np.all(np.abs(found.value - 1 / x) <= found.bound)
    assert np.all(found.bound * x < 1e-6)


def test_calls_that_fail_leave_nothing_to_say():
    found = numeric.gradient(lambda points: [None] * len(points), (np.ones(3),), 0)
    assert np.isinf(found.bound).all()
    assert not found.smooth.any()


def test_functions_in_float32_get_wide_bounds_although_they_return_float64():
    z = np.random.default_rng(0).standard_normal((4, 3))

    def f(z):
        return float(np.float32(-np.log(softmax(z.astype(np.float32))[:, 0]).mean()))

    exact = softmax(z) / 4 - np.eye(3)[0] / 4
    found = numeric.gradient(here(f), (z,), 0)
    assert np.all(np.abs(found.value - exact) <= found.bound)
    assert found.bound.min() > 1e-7


def test_the_v_curve_falls_and_rises():
    x, d = np.random.default_rng(0).standard_normal((2, 6))
    steps, errors = numeric.v_curve(here(lambda x: np.sum(np.exp(x))), (x,), 0, d)
    lowest = int(np.argmin(errors))
    assert 5 < lowest < len(steps) - 5
    assert errors[0] > 1e4 * errors[lowest]
    assert errors[-1] > 1e4 * errors[lowest]


def test_numeric_gradient_of_a_plain_function():
    x = np.array([0.3, -1.2])
    value, bound = numeric_gradient(lambda x, a: a * np.sum(np.sin(x)), x, 2.0)
    assert np.all(np.abs(value - 2 * np.cos(x)) <= bound)


def test_numeric_gradient_by_a_plain_number():
    value, bound = numeric_gradient(lambda x, a: a**2 * x.sum(), np.ones(3), 1.5, wrt=1)
    assert abs(value - 9) <= bound


def test_numeric_gradient_among_positive_numbers():
    p = np.array([1e-8, 0.5, 3.0])
    value, bound = numeric_gradient(lambda p: np.sum(p * np.log(p)), p, domain="positive")
    assert np.all(np.abs(value - np.log(p) - 1) <= bound)


def test_numeric_gradient_on_the_simplex_is_that_along_it():
    p = np.array([0.1, 0.2, 0.7])

    def f(p):
        assert abs(p.sum() - 1) < 1e-9
        return np.sum(p * np.log(p))

    value, bound = numeric_gradient(f, p, domain="simplex")
    full = np.log(p) + 1
    assert np.all(np.abs(value - (full - full @ p)) <= bound)


def test_numeric_gradient_of_symmetric_matrices():
    root = np.random.default_rng(0).standard_normal((3, 3))
    a = root @ root.T + np.eye(3)

    def f(a):
        assert np.array_equal(a, a.T)
        return np.linalg.slogdet(a)[1]

    value, bound = numeric_gradient(f, a, domain="symmetric")
    assert np.all(np.abs(value - np.linalg.inv(a)) <= bound)


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (np.arange(3), TypeError, "argument 0 is of type int64, expected floats"),
        (np.zeros((0, 3)), ValueError, "argument 0 has shape (0, 3)"),
        (np.array([1.0, np.nan]), ValueError, "argument 0 contains NaN"),
        (np.ones(2) * 1j, TypeError, "argument 0 is complex"),
    ],
)
def test_unusable_arguments_are_named(x, error, words):
    with pytest.raises(error) as raised:
        numeric_gradient(np.sum, x)
    assert words in str(raised.value)


def test_only_numbers_have_a_gradient():
    with pytest.raises(ValueError, match="expected one finite number"):
        numeric_gradient(np.tanh, np.ones(3))


@pytest.mark.parametrize("z", [[-15.680969, 8.68452316], [-14.0, 9.5], [-17.3, 7.7]])
def test_terms_that_rounding_freezes_do_not_deceive(z):
    z, t = np.array(z), np.array([0.0, 1.0])
    u, v = np.array([11.7, 6.6]), np.array([-11.4, -8.6])

    def f(h):
        e = np.exp(z + h * v - np.max(z + h * v))
        return u @ (e / e.sum() - t)

    small = 1 / (1 + np.exp(z[1] - z[0]))
    slope, bound = numeric_gradient(f, 0.0)
    assert abs(slope - small * (1 - small) * (u[0] - u[1]) * (v[0] - v[1])) <= bound


@pytest.mark.parametrize("seed", [391, 1972, 2174, 3199, 3765])
def test_what_cancellation_leaves_is_not_taken_for_exact(seed):
    z = np.array([-1, 1]) * np.random.default_rng(seed).uniform(3, 7, 2)
    slope, bound = numeric_gradient(lambda z: z[1] + np.log(np.exp(z - z[1]).sum()) - z[1], z)
    small = 1 / (1 + np.exp(z[1] - z[0]))
    assert np.all(np.abs(slope - [small, -small]) <= 0.5 * bound)
