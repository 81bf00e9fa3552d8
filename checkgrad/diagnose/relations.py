"""How wrong answers relate to the truth, where the same can be said of every probe."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, wraps
from typing import Any

import numpy as np

from checkgrad import compare, structure
from checkgrad.child.behaviour import Behaviour, observe
from checkgrad.diagnose import facts, where_right
from checkgrad.diagnose.case import Case, agrees, finite
from checkgrad.diagnose.ingredients import made_of
from checkgrad.diagnose.pairs import Pair, pairs
from checkgrad.diagnose.samples import of_samples
from checkgrad.exercise import Exercise, Probe
from checkgrad.exercises import ALL

__all__ = ["Pair", "exact", "loose", "over_all"]

SAMPLES, CLASSES = "N is the number of samples", "C is the number of classes"
FACTORS: dict[str, Callable[[float, float], float]] = {
    "right but for the sign": lambda n, c: -1.0,
    "2 times too large": lambda n, c: 2.0,
    "half of what is due": lambda n, c: 0.5,
    f"N times too large, and {SAMPLES}": lambda n, c: n,
    f"N times too small, and {SAMPLES}": lambda n, c: 1 / n,
    f"C times too large, and {CLASSES}": lambda n, c: c,
    f"C times too small, and {CLASSES}": lambda n, c: 1 / c,
    f"N times too large and of the wrong sign, and {SAMPLES}": lambda n, c: -n,
    f"N times too small and of the wrong sign, and {SAMPLES}": lambda n, c: -1 / n,
    "N * C times too large, N samples times C classes": lambda n, c: n * c,
    "N * C times too small, N samples times C classes": lambda n, c: 1 / (n * c),
    "N times too large, C times too small: N samples, C classes": lambda n, c: n / c,
    "C times too large, N times too small: N samples, C classes": lambda n, c: c / n,
    "2 N times too large, and " + SAMPLES: lambda n, c: 2 * n,
    "2 N times too small, and " + SAMPLES: lambda n, c: 0.5 / n,
    "N squared times too large, and " + SAMPLES: lambda n, c: n * n,
    "N squared times too small, and " + SAMPLES: lambda n, c: 1 / (n * n),
    "2 times too large and of the wrong sign": lambda n, c: -2.0,
    "half of what is due and of the wrong sign": lambda n, c: -0.5,
    "too small by the factor ln 2": lambda n, c: math.log(2),
    "too large by the factor 1 / ln 2": lambda n, c: 1 / math.log(2),
    "too large by the factor pi": lambda n, c: math.pi,
    "too large by the factor e": lambda n, c: math.e,
}
Describe = Callable[[Case], str]


def exact(case: Case) -> str:
    """The factor or the rearrangement that gives every number, or the exercise whose formula does.

    The rest of a sentence that begins "Your result is", or "".
    """
    return _of_all_wrong(case, _exactly)


def derived(case: Case) -> str:
    """What gives every number though it is less simple: a sum of known quantities."""
    return _of_all_wrong(case, _at_all)


def loose(case: Case) -> str:
    """Where the answers are right, what they do not depend on, or what is true of all of them."""
    if parts := members(case):
        said = _of_each(parts, lambda part: _at_all(part) or _loosely(part))
        return _beside_the_right(case, said)
    return _loosely(case)


def _of_all_wrong(case: Case, describe: Describe) -> str:
    """What is said of all that is wrong; "" if there is a member of which nothing is."""
    parts = members(case)
    if not parts:
        return describe(case)
    said = _of_each(parts, describe)
    return "" if "" in said else _joined(said)


@lru_cache(maxsize=8)
def members(case: Case) -> dict[str, Case]:
    """The members of the answers that are wrong, each a case of its own; none where there is one array."""
    due = case.right(case.probes[0]).value
    if not isinstance(due, tuple) or not case.returns:
        return {}
    values = [got.value for _, got in case.seen]
    if not all(isinstance(v, list | tuple) and len(v) == len(due) for v in values):
        return {}
    parts = {name: _member(case, i) for i, name in enumerate(case.exercise.returns[: len(due)])}
    return {name: part for name, part in parts.items() if not part.is_right}


def over_all(pairs: Sequence[Pair]) -> str:
    """What is true of all *pairs*: a factor, a rearrangement, where they are wrong."""
    return _exactly_of(pairs) or where_right.of(pairs)


def _of_each(parts: dict[str, Case], describe: Describe) -> dict[str, list[str]]:
    """What is said of the wrong members: words, and the names of those of which they are true."""
    said: dict[str, list[str]] = {}
    for name, part in parts.items():
        said.setdefault(describe(part), []).append(name)
    return said


def _joined(said: dict[str, list[str]]) -> str:
    return "; ".join(f"{words} in {', '.join(names)}" for words, names in said.items())


def _beside_the_right(case: Case, said: dict[str, list[str]]) -> str:
    """Which members are wrong, in what way if that is known, and that the others are right."""
    wrong = [name for names in said.values() for name in names]
    right = [name for name in case.exercise.returns if name not in wrong]
    unknown = said.pop("", [])
    told = [_joined(said)] if said else []
    told += [f"wrong in {', '.join(unknown)}"] if unknown and (told or right) else []
    told += [f"right in {', '.join(right)}"] if told and right else []
    return "; ".join(told)


def _member(case: Case, i: int) -> Case:
    def answers(probes: Sequence[Probe]) -> list[Behaviour]:
        return [_picked(got, i) for got in case.answers(probes)]

    @wraps(case.formula)
    def formula(*probe: Any, **settings: Any) -> Any:
        return case.formula(*probe, **settings)[i]

    return Case(case.exercise, formula, case.probes, answers, case.manner, case.seed)


def _picked(got: Behaviour, i: int) -> Behaviour:
    if isinstance(got.value, list | tuple) and len(got.value) > i:
        return replace(got, value=got.value[i])
    return got


@lru_cache(maxsize=8)
def _exactly(case: Case) -> str:
    found = pairs(case)
    return "" if found is None else _exactly_of(found) or _another_exercise(case)


@lru_cache(maxsize=8)
def _at_all(case: Case) -> str:
    if words := _exactly(case):
        return words
    found = pairs(case)
    if found is None:
        return ""
    return made_of(case.exercise.roles, found) or of_samples(case)


def _loosely(case: Case) -> str:
    found = pairs(case)
    if found is None:
        return where_right.where_it_fails(case)
    return (
        where_right.in_case(case, found)
        or made_of(case.exercise.roles, found, plain=False)
        or _independent(case)
        or facts.of(found)
    )


def _exactly_of(pairs: Sequence[Pair]) -> str:
    """What gives all numbers of all *pairs*."""
    return _one_factor(pairs) or _same_words(pairs)


def _one_factor(pairs: Sequence[Pair]) -> str:
    if not all(p.same_shape for p in pairs):
        return ""
    known = (
        words for words, r in FACTORS.items() if all(_is_scaled(p, r(p.n, p.c)) for p in pairs)
    )
    return next(known, "") or _constant(pairs)


def _is_scaled(pair: Pair, r: float) -> bool:
    return compare.difference(pair.got, r * pair.due, max(1.0, abs(r)) * pair.bound) is None


def _constant(pairs: Sequence[Pair]) -> str:
    """A factor that is the same everywhere, though nothing known has its size."""
    sharpest = min(pairs, key=lambda p: float(np.max(p.bound)) if np.size(p.due) > 2 else np.inf)
    r = structure.factor(sharpest.got, sharpest.due, sharpest.bound)
    if r is None or np.size(sharpest.due) < 3 or not all(_is_scaled(p, r) for p in pairs):
        return ""
    return f"{r:.6g} times what is due"


def _same_words(pairs: Sequence[Pair]) -> str:
    """What structure says of one pair, if it says the same of every one that is wrong."""
    wrong = [p for p in pairs if not p.right]
    said = ""
    for pair in wrong:
        words = structure.describe(pair.got, pair.due, {"N": pair.n, "C": pair.c}, pair.bound)
        if not words or words != (said or words):
            return ""
        said = words
    several = len({np.shape(p.due) for p in wrong}) > 1
    return said if several or not any(map(str.isdigit, said)) else ""


def _another_exercise(case: Case) -> str:
    """Is it just what another exercise asks for?"""
    others = (
        other for other in ALL if other.roles == case.exercise.roles and other is not case.exercise
    )
    found = next((other for other in others if _gives(case, other)), None)
    return f"that of another exercise: {found.title}" if found else ""


def _gives(case: Case, other: Exercise) -> bool:
    formulas = [other.formula, *(v.formula for v in other.variants if "eps" not in v.convention)]
    return any(
        all(agrees(got, observe(f, p), f, p) for p, got in (*case.seen, *case.more))
        for f in formulas
    )


def _independent(case: Case) -> str:
    """Does the answer stay the same when one argument is another, though the right one changes?"""
    a = case.probes[0]
    b = next((p for p in case.probes[1:] if _alike(a, p)), None)
    if b is None or len(a) < 2:
        return ""
    for i, role in enumerate(case.exercise.roles):
        mixed = tuple(b[j] if j == i else a[j] for j in range(len(a)))
        old, new = case.answers([a, mixed])
        due = case.right(a), case.right(mixed)
        if finite(old.value) and compare.same(old, new, 0.0) and not compare.same(*due, 0.0):
            return f"the same whatever {role} is"
    return ""


def _alike(a: Probe, b: Probe) -> bool:
    return all(np.shape(x) == np.shape(y) for x, y in zip(a, b, strict=True))
