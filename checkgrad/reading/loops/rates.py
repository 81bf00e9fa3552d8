"""Numbers that scale the steps, as rates do; and steps that come right as these become small."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from checkgrad.child.slots import differs
from checkgrad.reading.loops.carried import is_times
from checkgrad.reading.loops.face import Edit, Experiment, Turn
from checkgrad.reading.loops.fit import Attempt, Equations, table_of
from checkgrad.reading.loops.points import Points, Scaler

SMALL_RATE = 1e-3  # at which the order of updates no longer matters
MOST_LITERALS = 24
ROUNDED = 1e-12  # relative, of two numbers that stand there as the same


def has_a_rate_of_its_own(points: Points, name: str, best: Attempt) -> bool:
    """Does a number scale the step of this block alone, and another those of the rest, while none scales both?

    Two numbers of the same value are one rate, written twice; steps of ours have one rate.
    """
    if points.roles.bench.our_rate:
        return False
    scalers = _scalers(points)
    mine = {s for s, (_, blocks) in scalers.items() if name in blocks}
    mates = {n for n in best.right if best.fits[n].rate is not None}
    theirs = {s for s, (_, blocks) in scalers.items() if mates & blocks}
    pairs = ((scalers[m].value, scalers[t].value) for m in mine for t in theirs)
    alike = any(abs(one - other) <= ROUNDED * abs(one) for one, other in pairs)
    return bool(mine and theirs) and not (mine & theirs or alike)


def _scalers(points: Points) -> dict[str | int, Scaler]:
    """Numbers, slots or as they stand in the source, that scale the steps of blocks exactly."""
    if points.scalers is None:
        points.scalers = _found_scalers(points)
    return points.scalers


def _found_scalers(points: Points) -> dict[str | int, Scaler]:
    roles = points.roles
    found: dict[str | int, Scaler] = {}
    for group, turn in roles.data_turns.items():
        paths = roles.data[group]
        if len(paths) == 1 and roles.slots[paths[0]].saved.size == 1:
            was = float(np.ravel(np.asarray(roles.slots[paths[0]].saved, float))[0])
            now = float(np.ravel(np.asarray(turn.before.get(paths[0], was), float))[0])
            factor = now / was if was else np.inf
            found[paths[0]] = Scaler(was, _scaled_blocks(points, turn, roles.first, factor))
    literals = list(dict.fromkeys(k for (k, _), seen in roles.seen.items() if seen.literal))
    experiments = [
        Experiment(roles.lift, ((k, 1.1),), (k,), steps=tuple(roles.changed))
        for k in literals[:MOST_LITERALS]
    ]
    for k, turn in zip(literals, roles.bench.turns(experiments), strict=False):
        value = next((float(v) / 1.1 for v in turn.values.get(k, ()) if np.size(v) == 1), np.nan)
        found[k] = Scaler(value, _scaled_blocks(points, turn, roles.first, 1.1))
    return found


def rates(points: Points) -> dict[str | int, Scaler]:
    """Numbers that together scale the steps, each block once: those of the most blocks first."""
    found: dict[str | int, Scaler] = {}
    done: set[str] = set()
    for scaler, one in sorted(_scalers(points).items(), key=lambda s: -len(s[1].blocks)):
        if one.blocks and not one.blocks & done:
            found[scaler] = one
            done |= one.blocks
    return found


def follows_the_step(points: Points, node: int) -> bool:
    """Is a number worked out after the updates, so that its slopes are those of where the turn leads to?"""
    edits, factors = scaled(points, 0.5)
    setting = points.points[-1].setting
    experiments = [
        Experiment(setting, tell=(node,)),
        Experiment((*setting, *edits), factors, (node,)),
    ]
    before, after = (turn.values.get(node, []) for turn in points.roles.bench.turns(experiments))
    return len(before) != len(after) or any(map(differs, before, after))


def scaled(points: Points, by: float) -> tuple[tuple[Edit, ...], tuple[tuple[int, float], ...]]:
    """All rates made so many times as large: what becomes of slots, and of numbers in the source."""
    found = rates(points)
    edits = tuple(Edit(s, "times", by) for s in found if isinstance(s, str))
    return edits, tuple((s, by) for s in found if isinstance(s, int))


def _scaled_blocks(points: Points, turn: Turn, base: Turn, factor: float) -> set[str]:
    if turn.raised:
        return set()
    return {
        name
        for name, paths in points.blocks.items()
        if all(p in turn.after and p in base.after for p in paths)
        and all(is_times(turn.step(p), base.step(p), factor) for p in paths)
        and any(np.any(base.step(p) != 0) for p in paths)
    }


def late_updates(points: Points, table: Equations, best: Attempt, rest: Sequence[str]) -> list[str]:
    """Blocks that become right as the rate becomes small: only a step already taken can have changed them."""
    found_rates = rates(points)
    if not set(best.right) <= set().union(*(s.blocks for s in found_rates.values())):
        return []
    roles = points.roles
    edits, factors = scaled(points, SMALL_RATE)
    experiments = [
        Experiment((*p.setting, *edits), factors, steps=tuple(roles.changed)) for p in points.points
    ]
    bases = roles.bench.turns(experiments)
    if any(turn.raised for turn in bases):
        return []
    slow = table_of(points, bases)
    found = []
    for name in rest:
        rows = table.rows(name)
        s, err = best.slopes.value[rows], best.slopes.error[rows]
        slowed = SMALL_RATE if slow.size[rows].max() < 0.05 * table.size[rows].max() else 1.0
        off = np.abs(table.u[rows] + best.rate * s)
        still = np.abs(slow.u[rows] / slowed + best.rate * s)
        room = 3 * (best.rate * err + slow.room[rows] / slowed)
        if np.all(still <= 10 * SMALL_RATE * off.max() + room) and off.max() > room.max():
            found.append(name)
    return found
