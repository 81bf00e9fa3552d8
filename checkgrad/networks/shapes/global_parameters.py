"""Functions that go forward and back with parameters that are names of their module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checkgrad.child.inventory import Definition
from checkgrad.child.request import path as path_to
from checkgrad.networks.reading import NetworkCandidate
from checkgrad.networks.script import NetworkCall, X
from checkgrad.networks.search import Holder, Search, pilot_sizes
from checkgrad.networks.shapes.attributes import of_any_size
from checkgrad.networks.shapes.common import making, names_targets, takes, with_parameters
from checkgrad.networks.shapes.shape import Shape
from checkgrad.words.networks import holds
from checkgrad.words.purposes import says


def found(parts: Sequence[Definition], losses: Sequence[Definition]) -> Iterator[NetworkCandidate]:
    """Functions that go forward and back with parameters that are names of their module."""
    forward = [d for d in parts if "forward" in says(d) and takes(d, X) and any(map(holds, d.uses))]
    back = [d for d in parts if {"gradient", "update"} & says(d) and names_targets(d)]
    if forward and back:
        others = tuple(d for d in losses if d not in parts)
        yield NetworkCandidate(back[0].name, "globals", (*forward, *back), others)


def of_globals(search: Search) -> list[Holder]:
    """Parameters that are names of the module: set there, whatever sizes it chose."""
    function = search.parts[0].name
    call = NetworkCall(function, (*path_to(function), ".__globals__"), do="get")
    made = [(making(search, call), pilot_sizes(2, 3))]
    return [of_any_size(h) for h in with_parameters(search, made)]


def holders(search: Search, tokens: set[str]) -> Iterator[list[Holder]]:
    """The names of the module."""
    yield of_globals(search)


GLOBALS = Shape(
    key="globals",
    holders=holders,
    accepts="""
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

W1 = 0.1 * np.ones((5, 4))
b1 = np.zeros(4)
W2 = 0.1 * np.ones((4, 3))
b2 = np.zeros(3)

def forward(X):
    A1 = np.tanh(X @ W1 + b1)
    return softmax(A1 @ W2 + b2), A1

def backward(X, T):
    Y, A1 = forward(X)
    dZ2 = (Y - T) / len(X)
    dZ1 = dZ2 @ W2.T * (1 - A1**2)
    return X.T @ dZ1, dZ1.sum(axis=0), A1.T @ dZ2, dZ2.sum(axis=0)
""",
)
