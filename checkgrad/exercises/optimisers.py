"""One step of gradient descent, of momentum and of Adam."""

from functools import partial
from itertools import product

import numpy as np

from checkgrad.exercise import Kind, exercise, named
from checkgrad.exercises.conventions import in_a_name, power
from checkgrad.exercises.worked import frac, index, num, par, times

GOODFELLOW = "Goodfellow, Bengio and Courville, Deep Learning (2016)"
SHAPES = ((5, 11), (5, 11), (4, 3), (7,))
EPSILONS = tuple(10.0**-k for k in range(4, 17))


def weights_and_gradients(rng):
    for shape, lr in zip(SHAPES, (0.1, 0.01, 0.5, 1.0), strict=True):
        yield rng.normal(size=shape), rng.normal(size=shape), lr
    yield (*(rng.normal(size=(5, 3)).astype(np.float32) for _ in "wg"), 0.1)


@exercise(
    weights_and_gradients,
    latex=r"w \leftarrow w - \eta \, g",
    source=f"{GOODFELLOW}, section 8.3.1, algorithm 8.1",
    title="gradient descent",
    in_place=("w",),
    kind=Kind.UPDATE,
    spoken="sgd sgdstep gradientdescentstep gradientdescentupdate gdupdate",
    example=((np.ones((1, 1)), 2 * np.ones((1, 1)), 0.25), [[0.5]]),
)
def sgd_update(w, g, lr):
    """One step down the gradient: w - lr g."""
    return w - lr * g


@sgd_update.also_right(sign="negative")
def added_a_downhill_direction(w, g, lr):
    """Right where the gradient comes with the opposite sign, as t - y does."""
    return w + lr * g


@sgd_update.law
def stays_where_it_is_flat(sgd_update, w, g, lr):
    """Where the gradient is 0, the weights stay."""
    return sgd_update(w.copy(), 0 * g, lr), w


@sgd_update.law
def twice_the_rate_goes_twice_as_far(sgd_update, w, g, lr):
    """The step is proportional to the learning rate."""
    return sgd_update(w.copy(), g, 2 * lr) - w, 2 * (sgd_update(w.copy(), g, lr) - w)


@sgd_update.misconception(
    unless=added_a_downhill_direction,
    hint="The gradient points uphill: which way should the weights go?",
)
def went_uphill(w, g, lr):
    """The gradient is added, so the loss grows with every step."""
    return w + lr * g


@sgd_update.misconception(hint="What decides how long the step is?")
def forgot_the_learning_rate(w, g, lr):
    """The whole gradient is subtracted; the learning rate is not used."""
    return w - g


@sgd_update.misconception(hint="Was the gradient averaged before it came here?")
def averaged_again(w, g, lr):
    """The gradient is divided by a number of rows once more."""
    return w - lr / len(g) * g


@sgd_update.misconception(hint="What should be left of the weights where the gradient is 0?")
def returned_the_step_alone(w, g, lr):
    """Only the step -lr g is returned; it must be added to the weights."""
    return -lr * g


@sgd_update.misconception(hint="Should the learning rate change weights whose gradient is 0?")
def scaled_the_weights_too(w, g, lr):
    """The bracket is wrong: the learning rate multiplies the weights as well."""
    return lr * (w - g)


def with_velocity(rng):
    settings = zip(SHAPES, (0.1, 0.01, 0.5, 1.0), (0.9, 0.9, 0.5, 0.99), strict=True)
    for shape, lr, mu in settings:
        yield (*(rng.normal(size=shape) for _ in "wgv"), lr, mu)
    yield rng.normal(size=(7, 3)), rng.normal(size=(7, 3)), np.zeros((7, 3)), 0.1, 0.9
    yield (*(rng.normal(size=(5, 3)).astype(np.float32) for _ in "wgv"), 0.1, 0.9)


