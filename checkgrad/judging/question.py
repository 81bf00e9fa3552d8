"""One check of one function, and its bare outcome."""

from __future__ import annotations

from msgspec import Struct

from checkgrad.model import Outcome, Verdict


class Question(Struct, frozen=True):
    """One check of one function: what a pytest item stands for."""

    exercise: str
    function: str
    check: str


def bare_outcome(question: Question, verdict: Verdict, problem: str = "") -> Outcome:
    """An outcome with nothing but its verdict and a sentence."""
    return Outcome(question.exercise, question.function, question.check, verdict, problem=problem)
