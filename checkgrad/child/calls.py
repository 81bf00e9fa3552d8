"""Notes which of the submission's functions are called while a file's own work runs: by whom, with what, for what.

Arguments and results are told as what they are like, not as what they hold; only plain settings are told whole.
"""

from __future__ import annotations

import inspect
import sys
import zlib
from collections.abc import Callable, Collection
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

import numpy as np

from .values import attributes, is_own

EACH, ALL = 8, 400  # calls of one function, and of all, that are noted
DEEPEST, MOST = 3, 12
HASHED = 1 << 20  # bytes of an array that are looked through to see whether it changed
LABELS = ("labels", "bits", "one-hot", "one-hot in columns")
SKIPPED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class CallNotes:
    """A profile function that notes calls; `with` it in place.

    files: names of the submission's files. own: modules whose objects are its own. look_at_time: called now and
    then, to end what has no loop of its own. noted: one record a call, in the
    order in which they began: function, file, line of its definition, number of the noted call it was made in (-1:
    of none), line of its caller, arguments by name, result (of `__init__`: all attributes of the object), attributes
    of its object that it set or changed.
    """

    def __init__(
        self, files: Collection[str], own: Collection[str], look_at_time: Callable[[], None]
    ) -> None:
        self.files = frozenset(files)
        self.own = frozenset((*own, "__main__"))
        self.look_at_time = look_at_time
        self.events = 0
        self.noted: list[list[Any]] = []
        self.counts: dict[CodeType, int] = {}
        self.open: list[tuple[FrameType, int, Any, dict[str, Any]]] = []
        self.tokens: dict[
            int, tuple[int, Any]
        ] = {}  # by id: number of the object, and itself, to keep it

    def __enter__(self) -> CallNotes:
        sys.setprofile(self.event)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)

    def event(self, frame: FrameType, event: str, value: Any) -> None:
        self.events += 1
        if not self.events & 255:
            self.look_at_time()
        if event == "call":
            code = frame.f_code
            if code.co_filename in self.files and code.co_name[0] != "<":
                self.called(frame, code)
        elif event == "return" and self.open and self.open[-1][0] is frame:
            self.returned(value)

    def called(self, frame: FrameType, code: CodeType) -> None:
        if code.co_flags & SKIPPED or not code.co_flags & inspect.CO_NEWLOCALS:
            return
        count = self.counts[code] = self.counts.get(code, 0) + 1
        if count > EACH or len(self.noted) >= ALL or not code.co_flags & inspect.CO_OPTIMIZED:
            return
        names = inspect.getargs(code)
        given = [*names.args, *filter(None, (names.varargs, names.varkw))]
        values = [(name, frame.f_locals.get(name)) for name in given]
        caller = self.open[-1][1] if self.open else -1
        line = frame.f_back.f_lineno if frame.f_back else 0
        mine = values[0][1] if values and is_own(type(values[0][1]), self.own) else None
        record = [
            code.co_qualname.replace("<locals>.", ""),
            code.co_filename,
            code.co_firstlineno,
            caller,
            line,
            [[name, self.what(value)] for name, value in values],
            None,
            [],
        ]
        self.noted.append(record)
        self.open.append((frame, len(self.noted) - 1, mine, self.state(mine)))

    def leave(self, space: dict[str, Any], file: str) -> None:
        """Note the labels that the top level of a file leaves behind, as if it were a call of no function."""
        arrays = [(k, v) for k, v in space.items() if type(v) is np.ndarray and is_long(v)]
        told = [[name, self.what(value)] for name, value in arrays[: 4 * MOST]]
        labels = [one for one in told if one[1][1][2] in LABELS]
        if labels:
            self.noted.append(["", file, 0, -1, 0, labels[:MOST], self.what(None), []])

    def returned(self, value: Any) -> None:
        _, number, mine, before = self.open.pop()
        made = self.noted[number][0].endswith(".__init__")
        self.noted[number][6] = self.what(attributes(mine) if made and mine is not None else value)
        after = self.state(mine)
        self.noted[number][7] = [name for name in after if before.get(name) != after[name]][:40]

    def state(self, value: Any) -> dict[str, Any]:
        """What tells whether attributes changed."""
        return {} if value is None else {k: self.mark(v) for k, v in attributes(value).items()}

    def mark(self, value: Any, depth: int = 0) -> Any:
        if isinstance(value, np.ndarray) and value.dtype != object and value.nbytes <= HASHED:
            return value.shape, zlib.crc32(value.tobytes())
        if type(value) in (list, tuple) and depth < DEEPEST:
            return [self.mark(one, depth + 1) for one in value[:MOST]]
        if type(value) is dict and depth < DEEPEST:
            return [(k, self.mark(v, depth + 1)) for k, v in list(value.items())[: 4 * MOST]]
        return value if type(value) in (int, float, str, bool) else id(value)

    def token(self, value: Any) -> int:
        """The number of an object, the same for the same one."""
        if id(value) not in self.tokens and len(self.tokens) < 10 * ALL:
            self.tokens[id(value)] = len(self.tokens), value
        return self.tokens.get(id(value), (-1, None))[0]

    def what(self, value: Any, depth: int = 0) -> Any:
        """What *value* is like: its kind, what there is to say of it, its number where it has an identity; its members."""
        kind = type(value)
        if issubclass(kind, np.ndarray | np.generic):
            return "array", (value.shape, value.dtype.kind, character(value)), self.token(value)
        if kind is bool:
            return "flag", value, -1
        if kind in (int, float):
            return "number", float(value) if abs(value) > 2**53 else value, -1
        if kind is str:
            return "text", value[:200], -1
        if value is None:
            return "none", None, -1
        if kind in (FunctionType, MethodType) or isinstance(value, type):
            return "function", name_of(value), -1
        if depth < DEEPEST and kind in (list, tuple):
            inside = [self.what(one, depth + 1) for one in value[:MOST]]
            return "list", (kind.__name__, len(value)), self.token(value), *inside
        if depth < DEEPEST and kind is dict:
            pairs = [(k, v) for k, v in value.items() if type(k) in (str, int)][: 2 * MOST]
            inside = [self.what(v, depth + 1) for _, v in pairs]
            return "dict", tuple(k for k, _ in pairs), self.token(value), *inside
        if is_own(kind, self.own):
            return "object", name_of(kind), self.token(value)
        return "other", kind.__name__[:200], -1


