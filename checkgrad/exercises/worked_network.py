"""One entry of a network's gradient worked out by hand: the error signal of one sample, then the sum over all."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from checkgrad.exercises import mlp
from checkgrad.exercises.mlp import NetworkKind
from checkgrad.exercises.worked import added, num, par, slope_by, times
from checkgrad.model import Example, Worked

BLOCK = re.compile(r"d([Wb])(\d+)\[([\d, ]+)\]")


def example(
    probe: tuple[Any, Any, Any], kind: NetworkKind, where: str, got: Any, due: Any, code: str | None
) -> Example | None:
    """Return the entry *where*, "dW1[2, 0]", of the blocks *got* and *due*, if it can be worked out."""
    found = BLOCK.fullmatch(where)
    if not found or np.shape(got) != np.shape(due):
        return None
    at = tuple(int(i) for i in found[3].split(","))
    wrong, right = (float(np.asarray(block)[at]) for block in (got, due))
    lines = by_hand(probe, kind, where, right)
    return Example({}, wrong, right, where, code, lines) if lines else None


def by_hand(
    probe: tuple[Any, Any, Any], kind: NetworkKind, where: str, expected: float
) -> list[Worked]:
    """Return the lines that lead to *expected* at *where*, "dW1[2, 0]" or "db2[1]"; none where they do not."""
    found = BLOCK.fullmatch(where)
    if not found or kind.own:
        return []
    layer, at = int(found[2]) - 1, tuple(int(i) for i in found[3].split(","))
    lines = _weight(probe, kind, layer, at) if found[1] == "W" else _bias(probe, kind, layer, at)
    right = np.isclose(lines[-1].value, expected, rtol=1e-5, atol=1e-9)
    return lines if right else []


def signals(probe: tuple[Any, Any, Any], kind: NetworkKind) -> list[Any]:
    """How the loss answers to the logits of each layer: (N, H) arrays, from the biases of samples taken alone."""
    parameters, x, t = probe
    share = 1.0 if kind.reduction == "sum" else 1 / len(x)
    alone = [_alone(probe, kind, n) for n in range(len(x))]
    return [share * np.array([g[layer][1] for g in alone]) for layer in range(len(parameters))]


def _alone(probe: tuple[Any, Any, Any], kind: NetworkKind, n: int) -> list[tuple[Any, Any]]:
    parameters, x, t = probe
    told = {f: getattr(kind, f) for f in kind.__dataclass_fields__}
    return mlp.network(parameters, x[n : n + 1], t[n : n + 1], **told).gradients


def _weight(probe: Any, kind: NetworkKind, layer: int, at: tuple[int, ...]) -> list[Worked]:
    (parameters, x, _), (i, j) = probe, at
    entered, delta = mlp.forward(parameters, x, kind)[1][layer][:, i], signals(probe, kind)[layer]
    terms = [times(a, d) for a, d in zip(entered, delta[:, j], strict=True)]
    value = float(entered @ delta[:, j])
    name = slope_by(f"w^{{({layer + 1})}}", at) + rf" = \sum_n a_{{n{i}}} \delta_{{n{j}}}"
    loudest = int(np.argmax(np.abs(entered * delta[:, j])))
    if not kind.lam:
        return [*_signal(probe, kind, layer, (loudest, j)), Worked(name, added(terms), value)]
    w = parameters[layer][0][i, j]
    penalised = f"{added(terms)} + {times(kind.lam, w)}"
    whole = Worked(rf"{name} + \lambda w", penalised, value + kind.lam * float(w))
    return [*_signal(probe, kind, layer, (loudest, j)), whole]


def _bias(probe: Any, kind: NetworkKind, layer: int, at: tuple[int, ...]) -> list[Worked]:
    (j,) = at[-1:]
    delta = signals(probe, kind)[layer][:, j]
    name = slope_by(f"b^{{({layer + 1})}}", (j,)) + rf" = \sum_n \delta_{{n{j}}}"
    loudest = int(np.argmax(np.abs(delta)))
    terms = added([par(d) for d in delta])
    return [*_signal(probe, kind, layer, (loudest, j)), Worked(name, terms, float(delta.sum()))]


def _signal(probe: Any, kind: NetworkKind, layer: int, at: tuple[int, int]) -> list[Worked]:
    """Where the signal of one sample at one unit comes from: the layer above, times the unit's own slope."""
    (parameters, x, _), (n, j) = probe, at
    delta = signals(probe, kind)
    if layer == len(parameters) - 1:
        return []
    z, w = mlp.forward(parameters, x, kind)[0][layer][n, j], parameters[layer + 1][0][j]
    slope = float(mlp.SLOPES[kind.hidden](z, kind))
    terms = added([times(a, d) for a, d in zip(w, delta[layer + 1][n], strict=True)])
    name = rf"\delta_{{{n}{j}}} = g'({num(z)}) \sum_k w^{{({layer + 2})}}_{{{j}k}} \delta_{{{n}k}}"
    return [Worked(name, rf"{par(slope)} \cdot ({terms})", float(delta[layer][n, j]))]
