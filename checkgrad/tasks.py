"""What networks are trained on: data, sizes, update steps, starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

Parameters = list[tuple[Any, Any]]
Update = Callable[[Parameters, Parameters], Parameters]


class TaskData(NamedTuple):
    """Inputs with their labels, and those kept back to see what was learned beyond them."""

    x: Any
    labels: Any
    test_x: Any = None
    test_labels: Any = None


@dataclass(frozen=True)
class Task:
    """A network to train: its sizes, its data, its update step.

    starts: seeds of the initial parameters, tried in this order until one is learned from.
    accuracy: that on the training data from which on the task counts as learned.
    """

    name: str
    title: str
    sizes: tuple[int, ...]
    data: Callable[[], TaskData]
    update: Callable[[], Update]
    steps: int
    starts: tuple[int, ...]
    accuracy: float = 1.0


def start(seed: int, sizes: tuple[int, ...]) -> Parameters:
    """Draw initial parameters. No bias is near zero: (0, 0) must not lie on the kink of every unit."""
    rng = np.random.default_rng(seed)
    return [
        (
            rng.normal(size=(i, o)) * 1.5 / np.sqrt(i),
            rng.uniform(0.1, 0.5, o) * rng.choice((-1.0, 1.0), o),
        )
        for i, o in zip(sizes[:-1], sizes[1:], strict=True)
    ]


class Adam:
    """Kingma and Ba (2015), algorithm 1."""

    def __init__(self, rate: float) -> None:
        self.rate, self.step = rate, 0
        self.moments: list[tuple[Any, Any]] = []

    def __call__(self, parameters: Parameters, gradients: Parameters) -> Parameters:
        self.step += 1
        flat = [g for pair in gradients for g in pair]
        before = self.moments or [(0.0, 0.0)] * len(flat)
        self.moments = [
            (0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2)
            for (m, v), g in zip(before, flat, strict=True)
        ]
        steps = iter([self.rate * self._direction(m, v) for m, v in self.moments])
        return [(w - next(steps), b - next(steps)) for w, b in parameters]

    def _direction(self, m: Any, v: Any) -> Any:
        return (m / (1 - 0.9**self.step)) / (np.sqrt(v / (1 - 0.999**self.step)) + 1e-8)


class Descent:
    """Plain gradient descent: a step is as long as its gradient says."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, parameters: Parameters, gradients: Parameters) -> Parameters:
        pairs = zip(parameters, gradients, strict=True)
        return [(w - self.rate * dw, b - self.rate * db) for (w, b), (dw, db) in pairs]


def corners() -> TaskData:
    """The four points of XOR."""
    return TaskData(
        np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])
    )


def noisy_corners(n: int = 400, noise: float = 0.05) -> TaskData:
    """Normalised points around the four corners; 70 % of them are for training."""
    rng = np.random.default_rng(0)
    corner = rng.integers(0, 2, (n, 2))
    x = corner + rng.normal(0, noise, (n, 2))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return _split(x, corner[:, 0] ^ corner[:, 1], 0.7)


def three_classes(n: int = 1500, noise: float = 0.1) -> TaskData:
    """Points in a square: 0 above a noisy sine; below it, a noisy vertical line splits 1 from 2."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (n, 2))
    sine = 0.5 * np.sin(np.pi * x[:, 0]) + rng.normal(0, noise, n)
    left = x[:, 0] < rng.normal(0, noise, n)
    return TaskData(x, np.where(x[:, 1] > sine, 0, np.where(left, 1, 2)))


def digits() -> TaskData:
    """The 8x8 digits that come with scikit-learn, in a fixed random order; 80 % of them are for training."""
    from sklearn.datasets import load_digits  # an extra, and slow to import

    bunch = load_digits()
    order = np.random.default_rng(0).permutation(len(bunch.target))
    return _split(bunch.data[order] / 16, bunch.target[order], 0.8)


def _split(x: Any, labels: Any, share: float) -> TaskData:
    cut = int(share * len(x))
    return TaskData(x[:cut], labels[:cut], x[cut:], labels[cut:])


# The starts were chosen so that every kind of hidden unit learns soon; the tests hold them to it.
TASKS = {
    task.name: task
    for task in (
        Task(
            name="xor_binary",
            title="XOR with one output",
            sizes=(2, 4, 4, 1),
            data=corners,
            update=partial(Adam, 4e-2),
            steps=120,
            starts=(9, 7, 31),
        ),
        Task(
            name="xor_two_class",
            title="XOR with two classes",
            sizes=(2, 4, 4, 2),
            data=corners,
            update=partial(Adam, 4e-2),
            steps=120,
            starts=(10, 24, 18),
        ),
        Task(
            name="noisy_xor_binary",
            title="noisy XOR with one output",
            sizes=(2, 4, 4, 1),
            data=noisy_corners,
            update=partial(Adam, 4e-2),
            steps=200,
            starts=(9, 7, 3),
        ),
        Task(
            name="noisy_xor_two_class",
            title="noisy XOR with two classes",
            sizes=(2, 4, 4, 2),
            data=noisy_corners,
            update=partial(Adam, 4e-2),
            steps=200,
            starts=(18, 20, 7),
        ),
        Task(
            name="xor_binary_descent",
            title="XOR with one output, plain gradient descent",
            sizes=(2, 4, 4, 1),
            data=corners,
            update=partial(Descent, 0.5),
            steps=150,
            starts=(9,),
        ),
        Task(
            name="xor_two_class_descent",
            title="XOR with two classes, plain gradient descent",
            sizes=(2, 4, 4, 2),
            data=corners,
            update=partial(Descent, 0.5),
            steps=150,
            starts=(10,),
        ),
        Task(
            name="three_class",
            title="three classes split by a noisy sine and a noisy line",
            sizes=(2, 100, 25, 3),
            data=three_classes,
            update=partial(Descent, 0.5),
            steps=300,
            starts=(0,),
            accuracy=0.93,
        ),
        Task(
            name="three_class_sketch",
            title="three classes, a small network on few points",
            sizes=(2, 16, 8, 3),
            data=partial(three_classes, 200),
            update=partial(Adam, 5e-2),
            steps=200,
            starts=(0,),
            accuracy=0.92,
        ),
        Task(
            name="digits",
            title="handwritten digits, 8x8",
            sizes=(64, 32, 10),
            data=digits,
            update=partial(Adam, 1e-2),
            steps=150,
            starts=(0,),
            accuracy=0.98,
        ),
    )
}
