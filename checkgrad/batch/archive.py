"""Zip archives read so that nothing in them reaches outside, grows without end or costs anyone else anything."""

from __future__ import annotations

import errno
import re
import stat
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from checkgrad.sandbox import in_a_line
from checkgrad.sandbox.around import SOURCES
from checkgrad.sandbox.stage import LARGEST_FILE, MOST_BYTES
from checkgrad.targets import BadTarget

LARGEST_ARCHIVE = 50 << 20  # inside another one
MOST_MEMBERS, MOST_SOURCES = 100_000, 2_000
CHUNK = 1 << 16
HIDDEN = (".", "__MACOSX", "__pycache__")
DRIVE = re.compile(r"[A-Za-z]:")
# The others unpack without a bound on what they give at once.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What a name brings about, and no lack of disk or rights.
BAD_NAME = (
    errno.ENAMETOOLONG,
    errno.EINVAL,
    errno.EILSEQ,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ENOENT,
)


@dataclass(frozen=True)
class ArchiveMember:
    """A file or a folder of an archive: the parts of its name without what leads nowhere, and what is wrong with it."""

    info: zipfile.ZipInfo
    parts: tuple[str, ...]
    problem: str = ""

    @property
    def name(self) -> str:
        return "/".join(self.parts)

    @property
    def wanted(self) -> bool:
        """Is it a source, or an archive that may hold some?"""
        link = stat.S_ISLNK(self.info.external_attr >> 16)
        return self.name.endswith((*SOURCES, ".zip")) and not (link or self.info.is_dir())


class Archive:
    """A zip archive that is open; whatever is wrong with it is a BadTarget that calls it *named*."""

    def __init__(self, path: Path, named: str) -> None:
        self.named = named
        try:
            self._opened = zipfile.ZipFile(path)
        except OSError as error:
            raise BadTarget(f"{named}: cannot be read ({error.strerror or error})") from None
        except Exception as error:  # the standard library raises many kinds
            raise BadTarget(f"{named}: cannot be unpacked ({_said(error)})") from None
        infos = self._opened.infolist()
        if len(infos) > MOST_MEMBERS:
            self.close()
            raise BadTarget(f"{named}: holds {len(infos)} files, more than {MOST_MEMBERS}")
        self.members = [m for m in map(_member, infos) if m.parts and not _hidden(m)]

    def close(self) -> None:
        self._opened.close()

    def text(self, name: str) -> str:
        """The text of a member of staff's, "" if there is none."""
        found = [m for m in self.members if m.name == name and not m.info.is_dir()]
        return b"".join(self._chunks(found[-1], LARGEST_FILE)).decode("utf-8", "replace") if found else ""  # fmt: skip

    def unpack(self, members: Iterable[ArchiveMember], folder: Path) -> None:
        """Unpack the sources and archives among *members* into *folder*."""
        chosen = {m.parts: m for m in members if m.wanted or m.problem}  # of one name the last
        if problem := next((m.problem for m in chosen.values() if m.problem), ""):
            raise BadTarget(f"{self.named}: {problem}")
        if len(chosen) > MOST_SOURCES:
            raise BadTarget(f"{self.named}: holds more than {MOST_SOURCES} Python files")
        above = {parts[:n] for parts in chosen for n in range(1, len(parts))}
        if clash := next((m.name for m in chosen.values() if m.parts in above), ""):
            told = f"holds a file and a folder that are both called {in_a_line(clash, 80)}"
            raise BadTarget(f"{self.named}: {told}")
        left = {".zip": LARGEST_ARCHIVE}
        for member in chosen.values():
            self._copy(member, folder.joinpath(*member.parts), left)

    def _copy(self, member: ArchiveMember, target: Path, left: dict[str, int]) -> None:
        """Write one member; what is too large for a source is cut where whoever reads it will say so."""
        kind = target.suffix if target.suffix == ".zip" else ""
        room = left.setdefault(kind, MOST_BYTES)
        most = room if kind else LARGEST_FILE
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                for chunk in self._chunks(member, most + 1):
                    file.write(chunk)
                left[kind] = room - file.tell()
        except OSError as error:
            if error.errno not in BAD_NAME:
                raise
            told = f"{in_a_line(member.name, 80)}: cannot be a file here ({error.strerror})"
            raise BadTarget(f"{self.named}: {told}") from None
        if left[kind] < 0:
            most = LARGEST_ARCHIVE if kind else MOST_BYTES
            raise BadTarget(f"{self.named}: unpacks to more than {most >> 20} MB")

    def _chunks(self, member: ArchiveMember, most: int) -> Iterable[bytes]:
        if member.info.flag_bits & 1:
            raise BadTarget(f"{self.named}: is encrypted; it has to come without a password")
        if member.info.compress_type not in METHODS:
            raise BadTarget(f"{self.named}: is packed in a way that is not read; a plain .zip is")
        try:
            with self._opened.open(member.info) as packed:
                while most > 0 and (chunk := packed.read(min(CHUNK, most))):
                    most -= len(chunk)
                    yield chunk
        except Exception as error:  # the standard library raises many kinds
            told = f"{in_a_line(member.name, 80)} in it is damaged: {_said(error)}"
            raise BadTarget(f"{self.named}: cannot be unpacked ({told})") from None


def _member(info: zipfile.ZipInfo) -> ArchiveMember:
    named = info.filename.replace("\\", "/")
    parts = [part for part in named.split("/") if part not in ("", ".")]
    outside = named.startswith("/") or ".." in parts or bool(parts and DRIVE.match(parts[0]))
    if not parts or not outside:
        return ArchiveMember(info, tuple(parts))
    told = f"holds {info.filename[:80]!r}, which would land outside"
    if parts[0] == ".." or named.startswith("/") or DRIVE.match(parts[0]):  # it is nobody's
        return ArchiveMember(info, (f"outside {named.replace('/', '_')}",), told)
    return ArchiveMember(info, tuple(part for part in parts if part != ".."), told)


def _hidden(member: ArchiveMember) -> bool:
    return any(part.startswith(HIDDEN) for part in member.parts)


def _said(error: Exception) -> str:
    """What an error of the standard library says, in few words."""
    return in_a_line(str(error), 80) or type(error).__name__
