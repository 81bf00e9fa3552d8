"""From a wrong answer to a place and a repair: which expression, and what has to stand there for all to be right.

An operation puts other text in the place of one expression while the student's code runs. It counts if everything
wrong that it reaches is right with it and nothing right is lost, on the set on which it was found and on two fresh
ones of other sizes. Due values leave the grader only for a worker of their own, which is thrown away.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import numpy as np

from checkgrad.child.operate import packed
from checkgrad.child.source import Document
from checkgrad.diagnose.surgery import of_functions, of_loops, of_networks, words
from checkgrad.diagnose.surgery.courses import operate
from checkgrad.diagnose.surgery.of_functions import OwnLoss
from checkgrad.diagnose.surgery.of_loops import LoopPatient
from checkgrad.diagnose.surgery.of_stops import StoppedLoop
from checkgrad.diagnose.surgery.options import Operation, is_number
from checkgrad.diagnose.surgery.patient import Patient
from checkgrad.diagnose.surgery.procedure import Procedure
from checkgrad.diagnose.surgery.scene import place, position
from checkgrad.diagnose.surgery.table import Intervention, NoTimeLeft, Runs, Theatre
from checkgrad.model import Place, Repair
from checkgrad.networks.candidates import NetworkReading
from checkgrad.reading import Reading
from checkgrad.reading.loops import LoopReading
from checkgrad.sandbox import Worker

AnyReading = Reading | NetworkReading | LoopReading
SETS = 3  # of data, on which an operation does the same
MOST_RUNS, MOST_FOR_ONE = 6000, 2500  # for one submission, and for one function of it
MOST_FOR_OTHERS = 500  # where it may be meant by another convention
# What may lie between two ways to define the same: sign, sum or mean.
CONVENTIONAL = ("sign", "times", "over", "one minus", "normalised", "passed through", "squared")
WEIGHTS = ("w", "w.T")  # quantities
LARGEST = 64  # entries of a value that is shown


class Surgery:
    """Repairs for one submission, found in a worker of its own; to be closed before the worker of the verdicts."""

    def __init__(
        self,
        worker: Worker,
        is_late: Callable[[], bool] = lambda: False,
        sound: Collection[str] = (),
    ) -> None:
        """*sound*: the functions that are right by themselves."""
        known = map(worker.inventory.find, sound)
        self.sound = [d for d in known if d is not None]
        self.theatre = Theatre(worker.again(), is_late)
        self.left = MOST_RUNS

    def close(self) -> None:
        self.theatre.worker.close()

    def repairs_for(
        self,
        reading: AnyReading,
        seed: int = 0,
        own_loss: OwnLoss | None = None,
        at_extremes: bool = False,
    ) -> list[Repair]:
        """What makes everything right that is wrong under *reading*, the nearest to the loss first; [] if unknown.

        own_loss: where it may be right by its formula, and not the slope of its own loss. at_extremes: is it wrong there?
        Raise OutOfTime if it is late before that is found out.
        """
        procedure = self._searched(reading, seed, own_loss, at_extremes)
        if procedure is None:
            return []
        return [_repair(procedure, i, self.theatre.documents) for i in range(len(procedure.kept))]

    def speaks_for(self, reading: NetworkReading, seed: int = 0) -> bool:
        """Does one operation make all right that could not be a matter of convention, but for factors beside it?"""
        try:
            procedure = self._searched(reading, seed)
        except NoTimeLeft:
            return False
        if procedure is None or not procedure.is_complete:
            return False
        telling = [one for one in procedure.kept if self._is_telling(procedure, one)]
        return len(telling) == 1 and not (telling[0].due and telling[0].due.is_answer)

    def _is_telling(self, procedure: Procedure, one: Operation) -> bool:
        """Is it more than what two conventions are apart?"""
        if one.due and one.due.family not in procedure.truth.scalars:
            return True
        return one.code not in CONVENTIONAL

    def mends(self, reading: Reading, seed: int = 0) -> tuple[Any, ...] | None:
        """The operations, packed, that make a function right in the names of its own code alone; None if unknown."""
        try:
            procedure = self._searched(reading, seed)
        except NoTimeLeft:
            return None
        if procedure is None or not procedure.kept or not procedure.is_complete:
            return None
        if any(one.due for one in procedure.kept):
            return None
        return packed(procedure.intervention(procedure.truth).operations)

    def _searched(
        self,
        reading: AnyReading,
        seed: int,
        own_loss: OwnLoss | None = None,
        at_extremes: bool = False,
    ) -> Procedure | None:
        """The procedure that found most, None where there is nothing that could be operated on."""
        best: Procedure | None = None
        with np.errstate(all="ignore"):
            for patient in self._patients(reading, seed, own_loss, at_extremes):
                if not self.theatre.scenes or self.left <= 0:
                    break
                sound = self._sound_beside(reading)
                first = best is None or not isinstance(reading, Reading)
                most = MOST_FOR_ONE if first else MOST_FOR_OTHERS
                procedure = Procedure(self.theatre, patient, min(self.left, most), sound)
                operate(procedure)
                if isinstance(patient, LoopPatient) and patient.only_one:
                    procedure.kept = procedure.kept if _is_one(procedure) else []
                self.left -= procedure.table.count
                if best is None or len(procedure.kept) > len(best.kept):
                    best = procedure
                if procedure.kept and procedure.is_complete:
                    return procedure
                if isinstance(patient, StoppedLoop) and (more := self._goes_on(procedure, patient)):
                    return more
        return best

    def _goes_on(self, stopped: Procedure, patient: StoppedLoop) -> Procedure | None:
        """What makes right a loop that runs with one operation and is still wrong."""
        tried = {o.text: o for o in stopped.tried}
        for intervention, reading in patient.wrong:
            texts = [*intervention.instead.values(), *intervention.changes.values()]
            kept = [tried[text] for text in texts if text in tried]
            for one in of_loops.patients(reading, self.theatre.ask):
                if self.left <= 0:
                    return None
                procedure = Procedure(self.theatre, one, min(self.left, MOST_FOR_ONE))
                procedure.kept = list(kept)
                operate(procedure)
                self.left -= procedure.table.count
                if len(procedure.kept) > len(kept) and procedure.is_complete:
                    roots = [o.root for o in procedure.kept[len(kept) :]]
                    procedure.kept = [
                        o for o in procedure.kept if o not in kept or o.root not in roots
                    ]
                    return procedure
        return None

    def _sound_beside(self, reading: AnyReading) -> list[tuple[str, int, int]]:
        """Files and lines of the functions that are right by themselves and may be used in what is not."""
        own = reading.candidate.function if isinstance(reading, Reading) else ""
        found = []
        for definition in self.sound:
            if definition.name == own:
                continue
            span = definition.span
            document = self.theatre.documents.get(span.file)
            shift = document.before(span.cell) if document and span.cell else 0
            found.append((span.file, span.line + shift, span.end_line + shift))
        return found

    def _patients(
        self, reading: AnyReading, seed: int, own_loss: OwnLoss | None, at_extremes: bool
    ) -> Iterator[Patient | LoopPatient | StoppedLoop]:
        """What may be meant, the likeliest first."""
        if isinstance(reading, LoopReading) and reading.verdict == "crashed":
            yield StoppedLoop(reading, self.theatre.ask)
            return
        if isinstance(reading, LoopReading):
            yield from of_loops.patients(reading, self.theatre.ask)
            return
        if at_extremes and isinstance(reading, Reading):
            yield from of_functions.at_extremes(reading, seed)
            return
        of = of_networks if isinstance(reading, NetworkReading) else of_functions
        patient = of.patient(reading, seed)
        if patient:
            yield patient
        if own_loss and isinstance(reading, Reading):
            other = of_functions.of_the_loss(reading, own_loss, seed)
            if other:
                yield other
        elif isinstance(reading, Reading) and not reading.right:
            yield from of_functions.by_other_conventions(reading, seed)


def _is_one(procedure: Procedure) -> bool:
    """Is all right with one operation?"""
    return len(procedure.kept) == 1 and procedure.is_complete


def repairs(runs: Runs, patient: Patient, documents: Mapping[str, Document]) -> list[Repair]:
    """The repairs of *patient*."""
    procedure = Procedure(runs, patient, MOST_FOR_ONE)
    found = operate(procedure)
    return [_repair(procedure, i, documents) for i in range(len(found))]


def _repair(procedure: Procedure, index: int, documents: Mapping[str, Document]) -> Repair:
    operation = procedure.kept[index]
    node = procedure.runs.nodes[operation.root]
    scene = procedure.runs.scenes[node.file]
    at: Any = operation.at if operation.at is not None else node
    said = scene.said(operation.at) if operation.at is not None else node.text
    document = documents.get(node.file) or Document(scene.text)
    where = document.where(at.lineno if isinstance(at, ast.expr) else at.line)
    if len(procedure.runs.scenes) > 1:
        where = f"{node.file}, {where}"
    got, expected = _values(procedure, index)
    kind = procedure.patient.kind
    before, after = scene.around(operation.at, node.statement) if operation.at else ("", "")
    return Repair(
        place=_place(node.file, at, document),
        text=said,
        operation=operation.code,
        due=words.due_text(operation, said, kind),
        words=words.sentence(where, said, operation, kind, _is_stale(procedure, operation)),
        verified=SETS,
        question=words.KINDS[operation.code].hint,
        before=before,
        after=after,
        got=got,
        expected=expected,
    )


def _is_stale(procedure: Procedure, operation: Operation) -> bool:
    """Are the weights due that stood there before the same function changed them?"""
    if operation.due is None or operation.due.family not in WEIGHTS or operation.at is None:
        return False
    scene = procedure.runs.scenes[procedure.runs.nodes[operation.root].file]
    line = operation.at.lineno
    changed = scene.marks.changed_between(scene.scope_at(line).first, line)
    owners = (o for o in ast.walk(operation.at) if isinstance(o, ast.Name | ast.Attribute))
    return any(scene.said(o) in changed for o in owners)


def _place(file: str, at: Any, document: Document) -> Place:
    line, column, end, end_column = position(at) if isinstance(at, ast.expr) else place(at)
    cell = document.cell(line)
    before = document.place(cell)
    shift = before - document.before(cell)
    return Place(file, line + shift, end + shift, column, end_column, cell or None, before)


def _values(procedure: Procedure, index: int) -> tuple[Any, Any]:
    """What the expression gives in the first turn, and what is due there; None where it is no few numbers."""
    operation = procedure.kept[index]
    scene = procedure.runs.scenes[procedure.runs.nodes[operation.root].file]
    number = operation.root if operation.at is None else scene.number_of(operation.at)
    if number is None:
        return None, None
    procedure.kept, kept = procedure.kept[:index], procedure.kept
    try:
        intervention = procedure.intervention(procedure.truth)
        due = {**intervention.due}
        if operation.due:
            due[operation.due.key] = operation.due.turns(procedure.truth)
        peeks = {number: ("_", operation.new)}
        one = Intervention(
            intervention.probe, intervention.changes, intervention.instead, peeks, due
        )
        (reply,) = procedure.run(one)
    finally:
        procedure.kept = kept
    got, expected = (reply.peeked.get(number) or [[None, None]])[0]
    return _shown(got), _shown(expected)


def _shown(value: Any) -> Any:
    if not is_number(value) or np.size(value) > LARGEST:
        return None
    return np.asarray(value, float).tolist()
