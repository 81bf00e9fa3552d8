"""Cross-entropy of several classes, of probabilities and of logits, and the derivatives."""

import numpy as np

from checkgrad.exercise import DerivationStep, Derivative, Kind, exercise
from checkgrad.exercises import draws
from checkgrad.exercises.binary_cross_entropy import (
    binary_cross_entropy,
    in_both_logs,
    in_both_quotients,
)
from checkgrad.exercises.conventions import (
    EPSILONS,
    GRADIENT,
    IN_A_LOG,
    LOSS,
    CellFormula,
    accept,
    roughly,
)
from checkgrad.exercises.derivations import gradient_of, jacobian_of, of_classes, shares
from checkgrad.exercises.softmax import softmax, softmax_backward, softmax_by_hand
from checkgrad.exercises.worked import (
    MOST_TERMS,
    added,
    dot,
    exp,
    frac,
    index,
    log_of,
    mean_of,
    num,
    off,
    one_hot_rows,
    par,
    share_of,
    shares_of,
    slope_by,
    times,
)

BISHOP = "Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4, equation"
EVERY_OUTPUT = {"loss": "binary cross-entropy of every output"}
EVERY_OUTPUT_NOTE = "Right for a loss that takes every output as a class of its own, 0 or 1."


def probabilities_and_targets(rng):
    for n, c in draws.MATRICES:
        yield draws.distributions(rng, n, c), draws.one_hot(rng, n, c)
    yield draws.distributions(rng, 11, 3), draws.one_hot(rng, 11, 3).astype(int)
    yield (
        draws.distributions(rng, 6, 5).astype(np.float32),
        draws.one_hot(rng, 6, 5).astype(np.float32),
    )


def certain_and_right():
    yield np.array([[1.0, 0.0, 0.0], [0.2, 0.3, 0.5]]), np.array([[1.0, 0, 0], [0, 0, 1.0]])


@exercise(
    probabilities_and_targets,
    extremes=certain_and_right,
    latex=r"L = -\frac{1}{N} \sum_n \sum_i t_{ni} \ln y_{ni}",
    source=f"{BISHOP} 4.108",
    kind=Kind.LOSS,
    spoken=(
        "ce xent crossent categoricalcrossentropy cce nll negativeloglikelihood "
        "sparsecrossentropy sparsecategoricalcrossentropy scce multiclasscrossentropy "
        "crossentropymulticlass negloglikelihood categoricalce multiclasslogloss"
    ),
    example=((np.array([[0.25, 0.75], [0.5, 0.5]]), np.eye(2)), np.log(8) / 2),
    starter=1,
)
def cross_entropy(y, t):
    """Mean over the samples of -ln of the probability that the true class got.

    0 times ln(0) counts as 0, so a certain and right prediction costs nothing.
    """
    return -np.sum(t * np.log(np.where(t == 0, 1, y))) / len(y)


def in_the_log(y, t, eps=0.0):
    return -t * np.log(y + eps)


accept(
    cross_entropy,
    [
        CellFormula("", "", in_the_log, epsilons=IN_A_LOG),
        CellFormula("every_output", EVERY_OUTPUT_NOTE, in_both_logs, EVERY_OUTPUT, EPSILONS),
    ],
    LOSS,
)


@cross_entropy.also_called(argument="logits")
def given_logits(y, t):
    """Takes the logits instead of the probabilities."""
    # Shifted: a loss that forgot its logarithm would be right for normalised ones.
    return np.log(y) + 2, t


@cross_entropy.law
def never_negative(cross_entropy, y, t):
    """The loss is never below 0."""
    loss = cross_entropy(y, t)
    return loss, np.maximum(loss, 0)


@cross_entropy.law
def better_predictions_cost_less(cross_entropy, y, t):
    """Moving every output towards its target makes the loss smaller."""
    better = cross_entropy(y + 0.1 * (t - y), t)
    return np.sum(better) < np.sum(cross_entropy(y, t)), True


