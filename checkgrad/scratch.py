"""Temporary folders that tell whether anyone still uses them; what a killed run left is cleared by the next."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

PREFIX = "checkgrad-"
LOCK = ".in-use"  # locked as long as its owner lives, whatever ends it
NEW = ".new"  # what it is called before it is locked
MADE = re.compile(rf"{PREFIX}\w{{8}}")  # as tempfile names them
_locks: dict[Path, BinaryIO] = {}


def new() -> Path:
    """Make a folder of this process and of those forked from it; the first call clears what others left behind."""
    if not _locks:
        sweep()
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        # another run that begins just now may take it for left behind, before it is locked
        with suppress(FileNotFoundError, BlockingIOError):
            return _locked(folder)


def _locked(folder: Path) -> Path:
    file = (folder / NEW).open("wb")
    _lock(file)
    os.replace(file.name, folder / LOCK)
    _locks[folder] = file
    return folder


def remove(folder: Path) -> None:
    """Remove a folder that new() made."""
    shutil.rmtree(folder, ignore_errors=True)
    if file := _locks.pop(folder, None):
        file.close()


def sweep() -> None:
    """Remove the folders of this user that nobody uses any more."""
    if sys.platform == "win32":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if MADE.fullmatch(folder.name):
            with suppress(OSError):
                _clear(folder)


def _clear(folder: Path) -> None:
    """Remove *folder* if it is ours and left behind; raise OSError if it is in use."""
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return
    names = os.listdir(folder)
    if not names:  # its maker was killed before it came further
        folder.rmdir()
        return
    lock = folder / (NEW if names == [NEW] else LOCK)
    descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "wb") as file:
        _lock(file)
        shutil.rmtree(folder, ignore_errors=True)


def _lock(file: BinaryIO) -> None:
    """Lock *file* as long as it is open, here or in a process forked from this one."""
    if sys.platform == "win32":
        return
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
