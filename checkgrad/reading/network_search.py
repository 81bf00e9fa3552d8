"""Finding out by asking how a network is used: where its parameters lie, what gives outputs, loss and gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour, Unsendable
from checkgrad.child.inventory import Definition
from checkgrad.child.request import Request, Result, Step
from checkgrad.child.request import path as path_to
from checkgrad.reading import network_form as forms
from checkgrad.reading import network_script as scripts
from checkgrad.reading.network_form import (
    COLUMN,
    COLUMNS,
    FLAT,
    IN_OUT,
    LABELS,
    OUT_IN,
    ROW,
    ROWS,
    VECTORS,
    Form,
)
from checkgrad.reading.network_match import (
    Pilot,
    Seen,
    pilot,
    seen_in_loss,
    seen_in_outputs,
    seen_in_penalised,
)
from checkgrad.reading.network_names import fillings, is_rate, last, plans, says
from checkgrad.reading.network_places import (
    Index,
    Numbered,
    Path,
    Places,
    bare,
    chain_of_sizes,
    find_gradients,
    find_places,
    leaves,
)
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
    VECTOR,
    WEIGHTS,
    Call,
    Item,
    Script,
    T,
    X,
    Y,
)

Ask = Callable[[Sequence[Request]], list[Behaviour]]
N = 7
HIDDEN_SIZES = {3: (5, 11, 4), 2: (5, 11), 1: (5,)}  # by number of layers; all sizes differ
CLASSES = (3, 1, 2)
HANDED = (PARAMS, WEIGHTS, BIASES, VECTOR, "w", "b")


def pilot_sizes(depth: int, classes: int) -> tuple[int, ...]:
    return (*HIDDEN_SIZES[depth], classes)


@dataclass(frozen=True)
class Holder:
    """An object, or a container, with the parameters of a network of *sizes*.

    inspected: paths of the objects within, whose attributes are looked at. rates: paths of learning rates.
    """

    script: Script
    sizes: tuple[int, ...]
    fixed: bool = False
    inspected: tuple[Path, ...] = ((),)
    rates: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Trial:
    """A holder with calls, asked on a pilot: what came back."""

    holder: Holder
    script: Script
    given: Pilot
    seen: Seen | None = None
    call: int = 0
    path: Path = ()


@dataclass
class Search:
    """What is known about one candidate so far."""

    function: str
    parts: tuple[Definition, ...]
    others: tuple[Definition, ...]
    maker: Definition | None
    is_class: bool
    ask: Ask
    seed: int = 0
    problems: list[str] = field(default_factory=list)

    def pilot(self, sizes: tuple[int, ...], n: int = N) -> Pilot:
        return pilot(sizes, n, self.seed)

    def named(self, *purposes: str) -> list[Definition]:
        """The parts that are good for one of *purposes*, those for the first of them first."""
        found = [d for purpose in purposes for d in self.parts if purpose in says(d)]
        return list(dict.fromkeys(sorted(found, key=lambda d: "predict" in d.name.lower())))

    def is_forward(self, name: str) -> bool:
        """Does the name of a part say that it gives the outputs?"""
        return any(d.name == name and "forward" in says(d) for d in self.parts)


def holders(search: Search) -> Iterator[list[Holder]]:
    """The ways to hold the parameters, in batches of equal likelihood."""
    found = _made(search) if search.maker else []
    if not search.is_class:
        found = [_handed(h) for h in found]
    if found or search.is_class:
        yield found
    else:
        yield from _by_default(search)


def _handed(holder: Holder) -> Holder:
    """The same parameters handed over: then their sizes are free, whatever the initialiser chooses."""
    sizes = holder.sizes
    if holder.fixed and len(sizes) - 1 in HIDDEN_SIZES:
        sizes = pilot_sizes(len(sizes) - 1, 3)
    return replace(holder, script=replace(holder.script, holder=None), sizes=sizes, fixed=False)


def _made(search: Search) -> list[Holder]:
    """Make the object with every plan and all sizes, and look where arrays of the due shapes are."""
    assert search.maker
    tried = [
        (Call(search.maker.name, path_to(search.maker.name), plan), sizes)
        for plan in dict.fromkeys(plans(search.maker.parameters))
        for sizes in (pilot_sizes(depth, c) for c in (3, 1) for depth in (3, 2, 1))
    ]
    found: list[Holder] = []
    for (call, sizes), (inside, inspected) in zip(tried, _explored(search, tried), strict=True):
        fits = find_places(inside, sizes)
        for actual in [sizes] if fits else chain_of_sizes(inside):
            for places, form in fits or find_places(inside, actual):
                script = Script(search.function, form, places, call)
                found.append(Holder(script, actual, not fits, inspected, _rates(inside)))
    return _few(found)


def _rates(inside: Sequence[tuple[Path, Any]]) -> tuple[Path, ...]:
    """Where numbers lie that are learning rates by their names."""
    return tuple(at for at, leaf in inside if leaf.size == 1 and is_rate(bare(str(at[-1]))))


def _few(found: list[Holder]) -> list[Holder]:
    """Those of the first plan that led to parameters; those of fixed sizes only where there are no others."""
    free = [h for h in found if not h.fixed] or found
    return [h for h in free if h.script.holder == free[0].script.holder]


def _explored(
    search: Search, tried: list[tuple[Call, tuple[int, ...]]]
) -> list[tuple[list[tuple[Path, Any]], tuple[Path, ...]]]:
    """Every array that each call makes, those in objects within included, and where these objects are."""
    steps = [_making(call, search.pilot(sizes)) for call, sizes in tried]
    if not search.is_class:
        replies = search.ask(
            [Request(c.name, (s,), Result(0)) for (c, _), s in zip(tried, steps, strict=True)]
        )
        return [(list(leaves(b.value)), ()) for b in replies]
    places: list[tuple[Path, ...]] = [((),)] * len(tried)
    for level in range(3):
        requests = [
            Request(search.function, (s,), [Result(0, (*at, ".__dict__")) for at in mine])
            for s, mine in zip(steps, places, strict=True)
        ]
        replies = search.ask(requests)
        more = [
            tuple(_objects(mine, b.value)) if b.returned else ()
            for mine, b in zip(places, replies, strict=True)
        ]
        if level == 2 or not any(set(m) - set(p) for m, p in zip(more, places, strict=True)):
            break
        places = [
            (*p, *(at for at in m if at not in p))[:40] for p, m in zip(places, more, strict=True)
        ]
    search.problems += [said(b) for b in replies if not b.returned]
    return [
        (attributes(mine, b.value) if b.returned else [], mine)
        for mine, b in zip(places, replies, strict=True)
    ]


def said(reply: Behaviour) -> str:
    """How a call failed, in one line."""
    return f"{reply.raised}: {reply.message}".rstrip(": ") if reply.raised else reply.died


def _making(call: Call, given: Pilot) -> Step:
    values = scripts.plan_values(given.sizes) | {X: given.x, T: given.t}
    return Step("call", call.path, args=tuple(scripts.filled(t, values) for t in call.takes))


def attributes(inspected: Sequence[Path], dicts: Sequence[Any]) -> list[tuple[Path, Any]]:
    """The arrays and numbers among the attributes of objects."""
    return [
        leaf
        for at, attributes in zip(inspected, dicts, strict=True)
        for key, value in attributes.items()
        for leaf in leaves(value, (*at, f".{key}"))
    ]


def _objects(inspected: Sequence[Path], dicts: Sequence[Any]) -> Iterator[Path]:
    """Where other objects lie among the attributes of objects."""
    for at, attributes in zip(inspected, dicts, strict=True):
        for key, value in attributes.items():
            yield from _objects_in(value, (*at, f".{key}"))


def _objects_in(value: Any, at: Path) -> Iterator[Path]:
    if isinstance(value, Unsendable) and value.description.startswith("an object of class"):
        yield at
    elif isinstance(value, dict):
        for key, member in value.items():
            if isinstance(key, str | int):
                yield from _objects_in(member, (*at, key))
    elif isinstance(value, list | tuple):
        for i, member in enumerate(value[:64]):
            yield from _objects_in(member, (*at, i))


COMMON = (((IN_OUT, FLAT), (OUT_IN, COLUMN)), ((IN_OUT, ROW), (OUT_IN, FLAT), (IN_OUT, COLUMN)))
BY_NAME = Places((Numbered("W{}", 1),), (Numbered("b{}", 1),))
IN_TURNS = Places((Index(0, 2),), (Index(1, 2),))


def _by_default(search: Search) -> Iterator[list[Holder]]:
    """Parameters handed over without an initialiser to learn from: W1, b1, ... in the common shapes."""
    taken = {
        token for call in _forward_calls(search) for token in call.takes if isinstance(token, str)
    }
    numbers = [int(token[1:]) for token in taken if token[0] == "w" and token[1:].isdigit()]
    depths = [max(numbers)] if numbers and max(numbers) <= 3 else [3, 2, 1]
    for shapes in COMMON:
        for places in (BY_NAME, IN_TURNS) if PARAMS in taken else (BY_NAME,):
            yield [
                Holder(
                    Script(search.function, Form(weights=w, bias=b), places), pilot_sizes(depth, 3)
                )
                for w, b in shapes
                for depth in depths
            ]


def forward_trials(search: Search, found: Sequence[Holder], single: bool = False) -> list[Trial]:
    """Ask everything that may be a forward pass of every holder, until one gives known outputs."""
    trials: list[Trial] = []
    for classes in CLASSES:
        asked = [
            Trial(holder, replace(holder.script, form=form, calls=(call,)), given)
            for holder in found
            for given in _tasks(search, holder, classes)
            for form in (_single_layouts if single else _layouts)(holder.script)
            for call in _forward_calls(search)
        ]
        replies = search.ask([_whole(t.script, t.given, 0) for t in asked])
        seen = [_looked_at(search, t, r) for t, r in zip(asked, replies, strict=True)]
        trials += [t for t in seen if t]
        if any(t.seen for t in trials):
            break
        search.problems += [said(reply) for reply in replies if not reply.returned]
    return trials


def _tasks(search: Search, holder: Holder, classes: int) -> Iterator[Pilot]:
    """The pilot for so many classes, if the object can have them."""
    plan = holder.script.holder.takes if holder.script.holder else (OUT,)
    if not {OUT, SIZES, SIZES_TUPLE, REST, T} & set(plan) and not _gives_output(plan, holder):
        if classes == CLASSES[0]:
            yield search.pilot(holder.sizes)
    elif not holder.fixed:
        yield search.pilot((*holder.sizes[:-1], classes))
    elif classes == CLASSES[0]:
        yield search.pilot(holder.sizes)


def blind_trials(search: Search, found: Sequence[Holder]) -> list[Trial]:
    """Nothing gives the outputs: every holder with every layout, to be told by its loss."""
    return [
        Trial(holder, replace(holder.script, form=form), given)
        for holder in found
        for classes in CLASSES
        for given in _tasks(search, holder, classes)
        for form in _layouts(holder.script)
    ]


def _gives_output(plan: Sequence[Any], holder: Holder) -> bool:
    return f"size{len(holder.sizes) - 1}" in plan


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


def _forward_calls(search: Search) -> list[Call]:
    allowed = (X,) if search.is_class else (X, *HANDED)
    calls = _calls(search, search.named("forward"), allowed, most=6)
    if not calls:
        calls = _calls(search, search.named("forward"), (*allowed, T), most=6)
    return calls + _calls(search, search.named("loss"), allowed, most=2)


def _calls(
    search: Search, definitions: Sequence[Definition], allowed: Sequence[str], most: int
) -> list[Call]:
    found = []
    for definition in definitions:
        if definition.stub:
            continue
        of_holder = search.is_class and definition in search.parts
        path = ("." + last(definition.name),) if of_holder else path_to(definition.name)
        for takes, named in fillings(definition, allowed, most):
            found.append(Call(definition.name, path, takes, named, of_holder))
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
    n, c = trial.given.t.shape
    values = [one[0] for one in reply.value]
    fallback: Trial | None = None
    for path, leaf in leaves(values[0]):
        if leaf.size != (c if trial.script.form.single else n * c) or not isinstance(
            leaf, np.ndarray
        ):
            continue
        y = _outputs_at(trial.script.form, values, path, c)
        if y is None or y.shape != (n, c):
            continue
        seen = seen_in_outputs(y, trial.given)
        found = replace(trial, seen=seen, path=path, script=_giving(trial, values[0], path))
        if seen:
            return found
        if search.is_forward(trial.script.calls[trial.call].name) and leaf.dtype.kind == "f":
            fallback = fallback or found
    return fallback


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


def losses(search: Search, trial: Trial) -> list[LossFound]:
    """Every call that gives a loss, the right and likely ones first."""
    allowed = (X, T, Y, CACHE, *(() if search.is_class else HANDED))
    pool = search.named("loss") + [
        d for d in search.named("gradient", "forward") if d.returns != 1 or _takes_targets(d)
    ]
    calls = _calls(search, list(dict.fromkeys(pool)), allowed, most=8)
    if not any("loss" in says(d) for d in search.parts):
        calls += _calls(search, search.others, (T, Y), most=2)
    tried = [
        (
            replace(
                trial.script,
                form=replace(trial.script.form, labels=labels),
                calls=(*trial.script.calls, call),
            ),
            labels,
        )
        for call in calls
        if _mentions(call, T)
        for labels in label_forms(trial.given)
    ]
    at = len(trial.script.calls)
    replies = search.ask([_whole(script, trial.given, at) for script, _ in tried])
    found = [
        LossFound(script, labels, at, path, known, value)
        for (script, labels), reply in zip(tried, replies, strict=True)
        for path, known, value in _losses_in(reply, trial)
    ]
    found = _with_penalised(search, trial, found)
    return sorted(found, key=lambda one: (not one.known, not _is_whole(one)))


def _is_whole(loss: LossFound) -> bool:
    """Does the call itself go all the way from the samples, so that it can include a penalty?"""
    return _mentions(loss.script.calls[loss.call], X)


def _with_penalised(search: Search, trial: Trial, found: list[LossFound]) -> list[LossFound]:
    """Ask for unknown losses once more, on other data, to see whether an L2 penalty explains them."""
    unknown = [one for one in found if not one.known]
    other = pilot(trial.given.sizes, 5, search.seed)
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
    allowed = (X, T, Y, CACHE, "z", "a", *(() if search.is_class else HANDED), *extra)
    if extra:
        rates = tuple((at, RATE) for at in trial.holder.rates)
        trial = replace(trial, script=replace(trial.script, settings=rates))
        loss = loss and replace(loss, script=replace(loss.script, settings=rates))
    tried: list[tuple[Script, int, str]] = []
    for call in _calls(search, pool, allowed, most=12):
        if not _is_possible(call, trial):
            continue
        for form in labels:
            script = _with_loss(trial, loss, form)
            if loss and _same(call, loss.script.calls[loss.call]):
                tried.append((script, loss.call, form))
            else:
                tried.append(
                    (replace(script, calls=(*script.calls, call)), len(script.calls), form)
                )
    inspected = trial.holder.inspected if trial.script.holder else ()
    replies = search.ask([_whole(s, trial.given, at, inspected) for s, at, _ in tried])
    found = []
    for (script, at, form), reply in zip(tried, replies, strict=True):
        if reply.returned:
            found += _gradients_in(script, at, form, trial, reply, inspected, bool(extra))
    return found


def _is_possible(call: Call, trial: Trial) -> bool:
    """Is there a value for everything that the call takes?"""
    given = trial.given
    known = set(scripts.known(trial.script, given.parameters, given.x, given.t))
    known |= {token for one in trial.script.calls for token, _ in one.gives}
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
    if found := find_gradients(list(leaves(value)), sizes, form):
        yield GradientsFound(found[0], replace(script, gradients=(at, found[1])), labels)
        return
    if not state:
        return
    left = attributes(inspected, state[0])
    laid = scripts.laid_out(script, trial.given.parameters)
    if found := find_gradients(left, sizes, form, [path for path, _ in laid]):
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
