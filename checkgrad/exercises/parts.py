"""What a network is made of, by the exercises that answer for it: layers, hidden units, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass

from checkgrad.exercise import Exercise
from checkgrad.exercises import affine, mlp
from checkgrad.exercises.activations import (
    leaky_relu,
    leaky_relu_derivative,
    relu,
    relu_derivative,
    tanh,
    tanh_derivative,
)
from checkgrad.exercises.binary_cross_entropy import (
    binary_cross_entropy,
    binary_cross_entropy_derivative,
    sigmoid_binary_cross_entropy,
    sigmoid_binary_cross_entropy_gradient,
)
from checkgrad.exercises.cross_entropy import (
    cross_entropy,
    cross_entropy_derivative,
    softmax_cross_entropy,
    softmax_cross_entropy_gradient,
)
from checkgrad.exercises.sigmoid import sigmoid, sigmoid_derivative
from checkgrad.exercises.softmax import softmax, softmax_backward


@dataclass(frozen=True, eq=False)
class End:
    """How a network ends.

    squash: makes outputs of the logits; *back* leads from the gradient of the outputs to that of the logits.
    loss: of the outputs, with its slope. fused: of the logits, with its gradient.
    outputs: numbers of outputs that it is for. output: a key of mlp.OUTPUTS.
    """

    squash: Exercise
    back: Exercise
    loss: Exercise
    slope: Exercise
    fused: Exercise
    gradient: Exercise
    outputs: tuple[int, ...]
    output: str

    @property
    def ways_back(self) -> tuple[tuple[Exercise, ...], ...]:
        """The pieces that lead from the loss to the gradient of the logits, in one step or in two."""
        return (self.gradient,), (self.slope, self.back)

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        return (self.squash, self.back, self.loss, self.slope, self.fused, self.gradient)


LAYER, LAYER_BACK = affine.affine_forward, affine.affine_backward
HIDDEN = {  # with their slopes, the likeliest first
    leaky_relu: leaky_relu_derivative,
    relu: relu_derivative,
    tanh: tanh_derivative,
    sigmoid: sigmoid_derivative,
}
ENDS = (
    End(
        sigmoid,
        sigmoid_derivative,
        binary_cross_entropy,
        binary_cross_entropy_derivative,
        sigmoid_binary_cross_entropy,
        sigmoid_binary_cross_entropy_gradient,
        outputs=(1,),
        output=mlp.ONE,
    ),
    End(
        softmax,
        softmax_backward,
        cross_entropy,
        cross_entropy_derivative,
        softmax_cross_entropy,
        softmax_cross_entropy_gradient,
        outputs=(3, 2),
        output=mlp.SEVERAL,
    ),
)


def every_part() -> tuple[Exercise, ...]:
    """All exercises that may be a part, each once."""
    ends = (e for end in ENDS for e in end.exercises)
    return tuple(dict.fromkeys((LAYER, LAYER_BACK, *HIDDEN, *HIDDEN.values(), *ends)))
