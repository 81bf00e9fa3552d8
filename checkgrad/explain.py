"""What is known of an exercise or of a mistake: formula, derivation, sentence, question; as data and as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from difflib import get_close_matches

from checkgrad.diagnose.surgery.words import KINDS
from checkgrad.exercise import Exercise, Misconception
from checkgrad.exercises import ALL
from checkgrad.exercises.manners import MANNERS, Manner
from checkgrad.exercises.mlp import NETWORK, NetworkExercise
from checkgrad.model import Explanation, Line

Explainable = Exercise | NetworkExercise
TOPICS: tuple[Explainable, ...] = (*ALL, NETWORK)


PAGE = """\
# Exercises

Every exercise that checkgrad knows. `checkgrad explain NAME` derives one and lists the mistakes it knows there.
Notation: z logits, y outputs, t targets, N samples as rows. A function is found by its name and by the many names
that people give it; `docs/reading.md` tells how. This page is written by `python -m checkgrad.explain`.

| exercise | arguments | what it does |
|---|---|---|"""


class UnknownName(LookupError):
    """A name that is neither an exercise nor a mistake; the message names the nearest ones."""


def explanations(name: str) -> list[Explanation]:
    """Everything called *name*: an exercise, or a mistake in each exercise that knows it.

    Raises UnknownName for a name that means nothing.
    """
    found = [_exercise(topic) for topic in TOPICS if topic.name == name]
    found += [_mistake(t, m) for t in TOPICS for m in t.misconceptions if m.name == name]
    found += [_manner(manner) for manner in MANNERS if manner.name == name]
    found += [_operation(code, *kind) for code, kind in KINDS.items() if code == name]
    if not found:
        raise UnknownName(f"{name}: no such exercise or mistake{_nearest(name)}")
    return found


def explain(name: str, width: int = 80) -> str:
    """Return what there is to say about the exercise or the mistake called *name*, as text."""
    told = (line for one in explanations(name) for line in _lines(one, width))
    return "\n".join(told).strip() + "\n"


def listing() -> str:
    """Return every exercise with what it is, a line each."""
    width = max(len(topic.name) for topic in TOPICS)
    return "".join(f"{topic.name:<{width}}  {_first_line(topic)}\n" for topic in TOPICS)


def page() -> str:
    """Return docs/exercises.md: every exercise, how it is called, what it is, what it is also known as."""
    rows = [f"| `{t.name}` | {_call(t)} | {_first_line(t)} |" for t in TOPICS]
    return "\n".join((PAGE, *rows, ""))


def _first_line(topic: Explainable) -> str:
    return topic.summary.partition("\n")[0]


def _call(topic: Explainable) -> str:
    roles = topic.roles if isinstance(topic, Exercise) else ()
    return f"`({', '.join(roles)})`" if roles else "class or functions"


def _exercise(topic: Explainable) -> Explanation:
    return Explanation(
        title=topic.title,
        summary=topic.summary,
        formula=topic.latex,
        steps=_steps(topic),
        mistakes={m.name: m.explanation for m in topic.misconceptions},
        source=topic.source,
    )


def _mistake(topic: Explainable, mistake: Misconception) -> Explanation:
    return Explanation(
        title=f"{mistake.name.replace('_', ' ')}, a mistake in: {topic.title}",
        summary=mistake.explanation,
        hint=mistake.hint,
        asked=topic.summary,
        formula=topic.latex,
        steps=_steps(topic),
        source=topic.source,
    )


def _manner(manner: Manner) -> Explanation:
    title = f"{manner.name.replace('_', ' ')}, a mistake in: {NETWORK.title}"
    return Explanation(title, manner.explanation, manner.hint)


def _operation(code: str, explanation: str, hint: str) -> Explanation:
    return Explanation(f"{code}, what a repair may be", explanation, hint)


def _steps(topic: Explainable) -> list[Line]:
    return [Line(s.why, s.text, s.latex) for s in topic.derivation]


def _lines(one: Explanation, width: int) -> Iterator[str]:
    yield from ("", one.title, "", *_wrapped(one.summary, width))
    if one.hint:
        yield from _wrapped(f"Hint: {one.hint}", width)
    if one.asked:
        yield from ("", *_wrapped(f"What is asked: {one.asked}", width))
    for number, step in enumerate(one.steps, 1):
        yield from ("", *_wrapped(f"{number}. {step.why}:", width), f"       {step.text}")
    if one.mistakes:
        yield from ("", "Mistakes that are known:")
    for name, sentence in one.mistakes.items():
        yield from _wrapped(f"- {name}: {sentence}", width, "  ")
    if one.source:
        yield from ("", *_wrapped(f"Source: {one.source}", width))


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return [
        line
        for part in text.splitlines()
        for line in textwrap.wrap(part, width, subsequent_indent=indent, break_on_hyphens=False)
        or [""]
    ]


def _nearest(name: str) -> str:
    topics = [n for topic in TOPICS for n in (topic.name, *(m.name for m in topic.misconceptions))]
    known = dict.fromkeys([*topics, *(m.name for m in MANNERS), *KINDS])
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"; did you mean {', '.join(near)}?" if near else ""


if __name__ == "__main__":  # python -m checkgrad.explain > docs/exercises.md
    print(page(), end="")
