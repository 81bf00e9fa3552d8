"""Rewrites a module so that every expression can tell its value and be given another one.

A loaded expression `e` becomes `__watch__(k, e)`, where k is the number of its node. After `x op= e` and
`x[i] = e` comes `if __after__(k, x): x = __new__()`, so nothing is assigned unless it was changed. Around a
loop stand `__loop__(n)` and `__left__(n)`; its body begins with `__turn__(n)`, what it carries, and
`if __leave__(n): break`. Lines and columns stay those of the source. `watch.Hook` answers these calls.

Left alone: targets, decorators, defaults, annotations, base classes, f-strings, patterns, `super()`,
`__class__`, `del`, `global`, what is called by a bare name, names of imported modules, the name of a method's
first parameter, and whole numbers inside `[]`.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

E = TypeVar("E", bound=ast.AST)

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*FUNCTIONS, ast.ClassDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
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


@dataclass(frozen=True)
class Node:
    """One expression at one place of the source.

    column, end_column: counted in bytes of UTF-8, as `ast` does. text: as `ast.unparse` writes it.
    kind: "expression"; "after": what a statement changed in place, once it did; "carried": what a loop's body
    reads and assigns; "held": what it only reads, which calls may change; both as a turn begins.
    scope: the qualified name of the function or class it stands in, "" at top level.
    loop: number of the innermost loop around it, parent: of the node it is part of; -1 for none.
    statement: line of its statement.
    """

    number: int
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    kind: str
    scope: str
    loop: int
    parent: int
    statement: int


@dataclass(frozen=True)
class Loop:
    """One `for` or `while`. carried, held: texts with the numbers of their nodes. parent: the loop around it, or -1."""

    number: int
    file: str
    line: int
    end_line: int
    scope: str
    parent: int
    carried: tuple[tuple[str, int], ...]
    held: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Assignment:
    """A name, attribute or item that a statement assigns.

    how: "=" or the operator with it, "-=". node: of the value assigned, -1 where that is no node; member: which of
    the value's members it is where several are assigned, -1 where it is the value itself.
    """

    text: str
    how: str
    node: int
    member: int
    file: str
    line: int
    scope: str
    loop: int


@dataclass(frozen=True)
class Rewritten:
    """A module under watch: the statements that stand for each statement of its source, its nodes and loops.

    light: loops whose turns cost next to nothing, such as those that fill a table.
    """

    file: str
    statements: tuple[list[ast.stmt], ...]
    loops: tuple[Loop, ...]
    raw: tuple[Raw, ...] = field(repr=False)
    targets: tuple[Target, ...] = field(repr=False)
    light: frozenset[int]
    first: int = 0

    @property
    def tree(self) -> ast.Module:
        return ast.Module([one for several in self.statements for one in several], [])

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Made when they are asked for: their texts cost more than all the rest."""
        return tuple(
            Node(
                self.first + i,
                self.file,
                raw.place.lineno,
                raw.place.col_offset,
                raw.place.end_lineno or raw.place.lineno,
                raw.place.end_col_offset or 0,
                raw.text or ast.unparse(raw.place),
                raw.kind,
                raw.scope,
                raw.loop,
                raw.parent,
                raw.statement,
            )
            for i, raw in enumerate(self.raw)
        )

    @cached_property
    def _numbers(self) -> dict[Any, int]:
        places = {
            place_of(raw.place): self.first + i
            for i, raw in reversed(list(enumerate(self.raw)))
            if raw.kind == "expression"
        }
        return places

    def number_at(self, place: tuple[int | None, ...]) -> int:
        """The node at (line, last line, first column, last column), -1 where there is none."""
        return self._numbers.get(place, -1)

    @cached_property
    def assignments(self) -> tuple[Assignment, ...]:
        return tuple(
            Assignment(ast.unparse(t.place), t.how, t.node, t.member, self.file, *t.where)
            for t in self.targets
        )


class Raw(NamedTuple):
    """A node before its text is made."""

    place: Any  # the node of the syntax tree, as it was
    text: str
    kind: str
    scope: str
    loop: int
    parent: int
    statement: int


class Target(NamedTuple):
    """An assignment before its text is made. where: line, scope, loop."""

    place: ast.expr
    how: str
    node: int
    member: int
    where: tuple[int, str, int]


def rewrite(tree: ast.Module, file: str, nodes: int = 0, loops: int = 0) -> Rewritten:
    """The watched form of *tree*, which stays as it is; numbers begin at *nodes* and *loops*."""
    rewriter = Rewriter(tree, file, nodes, loops)
    statements = tuple(map(rewriter.statement, tree.body))
    return Rewritten(
        file,
        statements,
        tuple(rewriter.loops),
        tuple(rewriter.raw),
        tuple(rewriter.targets),
        frozenset(rewriter.light),
        nodes,
    )


