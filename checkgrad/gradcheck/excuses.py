"""Differences that may be no mistakes: an eps or a clip in f, which the analytic formula has not.

Either differs by a hair everywhere, or where something is saturated. Then the difference dies out exponentially
as the argument leaves saturation, and on the way f rises by no more than the claim sums up to. A term that is
missing, or a series cut off, dies out as a power of the argument, and is no excuse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from checkgrad.gradcheck.entries import among
from checkgrad.gradcheck.finding import WrongArray
from checkgrad.gradcheck.findings import FAINT
from checkgrad.gradcheck.search import DIRECTIONS, Shared
from checkgrad.gradcheck.spots import Comparison, Spot
from checkgrad.gradcheck.subject import Leaves
from checkgrad.numeric.ladder import ROUNDING, differentiate, unit_of
from checkgrad.numeric.moves import CALM, calmer, move_scale

TINY = 1e-5  # a relative difference that an eps makes, and no mistake
UNSEEN = 0.25  # of the bound: weights differ by a factor of 3, so that a part of it would show more
GROUPS, MOST = 8, 4  # so many groups of entries; a few wrong entries are in so many of them at most
CELLS = (32, 64)  # parts of a path, along which a claim is summed up
# The way out of saturation: arguments smaller by these powers of two.
HALVINGS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
ENOUGH = 5
FLOOR = 1e-6  # of a claim: so much an eps makes where nothing is saturated
LEFT = 1e-3  # of a claim: so much may an eps make where nothing is saturated
STEEP = 4.0  # a power of the argument: what dies out more slowly is not saturated
SUDDEN = 10.0
# Of many samples, no one power stands out. This much, at the first halvings, is more than a missing term does.
FIRST, FAST = 4, 2.5
SMALL, HARDLY = 1e-2, 1e-4  # parts of a claim that may then be the work of an eps, or are for sure
BENT = 0.85  # of an exponent that falls as the argument does, as that of an exponential function
FLAT = 1e-2  # of its change on the way: a claim that changes less is saturated

SATURATED = (
    "it is the gradient of a function that equals f where nothing is saturated, and exceeds f elsewhere;"
    " an eps or a clip in f would do that"
)
CUT = (
    "f is cut off where it is saturated, and the gradient is not: by a clip that was added to f, or by a"
    " limit of its own that the gradient lacks; check it where the limit does not hold"
)

EPS = "an eps in f would do that"

Looks = Callable[[Spot], list[Leaves]]


@dataclass(frozen=True)
class Excuse:
    """What in f explains a difference. proven: it is sure enough to call the gradient right."""

    words: str
    proven: bool = True


@dataclass(frozen=True)
class Look:
    """What is known about a difference before looking into it.

    excuse: what in f explains it. calm: it is gone where nothing is saturated. faint: it is hardly more than
    the noise. suspected: for every entry, whether it may be wrong, if that is known. large: is it more than an
    eps does where nothing is saturated, taken as a whole?
    """

    excuse: Excuse | None = None
    calm: bool = False
    faint: bool = False
    suspected: Leaves | None = None
    large: bool = False


def first_look(search: Shared, spot: Spot, first: Comparison) -> Look:
    """Look at the derivative as a whole, and in random groups of entries."""
    output = first.worst_output
    if search.claim.elementwise or search.claim.twice:
        return Look(slight(first))
    calm = _calm(search, spot)
    if calm is None:
        return Look()
    with search.elsewhere():
        around = [search.directions(calm.leaves) for _ in range(DIRECTIONS)]
        whole = search.compare(calm, around)
    one, there = first.of(output), whole.of(output)
    saturated = _is_large(one)
    if saturated and not _is_gone(one, there):
        return Look()
    if saturated:
        everything = search.directions(spot.leaves)
        trail = _trail(search, spot, output, everything)
        if not _explained(trail):
            return Look()
        excuse = _told(search, spot, output, trail, everything)
        if excuse is not None and excuse.proven:
            return Look(excuse, True)
    groups = [search.rng.integers(0, GROUPS, x.shape) for x in spot.leaves]

    def looks(at: Spot) -> list[Leaves]:
        return [search.directions(at.leaves, [g == k for g in groups]) for k in range(GROUPS)]

    seen = search.compare(spot, looks(spot)).of(output)
    off = np.flatnonzero(seen.off)
    if np.max(seen.excess) < UNSEEN and np.max(first.excess) < FAINT:
        return Look(slight(first.of(output), alike=True), faint=True)
    if len(off) <= MOST:
        suspected = [np.isin(g, off) for g in groups] if len(off) else None
        return Look(None, True, suspected=suspected, large=saturated)
    wrong = search.directions(spot.leaves)
    excuse = slight(seen, alike=True) or _by_its_trail(search, spot, output, wrong)
    return Look(excuse, True)


def excuse_for(
    search: Shared, spot: Spot, findings: list[WrongArray], large: bool = False
) -> Excuse | None:
    """Say what in *f* explains the *findings*, which are gone where nothing is saturated.

    large: are they surely more than an eps makes in all parts?
    """
    groups = [(f.leaf, group) for f in findings for group in _merged(f.suspects)]
    if not groups:
        return None

    directions = [among(search, spot, *group) for group in groups]
    output = next(f.output for f in findings if f.suspects)
    wrong = [np.sum(parts, axis=0, dtype=parts[0].dtype) for parts in zip(*directions, strict=True)]
    if not large:
        seen = search.compare(spot, directions).of(output)
        if hair := slight(seen, alike=any(len(group) > 1 for _, group in groups)):
            return hair
    return _by_its_trail(search, spot, output, wrong)


def _merged(groups: list[Any]) -> list[Any]:
    """At most MOST groups of the same positions."""
    parts = (groups[i::MOST] for i in range(MOST))
    return [np.concatenate(part) for part in parts if part]


def _by_its_trail(search: Shared, spot: Spot, output: int, wrong: Leaves) -> Excuse | None:
    """Say what in *f* explains a difference along a direction, which is through all of it."""
    trail = _trail(search, spot, output, wrong)
    return _told(search, spot, output, trail, wrong) if _explained(trail) else None


def _told(search: Shared, spot: Spot, output: int, trail: Trail, wrong: Leaves) -> Excuse | None:
    """The excuse of a difference that died out as *trail*, if f is really cut off below the claim."""
    if not (_has_a_potential(search, spot, output, wrong) and _is_cut_off(search, spot, output)):
        return None
    if trail.is_exponential or (trail.is_sudden and trail.is_under_a_flat_claim):
        return Excuse(SATURATED)
    if trail.is_sudden:
        return Excuse(CUT, proven=False)
    little = (
        f"differs from f by {trail.is_little:.1e} of it, and less where nothing is saturated; {EPS}"
    )
    return Excuse(little, proven=trail.is_little <= HARDLY)


@dataclass(frozen=True)
class Trail:
    """A difference on the way out of saturation: how often halved, claim and gap along one direction, and the bound."""

    halvings: Any
    claimed: Any
    gap: Any
    bound: Any

    @property
    def seen(self) -> Any:
        return self.gap > 2 * self.bound

    @property
    def exponents(self) -> Any:
        """By which power of the argument it falls, from one point to the next; at least, where it is not seen."""
        left = np.maximum(self.gap, 2 * self.bound)
        return np.log2(left[:-1] / left[1:]) / np.diff(self.halvings)

    @property
    def dies_out(self) -> bool:
        top, left = float(np.max(self.gap)), float(self.gap[-1])
        gone = left <= max(2 * self.bound[-1], TINY * top, FLOOR * abs(self.claimed[-1]))
        return bool(gone and left + self.bound[-1] <= LEFT * abs(self.claimed[-1]))

    @property
    def is_exponential(self) -> bool:
        """Does it fall by ever smaller powers, as an exponential function does?"""
        both = self.seen[1:-1] & self.seen[2:]
        before, after = self.exponents[:-1], self.exponents[1:]
        steep = STEEP if self.gap[0] > LEFT * abs(self.claimed[0]) else STEEP / 2
        falls = both & (before >= steep) & (after >= steep / 4) & (after <= BENT * before)
        return bool(np.any(falls[:-1] & falls[1:]))

    @property
    def is_sudden(self) -> bool:
        return bool(np.any(self.exponents[self.seen[:-1]] >= SUDDEN))

    @property
    def is_little(self) -> float:
        """The part of the claim that it is, if it falls fast enough for an eps; infinite otherwise."""
        steps = np.diff(self.halvings)[:FIRST]
        mean = np.sum(self.exponents[:FIRST] * steps) / np.sum(steps)
        return float(self.gap[0] / abs(self.claimed[0])) if mean >= FAST else np.inf

    @property
    def is_under_a_flat_claim(self) -> bool:
        """Does the claim stand still where the difference is, and change on the way to where it is not?"""
        change = np.abs(self.claimed - self.claimed[0])
        enough = change[-1] > TINY * np.abs(self.claimed[0])
        return bool(enough and np.max(change[1:3]) <= FLAT * change[-1])


def _explained(trail: Trail | None) -> TypeGuard[Trail]:
    """May it be that f is cut off where it is saturated, or differs by an eps there?"""
    return (
        trail is not None
        and trail.dies_out
        and (trail.is_exponential or trail.is_sudden or trail.is_little <= SMALL)
    )


def _trail(search: Shared, spot: Spot, output: int, wrong: Leaves) -> Trail | None:
    """Follow a difference along one direction, on the way to where nothing is saturated."""
    rows = []
    for halvings in HALVINGS:
        share = (1 - 2.0**-halvings) / (1 - CALM)
        at = search.spot_if_any(_on_the_way(search, spot, share)) if share else spot
        if at is None:
            continue
        moved, ratio = _carried(search, spot, at, wrong)
        claimed = float(np.ravel(at.claimed.slope(moved))[output])
        if at is spot:
            seen = search.compare(at, [moved]).of(output)
        else:
            with search.elsewhere():
                search.enough = FLOOR / 8 * abs(claimed)
                seen = search.compare(at, [moved]).of(output)
        if seen.smooth[0]:
            gap = abs(seen.claimed[0] - seen.measured[0])
            rows.append((halvings, claimed / ratio, gap / ratio, seen.bound[0] / ratio))
    known = len(rows) >= ENOUGH and rows[-1][0] == HALVINGS[-1]
    return Trail(*np.array(rows).T) if known else None


def _carried(search: Shared, spot: Spot, at: Spot, direction: Leaves) -> tuple[Leaves, float]:
    """*direction* with the scale of another point, and how much shorter that is, where it is one number."""
    pairs = list(zip(spot.leaves, at.leaves, strict=True))
    ratios = [move_scale(b, search.domain) / move_scale(a, search.domain) for a, b in pairs]
    moved = [
        np.asarray(d * r).astype(d.dtype, copy=False)
        for d, r in zip(direction, ratios, strict=True)
    ]
    one = ratios[0] if all(np.ndim(r) == 0 for r in ratios) else 1.0
    return moved, float(one)


def _calm(search: Shared, spot: Spot) -> Spot | None:
    """The same with arguments that do not saturate."""
    return search.spot_if_any(_on_the_way(search, spot, 1.0))


def _gap_and_size(seen: Comparison, alike: bool) -> tuple[Any, Any]:
    gap = np.abs(seen.claimed - seen.measured)
    size = np.maximum(np.abs(seen.claimed), np.abs(seen.measured))
    return (np.sqrt(np.mean(gap**2)), np.sqrt(np.mean(size**2))) if alike else (gap, size)


def _nearly_equal(seen: Comparison, alike: bool = False) -> bool:
    _, size = _gap_and_size(seen, alike)
    near = np.abs(seen.claimed - seen.measured) <= seen.bound + TINY * size
    return bool(np.any(seen.smooth) and np.all(near | ~seen.smooth))


def _is_large(seen: Comparison) -> bool:
    """Is it more than an eps does where nothing is saturated?"""
    gap, size = _gap_and_size(seen, alike=True)
    return bool(gap > TINY * size)


def _is_gone(seen: Comparison, calm: Comparison) -> bool:
    """Is little left of the difference where nothing is saturated, in comparison with what was seen?"""
    gap, _ = _gap_and_size(seen, alike=True)
    left, size = _gap_and_size(calm, alike=True)
    small = left + np.max(calm.bound) <= LEFT * size
    return bool(
        calm.smooth.all() and small and left <= np.max(calm.bound) + LEFT * gap + FLOOR * size
    )


def slight(seen: Comparison, alike: bool = False) -> Excuse | None:
    """An eps that differs by a hair in all parts of it."""
    gap, size = _gap_and_size(seen, alike)
    known = np.all(seen.smooth) and np.all(gap <= TINY * size)
    if not known or not np.all(seen.bound <= TINY * np.max(size)):
        return None
    largest = np.max(gap / np.maximum(size, 1e-300))
    return Excuse(f"differs from f by {largest:.1e} of it at most; {EPS}")


def _has_a_potential(search: Shared, spot: Spot, output: int, wrong: Leaves) -> bool:
    """Is the claim the gradient of anything: are its mixed derivatives equal?"""
    whole = search.directions(spot.leaves)
    (one, bound), (other, room) = (
        _change_of_claim(search, spot, output, *pair) for pair in ((wrong, whole), (whole, wrong))
    )
    allowed = bound + room
    return bool(np.isfinite(allowed) and abs(one - other) <= allowed)


def _change_of_claim(
    search: Shared, spot: Spot, output: int, claimed: Leaves, along: Leaves
) -> tuple[float, float]:
    """How the claimed slope along one direction changes along the other."""

    def slope(step: float) -> Any:
        moved = search.moved(spot, along, step)
        return None if moved is None else np.ravel(moved.claimed.slope(claimed))[output]

    def evaluate(points: list[tuple[Any, ...]]) -> list[Any]:
        return [slope(step) for (step,) in points]

    found = differentiate(evaluate, (0.0,), lambda _, h: (h,), 1, unit_of(spot.leaves))
    return float(found.value[0]), float(found.bound[0]) if found.smooth[0] else np.inf


def _is_cut_off(search: Shared, spot: Spot, output: int) -> bool:
    """Does f, on the way from calm arguments to these, rise by no more than the claim sums up to?"""
    values = [search.value(_on_the_way(search, spot, share)) for share in (1.0, 0.0)]
    calm, here = (np.nan if value is None else np.ravel(value)[output] for value in values)
    coarse, fine = (_summed_up(search, spot, output, cells) for cells in CELLS)
    rounding = ROUNDING * unit_of(spot.leaves) * max(abs(calm), abs(here))
    room = 2 * abs(fine - coarse) + rounding
    return bool(here - calm <= fine + room)


def _summed_up(search: Shared, spot: Spot, output: int, cells: int) -> float:
    """The integral of the claim on that way, by the midpoint rule."""
    ends, total = np.linspace(1, 0, cells + 1), 0.0
    for begin, end in zip(ends, ends[1:], strict=False):
        middle = search.spot_if_any(_on_the_way(search, spot, (begin + end) / 2))
        if middle is None:
            return np.nan
        near, far = (_leaves_on_the_way(search, spot, share) for share in (begin, end))
        step = [b - a for a, b in zip(near, far, strict=True)]
        total += float(np.ravel(middle.claimed.slope(step))[output])
    return total


def _on_the_way(search: Shared, spot: Spot, share: float) -> tuple[Any, ...]:
    return search.subject.replaced(spot.args, _leaves_on_the_way(search, spot, share))


def _leaves_on_the_way(search: Shared, spot: Spot, share: float) -> Leaves:
    within = all(np.all((x > 0) & (x < 1)) for x in spot.leaves)
    domain = search.domain or ("probability" if within else None)
    return [calmer(x, domain, share).astype(x.dtype, copy=False) for x in spot.leaves]
