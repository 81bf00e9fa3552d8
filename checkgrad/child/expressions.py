"""The expressions of a module, rewritten so that each tells its value and can be given another one."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, cast

from .nodes import Raw, Target
from .syntax import (
    AND,
    GROUPS,
    IN,
    LEAVES,
    LOAD,
    POSITION,
    SLICE,
    E,
    NameUses,
    constant,
    is_super,
    made,
    own_object,
    placed,
)

WRAPPED = frozenset(
    (
        ast.Attribute,
        ast.BinOp,
        ast.BoolOp,
        ast.Call,
        ast.Compare,
        ast.Dict,
        ast.IfExp,
        ast.List,
        ast.ListComp,
        ast.Name,
        ast.Subscript,
        ast.Tuple,
        ast.UnaryOp,
    )
)
REPLACED = frozenset(  # of these, what is there need not be evaluated
    (ast.BinOp, ast.Call, ast.Compare, ast.IfExp, ast.Subscript, ast.UnaryOp)
)
UNTOUCHED = frozenset((ast.JoinedStr, getattr(ast, "TemplateStr", ast.JoinedStr)))
QUIET = frozenset(("super", "__class__", "__name__", "__file__"))


class Expressions:
    """Makes new expressions beside the old ones and numbers what it passes."""

    def __init__(self, tree: ast.Module, file: str, nodes: int, loops: int) -> None:
        self.tree = tree
        self.file = file
        self.first, self.first_loop = nodes, loops
        self.raw: list[Raw] = []
        self.loops: list[Any] = []
        self.targets: list[Target] = []
        self.light: set[int] = set()
        self.scope, self.loop, self.parent, self.line = "", -1, -1, 0
        self.owner: ast.AST = tree  # the module, class or function whose names these are
        self.names: set[str] | None = None  # that it binds; None until they are asked for
        self.own_names: dict[str, Any] = {}
        self.line_of_names = 0
        self.module = NameUses(tree)
        self.quiet = QUIET | self.module.imported

    # ---- numbering

    def number(self, place: ast.AST, kind: str = "expression", text: str = "") -> int:
        raw = Raw(place, text, kind, self.scope, self.loop, self.parent, self.line)
        self.raw.append(raw)
        return self.first + len(self.raw) - 1

    # ---- expressions

    def expression(self, node: Any) -> Any:
        """*node* as it is written in the watched module."""
        kind = type(node)
        if kind is ast.Constant:
            if type(node.value) not in (int, float):
                return node
            return self.watched(self.number(node), node, node)
        if kind not in WRAPPED:
            return node if kind in UNTOUCHED else self.inside(node)
        if kind is ast.Name and node.id in self.quiet or self.leads_to_import(node):
            return node
        if is_super(node):
            return node
        number, outer = self.number(node), self.parent
        self.parent = number
        new = node if kind is ast.Name else self.inside(node)
        self.parent = outer
        if kind in REPLACED:
            new = self.unless_given(number, new, node)
        return self.watched(number, new, node)

    def watched(self, number: int, new: Any, at: Any) -> ast.expr:
        """`__watch__(k, e)`, its position that of e."""
        made = ast.Call(self.name("__watch__", at), [constant(number, at), new], [])
        return placed(made, at)

    def unless_given(self, number: int, new: Any, at: Any) -> ast.expr:
        """`__new__() if k in __instead__ and __given__(k) else e`: e is not evaluated where something stands for it."""
        k = constant(number, at)
        wanted = ast.Compare(k, [IN], [self.name("__instead__", at)])
        given = ast.Call(self.name("__given__", at), [k], [])
        test = ast.BoolOp(AND, [wanted, given])
        found = ast.IfExp(test, self.value_given(at), new)
        place = {name: at.__dict__[name] for name in POSITION}
        for one in (wanted, given, test, found):
            one.__dict__.update(place)
        return found

    def value_given(self, at: Any) -> ast.expr:
        """`__new__()`, one a line as well."""
        self.name("__new__", at)
        if "()" not in self.own_names:
            self.own_names["()"] = placed(ast.Call(self.own_names["__new__"], [], []), at)
        return cast(ast.expr, self.own_names["()"])

    def name(self, name: str, at: Any) -> Any:
        """A name of ours: one a line is enough, for it cannot fail, and so no error shows its column."""
        if self.line_of_names != at.lineno:
            self.line_of_names, self.own_names = at.lineno, {}
        if name not in self.own_names:
            self.own_names[name] = placed(ast.Name(name, LOAD), at)
        return self.own_names[name]

    def leads_to_import(self, node: ast.AST) -> bool:
        """Is it `np.pi` or `np.linalg.norm`, a part of an imported module?"""
        while type(node) is ast.Attribute:
            node = node.value
        return type(node) is ast.Name and node.id in self.module.imported

    def inside(self, node: E) -> E:
        """*node* itself, with its parts rewritten."""
        special = PARTS.get(type(node))
        if special:
            return special(self, node)  # type: ignore[no-any-return]
        return self.rebuilt(node)

    def rebuilt(self, node: E, **given: Any) -> E:
        """A copy of *node* with all its expressions rewritten, but for the fields that are *given*."""
        new = {}
        for name, value in node.__dict__.items():
            if name in given:
                continue
            if type(value) in LEAVES:
                pass
            elif isinstance(value, ast.expr):
                value = self.expression(value)
            elif type(value) is list and value and isinstance(value[0], ast.AST | None):
                value = [self.part(one) for one in value]
            new[name] = value
        return cast(E, made(node, {**new, **given}))

    def part(self, node: Any) -> Any:
        if isinstance(node, ast.expr):
            return self.expression(node)
        return self.inside(node) if type(node) in GROUPS else node

    def called(self, node: ast.Call) -> ast.Call:
        """The function is no number: only what it is looked up on is watched."""
        function = node.func
        if type(function) is ast.Attribute and not is_super(function.value):
            function = self.rebuilt(function)
        elif type(function) not in (ast.Name, ast.Attribute):
            function = self.inside(function)
        return self.rebuilt(node, func=function)

    def attribute(self, node: ast.Attribute) -> ast.Attribute:
        return node if is_super(node.value) else self.rebuilt(node)

    def subscript(self, node: ast.Subscript) -> ast.Subscript:
        return self.rebuilt(node, slice=self.index(node.slice))

    def index(self, node: Any) -> Any:
        """What stands between brackets: slices, and groups that hold slices, are no values."""
        if type(node) is ast.Tuple:
            return made(node, {"elts": [self.index(one) for one in node.elts]})
        if type(node) is ast.Slice:
            ends = {n: self.index(v) for n, v in node.__dict__.items() if n in SLICE and v}
            return made(node, ends)
        if type(node) is ast.Starred:
            return self.rebuilt(node)
        if type(node) is ast.Constant or type(node) is ast.UnaryOp:
            return node
        return self.expression(node)

    def parts(self, node: E, *fields: str) -> E:
        """A copy of *node* in which only these fields are rewritten."""
        new = {}
        for name in fields:
            value = getattr(node, name)
            if type(value) is list:
                new[name] = [self.part(one) for one in value]
            elif value is not None:
                new[name] = self.part(value)
        return cast(E, made(node, new))

    def lambda_(self, node: ast.Lambda) -> ast.Lambda:
        return self.within(node, self.scope, lambda: self.parts(node, "body"))

    def within(self, node: Any, scope: str, make: Callable[[], E]) -> E:
        """What *make* gives in a scope of its own."""
        kept = self.scope, self.loop, self.parent, self.owner, self.names, self.quiet, self.line
        if isinstance(self.owner, ast.ClassDef):
            self.quiet = self.quiet | own_object(node)
        self.scope, self.loop, self.parent, self.owner, self.names = scope, -1, -1, node, None
        new = make()
        self.scope, self.loop, self.parent, self.owner, self.names, self.quiet, self.line = kept
        return new


PARTS: dict[type, Callable[[Expressions, Any], Any]] = {
    ast.Call: Expressions.called,
    ast.Attribute: Expressions.attribute,
    ast.Subscript: Expressions.subscript,
    ast.Lambda: Expressions.lambda_,
    ast.NamedExpr: lambda self, node: self.parts(node, "value"),
    ast.comprehension: lambda self, node: self.parts(node, "iter", "ifs"),
}
