"""Starting workers: forked from a server where the system allows it, spawned afresh elsewhere."""

from __future__ import annotations

import json
import os
import pkgutil
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np

import checkgrad.child
from checkgrad.sandbox import windows
from checkgrad.sandbox.channel import Channel, channel

CHILD = Path(checkgrad.child.__file__).parent
SITE = Path(np.__file__).parents[1]
LIBRARIES = [str(SITE / name) for name in ("numpy", "numpy.libs")]
WITHOUT = "CHECKGRAD_WITHOUT"  # names layers to leave out, separated by commas; for tests
STARTED_WITHIN, RPC_WITHIN = 60.0, 15.0  # seconds
GRACE = 1.0  # seconds in which a process that hung up is gone
HUNG_UP = 256  # instead of an exit status: it closed its line and went on
PIPE = 1 << 20

# The worker's side of the house under a name of its own, and NumPy, the only library in reach.
BEGIN = """
import sys
sys.path.append({site!r})
import numpy, numpy.random, numpy.linalg, numpy.fft
sys.path.remove({site!r})
import importlib.util
spec = importlib.util.spec_from_file_location("worker", {init!r}, submodule_search_locations=[{child!r}])
sys.modules["worker"] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
"""

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class LauncherLost(Exception):
    """The fork server does not answer."""


class Process(Protocol):
    """A running worker and the line to it."""

    pid: int
    channel: Channel

    def end(self, grace: float = 0.0) -> int:
        """End it with all that it started, or LauncherLost; its exit status, negative for a signal.

        grace: seconds that it has to end by itself; HUNG_UP if it does not.
        """


class Launcher(Protocol):
    """Starts workers.

    layers: what stands around all of them. folder: where submissions are staged.
    """

    layers: tuple[str, ...]
    folder: Path

    def start(self) -> Process: ...

    def close(self) -> None: ...


@cache
def installed() -> list[str]:
    """First names of the libraries that are installed beside us and kept from submissions."""
    places = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]
    found = {module.name for module in pkgutil.iter_modules(places)}
    return sorted(found - sys.stdlib_module_names - {"numpy"})


def without() -> tuple[str, ...]:
    """Layers that are switched off."""
    return tuple(filter(None, os.environ.get(WITHOUT, "").split(",")))


def interpreter(code: str) -> list[str]:
    """A clean Python that runs *code* with the worker's side of the house loaded."""
    begin = BEGIN.format(site=str(SITE), init=str(CHILD / "__init__.py"), child=str(CHILD))
    # on Windows that of a virtual environment starts another one, which a job does not let it
    windows_own = getattr(sys, "_base_executable", sys.executable)
    python = windows_own if sys.platform == "win32" else sys.executable
    return [python, "-I", "-S", "-c", begin + code]


def environment() -> dict[str, str]:
    """A clean environment; Windows cannot start without its own."""
    if sys.platform != "win32":
        return ENVIRONMENT
    return ENVIRONMENT | {name: os.environ[name] for name in ("SYSTEMROOT", "PATH")}


@dataclass
class Spawned:
    """A worker in an interpreter of its own."""

    pid: int
    channel: Channel
    handle: subprocess.Popen[bytes]
    job: int = 0  # on Windows

    def end(self, grace: float = 0.0) -> int:
        if not self.channel.open:
            return self.handle.wait()
        self.channel.close()
        if grace:
            with suppress(subprocess.TimeoutExpired):
                self.handle.wait(grace)
        alone = self.handle.poll() is not None
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self.handle.kill()
                windows.close(self.job)
            else:
                os.killpg(self.pid, signal.SIGKILL)
        status = self.handle.wait()
        return status if alone or not grace else HUNG_UP


