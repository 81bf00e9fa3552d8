"""A Reading: the way of asking that was chosen, and what it says of the submission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.request import Request
from checkgrad.conventions import CONVENTIONS
from checkgrad.conventions.layout import COLUMNS, ROWS
from checkgrad.exercise import Exercise, Formula, Probe
from checkgrad.reading.exchange import read_back, request
from checkgrad.reading.recipe import Candidate
from checkgrad.reading.way import Way, insensitive, unusual_order


@dataclass(frozen=True)
class Reading:
    """How a function was understood.

    convention: what differs from the canonical way, "layout" -> "columns"; note: the same in words.
    formula: the right formula under this reading; right: do the values agree with it on the pilot probes?
    obstacle: what kept every way of asking from the code itself, "" where one got there.
    outvoted: the reading under which it is right, where the rest of the module rules that out.
    instead: the other exercise that it is right as, and so is what stands beside it.
    unwritten: it gives nothing, or back what it was given. narrow: right for one sample at a time, not for a batch.
    """

    candidate: Candidate
    way: Way
    convention: dict[str, str]
    note: str
    formula: Formula
    right: bool
    binary: bool = field(default=False, compare=False)
    obstacle: str = field(default="", compare=False)
    unwritten: bool = field(default=False, compare=False)
    narrow: bool = field(default=False, compare=False)
    outvoted: Reading | None = field(default=None, compare=False)
    instead: str = field(default="", compare=False)

    @property
    def reached(self) -> bool:
        """Did any way of asking get as far as the code itself?"""
        return not self.obstacle

    @property
    def turned(self) -> Reading | None:
        """The same with the samples along the other axis; None where these are all the same to it."""
        form = self.way.form
        telling = len(self.candidate.exercise.roles) > 1 or not insensitive(
            self.candidate.exercise, self.candidate.exercise.probes()
        )
        if self.binary or form.layout not in (ROWS, COLUMNS) or not telling:
            return None
        layout = COLUMNS if form.layout == ROWS else ROWS
        return replace(self, way=replace(self.way, form=replace(form, layout=layout)))

    def request(self, probe: Probe) -> Request:
        """What to ask the worker for a canonical probe."""
        return request(self.candidate, self.way, probe, self.binary)

    def read(self, probe: Probe, behaviour: Behaviour) -> Behaviour:
        """The answer, its value brought to the canonical layout."""
        with np.errstate(all="ignore"):
            expected = self.formula(*probe)
        return read_back(self.candidate, self.way, behaviour, expected)


def convention(exercise: Exercise, way: Way, variant: Mapping[str, str]) -> dict[str, str]:
    """What the reading says: the calling, the form, the variant, and an unusual order of the arguments."""
    called = way.calling.convention if way.calling else {}
    order = unusual_order(exercise, way)
    found = {**called, **way.form.convention, **variant}
    return found | ({"order": order} if order else {})


def in_words(found: Mapping[str, str]) -> str:
    """A convention in plain words: "labels as integers, samples in columns"."""
    return ", ".join(CONVENTIONS[key].in_words(value) for key, value in found.items())
