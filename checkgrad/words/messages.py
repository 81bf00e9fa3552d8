"""What Python, NumPy and our own worker say where a call does not fit, as codes."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from checkgrad.child.behaviour import Behaviour

REFUSED, FLAT, NO_ARRAY, FOREIGN = "refused", "flat", "no_array", "foreign"
NO_OBJECT = "no_object"
NO_BROADCAST, NO_DICT, TOO_LONG = "no_broadcast", "no_dict", "too_long"
SHAPES = "shapes"


class Message(NamedTuple):
    """A kind of message: the errors that say it, all where there is none; how it reads; one that was seen."""

    errors: tuple[str, ...]
    pattern: str
    example: str


MESSAGES = {
    # The arguments do not fit the parameters.
    REFUSED: Message(
        ("TypeError",),
        r"(?:.*\.)?(\w+)\(\) (?:missing \d+ required|takes .* positional arguments?|got an unexpected)",
        "forward() missing 1 required positional argument: 'y'",
    ),
    # An array has fewer axes than the code takes.
    FLAT: Message(
        ("ValueError", "IndexError"),
        r"not enough values to unpack \(expected [3-9], got [0-2]\)"
        r"|too many indices for array: array is 2-dimensional, but [3-9] were indexed",
        "not enough values to unpack (expected 4, got 2)",
    ),
    # An array lacks what tensors and nodes have: x.data may be the memory of an array.
    NO_ARRAY: Message(
        ("AttributeError", "TypeError"),
        r"'numpy\.\w+' object has no attribute '\w+'|.*'memoryview'",
        "'numpy.ndarray' object has no attribute 'requires_grad'",
    ),
    # None stands for an object of the student's own, which an array could not stand for either.
    NO_OBJECT: Message(
        ("AttributeError",),
        rf"'NoneType' object has no attribute '(?!(?:{'|'.join(dir(np.ndarray))})')(\w+)'",
        "'NoneType' object has no attribute 'backward'",
    ),
    # Code is handed another kind of thing than it is written for, or before something is set.
    FOREIGN: Message(
        (),
        r"'(numpy\.\w+|float|int|list|tuple|dict|str|NoneType|memoryview|\w+)' object "
        r"(has no attribute|is not|does not support)"
        r"|.*'(NoneType|memoryview|dict|str)'"
        r"|(not enough|too many) values to unpack|too many indices for array"
        r"|(arrays used as indices|only integers, slices)"
        r"|invalid literal for int|.*takes? .* positional arguments? but|.*missing \d+ required"
        r"|.*(is|are) not available here",
        "unsupported operand type(s) for *: 'NoneType' and 'float'",
    ),
    # Two arrays do not fit together.
    NO_BROADCAST: Message(
        ("ValueError",),
        r"(?s:.*)broadcast",
        "operands could not be broadcast together with shapes (3,4) (5,)",
    ),
    # The shapes of arrays do not fit what is done with them.
    SHAPES: Message(
        (),
        r"(?s:.*)(broadcast|not aligned|mismatch in its core dimension|out of bounds for array|boolean index|shape)",
        "shapes (4,7) and (4,7) not aligned: 7 (dim 1) != 4 (dim 0)",
    ),
    # An object has slots and no dict of attributes.
    NO_DICT: Message(
        ("AttributeError",),
        r"(?s:.*)__dict__",
        "'Layer' object has no attribute '__dict__'",
    ),
    # Our worker says it of what is too long to be sent.
    TOO_LONG: Message((), r"(?s:.*)a value of more than", "a value of more than 4096 kB"),
}
PATTERNS = {code: re.compile(message.pattern) for code, message in MESSAGES.items()}
UNKNOWN_NAME = re.compile(r"NameError: name '(\w+)' is not defined|NotHere: (\w+) has no value")


def says(message: str, code: str) -> bool:
    """Is a message of this kind, whatever raised it?"""
    return PATTERNS[code].match(message) is not None


def heard(answer: Behaviour, code: str) -> re.Match[str] | None:
    """The message of an answer, if it is of this kind."""
    errors = MESSAGES[code].errors
    fits = not errors or answer.raised in errors
    return PATTERNS[code].match(answer.message) if fits else None
