"""Frames to and from a worker, never waiting longer than it is given."""

from __future__ import annotations

import os
import queue
import select
import sys
import threading
from collections.abc import Callable

from checkgrad.child import wire
from checkgrad.child.serve import CHUNK


class Ended(Exception):
    """The worker is gone."""


class Broken(Exception):
    """The worker sent what no worker sends."""


class Late(Exception):
    """The worker did not answer in time."""


class Channel:
    """One worker's line. Frames are whole or not there; how bytes move is left to the system's kind."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self.incoming = incoming
        self.outgoing = outgoing
        self.received = bytearray()
        self.open = True

    def send(self, data: bytes) -> None:
        """Queue *data*; it leaves while answers are awaited."""
        raise NotImplementedError

    def move(self, seconds: float) -> bool:
        """Move what bytes can be moved, waiting at most *seconds*; did any come or go?"""
        raise NotImplementedError

    def receive(self, left: Callable[[], float], longest: int) -> tuple[int, int, bytes]:
        """The next frame: kind, sequence number, body of at most *longest* bytes.

        left: asked for the seconds that remain, which bytes that drip in do not extend.
        """
        while True:
            whole = self.whole(longest)
            if whole is not None:
                return whole
            seconds = left()
            if seconds > 0:
                self.move(min(seconds, 1.0))
            elif not self.move(0) or (whole := self.whole(longest)) is None:
                raise Late
            else:
                return whole

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
        os.close(self.incoming)
        os.close(self.outgoing)


class PolledChannel(Channel):
    """Both descriptors non-blocking, in one loop."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        super().__init__(incoming, outgoing)
        self.waiting = memoryview(b"")
        self.sending = False
        self.poll = select.poll()
        self.poll.register(incoming, select.POLLIN)
        os.set_blocking(incoming, False)
        os.set_blocking(outgoing, False)

    def send(self, data: bytes) -> None:
        self.waiting = memoryview(bytes(self.waiting) + data)
        self.push()

    def move(self, seconds: float) -> bool:
        events = self.poll.poll(seconds * 1000 + (seconds > 0))
        for descriptor, _ in events:
            if descriptor == self.incoming:
                self.pull()
            else:
                self.push()
        return bool(events)

    def push(self) -> None:
        """Send what there is room for; be woken when there is room for the rest."""
        try:
            while self.waiting:
                self.waiting = self.waiting[os.write(self.outgoing, self.waiting) :]
        except BlockingIOError:
            pass
        except OSError:
            self.waiting = memoryview(b"")  # the end of input will tell
        if bool(self.waiting) != self.sending:
            self.sending = not self.sending
            if self.sending:
                self.poll.register(self.outgoing, select.POLLOUT)
            else:
                self.poll.unregister(self.outgoing)

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


class ThreadedChannel(Channel):
    """A thread for each direction, for systems whose pipes cannot be polled (Windows)."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        super().__init__(incoming, outgoing)
        self.arrived: queue.Queue[bytes] = queue.Queue(maxsize=16)
        self.leaving: queue.Queue[bytes] = queue.Queue()
        for work in (self.read_all, self.write_all):
            threading.Thread(target=work, daemon=True).start()

    def send(self, data: bytes) -> None:
        self.leaving.put(data)

    def move(self, seconds: float) -> bool:
        try:
            chunk = self.arrived.get(seconds > 0, seconds or None)
        except queue.Empty:
            return False
        if not chunk:
            self.arrived.put(b"")
            raise Ended
        self.received += chunk
        return True

    def read_all(self) -> None:
        chunk = b"."
        while chunk:
            try:
                chunk = os.read(self.incoming, CHUNK)
            except OSError:
                chunk = b""
            self.arrived.put(chunk)

    def write_all(self) -> None:
        while data := memoryview(self.leaving.get()):
            try:
                while data:
                    data = data[os.write(self.outgoing, data) :]
            except OSError:
                return

    def close(self) -> None:
        self.open = False
        self.leaving.put(b"")
        os.close(self.outgoing)


def channel(incoming: int, outgoing: int) -> Channel:
    """A line of the kind that this system has."""
    kind = ThreadedChannel if sys.platform == "win32" else PolledChannel
    return kind(incoming, outgoing)
