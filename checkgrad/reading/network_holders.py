"""Where the parameters of a network lie: in an object that its class makes, in layers, or in what is handed over."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from checkgrad.child.behaviour import Behaviour, Unsendable
from checkgrad.child.inventory import Definition
from checkgrad.child.request import Request, Result, Step
from checkgrad.child.request import path as path_to
from checkgrad.reading import network_script as scripts
from checkgrad.reading.names import meaning
from checkgrad.reading.network_form import COLUMN, FLAT, IN_OUT, OUT_IN, ROW, Form
from checkgrad.reading.network_match import Pilot, pilot
from checkgrad.reading.network_names import holds, is_rate, last, plans, says, setting
from checkgrad.reading.network_places import (
    Index,
    Numbered,
    Path,
    Places,
    bare,
    chain_of_sizes,
    find_places,
    leaves,
)
from checkgrad.reading.network_script import IN, LAYERS, OUT, PARAMS, Call, Script, Stack, T, X
from checkgrad.reading.signature import required

Ask = Callable[[Sequence[Request]], list[Behaviour]]
Made = tuple[Script, tuple[int, ...]]  # a script that makes an object, and the sizes it is for
N = 7
HIDDEN_SIZES = {3: (5, 11, 4), 2: (5, 11), 1: (5,)}  # by number of layers; all sizes differ
CLASSES = (3, 1, 2)
HIDDEN_LAYERS = ("leaky_relu", "relu", "tanh", "sigmoid")
MOST_OBJECTS = 40


def pilot_sizes(depth: int, classes: int) -> tuple[int, ...]:
    return (*HIDDEN_SIZES[depth], classes)


@dataclass(frozen=True)
class Holder:
    """An object, or a container, with the parameters of a network of *sizes*.

    fixed: it cannot have other sizes.
    inspected: paths of the objects within, whose attributes are looked at. rates: paths of learning rates.
    """

    script: Script
    sizes: tuple[int, ...]
    fixed: bool = False
    inspected: tuple[Path, ...] = ((),)
    rates: tuple[Path, ...] = ()

    @property
    def biases(self) -> bool:
        return self.script.places.b is not None


@dataclass
class Search:
    """What is known about one candidate so far.

    parts: methods or functions of the network. others: losses. layers: classes of layers and their methods.
    maker: the class, or the function that initialises the parameters. problems: how calls failed.
    """

    function: str
    shape: str
    parts: tuple[Definition, ...]
    others: tuple[Definition, ...]
    layers: tuple[Definition, ...]
    maker: Definition | None
    ask: Ask
    seed: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def is_class(self) -> bool:
        return self.shape != "functions"

    def pilot(self, sizes: tuple[int, ...], n: int = N, biases: bool = True) -> Pilot:
        return pilot(sizes, n, self.seed, biases)

    def named(self, *purposes: str) -> list[Definition]:
        """The parts that are good for one of *purposes*, those for the first of them first."""
        found = [d for purpose in purposes for d in self.parts if purpose in says(d)]
        return list(dict.fromkeys(sorted(found, key=lambda d: "predict" in d.name.lower())))

    def gives(self, name: str) -> tuple[str, ...]:
        """The names of what a part returns in a tuple."""
        return next((d.gives for d in self.parts if d.name == name), ())

    def is_forward(self, name: str) -> bool:
        """Does the name of a part say that it gives the outputs?"""
        return any(d.name == name and "forward" in says(d) for d in self.parts)


def holders(search: Search, tokens: set[str]) -> Iterator[list[Holder]]:
    """The ways to hold the parameters, in batches of equal likelihood; *tokens* are what the functions take."""
    if search.shape == "layers":
        yield _of_layers(search)
    elif search.is_class:
        yield _of_class(search)
    elif found := _of_class(search) if search.maker else []:
        yield [_handed(h) for h in found]
    else:
        yield from _by_default(search, tokens)


def _handed(holder: Holder) -> Holder:
    """The same parameters handed over: then their sizes are free, whatever the initialiser chooses."""
    sizes = holder.sizes
    if holder.fixed and len(sizes) - 1 in HIDDEN_SIZES:
        sizes = pilot_sizes(len(sizes) - 1, 3)
    return replace(holder, script=replace(holder.script, holder=None), sizes=sizes, fixed=False)


def _of_class(search: Search) -> list[Holder]:
    """Make the object with every plan and all sizes, and look where arrays of the due shapes are."""
    assert search.maker
    name = search.maker.name
    made = [
        (_making(search, Call(name, path_to(name), plan)), sizes)
        for plan in dict.fromkeys(plans(search.maker.parameters))
        for sizes in (pilot_sizes(depth, c) for c in (3, 1) for depth in (3, 2, 1))
    ]
    found = _with_parameters(search, made)
    free = [h for h in found if not h.fixed] or found
    return [h for h in free if h.script.holder == free[0].script.holder]


def _making(search: Search, call: Call, stack: Stack | None = None) -> Script:
    return Script(search.function, Form(), Places((), ()), call, stack)


def _with_parameters(search: Search, made: Sequence[Made]) -> list[Holder]:
    """The objects in which arrays of the due shapes are found, with the places of these."""
    found: list[Holder] = []
    for (script, sizes), (inside, inspected) in zip(made, _explored(search, made), strict=True):
        rates = tuple(at for at, leaf in inside if leaf.size == 1 and is_rate(bare(str(at[-1]))))
        fits = find_places(inside, sizes)
        for actual in [sizes] if fits else chain_of_sizes(inside):
            for places, form in fits or find_places(inside, actual):
                complete = replace(script, places=places, form=form)
                found.append(Holder(complete, actual, not fits, inspected, rates))
    return found


def _explored(
    search: Search, made: Sequence[Made]
) -> list[tuple[list[tuple[Path, Any]], tuple[Path, ...]]]:
    """Every array in what is made, those in objects within included, and where these objects are."""
    if not search.is_class:
        replies = search.ask([_look(search, one, [None]) for one in made])
        return [(list(leaves(b.value[0])) if b.returned else [], ()) for b in replies]
    places: list[tuple[Path, ...]] = [((),)] * len(made)
    replies = []
    for _ in range(3):
        asked = [[(*at, ".__dict__") for at in mine] for mine in places]
        replies = search.ask([_look(search, one, at) for one, at in zip(made, asked, strict=True)])
        more = [
            tuple(_objects(mine, b.value)) if b.returned else ()
            for mine, b in zip(places, replies, strict=True)
        ]
        wider = [
            tuple(dict.fromkeys((*p, *m)))[:MOST_OBJECTS] for p, m in zip(places, more, strict=True)
        ]
        if wider == places:
            break
        looked_at, places = places, wider
    else:
        places = looked_at
    search.problems += [said(b) for b in replies if not b.returned]
    return [
        (attributes(mine, b.value) if b.returned else [], mine)
        for mine, b in zip(places, replies, strict=True)
    ]


def _look(search: Search, made: Made, at: Sequence[Path | None]) -> Request:
    """Make an object and answer what lies at these paths in it."""
    script, sizes = made
    given = search.pilot(sizes)
    steps: list[Step] = []
    values = scripts.plan_values(sizes) | {X: given.x, T: given.t}
    number = scripts.make(script, values, steps)
    assert script.holder
    name = script.function if search.is_class else script.holder.name
    return Request(name, tuple(steps), [Result(number, path or ()) for path in at])


def said(reply: Behaviour) -> str:
    """How a call failed, in one line."""
    return f"{reply.raised}: {reply.message}".rstrip(": ") if reply.raised else reply.died


def attributes(inspected: Sequence[Path], dicts: Sequence[Any]) -> list[tuple[Path, Any]]:
    """The arrays and numbers among the attributes of objects."""
    return [
        leaf
        for at, mine in zip(inspected, dicts, strict=True)
        if isinstance(mine, dict)
        for key, value in mine.items()
        for leaf in leaves(value, (*at, f".{key}"))
    ]


def _objects(inspected: Sequence[Path], dicts: Sequence[Any]) -> Iterator[Path]:
    """Where other objects lie among the attributes of objects."""
    for at, mine in zip(inspected, dicts, strict=True):
        if isinstance(mine, dict):
            for key, value in mine.items():
                yield from _objects_in(value, (*at, f".{key}"))


def _objects_in(value: Any, at: Path) -> Iterator[Path]:
    if isinstance(value, Unsendable) and value.description.startswith("an object of class"):
        yield at
    elif isinstance(value, dict):
        for key, member in value.items():
            if isinstance(key, str | int):
                yield from _objects_in(member, (*at, key))
    elif isinstance(value, list | tuple):
        for i, member in enumerate(value[:MOST_OBJECTS]):
            yield from _objects_in(member, (*at, i))


def _of_layers(search: Search) -> list[Holder]:
    """Containers filled with the student's layers, with and without something that squashes at the end."""
    assert search.maker
    found: list[Holder] = []
    for stack, takes in _stacks(search):
        call = Call(search.maker.name, path_to(search.maker.name), takes)
        script = _making(search, call, stack)
        found += _with_parameters(search, [(script, pilot_sizes(depth, 3)) for depth in (3, 2, 1)])
    return [h for h in found if not h.fixed]


