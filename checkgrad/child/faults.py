"""What a student sees of an exception: its name, its message, and the lines of their own files.

An exception may lie about itself in every way, so nothing here calls its methods unguarded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from .describe import class_name

if TYPE_CHECKING:
    from .source import Document

MESSAGE, FRAMES = 1000, 10
GONE = re.compile(
    r"module 'numpy' has no attribute '(\w+)'\.\n`np\.\w+` was a deprecated alias for the builtin `(\w+)`"
)


def name(error: BaseException) -> str:
    return class_name(type(error)).rpartition(".")[2]


def message(error: BaseException) -> str:
    """The exception's text, shortened; of a name that NumPy no longer has, what to write instead."""
    try:
        text = str(error)
    except BaseException:
        return "(its message cannot be read)"
    if type(text) is not str:
        return ""
    if gone := GONE.match(text):
        return f"NumPy has no np.{gone[1]} any more; write {gone[2]}"
    return text[:MESSAGE]


def name_and_message(error: BaseException) -> str:
    """Both in a line, "ValueError: shapes do not match"."""
    text = " ".join(message(error).split())[:200]
    return f"{name(error)}: {text}" if text else name(error)


def line_of(error: BaseException, file: str) -> int:
    """The last line of *file* that an error came through."""
    line, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def traceback(error: BaseException, documents: Mapping[str, Document]) -> str:
    """The frames in the submission's own files, each with its line; the middle of a long one left out."""
    lines = [
        f"{file}, {documents[file].where(line)}, in {function}\n    {documents[file].line(line)}"
        for file, line, function in frames(error)
        if file in documents
    ]
    if len(lines) > FRAMES:
        left_out = len(lines) - FRAMES + 1
        lines[FRAMES // 2 : 1 - FRAMES // 2] = [f"... {left_out} more ..."]
    return "\n".join(lines)


def is_ours(error: BaseException) -> bool:
    """Did no code of the submission take part in it, and none of its limits?"""
    files = [file for file, _, _ in frames(error)]
    installed = all(os.path.isabs(file) or file.startswith("<frozen") for file in files)
    # Nothing of ours asks to exit: a thread of the submission can have that raised in the middle of our code.
    theirs = MemoryError | RecursionError | SystemExit | KeyboardInterrupt
    return installed and not isinstance(error, theirs)


def place_and_message(error: BaseException) -> str:
    """An exception of our own in a line, "perform.py, line 3: KeyError: 'x'"."""
    *_, (file, line, _) = frames(error)
    return f"{os.path.basename(file)}, line {line}: {name_and_message(error)}"


def passed_through(error: BaseException, module: str) -> bool:
    """Was the exception raised inside a module of that name?"""
    return any(file.endswith(f"{module}.py") for file, _, _ in frames(error))


def frames(error: BaseException) -> Iterator[tuple[str, int, str]]:
    """File, line and function of each frame, outermost first."""
    for entry in entries(error):
        code = entry.tb_frame.f_code
        yield code.co_filename, entry.tb_lineno or 0, code.co_name


def entries(error: BaseException) -> Iterator[TracebackType]:
    """The entries of its traceback, outermost first."""
    try:
        entry: TracebackType | None = BaseException.__dict__["__traceback__"].__get__(error)
    except BaseException:
        return
    for _ in range(100_000):
        if entry is None:
            return
        yield entry
        entry = entry.tb_next