def is_long(value: Any) -> bool:
    """May it be labels of samples, and no list of sizes, no identity?"""
    if value.ndim == 1:
        return bool(value.size > MOST)
    return bool(value.ndim == 2 and value.shape[0] != value.shape[1])


def name_of(value: Any) -> str:
    return str(value.__qualname__).replace("<locals>.", "")[:200]


def character(value: Any) -> str:
    """What numbers are like.

    "labels": whole, not negative; "one-hot", "probabilities": rows sum to 1, with " in columns" columns do; "bits":
    0 and 1; "zeros"; "unit": between 0 and 1; "positive"; "any"; "" where that is not looked at.
    """
    if value.dtype.kind not in "biuf" or not 0 < value.size * value.dtype.itemsize <= HASHED:
        return ""
    flat = np.asarray(value, dtype=float)
    if not np.isfinite(flat).all() or flat.min() < 0:
        return "any"
    if not flat.any():
        return "zeros"
    bits = bool(((flat == 0) | (flat == 1)).all())
    for axis, where in ((-1, ""), (0, " in columns")):
        long = flat.ndim > 1 and flat.shape[axis] > 1
        if long and np.allclose(flat.sum(axis=axis), 1, atol=1e-9):
            return ("one-hot" if bits else "probabilities") + where
    if bits:
        return "bits"
    if flat.max() <= 1:
        return "unit"
    return "labels" if (flat == np.floor(flat)).all() else "positive"
