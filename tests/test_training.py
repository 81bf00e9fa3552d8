"""Training: right networks learn from the fixed starts, wrong gradients are told by the comparison along the way."""

import importlib.util
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from checkgrad.child.behaviour import Behaviour
from checkgrad.exercise import Failed
from checkgrad.exercises.mlp import NETWORK, NetworkKind, Pass, network
from checkgrad.tasks import TASKS, Adam, Descent, corners, noisy_corners, start, three_classes
from checkgrad.training import train

XOR = ["xor_binary", "xor_two_class", "noisy_xor_binary", "noisy_xor_two_class"]
DESCENT = ["xor_binary_descent", "xor_two_class_descent"]
HIDDEN = ["leaky_relu", "relu", "tanh", "sigmoid"]
REVEALED = [m for m in NETWORK.misconceptions if "penalty" not in NETWORK.settings[m.name]]
MODELS = Path(__file__).parent.parent / "reference_models"


def counted(function):
    """The function, and a list that grows by one with every call."""
    calls = []

    def counting(*args):
        calls.append(1)
        return function(*args)

    return counting, calls


def misconception(name):
    return next(m.formula for m in NETWORK.misconceptions if m.name == name)


# learning


@pytest.mark.parametrize("task", XOR)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_right_network_learns_xor_from_the_first_start(task, hidden):
    trained = train(partial(network, hidden=hidden), TASKS[task], NetworkKind(hidden))
    assert trained.learned
    assert trained.run.accuracy == 1
    assert trained.run.losses[-1] < 0.1
    assert trained.run.note == f"learned in {trained.run.steps} steps"
    assert not trained.deviates
    assert trained.run.parted_at is None


@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_small_right_network_tells_three_classes_apart(hidden):
    trained = train(
        partial(network, hidden=hidden), TASKS["three_class_sketch"], NetworkKind(hidden)
    )
    assert trained.learned and not trained.deviates
    assert {c for row in trained.run.regions[-1].got for c in row} == {0, 1, 2}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("task", XOR)
def test_every_start_lets_piecewise_linear_and_tanh_units_learn(task, seed):
    alone = replace(TASKS[task], starts=TASKS[task].starts[seed : seed + 1])
    for hidden in ("leaky_relu", "relu", "tanh"):
        assert train(partial(network, hidden=hidden), alone, NetworkKind(hidden)).learned


@pytest.mark.parametrize("hidden", HIDDEN[:3])
@pytest.mark.parametrize("task", DESCENT)
def test_plain_gradient_descent_learns_xor(task, hidden):
    assert train(partial(network, hidden=hidden), TASKS[task], NetworkKind(hidden)).learned


@pytest.mark.parametrize(
    "task, output",
    [(t, o) for t in XOR[:2] for o in ("linear_mse", "sigmoid_mse", "softmax_mse")][:-1]
    + [("xor_two_class", "sigmoid_binary_cross_entropy")],
)
def test_other_outputs_learn_xor(task, output):
    if (task, output) == ("xor_binary", "softmax_mse"):
        output = "sigmoid_binary_cross_entropy"
    trained = train(partial(network, output=output), TASKS[task], NetworkKind(output=output))
    assert trained.learned
    assert not trained.deviates


def test_a_right_network_is_asked_less_than_two_thousand_times_in_all():
    """Each call is a round trip to the student's worker."""
    for hidden in HIDDEN:
        asked, calls = counted(partial(network, hidden=hidden))
        for task in XOR + DESCENT:
            train(asked, TASKS[task], NetworkKind(hidden))
        assert len(calls) < 2000


def test_a_sum_takes_the_same_steps_as_a_mean():
    for task in ("xor_two_class", "xor_two_class_descent"):
        mean = train(network, TASKS[task])
        total = train(partial(network, reduction="sum"), TASKS[task], NetworkKind(reduction="sum"))
        assert total.run.steps == mean.run.steps
        assert not total.deviates
        assert np.allclose(total.run.losses, 4 * np.array(mean.run.losses))


