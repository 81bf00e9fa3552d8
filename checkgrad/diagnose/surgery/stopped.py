"""Where the run stops with an error: the statement at which it stops, then what led to it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from checkgrad.child.nodes import Node
from checkgrad.diagnose.surgery.base import Base
from checkgrad.diagnose.surgery.confirmation import Confirmation
from checkgrad.diagnose.surgery.nearness import is_alike
from checkgrad.diagnose.surgery.options import Operation, is_number
from checkgrad.diagnose.surgery.peeking import PeekedTurns, peeked
from checkgrad.diagnose.surgery.scene import EXPRESSION
from checkgrad.diagnose.surgery.spot import is_count
from checkgrad.diagnose.surgery.weighing import cheapest, cost_of
from checkgrad.words.messages import SHAPES, says

MEANT = 0.4  # cost that an operation loses if the error speaks of what it changes
OF_SHAPES = ("operator", "transposed", "not transposed", "swapped", "axis", "dotted")
OF_KINDS = ("replaced", "function", "dropped", "element", "passed through")
SIMPLE = 1.75  # below it stands what needs no quantity, where the run stops
MOST_OTHERS = 6  # statements that give no numbers
# Statements before it, by how much is tried in them, and calls that led to it.
MOST_NEAR, MOST_EARLIER, MOST_FAR, MOST_CALLS = 4, 8, 24, 4
MOST_AT_IT, MOST_AROUND, MOST_SHAPED, MOST_BEFORE = 200, 120, 240, 15  # operations that are tried
FAR = 1.25  # what an operation may cost far from where the run stops


class StoppedRun:
    """Operations on a run that stops."""

    def __init__(self, base: Base, confirmation: Confirmation) -> None:
        self.base, self.confirmation = base, confirmation
        self.options, self.nodes = base.options, base.nodes

    def best(self) -> Operation | None:
        """The failing statement first, from the inside out, then calls that led to it and what was evaluated before it."""
        failing = self.failing()
        here = [o for k in failing for o in self.options.without_value(k)]
        found = self.tried(None, here, MOST_AT_IT)
        if self.is_simple(found):
            return found
        wider = (o for k in failing for o in self.options.wider(k))
        around = [o for o in wider if o.code == "dotted"]
        found = self.tried(found, [*around, *self.texts(self.led_to_it())], MOST_AROUND)
        if not (found and self.base.is_whole(found)):
            found = self.tried(found, self.texts(self.of_no_numbers(failing)), MOST_AROUND)
        if self.is_simple(found) or self.base.procedure.is_spent:
            return found
        earlier = [r for r in reversed(self.base.roots) if r not in failing]
        shaped = dict.fromkeys(self.of_other_shapes(earlier[:MOST_FAR]))
        found = self.tried(found, shaped, MOST_SHAPED)
        for root in earlier[:MOST_NEAR]:
            if self.is_simple(found) or self.base.procedure.is_spent:
                break
            rest = sorted((o for o in self.options.of(root) if o not in shaped), key=cost_of)
            found = cheapest(found, self.confirmation.best(rest, most=MOST_BEFORE))
        return found

    def is_simple(self, found: Operation | None) -> bool:
        """Does it need no quantity, and mend all?"""
        return found is not None and self.base.is_whole(found) and found.cost < SIMPLE

    def tried(
        self, found: Operation | None, options: Iterable[Operation], most: int
    ) -> Operation | None:
        ordered = sorted(options, key=self.fitting)
        return cheapest(found, self.confirmation.best(ordered, most=most))

    def texts(self, numbers: Iterable[int]) -> list[Operation]:
        return [o for k in numbers for o in self.options.texts(k, False)]

    def fitting(self, option: Operation) -> float:
        """The cost of an operation; less where the error speaks of what it changes."""
        of_shapes = says(self.base.reply.message, SHAPES)
        return option.cost - MEANT * (option.code in (OF_SHAPES if of_shapes else OF_KINDS))

    def of_other_shapes(self, roots: Sequence[int]) -> list[Operation]:
        """What gives statements another shape, for with the one they have the run stops."""
        given = {root: self._simple(root, root in roots[:MOST_EARLIER]) for root in roots}
        found = peeked(self.base, given)
        return [o for root in roots for o, turns in found[root] if self._is_shaped(root, turns)]

    def _simple(self, root: int, is_near: bool) -> list[Operation]:
        """What is likely in a statement; near to where the run stops also with something beside it."""
        options = self.options
        every = [*options.texts(root, False), *(options.wider(root) if is_near else ())]
        return [o for o in every if is_near or o.cost < FAR]

    def _is_shaped(self, root: int, turns: PeekedTurns) -> bool:
        """Is it of another shape than what stands there, or not known?"""
        if not turns:
            return turns is None
        return is_number(turns[0]) and not is_alike(turns[0], self.base.told[root][0].value)

    # ---- statements

    def of_no_numbers(self, failing: Sequence[int]) -> list[int]:
        """Statements that gave no numbers, or none yet, where the run stops: the nearest before it, then returns."""
        nodes, told = self.nodes, self.base.told
        led = [*failing, *self.led_to_it()]
        scopes = {(nodes[k].file, nodes[k].scope): nodes[k].line for k in reversed(led)}
        scopes = scopes or {(nodes[k].file, nodes[k].scope): 1 << 30 for k in told}
        found = [
            n
            for n in self.whole()
            if n.number not in led
            if n.line <= scopes.get((n.file, n.scope), -1) and not self.base.is_sound(n.number)
            if n.number not in told or self.counts(told[n.number][0].value)
        ]
        return [n.number for n in sorted(found, key=lambda n: -n.line)][:MOST_OTHERS]

    def counts(self, value: Any) -> bool:
        """Is it no number that is computed with?"""
        return not is_number(value) or is_count(value)

    def whole(self) -> Iterator[Node]:
        """The whole expressions of all statements."""
        return (n for n in self.nodes if n.kind == EXPRESSION and n.parent == -1)

    def led_to_it(self) -> list[int]:
        """The statements with the calls that had not come back when the run stopped, the innermost first."""
        found: list[int] = []
        for file, line, _ in self.base.reply.stops[-1:]:
            scene = self.base.procedure.runs.scenes.get(file)
            names = scene.leading_back(line) if scene else frozenset()
            for node in self.whole() if scene else ():
                expression = self.options.expression(node.number)
                if node.number in self.base.told or expression is None or scene is None:
                    continue
                if scene.calls_one_of(expression, names):
                    found.append(node.number)
        return found[-MOST_CALLS:][::-1]

    def failing(self) -> list[int]:
        """The whole expressions of the statement at which the run stopped."""
        found: list[int] = []
        for file, line, number in reversed(self.base.reply.stops):
            found += [self.top(number)] if number != -1 else self.last_at(file, line)
        return [k for top in dict.fromkeys(found) for k in self.within(top)]

    def top(self, number: int) -> int:
        while self.nodes[number].parent != -1:
            number = self.nodes[number].parent
        return number

    def last_at(self, file: str, line: int) -> list[int]:
        """The whole expressions of the last statement that begins before a line and reaches it."""
        here = [n for n in self.whole() if n.file == file and n.statement <= line <= n.end_line]
        last = max((n.statement for n in here), default=0)
        return [n.number for n in here if n.statement == last]

    def within(self, top: int) -> list[int]:
        """A node; of a list, a tuple or a dict what it is made of, for that can be left out while it runs."""
        if not isinstance(self.options.expression(top), ast.Dict | ast.List | ast.Tuple):
            return [top]
        parts = [n.number for n in self.nodes if n.kind == EXPRESSION and n.parent == top]
        return [k for part in parts for k in self.within(part)]
