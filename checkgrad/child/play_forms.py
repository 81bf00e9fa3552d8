"""In which forms the data of a play may be meant, how its parameters are drawn, and what names say of both."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np

from .data_sizes import DataSizes, next_sizes

RATE = 0.1
SEED = 5

# What a parameter is given, by its name in lower letters.
KINDS = {
    "inputs": r"x|xs|x_?i|inputs?|input_(data|vector|values|array)|data|features|samples|x_?train|"
    r"train_?x|x_?batch|training_inputs|images?|a_?0",
    "targets": r"y|ys|t|ts|y_?i|targets?|labels?|y_?train|train_?y|y_?batch|y_?true|d|expected|wanted|"
    r"truth|one_?hot_?y?|training_outputs|target_?(vector|values|array)|correct_?\w*|desired\w*",
    "rate": r"lr|alpha|rate|learning_?rate|eta|step_?size|epsilon",
    "count": r"(num_?|n_?|max_?)?(epochs?|iter(ation)?s?)|steps|turns|rounds",
    "batch": r"(mini_?)?batch(_?size)?",
    "samples": r"m|n|(n|num)_?samples",
    "decay": r"reg|reg_?strength|lam|lambd|lambda_?|gamma|(weight_?)?decay|l2",
    "momentum": r"beta|momentum|mu",
    "keep": r"keep_?prob(ability)?|p_?keep",
    "drop": r"dropout(_?(rate|prob|p))?|drop_?(rate|prob)|p_?drop",
    "in": r"n_?in|n_?x|d_?in|n_?visible|(n|num)_?inputs?|inputs?_?(layer_?)?(size|dims?|nodes|units|neurons)|"
    r"in_?(size|dim|features)|(n|num)_?features",
    "hidden": r"n_?h(id(den)?)?|nodes|hidden|hidden_?(size|dim|nodes|units|layer_?size|neurons)|"
    r"(n|num)_?hidden|d_?h(idden)?",
    "out": r"n_?out|n_?y|d_?out|(n|num)_?(outputs?|labels)|outputs?_?(layer_?)?(size|dims?|nodes|units|neurons)|"
    r"out_?(size|dim|features)|((n|num)_?)?classes|k|c",
    "sizes": r"sizes|layers?|layers?_?(dims?|sizes?)|dims?|dimensions|architecture|n_?units|structure|"
    r"topology",
    "layers": r"(n|num|number_?of)_?layers|l",
    "activation": r"act(ivation)?(_?(function|fn|func|name|type))?",
    "activations": r"act(ivation)?s(_?(functions|names))?",
    "widths": r"(n_?)?neurons|widths",
    "hidden sizes": r"hidden_?(sizes|dims|layers|layer_?sizes)",
    "upstream": r"(d|grad|gradient|upstream|delta)_?\w{0,8}|dvalues?|error|err|g|grads?|"
    r"error_?(out(put)?)?|dl_?d\w+",
}
WEIGHTS = re.compile(
    r"_*(w|wt|wgts?|weights?|theta|syn(apse)?|u|v|w_?\w{1,3}|(weights?|theta|syn)_?\w{1,7})$", re.I
)
# All of a network in one vector: a layer after the other, with a bias for every unit, or without in the form "flat".
PACKED = re.compile(
    r"(initial_?)?(nn_?params|nn_?weights|nn_?thetas?|unrolled_?\w*|params_?vec(tor)?)", re.I
)
BIASES = re.compile(r"_*(b|bias(es)?|b_?\w{1,3}|bias(es)?_?\w{1,7})$", re.I)
# What one of these is given follows from that field of the form.
FIELDS = {
    "inputs": ("columns", "single", "features", "listed"),
    "targets": ("columns", "single", "targets", "classes", "listed"),
    "in": ("features",),
    "out": ("classes",),
    "sizes": ("features", "classes"),
}


@dataclass(frozen=True)
class DataForm:
    """How data are laid, and how large: labels as numbers or arrays, samples in rows or columns, or one sample alone.

    All sizes differ, so that a shape tells what is what. weights: "in-out" or "out-in", of matrices that are drawn;
    "flat" for a vector.
    """

    targets: str
    classes: int = 3
    columns: bool = False
    single: bool = False
    listed: bool = False
    weights: str = "in-out"
    features: int = 5
    samples: int = 7
    hidden: int = 4

    def resized(self, message: str) -> list[DataForm]:
        """Forms with other numbers of features or classes that an error asks for; all sizes still differ.

        Where a message speaks of our own sizes alone, they do not matter, but how they are laid.
        """
        mine = {1, self.features, self.classes, self.samples, self.hidden}
        if not {int(n) for n in re.findall(r"\d+", message)} - mine - {0}:
            return []
        found = next_sizes(DataSizes(self.samples, self.features, self.classes), message)
        asked = [(r.features, r.classes) for r in found if r.samples == self.samples]
        apart = [(d, k) for d, k in asked if len({d, k, self.samples, self.hidden}) == 4]
        sizes = [(d, k) for d, k in apart if (k > 1) == (self.classes > 1)]
        return [replace(self, features=d, classes=k) for d, k in dict.fromkeys(sizes)]


FORMS = tuple(
    replace(form, weights=weights)
    for form in (
        DataForm("one-hot"),
        DataForm("one-hot", columns=True),
        DataForm("labels"),
        DataForm("column", 1),
        DataForm("column", 1, columns=True),
        DataForm("labels", 1),
        DataForm("one-hot", columns=True, single=True),
        DataForm("one-hot", single=True),
        DataForm("number", 1, single=True, listed=True),
    )
    for weights in ("in-out", "out-in", "flat")
)


@cache
def kind_of(name: str) -> str:
    """What a parameter is given, by its name; "" where that says nothing."""
    plain = name.lower().strip("_")
    return next((kind for kind, words in KINDS.items() if re.fullmatch(words, plain)), "")


def is_parameter(name: str) -> bool:
    """Does it sound like weights, or like biases?"""
    return any(pattern.fullmatch(name) for pattern in (WEIGHTS, BIASES, PACKED))


@dataclass
class Drawn:
    """Small data and parameters in one form.

    asked: which fields of the form made a difference. lists: is the number of hidden units a list of them?
    """

    form: DataForm
    tree: ast.Module
    asked: set[str] = field(default_factory=set)
    lists: bool = False

    def of_kind(self, kind: str) -> Any:
        """What a parameter of this kind is given."""
        form = self.form
        self.asked |= set(FIELDS.get(kind, ()))
        d, k = form.features, form.classes
        if kind in ("inputs", "targets"):
            return self._data()[kind == "targets"]
        if kind in ("activation", "activations"):
            hidden = self._said("sigmoid", "tanh", "relu")
            last = self._said("identity", "linear") or hidden
            return [hidden, last] if kind == "activations" else hidden
        return {
            "rate": RATE,
            "count": 3,
            "batch": form.samples,
            "samples": form.samples,
            "decay": 0.01,
            "momentum": 0.9,
            "keep": self._usual(kind, 0.8),
            "drop": self._usual(kind, 0.2),
            "in": d,
            "hidden": [form.hidden] if self.lists else form.hidden,
            "widths": [form.hidden, k],
            "out": k,
            "layers": 2,
            "sizes": [d, form.hidden, k],
            "hidden sizes": [form.hidden],
        }[kind]

    def _usual(self, kind: str, ours: float) -> float:
        """What a function of the module takes where it is given nothing: all functions have to share it."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.arguments):
                names = [*node.posonlyargs, *node.args][-len(node.defaults) or len(node.args) :]
                for arg, default in zip(names, node.defaults, strict=False):
                    value = getattr(default, "value", None)
                    if kind_of(arg.arg) == kind and type(value) is float and value:
                        return value
        return ours

    def _said(self, *names: str) -> str:
        """The first of these names that the module speaks of, "" for none."""
        said = {n.value for n in ast.walk(self.tree) if isinstance(n, ast.Constant)}
        return next((name for name in names if name in said), "")

    def _data(self) -> tuple[Any, Any]:
        form = self.form
        x: Any = np.random.default_rng(SEED).normal(size=(form.samples, form.features))
        labels = np.arange(form.samples) % max(form.classes, 2)
        t: Any = labels
        if form.targets in ("column", "number"):
            t = labels.reshape(-1, 1).astype(float)
        elif form.targets == "one-hot":
            t = np.eye(form.classes)[labels]
        x, t = (x.T.copy(), t.T.copy()) if form.columns else (x, t)
        if form.single and form.columns:
            return x[:, :1].copy(), t[:, 1:2].copy()
        if form.single:
            return (x[0].tolist(), 1.0) if form.listed else (x[0].copy(), t[1].copy())
        return x, t

    def targets_like(self, outputs: np.ndarray) -> np.ndarray:
        """Targets of any outputs."""
        return np.random.default_rng(SEED + 1).normal(size=outputs.shape)

    def parameter(self, name: str, names: Sequence[str]) -> Any:
        """A weight or a bias that is one of these, layer by layer."""
        self.asked |= {"weights", "features", "classes", "columns"}
        biases = [n for n in names if BIASES.fullmatch(n)]
        weights = [n for n in names if n not in biases]
        count = max(len(weights), 1)
        form = self.form
        if PACKED.fullmatch(name):
            ones = form.weights != "flat"
            size = (form.features + ones) * form.hidden + (form.hidden + ones) * form.classes
            return 0.5 * np.random.default_rng(SEED).normal(size=size)
        hidden = [form.hidden + 4 * i for i in range(count - 1)]
        sizes = [form.features, *hidden, form.classes]
        mine = _ordered(biases if name in biases else weights)
        layer = min(mine.index(name), count - 1)
        rng = np.random.default_rng([SEED, names.index(name)])
        fan_in, fan_out = sizes[layer], sizes[layer + 1]
        shape: tuple[int, ...] = self._bias(fan_out)
        if name not in biases:
            vector = form.weights == "flat" and fan_out == 1
            shape = (fan_in,) if vector else (fan_in, fan_out)
            shape = shape[::-1] if form.weights == "out-in" else shape
        found = 0.5 * rng.normal(size=shape)
        return found if found.ndim else float(found)

    def _bias(self, size: int) -> tuple[int, ...]:
        form = self.form
        if form.weights == "flat":
            return () if size == 1 else (size,)
        return (size, 1) if form.columns else (1, size) if form.weights == "out-in" else (size,)


def _ordered(names: Sequence[str]) -> list[str]:
    """By their numbers where they have some, else as they stand."""
    numbered = [re.search(r"(\d+)$", name) for name in names]
    if all(numbered):
        return sorted(names, key=lambda name: int(re.findall(r"\d+$", name)[0]))
    return list(names)
