"""What student code may say in numbers where its inputs are not shown: nothing, or two digits.

Between two calls a function can keep what it was called with, and give it away as values, factors or seconds.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from checkgrad.model import Layers, Outcome, ReadAs

DIGITS = 2
# Whole numbers of up to three digits may be a line, a size or a number of samples.
NUMBER = re.compile(r"(?<![\w.])(?:\d+\.\d*(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|\.\d+|\d{4,})(?!\w)")


# How much student code gave, and how it ended, are numbers of its own choice: what was due is told, and no more.
SIZES = (
    (re.compile(r"\bshape \([\d, ]*\), expected\b"), "another shape than the expected"),
    (re.compile(r"\b\d+ (values|layers), expected\b"), r"another number of \1, expected"),
    (re.compile(r": exit status \d+"), ""),
)


def words(text: str) -> str:
    """*text* with every number that is not short and whole rounded to two digits, and no size that is not due."""
    for size, instead in SIZES:
        text = size.sub(instead, text)
    return NUMBER.sub(lambda found: f"{float(found.group()):.{DIGITS}g}", text)


def outcome(given: Outcome) -> Outcome:
    """What is wrong and where, without the numbers that led to it; its example is left to others."""
    return replace(
        given,
        problem=words(given.problem.partition(": got ")[0]),
        note=words(given.note),
        structure=words(given.structure),
        diagnoses=[replace(d, explanation=words(d.explanation)) for d in given.diagnoses],
        evidence=[e for e in given.evidence if isinstance(e, Layers)],
        repairs=[replace(r, got=None, expected=None) for r in given.repairs],
        error=None,
        bound=None,
        seconds=0.0,
    )


def reading(given: ReadAs) -> ReadAs:
    """How a function was understood, with numbers that it chose itself rounded."""
    convention = {key: words(value) for key, value in given.convention.items()}
    return replace(given, convention=convention, note=words(given.note))
