"""Binary cross-entropy of probabilities and of logits, and their derivatives."""

import numpy as np

from checkgrad.exercise import DerivationStep, Derivative, Kind, exercise
from checkgrad.exercises import draws
from checkgrad.exercises.conventions import (
    BINARY_GRADIENT,
    BINARY_LOSS,
    EPSILONS,
    IN_A_LOG,
    CellFormula,
    accept,
    roughly,
)
from checkgrad.exercises.derivations import gradient_of, of_two_classes, slope_of
from checkgrad.exercises.sigmoid import sigmoid, sigmoid_by_hand, sigmoid_derivative
from checkgrad.exercises.worked import (
    MOST_TERMS,
    dot,
    exp,
    frac,
    index,
    log_of,
    mean_of,
    num,
    off,
    par,
    share_of,
    slope_by,
    squash,
    times,
)


def probabilities_and_targets(rng):
    for n in draws.VECTORS:
        yield draws.probabilities(rng, n), draws.zeros_and_ones(rng, n)
    yield draws.probabilities(rng, 11), draws.zeros_and_ones(rng, 11).astype(int)
    yield (
        draws.probabilities(rng, 6).astype(np.float32),
        draws.zeros_and_ones(rng, 6).astype(np.float32),
    )


def certain_and_right():
    yield np.array([0.0, 1.0, 0.5, 1.0]), np.array([0.0, 1.0, 1.0, 1.0])


@exercise(
    probabilities_and_targets,
    extremes=certain_and_right,
    latex=r"L = -\frac{1}{N} \sum_n \left( t_n \ln y_n + (1 - t_n) \ln (1 - y_n) \right)",
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2, equation 4.90",
    kind=Kind.LOSS,
    spoken=(
        "bce logloss logisticloss binaryce binarylogloss binaryxent binarycrossent "
        "crossentropybinary binaryentropy"
    ),
    example=((np.array([0.5, 0.25]), np.array([1.0, 0.0])), np.log(8 / 3) / 2),
)
def binary_cross_entropy(y, t):
    """Mean over the samples of -ln(y) where the target is 1 and of -ln(1 - y) where it is 0.

    0 times ln(0) counts as 0, so a certain and right prediction costs nothing.
    """
    return -np.mean(_times_log(t, y) + _times_log(1 - t, 1 - y))


def _times_log(factor, y):
    return factor * np.log(np.where(factor == 0, 1, y))


def in_both_logs(y, t, eps=0.0):
    return -(t * np.log(y + eps) + (1 - t) * np.log(1 - y + eps))


def in_the_first_log(y, t, eps=0.0):
    return -(t * np.log(y + eps) + (1 - t) * np.log(1 - y))


def in_the_second_log(y, t, eps=0.0):
    return -(t * np.log(y) + (1 - t) * np.log(1 - y + eps))


accept(
    binary_cross_entropy,
    [
        CellFormula("", "", in_both_logs, epsilons=IN_A_LOG),
        CellFormula("first_log", "", in_the_first_log, epsilons=EPSILONS, bare=False),
        CellFormula("second_log", "", in_the_second_log, epsilons=EPSILONS, bare=False),
    ],
    BINARY_LOSS,
)


@binary_cross_entropy.also_called(argument="logits")
def given_logits(y, t):
    """Takes the logits instead of the probabilities."""
    return np.log(y / (1 - y)), t


@binary_cross_entropy.law
def never_negative(binary_cross_entropy, y, t):
    """The loss is never below 0."""
    loss = binary_cross_entropy(y, t)
    return loss, np.maximum(loss, 0)


@binary_cross_entropy.law
def better_predictions_cost_less(binary_cross_entropy, y, t):
    """Moving every output towards its target makes the loss smaller."""
    loss, better = binary_cross_entropy(y, t), binary_cross_entropy(y + 0.1 * (t - y), t)
    return better < loss, np.ones(np.shape(loss))


