"""How many one-place mistakes surgery mends and finds, and what that costs.

python benchmarks/surgery.py one SET [EVERY [FIRST]]    takes every EVERY-th mutant of the programs of a set
python benchmarks/surgery.py together SET COUNT TIMES    puts COUNT mistakes at once into each network, TIMES times

SET is "shapes", the networks in tests/network_shapes.py, or "styles", what stands in benchmarks/styles.py.
"""

import random
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from styles import STYLES

from checkgrad.diagnose.surgery import of_functions, of_networks
from checkgrad.diagnose.surgery.courses import operate
from checkgrad.diagnose.surgery.procedure import Procedure
from checkgrad.grading import Grader
from mutants import mutants
from network_shapes import SHAPES
from operated import Operated

MEMORY = 2 << 30  # bytes: a mutant may ask for more than any machine has
SAMPLED = 40  # mutants of a network, of which some are put together
AROUND = 2  # lines from where a statement is left out to what it should have changed


def one(programs, every=1, first=0):
    """One mistake at once: how many are mended, and at the line."""
    total, seconds = Counter(), []
    for name, source in programs.items():
        patients = patients_of(source)
        if not patients or not loads(source):
            print(f"{name:34} is not read here, or not as a network whose forward pass is known")
            continue
        seen = Counter(programs=1)
        seen["claimed of right code"] = sum(bool(operated(source, p)[0]) for p in patients)
        for mutant in list(mutants(source))[first::every]:
            spent = tried(mutant, patients, seen)
            seconds += [spent] if spent is not None else []
        print(f"{name:34} {told(seen)}", flush=True)
        total += seen
    print(f"{'all':34} {told(total)}")
    shares = sorted(seconds)
    middle, most = statistics.median(shares), shares[int(0.95 * len(shares))]
    print(f"CPU: median {middle:.2f} s, 95th percentile {most:.2f} s, at most {shares[-1]:.2f} s")


def together(programs, count=2, times=2):
    """Several mistakes at once: how many are found at their lines, and is the first repair at one of them."""
    rng, total, seconds = random.Random(count), Counter(), []
    for name, source in programs.items():
        patient = next(iter(patients_of(source)), None)
        if patient is None or patient.kind != "network" or not loads(source):
            continue
        few = [m for m in mutants(source) if is_one_line(source, m)]
        few = rng.sample(few, min(len(few), SAMPLED))
        alone = [m for m in few if is_wrong(m.source, patient)]
        seen = Counter()
        for _ in range(times):
            if mixed := mixture(source, alone, count, rng):
                began = time.process_time()
                try:
                    found, procedure = operated(mixed[0], patient)
                except Exception:  # together they do not even load
                    continue
                if procedure.first.blocks is None:
                    continue
                seconds.append(time.process_time() - began)
                lines = [o.at.lineno if o.at else procedure.runs.nodes[o.root].line for o in found]
                seen["wrong"] += 1
                seen["all right"] += bool(found) and procedure.is_complete
                seen["first repair at one of the lines"] += bool(lines) and lines[0] in mixed[1]
                seen["all at their lines"] += set(mixed[1]) <= set(lines)
        print(f"{name:34} {told(seen)}", flush=True)
        total += seen
    print(f"{'all':34} {told(total)}")
    print(f"CPU: median {statistics.median(seconds):.2f} s, at most {max(seconds):.2f} s")


def is_one_line(source, mutant):
    return not mutant.left_out and mutant.source.count("\n") == source.count("\n")


def is_wrong(source, patient):
    """Does it run, with wrong gradients?"""
    try:
        procedure = Procedure(Operated(source), patient)
        (reply,) = procedure.run(procedure.trial(procedure.truth))
    except Exception:
        return False
    right = procedure.truth.right(reply.blocks)
    return reply.blocks is not None and 0 in right and right < procedure.truth.everything


def mixture(source, alone, count, rng):
    """A source with several mistakes in different lines, and the lines; None where there are too few."""
    chosen = {}
    for mutant in rng.sample(alone, len(alone)):
        chosen.setdefault(mutant.line, mutant)
    if len(chosen) < count:
        return None
    lines = source.split("\n")
    for line in list(chosen)[:count]:
        lines[line - 1] = chosen[line].source.split("\n")[line - 1]
    return "\n".join(lines), list(chosen)[:count]


def patients_of(source):
    """The network, then the functions, that are right in a program."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "program.py")
        path.write_text(source)
        with Grader(path) as grader:
            networks = [r for r in grader.read.networks.values() if not isinstance(r, str)][:1]
            functions = [r for r in grader.read.readings.values() if r.right]
    found = [*map(of_networks.patient, networks), *map(of_functions.patient, functions)]
    return [one for one in found if one]


def loads(source):
    try:
        Operated(source)
    except OSError:  # a file that is not there
        return False
    return True


def operated(source, patient):
    """The operations, and the procedure."""
    procedure = Procedure(Operated(source), patient)
    return operate(procedure), procedure


def tried(mutant, patients, seen):
    """Count one mutant; the CPU seconds it took, None where nothing that is known of it is wrong."""
    for patient in patients:
        try:
            began = time.process_time()
            found, procedure = operated(mutant.source, patient)
        except Exception:  # the mutant does not even load
            return None
        spent = time.process_time() - began
        blocks = procedure.first.blocks
        if procedure.truth.right(blocks) == procedure.truth.everything:
            continue
        kind = "stops" if blocks is None else "wrong"
        lines = [o.at.lineno if o.at else procedure.runs.nodes[o.root].line for o in found]
        room = AROUND if mutant.left_out else 0
        seen[kind] += 1
        seen[f"{kind}, mended"] += bool(found) and procedure.is_complete
        seen[f"{kind}, at its line"] += any(abs(line - mutant.line) <= room for line in lines)
        return spent
    return None


def told(seen):
    return ", ".join(f"{what} {number}" for what, number in sorted(seen.items()))


SETS = {
    "shapes": {name: shape.head + shape.source for name, shape in SHAPES.items()},
    "styles": STYLES,
}

if __name__ == "__main__":
    np.seterr(all="ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    what, which, *numbers = sys.argv[1:]
    {"one": one, "together": together}[what](SETS[which], *map(int, numbers))
