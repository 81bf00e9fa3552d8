"""What is what in a turn, found by nudging: parameters, buffers, inputs, targets, outputs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from checkgrad.child.play_forms import is_parameter
from checkgrad.child.play_steps import root, word
from checkgrad.reading.loops.face import Bench, Edit, Key, NotRead, Seen, Slot, Trial, Turn
from checkgrad.reading.loops.nudges import (
    SLIGHT,
    group_of,
    is_liftable,
    lifted,
    lifts,
    moved,
    narrowed,
    nudge_size,
)
from checkgrad.reading.loops.ways import Way, chosen, ways

MOST_GROUPS = 60  # of data that are nudged
SHRUNK, ALIKE = (
    0.5,
    0.5,
)  # relative size of a change after the turn, and its cosine to what it was before it
SHAKY = 0.2  # share of values that may differ when a turn is run again


@dataclass(frozen=True)
class Output:
    """What can be the outputs: a node, how its values are taken, and the last of them."""

    node: int
    way: Way
    key: Key


@dataclass
class Roles:
    """What the nudges showed.

    changed: slots that a turn changes. carried: those of them that the next turn goes on from, without buffers and rates.
    moves: by slot, the values that follow from it; data: slots that stay, in groups; steps: the turn with each group nudged.
    """

    bench: Bench
    slots: dict[str, Slot]
    base: Turn
    shaky: frozenset[Key]
    changed: list[str]
    data: dict[str, list[str]]
    delicate: set[str]  # groups that cannot be nudged: labels, numbers of places
    lift: tuple[Edit, ...]
    first: Turn  # beside where the loop begins, so that no factor is 0
    nudged: dict[str, Turn]
    moves: dict[str, set[Key]]
    data_moves: dict[str, set[Key]]
    data_turns: dict[str, Turn]
    seen: dict[Key, Seen]
    buffers: dict[str, list[str]] = field(default_factory=dict)
    carried: list[str] = field(default_factory=list)
    cover: dict[Key, set[str]] = field(default_factory=dict)
    data_cover: dict[Key, set[str]] = field(default_factory=dict)
    parameters: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    entry: set[str] = field(default_factory=set)
    full: set[Key] = field(default_factory=set)
    outputs: list[Output] = field(default_factory=list)
    evaluations: dict[int, list[Key]] = field(default_factory=dict)
    rates: set[str] = field(default_factory=set)  # numbers that scale all steps
    overwritten: list[str] = field(default_factory=list)  # what a turn reads, and leaves otherwise

    def size_of(self, path: str) -> float:
        """How far a slot is nudged."""
        return nudge_size(self.slots[path])

    @property
    def steps_told(self) -> int:
        """How many numbers it takes to tell what a turn did to all that it changes."""
        return 2 * sum(self.slots[p].saved.size for p in self.changed)

    @property
    def constants(self) -> list[Key]:
        """Values that do not follow from what is carried, and are not written in the source."""
        anywhere: set[Key] = set().union(*self.moves.values()) if self.moves else set()
        return [k for k, seen in self.seen.items() if k not in anywhere and not seen.literal]

    @property
    def scalars(self) -> list[Key]:
        """Numbers that follow from all parameters, and from targets where these can be nudged: what may be the loss."""
        late = set(self.targets) - self.rates
        return [
            k
            for k in sorted_by(self.seen, self.full)
            if int(np.prod(self.seen[k].shape)) == 1
            and (self.data_cover.get(k, set()) & late or not late or self.delicate)
        ]


def sorted_by(order: Iterable[Key], some: Collection[Key]) -> list[Key]:
    return [k for k in order if k in some]


def roles_of(bench: Bench) -> Roles:
    """Find out what is what; raise NotRead where the loop is no network."""
    slots, (base, again) = bench.first([Trial(digests=True, steps=None)] * 2)
    if base.raised:
        raise NotRead(f"its first turn stops: {base.raised}")
    if large := [p for p in base.after if p not in slots and is_parameter(word(p, ()))]:
        many = base.after[large[0]].size
        raise NotRead(f"{large[0]} has {many:,} numbers, more than are looked at", missed=True)
    shaky = frozenset(moved(base.seen, again.seen))
    if len(shaky) > SHAKY * len(base.seen):
        raise NotRead("a turn that is run again does something else")
    roles = _nudged(bench, slots, base, shaky)
    roles.carried = list(_carried(roles))
    for path in roles.carried:
        for key in roles.moves[path]:
            roles.cover.setdefault(key, set()).add(path)
    for group, keys in roles.data_moves.items():
        for key in keys:
            roles.data_cover.setdefault(key, set()).add(group)
    _sort_out(roles)
    return roles


def _is_spoilt(turn: Turn, base: Turn) -> bool:
    """Does a turn stop, or what it only notes? Labels that count out the classes are no numbers to be nudged."""
    return bool(turn.raised or turn.beside and not base.beside)


def _nudged(bench: Bench, slots: dict[str, Slot], base: Turn, shaky: frozenset[Key]) -> Roles:
    """Nudge data, then what is carried and data once more beside where the loop begins."""
    groups: dict[str, list[str]] = {}
    for path in slots:
        if path not in base.after:
            groups.setdefault(group_of(path, slots.keys()), []).append(path)
    groups = dict(list(groups.items())[:MOST_GROUPS])
    nudges = {
        group: tuple(Edit(path, "add", nudge_size(slots[path]), 101 + i) for path in paths)
        for i, (group, paths) in enumerate(groups.items())
    }
    size = sum(value.size for value in base.after.values())
    turns = bench.turns([Trial(edits, steps=None) for edits in nudges.values()], 2 * size)
    after = dict(base.after)
    for (_, paths), turn in zip(groups.items(), turns, strict=True):
        if not turn.raised:
            after |= {p: v for p, v in turn.after.items() if p not in after and p not in paths}
    delicate = {g for g, turn in zip(groups, turns, strict=True) if _is_spoilt(turn, base)}
    (beside,) = bench.turns(
        [Trial(lifts(slots, [p for p in slots if group_of(p, slots) not in delicate]), steps=None)]
    )
    if not beside.raised:
        after |= {p: v for p, v in beside.after.items() if p not in after}
    changed = [p for p in slots if p in after and is_changed(slots[p], after[p])]
    if not changed:
        raise NotRead("no numbers are carried from turn to turn")
    lift = lifted(slots, changed)
    (above,) = bench.turns([Trial(lift, steps=None)])
    if above.raised:
        lift = ()  # then from where it is
    else:
        more = {p: v for p, v in above.after.items() if p in slots and p not in changed}
        changed += [p for p, v in more.items() if is_changed(slots[p], v)]
        lift = lifted(slots, changed)
    lift = _where_all_move(bench, base, changed) or lift
    lift += tuple(
        Edit(p, "lift", nudge_size(slots[p]), 60 + i)
        for i, (g, paths) in enumerate(groups.items())
        for p in paths
        if g not in delicate and p not in changed and is_liftable(slots[p])
    )
    data = {g: [p for p in ps if p not in changed] for g, ps in groups.items()}
    data = {g: ps for g, ps in data.items() if ps and g not in delicate}
    lift += tuple(scale for ps in data.values() for p in ps for scale in narrowed(slots[p]))
    steps = tuple(changed)
    plan = [Trial(lift, digests=True, steps=steps)]
    plan += [
        Trial((*lift, Edit(p, "add", nudge_size(slots[p]), 11 + i)), digests=True, steps=steps)
        for i, p in enumerate(changed)
    ]
    plan += [Trial((*lift, *nudges[g]), digests=True, steps=steps) for g in data]
    size = sum(slots[p].saved.size for p in changed)
    first, *rest = bench.turns(plan, 8 * len(base.seen) + 2 * size)
    if first.raised:
        raise NotRead(f"a little beside its own numbers a turn stops: {first.raised}")
    nudged = dict(zip(changed, rest, strict=False))
    seen = {k: v for k, v in first.seen.items() if k not in shaky}
    with_data = dict(zip(data, rest[len(changed) :], strict=True))
    delicate |= {g for g, turn in with_data.items() if _is_spoilt(turn, base)}
    with_data = {g: turn for g, turn in with_data.items() if g not in delicate}
    data_moves = {g: moved(seen, turn.seen) for g, turn in with_data.items()}
    moves = {p: set() if t.raised else moved(seen, t.seen) for p, t in nudged.items()}
    return Roles(
        bench,
        slots,
        base,
        shaky,
        changed,
        data,
        delicate,
        lift,
        first,
        nudged,
        moves,
        {g: keys for g, keys in data_moves.items() if keys},
        with_data,
        seen,
    )


def _where_all_move(bench: Bench, base: Turn, changed: Sequence[str]) -> tuple[Edit, ...]:
    """Other parameters, where one rests that moves with them: where all margins are active, labels may add up to 0."""
    resting = [p for p in changed if _rests(base, p)]
    drawn = tuple(Edit(p, "draw", 1.0, 300 + i) for i, p in enumerate(changed))
    (there,) = bench.turns([Trial(drawn, steps=tuple(changed))]) if resting else (base,)
    moving = not there.raised and any(not _rests(there, p) for p in resting)
    return drawn if moving else ()


def _rests(turn: Turn, path: str) -> bool:
    return path not in turn.after or bool(np.all(np.abs(turn.step(path)) <= SLIGHT))


def is_changed(slot: Slot, after: np.ndarray) -> bool:
    """Is it changed, and no counter?"""
    counts = slot.whole and after.dtype.kind in "iu"
    finite = np.all(np.isfinite(after)) and np.all(np.isfinite(np.asarray(slot.saved, float)))
    return bool(finite) and not counts


def _carried(roles: Roles) -> Iterator[str]:
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
    if _rests(roles.base, path) and _rests(roles.first, path):
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


def _is_rate(roles: Roles, group: str) -> bool:
    """Does one number scale the steps of all parameters?"""
    paths, turn = roles.data[group], roles.data_turns[group]
    if len(paths) != 1 or roles.slots[paths[0]].saved.size != 1:
        return False
    was = float(np.ravel(np.asarray(roles.slots[paths[0]].saved, float))[0])
    now = float(np.ravel(np.asarray(turn.before.get(paths[0], was), float))[0])
    factor = now / was if was else np.inf
    return all(is_times(turn.step(p), roles.first.step(p), factor) for p in roles.parameters)


def is_times(a: np.ndarray, b: np.ndarray, factor: float) -> bool:
    if not (np.isfinite(factor) and np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    return np.allclose(a, factor * b, rtol=1e-6, atol=1e-9 * float(np.abs(a).max(initial=0.0)))


def _entry_by_entry(roles: Roles, path: str, owner: str) -> bool:
    """Does one entry of a slot reach only the same entry of another?"""
    if np.size(roles.slots[path].saved) == 1:
        return False
    edits = (*roles.lift, Edit(path, "one", 0.1, 0))
    (turn,) = roles.bench.turns([Trial(edits, steps=tuple(roles.changed))])
    if turn.raised or owner not in turn.after:
        return False
    moved = np.abs(turn.step(owner) - roles.first.step(owner)).ravel()
    return bool(np.all(moved[1:] <= SLIGHT * moved[0]))


def _sort_out(roles: Roles) -> None:
    """Parameters, inputs and targets by who meets whom first; outputs follow from all parameters and from inputs."""
    roles.parameters = roles.carried
    roles.rates = {g for g in roles.data_moves if _is_rate(roles, g)}
    data = {k: groups - roles.rates for k, groups in roles.data_cover.items()}
    mixed = [k for k in roles.seen if k in roles.cover and data.get(k)]
    if not mixed and roles.rates == roles.data_moves.keys():  # its data stand there as numbers
        mixed = [k for k in roles.seen if k in roles.cover and not roles.data_cover.get(k)]
    if not mixed:
        raise NotRead("nothing follows both from what is carried and from data")
    roles.entry = set(data.get(mixed[0], ()))
    after = [k for k in mixed if data.get(k, set()) & roles.entry or not roles.entry]
    roles.parameters = [p for p in roles.carried if any(p in roles.cover[k] for k in after)]
    wanted = set(roles.parameters)
    real = [k for k in after if not roles.seen[k].whole]
    kept = set().union(*(roles.moves[p] for ps in roles.buffers.values() for p in ps))
    real = [k for k in real if k not in kept] or real  # outputs follow from no memory
    most = max((len(roles.cover[k] & wanted) for k in real), default=0)
    full = [k for k in real if len(roles.cover[k] & wanted) == most]
    if not wanted or not full:
        raise NotRead("no outputs follow from what is carried and from data")
    roles.full = set(full)
    together = {frozenset(roles.data_cover.get(k, ())) for k in full}
    for group in roles.data_moves:
        late = group not in roles.entry and any(group not in groups for groups in together)
        (roles.targets if late else roles.inputs).append(group)
    # beside arrays a single number is a setting: a share to drop, a leak, which its backward may take as it stands
    large = [g for g in roles.inputs if any(roles.slots[p].saved.size > 1 for p in roles.data[g])]
    roles.inputs = large or roles.inputs
    roles.rates = {g for g in roles.targets if _is_rate(roles, g)}
    for key in roles.seen:
        roles.evaluations.setdefault(key[0], []).append(key)
    roles.outputs = list(_distinct(roles, full))


def _distinct(roles: Roles, full: Iterable[Key]) -> Iterator[Output]:
    """Where outputs can be read off, the same values once: best of an expression that is evaluated once in a turn.

    And once more where they are there last, before targets come in: relu may have changed nothing yet.
    """
    found: dict[tuple[object, ...], Output] = {}
    last: dict[tuple[object, ...], Output] = {}
    for node in dict.fromkeys(k for k, _ in full):
        for way in ways(roles, node, roles.full):
            keys = chosen(roles.evaluations[node], way)
            values = tuple((roles.seen[k].shape, round(roles.seen[k].number, 12)) for k in keys)
            known = found.get(values)
            if known is None or way == "0" and known.way != "0":
                found[values] = Output(node, way, keys[-1])
            elif way == "0" and not roles.data_cover.get(keys[-1], set()) & {*roles.targets}:
                last[values] = Output(node, way, keys[-1])
    order = {key: i for i, key in enumerate(roles.seen)}
    every = [*found.values(), *last.values()]
    yield from sorted(every, key=lambda o: (o.way not in ("0", "*"), order[o.key]))
