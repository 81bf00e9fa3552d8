"""A submission is copied into a private folder: regular files only, none too many, none too large."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checkgrad.sandbox.around import SOURCES, UNREAD, FoldersAround
from checkgrad.sandbox.importing import imported, imports_relatively
from checkgrad.targets import BadTarget

MOST_FILES, LARGEST_FILE, MOST_BYTES, DEEPEST = 200, 2 << 20, 20 << 20, 8


@dataclass(frozen=True)
class Staged:
    """A submission in its private folder, as an order to a worker.

    folder: what to remove in the end. targets: (module, path, prefix of its names) of each file to read. users: paths of
    files beside a single one that use it.
    """

    folder: Path
    roots: tuple[str, ...]
    targets: tuple[tuple[str, str, str], ...]
    sha256: str
    notes: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


def stage(submission: Path, *, neighbours: bool = False, within: Path | None = None) -> Staged:
    """Copy *submission*, a file or a folder, into a new folder *within* one, or raise BadTarget.

    neighbours: also copy the files around it that it imports, or that use it; these may be the work of others.
    """
    kind = mode_of(submission)
    folder = Path(tempfile.mkdtemp(prefix="checkgrad-", dir=within))
    copy = Copy(folder)
    try:
        if stat.S_ISDIR(kind):
            staged = stage_folder(submission, copy)
        elif submission.suffix in SOURCES:
            staged = stage_file(submission, copy, neighbours)
        else:
            raise BadTarget(f"{submission}: expected a .py or .ipynb file, or a folder of them")
    except BaseException:
        remove(folder)
        raise
    return staged


def mode_of(path: Path) -> int:
    """The kind of file that *path* is, links not followed."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        raise BadTarget(f"{path}: there is no such file or folder") from None
    except (OSError, ValueError) as error:
        raise BadTarget(f"{path}: cannot be read ({reason(error)})") from None
    if stat.S_ISLNK(mode):
        raise BadTarget(f"{path}: is a symbolic link; name the file itself")
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise BadTarget(f"{path}: is neither a file nor a folder")
    return mode


def reason(error: Exception) -> str:
    return (getattr(error, "strerror", "") or type(error).__name__).lower()


