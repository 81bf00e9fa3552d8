"""Right, but of other inputs: one argument changed, another one in its place, two exchanged."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from itertools import combinations, permutations
from typing import Any

import numpy as np

from checkgrad.diagnose.case import Case
from checkgrad.diagnose.mistakes import Suspect, explains
from checkgrad.exercise import Formula, Probe

STEPS = 3  # values up to which an answer is one of steps
Change = Callable[[Any], Any]
CHANGES: dict[str, Change] = {
    "-{}": np.negative,
    "1 - {}": lambda a: 1 - a,
    "the absolute value of {}": np.abs,
    "the square of {}": np.square,
    "2 {}": lambda a: 2 * a,
    "{} / 2": lambda a: a / 2,
    "the reciprocal of {}": lambda a: 1 / a,
    "the exponential of {}": np.exp,
    "the logarithm of {}": np.log,
    "the sigmoid of {}": lambda a: 1 / (1 + np.exp(-a)),
    "the hyperbolic tangent of {}": np.tanh,
    "the softmax of {}": lambda a: np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True),
    "{} rounded to whole numbers": np.round,
    "1": np.ones_like,
    "0": np.zeros_like,
    "{} + 1": lambda a: a + 1,
    "{} - 1": lambda a: a - 1,
    "{} transposed": lambda a: a.T if np.ndim(a) == 2 else _impossible(),
    "{} with its rows in reverse order": lambda a: a[::-1],
    "{} with its columns in reverse order": lambda a: a[..., ::-1],
}


def of_other_inputs(case: Case) -> str:
    """The words for the first change of the arguments under which the right formula gives every answer."""
    found = (
        words
        for words, formula in _candidates(case)
        if explains(case, Suspect(case.as_asked(formula)))
    )
    return next(found, "")


def _candidates(case: Case) -> Iterator[tuple[str, Formula]]:
    roles = case.exercise.roles
    for i, j in combinations(range(len(roles)), 2):
        yield f"what is due with {roles[i]} and {roles[j]} exchanged", _exchanged(case, i, j)
    for i, j in permutations(range(len(roles)), 2):
        yield f"what is due with {roles[j]} in place of {roles[i]}", _replaced(case, i, j)
    for i, role in enumerate(roles):
        for name, change in list(CHANGES.items())[: 1 if _has_few_values(case) else None]:
            words = f"what is due with {name.format(role)} in place of {role}"
            yield words, _changed(case, i, change)
    for name, size in _settings(case.formula).items():
        for changed, value in _other_settings(name, size).items():
            yield f"what is due with {changed} in place of {name}", _set(case, name, value)


def _has_few_values(case: Case) -> bool:
    """Are the right answers steps, so that many changes of an argument give the same?"""
    due = case.right(case.probes[0]).value
    return np.size(due) > STEPS and np.unique(due).size <= STEPS


def _exchanged(case: Case, i: int, j: int) -> Formula:
    def formula(*probe: Any) -> Any:
        args = list(probe)
        args[i], args[j] = args[j], args[i]
        return case.formula(*args)

    return formula


def _replaced(case: Case, i: int, j: int) -> Formula:
    return lambda *probe: case.formula(*_with(probe, i, probe[j]))


def _changed(case: Case, i: int, change: Change) -> Formula:
    return lambda *probe: case.formula(*_with(probe, i, change(probe[i])))


def _set(case: Case, name: str, value: float) -> Formula:
    return lambda *probe: case.formula(*probe, **{name: value})


def _with(probe: Probe, i: int, value: Any) -> Probe:
    return (*probe[:i], value, *probe[i + 1 :])


def _settings(formula: Formula) -> dict[str, float]:
    """The numbers that the formula has as defaults, such as beta1."""
    return {
        p.name: p.default
        for p in inspect.signature(formula).parameters.values()
        if isinstance(p.default, float)
    }


def _other_settings(name: str, size: float) -> dict[str, float]:
    return {
        f"1 - {name}": 1 - size,
        f"-{name}": -size,
        f"{name} = 0": 0.0,
        f"{name} = 1": 1.0,
        f"the square of {name}": size * size,
        f"the root of {name}": abs(size) ** 0.5,
    }


def _impossible() -> Any:
    raise ValueError("this argument cannot be changed so")