class Spawner:
    """Starts a fresh interpreter for each worker, from the second on ahead of time."""

    layers: tuple[str, ...] = ("process",)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spare: Spawned | None = None
        self.started = 0

    def start(self) -> Spawned:
        process, self.spare = self.spare or self.spawn(), None
        self.started += 1
        if self.started > 1:
            self.spare = self.spawn()
        return process

    def spawn(self) -> Spawned:
        handle = subprocess.Popen(
            interpreter(f"from worker.start import main; main({LIBRARIES!r}, {installed()!r})"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            start_new_session=True,
            bufsize=0,
        )
        assert handle.stdin is not None and handle.stdout is not None
        line = channel(os.dup(handle.stdout.fileno()), os.dup(handle.stdin.fileno()))
        handle.stdin.close()
        handle.stdout.close()
        job = windows.put_in_job(handle) if sys.platform == "win32" else 0
        return Spawned(handle.pid, line, handle, job)

    def close(self) -> None:
        if self.spare:
            self.spare.end()
            self.spare = None


@dataclass
class Forked:
    """A worker forked from the server, which ends it for us."""

    pid: int
    channel: Channel
    server: ForkServer
    status: int = -signal.SIGTERM

    def end(self, grace: float = 0.0) -> int:
        if self.channel.open:
            self.channel.close()
            told = self.server.tell({"do": "end", "pid": self.pid, "grace": grace})
            self.status = told["status"] if told["alone"] or not grace else HUNG_UP
        return self.status


def bubblewrap(folder: Path) -> list[str]:
    """What to put before a command so that it sees Python, NumPy and *folder* alone, and no network."""
    program = shutil.which("bwrap")
    if program is None or "bubblewrap" in without():
        return []
    standard = Path(os.__file__).parent
    seen = [
        sys.prefix + "/bin",
        sys.prefix + "/pyvenv.cfg",
        sys.base_prefix + "/bin",
        str(standard),
    ]
    seen += [*LIBRARIES, str(CHILD), "/usr/lib", "/lib", "/lib64", "/etc/ld.so.cache"]
    seen += [f"{sys.base_prefix}/lib/{name}" for name in shared_libraries()]
    wrapping = [program, "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent"]
    for place in seen:
        wrapping += ["--ro-bind-try", place, place]
    for hidden in ("site-packages", "dist-packages"):
        if (standard / hidden).is_dir():
            wrapping += ["--tmpfs", str(standard / hidden)]
    for name in ("null", "urandom"):
        wrapping += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    wrapping += ["--perms", "0755", "--dir", str(folder.parent)]
    wrapping += ["--ro-bind", str(folder), str(folder), "--bind", "/proc", "/proc"]
    return [*wrapping, "--remount-ro", "/", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]


def shared_libraries() -> list[str]:
    """The interpreter's own shared libraries, which may lie beside the standard library."""
    place = Path(sys.base_prefix) / "lib"
    return [path.name for path in place.glob("libpython*")]


def wide_pipe() -> tuple[int, int]:
    """A pipe in which many requests fit, as far as the system grants it."""
    reading, writing = os.pipe()
    with suppress(OSError):
        import fcntl  # absent on Windows

        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE)
    return reading, writing


class ForkServer:
    """The grader's side of a fork server."""

    layers: tuple[str, ...] = ("fork server",)

    def __init__(self, folder: Path, *, wrapped: bool = False) -> None:
        self.folder = folder
        wrapping = bubblewrap(folder) if wrapped else []
        if wrapping:
            self.layers = (*self.layers, "bubblewrap")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.line = ours
        ours.settimeout(STARTED_WITHIN)
        given = f"{theirs.fileno()}, {LIBRARIES!r}, {installed()!r}"
        code = f"from worker.forkserver import main; main({given})"
        with theirs:
            self.handle = subprocess.Popen(
                [*wrapping, *interpreter(code)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment(),
                cwd="/",
                start_new_session=True,
            )
        try:
            self.hear()
            ours.settimeout(RPC_WITHIN)
        except LauncherLost:
            self.close()
            raise

    def start(self) -> Forked:
        incoming, their_outgoing = wide_pipe()
        their_incoming, outgoing = wide_pipe()
        try:
            pid = int(self.tell({"do": "fork"}, [their_incoming, their_outgoing])["pid"])
        except BaseException:
            os.close(incoming)
            os.close(outgoing)
            raise
        finally:
            os.close(their_incoming)
            os.close(their_outgoing)
        return Forked(pid, channel(incoming, outgoing), self)

    def tell(
        self, command: dict[str, object], descriptors: list[int] | None = None
    ) -> dict[str, int]:
        """Give a command and take its answer."""
        try:
            socket.send_fds(self.line, [json.dumps(command).encode()], descriptors or [])
        except OSError as error:
            raise LauncherLost(f"the fork server is gone ({error})") from None
        return self.hear()

    def hear(self) -> dict[str, int]:
        try:
            answer = self.line.recv(1 << 16)
        except OSError as error:
            raise LauncherLost(f"the fork server does not answer ({error})") from None
        told: dict[str, int] = json.loads(answer) if answer else {"error": 1}
        if "error" in told:
            raise LauncherLost(f"the fork server failed ({told['error']})")
        return told

    def close(self) -> None:
        self.line.close()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.handle.pid, signal.SIGKILL)
        self.handle.wait()
