"""The report in a terminal: a summary of a page at most, and what one failure looks like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from checkgrad.model import Example, NotJudged, Outcome, Report, Verdict
from checkgrad.render.numbers import ArrayLine, clean, clipped, lines
from checkgrad.render.shield import shielded, wrapped
from checkgrad.render.summary import (
    WHOLE_FILE,
    ExerciseSummary,
    First,
    alike,
    at,
    first_to_fix,
    headline,
    listed,
    located,
    named,
    parts,
    plural,
    progress,
    sentence,
    unjudged,
    visible,
)

MOST_PARTS = 8
MOST_ROWS = 4
MOST_REPAIRS = 2
LONGEST = 2000  # characters of a message; an exception's can be endless
LABELS = {
    Verdict.WRONG: "not right",
    Verdict.CRASHED: "error",
    Verdict.OVER_LIMIT: "over limit",
    Verdict.MISSING: "missing",
    Verdict.ADVICE: "advice",
    Verdict.GRADER_FAULT: "our fault",
    Verdict.NOT_JUDGED: "not judged",
}
BOLD, RED, YELLOW, GREEN = "1", "31;1", "33;1", "32;1"


def render(report: Report) -> str:
    """Return the summary of *report* as plain text."""
    return summary(report, 100, colour=False)


def summary(report: Report, width: int = 80, colour: bool = True) -> str:
    """Return the result in fewer than 25 lines: what to fix first and why, then a line for each part."""
    shown = visible(report)
    text = shielded("\n".join(_summary(report, shown, max(40, width))))
    return (text if colour else _without_colour(text)) + "\n"


def failure(outcome: Outcome, width: int = 88) -> str:
    """Return what is to be said of one *outcome*: the problem, an example, its cause, the student's own lines."""
    return shielded(_without_colour("\n".join(_failure(outcome, width))))


def _summary(report: Report, shown: Report, width: int) -> Iterator[str]:
    first, every = first_to_fix(shown), parts(shown)
    name = _cut(clean(report.submission.name), 50)
    yield from _painted_lines(f"{name}: {headline(shown)}", width, RED if first else GREEN)
    if hidden := len(report.outcomes) - len(shown.outcomes):
        yield f"{hidden} more {plural(hidden, 'check')} not shown here"
    yield from _wrapped(progress(shown), width, indent="")
    if first:
        yield from ("", *_fix_first(first, width))
    yield from _others(every, shown.not_judged, first, width)


def _fix_first(first: First, width: int) -> Iterator[str]:
    outcome = first.outcome
    name = _cut(clean(named(first.part, outcome)), 40)
    yield from _painted_lines(f"Fix this first: {name}. {first.reason}", width, BOLD)
    for repair in outcome.repairs[:1]:
        place = " ".join(clean(f"{at(repair)}: {repair.text}").split())
        yield _painted(_cut(f"  {place}", width), BOLD)
    yield from _wrapped(sentence(outcome), width, most=2)
    if outcome.example:
        yield from _example(outcome.example, width, MOST_ROWS)
    elif outcome.traceback:
        kept = clean(outcome.traceback).rstrip().splitlines()[-MOST_ROWS:]
        yield from (_cut(f"    {line}", width) for line in kept)
    for diagnosis in outcome.diagnoses[:1]:
        yield from _wrapped(diagnosis.explanation, width, most=2)
        yield from _wrapped(f"Hint: {diagnosis.hint}", width, most=2)
    if outcome.repairs and not outcome.diagnoses:
        yield from _wrapped(f"Hint: {outcome.repairs[0].question}", width, most=2)
    for repair in outcome.repairs[:MOST_REPAIRS]:
        yield from _wrapped(f"Repair: {repair.words}", width, most=2)


def _others(
    every: list[ExerciseSummary], not_judged: list[NotJudged], first: First | None, width: int
) -> Iterator[str]:
    started = first.part.name if first else ""
    failed = [p for p in every if p.verdict.failed and p.name != started]
    advised = [p for p in every if p.verdict in (Verdict.ADVICE, Verdict.GRADER_FAULT)]
    right = [clean(name) for p in every if (name := _right_in(p))]
    rest = _part_lines(failed[:MOST_PARTS], width)
    if len(failed) > MOST_PARTS:
        rest.append(f"and {len(failed) - MOST_PARTS} more in the report")
    rest += _not_judged_lines(not_judged, width)
    rest += _part_lines(advised[:MOST_PARTS], width)
    if right:
        rest.append(_labelled_line("right", GREEN, listed(right, len(right)), width, 2))
    yield from ["", *rest] if rest else []


def _right_in(part: ExerciseSummary) -> str:
    """What is right of a part: all of it, or the functions that were judged; "" if nothing is."""
    if part.name == WHOLE_FILE or part.verdict not in (Verdict.PASSED, Verdict.NOT_JUDGED):
        return ""
    right = dict.fromkeys(o.function for o in part.outcomes if o.verdict == Verdict.PASSED)
    if part.verdict == Verdict.PASSED or not right:
        return part.name if right else ""
    return f"{part.name} ({listed(right)})"


def _not_judged_lines(not_judged: list[NotJudged], width: int) -> list[str]:
    """A line for each; those of which the same is to be said share one."""
    groups, lines = alike(not_judged), []
    for reason, members in groups[:MOST_PARTS]:
        if len(members) == 1:
            text = f"{members[0].name} ({unjudged(members[0])})"
        else:
            names = [f"{one.name} ({located(one)})" for one in members]
            text = f"{listed(names, MOST_PARTS)}: {reason}"
        lines.append(_labelled_line(LABELS[Verdict.NOT_JUDGED], YELLOW, clean(text), width, 3))
    if len(groups) > MOST_PARTS:
        lines.append(f"and {len(groups) - MOST_PARTS} more not judged, in the report")
    return lines


