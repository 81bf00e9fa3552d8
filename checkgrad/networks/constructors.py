"""What a constructor or an initialiser of a network may be given."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from checkgrad.child.inventory import Parameter
from checkgrad.exercises import mlp
from checkgrad.networks.names import constructor_token, setting
from checkgrad.networks.script import (
    ARCHITECTURE,
    COUNT,
    DEPTH,
    HIDDEN,
    IN,
    NAMES,
    OUT,
    PENALTY,
    RATE,
    REST,
    SIZES,
    SIZES_TUPLE,
    TRIPLES,
    NetworkToken,
)
from checkgrad.reading.signature import Fill, positional, required
from checkgrad.words.meaning import meaning
from checkgrad.words.networks import LIST_NAMES, LISTS_OF_LAYERS, UNSQUASHED

ONE_NAME = Fill("the name of an activation")


def plans(
    parameters: Sequence[Parameter] | None, texts: Sequence[str] = ()
) -> Iterator[tuple[NetworkToken, ...]]:
    """What a constructor or an initialiser may be given, the likeliest first; *texts* stand in its source."""
    hidden, last = activations_among(texts)
    for plan in _plans(parameters):
        yield tuple(
            Fill(hidden) if t == ONE_NAME else f"{NAMES}{hidden},{last}" if t == NAMES else t
            for t in plan
        )


def activations_among(texts: Sequence[str]) -> tuple[str, str]:
    """Names of an activation of hidden layers and of the last one, as the source has them."""
    said = [(text, one.of.name) for text in texts if (one := meaning(text)) and not one.derivative]
    found = {name: text for text, name in reversed(said)}
    hidden, last = mlp.BY_NAME
    hidden = next((found[name] for name in mlp.HIDDEN if name in found), hidden)
    # what squashes may hide what is done to its slope
    bare = next((text for text in texts if text.lower() in UNSQUASHED), "")
    ends = (mlp.OUTPUTS[end].squash for end in (mlp.SEVERAL, mlp.ONE))
    return hidden, bare or next((found[name] for name in ends if name in found), last)


def _plans(parameters: Sequence[Parameter] | None) -> Iterator[tuple[NetworkToken, ...]]:
    if parameters is None:
        yield from [(SIZES,), ()]
        return
    places = list(required(parameters))
    stars = [p for p in parameters if p.star and not p.name.startswith("**")]
    if stars and not places:
        yield from (tuple(f"size{i}" for i in range(depth + 1)) for depth in (3, 2, 1))
        yield (SIZES,)
        return
    if not places:
        yield from _of_optional(positional(parameters))
        return
    meant = _meant(places)
    named = [t for t in meant if t is not None]
    for plural in (False, True):
        tokens = _with_hidden(places, meant, plural)
        if tokens and named:
            yield tokens
    if len(places) == 1 and LISTS_OF_LAYERS.fullmatch(places[0].name.lower()):
        yield from [(ARCHITECTURE,), (TRIPLES,)]
    numbers = [p for p in places if not setting(p.name)]
    others = tuple(_default(p) for p in places[1:])
    if len(numbers) <= 2 or not named:
        yield (SIZES, *others)
        yield (SIZES_TUPLE, *others)
    if not named and len(places) > 1:
        yield tuple(f"size{i}" for i in range(len(places)))
        yield (IN, HIDDEN, OUT, *(_default(p) for p in places[3:]))[: len(places)]
    if len(places) == 1:
        yield (IN,)


def _of_optional(parameters: Sequence[Parameter]) -> Iterator[tuple[NetworkToken, ...]]:
    """Sizes that have defaults are given all the same: by position, as long as every one before is a size."""
    sizes = list(itertools.takewhile(lambda p: _is_size(p.name), parameters))
    if sizes and all(constructor_token(p.name) is None for p in sizes):
        yield (SIZES,)
    elif sizes:
        for plural in (False, True):
            tokens = _with_hidden(sizes, _meant(sizes), plural)
            if tokens:
                yield tokens
    yield ()


def _meant(places: Sequence[Parameter]) -> list[str | None]:
    """What each parameter of a constructor stands for; a list beside the number of inputs is of the layers after."""
    meant = [constructor_token(p.name) for p in places]
    lists = [LIST_NAMES.fullmatch(p.name.lower()) is not None for p in places]
    beside = {token for token in meant if token}
    if beside == {IN}:
        return [
            REST if is_list and not token else token
            for token, is_list in zip(meant, lists, strict=True)
        ]
    if beside == {HIDDEN, OUT} and meant[0] is None and not setting(places[0].name):
        return [IN, *meant[1:]]
    if {IN, OUT} <= beside and HIDDEN not in beside:
        return [
            HIDDEN if is_list and not token else token
            for token, is_list in zip(meant, lists, strict=True)
        ]
    return meant


def _is_size(name: str) -> bool:
    return bool(LIST_NAMES.fullmatch(name.lower())) or constructor_token(name) is not None


def _with_hidden(
    places: Sequence[Parameter], meant: Sequence[str | None], plural: bool
) -> tuple[NetworkToken, ...]:
    """Fill the sizes in; a parameter for the hidden layers takes one size or, *plural*, all of them."""
    tokens: list[NetworkToken] = []
    seen = 0
    for place, token in zip(places, meant, strict=True):
        if token == HIDDEN and not plural:
            seen += 1
            tokens.append(f"size{seen}")
        else:
            tokens.append(_default(place, plural) if token is None else token)
    return tuple(tokens) if plural <= (HIDDEN in meant) else ()


def _default(parameter: Parameter, beside_sizes: bool = False) -> NetworkToken:
    """What else a parameter is given; the number of layers as the sizes of all of them beside it have it."""
    options = setting(parameter.name)
    if options and options[0] == DEPTH and beside_sizes:
        return DEPTH
    if options and (isinstance(options[0], Fill) or options[0] in (RATE, PENALTY)):
        return options[0]
    if options and options[0] in (COUNT, DEPTH):
        return Fill(1)
    lower = parameter.name.lower()
    if "activations" in lower or lower in ("acts", "nonlinearities", "activation_functions"):
        return NAMES
    if "activation" in lower or lower in ("act", "nonlinearity"):
        return ONE_NAME
    return Fill(0.01)
