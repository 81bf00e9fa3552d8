"""The keys of an assignment file. Whatever stands here is what a file may say, and nothing else."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Visibility = Literal["visible", "after_due_date", "after_published", "hidden"]
Standing = Literal["required", "optional", "bonus"]


class CheckRules(Struct, frozen=True, forbid_unknown_fields=True):
    """How one check of an exercise counts, and who sees it.

    weight: its part of the points beside the other checks that earn; 1 if nothing is said.
    cost: points that failing it takes away, advice included; for checks that earn nothing.
    """

    weight: float | None = None
    cost: float | None = None
    visibility: Visibility = "visible"


class Tolerance(Struct, frozen=True, forbid_unknown_fields=True):
    """Room beyond rounding: relative to the largest entry of what is due, and absolute; *reason* says why."""

    reason: str
    relative: float = 0.0
    absolute: float = 0.0


class ExerciseRules(Struct, frozen=True, forbid_unknown_fields=True):
    """What one exercise is worth, which function answers it, how its checks count.

    points: 1 if nothing is said. kind: an optional exercise is judged if it is written, and worth nothing;
    a bonus adds to the score and not to the maximum. function: the name to look for, if not the usual ones.
    """

    points: float | None = None
    kind: Standing = "required"
    function: str | None = None
    checks: dict[str, CheckRules] = {}
    tolerance: Tolerance | None = None

    @property
    def worth(self) -> float:
        """Points to be had here."""
        if self.kind == "optional":
            return 0.0
        return 1.0 if self.points is None else self.points


class Imports(Struct, frozen=True, forbid_unknown_fields=True):
    """The modules that a submission may import; anything else costs *cost* points, all if nothing is said."""

    allowed: list[str]
    cost: float | None = None


class LimitRules(Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds to load, for one answer, for all answers of one function, for the submission; megabytes."""

    load: float | None = None
    call: float | None = None
    function: float | None = None
    submission: float | None = None
    memory: int | None = None


class NetworkRules(Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes at which the gradients of a network are checked; tasks it has to learn, with the accuracy to reach."""

    sizes: list[list[int]] = []
    training: dict[str, float] = {}


class Lock(Struct, frozen=True, forbid_unknown_fields=True):
    """What the file was written for: versions, and the digest of the inputs that are tried."""

    checkgrad: str | None = None
    numpy: str | None = None
    probes: str | None = None


class AssignmentFile(Struct, frozen=True, forbid_unknown_fields=True):
    """An assignment file."""

    name: str = ""
    exercises: dict[str, ExerciseRules] = {}
    conventions: dict[str, str] = {}
    network: NetworkRules = NetworkRules()
    imports: Imports | None = None
    limits: LimitRules = LimitRules()
    own: str | None = None  # a Python file beside this one, with exercises of the teacher's
    seed: int | None = None
    secret: str | None = None  # the environment variable that holds it
    examples: Visibility = "visible"
    hints: Visibility = "visible"
    strict: bool = False  # what computes gradients and was not judged fails the run
    released: bool = False  # shows what waits for the due date or for publication
    lock: Lock = Lock()
