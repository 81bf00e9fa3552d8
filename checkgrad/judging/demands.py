"""What an assignment demands beyond right answers: conventions, imports, sizes, tasks to learn; who sees an outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace as changed
from functools import partial

from msgspec.structs import replace

from checkgrad.asking.finding import NetworkCheck
from checkgrad.asking.learning import reaches
from checkgrad.asking.network import NETWORK_CHECKS, REDUCED_DIFFERENTLY
from checkgrad.assignment import Assignment, against, is_visible, learns
from checkgrad.exercise import Exercise, named
from checkgrad.exercises import mlp
from checkgrad.model import Outcome, Verdict
from checkgrad.networks.candidates import NetworkReading
from checkgrad.reading import Reading
from checkgrad.sandbox import WorkerLimits
from checkgrad.tasks import TASKS

MEGABYTE = 1 << 20


def applied(outcome: Outcome, assignment: Assignment) -> Outcome:
    """The outcome for those who may see it; advice that costs points is a failure."""
    asked = assignment.exercises.get(outcome.exercise)
    said = asked.checks.get(outcome.check) if asked else None
    if said is None:
        return outcome
    costs = outcome.verdict is Verdict.ADVICE and bool(said.cost)
    visible = is_visible(said.visibility, assignment.released)
    return replace(
        outcome,
        verdict=Verdict.WRONG if costs else outcome.verdict,
        visibility="visible" if visible else said.visibility,
    )


def beside_a_wrong_one(outcome: Outcome, assignment: Assignment) -> Outcome:
    """What is right only for a wrong function of the submission fails where it is asked for, and keeps nothing."""
    asked = outcome.exercise in assignment.exercises
    if not (asked and outcome.verdict is Verdict.ADVICE and outcome.follows_from):
        return outcome
    return replace(outcome, verdict=Verdict.WRONG, follows_from="")


def limits(assignment: Assignment) -> WorkerLimits:
    """The limits of a worker: those that the file says, and the usual ones."""
    said = assignment.limits
    seconds = {
        name: value
        for name in ("load", "call", "function", "submission")
        if (value := getattr(said, name)) is not None
    }
    memory = {} if said.memory is None else {"memory": said.memory * MEGABYTE}
    return changed(WorkerLimits(), **seconds, **memory)


def room(assignment: Assignment, exercise: str) -> tuple[float, float]:
    """What an answer may be off by beyond rounding: relative to the largest entry that is due, and absolute."""
    asked = assignment.exercises.get(exercise)
    given = asked.tolerance if asked else None
    return (given.relative, given.absolute) if given else (0.0, 0.0)


def network_checks(assignment: Assignment) -> tuple[NetworkCheck, ...]:
    """The questions about a network, with the tasks that the assignment wants it to learn."""
    tasks = [
        changed(TASKS[name], accuracy=accuracy)
        for name, accuracy in assignment.network.training.items()
    ]
    learned = [
        NetworkCheck(
            named(
                learns(task.name),
                f"reaches {task.accuracy:.0%} on {task.title}",
                partial(reaches, task),
            ),
            earns=True,
        )
        for task in tasks
    ]
    return (*NETWORK_CHECKS, *learned)


def forbidden(imports: Sequence[tuple[str, str]], assignment: Assignment) -> str:
    """What a submission imports, (module, where) each, and may not; "" if there is nothing."""
    assert assignment.imports
    allowed = assignment.imports.allowed
    found = [f"{name} ({where})" for name, where in imports if not _is_allowed(name, allowed)]
    may = ", ".join(allowed) or "nothing"
    return f"imports {', '.join(found)}; allowed: {may}" if found else ""


def _is_allowed(name: str, allowed: Sequence[str]) -> bool:
    """Is it a module that was named, or inside one? What language features need is always allowed."""
    return name == "__future__" or any(name == a or name.startswith(f"{a}.") for a in allowed)


def by_other_conventions(outcome: Outcome, reading: Reading, pinned: Mapping[str, str]) -> Outcome:
    """A failure of what is right under a *reading* that the assignment rules out: told as that."""
    exercise = reading.candidate.exercise
    asked = {
        key: value
        for key, value in against(reading.convention, pinned).items()
        if key in reading.convention or _matters(exercise, key, value)
    }
    if not asked:
        return outcome
    under = reading.note or "by the usual conventions"
    problem = f"is right {under}, but the assignment asks for {_listed(asked)}: {outcome.problem}"
    return replace(outcome, problem=problem)


def by_other_network_conventions(
    outcome: Outcome, reading: NetworkReading, pinned: Mapping[str, str], code: str
) -> Outcome:
    """A right network under conventions that the assignment rules out fails, and is told why.

    code: of what was found.
    """
    if code == REDUCED_DIFFERENTLY and "reduction" in pinned:
        return replace(outcome, verdict=Verdict.WRONG)
    found = _conventions_of(reading)
    asked = {key: value for key, value in against(found, pinned).items() if key in found}
    if not asked or outcome.verdict is not Verdict.PASSED:
        return outcome
    has = _listed({key: found[key] for key in asked})
    problem = f"is right by other conventions: {has}; the assignment asks for {_listed(asked)}"
    return replace(outcome, verdict=Verdict.WRONG, problem=problem)


def _conventions_of(reading: NetworkReading) -> dict[str, str]:
    """What a network shows of the conventions that can be pinned, in their words; its weights are its own affair."""
    said, squared = reading.convention, mlp.is_squared(reading.output)
    found: dict[str, str] = {}
    if reading.layout:
        found["layout"] = reading.layout
    if "labels" in said and reading.outputs & {"two_class", "multi_class"}:
        found["labels"] = said["labels"]
    whole = {"mean": "mean", "entries": "mean" if squared else "cells", "sum": "sum"}
    found["reduction"] = whole[reading.reduction]
    if squared:
        found["mse_factor"] = "one" if reading.scale == 1 else "one half"
    if mlp.has_alpha(reading.hidden):
        found["alpha"] = f"{reading.alpha:g}"
    return found


def _matters(exercise: Exercise, key: str, value: str) -> bool:
    conventions = [v.convention for v in exercise.variants]
    conventions += [c.convention for c in exercise.callings]
    return any(c.get(key) == value for c in conventions) or key in ("layout", "labels", "order")


def _listed(conventions: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in conventions.items())
