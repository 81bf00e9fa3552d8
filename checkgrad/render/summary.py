"""What a reader wants to know first: parts of the homework, their worst verdict, the one thing to fix first."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from checkgrad.model import (
    Asked,
    NotJudged,
    Outcome,
    Repair,
    Report,
    Verdict,
)
from checkgrad.render import coarse

WORDS = {
    Verdict.PASSED: "right",
    Verdict.ADVICE: "right, with advice",
    Verdict.NOT_RUN: "not asked",
    Verdict.NOT_JUDGED: "not judged",
    Verdict.GRADER_FAULT: "not judged, our fault",
    Verdict.WRONG: "not right",
    Verdict.CRASHED: "stopped with an error",
    Verdict.OVER_LIMIT: "over the limit",
    Verdict.MISSING: "not found",
}
WORST_FIRST = (
    Verdict.CRASHED,
    Verdict.OVER_LIMIT,
    Verdict.WRONG,
    Verdict.MISSING,
    Verdict.GRADER_FAULT,
    Verdict.NOT_JUDGED,
    Verdict.ADVICE,
    Verdict.PASSED,
    Verdict.NOT_RUN,
)
NOT_JUDGED = (Verdict.NOT_RUN, Verdict.NOT_JUDGED, Verdict.GRADER_FAULT)
WHOLE_FILE = "submission"
# a problem whose first word is a verb lacks its subject
PREDICATE = re.compile(r"([a-z]+(s|ed)|did|had|gave|took|could)\b(?!:)")
BEFORE_IT_LOADS = "Nothing else can be checked before the file loads."
STARTS_WITH_A_NAME = re.compile(r"\w*[_.\d(]")
MEMBER = re.compile(r"value (\d) (.*)", re.DOTALL)
BLOCKS = re.compile(r"wrong in (.*?)(?:; ([^:]*) right)?: (.*)", re.DOTALL)
ORDINALS = ("first", "second", "third")
PROGRESS = ("fixed", "still there", "new")


@dataclass(frozen=True)
class ExerciseSummary:
    """All that was found out about one exercise."""

    name: str
    asked: Asked | None
    outcomes: list[Outcome]

    @property
    def title(self) -> str:
        if self.name == WHOLE_FILE:
            return "the file itself"
        return self.asked.title if self.asked and self.asked.title else spoken(self.name)

    @property
    def verdict(self) -> Verdict:
        """The worst of its verdicts."""
        return min((o.verdict for o in self.outcomes), key=WORST_FIRST.index)

    @property
    def functions(self) -> list[str]:
        if self.name == WHOLE_FILE:
            return []
        return list(dict.fromkeys(o.function for o in self.outcomes if o.function))

    @property
    def points(self) -> tuple[float, float]:
        """What was earned, of how much."""
        counted = [o for o in self.outcomes if o.maximum is not None]
        return sum(o.points or 0.0 for o in counted), sum(o.maximum or 0.0 for o in counted)

    @property
    def findings(self) -> list[Outcome]:
        """What there is to say: failures in the order of the checks, then advice, then our own faults."""
        ranks = {Verdict.ADVICE: 1, Verdict.GRADER_FAULT: 2}
        found = [o for o in self.outcomes if o.verdict.failed or o.verdict in ranks]
        return sorted(found, key=lambda o: ranks.get(o.verdict, 0))

    def repeats(self, outcome: Outcome) -> bool:
        """Was the same said of an earlier finding: its cause, or the very problem?"""
        first = self.findings[0]
        same_cause = outcome.diagnoses == first.diagnoses != []
        earlier = self.findings[: self.findings.index(outcome)]
        return bool(earlier) and (same_cause or outcome.problem in {o.problem for o in earlier})

    @property
    def remark(self) -> str:
        """What a right part is right under: the first remark on it."""
        return next((o.note for o in self.outcomes if o.note), "")

    @property
    def others(self) -> list[Outcome]:
        """What is right or was not asked."""
        return [o for o in self.outcomes if o.verdict in (Verdict.PASSED, Verdict.NOT_RUN)]


@dataclass(frozen=True)
class First:
    """The one thing to fix first, and why it is that one."""

    outcome: Outcome
    part: ExerciseSummary
    reason: str


def spoken(name: str) -> str:
    """A name as words: "matches_the_formula" is "matches the formula"."""
    return re.sub(r"\bxor\b", "XOR", name.replace("_", " ").strip())


def titled(text: str) -> str:
    """A heading: a capital at its beginning, unless it is a name."""
    return text if STARTS_WITH_A_NAME.match(text) else text[:1].upper() + text[1:]


def stated(text: str) -> str:
    """A remark as a sentence: a capital at its beginning, a full stop at its end."""
    text = text.strip()
    begun = titled(text)
    return begun if begun.endswith((".", "?", "!", ":")) or not begun else f"{begun}."


def named(part: ExerciseSummary, outcome: Outcome) -> str:
    """What the student calls it: the function, or the file."""
    return part.title if part.name == WHOLE_FILE else outcome.function or part.name


def sentence(outcome: Outcome) -> str:
    """The problem with its subject in front, where it has none."""
    problem, name = outcome.problem, outcome.function
    if not problem:
        return WORDS[outcome.verdict]
    if not name or problem.startswith(name) or not problem[0].islower():
        return problem
    if (member := MEMBER.match(problem)) and int(member[1]) < len(ORDINALS):
        return f"The {ORDINALS[int(member[1])]} result of {name} {member[2]}"
    if blocks := BLOCKS.match(problem):
        return _wrong_blocks(name, *blocks.groups(""))
    is_predicate = PREDICATE.match(problem)
    if name == WHOLE_FILE:
        return f"The file {problem}" if is_predicate else problem
    return f"{name} {problem}" if is_predicate else f"{name}: {problem}"


def _wrong_blocks(name: str, wrong: str, right: str, first: str) -> str:
    kept = f" Right: {right}." if right else ""
    return f"{name} gives wrong gradients: {wrong}.{kept} The first: {first}"


def visible(report: Report) -> Report:
    """*report* without what a student is not to see."""
    return replace(report, outcomes=[o for o in report.outcomes if o.visibility == "visible"])


def for_students(report: Report) -> Report:
    """*report* without the examples and the hints that are withheld from students, and what is for staff alone.

    Where inputs are secret, no numbers of the student's code are told either: they could hold what it was called with.
    """
    if report.seed is None or "examples" in report.withheld:
        report = _without_numbers(report)
    if not report.withheld and not any(outcome.staff for outcome in report.outcomes):
        return report
    outcomes = [
        replace(withheld(outcome, report.withheld), staff="") for outcome in report.outcomes
    ]
    return replace(report, outcomes=outcomes)


def _without_numbers(report: Report) -> Report:
    return replace(
        report,
        outcomes=[coarse.outcome(outcome) for outcome in report.outcomes],
        readings=[coarse.reading(reading) for reading in report.readings],
        not_judged=[replace(n, reason=coarse.words(n.reason)) for n in report.not_judged],
        training=[],
        own_training=[],
    )


def withheld(outcome: Outcome, kinds: Collection[str]) -> Outcome:
    """*outcome* without its example, or without what is said of the mistake."""
    if "examples" in kinds:
        outcome = replace(coarse.outcome(outcome), example=None)
    if "hints" in kinds:
        outcome = replace(outcome, diagnoses=[], structure="", repairs=[])
    return outcome


def as_shown(outcome: Outcome, kinds: Collection[str]) -> Outcome:
    """*outcome* as a student may see it."""
    return withheld(outcome, kinds) if outcome.visibility == "visible" else _veil(outcome)


def veiled(report: Report) -> list[Outcome]:
    """The outcomes, with nothing left of a hidden one but verdict and points."""
    return [o if o.visibility == "visible" else _veil(o) for o in report.outcomes]


def parts(report: Report) -> list[ExerciseSummary]:
    """The parts of *report*, in the order of its outcomes."""
    asked = {exercise.name: exercise for exercise in report.exercises}
    groups: dict[str, list[Outcome]] = {}
    for outcome in report.outcomes:
        groups.setdefault(outcome.exercise, []).append(outcome)
    return [ExerciseSummary(name, asked.get(name), outcomes) for name, outcomes in groups.items()]


def decided(report: Report) -> list[str]:
    """What staff decided about points, a sentence each."""
    return [
        f"{spoken(d.exercise) or 'all'}: {d.points:g} instead of {d.instead_of:g} points, "
        f"decided by {d.author}: {d.reason}"
        for d in report.decisions
    ]


def awarded(report: Report) -> dict[str, float]:
    """The points of every exercise, as staff decided where they did."""
    earned = {part.name: part.points[0] for part in parts(report) if part.name != WHOLE_FILE}
    return earned | {d.exercise: d.points for d in report.decisions if d.exercise in earned}


def first_to_fix(report: Report) -> First | None:
    """Choose what to fix first: the file itself, then what most other failures follow from."""
    failed = [o for o in report.outcomes if o.verdict.failed]
    roots = [o for o in failed if not o.follows_from] or failed
    if not roots:
        return None
    first = min(roots, key=lambda o: _urgency(o, failed))
    part = next(p for p in parts(report) if p.name == first.exercise)
    return First(first, part, _reason(first, failed))


def counts(report: Report) -> tuple[int, int]:
    """How many checks are right, of how many that were judged."""
    return counted(report.outcomes)


def counted(outcomes: Iterable[Outcome]) -> tuple[int, int]:
    """How many of *outcomes* are right, of how many that were judged."""
    judged = [o for o in outcomes if o.verdict not in NOT_JUDGED]
    return sum(not o.verdict.failed for o in judged), len(judged)


def tally(report: Report) -> str:
    """The counts in words: "12 of 12 checks right", or "7 right, 1 wrong, 2 not judged"."""
    right, judged = counts(report)
    unjudged = len(report.not_judged)
    if right == judged and not unjudged:
        return (
            f"{right} of {judged} {plural(judged, 'check')} right" if judged else "nothing checked"
        )
    missing = sum(o.verdict == Verdict.MISSING for o in report.outcomes)
    wrong = judged - right - missing
    kinds = {"right": right, "wrong": wrong, "missing": missing, "not judged": unjudged}
    return ", ".join(f"{number} {kind}" for kind, number in kinds.items() if number)


def at(repair: Repair) -> str:
    """Where an expression stands: "line 31", "cell 3, line 2"."""
    place = repair.place
    line = place.line - place.before
    return f"cell {place.cell}, line {line}" if place.cell else f"line {line}"


def told(repair: Repair) -> str:
    """The repair, as a sentence that says where."""
    return repair.words[:1].upper() + repair.words[1:] + "."


def located(one: NotJudged) -> str:
    """Where it stands, unless its name says so: "lines 20 to 31", "cell 3, line 2"."""
    place = one.place
    several = place.end_line > place.line
    first, last = place.line - place.before, place.end_line - place.before
    lines = f"lines {first} to {last}" if several else f"line {first}"
    return f"cell {place.cell}, {lines}" if place.cell else lines


def alike(not_judged: Iterable[NotJudged]) -> list[tuple[str, list[NotJudged]]]:
    """Those of which the same is to be said, together, by what is said."""
    found: dict[str, list[NotJudged]] = {}
    for one in not_judged:
        found.setdefault(one.reason, []).append(one)
    return list(found.items())


def plainly(one: NotJudged) -> str:
    """A line that says all of *one*, with its name."""
    return f"{one.name}: {unjudged(one)}"


def unjudged(one: NotJudged) -> str:
    """All that is to be said of *one*, in a sentence without its name."""
    return f"{located(one)}, looks like {one.looks_like}; {one.reason}"


def score(report: Report) -> tuple[float, float]:
    """Points and their maximum; without an assignment every check counts one."""
    if report.score is not None and report.maximum is not None:
        return report.score, report.maximum
    right, judged = counts(report)
    return float(right), float(judged)


def headline(report: Report) -> str:
    """The result in a few words."""
    if report.score is None:
        return tally(report)
    return f"{report.score:g} of {report.maximum or 0:g} points, {tally(report)}"


def progress(report: Report) -> str:
    """What changed since the last run, "" where there was none."""
    kinds = [(kind, sum(o.since == kind for o in report.outcomes)) for kind in PROGRESS]
    changed = ", ".join(f"{number} {kind}" for kind, number in kinds if number)
    return f"Since the last run: {changed}." if changed else ""


def plural(number: int, noun: str) -> str:
    return noun if number == 1 else noun + "s"


def listed(names: Iterable[str], most: int = 4) -> str:
    """Names in a row; too many end in their number."""
    every = list(names)
    rest = len(every) - most
    return ", ".join(every[:most]) + (f" and {rest} more" if rest > 0 else "")


def _urgency(outcome: Outcome, failed: list[Outcome]) -> tuple[bool, int, bool]:
    return (
        outcome.exercise != WHOLE_FILE,
        -len(_followers(outcome, failed)),
        outcome.verdict == Verdict.MISSING,
    )


def _followers(outcome: Outcome, failed: list[Outcome]) -> list[str]:
    found = (o.exercise for o in failed if o.follows_from == outcome.exercise)
    return list(dict.fromkeys(name for name in found if name != outcome.exercise))


def _reason(outcome: Outcome, failed: list[Outcome]) -> str:
    if outcome.exercise == WHOLE_FILE:
        missing = outcome.verdict == Verdict.MISSING
        return "There is nothing else to check." if missing else BEFORE_IT_LOADS
    if followers := _followers(outcome, failed):
        return f"What is wrong in {listed(followers)} follows from it."
    others = {o.exercise for o in failed} - {outcome.exercise}
    if not others:
        return "It is the only part that is not right."
    return f"It is the most basic of the {len(others) + 1} parts that are not right."


def _veil(outcome: Outcome) -> Outcome:
    return Outcome(
        "hidden",
        "",
        "hidden",
        outcome.verdict,
        outcome.points,
        outcome.maximum,
        visibility=outcome.visibility,
    )
