"""Processes of this machine, a submission at a time each; one that dies takes nothing with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from checkgrad.batch.work import Graded, Job, Settings, fault, work
from checkgrad.sandbox import launchers

LONGEST = 900.0  # seconds for one submission, which its own budgets bound far below
LAST_WORDS = 5.0  # seconds to clear up
TRIES = 5  # a process may die of another one's hunger, and by whose hand ever
# Forked where that is safe: a fresh interpreter would import everything once more.
CONTEXT: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def in_processes(jobs: Iterable[Job], settings: Settings, processes: int) -> Iterator[Graded]:
    """Yield what comes of *jobs*, each as soon as it is there; jobs are read as they are needed."""
    crew = [PoolProcess(settings) for _ in range(processes)]
    coming, read = iter(jobs), deque[Job]()  # read while nobody waits for it
    try:
        read.extend(islice(coming, processes))
        busy = [member for member in crew if member.takes(read)]
        while busy:
            read.extend(islice(coming, processes - len(read)))
            news = []
            for member in _ready(busy):
                graded = member.result()
                if graded is None:
                    continue  # it died and tries again
                news.append(graded)
                if not member.takes(read):
                    busy.remove(member)
            yield from news
    finally:
        for member in crew:
            member.dismiss()


@dataclass
class Hired:
    """A process and the line to it."""

    process: BaseProcess
    line: Connection


class PoolProcess:
    """One place in the pool: a process, started when there is work, and what it is at."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.hired: Hired | None = None
        self.job: Job | None = None
        self.tries = 0
        self.since = 0.0

    def takes(self, read: deque[Job]) -> bool:
        """Begin the next job, if there is one."""
        self.job, self.tries = read.popleft() if read else None, 0
        if self.job is not None:
            self.begin(self.job)
        return self.job is not None

    def begin(self, job: Job) -> None:
        self.tries += 1
        self.since = time.monotonic()
        if self.hired is None or not self._gives(job):
            self.dismiss()
            self.hired = _hire(self.settings)
            self._gives(job)  # if it is gone already, its line says so

    def _gives(self, job: Job) -> bool:
        """Hand over a job; False if nobody is there any more."""
        try:
            self.line.send(job)
            return True
        except OSError:
            return False

    @property
    def line(self) -> Connection:
        assert self.hired is not None
        return self.hired.line

    @property
    def overdue(self) -> bool:
        return time.monotonic() - self.since > LONGEST

    def result(self) -> Graded | None:
        """What came of the job; None if its process died and another one has begun."""
        assert self.job is not None
        try:
            if self.overdue:
                raise EOFError
            graded: Graded = self.line.recv()
            return graded
        except (EOFError, OSError):
            late = self.overdue
            self.dismiss()
            if self.tries < TRIES and not late:
                self.begin(self.job)
                return None
            why = f"took more than {LONGEST:g} s" if late else f"ended its process {TRIES} times"
            return fault(self.job, self.settings, f"grading it {why}; please report it")

    def dismiss(self) -> None:
        """End the process, busy or not."""
        if self.hired is not None:
            self.hired.line.close()
            self.hired.process.terminate()
            self.hired.process.join(LAST_WORDS)
            self.hired.process.kill()
            self.hired = None


def _ready(busy: list[PoolProcess]) -> list[PoolProcess]:
    """Those whose process has answered, died or taken too long."""
    soonest = min(member.since for member in busy) + LONGEST - time.monotonic()
    lines = wait([member.line for member in busy], max(soonest, 0.0))
    return [member for member in busy if member.line in lines or member.overdue]


def _hire(settings: Settings) -> Hired:
    ours, theirs = CONTEXT.Pipe()
    forked = CONTEXT.get_start_method() == "fork"
    args = theirs, ours if forked else None, settings
    process = CONTEXT.Process(target=_serve, args=args, daemon=True)
    process.start()
    theirs.close()
    return Hired(process, ours)


def _serve(line: Connection, other_end: Connection | None, settings: Settings) -> None:
    """Grade what comes along *line* until the process that sends it is gone or ends us.

    other_end: our copy of it, if we have one, with which we would wait for ourselves to read what nobody reads.
    """
    if other_end is not None:
        other_end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who started us decides
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        while job := _next(line):
            line.send(work(job, settings))
    except OSError:
        pass  # nobody is there to take it
    finally:
        launchers.discard()
        with suppress(KeyError):  # no submission was staged here
            launchers.clear(os.getpid())


def _next(line: Connection) -> Job | None:
    """The next job; None once our parent is gone, of whose end of the line others may hold a copy."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    ready = wait([line, parent.sentinel])
    return line.recv() if line in ready else None
