"""What lies around a single file: the folders that its imports are looked up in, and the files that use it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from checkgrad.sandbox.importing import dotted, imported, imports_relatively

UP = 2  # folders above a file that are looked through
MOST_LOOKED_AT, LARGEST = 60, 1 << 20
MOST_USERS = 6
SOURCES = (".py", ".ipynb")
UNREAD = re.compile(
    r"(test_.*|.*_test|tests?|conftest|setup|sitecustomize|usercustomize|__main__)\.py"
)
ELSEWHERE = sys.stdlib_module_names | {"numpy", "__init__"}


class Around:
    """The folders from that of a file up to the highest that it, or what uses it, needs.

    users: files that import it, at any remove, the nearest first.
    """

    def __init__(self, path: Path, content: bytes) -> None:
        path = path.resolve()
        above = [f for f in list(path.parent.parents)[:UP] if f != f.parent]
        self.folders = [path.parent, *above]
        self._known: dict[Path, list[tuple[Path, set[str]]]] = {}
        self.users = tuple(self._users(path))
        reach = [self.folders.index(user.parent) for user in self.users]
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
        for folder in self.folders:
            if folder not in used.parents:
                continue
            inside = used.relative_to(folder).with_suffix("").parts
            names = {".".join(inside[: i + 1]) for i in range(len(inside))}
            for path, imports in self._sources(folder):
                if path != used and names & imports:
                    yield path

    def _sources(self, folder: Path) -> list[tuple[Path, set[str]]]:
        """The Python files and notebooks right in a folder, with the modules that each imports."""
        if folder not in self._known:
            self._known[folder] = [(path, imports_of(path)) for path in sources_right_in(folder)]
        return self._known[folder]


def is_module(place: Path) -> bool:
    """Is there a module or a package?"""
    return place.with_name(place.name + ".py").is_file() or place.is_dir()


def sources_right_in(folder: Path) -> list[Path]:
    """The Python files and notebooks of a folder itself that are no tests."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix in SOURCES)
    except OSError:
        return []
    plain = (path for path in found if path.is_file() and not path.is_symlink())
    return [path for path in plain if not UNREAD.fullmatch(path.name)][:MOST_LOOKED_AT]


def imports_of(path: Path) -> set[str]:
    """The modules that a file imports; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            return dotted(file.read(LARGEST))
    except OSError:
        return set()