def test_training_stops_at_the_first_start_that_learned():
    task = TASKS["xor_two_class"]
    trained = train(network, replace(task, starts=(3, *task.starts), steps=70))
    assert trained.learned
    assert trained.run.note.endswith("from start 2")
    assert not trained.failed


def test_training_is_deterministic():
    for task in ("noisy_xor_two_class", "xor_binary_descent"):
        assert train(network, TASKS[task]) == train(network, TASKS[task])


# what does not learn


def test_a_network_without_hidden_layer_does_not_fail_because_the_reference_cannot_learn_either():
    flat = replace(TASKS["xor_two_class"], sizes=(2, 2), steps=50)
    trained = train(network, flat)
    assert not trained.learned
    assert not trained.failed


def test_a_network_that_climbs_fails_where_the_reference_learns():
    trained = train(misconception("reversed_the_output_error"), TASKS["xor_binary"])
    assert trained.failed
    assert trained.run.parted_at == 1
    assert "not learned in 120 steps, from none of 3 starts; the reference did" in trained.run.note


def test_learning_is_no_proof_but_the_comparison_along_the_way_is():
    """Adam learns XOR without the slope of the hidden units."""
    wrong = misconception("forgot_the_slope_of_the_hidden_units")
    trained = train(wrong, TASKS["xor_two_class"])
    assert trained.learned
    assert trained.deviates
    assert "gradients differ from the right ones at" in trained.run.note


def test_adam_hides_a_wrong_scale_and_plain_descent_shows_it():
    wrong = misconception("forgot_the_mean_in_the_weights")
    assert train(wrong, TASKS["xor_binary"]).run.parted_at is None
    assert train(wrong, TASKS["xor_binary_descent"]).run.parted_at == 1


@pytest.mark.parametrize("m", REVEALED, ids=lambda m: m.name)
def test_every_mistake_in_backpropagation_shows_during_training(m):
    """With sigmoid units, squared error or cross-entropy; penalties have no part in these tasks."""
    task = replace(TASKS["xor_two_class"], steps=60, starts=(10,))
    seen = []
    for hidden in ("sigmoid", "leaky_relu"):
        for output in ("softmax_cross_entropy", "sigmoid_mse"):
            try:
                wrong = partial(m.formula, hidden=hidden, output=output)
                trained = train(wrong, task, NetworkKind(hidden, output))
            except ValueError:
                seen.append("raised")
            else:
                seen.append(trained.deviates or bool(trained.problem))
    assert any(seen)


def test_a_gradient_of_the_wrong_shape_ends_training_with_the_reason():
    trained = train(misconception("did_not_sum_the_bias_gradient"), TASKS["xor_binary"])
    assert trained.problem == "db1 has shape (4, 4), expected (4,)"
    assert trained.failed
    assert trained.run.steps == 0
    assert trained.run.losses == []


def broken_at(step, break_it):
    """The reference until call number *step*, from then on changed."""
    calls = []

    def breaking(parameters, x, t):
        calls.append(1)
        passed = network(parameters, x, t)
        return break_it(passed) if len(calls) > step else passed

    return breaking


@pytest.mark.parametrize(
    "break_it, reason",
    [
        (lambda p: p._replace(y=p.y[:2]), "the outputs have shape (2, 1), expected (4, 1)"),
        (lambda p: p._replace(gradients=p.gradients[1:]), "gradients for 2 layers, expected 3"),
        (
            lambda p: p._replace(gradients=[(w * np.nan, b) for w, b in p.gradients]),
            "dW1 has entries that are not finite",
        ),
    ],
)
def test_whatever_cannot_be_used_ends_training_with_the_reason(break_it, reason):
    task = replace(TASKS["xor_binary"], starts=(9,))
    trained = train(broken_at(5, break_it), task)
    assert reason in trained.problem
    assert trained.run.note.startswith("stopped after 5 steps: ")
    assert len(trained.run.losses) == 5
    assert trained.failed


