"""Templates that were not filled in, in the ways in which people leave them open; decided by the syntax alone."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from .syntax import FunctionNode

DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
TURNS = (
    ast.AugAssign,
    ast.For,
    ast.AsyncFor,
    ast.comprehension,
)  # set a name to what nobody wrote down
BLANKS = {"zeros", "zeros_like", "empty", "empty_like"}
SAYS_SO = re.compile(
    r"not\s*(?:been\s*)?(?:yet\s*)?(?:implemented|written|done|complete)|unimplemented|to-?\s?do\b|"
    r"your\s+(?:code|turn|solution|implementation)|(?:please\s+)?implement\s+(?:this|me|it|the|your)|"
    r"fill\s+(?:this\s+|me\s+|it\s+)?in|complete\s+(?:this|the)|write\s+(?:your|this)",
    re.IGNORECASE,
)
TALKS = {"print", "isinstance", "type", "len", "repr", "str"}


def is_open(node: FunctionNode, known: Iterable[str] | None = None) -> bool:
    """Was the function left as its template? *known*: names bound anywhere in its file, None if not all are known."""
    if isinstance(node, ast.Lambda):
        return False
    if any(map(_gives_up, node.body)) or all(map(_does_nothing, node.body)):
        return True
    nodes = list(own_nodes(node.body))
    bound = _bound(nodes)
    nothing = _nothing(bound)
    if any(_hands_on(one, nothing) for one in nodes):
        return True
    blank = _blank(bound, nodes, nothing | _unbound(nodes, known))
    given = [one.value for one in nodes if isinstance(one, ast.Return)]
    return bool(given) and all(_is_left(value, blank) for value in given) and _falls_off(node)


def _unbound(nodes: Iterable[ast.AST], known: Iterable[str] | None) -> set[str]:
    """The names that it reads and nothing binds."""
    if known is None:
        return set()
    read = {n.id for n in nodes if isinstance(n, ast.Name) and not n.id.startswith("__")}
    return read - set(known) - vars(builtins).keys()


def _blank(
    bound: Mapping[str, list[ast.expr | None]], nodes: Sequence[ast.AST], blank: set[str]
) -> set[str]:
    """The names in *blank*, and those that hold nothing but zeros or what is blank and are only given back."""
    kept = {name for name in bound if not _is_used(name, nodes)}
    while True:
        left = partial(_is_left, blank=blank)
        more = {name for name in kept - blank if _all(left, bound[name])}
        if not more:
            return blank
        blank = blank | more


def unset(node: FunctionNode) -> tuple[str, ...]:
    """The names that it returns and only ever sets to None."""
    if isinstance(node, ast.Lambda):
        return ()
    nodes = list(own_nodes(node.body))
    nothing = _nothing(_bound(nodes))
    given = [one.value for one in nodes if isinstance(one, ast.Return) and one.value]
    members = [m for v in given for m in (v.elts if isinstance(v, ast.Tuple | ast.List) else [v])]
    names = [m.id for m in members if isinstance(m, ast.Name)]
    return tuple(dict.fromkeys(name for name in names if name in nothing))


def own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes of a body but for those of functions and classes within."""
    for node in body:
        yield node
        if not isinstance(node, DEFINES):
            yield from own_nodes(ast.iter_child_nodes(node))