@cross_entropy.law
def classes_can_be_renamed(cross_entropy, y, t):
    """The order of the classes, the same in outputs and targets, makes no difference."""
    return roughly(np.sum(cross_entropy(y[:, ::-1], t[:, ::-1])), np.sum(cross_entropy(y, t)))


@cross_entropy.misconception(
    hint="Is a logarithm of a probability positive or negative, and what should a loss be?"
)
def forgot_the_minus(y, t):
    """The minus in front is missing, so the loss is negative and training makes it worse."""
    return np.sum(t * np.log(y)) / len(y)


@cross_entropy.misconception(hint="Which axis of the outputs counts the samples?")
def divided_by_the_number_of_classes(y, t):
    """The sum is divided by the number of classes; the mean is over the samples."""
    return in_the_log(y, t).sum() / y.shape[1]


@cross_entropy.misconception(
    unless="summed_over_samples", hint="By how many numbers must the sum be divided?"
)
def forgot_the_mean(y, t):
    """The sum over the samples is not divided by their number."""
    return in_the_log(y, t).sum()


@cross_entropy.misconception(
    unless="averaged_over_cells", hint="How many losses does one sample have?"
)
def averaged_over_the_classes_too(y, t):
    """The mean runs over all cells, so the loss is too small by the number of classes."""
    return in_the_log(y, t).mean()


@cross_entropy.misconception(hint="What should the class number 2 do to a logarithm?")
def used_class_numbers_as_weights(y, t):
    """The numbers of the classes multiply the logarithms; they should pick one of them."""
    return -np.sum(t.argmax(axis=1)[:, None] * np.log(y)) / len(y)


@cross_entropy.misconception(hint="Which probability of each sample does its label pick?")
def picked_columns_for_all_samples(y, t):
    """The labels pick whole columns of the outputs, for all samples, instead of one entry in each row."""
    return -np.mean(np.log(y[:, t.argmax(axis=1)]))


@cross_entropy.misconception(
    unless="every_output", hint="In a row of probabilities, what tells you all about the others?"
)
def added_the_terms_of_the_wrong_classes(y, t):
    """The terms (1-t) ln(1-y) of binary cross-entropy are added for every class."""
    return in_both_logs(y, t).sum() / len(y)


@cross_entropy.misconception(hint="Whose logarithm does the formula take?")
def swapped_output_and_target(y, t):
    """Outputs and targets have changed places: the logarithm is taken of the targets."""
    return -np.sum(y * np.log(t + 1e-12)) / len(y)


@cross_entropy.misconception(hint="Is the logarithm of a sum the sum of the logarithms?")
def forgot_the_logarithm(y, t):
    """The probabilities of the true classes are averaged without their logarithm."""
    return -np.sum(t * y) / len(y)


@cross_entropy.misconception(hint="Which base has the logarithm in the formula?")
def took_the_logarithm_to_base_ten(y, t):
    """The logarithm has base 10, so the loss is smaller by the factor 0.434."""
    return -np.sum(t * np.log10(y)) / len(y)


@cross_entropy.misconception(hint="Which base has the logarithm in the formula?")
def took_the_logarithm_to_base_two(y, t):
    """The logarithm has base 2, so the loss is larger by the factor 1.443."""
    return -np.sum(t * np.log2(y)) / len(y)


@cross_entropy.misconception(
    unless=given_logits, hint="Are the numbers that come in logits or already probabilities?"
)
def applied_softmax_to_probabilities(y, t):
    """Softmax is applied to outputs that are probabilities already."""
    return in_the_log(softmax(y), t).sum() / len(y)


@cross_entropy.misconception(hint="Is 0.01 small beside a probability of 0.02?")
def added_a_hundredth_inside_the_log(y, t):
    """The number that keeps the logarithm finite is 0.01, large enough to change the loss."""
    return in_the_log(y, t, 1e-2).sum() / len(y)


