"""How many one-place mistakes surgery mends and finds, and what that costs.

python benchmarks/surgery.py [EVERY [FIRST]]    takes every EVERY-th mutant of the networks in tests/network_shapes.py
"""

import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from checkgrad.diagnose.surgery import of_networks
from checkgrad.diagnose.surgery.search import Search
from checkgrad.grading import Grader
from mutants import mutants
from network_shapes import SHAPES
from operated import Operated

AROUND = 2  # lines from where a statement is left out to what it should have changed


def main(every, first):
    total, seconds = Counter(), []
    for name, shape in SHAPES.items():
        source = shape.head + shape.source
        patient = patient_of(source)
        if patient is None or not loads(source):
            print(f"{name:34} is not read here, or not as a network whose forward pass is known")
            continue
        seen = Counter()
        if operate(source, patient)[0]:
            seen["claimed of right code"] += 1
        for mutant in list(mutants(source))[first::every]:
            spent = tried(mutant, patient, seen)
            seconds += [spent] if spent is not None else []
        print(f"{name:34} {told(seen)}", flush=True)
        total += seen
    print(f"{'all':34} {told(total)}")
    shares = sorted(seconds)
    middle, most = statistics.median(shares), shares[int(0.95 * len(shares))]
    print(f"CPU: median {middle:.2f} s, 95th percentile {most:.2f} s, at most {shares[-1]:.2f} s")


def patient_of(source):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.py")
        path.write_text(source)
        with Grader(path) as grader:
            readings = [r for r in grader.read.networks.values() if not isinstance(r, str)]
    return of_networks.patient(readings[0]) if readings else None


def loads(source):
    try:
        Operated(source)
    except OSError:  # a file that is not there
        return False
    return True


def operate(source, patient):
    """The operations, and the search."""
    search = Search(Operated(source), patient)
    return search.operate(), search


def tried(mutant, patient, seen):
    """Count one mutant; the CPU seconds it took, None where it is right."""
    try:
        began = time.process_time()
        found, search = operate(mutant.source, patient)
    except Exception:  # the mutant does not even load
        return None
    spent = time.process_time() - began
    blocks = search.first.blocks
    if search.truth.right(blocks) == search.truth.everything:
        return None
    kind = "stops" if blocks is None else "wrong"
    lines = [o.at.lineno if o.at else search.runs.nodes[o.root].line for o in found]
    room = AROUND if mutant.left_out else 0
    seen[kind] += 1
    seen[f"{kind}, mended"] += bool(found) and search.is_complete
    seen[f"{kind}, at its line"] += any(abs(line - mutant.line) <= room for line in lines)
    return spent


def told(seen):
    return ", ".join(f"{what} {number}" for what, number in sorted(seen.items()))


if __name__ == "__main__":
    np.seterr(all="ignore")
    given = [int(a) for a in sys.argv[1:]]
    main(*(given + [9, 0][len(given) :]))
