"""What a play asks of a module: its scopes, who calls what, what is assigned and returned; and the way back."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .loops import FUNCTIONS, Scope, called_name, calls_in, goes_forward, own_nodes, scopes_of
from .mentions import own_returns
from .slots import State, roots_of

OBJECT = "self"  # the name of an object that is made for a play, as its methods know it
MOST_CALLERS = 2
STATEMENTS = (ast.Assign, ast.Expr, ast.Return, ast.AugAssign)


@dataclass(eq=False)
class Caller:
    """A scope that calls a piece: what it assigns before that line says what the arguments are."""

    scope: Scope
    statement: ast.stmt
    call: ast.Call

    def assigned(self, name: str) -> ast.Assign | None:
        """The last statement before the call that assigns a name."""
        found = [
            node
            for node, _ in own_nodes(self.scope.node.body)
            if isinstance(node, ast.Assign)
            and name in names_in(node.targets[0])
            and node.lineno < self.statement.lineno
        ]
        return max(found, key=lambda node: node.lineno, default=None)


class PlayHouse:
    """A module's scopes, and the way back to what it held. own: the modules whose objects are its own."""

    def __init__(self, tree: ast.Module, space: dict[str, Any], own: Collection[str]) -> None:
        self.tree, self.space, self.own = tree, space, own
        self.top, *inner = scopes_of(tree)
        self.scopes = {scope.name: scope for scope in inner}
        self.calls: dict[str, list[Caller]] = {}  # by the last name of what is called
        for scope in (*inner, self.top):
            for name, caller in _calls_in(scope):
                self.calls.setdefault(name, []).append(caller)
        self.kept = dict(space)
        self.state = self.look()

    def look(self) -> State:
        """Every number that the module holds now."""
        return State(roots_of(self.space), lambda *_: None, self.own)

    def restore(self) -> None:
        """Let the module hold what it held at first."""
        self.space.clear()
        self.space.update(self.kept)
        self.state.restore()

    def callers(self, last: str, but: Scope | None = None) -> list[Caller]:
        """Where something of this name is called, at top level last."""
        found = [one for one in self.calls.get(last, ()) if one.scope is not but]
        return found[:MOST_CALLERS]

    def taken(self, last: str) -> Iterator[list[str]]:
        """By which names the module takes what a function gives."""
        for one in self.calls.get(last, ()):
            if isinstance(one.statement, ast.Assign) and one.statement.value is one.call:
                yield names_in(one.statement.targets[0])

    def class_of(self, scope: Scope) -> str:
        """The class whose method this is, "" for a function."""
        owner = scope.name.rpartition(".")[0]
        return owner if isinstance(self.space.get(owner), type) else ""

    def methods(self, owner: str) -> dict[str, Scope]:
        """The methods of a class by name, those of its bases included."""
        cls = self.space.get(owner)
        names = [c.__name__ for c in reversed(cls.__mro__)] if isinstance(cls, type) else []
        return {
            name.rpartition(".")[2]: scope
            for base in names
            for name, scope in self.scopes.items()
            if name.rpartition(".")[0] == base
        }

    def functions(self) -> dict[str, Scope]:
        """The functions that stand by themselves."""
        return {name: scope for name, scope in self.scopes.items() if "." not in name}


def _calls_in(scope: Scope) -> Iterator[tuple[str, Caller]]:
    """The names of what a scope calls, each with the statement that it is called in."""
    for statement, _ in own_nodes(scope.node.body):
        if isinstance(statement, STATEMENTS):
            for node in ast.walk(statement):
                if isinstance(node, ast.Call):
                    yield called_name(node), Caller(scope, statement, node)


@lru_cache(maxsize=1000)
def called_in(node: Any) -> frozenset[str]:
    """The last names of what a function calls."""
    return frozenset(calls_in([node]))


@lru_cache(maxsize=1000)
def is_forward(node: Any) -> bool:
    """Does a function multiply what can be weights and inputs?"""
    return goes_forward(node)


@lru_cache(maxsize=1000)
def required(node: Any, method: bool = False) -> list[str]:
    """The names of parameters without defaults."""
    if not isinstance(node, FUNCTIONS):
        return []
    args = [*node.args.posonlyargs, *node.args.args]
    known = [a.arg for a in args[: len(args) - len(node.args.defaults)]]
    static = any(getattr(d, "id", "") == "staticmethod" for d in node.decorator_list)
    return known[1:] if method and not static else known


def optional(node: Any) -> Iterator[tuple[str, ast.expr]]:
    """Parameters with their defaults."""
    args = [*node.args.posonlyargs, *node.args.args]
    count = len(node.args.defaults)
    yield from zip((a.arg for a in args[len(args) - count :]), node.args.defaults, strict=True)
    named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    yield from ((a.arg, default) for a, default in named if default is not None)


def number_in(node: ast.expr) -> float | None:
    """The number that an expression of numbers alone is."""
    if not all(
        isinstance(n, ast.Constant | ast.BinOp | ast.UnaryOp | ast.operator | ast.unaryop)
        for n in ast.walk(node)
    ):
        return None
    try:
        value = eval(compile(ast.Expression(node), "", "eval"), {"__builtins__": {}})
    except (ArithmeticError, TypeError, ValueError):
        return None
    return float(value) if type(value) in (int, float) else None


@lru_cache(maxsize=1000)
def returned(node: Any) -> list[ast.expr]:
    """What the return statements of a function give."""
    if not isinstance(node, FUNCTIONS):
        return []
    return [one.value for one in own_returns(node) if one.value is not None]


@lru_cache(maxsize=1000)
def returned_names(node: Any) -> list[str]:
    """The names of what a function returns last; "" for what is no plain name."""
    return names_in(returned(node)[-1]) if returned(node) else []


def names_in(target: ast.AST) -> list[str]:
    """The names of a target, or of what is returned; "" for what is no plain name."""
    members = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    return [getattr(one, "id", getattr(one, "attr", "")) for one in members]


def assignment(name: str, value: ast.expr) -> ast.Assign:
    """`name = value`"""
    return ast.fix_missing_locations(ast.Assign([ast.Name(name, ast.Store())], value))
