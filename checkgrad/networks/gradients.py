"""Which call gives the gradients of a network, or changes its parameters by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.inventory import Definition
from checkgrad.child.request import Path
from checkgrad.networks import script as scripts
from checkgrad.networks.form import AS_OUTPUTS
from checkgrad.networks.gradient_places import find_gradients
from checkgrad.networks.losses import LossFound, upstream
from checkgrad.networks.objects import attributes, said
from checkgrad.networks.outputs import (
    HANDED,
    Trial,
    calls_of,
    is_possible,
    returned_before,
    whole,
)
from checkgrad.networks.places import leaves
from checkgrad.networks.script import (
    CACHE,
    HOLDER,
    RATE,
    UPSTREAM,
    VECTOR,
    Item,
    NetworkCall,
    Script,
    T,
    X,
    Y,
)
from checkgrad.networks.search import Search


@dataclass(frozen=True)
class GradientsFound:
    """A call that gives gradients: how well they fit the parameters, and the script that asks for them."""

    fit: float
    script: Script
    labels: str


LIKELY = 0.6  # share of the blocks that have to have the shape of their parameter


def gradients(
    search: Search, trial: Trial, loss: LossFound | None, labels: Sequence[str]
) -> list[GradientsFound]:
    """Every call that gives gradients, those that fit the parameters best first; by the names that promise most."""
    found: list[GradientsFound] = []
    for purposes in (("gradient",), ("loss", "forward"), ("update", "gradient")):
        extra = ("update",) if "update" in purposes else ()
        found += _gradients_of(search, trial, loss, labels, search.named(*purposes), extra)
        if any(one.fit >= LIKELY for one in found):
            break
    return sorted(found, key=lambda one: -round(one.fit, 6))


def _gradients_of(
    search: Search,
    trial: Trial,
    loss: LossFound | None,
    labels: Sequence[str],
    pool: Sequence[Definition],
    extra: tuple[str, ...],
) -> list[GradientsFound]:
    allowed = (X, T, Y, CACHE, UPSTREAM, "z", "a", *(HANDED if search.is_handed else ()), *extra)
    allowed = (*returned_before(trial.script), *allowed)
    if extra:
        rates = tuple((at, RATE) for at in trial.holder.rates)
        trial = replace(trial, script=replace(trial.script, settings=rates))
        loss = loss and replace(loss, script=replace(loss.script, settings=rates))
    tried: list[tuple[Script, int, str]] = []
    calls = calls_of(search, pool, allowed, most=12)
    for call in [*_passing_back(calls), *calls]:
        for form in labels:
            tried += _ways_to_gradients(search, trial, loss, call, form)
    inspected = trial.holder.inspected if trial.script.holder else ()
    replies = search.ask([whole(s, trial.given, at, inspected) for s, at, _ in tried])
    failed = [said(reply) for reply in replies if not reply.returned]
    search.problems[:0] = failed  # what fails last is nearest to the cause
    found: list[GradientsFound] = []
    for (script, at, form), reply in zip(tried, replies, strict=True):
        if reply.returned:
            found += _gradients_in(script, at, form, trial, reply, inspected, bool(extra))
    return found


def _passing_back(calls: Sequence[NetworkCall]) -> Iterator[NetworkCall]:
    """Calls that are handed nothing but what is called x: the gradient that they pass back, more likely."""
    for call in calls:
        if call.takes == (X,) and not call.named:
            yield replace(call, takes=(UPSTREAM,))


def _ways_to_gradients(
    search: Search, trial: Trial, loss: LossFound | None, call: NetworkCall, labels: str
) -> Iterator[tuple[Script, int, str]]:
    """The scripts in which this call gives the gradients, with its number in them."""
    script = _with_loss(trial, loss, labels)
    if loss and _same(call, loss.script.calls[loss.call]):
        yield script, loss.call, labels
        return
    before = [script]
    if call.mentions(UPSTREAM):
        before = upstream(search, replace(loss, script=script)) if loss else _difference(script)
    for one in before:
        longer = replace(one, calls=(*one.calls, call))
        if is_possible(longer, trial.given):
            yield longer, len(one.calls), labels


def _difference(script: Script) -> list[Script]:
    """The script that passes back the outputs minus the targets, where there is no loss to be derived."""
    if not script.y or script.form.turned or script.form.labels != AS_OUTPUTS:
        return []
    path = (*script.y.path, ".__sub__")
    minus = NetworkCall("outputs - targets", path, (T,), of=script.y.call, gives=((UPSTREAM, ()),))
    return [replace(script, calls=(*script.calls, minus))]


def _same(a: NetworkCall, b: NetworkCall) -> bool:
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
    laid = scripts.laid_out(script, trial.given.parameters)
    returned = list(leaves(value))
    if found := find_gradients(returned, sizes, form, [((), v) for _, v in laid], biases):
        yield GradientsFound(found[0], replace(script, gradients=(at, found[1])), labels)
        return
    if not state:
        return
    left = attributes(script, inspected, state[0])
    if found := find_gradients(left, sizes, form, laid, biases):
        yield GradientsFound(found[0] - 0.01, replace(script, gradients=(HOLDER, found[1])), labels)
    if updates and _has_moved(left, laid):
        moved = replace(script, gradients=(HOLDER, script.places), recovered=True)
        yield GradientsFound(0.5, moved, labels)


def _vector_in(script: Script, at: int, value: Any) -> Path | None:
    """Where the gradient lies as one vector, if the parameters were handed over as one."""
    if not script.calls[at].mentions(VECTOR):
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
