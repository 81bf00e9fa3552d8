"""Zip archives unpacked so that nothing in them reaches outside, grows without end or is anything but a source."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from checkgrad.sandbox.stage import LARGEST_FILE, SOURCES
from checkgrad.targets import BadTarget

WANTED = (*SOURCES, ".zip", "submission_metadata.yml")
MOST_BYTES, MOST_FILES = 1 << 30, 100_000
LARGEST_ARCHIVE = 50 << 20  # a student's, inside the one of the class
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


def unpack(archive: Path, folder: Path, named: str) -> None:
    """Unpack the sources in *archive* into *folder*; raise BadTarget, which calls it *named*, if it is not sane."""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = list(_wanted(opened, named))
            if len(members) > MOST_FILES:
                raise BadTarget(f"{named}: holds {len(members)} files, more than {MOST_FILES}")
            left = MOST_BYTES
            for member, inside in members:
                left -= _copy(opened, member, folder / inside)
                if left < 0:
                    raise BadTarget(f"{named}: unpacks to more than {MOST_BYTES >> 20} MB")
    except UNREADABLE as error:
        raise BadTarget(f"{named}: cannot be unpacked ({error or 'damaged'})") from None
    except OSError as error:
        raise BadTarget(f"{named}: cannot be unpacked ({error.strerror or error})") from None


def _wanted(opened: zipfile.ZipFile, named: str) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    for member in opened.infolist():
        inside = PurePosixPath(member.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0]:
            raise BadTarget(f"{named}: holds {member.filename!r}, which would land outside")
        hidden = any(part.startswith((".", "__MACOSX", "__pycache__")) for part in inside.parts)
        link = stat.S_ISLNK(member.external_attr >> 16)
        if inside.name.endswith(WANTED) and not (hidden or link or member.is_dir()):
            yield member, inside


def _copy(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> int:
    """Write one member and return its size; what is too large is cut where whoever reads it will say so."""
    most = LARGEST_ARCHIVE if target.suffix == ".zip" else LARGEST_FILE
    with opened.open(member) as packed:
        content = packed.read(most + 1)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return len(content)
