"""Data sets of libraries, in small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .data import Data


def pair(giver: Any, samples: int, features: int, classes: int, both: bool = True) -> Any:
    found = giver.bunch(samples, features, classes)
    return (found["data"], found["target"]) if both else found


def known(samples: int, features: int, classes: int) -> Callable[..., Any]:
    """A data set of fixed size, as scikit-learn gives it."""

    def give(giver: Any, *a: Any, return_X_y: bool = False, **n: Any) -> Any:  # noqa: N803
        return pair(giver, samples, features, classes, return_X_y)

    return give


def made(giver: Any, n_samples: Any = 100, *a: Any, **n: Any) -> Any:
    count = min(int(np.sum(n_samples)), 200)
    centers = n.get("centers", n.get("n_classes", 2))
    classes = centers if isinstance(centers, int) else len(centers) if centers is not None else 3
    return pair(giver, count, int(n.get("n_features", 2)), classes)


def regression(giver: Any, n_samples: int = 100, n_features: int = 10, **n: Any) -> Any:
    return pair(giver, min(n_samples, 200), n_features, 0)


def opened(giver: Any, name: Any = "", *a: Any, return_X_y: bool = False, **n: Any) -> Any:  # noqa: N803
    digits = "mnist" in str(name).lower()
    found = giver.bunch(60, 784, 10) if digits else giver.bunch(60, giver.sizes.features, 2)
    found["data"] = found["data"].view(Data)  # a table, in new versions
    if digits:
        found["data"] = np.floor(255 * found["data"])
        found["target"] = found["target"].astype(str).astype(object).view(Data)
    return (found["data"], found["target"]) if return_X_y else found


def digits(giver: Any, *a: Any, return_X_y: bool = False, **n: Any) -> Any:  # noqa: N803
    found = giver.bunch(200, 64, 10)
    found["data"] = np.floor(17 * found["data"])
    found["images"] = found["data"].reshape(-1, 8, 8)
    return (found["data"], found["target"]) if return_X_y else found
