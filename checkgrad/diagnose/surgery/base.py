"""The run that is searched: what is right in it, its statements, and which of them reach what is wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from checkgrad.diagnose.surgery.nearness import flat, has_moved, is_alike
from checkgrad.diagnose.surgery.options import Operation, RepairOptions, is_number
from checkgrad.diagnose.surgery.procedure import Procedure
from checkgrad.diagnose.surgery.scene import EXPRESSION
from checkgrad.diagnose.surgery.spot import is_count
from checkgrad.diagnose.surgery.table import Reply

NUDGE = "(_) * 1.37 + 0.11"


class Base:
    """A run with what is kept. before: the blocks that are right in it.

    reach: which blocks move with a statement, once that is measured; clean: the statements that reach what is wrong
    nearest the loss and nothing that is right; whole: those of them that reach all that is wrong.
    """

    def __init__(self, procedure: Procedure, reply: Reply, before: frozenset[int]) -> None:
        self.procedure, self.reply, self.before = procedure, reply, before
        self.truth, self.nodes = procedure.truth, procedure.runs.nodes
        self.told, self.blocks = reply.told, reply.blocks
        self.wrong = self.truth.everything - before
        self.options = RepairOptions(self.nodes, procedure.runs.scenes, self.truth, reply.told)
        self.reach: Mapping[int, frozenset[int]] = {}
        self.clean: list[int] = []
        self.whole: frozenset[int] = frozenset()
        self._as_due: dict[tuple[int, tuple[str, ...]], bool] = {}

    # ---- what it gave

    @property
    def answers(self) -> bool:
        """Did it give as many blocks as are due?"""
        return self.blocks is not None and len(self.blocks) == len(self.truth.due)

    @cached_property
    def is_shaped(self) -> bool:
        """Have all blocks the shapes that they should have?"""
        return self.answers and all(map(is_alike, self.blocks or (), self.truth.due))

    @cached_property
    def flat(self) -> Any:
        """All answers as one row of numbers."""
        return flat(self.blocks or [])

    @cached_property
    def fresh(self) -> list[Reply]:
        """The same on the fresh sets."""
        return self.procedure.run_fresh()

    @cached_property
    def near(self) -> frozenset[int]:
        """The wrong blocks nearest the loss."""
        depths, wrong = self.truth.depths, self.wrong
        if not depths:
            return wrong
        deepest = max(depths[i] for i in wrong)
        return frozenset(i for i in wrong if depths[i] == deepest)

    def is_whole(self, option: Operation) -> bool:
        """Is all right with it?"""
        return len(option.mends) == len(self.wrong)

    def is_as_due(self, root: int, families: tuple[str, ...] = ()) -> bool:
        """Does a statement give a quantity that is due, be it in another place? families: of which it has to be."""
        key = root, families
        if key not in self._as_due:
            self._as_due[key] = self.truth.has(self.told[root][0].value, families)
        return self._as_due[key]

    # ---- its statements

    @cached_property
    def roots(self) -> list[int]:
        """The largest expressions of every statement that gave numbers, what calls of the student's code are given in
        them, and what statements changed, as they came."""
        told = self.told
        found: dict[int, int] = {}
        for top in filter(self._is_numeric, self._tops()):
            if not self.is_sound(top) and not self._only_counts(top):
                found.setdefault(top, told[top][0].order)
        for top in list(found):
            found |= {k: told[k][0].order for k in self.given_to_calls(top) if k not in found}
        return sorted(found, key=lambda k: found[k])

    def _tops(self) -> Iterator[int]:
        """The largest numbers around each node, and what statements leave behind."""
        for k in self.told:
            if self.nodes[k].kind == EXPRESSION:
                yield self._top(k)
            elif self.nodes[k].kind == "after":
                yield k

    def _top(self, k: int) -> int:
        top, up = k, self.nodes[k].parent
        while up != -1:
            if self._is_numeric(up):
                top = up
            up = self.nodes[up].parent
        return top

    def _is_numeric(self, k: int) -> bool:
        return k in self.told and is_number(self.told[k][0].value)

    def _only_counts(self, k: int) -> bool:
        """Is it a whole number within something else? Those are places, and ends of ranges."""
        return is_count(self.told[k][0].value) and self.nodes[k].parent != -1

    def is_sound(self, number: int) -> bool:
        """Does a node stand in a function that is right by itself?"""
        node = self.nodes[number]
        sound = self.procedure.sound
        return any(file == node.file and a <= node.line <= b for file, a, b in sound)

    @cached_property
    def thrown_away(self) -> list[int]:
        """Calls whose values nobody takes."""
        return [r for r in self.roots if self._is_thrown_away(r)]

    def _is_thrown_away(self, number: int) -> bool:
        scene, expression = self.options.scene(number), self.options.expression(number)
        return scene is not None and expression in scene.marks.thrown_away

    def given_to_calls(self, root: int) -> list[int]:
        """What gives numbers to the calls of the student's code in a statement."""
        scene = self.options.scene(root)
        given = (a for c in self.calls(root) for a in c.args)
        numbers = (scene.number_of(a) for a in given if scene and not isinstance(a, ast.Starred))
        known = (k for k in numbers if k is not None and self._is_numeric(k))
        return [k for k in known if not self._only_counts(k)]

    def calls(self, root: int) -> list[ast.Call]:
        """The calls in it that run code of the student's, which may change something."""
        scene, expression = self.options.scene(root), self.options.expression(root)
        if scene is None or expression is None:
            return []
        found = (o for o in ast.walk(expression) if isinstance(o, ast.Call))
        return [c for c in found if not scene.is_plain_call(c)]

    def learn_what_is_not_used(self) -> None:
        """Parameters that are never used have values, too."""
        if asked := self.options.never_used(self.roots):
            (reply,) = self.procedure.run(self.procedure.intervention(self.truth, peeks=asked))
            for root, names in asked.items():
                for values in reply.peeked.get(root, [])[:1]:
                    self.options.learn(root, names, values)

    # ---- what they reach

    def measure_reach(self) -> None:
        """Nudge every statement: which blocks move with it, all where it cannot be moved."""
        found = self._moved_by({r: [r] for r in self.roots})
        # what a call gives may be of no use, and what it is given is
        given = {r: self.given_to_calls(r) for r in self.roots if not found[r] & self.near}
        more = self._moved_by({r: nodes for r, nodes in given.items() if nodes})
        self.reach = reach = found | {r: found[r] | moved for r, moved in more.items()}
        # what a constructor sets is used elsewhere too, in the loss for one
        used = [r for r in self.roots if not self.nodes[r].scope.endswith("__init__")]
        self.clean = [r for r in used if self.near & reach[r] and not reach[r] & self.before]
        self.whole = frozenset(r for r in self.clean if self.wrong <= reach[r])

    def move(self, reply: Reply) -> Any:
        """By how much the answers moved; None where they have other shapes now."""
        base = self.blocks or []
        if reply.blocks is None or not all(map(is_alike, reply.blocks, base)):
            return None
        return flat(reply.blocks) - self.flat

    def _moved_by(self, nodes: Mapping[int, Sequence[int]]) -> dict[int, frozenset[int]]:
        """Which blocks move with all of some nodes."""
        run, intervention = self.procedure.run, self.procedure.intervention
        nudged = (dict.fromkeys(ks, NUDGE) for ks in nodes.values())
        replies = run(*(intervention(self.truth, changes=changes) for changes in nudged))
        return {r: self._moved(reply) for r, reply in zip(nodes, replies, strict=True)}

    def _moved(self, reply: Reply) -> frozenset[int]:
        base = self.blocks or []
        if reply.blocks is None or len(reply.blocks) != len(base):
            return self.wrong
        pairs = zip(reply.blocks, base, strict=True)
        return frozenset(i for i, (a, b) in enumerate(pairs) if has_moved(a, b))
