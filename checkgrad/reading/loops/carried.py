"""What a turn leaves for the next one: parameters, and beside them buffers, states, samples in another order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from checkgrad.child.play_steps import root
from checkgrad.reading.loops.face import Edit, Experiment, Turn
from checkgrad.reading.loops.nudges import SLIGHT
from checkgrad.reading.loops.roles import Roles

SHRUNK = 0.5  # relative size of a change after the turn
ALIKE = 0.5  # its cosine to what it was before it


def carried(roles: Roles) -> Iterator[str]:
    """What is carried without buffers, sums and rates: nudges of these reach one other slot only, entry by entry, or only scale."""
    following = {p: reached(roles, p) for p in roles.changed if not roles.nudged[p].raised}
    for path in roles.changed:
        if is_shuffled(roles, path):
            continue
        others = following.get(path, set()) - {path}
        single = np.size(roles.slots[path].saved) == 1
        if not following.get(path) and _meets_another(roles, path, following):
            yield path  # its own gradient does not follow from it, as in a loss of straight pieces
            continue
        if not following.get(path) or single and scales(roles, path, others):
            continue
        if _is_overwritten(roles, path) or _is_a_state(roles, path):
            roles.overwritten.append(path)
            continue
        owner = next(iter(others), "")
        if len(others) == 1 and _same_shape(roles, path, owner):
            wider = len(following.get(owner, set()) - {owner}) > 1
            mutual = owner in roles.buffers.get(path, ())
            if not mutual and (wider or _entry_by_entry(roles, path, owner)):
                roles.buffers.setdefault(owner, []).append(path)
                continue
        yield path


def _meets_another(roles: Roles, path: str, following: Mapping[str, set[str]]) -> bool:
    """Does an array of another shape follow from it and from something that is carried? Sums over turns keep theirs."""
    elsewhere = any(edit.do == "draw" for edit in roles.lift)  # where what rests here moves
    if rests(roles.base, path) and not (elsewhere and not rests(roles.first, path)):
        return False  # it rests, as what softmax takes off again
    shape = roles.slots[path].saved.shape
    wide = {k for k in roles.moves[path] if roles.seen[k].shape not in (shape, ())}
    mates = (q for q in roles.changed if q != path and following.get(q))
    return any(int(np.prod(roles.seen[k].shape)) > 1 for q in mates for k in wide & roles.moves[q])


def is_shuffled(roles: Roles, path: str) -> bool:
    """Is it of a list whose numbers a turn only puts into another order, as samples are, some of which are alike?"""
    turn = roles.base
    mine = [p for p in turn.after if root(p) == root(path)]
    if not mine:
        return False
    before, after = (np.hstack([np.ravel(t[p]) for p in mine]) for t in (turn.before, turn.after))
    moved = np.any(before != after)
    return bool(moved and np.array_equal(np.sort(before), np.sort(after)))


def _is_overwritten(roles: Roles, path: str) -> bool:
    """Does most of what is there at the end not follow from what was there, as with activations that are kept?"""
    turn, first = roles.nudged[path], roles.first
    if path not in turn.after or path not in first.after:
        return False
    one, other = (np.asarray(t.after[path], float) for t in (turn, first))
    return one.shape == other.shape and 2 * int(np.sum(one == other)) > one.size


def _is_a_state(roles: Roles, path: str) -> bool:
    """Does the turn make it anew of what it was, as a recurrent network its state, and not go on from it by a step?"""
    turn, first = roles.nudged[path], roles.first
    if turn.raised or any(path not in t.after for t in (turn, first)):
        return False
    put = (np.asarray(turn.before[path], float) - first.before[path]).ravel()
    left = (np.asarray(turn.after[path], float) - first.after[path]).ravel()
    if put.shape != left.shape or put.size < 2 or not (np.any(put) and np.any(left)):
        return False
    alike = float(put @ left) / float(np.linalg.norm(put) * np.linalg.norm(left))
    return bool(np.linalg.norm(left) < SHRUNK * np.linalg.norm(put) and alike < ALIKE)


def rests(turn: Turn, path: str) -> bool:
    """Does a step come to nothing?"""
    return path not in turn.after or bool(np.all(np.abs(turn.step(path)) <= SLIGHT))


def reached(roles: Roles, path: str) -> set[str]:
    """The slots whose end of the turn follows from where this one began."""
    turn, first = roles.nudged[path], roles.first
    found = {q for q in roles.changed if q != path and q in turn.after and q in first.after}
    found = {q for q in found if not _close(turn.after[q], first.after[q])}
    mine = path in turn.after and path in first.after
    if mine and not _close(turn.step(path), first.step(path)):
        found |= set() if _close(turn.after[path], first.after[path]) else {path}
    return found


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-10, atol=1e-13, equal_nan=True)


def _same_shape(roles: Roles, a: str, b: str) -> bool:
    return np.shape(roles.slots[a].saved) == np.shape(roles.slots[b].saved)


def scales(roles: Roles, path: str, others: set[str]) -> bool:
    """Are the steps of others exactly as many times larger as this number was made?"""
    turn, first = roles.nudged[path], roles.first
    was = float(np.ravel(first.before[path])[0])
    grown = float(np.ravel(turn.before[path])[0]) / was if was else np.inf
    return bool(others) and all(is_times(turn.step(q), first.step(q), grown) for q in others)


def is_times(a: np.ndarray, b: np.ndarray, factor: float) -> bool:
    if not (np.isfinite(factor) and np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    return np.allclose(a, factor * b, rtol=1e-6, atol=1e-9 * float(np.abs(a).max(initial=0.0)))


def _entry_by_entry(roles: Roles, path: str, owner: str) -> bool:
    """Does one entry of a slot reach only the same entry of another?"""
    if np.size(roles.slots[path].saved) == 1:
        return False
    edits = (*roles.lift, Edit(path, "one", 0.1, 0))
    (turn,) = roles.bench.turns([Experiment(edits, steps=tuple(roles.changed))])
    if turn.raised or owner not in turn.after:
        return False
    moved = np.abs(turn.step(owner) - roles.first.step(owner)).ravel()
    return bool(np.all(moved[1:] <= SLIGHT * moved[0]))
