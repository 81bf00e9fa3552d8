"""Points at which a gradient is looked at, what a look shows, and arguments moved along directions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from checkgrad.gradcheck.claims import ClaimedDerivative
from checkgrad.gradcheck.repeated import Repeated
from checkgrad.gradcheck.subject import Leaves, Subject

BLUNT = 1e-3


@dataclass
class Spot:
    """A point at which the two are compared.

    leaves: the arrays that move. derive: what is claimed there. centre: the value there, once it is known.
    lent: may the arrays of *args* be overwritten for a while, for *leaves* are others and as large?
    """

    args: tuple[Any, ...]
    leaves: Leaves
    derive: Callable[[], ClaimedDerivative]
    centre: Any = None
    lent: bool = False
    kept: ClaimedDerivative | None = None

    @property
    def claimed(self) -> ClaimedDerivative:
        """What is claimed at this point."""
        if self.kept is None:
            self.kept = self.derive()
        return self.kept

    def forget(self) -> None:
        """Let go of a gradient that may be as large as the arguments."""
        if self.lent:
            self.kept = None


@dataclass(frozen=True)
class Comparison:
    """Claim and measurement along directions (directions, *out), and what may lie between the two.

    allowed: what of the bound is the user's tolerance. shares: what each leaf adds to the claim, (leaves,
    directions, *out). missing: had f no value at some of the steps? bent: which entries have a kink and
    are judged all the same, between their slopes on both sides?
    """

    claimed: Any
    measured: Any
    bound: Any
    smooth: Any
    allowed: Any = 0.0
    shares: Any = None
    missing: bool = False
    bent: Any = None

    @cached_property
    def excess(self) -> Any:
        """The deviation as a fraction of its bound; 0 where nothing can be said."""
        with np.errstate(all="ignore"):
            gap = np.abs(self.claimed - self.measured)
            share = np.where(gap <= self.bound, gap / np.maximum(self.bound, 1e-300), np.inf)
            share = np.where(np.isinf(share) & (self.bound > 0), gap / self.bound, share)
        return np.where(self.smooth, np.where(np.isfinite(self.measured), share, 0.0), 0.0)

    @property
    def off(self) -> Any:
        return self.excess > 1

    @property
    def says_something(self) -> bool:
        return bool(np.any(self.smooth & np.isfinite(self.bound)))

    @property
    def agrees(self) -> bool:
        return self.says_something and not self.off.any()

    @property
    def blunt(self) -> bool:
        """Is hardly any digit of it known?"""
        size = np.maximum(np.abs(self.claimed), np.abs(self.measured))
        return bool(np.any(self.claimed) and not np.any(self.bound <= BLUNT * size))

    @property
    def worst_output(self) -> int:
        """The entry of the output with the largest deviation along any direction."""
        return int(np.argmax(np.max(self.excess.reshape(len(self.excess), -1), axis=0)))

    def of(self, output: int) -> Comparison:
        """The comparison of one entry of the output alone."""
        whole = (self.claimed, self.measured, self.bound, self.smooth)
        claimed, measured, bound, smooth = (np.reshape(a, (len(a), -1))[:, output] for a in whole)
        return Comparison(claimed, measured, bound, smooth)


class MovedArguments:
    """Arguments moved along directions: made one at a time, in the same memory, for they may be large."""

    def __init__(self, subject: Subject, spot: Spot, directions: Sequence[Leaves]) -> None:
        self.subject, self.spot = subject, spot
        self.room: Leaves = [None] * len(spot.leaves)
        types = dict.fromkeys(x.dtype for x in spot.leaves)
        self.parts = [self._part(dtype, directions) for dtype in types]
        # A number has no memory to be written to.
        self.fixed = all(map(np.ndim, spot.leaves))
        self.args = subject.replaced(spot.args, self.room)

    def __call__(self, m: int, step: float) -> tuple[Any, ...]:
        for x, moves, room in self.parts:
            np.multiply(moves[m], x.dtype.type(step), out=room)
            room += x
        return self.args if self.fixed else self.subject.replaced(self.spot.args, self.room)

    def _part(self, dtype: Any, directions: Sequence[Leaves]) -> tuple[Any, list[Any], Any]:
        """All leaves of one type as one vector: its place, its moves, and room that the leaves are views of."""
        at = [i for i, x in enumerate(self.spot.leaves) if x.dtype == dtype]
        x, *moves = (_flat([d[i] for i in at]) for d in (self.spot.leaves, *directions))
        room, end = np.empty_like(x), 0
        for i in at:
            leaf = self.spot.leaves[i]
            self.room[i] = room[end : end + leaf.size].reshape(leaf.shape)
            end += leaf.size
        return x, moves, room


class Lent:
    """The same in the memory of the arguments at the spot itself, which is given back as it was."""

    def __init__(self, spot: Spot, room: Leaves, directions: Sequence[Leaves]) -> None:
        self.spot, self.room, self.directions = spot, room, directions

    def __call__(self, m: int, step: float) -> tuple[Any, ...]:
        for x, room, d in zip(self.spot.leaves, self.room, self.directions[m], strict=True):
            if isinstance(d, Repeated):
                d.added(x, step, room)
            else:
                np.multiply(d, x.dtype.type(step), out=room)
                room += x
        return self.spot.args

    def give_back(self) -> None:
        for x, room in zip(self.spot.leaves, self.room, strict=True):
            room[...] = x


@contextmanager
def places(subject: Subject, spot: Spot, directions: Sequence[Leaves]) -> Iterator[Any]:
    """Arguments moved along directions, for as long as they are needed."""
    if not spot.lent:
        yield MovedArguments(subject, spot, directions)
        return
    lent = Lent(spot, subject.leaves(spot.args), directions)
    try:
        yield lent
    finally:
        lent.give_back()


def _flat(leaves: Leaves) -> Any:
    return (
        np.ravel(leaves[0]) if len(leaves) == 1 else np.concatenate([np.ravel(x) for x in leaves])
    )


def alone(leaves: Leaves, leaf: int, moved: Any) -> Leaves:
    """A direction in which one leaf moves, and the others stand still."""
    return [moved if i == leaf else np.zeros_like(x) for i, x in enumerate(leaves)]
