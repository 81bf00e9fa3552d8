"""The same expression with something done to it."""

from __future__ import annotations

import ast

import numpy as np

from checkgrad.diagnose.surgery.scene import Scene
from checkgrad.diagnose.surgery.spot import Changes, Site, is_count


def around(spot: Site) -> Changes:
    """Another sign, another shape, one minus it, a function of it, sums of it."""
    if spot.got is None or isinstance(spot.got, bool):
        return
    if isinstance(spot.one, ast.Name) and np.ndim(spot.got):
        yield from ((number, "constant", 1.4) for number in ("1", "0"))
    yield from _turned(spot)
    yield from _powers(spot)
    yield from _passed_through(spot)
    yield from _normalised(spot)
    yield from _summed(spot)
    yield from ((f"np.{f}({spot.text})", "passed through", 1.6) for f in ("exp", "log", "sqrt"))


def _turned(spot: Site) -> Changes:
    """The other sign, or transposed."""
    scene, one, text = spot.scene, spot.one, spot.text
    small = isinstance(one, ast.Name | ast.Attribute | ast.Subscript) or not np.ndim(spot.got)
    forgotten = (
        one in scene.marks.steps or one in scene.marks.exponents and not _has_its_sign(scene, one)
    )
    yield f"-({text})", "sign", 0.9 if forgotten else 1.1 + 0.3 * small
    if np.ndim(spot.got) == 2 and not (isinstance(one, ast.Attribute) and one.attr == "T"):
        yield f"({text}).T", "transposed", 0.9 + 0.15 * isinstance(one, ast.Name)


def _has_its_sign(scene: Scene, one: ast.expr) -> bool:
    """Is it a difference, or was it made in the same function?"""
    if isinstance(one, ast.Name):
        return one.id not in scene.scope_at(one.lineno).parameters
    return isinstance(one, ast.BinOp) and isinstance(one.op, ast.Sub)


def _powers(spot: Site) -> Changes:
    text = spot.text
    if not np.ndim(spot.got) and isinstance(spot.one, ast.Name | ast.Attribute | ast.Subscript):
        counts = (n for n in spot.names if n != text and is_count(spot.value(n)))
        yield from ((f"({text}) ** {n}", "raised", 1.45) for n in counts)
    yield f"1 - ({text})", "one minus", 1.4
    yield f"1 + ({text})", "plus", 1.5
    # a setting is hardly ever squared, and two of them may by chance be equal
    yield f"({text}) ** 2", "squared", 1.4 if np.ndim(spot.got) else 1.75


def _passed_through(spot: Site) -> Changes:
    """Functions of the student's."""
    for f in spot.scene.unary(spot.one.lineno):
        yield f"{f}({spot.text})", "passed through", 1.4 + 0.25 * spot.is_used


def _normalised(spot: Site) -> Changes:
    text = spot.text
    if np.ndim(spot.got) == 1 and np.size(spot.got) > 1:
        yield f"({text}) / np.sum({text})", "normalised", 1.4
    if np.ndim(spot.got) == 2:
        for axis in (1, 0):
            yield f"({text}) / np.sum({text}, axis={axis}, keepdims=True)", "normalised", 1.4


def _summed(spot: Site) -> Changes:
    text = spot.text
    if np.ndim(spot.got) == 2:
        for axis in (0, 1):
            yield f"np.sum({text}, axis={axis})", "summed", 1.5
            yield f"np.sum({text}, axis={axis}, keepdims=True)", "summed", 1.5
    if np.ndim(spot.got) == 1:
        yield f"({text})[:, None]", "upright", 1.5
    if np.ndim(spot.got):
        yield f"np.sum({text})", "summed", 1.5
        yield f"({text}) > 0", "compared", 1.6
