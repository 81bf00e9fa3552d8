"""A submission of one file or many: loaded, surveyed, its names laid out for requests."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import ModuleType

from . import faults
from .imports import imported
from .inventory import Definition, Inventory, Suspect, TrainingLoop
from .load import Loading, NotLoaded
from .loops import loops_of
from .own_work import does_work
from .perform import Namespace
from .source import Document
from .standin import StandIn
from .survey import MOST_DEFINITIONS, Survey, mapping_of
from .suspects import MOST_SUSPECTS, gradient_pieces, suspects


@dataclass(frozen=True)
class Order:
    """What to load.

    roots: folders in which imports are looked up. targets: (module, path, prefix of its names) of each file.
    hung: (file, line) of statements that did not end in an earlier attempt.
    """

    roots: tuple[str, ...]
    targets: tuple[tuple[str, str, str], ...]
    hung: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Submission:
    inventory: Inventory
    root: Namespace
    loading: Loading

    @property
    def documents(self) -> dict[str, Document]:
        return self.loading.documents


def bring_in(
    order: Order, announce: Callable[[str, int], None], blocked: Sequence[str] = ()
) -> Submission:
    """Load what *order* names, without the libraries that are *blocked*; what goes wrong stands in the inventory."""
    loading = Loading(order.roots, order.hung, announce, blocked)
    loading.install()
    modules, problems = load_all(loading, order)
    StandIn.serving = True
    if not modules and problems:
        first = replace(problems[0], notes=tuple(loading.notes), suspects=suspected(loading, order))
        return Submission(first, Namespace({}), loading)
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
        return Submission(nothing, Namespace({}), loading)
    if len(found) > MOST_DEFINITIONS:
        notes.append(f"only the first {MOST_DEFINITIONS} definitions were read")
    inventory = Inventory(
        definitions=tuple(named_apart(found[:MOST_DEFINITIONS])),
        notes=tuple(notes),
        mapping=tuple(
            entry for tree in loading.trees.values() for entry in mapping_of(tree).items()
        ),
        imports=imported(loading.trees, loading.documents, order.roots),
        suspects=suspected(loading, order),
        work=working(loading, order),
        loops=training_loops(loading),
    )
    return Submission(inventory, root_of(modules, found), loading)


def training_loops(loading: Loading) -> tuple[TrainingLoop, ...]:
    """The loops that seem to train something."""
    found: list[TrainingLoop] = []
    for file, tree in loading.trees.items():
        with contextlib.suppress(RecursionError):
            document = loading.documents[file]
            found += loops_of(tree, file, document, gradient_pieces(tree, document))
    return tuple(found)


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
    files = [loading.shown(path) for _, path, _ in order.targets]
    return tuple(f for f in files if f in loading.trees and does_work(loading.trees[f]))


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
