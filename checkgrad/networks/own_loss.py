"""What a network's own loss gives beside the loss that its gradients are right for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.request import Ask
from checkgrad.exercise import Probe
from checkgrad.exercises import mlp
from checkgrad.networks.match import number
from checkgrad.networks.reading import NetworkReading
from checkgrad.words.purposes import says
from checkgrad.words.text import last

NEAR = 0.05  # of the losses; a small number inside a log, or clipping, moves them by less
SAME = 1e-6
CLASSES, SAMPLES = (1, 2, 3), (7, 5)
REDUCED = {
    "mean": ", averaged over samples",
    "sum": ", summed over samples",
    "entries": ", averaged over samples and outputs",
}


class LossPair(NamedTuple):
    """One loss as it came, and as it is due."""

    got: float
    due: float


class OtherLoss(NamedTuple):
    """A sentence on a loss that is another one than its gradients say; *usual* where many write it so."""

    sentence: str
    usual: bool


def beside(reading: NetworkReading, ask: Ask, seed: int = 0) -> OtherLoss | None:
    """Tell of a loss of the network's own that is not the one that its gradients, which are right, belong to."""
    name = _function(reading)
    if not name or not reading.right_forward:
        return None
    probes = _probes(reading, np.random.default_rng(seed))
    answers = reading.evaluate(ask, probes)
    asked = [(p, _pair(reading, p, a)) for p, a in zip(probes, answers, strict=True) if a.returned]
    found = [(p, pair) for p, pair in asked if np.isfinite(pair.got)] or asked
    pairs = [pair for _, pair in found]
    if _are_near(pairs) or _are_rates(pairs, [len(x) for (_, x, _), _ in found]):
        return None
    factor = _factor(pairs)
    told = _sentence(_in_words(reading, found[0][0]), name, pairs, factor)
    return OtherLoss(told, _is_usual(reading, factor))


def _function(reading: NetworkReading) -> str:
    """The method or function of the network that says that it gives the loss, "" if there is none."""
    script = reading.script
    if script is None or script.loss is None or script.loss.call < 0:
        return ""
    name = script.calls[script.loss.call].name
    own = (d for d in reading.candidate.parts if d.name == name)
    return last(name) if any({"loss", "gradient"} & says(d) for d in own) else ""


def _probes(reading: NetworkReading, rng: Any) -> list[Probe]:
    """Batches of the sizes at which the loss was looked for.

    With several outputs, Python's own sum gives no number: then one output tells.
    """
    front = (reading.sizes or (5, 11, 4, 1))[:-1]
    sizes = [(*front, c) for c in CLASSES if reading.fits((*front, c))]
    if (*front, 1) in sizes and not reading.binary:
        sizes = [(*front, 1)]
    drawn = [mlp.draw(rng, one, n) for one in sizes for n in SAMPLES]
    return [probe for probe in drawn if reading.accepts(probe)]


def _pair(reading: NetworkReading, probe: Probe, answer: Behaviour) -> LossPair:
    with np.errstate(all="ignore"):
        due = mlp.network(*probe, **reading.kind).loss
    got = number(answer.value[1])
    return LossPair(np.nan if got is None else got, float(due))


def _are_near(pairs: Sequence[LossPair]) -> bool:
    apart = sum(abs(got - due) for got, due in pairs)
    return bool(apart <= NEAR * sum(abs(due) for _, due in pairs))


def _are_rates(pairs: Sequence[LossPair], samples: Sequence[int]) -> bool:
    """Are they shares of the samples, or percentages, so that it is no loss at all?"""
    shares = np.array([pair.got * n for pair, n in zip(pairs, samples, strict=True)])
    return any(np.abs(counts - np.round(counts)).max() < SAME for counts in (shares, shares / 100))


def _factor(pairs: Sequence[LossPair]) -> float | None:
    """By how much every loss is too large, if it is the same for all."""
    ratios = np.array([got / due if due else np.nan for got, due in pairs])
    same = len(ratios) > 1 and np.ptp(ratios) <= SAME * abs(ratios[0])
    return float(ratios[0]) if same else None


def _is_usual(reading: NetworkReading, factor: float | None) -> bool:
    """Is it the squared error with or without its 1/2?"""
    return mlp.is_squared(str(reading.kind["output"])) and factor is not None and _is_two(factor)


def _is_two(factor: float) -> bool:
    return any(abs(factor - two) < SAME for two in (0.5, 2.0))


def _sentence(usual: str, name: str, pairs: Sequence[LossPair], factor: float | None) -> str:
    got, due = max(pairs, key=lambda pair: abs(pair.got - pair.due))
    times = "" if factor is None else f" {factor:.4g} times that:"
    return (
        f"the gradients are right for {usual}, but your {name} gives{times} {got:.4g} "
        f"where that loss is {due:.4g}: one of the two is not what was meant"
    )


def _in_words(reading: NetworkReading, probe: Probe) -> str:
    kind: dict[str, Any] = reading.kind
    output = kind["output"] or mlp.usual_output(probe[0])
    whole = "the " if kind["scale"] == 1 else "half the "
    penalty = f" with an L2 penalty of factor {kind['lam']:g}" if kind["lam"] else ""
    return whole + mlp.OUTPUTS[output].words + REDUCED[kind["reduction"]] + penalty