def only_four(parameters, x, t):
    """A network that was written for a batch of four."""
    if len(x) != 4:
        raise Failed(Behaviour(raised="ValueError"))
    return network(parameters, x, t)


def test_a_network_for_four_samples_learns_four_samples_and_shows_no_regions():
    trained = train(only_four, TASKS["xor_binary"])
    assert trained.learned
    assert trained.run.regions == []
    assert len(trained.run.points) == 4


def test_a_failed_call_is_handed_on():
    def failing(parameters, x, t):
        raise Failed(Behaviour(raised="ValueError"))

    with pytest.raises(Failed):
        train(failing, TASKS["xor_binary"])


# what rounding and conventions may do


def single(parameters, x, t):
    """The reference in float32."""
    low = [(np.float32(w), np.float32(b)) for w, b in parameters]
    return network(low, np.float32(x), np.float32(t))


def with_eps(parameters, x, t):
    """The usual 1e-8 inside the log, with y - t as the gradient."""
    passed = network(parameters, x, t)
    y, t = passed.y, np.reshape(t, passed.y.shape)
    if y.shape[1] == 1:
        y, t = np.hstack([1 - y, y]), np.hstack([1 - t, t])
    return passed._replace(loss=-np.sum(t * np.log(y + 1e-8)) / len(t))


@pytest.mark.parametrize("task", XOR + DESCENT)
@pytest.mark.parametrize("student", [single, with_eps])
def test_single_precision_and_an_eps_in_the_log_are_no_deviation(student, task):
    trained = train(student, TASKS[task])
    assert trained.learned
    assert not trained.deviates
    assert trained.run.parted_at is None


@pytest.mark.parametrize(
    "kind", [NetworkKind(alpha=0.2), NetworkKind("relu", kink=1.0), NetworkKind("relu", kink=0.5)]
)
def test_conventions_of_the_kind_are_the_references_too(kind):
    student = partial(network, hidden=kind.hidden, alpha=kind.alpha, kink=kind.kink)
    assert not train(student, TASKS["noisy_xor_two_class"], kind).deviates


def test_flat_outputs_and_a_missing_loss_are_read():
    def student(parameters, x, t):
        passed = network(parameters, x, t)
        return Pass(passed.y.ravel(), None, passed.gradients)

    trained = train(student, TASKS["xor_binary"])
    assert trained.learned
    assert trained.run.losses == trained.run.reference_losses


# what the report gets


def test_the_run_tells_losses_regions_and_points():
    run = train(network, TASKS["noisy_xor_binary"]).run
    assert len(run.losses) == len(run.reference_losses) == run.steps + 1
    assert run.test_accuracy == 1
    assert run.reference_accuracy == 1
    assert (len(run.points), len(run.labels)) == (280, 280)
    assert [r.step for r in run.regions][0] == 0
    assert [r.step for r in run.regions][-1] == run.steps
    assert 4 <= len(run.regions) <= 6
    for region in run.regions:
        assert np.shape(region.got) == (len(run.y), len(run.x)) == (25, 25)
        assert np.allclose(region.got, region.expected, atol=1e-3)


def test_regions_answer_where_the_points_are():
    run = train(network, TASKS["xor_binary"]).run
    final = np.array(run.regions[-1].got)
    for (px, py), label in zip(run.points, run.labels, strict=True):
        i, j = np.abs(np.array(run.y) - py).argmin(), np.abs(np.array(run.x) - px).argmin()
        assert (final[i, j] > 0.5) == label


def test_two_classes_are_pictured_by_the_probability_of_the_second():
    run = train(network, TASKS["xor_two_class"]).run
    final, x, y = np.array(run.regions[-1].got), np.array(run.x), np.array(run.y)
    i, j = np.abs(y - 1).argmin(), np.abs(x).argmin()
    assert final[i, j] > 0.5


