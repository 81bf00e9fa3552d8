"""Training loops read by running their turns: what is what, and whether the steps are slopes of a loss."""

from checkgrad.reading.loops.loop_reading import LoopReading
from checkgrad.reading.loops.reading import read_loop

__all__ = ["LoopReading", "read_loop"]