@binary_cross_entropy.law
def classes_can_be_swapped(binary_cross_entropy, y, t):
    """Calling 1 what was 0, in outputs and targets alike, changes nothing."""
    return roughly(binary_cross_entropy(1 - y, 1 - t), binary_cross_entropy(y, t))


@binary_cross_entropy.law
def is_the_cross_entropy_of_two_classes(binary_cross_entropy, y, t):
    """Beside the loss at y = 1/2, it is the cross-entropy of [1-y, y] beside ln 2."""
    half = binary_cross_entropy(np.full_like(y, 0.5), t)
    two_classes = -np.mean(np.log(np.where(t == 1, y, 1 - y)))
    return roughly(np.sum(binary_cross_entropy(y, t)), np.sum(half) * two_classes / np.log(2))


@binary_cross_entropy.misconception(
    hint="What does your loss say about a sample with target 0 that is predicted as 0.99?"
)
def forgot_the_term_of_the_zeros(y, t):
    """Only t ln(y) is there: samples with target 0 cost nothing."""
    return -np.mean(t * np.log(y))


@binary_cross_entropy.misconception(hint="Which probability belongs to the target 0: y or 1-y?")
def used_the_same_logarithm_twice(y, t):
    """Both terms take ln(y); that of the zeros needs ln(1-y)."""
    return -np.mean(t * np.log(y) + (1 - t) * np.log(y))


@binary_cross_entropy.misconception(hint="How far does the minus in front reach?")
def negated_only_the_first_term(y, t):
    """The minus reaches the first term only, so the two terms work against each other."""
    return np.mean(-t * np.log(y) + (1 - t) * np.log(1 - y))


@binary_cross_entropy.misconception(
    hint="Is a logarithm of a probability positive or negative, and what should a loss be?"
)
def forgot_the_minus(y, t):
    """The minus in front is missing, so the loss is negative and training makes it worse."""
    return np.mean(t * np.log(y) + (1 - t) * np.log(1 - y))


@binary_cross_entropy.misconception(hint="Which base has the logarithm in the formula?")
def took_the_logarithm_to_base_ten(y, t):
    """The logarithm has base 10, so the loss is smaller by the factor 0.434."""
    return -np.mean(t * np.log10(y) + (1 - t) * np.log10(1 - y))


@binary_cross_entropy.misconception(hint="Which base has the logarithm in the formula?")
def took_the_logarithm_to_base_two(y, t):
    """The logarithm has base 2, so the loss is larger by the factor 1.443."""
    return -np.mean(t * np.log2(y) + (1 - t) * np.log2(1 - y))


@binary_cross_entropy.misconception(
    hint="Which predictions should each target be compared with, and how many pairs do you form?"
)
def multiplied_every_target_with_every_output(y, t):
    """A matrix product pairs the target of each sample with the outputs of all samples."""
    return -np.sum(np.outer(t, np.log(y)) + np.outer(1 - t, np.log(1 - y))) / len(t)


@binary_cross_entropy.misconception(hint="Which shape have a column and a row when you add them?")
def compared_every_sample_with_every_other(y, t):
    """One side is a column and the other a row, so N times N pairs are averaged instead of N."""
    column = y[:, None]
    return -np.mean(t * np.log(column) + (1 - t) * np.log(1 - column))


@binary_cross_entropy.misconception(
    unless="summed_over_samples", hint="By how many numbers must the sum be divided?"
)
def forgot_the_mean(y, t):
    """The sum over the samples is not divided by their number."""
    return -np.sum(t * np.log(y) + (1 - t) * np.log(1 - y))


@binary_cross_entropy.misconception(
    unless="each_sample_a_share_of_the_mean", hint="Is your loss one number?"
)
def divided_but_did_not_sum(y, t):
    """The losses of the samples are divided by their number, but not added up."""
    return -(t * np.log(y) + (1 - t) * np.log(1 - y)) / len(t)


