"""Which call gives the loss of a network, and which one outside of it the gradient of the loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.inventory import Definition
from checkgrad.child.request import Path
from checkgrad.child.request import path as path_to
from checkgrad.networks import script as scripts
from checkgrad.networks.match import (
    seen_in_loss,
    seen_in_penalised,
)
from checkgrad.networks.names import tokens_for
from checkgrad.networks.outputs import (
    HANDED,
    Trial,
    calls_of,
    is_possible,
    label_forms,
    returned_before,
    whole,
)
from checkgrad.networks.places import leaves, says_gradient
from checkgrad.networks.script import (
    CACHE,
    HOLDER,
    OUT,
    UPSTREAM,
    Item,
    NetworkCall,
    Script,
    T,
    X,
    Y,
)
from checkgrad.networks.search import Search
from checkgrad.reading.signature import Fill, required
from checkgrad.words.purposes import is_slope, says
from checkgrad.words.text import last


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
    allowed = (X, T, Y, CACHE, *(HANDED if search.is_handed else ()))
    allowed = (*returned_before(trial.script), *allowed)
    pool = search.named("loss") + [
        d for d in search.named("gradient", "forward") if d.returns != 1 or _takes_targets(d)
    ]
    makers: list[tuple[NetworkCall, ...]] = [
        (call,) for call in calls_of(search, list(dict.fromkeys(pool)), allowed, most=8)
    ]
    if not any("loss" in says(d) for d in search.parts):
        makers += _of_others(search, len(trial.script.calls))
    tried = [
        (_longer(trial.script, labels, calls), labels)
        for calls in makers
        if calls[-1].mentions(T)
        for labels in label_forms(search, trial.given)
        if is_possible(_longer(trial.script, labels, calls), trial.given)
    ]
    replies = search.ask([whole(script, trial.given, len(script.calls) - 1) for script, _ in tried])
    found = [
        LossFound(script, labels, len(script.calls) - 1, path, known, value)
        for (script, labels), reply in zip(tried, replies, strict=True)
        for path, known, value in _losses_in(reply, trial)
        if not says_gradient(_name_of(search, script.calls[-1], path))
    ]
    found = _with_penalised(search, trial, found)
    return sorted(found, key=lambda one: (not one.known, not _is_whole(one)))


def _name_of(search: Search, call: NetworkCall, path: Path) -> str:
    """What a result is called, by the function that returns it or by its key."""
    names = search.gives(call.name)
    first = path[0] if path else None
    own = [names[first]] if isinstance(first, int) and first < len(names) else []
    return " ".join([*own, *(part for part in path if isinstance(part, str))])


def _longer(script: Script, labels: str, calls: Sequence[NetworkCall]) -> Script:
    """The script with more calls, and labels in this form."""
    return replace(script, form=replace(script.form, labels=labels), calls=(*script.calls, *calls))


ORDERS = ((Y, T), (T, Y))


def _of_others(search: Search, number: int) -> list[tuple[NetworkCall, ...]]:
    """Calls of losses outside of the network: functions, or objects, made by call *number*."""
    functions = [d for d in search.others if d.kind == "function" and not is_slope(d)]
    found: list[tuple[NetworkCall, ...]] = [
        (call,) for call in calls_of(search, functions, (T, Y), most=2)
    ]
    for loss in (d for d in search.others if d.kind == "class"):
        made = NetworkCall(loss.name, path_to(loss.name), (OUT,) * len(required(loss.parameters)))
        for method in _methods(search, loss):
            if not is_slope(method) and len(method.parameters or ()) >= 2:
                name = "." + last(method.name)
                found += [
                    (made, NetworkCall(method.name, (name,), order, of=number)) for order in ORDERS
                ]
    return found


def _methods(search: Search, owner: Definition) -> list[Definition]:
    return [d for d in search.others if d.name.rpartition(".")[0] == owner.name]


def upstream(search: Search, loss: LossFound) -> list[Script]:
    """The script of a loss with the call that gives its gradient, which the network is to pass back."""
    call = loss.script.calls[loss.call]
    item = Item(loss.call, loss.path)
    takes: tuple[tuple[scripts.NetworkToken, ...], ...]
    if call.of is not None and call.of != HOLDER:
        owner = call.name.rpartition(".")[0]
        slopes = [d for d in search.others if d.name.rpartition(".")[0] == owner and is_slope(d)]
        takes, of = ((), call.takes, (Fill(1.0),)), call.of
    else:
        slopes = [d for d in search.others if d.kind == "function" and is_slope(d)]
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


def _slope_call(definition: Definition, of: int | None) -> NetworkCall:
    path = path_to(definition.name) if of is None else ("." + last(definition.name),)
    return NetworkCall(definition.name, path, of=of, gives=((UPSTREAM, ()),))


def _is_whole(loss: LossFound) -> bool:
    """Does the call itself go all the way from the samples, so that it can include a penalty?"""
    return loss.script.calls[loss.call].mentions(X)


def _with_penalised(search: Search, trial: Trial, found: list[LossFound]) -> list[LossFound]:
    """Ask for unknown losses once more, on other data, to see whether an L2 penalty explains them."""
    unknown = [one for one in found if not one.known]
    other = search.pilot(trial.given.sizes, 5, trial.holder.biases)
    replies = search.ask([whole(one.script, other, one.call) for one in unknown])
    known = {
        id(one)
        for one, reply in zip(unknown, replies, strict=True)
        if reply.returned
        and (again := dict(leaves(reply.value[0][0])).get(one.path)) is not None
        and seen_in_penalised([one.value, again], trial.seen, [trial.given, other])
    }
    return [replace(one, known=True) if id(one) in known else one for one in found]


def _takes_targets(definition: Definition) -> bool:
    """May any of its parameters stand for the targets?"""
    return any(T in tokens_for(p.name) for p in definition.parameters or ())


def _losses_in(reply: Behaviour, trial: Trial) -> Iterator[tuple[Path, bool, float]]:
    if not reply.returned:
        return
    values = [dict(leaves(one[0])) for one in reply.value]
    for path, leaf in values[0].items():
        rounds = [value[path] for value in values if path in value]
        if len(rounds) < len(values) or leaf.dtype.kind != "f":
            continue
        for_each_sample = leaf.shape == (len(trial.given.x),) and not trial.script.form.single
        if leaf.size == 1 or for_each_sample:
            loss = float(np.mean([np.mean(value) for value in rounds]))
            yield path, seen_in_loss(loss, trial.seen, trial.given) is not None, loss
