"""What a network keeps of an earlier batch, told from gradients that should be alike."""

from __future__ import annotations

import numpy as np

from checkgrad import compare
from checkgrad.diagnose.network_mistakes import Blocks
from checkgrad.exercises.manners import ADDS_UP, FIRST_ONLY, STALE, Manner

ROOM = 64  # times what two runs of the same code may differ by


def of_a_second_batch(got: Blocks, first: Blocks, second: Blocks) -> Manner | None:
    """Why gradients of a second batch are not what they are for it alone; None if they are.

    got: what came after another batch on the same network. first, second: what comes for each batch alone.
    """
    if _same(got, second):
        return None
    if _fits(first, second) and _same(
        got, tuple(a + b for a, b in zip(first, second, strict=True))
    ):
        return ADDS_UP
    return STALE if _shares_a_block(got, first, second) else FIRST_ONLY


def _shares_a_block(got: Blocks, first: Blocks, second: Blocks) -> bool:
    """Is some wrong block exactly that of the first batch?"""
    return any(
        _same((g,), (a,)) and not _same((g,), (b,))
        for g, a, b in zip(got, first, second, strict=True)
    )


def _fits(first: Blocks, second: Blocks) -> bool:
    return all(np.shape(a) == np.shape(b) for a, b in zip(first, second, strict=True))


def _same(got: Blocks, due: Blocks) -> bool:
    room = tuple(ROOM * limit for limit in compare.repetition_bound(due))
    return compare.difference(got, due, room) is None
