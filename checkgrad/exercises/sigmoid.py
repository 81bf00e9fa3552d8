"""The logistic sigmoid and its derivative."""

import numpy as np

from checkgrad.exercise import DerivationStep, Derivative, Kind, exercise, upstream
from checkgrad.exercises import draws
from checkgrad.exercises.derivations import slope_of
from checkgrad.exercises.worked import exp, frac, index, par, squash


def any_numbers(rng):
    for shape in draws.MATRICES:
        yield (draws.logits(rng, *shape),)
    yield (draws.logits(rng, 11),)
    yield (rng.permutation([[-3, 0, 2, 1], [1, -1, 3, -2], [0, 2, -4, 4]]),)
    yield (draws.logits(rng, 6, 5).astype(np.float32),)


def huge_numbers():
    yield (np.array([[-1000.0, -750.0, -40.0], [0.0, 40.0, 1000.0]]),)


@exercise(
    any_numbers,
    extremes=huge_numbers,
    latex=r"y = \sigma(z) = \frac{1}{1 + e^{-z}}",
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.2, equation 4.59",
    kind=Kind.ACTIVATION,
    spoken="sigm sig logistic logisticsigmoid expit",
    example=((np.array([0.0, np.log(3)]),), [0.5, 0.75]),
    starter=1,
)
def sigmoid(z):
    """Squash every number into (0, 1): 1 / (1 + exp(-z)).

    Written with exp(-|z|), which never overflows: 1 / (1 + e) for z >= 0, e / (1 + e) below.
    """
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


@sigmoid.law
def symmetric_about_one_half(sigmoid, z):
    """The sigmoid of -z is 1 minus the sigmoid of z."""
    return sigmoid(-z), 1 - sigmoid(z)


@sigmoid.law
def between_zero_and_one(sigmoid, z):
    """All values lie between 0 and 1."""
    y = sigmoid(z)
    return y, np.clip(y, 0, 1)


@sigmoid.law
def rises_with_its_input(sigmoid, z):
    """A larger input gives a larger output."""
    return sigmoid(z + 1) > sigmoid(z), np.ones(z.shape)


@sigmoid.misconception(
    hint="Should a large positive input end near 0 or near 1, and where does yours end?"
)
def forgot_the_minus_in_the_exponent(z):
    """The exponent is z instead of -z, so the curve falls where it should rise."""
    return 1 / (1 + np.exp(z))


@sigmoid.misconception(
    hint="In which order does Python divide and add, and which brackets change that?"
)
def forgot_the_brackets_around_the_denominator(z):
    """Without brackets 1/1+exp(-z) divides 1 by 1 and then adds the exponential."""
    return 1 / 1 + np.exp(-z)


@sigmoid.misconception(hint="What does your function hand back after computing the value?")
def forgot_to_return(z):
    """The value is computed but never returned, so the caller gets None."""


@sigmoid.misconception(hint="Of which type is an array of zeros made like an array of integers?")
def cut_off_the_decimals(z):
    """The results are stored in an array made like the input; made like integers it holds only integers."""
    return sigmoid(z).astype(z.dtype)


@sigmoid.misconception(hint="What should the curve tend to on its far left: -1 or 0?")
def returned_tanh(z):
    """The hyperbolic tangent is returned, which runs from -1 to 1 instead of from 0 to 1."""
    return np.tanh(z)


@sigmoid.misconception(
    at="extremes", hint="How large is exp(1000), and what does infinity divided by infinity give?"
)
def divided_two_exponentials(z):
    """exp(z) / (1 + exp(z)) becomes infinity over infinity for large z."""
    return np.exp(z) / (1 + np.exp(z))


