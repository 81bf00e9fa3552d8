"""The network exercise: its gradient is proven numerically, its mistakes differ from it and from each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkgrad.exercises.mlp import (
    ACTIVATIONS,
    NETWORK,
    RIGHT,
    SIZES,
    SLOPES,
    NetworkKind,
    draw,
    forward,
    network,
    targets,
    usual_output,
)

KINDS = [
    {"hidden": hidden, "output": output}
    for hidden in ACTIVATIONS
    for output in ("", "linear_mse", "sigmoid_mse", "softmax_mse")
]
PENALISED = {"lam": 0.3}
NAMES = [m.name for m in NETWORK.misconceptions]


def numeric_gradients(parameters, x, t, h=1e-5, **kind):
    """Five-point differences of the loss at every parameter."""
    return [
        tuple(numeric_block(parameters, i, j, x, t, h, kind) for j in (0, 1))
        for i in range(len(parameters))
    ]


def numeric_block(parameters, i, j, x, t, h, kind):
    def loss(value):
        changed = [list(pair) for pair in parameters]
        changed[i][j] = value
        return network(changed, x, t, **kind).loss

    block = parameters[i][j]
    slopes = np.zeros_like(block)
    for index in np.ndindex(block.shape):
        step = np.zeros_like(block)
        step[index] = h
        near, far = (loss(block + k * step) - loss(block - k * step) for k in (1, 2))
        slopes[index] = (8 * near - far) / (12 * h)
    return slopes


def answer(formula, probe, kind):
    """All gradients as one tuple of arrays, or the name of the exception."""
    try:
        return [g for pair in formula(*probe, **kind).gradients for g in pair]
    except ValueError:
        return "ValueError"


def alike(a, b):
    if isinstance(a, str) or isinstance(b, str):
        return a == b if isinstance(a, type(b)) else False
    return all(
        np.shape(p) == np.shape(q) and np.allclose(p, q, 1e-9, 1e-12)
        for p, q in zip(a, b, strict=True)
    )


def fits(kind, probe):
    return not (kind["output"] == "softmax_mse" and probe[0][-1][0].shape[1] == 1)


def signature(formula):
    """What a network does for every kind on every probe: the raw material of a diagnosis."""
    probes = NETWORK.probes()
    return {
        (i, j): answer(formula, probe, {**kind, **PENALISED})
        for i, kind in enumerate(KINDS)
        for j, probe in enumerate(probes)
        if fits(kind, probe)
    }


SIGNATURES = {m.name: signature(m.formula) for m in NETWORK.misconceptions}
TRUTH = signature(network)


def told_apart(a, b):
    return [key for key in a if not alike(a[key], b[key])]


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: f"{k['hidden']}-{k['output'] or 'usual'}")
@pytest.mark.parametrize("size", range(len(SIZES)))
def test_the_reference_gradient_is_the_slope_of_the_reference_loss(kind, size):
    probe = NETWORK.probes()[size]
    if not fits(kind, probe):
        probe = NETWORK.probes()[1]
    got = answer(network, probe, kind)
    expected = [g for pair in numeric_gradients(*probe, **kind) for g in pair]
    for g, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    "detail", [{"reduction": "sum"}, {"scale": 0.5}, {"lam": 0.3}, {"alpha": 0.2}], ids=str
)
def test_every_convention_changes_loss_and_gradient_together(detail):
    probe = NETWORK.probes()[1]
    got = answer(network, probe, detail)
    assert not alike(got, answer(network, probe, {}))
    expected = [g for pair in numeric_gradients(*probe, **detail) for g in pair]
    for g, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-6, atol=1e-9)


def test_the_slope_at_a_kink_can_be_adopted():
    zero = np.zeros(1)
    assert SLOPES["relu"](zero, NetworkKind()) == 0
    assert SLOPES["relu"](zero, NetworkKind(kink=0.5)) == 0.5
    assert SLOPES["leaky_relu"](zero, NetworkKind(alpha=0.2)) == 0.2
    assert SLOPES["leaky_relu"](zero, NetworkKind(kink=1.0)) == 1
    assert SLOPES["relu"](np.ones(1), NetworkKind(kink=0.5)) == 1


def test_loss_is_that_of_the_outputs():
    for probe in NETWORK.probes():
        y, loss, _ = network(*probe)
        t = probe[2]
        if usual_output(probe[0]).startswith("sigmoid"):
            due = -np.mean(t * np.log(y) + (1 - t) * np.log(1 - y))
        else:
            due = -np.sum(t * np.log(y)) / len(t)
        assert loss == pytest.approx(due, rel=1e-12)


def test_two_classes_are_one_probability():
    """A softmax over (0, z) is the sigmoid of z: loss and gradients agree."""
    parameters, x, t = NETWORK.probes()[0]
    *hidden, (w, b) = parameters
    padded = [*hidden, (np.hstack([0 * w, w]), np.concatenate([0 * b, b]))]
    one, two = network(parameters, x, t), network(padded, x, np.hstack([1 - t, t]))
    assert one.loss == pytest.approx(two.loss, rel=1e-12)
    np.testing.assert_allclose(one.gradients[0][0], two.gradients[0][0], rtol=1e-9, atol=1e-15)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(1, 6), min_size=2, max_size=5),
    st.integers(1, 6),
    st.sampled_from(sorted(ACTIVATIONS)),
)
def test_a_small_step_against_the_gradient_lowers_the_loss(seed, sizes, n, hidden):
    parameters, x, t = draw(np.random.default_rng(seed), sizes, n)
    before = network(parameters, x, t, hidden)
    step = 1e-6
    moved = [
        (w - step * dw, b - step * db)
        for (w, b), (dw, db) in zip(parameters, before.gradients, strict=True)
    ]
    square = sum(np.sum(g**2) for pair in before.gradients for g in pair)
    after = network(moved, x, t, hidden)
    assert after.loss - before.loss == pytest.approx(-step * square, rel=1e-2, abs=1e-14)


def test_targets_of_the_wrong_shape_are_refused():
    parameters, x, t = NETWORK.probes()[1]
    with pytest.raises(ValueError, match=r"shape \(7,\), expected \(7, 3\)"):
        network(parameters, x, t.argmax(axis=1))


def test_a_flat_binary_target_is_a_column():
    parameters, x, t = NETWORK.probes()[0]
    assert network(parameters, x, t.ravel()).loss == network(parameters, x, t).loss


def test_probes_are_the_same_for_the_same_seed_and_differ_for_another():
    a, b, c = (NETWORK.probes(seed)[0][1] for seed in (3, 3, 4))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_probes_leave_room_around_kinks_and_have_no_zero_biases():
    for parameters, x, t in NETWORK.probes():
        for hidden in ("relu", "leaky_relu"):
            logits = forward(parameters, x, NetworkKind(hidden))[0]
            assert min(np.abs(z).min() for z in logits) > 1e-4
        assert all(np.abs(b).min() > 0 for _, b in parameters)
        classes = 2 if t.shape[1] == 1 else t.shape[1]
        labels = t.ravel() if t.shape[1] == 1 else t.argmax(axis=1)
        assert len(set(labels)) == min(classes, len(x))


def test_targets_are_columns_for_one_output_and_one_hot_for_more():
    labels = np.array([0, 1, 2, 3])
    assert targets(labels, 1).tolist() == [[0], [1], [0], [1]]
    assert targets(labels, 3).argmax(axis=1).tolist() == [0, 1, 2, 0]


def test_right_switches_are_the_reference():
    probe = NETWORK.probes()[1]
    assert alike(answer(network, probe, {"switches": RIGHT}), answer(network, probe, {}))


@pytest.mark.parametrize("name", NAMES)
def test_some_probe_reveals_the_misconception(name):
    assert told_apart(SIGNATURES[name], TRUTH)


@pytest.mark.parametrize("name", NAMES)
def test_no_misconception_has_a_twin(name):
    others = [other for other in NAMES if other != name]
    assert [o for o in others if not told_apart(SIGNATURES[name], SIGNATURES[o])] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_misconception_leaves_outputs_and_loss_alone(name):
    formula = next(m.formula for m in NETWORK.misconceptions if m.name == name)
    probe = NETWORK.probes()[4]  # equal sizes: no misconception raises
    got, due = formula(*probe, lam=0.3), network(*probe, lam=0.3)
    assert got.loss == due.loss
    assert np.array_equal(got.y, due.y)


@pytest.mark.parametrize("m", NETWORK.misconceptions, ids=lambda m: m.name)
def test_texts_are_one_short_sentence_and_a_question(m):
    assert m.explanation.endswith(".")
    assert len(m.explanation) < 120
    assert m.hint.endswith("?")
    assert len(m.hint) < 120


def test_mistakes_can_be_combined():
    a, b = "forgot_the_slope_of_the_hidden_units", "averaged_the_biases_twice"
    both = NETWORK.combined(a, b)
    probe = NETWORK.probes()[1]
    slope, mean = (dict(zip(NAMES, NETWORK.misconceptions, strict=True))[n].formula for n in (a, b))
    (dw, db), (dw_slope, db_slope) = (f(*probe).gradients[0] for f in (both, slope))
    assert np.allclose(dw, dw_slope)
    assert np.allclose(db, db_slope / 7)
    assert not alike(answer(both, probe, {}), answer(mean, probe, {}))


def test_a_single_sample_hides_mistakes_of_averaging():
    """Why the probes have several samples."""
    single = NETWORK.probes()[3]
    formula = NETWORK.combined("averaged_in_every_layer")
    assert alike(answer(formula, single, {}), answer(network, single, {}))
