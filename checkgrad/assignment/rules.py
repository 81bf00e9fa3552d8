"""What an assignment must not say, beyond the types of its keys: each rule yields sentences with the path of a key."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec

from checkgrad.assignment import conventions
from checkgrad.assignment.content import Assignment, earning, known, questions
from checkgrad.assignment.errors import nearest
from checkgrad.exercises.mlp import NETWORK
from checkgrad.tasks import TASKS

BrokenRules = Iterator[str]
LONGEST = 86_400  # seconds
MOST = 1e9  # points, and whatever else is an amount: sums stay exact enough
DEEPEST, WIDEST = 20, 1_000  # of a network


def broken(assignment: Assignment) -> BrokenRules:
    """Every rule that *assignment* breaks, one sentence each; a later rule may lean on the ones before."""
    for rule in RULES:
        yield from rule(assignment)


def exercises_exist(assignment: Assignment) -> BrokenRules:
    names = [*(e.name for e in known(assignment)), NETWORK.name]
    for name in assignment.exercises:
        if name not in names:
            yield f"exercises.{name}: no such exercise{nearest(name, names)}"


def points_are_numbers(assignment: Assignment) -> BrokenRules:
    for name, asked in assignment.exercises.items():
        yield from _no_amount(f"exercises.{name}.points", asked.points)
        if asked.kind == "optional" and asked.points is not None:
            yield f'exercises.{name}.points: an optional exercise is worth nothing; kind = "bonus" adds points'
    if assignment.imports:
        yield from _no_amount("imports.cost", assignment.imports.cost)


def checks_count_one_way(assignment: Assignment) -> BrokenRules:
    for exercise, asked in assignment.exercises.items():
        asking = questions(assignment, exercise)
        for name, check in asked.checks.items():
            path = f"exercises.{exercise}.checks.{name}"
            yield from _no_amount(f"{path}.weight", check.weight)
            yield from _no_amount(f"{path}.cost", check.cost)
            if name not in asking:
                yield f"{path}: no such check here{nearest(name, asking)}"
            elif check.weight is not None and name not in earning(assignment, exercise):
                yield f"{path}.weight: this check earns nothing, it can only cost; set cost"
            elif check.cost is not None and name in earning(assignment, exercise):
                yield f"{path}.cost: this check earns points; set weight"
        if asking and not sum(earning(assignment, exercise).values()):
            yield f"exercises.{exercise}.checks: no check earns anything; give one a weight above 0"


def tolerances_give_room(assignment: Assignment) -> BrokenRules:
    for name, asked in assignment.exercises.items():
        if asked.tolerance is None:
            continue
        path, given = f"exercises.{name}.tolerance", asked.tolerance
        yield from _no_amount(f"{path}.relative", given.relative)
        yield from _no_amount(f"{path}.absolute", given.absolute)
        if not given.reason.strip():
            yield f"{path}.reason: is empty; say why rounding alone is too strict here"
        if not (given.relative or given.absolute):
            yield f"{path}: gives no room; set relative or absolute"


def conventions_exist(assignment: Assignment) -> BrokenRules:
    exercises = known(assignment)
    for key, value in assignment.conventions.items():
        if key not in conventions.CONVENTIONS:
            yield f"conventions.{key}: no such convention{nearest(key, conventions.CONVENTIONS)}"
        elif value not in (choices := conventions.choices(key, exercises)):
            yield f"conventions.{key}: no choice {value!r}{nearest(value, choices)}"


def networks_can_be_built(assignment: Assignment) -> BrokenRules:
    asked = assignment.network
    if (asked.sizes or asked.training) and NETWORK.name not in assignment.exercises:
        yield f"network: is of no use without [exercises.{NETWORK.name}]"
    for i, sizes in enumerate(asked.sizes):
        if len(sizes) < 2 or min(sizes) < 1:
            yield f"network.sizes[{i}]: {sizes} is no network; two sizes or more, like [2, 4, 1]"
        elif len(sizes) > DEEPEST or max(sizes) > WIDEST:
            yield f"network.sizes[{i}]: too large to check every entry; at most {DEEPEST} sizes of {WIDEST}"
    for task, accuracy in asked.training.items():
        if task not in TASKS:
            yield f"network.training.{task}: no such task{nearest(task, TASKS)}"
        elif not 0 < accuracy <= 1:
            yield f"network.training.{task}: {accuracy:g} is no accuracy; a number above 0, at most 1"
        elif task == "digits" and not find_spec("sklearn"):
            yield "network.training.digits: needs scikit-learn; pip install checkgrad[digits]"


def limits_leave_time(assignment: Assignment) -> BrokenRules:
    limits = assignment.limits
    for name in limits.__struct_fields__:
        value = getattr(limits, name)
        most, unit = (_memory(), "MB") if name == "memory" else (LONGEST, "s")
        if value is not None and not (0 < value < math.inf):
            yield f"limits.{name}: {value} is no limit; a number above 0"
        elif value is not None and value > most:
            yield f"limits.{name}: {value:.6g} {unit} is more than there is here; at most {most} {unit}"


def the_seed_is_one(assignment: Assignment) -> BrokenRules:
    if assignment.seed is not None and assignment.seed < 0:
        yield f"seed: {assignment.seed} is negative"


def the_secret_is_there(assignment: Assignment) -> BrokenRules:
    if assignment.secret and not os.environ.get(assignment.secret):
        yield f"secret: the environment variable {assignment.secret} is not set"


RULES: tuple[Callable[[Assignment], BrokenRules], ...] = (
    exercises_exist,
    points_are_numbers,
    checks_count_one_way,
    tolerances_give_room,
    conventions_exist,
    networks_can_be_built,
    limits_leave_time,
    the_seed_is_one,
    the_secret_is_there,
)


def _no_amount(path: str, value: float | None) -> BrokenRules:
    if value is not None and not (0 <= value <= MOST):
        yield f"{path}: {value:g} is no amount; 0 or more, at most {MOST:g}"


def _memory() -> int:
    """The megabytes of this machine, as far as it tells."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    except (AttributeError, ValueError, OSError):
        return 1 << 20
