"""What it costs to read a module beyond loading it: CPU time of the grader and of its worker."""

import os
import sys
import time
from pathlib import Path
from statistics import median

from checkgrad.grading import Grader

ROUNDS = 7


def main(paths):
    """Print milliseconds for each module, the readings of its functions first, then of its networks."""
    for path in paths or sorted(Path("reference_models").glob("*.py")):
        functions, networks, asked = (
            median(column) for column in zip(*map(measured, [path] * ROUNDS), strict=True)
        )
        print(
            f"{Path(path).name:32} functions {functions:6.0f} ms  networks {networks:6.0f} ms  {asked:4.0f} questions"
        )


def measured(path):
    """CPU milliseconds for the functions and for the networks of one module, and how many functions it has."""
    with Grader(Path(path)) as grader:
        candidates = grader.candidates, grader.network_candidates
        functions = spent(grader, lambda: grader.readings)
        networks = spent(grader, lambda: grader.networks)
        return functions, networks, sum(map(len, candidates))


def spent(grader, work):
    start = of_all(grader)
    work()
    return 1000 * (of_all(grader) - start)


def of_all(grader):
    """CPU seconds of this process and of the processes below it."""
    return time.process_time() + sum(map(of_process, below(os.getpid())))


def below(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [child, *below(child)]
    return found


def of_process(pid):
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(sys.argv[1:])
