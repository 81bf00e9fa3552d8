"""What watched code runs with: tells values of nodes, changes them, leaves loops, stops the run.

    found = rewrite(ast.parse(text), "student.py")
    hook = Hook(Watch(tell=(Tell(None),), stop=(0, 1)))
    space = {"__name__": "__main__", "__builtins__": hook.builtins()}
    try:
        exec(compile(found.tree, "student.py", "exec"), space)
    except RunEnded:
        pass
    hook.values()[k]    # [Told(turn, order, value), ...] of node k
    hook.loops[n]       # the order at which each turn of loop n began

A *turn* of a node is one evaluation of it, of a loop one run of its body; both are counted from 0 over the whole
run. *order* is the place of an event among all events of the run that are told.
"""

from __future__ import annotations

import builtins
import sys
from collections import deque
from collections.abc import Iterable
from time import process_time
from typing import Any, NamedTuple, NoReturn

import numpy as np

from . import faults
from .request import Path
from .values import LARGEST, PLAIN, edited, plain, size_of, written
from .wanted import MOST_TOLD, ByTurn, Change, Latest, Named, Tell, Watch

MOST_CAUGHT = 20
MOST_MARKS = 100_000  # turns of loops whose beginnings are noted
LIGHT = 3000  # turns of a loop that costs next to nothing


