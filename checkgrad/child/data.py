"""Arrays and records that stand in for data that are not there."""

from __future__ import annotations

from typing import Any

import numpy as np


class Data(np.ndarray):
    """An array that also answers to what tables and tensors are asked for."""

    def __getitem__(self, key: Any) -> Any:
        if type(key) is str:
            return self.view(np.ndarray)[..., -1].astype(int).view(Data)
        if type(key) is list and key and all(type(one) is str for one in key):
            return super().__getitem__((..., slice(0, len(key))))
        return super().__getitem__(key)

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
        if name in SAME:
            return lambda *a, **n: self
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
    name = name.lower()
    return name.endswith(("y", "t", "label", "labels", "target", "targets", "classes"))
