r"""One entry of a result worked out by hand: every term of the formula with the numbers of an input.

A calculation yields lines: what is worked out, the same with numbers, both as LaTeX, and the value. Its last line is the
entry. *at* is the index of the entry, (member, *index) where there are several results; *share* is what a sum is
multiplied with, 1/N where the mean is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from checkgrad.model import Worked

MOST_TERMS = 7  # of a sum that is written out
Lines = Iterator[tuple[str, str, float]]


class Share(NamedTuple):
    """A factor in front of a sum, as LaTeX and as a number."""

    latex: str
    value: float


def by_hand(
    name: str, probe: tuple[Any, ...], at: tuple[int, ...], expected: float
) -> list[Worked]:
    """Return the lines that lead to *expected* at the entry *at* of exercise *name*.

    None where no calculation is known, or where another convention than its own is asked for.
    """
    calculation = WORKED.get(name)
    for share in _shares(probe) if calculation else ():
        with np.errstate(all="ignore"):
            found = calculation(at, share, *map(_real, probe))  # type: ignore[misc]
            lines = [Worked(name, shown, float(value) + 0.0) for name, shown, value in found]
        if _lead_to(expected, [line.value for line in lines]):
            return lines
    return []


def _lead_to(expected: float, values: list[float]) -> bool:
    """Is the last value what was expected, up to the rounding of single precision?"""
    room = 3e-7 * max(1.0, *map(abs, values)) + 1e-5 * abs(expected)
    return bool(np.isfinite(values).all() and abs(values[-1] - expected) <= room)


def _real(argument: Any) -> Any:
    """Single precision and whole numbers as double precision: on paper nothing is rounded."""
    return np.asarray(argument, float) if isinstance(argument, np.ndarray) else argument


def _shares(probe: tuple[Any, ...]) -> list[Share]:
    """What a loss may be divided by: samples, cells, twice those, nothing."""
    shape = np.shape(probe[0])
    n, cells = (shape[0] if shape else 1), max(int(np.size(probe[0])), 1)
    wide = rf"{n} \cdot {cells // n}" if cells > n else str(n)
    made = [(str(n), n), (wide, cells), (rf"2 \cdot {n}", 2 * n), (rf"2 \cdot {wide}", 2 * cells)]
    over = [Share("" if d == 1 else frac("1", text), 1 / d) for text, d in made]
    return [*over, Share("", 1.0), Share(r"\frac{1}{2}", 0.5)]


def frac(above: str, below: str) -> str:
    return rf"\frac{{{above}}}{{{below}}}"


def num(value: float) -> str:
    """A number to 4 digits."""
    mantissa, e, exponent = f"{value + 0.0:.4g}".partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else mantissa


def par(value: float) -> str:
    """A number as a factor: in parentheses where it has a sign of its own."""
    return f"({num(value)})" if num(value).startswith("-") or "cdot" in num(value) else num(value)


def exp(value: float) -> str:
    return f"e^{{{num(value)}}}"


def times(*factors: float) -> str:
    return r" \cdot ".join(map(par, factors))


def added(terms: list[str]) -> str:
    """A sum; a long one is cut in the middle."""
    if len(terms) > MOST_TERMS:
        terms = [*terms[: MOST_TERMS - 1], r"\dots", terms[-1]]
    return " + ".join(terms)


def numbers(values: Any) -> str:
    return added([par(v) for v in np.ravel(values)])


def index(*at: int) -> str:
    """An index, without a comma where all are digits."""
    return f"_{{{(',' if max(at, default=0) > 9 else '').join(map(str, at))}}}" if at else ""


def sigmoid(at, share, z):
    yield f"y{index(*at)}", frac("1", "1 + " + exp(-z[at])), squash(z[at])


def sigmoid_derivative(at, share, z):
    y = squash(z[at])
    yield from sigmoid(at, share, z)
    yield r"\frac{dy}{dz} = y (1 - y)", rf"{par(y)} \cdot (1 - {par(y)})", y * (1 - y)


def tanh(at, share, z):
    up, down = exp(z[at]), exp(-z[at])
    yield f"y{index(*at)}", frac(f"{up} - {down}", f"{up} + {down}"), np.tanh(z[at])


def tanh_derivative(at, share, z):
    y = np.tanh(z[at])
    yield from tanh(at, share, z)
    yield r"\frac{dy}{dz} = 1 - y^2", f"1 - {par(y)}^2", 1 - y**2


def relu(at, share, z):
    yield f"y{index(*at)}", rf"\max(0, {num(z[at])})", max(0.0, z[at])


def relu_derivative(at, share, z):
    yield case(at, z), "1" if z[at] > 0 else "0", float(z[at] > 0)


def leaky_relu(at, share, z):
    slope = rf"0.01 \cdot {par(z[at])}"
    small = 0.01 * z[at]
    yield f"y{index(*at)}", num(z[at]) if z[at] > 0 else slope, z[at] if z[at] > 0 else small


def leaky_relu_derivative(at, share, z):
    yield case(at, z), r"1" if z[at] > 0 else r"\alpha", 1.0 if z[at] > 0 else 0.01


def case(at, z):
    side = ">" if z[at] > 0 else "<" if z[at] < 0 else "="
    return rf"{num(z[at])} {side} 0: \quad \frac{{dy}}{{dz}}"


def softmax(at, share, z):
    row = z[at[:-1]]
    e = np.exp(row - row.max())
    moved = f"z_k - {par(row.max())}" if row.max() > 30 else "z_k"
    shown = row - row.max() if row.max() > 30 else row
    total = np.exp(shown).sum()
    yield rf"S = \sum_k e^{{{moved}}}", added([exp(v) for v in shown]), total
    yield f"y_{{{at[-1]}}}", frac(exp(shown[at[-1]]), num(total)), e[at[-1]] / e.sum()


def softmax_jacobian(at, share, z):
    *sample, i, j = at
    y = shares_of(z[tuple(sample)])
    yield next(softmax((*sample, i), share, z))
    for k in dict.fromkeys((i, j)):
        yield list(softmax((*sample, k), share, z))[-1]
    name = rf"\frac{{\partial y_{{{i}}}}}{{\partial z_{{{j}}}}}"
    if i == j:
        formula, shown = f"y_{{{i}}} (1 - y_{{{i}}})", rf"{par(y[i])} \cdot (1 - {par(y[i])})"
    else:
        formula, shown = f"-y_{{{i}}} y_{{{j}}}", "-" + times(y[i], y[j])
    yield f"{name} = {formula}", shown, y[i] * ((i == j) - y[j])


def softmax_backward(at, share, dy, z):
    y, up, j = shares_of(z[at[:-1]]), dy[at[:-1]], at[-1]
    yield next(softmax(at, share, z))
    for k in range(min(len(y), MOST_TERMS)):
        yield list(softmax((*at[:-1], k), share, z))[-1]
    dot = up @ y
    terms = added([times(a, b) for a, b in zip(up, y, strict=True)])
    yield r"s = \sum_i \frac{\partial L}{\partial y_i} y_i", terms, dot
    name = rf"\frac{{\partial L}}{{\partial z_{{{j}}}}} = y_{{{j}}} \left( \frac{{\partial L}}{{\partial y_{{{j}}}}} - s \right)"
    yield name, rf"{par(y[j])} \cdot ({num(up[j])} - {par(dot)})", y[j] * (up[j] - dot)


def binary_cross_entropy(at, share, y, t):
    y, t = np.ravel(y), np.ravel(t)
    cells = [-log_of(b, a) - log_of(1 - b, 1 - a) for a, b in zip(y, t, strict=True)]
    for n, (a, b, cell) in enumerate(zip(y, t, cells, strict=True)):
        if n < MOST_TERMS:
            shown = rf"-{par(b)} \ln {par(a)} - (1 - {par(b)}) \ln (1 - {par(a)})"
            yield f"L{index(n)}", shown, cell
    yield from mean_of(share, cells)


def binary_cross_entropy_derivative(at, share, y, t):
    a, b = y[at], t[at]
    shown = frac(f"{num(a)} - {par(b)}", rf"{par(a)} \cdot (1 - {par(a)})")
    name = slope_by("y", at) + rf" = {share_of(share)}\frac{{y - t}}{{y (1 - y)}}"
    yield name, dot(share) + shown, share.value * (a - b) / (a * (1 - a))


def sigmoid_binary_cross_entropy(at, share, z, t):
    z, t = np.ravel(z), np.ravel(t)
    cells = [np.logaddexp(0, a) - b * a for a, b in zip(z, t, strict=True)]
    for n, (a, b, cell) in enumerate(zip(z, t, cells, strict=True)):
        if n < MOST_TERMS:
            yield f"L{index(n)}", rf"\ln (1 + {exp(a)}) - {times(b, a)}", cell
    yield from mean_of(share, cells)


def sigmoid_binary_cross_entropy_gradient(at, share, z, t):
    yield from sigmoid(at, share, z)
    yield from off(slope_by("z", at), share, squash(z[at]), t[at])


def cross_entropy(at, share, y, t):
    t = one_hot_rows(t, y)
    cells = [
        -sum(log_of(b, a) for a, b in zip(*rows, strict=True)) for rows in zip(y, t, strict=True)
    ]
    for n, (a, b, cell) in enumerate(zip(y, t, cells, strict=True)):
        if n < MOST_TERMS:
            terms = [rf"{par(b[i])} \ln {par(a[i])}" for i in np.flatnonzero(b)]
            yield f"L{index(n)}", rf"-\left( {added(terms)} \right)", cell
    yield from mean_of(share, cells)


def cross_entropy_derivative(at, share, y, t):
    t = one_hot_rows(t, y)
    name = slope_by("y", at) + rf" = -{share_of(share)}\frac{{t}}{{y}}"
    yield name, f"-{dot(share)}" + frac(num(t[at]), num(y[at])), -share.value * t[at] / y[at]


def softmax_cross_entropy(at, share, z, t):
    t = one_hot_rows(t, z)
    cells = [np.log(np.exp(a).sum()) - a @ b for a, b in zip(z, t, strict=True)]
    for n, (a, b, cell) in enumerate(zip(z, t, cells, strict=True)):
        if n < MOST_TERMS:
            true = added([times(b[i], a[i]) for i in np.flatnonzero(b)])
            yield f"L{index(n)}", rf"\ln ({added([exp(v) for v in a])}) - ({true})", cell
    yield from mean_of(share, cells)


def softmax_cross_entropy_gradient(at, share, z, t):
    t = one_hot_rows(t, z)
    yield from softmax(at, share, z)
    yield from off(slope_by("z", at), share, shares_of(z[at[:-1]])[at[-1]], t[at])


def mse_loss(at, share, y, t):
    pairs = list(zip(np.ravel(y), np.ravel(t), strict=True))
    terms = added([f"({num(a)} - {par(b)})^2" for a, b in pairs])
    total = sum((a - b) ** 2 for a, b in pairs)
    yield r"S = \sum (y - t)^2", terms, total
    yield f"L = {share_of(share)} S", dot(share) + par(total), share.value * total


def mse_loss_gradient(at, share, y, t):
    gap = y[at] - t[at]
    name = slope_by("y", at) + rf" = {share_of(share)} \cdot 2 (y - t)"
    shown = rf"{dot(share)}2 \cdot ({num(y[at])} - {par(t[at])})"
    yield name, shown, share.value * 2 * gap


def affine_forward(at, share, x, w, b):
    n, h = at
    terms = [times(p, q) for p, q in zip(x[n], w[:, h], strict=True)]
    yield f"z{index(n, h)}", f"{added(terms)} + {par(b[h])}", x[n] @ w[:, h] + b[h]


def affine_backward(at, share, dout, x, w):
    member, *entry = at
    i, j = entry if len(entry) == 2 else (0, *entry)
    factors = [lambda: zip(dout[i], w[j], strict=True), lambda: zip(x[:, i], dout[:, j], strict=True),
               lambda: zip(dout[:, j], strict=True)][member]()  # fmt: skip
    pairs = list(factors)
    terms = added([times(*pair) for pair in pairs])
    yield slope_by("xwb"[member], tuple(entry)), terms, float(sum(np.prod(p) for p in pairs))


def l2_penalty(at, share, w, lam):
    total = float((w**2).sum())
    yield r"S = \sum_{ij} w_{ij}^2", added([f"{par(v)}^2" for v in np.ravel(w)]), total
    yield r"R = \frac{\lambda}{2} S", rf"{frac(num(lam), '2')} \cdot {par(total)}", lam / 2 * total


def l2_penalty_gradient(at, share, w, lam):
    yield slope_by("w", at, "R") + r" = \lambda w", times(lam, w[at]), lam * w[at]


def sgd_update(at, share, w, g, lr):
    yield rf"w{index(*at)}", rf"{num(w[at])} - {times(lr, g[at])}", w[at] - lr * g[at]


def momentum_update(at, share, w, g, v, lr, mu):
    member, *rest = at
    k = tuple(rest)
    new = mu * v[k] - lr * g[k]
    yield f"v{index(*k)}", f"{times(mu, v[k])} - {times(lr, g[k])}", new
    if member == 0:
        yield f"w{index(*k)}", f"{num(w[k])} + {par(new)}", w[k] + new


def adam_update(at, share, w, g, m, v, t, lr):
    member, *rest = at
    k = tuple(rest)
    mean, square = 0.9 * m[k] + 0.1 * g[k], 0.999 * v[k] + 0.001 * g[k] ** 2
    if member != 2:
        yield r"m = \beta_1 m + (1 - \beta_1) g", rf"{times(0.9, m[k])} + {times(0.1, g[k])}", mean
    if member != 1:
        shown = rf"{times(0.999, v[k])} + 0.001 \cdot {par(g[k])}^2"
        yield r"v = \beta_2 v + (1 - \beta_2) g^2", shown, square
    if member == 0:
        a, b = mean / (1 - 0.9**t), square / (1 - 0.999**t)
        yield r"\hat m = m / (1 - \beta_1^t)", frac(num(mean), f"1 - 0.9^{{{t}}}"), a
        yield r"\hat v = v / (1 - \beta_2^t)", frac(num(square), f"1 - 0.999^{{{t}}}"), b
        below = rf"\sqrt{{{num(b)}}} + 10^{{-8}}"
        step = lr * a / (np.sqrt(b) + 1e-8)
        yield f"w{index(*k)}", rf"{num(w[k])} - {par(lr)} \cdot {frac(num(a), below)}", w[k] - step


def one_hot(at, share, labels, classes):
    n, i = at
    label = int(labels[n])
    yield (
        rf"\text{{class of sample {n}}} = {label}: \quad t{index(*at)}",
        str(int(label == i)),
        float(label == i),
    )


def accuracy(at, share, y, t):
    right = [int(a.argmax() == b.argmax()) for a, b in zip(y, t, strict=True)]
    for n, (a, b) in enumerate(zip(y, t, strict=True)):
        if n < MOST_TERMS:
            same = "=" if right[n] else r"\ne"
            shown = rf"{a.argmax()} {same} {b.argmax()} \Rightarrow {right[n]}"
            yield (
                rf"\arg\max_i y_{{{n}i}},\ \arg\max_i t_{{{n}i}}: \quad r_{{{n}}}",
                shown,
                float(right[n]),
            )
    yield r"\mathrm{accuracy}", dot(share) + f"({numbers(right)})", share.value * sum(right)


def squash(z):
    return 1 / (1 + np.exp(-z))


def shares_of(row):
    e = np.exp(row - row.max())
    return e / e.sum()


def log_of(factor, value):
    return 0.0 if factor == 0 else factor * np.log(value)


def one_hot_rows(t, like):
    return np.eye(like.shape[1])[t.astype(int)] if t.ndim == 1 and like.ndim == 2 else t


def share_of(share):
    return share.latex + " " if share.latex else ""


def dot(share):
    return share.latex + r" \cdot " if share.latex else ""


def slope_by(name, at, of="L"):
    return rf"\frac{{\partial {of}}}{{\partial {name}{index(*at)}}}"


def mean_of(share, cells):
    yield (
        f"L = {share_of(share)}" + r"\sum_n L_n",
        f"{dot(share)}({numbers(cells)})",
        share.value * sum(cells),
    )


def off(name, share, y, t):
    """What is left of a loss and its output function together: y - t."""
    yield (
        rf"{name} = {share_of(share)}(y - t)",
        f"{dot(share)}({num(y)} - {par(t)})",
        share.value * (y - t),
    )


WORKED: dict[str, Callable[..., Lines]] = {
    calculation.__name__: calculation
    for calculation in (
        sigmoid,
        sigmoid_derivative,
        tanh,
        tanh_derivative,
        relu,
        relu_derivative,
        leaky_relu,
        leaky_relu_derivative,
        softmax,
        softmax_jacobian,
        softmax_backward,
        binary_cross_entropy,
        binary_cross_entropy_derivative,
        sigmoid_binary_cross_entropy,
        sigmoid_binary_cross_entropy_gradient,
        cross_entropy,
        cross_entropy_derivative,
        softmax_cross_entropy,
        softmax_cross_entropy_gradient,
        mse_loss,
        mse_loss_gradient,
        affine_forward,
        affine_backward,
        l2_penalty,
        l2_penalty_gradient,
        sgd_update,
        momentum_update,
        adam_update,
        one_hot,
        accuracy,
    )
}
