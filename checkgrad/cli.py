"""The command line: one parser, a subcommand a file in `commands/`; bad usage ends in one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from checkgrad.assignment import BadAssignment
from checkgrad.commands import check_assignment, diff, explain, grade, init, report
from checkgrad.explain import UnknownName
from checkgrad.targets import BadTarget

COMMANDS = {
    "init": init,
    "check-assignment": check_assignment,
    "grade": grade,
    "report": report,
    "diff": diff,
    "explain": explain,
}
USAGE = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (BadTarget, BadAssignment, UnknownName, OSError) as error:
        print(f"checkgrad: {_said(error)}", file=sys.stderr)
        return USAGE


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


class _Parser(argparse.ArgumentParser):
    """Wrong usage ends with one line and the code that pytest has for it."""

    def error(self, message: str) -> None:  # type: ignore[override]
        print(f"{self.prog}: {message}", file=sys.stderr)
        sys.exit(USAGE)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="checkgrad", description="The referee for hand-written gradients.")
    parser.add_argument("--version", action="version", version=f"checkgrad {version('checkgrad')}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        sub = subparsers.add_parser(name, help=command.HELP)
        command.declare(sub)
        sub.set_defaults(run=command.run)
    return parser
