"""Where the parameters of a network lie: in an object that its class makes, in layers, or in what is handed over."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from checkgrad.child.inventory import Definition
from checkgrad.child.request import path as path_to
from checkgrad.conventions.bias import COLUMN, FLAT, ROW
from checkgrad.conventions.weights import IN_OUT, OUT_IN
from checkgrad.exercise import Kind
from checkgrad.exercises import mlp
from checkgrad.networks import script as scripts
from checkgrad.networks.constructors import plans
from checkgrad.networks.form import FIRST, Form
from checkgrad.networks.names import fillings, is_rate, setting, takes_activation
from checkgrad.networks.objects import explored
from checkgrad.networks.places import Index, Numbered, Places, chain_of_sizes, find_places
from checkgrad.networks.script import (
    FUNCTION,
    IN,
    LAYERS,
    OUT,
    PARAMS,
    RATE,
    REST,
    SIZES,
    VECTOR,
    Call,
    Script,
    Stack,
    T,
    X,
)
from checkgrad.networks.search import HIDDEN_SIZES, Holder, Made, Search, pilot_sizes
from checkgrad.reading.signature import required
from checkgrad.words.meaning import DERIVATIVE, LOSS_WORDS, meaning
from checkgrad.words.networks import BIAS_NAME, WEIGHT_NAME, holds
from checkgrad.words.purposes import INITIALISES
from checkgrad.words.text import bare, last, split


def holders(search: Search, tokens: set[str]) -> Iterator[list[Holder]]:
    """The ways to hold the parameters, in batches of equal likelihood; *tokens* are what the functions take."""
    if search.shape == "layers":
        yield _of_layers(search)
    elif search.shape == "globals":
        yield _of_globals(search)
    elif search.has_methods:
        yield (found := _of_class(search))
        if not found:
            yield from _made_ready(search)
            yield _unset(search)
    elif found := _of_class(search) if search.maker else []:
        yield [_handed(h) for h in found]
    else:
        yield from _by_default(search, tokens)


def _handed(holder: Holder) -> Holder:
    """The same parameters handed over: then their sizes are free, whatever the initialiser chooses."""
    freed = _of_any_size(holder)
    return replace(freed, script=replace(freed.script, holder=None))


def _of_any_size(holder: Holder) -> Holder:
    """The same with arrays of other sizes put in place of those that it chose."""
    depth = len(holder.sizes) - 1
    if not holder.fixed or depth not in HIDDEN_SIZES:
        return replace(holder, fixed=False)
    return replace(holder, sizes=pilot_sizes(depth, 3), fixed=False, resized=True)


def _of_class(search: Search, ready: Call | None = None) -> list[Holder]:
    """Make the object with every plan and all sizes, and look where arrays of the due shapes are."""
    assert search.maker
    name = search.maker.name
    made = [
        (replace(_making(search, Call(name, path_to(name), plan)), ready=ready), sizes)
        for plan in dict.fromkeys(_plans(search, ready))
        for sizes in _sizes_for(plan, ready)
    ]
    found = _with_parameters(search, [one for one in made if scripts.has_sizes_for(*one)])
    free = [h for h in found if not h.fixed] or found
    alike = [h for h in free if h.script.holder == free[0].script.holder]
    resized = [_of_any_size(h) for h in alike if h.fixed]
    return list(dict.fromkeys([*resized, *alike]))


def _sizes_for(plan: Sequence[scripts.Token], ready: Call | None) -> list[tuple[int, ...]]:
    """The sizes to make an object for: one set of them where it is not told any."""
    every = [pilot_sizes(depth, c) for c in (3, 1) for depth in (3, 2, 1)]
    told = any(isinstance(token, str) for token in plan) or ready is not None
    return every if told else every[:1]


def _plans(search: Search, ready: Call | None) -> Iterator[tuple[scripts.Token, ...]]:
    """What the constructor may be given, as the module itself gives it first; what is trained first learns the number
    of inputs from the data."""
    maker = search.maker
    assert maker
    yield from search.usage.plans(maker)
    if ready and ready.mentions(X):
        for plan in plans(maker.parameters):
            if SIZES in plan:
                yield tuple(REST if token == SIZES else token for token in plan)
    yield from plans(maker.parameters)


def _made_ready(search: Search) -> Iterator[list[Holder]]:
    """Objects that get their parameters by a method: one that initialises them, or the training."""
    for definition in sorted(search.parts, key=_trains):
        name = last(definition.name).lower().strip("_")
        if INITIALISES.fullmatch(name) or _trains(definition):
            for takes, named in fillings(definition, (X, T, "update"), most=1)[:1]:
                path = ("." + last(definition.name),)
                yield _of_class(search, Call(definition.name, path, takes, named))


def _unset(search: Search) -> list[Holder]:
    """Objects without a hidden layer that get their parameters only when they are trained: put in place here."""
    assert search.maker
    ws, bs = (
        [name for name in search.maker.sets if pattern.fullmatch(bare(name))]
        for pattern in (WEIGHT_NAME, BIAS_NAME)
    )
    if len(ws) != 1 or len(bs) > 1:
        return []
    places = Places((f".{ws[0]}",), (f".{bs[0]}",) if bs else None)
    name = search.maker.name
    return [
        Holder(
            replace(_making(search, Call(name, path_to(name), plan)), places=places),
            pilot_sizes(1, 3),
            resized=True,
        )
        for plan in list(plans(search.maker.parameters))[-1:]
    ]


def _trains(definition: Definition) -> bool:
    return last(definition.name).lower() in ("fit", "train")


def _of_globals(search: Search) -> list[Holder]:
    """Parameters that are names of the module: set there, whatever sizes it chose."""
    function = search.parts[0].name
    call = Call(function, (*path_to(function), ".__globals__"), do="get")
    made = [(_making(search, call), pilot_sizes(2, 3))]
    return [_of_any_size(h) for h in _with_parameters(search, made)]


def _making(search: Search, call: Call, stack: Stack | None = None) -> Script:
    places = Places((), ())
    return Script(search.function, Form(), places, call, stack, lacking=search.lacking)


def _with_parameters(search: Search, made: Sequence[Made]) -> list[Holder]:
    """The objects in which arrays of the due shapes are found, with the places of these."""
    found: list[Holder] = []
    for (script, sizes), (inside, inspected) in zip(made, explored(search, made), strict=True):
        rates = tuple(
            at for at, leaf in inside if at and leaf.size == 1 and is_rate(bare(str(at[-1])))
        )
        fits = find_places(inside, sizes)
        for actual in [sizes] if fits else chain_of_sizes(inside):
            for places, form in fits or find_places(inside, actual):
                complete = replace(script, places=places, form=form)
                coarse = any(leaf.dtype == np.float32 for _, leaf in inside)
                found.append(Holder(complete, actual, not fits, inspected, rates, coarse))
    return found


def _of_layers(search: Search) -> list[Holder]:
    """Containers filled with the student's layers, with and without something that squashes at the end."""
    assert search.maker
    found: list[Holder] = []
    for stack, takes in _stacks(search):
        call = Call(search.maker.name, path_to(search.maker.name), takes)
        for ready in _compiled(search):
            script = replace(_making(search, call, stack), ready=ready)
            made = [(script, pilot_sizes(depth, 3)) for depth in (3, 2, 1)]
            found += _with_parameters(search, made)
    return [h for h in found if not h.fixed]