def _part_lines(told: list[ExerciseSummary], width: int) -> list[str]:
    """A line for each part; parts of which the same is to be said share one."""
    alike: dict[tuple[Verdict, str], list[ExerciseSummary]] = {}
    for part in told:
        outcome = part.findings[0]
        said = _after_the_name(outcome) or part.name
        alike.setdefault((outcome.verdict, said), []).append(part)
    lines = []
    for (verdict, said), members in alike.items():
        names = [named(part, part.findings[0]) for part in members]
        first = members[0].findings[0]
        alone = _following(first) or sentence(first)
        text = alone if len(names) == 1 else f"{said.strip(': ')}: {listed(names, 12)}"
        tint = RED if verdict.failed else YELLOW
        most = 1 if len(names) == 1 else 2
        lines.append(_labelled_line(LABELS[verdict], tint, clean(text), width, most))
    return lines


def _after_the_name(outcome: Outcome) -> str:
    """What is said of a function behind its name; "" where its name is not what it begins with."""
    if following := _following(outcome):
        return following.removeprefix(outcome.function)
    name, whole = outcome.function, sentence(outcome)
    return whole.removeprefix(name) if name and whole.startswith(name) else ""


def _following(outcome: Outcome) -> str:
    if not outcome.follows_from or outcome.follows_from == outcome.exercise:
        return ""
    return f"{outcome.function} follows from what is wrong in {outcome.follows_from}"


def _labelled_line(label: str, tint: str, text: str, width: int, most: int = 1) -> str:
    if most == 1:
        return _painted(f"{label:<11}", tint) + _cut(text, width - 11)
    pad = " " * 11
    kept = wrapped(text, width - 11, most)
    return _painted(f"{label:<11}", tint) + f"\n{pad}".join(kept)


def _failure(outcome: Outcome, width: int) -> Iterator[str]:
    yield from _wrapped(sentence(outcome), width, indent="")
    if outcome.verdict == Verdict.GRADER_FAULT:
        yield "This is our fault, not yours, and costs you nothing."
    if outcome.example:
        yield ""
        yield from _example(outcome.example, width, 12)
    if outcome.structure:
        yield from ("", *_wrapped(f"Your result is {outcome.structure}.", width, indent=""))
    for diagnosis in outcome.diagnoses:
        yield from ("", *_wrapped(diagnosis.explanation, width, indent=""))
        yield from _wrapped(f"Hint: {diagnosis.hint}", width, indent="")
    if outcome.follows_from and outcome.follows_from != outcome.exercise:
        yield from ("", f"This follows from what is wrong in {clean(outcome.follows_from)}.")
    if outcome.note:
        yield from ("", *_wrapped(outcome.note, width, indent=""))
    ours = outcome.verdict == Verdict.GRADER_FAULT
    yield from _quoted("Where checkgrad stopped:" if ours else "Your code:", outcome.traceback)
    yield from _quoted("It printed:", outcome.printed)


def _quoted(title: str, text: str) -> Iterator[str]:
    if text.strip():
        yield from ("", title)
        yield from (f"  {line}" for line in clean(clipped(text)).splitlines())


def _example(example: Example, width: int, most: int) -> Iterator[str]:
    names = [_cut(clean(name), 20) for name in example.arguments]
    pad = max(map(len, [*names, "expected"])) + 2
    room, where = width - pad - 2, example.where
    blocks = [lines(value, room=room) for value in example.arguments.values()]
    blocks.append(lines(example.got, example.expected, where=where, room=room))
    if example.expected is not None:  # a call that gave no value may owe no certain one
        blocks.append(lines(example.expected, example.got, where=where, room=room))
    for name, block in zip([*names, "got", "expected"], blocks, strict=False):
        yield from _labelled(name, block, pad, width, most)


def _labelled(name: str, block: list[ArrayLine], pad: int, width: int, most: int) -> Iterator[str]:
    for i, line in enumerate(_around_the_mark(block, most)):
        label = "" if i else name
        text = f"  {label:<{pad}}" + line.before + _painted(line.marked, BOLD) + line.after
        yield _cut(text, width)


def _around_the_mark(block: list[ArrayLine], most: int) -> list[ArrayLine]:
    marked = next((i for i, line in enumerate(block) if line.marked), 0)
    start = min(max(0, marked - most // 2), max(0, len(block) - most))
    return block[start : start + most]


def _wrapped(text: str, width: int, indent: str = "  ", most: int = 99) -> Iterable[str]:
    kept = wrapped(clean(clipped(text, LONGEST)), width - len(indent), most)
    return (indent + line for line in kept)


def _painted(text: str, tint: str) -> str:
    return f"\x1b[{tint}m{text}\x1b[0m" if text else ""


def _painted_lines(text: str, width: int, tint: str) -> Iterable[str]:
    return (_painted(line, tint) for line in _wrapped(text, width, indent=""))


def _without_colour(text: str) -> str:
    return re.sub("\x1b\\[[0-9;]*m", "", text)


def _cut(text: str, width: int) -> str:
    """*text* in one line of at most *width* columns; colour takes no room."""
    flat = " ".join(text.splitlines())
    if len(_without_colour(flat)) <= width:
        return flat
    return _without_colour(flat)[: width - 4] + " ..."
