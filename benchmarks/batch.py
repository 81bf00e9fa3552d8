"""What a class costs: CPU per submission, the second core, memory, hangs, dask, and other graders on the same files.

    python benchmarks/batch.py                    # 20, 200 and 2,000 submissions, without and with HTML
    python benchmarks/batch.py --sizes 20 --rivals /path/to/venv    # one with gradescope-utils, nbgrader and otter
    python benchmarks/batch.py --sizes 2000 --dask                  # overhead of a LocalCluster
    python benchmarks/batch.py --soak 2000                          # does anything grow?

Times are CPU seconds of all processes, so other work on the machine changes them little; the second core's
factor and dask's overhead are ratios of wall time within one run.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import rivals

HOMEWORK = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_derivative(z):
    y = sigmoid(z)
    return y * (1 - y)

def relu(z):
    return np.maximum(z, 0)

def relu_derivative(z):
    return np.where(z > 0, 1.0, 0.0)

def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)

def cross_entropy(y, t):
    return -np.sum(t * np.log(y)) / len(y)

def softmax_cross_entropy_gradient(z, t):
    return (softmax(z) - t) / len(z)

def affine_forward(x, w, b):
    return x @ w + b

def affine_backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)

class MLP:
    def __init__(self, sizes, seed=0):
        rng = np.random.default_rng(seed)
        self.weights = [rng.normal(0, 1, (n, m)) for n, m in zip(sizes, sizes[1:])]
        self.biases = [np.zeros(m) for m in sizes[1:]]

    def run(self, x):
        inputs, logits = [x], []
        for w, b in zip(self.weights, self.biases):
            logits.append(affine_forward(inputs[-1], w, b))
            inputs.append(relu(logits[-1]))
        return inputs, logits

    def forward(self, x):
        return softmax(self.run(x)[1][-1])

    def loss(self, x, t):
        return cross_entropy(self.forward(x), t)

    def backward(self, x, t):
        inputs, logits = self.run(x)
        delta = softmax_cross_entropy_gradient(logits[-1], t)
        dws, dbs = [], []
        for i in reversed(range(len(self.weights))):
            dx, dw, db = affine_backward(delta, inputs[i], self.weights[i])
            dws.insert(0, dw)
            dbs.insert(0, db)
            if i:
                delta = dx * relu_derivative(logits[i - 1])
        return dws, dbs
"""
# What students get wrong: a right line and what stands there instead.
WRONG = [
    ("return y * (1 - y)", "return 1 - y ** 2"),
    ("return y * (1 - y)", "return z * (1 - z)"),
    ("np.where(z > 0, 1.0, 0.0)", "np.where(z > 0, z, 0.0)"),
    ("e / np.sum(e, axis=1, keepdims=True)", "e / np.sum(e)"),
    ("e / np.sum(e, axis=1, keepdims=True)", "e / np.sum(e, axis=0, keepdims=True)"),
    ("-np.sum(t * np.log(y)) / len(y)", "np.sum(t * np.log(y)) / len(y)"),
    ("(softmax(z) - t) / len(z)", "(t - softmax(z)) / len(z)"),
    ("(softmax(z) - t) / len(z)", "(softmax(z) - t ** 2 / 2) / len(z)"),
    ("dout.sum(axis=0)", "dout.mean(axis=0)"),
    ("x.T @ dout, dout", "dout.T @ x, dout"),
    ("delta = dx * relu_derivative(logits[i - 1])", "delta = dx"),
    ("delta = dx * relu_derivative(logits[i - 1])", "delta = dx * relu_derivative(dx)"),
]
BROKEN = ("def relu(z):\n", "def relu(z:\n")
HANGING = ("    return np.maximum(z, 0)", "    while True:\n        pass")
ASSIGNMENT = """
name = "week 3"

[exercises.sigmoid]
[exercises.sigmoid_derivative]
points = 2
[exercises.relu]
[exercises.relu_derivative]
[exercises.softmax]
points = 2
[exercises.cross_entropy]
[exercises.softmax_cross_entropy_gradient]
points = 2
[exercises.affine_forward]
[exercises.affine_backward]
points = 2
[exercises.MLP]
points = 4
"""
LIGHT = "[exercises.sigmoid]\n[exercises.sigmoid_derivative]\n"
OUR_FAULT = 3


