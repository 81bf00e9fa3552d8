"""What a play is, and what keeps one from being found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

PLACE = "<play>"


class Play(NamedTuple):
    """What is put into the module, what is run once, and the turn.

    by_outputs: is the piece handed the slope of a squared error of outputs, for it takes no targets? rate: of the steps,
    where these are ours; 0 where they are the module's own. single: is it one sample, which tells nothing of factors?
    """

    data: tuple[tuple[str, Any], ...]
    before: str
    turn: str
    by_outputs: bool = False
    rate: float = 0.0
    single: bool = False

    def begin(self, space: dict[str, Any]) -> None:
        """Put the data into a module, and run what comes before the turn."""
        space.update((name, copied(value)) for name, value in self.data)
        exec(compile(self.before, PLACE, "exec", dont_inherit=True), space)

    def turn_in(self, space: dict[str, Any]) -> None:
        """Run the turn."""
        exec(compile(self.turn, PLACE, "exec", dont_inherit=True), space)

    @property
    def kind(self) -> tuple[object, ...]:
        """What is the same of plays that show the same."""
        shapes = [(n, np.shape(v) if type(v) is not dict else (), type(v)) for n, v in self.data]
        return (self.before, self.turn, *shapes)


@dataclass(frozen=True)
class Stop:
    """An error of a piece itself, after a forward pass that gave outputs of the shape of the targets."""

    where: int  # its line
    error: str
    message: str
    form: Any = None  # of the data


class Unplayed(Exception):
    """Why no play was found: a statement that stops, or what nothing gives."""


@dataclass(frozen=True)
class Statement:
    """A statement of a play."""

    text: str
    binds: frozenset[str]
    needs: frozenset[str]


def text_of(lines: Sequence[Statement]) -> str:
    return "\n".join(line.text for line in lines)


def copied(value: Any) -> Any:
    """The same numbers in arrays of their own."""
    if type(value) is dict:
        return {key: copied(one) for key, one in value.items()}
    return np.array(value) if isinstance(value, np.ndarray) else value
