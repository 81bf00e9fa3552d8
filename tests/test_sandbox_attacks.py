"""Attacks on the finished sandbox: each tries for itself, reports what worked, and nothing may have."""

import ctypes
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from checkgrad.child.request import call
from checkgrad.sandbox import Worker, WorkerLimits, launch, launchers

SHORT = WorkerLimits(load=2.0, call=0.5, submission=20.0)

TOOLS = """
import ctypes, os, signal, socket, struct, sys
import numpy as np
libc = ctypes.CDLL(None, use_errno=True)
parent = os.getppid()
grader = GRADER

def system(number, *arguments):
    return libc.syscall(number, *arguments) >= 0

def works(act):
    try:
        return act() is not False
    except (OSError, RuntimeError, AttributeError, ValueError):
        return False

def opens(path, flags=os.O_RDONLY):
    return works(lambda: os.open(path, flags))

def double(x):
    return 2 * x

def attack():
    return [name for name, act in ACTS.items() if works(act)]
"""

# By name, the acts as a dict from what they are to a callable; numbers are those of x86_64.
ATTACKS = {
    "signals by way of descriptors": """
ACTS = {
    "owner": lambda: libc.fcntl(4, 8, grader) == 0,
    "owner of a group": lambda: libc.fcntl(4, 8, -grader) == 0,
    "signal": lambda: libc.fcntl(4, 10, signal.SIGKILL) == 0,
    "owner ex": lambda: libc.fcntl(4, 15, struct.pack("ii", 1, grader)) == 0,
    "ioctl owner": lambda: libc.ioctl(4, 0x8901, struct.pack("i", grader)) == 0,
    "async": lambda: libc.ioctl(4, 0x5452, struct.pack("i", 1)) == 0,
}""",
    "signals": """
ACTS = {
    "group": lambda: os.killpg(0, 0),
    "all": lambda: os.kill(-1, 0),
    "parent": lambda: os.kill(parent, 0),
    "thread": lambda: system(234, grader, grader, 0),
    "tkill": lambda: system(200, grader, 0),
    "queue": lambda: system(129, grader, 0, bytes(128)),
    "thread queue": lambda: system(297, grader, grader, 0, bytes(128)),
    "pidfd": lambda: os.pidfd_open(parent),
    "timer": lambda: system(222, 0, 0, bytes(8)),
}""",
    "other processes' insides": """
ACTS = {
    "environ": lambda: opens(f"/proc/{parent}/environ"),
    "cmdline": lambda: opens(f"/proc/{grader}/cmdline"),
    "maps": lambda: opens(f"/proc/{grader}/maps"),
    "memory": lambda: opens(f"/proc/{grader}/mem"),
    "own memory": lambda: opens("/proc/self/mem", os.O_RDWR),
    "descriptors": lambda: os.listdir(f"/proc/{parent}/fd"),
    "root": lambda: opens(f"/proc/{grader}/root/etc/passwd"),
    "trace": lambda: libc.ptrace(0x4206, parent, 0, 0) == 0,
    "be traced": lambda: libc.ptrace(0, 0, 0, 0) == 0,
    "read": lambda: system(310, grader, 0, 0, 0, 0, 0),
    "write": lambda: system(311, grader, 0, 0, 0, 0, 0),
    "compare": lambda: system(312, grader, os.getpid(), 0, 0, 0),
    "list": lambda: os.listdir("/proc"),
}""",
    "new processes": """
ACTS = {
    "fork": lambda: libc.fork() == 0 and os._exit(0),
    "vfork": lambda: system(58),
    "clone3": lambda: system(435, bytes(88), 88),
    "clone": lambda: system(56, 17, 0, 0, 0, 0),
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "execveat": lambda: system(322, -100, b"/bin/true", 0, 0, 0),
    "memory file": lambda: os.memfd_create("x"),
    "fork server": lambda: __import__("multiprocessing").Process(target=print).start(),
}""",
    "little used parts of the kernel": """
ACTS = {
    "io_uring": lambda: system(425, 1, bytes(120)),
    "userfaultfd": lambda: system(323, 0),
    "bpf": lambda: system(321, 0, bytes(64), 64),
    "perf": lambda: system(298, bytes(112), 0, -1, -1, 0),
    "by handle": lambda: system(304, -100, bytes(8), 0),
    "to handle": lambda: system(303, -100, b"/", bytes(128), bytes(8), 0),
    "keyring": lambda: system(248, b"user", b"message", b"1", 1, -3),
    "ask for a key": lambda: system(249, b"user", b"message", 0, -3),
    "inotify": lambda: system(294, 0),
    "fanotify": lambda: system(300, 0, 0),
    "personality": lambda: system(135, 0x0040000),
    "modify_ldt": lambda: system(154, 1, bytes(16), 16),
    "more seccomp": lambda: system(317, 0, 0, 0),
    "another landlock": lambda: system(444, 0, 0, 1),
    "process_madvise": lambda: system(440, 0, 0, 0, 0, 0),
    "newer calls": lambda: system(452, -100, b".", 0o777, 0),
}""",
    "names of its own files": """
here = os.path.abspath(__file__)
ACTS = {
    "chmod": lambda: os.chmod(here, 0o777),
    "chown": lambda: os.chown(here, os.getuid(), os.getgid()),
    "touch": lambda: os.utime(here),
    "rename": lambda: os.rename(here, here + "x"),
    "link": lambda: os.link(here, here + "y"),
    "symbolic link": lambda: os.symlink("/etc", here + "z"),
    "unlink": lambda: os.unlink(here),
    "truncate": lambda: os.truncate(here, 0),
    "make a folder": lambda: os.mkdir(here + "d"),
    "make a pipe": lambda: os.mkfifo(here + "p"),
    "make a file": lambda: opens(here + "n", os.O_CREAT | os.O_WRONLY),
    "append": lambda: opens(here, os.O_APPEND | os.O_WRONLY),
    "unnamed file": lambda: opens(os.path.dirname(here), os.O_TMPFILE | os.O_RDWR),
    "attribute": lambda: os.setxattr(here, "user.x", b"1"),
    "shared mapping": lambda: __import__("mmap").mmap(os.open(here, os.O_RDONLY), 0, prot=3),
}""",
    "places": """
ACTS = {
    "password file": lambda: opens("/etc/passwd"),
    "temporary folder": lambda: os.listdir("/tmp"),
    "shared memory": lambda: opens("/dev/shm/x", os.O_CREAT | os.O_RDWR),
    "terminal": lambda: opens("/dev/tty", os.O_RDWR),
    "home": lambda: os.listdir("/root") or os.listdir("/home"),
    "system": lambda: os.listdir("/sys"),
    "grader's code": lambda: opens(CHECKGRAD),
    "library": lambda: opens(LIBRARY),
    "root": lambda: os.chroot("."),
    "mount": lambda: libc.mount(b"x", b"/tmp", b"tmpfs", 0, 0) == 0,
    "namespace": lambda: system(272, 0x10000000),
    "enter a namespace": lambda: system(308, 4, 0),
}""",
    "ways out by open descriptors": """
def beyond(descriptor, path):
    return lambda: os.open(path, os.O_RDONLY, dir_fd=descriptor)
ACTS = {
    f"{fd} {path}": beyond(fd, path)
    for fd in range(6)
    for path in ("../../../../../../etc/passwd", "../../../../../work", "../../bin/python3", "site-packages/pip/__init__.py", "..")
}
ACTS["others are open"] = lambda: [fd for fd in range(6, 1100) if works(lambda: os.fstat(fd))] != []
""",
    "rights": """
ACTS = {
    "be root": lambda: os.getuid() == 0,
    "become root": lambda: os.setuid(0),
    "become root again": lambda: os.setresuid(0, 0, 0),
    "groups": lambda: os.setgroups([0]),
    "capabilities": lambda: system(126, struct.pack("Ii", 0x20080522, 0), b"\\xff" * 24),
    "dumpable": lambda: libc.prctl(4, 1, 0, 0, 0) == 0,
    "outlive": lambda: libc.prctl(1, 0, 0, 0, 0) == 0,
    "adopt": lambda: libc.prctl(36, 1, 0, 0, 0) == 0,
    "new session": lambda: os.setsid(),
    "new group": lambda: os.setpgid(0, 0),
}""",
    "the grader's share of the machine": """
import resource
ACTS = {
    "limits": lambda: resource.prlimit(grader, resource.RLIMIT_NOFILE),
    "parent's limits": lambda: resource.prlimit(parent, resource.RLIMIT_NOFILE, (3, 3)),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, grader, 19),
    "scheduler": lambda: os.sched_setscheduler(grader, os.SCHED_IDLE, os.sched_param(0)),
    "processors": lambda: os.sched_setaffinity(grader, {0}),
    "input and output": lambda: system(251, 1, grader, 0),
    "own limits raised": lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)),
    "more files": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
    "locked memory": lambda: libc.mlockall(3) == 0,
}""",
    "lines to others": """
def line(family, kind=socket.SOCK_STREAM, protocol=0):
    return lambda: socket.socket(family, kind, protocol)
ACTS = {
    "internet": line(socket.AF_INET),
    "datagrams": line(socket.AF_INET, socket.SOCK_DGRAM),
    "internet 6": line(socket.AF_INET6),
    "local": line(socket.AF_UNIX),
    "pair": lambda: socket.socketpair(),
    "kernel": line(16, socket.SOCK_RAW),
    "packets": line(17, socket.SOCK_RAW),
    "cipher": line(38, 5),
    "machine": line(40),
    "shared memory": lambda: libc.shmget(77, 4096, 0o1600) >= 0,
    "semaphore": lambda: libc.semget(77, 1, 0o1600) >= 0,
    "messages": lambda: libc.msgget(77, 0o1600) >= 0,
    "message queue": lambda: system(240, b"x", 0o102, 0o600, 0),
    "resolve": lambda: socket.getaddrinfo("localhost", 80),
}""",
}

