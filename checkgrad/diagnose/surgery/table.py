"""The operating table: runs of a submission under watch in a worker that is thrown away, many at once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from checkgrad.child import source
from checkgrad.child.behaviour import Behaviour
from checkgrad.child.nodes import Node
from checkgrad.child.operate import Operations
from checkgrad.child.request import Ask, Request
from checkgrad.child.source import Document, Unreadable
from checkgrad.child.wanted import Watch
from checkgrad.child.watch import Told
from checkgrad.diagnose.surgery.scene import Scene
from checkgrad.sandbox import Worker
from checkgrad.sandbox.watching import Run, Watching, WatchRequest

MOST_UNKNOWN = 160
SECONDS = 0.5  # for one run
LARGEST = 200_000  # characters of a file that is operated on

AnswerBlocks = list[Any] | None


@dataclass(frozen=True)
class Intervention:
    """One run: on which probe, and what is done in it (see child.operate.Operations)."""

    probe: Any
    changes: Mapping[int, str] = field(default_factory=dict)
    instead: Mapping[int, str] = field(default_factory=dict)
    peeks: Mapping[int, Sequence[str]] = field(default_factory=dict)
    due: Mapping[str, Any] = field(default_factory=dict)
    tell: bool = False

    @property
    def operations(self) -> Operations:
        peeks = {k: tuple(texts) for k, texts in self.peeks.items()}
        return Operations(self.changes, self.instead, peeks, self.due, self.tell)


@dataclass
class Reply:
    """What an intervention gave. blocks: None where it gave no answer. stops: (file, line, node) of the error."""

    blocks: AnswerBlocks
    told: dict[int, list[Told]] = field(default_factory=dict)
    peeked: dict[int, list[list[Any]]] = field(default_factory=dict)
    stops: list[tuple[str, int, int]] = field(default_factory=list)
    message: str = ""


class Answering(Protocol):
    """What has answers that can be asked for."""

    def answers(self, ask: Ask, probes: Sequence[Any]) -> list[AnswerBlocks]: ...


class Tabled(Protocol):
    """Runs of one patient, counted."""

    count: int
    at_once: int  # how many interventions of which one may be enough
    most_unknown: int  # interventions whose effect cannot be told before

    def run(self, interventions: Sequence[Intervention]) -> list[Reply]:
        """What the interventions give, in their order."""
        ...


class Runs(Protocol):
    """Whatever performs watched requests: a worker, or this process in a test."""

    @property
    def nodes(self) -> Sequence[Node]: ...

    @property
    def scenes(self) -> Mapping[str, Scene]: ...

    def perform(self, asked: Sequence[tuple[Request, Operations]]) -> list[Run]: ...


class NoTimeLeft(Exception):
    """There is no time for another run."""


class Theatre:
    """Watched runs of a worker; the files as text."""

    def __init__(self, worker: Worker, is_late: Callable[[], bool] = lambda: False) -> None:
        self.worker, self.is_late = worker, is_late
        self.watching = Watching(worker)
        self.documents: dict[str, Document] = {}

    @property
    def nodes(self) -> Sequence[Node]:
        return self.watching.nodes

    @cached_property
    def scenes(self) -> Mapping[str, Scene]:
        """The files that can be taken apart, by their names."""
        found: dict[str, Scene] = {}
        roots = {Path(root) for root in self.worker.staged.roots}
        roots |= {Path(path).parent for _, path, _ in self.worker.staged.targets}
        for file in dict.fromkeys(node.file for node in self.nodes):
            path = next((root / file for root in sorted(roots) if (root / file).is_file()), None)
            try:
                document = source.read(str(path)) if path else None
                if document is None or len(document.text) > LARGEST:
                    continue
                nodes = {n.number: n for n in self.nodes if n.file == file}
                # cells that are no Python, and magics, are not there
                cells = document.cells and source.parse(document, file).text
                found[file] = Scene(cells or document.text, nodes, file)
                self.documents[file] = document
            except (OSError, Unreadable, SyntaxError, ValueError, RecursionError, MemoryError):
                continue
        for file, scene in found.items():
            others = [s.defined - s.pure for name, s in found.items() if name != file]
            scene.changing_elsewhere = frozenset().union(*others)
        return found

    def ask(self, requests: Sequence[Request]) -> list[Behaviour]:
        """What the worker gives, as long as there is time."""
        if self.is_late():
            raise NoTimeLeft
        return self.worker.ask(requests)

    def perform(self, asked: Sequence[tuple[Request, Operations]]) -> list[Run]:
        if self.is_late():
            raise NoTimeLeft
        watch = Watch(seconds=SECONDS)
        return self.watching.run(
            [WatchRequest(r.function, watch, r.steps, r.answer, operations=o) for r, o in asked]
        )


class Table:
    """Runs of one patient, counted."""

    def __init__(self, runs: Runs, patient: Answering) -> None:
        self.runs, self.patient = runs, patient
        self.count, self.at_once, self.most_unknown = 0, 12, MOST_UNKNOWN
        self.together = (
            True  # does a probe take one request, so that interventions can be asked at once?
        )

    def run(self, interventions: Sequence[Intervention]) -> list[Reply]:
        """What the interventions give, in their order."""
        self.count += len(interventions)
        if not (self.together and len(interventions) > 1):
            return [self.alone(intervention) for intervention in interventions]
        replies = [Reply(None) for _ in interventions]

        def ask(requests: Sequence[Request]) -> list[Behaviour]:
            if len(requests) != len(interventions):
                raise NotTogether
            runs = self.runs.perform(
                [(r, t.operations) for r, t in zip(requests, interventions, strict=True)]
            )
            for reply, run in zip(replies, runs, strict=True):
                note(reply, run)
            return [behaviour(run) for run in runs]

        try:
            answers = self.patient.answers(
                ask, [intervention.probe for intervention in interventions]
            )
        except NotTogether:
            self.together = False
            return [self.alone(intervention) for intervention in interventions]
        for reply, blocks in zip(replies, answers, strict=True):
            reply.blocks = blocks
        return replies

    def alone(self, intervention: Intervention) -> Reply:
        """A intervention that may take several requests."""
        reply = Reply(None)

        def ask(requests: Sequence[Request]) -> list[Behaviour]:
            operations = intervention.operations
            runs = self.runs.perform([(request, operations) for request in requests])
            for run in runs:
                note(reply, run)
            return [behaviour(run) for run in runs]

        (reply.blocks,) = self.patient.answers(ask, [intervention.probe])
        return reply


class NotTogether(Exception):
    """A probe takes several requests."""


def note(reply: Reply, run: Run) -> None:
    """Add what a run told; what was told of a node before comes first."""
    before = max((t.order for values in reply.told.values() for t in values), default=0)
    for k, values in run.told.items():
        seen = reply.told.setdefault(k, [])
        seen += [Told(len(seen) + t.turn, before + t.order, t.value) for t in values]
    for k, turns in run.peeked.items():
        reply.peeked.setdefault(k, []).extend(turns)
    reply.stops += [(e.file, e.line, e.node) for e in run.errors]
    reply.message = reply.message or next((e.message for e in run.errors), "")


def behaviour(run: Run) -> Behaviour:
    """The run as the behaviour of a request."""
    if run.died:
        return Behaviour(died=run.died, died_of=run.died_of)
    if run.errors:
        return Behaviour(raised=run.errors[0].name, message=run.errors[0].message)
    if run.stopped:
        return Behaviour(raised="Stopped", message=run.problem)
    return Behaviour(value=run.value)


def parsed(text: str) -> ast.expr | None:
    """The expression that *text* is, None if it is none."""
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
