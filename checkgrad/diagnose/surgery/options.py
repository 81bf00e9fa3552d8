"""What could stand in a statement instead: other text in one place, in the student's names or as a due quantity."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from checkgrad.child.nodes import Node
from checkgrad.child.watch import Told
from checkgrad.diagnose.surgery.extensions import extensions
from checkgrad.diagnose.surgery.mutations import mutations
from checkgrad.diagnose.surgery.patient import Due, Truth, fitting, of_any_shape
from checkgrad.diagnose.surgery.scene import EXPRESSION, Scene
from checkgrad.diagnose.surgery.scopes import NameScope
from checkgrad.diagnose.surgery.spot import is_count

INSTEAD = (ast.BinOp, ast.Call, ast.Compare, ast.IfExp, ast.Subscript, ast.UnaryOp)
ITSELF = "(_)"  # the value of a node, in the text of an operation on it
Changed = Iterator[tuple[str, str, float, Due | None]]  # other text, code, cost, quantity
By = Callable[[Truth, str, list[Any]], Changed]
USED, BACK = (
    0.1,
    0.15,
)  # cost on a name that is given back, and of what takes back what stands there
MADE = ("(np.zeros", "(np.ones", "(zeros", "(ones")  # what is only filled later


@dataclass(frozen=True)
class Operation:
    """Other text in one place. root: the node that *text* stands for; at: the part of it that is replaced by *new*.

    instead: the node need not be evaluated. mends: names of the blocks that are right with it.
    """

    root: int
    text: str
    at: ast.expr | None
    new: str
    code: str
    cost: float
    due: Due | None = None
    instead: bool = False
    mends: frozenset[str] = frozenset()


class RepairOptions:
    """What could stand where, given what a run told."""

    def __init__(
        self,
        nodes: Sequence[Node],
        scenes: Mapping[str, Scene],
        truth: Truth,
        told: Mapping[int, list[Told]],
    ) -> None:
        self.nodes, self.scenes, self.truth, self.told = nodes, scenes, truth, told
        self.values = cache(self._values)
        self.unused: dict[tuple[str, int], dict[str, Any]] = {}  # parameters, by their functions

    # ---- what is known

    def scene(self, k: int) -> Scene | None:
        return self.scenes.get(self.nodes[k].file)

    def expression(self, k: int) -> ast.expr | None:
        scene = self.scene(k)
        return scene.expression(k) if scene else None

    def told_of(self, scene: Scene, one: ast.expr) -> list[Any]:
        """What an expression gave, turn by turn."""
        number = scene.number_of(one)
        return [t.value for t in self.told.get(number, ())] if number is not None else []

    def _values(
        self, file: str, first: int, last: int, within: bool, turn: int = 0
    ) -> dict[str, Any]:
        """Values by their texts between two lines, and of attributes of the object anywhere; outside of functions unless *within*.

        turn: 0 for the first that was told, -1 for the last.
        """
        found: dict[str, Any] = {}
        scene = self.scenes[file]
        for k, told in self.told.items():
            node = self.nodes[k]
            if node.file != file or node.kind != EXPRESSION:
                continue
            if not within and node.scope:
                continue
            if first <= node.line <= last or node.text.startswith("self."):
                found.setdefault(node.text, told[turn].value)
                if k in scene.targets:
                    found.setdefault(scene.targets[k], told[turn].value)
        return found

    def value_in(self, scene: Scene, root: ast.expr, turn: int = 0) -> Any:
        """A function that tells what an expression, or a text in the scope of *root*, gave in the first turn, or the last."""
        scope = scene.scope_at(root.lineno)
        told = self.values(scene.file, scope.first, scope.last, scope.is_function, turn)
        by_text = {**self.unused.get((scene.file, scope.first), {}), **told}

        def value(what: ast.expr | str) -> Any:
            if isinstance(what, str):
                return by_text.get(what)
            return next(iter(self.told_of(scene, what)[turn:]), None)

        return value

    def never_used(self, roots: Sequence[int]) -> dict[int, list[str]]:
        """What can be named and is never mentioned, by a statement of its function: parameters, attributes, their elements."""
        first: dict[tuple[str, int], tuple[int, Scene, NameScope]] = {}
        for root in sorted(roots, key=lambda r: is_count(self.told[r][0].value)):
            if scene := self.scene(root):
                scope = scene.scope_at(self.nodes[root].line)
                first.setdefault((scene.file, scope.first), (root, scene, scope))
        found = {root: self._never_used(scene, scope) for root, scene, scope in first.values()}
        return {root: names for root, names in found.items() if names}

    def _never_used(self, scene: Scene, scope: NameScope) -> list[str]:
        known = self.values(scene.file, scope.first, scope.last, scope.is_function)
        owned = {c for c in scope.chains if c.startswith("self.")}
        elements = {f"{c}[{k}]" for c in owned for k in scope.keys}
        every = scope.parameters | scope.names | owned | elements | scope.items
        return sorted(every - known.keys())

    def learn(self, root: int, names: Sequence[str], values: Sequence[Any]) -> None:
        """What parameters hold that are never used."""
        scene = self.scene(root)
        if scene:
            scope = scene.scope_at(self.nodes[root].line)
            pairs = zip(names, values, strict=True)
            self.unused[scene.file, scope.first] = {n: v for n, v in pairs if is_number(v)}

    # ---- what could be

    def of(self, root: int) -> Iterator[Operation]:
        """What could stand in a statement that gave numbers, in its shape."""
        yield from self.own(root)
        yield from self.quantities(root)

    def own(self, root: int) -> Iterator[Operation]:
        """The same in the student's own names, with N and C."""
        scene = self.scene(root)
        if scene and self.expression(root) is None:
            yield from self._masks(scene, root)
            yield from self._after(root, _by_numbers)
            yield Operation(root, f"-{ITSELF}", None, f"-{ITSELF}", "sign", 1.2)
        yield from self.texts(root, True)
        for part, values in self._parts_of(root):
            by = _by_counts if isinstance(part, ast.Constant) else _by_numbers
            yield from self._on_a_part(root, part, by, values)

    def quantities(self, root: int) -> Iterator[Operation]:
        """The same with a quantity that is due."""
        expression = self.expression(root)
        if self.scene(root) and expression is None:
            yield from self._after(root, _by_quantities)
        for part, values in self._parts_of(root):
            if np.ndim(values[0]) or part is expression:
                yield from self._on_a_part(root, part, _by_quantities, values)

    def unfitting(self, root: int, shaped: bool) -> Iterator[Operation]:
        """What has another shape. shaped: the blocks have the shapes they should, so that no quantity would have."""
        yield from self.texts(root, False)
        scene, expression = self.scene(root), self.expression(root)
        if scene is not None and expression is not None and not shaped:
            told = [t.value for t in self.told[root]]
            yield from self._on_a_part(root, expression, _of_any_shape, told)

    def _parts_of(self, root: int) -> Iterator[tuple[ast.expr, list[Any]]]:
        """The parts of the expression of a statement, where it has one, that gave numbers, with what they gave."""
        scene, expression = self.scene(root), self.expression(root)
        if scene is not None and expression is not None:
            yield from self._parts(scene, expression)

    def _parts(self, scene: Scene, expression: ast.expr) -> Iterator[tuple[ast.expr, list[Any]]]:
        """The parts of an expression that gave numbers, with what they gave."""
        for part in ast.walk(expression):
            if isinstance(part, ast.expr) and hasattr(part, "lineno"):
                values = self.told_of(scene, part)
                if isinstance(part, ast.Constant) and type(part.value) in (int, float):
                    values = [part.value]
                if values and all(map(is_number, values)):
                    yield part, values

    def texts(self, root: int, fits: bool) -> Iterator[Operation]:
        """Other text in the student's own names."""
        scene, expression = self.scene(root), self.expression(root)
        if scene is None or expression is None:
            return
        value = self.value_in(scene, expression)
        for m in mutations(scene, expression, value, fits):
            yield self._placed(scene, root, expression, m.at, m.new, m.code, m.cost)

    def without_value(self, root: int) -> Iterator[Operation]:
        """What could stand in a statement that gave nothing."""
        scene, expression = self.scene(root), self.expression(root)
        if scene is None or expression is None:
            return
        yield from self.texts(root, False)
        if isinstance(expression, INSTEAD):
            yield from self._on_a_part(root, expression, _of_any_shape, [])

    def wider(self, root: int) -> Iterator[Operation]:
        """The statement with one thing more: multiplied with, divided by, plus or minus what is in scope."""
        scene, expression = self.scene(root), self.expression(root)
        if scene is None or expression is None:
            return
        seen: set[tuple[ast.expr, str]] = set()
        for turn in (0, -1) if len(self.told.get(root, ())) > 1 else (0,):
            for m in extensions(scene, expression, self.value_in(scene, expression, turn)):
                if (m.at, m.new) not in seen:
                    seen.add((m.at, m.new))
                    yield self._placed(scene, root, expression, m.at, m.new, m.code, m.cost)
        for part in ast.walk(expression):
            if not isinstance(part, ast.expr) or not hasattr(part, "lineno"):
                continue
            values = self.told_of(scene, part)
            if values and is_number(values[0]) and not np.ndim(values[0]):
                for due in of_any_shape(self.truth, len(values)):
                    yield self._placed(
                        scene, root, expression, part, due.text, "replaced", 2.0, due
                    )

    def _placed(
        self,
        scene: Scene,
        root: int,
        expression: ast.expr,
        at: ast.expr,
        new: str,
        code: str,
        cost: float,
        due: Due | None = None,
    ) -> Operation:
        text = scene.spliced(expression, [(scene.span(at), new)])
        instead = isinstance(expression, INSTEAD)
        return Operation(root, text, at, new, code, cost, due, instead)

    def _on_a_part(
        self, root: int, part: ast.expr, by: By, values: list[Any]
    ) -> Iterator[Operation]:
        scene, expression = self.scene(root), self.expression(root)
        if scene is None or expression is None:
            return
        said = scene.said(part)
        bare = isinstance(part, ast.Name) and not scene.is_whole(part)
        plain = 0.3 if bare or isinstance(part, ast.Constant) else 0.0
        # better where it is made than where it is used
        made = part is expression and (not isinstance(part, ast.Name) or root in scene.targets)
        plain = plain or USED * (isinstance(part, ast.Name) and not made)
        stands = list(self._scalars(scene, expression)) if by is _by_numbers else []
        for new, code, cost, due in by(self.truth, f"({said})", values):
            outermost = made and code in ("times", "over")
            size = -0.05 if outermost else min(len(said), 80) / 400
            # what is a factor too much is better left out than taken back
            factor = self.truth.scalars[due.family] if by is _by_numbers and due else 2.0
            back = BACK * any(n in (factor, 1 / factor) for n in stands)
            yield self._placed(
                scene, root, expression, part, new, code, cost + plain + size + back, due
            )

    def _scalars(self, scene: Scene, expression: ast.expr) -> Iterator[float]:
        """The numbers in an expression."""
        for _, values in self._parts(scene, expression):
            if not np.ndim(values[0]):
                yield float(values[0])

    def _masks(self, scene: Scene, root: int) -> Iterator[Operation]:
        """What `x[mask] = number` could have instead: another mask, on the value that was assigned to x before."""
        node = self.nodes[root]
        found = scene.marks.masked(node.statement, node.text)
        earlier = [
            k
            for k, target in scene.targets.items()
            if target == node.text and k in self.told and self._is_before(k, root)
            if self.nodes[k].scope == node.scope
        ]
        if found is None or not earlier:
            return
        mask, number, factor = found
        before = f"_latest({max(earlier, key=lambda k: self.told[k][-1].order)})"
        in_scope = self.value_in(scene, mask)

        def value(what: ast.expr | str) -> Any:
            return in_scope(what if isinstance(what, str) else scene.said(what))

        for m in mutations(scene, mask, value):
            test = scene.spliced(mask, [(scene.span(m.at), m.new)])
            test = re.sub(rf"(?<![\w.]){re.escape(node.text)}(?!\w)", before, test)
            put = f"{before} * {number}" if factor else number
            text = f"np.where({test}, {put}, {before})"
            yield Operation(root, text, m.at, m.new, m.code, m.cost)

    def _is_before(self, k: int, other: int) -> bool:
        return self.told[k][0].order < self.told[other][0].order

    def _after(self, root: int, by: By) -> Iterator[Operation]:
        """On what a statement changed in place."""
        for new, code, cost, due in by(self.truth, ITSELF, [t.value for t in self.told[root]]):
            yield Operation(root, new, None, new, code, cost + 0.25, due)


