"""Does a folder that was named as one submission look like a class?"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from checkgrad.batch import platforms
from checkgrad.batch.archive import HIDDEN
from checkgrad.sandbox.around import SOURCES

FEW = 2  # of the same kind may be chance
MOST, LARGEST = 50, 1 << 16  # files that are looked into, and bytes of each
DEFINED = re.compile(rb"^(?:def|class)[ \t]+(\w+)", re.M)


def of_a_class(folder: Path) -> str:
    """Why *folder* looks like the submissions of many, "" if it does not."""
    entries = sorted(p for p in folder.iterdir() if not p.name.startswith(HIDDEN))
    names = [entry.name for entry in entries]
    if platforms.METADATA in names and any(map(platforms.SUBMISSION.fullmatch, names)):
        return "an export of Gradescope"
    for platform, owned in (("Moodle", platforms.moodle), ("Canvas", platforms.canvas)):
        owners = {found[0] for name in names if (found := owned(name))}
        if len(owners) >= FEW and all(map(owned, names)):
            return f"an export of {platform}"
    archives = [name for name in names if name.endswith(".zip")]
    if len(archives) > FEW and not any(name.endswith(SOURCES) for name in names):
        return f"{len(archives)} archives"
    return _alike_folders(entries) or _alike_files(entries)


def _alike_folders(entries: list[Path]) -> str:
    """Several folders that each hold a file of the same name, and no file beside them."""
    if any(entry.suffix in SOURCES for entry in entries):
        return ""
    folders = [e for e in entries if e.is_dir() and not (e / "__init__.py").exists()]
    inside = Counter(p.name for f in folders for p in f.iterdir() if p.suffix in SOURCES)
    for name, times in inside.most_common(1):
        if times > FEW:
            return f"{times} folders with a {name} each"
    return ""


def _alike_files(entries: list[Path]) -> str:
    """Several files that define the same, all of them."""
    files = [e for e in entries if e.suffix == ".py" and e.is_file() and e.name != "__init__.py"]
    if len(files) <= FEW or len(files) < len(entries):
        return ""
    defined = [set(DEFINED.findall(_beginning(path))) for path in files[:MOST]]
    same = set.intersection(*defined)
    everything = set.union(*defined)
    if same and 2 * len(same) >= len(everything):
        return f"{len(files)} files that define the same"
    return ""


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except OSError:
        return b""
