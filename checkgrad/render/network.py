"""The picture of a network: layers of units, and between them which gradients are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Rectangle

from checkgrad.model import Layers
from checkgrad.render.figure import line, write
from checkgrad.render.numbers import clean
from checkgrad.render.summary import plural
from checkgrad.render.svg import COLOUR

if TYPE_CHECKING:
    from checkgrad.render.figure import Easel

MOST_UNITS = 7
INK, FAINT, YOURS, PAPER = (COLOUR[role] for role in ("ink", "faint", "yours", "paper"))


def layers(easel: Easel, given: Layers) -> str:
    """Return circles for units, at most seven a layer, and lines for weights, dashed where their gradient is wrong."""
    last = max(1, len(given.sizes) - 1)
    axes = easel.blank(max(360, 150 * last + 90), 230, (10, 10, 24, 28))
    axes.set(xlim=(-0.4, last + 0.4), ylim=(-4, 4))
    columns = [_heights(size) for size in given.sizes]
    for k, ends in enumerate(zip(columns, columns[1:], strict=False)):
        _weights(axes, given, k, ends)
    for k, heights in enumerate(columns):
        line(axes, [k] * len(heights), heights, "o", ms=13, color=INK, mfc=PAPER, mew=1.4)
        _below_and_above(axes, given, k)
    return easel.picture(axes)


def _heights(size: int) -> Any:
    shown = min(size, MOST_UNITS)
    return (np.arange(shown) - (shown - 1) / 2) * 1.05


def _below_and_above(axes: Any, given: Layers, k: int) -> None:
    size = given.sizes[k]
    look: Any = {"ha": "center", "transform": axes.transData}
    write(axes, f"{size} {plural(size, 'unit' if k else 'input')}", (k, -4.1), va="top", **look)
    if 0 < k <= len(given.activations):
        write(axes, clean(given.activations[k - 1])[:16], (k, 4.2), **look)


def _weights(axes: Any, given: Layers, k: int, ends: tuple[Any, Any]) -> None:
    blocks = [name for name in (f"dW{k + 1}", f"db{k + 1}") if name in given.wrong + given.right]
    wrong = [name for name in blocks if name in given.wrong]
    look = (YOURS, 1.6, "--") if wrong else (FAINT, 0.8, "-")
    _edges(axes, k, ends, look)
    if blocks:
        _plate(axes, k + 0.5, bool(wrong), len(blocks))
    for i, name in enumerate(blocks):
        off = 16 * ((len(blocks) - 1) / 2 - i)
        text = f"{name} {'wrong' if name in wrong else 'right'}"
        weight = "bold" if name in wrong else "normal"
        middle: Any = {"ha": "center", "va": "center", "size": 12, "weight": weight}
        write(axes, text, (k + 0.5, 0), (0, off), axes.transData, **middle)


def _plate(axes: Any, x: float, wrong: bool, lines: int) -> None:
    """A box that keeps the words clear of the lines."""
    wide, high = 0.31, 0.55 * lines + 0.25
    edge = INK if wrong else FAINT
    box = Rectangle((x - wide, -high), 2 * wide, 2 * high, fc=PAPER, ec=edge, lw=1, zorder=3)
    axes.add_artist(box)


def _edges(axes: Any, k: int, ends: tuple[Any, Any], look: tuple[str, float, str]) -> None:
    """All lines between two layers as one, with gaps."""
    starts, stops = (axis.ravel() for axis in np.meshgrid(*ends))
    gaps = np.full(len(starts), np.nan)
    y = np.stack([starts, stops, gaps], axis=1).ravel()
    x = np.tile([k, k + 1, np.nan], len(starts))
    line(axes, x, y, color=look[0], lw=look[1], ls=look[2], alpha=0.8)
