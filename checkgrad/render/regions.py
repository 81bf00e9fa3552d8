"""Pictures of what a network answers over the plane, at one step after another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from checkgrad.model import Region, TrainingRun
from checkgrad.render.figure import line, write
from checkgrad.render.series import floats, grid, some
from checkgrad.render.svg import COLOUR, SHARED, shade

if TYPE_CHECKING:
    from checkgrad.render.figure import Easel

CLASSES = [COLOUR[f"class{k}"] for k in range(4)]
MARKERS = ["o", "s", "^", "D"]
SIZES = [5.5, 5, 6.5, 5]  # all look as large as a circle
INK, FAINT, PAPER = (COLOUR[role] for role in ("ink", "faint", "paper"))
MOST_DOTS = 60  # all the points would weigh more than they show


def regions(easel: Easel, run: TrainingRun) -> list[str]:
    """Return a picture for each step; the points are in the first, for the others to use again."""
    side = 156 if len(run.regions) > 1 else 300
    points = _some_points(run)
    plane = floats(run.x), floats(run.y)
    taken = _near_points(plane, [run.points[i] for i in points])
    return [
        _region(easel, (plane, taken), region, side, (run, [] if i else points))
        for i, region in enumerate(run.regions)
    ]


def _region(
    easel: Easel,
    ground: tuple[Any, Any],
    region: Region,
    side: int,
    dots: tuple[TrainingRun, list[int]],
) -> str:
    axes = easel.blank(side, side, (20, 4, 4, 18))
    (x, y), taken = ground
    got, due = grid(region.got), grid(region.expected)
    axes.set(xlim=(x.min(), x.max()), ylim=(y.min(), y.max()))
    if got.shape == due.shape == (len(y), len(x)) and min(got.shape) >= 2:
        shares = [_membership(got, k) for k in range(_classes(got, due))]
        _areas(axes, (x, y), shares)
        for k, share in enumerate(shares):
            _class_number(axes, (x, y), share > 0.5, taken, k)
        for k in range(1, len(shares)):
            _border(axes, (x, y), _membership(due, k))
    _dots(axes, *dots)
    box = ([0, 1, 1, 0, 0], [0, 0, 1, 1, 0])
    line(axes, *box, color=FAINT, lw=1.5, transform=axes.transAxes, clip_on=False)
    write(axes, "x0", (1, 0), (0, -4), ha="right", va="top")
    write(axes, "x1", (0, 1), (-4, 0), ha="right", va="top")
    return easel.picture(axes)


def _areas(axes: Any, plane: tuple[Any, Any], shares: list[Any]) -> None:
    shades = [shade(colour, 0.3) for colour in CLASSES]
    if len(shares) == 2:  # what is not of one class is of the other
        axes.contourf(*plane, shares[1], levels=[-1, 0.5, 2], colors=shades[:2])
        return
    for k, share in enumerate(shares):
        if (share > 0.5).any():
            axes.contourf(*plane, share, levels=[0.5, 2], colors=[shades[k]])


def _class_number(axes: Any, plane: tuple[Any, Any], inside: Any, taken: Any, k: int) -> None:
    """Write the class where its area has most room, away from the points if there is such a place."""
    free = inside & ~taken
    if inside.any():
        i, j = _roomiest(free if free.any() else inside)
        look: Any = {"size": 17, "opacity": 0.8, "ha": "center", "va": "center"}
        write(axes, str(k), (plane[0][j], plane[1][i]), transform=axes.transData, **look)


def _near_points(plane: tuple[Any, Any], points: list[list[float]]) -> Any:
    """Where on the grid a number would touch one of the points drawn."""
    at = np.array(points).reshape(-1, 2)
    reach = [0.08 * np.ptp(axis) for axis in plane]
    across = np.abs(plane[0][None, :] - at[:, :1]) < reach[0]
    up = np.abs(plane[1][None, :] - at[:, 1:]) < reach[1]
    return (up[:, :, None] & across[:, None, :]).any(axis=0)


def _border(axes: Any, plane: tuple[Any, Any], inside: Any) -> None:
    if inside.min() <= 0.5 < inside.max():
        axes.contour(*plane, inside, [0.5], colors=[INK], linewidths=1.3, linestyles="--")


def _classes(got: Any, due: Any) -> int:
    every = np.concatenate([got.ravel(), due.ravel()])
    highest = every[np.isfinite(every)].max(initial=0)
    return max(2, min(len(CLASSES), int(highest) + 1))


def _membership(values: Any, k: int) -> Any:
    """How much of class *k* there is at each point: 0 to 1, with 0.5 at its border."""
    finite = np.isfinite(values)
    if (values[finite] % 1).any():  # probabilities of class 1
        share = np.clip(values, 0, 1) if k == 1 else 1 - np.clip(values, 0, 1)
    else:
        share = (values == k).astype(float)
    return np.where(finite, share, 0.0)


def _roomiest(inside: Any) -> tuple[int, int]:
    """The place furthest from the border of an area."""
    room, layer = inside.astype(int), inside
    while layer.any():
        padded = np.pad(layer, 1)
        layer = layer & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
        room = room + layer
    i, j = np.unravel_index(int(np.argmax(room)), room.shape)
    return int(i), int(j)


def _some_points(run: TrainingRun) -> list[int]:
    drawable = [
        i
        for i, (point, label) in enumerate(zip(run.points, run.labels, strict=False))
        if len(point) == 2 and all(map(math.isfinite, point)) and 0 <= label < len(CLASSES)
    ]
    return [int(i) for i in some(np.array(drawable, int), MOST_DOTS)]


def _dots(axes: Any, run: TrainingRun, points: list[int]) -> None:
    for k in sorted({run.labels[i] for i in points}):
        at = np.array([run.points[i] for i in points if run.labels[i] == k])
        look = {"color": CLASSES[k], "ms": SIZES[k], "mec": PAPER, "mew": 0.7}
        # the later pictures use this group again
        line(axes, at[:, 0], at[:, 1], MARKERS[k], gid=f"{SHARED}{k}", **look)
