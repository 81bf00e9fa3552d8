"""Generators of random numbers that seed themselves: `np.random.seed()`, `RandomState()`, `default_rng()`.

Each run of watched code begins with the same, so that a turn that is run again does the same.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

bit_generator: Any = np.random.bit_generator  # its entropy is no part of what is typed

SEED = 20
_UNKNOWN = bit_generator.randbits


def known() -> None:
    """From here on they are seeded with the same numbers, in the same order."""
    bit_generator.randbits = random.Random(SEED).getrandbits


def unknown() -> None:
    """They are seeded by the machine again."""
    bit_generator.randbits = _UNKNOWN
