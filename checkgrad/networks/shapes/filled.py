"""Classes that are filled with layers, by whoever makes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.child.request import path as path_to
from checkgrad.exercise import Kind
from checkgrad.exercises import mlp
from checkgrad.networks import script as scripts
from checkgrad.networks.names import setting, takes_activation
from checkgrad.networks.reading import NetworkCandidate
from checkgrad.networks.script import FUNCTION, IN, LAYERS, OUT, RATE, NetworkCall, Stack
from checkgrad.networks.search import Holder, Search, pilot_sizes
from checkgrad.networks.shapes.common import (
    activations_in,
    makes_holders,
    making,
    named_activations,
    with_parameters,
)
from checkgrad.networks.shapes.shape import Around, Shape
from checkgrad.reading.signature import Fill, required
from checkgrad.words.meaning import DERIVATIVE, LOSS_WORDS, meaning
from checkgrad.words.networks import holds
from checkgrad.words.purposes import says
from checkgrad.words.text import last, split


def is_filled_and_trained(definition: Definition, methods: Sequence[Definition]) -> bool:
    """Is it given layers one by one, and passes gradients back only while it is trained?"""
    names = [last(m.name).lower() for m in methods]
    filled = "layers" in definition.sets and any(n.startswith("add") for n in names)
    back = any("gradient" in says(m) for m in methods)
    return filled and not back and any("update" in says(m) for m in methods)


def shape_around_layers(
    definition: Definition,
    methods: Sequence[Definition],
    layers: Sequence[Definition],
    inventory: Inventory,
) -> str:
    """Does a class pass a gradient back through layers that it makes ("class") or is given ("layers")?"""
    purposes = {purpose for method in methods for purpose in says(method)}
    if {"forward", "gradient"} <= purposes and makes_holders(definition, inventory):
        return "class"
    holds_layers = any({"layers", "modules"} & set(split(name)) for name in definition.sets)
    if not ({"forward", "gradient"} <= purposes and holds_layers and layers):
        return ""
    makes = any(last(layer.name) in definition.uses for layer in layers)
    return "class" if makes else "layers"


def of_layers(search: Search) -> list[Holder]:
    """Containers filled with the student's layers, with and without something that squashes at the end."""
    assert search.maker
    found: list[Holder] = []
    for stack, takes in _stacks(search):
        call = NetworkCall(search.maker.name, path_to(search.maker.name), takes)
        for ready in _compiled(search):
            script = replace(making(search, call, stack), ready=ready)
            made = [(script, pilot_sizes(depth, 3)) for depth in (3, 2, 1)]
            found += with_parameters(search, made)
    return [h for h in found if not h.fixed]


def _compiled(search: Search) -> list[NetworkCall | None]:
    """The calls that tell a container its loss and the derivative of it; None where there is no such."""
    makers = [d for d in search.parts if len(required(d.parameters)) in (2, 3) and _takes_losses(d)]
    pairs = list(_pairs(d for d in search.others if d.kind == "function"))
    return [
        NetworkCall(d.name, ("." + last(d.name),), (*(FUNCTION + f.name for f in pair[1:]), *rest))
        for d in makers
        for pair in pairs
        for rest in [(RATE,) * (len(required(d.parameters)) - 2)]
    ] or [next(_asking_for_nothing(search), None)]


def _asking_for_nothing(search: Search) -> Iterator[NetworkCall]:
    """A call that gets a container ready and wants to know nothing: `net.compile()`."""
    for d in search.parts:
        if last(d.name) in ("compile", "build") and not required(d.parameters):
            yield NetworkCall(d.name, ("." + last(d.name),))


def _takes_losses(definition: Definition) -> bool:
    first, second = (set(split(p.name)) for p in required(definition.parameters)[:2])
    return bool(LOSS_WORDS & first and not DERIVATIVE & first and DERIVATIVE & second)


def _stacks(search: Search) -> Iterator[tuple[Stack, tuple[scripts.NetworkToken, ...]]]:
    classes = [d for d in search.layers if d.kind == "class"]
    dense = [d for d in classes if is_dense(d)]
    by_name = _activation_layers(search, classes)
    hidden = next((by_name[name] for name in mlp.HIDDEN if name in by_name), None)
    if not dense or not hidden:
        return
    ends = {1: mlp.OUTPUTS[mlp.ONE], 2: mlp.OUTPUTS[mlp.SEVERAL]}
    squashed = {outputs: by_name.get(end.squash) for outputs, end in ends.items()}
    bare_end: dict[int, NetworkCall | None] = {1: None, 2: None}
    for squash in (squashed, bare_end) if squashed != bare_end else (bare_end,):
        for how, name, takes in _fillings_of_container(search):
            yield Stack(_layer(dense[0]), hidden, squash, how, name), takes


