"""A loss of many samples, looked at one sample at a time: what it makes of each, and whether it takes all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.diagnose import where_right
from checkgrad.diagnose.case import Case, agrees
from checkgrad.diagnose.ingredients import made_of
from checkgrad.diagnose.pairs import Pair, sizes
from checkgrad.exercise import Probe

SINGLE = ", for one sample alone"
TAKEN: dict[str, Callable[[Sequence[Any]], Any]] = {
    "that of the first sample alone": lambda losses: losses[0],
    "that of the last sample alone": lambda losses: losses[-1],
    "that of the first sample alone, over N": lambda losses: losses[0] / len(losses),
    "that of the last sample alone, over N": lambda losses: losses[-1] / len(losses),
    "the largest loss of any sample": np.max,
    "the smallest loss of any sample": np.min,
    "the product of the losses of all samples": np.prod,
}


def of_samples(case: Case) -> str:
    """What gives every loss, or which samples have the right one; "" where the answer is no loss of samples."""
    if not _is_a_loss(case):
        return ""
    probes = [p for p, _ in (*case.seen, *case.more) if _is_telling(p)]
    return _which_samples(case, probes) or _of_each(case, probes[:1] + probes[-1:])


def _is_a_loss(case: Case) -> bool:
    return "t" in case.exercise.roles and np.ndim(case.right(case.probes[0]).value) == 0


def _is_telling(probe: Probe) -> bool:
    arrays = [a for a in probe if isinstance(a, np.ndarray)]
    return all(a.dtype == np.float64 and len(a) > 1 for a in arrays) and len(arrays) == len(probe)


def _singles(probe: Probe) -> list[Probe]:
    return [tuple(a[i : i + 1] for a in probe) for i in range(len(probe[0]))]


def _which_samples(case: Case, probes: Sequence[Probe]) -> str:
    """Is the loss that of some samples only, or put together in another way?"""
    got = case.answers(probes)
    if not probes or any(compare.not_numbers(g.value) or np.ndim(g.value) for g in got):
        return ""
    losses = [[case.formula(*s) for s in _singles(p)] for p in probes]
    bounds = [compare.rounding_bound(case.formula, p, case.right(p).value) for p in probes]
    found = (
        words
        for words, take in TAKEN.items()
        if all(
            compare.difference(g.value, np.asarray(take(own)), 2 * len(own) * b) is None
            for g, own, b in zip(got, losses, bounds, strict=True)
        )
    )
    return next(found, "")


def _of_each(case: Case, probes: Sequence[Probe]) -> str:
    """What the function makes of every sample by itself."""
    singles = [_singles(p) for p in probes]
    answers = case.answers([s for own in singles for s in own])
    if any(compare.not_numbers(a.value) or np.size(a.value) != 1 for a in answers):
        return ""
    if all(
        agrees(a, case.right(s), case.formula, s)
        for a, s in zip(answers, sum(singles, []), strict=True)
    ):
        return ""
    values = iter(answers)
    named = [_described(case.exercise.roles, p) for p in probes]
    pairs = [
        _stacked(case, own, [next(values).value for _ in own], tuple(n.values()), p)
        for own, n, p in zip(singles, named, probes, strict=True)
    ]
    roles = list(named[0])
    words = where_right.by_an_argument(roles, pairs) or made_of(roles, pairs)
    return words + SINGLE if words else ""


def _stacked(
    case: Case, singles: Sequence[Probe], got: Sequence[Any], args: Probe, probe: Probe
) -> Pair:
    """The losses of single samples as one array."""
    due = [np.ravel(case.formula(*s))[0] for s in singles]
    bounds = [
        np.ravel(compare.rounding_bound(case.formula, s, np.asarray(d)))[0]
        for s, d in zip(singles, due, strict=True)
    ]
    flat = np.array([np.ravel(g)[0] for g in got], float)
    return Pair(flat, np.array(due), np.array(bounds), 1.0, sizes(probe)[1], args)


def _described(roles: Sequence[str], probe: Probe) -> dict[str, Any]:
    """One number for every sample: the arguments themselves, or of the classes the true one and the extreme ones."""
    own = dict(zip(roles, probe, strict=True))
    if all(np.ndim(a) == 1 for a in probe):
        return own
    t = own["t"]
    found: dict[str, Any] = {}
    for name, a in own.items():
        found[f"the {name} of the true class"] = (a * t).sum(axis=1)
        found[f"the largest {name}"] = a.max(axis=1)
        found[f"the sum of {name}"] = a.sum(axis=1)
    return found
