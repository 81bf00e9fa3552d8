"""From what a person names to the path of a submission, without importing anything."""

from __future__ import annotations

import sys
from pathlib import Path


class BadTarget(Exception):
    """What was named cannot be a submission; the message says why in one line."""


def find(target: str, here: Path) -> Path:
    """Return the path that *target* means, seen from *here*; raise BadTarget if it cannot be a submission."""
    path = resolve(target, here)
    if path is None:
        raise BadTarget(
            f"{target!r} is neither a file, nor a folder, nor a module name that leads to one"
        )
    if problem := unusable(path):
        raise BadTarget(f"{target}: {problem}")
    return path


def resolve(target: str, here: Path) -> Path | None:
    """The path that a path or a dotted module name means, found without importing anything."""
    direct = here / target
    if direct.exists() or direct.is_symlink():
        return direct.absolute()
    parts = target.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    for root in (here, *(Path(entry) for entry in sys.path if entry)):
        base = root.joinpath(*parts)
        for candidate in (
            base.with_name(base.name + ".py"),
            base.with_name(base.name + ".ipynb"),
            base,
        ):
            if candidate.exists():
                return candidate.absolute()
    return None


def unusable(path: Path) -> str:
    """Why *path* cannot be a submission, "" if it can."""
    if path.is_dir():
        has_code = any(p.suffix in (".py", ".ipynb") for p in path.rglob("*"))
        return "" if has_code else "the folder holds no Python file"
    if path.suffix not in (".py", ".ipynb"):
        return "a submission is a .py file, a folder or a .ipynb notebook"
    if path.is_symlink() or not path.is_file():
        return "not a regular file"
    try:
        path.open("rb").close()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return ""
