"""The affine (fully connected) layer, forward and backward."""

import numpy as np

from checkgrad.exercise import DerivationStep, Derivative, Kind, exercise
from checkgrad.exercises.derivations import gradient_of
from checkgrad.exercises.worked import added, index, par, slope_by, times

SIZES = ((7, 5, 11), (7, 5, 11), (5, 4, 3), (1, 5, 3), (7, 3, 1))  # samples, inputs, units


def inputs_and_parameters(rng):
    for n, d, h in SIZES:
        yield rng.normal(size=(n, d)), rng.normal(size=(d, h)), rng.normal(size=h)
    yield rng.integers(-4, 5, (7, 5)), rng.normal(size=(5, 3)), rng.normal(size=3)
    yield tuple(rng.normal(size=s).astype(np.float32) for s in ((7, 5), (5, 3), 3))


@exercise(
    inputs_and_parameters,
    latex=r"z = x W + b",
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.5.4, algorithm 6.3",
    title="affine layer",
    kind=Kind.LAYER,
    spoken="linear dense fullyconnected fc affinelayer linearlayer denselayer fclayer",
    example=((np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0])), [[16]]),
    starter=1,
)
def affine_forward(x, w, b):
    """Weigh and add the inputs of every sample and shift by the bias: x @ w + b."""
    return x @ w + b


@affine_forward.without("b", bias="none")
def unshifted(formula):
    return lambda x, w, b: formula(x, w, np.zeros_like(b))


@affine_forward.law
def zero_inputs_give_the_bias(affine_forward, x, w, b):
    """Where all inputs are 0, the biases are left."""
    return affine_forward(np.zeros_like(x), w, b), np.broadcast_to(b, (len(x), len(b)))


@affine_forward.law
def linear_in_the_inputs(affine_forward, x, w, b):
    """Apart from the bias, twice the input gives twice the output."""
    z = affine_forward(x, w, b)
    return affine_forward(2 * x, w, b) - z, z - affine_forward(0 * x, w, b)


@affine_forward.law
def linear_in_the_weights(affine_forward, x, w, b):
    """Apart from the bias, twice the weights give twice the output."""
    z = affine_forward(x, w, b)
    return affine_forward(x, 2 * w, b) - z, z - affine_forward(x, 0 * w, b)


@affine_forward.misconception(hint="What should come out where all inputs are 0?")
def left_out_the_bias(x, w, b):
    """The bias is not added."""
    return x @ w


@affine_forward.misconception(hint="Does a larger bias make the output larger or smaller?")
def subtracted_the_bias(x, w, b):
    """The bias is subtracted instead of added."""
    return x @ w - b


@affine_forward.misconception(hint="Is the bias multiplied by the weights in the formula?")
def multiplied_by_the_bias(x, w, b):
    """The outputs are multiplied by the bias instead of shifted by it."""
    return (x @ w) * b


@affine_forward.misconception(
    hint="How many biases does one unit have, whatever the number of samples?"
)
def gave_each_sample_a_bias(x, w, b):
    """The biases are laid along the samples, one for each row, instead of one for each unit."""
    return x @ w + b[:, None]


@affine_forward.misconception(hint="Is the bias added once for each unit or once for each input?")
def added_all_biases_to_every_unit(x, w, b):
    """The sum of all biases is added to every unit."""
    return x @ w + b.sum()


def upstream_inputs_and_weights(rng):
    for n, d, h in SIZES:
        yield rng.normal(size=(n, h)), rng.normal(size=(n, d)), rng.normal(size=(d, h))
    yield rng.normal(size=(7, 3)), rng.integers(-4, 5, (7, 5)), rng.normal(size=(5, 3))
    yield tuple(rng.normal(size=s).astype(np.float32) for s in ((7, 3), (7, 5), (5, 3)))


@exercise(
    upstream_inputs_and_weights,
    latex=(
        r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial z} W^{\top}, \quad"
        r"\frac{\partial L}{\partial W} = x^{\top} \frac{\partial L}{\partial z}, \quad"
        r"\frac{\partial L}{\partial b} = \sum_n \frac{\partial L}{\partial z_n}"
    ),
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.5.4, algorithm 6.4",
    title="gradients of an affine layer",
    derivative=Derivative(
        affine_forward,
        at=lambda dout, x, w: (x, w, np.zeros(w.shape[1])),
        wrt=(0, 1, 2),
        upstream=lambda dout, x, w: dout,
    ),
    in_place=("dout",),
    returns=("dx", "dw", "db"),
    starter=2,
)
def affine_backward(dout, x, w):
    """From dL/dz to dL/dx = dout @ w.T, dL/dw = x.T @ dout and dL/db, the sum of dout over the samples."""
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


@affine_backward.without("b", bias="none")
def but_the_last(formula):
    return lambda *probe: formula(*probe)[:-1]


@affine_backward.also_right(mean="in the layer")
def averaged_in_the_layer(dout, x, w):
    """Right where the loss leaves the division by the number of samples to the layer."""
    return dout @ w.T, x.T @ dout / len(x), dout.mean(axis=0)


@affine_backward.law
def linear_in_the_upstream_gradient(affine_backward, dout, x, w):
    """Twice the upstream gradient gives twice all three gradients."""
    once, twice = affine_backward(dout, x, w), affine_backward(2 * dout, x, w)
    return _flat(twice), 2 * _flat(once)


