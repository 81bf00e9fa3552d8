"""Choices that are never mistakes: how a loss is reduced, a small number inside a logarithm."""

import re
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from checkgrad.exercise import named

# Anything smaller drowns in rounding, anything larger is a mistake. A clip of the probabilities to [eps, 1 - eps] needs
# no variant: it changes nothing at probes inside that interval.
SINGLE = 2.0**-23  # np.finfo(np.float32).eps
EPSILONS = (*(10.0**-k for k in range(5, 15)), SINGLE)
IN_A_LOG = (1e-4, *EPSILONS)  # which moves a loss less than a quotient
EXPLAINED = 1e-3  # what the largest of them may move a loss or a probability by, relatively


class Reduction(NamedTuple):
    """How the cells of a loss, one for each sample and class, become its value."""

    name: str
    convention: str
    note: str
    reduce: Callable[[Any], Any]


MEAN = Reduction("", "", "", lambda cells: cells.sum() / len(cells))
SUM = Reduction(
    "summed_over_samples",
    "sum",
    "Right for a loss that is the sum over the samples.",
    lambda cells: cells.sum(),
)
CELLS = Reduction(
    "averaged_over_cells",
    "cells",
    "Right for a loss that is the mean over all cells, samples times classes.",
    lambda cells: cells.mean(),
)
NONE = Reduction(
    "one_for_each_sample",
    "none",
    "Right for a loss that is left unsummed, one number for each sample.",
    lambda cells: cells.sum(axis=tuple(range(1, cells.ndim))),
)
SHARES = Reduction(
    "each_sample_a_share_of_the_mean",
    "shares",
    "Right for losses of the samples that add up to the mean.",
    lambda cells: NONE.reduce(cells) / len(cells),
)
UNREDUCED = Reduction(
    "one_for_each_cell",
    "none",
    "Right for a loss that is left unsummed, one number for each sample and class.",
    lambda cells: cells,
)
BINARY_LOSS = (MEAN, SUM, NONE, SHARES)
LOSS = (MEAN, SUM, CELLS, NONE, SHARES, UNREDUCED)

# The same for the cells of a gradient of the sum.
MEAN_GRADIENT = MEAN._replace(reduce=lambda cells: cells / len(cells))
SUM_GRADIENT = SUM._replace(reduce=lambda cells: cells)
CELLS_GRADIENT = CELLS._replace(reduce=lambda cells: cells / cells.size)
BINARY_GRADIENT = (MEAN_GRADIENT, SUM_GRADIENT)
GRADIENT = (MEAN_GRADIENT, SUM_GRADIENT, CELLS_GRADIENT)


class CellFormula(NamedTuple):
    """A formula for the cells under a convention: cells(*probe), or cells(*probe, eps) for *epsilons*.

    bare: is it right without a small number, too?
    """

    name: str
    note: str
    cells: Callable[..., Any]
    convention: dict[str, str] = {}
    epsilons: tuple[float, ...] = ()
    bare: bool = True


def accept(exercise, formulas, reductions):
    """Register every formula under every reduction, and with every small number that it takes."""
    for formula, reduction in product(formulas, reductions):
        if formula.bare and (formula.name or reduction.name):
            _register(exercise, formula, reduction)
        for eps in formula.epsilons:
            _register(exercise, formula, reduction, eps)


def _register(exercise, cells, reduction, *eps):
    name = "_".join(
        filter(None, (cells.name, reduction.name, *[in_a_name(f"with {power(e)}") for e in eps]))
    )
    note = " ".join(filter(None, (cells.note, reduction.note, *map(_in_words, eps))))
    convention = dict(cells.convention)
    convention |= {"reduction": reduction.convention} if reduction.convention else {}
    convention |= {"eps": power(*eps)} if eps else {}
    formula = partial(_reduced, reduction.reduce, cells.cells, eps)
    exercise.also_right(**convention)(named(name, note, formula))


def _reduced(reduce, cells, eps, *probe):
    return reduce(np.asarray(cells(*probe, *eps)))


def power(eps):
    """How a small number is written: 1e-8."""
    return "2^-23" if eps == SINGLE else f"1e-{-round(np.log10(eps))}"


def in_a_name(sentence):
    """The same as part of a Python name."""
    return re.sub(r"\W+", "_", sentence)


def _in_words(eps):
    return f"The logarithm or the quotient is kept finite by {power(eps)}."


def roughly(left, right):
    """Both sides of a law, made equal where they differ by no more than such a small number explains."""
    left, right = np.asarray(left, float), np.asarray(right, float)
    near = np.abs(left - right) <= EXPLAINED * (1 + np.abs(right))
    return np.where(near, right, left), right
