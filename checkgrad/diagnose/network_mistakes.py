"""Networks: the smallest set of wrong switches of the one backpropagation that gives every gradient again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.diagnose.mistakes import NOTHING, Explained
from checkgrad.exercise import Probe
from checkgrad.exercises.mlp import (
    MISTAKES,
    RIGHT,
    Mistake,
    Switches,
    blocks,
    flattened,
    restored,
)
from checkgrad.model import Diagnosis

Blocks = tuple[Any, ...]
FACTORS: dict[str, Callable[[int], float]] = {
    "also of the wrong sign": lambda n: -1.0,
    "also 2 times too large": lambda n: 2.0,
    "also half as large as that": lambda n: 0.5,
    "also N times too large, and N is the number of samples": lambda n: float(n),
    "also N times too small, and N is the number of samples": lambda n: 1.0 / n,
}
BETWEEN = ("slope", "down")  # switches that act on the way from a layer to the one below
NEAR = 1e-6  # beyond this share of the largest entry no rounding bound has to be worked out


@dataclass(frozen=True)
class Suspicion:
    """Mistakes made at once, perhaps in one layer only, and a factor of all gradients."""

    mistakes: tuple[Mistake, ...]
    layer: int | None = None
    words: str = ""

    @property
    def switches(self) -> Switches:
        settings = {key: value for m in self.mistakes for key, value in m.setting.items()}
        return replace(RIGHT, layer=self.layer, **settings)

    def factor(self, probe: Probe) -> float:
        return FACTORS[self.words](len(probe[1])) if self.words else 1.0

    def told(self) -> Explained:
        """As a reader is told."""
        return Explained([self._diagnosis(m) for m in self.mistakes], self.words)

    def _diagnosis(self, mistake: Mistake) -> Diagnosis:
        explanation = mistake.explanation
        if self.layer is not None:
            place = "below" if mistake.setting.keys() & {*BETWEEN} else "in"
            explanation += f" This is so {place} layer {self.layer + 1} only."
        return Diagnosis(mistake.name, explanation, mistake.hint)


@dataclass(eq=False)
class NetworkCase:
    """The gradients of a network, block by block, for probes on which some are wrong."""

    kind: dict[str, Any]
    probes: Sequence[Probe]
    gradients: Sequence[Blocks]

    @cached_property
    def telling(self) -> int:
        """The probe that tells most: several samples, many layers."""
        return max(
            range(len(self.probes)),
            key=lambda i: (len(self.probes[i][1]) > 1, len(self.probes[i][0])),
        )

    @cached_property
    def suspects(self) -> list[Mistake]:
        """The mistakes that make a difference to this kind of network, or do not fit its shapes by themselves."""
        found = [(m, self._first(Suspicion((m,)))) for m in MISTAKES]
        return [m for m, wrong in found if not wrong or not _near(wrong, self.right)]

    @cached_property
    def right(self) -> Blocks:
        """What is due on the telling probe."""
        return blocks(self.probes[self.telling], self.kind)

    @cached_property
    def depth(self) -> int:
        """The number of layers, where it is the same in all probes, else 0."""
        depths = {len(parameters) for parameters, _, _ in self.probes}
        return depths.pop() if len(depths) == 1 else 0

    def fits(self, suspicion: Suspicion) -> bool:
        """Does it give every gradient of every probe?"""
        first = self._first(suspicion)
        if first is None or not _near(self.gradients[self.telling], first):
            return False
        if _near(first, self.right):
            return False
        return all(
            _reproduces(suspicion, probe, got, self.kind)
            for probe, got in zip(self.probes, self.gradients, strict=True)
        )

    def _first(self, suspicion: Suspicion) -> Blocks | None:
        probe = self.probes[self.telling]
        found = _wrong(suspicion, probe, self.kind)
        return found and tuple(suspicion.factor(probe) * block for block in found)


def explain(case: NetworkCase) -> Explained:
    """The first of the smallest explanations; where several pairs do, what they have in common."""
    for level in (_single, _scaled, _in_one_layer):
        if found := [s for s in level(case) if case.fits(s)]:
            told = found[0].told()
            return Explained([d for s in found for d in s.told().diagnoses], told.structure)
    return _common([s for s in _pairs(case) if case.fits(s)])


def _single(case: NetworkCase) -> Iterator[Suspicion]:
    yield from (Suspicion((m,)) for m in case.suspects)


def _scaled(case: NetworkCase) -> Iterator[Suspicion]:
    yield from (Suspicion((m,), None, words) for m in case.suspects for words in FACTORS)


def _in_one_layer(case: NetworkCase) -> Iterator[Suspicion]:
    for layer in range(case.depth):
        yield from (Suspicion((m,), layer) for m in case.suspects if "error" not in m.setting)


def _pairs(case: NetworkCase) -> Iterator[Suspicion]:
    for a, b in combinations(case.suspects, 2):
        if not a.setting.keys() & b.setting.keys():
            yield Suspicion((a, b))


def _common(found: Sequence[Suspicion]) -> Explained:
    if not found:
        return NOTHING
    shared = [m for m in found[0].mistakes if all(m in s.mistakes for s in found)]
    return Suspicion(tuple(shared)).told()


def _wrong(suspicion: Suspicion, probe: Probe, kind: dict[str, Any]) -> Blocks | None:
    try:
        return blocks(probe, kind, suspicion.switches)
    except (ValueError, IndexError):  # this mistake does not even fit the shapes
        return None


def _reproduces(suspicion: Suspicion, probe: Probe, got: Blocks, kind: dict[str, Any]) -> bool:
    due = _wrong(suspicion, probe, kind)
    if due is None:
        return False
    bound = compare.rounding_bound(
        lambda *p: blocks(restored(p), kind, suspicion.switches), flattened(probe), due
    )
    r = suspicion.factor(probe)
    scaled = tuple(r * d for d in due)
    return compare.difference(got, scaled, tuple(max(1.0, abs(r)) * b for b in bound)) is None


def _near(got: Blocks, due: Blocks) -> bool:
    return all(map(_near_block, got, due))


def _near_block(got: Any, due: Any) -> bool:
    if np.shape(got) != np.shape(due):
        return False
    with np.errstate(invalid="ignore"):
        return bool(np.all(np.abs(got - due) <= NEAR * np.max(np.abs(due), initial=1e-30)))
