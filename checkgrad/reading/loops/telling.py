"""What was seen of a loop in words."""

from __future__ import annotations

from checkgrad.reading.loops.fit import Attempt
from checkgrad.reading.loops.loop_reading import LoopReading
from checkgrad.reading.loops.points import Points


def sentence(found: LoopReading, loss: str) -> str:
    words: dict[str, list[str]] = {}
    for name, fault in found.wrong.items():
        words.setdefault(fault, []).append(name)
    told = "; ".join(f"{', '.join(names)} {fault}" for fault, names in words.items())
    right = f"; {', '.join(found.right)} right" if found.right else ""
    return f"wrong in {', '.join(found.wrong)}{right} for the {loss}: {told}"


def loss_in_words(points: Points, attempt: Attempt) -> str:
    """The loss in words, with where it is read off."""
    texts = points.roles.bench.texts([attempt.output])
    at, text = texts.get(attempt.output, ("", ""))
    text = text if len(text) <= 60 else text[:57] + "..."
    where = f"`{text}` in {at}"
    return f"loss {where}" if attempt.own else f"{attempt.loss} of {where}"


def decay_in_words(best: Attempt) -> str:
    decays = {round(f.decay / f.rate, 9) for f in best.fits.values() if f.decay and f.rate}
    return f"with an L2 penalty of factor {max(decays):.4g}" if decays else ""
