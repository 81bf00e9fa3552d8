"""How wrong answers relate to the truth, where the same can be said of every probe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from checkgrad import assignment, compare, structure
from checkgrad.child.behaviour import observe
from checkgrad.diagnose.case import Case, agrees, finite
from checkgrad.exercise import Exercise, Probe

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
    "2 times too large and of the wrong sign": lambda n, c: -2.0,
    "half of what is due and of the wrong sign": lambda n, c: -0.5,
    "too small by the factor ln 2": lambda n, c: float(np.log(2)),
    "too large by the factor 1 / ln 2": lambda n, c: float(1 / np.log(2)),
    "too large by the factor pi": lambda n, c: float(np.pi),
    "too large by the factor e": lambda n, c: float(np.e),
}
WHERE: dict[str, Callable[[float, float], bool]] = {
    "right for a single sample, wrong for several": lambda n, c: n == 1,
    "right for several samples, wrong for a single one": lambda n, c: n > 1,
    "right for two classes, wrong for more": lambda n, c: c == 2,
    "right for more than two classes, wrong for two": lambda n, c: c > 2,
    "right where there are as many samples as classes, wrong elsewhere": lambda n, c: n == c,
}
ERRORS: dict[str, Callable[[float, float], bool]] = {
    "right for a single sample, and an error for several": lambda n, c: n == 1,
    "right for two classes, and an error for more": lambda n, c: c == 2,
}


class Pair(NamedTuple):
    """What came and what was due on one probe, with the numbers of samples and classes."""

    got: Any
    due: Any
    bound: Any
    n: float
    c: float

    @property
    def right(self) -> bool:
        return compare.difference(self.got, self.due, self.bound) is None

    def off(self) -> Any:
        """Which entries are wrong; None where the shapes differ."""
        if np.shape(self.got) != np.shape(self.due):
            return None
        return ~(np.abs(np.asarray(self.got, float) - self.due) <= self.bound)


def exact(case: Case) -> str:
    """What gives every number of the answers: a factor, a rearrangement, another exercise's formula.

    The rest of a sentence that begins "Your result is", or "".
    """
    members = _members(case)
    if members is None:
        return _another_exercise(case) if case.returns else ""
    if len(members) > 1:
        return _of_members(members, exactly)
    return exactly(members[0]) or _another_exercise(case)


def loose(case: Case) -> str:
    """Where the answers are right, or what they do not depend on, though not what they are elsewhere."""
    members = _members(case)
    if members is None:
        return _where_it_fails(case)
    if len(members) > 1:
        return _of_members(members, over_all) or _independent(case)
    pairs = members[0]
    return _in_part_of_the_line(case, pairs) or _confirmed(case, pairs) or _independent(case)


def _members(case: Case) -> list[Sequence[Pair]] | None:
    """For each member of the answers what came and what was due; None where they have not as many numbers."""
    if not case.returns:
        return None
    seen = [(p, got) for p, got in (*case.seen, *case.more) if got.returned]
    groups = [_pairs(case, probe, got.value) for probe, got in seen]
    whole = [group for group in groups if group is not None]
    return list(zip(*whole, strict=True)) if len(whole) == len(groups) else None


def exactly(pairs: Sequence[Pair]) -> str:
    """What gives all numbers of all *pairs*."""
    return _one_factor(pairs) or _same_words(pairs)


def _places(pairs: Sequence[Pair]) -> str:
    return _only_for_some(pairs) or _same_lines(pairs)


def over_all(pairs: Sequence[Pair]) -> str:
    """What is true of all *pairs*: a factor, a rearrangement, where they are wrong."""
    return exactly(pairs) or _places(pairs)


def sizes(probe: Probe) -> tuple[float, float]:
    """Samples and classes of a probe."""
    shape = max((np.shape(arg) for arg in probe), key=len, default=())
    return float(shape[0]) if shape else 1.0, float(shape[-1]) if len(shape) > 1 else 1.0


def _pairs(case: Case, probe: Probe, value: Any) -> list[Pair] | None:
    """One pair for every member of the answer; None where there are not as many numbers."""
    right = case.right(probe)
    due = right.value if isinstance(right.value, tuple) else (right.value,)
    got = value if isinstance(right.value, tuple) else (value,)
    if not isinstance(got, list | tuple) or len(got) != len(due):
        return None
    if any(compare.not_numbers(g) for g in got):
        return None
    n, c = sizes(probe)
    single = compare.rounding_bound(case.formula, probe, right.value, value)
    limits = single if isinstance(single, tuple) else (single,)
    return [Pair(g, d, b, n, c) for g, d, b in zip(got, due, limits, strict=True)]


def _of_members(
    members: Sequence[Sequence[Pair]], describe: Callable[[Sequence[Pair]], str]
) -> str:
    said = []
    for i, pairs in enumerate(members):
        if not all(pair.right for pair in pairs):
            words = describe(pairs)
            if not words:
                return ""
            said.append(f"{words} in value {i}")
    return "; ".join(said)


def _one_factor(pairs: Sequence[Pair]) -> str:
    if any(np.shape(p.got) != np.shape(p.due) for p in pairs):
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
    said = ""
    for pair in pairs:
        if not pair.right:
            words = structure.describe(pair.got, pair.due, {"N": pair.n, "C": pair.c}, pair.bound)
            if not words or words != (said or words) or any(map(str.isdigit, words)):
                return ""
            said = words
    return said


def _only_for_some(pairs: Sequence[Pair]) -> str:
    """Right for a single sample, or for two classes, and wrong for all others."""
    return _where([p.right for p in pairs], [(p.n, p.c) for p in pairs], WHERE)


def _where(
    right: Sequence[bool],
    sizes: Sequence[tuple[float, float]],
    places: dict[str, Callable[[float, float], bool]],
) -> str:
    """The words for the probes that are right, and no other."""
    if not any(right):
        return ""
    fitting = (w for w, holds in places.items() if [holds(*size) for size in sizes] == [*right])
    return next(fitting, "")


def _confirmed(case: Case, pairs: Sequence[Pair]) -> str:
    """The places, where what is said of a single sample is true of others as well."""
    words = _places(pairs)
    single = "right for a single sample" in words
    if single and not all(agrees(g, case.right(p), case.formula, p) for p, g in case.single):
        return ""
    return words


def _same_lines(pairs: Sequence[Pair]) -> str:
    """Wrong in the first or the last row or column of each matrix only."""
    masks = [p.off() for p in pairs if not p.right]
    if any(m is None or m.ndim < 2 or min(m.shape) < 1 for m in masks):
        return ""
    for axis, name in ((0, "row"), (-1, "column")):
        for index, place in ((0, "first"), (-1, "last")):
            if all(_is_in(mask, axis, index) for mask in masks):
                return f"wrong in the {place} {name}, and right elsewhere"
    if all(np.array_equal(m, m & (np.eye(*m.shape[-2:]) > 0)) for m in masks):
        return "wrong on the diagonal, and right beside it"
    return ""


def _is_in(mask: Any, axis: int, index: int) -> bool:
    """Is everything wrong in one line of several?"""
    elsewhere = np.delete(mask, index, axis)
    return bool(mask.shape[axis] > 1 and not elsewhere.any())


def _another_exercise(case: Case) -> str:
    """Is it just what another exercise asks for?"""
    others = (
        other
        for other in assignment.asked(assignment.Assignment())
        if other.roles == case.exercise.roles and other is not case.exercise
    )
    found = next((other for other in others if _gives(case, other)), None)
    return f"that of another exercise: {found.title}" if found else ""


def _gives(case: Case, other: Exercise) -> bool:
    formulas = [other.formula, *(v.formula for v in other.variants if "eps" not in v.convention)]
    return any(
        all(agrees(got, observe(f, p), f, p) for p, got in (*case.seen, *case.more))
        for f in formulas
    )


def _in_part_of_the_line(case: Case, pairs: Sequence[Pair]) -> str:
    """For a function of one number: on which side, or how near to 0, it is right."""
    if case.exercise.roles != ("z",):
        return ""
    z, off = [], []
    for (probe, _), pair in zip((*case.seen, *case.more), pairs, strict=False):
        mask = pair.off()
        if mask is None or np.shape(probe[0]) != mask.shape:
            return ""
        z.append(np.ravel(np.asarray(probe[0], float)))
        off.append(np.ravel(mask))
    return _split(np.concatenate(z), np.concatenate(off))


def _split(z: Any, off: Any) -> str:
    z, off = z[z != 0], off[z != 0]
    if min(off.sum(), (~off).sum()) < 3:
        return ""
    right, wrong = z[~off], z[off]
    if right.min() > wrong.max():
        return f"right above {_about(right.min(), wrong.max())} and wrong below"
    if right.max() < wrong.min():
        return f"right below {_about(right.max(), wrong.min())} and wrong above"
    if np.abs(right).max() < np.abs(wrong).min():
        limit = _about(np.abs(right).max(), np.abs(wrong).min())
        return f"right for small inputs, wrong from about {limit} away from 0"
    if np.abs(right).min() > np.abs(wrong).max():
        limit = _about(np.abs(right).min(), np.abs(wrong).max())
        return f"right for large inputs, wrong up to about {limit} away from 0"
    return ""


def _about(a: float, b: float) -> str:
    """A round number between the two."""
    low, high = sorted((a, b))
    if low < 0 < high:
        return "0"
    rounded = (round(float(low + high) / 2, digits) for digits in range(12))
    return next(f"{v:g}" for v in rounded if low <= v <= high)


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


def _where_it_fails(case: Case) -> str:
    """Where a function that stops with an error elsewhere is right."""
    right = [agrees(got, case.right(p), case.formula, p) for p, got in case.seen]
    return _where(right, [sizes(p) for p in case.probes], ERRORS)
