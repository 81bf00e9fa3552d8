"""The lines of a submission that a finding is about: text to show, neither parsed nor run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

from checkgrad.child import source
from checkgrad.child.inventory import Definition, Inventory
from checkgrad.child.source import Document, Unreadable
from checkgrad.model import Source
from checkgrad.reading.recipe import last_name
from checkgrad.sandbox import clean
from checkgrad.words.purposes import GOES_BACK

MOST_LINES = 30
WIDEST = 200


def of(files: Iterable[Path], inventory: Inventory, function: str) -> Source | None:
    """Return the lines that define *function*, of a class those of its backward pass; None if they are not found."""
    definition = _definition(inventory, function)
    if definition is None:
        return None
    for file in files:
        document = _read(file)
        lines = document.text.split("\n")[definition.line - 1 :] if document else []
        if document and definition.line and lines and _names(lines[0], definition):
            place = clean(_place(file, document, definition.line))
            return Source(place, definition.line, clean(_block(lines)))
    return None


def _definition(inventory: Inventory, function: str) -> Definition | None:
    found = inventory.find(function)
    if found is None or found.kind != "class":
        return found
    methods = [d for d in inventory.definitions if d.name.startswith(f"{function}.")]
    return next((d for d in methods if GOES_BACK.search(d.name)), None)


def _read(file: Path) -> Document | None:
    try:
        return source.read(str(file))
    except (OSError, Unreadable):
        return None


def _names(line: str, definition: Definition) -> bool:
    return re.search(rf"\b{re.escape(last_name(definition.name))}\b", line) is not None


def _place(file: Path, document: Document, line: int) -> str:
    return f"{file.name}, {document.where(line)}"


def _block(lines: Sequence[str]) -> str:
    """The first line and all that is indented deeper, without the empty lines at its end."""
    depth = _depth(lines[0])
    inside = takewhile(lambda text: not text.strip() or _depth(text) > depth, lines[1:])
    block = [text[depth:][:WIDEST] for text in (lines[0], *inside)]
    while not block[-1].strip():
        block.pop()
    return "\n".join(block if len(block) <= MOST_LINES else [*block[:MOST_LINES], "..."])


def _depth(text: str) -> int:
    return len(text) - len(text.lstrip())
