"""What is asked of a training loop: does its turn run, and do its steps go down the slope of a loss?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from checkgrad.asking.network import exists, gradients
from checkgrad.child.inventory import TrainingLoop
from checkgrad.judging import Question, bare_outcome
from checkgrad.model import Curve, Evidence, Outcome, OwnTraining, Scatter, Verdict
from checkgrad.networks.candidates import NetworkCandidate
from checkgrad.reading.loops import LoopReading

MOST_PIECES = 6  # that are called by us
ASKED = (exists.__name__, gradients.__name__)
VERDICTS = {"right": Verdict.PASSED, "wrong": Verdict.WRONG, "crashed": Verdict.CRASHED}


def updating(loop: TrainingLoop) -> list[str]:
    """The functions in which a loop changes parameters, "" for the loop itself at top level."""
    return [name or ("" if loop.name.startswith("loop, ") else loop.name) for name in loop.updates]


def apart(
    loops: Sequence[TrainingLoop],
    networks: Iterable[NetworkCandidate],
    functions: Iterable[str] = (),
) -> Iterator[TrainingLoop]:
    """The loops that change parameters outside of what was recognised as a network or a function; each name once.

    Then what gives gradients, or is a turn, and is used by none of them.
    """
    known = {d.name for network in networks for d in network.parts}
    names: set[str] = set()
    for loop in loops:
        alone = loop.number >= 0 and loop.name not in names
        if alone and not all(name in known for name in updating(loop)):
            names.add(loop.name)
            yield loop
    known |= names | set(functions) | {name for one in loops for name in one.reaches}
    owners = {name.rpartition(".")[0] for name in functions} - {""}
    rest = [
        loop
        for loop in loops
        if loop.number < 0
        and not loop.user
        and not {loop.name, loop.name.rpartition(".")[0]} & (known | owners)
    ]
    yield from rest[:MOST_PIECES]


def around(loops: Iterable[TrainingLoop], network: NetworkCandidate) -> list[TrainingLoop]:
    """The loops that use what was recognised as a network; those that are its own come last."""
    parts = {d.name for d in network.parts}
    own = network.function
    return [
        loop
        for loop in loops
        if loop.number >= 0
        and (loop.name in parts or parts & set(loop.reaches))
        or loop.name == own
        or loop.name.startswith(own + ".")
    ]


def with_pieces(loops: Iterable[TrainingLoop], among: Iterable[TrainingLoop]) -> list[TrainingLoop]:
    """Each loop, and behind it what gives its gradients, which may be read where the loop itself is not."""
    found: dict[TrainingLoop, None] = {}
    for loop in loops:
        found[loop] = None
        found |= {one: None for one in among if one.number < 0 and one.name in loop.reaches}
    return list(found)


def in_its_own_right(reading: LoopReading) -> LoopReading:
    """What a loop of a file that only uses the submission says of it: its mistakes, if any, have to be the submission's."""
    loop = reading.loop
    if loop.user in ("", "imported") or reading.verdict in ("right", "unclear"):
        return reading
    if loop.user == "plain" and reading.verdict == "wrong":
        return reading
    return LoopReading(loop, "unclear", f"what {loop.file} does beside it may be what is not right")


def others(loops: Sequence[TrainingLoop], loop: TrainingLoop) -> list[int]:
    """Numbers of the loops that are cut short on the way to this one."""
    mine = {loop.number, *loop.inner}
    elsewhere = {one.number for one in loops if one.file == loop.file and one.number >= 0}
    return sorted(elsewhere - mine)


def outcome_of(question: Question, reading: LoopReading, pictures: bool) -> Outcome:
    """The outcome of a question about a loop that was read."""
    verdict = VERDICTS[reading.verdict]
    if reading.advice and verdict is Verdict.PASSED:
        verdict = Verdict.ADVICE
    if question.check != gradients.__name__:
        verdict = verdict if verdict is Verdict.CRASHED else Verdict.PASSED
    problem = reading.why if verdict.failed else reading.advice if verdict is Verdict.ADVICE else ""
    outcome = bare_outcome(question, verdict, problem)
    if question.check != gradients.__name__:
        return outcome
    note = "" if verdict is Verdict.CRASHED else note_of(reading)
    drawn = list(_scatter(reading)) if pictures else []
    return replace(outcome, note=note, corroboration=reading.corroboration, evidence=drawn)


def note_of(reading: LoopReading) -> str:
    """The reading in words."""
    said = f"read as a training loop: it goes down the {reading.loss}" if reading.loss else ""
    rate = f"at rate {reading.rate:.6g}" if reading.rate and reading.right else ""
    return "; ".join(filter(None, (" ".join(filter(None, (said, rate))), reading.note)))


def _scatter(reading: LoopReading) -> Iterator[Evidence]:
    """Every step along a direction, over the rate, beside the slope there."""
    table, attempt = reading.table, reading.attempt
    if table is None or attempt is None or not attempt.rate:
        return
    slopes = attempt.slopes
    analytic = (-table.u / attempt.rate).tolist()
    yield Scatter(
        "steps over the rate, along random directions",
        slopes.value.tolist(),
        analytic,
        slopes.error.tolist(),
    )


def own_training(reading: LoopReading, pictures: bool) -> list[OwnTraining]:
    """How the loss goes that the loop goes down, as the module runs it."""
    course = reading.course
    if course is None or not pictures:
        return []
    turns = [float(n + 1) for n in course.turns]
    curve = Curve("Loss", "turn", "loss", turns, {"yours": list(course.losses)})
    return [OwnTraining(reading.loop.name, curve)]
