"""How a submission is asked: within its time and ours, and where inputs are secret without repeating what it says.

What student code says of itself may hold what it was called with. Where students must not see that, only the
kinds of errors go on from here; the words themselves are kept for staff.
"""

from __future__ import annotations

import builtins
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from checkgrad.child.behaviour import Behaviour, Unsendable
from checkgrad.child.request import Request
from checkgrad.sandbox import Worker

HURRY = 0.5  # of our time, after which nothing is explained any more
ERRORS = {name for name, kind in vars(builtins).items() if isinstance(kind, type)} | {
    "LinAlgError",
    "AxisError",
    "NotHere",
}
KEY = re.compile(r"[A-Za-z_]{1,20}\d{0,2}")  # of a dict: a name, too short for a message
MOST_HEARD = 4000  # characters kept of what one function says


class OutOfTime(Exception):
    """The submission has used its time: what is not asked has no verdict."""


class OurTimeIsUp(Exception):
    """Judging the submission took all the time that we have for it."""


class Interview:
    """One submission's worker, asked as long as there is time.

    ours: seconds of CPU time that judging may take. discreet: is what the code says for staff alone?
    """

    def __init__(self, worker: Worker, ours: float, discreet: bool) -> None:
        self.worker, self.ours, self.is_discreet = worker, ours, discreet
        self.heard: defaultdict[str, list[str]] = defaultdict(list)
        self._used = 0.0
        self._since: float | None = None

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count what is done inside as our time."""
        outer, self._since = self._since, self._since or time.thread_time()
        try:
            yield
        finally:
            if outer is None:
                self._used += time.thread_time() - self._since
            self._since = outer

    @property
    def used(self) -> float:
        """Seconds of our time that are gone."""
        return self._used + (time.thread_time() - self._since if self._since is not None else 0.0)

    @property
    def is_hurried(self) -> bool:
        """Is it time to leave explanations aside?"""
        return self.used > HURRY * self.ours

    @property
    def is_over(self) -> bool:
        """Is there no time at all any more, neither ours nor the submission's?"""
        return self.used > self.ours or self.worker.is_spent

    def ask(self, requests: Sequence[Request]) -> list[Behaviour]:
        """The behaviours, one a request; raise OutOfTime or OurTimeIsUp where there is no time for them."""
        if self.used > self.ours:
            raise OurTimeIsUp(f"judging it took more than {self.ours:g} s of our own time")
        answers = self.worker.ask(requests)
        late = next((b.died for b in answers if b.died_of == "budget"), "")
        if late:
            raise OutOfTime(late)
        return answers

    def judged(self, requests: Sequence[Request]) -> list[Behaviour]:
        """The same for what is told in a report: discreetly, where that is asked for."""
        answers = self.ask(requests)
        if not self.is_discreet:
            return answers
        for request, answer in zip(requests, answers, strict=True):
            self._hear(request.function, said(answer))
        return [discreet(answer) for answer in answers]

    def _hear(self, function: str, words: str) -> None:
        heard = self.heard[function]
        if words and words not in heard and sum(map(len, heard)) < MOST_HEARD:
            heard.append(words[:MOST_HEARD])

    def told_by(self, function: str) -> str:
        """What a function has said so far."""
        return "\n".join(self.heard.get(function, ()))


def said(behaviour: Behaviour) -> str:
    """All the words in a behaviour."""
    words = (behaviour.raised, behaviour.message, behaviour.traceback, behaviour.printed)
    died = behaviour.died if behaviour.died_of == "grader" else ""
    return "\n".join(filter(None, (*words, *behaviour.warned, *_texts(behaviour.value), died)))


def _texts(value: Any) -> Iterator[str]:
    if type(value) is Unsendable:
        yield value.description
    elif type(value) is str:
        yield value
    elif type(value) in (list, tuple):
        for item in value:
            yield from _texts(item)
    elif type(value) is dict:
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)


def discreet(behaviour: Behaviour) -> Behaviour:
    """The behaviour in words of ours alone."""
    raised = behaviour.raised
    return replace(
        behaviour,
        value=_wordless(behaviour.value),
        raised=raised if not raised or raised in ERRORS else "an exception of its own",
        message="",
        traceback="",
        warned=(),
        printed="",
        died="a fault of our own" if behaviour.died_of == "grader" else behaviour.died,
    )


def _wordless(value: Any) -> Any:
    kind = type(value)
    if kind in (Unsendable, str):
        return Unsendable("something that is neither a number nor an array")
    if kind in (list, tuple):
        return kind(map(_wordless, value))
    if kind is dict:
        return {_name(key, i): _wordless(item) for i, (key, item) in enumerate(value.items())}
    return value


def _name(key: Any, place: int) -> Any:
    return key if type(key) is not str or KEY.fullmatch(key) else f"key {place}"
