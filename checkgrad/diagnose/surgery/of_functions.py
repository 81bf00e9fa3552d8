"""Functions and layers as patients: what is due, and what the right formula goes through on its way."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.child.behaviour import Behaviour
from checkgrad.child.request import Ask
from checkgrad.child.rewrite import rewrite
from checkgrad.child.wanted import Tell, Watch
from checkgrad.child.watch import Hook
from checkgrad.conventions.layout import SCALAR, SINGLE
from checkgrad.diagnose.surgery.patient import Patient, Truth
from checkgrad.diagnose.surgery.table import AnswerBlocks
from checkgrad.exercise import Exercise, Formula, Probe
from checkgrad.reading import Reading
from checkgrad.reading.form import SAMPLED
from checkgrad.reading.topic import as_asked, manner

SMALL = 1e-10  # relative
FRESH = 2_000  # added to the seed
SAMPLES = (4, 5, 3)
MOST_VARIANTS = 3  # right formulas that are tried where the usual one leads nowhere
FEW = 60  # entries of an argument on which is searched


def patient(reading: Reading, seed: int = 0) -> Patient | None:
    """The function of a reading; None where its answers cannot be taken apart."""
    exercise = reading.candidate.exercise
    probes = list(_probes(reading, seed))
    if len(probes) < 3:
        return None

    def blocks(probe: Probe, answer: Behaviour) -> AnswerBlocks:
        answer = reading.read(probe, answer)
        if not answer.returned:
            return None
        value = answer.value
        several = exercise.returns or isinstance(reading.formula(*probe), tuple)
        parts = list(value) if several and isinstance(value, list | tuple) else [value]
        return None if any(compare.not_numbers(p) for p in parts) else parts

    def ask_for(ask: Ask, probes: Sequence[Probe]) -> list[AnswerBlocks]:
        answers = ask([reading.request(probe) for probe in probes])
        return [blocks(probe, answer) for probe, answer in zip(probes, answers, strict=True)]

    soft = [truth(reading, p) for p in map(softened, [exercise], probes[:1]) if p]
    soft = [] if reading.way.form.integers else soft
    return Patient(ask_for, [truth(reading, probe) for probe in probes], soft=soft)


def softened(exercise: Exercise, probe: Probe) -> Probe | None:
    """The same with targets between 0 and 1; of several classes they still add up to 1. None where they are neither."""
    roles = list(exercise.roles)
    t = probe[roles.index("t")] if "t" in roles else None
    if not isinstance(t, np.ndarray) or t.dtype.kind != "f" or not np.all((t == 0) | (t == 1)):
        return None
    several = t.ndim == 2 and t.shape[1] > 1
    even = 1 / t.shape[1] if several else 0.5
    share = 0.6 + 0.3 * np.sin(np.arange(len(t))).reshape(-1, *[1] * (t.ndim - 1))
    return tuple(share * t + (1 - share) * even if a is t else a for a in probe)


def at_extremes(reading: Reading, seed: int = 0) -> Iterator[Patient]:
    """The function of a reading as patients that are asked for what is extreme: each time the same rows in two orders."""
    usual = patient(reading, seed)
    for probe in reading.candidate.exercise.extremes():
        rows = all(np.ndim(a) and len(a) > 1 for a in probe)
        if usual and rows and np.all(np.isfinite(reading.formula(*probe))):
            turned = tuple(np.asarray(a)[::-1].copy() for a in probe)
            extremes = [truth(reading, one) for one in (probe, turned)]
            yield replace(usual, truths=[*extremes, *usual.truths[:2]])


def by_other_conventions(reading: Reading, seed: int = 0) -> Iterator[Patient]:
    """The function of a reading as patients that are due another right formula."""
    exercise = reading.candidate.exercise
    for variant in exercise.variants[:MOST_VARIANTS]:
        formula = as_asked(variant.formula, exercise, manner(reading.way))
        if other := patient(replace(reading, formula=formula), seed):
            yield other


@dataclass(frozen=True)
class OwnLoss:
    """What a gradient that is right by its formula owes to the loss beside it.

    powers: of N and C, that it is too large by. penalty: of the weights, under *reading*, which asks for one.
    """

    powers: tuple[int, int] = (0, 0)
    reading: Reading | None = None
    penalty: float = 0.0


def of_the_loss(reading: Reading, own: OwnLoss, seed: int = 0) -> Patient | None:
    """The function of a reading as a patient that has to be the slope of its own loss."""
    usual = patient(own.reading or reading, seed)
    if usual is None:
        return None
    if own.reading:
        return replace(usual, truths=[_with_penalty(t, own.penalty) for t in usual.truths])
    sign = -1.0 if reading.convention.get("sign") == "negative" else 1.0
    n, c = own.powers
    if sign > 0 and own.powers == (0, 0):
        return None
    truths = [
        _scaled(t, sign / (t.scalars.get("N", 1.0) ** n * t.scalars.get("C", 1.0) ** c))
        for t in usual.truths
    ]
    return replace(usual, truths=truths)


def _with_penalty(truth: Truth, factor: float) -> Truth:
    weights = np.asarray(truth.probe[0], float)
    due = [np.asarray(truth.due[0], float) + factor * weights]
    room = [np.asarray(truth.bounds[0], float) + SMALL * np.max(np.abs(due[0]))]
    return replace(truth, due=due, bounds=room)


def _scaled(truth: Truth, factor: float) -> Truth:
    due = [factor * np.asarray(d, float) for d in truth.due]
    bounds = [abs(factor) * np.asarray(b, float) for b in truth.bounds]
    answers = {f"answer {n}": [d] for n, d in zip(truth.names, due, strict=True)}
    quantities = {k: v for k, v in truth.quantities.items() if not k.startswith("answer")}
    return replace(truth, due=due, bounds=bounds, quantities={**quantities, **answers})


def _probes(reading: Reading, seed: int) -> Iterator[Probe]:
    """Three small probes of different sizes, of real numbers."""
    exercise = reading.candidate.exercise
    single = reading.way.form.layout in (SINGLE, SCALAR)
    found = 0
    for shift in range(3):
        for probe in exercise.probes(seed + FRESH + shift):
            if not _is_usual(probe):
                continue
            yield tuple(_cut(exercise, probe, 1 if single else SAMPLES[found]))
            found += 1
            break


def _is_usual(probe: Probe) -> bool:
    """Several samples, in double precision."""
    arrays = [a for a in probe if isinstance(a, np.ndarray)]
    lead = max((a.shape for a in arrays), key=len, default=())
    double = all(a.dtype == np.float64 or a.dtype.kind in "iu" for a in arrays)
    return double and any(a.dtype.kind == "f" for a in arrays) and (not lead or lead[0] > 1)


def _cut(exercise: Exercise, probe: Probe, count: int) -> Iterator[Any]:
    """The first samples of a batch."""
    named = list(zip(exercise.roles, probe, strict=False))
    lead = next((len(a) for role, a in named if role in SAMPLED and np.ndim(a)), 0)
    for role, a in named:
        cut = role in SAMPLED and np.ndim(a) and len(a) == lead
        yield a[:count].copy() if cut else a


def truth(reading: Reading, probe: Probe) -> Truth:
    """What is due for *probe*."""
    exercise = reading.candidate.exercise
    due = reading.formula(*probe)
    parts = due if isinstance(due, tuple) else (due,)
    bounds = compare.rounding_bound(reading.formula, probe, due)
    limits = bounds if isinstance(due, tuple) else [bounds]
    several = exercise.returns and isinstance(due, tuple)
    names = exercise.returns if several else [exercise.name]
    shape = max((np.shape(a) for a in probe), key=len, default=())
    scalars = {"N": float(shape[0])} if shape else {}
    if len(shape) > 1:
        scalars["C"] = float(shape[-1])
    quantities = {
        name: [value]
        for name, value in quantities_of(reading, probe).items()
        if not any(np.array_equal(np.squeeze(value), np.squeeze(p)) for p in parts)
    }
    for name, part in zip(names, parts, strict=False):
        quantities[f"answer {name}"] = [part]
    return Truth(
        probe,
        list(names),
        list(parts),
        [_roomy(b, p) for b, p in zip(limits, parts, strict=True)],
        quantities,
        scalars,
    )


def _roomy(bound: Any, due: Any) -> Any:
    """A bound that small numbers against division by zero stay below."""
    return np.maximum(bound, SMALL * np.max(np.abs(due), initial=0.0))


def quantities_of(reading: Reading, probe: Probe) -> dict[str, Any]:
    """What goes into the right formula and what it goes through, by the text of it."""
    exercise = reading.candidate.exercise
    found = {
        role: np.asarray(a, float)
        for role, a in zip(exercise.roles, probe, strict=False)
        if np.ndim(a)
    }
    for formula in dict.fromkeys((exercise.formula, reading.formula)):
        found |= traced(formula, probe)
    return found


def traced(formula: Formula, probe: Probe) -> dict[str, Any]:
    """The arrays that *formula* goes through on *probe*, by their text."""
    code = _watched(formula)
    if code is None:
        return {}
    compiled, texts = code
    hook = Hook(Watch(tell=(Tell(None),)))
    space = {**formula.__globals__, "__builtins__": hook.builtins()}
    try:
        exec(compiled, space)
        space[formula.__name__](*probe)
    except Exception:  # an intermediate step is a help, nothing that is needed
        return {}
    told = hook.values()
    return {
        texts[k]: values[0].value
        for k, values in told.items()
        if isinstance(values[0].value, np.ndarray) and values[0].value.ndim
    }


@cache
def _watched(formula: Formula) -> Any:
    if not inspect.isfunction(formula) or formula.__closure__ or formula.__name__ == "<lambda>":
        return None
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(formula)))
    except (OSError, SyntaxError):
        return None
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef):
        return None
    definition.decorator_list = []
    found = rewrite(tree, "formula")
    return compile(found.tree, "formula", "exec"), [n.text for n in found.nodes]
