"""The nouns of a report. Plain frozen data, all of it goes to JSON; nothing here computes a verdict."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, field

Numbers = (
    Any  # a number, or nested lists of numbers; a string where a value could only be described
)


class Verdict(StrEnum):
    """How one check ended. Only the last four mean that something is not right with the submission."""

    PASSED = "passed"
    ADVICE = "advice"  # a true finding that does not fail the run
    NOT_RUN = "not_run"  # deselected
    NOT_JUDGED = "not_judged"  # no statement about the code: neither a success nor a failure
    GRADER_FAULT = "grader_fault"  # our own fault: never costs the student a point
    WRONG = "wrong"
    CRASHED = "crashed"
    OVER_LIMIT = "over_limit"
    MISSING = "missing"

    @property
    def failed(self) -> bool:
        """Does this verdict count against the submission?"""
        return self in (Verdict.WRONG, Verdict.CRASHED, Verdict.OVER_LIMIT, Verdict.MISSING)


class Diagnosis(Struct, frozen=True):
    """A known mistake that does exactly what the student's code did."""

    name: str
    explanation: str
    hint: str


class Curve(Struct, frozen=True, tag="curve"):
    """Lines over a common x: a function and its derivative, a loss over steps, an error over step sizes."""

    title: str
    x_label: str
    y_label: str
    x: list[float]
    lines: dict[str, list[float]]  # label -> y; the student's line is called "yours"
    logarithmic: bool = False  # both axes


class Matrix(Struct, frozen=True, tag="matrix"):
    """A Jacobian or a parameter's gradient, entry by entry."""

    title: str
    got: list[list[float]]
    expected: list[list[float]]
    wrong: list[tuple[int, int]]
    row_label: str = "row"
    column_label: str = "column"


class Scatter(Struct, frozen=True, tag="scatter"):
    """Analytic against numeric, one point an entry, with the bound of the numeric side."""

    title: str
    numeric: list[float]
    analytic: list[float]
    bound: list[float]


class Surface(Struct, frozen=True, tag="surface"):
    """A function of two variables on a grid, the student's beside the reference's."""

    title: str
    x_label: str
    y_label: str
    x: list[float]
    y: list[float]
    got: list[list[float]]  # [i][j] belongs to y[i], x[j]
    expected: list[list[float]]


class Layers(Struct, frozen=True, tag="layers"):
    """A network drawn as its layers, with the gradient blocks that are right and those that are not."""

    title: str
    sizes: list[int]
    right: list[str] = []  # names of blocks, "dW1" is between the first two layers
    wrong: list[str] = []
    activations: list[str] = []  # what each layer after the input applies


Evidence = Curve | Matrix | Scatter | Surface | Layers


class Worked(Struct, frozen=True):
    """A line of a calculation by hand: what is worked out and the same with numbers, as LaTeX, and its value."""

    name: str
    numbers: str
    value: float


class Example(Struct, frozen=True):
    """The smallest failing input: what was given, what came out, what was due."""

    arguments: dict[str, Numbers]
    got: Numbers
    expected: Numbers
    where: str = ""  # path of the worst entry, "[2, 0]" or "dW1[3, 1]"
    code: str | None = ""  # lines that set `got` where that is not simply function(*arguments)
    worked: list[Worked] = []  # the entry *where* by hand; the last line is what was due


class Source(Struct, frozen=True):
    """Lines of the submission: text to show, never to run."""

    file: str
    line: int  # the number of the first one
    text: str


class Place(Struct, frozen=True):
    """Where an expression or a definition stands: lines of the file from 1, columns from 0 as in ast.

    Of a notebook, the cell as well, and how many lines of the file stand before it: line - before is the line of the cell.
    """

    file: str
    line: int
    end_line: int
    column: int = 0
    end_column: int = 0  # 0: to the end of the line
    cell: int | None = None
    before: int = 0


class NotJudged(Struct, frozen=True):
    """Code that may compute gradients and has no verdict: what it looks like, and why nothing is said about it."""

    place: Place
    name: str  # "Net.train", or "loop, line 20"
    looks_like: str
    reason: str


class Repair(Struct, frozen=True):
    """An operation on one expression that makes everything right which the expression reaches."""

    place: Place
    text: str  # what stands there
    operation: str  # code: "replaced", "times", "transposed", ...
    due: str  # the quantity or the expression that is due there
    words: str  # the sentence for the student
    verified: int  # sets of data, of other sizes, on which it held
    question: str = ""  # to ask oneself before the repair is looked at
    before: str = ""  # the student's lines up to *text*, and behind it
    after: str = ""
    got: Numbers = None  # what the expression gives in the smallest example, and what is due
    expected: Numbers = None


