"""Where the parameters of a network lie: in an object that its class makes, in layers, or in what is handed over."""

from __future__ import annotations

from collections.abc import Iterator

from checkgrad.networks.search import Holder, Search
from checkgrad.networks.shapes.attributes import made_ready, of_class, unset
from checkgrad.networks.shapes.filled import of_layers
from checkgrad.networks.shapes.functions import by_default, handed
from checkgrad.networks.shapes.global_parameters import of_globals


def holders(search: Search, tokens: set[str]) -> Iterator[list[Holder]]:
    """The ways to hold the parameters, in batches of equal likelihood; *tokens* are what the functions take."""
    if search.shape == "layers":
        yield of_layers(search)
    elif search.shape == "globals":
        yield of_globals(search)
    elif search.has_methods:
        yield (found := of_class(search))
        if not found:
            yield from made_ready(search)
            yield unset(search)
    elif found := of_class(search) if search.maker else []:
        yield [handed(h) for h in found]
    else:
        yield from by_default(search, tokens)
