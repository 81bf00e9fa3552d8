"""Why we believe that code is called as its author meant it.

An answer that differs from what is due has two explanations: the code is wrong, or it was called wrongly.
The second has to be ruled out before anything is called wrong or crashed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.asking.student import Student
from checkgrad.asking.truth import ProbeGradients, StudentNetwork, compared
from checkgrad.child.behaviour import Behaviour
from checkgrad.child.inventory import Definition
from checkgrad.child.perform import StandInObject
from checkgrad.exercise import Kind, Misconception, Probe
from checkgrad.model import Outcome
from checkgrad.reading.recipe import Call, last_name
from checkgrad.reading.signature import Fill, likeness, option
from checkgrad.reading.topic import ALONE, STEPS, as_asked, manner
from checkgrad.reading.way import Way
from checkgrad.words.meaning import meaning, stems
from checkgrad.words.messages import FOREIGN, heard
from checkgrad.words.text import split

PINNED, USED_SO, REPAIRED = "pinned", "used_so", "repaired"
PARTLY_RIGHT, NAMED_CLEARLY = "partly_right", "named_clearly"
WORDS = {
    PINNED: "it is asked for by this name and called as that says",
    USED_SO: "the module itself calls it this way",
    REPAIRED: "one change makes everything right",
    PARTLY_RIGHT: "other answers of the same call are right",
    NAMED_CLEARLY: "its name and its parameters mean this and nothing else",
}
TELLING = 3  # entries that are right by no accident


# Statements with which the code says that it is not to be called so.
REFUSALS = ("raise ", "assert ")
OUR_OBJECT = f"'{StandInObject.__name__}' object has no attribute"


@dataclass(frozen=True)
class Beside:
    """What is known of a function or a network besides its answers.

    pinned: an assignment or the submission itself names it. definition: its source.
    used_so: the module's own work hands it arguments of the same axes. callers: what hands it arguments and is right.
    repaired: one change of one expression makes everything right.
    left_over: what it leaves undone may be done by a loss that is not here.
    """

    pinned: bool = False
    definition: Definition | None = None
    used_so: bool = False
    callers: tuple[str, ...] = ()
    repaired: bool = False
    left_over: bool = False


def of_function(student: Student, outcome: Outcome, beside: Beside) -> list[str]:
    """The codes of what speaks for a failing function's being called as it is meant."""
    found = {
        PINNED: beside.pinned or _is_the_exercise_itself(student, beside),
        USED_SO: beside.used_so,
        REPAIRED: bool(outcome.diagnoses or outcome.follows_from),
        PARTLY_RIGHT: _is_partly_right(student),
        NAMED_CLEARLY: _is_named_clearly(student, beside),
    }
    if manner(student.reading.way) == STEPS and not _says_what_it_is(student):
        found |= {USED_SO: False, NAMED_CLEARLY: False}  # what only updates may do so in any way
    if _lacks_what_ours_lacks(student) or _numbers_its_classes(student):
        found |= {USED_SO: False}
    if _goes_on_from_a_guess(student) or _is_only_flattened(student):
        found = {PINNED: beside.pinned}
    if student.exercise.kind is Kind.METRIC:  # there are as many ways to count hits as to decide
        found |= {REPAIRED: False, PARTLY_RIGHT: False, NAMED_CLEARLY: False}
    if beside.left_over:  # its name speaks for it as well as for the loss that would do the rest
        found |= {REPAIRED: False, PARTLY_RIGHT: False, NAMED_CLEARLY: False}
    return [code for code, holds in found.items() if holds]


def of_network(network: StudentNetwork, outcome: Outcome, beside: Beside) -> list[str]:
    """The same for a network."""
    found = {
        PINNED: beside.pinned,
        USED_SO: beside.used_so,
        REPAIRED: bool(outcome.diagnoses or outcome.follows_from) or beside.repaired,
        PARTLY_RIGHT: has_right_blocks(network),
    }
    return [code for code, holds in found.items() if holds]


def in_words(codes: Sequence[str]) -> str:
    """What speaks for it, as a sentence; "" where nothing does."""
    return "; ".join(WORDS[code] for code in codes)


