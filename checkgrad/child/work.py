"""Watched runs in the worker: of steps on a watched copy of the submission, or of a file's own work as a script.

What is asked for stands first in a request's *watch*:

    ("tables",)                 the nodes, loops and assignments of every file
    ("steps", fresh, watch)     the request's steps on the watched copy, which is loaded anew where *fresh*
    ("operate", fresh, operations, seconds)    the same with a packed `operate.Operations`
    ("script", file, watch)     the file's statements as `__main__`, each import loaded anew; then the steps, on what it left
    ("bench", file, loop, leave, experiments, slots, play)  the same up to a loop, one of whose turns is run under each experiment
                                (see `bench`); where the work does not come to it, the play leads to it (see `plays`)
    ("plays", file, leave, name, number, sizes)  the plays of a piece, as of a TrainingLoop, first with so many features and classes
    ("let run", file, leave, name, number, operations)  the first play of a piece that stops, under each operation
    ("texts", file, numbers)    where nodes stand, and what they say

*watch* is a packed `wanted.Watch`. Numbers of nodes and loops run on from file to file, in the order of loading.
"""

from __future__ import annotations

import ast
import contextlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

import numpy as np

from . import faults, operate
from .bench import EARLIER, Bench, Enough
from .data_sizes import DataSizes
from .experiment import experiment_of
from .givings import Giver
from .in_place import in_place
from .loops import named_by_line
from .on_bench import asides, on_bench
from .operate import Operator
from .perform import GivenValues, filled
from .play import Play
from .play_house import PlayHouse
from .plays import Plays
from .request import Request
from .runs import QUICK, WatchedModules, compiled, own_modules
from .statements import stand_in
from .wanted import Watch, unpacked
from .watch import Hook

LONGEST_TEXT = 2000
MOST_FORMS = 2  # of data, in which a piece is called that stops
LARGE = 200_000  # numbers of a slot that is told: tables of which parts are used are larger


