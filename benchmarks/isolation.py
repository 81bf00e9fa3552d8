"""What isolation costs: a submission from start to end, one round trip, pipelined calls; as ratios within one run.

Run `python benchmarks/isolation.py`; `--soak` also puts 2,000 submissions through and compares what is left behind.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from checkgrad.child.request import call
from checkgrad.sandbox import Worker, launchers

SOURCE = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def mse_loss(y, t):
    return np.mean((y - t) ** 2)

def half(z):
    return z * 0.5
"""
LOGITS = np.random.default_rng(0).normal(size=(64, 10))
CALLS = [call(name, LOGITS) for name in ("softmax", "sigmoid")] * 16
LAYERS = "uid,landlock,rlimits,seccomp"


class Taken(float):
    """Median seconds of several runs; *fastest* tells how much of it is the machine's other work."""

    fastest: float


def median(act: Callable[[], object], times: int) -> Taken:
    """Time *times* runs."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    taken = Taken(statistics.median(seconds))
    taken.fastest = min(seconds)
    return taken


def fresh_numpy() -> None:
    subprocess.run([sys.executable, "-c", "import numpy"], check=True)


def grade(path: Path) -> None:
    """One small submission: staged, loaded, 32 calls, ended."""
    with Worker(path) as worker:
        assert all(answer.returned for answer in worker.ask(CALLS))


def pipe_round_trip(times: int) -> Taken:
    """Seconds for 5 kB to another process and back: the floor that this machine sets."""
    echo = "import os\nwhile data := os.read(0, 1 << 16): os.write(1, data)"
    other = subprocess.Popen(
        [sys.executable, "-c", echo], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    assert other.stdin is not None and other.stdout is not None
    going, coming, data = other.stdin.fileno(), other.stdout.fileno(), LOGITS.tobytes()

    def bounce() -> None:
        os.write(going, data)
        left = len(data)
        while left:
            left -= len(os.read(coming, left))

    seconds = median(bounce, times)
    other.kill()
    other.communicate()
    return seconds


def show(what: str, got: float, unit: str, target: str, ratio: str = "") -> None:
    print(f"{what:<52} {got:>9.1f} {unit:<8} target {target:<14} {ratio}")


def submissions(path: Path, times: int) -> None:
    """Wall time of a small submission with all layers and with none, against a fresh interpreter."""
    fresh, whole = median(fresh_numpy, times), median(lambda: grade(path), times)
    os.environ["CHECKGRAD_WITHOUT"] = LAYERS
    launchers.discard()
    bare = median(lambda: grade(path), times)
    del os.environ["CHECKGRAD_WITHOUT"]
    launchers.discard()
    show('python -c "import numpy"', fresh * 1e3, "ms", "-")
    ratio = f"{whole / fresh:.2f} of a fresh interpreter (target 0.25)"
    show("one submission, all layers, 32 calls", whole * 1e3, "ms", "<= 15 ms", ratio)
    show("  the fastest", whole.fastest * 1e3, "ms", "-", f"{whole.fastest / fresh.fastest:.2f}")
    confinement = whole.fastest - bare.fastest
    show("  of which confinement", confinement * 1e3, "ms", "<= 3 ms")


def transport(path: Path) -> None:
    """A round trip of 64x10 float64, and calls per second in a pipeline."""
    floor = pipe_round_trip(2000)
    with Worker(path) as worker:
        one, many = [call("half", LOGITS)], [call("half", LOGITS)] * 20_000
        worker.ask(many[:2000])
        trip = median(lambda: worker.ask(one), 2000)
        seconds = median(lambda: worker.ask(many), 5).fastest
    ratio = f"{trip / floor:.1f} times a bare pipe"
    show("bare pipe, 5 kB there and back", floor * 1e6, "us", "-")
    show("one call, 64x10 float64 there and back", trip * 1e6, "us", "<= 40 us", ratio)
    show("  the fastest", trip.fastest * 1e6, "us", "-", f"{trip.fastest / floor.fastest:.1f}")
    show("pipelined calls", len(many) / seconds, "calls/s", ">= 40,000")


def left_behind() -> dict[str, int]:
    """What a leak would add to."""
    status = Path("/proc/self/status").read_text()
    memory = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    server = launchers.launcher().handle.pid  # type: ignore[attr-defined]
    ipc = [Path(f"/proc/sysvipc/{kind}").read_text().count("\n") for kind in ("shm", "sem", "msg")]
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "descriptors of the server": len(os.listdir(f"/proc/{server}/fd")),
        "children": len(Path(f"/proc/{server}/task/{server}/children").read_text().split()),
        "memory in MB": memory >> 10,
        "in /dev/shm": len(os.listdir("/dev/shm")),
        "System V objects": sum(ipc) - 3,
        "staged folders": len(list(Path(tempfile.gettempdir()).glob("checkgrad-*"))),
    }


def soak(path: Path, count: int) -> None:
    for _ in range(50):
        grade(path)
    before, began = left_behind(), time.perf_counter()
    for _ in range(count):
        grade(path)
    print(f"{count} submissions, {count / (time.perf_counter() - began):.0f} a second")
    for what, after in left_behind().items():
        print(f"{what:<52} {before[what]:>9} -> {after}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=50)
    options.add_argument("--soak", type=int, nargs="?", const=2000, default=0)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hw.py"
        path.write_text(SOURCE)
        found = launchers.found()
        print(" + ".join(found.layers), "verified", found.isolation.verified)
        submissions(path, given.times)
        transport(path)
        if given.soak:
            soak(path, given.soak)


if __name__ == "__main__":
    main()
