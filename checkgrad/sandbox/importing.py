"""What a file imports, as far as its text tells without being parsed."""

from __future__ import annotations

import re

IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(.*)|import[ \t]+(.+))", re.M
)


def imports_relatively(content: bytes) -> int:
    """How many folders up its relative imports begin, 0 where it has none."""
    return max((len(dots) for dots, *_ in IMPORT.findall(content)), default=0)


def imported(content: bytes) -> set[str]:
    """First names of what a file or a notebook imports; "__init__" is always one of them."""
    return {"__init__", *(name.partition(".")[0] for name in dotted(content))}


def dotted(content: bytes) -> set[str]:
    """The names of all modules that may be imported, without the dots that relative ones begin with."""
    if content.lstrip()[:1] == b"{":  # JSON, in which lines are quoted and line breaks written out
        content = content.replace(b"\\n", b"\n").replace(b'"', b"\n")
    names: set[str] = set()
    for _, origin, what, plain in IMPORT.findall(content):
        listed = {_first(part) for part in (plain or what).split(b",")}
        if plain or not origin:
            names |= listed
        else:
            at = _text(origin).strip(".")
            names |= {at, *(f"{at}.{name}" for name in listed)}
    return {name for name in names if all(part.isidentifier() for part in name.split("."))}


def _first(part: bytes) -> str:
    words = part.strip(b" \t()").split()
    return _text(words[0].strip(b"()")) if words else ""


def _text(name: bytes) -> str:
    return name.decode("ascii", "ignore")