strict = pytest.mark.usefixtures("strict_isolation")


@pytest.fixture
def strict_isolation():
    if launchers.found().missing:
        pytest.skip(launchers.found().missing)


@pytest.fixture
def worker(tmp_path):
    started = []

    def start(source, limits=SHORT):
        path = tmp_path / f"hw{len(started)}.py"
        known = {
            "GRADER": os.getpid(),
            "CHECKGRAD": str(Path(launch.__file__)),
            "LIBRARY": pytest.__file__,
        }
        tools = TOOLS
        for name, value in known.items():
            source, tools = source.replace(name, repr(value)), tools.replace(name, repr(value))
        path.write_text(tools + source)
        started.append(Worker(path, limits=limits))
        return started[-1]

    yield start
    for one in started:
        one.close()


@strict
@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_that_is_tried_works(worker, name):
    w = worker(ATTACKS[name])
    assert w.inventory.problem == ""
    tried, control = w.ask([call("attack"), call("double", 2)])
    assert (tried.raised, tried.died, tried.value) == ("", "", [])
    assert control.value == 4


CODE = """
import mmap
def run(code):
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_long)(address)()
"""


@strict
@pytest.mark.parametrize(
    ("what", "act"),
    [
        # mov eax, 20 (getpid of the 32-bit table); int 0x80; ret
        ("calls of the 32-bit table", "run(bytes.fromhex('b814000000cd80c3'))"),
        ("calls of the x32 table", "libc.syscall(0x40000000 + 39)"),
    ],
)
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="an attack of this processor alone")
def test_another_table_of_calls_is_no_way_round_the_filter(worker, what, act):
    got = worker(CODE + f"\ndef f():\n    return {act}\n").ask([call("f"), call("double", 2)])
    assert got[0].died == "the process ended: SIGSYS"
    assert got[1].value == 4