def test_numbers_of_the_run_are_plain():
    run = train(network, TASKS["xor_binary_descent"]).run
    assert {type(v) for v in run.losses + run.x + [run.accuracy]} == {float}
    assert {type(v) for v in run.labels} == {int}


# data, starts, update steps


def test_noisy_corners_are_normalised_and_split():
    data = noisy_corners()
    x = np.vstack([data.x, data.test_x])
    assert x.shape == (400, 2)
    assert len(data.x) == 280
    assert np.allclose(x.mean(axis=0), 0)
    assert np.allclose(x.std(axis=0), 1)
    assert np.array_equal(data.labels, (data.x[:, 0] > 0) != (data.x[:, 1] > 0))


def test_three_classes_lie_as_described():
    x, labels, *_ = three_classes()
    assert Counter(labels.tolist()).total() == 1500
    above = x[:, 1] - 0.5 * np.sin(np.pi * x[:, 0])
    assert np.all(labels[above > 0.5] == 0)
    assert not np.any(labels[above < -0.5] == 0)
    below = above < -0.5
    assert np.all(labels[below & (x[:, 0] < -0.5)] == 1)
    assert np.all(labels[below & (x[:, 0] > 0.5)] == 2)
    # the borders are noisy
    assert 0 < np.mean(labels[np.abs(above) < 0.1] == 0) < 1


def test_corners_are_exclusive_or():
    data = corners()
    assert [int(a) ^ int(b) for a, b in data.x] == data.labels.tolist()


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_starts_fit_the_data_and_have_no_bias_near_zero(task):
    if task.name == "digits":
        pytest.importorskip("sklearn")
    data = task.data()
    assert data.x.shape[1] == task.sizes[0]
    assert len(set(data.labels.tolist())) == max(2, task.sizes[-1])
    for seed in task.starts:
        parameters = start(seed, task.sizes)
        assert [w.shape for w, _ in parameters] == list(
            zip(task.sizes, task.sizes[1:], strict=False)
        )
        assert min(np.abs(b).min() for _, b in parameters) >= 0.1


def test_the_first_step_of_adam_has_the_length_of_its_rate():
    parameters = [(np.ones((2, 1)), np.zeros(1))]
    gradients = [(np.array([[3.0], [-0.2]]), np.array([10.0]))]
    ((w, b),) = Adam(0.1)(parameters, gradients)
    assert np.allclose(w, [[0.9], [1.1]])
    assert np.allclose(b, [-0.1])


def test_adam_forgets_slowly():
    """Two steps by hand, gradients 1 and then 0: m = 0.09, v = 0.000999."""
    adam, parameters = Adam(0.1), [(np.zeros((1, 1)), np.zeros(1))]
    for g in (1.0, 0.0):
        parameters = adam(parameters, [(np.full((1, 1), g), np.full(1, g))])
    second = 0.1 * (0.09 / 0.19) / np.sqrt(0.000999 / (1 - 0.999**2))
    assert np.allclose(parameters[0][1], -0.1 - second)


def test_descent_goes_as_far_as_the_gradient_says():
    ((w, b),) = Descent(0.5)([(np.ones((1, 1)), np.ones(1))], [(np.full((1, 1), 4.0), np.ones(1))])
    assert (w.item(), b.item()) == (-1.0, 0.5)


# the reference models, read by hand


