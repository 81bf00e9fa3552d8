"""What else could stand in the place of an expression, in the student's own names: the simplest first by its cost."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import numpy as np

from checkgrad.diagnose.surgery.around import around
from checkgrad.diagnose.surgery.counterparts import PAIRS
from checkgrad.diagnose.surgery.kinds import by_kind, is_a_function, other_functions
from checkgrad.diagnose.surgery.scene import Scene
from checkgrad.diagnose.surgery.scopes import is_load
from checkgrad.diagnose.surgery.spot import Changes, Mutation, Site, ValueOf, is_count

NAMED = (ast.Name, ast.Attribute, ast.Subscript)
VALUES = (*NAMED, ast.Call, ast.BinOp, ast.UnaryOp)
OF_ARRAYS = ("T", "shape", "size")


def mutations(
    scene: Scene, root: ast.expr, value: ValueOf, fits: bool = True
) -> Iterator[Mutation]:
    """Every single change of *root*. fits: only names whose values have the shape of what they replace."""
    scope = scene.scope_at(root.lineno)
    names = sorted(scope.names | scope.chains)
    items = sorted(i for i in scope.items if value(i) is not None)
    for one in ast.walk(root):
        if isinstance(one, ast.Subscript) and is_load(one):
            for new, code, cost in other_names(Site(scene, one, items, value, fits)):
                yield Mutation(one, new, code, cost + 0.1 + length(scene.said(one)))
        if not isinstance(one, ast.expr) or not hasattr(one, "lineno"):
            continue
        if isinstance(getattr(one, "ctx", None), ast.Store):
            continue
        bare = isinstance(one, ast.Name | ast.Attribute) and scene.is_whole(one)
        size = 0.0 if bare else length(scene.said(one))
        for new, code, cost in changes(Site(scene, one, names, value, fits)):
            yield Mutation(one, new, code, cost + size)
    yield from _everywhere(scene, root, names, value)


def length(text: str) -> float:
    """What the length of a text adds to a cost: the smaller expression is meant."""
    return min(len(text), 80) / 300


def _everywhere(
    scene: Scene, root: ast.expr, names: Sequence[str], value: ValueOf
) -> Iterator[Mutation]:
    """What is mentioned several times in *root*, all of it replaced by another name or element."""
    mentions: dict[str, list[ast.expr]] = {}
    for one in ast.walk(root):
        if isinstance(one, NAMED):
            mentions.setdefault(scene.said(one), []).append(one)
    for places in (places for places in mentions.values() if len(places) > 1):
        whole = _around_all(scene, root, places)
        for new, code, cost in changes(Site(scene, places[0], names, value)):
            if code in ("replaced", "element"):
                text = scene.replaced(whole, [(scene.span(one), new) for one in places])
                yield Mutation(whole, text, code, cost + 0.2 + length(text))


def _around_all(scene: Scene, root: ast.expr, places: Sequence[ast.expr]) -> ast.expr:
    """The smallest part that has all of these in it."""
    spans = [scene.span(one) for one in places]
    parts = [one for one in ast.walk(root) if isinstance(one, VALUES)]
    within = [one for one in parts if _covers(scene.span(one), spans)]
    return min(within, key=lambda one: len(scene.said(one)), default=root)


def _covers(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return all(span[0] <= a and b <= span[1] for a, b in others) and span not in others


def changes(spot: Site) -> Changes:
    """Every change of one expression as a whole."""
    scene, one = spot.scene, spot.one
    if isinstance(one, NAMED):
        yield from other_names(spot)
    if one in scene.marks.tests:
        yield f"not ({spot.text})", "negated", 1.1
        yield "True", "dropped", 1.2
    if isinstance(one, ast.Name) and one in scene.marks.counting:
        yield from _other_counts(spot, one)
    if is_a_function(scene, one):
        yield from other_functions(spot)
        return
    yield from by_kind(spot)
    if isinstance(one, ast.Constant):
        return
    if isinstance(one, ast.Call | ast.BinOp) and np.ndim(spot.got):
        shape = np.shape(spot.got)
        alike = (n for n in spot.names if np.shape(spot.value(n)) == shape)
        yield from ((n, "replaced", 1.15) for n in alike)
    yield from around(spot)


def other_names(spot: Site) -> Changes:
    """Other names that hold something of the same shape, or the transpose of it."""
    one, text, got = spot.one, spot.text, spot.got
    if isinstance(one, ast.Attribute) and (one.attr in OF_ARRAYS or one.attr in PAIRS):
        return
    for name in spot.names:
        if name in (text, f"{text}.T"):
            continue
        other = spot.value(name)
        if got is not None and other is not None and spot.fits:
            if np.shape(other) == np.shape(got):
                yield name, "replaced", 1.0
            elif np.ndim(got) == 2 and np.shape(np.transpose(other)) == np.shape(got):
                yield f"{name}.T", "replaced", 1.2
        elif (got is None) == (other is None) or not spot.fits:
            yield name, "replaced", 1.1 + 0.2 * (got is None)


def _other_counts(spot: Site, one: ast.Name) -> Changes:
    """What a number could be that counts or takes an element."""
    held = spot.got
    if held is not None and not is_count(held):
        return
    for other, cost in (("+ 1", 1.05), ("- 1", 1.05), ("+ 2", 1.3), ("- 2", 1.3)):
        yield f"{one.id} {other}", "element", cost
    yield f"-{one.id}", "element", 1.1
    whole = (n for n in spot.names if n != one.id and is_count(spot.value(n)))
    yield from ((f"{n} + {one.id}", "plus", 1.5) for n in whole if n.isidentifier())
