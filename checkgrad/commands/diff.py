"""`checkgrad diff OLD NEW`: whose points changed between two gradings, and why."""

from __future__ import annotations

import argparse
from pathlib import Path

from checkgrad.batch import changes

HELP = "tell whose points changed between two gradings, and why"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    for name in ("old", "new"):
        parser.add_argument(name, metavar=name.upper(), help="a results.jsonl, or a JSON report")


def run(options: argparse.Namespace) -> int:
    """Print a line for each change; raise BadTarget for a file that holds no results."""
    told = changes.changes(changes.read(Path(options.old)), changes.read(Path(options.new)))
    lines = list(told)
    print("\n".join(lines) if lines else "no points changed")
    return 0
