"""Layer and loss classes: constructed, forward called, then backward with what it asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from checkgrad.child.inventory import Definition, Inventory
from checkgrad.exercise import Exercise, Kind
from checkgrad.exercises import ALL, fused
from checkgrad.reading.derived import through
from checkgrad.reading.functions import item_of, spare
from checkgrad.reading.meant import exercise_of, in_context, is_node, reached, takes_logits
from checkgrad.reading.objects import makings
from checkgrad.reading.recipe import Call, Candidate, Recipe, last_name, path_of
from checkgrad.reading.signature import (
    ACTIVATED,
    SQUASHED,
    Earlier,
    Fill,
    Token,
    Tokens,
    assignments,
    likeness,
    positional,
    required,
)
from checkgrad.words.layers import (
    BACKWARD,
    FORWARD,
    GIVES_LOSS,
    GRADIENTS,
    KEEPS,
    LOSS_OF_A_MODEL,
    SLOPE,
    VALUES,
    WEIGHT,
)
from checkgrad.words.meaning import (
    ACTIVATION_WORDS,
    DERIVATIVE,
    LOSS_WORDS,
    NEUTRAL,
    Meaning,
    meaning,
)
from checkgrad.words.roles import RATES, UPSTREAM_NAME
from checkgrad.words.text import split


@dataclass(frozen=True)
class Layer:
    """A class of the submission with its methods, and what its name says."""

    definition: Definition
    methods: Mapping[str, Definition]
    said: Meaning
    inventory: Inventory

    @property
    def name(self) -> str:
        return self.definition.name

    def first(self, *kinds: frozenset[str]) -> Definition | None:
        """The first method whose name is among *kinds*; one that is written before a stub."""
        found = [m for kind in kinds for name, m in self.methods.items() if name in kind]
        return next((m for m in found if not m.stub), found[0] if found else None)

    def goes_forward(self) -> Definition | None:
        """The method that gives the value: by its whole name, or by the words of it: calc_loss."""
        return self.first(FORWARD) or _named_like_it(self) or self._by_words(slope=False)

    def goes_back(self) -> Definition | None:
        """The method that gives the derivative."""
        return self.first(BACKWARD, SLOPE) or self._by_words(slope=True)

    def _by_words(self, *, slope: bool) -> Definition | None:
        for name, method in self.methods.items():
            words = set(split(name))
            plain = words - NEUTRAL - DERIVATIVE
            alike = bool(words & DERIVATIVE) is slope and (plain or slope)
            if alike and plain <= LOSS_WORDS | ACTIVATION_WORDS:
                return method
        return None

    def makings(self) -> list[tuple[Call, ...]]:
        """How an object of the class is made."""
        return makings(self.name, self.inventory)


def of_class(
    definition: Definition, known: Mapping[str, Exercise], inventory: Inventory
) -> Iterator[Candidate]:
    """The candidates in a class whose name says what it computes."""
    said = meaning(last_name(definition.name))
    if said is None or not said.computes or said.derivative:
        return
    # With weights of its own it is more than its name says; with nodes of a graph it takes no arrays.
    if any(WEIGHT.fullmatch(name) for name in definition.sets) or is_node(definition.uses):
        return
    layer = Layer(definition, methods_of(definition, inventory), said, inventory)
    said = in_context(said, layer.goes_forward() or definition, inventory)
    layer = replace(layer, said=said)
    forward = layer.goes_forward()
    if forward and said.kind is Kind.ACTIVATION and last_name(forward.name) in LOSS_OF_A_MODEL:
        return  # a classifier of that name
    backward = layer.goes_back()
    logits = takes_logits(said, reached(definition, inventory))
    exercise = exercise_of(
        _forward_says(said, forward, logits), known, logits=logits, jacobian=False
    )
    if forward and exercise:
        yield of_forward(layer, forward, exercise)
    if backward is None:
        return
    # delta(z, a, y) is the derivative in z, whatever the loss itself was given.
    in_logits = any(p.name.lower() == "z" for p in required(backward.parameters))
    if in_logits and said.kind is Kind.LOSS and not fused(said.of):
        if wanted := _by_the_logits(said, known, inventory):
            yield of_backward(layer, forward, backward, wanted)
        return
    logits = logits or in_logits
    slope = replace(said, derivative="derivative")
    jacobian = not _gives_upstream(backward)
    if wanted := exercise_of(slope, known, logits=logits, jacobian=jacobian):
        yield of_backward(layer, forward, backward, wanted)


def _by_the_logits(
    said: Meaning, known: Mapping[str, Exercise], inventory: Inventory
) -> Exercise | None:
    """The gradient of a loss of outputs by the logits, in a module whose units are all of the one kind it may be."""
    slope = exercise_of(replace(said, derivative="derivative"), known, logits=False, jacobian=False)
    units = [whole.fuses[0] for whole in ALL if whole.fuses]
    own = next((e for e in ALL if e.is_slope and e.base in units), None)
    names = {name for d in inventory.definitions for name in (last_name(d.name), *d.uses)}
    around = {found.of for name in names if (found := meaning(name))}
    kinds = {one for one in around if one.kind is Kind.ACTIVATION}
    if not (slope and own and slope.roles == ("y", "t") and kinds == {own.base}):
        return None
    return through(slope, own.base, own)


def _forward_says(said: Meaning, forward: Definition | None, logits: bool) -> Meaning:
    """A loss whose forward is given no targets gives the probabilities; its backward is given the targets."""
    whole = said.of if said.of.fuses else fused(said.of)
    alone = forward is not None and len(positional(forward.parameters)) == 1
    if not (whole and whole.fuses and alone and (logits or whole is said.of)):
        return said
    return replace(said, of=whole.fuses[0])


def methods_of(definition: Definition, inventory: Inventory) -> dict[str, Definition]:
    """The methods of a class by their names."""
    start, kinds = definition.name + ".", ("method", "static", "property")
    mine = [d for d in inventory.definitions if d.name.startswith(start) and d.kind in kinds]
    found = {d.name.removeprefix(start): d for d in mine if "." not in d.name.removeprefix(start)}
    return dict(sorted(found.items(), key=lambda item: item[0] != "forward"))


def _named_like_it(layer: Layer) -> Definition | None:
    said = layer.said
    alike = (
        m
        for n, m in layer.methods.items()
        if (found := meaning(n)) and found.of is said.of and not found.derivative
    )
    return next(alike, None)


def _gives_upstream(backward: Definition) -> bool:
    """Is the method handed a gradient from above?"""
    mine = required(backward.parameters)
    named = any(UPSTREAM_NAME.fullmatch(p.name.lower()) for p in mine)
    return len(mine) > 1 or (bool(mine) and (named or last_name(backward.name) in BACKWARD))


def of_forward(layer: Layer, forward: Definition, exercise: Exercise) -> Candidate:
    """The value that a class computes: returned by its forward, or left behind on the object."""
    takes = assignments(forward.parameters, exercise.roles)
    recipes: list[Recipe] = []
    for made in layer.makings():
        called = invoked(layer, forward, takes, len(made) - 1)
        if forward.returns:
            recipes.append((*made, called))
        recipes += [
            (*made, replace(called, always=True), got)
            for got in _handed_out(layer, forward, len(made) - 1)
        ]
    if not recipes:
        recipes = [
            (*made, invoked(layer, forward, takes, len(made) - 1)) for made in layer.makings()
        ]
    item = item_of(forward, exercise)
    return Candidate(exercise, forward.name, plain_if_static(forward, recipes), item, forward.stub)


def plain_if_static(method: Definition, recipes: list[Recipe]) -> tuple[Recipe, ...]:
    """A static method needs no object."""
    return ((recipes[0][-1],),) if method.kind == "static" and len(recipes) else tuple(recipes)


def invoked(layer: Layer, method: Definition, takes: tuple[Tokens, ...], made: int) -> Call:
    """The call of a method on the object made by call number *made*, or on the class itself."""
    names = tuple(p.name for p in positional(method.parameters))
    if method.kind == "static":
        return Call(path_of(method.name), takes, names=names)
    do = "get" if method.kind == "property" else "call"
    return Call(("." + last_name(method.name),), takes, of=made, do=do, names=names)


def _handed_out(layer: Layer, forward: Definition, made: int) -> Iterator[Call]:
    """Other places where the value may be found after forward: a method without arguments, an attribute."""
    for name in GIVES_LOSS if layer.said.kind is Kind.LOSS else ():
        method = layer.methods.get(name)
        if method and method is not forward and not required(method.parameters):
            yield invoked(layer, method, ((),), made)
    for name in forward.sets:
        if name.lower().strip("_") in VALUES:
            yield Call(("." + name,), of=made, do="get")


def of_backward(
    layer: Layer, forward: Definition | None, backward: Definition, exercise: Exercise
) -> Candidate:
    """The derivative that a class computes, after a forward pass or from what it is handed."""
    recipes: list[Recipe] = []
    # Layers of one kind are all told the rate, those without parameters as well.
    rates = [p.name for p in required(backward.parameters) if p.name.lower() in RATES]
    told = tuple((name, Fill(0.1)) for name in rates)
    others = tuple(p for p in backward.parameters or () if p.name not in rates)
    backward = replace(backward, parameters=others) if rates else backward
    for made in layer.makings():
        for before, takes in _asked_with(layer, forward, backward, exercise, len(made)):
            called = invoked(layer, backward, takes, len(made) - 1)
            called = replace(called, named=(*called.named, *told))
            left = [n for n in backward.sets if n.lower().strip("_") in GRADIENTS]
            if backward.returns or not left:
                recipes.append((*made, *before, called))
            else:
                gets = (Call(("." + n,), of=len(made) - 1, do="get") for n in left)
                recipes += [(*made, *before, replace(called, always=True), get) for get in gets]
    if backward.kind == "static" and recipes:
        recipes = [
            (Call(path_of(backward.name), recipe[-1].takes),)
            for recipe in recipes
            if recipe[-1].do == "call"
        ]
    item = item_of(backward, exercise)
    return Candidate(exercise, backward.name, tuple(dict.fromkeys(recipes)), item, backward.stub)


def _asked_with(
    layer: Layer, forward: Definition | None, backward: Definition, exercise: Exercise, place: int
) -> Iterator[tuple[tuple[Call, ...], tuple[Tokens, ...]]]:
    """What is called before backward, and what backward is given; the most natural first."""
    first = exercise.derivative.of.roles if exercise.derivative else exercise.roles
    before: tuple[Call, ...] = ()
    if forward and not forward.stub and forward.kind == "method":
        forward = _keeping(layer, forward)
        takes = assignments(forward.parameters, first)
        call = replace(invoked(layer, forward, takes, place - 1), always=True)
        before = (replace(call, named=tuple((name, Fill(True)) for name in _keeps_by(forward))),)
    from_above = list(exercise.from_above or spare(exercise))
    count = len(required(backward.parameters))
    passed: tuple[Token, ...] = (
        Earlier(place),
        *((Earlier(place, (1,)),) if forward and forward.returns >= 2 else ()),
    )
    if layer.said.kind is Kind.LOSS:
        yield from _loss_arguments(backward, exercise, before)
    elif count == 0 and before:
        yield before, ((),)
    elif count == 1:
        yield from _single_argument(backward, exercise, before, from_above)
    else:
        yield (
            before,
            assignments(backward.parameters, [*from_above, *first], passed if before else ()),
        )
        for cached in passed if before else ():
            yield before, assignments(backward.parameters, from_above, (cached,))


def _keeps_by(forward: Definition) -> list[str]:
    """The flags, off unless they are asked for, by which a forward pass keeps what its way back needs."""
    flags = [p for p in positional(forward.parameters) if p.optional and p.default is False]
    return [p.name for p in flags if set(split(p.name)) & KEEPS]


def _keeping(layer: Layer, forward: Definition) -> Definition:
    """The method to call before backward: __call__, where it alone keeps the input for it."""
    called = layer.methods.get("__call__")
    return called if called and called.sets and not forward.sets else forward


def _single_argument(
    backward: Definition, exercise: Exercise, before: tuple[Call, ...], from_above: list[str]
) -> Iterator[tuple[tuple[Call, ...], tuple[Tokens, ...]]]:
    """One argument is the gradient from above if its name or the method's says so, else the logits."""
    (parameter,) = required(backward.parameters)
    logits = [role for role in exercise.roles if role not in from_above]
    above = _gives_upstream(backward)
    from_outside = UPSTREAM_NAME.fullmatch(parameter.name.lower())
    if exercise.roles == ("z",) and likeness(ACTIVATED, parameter.name) > 0 and not from_outside:
        yield (), ((ACTIVATED,),)
    if above and before and from_above:
        yield before, (tuple(from_above),)
    if not above or likeness("z", parameter.name) > 0:
        yield (), (tuple(logits),)


def _loss_arguments(
    backward: Definition, exercise: Exercise, before: tuple[Call, ...]
) -> Iterator[tuple[tuple[Call, ...], tuple[Tokens, ...]]]:
    """A loss is the end of the chain: its backward takes nothing, a factor 1, the targets, or both arguments."""
    mine = required(backward.parameters)
    if not mine:
        yield before, ((),)
    elif len(mine) == 1:
        alone: list[Tokens] = [(Fill(1.0),), ("t",)]
        yield before, tuple(alone if UPSTREAM_NAME.fullmatch(mine[0].name.lower()) else alone[::-1])
    else:
        yield (), assignments(backward.parameters, exercise.roles, (SQUASHED,))
        if before:
            yield before, assignments(backward.parameters, exercise.roles, (Fill(1.0),))
