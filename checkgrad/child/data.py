"""Arrays and records that stand in for data that are not there."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

FAR = 1000  # rows, behind which the last ones stand for those that are not there
LABELS = frozenset(("y", "label", "labels", "target", "targets", "classes", "labl"))


class Data(np.ndarray):
    """An array that also answers to what tables and tensors are asked for."""

    def __getitem__(self, key: Any) -> Any:
        if type(key) is str:
            return self.view(np.ndarray)[..., -1].astype(int).view(Data)
        if type(key) is list and key and all(type(one) is str for one in key):
            return super().__getitem__((..., slice(0, len(key))))
        first = key[0] if type(key) is tuple and key else key
        start = first.start if type(first) is slice and self.ndim else None
        if type(start) is int and start >= FAR and 0 < len(self) <= start:
            rest = slice(-max(1, len(self) // 4), None)  # set aside, of many more
            return super().__getitem__((rest, *key[1:]) if type(key) is tuple else rest)
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        if type(key) is not str:  # columns have no names here
            super().__setitem__(key, value)

    def reshape(self, *shape: Any, **named: Any) -> Any:
        """In another shape; where the number of samples is written out, in as many as there are."""
        try:
            return super().reshape(*shape, **named)
        except ValueError:
            flat = shape[0] if len(shape) == 1 and type(shape[0]) is tuple else shape
            if len(flat) == 2 and 1 in flat:
                return super().reshape([1 if n == 1 else -1 for n in flat], **named)
            kept = flat[-2:] if len(flat) > 2 else flat[-1:]
            inner = int(np.prod(kept))
            if len(flat) < 2 or inner < 2 or self.size % inner:
                raise
            return super().reshape((*[1] * (len(flat) - len(kept) - 1), -1, *kept), **named)

    def __getattr__(self, name: str) -> Any:
        if name in ("values", "iloc", "loc", "data_"):
            return np.asarray(self) if name == "values" else self
        if name in ("numpy", "to_numpy", "toarray", "todense", "item_"):
            return lambda *a, **n: np.asarray(self)
        if name == "columns":
            return [f"c{i}" for i in range(self.shape[-1])]
        if name == "unique":
            return lambda *a, **n: np.unique(np.asarray(self))
        if name == "drop":
            return self.without
        if name == "iterrows":
            return lambda: enumerate(self)
        if name.startswith(("to_", "plot", "hist")):
            return lambda *a, **n: None
        if name in SAME:
            return lambda *a, **n: self
        if self.ndim == 2 and not name.startswith("_"):  # a column
            return self[name]
        raise AttributeError(f"a stand-in for data has no {name}")

    def without(self, labels: Any = None, axis: int = 0, columns: Any = None, **more: Any) -> Any:
        """All columns but as many as are named, from the last one on."""
        named = columns if columns is not None else labels
        if axis == 0 and columns is None:
            return self
        return self[:, : -(len(named) if isinstance(named, list | tuple) else 1)]


SAME = frozenset(
    (
        "head",
        "tail",
        "sample",
        "dropna",
        "fillna",
        "ffill",
        "bfill",
        "reset_index",
        "set_index",
        "describe",
        "info",
        "map",
        "replace",
        "apply",
        "float",
        "long",
        "double",
        "cpu",
        "detach",
        "to",
        "rolling",
        "select_dtypes",
        "sort_values",
        "drop_duplicates",
        "rename",
    )
)


class Bunch(dict):  # type: ignore[type-arg]
    """A dict whose items are attributes, too; any key that is asked for leads to data."""

    giver: Any  # who knows what else there is

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __missing__(self, key: Any) -> Any:
        text = key.decode("utf-8", "replace") if type(key) is bytes else str(key)
        return self.giver.labels() if is_label(text) else self.giver.features()


def is_label(name: str) -> bool:
    """Does a key speak of labels?"""
    plain = name.lower()
    return plain.endswith(("y", "t", "label", "labels", "target", "targets", "classes")) or (
        speaks_of_labels(name)
    )


def speaks_of_labels(name: str) -> bool:
    """Is one of the words of a name a word for labels?"""
    return bool(set(re.split(r"[\W_\d]+", name.lower())) & LABELS)