@binary_cross_entropy.misconception(hint="Whose logarithm does the formula take?")
def swapped_output_and_target(y, t):
    """Outputs and targets have changed places: the logarithm is taken of the targets."""
    tiny = 1e-12
    return -np.mean(y * np.log(t + tiny) + (1 - y) * np.log(1 - t + tiny))


@binary_cross_entropy.misconception(hint="Is 0.01 small beside a probability of 0.02?")
def added_a_hundredth_inside_the_logs(y, t):
    """The number that keeps the logarithms finite is 0.01, large enough to change the loss."""
    return in_both_logs(y, t, 1e-2).mean()


@binary_cross_entropy.misconception(hint="Is 0.001 small beside a probability of 0.02?")
def added_a_thousandth_inside_the_logs(y, t):
    """The number that keeps the logarithms finite is 0.001, large enough to change the loss."""
    return in_both_logs(y, t, 1e-3).mean()


@binary_cross_entropy.misconception(
    at="extremes", hint="What is 0 times the logarithm of 0 on a computer?"
)
def took_the_logarithm_of_zero(y, t):
    """A certain and right output gives 0 times ln(0), which is not a number."""
    return in_both_logs(y, t).mean()


@exercise(
    probabilities_and_targets,
    latex=r"\frac{\partial L}{\partial y_n} = \frac{1}{N} \left( -\frac{t_n}{y_n} + \frac{1 - t_n}{1 - y_n} \right) = \frac{1}{N} \frac{y_n - t_n}{y_n (1 - y_n)}",
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2, from equation 4.90",
    derivative=Derivative(binary_cross_entropy, at=lambda y, t: (y, t)),
)
def binary_cross_entropy_derivative(y, t):
    """The slope of the loss by each output: (y - t) / (y (1 - y)) over the number of samples."""
    return (y - t) / (y * (1 - y)) / len(y)


def in_both_quotients(y, t, eps=0.0):
    return -t / (y + eps) + (1 - t) / (1 - y + eps)


def in_the_common_denominator(y, t, eps=0.0):
    return (y - t) / (y * (1 - y) + eps)


def without_the_slope_of_the_sigmoid(y, t):
    return y - t


accept(
    binary_cross_entropy_derivative,
    [
        CellFormula("", "", in_both_quotients, epsilons=EPSILONS),
        CellFormula(
            "one_denominator", "", in_the_common_denominator, epsilons=EPSILONS, bare=False
        ),
        CellFormula(
            "fused_with_the_sigmoid",
            "Right where it is taken by the logit, so that the sigmoid needs no derivative of its own.",
            without_the_slope_of_the_sigmoid,
            {"fused": "sigmoid and binary cross-entropy"},
        ),
    ],
    BINARY_GRADIENT,
)


@binary_cross_entropy_derivative.law
def pulls_towards_the_target(binary_cross_entropy_derivative, y, t):
    """The slope is positive where the output is above its target and negative where it is below."""
    return np.sign(binary_cross_entropy_derivative(y, t)), np.sign(y - t)


@binary_cross_entropy_derivative.law
def swapping_classes_reverses_it(binary_cross_entropy_derivative, y, t):
    """Calling 1 what was 0, in outputs and targets alike, reverses the sign."""
    slope = binary_cross_entropy_derivative(y, t)
    return roughly(binary_cross_entropy_derivative(1 - y, 1 - t), -slope)


@binary_cross_entropy_derivative.misconception(
    hint="What is the derivative of ln(1-y): which sign does its inner derivative have?"
)
def subtracted_the_second_term(y, t):
    """Both terms are subtracted; the inner derivative of ln(1-y) turns the second one round."""
    return (-t / y - (1 - t) / (1 - y)) / len(y)


@binary_cross_entropy_derivative.misconception(
    unless="fused_with_the_sigmoid",
    hint="Do you differentiate by the output y or by the logit z?",
)
def gave_the_gradient_of_the_logits(y, t):
    """y - t is the gradient with respect to the logit; by the output a quotient is left."""
    return (y - t) / len(y)


