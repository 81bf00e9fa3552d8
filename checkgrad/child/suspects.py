"""What computes gradients, or looks as if it might: found in syntax trees alone, nothing is run.

A piece is a function with what it holds but for functions within, a lambda, a loop at the top of a file, or the
statements of a script that follow each other. What it looks like follows from signs in its expressions and from
words in its name; the signs lead, and a name counts only where there is something to compute.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .inventory import (
    ACTIVATION,
    GRADIENT,
    LOOKS,
    LOSS,
    SLOPE,
    TRAINING,
    UPDATE,
    Suspect,
)
from .signs import ARITHMETIC, D_NAME, SAYS, signs_in, signs_of, words_of
from .source import Document

Defined = ast.FunctionDef | ast.AsyncFunctionDef
DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LOOPS = (ast.For, ast.While, ast.AsyncFor)
BLOCKS = (ast.If, ast.With, ast.Try)
MOST_SUSPECTS = 500

IN_STEPS = (TRAINING, UPDATE, GRADIENT, SLOPE, LOSS, ACTIVATION)  # using a network is no network


DRAWN = {"plot", "plots", "graph", "curve", "figure", "history", "animation"}
IDLE = (
    "plot draw show print display visualize visualise load read save download write animate main"
    " test init generate make create"
)


@dataclass(frozen=True)
class SourcePart:
    """A part of a source that may be told of: its name, what it stands for, its syntax, its own nodes."""

    name: str
    kind: str  # one of inventory.PIECES
    first: ast.AST
    last: ast.AST
    nodes: tuple[ast.AST, ...]


def suspects(file: str, tree: ast.Module, document: Document) -> list[Suspect]:
    """Everything in one file that may compute gradients, in the order of its lines."""
    pieces = list(_pieces(tree.body, "", document))
    found = {piece: looks for piece in pieces if (looks := _looks(piece, frozenset()))}
    known = frozenset(p.name.rpartition(".")[2] for p in found if p.kind != "loop")
    found |= {p: looks for p in pieces if p not in found and (looks := _looks(p, known))}
    for piece, looks in list(found.items()):
        if looks == TRAINING:
            found |= dict.fromkeys(_losses_within(piece, document), LOSS)
    told = [_suspect(piece, looks, file, document) for piece, looks in found.items()]
    return sorted(told, key=lambda s: (s.span.cell, s.span.line))[:MOST_SUSPECTS]


def gradient_pieces(tree: ast.Module, document: Document) -> set[str]:
    """The functions and methods that work out gradients, by their names or by what they compute."""
    return {
        piece.name
        for piece in _pieces(tree.body, "", document)
        if piece.kind == "function"
        and _gives(piece.nodes)
        and not _is_idle(piece.name)
        and (_said(piece.name) == GRADIENT or GRADIENT in signs_in(piece.nodes, frozenset()))
    }


def _losses_within(piece: SourcePart, document: Document) -> Iterator[SourcePart]:
    """The statements of a training loop that work out a loss, which the steps may not go down."""
    for node in piece.nodes:
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr):
            nodes = tuple(ast.walk(node))
            if LOSS in signs_in(nodes, frozenset()) and not _changes_parameters(node):
                name = f"loss, {document.where(node.lineno)}"
                yield SourcePart(name, "inline", node, node, nodes)


def _changes_parameters(node: ast.stmt) -> bool:
    return UPDATE in set(signs_of(node, frozenset()))


def _suspect(piece: SourcePart, looks: str, file: str, document: Document) -> Suspect:
    line = getattr(piece.first, "lineno", 1)
    end = getattr(piece.last, "end_lineno", None) or line
    return Suspect(piece.name, piece.kind, looks, document.span(file, line, end))


def _pieces(body: Sequence[ast.stmt], owner: str, document: Document) -> Iterator[SourcePart]:
    """The pieces of a body at the top of a file or of a class."""
    steps: list[ast.stmt] = []
    for statement in body:
        if steps and not _goes_on(steps[-1], statement, document):
            yield from _steps(steps, document)
            steps = []
        if isinstance(statement, DEFINES):
            yield from _defined(statement, owner, document, "function")
        elif isinstance(statement, LOOPS):
            where = document.where(statement.lineno)
            nodes = tuple(_own_nodes([statement]))
            yield SourcePart(f"loop, {where}", "loop", statement, statement, nodes)
            yield from _within([statement], owner, document)
        elif isinstance(statement, BLOCKS):
            for inner in _bodies(statement):
                yield from _pieces(inner, owner, document)
        elif bound := _bound_lambda(statement):
            name = f"{owner}{bound[0]}"
            nodes = tuple(ast.walk(bound[1]))
            yield SourcePart(name, "lambda", statement, statement, nodes)
        elif not owner:
            steps.append(statement)
    yield from _steps(steps, document)


def _goes_on(before: ast.stmt, after: ast.stmt, document: Document) -> bool:
    """Do two steps of a script belong together: in one cell, with nothing defined between them?"""
    same = document.cell(before.lineno) == document.cell(after.lineno)
    return same and not isinstance(after, (*DEFINES, *LOOPS, *BLOCKS))


def _steps(steps: Sequence[ast.stmt], document: Document) -> Iterator[SourcePart]:
    """The steps of a script, from the first that shows a sign to the last."""
    telling = [s for s in steps if signs_in(tuple(ast.walk(s)), frozenset()) & set(IN_STEPS)]
    if telling:
        nodes = tuple(node for s in telling for node in ast.walk(s))
        where = document.where(telling[0].lineno)
        yield SourcePart(f"steps, {where}", "steps", telling[0], telling[-1], nodes)


def _defined(
    node: Defined | ast.ClassDef, owner: str, document: Document, kind: str
) -> Iterator[SourcePart]:
    name = f"{owner}{node.name}"
    if isinstance(node, ast.ClassDef):
        yield from _pieces(node.body, f"{name}.", document)
        return
    yield SourcePart(name, kind, node, node, tuple(_own_nodes(node.body)))
    yield from _within(node.body, f"{name}.", document)


def _within(body: Iterable[ast.stmt], owner: str, document: Document) -> Iterator[SourcePart]:
    """The functions that are defined within a body, at any depth."""
    for statement in body:
        if isinstance(statement, DEFINES):
            yield from _defined(statement, owner, document, "nested")
        else:
            yield from _within(_statements(statement), owner, document)


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    for body in _bodies(node):
        yield from body


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The bodies of a compound statement."""
    for field in ("body", "orelse", "finalbody"):
        if body := getattr(node, field, None):
            yield body
    for handler in getattr(node, "handlers", ()):
        yield handler.body


