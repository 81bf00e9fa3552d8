"""What submissions cost that set out to cost much, beside what their budget says: `python benchmarks/budgets.py`.

The bill is the budget for the submission, as much again for judging it, and the start of the command.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUDGET = 6
EXERCISES = ("sigmoid", "sigmoid_derivative", "affine_backward", "MLP")
ASSIGNMENT = f'name = "budget"\nlimits.submission = {BUDGET}\n' + "".join(
    f"exercises.{name}.points = 1\n" for name in EXERCISES
)
GRADIENTS = """
def sigmoid_derivative_{n}(z):
    y = 1 / (1 + np.exp(-np.asarray(z, float)))
    return y * (1 - y) ** {n}

def affine_backward_{n}(dout, x, w):
    return {n} * dout @ w.T, x.T @ dout / {n}, dout.sum(axis=0) + {n}
"""
NETWORK = """
class Net{n}:
    def __init__(self, sizes):
        pairs = list(zip(sizes, sizes[1:]))
        self.W = [np.random.randn(a, b) for a, b in pairs]
        self.b = [np.zeros(b) for _, b in pairs]

    def forward(self, x):
        self.seen = [x]
        for w, b in zip(self.W, self.b):
            self.seen.append(np.tanh(self.seen[-1] @ w + b))
        return self.seen[-1]

    def backward(self, t):
        d = self.seen[-1] - t
        self.dW, self.db = [None] * len(self.W), [None] * len(self.W)
        for i in reversed(range(len(self.W))):
            self.dW[i], self.db[i] = self.seen[i].T @ d, d.sum(axis=0)
            d = d @ self.W[i].T
"""
FORGED = """
import os, sys
wire = sys.modules["worker.wire"]
body = wire.encode((), room=1 << 20)
os.write(3, wire.frame(wire.FAULT, 0, b"x" * 400) * 3)
"""
INVENTORY = """
import os, sys
from dataclasses import astuple
wire, inventory = sys.modules["worker.wire"], sys.modules["worker.inventory"]
D, x = inventory.Definition, (inventory.Parameter("x"),)
rows = [D(f"sigmoid_derivative_{n}", "function", x, uses=("np", "exp", "1 -")) for n in range(FUNCTIONS)]
for n in range(NETWORKS):
    rows.append(D(f"Net{n}", "class", x, uses=("W1", "b1")))
    rows += [D(f"Net{n}.{m}", "method", x, sets=("dW1", "db1")) for m in ("forward", "backward", "train")]
data = wire.frame(wire.LOADED, 0, wire.encode(astuple(inventory.Inventory(tuple(rows))), room=1 << 23))
while data:
    data = data[os.write(3, data):]
while True:
    pass
"""
RIGHT = "def sigmoid(z):\n    return 1 / (1 + np.exp(-np.asarray(z, float)))\n"
SUBMISSIONS = {
    "right": RIGHT,
    "120 pairs of wrong gradients": "\n".join(GRADIENTS.format(n=n) for n in range(2, 122)),
    "40 wrong networks": "\n".join(NETWORK.format(n=n) for n in range(40)),
    "naps before each answer": RIGHT.replace("    return", "    time.sleep(1.6)\n    return"),
    "works before each answer": RIGHT.replace(
        "    return", "    end = time.time() + 1.6\n    while time.time() < end: pass\n    return"
    ),
    "never loads": "while True:\n    X = np.ones(3)\n",
    "forged faults of ours": FORGED + RIGHT,
    "500 functions": "\n".join(
        f"def sigmoid_derivative_{n}(z):\n    return {n} * z" for n in range(500)
    ),
    "forged: 4,000 functions": INVENTORY.replace("FUNCTIONS", "4000").replace("NETWORKS", "0"),
    "forged: 300 networks": INVENTORY.replace("FUNCTIONS", "0").replace("NETWORKS", "300"),
}


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cost(source: str) -> tuple[float, float]:
    """Seconds of CPU time of all processes, and of wall time, of grading one submission."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "hw.py").write_text(f"import time\nimport numpy as np\n\n{source}")
        (folder / "week.toml").write_text(ASSIGNMENT)
        command = [sys.executable, "-m", "checkgrad", "grade", str(folder / "hw.py")]
        command += ["--assignment", str(folder / "week.toml"), "--out", str(folder / "out")]
        before, began = spent(), time.monotonic()
        subprocess.run([*command, "-j1", "--no-html"], stdout=subprocess.DEVNULL, check=False)
        return spent() - before, time.monotonic() - began


def main(words: list[str]) -> None:
    """What each costs, or those whose name holds one of *words*."""
    print(f"budget {BUDGET} s, bill at most {2 * BUDGET} s and 10 % beyond what a right one costs")
    for name, source in SUBMISSIONS.items():
        if words and not any(word in name for word in words):
            continue
        cpu, wall = cost(source)
        print(f"{name:<32} {cpu:6.1f} s of CPU {wall:8.1f} s of wall time", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
