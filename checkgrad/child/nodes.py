"""What a rewritten module tells of its expressions, loops and assignments."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from .syntax import place_of


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
class AssignedTarget:
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

    @property
    def numbers(self) -> range:
        """Those of its nodes."""
        return range(self.first, self.first + len(self.raw))

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
    def assignments(self) -> tuple[AssignedTarget, ...]:
        return tuple(
            AssignedTarget(ast.unparse(t.place), t.how, t.node, t.member, self.file, *t.where)
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
