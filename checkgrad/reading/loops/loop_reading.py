"""What is said of a loop."""

from __future__ import annotations

from dataclasses import dataclass, field

from checkgrad.child.inventory import TrainingLoop
from checkgrad.reading.loops.course import Course
from checkgrad.reading.loops.fit import Attempt, Equations
from checkgrad.reading.loops.points import Points

UP = "goes up the slope"


@dataclass
class LoopReading:
    """What is said of a loop.

    verdict: "right", "wrong", "crashed" or "unclear". why: of what is not right, in a sentence.
    wrong: blocks, each with what is wrong with its step. evidence codes as in model.Outcome.corroboration.
    points, table, attempt: what a repair is sought with. course: how the loss goes on, of what the module runs itself.
    """

    loop: TrainingLoop
    verdict: str
    why: str = ""
    note: str = ""
    reached: bool = True
    loss: str = ""
    rate: float = 0.0
    right: list[str] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)
    by_penalty: bool = False  # is it wrong in a penalty alone?
    # what it should take away of parameters then
    decays: dict[str, float] = field(default_factory=dict)
    advice: str = ""  # what is worth knowing of what is right
    corroboration: list[str] = field(default_factory=list)
    called: bool = False  # by us, for the module does not run it
    by_outputs: bool = False  # and handed the slope of a squared error of outputs
    points: Points | None = None
    table: Equations | None = None
    attempt: Attempt | None = None
    course: Course | None = None
    leave: tuple[int, ...] = ()  # the loops that are cut short on the way to it
    idle: bool = False  # did its turns, as far as they were run, show nothing of what trains?
    stops_at: int = 0  # the line at which it stops, whenever it is called

    @property
    def ran(self) -> tuple[str, ...]:
        """The functions that its turns went through; of what was not run to its end, all that it calls."""
        known = self.points.roles.bench.ran if self.points else ()
        return known or self.loop.reaches

    @property
    def goes_up(self) -> bool:
        """Does every step go up the slope of the loss?"""
        return self.verdict == "wrong" and set(self.wrong.values()) == {UP}

    @property
    def as_it_is(self) -> bool:
        """Does it go down its loss exactly, in the module's own work?"""
        return not self.called and not self.note
