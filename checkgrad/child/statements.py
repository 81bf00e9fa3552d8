"""One file of a submission, statement by statement: what fails is left out and said, and the rest goes on."""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib.util
import symtable
import sys
from collections.abc import Collection
from types import CodeType, ModuleType
from typing import TYPE_CHECKING

from . import faults
from .names import OUTSIDE, bound, free_names, read_names
from .source import Parsed
from .standin import Finder, MissingModule, NotHere, StandIn

if TYPE_CHECKING:
    from .load import Loading

DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
ASSIGNS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
BLOCKS = (ast.For, ast.While, ast.With, ast.If, ast.Try)
KINDS = {
    ast.For: "a for loop",
    ast.While: "a while loop",
    ast.With: "a with block",
    ast.If: "an if block",
    ast.Try: "a try block",
    ast.Expr: "a call",
    ast.Assert: "an assert",
}


class NotLoaded(Exception):
    """The module cannot be loaded: *problem* in one sentence, and the student's own lines."""

    def __init__(self, problem: str, traceback: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.traceback = traceback


class FileRun:
    """One file's statements, one after the other."""

    def __init__(self, loading: Loading, module: ModuleType, file: str, parsed: Parsed) -> None:
        self.loading = loading
        self.module = module
        self.file = file
        self.parsed = parsed
        self.document = loading.documents[file]
        self.own: set[str] = set()  # names the file bound, other than to modules that are here
        self.lost: dict[str, str] = {}  # names it would have bound, and why it did not
        self.stars: list[str] = []  # missing modules of which it wants every name
        self.works = not (self.document.cells or any(f == file for f, _ in loading.hung))

    def all(self) -> None:
        """Run every statement; what is lost in the end says so when it is used."""
        for line, why, names in self.parsed.lost:
            self.loading.at_fault(why)
            self.leave_out(line, f"left out, for it is no Python: {why}", names)
        for statement, code in zip(self.parsed.tree.body, self.parsed.codes, strict=True):
            self.one(statement, code)
        for name in self.lost.keys() - self.module.__dict__.keys():
            self.module.__dict__[name] = StandIn(f"{name} has no value: {self.lost[name]}")

    def one(self, statement: ast.stmt, code: CodeType) -> None:
        """Run a statement, or leave it out and say so."""
        if (self.file, statement.lineno) in self.loading.hung:
            self.stayed(statement)
        elif not self.works and self.is_work(statement):
            self.miss(statement, f"not run ({kind(statement)})")
        else:
            self.attempt(statement, code)
        self.own |= bound(statement)
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self.own -= {name for name in bound(statement) if self.is_whole(statement, name)}
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            self.note_star(statement)

    def is_whole(self, statement: ast.Import | ast.ImportFrom, name: str) -> bool:
        """Did an import give it of a module that ran to its end? Without their file, data may be empty."""
        source = sys.modules.get(self.source(statement))
        cut_short = getattr(source, "__file__", None) in self.loading.cut_short
        return not cut_short and type(self.module.__dict__.get(name)) not in (
            StandIn,
            MissingModule,
        )

    def source(self, statement: ast.Import | ast.ImportFrom) -> str:
        """The module that an import takes its names from."""
        if isinstance(statement, ast.Import):
            return statement.names[0].name
        name = "." * statement.level + (statement.module or "")
        with contextlib.suppress(ImportError):
            name = importlib.util.resolve_name(name, self.module.__package__ or None)
        return name

    def note_star(self, statement: ast.ImportFrom) -> None:
        """Remember and say where `from x import *` gave nothing, since there is no x."""
        name = self.source(statement)
        if type(sys.modules.get(name, StandIn)) in (MissingModule, type):
            shown = statement.module or name
            self.stars.append(shown)
            self.miss(statement, f"{shown} is not here, so nothing came from it")
            self.stand_in_for_stars()

    def stand_in_for_stars(self) -> None:
        """Bind the names that nothing else gives to stand-ins that tell where they should have come from."""
        table = symtable.symtable(self.parsed.text, self.file, "exec")
        given = set().union(*map(bound, self.parsed.tree.body))
        known = self.module.__dict__.keys() | vars(builtins).keys() | self.lost.keys() | given
        for name in free_names(table) - known:
            origin = f"{name} (from {' or '.join(self.stars)})"
            self.module.__dict__[name] = StandIn(self.loading.libraries.why(origin))

    def is_work(self, statement: ast.stmt) -> bool:
        """Does it define nothing itself, but use what the file defined? In a notebook any use or block is work.

        What names nothing at all, a bare `1 / 0`, is at fault by itself.
        """
        if isinstance(statement, DEFINES + ASSIGNS):
            return False
        if any(isinstance(node, DEFINES) for node in ast.walk(statement)):
            return False
        reads = read_names(statement)
        if self.document.cells:
            return bool(reads) or isinstance(statement, BLOCKS)
        return bool(reads & self.own)

    def stayed(self, statement: ast.stmt) -> None:
        """A statement that did not end: what binds names or is work is left out, all else never lets it load."""
        if not isinstance(statement, ASSIGNS) and not self.excused_by_names(statement):
            where = self.document.where(statement.lineno)
            raise NotLoaded(f"{where}: did not end: {self.document.line(statement.lineno)}")
        self.miss(statement, f"not run to its end ({kind(statement)} that takes too long)")

    def attempt(self, statement: ast.stmt, code: CodeType) -> None:
        if not isinstance(statement, ast.FunctionDef):
            self.loading.announce(self.file, statement.lineno)
        try:
            exec(code, self.module.__dict__)
        except NotLoaded as error:
            self.miss(statement, f"left out, for what it imports does not load: {error.problem}")
        except BaseException as error:
            self.failed(statement, error)

    def failed(self, statement: ast.stmt, error: BaseException) -> None:
        """Go on without what failed, unless it ends the module on purpose."""
        missing = isinstance(error, NotHere)
        what = str(error).partition(";")[0] if missing else faults.name_and_message(error)
        if isinstance(error, ImportError) and isinstance(statement, ast.Import | ast.ImportFrom):
            self.miss(statement, f"not here: {what}")
            stand_in(statement, self.module, self.loading.libraries)
            return
        if not self.excused(statement, error):
            where = self.document.where(statement.lineno)
            problem = f"{where}: {what}: {self.document.line(statement.lineno)}"
            traceback = faults.traceback(error, self.loading.documents)
            found = self.loading.at_fault(problem, traceback)
            if isinstance(error, SystemExit) or isinstance(statement, ast.Raise):
                raise found  # it means to end the module
        self.loading.cut_short.update(self.loading.running[-1:])
        self.miss(statement, f"not run to its end ({what})")

    def excused(self, statement: ast.stmt, error: BaseException) -> bool:
        """Did it fail for want of a file, an answer, a library or a value that is missing, or at work?"""
        if isinstance(error, OSError | EOFError | ImportError):
            return True
        if isinstance(error, SystemExit) and faults.passed_through(error, "argparse"):
            return True
        return not isinstance(statement, DEFINES) and self.excused_by_names(statement)

    def excused_by_names(self, statement: ast.stmt) -> bool:
        """Does the statement work with what the file defined, or with what only a terminal has?"""
        known = self.own | self.lost.keys() | OUTSIDE | {"input", "open"}
        return bool(read_names(statement) & known)

    def miss(self, statement: ast.stmt, why: str) -> None:
        """Say that a statement was left out, and why."""
        self.leave_out(statement.lineno, why, bound(statement) - self.module.__dict__.keys())

    def leave_out(self, line: int, why: str, names: Collection[str]) -> None:
        several = len(self.loading.documents) > 1
        where = self.document.where(line)
        self.loading.note(f"{self.file}, {where}: {why}" if several else f"{where}: {why}")
        for name in names:
            self.lost.setdefault(name, f"{where} was {why}")


def kind(statement: ast.stmt) -> str:
    return KINDS.get(type(statement), "a statement")


def stand_in(statement: ast.Import | ast.ImportFrom, module: ModuleType, libraries: Finder) -> None:
    """Bind what an import could not give to stand-ins."""
    source = getattr(statement, "module", None)
    for alias in statement.names:
        name = alias.asname or alias.name.partition(".")[0]
        origin = f"{source}.{alias.name}" if source else alias.name
        if alias.name != "*":
            module.__dict__.setdefault(name, StandIn(libraries.why(origin)))
