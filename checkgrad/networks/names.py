"""What the names of a network's methods and of their parameters say, and what they may be given."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from checkgrad.child.inventory import Definition, Parameter
from checkgrad.networks.script import (
    ARCHITECTURE,
    BIASES,
    CACHE,
    COUNT,
    DEPTH,
    HIDDEN,
    IN,
    LOSS,
    OUT,
    PARAMS,
    PENALTY,
    RATE,
    SIZES,
    UPSTREAM,
    VECTOR,
    WEIGHTS,
    NetworkToken,
    T,
    X,
    Y,
)
from checkgrad.reading.signature import Fill, positional, required
from checkgrad.words import settings
from checkgrad.words.meaning import DERIVATIVE
from checkgrad.words.networks import (
    BESIDE_PARAMETERS,
    BESIDE_WORDS,
    CACHES,
    CONTAINERS,
    GIVEN_WORDS,
    GLUED,
    HIDDEN_WORDS,
    IN_WORDS,
    INPUT_WORDS,
    INPUTS,
    OUT_WORDS,
    OUTPUT_WORDS,
    PARAMETER_WORDS,
    PREDICTIONS,
    SECOND_WORDS,
    SIZE_WORDS,
    TARGET_WORDS,
    TARGETS,
    UPSTREAM_NAME,
    WHOLE_BIASES,
    WHOLE_WEIGHTS,
)
from checkgrad.words.text import split


def tokens_for(name: str) -> list[NetworkToken]:
    """What a parameter of this name may stand for, the likeliest first."""
    return says_something(name) or [X, T, Y, UPSTREAM, PARAMS]


def says_something(name: str) -> list[NetworkToken]:
    """What a name says that a parameter stands for; nothing where anything is possible."""
    return (
        named(name)
        or named("_".join(split(name)))  # gradOutput
        or _by_words(name)
        or setting(name)
        or _size(name)
    )


def _size(name: str) -> list[NetworkToken]:
    """Which number of units a parameter of a function stands for: "hidden_layer_size"."""
    meant = constructor_token(name) if SIZE_WORDS & set(split(name)) else None
    tokens: dict[str, list[NetworkToken]] = {IN: [IN], HIDDEN: ["size1"], OUT: [OUT]}
    return tokens.get(meant or "", [])


def is_target(name: str) -> bool:
    """Does the name say that it is the targets?"""
    return name.lower().strip("_") in TARGETS or _by_words(name) == [T]


def _by_words(name: str) -> list[NetworkToken]:
    """Whether a name of several words says inputs or targets: "training_set_outputs"."""
    words = {word for word in split(name) if not word.isdigit()}
    rest = words - BESIDE_WORDS
    if words & PARAMETER_WORDS and words <= PARAMETER_WORDS | BESIDE_PARAMETERS:
        return [PARAMS, VECTOR]
    if rest & TARGET_WORDS and rest <= TARGET_WORDS | OUTPUT_WORDS:
        return [T]
    if rest and rest <= OUTPUT_WORDS and words & GIVEN_WORDS:
        return [T]
    return [X] if rest and rest <= INPUT_WORDS else []


def named(name: str) -> list[NetworkToken]:
    """What a parameter of a known name may stand for."""
    lower = name.lower().strip("_")
    if match := re.fullmatch(r"(w|b|z|a|weights?|bias(?:es)?|theta)_?\[?(\d+)\]?", lower):
        number = int(match[2])
        found: list[NetworkToken] = [f"{match[1][0] if match[1][0] != 't' else 'w'}{number}"]
        return [X] if found == ["a0"] else [*found, Y] if lower in PREDICTIONS else found
    found = []
    for words, token in (
        (INPUTS, X),
        (PREDICTIONS, Y),
        (TARGETS, T),
        (CACHES, CACHE),
        (CONTAINERS, PARAMS),
        (WHOLE_WEIGHTS, WEIGHTS),
        (WHOLE_BIASES, BIASES),
    ):
        if lower in words:
            found.append(token)
    if lower in WHOLE_WEIGHTS:
        found = ["w1", *found] if lower in ("w", "weight") else [*found, "w1"]
        found += [PARAMS, VECTOR]
    if lower in WHOLE_BIASES:
        found = ["b1", *found] if lower in ("b", "bias") else [*found, "b1"]
    if lower in CONTAINERS:
        found.append(VECTOR)
    if lower == "y":
        found.append(Y)
    if lower == "a":
        found += [X, Y]
    if UPSTREAM_NAME.fullmatch(lower):
        found.append(UPSTREAM)
    if re.fullmatch(
        r"h|hidden(_?(layer|output|outputs|activation|activations))?|hid|a_hidden|z_hidden", lower
    ):
        found.insert(0, "a1")
    return found


SET_TO: dict[str, NetworkToken] = {
    settings.RATE: RATE,
    settings.PENALTY: PENALTY,
    settings.SAMPLES: COUNT,
    settings.TURNS: Fill(1),
    settings.SWITCH: Fill(False),
    settings.SIZES: SIZES,
    settings.ARCHITECTURE: ARCHITECTURE,
    settings.DEPTH: DEPTH,
    settings.KEPT: Fill(1.0),
    settings.FADING: Fill(0.0),
    settings.SEED: Fill(0),
    settings.LOSS: LOSS,
}


def setting(name: str) -> list[NetworkToken]:
    """What a parameter is set to that is neither data nor parameters."""
    return [SET_TO[key] for key in settings.of_networks(name.lower().strip("_"))]


def takes_activation(definition: Definition) -> bool:
    """Is it made with an activation function and its derivative?"""
    names = [split(p.name) for p in required(definition.parameters)]
    return len(names) == 2 and not DERIVATIVE & set(names[0]) and bool(DERIVATIVE & set(names[1]))


def is_rate(name: str) -> bool:
    """Does the name mean a learning rate?"""
    return RATE in setting(name)


def nothing_known(function: str, parameter: str) -> list[NetworkToken]:
    return []


def fillings(
    definition: Definition,
    allowed: Sequence[str],
    most: int = 10,
    settings: Callable[[str, str], Sequence[NetworkToken]] = nothing_known,
) -> list[tuple[tuple[NetworkToken, ...], tuple[tuple[str, NetworkToken], ...]]]:
    """The ways to call a function with these tokens: positional and named arguments, the likeliest first.

    settings: what a parameter of a function is set to whose name says nothing.
    """
    parameters = definition.parameters
    if parameters is None or any(p.star for p in parameters) and not positional(parameters):
        return [(tuple(order), ()) for order in ((X,), (X, T), ()) if set(order) <= set(allowed)]
    places = required(parameters)
    named = [(p, o) for p in positional(parameters) if p.optional and (o := _wanted(p, allowed))]
    options = [
        (not says_something(p.name) and list(settings(definition.name, p.name)))
        or _options(p.name, allowed)
        for p in places
    ]
    found = []
    for chosen in itertools.islice(itertools.product(*map(_ranked, options)), 400):
        rank, tokens = sum(r for r, _ in chosen), tuple(t for _, t in chosen)
        again = {i for i, p in enumerate(places) if SECOND_WORDS & set(split(p.name))}
        once = [t for i, t in enumerate(tokens) if not isinstance(t, Fill) and i not in again]
        if len(set(once)) == len(once):
            found.append((rank, tokens))
    found.sort(key=lambda one: one[0])
    extra = tuple((p.name, token) for p, token in named)
    ways = []
    for _, tokens in found[:most]:
        free = tuple((name, token) for name, token in extra if token not in tokens)
        needed = tuple((name, token) for name, token in free if token == Fill(1))
        ways += list(dict.fromkeys([(tokens, free), (tokens, needed)]))
    return ways


def _options(name: str, allowed: Sequence[str]) -> list[NetworkToken]:
    """What a parameter may be given: what was returned under its name before all."""
    own: list[NetworkToken] = [returned(name)] if returned(name) in allowed else []
    found = [t for t in tokens_for(name) if _is_allowed(t, allowed)]
    is_data = bool(own) and tokens_for(name)[0] in (X, T)
    return [*found, *own] if is_data else own or found


def returned(name: str) -> str:
    """The token for a value that an earlier call returned under this name."""
    return "=" + name.lower().strip("_")


def _ranked(options: list[NetworkToken]) -> list[tuple[int, NetworkToken]]:
    return list(enumerate(options))


SET_FROM_OUTSIDE = (RATE, PENALTY, COUNT, DEPTH, SIZES, ARCHITECTURE, IN, OUT, "size1")


def _is_allowed(token: NetworkToken, allowed: Sequence[str]) -> bool:
    if isinstance(token, Fill) or token in SET_FROM_OUTSIDE:
        return True
    return token in allowed or token[0] in allowed and token[1:].isdigit()


def _wanted(parameter: Parameter, allowed: Sequence[str]) -> NetworkToken | None:
    """What an optional parameter is given all the same: the targets, the inputs, one iteration, a known rate."""
    lower = parameter.name.lower().strip("_")
    if lower in TARGETS and T in allowed:
        return T
    if lower in INPUTS and X in allowed:
        return X
    options = setting(parameter.name)
    if options and options[0] == PENALTY and parameter.default == 0:
        return PENALTY
    if options and (options[0] == Fill(1) or options[0] == RATE and "update" in allowed):
        return options[0]
    return None


def repeats(definition: Definition) -> bool:
    """Is it told how often to do something?"""
    return any(Fill(1) in setting(p.name) for p in definition.parameters or ())


def constructor_token(name: str) -> str | None:
    """Which number of units, or which data, a parameter of a constructor stands for by its name."""
    if name.lower() in ("x", "y"):
        return X if name.lower() == "x" else T
    words = {GLUED.sub("", w) for w in split(name) if not w.isdigit()}
    if HIDDEN_WORDS & words:
        return HIDDEN
    if {"learning", "rate", "activation", "loss", "func", "function", "std"} & words or setting(
        name
    ):
        return None
    return IN if IN_WORDS & words else OUT if OUT_WORDS & words else None
