"""What is being found out about one candidate: its ways, what was answered, which of them fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from checkgrad.child.behaviour import Behaviour
from checkgrad.conventions.layout import ROWS, SINGLE
from checkgrad.exercise import Exercise, Formula
from checkgrad.reading.exchange import ordered, read_back
from checkgrad.reading.recipe import Candidate
from checkgrad.reading.topic import Right, Topic, manner
from checkgrad.reading.way import Way


@dataclass
class Inquiry:
    """What is being found out about one candidate."""

    candidate: Candidate
    topic: Topic
    ways: list[Way]
    answers: dict[Way, list[Behaviour]] = field(default_factory=dict)
    fits: dict[Way, Right] = field(default_factory=dict)
    layout: str = ROWS  # of the module
    order: str = ""  # of outputs and targets, where only names tell it
    alone: dict[Way, Right] = field(
        default_factory=dict
    )  # right for single samples as well as for batches
    narrow: bool = False  # right for single samples only, and nothing tells that more was meant
    outvoted: dict[Way, Right] = field(
        default_factory=dict
    )  # what the rest of the module rules out
    anew: bool = False  # its object makes its parameters anew in every call
    weights: str = ""  # orientation that the module's right functions need; "" if none tells
    due: Right = field(init=False)  # the formula that what is not right is held against

    def __post_init__(self) -> None:
        self.due = self.topic.rights[0]

    def expected(self, right: Right, way: Way, pilot: int) -> Any:
        """What *right* says of a pilot under *way*."""
        return self.topic.expected(right, manner(way), pilot)

    def formula(self, right: Right, way: Way) -> Formula:
        """The formula as it is meant under *way*."""
        return self.topic.formula(right, manner(way))

    def value(self, way: Way, pilot: int, expected: Any) -> Any:
        """What was got for a pilot under *way*, in canonical form, where *expected* is due."""
        answer = self.answers[way][pilot]
        way = ordered(self.candidate, way, answer.value, expected)
        return read_back(self.candidate, way, answer, expected).value

    @property
    def exercise(self) -> Exercise:
        return self.candidate.exercise

    @property
    def best(self) -> tuple[Way, Right] | None:
        """The most natural of the ways that fit."""
        return self._most_natural(self.fits)

    @property
    def best_outvoted(self) -> tuple[Way, Right] | None:
        """The most natural of the ways that would fit, were it not for the rest of the module."""
        return None if self.fits else self._most_natural(self.outvoted)

    def _most_natural(self, fits: dict[Way, Right]) -> tuple[Way, Right] | None:
        order = {way: i for i, way in enumerate(self.ways)}
        return min(
            fits.items(),
            key=lambda fit: (_rarity(*fit), order.get(fit[0], len(order))),
            default=None,
        )

    def is_for_batches(self) -> None:
        """Drop what was found out about single samples."""
        self.ways = [way for way in self.ways if not is_alone(way)]
        self.answers = {way: a for way, a in self.answers.items() if not is_alone(way)}
        self.fits = {way: right for way, right in self.fits.items() if not is_alone(way)}

    def keep(self, choice: Chooser, *allowed: str) -> None:
        """Drop the fits whose *choice* is not *allowed*; those that leave it open stay."""
        self.fits = {w: r for w, r in self.fits.items() if choice(self, w, r) in (None, *allowed)}


# What a reading chose, of the things that a module chooses once; None where it leaves it open.
Chooser = Callable[[Inquiry, Way, Right], str | None]


def is_alone(way: Way) -> bool:
    """Is each sample asked for alone?"""
    return way.form.layout == SINGLE


def _rarity(way: Way, right: Right) -> int:
    return way.rarity + len(set(right.convention) - {"eps"})
