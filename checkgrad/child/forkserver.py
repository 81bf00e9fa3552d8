"""The fork server: a process that holds NumPy and no secret, and forks a worker for each submission.

It answers its grader's commands one at a time: fork, or end a worker with all that it started.
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from types import ModuleType
from typing import Any

import numpy as np

from . import kernel, wire
from .confine import STANDARD, Walls, standard_library, walls
from .serve import INCOMING, OUTGOING, serve
from .source import Document, parse
from .survey import Survey

# What homework imports from the standard library: loaded once, here, rather than in every worker.
# fmt: off
PRELOADED = [
    "argparse", "bisect", "cmath", "collections", "contextlib", "copy", "csv", "ctypes",
    "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "glob", "hashlib",
    "heapq", "inspect", "itertools", "json", "logging", "math", "operator", "os", "pathlib",
    "pickle", "random", "re", "resource", "statistics", "string", "struct", "sys", "textwrap", "threading",
    "time", "timeit", "traceback", "typing", "warnings", "bz2", "lzma", "zlib", "encodings.idna",
    "encodings.latin_1", "numpy.ma",
]
# fmt: on
CONTROL = 900
WARM = """
import numpy as np

class Layer:
    def forward(self, x):
        self.y = [np.exp(v) if v else -v for v in x]
        return self.y, x

for x in (1, 2):
    y = x + 1
"""


def main(control: int, libraries: list[str], blocked: list[str]) -> None:
    """Serve the grader at the other end of the socket *control* until it hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    kernel.undumpable()
    line = socket.socket(fileno=os.dup2(control, CONTROL, inheritable=False))
    os.close(control)
    for taken in (OUTGOING, INCOMING, STANDARD):  # in a worker these lead elsewhere
        os.dup2(0, taken)
    for name in PRELOADED:
        importlib.import_module(name)
    warm_up()
    reachable_by_others()
    around = walls(standard_library(), libraries, blocked, opened=True)
    gc.collect()
    gc.freeze()
    line.send(b"{}")
    alive: set[int] = set()
    while True:
        command, descriptors = receive(line)
        if not command:
            os._exit(0)
        if command["do"] == "end":
            answer = end(command["pid"], alive, command["grace"])
        else:
            answer = fork(descriptors, around, alive)
        line.send(json.dumps(answer).encode())


def warm_up() -> None:
    """Use what every worker will use, so that it is set up once."""
    np.ones((8, 8)) @ np.ones((8, 8))
    np.random.default_rng(0).normal(size=3)
    parsed = parse(Document(WARM), "warm")
    Survey({"warm": parsed.tree}).definitions(ModuleType("warm"), "warm")
    wire.decode(wire.encode((1, 0.5, "", [np.ones(2)], {"a": None})))
    kernel.landlock_version()


def receive(line: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The next command and the descriptors that came with it; empty at the end."""
    message, ancillary, _, _ = line.recvmsg(1 << 16, socket.CMSG_SPACE(8))
    descriptors = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(data)
    return (json.loads(message) if message else {}), list(descriptors)


def fork(descriptors: list[int], around: Walls, alive: set[int]) -> dict[str, Any]:
    """Fork a worker that reads and writes the two *descriptors*."""
    try:
        pid = os.fork()
        if pid == 0:
            worker(descriptors, around)
        alive.add(pid)
        return {"pid": pid}
    except OSError as error:
        return {"error": str(error)}
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def worker(descriptors: list[int], around: Walls) -> None:
    """Be the worker. Never returns."""
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.close(CONTROL)
        incoming, outgoing = (os.dup2(d, CONTROL + i) for i, d in enumerate(descriptors))
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        os.dup2(outgoing, OUTGOING, inheritable=False)
        os.dup2(incoming, INCOMING, inheritable=False)
        serve(INCOMING, OUTGOING, around)
    finally:
        os._exit(77)


def reachable_by_others() -> None:
    """Where a folder above the standard library is closed to other users, reach it by an open descriptor."""
    home = os.path.dirname(os.__file__)
    if os.getuid() != 0 or open_to_all(home):
        return
    opened = os.open(home, os.O_PATH)
    os.dup2(opened, STANDARD)
    os.close(opened)
    way = f"/proc/self/fd/{STANDARD}"
    sys.path[:] = [p.replace(home, way) if p.startswith(home) else p for p in sys.path]
    for module in list(sys.modules.values()):
        places = getattr(module, "__path__", None)
        if isinstance(places, list):
            places[:] = [p.replace(home, way) if p.startswith(home) else p for p in places]
    sys.path_importer_cache.clear()


def open_to_all(folder: str) -> bool:
    """May everybody enter *folder* and all that is above it?"""
    while True:
        if not os.stat(folder).st_mode & 0o001:
            return False
        above = os.path.dirname(folder)
        if above == folder:
            return True
        folder = above


def end(pid: int, alive: set[int], grace: float) -> dict[str, Any]:
    """End a worker and whatever escaped from its process group: orphans come to us.

    grace: seconds that it has to end by itself. alone: whether it did.
    """
    alone = ended(pid, grace)
    kill(pid)
    alive.discard(pid)
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        code = 0
    orphans = 0
    deadline = time.monotonic() + 1.0
    while (left := children() - alive) and time.monotonic() < deadline:
        orphans += len(left)
        for child in left:
            kill(child)
            os.waitpid(child, 0)
    return {"status": code, "alone": alone, "orphans": orphans}


def ended(pid: int, grace: float) -> bool:
    """Has a worker ended, within *grace* seconds?"""
    deadline, pause = time.monotonic() + grace, 0.0005
    try:
        while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
    except ChildProcessError:
        pass
    return True


def kill(pid: int) -> None:
    """Kill a process and its group."""
    for send in (os.killpg, os.kill):
        try:
            send(pid, signal.SIGKILL)
        except OSError:
            continue


def children() -> set[int]:
    """All child processes."""
    me = os.getpid()
    try:
        with open(f"/proc/{me}/task/{me}/children") as file:
            return set(map(int, file.read().split()))
    except OSError:
        return set()
