"""From what names stand for to a play: the call of a piece, its losses, and a step against each gradient that it gave."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from . import faults
from .givings import Unknown
from .inventory import ONE_STEP
from .loops import Scope
from .play import Play, Statement, Stop, Unplayed, text_of
from .play_forms import RATE, DataForm, is_parameter, kind_of
from .play_house import (
    OBJECT,
    Caller,
    PlayHouse,
    assignment,
    called_in,
    required,
    returned,
    returned_names,
)
from .play_names import FORWARD, OUTPUTS, PlayNames
from .play_steps import pairs, root, spreads, word
from .slots import Leaf, differs
from .standin import MissingModule, StandIn

MOST_LOSSES = 2
LOSSES = re.compile(r"\w*(loss|cost|criterion|objective|nll|entropy|likelihood)\w*", re.I)
GRADIENTS = re.compile(r"grad|back_?prop|backward|bprop|delta|nabla", re.I)


class PlayWriter(PlayNames):
    """The play of one piece in one form of data."""

    def __init__(self, house: PlayHouse, form: DataForm, piece: Scope) -> None:
        super().__init__(house, form, piece)
        self.stepped: list[Statement] = []
        self.stops: list[Stop] = []
        self.made: dict[str, Leaf] = {}  # what an object holds before its first call

    def play(self, number: int, caller: Caller | None) -> Play:
        """The play that ends with the call of the piece; raise Unplayed where there is none."""
        if number >= 0:
            self._needed(self.piece)
            return Play(
                tuple(self.data.items()),
                text_of(self.lines),
                self._named(self.piece),
                single=self.form.single,
            )
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
        self, before: dict[str, Leaf], known: set[str], line: Statement, number: int
    ) -> set[str]:
        """The names of what holds the parameters: what the call changed, or the gradients that it gave would change."""
        after = self.house.look().leaves
        changed = {
            p for p, leaf in before.items() if p in after and differs(leaf.saved, after[p].saved)
        }
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
        once: list[Statement] = []
        wanted = set(roots)
        for line in reversed(self.lines):
            if line.binds & wanted and not line.needs & line.binds & wanted:
                wanted |= line.needs
                once.insert(0, line)
        turn = [line for line in (*self.lines, *self.stepped) if line not in once]
        return Play(
            tuple(self.data.items()),
            text_of(once),
            text_of(turn),
            self.by_outputs,
            RATE if self.stepped else 0.0,
            self.form.single,
        )

    def _stopped(self, error: BaseException) -> None:
        """Note an error of the piece itself, where it was called as its forward pass and its module say."""
        line = _line_in(error, self.piece.node)
        if not line or self.guessed or _only_of_what_is_handed(self.piece.node, line):
            return
        spoken = {n.id for n in ast.walk(self.piece.node) if isinstance(n, ast.Name)}
        if any(type(self.space.get(name)) in (StandIn, MissingModule, Unknown) for name in spoken):
            return  # what stands in for a library may be of any shape
        self.attempt(self._forward)
        wanted = required(self.piece.node, method=bool(self.owner))
        targets: list[Any] = [self.space.get(n) for n in wanted if kind_of(n) == "targets"]
        shapes = [getattr(self.space.get(n), "shape", ()) for n in self.bound - set(self.data)]
        if self.outputs:
            shapes.append(np.shape(eval(self.outputs, self.space)))
        if any(np.ndim(t) == 2 and np.shape(t) in shapes for t in targets):
            message = faults.message(error)[:300]
            self.stops.append(Stop(line, faults.name(error), message, self.form))

    def _forward_first(self) -> None:
        """A method that does not go forward itself is called after one that does."""
        last = self.piece.name.rpartition(".")[2]
        methods = self.house.methods(self.owner)
        reached = any(n in methods and FORWARD.fullmatch(n) for n in called_in(self.piece.node))
        if not (FORWARD.fullmatch(last) or reached):
            self._forward()

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

    def _steps(
        self,
        before: dict[str, Leaf],
        after: dict[str, Leaf],
        changed: Collection[str],
        line: Statement,
        number: int,
    ) -> set[str]:
        """A step against each gradient that was given; the names of what is changed by that."""
        ours = {n for n, v in self.data.items() if type(v) is not dict and not is_parameter(n)}
        given = {
            path: leaf
            for path, leaf in after.items()
            if path not in before or path in changed or root(path) in line.binds
        }
        names = self._names_of_learnt()
        held = {
            path: leaf
            for path, leaf in before.items()
            if path not in given
            and root(path) not in ours | line.binds
            and leaf.saved.dtype.kind in "fi"
            and self._may_be_learnt(path, leaf, names)
        }
        said = GRADIENTS.search(self.piece.name)
        if number == ONE_STEP and not said:  # what a step gives may be new parameters
            given = {path: leaf for path, leaf in given.items() if GRADIENTS.search(root(path))}
        found = list(pairs(held, given, returned_names(self.piece.node)))
        if left := _left_out(held, [parameter for parameter, _ in found]):
            raise Unplayed(f"it gives no gradient of {left}")
        roots = set()
        strict = any(p.saved.shape == g.saved.shape for p, g in found if 1 in p.saved.shape)
        for parameter, gradient in found:
            p, g = parameter.path, gradient.path
            if parameter.saved.shape != gradient.saved.shape:
                if strict and spreads(gradient.saved.shape, parameter.saved.shape):
                    self.run(f"{p} = {p} - {RATE} * {g}")
                    self.stepped.append(self.lines.pop())
                    continue
                g = f"{g}.reshape({p}.shape)"
            in_place = isinstance(parameter.value, np.ndarray) and parameter.saved.dtype.kind == "f"
            if isinstance(gradient.value, list):
                self.run(f"{p} = {_entry_by_entry(p, g, gradient.saved.ndim)}")
            else:
                self.run(f"{p} -= {RATE} * {g}" if in_place else f"{p} = {p} - {RATE} * {g}")
            self.stepped.append(self.lines.pop())
            roots.add(root(p))
        return roots

    def _may_be_learnt(self, path: str, leaf: Leaf, names: Collection[str]) -> bool:
        """Is it no value of the forward pass, and has no axis of samples?"""
        if self.owner:
            return path in self.made and not differs(leaf.saved, self.made[path].saved)
        return root(path) in names and self.form.samples not in leaf.saved.shape

    def _names_of_learnt(self) -> set[str]:
        """Names that the play, or what it calls, speaks of, without data and what is worked out from parameters."""
        needed = {name for line in self.lines for name in line.needs}
        scopes = [s.node for n, s in self.house.scopes.items() if n in needed]
        nodes = (n for scope in (self.piece.node, *scopes) for n in ast.walk(scope))
        spoken = needed | self.bound | {n.id for n in nodes if isinstance(n, ast.Name)}
        drawn = {n for n, v in self.data.items() if type(v) is dict or is_parameter(n)}
        tables = {n for line in self.lines for n in line.binds if type(self.space.get(n)) is dict}
        derived = (line.binds for line in self.lines if line.needs & (drawn | tables))
        names = spoken.difference(*derived)
        return {n for n in names if kind_of(n) not in ("inputs", "targets")}


def _entry_by_entry(parameter: str, gradient: str, axes: int) -> str:
    """A step against a gradient in lists, which a module may keep without NumPy."""
    if not axes:
        return f"{parameter} - {RATE} * {gradient}"
    p, g = f"p{axes}", f"g{axes}"
    inside = _entry_by_entry(p, g, axes - 1)
    return f"[{inside} for {p}, {g} in zip({parameter}, {gradient})]"


def _left_out(held: Mapping[str, Leaf], paired: Sequence[Leaf]) -> str:
    """A parameter without a gradient, though others have one; velocities beside them are none."""
    shapes = {leaf.saved.shape for leaf in paired}
    known = {leaf.path for leaf in paired}
    for path, leaf in held.items():
        learnt = leaf.saved.ndim > 1 or leaf.saved.ndim == 1 and is_parameter(word(path, ()))
        if paired and learnt and path not in known and leaf.saved.shape not in shapes:
            return path
    return ""


def _line_in(error: BaseException, node: Any) -> int:
    """The line at which an error came about, if that stands in this function itself."""
    if not isinstance(error, ValueError | TypeError):
        return 0
    lines = [e.tb_lineno or 0 for e in faults.entries(error)]
    return lines[-1] if lines and node.lineno <= lines[-1] <= (node.end_lineno or 0) else 0


def _only_of_what_is_handed(node: Any, line: int) -> bool:
    """Does the statement of a line put nothing together but parameters, whose sizes were ours?"""
    statements = [n for n in ast.walk(node) if isinstance(n, ast.stmt) and n is not node]
    around = [n for n in statements if n.lineno <= line <= (n.end_lineno or n.lineno)]
    parts = [part for n in around[-1:] for part in ast.walk(n)]
    read = {n.id for n in parts if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    held = any(isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == "self" for n in parts)
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    made = {n.id for n in names if isinstance(n.ctx, ast.Store)} - {a.arg for a in node.args.args}
    return not held and not read & made
