"""What one student handed in, taken out of archives and folders until its sources lie bare."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checkgrad.batch.archive import Archive
from checkgrad.batch.shelf import Shelf
from checkgrad.sandbox import in_a_line
from checkgrad.sandbox.around import SOURCES
from checkgrad.sandbox.stage import LARGEST_FILE, mode_of, remove, sources_in
from checkgrad.targets import BadTarget

DEEPEST = 3  # archives in archives
PLACED, TOGETHER = "in", "submission"  # folders in the scratch one
NAMED = 3  # of the files that were found instead


@dataclass(frozen=True)
class Work:
    """What is to be graded; *scratch* is a folder that goes when it is done."""

    path: Path
    scratch: Path
    notes: tuple[str, ...] = ()


def work(shelf: Shelf, entries: Sequence[tuple[str, str]], scratch: Path) -> Work:
    """Lay out what the *entries* of one student hold, each with the name that the student gave it.

    Raise BadTarget saying what was found where there is nothing to grade.
    """
    placed = [(shelf.place(entry, scratch / PLACED), called) for entry, called in entries]
    ((path, called), *more) = placed
    notes: list[str] = []
    if more or called not in ("", path.name) or not _is_ready(path):
        path = scratch / TOGETHER
        path.mkdir()
        notes = _open_archives(path, _together(placed, path))
    sources = sources_in(path) if path.is_dir() else [path]
    if not sources:
        raise BadTarget(notes[0] if notes else _found(shelf, [entry for entry, _ in entries]))
    return Work(sources[0] if len(sources) == 1 else path, scratch, tuple(notes))


def _is_ready(path: Path) -> bool:
    if path.is_dir():
        return bool(sources_in(path))
    return path.suffix in SOURCES and os.path.lexists(path)  # an empty folder is not written


def _together(placed: Sequence[tuple[Path, str]], folder: Path) -> list[Path]:
    """Copy the sources into *folder*; the archives beside them, which may be of any size, where they lie."""
    archives = []
    for path, called in placed:
        if path.is_dir():
            for source in sources_in(path):
                _copy(source, folder / source.relative_to(path))
            archives += _archives_in(path)
        elif path.suffix in SOURCES and os.path.lexists(path):
            _copy(path, folder / (called or path.name))
        elif path.suffix == ".zip" and path.is_file():
            archives.append(path)
    return archives


def _copy(path: Path, target: Path) -> None:
    """Copy a source; what is too large for one is cut where whoever reads it will say so."""
    target.parent.mkdir(parents=True, exist_ok=True)
    mode_of(path)  # neither a link nor a pipe
    with path.open("rb") as file:
        target.write_bytes(file.read(LARGEST_FILE + 1))


def _archives_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*.zip") if p.is_file() and not p.is_symlink())


def _open_archives(folder: Path, archives: list[Path]) -> list[str]:
    """Open what archives there are where there is no source beside them; say which cannot be opened."""
    problems: list[str] = []
    for _ in range(DEEPEST):
        if sources_in(folder) or not archives:
            break
        for path in archives:
            try:
                _unpack(path, folder)
            except BadTarget as problem:
                problems.append(str(problem))
            if folder in path.parents:
                path.unlink()
        archives = _archives_in(folder)
    return problems


def _unpack(path: Path, folder: Path) -> None:
    """All of an archive, or nothing."""
    archive = Archive(path, in_a_line(path.name, 80))
    whole = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        archive.unpack(archive.members, whole)
        shutil.copytree(whole, folder, dirs_exist_ok=True)
    finally:
        archive.close()
        remove(whole)


def _found(shelf: Shelf, entries: Sequence[str]) -> str:
    """One sentence on files that are no submission."""
    names = [in_a_line(name, 80) for entry in entries for name in shelf.files(entry)]
    if not names:
        return (
            "is empty; a submission is a .py file, a notebook (.ipynb) or a folder or .zip of them"
        )
    listed = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if names[NAMED:] else "")
    return f"holds {listed}, and no Python file (.py) and no notebook (.ipynb)"
