"""Which exercise a definition means: by its name, its parameters and the names its source mentions."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory, Parameter
from checkgrad.exercise import Exercise
from checkgrad.reading.names import (
    ACTIVATIONS,
    DERIVATIVE,
    JACOBIAN,
    LOSSES,
    NEUTRAL,
    Meaning,
    meaning,
    split,
)
from checkgrad.reading.recipe import last_name
from checkgrad.reading.signature import (
    LOGITS,
    PREDICTION,
    TARGET,
    UPSTREAM_NAME,
    Fill,
    is_flag,
    option,
    positional,
    required,
)

FUSED = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}
EXPONENTIALS = {"exp", "expit", "logsumexp", "logaddexp", "logsoftmax"}
UNITS = {"transfer", "activation", "nonlin", "nonlinearity", "squash", "squashing"}
ELEMENTWISE = {"sigmoid", "tanh", "relu", "leaky_relu"}
WEIGHTS = re.compile(r"w|weights?|theta", re.IGNORECASE)
INPUTS = re.compile(r"x|x_?(train|dev|batch)|features|data|inputs?", re.IGNORECASE)
NODES = {"Tensor", "Variable", "Node", "inbound_nodes", "requires_grad"}
GRADIENT_VARIABLE = re.compile(
    r"d_?(w|b|x|z|y|a|scores?|logits?|out|h|l|loss|output|s|p|probs?|input|f)\d?"
    r"|\w*grad\w*|delta\w*|nabla\w*",
    re.IGNORECASE,
)


def exercise_of(
    said: Meaning, known: Mapping[str, Exercise], *, logits: bool, jacobian: bool
) -> Exercise | None:
    """The exercise that a name means.

    logits: the source itself makes probabilities of them. jacobian: the derivative takes no upstream gradient.
    """
    concept = said.concept
    if concept in FUSED and (said.logits or logits):
        concept = f"{FUSED[concept]}_{concept}"
    return next((known[name] for name in _names(concept, said, jacobian) if name in known), None)


def _names(concept: str, said: Meaning, jacobian: bool) -> list[str]:
    if concept == "affine":
        return ["affine_backward" if said.derivative else "affine_forward"]
    if not said.derivative:
        return [concept, f"{concept}_loss"]
    if concept == "softmax":
        single = said.derivative in JACOBIAN or jacobian
        return ["softmax_jacobian" if single else "softmax_backward"]
    stems = (concept, f"{concept}_loss")
    return [f"{stem}_{end}" for stem in stems for end in ("derivative", "gradient")]


def in_context(said: Meaning, definition: Definition, inventory: Inventory) -> Meaning:
    """What a name means beside the parameters and the rest of the module.

    The cross-entropy of a module that has a sigmoid and no softmax is the binary one. An L2 loss of outputs and
    targets is the squared error. The derivative of softmax by labels is that of softmax and cross-entropy.
    """
    if said.concept == "l2_penalty" and _takes_targets(definition):
        return replace(said, concept="mse")
    if said.concept == "softmax" and said.derivative:
        labelled = _takes_targets(definition) or is_linear_classifier(definition)
        return replace(said, concept="softmax_cross_entropy") if labelled else said
    return _binary_or_not(said, definition, inventory)


def _takes_targets(definition: Definition) -> bool:
    """Are outputs, or whatever they come from, and targets what it is given?"""
    names = [p.name.lower() for p in required(definition.parameters) if not _is_setting(p)]
    if len(names) != 2 or any(UPSTREAM_NAME.fullmatch(name) for name in names):
        return False
    targets = [name for name in names if name in TARGET | {"y"}]
    return len(targets) == 1 and bool(set(names) & (PREDICTION | LOGITS) - set(targets))


def _binary_or_not(said: Meaning, definition: Definition, inventory: Inventory) -> Meaning:
    if said.concept != "cross_entropy" or said.logits or {"arange", "range"} & set(definition.uses):
        return said
    losses = (d for d in inventory.definitions if d.kind != "class" and _is_cross_entropy(d))
    loss = definition if "log" in definition.uses else next(losses, None)
    if loss is not None and "log" in loss.uses and not {"1 -", "log1p"} & set(loss.uses):
        return said  # the logarithms of the true class alone
    names = {name for d in inventory.definitions for name in (d.name, *d.uses)}
    around = {found.concept for name in names if (found := meaning(name))}
    normalises = any({"exp", "sum"} <= set(d.uses) for d in inventory.definitions)
    if normalises or {"softmax", "softmax_cross_entropy"} & around:
        return said
    if "sigmoid" not in around and (loss is None or "log" not in loss.uses):
        return said
    return Meaning("binary_cross_entropy", said.derivative, said.logits, said.decorations)


def _is_cross_entropy(definition: Definition) -> bool:
    said = meaning(last_name(definition.name))
    return bool(said and said.concept == "cross_entropy" and not said.derivative)


def by_its_text(definition: Definition, inventory: Inventory) -> Meaning | None:
    """What a function computes whose name says only that it is a loss, or what units do with their inputs."""
    words = split(last_name(definition.name))
    slopes = [word for word in words if word in DERIVATIVE]
    said = set(words) - NEUTRAL - DERIVATIVE
    if said and said <= {"loss", "cost"} and not slopes:
        return Meaning("binary_cross_entropy") if _is_binary_loss(definition) else None
    if not said or not said <= UNITS and not words[0].startswith("nonlin"):
        return None
    around = (d for d in inventory.definitions if set(split(last_name(d.name))) - NEUTRAL == said)
    concepts = filter(None, map(_squashing, around if slopes else [definition]))
    concept = next(concepts, None)
    return Meaning(concept, slopes[0] if slopes else "") if concept else None


def _squashing(definition: Definition) -> str:
    """The activation function that a text of one argument has, "" where it could be another."""
    uses = set(definition.uses)
    if awaited(definition) != 1:
        return ""
    if "tanh" in uses:
        return "tanh"
    divides = "1 /" in uses and not uses & {"log", "sum", "softmax"}
    return "sigmoid" if "expit" in uses or "exp" in uses and divides else ""


def _is_binary_loss(definition: Definition) -> bool:
    """Does it take outputs and targets alone, and the logarithms of both y and 1 - y?"""
    names = {p.name.lower() for p in required(definition.parameters) if not _is_setting(p)}
    targets = names & (TARGET | {"y"})
    uses = set(definition.uses)
    both = {"log", "1 -"} <= uses and not uses & {"exp", "sigmoid", "softmax", "forward", "predict"}
    return both and len(names) == 2 and bool(targets) and names <= PREDICTION | TARGET | {"y"}


def takes_logits(said: Meaning, uses: Collection[str]) -> bool:
    """Does the source itself turn logits into probabilities?"""
    squashing = FUSED.get(said.concept)
    words = {"".join(split(use)) for use in uses}
    return bool(squashing and (EXPONENTIALS & words or any(squashing in word for word in words)))


def awaited(definition: Definition) -> int:
    """How many parameters await a value that is no mere setting."""
    mine = required(definition.parameters) or positional(definition.parameters)[:1]
    return len([p for p in mine if not is_flag(p) and not _is_setting(p)])


def _is_setting(parameter: Parameter) -> bool:
    return isinstance(option(parameter.name), Fill) and parameter.name != "delta"


def is_linear_classifier(definition: Definition) -> bool:
    """Does a loss function take weights and inputs instead of scores: (W, X, y, reg)?"""
    names = [p.name for p in required(definition.parameters) if not _is_setting(p)]
    weights = [n for n in names if WEIGHTS.fullmatch(n)]
    inputs = [n for n in names if INPUTS.fullmatch(n)]
    return len(names) == 3 and len(weights) == len(inputs) == 1


def is_node(uses: Collection[str]) -> bool:
    """Does the code work on the nodes of a graph of its own, not on arrays?"""
    return bool(NODES & set(uses))


def plausible(said: Meaning, definition: Definition, exercise: Exercise) -> bool:
    """Could a function of these parameters answer the exercise? A training loop called sgd could not."""
    if definition.parameters is None or any(p.star for p in definition.parameters):
        return True
    count, places = awaited(definition), len(positional(definition.parameters))
    roles = len(exercise.roles)
    if said.concept in ACTIVATIONS and not said.derivative:
        return count == 1
    if said.concept in ACTIVATIONS:
        return 1 <= count <= 3 and definition.returns <= 2
    if said.concept in LOSSES:
        return places >= 2 and count <= roles + 1
    if said.concept == "affine" and said.derivative:
        return places >= 2 and count <= roles + 1  # the bias beside dout, x and w
    if said.concept == "one_hot":
        return 1 <= count <= roles
    return min(roles, 2) <= places and count <= roles


def returns_gradient(said: Meaning, definition: Definition) -> bool:
    """Is the second value of a loss function its gradient, and not a cache or the probabilities?"""
    if definition.returns < 2 or said.concept not in LOSSES or "forward" in said.decorations:
        return False
    named = {"grad", "gradient", "and", "backward"} & set(said.decorations)
    return bool(named) or any(GRADIENT_VARIABLE.fullmatch(use) for use in definition.uses)
