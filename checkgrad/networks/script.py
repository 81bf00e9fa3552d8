"""One evaluation of a network as one request: make its object, set the parameters, call, and gather the answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad.child.request import Path, Request, Result, Step
from checkgrad.child.request import path as path_to
from checkgrad.exercises import mlp
from checkgrad.networks import form as forms
from checkgrad.networks.form import NetworkForm
from checkgrad.networks.places import Places, path
from checkgrad.reading.signature import Fill
from checkgrad.tasks import Parameters

# What a call may be given by name; w1, b1, z1, a1, ... stand for the parameters and values of the layers.
X, T, Y, CACHE, LOSS, UPSTREAM = "x", "t", "y", "cache", "loss", "upstream"
PARAMS, WEIGHTS, BIASES, VECTOR = "params", "weights", "biases", "vector"
SIZES, SIZES_TUPLE, DEPTH, COUNT = "sizes", "sizes tuple", "depth", "count"
RATE, PENALTY = "rate", "penalty"
ARCHITECTURE, TRIPLES = "architecture", "triples"
IN, OUT, HIDDEN, REST, LAYERS = "in", "out", "hidden", "rest", "layers"

FUNCTION = "@"  # before the name of a function of the module
NAMES = "names:"  # before the activations of the hidden layers and of the last, by name: one for each layer

NetworkToken = str | Fill
# Stand for the object itself and for the outputs where the number of a call is expected.
HOLDER, OUTPUTS = -1, -2
LEARNING_RATE = mlp.LEARNING_RATE


@dataclass(frozen=True)
class NetworkCall:
    """A call of a function of the module, or of a method.

    do: "call", or "get" for what lies there.
    of: whose method: that of what an earlier call gave, by its number, or of the HOLDER of the parameters.
    gives: tokens that later calls may take, with the paths to them in the result.
    """

    name: str
    path: Path
    takes: tuple[NetworkToken, ...] = ()
    named: tuple[tuple[str, NetworkToken], ...] = ()
    of: int | None = None
    gives: tuple[tuple[str, Path], ...] = ()
    do: str = "call"

    def mentions(self, token: str) -> bool:
        """Does the call take this?"""
        return token in self.takes or any(value == token for _, value in self.named)


@dataclass(frozen=True)
class Stack:
    """Layers of the student's own classes, made one by one and put into a container.

    dense, hidden, squash: calls that make a layer; the last of the network is squashed, if there is something for it.
    how: the container is made with a list of the layers ("argument") or with all of them ("star"), or they are
        set as its attribute ("set") or handed to its method ("add") of this *name*.
    """

    dense: NetworkCall
    hidden: NetworkCall
    squash: dict[int, NetworkCall | None]
    how: str
    name: str = ""

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True)
class Item:
    """Where an answer lies: the number of the call, and the path in its result."""

    call: int
    path: Path = ()


@dataclass(frozen=True)
class Script:
    """How a network is asked for its outputs, its loss and its gradients.

    holder: the call that makes the object with the parameters; None where they are handed over.
    stack: the layers that are made for it before. ready: the call of a method by which it gets its parameters.
    lacking: names that its functions look for in vain, as paths, and what they are given.
    places: of the parameters, in the object or in the container that is handed over.
    settings: attributes of the object that are set besides, the learning rate for one.
    gradients: the number of the call that gives them, and their places. vector: where they lie as one vector.
    recovered: the call changes the parameters instead, by the gradient times *rate*.
    penalty: what functions are given as the factor of their L2 penalty.
    """

    function: str
    form: NetworkForm
    places: Places
    holder: NetworkCall | None = None
    stack: Stack | None = None
    ready: NetworkCall | None = None
    lacking: tuple[tuple[Path, NetworkToken], ...] = ()
    settings: tuple[tuple[Path, NetworkToken], ...] = ()
    calls: tuple[NetworkCall, ...] = ()
    y: Item | None = None
    loss: Item | None = None
    gradients: tuple[int, Places] | None = None
    vector: Item | None = None
    recovered: bool = False
    rate: float = LEARNING_RATE
    penalty: float = 0.0

    @property
    def called(self) -> list[str]:
        """The definitions that it calls, and the functions of the module that it hands over."""
        stack = self.stack
        layers = (stack.dense, stack.hidden, *stack.squash.values()) if stack else ()
        calls = [c for c in (self.holder, self.ready, *layers, *self.calls) if c]
        tokens = [token for c in calls for token in (*c.takes, *dict(c.named).values())]
        handed = [t[1:] for t in tokens if isinstance(t, str) and t.startswith(FUNCTION)]
        return [*(c.name for c in calls), *handed]

    @property
    def depth(self) -> int | None:
        """The number of layers, where names fix it."""
        places = [self.places, *(self.gradients[1:] if self.gradients else ())]
        fixed = [p.depth for p in places if p.depth is not None]
        tokens = [t for call in self.calls for t in call.takes if isinstance(t, str)]
        numbers = [int(t[1:]) for t in tokens if t[0] in "wbza" and t[1:].isdigit()]
        return max([*fixed, *numbers], default=None)

    @property
    def penalises(self) -> bool:
        """Are both the loss and the gradients told the factor of a penalty?"""
        if self.holder and self.holder.mentions(PENALTY):
            return True
        if not (
            self.loss and self.gradients and self.gradients[0] != HOLDER and self.loss.call >= 0
        ):
            return False
        return all(self.calls[i].mentions(PENALTY) for i in (self.loss.call, self.gradients[0]))

    @property
    def sets_rate(self) -> bool:
        """Is the learning rate handed over or set?"""
        taken = [
            token for call in self.calls for token in (*call.takes, *dict(call.named).values())
        ]
        return RATE in taken or any(token == RATE for _, token in self.settings)


def request(script: Script, parameters: Parameters, x: Any, t: Any) -> Request:
    """The request for one batch."""
    return rounds(
        script, parameters, x, t, lambda results: wanted(script, len(parameters), results)
    )


def wanted(script: Script, depth: int, results: Callable[[int, Path], Result]) -> dict[str, Any]:
    """What one round is to answer, *results* telling where it will be."""
    found: dict[str, Any] = {}
    if script.y:
        found["y"] = results(OUTPUTS, ())
    if script.loss:
        found["loss"] = results(script.loss.call, script.loss.path)
    if script.vector:
        found["vector"] = results(script.vector.call, script.vector.path)
    if script.gradients:
        number, places = script.gradients
        found["gradients"] = [
            [results(number, path(t, i, depth)) for t in (places.w, places.b) if t]
            for i in range(depth)
        ]
    return found


def rounds(
    script: Script,
    parameters: Parameters,
    x: Any,
    t: Any,
    answer: Callable[[Callable[[int, Path], Result]], Any],
) -> Request:
    """Take the steps of *script* for every round; *answer* picks what is wanted of one."""
    steps: list[Step] = []
    answers = []
    for given in forms.rounds(script.form, x, t):
        at = _one_round(script, parameters, given, steps)
        answers.append(answer(lambda call, path, at=at: Result(at[call], path)))  # type: ignore[misc]
    return Request(script.function, tuple(steps), answers)


def _one_round(
    script: Script, parameters: Parameters, given: tuple[Any, Any], steps: list[Step]
) -> dict[int, int]:
    """Append the steps of one round; where the results of its calls will be."""
    values = known(script, parameters, *given)
    at: dict[int, int] = {}
    steps += [Step("set", where, None, (filled(t, values),)) for where, t in script.lacking]
    if script.holder:
        at[HOLDER] = make(script, values, steps)
        steps += settings(script, parameters, values, at[HOLDER])
    run(script, values, at, steps)
    return at


def run(script: Script, values: dict[str, Any], at: dict[int, int], steps: list[Step]) -> None:
    """Append the calls; *at* tells where the object is, and is told where their results will be."""
    for i, call in enumerate(script.calls):
        at[i] = len(steps)
        steps.append(_step(call, values, None if call.of is None else at[call.of]))
        values |= {token: Result(at[i], where) for token, where in call.gives}
        if script.y and script.y.call in (i, HOLDER) and OUTPUTS not in at:
            # backpropagation often subtracts the targets from the very array that was returned
            at[OUTPUTS] = len(steps)
            steps.append(Step("call", (*script.y.path, ".copy"), at[script.y.call]))


def make(script: Script, values: dict[str, Any], steps: list[Step]) -> int:
    """Append the steps that make the object with the parameters; the number of the one that gives it."""
    assert script.holder
    for name in _functions_of(script):
        values = values | {f"{FUNCTION}{name}": Result(len(steps))}
        steps.append(Step("get", path_to(name)))
    if script.stack:
        at = _stacked(script.holder, script.stack, values, steps)
    else:
        at = len(steps)
        steps.append(_step(script.holder, values, None))
    if script.ready:
        steps.append(_step(script.ready, values, at))
    return at


def _functions_of(script: Script) -> list[str]:
    """The names of functions of the module that are handed over."""
    stack = script.stack
    layers = [stack.dense, stack.hidden, *stack.squash.values()] if stack else []
    calls = [call for call in (script.holder, script.ready, *layers) if call]
    tokens = [token for call in calls for token in call.takes if isinstance(token, str)]
    return [token.removeprefix(FUNCTION) for token in dict.fromkeys(tokens) if token[0] == FUNCTION]


def _stacked(holder: NetworkCall, stack: Stack, values: dict[str, Any], steps: list[Step]) -> int:
    """Append the steps that make all layers and their container."""
    sizes = values[SIZES]
    first = len(steps)
    for i, (before, after) in enumerate(itertools.pairwise(sizes)):
        is_last = i == len(sizes) - 2
        behind = stack.squash[min(after, 2)] if is_last else stack.hidden
        for call in (stack.dense, behind):
            if call:
                steps.append(_step(call, values | {IN: before, OUT: after}, None))
    layers = [Result(k) for k in range(first, len(steps))]
    at = len(steps)
    made = _step(holder, values | {LAYERS: layers}, None)
    steps.append(replace(made, args=tuple(layers)) if stack.how == "star" else made)
    if stack.how == "set":
        steps.append(Step("set", (f".{stack.name}",), at, (layers,)))
    elif stack.how == "add":
        steps += [Step("call", (f".{stack.name}",), at, (layer,)) for layer in layers]
    return at


def _step(call: NetworkCall, values: dict[str, Any], of: int | None) -> Step:
    args = tuple(filled(token, values) for token in call.takes)
    named = tuple((name, filled(token, values)) for name, token in call.named)
    return Step(call.do, call.path, of, args, named)


def filled(token: NetworkToken, values: dict[str, Any]) -> Any:
    if isinstance(token, Fill):
        return token.value
    if token.startswith(NAMES):
        hidden, last = token.removeprefix(NAMES).split(",")
        return [hidden] * (values[DEPTH] - 1) + [last]
    return values[token]


def settings(script: Script, parameters: Parameters, values: dict[str, Any], of: int) -> list[Step]:
    """The steps that set the parameters of the object, and what else is set."""
    steps = []
    for at, value in laid_out(script, parameters):
        if script.form.written:
            steps.append(Step("call", (*at, ".__setitem__"), of, ((), value)))
        else:
            steps.append(Step("set", at, of, (value,)))
    return steps + [Step("set", at, of, (filled(token, values),)) for at, token in script.settings]


def laid_out(script: Script, parameters: Parameters) -> list[tuple[Path, Any]]:
    """Every parameter with its path, as the network keeps it."""
    found = []
    for i, (w, b) in enumerate(parameters):
        found.append((path(script.places.w, i, len(parameters)), forms.weight(script.form, w, b)))
        if script.places.b:
            found.append((path(script.places.b, i, len(parameters)), forms.bias(script.form, b)))
    return found


def known(script: Script, parameters: Parameters, x: Any, t: Any) -> dict[str, Any]:
    """What every token stands for before any call."""
    sizes = sizes_of(parameters)
    laid = laid_out(script, parameters)
    ws = [forms.weight(script.form, w, b) for w, b in parameters]
    bs = [forms.bias(script.form, b) for _, b in parameters] if script.places.b else []
    values: dict[str, Any] = {
        X: x,
        T: t,
        PARAMS: container(laid),
        WEIGHTS: ws,
        BIASES: bs,
        VECTOR: np.concatenate([block.ravel() for _, block in laid]),
        PENALTY: script.penalty,
        COUNT: len(t) if np.ndim(t) else 1,
        DEPTH: len(parameters),
    }
    values |= {f"w{i + 1}": block for i, block in enumerate(ws)}
    values |= {f"b{i + 1}": block for i, block in enumerate(bs)}
    return plan_values(sizes) | values


def plan_values(sizes: Sequence[int]) -> dict[str, Any]:
    """What the tokens of a constructor stand for."""
    hidden, last = mlp.BY_NAME
    names = [hidden] * (len(sizes) - 2) + [last]
    layers = list(zip(sizes[:-1], sizes[1:], names, strict=True))
    values: dict[str, Any] = {
        SIZES: list(sizes),
        SIZES_TUPLE: tuple(sizes),
        IN: sizes[0],
        OUT: sizes[-1],
        HIDDEN: list(sizes[1:-1]),
        REST: list(sizes[1:]),
        DEPTH: len(sizes) - 1,
        ARCHITECTURE: [
            {"input_dim": i, "output_dim": o, "activation": name} for i, o, name in layers
        ],
        TRIPLES: layers,
        RATE: LEARNING_RATE,
        PENALTY: 0.0,
    }
    return values | {f"size{i}": size for i, size in enumerate(sizes)}


def has_sizes_for(script: Script, sizes: tuple[int, ...]) -> bool:
    """Are there as many layers as the constructor wants sizes of?"""
    known = {X, T, COUNT, LAYERS, *plan_values(sizes)}
    calls = [call for call in (script.holder, script.ready) if call]
    tokens = [t for call in calls for t in (*call.takes, *dict(call.named).values())]
    texts = (t for t in tokens if isinstance(t, str))
    return all(t in known or t.startswith((FUNCTION, NAMES)) for t in texts)


def sizes_of(parameters: Parameters) -> tuple[int, ...]:
    return (parameters[0][0].shape[0], *(w.shape[1] for w, _ in parameters))


def container(laid: Sequence[tuple[Path, Any]]) -> Any:
    """Nested lists and dicts in which every value lies at its path."""
    heads = list(dict.fromkeys(at[0] for at, _ in laid if at))
    if not heads:
        return laid[0][1]
    members = {
        head: container([(at[1:], v) for at, v in laid if at and at[0] == head]) for head in heads
    }
    if not all(isinstance(head, int) for head in heads):
        return members
    return [members.get(i) for i in range(max(heads) + 1)]  # type: ignore[operator]
