"""An exercise is one function the student writes: its right formula, its inputs, its known mistakes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from checkgrad.child.behaviour import Behaviour

Formula = Callable[..., Any]
Probe = tuple[Any, ...]
Draw = Callable[[np.random.Generator], Iterable[Probe]]


class Kind(StrEnum):
    """What sort of function an exercise is: it tells how it is called and what stands beside it in a module."""

    ACTIVATION = "activation"  # of logits alone
    LOSS = "loss"  # of outputs or logits, and targets
    LAYER = "layer"  # of inputs and parameters
    PENALTY = "penalty"  # of parameters alone
    UPDATE = "update"  # one step of an optimiser
    METRIC = "metric"
    ENCODING = "encoding"  # of labels
    FUNCTION = "function"  # any other


@dataclass(frozen=True, eq=False)
class Misconception:
    """A wrong formula, the sentence that explains it, and a hint that asks a question."""

    name: str
    formula: Formula
    explanation: str
    hint: str
    same_as: tuple[str, ...] = ()  # twins: no probe tells them apart
    unless: str = ""  # the variant or calling it equals: it accuses only where that is ruled out
    at: str = "probes"  # where it shows: also "extremes" (not finite), "inputs" (changes them)
    also: tuple[Formula, ...] = ()  # the same mistake written in another way, with other numbers


@dataclass(frozen=True, eq=False)
class Variant:
    """Another right formula, under a named convention."""

    name: str
    formula: Formula
    note: str
    convention: dict[str, str]


@dataclass(frozen=True, eq=False)
class Calling:
    """Another right way to be called: *arguments* turns a probe into what such a function takes."""

    name: str
    arguments: Callable[..., Probe]
    note: str
    convention: dict[str, str]


@dataclass(frozen=True, eq=False)
class Law:
    """Something true of every right implementation: two expressions that must agree.

    holds(function, *probe) returns (left, right). It may return None where its precondition is not met.
    """

    name: str
    holds: Callable[..., tuple[Any, Any] | None]
    statement: str


@dataclass(frozen=True)
class Derivative:
    """What an exercise differentiates: with respect to which arguments of which other exercise, and where.

    at: turns a probe of the derivative into the arguments of *of*.
    upstream: the weights of the entries of the output in the vector-Jacobian product; None weighs all with 1,
        which is the gradient of a scalar and the slope of an elementwise function.
    jacobian: every entry of the output by every entry of the argument, rows independent.
    """

    of: Exercise
    at: Callable[..., Probe]
    wrt: tuple[int, ...] = (0,)
    upstream: Callable[..., Any] | None = None
    jacobian: bool = False


class Shorter(NamedTuple):
    """A convention under which a function is given one argument less, and what becomes of a formula then.

    tells: can what is lacking be told from the rest of a probe, however one goes about it?
    """

    role: str
    key: str
    value: str
    cut: Callable[[Formula], Formula]
    tells: Callable[..., bool]


class DerivationStep(NamedTuple):
    """One line of a derivation: why it holds, the equation as text and as LaTeX, and its two sides as numbers of a probe."""

    why: str
    text: str
    latex: str
    sides: Callable[..., tuple[Any, Any]]


@dataclass(eq=False)
class Exercise:
    """One function to write, and all that is known about it.

    formula: the reference; its parameters name the roles (z logits, y outputs, t targets, dy upstream ...).
    draw: the ordinary probes, on which values are judged.
    extremes: probes at which only stability is judged.
    in_place: roles whose arrays may be changed: an update's parameters, a gradient that is handed back changed.
    returns: what the members of an answer are called, where it is a group.
    sort: the kind that is declared; a derivative is of the kind of what it differentiates.
    spoken: what code calls it besides its name, without underscores and capitals.
    fuses: the output function and the loss that it puts together.
    by_text: whether the names that a source mentions, of a function whose own name tells nothing, are those of this one.
    of_two_classes: what its name means in a module of one output. with_targets: what its name means of a function,
        or of its derivative where it is an activation, that is given targets.
    shorter: how it does without one of its arguments, where people write it so.
    example: arguments and the value there, worked out on paper; of what is no derivative.
    starter: its points in an assignment to begin with, 0 where that does not ask for it.
    calculation: the lines that lead to one entry by hand, see exercises/worked.py.
    derivation: where its formula comes from, a line at a time.
    compositions: itself as code makes it of other exercises; use(exercise) is the function that answers one.
    """

    formula: Formula
    draw: Draw
    extremes: Callable[[], Iterable[Probe]]
    title: str
    latex: str
    source: str
    derivative: Derivative | None = None
    in_place: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    sort: Kind = Kind.FUNCTION
    spoken: tuple[str, ...] = ()
    fuses: tuple[Exercise, Exercise] | None = None
    by_text: Callable[[frozenset[str]], bool] | None = None
    of_two_classes: Exercise | None = None
    with_targets: Exercise | None = None
    shorter: Shorter | None = None
    example: tuple[Probe, Any] | None = None
    starter: int = 0
    calculation: Formula | None = None
    derivation: tuple[DerivationStep, ...] = ()
    compositions: list[Formula] = field(default_factory=list)
    misconceptions: list[Misconception] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    callings: list[Calling] = field(default_factory=list)
    laws: list[Law] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.formula.__name__

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """Names of the formula's required parameters."""
        return tuple(
            p.name
            for p in inspect.signature(self.formula).parameters.values()
            if p.default is inspect.Parameter.empty
        )

    @property
    def base(self) -> Exercise:
        """What it is the derivative of, or itself."""
        return self.derivative.of if self.derivative else self

    @property
    def kind(self) -> Kind:
        return self.base.sort

    @property
    def from_above(self) -> tuple[str, ...]:
        """The roles in which a derivative is handed a gradient: those that its base does not have."""
        return tuple(role for role in self.roles if role not in self.base.roles)

    @property
    def is_slope(self) -> bool:
        """Is it the slope of each entry by itself, which is multiplied with what comes from above?"""
        found = self.derivative
        elementwise = found and found.upstream is None and not found.jacobian
        return bool(elementwise and self.kind is Kind.ACTIVATION)

    @property
    def is_gradient_of_a_loss(self) -> bool:
        return self.derivative is not None and self.kind is Kind.LOSS

    @property
    def summary(self) -> str:
        return words(self.formula)

    def __call__(self, *args: Any) -> Any:
        return self.formula(*args)

    def probes(self, seed: int = 0) -> list[Probe]:
        """The ordinary probes; the same seed draws the same."""
        return list(self.draw(np.random.default_rng(seed)))

    def also_right(self, **convention: str) -> Callable[[Formula], Formula]:
        """Register a formula that is right as well; its docstring is the note a student reads."""

        def register(formula: Formula) -> Formula:
            self.variants.append(Variant(formula.__name__, formula, words(formula), convention))
            return formula

        return register

    def also_called(self, **convention: str) -> Callable[[Formula], Formula]:
        """Register another way to be called: a function from a probe to the arguments handed over."""

        def register(arguments: Formula) -> Formula:
            self.callings.append(
                Calling(arguments.__name__, arguments, words(arguments), convention)
            )
            return arguments

        return register

    def law(self, holds: Formula) -> Formula:
        """Register a law; its docstring is the statement."""
        self.laws.append(Law(holds.__name__, holds, words(holds)))
        return holds

    def without(
        self, role: str, *, tells: Callable[..., bool] = lambda *_: True, **convention: str
    ) -> Callable[[Callable[[Formula], Formula]], Callable[[Formula], Formula]]:
        """Register what becomes of a formula whose *role* is not given; *convention* names that choice.

        tells: of a probe, can the role be told from the rest of it?
        """
        ((key, value),) = convention.items()

        def register(cut: Callable[[Formula], Formula]) -> Callable[[Formula], Formula]:
            self.shorter = Shorter(role, key, value, cut, tells)
            return cut

        return register

    def told_by(self, holds: Callable[[frozenset[str]], bool]) -> Callable[[frozenset[str]], bool]:
        """Register how the names that a source mentions tell it."""
        self.by_text = holds
        return holds

    def by_hand(self, calculation: Formula) -> Formula:
        """Register how one entry is worked out by hand: (at, share, *probe) to its lines."""
        self.calculation = calculation
        return calculation

    def derived(self, *steps: DerivationStep) -> None:
        """Register where the formula comes from."""
        self.derivation = steps

    def composed(self, formula: Formula) -> Formula:
        """Register the exercise as it is made of others: (use, *probe) to its value."""
        self.compositions.append(formula)
        return formula

    def misconception(
        self,
        *,
        hint: str,
        same_as: Iterable[Formula] = (),
        unless: Formula | str = "",
        at: str = "probes",
        also: Iterable[Formula] = (),
    ) -> Callable[[Formula], Formula]:
        """Register a wrong formula; its docstring is the explanation, *hint* a question.

        unless: the variant or calling that makes the same formula right, or its name if it is generated.
        """

        def register(formula: Formula) -> Formula:
            twins = tuple(twin.__name__ for twin in same_as)
            excuse = unless if isinstance(unless, str) else unless.__name__
            told = Misconception(
                formula.__name__, formula, words(formula), hint, twins, excuse, at, tuple(also)
            )
            self.misconceptions.append(told)
            return formula

        return register


