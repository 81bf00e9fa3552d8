"""One operation in two statements of one form, which only together make all right."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from checkgrad.diagnose.surgery.options import Operation
from checkgrad.diagnose.surgery.search import RepairSearch

MOST_TWINS = 150  # pairs of statements of one form, with one operation


def twins_of(search: RepairSearch) -> list[Operation]:
    """The first two that do; [] where there are none."""
    base, confirmation, procedure = search.base, search.confirmation, search.procedure
    pairs = sorted(_pairs(search), key=lambda both: both[0].cost)[:MOST_TWINS]
    replies = procedure.run(*(procedure.intervention(search.truth, *both) for both in pairs))
    for both, reply in zip(pairs, replies, strict=True):
        if confirmation.mended(reply) == base.wrong and confirmation.both_held(both, base.wrong):
            return [replace(o, mends=confirmation.names(base.wrong)) for o in both]
    return []


def _pairs(search: RepairSearch) -> Iterator[list[Operation]]:
    """The same operation in both of two statements."""
    for roots in _of_one_form(search):
        done: dict[Any, list[Operation]] = {}
        for root in roots if len(roots) == 2 else []:
            for option in search.options.texts(root, True):
                done.setdefault(_way_of(search, option), []).append(option)
        yield from (both for both in done.values() if len({o.root for o in both}) == 2 == len(both))


def _of_one_form(search: RepairSearch) -> list[list[int]]:
    """Statements of one function that differ in names and numbers alone."""
    forms: dict[Any, list[int]] = {}
    for root in search.base.roots:
        scene, expression = search.options.scene(root), search.options.expression(root)
        if scene is not None and expression is not None:
            outline = (scene.file, search.base.nodes[root].scope, _outline(expression))
            forms.setdefault(outline, []).append(root)
    return list(forms.values())


def _outline(expression: ast.expr) -> str:
    """The form of an expression, without its names and numbers."""
    return " ".join(type(one).__name__ for one in ast.walk(expression))


def _way_of(search: RepairSearch, option: Operation) -> Any:
    """What an operation does, whatever it is done to."""
    scene, expression = search.options.scene(option.root), search.options.expression(option.root)
    if scene is None or expression is None or option.at is None:
        return option.root
    places = [id(one) for one in ast.walk(expression)]
    at = places.index(id(option.at)) if id(option.at) in places else -1
    return at, option.code, option.new.replace(scene.said(option.at), "_")
