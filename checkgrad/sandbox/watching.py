"""The grader's face of watched runs: what a submission's expressions are, and runs in which they tell and change.

    watching = Watching(worker)
    (k,) = [node.number for node in watching.nodes if node.text == "x @ w"]
    tells = Watch(tell=(Tell((k,)),), changes=(Change(7, "plus", (noise,)),), stop=(0, 1))
    runs = watching.run([WatchRequest("backward", tells, request.steps, request.answer), WatchRequest("script", tells, work=True)])
    runs[0].told[k][0].value

All is checked as any answer of a worker is: numbers and text of the expected form, or the worker ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from checkgrad.child import operate
from checkgrad.child.behaviour import Behaviour, Unsendable
from checkgrad.child.nodes import AssignedTarget, Loop, Node
from checkgrad.child.operate import Operations
from checkgrad.child.request import Request, Step
from checkgrad.child.wanted import Watch, packed
from checkgrad.child.watch import Told
from checkgrad.child.wire import WireError
from checkgrad.sandbox.answers import fields, number, several, text
from checkgrad.sandbox.worker import Worker

TABLES = Request("the tables", (), None, ("tables",))


@dataclass(frozen=True)
class WatchRequest:
    """A watched run.

    function: what a failure is counted against; one that hung is not asked again.
    steps, answer: as of a Request; they are taken on the watched copy of the submission, which keeps what earlier
    runs did to it unless *fresh*. work: the own work of *file* (the first one, where it is "") is run as a script
    in a fresh namespace, and the steps follow in what it left.
    """

    function: str
    watch: Watch
    steps: tuple[Step, ...] = ()
    answer: Any = None
    fresh: bool = False
    work: bool = False
    file: str = ""
    operations: Operations | None = None  # in the place of *watch*

    @property
    def request(self) -> Request:
        if self.operations:
            told = ("operate", self.fresh, operate.packed(self.operations), self.watch.seconds)
            return Request(self.function, self.steps, self.answer, told)
        what = ("script", self.file) if self.work else ("steps", self.fresh)
        return Request(self.function, self.steps, self.answer, (*what, packed(self.watch)))


@dataclass(frozen=True)
class Failure:
    """An error of the student's code: where it came about (node -1 where that is no node) and what it says."""

    file: str
    line: int
    node: int
    name: str
    message: str


@dataclass(frozen=True)
class What:
    """What a value is like, that a function was given or gave.

    kind: "array" (shape, dtype ("f" floats, "i" or "u" whole, "b") and character say more), "number", "text" and "flag"
    (*value*), "list" (*value*: "list" or "tuple"; *items* are the first of *length*), "dict" (*keys* beside *items*), "function", "object" (*value*:
    its name or its class's), "none", "other".
    character: "labels" (whole, not negative), "one-hot", "probabilities" (rows sum to 1; with " in columns" columns
    do), "bits" (0 and 1), "zeros", "unit" (between 0 and 1), "positive", "any", or "" where nobody looked.
    token: the same number for the same object, -1 where none was given.
    """

    kind: str
    value: Any = None
    shape: tuple[int, ...] = ()
    dtype: str = ""
    character: str = ""
    items: tuple[What, ...] = ()
    keys: tuple[str | int, ...] = ()
    length: int = 0
    token: int = -1


