"""Where the gradients of a network lie, in what a call returns or in what it leaves behind."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from checkgrad.child.request import Path
from checkgrad.networks.form import NetworkForm, shape_of_weight
from checkgrad.networks.places import (
    Group,
    Listed,
    Numbered,
    PathLeaves,
    Places,
    Template,
    groups,
    is_average,
    is_running,
    names_of,
    path,
    says,
    says_gradient,
)
from checkgrad.words.networks import BIAS_NAME, GRADIENT, PASSED_BACK, WEIGHT_NAME


def find_gradients(
    everything: PathLeaves,
    sizes: Sequence[int],
    form: NetworkForm,
    laid: PathLeaves,
    biases: bool = True,
) -> tuple[float, Places] | None:
    """Where the gradients of the parameters *laid* out lie, and how well they fit, 1 where all shapes are right.

    The shapes of the weights decide, then the names, then what lies side by side.
    """
    found = [
        (at, leaf)
        for at, leaf in everything
        if not _is_parameter(at, leaf, laid) and not is_running(names_of(at))
    ]
    by_path = dict(found)
    ranked = []
    for i, places in enumerate(_arrangements(found, sizes, form, biases)):
        ws, bs = _fit(by_path, places, sizes, form)
        ranked.append((ws, _named(places), -_apart(places), bs, -i, places))
    best = max(ranked, key=lambda one: one[:-1], default=None)
    if not best or best[0] <= 0 or not best[3] and _are_counts(by_path, best[-1], len(sizes) - 1):
        return None
    fit = (2 * best[0] + best[3]) / 3
    return (fit, best[-1]) if fit >= LEAST or best[1] >= 1 else None


LEAST = 0.3  # of the fit of what no name says to be a gradient


def _is_parameter(at: Path, leaf: Any, laid: PathLeaves) -> bool:
    """Is it a parameter itself, handed out again?"""
    return any(
        at == path or leaf.shape == value.shape and np.any(value) and np.array_equal(leaf, value)
        for path, value in laid
    )


def _arrangements(
    found: PathLeaves, sizes: Sequence[int], form: NetworkForm, biases: bool
) -> Iterator[Places]:
    depth = len(sizes) - 1
    together = [g for g in groups(found) if len(g.members) >= depth]
    if not biases:
        yield from _of_weights(found, together, sizes, form)
        return
    for gw, gb in itertools.product(together, repeat=2):
        if gw is gb:
            yield from _in_one_list(gw, depth)
            continue
        for order in (1, -1) if gw.text is None and gb.text is None else (1,):
            numbers = [[n for n, _ in g.members][:depth][::order] for g in (gw, gb)]
            yield from _as_places(gw, gb, *numbers)
    weights = [_by_shape_and_name(found, form, i, o) for i, o in itertools.pairwise(sizes)]
    if all(all(pair) for pair in weights):
        ws, bs = zip(*weights, strict=True)
        yield Places((Listed(ws),), (Listed(bs),))


def _of_weights(
    found: PathLeaves, together: Sequence[Group], sizes: Sequence[int], form: NetworkForm
) -> Iterator[Places]:
    depth = len(sizes) - 1
    for group in together:
        numbers = [number for number, _ in group.members]
        for start in range(len(numbers) - depth + 1):
            for order in (1, -1) if group.text is None else (1,):
                if template := group.template(numbers[start : start + depth][::order]):
                    yield Places(template, None)
    ws = [_by_shape_and_name(found, form, i, o)[0] for i, o in itertools.pairwise(sizes)]
    if all(ws):
        yield Places((Listed(tuple(ws)),), None)  # type: ignore[arg-type]


def _in_one_list(group: Group, depth: int) -> Iterator[Places]:
    """Weights and biases in the same list: in turns, or one kind after the other; from either end."""
    numbers = [n for n, _ in group.members]
    for start in range(len(numbers) - 2 * depth + 1):
        mine = numbers[start : start + 2 * depth]
        for ws, bs in (
            (mine[::2], mine[1::2]),
            (mine[1::2], mine[::2]),
            (mine[:depth], mine[depth:]),
            (mine[depth:], mine[:depth]),
        ):
            for order in (1, -1):
                yield from _as_places(group, group, ws[::order], bs[::order])


def _as_places(gw: Group, gb: Group, ws: list[int], bs: list[int]) -> Iterator[Places]:
    tw, tb = gw.template(ws), gb.template(bs)
    if tw and tb:
        yield Places(tw, tb)


def _by_shape_and_name(
    found: PathLeaves, form: NetworkForm, i: int, o: int
) -> tuple[Path | None, Path | None]:
    w = _likeliest(found, {shape_of_weight(form, i, o)}, WEIGHT_NAME)
    b = _likeliest([f for f in found if f[0] != w], {(o,), (1, o), (o, 1)}, BIAS_NAME)
    named = [at for at, _ in found if re.search(r"d_?b", names_of(at), re.I)]
    return w, b or next(iter(named), None)


def _likeliest(
    found: PathLeaves, shapes: set[tuple[int, ...]], pattern: re.Pattern[str]
) -> Path | None:
    """What has one of these shapes: called a gradient at best, then at least called after the parameter."""
    fitting = [at for at, leaf in found if leaf.shape in shapes and not is_average(names_of(at))]
    named = [at for at in fitting if says(names_of(at), GRADIENT)]
    alike = [at for at in fitting if says(names_of(at), pattern)]
    return next(iter([*named, *alike, *fitting]), None)


def _fit(
    by_path: dict[Path, Any], places: Places, sizes: Sequence[int], form: NetworkForm
) -> tuple[float, float]:
    """The shares of weights and of biases whose gradients have the shape of the parameter."""
    depth = len(sizes) - 1
    ws = bs = 0.0
    for k, (i, o) in enumerate(itertools.pairwise(sizes)):
        due = shape_of_weight(form, i, o)
        w = by_path.get(path(places.w, k, depth))
        b = by_path.get(path(places.b, k, depth)) if places.b else None
        if w is None or places.b and b is None:
            return 0.0, 0.0
        ws += 1.0 if w.shape == due else 0.25 if w.shape == due[::-1] else 0.0
        bs += b is None or b.shape in ((o,), (1, o), (o, 1))
    return ws / depth, bs / depth


def _apart(places: Places) -> int:
    """How many parts of the ways to weights and to biases differ."""
    if not places.b:
        return 0
    if isinstance(places.w[0], Listed) or len(places.w) != len(places.b):
        return FAR
    return sum(a != b for a, b in zip(places.w, places.b, strict=True))


FAR = 9


def _named(places: Places) -> float:
    """Do the names say that these are gradients, of weights and of biases, and not of inputs, and no running averages?"""
    texts = [_template_names(t) for t in (places.w, places.b) if t]
    said = sum(says_gradient(t) - is_average(t) - says(t, PASSED_BACK) for t in texts)
    return said + 0.5 * says(texts[0], WEIGHT_NAME) + 0.5 * says(texts[-1], BIAS_NAME)


def _are_counts(by_path: dict[Path, Any], places: Places, depth: int) -> bool:
    """Are whole numbers in the place of the gradients of biases, as in a list of sizes?"""
    found = [by_path.get(path(places.b, k, depth)) for k in range(depth)] if places.b else []
    return bool(found) and all(f is not None and f.dtype.kind in "iu" for f in found)


def _template_names(template: Template) -> str:
    texts: list[str] = []
    for part in template:
        if isinstance(part, Numbered):
            texts.append(part.text)
        elif isinstance(part, Listed):
            texts += [p for p in part.paths[0] if isinstance(p, str)]
        elif isinstance(part, str):
            texts.append(part)
    return " ".join(texts)
