"""What is known of an exercise or of a mistake, as text: formula, derivation, sentence, question."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from difflib import get_close_matches

from checkgrad import assignment
from checkgrad.exercise import Exercise, Misconception
from checkgrad.exercises.derivations import DERIVATIONS
from checkgrad.exercises.mlp import NETWORK, NetworkExercise

Topic = Exercise | NetworkExercise


class Unknown(LookupError):
    """A name that is neither an exercise nor a mistake; the message names the nearest ones."""


def explain(name: str, width: int = 80) -> str:
    """Return what there is to say about the exercise or the mistake called *name*."""
    found = [line for topic in _topics() for line in _about(topic, name, width)]
    if not found:
        raise Unknown(f"{name}: no such exercise or mistake{_nearest(name)}")
    return "\n".join(found).strip() + "\n"


def _topics() -> tuple[Topic, ...]:
    return (*assignment.asked(assignment.Assignment()), NETWORK)


def _about(topic: Topic, name: str, width: int) -> Iterator[str]:
    if topic.name == name:
        yield from ("", topic.title, "")
        yield from _wrapped(topic.summary, width)
        yield from _derivation(topic, width)
    for mistake in topic.misconceptions:
        if mistake.name == name:
            yield from _mistake(topic, mistake, width)


def _mistake(topic: Topic, mistake: Misconception, width: int) -> Iterator[str]:
    yield from ("", f"{mistake.name.replace('_', ' ')}, a mistake in: {topic.title}", "")
    yield from _wrapped(mistake.explanation, width)
    yield from _wrapped(f"Hint: {mistake.hint}", width)
    yield from ("", *_wrapped(f"What is asked: {topic.summary}", width))
    yield from _derivation(topic, width)


def _derivation(topic: Topic, width: int) -> Iterator[str]:
    for number, step in enumerate(DERIVATIONS.get(topic.name, ()), 1):
        yield from ("", *_wrapped(f"{number}. {step.why}:", width), f"       {step.text}")
    yield from ("", *_wrapped(f"Source: {topic.source}", width))


def _wrapped(text: str, width: int) -> list[str]:
    return [
        line
        for part in text.splitlines()
        for line in textwrap.wrap(part, width, break_on_hyphens=False) or [""]
    ]


def _nearest(name: str) -> str:
    known = [
        n for topic in _topics() for n in (topic.name, *(m.name for m in topic.misconceptions))
    ]
    near = get_close_matches(name, dict.fromkeys(known), n=3, cutoff=0.5)
    return f"; did you mean {', '.join(near)}?" if near else ""
