"""Which way of asking a function makes it right: found by asking, the most natural way first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.child.behaviour import observe
from checkgrad.child.request import Ask
from checkgrad.conventions.layout import COLUMNS, ROWS, SCALAR, SINGLE
from checkgrad.exercise import Misconception
from checkgrad.reading import consistency, obstacles
from checkgrad.reading.anew import MADE_ANEW, are_made_anew
from checkgrad.reading.exchange import ordered, read_back, request
from checkgrad.reading.inquiry import Inquiry, is_alone
from checkgrad.reading.reading import Reading, convention, in_words
from checkgrad.reading.recipe import Candidate
from checkgrad.reading.topic import (
    ROUGH,
    STEPS,
    Right,
    agrees,
    as_asked,
    manner,
    shape_of,
    topic,
)
from checkgrad.reading.way import Way, ways

TELLING = 3  # entries that are right by no accident
MOST_LISTS = 40  # ways in which nested lists are tried


AFTER_STEPS = "the parameters after three steps"


def read(
    candidates: Iterable[Candidate],
    ask: Ask,
    *,
    seed: int = 0,
    pinned: Mapping[str, str] = {},
) -> dict[Candidate, Reading]:
    """Find out how each candidate wants to be asked; *pinned* conventions are not searched."""
    inquiries = _inquiries(list(candidates), seed, pinned)
    for wave in (_first, _batches, _singly):
        _ask(inquiries, ask, wave)
    if consistency.columns_are_needed(inquiries):
        _ask(inquiries, ask, _columns)
    _ask(inquiries, ask, _lists)
    _ask_alone(inquiries, ask)
    helpers = [one for one in inquiries if consistency.helps(one, inquiries)]
    for one, way, right in _asked(helpers, ask, _alone):
        one.outvoted |= {way: right} if right else {}
        del one.answers[way]  # a mistake is looked for in batches
    if "layout" not in pinned:
        _turn(inquiries)
    layouts = {id(one): {way.form.layout for way in one.fits} for one in inquiries}
    for one in inquiries:
        one.outvoted |= one.fits
    consistency.settle(inquiries)
    outvoted = [one for one in inquiries if layouts[id(one)] - {one.layout} and not one.fits]
    for one, way, right in _asked(outvoted, ask, _alone):
        one.outvoted |= {way: right} if right else {}
        one.narrow = one.narrow or bool(right and _may_be_narrow(one))
    consistency.let_stand_alone(outvoted, inquiries)
    for one in inquiries:
        one.anew = not one.fits and are_made_anew(one, ask)
    return {one.candidate: conclude(one) for one in inquiries}


def _inquiries(
    candidates: Sequence[Candidate], seed: int, pinned: Mapping[str, str]
) -> list[Inquiry]:
    topics = {e: topic(e, seed, pinned) for e in dict.fromkeys(c.exercise for c in candidates)}
    return [
        Inquiry(c, topics[c.exercise], ways(c, topics[c.exercise].pilots, pinned))
        for c in candidates
    ]


def _first(one: Inquiry) -> list[Way]:
    return [] if one.candidate.stub else one.ways[:1]


def _batches(one: Inquiry) -> list[Way]:
    """All ways that hand over whole batches, where the first was not right."""
    if one.fits or one.candidate.stub:
        return []
    return [way for way in one.ways[1:] if way.form.layout not in (SINGLE, SCALAR)]


def _singly(one: Inquiry) -> list[Way]:
    """Samples or numbers one at a time, where nothing else gave any value, or a loss was no loss's shape."""
    alike = _could_be_right if _is_one_number_or_a_group(one) else _gave_a_value
    silent = not any(alike(one, way) for way in one.answers if _answers_all(one, way))
    jacobian = one.exercise.derivative and one.exercise.derivative.jacobian
    if one.fits or one.candidate.stub or not (silent or jacobian):
        return []
    return [way for way in one.ways if way.form.layout in (SINGLE, SCALAR)]


def _is_one_number_or_a_group(one: Inquiry) -> bool:
    due = one.topic.expected(one.topic.rights[0], "", 0)
    return isinstance(due, tuple) or np.ndim(due) == 0


