"""What is found out about one array of a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class EntryTable:
    """A claim beside what is due, entry by entry, with the axes of the output first; flat positions into it."""

    claimed: Any
    measured: Any
    bound: Any

    @property
    def off(self) -> Any:
        with np.errstate(invalid="ignore"):
            return np.abs(self.claimed - self.measured) > self.bound


@dataclass(frozen=True)
class WrongArray:
    """A wrong array, and what is known about it.

    suspects: groups of flat positions, each with something wrong in *output*; single ones if all are known;
        none if it is hardly wrong, and in no part of it.
    words: how it relates to what is due. related: that explains the whole of it.
    table: all of it, if it was measured entry by entry.
    """

    leaf: int
    suspects: list[Any]
    output: int = 0
    words: str = ""
    related: bool = False
    table: EntryTable | None = None

    @property
    def few(self) -> bool:
        """Are the wrong entries known one by one?"""
        return all(len(group) == 1 for group in self.suspects)
