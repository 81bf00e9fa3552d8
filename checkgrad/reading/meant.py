"""Which exercise a definition means: by its name, its parameters and the names its source mentions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory, Parameter
from checkgrad.exercise import Exercise, Kind
from checkgrad.exercises import ALL, fused
from checkgrad.reading.recipe import last_name
from checkgrad.reading.signature import Fill, is_flag, option, positional, required
from checkgrad.words.meaning import DERIVATIVE, JACOBIAN, NEUTRAL, Meaning, meaning
from checkgrad.words.roles import LOGITS, PREDICTION, TARGET, UPSTREAM_NAME
from checkgrad.words.source import (
    EXPONENTIALS,
    GRADIENT_VARIABLE,
    INPUTS,
    NODES,
    PRODUCTS,
    UNITS,
    WEIGHTS,
)
from checkgrad.words.text import split


def exercise_of(
    said: Meaning, known: Mapping[str, Exercise], *, logits: bool, jacobian: bool
) -> Exercise | None:
    """The exercise that a name means.

    logits: the source itself makes probabilities of them. jacobian: the derivative takes no upstream gradient.
    """
    asked = fused(said.of) or said.of if said.logits or logits else said.of
    if not said.derivative:
        return known.get(asked.name)
    several = [e for e in ALL if e.derivative and e.base is asked and e.derivative.jacobian]
    single = bool(several) and (said.derivative in JACOBIAN or jacobian)
    slopes = (e for e in known.values() if e.derivative and e.base is asked)
    return next((e for e in slopes if e.derivative and e.derivative.jacobian == single), None)


def in_context(said: Meaning, definition: Definition, inventory: Inventory) -> Meaning:
    """What a name means beside the parameters and the rest of the module.

    The cross-entropy of a module that has a sigmoid and no softmax is the binary one. An L2 loss of outputs and
    targets is the squared error. The derivative of softmax by labels is that of softmax and cross-entropy.
    """
    if meant := said.of.with_targets:
        slope = bool(said.derivative) and said.kind is Kind.ACTIVATION
        labelled = _takes_targets(definition) or (slope and is_linear_classifier(definition))
        if labelled and (slope or said.kind is not Kind.ACTIVATION):
            return replace(said, of=meant)
    return _binary_or_not(said, definition, inventory)


def _takes_targets(definition: Definition) -> bool:
    """Are outputs, or whatever they come from, and targets what it is given?"""
    names = [p.name.lower() for p in required(definition.parameters) if not _is_setting(p)]
    if len(names) != 2 or any(UPSTREAM_NAME.fullmatch(name) for name in names):
        return False
    targets = [name for name in names if name in TARGET | {"y"}]
    return len(targets) == 1 and bool(set(names) & (PREDICTION | LOGITS) - set(targets))


def _binary_or_not(said: Meaning, definition: Definition, inventory: Inventory) -> Meaning:
    binary, loss_of_logits = said.of.of_two_classes, fused(said.of)
    if not (binary and loss_of_logits) or said.logits or {"arange", "range"} & set(definition.uses):
        return said
    losses = (d for d in inventory.definitions if d.kind != "class" and _is_loss(d, said.of))
    loss = definition if "log" in definition.uses else next(losses, None)
    if loss is not None and "log" in loss.uses and not {"1 -", "log1p"} & set(loss.uses):
        return said  # the logarithms of the true class alone
    names = {name for d in inventory.definitions for name in (d.name, *d.uses)}
    around = {found.of for name in names if (found := meaning(name))}
    normalises = any({"exp", "sum"} <= set(d.uses) for d in inventory.definitions)
    if normalises or {_output_function(said.of), loss_of_logits} & around:
        return said
    if _output_function(binary) not in around and (loss is None or "log" not in loss.uses):
        return said
    return replace(said, of=binary)


def _output_function(loss: Exercise) -> Exercise | None:
    """What gives the outputs that a loss is taken of."""
    whole = fused(loss)
    return whole.fuses[0] if whole and whole.fuses else None


def _is_loss(definition: Definition, loss: Exercise) -> bool:
    said = meaning(last_name(definition.name))
    return bool(said and said.of is loss and not said.derivative)


def by_its_text(definition: Definition, inventory: Inventory) -> Meaning | None:
    """What a function computes whose name says only that it is a loss, or what units do with their inputs."""
    words = split(last_name(definition.name))
    slopes = [word for word in words if word in DERIVATIVE]
    said = set(words) - NEUTRAL - DERIVATIVE
    if said and said <= {"loss", "cost"} and not slopes:
        return next(map(Meaning, _told_by_text(Kind.LOSS, definition)), None)
    if not said or not said <= UNITS and not words[0].startswith("nonlin"):
        return None
    around = (d for d in inventory.definitions if set(split(last_name(d.name))) - NEUTRAL == said)
    texts = around if slopes else [definition]
    told = (e for text in texts for e in _told_by_text(Kind.ACTIVATION, text))
    concept = next(told, None)
    return Meaning(concept, slopes[0] if slopes else "") if concept else None


def by_what_it_uses(definition: Definition, inventory: Inventory) -> Meaning | None:
    """The gradient by the logits, of what chains the slope of a loss with that of the outputs before it.

    What goes on through weights is more than that.
    """
    uses = set(definition.uses)
    if uses & PRODUCTS:
        return None
    used = (d for d in inventory.definitions if d.kind == "function" and last_name(d.name) in uses)
    said = [one for one in (meaning(last_name(d.name)) for d in used) if one]
    slopes = {one.of for one in said if one.derivative and one.kind is Kind.ACTIVATION}
    for one in said:
        squash = _output_function(one.of) if one.derivative and one.kind is Kind.LOSS else None
        if squash in slopes and len(required(definition.parameters)) == 2:
            return Meaning(one.of, "gradient", logits=True)
    return None


def _told_by_text(kind: Kind, definition: Definition) -> list[Exercise]:
    """The exercises of a kind that a text has, of a function that is given what they are given."""
    fits = awaited(definition) == 1 if kind is Kind.ACTIVATION else _takes_a_pair(definition)
    uses = frozenset(definition.uses)
    return [e for e in ALL if fits and e.by_text and e.kind is kind and e.by_text(uses)]


def _takes_a_pair(definition: Definition) -> bool:
    """Does it take outputs and targets alone?"""
    names = {p.name.lower() for p in required(definition.parameters) if not _is_setting(p)}
    targets = names & (TARGET | {"y"})
    return len(names) == 2 and bool(targets) and names <= PREDICTION | TARGET | {"y"}


def takes_logits(said: Meaning, uses: Collection[str]) -> bool:
    """Does the source itself turn logits into probabilities?"""
    squashing = _output_function(said.of)
    words = {"".join(split(use)) for use in uses}
    named = squashing and any(squashing.name in word for word in words)
    return bool(squashing and (named or EXPONENTIALS & words))


def reached(definition: Definition, inventory: Inventory) -> set[str]:
    """What a source mentions, and what the functions of the module mention that it uses."""
    functions = {d.name: d for d in inventory.definitions if d.kind == "function"}
    found, new = set(definition.uses), set(definition.uses)
    while new:
        new = {use for name in new & functions.keys() for use in functions[name].uses} - found
        found |= new
    return found


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
    if said.kind is Kind.ACTIVATION and not said.derivative:
        return count == 1
    if said.kind is Kind.ACTIVATION:
        return 1 <= count <= 3 and definition.returns <= 2
    if said.kind is Kind.LOSS:
        return places >= 2 and count <= roles + 1
    if said.derivative and exercise.returns:
        # the rest of what the forward was given beside the roles: the bias beside dout, x and w
        return places >= 2 and count <= roles + 1
    if said.kind is Kind.ENCODING:
        return 1 <= count <= roles
    return min(roles, 2) <= places and count <= roles


def returns_gradient(said: Meaning, definition: Definition) -> bool:
    """Is the second value of a loss function its gradient, and not a cache or the probabilities?"""
    if definition.returns < 2 or said.kind is not Kind.LOSS or "forward" in said.decorations:
        return False
    named = {"grad", "gradient", "and", "backward"} & set(said.decorations)
    return bool(named) or any(GRADIENT_VARIABLE.fullmatch(use) for use in definition.uses)