def bound_in(tree: ast.Module) -> frozenset[str] | None:
    """Every name that is bound anywhere in a file; None where a star import may bind any."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
    return None if "*" in found else frozenset(found)


def _gives_up(statement: ast.stmt) -> bool:
    """Does it raise what says that nothing was written, or assert it?"""
    if isinstance(statement, ast.Raise) and statement.exc:
        named = "NotImplemented" in ast.dump(statement.exc)
        return named or any(map(_says_so, ast.walk(statement.exc)))
    return isinstance(statement, ast.Assert) and bool(statement.msg) and _says_so(statement.msg)


def _says_so(node: ast.AST | None) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and bool(SAYS_SO.search(text))


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass) or _gives_up(statement):
        return True
    if isinstance(statement, ast.Expr):
        call = statement.value
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "print":
            return any(map(_says_so, call.args))
        return isinstance(call, ast.Constant)
    return isinstance(statement, ast.Return) and _is_left(statement.value, set())


def _bound(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr | None]]:
    """What each local name is set to; None stands for anything that is no plain value."""
    found: dict[str, list[ast.expr | None]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                _bind(target, node.value, found)
        elif isinstance(node, ast.AnnAssign) and node.value:
            _bind(node.target, node.value, found)
        elif isinstance(node, TURNS):
            _bind(node.target, None, found)
        elif isinstance(node, ast.withitem) and node.optional_vars:
            _bind(node.optional_vars, None, found)
        elif isinstance(node, ast.NamedExpr):
            _bind(node.target, node.value, found)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            for name in node.names:
                found.setdefault(name, []).append(None)
    return found


def _nothing(bound: Mapping[str, list[ast.expr | None]]) -> set[str]:
    """The names that are only ever set to None."""
    return {name for name, values in bound.items() if _all(_is_nothing, values)}


def _bind(
    target: ast.expr, value: ast.expr | None, found: dict[str, list[ast.expr | None]]
) -> None:
    if isinstance(target, ast.Tuple | ast.List):
        values: list[ast.expr | None] = [None] * len(target.elts)
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
            values = list(value.elts)
        for inner, one in zip(target.elts, values, strict=True):
            _bind(inner, one, found)
        return
    while isinstance(target, ast.Subscript | ast.Attribute | ast.Starred):
        target, value = target.value, None
    if isinstance(target, ast.Name):
        found.setdefault(target.id, []).append(value)


def _all(kind: Callable[[ast.expr], bool], values: list[ast.expr | None]) -> bool:
    return all(value is not None and kind(value) for value in values)


def _is_nothing(value: ast.expr) -> bool:
    """Is it None, or an ellipsis where a value is due?"""
    return isinstance(value, ast.Constant) and value.value in (None, ...)


def _is_blank(value: ast.expr) -> bool:
    """Is it nothing, or zeros to be filled in?"""
    if isinstance(value, ast.Call):
        return getattr(value.func, "attr", getattr(value.func, "id", "")) in BLANKS
    zero = isinstance(value, ast.Constant) and type(value.value) in (int, float) and not value.value
    return zero or _is_nothing(value)


def _hands_on(node: ast.AST, nothing: set[str]) -> bool:
    """Does it compute with a name that was only ever set to None?"""
    if isinstance(node, ast.BinOp):
        used = [node.left, node.right]
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        used = [node.operand]
    elif isinstance(node, ast.Attribute | ast.Subscript):
        used = [node.value]
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") not in TALKS:
        used = list(node.args)
    else:
        return False
    return any(isinstance(one, ast.Name) and one.id in nothing for one in used)


def _is_used(name: str, nodes: Iterable[ast.AST]) -> bool:
    """Is the name read anywhere but in a return?"""
    reads = [n for n in nodes if isinstance(n, ast.Name) and n.id == name]
    reads = [n for n in reads if isinstance(n.ctx, ast.Load)]
    returned = {
        m for n in nodes if isinstance(n, ast.Return) and n.value for m in ast.walk(n.value)
    }
    return any(n not in returned for n in reads)


def _is_left(value: ast.expr | None, blank: set[str]) -> bool:
    """Is what is returned nothing that anybody worked out?"""
    if value is None or getattr(value, "id", "") == "NotImplemented" or _is_blank(value):
        return True
    if isinstance(value, ast.Tuple | ast.List | ast.Dict):
        members = value.values if isinstance(value, ast.Dict) else value.elts
        return bool(members) and all(_is_left(one, blank) for one in members)
    return isinstance(value, ast.Name) and value.id in blank


def _falls_off(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Is its last statement a return, so that what it gives is what is returned?"""
    return isinstance(node.body[-1], ast.Return)
