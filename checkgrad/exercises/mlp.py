"""The network exercise: any number of layers as one pure function, and what goes wrong in backpropagation.

Every mistake is a setting of the one backpropagation below, so mistakes can be combined (`combined`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from checkgrad.exercise import DerivationStep, Misconception, words

BISHOP = (
    "Bishop, Pattern Recognition and Machine Learning (2006), section 5.3.1, equations 5.53 to 5.56"
)
BACKPROPAGATION = (
    r"\delta^{(L)} = \frac{1}{N} (y - t), \quad"
    r"\delta^{(l)} = \delta^{(l+1)} {W^{(l+1)}}^{\top} \odot g'(z^{(l)}), \quad"
    r"\frac{\partial L}{\partial W^{(l)}} = {a^{(l-1)}}^{\top} \delta^{(l)}, \quad"
    r"\frac{\partial L}{\partial b^{(l)}} = \sum_n \delta^{(l)}_n"
)


class Pass(NamedTuple):
    """What a network gives for one batch: *gradients* belong to *parameters*, pair by pair."""

    y: Any
    loss: Any
    gradients: list[tuple[Any, Any]]


@dataclass(frozen=True)
class NetworkKind:
    """What a network computes. All of it is convention: no choice here is a mistake.

    hidden: a key of ACTIVATIONS. output: a key of OUTPUTS, or "" for the usual one of the last size.
    alpha: slope of leaky_relu below 0. kink: slope of relu and leaky_relu at 0; None takes the one below 0.
    reduction: "mean" over the samples, "sum", or mean over all "entries" of the outputs.
    scale: a factor of the data's loss, 0.5 for a halved mse.
    lam: weight of the penalty 0.5 * lam * sum(w**2).
    biases: False for a network that has none; those among its parameters are ignored.
    own: functions that stand in for those of exercises, by the name of the exercise: "softmax", "tanh_derivative".
    """

    hidden: str = "leaky_relu"
    output: str = ""
    alpha: float = 0.01
    kink: float | None = None
    reduction: str = "mean"
    scale: float = 1.0
    lam: float = 0.0
    biases: bool = True
    own: Mapping[str, Callable[..., Any]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Switches:
    """Where backpropagation can go wrong. The defaults are right; the other values are keys of the tables below.

    layer: the only layer in which it goes wrong, counted from 0; None for all.
    """

    error: str = "right"
    slope: str = "right"
    down: str = "right"
    entered: str = "right"
    average: str = "right"
    bias: str = "right"
    penalty: str = "right"
    layer: int | None = None


RIGHT = Switches()
LEARNING_RATE = 0.1  # of the update in the mistake that updates too early


def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def log_softmax(z):
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax(z):
    return np.exp(log_softmax(z))


ACTIVATIONS: dict[str, Callable[[Any, NetworkKind], Any]] = {
    "leaky_relu": lambda z, kind: np.where(z > 0, z, kind.alpha * z),
    "relu": lambda z, kind: np.maximum(z, 0),
    "tanh": lambda z, kind: np.tanh(z),
    "sigmoid": lambda z, kind: sigmoid(z),
    "identity": lambda z, kind: z,
}

SLOPES: dict[str, Callable[[Any, NetworkKind], Any]] = {
    "leaky_relu": lambda z, kind: _bent(z, kind.alpha, kind.kink),
    "relu": lambda z, kind: _bent(z, 0.0, kind.kink),
    "tanh": lambda z, kind: 1 - np.tanh(z) ** 2,
    "sigmoid": lambda z, kind: sigmoid(z) * (1 - sigmoid(z)),
    "identity": lambda z, kind: np.ones_like(z),
}


HIDDEN = ("leaky_relu", "relu", "tanh", "sigmoid")  # what people write, the likeliest first
BY_NAME = ("relu", "sigmoid")  # of hidden and of output units, for constructors that are told names


def has_alpha(hidden: str) -> bool:
    """Has the activation a slope below zero to choose?"""
    if hidden not in ACTIVATIONS:
        return False
    below = [float(ACTIVATIONS[hidden](-1.0, NetworkKind(alpha=alpha))) for alpha in (0.5, 0.25)]
    return below[0] != below[1]


def goes_through_zero(hidden: str) -> bool:
    """Does the activation turn 0 into 0?"""
    return hidden in ACTIVATIONS and ACTIVATIONS[hidden](0.0, NetworkKind()) == 0


def _bent(z, below, kink):
    slope = np.where(z > 0, 1.0, below)
    return slope if kink is None else np.where(z == 0, kink, slope)


class Output(NamedTuple):
    """The last step, a key of SQUASHES, and its loss: the summed loss of (z, t); dL/dz of (y, t); the loss in words."""

    squash: str
    loss: Callable[[Any, Any], Any]
    error: Callable[[Any, Any], Any]
    words: str = "squared error"
    squared: bool = True  # else a cross-entropy

    @property
    def y(self) -> Callable[[Any], Any]:
        return SQUASHES[self.squash].y

    @property
    def of_classes(self) -> bool:
        """Does it take several outputs?"""
        return SQUASHES[self.squash].of_classes


class Squash(NamedTuple):
    """What becomes of the last logits, and what may be minimised then, the likeliest first.

    of_classes: it makes several outputs one distribution; of one output it would always be the same.
    """

    y: Callable[[Any], Any]
    outputs: tuple[str, ...]
    of_classes: bool = False


LOGITS = "linear"
ONE, SEVERAL = "sigmoid_binary_cross_entropy", "softmax_cross_entropy"  # usual: by outputs
SQUASHES = {
    "sigmoid": Squash(sigmoid, (ONE, "sigmoid_mse")),
    "softmax": Squash(softmax, (SEVERAL, "softmax_mse"), of_classes=True),
    LOGITS: Squash(lambda z: z, ("linear_mse", SEVERAL, ONE)),
    "log": Squash(log_softmax, (SEVERAL,), of_classes=True),
}

OUTPUTS = {
    ONE: Output(
        "sigmoid",
        lambda z, t: np.sum(np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))),
        lambda y, t: y - t,
        words="binary cross-entropy",
        squared=False,
    ),
    SEVERAL: Output(
        "softmax",
        lambda z, t: -np.sum(t * log_softmax(z)),
        lambda y, t: y * t.sum(axis=1, keepdims=True) - t,
        words="cross-entropy",
        squared=False,
    ),
    "linear_mse": Output(
        LOGITS,
        lambda z, t: np.sum((z - t) ** 2),
        lambda y, t: 2 * (y - t),
    ),
    "sigmoid_mse": Output(
        "sigmoid",
        lambda z, t: np.sum((sigmoid(z) - t) ** 2),
        lambda y, t: 2 * (y - t) * y * (1 - y),
    ),
    "softmax_mse": Output(
        "softmax",
        lambda z, t: np.sum((softmax(z) - t) ** 2),
        lambda y, t: 2 * y * (y - t - np.sum((y - t) * y, axis=1, keepdims=True)),
    ),
}


def squash_of(output: str) -> str:
    """What becomes of the last logits, "" where that is not known."""
    return OUTPUTS[output].squash if output in OUTPUTS else ""


def is_of_classes(output: str) -> bool:
    """Does it take several outputs?"""
    return output in OUTPUTS and OUTPUTS[output].of_classes


def is_squared(output: str) -> bool:
    """Is what is minimised a squared error?"""
    return output in OUTPUTS and OUTPUTS[output].squared


def network(parameters, x, t, hidden="leaky_relu", output="", *, switches=RIGHT, **details) -> Pass:
    """All gradients of a fully connected network, by the chain rule from the loss back to the first layer.

    parameters: one (w, b) a layer, w (in, out), b (out,). x: (N, D). t: (N, 1) or (N,) of 0 and 1 for one output,
    else one-hot rows. details: the other fields of NetworkKind. switches: mistakes to make.
    """
    kind = NetworkKind(hidden, output or usual_output(parameters), **details)
    zs, inputs = forward(parameters, x, kind)
    last = OUTPUTS[kind.output]
    y = kind.own.get(last.squash, last.y)(zs[-1])
    t = _fitting(t, zs[-1])
    factor = kind.scale / {"mean": len(x), "sum": 1, "entries": zs[-1].size}[kind.reduction]
    penalty = 0.5 * kind.lam * sum(np.sum(w**2) for w, _ in parameters)
    error = factor * ERRORS[switches.error](last, zs[-1], y, t)
    if fused := kind.own.get(f"{kind.output}_gradient"):
        error = np.reshape(fused(zs[-1], t), error.shape)
    gradients = _backward(parameters, zs, inputs, error, kind, switches)
    return Pass(y, factor * last.loss(zs[-1], t) + penalty, gradients)


def blocks(probe, kind, switches=RIGHT) -> tuple[Any, ...]:
    """The gradients of the reference, dW1, db1, dW2 ...; with *switches* those of a mistaken network."""
    passed = network(*probe, switches=switches, **kind)
    return tuple(block for pair in passed.gradients for block in pair)


def flattened(probe):
    """A probe of a network with its parameters laid out one after the other."""
    parameters, x, t = probe
    return (*(block for pair in parameters for block in pair), x, t)


def restored(flat):
    """The probe that was flattened."""
    *laid_out, x, t = flat
    return list(zip(laid_out[::2], laid_out[1::2], strict=True)), x, t


def usual_output(parameters) -> str:
    """One output is a probability, several are those of the classes."""
    one = parameters[-1][0].shape[1] == 1
    return ONE if one else SEVERAL


def forward(parameters, x, kind=NetworkKind()):  # noqa: B008  (frozen)
    """The logits of every layer, and what enters every layer."""
    zs, inputs = [], [x]
    for w, b in parameters:
        zs.append(inputs[-1] @ w + (b if kind.biases else 0))
        inputs.append(_activated(zs[-1], kind))
    return zs, inputs


def _activated(z, kind):
    own = kind.own.get(kind.hidden)
    return own(z) if own else ACTIVATIONS[kind.hidden](z, kind)


def _slope(z, kind):
    own = kind.own.get(f"{kind.hidden}_derivative")
    return own(z) if own else SLOPES[kind.hidden](z, kind)


def _fitting(t, z):
    t = np.asarray(t)
    t = t[:, None] if t.ndim == 1 and z.shape[1] == 1 else t
    if t.shape != z.shape:
        raise ValueError(f"targets have shape {t.shape}, expected {z.shape}; are they one-hot?")
    return t


def _backward(parameters, zs, inputs, delta, kind, switches):
    gradients, n = [], len(delta)
    for i in reversed(range(len(parameters))):
        w, b = parameters[i]
        here = switches if switches.layer in (None, i) else RIGHT
        dw = ENTERED[here.entered](i, zs, inputs).T @ delta
        db = BIASES[here.bias](delta)
        dw, db, delta_down = AVERAGES[here.average](n, dw, db, delta)
        if layer := kind.own.get("affine_backward"):
            below, dw, db = layer(delta, inputs[i], w)
        if kind.lam:
            dw, db = PENALTIES[here.penalty](dw, db, w, b, kind.lam, n)
        gradients.insert(0, (dw, db if kind.biases else np.zeros_like(b)))
        if i:
            signal = below if layer else delta_down @ DOWN[here.down](i, parameters, dw)
            delta = signal * HIDDEN_SLOPES[here.slope](zs[i - 1], inputs[i], signal, kind)
    return gradients


ERRORS = {
    "right": lambda last, z, y, t: last.error(y, t),
    "reversed": lambda last, z, y, t: -last.error(y, t),
    "slope_too_much": lambda last, z, y, t: last.error(y, t) * (1 if last.squared else y * (1 - y)),
    "slope_missing": lambda last, z, y, t: 2 * (y - t) if last.squared else last.error(y, t),
    "of_the_logits": lambda last, z, y, t: last.error(z, t),
}

HIDDEN_SLOPES = {
    "right": lambda z, a, signal, kind: _slope(z, kind),
    "missing": lambda z, a, signal, kind: 1.0,
    "of_tanh": lambda z, a, signal, kind: 1 - a**2,
    "of_sigmoid": lambda z, a, signal, kind: a * (1 - a),
    "of_relu": lambda z, a, signal, kind: z > 0,
    "at_the_activation": lambda z, a, signal, kind: SLOPES[kind.hidden](a, kind),
    "activation_rule_at_the_logits": lambda z, a, signal, kind: {
        "sigmoid": z * (1 - z),
        "tanh": 1 - z**2,
    }.get(kind.hidden, SLOPES[kind.hidden](z, kind)),
    "of_the_signal": lambda z, a, signal, kind: SLOPES[kind.hidden](signal, kind),
}

DOWN = {
    "right": lambda i, parameters, dw: parameters[i][0].T,
    "not_transposed": lambda i, parameters, dw: parameters[i][0],
    "of_the_layer_below": lambda i, parameters, dw: parameters[i - 1][0].T,
    "already_updated": lambda i, parameters, dw: (parameters[i][0] - LEARNING_RATE * dw).T,
}

ENTERED = {
    "right": lambda i, zs, inputs: inputs[i],
    "logits": lambda i, zs, inputs: zs[i - 1] if i else inputs[0],
    "what_came_out": lambda i, zs, inputs: inputs[min(i + 1, len(zs) - 1)],
    "network_input": lambda i, zs, inputs: inputs[0],
}

AVERAGES = {
    "right": lambda n, dw, db, delta: (dw, db, delta),
    "in_every_layer": lambda n, dw, db, delta: (dw, db, delta / n),
    "not_in_the_weights": lambda n, dw, db, delta: (dw * n, db, delta),
    "not_in_the_biases": lambda n, dw, db, delta: (dw, db * n, delta),
    "twice_in_the_weights": lambda n, dw, db, delta: (dw / n, db, delta),
    "twice_in_the_biases": lambda n, dw, db, delta: (dw, db / n, delta),
}

BIASES = {
    "right": lambda delta: delta.sum(axis=0),
    "not_summed": lambda delta: delta,
    "one_number": lambda delta: delta.sum(),
    "summed_over_units": lambda delta: delta.sum(axis=1),
    "missing": lambda delta: np.zeros(delta.shape[1]),
}

PENALTIES = {
    "right": lambda dw, db, w, b, lam, n: (dw + lam * w, db),
    "missing": lambda dw, db, w, b, lam, n: (dw, db),
    "doubled": lambda dw, db, w, b, lam, n: (dw + 2 * lam * w, db),
    "negated": lambda dw, db, w, b, lam, n: (dw - lam * w, db),
    "averaged": lambda dw, db, w, b, lam, n: (dw + lam / n * w, db),
    "on_the_biases_too": lambda dw, db, w, b, lam, n: (dw + lam * w, db + lam * b),
    "added_to_the_biases": lambda dw, db, w, b, lam, n: (dw + lam * w, db + lam),
}


@dataclass(frozen=True)
class NetworkExercise:
    """The exercise a whole network answers; *settings* has the switches behind every misconception."""

    name: str
    title: str
    latex: str
    source: str
    formula: Callable[..., Pass]
    misconceptions: tuple[Misconception, ...]
    settings: dict[str, dict[str, Any]]
    derivation: tuple[DerivationStep, ...] = ()

    @property
    def summary(self) -> str:
        return words(self.formula).partition("\n")[0]

    def probes(self, seed: int = 0) -> list[tuple[Any, Any, Any]]:
        """Networks with data, (parameters, x, t); the same seed draws the same."""
        rng = np.random.default_rng(seed)
        return [draw(rng, sizes, n) for sizes, n in SIZES]

    def combined(self, *names: str) -> Callable[..., Pass]:
        """The network that makes several of the known mistakes at once."""
        switches = RIGHT
        for name in names:
            switches = replace(switches, **self.settings[name])
        return mistaken(switches)


# Two hidden layers of unequal sizes, all sizes coprime; a single sample; then sizes at which shapes hide mistakes.
SIZES = (
    ((5, 11, 4, 1), 7),
    ((5, 11, 4, 3), 7),
    ((5, 11, 4, 2), 7),
    ((5, 11, 4, 3), 1),
    ((4, 4, 4, 4), 7),
    ((5, 11, 3), 7),
)
ROOM = 1e-3  # distance of every logit from the kinks, so that a numeric derivative can be taken


def draw(rng, sizes, n):
    """Draw parameters, inputs and targets for a network of *sizes*; every class is present if *n* allows."""
    while True:
        parameters = [
            (
                rng.normal(size=(i, o)) * np.sqrt(2 / i),
                rng.uniform(0.1, 0.9, o) * rng.choice((-1, 1), o),
            )
            for i, o in zip(sizes[:-1], sizes[1:], strict=True)
        ]
        x = rng.normal(size=(n, sizes[0]))
        if _has_room(parameters, x):
            return parameters, x, targets(rng.permutation(n), sizes[-1])


def targets(labels: Any, outputs: int) -> Any:
    """0 and 1 in one column, or one-hot rows; labels beyond the last class start again."""
    if outputs == 1:
        return (labels[:, None] % 2).astype(float)
    return np.eye(outputs)[labels % outputs]


def _has_room(parameters, x):
    logits = (
        z
        for hidden in ("relu", "leaky_relu")
        for z in forward(parameters, x, NetworkKind(hidden))[0]
    )
    return all(np.abs(z).min() > ROOM for z in logits)


def mistaken(switches: Switches) -> Callable[..., Pass]:
    """The network with *switches* set wrong."""

    def wrong_network(parameters, x, t, hidden="leaky_relu", output="", **details):
        return network(parameters, x, t, hidden, output, switches=switches, **details)

    return wrong_network


class Mistake(NamedTuple):
    """A setting of Switches, in the words a student reads."""

    name: str
    setting: dict[str, Any]
    explanation: str
    hint: str


MISTAKES = (
    Mistake(
        "forgot_the_slope_of_the_hidden_units",
        {"slope": "missing"},
        "The signal passes the hidden units on its way down without being multiplied by their slope.",
        "The signal passes the curve of each hidden unit on its way down: where is the slope of that curve?",
    ),
    Mistake(
        "used_the_slope_of_tanh",
        {"slope": "of_tanh"},
        "The hidden units' slope is tanh's, 1 - a^2, but they use another activation going forward.",
        "Does the rule for the slope belong to the function that you used going forward?",
    ),
    Mistake(
        "used_the_slope_of_sigmoid",
        {"slope": "of_sigmoid"},
        "The hidden units' slope is sigmoid's, a(1 - a), but they use another activation going forward.",
        "Does the rule for the slope belong to the function that you used going forward?",
    ),
    Mistake(
        "used_the_slope_of_relu",
        {"slope": "of_relu"},
        "The hidden units' slope is that of ReLU, 1 above zero and 0 below, but they use another activation going forward.",
        "Does the rule for the slope belong to the function that you used going forward?",
    ),
    Mistake(
        "took_the_slope_at_the_activation",
        {"slope": "at_the_activation"},
        "The derivative of the activation is evaluated at its output, the rule used wants its input.",
        "Does your derivative function expect z or the activation, and which of them do you hand in?",
    ),
    Mistake(
        "used_the_rule_for_activations_on_logits",
        {"slope": "activation_rule_at_the_logits"},
        "The rule that gives the slope from the activation, such as a(1-a), is applied to z instead.",
        "Which numbers may a stand for in a(1-a): those that enter the unit or those that leave it?",
    ),
    Mistake(
        "gated_by_the_sign_of_the_gradient",
        {"slope": "of_the_signal"},
        "The sign of the gradient opens the units, instead of the sign of what entered them going forward.",
        "What decides whether a unit lets the gradient through: the gradient, or the forward pass?",
    ),
    Mistake(
        "passed_down_through_untransposed_weights",
        {"down": "not_transposed"},
        "The signal is multiplied by the weights themselves, not by their transpose, on its way down.",
        "W leads from the units below to those above: which way must it lead now?",
    ),
    Mistake(
        "passed_down_through_the_layer_below",
        {"down": "of_the_layer_below"},
        "The signal is passed down through the weights of the layer below instead of those it came through.",
        "Through which weights did these units influence the layer above?",
    ),
    Mistake(
        "updated_the_weights_before_passing_down",
        {"down": "already_updated"},
        "The weights are changed before the signal has passed down through them (shown for a step of 0.1).",
        "With which weights was the loss computed: the old ones or the new ones?",
    ),
    Mistake(
        "multiplied_with_logits_instead_of_activations",
        {"entered": "logits"},
        "The weights' gradient uses the logits of the layer below, but its activations entered this layer.",
        "Which values were multiplied with these weights going forward?",
    ),
    Mistake(
        "multiplied_with_the_layers_own_output",
        {"entered": "what_came_out"},
        "The gradient of a hidden layer's weights uses what came out of the layer, not what entered it.",
        "Which values entered this layer?",
    ),
    Mistake(
        "multiplied_with_the_network_input",
        {"entered": "network_input"},
        "The gradient of every layer's weights uses the input of the whole network.",
        "What does a layer in the middle see as its input?",
    ),
    Mistake(
        "reversed_the_output_error",
        {"error": "reversed"},
        "The output error is t - y instead of y - t, so all gradients have the wrong sign.",
        "If an output is too large, should the loss grow or fall when its logit grows?",
    ),
    Mistake(
        "multiplied_the_output_error_by_a_slope",
        {"error": "slope_too_much"},
        "The output error is multiplied by y(1-y), which cross-entropy has cancelled already.",
        "What is left of y(1-y) after you multiply it with the derivative of the cross-entropy?",
    ),
    Mistake(
        "forgot_the_slope_of_the_output",
        {"error": "slope_missing"},
        "The squared error is passed down without the slope of the output's own activation.",
        "The loss compares y with t: how does y change when z does?",
    ),
    Mistake(
        "compared_logits_with_targets",
        {"error": "of_the_logits"},
        "The output error compares the logits with the targets, not the outputs.",
        "Are the numbers that you subtract t from probabilities?",
    ),
    Mistake(
        "averaged_in_every_layer",
        {"average": "in_every_layer"},
        "The signal is divided by the number of samples again in every layer that it passes.",
        "How often does the loss divide by N: once, or once a layer?",
    ),
    Mistake(
        "forgot_the_mean_in_the_weights",
        {"average": "not_in_the_weights"},
        "The weights' gradients are sums over the samples where those of the biases are means.",
        "Do weights and biases belong to the same loss?",
    ),
    Mistake(
        "forgot_the_mean_in_the_biases",
        {"average": "not_in_the_biases"},
        "The biases' gradients are sums over the samples where those of the weights are means.",
        "Is the mean over the samples taken for the biases as well?",
    ),
    Mistake(
        "averaged_the_weights_twice",
        {"average": "twice_in_the_weights"},
        "The weights' gradients are divided by the number of samples once more than those of the biases.",
        "Was the signal that reaches the weights averaged before?",
    ),
    Mistake(
        "averaged_the_biases_twice",
        {"average": "twice_in_the_biases"},
        "The biases' gradients are divided by the number of samples once more than those of the weights.",
        "The signal is averaged already: should the biases take its mean or its sum?",
    ),
    Mistake(
        "did_not_sum_the_bias_gradient",
        {"bias": "not_summed"},
        "The bias gradient has a row for every sample, but one bias serves all samples.",
        "How many biases does the layer have, and how many numbers has their gradient?",
    ),
    Mistake(
        "summed_the_bias_gradient_to_one_number",
        {"bias": "one_number"},
        "The bias gradient is summed over the units as well, so all units of a layer share one number.",
        "Over which axis do the samples run, and over which the units?",
    ),
    Mistake(
        "summed_the_bias_gradient_over_the_units",
        {"bias": "summed_over_units"},
        "The bias gradient is summed over the units of each sample instead of over the samples.",
        "What should the length of a bias gradient be?",
    ),
    Mistake(
        "left_the_biases_out",
        {"bias": "missing"},
        "The biases have no gradient, so they never move.",
        "Does the loss change when you move a bias a little?",
    ),
    Mistake(
        "left_the_penalty_out_of_the_gradient",
        {"penalty": "missing"},
        "The loss contains the L2 penalty, the gradient does not.",
        "Your loss punishes large weights: what is the derivative of that part?",
    ),
    Mistake(
        "doubled_the_penalty_gradient",
        {"penalty": "doubled"},
        "The gradient of the L2 penalty is twice too large for a loss with the factor one half.",
        "Your loss carries a one half: what becomes of it when you differentiate the square?",
    ),
    Mistake(
        "subtracted_the_penalty_gradient",
        {"penalty": "negated"},
        "The gradient of the L2 penalty is subtracted, which makes the weights grow.",
        "Should the penalty pull the weights towards zero or push them away?",
    ),
    Mistake(
        "averaged_the_penalty_gradient",
        {"penalty": "averaged"},
        "The gradient of the L2 penalty is divided by the number of samples, the penalty is not.",
        "Does the penalty in your loss depend on the number of samples?",
    ),
    Mistake(
        "penalised_the_biases_in_the_gradient",
        {"penalty": "on_the_biases_too"},
        "The gradient penalises the biases as well, the loss only the weights.",
        "Are the biases part of the penalty in your loss?",
    ),
    Mistake(
        "added_the_penalty_weight_to_the_biases",
        {"penalty": "added_to_the_biases"},
        "The penalty's weight itself is added to the bias gradients.",
        "What should the penalty contribute to a bias that it does not contain?",
    ),
)

NETWORK = NetworkExercise(
    name="MLP",
    title="multilayer perceptron",
    latex=BACKPROPAGATION,
    source=BISHOP,
    formula=network,
    misconceptions=tuple(
        Misconception(m.name, mistaken(Switches(**m.setting)), m.explanation, m.hint)
        for m in MISTAKES
    ),
    settings={m.name: m.setting for m in MISTAKES},
)
