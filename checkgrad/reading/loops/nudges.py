"""How numbers are nudged, to see what follows from them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import numpy as np

from checkgrad.reading.loops.face import Edit, Slot

NUDGE = 0.05


def nudge_size(slot: Slot) -> float:
    values = np.asarray(slot.saved, float)
    with np.errstate(all="ignore"):
        scale = float(np.sqrt(np.mean(values * values)))
    return NUDGE * (scale if np.isfinite(scale) and scale > 0 else 1.0)


def group_of(path: str, paths: Collection[str]) -> str:
    """Data that are one thing: `data[3][1]` is one of data[*][1]."""
    keys = re.findall(r"\[[^\]]*\]", path)
    if not keys:
        return path
    if len(keys) == 1:
        head = path[: path.index("[")] + "["
        few = sum(other.startswith(head) for other in paths) <= 4
        return path if few or not keys[0][1:-1].isdigit() else path.replace(keys[0], "[*]")
    last = path.rindex(keys[-1])
    return re.sub(r"\[\d+\]", "[*]", path[:last]) + path[last:]


def lifts(slots: Mapping[str, Slot], paths: Iterable[str]) -> tuple[Edit, ...]:
    """What holds zeros is lifted from them: where all weights are 0 nothing moves."""
    found = [p for p in paths if is_liftable(slots[p]) and not slots[p].whole]
    return tuple(Edit(p, "lift", nudge_size(slots[p]), 300 + i) for i, p in enumerate(found))


def lifted(slots: Mapping[str, Slot], paths: Iterable[str]) -> tuple[Edit, ...]:
    return tuple(Edit(p, "lift", nudge_size(slots[p]), 7 + i) for i, p in enumerate(paths))


def is_liftable(slot: Slot) -> bool:
    """Does it hold a zero, and is it no counter?"""
    return not np.all(slot.saved) and not (slot.whole and slot.saved.ndim == 0)
