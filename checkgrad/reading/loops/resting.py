"""Parameters that do not move as parameters do: not at all, or into another shape."""

from __future__ import annotations

import re

import numpy as np

from checkgrad.reading.loops.carried import is_shuffled, reached, rests, scales
from checkgrad.reading.loops.roles import Roles


def never_moved(roles: Roles) -> list[str]:
    """What the outputs are computed with and nothing of a turn follows from, and what the turn leaves as it was."""
    return [
        p
        for p in roles.changed
        if rests(roles.base, p)
        and p not in roles.carried
        and not is_shuffled(roles, p)
        and not _is_a_rate_that_may_change(roles, p)
        and any(k in roles.cover and k in roles.data_cover for k in roles.moves[p])
    ]


def _is_a_rate_that_may_change(roles: Roles, path: str) -> bool:
    """Does a number scale the steps of everything that it reaches, as a rate by a schedule does?"""
    if np.size(roles.slots[path].saved) != 1 or roles.nudged[path].raised:
        return False
    return scales(roles, path, reached(roles, path) - {path})


def stuck(roles: Roles) -> list[str]:
    """What the source takes steps of and outputs are computed with, though no turn ever changes it."""
    steps = roles.bench.loop.steps
    known = roles.base.reshaped
    return [
        p
        for p in _used(roles)
        if p not in known
        and roles.slots[p].saved.size > 1
        and re.split(r"[.\[\]']+", p.rstrip("]'"))[-1] in steps
    ]


def outgrown(roles: Roles) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """What outputs are computed with and a turn makes larger: its step was not summed over the samples."""
    shapes = roles.base.reshaped
    found = {p: shapes[p] for p in _used(roles) if p in shapes}
    return {p: (a, b) for p, (a, b) in found.items() if 1 < np.prod(a) < np.prod(b)}


def _used(roles: Roles) -> list[str]:
    """The data that outputs follow from."""
    groups = (g for g in roles.data if roles.data_moves.get(g, set()) & roles.full)
    return [p for g in groups for p in roles.data[g]]


def never_cleared(roles: Roles) -> dict[str, str]:
    """Parameters whose steps are along what all turns have summed up, with where that is: gradients that are added to
    and never set back to 0. A memory that fades, as that of momentum, takes less than all of what it was along."""
    return {
        owner: path
        for owner, paths in roles.buffers.items()
        for path in paths
        if _is_the_sum_of_all(roles, owner, path)
    }


def _is_the_sum_of_all(roles: Roles, owner: str, path: str) -> bool:
    turn, first = roles.nudged[path], roles.first
    if turn.raised or any(p not in t.after for p in (owner, path) for t in (turn, first)):
        return False
    put = np.asarray(turn.before[path], float) - first.before[path]
    left = np.asarray(turn.after[path], float) - first.after[path]
    step, more = first.step(owner), turn.step(owner) - first.step(owner)
    whole = np.asarray(first.after[path], float)
    if not (put.shape == more.shape == whole.shape) or not np.any(put):
        return False
    c = float(np.sum(more * put) / np.sum(put * put))
    along = np.allclose(more, c * put, rtol=1e-6, atol=1e-9 * float(np.abs(more).max()))
    return bool(c and along and np.allclose(left, put) and np.allclose(step, c * whole))
