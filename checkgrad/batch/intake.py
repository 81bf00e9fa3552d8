"""From what was named on the command line to who handed in what."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from checkgrad.batch import platforms
from checkgrad.batch.archive import unpack
from checkgrad.batch.record import Student
from checkgrad.sandbox.stage import SOURCES, printable, sources_in
from checkgrad.targets import BadTarget, find

IN_CLASS = "!"  # between what was named and the entry in it
NOTHING = "holds no Python file and no notebook"
Owned = Callable[[str], tuple[Student, str] | None]


class Handed(Struct, frozen=True):
    """What one student handed in; a group's is there once for each of them."""

    student: Student
    source: str  # as a person would name it
    path: Path
    problem: str = ""  # why there is nothing to grade


@contextmanager
def handed_in(names: Iterable[str], *, classes: bool) -> Iterator[list[Handed]]:
    """Give what was handed in, ordered by student; raise BadTarget where that cannot be told.

    A zip archive holds a class, and with *classes* a folder does: an entry a student. Otherwise a folder is
    one submission, as a file is.
    """
    scratch = Path(tempfile.mkdtemp(prefix="checkgrad-class-"))
    desk = Desk(scratch)
    try:
        found = [_told(h) for name in dict.fromkeys(names) for h in desk.named(name, classes)]
        yield sorted(_distinct(found), key=lambda handed: handed.student.id)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class Desk:
    """Sorts what came in; what has to be unpacked or renamed goes into *scratch*."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self._numbers = count()

    def named(self, name: str, classes: bool) -> list[Handed]:
        """What stands behind one name of the command line."""
        path = Path.cwd() / name
        if path.suffix.lower() == ".zip" and path.is_file():
            folder = self._new()
            unpack(path, folder, name)
            inner = folder / path.stem  # packed as a folder rather than as its content
            only = [p.name for p in folder.iterdir()] == [path.stem] and inner.is_dir()
            return self._class(inner if only else folder, name)
        if classes and path.is_dir():
            return self._class(path, name)
        path = find(name, Path.cwd())
        return [Handed(Student(path.name if path.is_dir() else path.stem), name, path)]

    def _class(self, folder: Path, named: str) -> list[Handed]:
        """Everything in *folder*, by student; who handed in nothing readable is told as that."""
        found = list(self._exported(folder, named)) or list(self._plain(folder, named))
        if not any(not handed.problem for handed in found):
            raise BadTarget(f"{named}: {NOTHING} of any student")
        return found

    def _exported(self, folder: Path, named: str) -> Iterator[Handed]:
        """What Gradescope, Moodle or Canvas exported, if one of them did."""
        listed = next(
            iter([*folder.glob(platforms.METADATA), *folder.glob(f"*/{platforms.METADATA}")]), None
        )
        if listed:
            yield from self._from_gradescope(listed, named)
            return
        entries = _entries(folder)
        for owned in (platforms.moodle, platforms.canvas):
            if entries and all(owned(entry.name) for entry in entries):
                yield from self._by_name(entries, owned, named)
                return

    def _from_gradescope(self, listed: Path, named: str) -> Iterator[Handed]:
        groups = platforms.gradescope(listed.read_text(encoding="utf-8", errors="replace"))
        for name, students in groups.items():
            if Path(name).name != name:
                raise BadTarget(
                    f"{named}: {listed.name} names {name!r}, which is no folder beside it"
                )
            for student in students:
                yield self._one(student, f"{named}{IN_CLASS}{name}", [(listed.parent / name, "")])

    def _by_name(self, entries: list[Path], owned: Owned, named: str) -> Iterator[Handed]:
        """Entries that carry their owner in their names, several of one student together."""
        groups: dict[Student, list[tuple[Path, str]]] = {}
        for entry in entries:
            student, called = owned(entry.name) or (Student(entry.name), "")
            groups.setdefault(student, []).append((entry, called))
        for student, group in groups.items():
            yield self._one(student, f"{named}{IN_CLASS}{group[0][0].name}", group)

    def _plain(self, folder: Path, named: str) -> Iterator[Handed]:
        for entry in _entries(folder):
            student = Student(entry.name if entry.is_dir() else entry.stem)
            yield self._one(student, f"{named}{IN_CLASS}{entry.name}", [(entry, entry.name)])

    def _one(self, student: Student, source: str, entries: list[tuple[Path, str]]) -> Handed:
        """One submission of some *entries*, each with the name that the student gave it."""
        try:
            path = self._together(entries)
            sources = sources_in(path) if path.is_dir() else [path]
        except BadTarget as problem:
            return Handed(student, source, entries[0][0], str(problem))
        if not sources:
            return Handed(student, source, path, NOTHING)
        return Handed(student, source, sources[0] if len(sources) == 1 else path)

    def _together(self, entries: list[tuple[Path, str]]) -> Path:
        """A folder or a file with all that was handed in; archives are opened where there is no source beside."""
        (path, called), *more = entries
        if not more and called in ("", path.name) and (path.suffix in SOURCES or _has_source(path)):
            return path
        folder = self._new()
        for path, called in entries:
            if path.is_dir():
                shutil.copytree(path, folder, dirs_exist_ok=True, symlinks=True)
            elif path.exists():
                shutil.copyfile(path, folder / called)
        if not _has_source(folder):
            for archive in sorted(folder.rglob("*.zip")):
                unpack(archive, folder, archive.name)
        return folder

    def _new(self) -> Path:
        folder = self.scratch / str(next(self._numbers)) / "submission"
        folder.mkdir(parents=True)
        return folder


def _told(handed: Handed) -> Handed:
    """With names that can be written down: those of files may hold any bytes."""
    student = replace(handed.student, id=printable(handed.student.id))
    return replace(handed, student=student, source=printable(handed.source))


def _entries(folder: Path) -> list[Path]:
    """Folders, sources and archives directly in *folder*."""
    visible = (p for p in folder.iterdir() if not p.name.startswith((".", "__")))
    return sorted(
        p
        for p in visible
        if not p.is_symlink() and (p.is_dir() or p.suffix in SOURCES or p.suffix == ".zip")
    )


def _has_source(path: Path) -> bool:
    return path.is_dir() and bool(sources_in(path))


def _distinct(found: list[Handed]) -> list[Handed]:
    """What was found, or BadTarget if two submissions are the same student's."""
    owners: dict[str, Handed] = {}
    for handed in found:
        other = owners.setdefault(handed.student.id, handed)
        if other is not handed:
            raise BadTarget(
                f"two submissions of {handed.student.id!r}: {other.source} and {handed.source}; "
                "leave one out, or name the folder above them with --class"
            )
    return found
