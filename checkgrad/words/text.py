"""Names taken apart."""

from __future__ import annotations

import re


def listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


WORD = re.compile(r"[0-9][dD]\b|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def split(name: str) -> list[str]:
    """Split at underscores, capitals and numbers: "softMax_2D" -> soft max 2d."""
    return [word.lower() for word in WORD.findall(name.replace("_", " "))]


def last(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def bare(name: str) -> str:
    """A name without the dot of an attribute, private underscores and the class in front of them."""
    return re.sub(r"^\._[A-Za-z0-9]+?__(?=\w)", "", name).lstrip("._")
