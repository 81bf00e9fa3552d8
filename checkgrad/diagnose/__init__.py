"""Why an answer is wrong: a known mistake that reproduces it, else how it relates to the truth, else silence.

Calls no student code of its own: a Case knows how to ask.
"""

from collections.abc import Callable

from checkgrad.diagnose import mistakes, relations
from checkgrad.diagnose.case import Case
from checkgrad.diagnose.causes import follows_from, stops_in
from checkgrad.diagnose.mistakes import NOTHING, Explained

__all__ = [
    "NOTHING",
    "Case",
    "Explained",
    "at_extremes",
    "explain",
    "follows_from",
    "spoilt_inputs",
    "stops_in",
]


def explain(case: Case) -> Explained:
    """The mistakes that explain every answer, or the words for what holds of every answer."""
    if case.is_right:
        return NOTHING
    return next((found for attempt in ATTEMPTS if any(found := attempt(case))), NOTHING)


def at_extremes(case: Case) -> Explained:
    """The mistakes that show at extreme inputs only; the case's probes are such inputs."""
    return mistakes.alone(case, "extremes")


def spoilt_inputs(case: Case) -> Explained:
    """The mistakes that show in nothing but the inputs they change."""
    return mistakes.alone(case, "inputs") if case.is_right else NOTHING


# What says most comes first.
ATTEMPTS: tuple[Callable[[Case], Explained], ...] = (
    mistakes.alone,
    mistakes.reduced,
    lambda case: Explained([], relations.exact(case)),
    mistakes.beside_a_structure,
    lambda case: Explained([], relations.derived(case)),
    lambda case: Explained([], relations.loose(case)),
)
