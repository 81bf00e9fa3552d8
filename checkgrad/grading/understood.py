"""A submission under an assignment as it was understood: what answers what, and how it is called."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from checkgrad import assignment as assignments
from checkgrad.assignment import Assignment
from checkgrad.assignment.declared import Declared, declared
from checkgrad.child.inventory import Inventory, TrainingLoop
from checkgrad.conventions.layout import SINGLE
from checkgrad.exercise import Exercise, Kind, Probe
from checkgrad.exercises.mlp import NETWORK
from checkgrad.grading import loop_questions, unjudged
from checkgrad.grading.interview import Interview, OurTimeIsUp, OutOfTime
from checkgrad.judging import (
    demands,
    exam,
)
from checkgrad.model import (
    Place,
)
from checkgrad.networks.candidates import (
    NetworkCandidate,
    NetworkReading,
    network_candidates,
    read_networks,
)
from checkgrad.networks.usage import Usage
from checkgrad.reading import (
    Candidate,
    Reading,
    candidates,
    read,
)
from checkgrad.reading.another_name import by_another_name
from checkgrad.reading.loops import LoopReading, read_loop
from checkgrad.sandbox import Worker

if TYPE_CHECKING:
    from checkgrad.diagnose.surgery import Surgery


class Understood:
    """One submission under one assignment; everything is worked out once, when it is asked for."""

    def __init__(
        self, path: Path, assignment: Assignment, seed: int = 0, neighbours: bool = False
    ) -> None:
        self.path, self.assignment, self.neighbours = path, assignment, neighbours
        self.seed = exam.seed_for(assignment, seed)
        self._worker: Worker | None = None
        self._interview: Interview | None = None
        self._loops: dict[TrainingLoop, LoopReading] = {}

    def close(self) -> None:
        """End the worker, and with it all that the submission started."""
        if self._worker:
            self._worker.close()
            self._worker = None

    @property
    def worker(self) -> Worker:
        if self._worker is None:
            limits = demands.limits(self.assignment)
            self._worker = Worker(self.path, limits=limits, neighbours=self.neighbours)
        return self._worker

    @property
    def inventory(self) -> Inventory:
        """What the submission defines."""
        return self.worker.inventory

    @property
    def interview(self) -> Interview:
        if self._interview is None:
            time_for_us = self.worker.limits.submission
            discreet = exam.is_secret(self.assignment) or "examples" in self.assignment.withheld
            self._interview = Interview(self.worker, time_for_us, discreet)
        return self._interview

    def told_by(self, function: str) -> str:
        """What a function said while it was asked, for staff."""
        return self._interview.told_by(function) if self._interview else ""

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        return assignments.asked(self.assignment)

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        return candidates(self.inventory, self.exercises, self.assignment.mapping)

    @cached_property
    def declared(self) -> Declared:
        """What the submission says of itself."""
        return declared(self.inventory, assignments.known(self.assignment))

    @cached_property
    def conventions(self) -> dict[str, str]:
        """What the assignment pins, and the submission where the assignment leaves it open."""
        return {**self.declared.conventions, **self.assignment.conventions}

    @cached_property
    def network_candidates(self) -> tuple[NetworkCandidate, ...]:
        if self.assignment.exercises and NETWORK.name not in self.assignment.exercises:
            return ()
        mapping = {**self.declared.mapping, **self.assignment.mapping}
        return network_candidates(self.inventory, mapping.get(NETWORK.name, ""))

    @cached_property
    def loops(self) -> tuple[TrainingLoop, ...]:
        """Training loops beside the networks; where an assignment asks for a network, only if there is no other."""
        asked = self.assignment.exercises
        mapped = NETWORK.name in {**self.declared.mapping, **self.assignment.mapping}
        if asked and (NETWORK.name not in asked or self.network_candidates or mapped):
            return ()
        updates = {c.function for c in self.candidates if c.exercise.kind is Kind.UPDATE}
        functions = [c.function for c in self.candidates]
        loops = self.inventory.loops
        apart = loop_questions.apart(loops, self.network_candidates, functions)
        return tuple(loop for loop in apart if loop.name not in updates)

    def loop_reading(self, loop: TrainingLoop) -> LoopReading:
        """What the turns of a loop show."""
        if loop not in self._loops:
            leave = loop_questions.others(self.inventory.loops, loop)
            found = read_loop(self.interview.ask, loop, leave)
            self._loops[loop] = loop_questions.in_its_own_right(found)
        return self._loops[loop]

    @property
    def readings(self) -> dict[Candidate, Reading]:
        """How each candidate is called; raise OutOfTime or OurTimeIsUp, each time at once, where none was left for that."""
        found = self._readings
        if isinstance(found, OutOfTime | OurTimeIsUp):
            raise type(found)(*found.args)
        return found

    @cached_property
    def _readings(self) -> dict[Candidate, Reading] | OutOfTime | OurTimeIsUp:
        try:
            return self._found()
        except (OutOfTime, OurTimeIsUp) as late:
            return late

    def _found(self) -> dict[Candidate, Reading]:
        written = [c for c in self.candidates if c.recipes and not self.is_stub(c.function)]
        found = read(
            written, self.interview.ask, seed=self.seed, pinned=self.assignment.conventions
        )
        found |= self._laid_out_otherwise(found)
        found |= by_another_name(found, self.is_pinned, self.interview.ask, self.seed)
        if self.conventions == self.assignment.conventions:
            return found
        told = read(written, self.interview.ask, seed=self.seed, pinned=self.conventions)
        # What a submission says of itself cannot make right what is wrong without it.
        return {c: told[c] if found[c].right or not told[c].right else found[c] for c in written}

    def _laid_out_otherwise(self, found: Mapping[Candidate, Reading]) -> dict[Candidate, Reading]:
        """What is right with samples along another axis than the module's own work has them, read as that has them."""
        pinned = self.assignment.conventions
        if "layout" in pinned or not self.inventory.work:
            return {}
        turned = [(c, r.turned) for c, r in found.items() if r.right and r.turned]
        groups: dict[str, list[Candidate]] = {}
        for candidate, other in turned:
            if not self.is_shown(found[candidate]) and self.is_shown(other):
                groups.setdefault(other.way.form.layout, []).append(candidate)
        again: dict[Candidate, Reading] = {}
        for layout, some in groups.items():
            laid_out = {**pinned, "layout": layout}
            again |= read(some, self.interview.ask, seed=self.seed, pinned=laid_out)
        return again

    def read_alone(self, candidate: Candidate) -> Reading:
        """A function as it is read that is handed one sample at a time."""
        pinned = {"layout": SINGLE, **self.assignment.conventions}
        return read([candidate], self.interview.ask, seed=self.seed, pinned=pinned)[candidate]

    def is_shown(self, reading: Reading) -> bool:
        """Does the module's own work call a function as this reading does?"""
        exercise = reading.candidate.exercise
        probes = [(probe, samples_of(probe)) for probe in exercise.probes(self.seed)]
        return any(
            self.usage.shows(reading.request(probe), n, strict="z" in exercise.roles)
            for probe, n in probes
        )

    @cached_property
    def right_elsewhere(self) -> dict[Candidate, Reading]:
        """What is right by conventions that the assignment rules out, as it would be read without it."""
        if not self.assignment.conventions or all(r.right for r in self.readings.values()):
            return {}
        free = read(list(self.readings), self.interview.ask, seed=self.seed)
        return {c: r for c, r in free.items() if r.right and not self.readings[c].right}

    @cached_property
    def usage(self) -> Usage:
        """What the module's own work shows; it is run when that is asked for."""
        return Usage(self.interview.ask, self.inventory.work)

    @cached_property
    def networks(self) -> dict[NetworkCandidate, NetworkReading | str]:
        return read_networks(
            self.network_candidates,
            self.interview.ask,
            seed=self.seed,
            pinned=self.conventions,
            readings=self.readings,
            usage=self.usage,
        )

    def read_loops(self) -> dict[TrainingLoop, LoopReading]:
        """The loops that were looked at."""
        return dict(self._loops)

    def surgery(self, sound: Collection[str] = ()) -> Surgery:
        """What finds repairs; *sound* are the functions that are right by themselves."""
        from checkgrad.diagnose.surgery import Surgery  # only for what is not right

        return Surgery(self.worker, lambda: self.interview.is_over, sound)

    def is_stub(self, function: str) -> bool:
        definition = self.inventory.find(function)
        return definition is not None and definition.stub

    def lacks_a_value(self, function: str) -> bool:
        """Does it return what was left at None?"""
        definition = self.inventory.find(function)
        return definition is not None and bool(definition.unset)

    def unwritten_below(self, roots: list[str]) -> str:
        return unjudged.unwritten_below(self.inventory, roots)

    def mentions(self, function: str) -> set[str]:
        definition = self.inventory.find(function)
        return set(definition.uses) - {function} if definition else set()

    def is_pinned(self, exercise: str) -> bool:
        """Does the assignment ask for it, or it or the submission say what answers it?"""
        said = (self.assignment.exercises, self.assignment.mapping, self.declared.mapping)
        return any(exercise in one for one in said)

    def place(self, function: str) -> Place | None:
        definition = self.inventory.find(function)
        return unjudged.place_of(definition.span) if definition else None


def samples_of(probe: Probe) -> int:
    """The number of rows of the first argument that has any."""
    return next((len(a) for a in probe if isinstance(a, np.ndarray) and a.ndim > 1), -1)
