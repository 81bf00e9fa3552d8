"""What the own work of a submission shows of its functions and classes: how they are called, with what, for what.

    usage = Usage(worker.ask, worker.inventory.work)
    usage.shows(request, 7)         # is it called there as this request calls it, 7 being the number of samples?
    usage.of("Net.forward")         # its calls
    usage.plans(maker)              # what a constructor is given, with its sizes left open

The work is run under watch when something is asked of it for the first time, and once; without such work it is free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.calls import character
from checkgrad.child.inventory import Definition, Parameter
from checkgrad.child.request import Request, Result, Step
from checkgrad.child.wanted import Watch
from checkgrad.networks.counting import sizes_of_labels
from checkgrad.networks.names import constructor_token, is_rate, is_target, setting
from checkgrad.networks.script import (
    FUNCTION,
    HIDDEN,
    IN,
    OUT,
    REST,
    SIZES,
    SIZES_TUPLE,
    NetworkToken,
    T,
    X,
)
from checkgrad.reading.signature import Fill, positional
from checkgrad.sandbox.watching import Run, WatchedCall, WatchRequest, What, runs

WORK = "the module's own work"
# A loop over epochs is left after a few turns, one over layers goes to its end.
WATCH = Watch(longest=12, most=20_000, seconds=0.25, calls=True)
LABELS = ("labels", "one-hot", "one-hot in columns")
WHOLE = ("labels", "bits", "zeros", "one-hot", "one-hot in columns")
AXES = {
    "one-hot": 1,
    "probabilities": 1,
    "one-hot in columns": 0,
    "probabilities in columns": 0,
}
SHARES = (*AXES, "bits", "unit", "zeros")
INIT = ".__init__"


class Usage:
    """The calls that were seen when the files of *work* were run."""

    def __init__(
        self, ask: Callable[[Sequence[Request]], list[Behaviour]], work: Sequence[str]
    ) -> None:
        self.ask = ask
        self.work = tuple(work)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """One run a file that does work."""
        return tuple(
            runs(self.ask, [WatchRequest(WORK, WATCH, work=True, file=f) for f in self.work])
        )

    @property
    def instead(self) -> tuple[str, ...]:
        """What was stood in for."""
        return tuple(dict.fromkeys(name for run in self.runs for name in run.instead))

    @cached_property
    def calls(self) -> tuple[WatchedCall, ...]:
        return tuple(call for run in self.runs for call in run.calls)

    @cached_property
    def _by_function(self) -> Mapping[str, list[WatchedCall]]:
        found: dict[str, list[WatchedCall]] = {}
        for call in self.calls:
            found.setdefault(call.function, []).append(call)
        return found

    def of(self, function: str) -> tuple[WatchedCall, ...]:
        """The calls of a function, of a method "Net.forward", or of a class, whose constructor that is."""
        known = self._by_function
        return tuple(known.get(function) or known.get(function + INIT) or ())

    def takes_sizes(self, function: str) -> bool:
        """Is a function called there, and handed whole numbers alone, as a factory of layers is?"""
        handed = [given(call) for call in self._by_function.get(function, ())]
        whole = (
            what.kind == "number" and type(what.value) is int for call in handed for what in call
        )
        return any(handed) and all(whole)

    @cached_property
    def samples(self) -> frozenset[int]:
        """How many samples there were: the sizes along which labels lie; empty where no labels were seen."""
        # What a function gives may be counted along the wrong axis.
        for results in (False, True):
            sizes = (n for call in self.calls for n in sizes_of_labels(call, results))
            if found := frozenset(sizes):
                return found
        return frozenset()

    def shows(self, request: Request, samples: int, strict: bool = True) -> bool | None:
        """Is what *request* calls called the same way in the module's own work, *samples* being how many it has?

        strict: a function of logits is not shown to be one where it is only given numbers between 0 and 1.
        True: every function and class that it calls is, with arrays of the same axes in the same places. False: one
        is called there in other ways only. None: one is not called there, so that nothing is shown.
        """
        answers = [
            self.called_so(name, step.args, samples, strict)
            for step, name in self._named_calls(request.steps)
        ]
        return None if not answers or None in answers else all(answers)

    def _named_calls(self, steps: Sequence[Step]) -> Iterator[tuple[Step, str]]:
        """The steps that call something of the module, with its name, "Net.forward" for a method."""
        objects: dict[int, str] = {}
        looked_up: dict[int, str] = {}
        for i, step in enumerate(steps):
            if not all(type(p) is str and p[:1] == "." for p in step.path):
                continue
            name = ".".join(str(p)[1:] for p in step.path)
            if step.do == "get" and step.of is None:
                looked_up[i] = name
            elif step.of in looked_up and name == "__new__":
                objects[i] = looked_up[
                    step.of
                ]  # an object of a class that was not made as such are
            if step.do != "call":
                continue
            if step.of is None:
                if name + INIT in self._by_function:
                    objects[i] = name
                yield step, name
            elif step.of in objects and len(step.path) == 1:
                yield step, f"{objects[step.of]}.{name}"

    def called_so(
        self, function: str, arguments: Sequence[Any], samples: int, strict: bool = True
    ) -> bool | None:
        """Is *function* called there with arrays of the same axes in the same places? None: it is not called."""
        calls = [given(call) for call in self.of(function)]
        if not calls:
            return None
        return any(self._alike(places, arguments, samples, strict) for places in calls)

    def _alike(
        self, places: Sequence[What], arguments: Sequence[Any], samples: int, strict: bool
    ) -> bool:
        """Is there one meaning of all sizes under which a call and *arguments* are alike?"""
        if len(arguments) > len(places):
            return False
        sizes: dict[int, int] = {}
        return all(
            alike(what, argument, sizes, strict)
            for what, argument in zip(places, arguments, strict=False)
        ) and self._samples_agree(sizes, samples)

    def _samples_agree(self, sizes: Mapping[int, int], samples: int) -> bool:
        if not self.samples or samples not in sizes:
            return True
        if sizes[samples] in self.samples:
            return True
        return not any(size in self.samples for size in sizes.values())

    def settings(self, function: str, parameter: str) -> list[NetworkToken]:
        """What *parameter* is set to there: flags, texts and fractions, but no counts, of epochs for one."""
        given = [dict(call.arguments).get(parameter) for call in self.of(function)]
        plain = [what for what in given if what and what.kind in ("flag", "text", "number")]
        values = {repr(w.value): Fill(w.value) for w in plain if type(w.value) is not int}
        return list(values.values()) if len(plain) == len(given) else []

    # ---- constructors

    def plans(self, maker: Definition) -> Iterator[tuple[NetworkToken, ...]]:
        """What a constructor or an initialiser is given there, with the sizes of the layers left open."""
        found = [self._plan(call, maker) for call in self.of(maker.name)]
        yield from (plan for plan in dict.fromkeys(found) if plan is not None)

    def _plan(self, call: WatchedCall, maker: Definition) -> tuple[NetworkToken, ...] | None:
        """Tokens for what was handed over; None where that cannot be made again."""
        parameters = positional(maker.parameters or ())
        places = dict(call.arguments)
        inside = self._sizes_inside(call)
        if any(inside - {1} <= whole_numbers(what) for what in places.values()):
            inside = inside & frozenset().union(*map(whole_numbers, places.values()))
            single = frozenset[int]()  # one list holds all sizes
        else:
            single = inside
        tokens: list[NetworkToken | None] = []
        last = 0
        for i, parameter in enumerate(parameters):
            what = places.get(parameter.name, What("none"))
            tokens.append(token_for(parameter, what, inside, single))
            if not (parameter.optional and is_default(parameter, what)):
                last = i + 1
        return with_order(parameters[:last], tokens[:last])

    def _sizes_inside(self, call: WatchedCall) -> frozenset[int]:
        """The sizes of all arrays that a call made, in its object and in those that were made within."""
        within = {call.number}
        found = set(sizes_in(call.result))
        for other in self.calls:
            if other.caller in within and other.number > call.number:
                within.add(other.number)
                found |= set(sizes_in(other.result))
        return frozenset(found)


def given(call: WatchedCall) -> list[What]:
    """What a call was given, without its own object."""
    values = [what for _, what in call.arguments]
    own = call.function.rpartition(".")[0] and values and values[0].kind in ("object", "function")
    return values[1:] if own else values


def alike(what: What, value: Any, sizes: dict[int, int], strict: bool) -> bool:
    """Is *value* of the same axes and of the same kind? *sizes*: what each size of ours is there."""
    if isinstance(value, Result):
        return what.kind in ("object", "array", "list", "dict", "other")
    if isinstance(value, np.ndarray) and value.ndim:
        return (
            what.kind == "array"
            and alike_axes(what, value, sizes)
            and alike_numbers(what, value, strict)
        )
    if isinstance(value, list | tuple):
        if what.kind != "list":
            return False
        pairs = zip(what.items, value, strict=False)
        return all(alike(one, other, sizes, strict) for one, other in pairs)
    if isinstance(value, dict):
        if what.kind != "dict":
            return False
        known = dict(zip(what.keys, what.items, strict=True))
        return all(k in known and alike(known[k], v, sizes, strict) for k, v in value.items())
    if isinstance(value, bool):
        return what.kind == "flag"
    if isinstance(value, int | float | np.ndarray | np.generic):
        return what.kind == "number" or what.kind == "array" and not what.shape
    return what.kind == ("text" if isinstance(value, str) else "none")


def alike_axes(what: What, value: np.ndarray, sizes: dict[int, int]) -> bool:
    if len(what.shape) != value.ndim:
        return False
    for ours, theirs in zip(value.shape, what.shape, strict=True):
        if ours == 1 and theirs == 1:
            continue
        if sizes.setdefault(ours, theirs) != theirs:
            return False
    return True


def alike_numbers(what: What, value: np.ndarray, strict: bool) -> bool:
    """Whole numbers for whole numbers, shares for shares along the same axis; *strict*: logits for nothing but logits."""
    theirs, ours = what.character, character(value)
    if theirs in ("", "zeros"):
        return True
    if value.dtype.kind in "iu":
        return theirs in WHOLE
    if ours in AXES and theirs in AXES and AXES[ours] != AXES[theirs]:
        return False
    if ours in SHARES:
        return theirs in SHARES
    if ours == "labels" or theirs == "labels":
        return ours == theirs
    return theirs not in SHARES or not strict


def sizes_in(what: What) -> Iterator[int]:
    """The sizes of all arrays in a value."""
    yield from what.shape
    for one in what.items:
        yield from sizes_in(one)


def token_for(
    parameter: Parameter, what: What, inside: frozenset[int], single: frozenset[int]
) -> NetworkToken | None:
    """What stands for one thing that a constructor was given; None where nothing does.

    inside: sizes of what it made. single: those that may have been told one by one.
    """
    if what.kind == "number":
        meant = setting(parameter.name)
        if is_rate(parameter.name) or meant and isinstance(meant[0], str):
            return meant[0]
        is_size = type(what.value) is int and what.value in single and not meant
        return IN if is_size else Fill(what.value)
    if what.kind == "list" and what.length == len(what.items):
        whole = all(one.kind == "number" and type(one.value) is int for one in what.items)
        if whole and whole_numbers(what) and whole_numbers(what) <= inside:
            return SIZES if what.value == "list" else SIZES_TUPLE
        return Fill(plain(what)) if is_plain(what) else None
    if what.kind == "dict":
        return Fill(plain(what)) if is_plain(what) else None
    if what.kind in ("text", "flag", "none"):
        return Fill(what.value)
    if what.kind == "array" and what.shape:
        return T if is_target(parameter.name) or what.character in LABELS else X
    return FUNCTION + str(what.value) if what.kind == "function" else None


def whole_numbers(what: What) -> frozenset[int]:
    """The whole numbers in a list."""
    if what.kind != "list":
        return frozenset()
    return frozenset(one.value for one in what.items if type(one.value) is int)


def is_plain(what: What) -> bool:
    """Can the value be made again from what is known of it?"""
    if what.kind in ("list", "dict"):
        return what.length == len(what.items) and all(map(is_plain, what.items))
    return what.kind in ("number", "text", "flag", "none")


def plain(what: What) -> Any:
    if what.kind == "dict":
        return {k: plain(v) for k, v in zip(what.keys, what.items, strict=True)}
    if what.kind == "list":
        return (list if what.value == "list" else tuple)(map(plain, what.items))
    return what.value


def is_default(parameter: Parameter, what: What) -> bool:
    if what.kind in ("number", "text", "flag", "none"):
        return type(parameter.default) is type(what.value) and parameter.default == what.value
    return False


def with_order(
    parameters: Sequence[Parameter], tokens: Sequence[NetworkToken | None]
) -> tuple[NetworkToken, ...] | None:
    """Single sizes told apart: by their names where these say it, else in the order of the layers."""
    if any(token is None for token in tokens):
        return None
    found = [token for token in tokens if token is not None]
    single = [i for i, token in enumerate(found) if token == IN]
    several = [i for i, token in enumerate(found) if token in (SIZES, SIZES_TUPLE)]
    named = [constructor_token(parameters[i].name) for i in single]
    if len(several) > 1 or not single:
        return tuple(found) if len(several) <= 1 else None
    ends = [IN, OUT] if len(single) == 2 or several else []
    if {IN, OUT} >= set(named) or not ends:
        order = [n for n in named if n in (IN, OUT)]
        ends = [str(n) for n in order] if len(order) == len(single) else ends
    if several:
        if len(single) == 1:
            found[single[0]] = named[0] if named[0] in (IN, OUT) else IN
            found[several[0]] = REST if found[single[0]] == IN else SIZES
        elif len(single) == 2:
            found[single[0]], found[single[1]] = ends
            found[several[0]] = HIDDEN
        return tuple(found)
    if len(single) == len(ends):
        for i, token in zip(single, ends, strict=True):
            found[i] = token
        return tuple(found)
    for number, i in enumerate(in_order(named, single)):
        found[i] = f"size{number}"
    return tuple(found)


def in_order(named: Sequence[str | None], places: Sequence[int]) -> list[int]:
    """Places of single sizes from the inputs to the outputs."""
    rank = {IN: 0, HIDDEN: 1, OUT: 2}
    ranks = [rank.get(str(name), 1) for name in named]
    if not any(named):
        return list(places)
    return [place for _, _, place in sorted(zip(ranks, range(len(places)), places, strict=True))]
