"""check_gradient and its sisters, called in all the ways that people have."""

import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import checkgrad
from checkgrad import check_batch, check_gradient, check_minimize, check_vjp, numeric_gradient

RNG = np.random.default_rng(3)
X = np.array([0.3, -0.7, 1.1])


def sines(x):
    return float(np.sum(np.sin(x)))


def both(x, scale=1.0):
    return scale * sines(x), scale * np.cos(x)


# one function that gives its value and its gradient


def test_a_pair_needs_no_second_function():
    assert check_gradient(both, X, jac=True)
    assert check_gradient(both, True, X)
    assert not check_gradient(lambda x: (sines(x), 2 * np.cos(x)), X, jac=True)


def test_a_pair_that_was_not_said_to_be_one_is_recognised():
    with pytest.raises(TypeError, match="jac=True"):
        check_gradient(both, lambda x: np.cos(x), X)
    assert "jac=True" in check_gradient(sines, both, X).problem


def test_a_pair_may_take_more_arguments():
    answer = check_gradient(both, X, jac=True, args=(3.0,))
    assert answer, answer


def test_without_a_gradient_it_is_said_what_is_missing():
    with pytest.raises(TypeError, match="gradient"):
        check_gradient(sines, X)


# more arguments


def weighted(x, weight, power=2):
    return float(weight * np.sum(x**power))


def weighted_gradient(x, weight, power=2):
    return weight * power * x ** (power - 1)


def test_arguments_may_be_handed_over_as_scipy_does():
    assert check_gradient(weighted, weighted_gradient, X, args=(2.0,))
    assert check_gradient(weighted, weighted_gradient, X, args=(2.0,), kwargs={"power": 3})
    assert not check_gradient(weighted, lambda x, w: x, X, args=(2.0,))


def test_what_is_differentiated_by_may_be_named():
    def by_weight(x, weight, power=2):
        return np.sum(x**power)

    assert check_gradient(weighted, by_weight, X, 2.0, wrt="weight")
    assert check_gradient(weighted, by_weight, X, 2.0, wrt=-1)
    assert check_gradient(weighted, by_weight, X, kwargs={"weight": 2.0}, wrt="weight")
    answer = check_gradient(weighted, lambda x, weight: 3 * np.sum(x**2), X, 2.0, wrt="weight")
    assert [block.name for block in answer.wrong] == ["dweight"]


def test_names_that_there_are_not_are_refused_with_those_that_are():
    with pytest.raises(ValueError, match="x, weight"):
        check_gradient(weighted, weighted_gradient, X, 2.0, wrt="weigth")


def test_numeric_gradient_takes_the_same():
    value, _ = numeric_gradient(weighted, X, 2.0, wrt="weight")
    assert value == pytest.approx(np.sum(X**2))
    (by_x, by_weight), bounds = numeric_gradient(weighted, X, 2.0, wrt=(0, -1))
    assert by_x == pytest.approx(4 * X)
    assert by_weight == pytest.approx(np.sum(X**2))
    assert len(bounds) == 2