@exercise(
    with_velocity,
    latex=r"v \leftarrow \mu v - \eta \, g, \quad w \leftarrow w + v",
    source=f"{GOODFELLOW}, section 8.3.2, equations 8.15 and 8.16",
    title="momentum",
    in_place=("w", "v"),
    returns=("w", "v"),
    kind=Kind.UPDATE,
    spoken="momentum sgdmomentum momentumstep sgdwithmomentum",
    example=(
        (np.ones((1, 1)), 2 * np.ones((1, 1)), 4 * np.ones((1, 1)), 0.25, 0.5),
        ([[2.5]], [[1.5]]),
    ),
)
def momentum_update(w, g, v, lr, mu):
    """One step with momentum: the velocity becomes mu v - lr g and moves the weights. Returns w, v."""
    v = mu * v - lr * g
    return w + v, v


@momentum_update.also_right(velocity="uphill")
def subtracted_the_velocity(w, g, v, lr, mu):
    """Right where the velocity is kept with the sign of the gradient: mu v + lr g, subtracted."""
    v = mu * v + lr * g
    return w - v, v


@momentum_update.also_right(velocity="without the learning rate")
def learning_rate_outside_the_velocity(w, g, v, lr, mu):
    """Right where the velocity is mu v + g and the learning rate multiplies the step."""
    v = mu * v + g
    return w - lr * v, v


@momentum_update.also_right(velocity="running mean")
def running_mean_of_gradients(w, g, v, lr, mu):
    """Right where the velocity is a running mean of the gradients, mu v + (1 - mu) g."""
    v = mu * v + (1 - mu) * g
    return w - lr * v, v


@momentum_update.law
def rolls_on_where_it_is_flat(momentum_update, w, g, v, lr, mu):
    """Where the gradient is 0, the velocity shrinks by the factor mu."""
    _, velocity = momentum_update(w.copy(), 0 * g, v.copy(), lr, mu)
    return velocity, mu * v


@momentum_update.law
def moves_along_the_velocity(momentum_update, w, g, v, lr, mu):
    """The step has the direction of the velocity that is handed back."""
    moved, velocity = momentum_update(w.copy(), g, v.copy(), lr, mu)
    step = moved - w
    return step * velocity.flat[0], velocity * step.flat[0]


@momentum_update.misconception(hint="Which of the two velocities moves the weights?")
def moved_with_the_old_velocity(w, g, v, lr, mu):
    """The weights move with the velocity of the step before; the new one comes too late."""
    return w + v, mu * v - lr * g


@momentum_update.misconception(hint="What is remembered from one step to the next?")
def forgot_the_velocity(w, g, v, lr, mu):
    """The velocity starts from 0 at every step, so nothing is remembered."""
    v = -lr * g
    return w + v, v


@momentum_update.misconception(hint="What does the learning rate multiply in the formula?")
def scaled_the_memory_by_the_learning_rate(w, g, v, lr, mu):
    """The learning rate multiplies the old velocity as well."""
    v = lr * (mu * v - g)
    return w + v, v


@momentum_update.misconception(hint="How often does the factor 1-mu belong into the step?")
def weakened_the_gradient_twice(w, g, v, lr, mu):
    """The factor 1-mu is applied to the gradient and to the step."""
    v = mu * v + (1 - mu) * g
    return w - (1 - mu) * lr * v, v


@momentum_update.misconception(hint="Does the ball roll downhill or uphill?")
def rolled_uphill(w, g, v, lr, mu):
    """The gradient is added to the velocity and the velocity to the weights, so the loss grows."""
    v = mu * v + lr * g
    return w + v, v


@momentum_update.misconception(hint="Which velocity does the next step need?")
def returned_the_old_velocity(w, g, v, lr, mu):
    """The weights are right, but the velocity is returned as it came."""
    return w + mu * v - lr * g, v


@momentum_update.misconception(hint="Which factor makes old gradients fade?")
def forgot_the_friction(w, g, v, lr, mu):
    """The old velocity is kept whole: the factor mu is missing."""
    v = v - lr * g
    return w + v, v


def with_moments(rng):
    for shape, t, lr in zip(SHAPES, (1, 2, 10, 1000), (0.1, 0.01, 0.5, 0.001), strict=True):
        w, g, m = (rng.normal(size=shape) for _ in range(3))
        yield w, g, m, rng.uniform(0.1, 2, shape), t, lr
    w, g = rng.normal(size=(7, 3)), rng.normal(size=(7, 3))
    yield w, g, np.zeros((7, 3)), np.zeros((7, 3)), 1, 0.1
    w, g, m = (rng.normal(size=(5, 3)).astype(np.float32) for _ in range(3))
    yield w, g, m, rng.uniform(0.1, 2, (5, 3)).astype(np.float32), 3, 0.1


