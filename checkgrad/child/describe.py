"""Values that do not travel: what harmless value stands for them, or what is said of them."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from .behaviour import Unsendable

NAMES = {
    types.GeneratorType: "a generator; return a list or an array",
    types.CoroutineType: "a coroutine; the function must not be async",
    types.FunctionType: "a function, not its value; was it meant to be called?",
    types.MethodType: "a method, not its value; was it meant to be called?",
    types.BuiltinFunctionType: "a function, not its value; was it meant to be called?",
    map: "a map object; return a list or an array",
    zip: "a zip object; return a list or an array",
    type(NotImplemented): "NotImplemented",
    type(...): "an ellipsis (...)",
    bytes: "bytes",
    set: "a set",
    frozenset: "a frozenset",
}


def substitute(value: Any) -> Any:
    """A value of a type that travels, as close to *value* as is harmless."""
    kind = type(value)
    if issubclass(kind, np.ndarray):
        return array(value)
    if issubclass(kind, np.generic):
        return scalar(value)
    if issubclass(kind, tuple) and "_fields" in kind.__dict__:
        return tuple(tuple.__iter__(value))
    if "__dataclass_fields__" in kind.__dict__ and len(fields_of(value)) > 1:
        return fields_of(value)
    if issubclass(kind, dict):
        return dict(dict.items(value))
    if kind is range:
        return list(value[:10_000])
    return Unsendable(NAMES.get(kind) or f"an object of class {class_name(kind)}")


def fields_of(record: Any) -> dict[Any, Any]:
    """What an object holds: its own attributes, or the members of a named tuple; none of its code is run."""
    if issubclass(type(record), tuple):
        names = type(record).__dict__.get("_fields", ())
        return dict(zip(names, tuple.__iter__(record), strict=False))
    try:
        held = object.__getattribute__(record, "__dict__")
    except AttributeError:  # it has slots
        return {}
    return dict(held) if type(held) is dict else {}


def array(value: Any) -> Any:
    """An array that is no plain one: of another byte order, of another dtype, of a subclass."""
    shape = np.ndarray.shape.__get__(value)
    if type(value) is not np.ndarray:
        what = f"a {class_name(type(value))} of shape {shape}"
        return Unsendable(f"{what}; np.asarray(...) makes it a plain array")
    if value.dtype.kind in "biufc" and value.dtype.itemsize <= 8 + 8 * (value.dtype.kind == "c"):
        if value.ndim <= 16:
            return value.astype(value.dtype.newbyteorder("<").str)
        return Unsendable(f"an array of {value.ndim} dimensions")
    if value.dtype.kind == "O":
        return Unsendable(
            f"an array of objects, shape {shape}; were its rows of different lengths?"
        )
    return Unsendable(f"an array of dtype {str(value.dtype)[:80]}, shape {shape}")


def scalar(value: np.generic) -> Any:
    """A NumPy scalar as an array without axes, which keeps its dtype."""
    plain = np.asarray(value)
    if type(plain) is np.ndarray and plain.dtype.kind in "biufc":
        return plain
    return Unsendable(f"a NumPy scalar of type {class_name(type(value))}")


def class_name(kind: type) -> str:
    """The name of a class, whatever its metaclass says."""
    try:
        name = type.__dict__["__name__"].__get__(kind)
        module = type.__dict__["__module__"].__get__(kind)
    except BaseException:
        return "unknown"
    return f"numpy.{name}" if str(module).partition(".")[0] == "numpy" else str(name)[:100]
