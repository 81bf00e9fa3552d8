"""The conventions, one file each; those that an assignment can pin in the order in which it lists them."""

from checkgrad.conventions.argument import ARGUMENT
from checkgrad.conventions.bias import BIAS
from checkgrad.conventions.classes import CLASSES
from checkgrad.conventions.convention import Convention
from checkgrad.conventions.factor import MSE_FACTOR
from checkgrad.conventions.fused import FUSED
from checkgrad.conventions.labels import LABELS
from checkgrad.conventions.layout import LAYOUT
from checkgrad.conventions.lists import ARRAYS
from checkgrad.conventions.loss import LOSS
from checkgrad.conventions.mean import MEAN
from checkgrad.conventions.order import ORDER
from checkgrad.conventions.penalty import L2_FACTOR
from checkgrad.conventions.reduction import REDUCTION
from checkgrad.conventions.sign import SIGN
from checkgrad.conventions.slope import ALPHA
from checkgrad.conventions.small_number import EPS
from checkgrad.conventions.step import STEP
from checkgrad.conventions.transposed import GRADIENT
from checkgrad.conventions.unit import UNIT
from checkgrad.conventions.upright import SHAPE
from checkgrad.conventions.velocity import VELOCITY
from checkgrad.conventions.weights import WEIGHTS

__all__ = ["CONVENTIONS", "Convention"]

CONVENTIONS: dict[str, Convention] = {
    one.key: one
    for one in (
        REDUCTION,
        LAYOUT,
        LABELS,
        ARGUMENT,
        ORDER,
        FUSED,
        SIGN,
        LOSS,
        WEIGHTS,
        MEAN,
        MSE_FACTOR,
        L2_FACTOR,
        ALPHA,
        VELOCITY,
        STEP,
        UNIT,
        EPS,
        SHAPE,
        ARRAYS,
        BIAS,
        GRADIENT,
        CLASSES,
    )
}
