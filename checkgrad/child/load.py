"""Loading a submission: its definitions at any price, its training and plotting only where it works.

A module runs statement by statement, as written. One that fails is left out and noted, and what it would have
bound is missed by those who use it. Only what ends the module on purpose, `raise` or an exit, or what never
ends and is no work (training, plots, trials), keeps the module from loading.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import os
import symtable
import sys
from collections.abc import Callable, Collection, Sequence
from types import CodeType, ModuleType

from . import faults
from .names import bound, free_names, read_names
from .source import Document, Parsed, Unreadable, parse, read
from .standin import Finder, MissingModule, StandIn

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


class Loader(importlib.abc.Loader):
    """Runs one file of the submission in its module."""

    def __init__(self, loading: Loading, path: str) -> None:
        self.loading = loading
        self.path = path

    def exec_module(self, module: ModuleType) -> None:
        self.loading.enter(module, self.path)


class Alias(importlib.abc.Loader):
    """Gives a module that is loaded already, under another of its names."""

    def __init__(self, module: ModuleType) -> None:
        self.module, self.spec = module, module.__spec__

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # which the import took for its own


class Loading(importlib.abc.MetaPathFinder):
    """One submission on its way in: what may be imported, what was left out.

    roots: where imports are looked up. hung: statements, as (file, line), at which an earlier attempt stayed.
    announce: told the file and line of each statement before it runs. blocked: libraries kept from it.
    """

    def __init__(
        self,
        roots: Sequence[str],
        hung: Sequence[tuple[str, int]] = (),
        announce: Callable[[str, int], None] = lambda file, line: None,
        blocked: Collection[str] = (),
    ) -> None:
        self.roots = [os.path.abspath(root) for root in roots]
        self.hung = set(hung)
        self.announce = announce
        self.notes: list[str] = []
        self.fault: NotLoaded | None = None  # the first that is the submission's own
        self.trees: dict[str, ast.Module] = {}
        self.parsed: dict[str, Parsed] = {}
        self.modules: dict[str, ModuleType] = {}  # by path
        self.names: dict[str, str] = {}  # as they are shown, by path
        self.works: list[str] = []  # files that do work of their own, or use what others define
        self.running: list[str] = []  # paths, the innermost last
        self.documents: dict[str, Document] = {}
        self.libraries = Finder(blocked)

    def install(self) -> None:
        """Let imports find the submission's files, and stand-ins for what is missing."""
        sys.meta_path.insert(0, self)
        sys.meta_path.append(self.libraries)
        for name in ("exit", "quit"):
            setattr(builtins, name, sys.exit)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top == "numpy":
            return None
        for root in [*self.beside(), *self.roots]:
            place = os.path.join(root, *name.split("."))
            if os.path.isfile(place + ".py"):
                return self.spec(name, place + ".py")
            if os.path.isfile(os.path.join(place, "__init__.py")):
                return self.spec(name, os.path.join(place, "__init__.py"), [place])
            if os.path.isdir(place):
                return self.spec(name, "", [place])
        return None

    def beside(self) -> list[str]:
        """The folder of the file that is being run, unless it is a package: there a script looks first."""
        folder = os.path.dirname(self.running[-1]) if self.running else ""
        return (
            [folder] if folder and not os.path.exists(os.path.join(folder, "__init__.py")) else []
        )

    def places(self, name: str, path: str) -> list[str]:
        """Where the file of a module lies that another one imports, relatively or not."""
        for root in (os.path.dirname(path), *self.roots):
            place = os.path.join(root, *name.split("."))
            found = [
                p for p in (f"{place}.py", os.path.join(place, "__init__.py")) if os.path.isfile(p)
            ]
            if found:
                return found
        return []

    def spec(
        self, name: str, path: str, inside: list[str] | None = None
    ) -> importlib.machinery.ModuleSpec:
        known = self.modules.get(path)
        loader = Loader(self, path) if known is None else Alias(known)
        spec = importlib.machinery.ModuleSpec(
            name, loader, origin=path, is_package=inside is not None
        )
        spec.has_location = bool(path)
        if inside is not None:
            spec.submodule_search_locations = inside
        return spec

    def load(self, name: str, path: str) -> ModuleType:
        """Load a file as the module *name*; raise NotLoaded if it cannot be."""
        if name in sys.modules:
            return sys.modules[name]
        if path in self.modules:
            sys.modules[name] = self.modules[path]
            return self.modules[path]
        inside = [os.path.dirname(path)] if os.path.basename(path) == "__init__.py" else None
        spec = self.spec(name, path, inside)
        module = ModuleType(name)
        module.__spec__, module.__file__, module.__loader__ = spec, path, spec.loader
        module.__package__ = name if inside else name.rpartition(".")[0]
        if inside:
            module.__path__ = inside
        sys.modules[name] = module
        self.enter(module, path)
        return module

    def enter(self, module: ModuleType, path: str) -> None:
        """Run a file, which is one module whatever names it is imported by; forget it if it does not load."""
        if not path:
            return
        self.modules[path] = module
        self.running.append(path)
        self.forget_others()
        try:
            self.run(module, path)
        except BaseException:
            del self.modules[path]
            raise
        finally:
            self.running.pop()
            self.forget_others()

    def forget_others(self) -> None:
        """Let imports find what lies beside the file that runs, and no module of that name from another folder."""
        for place in self.beside():
            for path, module in self.modules.items():
                folder, file = os.path.split(path)
                name = file.removesuffix(".py")
                if folder == place or path in self.running or sys.modules.get(name) is not module:
                    continue
                if os.path.isfile(os.path.join(place, file)):
                    del sys.modules[name]

    def shown(self, path: str) -> str:
        """How a staged file is named to people, no two by one name."""
        if path not in self.names:
            known = set(self.names.values())
            inside = [root for root in self.roots if path.startswith(root + os.sep)]
            names = [os.path.relpath(path, root).replace(os.sep, "/") for root in inside]
            apart = os.path.relpath(path, self.roots[0]).replace(os.sep, "/") if inside else ""
            found = (name for name in (*names, apart) if name and name not in known)
            self.names[path] = next(found, os.path.basename(path))
        return self.names[path]

    def run(self, module: ModuleType, path: str) -> None:
        """Run the file's statements in *module*."""
        file = self.shown(path)
        parsed = self.read(file, path)
        module.__doc__ = ast.get_docstring(parsed.tree)
        Run(self, module, file, parsed).all()

    def read(self, file: str, path: str) -> Parsed:
        """The statements of a file, kept under the name that is shown; NotLoaded if it is no Python."""
        try:
            document = read(path)
            parsed = parse(document, file)
        except Unreadable as error:
            raise NotLoaded(str(error)) from None
        self.documents[file] = document
        self.trees[file], self.parsed[file] = parsed.tree, parsed
        linecache.cache[file] = (len(document.text), None, document.text.splitlines(True), file)
        return parsed

    def at_fault(self, problem: str, traceback: str = "") -> NotLoaded:
        """What is wrong with the submission itself; the first of it is kept."""
        found = NotLoaded(problem, traceback)
        self.fault = self.fault or found
        return found

    def note(self, text: str) -> None:
        if text not in self.notes and len(self.notes) < 100:
            self.notes.append(text)


class Run:
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
            self.own -= {name for name in bound(statement) if not self.is_stand_in(name)}
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            self.note_star(statement)

    def note_star(self, statement: ast.ImportFrom) -> None:
        """Remember and say where `from x import *` gave nothing, since there is no x."""
        name = "." * statement.level + (statement.module or "")
        with contextlib.suppress(ImportError):
            name = importlib.util.resolve_name(name, self.module.__package__ or None)
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

    def is_stand_in(self, name: str) -> bool:
        return type(self.module.__dict__.get(name)) in (StandIn, MissingModule)

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
        what = faults.name_and_message(error)
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
        known = self.own | self.lost.keys() | {"input", "open", "argv"}
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
