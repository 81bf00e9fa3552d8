"""A turn measured at several points: fresh numbers put in, and how everything moves along random directions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from checkgrad.reading.loops.face import Edit, Experiment, NotRead, Turn
from checkgrad.reading.loops.nudges import group_of, narrowed
from checkgrad.reading.loops.picks import Pick, picks, take
from checkgrad.reading.loops.roles import OutputNode, Roles

STEP = 1e-5
POINTS = 4
DIRECTIONS = 2  # of each block at each point
MOST_BLOCKS = 12
MOST_OUTPUTS, MOST_TARGETS, MOST_SCALARS = 16, 24, 24
MOST_OF_GRADIENTS = 600_000  # numbers
FEW_NUMBERS = 3000  # of a turn that are told without hesitation
MOST_NUMBERS = 60_000
SIDES = (STEP, -STEP, STEP / 2, -STEP / 2)
EPS = float(np.finfo(float).eps)
SPREADS = (0.6, 1.0, 0.4)  # of fresh parameters, over the root of their fan
SHRINKS = (1.0, 0.3, 0.05)  # tried one after the other, until outputs are finite


class Move(NamedTuple):
    """A block moved along a direction: seeds of the direction by slot, and the turn at each of SIDES."""

    block: str
    seeds: dict[str, int]
    turns: list[Turn]


@dataclass(frozen=True)
class Point:
    """Numbers that were put in, what the turn does there, and beside it."""

    setting: tuple[Edit, ...]
    base: Turn
    moves: list[Move]


class Scaler(NamedTuple):
    """A number that scales the steps of these blocks exactly, as a rate does."""

    value: float
    blocks: set[str]


@dataclass
class Points:
    """The turn at all points.

    blocks: slots that are judged together, by name. outputs, targets, scalars, gradients: what was told of.
    scalers: slots, or nodes of numbers in the source, with what they scale; None until that was asked for.
    """

    roles: Roles
    blocks: dict[str, list[str]]
    outputs: list[OutputNode] = field(default_factory=list)
    targets: list[tuple[int | str, Pick]] = field(default_factory=list)
    scalars: list[int] = field(default_factory=list)
    gradients: list[int] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    scalers: dict[str | int, Scaler] | None = None  # found once
    projected: dict[tuple[str, int, int], tuple[np.ndarray, np.ndarray] | None] = field(
        default_factory=dict
    )


def blocks_of(paths: Sequence[str]) -> dict[str, list[str]]:
    """Each slot by itself, or those of many neurons together, layer by layer."""
    if len(paths) <= MOST_BLOCKS:
        return {path: [path] for path in paths}
    found: dict[str, list[str]] = {}
    for path in paths:
        head, bracket, rest = path.partition("]")
        found.setdefault(head + bracket + re.sub(r"\[\d+\]", "[*]", rest), []).append(path)
    return found


def measured(roles: Roles, *, outputs: bool = True) -> Points:
    """Measure a turn at several points; without *outputs* only numbers that may be a loss are told of."""
    points = Points(roles, blocks_of(roles.parameters))
    points.scalars = list(dict.fromkeys(k for k, _ in roles.scalars))[:MOST_SCALARS]
    if outputs:
        points.outputs = list(_affordable(roles))
        points.targets = list(_targets(roles, points.outputs))
        points.gradients = list(_gradients(roles))
    settings = _settings(roles)
    points.points = _without_saturation(points, _at(points, settings))
    if not points.points:
        raise NotRead("no numbers could be put in with which it gives finite outputs")
    return points


def _without_saturation(points: Points, found: list[Point]) -> list[Point]:
    """Where the module's own numbers give exactly 0 or 1, and all others give what lies between, its own tell nothing."""
    if len(found) < 3:
        return found
    for output in points.outputs:
        own, *others = (take(p.base, output.node, output.pick) for p in found)
        between = all(y is not None and np.all((y > 0) & (y < 1)) for y in others)
        if between and own is not None and not np.all((own > 0) & (own < 1)):
            return found[1:]
    return found


def entry_by_entry(points: Points) -> Points:
    """The same points, every entry of every parameter moved by itself."""
    slots = points.roles.slots
    entries = {
        f"{path}[{i}]" if slots[path].saved.size > 1 else path: (path, i)
        for paths in points.blocks.values()
        for path in paths
        for i in range(slots[path].saved.size)
    }
    found = replace(points, blocks={name: [path] for name, (path, _) in entries.items()})
    found.scalers, found.projected = None, {}
    units = {name: {path: -1 - i} for name, (path, i) in entries.items()}
    found.points = _at(found, {n: p.setting for n, p in enumerate(points.points)}, units)
    return found


def told(roles: Roles) -> int:
    """How many numbers all outputs take."""
    return sum(_count(roles, one) for one in roles.outputs[:MOST_OUTPUTS])


def _count(roles: Roles, one: OutputNode) -> int:
    keys = roles.evaluations[one.node]
    return sum(int(np.prod(roles.seen[k].shape)) for k in keys)


