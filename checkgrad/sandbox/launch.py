"""Starting workers: a clean interpreter each, which never sees checkgrad."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import checkgrad.child
from checkgrad.sandbox.channel import Channel

CHILD = Path(checkgrad.child.__file__).parent
LIBRARIES = Path(np.__file__).parents[1]

# The worker's side of the house under a name of its own, and NumPy, the only library in reach.
BEGIN = """
import sys
sys.path.append({libraries!r})
import numpy, numpy.random, numpy.linalg, numpy.fft
sys.path.remove({libraries!r})
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


def beginning() -> str:
    """The code that an interpreter starts with."""
    init = str(CHILD / "__init__.py")
    return BEGIN.format(libraries=str(LIBRARIES), init=init, child=str(CHILD))


@dataclass
class Process:
    """A running worker and the line to it."""

    pid: int
    channel: Channel
    handle: subprocess.Popen[bytes]

    def end(self) -> int:
        """End it with all that it started; its exit status, negative for a signal."""
        self.channel.close()
        kill(self.handle)
        return self.handle.wait()

    def status(self) -> int:
        """The exit status of a worker that ended by itself; waits a moment for it."""
        try:
            return self.handle.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return self.end()


def kill(handle: subprocess.Popen[bytes]) -> None:
    """Kill a process and its group."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(handle.pid, signal.SIGKILL)
        else:
            handle.kill()
    except (ProcessLookupError, PermissionError):
        pass


def spawn(folder: Path, memory: int) -> Process:
    """Start a fresh interpreter as a worker."""
    code = beginning() + f"from worker.start import main; main({memory})"
    handle = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        cwd=folder,
        start_new_session=True,
        bufsize=0,
    )
    assert handle.stdin is not None and handle.stdout is not None
    channel = Channel(os.dup(handle.stdout.fileno()), os.dup(handle.stdin.fileno()))
    handle.stdin.close()
    handle.stdout.close()
    return Process(handle.pid, channel, handle)


def environment() -> dict[str, str]:
    """A clean environment; Windows cannot start without its own."""
    if sys.platform != "win32":
        return ENVIRONMENT
    return ENVIRONMENT | {"SYSTEMROOT": os.environ["SYSTEMROOT"], "PATH": os.environ["PATH"]}
