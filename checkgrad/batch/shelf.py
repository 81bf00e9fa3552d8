"""Where the entries of a class lie, in a folder or in an archive; they are unpacked one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from checkgrad.batch.archive import HIDDEN, Archive, ArchiveMember
from checkgrad.sandbox import in_a_line
from checkgrad.targets import BadTarget

MOST_NAMES = 20_000  # that are looked at to say what was found


class Shelf(Protocol):
    """The entries of a class by their names."""

    def entries(self) -> dict[str, bool]:
        """Every entry that is not hidden, in order, and whether it is a folder."""

    def text(self, name: str) -> str:
        """The text of a file beside the entries, "" if there is none."""

    def place(self, name: str, scratch: Path) -> Path:
        """Where the entry lies, once it is unpacked into *scratch* if it has to be."""

    def files(self, name: str) -> list[str]:
        """The names of the files in the entry, or its own if it is one."""

    def below(self, name: str) -> Shelf:
        """What is in the entry, as a shelf."""


class Folder:
    """Entries on the disk."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def entries(self) -> dict[str, bool]:
        found = sorted(p for p in self.root.iterdir() if not p.name.startswith(HIDDEN))
        return {path.name: path.is_dir() for path in found}

    def text(self, name: str) -> str:
        path = self.root / name
        return path.read_text("utf-8", "replace") if path.is_file() else ""

    def place(self, name: str, scratch: Path) -> Path:
        path = self.root / name
        if path.is_symlink():
            raise BadTarget(f"{name}: is a link, and links are not followed")
        return path

    def files(self, name: str) -> list[str]:
        path = self.root / name
        return [p.name for p in _inside(path)] if path.is_dir() else [name] * path.exists()

    def below(self, name: str) -> Folder:
        return Folder(self.root / name)


class Packed:
    """Entries of an archive, below the folder *base* of it."""

    def __init__(self, archive: Archive, base: tuple[str, ...] = ()) -> None:
        self.archive, self.base = archive, base
        self._entries: dict[str, list[ArchiveMember]] = {}
        for member in archive.members:
            if member.parts[: len(base)] == base and len(member.parts) > len(base):
                self._entries.setdefault(member.parts[len(base)], []).append(member)

    def entries(self) -> dict[str, bool]:
        return {name: self._is_folder(name) for name in sorted(self._entries)}

    def text(self, name: str) -> str:
        return self.archive.text("/".join((*self.base, name)))

    def place(self, name: str, scratch: Path) -> Path:
        try:
            self.archive.unpack(self._entries.get(name, []), scratch)
        except BadTarget as problem:
            told = str(problem).removeprefix(f"{self.archive.named}: ")
            raise BadTarget(f"{in_a_line(name, 80)}: {told}") from None
        return scratch.joinpath(*self.base, name)

    def files(self, name: str) -> list[str]:
        members = self._entries.get(name, [])[:MOST_NAMES]
        return [m.parts[-1] for m in members if not m.info.is_dir()]

    def below(self, name: str) -> Packed:
        return Packed(self.archive, (*self.base, name))

    def _is_folder(self, name: str) -> bool:
        depth = len(self.base) + 1
        return any(m.info.is_dir() or len(m.parts) > depth for m in self._entries[name])


def _inside(folder: Path) -> Iterator[Path]:
    """The files in *folder* that are not hidden, not endlessly many of them."""
    waiting, seen = [folder], 0
    while waiting and seen < MOST_NAMES:
        for path in sorted(waiting.pop().iterdir()):
            seen += 1
            if path.name.startswith(HIDDEN) or path.is_symlink():
                continue
            if path.is_dir():
                waiting.append(path)
            else:
                yield path