@cross_entropy.misconception(hint="Is 0.001 small beside a probability of 0.02?")
def added_a_thousandth_inside_the_log(y, t):
    """The number that keeps the logarithm finite is 0.001, large enough to change the loss."""
    return in_the_log(y, t, 1e-3).sum() / len(y)


@cross_entropy.misconception(
    at="extremes", hint="What is 0 times the logarithm of 0 on a computer?"
)
def took_the_logarithm_of_zero(y, t):
    """A probability of 0 for a wrong class gives 0 times ln(0), which is not a number."""
    return in_the_log(y, t).sum() / len(y)


@exercise(
    probabilities_and_targets,
    latex=r"\frac{\partial L}{\partial y_{ni}} = -\frac{1}{N} \frac{t_{ni}}{y_{ni}}",
    source=f"{BISHOP} 4.108, differentiated by the outputs",
    derivative=Derivative(cross_entropy, at=lambda y, t: (y, t)),
)
def cross_entropy_derivative(y, t):
    """The slope of the loss by each output: -t / y over the number of samples."""
    return -t / y / len(y)


def in_the_quotient(y, t, eps=0.0):
    return -t / (y + eps)


def without_the_jacobian(y, t):
    return y - t


accept(
    cross_entropy_derivative,
    [
        CellFormula("", "", in_the_quotient, epsilons=EPSILONS),
        CellFormula("every_output", EVERY_OUTPUT_NOTE, in_both_quotients, EVERY_OUTPUT, EPSILONS),
        CellFormula(
            "fused_with_softmax",
            "Right where it is taken by the logits, so that softmax needs no derivative of its own.",
            without_the_jacobian,
            {"fused": "softmax and cross-entropy"},
        ),
    ],
    GRADIENT,
)


@cross_entropy_derivative.law
def pushes_only_the_true_class_up(cross_entropy_derivative, y, t):
    """The slope is negative for the true class and never negative for another one."""
    return cross_entropy_derivative(y, t) < 0, t == 1


@cross_entropy_derivative.law
def gentler_for_better_predictions(cross_entropy_derivative, y, t):
    """The surer the true class is, the less is there to gain."""
    true, better = t == 1, cross_entropy_derivative(y + 0.1 * (t - y), t)
    return (better > cross_entropy_derivative(y, t))[true], np.ones(len(y))


@cross_entropy_derivative.misconception(
    unless="fused_with_softmax", hint="Do you differentiate by the output y or by the logit z?"
)
def gave_the_gradient_of_the_logits(y, t):
    """y - t is the gradient with respect to the logits; by the outputs it is -t/y."""
    return (y - t) / len(y)


@cross_entropy_derivative.misconception(
    hint="Should the loss grow or fall when the probability of the true class grows?"
)
def forgot_the_minus_of_the_slope(y, t):
    """The minus is missing: t/y instead of -t/y."""
    return t / y / len(y)


@cross_entropy_derivative.misconception(
    unless="summed_over_samples", hint="By how many numbers must the sum be divided?"
)
def forgot_to_divide_by_the_samples(y, t):
    """The slope belongs to the sum over the samples: 1/N is missing."""
    return -t / y


@cross_entropy_derivative.misconception(
    unless="averaged_over_cells", hint="How many losses does one sample have?"
)
def divided_by_samples_and_classes(y, t):
    """The slope is divided by the number of all cells instead of the number of samples."""
    return -t / y / y.size


@cross_entropy_derivative.misconception(hint="Which axis of the outputs counts the samples?")
def divided_by_the_classes(y, t):
    """The slope is divided by the number of classes; the mean is over the samples."""
    return -t / y / y.shape[1]


@cross_entropy_derivative.misconception(
    unless="every_output", hint="Which of a sample's outputs appear in its loss?"
)
def used_the_binary_rule_for_every_class(y, t):
    """The rule of binary cross-entropy, with (1-t)/(1-y), is used for every class."""
    return in_both_quotients(y, t) / len(y)


