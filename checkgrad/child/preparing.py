"""What libraries do to data before a network sees them, as far as small data need it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .data import Data


def train_test_split(*arrays: Any, test_size: Any = 0.25, **more: Any) -> list[Any]:
    count = len(arrays[0])
    share = test_size if test_size is not None else 0.25
    last = count - max(1, int(share if share >= 1 else share * count))
    return [part for a in map(np.asarray, arrays) for part in (a[:last], a[last:])]


def to_categorical(labels: Any, num_classes: Any = None, **more: Any) -> Any:
    whole = np.unique(np.asarray(labels).ravel(), return_inverse=True)[1]
    if np.asarray(labels).dtype.kind in "iub":
        whole = np.asarray(labels).ravel().astype(int)
    return np.eye(int(num_classes or whole.max() + 1))[whole]


class Fitted:
    """What is fitted to data and then changes them."""

    def __init__(self, *settings: Any, **more: Any) -> None:
        self.settings = settings

    def fit(self, x: Any, y: Any = None, **more: Any) -> Any:
        x = np.asarray(x)
        if x.dtype.kind in "iuf":
            self.mean, self.std = x.mean(axis=0), x.std(axis=0) + 1e-12
            self.low, self.high = x.min(axis=0), x.max(axis=0)
        self.classes_ = np.unique(x)
        self.categories_ = [self.classes_]
        return self

    def fit_transform(self, x: Any, y: Any = None, **more: Any) -> Any:
        return self.fit(x).transform(x)

    def transform(self, x: Any, **more: Any) -> Any:
        raise NotImplementedError


class Standardised(Fitted):
    def transform(self, x: Any, **more: Any) -> Any:
        return (np.asarray(x) - self.mean) / self.std


class Squeezed(Fitted):
    def transform(self, x: Any, **more: Any) -> Any:
        return (np.asarray(x) - self.low) / (self.high - self.low + 1e-12)


class OneHot(Fitted):
    def transform(self, x: Any, **more: Any) -> Any:
        return to_categorical(np.searchsorted(self.classes_, np.asarray(x).ravel())).view(Data)


class NumberedLabels(Fitted):
    def transform(self, x: Any, **more: Any) -> Any:
        return np.searchsorted(self.classes_, np.asarray(x))


def shuffled(*arrays: Any, **more: Any) -> Any:
    order = np.random.RandomState(1).permutation(len(arrays[0]))
    found = [np.asarray(a)[order] for a in arrays]
    return found if len(found) > 1 else found[0]
