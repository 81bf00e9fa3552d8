"""check_gradient beside other gradient checkers: time, evaluations, mistakes found, false alarms. One run, one machine.

    python benchmarks/gradcheck.py                  time and evaluations on the three tasks
    python benchmarks/gradcheck.py --detect         share of seeds on which each planted mistake is found
    python benchmarks/gradcheck.py --tolerances     the peers again, at tolerances from 1e-3 to 1e-10
    python benchmarks/gradcheck.py --false-alarms   correct gradients under hard conditions
    python benchmarks/gradcheck.py --tail 100000    error over bound, of that many correct checks
    python benchmarks/gradcheck.py --large          the cost with a million parameters
    python benchmarks/gradcheck.py --hard           80 right and 53 wrong gradients that are hard to tell apart
    python benchmarks/gradcheck.py --libraries      right gradients of libraries, and planted wrong ones
    python benchmarks/gradcheck.py --cover          coverage of the bound of numeric_gradient, entry by entry

Peers are optional: torch, jax, autograd, scipy, numdifftools. Each is handed the same NumPy f and gradient.
"""

from __future__ import annotations

import argparse
import os
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

# One thread each: the functions are small, and threads would wait for each other.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402
from peers import FULL, Counted, Few, Peer, adjustable, peers  # noqa: E402
from tasks import Task, network, softmax_cross_entropy, task  # noqa: E402
from verdicts import hard_items, library_items, table  # noqa: E402

from checkgrad import check_gradient, numeric_gradient  # noqa: E402
from checkgrad.gradcheck import GradientCheck  # noqa: E402

SAMPLE = 60  # entries from which the cost of all is estimated
SLICE = 50_000  # checks after which the tail is printed
TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
LEVELS = (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 1.0)


def ours(c: Counted, seed: int) -> bool:
    def f(parameters: Any) -> float:
        c.count += 1
        return c.task.f(parameters)

    answer = check_gradient(
        f, lambda p: c.task.gradient(p, c.bug, c.error), c.task.parameters, seed=seed
    )
    return not answer.ok


def speed(repeats: int, slow: bool) -> None:
    """Medians of repeats in random order, all in turn; what takes too long is run once, or not at all."""
    everyone = {"checkgrad": ours, **peers()}
    for name in ("a", "b", "c"):
        problem = task(name)
        costly = [p for p in everyone if p in FULL and name != "a"]
        skipped = costly if name == "c" and not slow else []
        chosen = {p: peer for p, peer in everyone.items() if p not in skipped}
        times, counts = _round_robin(chosen | {"f": evaluations}, problem, repeats, costly)
        one, mine = times.pop("f") / counts["f"], times["checkgrad"]
        print(f"\ntask {name}: {Counted(problem).x.size} parameters, one f {one * 1e6:.0f} us")
        for p in sorted(times, key=times.get):
            print(
                f"  {p:20s}{times[p] * 1e3:12.2f} ms{counts[p]:9d} evaluations"
                f"{times[p] / one:12.0f} x f{times[p] / mine:10.2f} x checkgrad",
                flush=True,
            )
        for p in skipped:
            seconds, count = _estimated(everyone[p], problem)
            print(
                f"  {p:20s}{seconds * 1e3:12.0f} ms{count:9d} evaluations, estimated from {SAMPLE}"
                f" of its entries{seconds / mine:10.0f} x checkgrad",
                flush=True,
            )


def evaluations(c: Counted, seed: int) -> bool:
    """What the cost is counted in: f itself, as often in a row as a check needs it."""
    for _ in range(20):
        c.f(c.x)
    return False


