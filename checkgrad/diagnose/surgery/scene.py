"""The text of a submission as surgery sees it: expressions by their nodes, the statements they belong to, names in scope."""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from checkgrad.child.nodes import Node
from checkgrad.diagnose.surgery.marks import Marks
from checkgrad.diagnose.surgery.scopes import (
    DEFINITIONS,
    NameScope,
    chains_of,
    declared_outside,
    elements_of,
    has_effects,
    is_load,
    is_plain,
    scopes_of,
)

LIBRARIES = ("np", "numpy", "math", "random", "scipy", "sp", "copy", "time")
CALLED = re.compile(r"([\w.\])]*\w)\(")
IN_PLACE = re.compile(r"\bout\s*=")
OURS = ("_due", "_latest")
CHANGING = (
    "copyto",
    "put",
    "fill",
    "append",
    "extend",
    "insert",
    "pop",
    "update",
    "sort",
    "setattr",
)
OF_VALUES = frozenset(name for kind in (np.ndarray, dict, list, str) for name in dir(kind))
MOST_BEFORE = 6  # lines
LONGEST = 2_000  # characters of an expression that is operated on
EXPRESSION = "expression"


Offsets = tuple[int, int]  # offsets in the file, in bytes
Position = tuple[int, int, int, int]


@dataclass(eq=False)
class Scene:
    """One file: its text, its tree, and its nodes."""

    text: str
    nodes: Mapping[int, Node]
    file: str = ""
    changing_elsewhere: frozenset[str] = (
        frozenset()
    )  # names of what changes something, in other files
    bytes_: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.bytes_ = self.text.encode()
        self.tree = ast.parse(self.text)
        starts, at = [0], 0
        for line in self.bytes_.split(b"\n"):
            at += len(line) + 1
            starts.append(at)
        self._starts = starts
        self._back: dict[int, frozenset[str]] = {}
        self._unary: dict[int, list[str]] = {}

    @cached_property
    def _by_place(self) -> dict[Position, ast.expr]:
        return {position(one): one for one in ast.walk(self.tree) if isinstance(one, ast.expr)}

    def expression(self, number: int) -> ast.expr | None:
        """The expression a node stands for; None for what a statement leaves behind."""
        node = self.nodes[number]
        return self._by_place.get(place(node)) if node.kind == EXPRESSION else None

    @cached_property
    def numbers(self) -> dict[Position, int]:
        """The node at a place."""
        return {place(n): n.number for n in self.nodes.values() if n.kind == EXPRESSION}

    def number_of(self, expression: ast.expr) -> int | None:
        return self.numbers.get(position(expression))

    def is_whole(self, one: ast.expr) -> bool:
        """Is it all that a statement makes, or one of the things that it lists?"""
        number = self.number_of(one)
        while number is not None and number in self.nodes and self.nodes[number].parent != -1:
            number = self.nodes[number].parent
            if not isinstance(self.expression(number), ast.Tuple | ast.List | ast.Dict):
                return False
        return number is not None

    def span(self, one: ast.expr | ast.stmt) -> Offsets:
        line, column, end_line, end_column = position(one)
        return self._starts[line - 1] + column, self._starts[end_line - 1] + end_column

    def said(self, one: ast.expr | ast.stmt) -> str:
        """The student's own text."""
        start, end = self.span(one)
        return self.bytes_[start:end].decode()

    def around(self, one: ast.expr, statement: int) -> tuple[str, str]:
        """The student's lines before and behind *one*, from its statement to its last line, moved to the left."""
        start, end = self.span(one)
        first = max(min(statement, one.lineno), one.lineno - MOST_BEFORE)
        before = self.bytes_[self._starts[first - 1] : start].decode()
        after = self.bytes_[end:].partition(b"\n")[0].decode()
        return textwrap.dedent(before) if "\n" in before else before.lstrip(), after

    def spliced(self, root: ast.expr, changes: Sequence[tuple[Offsets, str]]) -> str:
        """The text of *root* with other text at some places, as an expression that can be evaluated."""
        text = self.replaced(root, changes)
        owner = [c.name for c in self.classes if c.lineno <= root.lineno <= (c.end_lineno or 0)]
        if owner and "__" in text:  # Python does this to private names while it compiles a class
            private = rf"_{owner[-1].lstrip('_')}\1"
            text = re.sub(r"(?<![\w'\"])(__\w*?[^\W_])(?!\w)", private, text)
        return f"(\n{text}\n)"

    def replaced(self, root: ast.expr, changes: Sequence[tuple[Offsets, str]]) -> str:
        """The text of *root* with other text at some places."""
        start, end = self.span(root)
        text, at = b"", start
        for (a, b), new in sorted(changes):
            text += self.bytes_[at:a] + f"({new})".encode()
            at = b
        return (text + self.bytes_[at:end]).decode()

    @cached_property
    def scopes(self) -> list[NameScope]:
        """The functions, the innermost last; their class's attributes count as theirs."""
        outside = self.outermost.names | declared_outside(self.tree)
        found = scopes_of(self.tree, frozenset(), outside=outside)
        return sorted(found, key=lambda s: (s.first, -s.last))

    def scope_at(self, line: int) -> NameScope:
        """The innermost function there, or the module."""
        found = [s for s in self.scopes if s.first <= line <= s.last]
        return found[-1] if found else self.outermost

    @cached_property
    def outermost(self) -> NameScope:
        """What statements of the module can name."""
        within = [s for s in self.tree.body if not isinstance(s, DEFINITIONS)]
        body = ast.Module([s for s in within if not isinstance(s, ast.Import | ast.ImportFrom)], [])
        names = {n.id for n in ast.walk(body) if isinstance(n, ast.Name) and not is_load(n)}
        chains, elements = frozenset(chains_of(body, own=False)), frozenset(elements_of(body))
        return NameScope(1, self.text.count("\n") + 1, frozenset(names), chains, elements, False)

    @cached_property
    def classes(self) -> list[ast.ClassDef]:
        """The outermost first."""
        return [c for c in ast.walk(self.tree) if isinstance(c, ast.ClassDef)]

    @cached_property
    def functions(self) -> dict[str, int]:
        """Functions of the module, with the number of arguments that they need."""
        return {
            d.name: len(d.args.args) - len(d.args.defaults)
            for d in self.tree.body
            if isinstance(d, ast.FunctionDef)
        }

    @cached_property
    def methods(self) -> set[str]:
        return {
            f"self.{d.name}" for c in self.classes for d in c.body if isinstance(d, ast.FunctionDef)
        }

    def receivers(self, line: int) -> list[str]:
        """What has methods of the submission that are called: of the class that a line stands in, and of its function."""
        around = [c for c in self.classes if c.lineno <= line <= (c.end_lineno or 0)][:1]
        scope = self.scope_at(line)
        found: dict[str, None] = {}
        for one in ast.walk(around[0] if around else self.tree):
            if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
                base = one.func.value
                inside = scope.first <= one.lineno <= scope.last
                known = inside or self.said(base).startswith("self.")
                if known and not self.is_plain_call(one) and not isinstance(base, ast.Call):
                    found[self.said(base)] = None
        stored = [
            self.said(o) for o in self._stored_items if self.said(o.value) in set(map(_base, found))
        ]
        found |= dict.fromkeys(stored)
        numbered = {re.sub(r"\[\d+\]$", "", text) for text in found if re.search(r"\[\d+\]$", text)}
        lengths = {base: 1 + max(self._indices(base), default=0) for base in numbered}
        more = [f"{base}[{i}]" for base, n in lengths.items() for i in range(min(n, 12))]
        return list(dict.fromkeys([*found, *more]))[:16]

    @cached_property
    def _stored_items(self) -> list[ast.Subscript]:
        """What is put by a constant key into an attribute."""
        every = (o for o in ast.walk(self.tree) if isinstance(o, ast.Subscript) and not is_load(o))
        return [o for o in every if isinstance(o.slice, ast.Constant) and is_plain(o.value)]

    def _indices(self, base: str) -> list[int]:
        return [int(i) for i in re.findall(rf"{re.escape(base)}\[(\d+)\]", self.text)]

    def unary(self, line: int) -> list[str]:
        """What can be called there with one value, found once for every line."""
        if line not in self._unary:
            self._unary[line] = self._callable_with_one(line)
        return self._unary[line]

    def _callable_with_one(self, line: int) -> list[str]:
        """What can be called there with one value: functions of the module, methods of the same class."""
        leading_back = self.leading_back(line)
        usual = [name for name, count in self.functions.items() if count == 1]
        found = [name for name in usual if name not in leading_back]
        for cls in self.classes:
            if cls.lineno <= line <= (cls.end_lineno or 0):
                for d in cls.body:
                    if isinstance(d, ast.FunctionDef) and d.name in self.pure:
                        static = any(ast.unparse(one) == "staticmethod" for one in d.decorator_list)
                        needed = len(d.args.args) - len(d.args.defaults) - (not static)
                        if needed == 1 and d.name not in leading_back:
                            found.append(f"self.{d.name}")
        return found

    def leading_back(self, line: int) -> frozenset[str]:
        """The functions that a line stands in, and those that call them: to call one there would never end."""
        if line not in self._back:
            self._back[line] = frozenset(self._leading_back(line))
        return self._back[line]

    def _leading_back(self, line: int) -> set[str]:
        kinds = ast.FunctionDef | ast.AsyncFunctionDef
        definitions = [d for d in ast.walk(self.tree) if isinstance(d, kinds)]
        found = {d.name for d in definitions if d.lineno <= line <= (d.end_lineno or d.lineno)}
        while more := {d.name for d in definitions if self._calls(d) & found} - found:
            found |= more
        return found

    @cached_property
    def pure(self) -> set[str]:
        """Names of functions and methods that change nothing beside what they give."""
        kinds = ast.FunctionDef | ast.AsyncFunctionDef
        bodies: dict[str, list[ast.AST]] = {}
        for d in ast.walk(self.tree):
            if isinstance(d, kinds):
                bodies.setdefault(d.name, []).append(d)
        found = set(bodies)
        for name, defined in bodies.items():
            if any(has_effects(one) for body in defined for one in ast.walk(body)):
                found.discard(name)
        while more := {n for n in found if any(self._calls(b) - found for b in bodies[n])}:
            found -= more
        return found

    def _calls(self, body: ast.AST) -> set[str]:
        """The functions of the submission that are called in it."""
        calls = (one.func for one in ast.walk(body) if isinstance(one, ast.Call))
        names = {f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in calls}
        return names & self.defined

    def calls_one_of(self, expression: ast.AST, names: frozenset[str]) -> bool:
        """Does an expression call one of these functions of the file?"""
        return bool(self._calls(expression) & names)

    def is_plain_call(self, call: ast.Call) -> bool:
        """Is it NumPy's, Python's, or a method of an array, and no code of the student's?"""
        function = call.func
        if isinstance(function, ast.Attribute):
            base: ast.expr = function.value
            while isinstance(base, ast.Attribute):
                base = base.value
            if isinstance(base, ast.Name) and base.id in LIBRARIES:
                return True
            own = isinstance(function.value, ast.Name) and function.value.id == "self"
            return not own and function.attr not in self.defined and function.attr in OF_VALUES
        return isinstance(function, ast.Name) and function.id not in self.defined

    def runs_code(self, text: str) -> bool:
        """Does an expression call what may change something, of this file or another?"""
        return bool(IN_PLACE.search(text)) or any(map(self._may_change, CALLED.findall(text)))

    def _may_change(self, called: str) -> bool:
        root, _, _ = called.partition(".")
        *way, name = called.split(".")
        if name in self.changing_elsewhere or name in CHANGING:
            return True
        if name in self.defined:
            return name not in self.pure
        if way:
            return root not in LIBRARIES and name not in OF_VALUES
        return name not in OURS and not hasattr(builtins, name)

    @cached_property
    def defined(self) -> set[str]:
        """Names of functions, methods and classes."""
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        return {d.name for d in ast.walk(self.tree) if isinstance(d, kinds)}

    @cached_property
    def marks(self) -> Marks:
        return Marks(self.tree, self.said)

    @cached_property
    def targets(self) -> dict[int, str]:
        """What the value of a node is assigned to, where that is one name or attribute."""
        found = {}
        for one in ast.walk(self.tree):
            if isinstance(one, ast.Assign) and len(one.targets) == 1:
                number, target = self.number_of(one.value), one.targets[0]
                if number is not None and isinstance(
                    target, ast.Name | ast.Attribute | ast.Subscript
                ):
                    found[number] = self.said(target)
        return found


def _base(text: str) -> str:
    """What an item is taken of."""
    return text.rpartition("[")[0]


def place(node: Node) -> Position:
    return node.line, node.column, node.end_line, node.end_column


def position(one: ast.expr | ast.stmt) -> Position:
    return one.lineno, one.col_offset, one.end_lineno or one.lineno, one.end_col_offset or 0
