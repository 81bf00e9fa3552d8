"""Watched runs: of a loaded copy of the submission, of a file as a script, with stand-ins for what is not there."""

from __future__ import annotations

import ast
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import islice
from time import process_time
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from . import entropy, faults
from .calls import CallNotes
from .data_sizes import DataSizes, first_sizes, next_sizes
from .givings import Giver
from .in_place import in_place
from .load import Loading, SubmissionLoader
from .nodes import Rewritten
from .operate import Operator
from .perform import GivenValues, Namespace, Performer, filled
from .request import Request
from .rewrite import rewrite
from .source import Parsed, future
from .standin import StandIn
from .statements import FileRun, stand_in
from .submission import Order, load_all, root_of
from .survey import Survey
from .wanted import Tell, Watch
from .watch import Hook, RunEnded, in_columns

SEED = 20_011
MOST_ERRORS = 20
TRYING, MOST_SIZES = 1.5, 16  # seconds, and how many sizes of data are tried
QUICK = Watch(
    (Tell(None, first=0),), longest=30, most=20_000, seconds=0.2
)  # enough to see whether it runs
MakeHook = Callable[[Iterable[str]], Hook]  # for the modules whose objects may be looked into
IS_MAIN = "__name__ == '__main__'"


class WatchedModules:
    """Watched modules and what runs with them; nothing is rewritten before it is asked for."""

    def __init__(self, order: Order, plain: Loading, performer: Performer) -> None:
        self.order = order
        self.plain = plain
        self.performer = performer
        self.files: dict[str, Rewritten] = {}
        self.codes: dict[str, list[CodeType]] = {}
        self.hook = Hook(Watch())
        self.builtins = self.hook.builtins()  # of every watched module, one dict
        self.benches: dict[tuple[str, int], list[tuple[ast.stmt, CodeType]]] = {}
        self.data_sizes: dict[str, DataSizes] = {}  # for what is stood in for, by file
        self.imported_on_bench: tuple[str, int] | None = None  # a loop, by the file it stands in
        self.missed: dict[
            tuple[str, str, int], str
        ] = {}  # by way, file and loop, with the last error
        self.root: Namespace | None = None  # of the watched copy
        self.modules: dict[str, ModuleType] = {}
        self.names: tuple[str, ...] = ()  # of all modules of the submission

    # ---- rewriting

    def rewritten(self, file: str) -> Rewritten:
        """A file under watch; read once."""
        if file not in self.files:
            nodes = sum(len(one.raw) for one in self.files.values())
            loops = sum(len(one.loops) for one in self.files.values())
            self.files[file] = rewrite(self.plain.parsed[file].tree, file, nodes, loops)
        return self.files[file]

    @property
    def count(self) -> int:
        """How many nodes there are."""
        return sum(len(one.raw) for one in self.files.values())

    @property
    def light(self) -> frozenset[int]:
        """The loops whose turns cost next to nothing."""
        return frozenset().union(*(one.light for one in self.files.values()))

    def watched(self, file: str) -> list[CodeType]:
        """The code of each of a file's statements, watched; plain where it is too deep for that."""
        if file not in self.codes:
            parsed, flags = self.plain.parsed[file], 0
            found = []
            for one, new, plain in zip(
                parsed.tree.body, self.rewritten(file).statements, parsed.codes, strict=True
            ):
                flags |= future(one)
                try:
                    found.append(compiled(new, file, flags))
                except (RecursionError, MemoryError, ValueError):
                    found.append(plain)
            self.codes[file] = found
        return self.codes[file]

    def to_load(self, file: str) -> list[CodeType]:
        """The code of each of a file's statements where it is imported."""
        return self.watched(file)

    # ---- running

    def steps(self, fresh: bool, make: MakeHook, request: Request, given: GivenValues) -> Any:
        """The steps of a request on the watched copy."""
        with self.inside():
            if fresh or self.root is None:
                self.load()
            hook = self.begin(make)
            errors = self.guarded(hook, lambda: self.performer.take_all(request, given, self.root))
            return self.told(hook, errors, request, given)

    def load(self) -> None:
        """The watched copy of the submission, silent while it loads."""
        self.use(Hook(Watch(seconds=60.0)))
        self.forget()
        StandIn.serving = False
        sys.meta_path.insert(0, loading := WatchedLoading(self))
        try:
            modules, _ = load_all(loading, self.order)
        finally:
            sys.meta_path.remove(loading)
        survey = Survey(loading.trees, loading.documents)
        found = [
            (prefix, definition)
            for prefix, (module, file) in modules.items()
            if len(modules) > 1  # else its names are those of the module
            for definition in survey.definitions(module, file)
        ]
        self.root = root_of(modules, found)
        self.modules = own_modules()
        StandIn.serving = True

    def script(self, file: str, watch: Watch, request: Request, given: GivenValues) -> Any:
        """A file's own work, statement by statement as a notebook is run; what fails is told and passed over.

        Data that are not there are stood in for. Their size is tried out: the first that lets all run is kept.
        """
        file = file or next(iter(self.plain.parsed), "")
        known = file in self.data_sizes
        told = self.once(file, watch, self.data_sizes.get(file, DataSizes()), request, given)
        if known or not told["instead"]:
            return told
        self.data_sizes[file] = self.tried_out(file)
        if self.data_sizes[file] == DataSizes():
            return told
        given.results.clear()
        return self.once(file, watch, self.data_sizes[file], request, given)

    def tried_out(self, file: str) -> DataSizes:
        """The sizes of data under which a file's work comes farthest."""
        best = first_sizes(self.plain.parsed[file].tree)
        farthest, waiting, seen = (-MOST_ERRORS, -1), [best], {best}
        until = process_time() + TRYING
        for _ in range(MOST_SIZES):
            if not waiting or not farthest[0] or process_time() > until:
                break
            sizes = waiting.pop(0)
            told = self.once(file, QUICK, sizes, Request("", (), None), GivenValues([]))
            met = [*(e[-1] for e in told["errors"]), *self.hook.caught]
            came = (-len(met), self.hook.order)
            if came > farthest:
                best, farthest = sizes, came
                found = [one for said in met[:2] for one in next_sizes(sizes, said)]
                new = [one for one in dict.fromkeys(found) if one not in seen]
                seen |= set(new)
                waiting = new + waiting
        return best

    def once(
        self, file: str, watch: Watch, sizes: DataSizes, request: Request, given: GivenValues
    ) -> Any:
        """One run of a file's own work."""
        giver = Giver(sizes)
        with self.inside(), self.as_main(file) as module, in_place(giver, self.builtins):
            hook = self.begin(lambda own: Hook(watch, own, self.count, self.light))
            calls = CallNotes(self.files, own_modules(), hook.look_at_time)
            with calls if watch.calls else nullcontext():
                errors = self.run_all(file, module, hook)
            if watch.calls:
                calls.leave(module.__dict__, file)
            if request.steps and not hook.stopped:
                root = Namespace(module.__dict__)
                errors += self.guarded(hook, lambda: self.performer.take_all(request, given, root))
            told = self.told(hook, errors, request, given)
            return {**told, "instead": list(giver.gave), "calls": calls.noted}

    @contextmanager
    def as_main(self, file: str) -> Iterator[ModuleType]:
        """A new `__main__`, whose imports are loaded anew."""
        self.forget()
        module = ModuleType("__main__")
        module.__dict__.update(__builtins__=self.builtins, __file__=file)
        kept = sys.modules.get("__main__")
        sys.modules["__main__"] = module
        StandIn.serving = False
        sys.meta_path.insert(0, loading := WatchedLoading(self))
        try:
            yield module
        finally:
            StandIn.serving = True
            sys.meta_path.remove(loading)
            self.forget()
            if kept is not None:
                sys.modules["__main__"] = kept

    def run_all(self, file: str, module: ModuleType, hook: Hook) -> list[Any]:
        """Run the statements of *file*; the errors that are met."""
        errors: list[Any] = []
        for statement, code in self.work(file):
            met = self.guarded(hook, lambda code=code: exec(code, module.__dict__))  # type: ignore[misc]
            errors += met
            if met and isinstance(statement, ast.Import | ast.ImportFrom):
                stand_in(statement, module, self.plain.libraries)
            if hook.stopped or met and met[0][3] == "SystemExit" or len(errors) >= MOST_ERRORS:
                break
        return errors

    def work(self, file: str) -> Iterator[tuple[ast.stmt, CodeType]]:
        """The statements of *file* with their codes."""
        return ((statement, code) for statement, _, code in self.pieces(file))

    def pieces(self, file: str) -> Iterator[tuple[ast.stmt, list[ast.stmt], CodeType]]:
        """The statements of *file*, what stands for them, their codes; those below `if __name__ == "__main__"` one by one."""
        flags = 0
        rows = zip(
            self.plain.parsed[file].tree.body,
            self.rewritten(file).statements,
            self.watched(file),
            strict=True,
        )
        for statement, new, code in rows:
            flags |= future(statement)
            if isinstance(statement, ast.If) and ast.unparse(statement.test) == IS_MAIN:
                inner = next(one for one in new if isinstance(one, ast.If))
                for one in inner.body:
                    yield one, [one], compiled([one], file, flags)
            else:
                yield statement, new, code

    def guarded(self, hook: Hook, run: Callable[[], Any]) -> list[Any]:
        """Run; the error that ended it, with its place."""
        try:
            run()
        except RunEnded:
            return []
        except BaseException as error:
            return [] if hook.stopped else [self.failure(error)]
        return []

    def failure(self, error: BaseException) -> tuple[str, int, int, str, str]:
        """File, line and node at which *error* came about, its name and message."""
        mine = [e for e in faults.entries(error) if e.tb_frame.f_code.co_filename in self.files]
        file, line, node = "", 0, -1
        if mine:
            code, instruction = mine[-1].tb_frame.f_code, mine[-1].tb_lasti
            file, line = code.co_filename, mine[-1].tb_lineno or 0
            node = self.node_at(file, code, instruction)
        return file, line, node, faults.name(error), faults.message(error)

    def node_at(self, file: str, code: CodeType, instruction: int) -> int:
        """The node whose instruction that is, or -1."""
        if instruction < 0:
            return -1
        place = next(islice(code.co_positions(), instruction // 2, None), None)
        return self.files[file].number_at(place) if place else -1

    def begin(self, make: MakeHook) -> Hook:
        """The hook of a run that begins now."""
        np.random.seed(SEED)
        random.seed(SEED)
        entropy.known()
        hook = make(own_modules())
        self.use(hook)
        return hook

    def use(self, hook: Hook) -> None:
        self.hook = hook
        self.builtins.update(hook.names())

    # ---- modules

    @contextmanager
    def inside(self) -> Iterator[None]:
        """With the watched modules in the place of the plain ones."""
        plain = own_modules()
        self.names = tuple(plain)
        for name in plain:
            del sys.modules[name]
        sys.modules.update(self.modules)
        entropy.known()
        try:
            yield
        finally:
            entropy.unknown()
            self.forget()
            sys.modules.update(plain)

    def forget(self) -> None:
        for name in own_modules():
            del sys.modules[name]

    # ---- telling

    def told(self, hook: Hook, errors: list[Any], request: Request, given: GivenValues) -> Any:
        """What the run gave, what was told, where it stopped."""
        answer = None
        if not errors and not hook.stopped:
            try:
                answer = filled(request.answer, given)
            except Exception as error:
                errors = [self.failure(error)]
        return {
            "answer": answer,
            "errors": errors,
            "stopped": hook.stopped,
            "problem": hook.problem,
            "told": {k: in_columns(values) for k, values in hook.values().items()},
            "untold": hook.untold,
            "loops": {n: np.array(orders) for n, orders in hook.loops.items()},
            "entered": hook.entered,
            "applied": list(hook.applied),
            "last": hook.last,
            "instead": [],
            "calls": [],
            "peeked": hook.peeked if isinstance(hook, Operator) else {},
        }


class WatchedLoading(Loading):
    """Loads the same files as watched modules."""

    def __init__(self, runs: WatchedModules) -> None:
        super().__init__(runs.order.roots, runs.order.hung)
        self.runs = runs
        self.names = runs.plain.names
        self.libraries = runs.plain.libraries

    def run(self, module: ModuleType, path: str) -> None:
        file, plain = self.shown(path), self.runs.plain
        if file not in plain.parsed:
            plain.read(file, path)
        parsed: Parsed = plain.parsed[file]
        self.documents[file], self.trees[file] = plain.documents[file], parsed.tree
        module.__dict__["__builtins__"] = self.runs.builtins
        module.__doc__ = ast.get_docstring(parsed.tree)
        FileRun(self, module, file, replace(parsed, codes=self.runs.to_load(file))).all()


def compiled(statements: list[ast.stmt], file: str, flags: int) -> CodeType:
    code: CodeType = compile(ast.Module(statements, []), file, "exec", flags, dont_inherit=True)
    return code


def own_modules() -> dict[str, ModuleType]:
    """The submission's modules among all that are loaded."""
    return {
        name: module
        for name, module in list(sys.modules.items())
        if type(getattr(module, "__loader__", None)) is SubmissionLoader
    }
