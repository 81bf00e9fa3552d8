"""The conventions that an assignment can pin: the usual choice of each, and the others that are right as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checkgrad import conventions
from checkgrad.exercise import Exercise

# Those that can be pinned.
CONVENTIONS = {key: one for key, one in conventions.CONVENTIONS.items() if one.question}


def choices(key: str, exercises: Sequence[Exercise]) -> tuple[str, ...]:
    """Every value that *key* can be pinned to, the usual one first."""
    convention = CONVENTIONS[key]
    variants = [v.convention for e in exercises for v in e.variants]
    callings = [c.convention for e in exercises for c in e.callings]
    named = (found[key] for found in (*variants, *callings) if key in found)
    return tuple(dict.fromkeys((convention.usual, *convention.others, *named)))


def against(found: Mapping[str, str], pinned: Mapping[str, str]) -> dict[str, str]:
    """What is pinned otherwise than it was *found*, with what is asked for."""
    return {
        key: value
        for key, value in pinned.items()
        if found.get(key, CONVENTIONS[key].usual) != value
    }
