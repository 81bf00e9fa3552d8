"""How a spawned worker begins: with its descriptors in order, as a forked one has them."""

from __future__ import annotations

import os
import sys

from .confine import standard_library, walls
from .serve import INCOMING, OUTGOING, serve


def main(libraries: list[str], blocked: list[str]) -> None:
    """Serve the grader at the other end of standard input and output."""
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (0, 1):
            msvcrt.setmode(descriptor, os.O_BINARY)
    os.dup2(1, OUTGOING, inheritable=False)
    os.dup2(0, INCOMING, inheritable=False)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    sys.argv[:] = [""]
    sys.dont_write_bytecode = True
    serve(INCOMING, OUTGOING, walls(standard_library(), libraries, blocked))
