"""Names that statements read and bind."""

from __future__ import annotations

import ast
import symtable

OUTSIDE = {"argv", "glob", "listdir", "scandir", "walk", "iterdir"}  # what gives words and files


def read_names(statement: ast.stmt) -> set[str]:
    """Names that a statement reads, and the attribute where it reads sys.argv or the files of a folder."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and node.attr in OUTSIDE:
            found.add(node.attr)
    return found


def free_names(table: symtable.SymbolTable) -> set[str]:
    """The names that a file reads without binding them."""
    mine = {s.get_name() for s in table.get_symbols() if s.is_referenced() and s.is_global()}
    top = table.get_type() == "module"
    mine |= {s.get_name() for s in table.get_symbols() if top and not s.is_assigned()}
    return mine.union(*map(free_names, table.get_children()))


def bound(statement: ast.stmt) -> set[str]:
    """Names that a statement binds in the module."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return found
