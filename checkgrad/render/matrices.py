"""Pictures of matrices: a field a cell, the stronger the further from 0; what is wrong is framed or crossed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from checkgrad.model import Matrix
from checkgrad.render.captions import VECTOR, WRITTEN
from checkgrad.render.figure import line, write
from checkgrad.render.numbers import clean
from checkgrad.render.series import grid, short
from checkgrad.render.svg import COLOUR, shade

if TYPE_CHECKING:
    from checkgrad.render.figure import Easel

INK, FAINT, HIGH, LOW = (COLOUR[role] for role in ("ink", "faint", "high", "low"))
# an image cannot follow the colour scheme of the page: middle tones show in both
HIGH_PIXEL, LOW_PIXEL = (0.86, 0.42, 0.1), (0.2, 0.5, 0.85)
# a frame within a cell, and a gap before the next
FRAME_X = 0.45 * np.array([-1, 1, 1, -1, -1, np.nan])
FRAME_Y = 0.45 * np.array([-1, -1, 1, 1, -1, np.nan])
Entries = set[tuple[int, int]]


def matrix(easel: Easel, given: Matrix, error_only: bool = False) -> list[str]:
    """Return the error, and beside it what was got and what was due where that is small enough to write."""
    got, expected = grid(given.got), grid(given.expected)
    if got.shape != expected.shape or not got.size:
        return []
    wrong = {(i, j) for i, j in given.wrong if i < got.shape[0] and j < got.shape[1]}
    error = np.full(got.shape, np.nan)
    for at in wrong:
        error[at] = got[at] - expected[at]
    labels = (given.row_label, given.column_label)
    if error_only or max(got.shape) > WRITTEN:
        return [_heat(easel, error, labels, "error", wrong)]
    return [
        _heat(easel, got, labels, "yours", wrong),
        _heat(easel, expected, labels, "expected", set()),
        _heat(easel, error, labels, "error", wrong),
    ]


def name(axes: Any, text: str) -> None:
    """Write what a picture among others shows, above its right end."""
    write(axes, text, (1, 1), (0, 6), ha="right", size=12, weight="bold")


def _heat(easel: Easel, values: Any, labels: tuple[str, str], title: str, wrong: Entries) -> str:
    rows, columns = values.shape
    written = max(values.shape) <= WRITTEN
    side = 50 if written else max(3.0, min(22.0, 300 / max(rows, columns)))
    width = max(150.0, 58 + columns * side)
    margins = (46, width - 46 - columns * side, 30, 40)
    axes = easel.blank(width, 70 + rows * side, margins)
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    _cells(axes, values, side)
    if written:
        _entries(axes, values, wrong)
    elif max(values.shape) <= VECTOR:
        at = np.array(sorted(wrong)).reshape(-1, 2)
        line(axes, at[:, 1], at[:, 0], "x", color=INK, ms=min(6, side / 2.5), mew=1)
    _sides(axes, (rows, columns), labels)
    name(axes, title)
    return easel.picture(axes)


def _cells(axes: Any, values: Any, side: float) -> None:
    finite = np.abs(values[np.isfinite(values)])
    share = np.abs(values) / (finite.max(initial=0.0) or 1.0)
    strength = np.where(share > 0, 0.15 + 0.6 * share, 0).round(2)
    if max(values.shape) > VECTOR:
        axes.imshow(_pixels(values, strength), aspect="auto", interpolation="nearest")
        return
    i, j = np.nonzero(strength)
    colours = [
        shade(HIGH if values[at] > 0 else LOW, strength[at]) for at in zip(i, j, strict=True)
    ]
    # one square a cell, as a marker: the size is an area
    axes.scatter(j, i, s=side**2, c=colours, marker="s", linewidths=0)


def _pixels(values: Any, strength: Any) -> Any:
    colours = np.where((values > 0)[..., None], HIGH_PIXEL, LOW_PIXEL)
    return np.concatenate([colours, strength[..., None]], axis=-1)


def _entries(axes: Any, values: Any, wrong: Entries) -> None:
    look: Any = {"ha": "center", "va": "center", "transform": axes.transData}
    for (i, j), value in np.ndenumerate(values):
        marked = (i, j) in wrong
        text = "0" if np.isnan(value) and not marked else _fitting(value)
        size, weight = 12 if len(text) < 6 else 10, "bold" if marked else "normal"
        write(axes, text, (j, i), size=size, weight=weight, **look)
    at = np.array(sorted(wrong)).reshape(-1, 2, 1)
    line(axes, (at[:, 1] + FRAME_X).ravel(), (at[:, 0] + FRAME_Y).ravel(), color=INK, lw=1.6)


def _fitting(value: float) -> str:
    """A number short enough for its cell."""
    text = short(value, ".2g")
    return text if len(text) <= 6 else short(value, ".0e")


def _sides(axes: Any, shape: tuple[int, int], labels: tuple[str, str]) -> None:
    rows, columns = shape
    box = ([0, 1, 1, 0, 0], [0, 0, 1, 1, 0])
    line(axes, *box, color=FAINT, lw=1, transform=axes.transAxes, clip_on=False)
    for j in _ticks(columns):
        write(axes, str(j), ((j + 0.5) / columns, 0), (0, -4), ha="center", va="top", size=12)
    for i in _ticks(rows):
        write(axes, str(i), (0, 1 - (i + 0.5) / rows), (-5, 0), ha="right", va="center", size=12)
    write(axes, clean(labels[1])[:20], (1, 0), (0, -20), ha="right", va="top", size=12)
    write(axes, clean(labels[0])[:20], (0, 1), (-34, 6), size=12)


def _ticks(size: int) -> range:
    return range(0, size, max(1, math.ceil(size / 8)))
