"""checkgrad in a notebook: the report on the functions defined there, shown below the cell; they still run in a worker."""

from __future__ import annotations

import ast
import re
import tempfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checkgrad.model import Report

NAME = "notebook.ipynb"
CELL_MAGIC = re.compile(r"\A\s*%%.*")


class Shown:
    """A report as a notebook shows it; as text in a terminal."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def __repr__(self) -> str:
        from checkgrad.render.terminal import summary

        return summary(self.report, colour=False)

    def _repr_html_(self) -> str:
        from checkgrad.render.html import render

        # a frame of its own, without scripts: neither the page's style nor the notebook's reaches the other
        return (
            f'<iframe srcdoc="{escape(render(self.report))}" sandbox="" title="checkgrad report" '
            'style="width: 100%; height: 40rem; border: 1px solid #8a909a; border-radius: .5rem"></iframe>'
        )


def check(assignment: str | Path | None = None, *, seed: int = 0) -> Shown:
    """Judge what the cells run so far define, and return the report, which a notebook shows.

    assignment: the path of an assignment file. Raises RuntimeError where there is no notebook.
    """
    from IPython import get_ipython

    shell: Any = get_ipython()
    if shell is None:
        raise RuntimeError("checkgrad.check() reads the cells of a notebook, and there is none")
    return Shown(_report(cells(shell), assignment, seed))


def cells(shell: Any) -> list[str]:
    """Return the sources of the cells that *shell* has run, in place, without what did not come off.

    A definition, an import or an assignment stays if what it names is there now; nothing else does.
    """
    return [_kept(shell, source) for _, _, source in shell.history_manager.get_range(raw=True)]


def _kept(shell: Any, source: str) -> str:
    try:
        text = shell.transform_cell(CELL_MAGIC.sub("", source))
        statements = ast.parse(text).body
    except (SyntaxError, ValueError):
        return ""
    lines = text.splitlines()
    kept = [""] * len(lines)
    for statement in statements:
        names = _names(statement)
        if names and all(name in shell.user_ns for name in names):
            first = min(
                node.lineno for node in [statement, *getattr(statement, "decorator_list", [])]
            )
            kept[first - 1 : statement.end_lineno] = lines[first - 1 : statement.end_lineno]
    return "\n".join(kept)


def _names(statement: ast.stmt) -> list[str]:
    """What a definition, an import or an assignment names."""
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            bound = [alias.asname or alias.name.partition(".")[0] for alias in names]
            return [name if name != "*" else "__name__" for name in bound]
        case ast.Assign(targets=targets):
            nodes = [node for target in targets for node in ast.walk(target)]
            return [node.id for node in nodes if isinstance(node, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return [name]
    return []


def _report(sources: list[str], assignment: str | Path | None, seed: int) -> Report:
    import nbformat

    from checkgrad import assignment as assignments
    from checkgrad.grading import grade
    from checkgrad.sandbox import launchers

    notebooks: Any = nbformat
    v4 = notebooks.v4
    made = v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])
    with tempfile.TemporaryDirectory(dir=launchers.folder()) as folder:
        path = Path(folder, NAME)
        notebooks.write(made, path)
        asked = assignments.load(Path(assignment)) if assignment else None
        return grade(path, assignment=asked, seed=seed)


def magic(line: str) -> Shown:
    """`%checkgrad [ASSIGNMENT]`: judge what the cells run so far define."""
    return check(line.strip() or None)


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext checkgrad`: add the magic."""
    shell.register_magic_function(magic, magic_kind="line", magic_name="checkgrad")
