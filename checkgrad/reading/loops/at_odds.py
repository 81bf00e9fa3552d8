"""No block goes down a usual loss: is one transposed, or does the module's own loss say that they should?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from checkgrad.reading.loops.attempts import attempts_of, belong_together
from checkgrad.reading.loops.face import Turn
from checkgrad.reading.loops.fit import BEYOND_CHANCE, Attempt, Equations, all_right, table_of
from checkgrad.reading.loops.loop_reading import LoopReading
from checkgrad.reading.loops.points import Points
from checkgrad.reading.loops.rates import follows_the_step
from checkgrad.reading.loops.telling import loss_in_words, sentence

NO_SLOPES = (
    "no usual loss of its outputs, and no number that it works out, has these steps as its slopes"
)


def nothing_right(
    points: Points, table: Equations, attempts: Sequence[Attempt], found: LoopReading
) -> LoopReading:
    """Wrong only if the module's own loss is a usual one of its outputs, and the steps answer smoothly to data."""
    found.right, found.why = [], NO_SLOPES
    if turned := _transposed(points):
        found.loss, found.attempt, found.verdict = loss_in_words(points, turned), turned, "wrong"
        square = list(_square(points))
        found.wrong = dict.fromkeys(square, "takes the transposed step")
        found.right = [name for name in table.names if name not in square]
        found.corroboration = ["used_so", "repaired"]
        found.why = f"{sentence(found, found.loss)}: what goes to entry [i, j] is due at [j, i]"
        return found
    own, usual = meant_as(attempts)
    if own is None or not _answers(points) or follows_the_step(points, own.output):
        return found
    # data that are stood in for may be of shapes that only spread over each other
    if points.roles.bench.instead and not (usual and belong_together(points, usual)):
        return found
    found.loss, found.attempt = loss_in_words(points, own), usual
    found.wrong = dict.fromkeys(table.names, "takes a step that is not along the slope")
    found.verdict, found.corroboration = "wrong", ["used_so", "named_clearly"]
    found.why = f"wrong in {', '.join(table.names)}: none goes down the slope of the module's own {found.loss}"
    return found


def _square(points: Points) -> Iterator[str]:
    """The blocks that are one square matrix each, for which a transposed step has the right shape, too."""
    base = points.points[0].base
    for name, paths in points.blocks.items():
        shape = np.shape(base.before[paths[0]])
        if len(paths) == 1 and len(shape) == 2 and shape[0] == shape[1] > 1:
            yield name


def _transposed(points: Points) -> Attempt | None:
    """The loss that all steps go down if those of square matrices are transposed; None if there is none."""
    paths = [points.blocks[name][0] for name in _square(points)]
    if not paths:
        return None
    bases = [
        replace(p.base, after={**p.base.after, **{q: _turned(p.base, q) for q in paths}})
        for p in points.points
    ]
    table = table_of(points, bases)
    usual = [
        a for a in attempts_of(points, table) if all_right(a, table) and a.told > BEYOND_CHANCE
    ]
    return max(usual, key=lambda a: a.weight, default=None)


def _turned(base: Turn, path: str) -> np.ndarray:
    turned: np.ndarray = np.asarray(base.before[path], float) + base.step(path).T
    return turned


def meant(attempts: Sequence[Attempt]) -> Attempt | None:
    """The module's own loss, if it is a usual one of its outputs beside its targets."""
    return meant_as(attempts)[0]


def meant_as(attempts: Sequence[Attempt]) -> tuple[Attempt | None, Attempt | None]:
    """The module's own loss, if it is a usual one of its outputs beside its targets; and that one."""
    usual = [a for a in attempts if not a.own and not a.mistaken and a.loss != "absolute error"]
    for own in (a for a in attempts if a.own):
        for other in usual:
            a, b = own.slopes, other.slopes
            factor = float(np.sum(a.value * b.value) / max(float(np.sum(b.value**2)), 1e-300))
            room = 3 * (a.error + abs(factor) * b.error) + 1e-6 * np.abs(a.value)
            clear = np.abs(a.value) > 30 * a.error
            if clear.sum() >= 4 and np.all(np.abs(a.value - factor * b.value) <= room):
                return own, other
    return None, None


def _answers(points: Points) -> bool:
    """Do the steps of all parameters change a little with what is nudged, as slopes do?"""
    roles = points.roles
    turns = [*roles.nudged.values(), *roles.data_turns.values()]
    for path in roles.parameters:
        first = roles.first.step(path)
        others = [t.step(path) for t in turns if not t.raised and path in t.after]
        if not any(not np.allclose(first, other, rtol=1e-9, atol=0) for other in others):
            return False
    return True