def _affordable(roles: Roles) -> Iterator[OutputNode]:
    room = MOST_NUMBERS
    for one in roles.outputs[:MOST_OUTPUTS]:
        room -= _count(roles, one)
        if room >= 0:
            yield one


def _targets(roles: Roles, outputs: Sequence[OutputNode]) -> Iterator[tuple[int | str, Pick]]:
    """Values that may be the targets, as the turn has them; then slots that no expression tells of."""
    shapes = {roles.seen[one.key].shape for one in outputs}
    counts = {len(roles.evaluations[one.node]) for one in outputs if one.pick == "*"}
    fitting = {part for shape in shapes for part in (shape, shape[:1], shape[-1:])}
    sizes = {int(np.prod(shape)) for shape in shapes}
    known: set[tuple[object, ...]] = set()
    nodes: dict[int, None] = {}
    for key in roles.constants:
        seen = roles.seen[key]
        fits = seen.shape in fitting or int(np.prod(seen.shape)) in sizes
        several = len(roles.evaluations[key[0]]) in counts
        if (fits or several) and (seen.shape, seen.number) not in known:
            known.add((seen.shape, seen.number))
            nodes.setdefault(key[0])
    order = sorted(nodes, key=lambda n: _standing(roles, n))[:MOST_TARGETS]
    for node in order:
        for pick in picks(roles, node):
            yield node, pick
    groups = {*roles.targets, *roles.delicate}
    held = [s for p, s in roles.slots.items() if group_of(p, roles.slots.keys()) in groups]
    for slot in held:
        if slot.saved.shape in fitting or slot.saved.size in sizes:
            yield slot.path, "slot"


def _standing(roles: Roles, node: int) -> int:
    """What follows from targets comes first, what follows from inputs last: both may be read from one table."""
    groups = set().union(*(roles.data_cover.get(k, set()) for k in roles.evaluations[node]))
    return 2 if groups & roles.entry else 0 if groups else 1


def _gradients(roles: Roles) -> Iterator[int]:
    """Values in the shape of a parameter that follow from some: among them the gradients."""
    shapes = {roles.slots[p].saved.shape for p in roles.parameters}
    shapes |= {shape[::-1] for shape in shapes}
    nodes = (k for (k, _), seen in roles.seen.items() if seen.shape in shapes)
    states = {*roles.carried, *roles.overwritten}
    kept = [roles.moves[p] for p in roles.changed if p not in states]
    late = set().union(*kept)  # what an optimiser makes of gradients and of what it remembers
    room = MOST_OF_GRADIENTS
    for k in reversed(list(dict.fromkeys(nodes))):
        keys = [key for key in roles.evaluations[k] if roles.cover.get(key) and key not in late]
        room -= sum(int(np.prod(roles.seen[key].shape)) for key in keys)
        if keys and room >= 0:
            yield k


def _settings(roles: Roles) -> dict[int, tuple[Edit, ...]]:
    """What is put in at each point: at the first nothing, but in double precision; then fresh parameters and data."""
    found = {0: tuple(Edit(path, "add", 0.0) for path in roles.parameters)}
    missing = list(range(1, POINTS))
    steps = tuple(roles.changed)
    for shrink in SHRINKS:
        for with_data in (True, False):
            tried = {
                n: (*_fresh(roles, n, shrink), *(_data(roles, n) if with_data else ()))
                for n in missing
            }
            experiments = [Experiment(edits, digests=True, steps=steps) for edits in tried.values()]
            turns = roles.bench.turns(experiments, 8 * len(roles.seen) + roles.steps_told)
            for n, turn in zip(tried, turns, strict=True):
                if not turn.raised and _is_finite(roles, turn):
                    found[n] = tried[n]
            missing = [n for n in missing if n not in found]
            if not missing:
                return found
    return found


def _fresh(roles: Roles, number: int, shrink: float) -> Iterator[Edit]:
    for i, path in enumerate(roles.parameters):
        shape = roles.slots[path].saved.shape
        fan = max(1.0, float(np.mean(shape))) if shape else 1.0
        spread = shrink * SPREADS[number % 3] / np.sqrt(fan) * (1.5 if len(shape) < 2 else 1.0)
        yield Edit(path, "draw", float(spread), 1000 * number + i)


def _data(roles: Roles, number: int) -> Iterator[Edit]:
    """Inputs with noise, those that are not scaled made smaller, and targets; labels go from sample to sample."""
    for i, group in enumerate([*roles.inputs, *roles.targets]):
        if group in roles.targets:
            yield from _exchanged(roles, roles.data[group], number)
        for j, path in enumerate(roles.data[group]):
            values = np.asarray(roles.slots[path].saved, float)
            if group in roles.targets and (values.size == 1 or np.isin(values, (0, 1)).all()):
                continue
            for scale in narrowed(roles.slots[path]) if group in roles.inputs else ():
                values = scale.of(values)
                yield scale
            spread = (
                float(np.std(values)) if values.size > 1 else 0.3 * abs(float(values.ravel()[0]))
            )
            by = 0.5 * (spread if np.isfinite(spread) and spread > 0 else 0.5)
            do = "vary" if group in roles.inputs else "add"
            yield Edit(path, do, by, 5000 + 1000 * number + 31 * i + j)


