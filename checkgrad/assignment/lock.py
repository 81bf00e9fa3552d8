"""The lock of an assignment: the versions it was written for, and the inputs that were drawn with them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import numpy as np

from checkgrad.assignment.content import Assignment, asked
from checkgrad.exercises.mlp import NETWORK


def broken_lock(assignment: Assignment) -> Iterator[str]:
    """What keeps grades from being comparable with those of the locked version."""
    locked, here = assignment.lock, version("checkgrad")
    if locked.checkgrad not in (None, here):
        yield (
            f"lock.checkgrad: written for {locked.checkgrad}, this is {here}; "
            f"pip install checkgrad=={locked.checkgrad}, or run check-assignment and change the lock"
        )
    elif locked.probes not in (None, digest_of_probes(assignment)):
        yield (
            "lock.probes: other inputs are drawn here than when the file was locked; "
            "were exercises or the seed changed? Run check-assignment --lock"
        )


def remarks(assignment: Assignment) -> list[str]:
    """What staff should know and nothing depends on: a bound holds under any NumPy."""
    locked, here = assignment.lock.numpy, np.__version__
    if locked is None or _minor(locked) == _minor(here):
        return []
    return [f"{assignment.source.name}: lock.numpy: written for NumPy {locked}, this is {here}"]


def digest_of_probes(assignment: Assignment) -> str:
    """Stands for all inputs of the asked exercises, under the seed of the file; the secret has no part in it."""
    digest, seed = hashlib.sha256(), assignment.seed or 0
    drawn = [e.probes(seed) for e in asked(assignment)]
    if NETWORK.name in assignment.exercises:
        drawn.append(NETWORK.probes(seed))
    _feed(digest, drawn)
    return digest.hexdigest()[:16]


def _feed(digest: Any, value: Any) -> None:
    if isinstance(value, list | tuple):
        for item in value:
            _feed(digest, item)
        return
    array = np.asarray(value)
    digest.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())


def _minor(number: str) -> list[str]:
    return number.split(".")[:2]
