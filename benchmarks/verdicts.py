"""Right and wrong gradients before check_gradient and its peers: what each calls wrong, and what it passes."""

from __future__ import annotations

import warnings
from collections import Counter as Tally
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from peers import FULL, Counted, peers
from tasks import Task

from checkgrad import check_gradient

LARGE = 300  # entries: more than that, each of them measured, takes too long
SHOWN = 12

Item = tuple[
    str, Callable[[Any], Any], Callable[[Any], Any], Any, bool
]  # name, f, gradient, x, is right


def ours(c: Counted, seed: int) -> str:
    return check_gradient(c.f, c.g, c.x, seed=seed).verdict


def answer_of(peer: Callable[[Counted, int], bool]) -> Callable[[Counted, int], str]:
    """A peer's word for it; "stopped" where it ends with an error of its own, or of f."""

    def answer(c: Counted, seed: int) -> str:
        try:
            return "wrong" if peer(c, seed) else "right"
        except Exception:
            return "stopped"

    return answer


def table(title: str, items: Iterable[Item], seeds: int, only_ours: bool) -> None:
    """One line a checker: of the right ones and of the wrong ones, how many are called what; then which it missed."""
    items = list(items)
    warnings.simplefilter("ignore")
    rights = sum(right for *_, right in items)
    print(f"\n{title}: {rights} right and {len(items) - rights} wrong gradients")
    print(
        f"{'':20s}{'false alarms':>14s}{'undecided':>11s}{'passed':>9s}{'undecided':>11s}{'stopped':>9s}"
    )
    everyone = {"checkgrad": ours} | (
        {} if only_ours else {n: answer_of(p) for n, p in peers().items()}
    )
    missed = {}
    for name, ask in everyone.items():
        found, worst = Tally(), []
        for label, f, gradient, x, right in items:
            if name in FULL and x.size > LARGE:
                found["left out"] += 1
                continue
            count = seeds if name == "checkgrad" else 1
            for seed in range(count):
                said = ask(Counted(_task(f, gradient, x)), seed)
                found[right, said] += 1 / count
                if right and said == "wrong" or not right and said == "right":
                    worst.append(label)
        missed[name] = list(dict.fromkeys(worst))
        stopped = found[True, "stopped"] + found[False, "stopped"]
        numbers = (found[True, "wrong"], found[True, "undecided"], found[False, "right"], found[False, "undecided"], stopped)  # fmt: skip
        print(f"{name:20s}" + "".join(f"{n:>{w}.4g}" for n, w in zip(numbers, (14, 11, 9, 11, 9), strict=True))
            + (f"   left out {found['left out']}" if found["left out"] else ""), flush=True)  # fmt: skip
    for name, labels in missed.items():
        more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
        print(f"{name} is not right about: {'; '.join(labels[:SHOWN]) or 'nothing'}{more}")


def _task(f: Any, gradient: Any, x: Any) -> Task:
    return Task("", lambda p: f(p[0]), lambda p, *_: [np.asarray(gradient(p[0]), float)], [x], (), 1.0)  # fmt: skip


def hard_items() -> list[Item]:
    from hard import cases

    return [(f"{c.group}, {c.name}", c.f, c.gradient, c.x, c.right) for c in cases()]


def library_items(every: int) -> list[Item]:
    """The right gradients of libraries, and one of so many of the mistakes planted in them."""
    from libraries import pairs, planted

    found: list[Item] = []
    wrong: list[Item] = []
    for number, pair in enumerate(pairs()):
        found.append((pair.name, pair.f, pair.g, pair.x, True))
        wrong += [(f"{p.name}, {what}", p.f, p.g, p.x, False) for what, p in planted(pair, number)]
    return found + wrong[::every]