def _estimated(peer: Peer, problem: Task) -> tuple[float, int]:
    """Time and evaluations for all entries, from what the second half of SAMPLE entries adds to the first."""
    spent = []
    for count in (SAMPLE // 2, SAMPLE):
        c = Few(problem, count)
        start = time.process_time()
        peer(c, 0)
        spent.append((time.process_time() - start, c.count))
    entries = Counted(problem).x.size
    seconds, calls = (
        2 * (after - before) * entries / SAMPLE for before, after in zip(*spent, strict=True)
    )
    return seconds, round(calls)


def _round_robin(
    chosen: dict[str, Peer], problem: Task, repeats: int, costly: list[str]
) -> tuple[dict[str, float], dict[str, int]]:
    times: dict[str, list[float]] = {p: [] for p in chosen}
    counts = {}
    order = [p for p in chosen for _ in range(1 if p in costly else repeats + 1)]
    random.Random(0).shuffle(order)
    for seed, p in enumerate(order):
        c = Counted(problem)
        start = time.process_time()
        chosen[p](c, seed)
        times[p].append(time.process_time() - start)
        counts[p] = c.count
    return {p: float(np.median(t)) for p, t in times.items()}, counts


def detect(seeds: int, only_ours: bool) -> None:
    """Share of seeds on which a planted mistake is found, and the evaluations that it took us."""
    everyone = {"checkgrad": ours} | ({} if only_ours else peers())
    for name in ("a", "b", "c"):
        chosen = {p: q for p, q in everyone.items() if name == "a" or p not in FULL}
        print(f"\ntask {name}, {seeds} seeds\n{'':24s}" + "".join(f"{p[:13]:>14s}" for p in chosen))
        for label, bug, error, battery in _cases(task(name)):
            hits, most = dict.fromkeys(chosen, 0), 0
            for seed in range(seeds):
                points = [task(name, seed, large=large) for large in battery]
                for p, peer in chosen.items():
                    counted = [Counted(point, bug, error) for point in points]
                    hits[p] += any(peer(c, seed) for c in counted)
                    if p == "checkgrad":
                        most = max(most, *(c.count for c in counted))
            shares = "".join(f"{hits[p]:>11d}/{seeds}" for p in chosen)
            print(f"{label:24s}{shares}   at most {most} evaluations", flush=True)


def tolerances(seeds: int) -> None:
    """Peers at every tolerance: right gradients that are called wrong, and mistakes that are missed."""
    for name in ("a", "b", "c"):
        cases = list(_cases(task(name)))
        mistakes = (len(cases) - 1) * seeds
        print(
            f"\ntask {name}: false alarms of {seeds}, missed of {mistakes}; at tolerance",
            *TOLERANCES,
        )
        for p, at in adjustable().items():
            if p in FULL and name != "a":
                continue
            results = [_alarms_and_misses(at(t), name, cases, seeds) for t in TOLERANCES]
            print(
                f"{p:16s}",
                *(f"{alarms:>2d},{missed:<4d}" for alarms, missed in results),
                flush=True,
            )


def _alarms_and_misses(peer: Peer, name: str, cases: list[Any], seeds: int) -> tuple[int, int]:
    found = [
        any(peer(Counted(task(name, seed, large=large), bug, error), seed) for large in battery)
        for _, bug, error, battery in cases
        for seed in range(seeds)
    ]
    return sum(found[:seeds]), sum(not hit for hit in found[seeds:])


def _cases(problem: Task) -> Iterator[tuple[str, str, float, tuple[float, ...]]]:
    """A mistake, its size, and the battery of points: plain, or with large logits as well."""
    yield "correct", "", 0.0, (0,)
    for bug in problem.bugs:
        if bug == "one_entry":
            yield "one entry, 1e-2", bug, 1e-2, (0,)
            yield f"one entry, {problem.entry_error:g}", bug, problem.entry_error, (0,)
        else:
            yield bug, bug, 0.0, (0, 60, 1000) if bug == "clamped" else (0,)


def false_alarms(seeds: int, only_ours: bool) -> None:
    """Correct gradients that are called wrong."""
    conditions: dict[str, Callable[[int], Task]] = {
        "sigmoid network": lambda s: task("small", s),
        "ReLU network": lambda s: task("small_relu", s),
        "ReLU, saturated logits": lambda s: task("small_relu", s, large=60),
        "sigmoid in float32": lambda s: task("small", s, dtype=np.float32),
        "ReLU in float32": lambda s: task("small_relu", s, dtype=np.float32),
        "a unit on its kink": lambda s: task("small_relu", s, on_kink=True),
        "softmax, large logits": lambda s: task("a", s, n=8, c=5, large=60),
    }
    for distance in (
        0.0,
        1e-12,
        1e-9,
        1e-8,
        -1e-8,
        1e-7,
        1e-6,
        1e-5,
        1e-4,
        1e-3,
        1e-2,
        -1e-2,
        5e-2,
    ):
        conditions[f"kink at {distance:g}"] = lambda s, d=distance: near_kink(d, s)
    everyone = {"checkgrad": ours} | ({} if only_ours else peers())
    print(f"{'false alarms':24s}" + "".join(f"{p[:13]:>14s}" for p in everyone))
    for label, make in conditions.items():
        shares = ""
        for p, peer in everyone.items():
            count = seeds if p == "checkgrad" else min(seeds, 10)
            shares += f"{sum(peer(Counted(make(s)), s) for s in range(count)):>10d}/{count:<3d}"
        print(f"{label:24s}{shares}", flush=True)


def near_kink(distance: float, seed: int, n: int = 8) -> Task:
    """A sum of ReLUs and smooth terms, one of them so far from its kink."""
    rng = np.random.default_rng(seed)
    w, x = rng.uniform(0.5, 2, n), rng.standard_normal(n)
    x += 0.5 * np.sign(x)
    x[0] = distance

    def f(parameters: list[Any]) -> float:
        (x,) = parameters
        return float((w * x * (x > 0)).sum() + 0.1 * (np.tanh(x) ** 2).sum())

    def gradient(parameters: list[Any], bug: str = "", error: float = 0.0) -> list[Any]:
        (x,) = parameters
        t = np.tanh(x)
        return [w * (x > 0) + 0.2 * t * (1 - t * t)]

    return Task("kink", f, gradient, [x], (), 1.0)


def tail(count: int) -> None:
    """Error over bound in so many checks of correct gradients, of random shapes and values."""
    ratios: dict[str, list[float]] = {"cross-entropy": [], "sigmoid": [], "relu": []}
    accused = 0
    for seed in range(count):
        kind, answer = _correct_check(seed)
        ratios[kind].append(answer.worst)
        accused += not answer.ok
        if (seed + 1) % SLICE == 0 or seed + 1 == count:
            print(f"{seed + 1} correct checks, {accused} accusations, error / bound:", flush=True)
            for name, worst in {**ratios, "all": sum(ratios.values(), [])}.items():
                levels = "  ".join(f"{q:g}: {v:.3f}" for q, v in _quantiles(worst))
                print(f"  {name:14s}{len(worst):8d}  {levels}", flush=True)


def _quantiles(values: list[float]) -> Iterator[tuple[float, float]]:
    return zip(LEVELS, np.quantile(values, LEVELS).tolist(), strict=True) if values else iter(())


def _correct_check(seed: int) -> tuple[str, GradientCheck]:
    """A softmax cross-entropy, or a network of two to four layers, checked; and which of them it is."""
    rng = np.random.default_rng(seed)
    kind = str(rng.choice(["cross-entropy", "cross-entropy", "relu", "sigmoid"]))
    n = int(rng.integers(1, 9))
    if kind == "cross-entropy":
        problem = softmax_cross_entropy(seed, n, int(rng.integers(2, 7)))
    else:
        sizes = tuple(int(s) for s in rng.integers(2, 7, rng.integers(2, 5)))
        problem = network(kind, sizes, n, kind, False, seed)
    return kind, check_gradient(problem.f, problem.gradient, problem.parameters, seed=seed)


def cover(seeds: int) -> None:
    """True error over reported bound, for every entry of numeric gradients."""
    for name in ("a", "small", "small_relu"):
        ratios = []
        for seed in range(seeds):
            problem = task(name, seed)
            c = Counted(problem)
            n, bound = numeric_gradient(c.f, c.x)
            ratios.append(np.abs(n - c.g(c.x)) / bound)
        worst = np.concatenate(ratios)
        print(
            f"{name:12s}{worst.size} entries, covered {np.mean(worst <= 1):.6f}, worst {worst.max():.3f}"
        )


def large(repeats: int) -> None:
    """A million parameters: evaluations, time in evaluations of f at moved points, memory in that of the parameters."""
    rng = np.random.default_rng(0)
    x, images, due = (rng.standard_normal(shape) for shape in (1_000_000, (32, 1000), (32, 1000)))

    def layer(x: Any) -> float:
        return float(((np.maximum(images @ x.reshape(1000, 1000), 0) - due) ** 2).sum())

    def layer_gradient(x: Any) -> Any:
        z = images @ x.reshape(1000, 1000)
        return (images.T @ (2 * (np.maximum(z, 0) - due) * (z > 0))).ravel()

    moved = 6 * (x, x + 1e-6)
    tasks = {
        "a ReLU layer, 32 samples": (layer, layer_gradient),
        "a sum of tanh": (lambda x: float(np.sum(np.tanh(x))), lambda x: 1 - np.tanh(x) ** 2),
    }
    for name, (f, gradient) in tasks.items():
        ones, times = [], []
        for _ in range(repeats):  # in turns, for a machine is not always as fast
            ones.append(_seconds(lambda f=f: [f(p) for p in moved]) / len(moved))
            times.append(_seconds(lambda f=f, g=gradient: check_gradient(f, g, x, seed=1)))
        one, whole = np.median(ones), np.median(times)
        tracemalloc.start()
        answer = check_gradient(f, gradient, x, seed=1)
        memory = tracemalloc.get_traced_memory()[1] / x.nbytes
        tracemalloc.stop()
        print(
            f"{name:26s}{answer.verdict:>8s}{answer.evaluations:4d} evaluations, {whole / one:.1f} x f"
            f" of {one * 1e3:.2f} ms, {memory:.1f} x the memory of x"
        )


def _seconds(act: Callable[[], Any]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detect", action="store_true")
    parser.add_argument("--tolerances", action="store_true")
    parser.add_argument("--false-alarms", action="store_true")
    parser.add_argument("--tail", type=int, metavar="N")
    parser.add_argument("--cover", action="store_true")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--hard", action="store_true")
    parser.add_argument(
        "--libraries", type=int, nargs="?", const=1, metavar="N", help="of the wrong ones, one of N"
    )
    parser.add_argument("--ours", action="store_true", help="without the peers")
    parser.add_argument(
        "--slow", action="store_true", help="run full-Jacobian peers on task c as well"
    )
    parser.add_argument("--seeds", type=int, help="how many seeds")
    parser.add_argument("--repeats", type=int, default=7)
    chosen = parser.parse_args()
    np.seterr(all="ignore")
    if chosen.detect:
        detect(chosen.seeds or 20, chosen.ours)
    if chosen.tolerances:
        tolerances(chosen.seeds or 5)
    if chosen.false_alarms:
        false_alarms(chosen.seeds or 200, chosen.ours)
    if chosen.tail:
        tail(chosen.tail)
    if chosen.cover:
        cover(chosen.seeds or 20)
    if chosen.hard:
        table("hard set", hard_items(), chosen.seeds or 3, chosen.ours)
    if chosen.libraries:
        table("libraries", library_items(chosen.libraries), chosen.seeds or 1, chosen.ours)
    if chosen.large:
        large(chosen.repeats)
    others = (chosen.hard, chosen.libraries, chosen.large)
    kinds = (
        *others,
        chosen.detect,
        chosen.tolerances,
        chosen.false_alarms,
        chosen.tail,
        chosen.cover,
    )
    if not any(kinds):
        speed(chosen.repeats, chosen.slow)


if __name__ == "__main__":
    main()
