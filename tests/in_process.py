"""A submission answered for in this process, for tests of what stands above the sandbox."""

import ast
import itertools
import textwrap
import warnings
from types import ModuleType

import numpy as np

from checkgrad.child import describe
from checkgrad.child.behaviour import Behaviour, Unsendable
from checkgrad.child.inventory import Inventory
from checkgrad.child.perform import Namespace, StandInObject, follow, put
from checkgrad.child.request import Result
from checkgrad.child.survey import Survey, mapping_of

numbers = itertools.count()


class InProcess:
    """Loads *source*; has the two things that a worker has, an inventory and ask."""

    def __init__(self, source):
        file = f"submission_{next(numbers)}.py"
        source = textwrap.dedent(source)
        tree = ast.parse(source)
        module = ModuleType("submission")
        exec(compile(tree, file, "exec"), module.__dict__)
        self.text, self.file = source, file
        definitions = Survey({file: tree}).definitions(module, file)
        self.inventory = Inventory(tuple(definitions), mapping=tuple(mapping_of(tree).items()))
        self.root = Namespace(module.__dict__)
        self.asked = 0
        self.batches = 0

    def ask(self, requests):
        self.batches += 1
        self.asked += len(requests)
        return [self.answer(request) for request in requests]

    def answer(self, request):
        results = []
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                for step in request.steps:
                    results.append(self.take(step, results))
                return Behaviour(value=sendable(filled(request.answer, results)))
            except Exception as error:
                return Behaviour(raised=type(error).__name__, message=str(error))

    def take(self, step, results):
        start = self.root if step.of is None else results[step.of]
        args = [filled(arg, results) for arg in step.args]
        if step.do == "get":
            return follow(start, step.path)
        if step.do == "set":
            return put(start, step.path, args[0])
        if step.do == "give":
            return args[0]
        named = {k: filled(v, results) for k, v in step.named}
        return (
            StandInObject(named) if step.do == "hold" else follow(start, step.path)(*args, **named)
        )


def filled(value, results):
    if isinstance(value, Result):
        return follow(results[value.step], value.path)
    if isinstance(value, list | tuple):
        return type(value)(filled(item, results) for item in value)
    if isinstance(value, dict):
        return {key: filled(item, results) for key, item in value.items()}
    return value


def sendable(value):
    """What of a value would travel."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if type(value) is np.ndarray and value.dtype.kind in "biuf":
        return value
    if type(value) in (list, tuple):
        return type(value)(sendable(item) for item in value)
    if isinstance(value, dict):
        return {key: sendable(item) for key, item in value.items()}
    if isinstance(value, Unsendable):
        return value
    return sendable(describe.substitute(value))
