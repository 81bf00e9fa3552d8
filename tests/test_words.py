"""Every word of student code has its effect: what it names is given first; every message has its code."""

import pytest

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.inventory import Definition, Parameter
from checkgrad.exercises import ALL
from checkgrad.networks import places
from checkgrad.networks.constructors import activations_among
from checkgrad.networks.names import constructor_token, fillings, says_something, tokens_for
from checkgrad.networks.script import (
    BIASES,
    CACHE,
    HIDDEN,
    IN,
    OUT,
    PARAMS,
    VECTOR,
    WEIGHTS,
    T,
    X,
    Y,
)
from checkgrad.networks.shapes.common import makes_holders
from checkgrad.reading.signature import assignments, likeness
from checkgrad.words import (
    layers,
    messages,
    networks,
    optimisers,
    purposes,
    roles,
    settings,
    source,
)
from checkgrad.words import meaning as meanings
from checkgrad.words.meaning import meaning
from in_process import InProcess
from test_words_in_code import LEFT, READ

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


@pytest.mark.parametrize(
    ("role", "word"),
    [(role, word) for role, words in roles.ROLES.items() for word in sorted(words)],
)
def test_what_a_parameter_of_a_function_is_called_tells_its_role(role, word):
    assert likeness(role, word) > likeness(role, SAYS_NOTHING)


SPOKEN = [(e, word) for e in ALL for word in e.spoken if not e.derivative]


@pytest.mark.parametrize(("exercise", "word"), SPOKEN, ids=[word for _, word in SPOKEN])
def test_an_exercise_is_known_by_what_it_is_called(exercise, word):
    assert meaning(word).of is exercise


def says(name):
    """The exercise of a name, the word that makes a derivative of it, and whether that is by the logits."""
    found = meaning(name)
    return found and (found.of.name, found.derivative, found.logits)


# Words beside the name of an exercise: what is listed, a name with one of them, and what it says.
BESIDE = {
    "derivative": (meanings.DERIVATIVE, "sigmoid_{}", ("sigmoid", "{}", False)),
    "loss": (meanings.LOSS_WORDS, "mse_{}", ("mse_loss", "", False)),
    "activation": (meanings.ACTIVATION_WORDS, "sigmoid_{}", ("sigmoid", "", False)),
    "logits": (meanings.LOGIT_WORDS, "bce_grad_wrt_{}", ("binary_cross_entropy", "grad", True)),
    "neutral": (meanings.NEUTRAL, "sigmoid_{}", ("sigmoid", "", False)),
    "in front": (meanings.NOT_IN_FRONT, "{}_sigmoid", None),
    "no layer": (meanings.CAPPED, "relu{}", None),
}
NAMES = [(key, word) for key, (words, *_) in BESIDE.items() for word in sorted(words)]


@pytest.mark.parametrize(("key", "word"), NAMES, ids=[f"{key}: {word}" for key, word in NAMES])
def test_what_stands_beside_the_name_of_an_exercise_is_understood(key, word):
    _, name, due = BESIDE[key]
    due = due and tuple(word if part == "{}" else part for part in due)
    assert says(name.format(word)) == due


def test_what_nobody_writes_beside_it_is_not_understood():
    assert not any(says(name.format(SAYS_NOTHING)) for _, name, due in BESIDE.values() if due)


def may_be_given_twice(name):
    f = Definition(name="forward", kind="function", parameters=(Parameter("x"), Parameter(name)))
    return ((X, X), ()) in fillings(f, (X, T))


def keeps_layers(name):
    text = """
class Block:
    def __init__(self):
        self.W = 1.0


class Net:
    def __init__(self):
        self.NAME = Block()
"""
    found = InProcess(text.replace("NAME", name)).inventory
    return makes_holders(found.find("Net"), found)


def is_slope_of_a_loss(name):
    return purposes.is_slope(Definition(name=f"Cost.{name}", kind="method"))


