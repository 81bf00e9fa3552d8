"""What each picture shows, in a sentence or two: its caption and its text alternative."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from checkgrad.model import (
    Curve,
    Evidence,
    Layers,
    Matrix,
    OwnTraining,
    Scatter,
    Surface,
    TrainingRun,
)
from checkgrad.render.summary import listed

WRITTEN = 8  # the widest matrix whose entries are written out
VECTOR = 24  # the widest matrix drawn cell by cell; a larger one is an image
SAME = 1e-6  # of the height of a picture: no eye sees less
Grid = Sequence[Sequence[float]]


def number(value: float) -> str:
    """A number as precise as a picture."""
    return f"{value:.4g}"


def caption(evidence: Evidence) -> str:
    """Say what the picture of *evidence* shows."""
    match evidence:
        case Curve():
            return _smallest(evidence) if evidence.logarithmic else _curve(evidence)
        case Matrix():
            return _matrix(evidence)
        case Scatter():
            return _scatter(evidence)
        case Surface():
            return _surface(evidence)
        case Layers():
            return _layers(evidence)


def losses(run: TrainingRun) -> str:
    """Say how the two losses of *run* went."""
    if not run.losses:
        return "No step was made."
    said = f"{_goes(run.losses)} in {run.steps} steps"
    if run.reference_losses:
        said += f", a right network from the same start gets to {number(run.reference_losses[-1])}"
    if run.parted_at is not None:
        return f"{said}. The two part at step {run.parted_at}."
    return f"{said}. The two never part." if run.reference_losses else f"{said}."


def own_training(run: OwnTraining) -> str:
    """Say how the loss of the student's own loop went."""
    return f"{_goes(run.curve.lines['yours'])} in {run.curve.x[-1]:.0f} turns."


def _goes(losses: Sequence[float]) -> str:
    return f"Your loss goes from {number(losses[0])} to {number(losses[-1])}"


def regions(run: TrainingRun) -> str:
    """Say what the pictures of the plane show."""
    last = run.regions[-1]
    pairs = list(_pairs(last.got, last.expected))
    alike = sum(_answer(got) == _answer(due) for got, due in pairs) / max(1, len(pairs))
    steps = ", ".join(str(region.step) for region in run.regions)
    return (
        f"What your network answers over the plane after step {steps}. The dashed line is the border that a right "
        f"network draws. At the end the two give the same answer on {100 * alike:.0f} % of the square."
    )


def matrix_size(grid: Grid) -> tuple[int, int]:
    """Rows and columns."""
    return len(grid), max((len(row) for row in grid), default=0)


def _curve(curve: Curve) -> str:
    spans = ", ".join(_span(label, ys) for label, ys in curve.lines.items())
    said = f"For {curve.x_label} from {number(curve.x[0])} to {number(curve.x[-1])}: {spans}."
    yours = curve.lines.get("yours")
    others = [label for label in curve.lines if label != "yours"]
    if yours is None or not others:
        return said
    return f"{said} {_apart(curve, yours, others[0])}"


def _span(label: str, ys: Sequence[float]) -> str:
    finite = [y for y in ys if math.isfinite(y)]
    holes = "" if len(finite) == len(ys) else ", partly not a number"
    if not finite:
        return f"{label} is never a finite number"
    return f"{label} between {number(min(finite))} and {number(max(finite))}{holes}"


def _apart(curve: Curve, yours: Sequence[float], other: str) -> str:
    gaps = [
        (abs(a - b) if math.isfinite(a) else math.inf, i)
        for i, (a, b) in enumerate(zip(yours, curve.lines[other], strict=False))
        if math.isfinite(b)
    ]
    gap, i = max(gaps, default=(0.0, 0))
    height = max((abs(y) for y in curve.lines[other] if math.isfinite(y)), default=1.0)
    if gap <= SAME * height:
        return "The two lie on each other."
    due = curve.lines[other][i]
    return (
        f"They are furthest apart at {curve.x_label} = {number(curve.x[i])}: "
        f"yours {number(yours[i])}, {other} {number(due)}."
    )


