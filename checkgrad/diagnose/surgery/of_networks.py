"""Networks as patients: what is due in every layer, in data of three sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.child.behaviour import Behaviour
from checkgrad.child.request import Ask
from checkgrad.diagnose.surgery.patient import Patient, Truth
from checkgrad.diagnose.surgery.table import AnswerBlocks
from checkgrad.exercise import Probe
from checkgrad.exercises import mlp
from checkgrad.networks.candidates import NetworkReading

FRESH = 2_000  # added to the seed
# Few entries, so that each can be moved.
INNER = ((4, 5, 6), (3, 6, 5), (6, 4, 5))
LAST = ((2, 3), (4, 2), (3, 2))  # sizes of the last layer, the preferred first
# Samples, of which the first count is taken that is no size of a layer. On the first set each entry is moved: few do.
SAMPLES = ((3, 4, 5, 7), (8, 7, 9), (9, 8, 7))


def patient(reading: NetworkReading, seed: int = 0) -> Patient | None:
    """The network of a reading; None where nothing tells what is due in it."""
    if not reading.right_forward:
        return None
    probes = list(_probes(reading, seed))
    if len(probes) < 3:
        return None

    def blocks(answer: Behaviour) -> AnswerBlocks:
        if not answer.returned:
            return None
        y, _, gradients = answer.value
        pairs = [block for pair in gradients for block in (pair if reading.biases else pair[:1])]
        return [y, *pairs]

    def ask_for(ask: Ask, probes: Sequence[Probe]) -> list[AnswerBlocks]:
        return [blocks(answer) for answer in reading.evaluate(ask, probes)]

    return Patient(ask_for, [truth(reading, probe) for probe in probes], "network")


def _probes(reading: NetworkReading, seed: int) -> Iterator[Probe]:
    rng = np.random.default_rng(seed + FRESH)
    for sizes, n in _sizes(reading):
        probe = mlp.draw(rng, sizes, 1 if reading.single else n)
        if reading.accepts(probe):
            yield probe


def _sizes(reading: NetworkReading) -> Iterator[tuple[tuple[int, ...], int]]:
    """Three sets of sizes that the network can have; all of one differ, for a shape tells the layer."""
    fixed = reading.sizes
    for i, depth in enumerate([len(fixed) - 1] * 3 if fixed else (2, 3, 2)):
        if fixed and not reading.free:
            yield fixed, _samples(i, fixed)
            continue
        inner = INNER[i][:depth] if depth <= len(INNER[i]) else tuple(range(4, 4 + depth))
        outputs = (c for c in (*LAST[i], 1, 2, 3, 4) if reading.fits((*inner, c)))
        sizes = (*inner, next(outputs, 2))
        yield sizes, _samples(i, sizes)


def _samples(i: int, sizes: tuple[int, ...]) -> int:
    return next((n for n in SAMPLES[i] if n not in sizes), SAMPLES[i][0])


def truth(reading: NetworkReading, probe: Probe) -> Truth:
    """What is due for *probe*."""
    kind = mlp.NetworkKind(**reading.kind)
    point = mlp.flattened(probe)

    def everything(*point: Any) -> tuple[Any, ...]:
        y, _, gradients = mlp.network(*mlp.restored(point), **reading.kind)
        pairs = [block for pair in gradients for block in (pair if reading.biases else pair[:1])]
        return (y, *pairs)

    due = everything(*point)
    bounds = compare.rounding_bound(everything, point, due)
    layers = len(probe[0])
    kinds = "Wb" if reading.biases else "W"
    names = ["y", *(f"d{k}{i + 1}" for i in range(layers) for k in kinds)]
    depths = [100, *(i for i in range(layers) for _ in kinds)]
    quantities = quantities_of(kind, probe)
    if reading.recovered:
        quantities |= steps(quantities, probe, reading.script.rate if reading.script else 1.0)
    scalars = {"N": float(len(probe[1])), "C": float(probe[0][-1][0].shape[1])}
    return Truth(probe, names, due, bounds, quantities, scalars, depths)


def quantities_of(kind: mlp.NetworkKind, probe: Probe) -> dict[str, Sequence[Any]]:
    """Every quantity of backpropagation, by layers."""
    parameters, x, t = probe
    kind = replace(kind, output=kind.output or mlp.usual_output(parameters))
    zs, inputs = mlp.forward(parameters, x, kind)
    last = mlp.OUTPUTS[kind.output]
    y = last.y(zs[-1])
    t = np.asarray(t)[:, None] if np.ndim(t) == 1 else np.asarray(t)
    n, depth = len(x), len(parameters)
    factor = kind.scale / {"mean": n, "sum": 1, "entries": zs[-1].size}[kind.reduction]
    error = last.error(y, t)
    slopes = [mlp.SLOPES[kind.hidden](z, kind) for z in zs[:-1]]
    dz: list[Any] = [None] * depth
    da: list[Any] = [None] * depth
    dz[-1] = error
    for i in reversed(range(depth - 1)):
        da[i] = dz[i + 1] @ parameters[i + 1][0].T
        dz[i] = da[i] * slopes[i]
    none: list[Any] = [None]
    found: dict[str, Sequence[Any]] = {
        "inputs": inputs[:-1],
        "z": zs,
        "a": [*inputs[1:-1], y],
        "slope": [*slopes, None],
        "w": [w for w, _ in parameters],
        "dz": [factor * d for d in dz],
        "da": [None if d is None else factor * d for d in da],
        "error": [*none * (depth - 1), y - t],
        "t": [*none * (depth - 1), t],
        "dw": [
            a.T @ (factor * d) + kind.lam * w
            for a, d, (w, _) in zip(inputs, dz, parameters, strict=False)
        ],
        "db": [factor * d.sum(axis=0) for d in dz],
    }
    if factor != 1:
        found["summed dz"] = dz
        found["summed da"] = da
        found["summed dw"] = [a.T @ d for a, d in zip(inputs, dz, strict=False)]
        found["summed db"] = [d.sum(axis=0) for d in dz]
    if last.squared and last.squash != mlp.LOGITS:
        found["output slope"] = [*none * (depth - 1), y * (1 - y)]
    if kind.lam:
        found["penalty"] = [kind.lam * w for w, _ in parameters]
        found["plain dw"] = [a.T @ (factor * d) for a, d in zip(inputs, dz, strict=False)]
    return found


def steps(found: dict[str, Sequence[Any]], probe: Probe, rate: float) -> dict[str, Sequence[Any]]:
    """What an update makes of the parameters."""
    moves = [rate * dw for dw in found["dw"]], [rate * db for db in found["db"]]
    return {
        "rate dw": moves[0],
        "rate db": moves[1],
        "w updated": [w - m for (w, _), m in zip(probe[0], moves[0], strict=True)],
        "b updated": [b - m for (_, b), m in zip(probe[0], moves[1], strict=True)],
    }
