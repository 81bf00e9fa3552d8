"""What a network computes, told from its outputs and its losses: by comparison with the reference network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from checkgrad.exercises import mlp
from checkgrad.exercises.mlp import NetworkKind
from checkgrad.tasks import Parameters

ALPHAS = (0.01, 0.1, 0.2, 0.3, 0.05, 0.02, 0.001, 0.25, 0.5)
LINEAR = NetworkKind("identity")
HIDDEN = (
    *(NetworkKind(name, alpha=ALPHAS[0] if mlp.has_alpha(name) else 0.0) for name in mlp.HIDDEN),
    LINEAR,
    *(
        NetworkKind(name, alpha=alpha)
        for name in mlp.HIDDEN
        if mlp.has_alpha(name)
        for alpha in ALPHAS[1:]
    ),
)
REDUCTIONS = ("mean", "sum", "entries")
NEAR, EXACT = 2e-5, 1e-12  # relative; float32 and a small number inside a log are near


@dataclass(frozen=True, eq=False)
class Pilot:
    """A network with data, for asking."""

    parameters: Parameters
    x: Any
    t: Any

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.x.shape[1], *(w.shape[1] for w, _ in self.parameters))


@cache
def pilot(sizes: tuple[int, ...], n: int, seed: int, biases: bool = True) -> Pilot:
    """Draw a pilot, with zeros for *biases* that are not there; the same arguments draw the same."""
    parameters, x, t = mlp.draw(np.random.default_rng((seed, n, *sizes)), sizes, n)
    return Pilot([(w, b if biases else np.zeros_like(b)) for w, b in parameters], x, t)


@cache
def references(given: Pilot) -> tuple[tuple[NetworkKind, Any, Any], ...]:
    """For every kind of hidden units: the logits and the inputs of all layers."""
    kinds = HIDDEN if len(given.parameters) > 1 else (LINEAR,)
    return tuple((kind, *mlp.forward(given.parameters, given.x, kind)) for kind in kinds)


@dataclass(frozen=True)
class Seen:
    """What the outputs tell: the kind of hidden units, and how the last logits are squashed."""

    kind: NetworkKind
    squash: str


def seen_in_outputs(y: Any, given: Pilot) -> Seen | None:
    """The network whose outputs are *y*, if there is one."""
    y = np.asarray(y)
    if y.shape != given.t.shape or y.dtype.kind not in "iuf" or not np.isfinite(y).all():
        return None
    for kind, squash, due in squashed(given):
        if near(y, due):
            return Seen(kind, squash)
    return None


@cache
def _squashed(given: Pilot) -> list[tuple[NetworkKind, str, Any]]:
    found = []
    with np.errstate(all="ignore"):
        for kind, zs, _ in references(given):
            z = zs[-1]
            found += [
                (kind, name, squash.y(z))
                for name, squash in mlp.SQUASHES.items()
                if z.shape[1] > 1 or not squash.of_classes
            ]
    return found


def squashed(given: Pilot) -> list[tuple[NetworkKind, str, Any]]:
    return _squashed(given)


def near(got: Any, due: Any, bound: float = NEAR) -> bool:
    """Equal up to *bound* times the largest entry?"""
    return bool(np.abs(got - due).max() <= bound * np.abs(due).max())


def kinds_of(seen: Seen | None, outputs: int) -> Iterator[NetworkKind]:
    """What may be minimised by a network with such outputs, the likeliest first."""
    hidden = [seen.kind] if seen else list(HIDDEN)
    for kind in hidden:
        for output in mlp.SQUASHES[seen.squash].outputs if seen else mlp.OUTPUTS:
            if mlp.OUTPUTS[output].of_classes and outputs == 1:
                continue
            for reduction in REDUCTIONS[: 3 if outputs > 1 else 2]:
                for scale in (1.0, 0.5):
                    yield replace(kind, output=output, reduction=reduction, scale=scale)


def seen_in_loss(loss: Any, seen: Seen | None, given: Pilot) -> NetworkKind | None:
    """The kind of network whose loss this is; without the penalty."""
    value = number(loss)
    if value is None:
        return None
    data = data_losses(given, seen)
    return next((kind for kind, due in data if near(np.array(value), np.array(due))), None)


def number(value: Any) -> float | None:
    """A loss as a number."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf" or array.size != 1 or not np.isfinite(array).all():
        return None
    return float(array.reshape(()))


@cache
def data_losses(given: Pilot, seen: Seen | None) -> list[tuple[NetworkKind, float]]:
    """Every loss that fits what is seen."""
    n, c = given.t.shape
    found: list[tuple[NetworkKind, float]] = []
    logits = {kind: zs[-1] for kind, zs, _ in references(given)}
    for kind in kinds_of(seen, c):
        if (z := logits.get(replace(kind, output="", reduction="mean", scale=1.0))) is None:
            continue
        total = float(mlp.OUTPUTS[kind.output].loss(z, given.t))
        found.append(
            (kind, total * kind.scale / {"mean": n, "sum": 1, "entries": n * c}[kind.reduction])
        )
    return found


def seen_in_penalised(
    losses: Sequence[Any], seen: Seen | None, pilots: Sequence[Pilot]
) -> NetworkKind | None:
    """The kind of network whose losses these are, with the L2 penalty that explains all of them."""
    values = [number(loss) for loss in losses]
    if len(values) < 2 or None in values:
        return None
    squares = [0.5 * sum(float(np.sum(w**2)) for w, _ in p.parameters) for p in pilots]
    tables = [dict(data_losses(p, seen)) for p in pilots]
    for kind in tables[0]:
        lams = [
            (value - table[kind]) / square  # type: ignore[operator]
            for value, table, square in zip(values, tables, squares, strict=True)
            if kind in table
        ]
        if len(lams) == len(values) and lams[0] > 1e-7 and np.ptp(lams) <= 1e-5 * lams[0]:
            return replace(kind, lam=_round(float(np.mean(lams))))
    return None


def _round(lam: float) -> float:
    """The number that was written in the source: few digits, or all of them."""
    short = float(f"{lam:.4g}")
    return short if abs(short - lam) <= 1e-6 * lam else lam
