"""Every formula is proven by the numeric derivative of its forward function; so is every other right version."""

import ast
import inspect
from pathlib import Path

import latex2mathml.converter
import numpy as np
import pytest

import checkgrad
from checkgrad import compare, numeric
from checkgrad.child.behaviour import fingerprint, observe
from checkgrad.exercise import Kind
from checkgrad.exercises import ALL
from checkgrad.exercises.conventions import roughly
from checkgrad.exercises.cross_entropy import log_softmax
from checkgrad.exercises.mlp import HIDDEN, OUTPUTS
from checkgrad.exercises.sigmoid import sigmoid
from checkgrad.exercises.softmax import softmax
from checkgrad.words.meaning import meaning

DERIVATIVES = [e for e in ALL if e.derivative]
ONLY_HERE = {"sign", "fused", "mean", "eps"}  # conventions that the forward function does not have


def named(things):
    return {"argvalues": things, "ids": [thing.name for thing in things]}


def variants_of(exercises, wanted):
    found = [(e, v) for e in exercises for v in e.variants if wanted(v.convention)]
    return {"argvalues": found, "ids": [f"{e.name}-{v.name}" for e, v in found]}


def doubles(exercise, seed=0):
    """The probes without integers and single precision, at which a numeric derivative can be taken."""
    return [
        probe
        for probe in exercise.probes(seed)
        if all(a.dtype == np.float64 for a in probe if isinstance(a, np.ndarray))
    ]


def measured(exercise, forward, probe):
    """The derivative that *exercise* asks for, of *forward*, with its bound, for each argument differentiated by."""
    derivative = exercise.derivative
    point = derivative.at(*probe)

    def evaluate(points):
        return [np.asarray(forward(*point)) for point in points]

    if derivative.jacobian:
        return [numeric.row_jacobian(evaluate, point, i) for i in derivative.wrt]
    if derivative.upstream:
        upstream = derivative.upstream(*probe)
        return [numeric.gradient(evaluate, point, i, upstream) for i in derivative.wrt]
    measure = numeric.slope if np.ndim(forward(*point)) else numeric.gradient
    return [measure(evaluate, point, i) for i in derivative.wrt]


def parts(value):
    return list(value) if isinstance(value, tuple) else [value]


def assert_is_the_slope(exercise, formula, forward, probe):
    expected = formula(*probe)
    rounding = parts(compare.rounding_bound(formula, probe, expected))
    for part, slack, found in zip(
        parts(expected), rounding, measured(exercise, forward, probe), strict=True
    ):
        assert np.all(found.bound < 1e-6)
        assert compare.difference(part, found.value, slack + found.bound) is None


@pytest.mark.parametrize("exercise", **named(DERIVATIVES))
@pytest.mark.parametrize("seed", [0, 1])
def test_derivative_is_that_of_its_forward_function(exercise, seed):
    for probe in doubles(exercise, seed):
        assert_is_the_slope(exercise, exercise.formula, exercise.derivative.of.formula, probe)


@pytest.mark.parametrize(
    "exercise, variant",
    **variants_of(DERIVATIVES, lambda convention: not ONLY_HERE & {*convention}),
)
def test_variant_is_the_derivative_of_a_forward_variant_of_the_same_convention(exercise, variant):
    forwards = [
        v.formula for v in exercise.derivative.of.variants if v.convention == variant.convention
    ]
    for probe in doubles(exercise):
        assert_is_the_slope(exercise, variant.formula, forwards[0], probe)


@pytest.mark.parametrize("exercise, variant", **variants_of(ALL, lambda c: c.get("sign")))
def test_variant_of_opposite_sign_is_opposite(exercise, variant):
    rest = {k: v for k, v in variant.convention.items() if k != "sign"}
    same = [v.formula for v in exercise.variants if v.convention == rest] or [exercise.formula]
    for probe in exercise.probes():
        start = probe[0] if exercise.in_place else 0
        assert np.allclose(variant.formula(*probe) - start, start - same[0](*probe), rtol=1e-5)


@pytest.mark.parametrize(
    "exercise, variant",
    **variants_of([e for e in ALL if not e.in_place], lambda c: c.get("eps")),
)
def test_small_number_moves_a_value_hardly(exercise, variant):
    rest = {k: v for k, v in variant.convention.items() if k != "eps"}
    bare = [v.formula for v in exercise.variants if v.convention == rest] or [exercise.formula]
    for probe in exercise.probes():
        got = variant.formula(*probe)
        shapes = [f for f in bare if np.shape(parts(f(*probe))[0]) == np.shape(parts(got)[0])]
        close = (
            all(
                np.array_equal(*roughly(a, b))
                for a, b in zip(parts(got), parts(f(*probe)), strict=True)
            )
            for f in shapes
        )
        assert any(close)


def test_small_number_of_adam_is_lost_beside_large_gradients():
    adam = next(e for e in ALL if e.name == "adam_update")
    for w, g, m, v, t, lr in doubles(adam):
        large = (w, np.sign(g) * (1e3 + np.abs(g)), 1e3 * m, 1e6 * v, t, lr)
        for variant in adam.variants:
            assert np.allclose(variant.formula(*large)[0], adam(*large)[0], rtol=0, atol=1e-4)


