"""Softmax, its Jacobian by cases, and the vector-Jacobian product."""

from functools import partial

import numpy as np

from checkgrad.exercise import DerivationStep, Derivative, Kind, exercise, named
from checkgrad.exercises import draws
from checkgrad.exercises.conventions import EPSILONS, in_a_name, power, roughly
from checkgrad.exercises.derivations import (
    beside_diagonal,
    gradient_of,
    jacobian_of,
    on_diagonal,
    shares,
    softmax_slopes,
    total,
)
from checkgrad.exercises.worked import MOST_TERMS, added, exp, frac, num, par, shares_of, times


def logits(rng):
    for shape in draws.MATRICES:
        yield (draws.logits(rng, *shape),)
    yield (rng.permutation([[-3, 0, 2], [1, -1, 3], [0, 2, -2], [4, 1, 1]]),)
    yield (draws.logits(rng, 6, 5).astype(np.float32),)


def huge_logits():
    yield (np.array([[1000.0, 999.0, 0.0], [-1000.0, -1001.0, -1002.0], [1.0, 2.0, 3.0]]),)
    yield (np.array([[-1000.0, -1000.0, -1000.0, -1000.0], [0.0, 1000.0, -1000.0, 0.0]]),)


@exercise(
    logits,
    extremes=huge_logits,
    latex=r"y_i = \frac{e^{z_i}}{\sum_k e^{z_k}}",
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4, equation 4.104",
    kind=Kind.ACTIVATION,
    spoken="softmaxprobabilities softmaxprobs",
    example=((np.array([[0, np.log(3)], [0, 0]]),), [[0.25, 0.75], [0.5, 0.5]]),
    starter=2,
)
def softmax(z):
    """Turn each row of logits into probabilities: exp(z_i) / sum_k exp(z_k).

    Subtracting the largest logit of the row changes nothing and keeps every exponential at most 1.
    """
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def small_number_in_the_denominator(eps, z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / (e.sum(axis=-1, keepdims=True) + eps)


def small_number_in_the_unshifted_denominator(eps, z):
    e = np.exp(z)
    return e / (e.sum(axis=-1, keepdims=True) + eps)


for formula in (small_number_in_the_denominator, small_number_in_the_unshifted_denominator):
    for eps in EPSILONS:
        note = f"The denominator is kept away from 0 by {power(eps)}."
        name = in_a_name(f"{formula.__name__}_{power(eps)}")
        softmax.also_right(eps=power(eps))(named(name, note, partial(formula, eps)))


@softmax.law
def rows_sum_to_one(softmax, z):
    """The probabilities of each sample add up to 1."""
    return roughly(softmax(z).sum(axis=-1), np.ones(z.shape[:-1]))


@softmax.law
def shift_invariant(softmax, z):
    """Adding the same number to all logits of a sample changes nothing."""
    return roughly(softmax(z + 2.5), softmax(z))


@softmax.law
def between_zero_and_one(softmax, z):
    """All values lie between 0 and 1."""
    y = softmax(z)
    return y, np.clip(y, 0, 1)


@softmax.law
def ratios_are_exponentials(softmax, z):
    """Two probabilities of a sample have the ratio exp(z_i - z_j)."""
    y = softmax(z)
    return roughly(y, y[..., :1] * np.exp(z - z[..., :1]))


def shifted_by_row(z):
    return np.exp(z - z.max(axis=-1, keepdims=True))


def shifted_by_column(z):
    return np.exp(z - z.max(axis=0))


@softmax.misconception(
    also=[
        lambda z: shifted_by_row(z) / shifted_by_row(z).sum(),
        lambda z: shifted_by_column(z) / shifted_by_column(z).sum(),
    ],
    hint="Add up one row of your result: what should it be?",
)
def normalised_over_everything(z):
    """The exponentials are divided by the sum over the whole matrix instead of their own row."""
    e = np.exp(z - z.max())
    return e / e.sum()


@softmax.misconception(
    also=[lambda z: shifted_by_row(z) / shifted_by_row(z).sum(axis=0)],
    hint="Which axis holds the classes of one sample?",
)
def normalised_down_the_columns(z):
    """The samples compete with each other: columns add up to 1 instead of rows."""
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


@softmax.misconception(
    same_as=[normalised_down_the_columns],
    hint="Over which axis does Python's own sum run when it is given a matrix?",
)
def summed_with_pythons_own_sum(z):
    """Python's built-in sum adds up the rows of a matrix, so columns are normalised instead of rows."""
    return np.exp(z) / sum(np.exp(z))


@softmax.misconception(
    also=[lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum(axis=1)],
    hint="Which shape must the row sums have to stand beside the matrix?",
)
def lost_the_axis_of_the_row_sums(z):
    """The row sums have lost their axis, so they line up with the columns."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1)


@softmax.misconception(
    also=[lambda z: np.exp(z - z.max()), shifted_by_column],
    hint="After exp, what must every row be divided by?",
)
def not_normalised(z):
    """The exponentials are returned without dividing by their sum."""
    return np.exp(z)


@softmax.misconception(hint="Does changing one logit change the probabilities of the others?")
def squashed_each_logit_by_itself(z):
    """The sigmoid of every logit is returned: the classes do not compete and rows do not add up to 1."""
    return 1 / (1 + np.exp(-z))


@softmax.misconception(hint="Can your probabilities become negative?")
def forgot_the_exponential(z):
    """The logits themselves are divided by their sum, not their exponentials."""
    return z / z.sum(axis=1, keepdims=True)


@softmax.misconception(hint="What is taken first in the formula: the exponential or the ratio?")
def took_the_exponential_of_the_ratio(z):
    """The exponential is taken last, of the logit divided by the sum."""
    return np.exp(z / np.exp(z).sum(axis=1, keepdims=True))


@softmax.misconception(hint="By what must a row be divided so that it adds up to 1?")
def divided_by_the_largest(z):
    """The exponentials are divided by the largest of the row instead of by their sum."""
    return np.exp(z - z.max(axis=1, keepdims=True))


@softmax.misconception(hint="Which sign does the exponent have in the formula?")
def reversed_the_exponent(z):
    """The exponent is -z, so the smallest logit gets the largest probability."""
    return softmax(-z)


@softmax.misconception(hint="Of which type is an array of zeros made like an array of integers?")
def cut_off_the_decimals(z):
    """The results are stored in an array made like the input; made like integers it holds only integers."""
    return softmax(z).astype(z.dtype)


@softmax.misconception(hint="What do you return: the probabilities or their logarithms?")
def returned_the_logarithms(z):
    """The logarithms of the probabilities are returned."""
    return np.log(softmax(z))


@softmax.misconception(
    at="extremes", hint="How large is exp(1000), and what may you subtract from every logit?"
)
def did_not_shift_the_logits(z):
    """The exponential of a large logit overflows because the row's maximum is not subtracted first."""
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


@softmax.misconception(
    at="extremes", hint="What is left of a row whose logits are all far below the shift?"
)
def shifted_by_the_overall_maximum(z):
    """The maximum of the whole matrix is subtracted, so rows far below it become 0 over 0."""
    e = np.exp(z - z.max())
    return e / e.sum(axis=1, keepdims=True)


@softmax.misconception(
    at="extremes",
    hint="Which shift does a row need whose logits are all very negative?",
)
def shifted_only_positive_logits(z):
    """The shift is never below 0, so a row of very negative logits becomes 0 over 0."""
    e = np.exp(z - np.maximum(0, z.max(axis=1, keepdims=True)))
    return e / e.sum(axis=1, keepdims=True)


@exercise(
    logits,
    extremes=huge_logits,
    latex=r"\frac{\partial y_i}{\partial z_j} = \begin{cases} y_i (1 - y_i) & i = j \\ -y_i y_j & i \neq j \end{cases}",
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4, equation 4.106",
    derivative=Derivative(softmax, at=lambda z: (z,), jacobian=True),
    starter=2,
)
def softmax_jacobian(z):
    """How each probability answers to each logit: y_i (1 - y_i) on the diagonal, -y_i y_j beside it."""
    y = softmax(z)
    return y[..., :, None] * (np.eye(z.shape[-1]) - y[..., None, :])


@softmax_jacobian.also_called(argument="probabilities")
def given_the_probabilities(z):
    """Takes the probabilities instead of the logits."""
    return (softmax(z),)


@softmax_jacobian.law
def symmetric(softmax_jacobian, z):
    """Logit j moves probability i as much as logit i moves probability j."""
    jacobian = softmax_jacobian(z)
    return jacobian, np.swapaxes(jacobian, -1, -2)


@softmax_jacobian.law
def rows_sum_to_zero(softmax_jacobian, z):
    """The entries of each row add up to 0, since shifting all logits changes nothing."""
    return softmax_jacobian(z).sum(axis=-1), np.zeros(z.shape)


@softmax_jacobian.law
def positive_only_on_the_diagonal(softmax_jacobian, z):
    """A logit raises its own probability and lowers all others."""
    return softmax_jacobian(z) > 0, np.broadcast_to(np.eye(z.shape[-1]), (*z.shape, z.shape[-1]))


@softmax_jacobian.misconception(
    hint="How does the probability of one class change when the logit of another class grows?"
)
def kept_only_the_diagonal(z):
    """Only y(1-y) is returned, as if every probability depended on its own logit alone."""
    y = softmax(z)
    return y * (1 - y)


@softmax_jacobian.misconception(
    hint="How does the probability of one class change when the logit of another class grows?"
)
def left_zeros_beside_the_diagonal(z):
    """The matrix has y_i(1-y_i) on its diagonal, but zeros beside it instead of -y_i y_j."""
    y = softmax(z)
    return (y * (1 - y))[..., None] * np.eye(z.shape[-1])


@softmax_jacobian.misconception(
    hint="When one logit grows, do the other probabilities rise or fall?"
)
def lost_the_minus_beside_the_diagonal(z):
    """The entries beside the diagonal are y_i y_j; their minus sign is missing."""
    jacobian = softmax_jacobian(z)
    return np.abs(jacobian)


@softmax_jacobian.misconception(hint="Which two vectors make up the outer product?")
def multiplied_with_the_logits(z):
    """The outer product takes the probabilities with the logits, not with the probabilities."""
    y = softmax(z)
    return y[..., :, None] * (np.eye(z.shape[-1]) - z[..., None, :])


@softmax_jacobian.misconception(hint="What does y_i(1-y_i) become when you multiply it out?")
def forgot_the_outer_product_on_the_diagonal(z):
    """The diagonal holds y_i instead of y_i(1-y_i): the outer product is not subtracted there."""
    y = softmax(z)
    eye = np.eye(z.shape[-1])
    return y[..., :, None] * eye - y[..., :, None] * y[..., None, :] * (1 - eye)


@softmax_jacobian.misconception(hint="Which sign has the slope of a probability by its own logit?")
def subtracted_the_diagonal(z):
    """All entries have the wrong sign: the outer product minus the diagonal."""
    return -softmax_jacobian(z)


@softmax_jacobian.misconception(hint="Should one sample's logits move another sample's outputs?")
def took_the_batch_for_one_sample(z):
    """The whole batch is flattened into one vector, so the Jacobian runs over samples and classes alike."""
    y = softmax(z).ravel()
    return np.diag(y) - np.outer(y, y)


@softmax_jacobian.misconception(hint="Given a matrix, does diag build a diagonal or take one out?")
def took_a_diagonal_out_of_the_batch(z):
    """np.diag of a batch takes a diagonal out of it instead of putting each sample on one."""
    y = softmax(z)
    return np.diag(y) - y.T @ y


def upstream_and_logits(rng):
    for n, c in draws.MATRICES:
        yield rng.normal(size=(n, c)), draws.logits(rng, n, c)
    yield rng.normal(size=(4, 3)), rng.permutation([[-3, 0, 2], [1, -1, 3], [0, 2, -2], [4, 1, 1]])
    yield (
        rng.normal(size=(6, 5)).astype(np.float32),
        draws.logits(rng, 6, 5).astype(np.float32),
    )


def huge_logits_with_upstream():
    for (z,) in huge_logits():
        yield np.cos(np.arange(z.size)).reshape(z.shape), z


@exercise(
    upstream_and_logits,
    extremes=huge_logits_with_upstream,
    latex=r"\frac{\partial L}{\partial z_j} = y_j \left( \frac{\partial L}{\partial y_j} - \sum_i \frac{\partial L}{\partial y_i} y_i \right)",
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4, equation 4.106, with the chain rule",
    derivative=Derivative(softmax, at=lambda dy, z: (z,), upstream=lambda dy, z: dy),
    in_place=("dy",),
)
def softmax_backward(dy, z):
    """From dL/dy to dL/dz: the Jacobian of each sample times its upstream gradient, without building it."""
    y = softmax(z)
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


@softmax_backward.also_called(argument="probabilities")
def given_upstream_and_probabilities(dy, z):
    """Takes the probabilities instead of the logits."""
    return dy, softmax(z)


@softmax_backward.also_right(fused="softmax and cross-entropy")
def left_to_the_loss(dy, z):
    """Right where the derivative of the loss contains that of softmax already."""
    return dy


@softmax_backward.law
def result_sums_to_zero(softmax_backward, dy, z):
    """The entries of each row add up to 0, since shifting all logits changes nothing."""
    dz = softmax_backward(dy, z)
    return None if np.array_equal(dz, dy) else (dz.sum(axis=-1), np.zeros(z.shape[:-1]))


@softmax_backward.law
def linear_in_the_upstream_gradient(softmax_backward, dy, z):
    """Twice the upstream gradient gives twice the result."""
    return softmax_backward(2 * dy, z), 2 * softmax_backward(dy, z)


@softmax_backward.misconception(
    hint="How does the probability of one class change when the logit of another class grows?"
)
def multiplied_with_the_diagonal_only(dy, z):
    """The upstream gradient is multiplied by y(1-y), the diagonal of the Jacobian; the rest is missing."""
    y = softmax(z)
    return dy * y * (1 - y)


@softmax_backward.misconception(
    unless=left_to_the_loss,
    hint="Does the derivative of your loss already contain that of softmax?",
)
def passed_everything_through(dy, z):
    """The upstream gradient is returned as it came, without the Jacobian of softmax."""
    return dy


@softmax_backward.misconception(
    hint="Which shape must the row sums have to stand beside the matrix?"
)
def lost_the_axis_of_the_dot_products(dy, z):
    """The sums over each row have lost their axis, so they line up with the columns."""
    y = softmax(z)
    return y * (dy - (dy * y).sum(axis=1))


@softmax_backward.misconception(hint="Should one sample's logits move another sample's outputs?")
def summed_over_the_whole_batch(dy, z):
    """The sum in the product runs over the whole batch instead of over the classes of each sample."""
    y = softmax(z)
    return y * (dy - (dy * y).sum())


@softmax_backward.misconception(
    hint="Whose rule is dy - y sum(dy): that of softmax or that of its logarithm?"
)
def used_the_rule_of_log_softmax(dy, z):
    """The rule dy - y * sum(dy) belongs to the logarithm of softmax, not to softmax."""
    return dy - softmax(z) * dy.sum(axis=1, keepdims=True)


@softmax_backward.misconception(
    hint="When one logit grows, do the other probabilities rise or fall?"
)
def added_the_dot_product(dy, z):
    """The sum is added to the upstream gradient instead of subtracted from it."""
    y = softmax(z)
    return y * (dy + (dy * y).sum(axis=1, keepdims=True))


@softmax_backward.misconception(hint="Which factor stands in front of the bracket?")
def forgot_the_factor_in_front(dy, z):
    """The factor y in front of the bracket is missing."""
    y = softmax(z)
    return dy - (dy * y).sum(axis=1, keepdims=True)


@softmax_backward.misconception(hint="How much of the upstream gradient reaches each logit?")
def ignored_the_upstream_gradient(dy, z):
    """The upstream gradient is not used: y(1-y) is returned whatever it is."""
    y = softmax(z)
    return y * (1 - y)


@softmax_backward.misconception(
    hint="Is it the logarithm of softmax that you differentiate, and where are the other classes?"
)
def used_the_diagonal_of_log_softmax(dy, z):
    """The upstream gradient is multiplied by 1-y, the diagonal of the Jacobian of log-softmax."""
    return dy * (1 - softmax(z))


@softmax.by_hand
def softmax_by_hand(at, share, z):
    row = z[at[:-1]]
    e = np.exp(row - row.max())
    moved = f"z_k - {par(row.max())}" if row.max() > 30 else "z_k"
    shown = row - row.max() if row.max() > 30 else row
    total = np.exp(shown).sum()
    yield rf"S = \sum_k e^{{{moved}}}", added([exp(v) for v in shown]), total
    yield f"y_{{{at[-1]}}}", frac(exp(shown[at[-1]]), num(total)), e[at[-1]] / e.sum()


@softmax_jacobian.by_hand
def softmax_jacobian_by_hand(at, share, z):
    *sample, i, j = at
    y = shares_of(z[tuple(sample)])
    yield next(softmax_by_hand((*sample, i), share, z))
    for k in dict.fromkeys((i, j)):
        yield list(softmax_by_hand((*sample, k), share, z))[-1]
    name = rf"\frac{{\partial y_{{{i}}}}}{{\partial z_{{{j}}}}}"
    if i == j:
        formula, shown = f"y_{{{i}}} (1 - y_{{{i}}})", rf"{par(y[i])} \cdot (1 - {par(y[i])})"
    else:
        formula, shown = f"-y_{{{i}}} y_{{{j}}}", "-" + times(y[i], y[j])
    yield f"{name} = {formula}", shown, y[i] * ((i == j) - y[j])


softmax_jacobian.derived(
    DerivationStep(
        "write S for the sum of the row; every logit is in it once",
        "S = sum_k e^z_k,  dS/dz_j = e^z_j",
        r"S = \sum_k e^{z_k}, \quad \frac{\partial S}{\partial z_j} = e^{z_j}",
        lambda z: (jacobian_of(lambda v: np.exp(v).sum(axis=-1), z), np.exp(z)),
    ),
    DerivationStep(
        "quotient rule where i = j: the numerator depends on z_i as well",
        "dy_i/dz_i = (e^z_i S - e^z_i e^z_i) / S^2",
        r"\frac{\partial y_i}{\partial z_i} = \frac{e^{z_i} S - e^{z_i} e^{z_i}}{S^2}",
        lambda z: (
            on_diagonal(jacobian_of(shares, z)),
            (np.exp(z) * total(z) - np.exp(z) ** 2) / total(z) ** 2,
        ),
    ),
    DerivationStep(
        "take the factor e^z_i / S = y_i out",
        "dy_i/dz_i = y_i (1 - y_i)",
        r"\frac{\partial y_i}{\partial z_i} = y_i (1 - y_i)",
        lambda z: (on_diagonal(jacobian_of(shares, z)), shares(z) * (1 - shares(z))),
    ),
    DerivationStep(
        "quotient rule where i is not j: the numerator is a constant",
        "dy_i/dz_j = (0 S - e^z_i e^z_j) / S^2",
        r"\frac{\partial y_i}{\partial z_j} = \frac{0 \cdot S - e^{z_i} e^{z_j}}{S^2}, \quad i \neq j",
        lambda z: (
            beside_diagonal(jacobian_of(shares, z)),
            beside_diagonal(
                -np.exp(z)[..., :, None] * np.exp(z)[..., None, :] / total(z)[..., None] ** 2
            ),
        ),
    ),
    DerivationStep(
        "both factors are probabilities",
        "dy_i/dz_j = -y_i y_j",
        r"\frac{\partial y_i}{\partial z_j} = -y_i y_j, \quad i \neq j",
        lambda z: (
            beside_diagonal(jacobian_of(shares, z)),
            beside_diagonal(-shares(z)[..., :, None] * shares(z)[..., None, :]),
        ),
    ),
    DerivationStep(
        "both cases in one, with d_ij = 1 on the diagonal and 0 beside it",
        "dy_i/dz_j = y_i (d_ij - y_j)",
        r"\frac{\partial y_i}{\partial z_j} = y_i (\delta_{ij} - y_j)",
        lambda z: (jacobian_of(shares, z), softmax_slopes(z)),
    ),
)


@softmax_jacobian.composed
def jacobian_of_its_softmax(use, z):
    y = use(softmax)(z)
    return y[..., :, None] * (np.eye(z.shape[-1]) - y[..., None, :])


@softmax_backward.by_hand
def softmax_backward_by_hand(at, share, dy, z):
    y, up, j = shares_of(z[at[:-1]]), dy[at[:-1]], at[-1]
    yield next(softmax_by_hand(at, share, z))
    for k in range(min(len(y), MOST_TERMS)):
        yield list(softmax_by_hand((*at[:-1], k), share, z))[-1]
    dot = up @ y
    terms = added([times(a, b) for a, b in zip(up, y, strict=True)])
    yield r"s = \sum_i \frac{\partial L}{\partial y_i} y_i", terms, dot
    name = rf"\frac{{\partial L}}{{\partial z_{{{j}}}}} = y_{{{j}}} \left( \frac{{\partial L}}{{\partial y_{{{j}}}}} - s \right)"
    yield name, rf"{par(y[j])} \cdot ({num(up[j])} - {par(dot)})", y[j] * (up[j] - dot)


softmax_backward.derived(
    DerivationStep(
        "chain rule: every output of the sample carries the change of logit j",
        "dL/dz_j = sum_i dL/dy_i dy_i/dz_j",
        r"\frac{\partial L}{\partial z_j} = \sum_i \frac{\partial L}{\partial y_i} \frac{\partial y_i}{\partial z_j}",
        lambda dy, z: (
            gradient_of(lambda v: np.sum(dy * shares(v)), z),
            np.einsum("ni,nij->nj", dy, jacobian_of(shares, z)),
        ),
    ),
    DerivationStep(
        "put the Jacobian in",
        "dL/dz_j = sum_i dL/dy_i y_i (d_ij - y_j)",
        r"\frac{\partial L}{\partial z_j} = \sum_i \frac{\partial L}{\partial y_i} y_i (\delta_{ij} - y_j)",
        lambda dy, z: (
            gradient_of(lambda v: np.sum(dy * shares(v)), z),
            np.einsum("ni,nij->nj", dy, softmax_slopes(z)),
        ),
    ),
    DerivationStep(
        "d_ij leaves one term; y_j can be taken out of the sum",
        "dL/dz_j = y_j (dL/dy_j - sum_i dL/dy_i y_i)",
        r"\frac{\partial L}{\partial z_j} = y_j \left( \frac{\partial L}{\partial y_j} - \sum_i \frac{\partial L}{\partial y_i} y_i \right)",
        lambda dy, z: (
            gradient_of(lambda v: np.sum(dy * shares(v)), z),
            shares(z) * (dy - (dy * shares(z)).sum(axis=-1, keepdims=True)),
        ),
    ),
)


@softmax_backward.composed
def backward_by_the_sum(use, dy, z):
    y = use(softmax)(z)
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


@softmax_backward.composed
def backward_by_the_jacobian(use, dy, z):
    return np.einsum("ni,nij->nj", dy, use(softmax_jacobian)(z))
