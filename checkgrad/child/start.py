"""How a spawned worker begins: its descriptors are put in order, its resources limited, and it serves."""

from __future__ import annotations

import os
import sys

from .limits import limit
from .serve import PROTOCOL, serve


def main(memory: int) -> None:
    """Serve the grader at the other end of standard input and output."""
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (0, 1):
            msvcrt.setmode(descriptor, os.O_BINARY)
    os.dup2(1, PROTOCOL)
    incoming = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    sys.argv[:] = [""]
    sys.dont_write_bytecode = True
    serve(incoming, PROTOCOL, limit(memory))
