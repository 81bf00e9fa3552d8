"""The self-test: a worker tries what its cell must stop, as a submission could, and tells what was stopped."""

from __future__ import annotations

import ctypes
import importlib
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Targets:
    """What the grader holds out: its own number, a file of its own, a port on which it listens.

    library: a file of a library that is not NumPy.
    """

    grader: int
    secret: str
    port: int
    library: str


def usable() -> bool:
    """Can a submission be loaded here at all: its own file, and a module of the standard library?"""
    try:
        open(os.path.abspath("submission")).close()
        importlib.import_module("colorsys")
    except (OSError, ImportError):
        return False
    return True


def stopped(targets: Targets) -> tuple[tuple[str, bool], ...]:
    """Each forbidden act, and whether it was stopped."""
    return tuple((name, fails(act, targets)) for name, act in ACTS.items())


def fails(act: Callable[[Targets], object], targets: Targets) -> bool:
    try:
        act(targets)
    except (OSError, MemoryError, RuntimeError, AttributeError, ImportError):
        return True
    return False


def system(name: str, *arguments: object) -> int:
    """A function of the C library; OSError if it fails."""
    library = ctypes.CDLL(None, use_errno=True)
    result = int(getattr(library, name)(*arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def fork(targets: Targets) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def execute(targets: Targets) -> None:
    """Start a program; one that is not there tells as much: the refusal comes first."""
    try:
        os.execv("/nonexistent/program", ["program"])
    except FileNotFoundError:
        return


def write_beside(targets: Targets) -> None:
    os.close(os.open("probe", os.O_WRONLY | os.O_CREAT, 0o600))


def write_to_temp(targets: Targets) -> None:
    path = f"/tmp/checkgrad-probe-{os.getpid()}"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    with suppress(OSError):  # it was written, whether or not it may be taken back
        os.unlink(path)


def connect(targets: Targets) -> None:
    socket.create_connection(("127.0.0.1", targets.port), 1.0).close()


def send_datagram(targets: Targets) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.sendto(b"", ("127.0.0.1", targets.port))


def share_memory(targets: Targets) -> None:
    system("shmctl", system("shmget", 0, 4096, 0o1600), 0, None)


def set_grader_limits(targets: Targets) -> None:
    import resource

    resource.prlimit(targets.grader, resource.RLIMIT_CORE)


def signal_through_descriptor(targets: Targets) -> None:
    """F_SETOWN: have the kernel signal the grader when input arrives."""
    system("fcntl", 4, 8, targets.grader)


ACTS: dict[str, Callable[[Targets], object]] = {
    "fork": fork,
    "run a program": execute,
    "read the grader's files": lambda targets: open(targets.secret, "rb").close(),
    "read other libraries": lambda targets: open(targets.library, "rb").close(),
    "read /etc/passwd": lambda targets: open("/etc/passwd", "rb").close(),
    "write beside itself": write_beside,
    "write to /tmp": write_to_temp,
    "connect": connect,
    "send a datagram": send_datagram,
    "share memory": share_memory,
    "signal the grader": lambda targets: os.kill(targets.grader, 0),
    "signal through a descriptor": signal_through_descriptor,
    "read the grader's memory": lambda targets: open(f"/proc/{targets.grader}/mem", "rb").close(),
    "trace the grader": lambda targets: system("ptrace", 0x4206, targets.grader, None, None),
    "limit the grader": set_grader_limits,
    "change the grader's priority": lambda targets: os.setpriority(
        os.PRIO_PROCESS, targets.grader, os.getpriority(os.PRIO_PROCESS, targets.grader)
    ),
    "enter a new namespace": lambda targets: system("unshare", 0x10000000),
    "take memory without end": lambda targets: bytearray(1 << 38),
}

# What there is to try on Windows, where a signal of 0 would interrupt the grader.
if sys.platform == "win32":
    TRIED = ("read the grader's files", "read other libraries", "write beside itself", "connect",
             "send a datagram", "take memory without end")  # fmt: skip
    ACTS = {name: ACTS[name] for name in TRIED}