def _own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes of a body but for those of functions and classes that it defines."""
    for node in body:
        if isinstance(node, DEFINES):
            continue
        yield node
        yield from _own_nodes(ast.iter_child_nodes(node))


def _bound_lambda(statement: ast.stmt) -> tuple[str, ast.AST] | None:
    """The name and the lambda of `f = lambda z: ...`."""
    value = getattr(statement, "value", None)
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(value, ast.Lambda):
        return None
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    return (target.id, value) if isinstance(target, ast.Name) else None


def _looks(piece: SourcePart, known: frozenset[str]) -> str:
    """What a piece looks like, "" where it shows no sign; *known*: names of pieces that look like something."""
    said = _said(piece.name) if piece.kind not in ("loop", "steps") else ""
    signs = signs_in(piece.nodes, known)
    if _is_idle(piece.name):
        said, signs = "", signs & {UPDATE, GRADIENT}
    loops = any(isinstance(node, LOOPS) for node in piece.nodes)
    if UPDATE in signs and loops:
        return TRAINING
    if piece.kind in ("loop", "steps"):
        return next((s for s in IN_STEPS if s in signs), "")
    # An update or a loss is often one of something else: there has to be something to compute.
    if said and (said not in (UPDATE, LOSS) or signs or _computes(piece.nodes)):
        return said
    owner = _said(piece.name.rpartition(".")[0])
    if (
        owner in (SLOPE, LOSS, ACTIVATION)
        and not _is_idle(piece.name)
        and _computes(piece.nodes)
        and _gives(piece.nodes)
    ):
        return next((s for s in LOOKS if s in signs), owner)
    return next((s for s in LOOKS if s in signs), "")


def _said(name: str) -> str:
    """What the words of a name say."""
    last = name.rpartition(".")[2]
    words = words_of(last)
    if D_NAME.fullmatch(last):
        return SLOPE
    whole = "".join(words)
    told = {SAYS[w] for w in (*words, whole) if w in SAYS}
    told |= {looks for stem, looks in SAYS.items() if len(stem) > 3 and stem in whole}
    return next((looks for looks in LOOKS if looks in told), "")


def _is_idle(name: str) -> bool:
    """Does it draw, read or make something, by its name?"""
    last = name.rpartition(".")[2]
    special = last.startswith("__") and last != "__call__"
    words = words_of(last)
    return special or bool(set(words[:1]) & set(IDLE.split()) | set(words) & DRAWN)


def _gives(nodes: Iterable[ast.AST]) -> bool:
    """Does it return anything, or keep anything?"""
    return any(
        isinstance(n, ast.Return)
        and n.value is not None
        or isinstance(n, ast.Attribute | ast.Subscript)
        and isinstance(n.ctx, ast.Store)
        for n in nodes
    )


def _computes(nodes: Iterable[ast.AST]) -> bool:
    """Is there any arithmetic, or a call that may stand for some?"""
    return any(
        isinstance(n, ast.BinOp) and isinstance(n.op, ARITHMETIC)
        or isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub)
        or isinstance(n, ast.AugAssign)
        or isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
        or isinstance(n, ast.Compare)
        for n in nodes
    )  # fmt: skip
