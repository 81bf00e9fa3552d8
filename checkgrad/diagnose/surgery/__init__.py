"""From a wrong answer to a place and a repair: which expression, and what has to stand there for all to be right.

An operation puts other text in the place of one expression while the student's code runs. It counts if everything
wrong that it reaches is right with it and nothing right is lost, on the set on which it was found and on two fresh
ones of other sizes. Due values leave the grader only for a worker of their own, which is thrown away.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from checkgrad.child.source import Document
from checkgrad.diagnose.surgery import of_functions, of_networks, words
from checkgrad.diagnose.surgery.options import is_number
from checkgrad.diagnose.surgery.patient import Patient
from checkgrad.diagnose.surgery.scene import place, position
from checkgrad.diagnose.surgery.search import Search
from checkgrad.diagnose.surgery.table import OutOfTime, Runs, Theatre, Trial
from checkgrad.model import Place, Repair
from checkgrad.reading import Reading
from checkgrad.reading.networks import NetworkReading
from checkgrad.sandbox import Worker

SETS = 3  # of data, on which an operation does the same
MOST_RUNS, MOST_FOR_ONE = 3000, 1000  # for one submission, and for one function of it
# What may lie between two ways to define the same: sign, sum or mean.
CONVENTIONAL = ("sign", "times", "over", "one minus", "normalised", "passed through", "squared")
LARGEST = 64  # entries of a value that is shown


class Surgery:
    """Repairs for one submission, found in a worker of its own; to be closed before the worker of the verdicts."""

    def __init__(self, worker: Worker, is_late: Callable[[], bool] = lambda: False) -> None:
        self.theatre = Theatre(worker.again(), is_late)
        self.left = MOST_RUNS

    def close(self) -> None:
        self.theatre.worker.close()

    def repairs_for(self, reading: Reading | NetworkReading, seed: int = 0) -> list[Repair]:
        """What makes everything right that is wrong under *reading*, the nearest to the loss first; [] if unknown.

        Raise OutOfTime if it is late before that is found out.
        """
        search = self._searched(reading, seed)
        if search is None:
            return []
        of_network = isinstance(reading, NetworkReading)
        found = range(len(search.kept))
        told = [_repair(search, i, self.theatre.documents, of_network) for i in found]
        self.left -= search.table.count
        return told

    def speaks_for(self, reading: NetworkReading, seed: int = 0) -> bool:
        """Does one operation make all right that could not be a matter of convention?"""
        try:
            search = self._searched(reading, seed)
        except OutOfTime:
            return False
        if search is None or len(search.kept) != 1 or not search.is_complete:
            return False
        (found,) = search.kept
        if found.due and found.due.family not in search.truth.scalars:
            return not found.due.is_answer
        return found.code not in CONVENTIONAL

    def _searched(self, reading: Reading | NetworkReading, seed: int) -> Search | None:
        """The search, None where there is nothing that could be operated on."""
        with np.errstate(all="ignore"):
            patient = (
                of_networks.patient(reading, seed)
                if isinstance(reading, NetworkReading)
                else of_functions.patient(reading, seed)
            )
            if patient is None or not self.theatre.scenes or self.left <= 0:
                return None
            search = Search(self.theatre, patient, min(self.left, MOST_FOR_ONE))
            search.operate()
            return search


def repairs(
    runs: Runs, patient: Patient, documents: Mapping[str, Document], of_network: bool = False
) -> list[Repair]:
    """The repairs of *patient*."""
    search = Search(runs, patient, MOST_FOR_ONE)
    found = search.operate()
    return [_repair(search, i, documents, of_network) for i in range(len(found))]


def _repair(
    search: Search, index: int, documents: Mapping[str, Document], of_network: bool
) -> Repair:
    operation = search.kept[index]
    node = search.runs.nodes[operation.root]
    scene = search.runs.scenes[node.file]
    at: Any = operation.at if operation.at is not None else node
    said = scene.said(operation.at) if operation.at is not None else node.text
    document = documents.get(node.file) or Document(scene.text)
    where = document.where(at.lineno if isinstance(at, ast.expr) else at.line)
    if len(search.runs.scenes) > 1:
        where = f"{node.file}, {where}"
    got, expected = _values(search, index)
    before, after = scene.around(operation.at, node.statement) if operation.at else ("", "")
    return Repair(
        place=_place(node.file, at, document),
        text=said,
        operation=operation.code,
        due=words.due_text(operation, said, of_network),
        words=words.sentence(where, said, operation, of_network),
        verified=SETS,
        question=words.KINDS[operation.code].hint,
        before=before,
        after=after,
        got=got,
        expected=expected,
    )


def _place(file: str, at: Any, document: Document) -> Place:
    line, column, end, end_column = position(at) if isinstance(at, ast.expr) else place(at)
    cell = document.cell(line)
    before = document.before(cell)
    return Place(file, line - before, end - before, column, end_column, cell or None)


def _values(search: Search, index: int) -> tuple[Any, Any]:
    """What the expression gives in the first turn, and what is due there; None where it is no few numbers."""
    operation = search.kept[index]
    scene = search.runs.scenes[search.runs.nodes[operation.root].file]
    number = operation.root if operation.at is None else scene.number_of(operation.at)
    if number is None:
        return None, None
    search.kept, kept = search.kept[:index], search.kept
    try:
        trial = search.trial(search.truth)
        due = {**trial.due}
        if operation.due:
            due[operation.due.key] = operation.due.turns(search.truth)
        peeks = {number: ("_", operation.new)}
        one = Trial(trial.probe, trial.changes, trial.instead, peeks, due)
        (reply,) = search.run(one)
    finally:
        search.kept = kept
    got, expected = (reply.peeked.get(number) or [[None, None]])[0]
    return _shown(got), _shown(expected)


def _shown(value: Any) -> Any:
    if not is_number(value) or np.size(value) > LARGEST:
        return None
    return np.asarray(value, float).tolist()
