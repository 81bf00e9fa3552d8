"""An expression with something in scope beside it: multiplied, divided, added, subtracted, or in its place."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.diagnose.surgery.kinds import is_product
from checkgrad.diagnose.surgery.mutations import VALUES
from checkgrad.diagnose.surgery.scene import Scene
from checkgrad.diagnose.surgery.spot import Changes, Mutation, Site, ValueOf

NUMERIC = "fiub"  # kinds of arrays


@dataclass(frozen=True)
class Atom:
    """Something in scope and what it holds; *derived*: slopes and the like of it, as they are usually written."""

    text: str
    held: Any
    derived: Sequence[str]


@dataclass(frozen=True)
class Role:
    """What a part is in its statement: is it added up or in a product of matrices, or multiplied entry by entry?"""

    is_joined: bool
    is_factor: bool
    is_root: bool


def extensions(scene: Scene, root: ast.expr, value: ValueOf) -> Iterator[Mutation]:
    """*root*, or one of its parts, with something in scope in its place, multiplied, divided, added or subtracted."""
    atoms = list(_atoms(scene, root, value))
    joined = dict.fromkeys([root, *_joined(root)])
    factors = set(_factors(root)) - set(joined)
    for one in dict.fromkeys([*joined, *(n for n in ast.walk(root) if isinstance(n, VALUES))]):
        spot = Site(scene, one, (), value)
        if spot.got is None or np.asarray(spot.got).dtype.kind not in NUMERIC:
            continue
        role = Role(one in joined, one in factors, one is root)
        yield from (Mutation(one, *change) for change in _extended(spot, role, atoms))


def _atoms(scene: Scene, root: ast.expr, value: ValueOf) -> Iterator[Atom]:
    """What is in scope and holds numbers."""
    scope = scene.scope_at(root.lineno)
    owned = {c for c in scope.chains if c.startswith("self.")}
    elements = scope.elements | {f"{c}[{k}]" for c in owned for k in scope.keys}
    for text in sorted(scope.names | scope.chains | elements):
        held = value(text)
        if held is not None and np.asarray(held).dtype.kind in NUMERIC:
            yield Atom(text, held, list(_derived(scene, root, text, held)))


def _extended(spot: Site, role: Role, atoms: Sequence[Atom]) -> Changes:
    size = min(len(spot.text), 80) / 400
    if not np.ndim(spot.got):
        yield from ((number, "constant", 1.5 + size) for number in ("1.0", "0.0"))
    for atom in atoms:
        if role.is_joined:
            yield from _of_any_shape(spot, role, atom)
        if not _meets(atom.held, spot.got):
            if role.is_joined and np.ndim(atom.held) == np.ndim(spot.got):
                yield from _spread_out(spot, atom)
            continue
        if np.shape(atom.held) == np.shape(spot.got):
            late = 0.25 * spot.is_used
            yield from ((d, "replaced", 1.45 + size + late) for d in atom.derived)
        if role.is_joined or role.is_factor:
            yield from _with_a_term(spot.text, atom.text)
        if role.is_joined:
            yield from _with_a_factor(spot, atom)


def _of_any_shape(spot: Site, role: Role, atom: Atom) -> Changes:
    """What needs no shape that fits entry by entry."""
    text, got, held = spot.text, spot.got, atom.held
    if np.ndim(held) and np.size(held) > 1:
        yield f"({text}) / {atom.text}.size", "over", 1.75
    if np.ndim(held) == np.ndim(got) == 2:
        yield from ((new, "dotted", 1.9) for new in _products(text, got, atom.text, held))
    if not role.is_root and not np.ndim(got) and np.ndim(held):
        yield f"({text}) * {atom.text}", "times", 1.7


def _products(text: str, got: Any, atom: str, held: Any) -> Iterator[str]:
    """Products of matrices in which a factor was forgotten."""
    forms = (
        (f"{atom} @ ({text})", np.shape(held)[1], np.shape(got)[0]),
        (f"{atom}.T @ ({text})", np.shape(held)[0], np.shape(got)[0]),
        (f"({text}) @ {atom}", np.shape(got)[1], np.shape(held)[0]),
        (f"({text}) @ {atom}.T", np.shape(got)[1], np.shape(held)[1]),
    )
    yield from (new for new, one, other in forms if one == other)


def _spread_out(spot: Site, atom: Atom) -> Changes:
    """A term of whose shape the sum will be."""
    if _meets(spot.got, atom.held):
        yield f"({spot.text}) + {atom.text}", "plus", 1.85
        yield f"{atom.text} - ({spot.text})", "minus", 1.85


def _with_a_term(text: str, atom: str) -> Changes:
    yield f"({text}) + {atom}", "plus", 1.8
    yield f"({text}) - {atom}", "minus", 1.8
    yield f"{atom} - ({text})", "minus", 1.85


def _with_a_factor(spot: Site, atom: Atom) -> Changes:
    # better where it is made than where it is used
    late = 1.6 + 0.1 * spot.is_used
    yield from ((f"({spot.text}) * {f}", "times", late) for f in (atom.text, *atom.derived))
    if np.any(np.asarray(atom.held)):
        yield f"({spot.text}) / {atom.text}", "over", 1.8
        slopes = (d for d in atom.derived if d.startswith(f"({atom.text} *"))
        yield from ((f"({spot.text}) / {d}", "over", 1.85) for d in slopes)


def _derived(scene: Scene, root: ast.expr, atom: str, held: Any) -> Iterator[str]:
    """Slopes and the like of a value in scope, as they are usually written."""
    held = np.asarray(held, float)
    yield from (f"{f}({atom})" for f in scene.unary(root.lineno))
    if held.ndim == 0 and held == np.round(held):
        return
    labels = np.all((held == 0) | (held == 1))
    yield f"(1 - {atom})"
    if np.all((held >= 0) & (held <= 1)) and not labels:
        yield f"({atom} * (1 - {atom}))"
    if np.all(np.abs(held) <= 1) and not labels:
        yield f"(1 - {atom} ** 2)"
    yield f"({atom} > 0)"


# ---- where something may be lacking


def _joined(root: ast.expr) -> Iterator[ast.expr]:
    """The parts that are added up or meet in a product of matrices: elsewhere a factor could as well stand outside."""
    for one in ast.walk(root):
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.MatMult | ast.Add | ast.Sub):
            yield from (one.left, one.right)
        elif isinstance(one, ast.Call):
            yield from (a for a in one.args if not isinstance(a, ast.Starred))
            if isinstance(one.func, ast.Attribute):
                yield one.func.value
        elif isinstance(one, ast.Attribute) and one.attr == "T":
            yield one.value
        elif isinstance(one, ast.IfExp):
            yield from (one.body, one.orelse)


def _factors(root: ast.expr) -> Iterator[ast.expr]:
    """What is multiplied and divided entry by entry: a term may be lacking there."""
    for one in ast.walk(root):
        if is_product(one):
            yield from (o for o in (one.left, one.right) if isinstance(o, VALUES))


def _meets(held: Any, got: Any) -> bool:
    """Can it be multiplied with it, without changing its shape?"""
    try:
        return bool(np.broadcast_shapes(np.shape(held), np.shape(got)) == np.shape(got))
    except ValueError:
        return False