def _is_the_exercise_itself(student: Student, beside: Beside) -> bool:
    """Has it the exercise's own name and its own signature?"""
    exercise, definition = student.exercise, beside.definition
    if definition is None or last_name(definition.name) != exercise.name:
        return False
    names = tuple(p.name for p in definition.parameters or ())
    asked = [p.name for p in definition.parameters or () if not p.optional]
    return names[: len(exercise.roles)] == exercise.roles and set(asked) <= set(exercise.roles)


def _is_partly_right(student: Student) -> bool:
    """Are whole members of an answer, or enough entries of it, right that nothing makes right by accident?"""
    answers = zip(student.probes, student.answers(student.probes), strict=True)
    return any(_tells(student, probe, got) for probe, got in answers)


def _tells(student: Student, probe: Probe, got: Behaviour) -> bool:
    due = student.reading.formula(*probe)
    if not got.returned or _is_a_single_sample(student, probe):
        return False
    bound = compare.rounding_bound(student.reading.formula, probe, due, got.value)
    return any(_right_entries(*one, probe) >= TELLING for one in _members(got.value, due, bound))


def _is_a_single_sample(student: Student, probe: Probe) -> bool:
    """Is it one sample, on which what mixes samples is right as well?"""
    leads = [np.shape(a) for a in probe if isinstance(a, np.ndarray)]
    return not leads or all(len(s) < 2 or 1 in s for s in leads)


def _members(got: Any, due: Any, bound: Any) -> Iterator[tuple[Any, Any, Any]]:
    if not isinstance(due, tuple):
        yield got, due, bound
    elif isinstance(got, list | tuple) and len(got) == len(due):
        yield from zip(got, due, bound, strict=True)


def _right_entries(got: Any, due: Any, bound: Any, probe: Probe) -> int:
    """How many entries are right whose value is none that other code is likely to give: a 0, a 1, an input."""
    if compare.not_numbers(got) or np.shape(got) != np.shape(due) or np.size(due) < 2:
        return 0
    got, due = np.asarray(got, float), np.asarray(due, float)
    right = np.abs(got - due) <= bound
    given = np.concatenate([np.ravel(np.asarray(a, float)) for a in probe])
    cheap = np.isin(due, given) | np.isin(-due, given) | np.isin(np.abs(due), (0.0, 1.0))
    return len(np.unique(due[right & ~cheap]))


def _is_named_clearly(student: Student, beside: Beside) -> bool:
    """Do the name and every parameter mean the exercise without doubt, and had an answer its form?

    What other code uses and is right with is no longer clear: it may be a helper that does something else.
    """
    candidate, way = student.reading.candidate, student.reading.way
    if candidate.guessed or beside.definition is None or beside.callers:
        return False
    if manner(way) != STEPS and not _is_handed_a_role(student):
        return False  # others lay down in its object what it is about
    if way.form.integers and not all(map(_are_whole, student.probes)):
        return False  # a squared error is about numbers; class numbers are what it happened to take
    if len(way.recipe) > 1 and student.forward is not None:
        ahead = student.forward.reading
        if not ahead.right and not (ahead.narrow and manner(way) == ALONE):
            return False  # it goes on from what a forward pass left that is not right itself
    # Of an optimiser no parameter is filled whose name says nothing.
    clear = manner(way) == STEPS or all(map(_is_clear, way.recipe, way.given))
    return _says_what_it_is(student) and clear and _has_its_form(student, way)


def _lacks_what_ours_lacks(student: Student) -> bool:
    """Does it stop at every call because an object that it was handed has not the attributes of its own ones?"""
    answers = student.answers(student.probes)
    return all(OUR_OBJECT in answer.message and answer.raised for answer in answers)


def _is_only_flattened(student: Student) -> bool:
    """Does it give all numbers right in one row, as what is made for one sample may do on purpose?"""
    answers = zip(student.probes, student.answers(student.probes), strict=True)
    given = [(p, a.value) for p, a in answers if a.returned]
    return any(map(_is_a_row, given)) and all(_are_the_numbers(student, p, v) for p, v in given)


def _is_a_row(one: tuple[Probe, Any]) -> bool:
    probe, value = one
    return not compare.not_numbers(value) and np.ndim(value) == 1 and np.ndim(probe[0]) > 1


def _are_the_numbers(student: Student, probe: Probe, got: Any) -> bool:
    """Are they what is due, up to rounding, whatever their shape?"""
    due = student.reading.formula(*probe)
    if isinstance(due, tuple) or compare.not_numbers(got) or np.size(got) != np.size(due):
        return False
    laid_out = np.reshape(got, np.shape(due))
    bound = compare.rounding_bound(student.reading.formula, probe, due, laid_out)
    return compare.difference(laid_out, due, bound) is None


