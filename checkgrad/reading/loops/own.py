"""What the module's own losses ask for beyond a usual one: a penalty on the parameters, and a factor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from checkgrad.reading.loops.fit import INFORMATIVE, RESOLVED, SAME_RATE, Attempt, Equations
from checkgrad.reading.loops.points import Points
from checkgrad.reading.loops.rates import follows_the_step

ENOUGH = 6  # equations, for a sum of two
APART = 1e-4  # of two slopes that are not one, the smaller singular value
TELLING = 100  # times the room that a part has to be


@dataclass(frozen=True)
class Own:
    """A loss of the module that is *factor* times a usual one, and half of *penalty* times the square of each block."""

    attempt: Attempt
    factor: float
    penalty: dict[str, float]

    def due(self, name: str) -> float:
        """How much of a block a step at rate 1 down the usual loss has to take away beside it."""
        return self.penalty[name] / self.factor

    def times(self, taken: Mapping[str, float]) -> dict[str, float]:
        """How many times its own penalty's slope is *taken* of each block, where that is not once; infinite where it has none."""
        due = {name: self.due(name) for name in taken}
        return {
            name: part / due[name] if due[name] else np.inf
            for name, part in taken.items()
            if abs(part - due[name]) > SAME_RATE * max(abs(part), abs(due[name]))
        }


def own_losses(table: Equations, usual: Attempt, attempts: Sequence[Attempt]) -> Iterator[Own]:
    """The module's own losses that are a usual one, but for a factor and penalties."""
    for attempt in attempts:
        found = seen_as(table, usual, attempt) if attempt.own else None
        if found is not None:
            yield found


def seen_as(table: Equations, usual: Attempt, own: Attempt) -> Own | None:
    """A loss as a usual one with a factor and penalties; None where it is something else."""
    y, s = own.slopes.value, usual.slopes.value
    columns = [s, *(np.where(table.rows(name), table.theta, 0.0) for name in table.names)]
    scale = np.abs(y) + 1e-12 * float(np.abs(y).max(initial=0.0)) + 1e-150
    matrix = np.stack(columns, 1) / scale[:, None]
    clear = np.abs(y) > INFORMATIVE * own.slopes.error
    if clear.sum() < len(columns) + 2:
        return None
    (factor, *penalties), *_ = np.linalg.lstsq(matrix, y / scale, rcond=None)
    parts = np.array([factor, *penalties]) * np.stack(columns, 1)
    room = 3 * (own.slopes.error + abs(factor) * usual.slopes.error) + RESOLVED * np.abs(y)
    if not factor or np.any(np.abs(parts.sum(1) - y) > room):
        return None
    if not np.any(np.abs(parts[:, 0]) > room):
        return None  # a penalty alone
    told = np.abs(parts[:, 1:]) > room[:, None]  # where a penalty shows at all
    found = {
        name: float(p) if told[:, i].any() else 0.0
        for i, (name, p) in enumerate(zip(table.names, penalties, strict=True))
    }
    return Own(own, float(factor), found)


def weighed_otherwise(
    points: Points, table: Equations, attempts: Sequence[Attempt]
) -> Attempt | None:
    """The usual loss in one of the module's own, if the steps go down a sum of the two other than that.

    So it is with a mean in the loss that the gradient lacks beside a penalty, or a penalty that is another one.
    """
    usual = [a for a in attempts if not a.own and not a.mistaken and a.loss != "absolute error"]
    for own in (a for a in attempts if a.own):
        for other in usual:
            if _is_a_sum(table, own, other) and _is_about(points, own, other):
                return other
    return None


def _is_a_sum(table: Equations, own: Attempt, usual: Attempt) -> bool:
    """Is every step along both slopes, and neither alone would do?"""
    y, s = own.slopes, usual.slopes
    size = np.maximum(table.size, np.abs(table.u))
    weight = 1 / np.maximum(size, 1e-12 * float(size.max(initial=0.0)) + 1e-150)
    columns = np.stack([s.value, y.value], 1)
    lengths = np.linalg.norm(columns, axis=0)
    if not np.all(lengths) or np.linalg.svd(columns / lengths, compute_uv=False)[-1] < APART:
        return False
    (a, b), *_ = np.linalg.lstsq(-columns * weight[:, None], table.u * weight, rcond=None)
    room = 3 * (abs(a) * s.error + abs(b) * y.error + table.room) + RESOLVED * size
    if len(table.u) < ENOUGH or np.any(np.abs(table.u + columns @ (a, b)) > room):
        return False
    parts = np.abs([a * s.value, b * y.value])
    return bool(np.all(np.sum(parts > TELLING * room, axis=1) >= ENOUGH / 2))


def _is_about(points: Points, own: Attempt, usual: Attempt) -> bool:
    """Does a number follow from the targets, before the step, so that it is no penalty alone?"""
    roles = points.roles
    known = roles.evaluations.get(int(usual.target), []) if type(usual.target) is int else []
    groups = {str(usual.target)} if not known else set()
    groups = groups.union(*(roles.data_cover.get(k, set()) for k in known))
    mine = set().union(*(roles.data_cover.get(k, set()) for k in roles.evaluations[own.output]))
    meets = bool(groups & mine) or not groups and bool(roles.delicate)  # labels cannot be nudged
    return meets and not follows_the_step(points, own.output)


def contradicted(best: Attempt, losses: Sequence[Own]) -> tuple[Own, dict[str, float]] | None:
    """A loss with a penalty that is not the one of the steps, and how many times its slope these take; None if one fits."""
    with_penalty = [one for one in losses if any(one.penalty.values())]
    found = None
    for own in with_penalty:
        fits = {name: best.fits[name] for name in best.right}
        times = own.times({n: f.decay / f.rate for n, f in fits.items() if f.rate is not None})
        if not times:
            return None
        found = found or (own, times)
    return found
