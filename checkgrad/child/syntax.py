"""Parts of a syntax tree: found, told apart, made anew."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

E = TypeVar("E", bound=ast.AST)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*FUNCTIONS, ast.ClassDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BUILTINS = frozenset(dir(builtins))
NAMED = frozenset((*FUNCTIONS, ast.ClassDef))
BODIES = frozenset((*FUNCTIONS, ast.Lambda))
PARTED = (ast.expr, ast.stmt, ast.arguments, ast.arg, ast.match_case, ast.pattern)
HEAVY = (ast.For, ast.While, ast.AsyncFor, *COMPREHENSIONS)
FILLING = frozenset(
    ("append", "extend", "add", "split", "strip", "zeros", "array", "float", "items")
)
DECLARES = (ast.Global, ast.Nonlocal)
LOAD, STORE, IN, AND = ast.Load(), ast.Store(), ast.In(), ast.And()
GROUPS = frozenset((ast.keyword, ast.comprehension))
LEAVES = frozenset(
    (int, str, float, type(None), ast.Load, ast.Store)
)  # without parts, told at once
POSITION = ("lineno", "col_offset", "end_lineno", "end_col_offset")
SLICE = frozenset(("lower", "upper", "step"))


def made(node: Any, fields: dict[str, Any], kind: Any = None) -> Any:
    """A copy of *node* with other *fields*; or one of another *kind* at its place."""
    new_kind: Any = kind or type(node)
    new = new_kind.__new__(new_kind)
    if kind is None:
        new.__dict__.update(node.__dict__)
    else:
        placed(new, node)
    new.__dict__.update(fields)
    return new


def placed(new: E, at: Any) -> E:
    fields, given = new.__dict__, at.__dict__
    fields["lineno"], fields["col_offset"] = given["lineno"], given["col_offset"]
    fields["end_lineno"], fields["end_col_offset"] = given["end_lineno"], given["end_col_offset"]
    return new


def call(name: str, at: Any, *args: Any) -> ast.expr:
    return placed(ast.Call(placed(ast.Name(name, LOAD), at), list(args), []), at)


def number_in(new: Any) -> int:
    """The number of the node that *new* watches, or -1."""
    watches = type(new) is ast.Call and type(new.func) is ast.Name and new.func.id == "__watch__"
    return int(new.args[0].value) if watches else -1


def constant(value: int, at: Any) -> ast.expr:
    return placed(ast.Constant(value), at)


def expression(value: Any) -> ast.stmt:
    return placed(ast.Expr(value), value)


def tried(statement: ast.stmt, at: Any) -> ast.stmt:
    """*statement*, and nothing where what it looks at is not there yet."""
    handler = placed(
        ast.ExceptHandler(placed(ast.Name("__absent__", LOAD), at), None, [placed(ast.Pass(), at)]),
        at,
    )
    return placed(ast.Try([statement], [handler], [], []), at)


def loaded(place: Any, at: Any) -> Any:
    """*place* as an expression, all of it at the position *at*."""
    return copied(place, at, LOAD)


def stored(place: Any, at: Any) -> Any:
    return copied(place, at, STORE)


def copied(node: Any, at: Any, context: ast.expr_context = LOAD) -> Any:
    new = made(node, {})
    for name, value in node.__dict__.items():
        if isinstance(value, ast.expr):
            setattr(new, name, copied(value, at))
        elif type(value) is list:
            setattr(new, name, [copied(v, at) if isinstance(v, ast.expr) else v for v in value])
    if hasattr(node, "ctx"):
        new.ctx = context
    return placed(new, at)


def as_place(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def place_of(node: Any) -> tuple[int | None, ...]:
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def is_super(node: ast.AST) -> bool:
    return type(node) is ast.Call and type(node.func) is ast.Name and node.func.id == "super"


def is_read(node: ast.AST) -> bool:
    return type(node) is ast.Name and type(node.ctx) is ast.Load


def is_stored(node: ast.AST) -> bool:
    return type(node) is ast.Name and type(node.ctx) is ast.Store


def own_nodes(roots: Iterable[ast.AST]) -> Iterator[Any]:
    """What is below *roots* without the insides of functions, classes and comprehensions."""
    waiting = list(roots)[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, COMPREHENSIONS):
            # its own targets are names of its own; what it reads is read here
            parts = [n for n in walk(node) if n is not node and is_read(n)]
            inner = {n.id for n in walk(node) if is_stored(n)}
            waiting += [n for n in parts if n.id not in inner]
        elif not isinstance(node, SCOPES):
            waiting += list(children(node))[::-1]


def targets_of(node: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    """What a statement assigns to, and whether it reads it first."""
    if type(node) is ast.AugAssign:
        yield node.target, True
    elif type(node) is ast.Assign:
        for target in node.targets:
            yield from ((one, False) for one in leaves(target))
    elif type(node) is ast.AnnAssign and node.value or type(node) is ast.NamedExpr:
        yield node.target, False


def leaves(target: Any) -> Iterator[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        for one in target.elts:
            yield from leaves(one)
    else:
        yield target.value if type(target) is ast.Starred else target


def root(target: Any) -> Any:
    """The longest beginning of *target* that is a dotted name: `self.w` of `self.w[0].x[1]`; None without one."""
    found, node = target, target
    while type(node) in (ast.Attribute, ast.Subscript):
        if type(node) is ast.Subscript:
            found = node.value
        node = node.value
    return found if type(node) is ast.Name else None


def changed_by(target: Any, augmented: bool) -> Iterator[Any]:
    """What a statement changed in place by assigning to *target*, the innermost first; only what can be read again."""
    for one in leaves(target):
        if augmented and (type(one) is not ast.Subscript or is_key(one.slice)) and is_plain(one):
            yield one
        while type(one) is ast.Subscript:
            one = one.value
            if is_plain(one):
                yield one


def is_plain(node: Any) -> bool:
    """Does reading it again change nothing: names, attributes, and items under simple keys?"""
    if type(node) is ast.Attribute:
        return is_plain(node.value)
    if type(node) is ast.Subscript:
        return is_plain(node.value) and is_key(node.slice)
    return type(node) is ast.Name


def is_key(node: Any) -> bool:
    """Is it the key of one item: a number, a text, a name, or made of such?"""
    if type(node) is ast.BinOp:
        return is_key(node.left) and is_key(node.right)
    if type(node) is ast.UnaryOp:
        return is_key(node.operand)
    if type(node) is ast.JoinedStr:
        return all(map(is_key, node.values))
    if type(node) is ast.FormattedValue:
        return is_key(node.value)
    if type(node) is ast.Call:
        simple = type(node.func) is ast.Name and node.func.id in ("str", "len", "int")
        return simple and not node.keywords and all(map(is_key, node.args))
    return type(node) in (ast.Constant, ast.Name)


def is_light(node: Any) -> bool:
    """Does the body of a loop neither loop nor multiply matrices nor call what the module defines?"""
    for one in (part for statement in node.body for part in walk(statement)):
        if isinstance(one, HEAVY) or type(one) is ast.BinOp and type(one.op) is ast.MatMult:
            return False
        if type(one) is ast.Call:
            function = one.func
            if type(function) is ast.Name and function.id not in BUILTINS:
                return False
            if type(function) is ast.Attribute and function.attr not in FILLING:
                return False
    return True


class NameUses:
    """What the names of a module are used for.

    imported: bound by `import` and in no other way. defined: of functions and classes. read_in_functions: those.
    """

    def __init__(self, tree: ast.Module) -> None:
        imported: set[str] = set()
        other: set[str] = set()
        self.defined: set[str] = set()
        self.read_in_functions: set[str] = set()
        waiting: list[tuple[Any, bool]] = [(tree, False)]
        while waiting:
            node, inside = waiting.pop()
            kind = type(node)
            if kind is ast.Name:
                if type(node.ctx) is ast.Store:
                    other.add(node.id)
                elif inside:
                    self.read_in_functions.add(node.id)
                continue
            if kind is ast.arg:
                other.add(node.arg)
                continue
            if kind is ast.Import:
                imported |= {a.asname or a.name.partition(".")[0] for a in node.names}
            elif kind in NAMED:
                self.defined.add(node.name)
            inside = inside or kind in BODIES
            waiting += [(one, inside) for one in children(node)]
        self.imported = frozenset(imported - other)


def children(node: ast.AST) -> Iterator[Any]:
    """The parts of *node* that have parts or names of their own."""
    for value in node.__dict__.values():
        kind = type(value)
        if kind is list:
            for one in value:
                if isinstance(one, ast.AST):
                    yield one
        elif kind not in LEAVES and isinstance(value, PARTED):
            yield value


def walk(node: ast.AST) -> Iterator[Any]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children(one)


def own_object(method: Any) -> set[str]:
    """The name by which a method calls its object or class."""
    if not isinstance(method, FUNCTIONS):
        return set()
    if any(type(d) is ast.Name and d.id == "staticmethod" for d in method.decorator_list):
        return set()
    return {one.arg for one in [*method.args.posonlyargs, *method.args.args][:1]}


def bound(owner: Any) -> set[str]:
    """Names that a function, class or module binds, or declares to be of a scope around it."""
    found: set[str] = set()
    if isinstance(owner, (*FUNCTIONS, ast.Lambda)):
        found |= {one.arg for one in walk(owner.args) if type(one) is ast.arg}
    body = owner.body if type(owner.body) is list else [owner.body]
    for node in own_nodes(body):
        if is_stored(node):
            found.add(node.id)
        elif isinstance(node, DECLARES):
            found |= set(node.names)
        elif type(node) in NAMED or type(node) is ast.ExceptHandler and node.name:
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {a.asname or a.name.partition(".")[0] for a in node.names}
    return found
