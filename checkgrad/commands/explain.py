"""`checkgrad explain NAME`: the derivation behind an exercise, or what a mistake is."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from checkgrad.explain import UnknownName, explain, explanations, listing

HELP = "derive a formula, or tell what a mistake is"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        help="an exercise or a mistake, as the report has it; without one the exercises are listed",
    )
    parser.add_argument(
        "--html", metavar="FILE", type=Path, help="write a page instead of printing text"
    )


def run(options: argparse.Namespace) -> int:
    """Print what there is to say, or write it as a page; raise Unknown for a name that means nothing."""
    if options.name is None:
        if options.html:
            raise UnknownName("--html needs a NAME: the page of which exercise or mistake?")
        print(listing(), end="")
        return 0
    if options.html is None:
        print(explain(options.name, min(100, shutil.get_terminal_size().columns)), end="")
        return 0
    from checkgrad.render import explanation  # templates and formulas: only for a page

    options.html.parent.mkdir(parents=True, exist_ok=True)
    options.html.write_text(explanation.render(explanations(options.name)), encoding="utf-8")
    return 0
