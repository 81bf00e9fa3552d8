"""Where wrong answers are right: for one sample, for two classes, above zero, where the target is 1, but for one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from checkgrad.diagnose.case import Case, agrees
from checkgrad.diagnose.pairs import Pair, sizes

Holds = Callable[[float, float], bool]
WHERE: dict[str, Holds] = {
    "right for a single sample, wrong for several": lambda n, c: n == 1,
    "right for several samples, wrong for a single one": lambda n, c: n > 1,
    "right for two classes, wrong for more": lambda n, c: c == 2,
    "right for more than two classes, wrong for two": lambda n, c: c > 2,
    "right where there are as many samples as classes, wrong elsewhere": lambda n, c: n == c,
}
ERRORS: dict[str, Holds] = {
    "right for a single sample, and an error for several": lambda n, c: n == 1,
    "right for two classes, and an error for more": lambda n, c: c == 2,
}
FEW = 3  # entries on either side that a border between right and wrong must have
KINDS = 3  # values up to which an argument is told by each of them


def of(pairs: Sequence[Pair]) -> str:
    """The probes, or the lines of every matrix, that are wrong."""
    return _only_for_some(pairs) or _same_lines(pairs)


def in_case(case: Case, pairs: Sequence[Pair]) -> str:
    """The entries, the probes or the lines that are right."""
    return by_an_argument(case.exercise.roles, pairs) or _confirmed(case, pairs)


def where_it_fails(case: Case) -> str:
    """Where a function that stops with an error elsewhere is right."""
    right = [agrees(got, case.right(p), case.formula, p) for p, got in case.seen]
    return _where(right, [sizes(p) for p in case.probes], ERRORS)


def _only_for_some(pairs: Sequence[Pair]) -> str:
    return _where([p.right for p in pairs], [(p.n, p.c) for p in pairs], WHERE)


def _where(
    right: Sequence[bool], sizes: Sequence[tuple[float, float]], places: dict[str, Holds]
) -> str:
    """The words for the probes that are right, and no other."""
    if not any(right):
        return ""
    fitting = (w for w, holds in places.items() if [holds(*size) for size in sizes] == [*right])
    return next(fitting, "")


def _confirmed(case: Case, pairs: Sequence[Pair]) -> str:
    """The places, where what is said of a single sample is true of others as well."""
    words = of(pairs)
    single = "right for a single sample" in words
    if single and not all(agrees(g, case.right(p), case.formula, p) for p, g in case.single):
        return ""
    return words


def _same_lines(pairs: Sequence[Pair]) -> str:
    """Wrong in the first or the last row or column of each matrix only, or right there only."""
    masks = [p.off() for p in pairs if not p.right]
    if any(m is None or m.ndim < 2 or min(m.shape) < 1 for m in masks):
        return ""
    for axis, name in ((0, "row"), (-1, "column")):
        for index, place in ((0, "first"), (-1, "last")):
            if all(_is_in(mask, axis, index) for mask in masks):
                return f"wrong in the {place} {name}, and right elsewhere"
            if all(_is_in(~mask, axis, index) and not mask.all() for mask in masks):
                return f"right in the {place} {name} only"
    if all(np.array_equal(m, m & (np.eye(*m.shape[-2:]) > 0)) for m in masks):
        return "wrong on the diagonal, and right beside it"
    return ""


def _is_in(mask: Any, axis: int, index: int) -> bool:
    """Is everything marked in one line of several?"""
    elsewhere = np.delete(mask, index, axis)
    return bool(mask.shape[axis] > 1 and not elsewhere.any())


def by_an_argument(roles: Sequence[str], pairs: Sequence[Pair]) -> str:
    """For entries that each belong to one of an argument: on which side of a border they are right."""
    masks = [pair.off() for pair in pairs]
    if any(m is None or not m.ndim for m in masks):
        return ""
    off = np.concatenate([m.ravel() for m in masks])
    for name, values in _arguments(roles, pairs, [m.shape for m in masks]):
        if words := _by_value(name, values, off) or _split(name, values, off):
            return words
    return ""


def _arguments(
    roles: Sequence[str], pairs: Sequence[Pair], shapes: Sequence[tuple[int, ...]]
) -> Iterator[tuple[str, Any]]:
    """Every argument that has the shape of the answers, and what is due."""
    columns = {role: [p.probe[i] for p in pairs] for i, role in enumerate(roles)}
    columns["the right value"] = [p.due for p in pairs]
    for name, arrays in columns.items():
        if all(np.shape(a) == shape for a, shape in zip(arrays, shapes, strict=True)):
            yield name, np.concatenate([np.ravel(np.asarray(a, float)) for a in arrays])


def _by_value(name: str, values: Any, off: Any) -> str:
    """For an argument of few values: at which of them all is right, and all is wrong elsewhere."""
    kinds = np.unique(values)
    if not 2 <= len(kinds) <= KINDS:
        return ""
    wrong = [bool(off[values == kind].all()) for kind in kinds]
    if any(off[values == kind].any() != w for kind, w in zip(kinds, wrong, strict=True)):
        return ""
    right = [f"{k:g}" for k, w in zip(kinds, wrong, strict=True) if not w]
    bad = [f"{k:g}" for k, w in zip(kinds, wrong, strict=True) if w]
    if not right or not bad:
        return ""
    return f"right where {name} is {' or '.join(right)}, wrong where it is {' or '.join(bad)}"


def _split(name: str, values: Any, off: Any) -> str:
    off, values = off[values != 0], values[values != 0]
    if min(off.sum(), (~off).sum()) < FEW:
        return ""
    right, wrong = values[~off], values[off]
    if right.min() > wrong.max():
        return f"right for {name} above {_about(right.min(), wrong.max())} and wrong below"
    if right.max() < wrong.min():
        return f"right for {name} below {_about(right.max(), wrong.min())} and wrong above"
    near, far = np.abs(right), np.abs(wrong)
    if near.max() < far.min():
        limit = _about(near.max(), far.min())
        return f"right for small {name}, wrong from about {limit} away from 0"
    if near.min() > far.max():
        limit = _about(near.min(), far.max())
        return f"right for large {name}, wrong up to about {limit} away from 0"
    return _between(name, right, wrong)


def _between(name: str, right: Any, wrong: Any) -> str:
    """Is all wrong in one stretch, with what is right on both sides of it?"""
    below, above = right[right < wrong.min()], right[right > wrong.max()]
    if len(below) + len(above) < len(right) or min(len(below), len(above)) < FEW:
        return ""
    low, high = _about(below.max(), wrong.min()), _about(wrong.max(), above.min())
    return f"wrong for {name} between about {low} and {high}, and right elsewhere"


def _about(a: float, b: float) -> str:
    """A round number between the two."""
    low, high = sorted((a, b))
    if low < 0 < high:
        return "0"
    rounded = (round(float(low + high) / 2, digits) for digits in range(12))
    return next(f"{v:g}" for v in rounded if low <= v <= high)
