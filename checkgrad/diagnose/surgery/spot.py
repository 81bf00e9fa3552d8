"""One expression in its place, with what can be named there and what it holds."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.diagnose.surgery.scene import Scene

# What an expression, or a text, gave in the first turn; None if unknown.
ValueOf = Callable[[ast.expr | str], Any]
TextChange = tuple[str, str, float]  # other text, the code of the operation, its cost
Changes = Iterator[TextChange]


def is_count(value: Any) -> bool:
    """Is it a whole number?"""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


@dataclass(frozen=True)
class Mutation:
    """Other text for a part of an expression. *at*: the part."""

    at: ast.expr
    new: str
    code: str
    cost: float


@dataclass(frozen=True)
class Site:
    """An expression. names: what can be named there. fits: only names whose values have its shape are meant."""

    scene: Scene
    one: ast.expr
    names: Sequence[str]
    value: ValueOf
    fits: bool = True

    @property
    def text(self) -> str:
        return self.scene.said(self.one)

    @property
    def got(self) -> Any:
        return self.value(self.one)

    @property
    def is_used(self) -> bool:
        """Is it a name in an expression? What is done to its value is better done where it is made."""
        return isinstance(self.one, ast.Name) and not self.scene.is_whole(self.one)
