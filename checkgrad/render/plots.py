"""The pictures of a report, drawn by matplotlib; no global state of it is used."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from checkgrad.model import Curve, Evidence, Layers, Matrix, Scatter, Surface, TrainingRun
from checkgrad.render import matrices, network, regions
from checkgrad.render.captions import outside_bound
from checkgrad.render.figure import Easel, line, scaled, write
from checkgrad.render.numbers import clean
from checkgrad.render.series import (
    decades,
    fitted,
    floats,
    grid,
    limits,
    short,
    some,
    thinned,
)
from checkgrad.render.svg import COLOUR, shade

STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "checkgrad",
    "text.parse_math": False,
    "text.usetex": False,
    "path.simplify": True,
    "path.simplify_threshold": 0.5,
    "font.size": 12,
    "font.weight": "normal",
    "lines.solid_capstyle": "round",
}
INK, FAINT, YOURS, DUE = (COLOUR[role] for role in ("ink", "faint", "yours", "due"))
DASHES = ("--", ":", "-.")


def draw(easel: Easel, evidence: Evidence, among_many: bool = False) -> list[str]:
    """Return pictures of *evidence* as matplotlib writes them; none where its numbers do not fit together.

    Of a matrix *among_many* only the error is drawn.
    """
    with rc_context(STYLE):
        match evidence:
            case Curve():
                return [_curve(easel, evidence)]
            case Matrix():
                return matrices.matrix(easel, evidence, among_many)
            case Scatter():
                return [_scatter(easel, evidence)]
            case Surface():
                return _surface(easel, evidence)
            case Layers():
                return [network.layers(easel, evidence)]


def draw_losses(easel: Easel, run: TrainingRun) -> str:
    """Return the losses of the student's network and of the reference, and where they part."""
    with rc_context(STYLE):
        return _losses(easel, run)


def draw_regions(easel: Easel, run: TrainingRun) -> list[str]:
    """Return the answers over the plane, a picture for each step; the first holds the points for all."""
    with rc_context(STYLE):
        return regions.regions(easel, run)


def _curve(easel: Easel, curve: Curve) -> str:
    axes = easel.blank(360, 240)
    x = floats(curve.x)
    lines = {label: fitted(x, ys) for label, ys in curve.lines.items()}
    _frame(axes, x, _all(lines), curve.x_label, curve.y_label, (curve.logarithmic,) * 2)
    _lines(axes, x, lines)
    return easel.picture(axes)


def _losses(easel: Easel, run: TrainingRun) -> str:
    axes = easel.blank(360, 240)
    x = np.arange(max(len(run.losses), len(run.reference_losses), 1)) + 1.0
    given = {"due": run.reference_losses, "yours": run.losses}
    lines = {label: fitted(x, ys) for label, ys in given.items() if ys}
    every = _all(lines)
    finite = every[np.isfinite(every)]
    steep = bool(finite.size) and 0 < 30 * finite.min() < finite.max()
    _frame(axes, x, every, "step", "loss", (False, bool(steep)))
    _lines(axes, x, lines)
    if run.parted_at is not None:
        _parting(axes, run.parted_at, run.parted_at < 0.6 * len(x))
    return easel.picture(axes)


def _parting(axes: Axes, step: int, early: bool) -> None:
    across = axes.get_xaxis_transform()
    line(axes, [step, step], [0, 1], color=INK, lw=1, ls=":", transform=across)
    side, off = ("left", 5) if early else ("right", -5)
    write(axes, f"they part at step {step}", (step, 0.03), (off, 0), across, ha=side)


def _all(lines: dict[str, Any]) -> Any:
    return np.concatenate([*lines.values(), np.zeros(0 if lines else 1)])