def _activation_layers(search: Search, classes: Sequence[Definition]) -> dict[str, NetworkCall]:
    """How a layer of each activation is made: by its class, or by one that is handed the functions."""
    found = {said.of.name: _layer(d) for d in classes if (said := meaning(last(d.name)))}
    for d in classes:
        made = ((name, (Fill(text),)) for name, text in named_activations(d).items())
        found |= {name: NetworkCall(d.name, path_to(d.name), takes) for name, takes in made}
    maker = next((d for d in classes if takes_activation(d)), None)
    if not maker:
        return found
    for concept, plain, slope in _pairs(d for d in search.layers if d.kind == "function"):
        takes = (FUNCTION + plain.name, FUNCTION + slope.name)
        found[concept] = NetworkCall(maker.name, path_to(maker.name), takes)
    return found


def _pairs(
    functions: Iterable[Definition],
) -> Iterator[tuple[str, Definition, Definition]]:
    """Functions beside their derivatives, by what they compute."""
    plain: dict[str, Definition] = {}
    slopes: dict[str, Definition] = {}
    for d in functions:
        if said := meaning(last(d.name)):
            (slopes if said.derivative else plain).setdefault(said.of.name, d)
    yield from ((name, plain[name], slopes[name]) for name in plain if name in slopes)


def is_dense(definition: Definition) -> bool:
    """Is it a layer with weights?"""
    said = meaning(last(definition.name))
    return bool(said and said.kind is Kind.LAYER) or any(map(holds, definition.sets))


def _layer(definition: Definition) -> NetworkCall:
    """The call that makes one layer, given the numbers of its inputs and outputs as far as it wants them."""
    places = [p for p in required(definition.parameters) if not setting(p.name)]
    sizes = (IN, OUT) if len(places) >= 2 else (OUT,) * len(places)
    return NetworkCall(definition.name, path_to(definition.name), sizes)


def _fillings_of_container(
    search: Search,
) -> Iterator[tuple[str, str, tuple[scripts.NetworkToken, ...]]]:
    """How layers get into a container: as its argument, by a method, or as an attribute."""
    assert search.maker
    parameters = search.maker.parameters or ()
    if parameters and parameters[0].star:
        yield "star", "", ()
    elif parameters and len(required(parameters)) <= 1:
        yield "argument", "", (LAYERS,)
    if required(parameters):
        return
    names = {last(d.name): d for d in search.parts}
    adders = [n for n in names if n.lower().startswith(("add", "append", "push"))]
    yield from (("add", name, ()) for name in adders[:1])
    yield from (
        ("set", name, ()) for name in search.maker.sets if "layer" in name or "module" in name
    )


def trained(
    definition: Definition, methods: tuple[Definition, ...], around: Around
) -> NetworkCandidate | None:
    """A class that layers are added to, and that trains itself."""
    if not (is_filled_and_trained(definition, methods) and around.layers):
        return None
    helpers = (*around.layers, *activations_in(around.inventory))
    return NetworkCandidate(definition.name, "layers", methods, around.losses, helpers, definition)


def around_layers(
    definition: Definition, methods: tuple[Definition, ...], around: Around
) -> NetworkCandidate | None:
    """A class around layers that it makes or is given, beside a loss where it has none of its own."""
    if definition in around.layers:
        return None
    shape = shape_around_layers(definition, methods, around.layers, around.inventory)
    if not shape or not (around.losses or shape == "class"):
        return None
    layers = around.layers
    return NetworkCandidate(definition.name, shape, methods, around.losses, layers, definition)


def holders(search: Search, tokens: set[str]) -> Iterator[list[Holder]]:
    """The container, filled with layers of the module."""
    yield of_layers(search)


FILLED = Shape(
    key="layers",
    holders=holders,
    accepts="""
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

class Dense:
    def __init__(self, n_in, n_out):
        self.W = 0.1 * np.ones((n_in, n_out))
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T

class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, dout):
        return dout * (1 - self.y**2)

class SoftmaxCrossEntropy:
    def forward(self, z, t):
        self.y, self.t = softmax(z), t
        return -np.sum(t * np.log(self.y)) / len(z)

    def backward(self):
        return (self.y - self.t) / len(self.t)

class Network:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout
""",
)