FUSED = {
    "softmax and cross-entropy": ("softmax_cross_entropy_gradient", np.log),
    "sigmoid and binary cross-entropy": (
        "sigmoid_binary_cross_entropy_gradient",
        lambda y: np.log(y / (1 - y)),
    ),
}


@pytest.mark.parametrize(
    "exercise, variant",
    **variants_of([e for e in DERIVATIVES if "t" in e.roles], lambda c: c.get("fused")),
)
def test_fused_variant_is_the_gradient_of_the_logits(exercise, variant):
    name, logits = FUSED[variant.convention["fused"]]
    whole = next(e for e in ALL if e.name == name)
    rest = {k: v for k, v in variant.convention.items() if k != "fused"}
    same = [v.formula for v in whole.variants if v.convention == rest] or [whole.formula]
    for y, t in doubles(exercise):
        assert np.allclose(variant.formula(y, t), same[0](logits(y), t))


def test_layer_may_take_the_mean_of_what_is_summed_over_samples():
    exercise = next(e for e in ALL if e.name == "affine_backward")
    (variant,) = exercise.variants
    for dout, x, w in doubles(exercise):
        dx, dw, db = variant.formula(dout, x, w)
        assert np.allclose(dx, dout @ w.T)
        assert np.allclose(
            dw, np.mean([np.outer(a, d) for a, d in zip(x, dout, strict=True)], axis=0)
        )
        assert np.allclose(db, np.mean(dout, axis=0))


