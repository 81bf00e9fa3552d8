"""`checkgrad init`: an assignment file that pins every convention, a starter module, what each platform needs."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from checkgrad import assignment as assignments
from checkgrad.assignment import AssignmentSource, loads
from checkgrad.assignment.conventions import CONVENTIONS
from checkgrad.assignment.decode import schema
from checkgrad.commands import wheel
from checkgrad.exercise import Exercise
from checkgrad.judging.rehearsal import hidden
from checkgrad.targets import BadTarget

HELP = "begin an assignment: the file, a starter module, what platforms need"
TEMPLATES = Path(__file__).parents[1] / "templates"
RUN = ("run_autograder", "setup.sh", "run.sh")  # files that are executed
SEED = 1


def declare(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "folder", metavar="DIR", nargs="?", default=".", help="where (default: here)"
    )


def run(options: argparse.Namespace) -> int:
    """Write all files, or none if one of them is there already."""
    folder = Path(options.folder)
    written = {folder / name: content for name, content in contents().items()}
    if there := [path for path in written if path.exists()]:
        raise BadTarget(f"{there[0]} is there already; nothing was written")
    for path, content in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if path.name in RUN:
            path.chmod(0o755)
        print(path)
    print(f"next: checkgrad check-assignment {folder / 'assignment.toml'}")
    return 0


def contents() -> dict[str, bytes]:
    """What to write, by the path of each file; with what each platform needs the wheel that it installs."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    values = {"checkgrad": version("checkgrad"), "numpy": np.__version__, **_asked()}
    plain = [p.relative_to(TEMPLATES).as_posix() for p in TEMPLATES.glob("*/*")]
    texts = {
        "assignment.toml": env.get_template("assignment.toml.jinja").render(values),
        "assignment.schema.json": json.dumps(schema(), indent=1) + "\n",
        "homework.py": env.get_template("starter.py.jinja").render(values),
        **{name: env.get_template(name).render(values) for name in sorted(plain)},
    }
    name, packed = wheel.built()
    wheels = {f"{platform}/{name}": packed for platform in sorted({p.split("/")[0] for p in plain})}
    return {path: text.encode() for path, text in texts.items()} | wheels


def _asked() -> dict[str, Any]:
    """The exercises with their points, and what is said of the conventions."""
    every = assignments.asked(loads(AssignmentSource("init", f"seed = {SEED}\n".encode())))
    passing = hidden(every)
    shown = [
        {
            "name": e.name,
            "points": e.starter,
            "roles": e.roles,
            "title": e.title[0].upper() + e.title[1:],
            "shapes": _shapes(e),
        }
        for e in every
        if e.starter
    ]
    return {
        "exercises": shown,
        "seed": SEED,
        "conventions": CONVENTIONS.items(),
        "hidden": lambda key: _told(passing.get(key, [])),
    }


def _shapes(exercise: Exercise) -> str:
    """The shapes of a call, which a starter tells; the formula is for students to find."""
    probe = exercise.probes()[0]
    given = [f"{role} {np.shape(value)}" for role, value in zip(exercise.roles, probe, strict=True)]
    answer = exercise(*probe)
    answers = answer if isinstance(answer, tuple) else (answer,)
    told = [str(np.shape(a)) if np.shape(a) else "a number" for a in answers]
    return f"{', '.join(given)} gives {', '.join(told)}"


def _told(mistakes: Sequence[str]) -> Iterator[str]:
    """The *mistakes* that pass where something is not pinned, in lines of comment."""
    if mistakes:
        yield from textwrap.wrap(f"unpinned, these pass: {', '.join(mistakes)}", 105)
