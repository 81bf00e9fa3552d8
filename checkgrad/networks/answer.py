"""From the answer to a network's request to outputs, loss and gradients in the canonical layout."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.play_steps import spreads
from checkgrad.networks import form as forms
from checkgrad.networks.script import Script, T, X, laid_out
from checkgrad.tasks import Parameters


def read(script: Script, behaviour: Behaviour, parameters: Parameters) -> Behaviour:
    """Turn the answer to *request* into (y, loss, gradients) in the canonical layout."""
    if not behaviour.returned:
        return behaviour
    try:
        return _read(script, behaviour, parameters)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # only a worker that was tampered with answers in another form than it was asked for
        why = f"the answer has not the form that was asked for ({type(error).__name__})"
        return Behaviour(died=why, died_of="protocol")


def _read(script: Script, behaviour: Behaviour, parameters: Parameters) -> Behaviour:
    given = [_taken_apart(script, one, parameters) for one in behaviour.value]
    y = _outputs(script, given, parameters)
    loss = _reduced([one.get("loss") for one in given])
    gradients = [_gradient(script, given, parameters, i) for i in range(len(parameters))]
    return replace(behaviour, value=(y, loss, gradients), mutated=_mutated(script, behaviour))


def _taken_apart(script: Script, given: dict[str, Any], parameters: Parameters) -> dict[str, Any]:
    """The answer with a gradient that came as one vector cut into the shapes of the parameters."""
    if not script.vector:
        return given
    shapes = [value.shape for _, value in laid_out(script, parameters)]
    vector = np.ravel(given["vector"])
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])
    if vector.size != ends[-1]:
        return given | {"gradients": [[given["vector"]] * 2] * len(parameters)}
    if not script.places.b:
        pieces = np.split(vector, ends[:-1])
        return given | {"gradients": [[p.reshape(s)] for p, s in zip(pieces, shapes, strict=True)]}
    blocks = [b.reshape(s) for b, s in zip(np.split(vector, ends[:-1]), shapes, strict=True)]
    return given | {
        "gradients": [list(pair) for pair in zip(blocks[::2], blocks[1::2], strict=True)]
    }


def _outputs(script: Script, given: list[Any], parameters: Parameters) -> Any:
    if script.y is None:
        return None
    c = parameters[-1][0].shape[1]
    if not all(_is_array(one["y"]) for one in given):
        return given[0]["y"]
    if not script.form.single:
        return forms.outputs(script.form, given[0]["y"], c)
    arrays = [np.ravel(one["y"]) for one in given]
    return np.stack(arrays) if len({a.shape for a in arrays}) == 1 else arrays[0]


def _reduced(losses: list[Any]) -> Any:
    """The loss as one number: the mean of the rounds', the mean of what one round gives for each sample."""
    if any(loss is None for loss in losses):
        return None
    arrays = [np.asarray(loss) for loss in losses]
    if any(a.dtype.kind not in "biuf" or max(a.shape, default=1) != a.size for a in arrays):
        return losses[0]
    return np.float64(np.mean([a.mean() for a in arrays]))


def _gradient(
    script: Script, given: list[Any], parameters: Parameters, layer: int
) -> tuple[Any, Any]:
    """The gradient of one layer: the mean of the rounds'."""
    w, b = parameters[layer]
    pairs = [one["gradients"][layer] for one in given]
    kept = forms.weight(script.form, w, b), forms.bias(script.form, b)
    dw = [
        forms.weight_gradient(script.form, d) if _is_array(d) else d
        for d in (_as_gradient(script, pair[0], kept[0]) for pair in pairs)
    ]
    if script.form.folded:
        both = _mean(dw)
        return forms.unfolded(script.form, both) if np.ndim(both) == 2 else (both, both)
    if not script.places.b:
        return _mean(dw), np.zeros_like(b)
    db = [
        forms.bias_gradient(script.form, d, b.size) if _is_array(d) else d
        for d in (_as_gradient(script, pair[1], kept[1]) for pair in pairs)
    ]
    if any(_spreads(pair[1], kept[1]) for pair in pairs) and _has_one_in_shape(
        script, given, parameters
    ):
        step = np.subtract(kept[1], pairs[0][1])
        return _mean(dw), np.broadcast_to(pairs[0][1], step.shape)
    return _mean(dw), _mean(db)


def _spreads(gradient: Any, parameter: Any) -> bool:
    """Does a step along a gradient make another array of the parameter, as a row makes a square of a column?"""
    return _is_array(gradient) and spreads(np.shape(gradient), parameter.shape)


def _has_one_in_shape(script: Script, given: list[Any], parameters: Parameters) -> bool:
    """Has the gradient of some bias the shape of that, so that nobody brings all of them there afterwards?"""
    return any(
        np.shape(one["gradients"][i][1]) == forms.bias(script.form, b).shape
        for one in given
        for i, (_, b) in enumerate(parameters)
    )


def _as_gradient(script: Script, value: Any, old: Any) -> Any:
    if not script.recovered or np.shape(value) != old.shape:
        return value
    return (old - np.asarray(value)) / script.rate


def _is_array(value: Any) -> bool:
    return np.asarray(value).dtype.kind in "biuf"


def _mean(values: list[Any]) -> Any:
    if len(values) == 1 or not all(map(_is_array, values)):
        return values[0]
    return sum(values) / len(values) if len({np.shape(v) for v in values}) == 1 else values[0]


def _mutated(script: Script, behaviour: Behaviour) -> tuple[int, ...]:
    """Only inputs and targets have to be left alone."""
    takes = script.calls[-1].takes
    return tuple(i for i in behaviour.mutated if i < len(takes) and takes[i] in (X, T))
