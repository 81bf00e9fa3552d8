"""A class from what was handed in to what is written: what is known already is not graded again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from msgspec import Raw, Struct
from msgspec.structs import replace

from checkgrad.batch import files
from checkgrad.batch.intake import Handed
from checkgrad.batch.journal import Journal, RawRecord
from checkgrad.batch.record import Submitter
from checkgrad.batch.work import Execute, Graded, Job, Settings, job

STUDENTS = "students"


class Done(Struct, frozen=True):
    """A submission that is settled, and whether it was graded just now."""

    handed: Handed
    now: bool


class Class:
    """The submissions of one class on their way into *folder*."""

    def __init__(self, handed: Iterable[Handed], settings: Settings, folder: Path) -> None:
        self.handed, self.settings, self.folder = list(handed), settings, folder
        self.wanted: list[tuple[Submitter, str]] = []
        self._waiting: dict[str, list[tuple[Handed, Job]]] = {}
        self._settled: list[Done] = []

    def grade(self, execute: Execute) -> Iterator[Done]:
        """Yield each submission once its grade is on the disk; leave the journal in the order of the class."""
        (self.folder / STUDENTS).mkdir(parents=True, exist_ok=True)
        with Journal(self.folder) as journal:
            for graded in execute(self._jobs(journal), self.settings):
                self._take(graded, journal)
                yield from self._news()
            yield from self._news()
            journal.settle(self.wanted)

    def _news(self) -> Iterator[Done]:
        while self._settled:
            yield self._settled.pop(0)

    def _jobs(self, journal: Journal) -> Iterator[Job]:
        """What is left to do, read as it is needed. Who handed in the same shares one job."""
        for handed in self.handed:
            read = job(handed, self.settings)
            self.wanted.append((handed.student, read.key))
            if waiting := self._waiting.get(read.key):
                waiting.append((handed, read))
                continue
            known = journal.report(read.key)
            if journal.has(handed.student, read.key) and self._has_files(handed.student):
                self._settled.append(Done(handed, False))
                continue
            # whatever stops us, a file that is there is never that of another report
            for path in self._files(handed.student).values():
                path.unlink(missing_ok=True)
            self._waiting[read.key] = [(handed, read)]
            yield replace(read, files={}, report=known) if known else read

    def _take(self, graded: Graded, journal: Journal) -> None:
        for handed, read in self._waiting.pop(graded.key):
            known = journal.has(handed.student, graded.key)
            if not known:
                line = RawRecord(
                    handed.student,
                    handed.source,
                    read.sha256,
                    graded.key,
                    Raw(graded.report),
                    handed.late,
                )
                journal.add(line)
            for name, path in self._files(handed.student).items():
                files.write(path, graded.files[name])
            self._settled.append(Done(handed, not known))

    def _files(self, student: Submitter) -> dict[str, Path]:
        return {
            name: self.folder / STUDENTS / f"{file_name(student)}.{name}"
            for name in self.settings.formats
        }

    def _has_files(self, student: Submitter) -> bool:
        return all(path.exists() for path in self._files(student).values())


def file_name(student: Submitter) -> str:
    """The student's id as the name of a file, distinct for each id."""
    plain = re.sub(r"[^\w.@+-]", "_", student.id).lstrip(".")[:80]
    if plain == student.id:
        return plain
    return f"{plain}-{sha256(student.id.encode('utf-8', 'replace')).hexdigest()[:8]}"