@binary_cross_entropy_derivative.misconception(
    hint="What does your slope say about a sample with target 0?"
)
def left_the_zeros_out(y, t):
    """Only -t/y is there: samples with target 0 have no slope."""
    return -t / y / len(y)


@binary_cross_entropy_derivative.misconception(
    hint="If the output is above its target, should the loss grow or fall when it grows?"
)
def reversed_the_sign_of_the_slope(y, t):
    """The slope has the wrong sign: (t - y) / (y (1 - y)) instead of (y - t) / (y (1 - y))."""
    return (t - y) / (y * (1 - y)) / len(y)


@binary_cross_entropy_derivative.misconception(
    unless="summed_over_samples", hint="By how many numbers must the sum be divided?"
)
def forgot_to_divide_by_the_samples(y, t):
    """The slope belongs to the sum over the samples: 1/N is missing."""
    return (y - t) / (y * (1 - y))


@binary_cross_entropy_derivative.misconception(
    hint="Is y(1-y) a factor of the slope or its denominator?"
)
def multiplied_where_it_should_divide(y, t):
    """The difference is multiplied by y(1-y) instead of divided by it."""
    return (y - t) * y * (1 - y) / len(y)


@binary_cross_entropy_derivative.misconception(
    hint="How many outputs can you move one by one, and how many slopes are there?"
)
def averaged_the_slopes(y, t):
    """The slopes of all samples are averaged to one number; every output has a slope of its own."""
    return np.mean((y - t) / (y * (1 - y)))


def logits_and_targets(rng):
    for n in draws.VECTORS:
        yield draws.beside_the_kink(rng, n), draws.zeros_and_ones(rng, n)
    yield np.array([3, -1, 2, -2, 0, 1]), draws.zeros_and_ones(rng, 6).astype(int)
    yield (
        draws.beside_the_kink(rng, 6).astype(np.float32),
        draws.zeros_and_ones(rng, 6).astype(np.float32),
    )


def huge_logits_and_targets():
    yield np.array([1000.0, -1000.0, 0.0, 40.0]), np.array([1.0, 0.0, 1.0, 0.0])
    yield np.array([-1000.0, 1000.0, 800.0]), np.array([1.0, 0.0, 1.0])


@exercise(
    logits_and_targets,
    extremes=huge_logits_and_targets,
    latex=r"L = \frac{1}{N} \sum_n \left( \ln (1 + e^{z_n}) - t_n z_n \right)",
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.2.2.2",
    kind=Kind.LOSS,
    spoken=(
        "sigmoidcrossentropy sigmoidbce sigmoidce sigmoidloss bcewithlogits "
        "binarycrossentropywithlogits sigmoidcrossentropywithlogits bcelogits "
        "bcefromlogits binarycrossentropyfromlogits sigmoidwithloss "
        "binarycrossentropylogits logitsbinarycrossentropy"
    ),
    fuses=(sigmoid, binary_cross_entropy),
    example=((np.array([np.log(3)]), np.array([0.0])), np.log(4)),
)
def sigmoid_binary_cross_entropy(z, t):
    """Binary cross-entropy of the sigmoid of the logits, in one step: ln(1 + exp(z)) - t z, averaged.

    ln(1 + exp(z)) is written as max(z, 0) + ln(1 + exp(-|z|)), which never overflows.
    """
    return np.mean(np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z))))


def of_the_logits(z, t):
    return np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))


def by_way_of_probabilities(z, t, eps=0.0):
    return in_both_logs(sigmoid(z), t, eps)


def by_way_of_probabilities_first_log(z, t, eps=0.0):
    return in_the_first_log(sigmoid(z), t, eps)


accept(
    sigmoid_binary_cross_entropy,
    [
        CellFormula("", "", of_the_logits),
        CellFormula("both_logs", "", by_way_of_probabilities, epsilons=EPSILONS, bare=False),
        CellFormula(
            "first_log", "", by_way_of_probabilities_first_log, epsilons=EPSILONS, bare=False
        ),
    ],
    BINARY_LOSS,
)


