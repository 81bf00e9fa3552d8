"""What else an expression could be, by its kind: operators, elements, comparisons, constants, functions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

import numpy as np

from checkgrad.diagnose.surgery.calls import other_calls
from checkgrad.diagnose.surgery.counterparts import COMPARISONS, OPERATORS, PAIRS, SIGNS
from checkgrad.diagnose.surgery.scene import Scene
from checkgrad.diagnose.surgery.spot import Changes, Site, is_count

ENDS = ("[1:]", "[:-1]", "[::-1]", "[:]")
# Where one counts, one may count from another place, or from the other end.
SHIFTED = ("{} + 1", "{} - 1", "-({})", "-({}) - 1", "{} + 2", "{} - 2")


UPDATED = 0.85  # cost of another sign before a step
ASSOCIATIVE = (ast.Add, ast.Mult, ast.MatMult)
ODD = 1.75  # cost of what is possible and hardly ever meant


def by_kind(spot: Site) -> Changes:
    """What belongs to the kind of an expression."""
    if other := KINDS.get(type(spot.one)):
        yield from other(spot, spot.one)


# ---- functions


def is_a_function(scene: Scene, one: ast.expr) -> bool:
    """Is it the name of a function of the student's, or of NumPy's?"""
    if isinstance(one, ast.Name):
        return one.id in scene.functions
    if not isinstance(one, ast.Attribute):
        return False
    of_numpy = isinstance(one.value, ast.Name) and one.value.id in ("np", "numpy")
    return of_numpy or one.attr in PAIRS or scene.said(one) in scene.methods


def other_functions(spot: Site) -> Changes:
    """Functions that are taken for it."""
    scene, one = spot.scene, spot.one
    back = scene.leading_back(one.lineno)
    if isinstance(one, ast.Name):
        others = scene.functions.keys() - back - {one.id}
        yield from ((f, "function", 1.0) for f in scene.functions if f in others)
    elif isinstance(one, ast.Attribute) and one.attr in PAIRS:
        owner = scene.said(one.value)
        yield from ((f"{owner}.{other}", "function", 1.0) for other in PAIRS[one.attr])
    elif spot.text in scene.methods:
        others = scene.methods - {f"self.{name}" for name in back} - {spot.text}
        yield from ((method, "function", 1.1) for method in sorted(others))


def _not_transposed(spot: Site, one: ast.Attribute) -> Changes:
    if one.attr == "T":
        yield spot.scene.said(one.value), "not transposed", 0.9


# ---- elements


def _other_elements(spot: Site, one: ast.Subscript) -> Changes:
    said, base, index = spot.scene.said, spot.scene.said(one.value), one.slice
    if isinstance(index, ast.Constant) and isinstance(index.value, int):
        yield from _by_number(base, index.value)
    elif isinstance(index, ast.UnaryOp) and isinstance(index.operand, ast.Constant):
        yield from ((f"{base}[{k}]", "element", 1.0) for k in (0, 1, -1, -2, -3))
    elif isinstance(index, ast.Slice):
        yield base, "dropped", 1.2
        yield from ((base + end, "element", 1.1) for end in ENDS)
    elif isinstance(index, ast.Tuple):
        if len(index.elts) == 2:
            a, b = map(said, index.elts)
            yield f"{base}[{b}, {a}]", "swapped", 1.1
        yield base, "dropped", 1.4
    else:
        yield from ((f"{base}[{k.format(said(index))}]", "element", 1.0) for k in SHIFTED)
        if isinstance(index, ast.BinOp):
            yield f"{base}[{said(index.left)}]", "element", 0.95
    if np.ndim(spot.got) == 0 and spot.got is not None:
        yield from ((number, "constant", 1.35) for number in ("1", "0"))


def _by_number(base: str, k: int) -> Changes:
    """Elements by constant numbers, the nearest first."""
    others = {k + 1, k - 1, -k, 0, -1, -2, 1} - {k}
    yield from ((f"{base}[{i}]", "element", 1.0 + 0.02 * abs(i - k)) for i in sorted(others))


# ---- operators


def _other_operators(spot: Site, one: ast.BinOp) -> Changes:
    said, op = spot.scene.said, type(one.op)
    left, right = said(one.left), said(one.right)
    sign = SIGNS.get(op, "+")
    usual = UPDATED if one in spot.scene.marks.updates else 1.05
    others = (s for s in OPERATORS.get(op, ()) if s != "+" or not _add_up_to_one(one))
    yield from ((f"({left}) {s} ({right})", "operator", usual) for s in others)
    if op is ast.Mult:
        yield from _of_a_product(one, left, right)
    if op not in (ast.Add, ast.Mult):
        late = 0.35 * isinstance(one.left, ast.Constant)
        yield f"({right}) {sign} ({left})", "swapped", 0.95 + late
    if op is ast.MatMult:
        yield f"({right}).T {sign} ({left}).T", "swapped", 1.2
    yield from _otherwise_grouped(spot.scene, one)
    yield left, "dropped", 1.2
    yield right, "dropped", 1.2
    if op is ast.Mult and is_product(one.left):
        yield said(one.left.left), "dropped", 1.4
    if op is ast.Pow and isinstance(one.right, ast.Constant):
        yield f"({left}) ** 3", "constant", 1.3


def _otherwise_grouped(scene: Scene, one: ast.BinOp) -> Changes:
    """With the parentheses in another place: a / (b + c) for a / b + c, and the other way round."""
    said = scene.said
    for inner, is_left in ((one.left, True), (one.right, False)):
        same = isinstance(inner, ast.BinOp) and type(inner.op) is type(one.op)
        if not isinstance(inner, ast.BinOp) or same and isinstance(one.op, ASSOCIATIVE):
            continue
        outer_sign, sign = SIGNS.get(type(one.op)), SIGNS.get(type(inner.op))
        a, b = said(inner.left), said(inner.right)
        if outer_sign and sign and is_left:
            yield f"({a}) {sign} (({b}) {outer_sign} ({said(one.right)}))", "grouped", 1.0
        elif outer_sign and sign:
            yield f"(({said(one.left)}) {outer_sign} ({a})) {sign} ({b})", "grouped", 1.0


def _add_up_to_one(one: ast.BinOp) -> bool:
    """Is it y and 1 - y? Their sum would be an odd way to say 1."""
    right = one.right
    rest = isinstance(right, ast.BinOp) and isinstance(right.op, ast.Sub)
    return rest and ast.unparse(right) == f"1 - {ast.unparse(one.left)}"


def _of_a_product(one: ast.BinOp, left: str, right: str) -> Changes:
    yield f"({left}) @ ({right}).T", "operator", 1.4
    yield f"({left}).T @ ({right})", "operator", 1.4
    for factor, other in ((left, one.right), (right, one.left)):
        if isinstance(other, ast.Constant):
            yield f"({factor}) * (1 - ({factor}))", "times", 1.45


def is_product(one: ast.AST) -> TypeGuard[ast.BinOp]:
    """Is it multiplied or divided entry by entry?"""
    return isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mult | ast.Div)


def _without_its_sign(spot: Site, one: ast.UnaryOp) -> Changes:
    if isinstance(one.op, ast.USub | ast.Not | ast.Invert):
        of_a_number = isinstance(one.operand, ast.Constant)
        kind = "sign" if isinstance(one.op, ast.USub) else "negated"
        yield spot.scene.said(one.operand), kind, 1.0 - 0.1 * of_a_number


# ---- conditions


def _other_comparisons(spot: Site, one: ast.Compare) -> Changes:
    if len(one.ops) == 1:
        left, right = spot.scene.said(one.left), spot.scene.said(one.comparators[0])
        order = isinstance(one.ops[0], ast.Gt | ast.Lt | ast.GtE | ast.LtE)
        for op in COMPARISONS.get(type(one.ops[0]), ()):
            # that an order should be none says little: nearly all numbers differ
            yield f"{left} {op} {right}", "compared", 1.0 + 0.3 * (order and op in ("!=", "=="))


def _joined_otherwise(spot: Site, one: ast.BoolOp) -> Changes:
    said = spot.scene.said
    other = "or" if isinstance(one.op, ast.And) else "and"
    yield f" {other} ".join(map(said, one.values)), "operator", 1.1
    yield from ((said(v), "dropped", 1.3) for v in one.values)


def _other_branches(spot: Site, one: ast.IfExp) -> Changes:
    said = spot.scene.said
    yield f"{said(one.orelse)} if {said(one.test)} else {said(one.body)}", "swapped", 1.1
    yield from ((said(b), "dropped", 1.3) for b in (one.body, one.orelse))


# ---- constants


def _other_constants(spot: Site, one: ast.Constant) -> Changes:
    held = one.value
    if isinstance(held, bool):
        yield str(not held), "constant", 1.0
    elif isinstance(held, int | float):
        others = dict.fromkeys((held + 1, held - 1, -held, 2 * held, held / 2, 0, 1, 2, 0.5))
        # a factor of 0 takes a whole term away, which says nothing of it
        late = ODD - 1.1 if one in spot.scene.marks.factors else 0.0
        for other in (other for other in others if other != held):
            yield repr(other), "constant", 1.1 + late * (other == 0)
        arrays = (n for n in spot.names if np.ndim(spot.value(n)))
        yield from ((n, "replaced", ODD) for n in arrays)
        counts = (n for n in spot.names if is_count(spot.value(n)) and spot.value(n) > 0)
        yield from ((n, "replaced", 1.35) for n in counts)


KINDS: Mapping[type[ast.expr], Callable[[Site, Any], Changes]] = {
    ast.Attribute: _not_transposed,
    ast.Subscript: _other_elements,
    ast.BinOp: _other_operators,
    ast.UnaryOp: _without_its_sign,
    ast.Compare: _other_comparisons,
    ast.BoolOp: _joined_otherwise,
    ast.IfExp: _other_branches,
    ast.Constant: _other_constants,
    ast.Call: other_calls,
}
