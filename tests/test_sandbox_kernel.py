"""The kernel's layers: the filter decides as written on every processor, Landlock adapts to what a kernel has."""

import shutil
import struct
import subprocess
import sys

import pytest

from checkgrad import cli
from checkgrad.child import kernel
from checkgrad.child.request import call
from checkgrad.child.syscalls import ALLOWED, AUDIT_ARCH, WATCHED
from checkgrad.sandbox import Worker, launch, launchers

MACHINES = sorted(ALLOWED)
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
ME = kernel.MYSELF


def verdict(machine, number, *arguments, arch=None):
    """What the filter answers to a system call: a small BPF machine."""
    given = struct.pack(
        "<iIQ6Q", number, arch or AUDIT_ARCH[machine], 0, *arguments, *[0] * (6 - len(arguments))
    )
    program, at, value = kernel.seccomp_program(machine), 0, 0
    while True:
        code, if_true, if_false, k = struct.unpack_from("<HBBI", program, 8 * at)
        at += 1
        if code == kernel.RETURN:
            return k
        if code == kernel.LOAD:
            (value,) = struct.unpack_from("<I", given, k)
            continue
        holds = {
            kernel.IF_EQUAL: value == k,
            kernel.IF_ABOVE: value >= k,
            kernel.IF_BITS: bool(value & k),
        }[code]
        at += if_true if holds else if_false


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_that_is_listed_is_allowed(machine):
    assert {verdict(machine, number) for number in ALLOWED[machine].values()} == {ALLOW}


@pytest.mark.parametrize("machine", MACHINES)
def test_every_other_call_is_refused(machine):
    listed = {*ALLOWED[machine].values(), *WATCHED[machine].values()}
    for number in set(range(1000)) - listed:
        assert verdict(machine, number) == (ENOSYS if number >= 450 else EPERM)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("clone", (0x3D0F00 | 0x10000,), ALLOW),
        ("clone", (17,), EPERM),
        ("clone", (0x10000000,), EPERM),
        ("clone3", (0,), ENOSYS),
        ("kill", (ME, 6), ALLOW),
        ("kill", (1, 0), EPERM),
        ("kill", (2**32 - 1, 9), EPERM),
        ("kill", (0, 9), EPERM),
        ("tgkill", (ME, ME, 6), ALLOW),
        ("tgkill", (1, 1, 6), EPERM),
        ("prlimit", (0, 7), ALLOW),
        ("prlimit", (ME, 7), ALLOW),
        ("prlimit", (1, 7), EPERM),
        ("prctl", (15, 0), ALLOW),
        ("prctl", (4, 1), EPERM),
        ("fcntl", (3, 3), ALLOW),
        ("fcntl", (3, 8), EPERM),
        ("fcntl", (3, 10), EPERM),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), EPERM),
        ("ioctl", (3, 0x8901), EPERM),
    ],
)
def test_some_calls_are_allowed_with_some_arguments(machine, name, arguments, expected):
    assert verdict(machine, WATCHED[machine][name], *arguments) == expected


@pytest.mark.parametrize("machine", MACHINES)
def test_the_calls_of_another_processor_end_the_process(machine):
    assert verdict(machine, 0, arch=0x40000003) == KILL


def test_the_x32_calls_end_the_process():
    assert verdict("x86_64", 0x40000000) == KILL


def test_no_filter_is_longer_than_the_kernel_takes():
    assert max(len(kernel.seccomp_program(machine)) // 8 for machine in MACHINES) < 4096


def test_each_version_of_landlock_forbids_all_that_it_knows():
    sizes = {version: len(kernel.ruleset_attributes(version)[0]) for version in range(1, 8)}
    assert sizes == {1: 8, 2: 8, 3: 8, 4: 16, 5: 16, 6: 24, 7: 24}
    (rights,) = struct.unpack("<Q", kernel.ruleset_attributes(1)[0])
    assert rights == 2**13 - 1


LANDLOCK = """
import os, struct, sys
from checkgrad.child import kernel
wanted = kernel.ruleset_attributes
{change}
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
kernel.landlock([sys.prefix], [])
os.listdir(sys.prefix)
for path in ("/etc/passwd", "/etc/hostname"):
    try:
        open(path).close()
    except PermissionError:
        continue
    sys.exit("it was read")
"""


@pytest.mark.skipif(not kernel.landlock_version(), reason="this kernel has no Landlock")
@pytest.mark.parametrize(
    "change",
    [
        "",
        "kernel.landlock_version = lambda: 1",
        "kernel.landlock_version = lambda: 3",
        "kernel.landlock_version = lambda: 4",
        # a kernel that claims more than it has
        "kernel.ruleset_attributes = lambda v: [struct.pack('<Q', 1 << 40), *wanted(v)]",
    ],
)
def test_files_are_forbidden_on_older_kernels_and_on_those_that_claim_too_much(change):
    code = LANDLOCK.format(change=change)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("off", ["landlock", "seccomp", "landlock,seccomp", "rlimits", "uid"])
def test_with_a_layer_off_the_self_test_finds_it_missing(monkeypatch, off):
    monkeypatch.setenv(launch.WITHOUT, f"{off},bubblewrap")
    found = launchers.found()
    try:
        assert not any(found.has(name) for name in off.split(","))
        if off not in ("uid", "rlimits"):
            assert found.missing
            assert found.isolation.level == "weak"
    finally:
        launchers.discard()


def test_bubblewrap_stands_in_for_landlock_where_it_is_installed(monkeypatch, tmp_path):
    monkeypatch.setenv(launch.WITHOUT, "landlock")
    (tmp_path / "hw.py").write_text("import os\ndef f(path): return os.path.exists(path)\n")
    try:
        with Worker(tmp_path / "hw.py") as worker:
            (seen,) = worker.ask([call("f", str(tmp_path / "hw.py"))])
            wrapped = launchers.found().has("bubblewrap")
            assert wrapped or not shutil.which("bwrap") or launchers.found().missing
            assert not (wrapped and seen.value)
    finally:
        launchers.discard()


@pytest.mark.parametrize(
    ("off", "said"),
    [
        ("seccomp", "seccomp: not in place"),
        ("landlock,bubblewrap", "landlock or bubblewrap: not in place"),
        ("landlock,bubblewrap,seccomp", "seccomp and landlock or bubblewrap: not in place"),
        ("forkserver,seccomp", "seccomp: not in place"),
    ],
)
def test_strict_refuses_and_says_what_is_missing(monkeypatch, tmp_path, capsys, off, said):
    (tmp_path / "hw.py").write_text("def sigmoid(z): return z\n")
    monkeypatch.setenv(launch.WITHOUT, off)
    try:
        options = ["--isolation", "strict", "--out", str(tmp_path / "out")]
        assert cli.main(["grade", str(tmp_path / "hw.py"), *options]) == 4
        assert capsys.readouterr().err == f"checkgrad: --isolation strict: {said}\n"
        assert not (tmp_path / "out").exists()
    finally:
        launchers.discard()
