"""Which way of asking a function makes it right: found by asking, the most natural way first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.child.behaviour import Behaviour, observe
from checkgrad.child.request import Request
from checkgrad.exercise import Exercise, Misconception, Probe
from checkgrad.reading import consistency
from checkgrad.reading import form as forms
from checkgrad.reading.exchange import one_by_one, ordered, read_back, request
from checkgrad.reading.form import COLUMNS, SCALAR, SINGLE
from checkgrad.reading.inquiry import Inquiry, Right
from checkgrad.reading.reading import Reading, convention, in_words
from checkgrad.reading.recipe import Candidate
from checkgrad.reading.way import Way, permitted, ways

Ask = Callable[[Sequence[Request]], list[Behaviour]]
PILOTS = 2
ROUGH = 1e-3  # what is further off than this is not worth a rounding bound


def read(
    candidates: Iterable[Candidate],
    ask: Ask,
    *,
    seed: int = 0,
    pinned: Mapping[str, str] = {},
) -> dict[Candidate, Reading]:
    """Find out how each candidate wants to be asked; *pinned* conventions are not searched."""
    inquiries = [inquiry(candidate, seed, pinned) for candidate in candidates]
    for wave in (_first, _batches, _singly):
        _ask(inquiries, ask, wave)
    if consistency.columns_are_needed(inquiries):
        _ask(inquiries, ask, _columns)
    consistency.settle(inquiries)
    return {one.candidate: conclude(one) for one in inquiries}


def inquiry(candidate: Candidate, seed: int, pinned: Mapping[str, str]) -> Inquiry:
    """The open question about a candidate: its pilots, ways and formulas."""
    exercise = candidate.exercise
    probes = pilots(exercise, seed)
    formulas = [
        Right(v.name, v.formula, v.convention) if v else Right("", exercise.formula, {})
        for v in permitted(exercise.variants, pinned)
    ]
    binary = any(forms.is_binary(exercise, probe) for probe in probes)
    return Inquiry(candidate, probes, ways(candidate, probes, pinned), formulas, binary)


def pilots(exercise: Exercise, seed: int) -> list[Probe]:
    """A few ordinary probes that show how arrays are laid out: N and C differ, nothing is rounded."""
    probes = exercise.probes(seed)
    telling = [probe for probe in probes if _is_telling(probe)] or probes
    shapes = {tuple(map(np.shape, probe)): probe for probe in reversed(telling)}
    return list(reversed(shapes.values()))[:PILOTS]


def _is_telling(probe: Probe) -> bool:
    arrays = [a for a in probe if isinstance(a, np.ndarray)]
    floats = [a for a in arrays if a.dtype.kind == "f"]
    return (
        bool(floats)
        and all(a.dtype == np.float64 for a in floats)
        and all(a.ndim != 2 or 1 < a.shape[0] != a.shape[1] for a in arrays)
        and all(np.isfinite(a).all() for a in floats)
    )


def _first(one: Inquiry) -> list[Way]:
    return [] if one.candidate.stub else one.ways[:1]


def _batches(one: Inquiry) -> list[Way]:
    """All ways that hand over whole batches, where the first was not right."""
    if one.fits or one.candidate.stub:
        return []
    return [way for way in one.ways[1:] if way.form.layout not in (SINGLE, SCALAR)]


def _singly(one: Inquiry) -> list[Way]:
    """Samples or numbers one at a time, where nothing else gave any value."""
    silent = not any(b.returned for answers in one.answers.values() for b in answers)
    jacobian = one.candidate.exercise.derivative and one.candidate.exercise.derivative.jacobian
    if one.fits or one.candidate.stub or not (silent or jacobian):
        return []
    return [way for way in one.ways if way.form.layout in (SINGLE, SCALAR)]


def _columns(one: Inquiry) -> list[Way]:
    """The same function with samples in columns, where another function of the module needs them so."""
    asked = {way.form.layout for way in one.answers}
    turned = [way for way in one.ways if way.form.layout == COLUMNS]
    return turned if one.fits and COLUMNS not in asked else []


def _ask(inquiries: Sequence[Inquiry], ask: Ask, wave: Callable[[Inquiry], list[Way]]) -> None:
    """Put one wave of questions in one batch, and see which ways fit."""
    asked = [(one, way, probe) for one in inquiries for way in wave(one) for probe in one.pilots]
    if not asked:
        return
    replies = ask([request(one.candidate, way, probe, one.binary) for one, way, probe in asked])
    for (one, way, _), reply in zip(asked, replies, strict=True):
        one.answers.setdefault(way, []).append(reply)
    for one in inquiries:
        judge(one)


def judge(one: Inquiry) -> None:
    """Note the formula under which each way that was asked is right."""
    for way, answers in one.answers.items():
        if way in one.fits or not all(answer.returned for answer in answers):
            continue
        found = next((right for right in one.formulas if _agrees(one, way, right)), None)
        if found:
            one.fits[way] = found


def _agrees(one: Inquiry, way: Way, right: Right) -> bool:
    return all(_matches(one, way, right, pilot) for pilot in range(len(one.pilots)))


def _matches(one: Inquiry, way: Way, right: Right, pilot: int) -> bool:
    expected, answer = one.expected(right, way, pilot), one.answers[way][pilot]
    way = ordered(one.candidate, way, answer.value, expected)
    got = read_back(one.candidate, way, answer, expected).value
    if not _roughly(got, expected):
        return False
    formula = one_by_one(right.formula, one.candidate, way)
    with np.errstate(all="ignore"):
        bound = compare.rounding_bound(formula, one.pilots[pilot], expected, got)
    return compare.difference(got, expected, bound) is None


def _roughly(got: Any, expected: Any) -> bool:
    """Cheap and generous: may the two be equal up to rounding?"""
    if isinstance(expected, tuple):
        return isinstance(got, tuple) and all(map(_roughly, got, expected))
    if compare.not_numbers(got) or np.shape(got) != np.shape(expected):
        return False
    with np.errstate(invalid="ignore"):
        off = np.abs(np.subtract(got, expected, dtype=float)) > ROUGH * (1 + np.abs(expected))
    return not np.any(off)


def conclude(one: Inquiry) -> Reading:
    """The reading under which the function is right; else the one that explains it best."""
    if one.best:
        return _reading(one, *one.best, True)
    way = _explained(one) or _answered(one) or _in_layout(one)[0]
    return _reading(one, way, one.formulas[0], False)


def _in_layout(one: Inquiry) -> list[Way]:
    """The ways of asking, those in the layout of the module first."""
    return sorted(one.ways, key=lambda way: way.form.layout != one.layout)


def _reading(one: Inquiry, way: Way, right: Right, fits: bool) -> Reading:
    formula = one_by_one(right.formula, one.candidate, way)
    for pilot, answer in enumerate(one.answers.get(way, ())):
        if answer.returned:
            way = ordered(one.candidate, way, answer.value, one.expected(right, way, pilot))
            break
    found = convention(one.candidate.exercise, way, right.convention)
    return Reading(one.candidate, way, found, in_words(found), formula, fits, one.binary)


def _explained(one: Inquiry) -> Way | None:
    """The first way of asking under which a known mistake does just what the function did."""
    mistakes = one.candidate.exercise.misconceptions
    return next(
        (
            way
            for way in _in_layout(one)
            if way in one.answers and any(_makes(one, way, m) for m in mistakes)
        ),
        None,
    )


def _makes(one: Inquiry, way: Way, mistake: Misconception) -> bool:
    return all(
        _does_the_same(one, way, probe, answer, mistake)
        for probe, answer in zip(one.pilots, one.answers[way], strict=True)
    )


def _does_the_same(
    one: Inquiry, way: Way, probe: Probe, answer: Behaviour, mistake: Misconception
) -> bool:
    formula = one_by_one(mistake.formula, one.candidate, way)
    wrong = observe(formula, probe)
    if not answer.returned or not wrong.returned:
        return False
    got = read_back(one.candidate, way, answer, wrong.value)
    try:
        with np.errstate(all="ignore"):
            bound = compare.rounding_bound(formula, probe, wrong.value, got.value)
    except Exception:  # a wrong formula may fail on the moved inputs
        bound = 0.0
    return compare.same(got, wrong, bound)


def _answered(one: Inquiry) -> Way | None:
    """The most natural way of asking that gives numbers of the right shape on most pilots."""
    counts = {way: _count(one, way) for way in _in_layout(one) if way in one.answers}
    best = max(counts, key=lambda way: counts[way], default=None)
    return best if best and counts[best] else None


def _count(one: Inquiry, way: Way) -> int:
    return sum(_has_the_shape(one, way, pilot) for pilot in range(len(one.pilots)))


def _has_the_shape(one: Inquiry, way: Way, pilot: int) -> bool:
    answer = one.answers[way][pilot]
    if not answer.returned:
        return False
    expected = one.expected(one.formulas[0], way, pilot)
    got = read_back(one.candidate, way, answer, expected).value
    if isinstance(expected, tuple):
        return isinstance(got, tuple) and len(got) == len(expected)
    return not compare.not_numbers(got) and np.shape(got) == np.shape(expected)
