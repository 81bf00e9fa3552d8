"""What makes right what is wrong: repairs for the report of a submission, once all its verdicts stand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from checkgrad.model import Outcome, Report, Verdict

if TYPE_CHECKING:
    from checkgrad.diagnose.surgery import AnyReading, Surgery
    from checkgrad.diagnose.surgery.of_functions import OwnLoss

NO_TIME = "what would make it right was not looked for, for want of time"
RIGHT, SLOPE = "matches_the_formula", "agrees_with_the_numeric_derivative"
EXTREMES, GIVEN = "survives_extreme_inputs", "leaves_its_inputs_alone"
# how the function of an outcome is understood
ReadingOf: TypeAlias = "Callable[[Outcome], AnyReading | None]"


def operated(
    report: Report,
    begin: Callable[[set[str]], Surgery],
    read: ReadingOf,
    own: Callable[[Outcome], OwnLoss | None],
    seed: int,
) -> Report:
    """The report with repairs at the first failure of every function that is not right by itself.

    What there is no time for is told as that.
    """
    wanted = _first_failures(report.outcomes)
    if not wanted:
        return report
    from checkgrad.diagnose.surgery.table import NoTimeLeft  # only for what is not right

    found: dict[int, Outcome] = {}
    late = False
    with closing(begin(_sound(report.outcomes))) as surgery:
        for i in wanted:
            outcome = report.outcomes[i]
            if late:
                found[i] = replace(outcome, note=_with(outcome.note, NO_TIME))
                continue
            reading = read(outcome)
            own_loss = own(outcome) if outcome.check == SLOPE else None
            extreme = outcome.check == EXTREMES
            try:
                repairs = surgery.repairs_for(reading, seed, own_loss, extreme) if reading else []
            except NoTimeLeft:
                late, repairs = True, []
                found[i] = replace(outcome, note=_with(outcome.note, NO_TIME))
            if repairs:
                found[i] = replace(outcome, repairs=repairs)
    outcomes = [found.get(i, outcome) for i, outcome in enumerate(report.outcomes)]
    return replace(report, outcomes=outcomes)


def _with(note: str, words: str) -> str:
    return f"{note}; {words}" if note else words


def _sound(outcomes: list[Outcome]) -> set[str]:
    """The functions that were judged, and are right in all that was asked."""
    judged = {o.function for o in outcomes if o.check == RIGHT and o.verdict is Verdict.PASSED}
    return judged - {o.function for o in outcomes if o.verdict.failed}


def _first_failures(outcomes: list[Outcome]) -> list[int]:
    """Of each function the first outcome that is wrong or stopped with an error, and follows from no other."""
    found: dict[tuple[str, str], int] = {}
    for i, outcome in enumerate(outcomes):
        # that what was given is changed is no matter of what is given back
        wrong = outcome.verdict in (Verdict.WRONG, Verdict.CRASHED) and outcome.check != GIVEN
        if wrong and outcome.follows_from in ("", outcome.exercise):
            found.setdefault((outcome.exercise, outcome.function), i)
    return sorted(found.values())