@sigmoid_binary_cross_entropy.also_called(argument="probabilities")
def given_probabilities(z, t):
    """Takes the probabilities instead of the logits."""
    return sigmoid(z), t


@sigmoid_binary_cross_entropy.law
def never_below_zero(sigmoid_binary_cross_entropy, z, t):
    """The loss is never below 0."""
    loss = sigmoid_binary_cross_entropy(z, t)
    return loss, np.maximum(loss, 0)


@sigmoid_binary_cross_entropy.law
def better_logits_cost_less(sigmoid_binary_cross_entropy, z, t):
    """Moving every logit to the side of its target makes the loss smaller."""
    loss = sigmoid_binary_cross_entropy(z, t)
    return sigmoid_binary_cross_entropy(z + t - 0.5, t) < loss, np.ones(np.shape(loss))


@sigmoid_binary_cross_entropy.law
def swapping_the_classes_negates_the_logits(sigmoid_binary_cross_entropy, z, t):
    """Negated logits with swapped targets have the same loss."""
    loss = sigmoid_binary_cross_entropy(z, t)
    return roughly(sigmoid_binary_cross_entropy(-z, 1 - t), loss)


@sigmoid_binary_cross_entropy.law
def one_logit_is_two_classes(sigmoid_binary_cross_entropy, z, t):
    """Beside the loss at z = 0, it is the cross-entropy of the logits [0, z] beside ln 2."""
    at_zero = np.sum(sigmoid_binary_cross_entropy(np.zeros_like(z), t))
    two_classes = np.mean(np.logaddexp(0, np.where(t == 1, -z, z)))
    loss = np.sum(sigmoid_binary_cross_entropy(z, t))
    return roughly(loss, at_zero * two_classes / np.log(2))


@sigmoid_binary_cross_entropy.misconception(
    unless=given_probabilities, hint="Are the numbers whose logarithm you take probabilities?"
)
def took_the_logarithm_of_the_logits(z, t):
    """The logarithm is taken of the logits; they have to pass the sigmoid first."""
    return in_both_logs(z, t).mean()


@sigmoid_binary_cross_entropy.misconception(hint="How often do your logits pass the sigmoid?")
def applied_the_sigmoid_twice(z, t):
    """The logits pass the sigmoid twice before the logarithm is taken."""
    return in_both_logs(sigmoid(sigmoid(z)), t).mean()


@sigmoid_binary_cross_entropy.misconception(
    hint="What does your loss say about a sample with target 0 and a large logit?"
)
def left_out_the_samples_of_class_zero(z, t):
    """Only t ln(y) is there: samples with target 0 cost nothing."""
    return -np.mean(t * np.log(sigmoid(z)))


@sigmoid_binary_cross_entropy.misconception(
    hint="Should a large logit cost much or little where the target is 1?"
)
def added_the_logits_of_the_ones(z, t):
    """t z is added instead of subtracted, so logits of the right sign are punished."""
    return np.mean(np.logaddexp(0, z) + t * z)


@sigmoid_binary_cross_entropy.misconception(
    hint="Is a logarithm of a probability positive or negative, and what should a loss be?"
)
def forgot_the_minus_in_front(z, t):
    """The minus in front is missing, so the loss is negative and training makes it worse."""
    return -sigmoid_binary_cross_entropy(z, t)


@sigmoid_binary_cross_entropy.misconception(
    unless="summed_over_samples", hint="By how many numbers must the sum be divided?"
)
def summed_instead_of_averaged(z, t):
    """The sum over the samples is not divided by their number."""
    return of_the_logits(z, t).sum()


@sigmoid_binary_cross_entropy.misconception(
    at="extremes", hint="How large is exp(1000), and when does a probability round to exactly 1?"
)
def took_the_logarithm_of_rounded_probabilities(z, t):
    """For large logits the sigmoid rounds to 0 or 1, and its logarithm becomes infinite or not a number."""
    return in_both_logs(sigmoid(z), t).mean()