def _compiled(search: Search) -> list[Call | None]:
    """The calls that tell a container its loss and the derivative of it; None where there is no such."""
    makers = [d for d in search.parts if len(required(d.parameters)) in (2, 3) and _takes_losses(d)]
    pairs = list(_pairs(d for d in search.others if d.kind == "function"))
    return [
        Call(d.name, ("." + last(d.name),), (*(FUNCTION + f.name for f in pair[1:]), *rest))
        for d in makers
        for pair in pairs
        for rest in [(RATE,) * (len(required(d.parameters)) - 2)]
    ] or [None]


def _takes_losses(definition: Definition) -> bool:
    first, second = (set(split(p.name)) for p in required(definition.parameters)[:2])
    return bool(LOSS_WORDS & first and not DERIVATIVE & first and DERIVATIVE & second)


def _stacks(search: Search) -> Iterator[tuple[Stack, tuple[scripts.Token, ...]]]:
    classes = [d for d in search.layers if d.kind == "class"]
    dense = [d for d in classes if is_dense(d)]
    by_name = _activation_layers(search, classes)
    hidden = next((by_name[name] for name in mlp.HIDDEN if name in by_name), None)
    if not dense or not hidden:
        return
    ends = {1: mlp.OUTPUTS[mlp.ONE], 2: mlp.OUTPUTS[mlp.SEVERAL]}
    squashed = {outputs: by_name.get(end.squash) for outputs, end in ends.items()}
    bare_end: dict[int, Call | None] = {1: None, 2: None}
    for squash in (squashed, bare_end) if squashed != bare_end else (bare_end,):
        for how, name, takes in _fillings_of_container(search):
            yield Stack(_layer(dense[0]), hidden, squash, how, name), takes


def _activation_layers(search: Search, classes: Sequence[Definition]) -> dict[str, Call]:
    """How a layer of each activation is made: by its class, or by one that is handed the functions."""
    found = {said.of.name: _layer(d) for d in classes if (said := meaning(last(d.name)))}
    maker = next((d for d in classes if takes_activation(d)), None)
    if not maker:
        return found
    for concept, plain, slope in _pairs(d for d in search.layers if d.kind == "function"):
        takes = (FUNCTION + plain.name, FUNCTION + slope.name)
        found[concept] = Call(maker.name, path_to(maker.name), takes)
    return found


def _pairs(
    functions: Iterable[Definition],
) -> Iterator[tuple[str, Definition, Definition]]:
    """Functions beside their derivatives, by what they compute."""
    plain: dict[str, Definition] = {}
    slopes: dict[str, Definition] = {}
    for d in functions:
        if said := meaning(last(d.name)):
            (slopes if said.derivative else plain).setdefault(said.of.name, d)
    yield from ((name, plain[name], slopes[name]) for name in plain if name in slopes)


def is_dense(definition: Definition) -> bool:
    """Is it a layer with weights?"""
    said = meaning(last(definition.name))
    return bool(said and said.kind is Kind.LAYER) or any(map(holds, definition.sets))


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
    if VECTOR in tokens:
        form = Form(weights=OUT_IN, folded=FIRST)
        script = Script(search.function, form, WEIGHTS_BY_NAME, lacking=search.lacking)
        yield [Holder(script, pilot_sizes(depth, 3)) for depth in depths]
    for shapes, places in itertools.product(COMMON, kinds):
        yield [
            Holder(
                Script(search.function, Form(weights=w, bias=b), places, lacking=search.lacking),
                pilot_sizes(depth, 3),
            )
            for w, b in shapes
            for depth in depths
        ]
