"""Known mistakes: named where they reproduce every answer, alone, under another reduction or with a factor beside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from checkgrad.child.behaviour import Behaviour, observe
from checkgrad.diagnose.case import Case, agrees, finite, folded, reordered
from checkgrad.exercise import Exercise, Formula, Misconception, Probe
from checkgrad.model import Diagnosis


class Twist(NamedTuple):
    """Something else about the result of a mistake: *change* of its value, given N and C."""

    words: str
    change: Callable[[Any, float, float], Any]


REDUCTIONS = {
    "sum": Twist("", lambda v, n, c: v * n),
    "cells": Twist("", lambda v, n, c: v / c),
}
STRUCTURES = (
    Twist("also of the wrong sign", lambda v, n, c: -v),
    Twist("also 2 times too large", lambda v, n, c: v * 2),
    Twist("also half as large as that", lambda v, n, c: v / 2),
    Twist("also N times too large, and N is the number of samples", lambda v, n, c: v * n),
    Twist("also N times too small, and N is the number of samples", lambda v, n, c: v / n),
    Twist("also C times too large, and C is the number of classes", lambda v, n, c: v * c),
    Twist("also C times too small, and C is the number of classes", lambda v, n, c: v / c),
    Twist("also transposed", lambda v, n, c: np.swapaxes(v, -1, -2)),
)


class Explained(NamedTuple):
    """The mistakes that explain a function, and what else is to be said of its result."""

    diagnoses: list[Diagnosis]
    structure: str = ""


NOTHING = Explained([])
PLAIN = Twist("", lambda v, n, c: v)


@dataclass(frozen=True, eq=False)
class SuspectedFormula:
    """A wrong formula and a twist of its result."""

    formula: Formula
    twist: Twist = PLAIN

    def __call__(self, *probe: Any) -> Any:
        return _changed(self.twist, self.formula(*probe), probe)

    def on(self, case: Case, probe: Probe) -> Behaviour:
        """What it gives on one of the probes of *case*."""
        base = case.gives(self.formula, probe)
        if self.twist is PLAIN or not base.returned:
            return base
        return observe(lambda: _changed(self.twist, base.value, probe), ())


def alone(case: Case, at: str = "probes") -> Explained:
    """Mistakes that explain every answer by themselves."""
    check = {"probes": explains, "extremes": _does_the_same, "inputs": _spoils}[at]
    found = [
        m
        for m in case.exercise.misconceptions
        if m.at == at and any(check(case, suspect) for suspect in _suspects(case, m))
    ]
    return Explained(_merged(found))


def reduced(case: Case) -> Explained:
    """The one mistake that explains every answer under another reduction, or beside a small number in a logarithm."""
    twists = reductions(case.exercise)[1:]
    found = _twisted(case, twists)
    if not found and case.small_number:
        found = _twisted(case, [PLAIN, *twists], slack=True)
    return Explained(_one(found))


def beside_a_structure(case: Case) -> Explained:
    """The one mistake that explains every answer together with a sign, a factor or a transposition."""
    for twist in STRUCTURES:
        found = [m for m in _twisted(case, [twist]) if not m.unless]
        if diagnoses := _one(found):
            return Explained(diagnoses, twist.words)
    return NOTHING


def _suspects(case: Case, mistake: Misconception, twist: Twist = PLAIN) -> list[SuspectedFormula]:
    """All ways in which the mistake is written; a formula that is asked for each sample alone is so here as well."""
    formulas = (mistake.formula, *mistake.also)
    return [SuspectedFormula(case.as_asked(formula), twist) for formula in formulas]


def _twisted(case: Case, twists: Sequence[Twist], slack: bool = False) -> list[Misconception]:
    return [
        m
        for m in case.exercise.misconceptions
        if m.at == "probes"
        and any(explains(case, s, slack) for twist in twists for s in _suspects(case, m, twist))
    ]


def _changed(twist: Twist, value: Any, probe: Probe) -> Any:
    shape = max((np.shape(arg) for arg in probe), key=len)
    n, c = float(shape[0]) if shape else 1.0, float(shape[-1]) if len(shape) > 1 else 1.0
    if isinstance(value, tuple):
        return tuple(twist.change(np.asarray(v), n, c) for v in value)
    return twist.change(np.asarray(value), n, c)


def reductions(exercise: Exercise, asked: str = "") -> list[Twist]:
    """The ways in which a loss of this exercise may be summed up, the usual one first; of one that is asked for only that."""
    known = {v.convention.get("reduction") for v in exercise.variants}
    if asked:
        return [REDUCTIONS[asked] if asked in REDUCTIONS and asked in known else PLAIN]
    return [PLAIN, *(twist for name, twist in REDUCTIONS.items() if name in known)]


def explains(case: Case, suspect: SuspectedFormula, slack: bool = False) -> bool:
    """Does it give every answer, and a value other than the right one somewhere?"""
    return any(_reproduces_in(case, suspect, order, slack) for order in case.orders)


def _reproduces_in(
    case: Case, suspect: SuspectedFormula, order: tuple[int, ...], slack: bool
) -> bool:
    if not _all_alike(case, suspect, case.seen, order, slack):
        return False
    if not _all_alike(case, suspect, case.more, order, slack):
        return False
    if any(_tells(case, suspect, probe, slack) for probe, _ in case.seen):
        return True
    told = any(_tells(case, suspect, probe, slack) for probe, _ in case.special)
    return told and _all_alike(case, suspect, case.special, order, slack)


def _all_alike(
    case: Case,
    suspect: SuspectedFormula,
    seen: Sequence[tuple[Probe, Behaviour]],
    order: tuple[int, ...],
    slack: bool,
) -> bool:
    for probe, got in seen:
        wrong = suspect.on(case, probe)
        room = case.slack(probe) if slack else 0.0
        if not agrees(folded(reordered(got, order), wrong, probe), wrong, suspect, probe, room):
            return False
    return True


def _tells(case: Case, suspect: SuspectedFormula, probe: Probe, slack: bool = False) -> bool:
    """Is the wrong value on this probe another than the right one? Errors and what is no number tell nothing."""
    wrong, right = suspect.on(case, probe), case.right(probe)
    if not wrong.returned or not finite(wrong.value):
        return False
    room = case.slack(probe) if slack else 0.0
    return not agrees(folded(wrong, right, probe), right, case.formula, probe, room)


def _does_the_same(case: Case, suspect: SuspectedFormula) -> bool:
    """At extremes, where nothing else may be asked."""
    did = [(p, got, suspect.on(case, p)) for p, got in case.seen]
    return all(agrees(got, wrong, suspect, p) for p, got, wrong in did) and any(
        wrong.returned and not agrees(wrong, case.right(p), case.formula, p) for p, _, wrong in did
    )


def _spoils(case: Case, suspect: SuspectedFormula) -> bool:
    """Does it change the same inputs?"""
    did = [(p, got, suspect.on(case, p)) for p, got in case.seen]
    return any(wrong.mutated for _, _, wrong in did) and all(
        wrong.mutated == got.mutated and agrees(got, wrong, suspect, p) for p, got, wrong in did
    )


def _one(found: Sequence[Misconception]) -> list[Diagnosis]:
    """A diagnosis if there is but one, twins counting as one; else silence."""
    diagnoses = _merged(found)
    return diagnoses if len(diagnoses) == 1 else []


def _merged(found: Sequence[Misconception]) -> list[Diagnosis]:
    """One diagnosis for each mistake; twins, which no probe tells apart, share one."""
    groups: list[list[Misconception]] = []
    for mistake in found:
        group = next((g for g in groups if _twins(g[0], mistake)), None)
        if group:
            group.append(mistake)
        else:
            groups.append([mistake])
    return [Diagnosis(g[0].name, " Or: ".join(m.explanation for m in g), g[0].hint) for g in groups]


def _twins(a: Misconception, b: Misconception) -> bool:
    return b.name in a.same_as or a.name in b.same_as
