"""What is wrong with an assignment file."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class BadAssignment(Exception):
    """An assignment file that cannot be used; the message is one line: where, what and what to do."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Say what *name* was probably meant to be, or what there is."""
    names = list(known)
    near = get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(names)}"
