"""What it costs to read a module beyond loading it: CPU time of the grader and of its worker.

Also what watching costs: rewriting, as a multiple of compiling; the module's own work, run once for its usage; a
watched run of it, as a multiple of the plain one, both left after the same turns.
"""

import ast
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from checkgrad.child.rewrite import rewrite
from checkgrad.child.wanted import Tell, Watch
from checkgrad.grading import Grader
from checkgrad.sandbox.watching import Watching, WatchRequest

ROUNDS = 7


def main(paths):
    """Print milliseconds for each module, the readings of its functions first, then of its networks."""
    for path in paths or sorted(Path("reference_models").glob("*.py")):
        functions, networks, asked = (
            median(column) for column in zip(*map(measured, [path] * ROUNDS), strict=True)
        )
        rewriting, work, watched = (
            median(column) for column in zip(*map(watching, [path] * ROUNDS), strict=True)
        )
        print(
            f"{Path(path).name:32} rewriting {rewriting:4.1f} x  own work {work:4.0f} ms  watched {watched:4.1f} x  "
            f"functions {functions:6.0f} ms  networks {networks:6.0f} ms  {asked:4.0f} questions"
        )


def measured(path):
    """CPU milliseconds for the functions and for the networks of one module, and how many functions it has."""
    with Grader(Path(path)) as grader:
        candidates = grader.read.candidates, grader.read.network_candidates
        functions = spent(grader, lambda: grader.read.readings)
        networks = spent(grader, lambda: grader.read.networks)
        return functions, networks, sum(map(len, candidates))


def watching(path):
    """Rewriting over compiling, milliseconds for the usage, a run that is watched over one that tells nothing."""
    text = Path(path).read_text()
    tree = ast.parse(text)
    rewriting = cpu(lambda: rewrite(tree, "")) / cpu(lambda: compile(ast.parse(text), "", "exec"))
    with Grader(Path(path)) as grader:
        work = (
            spent(grader, lambda: grader.read.usage.runs)
            if grader.read.worker.inventory.work
            else 0.0
        )
        few = Watch(longest=12, most=5000)
        plain, telling = (
            [WatchRequest("work", watch, work=True)]
            for watch in (few, replace(few, tell=(Tell(None, first=2),)))
        )
        face = Watching(grader.read.worker)
        face.run(plain)
        silent, told = (
            spent(grader, lambda asked=one: face.run(asked)) for one in (plain, telling)
        )
    return rewriting, work, told / max(silent, 10.0)


def cpu(work):
    start = time.process_time()
    work()
    return time.process_time() - start


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
