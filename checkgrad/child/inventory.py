"""What a submission defines, as plain data: gathered in the worker, read by the grader."""

from __future__ import annotations

from dataclasses import dataclass

PIECES = ("function", "nested", "lambda", "loop", "steps", "inline")
ONE_STEP, GIVES_GRADIENTS = -1, -2  # in place of the number of a loop
# What a piece of source may look like; of several, the first is told.
TRAINING, UPDATE, GRADIENT, SLOPE, LOSS, ACTIVATION, FORWARD = LOOKS = (
    "training", "update", "gradient", "slope", "loss", "activation", "forward",
)  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """A parameter of a callable; *default* is the default's value if it is a number, string, bool or None."""

    name: str
    optional: bool = False
    default: float | int | str | bool | None = None
    star: bool = False


@dataclass(frozen=True)
class Span:
    """Lines of a file as its reader counts them, from 1: of a notebook, those of the cell."""

    file: str = ""
    line: int = 0
    end_line: int = 0
    cell: int = 0  # 0: it is no notebook
    before: int = 0  # lines of the notebook's own file that stand before the cell's first, as far as they are known


@dataclass(frozen=True)
class Suspect:
    """A piece of source that computes gradients, or looks as if it might.

    kind: one of PIECES: a function or method, one within another, a lambda, a loop or other steps of a
        script, a statement within what trains.
    looks_like: one of LOOKS.
    """

    name: str
    kind: str
    looks_like: str
    span: Span


@dataclass(frozen=True)
class Definition:
    """A function, a method or a class that the submission itself defines (not what it imports).

    name: as a path from the module, "softmax", "Softmax.forward".
    kind: "function", "class", "method", "static" (callable on the class itself) or "property".
    parameters: None where they cannot be read; of a class, those of its constructor; without self.
    returns: how many values its return statements group in a tuple: 1 for one value, 0 for none.
    stub: it was left as its template (pass, ..., raise NotImplementedError, a return of what is None).
    uses: names its source mentions, in order; "1 -" where it takes something from one, "1 /" where it
        divides one, "axis" where it works along one, "axes" where that needs an array of several.
    sets: attributes it assigns on self, in order.
    keeps: places in dicts on self that it assigns, "params['W']".
    gives: names of the values that it returns in a tuple, "" for what is no plain name.
    unset: names that it returns and only ever sets to None.
    texts: the short texts in its source, as keys of dicts are.
    numbers: names of the module that it reads and that hold a number there, or nothing yet.
    span: where it stands.
    """

    name: str
    kind: str
    parameters: tuple[Parameter, ...] | None = ()
    doc: str = ""
    line: int = 0
    returns: int = 1
    stub: bool = False
    uses: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    span: Span = Span()


@dataclass(frozen=True)
class TrainingLoop:
    """A loop that seems to train something, by its source alone.

    name: of the function it stands in, or "loop, line 20". number: among the loops of its file, as they begin; ONE_STEP
    for a function that is one turn of such a loop, GIVES_GRADIENTS for one that such a turn would call.
    inner: numbers of the loops that it runs, those in functions that it calls included; the deepest last.
    reaches: names of the functions it calls, directly or not. updates: of those that change parameters, "" for itself.
    user: of a loop in a file that the submission imports, "imported"; in one that only uses it, "plain" where all that it calls
    is of the submission, else "mixed". used: is it a function that its file calls?
    steps: last names of what it takes a multiple of something from.
    """

    name: str
    file: str
    number: int
    span: Span
    inner: tuple[int, ...] = ()
    reaches: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    user: str = ""
    used: bool = False
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inventory:
    """All of a submission, or why there is nothing.

    problem: "" when the module was loaded, else one sentence with its line ("line 3: invalid syntax").
    traceback: the student's own lines of it.
    imports: what its source imports from elsewhere, and where: ("numpy.linalg", "line 3").
    suspects: what may compute gradients, by its source alone.
    work: files that do work of their own, a script or a notebook for one, beside what they define.
    notes: what was not run, or was stood in for ("line 40: a training loop was not run").
    """

    definitions: tuple[Definition, ...] = ()
    problem: str = ""
    traceback: str = ""
    notes: tuple[str, ...] = ()
    printed: str = ""
    mapping: tuple[tuple[str, str], ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    suspects: tuple[Suspect, ...] = ()
    work: tuple[str, ...] = ()
    loops: tuple[TrainingLoop, ...] = ()

    def find(self, name: str) -> Definition | None:
        """The definition called *name*."""
        return next((d for d in self.definitions if d.name == name), None)
