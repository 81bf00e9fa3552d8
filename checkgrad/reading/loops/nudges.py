"""How numbers are nudged, to see what follows from them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

import numpy as np

from checkgrad.reading.loops.face import Digest, Edit, Slot, ValueKey

NUDGE = 0.05
SLIGHT = 1e-12
WIDE = 20.0  # of data, beyond which activations saturate


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


def narrowed(slot: Slot) -> Iterator[Edit]:
    """Data that are not scaled, as pixels are, made smaller, so that something follows from them."""
    size = float(np.max(np.abs(slot.saved), initial=0.0))
    if slot.saved.size > 1 and WIDE < size < np.inf:
        yield Edit(slot.path, "times", 1 / size)


def moved(base: Mapping[ValueKey, Digest], other: Mapping[ValueKey, Digest]) -> set[ValueKey]:
    """The values that are not the same."""
    return {key for key, seen in base.items() if not alike(seen, other.get(key))}


def alike(a: Digest, b: Digest | None) -> bool:
    if b is None or a.shape != b.shape:
        return False
    if a.number == b.number or np.isnan(a.number) and np.isnan(b.number):
        return True
    return abs(a.number - b.number) <= SLIGHT * abs(a.number)
