"""From the parameters of a callable to what it may be given for them, the most natural first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from checkgrad.child.inventory import Parameter
from checkgrad.words import settings
from checkgrad.words.roles import (
    FLAG,
    INTERCHANGEABLE,
    LOGITS,
    NOT_TARGET,
    PREDICTION,
    ROLES,
    SURE_FLAG,
    TARGET,
    UPSTREAM_NAME,
)

UPSTREAM = "upstream"  # weights that multiply an elementwise derivative
ACTIVATED = "activated"  # the value of the function whose derivative is asked for
COUNT = "samples"  # the number of samples
CLASSES = "number of classes"
SCORED_BY, SCORED = "weights of scores", "inputs of scores"  # their product is the logits
LARGE_RATE = 2.0**20  # with which what a step leaves of the weights is lost beside the gradient
SQUASHED = "squashed"  # the probabilities that the logits become


@dataclass(frozen=True)
class Fill:
    """A fixed value for a parameter that no role is meant for."""

    value: Any

    def __hash__(self) -> int:
        return hash(repr(self.value))  # it may be a list or a dict


@dataclass(frozen=True)
class Earlier:
    """The result of an earlier call of the recipe, or an item of it."""

    call: int
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class Share:
    """One of *count* parts into which an array is cut, along its first axis."""

    of: str
    number: int
    count: int


@dataclass(frozen=True)
class Several:
    """A list of tokens, or a dict of them by their *keys*."""

    members: tuple[Token, ...]
    keys: tuple[str, ...] = ()


Token = str | Fill | Earlier | Share | Several
Tokens = tuple[Token, ...]


def leaves(token: Token) -> Iterator[str]:
    """The names of what a token is made of."""
    if isinstance(token, Several):
        for member in token.members:
            yield from leaves(member)
    elif isinstance(token, str):
        yield token
    elif isinstance(token, Share):
        yield token.of


def built_on(token: Token) -> Iterator[int]:
    """The numbers of the calls whose results a token takes."""
    if isinstance(token, Several):
        for member in token.members:
            yield from built_on(member)
    elif isinstance(token, Earlier):
        yield token.call


UPSTREAM_ROLES = {UPSTREAM, "dy", "dout"}

SET_TO: dict[str, Token] = {
    settings.AXIS: Fill(-1),
    settings.SMALL: Fill(1e-12),
    settings.PENALTY: Fill(0.0),
    settings.SAMPLES: COUNT,
    settings.CLASSES: CLASSES,
    settings.SWITCH: Fill(False),
    settings.MASK: Fill(None),
    settings.SLOPE: Fill(0.01),
    settings.NAME: Fill("layer"),
}
SLOPES = (
    0.01,
    0.001,
    0.02,
    0.05,
    0.1,
    0.2,
    0.3,
)  # below 0, of leaky units; a formula stands for each


def is_flag(parameter: Parameter) -> bool:
    """Does this parameter switch a function to its derivative?"""
    name = parameter.name.lower()
    if parameter.optional:
        return parameter.default is False and FLAG.fullmatch(name) is not None
    return SURE_FLAG.fullmatch(name) is not None


def positional(parameters: Sequence[Parameter] | None) -> tuple[Parameter, ...]:
    """The parameters that can be given by position."""
    return tuple(p for p in parameters or () if not p.star)


def required(parameters: Sequence[Parameter] | None) -> tuple[Parameter, ...]:
    return tuple(p for p in positional(parameters) if not p.optional)


def assignments(
    parameters: Sequence[Parameter] | None,
    roles: Sequence[str],
    spare: Sequence[Token] = (),
) -> tuple[Tokens, ...]:
    """Return the ways to fill *parameters* with *roles*, the most natural first.

    *spare* may be used for what the roles leave open: the upstream weights, the cache of a forward call.
    """
    if parameters is None or any(p.star for p in parameters):
        parameters = tuple(Parameter(role) for role in roles)
    places = _places(positional(parameters), roles)
    found: list[Tokens] = []
    for open_ones, filled in _options_first(places, len(roles)):
        count = len(open_ones)
        extra = list(spare)[: max(0, count - len(roles))]
        tokens: list[Token] = [
            *roles,
            *extra,
            *(Fill(None) for _ in range(count - len(roles) - len(extra))),
        ]
        for order in _orders(tokens[:count], open_ones):
            found.append(_merged(places, open_ones, order, filled))
    return tuple(dict.fromkeys(found))


def _places(parameters: tuple[Parameter, ...], roles: Sequence[str]) -> tuple[Parameter, ...]:
    """What is given: all required parameters, and as many optional ones as there are roles left."""
    needed = required(parameters)
    optional = [p for p in parameters if p.optional and not is_flag(p) and _may_be_a_role(p, roles)]
    return (*needed, *optional[: max(0, len(roles) - len(needed))])


def _may_be_a_role(parameter: Parameter, roles: Sequence[str]) -> bool:
    named = any(likeness(role, parameter.name) >= 1 for role in roles)
    return named or option(parameter.name) is None


def option(name: str) -> Token | None:
    """What a parameter of this name is set to, if it is a mere setting."""
    return next((SET_TO[key] for key in settings.of_functions(name.lower())), None)


def unusual_settings(parameters: Sequence[Parameter] | None) -> tuple[tuple[str, Token], ...]:
    """The slopes below 0 that no formula stands for, with the usual one in their place."""
    return tuple(
        (p.name, Fill(0.01))
        for p in positional(parameters)
        if type(p.default) is float and option(p.name) == Fill(0.01) and p.default not in SLOPES
    )


def _options_first(
    places: tuple[Parameter, ...], count: int
) -> Iterator[tuple[tuple[Parameter, ...], dict[str, Token]]]:
    """Which places are left for roles when the settings among them have been set."""
    surplus = len(places) - count
    settings = {p.name: o for p in places if (o := option(p.name)) is not None}
    if surplus > 0 and settings:
        chosen = dict(list(settings.items())[-surplus:])
        yield tuple(p for p in places if p.name not in chosen), chosen
    if not (surplus > 0 and settings):
        yield places, {}


def _orders(tokens: Sequence[Token], places: Sequence[Parameter]) -> list[Tokens]:
    """The permutations of *tokens* over *places*, sorted by how well the names agree."""
    if len(tokens) > 4:
        return list(dict.fromkeys([tuple(tokens), _by_name(tokens, places)]))
    every = [*itertools.permutations(tokens)]
    orders = [order for order in every if not _contradicts(order, places)] or every
    if any(_is_plain(order, places) for order in orders):
        orders = [order for order in orders if _worst(order, places) > -1]
    return sorted(orders, key=lambda order: -agreement(order, places))


def _contradicts(order: Tokens, places: Sequence[Parameter]) -> bool:
    """Does a name clearly say another role? Outputs and targets are excepted: their names lie."""
    roles = {token for token in order if isinstance(token, str)} - INTERCHANGEABLE
    return any(
        likeness(token, place.name) < 1 and any(likeness(role, place.name) >= 1 for role in roles)
        for token, place in zip(order, places, strict=False)
    )


def _is_plain(order: Tokens, places: Sequence[Parameter]) -> bool:
    """Do the names leave no doubt which is the output and which the target: (y_true, y_pred)?"""
    doubtful = zip(order, places, strict=False)
    return all(likeness(t, p.name) >= 1 for t, p in doubtful if t in INTERCHANGEABLE)


def _worst(order: Tokens, places: Sequence[Parameter]) -> float:
    return min((likeness(t, p.name) for t, p in zip(order, places, strict=False)), default=0.0)


def _by_name(tokens: Sequence[Token], places: Sequence[Parameter]) -> Tokens:
    left, order = list(tokens), []
    for place in places:
        best = max(left, key=lambda token: likeness(token, place.name))
        left.remove(best)
        order.append(best)
    return tuple(order)


def agreement(tokens: Sequence[Token], places: Sequence[Parameter]) -> float:
    """How well the names of *places* agree with what they are given."""
    return sum(likeness(t, p.name) for t, p in zip(tokens, places, strict=False))


def likeness(token: Token, name: str) -> float:
    """How likely a parameter of this *name* means *token*: 1 likely, 0 no idea, below 0 unlikely."""
    lower = name.lower().strip("_")
    if isinstance(token, Earlier):
        return 1.0 if "cache" in lower else 0.0
    if not isinstance(token, str):
        return 0.0
    if token in UPSTREAM_ROLES:
        return 1.0 if UPSTREAM_NAME.fullmatch(lower) else -0.5
    if lower == "y" and token in ("y", "t"):
        # Beside a prediction of another name, y is the label; alone it is the output.
        return 0.5 if token == "t" else 0.4
    if token == ACTIVATED:
        return 1.0 if lower in PREDICTION | {"y", "s", "f", "fx", "act"} else 0.0
    if token == SQUASHED:
        return 0.9 if lower in PREDICTION else 0.0
    if token == SCORED_BY:
        return 1.0 if lower in ROLES["w"] | {"w"} else -1.0
    if token == SCORED:
        return 1.0 if lower not in ROLES["w"] | TARGET | {"w", "y"} else -1.0
    if lower == token:
        return 1.0
    if token in ("y", "z") and lower in TARGET or token == "t" and lower in NOT_TARGET:
        return -1.0
    if token == "y" and lower in LOGITS:
        return 0.5
    return 1.0 if lower in ROLES.get(token, ()) else 0.0


def _merged(
    places: tuple[Parameter, ...],
    open_ones: tuple[Parameter, ...],
    order: Tokens,
    filled: dict[str, Token],
) -> Tokens:
    given = dict(zip((p.name for p in open_ones), order, strict=False)) | filled
    return tuple(given[p.name] for p in places if p.name in given)
