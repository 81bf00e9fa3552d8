"""One patient on its table: the operations that are kept, and runs with them and with others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from checkgrad.diagnose.surgery.of_loops import LoopPatient
from checkgrad.diagnose.surgery.of_stops import StoppedLoop
from checkgrad.diagnose.surgery.options import Operation
from checkgrad.diagnose.surgery.patient import Patient, Truth
from checkgrad.diagnose.surgery.table import Intervention, Reply, Runs

MOST_RUNS = 2500


class Procedure:
    """One patient on the table; *kept* holds the operations that were found, the nearest to the loss first.

    sound: files and lines of functions that are right by themselves. first: the run as the student wrote it.
    """

    def __init__(
        self,
        runs: Runs,
        patient: Patient | LoopPatient | StoppedLoop,
        most: int = MOST_RUNS,
        sound: Collection[tuple[str, int, int]] = (),
    ) -> None:
        self.runs, self.patient, self.most, self.sound = runs, patient, most, sound
        self.table, self.truth = patient.table(runs), patient.truths[0]
        self.kept: list[Operation] = []
        self.tried: list[Operation] = []
        self.first: Reply | None = None

    @property
    def is_spent(self) -> bool:
        return self.table.count > self.most

    @property
    def is_complete(self) -> bool:
        """Is all right with what is kept?"""
        (reply,) = self.run(self.intervention(self.truth))
        return self.truth.right(reply.blocks) == self.truth.everything

    def is_foreign(self, option: Operation) -> bool:
        """Does it only tell what a value should be, and not what makes it so?"""
        return option.due is not None and option.due.family not in self.truth.scalars

    def run(self, *interventions: Intervention) -> list[Reply]:
        return self.table.run(interventions)

    def run_fresh(self, *operations: Operation) -> list[Reply]:
        """The fresh sets with what is kept and these operations."""
        return self.run(
            *(self.intervention(truth, *operations) for truth in self.patient.truths[1:])
        )

    def intervention(self, truth: Truth, *operations: Operation, **more: Any) -> Intervention:
        """A run with what is kept and these operations."""
        changes: dict[int, str] = dict(more.pop("changes", {}))
        due: dict[str, Any] = dict(more.pop("due", {}))
        instead: dict[int, str] = {}
        for one in (*self.kept, *operations):
            (instead if one.instead else changes)[one.root] = self.text_of(one, operations)
            if one.due:
                due[one.due.key] = one.due.turns(truth)
        return Intervention(truth.probe, changes, instead, due=due, **more)

    # ---- operations in one expression

    def text_of(self, option: Operation, beside: Sequence[Operation] = ()) -> str:
        """The text of an operation, with what is kept and what is *beside* it in the same expression."""
        scene = self.runs.scenes.get(self.runs.nodes[option.root].file)
        expression = scene.expression(option.root) if scene else None
        if scene is None or expression is None or option.at is None:
            return option.text
        apart = [option]
        for one in reversed((*self.kept, *beside)):
            here = one is not option and one.at is not None and self.is_in(one, option.root)
            if here and not any(self.overlap(one, other) for other in apart):
                apart.append(one)
        if len(apart) == 1:
            return option.text
        return scene.spliced(expression, [(scene.span(o.at), o.new) for o in apart if o.at])

    def is_in(self, one: Operation, root: int) -> bool:
        """Does it replace a part of the expression of a node?"""
        nodes = self.runs.nodes
        scene = self.runs.scenes[nodes[root].file]
        expression = scene.expression(root)
        if one.at is None or expression is None or nodes[one.root].file != nodes[root].file:
            return one.root == root
        (a, b), (c, d) = scene.span(one.at), scene.span(expression)
        return c <= a and b <= d

    def overlap(self, one: Operation, other: Operation) -> bool:
        """Is it the same text that they replace, or part of it?"""
        nodes = self.runs.nodes
        if one.at is None or other.at is None or nodes[one.root].file != nodes[other.root].file:
            return one.root == other.root
        scene = self.runs.scenes[nodes[one.root].file]
        (a, b), (c, d) = scene.span(one.at), scene.span(other.at)
        return a < d and c < b
