"""What stands in for data that are not there, while a file's own work is watched: small, and of the shape it needs.

A Recipe says how large. It is found by trying: when the work fails by a shape, `next_recipes` reads in NumPy's
message which of the recipe's numbers was met by which other one. Labels of a table stand in its first column and
in its last one, so either may be taken for them.
"""

from __future__ import annotations

import gzip
import io
import opcode
import pickle
import struct
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from .data import SAME, Bunch, Data, is_label
from .datasets import digits, known, made, opened, regression
from .preparing import (
    Numbered,
    OneHot,
    Squeezed,
    Standardised,
    shuffled,
    to_categorical,
    train_test_split,
)
from .recipes import Recipe
from .standin import BINARY, UNARY, StandIn

UNPACK, CACHE = opcode.opmap["UNPACK_SEQUENCE"], opcode.opmap.get("CACHE", -1)
SILENT = frozenset(
    [
        "matplotlib",
        "seaborn",
        "plotly",
        "mpl_toolkits",
        "IPython",
        "bokeh",
        "graphviz",
        "wandb",
        "colorama",
        "rich",
    ]
)


class Giver:
    """Gives stand-ins by name and remembers for what."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.gave: dict[str, None] = {}
        self.helped: dict[str, None] = {}  # what a library would do to data
        self.draw = np.random.RandomState(20_011)

    # ---- data

    def features(self, *shape: int) -> Any:
        recipe = self.recipe
        due = shape or (recipe.samples, recipe.features)
        found = self.draw.uniform(0.05, 1.0, due)
        return (found.T if recipe.columns and not shape else found).view(Data)

    def labels(self, count: int = 0, classes: int = 0) -> Any:
        found = np.arange(count or self.recipe.samples) % (classes or self.recipe.classes)
        self.draw.shuffle(found)
        if self.recipe.columns and not count:
            return found[None].view(Data)
        return found.view(Data)

    def table(self) -> Any:
        """Samples in rows, one column more than features; whole numbers in the first and in the last."""
        found = self.draw.uniform(0.05, 1.0, (self.recipe.samples, self.recipe.features + 1))
        if self.recipe.whole:
            found = np.floor(256 * found).astype(int)
        found[:, -1] = np.arange(len(found)) % self.recipe.classes
        self.draw.shuffle(found)
        found[:, 0] = found[:, -1]
        return found.view(Data)

    def images(self, *shape: int, classes: int = 10) -> Any:
        pixels = self.draw.randint(0, 256, (60, *shape)).astype(np.uint8)
        return pixels.view(Data), (np.arange(60) % classes).astype(np.uint8).view(Data)

    def bunch(self, samples: int, features: int, classes: int) -> Bunch:
        target = self.labels(samples, classes) if classes else self.draw.uniform(0, 1, samples)
        found = Bunch(
            data=np.asarray(self.features(samples, features)),
            target=np.asarray(target),
            target_names=np.array([f"class {i}" for i in range(max(classes, 1))]),
            feature_names=[f"feature {i}" for i in range(features)],
        )
        found.giver = self
        return found

    def any_keys(self) -> Bunch:
        found = Bunch()
        found.giver = self
        return found

    # ---- by name

    def attribute(self, module: str, name: str, why: str) -> Any:
        """What stands for *name* of a library that is missing."""
        if module.partition(".")[0] in SILENT:
            return StandIn(why)
        return Unknown(self, f"{module}.{name}")

    def call(self, path: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """What calling *path* of a missing library gives."""
        *before, name = path.split(".")
        if name in TOOLS:
            self.helped.setdefault(path)
            return TOOLS[name](*args, **named)
        self.gave.setdefault(path)
        if name in KNOWN:
            return KNOWN[name](self, *args, **named)
        if name in ("load_data", "MNIST", "FashionMNIST", "CIFAR10"):
            return self.pictures(name, before[-1] if before else "")
        return Value(self, path)

    def pictures(self, name: str, source: str) -> Any:
        size = (32, 32, 3) if "cifar" in (source + name).lower() else (28, 28)
        (x, y), (u, v) = self.images(*size), self.images(*size)
        if len(size) == 3:
            y, v = y[:, None], v[:, None]
        if name == "load_data":
            return (np.asarray(x), np.asarray(y)), (np.asarray(u), np.asarray(v))
        found = Bunch(data=x, targets=y, train_data=x, train_labels=y)
        found.giver = self
        return found

    # ---- files

    def file(self, path: Any, mode: str = "r") -> Any:
        self.gave.setdefault(f"the file {str(path)[:80]}")
        if any(letter in mode for letter in "wax+"):
            return io.BytesIO() if "b" in mode else io.StringIO()
        if "b" in mode:
            return File(self.idx(str(path)))
        rows = np.asarray(self.table())
        lines = [
            ",".join([f"{row[0]:.0f}", *(f"{v:.4f}" for v in row[1:-1]), f"{row[-1]:.0f}"])
            for row in rows
        ]
        return io.StringIO("\n".join(lines) + "\n")

    def idx(self, name: str) -> bytes:
        """Bytes of a file of images or labels, as the digits come."""
        x, y = self.images(28, 28)
        if "label" in name:
            return struct.pack(">II", 2049, len(y)) + bytes(y.tobytes())
        return struct.pack(">IIII", 2051, len(x), 28, 28) + bytes(x.tobytes())


class File(io.BytesIO):
    """A binary file that was not there."""


class Unknown:
    """A name of a missing library that was not used yet."""

    def __init__(self, giver: Giver, path: str) -> None:
        self.__dict__.update(_giver=giver, _path=path)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Unknown(self._giver, f"{self._path}.{name}")

    def __call__(self, *args: Any, **named: Any) -> Any:
        if len(args) == 1 and not named and isinstance(args[0], type | type(is_label)):
            return args[0]  # a decorator
        return self._giver.call(self._path, args, named)

    def __mro_entries__(self, bases: tuple[type, ...]) -> tuple[type, ...]:
        return ()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        return None


class Value(Unknown):
    """What a missing library gave: data, once it is used as such."""

    def __init__(self, giver: Giver, path: str, label: bool = False) -> None:
        super().__init__(giver, path)
        self.__dict__["_label"] = label

    def data(self) -> Any:
        """What it holds: drawn once."""
        own = self.__dict__
        if "_data" not in own:
            own["_data"] = self._giver.labels() if self._label else self._giver.features()
        return own["_data"]

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.array(self.data(), dtype=dtype)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__") and (hasattr(np.ndarray, name) or name in SAME):
            return getattr(self.data(), name)
        return super().__getattr__(name)

    def __iter__(self) -> Iterator[Any]:
        count, further = unpacked_into(sys._getframe(1))
        if not count:
            return iter(self.data())
        giver, path = self._giver, self._path
        found = [Value(giver, path, label=bool(i % 2)) for i in range(count)]
        groups = further or count > 2
        return iter(found if groups else [one.data() for one in found])

    def __getitem__(self, key: Any) -> Any:
        if type(key) in (str, bytes):
            return Bunch.__missing__(self._giver.any_keys(), key)
        return self.data()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        return None

    def __len__(self) -> int:
        return len(self.data())

    def __float__(self) -> float:
        return 0.5

    __hash__ = object.__hash__


STANDING_IN = (Data, Bunch, Unknown)


def operator_of(name: str) -> Callable[..., Any]:
    return lambda self, *other: getattr(np.asarray(self.data()), name)(*other)


for _name in BINARY:
    for _operator in (f"__{_name}__", f"__r{_name}__"):
        setattr(Value, _operator, operator_of(_operator))
for _name in (*UNARY, "eq", "ne"):
    setattr(Value, f"__{_name}__", operator_of(f"__{_name}__"))


def unpacked_into(frame: Any) -> tuple[int, bool]:
    """Into how many names a frame is about to unpack what it iterates over, 0 where it does something else; and is the first of
    them unpacked once more?"""
    code, at = frame.f_code.co_code, frame.f_lasti
    if code[at] != UNPACK:
        return 0, False
    after = next((one for one in code[at + 2 :: 2] if one != CACHE), 0)
    return int(code[at + 1]), after == UNPACK


# ---------------------------------------------------------------- tools that data pass through


def passed_on(what: Any = (), *more: Any, **named: Any) -> Any:
    return what


TOOLS: dict[str, Callable[..., Any]] = {
    "train_test_split": train_test_split,
    "to_categorical": to_categorical,
    "get_dummies": lambda x, *a, **n: to_categorical(x).view(Data),
    "StandardScaler": Standardised,
    "MinMaxScaler": Squeezed,
    "OneHotEncoder": OneHot,
    "LabelBinarizer": OneHot,
    "LabelEncoder": Numbered,
    "scale": lambda x, *a, **n: Standardised().fit_transform(x),
    "normalize": lambda x, *a, **n: np.asarray(x) / (np.linalg.norm(x, axis=-1, keepdims=True)),
    "shuffle": shuffled,
    "accuracy_score": lambda t, y, *a, **n: float(np.mean(np.asarray(t) == np.asarray(y))),
    "tqdm": passed_on,
    "trange": lambda *a, **n: range(*a),
    "track": passed_on,
    "njit": passed_on,
    "DataFrame": lambda x=(), *a, **n: np.asarray(x).view(Data),
    "Series": lambda x=(), *a, **n: np.asarray(x).view(Data),
}  # fmt: skip


# ---------------------------------------------------------------- data by the name of what gives them


KNOWN: dict[str, Callable[..., Any]] = {
    "load_iris": known(150, 4, 3),
    "load_wine": known(178, 13, 3),
    "load_breast_cancer": known(200, 30, 2),
    "load_diabetes": known(200, 10, 0),
    "load_boston": known(200, 13, 0),
    "fetch_california_housing": known(200, 8, 0),
    "load_digits": digits,
    "fetch_openml": opened,
    "fetch_mldata": opened,
    "make_moons": made,
    "make_circles": made,
    "make_blobs": made,
    "make_classification": lambda g, n_samples=100, n_features=20, **n: made(
        g, n_samples, n_features=n_features, **n
    ),
    "make_gaussian_quantiles": lambda g, *a, n_samples=100, **n: made(g, n_samples, **n),
    "make_regression": regression,
    "read_csv": lambda g, *a, **n: g.table(),
    "read_table": lambda g, *a, **n: g.table(),
    "read_excel": lambda g, *a, **n: g.table(),
    "File": lambda g, *a, **n: g.any_keys(),
    "loadmat": lambda g, *a, **n: g.any_keys(),
}  # fmt: skip


# ---------------------------------------------------------------- in the place of Python's and NumPy's own


@contextmanager
def in_place(giver: Giver, names: dict[str, Any]) -> Iterator[None]:
    """While a file's own work runs: what reads files, waits and asks. names: the builtins that it sees."""
    real = open

    def open_(file: Any, mode: str = "r", *a: Any, **n: Any) -> Any:
        try:
            return real(file, mode, *a, **n)
        except OSError:
            return giver.file(file, mode)

    def asked(prompt: Any = "") -> str:
        giver.gave.setdefault("input()")
        return "2"

    def or_else(function: Callable[..., Any], other: Callable[[], Any], what: str) -> Any:
        def read(*a: Any, **n: Any) -> Any:
            try:
                return function(*a, **n)
            except (OSError, EOFError, pickle.UnpicklingError, ValueError):
                giver.gave.setdefault(f"{what}({a[0][:80] if a and type(a[0]) is str else ''})")
                return other()

        return read

    def matrix() -> Any:
        return np.asarray(giver.table())

    replaced: list[tuple[Any, str, Any]] = [
        (np, "loadtxt", or_else(np.loadtxt, matrix, "np.loadtxt")),
        (np, "genfromtxt", or_else(np.genfromtxt, matrix, "np.genfromtxt")),
        (np, "load", or_else(np.load, partial(Value, giver, "np.load"), "np.load")),
        (pickle, "load", or_else(pickle.load, partial(Value, giver, "pickle.load"), "pickle.load")),
        (gzip, "open", lambda path, mode="rb", *a, **n: giver.file(path, mode)),
        (urllib.request, "urlretrieve", lambda *a, **n: (a[0], None)),
        (urllib.request, "urlopen", lambda *a, **n: giver.file(a[0], "rb")),
        (time, "sleep", lambda seconds: None),
    ]
    kept = [(module, name, getattr(module, name)) for module, name, _ in replaced]
    before = {name: names[name] for name in ("open", "input")}
    try:
        for module, name, new in replaced:
            setattr(module, name, new)
        names.update(open=open_, input=asked)
        StandIn.giver = giver.attribute
        yield
    finally:
        StandIn.giver = None
        names.update(before)
        for module, name, old in kept:
            setattr(module, name, old)
