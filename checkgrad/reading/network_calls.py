"""Which calls of a network give its outputs, its loss and its gradients: found by asking, told by what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.inventory import Definition
from checkgrad.child.request import Request, Result
from checkgrad.child.request import path as path_to
from checkgrad.reading import network_form as forms
from checkgrad.reading import network_script as scripts
from checkgrad.reading.names import meaning
from checkgrad.reading.network_form import COLUMNS, LABELS, OUT_IN, ROWS, VECTORS, Form
from checkgrad.reading.network_holders import CLASSES, Holder, Search, attributes, said
from checkgrad.reading.network_match import (
    Pilot,
    Seen,
    seen_in_loss,
    seen_in_outputs,
    seen_in_penalised,
)
from checkgrad.reading.network_names import fillings, last, says
from checkgrad.reading.network_places import Path, find_gradients, leaves
from checkgrad.reading.network_script import (
    BIASES,
    CACHE,
    HOLDER,
    OUT,
    PARAMS,
    RATE,
    REST,
    SIZES,
    SIZES_TUPLE,
    UPSTREAM,
    VECTOR,
    WEIGHTS,
    Call,
    Item,
    Script,
    T,
    X,
    Y,
)
from checkgrad.reading.signature import Fill, required

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
            Trial(holder, replace(holder.script, form=form, calls=(call,)), given)
            for holder in found
            for given in _tasks(search, holder, classes)
            for form in (_single_layouts if single else _layouts)(holder.script)
            for call in forward_calls(search)
        ]
        trials += looked_at(search, asked)
        if any(t.seen for t in trials):
            break
    return trials


def looked_at(search: Search, asked: Sequence[Trial]) -> list[Trial]:
    """Those trials that gave something that may be outputs, or left known ones in the object."""
    inspected = [t.holder.inspected[:1] if t.script.holder else () for t in asked]
    replies = search.ask([_whole(t.script, t.given, 0, at) for t, at in zip(asked, inspected, strict=True)])
    search.problems += [said(reply) for reply in replies if not reply.returned]
    found = [_looked_at(search, t, r) or _left(t, r) for t, r in zip(asked, replies, strict=True)]
    return [t for t in found if t]


def _left(trial: Trial, reply: Behaviour) -> Trial | None:
    """Find known outputs among the attributes of the object."""
    if not reply.returned or len(reply.value[0]) < 2 or trial.script.form.single:
        return None
    c = trial.given.t.shape[1]
    for path, leaf in attributes(((),), reply.value[0][1]):
        if leaf.size == trial.given.t.size and isinstance(leaf, np.ndarray):
            seen = seen_in_outputs(forms.outputs(trial.script.form, leaf, c), trial.given)
            if seen and seen.squash != "linear":
                return replace(trial, seen=seen, script=replace(trial.script, y=Item(HOLDER, path)))
    return None


def with_other_classes(
    search: Search, trial: Trial, classes: Sequence[int] = CLASSES
) -> list[Trial]:
    """The same trial with other numbers of outputs, as far as these can be seen as well."""
    if trial.holder.fixed or not _gives_output(trial.holder) or not trial.script.calls:
        return []
    sizes, n = trial.given.sizes, len(trial.given.x)
    call = replace(trial.script.calls[0], gives=())
    others = [
        replace(trial, script=replace(trial.script, calls=(call,), y=None), given=given)
        for c in classes
        if c != sizes[-1]
        for given in [search.pilot((*sizes[:-1], c), n, trial.holder.biases)]
    ]
    return [t for t in looked_at(search, others) if t.seen]


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
        for form in _layouts(holder.script)
    ]


def _gives_output(holder: Holder) -> bool:
    """Can the number of outputs be chosen?"""
    if not holder.script.holder or holder.script.stack:
        return True
    chosen = {OUT, SIZES, SIZES_TUPLE, REST, f"size{len(holder.sizes) - 1}"}
    return bool(chosen & set(holder.script.holder.takes))


def _layouts(script: Script) -> list[Form]:
    """Rows or columns, the one that goes with the weights first; parameters put in place or written there."""
    order = (COLUMNS, ROWS) if script.form.weights == OUT_IN else (ROWS, COLUMNS)
    written = (True, False) if script.holder else (False,)
    return [replace(script.form, layout=layout, written=w) for layout in order for w in written]


def _single_layouts(script: Script) -> list[Form]:
    """One sample at a time: as a vector, as a column, as a row."""
    return [
        replace(script.form, layout=layout, single=True, written=written)
        for layout in (VECTORS, COLUMNS, ROWS)
        for written in ((True, False) if script.holder else (False,))
    ]


def forward_calls(search: Search) -> list[Call]:
    allowed = (X,) if search.is_class else (X, *HANDED)
    calls = _calls(search, search.named("forward"), allowed, most=6)
    if not calls:
        calls = _calls(search, search.named("forward"), (*allowed, T), most=6)
    return calls + _calls(search, search.named("loss"), allowed, most=2)


def tokens(search: Search) -> set[str]:
    """Everything that forward passes take."""
    return {t for call in forward_calls(search) for t in call.takes if isinstance(t, str)}


def _calls(
    search: Search, definitions: Sequence[Definition], allowed: Sequence[str], most: int
) -> list[Call]:
    found = []
    for definition in definitions:
        if definition.stub:
            continue
        is_method = search.is_class and definition in search.parts
        path = ("." + last(definition.name),) if is_method else path_to(definition.name)
        for takes, named in fillings(definition, allowed, most):
            found.append(Call(definition.name, path, takes, named, HOLDER if is_method else None))
    return found


def _whole(script: Script, given: Pilot, call: int, inspected: Sequence[Path] = ()) -> Request:
    """Ask for all that a call gives, and for what it leaves in the object."""

    def answer(results: Callable[[int, Path], Result]) -> Any:
        state = [results(HOLDER, (*at, ".__dict__")) for at in inspected]
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
            script=_giving(trial, values[0], path),
        )
        for path, y in _like_outputs(trial, values)
    ]
    known = [one for one in found if one.seen]
    if not known and search.is_forward(trial.script.calls[0].name):
        known = found
    # logits are often returned beside the outputs
    return min(known, key=lambda one: one.seen is not None and one.seen.squash == "linear", default=None)


def _like_outputs(trial: Trial, values: Sequence[Any]) -> Iterator[tuple[Path, Any]]:
    """Arrays that have the shape of the outputs, in the canonical layout."""
    n, c = trial.given.t.shape
    size = c if trial.script.form.single else n * c
    for path, leaf in leaves(values[0]):
        if leaf.size == size and isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f":
            y = _outputs_at(trial.script.form, values, path, c)
            if y is not None and y.shape == (n, c):
                yield path, y


def _outputs_at(form: Form, values: Sequence[Any], path: Path, c: int) -> Any:
    arrays = [dict(leaves(value)).get(path) for value in values]
    if any(a is None for a in arrays):
        return None
    if form.single:
        return (
            np.stack([np.ravel(a) for a in arrays])
            if len({np.shape(a) for a in arrays}) == 1
            else None
        )
    return forms.outputs(form, arrays[0], c)


def _giving(trial: Trial, value: Any, path: Path) -> Script:
    """The script with what its forward call hands to later calls: outputs, cache, values of the layers."""
    call = trial.script.calls[trial.call]
    gives: list[tuple[str, Path]] = [(Y, path)]
    if isinstance(value, list | tuple) and len(value) == 2 and path:
        gives.append((CACHE, (1 - int(path[0]),)))
    elif path or isinstance(value, dict):
        gives.append((CACHE, ()))
    gives += _layer_values(trial, value)
    calls = (*trial.script.calls[: trial.call], replace(call, gives=tuple(gives)))
    return replace(trial.script, calls=calls, y=Item(trial.call, path))


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


@dataclass(frozen=True)
class LossFound:
    """A call that gives a loss, and where it lies; known: it is one of a known network, *penalised* perhaps."""

    script: Script
    labels: str
    call: int
    path: Path
    known: bool
    value: float = 0.0

    @property
    def place(self) -> tuple[Path, Path]:
        """Which function gives it, and where: the same for all forms of labels."""
        return self.script.calls[self.call].path, self.path


def losses(search: Search, trial: Trial) -> list[LossFound]:
    """Every call that gives a loss, the right and likely ones first."""
    allowed = (X, T, Y, CACHE, *(() if search.is_class else HANDED))
    pool = search.named("loss") + [
        d for d in search.named("gradient", "forward") if d.returns != 1 or _takes_targets(d)
    ]
    makers = [(call,) for call in _calls(search, list(dict.fromkeys(pool)), allowed, most=8)]
    if not any("loss" in says(d) for d in search.parts):
        makers += _of_others(search, len(trial.script.calls))
    tried = [
        (_longer(trial.script, labels, calls), labels)
        for calls in makers
        if _mentions(calls[-1], T)
        for labels in label_forms(trial.given)
    ]
    replies = search.ask([_whole(script, trial.given, len(script.calls) - 1) for script, _ in tried])
    found = [
        LossFound(script, labels, len(script.calls) - 1, path, known, value)
        for (script, labels), reply in zip(tried, replies, strict=True)
        for path, known, value in _losses_in(reply, trial)
    ]
    found = _with_penalised(search, trial, found)
    return sorted(found, key=lambda one: (not one.known, not _is_whole(one)))


def _longer(script: Script, labels: str, calls: Sequence[Call]) -> Script:
    """The script with more calls, and labels in this form."""
    return replace(
        script, form=replace(script.form, labels=labels), calls=(*script.calls, *calls)
    )


ORDERS = ((Y, T), (T, Y))


def _of_others(search: Search, number: int) -> list[tuple[Call, ...]]:
    """Calls of losses outside of the network: functions, or objects, made by call *number*."""
    functions = [d for d in search.others if d.kind == "function" and not _is_slope(d)]
    found = [(call,) for call in _calls(search, functions, (T, Y), most=2)]
    for loss in (d for d in search.others if d.kind == "class"):
        made = Call(loss.name, path_to(loss.name), (OUT,) * len(required(loss.parameters)))
        for method in _methods(search, loss):
            if not _is_slope(method) and len(method.parameters or ()) >= 2:
                name = "." + last(method.name)
                found += [(made, Call(method.name, (name,), order, of=number)) for order in ORDERS]
    return found


def _methods(search: Search, owner: Definition) -> list[Definition]:
    return [d for d in search.others if d.name.rpartition(".")[0] == owner.name]


def _is_slope(definition: Definition) -> bool:
    """Does the name say gradient or derivative?"""
    concept = meaning(last(definition.name))
    return "gradient" in says(definition) or bool(concept and concept.derivative) or last(definition.name).lower() in SLOPES


SLOPES = ("prime", "deriv", "delta", "diff", "backward_pass", "d", "grad_output", "df")


def upstream(search: Search, loss: LossFound) -> list[Script]:
    """The script of a loss with the call that gives its gradient, which the network is to pass back."""
    call = loss.script.calls[loss.call]
    item = Item(loss.call, loss.path)
    takes: tuple[tuple[scripts.Token, ...], ...]
    if call.of is not None and call.of != HOLDER:
        owner = call.name.rpartition(".")[0]
        slopes = [d for d in search.others if d.name.rpartition(".")[0] == owner and _is_slope(d)]
        takes, of = ((), call.takes, (Fill(1.0),)), call.of
    else:
        slopes = [d for d in search.others if d.kind == "function" and _is_slope(d)]
        takes, of = (call.takes,), None
    return [
        replace(
            loss.script,
            calls=(*loss.script.calls, replace(slope, takes=given)),
            loss=item,
        )
        for d in slopes
        for slope in [_slope_call(d, of)]
        for given in takes
        if len(given) <= len(d.parameters or ())
    ]


def _slope_call(definition: Definition, of: int | None) -> Call:
    path = path_to(definition.name) if of is None else ("." + last(definition.name),)
    return Call(definition.name, path, of=of, gives=((UPSTREAM, ()),))


def _is_whole(loss: LossFound) -> bool:
    """Does the call itself go all the way from the samples, so that it can include a penalty?"""
    return _mentions(loss.script.calls[loss.call], X)


def _with_penalised(search: Search, trial: Trial, found: list[LossFound]) -> list[LossFound]:
    """Ask for unknown losses once more, on other data, to see whether an L2 penalty explains them."""
    unknown = [one for one in found if not one.known]
    other = search.pilot(trial.given.sizes, 5, trial.script.places.b is not None)
    replies = search.ask([_whole(one.script, other, one.call) for one in unknown])
    known = {
        id(one)
        for one, reply in zip(unknown, replies, strict=True)
        if reply.returned
        and (again := dict(leaves(reply.value[0][0])).get(one.path)) is not None
        and seen_in_penalised([one.value, again], trial.seen, [trial.given, other])
    }
    return [replace(one, known=True) if id(one) in known else one for one in found]


def _takes_targets(definition: Definition) -> bool:
    return any(
        _mentions_token(takes, named, T) for takes, named in fillings(definition, (X, T, Y), 4)
    )


def _mentions_token(takes: Sequence[Any], named: Sequence[tuple[str, Any]], token: str) -> bool:
    return token in takes or any(value == token for _, value in named)


def _mentions(call: Call, token: str) -> bool:
    return _mentions_token(call.takes, call.named, token)


def label_forms(given: Pilot) -> list[str]:
    """The forms in which targets may be wanted; floats in (N,) are for one output only."""
    return [form for form in LABELS if form != forms.FLAT_TARGETS or given.t.shape[1] == 1]


def _losses_in(reply: Behaviour, trial: Trial) -> Iterator[tuple[Path, bool, float]]:
    if not reply.returned:
        return
    values = [dict(leaves(one[0])) for one in reply.value]
    for path, leaf in values[0].items():
        total = [v.get(path) for v in values]
        if any(v is None for v in total):
            continue
        if leaf.size == 1 and leaf.dtype.kind == "f":
            loss = sum(float(np.ravel(v)[0]) for v in total)  # type: ignore[arg-type]
            yield path, seen_in_loss(loss, trial.seen, trial.given) is not None, loss
        elif (
            leaf.shape == (len(trial.given.x),)
            and leaf.dtype.kind == "f"
            and not trial.script.form.single
        ):
            loss = float(leaf.mean())
            yield path, seen_in_loss(loss, trial.seen, trial.given) is not None, loss


@dataclass(frozen=True)
class GradientsFound:
    """A call that gives gradients: how well they fit the parameters, and the script that asks for them."""

    fit: float
    script: Script
    labels: str


def gradients(
    search: Search, trial: Trial, loss: LossFound | None, labels: Sequence[str]
) -> list[GradientsFound]:
    """Every call that gives gradients, those that fit the parameters best first."""
    found = _gradients_of(
        search, trial, loss, labels, search.named("gradient", "loss", "forward"), ()
    )
    if not found:
        found = _gradients_of(
            search, trial, loss, labels, search.named("update", "gradient"), ("update",)
        )
    return sorted(found, key=lambda one: -round(one.fit, 6))


def _gradients_of(
    search: Search,
    trial: Trial,
    loss: LossFound | None,
    labels: Sequence[str],
    pool: Sequence[Definition],
    extra: tuple[str, ...],
) -> list[GradientsFound]:
    allowed = (X, T, Y, CACHE, UPSTREAM, "z", "a", *(() if search.is_class else HANDED), *extra)
    if extra:
        rates = tuple((at, RATE) for at in trial.holder.rates)
        trial = replace(trial, script=replace(trial.script, settings=rates))
        loss = loss and replace(loss, script=replace(loss.script, settings=rates))
    tried: list[tuple[Script, int, str]] = []
    for call in _calls(search, pool, allowed, most=12):
        for form in labels:
            tried += _ways_to_gradients(search, trial, loss, call, form)
    inspected = trial.holder.inspected if trial.script.holder else ()
    replies = search.ask([_whole(s, trial.given, at, inspected) for s, at, _ in tried])
    found = []
    for (script, at, form), reply in zip(tried, replies, strict=True):
        if reply.returned:
            found += _gradients_in(script, at, form, trial, reply, inspected, bool(extra))
    return found


def _ways_to_gradients(
    search: Search, trial: Trial, loss: LossFound | None, call: Call, labels: str
) -> Iterator[tuple[Script, int, str]]:
    """The scripts in which this call gives the gradients, with its number in them."""
    script = _with_loss(trial, loss, labels)
    if loss and _same(call, loss.script.calls[loss.call]):
        yield script, loss.call, labels
        return
    before = [script]
    if _mentions(call, UPSTREAM):
        before = upstream(search, replace(loss, script=script)) if loss else []
    for one in before:
        if _is_possible(call, one, trial.given):
            yield replace(one, calls=(*one.calls, call)), len(one.calls), labels


def _is_possible(call: Call, script: Script, given: Pilot) -> bool:
    """Is there a value for everything that the call takes?"""
    known = set(scripts.known(script, given.parameters, given.x, given.t))
    known |= {token for one in script.calls for token, _ in one.gives}
    return {t for t in call.takes if isinstance(t, str)} <= known


def _same(a: Call, b: Call) -> bool:
    return (a.path, a.takes, a.named) == (b.path, b.takes, b.named)


def _with_loss(trial: Trial, loss: LossFound | None, labels: str) -> Script:
    script = loss.script if loss else trial.script
    item = Item(loss.call, loss.path) if loss else None
    return replace(script, form=replace(script.form, labels=labels), loss=item)


def _gradients_in(
    script: Script,
    at: int,
    labels: str,
    trial: Trial,
    reply: Behaviour,
    inspected: Sequence[Path],
    updates: bool,
) -> Iterator[GradientsFound]:
    value, *state = reply.value[0]
    sizes, form = trial.given.sizes, script.form
    if (at_vector := _vector_in(script, at, value)) is not None:
        yield GradientsFound(1.0, replace(script, vector=Item(at, at_vector)), labels)
        return
    biases = script.places.b is not None
    if found := find_gradients(list(leaves(value)), sizes, form, biases=biases):
        yield GradientsFound(found[0], replace(script, gradients=(at, found[1])), labels)
        return
    if not state:
        return
    left = attributes(inspected, state[0])
    laid = scripts.laid_out(script, trial.given.parameters)
    if found := find_gradients(left, sizes, form, [path for path, _ in laid], biases):
        yield GradientsFound(found[0] - 0.01, replace(script, gradients=(HOLDER, found[1])), labels)
    elif updates and _has_moved(left, laid):
        moved = replace(script, gradients=(HOLDER, script.places), recovered=True)
        yield GradientsFound(0.5, moved, labels)


def _vector_in(script: Script, at: int, value: Any) -> Path | None:
    """Where the gradient lies as one vector, if the parameters were handed over as one."""
    if not _mentions(script.calls[at], VECTOR):
        return None
    found = [
        path for path, leaf in leaves(value) if leaf.ndim > 0 and max(leaf.shape) == leaf.size > 1
    ]
    return found[0] if found else None


def _has_moved(left: Sequence[tuple[Path, Any]], laid: Sequence[tuple[Path, Any]]) -> bool:
    now = dict(left)
    return all(
        path in now and now[path].shape == value.shape and not np.array_equal(now[path], value)
        for path, value in laid
    )
