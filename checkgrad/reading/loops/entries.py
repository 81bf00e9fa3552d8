"""Penalties entry by entry: one that leaves the offset out, in the loss alone or in the steps alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from checkgrad.reading.loops.afterwards import own_losses_after
from checkgrad.reading.loops.attempts import attempts_of
from checkgrad.reading.loops.fit import RESOLVED, Attempt, Equations, Slopes, table_of
from checkgrad.reading.loops.own import seen_as
from checkgrad.reading.loops.points import Points, entry_by_entry

MOST_ENTRIES = 40


def clashing(points: Points, best: Attempt) -> tuple[Attempt, Mapping[str, float]] | None:
    """A loss of the module's own, and entries whose steps take so many times the slope of its penalty; None if all agree.

    Infinite where the loss has no penalty on what the steps have one on.
    """
    size = sum(points.roles.slots[p].saved.size for paths in points.blocks.values() for p in paths)
    if size > MOST_ENTRIES:
        return None
    sharp = entry_by_entry(points)
    table = table_of(sharp)
    attempts = attempts_of(sharp, table)
    usual = next((a for a in attempts if _is_same(a, best)), None)
    steps = usual and seen_as(table, usual, _as_loss(table))
    if usual is None or not steps or steps.factor <= 0:
        return None
    found = None
    for attempt in [*(a for a in attempts if a.own), *own_losses_after(sharp)]:
        own = seen_as(table, usual, attempt)
        if own and any(own.penalty.values()):
            times = own.times({name: steps.due(name) for name in own.penalty})
            if not times:
                return None
            found = found or (attempt, times)
    return found


def _is_same(one: Attempt, other: Attempt) -> bool:
    return (one.loss, one.output, one.target) == (other.loss, other.output, other.target)


def _as_loss(table: Equations) -> Attempt:
    """The steps as the slopes of what they go down."""
    room = table.room + RESOLVED * np.maximum(table.size, np.abs(table.u))
    return Attempt("steps", -1, None, Slopes(-table.u, room), {})