@cross_entropy_derivative.misconception(hint="What does the target do in the formula of the loss?")
def gave_every_class_a_slope(y, t):
    """-1/y is returned for all classes; only the true one appears in the loss."""
    return -1 / y / len(y)


@cross_entropy_derivative.misconception(hint="What is the derivative of the logarithm?")
def kept_the_logarithm(y, t):
    """The terms -t ln(y) of the loss are returned, not their derivative -t/y."""
    return in_the_log(y, t) / len(y)


def logits_and_targets(rng):
    for n, c in draws.MATRICES:
        yield draws.logits(rng, n, c) / 2, draws.one_hot(rng, n, c)
    whole = rng.permutation([[-1, 0, 2], [1, -1, 2], [0, 2, -1], [2, 1, 1]])
    yield whole, draws.one_hot(rng, 4, 3).astype(int)
    yield (
        (draws.logits(rng, 6, 5) / 2).astype(np.float32),
        draws.one_hot(rng, 6, 5).astype(np.float32),
    )


def huge_logits_and_targets():
    z = np.array([[1000.0, 0.0, -1000.0], [1.0, 2.0, 3.0], [-1000.0, -1001.0, -1002.0]])
    yield z, np.eye(3)
    yield z, np.eye(3)[[1, 2, 0]]
    yield np.array([[1000.0, 999.0, 998.0], [1.0, 2.0, 3.0]]), np.eye(3)[[1, 2]]


@exercise(
    logits_and_targets,
    extremes=huge_logits_and_targets,
    latex=r"L = \frac{1}{N} \sum_n \left( \ln \sum_k e^{z_{nk}} - \sum_i t_{ni} z_{ni} \right)",
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.2.2.3",
    kind=Kind.LOSS,
    spoken=(
        "softmaxce softmaxloss softmaxcost softmaxcce softmaxnll softmaxxent "
        "softmaxcategoricalcrossentropy crossentropysoftmax crossentropywithsoftmax "
        "crossentropywithlogits crossentropyfromlogits crossentropylogits "
        "softmaxwithloss softmaxcrossentropywithlogits softmaxclassifier "
        "softmaxandcrossentropy softmaxerror softmaxwithcrossentropy cewithlogits "
        "cefromlogits sparsesoftmaxcrossentropy sparsesoftmaxcrossentropywithlogits "
        "softmaxsparsecrossentropy activationsoftmaxloss "
        "activationsoftmaxlosscategoricalcrossentropy "
        "softmaxlosscategoricalcrossentropy softmaxcrossentropyfromlogits"
    ),
    fuses=(softmax, cross_entropy),
    example=((np.array([[0, np.log(3)]]), np.array([[1.0, 0.0]])), np.log(4)),
)
def softmax_cross_entropy(z, t):
    """Cross-entropy of the softmax of the logits, in one step: the log of the sum minus the true logit, averaged.

    The largest logit of the row is subtracted first, so no exponential overflows.
    """
    return -np.sum(t * log_softmax(z)) / len(z)


def log_softmax(z):
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def of_the_logits(z, t):
    return -t * log_softmax(z)


def by_way_of_probabilities(z, t, eps=0.0):
    return in_the_log(softmax(z), t, eps)


def every_output_by_way_of_probabilities(z, t, eps=0.0):
    return in_both_logs(softmax(z), t, eps)


accept(
    softmax_cross_entropy,
    [
        CellFormula("", "", of_the_logits),
        CellFormula("in_the_log", "", by_way_of_probabilities, epsilons=IN_A_LOG, bare=False),
        CellFormula(
            "every_output",
            EVERY_OUTPUT_NOTE,
            every_output_by_way_of_probabilities,
            EVERY_OUTPUT,
            EPSILONS,
        ),
    ],
    LOSS,
)


@softmax_cross_entropy.also_called(argument="probabilities")
def given_probabilities(z, t):
    """Takes the probabilities instead of the logits."""
    return softmax(z), t


