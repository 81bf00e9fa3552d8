"""The one launcher of this process, self-tested when it starts, replaced when it is lost."""

from __future__ import annotations

import atexit
import itertools
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from checkgrad import scratch
from checkgrad.child import kernel
from checkgrad.sandbox.launch import ForkServer, Launcher, LauncherLost, Spawner, without
from checkgrad.sandbox.selftest import SelfTest, self_test
from checkgrad.sandbox.session import Died, GraderFault

TRIES = 3
FIRST_USER, USERS, SLOTS = 20_000, 40_000, 8

__all__ = ["discard", "folder", "found", "launcher", "next_user", "without"]


@dataclass(frozen=True)
class Lodging:
    """A launcher, what its self-test found, and whether workers become users of their own."""

    launcher: Launcher
    finding: SelfTest
    drops: bool


LauncherKey = tuple[int, tuple[str, ...]]
# By process, for one that was forked from us needs its own, and by the layers that are switched off.
_houses: dict[LauncherKey, Lodging] = {}
_folders: dict[int, Path] = {}
_slot = itertools.count()


def launcher() -> Launcher:
    return house().launcher


def folder() -> Path:
    """Where submissions are staged, whichever house they live in: entered by all, listed by nobody but us."""
    me = os.getpid()
    if me not in _folders:
        _folders[me] = scratch.new()
        _folders[me].chmod(0o711)
        atexit.register(clear, me)
    return _folders[me]


def clear(owner: int) -> None:
    if owner == os.getpid():
        scratch.remove(_folders.pop(owner))


def found() -> SelfTest:
    """What the self-test found out."""
    return house().finding


def house() -> Lodging:
    """The house of this process; it is built when first asked for."""
    key = (os.getpid(), without())
    if key not in _houses:
        _houses[key] = build()
        atexit.register(discard, key)
    return _houses[key]


def build() -> Lodging:
    for left in reversed(range(TRIES)):
        try:
            return tested(new_launcher())
        except (GraderFault, LauncherLost, Died) as fault:
            if not left:
                raise GraderFault(str(fault)) from None
    raise AssertionError("unreachable")


def tested(launcher: Launcher) -> Lodging:
    """The house of *launcher*. Where a user of its own could read nothing, workers stay what we are."""
    try:
        if may_drop():
            finding = self_test(launcher, new_user())
            if finding.usable:
                return Lodging(launcher, finding, True)
        finding = self_test(launcher, 0)
        if not finding.usable:
            raise GraderFault("a worker cannot read Python's standard library or its own folder")
        return Lodging(launcher, finding, False)
    except BaseException:
        launcher.close()
        raise


def new_launcher() -> Launcher:
    if sys.platform != "linux" or "forkserver" in without():
        return Spawner(folder())
    kernel.undumpable()
    if "landlock" in without() or not kernel.landlock_version():
        with suppress(LauncherLost):
            return ForkServer(folder(), wrapped=True)
    return ForkServer(folder())


def may_drop() -> bool:
    linux = sys.platform == "linux"
    return linux and os.getuid() == 0 and not {"uid", "forkserver"} & set(without())


def next_user() -> int:
    """The user that the next worker becomes, 0 to stay: distinct among workers that run at the same time."""
    return new_user() if house().drops else 0


def new_user() -> int:
    return FIRST_USER + (os.getpid() * SLOTS + next(_slot) % SLOTS) % USERS


def discard(key: LauncherKey | None = None) -> None:
    """Tear a house down, this process's by default; the next worker gets a new one."""
    key = key or (os.getpid(), without())
    if key[0] == os.getpid() and (gone := _houses.pop(key, None)):
        gone.launcher.close()
