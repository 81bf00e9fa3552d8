"""Numbers and arrays as text, safe to show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

from checkgrad.model import Numbers

ROWS = 6
GAP = "..."
NOT_ASCII = re.compile(r"[^\t\n\x20-\x7e]")  # the plain characters of ASCII need no closer look


class ArrayLine(NamedTuple):
    """A line of an array; *marked* is the entry that the problem is about."""

    before: str
    marked: str = ""
    after: str = ""


class Layout(NamedTuple):
    """How wide a cell is, how many stand in a row, and which entry is marked."""

    width: int
    columns: int
    mark: tuple[int, ...]


def clean(text: str) -> str:
    """*text* with every character visible: no escape sequence, no direction override, no lone surrogate."""
    return NOT_ASCII.sub(lambda m: m[0] if _harmless(m[0]) else f"\\x{ord(m[0]):02x}", text)


def clipped(text: str, most: int = 4000) -> str:
    """The beginning of a long *text*, without empty lines around it."""
    text = text.strip("\r\n")
    if len(text) <= most:
        return text
    return f"{text[:most]}\n... and {len(text) - most} more characters"


def number(value: Any) -> str:
    """A number to 6 significant digits; anything else as clean text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return clean(str(value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def position(where: str) -> tuple[int, ...]:
    """The indices at the end of a path: "dW1[3, 1]" is (3, 1)."""
    found = re.search(r"\[(\d+(?:, ?\d+)*)\]$", where)
    return tuple(int(i) for i in found[1].split(",")) if found else ()


def lines(value: Numbers, *beside: Numbers, where: str = "", room: int = 120) -> list[ArrayLine]:
    """*value* as lines *room* wide, their columns where those of the values *beside* it stand."""
    mark = position(where)
    width = max((len(cell) for v in (value, *beside) for cell in _cells(v)), default=1)
    columns = max(2, (room - 2 * len(GAP) - 6) // (width + 1))
    return list(_lines(value, Layout(width, columns, mark if depth(value) == len(mark) else ())))


def depth(value: Numbers) -> int:
    """How deep the lists are nested: 0 for a number, 2 for a matrix."""
    if not isinstance(value, list | tuple):
        return 0
    return 1 + max((depth(item) for item in value), default=0)


def _lines(value: Numbers, layout: Layout, path: tuple[int, ...] = ()) -> Iterator[ArrayLine]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield ArrayLine(f"{clean(str(name))} =")
            yield from _indented(_lines(item, layout), "  ", "  ")
    elif depth(value) >= 2:
        yield from _stacked(value, layout, path)
    else:
        yield _row(value, layout, path)


def _stacked(value: Any, layout: Layout, path: tuple[int, ...]) -> Iterator[ArrayLine]:
    at = _marked_below(layout.mark, path)
    start, stop = _window(len(value), ROWS, at)
    block: list[ArrayLine] = [ArrayLine(GAP)] if start else []
    for i in range(start, stop):
        block += _lines(value[i], layout, (*path, i))
    block += [ArrayLine(GAP)] if stop < len(value) else []
    inside = list(_indented(iter(block), "[", " "))
    last = inside[-1]
    yield from inside[:-1]
    yield last._replace(after=last.after + "]") if last.marked else ArrayLine(last.before + "]")


def _row(value: Numbers, layout: Layout, path: tuple[int, ...]) -> ArrayLine:
    if not isinstance(value, list | tuple):
        return ArrayLine(number(value).rjust(layout.width))
    # all rows of a matrix show the same columns
    at = layout.mark[-1] if len(layout.mark) == len(path) + 1 else None
    start, stop = _window(len(value), layout.columns, at)
    cells = [number(item).rjust(layout.width) for item in value[start:stop]]
    head = "[" + (GAP + " " if start else "")
    tail = (" " + GAP if stop < len(value) else "") + "]"
    if at is None or layout.mark[:-1] != path or not start <= at < stop:
        return ArrayLine(head + " ".join(cells) + tail)
    k = at - start
    marked = cells[k].lstrip()
    before = head + "".join(cell + " " for cell in cells[:k]) + " " * (len(cells[k]) - len(marked))
    return ArrayLine(before, marked, "".join(" " + cell for cell in cells[k + 1 :]) + tail)


def _indented(block: Iterator[ArrayLine], first: str, rest: str) -> Iterator[ArrayLine]:
    for i, line in enumerate(block):
        yield line._replace(before=(rest if i else first) + line.before)


def _marked_below(mark: tuple[int, ...], path: tuple[int, ...]) -> int | None:
    """The index at which the marked entry lies within the block at *path*, if it lies there."""
    if len(mark) > len(path) and mark[: len(path)] == path:
        return mark[len(path)]
    return None


def _window(size: int, most: int, at: int | None) -> tuple[int, int]:
    """The part of *size* items to show, such that *at* is among them."""
    if size <= most:
        return 0, size
    start = min(max(0, (at or 0) - most // 2), size - most)
    return start, start + most


def _cells(value: Numbers) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _cells(item)
    elif not isinstance(value, str):
        yield number(value)


def _harmless(c: str) -> bool:
    # Cc control, Cf format such as direction overrides, Cs surrogate, Co private use
    return unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")
