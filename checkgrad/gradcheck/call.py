"""How check_gradient was called: which two functions of which arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkgrad.gradcheck.trees import form
from checkgrad.numeric.arguments import titles

Function = Callable[..., Any]


@dataclass(frozen=True)
class BoundCall:
    """f and its gradient as functions of positional arguments alone; titles are what these are called."""

    f: Function
    gradient: Function
    args: tuple[Any, ...]
    titles: list[str]


def called(
    f: Function,
    points: tuple[Any, ...],
    jac: bool = False,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
) -> BoundCall:
    """Bring all ways of calling into one form, or raise TypeError."""
    if jac or (points and points[0] is True):
        f, gradient = value_of(_function(f, "f")), gradient_of(f)
        points = points if jac else points[1:]
    else:
        if not points:
            raise TypeError("no gradient was given; where f gives both, say jac=True")
        gradient, points = _function(points[0], "gradient"), points[1:]
    points = (*points, *(args if isinstance(args, tuple | list) else (args,)))
    names = titles(getattr(f, "__wrapped__", _function(f, "f")), len(points))
    if not kwargs:
        return BoundCall(f, gradient, points, names)
    keys, count = list(kwargs), len(points)

    def by_position(function: Function) -> Function:
        """*function* with its keyword arguments at the end of the others; what comes before is left alone."""

        def call(*all_of_them: Any) -> Any:
            extra = dict(zip(keys, all_of_them[-len(keys) :], strict=True))
            return function(*all_of_them[: -len(keys)], **extra)

        return call

    names = [*names[:count], *keys]
    return BoundCall(by_position(f), by_position(gradient), (*points, *kwargs.values()), names)


def _function(function: Any, name: str) -> Function:
    if not callable(function):
        raise TypeError(f"{name} is {form(function)}, expected a function of the arguments")
    return function  # type: ignore[no-any-return]


def value_of(pair: Function) -> Function:
    """The first of the two things that *pair* gives."""

    def value(*args: Any, **kwargs: Any) -> Any:
        return _pair(pair(*args, **kwargs))[0]

    value.__wrapped__ = pair  # type: ignore[attr-defined]
    return value


def gradient_of(pair: Function) -> Function:
    """The second of the two things that *pair* gives."""
    return lambda *args, **kwargs: _pair(pair(*args, **kwargs))[1]


def _pair(both: Any) -> tuple[Any, Any]:
    if not isinstance(both, tuple | list) or len(both) != 2:
        raise TypeError(f"f returned {form(both)}, expected its value and its gradient: jac=True")
    return both[0], both[1]
