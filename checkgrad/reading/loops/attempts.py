"""Every loss that may be meant: usual ones of possible outputs beside possible targets, and numbers of the module's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from checkgrad.reading.loops.face import ValueKey
from checkgrad.reading.loops.fit import Attempt, Equations, Slopes, fit_of, settled
from checkgrad.reading.loops.losses import LOSSES, MISTAKEN, Loss, aligned
from checkgrad.reading.loops.nudges import group_of
from checkgrad.reading.loops.picks import Pick, picks, take
from checkgrad.reading.loops.points import Points, slope_of, values_of
from checkgrad.reading.loops.roles import OutputNode, Roles

FOR_OWN, FOR_TARGETS, FOR_LATE = 0.005, 0.01, -1e-4  # what speaks a little for an attempt


@dataclass(frozen=True)
class Moved:
    """Possible outputs at all points, and how they move along every direction, row by row of the table."""

    output: OutputNode
    values: list[np.ndarray]
    along: list[tuple[np.ndarray, np.ndarray]]


def attempts_of(points: Points, table: Equations) -> list[Attempt]:
    """All attempts, each with the rate that most blocks share."""
    found = [*_of_outputs(points), *_of_own_losses(points)]
    for attempt in found:
        attempt.fits = {name: fit_of(table, name, attempt.slopes) for name in table.names}
    return [settled(table, attempt) for attempt in found]


def _of_own_losses(points: Points) -> Iterator[Attempt]:
    """Numbers of the module's own that follow from everything."""
    roles = points.roles
    for node in points.scalars:
        for pick in picks(
            roles, node, roles.full
        ):  # it may be worked out before the step and after it
            if slopes := _own_slopes(points, node, pick):
                yield Attempt("own", node, None, slopes, {}, bonus=FOR_OWN)


def _own_slopes(points: Points, node: int, pick: Pick) -> Slopes | None:
    values, errors = [], []
    for point in points.points:
        for move in point.moves:
            sides = [take(turn, node, pick) for turn in (*move.turns, point.base)]
            numbers = [np.ravel(v)[0] for v in sides if v is not None and v.size == 1]
            if len(numbers) < len(sides):
                return None
            value, error = slope_of(numbers[:-1], numbers[-1])
            values.append(float(value))
            errors.append(float(error))
    return _finite(np.array(values), np.array(errors))


def _finite(value: np.ndarray, error: np.ndarray) -> Slopes | None:
    fine = np.isfinite(value).all() and np.isfinite(error).all()
    return Slopes(value, error) if fine else None


def _of_outputs(points: Points) -> Iterator[Attempt]:
    for late, output in enumerate(points.outputs):
        moved = _moved(points, output)
        if moved is None:
            continue
        known = set()
        for target, pick in points.targets:
            bonus = _bonus(points.roles, output, target)
            targets = _aligned(points, moved, target, pick) if bonus is not None else None
            if targets is None or bonus is None or bonus <= 0 and targets[0].size == 1:
                continue
            key = b"".join(t.tobytes() for t in targets)
            if key in known:
                continue
            known.add(key)
            for losses, mistaken in ((LOSSES, False), (MISTAKEN, True)):
                for name, loss in losses.items():
                    slopes = _slopes(moved, targets, loss)
                    if slopes:
                        more = bonus + FOR_LATE * late
                        yield Attempt(
                            name, output.node, target, slopes, {}, mistaken=mistaken, bonus=more
                        )


def _bonus(roles: Roles, output: OutputNode, target: int | str) -> float | None:
    """What speaks for a target; None where it cannot be one: outputs follow from it, or others are known."""
    mine = roles.data_cover.get(output.key, set())
    if type(target) is str:
        groups = {group_of(target, roles.slots.keys())} - roles.delicate
    else:
        keys: list[ValueKey] = roles.evaluations[int(target)]
        groups = set().union(*(roles.data_cover.get(k, set()) for k in keys))
    if groups and groups <= roles.rates:
        return None
    if groups and not groups & mine:
        return FOR_TARGETS
    return 0.0 if roles.delicate or not _known_targets(roles) else None


def _known_targets(roles: Roles) -> bool:
    """Are there targets of more than one number?"""
    paths = [p for group in roles.targets for p in roles.data[group]]
    return any(roles.slots[p].saved.size > 1 for p in paths)


def _moved(points: Points, output: OutputNode) -> Moved | None:
    values, along = [], []
    for point in points.points:
        value = take(point.base, output.node, output.pick)
        if value is None:
            return None
        slopes, errors = [], []
        for move in point.moves:
            sides = [take(turn, output.node, output.pick) for turn in move.turns]
            fitting = [v for v in sides if v is not None and v.shape == value.shape]
            if len(fitting) < len(sides):
                return None
            slope, error = slope_of(fitting, value)
            slopes.append(slope.ravel())
            errors.append(error.ravel())
        values.append(value)
        along.append((np.array(slopes), np.array(errors)))
    return Moved(output, values, along)


def _aligned(
    points: Points, moved: Moved, target: int | str, pick: Pick
) -> list[np.ndarray] | None:
    found = []
    for point, y in zip(points.points, moved.values, strict=True):
        t = values_of(point, target, pick)
        same = None if t is None else aligned(y, t)
        if same is None:
            return None
        found.append(same)
    return found


def _slopes(moved: Moved, targets: Sequence[np.ndarray], loss: Loss) -> Slopes | None:
    """The slopes of a loss of the outputs: its derivative along how these move."""
    values, errors = [], []
    for y, t, (along, error) in zip(moved.values, targets, moved.along, strict=True):
        if not loss.fits(y):
            return None
        with np.errstate(all="ignore"):
            derivative = loss.derivative(y, t).ravel()
            values.append(along @ derivative)
            errors.append(error @ np.abs(derivative))
    return _finite(np.concatenate(values), np.concatenate(errors))


def belong_together(points: Points, attempt: Attempt) -> bool:
    """Are the targets of an attempt of the shape of its outputs, or a class number a row, so that nothing is spread?"""
    first = points.points[0]
    output = next(o for o in points.outputs if o.node == attempt.output)
    y = take(first.base, output.node, output.pick)
    pairs = [(t, pick) for t, pick in points.targets if t == attempt.target]
    targets = [values_of(first, t, pick) for t, pick in pairs]
    return y is not None and any(t is not None and _belong(y, t) for t in targets)


def _belong(y: np.ndarray, t: np.ndarray) -> bool:
    return y.shape == t.shape or y.ndim == 2 and t.ndim == 1 and y.shape[1] > 1
