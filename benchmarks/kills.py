"""A class graded while its processes are killed at random: the grades have to be those of an undisturbed run.

    python benchmarks/kills.py [--kills 50] [--students 60] [--seed 0]

Kills (SIGKILL, of workers also SIGTERM) go by turns to a worker, a fork server and a process of the pool. Linux only.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

KINDS = {3: "worker", 2: "fork server", 1: "pool"}  # by how far below the command they stand
HEAD = "import time\nimport numpy as np\n\n"
FUNCTIONS = {
    "sigmoid(z)": ("return 1 / (1 + np.exp(-z))", "return 1 / (1 + np.exp(z))"),
    "sigmoid_derivative(z)": ("y = sigmoid(z)\n    return y * (1 - y)", "return sigmoid(z)"),
    "softmax(z)": (
        "e = np.exp(z - z.max(axis=1, keepdims=True))\n    return e / e.sum(axis=1, keepdims=True)",
        "e = np.exp(z)\n    return e / e.sum()",
    ),
    "softmax_cross_entropy_gradient(z, t)": (
        "return (softmax(z) - t) / len(z)",
        "return softmax(z) - t",
    ),
    "affine_backward(dout, x, w)": (
        "return dout @ w.T, x.T @ dout, dout.sum(axis=0)",
        "return dout @ w, x.T @ dout, dout.sum(axis=0)",
    ),
}
ASSIGNMENT = 'name = "week"\n' + "".join(
    f"exercises.{head.partition('(')[0]}.points = 2\n" for head in FUNCTIONS
)


def submission(number: int) -> str:
    """A module in which the bits of *number* say what is wrong; each call takes a little."""
    return HEAD + "\n\n".join(
        f"def {head}:\n    time.sleep(0.001)\n    {ways[number >> i & 1]}\n"
        for i, (head, ways) in enumerate(FUNCTIONS.items())
    )


def below(root: int) -> dict[int, int]:
    """Processes under *root*, and how far below it they stand."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                text = Path(f"/proc/{name}/stat").read_text(errors="replace")
            except OSError:
                continue
            state, parent = text[text.rindex(")") + 2 :].split()[:2]
            if state != "Z":
                parents[int(name)] = int(parent)
    found = {}
    for pid in parents:
        depth, up = 0, pid
        while up != root and up in parents:
            up, depth = parents[up], depth + 1
        if up == root and depth:
            found[pid] = depth
    return found


def graded(folder: Path, out: str, kills: float, rng: random.Random) -> tuple[int, Counter[str]]:
    """Grade the class in *folder*; the exit code, and how many processes of each kind were killed.

    kills: for each student; they come as the class goes on.
    """
    journal = folder / out / "results.jsonl"
    command = [
        sys.executable,
        "-c",
        "from checkgrad.cli import main; main()",
        "grade",
        str(folder / "class"),
        "--class",
    ]
    command += ["--assignment", str(folder / "week.toml"), "--out", str(folder / out)]
    running = subprocess.Popen([*command, "-j2", "--no-html"], stdout=subprocess.DEVNULL)
    killed: Counter[str] = Counter()
    while running.poll() is None:
        time.sleep(rng.uniform(0.05, 0.6))
        done = journal.read_bytes().count(b"\n") + 1 if journal.exists() else 1
        wanted = 3 - sum(killed.values()) % 3
        alive = [pid for pid, depth in below(running.pid).items() if depth == wanted]
        if sum(killed.values()) < int(kills * done) and alive:
            how = rng.choice([signal.SIGKILL, signal.SIGTERM]) if wanted == 3 else signal.SIGKILL
            try:
                os.kill(rng.choice(alive), how)
                killed[KINDS[wanted]] += 1
            except ProcessLookupError:
                continue
    return running.returncode, killed


def rows(path: Path) -> dict[str, dict[str, str]]:
    with open(path, newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "week.toml").write_text(ASSIGNMENT)
        for number in range(asked.students):
            (folder / "class" / f"s{number:03}").mkdir(parents=True)
            text = f"{submission(number)}# {number}\n"
            (folder / "class" / f"s{number:03}" / "hw.py").write_text(text)
        rng = random.Random(asked.seed)
        calm, _ = graded(folder, "calm", 0.0, rng)
        code, killed = graded(folder, "disturbed", asked.kills / asked.students, rng)
        due, got = (rows(folder / out / "grades.csv") for out in ("calm", "disturbed"))
    other = [name for name in due if got.get(name) != due[name]]
    told = ", ".join(f"{number} of the {kind}s" for kind, number in killed.items())
    print(f"{asked.students} students, {sum(killed.values())} kills ({told})")
    print(f"exit codes {calm} undisturbed, {code} disturbed; {len(other)} rows differ")
    for name in other:
        print(f"  {due[name]}\n  {got.get(name)}")
    return bool(other or code)


if __name__ == "__main__":
    sys.exit(main())
