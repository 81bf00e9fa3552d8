"""What the source of a submission imports from elsewhere."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping, Sequence

from .source import Document

MOST = 100
BY_NAME = ("__import__", "import_module")  # functions that import what their first argument names


def imported(
    trees: Mapping[str, ast.Module], documents: Mapping[str, Document], roots: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Return each module, or name in one, that is not the submission's own, and the first line that imports it."""
    found: dict[str, str] = {}
    for file, tree in trees.items():
        for name, line in _imports(tree):
            if not _is_own(name, roots):
                where = documents[file].where(line) if file in documents else f"line {line}"
                found.setdefault(name, f"{file}, {where}" if len(trees) > 1 else where)
    return tuple(found.items())[:MOST]


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and _imports_by_name(node):
            assert isinstance(node.args[0], ast.Constant)
            yield str(node.args[0].value), node.lineno


def imports_in(tree: ast.Module) -> Iterator[str]:
    """The names of all modules that a file may import; relative ones without their dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            at = f"{node.module}." if node.module else ""
            yield from ([node.module] if node.module else [])
            yield from (f"{at}{alias.name}" for alias in node.names if alias.name != "*")


def _imports_by_name(node: ast.Call) -> bool:
    called = (
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    )
    return called in BY_NAME and bool(node.args) and isinstance(node.args[0], ast.Constant)


def _is_own(name: str, roots: Sequence[str]) -> bool:
    top = name.partition(".")[0]
    places = (os.path.join(root, top) for root in roots)
    return any(os.path.isdir(place) or os.path.isfile(f"{place}.py") for place in places)
