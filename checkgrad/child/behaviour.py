"""What calling a function did: the value it returned, or how it failed."""

from __future__ import annotations

import copy
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Unsendable:
    """A value that is neither a number nor an array, nor a group of such: only its description travels."""

    description: str

    @property
    def is_object(self) -> bool:
        """Is it an object of a class that is no type of Python's?"""
        return self.description.startswith("an object of class")


@dataclass(frozen=True)
class Behaviour:
    """One call. Exactly one of *value*, *raised* and *died* tells how it ended.

    raised: the name of the exception; message and traceback hold the student's own lines only.
    mutated: positions of the arguments that the call changed.
    died: set by the grader when the worker ended or was ended: why, in words.
    died_of: the same as one of "time", "crash", "protocol", "budget", "load" and "grader" (our own fault).
    not_tried: set by the grader: it was given up before, and is not asked again.
    """

    value: Any = None
    raised: str = ""
    message: str = ""
    traceback: str = ""
    mutated: tuple[int, ...] = ()
    warned: tuple[str, ...] = ()
    printed: str = ""
    seconds: float = 0.0
    died: str = ""
    died_of: str = ""
    not_tried: bool = False

    @property
    def returned(self) -> bool:
        """Did the call come back with a value?"""
        return not self.raised and not self.died


def observe(function: Callable[..., Any], args: tuple[Any, ...]) -> Behaviour:
    """Call *function* on copies of *args* and record what happened; never raises."""
    mine = copy.deepcopy(args)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = function(*mine)
        except Exception as error:
            return Behaviour(raised=type(error).__name__, message=str(error))
    return Behaviour(
        value=value, mutated=changed(args, mine), warned=tuple(str(w.message) for w in caught)
    )


def changed(before: tuple[Any, ...], after: tuple[Any, ...]) -> tuple[int, ...]:
    """Positions at which *after* no longer holds what *before* holds."""
    return tuple(
        i
        for i, (b, a) in enumerate(zip(before, after, strict=True))
        if fingerprint(b) != fingerprint(a)
    )


def are_floats(items: Any) -> bool:
    """Are they nothing but plain numbers, of which there may be very many, that need no look one by one?"""
    return set(map(type, items)) == {float}


def fingerprint(value: Any) -> Any:
    """Equal for equal inputs, NaN included; hashable."""
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, list | tuple) and are_floats(value):
        return (type(value).__name__, struct.pack(f"{len(value)}d", *value))
    if isinstance(value, list | tuple):
        return (type(value).__name__, *map(fingerprint, value))
    if isinstance(value, dict):
        return ("dict", *((key, fingerprint(item)) for key, item in value.items()))
    return (type(value).__name__, repr(value))
