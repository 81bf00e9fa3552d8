"""How a network wants its numbers laid out, and the way back to the canonical layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.conventions import bias as biases
from checkgrad.conventions import labels, weights
from checkgrad.conventions.bias import FLAT
from checkgrad.conventions.layout import COLUMNS, ROWS, SINGLE
from checkgrad.conventions.weights import IN_OUT, OUT_IN

VECTORS, BOXED = "vectors", "boxed rows"
FIRST, LAST = "first", "last"
AS_OUTPUTS, NUMBERS, UPRIGHT_NUMBERS, FLAT_TARGETS = "as outputs", "numbers", "upright", "flat"
LABELS = (AS_OUTPUTS, NUMBERS, FLAT_TARGETS, UPRIGHT_NUMBERS)


@dataclass(frozen=True)
class NetworkForm:
    """One choice for each thing that is convention.

    layout: samples in ROWS or COLUMNS; VECTORS have one axis, and lists of rows are BOXED, for which *single* is set.
    single: the network takes one sample at a time; its losses and gradients are averaged.
    labels: targets laid out AS_OUTPUTS, or class NUMBERS in (N,), in one column or row (UPRIGHT), or floats in (N,).
    folded: where the bias lies in the matrix of weights, among the inputs: FIRST or LAST, "" where it does not.
    turned: the outputs do not lie as the inputs do.
    written: parameters are written into the arrays that are there, which others may share, not put in their place.
    """

    layout: str = ROWS
    weights: str = IN_OUT
    bias: str = FLAT
    labels: str = AS_OUTPUTS
    single: bool = False
    written: bool = False
    turned: bool = False
    folded: str = ""

    @property
    def convention(self) -> dict[str, str]:
        """What a reader of the report wants to know of it."""
        layout = SINGLE if self.single else f"samples in {self.layout}"
        return {"layout": layout, "weights": self.weights, "labels": _LABEL_WORDS[self.labels]}


_LABEL_WORDS = {
    AS_OUTPUTS: "one-hot",
    NUMBERS: "integers",
    UPRIGHT_NUMBERS: "integers",
    FLAT_TARGETS: "one-hot",
}


def weight(form: NetworkForm, w: Any, b: Any = None) -> Any:
    """A canonical (in, out) matrix, and the bias where it belongs to it, as the network keeps it."""
    if form.folded and b is not None:
        w = np.vstack([b, w] if form.folded == FIRST else [w, b])
    return weights.laid(form.weights, w)


def bias(form: NetworkForm, b: Any) -> Any:
    """A canonical (out,) vector as the network keeps it."""
    return biases.laid(form.bias, b)


def rounds(form: NetworkForm, x: Any, t: Any) -> list[tuple[Any, Any]]:
    """The batches that the network is asked for: one, or one for every sample."""
    t = t[:, None] if np.ndim(t) == 1 else t
    if not form.single:
        return [(inputs(form, x), targets(form, t))]
    return [(inputs(form, x[[i]]), targets(form, t[[i]])) for i in range(len(x))]


def inputs(form: NetworkForm, x: Any) -> Any:
    """Samples as the network takes them."""
    laid = {ROWS: x, COLUMNS: x.T, VECTORS: x[0], BOXED: x[None]}[form.layout]
    return np.array(laid, order="C")


def targets(form: NetworkForm, t: Any) -> Any:
    """Targets (N, C) as the network takes them."""
    if form.labels == AS_OUTPUTS:
        return inputs(form, t)
    if form.labels == FLAT_TARGETS:
        return t[:, 0].copy()
    numbers = labels.numbers(t).astype(int)
    if form.labels == UPRIGHT_NUMBERS:
        return numbers[None, :] if form.layout == COLUMNS else numbers[:, None]
    return int(numbers[0]) if form.single else numbers


def outputs(form: NetworkForm, y: Any, c: int) -> Any:
    """What the network returned for samples with *c* outputs as (n, c), if it fits."""
    array = np.asarray(y)
    if (form.layout == COLUMNS) != form.turned and array.ndim == 2:
        array = array.T
    if array.ndim < 2 and (c == 1 or array.size == c):
        return array.reshape(-1, c)
    return array


def weight_gradient(form: NetworkForm, dw: Any) -> Any:
    """A gradient that lies as the weights do, as (in, out)."""
    array = np.asarray(dw)
    return array.T if form.weights == OUT_IN else array


def unfolded(form: NetworkForm, dw: Any) -> tuple[Any, Any]:
    """The gradients of weights and bias out of that of the matrix with both."""
    return (dw[1:], dw[0]) if form.folded == FIRST else (dw[:-1], dw[-1])


def bias_gradient(form: NetworkForm, db: Any, size: int) -> Any:
    """A gradient that lies as the bias does, as (out,); one that does not stays recognisable."""
    array = np.asarray(db)
    if array.size == size and max(array.shape, default=1) == size:
        return array.reshape(size)
    if array.ndim == 2 and form.layout == COLUMNS:
        array = array.T
    return array.reshape(array.shape[1:]) if array.ndim == 2 and len(array) == 1 else array


def shape_of_weight(form: NetworkForm, i: int, o: int) -> tuple[int, ...]:
    i += bool(form.folded)
    return (o, i) if form.weights == OUT_IN else (i, o)