@softmax_cross_entropy.law
def never_below_zero(softmax_cross_entropy, z, t):
    """The loss is never below 0."""
    loss = softmax_cross_entropy(z, t)
    return loss, np.maximum(loss, 0)


@softmax_cross_entropy.law
def shifting_the_logits_changes_nothing(softmax_cross_entropy, z, t):
    """Adding the same number to all logits of a sample changes nothing."""
    return roughly(softmax_cross_entropy(z + 2.5, t), softmax_cross_entropy(z, t))


@softmax_cross_entropy.law
def better_logits_cost_less(softmax_cross_entropy, z, t):
    """Raising the logits of the true classes makes the loss smaller."""
    better = np.sum(softmax_cross_entropy(z + 0.5 * t, t))
    return better < np.sum(softmax_cross_entropy(z, t)), True


@softmax_cross_entropy.misconception(
    hint="How often do your logits pass softmax before the logarithm?"
)
def applied_softmax_twice(z, t):
    """The logits pass softmax twice before the logarithm is taken."""
    return in_the_log(softmax(softmax(z)), t).sum() / len(z)


@softmax_cross_entropy.misconception(
    unless=given_probabilities, hint="Are the numbers whose logarithm you take probabilities?"
)
def took_the_logarithm_of_the_logits(z, t):
    """The logarithm is taken of the logits; they have to pass softmax first."""
    return in_the_log(z, t).sum() / len(z)


@softmax_cross_entropy.misconception(
    hint="Is a logarithm of a probability positive or negative, and what should a loss be?"
)
def forgot_the_minus_in_front(z, t):
    """The minus in front is missing, so the loss is negative and training makes it worse."""
    return -softmax_cross_entropy(z, t)


@softmax_cross_entropy.misconception(hint="What makes the probabilities of a sample add up to 1?")
def forgot_the_normalisation(z, t):
    """Only the true logits count; the logarithm of the sum of exponentials is missing."""
    return -np.sum(t * z) / len(z)


@softmax_cross_entropy.misconception(
    unless="summed_over_samples", hint="By how many numbers must the sum be divided?"
)
def summed_instead_of_averaged(z, t):
    """The sum over the samples is not divided by their number."""
    return -np.sum(t * log_softmax(z))


@softmax_cross_entropy.misconception(hint="Which axis of the logits counts the samples?")
def divided_by_the_number_of_outputs(z, t):
    """The sum is divided by the number of classes; the mean is over the samples."""
    return -np.sum(t * log_softmax(z)) / z.shape[1]


@softmax_cross_entropy.misconception(
    hint="Add up one row of your probabilities: what should it be?"
)
def normalised_over_everything(z, t):
    """Softmax is normalised over the whole batch instead of over the classes of each sample."""
    e = np.exp(z)
    return in_the_log(e / e.sum(), t).sum() / len(z)


@softmax_cross_entropy.misconception(hint="Which axis holds the classes of one sample?")
def normalised_down_the_columns(z, t):
    """Softmax runs down the columns, so the samples compete instead of the classes."""
    return in_the_log(softmax(z.T).T, t).sum() / len(z)


@softmax_cross_entropy.misconception(
    at="extremes", hint="When does a probability round to exactly 0, and what is its logarithm?"
)
def took_the_logarithm_of_rounded_probabilities(z, t):
    """Small probabilities round to 0 before the logarithm is taken; ln of softmax can be had in one step."""
    return in_the_log(softmax(z), t).sum() / len(z)


@softmax_cross_entropy.misconception(
    at="extremes", hint="How large is exp(1000), and what may you subtract from every logit?"
)
def did_not_shift_the_logits(z, t):
    """The exponential of a large logit overflows because the row's maximum is not subtracted first."""
    return np.mean(np.log(np.exp(z).sum(axis=1)) - np.sum(t * z, axis=1))


