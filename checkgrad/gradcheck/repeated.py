"""Random directions of very many numbers, made of parts of one short table: they cost no memory, and no time to draw."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.numeric.moves import length

PIECE = 2**14  # numbers that stay near the processor
TABLE = 2 * PIECE


@dataclass(frozen=True)
class Repeated:
    """A direction of one array: every PIECE of it is a part of *table*, from one of *offsets* on.

    The offsets are random: errors that cancel in one pair of pieces do not in the others.
    """

    shape: tuple[int, ...]
    table: Any
    offsets: list[int]

    @property
    def dtype(self) -> Any:
        return self.table.dtype

    @property
    def length(self) -> float:
        """The root of the sum of squares, or a little more."""
        return float(np.max(np.abs(self.table))) * math.sqrt(math.prod(self.shape))

    def added(self, x: Any, step: float, out: Any) -> None:
        """Write *x*, moved by *step* along it, into *out*, which is contiguous."""
        x, out = x.reshape(-1), out.reshape(-1)
        for where, piece in self._pieces(self.table * self.dtype.type(step)):
            np.add(x[where], piece, out=out[where])

    def dot(self, g: Any) -> float:
        """The sum of products with an array of its shape."""
        g = np.ravel(g)
        return math.fsum(
            float(np.dot(g[where], piece)) for where, piece in self._pieces(self.table)
        )

    def _pieces(self, table: Any) -> Iterator[tuple[slice, Any]]:
        size = math.prod(self.shape)
        for begin, offset in zip(range(0, size, PIECE), self.offsets, strict=True):
            end = min(begin + PIECE, size)
            yield slice(begin, end), table[offset : offset + end - begin]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        whole = np.concatenate([piece for _, piece in self._pieces(self.table)])
        return whole.reshape(self.shape).astype(dtype or self.dtype, copy=False)


def repeated(x: Any, table: Any, rng: np.random.Generator) -> Repeated:
    """A direction of *x* from a table of TABLE random numbers."""
    offsets = rng.integers(0, TABLE - PIECE, -(-x.size // PIECE), endpoint=True)
    return Repeated(x.shape, table.astype(x.dtype, copy=False), offsets.tolist())


def inner(g: Any, direction: Any) -> float:
    """The sum of products of an array and a direction."""
    if isinstance(direction, Repeated):
        return direction.dot(g)
    return float(np.vdot(g, direction))


def reach(direction: Any) -> float:
    """How long a direction is, or a little more."""
    return direction.length if isinstance(direction, Repeated) else length(direction)
