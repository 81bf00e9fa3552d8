"""Losses that a turn works out after its step: measured in turns that take none, at the parameters that they begin with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from checkgrad.reading.loops.face import Experiment, Turn
from checkgrad.reading.loops.fit import Attempt, Slopes
from checkgrad.reading.loops.picks import take
from checkgrad.reading.loops.points import SIDES, Points, beside_it, slope_of

MOST_NODES = 40
SAME = 1e-9  # relative, of a value that is the step
Factors = tuple[tuple[int, float], ...]


def own_losses_after(points: Points) -> list[Attempt]:
    """The module's own numbers that may be losses and follow from the step."""
    bench = points.roles.bench
    factors = _without_a_step(points)
    if not factors:
        return []
    nodes = tuple(points.scalars)
    (still,) = bench.turns([Experiment(points.points[-1].setting, factors, nodes)])
    late = tuple(k for k in nodes if _last(still, k) != _last(points.points[-1].base, k))
    if not late:
        return []
    settings = []
    for p in points.points:
        settings += [p.setting, *(s for move in p.moves for s in beside_it(p.setting, move.seeds))]
    turns = bench.turns([Experiment(edits, factors, late) for edits in settings], 2 * len(late))
    found = []
    for node in late:
        numbers = [_last(turn, node) for turn in turns]
        if all(n is not None and np.isfinite(n) for n in numbers):
            slopes = _slopes(points, [np.asarray(n) for n in numbers])
            found.append(Attempt("own", node, None, slopes, {}))
    return found


def _slopes(points: Points, numbers: Sequence[np.ndarray]) -> Slopes:
    """From the numbers of every point and beside it, in their order, to slopes."""
    values, errors, rest = [], [], list(numbers)
    for p in points.points:
        base, *rest = rest
        for _ in p.moves:
            sides, rest = rest[: len(SIDES)], rest[len(SIDES) :]
            value, error = slope_of(sides, base)
            values.append(float(value))
            errors.append(float(error))
    return Slopes(np.array(values), np.array(errors))


def _last(turn: Turn, node: int) -> float | None:
    value = take(turn, node, -1)
    return float(value.ravel()[0]) if value is not None and value.size == 1 else None


def _without_a_step(points: Points) -> Factors:
    """What makes 0 of the values in the source that are the steps; () where one stands nowhere by itself."""
    roles, setting = points.roles, points.points[-1].setting
    shapes = {roles.slots[p].saved.shape for p in roles.parameters}
    nodes = dict.fromkeys(k for (k, _), seen in roles.seen.items() if seen.shape in shapes)
    tell = tuple(nodes)[-MOST_NODES:]
    numbers = roles.steps_told * (1 + len(tell))
    (turn,) = roles.bench.turns(
        [Experiment(setting, tell=tell, steps=tuple(roles.changed))], numbers
    )
    found = {path: _node_of_the_step(turn, path, tell) for path in roles.parameters}
    factors = tuple((node, 0.0) for node in dict.fromkeys(found.values()) if node is not None)
    if None in found.values():
        return ()
    steps = tuple(roles.parameters)
    (still,) = roles.bench.turns([Experiment(setting, factors, steps=steps)], roles.steps_told)
    rests = not still.raised and not any(np.any(still.step(p)) for p in steps if p in still.after)
    return factors if rests else ()


def _node_of_the_step(turn: Turn, path: str, nodes: Sequence[int]) -> int | None:
    """The last value of the turn that is the step of a slot, or its negative."""
    if path not in turn.after:
        return None
    step = turn.step(path)
    room = SAME * float(np.abs(step).max(initial=0.0))
    for node in reversed(nodes):
        values = turn.values.get(node, [])
        if len(values) == 1 and np.shape(values[0]) == step.shape:
            value = np.asarray(values[0], float)
            if any(np.all(np.abs(sign * value - step) <= room) for sign in (1, -1)):
                return node
    return None