class Outcome(Struct, frozen=True):
    """One check on one function of the submission."""

    exercise: str
    function: str
    check: str
    verdict: Verdict
    points: float | None = None
    maximum: float | None = None
    problem: str = ""  # one sentence: where, what was got, what was expected
    note: str = ""
    visibility: str = "visible"
    diagnoses: list[Diagnosis] = []
    structure: str = ""  # how the result relates to the truth: "7 times too large", "transposed"
    follows_from: str = ""  # the exercise whose mistake explains this one
    example: Example | None = None
    evidence: list[Evidence] = []
    error: float | None = None  # largest deviation found
    bound: float | None = None  # and what rounding explains at that entry
    seconds: float = 0.0
    traceback: str = ""  # the student's own lines
    source: Source | None = None  # the function as the student wrote it
    printed: str = ""
    since: Literal["", "new", "still there", "fixed"] = ""  # against the last run
    arithmetic: str = ""  # how the points came about: "earns 1.5 of the 2 points"
    staff: str = ""  # what the code said, where students are not to see it
    corroboration: list[str] = []  # why we believe that it is called as it is meant: codes
    repairs: list[Repair] = []  # the nearest to the loss first


ReadBy = Literal["usage", "names", "pinned", "asked"]


class ReadAs(Struct, frozen=True):
    """How a function of the submission was understood."""

    exercise: str
    function: str
    convention: dict[str, str] = {}  # "labels" -> "integers", "layout" -> "columns"
    note: str = ""
    read_by: ReadBy = "names"
    place: Place | None = None


class Region(Struct, frozen=True):
    """What a network answers over a square of inputs, after so many steps."""

    step: int
    got: list[list[float]]  # class index, or P(t=1), at [i][j] for y[i], x[j]
    expected: list[list[float]]


class TrainingRun(Struct, frozen=True):
    """The student's network on one task, beside the reference from the same start."""

    task: str  # "xor_binary", "xor_two_class", "three_class", "digits"
    title: str
    accuracy: float
    losses: list[float]
    reference_losses: list[float]
    steps: int
    note: str = ""
    reference_accuracy: float | None = None
    test_accuracy: float | None = None
    optimiser: str = ""  # "Adam" or "Descent"
    parted_at: int | None = None  # first step at which the two losses differ beyond rounding
    points: list[list[float]] = []  # the inputs, where they are in the plane
    labels: list[int] = []
    x: list[float] = []
    y: list[float] = []
    regions: list[Region] = []


class OwnTraining(Struct, frozen=True):
    """A training loop of the submission as it runs by itself, from its own start on its own data: the loss at some turns."""

    function: str
    curve: Curve


class Asked(Struct, frozen=True):
    """What an exercise asks for, as the report shows it."""

    name: str
    title: str
    summary: str
    formula: str  # LaTeX
    source: str
    derivation: str = ""  # LaTeX, one step a line


class Line(Struct, frozen=True):
    """A step of a derivation: why it holds, and the equation as text and as LaTeX."""

    why: str
    text: str
    latex: str


class Explanation(Struct, frozen=True):
    """What there is to say about an exercise, or about a mistake in it."""

    title: str
    summary: str
    hint: str = ""  # of a mistake, the question to ask oneself
    asked: str = ""  # and what was asked for
    formula: str = ""  # LaTeX
    steps: list[Line] = []
    mistakes: dict[str, str] = {}  # of an exercise: the known ones, each in a sentence
    source: str = ""


class Submission(Struct, frozen=True):
    name: str
    sha256: str
    printed: str = ""
    notes: list[str] = []


class Isolation(Struct, frozen=True):
    """What stood between the submission and the grader; only what was verified is listed."""

    layers: list[str] = []
    verified: str = ""
    level: str = "weak"  # or "strict"


class Environment(Struct, frozen=True):
    python: str
    numpy: str
    checkgrad: str


class Decision(Struct, frozen=True):
    """What staff decided about the points of an exercise, or of the whole where *exercise* is ""."""

    exercise: str
    points: float  # that it counts now
    instead_of: float
    reason: str
    author: str


class Report(Struct, frozen=True):
    """Everything found out about one submission."""

    submission: Submission
    outcomes: list[Outcome]
    environment: Environment
    schema: Literal["checkgrad/1"] = "checkgrad/1"
    assignment: str | None = None
    seed: int | None = 0  # None: the probes are secret
    isolation: Isolation = field(default_factory=Isolation)
    score: float | None = None
    maximum: float | None = None
    exercises: list[Asked] = []
    readings: list[ReadAs] = []
    not_judged: list[NotJudged] = []
    training: list[TrainingRun] = []
    own_training: list[OwnTraining] = []
    withheld: dict[str, str] = {}  # "examples" and "hints" that students do not see, and until when
    decisions: list[Decision] = []