def _exchanged(roles: Roles, paths: Sequence[str], number: int) -> Iterator[Edit]:
    """Labels of 0 and 1 moved on from sample to sample: of one array along its longest axis, or among slots of one number."""
    held = [roles.slots[path].saved for path in paths]
    if not all(np.isin(value, (0, 1)).all() for value in held):
        return
    if len(paths) == 1 and held[0].size > 1:
        yield Edit(paths[0], "roll", number, int(np.argmax(held[0].shape)))
    elif len(paths) > 1 and all(value.size == 1 for value in held):
        numbers = [float(value.ravel()[0]) for value in held]
        for i, path in enumerate(paths):
            yield Edit(path, "one", numbers[i - number] - numbers[i], 0)


def _is_finite(roles: Roles, turn: Turn) -> bool:
    keys = [one.key for one in roles.outputs[:MOST_OUTPUTS]]
    outputs = all(k in turn.seen and np.isfinite(turn.seen[k].number) for k in keys)
    return outputs and all(np.isfinite(np.asarray(v, float)).all() for v in turn.after.values())


def _at(
    points: Points,
    settings: dict[int, tuple[Edit, ...]],
    units: dict[str, dict[str, int]] | None = None,
) -> list[Point]:
    """The turn at each point and beside it, along random directions of each block, or these."""
    roles = points.roles
    nodes = [one.node for one in points.outputs]
    slots = [str(t) for t, pick in points.targets if pick == "slot"]
    beside = tuple(dict.fromkeys([*nodes, *points.scalars]))
    here = [t for t, pick in points.targets if pick != "slot"]
    all_told = tuple(dict.fromkeys([*beside, *map(int, here), *points.gradients]))
    steps = (*roles.changed, *dict.fromkeys(slots))
    evaluated = [key for k in all_told for key in roles.evaluations.get(k, ())]
    numbers = roles.steps_told + sum(int(np.prod(roles.seen[k].shape)) for k in evaluated)
    bases = roles.bench.turns(
        [Experiment(setting, tell=all_told, steps=steps) for setting in settings.values()], numbers
    )
    plan: list[tuple[int, str, dict[str, int]]] = []
    experiments: list[Experiment] = []
    for number, setting in settings.items():
        directions = units.items() if units else _directions(points, number)
        for block, seeds in directions:
            plan.append((number, block, seeds))
            experiments += [Experiment(edits, tell=beside) for edits in beside_it(setting, seeds)]
    count = sum(_count(roles, one) for one in points.outputs) + 2 * len(points.scalars)
    turns = roles.bench.turns(experiments, count)
    found = []
    for (number, setting), base in zip(settings.items(), bases, strict=True):
        mine = [
            Move(block, seeds, turns[len(SIDES) * i :][: len(SIDES)])
            for i, (n, block, seeds) in enumerate(plan)
            if n == number
        ]
        found.append(Point(setting, base, mine))
    return found


def _directions(points: Points, number: int) -> Iterator[tuple[str, dict[str, int]]]:
    """Random directions of each block at a point, as seeds."""
    for i, (block, paths) in enumerate(points.blocks.items()):
        for d in range(DIRECTIONS):
            first = 900_000 + 10_007 * number + 101 * i + 17 * d
            yield block, {path: first + 3 * q for q, path in enumerate(paths)}


def beside_it(setting: Sequence[Edit], seeds: Mapping[str, int]) -> list[tuple[Edit, ...]]:
    """What is put in at each of SIDES of a point, along a direction given by its seeds."""
    return [(*setting, *(_moved(path, h, seed) for path, seed in seeds.items())) for h in SIDES]


def _moved(path: str, by: float, seed: int) -> Edit:
    """A slot moved so far along a direction."""
    return Edit(path, "add", by, seed) if seed >= 0 else Edit(path, "one", by, -1 - seed)


def slope_of(values: Sequence[np.ndarray], middle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The derivative along a direction from the values at SIDES and between them, and how far it may be off.

    A kink shows in first differences unless it lies just here; there it shows in the second ones, which shrink fourfold
    with half the step where all is smooth.
    """
    a, b, c, d = values
    with np.errstate(all="ignore"):
        wide, narrow = (a - b) / (2 * STEP), (c - d) / STEP
        bend = (a - 2 * middle + b) - 4 * (c - 2 * middle + d)
        rounding = 16 * EPS * (np.abs(a) + np.abs(c)) / STEP
        return narrow, 2 * np.abs(narrow - wide) + np.abs(bend) / STEP + rounding


def values_of(point: Point, target: int | str, pick: Pick) -> np.ndarray | None:
    """Possible targets at a point."""
    if pick == "slot":
        found = point.base.before.get(str(target))
        return None if found is None else np.asarray(found, float)
    return take(point.base, int(target), pick)
