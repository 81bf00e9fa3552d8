"""Windows: a job object, which ends its process when we end and limits its memory. Never run on Windows so far."""

from __future__ import annotations

import ctypes
from typing import Any

MEMORY = 3 << 30  # bytes that a worker may take, its interpreter included
EXTENDED_LIMITS = 9
ACTIVE_PROCESS, PROCESS_MEMORY, NO_CRASH_DIALOG, KILL_ON_CLOSE = 0x8, 0x100, 0x400, 0x2000


class JobLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION"""

    _fields_ = [
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
        ("input_and_output", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    ]


def limits() -> JobLimits:
    """One process, so much memory, and its end when the last handle of the job is closed."""
    flags = ACTIVE_PROCESS | PROCESS_MEMORY | NO_CRASH_DIALOG | KILL_ON_CLOSE
    return JobLimits(flags=flags, processes=1, process_memory=MEMORY)


def put_in_job(process: Any) -> int:
    """Put a Popen's process in a job of its own; the job's handle, 0 where Windows refuses."""
    system: Any = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    system.CreateJobObjectW.restype = ctypes.c_void_p
    job = system.CreateJobObjectW(None, None)
    given, handle = limits(), ctypes.c_void_p(job)
    size = ctypes.sizeof(given)
    if (
        job
        and system.SetInformationJobObject(handle, EXTENDED_LIMITS, ctypes.byref(given), size)
        and system.AssignProcessToJobObject(handle, ctypes.c_void_p(int(process._handle)))
    ):
        return int(job)
    return 0


def close(job: int) -> None:
    """Close a job, which ends what is in it."""
    system: Any = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    system.CloseHandle(ctypes.c_void_p(job))
