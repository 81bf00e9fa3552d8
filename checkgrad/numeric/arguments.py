"""The arguments of a function by position or by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

Wrt = int | str | tuple[int | str, ...]


def titles(f: Callable[..., Any], count: int) -> list[str]:
    """What *f* calls its first *count* arguments."""
    f = f.func if isinstance(f, partial) and not f.args else f
    code = getattr(f, "__code__", None)  # inspect.signature would cost as much as a small f
    names = list(code.co_varnames[: code.co_argcount]) if code else []
    names = names[1:] if inspect.ismethod(f) else names
    return (names + [f"argument{i}" for i in range(len(names), count)])[:count]


def positions(wrt: Wrt, names: Sequence[str]) -> tuple[int, ...]:
    """The arguments that *wrt* says, counted from 0, or an error that says what it may be."""
    several = wrt if isinstance(wrt, tuple) else (wrt,)
    if not several:
        raise ValueError("wrt=(), expected at least one argument")
    return tuple(_position(one, names) for one in several)


def _position(wrt: int | str, names: Sequence[str]) -> int:
    if isinstance(wrt, str):
        if wrt not in names:
            raise ValueError(f"wrt={wrt!r}, but the arguments are {', '.join(names) or 'none'}")
        return names.index(wrt)
    if not isinstance(wrt, int) or isinstance(wrt, bool):
        raise TypeError(
            f"wrt={wrt!r}, expected the position or the name of an argument, or a tuple"
        )
    if not -len(names) <= wrt < len(names):
        raise ValueError(f"wrt={wrt}, but f is called with {len(names)} arguments; count from 0")
    return wrt % len(names)
