"""What a way to write a network is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.networks.search import Holder, Search


class Around(NamedTuple):
    """What stands beside a class: losses, and classes of layers."""

    inventory: Inventory
    losses: tuple[Definition, ...]
    layers: tuple[Definition, ...]


@dataclass(frozen=True)
class Shape:
    """A way to write a network.

    key: as of NetworkCandidate.shape. holders(search, tokens): the ways to hold its parameters, in batches of equal
        likelihood; *tokens* are what its functions take.
    accepts: a module in which it is read, and not without it.
    """

    key: str
    holders: Callable[[Search, set[str]], Iterator[list[Holder]]]
    accepts: str
