"""A loop of the submission on a bench: one of its turns run again and again, each time with other numbers in it.

The module runs as a script up to the loop, whose body then stands in

    while __more__(locals()):
        try: (bind the names anew), (the body)
        finally: __done__(locals()); continue

so that neither `break` nor `return` nor an error ends it before all is done.
"""

from __future__ import annotations

import ast
import random
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np

from . import entropy, faults
from .directions import drawn
from .experiment import MOST_AXES, Experiment, TurnRecord
from .nodes import Rewritten
from .on_bench import ignore
from .operate import Operator, unpacked
from .slots import State, differs, numbers_of, roots_of

SEED = 20_017
SECONDS = 0.5  # for a turn that is operated on
MOST_VALUES = 64  # that are kept of one expression in a turn
LONGEST_LIST = 1000
MOST_TURNS = 200_000  # of all loops, on the way to the bench
MANY_TURNS = 3000  # after which loops on the way are cut short
MANY_OF_ONE = 300  # that have turned so often: they make the way long
EARLIER = 2  # turns that a training loop takes on the way
MOST_DIGESTS = 10_000  # that are told of one turn
PIECE = 1 << 18  # numbers that are digested at once


class Stale(Exception):
    """A name was bound by an earlier experiment."""


class Enough(BaseException):
    """All is done, or the way to the bench is too long."""


