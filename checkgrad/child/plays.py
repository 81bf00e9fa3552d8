"""Plays: how the pieces of a module that it never runs itself are called one after the other, as source text.

A piece is a loop that nothing reaches, a function that takes one step of a training, or one that gives gradients. A
play is found backwards from its call, by running: what a name holds is what its own caller assigns to it, else what
a function that returns it by this name gives, else what the module holds, else small data of ours; parameters that
nothing makes are drawn. A form of data is tried only where something is asked that it says.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import process_time
from types import ModuleType
from typing import Any

import numpy as np

from . import faults
from .givings import STANDING_IN
from .inventory import ONE_STEP
from .loops import Scope
from .play_forms import FORMS, KINDS, RATE, Drawn, Form, is_parameter, kind_of
from .play_house import (
    OBJECT,
    Caller,
    House,
    assignment,
    called_in,
    is_forward,
    number_in,
    optional,
    required,
    returned,
    returned_names,
)
from .play_steps import differs, pairs, root
from .slots import Leaf, numbers_of

SECONDS = 2.0
MOST_PRODUCERS, MOST_SIZES, MOST_LOSSES, MOST_ERRORS = 3, 4, 2, 3
LARGE = 20  # a size that a smaller one is given in place of
PLACE = "<play>"
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
GRADIENTS = re.compile(r"grad|back_?prop|backward|bprop|delta|nabla", re.I)
LOSSES = re.compile(r"\w*(loss|cost|criterion|objective|nll|entropy|likelihood)\w*", re.I)
SOURCES = re.compile(
    r"\w*(load|read|fetch|download|split|batch|open|plot|show|print|test|check|numeric)\w*", re.I
)


@dataclass(frozen=True)
class Play:
    """What is put into the module, what is run once, and the turn.

    by_outputs: is the piece handed the slope of a squared error of outputs, for it takes no targets? rate: of the steps,
    where these are ours; 0 where they are the module's own. single: is it one sample, which tells nothing of factors?
    """

    data: tuple[tuple[str, Any], ...]
    before: str
    turn: str
    by_outputs: bool = False
    rate: float = 0.0
    single: bool = False

    def begin(self, space: dict[str, Any]) -> None:
        """Put the data into a module, and run what comes before the turn."""
        space.update((name, _copied(value)) for name, value in self.data)
        exec(compile(self.before, PLACE, "exec", dont_inherit=True), space)

    def turn_in(self, space: dict[str, Any]) -> None:
        """Run the turn."""
        exec(compile(self.turn, PLACE, "exec", dont_inherit=True), space)

    @property
    def kind(self) -> tuple[object, ...]:
        """What is the same of plays that show the same."""
        shapes = [(n, np.shape(v) if type(v) is not dict else (), type(v)) for n, v in self.data]
        return (self.before, self.turn, *shapes)


@dataclass(frozen=True)
class Stop:
    """An error of a piece itself, after a forward pass that gave outputs of the shape of the targets."""

    where: int  # its line
    error: str
    message: str


class Unplayed(Exception):
    """Why no play was found: a statement that stops, or what nothing gives."""


@dataclass(frozen=True)
class Line:
    """A statement of a play."""

    text: str
    binds: frozenset[str]
    needs: frozenset[str]


class Plays:
    """All plays of a piece. stops: what it stopped with itself, where it was called as everything says."""

    def __init__(self, house: House, name: str, number: int) -> None:
        self.house, self.number = house, number
        self.piece = house.scopes.get(name)
        self.stops: list[Stop] = []
        self.sizes: tuple[int, int] | None = (
            None  # of features and classes, as the code asked for them
        )
        self.until = process_time() + SECONDS

    def found(self) -> Iterator[Play]:
        """The plays, in one form of data after the other."""
        if self.piece is None:
            return
        piece = self.piece
        last = self.piece.name.rpartition(".")[2]
        callers = (*self.house.callers(last, but=self.piece), None)
        known: set[tuple[object, ...]] = set()
        told: set[tuple[object, ...]] = set()
        for form in FORMS:
            for i, caller in enumerate(callers):
                if process_time() > self.until:
                    return
                play = self._in_sizes(piece, form, caller, i, known)
                if play is not None and play.kind not in told:
                    told.add(play.kind)
                    yield play
                if play is not None:
                    break

    def _in_sizes(
        self, piece: Scope, form: Form, caller: Caller | None, number: int, known: set[Any]
    ) -> Play | None:
        """A play in this form, in the sizes that the code goes on to need; *known*: what was tried."""
        if self.sizes:
            features, classes = self.sizes
            several = min(form.classes, classes) > 1
            form = replace(form, features=features, classes=classes if several else form.classes)
        waiting, seen = [form], {form}
        for _ in range(MOST_SIZES):
            if not waiting:
                break
            form = waiting.pop(0)
            if any(
                one[0] == number and all(getattr(form, n) == v for n, v in one[1]) for one in known
            ):
                continue
            self.house.restore()
            script = Script(self.house, form, piece)
            try:
                return script.play(self.number, caller)
            except Unplayed:
                asked = tuple((name, getattr(form, name)) for name in sorted(script.drawn.asked))
                known.add((number, asked))
                self.stops += script.stops
                sized = [new for said in script.errors[:MOST_ERRORS] for new in form.resized(said)]
                if not sized and len(seen) > 1:
                    self.sizes = form.features, form.classes
                new = [one for one in dict.fromkeys(sized) if one not in seen]
                seen |= set(new)
                waiting += new
            finally:
                self.house.restore()
        return None


class Script:
    """The statements of a play, run as they are found."""

    def __init__(self, house: House, form: Form, piece: Scope) -> None:
        self.house, self.form, self.piece = house, form, piece
        self.space = house.space
        self.lines: list[Line] = []
        self.stepped: list[Line] = []
        self.data: dict[str, Any] = {}
        self.busy: set[str] = set()
        self.cycles = 0  # how often a name followed from itself
        self.hopeless: set[tuple[str, Caller | None]] = set()  # what nothing gives
        self.owner = house.class_of(piece)
        self.drawn = Drawn(form, house.tree)
        self.errors: list[str] = []
        self.stops: list[Stop] = []
        self.by_outputs = False
        self.guessed = False  # is something given that only a name speaks for?
        self.made: dict[str, Leaf] = {}  # what an object holds before its first call
        self.outputs = ""  # where outputs stand, once a forward pass was made

    # ---- the whole

    def play(self, number: int, caller: Caller | None) -> Play:
        """The play that ends with the call of the piece; raise Unplayed where there is none."""
        if number >= 0:
            self._needed(self.piece)
            return Play(tuple(self.data.items()), _text(self.lines), self._named(self.piece))
        if self.owner:
            self._object()
            made = self.house.look().leaves
            self.made = {path: leaf for path, leaf in made.items() if root(path) == OBJECT}
            self._forward_first()
        text = self._call(caller, number)
        self._losses()
        known = self.bound | set(self.house.kept)
        before = self.house.look().leaves
        try:
            line = self.run(text)
        except Unplayed as error:
            if error.__cause__ is not None:
                self._stopped(error.__cause__)
            raise
        return self._divided(self._changed(before, known, line, number))

    def _changed(
        self, before: dict[str, Leaf], known: set[str], line: Line, number: int
    ) -> set[str]:
        """The names of what holds the parameters: what the call changed, or the gradients that it gave would change."""
        after = self.house.look().leaves
        changed = {p for p, leaf in before.items() if p in after and differs(leaf, after[p])}
        rebound = line.binds & line.needs & known
        own = {root(p) for p in changed} - line.binds | rebound
        roots = own if number == ONE_STEP else set()
        if not roots:
            roots = self._steps(before, after, changed, line, number) or own
        if not roots:
            raise Unplayed("it gives no gradients of anything")
        return roots

    def _divided(self, roots: set[str]) -> Play:
        """What makes the parameters is run once, all else is the turn."""
        once: list[Line] = []
        wanted = set(roots)
        for line in reversed(self.lines):
            if line.binds & wanted and not line.needs & line.binds & wanted:
                wanted |= line.needs
                once.insert(0, line)
        turn = [line for line in (*self.lines, *self.stepped) if line not in once]
        return Play(
            tuple(self.data.items()),
            _text(once),
            _text(turn),
            self.by_outputs,
            RATE if self.stepped else 0.0,
            self.form.single,
        )

    def _stopped(self, error: BaseException) -> None:
        """Note an error of the piece itself, where it was called as its forward pass and its module say."""
        line = _line_in(error, self.piece.node)
        if not line or self.guessed:
            return
        self.attempt(self._forward)
        wanted = required(self.piece.node, method=bool(self.owner))
        targets: list[Any] = [self.space.get(n) for n in wanted if kind_of(n) == "targets"]
        shapes = [getattr(self.space.get(n), "shape", ()) for n in self.bound - set(self.data)]
        if self.outputs:
            shapes.append(np.shape(eval(self.outputs, self.space)))
        if any(np.ndim(t) == 2 and np.shape(t) in shapes for t in targets):
            self.stops.append(Stop(line, faults.name(error), faults.message(error)[:300]))

    # ---- statements

    def run(self, text: str) -> Line:
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
        self.lines.append(Line(text, binds, needs))
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

    # ---- names

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
            self.space[name] = _copied(self.data[name])
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
        self.space[name] = _copied(self.data[name])

    def _keys(self, name: str) -> list[str]:
        """Keys of weights that functions with a parameter of this name speak of."""
        scopes = (s.node for s in self.house.scopes.values() if name in required(s.node))
        said = (n.value for node in scopes for n in ast.walk(node) if isinstance(n, ast.Constant))
        return list(dict.fromkeys(k for k in said if type(k) is str and is_parameter(k)))

    def _all_parameters(self) -> list[str]:
        """Parameters of functions that sound like weights and biases, in the order of the source."""
        mine = required(self.piece.node)
        others = (required(s.node) for s in self.house.scopes.values() if is_forward(s.node))
        shared = (names for names in others if set(names) & set(mine))
        names = [n for one in (mine, *shared) for n in one]
        return [n for n in dict.fromkeys(names) if is_parameter(n)]

    # ---- calls

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

    def _running(self, text: str, scope: Scope) -> Callable[[], Line]:
        """Running a call of a piece with what its parameters' names stand for."""

        def run() -> Line:
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

    def _made_as_in(self, caller: Caller) -> Callable[[], Line]:
        made = assignment(OBJECT, caller.call)
        return lambda: self.run(self._as_written(made, caller))

    def _constructed(self) -> None:
        maker = self.house.methods(self.owner).get("__init__")
        names = required(maker.node, method=True) if maker else []
        for name in names:
            self.need(name, None, names)
        self.run(f"{OBJECT} = {self.owner}({', '.join([*names, *self._settings(maker)])})")

    def _forward_first(self) -> None:
        """A method that does not go forward itself is called after one that does."""
        last = self.piece.name.rpartition(".")[2]
        methods = self.house.methods(self.owner)
        reached = any(n in methods and FORWARD.fullmatch(n) for n in called_in(self.piece.node))
        if not (FORWARD.fullmatch(last) or reached):
            self._forward()

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

    def _losses(self) -> None:
        """Losses of the module that can be asked with what there is."""
        found = 0
        scopes = self.house.methods(self.owner) if self.owner else self.house.functions()
        for name, scope in scopes.items():
            wanted = LOSSES.fullmatch(name) and scope is not self.piece and returned(scope.node)
            if not wanted or found == MOST_LOSSES:
                continue
            names = required(scope.node, method=bool(self.owner))
            plain = ("inputs", "targets", "decay")
            if all(n in self.bound or kind_of(n) in plain or OUTPUTS.fullmatch(n) for n in names):
                text = f"loss_{found} = {self._named(scope)}"
                found += self.attempt(self._running(text, scope))

    def _call(self, caller: Caller | None, number: int) -> str:
        """The call of the piece itself, all that it needs there."""
        if caller is not None:
            statement = caller.statement
            whole = isinstance(statement, ast.Assign | ast.Expr) and statement.value is caller.call
            return self._as_written(
                statement if whole else assignment("gradients", caller.call), caller
            )
        self._needed(self.piece)
        learnt = [n for n in required(self.piece.node) if is_parameter(n)]
        names = returned_names(self.piece.node)
        if number == ONE_STEP and not self.owner and learnt and len(names) == len(learnt):
            return f"{', '.join(learnt)} = {self._named(self.piece)}"
        if names and all(names):
            return f"{', '.join(one.strip('_') for one in names)} = {self._named(self.piece)}"
        return ("gradients = " if returned(self.piece.node) else "") + self._named(self.piece)

    # ---- steps

    def _steps(
        self,
        before: dict[str, Leaf],
        after: dict[str, Leaf],
        changed: Collection[str],
        line: Line,
        number: int,
    ) -> set[str]:
        """A step against each gradient that was given; the names of what is changed by that."""
        ours = {n for n, v in self.data.items() if type(v) is not dict and not is_parameter(n)}
        given = {
            path: leaf
            for path, leaf in after.items()
            if path not in before or path in changed or root(path) in line.binds
        }
        held = {
            path: leaf
            for path, leaf in before.items()
            if path not in given
            and root(path) not in ours | line.binds
            and leaf.saved.dtype.kind in "fi"
            and self._may_be_learnt(path, leaf)
        }
        said = GRADIENTS.search(self.piece.name)
        if number == ONE_STEP and not said:  # what a step gives may be new parameters
            given = {path: leaf for path, leaf in given.items() if GRADIENTS.search(root(path))}
        found = list(pairs(held, given, returned_names(self.piece.node)))
        if left := _left_out(held, [parameter for parameter, _ in found]):
            raise Unplayed(f"it gives no gradient of {left}")
        roots = set()
        for parameter, gradient in found:
            p, g = parameter.path, gradient.path
            if parameter.saved.shape != gradient.saved.shape:
                g = f"{g}.reshape({p}.shape)"
            in_place = isinstance(parameter.value, np.ndarray) and parameter.saved.dtype.kind == "f"
            self.run(f"{p} -= {RATE} * {g}" if in_place else f"{p} = {p} - {RATE} * {g}")
            self.stepped.append(self.lines.pop())
            roots.add(root(p))
        return roots

    def _may_be_learnt(self, path: str, leaf: Leaf) -> bool:
        """Is it no value of the forward pass, and has no axis of samples?"""
        name = root(path)
        if self.owner:
            return path in self.made and not differs(leaf, self.made[path])
        if name not in self.mentioned:
            return False
        derived = any(name in line.binds and line.needs & self.parameters for line in self.lines)
        return not derived and self.form.samples not in leaf.saved.shape

    @property
    def mentioned(self) -> set[str]:
        """What the play itself speaks of, and the functions that it calls."""
        called = {name for line in self.lines for name in line.needs}
        scopes = [s.node for n, s in self.house.scopes.items() if n in called]
        nodes = (n for scope in (self.piece.node, *scopes) for n in ast.walk(scope))
        return called | self.bound | {n.id for n in nodes if isinstance(n, ast.Name)}

    @property
    def parameters(self) -> set[str]:
        """Drawn parameters, and names of what holds arrays without an axis of samples."""
        drawn = {n for n, v in self.data.items() if type(v) is dict or is_parameter(n)}
        made = {n for line in self.lines for n in line.binds if type(self.space.get(n)) is dict}
        return drawn | made