@exercise(
    logits_and_targets,
    extremes=huge_logits_and_targets,
    latex=r"\frac{\partial L}{\partial z_{ni}} = \frac{1}{N} (y_{ni} - t_{ni}), \quad y_{ni} = \frac{e^{z_{ni}}}{\sum_k e^{z_{nk}}}",
    source=f"{BISHOP} 4.109",
    derivative=Derivative(softmax_cross_entropy, at=lambda z, t: (z, t)),
    starter=2,
)
def softmax_cross_entropy_gradient(z, t):
    """The gradient by the logits: y - t over the number of samples, where y is the softmax of z."""
    return (softmax(z) * t.sum(axis=1, keepdims=True) - t) / len(z)


def output_minus_target(z, t):
    return softmax(z) * t.sum(axis=1, keepdims=True) - t


def target_minus_output(z, t):
    return -output_minus_target(z, t)


def chained(z, t, eps=0.0):
    return softmax_backward(in_the_quotient(softmax(z), t, eps), z)


def every_output_chained(z, t, eps=0.0):
    return softmax_backward(in_both_quotients(softmax(z), t, eps), z)


accept(
    softmax_cross_entropy_gradient,
    [
        CellFormula("", "", output_minus_target),
        CellFormula(
            "target_minus_output",
            "Right where the update adds it: t - y points downhill.",
            target_minus_output,
            {"sign": "negative"},
        ),
        CellFormula("chained", "", chained, epsilons=EPSILONS, bare=False),
        CellFormula(
            "every_output", EVERY_OUTPUT_NOTE, every_output_chained, EVERY_OUTPUT, EPSILONS
        ),
    ],
    GRADIENT,
)


@softmax_cross_entropy_gradient.also_called(argument="probabilities")
def given_the_outputs(z, t):
    """Takes the probabilities instead of the logits."""
    return softmax(z), t


@softmax_cross_entropy_gradient.law
def rows_sum_to_zero(softmax_cross_entropy_gradient, z, t):
    """Where the targets add up to 1, the gradient of each sample adds up to 0."""
    if not np.all(t.sum(axis=1) == 1):
        return None
    return softmax_cross_entropy_gradient(z, t).sum(axis=1), np.zeros(len(z))


@softmax_cross_entropy_gradient.law
def shifting_the_logits_leaves_it(softmax_cross_entropy_gradient, z, t):
    """Adding the same number to all logits of a sample changes nothing."""
    gradient = softmax_cross_entropy_gradient(z, t)
    return roughly(softmax_cross_entropy_gradient(z + 2.5, t), gradient)


@softmax_cross_entropy_gradient.misconception(
    unless="summed_over_samples", hint="By how many numbers must the sum be divided?"
)
def forgot_the_mean_over_the_samples(z, t):
    """The gradient belongs to the sum over the samples: 1/N is missing."""
    return softmax(z) - t


@softmax_cross_entropy_gradient.misconception(
    unless="averaged_over_cells", hint="How many losses does one sample have?"
)
def averaged_over_all_cells(z, t):
    """The gradient is divided by samples times classes instead of by the number of samples."""
    return (softmax(z) - t) / z.size


@softmax_cross_entropy_gradient.misconception(hint="Which axis of the logits counts the samples?")
def averaged_over_the_classes(z, t):
    """The gradient is divided by the number of classes; the mean is over the samples."""
    return (softmax(z) - t) / z.shape[1]


@softmax_cross_entropy_gradient.misconception(
    hint="What is left of the Jacobian after you multiply it with the derivative of the loss?"
)
def multiplied_by_the_slope_once_more(z, t):
    """y - t is multiplied by y(1-y), but it contains the derivative of softmax already."""
    y = softmax(z)
    return (y - t) * y * (1 - y) / len(z)


@softmax_cross_entropy_gradient.misconception(
    hint="What is left of the Jacobian after you multiply it with the derivative of the loss?"
)
def multiplied_with_the_jacobian_once_more(z, t):
    """y - t is multiplied by the Jacobian of softmax, which it contains already."""
    return softmax_backward(softmax(z) - t, z) / len(z)