@sigmoid_binary_cross_entropy.misconception(
    at="extremes", hint="How large is exp(1000), and how could its logarithm be had without it?"
)
def let_the_exponential_overflow(z, t):
    """ln(1 + exp(z)) is written as it stands, and exp(z) overflows for large logits."""
    return np.mean(np.log(1 + np.exp(z)) - t * z)


@exercise(
    logits_and_targets,
    extremes=huge_logits_and_targets,
    latex=r"\frac{\partial L}{\partial z_n} = \frac{1}{N} (y_n - t_n), \quad y_n = \sigma(z_n)",
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2, equation 4.91",
    derivative=Derivative(sigmoid_binary_cross_entropy, at=lambda z, t: (z, t)),
)
def sigmoid_binary_cross_entropy_gradient(z, t):
    """The gradient by the logits: y - t over the number of samples, where y is the sigmoid of z."""
    return (sigmoid(z) - t) / len(z)


def output_minus_target(z, t):
    return sigmoid(z) - t


def target_minus_output(z, t):
    return t - sigmoid(z)


def chained_with_both_quotients(z, t, eps=0.0):
    y = sigmoid(z)
    return in_both_quotients(y, t, eps) * y * (1 - y)


def chained_with_the_common_denominator(z, t, eps=0.0):
    y = sigmoid(z)
    return in_the_common_denominator(y, t, eps) * y * (1 - y)


accept(
    sigmoid_binary_cross_entropy_gradient,
    [
        CellFormula("", "", output_minus_target),
        CellFormula(
            "target_minus_output",
            "Right where the update adds it: t - y points downhill.",
            target_minus_output,
            {"sign": "negative"},
        ),
        CellFormula("chained", "", chained_with_both_quotients, epsilons=EPSILONS, bare=False),
        CellFormula(
            "chained_one_denominator",
            "",
            chained_with_the_common_denominator,
            epsilons=EPSILONS,
            bare=False,
        ),
    ],
    BINARY_GRADIENT,
)


@sigmoid_binary_cross_entropy_gradient.also_called(argument="probabilities")
def given_the_outputs(z, t):
    """Takes the probabilities instead of the logits."""
    return sigmoid(z), t


@sigmoid_binary_cross_entropy_gradient.law
def negated_logits_reverse_it(sigmoid_binary_cross_entropy_gradient, z, t):
    """Negated logits with swapped targets have the opposite gradient."""
    gradient = sigmoid_binary_cross_entropy_gradient(z, t)
    return roughly(sigmoid_binary_cross_entropy_gradient(-z, 1 - t), -gradient)


@sigmoid_binary_cross_entropy_gradient.law
def a_target_shifts_it_by_the_same_everywhere(sigmoid_binary_cross_entropy_gradient, z, t):
    """Changing the target from 0 to 1 shifts the gradient by the same amount whatever the logit is."""
    at_zero = sigmoid_binary_cross_entropy_gradient(z, np.zeros_like(t))
    shift = at_zero - sigmoid_binary_cross_entropy_gradient(z, np.ones_like(t))
    return roughly(shift, np.full(z.shape, shift.flat[0]))


@sigmoid_binary_cross_entropy_gradient.misconception(
    hint="What is left of y(1-y) after you multiply it with the derivative of the cross-entropy?"
)
def multiplied_by_the_slope_once_more(z, t):
    """y - t is multiplied by y(1-y), which the cross-entropy has cancelled already."""
    y = sigmoid(z)
    return (y - t) * y * (1 - y) / len(z)


@sigmoid_binary_cross_entropy_gradient.misconception(
    unless="target_minus_output",
    hint="If the output is too large, should the loss grow or fall when its logit grows?",
)
def subtracted_the_outputs_from_the_targets(z, t):
    """t - y is returned: the gradient has the wrong sign and descent climbs."""
    return (t - sigmoid(z)) / len(z)


