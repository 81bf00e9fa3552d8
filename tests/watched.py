"""A submission answered for twice in this process: as it is, and with every expression watched."""

import ast
import contextlib
import copy
from types import ModuleType

import numpy as np

from checkgrad.child.perform import Namespace
from checkgrad.child.rewrite import rewrite
from checkgrad.child.wanted import Watch
from checkgrad.child.watch import Hook, RunEnded
from in_process import InProcess

UNTOUCHED = Watch(seconds=float("inf"))


def run(source, watch=UNTOUCHED, **names):
    """The names of a script that ran under *watch*, and what its hook found."""
    found = rewrite(ast.parse(source), "student.py")
    hook = Hook(watch)
    space = {"__name__": "__main__", "__builtins__": hook.builtins(), **names}
    with contextlib.suppress(RunEnded):
        exec(compile(found.tree, "student.py", "exec", dont_inherit=True), space)
    return space, hook, found


class Twice(InProcess):
    """Asks the watched module whatever the plain one is asked; *unlike* holds what was answered differently."""

    def __init__(self, source):
        np.random.seed(1)
        super().__init__(source)
        np.random.seed(1)
        self.watched = InProcess.__new__(InProcess)
        module = ModuleType("submission")
        module.__dict__["__builtins__"] = Hook(UNTOUCHED).builtins()
        tree = rewrite(ast.parse(self.text), self.file).tree
        exec(compile(tree, self.file, "exec", dont_inherit=True), module.__dict__)
        self.watched.root = Namespace(module.__dict__)
        self.unlike = []

    def answer(self, request):
        np.random.seed(1)
        found = super().answer(copy.deepcopy(request))
        np.random.seed(1)
        watched = self.watched.answer(copy.deepcopy(request))
        if image(found) != image(watched):
            self.unlike.append((request, found, watched))
        return found


def image(value):
    """Equal for results that are the same bit for bit."""
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, list | tuple):
        return [image(one) for one in value]
    if isinstance(value, dict):
        return [(key, image(one)) for key, one in value.items() if key != "__builtins__"]
    if hasattr(value, "raised"):
        return value.raised, value.message, image(value.value)
    return repr(value)