def _stacks(search: Search) -> Iterator[tuple[Stack, tuple[scripts.Token, ...]]]:
    classes = [d for d in search.layers if d.kind == "class"]
    dense = [d for d in classes if is_dense(d)]
    by_name = {said.concept: d for d in classes if (said := meaning(last(d.name)))}
    hidden = next((by_name[name] for name in HIDDEN_LAYERS if name in by_name), None)
    if not dense or not hidden:
        return
    ends = {1: by_name.get("sigmoid"), 2: by_name.get("softmax")}
    squashed = {outputs: _layer(d) if d else None for outputs, d in ends.items()}
    bare_end: dict[int, Call | None] = {1: None, 2: None}
    for squash in (squashed, bare_end) if squashed != bare_end else (bare_end,):
        for how, name, takes in _fillings_of_container(search):
            yield Stack(_layer(dense[0]), _layer(hidden), squash, how, name), takes


def is_dense(definition: Definition) -> bool:
    """Is it a layer with weights?"""
    said = meaning(last(definition.name))
    return bool(said and said.concept == "affine") or any(map(holds, definition.sets))


def _layer(definition: Definition) -> Call:
    """The call that makes one layer, given the numbers of its inputs and outputs as far as it wants them."""
    places = [p for p in required(definition.parameters) if not setting(p.name)]
    sizes = (IN, OUT) if len(places) >= 2 else (OUT,) * len(places)
    return Call(definition.name, path_to(definition.name), sizes)


