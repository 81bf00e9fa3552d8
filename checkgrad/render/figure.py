"""Where pictures are drawn: one figure of matplotlib, used again for all of a report."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from checkgrad.render.svg import COLOUR

DPI = 72  # a unit of the picture is a pixel of the page
AROUND = (46, 12, 26, 40)  # left, right, top, bottom
KINDS = ("collections", "lines", "images", "patches", "texts", "artists")
LOWER = {"top": 0.76, "center": 0.36, "bottom": -0.2}  # of the size of the letters
ANCHOR = {"left": "start", "center": "middle", "right": "end"}


@dataclass(frozen=True)
class Label:
    """A line of text at a place of the picture."""

    text: str
    x: float
    y: float
    ha: str = "left"
    va: str = "bottom"
    size: float = 11
    weight: str = "normal"
    opacity: float = 1.0


class Labels(Artist):
    """All labels of a picture. Matplotlib's own texts measure every letter first, which takes longer than the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.zorder = 9.0
        self.labels: list[Label] = []

    def draw(self, renderer: Any) -> None:
        """Write every label; the page's own font decides how wide it is."""
        for label in self.labels:
            y = renderer.height - label.y + LOWER[label.va] * label.size
            look = {"x": f"{label.x:.1f}", "y": f"{y:.1f}", "font-size": f"{label.size:g}px",
                    "text-anchor": ANCHOR[label.ha], "fill": COLOUR["ink"]}  # fmt: skip
            if label.weight != "normal":
                look["font-weight"] = label.weight
            if label.opacity < 1:
                look["opacity"] = f"{label.opacity:g}"
            renderer.writer.element("text", label.text, attrib=look)


class Easel:
    """Axes on a figure, wiped for every picture."""

    def __init__(self) -> None:
        self._figure = Figure(dpi=DPI)
        self._axes = self._figure.add_axes((0, 0, 1, 1))

    def blank(self, width: float, height: float, margins: tuple[float, ...] = AROUND) -> Axes:
        """Return empty axes on a picture of that size; *margins* are left, right, top, bottom."""
        left, right, top, bottom = margins
        for kind in KINDS:  # contours first: they take their labels with them
            for artist in list(getattr(self._axes, kind)):
                artist.remove()
        self._figure.set_size_inches(width / DPI, height / DPI)
        inside = (width - left - right) / width, (height - top - bottom) / height
        self._axes.set_position((left / width, bottom / height, *inside))
        return scaled(self._axes, False, False)

    def picture(self, axes: Axes) -> str:
        """Return what is on *axes*, as matplotlib writes it."""
        width, height = self._figure.get_size_inches() * DPI
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        new_renderer: Any = RendererSVG
        renderer = new_renderer(width, height, buffer, image_dpi=DPI, metadata=nothing)
        drawn = [artist for kind in KINDS for artist in getattr(axes, kind)]
        for artist in sorted(drawn, key=lambda one: float(one.zorder)):
            artist.draw(renderer)
        renderer.finalize()
        return buffer.getvalue()


def scaled(axes: Axes, x_is_logarithmic: bool, y_is_logarithmic: bool) -> Axes:
    """Give *axes* their scales; a new one is slow to set up."""
    wanted = ["log" if log else "linear" for log in (x_is_logarithmic, y_is_logarithmic)]
    if axes.get_xscale() != wanted[0]:
        axes.set_xscale(wanted[0])
    if axes.get_yscale() != wanted[1]:
        axes.set_yscale(wanted[1])
    return axes


def line(axes: Axes, x: Any, y: Any, marks: str = "", transform: Any = None, **look: Any) -> None:
    """Draw a line through points, a gap where one is not a number; or *marks* alone, where no style is given."""
    style = {"ls": "-" if not marks else "none", **look}
    drawn = Line2D(x, y, marker=marks or None, **style)
    if transform is not None:
        drawn.set_transform(transform)
    axes.add_artist(drawn)


def write(
    axes: Axes,
    text: str,
    at: tuple[float, float],
    off: tuple[float, float] = (0, 0),
    transform: Any = None,
    **look: Any,
) -> None:
    """Write *text*, *off* by pixels from the point *at* of the axes, or of another *transform*."""
    x, y = (axes.transAxes if transform is None else transform).transform(at)
    labels = next((a for a in axes.artists if isinstance(a, Labels)), None)
    if labels is None:
        labels = Labels()
        axes.add_artist(labels)
    labels.labels.append(Label(text, float(x + off[0]), float(y + off[1]), **look))
