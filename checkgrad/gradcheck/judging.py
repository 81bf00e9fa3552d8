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
from checkgrad.gradcheck.finding import WrongArray
from checkgrad.gradcheck.findings import FAINT, described, wrong_arrays
from checkgrad.gradcheck.kinks import beyond_convention
from checkgrad.gradcheck.known import (
    along_the_claim,
    averaged,
    compared,
    is_nothing,
    resolution_of,
    stand_out,
    stands_out,
)
from checkgrad.gradcheck.result import Block
from checkgrad.gradcheck.search import DIRECTIONS, Shared, TooManyEvaluations
from checkgrad.gradcheck.spots import Comparison, Spot
from checkgrad.numeric.ladder import USUAL

SLIGHT = 4.0  # times the bound: kinks on both sides may cancel in what the bound is made of
STRONG = 1e3  # times the bound: no accident
NEARBY = (1e-3, 1e-2, 1e-1)  # where to look again, relative to the size of the arguments
CLEAR = 100.0  # times the slope at the point itself: there it is stationary
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


def judged(search: Shared, spot: Spot) -> Answer:
    """Compare at *spot*, and look elsewhere as far as that is needed.

    Only where something is amiss it is worth while to ask whether a function changes its mind.
    """
    first = compared(search, spot)
    if first.missing and (first.blunt or not first.agrees):
        _settle(search, spot)
        first = compared(search, spot)
    if np.any(first.bent) and (block := beyond_convention(search, spot, first.bent)):
        return _wrong_at_a_kink(Answer("", False, (), resolution_of(search, spot, first)), block)
    if first.agrees and stand_out(first, first.shares).all():
        return Answer(
            "", False, (), resolution_of(search, spot, first), float(np.max(first.excess))
        )
    if problem := search.misbehaviour():
        return Answer(problem)
    if first.off.any():
        return _accused(search, spot, first)
    if first.says_something:
        return _weighed(search, spot, first)
    return _judged_nearby(search, spot)


def _settle(search: Shared, spot: Spot) -> None:
    """Choose smaller steps, if those of the usual size leave the domain of f, as of a logarithm."""
    free = (None, "positive", "probability")
    search.settle(spot, free if search.domain is None else (search.domain,))


def _judged_nearby(search: Shared, spot: Spot) -> Answer:
    """Where f has no derivative at the point itself, the one at a point nearby has to do."""
    for size in NEARBY:
        near = search.nearby(spot, size)
        found = compared(search, near) if near else None
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


def _weighed(search: Shared, spot: Spot, seen: Comparison) -> Answer:
    """What agrees is right if it is known well enough."""
    resolution = resolution_of(search, spot, seen)
    worst = float(np.max(seen.excess))
    unknown = np.flatnonzero(~stand_out(seen, seen.shares)).tolist()
    if not unknown:
        return Answer("", False, (), resolution, worst)
    try:
        return _brought_out(search, spot, seen, unknown)
    except TooManyEvaluations:
        return Answer(
            f"undecided: max_evaluations={search.limit} are too few", True, (), resolution, worst
        )


def _brought_out(search: Shared, spot: Spot, seen: Comparison, unknown: list[int]) -> Answer:
    resolution, worst = resolution_of(search, spot, seen), float(np.max(seen.excess))
    left = []
    for leaf in unknown:
        finer = along_the_claim(search, spot, leaf)
        nothing = not stands_out(finer, finer.claimed) and is_nothing(search, spot, seen, leaf)
        # Far off there are kinks, which cancel in bounds: a little more than those tells nothing of what is none.
        if finer.off.any() and not (nothing and np.max(finer.excess) < SLIGHT):
            return _accused(search, spot, finer)
        if not nothing and not stands_out(finer, finer.claimed):
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
    search: Shared, spot: Spot, left: list[int], resolution: dict[str, float], worst: float
) -> Answer:
    """Ask the means of many values about the arrays in which noise hides too much."""
    unknown: list[int] = []
    wrong: list[int] = []
    for leaf in left:
        seen = averaged(search, spot, leaf)
        if seen is not None and seen.off.any():
            near = search.nearby(spot, NEARBY[1])
            again = averaged(search, near, leaf) if near else None
            (wrong if again is not None and again.off.any() else unknown).append(leaf)
        elif seen is None or not stands_out(seen, seen.claimed):
            unknown.append(leaf)
        if seen is not None:
            name = search.subject.names[leaf]
            resolution[name] = min(resolution[name], resolution_of(search, spot, seen)[name])
    if wrong:
        names = [f"d{search.subject.names[i]}" for i in wrong]
        blocks = tuple(Block(name, "wrong, by the mean of many values of f") for name in names)
        return Answer(f"wrong in {', '.join(names)}", False, blocks, resolution, worst)
    if unknown:
        return _undecided(search, spot, unknown, resolution, worst)
    return Answer("", False, (), resolution, worst)


def _is_stationary(search: Shared, spot: Spot, seen: Comparison) -> bool:
    """Is it small only here, and right and large nearby?"""
    near = search.nearby(spot, NEARBY[-1])
    if near is None:
        return False
    found = compared(search, near)
    if not found.agrees or not stands_out(found, found.claimed):
        return False
    here = np.max(np.abs(seen.claimed)) + np.min(seen.bound)
    return bool(CLEAR * here <= np.max(np.abs(found.claimed)))


def _undecided(
    search: Shared, spot: Spot, left: list[int], resolution: dict[str, float], worst: float
) -> Answer:
    names = ", ".join(f"d{search.subject.names[i]}" for i in left)
    try:
        noisy = search.noisy or search.learn_noise(spot)
    except TooManyEvaluations:
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


