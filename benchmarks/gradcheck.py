"""check_gradient beside other gradient checkers: time, evaluations, mistakes found, false alarms. One run, one machine.

    python benchmarks/gradcheck.py                  time and evaluations on the three tasks
    python benchmarks/gradcheck.py --detect         share of seeds on which each planted mistake is found
    python benchmarks/gradcheck.py --false-alarms   correct gradients under hard conditions
    python benchmarks/gradcheck.py --tail 100000    error over bound, of that many correct checks
    python benchmarks/gradcheck.py --cover          coverage of the bound of numeric_gradient, entry by entry

Peers are optional: torch, jax, autograd, scipy, numdifftools. Each is handed the same NumPy f and gradient.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

# One thread each: the functions are small, and threads would wait for each other.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402
from tasks import Task, network, softmax_cross_entropy, task  # noqa: E402

from checkgrad import check_gradient, numeric_gradient  # noqa: E402
from checkgrad.gradcheck import GradientCheck  # noqa: E402


class Counted:
    """A task as a function of one flat vector, counting its evaluations."""

    def __init__(self, task: Task, bug: str = "", error: float = 1e-2) -> None:
        self.task, self.bug, self.error, self.count = task, bug, error, 0
        self.shapes = [p.shape for p in task.parameters]
        self.x = np.concatenate([p.ravel() for p in task.parameters])

    def unflat(self, x: Any) -> list[Any]:
        ends = np.cumsum([int(np.prod(s)) for s in self.shapes])[:-1]
        return [
            a.reshape(s) for a, s in zip(np.split(np.asarray(x), ends), self.shapes, strict=True)
        ]

    def f(self, x: Any) -> float:
        self.count += 1
        return self.task.f(self.unflat(x))

    def g(self, x: Any) -> Any:
        found = self.task.gradient(self.unflat(x), self.bug, self.error)
        return np.concatenate([a.ravel() for a in found])


SLICE = 50_000  # checks after which the tail is printed
LEVELS = (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 1.0)

Peer = Callable[[Counted, int], bool]  # was something found wrong?


def ours(c: Counted, seed: int) -> bool:
    def f(parameters: Any) -> float:
        c.count += 1
        return c.task.f(parameters)

    answer = check_gradient(
        f, lambda p: c.task.gradient(p, c.bug, c.error), c.task.parameters, seed=seed
    )
    return not answer.ok


def peers() -> dict[str, Peer]:
    """Those that are installed."""
    found: dict[str, Peer] = {"checkgrad": ours, "cs231n": cs231n}
    for make in (torch_peers, jax_peers, autograd_peers, scipy_peers, numdifftools_peers):
        try:
            found |= make()
        except ImportError as missing:
            print(f"not measured: {missing}")
    return found


FULL = ("cs231n", "torch slow", "scipy all", "scipy.differentiate", "numdifftools")


def cs231n(c: Counted, seed: int, threshold: float = 1e-4) -> bool:
    """The loop of the course: central differences with 1e-5, largest relative error."""
    x, n = c.x.copy(), np.empty_like(c.x)
    for i in range(x.size):
        old = x[i]
        x[i] = old + 1e-5
        up = c.f(x)
        x[i] = old - 1e-5
        n[i] = (up - c.f(x)) / 2e-5
        x[i] = old
    g = c.g(c.x)
    return bool(np.max(np.abs(g - n) / np.maximum(1e-8, np.abs(g) + np.abs(n))) > threshold)


def torch_peers() -> dict[str, Peer]:
    import torch

    torch.set_num_threads(1)

    def check(fast: bool, **tolerances: float) -> Peer:
        def peer(c: Counted, seed: int) -> bool:
            class Function(torch.autograd.Function):
                @staticmethod
                def forward(ctx: Any, x: Any) -> Any:
                    ctx.save_for_backward(x)
                    return torch.tensor(c.f(x.detach().numpy()), dtype=torch.float64)

                @staticmethod
                def backward(ctx: Any, upstream: Any) -> Any:
                    (x,) = ctx.saved_tensors
                    return upstream * torch.from_numpy(c.g(x.detach().numpy()))

            x = torch.tensor(c.x, requires_grad=True)
            try:
                return not torch.autograd.gradcheck(
                    Function.apply, (x,), fast_mode=fast, **tolerances
                )
            except RuntimeError:
                return True

        return peer

    tight = {"atol": 1e-10, "rtol": 1e-7}
    return {
        "torch slow": check(False),
        "torch fast": check(True),
        "torch slow tight": check(False, atol=1e-8, rtol=1e-6),
        "torch fast tight": check(True, **tight),
    }


def jax_peers() -> dict[str, Peer]:
    """check_grads, which needs a JAX function and so a callback; and check_vjp, which takes any."""
    import jax
    from jax.test_util import check_grads, check_vjp

    jax.config.update("jax_enable_x64", True)

    def check(**tolerances: float) -> Peer:
        def peer(c: Counted, seed: int) -> bool:
            number = jax.ShapeDtypeStruct((), np.float64)
            vector = jax.ShapeDtypeStruct(c.x.shape, np.float64)

            @jax.custom_vjp
            def f(x: Any) -> Any:
                return jax.pure_callback(lambda x: np.float64(c.f(np.asarray(x))), number, x)

            def backward(x: Any, upstream: Any) -> Any:
                g = jax.pure_callback(lambda x: c.g(np.asarray(x)), vector, x)
                return (upstream * g,)

            f.defvjp(lambda x: (f(x), x), backward)
            return _fails(check_grads, f, (c.x,), order=1, modes=["rev"], **tolerances)

        return peer

    def direct(c: Counted, seed: int) -> bool:
        def vjp(x: Any) -> Any:
            return np.float64(c.f(x)), lambda upstream: (upstream * c.g(x),)

        return _fails(check_vjp, lambda x: np.float64(c.f(x)), vjp, (c.x,))

    tight = check(atol=1e-7, rtol=1e-7)
    return {"jax": check(), "jax check_vjp": direct, "jax tight": tight}


def _fails(check: Callable[..., Any], *args: Any, **options: Any) -> bool:
    try:
        check(*args, **options)
    except AssertionError:
        return True
    return False


def autograd_peers() -> dict[str, Peer]:
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    def peer(c: Counted, seed: int) -> bool:
        np.random.seed(seed)
        f = primitive(lambda x: c.f(x))
        defvjp(f, lambda answer, x: lambda upstream: upstream * c.g(x))
        return _fails(check_grads(f, modes=["rev"], order=1), c.x)

    return {"autograd": peer}


def scipy_peers() -> dict[str, Peer]:
    from scipy.differentiate import derivative
    from scipy.optimize import check_grad

    def every(c: Counted, seed: int) -> bool:
        return bool(check_grad(c.f, c.g, c.x) > 1e-6)

    def one(c: Counted, seed: int) -> bool:
        return bool(check_grad(c.f, c.g, c.x, direction="random", rng=seed) > 1e-6)

    def differentiate(c: Counted, seed: int) -> bool:
        n = np.empty_like(c.x)
        for i in range(c.x.size):
            n[i] = derivative(_along(c, i), c.x[i]).df
        g = c.g(c.x)
        return bool(np.any(np.abs(g - n) > 1e-8 + 1e-6 * np.abs(n)))

    return {"scipy all": every, "scipy random": one, "scipy.differentiate": differentiate}


def _along(c: Counted, i: int) -> Callable[[Any], Any]:
    def f(values: Any) -> Any:
        out, x = np.empty(np.shape(values)), c.x.copy()
        for j in np.ndindex(out.shape):
            x[i] = values[j]
            out[j] = c.f(x)
        return out

    return f


def numdifftools_peers() -> dict[str, Peer]:
    import numdifftools

    def peer(c: Counted, seed: int) -> bool:
        n, g = numdifftools.Gradient(c.f)(c.x), c.g(c.x)
        return bool(np.any(np.abs(g - n) > 1e-8 + 1e-6 * np.abs(n)))

    return {"numdifftools": peer}


def speed(repeats: int, slow: bool) -> None:
    """Medians of repeats in random order, all in turn; what takes too long is run once, or not at all."""
    everyone = {p: peer for p, peer in peers().items() if "tight" not in p}
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


class Few(Counted):
    """A task of which only a few entries move."""

    def __init__(self, problem: Task, count: int) -> None:
        super().__init__(problem)
        self.whole, self.at = self.x.copy(), np.linspace(0, self.x.size - 1, count).astype(int)
        self.x = self.whole[self.at]

    def filled(self, few: Any) -> Any:
        self.whole[self.at] = few
        return self.whole

    def f(self, x: Any) -> float:
        return super().f(self.filled(x))

    def g(self, x: Any) -> Any:
        return super().g(self.filled(x))[self.at]


SAMPLE = 60


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
    everyone = {"checkgrad": ours} if only_ours else peers()
    for name in ("a", "b", "c"):
        chosen = {p: q for p, q in everyone.items() if name == "a" or not p.startswith(FULL)}
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
    everyone = {"checkgrad": ours} if only_ours else peers()
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detect", action="store_true")
    parser.add_argument("--false-alarms", action="store_true")
    parser.add_argument("--tail", type=int, metavar="N")
    parser.add_argument("--cover", action="store_true")
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
    if chosen.false_alarms:
        false_alarms(chosen.seeds or 200, chosen.ours)
    if chosen.tail:
        tail(chosen.tail)
    if chosen.cover:
        cover(chosen.seeds or 20)
    if not (chosen.detect or chosen.false_alarms or chosen.tail or chosen.cover):
        speed(chosen.repeats, chosen.slow)


if __name__ == "__main__":
    main()
