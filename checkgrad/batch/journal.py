"""results.jsonl while a class is graded: a line is there, on the disk and whole, or it is not there."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import msgspec
from msgspec import Raw, Struct

from checkgrad.batch.files import write_bytes
from checkgrad.batch.record import Submitter
from checkgrad.targets import BadTarget

NAME = "results.jsonl"
FAULT = b'"verdict":"grader_fault"'


class RawRecord(Struct, frozen=True):
    """A record whose report stays as it is written."""

    student: Submitter
    source: str
    sha256: str
    key: str
    report: Raw
    late: bool = False


class LinePlace(Struct, frozen=True):
    """Where a line stands, and whether it tells of a fault of ours, which is tried again."""

    start: int
    size: int
    fault: bool = False


class Journal:
    """The lines of *folder*, found again by student and by what was graded. One process at a time has it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._file = self.path.open("a+b")
        _lock(self._file, folder)
        self._by_student: dict[tuple[str, str], LinePlace] = {}
        self._by_key: dict[str, LinePlace] = {}
        self.end = 0
        self._find_lines()
        self._file.truncate(self.end)  # a line torn by what stopped us

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def has(self, student: Submitter, key: str) -> bool:
        """Is this grade of this student there?"""
        place = self._by_student.get((student.id, key))
        return place is not None and not place.fault

    def report(self, key: str) -> bytes:
        """The report that was made under *key*, whoever's it is; empty if there is none."""
        place = self._by_key.get(key)
        return bytes(self._line(place).report) if place else b""

    def add(self, line: RawRecord) -> None:
        """Append *line*; it is on the disk when this returns."""
        text = msgspec.json.encode(line) + b"\n"
        self._file.write(text)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._note(line, self.end, len(text))
        self.end += len(text)

    def settle(self, wanted: Sequence[tuple[Submitter, str]]) -> None:
        """Leave the lines of *wanted* students and keys, in that order and no others."""
        places = [self._by_student[student.id, key] for student, key in wanted]
        starts = [place.start for place in places]
        if starts != sorted(starts) or sum(place.size for place in places) != self.end:
            write_bytes(self.path, map(self._read, places))

    def _note(self, line: RawRecord, start: int, size: int) -> None:
        place = LinePlace(start, size, FAULT in bytes(line.report))
        self._by_student[line.student.id, line.key] = place
        if not place.fault:
            self._by_key[line.key] = place

    def _read(self, place: LinePlace) -> bytes:
        self._file.seek(place.start)
        return self._file.read(place.size)

    def _line(self, place: LinePlace) -> RawRecord:
        return msgspec.json.decode(self._read(place), type=RawRecord)

    def _find_lines(self) -> None:
        self._file.seek(0)
        for text in self._file:
            if not text.endswith(b"\n"):
                return
            with suppress(msgspec.MsgspecError):  # another version wrote it
                self._note(msgspec.json.decode(text, type=RawRecord), self.end, len(text))
            self.end += len(text)


def _lock(file: BinaryIO, folder: Path) -> None:
    """Keep *file* to this process as long as it is open; those forked from it do not hold on to it."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise BadTarget(f"{folder}: another checkgrad is writing there") from None
