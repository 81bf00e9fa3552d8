"""Does a file do work of its own, beside what it defines?"""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any

DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LOOPS = (ast.For, ast.While)


def does_work(tree: ast.Module, given: Collection[str] = ()) -> bool:
    """Is there a loop that assigns, or a statement that uses what the file defined, at top level or in its blocks?

    given: names that it imports and that count as its own.
    """
    called = set(given)
    named: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, DEFINES):
            called.add(statement.name)
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            if calls(statement, called):
                return True
            named |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)} - read(
                statement
            )
        elif isinstance(statement, LOOPS) and any(is_name(n, ast.Store) for n in inside(statement)):
            return True
        elif not isinstance(statement, ast.Import | ast.ImportFrom):
            if read(statement) & (called | named):
                return True
            called |= {n.name for n in ast.walk(statement) if isinstance(n, DEFINES)}
    return False


def read(statement: ast.stmt) -> set[str]:
    """The names that a statement reads."""
    found = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {n.id for n in found if type(n.ctx) is ast.Load}


def calls(statement: ast.stmt, names: set[str]) -> bool:
    """Does it call one of *names*?"""
    found = (n.func for n in ast.walk(statement) if isinstance(n, ast.Call))
    return any(isinstance(f, ast.Name) and f.id in names for f in found)


def inside(loop: Any) -> list[ast.AST]:
    return [node for one in loop.body for node in ast.walk(one)]


def is_name(node: Any, context: type) -> bool:
    return type(node) is ast.Name and type(node.ctx) is context