def named(name: str, sentence: str, formula: Formula) -> Formula:
    """Give a generated *formula* the name and the docstring it would have if it were written out."""
    formula.__name__, formula.__doc__ = name, sentence
    return formula


def upstream(shape: tuple[int, ...]) -> Any:
    """Return the weights that an elementwise derivative is asked to be multiplied with.

    They are powers of two, so that dividing by them again is exact.
    """
    return np.resize([1.0, -2.0, 0.5, 4.0, -0.5, 2.0, -1.0], shape)


def words(formula: Formula) -> str:
    """The docstring of *formula*, which is text for students, so it must exist."""
    if not formula.__doc__:
        raise TypeError(
            f"{formula.__name__} needs a docstring: one sentence that a student will read"
        )
    return inspect.cleandoc(formula.__doc__)


def exercise(
    draw: Draw,
    *,
    latex: str,
    source: str,
    title: str = "",
    extremes: Callable[[], Iterable[Probe]] = tuple,
    derivative: Derivative | None = None,
    in_place: tuple[str, ...] = (),
    returns: tuple[str, ...] = (),
    kind: Kind = Kind.FUNCTION,
    spoken: str = "",
    fuses: tuple[Exercise, Exercise] | None = None,
    example: tuple[Probe, Any] | None = None,
    starter: int = 0,
) -> Callable[[Formula], Exercise]:
    """Make an exercise of its right formula.

    latex: the formula as the report shows it. source: where it is derived. title: its name in words.
    returns: the names of what is returned, where that is more than one array.
    kind: of what is no derivative. spoken: what code calls it besides its name, words without underscores and capitals.
    example: arguments and the value there, worked out on paper; of what is no derivative.
    starter: its points in an assignment to begin with.
    """

    def wrap(formula: Formula) -> Exercise:
        name = title or formula.__name__.replace("_", " ")
        return Exercise(
            formula,
            draw,
            extremes,
            name,
            latex,
            source,
            derivative,
            in_place,
            returns,
            sort=kind,
            spoken=tuple(spoken.split()),
            fuses=fuses,
            example=example,
            starter=starter,
        )

    return wrap


class Failed(Exception):
    """A call of the student's function that gave no value; *behaviour* tells why."""

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(behaviour.raised or behaviour.died)
        self.behaviour = behaviour
