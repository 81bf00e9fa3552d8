"""The mean squared error and its gradient, in the versions that go by this name."""

import numpy as np

from checkgrad.exercise import Derivative, Kind, exercise
from checkgrad.exercises import draws
from checkgrad.exercises.conventions import CellFormula, Reduction, accept
from checkgrad.exercises.worked import added, dot, num, par, share_of, slope_by

SUM_NOTE = "Right for a loss that is the sum of the squares, not their mean."
SAMPLES_NOTE = "Right for a loss that sums over the outputs and averages over the samples."
HALF = {"mse_factor": "one half"}
HALF_NOTE = "The loss carries a factor one half, which cancels the 2 of its derivative."


def outputs_and_targets(rng):
    for n, c in draws.MATRICES:
        yield rng.normal(size=(n, c)), rng.normal(size=(n, c))
    yield rng.normal(size=(7, 1)), rng.normal(size=(7, 1))
    yield rng.permutation([[-3, 0, 2], [1, -1, 3], [0, 2, -2], [4, 1, 1]]), draws.one_hot(rng, 4, 3)
    yield rng.normal(size=(6, 5)).astype(np.float32), rng.normal(size=(6, 5)).astype(np.float32)


@exercise(
    outputs_and_targets,
    latex=r"L = \frac{1}{N C} \sum_n \sum_i (y_{ni} - t_{ni})^2",
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 5.1.4",
    title="mean squared error",
    kind=Kind.LOSS,
    spoken=(
        "meansquarederror meansquareerror meansquared squarederror quadraticcost "
        "quadratic quadraticloss sumsquarederror square squared squares squareloss squaredloss"
        " leastsquares sse squareddifference"
    ),
    example=((np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]])), 2.5),
)
def mse_loss(y, t):
    """The mean of the squared differences between outputs and targets, over all cells."""
    return np.mean((y - t) ** 2)


def squares(y, t):
    return (y - t) ** 2


def half_squares(y, t):
    return (y - t) ** 2 / 2


ALL_CELLS = Reduction("", "", "", lambda cells: cells.mean())
SUM = Reduction("summed", "sum", SUM_NOTE, lambda cells: cells.sum())
SAMPLES = Reduction(
    "averaged_over_samples", "samples", SAMPLES_NOTE, lambda cells: cells.sum() / len(cells)
)
NONE_NOTE = "Right for a loss that is left unsummed, one number for each sample."
NONE = Reduction("one_for_each_sample", "none", NONE_NOTE, lambda cells: cells.sum(axis=1))
MEANS = Reduction("one_mean_for_each_sample", "none", NONE_NOTE, lambda cells: cells.mean(axis=1))
CELLS_NOTE = "Right for a loss that is left unsummed, one number for each output."
UNREDUCED = Reduction("one_for_each_cell", "none", CELLS_NOTE, lambda cells: cells)

accept(
    mse_loss,
    [CellFormula("", "", squares), CellFormula("half", HALF_NOTE, half_squares, HALF)],
    [ALL_CELLS, SUM, SAMPLES, NONE, MEANS, UNREDUCED],
)


@mse_loss.law
def never_negative(mse_loss, y, t):
    """The loss is never below 0."""
    loss = mse_loss(y, t)
    return loss, np.maximum(loss, 0)


@mse_loss.law
def symmetric(mse_loss, y, t):
    """Exchanging outputs and targets changes nothing."""
    return mse_loss(t, y), mse_loss(y, t)


@mse_loss.law
def grows_with_the_square(mse_loss, y, t):
    """Three times the difference costs nine times as much."""
    return mse_loss(3 * y, 3 * t), 9 * np.asarray(mse_loss(y, t))


@mse_loss.misconception(hint="What happens to errors of opposite sign when you add them up?")
def forgot_the_square(y, t):
    """The differences are averaged without their square, so errors of opposite sign cancel."""
    return np.mean(y - t)


@mse_loss.misconception(hint="What is squared first: each difference, or their mean?")
def squared_the_mean(y, t):
    """The mean of the differences is squared, instead of the differences before taking the mean."""
    return np.mean(y - t) ** 2


@mse_loss.misconception(hint="Which letter stands behind the mean and the square in the name?")
def took_the_root(y, t):
    """The root of the mean squared error is returned."""
    return np.sqrt(np.mean((y - t) ** 2))


@mse_loss.misconception(hint="How much more should twice the error cost?")
def took_the_absolute_value(y, t):
    """The mean absolute error is returned: the differences are not squared."""
    return np.mean(np.abs(y - t))


@mse_loss.misconception(hint="Which comes first: the difference or the square?")
def took_the_difference_of_the_squares(y, t):
    """Outputs and targets are squared before they are subtracted."""
    return np.mean(y**2 - t**2)


@mse_loss.misconception(hint="Which axis of the outputs counts the samples?")
def divided_by_the_number_of_outputs(y, t):
    """The sum is divided by the number of outputs of one sample only."""
    return np.sum((y - t) ** 2) / y.shape[1]


