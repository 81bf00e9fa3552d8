"""Random numbers and directions that both sides of the wall can make for themselves, from seeds."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


def drawn(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape)


@lru_cache(maxsize=64)
def direction(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """A random direction, not to be written to; along one entry, counted from -1 on, where *seed* is negative."""
    if seed >= 0:
        found = drawn(seed, shape)
    else:
        found = np.zeros(shape)
        found.reshape(-1)[-1 - seed] = 1.0
    found.flags.writeable = False
    return found