class Rewriter:
    """Makes the new tree beside the old one and numbers what it passes."""

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
        self.module = Names(tree)
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

    # ---- statements

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        """The statements that stand for *node*."""
        self.line = node.lineno
        return STATEMENTS.get(type(node), Rewriter.as_it_is)(self, node)

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [new for one in body for new in self.statement(one)]

    def as_it_is(self, node: Any) -> list[ast.stmt]:
        return [node]

    def values(self, node: Any) -> list[ast.stmt]:
        return [self.rebuilt(node)]

    def assign(self, node: ast.Assign) -> list[ast.stmt]:
        new = made(node, {"value": self.expression(node.value)})
        self.note_targets(node.targets, "=", new.value)
        return [new, *self.afters(node, node.targets)]

    def annotated(self, node: ast.AnnAssign) -> list[ast.stmt]:
        new = self.parts(node, "value")
        if node.value:
            self.note_targets([node.target], "=", new.value)
        return [new, *self.afters(node, [node.target])]

    def augmented(self, node: ast.AugAssign) -> list[ast.stmt]:
        new = made(node, {"value": self.expression(node.value)})
        self.note_targets([node.target], OPERATORS[type(node.op)], new.value)
        return [new, *self.afters(node, [node.target])]

    def note_targets(self, targets: list[ast.expr], how: str, value: Any) -> None:
        where = self.line, self.scope, self.loop
        number = number_in(value)
        for target in targets:
            if isinstance(target, ast.Tuple | ast.List):
                self.targets += [
                    Target(one, how, number, i, where) for i, one in enumerate(target.elts)
                ]
            else:
                self.targets.append(Target(target, how, number, -1, where))

    def conditional(self, node: ast.If) -> list[ast.stmt]:
        test = self.expression(node.test)
        return [made(node, {"test": test, **self.blocks(node, "body", "orelse")})]

    def blocks(self, node: Any, *names: str) -> dict[str, list[ast.stmt]]:
        return {name: self.block(getattr(node, name)) for name in names}

    def with_(self, node: ast.With) -> list[ast.stmt]:
        items = [self.parts(item, "context_expr") for item in node.items]
        return [made(node, {"items": items, **self.blocks(node, "body")})]

    def try_(self, node: ast.Try) -> list[ast.stmt]:
        body = self.block(node.body)
        handlers = [made(one, self.blocks(one, "body")) for one in node.handlers]
        rest = self.blocks(node, "orelse", "finalbody")
        return [made(node, {"body": body, "handlers": handlers, **rest})]

    def match(self, node: ast.Match) -> list[ast.stmt]:
        subject = self.expression(node.subject)
        cases = [made(self.parts(one, "guard"), self.blocks(one, "body")) for one in node.cases]
        return [made(node, {"subject": subject, "cases": cases})]

    def definition(self, node: Any) -> list[ast.stmt]:
        scope = f"{self.scope}.{node.name}" if self.scope else node.name
        return [self.within(node, scope, lambda: made(node, self.blocks(node, "body")))]

    def within(self, node: Any, scope: str, make: Callable[[], E]) -> E:
        """What *make* gives in a scope of its own."""
        kept = self.scope, self.loop, self.parent, self.owner, self.names, self.quiet, self.line
        if isinstance(self.owner, ast.ClassDef):
            self.quiet = self.quiet | own_object(node)
        self.scope, self.loop, self.parent, self.owner, self.names = scope, -1, -1, node, None
        new = make()
        self.scope, self.loop, self.parent, self.owner, self.names, self.quiet, self.line = kept
        return new

    # ---- what a statement changed

    def afters(self, statement: ast.stmt, targets: Iterable[ast.expr]) -> Iterator[ast.stmt]:
        """Look again at what *statement* changed in place."""
        for target in targets:
            for place in changed_by(target, isinstance(statement, ast.AugAssign)):
                number = self.number(statement, "after", ast.unparse(place))
                yield self.look_again(number, place, statement)

    def look_again(self, number: int, place: Any, at: ast.AST) -> ast.stmt:
        """`if __after__(k, x): x = __new__()`; where x cannot be assigned here it can change in place only."""
        if not self.assignable(place):
            return expression(call("__within__", at, constant(number, at), loaded(place, at)))
        test = call("__after__", at, constant(number, at), loaded(place, at))
        new = made(at, {}, ast.Assign)
        new.targets, new.value = [stored(place, at)], call("__new__", at)
        return placed(ast.If(test, [new], []), at)

    def assignable(self, place: ast.expr) -> bool:
        """May this scope assign to *place* without making it a name of its own?"""
        if type(place) is not ast.Name:
            return True
        if self.names is None:
            self.names = bound(self.owner)
        return self.owner is self.tree or place.id in self.names

    # ---- loops

    def loop_(self, node: Any) -> list[ast.stmt]:
        """The loop with what tells that it begins, turns and ends."""
        before: dict[str, Any] = {}
        if type(node) is not ast.While:
            before["iter"] = self.expression(node.iter)
        number = self.first_loop + len(self.loops)
        self.loops.append(None)
        outer, self.loop = self.loop, number
        if type(node) is ast.While:
            before["test"] = self.expression(node.test)
        if self.is_light(node):
            self.light.add(number)
        carried, held = self.carried_by(node)
        numbers = [(text, self.number(node, "carried", text)) for text in carried]
        holding = [(text, self.number(node, "held", text)) for text in held]
        places = [(n, as_place(text)) for text, n in (*numbers, *holding)]
        head = [
            expression(call("__turn__", node, constant(number, node))),
            *(tried(self.look_again(n, place, node), node) for n, place in places),
            placed(
                ast.If(
                    call("__leave__", node, constant(number, node)), [placed(ast.Break(), node)], []
                ),
                node,
            ),
        ]
        body = self.block(node.body)
        self.loop = outer
        new = made(node, {**before, "body": head + body, "orelse": self.block(node.orelse)})
        self.loops[number - self.first_loop] = Loop(
            number,
            self.file,
            node.lineno,
            node.end_lineno,
            self.scope,
            outer,
            tuple(numbers),
            tuple(holding),
        )
        told = [call("__told__", node, constant(n, node), loaded(p, node)) for n, p in places]
        return [
            expression(call("__loop__", node, constant(number, node))),
            new,
            expression(call("__left__", node, constant(number, node))),
            *(tried(expression(one), node) for one in told),
        ]

    def is_light(self, node: Any) -> bool:
        """Does the body neither loop nor multiply matrices nor call what the module defines?"""
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

    def carried_by(self, node: Any) -> tuple[list[str], list[str]]:
        """Texts of what the body of a loop reads and assigns, and names of what it only reads."""
        own = list(own_nodes(node.body if type(node) is not ast.While else [*node.body, node.test]))
        read = {n.id for n in own if is_read(n)}
        changed: dict[str, None] = {}
        for one in own:
            for target, again in targets_of(one):
                place = root(target)
                name = ast.unparse(place) if place is not None else ""
                if type(place) is ast.Name and not (
                    again or type(target) is not ast.Name or place.id in read or self.is_read(place)
                ):
                    continue
                if name:
                    changed.setdefault(name)
        mine = {n.id for n in own if type(n) is ast.Name and type(n.ctx) is ast.Store}
        mine |= {n.id for n in walk(getattr(node, "target", node)) if is_stored(n)}
        declared = {name for n in own if isinstance(n, DECLARES) for name in n.names}
        held = read - mine - self.quiet_names() - changed.keys()
        return [c for c in changed if c not in declared], sorted(held - declared)

    def quiet_names(self) -> frozenset[str]:
        """Names that hold no data: functions, classes, modules, what Python brings."""
        return (self.quiet - own_object(self.owner)) | self.module.defined | BUILTINS

    def is_read(self, name: ast.Name) -> bool:
        """Is a name of the module read by its functions?"""
        return self.owner is self.tree and name.id in self.module.read_in_functions


