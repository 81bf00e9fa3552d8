"""Differences that are no mistakes: an eps or a clip in f, which the analytic formula has not."""

from __future__ import annotations

from typing import Any

import numpy as np

from checkgrad.gradcheck.findings import Finding
from checkgrad.gradcheck.search import Comparison, Search, Spot, among, entries
from checkgrad.gradcheck.subject import Leaves
from checkgrad.numeric.ladder import differentiate, unit_of

TINY = 1e-5  # a relative difference that an eps makes, and no mistake
CALM = 1 / 16  # arguments so many times smaller do not saturate
LOOKS = 4
ENOUGH = 4
LEAST_SYMMETRY = 1e-6  # of the size of what is compared


def excuse(search: Search, spot: Spot, findings: list[Finding]) -> str:
    """Say what in *f* explains the findings, or ""."""
    if all(found.faint for found in findings):
        return "differs from f by so little that no entry stands out"
    findings = [found for found in findings if not found.faint]
    if any(found.related or not len(found.at) for found in findings):
        return ""
    seen = [found.seen or _entries(search, spot, found) for found in findings]
    largest = max(float(np.max(_relative(entry))) for entry in seen)
    if largest <= TINY and all(map(_typical, [search] * len(seen), findings, seen)):
        return f"differs from f by {largest:.1e} of an entry at most; an eps in f would do that"
    excusable = (
        search.domain is None
        and all(_shrunk(entry) for entry in seen)
        and _agrees_where_calm(search, spot, findings)
        and all(_has_a_potential(search, spot, found) for found in findings)
    )
    if not excusable:
        return ""
    return (
        "it is the gradient of some function that equals f where f is not saturated;"
        " an eps or a clip in f would do that"
    )


def _entries(search: Search, spot: Spot, found: Finding) -> Comparison:
    """Claim and measurement at the entries that stand for an array."""
    at = found.at[:ENOUGH]
    seen, scale = entries(search, spot, found.leaf, at)
    return seen.of(found.output).among(np.arange(len(at)), scale)


def _relative(seen: Comparison) -> Any:
    gap = np.abs(seen.claimed - seen.measured)
    size = np.maximum(np.abs(seen.claimed), np.abs(seen.measured))
    return np.where(gap > seen.bound, gap / np.maximum(size, 1e-300), 0.0)


def _typical(search: Search, found: Finding, seen: Comparison) -> bool:
    """Do the entries that were looked at account for the deviation of the whole array?"""
    if found.spread is None:
        return True
    gap = np.abs(seen.claimed - seen.measured) + seen.bound
    return bool(found.spread <= 10 * np.sqrt(np.mean(gap**2)) * found.reach)


def _shrunk(seen: Comparison) -> bool:
    """Is f everywhere as steep as claimed or less so, and in the same direction?"""
    same, size = seen.measured * np.sign(seen.claimed), np.abs(seen.claimed)
    weaker = np.abs(seen.measured) <= size * (1 + TINY) + seen.bound
    return bool(np.all(weaker & (same >= -seen.bound)))


def _agrees_where_calm(search: Search, spot: Spot, findings: list[Finding]) -> bool:
    calm = search.smaller(spot, CALM)
    seen = search.compare(calm, [search.directions(calm.leaves) for _ in range(LOOKS)])
    gap, size = np.abs(seen.claimed - seen.measured), np.max(np.abs(seen.claimed), axis=0)
    if not np.all(seen.smooth & (gap <= seen.bound + TINY * size)):
        return False
    return all(np.all(_relative(_entries(search, calm, found)) <= TINY) for found in findings)


def _has_a_potential(search: Search, spot: Spot, found: Finding) -> bool:
    """Is the claim the gradient of anything: are its mixed derivatives equal?"""
    wrong, whole = among(search, spot, found.leaf, found.at), search.directions(spot.leaves)
    (one, bound), (other, room) = (
        _change_of_claim(search, spot, found.output, *pair)
        for pair in ((wrong, whole), (whole, wrong))
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
