"""How two results relate: a factor, a sign, the transpose, only the diagonal, one row missing.

A relation is claimed only where it reproduces every number within the bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import numpy as np

Quantities = Mapping[str, float]


class Powers(NamedTuple):
    """A factor between two reductions, by its powers of the samples N, of the outputs C and of 2."""

    n: int = 0
    c: int = 0
    two: int = 0

    @property
    def words(self) -> str:
        """The factor: "N times too large", "N C / 2 times what is due", "" for 1."""
        powers = {"N": self.n, "C": self.c, "2": self.two}
        above = " ".join(name for name, power in powers.items() if power > 0)
        below = " ".join(name for name, power in powers.items() if power < 0)
        if above and below:
            return f"{above} / {below} times what is due"
        return f"{above} times too large" if above else f"{below} times too small" if below else ""


def describe(got: Any, expected: Any, quantities: Quantities, bound: Any) -> str:
    """Say how *got* relates to *expected* as the rest of a sentence that begins "it is", or "" if nothing fits.

    quantities: numbers a factor may come from, {"N": 7}.
    """
    if isinstance(expected, list | tuple):
        return _describe_group(got, expected, quantities, bound)
    if not (_is_numeric(got) and _is_numeric(expected)):
        return ""
    got, expected = np.asarray(got, float), np.asarray(expected, float)
    bound = np.broadcast_to(np.asarray(bound, float), expected.shape)
    if not (np.isfinite(got).all() and np.isfinite(expected).all() and got.size and expected.size):
        return ""
    if got.shape == expected.shape and _near(got, expected, bound):
        return ""
    found = (relation(got, expected, bound, quantities) for relation in RELATIONS)
    return next((words for words in found if words), "")


def factor(got: Any, expected: Any, bound: Any) -> float | None:
    """Return r where got = r * expected within *bound* in every entry, or None."""
    got, expected = np.asarray(got, float), np.asarray(expected, float)
    square = float(np.sum(expected * expected))
    if got.shape != expected.shape or not square:
        return None
    r = float(np.sum(got * expected)) / square
    return r if np.isfinite(r) and r and _near(got, r * expected, _scaled(bound, r)) else None


def scaled(got: Any, expected: Any, quantities: Quantities, bound: Any) -> str:
    """Words for the one factor between *got* and *expected*, or "" if there is none."""
    return _by_a_factor(np.asarray(got), np.asarray(expected), bound, quantities)


def _describe_group(got: Any, expected: Any, quantities: Quantities, bound: Any) -> str:
    """What is true of every member that is wrong."""
    if not isinstance(got, list | tuple) or len(got) != len(expected):
        return ""
    members = list(zip(got, expected, bound, strict=True))
    wrong = [m for m in members if not _equal(*m)]
    words = {describe(g, e, quantities, b) for g, e, b in wrong}
    return words.pop() if len(words) == 1 else ""


def _nothing_at_all(got: Any, expected: Any, bound: Any, quantities: Quantities) -> str:
    return "zero everywhere" if not got.any() and got.shape == expected.shape else ""


def _by_a_factor(got: Any, expected: Any, bound: Any, quantities: Quantities) -> str:
    if got.shape != expected.shape:
        return ""
    if words := _named_factor(got, expected, bound, quantities):
        return words
    enough = np.count_nonzero(np.abs(expected) > 8 * bound) > 2
    r = factor(got, expected, bound) if enough else None
    return _factor_words(r) if r is not None else ""


def _factor_words(r: float) -> str:
    for size, words in ((r, "large"), (1 / r, "small")):
        if size > 1.5 and abs(size - round(size)) < 1e-6 * size:
            return f"{round(size)} times too {words}"
    return f"{r:.6g} times what is due" if f"{r:.6g}" != "1" else ""


def _rearranged(got: Any, expected: Any, bound: Any, quantities: Quantities) -> str:
    """One of the usual rearrangements, perhaps by a factor that has a name as well."""
    fitting = []
    for words, rearrange in REARRANGEMENTS.items():
        due = _try(rearrange, expected)
        if due is None or due.shape != got.shape or not due.any():
            continue
        room = np.broadcast_to(np.max(bound) * max(1, expected.size // due.size), due.shape)
        # What is as good as equal within that room needs no rearrangement.
        if got.shape == expected.shape and _near(got, expected, room):
            continue
        if _near(got, due, room):
            return words
        fitting.append((words, due, room))
    for words, due, room in fitting:
        if named := _named_factor(got, due, room, quantities):
            return f"{words}, and {named}"
    return ""


def _shifted(got: Any, expected: Any, bound: Any, quantities: Quantities) -> str:
    if got.shape != expected.shape or got.size < 3:
        return ""
    offset = float(np.mean(got - expected))
    if not _near(got, expected + offset, bound):
        return ""
    return f"{abs(offset):.6g} too {'large' if offset > 0 else 'small'} in every entry"


def _wrong_in_part(got: Any, expected: Any, bound: Any, quantities: Quantities) -> str:
    """Which row, column or entry alone is wrong, and how."""
    if got.shape != expected.shape or got.ndim == 0 or got.size < 3:
        return ""
    wrong = ~(np.abs(got - expected) <= bound)
    indices = np.argwhere(wrong)
    if len(indices) == 1:
        return f"wrong only at [{', '.join(map(str, indices[0]))}]"
    for axis, name in _axes(got.ndim):
        if np.unique(indices[:, axis]).size == 1 and got.shape[axis] > 1:
            return _about_slice(got, axis, name, int(indices[0, axis]))
    return ""


def _about_slice(got: Any, axis: int, name: str, index: int) -> str:
    empty = not np.take(got, index, axis).any()
    return f"{'zero' if empty else 'wrong'} in {name} {index}, and right elsewhere"


def _wrong_signs(got: Any, expected: Any, bound: Any, quantities: Quantities) -> str:
    if got.shape != expected.shape or not _near(np.abs(got), np.abs(expected), bound):
        return ""
    flipped = int((~(np.abs(got - expected) <= bound)).sum())
    return f"right in size, with the wrong sign in {flipped} of {got.size} entries"


def _right_on_the_diagonal(got: Any, expected: Any, bound: Any, quantities: Quantities) -> str:
    if got.shape != expected.shape or not _is_square(got) or got.shape[-1] < 2:
        return ""
    on, off = np.eye(got.shape[-1], dtype=bool), ~np.eye(got.shape[-1], dtype=bool)
    right = np.abs(got - expected) <= bound
    if right[..., on].all() and not right[..., off].any():
        return "right on the diagonal and wrong in every entry beside it"
    if right[..., off].all() and not right[..., on].any():
        return "wrong on the diagonal and right beside it"
    return ""


def _rows_in_another_order(got: Any, expected: Any, bound: Any, quantities: Quantities) -> str:
    if got.shape != expected.shape or got.ndim < 2 or not 1 < len(got) <= 64:
        return ""
    rows, due = (a.reshape(len(a), -1) for a in (got, expected))
    matches = (np.abs(rows[:, None] - due[None]) <= np.max(bound)).all(axis=2)
    one_to_one = (matches.sum(axis=0) == 1).all() and (matches.sum(axis=1) == 1).all()
    return "what is due with its rows in another order" if one_to_one else ""


RELATIONS: tuple[Callable[[Any, Any, Any, Quantities], str], ...] = (
    _nothing_at_all,
    _by_a_factor,
    _rearranged,
    _shifted,
    _wrong_in_part,
    _wrong_signs,
    _right_on_the_diagonal,
    _rows_in_another_order,
)

REARRANGEMENTS: dict[str, Callable[[Any], Any]] = {
    "the transpose of what is due": lambda a: np.swapaxes(a, -1, -2),
    "only the diagonal of what is due": lambda a: a * np.eye(a.shape[-1]),
    "only what is due beside the diagonal": lambda a: a * (1 - np.eye(a.shape[-1])),
    "the diagonal of what is due as a vector": lambda a: np.diagonal(a, axis1=-2, axis2=-1),
    "without its last row": lambda a: a[:-1],
    "without its first row": lambda a: a[1:],
    "without its last column": lambda a: a[..., :-1],
    "without its first column": lambda a: a[..., 1:],
    "only the first row of what is due": lambda a: a[0],
    "what is due, summed up over the rows": lambda a: a.sum(axis=0),
    "what is due, averaged over the rows": lambda a: a.mean(axis=0),
    "what is due, summed up within each row": lambda a: a.sum(axis=-1),
    "what is due, averaged within each row": lambda a: a.mean(axis=-1),
    "the sum of all that is due": lambda a: a.sum(),
    "the mean of all that is due": lambda a: a.mean(),
    "what is due in the shape of one row": lambda a: a.reshape(1, -1),
    "what is due in the shape of one column": lambda a: a.reshape(-1, 1),
    "what is due without its axis of length 1": lambda a: _squeezed(a),
    "what is due with its rows in reverse order": lambda a: a[::-1],
    "what is due with its columns in reverse order": lambda a: a[..., ::-1],
    "1 minus what is due": lambda a: 1 - a,
    "the square of what is due": lambda a: a * a,
    "the square root of what is due": lambda a: np.sqrt(a),
    "the reciprocal of what is due": lambda a: 1 / a,
    "the logarithm of what is due": lambda a: np.log(a),
    "the exponential of what is due": lambda a: np.exp(a),
    "what is due with negative entries set to zero": lambda a: np.maximum(a, 0),
}


def _named_factor(got: Any, expected: Any, bound: Any, quantities: Quantities) -> str:
    """Words for a factor that has a name: the sign, a half, twice, or made of *quantities*."""
    if not np.any(np.abs(expected) > bound):
        return ""
    for r, words in _factors(quantities):
        if _near(got, r * expected, _scaled(bound, r)):
            return words
    return ""


def _factors(quantities: Quantities) -> Iterator[tuple[float, str]]:
    yield -1.0, "right but for the sign"
    for size, name in _sizes(quantities):
        for sign, also in ((1, ""), (-1, ", and of the wrong sign")):
            yield sign * size, f"{size:g} times too large{also}, and {name} = {size:g}"
            yield sign / size, f"{size:g} times too small{also}, and {name} = {size:g}"
    yield 2.0, "2 times too large"
    yield 0.5, "half of what is due"


def _sizes(quantities: Quantities) -> Iterator[tuple[float, str]]:
    """The quantities, then products of two; equal ones share a name."""
    known = {name: float(q) for name, q in quantities.items()}
    pairs = combinations_with_replacement(known, 2)
    known |= {f"{a} * {b}": known[a] * known[b] for a, b in pairs}
    for size in dict.fromkeys(known.values()):
        names = [name for name, q in known.items() if q == size]
        single = [name for name in names if "*" not in name]
        if size > 0 and size != 1:
            yield size, " = ".join(single or names[:1])


def _axes(ndim: int) -> Iterator[tuple[int, str]]:
    if ndim == 2:
        yield from ((0, "row"), (1, "column"))
    elif ndim > 2:
        yield 0, "row"


def _equal(got: Any, expected: Any, bound: Any) -> bool:
    same_shape = _is_numeric(got) and np.shape(got) == np.shape(expected)
    return same_shape and _near(np.asarray(got, float), np.asarray(expected, float), bound)


def _near(got: Any, expected: Any, bound: Any) -> bool:
    with np.errstate(all="ignore"):
        return bool((np.abs(got - expected) <= bound).all())


def _scaled(bound: Any, r: float) -> Any:
    return np.asarray(bound) * max(1.0, abs(r))


def _try(rearrange: Callable[[Any], Any], expected: Any) -> Any:
    """*expected* rearranged, or None where it has not the shape, or the values, for that."""
    try:
        with np.errstate(all="ignore"):
            due = np.asarray(rearrange(expected))
    except (IndexError, ValueError):
        return None
    return due if due.size and np.isfinite(due).all() else None


def _squeezed(a: Any) -> Any:
    return np.squeeze(a) if 1 in a.shape else a[()]


def _is_square(a: Any) -> bool:
    return bool(a.ndim >= 2 and a.shape[-1] == a.shape[-2])


def _is_numeric(value: Any) -> bool:
    if isinstance(value, list | tuple | str) or value is None:
        return False
    return np.asarray(value).dtype.kind in "biuf"
