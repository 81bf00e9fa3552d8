"""What names of functions and methods say that they are for."""

from __future__ import annotations

import re
from functools import cache

from checkgrad.child.inventory import Definition
from checkgrad.exercise import Kind
from checkgrad.words.meaning import DERIVATIVE, LOSS_WORDS, NEUTRAL, meaning
from checkgrad.words.text import bare, last, listed, split

FORWARD = re.compile(
    r"(l_?|my_?|model_?|nn_?|net_?|network_?|full_?|mlp_?|n_?layers?_?|linear_?model_?)*"
    r"(forward|predict|feed_?forward|forward_?pass|forward_?prop(agation|agate)?|propagate|__call__|think|predict_?proba"
    r"|compute_?outputs?|run|query|scores?|fprop|nn|net|network|model|hypothesis|get_?outputs?|outputs?|activate|infer|ff)"
    r"(_?(pass|all|full|deep|train|model|network|n_?layers?|propagate))*"
)
LOSSLIKE = re.compile(
    r"(compute_?|calc(ulate)?_?|get_?|my_?|total_?|nn_?|model_?|net(work)?_?)*(loss|cost|error|objective|j|criterion)(_?(func(tion)?|fn|value))*"
)
GRADIENT = re.compile(
    r"(l_?|my_?|model_?|nn_?|net_?|network_?|full_?|mlp_?|compute_?|calc(ulate)?_?|get_?|do_?|n_?layers?_?|linear_?model_?)*"
    r"(backwards?|gradients?|grads?|back_?prop(agation|agate)?|backward_?pass|back_?pass|backward_?prop(agation|agate)?|bprop"
    r"|(loss|cost|forward)_?(and|_)_?(grad(ient)?s?|backward_?(prop|pass|propagation)?)|derivatives?|get_?cost_?and_?grad\w*"
    r"|backward_?propogation|back_?propogation|delta_?rule)"
    r"(_?(pass|all|full|deep|model|network|n_?layers?|propagate|descent_?step))*"
)
UPDATE = re.compile(
    r"(train|fit|step|update|gradient_?descent|train_?(step|batch|on_?batch|one|epoch)|update_?(params|parameters|weights|mini_?batch)|learn"
    r"|optimi[sz]e|sgd(_?step)?|back_?prop(agation)?|backward_?(pass|prop)?|one_?step|fit_?batch|partial_?fit)"
)
INITIALISES = re.compile(
    r"(random_?|he_?|xavier_?|rand_?|weights?_?|params?_?|parameters_?)*(init|initiali[sz]e|create|make|build|setup|get_initial)(iali[sz]e|iali[sz]ation)?"
    r"(_?(params?|parameters|weights?|weights_?and_?biases|network|net|model|nn|layers|deep|he|random|xavier|mlp|l|theta|variables))*"
    r"|(params?|parameters|weights?|network)_?init(iali[sz](e|er|ation))?"
)


@cache
def says(definition: Definition) -> frozenset[str]:
    """What a function may be good for by its name: "forward", "loss", "gradient", "update"."""
    name = (
        bare(last(definition.name)).lower() if last(definition.name) != "__call__" else "__call__"
    )
    tables = {"forward": FORWARD, "loss": LOSSLIKE, "gradient": GRADIENT, "update": UPDATE}
    found = {purpose for purpose, pattern in tables.items() if pattern.fullmatch(name)}
    words = set(split(bare(last(definition.name))))
    if words & LOSS_WORDS and words & DERIVATIVE and words <= LOSS_WORDS | DERIVATIVE | NEUTRAL:
        found.add("gradient")
    said = meaning(last(definition.name))
    if said and said.kind is Kind.LOSS and not said.derivative:
        found.add("loss")
    return frozenset(found)


SLOPE = listed("prime deriv delta diff backward_pass d grad_output df")


def is_slope(definition: Definition) -> bool:
    """Does the name say gradient or derivative?"""
    concept = meaning(last(definition.name))
    return (
        "gradient" in says(definition)
        or bool(concept and concept.derivative)
        or last(definition.name).lower() in SLOPE
    )


RESETS = re.compile(r"zero|reset|clear|update|step|train|fit|optimi", re.IGNORECASE)


GOES_BACK = re.compile(r"back|grad|bprop", re.IGNORECASE)
