"""Several steps of an optimiser, its memory being 0 at first: what an object that keeps it itself is held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from checkgrad.exercise import Exercise, Formula

COUNT = 3  # steps that are made; a correction that lacks its exponent shows from the second on
COUNTER = "t"  # the role of an update that is the number of the step
ZEROS = "zeros"  # what the memory is at first
HANDED = tuple(f"gradient {k + 1}" for k in range(COUNT))


def gradients(g: Any) -> list[Any]:
    """A gradient for each step, of other values in other places."""
    return [g, np.roll(g, 1, axis=-1) * 0.5, -np.roll(g, 2, axis=-1)]


def handed(named: Mapping[str, Any]) -> dict[str, Any]:
    """What an optimiser may be handed besides the roles."""
    each = zip(HANDED, gradients(named["g"]), strict=True)
    return {**dict(each), ZEROS: np.zeros_like(named["w"])}


def over_steps(formula: Formula, exercise: Exercise) -> Formula:
    """The parameters after a few steps of an update by *formula*."""
    kept = exercise.returns[1:]

    def after(*probe: Any) -> Any:
        now = dict(zip(exercise.roles, probe, strict=False))
        now |= {role: np.zeros_like(now["w"]) for role in kept}
        for number, g in enumerate(gradients(now["g"]), 1):
            now |= {"g": g} | ({COUNTER: number} if COUNTER in now else {})
            found = formula(*(now[role] for role in exercise.roles))
            members = found if isinstance(found, tuple) else (found,)
            now |= dict(zip(("w", *kept), members, strict=False))
        return now["w"]

    return after
