"""From what was named on the command line to who handed in what; it is unpacked when its turn comes."""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from checkgrad.batch import likeness, platforms, unwrap
from checkgrad.batch.archive import Archive
from checkgrad.batch.record import Submitter
from checkgrad.batch.shelf import Folder, Packed, Shelf
from checkgrad.batch.unwrap import Work
from checkgrad.sandbox import in_a_line
from checkgrad.sandbox.around import SOURCES
from checkgrad.sandbox.stage import printable, remove
from checkgrad.targets import BadTarget, find

IN_CLASS = "!"  # between what was named and the entry in it
GRADABLE = (*SOURCES, ".zip")
EXPORT = re.compile(r"assignment_\d+_export")
Owned = Callable[[str], tuple[Submitter, str] | None]


@dataclass(frozen=True)
class Handed:
    """What one student handed in; a group's is there once for each of them.

    shelf: where the entries of a class lie, None for a path of its own. entries: their names, and those that
    the student gave them.
    """

    student: Submitter
    source: str  # as a person would name it
    name: str
    entries: tuple[tuple[str, str], ...] = ()
    late: bool = False
    shelf: Shelf | None = None
    path: Path = Path()

    @contextmanager
    def opened(self, within: Path) -> Iterator[Work]:
        """Give what is to be graded, unpacked *within* a folder while this is open.

        Raise BadTarget saying what was found instead.
        """
        folder = Path(tempfile.mkdtemp(dir=within))
        try:
            if self.shelf is None:
                yield Work(self.path, folder)
            else:
                yield unwrap.work(self.shelf, self.entries, folder)
        except BadTarget as problem:
            raise BadTarget(self._without_places(str(problem), folder)) from None
        finally:
            remove(folder)

    def _without_places(self, problem: str, folder: Path) -> str:
        """What is wrong, without where it lies on this machine."""
        above = self.shelf.root if isinstance(self.shelf, Folder) else self.path.parent
        places = (folder / unwrap.PLACED, folder / unwrap.TOGETHER, folder, above)
        for place in places:
            problem = problem.replace(f"{place}{os.sep}", "")
        return problem


@contextmanager
def handed_in(
    names: Iterable[str], *, classes: bool | None = None
) -> Iterator[tuple[list[Handed], list[str]]]:
    """Give what was handed in, ordered by student, and remarks for staff; raise BadTarget where that cannot be told.

    A zip archive holds a class, and with *classes* a folder does: an entry a student. Otherwise a folder is
    one submission, as a file is; where nothing is said and it looks like a class, that is a BadTarget.
    """
    with ExitStack() as stack:
        groups = [_named(name, classes, stack) for name in dict.fromkeys(names)]
        told = [_distinct([_written(h) for h in group]) for group in groups]
        found = [handed for group, _ in told for handed in group]
        _one_each(found)
        yield sorted(found, key=lambda h: h.student.id), [r for _, rs in told for r in rs]


def _named(name: str, classes: bool | None, stack: ExitStack) -> list[Handed]:
    """What stands behind one name of the command line."""
    path = Path.cwd() / name
    if path.suffix.lower() == ".zip" and path.is_file():
        archive = Archive(path, name)
        stack.callback(archive.close)
        return _class(Packed(archive), name, path.stem)
    if classes and path.is_dir():
        return _class(Folder(path), name, path.name)
    if classes is None and path.is_dir() and (why := likeness.of_a_class(path)):
        raise BadTarget(
            f"{name}: looks like a class ({why}); say --class, or --no-class if it is one submission"
        )
    if path.is_dir():
        real = path.resolve()
        shelf, entry = Folder(real.parent), (real.name, real.name)
        return [Handed(Submitter(path.name), name, path.name, (entry,), shelf=shelf)]
    path = find(name, Path.cwd())
    return [
        Handed(Submitter(path.name if path.is_dir() else path.stem), name, path.name, path=path)
    ]