class RunEnded(BaseException):
    """The run is over: *why* is "turn" (as asked for), "turns", "time" (too many, too long) or "edit"."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Told(NamedTuple):
    """One value of a node: its turn, its place in the order of the run, and a copy of it."""

    turn: int
    order: int
    value: Any


def in_columns(values: list[Told]) -> Any:
    """Turns, orders and values of a node; the values as one array where all are alike."""
    turns = np.array([one.turn for one in values], dtype=np.int32)
    orders = np.array([one.order for one in values], dtype=np.int32)
    found = [one.value for one in values]
    kinds = {type(one) for one in found}
    if kinds <= {np.ndarray, float, int, bool}:
        arrays = [np.asarray(one) for one in found]
        if len({(one.shape, one.dtype) for one in arrays}) == 1:
            return turns, orders, np.stack(arrays)
    return turns, orders, found


class Everything:
    """Holds every number: once a run is stopped, whatever it evaluates stops it again."""

    def __contains__(self, number: object) -> bool:
        return True


class Hook:
    """The runtime of one watched run; what it found stands in its attributes.

    own: modules whose objects may be looked into. nodes: how many there are, where that is known. light: loops whose
    turns cost next to nothing.
    turns: how often each node was evaluated, as long as it was told or changed. untold: how many values of a
    node did not fit. loops: by loop, the order at which each of its turns began. entered: how often each loop was
    entered. applied: how often each change was made. stopped: why the run was stopped, "" if it ran to its end;
    problem: of a change that could not be made, the reason. last: the node that was evaluated last of those that are told.
    """

    def __init__(
        self,
        watch: Watch,
        own: Iterable[str] = (),
        nodes: int = 0,
        light: frozenset[int] = frozenset(),
    ) -> None:
        self.watch = watch
        self.light = light
        self.own = frozenset((*own, "__main__"))  # modules whose objects may be looked into
        self.kept: dict[int, KeptValues] = {}
        self.turns: dict[int, int] = {}
        self.untold: dict[int, int] = {}
        self.loops: dict[int, list[int]] = {}
        self.counts: dict[int, int] = {}
        self.entered: dict[int, int] = {}
        self.applied = [0] * len(watch.changes)
        self.order = 0
        self.caught: list[str] = []  # errors that the code handled itself
        self.stopped = self.problem = ""
        self.last = -1
        self._changes: dict[int, list[tuple[int, Change]]] = {}
        for i, change in enumerate(watch.changes):
            self._changes.setdefault(change.node, []).append((i, change))
        self._needed = {
            o.node: None for c in watch.changes for o in c.operands if type(o) is Latest
        }
        self._tells = {k: tell for tell in watch.tell[::-1] for k in tell.nodes or ()}
        self._all = next((tell for tell in watch.tell if tell.nodes is None), None)
        self._busy: Any = {*self._tells, *self._changes, *self._needed}
        if self._all:
            self._busy = set(range(nodes)) if nodes else Everything()
        self._room = watch.room
        self._leave = dict(watch.leave)
        self._since: dict[int, int] = {}  # by loop: its turns since it was entered
        self._all_turns = self._all_told = 0
        self._end = process_time() + watch.seconds
        self._new: Any = None
        self._leaving = self._told_already = False

    def builtins(self) -> dict[str, Any]:
        """What stands for `__builtins__` in a watched module."""
        return {**vars(builtins), **self.names()}

    def names(self) -> dict[str, Any]:
        """The functions that rewritten code calls."""

        def watch(k: int, value: Any) -> Any:
            return self.attend(k, value) if k in self._busy else value

        return {
            "__watch__": watch,
            "__after__": self.after,
            "__within__": self.after,
            "__told__": self.tell_only,
            "__new__": lambda: self._new,
            "__instead__": (),
            "__loop__": self.enter,
            "__turn__": self.turn,
            "__leave__": self.leave,
            "__left__": self.left,
            "__absent__": Exception,
            "__caught__": self.catch,
        }

    # ---- what rewritten code calls

    def catch(self) -> None:
        """Note an error that the code itself handles."""
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and len(self.caught) < MOST_CAUGHT:
            self.caught.append(faults.message(error)[:300])

    def attend(self, k: int, value: Any) -> Any:
        """Count, change and tell one value."""
        if self.stopped:
            raise RunEnded(self.stopped)
        turns = self.turns
        n = turns[k] = turns.get(k, -1) + 1
        self.last = k
        if k in self._changes:
            value = self.changed(k, n, value, in_place=False)
        self.tell(k, n, value)
        return value

    def after(self, k: int, value: Any) -> bool:
        """The same of what changed in place; was it changed so that it must be bound anew?"""
        if k not in self._busy:
            return False
        self.go_on()
        n = self.turns[k] = self.turns.get(k, -1) + 1
        new = self.changed(k, n, value, in_place=True) if k in self._changes else value
        self.tell(k, n, new)
        self._new = new
        return new is not value

    def tell_only(self, k: int, value: Any) -> None:
        if k in self._busy and not self.stopped and not self._told_already:
            n = self.turns[k] = self.turns.get(k, -1) + 1
            self.tell(k, n, value)

    def enter(self, loop: int) -> None:
        self.go_on()
        self.entered[loop] = self.entered.get(loop, 0) + 1
        self._since[loop] = 0

    def turn(self, loop: int) -> None:
        self.go_on()
        self._all_turns += 1
        if self._all_turns <= MOST_MARKS:
            self.order += 1
            self.loops.setdefault(loop, []).append(self.order)
        self.counts[loop] = self.counts.get(loop, 0) + 1
        self._since[loop] = self._since.get(loop, 0) + 1

    def leave(self, loop: int) -> bool:
        """Is the turn that begins one too many?"""
        last = self.watch.stop
        if last and loop == last[0] and self.counts.get(loop, 0) > last[1]:
            self.stop("turn")
        if self._all_turns > self.watch.most:
            self.stop("turns")
        self.look_at_time()
        most = self.watch.longest if loop not in self.light else max(self.watch.longest, LIGHT)
        if self._since.get(loop, 0) <= self._leave.get(loop, most):
            return False
        self.counts[loop] -= 1
        if self._all_turns <= MOST_MARKS:
            self.loops[loop].pop()
        self._leaving = True
        return True

    def look_at_time(self) -> None:
        if process_time() > self._end:
            self.stop("time")

    def left(self, loop: int) -> None:
        self.go_on()
        self.order += 1
        # what it carries was told as the turn began that was one too many
        self._told_already, self._leaving = self._leaving, False

    def go_on(self) -> None:
        """Code that caught the end of its run meets it again."""
        if self.stopped:
            raise RunEnded(self.stopped)

    def stop(self, why: str) -> NoReturn:
        self.stopped = why
        self._busy = Everything()
        raise RunEnded(why)

    # ---- telling

    def tell(self, k: int, n: int, value: Any) -> None:
        if k in self._needed:
            self._needed[k] = value
        kept = self.kept.get(k) or self.begun(k)
        if kept is None:
            return
        self.order += 1
        if n >= kept.many and not kept.last.maxlen:
            if k not in self._changes and k not in self._needed and type(self._busy) is set:
                self._busy.discard(k)
            return
        if type(value) is np.ndarray and value.dtype in PLAIN:
            size = 16 + value.nbytes
            copy = value.copy() if size <= self._room and size <= LARGEST else None
        else:
            copy = plain(value, self.own if kept.groups else None)
            if copy is None:
                return
            size = size_of(copy)
        self._all_told += 1
        if copy is None or size > self._room or size > LARGEST or self._all_told > MOST_TOLD:
            self.untold[k] = self.untold.get(k, 0) + 1
            return
        self._room -= size - kept.put(Told(n, self.order, copy), size)

    def begun(self, k: int) -> KeptValues | None:
        """Where the values of a node are kept that is told for the first time."""
        tell = self._tells.get(k, self._all)
        if tell is not None:
            self.kept[k] = KeptValues(tell)
        return self.kept.get(k)

    def values(self) -> dict[int, list[Told]]:
        """What was told of each node, in order; nodes that gave nothing that can be told are left out."""
        return {k: found for k, kept in self.kept.items() if (found := kept.values())}

    # ---- changing

    def changed(self, k: int, n: int, value: Any, in_place: bool) -> Any:
        for number, change in self._changes[k]:
            if change.turns is not None and n not in change.turns:
                continue
            try:
                operands = [self.operand(one, n) for one in change.operands]
                if any(one is NOTHING for one in operands):
                    continue
                if change.path:
                    old = follow(value, change.path)
                    new = edited(change.operation, old, operands)
                    if not written(old, new):
                        put(value, change.path, new)
                else:
                    new = edited(change.operation, value, operands)
                    value = value if in_place and written(value, new) else new
            except Exception as error:
                self.problem = f"{type(error).__name__}: {error}"[:300]
                self.stop("edit")
            self.applied[number] += 1
        return value

    def operand(self, operand: Any, n: int) -> Any:
        """The value that an operand stands for; NOTHING where there is none."""
        if type(operand) is ByTurn:
            return self.operand(operand.values[n], n) if n < len(operand.values) else NOTHING
        if type(operand) is Latest:
            found = self._needed[operand.node]
            return NOTHING if found is None else found
        if type(operand) is Named:
            return in_scope(operand.name)
        return operand


class Nothing:
    """No operand at this turn."""


NOTHING = Nothing()


class KeptValues:
    """The first values of a node, and the last."""

    def __init__(self, tell: Tell) -> None:
        self.many, self.groups = tell.first, tell.groups
        self.first: list[Told] = []
        self.last: deque[tuple[Told, int]] = deque(maxlen=tell.last)

    def put(self, told: Told, size: int) -> int:
        """Keep *told*; how many bytes that set free."""
        if told.turn < self.many:
            self.first.append(told)
            return 0
        freed = self.last[0][1] if len(self.last) == self.last.maxlen else 0
        self.last.append((told, size))
        return freed

    def values(self) -> list[Told]:
        return [*self.first, *(told for told, _ in self.last)]


def in_scope(name: str) -> Any:
    """What *name* stands for in the student's frame that runs now; NOTHING where it stands for nothing."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return frame.f_locals.get(name, frame.f_globals.get(name, NOTHING))


# ---------------------------------------------------------------- values


# ---------------------------------------------------------------- edits


def follow(value: Any, path: Path) -> Any:
    for step in path:
        named = type(step) is str and step[:1] == "."
        value = getattr(value, step[1:]) if named else value[step]  # type: ignore[index]
    return value


def put(value: Any, path: Path, new: Any) -> None:
    *way, last = path
    holder = follow(value, tuple(way))
    if type(last) is str and last[:1] == ".":
        setattr(holder, last[1:], new)
    else:
        holder[last] = new
