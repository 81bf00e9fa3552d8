"""What the names of a play stand for: found backwards, by running what gives them."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from . import faults
from .givings import STANDING_IN
from .loops import Scope
from .play import PLACE, Statement, Unplayed, copied
from .play_forms import KINDS, DataForm, Drawn, is_parameter, kind_of
from .play_house import (
    OBJECT,
    Caller,
    PlayHouse,
    assignment,
    called_in,
    is_forward,
    number_in,
    optional,
    required,
    returned_names,
)
from .slots import numbers_of

MOST_PRODUCERS = 3
LARGE = 20  # a size that a smaller one is given in place of
BUILTINS = frozenset(vars(builtins))
PARAMETERS = re.compile(r"_*(p|params?|parameters?|model|weights|theta)$", re.I)
OUTPUTS = re.compile(
    r"_*(y_?hat|p|probs?|probabilities|pred(ict(ed|ions?)?)?s?|y_?pred|outputs?|out|o|a_?\d|al|h|"
    r"hypothesis|scores?)$",
    re.I,
)
CACHES = re.compile(
    r"_*(forward_?)?(cache[sd]?|memory|stor(e|ed|age)|tape|ctx|context|intermediates?|activations|"
    r"values)(_?\w*)$",
    re.I,
)
FORWARD = re.compile(
    r"_*(feed_?)?(forward|fwd|fprop|feed_?forward|propagate_?forward|predict|model|net|nn|network|"
    r"hypothesis|update_?output|run|query|compute)(_?\w*)?$|__call__$",
    re.I,
)
SOURCES = re.compile(
    r"\w*(load|read|fetch|download|split|batch|open|plot|show|print|test|check|numeric)\w*", re.I
)


class PlayNames:
    """The statements of a play, run as they are found, and what each name needs."""

    def __init__(self, house: PlayHouse, form: DataForm, piece: Scope) -> None:
        self.house, self.form, self.piece = house, form, piece
        self.space = house.space
        self.lines: list[Statement] = []
        self.data: dict[str, Any] = {}
        self.busy: set[str] = set()
        self.cycles = 0  # how often a name followed from itself
        self.hopeless: set[tuple[str, Caller | None]] = set()  # what nothing gives
        self.owner = house.class_of(piece)
        self.drawn = Drawn(form, house.tree)
        self.errors: list[str] = []
        self.by_outputs = False  # is the piece handed the slope of a squared error of outputs?
        self.guessed = False  # is something given that only a name speaks for?
        self.outputs = ""  # where outputs stand, once a forward pass was made

    def run(self, text: str) -> Statement:
        """Run a statement and keep it."""
        tree = ast.parse(text)
        names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
        binds = frozenset(n.id for n in names if isinstance(n.ctx, ast.Store))
        needs = frozenset(n.id for n in names if isinstance(n.ctx, ast.Load))
        try:
            with np.errstate(all="ignore"):
                exec(compile(tree, PLACE, "exec", dont_inherit=True), self.space)
        except Exception as error:
            self.errors.append(faults.message(error)[:300])
            raise Unplayed(text) from error
        self.lines.append(Statement(text, binds, needs))
        return self.lines[-1]

    def attempt(self, way: Callable[[], Any]) -> bool:
        """Go a way; where it leads to nothing, forget its statements."""
        lines, data, outputs = list(self.lines), dict(self.data), self.outputs
        try:
            way()
        except Unplayed:
            self.lines, self.data, self.outputs = lines, data, outputs
            return False
        return True

    @property
    def bound(self) -> set[str]:
        """Every name that the play gives something to."""
        return {*self.data, *(name for line in self.lines for name in line.binds)}

    def need(self, name: str, caller: Caller | None = None, among: Sequence[str] = ()) -> None:
        """See to it that a name holds something; *among*: of the parameters that it is one of."""
        if name in self.bound or name in BUILTINS or _is_code(self.space.get(name)):
            return
        if name in self.busy or (name, caller) in self.hopeless:
            self.cycles += name in self.busy
            raise Unplayed(f"nothing gives {name}")
        self.busy.add(name)
        cycles = self.cycles
        ways = (
            lambda: self._from_caller(name, caller),
            lambda: self._from_producers(name),
            lambda: self._from_module(name),
            lambda: self._from_forward(name, among),
            lambda: self._from_data(name),
            lambda: self._from_drawn(name),
        )
        try:
            if not any(self.attempt(way) for way in ways):
                if self.cycles == cycles:
                    self.hopeless.add((name, caller))
                raise Unplayed(f"nothing gives {name}")
        finally:
            self.busy.discard(name)

    def _from_caller(self, name: str, caller: Caller | None) -> None:
        if caller is None or not caller.scope.name and name in self.house.kept:
            raise Unplayed(name)
        statement = caller.assigned(name)
        if statement is None:
            raise Unplayed(name)
        self.run(self._as_written(statement, caller))

    def _as_written(self, statement: ast.AST, caller: Caller | None) -> str:
        """A statement of the module that may be run."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self._object() if node.id == OBJECT else self.need(node.id, caller)
        return ast.unparse(statement)

    def _from_producers(self, name: str) -> None:
        for i, (scope, targets) in enumerate(self._producers(name)):
            text = f"{', '.join(targets)} = {self._named(scope)}"
            if i < MOST_PRODUCERS and self.attempt(self._running(text, scope)):
                return
        raise Unplayed(name)

    def _producers(self, name: str) -> Iterator[tuple[Scope, list[str]]]:
        """Functions that give something by this name, and the names of all that they give."""
        for scope in self.house.scopes.values():
            last = scope.name.rpartition(".")[2]
            other = self.house.class_of(scope) not in ("", self.owner)
            trains = self.piece.name.rpartition(".")[2] in called_in(scope.node)
            if (
                scope is self.piece
                or trains
                or other
                or SOURCES.fullmatch(last)
                or last.startswith("__")
            ):
                continue
            for targets in (*self.house.taken(last), returned_names(scope.node)):
                plain = [one.strip("_") or f"{last}_{i}" for i, one in enumerate(targets)]
                if name in plain:
                    yield scope, plain
                    break

    def _from_module(self, name: str) -> None:
        if name not in self.house.kept or isinstance(self.space[name], STANDING_IN):
            raise Unplayed(name)

    def _from_forward(self, name: str, among: Sequence[str]) -> None:
        """The outputs of a forward pass, under a name that says no more than that they are outputs."""
        given = any(n != name and kind_of(n) == "targets" for n in among)
        cached = CACHES.fullmatch(name)
        if not (cached or OUTPUTS.fullmatch(name) or given and name.lower() in ("y", "a", "o")):
            raise Unplayed(name)
        self._forward()
        where = _beside(self.outputs) if cached else self.outputs
        if not where:
            raise Unplayed(name)
        self.guessed = True
        self.run(f"{name} = {where}")

    def _from_data(self, name: str) -> None:
        kind = kind_of(name)
        if self.outputs and re.fullmatch(KINDS["upstream"], name.lower()):
            if "T" not in self.bound:
                outputs = np.asarray(eval(self.outputs, self.space))
                self.data["T"] = self.space["T"] = self.drawn.targets_like(outputs)
                self.by_outputs = True
            self.guessed = True
            self.run(f"{name} = {self.outputs} - T")
        elif kind and kind != "upstream":
            self.data[name] = self.drawn.of_kind(kind)
            self.space[name] = copied(self.data[name])
        else:
            raise Unplayed(name)

    def _from_drawn(self, name: str) -> None:
        """Parameters that nothing in the module makes."""
        if PARAMETERS.fullmatch(name) and (keys := self._keys(name)):
            self.data[name] = {key: self.drawn.parameter(key, keys) for key in keys}
        elif name in (names := self._all_parameters()):
            self.data[name] = self.drawn.parameter(name, names)
            self.guessed = True
        else:
            raise Unplayed(name)
        self.space[name] = copied(self.data[name])

    def _keys(self, name: str) -> list[str]:
        """Keys of weights that functions with a parameter of this name speak of."""
        scopes = (s.node for s in self.house.scopes.values() if name in required(s.node))
        said = (n.value for node in scopes for n in ast.walk(node) if isinstance(n, ast.Constant))
        return list(dict.fromkeys(k for k in said if type(k) is str and is_parameter(k)))

    def _all_parameters(self) -> list[str]:
        """Its parameters that sound like weights and biases, among those of the function that takes most beside them."""
        scopes = (s.node for s in self.house.scopes.values() if is_forward(s.node))
        every = [[n for n in required(node) if is_parameter(n)] for node in scopes]
        mine = [n for n in required(self.piece.node) if is_parameter(n)]
        wider = [names for names in every if set(mine) <= set(names)]
        most = max((len(names) for names in wider), default=0)
        found = next((names for names in wider if len(names) == most), mine)
        return list(dict.fromkeys(found))

    def _named(self, scope: Scope) -> str:
        """How a piece is called by name, with its own parameters' names."""
        owner = self.house.class_of(scope)
        args = [*required(scope.node, method=bool(owner)), *self._settings(scope)]
        name = f"{OBJECT}.{scope.name.rpartition('.')[2]}" if owner else scope.name
        return f"{name}({', '.join(args)})"

    def _settings(self, scope: Scope | None) -> list[str]:
        """Smaller sizes than the default ones, targets that need not be given, penalties that are 0 by default."""
        found = []
        for name, default in optional(scope.node) if scope else ():
            kind, value = kind_of(name), number_in(default)
            none = isinstance(default, ast.Constant) and default.value is None
            if (
                kind in ("in", "hidden", "out")
                and value
                and value > LARGE
                or kind == "decay"
                and value == 0
            ):
                found.append(f"{name}={self.drawn.of_kind(kind)}")
            elif kind == "targets" and none:
                self.need(name)
                found.append(f"{name}={name}")
        return found

    def _running(self, text: str, scope: Scope) -> Callable[[], Statement]:
        """Running a call of a piece with what its parameters' names stand for."""

        def run() -> Statement:
            self._needed(scope)
            return self.run(text)

        return run

    def _needed(self, scope: Scope) -> None:
        """See to it that there is all that a call of a piece needs."""
        owner = self.house.class_of(scope)
        if owner:
            self._object()
        names = required(scope.node, method=bool(owner))
        for name in sorted(names, key=lambda n: kind_of(n) in ("inputs", "targets")):
            self.need(name, None, names)

    def _object(self) -> None:
        """Make the object whose method is called: by the names of its parameters, or as the module makes it."""
        if OBJECT in self.bound:
            return
        ways: list[Callable[[], Any]] = [self._constructed, self._constructed_of_lists]
        ways += map(self._made_as_in, self.house.callers(self.owner)[:1])
        if not any(self.attempt(way) for way in ways):
            raise Unplayed(self.owner)

    def _constructed_of_lists(self) -> None:
        self.drawn.lists = True
        self._constructed()

    def _made_as_in(self, caller: Caller) -> Callable[[], Statement]:
        made = assignment(OBJECT, caller.call)
        return lambda: self.run(self._as_written(made, caller))

    def _constructed(self) -> None:
        maker = self.house.methods(self.owner).get("__init__")
        names = required(maker.node, method=True) if maker else []
        for name in names:
            self.need(name, None, names)
        self.run(f"{OBJECT} = {self.owner}({', '.join([*names, *self._settings(maker)])})")

    def _forward(self) -> None:
        """Make a forward pass, and find its outputs by the shape that is due."""
        if self.outputs:
            return
        scopes = self.house.methods(self.owner) if self.owner else self.house.functions()
        for name, scope in scopes.items():
            if scope is self.piece or not FORWARD.fullmatch(name):
                continue
            if self.attempt(lambda: self._outputs_of(scope)):  # noqa: B023
                return

    def _outputs_of(self, scope: Scope) -> None:
        self._running(f"outputs = {self._named(scope)}", scope)()
        value = self.space["outputs"]
        self.outputs = "" if value is None else "outputs"
        if type(value) in (tuple, list) and numbers_of(value) is None:
            due = np.shape(self.drawn.of_kind("targets"))
            fitting = [i for i, one in enumerate(value) if getattr(one, "shape", None) == due]
            self.outputs = f"outputs[{fitting[-1]}]" if fitting else ""


def _beside(outputs: str) -> str:
    """Where a forward pass gives what it keeps, beside outputs[0] or outputs[1]; it may be all that it gives."""
    other = {"outputs[0]": "outputs[1]", "outputs[1]": "outputs[0]"}
    return other.get(outputs, outputs and "outputs")


def _is_code(value: Any) -> bool:
    code = callable(value) or isinstance(value, ModuleType)
    return code and not isinstance(value, STANDING_IN)