@pytest.mark.parametrize("options", [{"domain": "Positive"}, {"wrt": "z"}, {"wrt": 7}])
def test_numeric_gradient_refuses_what_it_does_not_know(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        numeric_gradient(weighted, X, 2.0, **options)


# forms of f and of the gradient


@pytest.mark.parametrize("shape", [(1,), (1, 1)])
def test_an_array_of_one_number_is_a_number(shape):
    assert check_gradient(lambda x: np.full(shape, sines(x)), np.cos, X)
    assert numeric_gradient(lambda x: np.full(shape, sines(x)), X)[0] == pytest.approx(np.cos(X))


def test_gradients_may_be_lists_and_tuples_of_numbers():
    assert check_gradient(sines, lambda x: [float(c) for c in np.cos(x)], X)
    assert check_gradient(sines, lambda x: tuple(np.cos(x)), X)
    assert not check_gradient(sines, lambda x: [2 * float(c) for c in np.cos(x)], X)
    rows = check_gradient(np.sin, lambda x: np.diag(np.cos(x)).tolist(), X, kind="jacobian")
    assert rows


@dataclass
class Layer:
    W: np.ndarray
    b: np.ndarray | None
    size: int
    name: str = "dense"


Pair = namedtuple("Pair", "W n")
W = RNG.standard_normal((2, 3))


@pytest.mark.parametrize(
    ("tree", "gradient"),
    [
        ({"W": W, "n": 3, "name": "a", "b": None}, lambda t: {"W": 2 * t["W"]}),
        ({"W": W, "n": 3}, lambda t: {"W": 2 * t["W"], "n": None}),
        ({"W": W, "n": 3}, lambda t: {"W": 2 * t["W"], "n": 0}),
        ([W, None, "tanh"], lambda t: [2 * t[0], None, None]),
        ((W, 3), lambda t: (2 * t[0], 0)),
        (Pair(W, 3), lambda t: Pair(2 * t.W, None)),
        (Layer(W, None, 3), lambda t: Layer(2 * t.W, None, 3)),
        (Layer(W, None, 3), lambda t: {"W": 2 * t.W}),
        ({"deep": [Layer(W, None, 3)]}, lambda t: {"deep": [{"W": 2 * t["deep"][0].W}]}),
    ],
)
def test_what_is_no_array_of_floats_is_left_alone(tree, gradient):
    def leaf(t):
        while not isinstance(t, np.ndarray):
            t = t["deep"][0] if isinstance(t, dict) and "deep" in t else t
            t = t["W"] if isinstance(t, dict) else t[0] if isinstance(t, list) else t
            t = t[0] if type(t) is tuple else getattr(t, "W", t)
        return t

    def f(t):
        return float(np.sum(leaf(t) ** 2))

    assert check_gradient(f, gradient, tree)
    answer = check_gradient(lambda t: 3 * f(t), gradient, tree)
    assert len(answer.wrong) == 1
    assert "times" in answer.wrong[0].structure


def test_a_tree_without_floats_is_refused():
    with pytest.raises(ValueError, match="no array of floats"):
        check_gradient(lambda t: 0.0, lambda t: t, {"n": 3, "name": "a"})


def test_the_parameters_that_were_handed_over_stay_as_they_are():
    layer = Layer(W.copy(), None, 3)
    check_gradient(lambda t: float(np.sum(t.W**2)), lambda t: {"W": 2 * t.W}, layer)
    assert np.array_equal(layer.W, W)


# Hessians


def rosen(x):
    return float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


def rosen_gradient(x):
    g = np.zeros_like(x)
    g[1:] += 200 * (x[1:] - x[:-1] ** 2)
    g[:-1] += -400 * x[:-1] * (x[1:] - x[:-1] ** 2) - 2 * (1 - x[:-1])
    return g


def rosen_hessian(x):
    h = np.zeros((x.size, x.size))
    for i in range(x.size - 1):
        h[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        h[i + 1, i + 1] += 200
        h[i, i + 1] = h[i + 1, i] = -400 * x[i]
    return h


P = np.array([0.5, -1.2, 0.8, 1.1])


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("f", [rosen, rosen_gradient])
def test_a_hessian_is_checked_against_f_or_its_gradient(f, seed):
    assert check_gradient(f, rosen_hessian, P, kind="hessian", seed=seed).verdict == "right"
    double = check_gradient(f, lambda x: 2 * rosen_hessian(x), P, kind="hessian", seed=seed)
    assert double.verdict == "wrong"
    assert "2 times too large" in double.wrong[0].structure


@pytest.mark.parametrize("seed", range(5))
def test_a_wrong_entry_of_a_hessian_is_named(seed):
    def one_off(x):
        h = rosen_hessian(x)
        h[1, 1] += 0.5
        return h

    answer = check_gradient(rosen, one_off, P, kind="hessian", seed=seed)
    assert [entry.where for entry in answer.wrong[0].entries] == ["dx[1, 1]"]


def test_a_hessian_that_is_not_symmetric_is_called_that():
    answer = check_gradient(rosen, lambda x: np.triu(rosen_hessian(x)), P, kind="hessian")
    assert answer.problem.startswith("not symmetric: [1, 2] is 480, but [2, 1] is 0")


def test_the_order_of_arguments_of_scipys_hessp_is_recognised():
    answer = check_gradient(rosen_gradient, lambda x, p: rosen_hessian(x) @ p, P, kind="hvp")
    assert answer.verdict == "wrong"
    assert "another order of its arguments" in answer.problem


# scipy.optimize


def test_what_is_handed_to_minimize_is_checked_at_once():
    assert check_minimize(rosen, P, rosen_gradient, rosen_hessian)
    assert check_minimize(rosen, P.tolist(), rosen_gradient)
    assert check_minimize(rosen, P, hess=rosen_hessian)
    hessp = check_minimize(rosen, P, rosen_gradient, hessp=lambda x, p: rosen_hessian(x) @ p)
    assert hessp
    assert check_minimize(lambda x, a: (a * rosen(x), a * rosen_gradient(x)), P, True, args=(2.0,))


def test_of_what_is_handed_to_minimize_the_wrong_one_is_named():
    answer = check_minimize(rosen, P, rosen_gradient, lambda x: 2 * rosen_hessian(x))
    assert answer.problem.startswith("hess: wrong in dx")
    assert check_minimize(rosen, P, lambda x: -rosen_gradient(x)).verdict == "wrong"


class Operator:
    def __init__(self, matrix):
        self.matrix = matrix

    def matvec(self, v):
        return self.matrix @ v


def test_operators_will_do():
    assert check_minimize(rosen, P, rosen_gradient, lambda x: Operator(rosen_hessian(x)))
    answer = check_minimize(rosen, P, rosen_gradient, lambda x: Operator(2 * rosen_hessian(x)))
    assert answer.problem.startswith("hess: wrong")


def test_residuals_have_a_jacobian():
    a = RNG.standard_normal((5, 4))
    assert check_minimize(
        lambda x: np.tanh(a @ x), P, lambda x: (1 - np.tanh(a @ x) ** 2)[:, None] * a
    )
    assert not check_minimize(lambda x: np.tanh(a @ x), P, lambda x: a)


def test_without_a_function_of_the_user_there_is_nothing_to_check():
    with pytest.raises(ValueError, match="nothing to check"):
        check_minimize(rosen, P, "2-point")


# batches


def test_a_batch_of_points_is_one_answer():
    points = RNG.standard_normal((6, 3))
    assert check_batch(sines, np.cos, points)
    answer = check_batch(sines, lambda x: np.cos(x) * (x[0] < points[2, 0] + 1e-9), points[[0, 2]])
    assert answer.verdict in ("right", "wrong")
    cut = check_batch(lambda x: float(x @ x), lambda x: 2 * x * (np.abs(x) < 3), [X, 10 * X])
    assert cut.problem.startswith("point 1: wrong in dx")


def test_points_may_be_tuples_of_arguments():
    assert check_batch(weighted, weighted_gradient, [(X, 2.0), (2 * X, -1.0)])
    with pytest.raises(ValueError, match="nothing to check"):
        check_batch(sines, np.cos, [])


# manners


@pytest.mark.parametrize(
    "options",
    [{"rtol": -1}, {"atol": -1e-9}, {"noise": -1}, {"rtol": np.nan}, {"max_evaluations": -1}],
)
def test_tolerances_that_are_none_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        check_gradient(sines, np.cos, X, **options)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 120), st.sampled_from([1.0, 2.0]), st.integers(0, 10**6))
def test_f_is_called_no_more_often_than_allowed(most, factor, seed):
    calls = []

    def f(x):
        calls.append(x)
        return sines(x)

    answer = check_gradient(f, lambda x: factor * np.cos(x), X, seed=seed, max_evaluations=most)
    assert len(calls) <= most
    assert answer.evaluations == len(calls)
    assert answer.verdict == "undecided" or (answer.verdict == "right") == (factor == 1)


