"""What a watched run is asked to tell and to change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .request import Path

MOST_TOLD = 100_000  # values of all nodes


@dataclass(frozen=True)
class Tell:
    """Tell these nodes (None: all), of each its *first* values and its *last*.

    groups: also lists, tuples and dicts that hold arrays, and objects of the submission's classes as a dict of
    their attributes, whose keys begin with a dot. Lists of numbers are told as arrays in any case.
    """

    nodes: tuple[int, ...] | None = None
    first: int = 1 << 30
    last: int = 0
    groups: bool = False


@dataclass(frozen=True)
class Change:
    """Change what *node* gives, at some of its *turns* (None: at all).

    operation: a name in EDITS. operands: arrays or numbers, or a Latest, Named or ByTurn in their place.
    path: of the value's member that is changed, where the value is a group: ("W1",), (0, ".weights").
    What is carried, held or looked at after a statement changes in place where shape and type allow it, so that
    other names for it see the change.
    """

    node: int
    operation: str
    operands: tuple[Any, ...] = ()
    turns: tuple[int, ...] | None = None
    path: Path = ()


@dataclass(frozen=True)
class Latest:
    """In the place of an operand: the value that another node gave last, by reference to its number."""

    node: int


@dataclass(frozen=True)
class Named:
    """In the place of an operand: what a name stands for where the node is."""

    name: str


@dataclass(frozen=True)
class ByTurn:
    """In the place of an operand: another one for each turn of the node; beyond the last nothing changes."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class Watch:
    """What one watched run tells and changes.

    stop: (loop, turn): the run ends as that turn begins, once its carried values are told.
    leave: (loop, turns) each: that loop is left (as by `break`) once it has turned so often since it was entered.
    longest: the same for every other loop, but for those that only fill a table; most: turns of all loops together, after which the run is stopped.
    seconds: the run is stopped once it took that much time of the processor, so that nothing is lost.
    room: bytes of values that are told; what does not fit is counted and not told.
    calls: also note the calls of the submission's own functions, in a run of a file's own work.
    """

    tell: tuple[Tell, ...] = ()
    changes: tuple[Change, ...] = ()
    stop: tuple[int, int] | None = None
    leave: tuple[tuple[int, int], ...] = ()
    longest: int = 1 << 60
    most: int = 1_000_000
    seconds: float = 1.5
    room: int = 1 << 23
    calls: bool = False


def packed(watch: Watch) -> tuple[Any, ...]:
    """*watch* as plain groups, as it travels."""
    tells = tuple((t.nodes, t.first, t.last, t.groups) for t in watch.tell)
    changes = tuple(
        (c.node, c.operation, tuple(map(packed_operand, c.operands)), c.turns, c.path)
        for c in watch.changes
    )
    limits = (watch.stop, watch.leave, watch.longest, watch.most, watch.seconds, watch.room)
    return (tells, changes, *limits, watch.calls)


def packed_operand(operand: Any) -> tuple[str, Any]:
    if type(operand) is Latest:
        return "latest", operand.node
    if type(operand) is Named:
        return "named", operand.name
    if type(operand) is ByTurn:
        return "turns", tuple(map(packed_operand, operand.values))
    return "value", operand


def unpacked(plain: tuple[Any, ...]) -> Watch:
    tells, changes, *limits = plain
    return Watch(
        tuple(Tell(*tell) for tell in tells),
        tuple(Change(k, op, tuple(map(operand_of, on)), *rest) for k, op, on, *rest in changes),
        *limits,
    )


def operand_of(packed: tuple[str, Any]) -> Any:
    kind, value = packed
    if kind == "turns":
        return ByTurn(tuple(map(operand_of, value)))
    return value if kind == "value" else {"latest": Latest, "named": Named}[kind](value)
