"""What other texts would give where they stand: many are looked at in one run, and none is put there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from checkgrad.diagnose.surgery.base import Base
from checkgrad.diagnose.surgery.options import ITSELF, Operation

AT_A_TIME, AT_ONCE = 300, 300_000  # texts that one run peeks at, and numbers that they give, about

PeekedTurns = (
    list[Any] | None
)  # what a text gives turn by turn; None where that would run other code


def peeked(
    base: Base, given: Mapping[int, list[Operation]]
) -> dict[int, list[tuple[Operation, PeekedTurns]]]:
    """What each option gives where it stands, by its statement."""
    peeks: dict[int, list[str]] = {}
    kept: dict[int, list[tuple[Operation, int | None]]] = {}
    for root, options in given.items():
        peeks[root], kept[root] = [], []
        for option, text in _with_texts(base, root, options):
            kept[root].append((option, None if text is None else len(peeks[root])))
            peeks[root] += [] if text is None else [text]
    every = [o for options in given.values() for o in options]
    found = _peek(base, peeks, {o.due.key: o.due.turns(base.truth) for o in every if o.due})
    return {
        root: [(o, None if i is None else found.get((root, i), [])) for o, i in options]
        for root, options in kept.items()
    }


def _with_texts(
    base: Base, root: int, options: Sequence[Operation]
) -> Iterator[tuple[Operation, str | None]]:
    """Each option with the text that is looked at; None where that would run code that may change something."""
    calls, scene = _own_calls(base, root), base.options.scene(root)
    for option in options:
        text = _without(base.procedure.text_of(option), calls, root)
        runs_code = scene is not None and scene.runs_code(text)
        yield option, None if runs_code else text


def peekable(base: Base, option: Operation) -> str:
    """The text of an operation with what calls of the student's code gave in the place of these calls."""
    return _without(base.procedure.text_of(option), _own_calls(base, option.root), option.root)


def _own_calls(base: Base, root: int) -> list[tuple[str, int]]:
    """The calls in it that run code of the student's: their texts and nodes."""
    scene = base.options.scene(root)
    found = [(c, scene.number_of(c)) for c in base.calls(root)] if scene else []
    return [(scene.said(c), k) for c, k in found if scene and k is not None and k in base.told]


def _without(text: str, calls: Sequence[tuple[str, int]], root: int) -> str:
    """*text* with what calls gave in the place of the calls."""
    for said, number in calls:
        text = text.replace(said, ITSELF if number == root else f"_latest({number})")
    return text


def _peek(
    base: Base, peeks: Mapping[int, Sequence[str]], due: Mapping[str, Any]
) -> dict[tuple[int, int], list[Any]]:
    """What each text gives, turn by turn, by its statement and place; a run looks at so many that it takes no time."""
    chunks = _chunks(base, peeks)
    interventions = []
    for chunk in chunks:
        few: dict[int, list[str]] = {}
        for root, i in chunk:
            few.setdefault(root, []).append(peeks[root][i])
        interventions.append(base.procedure.intervention(base.truth, peeks=few, due=dict(due)))
    found: dict[tuple[int, int], list[Any]] = {}
    for chunk, reply in zip(chunks, base.procedure.run(*interventions), strict=True):
        places: dict[int, int] = {}
        for root, i in chunk:
            at = places[root] = places.get(root, -1) + 1
            found[root, i] = [turn[at] for turn in reply.peeked.get(root, ())]
    return found


def _chunks(base: Base, peeks: Mapping[int, Sequence[str]]) -> list[list[tuple[int, int]]]:
    """The texts, by their statements and places, run by run."""
    chunks: list[list[tuple[int, int]]] = [[]]
    room = AT_ONCE
    for root, texts in peeks.items():
        size = sum(np.size(t.value) for t in base.told[root]) if texts else 0
        for i in range(len(texts)):
            if len(chunks[-1]) == AT_A_TIME or room < size and chunks[-1]:
                chunks.append([])
                room = AT_ONCE
            chunks[-1].append((root, i))
            room -= size
    return chunks