@affine_backward.law
def each_depends_on_its_own_factor(affine_backward, dout, x, w):
    """Twice the weights double dx alone, twice the inputs double dw alone."""
    dx, dw, db = affine_backward(dout, x, w)
    both = _flat(affine_backward(dout, 2 * x, w)), _flat(affine_backward(dout, x, 2 * w))
    return both, (_flat((dx, 2 * dw, db)), _flat((2 * dx, dw, db)))


def _flat(arrays):
    return np.concatenate([np.ravel(a) for a in arrays])


@affine_backward.misconception(
    hint="w leads from the inputs to the units: which way must it lead now?"
)
def passed_back_without_transposing(dout, x, w):
    """dx uses w as it is; going back, it must be transposed."""
    return dout @ w, x.T @ dout, dout.sum(axis=0)


@affine_backward.misconception(
    hint="One weight serves all samples: what is done with their contributions?"
)
def multiplied_entry_by_entry(dout, x, w):
    """dw multiplies inputs and upstream gradient entry by entry; the matrix product sums over samples."""
    return dout @ w.T, x * dout, dout.sum(axis=0)


@affine_backward.misconception(hint="Which shape must the gradient of w have?")
def left_dw_transposed(dout, x, w):
    """dw is dout.T @ x, the transpose of what belongs to these weights."""
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)


@affine_backward.misconception(hint="How many biases does the layer have?")
def summed_db_to_one_number(dout, x, w):
    """db is summed over the units, too, so all of them share one number."""
    return dout @ w.T, x.T @ dout, dout.sum()


@affine_backward.misconception(hint="Over which axis do the samples run?")
def summed_db_over_the_units(dout, x, w):
    """db is summed over the units of each sample instead of over the samples."""
    return dout @ w.T, x.T @ dout, dout.sum(axis=1)


@affine_backward.misconception(hint="How many numbers has the gradient of one bias?")
def did_not_sum_db(dout, x, w):
    """db has a row for every sample, but one bias serves all samples."""
    return dout @ w.T, x.T @ dout, dout


@affine_backward.misconception(
    hint="The upstream gradient has its 1/N already: should the bias take its mean or its sum?"
)
def averaged_the_bias_only(dout, x, w):
    """db is the mean over the samples where dw is their sum."""
    return dout @ w.T, x.T @ dout, dout.mean(axis=0)


@affine_backward.misconception(hint="Do dw and db belong to the same loss?")
def averaged_the_weights_only(dout, x, w):
    """dw is the mean over the samples where db is their sum."""
    return dout @ w.T, x.T @ dout / len(x), dout.sum(axis=0)


@affine_backward.misconception(hint="Do dw and db belong to the same loss?")
def multiplied_the_weights_by_the_samples(dout, x, w):
    """dw is multiplied by the number of samples where db is not."""
    return dout @ w.T, x.T @ dout * len(x), dout.sum(axis=0)


@affine_backward.misconception(hint="Will the layer below divide by the number of samples as well?")
def averaged_dx_too(dout, x, w):
    """dx is divided by the number of samples as well, and the layer below will do it again."""
    return dout @ w.T / len(x), x.T @ dout / len(x), dout.mean(axis=0)


@affine_forward.by_hand
def affine_forward_by_hand(at, share, x, w, b):
    n, h = at
    terms = [times(p, q) for p, q in zip(x[n], w[:, h], strict=True)]
    yield f"z{index(n, h)}", f"{added(terms)} + {par(b[h])}", x[n] @ w[:, h] + b[h]


@affine_backward.by_hand
def affine_backward_by_hand(at, share, dout, x, w):
    member, *entry = at
    i, j = entry if len(entry) == 2 else (0, *entry)
    factors = [lambda: zip(dout[i], w[j], strict=True), lambda: zip(x[:, i], dout[:, j], strict=True),
               lambda: zip(dout[:, j], strict=True)][member]()  # fmt: skip
    pairs = list(factors)
    terms = added([times(*pair) for pair in pairs])
    yield slope_by("xwb"[member], tuple(entry)), terms, float(sum(np.prod(p) for p in pairs))


affine_backward.derived(
    DerivationStep(
        "w_dh meets x_nd in the logit z_nh of every sample n, so all samples add up",
        "dL/dw_dh = sum_n x_nd dL/dz_nh",
        r"\frac{\partial L}{\partial w_{dh}} = \sum_n x_{nd} \frac{\partial L}{\partial z_{nh}}",
        lambda dout, x, w: (gradient_of(lambda v: np.sum(dout * (x @ v)), w), x.T @ dout),
    ),
    DerivationStep(
        "x_nd goes to every unit h with the weight w_dh",
        "dL/dx_nd = sum_h dL/dz_nh w_dh",
        r"\frac{\partial L}{\partial x_{nd}} = \sum_h \frac{\partial L}{\partial z_{nh}} w_{dh}",
        lambda dout, x, w: (gradient_of(lambda v: np.sum(dout * (v @ w)), x), dout @ w.T),
    ),
    DerivationStep(
        "one bias serves all samples",
        "dL/db_h = sum_n dL/dz_nh",
        r"\frac{\partial L}{\partial b_h} = \sum_n \frac{\partial L}{\partial z_{nh}}",
        lambda dout, x, w: (
            gradient_of(lambda b: np.sum(dout * (x @ w + b)), np.zeros(w.shape[1])),
            dout.sum(axis=0),
        ),
    ),
)
