"""Differences that are no mistakes: an eps or a clip in f, which the analytic formula has not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.gradcheck.findings import FAINT, Finding
from checkgrad.gradcheck.search import DIRECTIONS, Comparison, Search, Spot, among
from checkgrad.gradcheck.subject import Leaves
from checkgrad.numeric.ladder import differentiate, unit_of
from checkgrad.numeric.moves import calmer

TINY = 1e-5  # a relative difference that an eps makes, and no mistake
UNSEEN = 0.25  # of the bound: weights differ by a factor of 3, so that a part of it would show more
GROUPS, MOST = 8, 4  # so many groups of entries; a few wrong entries are in so many of them at most
CELLS = (32, 64)  # parts of a path, along which a claim is summed up
LEAST_SYMMETRY = 1e-4  # of the size of what is compared

NOWHERE = "differs from f by so little that no part of it stands out"
SATURATED = (
    "it is the gradient of a function that equals f where nothing is saturated, and exceeds f elsewhere;"
    " an eps or a clip in f would do that"
)

Looks = Callable[[Spot], list[Leaves]]


@dataclass(frozen=True)
class FirstLook:
    """What is known about a difference before looking into it.

    excuse: what in f explains it. calm: it is gone where nothing is saturated. suspected: for every entry,
    whether it may be wrong, if that is known.
    """

    excuse: str = ""
    calm: bool = False
    suspected: Leaves | None = None


def first_look(search: Search, spot: Spot, first: Comparison) -> FirstLook:
    """Look at the derivative as a whole, and in random groups of entries."""
    if search.claim.elementwise:
        return FirstLook(_slight(first) if _nearly_equal(first) else "")
    output, calm = first.worst_output, _calm(search, spot)
    whole = search.compare(calm, [search.directions(calm.leaves) for _ in range(DIRECTIONS)])
    if not _nearly_equal(whole.of(output), alike=True):
        return FirstLook()
    groups = [search.rng.integers(0, GROUPS, x.shape) for x in spot.leaves]

    def looks(at: Spot) -> list[Leaves]:
        return [search.directions(at.leaves, [g == k for g in groups]) for k in range(GROUPS)]

    seen = search.compare(spot, looks(spot)).of(output)
    off = np.flatnonzero(seen.off)
    if np.max(seen.excess) < UNSEEN and np.max(first.excess) < FAINT:
        return FirstLook(NOWHERE)
    if len(off) <= MOST:
        return FirstLook("", True, [np.isin(g, off) for g in groups] if len(off) else None)
    wrong = search.directions(spot.leaves)
    return FirstLook(_excuse(search, spot, output, seen, looks, wrong, alike=True), True)


def excuse_for(search: Search, spot: Spot, findings: list[Finding], calm: bool) -> str:
    """Say what in *f* explains the *findings*, or "". calm: they are gone where nothing is saturated."""
    if any(found.related for found in findings) and not calm:
        return ""
    if not any(found.suspects for found in findings):
        return NOWHERE
    groups = [(f.leaf, group) for f in findings for group in _merged(f.suspects)]

    def looks(at: Spot) -> list[Leaves]:
        return [among(search, at, *group) for group in groups]

    directions = looks(spot)
    output = next(f.output for f in findings if f.suspects)
    seen = search.compare(spot, directions).of(output)
    wrong = [np.sum(parts, axis=0, dtype=parts[0].dtype) for parts in zip(*directions, strict=True)]
    many = any(len(group) > 1 for _, group in groups)
    return _excuse(search, spot, output, seen, looks, wrong, many)


def _merged(groups: list[Any]) -> list[Any]:
    """At most MOST groups of the same positions."""
    parts = (groups[i::MOST] for i in range(MOST))
    return [np.concatenate(part) for part in parts if part]


def _excuse(
    search: Search,
    spot: Spot,
    output: int,
    seen: Comparison,
    looks: Looks,
    wrong: Leaves,
    alike: bool,
) -> str:
    """Say what in *f* explains a difference, or "".

    seen: the difference. looks: directions in which to see it elsewhere. wrong: one through all of it.
    alike: the directions are of many entries each, and may be measured by one yardstick.
    """
    if _nearly_equal(seen, alike):
        return _slight(seen, alike)
    calm = _calm(search, spot)
    excused = (
        _is_gone(seen, search.compare(calm, looks(calm)).of(output), alike)
        and _has_a_potential(search, spot, output, wrong)
        and _is_cut_off(search, spot, output)
    )
    return SATURATED if excused else ""


def _calm(search: Search, spot: Spot) -> Spot:
    """The same with arguments that do not saturate."""
    return search.spot(_on_the_way(search, spot, 1.0))


def _nearly_equal(seen: Comparison, alike: bool = False) -> bool:
    gap, size = _gap_and_size(seen, alike)
    near = np.abs(seen.claimed - seen.measured) <= seen.bound + TINY * size
    return bool(np.any(seen.smooth) and np.all(near | ~seen.smooth))


def _is_gone(seen: Comparison, calm: Comparison, alike: bool) -> bool:
    """Is *calm* without the difference that was *seen*, and fine enough to show it?"""
    (gap, size), (_, calm_size) = _gap_and_size(seen, alike), _gap_and_size(calm, alike)
    shows = calm.bound * size <= gap * calm_size
    return _nearly_equal(calm, alike) and bool(np.all(shows | ~calm.smooth))


def _gap_and_size(seen: Comparison, alike: bool) -> tuple[Any, Any]:
    gap = np.abs(seen.claimed - seen.measured)
    size = np.maximum(np.abs(seen.claimed), np.abs(seen.measured))
    return (np.sqrt(np.mean(gap**2)), np.sqrt(np.mean(size**2))) if alike else (gap, size)


def _slight(seen: Comparison, alike: bool = False) -> str:
    gap, size = _gap_and_size(seen, alike)
    largest = np.max(gap / np.maximum(size, 1e-300))
    if largest > TINY:
        return NOWHERE
    return f"differs from f by {largest:.1e} of it at most; an eps in f would do that"


def _has_a_potential(search: Search, spot: Spot, output: int, wrong: Leaves) -> bool:
    """Is the claim the gradient of anything: are its mixed derivatives equal?"""
    whole = search.directions(spot.leaves)
    (one, bound), (other, room) = (
        _change_of_claim(search, spot, output, *pair) for pair in ((wrong, whole), (whole, wrong))
    )
    allowed = bound + room + LEAST_SYMMETRY * max(abs(one), abs(other))
    return bool(np.isfinite(allowed) and abs(one - other) <= allowed)


def _change_of_claim(
    search: Search, spot: Spot, output: int, claimed: Leaves, along: Leaves
) -> tuple[float, float]:
    """How the claimed slope along one direction changes along the other."""

    def evaluate(points: list[tuple[Any, ...]]) -> list[Any]:
        slopes = (search.moved(spot, along, step).claimed.slope(claimed) for (step,) in points)
        return [np.ravel(slope)[output] for slope in slopes]

    found = differentiate(evaluate, (0.0,), lambda _, h: (h,), 1, unit_of(spot.leaves))
    return float(found.value[0]), float(found.bound[0]) if found.smooth[0] else np.inf


def _is_cut_off(search: Search, spot: Spot, output: int) -> bool:
    """Does f, on the way from calm arguments to these, rise by no more than the claim sums up to?"""
    values = [search.value(_on_the_way(search, spot, share)) for share in (1.0, 0.0)]
    calm, here = (np.nan if value is None else np.ravel(value)[output] for value in values)
    coarse, fine = (_summed_up(search, spot, output, cells) for cells in CELLS)
    room = 2 * abs(fine - coarse) + TINY * max(abs(calm), abs(here))
    return bool(here - calm <= fine + room)


def _summed_up(search: Search, spot: Spot, output: int, cells: int) -> float:
    """The integral of the claim on that way, by the midpoint rule."""
    ends, total = np.linspace(1, 0, cells + 1), 0.0
    for begin, end in zip(ends, ends[1:], strict=False):
        middle = search.spot(_on_the_way(search, spot, (begin + end) / 2))
        near, far = (_leaves_on_the_way(search, spot, share) for share in (begin, end))
        step = [b - a for a, b in zip(near, far, strict=True)]
        total += float(np.ravel(middle.claimed.slope(step))[output])
    return total


def _on_the_way(search: Search, spot: Spot, share: float) -> tuple[Any, ...]:
    return search.subject.replaced(spot.args, _leaves_on_the_way(search, spot, share))


def _leaves_on_the_way(search: Search, spot: Spot, share: float) -> Leaves:
    within = all(np.all((x > 0) & (x < 1)) for x in spot.leaves)
    domain = search.domain or ("probability" if within else None)
    return [calmer(x, domain, share).astype(x.dtype, copy=False) for x in spot.leaves]
