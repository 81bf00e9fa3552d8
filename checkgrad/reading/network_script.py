"""One evaluation of a network as one request: make its object, set the parameters, call, and gather the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.request import Request, Result, Step
from checkgrad.exercises import mlp
from checkgrad.reading import network_form as forms
from checkgrad.reading.network_form import Form, Parameters
from checkgrad.reading.network_places import Path, Places, path
from checkgrad.reading.signature import Fill

# What a call may be given by name; w1, b1, z1, a1, ... stand for the parameters and values of the layers.
X, T, Y, CACHE, PARAMS, WEIGHTS, BIASES = "x", "t", "y", "cache", "params", "weights", "biases"
LOSS, GRADS, RATE, COUNT, SIZES, DEPTH, VECTOR = (
    "loss",
    "grads",
    "rate",
    "count",
    "sizes",
    "depth",
    "vector",
)
IN, OUT, HIDDEN, REST, SIZES_TUPLE = "in", "out", "hidden", "rest", "sizes tuple"

Token = str | Fill
HOLDER, OUTPUTS = (
    -1,
    -2,
)  # stand for the object itself and for y where the number of a call is expected
LEARNING_RATE = mlp.LEARNING_RATE


@dataclass(frozen=True)
class Call:
    """A call of a function of the module, or of a method of the object that holds the parameters.

    gives: tokens that later calls may take, with the paths to them in the result.
    """

    name: str
    path: Path
    takes: tuple[Token, ...] = ()
    named: tuple[tuple[str, Token], ...] = ()
    of_holder: bool = False
    gives: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True)
class Item:
    """Where an answer lies: the number of the call, and the path in its result."""

    call: int
    path: Path = ()


@dataclass(frozen=True)
class Script:
    """How a network is asked for its outputs, its loss and its gradients.

    holder: the call that makes the object with the parameters; None where they are handed over.
    places: of the parameters, in the object or in the container that is handed over.
    settings: attributes of the object that are set besides, the learning rate for one.
    gradients: the number of the call that gives them, and their places. vector: where they lie as one vector.
    recovered: the call changes the parameters instead.
    """

    function: str
    form: Form
    places: Places
    holder: Call | None = None
    settings: tuple[tuple[Path, Token], ...] = ()
    calls: tuple[Call, ...] = ()
    y: Item | None = None
    loss: Item | None = None
    gradients: tuple[int, Places] | None = None
    vector: Item | None = None
    recovered: bool = False

    @property
    def depth(self) -> int | None:
        """The number of layers, where names fix it."""
        places = [self.places, *(self.gradients[1:] if self.gradients else ())]
        fixed = [p.depth for p in places if p.depth is not None]
        tokens = [t for call in self.calls for t in call.takes if isinstance(t, str)]
        numbers = [int(t[1:]) for t in tokens if t[0] in "wbza" and t[1:].isdigit()]
        return max([*fixed, *numbers], default=None)


def request(script: Script, parameters: Parameters, x: Any, t: Any) -> Request:
    """The request for one batch."""
    depth = len(parameters)

    def answer(results: Callable[[int, Path], Result]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if script.y:
            found["y"] = results(OUTPUTS, ())
        else:
            found["x"] = x  # for whoever reads the answer: the outputs are computed from it
        if script.loss:
            found["loss"] = results(script.loss.call, script.loss.path)
        if script.vector:
            found["vector"] = results(script.vector.call, script.vector.path)
        if script.gradients:
            number, places = script.gradients
            found["gradients"] = [
                [results(number, path(template, i, depth)) for template in (places.w, places.b)]
                for i in range(depth)
            ]
        return found

    return rounds(script, parameters, x, t, answer)


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
    if script.holder:
        at[HOLDER] = len(steps)
        steps.append(_step(script.holder, values, None))
        steps += settings(script, parameters, values, at[HOLDER])
    for i, call in enumerate(script.calls):
        at[i] = len(steps)
        steps.append(_step(call, values, at[HOLDER] if call.of_holder else None))
        values |= {token: Result(at[i], where) for token, where in call.gives}
        if script.y and script.y.call == i:
            # backpropagation often subtracts the targets from the very array that was returned
            at[OUTPUTS] = len(steps)
            steps.append(Step("call", (*script.y.path, ".copy"), at[i]))
    return at


def _step(call: Call, values: dict[str, Any], of: int | None) -> Step:
    args = tuple(filled(token, values) for token in call.takes)
    named = tuple((name, filled(token, values)) for name, token in call.named)
    return Step("call", call.path, of, args, named)


def filled(token: Token, values: dict[str, Any]) -> Any:
    return token.value if isinstance(token, Fill) else values[token]


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
        found.append((path(script.places.w, i, len(parameters)), forms.weight(script.form, w)))
        found.append((path(script.places.b, i, len(parameters)), forms.bias(script.form, b)))
    return found


def known(script: Script, parameters: Parameters, x: Any, t: Any) -> dict[str, Any]:
    """What every token stands for before any call."""
    sizes = sizes_of(parameters)
    laid = laid_out(script, parameters)
    blocks = [value for _, value in laid]
    values: dict[str, Any] = {
        X: x,
        T: t,
        PARAMS: container(laid),
        WEIGHTS: blocks[::2],
        BIASES: blocks[1::2],
        VECTOR: np.concatenate([block.ravel() for block in blocks]),
        RATE: LEARNING_RATE,
        COUNT: len(t) if np.ndim(t) else 1,
        DEPTH: len(parameters),
    }
    values |= {f"w{i + 1}": block for i, block in enumerate(blocks[::2])}
    values |= {f"b{i + 1}": block for i, block in enumerate(blocks[1::2])}
    return values | plan_values(sizes)


def plan_values(sizes: Sequence[int]) -> dict[str, Any]:
    """What the tokens of a constructor stand for."""
    values: dict[str, Any] = {
        SIZES: list(sizes),
        SIZES_TUPLE: tuple(sizes),
        IN: sizes[0],
        OUT: sizes[-1],
        HIDDEN: list(sizes[1:-1]),
        REST: list(sizes[1:]),
        DEPTH: len(sizes) - 1,
    }
    return values | {f"size{i}": size for i, size in enumerate(sizes)}


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
    return [members.get(i) for i in range(max(heads) + 1)]  # type: ignore[operator, type-var]


def read(script: Script, behaviour: Behaviour, parameters: Parameters) -> Behaviour:
    """Turn the answer to *request* into (y, loss, gradients) in the canonical layout."""
    if not behaviour.returned:
        return behaviour
    given = [_taken_apart(script, one, parameters) for one in behaviour.value]
    y = _outputs(script, given, parameters)
    loss = _reduced([one.get("loss") for one in given])
    gradients = [_gradient(script, given, parameters, i) for i in range(len(parameters))]
    return replace(behaviour, value=(y, loss, gradients), mutated=_mutated(script, behaviour))


def _taken_apart(script: Script, given: dict[str, Any], parameters: Parameters) -> dict[str, Any]:
    """The answer with a gradient that came as one vector cut into the shapes of the parameters."""
    if not script.vector:
        return given
    shapes = [value.shape for _, value in laid_out(script, parameters)]
    vector = np.ravel(given["vector"])
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])
    if vector.size != ends[-1]:
        return given | {"gradients": [[given["vector"]] * 2] * len(parameters)}
    blocks = [b.reshape(s) for b, s in zip(np.split(vector, ends[:-1]), shapes, strict=True)]
    return given | {
        "gradients": [list(pair) for pair in zip(blocks[::2], blocks[1::2], strict=True)]
    }


def _outputs(script: Script, given: list[Any], parameters: Parameters) -> Any:
    if script.y is None:
        return None
    c = parameters[-1][0].shape[1]
    if not script.form.single:
        return forms.outputs(script.form, given[0]["y"], c)
    arrays = [np.ravel(one["y"]) for one in given]
    return np.stack(arrays) if len({a.shape for a in arrays}) == 1 else arrays[0]


def _reduced(losses: list[Any]) -> Any:
    """The loss as one number: the sum of the rounds', the mean of what one round gives for each sample."""
    if any(loss is None for loss in losses):
        return None
    arrays = [np.asarray(loss) for loss in losses]
    if any(a.dtype.kind not in "biuf" for a in arrays):
        return losses[0]
    return np.float64(sum(a.mean() for a in arrays))


