"""How well a slope is known: would it have shown if what is claimed were zero, of the other sign or half as large?"""

from __future__ import annotations

from typing import Any

import numpy as np

from checkgrad.gradcheck.search import LEAST, Shared, TooManyEvaluations
from checkgrad.gradcheck.spots import Comparison, Spot, alone
from checkgrad.gradcheck.subject import Leaves
from checkgrad.gradcheck.trees import mapped
from checkgrad.numeric.ladder import FINE, USUAL

KNOWN = 4.0  # bounds that a slope must have to be known for sure: half as much, or none, would show
FARTHER = (1.0, 8.0, 64.0)  # than usual, where rounding hides a slope
ROUNDING = 1e-7  # of f: what is known of its slopes to so much is known as well as one can ask
JITTER, ERRATIC = (
    1e-6,
    0.1,
)  # a claim that changes so much, relatively, within so little is rounding


def compared(search: Shared, spot: Spot) -> Comparison:
    """Compare at *spot*; with finer steps from then on, if the usual ones were not enough."""
    before, start = search.evaluations, search.ladder[0]
    found = search.compare(spot, [search.directions_at(spot) for _ in range(search.samples)])
    if search.evaluations - before > 1 + 2 * search.samples * len(start):
        search.ladder = FINE
    return found


def stand_out(seen: Comparison, shares: Any) -> Any:
    """For each of several parts of a claim: would it have shown if it were zero, or half as large?"""
    count = len(shares)
    room = np.where(seen.smooth, seen.bound - seen.allowed, np.inf).reshape(1, len(seen.bound), -1)
    size = np.abs(shares).reshape(count, len(seen.bound), -1)
    with np.errstate(all="ignore"):
        digits = np.nan_to_num(size / room, nan=0.0).max(axis=1)
    if digits.shape[1] == 1:
        return digits[:, 0] >= KNOWN
    size = size.max(axis=1)
    # Of many outputs, those that are small beside the others need not be known as well.
    large = (size >= size.max(axis=1, keepdims=True) / 2) & (size > 0)
    typical = [
        np.median(d[some]) if some.any() else 0.0 for d, some in zip(digits, large, strict=True)
    ]
    return np.array(typical) >= KNOWN


def stands_out(seen: Comparison, share: Any) -> bool:
    return bool(stand_out(seen, np.asarray(share)[None])[0])


def along_the_claim(search: Shared, spot: Spot, leaf: int) -> Comparison:
    """Compare along the direction in which the claim of one array is largest, as far as that takes."""
    usual, search.ladder = search.reach, USUAL
    try:
        for farther in FARTHER:
            search.reach = usual * farther
            found = search.compare(spot, [_direction_of_the_claim(search, spot, leaf)])
            if stands_out(found, found.claimed) or search.domain or usual != 1:
                break
        return found
    finally:
        search.reach = usual


def _direction_of_the_claim(search: Shared, spot: Spot, leaf: int) -> Leaves:
    signs = None if spot.claimed.most is None else spot.claimed.most(leaf)
    if signs is None or not np.any(signs):
        return search.directions_of(spot.leaves, leaf)
    moved = search.along(spot.leaves[leaf], np.asarray(signs, float))
    return alone(spot.leaves, leaf, moved)


def is_nothing(search: Shared, spot: Spot, seen: Comparison, leaf: int) -> bool:
    """Is the claim of this array zero, and f as flat as its rounding lets one see?"""
    share = np.abs(seen.shares[leaf])
    if share.any() and not _is_erratic(search, spot, seen, leaf):
        return False
    still = bool(np.all(seen.measured == 0))
    size = np.max(np.abs(spot.centre))
    room = np.min(np.where(seen.smooth, seen.bound - seen.allowed, np.inf), axis=0)
    known = room < np.inf
    return still or bool(np.all(room[known] <= ROUNDING * size) and not search.noisy)


def _is_erratic(search: Shared, spot: Spot, seen: Comparison, leaf: int) -> bool:
    """Does a claim change so fast that it must be what rounding leaves of larger numbers?"""
    direction = search.directions_of(spot.leaves, leaf)
    here = np.asarray(spot.claimed.slope(direction))
    other = search.spot_if_any(mapped(lambda x: _jittered(x, search.rng), spot.args))
    if other is None:
        return False
    there = np.asarray(other.claimed.slope(direction))
    size = np.maximum(np.abs(here), np.abs(there))
    return bool(np.all(np.abs(here - there) >= ERRATIC * size))


def _jittered(x: Any, rng: np.random.Generator) -> Any:
    """Numbers that differ from *x* by next to nothing."""
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        return x
    return (x * (1 + JITTER * rng.standard_normal(x.shape))).astype(x.dtype)


def averaged(search: Shared, spot: Spot, leaf: int) -> Comparison | None:
    try:
        direction = _direction_of_the_claim(search, spot, leaf)
        return None if search.claim.twice else search.averaged(spot, direction)
    except TooManyEvaluations:
        return None


def resolution_of(search: Shared, spot: Spot, seen: Comparison) -> dict[str, float]:
    bound = np.where(seen.smooth, seen.bound, np.inf)
    finest = float(np.min(np.max(bound.reshape(len(bound), -1), axis=1)))
    power = 2 if search.claim.twice else 1
    scales = (LEAST * float(np.asarray(search.scale(x)).min()) for x in spot.leaves)
    names = zip(search.subject.names, scales, strict=True)
    return {name: search.counted.in_its_unit(2 * finest / scale**power) for name, scale in names}