@dataclass(frozen=True)
class WatchedCall:
    """One call of a function of the submission in its own work.

    caller: the number of the noted call in which it was made, -1 for none; line: where it was called from.
    result: of an `__init__`, a dict of all attributes of the object. changed: those that the call set or changed.
    """

    number: int
    function: str
    file: str
    defined: int
    caller: int
    line: int
    arguments: tuple[tuple[str, What], ...]
    result: What
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """What one watched run told.

    value: the answer to the steps, None where they did not end. errors: of steps at most one; of a script each
    that a statement at top level met, for the next ones are run all the same.
    stopped: "" where it ran to its end, "turn" where it was asked to, "turns" or "time" where it was too much,
    "edit" where a change could not be made: *problem* says why.
    told: values by node. untold: how many values of a node did not fit. loops: the order at which each turn of a
    loop began. entered: how often a loop was entered. applied: how often each change was made. last: the node that
    was evaluated last of those told. instead: what was stood in for. calls: of the submission's functions, in order.
    died, died_of: as of a Behaviour.
    """

    value: Any = None
    errors: tuple[Failure, ...] = ()
    stopped: str = ""
    problem: str = ""
    told: dict[int, tuple[Told, ...]] = field(default_factory=dict)
    untold: dict[int, int] = field(default_factory=dict)
    loops: dict[int, tuple[int, ...]] = field(default_factory=dict)
    entered: dict[int, int] = field(default_factory=dict)
    applied: tuple[int, ...] = ()
    last: int = -1
    instead: tuple[str, ...] = ()
    calls: tuple[WatchedCall, ...] = ()
    peeked: dict[int, list[Any]] = field(default_factory=dict)
    seconds: float = 0.0
    died: str = ""
    died_of: str = ""

    @property
    def ended(self) -> bool:
        """Did it end as it was asked to, without an error?"""
        return not self.errors and not self.died and self.stopped in ("", "turn")

    def turn_of(self, loop: int, order: int) -> int:
        """The turn of *loop* in which something of that order happened; -1 before the first."""
        return int(np.searchsorted(self.loops.get(loop, ()), order, side="right")) - 1


class Watching:
    """Watched runs of one worker. The tables are asked for when they are needed, and once."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    @property
    def nodes(self) -> tuple[Node, ...]:
        """By number."""
        return self._tables[0]

    @property
    def loops(self) -> tuple[Loop, ...]:
        """By number."""
        return self._tables[1]

    @property
    def assignments(self) -> tuple[AssignedTarget, ...]:
        """What each statement assigns to, in the order of the source."""
        return self._tables[2]

    @cached_property
    def _tables(self) -> tuple[tuple[Node, ...], tuple[Loop, ...], tuple[AssignedTarget, ...]]:
        (answer,) = self.worker.ask([TABLES])
        try:
            return tables(answer.value)
        except (WireError, TypeError, ValueError, IndexError):
            return (), (), ()

    def run(self, asked: Sequence[WatchRequest]) -> list[Run]:
        """The runs, one for each that is asked, in their order."""
        return runs(self.worker.ask, asked)


def runs(
    ask: Callable[[Sequence[Request]], list[Behaviour]], asked: Sequence[WatchRequest]
) -> list[Run]:
    """Watched runs by means of a worker's *ask*, where no tables are needed."""
    return [read(behaviour) for behaviour in ask([one.request for one in asked])]


def same(one: Run, other: Run) -> bool:
    """Did two runs of the same tell the same, bit for bit?"""
    return bool(image([one.told, one.value]) == image([other.told, other.value]))


def image(value: Any) -> Any:
    """Equal for values that are the same bit for bit."""
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, list | tuple):
        return [image(one) for one in value]
    if isinstance(value, dict):
        return [(key, image(one)) for key, one in sorted(value.items(), key=repr)]
    return repr(value)


# ---------------------------------------------------------------- what came back


def tables(value: Any) -> tuple[tuple[Node, ...], tuple[Loop, ...], tuple[AssignedTarget, ...]]:
    if type(value) is not dict:
        raise WireError("no tables")
    nodes = tuple(Node(*row) for row in rows(value.get("nodes"), 12))
    loops = tuple(
        Loop(*row[:6], *(several(one, named) for one in row[6:]))
        for row in rows(value.get("loops"), 8)
    )
    assigned = tuple(AssignedTarget(*row) for row in rows(value.get("assignments"), 8))
    if [n.number for n in nodes] != list(range(len(nodes))):
        raise WireError("nodes out of order")
    return nodes, loops, assigned


def rows(columns: Any, width: int) -> list[tuple[Any, ...]]:
    """Records from their columns: numbers in an array, texts as what they are and which it is, else a list."""
    if not columns:
        return []
    return list(zip(*map(column, fields(columns, width)), strict=True))