def _numbers_its_classes(student: Student) -> bool:
    """Does it give a number for each label, as another encoding that is called the same?"""
    encodes = student.exercise.kind is Kind.ENCODING
    answers = (a for a in student.answers(student.probes) if a.returned and encodes)
    return any(np.ndim(a.value) == 1 for a in answers if not compare.not_numbers(a.value))


def _goes_on_from_a_guess(student: Student) -> bool:
    """Does it go on from a forward pass that was guessed at, and is not right as that?"""
    ahead = student.forward.reading if student.forward else None
    return ahead is not None and ahead.candidate.guessed and not ahead.right


def _is_handed_a_role(student: Student) -> bool:
    given = {token for tokens in student.reading.way.given for token in tokens}
    return any(isinstance(token, str) for token in given)


def _are_whole(probe: Probe) -> bool:
    """Are the targets of a probe, which come last, whole numbers?"""
    return bool(np.all(np.asarray(probe[-1]) % 1 == 0))


def _says_what_it_is(student: Student) -> bool:
    """Does its name, or that of its class, mean an exercise?"""
    parts = [last_name(part) for part in student.reading.candidate.function.split(".")]
    words = {word for part in parts for word in split(part)}
    return (
        any(map(meaning, parts))
        or manner(student.reading.way) == STEPS
        and bool(words & stems(student.exercise))
    )


def _is_clear(call: Call, given: Sequence[Any]) -> bool:
    """Is every parameter of a call filled with what its name says?"""
    unknown = [token for token in given if isinstance(token, Fill) and token.value is None]
    if unknown:
        return False
    pairs = zip(call.names, given, strict=False)
    return all(likeness(token, name) > 0 for name, token in pairs if option(name) is None)


def _has_its_form(student: Student, way: Way) -> bool:
    """Has an answer the shape that is due, or did the code itself stop at every call?"""
    answers = student.answers(student.probes)
    if not any(answer.returned for answer in answers):
        return not any(map(_stops_at_what_it_was_given, answers))
    pairs = [(p, a.value) for p, a in zip(student.probes, answers, strict=True) if a.returned]
    if any(_alike(value, student.reading.formula(*probe)) for probe, value in pairs):
        return True
    # What takes nothing from above can be nothing else; mistakes have a form, too.
    alone = len(way.recipe) > 1 and all(_varies(value) for _, value in pairs)
    mistakes = [as_asked(m.formula, student.exercise, manner(way)) for m in _unshaped(student)]
    return alone and any(_alike(value, f(*probe)) for probe, value in pairs for f in mistakes)


def _varies(value: Any) -> bool:
    """Is it more than the same number again and again, as what leaves the slope to others may give?"""
    return not compare.not_numbers(value) and len(np.unique(np.asarray(value, float))) > 1


def _unshaped(student: Student) -> list[Misconception]:
    """The known mistakes of a Jacobian, some of which keep a vector of it."""
    derivative = student.exercise.derivative
    return student.exercise.misconceptions if derivative and derivative.jacobian else []


def _stops_at_what_it_was_given(answer: Behaviour) -> bool:
    """Does it stop because it is handed another kind of thing than it wants, not because of what it does?"""
    statement = answer.traceback.rstrip().rpartition("\n")[2].lstrip()
    if answer.raised == "KeyError" or statement.startswith(REFUSALS):
        return True
    return bool(answer.raised) and heard(answer, FOREIGN) is not None


def _alike(got: Any, due: Any) -> bool:
    if isinstance(due, tuple):
        several = isinstance(got, list | tuple) and len(got) == len(due)
        return several and all(map(_alike, got, due))
    return not compare.not_numbers(got) and np.shape(got) == np.shape(due)


def has_right_blocks(network: StudentNetwork) -> bool:
    """Are the gradients of some parameters right, whatever those of others are?"""
    if not all(answer.returned for answer in network.answers):
        return False
    seen = compared(network)
    return any(_is_a_right_block(s, name) for s in seen for name in s.names)


def _is_a_right_block(seen: ProbeGradients, name: str) -> bool:
    due = np.asarray(seen.due[seen.names.index(name)])
    return name not in seen.wrong and len(np.unique(due[due != 0])) >= TELLING
