"""The smallest, roundest input that still shows a fault; hypothesis does the searching."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.extra import numpy as npst

from checkgrad.exercise import Formula, Probe

SEARCH = settings(
    max_examples=60,
    database=None,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
NEARBY = 1e-7


def smallest(like: Probe, formula: Formula, shows: Callable[[Probe], bool]) -> Probe | None:
    """Return the smallest probe of the same kind as *like* on which *shows* is true; None if none was found.

    Inputs at which the truth jumps are left out: there is no telling which side is right.
    """
    try:
        return find(
            probes_like(like), lambda p: is_steady(formula, p) and shows(p), settings=SEARCH
        )
    except HypothesisException:
        return None


@st.composite
def probes_like(draw: st.DrawFn, like: Probe) -> Probe:
    """Probes with the same kinds of arguments as *like*, no larger, with round numbers."""
    sizes = {
        n: draw(st.integers(low, n), label=f"size {n}") for n, low in _smallest_sizes(like).items()
    }
    return tuple(draw(_argument(arg, sizes)) for arg in like)


def is_steady(formula: Formula, probe: Probe) -> bool:
    """Does the truth stay the same when the input moves by next to nothing?"""
    here = formula(*probe)
    for move in (NEARBY, -NEARBY):
        there = formula(*(a + move if _is_real(a) else a for a in probe))
        if not _near(here, there):
            return False
    return True


def _near(here: Any, there: Any) -> bool:
    if isinstance(here, tuple):
        return all(map(_near, here, there))
    scale = 1 + float(np.max(np.abs(here), initial=0.0))
    return bool(np.all(np.abs(np.asarray(here) - there) <= 1e-4 * scale))


def _smallest_sizes(like: Probe) -> dict[int, int]:
    """Sizes that occur in the shapes, each with the smallest it may become: two classes, one sample."""
    sizes: dict[int, int] = {}
    for arg in filter(lambda a: isinstance(a, np.ndarray), like):
        for axis, size in enumerate(arg.shape):
            is_samples = axis == 0 and arg.ndim > 1
            low = 1 if is_samples else min(2, size)
            sizes[size] = max(sizes.get(size, 1), low)
    return sizes


def _argument(arg: Any, sizes: dict[int, int]) -> st.SearchStrategy[Any]:
    if not isinstance(arg, np.ndarray):
        return st.just(arg)
    shape = tuple(sizes[n] for n in arg.shape)
    if _is_one_hot(arg):
        labels = npst.arrays(np.int64, shape[:-1], elements=st.integers(0, shape[-1] - 1))
        return labels.map(lambda k: np.eye(shape[-1])[k].astype(arg.dtype))
    if set(np.unique(arg)) <= {0.0, 1.0}:
        return npst.arrays(arg.dtype, shape, elements=st.sampled_from([0.0, 1.0]))
    if _is_distribution(arg):
        weights = npst.arrays(np.float64, shape, elements=st.sampled_from([1.0, 2.0, 3.0]))
        return weights.map(lambda w: (w / w.sum(axis=-1, keepdims=True)).astype(arg.dtype))
    if arg.dtype.kind in "iu":
        return npst.arrays(arg.dtype, shape, elements=st.integers(int(arg.min()), int(arg.max())))
    if arg.min() > 0 and arg.max() < 1:
        tenths = st.sampled_from([0.5, 0.25, 0.75, 0.1, 0.9])
        return npst.arrays(arg.dtype, shape, elements=tenths)
    return npst.arrays(arg.dtype, shape, elements=st.integers(-3, 3).map(float))


def _is_real(arg: Any) -> bool:
    return isinstance(arg, np.ndarray) and arg.dtype.kind == "f"


def _is_one_hot(arg: Any) -> bool:
    if arg.ndim != 2 or arg.shape[1] < 2:
        return False
    return set(np.unique(arg)) <= {0.0, 1.0} and bool(np.all(arg.sum(axis=1) == 1))


def _is_distribution(arg: Any) -> bool:
    if arg.dtype.kind != "f" or arg.ndim == 0 or arg.shape[-1] < 2 or arg.min() <= 0:
        return False
    return bool(np.allclose(arg.sum(axis=-1), 1, rtol=1e-5))
