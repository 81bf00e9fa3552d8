"""What the module's own losses ask for beyond a usual one: a penalty on the parameters, and a factor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from checkgrad.reading.loops.fit import INFORMATIVE, RESOLVED, SAME_RATE, Attempt, Table


@dataclass(frozen=True)
class Own:
    """A loss of the module that is *factor* times a usual one, and half of *penalty* times the square of each block."""

    attempt: Attempt
    factor: float
    penalty: dict[str, float]

    def due(self, name: str) -> float:
        """How much of a block a step at rate 1 down the usual loss has to take away beside it."""
        return self.penalty[name] / self.factor


def own_losses(table: Table, usual: Attempt, attempts: Sequence[Attempt]) -> Iterator[Own]:
    """The module's own losses that are a usual one, but for a factor and penalties."""
    for attempt in attempts:
        found = _seen_as(table, usual, attempt) if attempt.own else None
        if found is not None:
            yield found


def _seen_as(table: Table, usual: Attempt, own: Attempt) -> Own | None:
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
    told = np.abs(parts[:, 1:]) > room[:, None]  # where a penalty shows at all
    found = {
        name: float(p) if told[:, i].any() else 0.0
        for i, (name, p) in enumerate(zip(table.names, penalties, strict=True))
    }
    return Own(own, float(factor), found)


def contradicted(best: Attempt, losses: Sequence[Own]) -> tuple[Own, dict[str, float]] | None:
    """A loss with a penalty that is not the one of the steps, and how many times its slope these take; None if one fits."""
    with_penalty = [one for one in losses if any(one.penalty.values())]
    found = None
    for own in with_penalty:
        times = {}
        for name in best.right:
            fit, due = best.fits[name], own.due(name)
            if fit.rate is None:
                continue
            taken = fit.decay / fit.rate
            if abs(taken - due) > SAME_RATE * max(abs(taken), abs(due)):
                times[name] = taken / due if due else np.inf
        if not times:
            return None
        found = found or (own, times)
    return found
