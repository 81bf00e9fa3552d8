"""What stands in for data that are not there, while a file's own work is watched: small, and of the shape it needs.

DataSizes says how large. They are found by trying: when the work fails by a shape, `next_sizes` reads in NumPy's
message which of its numbers was met by which other one. Labels of a table stand in its first column and
in its last one, so either may be taken for them.
"""

from __future__ import annotations

import io
import opcode
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .data import SAME, Bunch, Data, is_label, speaks_of_labels
from .data_sizes import DataSizes
from .datasets import digits, known, made, opened, regression
from .preparing import (
    NumberedLabels,
    OneHot,
    Squeezed,
    Standardised,
    shuffled,
    to_categorical,
    train_test_split,
)
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


MOST_LINES = 40  # of a text that differ


class Giver:
    """Gives stand-ins by name and remembers for what."""

    def __init__(self, sizes: DataSizes) -> None:
        self.sizes = sizes
        self.gave: dict[str, None] = {}
        self.helped: dict[str, None] = {}  # what a library would do to data
        self.draw = np.random.RandomState(20_011)

    # ---- data

    def features(self, *shape: int) -> Any:
        sizes = self.sizes
        due = shape or (sizes.samples, sizes.features)
        found = self.draw.uniform(0.05, 1.0, due)
        return (found.T if sizes.columns and not shape else found).view(Data)

    def labels(self, count: int = 0, classes: int = 0) -> Any:
        found = np.arange(count or self.sizes.samples) % (classes or self.sizes.classes)
        self.draw.shuffle(found)
        if self.sizes.columns and not count:
            return found[None].view(Data)
        return found.view(Data)

    def table(self, name: str = "") -> Any:
        """Samples in rows, one column more than features; whole numbers in the first and in the last."""
        sizes = self.sizes.named(name)
        if self.is_of_labels(name):
            return self.labels(sizes.samples, sizes.classes)[:, None].view(Data)
        found = self.draw.uniform(0.05, 1.0, (sizes.samples, sizes.features + 1))
        if sizes.whole:
            found = np.floor(256 * found).astype(int)
        found[:, -1] = np.arange(len(found)) % sizes.classes
        self.draw.shuffle(found)
        found[:, 0] = found[:, -1]
        return found.view(Data)

    def matrix(self, name: str) -> Any:
        """The numbers of a text."""
        found = self.table(name)
        return found.ravel() if self.is_of_labels(name) else found

    def is_of_labels(self, name: str) -> bool:
        """Does a file hold nothing but labels, by its name?"""
        return speaks_of_labels(name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0])

    def images(self, *shape: int, classes: int = 10) -> Any:
        count = max(60, self.sizes.samples)
        pixels = self.draw.randint(0, 256, (count, *shape)).astype(np.uint8)
        return pixels.view(Data), (np.arange(count) % classes).astype(np.uint8).view(Data)

    def pixels_or_labels(self, name: str) -> Any:
        """Images of digits, or what they show, by the name of a file or a function."""
        return self.images(28, 28)[bool(speaks_of_labels(name))]

    def bunch(self, samples: int, features: int, classes: int) -> Bunch:
        samples = max(samples, self.sizes.samples)
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
        rows = np.asarray(self.table(str(path)))
        digits = 0 if rows.dtype.kind == "i" else 4
        between = " " if self.sizes.spaced else ","
        lines = [
            between.join(
                [f"{row[0]:.0f}", *(f"{v:.{digits}f}" for v in row[1:-1]), f"{row[-1]:.0f}"]
            )
            if len(row) > 1
            else f"{row[0]:.0f}"
            for row in rows[:MOST_LINES]
        ]
        lines *= -(-len(rows) // len(lines))
        return io.StringIO("\n".join(lines[: len(rows)]) + "\n")

    def idx(self, name: str) -> bytes:
        """Bytes of a file of images or labels, as the digits come."""
        x, y = self.images(28, 28)
        if "label" in name:
            return struct.pack(">II", 2049, len(y)) + bytes(y.tobytes())
        return struct.pack(">IIII", 2051, len(x), 28, 28) + bytes(x.tobytes())


class Given(bytes):
    """Bytes of a file that was not there."""


class File(io.BytesIO):
    """A binary file that was not there."""

    def read(self, size: Any = -1, /) -> Given:
        return Given(super().read(size))


class Unknown:
    """A name of a missing library that was not used yet."""

    def __init__(self, giver: Giver, path: str) -> None:
        self.__dict__.update(_giver=giver, _path=path)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Unknown(self._giver, f"{self._path}.{name}")

    def __call__(self, *args: Any, **named: Any) -> Any:
        decorates = len(args) == 1 and not named and isinstance(args[0], type | type(is_label))
        if decorates and not self._path.endswith(".Fire"):
            return args[0]
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
        if type(key) is str and "mnist" in self._path.lower():
            return self._giver.pixels_or_labels(key)
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


def fired(what: Any = None, *a: Any, **n: Any) -> Any:
    """A function as it would be called from a command line, by its defaults and small numbers."""
    code = getattr(what, "__code__", None)
    count = code.co_argcount - len(what.__defaults__ or ()) if code else 0
    return what(*[2] * count) if code else what


def path_in(args: tuple[Any, ...]) -> str:
    return str(args[0]) if args else ""


def passed_on(what: Any = (), *more: Any, **named: Any) -> Any:
    return what


class Bar:
    """A progress bar: the turns of what it is given, and no sign of them."""

    def __init__(self, what: Any = (), *more: Any, **named: Any) -> None:
        self.what = what

    def __iter__(self) -> Iterator[Any]:
        return iter(self.what)

    def __len__(self) -> int:
        return len(self.what)

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *a, **n: None


TOOLS: dict[str, Callable[..., Any]] = {
    "train_test_split": train_test_split,
    "to_categorical": to_categorical,
    "get_dummies": lambda x, *a, **n: to_categorical(x).view(Data),
    "StandardScaler": Standardised,
    "MinMaxScaler": Squeezed,
    "OneHotEncoder": OneHot,
    "LabelBinarizer": OneHot,
    "LabelEncoder": NumberedLabels,
    "scale": lambda x, *a, **n: Standardised().fit_transform(x),
    "normalize": lambda x, *a, **n: np.asarray(x) / (np.linalg.norm(x, axis=-1, keepdims=True)),
    "shuffle": shuffled,
    "accuracy_score": lambda t, y, *a, **n: float(np.mean(np.asarray(t) == np.asarray(y))),
    "tqdm": Bar,
    "Fire": fired,
    "trange": lambda *a, **n: Bar(range(*a)),
    "track": Bar,
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
    "read_csv": lambda g, *a, **n: g.table(path_in(a)),
    "read_table": lambda g, *a, **n: g.table(path_in(a)),
    "read_excel": lambda g, *a, **n: g.table(path_in(a)),
    "convert_from_file": lambda g, *a, **n: g.pixels_or_labels(path_in(a)),
    "train_images": lambda g, *a, **n: g.pixels_or_labels("images"),
    "test_images": lambda g, *a, **n: g.pixels_or_labels("images"),
    "train_labels": lambda g, *a, **n: g.pixels_or_labels("labels"),
    "test_labels": lambda g, *a, **n: g.pixels_or_labels("labels"),
    "File": lambda g, *a, **n: g.any_keys(),
    "loadmat": lambda g, *a, **n: g.any_keys(),
}  # fmt: skip