def _fillings_of_container(search: Search) -> Iterator[tuple[str, str, tuple[scripts.Token, ...]]]:
    """How layers get into a container: as its argument, by a method, or as an attribute."""
    assert search.maker
    parameters = search.maker.parameters or ()
    if parameters and parameters[0].star:
        yield "star", "", ()
    elif parameters and len(required(parameters)) <= 1:
        yield "argument", "", (LAYERS,)
    if required(parameters):
        return
    names = {last(d.name): d for d in search.parts}
    adders = [n for n in names if n.lower().startswith(("add", "append", "push"))]
    yield from (("add", name, ()) for name in adders[:1])
    yield from (
        ("set", name, ()) for name in search.maker.sets if "layer" in name or "module" in name
    )


COMMON = (((IN_OUT, FLAT), (OUT_IN, COLUMN)), ((IN_OUT, ROW), (OUT_IN, FLAT), (IN_OUT, COLUMN)))
WEIGHTS_BY_NAME = Places((Numbered("W{}", 1),), None)
BY_NAME = Places((Numbered("W{}", 1),), (Numbered("b{}", 1),))
IN_TURNS = Places((Index(0, 2),), (Index(1, 2),))


def _by_default(search: Search, tokens: set[str]) -> Iterator[list[Holder]]:
    """Parameters handed over without an initialiser to learn from: W1, b1, ... in the common shapes."""
    numbers = [int(token[1:]) for token in tokens if token[0] == "w" and token[1:].isdigit()]
    depths = [max(numbers)] if numbers and max(numbers) <= 3 else [3, 2, 1]
    kinds = [BY_NAME, IN_TURNS] if PARAMS in tokens else [BY_NAME]
    if numbers and not any(token[0] == "b" and token[1:].isdigit() for token in tokens):
        kinds = [WEIGHTS_BY_NAME]
    for shapes, places in itertools.product(COMMON, kinds):
        yield [
            Holder(Script(search.function, Form(weights=w, bias=b), places), pilot_sizes(depth, 3))
            for w, b in shapes
            for depth in depths
        ]
