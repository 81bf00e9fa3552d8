"""What a submission prints: kept up to a limit, never shown from here."""

from __future__ import annotations

import io
import sys
from typing import Any, cast

EACH, ALL = 4_000, 64_000


class FirstBytes(io.RawIOBase):
    """Takes any number of bytes and keeps the first ones."""

    def __init__(self) -> None:
        self.room = self.left = 0
        self.kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        taken = bytes(memoryview(data)[: self.room])
        self.room -= len(taken)
        self.kept += taken
        return len(data)


class Printed:
    """Stands in for sys.stdout and sys.stderr, whatever a submission did to them."""

    def __init__(self) -> None:
        self.total = ALL
        self.renew()

    def renew(self) -> None:
        self.kept = FirstBytes()
        self.stream: Any = io.TextIOWrapper(
            cast(Any, self.kept), encoding="utf-8", errors="backslashreplace", write_through=True
        )

    def begin(self, room: int = EACH) -> None:
        """Catch from now on."""
        if self.stream.closed:
            self.renew()
        if sys.stdout is not self.stream or sys.stderr is not self.stream:
            for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
                setattr(sys, name, self.stream)
        self.kept.room = min(room, self.total)

    def take(self) -> str:
        """What was printed since."""
        kept = self.kept.kept
        if not kept:
            return ""
        self.total -= len(kept)
        text = bytes(kept).decode("utf-8", "replace")
        self.kept.kept = bytearray()
        return text if self.kept.room else text + "\n... (more was printed)"
