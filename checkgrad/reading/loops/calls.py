"""Calls that lead to a loop that the module itself never reaches: small data in the forms that training takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.child.inventory import Definition, Inventory, TrainingLoop
from checkgrad.child.request import Step

N, D, H = 10, 3, 4
KINDS = {
    "inputs": r"x|xs|inputs?|data|features|samples|x_?train|train_?x|x_?batch|training_inputs",
    "targets": r"y|ys|t|ts|targets?|labels?|y_?train|train_?y|y_?batch|outputs?|d",
    "rate": r"lr|alpha|rate|learning_?rate|eta|step_?size",
    "count": r"epochs?|n_?epochs|iter(ation)?s?|(num|n|max)_?iter(ation)?s?|steps|turns|rounds",
    "batch": r"batch|batch_?size|size",
    "decay": r"reg|lam|lambd|lambda_|gamma|decay|l2",
    "in": r"n_?in|n_?x|n_?inputs?|input_?(size|dim|nodes)|in_?(size|dim|features)|n_?features",
    "hidden": r"n_?h(id(den)?)?|hidden(_?(size|dim|nodes|units))?|n_?hidden",
    "out": r"n_?out|n_?y|n_?outputs?|output_?(size|dim|nodes)|out_?(size|dim|features)|n_?classes|classes|k",
    "theta": r"theta|w|weights?|beta",
    "first": r"w1|theta1",
    "second": r"w2|theta2",
    "bias": r"b|bias",
    "first bias": r"b1",
    "second bias": r"b2",
}


@dataclass(frozen=True)
class Form:
    """How data are laid: labels as numbers or arrays, samples in rows or columns, or one sample alone."""

    targets: str
    classes: int
    columns: bool = False
    single: bool = False


FORMS = (
    Form("labels", 1),
    Form("column", 1),
    Form("labels", 3),
    Form("one-hot", 3),
    Form("column", 1, columns=True),
    Form("one-hot", 3, columns=True, single=True),
    Form("one-hot", 3, single=True),
    Form("number", 1, single=True),
)


def plans(loop: TrainingLoop, inventory: Inventory) -> Iterator[tuple[Step, ...]]:
    """Steps after which the loop may have turned, in one form of data after the other."""
    function = inventory.find(loop.name)
    owner = inventory.find(loop.name.rpartition(".")[0])
    if function is None or function.kind not in ("function", "method"):
        return
    for form in FORMS:
        values = dict(_values(form))
        args = _arguments(function, values)
        made = _arguments(owner, values) if function.kind == "method" and owner else ()
        if args is None or made is None:
            return
        named = _penalties(function)
        if function.kind == "function":
            yield (Step("call", path=_path(loop.name), args=args, named=named),)
        elif owner:
            last = "." + function.name.rpartition(".")[2]
            construct = Step("call", path=_path(owner.name), args=made, named=_penalties(owner))
            yield construct, Step("call", path=(last,), of=0, args=args, named=named)


def _path(name: str) -> tuple[str, ...]:
    return tuple("." + part for part in name.split("."))


def _arguments(definition: Definition, values: dict[str, Any]) -> tuple[Any, ...] | None:
    """What its required parameters are given; None where one of them says nothing."""
    found = []
    for parameter in definition.parameters or ():
        if parameter.optional or parameter.star:
            break
        kind = _kind(parameter.name)
        if not kind:
            return None
        found.append(values[kind])
    return tuple(found)


def _penalties(definition: Definition) -> tuple[tuple[str, float], ...]:
    """Penalties that are 0 unless they are asked for."""
    optional = [p for p in definition.parameters or () if p.optional and not p.star]
    return tuple((p.name, 0.01) for p in optional if p.default == 0 and _kind(p.name) == "decay")


def _kind(name: str) -> str:
    plain = name.lower().strip("_")
    return next((kind for kind, words in KINDS.items() if re.fullmatch(words, plain)), "")


def _values(form: Form) -> Iterator[tuple[str, Any]]:
    """What a parameter of each kind is given."""
    rng = np.random.default_rng(5)
    x: Any = rng.normal(size=(N, D))
    labels = np.arange(N) % max(form.classes, 2)
    t: Any = labels
    if form.targets == "column":
        t = labels.reshape(-1, 1).astype(float)
    elif form.targets == "one-hot":
        t = np.eye(form.classes)[labels]
    x, t = (x.T.copy(), t.T.copy()) if form.columns else (x, t)
    if form.single and form.columns:
        x, t = x[:, :1].copy(), t[:, 1:2].copy()
    elif form.single:
        x, t = (x[0].tolist(), 1.0) if form.targets == "number" else (x[0].copy(), t[1].copy())
    yield "inputs", x
    yield "targets", t
    yield "rate", 0.1
    yield "count", 3
    yield "batch", 5
    yield "decay", 0.01
    yield "in", D
    yield "hidden", H
    yield "out", form.classes
    flat = form.targets == "labels" and form.classes == 1
    shape = (D,) if flat else (D, form.classes)
    yield "theta", 0.3 * rng.normal(size=shape)
    sizes = ((H, D), (form.classes, H)) if form.columns else ((D, H), (H, form.classes))
    yield "first", 0.5 * rng.normal(size=sizes[0])
    yield "second", 0.5 * rng.normal(size=sizes[1])
    yield "bias", 0.0 if flat or form.classes == 1 else np.zeros(form.classes)
    yield "first bias", np.zeros((H, 1)) if form.columns else np.zeros(H)
    yield "second bias", np.zeros((form.classes, 1)) if form.columns else np.zeros(form.classes)