@sigmoid_binary_cross_entropy_gradient.misconception(
    unless=given_the_outputs, hint="Are the numbers that you subtract t from probabilities?"
)
def subtracted_the_targets_from_the_logits(z, t):
    """The targets are subtracted from the logits, which have not passed the sigmoid."""
    return (z - t) / len(z)


@sigmoid_binary_cross_entropy_gradient.misconception(
    hint="Which number does a(1-a) expect: an activation or a difference?"
)
def took_the_slope_of_the_error(z, t):
    """The rule a(1-a) is applied to the error y - t instead of to the activation."""
    error = sigmoid(z) - t
    return error * (1 - error) / len(z)


@sigmoid_binary_cross_entropy_gradient.misconception(
    hint="Do you differentiate by the output or by the logit?"
)
def stopped_at_the_outputs(z, t):
    """The derivative by the output is returned; the slope of the sigmoid is not multiplied on."""
    y = sigmoid(z)
    return (y - t) / (y * (1 - y)) / len(z)


@sigmoid_binary_cross_entropy_gradient.misconception(
    hint="Which shape have a column and a row when you subtract them?"
)
def subtracted_a_row_from_a_column(z, t):
    """One side is a column and the other a row, so the result has N times N entries."""
    return (sigmoid(z)[:, None] - t) / len(z)


@sigmoid_binary_cross_entropy_gradient.misconception(
    unless="summed_over_samples", hint="By how many numbers must the sum be divided?"
)
def forgot_the_mean_over_the_samples(z, t):
    """The gradient belongs to the sum over the samples: 1/N is missing."""
    return sigmoid(z) - t


@sigmoid_binary_cross_entropy_gradient.misconception(
    at="extremes", hint="What is y(1-y) when y has rounded to exactly 1, and what is 0 over 0?"
)
def divided_by_a_vanished_slope(z, t):
    """The slope of the sigmoid is divided by and multiplied on again, which gives 0 over 0 for large logits."""
    y = sigmoid(z)
    return (y - t) / (y * (1 - y)) * y * (1 - y) / len(z)


def clipped(eps):
    """The gradient by way of probabilities that are kept away from 0 and 1."""

    def gradient(z, t):
        y = sigmoid(z)
        kept = np.clip(y, eps, 1 - eps)
        return (kept - t) / (kept * (1 - kept)) * y * (1 - y) / len(z)

    return gradient


@sigmoid_binary_cross_entropy_gradient.misconception(
    at="extremes",
    also=[clipped(eps) for eps in EPSILONS],
    hint="What is y(1-y) for an output that is sure and wrong, and what should its gradient be?",
)
def clipped_the_outputs_on_the_way(z, t):
    """The outputs are clipped before the division but not in the slope, so sure and wrong outputs learn nothing."""
    return clipped(1e-7)(z, t)


@binary_cross_entropy.by_hand
def binary_cross_entropy_by_hand(at, share, y, t):
    y, t = np.ravel(y), np.ravel(t)
    cells = [-log_of(b, a) - log_of(1 - b, 1 - a) for a, b in zip(y, t, strict=True)]
    for n, (a, b, cell) in enumerate(zip(y, t, cells, strict=True)):
        if n < MOST_TERMS:
            shown = rf"-{par(b)} \ln {par(a)} - (1 - {par(b)}) \ln (1 - {par(a)})"
            yield f"L{index(n)}", shown, cell
    yield from mean_of(share, cells)


@binary_cross_entropy_derivative.by_hand
def binary_cross_entropy_derivative_by_hand(at, share, y, t):
    a, b = y[at], t[at]
    shown = frac(f"{num(a)} - {par(b)}", rf"{par(a)} \cdot (1 - {par(a)})")
    name = slope_by("y", at) + rf" = {share_of(share)}\frac{{y - t}}{{y (1 - y)}}"
    yield name, dot(share) + shown, share.value * (a - b) / (a * (1 - a))