def _by_counts(truth: Truth, said: str, values: list[Any]) -> Changed:
    """N or C for a constant number."""
    for name in truth.scalars:
        yield Due(name).text, "replaced", 1.05, Due(name)


def _by_numbers(truth: Truth, said: str, values: list[Any]) -> Changed:
    """Times and over N, C and 2."""
    for name in truth.scalars:
        due = Due(name)
        # a divisor too much is left out, or a mean is a sum
        yield f"{said} * {due.text}", "times", 1.4, due
        yield f"{said} / {due.text}", "over", 1.2, due
        if not any(map(np.ndim, values)):
            yield due.text, "replaced", 1.3, due
    yield f"{said} * 2", "times", 1.2, None
    yield f"{said} / 2", "over", 1.2, None


def _by_quantities(truth: Truth, said: str, values: list[Any]) -> Changed:
    """A quantity of the same shape, or something done with it."""
    shapes = [np.shape(v) for v in values]
    for due in fitting(truth, shapes):
        usual = 1.6 if due.is_start else 2.4 if due.is_answer else 1.9
        cost = usual + 0.3 * (not shapes[0]) + 0.05 * (due.form == "T")
        yield due.text, "replaced", cost + 0.6 * said.startswith(MADE), due
        if due.is_answer:
            continue
        yield f"-{due.text}", "replaced", 2.1, due
        yield f"{said} * {due.text}", "times", 1.85, due
        yield f"{said} / {due.text}", "over", 1.9, due
        yield f"{said} + {due.text}", "plus", 2.0, due
        yield f"{said} - {due.text}", "minus", 2.0, due


def _of_any_shape(truth: Truth, said: str, values: list[Any]) -> Changed:
    """Any quantity, or a product of matrices with it."""
    for due in of_any_shape(truth, len(values)):
        yield due.text, "replaced", 1.9 if due.is_answer else 2.4, due
        if values:
            yield f"{due.text} @ {said}", "dotted", 2.5, due
            yield f"{said} @ {due.text}", "dotted", 2.5, due


def is_number(value: Any) -> bool:
    """Is it a number or an array of numbers, and no truth value by itself?"""
    if isinstance(value, bool):
        return False
    return isinstance(value, (int | float | np.integer, np.ndarray))
