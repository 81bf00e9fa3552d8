"""What an answer is made of: one or two quantities of the problem, each times a constant, that give every number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.diagnose.pairs import Pair
from checkgrad.exercises import squashing

ENOUGH = 4  # numbers that each constant has to give
ROOM = 16 * compare.SAFETY * compare.OPERATIONS * compare.DOUBLE
CLOSE = 1e-11  # share of the square that a fit by normal equations may leave
ROUND = 1e-9  # how near a constant must be to a short number to be written as that
DIGITS = 3  # after the point, of a constant that a person writes
Pool = dict[str, Any]


def made_of(roles: Sequence[str], pairs: Sequence[Pair], plain: bool = True) -> str:
    """Words for the one or two quantities that make up all answers, or "".

    plain: only with constants that a person would write, such as 0.5 or a third.
    """
    usable = [p for p in pairs if _is_double(p)]
    if not all(map(_can_be_fitted, usable)) or all(p.right for p in usable):
        return ""
    got = np.concatenate([np.ravel(p.got) for p in usable]).astype(float)
    if not got.any():
        return ""
    with np.errstate(all="ignore"):
        names, table = _table([_pool(roles, pair) for pair in usable])
    found = (
        _words(names, chosen, table, got, plain)
        for chosen in _promising(table, got)
        if len(got) >= ENOUGH * len(chosen)
    )
    return next(filter(None, found), "")


def _is_double(pair: Pair) -> bool:
    return all(a.dtype == np.float64 for a in pair.probe if isinstance(a, np.ndarray))


def _can_be_fitted(pair: Pair) -> bool:
    return pair.same_shape and bool(np.isfinite(pair.got).all() and np.isfinite(pair.due).all())


def _table(pools: Sequence[Pool]) -> tuple[list[str], Any]:
    """The quantities that every probe has, and their numbers: a row for each."""
    shared = [n for n in pools[0] if all(n in pool for pool in pools)]
    table = np.array([np.concatenate([np.ravel(pool[n]) for pool in pools]) for n in shared])
    finite = np.isfinite(table).all(axis=1)
    return [n for n, ok in zip(shared, finite, strict=True) if ok], table[finite]


def _pool(roles: Sequence[str], pair: Pair) -> Pool:
    """Everything that the answer may be made of, in its shape."""
    shape = np.shape(pair.due)
    if not shape:
        sizes = {"the number of samples": pair.n, "the number of classes": pair.c}
        return {"what is due": pair.due, "1": 1.0, **sizes, **_sums(roles, pair)}
    own = dict(zip(roles, pair.probe, strict=False))
    if "z" in own:
        own |= {f"the {name} of z": squash(own["z"]) for name, squash in squashing().items()}
    basic = {"what is due": pair.due, **_spread(own, shape)}
    found = {"1": np.ones(shape), **basic, **dict(_products(basic)), **_by_samples(basic, pair.n)}
    return {name: np.broadcast_to(a, shape) for name, a in found.items()}


def _by_samples(basic: Pool, n: float) -> Pool:
    """Quantities that depend on the number of samples."""
    shares = {f"{name} over N": a / n for name, a in basic.items() if name != "what is due"}
    return {"N": n, "1 over N": 1 / n, "N times what is due": basic["what is due"] * n, **shares}


def _spread(own: Pool, shape: tuple[int, ...]) -> Pool:
    """The arguments of this shape, and numbers; for a matrix of every sample also its rows and columns."""
    found = {name: a for name, a in own.items() if np.shape(a) in (shape, ())}
    if len(shape) > 1 and shape[-1] == shape[-2]:
        flat = {name: a for name, a in own.items() if np.shape(a) == shape[:-1]}
        found |= {f"{name}, entry i": a[..., :, None] for name, a in flat.items()}
        found |= {f"{name}, entry j": a[..., None, :] for name, a in flat.items()}
        found |= {"the identity": np.eye(shape[-1])} if flat else {}
    return found


def _products(basic: Pool) -> Iterator[tuple[str, Any]]:
    for (a, left), (b, right) in combinations_with_replacement(basic.items(), 2):
        if a == b:
            yield from ((f"the square of {a}", left * left), (f"the cube of {a}", left**3))
            yield from ((f"1 over {a}", 1 / left), (f"the root of {a}", np.sqrt(left)))
            yield from ((f"the exponential of {a}", np.exp(left)), (f"ln of {a}", np.log(left)))
        else:
            yield f"{a} times {b}", left * right
            yield from ((f"{a} over {b}", left / right), (f"{b} over {a}", right / left))


def _sums(roles: Sequence[str], pair: Pair) -> Pool:
    """For an answer of one number: what the entries of the arguments add up to, or the largest of them."""
    own = {r: a for r, a in zip(roles, pair.probe, strict=False) if np.ndim(a)}
    numbers = {r: a for r, a in zip(roles, pair.probe, strict=False) if not np.ndim(a)}
    found: Pool = {name: float(a) for name, a in numbers.items()}
    for text, values in _entries(own):
        for name, size in (("sum", np.sum), ("mean", np.mean), ("largest", np.max)):
            found[f"the {name} of {text}"] = size(values)
        found[f"the sum of {text} over N"] = np.sum(values) / len(values)
    for number, a in numbers.items():
        found |= {f"{number} times {n}": a * v for n, v in found.items() if n not in numbers}
    return found


def _entries(own: Pool) -> Iterator[tuple[str, Any]]:
    same = len({np.shape(a) for a in own.values()}) == 1
    for name, a in own.items():
        yield from (
            (name, a),
            (f"the squares of {name}", a * a),
            (f"the sizes of {name}", np.abs(a)),
        )
        yield from ((f"ln {name}", np.log(a)), (f"ln(1 - {name})", np.log(1 - a)))
        yield from ((f"the tanh of {name}", np.tanh(a)), (f"the exponentials of {name}", np.exp(a)))
    for (a, left), (b, right) in combinations_with_replacement(own.items(), 2):
        if same and a != b:
            yield f"{a} times {b}", left * right
            yield f"{b} ln {a}", right * np.log(left)
            yield f"{b} ln(1 - {a})", right * np.log(1 - left)
            yield f"the differences of {a} and {b}", left - right
            yield f"the sizes of the differences of {a} and {b}", np.abs(left - right)
            yield f"the squared differences of {a} and {b}", (left - right) ** 2


def _promising(table: Any, got: Any) -> Iterator[tuple[int, ...]]:
    """Rows of *table*, one or two, that roughly make up *got*, from the normal equations of all of them at once."""
    gram, by = table @ table.T, table @ got
    size, square = float(got @ got), np.diag(gram)
    with np.errstate(
        all="ignore"
    ):  # left before anything is given, for whoever takes it may never go on
        left = size - by**2 / square
        det = square[:, None] * square[None, :] - gram**2
        explained = (
            by[:, None] ** 2 * square[None, :]
            + by[None, :] ** 2 * square[:, None]
            - 2 * by[:, None] * by[None, :] * gram
        ) / det
        apart = det > 1e-8 * square[:, None] * square[None, :]
        both = apart & (size - explained <= CLOSE * size)
    yield from ((int(i),) for i in np.flatnonzero(left <= CLOSE * size))
    yield from ((int(i), int(j)) for i, j in np.argwhere(np.triu(both, 1)))


def _words(names: Sequence[str], chosen: tuple[int, ...], table: Any, got: Any, plain: bool) -> str:
    parts = table[list(chosen)]
    constants = np.linalg.lstsq(parts.T, got, rcond=None)[0]
    room = ROOM * (np.abs(constants[:, None] * parts).sum(axis=0) + np.abs(got))
    if not (np.abs(constants @ parts - got) <= room).all():
        return ""
    if plain and not all(_is_plain(c) or _is_plain(1 / c) for c in map(float, constants)):
        return ""
    told = [_term(float(c), names[i]) for c, i in zip(constants, chosen, strict=True)]
    return " plus ".join(told).replace("plus minus ", "minus ")


def _is_plain(constant: float) -> bool:
    return abs(constant - round(constant, DIGITS)) <= ROUND * abs(constant)


def _term(constant: float, name: str) -> str:
    if abs(constant - 1) < ROUND:
        return name
    if abs(constant + 1) < ROUND:
        return f"minus {name}"
    if constant < 0:
        return f"minus {_term(-constant, name)}"
    return f"{constant:.6g}" if name == "1" else f"{constant:.6g} times {name}"
