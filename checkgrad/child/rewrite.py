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
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .expressions import Expressions
from .nodes import Loop, Rewritten, Target
from .syntax import (
    BUILTINS,
    DECLARES,
    as_place,
    bound,
    call,
    changed_by,
    constant,
    expression,
    is_light,
    is_read,
    is_stored,
    loaded,
    made,
    number_in,
    own_nodes,
    own_object,
    placed,
    root,
    stored,
    targets_of,
    tried,
    walk,
)


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


class Rewriter(Expressions):
    """Makes the new tree beside the old one and numbers what it passes."""

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
        handlers = [made(one, {"body": self.handling(one)}) for one in node.handlers]
        rest = self.blocks(node, "orelse", "finalbody")
        return [made(node, {"body": body, "handlers": handlers, **rest})]

    def handling(self, node: ast.ExceptHandler) -> list[ast.stmt]:
        """What is done about an error, which is told first."""
        return [expression(call("__caught__", node)), *self.block(node.body)]

    def match(self, node: ast.Match) -> list[ast.stmt]:
        subject = self.expression(node.subject)
        cases = [made(self.parts(one, "guard"), self.blocks(one, "body")) for one in node.cases]
        return [made(node, {"subject": subject, "cases": cases})]

    def definition(self, node: Any) -> list[ast.stmt]:
        scope = f"{self.scope}.{node.name}" if self.scope else node.name
        return [self.within(node, scope, lambda: made(node, self.blocks(node, "body")))]

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
        if is_light(node):
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
