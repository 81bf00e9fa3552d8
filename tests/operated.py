"""Watched runs with operations in this process, for tests of surgery."""

import ast
import copy
import textwrap
import traceback
import warnings
from dataclasses import replace
from types import ModuleType

import numpy as np

from checkgrad.child.operate import Operations, Operator
from checkgrad.child.perform import GivenValues, Namespace, filled, follow, put
from checkgrad.child.rewrite import rewrite
from checkgrad.child.watch import RunEnded
from checkgrad.diagnose.surgery.scene import Scene
from checkgrad.sandbox.watching import Failure, Run
from in_process import sendable

FILE = "submission.py"
SECONDS = 5.0


class Operated:
    """What `table.Theatre` is over a worker."""

    def __init__(self, source):
        self.source = textwrap.dedent(source)
        found = rewrite(ast.parse(self.source), FILE)
        self.nodes = found.nodes
        self.scenes = {FILE: Scene(self.source, {n.number: n for n in self.nodes}, FILE)}
        self.builtins = Operator(Operations(), SECONDS).builtins()
        module = ModuleType("submission")
        module.__dict__["__builtins__"] = self.builtins
        exec(compile(found.tree, FILE, "exec"), module.__dict__)
        self.root = Namespace(module.__dict__)

    def perform(self, asked):
        return [self.run(request, operations) for request, operations in asked]

    def run(self, request, operations):
        hook = Operator(operations, SECONDS)
        self.builtins.update(hook.names())
        np.random.seed(1)
        given, value, errors = GivenValues([]), None, ()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                for step in request.steps:
                    given.results.append(self.take(copied(step), given))
                value = sendable(filled(request.answer, given))
            except (Exception, RunEnded) as error:
                lines = [
                    f.lineno
                    for f in traceback.extract_tb(error.__traceback__)
                    if f.filename == FILE
                ]
                errors = (Failure(FILE, (lines or [0])[-1], -1, type(error).__name__, str(error)),)
        self.builtins.update(Operator(Operations(), SECONDS).names())
        told = {k: tuple(values) for k, values in hook.values().items()}
        return Run(value=value, errors=errors, told=told, peeked=hook.peeked)

    def take(self, step, given):
        start = self.root if step.of is None else given.results[step.of]
        args = [filled(arg, given) for arg in step.args]
        if step.do == "get":
            return follow(start, step.path)
        if step.do == "set":
            return put(start, step.path, args[0])
        named = {k: filled(v, given) for k, v in step.named}
        return follow(start, step.path)(*args, **named)


def copied(step):
    """The step with arrays of its own, as if they had travelled."""
    return replace(step, args=copy.deepcopy(step.args), named=copy.deepcopy(step.named))
