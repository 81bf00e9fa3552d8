"""What stands in the place of Python's and NumPy's own while a file's own work runs: what reads, writes, waits and asks."""

from __future__ import annotations

import argparse
import builtins
import glob
import gzip
import os
import pathlib
import pickle
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from functools import partial
from io import StringIO
from typing import Any

import numpy as np

from .data import Data
from .givings import Given, Giver, Value
from .standin import StandIn

UNREADABLE = (OSError, EOFError, pickle.UnpicklingError, ValueError)


@contextmanager
def in_place(giver: Giver, names: dict[str, Any]) -> Iterator[None]:
    """While a file's own work runs: what reads files, waits and asks. names: the builtins that it sees."""
    replaced = [*reading(giver), *writing(), *asking()]
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in replaced]
    before = {name: names[name] for name in ("open", "input")}
    try:
        for owner, name, new in replaced:
            setattr(owner, name, new)
        names.update(open=partial(opened, giver), input=partial(asked, giver))
        StandIn.giver = giver.attribute
        yield
    finally:
        StandIn.giver = None
        names.update(before)
        for owner, name, old in kept:
            setattr(owner, name, old)


def reading(giver: Giver) -> Iterator[tuple[Any, str, Any]]:
    """What reads files that may not be there."""

    def instead(what: str, a: tuple[Any, ...]) -> str:
        """Note that *what* was called in vain; the path that it was given."""
        path = a[0][:80] if a and type(a[0]) is str else ""
        giver.gave.setdefault(f"{what}({path})")
        return path

    def or_else(function: Callable[..., Any], other: Callable[[str], Any], what: str) -> Any:
        def read(*a: Any, **n: Any) -> Any:
            try:
                return function(*a, **n)
            except UNREADABLE:
                return other(instead(what, a))

        return read

    def noted(function: Callable[..., Any], what: str) -> Any:
        def found(*a: Any, **n: Any) -> Any:
            files: Any = []
            try:
                files = function(*a, **n)
            finally:
                if not files:
                    instead(what, a)
            return files

        return found

    def buffer(what: Any, *a: Any, **n: Any) -> Any:
        found = frombuffer(what, *a, **n)
        return found.view(Data) if type(what) is Given else found

    def loaded(path: str) -> Any:
        return Value(giver, f"np.load {path}", label=giver.is_of_labels(path))

    frombuffer = np.frombuffer
    table = giver.matrix
    yield np, "loadtxt", or_else(np.loadtxt, table, "np.loadtxt")
    yield np, "genfromtxt", or_else(np.genfromtxt, table, "np.genfromtxt")
    yield np, "load", or_else(np.load, loaded, "np.load")
    yield np, "frombuffer", buffer
    other = partial(Value, giver, "pickle.load")
    yield pickle, "load", or_else(pickle.load, lambda path: other(), "pickle.load")
    yield glob, "glob", noted(glob.glob, "glob.glob")
    yield os, "listdir", noted(os.listdir, "os.listdir")
    yield gzip, "open", lambda path, mode="rb", *a, **n: giver.file(path, mode)
    yield urllib.request, "urlretrieve", lambda *a, **n: (a[0], None)
    yield urllib.request, "urlopen", lambda *a, **n: giver.file(a[0], "rb")
    yield time, "sleep", lambda seconds: None


def writing() -> Iterator[tuple[Any, str, Any]]:
    """What writes files, which a submission may not."""

    def or_nothing(function: Callable[..., Any]) -> Any:
        def write(*a: Any, **n: Any) -> None:
            try:
                function(*a, **n)
            except OSError:
                return

        return write

    for name in ("save", "savez", "savez_compressed", "savetxt"):
        yield np, name, or_nothing(getattr(np, name))
    for name in ("mkdir", "makedirs", "mknod", "remove"):
        yield os, name, or_nothing(getattr(os, name))
    yield pathlib.Path, "mkdir", or_nothing(pathlib.Path.mkdir)


def opened(giver: Giver, file: Any, mode: str = "r", *a: Any, **n: Any) -> Any:
    """An open file; where it is not there, or may not be written, one in memory."""
    try:
        return builtins.open(file, mode, *a, **n)
    except OSError:
        return giver.file(file, mode)


# ---------------------------------------------------------------- answers


def asked(giver: Giver, prompt: Any = "") -> str:
    giver.gave.setdefault("input()")
    return ANSWER


ANSWER = "2"


class Argv(list):  # type: ignore[type-arg]
    """What stands behind the name of a script: nothing, but each word that it asks for."""

    def __getitem__(self, key: Any) -> Any:
        beyond = type(key) is int and key >= len(self)
        return ANSWER if beyond else super().__getitem__(key)


def asking() -> Iterator[tuple[Any, str, Any]]:
    """What asks for words of a command line."""
    parse = argparse.ArgumentParser.parse_args

    def parsed(self: Any, args: Any = None, namespace: Any = None) -> Any:
        given = [] if args is None else args
        try:
            with redirect_stderr(StringIO()):
                return parse(self, given, namespace)
        except SystemExit:
            with redirect_stderr(StringIO()):
                return parse(self, [*relaxed(self), *given], namespace)

    yield argparse.ArgumentParser, "parse_args", parsed
    yield sys, "argv", Argv(sys.argv[:1] or [""])


def relaxed(parser: argparse.ArgumentParser) -> list[str]:
    """Words for what a parser cannot do without; what it merely requires gets some value."""
    words: list[str] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            name, inner = next(iter(action.choices.items()), ("", None))
            words += [name, *relaxed(inner)] if inner else []
        elif action.required and action.default is None:
            action.required, action.default = False, answer_to(action)
            action.nargs = action.nargs if action.option_strings else "?"
    return words


def answer_to(action: argparse.Action) -> Any:
    """Some value of the kind that an argument has to be."""
    value: Any = ANSWER
    if action.choices:
        value = next(iter(action.choices))
    elif action.type is not None and callable(action.type):
        try:
            value = action.type(value)
        except (ValueError, TypeError):
            value = None
    return [value, value] if action.nargs in ("+", "*") else value
