"""How an optimiser is handed parameters and gradients: arrays, lists, dicts, spread out, or in objects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

from checkgrad.child.inventory import Definition
from checkgrad.reading.signature import Several, Share, Token, positional
from checkgrad.reading.steps import HANDED, ZEROS
from checkgrad.words.layers import BIAS, BIAS_GRADIENT, WEIGHT, WEIGHT_GRADIENT
from checkgrad.words.optimisers import GRADIENT, VALUE

LAYERS = (1, 2)  # of a dict of parameters, W1 and b1 for one


@dataclass(frozen=True)
class Pack:
    """One way in which parameters and gradients are handed over: as an array, a list, a dict with *keys*, or spread out."""

    how: str
    count: int = 1
    keys: tuple[str, ...] = ()
    gradient_keys: tuple[str, ...] = ()
    memory_keys: tuple[str, ...] = ()

    def parameters(self) -> Token:
        return self._of("w", self.keys)

    def gradients(self, step: int) -> Token:
        return self._of(HANDED[step], self.gradient_keys)

    def memory(self) -> Token:
        return self._of(ZEROS, self.memory_keys)

    def _of(self, role: str, keys: tuple[str, ...]) -> Token:
        shares = tuple(Share(role, i, self.count) for i in range(self.count))
        return shares[0] if self.how == "array" else Several(shares, keys)

    def paths(self) -> list[tuple[str | int, ...]]:
        """From the parameters to each of their parts."""
        if self.how == "array":
            return [()]
        return [(key,) for key in self.keys or range(self.count)]


def packs_of(definition: Definition) -> list[Pack]:
    """Arrays, lists and dicts, those first that the source looks like."""
    texts = set(definition.texts)
    words = [t.rstrip("0123456789") for t in definition.texts]
    base = [t for t in dict.fromkeys(words) if t and f"d{t}" in words] or ["W", "b"]
    several = tuple(f"{k}{n}" for n in LAYERS for k in base)
    keys = [several, tuple(base)] if texts & set(base) else [several]
    derived = "d" in texts or any(f"d{k}" in words for k in base)
    dicts = []
    for names, apart, kept in product(keys, (True, False), (True, False)):
        mine = tuple(f"d{k}" for k in names) if apart else names
        memory = tuple(f"d{k}" for k in names) if kept else names
        dicts.append(Pack("dict", len(names), names, mine, memory))
    dicts.sort(key=lambda pack: (pack.gradient_keys == pack.keys) is derived)
    array, list_ = Pack("array"), Pack("list", 2 * len(LAYERS))
    if texts & {*base, "d"} or {"keys", "items"} & set(definition.uses):
        return [*dicts, array, list_]
    if {"zip", "enumerate", "range"} & set(definition.uses):
        return [list_, *dicts, array]
    return [array, list_, *dicts]


def pairs_in(definition: Definition) -> list[tuple[str, str]]:
    """Parameters beside the gradient of each: (W1, b1, dW1, db1); none where there is one pair."""
    names = [p.name for p in positional(definition.parameters)]
    forms = ("d{}", "d_{}", "grad_{}", "{}_grad", "d{}_", "g{}")
    pairs = [(n, gradient) for n in names for f in forms if (gradient := f.format(n)) in names]
    return pairs if len(pairs) > 1 else []


@dataclass(frozen=True)
class Boxes:
    """Objects that hold parameters beside their gradients, by the names of their attributes.

    several: a list of them. keyed: the gradients stand in a dict, by the object itself.
    """

    attributes: tuple[tuple[str, str], ...]
    several: bool
    keyed: bool = False


def boxes_of(definition: Definition) -> list[Boxes]:
    """The objects that the source of an update goes through, if there are any."""
    uses = [use for use in definition.uses if use not in definition.sets]
    plain = {use: re.sub(r"[\W_]", "", use).lower() for use in uses}
    weight = [u for u in uses if WEIGHT.fullmatch(u) and len(u) > 1 or u == "W"]
    bias = [u for u in uses if BIAS.fullmatch(u)]
    by_weight = [u for u in uses if WEIGHT_GRADIENT.fullmatch(plain[u])]
    by_bias = [u for u in uses if BIAS_GRADIENT.fullmatch(plain[u])]
    found = []
    if weight and by_weight:
        pairs = [(weight[0], by_weight[0]), *zip(bias[:1], by_bias[:1], strict=False)]
        found += [Boxes(tuple(pairs), several) for several in (False, True)]
    values = [u for u in uses if u in VALUE]
    slopes = [u for u in uses if u in GRADIENT]
    if values and slopes:
        pairs = [(values[0], slopes[0])]
        found += [Boxes(tuple(pairs), True, keyed) for keyed in (False, True)]
    return found