@softmax_cross_entropy_gradient.misconception(hint="How often do your logits pass softmax?")
def passed_softmax_twice(z, t):
    """The logits pass softmax twice before the targets are subtracted."""
    return (softmax(softmax(z)) - t) / len(z)


@softmax_cross_entropy_gradient.misconception(
    hint="Does raising the logit of a wrong class change the loss?"
)
def only_the_true_class(z, t):
    """Only the entry of the true class is kept, but the logits of the other classes matter, too."""
    return t * (softmax(z) - 1) / len(z)


@softmax_cross_entropy_gradient.misconception(
    unless="target_minus_output",
    hint="If an output is too large, should the loss grow or fall when its logit grows?",
)
def subtracted_the_outputs_from_the_targets(z, t):
    """t - y is returned: the gradient has the wrong sign and descent climbs."""
    return (t - softmax(z)) / len(z)


@softmax_cross_entropy_gradient.misconception(
    unless=given_the_outputs, hint="Are the numbers that you subtract t from probabilities?"
)
def subtracted_the_targets_from_the_logits(z, t):
    """The targets are subtracted from the logits, which have not passed softmax."""
    return (z - t) / len(z)


@softmax_cross_entropy_gradient.misconception(
    hint="What becomes of the targets when you differentiate?"
)
def forgot_to_subtract_the_targets(z, t):
    """The probabilities are returned; the targets are not subtracted."""
    return softmax(z) / len(z)


@softmax_cross_entropy_gradient.misconception(
    hint="Do you differentiate by the outputs or by the logits?"
)
def stopped_at_the_outputs(z, t):
    """-t/y is returned, the derivative by the outputs; the Jacobian of softmax is not multiplied on."""
    return in_the_quotient(softmax(z), t) / len(z)


@softmax_cross_entropy_gradient.misconception(
    hint="Which entry does the label of each sample pick?"
)
def subtracted_one_from_whole_columns(z, t):
    """The labels pick whole columns, so 1 is subtracted for all samples, not at one entry of each row."""
    y = softmax(z)
    y[:, t.argmax(axis=1)] -= 1
    return y / len(z)


@softmax_cross_entropy_gradient.misconception(
    at="extremes", hint="What is t/y when y has rounded to exactly 0?"
)
def divided_by_a_vanished_probability(z, t):
    """-t/y is multiplied with the Jacobian; where y has rounded to 0 that is not a number."""
    return chained(z, t) / len(z)


@cross_entropy.by_hand
def cross_entropy_by_hand(at, share, y, t):
    t = one_hot_rows(t, y)
    cells = [
        -sum(log_of(b, a) for a, b in zip(*rows, strict=True)) for rows in zip(y, t, strict=True)
    ]
    for n, (a, b, cell) in enumerate(zip(y, t, cells, strict=True)):
        if n < MOST_TERMS:
            terms = [rf"{par(b[i])} \ln {par(a[i])}" for i in np.flatnonzero(b)]
            yield f"L{index(n)}", rf"-\left( {added(terms)} \right)", cell
    yield from mean_of(share, cells)


@cross_entropy_derivative.by_hand
def cross_entropy_derivative_by_hand(at, share, y, t):
    t = one_hot_rows(t, y)
    name = slope_by("y", at) + rf" = -{share_of(share)}\frac{{t}}{{y}}"
    yield name, f"-{dot(share)}" + frac(num(t[at]), num(y[at])), -share.value * t[at] / y[at]


cross_entropy_derivative.derived(
    DerivationStep(
        "only the term with the same output depends on it, and ln has the slope 1/y",
        "dL/dy_i = -1/N t_i / y_i",
        r"\frac{\partial L}{\partial y_{ni}} = -\frac{1}{N} \frac{t_{ni}}{y_{ni}}",
        lambda y, t: (gradient_of(lambda v: of_classes(v, t), y), -t / y / len(y)),
    ),
)