@strict
def test_two_submissions_cannot_see_each_other(worker):
    first = worker("ACTS = {}")
    assert first.ask([call("double", 1)])[0].value == 2
    source = f"""
ACTS = {{
    "file": lambda: opens({str(first.staged.targets[0][1])!r}),
    "folder": lambda: os.listdir({str(first.staged.folder)!r}),
    "signal": lambda: os.kill({first._session.process.pid}, 0),
    "memory": lambda: opens("/proc/{first._session.process.pid}/mem"),
}}"""
    assert worker(source).ask([call("attack")])[0].value == []
    assert first._cell.user == 0 or first._cell.user != worker("ACTS = {}")._cell.user


@strict
def test_nothing_is_kept_from_one_process_to_the_next(worker):
    source = """
import tempfile
def f(x):
    try:
        with open("seen", "a") as file:
            file.write("x")
    except OSError:
        pass
    if x:
        os._exit(1)
    return os.path.exists("seen")
"""
    died, seen = worker(source).ask([call("f", 1), call("f", 0)])
    assert (died.died_of, seen.value) == ("crash", False)


@pytest.mark.parametrize(
    "act",
    [
        "os.close(3)",
        "os.close(4)",
        "os.dup2(4, 3)",
        "os.dup2(3, 4)",
        "os.set_blocking(3, False); os.set_blocking(4, False)",
        "os.read(4, 1 << 20)",
        "os.write(3, os.urandom(1 << 16))",
        "sys.modules['worker.serve'].Line.send = None",
        "sys.modules['worker.wire'].encode = lambda *a: b''",
        "sys.modules['worker.wire'].frame = lambda *a: b'\\0' * 5000",
        "sys.modules['worker.perform'].Performer.answer = lambda *a: b''",
        "[f.f_locals.clear() for f in (sys._getframe(i) for i in range(4))]",
        "sys.settrace(lambda *a: 1 / 0)",
        "sys.setprofile(lambda *a: os._exit(0))",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pthread_sigmask(0, range(1, 64))",
        "signal.setitimer(signal.ITIMER_REAL, 0.001)",
        "sys.setswitchinterval(100)",
        "np.exp = np.ndarray.__add__",
        "__builtins__.clear() if isinstance(__builtins__, dict) else vars(__builtins__).clear()",
        "sys.stdout.buffer.raw.kept = None",
        "import gc; [o.clear() for o in gc.get_objects() if type(o) is dict and 'MAGIC' in o]",
    ],
)
def test_breaking_the_worker_breaks_only_what_it_answers(worker, act):
    """The sabotage may cost the saboteur anything; the next submission nothing."""
    source = f"def f(x):\n    {act}\n    return x\n"
    got = worker(source).ask([call("f", 1), call("double", 1), call("double", 1)])
    assert all(b.value in (None, 1, 2) for b in got)
    assert all(b.returned or b.raised or b.died_of in ("crash", "protocol", "time") for b in got)
    assert worker("").ask([call("double", 3)])[0].value == 6


