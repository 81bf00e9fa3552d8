"""What a diagnosis costs, in CPU time and as a share of `python -c "import numpy"` in the same run.

python benchmarks/diagnose.py [EVERY]    takes every EVERY-th pair of mistakes
"""

import os
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

from checkgrad import diagnose
from checkgrad.child.behaviour import observe
from checkgrad.diagnose import mistakes, network_mistakes
from checkgrad.exercises import ALL
from checkgrad.exercises.mlp import MISTAKES, NETWORK, Switches, blocks

COMPILE = """
import time, numpy
start = time.process_time()
import checkgrad.exercises, checkgrad.exercises.mlp
print(time.process_time() - start)
"""
IMPORTED = """
import sys
from checkgrad.grading import grade
grade("reference_models/numpy_mlp.py")
print(sum("diagnose" in name or name == "hypothesis" for name in sys.modules))
"""
KIND = {"hidden": "tanh", "lam": 0.1}
SIZES = 2  # layers


def main(every):
    numpy = statistics.median(child("import numpy")[1] for _ in range(5))
    print(f"import numpy: {1000 * numpy:.0f} ms of CPU")
    tell("all entries compiled", [float(child(COMPILE)[0]) for _ in range(3)], numpy)
    tell("one mistake, function", [timed(c) for c in cases(plain())], numpy)
    tell("a mistake and a factor", [timed(c) for c in cases(twisted()[::every])], numpy)
    tell("unknown, function", [timed(c) for c in cases(unknown())], numpy)
    networks = [(m,) for m in MISTAKES] + [(a, b) for a in MISTAKES[::4] for b in MISTAKES[1::4]]
    tell("network of two layers", [t for n in networks if (t := of_network(n))], numpy)
    print(f"{'imported where all is right':26} {child(IMPORTED)[0]} modules")


def tell(what, seconds, unit):
    middle, worst = statistics.median(seconds), max(seconds)
    print(
        f"{what:26} {1000 * middle:6.1f} ms, at most {1000 * worst:6.1f} ms: "
        f"{middle / unit:.2f} and {worst / unit:.2f} of import numpy ({len(seconds)} cases)"
    )


def child(code):
    """What a process prints, and its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return found.stdout.strip(), spent


def plain():
    return [(e, m.formula) for e in ALL for m in e.misconceptions if m.at == "probes"]


def twisted():
    return [
        (e, mistakes.SuspectedFormula(m.formula, twist))
        for e in ALL
        for m in e.misconceptions
        for twist in mistakes.STRUCTURES
        if m.at == "probes"
    ]


def unknown():
    """Functions that are wrong in a way nothing explains."""
    return [(e, bent(e)) for e in ALL]


def bent(exercise):
    def formula(*probe):
        value = exercise(*probe)
        if isinstance(value, tuple):
            return tuple(np.sin(v) for v in value)
        return np.sin(value)

    return formula


def cases(functions):
    for exercise, function in functions:
        probes = exercise.probes()
        if any(observe(function, p).raised for p in probes):
            continue
        yield diagnose.Case(
            exercise, exercise.formula, probes, lambda ps, f=function: [observe(f, p) for p in ps]
        )


def timed(case):
    start = time.process_time()
    diagnose.explain(case)
    return time.process_time() - start


def of_network(wrong):
    """The seconds for a network of two layers that makes these mistakes; 0 where it cannot."""
    probes = [p for p in NETWORK.probes() if len(p[0]) == SIZES]
    settings = {key: value for m in wrong for key, value in m.setting.items()}
    try:
        found = [blocks(p, KIND, Switches(**settings)) for p in probes]
    except ValueError:
        return 0.0
    start = time.process_time()
    network_mistakes.explain(network_mistakes.NetworkCase(KIND, probes, found))
    return time.process_time() - start


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 8)