@sigmoid.misconception(
    at="extremes",
    same_as=[divided_two_exponentials],
    hint="For which sign of z does exp(z) stay below 1?",
)
def swapped_the_stable_branches(z):
    """Each of the two stable forms is used on the side on which it overflows."""
    return np.where(z < 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


@exercise(
    any_numbers,
    extremes=huge_numbers,
    latex=r"\frac{dy}{dz} = y (1 - y), \quad y = \sigma(z)",
    source="Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2, equation 4.88",
    derivative=Derivative(sigmoid, at=lambda z: (z,)),
    starter=1,
)
def sigmoid_derivative(z):
    """The slope of the sigmoid, from its own value: y (1 - y)."""
    y = sigmoid(z)
    return y * (1 - y)


@sigmoid_derivative.also_called(argument="activation")
def given_the_activation(z):
    """Takes the value of the sigmoid instead of its input."""
    return (sigmoid(z),)


@sigmoid_derivative.law
def even(sigmoid_derivative, z):
    """The slopes at z and at -z are the same."""
    return sigmoid_derivative(-z), sigmoid_derivative(z)


@sigmoid_derivative.law
def between_zero_and_one_quarter(sigmoid_derivative, z):
    """The slope is never negative and never above 1/4."""
    slope = sigmoid_derivative(z)
    return slope, np.clip(slope, 0, 0.25)


@sigmoid_derivative.misconception(
    unless=given_the_activation,
    hint="In y(1-y), does y stand for what enters the sigmoid or for what leaves it?",
)
def used_the_rule_for_activations_on_logits(z):
    """The rule y(1-y) is applied to the input z, but y stands for the sigmoid of z."""
    return z * (1 - z)


@sigmoid_derivative.misconception(hint="How often has the sigmoid been applied to your number?")
def squashed_the_activation_again(z):
    """The sigmoid is applied once more to a number that is an activation already."""
    y = sigmoid(sigmoid(z))
    return y * (1 - y)


@sigmoid_derivative.misconception(hint="How steep is the sigmoid far out on the right?")
def returned_the_sigmoid_itself(z):
    """The value of the sigmoid is returned, not its slope."""
    return sigmoid(z)


@sigmoid_derivative.misconception(hint="Which second factor stands beside 1-y?")
def kept_only_one_minus_y(z):
    """The factor y is missing: the slope is y(1-y), not 1-y."""
    return 1 - sigmoid(z)


@sigmoid_derivative.misconception(hint="Of which function is 1-y^2 the derivative?")
def used_the_rule_of_tanh(z):
    """The slope is computed as 1-y^2, which is the rule for tanh."""
    return 1 - sigmoid(z) ** 2


@sigmoid_derivative.misconception(hint="Can the slope of a curve that only rises be negative?")
def reversed_the_sign_of_the_slope(z):
    """The slope has the wrong sign: y(y-1) instead of y(1-y)."""
    y = sigmoid(z)
    return y * (y - 1)


@sigmoid_derivative.misconception(hint="Which axis of your result counts the samples?")
def multiplied_matrices_instead_of_numbers(z):
    """The upstream gradient enters by a matrix product, which mixes the samples, instead of entry by entry."""
    y = sigmoid(z)
    return upstream(z.shape).T @ (y * (1 - y))


@sigmoid_derivative.misconception(hint="The chain rule multiplies two slopes: where is the second?")
def passed_everything_through(z):
    """The upstream gradient is passed on as it came, not multiplied by the slope."""
    return np.ones(z.shape)


@sigmoid.by_hand
def sigmoid_by_hand(at, share, z):
    yield f"y{index(*at)}", frac("1", "1 + " + exp(-z[at])), squash(z[at])


@sigmoid_derivative.by_hand
def sigmoid_derivative_by_hand(at, share, z):
    y = squash(z[at])
    yield from sigmoid_by_hand(at, share, z)
    yield r"\frac{dy}{dz} = y (1 - y)", rf"{par(y)} \cdot (1 - {par(y)})", y * (1 - y)


sigmoid_derivative.derived(
    DerivationStep(
        "chain rule: the outer function is 1/u with u = 1 + e^-z",
        "dy/dz = -1/(1 + e^-z)^2 * d(1 + e^-z)/dz",
        r"\frac{dy}{dz} = -\frac{1}{(1 + e^{-z})^2} \cdot \frac{d(1 + e^{-z})}{dz}",
        lambda z: (
            slope_of(squash, z),
            -1 / (1 + np.exp(-z)) ** 2 * slope_of(lambda v: 1 + np.exp(-v), z),
        ),
    ),
    DerivationStep(
        "the inner slope is -e^-z, and two minus signs cancel",
        "dy/dz = e^-z / (1 + e^-z)^2",
        r"\frac{dy}{dz} = \frac{e^{-z}}{(1 + e^{-z})^2}",
        lambda z: (slope_of(squash, z), np.exp(-z) / (1 + np.exp(-z)) ** 2),
    ),
    DerivationStep(
        "split into two factors, the first of which is y",
        "dy/dz = 1/(1 + e^-z) * e^-z/(1 + e^-z)",
        r"\frac{dy}{dz} = \frac{1}{1 + e^{-z}} \cdot \frac{e^{-z}}{1 + e^{-z}}",
        lambda z: (slope_of(squash, z), squash(z) * (np.exp(-z) / (1 + np.exp(-z)))),
    ),
    DerivationStep(
        "the second factor is 1 - y",
        "e^-z/(1 + e^-z) = 1 - y",
        r"\frac{e^{-z}}{1 + e^{-z}} = 1 - y",
        lambda z: (np.exp(-z) / (1 + np.exp(-z)), 1 - squash(z)),
    ),
    DerivationStep(
        "so the slope follows from the value alone",
        "dy/dz = y (1 - y)",
        r"\frac{dy}{dz} = y (1 - y)",
        lambda z: (slope_of(squash, z), squash(z) * (1 - squash(z))),
    ),
)


@sigmoid_derivative.composed
def slope_of_sigmoid(use, z):
    y = use(sigmoid)(z)
    return y * (1 - y)


@sigmoid.told_by
def one_over_one_plus_an_exponential(names):
    divides = "1 /" in names and not names & {"log", "sum", "softmax", "tanh"}
    return "expit" in names or ("exp" in names and divides)
