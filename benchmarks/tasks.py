"""Three functions with their gradients, and the mistakes that are planted in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

BUGS = (
    "scaled",
    "one_entry",
    "no_mean",
    "sign",
    "no_penalty",
    "no_activation",
    "bias_averaged",
    "clamped",
)


@dataclass(frozen=True)
class Task:
    """f(parameters) -> number and gradient(parameters, bug) -> list of arrays, at parameters."""

    name: str
    f: Any
    gradient: Any
    parameters: list[Any]
    bugs: tuple[str, ...]
    entry_error: float  # the smallest relative error in one entry that is due to be found


def task(name: str, seed: int = 0, **options: Any) -> Task:
    """a: softmax cross-entropy; b: sigmoid network; c: ReLU network on sparse images; b_relu, small, small_relu."""
    if name == "a":
        return softmax_cross_entropy(seed, **options)
    sizes, samples, activation, images = {
        "b": ((64, 100, 25, 3), 32, "sigmoid", False),
        "b_relu": ((64, 100, 25, 3), 32, "relu", False),
        "c": ((784, 128, 10), 32, "relu", True),
        "small": ((6, 8, 5, 3), 16, "sigmoid", False),
        "small_relu": ((6, 8, 5, 3), 16, "relu", False),
    }[name]
    return network(name, sizes, samples, activation, images, seed, **options)


def softmax_cross_entropy(
    seed: int, n: int = 64, c: int = 10, large: float = 0, dtype: Any = float
) -> Task:
    """The mean cross-entropy of softmax on n x c logits."""
    rng = np.random.default_rng(seed)
    z, t = 2 * rng.standard_normal((n, c)), np.eye(c)[rng.integers(0, c, n)]
    if large:
        rows, wrong = np.arange(6), (t[:6].argmax(axis=1) + 1) % c
        z[rows, wrong], z[rows, (wrong + 1) % c] = 40.0, -40.0
    at: list[int] = []

    def f(parameters: list[Any]) -> float:
        (z,) = parameters
        return float(_cross_entropy(z.astype(dtype), t.astype(dtype)))

    def gradient(parameters: list[Any], bug: str = "", error: float = 1e-2) -> list[Any]:
        (z,) = parameters
        y = np.exp(z - _log_sum(z))
        d = (y - t) / n
        if bug == "no_activation":
            d = -t * (1 - y) / n
        if bug == "clamped":
            d = np.where(np.abs(z) > 30, 0, d)
        if bug == "no_mean":
            d = d * n
        return _planted([d], bug, error, at[0] if at else 0)

    at.append(_middling(gradient([z])[0], seed))
    bugs = ("scaled", "one_entry", "no_mean", "sign", "no_activation", "clamped")
    return Task("a", f, gradient, [z], bugs, 1e-4)


def network(
    name: str,
    sizes: tuple[int, ...],
    samples: int,
    activation: str,
    images: bool,
    seed: int,
    large: float = 0,
    dtype: Any = float,
    on_kink: bool = False,
    penalty: float = 1e-3,
) -> Task:
    """A fully connected network with softmax, mean cross-entropy and an L2 penalty on the weights."""
    rng = np.random.default_rng(seed)
    x = _images(rng, samples, sizes[0]) if images else rng.standard_normal((samples, sizes[0]))
    t = np.eye(sizes[-1])[rng.integers(0, sizes[-1], samples)]
    parameters: list[Any] = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        spread = np.sqrt((2 if activation == "relu" else 1) / inputs)
        parameters += [
            spread * rng.standard_normal((inputs, outputs)),
            0.1 * rng.standard_normal(outputs),
        ]
    if large:
        parameters[-2] *= large
    if on_kink:
        parameters[0][:, 0] = 0
        parameters[1][0] = 0
    at: list[int] = []

    def forward(parameters: list[Any]) -> tuple[list[Any], list[Any]]:
        a, z = [x.astype(parameters[0].dtype)], []
        for w, b in zip(parameters[::2], parameters[1::2], strict=True):
            z.append(a[-1] @ w + b)
            a.append(_act(z[-1], activation))
        return a, z

    def f(parameters: list[Any]) -> float:
        parameters = [p.astype(dtype) for p in parameters] if dtype is not float else parameters
        z = forward(parameters)[1][-1]
        loss = _cross_entropy(z, t.astype(z.dtype))
        return float(loss + sum(0.5 * penalty * (w * w).sum() for w in parameters[::2]))

    def gradient(parameters: list[Any], bug: str = "", error: float = 1e-2) -> list[Any]:
        a, z = forward(parameters)
        d = (np.exp(z[-1] - _log_sum(z[-1])) - t) / (1 if bug == "no_mean" else samples)
        if bug == "clamped":
            d = np.where(np.abs(z[-1]) > 30, 0, d)
        g: list[Any] = []
        for k in reversed(range(len(z))):
            w = parameters[2 * k]
            dw = a[k].T @ d + (0 if bug == "no_penalty" else penalty * w)
            db = d.mean(axis=0) if bug == "bias_averaged" else d.sum(axis=0)
            g = [dw, db, *g]
            if k:
                d = d @ w.T
            if k and not (bug == "no_activation" and k == 1):
                d = d * _slope(z[k - 1], a[k], activation)
        return _planted(g, bug, error, at[0] if at else 0)

    at.append(_middling(gradient(parameters)[0], seed))
    return Task(name, f, gradient, parameters, BUGS, 1e-3 if images else 1e-4)


def _planted(g: list[Any], bug: str, error: float, at: int) -> list[Any]:
    if bug == "scaled":
        return [a * (1 + 1e-3) for a in g]
    if bug == "sign":
        return [-a for a in g]
    if bug == "one_entry":
        g[0].flat[at] *= 1 + error
    return g


def _middling(g: Any, seed: int) -> int:
    """An entry of middling size: a large one would be easy to find, a zero one would not be wrong."""
    live = np.flatnonzero(g)
    order = live[np.argsort(np.abs(g.flat[live]))]
    return int(order[(len(order) // 2 + seed % 5) % len(order)])


def _images(rng: np.random.Generator, samples: int, pixels: int) -> Any:
    x = rng.random((samples, pixels)) * (rng.random((samples, pixels)) < 0.2)
    x[:, rng.random(pixels) < 0.1] = 0.0
    return x


def _act(z: Any, activation: str) -> Any:
    return z * (z > 0) if activation == "relu" else 1 / (1 + np.exp(-z))


def _slope(z: Any, a: Any, activation: str) -> Any:
    return (z > 0) * 1.0 if activation == "relu" else a * (1 - a)


def _log_sum(z: Any) -> Any:
    m = z.max(axis=1, keepdims=True)
    return m + np.log(np.exp(z - m).sum(axis=1, keepdims=True))


def _cross_entropy(z: Any, t: Any) -> Any:
    return (_log_sum(z) - (z * t).sum(axis=1, keepdims=True)).sum() / len(z)
