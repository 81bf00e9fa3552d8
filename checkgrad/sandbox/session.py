"""What is said to one running worker: load this, answer that; and how it fails."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any, TypeVar

from checkgrad.child import wire
from checkgrad.child.behaviour import Behaviour
from checkgrad.child.confine import Cell
from checkgrad.child.inventory import Inventory
from checkgrad.child.kernel import OWN_SIGNALS
from checkgrad.child.request import Request
from checkgrad.child.serve import room
from checkgrad.sandbox import answers
from checkgrad.sandbox.channel import Broken, Ended, Late
from checkgrad.sandbox.launch import GRACE, HUNG_UP, Process
from checkgrad.sandbox.patience import Patience
from checkgrad.sandbox.text import clean

T = TypeVar("T")
READY_WITHIN = 30.0
LOADED_BYTES = 8 << 20


class GraderFault(Exception):
    """A worker could not be set up: never the student's fault."""


class Died(Exception):
    """The worker ended or was ended: *of* "time", "crash", "protocol" or "lost", and *why* in words.

    Lost it is if somebody or something else ended it, or our own code in it failed.
    """

    def __init__(self, of: str, why: str) -> None:
        super().__init__(why)
        self.of = of
        self.why = why


@dataclass(frozen=True)
class LoadingPlace:
    """The statement at which a submission was when its loading failed."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


@dataclass
class Session:
    """A process, the cell it is put in, and the layers it says are in place."""

    process: Process
    cell: Cell
    layers: tuple[str, ...] = ()
    place: LoadingPlace | None = None

    def begin(self, kind: int, order: tuple[Any, ...]) -> None:
        """Give the order and wait until the worker is locked in. No student code has run so far."""
        body = wire.encode((astuple(self.cell), order))
        self.process.channel.send(wire.frame(kind, 0, body))
        patience = Patience(READY_WITHIN, self.process.pid, time.monotonic() + READY_WITHIN)
        try:
            kind, _, body = self.process.channel.receive(patience.left, 1 << 16)
            if kind != wire.READY:
                raise Broken("not ready")
            self.layers = answers.several(wire.decode(body), answers.text)
        except Ended:
            status = self.process.end()
            raise GraderFault(f"a worker ended before it was ready ({ending(status)})") from None
        except (Late, Broken, wire.WireError) as error:
            self.process.end()
            raise GraderFault(f"a worker did not get ready ({error or 'too late'})") from None

    def load(self, patience: Patience) -> Inventory:
        """The inventory, once it is loaded; *place* tells how far it came if that fails."""
        while True:
            kind, seq, body = self.receive(patience, LOADED_BYTES)
            if patience.left() <= 0:  # frames without end extend nothing
                raise Died("time", f"did not load within {patience.limit:g} s")
            if kind == wire.LINE:
                self.place = LoadingPlace(clean(body[:300].decode("utf-8", "replace")), seq)
            elif kind == wire.LOADED:
                return self.believe(answers.inventory, body)
            else:
                raise Died("protocol", "it wrote into the grader's channel")

    def put(self, requests: list[tuple[int, Request]]) -> list[int]:
        """Send requests by number; how long the body of each was."""
        frames = [wire.frame(wire.ASK, i, wire.encode_request(one)) for i, one in requests]
        self.process.channel.send(b"".join(frames))
        return [len(frame) - wire.HEADER.size for frame in frames]

    def answer(self, number: int, request: Request, asked: int, patience: Patience) -> Behaviour:
        """The next answer, to *request*, whose body had *asked* bytes; it has the form that was asked for."""
        watched = request.watch is not None
        form = answers.ANY if watched else request.answer
        kind, seq, body = self.receive(patience, room(asked, watched) + (1 << 18))
        if (kind, seq) != (wire.ANSWER, number):
            raise Died("protocol", "it wrote into the grader's channel")
        return self.believe(lambda body: answers.behaviour(body, form), body)

    def receive(self, patience: Patience, longest: int) -> tuple[int, int, bytes]:
        try:
            kind, seq, body = self.process.channel.receive(patience.left, longest)
        except Late:
            seconds = patience.limit
            raise Died("time", f"did not come back within {seconds:g} s") from None
        except Broken:
            raise Died("protocol", "it wrote into the grader's channel") from None
        except Ended:
            raise self.ended() from None
        if kind == wire.FAULT:
            told = clean(body[:500].decode("utf-8", "replace"))
            raise Died("lost", f"checkgrad's own code beside it failed: {told}")
        return kind, seq, body

    def ended(self) -> Died:
        """How it ended. Seccomp lets no submission send itself the signals by which others end a process."""
        status = self.process.end(GRACE)
        if status < 0 and -status not in OWN_SIGNALS:
            return Died("lost", f"the process was ended from outside: {ending(status)}")
        return Died("crash", f"the process ended: {ending(status)}")

    def believe(self, reader: Callable[[bytes], T], body: bytes) -> T:
        """What *reader* makes of bytes that may be anything."""
        try:
            return reader(body)
        except wire.WireError:
            raise Died("protocol", "it wrote into the grader's channel") from None


def ending(status: int) -> str:
    """An exit status in words."""
    if status == HUNG_UP:
        return "it closed its line to the grader"
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
