"""Values of student code as plain data: copied, within bounds, and changed by named edits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from types import MemberDescriptorType
from typing import Any

import numpy as np

LARGEST = 1 << 22  # bytes of one value that is told
DEEPEST, LONGEST = 5, 2000  # groups in groups, and how many members of one are looked at
PLAIN = frozenset(map(np.dtype, ("f8", "f4", "i8", "i4", "u1", "?")))


def plain(value: Any, own: frozenset[str] | None = None, depth: int = 0) -> Any:
    """A copy of *value* as numbers, arrays and groups of such; None where it holds none.

    own: modules whose objects may be looked into; None: groups that are not all numbers are not looked into.
    """
    kind = type(value)
    if kind is float or kind is bool:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**63 else float(value)
    if issubclass(kind, np.ndarray | np.generic):
        return array(value)
    if depth >= DEEPEST:
        return None
    if kind is list or kind is tuple:
        return group(value, own, depth)
    if own is None:
        return None
    if issubclass(kind, dict):
        return members(dict.items(value), own, depth)
    if is_own(kind, own):
        return members((("." + k, v) for k, v in attributes(value).items()), own, depth)
    return None


def array(value: Any) -> np.ndarray | None:
    """A copy of an array of numbers, as a plain one."""
    if value.dtype.kind not in "biuf" or value.size * value.dtype.itemsize > LARGEST:
        return value if value.dtype.kind in "biuf" else None
    found = np.array(value, dtype=float if value.dtype.itemsize > 8 else value.dtype)
    return found.astype(found.dtype.newbyteorder("<"), copy=False)


def group(value: Any, own: frozenset[str] | None, depth: int) -> Any:
    """A list as an array if it is one of numbers, in rows of equal length; else what its members are."""
    if len(value) > LONGEST:
        return numbers(value) if len(value) <= LARGEST // 8 and are_numbers(value) else None
    if are_numbers(value):
        return numbers(value)
    found = [plain(one, own, depth + 1) for one in value]
    rows = all(type(v) is list and type(f) is np.ndarray for v, f in zip(value, found, strict=True))
    if value and rows and len({f.shape for f in found}) == 1:
        return np.array(found)
    return found if own is not None and any(one is not None for one in found) else None


def are_numbers(value: Any) -> bool:
    return bool(value) and all(
        type(one) in (int, float) or isinstance(one, np.number) for one in value
    )


def numbers(value: Any) -> np.ndarray | None:
    found = np.array(value)
    return found if found.dtype.kind in "iuf" else np.array(value, dtype=float)


def members(items: Iterable[tuple[Any, Any]], own: frozenset[str], depth: int) -> Any:
    found = {}
    for key, item in list(items)[:LONGEST]:
        value = plain(item, own, depth + 1) if type(key) in (str, int) else None
        if value is not None:
            found[key] = value
    return found or None


def is_own(kind: type, own: frozenset[str]) -> bool:
    return type.__dict__["__module__"].__get__(kind) in own


def attributes(value: Any) -> dict[str, Any]:
    """What an object holds, without running any of its code."""
    try:
        held = dict(object.__getattribute__(value, "__dict__"))
    except AttributeError:
        held = {}
    for kind in type.__dict__["__mro__"].__get__(type(value)):
        for name, slot in vars(kind).items():
            if type(slot) is MemberDescriptorType:
                with contextlib.suppress(AttributeError):
                    held.setdefault(name, slot.__get__(value))
    return held


def size_of(value: Any) -> int:
    """About how many bytes it takes to tell *value*."""
    if type(value) is np.ndarray:
        return 16 + value.nbytes
    if type(value) is list:
        return 8 + sum(map(size_of, value))
    if type(value) is dict:
        return 8 + sum(len(str(k)) + size_of(v) for k, v in value.items())
    return 9


def along(value: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    return np.sum(value, axis=axis, keepdims=bool(keepdims))


EDITS: Mapping[str, Callable[..., Any]] = {
    "replaced": lambda v, new: new,
    "plus": lambda v, more: v + more,
    "minus": lambda v, less: v - less,
    "times": lambda v, factor: v * factor,
    "over": lambda v, divisor: v / divisor,
    "divides": lambda v, dividend: dividend / v,
    "dot": lambda v, right: v @ right,
    "dotted": lambda v, left: left @ v,
    "negated": lambda v: -v,
    "transposed": lambda v: np.transpose(v),
    "reshaped": lambda v, *shape: np.reshape(v, [int(n) for n in shape]),
    "summed": along,
    "squared": lambda v: v * v,
    "copied": lambda v: v,
}


def edited(operation: str, value: Any, operands: list[Any]) -> Any:
    """The result of an edit, as a value of its own and of the kind that *value* has."""
    plain_value = listed(value) if type(value) in (list, tuple) else value
    if operation == "replaced":
        new = owned(operands[0])
    else:
        with np.errstate(all="ignore"):
            new = EDITS[operation](plain_value, *operands)
        new = np.array(new) if isinstance(new, np.ndarray) else new
    return like(value, new)


def owned(value: Any) -> Any:
    """A copy down to the last array, for student code may change it in place."""
    if type(value) is np.ndarray:
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(map(owned, value))
    if type(value) is dict:
        return {key: owned(item) for key, item in value.items()}
    return value


def listed(value: Any) -> Any:
    found = group(value, None, 0)
    return value if found is None else found


def like(old: Any, new: Any) -> Any:
    """*new* as a list where *old* is one, as a Python number where *old* is one."""
    if type(new) is np.ndarray or isinstance(new, np.generic):
        if type(old) in (list, tuple) and listed(old) is not old and np.ndim(new):
            return type(old)(np.asarray(new).tolist())
        if type(old) in (int, float) and np.ndim(new) == 0:
            return new.item()
    return new


def written(old: Any, new: Any) -> bool:
    """Write *new* into *old*, if it can hold it."""
    if type(old) is list and type(new) is list and len(old) == len(new) and old is not new:
        old[:] = new
        return True
    if not isinstance(old, np.ndarray) or not old.flags.writeable or np.shape(new) != old.shape:
        return False
    if not np.can_cast(np.asarray(new).dtype, old.dtype, "same_kind"):
        return False
    np.copyto(old, new)
    return True
