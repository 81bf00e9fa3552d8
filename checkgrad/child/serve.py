"""The life of a worker: load one submission, answer requests until the grader hangs up or ends it.

Nothing here protects anything once the student's code has run: the grader believes no byte that comes out.
"""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import astuple, replace
from types import FunctionType

from . import faults, probe, wire
from .confine import Cell, Walls, lock_in
from .perform import Performer
from .printed import Printed
from .submission import Order, bring_in
from .work import Workshop

OUTGOING, INCOMING = 3, 4  # the descriptors that lead to the grader
LEAST_ROOM, WATCHED_ROOM = 1 << 20, 1 << 26
CHUNK = 1 << 16  # bytes read at once: what is larger, the C library maps and unmaps every time


class GraderConnection:
    """The connection to the grader: whole frames in, whole frames out."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self.incoming = incoming
        self.outgoing = outgoing
        self.buffer = bytearray()
        self.position = 0
        # kept, so that a submission that patches os does not cut its own line
        self.read, self.write, self.leave = os.read, os.write, os._exit

    def send(self, kind: int, seq: int, body: bytes) -> None:
        data = memoryview(wire.frame(kind, seq, body))
        while data:
            try:
                data = data[self.write(self.outgoing, data) :]
            except BlockingIOError:
                os.set_blocking(self.outgoing, True)

    def need(self, count: int) -> bytes:
        """The next *count* bytes; the grader hanging up is the end."""
        while len(self.buffer) - self.position < count:
            if self.position:
                del self.buffer[: self.position]
                self.position = 0
            chunk = self.some()
            if not chunk:
                self.leave(0)
            self.buffer += chunk
        start, self.position = self.position, self.position + count
        return bytes(memoryview(self.buffer)[start : start + count])

    def some(self) -> bytes:
        try:
            return self.read(self.incoming, CHUNK)
        except BlockingIOError:
            os.set_blocking(self.incoming, True)
            return self.read(self.incoming, CHUNK)

    def receive(self) -> tuple[int, int, bytes]:
        magic, kind, seq, length = wire.HEADER.unpack(self.need(wire.HEADER.size))
        if magic != wire.MAGIC:
            self.leave(9)
        return kind, seq, self.need(length)


def serve(incoming: int, outgoing: int, walls: Walls) -> None:
    """Lock in, tell the layers that are in place, load, answer until the end of input."""
    line = GraderConnection(incoming, outgoing)
    intact = our_own()
    try:
        converse(line, walls)
    except BaseException as error:
        # what a submission broke in here is its own doing
        if faults.is_ours(error) and our_own() == intact:
            line.send(wire.FAULT, 0, faults.place_and_message(error).encode("utf-8", "replace"))
        raise


def our_own() -> list[int]:
    """What this side of the house consists of: equal as long as nobody put something else in its place."""
    package = __name__.rpartition(".")[0] + "."
    parts = [
        part
        for name, module in list(sys.modules.items())
        if type(name) is str and name.startswith(package)
        for part in vars(module).values()
        if isinstance(part, FunctionType | type)
    ]
    inside = [m for part in parts if isinstance(part, type) for m in vars(part).values()]
    return [id(part) for part in (*parts, *inside) if isinstance(part, FunctionType | type)]


def converse(line: GraderConnection, walls: Walls) -> None:
    kind, _, body = line.receive()
    cell, order = wire.decode(body)
    locked = Cell(*cell)
    os.chdir(locked.folder)
    line.send(wire.READY, 0, wire.encode(lock_in(locked, walls)))
    if kind == wire.PROBE:
        line.send(
            wire.ANSWER, 0, wire.encode((probe.usable(), probe.stopped(probe.Targets(*order))))
        )
    else:
        student(line, Order(*order), walls.blocked)


def student(line: GraderConnection, order: Order, blocked: tuple[str, ...]) -> None:
    """Load a submission and answer for it."""
    printed = Printed()
    printed.begin(1 << 16)
    submission = bring_in(
        order, lambda file, number: line.send(wire.LINE, number, file.encode()), blocked
    )
    found = replace(submission.inventory, printed=printed.take())
    line.send(wire.LOADED, 0, wire.encode(astuple(found)))
    performer = Performer(submission.root, submission.documents, printed)
    performer.watched = Workshop(order, submission.loading, performer).perform
    requests = wire.Requests()
    gc.collect()
    gc.freeze()
    while True:
        _, seq, body = line.receive()
        request, slots = requests.decode(body)
        line.send(
            wire.ANSWER,
            seq,
            performer.answer(request, slots, room(len(body), request.watch is not None)),
        )


def room(asked: int, watched: bool = False) -> int:
    """How many bytes the value of an answer may take, given those of the request; both sides know this."""
    return min((WATCHED_ROOM if watched else LEAST_ROOM) + 64 * asked, 1 << 26)
