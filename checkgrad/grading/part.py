"""What the asking of questions hands over to the report; it travels between processes of pytest-xdist."""

from __future__ import annotations

from msgspec import Struct

from checkgrad.judging import Question
from checkgrad.model import Isolation, Outcome, OwnTraining, Place, ReadAs, Submission, TrainingRun


class Reason(Struct, frozen=True):
    """Why something has no verdict: a code of unjudged.WORDS, and what the sentence is about."""

    code: str
    what: str = ""


class Piece(Struct, frozen=True):
    """Code that may compute gradients: where it stands, and the definition that it is, "" for a loop or a script.

    kind, looks_like: as of a child.inventory.Suspect.
    """

    place: Place
    name: str
    kind: str
    looks_like: str
    definition: str = ""
    is_open: bool = False  # it was left as its template


class Header(Struct, frozen=True):
    """What is known of a submission as a whole."""

    submission: Submission
    isolation: Isolation
    questions: list[Question]
    assignment: str | None
    seed: int | None
    pieces: list[Piece] = []


class Part(Struct, frozen=True):
    """An answer with all that the report says about it.

    reason: why there is no verdict. covers: definitions that the outcome says something about.
    concerns: those that it would say something about, if there were a verdict.
    beside: pieces within what was judged, of which the verdict says nothing.
    place: where the code in question stands.
    """

    outcome: Outcome
    reading: ReadAs | None = None
    training: list[TrainingRun] = []
    own_training: list[OwnTraining] = []
    header: Header | None = None
    reason: Reason | None = None
    covers: list[str] = []
    concerns: list[str] = []
    beside: list[str] = []
    place: Place | None = None
