"""`checkgrad explain NAME`: the derivation behind an exercise, or what a mistake is."""

from __future__ import annotations

import argparse
import shutil

from checkgrad.explain import explain

HELP = "derive a formula, or tell what a mistake is"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "name", metavar="NAME", help="an exercise or a mistake, as the report has it"
    )


def run(options: argparse.Namespace) -> int:
    """Print what there is to say; raise Unknown for a name that means nothing."""
    print(explain(options.name, min(100, shutil.get_terminal_size().columns)), end="")
    return 0
