"""Which calls of a network give its outputs: found by asking, told by what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.inventory import Definition
from checkgrad.child.request import Path, Request, Result
from checkgrad.child.request import path as path_to
from checkgrad.conventions.layout import COLUMNS, ROWS
from checkgrad.conventions.weights import OUT_IN
from checkgrad.exercises import mlp
from checkgrad.networks import form as forms
from checkgrad.networks import script as scripts
from checkgrad.networks.form import BOXED, VECTORS, NetworkForm
from checkgrad.networks.match import (
    Pilot,
    Seen,
    seen_in_outputs,
)
from checkgrad.networks.names import fillings, repeats, returned
from checkgrad.networks.objects import attributes, contents, said
from checkgrad.networks.places import leaves
from checkgrad.networks.script import (
    BIASES,
    CACHE,
    HOLDER,
    OUT,
    PARAMS,
    REST,
    SIZES,
    SIZES_TUPLE,
    VECTOR,
    WEIGHTS,
    Item,
    NetworkCall,
    Script,
    T,
    X,
    Y,
)
from checkgrad.networks.search import CLASSES, Holder, Search
from checkgrad.words.text import last

HANDED = (PARAMS, WEIGHTS, BIASES, VECTOR, "w", "b")


@dataclass(frozen=True)
class Trial:
    """A holder with calls, asked on a pilot: what was seen in the outputs that came back, and where they are."""

    holder: Holder
    script: Script
    given: Pilot
    seen: Seen | None = None
    call: int = 0
    path: Path = ()


def forward_trials(search: Search, found: Sequence[Holder], single: bool = False) -> list[Trial]:
    """Ask everything that may be a forward pass of every holder, until one gives known outputs."""
    trials: list[Trial] = []
    for classes in CLASSES:
        asked = [
            Trial(holder, replace(holder.script, form=labelled, calls=(call,)), given)
            for holder in found
            for given in _tasks(search, holder, classes)
            for form in (_single_layouts if single else _layouts)(holder)
            for call in forward_calls(search)
            for labelled in (labelled_forms(search, form, given) if call.mentions(T) else (form,))
        ]
        trials += looked_at(search, asked)
        if any(t.seen for t in trials):
            break
    return trials


def looked_at(search: Search, asked: Sequence[Trial]) -> list[Trial]:
    """Those trials that gave something that may be outputs, or left known ones in the object."""
    asked = [t for t in asked if is_possible(t.script, t.given)]
    inspected = [t.holder.inspected[:1] if t.script.holder else () for t in asked]
    replies = search.ask(
        [whole(t.script, t.given, 0, at) for t, at in zip(asked, inspected, strict=True)]
    )
    search.problems += [said(reply) for reply in replies if not reply.returned]
    found = [_looked_at(search, t, r) or _left(t, r) for t, r in zip(asked, replies, strict=True)]
    return [t for t in found if t]


def _left(trial: Trial, reply: Behaviour) -> Trial | None:
    """Find known outputs among the attributes of the object."""
    if not reply.returned or len(reply.value[0]) < 2 or trial.script.form.single:
        return None
    c = trial.given.t.shape[1]
    for path, leaf in attributes(trial.script, ((),), reply.value[0][1]):
        if leaf.size == trial.given.t.size and isinstance(leaf, np.ndarray):
            seen = seen_in_outputs(forms.outputs(trial.script.form, leaf, c), trial.given)
            if seen and seen.squash != mlp.LOGITS:
                return replace(trial, seen=seen, script=replace(trial.script, y=Item(HOLDER, path)))
    return None


def with_other_classes(
    search: Search, trial: Trial, classes: Sequence[int] = CLASSES
) -> list[Trial]:
    """The same trial with other numbers of outputs, as far as these can be seen as well."""
    if trial.holder.fixed or not _gives_output(trial.holder) or not trial.script.calls:
        return []
    sizes, n = trial.given.sizes, len(trial.given.x)
    others = [
        at_pilot(trial, search.pilot((*sizes[:-1], c), n, trial.holder.biases))
        for c in classes
        if c != sizes[-1]
    ]
    return [t for t in looked_at(search, others) if t.seen]


def at_pilot(trial: Trial, given: Pilot) -> Trial:
    """The same trial, to be asked on another pilot."""
    call = replace(trial.script.calls[0], gives=())
    return replace(trial, script=replace(trial.script, calls=(call,), y=None), given=given)


def _tasks(search: Search, holder: Holder, classes: int) -> Iterator[Pilot]:
    """The pilot for so many classes, if the object can have them."""
    if holder.fixed or not _gives_output(holder):
        if classes == CLASSES[0]:
            yield search.pilot(holder.sizes, biases=holder.biases)
    else:
        yield search.pilot((*holder.sizes[:-1], classes), biases=holder.biases)


def blind_trials(search: Search, found: Sequence[Holder]) -> list[Trial]:
    """Nothing gives the outputs: every holder with every layout, to be told by its loss."""
    return [
        Trial(holder, replace(holder.script, form=form), given)
        for holder in found
        for classes in CLASSES
        for given in _tasks(search, holder, classes)
        for form in _layouts(holder)
        if scripts.has_sizes_for(holder.script, given.sizes)
    ]


def _gives_output(holder: Holder) -> bool:
    """Can the number of outputs be chosen?"""
    if not holder.script.holder or holder.script.stack or holder.resized:
        return True
    chosen = {OUT, SIZES, SIZES_TUPLE, REST, f"size{len(holder.sizes) - 1}"}
    return bool(chosen & set(holder.script.holder.takes))


def _layouts(holder: Holder) -> list[NetworkForm]:
    """Rows or columns, the one that goes with the weights first; parameters put in place or written there."""
    form = holder.script.form
    order = (COLUMNS, ROWS) if form.weights == OUT_IN else (ROWS, COLUMNS)
    return [
        replace(form, layout=layout, written=w) for layout in order for w in _ways_to_set(holder)
    ]


def _single_layouts(holder: Holder) -> list[NetworkForm]:
    """One sample at a time: as a vector, as a column, as a row, as a list of one row."""
    return [
        replace(holder.script.form, layout=layout, single=True, written=written)
        for layout in (VECTORS, COLUMNS, ROWS, BOXED)
        for written in _ways_to_set(holder)
    ]


def _ways_to_set(holder: Holder) -> tuple[bool, ...]:
    """Whether parameters are written into the arrays that are there; into those of single precision only last."""
    if not holder.script.holder or holder.resized:
        return (False,)
    return (False, True) if holder.coarse else (True, False)


def forward_calls(search: Search) -> list[NetworkCall]:
    allowed = (X, *HANDED) if search.is_handed else (X,)
    calls: list[NetworkCall] = []
    for definition in search.named("forward"):
        if repeats(definition):
            continue  # it trains
        mine = calls_of(search, [definition], allowed, most=6)
        calls += mine or calls_of(search, [definition], (*allowed, T), most=6)
    return calls + calls_of(search, search.named("loss"), allowed, most=2)


def tokens(search: Search) -> set[str]:
    """Everything that forward passes take."""
    calls = forward_calls(search)
    if not calls:
        calls = calls_of(search, search.named("loss", "gradient"), (X, T, *HANDED), most=6)
    return {t for call in calls for t in call.takes if isinstance(t, str)}


def labelled_forms(search: Search, form: NetworkForm, given: Pilot) -> list[NetworkForm]:
    """The form with targets in each of the ways in which they may be wanted."""
    return [replace(form, labels=labels) for labels in label_forms(search, given)]


def label_forms(search: Search, given: Pilot) -> list[str]:
    """The forms in which targets may be wanted, a pinned one first; floats in (N,) are for one output only."""
    found = [form for form in forms.LABELS if form != forms.FLAT_TARGETS or given.t.shape[1] == 1]
    pinned = search.pinned.get("labels")
    return sorted(found, key=lambda form: NetworkForm(labels=form).convention["labels"] != pinned)


def calls_of(
    search: Search, definitions: Sequence[Definition], allowed: Sequence[str], most: int
) -> list[NetworkCall]:
    found = []
    for definition in definitions:
        if definition.stub:
            continue
        is_method = search.has_methods and definition in search.parts
        path = ("." + last(definition.name),) if is_method else path_to(definition.name)
        for takes, named in fillings(definition, allowed, most, search.usage.settings):
            found.append(
                NetworkCall(definition.name, path, takes, named, HOLDER if is_method else None)
            )
    return found


def returned_before(script: Script) -> list[str]:
    """The tokens for what the calls of a script return under names of their own."""
    return [token for call in script.calls for token, _ in call.gives if token.startswith("=")]


def is_possible(script: Script, given: Pilot) -> bool:
    """Is there a value for everything that the calls take, when they take it?"""
    if not scripts.has_sizes_for(script, given.sizes):
        return False
    known = set(scripts.known(script, given.parameters, given.x, given.t))
    for call in script.calls:
        wanted = (*call.takes, *(token for _, token in call.named))
        if not {token for token in wanted if isinstance(token, str)} <= known:
            return False
        known |= {token for token, _ in call.gives}
    return True


def whole(script: Script, given: Pilot, call: int, inspected: Sequence[Path] = ()) -> Request:
    """Ask for all that a call gives, and for what it leaves in the object."""

    def answer(results: Callable[[int, Path], Result]) -> Any:
        state = [results(HOLDER, at) for at in contents(script, inspected)]
        return [results(call, ()), state] if inspected else [results(call, ())]

    named = replace(script, function=script.calls[call].name)
    return scripts.rounds(named, given.parameters, given.x, given.t, answer)


def _looked_at(search: Search, trial: Trial, reply: Behaviour) -> Trial | None:
    """Find the outputs in what came back: those of a known network, else what has their size."""
    if not reply.returned:
        return None
    values = [one[0] for one in reply.value]
    found = [
        replace(
            trial,
            seen=seen_in_outputs(y, trial.given),
            path=path,
            script=replace(_giving(search, trial, values[0], path), form=form),
        )
        for path, y, form in _like_outputs(trial, values)
    ]
    known = [one for one in found if one.seen]
    if not known and search.is_forward(trial.script.calls[0].name):
        known = found
    # logits are often returned beside the outputs
    return min(
        known, key=lambda one: one.seen is not None and one.seen.squash == mlp.LOGITS, default=None
    )


def _like_outputs(trial: Trial, values: Sequence[Any]) -> Iterator[tuple[Path, Any, NetworkForm]]:
    """Arrays that have the shape of the outputs, in the canonical layout, and the form that they come in."""
    n, c = trial.given.t.shape
    form = trial.script.form
    size = c if form.single else n * c
    for path, leaf in leaves(values[0]):
        if leaf.size == size and isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f":
            for lying in (form, replace(form, turned=True)):
                y = _outputs_at(lying, values, path, c)
                if y is not None and y.shape == (n, c):
                    yield path, y, lying
                    break


def _outputs_at(form: NetworkForm, values: Sequence[Any], path: Path, c: int) -> Any:
    arrays = [leaf for value in values for at, leaf in leaves(value) if at == path]
    if len(arrays) < len(values) or len({a.shape for a in arrays}) > 1:
        return None
    if form.single:
        return np.stack([a.ravel() for a in arrays])
    return forms.outputs(form, arrays[0], c)


def _giving(search: Search, trial: Trial, value: Any, path: Path) -> Script:
    """The script with what its forward call hands to later calls: outputs, cache, values of the layers."""
    call = trial.script.calls[trial.call]
    gives: list[tuple[str, Path]] = [(Y, path)]
    if isinstance(value, list | tuple) and len(value) == 2 and path:
        gives.append((CACHE, (1 - int(path[0]),)))
    elif path or isinstance(value, dict):
        gives.append((CACHE, ()))
    gives += _layer_values(trial, value)
    gives += _named_values(search, call.name, value)
    calls = (*trial.script.calls[: trial.call], replace(call, gives=tuple(gives)))
    return replace(trial.script, calls=calls, y=Item(trial.call, path))


def _named_values(search: Search, function: str, value: Any) -> list[tuple[str, Path]]:
    """What was returned, under the names that it has in the function."""
    names = search.gives(function)
    if not isinstance(value, list | tuple) or len(value) != len(names):
        return []
    return [(returned(name), (i,)) for i, name in enumerate(names) if name]


def _layer_values(trial: Trial, value: Any) -> list[tuple[str, Path]]:
    """Which of the values returned are z1, a1, z2, ...: in the order in which they have the layers' shapes."""
    if not isinstance(value, list | tuple):
        return []
    n, found = 1 if trial.script.form.single else len(trial.given.x), []
    taken: set[Path] = set()
    for i, size in enumerate(trial.given.sizes[1:], 1):
        fitting = [at for at, leaf in leaves(value) if leaf.size == n * size and at not in taken]
        for kind, at in zip("za", fitting if len(fitting) > 1 else fitting * 2, strict=False):
            found.append((f"{kind}{i}", at))
            taken.add(at)
    return found
