"""One evaluation of a network as the lines of Python that a student would write for it."""

from __future__ import annotations

import re
from typing import Any

from checkgrad.child.request import Step
from checkgrad.exercise import Probe
from checkgrad.networks.form import NetworkForm
from checkgrad.networks.reading import NetworkReading
from checkgrad.reading.as_code import Unwritable, value_as_code, written

LONGEST = 8000  # characters
NATURAL = (NetworkForm().layout, NetworkForm().weights, NetworkForm().single)
BLOCK = re.compile(r"d([Wb])(\d+)\[(.+)\]")


def as_code(reading: NetworkReading, probe: Probe, where: str) -> str | None:
    """Return lines that set `got` to the entry *where*, "dW1[2, 0]"; None where it takes more than a few."""
    block, script = BLOCK.fullmatch(where), reading.script
    if not block or not script or reading.pieces or script.vector or script.recovered:
        return None
    if (script.form.layout, script.form.weights, script.form.single) != NATURAL:
        return None
    request, given = reading.request(*probe), dict(zip("xt", probe[1:], strict=True))
    try:
        lines = [f"{name} = {value_as_code(value, {})}" for name, value in given.items()]
        lines += [_line(i, step, given) for i, step in enumerate(request.steps)]
        (answer,) = request.answer
        entry = value_as_code(answer["gradients"][int(block[2]) - 1][block[1] == "b"], {})
    except (Unwritable, KeyError, IndexError, TypeError, ValueError):
        return None
    flat = f"np.ravel({entry})" if block[1] == "b" else entry
    code = "\n".join([*filter(None, lines), f"got = {flat}[{block[3]}]"])
    return code if len(code) <= LONGEST else None


def _line(number: int, step: Step, given: dict[str, Any]) -> str:
    """A step; a copy of outputs is not needed here."""
    if step.path[-1:] == (".copy",):
        return ""
    sets = step.do == "set" or step.path[-1:] == (".__setitem__",)
    return written(step, given) if sets else f"r{number} = {written(step, given)}"
