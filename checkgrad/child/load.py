"""Loading a submission: its definitions at any price, its training and plotting only where it works.

A module runs statement by statement, as written. One that fails is left out and noted, and what it would have
bound is missed by those who use it. Only what ends the module on purpose, `raise` or an exit, or what never
ends and is no work (training, plots, trials), keeps the module from loading.
"""

from __future__ import annotations

import ast
import builtins
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import os
import sys
from collections.abc import Callable, Collection, Sequence
from types import ModuleType

from .source import Document, Parsed, Unreadable, parse, read
from .standin import Finder
from .statements import FileRun, NotLoaded


class SubmissionLoader(importlib.abc.Loader):
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
        self.cut_short: set[str] = (
            set()
        )  # paths of files that a statement did not come to its end in
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
        loader = SubmissionLoader(self, path) if known is None else Alias(known)
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
        FileRun(self, module, file, parsed).all()

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