def column(values: Any) -> list[Any]:
    if type(values) is np.ndarray:
        return [int(one) for one in whole(values)]
    if type(values) is tuple:
        known, places = fields(values, 2)
        texts = several(known, lambda one: text(one, 2100))
        return [texts[place] for place in whole(places)]
    return list(values)


def whole(values: Any) -> Any:
    if type(values) is not np.ndarray or values.dtype.kind not in "iu" or values.ndim != 1:
        raise WireError("expected whole numbers")
    return values


def named(value: Any) -> tuple[str, int]:
    name, place = fields(value, 2)
    return text(name, 2100), number(place)


def read(behaviour: Behaviour) -> Run:
    """The run in a behaviour."""
    if behaviour.died:
        return Run(died=behaviour.died, died_of=behaviour.died_of, seconds=behaviour.seconds)
    value = behaviour.value
    if behaviour.raised or type(value) is not dict:
        what = value.description if type(value) is Unsendable else behaviour.message
        return Run(stopped="lost", problem=f"{behaviour.raised} {what}".strip())
    try:
        return Run(
            value=value["answer"],
            errors=several(value["errors"], failure),
            stopped=text(value["stopped"], 100),
            problem=text(value["problem"], 400),
            told=by_number(value["told"], told),
            untold=by_number(value["untold"], number),
            loops=by_number(value["loops"], lambda one: tuple(map(int, whole(one)))),
            entered=by_number(value["entered"], number),
            applied=several(value["applied"], number),
            last=number(value["last"]),
            instead=several(value["instead"], text),
            calls=tuple(call(i, one) for i, one in enumerate(several(value["calls"], list))),
            peeked=by_number(value["peeked"], list),
            seconds=behaviour.seconds,
        )
    except (WireError, KeyError) as error:
        return Run(stopped="lost", problem=f"no watched run ({error})")


def failure(value: Any) -> Failure:
    file, line, node, name, message = fields(value, 5)
    return Failure(
        text(file, 500), number(line), number(node), text(name, 200), text(message, 2000)
    )


def call(number_: int, record: Any) -> WatchedCall:
    function, file, defined, caller, line, arguments, result, changed = fields(record, 8)
    given = tuple((text(name, 200), what(value)) for name, value in several(arguments, pair))
    found = What("none") if result is None else what(result)
    return WatchedCall(
        number_,
        text(function, 300),
        text(file, 500),
        number(defined),
        number(caller),
        number(line),
        given,
        found,
        several(changed, text),
    )


def pair(value: Any) -> tuple[Any, Any]:
    one, other = fields(value, 2)
    return one, other


def what(value: Any) -> What:
    if type(value) is not tuple or len(value) < 3:
        raise WireError("no description of a value")
    kind, about, token, *members = value
    inside = tuple(map(what, members))
    if kind == "array":
        shape, dtype, character = fields(about, 3)
        sizes = several(shape, number)
        return What(kind, None, sizes, text(dtype, 2), text(character, 30), token=number(token))
    if kind == "list":
        name, length = fields(about, 2)
        return What(kind, text(name, 10), items=inside, length=number(length), token=number(token))
    if kind == "dict":
        keys = several(about, lambda k: k if type(k) is int else text(k, 200))
        return What(kind, items=inside, keys=keys, length=len(inside), token=number(token))
    if type(about) not in (int, float, str, bool, type(None)):
        raise WireError("no plain value")
    plain = text(about, 300) if type(about) is str else about
    return What(text(kind, 20), plain, token=number(token))


def by_number(value: Any, each: Callable[[Any], Any]) -> dict[int, Any]:
    if type(value) is not dict:
        raise WireError("expected a table")
    return {number(key): each(item) for key, item in value.items()}


def told(value: Any) -> tuple[Told, ...]:
    turns, orders, values = fields(value, 3)
    if not len(whole(turns)) == len(whole(orders)) == len(values):
        raise WireError("values out of order")
    return tuple(Told(int(n), int(o), v) for n, o, v in zip(turns, orders, values, strict=True))