def _smallest(curve: Curve) -> str:
    found = [
        (y, x, label)
        for label, ys in curve.lines.items()
        for x, y in zip(curve.x, ys, strict=False)
        if math.isfinite(y)
    ]
    if not found:
        return f"{curve.y_label} is never a finite number."
    y, x, label = min(found)
    return (
        f"The smallest {curve.y_label}, {number(y)} ({label}), is at {curve.x_label} {number(x)}."
    )


def _matrix(matrix: Matrix) -> str:
    rows, columns = matrix_size(matrix.expected)
    if not matrix.wrong:
        return f"All {rows * columns} entries are right."
    many = len(matrix.wrong)
    verb = "is" if many == 1 else "are"
    i, j = max(matrix.wrong, key=lambda at: _deviation(matrix, *at))
    return (
        f"{many} of {rows * columns} entries {verb} wrong. The worst is at [{i}, {j}]: got "
        f"{number(_entry(matrix.got, i, j))}, expected {number(_entry(matrix.expected, i, j))}."
    )


def _deviation(matrix: Matrix, i: int, j: int) -> float:
    gap = abs(_entry(matrix.got, i, j) - _entry(matrix.expected, i, j))
    return gap if math.isfinite(gap) else math.inf


def _entry(grid: Grid, i: int, j: int) -> float:
    return grid[i][j] if i < len(grid) and j < len(grid[i]) else math.nan


def _scatter(scatter: Scatter) -> str:
    outside = outside_bound(scatter)
    many = len(scatter.analytic)
    if not outside:
        entries = "entry" if many == 1 else "entries"
        return f"All {many} {entries} of your gradient agree with the numeric derivative."
    worst = max(outside, key=lambda i: _finite_or_inf(scatter.analytic[i] - scatter.numeric[i]))
    return (
        f"{len(outside)} of {many} entries of your gradient disagree with the numeric derivative. The worst: yours "
        f"{number(scatter.analytic[worst])}, numeric {number(scatter.numeric[worst])}."
    )


def outside_bound(scatter: Scatter) -> list[int]:
    """Indices of the entries that the bound does not explain."""
    rows = zip(scatter.numeric, scatter.analytic, scatter.bound, strict=False)
    return [i for i, (n, a, b) in enumerate(rows) if not abs(a - n) <= b]


def _finite_or_inf(gap: float) -> float:
    return abs(gap) if math.isfinite(gap) else math.inf


def _surface(surface: Surface) -> str:
    gaps = [
        (_finite_or_inf(got - surface.expected[i][j]), i, j)
        for i, row in enumerate(surface.got)
        for j, got in enumerate(row)
    ]
    gap, i, j = max(gaps, default=(0.0, 0, 0))
    height = max((abs(v) for row in surface.expected for v in row if math.isfinite(v)), default=1.0)
    if gap <= SAME * height:
        return "Yours and the right one agree everywhere on the square."
    return (
        f"They are furthest apart at {surface.x_label} = {number(surface.x[j])}, {surface.y_label} = "
        f"{number(surface.y[i])}: yours {number(surface.got[i][j])}, expected {number(surface.expected[i][j])}."
    )


def _layers(layers: Layers) -> str:
    said = f"A network of {listed(map(str, layers.sizes), 12)} units, layer by layer."
    if layers.wrong:
        said += f" Wrong: {listed(layers.wrong, 12)}."
    return said + (f" Right: {listed(layers.right, 12)}." if layers.right else "")


def _answer(value: float) -> int:
    """The class at a point: an index, or a probability rounded to 0 or 1."""
    return round(value) if math.isfinite(value) else -1


def _pairs(got: Grid, expected: Grid) -> Iterable[tuple[float, float]]:
    for a, b in zip(got, expected, strict=False):
        yield from zip(a, b, strict=False)