def _gave_a_value(one: Inquiry, way: Way) -> bool:
    return any(answer.returned for answer in one.answers[way])


def _answers_all(one: Inquiry, way: Way) -> bool:
    return all(answer.returned for answer in one.answers[way])


def _could_be_right(one: Inquiry, way: Way) -> bool:
    """Has an answer to *way* the shape of a group, or of a loss: one number, or one for each sample?"""
    return any(
        _has_the_shape(one, way, pilot, right)
        for pilot in range(len(one.topic.pilots))
        for right in one.topic.rights
        if _is_narrow_enough(one.expected(right, way, pilot))
    )


def _is_narrow_enough(due: Any) -> bool:
    return isinstance(due, tuple) or np.ndim(due) < 2


def _columns(one: Inquiry) -> list[Way]:
    """The same function with samples in columns, where another function of the module needs them so."""
    asked = {way.form.layout for way in one.answers}
    turned = [way for way in one.ways if way.form.layout == COLUMNS]
    return turned if one.fits and COLUMNS not in asked else []


def _lists(one: Inquiry) -> list[Way]:
    """Nested lists instead of arrays, where no call has given any value or lists are all it knows."""
    answered = any(_gave_a_value(one, way) for way in one.answers)
    if one.candidate.stub or answered and not _knows_only_lists(one):
        return []
    return [
        replace(way, form=replace(way.form, lists=True), rarity=way.rarity + 1)
        for way in one.ways
        if way.form.layout in (ROWS, SINGLE)
    ][:MOST_LISTS]


def _knows_only_lists(one: Inquiry) -> bool:
    """Did it answer in lists, in a module without NumPy?"""
    answers = (answer.value for given in one.answers.values() for answer in given)
    lists = one.candidate.among_lists and not one.fits
    return lists and any(isinstance(value, list) for value in answers)


def _turn(inquiries: Sequence[Inquiry]) -> None:
    """Look at the answers of gradients once more, as if they had come back transposed."""
    for one in inquiries:
        if one.fits or not one.exercise.is_gradient_of_a_loss:
            continue
        for way in [way for way in one.answers if way.form.layout in (ROWS, COLUMNS)]:
            turned = replace(way, form=replace(way.form, turned=True), rarity=way.rarity + 1)
            one.answers[turned] = one.answers[way]
            if right := _fitting(one, turned):
                one.fits[turned] = right
            else:
                del one.answers[turned]


def _ask_alone(inquiries: Sequence[Inquiry], ask: Ask) -> None:
    """Ask for samples one at a time what is not right for batches, unless the module is about batches."""
    suspects = [one for one in inquiries if _took_a_batch_and_fits_alone(one)]
    stuck = consistency.stuck_along_an_axis(inquiries)
    sure = [one for one in inquiries if one not in suspects and one not in stuck]
    alone = consistency.samples_are_alone(sure)
    doubtful = [one for one in inquiries if _alone(one) and (alone or _may_be_narrow(one))]
    if not (alone or doubtful or suspects or stuck):
        return
    for one, way, right in _asked(inquiries, ask, _alone_too):
        # what divides by its first axis takes one sample's outputs for samples; a mean of all cells does not
        by = {r.convention.get("reduction") for r in one.fits.values()}
        fits = right and right.convention.get("reduction") in (None, "sum", *by)
        one.alone |= {way: right} if right and fits else {}
    batches = consistency.batches_are_needed(inquiries)
    for one in suspects:
        if batches or (one.candidate.among_batches and not alone):
            one.fits.clear()
    for one in stuck:
        if batches or one.candidate.among_matrices:
            one.is_for_batches()
    if batches:
        return
    for one, way, right in _asked(doubtful, ask, _alone):
        if right:
            (one.fits if alone else one.outvoted)[way] = right
        one.narrow = one.narrow or bool(right and not alone)