binary_cross_entropy_derivative.derived(
    DerivationStep(
        "ln y has the slope 1/y, and ln(1 - y) has -1/(1 - y): the inner slope is -1",
        "dL/dy = -1/N (t/y - (1 - t)/(1 - y))",
        r"\frac{\partial L}{\partial y_n} = -\frac{1}{N} \left( \frac{t_n}{y_n} - \frac{1 - t_n}{1 - y_n} \right)",
        lambda y, t: (
            gradient_of(lambda v: of_two_classes(v, t), y),
            -(t / y - (1 - t) / (1 - y)) / len(y),
        ),
    ),
    DerivationStep(
        "over a common denominator, t(1 - y) - (1 - t)y is t - y",
        "dL/dy = 1/N (y - t) / (y (1 - y))",
        r"\frac{\partial L}{\partial y_n} = \frac{1}{N} \frac{y_n - t_n}{y_n (1 - y_n)}",
        lambda y, t: (
            gradient_of(lambda v: of_two_classes(v, t), y),
            (y - t) / (y * (1 - y)) / len(y),
        ),
    ),
)


@sigmoid_binary_cross_entropy.by_hand
def sigmoid_binary_cross_entropy_by_hand(at, share, z, t):
    z, t = np.ravel(z), np.ravel(t)
    cells = [np.logaddexp(0, a) - b * a for a, b in zip(z, t, strict=True)]
    for n, (a, b, cell) in enumerate(zip(z, t, cells, strict=True)):
        if n < MOST_TERMS:
            yield f"L{index(n)}", rf"\ln (1 + {exp(a)}) - {times(b, a)}", cell
    yield from mean_of(share, cells)


@sigmoid_binary_cross_entropy.composed
def binary_loss(use, z, t):
    return use(binary_cross_entropy)(use(sigmoid)(z), t)


@sigmoid_binary_cross_entropy_gradient.by_hand
def sigmoid_binary_cross_entropy_gradient_by_hand(at, share, z, t):
    yield from sigmoid_by_hand(at, share, z)
    yield from off(slope_by("z", at), share, squash(z[at]), t[at])


sigmoid_binary_cross_entropy_gradient.derived(
    DerivationStep(
        "chain rule: the slope of the loss times the slope of the sigmoid",
        "dL/dz = 1/N (y - t)/(y (1 - y)) * y (1 - y)",
        r"\frac{\partial L}{\partial z_n} = \frac{1}{N} \frac{y_n - t_n}{y_n (1 - y_n)} \cdot y_n (1 - y_n)",
        lambda z, t: (
            gradient_of(lambda v: of_two_classes(squash(v), t), z),
            (sigmoid(z) - t) / (sigmoid(z) * (1 - sigmoid(z))) * slope_of(squash, z) / len(z),
        ),
    ),
    DerivationStep(
        "the slopes cancel",
        "dL/dz = 1/N (y - t)",
        r"\frac{\partial L}{\partial z_n} = \frac{1}{N} (y_n - t_n)",
        lambda z, t: (
            gradient_of(lambda v: of_two_classes(squash(v), t), z),
            (sigmoid(z) - t) / len(z),
        ),
    ),
)


@sigmoid_binary_cross_entropy_gradient.composed
def binary_output_minus_target(use, z, t):
    return (use(sigmoid)(z) - t) / len(z)


@sigmoid_binary_cross_entropy_gradient.composed
def through_sigmoid(use, z, t):
    slope = use(sigmoid_derivative)(z)
    return use(binary_cross_entropy_derivative)(use(sigmoid)(z), t) * slope


@binary_cross_entropy.told_by
def logarithms_of_both(names):
    """The logarithms of y and of 1 - y, of what is no logit any more."""
    return {"log", "1 -"} <= names and not names & {
        "exp",
        "sigmoid",
        "softmax",
        "forward",
        "predict",
    }
