"""Records -> what a class as a whole tells: how it did, who made which mistake, what staff should look at."""

from __future__ import annotations

from collections import Counter, defaultdict

from msgspec import Struct, json, to_builtins

from checkgrad.batch.grades import OURS, state
from checkgrad.batch.record import Record, Submitter
from checkgrad.grading import FOR_REVIEW
from checkgrad.model import Asked, Diagnosis, Example, Outcome, Verdict
from checkgrad.render import summary

BINS = 10
DIGITS = 6  # significant ones by which two answers are the same


class SharedMistake(Struct):
    """One behaviour on one exercise, and who showed it."""

    exercise: str
    title: str
    outcome: Outcome  # of the first who made it
    students: list[Submitter]

    @property
    def diagnoses(self) -> list[Diagnosis]:
        return self.outcome.diagnoses

    @property
    def example(self) -> Example | None:
        return self.outcome.example


class Rate(Struct):
    """How an exercise went: students by what became of it."""

    name: str
    title: str
    asked: Asked | None
    right: int = 0
    failed: int = 0
    following: int = 0  # failed, and only because something else did

    @property
    def judged(self) -> int:
        return self.right + self.failed

    @property
    def share(self) -> float:
        """The part that is right."""
        return self.right / self.judged if self.judged else 1.0


class Lesson(Struct):
    """An exercise to teach again, and the mistakes that are made there, the most frequent first."""

    rate: Rate
    mistakes: list[SharedMistake]
    carried: int  # failures elsewhere that follow from it


class Overview:
    """Gathers one record at a time and keeps little of each."""

    def __init__(self) -> None:
        self.students: list[tuple[Submitter, str, float]] = []  # state, part of what could be had
        self.assignment = ""
        self.maximum: float | None = None
        self.to_review: list[tuple[Submitter, str]] = []
        self._rates: dict[str, Rate] = {}
        self._mistakes: dict[bytes, SharedMistake] = {}
        self._carried: Counter[str] = Counter()

    def add(self, record: Record) -> None:
        """Take in what one student's report tells."""
        report, student = record.report, record.student
        self.assignment, self.maximum = report.assignment or "", report.maximum
        how = state(report)
        got, most = summary.score(report)
        self.students.append((student, how, got / most if most else 0.0))
        if how != "graded":
            first = next(o for o in report.outcomes if o.problem)
            self.to_review.append((student, f"{how}: {summary.sentence(first)}"))
        if report.maximum is None and report.not_judged:
            # With an assignment it is what nobody asked for.
            names = summary.listed(one.name for one in report.not_judged)
            self.to_review.append((student, f"{len(report.not_judged)} not judged: {names}"))
        if late := [o for o in report.outcomes if o.maximum and o.verdict is Verdict.NOT_JUDGED]:
            told = f"{len(late)} checks that earn points have no verdict: {late[0].problem}"
            self.to_review.append((student, told))
        if any(FOR_REVIEW in o.note for o in report.outcomes):
            self.to_review.append((student, "right on the inputs of all, not on inputs of its own"))
        for part in summary.parts(report):
            if part.name != summary.WHOLE_FILE:
                self._take(part, student)

    @property
    def rates(self) -> list[Rate]:
        """Every exercise, the least often right first."""
        return sorted(self._rates.values(), key=lambda rate: rate.share)

    @property
    def mistakes(self) -> list[SharedMistake]:
        """Every mistake, the most frequent first."""
        return sorted(self._mistakes.values(), key=lambda m: -len(m.students))

    @property
    def unnamed(self) -> list[SharedMistake]:
        """The mistakes that no known one explains."""
        return [m for m in self.mistakes if not m.diagnoses and m.outcome.verdict == Verdict.WRONG]

    @property
    def hard(self) -> list[Rate]:
        """The exercises that more than half fail: the exercise may be at fault rather than they."""
        return [rate for rate in self.rates if rate.failed > rate.judged / 2]

    @property
    def lessons(self) -> list[Lesson]:
        """Where most failures begin, first."""
        by_exercise = defaultdict[str, list[SharedMistake]](list)
        for mistake in self.mistakes:
            by_exercise[mistake.exercise].append(mistake)
        lessons = [
            Lesson(self._rates[name], mistakes, self._carried[name])
            for name, mistakes in by_exercise.items()
        ]
        return sorted(lessons, key=lambda one: -_begun(one))

    @property
    def bins(self) -> list[tuple[str, int]]:
        """How many students got how much, in tenths of what could be had; the last holds all of it too."""
        counts = Counter(
            min(int(share * BINS + 1e-9), BINS - 1)
            for _, how, share in self.students
            if how != OURS
        )
        width = 100 // BINS
        return [(f"{i * width} to {(i + 1) * width} %", counts[i]) for i in range(BINS)]

    @property
    def middle(self) -> str | None:
        """The median of the scores, in words; None if nobody was judged."""
        shares = sorted(share for _, how, share in self.students if how != OURS)
        if not shares:
            return None
        share = shares[len(shares) // 2]
        if self.maximum is None:
            return f"{round(100 * share)} % of the checks right"
        return f"{share * self.maximum:.3g} of {self.maximum:g} points"

    def _take(self, part: summary.ExerciseSummary, student: Submitter) -> None:
        rate = self._rates.setdefault(part.name, Rate(part.name, part.title, part.asked))
        failed = [o for o in part.findings if o.verdict.failed]
        if not failed:
            rate.right += any(o.verdict not in summary.NOT_JUDGED for o in part.outcomes)
            return
        rate.failed += 1
        causes = {o.follows_from for o in failed} - {"", part.name}
        self._carried.update(causes)
        roots = [o for o in failed if o.follows_from in ("", part.name)]
        if not roots:
            rate.following += 1
            return
        first = max(roots, key=lambda o: bool(o.diagnoses))
        key = _behaviour(part.name, first)
        kept = SharedMistake(part.name, part.title, _slim(first), [])
        self._mistakes.setdefault(key, kept).students.append(student)


def _begun(lesson: Lesson) -> int:
    """How many failures begin with an exercise."""
    return lesson.rate.failed - lesson.rate.following + lesson.carried


def _behaviour(exercise: str, outcome: Outcome) -> bytes:
    """Equal for outcomes that are the same mistake as far as can be told: its name, or what came out."""
    if outcome.diagnoses:
        return json.encode([exercise, sorted(d.name for d in outcome.diagnoses)])
    told = outcome.problem.replace(outcome.function, "")
    if outcome.verdict != Verdict.WRONG:
        return json.encode([exercise, outcome.verdict, told])
    if outcome.structure:
        return json.encode([exercise, outcome.check, outcome.structure])
    example = outcome.example
    seen = [example.arguments, example.got] if example else told
    return json.encode([exercise, outcome.check, _rounded(to_builtins(seen))])


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return value


def _slim(outcome: Outcome) -> Outcome:
    """An outcome with what the page of the class shows of it."""
    return Outcome(
        outcome.exercise,
        outcome.function,
        outcome.check,
        outcome.verdict,
        problem=outcome.problem,
        diagnoses=outcome.diagnoses,
        structure=outcome.structure,
        example=outcome.example,
    )
