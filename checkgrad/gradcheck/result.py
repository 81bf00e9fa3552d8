"""What check_gradient found out, and its words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["right", "wrong", "undecided"]


@dataclass(frozen=True)
class Entry:
    """One entry of the derivative: what the function under test says, and what was measured."""

    where: str
    analytic: float
    numeric: float
    bound: float

    @property
    def ratio(self) -> float:
        """How many times too large it is; NaN where nothing is due."""
        return self.analytic / self.numeric if abs(self.numeric) > self.bound else float("nan")

    def __str__(self) -> str:
        return (
            f"{self.where}: analytic {self.analytic:.9g}, numeric {self.numeric:.9g}"
            f" (bound {self.bound:.1e}), ratio {self.ratio:.6g}"
        )


@dataclass(frozen=True)
class Block:
    """One array of the derivative that is wrong.

    structure: how it relates to what is due, as the rest of a sentence: "7 times too large".
    entries: those that are wrong; of many, some.
    """

    name: str
    structure: str
    entries: tuple[Entry, ...] = ()

    def __str__(self) -> str:
        head = f"{self.name} is {self.structure or 'wrong'}"
        return "\n".join([head, *(f"    {entry}" for entry in self.entries)])


@dataclass(frozen=True)
class GradientCheck:
    """The answer of check_gradient: true when the derivative is right.

    problem: "" or one sentence. wrong: the arrays that are wrong. notes: what is worth knowing all the same.
    resolution: for each array, the error in a single entry that cannot have gone unnoticed.
    worst: the largest deviation found, as a fraction of what explains it; above 1 something is wrong.
    undecided: is the problem only that nothing could be told?
    """

    problem: str = ""
    wrong: tuple[Block, ...] = ()
    notes: tuple[str, ...] = ()
    resolution: dict[str, float] = field(default_factory=dict)
    worst: float = 0.0
    evaluations: int = 0
    seed: int = 0
    undecided: bool = False

    @property
    def verdict(self) -> Verdict:
        """ "right", "wrong" or "undecided"."""
        if not self.problem:
            return "right"
        return "undecided" if self.undecided else "wrong"

    @property
    def ok(self) -> bool:
        """Is it right?"""
        return self.verdict == "right"

    def __bool__(self) -> bool:
        return self.ok

    def assert_ok(self) -> None:
        """Raise AssertionError with all that was found, unless the derivative is right."""
        if self.undecided:
            raise AssertionError(f"the derivative could not be judged\n{self!r}")
        if self.problem:
            raise AssertionError(f"the derivative is not right\n{self!r}")

    def __repr__(self) -> str:
        first = self.problem or "the derivative agrees with the differences of f"
        lines = [first, *(f"  {line}" for b in self.wrong for line in str(b).splitlines())]
        lines += [f"  note: {note}" for note in self.notes]
        if self.resolution and self.verdict != "wrong":
            finest = ", ".join(f"d{name} {size:.1e}" for name, size in self.resolution.items())
            lines.append(f"  any single entry off by more than this would have shown: {finest}")
        return "\n".join([*lines, f"  seed={self.seed}, {self.evaluations} evaluations of f"])
