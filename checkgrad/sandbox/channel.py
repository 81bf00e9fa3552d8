"""Frames to and from a worker, never waiting longer than it is given."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

from checkgrad.child import wire

CHUNK = 1 << 20


class Ended(Exception):
    """The worker is gone."""


class Broken(Exception):
    """The worker sent what no worker sends."""


class Late(Exception):
    """The worker did not answer in time."""


class Channel:
    """One worker's line: two descriptors, both non-blocking, driven by one loop."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self.incoming = incoming
        self.outgoing = outgoing
        self.waiting = memoryview(b"")
        self.received = bytearray()
        self.poll = select.poll()
        self.poll.register(incoming, select.POLLIN)
        self.sending = False
        self.open = True
        for descriptor in {incoming, outgoing}:
            os.set_blocking(descriptor, False)

    def send(self, data: bytes) -> None:
        """Queue *data*; it leaves while answers are awaited."""
        self.waiting = memoryview(bytes(self.waiting) + data)
        self.push()

    def push(self) -> None:
        try:
            while self.waiting:
                self.waiting = self.waiting[os.write(self.outgoing, self.waiting) :]
        except BlockingIOError:
            pass
        except OSError:
            self.waiting = memoryview(b"")  # the end of input will tell
        self.watch(bool(self.waiting))

    def watch(self, sending: bool) -> None:
        """Also wake up when there is room to send."""
        if sending == self.sending:
            return
        self.sending = sending
        if self.incoming == self.outgoing:
            events = select.POLLIN | (select.POLLOUT if sending else 0)
            self.poll.modify(self.incoming, events)
        elif sending:
            self.poll.register(self.outgoing, select.POLLOUT)
        else:
            self.poll.unregister(self.outgoing)

    def receive(self, left: Callable[[], float], longest: int) -> tuple[int, int, bytes]:
        """The next frame: kind, sequence number, body of at most *longest* bytes.

        left: asked for the seconds that remain, which bytes that drip in do not extend.
        """
        while True:
            whole = self.whole(longest)
            if whole is not None:
                return whole
            events = self.poll.poll(0)
            if not events:
                seconds = left()
                if seconds <= 0:
                    raise Late
                events = self.poll.poll(min(seconds, 1.0) * 1000 + 1)
            elif len(self.received) and left() <= 0:
                raise Late
            for descriptor, event in events:
                if event & select.POLLOUT and self.waiting:
                    self.push()
                if descriptor == self.incoming and event & ~select.POLLOUT:
                    self.pull()

    def pull(self) -> None:
        try:
            chunk = os.read(self.incoming, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            raise Ended
        self.received += chunk

    def whole(self, longest: int) -> tuple[int, int, bytes] | None:
        """The first frame, if all of it is here."""
        size = wire.HEADER.size
        if len(self.received) < size:
            return None
        magic, kind, seq, length = wire.HEADER.unpack_from(self.received)
        if magic != wire.MAGIC:
            raise Broken("bytes that are no answer")
        if length > longest:
            raise Broken(f"an answer of {length} bytes, more than the {longest} allowed")
        if len(self.received) < size + length:
            return None
        body = bytes(memoryview(self.received)[size : size + length])
        del self.received[: size + length]
        return kind, seq, body

    def close(self) -> None:
        self.open = False
        for descriptor in {self.incoming, self.outgoing}:
            os.close(descriptor)


class Patience:
    """How long one answer may take: CPU time decides, wall time only for a process that waits.

    On a loaded machine a process that wants to run gets up to *slack* times the limit.
    """

    slack = 5.0

    def __init__(self, limit: float, pid: int, end: float) -> None:
        self.limit = limit
        self.pid = pid
        self.end = end
        self.begin()

    def begin(self) -> None:
        """The next answer is due from now on."""
        self.started = time.monotonic()
        self.cpu: float | None = None

    def left(self) -> float:
        now = time.monotonic()
        past = now - self.started
        remains = min(self.limit - past, self.end - now)
        if self.cpu is None and past < self.limit / 10:
            return min(remains, self.limit / 10 - past + 0.001)
        if self.cpu is None:
            self.cpu = cpu_of(self.pid)
        if now >= self.end or past > self.slack * self.limit:
            return 0.0
        if past < self.limit:
            return remains
        spent = cpu_of(self.pid) - self.cpu
        if spent >= 0.7 * self.limit or not starved(self.pid):
            return 0.0
        return 0.05


def cpu_of(pid: int) -> float:
    """CPU seconds a process has used; endless where the system does not tell."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except (OSError, AttributeError, OverflowError):
        return float("inf")


def starved(pid: int) -> bool:
    """Does the process want to run, rather than wait for something?"""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] in (b"R", b"D")
    except (OSError, IndexError):
        return False
