r"""One entry of a result worked out by hand: every term of the formula with the numbers of an input.

A calculation yields lines: what is worked out, the same with numbers, both as LaTeX, and the value. Its last line is the
entry. *at* is the index of the entry, (member, *index) where there are several results; *share* is what a sum is
multiplied with, 1/N where the mean is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from checkgrad.exercise import Exercise, Probe
from checkgrad.model import Worked

MOST_TERMS = 7  # of a sum that is written out
Lines = Iterator[tuple[str, str, float]]


class SharedFactor(NamedTuple):
    """A factor in front of a sum, as LaTeX and as a number."""

    latex: str
    value: float


def by_hand(exercise: Exercise, probe: Probe, at: tuple[int, ...], expected: float) -> list[Worked]:
    """Return the lines that lead to *expected* at the entry *at* of an exercise.

    Nothing where no calculation is known, or where another convention than its own is asked for.
    """
    calculation = exercise.calculation
    if calculation is None:
        return []
    for share in _shares(probe):
        with np.errstate(all="ignore"):
            found = calculation(at, share, *map(_real, probe))
            lines = [Worked(name, shown, float(value) + 0.0) for name, shown, value in found]
        if _lead_to(expected, [line.value for line in lines]):
            return lines
    return []


def _lead_to(expected: float, values: list[float]) -> bool:
    """Is the last value what was expected, up to the rounding of single precision?"""
    room = 3e-7 * max(1.0, *map(abs, values)) + 1e-5 * abs(expected)
    return bool(np.isfinite(values).all() and abs(values[-1] - expected) <= room)


def _real(argument: Any) -> Any:
    """Single precision and whole numbers as double precision: on paper nothing is rounded."""
    return np.asarray(argument, float) if isinstance(argument, np.ndarray) else argument


def _shares(probe: tuple[Any, ...]) -> list[SharedFactor]:
    """What a loss may be divided by: samples, cells, twice those, nothing."""
    shape = np.shape(probe[0])
    n, cells = (shape[0] if shape else 1), max(int(np.size(probe[0])), 1)
    wide = rf"{n} \cdot {cells // n}" if cells > n else str(n)
    made = [(str(n), n), (wide, cells), (rf"2 \cdot {n}", 2 * n), (rf"2 \cdot {wide}", 2 * cells)]
    over = [SharedFactor("" if d == 1 else frac("1", text), 1 / d) for text, d in made]
    return [*over, SharedFactor("", 1.0), SharedFactor(r"\frac{1}{2}", 0.5)]


def frac(above: str, below: str) -> str:
    return rf"\frac{{{above}}}{{{below}}}"


def num(value: float) -> str:
    """A number to 4 digits."""
    mantissa, e, exponent = f"{value + 0.0:.4g}".partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else mantissa


def par(value: float) -> str:
    """A number as a factor: in parentheses where it has a sign of its own."""
    return f"({num(value)})" if num(value).startswith("-") or "cdot" in num(value) else num(value)


def exp(value: float) -> str:
    return f"e^{{{num(value)}}}"


def times(*factors: float) -> str:
    return r" \cdot ".join(map(par, factors))


def added(terms: list[str]) -> str:
    """A sum; a long one is cut in the middle."""
    if len(terms) > MOST_TERMS:
        terms = [*terms[: MOST_TERMS - 1], r"\dots", terms[-1]]
    return " + ".join(terms)


def numbers(values: Any) -> str:
    return added([par(v) for v in np.ravel(values)])


def index(*at: int) -> str:
    """An index, without a comma where all are digits."""
    return f"_{{{(',' if max(at, default=0) > 9 else '').join(map(str, at))}}}" if at else ""


def case(at, z):
    side = ">" if z[at] > 0 else "<" if z[at] < 0 else "="
    return rf"{num(z[at])} {side} 0: \quad \frac{{dy}}{{dz}}"


def squash(z):
    return 1 / (1 + np.exp(-z))


def shares_of(row):
    e = np.exp(row - row.max())
    return e / e.sum()


def log_of(factor, value):
    return 0.0 if factor == 0 else factor * np.log(value)


def one_hot_rows(t, like):
    return np.eye(like.shape[1])[t.astype(int)] if t.ndim == 1 and like.ndim == 2 else t


def share_of(share):
    return share.latex + " " if share.latex else ""


def dot(share):
    return share.latex + r" \cdot " if share.latex else ""


def slope_by(name, at, of="L"):
    return rf"\frac{{\partial {of}}}{{\partial {name}{index(*at)}}}"


def mean_of(share, cells):
    yield (
        f"L = {share_of(share)}" + r"\sum_n L_n",
        f"{dot(share)}({numbers(cells)})",
        share.value * sum(cells),
    )


def off(name, share, y, t):
    """What is left of a loss and its output function together: y - t."""
    yield (
        rf"{name} = {share_of(share)}(y - t)",
        f"{dot(share)}({num(y)} - {par(t)})",
        share.value * (y - t),
    )
