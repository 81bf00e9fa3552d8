"""How a worker locks itself in before it loads a submission."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import cache_from_source

from . import kernel, seatbelt

STANDARD = (
    5  # the descriptor by which the standard library is reached where its path is closed to others
)

# Never opened by a homework, or not Python's own.
NOT_STANDARD = {"site-packages", "dist-packages", "test", "idlelib", "ensurepip", "lib2to3"}


@dataclass(frozen=True)
class Cell:
    """The cell one submission is put in.

    folder: all it may read besides the standard library and NumPy. memory: bytes above what is in use.
    user: the user to become, 0 for none. without: layers to leave out.
    """

    folder: str
    memory: int
    user: int = 0
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Walls:
    """What is prepared once and the same for every submission.

    readable, listable: places, by path or descriptor. program: the filter. used: bytes of address space.
    blocked: first names of the libraries that are installed and kept out.
    """

    readable: tuple[int | str, ...]
    listable: tuple[int | str, ...]
    program: bytes
    used: int
    blocked: tuple[str, ...] = ()


def walls(
    standard: Sequence[str],
    libraries: Sequence[str],
    blocked: Sequence[str],
    *,
    opened: bool = False,
) -> Walls:
    """The walls around a standard library and NumPy; *opened* holds places as descriptors."""
    places = [entry for place in standard for entry in standard_entries(place)] + list(libraries)
    if not opened or sys.platform != "linux":
        return Walls(tuple(places), tuple(standard), kernel.prepared(), in_use(), tuple(blocked))
    descriptors = [os.open(p, os.O_PATH | os.O_CLOEXEC) for p in places if os.path.exists(p)]
    listed = [os.open(p, os.O_PATH | os.O_CLOEXEC) for p in standard if os.path.exists(p)]
    program, used = kernel.prepared(), in_use()
    return Walls(tuple(descriptors), tuple(listed), program, used, tuple(blocked))


def standard_entries(place: str) -> list[str]:
    """The parts of the standard library, without what others installed into it."""
    if not os.path.isdir(place):
        return [place]
    return [entry.path for entry in os.scandir(place) if needed(entry)]


def needed(entry: os.DirEntry[str]) -> bool:
    """Is it read by an import? Not a source that is compiled: of that only the time is asked."""
    if entry.name in NOT_STANDARD:
        return False
    return not (entry.name.endswith(".py") and os.path.exists(cache_from_source(entry.path)))


def standard_library() -> list[str]:
    """Where the standard library is, as this interpreter was started with it."""
    return [place for place in sys.path if place and os.path.exists(place)]


def lock_in(cell: Cell, walls: Walls) -> tuple[str, ...]:
    """Put in place every layer that this system has; name those that are."""
    linux = sys.platform == "linux"
    layers = [
        attempt("uid", cell, bool(cell.user), lambda: become(cell.user)),
        attempt("", cell, linux, orphaned),
        attempt("landlock", cell, kernel.landlock_version() > 0, lambda: files(cell, walls)),
        attempt("", cell, linux, close_the_rest),
        attempt("rlimits", cell, True, lambda: limit(walls.used + cell.memory)),
        attempt("seccomp", cell, bool(walls.program), lambda: kernel.seccomp(walls.program)),
        attempt("seatbelt", cell, sys.platform == "darwin", seatbelt.put_on),
    ]
    return tuple(filter(None, layers))


def attempt(name: str, cell: Cell, possible: bool, act: Callable[[], str]) -> str:
    """The layer's name once it is in place, else ""."""
    if not possible or name in cell.without:
        return ""
    try:
        return act()
    except (OSError, AttributeError):  # refused, or not in this system's library
        return ""


def orphaned() -> str:
    """Die with the fork server, show no memory to others, gain no rights."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.undumpable()
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    return ""


def files(cell: Cell, walls: Walls) -> str:
    return kernel.landlock((*walls.readable, cell.folder), walls.listable)


def close_the_rest() -> str:
    """Close every descriptor but those in use."""
    reached = any(place.startswith("/proc/self/fd/") for place in sys.path)
    os.closerange(STANDARD + reached, 1024)
    return ""


def become(user: int) -> str:
    """Drop root's rights for those of a user that owns nothing."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    return "uid"


def limit(memory: int) -> str:
    """Limit memory, files and processes; name the layer if any limit is in force."""
    try:
        import resource
    except ImportError:  # Windows
        return ""
    wanted = {
        "RLIMIT_AS": memory,
        "RLIMIT_CPU": 600,
        "RLIMIT_NOFILE": 64,
        "RLIMIT_NPROC": 0,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_MEMLOCK": 0,
    }
    in_force = False
    for name, value in wanted.items():
        which = getattr(resource, name, None)
        if which is None:
            continue
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(which, (value, value))
            in_force = True
        except (ValueError, OSError):
            continue
    return "rlimits" if in_force else ""


def in_use() -> int:
    """Bytes of address space this process has."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1 << 33
