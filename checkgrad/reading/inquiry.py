"""What is being found out about one candidate: its ways, what was answered, which of them fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.exercise import Exercise, Formula, Probe
from checkgrad.reading.exchange import one_by_one
from checkgrad.reading.form import ROWS, SINGLE
from checkgrad.reading.recipe import Candidate
from checkgrad.reading.way import Way


class Right(NamedTuple):
    """A formula under which values may be right: the reference, or a variant of it."""

    name: str
    formula: Formula
    convention: Mapping[str, str]


@dataclass
class Inquiry:
    """What is being found out about one candidate."""

    candidate: Candidate
    pilots: list[Probe]
    ways: list[Way]
    formulas: list[Right]
    binary: bool
    answers: dict[Way, list[Behaviour]] = field(default_factory=dict)
    fits: dict[Way, Right] = field(default_factory=dict)
    layout: str = ROWS  # of the module
    due: dict[tuple[str, bool, int], Any] = field(default_factory=dict)

    def expected(self, right: Right, way: Way, pilot: int) -> Any:
        """What *right* says of a pilot; computed once."""
        key = (right.name, way.form.layout == SINGLE, pilot)
        if key not in self.due:
            formula = one_by_one(right.formula, self.candidate, way)
            with np.errstate(all="ignore"):
                self.due[key] = formula(*self.pilots[pilot])
        return self.due[key]

    @property
    def exercise(self) -> Exercise:
        return self.candidate.exercise

    @property
    def best(self) -> tuple[Way, Right] | None:
        """The most natural of the ways that fit."""
        order = {way: i for i, way in enumerate(self.ways)}
        return min(
            self.fits.items(),
            key=lambda fit: (_rarity(*fit), order[fit[0]]),
            default=None,
        )

    def keep(self, choice: Choice, *allowed: str) -> None:
        """Drop the fits whose *choice* is not *allowed*; those that leave it open stay."""
        self.fits = {w: r for w, r in self.fits.items() if choice(self, w, r) in (None, *allowed)}


# What a reading chose, of the things that a module chooses once; None where it leaves it open.
Choice = Callable[[Inquiry, Way, Right], str | None]


def _rarity(way: Way, right: Right) -> int:
    return way.rarity + len(set(right.convention) - {"eps"})
