"""Functions that are handed the parameters."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.conventions.bias import COLUMN, FLAT, ROW
from checkgrad.conventions.weights import IN_OUT, OUT_IN
from checkgrad.networks.form import FIRST, NetworkForm
from checkgrad.networks.names import named, tokens_for
from checkgrad.networks.places import Index, Numbered, Places
from checkgrad.networks.reading import NetworkCandidate
from checkgrad.networks.script import PARAMS, VECTOR, WEIGHTS, Script, T, X
from checkgrad.networks.search import Holder, Search, pilot_sizes
from checkgrad.networks.shapes.attributes import of_any_size, of_class
from checkgrad.networks.shapes.common import losses_in, takes
from checkgrad.networks.shapes.global_parameters import found
from checkgrad.networks.shapes.shape import Shape
from checkgrad.words.networks import WHOLE_WEIGHTS
from checkgrad.words.purposes import INITIALISES, says
from checkgrad.words.text import last


def candidates_in(inventory: Inventory) -> Iterator[NetworkCandidate]:
    """Functions that are handed the parameters, and go forward and back."""
    functions = [
        d
        for d in inventory.definitions
        if d.kind == "function" and "." not in d.name and "[" not in d.name
    ]
    parts = tuple(d for d in functions if says(d))
    handed = [d for d in parts if any(takes(d, token) for token in (PARAMS, WEIGHTS, "w1"))]
    back = [d for d in parts if "gradient" in says(d) and (takes(d, T))]
    back += [
        d for d in parts if "loss" in says(d) and d.returns > 1 and d in handed and takes(d, X)
    ]
    forward = [d for d in handed if takes(d, X)]
    if not (back and forward):
        yield from found(parts, losses_in(inventory))
        return
    makers = [d for d in functions if INITIALISES.fullmatch(last(d.name).lower().strip("_"))]
    can_be = any("forward" in says(d) for d in parts) and (makers or _takes_matrices(handed))
    if _are_linear(handed) and not can_be:
        return  # a linear classifier is judged as a function of its scores
    others = tuple(d for d in losses_in(inventory) if d not in parts)
    yield NetworkCandidate(back[0].name, "functions", parts, others, maker=next(iter(makers), None))


def _are_linear(definitions: Sequence[Definition]) -> bool:
    """Is a single W or theta all that each of them is handed of parameters?"""
    handed = list(map(_handed_parameters, definitions))
    return all(len(names) == 1 and names <= {*WHOLE_WEIGHTS, "theta"} for names in handed)


def _takes_matrices(definitions: Sequence[Definition]) -> bool:
    """Is any of them handed what can be a matrix? By habit theta is the vector of one output."""
    return any(_handed_parameters(d) != {"theta"} for d in definitions)


def _handed_parameters(definition: Definition) -> set[str]:
    names = {p.name.lower().strip("_") for p in definition.parameters or ()}
    return {n for n in names if {PARAMS, WEIGHTS, "w1", "w2"} & set(tokens_for(n)) and named(n)}


def handed(holder: Holder) -> Holder:
    """The same parameters handed over: then their sizes are free, whatever the initialiser chooses."""
    freed = of_any_size(holder)
    return replace(freed, script=replace(freed.script, holder=None))


COMMON = (((IN_OUT, FLAT), (OUT_IN, COLUMN)), ((IN_OUT, ROW), (OUT_IN, FLAT), (IN_OUT, COLUMN)))
WEIGHTS_BY_NAME = Places((Numbered("W{}", 1),), None)
BY_NAME = Places((Numbered("W{}", 1),), (Numbered("b{}", 1),))
IN_TURNS = Places((Index(0, 2),), (Index(1, 2),))


def by_default(search: Search, tokens: set[str]) -> Iterator[list[Holder]]:
    """Parameters handed over without an initialiser to learn from: W1, b1, ... in the common shapes."""
    numbers = [int(token[1:]) for token in tokens if token[0] == "w" and token[1:].isdigit()]
    depths = [max(numbers)] if numbers and max(numbers) <= 3 else [3, 2, 1]
    kinds = [BY_NAME, IN_TURNS] if PARAMS in tokens else [BY_NAME]
    if numbers and not any(token[0] == "b" and token[1:].isdigit() for token in tokens):
        kinds = [WEIGHTS_BY_NAME]
    if VECTOR in tokens:
        form = NetworkForm(weights=OUT_IN, folded=FIRST)
        script = Script(search.function, form, WEIGHTS_BY_NAME, lacking=search.lacking)
        yield [Holder(script, pilot_sizes(depth, 3)) for depth in depths]
    for shapes, places in itertools.product(COMMON, kinds):
        yield [
            Holder(
                Script(
                    search.function, NetworkForm(weights=w, bias=b), places, lacking=search.lacking
                ),
                pilot_sizes(depth, 3),
            )
            for w, b in shapes
            for depth in depths
        ]


def holders(search: Search, tokens: set[str]) -> Iterator[list[Holder]]:
    """Parameters that are handed over: as the module's own initialiser makes them, or as names say."""
    if found := of_class(search) if search.maker else []:
        yield [handed(h) for h in found]
    else:
        yield from by_default(search, tokens)


FUNCTIONS = Shape(
    key="functions",
    holders=holders,
    accepts="""
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def init_params(n_in, n_hidden, n_out):
    return {
        "W1": 0.1 * np.ones((n_in, n_hidden)), "b1": np.zeros(n_hidden),
        "W2": 0.1 * np.ones((n_hidden, n_out)), "b2": np.zeros(n_out),
    }

def forward(params, X):
    A1 = np.tanh(X @ params["W1"] + params["b1"])
    return softmax(A1 @ params["W2"] + params["b2"]), A1

def backward(params, X, T):
    Y, A1 = forward(params, X)
    dZ2 = (Y - T) / len(X)
    dZ1 = dZ2 @ params["W2"].T * (1 - A1**2)
    return {"dW1": X.T @ dZ1, "db1": dZ1.sum(axis=0), "dW2": A1.T @ dZ2, "db2": dZ2.sum(axis=0)}
""",
)
