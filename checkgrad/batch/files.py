"""Files that are whole or not there, whatever stops us."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write *text* so that *path* holds what it held before or all of it."""
    write_bytes(path, [text.encode("utf-8", "replace")])


def write_bytes(path: Path, chunks: Iterable[bytes]) -> None:
    """Write *chunks* so that *path* holds what it held before or all of them."""
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(descriptor)
        os.chmod(name, 0o666 & ~_mask())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
