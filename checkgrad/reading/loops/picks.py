"""How the values of a node in a turn can be taken as one array."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from checkgrad.child.bench import MOST_VALUES
from checkgrad.reading.loops.face import Turn, ValueKey

if TYPE_CHECKING:
    from checkgrad.reading.loops.roles import Roles

Pick = int | str  # "0": the only value of a node, "*": all as one array, -1: the last


def picks(roles: Roles, node: int, among: Collection[ValueKey] | None = None) -> list[Pick]:
    """How the values of a node in a turn can be taken as one array: all of them, or one counted from the last."""
    keys = roles.evaluations[node]
    if len(keys) == 1:
        return ["0"]
    if len(keys) >= MOST_VALUES:
        return []  # there may be more, which nobody knows
    found: list[Pick] = []
    alike = len({roles.seen[k].shape for k in keys}) == 1
    if alike and (among is None or all(k in among for k in keys)):
        found.append("*")
    return found + [
        -i for i in (1, 2, 3) if i <= len(keys) and (among is None or keys[-i] in among)
    ]


def chosen(keys: list[ValueKey], pick: Pick) -> list[ValueKey]:
    if pick == "*":
        return keys
    return [keys[0] if pick == "0" else keys[int(pick)]]


def take(turn: Turn, node: int, pick: Pick) -> np.ndarray | None:
    """The values of a node in a turn as one array; None where it has none of that form."""
    values = turn.values.get(node, [])
    if pick == "*":
        alike = values and len({np.shape(v) for v in values}) == 1
        return np.stack([np.asarray(v, float) for v in values]) if alike else None
    at = 0 if pick == "0" else int(pick)
    return np.asarray(values[at], float) if -len(values) <= at < len(values) else None