def _class(shelf: Shelf, named: str, called: str) -> list[Handed]:
    """Every entry of a class, by student."""
    entries = shelf.entries()
    if len(entries) == 1 and all(entries.values()):
        (only,) = entries
        inner = shelf.below(only)
        if only == called or (EXPORT.fullmatch(only) and platforms.METADATA in inner.entries()):
            shelf, entries = inner, inner.entries()  # packed as a folder rather than as its content
    if not entries:
        raise BadTarget(f"{named}: nothing of any student is in it")
    found = _exported(shelf, entries) or [_plain(name, entries[name]) for name in entries]
    return [replace(h, source=f"{named}{IN_CLASS}{h.source}", shelf=shelf) for h in found]


def _exported(shelf: Shelf, entries: dict[str, bool]) -> list[Handed]:
    """What Gradescope, Moodle or Canvas exported, if one of them did."""
    if platforms.METADATA in entries:
        groups = platforms.gradescope(shelf.text(platforms.METADATA))
        names = set(entries) - {platforms.METADATA}
        # A student's own file of that name speaks for nobody.
        if groups and all(platforms.SUBMISSION.fullmatch(name) for name in (*groups, *names)):
            return [
                Handed(student, name, name, ((name, ""),))
                for name in sorted({*names, *groups})
                for student in groups.get(name, [Submitter(name)])
            ]
    # What else staff has put beside them decides nothing.
    telling = [n for n, is_folder in entries.items() if is_folder or n.endswith(GRADABLE)]
    for owned in (platforms.moodle, platforms.canvas):
        if all(owned(name) for name in telling or entries):
            return list(_by_name(entries, owned))
    return []


def _by_name(entries: Iterable[str], owned: Owned) -> Iterator[Handed]:
    """Entries that carry their owner in their names, several of one student together."""
    groups: dict[Submitter, list[tuple[str, str]]] = {}
    for entry in entries:
        student, called = owned(entry) or (Submitter(entry), "")
        groups.setdefault(student, []).append((entry, called))
    for student, group in groups.items():
        late = any(platforms.is_late(entry) for entry, _ in group)
        yield Handed(student, group[0][0], group[0][0], tuple(group), late)


def _plain(name: str, is_folder: bool) -> Handed:
    return Handed(Submitter(name if is_folder else Path(name).stem), name, name, ((name, name),))


def _written(handed: Handed) -> Handed:
    """With names that can be written down in a line: those of files may hold any bytes."""
    known = handed.student
    student = Submitter(*map(_shown, (known.id, known.name, known.email)))
    source, name = _shown(handed.source), _shown(handed.name)
    return replace(handed, student=student, source=source, name=name)


def _shown(name: str) -> str:
    return in_a_line(printable(name))


def _distinct(found: list[Handed]) -> tuple[list[Handed], list[str]]:
    """The entries of a class with an id each; who would have the same is told, and called as the entry is."""
    twice = _repeated(h.student.id for h in found)
    remarks = [
        f"more than one entry of {student!r}: each is called by its name" for student in twice
    ]
    found = [_called(h, h.name) if h.student.id in twice else h for h in found]
    again = _repeated(h.student.id for h in found)
    return [_called(h, _unlike(h)) if h.student.id in again else h for h in found], remarks


def _repeated(ids: Iterable[str]) -> list[str]:
    return [student for student, times in Counter(ids).items() if times > 1]


def _called(handed: Handed, name: str) -> Handed:
    return replace(handed, student=Submitter(name, handed.student.name, handed.student.email))


def _unlike(handed: Handed) -> str:
    """A name for an entry that reads like another one's."""
    raw = "\0".join((handed.student.email, *(entry for entry, _ in handed.entries)))
    return f"{handed.name} ({sha256(raw.encode('utf-8', 'surrogateescape')).hexdigest()[:8]})"


def _one_each(found: Iterable[Handed]) -> None:
    """Raise BadTarget if two names of the command line give submissions of the same student."""
    owners: dict[str, Handed] = {}
    for handed in found:
        other = owners.setdefault(handed.student.id, handed)
        if other is not handed:
            raise BadTarget(
                f"two submissions of {handed.student.id!r}: {other.source} and {handed.source}; "
                "leave one out, or name the folder above them with --class"
            )