@pytest.mark.parametrize("kind", ["elementwise", "jacobian", "vjp", "jvp", "hvp", "hessian"])
def test_the_limit_holds_for_every_kind(kind):
    calls = []

    def counted(f):
        return lambda x: calls.append(x) or f(x)

    f, g = {
        "elementwise": (np.sin, lambda x: 2 * np.cos(x)),
        "jacobian": (np.sin, lambda x: 2 * np.diag(np.cos(x))),
        "vjp": (np.sin, lambda u, x: 2 * u * np.cos(x)),
        "jvp": (np.sin, lambda v, x: 2 * v * np.cos(x)),
        "hvp": (rosen_gradient, lambda v, x: 2 * rosen_hessian(x) @ v),
        "hessian": (rosen, lambda x: 2 * rosen_hessian(x)),
    }[kind]
    for most in (2, 17, 40, 77):
        calls.clear()
        check_gradient(counted(f), g, P, kind=kind, max_evaluations=most, seed=0)
        assert len(calls) <= most


def test_both_other_answers_raise_with_different_words():
    with pytest.raises(AssertionError, match="is not right"):
        check_gradient(sines, lambda x: 2 * np.cos(x), X).assert_ok()
    with pytest.raises(AssertionError, match="could not be judged"):
        check_gradient(sines, np.cos, X, max_evaluations=5).assert_ok()


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 100))
def test_the_fixture_works_under_hypothesis(check_gradient, seed):
    check_gradient(sines, np.cos, X, seed=seed).assert_ok()


def test_what_the_package_exports():
    assert {"GradientCheck", "Block", "Entry", "check_vjp"} <= set(dir(checkgrad))
    assert isinstance(check_gradient(sines, np.cos, X), checkgrad.GradientCheck)


def test_a_type_checker_refuses_what_is_misspelt(tmp_path):
    code = """import numpy as np
import checkgrad
from checkgrad import check_gradient
def f(x: np.ndarray) -> float: return 0.0
def g(x: np.ndarray) -> np.ndarray: return x
x = np.ones(3)
answer: checkgrad.GradientCheck = check_gradient(f, g, x, kind="jacobian", domain="positive")
pair: checkgrad.GradientCheck = check_gradient(f, x, jac=True)
check_gradient(f, g, x, kind="jacobain")
check_gradient(f, g, x, domain="Positive")
check_gradient(f, g, x, tolerance=1e-3)
checkgrad.check_gradeint(f, g, x)
answer.verdict == "rigth"
"""
    file = tmp_path / "user.py"
    file.write_text(code)
    options = ["--strict-equality", "--python-executable", sys.executable]
    run = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "--cache-dir", str(tmp_path / "cache"), str(file)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    lines = {
        int(line.split(":")[1])
        for line in run.stdout.splitlines()
        if "error" in line[:80] and ":" in line and line.split(":")[1].isdigit()
    }
    assert lines == {9, 10, 11, 12, 13}, run.stdout


def test_frameworks_are_imported_only_when_used():
    code = (
        "import sys, numpy as np, checkgrad\n"
        "checkgrad.check_vjp, checkgrad.check_gradient(np.sum, np.ones_like, np.ones(2))\n"
        "assert not {'torch', 'jax', 'scipy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_arrays_of_numpy_are_for_check_gradient():
    with pytest.raises(TypeError, match="check_gradient"):
        check_vjp(np.tanh, X)
