"""A submission of one file or many: loaded, surveyed, its names laid out for requests."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from types import ModuleType

from . import faults
from .imports import imported, imports_in
from .inventory import Definition, Inventory, Suspect
from .load import Loading
from .own_work import does_work
from .perform import Namespace
from .reaching import training_loops
from .source import Document
from .standin import StandIn
from .statements import NotLoaded
from .survey import MOST_DEFINITIONS, Survey, mapping_of
from .suspects import MOST_SUSPECTS, suspects

MOST_USERS, MOST_READ = 3, 24


@dataclass(frozen=True)
class Order:
    """What to load.

    roots: folders in which imports are looked up. targets: (module, path, prefix of its names) of each file.
    hung: (file, line) of statements that did not end in an earlier attempt. users: paths of files that are no part of it
    and use it.
    """

    roots: tuple[str, ...]
    targets: tuple[tuple[str, str, str], ...]
    hung: tuple[tuple[str, int], ...] = ()
    users: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadedSubmission:
    inventory: Inventory
    root: Namespace
    loading: Loading

    @property
    def documents(self) -> dict[str, Document]:
        return self.loading.documents


def bring_in(
    order: Order, announce: Callable[[str, int], None], blocked: Sequence[str] = ()
) -> LoadedSubmission:
    """Load what *order* names, without the libraries that are *blocked*; what goes wrong stands in the inventory."""
    loading = Loading(order.roots, order.hung, announce, blocked)
    loading.install()
    modules, problems = load_all(loading, order)
    StandIn.serving = True
    if not modules and problems:
        first = replace(problems[0], notes=tuple(loading.notes), suspects=suspected(loading, order))
        return LoadedSubmission(first, Namespace({}), loading)
    notes = [problem.problem for problem in problems] + loading.notes
    notes += [
        f"{loading.libraries.state(name)}; only functions that use it suffer"
        for name in loading.libraries.missing
    ]
    survey = Survey(loading.trees, loading.documents)
    found = [
        (prefix, definition)
        for prefix, (module, file) in modules.items()
        for definition in survey.definitions(module, file)
    ]
    if not found and loading.fault:
        fault = loading.fault
        nothing = Inventory(
            problem=fault.problem,
            traceback=fault.traceback,
            notes=tuple(notes),
            work=working(loading, order),
        )
        return LoadedSubmission(nothing, Namespace({}), loading)
    if len(found) > MOST_DEFINITIONS:
        notes.append(f"only the first {MOST_DEFINITIONS} definitions were read")
    mapping = tuple(entry for tree in loading.trees.values() for entry in mapping_of(tree).items())
    imports = imported(loading.trees, loading.documents, order.roots)
    own = set(loading.trees)
    graded = [loading.shown(path) for _, path, _ in order.targets]
    users = using(loading, order)
    loading.works = [*working(loading, order), *users]
    inventory = Inventory(
        definitions=tuple(named_apart(found[:MOST_DEFINITIONS])),
        notes=tuple(notes),
        mapping=mapping,
        imports=imports,
        suspects=suspected(loading, order),
        work=tuple(loading.works),
        loops=tuple(training_loops(loading.trees, loading.documents, graded, own)),
    )
    return LoadedSubmission(inventory, root_of(modules, found), loading)


def suspected(loading: Loading, order: Order) -> tuple[Suspect, ...]:
    """What in the files of the submission may compute gradients."""
    found: list[Suspect] = []
    for _, path, _ in order.targets:
        file = loading.shown(path)
        if file in loading.trees:
            with contextlib.suppress(RecursionError):
                found += suspects(file, loading.trees[file], loading.documents[file])
    return tuple(found[:MOST_SUSPECTS])


def working(loading: Loading, order: Order) -> tuple[str, ...]:
    """The files of the submission that do work of their own."""
    files = {loading.shown(path): path for _, path, _ in order.targets}
    return tuple(
        file for file, path in files.items() if file in loading.trees and works(loading, file, path)
    )


def works(loading: Loading, file: str, path: str) -> bool:
    """Does a file do work of its own, with what it or another one of the submission defines?"""
    tree = loading.trees[file]
    own = {name for name in imports_in(tree) if loading.places(name, path)}
    return does_work(tree, names_of(tree, own))


def using(loading: Loading, order: Order) -> list[str]:
    """Files beside the submission whose own work uses it; they and what they import are read and not loaded."""
    found: list[str] = []
    waiting = list(order.users)
    while waiting and len(loading.trees) < MOST_READ:
        path = waiting.pop(0)
        file = loading.shown(path)
        if file in loading.trees:
            continue
        with contextlib.suppress(NotLoaded, OSError, RecursionError):
            loading.read(file, path)
            names = imports_in(loading.trees[file])
            waiting += [place for name in names for place in loading.places(name, path)]
            if path in order.users and len(found) < MOST_USERS and works(loading, file, path):
                found.append(file)
    return found


def names_of(tree: ast.Module, modules: Collection[str]) -> set[str]:
    """The names by which a file knows these modules, or what is in them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in modules:
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {
                alias.asname or alias.name.partition(".")[0]
                for alias in node.names
                if alias.name in modules
            }
    return found


def load_all(
    loading: Loading, order: Order
) -> tuple[dict[str, tuple[ModuleType, str]], list[Inventory]]:
    """Modules by the prefix of their names, and for each file that failed an inventory that says why."""
    modules, problems = {}, []
    for name, path, prefix in order.targets:
        file = loading.shown(path)
        try:
            modules[prefix] = (loading.load(name, path), file)
        except NotLoaded as error:
            where = f"{file}, {error.problem}" if len(order.targets) > 1 else error.problem
            problems.append(Inventory(problem=where, traceback=error.traceback))
        except BaseException as error:
            problems.append(Inventory(problem=f"{file}: {faults.name_and_message(error)}"))
    return modules, problems


def named_apart(found: Sequence[tuple[str, Definition]]) -> list[Definition]:
    """Definitions with bare names where these are unique, "module.name" where not."""
    owners = owners_of(found)
    return [
        d if len(owners[top_of(d.name)]) == 1 else replace(d, name=f"{prefix}.{d.name}")
        for prefix, d in found
    ]


def owners_of(found: Sequence[tuple[str, Definition]]) -> dict[str, set[str]]:
    """Which modules define each name."""
    owners: dict[str, set[str]] = {}
    for prefix, definition in found:
        owners.setdefault(top_of(definition.name), set()).add(prefix)
    return owners


def top_of(name: str) -> str:
    return name.partition(".")[0].partition("[")[0]


def root_of(
    modules: dict[str, tuple[ModuleType, str]], found: Sequence[tuple[str, Definition]]
) -> Namespace:
    """What the first name of a path stands for: a module's definitions, and the modules if there are several."""
    if len(modules) == 1:
        module, _ = next(iter(modules.values()))
        return Namespace(module.__dict__)
    root = Namespace({})
    for prefix, (module, _) in modules.items():
        inside = root
        for part in prefix.split("."):
            inside = inside.modules.setdefault(part, Namespace({}))
        inside.names = module.__dict__
    for name, owners in owners_of(found).items():
        if len(owners) == 1:
            module, _ = modules[next(iter(owners))]
            root.names[name] = module.__dict__[name]
    return root
