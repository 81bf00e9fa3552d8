"""The reading of a network that is put together of a student's own pieces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from checkgrad.child.request import Ask
from checkgrad.exercises import mlp
from checkgrad.exercises.mlp import NetworkKind
from checkgrad.networks.kind import agreement
from checkgrad.networks.match import number, pilot
from checkgrad.networks.objects import said
from checkgrad.networks.pieces import Pieces, assemble
from checkgrad.networks.reading import TASKS, NetworkCandidate, NetworkReading
from checkgrad.networks.search import pilot_sizes
from checkgrad.reading.reading import Reading
from checkgrad.reading.recipe import Candidate


def identify_pieces(
    candidate: NetworkCandidate, readings: Mapping[Candidate, Reading], ask: Ask, seed: int
) -> NetworkReading | str:
    """Assemble the network of the pieces, or say what is missing."""
    pieces = assemble(readings)
    if pieces is None:
        return "could not be assembled: a layer, an activation or a loss was not read with its derivative"
    classes = [c for end in pieces.ends for c in end.outputs]
    pilots = [pilot(pilot_sizes(3, c), 7, seed) for c in classes]
    reading = NetworkReading(
        candidate,
        None,
        hidden=pieces.hidden.name,
        output="" if len(pieces.ends) > 1 else pieces.ends[0].output,
        outputs=frozenset(TASKS.get(c, "multi_class") for c in classes),
        alpha=_slope_below(pieces, ask),
        remark=f"assembled from {pieces.functions}",
        pieces=pieces,
    )
    answers = reading.evaluate(ask, [(p.parameters, p.x, p.t) for p in pilots])
    if failed := next((said(a) for a in answers if not a.returned), ""):
        return f"could not be assembled: its pieces do not go together ({failed})"
    same = [
        agreement(reading.kind, p, a) for p, a in zip(pilots, answers, strict=True) if a.returned
    ]
    right = len(same) == len(pilots) and all(one.y and one.loss for one in same)
    return replace(reading, right_forward=right)


def _slope_below(pieces: Pieces, ask: Ask) -> float:
    """The slope of the student's leaky ReLU below zero."""
    probe = (np.array([[-1.0, 2.0]]),)
    reading = pieces.readings[pieces.hidden]
    (reply,) = ask([reading.request(probe)])
    value = reading.read(probe, reply).value
    slope = number(np.ravel(value)[0]) if np.shape(value) == (1, 2) else None
    return NetworkKind().alpha if slope is None or not mlp.has_alpha(pieces.hidden.name) else -slope
