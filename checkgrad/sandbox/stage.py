"""A submission is copied into a private folder: regular files only, none too many, none too large."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checkgrad.targets import BadTarget

MOST_FILES, LARGEST_FILE, MOST_BYTES, DEEPEST = 200, 2 << 20, 20 << 20, 8
SOURCES = (".py", ".ipynb")
UNREAD = re.compile(
    r"(test_.*|.*_test|tests?|conftest|setup|sitecustomize|usercustomize|__main__)\.py"
)
IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(.*)|import[ \t]+(.+))", re.M
)


@dataclass(frozen=True)
class Staged:
    """A submission in its private folder, as an order to a worker.

    folder: what to remove in the end. targets: (module, path, prefix of its names) of each file to read.
    """

    folder: Path
    roots: tuple[str, ...]
    targets: tuple[tuple[str, str, str], ...]
    sha256: str
    notes: tuple[str, ...] = ()


def stage(submission: Path, *, neighbours: bool = False, within: Path | None = None) -> Staged:
    """Copy *submission*, a file or a folder, into a new folder *within* one, or raise BadTarget.

    neighbours: also copy the files beside it that it imports; these may be the work of others.
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
    """One file, with the neighbours that it imports; as part of a package where it imports from "."."""
    inside, called = path.resolve().parent, printable(path.name)
    content = copy.file(path, called)
    package = printable(inside.name) if imports_relatively(content) else ""
    home = copy.folder
    if package:
        (home / package).mkdir()
        os.replace(home / called, home / package / called)
    if neighbours:
        stage_neighbours(inside, content, copy, f"{package}/" if package else "")
        notes: tuple[str, ...] = ()
    else:
        notes = tuple(left_behind(inside, content))
    module = module_name(path.stem)
    roots = (str(home / package), str(home)) if package else (str(home),)
    name = f"{package}.{module}" if package else module
    target = (name, str(home / package / called), Path(called).stem)
    return Staged(home, roots, (target,), copy.digest.hexdigest(), notes)


def printable(name: str) -> str:
    """The name of a file, which may be of any bytes, as text that can be written down."""
    return os.fsencode(name).decode("utf-8", "replace")


def imports_relatively(content: bytes) -> bool:
    return re.search(rb"^[ \t]*from[ \t]+\.", content, re.M) is not None


def module_name(stem: str) -> str:
    """A name under which the file can be a module without being taken for another."""
    taken = stem in sys.stdlib_module_names or stem in ("numpy", "checkgrad")
    return f"student_{stem}" if taken or "." in stem else stem


def stage_neighbours(inside: Path, content: bytes, copy: Copy, to: str) -> None:
    """Copy the modules and packages of a folder that *content* imports, and those that they import."""
    seen: set[str] = set()
    waiting = imported(content)
    while waiting:
        name = waiting.pop()
        if name in seen or name in sys.stdlib_module_names or name == "numpy":
            continue
        seen.add(name)
        for path in neighbour(inside / name):
            staged = to + path.relative_to(inside).as_posix()
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


def imported(content: bytes) -> set[str]:
    """First names of what a file or a notebook imports, as far as can be told without parsing it."""
    names: set[str] = {"__init__"}
    if (
        content.lstrip()[:1] == b"{"
    ):  # JSON, in which lines are quoted and line breaks are written out
        content = content.replace(b"\\n", b"\n").replace(b'"', b"\n")
    for origin, what, plain in IMPORT.findall(content):
        origin = origin.lstrip(b".")
        listed = plain or (b"" if origin else what)
        names |= {
            part.split()[0].strip(b"()").decode("ascii", "ignore").partition(".")[0]
            for part in listed.split(b",")
            if part.split()
        }
        if origin:
            names.add(origin.decode("ascii", "ignore").partition(".")[0])
    return {name for name in names if name.isidentifier()}


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