class Copy:
    """Copies files into one folder and keeps count."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.digest = hashlib.sha256()
        self.count = self.size = 0

    def file(self, source: Path, to: str) -> bytes:
        """Copy a regular file; its content."""
        self.count += 1
        if self.count > MOST_FILES:
            raise BadTarget(f"{source.parent}: more than {MOST_FILES} files")
        content = content_of(source)
        self.size += len(content)
        if self.size > MOST_BYTES:
            raise BadTarget(f"{source.parent}: more than {MOST_BYTES >> 20} MB of Python files")
        target = self.folder / to
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.digest.update(f"{to}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
        return content


def content_of(path: Path) -> bytes:
    """The bytes of a regular file, opened so that neither a link nor a pipe can hold us."""
    flags = os.O_RDONLY
    for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, flag, 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise BadTarget(f"{path}: cannot be read ({reason(error)})") from None
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise BadTarget(f"{path}: is not a regular file")
        if status.st_size > LARGEST_FILE:
            raise BadTarget(f"{path}: larger than {LARGEST_FILE >> 20} MB")
        return file.read(LARGEST_FILE)


def stage_file(path: Path, copy: Copy, neighbours: bool) -> Staged:
    """One file, with what it imports and what uses it; as part of packages where it imports from "."."""
    called = printable(path.name)
    content = content_of(path)
    folders = path.resolve().parents[: 1 + min(imports_relatively(content), 1)]
    notes = () if neighbours else tuple(left_behind(folders[0], content))
    users: tuple[Path, ...] = ()
    if neighbours:
        around = FoldersAround(path, content)
        folders, users = around.folders, around.users
    top = folders[-1]
    home = copy.folder / Path(printable(str(folders[0].relative_to(top))))
    copy.file(path, str((home / called).relative_to(copy.folder)))
    if neighbours:
        for folder in folders:
            stage_neighbours(folder, content, copy, top)
    for user in users:
        stage_user(user, copy, top)
    package = ".".join((home / "x").relative_to(copy.folder).parts[:-1])
    module = module_name(path.stem)
    name = f"{package}.{module}" if imports_relatively(content) and package else module
    roots = tuple(str(copy.folder / printable(str(f.relative_to(top)))) for f in folders)
    target = (name, str(home / called), Path(called).stem)
    used = tuple(str(copy.folder / printable(str(u.relative_to(top)))) for u in users)
    return Staged(copy.folder, roots, (target,), copy.digest.hexdigest(), notes, used)


def printable(name: str) -> str:
    """The name of a file, which may be of any bytes, as text that can be written down."""
    return os.fsencode(name).decode("utf-8", "replace")


def module_name(stem: str) -> str:
    """A name under which the file can be a module without being taken for another."""
    taken = stem in sys.stdlib_module_names or stem in ("numpy", "checkgrad")
    return f"student_{stem}" if taken or "." in stem else stem


def stage_user(path: Path, copy: Copy, top: Path) -> None:
    """Copy a file that uses the submission, with what it imports; as if it were not there where that is too much."""
    place = printable(str(path.relative_to(top)))
    if not (copy.folder / place).exists():
        with contextlib.suppress(BadTarget):
            stage_neighbours(path.parent, copy.file(path, place), copy, top)


def stage_neighbours(inside: Path, content: bytes, copy: Copy, top: Path) -> None:
    """Copy the modules and packages of a folder that *content* imports, and those that they import."""
    seen: set[str] = set()
    waiting = imported(content)
    while waiting:
        name = waiting.pop()
        if name in seen or name in sys.stdlib_module_names or name == "numpy":
            continue
        seen.add(name)
        for path in neighbour(inside / name):
            staged = printable(path.relative_to(top).as_posix())
            if not (copy.folder / staged).exists() and copy.count < MOST_FILES:
                try:
                    waiting |= imported(copy.file(path, staged))
                except BadTarget:
                    continue  # as if it were not there


def left_behind(inside: Path, content: bytes) -> Iterator[str]:
    """What is said of each module beside a file that it imports and does not get."""
    for name in sorted(imported(content) - {"__init__", "numpy"} - sys.stdlib_module_names):
        if (inside / f"{name}.py").exists() or (inside / name).is_dir():
            yield f"{name} beside it is not part of the submission; a folder brings its modules along"


def neighbour(place: Path) -> list[Path]:
    """The files of the module or the package at *place*; of one that is too much, none."""
    file = place.with_name(place.name + ".py")
    if file.is_file():
        return [file]
    if not place.is_dir() or place.is_symlink():
        return []
    try:
        return [path for path in sources_in(place) if path.suffix == ".py"]
    except BadTarget:
        return []


def stage_folder(folder: Path, copy: Copy) -> Staged:
    """All Python of a folder, each file a target but for tests and names that belong to libraries."""
    folder = innermost(folder)
    home = printable(folder.resolve().name) or "submission"
    targets, notes = [], []
    package = (folder / "__init__.py").is_file()
    for path in sources_in(folder):
        inside = Path(printable(str(path.relative_to(folder))))
        copy.file(path, f"{home}/{inside.as_posix()}")
        if why := unread(inside):
            notes.append(f"{inside.as_posix()}: not read ({why})")
            continue
        prefix = ".".join(inside.with_suffix("").parts)
        if inside.stem == "__init__":
            prefix = ".".join(inside.parts[:-1]) or home
        name = prefix if not package else home if prefix == home else f"{home}.{prefix}"
        targets.append((name, str(copy.folder / home / inside), prefix))
    if not targets:
        raise BadTarget(f"{folder}: a folder without Python files to grade")
    roots = [str(copy.folder / home), str(copy.folder)]
    roots += [str(copy.folder / home / printable(inside)) for inside in source_folders(folder)]
    return Staged(copy.folder, tuple(roots), tuple(targets), copy.digest.hexdigest(), tuple(notes))


def innermost(folder: Path) -> Path:
    """The folder that holds all that is to be read in *folder*: it, or the one that is alone in it."""
    while True:
        read = [p for p in sources_in(folder) if not unread(p.relative_to(folder))]
        holders = {p.relative_to(folder).parts[0] for p in read}
        inner = folder / next(iter(holders), "")
        if len(holders) != 1 or not inner.is_dir() or (inner / "__init__.py").exists():
            return folder
        folder = inner


def source_folders(folder: Path) -> list[str]:
    """The folders in *folder* whose modules are imported by their bare names: all that hold some and are no packages."""
    holders = {path.parent for path in sources_in(folder)}
    holders |= {place.parent for place in holders if (place / "__init__.py").is_file()}
    plain = (place for place in holders if not (place / "__init__.py").is_file())
    return sorted(str(p.relative_to(folder)) for p in plain if folder in p.parents)


def unread(inside: Path) -> str:
    """Why a file of a folder is no target, if so."""
    if inside.name == "conftest.py" or UNREAD.fullmatch(inside.name):
        return "a test or set-up file"
    if len(inside.parts) == 1 and (
        inside.stem in sys.stdlib_module_names or inside.stem == "numpy"
    ):
        return "it has the name of a library"
    return ""


def sources_in(folder: Path) -> list[Path]:
    """Python files and notebooks under *folder*, in order; hidden folders and links left out."""
    found: list[Path] = []
    for place, folders, files in os.walk(folder, onerror=unreadable):
        here = Path(place)
        if len(here.relative_to(folder).parts) >= DEEPEST and folders:
            raise BadTarget(f"{folder}: folders nested more than {DEEPEST} deep")
        folders[:] = sorted(
            f
            for f in folders
            if not f.startswith((".", "__pycache__")) and not (here / f).is_symlink()
        )
        found += [here / f for f in sorted(files) if f.endswith(SOURCES)]
        if len(found) > MOST_FILES:
            raise BadTarget(f"{folder}: more than {MOST_FILES} files")
    return found


def unreadable(error: OSError) -> None:
    raise BadTarget(f"{error.filename}: cannot be read ({reason(error)})")


def hand_over(folder: Path, user: int) -> None:
    """Let *user* read the folder and change nothing in it."""
    if not user:
        return
    for place, _, files in os.walk(folder):
        for path, mode in [(place, 0o750), *((os.path.join(place, f), 0o640) for f in files)]:
            os.chown(path, 0, user)
            os.chmod(path, mode)


def remove(folder: Path) -> None:
    """Remove a private folder."""
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
