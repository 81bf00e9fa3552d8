"""What pytest collects of a submission: one item a question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from checkgrad.grading import Grader
    from checkgrad.grading.part import Part
    from checkgrad.judging import Question


class Submitted(pytest.Collector):
    """A submission: never imported here, only its path is used."""

    grader_of: Callable[[Path], Grader]
    target: Path
    grader: Grader

    def collect(self) -> Iterator[pytest.Collector]:
        from checkgrad.grading import LOADS
        from checkgrad.judging import Question
        from checkgrad.sandbox import GraderFault
        from checkgrad.targets import BadTarget

        self.grader = self.grader_of(self.target)
        try:
            questions = self.grader.questions
        except (BadTarget, GraderFault):  # the item that asks whether it loads will say why
            questions = (Question("submission", "submission", LOADS),)
        for name, group in _grouped(questions).items():
            yield Exercise.from_parent(
                self, name=name, questions=group, grader=self.grader, target=self.target
            )


class SubmissionFile(Submitted, pytest.File):
    def __init__(self, *, grader_of: Callable[[Path], Grader], target: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.grader_of, self.target = grader_of, target


class SubmissionFolder(Submitted, pytest.Directory):
    def __init__(self, *, grader_of: Callable[[Path], Grader], target: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.grader_of, self.target = grader_of, target


def _grouped(questions: tuple[Question, ...]) -> dict[str, list[Question]]:
    """Questions by exercise; the function is named where it differs from the exercise."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        same = question.exercise == question.function
        name = question.exercise if same else f"{question.exercise}[{question.function}]"
        groups.setdefault(name, []).append(question)
    return groups


class Exercise(pytest.Collector):
    def __init__(
        self, *, questions: list[Question], grader: Grader, target: Path, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.questions, self.grader, self.target = questions, grader, target

    def collect(self) -> Iterator[pytest.Item]:
        for question in self.questions:
            yield CheckItem.from_parent(
                self,
                name=question.check,
                question=question,
                grader=self.grader,
                target=self.target,
            )


class CheckFailed(Exception):
    """Carries what to print to repr_failure."""


class Lost(pytest.Item):
    """Stands for targets of which nothing was collected; the run ends as a fault of ours."""

    def __init__(self, *, lost: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lost = lost

    def runtest(self) -> None:
        raise CheckFailed(f"{self.lost} was to be checked, and something else collected it")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        return str(excinfo.value)


class CheckItem(pytest.Item):
    """One question."""

    def __init__(self, *, question: Question, grader: Grader, target: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.question, self.grader, self.target = question, grader, target
        self.part: Part | None = None

    def runtest(self) -> None:
        from msgspec.structs import replace

        from checkgrad.render.summary import as_shown
        from checkgrad.render.terminal import failure
        from checkgrad.sandbox import GraderFault

        part = self.grader.ask(self.question)
        self.part = part
        if not self.grader.introduced:  # once for each process: it lists every question
            with suppress(GraderFault):  # without a worker there is nothing to tell
                self.part = replace(part, header=self.grader.header())
                self.grader.introduced = True
        if part.outcome.verdict.failed or part.outcome.verdict == "grader_fault":
            shown = as_shown(part.outcome, self.grader.assignment.withheld)
            raise CheckFailed(failure(shown))
        if part.outcome.verdict == "not_judged":
            pytest.skip(self.why)

    @property
    def why(self) -> str:
        """Why there is no verdict."""
        from checkgrad.render.summary import sentence

        return sentence(self.part.outcome) if self.part else ""

    @property
    def line(self) -> int | None:
        """Where the code in question stands."""
        return self.part.place.line if self.part and self.part.place else None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, None, str]:
        question = self.question
        return self.path, None, f"{question.function}: {question.check.replace('_', ' ')}"
