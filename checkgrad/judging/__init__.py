"""The room in which it is decided: from what a check saw to a verdict, and whether that may be said aloud."""

from checkgrad.judging.corroboration import Beside, has_right_blocks
from checkgrad.judging.question import Question, bare_outcome
from checkgrad.judging.settled import following, settled, settled_network
from checkgrad.judging.verdict import (
    as_case,
    judge,
    judge_network,
    plainly_wrong,
    wrong,
)

__all__ = [
    "Beside",
    "Question",
    "as_case",
    "bare_outcome",
    "following",
    "has_right_blocks",
    "judge",
    "judge_network",
    "plainly_wrong",
    "settled",
    "settled_network",
    "wrong",
]
