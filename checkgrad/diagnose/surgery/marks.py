"""Expressions by what statements do with them: steps, conditions, exponents, what is thrown away."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property


@dataclass(eq=False)
class Marks:
    """What statements of a file do with expressions. said: the text of one."""

    tree: ast.AST
    said: Callable[[ast.expr | ast.stmt], str]

    @cached_property
    def thrown_away(self) -> set[ast.expr]:
        """Calls that are statements by themselves."""
        found = (one for one in ast.walk(self.tree) if isinstance(one, ast.Expr))
        return {one.value for one in found if isinstance(one.value, ast.Call)}

    @cached_property
    def counting(self) -> set[ast.expr]:
        """Names in indices and keys, and in what is counted or made text of."""
        found: set[ast.expr] = set()
        for one in ast.walk(self.tree):
            inside: list[ast.AST] = []
            if isinstance(one, ast.Subscript):
                inside = [one.slice]
            elif isinstance(one, ast.Call) and isinstance(one.func, ast.Name):
                inside = [*one.args] if one.func.id in ("str", "range") else []
            elif isinstance(one, ast.FormattedValue):
                inside = [one.value]
            for part in inside:
                found |= {n for n in ast.walk(part) if isinstance(n, ast.Name)}
        return found

    @cached_property
    def tests(self) -> set[ast.expr]:
        """What decides whether statements are run."""
        return {one.test for one in ast.walk(self.tree) if isinstance(one, ast.If)}

    @cached_property
    def steps(self) -> set[ast.expr]:
        """What is added to, or taken from, something in place."""
        found = (one for one in ast.walk(self.tree) if isinstance(one, ast.AugAssign))
        return {one.value for one in found if isinstance(one.op, ast.Add | ast.Sub)}

    @cached_property
    def updates(self) -> set[ast.expr]:
        """Sums and differences that become what they begin with, as in `w = w - step`."""
        found = (one for one in ast.walk(self.tree) if isinstance(one, ast.Assign))
        sums = ((one.targets[0], one.value) for one in found if isinstance(one.value, ast.BinOp))
        return {v for t, v in sums if self.said(t) == self.said(v.left)}

    @cached_property
    def factors(self) -> set[ast.expr]:
        """What is multiplied or divided entry by entry."""
        found = (one for one in ast.walk(self.tree) if isinstance(one, ast.BinOp))
        products = (one for one in found if isinstance(one.op, ast.Mult | ast.Div))
        return {part for one in products for part in (one.left, one.right)}

    @cached_property
    def exponents(self) -> set[ast.expr]:
        """What e is raised to."""
        calls = (one for one in ast.walk(self.tree) if isinstance(one, ast.Call))
        found = (c for c in calls if self.said(c.func).rpartition(".")[2] == "exp")
        return {a for c in found for a in c.args}

    def masked(self, line: int, name: str) -> tuple[ast.expr, str, bool] | None:
        """Of `name[mask] = number` or `*= number` in a line: the mask, the number, and whether it is a factor."""
        for one in ast.walk(self.tree):
            if not isinstance(one, ast.Assign | ast.AugAssign) or one.lineno != line:
                continue
            target = one.targets[0] if isinstance(one, ast.Assign) else one.target
            plain = isinstance(one, ast.Assign) or isinstance(one.op, ast.Mult)
            if (
                plain
                and isinstance(target, ast.Subscript)
                and isinstance(target.slice, ast.Compare | ast.BinOp | ast.Name | ast.UnaryOp)
                and isinstance(one.value, ast.Constant | ast.Name | ast.Attribute | ast.UnaryOp)
                and self.said(target.value) == name
            ):
                return target.slice, self.said(one.value), isinstance(one, ast.AugAssign)
        return None

    def changed_between(self, first: int, last: int) -> set[str]:
        """Names, attributes and elements' owners that statements change between two lines."""
        found = set()
        for one in ast.walk(self.tree):
            if isinstance(one, ast.Assign | ast.AugAssign) and first <= one.lineno < last:
                for target in one.targets if isinstance(one, ast.Assign) else [one.target]:
                    bare = target.value if isinstance(target, ast.Subscript) else target
                    found.add(self.said(bare))
        return found