def _lines(axes: Axes, x: Any, lines: dict[str, Any]) -> None:
    """The student's line thin with marks, on top of the wide pale one that was due."""
    others = [label for label in lines if label != "yours"]
    for i, label in enumerate(others):
        look: Any = {"lw": 1.5, "ls": DASHES[(i - 1) % 3]} if i else {"lw": 6, "alpha": 0.55}
        line(axes, *thinned(x, lines[label]), color=DUE, **look)
    if "yours" in lines:
        kept = thinned(x, lines["yours"])
        every = max(1, len(kept[0]) // 8)
        marked: Any = {"ms": 4.5, "markevery": (every // 2, every)}
        line(axes, *kept, "o", color=YOURS, lw=1.8, ls="-", **marked)


def _scatter(easel: Easel, scatter: Scatter) -> str:
    axes = easel.blank(360, 260)
    given = (scatter.numeric, scatter.analytic, scatter.bound)
    size = min(map(len, given))
    x, y, bound = (floats(values)[:size] for values in given)
    outside = np.zeros(size, bool)
    outside[outside_bound(scatter)] = True
    _frame(axes, x, y, "numeric derivative", "your gradient", (False, False), air=0.04)
    known = np.argsort(x)
    known = known[np.isfinite((x + bound)[known])]
    band = x[known] - bound[known], x[known] + bound[known]
    axes.fill_between(x[known], *band, color=DUE, alpha=0.3, lw=0)
    ends = axes.get_xlim()
    line(axes, ends, ends, color=DUE, lw=3, alpha=0.55)
    near, far = (some(np.nonzero(which)[0]) for which in (~outside, outside))
    line(axes, x[near], y[near], "o", color=DUE, ms=5, mfc="none", mew=1.3)
    line(axes, x[far], y[far], "x", color=YOURS, ms=6, mew=1.8)
    return easel.picture(axes)


def _surface(easel: Easel, surface: Surface) -> list[str]:
    x, y = floats(surface.x), floats(surface.y)
    grids = {"yours": grid(surface.got), "expected": grid(surface.expected)}
    if any(g.shape != (len(y), len(x)) or min(g.shape) < 2 for g in grids.values()):
        return []
    low, high = limits(np.concatenate([g.ravel() for g in grids.values()]), 0, False)
    levels = MaxNLocator(8).tick_values(low, high)
    labels = (surface.x_label, surface.y_label)
    return [_one_surface(easel, (x, y, g), labels, name, levels) for name, g in grids.items()]


def _one_surface(
    easel: Easel, field: tuple[Any, Any, Any], labels: tuple[str, str], name: str, levels: Any
) -> str:
    x, y, values = field
    axes = easel.blank(270, 260)
    _frame(axes, x, y, *labels, (False, False), air=0)  # first: labels of contours keep inside
    role = YOURS if name == "yours" else DUE
    shades = [shade(role, 0.06 + 0.7 * k / len(levels)) for k in range(len(levels) - 1)]
    shown = np.ma.masked_invalid(values)
    axes.contourf(x, y, shown, levels=levels, colors=shades)
    lines: Any = axes.contour(x, y, shown, levels=levels, colors=[INK], linewidths=0.8)
    written = list(lines.levels[1:-1:2])
    axes.clabel(lines, written, fontsize=11, colors=[INK], inline=False, fmt="%g")
    matrices.name(axes, name)
    return easel.picture(axes)


def _frame(
    axes: Axes,
    x: Any,
    y: Any,
    x_label: str,
    y_label: str,
    logarithmic: tuple[bool, ...],
    air: float | None = None,
) -> None:
    """Limits, ticks and labels, as plain lines: matplotlib's own axes take four times as long."""
    ends = (
        limits(x, air or 0.0, logarithmic[0]),
        limits(y, 0.06 if air is None else air, logarithmic[1]),
    )
    scaled(axes, *logarithmic).set(xlim=ends[0], ylim=ends[1])
    across, up = axes.get_xaxis_transform(), axes.get_yaxis_transform()
    ticks = [_ticks(*ends[k], logarithmic[k]) for k in (0, 1)]
    _grid(axes, across, np.repeat(ticks[0], 3), np.tile([0, 1, np.nan], len(ticks[0])))
    _grid(axes, up, np.tile([0, 1, np.nan], len(ticks[1])), np.repeat(ticks[1], 3))
    for tick in ticks[0]:
        write(axes, short(tick), (tick, 0), (0, -6), across, ha="center", va="top")
    for tick in ticks[1]:
        write(axes, short(tick), (0, tick), (-6, 0), up, ha="right", va="center")
    line(axes, [0, 0, 1], [1, 0, 0], color=FAINT, lw=1.2, transform=axes.transAxes, clip_on=False)
    write(axes, clean(x_label)[:40], (1, 0), (0, -21), ha="right", va="top", size=12)
    write(axes, clean(y_label)[:40], (0, 1), (-34, 8), size=12)


def _grid(axes: Axes, transform: Any, x: Any, y: Any) -> None:
    line(axes, x, y, transform=transform, color=FAINT, lw=0.6, alpha=0.45, zorder=0)


def _ticks(low: float, high: float, logarithmic: bool) -> list[float]:
    if logarithmic:
        return decades(low, high)
    found = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in found if low <= tick <= high]