def load(name):
    spec = importlib.util.spec_from_file_location(f"trained_{name}", MODELS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def npnn_layers(parameters, x, t, m=load("npnn_layers")):  # noqa: B008
    net, outputs = m.Sequential(), t.shape[1]
    for w, b in parameters:
        dense = m.Dense(*w.shape)
        dense.w, dense.b = w, b
        net.layers += [dense, m.LeakyReLU(len(b))]
    net.layers[-1] = m.Sigmoid(1) if outputs == 1 else m.Softmax(outputs)
    end = m.BinaryCrossEntropyLoss(1) if outputs == 1 else m.CrossEntropyLoss(outputs)
    y = net.forward(x)
    loss = end.forward(y, t)
    net.backward(end.backward())
    return Pass(y, loss, [(d.grad_w, d.grad_b) for d in net.layers if isinstance(d, m.Dense)])


def column_network(parameters, x, t, m=load("column_network")):  # noqa: B008
    named = {}
    for i, (w, b) in enumerate(parameters, 1):
        named |= {f"W{i}": w.T, f"b{i}": b[:, None]}
    y, caches = m.L_model_forward(x.T, named)
    grads = m.L_model_backward(y, t.T, caches)
    layers = range(1, len(parameters) + 1)
    pairs = [(grads[f"dW{i}"].T, grads[f"db{i}"].ravel()) for i in layers]
    return Pass(y.T, m.compute_cost(y, t.T), pairs)


def softmax_regression(parameters, x, t, m=load("softmax_regression")):  # noqa: B008
    ((w, b),) = parameters
    return Pass(m.nn(x, w, b), m.cost(x, t, w, b), [m.gradient(x, t, w, b)])


def relu_classifier(parameters, x, t, m=load("relu_classifier")):  # noqa: B008
    params = {}
    for i, (w, b) in enumerate(parameters, 1):
        params |= {f"W{i}": w, f"b{i}": b[None, :]}
    loss, grads = m.loss_and_grads(x, t.argmax(axis=1), params, reg=0.0)
    scores, _ = m.forward(x, params)
    y = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return Pass(y, loss, [(grads[f"W{i}"], grads[f"b{i}"].ravel()) for i in (1, 2, 3)])


def canonical(parameters, x, t, m):
    net = m.MLP([w.shape[0] for w, _ in parameters] + [t.shape[1]])
    net.weights, net.biases = map(list, zip(*parameters, strict=True))
    pairs = list(zip(*net.backward(x, t), strict=True))
    return Pass(net.forward(x), net.loss(x, t), pairs)


numpy_mlp = partial(canonical, m=load("numpy_mlp"))
classic_mistakes = partial(canonical, m=load("classic_mistakes"))

FLAT = replace(TASKS["three_class"], name="three_class_flat", sizes=(2, 3), accuracy=0.8, steps=120)


@pytest.mark.parametrize(
    "model, task, kind",
    [
        (npnn_layers, TASKS["noisy_xor_binary"], NetworkKind()),
        (npnn_layers, TASKS["noisy_xor_two_class"], NetworkKind()),
        (column_network, TASKS["xor_two_class"], NetworkKind("relu")),
        (column_network, TASKS["digits"], NetworkKind("relu")),
        (softmax_regression, FLAT, NetworkKind(reduction="sum")),
        (relu_classifier, TASKS["noisy_xor_two_class"], NetworkKind("relu")),
        (relu_classifier, TASKS["three_class"], NetworkKind("relu")),
        (numpy_mlp, TASKS["xor_binary"], NetworkKind()),
        (numpy_mlp, TASKS["xor_two_class_descent"], NetworkKind()),
    ],
    ids=lambda value: getattr(value, "name", getattr(value, "__name__", "")),
)
def test_the_reference_models_train_beside_the_reference(model, task, kind):
    if task.name == "digits":
        pytest.importorskip("sklearn")
    trained = train(model, task, kind)
    assert not trained.deviates
    assert not trained.failed
    assert trained.run.parted_at is None
    if task is not FLAT:  # no straight line follows a sine
        assert trained.learned


def test_the_mistake_in_the_network_of_classic_mistakes_shows():
    trained = train(classic_mistakes, TASKS["xor_binary"])
    assert trained.deviates
    assert trained.run.parted_at == 1
