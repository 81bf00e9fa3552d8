"""How long a worker may take."""

from __future__ import annotations

import time

SLACK = 5.0  # times the limit, the most that an answer may take on a loaded machine
TOGETHER = 2.0  # the same of many answers together


class Spent:
    """Seconds that a submission has used: of CPU time, but no less than a share of the wall time."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self.counted: dict[int, float] = {}  # CPU seconds by process

    def add(self, seconds: float, pid: int) -> None:
        """Count *seconds* of wall time that the process *pid* was given."""
        used = cpu_of(pid) - self.counted.get(pid, 0.0)  # endless where it has ended
        added = min(used, seconds)
        self.counted[pid] = self.counted.get(pid, 0.0) + added
        self.wall += seconds
        self.cpu += added

    @property
    def seconds(self) -> float:
        return max(self.cpu, self.wall / TOGETHER)

    @property
    def share(self) -> float:
        """How much of the wall time counts."""
        return self.seconds / self.wall if self.wall else 1.0


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

    def left(self) -> float:
        """Seconds to wait before asking again, 0 when the time is up."""
        now = time.monotonic()
        past = now - self.started
        if now >= self.end or past > SLACK * self.limit:
            return 0.0
        if self.cpu is None:
            if past < 0.1 * self.limit:
                return min(0.1 * self.limit, self.end - now)
            self.cpu = cpu_of(self.pid)
        if past < self.limit:
            return min(self.limit - past, self.end - now)
        spent = cpu_of(self.pid) - self.cpu
        return 0.05 if spent < 0.8 * self.limit and starved(self.pid) else 0.0


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