class Bench:
    """Answers the calls of a rewritten module, on its way to a loop and in the turns on the bench."""

    def __init__(
        self,
        experiments: Sequence[Experiment],
        rewritten: Rewritten,
        modules: Callable[[], Collection[str]],
        failure: Callable[[BaseException], tuple[Any, ...]],
    ) -> None:
        self.experiments = list(experiments)
        self.failure, self.modules = failure, modules
        self.operator: Operator | None = None  # of the turn
        self.instead: dict[int, str] = {}
        self.own = frozenset((*modules(), "__main__"))
        self.space: dict[str, Any] = {}  # of the module that the loop stands in
        self.state: State | None = None
        self.turns: list[TurnRecord] = []
        self.touched: set[int] = set()  # nodes that were evaluated in a turn
        self.leave: dict[int, int] = {}
        self._literal = frozenset(
            rewritten.first + i
            for i, raw in enumerate(rewritten.raw)
            if isinstance(raw.place, ast.Constant)
        )
        self._silent = frozenset(
            rewritten.first + i
            for i, raw in enumerate(rewritten.raw)
            if raw.kind not in ("expression", "after")
        )
        self._locals: dict[str, Any] = {}
        self._globals: dict[str, Any] = {}
        self._bound: dict[str, Any] = {}
        self._random: Any = None
        self._now: tuple[Experiment, TurnRecord] | None = None
        self._told: frozenset[int] = frozenset()
        self._factors: dict[int, float] = {}
        self._counts: dict[int, int] = {}
        self._weights = drawn(77, (1 << 12,))
        self._turned = 0
        self._over = 0  # experiments
        self._course = 0  # turns that the experiment has taken, while it goes on
        self.length = -1  # turns of the loop where it stands, as far as it tells
        self._since: dict[int, int] = {}
        self._in_all: Counter[int] = Counter()

    def names(self) -> dict[str, Any]:
        """What rewritten code calls."""
        return {
            "__watch__": self.watch,
            "__after__": self.after,
            "__within__": self.after,
            "__new__": self.new,
            "__instead__": self.instead,
            "__given__": self.given,
            "__told__": ignore,
            "__loop__": self.enter,
            "__left__": ignore,
            "__turn__": self.turn,
            "__leave__": self.leaves,
            "__absent__": Exception,
            "__caught__": ignore,
            "__more__": self.more,
            "__slot__": self.slot,
            "__length__": self.measure,
            "__done__": self.done,
            "__stale__": Stale,
            "__beside__": self.beside,
        }

    # ---- on the way

    def enter(self, loop: int) -> None:
        self._since[loop] = 0

    def turn(self, loop: int) -> None:
        self._since[loop] = self._since.get(loop, 0) + 1
        self._in_all[loop] += 1
        self._turned += 1
        if self._turned > MOST_TURNS and self.state is None:
            raise Enough

    def leaves(self, loop: int) -> bool:
        """Has a loop on the way turned often enough? Where the way is long, those that make it so turn once more."""
        if self.operator:
            self.operator.look_at_time()
        turns = self._since[loop]
        long = self._turned > MANY_TURNS and self._in_all[loop] > MANY_OF_ONE
        hurried = self.state is None and long and turns > 1
        return hurried or turns > self.leave.get(loop, MOST_TURNS)

    # ---- a turn

    def more(self, scope: dict[str, Any]) -> bool:
        """Begin another turn; when no experiment is left, the run ends."""
        if self._course:
            self.go_on(self.experiments[self._over])
            return True
        if self._over == len(self.experiments):
            raise Enough
        if self.state is None:
            self.own |= frozenset(self.modules())  # what was imported on the way
            self._locals = {} if scope is self.space else dict(scope)
            self._globals = self.roots()
            self._random = np.random.get_state(), random.getstate()
            self.state = State({**self._globals, **self._locals}, self.put, self.own)
        else:
            for name in self.roots().keys() - self._globals.keys():
                del self.space[name]  # of an earlier experiment
            self.space.update(self._globals)
            self.state.restore()
            np.random.set_state(self._random[0])
            random.setstate(self._random[1])
        entropy.known()
        self._bound = {}
        self.begin(self.experiments[self._over])
        return True

    def measure(self, iterable: Any) -> Any:
        """What a loop goes through; of a list or a range, how many turns that makes."""
        self.length = len(iterable) if type(iterable) in (list, range, tuple) else -1
        return iterable

    def roots(self) -> dict[str, Any]:
        return roots_of(self.space)

    def put(self, name: str, value: Any) -> None:
        if name in self._locals:
            self._bound[name] = value
        else:
            self.space[name] = value

    def slot(self, name: str, value: Any) -> Any:
        """What a local name stands for as the turn begins."""
        if self._course:
            return value
        if name not in self._locals:
            raise Stale
        return self._bound.get(name, self._locals[name])

    def begin(self, experiment: Experiment) -> None:
        assert self.state
        turn = TurnRecord()
        if not experiment.course or 0 in experiment.course:
            self.turns.append(turn)
        for edit in experiment.edits:
            leaf = self.state.leaves[edit.path]
            new = edit.of(np.asarray(turn.before.get(edit.path, leaf.saved), float))
            new = new if leaf.fixed is None else np.where(leaf.fixed, leaf.saved, new)
            held = leaf.put(new.astype(leaf.saved.dtype) if edit.do == "roll" else new)
            turn.before[edit.path] = new if edit.do == "roll" else held
        if experiment.edits and experiment.steps != ():
            self.look_at_views(turn)
        self._told, self._factors = frozenset(experiment.tell), dict(experiment.factors)
        self._counts = {}
        if experiment.operations:
            self.operate(experiment.operations)
        self._now = experiment, turn
        turn.seconds = -perf_counter()

    def go_on(self, experiment: Experiment) -> None:
        """The next turn of a course, from where the last one ended."""
        turn, told = TurnRecord(), self._course in experiment.course
        if told:
            self.turns.append(turn)
        self._told = frozenset(experiment.tell) if told else frozenset()
        self._counts = {}
        self._now = experiment, turn
        turn.seconds = -perf_counter()

    def operate(self, packed: tuple[Any, ...]) -> None:
        operations = unpacked(packed)
        self.operator = Operator(operations, SECONDS, self.own)
        self.instead.update(operations.instead)

    def operate_no_more(self) -> None:
        self.operator = None
        self.instead.clear()

    @contextmanager
    def operated(self, packed: tuple[Any, ...]) -> Iterator[None]:
        """Whatever runs meanwhile is under these operations."""
        self.operate(packed)
        try:
            yield
        finally:
            self.operate_no_more()

    def look_at_views(self, turn: TurnRecord) -> None:
        """What shares memory with something that was edited begins with other numbers, too."""
        assert self.state
        for path, leaf in self.state.leaves.items():
            now = leaf.now()
            in_place = now is not None and now.shape == leaf.saved.shape
            if in_place and now is not None and differs(now, leaf.saved):
                turn.before[path] = now

    def done(self, scope: dict[str, Any]) -> None:
        """The turn is over, one way or another."""
        error = sys.exc_info()[1]
        if self._now is None or isinstance(error, Enough):
            raise Enough
        (experiment, turn), self._now = self._now, None
        turn.seconds += perf_counter()
        if self.operator:
            turn.told, turn.peeked = self.operator.values(), self.operator.peeked
            turn.failure = self.failure(error) if error is not None else ()
            self.operate_no_more()
        if error is not None:
            turn.raised, turn.message = faults.name(error), faults.message(error)[:300]
            turn.step = error.__traceback__.tb_lineno if error.__traceback__ else 0
            turn.line = faults.line_of(error, self.space.get("__file__", ""))
        if error is None and self._course < experiment.last:
            self._course += 1
            return
        if error is not None and turn is not self.turns[-1]:
            self.turns.append(turn)  # the turn that ended a course
        self._course = 0
        self._over += 1
        if experiment.steps != ():
            self.compare(experiment, turn, scope)
        if experiment.along:
            turn.look_along(experiment.along)

    def beside(self) -> None:
        """Something that the turn shows stopped with an error."""
        error = sys.exc_info()[1]
        turn = self._now[1] if self._now else None
        if turn and error and not turn.beside:
            turn.beside = faults.name_and_message(error)[:300]
            turn.shown = faults.line_of(error, self.space.get("__file__", ""))

    def compare(self, experiment: Experiment, turn: TurnRecord, scope: dict[str, Any]) -> None:
        """Note what slots hold before and after."""
        assert self.state
        roots = {**self.roots(), **{n: v for n, v in scope.items() if n in self._locals}}
        now = State(roots, lambda *_: None, self.own).leaves
        for path, leaf in self.state.leaves.items():
            if path not in now or experiment.steps is not None and path not in experiment.steps:
                continue
            before, after = turn.before.get(path, leaf.saved), now[path].saved
            if not differs(before, after):  # one of two names for it may hold something else now
                others = [now[a].saved for a in leaf.aliases if a in now]
                after = next((v for v in others if differs(before, v)), after)
            # biases that a first step makes a row
            if before.squeeze().shape == after.squeeze().shape:
                after = after.reshape(before.shape)
            if before.shape == after.shape and (experiment.steps or differs(before, after)):
                turn.before[path], turn.after[path] = before, after
            elif before.shape != after.shape:
                turn.reshaped.append((path, before.shape, after.shape))

    # ---- what it tells

    def new(self) -> Any:
        return self.operator and self.operator.new

    def given(self, k: int) -> bool:
        return self.operator is not None and self.operator.given(k)

    def watch(self, k: int, value: Any) -> Any:
        if self.operator:
            value = self.operator.look(k, value)
        if self._now is not None:
            self.touched.add(k)
            self._now[1].events += 1
            if k in self._factors and numbers_of(value) is not None:
                value = value * self._factors[k]
            if self._now[0].digests or k in self._told:
                self.record(k, value)
        return value

    def after(self, k: int, value: Any) -> bool:
        changed = self.operator is not None and self.operator.after(k, value)
        if self._now is not None and (self._now[0].digests or k in self._told):
            self.record(k, self.new() if changed else value)
        return changed

    def record(self, k: int, value: Any) -> None:
        assert self._now
        experiment, turn = self._now
        n = self._counts.get(k, 0)
        if n >= MOST_VALUES or type(value) in (list, tuple) and len(value) > LONGEST_LIST:
            return
        found = numbers_of(value)
        if found is None or found.ndim > MOST_AXES:
            return
        self._counts[k] = n + 1
        if k in self._told:
            turn.values.setdefault(k, []).append(found)
        if experiment.digests and k not in self._silent and len(turn.digests) < MOST_DIGESTS:
            shape = (*found.shape, *(0,) * (MOST_AXES - found.ndim))
            kind = (found.dtype.kind in "iub") + 2 * (k in self._literal)
            turn.places.append((k, n, kind, found.ndim, *shape))
            turn.digests.append(self.digest(found))

    def digest(self, value: np.ndarray) -> float:
        """A number that changes if any entry does; of large arrays piece by piece, for the room of a worker is small."""
        flat = value.ravel()
        if flat.size > self._weights.size < PIECE:
            self._weights = drawn(77, (min(2 * flat.size, PIECE),))
        total, piece = 0.0, self._weights.size
        with np.errstate(all="ignore"):
            for i, start in enumerate(range(0, flat.size, piece)):
                part = np.asarray(flat[start : start + piece], float)
                total += (1 + i / 3) * float(part @ self._weights[: part.size])
        return total
