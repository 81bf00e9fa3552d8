"""Numbers of the system calls that a worker may make, by processor. Everything else is refused."""

from __future__ import annotations

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Beyond these numbers lies what is newer than the tables: to it the answer is "no such call", so that
# the C library falls back on an older one.
NEWEST = 450

# fmt: off
X86_64 = {
    # read and write
    "read": 0, "write": 1, "readv": 19, "writev": 20, "pread64": 17, "pwrite64": 18, "preadv": 295,
    "pwritev": 296, "lseek": 8, "close": 3, "close_range": 436, "dup": 32, "dup2": 33, "dup3": 292,
    "pipe": 22, "pipe2": 293, "poll": 7, "ppoll": 271, "select": 23, "pselect6": 270,
    "epoll_create": 213, "epoll_create1": 291, "epoll_ctl": 233, "epoll_wait": 232,
    "epoll_pwait": 281, "epoll_pwait2": 441, "eventfd2": 290,
    # look at files; what may be opened is Landlock's affair
    "open": 2, "openat": 257, "stat": 4, "lstat": 6, "fstat": 5, "newfstatat": 262, "statx": 332,
    "statfs": 137, "fstatfs": 138, "access": 21, "faccessat": 269, "faccessat2": 439,
    "readlink": 89, "readlinkat": 267, "getdents": 78, "getdents64": 217, "getcwd": 79,
    "chdir": 80, "fchdir": 81, "umask": 95, "fadvise64": 221,
    # memory
    "mmap": 9, "munmap": 11, "mprotect": 10, "mremap": 25, "brk": 12, "madvise": 28, "msync": 26,
    "mincore": 27,
    # threads and locks
    "futex": 202, "futex_waitv": 449, "set_robust_list": 273, "get_robust_list": 274, "rseq": 334,
    "set_tid_address": 218, "gettid": 186, "sched_yield": 24, "sched_getaffinity": 204,
    "sched_getparam": 143, "sched_getscheduler": 145, "sched_get_priority_max": 146,
    "sched_get_priority_min": 147, "membarrier": 324, "getcpu": 309, "arch_prctl": 158,
    # signals to oneself
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "rt_sigpending": 127,
    "rt_sigtimedwait": 128, "rt_sigsuspend": 130, "sigaltstack": 131, "pause": 34, "alarm": 37,
    "getitimer": 36, "setitimer": 38, "restart_syscall": 219,
    # time and chance
    "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "nanosleep": 35,
    "gettimeofday": 96, "time": 201, "times": 100, "getrandom": 318,
    # who and where
    "getpid": 39, "getppid": 110, "getpgrp": 111, "getpgid": 121, "getsid": 124, "getuid": 102,
    "geteuid": 107, "getgid": 104, "getegid": 108, "getgroups": 115, "getresuid": 118,
    "getresgid": 120, "getpriority": 140, "getrlimit": 97, "getrusage": 98, "sysinfo": 99,
    "uname": 63,
    # the end
    "exit": 60, "exit_group": 231, "wait4": 61, "waitid": 247,
}

AARCH64 = {
    # read and write
    "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67, "pwrite64": 68,
    "preadv": 69, "pwritev": 70, "lseek": 62, "close": 57, "close_range": 436, "dup": 23,
    "dup3": 24, "pipe2": 59, "ppoll": 73, "pselect6": 72, "epoll_create1": 20, "epoll_ctl": 21,
    "epoll_pwait": 22, "epoll_pwait2": 441, "eventfd2": 19,
    # look at files; what may be opened is Landlock's affair
    "openat": 56, "fstat": 80, "newfstatat": 79, "statx": 291, "statfs": 43, "fstatfs": 44,
    "faccessat": 48, "faccessat2": 439, "readlinkat": 78, "getdents64": 61, "getcwd": 17,
    "chdir": 49, "fchdir": 50, "umask": 166, "fadvise64": 223,
    # memory
    "mmap": 222, "munmap": 215, "mprotect": 226, "mremap": 216, "brk": 214, "madvise": 233,
    "msync": 227, "mincore": 232,
    # threads and locks
    "futex": 98, "futex_waitv": 449, "set_robust_list": 99, "get_robust_list": 100, "rseq": 293,
    "set_tid_address": 96, "gettid": 178, "sched_yield": 124, "sched_getaffinity": 123,
    "sched_getparam": 121, "sched_getscheduler": 120, "sched_get_priority_max": 125,
    "sched_get_priority_min": 126, "membarrier": 283, "getcpu": 168,
    # signals to oneself
    "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "rt_sigpending": 136,
    "rt_sigtimedwait": 137, "rt_sigsuspend": 133, "sigaltstack": 132, "getitimer": 102,
    "setitimer": 103, "restart_syscall": 128,
    # time and chance
    "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115, "nanosleep": 101,
    "gettimeofday": 169, "times": 153, "getrandom": 278,
    # who and where
    "getpid": 172, "getppid": 173, "getpgid": 155, "getsid": 156, "getuid": 174, "geteuid": 175,
    "getgid": 176, "getegid": 177, "getgroups": 158, "getresuid": 148, "getresgid": 150,
    "getpriority": 141, "getrlimit": 163, "getrusage": 165, "sysinfo": 179, "uname": 160,
    # the end
    "exit": 93, "exit_group": 94, "wait4": 260, "waitid": 95,
}
# fmt: on

ALLOWED = {"x86_64": X86_64, "aarch64": AARCH64}

# Calls of which only some arguments are allowed.
WATCHED = {
    "x86_64": {
        "clone": 56,
        "clone3": 435,
        "kill": 62,
        "tgkill": 234,
        "prlimit": 302,
        "prctl": 157,
        "ioctl": 16,
        "fcntl": 72,
    },
    "aarch64": {
        "clone": 220,
        "clone3": 435,
        "kill": 129,
        "tgkill": 131,
        "prlimit": 261,
        "prctl": 167,
        "ioctl": 29,
        "fcntl": 25,
    },
}