# wrong, excused, or undecided


def _accused(search: Shared, spot: Spot, first: Comparison) -> Answer:
    """Find out whether a difference is a mistake, and say where."""
    resolution, worst = resolution_of(search, spot, first), float(np.max(first.excess))
    try:
        if search.learn_noise(spot):
            search.ladder = USUAL
            again = compared(search, spot)
            if not again.off.any():
                return _weighed(search, spot, again)
            first = again
        if _is_small(first) and search.learn_jumps(spot):
            search.ladder = USUAL
            again = compared(search, spot)
            if not again.off.any():
                return _weighed(search, spot, again)
            first = again
        search.enough = FINER * float(np.max(np.abs(first.claimed - first.measured)[first.off]))
        differs = _differs_nearby(search, spot, first)
        if differs is False:
            return _at_this_point_alone(search, spot, first)
        look = first_look(search, spot, first)
    except TooManyEvaluations:
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
    search: Shared, spot: Spot, first: Comparison, look: Look
) -> tuple[Excuse | None, list[WrongArray]]:
    if look.excuse is not None or look.faint:
        return look.excuse, []
    try:
        findings = wrong_arrays(search, spot, look.suspected)
        if not look.calm:
            return None, findings
        if any(found.suspects for found in findings):
            return excuse_for(search, spot, findings, look.large), findings
        return slight(first.of(first.worst_output), alike=True), findings
    except TooManyEvaluations:
        if look.calm:
            few = f"max_evaluations={search.limit} are too few to rule out an eps or a clip in f"
            return Excuse(few, proven=False), []
        return None, []


def _wrong(
    search: Shared,
    spot: Spot,
    first: Comparison,
    findings: list[WrongArray],
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


def _is_right(search: Shared, spot: Spot, claim: Claim) -> bool:
    """Does another claim agree with what is measured here?"""
    other = replace(search, claim=claim, other_order=None)
    try:
        at = other.spot_if_any(spot.args)
        return at is not None and compared(other, at).agrees
    except TooManyEvaluations:
        return False


def _differs_nearby(search: Shared, spot: Spot, first: Comparison) -> bool | None:
    """Is it wrong at points nearby as well? None if nothing can be told there."""
    for size in NEARBY:
        near = search.nearby(spot, size)
        if near is None:
            continue
        found = compared(search, near)
        if search.ladder is not USUAL and found.agrees and not _tells_apart(found, first):
            search.ladder = USUAL
            found = compared(search, near)
        if found.off.any():
            return True
        if found.agrees and _tells_apart(found, first) and stands_out(found, found.claimed):
            return False
    return None


def _tells_apart(found: Comparison, first: Comparison) -> bool:
    """Would *found* have shown a difference such as that of *first*, or was that one slight?"""
    if np.max(first.excess) < SLIGHT:
        return True
    gap = np.abs(first.claimed - first.measured)[first.off]
    return bool(np.min(found.bound[found.smooth]) <= np.max(gap))


def _at_this_point_alone(search: Shared, spot: Spot, first: Comparison) -> Answer:
    """A difference that is gone nearby: a convention, if f has a kink here; else a mistake."""
    resolution, worst = resolution_of(search, spot, first), float(np.max(first.excess))
    try:
        findings = wrong_arrays(search, spot, None)
    except TooManyEvaluations:
        findings = []
    certain = [f for f in findings if f.suspects and _is_smooth(search, spot, f)]
    if certain and worst >= STRONG:
        return _wrong(search, spot, first, certain, resolution)
    if worst < FAINT:
        wider = replace(first, bound=first.bound * FAINT)
        if stand_out(wider, wider.shares).all():
            answer = Answer("", False, (), resolution, worst)
            # along one direction a kink may by chance be all but cancelled
            block = None if first.smooth.all() else beyond_convention(search, spot)
            return answer if block is None else _wrong_at_a_kink(answer, block)
    if _has_a_kink(search, spot):
        words = "differs at exactly this point and nowhere near it: a convention at a kink"
        return _as_a_convention(search, spot, Answer("", False, (), resolution, worst), words)
    problem = "undecided: it differs at exactly this point, and nowhere near it"
    return Answer(problem, True, (), resolution, worst)


def _as_a_convention(search: Shared, spot: Spot, answer: Answer, words: str) -> Answer:
    """*answer*, with *words* on the kink at *spot*, unless what is claimed there is none of its slopes."""
    search.notes.append(words)
    block = None if answer.problem else beyond_convention(search, spot)
    return answer if block is None else _wrong_at_a_kink(answer, block)


def _wrong_at_a_kink(answer: Answer, block: Block) -> Answer:
    return replace(answer, problem=f"wrong in {block.name}, at a kink", blocks=(block,))


def _is_smooth(search: Shared, spot: Spot, found: WrongArray) -> bool:
    """Is f smooth along all that is wrong of one array?"""
    if found.table is not None:
        return bool(found.table.off.any())
    moved = [search.directions_of(spot.leaves, found.leaf) for _ in range(DIRECTIONS)]
    seen = search.compare(spot, moved)
    return bool(seen.smooth.all() and seen.off.any())


def _has_a_kink(search: Shared, spot: Spot) -> bool:
    """Is f not smooth along some array of its own?"""
    for leaf in range(len(spot.leaves)):
        moved = [search.directions_of(spot.leaves, leaf) for _ in range(DIRECTIONS)]
        if not search.compare(spot, moved).smooth.all():
            return True
    return False