def _took_a_batch_and_fits_alone(one: Inquiry) -> bool:
    """Does it group several gradients, gave them for batches, and is right for single samples only?"""
    batches = [way for way in one.answers if not is_alone(way) and _answers_all(one, way)]
    grouped = isinstance(one.topic.expected(one.topic.rights[0], "", 0), tuple)
    return bool(grouped and one.fits and batches) and all(map(is_alone, one.fits))


def _alone(one: Inquiry) -> list[Way]:
    """Samples one at a time, of a function that is not right otherwise."""
    turned = [way for way in one.ways if way.form.layout == SINGLE and way not in one.answers]
    return [] if one.fits or one.candidate.stub else turned


def _alone_too(one: Inquiry) -> list[Way]:
    """The same of a function that is right for batches, to see whether it needs them."""
    turned = [way for way in one.ways if way.form.layout == SINGLE]
    return turned if consistency.is_for_batches(one) else []


def _may_be_narrow(one: Inquiry) -> bool:
    """Could it be meant for one sample? A loss of a batch could hide there how it counts the samples."""
    if one.candidate.among_batches or one.topic.binary:
        return False
    if "t" not in one.exercise.roles:
        return "z" in one.exercise.roles
    of_a_batch = (way for way in one.answers if way.form.layout == ROWS)
    right = one.topic.rights[0]
    return not one.exercise.derivative and not any(
        _has_the_shape(one, way, 0, right) for way in of_a_batch
    )


def _ask(inquiries: Sequence[Inquiry], ask: Ask, wave: Callable[[Inquiry], list[Way]]) -> None:
    """Put one wave of questions in one batch, and keep the ways that fit."""
    for one, way, right in _asked(inquiries, ask, wave):
        if right:
            one.fits[way] = right


def _asked(
    inquiries: Sequence[Inquiry], ask: Ask, wave: Callable[[Inquiry], list[Way]]
) -> list[tuple[Inquiry, Way, Right | None]]:
    """Put one wave of questions in one batch; each way with the formula that it agrees with."""
    waves = [(one, way) for one in inquiries for way in wave(one)]
    asked = [(one, way, probe) for one, way in waves for probe in one.topic.pilots]
    if not asked:
        return []
    replies = ask(
        [request(one.candidate, way, probe, one.topic.binary) for one, way, probe in asked]
    )
    for (one, way, _), reply in zip(asked, replies, strict=True):
        one.answers.setdefault(way, []).append(reply)
    return [(one, way, _fitting(one, way)) for one, way in waves]


def _fitting(one: Inquiry, way: Way) -> Right | None:
    """The first formula that agrees with all answers to *way*."""
    if not _answers_all(one, way):
        return None
    near = one.topic.near(manner(way), lambda expected: one.value(way, 0, expected))
    suiting = sorted((r for r in near if r.suits(way)), key=lambda r: not r.lacking)
    return next((right for right in suiting if _agrees(one, way, right)), None)


def _agrees(one: Inquiry, way: Way, right: Right) -> bool:
    return all(_matches(one, way, right, pilot) for pilot in range(len(one.topic.pilots)))


def _matches(one: Inquiry, way: Way, right: Right, pilot: int) -> bool:
    expected = one.expected(right, way, pilot)
    got, formula = one.value(way, pilot, expected), one.formula(right, way)
    probe = one.topic.pilots[pilot]
    with np.errstate(all="ignore"):
        return agrees(got, expected, lambda: compare.rounding_bound(formula, probe, expected, got))


def conclude(one: Inquiry) -> Reading:
    """The reading under which the function is right; else the one that explains it best."""
    if one.best:
        return _reading(one, *one.best, True)
    found = _not_right(one)
    other = one.best_outvoted and _reading(one, *one.best_outvoted, True)
    return replace(found, outvoted=other)


def _not_right(one: Inquiry) -> Reading:
    """The reading that explains best what is not right."""
    if way := _explained(one):
        return _reading(one, way, one.due, False)
    way = _answered(one) or _for_one_sample(one) or _in_layout(one)[0]
    found = _reading(one, way, one.due, False)
    obstacle = MADE_ANEW if one.anew else obstacles.of(one)
    return replace(found, obstacle=obstacle, unwritten=obstacles.is_unwritten(one))


