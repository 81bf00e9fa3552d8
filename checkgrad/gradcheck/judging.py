"""From comparisons to one of three answers: right, wrong, undecided.

Right is what agrees, and is known so well that it could not be zero, of the other sign or half as large.
Wrong is what differs where f is smooth, unless something in f is shown to excuse it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad.gradcheck.claims import Claim
from checkgrad.gradcheck.excuses import Excuse, Look, excuse_for, first_look, slight
from checkgrad.gradcheck.finding import Finding
from checkgrad.gradcheck.findings import FAINT, described, wrong_arrays
from checkgrad.gradcheck.kinks import beyond_convention
from checkgrad.gradcheck.result import Block
from checkgrad.gradcheck.search import DIRECTIONS, LEAST, Search, Spent
from checkgrad.gradcheck.spots import Comparison, Spot, alone
from checkgrad.gradcheck.subject import Leaves
from checkgrad.gradcheck.trees import mapped
from checkgrad.numeric.ladder import FINE, USUAL

SLIGHT = 4.0  # times the bound: kinks on both sides may cancel in what the bound is made of
STRONG = 1e3  # times the bound: no accident
NEARBY = (1e-3, 1e-2, 1e-1)  # where to look again, relative to the size of the arguments
KNOWN = 4.0  # bounds that a slope must have to be known for sure: half as much, or none, would show
FARTHER = (1.0, 8.0, 64.0)  # than usual, where rounding hides a slope
CLEAR = 100.0  # times the slope at the point itself: there it is stationary
ROUNDING = 1e-7  # of f: what is known of its slopes to so much is known as well as one can ask
JITTER, ERRATIC = (
    1e-6,
    0.1,
)  # a claim that changes so much, relatively, within so little is rounding
FINER = 2.0**-8  # of a difference: to look into it, bounds need be no smaller
LEFT = 1e-2  # of a slope: what a solver may leave


@dataclass(frozen=True)
class Answer:
    """What came out. problem: "" or a sentence."""

    problem: str = ""
    undecided: bool = False
    blocks: tuple[Block, ...] = ()
    resolution: Any = None
    worst: float = 0.0


def judged(search: Search, spot: Spot) -> Answer:
    """Compare at *spot*, and look elsewhere as far as that is needed.

    Only where something is amiss it is worth while to ask whether a function changes its mind.
    """
    first = _compared(search, spot)
    if first.missing and (first.blunt or not first.agrees):
        _settle(search, spot)
        first = _compared(search, spot)
    if np.any(first.bent) and (block := beyond_convention(search, spot, first.bent)):
        return _wrong_at_a_kink(Answer("", False, (), _resolution(search, spot, first)), block)
    if first.agrees and _stand_out(first, first.shares).all():
        return Answer("", False, (), _resolution(search, spot, first), float(np.max(first.excess)))
    if problem := search.misbehaviour():
        return Answer(problem)
    if first.off.any():
        return _accused(search, spot, first)
    if first.says_something:
        return _weighed(search, spot, first)
    return _judged_nearby(search, spot)


def _settle(search: Search, spot: Spot) -> None:
    """Choose smaller steps, if those of the usual size leave the domain of f, as of a logarithm."""
    free = (None, "positive", "probability")
    search.settle(spot, free if search.domain is None else (search.domain,))


def _compared(search: Search, spot: Spot) -> Comparison:
    before, start = search.evaluations, search.ladder[0]
    found = search.compare(spot, [search.directions_at(spot) for _ in range(search.samples)])
    if search.evaluations - before > 1 + 2 * search.samples * len(start):
        search.ladder = FINE
    return found


def _judged_nearby(search: Search, spot: Spot) -> Answer:
    """Where f has no derivative at the point itself, the one at a point nearby has to do."""
    for size in NEARBY:
        near = search.nearby(spot, size)
        found = _compared(search, near) if near else None
        if near and found and found.says_something:
            if found.off.any():
                answer = _accused(search, near, found)
            else:
                answer = _weighed(search, near, found)
            words = "f is not differentiable at this point; judged at a point nearby"
            return _as_a_convention(search, spot, answer, words)
    if spot.centre is not None and search.value(spot.args) is None:
        return Answer("undecided: f has no value around this point", True)
    return Answer(
        "undecided: nothing could be compared, f is not differentiable here, nor at points nearby"
        " (a kink at the point itself, or noise)",
        True,
    )


# right, or undecided


def _weighed(search: Search, spot: Spot, seen: Comparison) -> Answer:
    """What agrees is right if it is known well enough."""
    resolution = _resolution(search, spot, seen)
    worst = float(np.max(seen.excess))
    unknown = np.flatnonzero(~_stand_out(seen, seen.shares)).tolist()
    if not unknown:
        return Answer("", False, (), resolution, worst)
    try:
        return _brought_out(search, spot, seen, unknown)
    except Spent:
        return Answer(
            f"undecided: max_evaluations={search.limit} are too few", True, (), resolution, worst
        )


def _brought_out(search: Search, spot: Spot, seen: Comparison, unknown: list[int]) -> Answer:
    resolution, worst = _resolution(search, spot, seen), float(np.max(seen.excess))
    left = []
    for leaf in unknown:
        finer = _along_the_claim(search, spot, leaf)
        nothing = not _stands_out(finer, finer.claimed) and _is_nothing(search, spot, seen, leaf)
        # Far off there are kinks, which cancel in bounds: a little more than those tells nothing of what is none.
        if finer.off.any() and not (nothing and np.max(finer.excess) < SLIGHT):
            return _accused(search, spot, finer)
        if not nothing and not _stands_out(finer, finer.claimed):
            left.append(leaf)
            if not np.any(
                finer.smooth
            ):  # a kink at the point itself, which first passed for a bend
                nearby = _judged_nearby(search, spot)
                if not nearby.undecided:
                    return nearby
    if not left or _is_stationary(search, spot, seen):
        return Answer("", False, (), resolution, worst)
    if not search.noisy:
        search.learn_noise(spot)
    return _on_average(search, spot, left, resolution, worst)


def _on_average(
    search: Search, spot: Spot, left: list[int], resolution: dict[str, float], worst: float
) -> Answer:
    """Ask the means of many values about the arrays in which noise hides too much."""
    unknown: list[int] = []
    wrong: list[int] = []
    for leaf in left:
        seen = _averaged(search, spot, leaf)
        if seen is not None and seen.off.any():
            near = search.nearby(spot, NEARBY[1])
            again = _averaged(search, near, leaf) if near else None
            (wrong if again is not None and again.off.any() else unknown).append(leaf)
        elif seen is None or not _stands_out(seen, seen.claimed):
            unknown.append(leaf)
        if seen is not None:
            name = search.subject.names[leaf]
            resolution[name] = min(resolution[name], _resolution(search, spot, seen)[name])
    if wrong:
        names = [f"d{search.subject.names[i]}" for i in wrong]
        blocks = tuple(Block(name, "wrong, by the mean of many values of f") for name in names)
        return Answer(f"wrong in {', '.join(names)}", False, blocks, resolution, worst)
    if unknown:
        return _undecided(search, spot, unknown, resolution, worst)
    return Answer("", False, (), resolution, worst)


def _stand_out(seen: Comparison, shares: Any) -> Any:
    """For each of several parts of a claim: would it have shown if it were zero, or half as large?"""
    count = len(shares)
    room = np.where(seen.smooth, seen.bound - seen.allowed, np.inf).reshape(1, len(seen.bound), -1)
    size = np.abs(shares).reshape(count, len(seen.bound), -1)
    with np.errstate(all="ignore"):
        digits = np.nan_to_num(size / room, nan=0.0).max(axis=1)
    if digits.shape[1] == 1:
        return digits[:, 0] >= KNOWN
    size = size.max(axis=1)
    # Of many outputs, those that are small beside the others need not be known as well.
    large = (size >= size.max(axis=1, keepdims=True) / 2) & (size > 0)
    typical = [
        np.median(d[some]) if some.any() else 0.0 for d, some in zip(digits, large, strict=True)
    ]
    return np.array(typical) >= KNOWN


def _stands_out(seen: Comparison, share: Any) -> bool:
    return bool(_stand_out(seen, np.asarray(share)[None])[0])


def _along_the_claim(search: Search, spot: Spot, leaf: int) -> Comparison:
    """Compare along the direction in which the claim of one array is largest, as far as that takes."""
    usual, search.ladder = search.reach, USUAL
    try:
        for farther in FARTHER:
            search.reach = usual * farther
            found = search.compare(spot, [_direction_of_the_claim(search, spot, leaf)])
            if _stands_out(found, found.claimed) or search.domain or usual != 1:
                break
        return found
    finally:
        search.reach = usual


def _direction_of_the_claim(search: Search, spot: Spot, leaf: int) -> Leaves:
    signs = None if spot.claimed.most is None else spot.claimed.most(leaf)
    if signs is None or not np.any(signs):
        return search.directions_of(spot.leaves, leaf)
    moved = search.along(spot.leaves[leaf], np.asarray(signs, float))
    return alone(spot.leaves, leaf, moved)


def _is_nothing(search: Search, spot: Spot, seen: Comparison, leaf: int) -> bool:
    """Is the claim of this array zero, and f as flat as its rounding lets one see?"""
    share = np.abs(seen.shares[leaf])
    if share.any() and not _is_erratic(search, spot, seen, leaf):
        return False
    still = bool(np.all(seen.measured == 0))
    size = np.max(np.abs(spot.centre))
    room = np.min(np.where(seen.smooth, seen.bound - seen.allowed, np.inf), axis=0)
    known = room < np.inf
    return still or bool(np.all(room[known] <= ROUNDING * size) and not search.noisy)


def _is_erratic(search: Search, spot: Spot, seen: Comparison, leaf: int) -> bool:
    """Does a claim change so fast that it must be what rounding leaves of larger numbers?"""
    direction = search.directions_of(spot.leaves, leaf)
    here = np.asarray(spot.claimed.slope(direction))
    other = search.spot_if_any(mapped(lambda x: _jittered(x, search.rng), spot.args))
    if other is None:
        return False
    there = np.asarray(other.claimed.slope(direction))
    size = np.maximum(np.abs(here), np.abs(there))
    return bool(np.all(np.abs(here - there) >= ERRATIC * size))


def _jittered(x: Any, rng: np.random.Generator) -> Any:
    """Numbers that differ from *x* by next to nothing."""
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        return x
    return (x * (1 + JITTER * rng.standard_normal(x.shape))).astype(x.dtype)


def _is_stationary(search: Search, spot: Spot, seen: Comparison) -> bool:
    """Is it small only here, and right and large nearby?"""
    near = search.nearby(spot, NEARBY[-1])
    if near is None:
        return False
    found = _compared(search, near)
    if not found.agrees or not _stands_out(found, found.claimed):
        return False
    here = np.max(np.abs(seen.claimed)) + np.min(seen.bound)
    return bool(CLEAR * here <= np.max(np.abs(found.claimed)))


def _averaged(search: Search, spot: Spot, leaf: int) -> Comparison | None:
    try:
        direction = _direction_of_the_claim(search, spot, leaf)
        return None if search.claim.twice else search.averaged(spot, direction)
    except Spent:
        return None


def _undecided(
    search: Search, spot: Spot, left: list[int], resolution: dict[str, float], worst: float
) -> Answer:
    names = ", ".join(f"d{search.subject.names[i]}" for i in left)
    try:
        noisy = search.noisy or search.learn_noise(spot)
    except Spent:
        noisy = False
    what = f"the noise of f, {np.max(search.floor):.1e}," if noisy else "the rounding of f"
    what += ", which computes in single precision," if search.single and not noisy else ""
    return Answer(
        f"undecided: {names} could be zero, half as large or of the other sign, for all that"
        f" {what} lets one see; only larger errors would have shown",
        True,
        (),
        resolution,
        worst,
    )


def _resolution(search: Search, spot: Spot, seen: Comparison) -> dict[str, float]:
    bound = np.where(seen.smooth, seen.bound, np.inf)
    finest = float(np.min(np.max(bound.reshape(len(bound), -1), axis=1)))
    power = 2 if search.claim.twice else 1
    scales = (LEAST * float(np.asarray(search.scale(x)).min()) for x in spot.leaves)
    names = zip(search.subject.names, scales, strict=True)
    return {name: search.counted.in_its_unit(2 * finest / scale**power) for name, scale in names}


# wrong, excused, or undecided


def _accused(search: Search, spot: Spot, first: Comparison) -> Answer:
    """Find out whether a difference is a mistake, and say where."""
    resolution, worst = _resolution(search, spot, first), float(np.max(first.excess))
    try:
        if search.learn_noise(spot):
            search.ladder = USUAL
            again = _compared(search, spot)
            if not again.off.any():
                return _weighed(search, spot, again)
            first = again
        if _is_small(first) and search.learn_jumps(spot):
            search.ladder = USUAL
            again = _compared(search, spot)
            if not again.off.any():
                return _weighed(search, spot, again)
            first = again
        search.enough = FINER * float(np.max(np.abs(first.claimed - first.measured)[first.off]))
        differs = _differs_nearby(search, spot, first)
        if differs is False:
            return _at_this_point_alone(search, spot, first)
        look = first_look(search, spot, first)
    except Spent:
        return Answer(
            f"undecided: it differs, but max_evaluations={search.limit} are too few to be sure",
            True,
            (),
            resolution,
            worst,
        )
    excuse, findings = _looked_into(search, spot, first, look)
    if excuse is not None and excuse.proven:
        search.notes.append(excuse.words)
        return Answer("", False, (), resolution, worst)
    words = excuse.words if excuse else ""
    if not words and look.faint:
        words = "it differs by hardly more than the noise of f, and in no part that stands out"
    if not words and differs is None and worst < STRONG:
        if search.noisy:
            found = _on_average(search, spot, list(range(len(spot.leaves))), resolution, worst)
            if found.blocks:
                return found
        words = "it differs at this point, and at points nearby too little can be told"
    if words:
        return Answer(f"undecided: {words}", True, (), resolution, worst)
    return _wrong(search, spot, first, findings, resolution)


def _is_small(seen: Comparison) -> bool:
    """Is it so small a part of the slope that a solver may have left it?"""
    gap = np.abs(seen.claimed - seen.measured)
    size = np.maximum(np.abs(seen.claimed), np.abs(seen.measured))
    return bool(np.all(gap[seen.off] <= LEFT * size[seen.off]))


def _looked_into(
    search: Search, spot: Spot, first: Comparison, look: Look
) -> tuple[Excuse | None, list[Finding]]:
    if look.excuse is not None or look.faint:
        return look.excuse, []
    try:
        findings = wrong_arrays(search, spot, look.suspected)
        if not look.calm:
            return None, findings
        if any(found.suspects for found in findings):
            return excuse_for(search, spot, findings, look.large), findings
        return slight(first.of(first.worst_output), alike=True), findings
    except Spent:
        if look.calm:
            few = f"max_evaluations={search.limit} are too few to rule out an eps or a clip in f"
            return Excuse(few, proven=False), []
        return None, []


def _wrong(
    search: Search,
    spot: Spot,
    first: Comparison,
    findings: list[Finding],
    resolution: dict[str, float],
) -> Answer:
    worst = float(np.max(first.excess))
    if search.other_order is not None and _is_right(search, spot, search.other_order):
        problem = (
            "gradient(*args) is right in another order of its arguments: it is called as"
            f" gradient({search.product_with}, *args), as SciPy's hessp is not; hand over a function"
            " with the arguments swapped"
        )
        return Answer(problem, False, (), resolution, worst)
    blocks = tuple(described(search, spot, found) for found in findings if found.suspects)
    if not blocks:
        blocks = tuple(Block(f"d{name}", _by_how_much(first)) for name in search.subject.names)
    problem = f"wrong in {', '.join(b.name for b in blocks)}"
    if search.evaluations >= search.limit - search.cost:
        problem += f"; max_evaluations={search.limit} are too few to say more"
    return Answer(problem, False, blocks, resolution, worst)


def _by_how_much(seen: Comparison) -> str:
    gap, size = np.abs(seen.claimed - seen.measured), np.abs(seen.measured)
    worst = np.unravel_index(int(np.argmax(seen.excess)), seen.excess.shape)
    if not size[worst]:
        return ""
    return f"perhaps wrong: along a random direction the slope is off by {gap[worst] / size[worst]:.1e} of it"


def _is_right(search: Search, spot: Spot, claim: Claim) -> bool:
    """Does another claim agree with what is measured here?"""
    other = replace(search, claim=claim, other_order=None)
    try:
        at = other.spot_if_any(spot.args)
        return at is not None and _compared(other, at).agrees
    except Spent:
        return False


def _differs_nearby(search: Search, spot: Spot, first: Comparison) -> bool | None:
    """Is it wrong at points nearby as well? None if nothing can be told there."""
    for size in NEARBY:
        near = search.nearby(spot, size)
        if near is None:
            continue
        found = _compared(search, near)
        if search.ladder is not USUAL and found.agrees and not _tells_apart(found, first):
            search.ladder = USUAL
            found = _compared(search, near)
        if found.off.any():
            return True
        if found.agrees and _tells_apart(found, first) and _stands_out(found, found.claimed):
            return False
    return None


def _tells_apart(found: Comparison, first: Comparison) -> bool:
    """Would *found* have shown a difference such as that of *first*, or was that one slight?"""
    if np.max(first.excess) < SLIGHT:
        return True
    gap = np.abs(first.claimed - first.measured)[first.off]
    return bool(np.min(found.bound[found.smooth]) <= np.max(gap))


def _at_this_point_alone(search: Search, spot: Spot, first: Comparison) -> Answer:
    """A difference that is gone nearby: a convention, if f has a kink here; else a mistake."""
    resolution, worst = _resolution(search, spot, first), float(np.max(first.excess))
    try:
        findings = wrong_arrays(search, spot, None)
    except Spent:
        findings = []
    certain = [f for f in findings if f.suspects and _is_smooth(search, spot, f)]
    if certain and worst >= STRONG:
        return _wrong(search, spot, first, certain, resolution)
    if worst < FAINT:
        wider = replace(first, bound=first.bound * FAINT)
        if _stand_out(wider, wider.shares).all():
            return Answer("", False, (), resolution, worst)
    if _has_a_kink(search, spot):
        words = "differs at exactly this point and nowhere near it: a convention at a kink"
        return _as_a_convention(search, spot, Answer("", False, (), resolution, worst), words)
    problem = "undecided: it differs at exactly this point, and nowhere near it"
    return Answer(problem, True, (), resolution, worst)


def _as_a_convention(search: Search, spot: Spot, answer: Answer, words: str) -> Answer:
    """*answer*, with *words* on the kink at *spot*, unless what is claimed there is none of its slopes."""
    search.notes.append(words)
    block = None if answer.problem else beyond_convention(search, spot)
    return answer if block is None else _wrong_at_a_kink(answer, block)


def _wrong_at_a_kink(answer: Answer, block: Block) -> Answer:
    return replace(answer, problem=f"wrong in {block.name}, at a kink", blocks=(block,))


def _is_smooth(search: Search, spot: Spot, found: Finding) -> bool:
    """Is f smooth along all that is wrong of one array?"""
    if found.table is not None:
        return bool(found.table.off.any())
    moved = [search.directions_of(spot.leaves, found.leaf) for _ in range(DIRECTIONS)]
    seen = search.compare(spot, moved)
    return bool(seen.smooth.all() and seen.off.any())


def _has_a_kink(search: Search, spot: Spot) -> bool:
    """Is f not smooth along some array of its own?"""
    for leaf in range(len(spot.leaves)):
        moved = [search.directions_of(spot.leaves, leaf) for _ in range(DIRECTIONS)]
        if not search.compare(spot, moved).smooth.all():
            return True
    return False
