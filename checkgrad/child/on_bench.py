"""The statements of a module up to a loop, with the loop's body in a loop of ours."""

from __future__ import annotations

import ast
import warnings
from typing import Any, cast

from .loops import called_name
from .syntax import bound, placed


def ignore(*_: Any) -> None:
    return None


def clone(node: Any) -> Any:
    """A copy of a syntax tree, all the way down."""
    if isinstance(node, list):
        return [clone(one) for one in node]
    if not isinstance(node, ast.AST):
        return node
    new = type(node).__new__(type(node))
    new.__dict__.update({name: clone(value) for name, value in node.__dict__.items()})
    return new


def asides(tree: ast.Module) -> set[int]:
    """Lines of statements that bind and change nothing by themselves: calls, most of them prints."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Expr))
    return {n for node in found for n in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


PRINTS = frozenset(("print", "append", "set_description", "set_postfix", "info", "plot", "display"))


def prints(tree: ast.AST) -> set[tuple[int, int]]:
    """Where statements stand that only show or note something: what they stop with changes no parameter."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Expr))
    calls = ((node, node.value) for node in found if isinstance(node.value, ast.Call))
    return {(node.lineno, node.col_offset) for node, call in calls if called_name(call) in PRINTS}


def on_bench(statements: list[ast.stmt], loop: int, tree: ast.Module) -> list[ast.stmt]:
    """Statements of a rewritten module with a loop on the bench; none where it is not among them."""
    if not any(is_turn(node, loop) for one in statements for node in ast.walk(one)):
        return []
    whole = OnBench(loop, tree).visit(clone(ast.Module(statements, [])))
    return cast(list[ast.stmt], ast.fix_missing_locations(whole).body)


def is_turn(node: ast.AST, loop: int) -> bool:
    """Is it `__turn__(loop)`?"""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "__turn__"
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == loop
    )


class OnBench(ast.NodeTransformer):
    """Lets the body of one loop of a rewritten module stand on the bench."""

    def __init__(self, loop: int, original: ast.Module) -> None:
        self.loop = loop
        self.original = original
        self.prints = prints(original)
        self.owner: ast.AST | None = None

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            outer, self.owner = self.owner, node
            self.generic_visit(node)
            self.owner = outer
            return node
        if isinstance(node, ast.For | ast.While | ast.AsyncFor):
            first = node.body[0]
            if isinstance(first, ast.Expr) and is_turn(first.value, self.loop):
                if isinstance(node, ast.For):
                    node.iter = measured(node.iter)
                node.body = [self.bench(node)]
                return node
        return self.generic_visit(node)

    def bench(self, node: Any) -> ast.stmt:
        lines = ["while __more__(locals()):", " try:"]
        for name in self.names():
            lines += ["  try:", f"   {name} = __slot__({name!r}, {name})"]
            lines += ["  except NameError:", "   pass", "  except __stale__:", f"   del {name}"]
        lines += ["  pass", " finally:", "  __done__(locals())", "  continue"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made: Any = ast.parse("\n".join(lines)).body[0]
        for one in ast.walk(made):
            if hasattr(one, "lineno"):
                placed(one, node)
        head = next(i for i, s in enumerate(node.body) if is_leave(s))
        made.body[0].body += self.shielded(node.body[head + 1 :])
        return made  # type: ignore[no-any-return]

    def shielded(self, body: list[Any]) -> list[Any]:
        """The statements, those that only show something in a `try`; in branches, too."""
        for one in body:
            if isinstance(one, ast.If):
                one.body, one.orelse = self.shielded(one.body), self.shielded(one.orelse)
        return [self.tried(one) if self.is_print(one) else one for one in body]

    def is_print(self, node: Any) -> bool:
        return isinstance(node, ast.Expr) and (node.lineno, node.col_offset) in self.prints

    def tried(self, node: ast.Expr) -> Any:
        made: Any = ast.parse("try: pass\nexcept __absent__: __beside__()").body[0]
        for one in ast.walk(made):
            if hasattr(one, "lineno"):
                placed(one, node)
        made.body = [node]
        return made

    def names(self) -> list[str]:
        """The names of the function around it that can be bound anew in its body."""
        owner = self.owner
        if not isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef):
            return []
        for node in ast.walk(self.original):
            if type(node) is type(owner) and (node.lineno, node.name) == (owner.lineno, owner.name):
                return sorted(bound(node))
        return []


def measured(iterable: ast.expr) -> ast.expr:
    """`__length__(iterable)`"""
    name = ast.copy_location(ast.Name("__length__", ast.Load()), iterable)
    return ast.copy_location(ast.Call(name, [iterable], []), iterable)


def is_leave(statement: ast.stmt) -> bool:
    """Is it `if __leave__(loop): break`?"""
    test = getattr(statement, "test", None)
    return isinstance(test, ast.Call) and getattr(test.func, "id", "") == "__leave__"
