"""Operations on watched code: other text in the place of a node, evaluated where the node stands.

The text may use all names that the student's code has there, and

    _            the value of the node; not where the node is left out
    _due(name)   what is due in this turn, by its name; where nothing is, the node stays as it is
    _latest(k)   the value that another node gave last
    np           NumPy, whatever the file calls it
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

from .values import owned, plain, written
from .wanted import Tell, Watch
from .watch import Hook

OTHER = "other"  # is told in the place of a value that holds no numbers
OURS = os.path.dirname(__file__) + os.sep  # student code is named by other files
LATEST = re.compile(r"_latest\((\d+)\)")
MOST_CODES = 4_000  # that are kept: about as many as one submission needs


@dataclass(frozen=True)
class Operations:
    """What one run does.

    changes: other text by node, evaluated once the node has its value. instead: the same, and the node is not
    evaluated at all. peeks: texts by node, whose values are only told, each turn by turn in their order.
    due: by name, a value or one for each turn of the node, None where nothing is due. tell: every node tells.
    """

    changes: Mapping[int, str] = field(default_factory=dict)
    instead: Mapping[int, str] = field(default_factory=dict)
    peeks: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    due: Mapping[str, Any] = field(default_factory=dict)
    tell: bool = False


class NothingDue(Exception):
    """Nothing is due in this turn."""


class Operator(Hook):
    """The runtime of a watched run with operations. peeked: by node, for each turn the values of its texts."""

    def __init__(self, operations: Operations, seconds: float, own: Iterable[str] = ()) -> None:
        all_told = bool(operations.peeks) or operations.tell
        texts = (*operations.changes.values(), *operations.instead.values())
        latest = tuple(int(k) for text in texts for k in LATEST.findall(text))
        tell = (Tell(None),) if all_told else (Tell(latest, first=0, last=1),) if latest else ()
        super().__init__(Watch(tell=tell, seconds=seconds), own)
        self.operations = operations
        self.peeked: dict[int, list[list[Any]]] = {}
        self._given: dict[int, int] = {}
        if not all_told:
            self._busy = dict.fromkeys((*operations.changes, *latest))

    @property
    def new(self) -> Any:
        """What stands now in the place of what was there."""
        return self._new

    def look(self, k: int, value: Any) -> Any:
        """The value of a node, or what stands in its place."""
        return self.attend(k, value) if k in self._busy else value

    def names(self) -> dict[str, Any]:
        return {
            **super().names(),
            "__instead__": self.operations.instead,
            "__given__": self.given,
        }

    def given(self, k: int) -> bool:
        """Is there something in the place of a node? It is what `__new__` gives then."""
        self.go_on()
        n = self._given[k] = self._given.get(k, -1) + 1
        try:
            self._new = self.evaluated(self.operations.instead[k], None, n)
        except NothingDue:
            return False
        return True

    def attend(self, k: int, value: Any) -> Any:
        self.peek(k, value)
        return super().attend(k, self.operated(k, value, in_place=False))

    def after(self, k: int, value: Any) -> bool:
        if k not in self._busy:
            return False
        self.peek(k, value)
        new = self.operated(k, value, in_place=True)
        super().after(k, new)
        self._new = new
        return new is not value

    def operated(self, k: int, value: Any, in_place: bool) -> Any:
        """The value of a node, or what the text in its place gives."""
        if k not in self.operations.changes:
            return value
        try:
            new = self.evaluated(self.operations.changes[k], value, self.turns.get(k, -1) + 1)
        except NothingDue:
            return value
        return value if in_place and written(value, new) else new

    def peek(self, k: int, value: Any) -> None:
        if k not in self.operations.peeks:
            return
        found = []
        for text in self.operations.peeks[k]:
            try:
                new = self.evaluated(text, value, self.turns.get(k, -1) + 1)
                told = plain(new)
                found.append(OTHER if told is None else told)
            except NothingDue:
                found.append(plain(value))
            except Exception:
                found.append(None)
        self.peeked.setdefault(k, []).append(found)

    def evaluated(self, text: str, value: Any, turn: int) -> Any:
        """What *text* gives where the student's code is now; nothing is watched meanwhile."""
        code = compiled(text)
        if code is None:
            raise SyntaxError(text)

        def due(name: str) -> Any:
            found = self.operations.due[name]
            if type(found) is list:
                found = found[turn] if turn < len(found) else None
            if found is None:
                raise NothingDue
            return owned(found)

        frame = sys._getframe(1)
        while frame.f_back and frame.f_code.co_filename.startswith(OURS):
            frame = frame.f_back
        names = {"np": np, **frame.f_locals, "_": value, "_due": due, "_latest": self.latest}
        busy, self._busy = self._busy, {}
        try:
            with np.errstate(all="ignore"):
                new = eval(code, frame.f_globals, names)
        finally:
            self._busy = busy
        return np.array(new, subok=True) if isinstance(new, np.ndarray) else new

    def latest(self, k: int) -> Any:
        return owned(self.kept[k].values()[-1].value)


@lru_cache(MOST_CODES)
def compiled(text: str) -> CodeType | None:
    """*text* as code, None where it is no expression."""
    try:
        return compile(text, "<operation>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def packed(operations: Operations) -> tuple[Any, ...]:
    """*operations* as plain groups, as they travel."""
    o = operations
    due = {k: tuple(v) if type(v) is list else v for k, v in o.due.items()}
    return dict(o.changes), dict(o.instead), dict(o.peeks), due, o.tell


def unpacked(given: tuple[Any, ...]) -> Operations:
    changes, instead, peeks, due, tell = given
    turns = {k: list(v) if type(v) is tuple else v for k, v in due.items()}
    return Operations(changes, instead, peeks, turns, tell)