def _in_layout(one: Inquiry) -> list[Way]:
    """The ways of asking with the weights as the module has them, those in its layout first."""
    turned = one.weights and {"w", "x"} <= set(one.exercise.roles)
    left = one.ways or list(one.answers)
    ways = [w for w in left if not turned or w.form.weights == one.weights]
    if one.order:
        ways = [w for w in ways if consistency.order(w) == one.order] or ways
    return sorted(ways, key=lambda way: way.form.layout != one.layout)


def _reading(one: Inquiry, way: Way, right: Right, fits: bool) -> Reading:
    for pilot, answer in enumerate(one.answers.get(way, ())):
        if answer.returned:
            way = ordered(one.candidate, way, answer.value, one.expected(right, way, pilot))
            break
    found = convention(one.exercise, way, right.convention)
    formula = one.formula(right, way)
    asked = AFTER_STEPS if manner(way) == STEPS else ""
    words, binary = ", ".join(filter(None, (in_words(found), asked))), one.topic.binary
    return Reading(
        one.candidate,
        way,
        found,
        words,
        formula,
        fits,
        binary,
        narrow=one.narrow and not fits,
    )


def _explained(one: Inquiry) -> Way | None:
    """The first way of asking under which a known mistake does just what the function did."""
    asked = [way for way in _in_layout(one) if way in one.answers]
    mistakes = one.exercise.misconceptions
    return next((way for way in asked if any(_makes(one, way, m) for m in mistakes)), None)


def _makes(one: Inquiry, way: Way, mistake: Misconception) -> bool:
    return all(_does_the_same(one, way, pilot, mistake) for pilot in range(len(one.topic.pilots)))


def _does_the_same(one: Inquiry, way: Way, pilot: int, mistake: Misconception) -> bool:
    formula = as_asked(mistake.formula, one.exercise, manner(way))
    answer, probe = one.answers[way][pilot], one.topic.pilots[pilot]
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
    most = max(counts.values(), default=0)
    alike = [way for way, count in counts.items() if count == most and count]
    if not alike or _right_entries(one, alike[0]):
        return alike[0] if alike else None
    # Of what is wrong all over, another calling may have a part that is right.
    called = [way for way in alike if way.calling and _right_entries(one, way) >= TELLING]
    return max(called, key=lambda way: _right_entries(one, way), default=alike[0])


def _for_one_sample(one: Inquiry) -> Way | None:
    """Of a Jacobian, which is one of a sample, the first way of asking that gives numbers at all."""
    derivative = one.exercise.derivative
    if derivative is None or not derivative.jacobian:
        return None
    ways = (way for way in _in_layout(one) if is_alone(way) and way in one.answers)
    return next((way for way in ways if _answers_all(one, way)), None)


def _right_entries(one: Inquiry, way: Way) -> int:
    """How many entries of the first answer are right, of those that are no 0 and no 1."""
    due = one.expected(one.topic.rights[0], way, 0)
    if isinstance(due, tuple) or not one.answers[way][0].returned:
        return 0
    got = one.value(way, 0, due)
    if compare.not_numbers(got) or np.shape(got) != np.shape(due):
        return 0
    right = np.isclose(got, due, rtol=ROUGH, atol=0) & ~np.isin(np.abs(due), (0.0, 1.0))
    return int(np.count_nonzero(right))


def _count(one: Inquiry, way: Way) -> int:
    right = one.topic.rights[0]
    return sum(_has_the_shape(one, way, pilot, right) for pilot in range(len(one.topic.pilots)))


def _has_the_shape(one: Inquiry, way: Way, pilot: int, right: Right) -> bool:
    if not one.answers[way][pilot].returned:
        return False
    expected = one.expected(right, way, pilot)
    got = one.value(way, pilot, expected)
    if isinstance(expected, tuple):
        return isinstance(got, tuple) and shape_of(got) == shape_of(expected)
    return not compare.not_numbers(got) and np.shape(got) == np.shape(expected)