def _left_out(held: Mapping[str, Leaf], paired: Sequence[Leaf]) -> str:
    """A parameter without a gradient, though others have one; velocities beside them are none."""
    shapes = {leaf.saved.shape for leaf in paired}
    known = {leaf.path for leaf in paired}
    for path, leaf in held.items():
        last = re.findall(r"[A-Za-z_]\w*", path)[-1]
        learnt = leaf.saved.ndim > 1 or leaf.saved.ndim == 1 and is_parameter(last)
        if paired and learnt and path not in known and leaf.saved.shape not in shapes:
            return path
    return ""


def _beside(outputs: str) -> str:
    """Where a forward pass gives what it keeps, beside outputs[0] or outputs[1]; it may be all that it gives."""
    other = {"outputs[0]": "outputs[1]", "outputs[1]": "outputs[0]"}
    return other.get(outputs, outputs and "outputs")


def _text(lines: Sequence[Line]) -> str:
    return "\n".join(line.text for line in lines)


def _copied(value: Any) -> Any:
    """The same numbers in arrays of their own."""
    if type(value) is dict:
        return {key: _copied(one) for key, one in value.items()}
    return np.array(value) if isinstance(value, np.ndarray) else value


def _is_code(value: Any) -> bool:
    code = callable(value) or isinstance(value, ModuleType)
    return code and not isinstance(value, STANDING_IN)


def _line_in(error: BaseException, node: Any) -> int:
    """The line at which an error came about, if that stands in this function itself."""
    if not isinstance(error, ValueError | TypeError):
        return 0
    lines = [e.tb_lineno or 0 for e in faults.entries(error)]
    return lines[-1] if lines and node.lineno <= lines[-1] <= (node.end_lineno or 0) else 0