@softmax_cross_entropy.by_hand
def softmax_cross_entropy_by_hand(at, share, z, t):
    t = one_hot_rows(t, z)
    cells = [np.log(np.exp(a).sum()) - a @ b for a, b in zip(z, t, strict=True)]
    for n, (a, b, cell) in enumerate(zip(z, t, cells, strict=True)):
        if n < MOST_TERMS:
            true = added([times(b[i], a[i]) for i in np.flatnonzero(b)])
            yield f"L{index(n)}", rf"\ln ({added([exp(v) for v in a])}) - ({true})", cell
    yield from mean_of(share, cells)


@softmax_cross_entropy.composed
def fused_loss(use, z, t):
    return use(cross_entropy)(use(softmax)(z), t)


@softmax_cross_entropy.composed
def fused_loss_of_its_own(use, z, t):
    return -np.sum(t * np.log(use(softmax)(z))) / len(z)


@softmax_cross_entropy.composed
def loss_of_log_softmax(use, z, t):
    return use(cross_entropy)(np.exp(log_softmax(z)), t)


@softmax_cross_entropy_gradient.by_hand
def softmax_cross_entropy_gradient_by_hand(at, share, z, t):
    t = one_hot_rows(t, z)
    yield from softmax_by_hand(at, share, z)
    yield from off(slope_by("z", at), share, shares_of(z[at[:-1]])[at[-1]], t[at])


softmax_cross_entropy_gradient.derived(
    DerivationStep(
        "chain rule over the outputs of one sample",
        "dL/dz_j = sum_i dL/dy_i dy_i/dz_j",
        r"\frac{\partial L}{\partial z_j} = \sum_i \frac{\partial L}{\partial y_i} \frac{\partial y_i}{\partial z_j}",
        lambda z, t: (
            gradient_of(lambda v: of_classes(shares(v), t), z),
            np.einsum("ni,nij->nj", -t / shares(z) / len(z), jacobian_of(shares, z)),
        ),
    ),
    DerivationStep(
        "put both in; y_i cancels",
        "dL/dz_j = -1/N sum_i t_i (d_ij - y_j)",
        r"\frac{\partial L}{\partial z_j} = -\frac{1}{N} \sum_i t_i (\delta_{ij} - y_j)",
        lambda z, t: (
            gradient_of(lambda v: of_classes(shares(v), t), z),
            -np.einsum("ni,nij->nj", t, np.eye(z.shape[1]) - shares(z)[:, None, :]) / len(z),
        ),
    ),
    DerivationStep(
        "d_ij leaves t_j, and the targets of a sample add up to 1",
        "dL/dz_j = 1/N (y_j - t_j)",
        r"\frac{\partial L}{\partial z_j} = \frac{1}{N} (y_j - t_j)",
        lambda z, t: (
            gradient_of(lambda v: of_classes(shares(v), t), z),
            (shares(z) - t) / len(z),
        ),
    ),
)


@softmax_cross_entropy_gradient.composed
def output_of_its_softmax_minus_target(use, z, t):
    return (use(softmax)(z) - t) / len(z)


@softmax_cross_entropy_gradient.composed
def through_softmax(use, z, t):
    dy = use(cross_entropy_derivative)(use(softmax)(z), t)
    return use(softmax_backward)(dy, z)


# In a module with a sigmoid and no softmax, cross-entropy is the binary one.
cross_entropy.of_two_classes = binary_cross_entropy
# The derivative of softmax by labels is that of softmax and cross-entropy.
softmax.with_targets = softmax_cross_entropy


@cross_entropy.told_by
def one_logarithm(names):
    """The logarithm of the outputs alone, of what is no logit any more."""
    others = {"exp", "sigmoid", "softmax", "forward", "predict", "1 -", "** 2", "square"}
    return "log" in names and not names & others