def write_class(folder: Path, size: int, *, hangs: bool = True, seed: int = 0) -> None:
    """Write *size* submissions: 2 % hang, 3 % do not load, 45 % are right, 50 % hold one to three mistakes."""
    folder.mkdir(parents=True)
    rng = random.Random(seed)
    kinds = ["hang"] * (max(1, size // 50) if hangs else 0)
    kinds += ["broken"] * max(1, size * 3 // 100) + ["wrong"] * (size // 2)
    kinds += ["right"] * (size - len(kinds))
    rng.shuffle(kinds)
    for i, kind in enumerate(kinds):
        (folder / f"s{i:05d}.py").write_text(f"# {i}{_source(kind, rng)}")


def _source(kind: str, rng: random.Random) -> str:
    changes = {"hang": [HANGING], "broken": [BROKEN], "right": []}.get(kind)
    source = HOMEWORK
    for old, new in rng.sample(WRONG, rng.randint(1, 3)) if changes is None else changes:
        source = source.replace(old, new)
    return source


@dataclass
class Run:
    """What one run took."""

    wall: float
    cpu: float
    megabytes: float


def measured(command: list[str], folder: Path) -> Run:
    """Run *command*; CPU seconds of it and all it started, resident memory of its largest process."""
    program = (
        "import resource, subprocess, sys, time; b = time.perf_counter();"
        "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode;"
        "u = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(time.perf_counter() - b, u.ru_utime + u.ru_stime, u.ru_maxrss / 1024, code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    wall, cpu, megabytes, code = map(float, done.stdout.split())
    if code == OUR_FAULT:  # a machine so busy that a process did not start in time
        print("  some were not judged, through our fault")
    elif code:
        raise SystemExit(f"{' '.join(command)}: exit code {code:g}")
    return Run(wall, cpu, megabytes)


def grade(folder: Path, out: str, *options: str) -> Run:
    """Grade the class in *folder*."""
    command = [sys.executable, "-m", "checkgrad", "grade", "class", "--class"]
    return measured([*command, "--assignment", "week3.toml", "--out", out, *options], folder)


def on_dask(folder: Path) -> Run:
    """Grade the class in *folder* on a cluster of two processes that starts and ends with the run."""
    script = folder / "cluster.py"
    script.write_text(
        "import subprocess, sys\n"
        "from distributed import LocalCluster\n"
        "if __name__ == '__main__':\n"
        "    with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:\n"
        "        command = [sys.executable, '-m', *sys.argv[1:], cluster.scheduler_address]\n"
        "        sys.exit(subprocess.run(command).returncode)\n"
    )
    asked = ["--class", "--assignment", "week3.toml", "--out", "dask", "--no-html"]
    command = [sys.executable, str(script), "checkgrad", "grade", "class", *asked]
    return measured([*command, "--executor", "dask", "--scheduler"], folder)


def tell(name: str, run: Run, size: int) -> None:
    print(
        f"{name:28s} {size:6d} {run.wall:8.1f} {run.cpu:8.1f} {run.cpu / size:9.3f} {run.megabytes:7.0f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 200, 2000])
    parser.add_argument("--no-html", action="store_true", help="leave out the runs with HTML")
    parser.add_argument("--no-hangs", action="store_true", help="no submission hangs")
    parser.add_argument("--light", action="store_true", help="ask for two functions alone")
    parser.add_argument("--one", action="store_true", help="also with one process")
    parser.add_argument("--dask", action="store_true", help="also on a LocalCluster")
    parser.add_argument(
        "--rivals", metavar="VENV", type=Path, help="and with its graders; no hangs"
    )
    parser.add_argument("--soak", type=int, nargs="?", const=2000, metavar="N")
    options = parser.parse_args()
    if options.soak:
        soak(options.soak)
        return
    print(f"{'':28s} {'size':>6s} {'wall s':>8s} {'CPU s':>8s} {'CPU/each':>9s} {'MB':>7s}")
    for size in options.sizes:
        with tempfile.TemporaryDirectory(prefix="checkgrad-bench-") as name:
            folder = Path(name)
            hangs = not (options.no_hangs or options.rivals)
            write_class(folder / "class", size, hangs=hangs)
            (folder / "week3.toml").write_text(LIGHT if options.light else ASSIGNMENT)
            compare(folder, size, options)


CHEAP = (
    "import numpy as np\n\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-np.asarray(z, float)))\n"
)
SAMPLED = 10  # times in a soak


def soak(size: int) -> None:
    """A class of cheap submissions, no two the same: memory, descriptors and temporary files on the way."""
    with tempfile.TemporaryDirectory(prefix="checkgrad-bench-") as name:
        folder, scratch = Path(name), Path(name, "tmp")
        (folder / "class").mkdir()
        scratch.mkdir()
        for i in range(size):
            (folder / "class" / f"s{i:04d}.py").write_text(f"{CHEAP}\n# {i}\n")
        (folder / "week.toml").write_text('name = "week"\nexercises.sigmoid.points = 1\n')
        command = [sys.executable, "-m", "checkgrad", "grade", "--class", str(folder / "class")]
        command += ["--assignment", str(folder / "week.toml"), "--out", str(folder / "out")]
        environment = {**os.environ, "TMPDIR": str(scratch)}
        students, due = folder / "out" / "students", 0
        with subprocess.Popen(
            [*command, "-j1", "--no-html", "--export", "gradescope"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
        ) as run:
            while run.poll() is None:
                done = len(os.listdir(students)) if students.is_dir() else 0
                if done >= due:
                    print(f"{done:6d} graded: {_held(run.pid, scratch)}", flush=True)
                    due = done + max(size // SAMPLED, 1)
                time.sleep(0.2)
        left = [p.name for p in scratch.iterdir()]
        print(f"ended with {run.returncode}, {len(os.listdir(students))} graded, left: {left}")


def _held(pid: int, scratch: Path) -> str:
    """Memory and descriptors of a process and of all below it, and what lies in the temporary folder."""
    family, memory, descriptors = [pid], 0, 0
    for one in family:
        try:
            for thread in Path(f"/proc/{one}/task").iterdir():
                family += map(int, (thread / "children").read_text().split())
            memory += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * 4096
            descriptors += len(os.listdir(f"/proc/{one}/fd"))
        except OSError:  # it has just ended
            continue
    found = sum(1 for _ in scratch.iterdir())
    return (
        f"{len(family)} processes, {memory >> 20} MB, {descriptors} descriptors,"
        f" {found} temporary folders"
    )


def compare(folder: Path, size: int, options: argparse.Namespace) -> None:
    """Grade one class in every way that is asked for."""
    two = grade(folder, "two", "--no-html", "-j2")
    tell("without HTML, 2 processes", two, size)
    if options.one:
        one = grade(folder, "one", "--no-html", "-j1")
        tell("without HTML, 1 process", one, size)
        print(f"  the second process: {one.wall / two.wall:.2f} times as fast")
    if options.dask:
        spread = on_dask(folder)
        tell("without HTML, dask", spread, size)
        times = f"{spread.wall / two.wall:.2f} times the wall time"
        print(f"  dask, its start included: {times}, {spread.cpu / two.cpu:.2f} times the CPU")
    if not options.no_html:
        tell("with HTML, 2 processes", grade(folder, "html", "-j2"), size)
        tell("once more, nothing changed", grade(folder, "html", "-j2"), size)
    if options.rivals:
        compare_rivals(folder, size, two, options.rivals)


def compare_rivals(folder: Path, size: int, ours: Run, venv: Path) -> None:
    """Grade the same class with each of the others."""
    for name in rivals.RIVALS:
        run = measured(*rivals.prepared(name, folder, venv))
        tell(name, run, size)
        print(
            f"  {run.wall / ours.wall:.1f} times our wall time, {run.cpu / ours.cpu:.1f} times our CPU"
        )


if __name__ == "__main__":
    main()
