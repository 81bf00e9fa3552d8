"""Arrays with the methods of tensors, for code that is written for a library of tensors that is not here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .standin import MissingModule

LIBRARIES = ("torch", "tinygrad", "mindspore", "paddle")


class Tensor(np.ndarray):
    """An array that answers to what tensors are asked for; NumPy's own methods take `dim` for `axis`."""

    def pow(self, exponent: Any) -> Any:
        return self**exponent

    def abs(self) -> Any:
        return np.abs(self)

    def clamp(self, min: Any = None, max: Any = None) -> Any:
        return np.clip(self, min, max)

    def clamp_min(self, least: Any) -> Any:
        return np.maximum(self, least)

    def clamp_max(self, most: Any) -> Any:
        return np.minimum(self, most)

    def relu(self) -> Any:
        return np.maximum(self, 0)

    def sigmoid(self) -> Any:
        return 1 / (1 + np.exp(-self))

    def softmax(self, dim: int = -1) -> Any:
        e = np.exp(self - np.max(self, axis=dim, keepdims=True))
        return e / np.sum(e, axis=dim, keepdims=True)

    def log_softmax(self, dim: int = -1) -> Any:
        return np.log(self.softmax(dim))

    def t(self) -> Any:
        return self.T

    def mm(self, other: Any) -> Any:
        return self @ other

    matmul = mm

    def unsqueeze(self, dim: int) -> Any:
        return np.expand_dims(self, dim)

    def numel(self) -> int:
        return int(np.size(self))

    def view(self, *shape: Any) -> Any:  # type: ignore[override]
        """Another shape; of no sizes, as NumPy has it."""
        if shape and all(isinstance(n, int) for n in shape):
            return self.reshape(*shape)
        return super().view(*shape)

    def itself(self) -> Any:
        return self

    detach = clone = contiguous = cpu = float = double = itself


def _of_numpy(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Any) -> Any:
        return function(self)

    return method


def _along(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Any, dim: Any = None, keepdim: bool = False, **named: Any) -> Any:
        named = {"axis": dim, "keepdims": keepdim, **named}
        return as_tensor(function(np.asarray(self), **named))

    return method


for _name in ("exp", "log", "sqrt", "tanh", "sign", "log1p", "square"):
    setattr(Tensor, _name, _of_numpy(_name))
for _name in ("sum", "mean", "prod", "argmax", "argmin"):
    setattr(Tensor, _name, _along(_name))


def as_tensor(value: Any) -> Any:
    return np.asarray(value).view(Tensor)


def are_missed(error: AttributeError) -> bool:
    """Was an array asked for a method of tensors, where a library of tensors is not here?"""
    here = (sys.modules.get(name) for name in LIBRARIES)
    missing = any(isinstance(module, MissingModule) for module in here)
    return missing and isinstance(error.obj, np.ndarray) and hasattr(Tensor, str(error.name))


def with_tensors(function: Callable[..., Any], args: Sequence[Any], named: dict[str, Any]) -> Any:
    """What a function gives that is given tensors for arrays, as arrays."""
    given = [as_tensor(a) if type(a) is np.ndarray else a for a in args]
    return as_arrays(function(*given, **named))


def as_arrays(value: Any) -> Any:
    """A value with arrays, or numbers, in the place of tensors."""
    if isinstance(value, Tensor):
        return np.asarray(value)[()]
    if type(value) in (list, tuple):
        return type(value)(map(as_arrays, value))
    return value
