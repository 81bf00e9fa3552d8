"""What is operated on: a program that gives wrong answers, what is due, and the quantities that are due on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from checkgrad.child.request import Ask
from checkgrad.diagnose.surgery.table import AnswerBlocks, Runs, Table, Tabled

FORMS: Mapping[str, Callable[[Any], Any]] = {
    "": lambda q: q,
    "T": lambda q: q.T,
    "row": lambda q: q[None, :] if q.ndim == 1 else q,
    "column": lambda q: q[:, None] if q.ndim == 1 else q,
    "flat": lambda q: q.reshape(-1) if 1 in q.shape else q,
    "number": lambda q: q.reshape(()) if q.size == 1 else q,
}
STARTS = "start "  # what a turn of a loop begins with
SAME = 1e-9  # relative
ANSWERS = (  # and those that begin with "answer"
    *("dw", "db", "summed dw", "summed db", "plain dw"),
    *("rate dw", "rate db", "w updated", "b updated"),
)


@dataclass(eq=False)
class Truth:
    """One set of data: what is due, block by block, with what rounding may cost, and every quantity on the way.

    quantities: by name, one array for each layer, None where a layer has none. scalars: numbers such as N.
    depths: of each block, the layer it belongs to, counted from 0; what comes before the loss is deeper than any.
    """

    probe: Any
    names: Sequence[str]
    due: Sequence[Any]
    bounds: Sequence[Any]
    quantities: Mapping[str, Sequence[Any]]
    scalars: Mapping[str, float] = field(default_factory=dict)
    depths: Sequence[int] = ()
    _by_shape: dict[tuple[str, ...], Any] = field(default_factory=dict)

    @cached_property
    def layers(self) -> int:
        return max(map(len, self.quantities.values()), default=1)

    @cached_property
    def everything(self) -> frozenset[int]:
        return frozenset(range(len(self.due)))

    def has(self, value: Any, families: tuple[str, ...] = ()) -> bool:
        """Is it one of the quantities, as it is or transposed? families: the names of which it has to be."""
        if families not in self._by_shape:
            self._by_shape[families] = dict(self._shaped(families or tuple(self.quantities)))
        same = self._by_shape[families].get(np.shape(value))
        if same is None or not np.ndim(value):
            return False
        away = np.abs(same - np.asarray(value, float)).reshape(len(same), -1)
        room = SAME * np.abs(same).reshape(len(same), -1).max(axis=1, initial=0.0)
        return bool(np.any(away.max(axis=1, initial=0.0) <= room))

    def _shaped(self, families: Sequence[str]) -> Iterator[tuple[tuple[int, ...], Any]]:
        """The quantities of each shape."""
        found: dict[tuple[int, ...], list[Any]] = {}
        layers = (self.quantities.get(family, ()) for family in families)
        for one in (np.asarray(q, float) for each in layers for q in each if q is not None):
            for form in (one, one.T) if one.ndim == 2 else (one,):
                found.setdefault(form.shape, []).append(form)
        yield from ((shape, np.array(several)) for shape, several in found.items())

    def right(self, blocks: AnswerBlocks) -> frozenset[int]:
        """Which blocks are right."""
        if blocks is None or len(blocks) != len(self.due):
            return frozenset()
        parts = zip(blocks, self.due, self.bounds, strict=True)
        return frozenset(i for i, (g, d, b) in enumerate(parts) if _close(g, d, b))


@dataclass(eq=False)
class Patient:
    """A wrong program. ask_for: its canonical answers to probes, by way of whatever asks; None where it gives none.

    truths: the set on which is searched, then those that confirm, of other sizes. kind: names its quantities in words.
    soft: with targets between 0 and 1, for at 0 and 1 much is the same that is not elsewhere, as t and its square.
    """

    ask_for: Callable[[Ask, Sequence[Any]], list[AnswerBlocks]]
    truths: Sequence[Truth]
    kind: str = "function"
    soft: Sequence[Truth] = ()

    def answers(self, ask: Ask, probes: Sequence[Any]) -> list[AnswerBlocks]:
        return self.ask_for(ask, probes)

    def table(self, runs: Runs) -> Tabled:
        """How it is run."""
        return Table(runs, self)


@dataclass(frozen=True)
class Due:
    """A due quantity in the place of a value that may be given several times.

    rule: ("layer", i), or in the n-th turn layer ("up", n + s) or ("down", last - n + s). form: a key of FORMS.
    """

    family: str
    rule: tuple[str, int] = ("layer", 0)
    form: str = ""

    @property
    def key(self) -> str:
        return f"{self.family}|{self.rule[0]}{self.rule[1]}|{self.form}"

    @property
    def text(self) -> str:
        """As it is written in the text of an operation."""
        return f"_due({self.key!r})"

    @property
    def is_answer(self) -> bool:
        """Is it what comes out in the end, and so says little about a place on the way?"""
        return self.family in ANSWERS or self.family.startswith("answer")

    @property
    def is_start(self) -> bool:
        """Is it what a turn of a loop begins with?"""
        return self.family.startswith(STARTS)

    def layer(self, truth: Truth, turn: int) -> int:
        kind, shift = self.rule
        last = truth.layers - 1
        return {"layer": shift, "up": turn + shift, "down": last - turn + shift}[kind]

    def at(self, truth: Truth, turn: int) -> Any:
        """The quantity in a turn, None where there is none."""
        if self.family in truth.scalars:
            return truth.scalars[self.family]
        found = truth.quantities.get(self.family, ())
        i = self.layer(truth, turn)
        if not 0 <= i < len(found) or found[i] is None:
            return None
        return FORMS[self.form](np.asarray(found[i], float))

    def turns(self, truth: Truth) -> list[Any]:
        """The quantity for as many turns as there may be."""
        return [self.at(truth, n) for n in range(2 * truth.layers + 2)]


def fitting(truth: Truth, shapes: Sequence[tuple[int, ...]]) -> Iterator[Due]:
    """The quantities that have these shapes, turn by turn, perhaps rearranged."""
    rules = [("layer", i) for i in range(truth.layers)] if len(set(shapes)) == 1 else []
    if truth.layers > 1 and len(shapes) <= truth.layers + 1:
        rules += [(way, s) for s in (0, -1, 1) for way in ("down", "up")]
    for family in truth.quantities:
        seen: list[Any] = []
        for rule in rules:
            due = next(
                (d for form in FORMS if _fits(d := Due(family, rule, form), truth, shapes)), None
            )
            if due is None:
                continue
            first = due.at(truth, 0)
            if len(shapes) == 1 and any(np.array_equal(first, s) for s in seen):
                continue
            seen.append(first)
            yield due


def _fits(due: Due, truth: Truth, shapes: Sequence[tuple[int, ...]]) -> bool:
    """Has it these shapes? In the first turn and in the last ones there may be no such quantity."""
    found = [due.at(truth, n) for n in range(len(shapes))]
    while found and found[-1] is None:
        found.pop()
    if len(found) > 1 and found[0] is None:
        found, shapes = found[1:], shapes[1:]
    return bool(found) and all(
        q is not None and q.shape == shape for q, shape in zip(found, shapes, strict=False)
    )


def of_any_shape(truth: Truth, turns: int) -> Iterator[Due]:
    """Every quantity of every layer, as it is and transposed."""
    rules: list[tuple[str, int]] = []
    if turns < 2:
        rules += [("layer", i) for i in range(truth.layers)]
    if truth.layers > 1 and turns != 1:
        rules += [(way, s) for s in (0, -1) for way in ("down", "up")]
    for family in truth.quantities:
        for rule in rules:
            first = Due(family, rule).at(truth, 0)
            if first is not None:
                forms = ("", "T") if first.ndim == 2 else ("", "column", "row")
                yield from (Due(family, rule, form) for form in forms)


def alternatives(due: Due, truth: Truth) -> list[Due]:
    """Other rules that give the same in the first turn."""
    if due.family in truth.scalars:
        return [due]
    i, last = due.layer(truth, 0), truth.layers - 1
    rules = dict.fromkeys([due.rule, ("down", i - last), ("up", i), ("layer", i)])
    return [Due(due.family, rule, due.form) for rule in rules]


def _close(got: Any, due: Any, bound: Any) -> bool:
    if got is None or np.shape(got) != np.shape(due):
        return False
    with np.errstate(invalid="ignore", over="ignore"):
        return bool(np.all(np.abs(np.asarray(got, float) - due) <= bound))
