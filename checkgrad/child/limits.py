"""Limits that a worker puts on itself before it loads a submission."""

from __future__ import annotations


def limit(memory: int) -> tuple[str, ...]:
    """Limit memory (bytes above what is in use), files, processes; name what is in force."""
    try:
        import resource
    except ImportError:  # Windows
        return ()
    wanted = {
        "RLIMIT_AS": in_use() + memory,
        "RLIMIT_CPU": 600,
        "RLIMIT_NOFILE": 64,
        "RLIMIT_NPROC": 0,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
    }
    in_force = 0
    for name, value in wanted.items():
        which = getattr(resource, name, None)
        if which is None:
            continue
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(which, (value, value))
            in_force += 1
        except (ValueError, OSError):
            continue
    return ("rlimits",) if in_force else ()


def in_use() -> int:
    """Bytes of address space this process has."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * 4096
    except OSError:
        return 1 << 33