# Names of a network's parameters and attributes: what is listed, a name with one of them, and what that says.
OF_NETWORKS = {
    "parameters in one": (networks.CONTAINERS, "{}", lambda name: PARAMS in says_something(name)),
    "what a forward pass keeps": (networks.CACHES, "{}", lambda name: CACHE in tokens_for(name)),
    "inputs": (networks.INPUT_WORDS, "raw_{}", lambda name: tokens_for(name) == [X]),
    "targets": (networks.TARGET_WORDS, "raw_{}", lambda name: tokens_for(name) == [T]),
    "beside inputs": (networks.BESIDE_WORDS, "{}_images", lambda name: tokens_for(name) == [X]),
    "outputs that are given": (
        networks.OUTPUT_WORDS,
        "training_{}",
        lambda name: tokens_for(name) == [T],
    ),
    "given outputs": (networks.GIVEN_WORDS, "{}_results", lambda name: tokens_for(name) == [T]),
    "all parameters": (
        networks.PARAMETER_WORDS,
        "unrolled_{}",
        lambda name: tokens_for(name) == [PARAMS, VECTOR],
    ),
    "beside all parameters": (
        networks.BESIDE_PARAMETERS,
        "{}_params",
        lambda name: tokens_for(name) == [PARAMS, VECTOR],
    ),
    "other data": (networks.SECOND_WORDS, "x_{}", may_be_given_twice),
    "sizes": (networks.SIZE_WORDS, "hidden_{}", lambda name: tokens_for(name) == ["size1"]),
    "hidden": (networks.HIDDEN_WORDS, "{}_size", lambda name: constructor_token(name) == HIDDEN),
    "in": (networks.IN_WORDS, "{}_size", lambda name: constructor_token(name) == IN),
    "out": (networks.OUT_WORDS, "{}_size", lambda name: constructor_token(name) == OUT),
    "holds": (networks.HOLDS, "my_{}", networks.holds),
    "gradients": (networks.SLOPES, "{}_w", places.says_gradient),
    "memory": (networks.REMEMBERED, "{}_w", places.is_average),
    "averages": (networks.AVERAGED, "{}_w", places.is_running),
    "layers": (networks.LAYER_WORDS, "{}_1", keeps_layers),
    "slope of a loss": (purposes.SLOPE, "{}", is_slope_of_a_loss),
    "unsquashed": (
        networks.UNSQUASHED,
        "{}",
        lambda name: activations_among(["tanh", name, "sigmoid"])[1] == name,
    ),
}
LISTED = [(key, word) for key, (words, *_) in OF_NETWORKS.items() for word in sorted(words)]


@pytest.mark.parametrize(("key", "word"), LISTED, ids=[f"{key}: {word}" for key, word in LISTED])
def test_what_is_called_so_in_a_network_is_told_by_it(key, word):
    _, name, holds = OF_NETWORKS[key]
    assert holds(name.format(word))


@pytest.mark.parametrize("key", OF_NETWORKS)
def test_what_says_nothing_in_a_network_is_not_told(key):
    _, name, holds = OF_NETWORKS[key]
    assert not holds(name.format(SAYS_NOTHING))


SAID = (roles.OUTPUTS, roles.TARGETS, roles.INPUTS, roles.WEIGHTS, roles.BIASES)
SHOWN = [
    *(words for table in (READ, LEFT, BESIDE, OF_NETWORKS) for words, *_ in table.values()),
    *roles.ROLES.values(),
    *(words for said in SAID for words in (said.of_functions, said.of_networks)),
]
# Put together of others, or no words of student code.
MADE_OF_OTHERS = {frozenset(roles.NOT_TARGET), frozenset(roles.INTERCHANGEABLE)}


@pytest.mark.parametrize(
    "room",
    [layers, meanings, networks, optimisers, purposes, roles, source],
    ids=lambda m: m.__name__,
)
def test_every_list_of_words_is_shown(room):
    lists = {k: v for k, v in vars(room).items() if isinstance(v, set | frozenset)}
    shown = {frozenset(words) for words in SHOWN} | MADE_OF_OTHERS
    assert not [name for name, words in lists.items() if frozenset(words) not in shown]