def _gradient(
    script: Script, given: list[Any], parameters: Parameters, layer: int
) -> tuple[Any, Any]:
    """The gradient of one layer: the sum of the rounds'."""
    w, b = parameters[layer]
    dws = [
        _as_gradient(script, one["gradients"][layer][0], forms.weight(script.form, w))
        for one in given
    ]
    dbs = [
        _as_gradient(script, one["gradients"][layer][1], forms.bias(script.form, b))
        for one in given
    ]
    dw = [forms.weight_gradient(script.form, d) if _is_array(d) else d for d in dws]
    db = [forms.bias_gradient(script.form, d, b.size) if _is_array(d) else d for d in dbs]
    return _total(dw), _total(db)


def _as_gradient(script: Script, value: Any, old: Any) -> Any:
    if not script.recovered or not _is_array(value):
        return value
    return (old - np.asarray(value)) / LEARNING_RATE


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray | float | int)


def _total(values: list[Any]) -> Any:
    if len(values) == 1 or not all(map(_is_array, values)):
        return values[0]
    return sum(values) if len({np.shape(v) for v in values}) == 1 else values[0]


def _mutated(script: Script, behaviour: Behaviour) -> tuple[int, ...]:
    """Only inputs and targets have to be left alone."""
    takes = script.calls[-1].takes
    return tuple(i for i in behaviour.mutated if i < len(takes) and takes[i] in (X, T))