OPERATORS = {
    ast.Add: "+=",
    ast.Sub: "-=",
    ast.Mult: "*=",
    ast.Div: "/=",
    ast.MatMult: "@=",
    ast.Mod: "%=",
    ast.Pow: "**=",
    ast.FloorDiv: "//=",
    ast.BitAnd: "&=",
    ast.BitOr: "|=",
    ast.BitXor: "^=",
    ast.LShift: "<<=",
    ast.RShift: ">>=",
}
GROUPS = frozenset((ast.keyword, ast.comprehension))
LEAVES = frozenset(
    (int, str, float, type(None), ast.Load, ast.Store)
)  # without parts, told at once
POSITION = ("lineno", "col_offset", "end_lineno", "end_col_offset")
SLICE = frozenset(("lower", "upper", "step"))
PARTS: dict[type, Callable[[Rewriter, Any], Any]] = {
    ast.Call: Rewriter.called,
    ast.Attribute: Rewriter.attribute,
    ast.Subscript: Rewriter.subscript,
    ast.Lambda: Rewriter.lambda_,
    ast.NamedExpr: lambda self, node: self.parts(node, "value"),
    ast.comprehension: lambda self, node: self.parts(node, "iter", "ifs"),
}
STATEMENTS: dict[type, Callable[[Rewriter, Any], list[ast.stmt]]] = {
    ast.Assign: Rewriter.assign,
    ast.AnnAssign: Rewriter.annotated,
    ast.AugAssign: Rewriter.augmented,
    ast.Expr: Rewriter.values,
    ast.Return: Rewriter.values,
    ast.Assert: Rewriter.values,
    ast.Raise: Rewriter.values,
    ast.If: Rewriter.conditional,
    ast.For: Rewriter.loop_,
    ast.AsyncFor: Rewriter.loop_,
    ast.While: Rewriter.loop_,
    ast.With: Rewriter.with_,
    ast.AsyncWith: Rewriter.with_,
    ast.Try: Rewriter.try_,
    ast.TryStar: Rewriter.try_,
    ast.Match: Rewriter.match,
    ast.FunctionDef: Rewriter.definition,
    ast.AsyncFunctionDef: Rewriter.definition,
    ast.ClassDef: Rewriter.definition,
}


# ---------------------------------------------------------------- making nodes


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


# ---------------------------------------------------------------- names


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


class Names:
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
