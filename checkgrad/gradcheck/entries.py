"""From a wrong array to its wrong entries: halves of it, until each stands alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from checkgrad.gradcheck.search import SPARE, Shared
from checkgrad.gradcheck.spots import Comparison, Spot, alone
from checkgrad.gradcheck.subject import Leaves


def wrong_leaves(search: Shared, spot: Spot) -> list[int]:
    """The arrays in which something is wrong."""
    count = len(spot.leaves)
    if count == 1:
        return [0]
    found = search.compare(spot, [search.directions_of(spot.leaves, i) for i in range(count)])
    return [i for i in range(count) if np.any(found.off[i])]


def halved(search: Shared, spot: Spot, leaf: int, output: int, units: Any, most: int) -> list[Any]:
    """Find the wrong ones of *units*, which are rows of flat positions, by halving.

    Returns groups of units, each with a wrong one in it: of one unit each, unless there are more than *most*
    or the search would cost too much; none if no half stands out.
    """
    suspects = [units]
    while any(len(group) > 1 for group in suspects):
        halves = [half for group in suspects for half in np.array_split(group, 2) if len(half)]
        keep = SPARE * (1 + len(suspects))
        if len(halves) > 2 * most or not search.affordable(len(halves), keep):
            break
        found = search.compare(spot, [among(search, spot, leaf, half) for half in halves])
        off = found.of(output).off
        suspects = [half for half, wrong in zip(halves, off, strict=True) if wrong]
    return suspects


def descended(search: Shared, spot: Spot, leaf: int, output: int, group: Any) -> int | None:
    """Find one wrong entry of *group* by always taking the half that is further off."""
    while len(group) > 1:
        if not search.affordable(2):
            return None
        halves = np.array_split(group, 2)
        found = search.compare(spot, [among(search, spot, leaf, half) for half in halves])
        excess = found.of(output).excess
        if excess.max() <= 1:
            return None
        group = halves[int(np.argmax(excess))]
    return int(group[0])


def entries(search: Shared, spot: Spot, leaf: int, positions: Any) -> tuple[Comparison, Any]:
    """Compare the single entries at flat *positions*; also how far each was moved per unit of the derivative."""
    x = spot.leaves[leaf]
    ones = [single_out(search, x, int(i)) for i in positions]
    found = search.compare(spot, [alone(spot.leaves, leaf, one) for one in ones])
    scale = np.broadcast_to(search.scale(x), x.shape).ravel()[positions]
    return found, scale


def among(search: Shared, spot: Spot, leaf: int, group: Any) -> Leaves:
    """A random direction of the entries of one leaf at the flat positions *group*."""
    mask = np.zeros(spot.leaves[leaf].size)
    mask[group.ravel()] = 1
    return search.directions_of(spot.leaves, leaf, mask.reshape(spot.leaves[leaf].shape))


def single_out(search: Shared, x: Any, position: int) -> Any:
    """The direction of one leaf in which a single entry of it moves."""
    one = np.zeros_like(x)
    one.flat[position] = 1
    return search.along(x, one)
