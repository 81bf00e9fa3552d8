"""Training loops read by running their turns: what is what, and whether the steps are slopes of a loss."""

from checkgrad.reading.loops.reading import LoopReading, read_loop

__all__ = ["LoopReading", "read_loop"]
