"""What is what in a turn: parameters, buffers, inputs, targets, outputs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from checkgrad.reading.loops.face import Digest, Edit, LoopBench, Slot, Turn, ValueKey
from checkgrad.reading.loops.nudges import nudge_size
from checkgrad.reading.loops.picks import Pick


@dataclass(frozen=True)
class OutputNode:
    """What can be the outputs: a node, how its values are taken, and the last of them."""

    node: int
    pick: Pick
    key: ValueKey


@dataclass
class Roles:
    """What the nudges showed.

    changed: slots that a turn changes. carried: those of them that the next turn goes on from, without buffers and rates.
    moves: by slot, the values that follow from it; data: slots that stay, in groups; steps: the turn with each group nudged.
    """

    bench: LoopBench
    slots: dict[str, Slot]
    base: Turn
    shaky: frozenset[ValueKey]
    changed: list[str]
    data: dict[str, list[str]]
    delicate: set[str]  # groups that cannot be nudged: labels, numbers of places
    lift: tuple[Edit, ...]
    first: Turn  # beside where the loop begins, so that no factor is 0
    nudged: dict[str, Turn]
    moves: dict[str, set[ValueKey]]
    data_moves: dict[str, set[ValueKey]]
    data_turns: dict[str, Turn]
    seen: dict[ValueKey, Digest]
    buffers: dict[str, list[str]] = field(default_factory=dict)
    carried: list[str] = field(default_factory=list)
    cover: dict[ValueKey, set[str]] = field(default_factory=dict)
    data_cover: dict[ValueKey, set[str]] = field(default_factory=dict)
    parameters: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    entry: set[str] = field(default_factory=set)
    full: set[ValueKey] = field(default_factory=set)
    outputs: list[OutputNode] = field(default_factory=list)
    evaluations: dict[int, list[ValueKey]] = field(default_factory=dict)
    rates: set[str] = field(default_factory=set)  # numbers that scale all steps
    overwritten: list[str] = field(default_factory=list)  # what a turn reads, and leaves otherwise

    def size_of(self, path: str) -> float:
        """How far a slot is nudged."""
        return nudge_size(self.slots[path])

    @property
    def steps_told(self) -> int:
        """How many numbers it takes to tell what a turn did to all that it changes."""
        return 2 * sum(self.slots[p].saved.size for p in self.changed)

    @property
    def constants(self) -> list[ValueKey]:
        """Values that do not follow from what is carried, and are not written in the source."""
        anywhere: set[ValueKey] = set().union(*self.moves.values()) if self.moves else set()
        return [k for k, seen in self.seen.items() if k not in anywhere and not seen.literal]

    @property
    def scalars(self) -> list[ValueKey]:
        """Numbers that follow from all parameters, and from targets where these can be nudged: what may be the loss."""
        late = set(self.targets) - self.rates
        return [
            k
            for k in sorted_by(self.seen, self.full)
            if int(np.prod(self.seen[k].shape)) == 1
            and (self.data_cover.get(k, set()) & late or not late or self.delicate)
        ]


def sorted_by(order: Iterable[ValueKey], some: Collection[ValueKey]) -> list[ValueKey]:
    return [k for k in order if k in some]
