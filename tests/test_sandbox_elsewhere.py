"""Where Linux's means are missing: everything imports, and says of itself that it is for self-checks."""

import ctypes
import subprocess
import sys

import pytest

from checkgrad.sandbox import windows

# The standard library is imported as what it is; after that nothing that only POSIX has is left.
ELSEWHERE = """
import os, select, signal, socket, sys
import concurrent.futures, hypothesis, msgspec, multiprocessing.connection, numpy, shutil, subprocess, tempfile
import urllib.request
sys.platform = {platform!r}
if sys.platform == "win32":
    shutil._use_fd_functions = False  # as where there are no such flags when it is imported
    for name in ("fcntl", "resource", "pwd", "grp", "termios"):
        sys.modules[name] = None
    for place, names in (
        (select, "poll epoll"),
        (socket, "AF_UNIX SOCK_SEQPACKET send_fds recv_fds"),
        (signal, "SIGKILL"),
        (os, "fork killpg setsid getuid setresuid chown O_NOFOLLOW O_NONBLOCK O_PATH uname"),
    ):
        for name in names.split():
            if hasattr(place, name):
                delattr(place, name)
import checkgrad.grading
import checkgrad.child.start
from checkgrad.child import probe
from checkgrad.sandbox.launchers import new_launcher
from checkgrad.sandbox.channel import ThreadedChannel, channel
print(type(new_launcher()).__name__, len(probe.ACTS))
"""


@pytest.mark.parametrize(("platform", "acts"), [("win32", "6"), ("darwin", "18")])
def test_all_of_it_imports_where_posix_modules_are_missing(platform, acts):
    code = ELSEWHERE.replace("{platform!r}", repr(platform))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["Spawner", acts]


def test_the_limits_of_a_job_are_laid_out_as_windows_reads_them():
    assert ctypes.sizeof(windows.JobLimits) == 144
    assert windows.JobLimits.process_memory.offset == 112
    assert windows.limits().flags == 0x2508
