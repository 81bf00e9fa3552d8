"""What is what in a turn is found by nudging: its data, what is carried, and data once more beside where the loop begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from checkgrad.child.play_forms import is_parameter
from checkgrad.child.play_steps import word
from checkgrad.reading.loops.carried import carried, is_times, rests
from checkgrad.reading.loops.face import Edit, Experiment, LoopBench, NotRead, Slot, Turn, ValueKey
from checkgrad.reading.loops.nudges import (
    group_of,
    is_liftable,
    lifted,
    lifts,
    moved,
    narrowed,
    nudge_size,
)
from checkgrad.reading.loops.picks import chosen, picks
from checkgrad.reading.loops.roles import OutputNode, Roles

MOST_GROUPS = 60  # of data that are nudged
SHAKY = 0.2  # share of values that may differ when a turn is run again


def roles_of(bench: LoopBench) -> Roles:
    """Find out what is what; raise NotRead where the loop is no network."""
    slots, (base, again) = bench.first([Experiment(digests=True, steps=None)] * 2)
    if base.raised:
        raise NotRead(f"its first turn stops: {base.raised}")
    if large := [p for p in base.after if p not in slots and is_parameter(word(p, ()))]:
        many = base.after[large[0]].size
        raise NotRead(f"{large[0]} has {many:,} numbers, more than are looked at", missed=True)
    shaky = frozenset(moved(base.seen, again.seen))
    if len(shaky) > SHAKY * len(base.seen):
        raise NotRead("a turn that is run again does something else")
    roles = _nudged(bench, slots, base, shaky)
    roles.carried = list(carried(roles))
    for path in roles.carried:
        for key in roles.moves[path]:
            roles.cover.setdefault(key, set()).add(path)
    for group, keys in roles.data_moves.items():
        for key in keys:
            roles.data_cover.setdefault(key, set()).add(group)
    _sort_out(roles)
    return roles


def _nudged(
    bench: LoopBench, slots: dict[str, Slot], base: Turn, shaky: frozenset[ValueKey]
) -> Roles:
    """Nudge data, then what is carried and data once more beside where the loop begins."""
    nudging = Nudging(bench, slots, base)
    changed = nudging.changed()
    if not changed:
        raise NotRead("no numbers are carried from turn to turn", idle=True)
    changed, lift = nudging.lifted(changed)
    data = nudging.data(changed)
    lift += nudging.lifted_data(changed, data)
    first, nudged, with_data = nudging.turns(lift, changed, data)
    seen = {k: v for k, v in first.seen.items() if k not in shaky}
    data_moves = {g: moved(seen, turn.seen) for g, turn in with_data.items()}
    moves = {p: set() if t.raised else moved(seen, t.seen) for p, t in nudged.items()}
    return Roles(
        bench,
        slots,
        base,
        shaky,
        changed,
        data,
        nudging.delicate,
        lift,
        first,
        nudged,
        moves,
        {g: keys for g, keys in data_moves.items() if keys},
        with_data,
        seen,
    )


class Nudging:
    """What is nudged in turns of a loop.

    groups: data, the slots of what is one thing together. delicate: those that a turn does not stand other numbers in.
    """

    def __init__(self, bench: LoopBench, slots: dict[str, Slot], base: Turn) -> None:
        self.bench, self.slots, self.base = bench, slots, base
        groups: dict[str, list[str]] = {}
        for path in slots:
            if path not in base.after:
                groups.setdefault(group_of(path, slots.keys()), []).append(path)
        self.groups = dict(list(groups.items())[:MOST_GROUPS])
        self.nudges = {
            group: tuple(Edit(path, "add", nudge_size(slots[path]), 101 + i) for path in paths)
            for i, (group, paths) in enumerate(self.groups.items())
        }
        self.delicate: set[str] = set()

    def changed(self) -> list[str]:
        """The slots that a turn changes as it is, with other data, or with everything lifted."""
        size = sum(value.size for value in self.base.after.values())
        nudged = [Experiment(edits, steps=None) for edits in self.nudges.values()]
        turns = dict(zip(self.groups, self.bench.turns(nudged, 2 * size), strict=True))
        after = dict(self.base.after)
        for group, turn in turns.items():
            own = self.groups[group]
            if not turn.raised:
                after |= {p: v for p, v in turn.after.items() if p not in after and p not in own}
        self._note_delicate(turns)
        firm = [p for p in self.slots if group_of(p, self.slots) not in self.delicate]
        (beside,) = self.bench.turns([Experiment(lifts(self.slots, firm), steps=None)])
        if not beside.raised:
            after |= {p: v for p, v in beside.after.items() if p not in after}
        return [p for p in self.slots if p in after and is_changed(self.slots[p], after[p])]

    def _note_delicate(self, turns: Mapping[str, Turn]) -> None:
        self.delicate |= {g for g, turn in turns.items() if _is_spoilt(turn, self.base)}

    def lifted(self, changed: list[str]) -> tuple[list[str], tuple[Edit, ...]]:
        """All that is changed, and what takes it to where everything moves."""
        lift = lifted(self.slots, changed)
        (above,) = self.bench.turns([Experiment(lift, steps=None)])
        if above.raised:
            lift = ()  # then from where it is
        else:
            after = above.after.items()
            more = {p: v for p, v in after if p in self.slots and p not in changed}
            changed = changed + [p for p, v in more.items() if is_changed(self.slots[p], v)]
            lift = lifted(self.slots, changed)
        return changed, _where_all_move(self.bench, self.base, changed) or lift

    def data(self, changed: Sequence[str]) -> dict[str, list[str]]:
        """The data that can be nudged, without what is changed itself."""
        rest = {g: [p for p in ps if p not in changed] for g, ps in self.groups.items()}
        return {g: ps for g, ps in rest.items() if ps and g not in self.delicate}

    def lifted_data(
        self, changed: Sequence[str], data: Mapping[str, Sequence[str]]
    ) -> tuple[Edit, ...]:
        """What takes data to where something follows from them."""
        lift = [
            Edit(p, "lift", nudge_size(self.slots[p]), 60 + i)
            for i, (g, paths) in enumerate(self.groups.items())
            for p in paths
            if g not in self.delicate and p not in changed and is_liftable(self.slots[p])
        ]
        scales = (one for paths in data.values() for p in paths for one in narrowed(self.slots[p]))
        return (*lift, *scales)

    def turns(
        self, lift: tuple[Edit, ...], changed: Sequence[str], data: Iterable[str]
    ) -> tuple[Turn, dict[str, Turn], dict[str, Turn]]:
        """The turn where all is lifted; with each of what is changed nudged; with each of the data nudged."""
        nudges = [
            (Edit(p, "add", nudge_size(self.slots[p]), 11 + i),) for i, p in enumerate(changed)
        ]
        settings = [lift, *((*lift, *more) for more in (*nudges, *(self.nudges[g] for g in data)))]
        plan = [Experiment(edits, digests=True, steps=tuple(changed)) for edits in settings]
        size = sum(self.slots[p].saved.size for p in changed)
        first, *rest = self.bench.turns(plan, 8 * len(self.base.seen) + 2 * size)
        if first.raised:
            raise NotRead(f"a little beside its own numbers a turn stops: {first.raised}")
        with_data = dict(zip(data, rest[len(changed) :], strict=True))
        self._note_delicate(with_data)
        firm = {g: turn for g, turn in with_data.items() if g not in self.delicate}
        return first, dict(zip(changed, rest, strict=False)), firm


def _is_spoilt(turn: Turn, base: Turn) -> bool:
    """Does a turn stop, or what it only notes? Labels that count out the classes are no numbers to be nudged."""
    return bool(turn.raised or turn.beside and not base.beside)


def _where_all_move(bench: LoopBench, base: Turn, changed: Sequence[str]) -> tuple[Edit, ...]:
    """Other parameters, where one rests that moves with them: where all margins are active, labels may add up to 0."""
    resting = [p for p in changed if rests(base, p)]
    drawn = tuple(Edit(p, "draw", 1.0, 300 + i) for i, p in enumerate(changed))
    (there,) = bench.turns([Experiment(drawn, steps=tuple(changed))]) if resting else (base,)
    moving = not there.raised and any(not rests(there, p) for p in resting)
    return drawn if moving else ()


def is_changed(slot: Slot, after: np.ndarray) -> bool:
    """Is it changed, and no counter?"""
    counts = slot.whole and after.dtype.kind in "iu"
    finite = np.all(np.isfinite(after)) and np.all(np.isfinite(np.asarray(slot.saved, float)))
    return bool(finite) and not counts


def _sort_out(roles: Roles) -> None:
    """Parameters, inputs and targets by who meets whom first; outputs follow from all parameters and from inputs."""
    roles.parameters = roles.carried
    roles.rates = {g for g in roles.data_moves if _is_rate(roles, g)}
    data = {k: groups - roles.rates for k, groups in roles.data_cover.items()}
    mixed = [k for k in roles.seen if k in roles.cover and data.get(k)]
    if not mixed and roles.rates == roles.data_moves.keys():  # its data stand there as numbers
        mixed = [k for k in roles.seen if k in roles.cover and not roles.data_cover.get(k)]
    if not mixed:
        raise NotRead("nothing follows both from what is carried and from data", idle=True)
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


def _is_rate(roles: Roles, group: str) -> bool:
    """Does one number scale the steps of all parameters?"""
    paths, turn = roles.data[group], roles.data_turns[group]
    if len(paths) != 1 or roles.slots[paths[0]].saved.size != 1:
        return False
    was = float(np.ravel(np.asarray(roles.slots[paths[0]].saved, float))[0])
    now = float(np.ravel(np.asarray(turn.before.get(paths[0], was), float))[0])
    factor = now / was if was else np.inf
    return all(is_times(turn.step(p), roles.first.step(p), factor) for p in roles.parameters)


def _distinct(roles: Roles, full: Iterable[ValueKey]) -> Iterator[OutputNode]:
    """Where outputs can be read off, the same values once: best of an expression that is evaluated once in a turn.

    And once more where they are there last, before targets come in: relu may have changed nothing yet.
    """
    found: dict[tuple[object, ...], OutputNode] = {}
    last: dict[tuple[object, ...], OutputNode] = {}
    for node in dict.fromkeys(k for k, _ in full):
        for pick in picks(roles, node, roles.full):
            keys = chosen(roles.evaluations[node], pick)
            values = tuple((roles.seen[k].shape, round(roles.seen[k].number, 12)) for k in keys)
            known = found.get(values)
            if known is None or pick == "0" and known.pick != "0":
                found[values] = OutputNode(node, pick, keys[-1])
            elif pick == "0" and not roles.data_cover.get(keys[-1], set()) & {*roles.targets}:
                last[values] = OutputNode(node, pick, keys[-1])
    order = {key: i for i, key in enumerate(roles.seen)}
    every = [*found.values(), *last.values()]
    yield from sorted(every, key=lambda o: (o.pick not in ("0", "*"), order[o.key]))