class Workshop(WatchedModules):
    """Performs watched requests."""

    def perform(self, request: Request, given: GivenValues) -> Any:
        """What a watched request gives, as plain values."""
        what, *rest = filled(request.watch, given)
        if not self.files:
            for file in list(self.plain.parsed):
                self.rewritten(file)
        if what == "tables":
            return self.tables()
        if what == "operate":
            fresh, operations, seconds = rest
            made = operate.unpacked(operations)
            return self.steps(fresh, lambda own: Operator(made, seconds, own), request, given)
        if what == "bench":
            return self.bench(*rest)
        if what == "plays":
            return self.plays(*rest)
        if what == "let run":
            return self.let_run(*rest)
        if what == "texts":
            return self.texts(*rest)
        where, packed = rest
        watch = unpacked(packed)
        if what == "script":
            return self.script(where, watch, request, given)
        return self.steps(
            where, lambda own: Hook(watch, own, self.count, self.light), request, given
        )

    def tables(self) -> Any:
        """All nodes in columns, all loops and assignments: numbers as an array, texts as lists."""
        nodes = [node for one in self.files.values() for node in one.nodes]
        loops = [loop for one in self.files.values() for loop in one.loops]
        assigned = [a for one in self.files.values() for a in one.assignments]
        return {
            "nodes": columns(nodes),
            "loops": columns(loops),
            "assignments": columns(assigned),
        }

    def texts(self, file: str, numbers: tuple[int, ...]) -> list[tuple[str, str]]:
        """Where nodes stand, and their texts; of those in another file than this one with its name."""
        found = []
        for k in numbers:
            here = next((one for one in self.files.items() if k in one[1].numbers), None)
            if here is None:
                found.append(("", ""))
                continue
            node = here[1].nodes[k - here[1].first]
            where = self.plain.documents[here[0]].where(node.line)
            elsewhere = f" of {here[0]}" if here[0] != file else ""
            found.append((where + elsewhere, node.text[:300]))
        return found

    # ---- turns of loops

    def bench(
        self,
        file: str,
        loop: int,
        leave: tuple[int, ...],
        experiments: tuple[Any, ...],
        slots: bool,
        play: tuple[Any, ...],
    ) -> Any:
        """What the experiments on a loop of a file's own work tell; loops are numbered in their file."""
        reply = {"problem": "", "instead": [], "slots": [], "turns": [], "ran": [], "length": -1}
        if not experiments:  # a request of its own, for this takes its time
            for way in self.ways_to(file):
                self.sizes_of(way)
            return reply
        number = self.first_loop(file) + loop if loop >= 0 else loop
        for way in [file] if play else self.ways_to(file):
            if not play and (way, file, loop) in self.missed:
                reply["problem"] = reply["problem"] or self.missed[way, file, loop]
                continue
            giver = Giver(self.sizes_of(way))
            with self.on_the_way(way, file, leave, experiments, giver) as bench:
                problem = self.to_the_bench(way, file, number, bench)
                if play and not bench.turns:
                    problem = self.played(bench, Play(*play), whole=loop < 0)
            if bench.turns or play:
                told = self.told_of(file, bench, slots)
                return {"problem": problem, "instead": [*giver.gave, *giver.helped], **told}
            self.missed[way, file, loop] = problem
            reply["problem"] = reply["problem"] or problem
        return reply

    def told_of(self, file: str, bench: Bench, slots: bool) -> dict[str, Any]:
        """What the turns of a loop of *file* did; with *slots*, what was there before, and which functions ran."""
        leaves = bench.state.leaves.values() if bench.state and slots else ()
        where, beside = self.plain.documents[file].where, asides(self.plain.parsed[file].tree)
        return {
            "slots": [leaf.as_data() for leaf in leaves if leaf.saved.size <= LARGE],
            "turns": [turn.as_data(where, beside) for turn in bench.turns],
            "ran": sorted(self.functions_of(bench.touched)) if slots else [],
            "length": bench.length,
        }

    def functions_of(self, nodes: set[int]) -> set[str]:
        """The names of the functions in which nodes stand."""
        found: set[str] = set()
        for file, rewritten in self.files.items():
            mine = [k for k in nodes if k in rewritten.numbers]
            lines = {rewritten.nodes[k - rewritten.first].line for k in mine}
            found |= set(named_by_line(self.plain.parsed[file].tree, lines))
        return found

    def ways_to(self, file: str) -> list[str]:
        """The files whose own work may come to what stands in one: itself, then what is graded and what uses that."""
        return list(dict.fromkeys((file, *self.plain.works)))

    @contextmanager
    def on_the_way(
        self,
        way: str,
        file: str,
        leave: tuple[int, ...],
        experiments: tuple[Any, ...],
        giver: Giver,
    ) -> Iterator[Bench]:
        """A bench in a new `__main__`, on a *way* that is a file's own work; loops to *leave* are numbered in their file."""
        first = self.first_loop(file)
        with self.inside(), self.as_main(way) as module, in_place(giver, self.builtins):
            self.begin(lambda own: Hook(Watch(), own, self.count))
            made = [experiment_of(one) for one in experiments]
            names = {*self.names, *own_modules()}
            bench = Bench(
                made, self.rewritten(file), lambda: {*names, *own_modules()}, self.failure
            )
            bench.leave = dict.fromkeys((first + n for n in leave), EARLIER)
            bench.space = module.__dict__
            self.builtins.update(bench.names())
            yield bench
            self.imported_on_bench = None

    def first_loop(self, file: str) -> int:
        """The number of a file's first loop among all."""
        return next((loop.number for loop in self.rewritten(file).loops), 0)

    def to_the_bench(self, way: str, file: str, loop: int, bench: Bench) -> str:
        """Run the own work of a file, until the bench that a loop of this or another one is on has had enough; the last error
        on the way."""
        problem = ""
        self.imported_on_bench = (file, loop) if way != file else None
        for statement, code in self.benched(way, loop if way == file else -1):
            try:
                with np.errstate(all="ignore"):
                    exec(code, bench.space)
            except Enough:
                break
            except BaseException as error:
                problem = faults.name_and_message(error)[:300]
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    module = sys.modules["__main__"]
                    stand_in(statement, module, self.plain.libraries)
        return problem

    def played(self, bench: Bench, play: Play, whole: bool) -> str:
        """Let a play lead to the bench, or where *whole*, be the turn. What went wrong."""
        space = bench.space
        try:
            with np.errstate(all="ignore"):
                play.begin(space)
                while whole and bench.more(space):
                    with contextlib.suppress(Exception):
                        try:
                            play.turn_in(space)
                        finally:
                            bench.done(space)
                play.turn_in(space)
        except Enough:
            pass
        except BaseException as error:
            return faults.name_and_message(error)[:300]
        return ""

    def plays(
        self, file: str, leave: tuple[int, ...], name: str, number: int, sizes: tuple[int, int]
    ) -> Any:
        """The plays of a piece, found on what the file's own work leaves; or what it stops with in all of them."""
        with self.on_the_way(file, file, leave, (), Giver(self.sizes_of(file))) as bench:
            self.to_the_bench(file, file, -1, bench)
            house = PlayHouse(self.plain.parsed[file].tree, bench.space, bench.own)
            plays, found = Plays(house, name, number, sizes), []
            with contextlib.suppress(Enough):
                found = [tuple(play) for play in plays.found()]
        where = self.plain.documents[file].where
        stops = [(where(s.where), s.error, s.message, s.where) for s in plays.stops]
        return {"plays": found, "stops": [] if found else stops}

    def let_run(
        self,
        file: str,
        leave: tuple[int, ...],
        name: str,
        number: int,
        operations: tuple[Any, ...],
    ) -> Any:
        """Of a piece that stops in every form, the first play under each of some operations, None where it still stops."""
        found: list[Any] = []
        with self.on_the_way(file, file, leave, (), Giver(self.sizes_of(file))) as bench:
            self.to_the_bench(file, file, -1, bench)
            house = PlayHouse(self.plain.parsed[file].tree, bench.space, bench.own)
            stopped = Plays(house, name, number)
            with contextlib.suppress(Enough):
                any(stopped.found())
            forms = list(dict.fromkeys(stop.form for stop in stopped.stops))[:MOST_FORMS]
            for one in operations:
                play = None
                with contextlib.suppress(Enough), bench.operated(one):
                    play = next(Plays(house, name, number).found(forms), None)
                house.restore()
                found.append(play and tuple(play))
        return found

    def sizes_of(self, file: str) -> DataSizes:
        """How large the data are that stand in for what is not there."""
        if file not in self.data_sizes:
            quick = self.once(file, QUICK, DataSizes(), Request("", (), None), GivenValues([]))
            self.data_sizes[file] = self.tried_out(file) if quick["instead"] else DataSizes()
        return self.data_sizes[file]

    def to_load(self, file: str) -> list[CodeType]:
        """The code of each of a file's statements where it is imported, a loop of it on the bench."""
        if self.imported_on_bench is None or self.imported_on_bench[0] != file:
            return super().to_load(file)
        loop, plain = self.imported_on_bench[1], super().to_load(file)
        tree, statements = self.plain.parsed[file].tree, self.rewritten(file).statements
        news = [on_bench(one, loop, tree) for one in statements]
        return [compiled(n, file, 0) if n else p for n, p in zip(news, plain, strict=True)]

    def benched(self, file: str, loop: int) -> list[tuple[ast.stmt, CodeType]]:
        """The statements of *file* with their codes, the loop on the bench."""
        if (file, loop) not in self.benches:
            found = []
            for statement, statements, code in self.pieces(file):
                new = on_bench(statements, loop, self.plain.parsed[file].tree)
                found.append((statement, compiled(new, file, 0) if new else code))
            self.benches[file, loop] = found
        return self.benches[file, loop]


def columns(rows: list[Any]) -> Any:
    """Records as one list a field, those of numbers as arrays."""
    if not rows:
        return []
    table: list[Any] = []
    for values in zip(*(tuple(vars(row).values()) for row in rows), strict=True):
        if type(values[0]) is int:
            table.append(np.array(values, dtype=np.int32))
        elif type(values[0]) is str:
            known: dict[str, int] = {}
            places = [known.setdefault(text[:LONGEST_TEXT], len(known)) for text in values]
            table.append((list(known), np.array(places, dtype=np.int32)))
        else:
            table.append(list(values))
    return table
