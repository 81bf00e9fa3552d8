"""Every word of student code has its effect: what it names is given first; every message has its code."""

import pytest

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.inventory import Parameter
from checkgrad.networks.names import tokens_for
from checkgrad.networks.script import BIASES, WEIGHTS, T, X, Y
from checkgrad.reading.signature import assignments
from checkgrad.words import messages, roles, settings

SAYS_NOTHING = "qqq"
OF_A_LOSS = ("y", "t")
TOKENS = [
    (roles.OUTPUTS, Y),
    (roles.TARGETS, T),
    (roles.INPUTS, X),
    (roles.WEIGHTS, WEIGHTS),
    (roles.BIASES, BIASES),
]


def order(*names):
    return assignments([Parameter(name) for name in names], OF_A_LOSS)[0]


@pytest.mark.parametrize("word", sorted(roles.TARGETS.of_functions - {"y", "d"}))
def test_targets_of_a_function_are_known_in_any_place(word):
    assert order(word, SAYS_NOTHING) == ("t", "y")
    assert order(SAYS_NOTHING, word) == ("y", "t")


@pytest.mark.parametrize("word", sorted(roles.OUTPUTS.of_functions))
def test_outputs_of_a_function_are_known_in_any_place(word):
    assert order(SAYS_NOTHING, word) == ("t", "y")
    assert order(word, SAYS_NOTHING) == ("y", "t")


@pytest.mark.parametrize(
    ("word", "token"),
    [(word, token) for said, token in TOKENS for word in sorted(said.of_networks)],
)
def test_what_a_parameter_of_a_network_is_called_tells_what_it_is_given(word, token):
    assert token in tokens_for(word)
    assert len(tokens_for(word)) < len(tokens_for(SAYS_NOTHING)) or tokens_for(word)[0] == token


@pytest.mark.parametrize("code", messages.MESSAGES)
def test_a_message_is_told_by_its_code(code):
    message = messages.MESSAGES[code]
    raised = (*message.errors, "RuntimeError")[0]
    assert messages.heard(Behaviour(raised=raised, message=message.example), code)
    assert not messages.heard(Behaviour(raised=raised, message="division by zero"), code)


SETTINGS = {
    settings.AXIS: "axis",
    settings.SMALL: "epsilon",
    settings.RATE: "learning_rate",
    settings.PENALTY: "lambda_",
    settings.SAMPLES: "batch_size",
    settings.CLASSES: "num_classes",
    settings.TURNS: "n_epochs",
    settings.SWITCH: "verbose",
    settings.MASK: "mask",
    settings.SIZES: "layer_dims",
    settings.ARCHITECTURE: "nn_architecture",
    settings.DEPTH: "n_layers",
    settings.KEPT: "keep_prob",
    settings.FADING: "momentum",
    settings.SEED: "random_state",
    settings.LOSS: "loss",
    settings.SLOPE: "negative_slope",
    settings.NAME: "layer_name",
}


@pytest.mark.parametrize("key", settings.SETTINGS)
def test_a_setting_is_told_by_its_name(key):
    name = SETTINGS[key]
    assert key in settings.of_functions(name) + settings.of_networks(name)
