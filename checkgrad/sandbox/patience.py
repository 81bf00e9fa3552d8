"""How long a worker may take."""

from __future__ import annotations

import os
import time

SLACK = 5.0  # times the limit, the most that an answer may take where nobody tells who waits
LOADED = 20.0  # the same, where a process is kept waiting for a processor
TOGETHER = 2.0  # the most of many answers together
LOADED_TOGETHER = 10.0  # the same, where it is told how long others kept a process from running
TELLS_WHO_WAITS = os.path.exists("/proc/thread-self/schedstat")


class Spent:
    """Seconds that a submission has used: of CPU time and of waiting, but no less than a share of the wall time.

    Waiting is what is left of the wall time without all work, and without what others kept a process from running.
    """

    def __init__(self) -> None:
        self.wall = self.used = 0.0
        self.counted: dict[int, float] = {}  # CPU seconds by process
        self.kept: dict[int, float] = {}  # seconds by process that it had to wait for a processor
        self.ours = own_time()

    def add(self, seconds: float, pid: int) -> None:
        """Count *seconds* of wall time, up to now, that the process *pid* was given."""
        used = cpu_of(pid) - self.counted.get(pid, 0.0)  # endless where it has ended
        worked = min(used, seconds)
        self.counted[pid] = self.counted.get(pid, 0.0) + worked
        kept = kept_waiting(pid) - self.kept.get(pid, 0.0)
        self.kept[pid] = self.kept.get(pid, 0.0) + kept
        ours = own_time() - self.ours
        self.ours += ours
        waited = max(0.0, seconds - worked - kept - ours) if TELLS_WHO_WAITS else 0.0
        self.wall += seconds
        self.used += worked + waited

    @property
    def seconds(self) -> float:
        return max(self.used, self.wall / longest_together())

    @property
    def share(self) -> float:
        """How much of the wall time counts."""
        return self.seconds / self.wall if self.wall else 1.0

    def begin(self) -> None:
        """From now on our own time counts."""
        self.ours = own_time()


class Patience:
    """How long one answer may take: CPU time decides, wall time only for a process that waits."""

    def __init__(self, limit: float, pid: int, end: float) -> None:
        self.limit = limit
        self.pid = pid
        self.end = end
        self.begin()

    def begin(self) -> None:
        """The next answer is due from now on."""
        self.started = time.monotonic()
        self.cpu: float | None = None  # used so far; asked late, for most answers come before
        self.kept = 0.0  # and had to wait for a processor

    def left(self) -> float:
        """Seconds to wait before asking again, 0 when the time is up."""
        now = time.monotonic()
        past = now - self.started
        if now >= self.end or past > LOADED * self.limit:
            return 0.0
        if self.cpu is None:
            if past < 0.1 * self.limit:
                return min(0.1 * self.limit, self.end - now)
            self.cpu, self.kept = cpu_of(self.pid), kept_waiting(self.pid)
        if past < self.limit:
            return min(self.limit - past, self.end - now)
        past -= kept_waiting(self.pid) - self.kept  # others ran meanwhile
        if past < self.limit:
            return min(self.limit - past, self.end - now)
        if past > SLACK * self.limit:
            return 0.0
        spent = cpu_of(self.pid) - self.cpu
        return 0.05 if spent < 0.8 * self.limit and starved(self.pid) else 0.0


def longest_together() -> float:
    """How many times their limit many answers may take together."""
    return LOADED_TOGETHER if TELLS_WHO_WAITS else TOGETHER


def cpu_of(pid: int) -> float:
    """CPU seconds a process has used; endless where the system does not tell."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except (OSError, AttributeError, OverflowError):
        return float("inf")


def kept_waiting(pid: int | str) -> float:
    """Seconds that a process wanted to run while others ran, 0 where the system does not tell."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def own_time() -> float:
    """Seconds that this thread has run, or had to wait for a processor."""
    return time.thread_time() + kept_waiting("thread-self")


def starved(pid: int) -> bool:
    """Does the process want to run, rather than wait for something?"""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] in (b"R", b"D")
    except (OSError, IndexError):
        return False
