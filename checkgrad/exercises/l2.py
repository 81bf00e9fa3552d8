"""The L2 penalty on weights and its gradient."""

import numpy as np

from checkgrad.exercise import Derivative, Kind, exercise
from checkgrad.exercises.mse import mse_loss
from checkgrad.exercises.worked import added, frac, num, par, slope_by, times

FULL = {"l2_factor": "one"}


def weights_and_strength(rng):
    for shape, lam in (((5, 11), 0.3), ((5, 11), 0.05), ((4, 3), 2.0), ((7, 1), 0.3)):
        yield rng.normal(size=shape), lam
    yield rng.integers(-4, 5, (5, 3)), 0.5
    yield rng.normal(size=(5, 3)).astype(np.float32), 0.25


@exercise(
    weights_and_strength,
    latex=r"R = \frac{\lambda}{2} \sum_{ij} w_{ij}^2",
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 3.1.4, equation 3.27",
    title="L2 penalty",
    kind=Kind.PENALTY,
    spoken=(
        "l2regularization l2regularisation l2reg l2regularizer l2loss l2cost l2 "
        "l2regularizationloss l2regularisationloss ridgepenalty weightdecaypenalty "
        "weightpenalty regularizationloss regularisationloss"
    ),
    example=((np.array([[1.0, -2.0]]), 0.4), 1.0),
)
def l2_penalty(w, lam):
    """Half of lam times the sum of all squared weights."""
    return 0.5 * lam * np.sum(w**2)


@l2_penalty.also_right(**FULL)
def without_the_half(w, lam):
    """Right for a penalty without the factor one half."""
    return lam * np.sum(w**2)


@l2_penalty.law
def grows_with_the_square(l2_penalty, w, lam):
    """Twice the weights have four times the penalty."""
    return l2_penalty(2 * w, lam), 4 * l2_penalty(w, lam)


@l2_penalty.law
def proportional_to_its_strength(l2_penalty, w, lam):
    """Twice the strength gives twice the penalty."""
    return l2_penalty(w, 2 * lam), 2 * l2_penalty(w, lam)


@l2_penalty.law
def blind_to_signs(l2_penalty, w, lam):
    """The signs of the weights make no difference."""
    return l2_penalty(np.abs(w), lam), l2_penalty(w, lam)


@l2_penalty.misconception(hint="What is squared first: each weight, or their sum?")
def squared_the_sum(w, lam):
    """The sum of the weights is squared instead of each weight."""
    return 0.5 * lam * np.sum(w) ** 2


@l2_penalty.misconception(hint="What does the 2 in L2 stand for?")
def took_absolute_values(w, lam):
    """The absolute values are added up: that is the L1 penalty."""
    return lam * np.sum(np.abs(w))


@l2_penalty.misconception(hint="Is it the norm that is punished or its square?")
def took_the_root(w, lam):
    """The norm of the weights is taken, not its square."""
    return 0.5 * lam * np.sqrt(np.sum(w**2))


@l2_penalty.misconception(hint="Does the penalty of a weight depend on how many others there are?")
def averaged_over_the_weights(w, lam):
    """The mean of the squares is taken instead of their sum."""
    return 0.5 * lam * np.mean(w**2)


@l2_penalty.misconception(unless=without_the_half, hint="Which factor stands in front of the sum?")
def forgot_the_half(w, lam):
    """The factor one half is missing."""
    return lam * np.sum(w**2)


@l2_penalty.misconception(hint="Which of your arguments has no effect?")
def forgot_the_strength(w, lam):
    """The strength lam is not used."""
    return 0.5 * np.sum(w**2)


@exercise(
    weights_and_strength,
    latex=r"\frac{\partial R}{\partial w_{ij}} = \lambda w_{ij}",
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 7.1.1",
    title="gradient of the L2 penalty",
    derivative=Derivative(l2_penalty, at=lambda w, lam: (w, lam)),
)
def l2_penalty_gradient(w, lam):
    """The slope of the penalty by each weight: lam times the weight."""
    return lam * w


@l2_penalty_gradient.also_right(**FULL)
def doubled(w, lam):
    """Right for a penalty without the factor one half."""
    return 2 * lam * w


@l2_penalty_gradient.law
def linear_in_the_weights(l2_penalty_gradient, w, lam):
    """Twice the weights have twice the gradient."""
    return l2_penalty_gradient(2 * w, lam), 2 * l2_penalty_gradient(w, lam)


@l2_penalty_gradient.law
def points_away_from_zero(l2_penalty_gradient, w, lam):
    """The gradient has the sign of the weight, so that descent makes the weight smaller."""
    return np.sign(l2_penalty_gradient(w, lam)), np.sign(w)


@l2_penalty_gradient.misconception(
    unless=doubled, hint="What becomes of the one half when you differentiate the square?"
)
def kept_the_two(w, lam):
    """2 lam w belongs to a penalty without the one half; the half cancels the 2."""
    return 2 * lam * w


@l2_penalty_gradient.misconception(
    hint="Should the penalty pull the weights towards zero or push them away?"
)
def reversed_the_sign(w, lam):
    """The sign is wrong, so descent makes the weights grow."""
    return -lam * w


@l2_penalty_gradient.misconception(hint="Does a large weight get the same pull as a small one?")
def returned_the_strength_alone(w, lam):
    """lam itself is returned for every weight; it must be multiplied by the weight."""
    return np.full(w.shape, lam)


@l2_penalty_gradient.misconception(hint="Does the loss change when you move a weight a little?")
def left_it_out(w, lam):
    """The penalty has no gradient, as if it were not part of the loss."""
    return np.zeros(w.shape)


@l2_penalty_gradient.misconception(hint="What is the derivative of a square?")
def kept_the_square(w, lam):
    """The squares are returned, not their derivative."""
    return 0.5 * lam * w**2


@l2_penalty_gradient.misconception(hint="How many weights can you move one by one?")
def added_the_slopes_up(w, lam):
    """The slopes of all weights are added up to one number; every weight has a slope of its own."""
    return lam * np.sum(w)


@l2_penalty_gradient.misconception(hint="Which penalty has a slope of the same size everywhere?")
def used_the_sign_of_the_weights(w, lam):
    """The sign of the weights is taken: that is the slope of the L1 penalty."""
    return lam * np.sign(w)


@l2_penalty_gradient.misconception(hint="Does the half survive the differentiation?")
def kept_the_half(w, lam):
    """The one half of the penalty is still there; the 2 of the square cancels it."""
    return 0.5 * lam * w


@l2_penalty.by_hand
def l2_penalty_by_hand(at, share, w, lam):
    total = float((w**2).sum())
    yield r"S = \sum_{ij} w_{ij}^2", added([f"{par(v)}^2" for v in np.ravel(w)]), total
    yield r"R = \frac{\lambda}{2} S", rf"{frac(num(lam), '2')} \cdot {par(total)}", lam / 2 * total


@l2_penalty_gradient.by_hand
def l2_penalty_gradient_by_hand(at, share, w, lam):
    yield slope_by("w", at, "R") + r" = \lambda w", times(lam, w[at]), lam * w[at]


# An L2 loss of outputs and targets is the squared error.
l2_penalty.with_targets = mse_loss