def test_a_forged_answer_must_still_hold_the_right_numbers(worker):
    source = """
def frame(seq, body):
    return struct.pack("<IB3xII", 0x64615267, 7, seq, len(body)) + body
def f(x):
    zero = struct.pack("<Bd", 1, 0.0)
    os.write(3, b"".join(frame(seq, zero + zero) for seq in range(3)))
    return x
"""
    got = worker(source).ask([call("f", 1.0), call("double", 5.0), call("double", 6.0)])
    assert [b.value for b in got] == [0.0, 0.0, 0.0]


def test_an_exception_with_an_endless_message_is_cut(worker):
    got = worker("def f(x):\n    raise ValueError('x' * 20_000_000)\n").ask([call("f", 1)])[0]
    assert got.raised == "ValueError"
    assert len(got.message) < 3000


def test_a_submission_with_endless_definitions_is_cut(worker):
    source = "\n".join(f"def f{i}(x, y, z):\n    return a, b, c, d" for i in range(3000))
    found = worker(source).inventory
    assert len(found.definitions) == 1000
    assert any("only the first 1000" in note for note in found.notes)


def test_the_standard_library_is_there_though_not_loaded_before(worker):
    source = "def f():\n    import colorsys, xml.dom.minidom, concurrent.futures, zoneinfo\n    return 1\n"
    assert worker(source).ask([call("f")])[0].value == 1


def test_nobody_of_the_same_user_reads_the_graders_memory(worker):
    assert worker("").ask([call("double", 1)])[0].value == 2
    if launch.sys.platform == "linux":
        assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0


SABOTAGE = {
    "limits its descriptors": "import resource; resource.prlimit(parent, resource.RLIMIT_NOFILE, (3, 3))",
    "limits its processes": "import resource; resource.prlimit(parent, resource.RLIMIT_AS, (1, 1))",
    "kills it": "os.kill(parent, signal.SIGKILL)",
    "stops it": "os.kill(parent, signal.SIGSTOP)",
}


@pytest.mark.parametrize("act", SABOTAGE)
def test_a_sabotaged_fork_server_costs_the_next_submission_nothing(worker, monkeypatch, act):
    """With every layer off a submission reaches the server; the next ones get a new one."""
    monkeypatch.setenv(launch.WITHOUT, "uid,landlock,seccomp")
    monkeypatch.setattr(launch, "RPC_WITHIN", 1.0)
    launchers.discard()
    try:
        sabotage = worker(f"def f(x):\n    {SABOTAGE[act]}\n    return x\n")
        sabotage.ask([call("f", 1)])
        for _ in range(2):
            got = worker("").ask([call("double", np.ones(3))])
            assert got[0].value.tolist() == [2.0, 2.0, 2.0]
    finally:
        launchers.discard()


def test_what_escapes_the_process_group_is_ended_too(worker, monkeypatch):
    monkeypatch.setenv(launch.WITHOUT, "uid,landlock,seccomp,rlimits")
    launchers.discard()
    source = """
def f(x):
    pids = []
    for _ in range(3):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
            os.write(writing, str(os.getpid()).encode())
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.pause()
        pids.append(int(os.read(reading, 20)))
    return pids
"""
    try:
        w = worker(source)
        pids = w.ask([call("f", 1)])[0].value
        assert len(pids) == 3
        w.close()
        for pid in pids:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, signal.SIG_DFL)
    finally:
        launchers.discard()
