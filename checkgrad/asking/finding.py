"""What a question about a network comes to, and why one is not asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from checkgrad.asking.truth import StudentNetwork
from checkgrad.child.behaviour import Behaviour
from checkgrad.compare import Difference
from checkgrad.exercises.manners import Manner
from checkgrad.model import Diagnosis, Evidence, Example, TrainingRun, Verdict

# Why a question is not asked: codes.
NO_HIDDEN_LAYER, NO_REFERENCE, OTHER_SIZES = "no_hidden_layer", "no_reference", "other_sizes"
NO_ANSWER, NO_SIZES, HEEDLESS = "no_answer", "no_sizes", "heedless"


class Finding(NamedTuple):
    """What a question about a network came to; *unasked*: why it was not asked, *code*: what it is, as codes."""

    verdict: Verdict = Verdict.PASSED
    problem: str = ""
    note: str = ""
    difference: Difference | None = None
    behaviour: Behaviour = Behaviour()
    diagnoses: tuple[Diagnosis, ...] = ()
    structure: str = ""
    follows_from: str = ""
    evidence: tuple[Evidence, ...] = ()
    training: tuple[TrainingRun, ...] = ()
    example: Example | None = None
    unasked: str = ""
    code: str = ""


@dataclass(frozen=True)
class NetworkCheck:
    """A question about a network; earns as in checks.Check."""

    ask: Callable[[StudentNetwork], Finding]
    earns: bool = False

    @property
    def name(self) -> str:
        return self.ask.__name__


def told(manner: Manner, verdict: Verdict) -> dict[str, Any]:
    """A mistake in manners as the fields of a finding."""
    problem = manner.explanation[:1].lower() + manner.explanation[1:].rstrip(".")
    return {"verdict": verdict, "problem": problem, "diagnoses": (Diagnosis(*manner),)}


def no_value(behaviour: Behaviour) -> Finding:
    return Finding(Verdict.CRASHED, behaviour=behaviour)


def unasked(code: str) -> Finding:
    return Finding(Verdict.NOT_JUDGED, unasked=code)


def ran(network: StudentNetwork) -> bool:
    """Did it give an answer at all? What never ran is never right."""
    return any(answer.returned for answer in network.answers)
