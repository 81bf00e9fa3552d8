"""The hard set: 80 right gradients that checkers like to call wrong, and 53 wrong ones that they like to pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """A number f(x) and a gradient that is right for it, or is not; x is a vector."""

    group: str
    name: str
    f: Callable[[Any], Any]
    gradient: Callable[[Any], Any]
    x: Any
    right: bool


Cases = Iterator[Case]


def cases() -> list[Case]:
    return [case for make in (noise, kinks, units, edges, conventions, points) for case in make()]


def _case(group: str, name: str, f: Any, gradient: Any, x: Any, right: bool = True) -> Case:
    return Case(group, name, f, gradient, np.atleast_1d(np.asarray(x, float)), right)


def _total(values: Any) -> float:
    return float(np.sum(values))


def _hashed(x: Any) -> float:
    """A normal number that depends on every bit of x: noise that comes again."""
    bits = np.frombuffer(np.ascontiguousarray(x, float).tobytes(), np.uint32)
    return float(np.random.default_rng(bits).standard_normal())


def _softmax(z: Any) -> Any:
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def _sigmoid(z: Any) -> Any:
    return np.exp(-np.logaddexp(0, -z))


def _normals(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


def _wave(x: Any) -> float:
    return _total(np.sin(x) * np.exp(x / 3))


def _wave_slope(x: Any) -> Any:
    return (np.cos(x) + np.sin(x) / 3) * np.exp(x / 3)


def _fixed_point(until: float) -> Callable[[Any], float]:
    """y = cos(p y), iterated until it moves by less."""

    def f(p: Any) -> float:
        y = 0.5
        for _ in range(2000):
            y, old = math.cos(p[0] * y), y
            if abs(y - old) < until:
                break
        return y

    return f


def _fixed_point_slope(p: Any) -> Any:
    y = _fixed_point(0.0)(p)
    return np.array([-y * math.sin(p[0] * y) / (1 + p[0] * math.sin(p[0] * y))])


def noise() -> Cases:
    x, few = _normals(1, 7), _normals(2, 2)
    for size in (1e-12, 1e-11, 1e-10, 1e-9, 1e-7, 1e-5):
        yield _case("noise", f"of {size:g}", lambda x, s=size: _wave(x) + s * _hashed(x), _wave_slope, x)  # fmt: skip
    for size in (1e-9, 1e-7):
        yield _case("noise", f"rounded to {size:g}", lambda x, s=size: round(_wave(x) / s) * s, _wave_slope, few)  # fmt: skip
    yield _case("noise", "float32 inside", lambda x: float(np.sum(np.tanh(x.astype(np.float32)))), lambda x: 1 - np.tanh(x) ** 2, x)  # fmt: skip
    yield _case("noise", "float32 log-sum-exp", lambda x: float(np.log(np.sum(np.exp(x.astype(np.float32))))), _softmax, x)  # fmt: skip
    for until in (1e-10, 1e-6):
        yield _case("noise", f"fixed point until {until:g}", _fixed_point(until), _fixed_point_slope, [0.9])  # fmt: skip
    at = (np.arange(200) + 0.5) / 200
    yield _case("noise", "an integral by a rule", lambda p: float(np.mean(np.exp(p[0] * at) * np.cos(p[1] * at))), lambda p: np.array([np.mean(at * np.exp(p[0] * at) * np.cos(p[1] * at)), -np.mean(at * np.exp(p[0] * at) * np.sin(p[1] * at))]), [0.7, 2.1])  # fmt: skip
    drawn = _normals(3, 400)
    yield _case("noise", "a mean over fixed draws", lambda p: float(np.mean(np.tanh(p[0] + p[1] * drawn))), lambda p: np.array([np.mean(1 - np.tanh(p[0] + p[1] * drawn) ** 2), np.mean(drawn * (1 - np.tanh(p[0] + p[1] * drawn) ** 2))]), [0.3, 0.8])  # fmt: skip
    for size in (1e-9, 1e-5, 1e-3):
        for name, factor in (("x 1.5", 1.5), ("wrong sign", -1.0), ("zero", 0.0)):
            yield _case("noise", f"of {size:g}, {name}", lambda x, s=size: _wave(x) + s * _hashed(x), lambda x, k=factor: k * _wave_slope(x), x, False)  # fmt: skip


def _near_a_kink(x: Any) -> float:
    return _total(np.maximum(x, 0) + 0.1 * np.tanh(x) ** 2)


def _near_a_kink_slope(at_zero: float) -> Callable[[Any], Any]:
    def slope(x: Any) -> Any:
        t = np.tanh(x)
        return np.where(x == 0, at_zero, x > 0) + 0.2 * t * (1 - t * t)

    return slope


def _huber(x: Any) -> float:
    return _total(np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5))


def _hinge(s: Any) -> float:
    return _total(np.maximum(0, 1 - s))


def kinks() -> Cases:
    rest = [1.0, -2.0, 0.7, 1.4]
    for distance in (0.0, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3, -1e-8, 1e-2):
        yield _case("kinks", f"ReLU at {distance:g}", _near_a_kink, _near_a_kink_slope(0.0), [distance, *rest])  # fmt: skip
    for share in (0.5, 1.0):
        yield _case("kinks", f"ReLU at 0, {share:g} there", _near_a_kink, _near_a_kink_slope(share), [0.0, *rest])  # fmt: skip
    yield _case("kinks", "absolute values at 0", lambda x: _total(np.abs(x)), np.sign, [0.0, *rest])
    tie = lambda x: (x == x.max()) / np.sum(x == x.max())  # noqa: E731
    yield _case("kinks", "a maximum that is there twice", lambda x: float(x.max()), tie, [1.0, 1.0, 0.3])  # fmt: skip
    pool = _normals(4, 16)
    yield _case("kinks", "max pooling", lambda x: _total(x.reshape(4, 4).max(1)), lambda x: (x.reshape(4, 4) == x.reshape(4, 4).max(1, keepdims=True)).astype(float).ravel(), pool)  # fmt: skip
    yield _case("kinks", "a hinge on its margin", _hinge, lambda s: -1.0 * (s < 1), [1.0, 0.2, 2.0])
    yield _case("kinks", "a norm at 0", lambda x: float(np.linalg.norm(x)), lambda x: x / max(np.linalg.norm(x), 1e-300), np.zeros(3))  # fmt: skip
    yield _case("kinks", "Huber at its joint", _huber, lambda x: np.clip(x, -1, 1), [1.0, -1.0, 0.4, 3.0])  # fmt: skip
    yield _case("kinks", "leaky ReLU at 0", lambda x: _total(np.where(x > 0, x, 0.01 * x)), lambda x: np.where(x > 0, 1, 0.01), [0.0, *rest])  # fmt: skip
    data, due = _normals(5, 9, 3), _normals(6, 9)
    layer = _normals(7, 4)
    dead = _normals(8, 3, 4)
    dead[:, 1] = 0

    def net(w: Any) -> float:
        return _total((np.maximum(data @ w.reshape(3, 4), 0) @ layer - due) ** 2)

    def net_slope(w: Any) -> Any:
        z = data @ w.reshape(3, 4)
        return (data.T @ (2 * (np.maximum(z, 0) @ layer - due)[:, None] * layer * (z > 0))).ravel()

    yield _case("kinks", "a unit on its kink for all samples", net, net_slope, dead.ravel())
    for claimed in (5.0, -1.0):
        yield _case("kinks", f"ReLU at 0, {claimed:g} there", _near_a_kink, _near_a_kink_slope(claimed), [0.0, *rest], False)  # fmt: skip
    yield _case("kinks", "absolute values, 5 at 0", lambda x: _total(np.abs(x)), lambda x: np.where(x == 0, 5, np.sign(x)), [0.0, *rest], False)  # fmt: skip
    yield _case("kinks", "a maximum that is there twice, 3 for each", lambda x: float(x.max()), lambda x: 3.0 * (x == x.max()) if np.sum(x == x.max()) > 1 else 1.0 * (x == x.max()), [1.0, 1.0, 0.3], False)  # fmt: skip
    yield _case("kinks", "leaky ReLU without its leak", lambda x: _total(np.where(x > 0, x, 0.01 * x)), lambda x: 1.0 * (x > 0), rest, False)  # fmt: skip
    yield _case("kinks", "absolute values, the other sign", lambda x: _total(np.abs(x)), lambda x: -np.sign(x), rest, False)  # fmt: skip
    yield _case("kinks", "a hinge without its limit", _hinge, lambda s: -np.ones_like(s), [0.5, 0.2, 2.0], False)  # fmt: skip
    yield _case("kinks", "Huber without its joint", _huber, lambda x: x, [-3.1, -0.4, 0.2, 0.7, 1.9], False)  # fmt: skip
    yield _case("kinks", "max pooling shared out", lambda x: _total(x.reshape(4, 4).max(1)), lambda x: np.full(16, 0.25), pool, False)  # fmt: skip


SUBSTRATE = np.array([1e-6, 3e-6, 1e-5, 5e-5])
HOT = np.array([290.0, 310.0, 330.0, 350.0])


def _enzyme(p: Any) -> float:
    return _total((p[0] * SUBSTRATE / (p[1] + SUBSTRATE) - 400) ** 2)


def _enzyme_slope(p: Any) -> Any:
    r, below = p[0] * SUBSTRATE / (p[1] + SUBSTRATE) - 400, p[1] + SUBSTRATE
    return 2 * np.array([_total(r * SUBSTRATE / below), -_total(r * p[0] * SUBSTRATE / below**2)])


def _arrhenius(p: Any) -> float:
    return _total((np.log(p[0]) - p[1] / 8.314 / HOT - 12 + 5000 / HOT) ** 2)


def _arrhenius_slope(p: Any) -> Any:
    r = np.log(p[0]) - p[1] / 8.314 / HOT - 12 + 5000 / HOT
    return 2 * np.array([_total(r) / p[0], -_total(r / 8.314 / HOT)])


def _fast_slow(k: float) -> tuple[Any, Any]:
    return (
        lambda x: math.sin(k * x[0]) + math.cos(x[1] / k),
        lambda x: np.array([k * math.cos(k * x[0]), -math.sin(x[1] / k) / k]),
    )


def _three_units(q: Any) -> float:
    return math.sin(q[0] * 1e9) + q[1] ** 2 + math.cos(q[2] * 1e-9)


def _three_units_slope(q: Any) -> Any:
    return np.array([1e9 * math.cos(q[0] * 1e9), 2 * q[1], -1e-9 * math.sin(q[2] * 1e-9)])


def _without(slope: Any, entry: int, factor: float = 0.0) -> Callable[[Any], Any]:
    """A gradient of which one entry is multiplied."""
    return lambda x: slope(x) * np.where(np.arange(x.size) == entry, factor, 1.0)


def units() -> Cases:
    enzyme, hot, three = [1e3, 2e-6], [1.2e5, 4.1e4], [1e-9, 1.0, 1e9]
    yield _case("units", "an enzyme", _enzyme, _enzyme_slope, enzyme)
    yield _case("units", "Arrhenius", _arrhenius, _arrhenius_slope, hot)
    yield _case("units", "three units", _three_units, _three_units_slope, three)
    for k in (1e8, 1e4):
        f, slope = _fast_slow(k)
        yield _case("units", f"fast and slow by {k * k:g}", f, slope, [1 / k, k])
        for entry in (0, 1):
            yield _case("units", f"fast and slow by {k * k:g}, entry {entry} 0", f, _without(slope, entry), [1 / k, k], False)  # fmt: skip
    x = _normals(9, 5)
    for size in (1e-9, 1e6, 1e200, 1e-200):
        yield _case("units", f"a sum of sines times {size:g}", lambda x, s=size: s * _total(np.sin(x)), lambda x, s=size: s * np.cos(x), x)  # fmt: skip
    yield _case("units", "far from its centre", lambda x: _total((x - 1e6) ** 2), lambda x: 2 * (x - 1e6), 1e6 + x)  # fmt: skip
    yield _case("units", "a large constant", lambda x: 1e6 + _wave(x), _wave_slope, x)
    yield _case("units", "small arguments", lambda x: _total(np.exp(1e6 * x)), lambda x: 1e6 * np.exp(1e6 * x), 1e-6 * x)  # fmt: skip
    yield _case("units", "an enzyme, dKm 0", _enzyme, _without(_enzyme_slope, 1), enzyme, False)
    yield _case("units", "an enzyme, dKm x 1.01", _enzyme, _without(_enzyme_slope, 1, 1.01), enzyme, False)  # fmt: skip
    for entry in range(3):
        yield _case("units", f"three units, entry {entry} 0", _three_units, _without(_three_units_slope, entry), three, False)  # fmt: skip


def edges() -> Cases:
    one = np.array([1e-3, 0.4, 2.0])
    yield _case("edges", "log at 1e-3", lambda x: _total(np.log(x)), lambda x: 1 / x, one)
    yield _case("edges", "log at 1e-6", lambda x: _total(np.log(x)), lambda x: 1 / x, [1e-6, 0.4])
    yield _case("edges", "root at 1e-4", lambda x: _total(np.sqrt(x)), lambda x: 0.5 / np.sqrt(x), [1e-4, 0.9])  # fmt: skip
    yield _case("edges", "x log x at 1e-5", lambda x: _total(x * np.log(x)), lambda x: np.log(x) + 1, [1e-5, 0.9])  # fmt: skip
    yield _case("edges", "1/x at 1e-3", lambda x: _total(1 / x), lambda x: -1 / x**2, one)
    a, b = _normals(10, 6, 3), np.abs(_normals(11, 6)) + 0.05

    def barrier(x: Any) -> float:
        left = b - a @ x
        if (left <= 0).any():
            raise ValueError("outside")
        return -_total(np.log(left))

    yield _case("edges", "a barrier that raises", barrier, lambda x: a.T @ (1 / (b - a @ x)), 0.01 * _normals(12, 3))  # fmt: skip
    yield _case("edges", "arcsin near 1", lambda x: _total(np.arcsin(x)), lambda x: 1 / np.sqrt(1 - x * x), [0.999, -0.3])  # fmt: skip
    yield _case("edges", "log-odds near 0 and 1", lambda p: _total(np.log(p / (1 - p))), lambda p: 1 / p / (1 - p), [1e-4, 0.5, 0.9999])  # fmt: skip
    yield _case("edges", "tan near a pole", lambda x: _total(np.tan(x)), lambda x: 1 + np.tan(x) ** 2, [1.55, 0.2])  # fmt: skip

    def bonds(r: Any) -> float:
        return _total(4 * (r**-12 - r**-6))

    def bonds_slope(r: Any) -> Any:
        return -48 * r**-13 + 24 * r**-7

    far = np.array([0.95, 1.1, 1.3, 1.7])
    yield _case("edges", "Lennard-Jones", bonds, bonds_slope, far)
    spread = np.linspace(0.5, 2, 8)
    yield _case("edges", "1/x^2 and a penalty", lambda x: _total(x**-2 + 0.05 * x * x), lambda x: -2 * x**-3 + 0.1 * x, spread)  # fmt: skip
    yield _case("edges", "factorials", lambda x: sum(map(math.lgamma, x)), lambda x: np.array([(math.lgamma(v + 1e-5) - math.lgamma(v - 1e-5)) / 2e-5 if v > 3 else _digamma(v) for v in x]), [0.02, 1.3])  # fmt: skip
    yield _case("edges", "log, 1/x^2 for 1/x", lambda x: _total(np.log(x)), lambda x: 1 / x**2, one, False)  # fmt: skip
    yield _case("edges", "a barrier of the other sign", barrier, lambda x: -a.T @ (1 / (b - a @ x)), 0.01 * _normals(12, 3), False)  # fmt: skip
    yield _case("edges", "Lennard-Jones without attraction", bonds, lambda r: -48 * r**-13, far, False)  # fmt: skip
    yield _case("edges", "Lennard-Jones with attraction twice", bonds, lambda r: -48 * r**-13 + 48 * r**-7, far, False)  # fmt: skip
    yield _case("edges", "Lennard-Jones, attraction turned round", bonds, lambda r: -48 * r**-13 - 24 * r**-7, far, False)  # fmt: skip
    yield _case("edges", "1/x^2 without its penalty", lambda x: _total(x**-2 + 0.05 * x * x), lambda x: -2 * x**-3, spread, False)  # fmt: skip
    yield _case("edges", "-log x without its penalty", lambda x: _total(-np.log(x) + 5e-4 * x * x), lambda x: -1 / x, spread, False)  # fmt: skip
    yield _case("edges", "a series of sin cut off", lambda x: _total(np.sin(x)), lambda x: 1 - x**2 / 2 + x**4 / 24, np.linspace(0.3, 2, 8), False)  # fmt: skip


def _digamma(x: float) -> float:
    """By its recurrence and its asymptotic series."""
    below = 0.0
    while x < 20:
        below, x = below + 1 / x, x + 1
    return math.log(x) - 1 / (2 * x) - 1 / (12 * x**2) + 1 / (120 * x**4) - 1 / (252 * x**6) - below


def conventions() -> Cases:
    t = np.eye(4)[[0, 3, 1, 1, 2, 0]]
    z, hot = 2 * _normals(13, 24), np.r_[_normals(14, 10), 20.0, -22.0]
    hits = (np.random.default_rng(15).random(12) > 0.5) * 1.0

    def entropy(eps: float) -> Callable[[Any], float]:
        return lambda z: -_total(t * np.log(_softmax(z.reshape(6, 4)) + eps)) / 6

    def rest(z: Any) -> Any:
        return ((_softmax(z.reshape(6, 4)) - t) / 6).ravel()

    for eps in (1e-15, 1e-12, 1e-9, 1e-8, 1e-7):
        yield _case("conventions", f"cross-entropy with {eps:g} in its logarithm", entropy(eps), rest, z)  # fmt: skip

    def binary(cut: Callable[[Any], Any]) -> Callable[[Any], float]:
        return lambda z: -_total(hits * np.log(cut(_sigmoid(z))) + (1 - hits) * np.log(cut(1 - _sigmoid(z))))  # fmt: skip

    for eps in (1e-12, 1e-9):
        yield _case("conventions", f"binary cross-entropy with {eps:g}, saturated", binary(lambda y, e=eps: y + e), lambda z: _sigmoid(z) - hits, 6 * _normals(16, 12))  # fmt: skip
    yield _case("conventions", "binary cross-entropy, clipped at 1e-7", binary(lambda y: np.maximum(y, 1e-7)), lambda z: _sigmoid(z) - hits, hot)  # fmt: skip
    biting = z.copy()
    biting[:4] = 40 * (1 - t[0])
    yield _case("conventions", "a clip at 1e-12 that bites", lambda z: -_total(t * np.log(np.clip(_softmax(z.reshape(6, 4)), 1e-12, 1))) / 6, rest, biting)  # fmt: skip
    p = np.array([0.2, 0.7, 0.55])
    yield _case("conventions", "clipped probabilities", lambda p: -_total(np.log(np.clip(p, 1e-12, 1))), lambda p: -1 / p, p)  # fmt: skip

    def stable(z: Any) -> float:
        z = z.reshape(6, 4)
        top = z.max(1, keepdims=True)
        return float(np.sum(np.log(np.exp(z - top).sum(1)) + top[:, 0] - (t * z).sum(1))) / 6

    for size in (10.0, 60.0, 200.0):
        yield _case("conventions", f"stable cross-entropy of logits up to {size:g}", stable, rest, size * _normals(17, 24) / 3)  # fmt: skip
    yield _case("conventions", "a smoothed absolute value", lambda x: _total(np.sqrt(x * x + 1e-12)), np.sign, [0.4, -1.0, 2.0])  # fmt: skip
    yield _case("conventions", "a norm with 1e-9 below", lambda x: float(x[0] / (np.linalg.norm(x) + 1e-9)), lambda x: np.eye(3)[0] / np.linalg.norm(x) - x * x[0] / np.linalg.norm(x) ** 3, [0.4, -1.0, 2.0])  # fmt: skip
    yield _case("conventions", "softplus by its logarithm", lambda z: _total(np.log(1 + np.exp(z))), _sigmoid, hot)  # fmt: skip
    yield _case("conventions", "x 1.001 beside an eps", entropy(1e-7), lambda z: 1.001 * rest(z), z, False)  # fmt: skip
    yield _case("conventions", "cut off where f is not", lambda z: _total(np.log(np.cosh(z / 2))), lambda z: np.where(np.abs(z) > 8, 0, np.tanh(z / 2) / 2), [0.5, -2.0, 9.0, -12.0, 1.0], False)  # fmt: skip
    yield _case("conventions", "the other sign beside a clip", binary(lambda y: np.maximum(y, 1e-7)), lambda z: hits - _sigmoid(z), hot, False)  # fmt: skip
    yield _case("conventions", "a constant of 1e-3 beside an eps", entropy(1e-9), lambda z: rest(z) + 1e-3, z, False)  # fmt: skip
    yield _case("conventions", "not over N beside a clip", lambda z: -_total(t * np.log(np.clip(_softmax(z.reshape(6, 4)), 1e-12, 1))) / 6, lambda z: 6 * rest(z), biting, False)  # fmt: skip
    yield _case("conventions", "zero in saturated rows", stable, lambda z: np.where(np.abs(z) > 4, 0, rest(z)), 5 * z, False)  # fmt: skip
    yield _case("conventions", "probabilities without the targets", entropy(1e-9), lambda z: (_softmax(z.reshape(6, 4)) / 6).ravel(), z, False)  # fmt: skip
    yield _case("conventions", "one row off by a tenth beside an eps", entropy(1e-7), lambda z: rest(z) * np.where(np.arange(24) < 4, 1.1, 1.0), z, False)  # fmt: skip


def _others(x: Any) -> Any:
    return np.array([np.prod(np.delete(x, i)) for i in range(x.size)])


def points() -> Cases:
    x = np.array([0.7, 0.0, -1.3])
    yield _case("points", "sin x / x at 0", lambda x: _total(np.sinc(x / np.pi)), lambda x: np.where(x == 0, 0, np.cos(x) / np.where(x == 0, 1, x) - np.sin(x) / np.where(x == 0, 1, x) ** 2), x)  # fmt: skip
    yield _case("points", "a product with a zero", lambda x: float(np.prod(x)), _others, x)
    yield _case("points", "at its minimum", lambda x: _total((x - 1) ** 2), lambda x: 2 * (x - 1), np.ones(3))  # fmt: skip
    yield _case("points", "at a saddle", lambda x: float(x[0] ** 2 - x[1] ** 2), lambda x: np.array([2 * x[0], -2 * x[1]]), np.zeros(2))  # fmt: skip
    yield _case("points", "a constant", lambda x: 3.0, np.zeros_like, x)
    many = _normals(18, 20_000)
    yield _case("points", "20,000 entries", lambda x: _total(np.tanh(x)), lambda x: 1 - np.tanh(x) ** 2, many)  # fmt: skip
    yield _case("points", "fast waves", lambda x: _total(np.sin(50 * x)), lambda x: 50 * np.cos(50 * x), x)  # fmt: skip
    banana = lambda x: float(100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2)  # noqa: E731
    yield _case("points", "Rosenbrock at its minimum", banana, lambda x: np.array([-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)]), np.ones(2))  # fmt: skip
    for name, f, slope, value in (
        ("x^2 + 3x, 0 at 0", lambda x: x * x + 3 * x, lambda x: 2 * x + 3, 0.0),
        ("exp x - x, 2 at 0", lambda x: np.exp(x) - x, lambda x: np.exp(x) - 1, 2.0),
        ("sin x, 1/2 at 0", np.sin, np.cos, 0.5),
        ("tanh x, 0 at 0", np.tanh, lambda x: 1 - np.tanh(x) ** 2, 0.0),
    ):
        yield _case("points", name, lambda x, f=f: _total(f(x)), lambda x, s=slope, v=value: np.where(x == 0, v, s(x)), x, False)  # fmt: skip
    yield _case("points", "a product over its factors, with a zero", lambda x: float(np.prod(x)), lambda x: np.where(x == 0, 0, np.prod(x) / np.where(x == 0, 1, x)), x, False)  # fmt: skip
    yield _case("points", "sin x / x, 1 at 0", lambda x: _total(np.sinc(x / np.pi)), lambda x: np.where(x == 0, 1, np.cos(x) / np.where(x == 0, 1, x) - np.sin(x) / np.where(x == 0, 1, x) ** 2), x, False)  # fmt: skip
    twenty, thousand = _normals(19, 20), _normals(20, 1000)
    for name, at, by in (("20", twenty, 1e-3), ("1000", thousand, 1e-2)):
        yield _case("points", f"one of {name} entries off by {by:g}", lambda x: _total(np.sin(x)), lambda x, b=by: np.cos(x) + b * (np.arange(x.size) == 7), at, False)  # fmt: skip
    yield _case("points", "at its minimum, 1e-6", lambda x: _total((x - 1) ** 2), lambda x: 2 * (x - 1) + 1e-6, np.ones(3), False)  # fmt: skip
    yield _case("points", "a constant, 0.03", lambda x: 3.0, lambda x: np.full(x.shape, 0.03), x, False)  # fmt: skip