def no_gradient_yet():
    yield np.ones((2, 3)), np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 3)), 1, 0.1


@exercise(
    with_moments,
    extremes=no_gradient_yet,
    latex=(
        r"m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad"
        r"w \leftarrow w - \eta \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}"
    ),
    source="Kingma and Ba, Adam: A Method for Stochastic Optimization (2015), algorithm 1",
    title="Adam",
    in_place=("w", "m", "v"),
    returns=("w", "m", "v"),
    kind=Kind.UPDATE,
    spoken="adam adamstep",
    example=(
        (np.ones((1, 1)), 2 * np.ones((1, 1)), 0 * np.ones((1, 1)), 0 * np.ones((1, 1)), 1, 0.25),
        ([[0.75]], [[0.2]], [[0.004]]),
    ),
)
def adam_update(w, g, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Step number t = 1, 2, ... of Adam. Returns w, m, v.

    Running means of the gradient and of its square, corrected for their start at 0, set the step of each weight.
    """
    m, v = moments(g, m, v, beta1, beta2)
    step = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w - lr * step, m, v


def moments(g, m, v, beta1=0.9, beta2=0.999):
    """The running means of the gradient and of its square."""
    return beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2


def after_the_root(eps, m, v, t):
    return m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + eps)


def inside_the_root(eps, m, v, t):
    return m / (1 - 0.9**t) / np.sqrt(v / (1 - 0.999**t) + eps)


def after_the_uncorrected_root(eps, m, v, t):
    return m / (1 - 0.9**t) * np.sqrt(1 - 0.999**t) / (np.sqrt(v) + eps)


def adam_with(step, eps, w, g, m, v, t, lr):
    m, v = moments(g, m, v)
    return w - lr * step(eps, m, v, t), m, v


for step, eps in product((after_the_root, inside_the_root, after_the_uncorrected_root), EPSILONS):
    where = f"{power(eps)} {step.__name__.replace('_', ' ')}"
    name = in_a_name(f"with {where}")
    note = f"The denominator is kept away from 0 by {where}."
    if (step, eps) != (after_the_root, 1e-8):
        adam_update.also_right(eps=where)(named(name, note, partial(adam_with, step, eps)))


@adam_update.also_called(step="counted from 0")
def given_the_number_of_steps_before(w, g, m, v, t, lr):
    """Takes the number of steps made before instead of the number of this step."""
    return w, g, m, v, t - 1, lr


@adam_update.law
def moments_are_running_means(adam_update, w, g, m, v, t, lr):
    """A gradient equal to its running mean, with its square, leaves both means as they are."""
    _, mean, square = adam_update(w.copy(), g, g.copy(), g**2, t, lr)
    return (mean, square), (g, g**2)


@adam_update.law
def twice_the_rate_goes_as_far_again(adam_update, w, g, m, v, t, lr):
    """The step is proportional to the learning rate."""
    once = adam_update(w.copy(), g, m.copy(), v.copy(), t, lr)[0] - w
    twice = adam_update(w.copy(), g, m.copy(), v.copy(), t, 2 * lr)[0] - w
    return twice, 2 * once


@adam_update.misconception(
    hint="By how much are the running means too small in the first steps, and in the hundredth?"
)
def corrected_as_in_the_first_step(w, g, m, v, t, lr):
    """The means are divided by 1-beta in every step; the exponent t is missing."""
    return adam_with(after_the_root, 1e-8, w, g, m, v, 1, lr)[0], *moments(g, m, v)


@adam_update.misconception(
    hint="Both running means start at 0: what does that do to them at first?"
)
def left_out_the_bias_correction(w, g, m, v, t, lr):
    """The running means are used as they are, without being corrected for their start at 0."""
    m, v = moments(g, m, v)
    return w - lr * m / (np.sqrt(v) + 1e-8), m, v


@adam_update.misconception(
    hint="What is 1 minus beta to the power 0, and which number has the first step?"
)
def counted_the_steps_from_zero(w, g, m, v, t, lr):
    """The correction uses t-1, so the first step divides by 0."""
    return adam_with(after_the_root, 1e-8, w, g, m, v, t - 1, lr)


@adam_update.misconception(hint="What is averaged in v: the gradient or its square?")
def forgot_to_square_the_gradient(w, g, m, v, t, lr):
    """v averages the gradient instead of its square, so its root may not exist."""
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g
    return w - lr * after_the_root(1e-8, m, v, t), m, v


@adam_update.misconception(
    hint="What is the unit of v: that of the gradient or that of its square?"
)
def forgot_the_root(w, g, m, v, t, lr):
    """The step is divided by v itself instead of by its root."""
    m, v = moments(g, m, v)
    return w - lr * m / (1 - 0.9**t) / (v / (1 - 0.999**t) + 1e-8), m, v


@adam_update.misconception(hint="What does Python compute first: the quotient or the sum?")
def added_epsilon_to_the_step(w, g, m, v, t, lr):
    """Without a bracket the small number is added to the step, not to the denominator."""
    m, v = moments(g, m, v)
    return w - (lr * m / (1 - 0.9**t) / np.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v


@adam_update.misconception(hint="Which of the two means reaches further back?")
def exchanged_the_betas(w, g, m, v, t, lr):
    """0.9 and 0.999 are exchanged: the mean of the squares must be the slower one."""
    m, v = moments(g, m, v, 0.999, 0.9)
    step = m / (1 - 0.999**t) / (np.sqrt(v / (1 - 0.9**t)) + 1e-8)
    return w - lr * step, m, v


@adam_update.misconception(hint="Which means does the next step start from?")
def kept_the_corrected_means(w, g, m, v, t, lr):
    """The corrected means are returned, so the next step corrects them once more."""
    w, m, v = adam_update(w, g, m, v, t, lr)
    return w, m / (1 - 0.9**t), v / (1 - 0.999**t)


@adam_update.misconception(hint="Does the step go up or down the gradient?")
def went_up_the_gradient(w, g, m, v, t, lr):
    """The step is added, so the loss grows."""
    stepped, m, v = adam_update(w, g, m, v, t, lr)
    return 2 * w - stepped, m, v


@sgd_update.by_hand
def sgd_update_by_hand(at, share, w, g, lr):
    yield rf"w{index(*at)}", rf"{num(w[at])} - {times(lr, g[at])}", w[at] - lr * g[at]


@momentum_update.by_hand
def momentum_update_by_hand(at, share, w, g, v, lr, mu):
    member, *rest = at
    k = tuple(rest)
    new = mu * v[k] - lr * g[k]
    yield f"v{index(*k)}", f"{times(mu, v[k])} - {times(lr, g[k])}", new
    if member == 0:
        yield f"w{index(*k)}", f"{num(w[k])} + {par(new)}", w[k] + new


@adam_update.by_hand
def adam_update_by_hand(at, share, w, g, m, v, t, lr):
    member, *rest = at
    k = tuple(rest)
    mean, square = 0.9 * m[k] + 0.1 * g[k], 0.999 * v[k] + 0.001 * g[k] ** 2
    if member != 2:
        yield r"m = \beta_1 m + (1 - \beta_1) g", rf"{times(0.9, m[k])} + {times(0.1, g[k])}", mean
    if member != 1:
        shown = rf"{times(0.999, v[k])} + 0.001 \cdot {par(g[k])}^2"
        yield r"v = \beta_2 v + (1 - \beta_2) g^2", shown, square
    if member == 0:
        a, b = mean / (1 - 0.9**t), square / (1 - 0.999**t)
        yield r"\hat m = m / (1 - \beta_1^t)", frac(num(mean), f"1 - 0.9^{{{t}}}"), a
        yield r"\hat v = v / (1 - \beta_2^t)", frac(num(square), f"1 - 0.999^{{{t}}}"), b
        below = rf"\sqrt{{{num(b)}}} + 10^{{-8}}"
        step = lr * a / (np.sqrt(b) + 1e-8)
        yield f"w{index(*k)}", rf"{num(w[k])} - {par(lr)} \cdot {frac(num(a), below)}", w[k] - step
