"""Training loops that are right but for a function that they use: read anew with that one made right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from checkgrad.asking.student import matches_the_formula
from checkgrad.child.inventory import TrainingLoop
from checkgrad.grading import loop_questions
from checkgrad.grading.functions import OnFunctions
from checkgrad.judging import Question, exam
from checkgrad.reading import Candidate
from checkgrad.reading.loops import LoopReading, read_loop

Mended = tuple[Candidate, LoopReading]


class OnMended:
    """Reads loops with a repair in a wrong function that they use, in a worker that is thrown away."""

    def __init__(self, on_functions: OnFunctions) -> None:
        self.on_functions, self.read = on_functions, on_functions.read
        self._found: dict[TrainingLoop, Mended | None] = {}

    def first(self, loops: Sequence[TrainingLoop]) -> Mended | None:
        """The first loop that is right with one function of its own made right, and that function."""
        if exam.is_secret(self.read.assignment) or self.read.interview.is_hurried:
            return None
        for loop in loops:
            if loop not in self._found:
                self._found[loop] = self._read_anew(loop)
            if found := self._found[loop]:
                return found
        return None

    def _read_anew(self, loop: TrainingLoop) -> Mended | None:
        for candidate in self._wrong_in(loop):
            with closing(self.read.surgery()) as surgery:
                operations = surgery.mends(self.read.readings[candidate], self.read.seed)
                if operations is None:
                    continue
                leave = loop_questions.others(self.read.inventory.loops, loop)
                found = read_loop(surgery.theatre.ask, loop, leave, operations)
                if found.verdict == "right":
                    return candidate, found
        return None

    def _wrong_in(self, loop: TrainingLoop) -> Iterator[Candidate]:
        """The functions that a loop uses and that are judged and wrong."""
        for candidate in self.read.readings:
            if candidate.function not in loop.reaches:
                continue
            name = candidate.exercise.name
            asked = Question(name, candidate.function, matches_the_formula.__name__)
            if self.on_functions.answer(asked).outcome.verdict.failed:
                yield candidate