@mse_loss.misconception(unless="summed", hint="By how many numbers must the sum be divided?")
def forgot_the_mean(y, t):
    """The sum of the squares is not divided by their number."""
    return np.sum((y - t) ** 2)


@exercise(
    outputs_and_targets,
    latex=r"\frac{\partial L}{\partial y_{ni}} = \frac{2}{N C} (y_{ni} - t_{ni})",
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 5.1.4, differentiated",
    title="gradient of the mean squared error",
    derivative=Derivative(mse_loss, at=lambda y, t: (y, t)),
)
def mse_loss_gradient(y, t):
    """The slope of the loss by each output: 2 (y - t) over the number of all cells."""
    return 2 * (y - t) / np.size(y)


def doubled_differences(y, t):
    return 2 * (y - t)


def differences(y, t):
    return 1.0 * (y - t)


def negated(form):
    """The same gradient pointing downhill."""
    return CellFormula(
        f"{form.name}_downhill".lstrip("_"),
        f"{form.note} Right where the update adds it.".strip(),
        lambda y, t: form.cells(t, y),
        {**form.convention, "sign": "negative"},
    )


UPHILL = [
    CellFormula("", "", doubled_differences),
    CellFormula("half", HALF_NOTE, differences, HALF),
]
accept(
    mse_loss_gradient,
    [*UPHILL, *map(negated, UPHILL)],
    [
        ALL_CELLS._replace(reduce=lambda cells: cells / cells.size),
        SUM._replace(reduce=lambda cells: cells),
        SAMPLES._replace(reduce=lambda cells: cells / len(cells)),
    ],
)


@mse_loss_gradient.law
def vanishes_at_the_targets(mse_loss_gradient, y, t):
    """Where outputs equal their targets, there is no gradient."""
    return mse_loss_gradient(t, t), np.zeros(t.shape)


@mse_loss_gradient.law
def antisymmetric(mse_loss_gradient, y, t):
    """Exchanging outputs and targets reverses the sign."""
    return mse_loss_gradient(t, y), -np.asarray(mse_loss_gradient(y, t))


@mse_loss_gradient.law
def grows_with_the_difference(mse_loss_gradient, y, t):
    """Three times the difference has three times the gradient."""
    return mse_loss_gradient(3 * y, 3 * t), 3 * np.asarray(mse_loss_gradient(y, t))


@mse_loss_gradient.misconception(
    unless="half", hint="What does the derivative of a square bring down in front?"
)
def forgot_the_two(y, t):
    """The 2 from differentiating the square is missing."""
    return (y - t) / np.size(y)


@mse_loss_gradient.misconception(
    unless="downhill", hint="If an output is too large, should the loss grow or fall when it grows?"
)
def subtracted_the_outputs_from_the_targets(y, t):
    """t - y stands where y - t should: the gradient has the wrong sign."""
    return 2 * (t - y) / np.size(y)


@mse_loss_gradient.misconception(
    unless="summed", hint="By how many numbers did the loss divide its sum?"
)
def forgot_to_divide(y, t):
    """The gradient belongs to the sum of the squares: the number of cells is missing."""
    return 2.0 * (y - t)


@mse_loss_gradient.misconception(hint="What becomes of a square when you differentiate it?")
def kept_the_square(y, t):
    """The squared differences are returned, not their derivative."""
    return (y - t) ** 2 / np.size(y)


@mse_loss_gradient.misconception(
    hint="How many outputs can you move, and how many slopes are there?"
)
def averaged_the_slopes(y, t):
    """The slopes of all outputs are averaged to one number; every output has a slope of its own."""
    return 2 * np.mean(y - t)


@mse_loss_gradient.misconception(hint="Which axis of the outputs counts the samples?")
def divided_by_the_outputs_of_one_sample(y, t):
    """The gradient is divided by the number of outputs of one sample only."""
    return 2 * (y - t) / y.shape[1]


@mse_loss.by_hand
def mse_loss_by_hand(at, share, y, t):
    pairs = list(zip(np.ravel(y), np.ravel(t), strict=True))
    terms = added([f"({num(a)} - {par(b)})^2" for a, b in pairs])
    total = sum((a - b) ** 2 for a, b in pairs)
    yield r"S = \sum (y - t)^2", terms, total
    yield f"L = {share_of(share)} S", dot(share) + par(total), share.value * total


@mse_loss_gradient.by_hand
def mse_loss_gradient_by_hand(at, share, y, t):
    gap = y[at] - t[at]
    name = slope_by("y", at) + rf" = {share_of(share)} \cdot 2 (y - t)"
    shown = rf"{dot(share)}2 \cdot ({num(y[at])} - {par(t[at])})"
    yield name, shown, share.value * 2 * gap


@mse_loss.told_by
def squares_alone(names):
    """Squares, and neither logarithms nor roots of them."""
    others = {"log", "exp", "sqrt", "norm", "forward", "predict"}
    return bool({"** 2", "square"} & names) and not names & others
