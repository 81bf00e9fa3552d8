"""The last look at text, in the form in which it is written out: no line of it is an order to what reads it."""

from __future__ import annotations

import re
import textwrap

# What a build server obeys at the beginning of a line, blanks and colours before it left aside.
ORDER = re.compile(r"(?m)^((?:\x1b\[[0-9;]*m|[^\S\n])*)(:(?=:)|#(?=#(?:\[|vso)))")
# What a spreadsheet takes for the beginning of a formula.
SIGNS = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}", "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
HELD = "\N{NO-BREAK SPACE}"
BEFORE_A_SIGN = re.compile(rf" (?=[{re.escape(''.join(SIGNS))}:#])")


def shielded(text: str) -> str:
    """Return *text* so that no line of it is an order."""
    return ORDER.sub(r"\1\2 ", text)


def wrapped(text: str, width: int, most: int = 99) -> list[str]:
    """Return *text* in lines of *width*, none of which begins with a sign because it was wrapped there."""
    held = BEFORE_A_SIGN.sub(HELD, " ".join(text.split()))
    lines = textwrap.wrap(held, width, max_lines=most, placeholder=" ...")
    return [line.replace(HELD, " ") for line in (*lines[:1], *map(_continued, lines[1:]))]


def _continued(line: str) -> str:
    """A line that goes on from another one, broken within a word if need be."""
    return f"\N{HORIZONTAL ELLIPSIS}{line}" if line.startswith((*SIGNS, ":", "#")) else line
