"""The pictures of a report. The only importer of matplotlib; no global state of it is used."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from checkgrad.model import Curve, Evidence, Layers, Matrix, Scatter, Surface, TrainingRun
from checkgrad.render import heat, network, plane
from checkgrad.render.captions import outside_bound
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

DPI = 72  # a unit of the picture is a pixel of the page
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
AROUND = (46, 12, 26, 40)  # left, right, top, bottom
DASHES = ("--", ":", "-.")


class Easel:
    """A figure of each size, used again for every picture of a report."""

    def __init__(self) -> None:
        self._axes: dict[tuple[float, ...], Axes] = {}

    def blank(self, width: float, height: float, margins: tuple[float, ...] = AROUND) -> Axes:
        """Return empty axes on a picture of that size; *margins* are left, right, top, bottom."""
        key = (width, height, *margins)
        if key not in self._axes:
            self._axes[key] = _new_axes(width, height, *margins)
        axes = self._axes[key]
        # contours first: they take their labels with them
        for kind in ("collections", "lines", "images", "patches", "texts"):
            for artist in list(getattr(axes, kind)):
                artist.remove()
        return axes

    def picture(self, axes: Axes) -> str:
        """Return what is on *axes*, as matplotlib writes it."""
        figure: Any = axes.figure
        width, height = figure.get_size_inches() * DPI
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        new_renderer: Any = RendererSVG
        renderer = new_renderer(width, height, buffer, image_dpi=DPI, metadata=nothing)
        figure.draw(renderer)
        renderer.finalize()
        return buffer.getvalue()


def draw(easel: Easel, evidence: Evidence, among_many: bool = False) -> list[str]:
    """Return pictures of *evidence* as matplotlib writes them; none where its numbers do not fit together.

    Of a matrix *among_many* only the error is drawn.
    """
    with rc_context(STYLE):
        match evidence:
            case Curve():
                return [_curve(easel, evidence)]
            case Matrix():
                return heat.matrix(easel, evidence, among_many)
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
        return plane.regions(easel, run)


def _new_axes(
    width: float, height: float, left: float, right: float, top: float, bottom: float
) -> Axes:
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    figure.patch.set_visible(False)
    inside = (width - left - right) / width, (height - top - bottom) / height
    axes = figure.add_axes((left / width, bottom / height, *inside))
    axes.set_axis_off()
    return axes


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
    axes.axvline(step, color=INK, lw=1, ls=":")
    side = "left" if early else "right"
    text = f" they part at step {step} "
    axes.text(step, 0.03, text, color=INK, fontsize=11, transform=across, ha=side, va="bottom")


def _all(lines: dict[str, Any]) -> Any:
    return np.concatenate([*lines.values(), np.zeros(0 if lines else 1)])


def _lines(axes: Axes, x: Any, lines: dict[str, Any]) -> None:
    """The student's line thin with marks, on top of the wide pale one that was due."""
    others = [label for label in lines if label != "yours"]
    for i, label in enumerate(others):
        look: Any = {"lw": 1.5, "ls": DASHES[(i - 1) % 3]} if i else {"lw": 6, "alpha": 0.55}
        axes.plot(*thinned(x, lines[label]), color=DUE, **look)
    if "yours" in lines:
        kept = thinned(x, lines["yours"])
        every = max(1, len(kept[0]) // 8)
        axes.plot(*kept, "o-", color=YOURS, lw=1.8, ms=4.5, markevery=(every // 2, every))


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
    axes.plot(ends, ends, color=DUE, lw=3, alpha=0.55)
    near, far = (some(np.nonzero(which)[0]) for which in (~outside, outside))
    axes.plot(x[near], y[near], "o", color=DUE, ms=5, mfc="none", mew=1.3)
    axes.plot(x[far], y[far], "x", color=YOURS, ms=6, mew=1.8)
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
    role = YOURS if name == "yours" else DUE
    shades = [shade(role, 0.06 + 0.7 * k / len(levels)) for k in range(len(levels) - 1)]
    shown = np.ma.masked_invalid(values)
    axes.contourf(x, y, shown, levels=levels, colors=shades)
    lines: Any = axes.contour(x, y, shown, levels=levels, colors=[INK], linewidths=0.8)
    written = list(lines.levels[1:-1:2])
    axes.clabel(lines, written, fontsize=11, colors=[INK], inline=False, fmt="%g")
    _frame(axes, x, y, *labels, (False, False), air=0)
    heat.name(axes, name)
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
    scales = ["log" if log else "linear" for log in logarithmic]
    axes.set(xscale=scales[0], yscale=scales[1])
    axes.set(xlim=ends[0], ylim=ends[1])
    across, up = axes.get_xaxis_transform(), axes.get_yaxis_transform()
    line: Any = {"color": FAINT, "lw": 0.6, "alpha": 0.45, "zorder": 0}
    text: Any = {"color": INK, "fontsize": 11}
    for tick in _ticks(*ends[0], logarithmic[0]):
        axes.plot([tick, tick], [0, 1], transform=across, **line)
        axes.text(tick, -0.03, short(tick), ha="center", va="top", transform=across, **text)
    for tick in _ticks(*ends[1], logarithmic[1]):
        axes.plot([0, 1], [tick, tick], transform=up, **line)
        axes.text(-0.02, tick, short(tick), ha="right", va="center", transform=up, **text)
    axes.plot([0, 0, 1], [1, 0, 0], color=FAINT, lw=1.2, transform=axes.transAxes, clip_on=False)
    heat.beside(axes, clean(x_label)[:40], (1, 0), (0, -20), ha="right", va="top")
    heat.beside(axes, clean(y_label)[:40], (0, 1), (-34, 8), ha="left", va="bottom")


def _ticks(low: float, high: float, logarithmic: bool) -> list[float]:
    if logarithmic:
        return decades(low, high)
    found = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in found if low <= tick <= high]
