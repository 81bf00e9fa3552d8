"""What lies around a single file: the folders that its imports are looked up in, and the files that use it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from checkgrad.sandbox.importing import dotted, imported, imports_relatively

UP = 2  # folders above a file that are looked through
MOST_LOOKED_AT, MOST_IN_ALL, LARGEST = 60, 200, 1 << 20
MOST_FOLDERS = 12  # beside those, as examples and notebooks are
MOST_USERS = 6
SOURCES = (".py", ".ipynb")
UNREAD = re.compile(
    r"(test_.*|.*_test|tests?|conftest|setup|sitecustomize|usercustomize|__main__)\.py"
)
SET_UP = re.compile(r"(conftest|setup|sitecustomize|usercustomize|__\w+__)\.py")
ELSEWHERE = sys.stdlib_module_names | {"numpy", "__init__"}


class FoldersAround:
    """The folders from that of a file up to the highest that it, or what uses it, needs.

    users: files that import it, at any remove, the nearest first.
    """

    def __init__(self, path: Path, content: bytes) -> None:
        path = path.resolve()
        above = [f for f in list(path.parent.parents)[:UP] if f != f.parent]
        self.folders = [path.parent, *above]
        self._known: dict[Path, list[tuple[Path, set[str]]]] = {}
        self.users = tuple(self._users(path))
        reach = [self._index(user) for user in self.users]
        reach += [i for name in imported(content) - ELSEWHERE for i in self._where(name)]
        reach.append(min(imports_relatively(content), len(above)))
        self.folders = self.folders[: 1 + max(reach)]

    @property
    def top(self) -> Path:
        """The folder that everything lies in."""
        return self.folders[-1]

    def _where(self, name: str) -> list[int]:
        """The first of the folders that holds a module of this name."""
        return [i for i, folder in enumerate(self.folders) if is_module(folder / name)][:1]

    def _users(self, path: Path) -> Iterator[Path]:
        waiting, seen = [path], {path}
        while waiting:
            for user in self._importing(waiting.pop(0)):
                if user not in seen and len(seen) <= MOST_USERS:
                    seen.add(user)
                    waiting.append(user)
                    yield user

    def _importing(self, used: Path) -> Iterator[Path]:
        """The files that name another one, or a package that it lies in, in an import."""
        for folder in (*self.folders, *self._beside()):
            names = self._names(used, folder)
            for path, imports in self._sources(folder) if names else ():
                if path != used and names & imports:
                    yield path

    def _names(self, used: Path, folder: Path) -> set[str]:
        """By which names what lies in a folder may import a file and its packages, from a folder that holds both."""
        found: set[str] = set()
        for start in self.folders:
            if start in used.parents and (start == folder or start in folder.parents):
                inside = used.relative_to(start).with_suffix("").parts
                other = start != folder and is_module(folder / inside[0])  # by that name
                if not other:
                    found |= {".".join(inside[: i + 1]) for i in range(len(inside))}
        return found

    def _beside(self) -> list[Path]:
        """Other folders in those of the file, which may hold examples and notebooks."""
        found = [inner for folder in self.folders for inner in folders_in(folder)]
        return [inner for inner in found if inner not in self.folders]

    def _index(self, user: Path) -> int:
        """Which of the folders holds a user, at any depth."""
        return next(i for i, folder in enumerate(self.folders) if folder in user.parents)

    def _sources(self, folder: Path) -> list[tuple[Path, set[str]]]:
        """The Python files and notebooks right in a folder, with the modules that each imports."""
        if folder not in self._known:
            room = MOST_IN_ALL - sum(map(len, self._known.values()))
            found = sources_right_in(folder)[: max(0, room)]
            self._known[folder] = [(path, imports_of(path)) for path in found]
        return self._known[folder]


def folders_in(folder: Path) -> list[Path]:
    """The folders right in another one, without hidden ones."""
    try:
        found = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []
    plain = (path for path in found if not path.is_symlink())
    return [path for path in plain if not path.name.startswith((".", "__"))][:MOST_FOLDERS]


def is_module(place: Path) -> bool:
    """Is there a module or a package?"""
    return place.with_name(place.name + ".py").is_file() or place.is_dir()


def sources_right_in(folder: Path) -> list[Path]:
    """The Python files and notebooks of a folder itself that may be somebody's work."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix in SOURCES)
    except OSError:
        return []
    plain = (path for path in found if path.is_file() and not path.is_symlink())
    return [path for path in plain if not SET_UP.fullmatch(path.name)][:MOST_LOOKED_AT]


def imports_of(path: Path) -> set[str]:
    """The modules that a file imports; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            return dotted(file.read(LARGEST))
    except OSError:
        return set()