def _adam_counting_from_zero(w, g, m, v, before, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    t = before + 1
    return w - lr * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v


# For every registered calling, a function that is right when it is called that way.
CALLED = {
    "sigmoid_derivative-given_the_activation": lambda a: a * (1 - a),
    "tanh_derivative-given_the_activation": lambda a: 1 - a**2,
    "relu_derivative-given_the_output": lambda a: (a != 0) * 1.0,
    "leaky_relu_derivative-given_the_leaky_output": lambda a: np.where(a > 0, 1, 0.01),
    "softmax_jacobian-given_the_probabilities": lambda y: (
        y[:, None, :] * np.eye(y.shape[1]) - y[:, :, None] * y[:, None, :]
    ),
    "softmax_backward-given_upstream_and_probabilities": lambda dy, y: (
        y * dy - y * np.sum(y * dy, axis=1, keepdims=True)
    ),
    "binary_cross_entropy-given_logits": lambda z, t: np.mean(np.logaddexp(0, z) - t * z),
    "sigmoid_binary_cross_entropy-given_probabilities": lambda y, t: (
        -np.mean(np.log(np.where(t == 1, y, 1 - y)))
    ),
    "sigmoid_binary_cross_entropy_gradient-given_the_outputs": lambda y, t: (y - t) / len(y),
    "cross_entropy-given_logits": lambda z, t: -np.mean(log_softmax(z)[t == 1]),
    "softmax_cross_entropy-given_probabilities": lambda y, t: -np.mean(np.log(y[t == 1])),
    "softmax_cross_entropy_gradient-given_the_outputs": lambda y, t: (y - t) / len(y),
    "accuracy-given_class_numbers": lambda predicted, labels: np.mean(predicted == labels),
    "adam_update-given_the_number_of_steps_before": _adam_counting_from_zero,
}


def test_every_calling_has_a_function_that_is_called_so():
    assert {f"{e.name}-{c.name}" for e in ALL for c in e.callings} == {*CALLED}


@pytest.mark.parametrize("name", CALLED)
def test_function_called_that_way_is_right(name):
    exercise = next(e for e in ALL if e.name == name.split("-")[0])
    calling = next(c for c in exercise.callings if c.name == name.split("-")[1])
    for probe in exercise.probes():
        got = parts(CALLED[name](*calling.arguments(*probe)))
        for mine, right in zip(got, parts(exercise(*probe)), strict=True):
            assert np.allclose(mine, right, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("exercise", **named(ALL))
def test_same_seed_draws_the_same_probes_and_another_one_others(exercise):
    first, again = exercise.probes(3), exercise.probes(3)
    assert fingerprint(first) == fingerprint(again)
    assert fingerprint(first) != fingerprint(exercise.probes(4))


@pytest.mark.parametrize("exercise", **named(ALL))
def test_probes_fill_the_roles_and_repeat_a_shape(exercise):
    shapes = [tuple(map(np.shape, probe)) for probe in exercise.probes()]
    assert all(len(shape) == len(exercise.roles) for shape in shapes)
    assert len({*shapes}) < len(shapes)


@pytest.mark.parametrize("exercise", **named(ALL))
def test_reference_is_silent_and_finite_on_probes_and_extremes(exercise):
    for probe in (*exercise.probes(), *exercise.extremes()):
        got = observe(exercise.formula, probe)
        assert got.raised == "" and got.warned == () and got.mutated == ()
        assert all(np.isfinite(part).all() for part in parts(got.value))


@pytest.mark.parametrize("exercise", **named(ALL))
def test_single_precision_is_within_the_rounding_bound(exercise):
    for probe in exercise.probes():
        single = tuple(
            a.astype(np.float32) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a
            for a in probe
        )
        exact = tuple(
            a.astype(np.float64) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a
            for a in single
        )
        expected = exercise(*exact)
        got = exercise(*single)
        bound = compare.rounding_bound(exercise.formula, single, expected, got)
        assert compare.difference(got, expected, bound) is None


@pytest.mark.parametrize(
    "exercise", **named([e for e in ALL if e.roles == ("y", "t") and "mse" not in e.name])
)
def test_targets_of_a_batch_show_every_class(exercise):
    for _, t in exercise.probes():
        columns = t if t.ndim == 2 else np.stack([t, 1 - t], axis=1)
        assert len(t) < columns.shape[1] or columns.any(axis=0).all()


@pytest.mark.parametrize("exercise", **named([e for e in ALL if "relu" in e.name and e.derivative]))
def test_no_probe_sits_on_a_kink(exercise):
    assert all(np.all(np.abs(z) > 0.1) for (z,) in exercise.probes())


@pytest.mark.parametrize("exercise", **named(ALL))
def test_report_has_a_formula_a_source_and_words_for_the_exercise(exercise):
    assert "<math" in latex2mathml.converter.convert(exercise.latex)
    assert any(word in exercise.source for word in ("section", "algorithm"))
    assert exercise.summary.partition("\n")[0].rstrip(".") != exercise.title
    assert inspect.cleandoc(exercise.formula.__doc__).partition("\n")[0].endswith(".")


def lacks(exercise):
    """What an exercise has to have besides its formula, as far as it is not there, in sentences."""
    base = exercise.derivative is None
    told = {
        "three known mistakes: @NAME.misconception(hint=...)": len(exercise.misconceptions) >= 3,
        "two laws that a known mistake breaks: @NAME.law": len(exercise.laws) >= 2,
        "a calculation of one entry by hand: @NAME.by_hand": exercise.calculation is not None,
        "a value worked out on paper: example=(arguments, value)": bool(exercise.example)
        or not base,
        "the sort of function it is: kind=Kind....": exercise.kind is not Kind.FUNCTION,
        "its source: source='book, section ...'": "section" in exercise.source
        or "algorithm" in exercise.source,
        "what it is called in code, or a name that says it": meaning(exercise.name) is not None,
    }
    return [f"{exercise.name} lacks {what}" for what, there in told.items() if not there]


@pytest.mark.parametrize("exercise", **named(ALL))
def test_an_exercise_is_complete(exercise):
    assert lacks(exercise) == []


@pytest.mark.parametrize("exercise", **named([e for e in ALL if e.example]))
def test_value_worked_out_on_paper(exercise):
    probe, expected = exercise.example
    for mine, right in zip(parts(exercise(*probe)), parts(expected), strict=True):
        assert np.shape(mine) == np.shape(right)
        assert np.allclose(mine, right, rtol=1e-7)


def test_names_of_exercises_differ():
    assert len({e.name for e in ALL}) == len(ALL)


def test_two_classes_are_binary():
    by_name = {e.name: e for e in ALL}
    for y, t in doubles(by_name["binary_cross_entropy"]):
        pairs = np.stack([1 - y, y], axis=1), np.stack([1 - t, t], axis=1)
        assert np.isclose(by_name["cross_entropy"](*pairs), by_name["binary_cross_entropy"](y, t))
        z = np.log(y / (1 - y))
        assert np.allclose(softmax(np.stack([0 * z, z], axis=1))[:, 1], sigmoid(z))


PACKAGE = Path(checkgrad.__file__).parent
MAY_NAME = {"exercises", "child"}  # what runs beside student code knows nothing of exercises
NAMES = {*(e.name for e in ALL), *OUTPUTS, *HIDDEN}
OUTSIDE = [p for p in PACKAGE.rglob("*.py") if p.relative_to(PACKAGE).parts[0] not in MAY_NAME]


def names_in(tree):
    """The exercises among the strings of a module that hold names and no sentences, its docstrings aside."""
    bodies = (getattr(node, "body", None) for node in ast.walk(tree))
    said = {id(body[0].value) for body in bodies if isinstance(body, list) and is_said(body)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) is str and id(node) not in said:
            words = node.value.split()
            is_prose = {"the", "of"} & set(words)
            if not is_prose and all(w.replace(".", "_").isidentifier() for w in words):
                yield from NAMES & {word.partition(".")[0] for word in words}


def is_said(body):
    return bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)


@pytest.mark.parametrize("file", OUTSIDE, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_file_outside_names_an_exercise(file):
    """What has to be known of one hangs on it. NumPy has functions of such names, and code calls targets one_hot."""
    tree = ast.parse(file.read_text())
    assert {n for n in names_in(tree) if not hasattr(np, n)} <= {"one_hot"}
    topics = {module for e in ALL for module in [e.formula.__module__]}
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not topics & imported
