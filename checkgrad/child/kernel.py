"""Linux: what a process may ask the kernel to forbid it, by ctypes alone."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable

from .syscalls import ALLOWED, AUDIT_ARCH, NEWEST, WATCHED

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
PR_SET_SECCOMP, PR_SET_NAME, PR_GET_NAME = 22, 15, 16
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
EXECUTE, WRITE, READ, LIST = 1, 2, 4, 8

libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, argument: int = 0) -> None:
    assert libc is not None
    zero = ctypes.c_ulong(0)
    checked(libc.prctl(option, ctypes.c_ulong(argument), zero, zero, zero), "prctl")


def undumpable() -> None:
    """Let no process of the same user read this one's memory."""
    prctl(PR_SET_DUMPABLE, 0)


def landlock_version() -> int:
    """The version of Landlock the kernel offers, 0 for none."""
    if libc is None:
        return 0
    return max(0, int(libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))))


def ruleset_attributes(version: int) -> list[bytes]:
    """What to forbid, the most first; some kernels claim a version and lack its last part."""
    files = (1 << 13) - 1
    for since, right in ((2, 13), (3, 14), (5, 15)):
        if version >= since:
            files |= 1 << right
    network, scope = 0b11, 0b11
    wanted = [struct.pack("<Q", files)]
    if version >= 4:
        wanted.append(wanted[-1] + struct.pack("<Q", network))
    if version >= 6:
        wanted.append(wanted[-1] + struct.pack("<Q", scope))
    return wanted[::-1]


class Beneath(ctypes.Structure):
    """struct landlock_path_beneath_attr"""

    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def landlock(readable: Iterable[int | str], listable: Iterable[int | str]) -> str:
    """Forbid all files but *readable* ones (paths or descriptors, with what is beneath), all TCP and signals."""
    assert libc is not None
    ruleset = create_ruleset()
    try:
        for place in readable:
            allow(ruleset, place, READ | LIST)
        for place in listable:
            allow(ruleset, place, LIST)
        allow(ruleset, os.devnull, READ | WRITE)
        checked(libc.syscall(LANDLOCK_RESTRICT, ruleset, 0), "landlock")
    finally:
        os.close(ruleset)
    return f"landlock(abi {landlock_version()})"


def create_ruleset() -> int:
    assert libc is not None
    for attributes in ruleset_attributes(landlock_version()):
        size = ctypes.c_size_t(len(attributes))
        made = int(libc.syscall(LANDLOCK_CREATE, attributes, size, ctypes.c_uint32(0)))
        if made >= 0 or ctypes.get_errno() != errno.EINVAL:
            break
    return checked(made, "landlock")


def allow(ruleset: int, place: int | str, rights: int) -> None:
    """Allow *rights* beneath a place; one that does not exist needs none."""
    assert libc is not None
    if isinstance(place, str):
        try:
            opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return
        try:
            allow(ruleset, opened, rights)
        finally:
            os.close(opened)
        return
    rule = Beneath(rights, place)
    if libc.syscall(LANDLOCK_ADD, ruleset, 1, ctypes.byref(rule), 0) < 0:
        # a file takes no right to list
        rule.allowed = rights & ~LIST
        checked(libc.syscall(LANDLOCK_ADD, ruleset, 1, ctypes.byref(rule), 0), "landlock")


LOAD, IF_EQUAL, IF_ABOVE, IF_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCH, FIRST, SECOND, THIRD = 0, 4, 16, 24, 32
CLONE_THREAD = 0x10000
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC: none that sends signals to others
FCNTL = (0, 1, 2, 3, 4, 1030)
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
HOT = ("read", "write", "futex", "mmap", "munmap", "brk", "madvise", "mremap", "clock_gettime")
# What a process may send itself: of abort, of errors, of timers and limits. To end by any other signal is the
# work of somebody else: the system for want of memory, or an administrator.
OWN_SIGNALS = (0, 4, 5, 6, 7, 8, 11, 13, 14, 24, 25, 26, 27, 31)
MYSELF = 0x7FFFFFF5  # stands for the process's number until it is known


def instruction(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def give(value: int) -> bytes:
    return instruction(RETURN, 0, 0, value)


def only_if(
    number: int, *conditions: tuple[int, Iterable[int]], code: int = IF_EQUAL
) -> list[bytes]:
    """Allow call *number* if each argument named is one of its values, refuse it otherwise."""
    body: list[bytes] = []
    for argument, values in conditions:
        tests = [*values]
        body += [
            instruction(LOAD, 0, 0, argument),
            *(instruction(code, len(tests) - i, 0, value) for i, value in enumerate(tests)),
            give(REFUSE | errno.EPERM),
        ]
    body.append(give(ALLOW))
    return [instruction(IF_EQUAL, 0, len(body), number), *body]


def seccomp_program(machine: str) -> bytes:
    """The filter: an allow-list of system calls; no new process, no signal or limit for another."""
    calls, watched = ALLOWED[machine], WATCHED[machine]
    program = [
        instruction(LOAD, 0, 0, ARCH),
        instruction(IF_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        give(KILL),
        instruction(LOAD, 0, 0, NUMBER),
    ]
    if machine == "x86_64":  # the x32 calls have numbers of their own
        program += [instruction(IF_ABOVE, 0, 1, 0x40000000), give(KILL)]
    for name in (*HOT, *(name for name in calls if name not in HOT)):
        if name in calls:
            program += [instruction(IF_EQUAL, 0, 1, calls[name]), give(ALLOW)]
    program += [
        *only_if(watched["clone"], (FIRST, [CLONE_THREAD]), code=IF_BITS),
        *only_if(watched["kill"], (FIRST, [MYSELF]), (SECOND, OWN_SIGNALS)),
        *only_if(watched["tgkill"], (FIRST, [MYSELF]), (THIRD, OWN_SIGNALS)),
        *only_if(watched["prlimit"], (FIRST, [0, MYSELF])),
        *only_if(watched["prctl"], (FIRST, [PR_SET_NAME, PR_GET_NAME])),
        *only_if(watched["fcntl"], (SECOND, FCNTL)),
        *only_if(watched["ioctl"], (SECOND, IOCTL)),
        instruction(IF_EQUAL, 0, 1, watched["clone3"]),
        give(REFUSE | errno.ENOSYS),
        instruction(IF_ABOVE, 0, 1, NEWEST),
        give(REFUSE | errno.ENOSYS),
        give(REFUSE | errno.EPERM),
    ]
    return b"".join(program)


class Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def prepared() -> bytes:
    """The program for this processor, empty if there is none."""
    machine = platform.machine()
    return seccomp_program(machine) if libc is not None and machine in ALLOWED else b""


def seccomp(program: bytes) -> str:
    """Put the filter in place, for this thread and all it starts."""
    assert libc is not None
    program = program.replace(struct.pack("<I", MYSELF), struct.pack("<I", os.getpid()))
    buffer = ctypes.create_string_buffer(program, len(program))
    given = Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    zero = ctypes.c_ulong(0)
    done = libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(2), ctypes.byref(given), zero, zero)
    checked(done, "seccomp")
    return "seccomp"
