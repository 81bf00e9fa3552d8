"""Classes that make their parameters, or their layers, themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.child.request import path as path_to
from checkgrad.networks import script as scripts
from checkgrad.networks.constructors import plans
from checkgrad.networks.names import fillings
from checkgrad.networks.places import Places, says_gradient
from checkgrad.networks.reading import NetworkCandidate
from checkgrad.networks.script import REST, SIZES, NetworkCall, T, X
from checkgrad.networks.search import HIDDEN_SIZES, Holder, Search, pilot_sizes
from checkgrad.networks.shapes.common import (
    holds_parameters,
    making,
    names_targets,
    takes,
    updates,
    with_inherited,
    with_parameters,
)
from checkgrad.networks.shapes.shape import Around, Shape
from checkgrad.words.networks import BIAS_NAME, WEIGHT_NAME
from checkgrad.words.purposes import INITIALISES, says
from checkgrad.words.text import bare, last


def is_network(definition: Definition, methods: Sequence[Definition], inventory: Inventory) -> bool:
    """Does a class hold parameters, and go forward and back with targets?"""
    open_ = [m for m in methods if m.stub and {"loss", "gradient"} & says(m)]
    if open_ and _is_to_derive_from(definition, methods, inventory):
        return False
    back = [
        m
        for m in methods
        if "gradient" in says(m)
        or updates(m)
        or "loss" in says(m)
        and m.returns > 1
        or "forward" in says(m)
        and takes(m, T)
        and any(map(says_gradient, with_inherited(definition, inventory).sets))
    ]
    using = [m for m in methods if {"gradient", "update", "loss"} & says(m)]
    targets = any(map(names_targets, [*using, definition]))
    forward = any({"forward", "loss"} & says(m) for m in methods)
    samples = any(takes(m, X) for m in methods if {"forward", "loss", "gradient"} & says(m))
    samples = samples or takes(definition, X) and names_targets(definition)
    return (
        bool(back) and targets and forward and samples and holds_parameters(definition, inventory)
    )


def _is_to_derive_from(
    definition: Definition, methods: Sequence[Definition], inventory: Inventory
) -> bool:
    """Does it leave methods open for others to fill in, rather than for its author?"""
    derived = any(last(definition.name) in d.bases for d in inventory.definitions)
    return derived or all(m.stub for m in methods)


def of_any_size(holder: Holder) -> Holder:
    """The same with arrays of other sizes put in place of those that it chose."""
    depth = len(holder.sizes) - 1
    if not holder.fixed or depth not in HIDDEN_SIZES:
        return replace(holder, fixed=False)
    return replace(holder, sizes=pilot_sizes(depth, 3), fixed=False, resized=True)


def of_class(search: Search, ready: NetworkCall | None = None) -> list[Holder]:
    """Make the object with every plan and all sizes, and look where arrays of the due shapes are."""
    assert search.maker
    name = search.maker.name
    made = [
        (replace(making(search, NetworkCall(name, path_to(name), plan)), ready=ready), sizes)
        for plan in dict.fromkeys(_plans(search, ready))
        for sizes in _sizes_for(plan, ready)
    ]
    found = with_parameters(search, [one for one in made if scripts.has_sizes_for(*one)])
    free = [h for h in found if not h.fixed] or found
    alike = [h for h in free if h.script.holder == free[0].script.holder]
    resized = [of_any_size(h) for h in alike if h.fixed]
    return list(dict.fromkeys([*resized, *alike]))


def _sizes_for(
    plan: Sequence[scripts.NetworkToken], ready: NetworkCall | None
) -> list[tuple[int, ...]]:
    """The sizes to make an object for: one set of them where it is not told any."""
    every = [pilot_sizes(depth, c) for c in (3, 1) for depth in (3, 2, 1)]
    told = any(isinstance(token, str) for token in plan) or ready is not None
    return every if told else every[:1]


def _plans(search: Search, ready: NetworkCall | None) -> Iterator[tuple[scripts.NetworkToken, ...]]:
    """What the constructor may be given, as the module itself gives it first; what is trained first learns the number
    of inputs from the data."""
    maker = search.maker
    assert maker
    yield from search.usage.plans(maker)
    if ready and ready.mentions(X):
        for plan in plans(maker.parameters, maker.texts):
            if SIZES in plan:
                yield tuple(REST if token == SIZES else token for token in plan)
    yield from plans(maker.parameters, maker.texts)


def made_ready(search: Search) -> Iterator[list[Holder]]:
    """Objects that get their parameters by a method: one that initialises them, or the training."""
    for definition in sorted(search.parts, key=_trains):
        name = last(definition.name).lower().strip("_")
        if INITIALISES.fullmatch(name) or _trains(definition):
            for takes, named in fillings(definition, (X, T, "update"), most=1)[:1]:
                path = ("." + last(definition.name),)
                yield of_class(search, NetworkCall(definition.name, path, takes, named))


def unset(search: Search) -> list[Holder]:
    """Objects without a hidden layer that get their parameters only when they are trained: put in place here."""
    assert search.maker
    ws, bs = (
        [name for name in search.maker.sets if pattern.fullmatch(bare(name))]
        for pattern in (WEIGHT_NAME, BIAS_NAME)
    )
    if len(ws) != 1 or len(bs) > 1:
        return []
    places = Places((f".{ws[0]}",), (f".{bs[0]}",) if bs else None)
    name = search.maker.name
    return [
        Holder(
            replace(making(search, NetworkCall(name, path_to(name), plan)), places=places),
            pilot_sizes(1, 3),
            resized=True,
        )
        for plan in list(plans(search.maker.parameters, search.maker.texts))[-1:]
    ]


def _trains(definition: Definition) -> bool:
    return last(definition.name).lower() in ("fit", "train")


def candidate(
    definition: Definition, methods: tuple[Definition, ...], around: Around
) -> NetworkCandidate | None:
    """A class that holds parameters, and goes forward and back."""
    if not is_network(definition, methods, around.inventory):
        return None
    maker = with_inherited(definition, around.inventory)
    return NetworkCandidate(definition.name, "class", methods, around.losses, maker=maker)


def holders(search: Search, tokens: set[str]) -> Iterator[list[Holder]]:
    """The object that its constructor makes; one that is made ready, or whose parameters are put in."""
    yield (found := of_class(search))
    if not found:
        yield from made_ready(search)
        yield unset(search)


ATTRIBUTES = Shape(
    key="class",
    holders=holders,
    accepts="""
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

class Net:
    def __init__(self, sizes):
        self.weights = [0.1 * np.ones((i, o)) for i, o in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.zeros(o) for o in sizes[1:]]

    def forward(self, x):
        self.inputs = [x]
        for w, b in zip(self.weights[:-1], self.biases[:-1]):
            self.inputs.append(np.tanh(self.inputs[-1] @ w + b))
        return softmax(self.inputs[-1] @ self.weights[-1] + self.biases[-1])

    def backward(self, x, t):
        delta = (self.forward(x) - t) / len(x)
        gradients = []
        for i in reversed(range(len(self.weights))):
            gradients.insert(0, (self.inputs[i].T @ delta, delta.sum(axis=0)))
            delta = delta @ self.weights[i].T * (1 - self.inputs[i] ** 2)
        return gradients
""",
)
