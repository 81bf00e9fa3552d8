"""One file a way to write a network: what may be one, and how its parameters are held."""

from checkgrad.networks.shapes.attributes import ATTRIBUTES
from checkgrad.networks.shapes.filled import FILLED
from checkgrad.networks.shapes.functions import FUNCTIONS
from checkgrad.networks.shapes.global_parameters import GLOBALS
from checkgrad.networks.shapes.shape import Shape

__all__ = ["SHAPES", "Shape"]

SHAPES: dict[str, Shape] = {one.key: one for one in (ATTRIBUTES, FILLED, FUNCTIONS, GLOBALS)}
