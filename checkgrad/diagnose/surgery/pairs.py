"""Two mistakes one behind the other: neither mends anything without the other, so both are tried together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad.diagnose.surgery.nearness import flat, is_alike, near_enough
from checkgrad.diagnose.surgery.options import ITSELF, Operation
from checkgrad.diagnose.surgery.peeking import peekable
from checkgrad.diagnose.surgery.search import RepairSearch
from checkgrad.diagnose.surgery.weighing import FORWARD

MOST_FIRST, MOST_SECOND = 100, 400  # operations that are put together
MOST_RIGHT = 40  # pairs that are run
DEAREST = 1.95  # operation of a pair

TwoOperations = tuple[Operation, Operation]


@dataclass(frozen=True)
class Second:
    """Operations on one statement whose value the answers follow linearly."""

    root: int
    options: Sequence[Operation]
    texts: tuple[str, ...]  # what stands there, then what the options give
    slopes: Any  # of the wrong blocks nearest the loss


def pairs_of(search: RepairSearch) -> list[TwoOperations]:
    """Pairs of operations that make right what lies nearest the loss, and more; the simplest first.

    One is done, and what the other would give is looked at in the same run: the answers follow from it linearly.
    """
    if not search.base.is_shaped:
        return []
    firsts, seconds = _firsts(search), list(_seconds(search))
    late = {root: i for i, root in enumerate(search.base.roots)}
    found: list[TwoOperations] = []
    interventions = []
    for one in firsts:
        behind = [s for s in seconds if late[s.root] > late[one.root]]
        peeks = {s.root: s.texts for s in behind}
        due = {o.due.key: o.due.turns(search.truth) for s in behind for o in s.options if o.due}
        interventions.append(
            (one, behind, search.procedure.intervention(search.truth, one, peeks=peeks, due=due))
        )
    asked = [t for t in interventions if t[1]]
    for (one, behind, _), reply in zip(
        asked, search.procedure.run(*(t for *_, t in asked)), strict=True
    ):
        if reply.blocks is None:
            continue
        for second in behind:
            turns = reply.peeked.get(second.root, [])
            found += [(one, o) for o in _that_mend(search, second, turns, reply.blocks)]
    found.sort(key=lambda pair: _cost(search, pair))
    return _confirmed(search, found[:MOST_RIGHT])


def _cost(search: RepairSearch, pair: TwoOperations) -> float:
    """Of both; two mistakes in one line are rarer than in two."""
    lines = {search.base.nodes[o.root].line for o in pair}
    return sum(o.cost for o in pair) + 0.2 * (len(lines) == 1)


def _firsts(search: RepairSearch) -> list[Operation]:
    families = FORWARD if search.truth.depths else ()
    wrong = [root for root in search.prediction.looked if not search.base.is_as_due(root, families)]
    found = [o for root in wrong for o in search.prediction.looked[root].values()]
    found = [o for o in found if o.cost < DEAREST and not search.procedure.is_foreign(o)]
    return sorted(found, key=search.prediction.hope)[:MOST_FIRST]


def _seconds(search: RepairSearch) -> Iterator[Second]:
    columns = _columns(search)
    found = {
        root: [
            o for o in options.values() if o.cost < DEAREST and not search.procedure.is_foreign(o)
        ]
        for root, options in search.prediction.looked.items()
        if search.prediction.slopes.of(root) is not None
    }
    every = sorted((o for options in found.values() for o in options), key=search.prediction.hope)
    likely = set(every[:MOST_SECOND])
    for root, options in found.items():
        few = [o for o in options if o in likely]
        if few:
            texts = (ITSELF, *(peekable(search.base, o) for o in few))
            yield Second(root, few, texts, search.prediction.slopes.of(root)[:, columns])


def _columns(search: RepairSearch) -> Any:
    """Which entries of all answers belong to the wrong blocks nearest the loss."""
    sizes = [np.size(b) for b in search.base.blocks or []]
    return np.repeat([i in search.base.near for i in range(len(sizes))], sizes)


def _that_mend(
    search: RepairSearch, second: Second, turns: Sequence[Sequence[Any]], blocks: Sequence[Any]
) -> Iterator[Operation]:
    """Those with which what lies nearest the loss becomes right, as far as that is linear."""
    if not turns or not all(map(is_alike, blocks, search.truth.due)):
        return
    columns = _columns(search)
    given, due = flat(blocks)[columns], flat(search.truth.due)[columns]
    try:
        start = flat([turn[0] for turn in turns])
    except (TypeError, ValueError):
        return
    if len(start) != len(second.slopes):
        return
    values = [_moves(turns, i + 1, start) for i in range(len(second.options))]
    options = [o for o, v in zip(second.options, values, strict=True) if v is not None]
    if not options:
        return
    rows = np.array([v for v in values if v is not None])
    fits = np.all(np.abs(given + rows @ second.slopes - due) <= near_enough(due), axis=1)
    yield from (o for o, is_near in zip(options, fits, strict=True) if is_near)


def _moves(turns: Sequence[Sequence[Any]], i: int, start: Any) -> Any:
    """By how much the i-th text moves a value in all turns; None where it has another shape."""
    if all(turn[i] is not None and is_alike(turn[i], turn[0]) for turn in turns):
        try:
            return flat([turn[i] for turn in turns]) - start
        except (TypeError, ValueError):  # no numbers
            return None
    return None


def _confirmed(search: RepairSearch, pairs: Sequence[TwoOperations]) -> list[TwoOperations]:
    """Those that do the same on fresh data, too."""
    truth, found = search.truth, list[TwoOperations]()
    replies = search.procedure.run(*(search.procedure.intervention(truth, *pair) for pair in pairs))
    for pair, reply in zip(pairs, replies, strict=True):
        mended = search.confirmation.mended(reply)
        if mended and not found and search.confirmation.both_held(pair, mended):
            names = search.confirmation.names(mended)
            found.append((replace(pair[0], mends=names), replace(pair[1], mends=names)))
    return found
