"""How far, and along what, an argument may be moved."""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

import numpy as np

# Steps with many digits: at powers of two the same rounding errors repeat, and hide.
UNEVEN = 0.6180339887498949
Domain = Literal["positive", "probability", "symmetric", "simplex"]
DOMAINS: tuple[str, ...] = get_args(Domain)
CALM = 1 / 16  # arguments so many times smaller do not saturate
# Parts of the typical size, over the number of entries. What is smaller has another unit: surely, or perhaps.
STRAY, PERHAPS = 1e-6, 1e-2
MANY = 10_000  # of more entries, one size has to do


def usual_scale(x: Any) -> Any:
    """How far one may expect to move an entry: as far as it is large, or as the others are, up to 1."""
    return np.maximum(UNEVEN * np.abs(x), np.minimum(usual_size(x), UNEVEN))


def usual_size(x: Any, stray: float = STRAY) -> Any:
    """How far entries of the typical size are moved; one number for each where they have units of their own."""
    size = UNEVEN * (rms(x) or 1.0)
    if not 1 < np.size(x) <= MANY:
        return size
    flat = np.abs(np.asarray(x, float)).ravel()
    apart = flat < stray * size / flat.size
    apart &= flat != 0
    if not apart.any():
        return size
    own = np.full(flat.shape, size)
    own[apart] = usual_size(flat[apart], stray)
    own[flat == 0] = own.min()
    return own.reshape(np.shape(x))


def rms(x: Any) -> float:
    """The root mean square of the entries."""
    return length(x) / math.sqrt(max(np.size(x), 1))


def length(x: Any) -> float:
    """The root of the sum of squares."""
    flat = np.asarray(x, float).ravel()
    square = math.sqrt(flat.dot(flat))
    if square and math.isfinite(square):
        return square
    most = float(np.max(np.abs(flat), initial=0.0))
    if not 0 < most < math.inf:
        return most
    with np.errstate(over="ignore"):  # NumPy 1 tells of one where it divides by subnormal numbers
        return most * math.sqrt(float(np.sum((flat / most) ** 2)))


def finite(x: Any) -> bool:
    """Are all entries numbers?"""
    if x.dtype.kind == "f":
        flat = x.ravel()
        with np.errstate(
            all="ignore"
        ):  # a sum of squares is one only if all of them are, and takes no memory
            return bool(math.isfinite(flat.dot(flat)) or np.isfinite(x).all())
    return True


def own_scale(x: Any) -> Any:
    """How far an entry may move and keep its sign."""
    return np.where(x == 0, usual_scale(x), UNEVEN * np.abs(x))


def move(x: Any, by: Any, domain: str | None) -> Any:
    """Turn numbers of size 1, one for each entry, into a direction along which *x* stays in its domain."""
    return move_scale(x, domain) * spread(x, by, domain)


def spread(x: Any, by: Any, domain: str | None) -> Any:
    """Numbers of size 1, one for each entry, such that moves of that size of its own stay in the domain."""
    if domain == "symmetric":
        return (by + np.swapaxes(by, -1, -2)) / 2
    if domain == "simplex":
        return by - np.sum(x * by, axis=-1, keepdims=True)
    return by


def move_scale(x: Any, domain: str | None) -> Any:
    """How far an entry of *x* may move; one number for the whole of it where that is the same for all."""
    if domain in ("positive", "simplex"):
        return own_scale(x)
    if domain == "probability":
        return UNEVEN * np.minimum(np.abs(x), np.abs(1 - x))
    return usual_size(x, PERHAPS)


def calmer(x: Any, domain: str | None, share: float) -> Any:
    """A point on the way from *x*, at 0, to where nothing is saturated, at 1; within the domain."""
    left = 1 - share * (1 - CALM)
    if domain == "positive":
        return np.sign(x) * np.abs(x) ** left * np.mean(np.abs(x)) ** (1 - left)
    if domain == "probability":
        odds = (x / (1 - x)) ** left
        return odds / (1 + odds)
    if domain == "simplex":
        powers = x**left
        return powers / powers.sum(axis=-1, keepdims=True)
    return left * x


def checked(value: Any, name: str) -> Any:
    """*value* as an array, or an error that says why one cannot differentiate by it."""
    if isinstance(value, np.matrix | np.ma.MaskedArray):
        raise TypeError(f"{name} is a {type(value).__name__}, expected a plain array")
    if advice := _advice(value):
        raise TypeError(f"{name} is a {type(value).__name__}, expected an array; {advice}")
    array = np.asarray(value)
    if array.dtype.kind == "c":
        raise TypeError(f"{name} is complex; split it into its real and imaginary parts")
    if array.dtype.kind != "f":
        raise TypeError(f"{name} is of type {array.dtype}, expected floats; convert it first")
    if array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}: there is nothing to differentiate by")
    if not finite(array):
        raise ValueError(f"{name} contains NaN or infinity, where nothing has a derivative")
    return array


def _advice(value: Any) -> str:
    """What to hand over instead of an object that holds an array."""
    module = type(value).__module__.split(".")[0]
    if module == "scipy" and hasattr(value, "tocoo"):
        return "hand over its values (its .data), and build the matrix from them in f"
    if module == "pandas" and hasattr(value, "to_numpy"):
        return "hand over its .to_numpy(), and build it from that in f"
    if module == "torch":
        return (
            "hand over its .numpy(force=True); of functions of torch, check_vjp checks the gradient"
        )
    return ""


def checked_domain(domain: str | None) -> None:
    """Raise ValueError where *domain* is none of DOMAINS."""
    if domain is not None and domain not in DOMAINS:
        raise ValueError(f"domain={domain!r}, expected one of {', '.join(DOMAINS)}")
